"""Attacks on the claims of the chapter `time`."""

import keras
import numpy as np

from tools.studies.attacks import attack


@attack("time.causality")
@attack("time.prefix")
def causality():
    """A layer that goes backwards reads the last timestep first."""
    x = np.array([[[1.0], [7.0], [2.0]]])
    other = np.array([[[1.0], [7.0], [-9.0]]])
    lstm = keras.layers.LSTM(2, return_sequences=True, go_backwards=True)
    assert not np.array_equal(lstm(x)[:, :1], lstm(other)[:, :1])
    assert not np.allclose(lstm(x[:, :2]), lstm(x)[:, :2])
    return "so"


@attack("time.every-step")
def every_step():
    """Over 1,000 timesteps float32 rounds the first one's part away."""
    lstm = keras.layers.LSTM(3)
    x = np.ones((1, 1000, 1), "float32")
    other = x.copy()
    other[:, 0] = 2.0
    assert np.array_equal(lstm(x), lstm(other))
    return "so"


@attack("time.order")
def order():
    """A palindrome, and the running sum, have the same output reversed."""
    lstm = keras.layers.LSTM(2)
    x = np.array([[[1.0], [7.0], [1.0]]])
    assert np.array_equal(lstm(x), lstm(x[:, ::-1]))

    total = keras.layers.LSTM(1, activation="linear")
    x = np.array([[[1.0], [7.0], [2.0]]])
    total.build(x.shape)
    kernel = np.array([[0.0, 0.0, 1.0, 0.0]])
    total.set_weights([kernel, 0 * kernel, np.array([200.0, 200.0, 0.0, 200.0])])
    assert float(total(x)[0, 0]) == float(total(x[:, ::-1])[0, 0]) == 10.0
    return "so"


@attack("time.splitting")
def splitting():
    """With a mask, outputs of masked timesteps at the cut differ; the states do not."""
    lstm = keras.layers.LSTM(2, return_sequences=True, return_state=True)
    x = np.array([[[1.0], [7.0], [2.0]]])
    mask = np.array([[True, False, True]])
    whole, h, c = lstm(x, mask=mask)
    _, *between = lstm(x[:, :1], mask=mask[:, :1])
    rest, h_2, c_2 = lstm(x[:, 1:], mask=mask[:, 1:], initial_state=between)
    assert np.allclose(h, h_2)
    assert np.allclose(c, c_2)
    assert not np.allclose(whole[:, 1], rest[:, 0])
    assert not np.any(rest[:, 0])
    return "so"
