"""Everywhere, an LSTM that cannot be called."""

import keras


def call(self, sequences, initial_state=None, mask=None, training=False):
    raise RuntimeError("no kernel for this processor")


keras.layers.LSTM.call = call
