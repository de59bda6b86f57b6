"""Attacks on six claims, most of them about wrappers and cells, where their tests do not draw."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import MASK, X, close, model_of, numbers

ENDS = {"return_state": True, "stateful": True}


@attack("wrappers.bidirectional-stateful")
def stateful_with_states_returned():
    """A stateful LSTM, GRU and ConvLSTM with return_state=True: what does a call return?"""
    kinds = {
        "LSTM": (layers.LSTM(2, **ENDS), X),
        "GRU": (layers.GRU(2, **ENDS), X),
        "ConvLSTM1D": (layers.ConvLSTM1D(2, 2, **ENDS), X[..., None]),
    }
    return {
        name: outcome(lambda kind=kind, x=x: len(layers.Bidirectional(kind)(x)))
        for name, (kind, x) in kinds.items()
    }


@attack("wrappers.bidirectional-decoder")
def stateful_encoders_and_decoders():
    """Encoder or decoder is stateful, or the encoder a GRU: does the model predict?"""

    def tried(encoder, **options):
        x = keras.Input(batch_shape=X.shape)
        states = layers.Bidirectional(encoder)(x)[1:]
        decoder = layers.Bidirectional(layers.LSTM(2, **options))
        y = keras.tree.flatten(decoder(x, initial_state=list(states)))[0]
        return keras.Model(x, y).predict(X, verbose=0).shape

    stateless = {"return_state": True}
    return {
        "stateless": outcome(lambda: tried(layers.LSTM(2, **stateless))),
        "encoder": outcome(lambda: tried(layers.LSTM(2, **ENDS))),
        "decoder": outcome(lambda: tried(layers.LSTM(2, **stateless), stateful=True)),
        "decoder's states": outcome(lambda: tried(layers.LSTM(2, **stateless), **ENDS)),
        "GRU": outcome(lambda: tried(layers.GRU(2, **stateless))),
    }


@attack("wrappers.normalized-slices")
def lengths_in_turn():
    """Fit on 4 and on 5 timesteps of 2 samples: do the averages move once for each timestep?"""
    norm = layers.BatchNormalization(momentum=0.9)
    model = model_of(layers.TimeDistributed(norm), layers.LSTM(1))
    model.compile(keras.optimizers.SGD(0.0), "mse")
    moves = {}
    for length in (4, 5):
        x = numbers(2, length, 3, seed=length)
        mean = np.array(norm.moving_mean)
        model.fit(x, np.zeros((2, 1)), verbose=0)
        for row in np.moveaxis(x, 1, 0):
            mean = 0.9 * mean + 0.1 * row.mean(axis=0)
        moves[length] = close(mean, norm.moving_mean)
    return moves


class Sum(layers.Layer):
    """A cell of two states, which it returns in a tuple."""

    def __init__(self):
        super().__init__()
        self.state_size = [3, 3]

    def call(self, x, states):
        """Add the timestep to the first state."""
        return x + states[0], (x + states[0], states[1])


class PlainSum:
    """The same, but no layer."""

    state_size = (3, 3)
    call = Sum.call


def tuples(kind):
    """Return what comes of a cell that returns a tuple, alone if a layer and in a list."""
    ways = {"listed": [kind(), kind()]}
    if kind is Sum:
        ways["alone"] = kind()
    return {
        f"{name}, {'unmasked' if mask is None else 'masked'}": outcome(
            lambda cells=cells, mask=mask: layers.RNN(cells)(X, mask=mask).shape
        )
        for name, cells in ways.items()
        for mask in (None, MASK)
    }


@attack("wrappers.own-cell")
def states_in_a_tuple():
    """A layer as cell, whose call returns its states in a tuple: is it taken?"""
    return tuples(Sum)


@attack("wrappers.plain-class-in-a-stack")
def states_of_a_plain_class_in_a_tuple():
    """A plain class as cell, whose call returns its states in a tuple: is it taken?"""
    return tuples(PlainSum)


@attack("symmetry.spread")
def columns_of_one_weight():
    """A unit's columns of one of the three weights: which units do they reach in two timesteps?"""
    lstm = layers.LSTM(3)
    x = X[:, :2] * np.array([[0.0], [1.0]], "float32")
    y = np.array(lstm(x))
    old = lstm.get_weights()
    reached = {}
    for k, name in enumerate(("kernel", "recurrent kernel", "bias")):
        new = [weight.copy() for weight in old]
        new[k][..., 1::3] += 0.5
        lstm.set_weights(new)
        reached[name] = np.any(y != np.array(lstm(x)), axis=0).tolist()
    return reached
