"""Attacks on claims about Bidirectional and TimeDistributed, where their tests do not draw."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import X, close, model_of, numbers

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
