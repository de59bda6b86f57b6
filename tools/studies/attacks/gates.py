"""Attacks on the claims of the chapter `gates`."""

import keras
import numpy as np

from tools.studies.attacks import attack


@attack("gates.accumulator")
@attack("gates.counter")
def accumulator():
    """Beyond 2**24 float32 holds no odd number."""
    lstm = keras.layers.LSTM(1, activation="linear")
    x = np.array([[[16777215.0], [2.0]]])
    lstm.build(x.shape)
    kernel = np.array([[0.0, 0.0, 1.0, 0.0]])
    lstm.set_weights([kernel, 0 * kernel, np.array([200.0, 200.0, 0.0, 200.0])])
    assert float(lstm(x)[0, 0]) == 16777216.0
    return "so"


@attack("gates.tanh-bounds-output")
def tanh_bounds_output():
    """A sum of finite products may overflow, and give NaN."""
    lstm = keras.layers.LSTM(1)
    x = np.array([[[3e38, 3e38]]])
    lstm.build(x.shape)
    kernel = np.ones((2, 4))
    kernel[0] = [1.0, 1.0, 1.0, -1.0]
    lstm.set_weights([kernel, np.zeros((1, 4)), np.zeros(4)])
    y = float(lstm(x)[0, 0])
    assert np.isnan(y) or abs(y) <= 1
    return "so"
