"""An attack on a claim of the weights, in a case that its test does not draw."""

from __future__ import annotations

from keras import layers

from tools.studies.attacks import attack
from tools.studies.attacks.shared import X, ones


@attack("weights.paths")
def a_cell_that_is_built_before_its_layer():
    """A cell called before its layer, or read by an RNN first: where do the paths begin?"""
    called = layers.LSTM(2, name="encoder")
    called.cell(ones(2, 3), [ones(2, 2), ones(2, 2)])
    called(X)
    read = layers.LSTM(2, name="encoder")
    layers.RNN(read.cell, name="reader")(X)
    read(X)
    alone = layers.LSTM(2, name="encoder")
    alone(X)
    holders = {"called": called, "read by an RNN": read, "built by its layer": alone}
    return {case: layer.weights[0].path for case, layer in holders.items()}
