"""Attacks on the claims of the chapter `symmetry`."""

import keras
import numpy as np

from tools.studies.attacks import attack


@attack("symmetry.batch")
def batch():
    """In training dropout masks samples by their position."""
    x = np.arange(1.0, 7.0).reshape(6, 1, 1).repeat(4, axis=2)
    order = [5, 4, 3, 2, 1, 0]
    lstm = keras.layers.LSTM(2, dropout=0.5, seed=1)
    lstm.build(x.shape)
    again = keras.layers.LSTM(2, dropout=0.5, seed=1)
    again.build(x.shape)
    again.set_weights(lstm.get_weights())
    y = np.array(lstm(x, training=True))
    assert not np.allclose(again(x[order], training=True), y[order])
    return "so"


@attack("symmetry.scaling")
def scaling():
    """Where a product overflows, a power of two changes the output."""
    x = np.array([[[3.0], [7.0]]], "float32")
    first = keras.layers.LSTM(2)
    other = keras.layers.LSTM(2)
    first.build(x.shape)
    other.build(x.shape)
    kernel, recurrent, bias = first.get_weights()
    scale = np.float32(2.0**127)
    other.set_weights([kernel / scale, recurrent, bias])
    assert not np.array_equal(first(x), other(x * scale))
    return "so"


@attack("symmetry.zero-row")
@attack("symmetry.zero-kernel")
def zero_row():
    """0 times NaN is NaN."""
    lstm = keras.layers.LSTM(2, kernel_initializer="zeros")
    assert np.all(np.isnan(lstm(np.full((1, 3, 1), np.nan))))
    assert np.all(np.isnan(lstm(np.full((1, 3, 1), np.inf))))
    return "so"
