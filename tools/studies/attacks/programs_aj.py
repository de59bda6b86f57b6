"""Attacks on what a SavedModel gives, in cases that no test draws."""

from __future__ import annotations

import tempfile

import keras
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import model_of, numbers

layers = keras.layers


def shapes_of(model, x):
    """Return the shape that a call gives, and the one that the SavedModel gives."""
    with tempfile.TemporaryDirectory() as folder:
        model.export(folder, verbose=False)
        served = tf.saved_model.load(folder)
        after = outcome(lambda: tuple(served.serve(x).shape))
    return str(tuple(model(x).shape)), after.split(" with name")[0][:80]


@attack("models.exported")
def a_row_for_every_timestep_of_open_length():
    """TimeDistributed(Dense) behind an LSTM, both sizes open, and the length known."""
    ends = {}
    for length in (None, 4):
        rows = layers.LSTM(3, return_sequences=True)
        model = model_of(rows, layers.TimeDistributed(layers.Dense(2)), shape=(length, 3))
        ends[str(length)] = shapes_of(model, numbers(2, 4, 3))
    return ends


@attack("models.exported")
def a_sequential_model_without_an_input():
    """A Sequential model that was called on 4 timesteps, exported and given 6."""
    model = keras.Sequential([layers.LSTM(2)])
    model(numbers(2, 4, 3))
    return [shapes_of(model, numbers(2, steps, 3)) for steps in (4, 6)]
