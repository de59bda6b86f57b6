"""Attacks on six claims about models, each in a case that its sentence once included."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import LSTM, X, close, model_of, numbers, ones


@attack("models.adapted-normalization")
def batches_of_numbers():
    """Batches of single numbers, all of one size or the last one shorter, by two axes."""
    seen = {}
    for many in (32, 33):
        batches = tf.data.Dataset.from_tensor_slices(numbers(many)).batch(8)
        for axis in (None, -1):
            layer = layers.Normalization(axis=axis)
            seen[f"{many} by {axis}"] = outcome(lambda: layer.adapt(batches))
    return seen


@attack("models.given-normalization")
def a_number_and_an_array():
    """A number as mean beside an array as variance, and the reverse."""
    pairs = [(0.0, [1.0, 4.0, 9.0]), ([0.0, 1.0, 2.0], 1.0)]
    return [outcome(lambda: layers.Normalization(mean=m, variance=v)(X).shape) for m, v in pairs]


@attack("models.declared-by-operations")
def operations_that_declare_otherwise():
    """What polar and a pad of one width for all axes declare, and what comes of them."""
    inputs = keras.Input((None, 3))
    rows = LSTM(4, return_sequences=True)(inputs)
    polar = keras.ops.polar(rows, rows)
    padded = keras.ops.pad(rows, 1)
    return {
        "polar": [polar.dtype, keras.Model(inputs, polar)(X).dtype.name],
        "pad": [str(padded.shape), outcome(lambda: keras.Model(inputs, padded)(X).shape)],
    }


@attack("models.lengths-in-predict")
def adaptive_pooling_of_three_lengths():
    """Adaptive pooling in a model of open length: predict of one length after another."""
    model = model_of(layers.AdaptiveAveragePooling1D(2), LSTM(2))
    return [outcome(lambda: model.predict(ones(2, n, 3), verbose=0).shape) for n in (4, 7, 5)]


@attack("models.merge-at-first")
def a_merge_on_symbols():
    """A model that begins with Add, called on arrays, then on Inputs."""
    model = keras.Sequential([layers.Add(), LSTM(2)])
    same = close(model([X, X]), model.layers[-1](2 * X))
    symbols = [keras.Input((4, 3)), keras.Input((4, 3))]
    return {"arrays": same, "symbols": outcome(lambda: model(symbols))}


@attack("models.slices-add-losses")
def a_frozen_layer():
    """A layer that is frozen, with a regularizer: how many losses has TimeDistributed?"""
    seen = {}
    for trainable in (True, False):
        slices = layers.TimeDistributed(
            layers.Dense(2, kernel_regularizer="l2", trainable=trainable)
        )
        slices(np.ones((2, 4, 3), "float32"))
        seen[f"trainable={trainable}"] = len(slices.losses)
    return seen
