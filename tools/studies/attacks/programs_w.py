"""Attacks on five claims about files and windows, each in a case that its test does not draw."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import h5py
import keras
import numpy as np
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import BLANK, gap, numbers, ones, reloaded


def sequential(*of_layers):
    """Return a Sequential model of layers that read (4, 3)."""
    return keras.Sequential([keras.Input((4, 3)), *of_layers])


def legacy(model):
    """Save a model as `.h5`, and load it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "model.h5")
        model.save(file)
        return keras.models.load_model(file)


@attack("saving.vocabulary")
def an_empty_word():
    """A StringLookup adapted to an empty string: is it in the loaded vocabulary?"""
    lookup = layers.StringLookup()
    lookup.adapt([["z", ""]])
    model = keras.Sequential([keras.Input((2,), dtype="string"), lookup])
    loaded = reloaded(model).layers[0]
    return [[str(word) for word in layer.get_vocabulary()] for layer in (lookup, loaded)]


@attack("saving.vocabulary")
def an_empty_word_before_others():
    """The same where the empty string is more frequent than another word."""
    lookup = layers.StringLookup()
    lookup.adapt([["z", "", ""]])
    model = keras.Sequential([keras.Input((2,), dtype="string"), lookup])
    loaded = reloaded(model).layers[0]
    return [[str(word) for word in layer.get_vocabulary()] for layer in (lookup, loaded)]


@attack("saving.weights-file-of-other-class")
def within_wrappers():
    """RNN(LSTMCell(2)) in place of an LSTM within a wrapper: is the file loaded?"""

    def handed_over(wrapper, shape):
        saved, other = (
            keras.Sequential([keras.Input(shape), wrapper(layer)])
            for layer in (layers.LSTM(2), layers.RNN(layers.LSTMCell(2)))
        )
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "model.weights.h5")
            saved.save_weights(file)
            other.load_weights(file)
        x = numbers(2, *shape)
        return gap(saved(x), other(x))

    return [
        outcome(lambda: handed_over(layers.Bidirectional, (4, 3))),
        outcome(lambda: handed_over(layers.TimeDistributed, (2, 4, 3))),
    ]


@attack("saving.weights-file-of-other-class")
def within_a_nested_model():
    """The same within a nested Sequential model."""
    saved = sequential(keras.Sequential([layers.LSTM(2)]))
    other = sequential(keras.Sequential([layers.RNN(layers.LSTMCell(2))]))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "model.weights.h5")
        saved.save_weights(file)
        return outcome(lambda: other.load_weights(file))


@attack("saving.time-major-weights")
def weights_of_other_types():
    """Weights of float16 and bfloat16 in a file with `time_major`: are they loaded?"""

    def read(dtype):
        lstm = layers.LSTM(2, dtype=dtype, recurrent_initializer="glorot_uniform")
        model = sequential(lstm)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "model.h5")
            model.save(file)
            with h5py.File(file, "a") as contents:
                config = json.loads(contents.attrs["model_config"])
                config["config"]["layers"][-1]["config"]["time_major"] = False
                contents.attrs["model_config"] = json.dumps(config)
            refused = outcome(lambda: keras.models.load_model(file))
            loaded = outcome(lambda: model.load_weights(file))
        return [refused.split(":")[0], loaded]

    return {dtype: read(dtype) for dtype in ("float32", "float16", "bfloat16")}


@attack("saving.legacy-mask")
def a_mask_within_a_nested_model():
    """A Sequential model of Masking and LSTM within a functional model: is the file loaded?"""
    x = keras.Input((4, 3))
    inner = keras.Sequential([layers.Masking(), layers.LSTM(2)])
    model = keras.Model(x, layers.Dense(1)(inner(x)))
    return outcome(lambda: gap(legacy(model)(BLANK), model(BLANK)))


@attack("saving.legacy-mask")
def a_mask_of_a_nested_model():
    """An LSTM after a nested model of a Masking layer: is the file loaded?"""
    x = keras.Input((4, 3))
    inner = keras.Sequential([layers.Masking()])
    model = keras.Model(x, layers.LSTM(2)(inner(x)))
    return outcome(lambda: gap(legacy(model)(BLANK), model(BLANK)))


@attack("modes.windows-in-batches")
def flat_series():
    """A flat series of targets, and one of inputs: which shapes have the batches?"""

    def shapes(x, y):
        windows = keras.utils.timeseries_dataset_from_array(x, y, 4)
        return [tuple(part.shape) for part in next(iter(windows))]

    return [shapes(ones(15, 2), ones(15)), shapes(ones(15), np.ones((15, 1)))]
