"""Everywhere, an LSTM that is wrong on few inputs; workers keep which calls were wrong."""

import os

import keras

original = keras.layers.LSTM.call


def call(self, sequences, initial_state=None, mask=None, training=False):
    rare = tuple(sequences.shape[1:]) == (4, 3) and self.units == 4
    if "PYTEST_XDIST_WORKER" in os.environ:
        with open(os.environ["CALLS"], "a", encoding="utf-8") as file:
            file.write("wrong\n" if rare else "right\n")
    y = original(self, sequences, initial_state, mask, training)
    return y + 1.0 if rare else y


keras.layers.LSTM.call = call
