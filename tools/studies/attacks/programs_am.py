"""Attacks on what reasons of claims advise and add, in cases that no test draws."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack
from tools.studies.attacks.shared import LSTM, Cell, X, farthest, gap, model_of, ones

layers = keras.layers


@attack("wrappers.normalized-slices")
def averages_of_ten_slices():
    """With the default momentum: are the averages mostly those of late timesteps?"""
    norm = layers.BatchNormalization()
    slices = layers.TimeDistributed(norm)
    x = ones(4, 10, 1) * np.arange(10.0, dtype="float32")[:, None]
    for _ in range(300):
        slices(x, training=True)
    return {"average": round(float(norm.moving_mean[0]), 1), "mean of all": float(x.mean())}


@attack("dropout.as-spatial-dropout")
def an_inference_between_two_calls_in_training():
    """Both are called for inference after the first call in training: is the second alike?"""
    dropping = LSTM(2, dropout=0.5, seed=1)
    spatial = layers.SpatialDropout1D(0.5, seed=1)
    x = ones(9, 4, 3)
    gaps = []
    for _ in range(2):
        y = dropping(x, training=True)
        masked = spatial(x, training=True)
        gaps.append(gap(y, dropping(masked)) < 1e-5)
        spatial(x)
    return gaps


@attack("training.reproducible")
def a_seed_between_making_and_building():
    """The seed is set after the layers are made, but before they are built."""
    ends = {}
    for when in ("making", "building"):
        weights = []
        for _ in range(2):
            if when == "making":
                keras.utils.set_random_seed(7)
            model = keras.Sequential([LSTM(2, dropout=0.5), layers.Dense(1)])
            if when == "building":
                keras.utils.set_random_seed(7)
            model.build((None, 4, 3))
            weights.append(model.get_weights())
        ends[f"set before {when}"] = farthest(*weights) == 0
    return ends


@attack("dropout.get-mask")
def the_mask_of_a_layer_that_fit_has_traced():
    """After fit in a graph: is an LSTM's mask a symbol, and that of a cell called in a graph?"""
    lstm = LSTM(2, dropout=0.5)
    model = model_of(lstm)
    model.compile("sgd", "mse")
    model.fit(X, ones(2, 2), verbose=0)
    cell = Cell(3, dropout=0.5)
    cell.build((2, 3))
    tf.function(lambda x: cell(x, [x, x], training=True)[0])(X[:, 0])
    masks = {"LSTM": lstm.cell, "cell": cell}
    return {
        name: tf.is_symbolic_tensor(owner.get_dropout_mask(X[:, 0]))
        for name, owner in masks.items()
    }
