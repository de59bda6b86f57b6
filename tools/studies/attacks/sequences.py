"""Attacks on the claims of the chapter `sequences`."""

import keras
import numpy as np

from tools.studies.attacks import attack


@attack("sequences.last-row")
def last_row():
    """Unroll, go_backwards, zero_output_for_mask and a mask break it together."""
    options = {"unroll": True, "go_backwards": True, "zero_output_for_mask": True}
    x = np.ones((1, 3, 1))
    mask = np.array([[True, True, False]])
    last = keras.layers.LSTM(2, **options)
    sequence = keras.layers.LSTM(2, return_sequences=True, **options)
    last.build(x.shape)
    sequence.build(x.shape)
    sequence.set_weights(last.get_weights())
    assert np.any(last(x, mask=mask))
    assert not np.any(sequence(x, mask=mask)[:, -1])
    return "so"


@attack("sequences.output-is-h")
def output_is_h():
    """With return_sequences the output has another shape than h."""
    y, h, _ = keras.layers.LSTM(2, return_sequences=True, return_state=True)(np.ones((1, 3, 1)))
    assert tuple(y.shape) == (1, 3, 2)
    assert tuple(h.shape) == (1, 2)
    assert np.array_equal(y[:, -1], h)
    return "so"
