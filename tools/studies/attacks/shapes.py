"""Attacks on the claims of the chapter `shapes`."""

import keras
import numpy as np

from tools.studies.attacks import attack


@attack("shapes.integers")
def integers():
    """In training with dropout a call on whole numbers is refused."""
    words = "accepted"
    try:
        keras.layers.LSTM(2, dropout=0.5)(np.ones((1, 3, 1), "int32"), training=True)
    except ValueError as error:
        words = str(error)
    assert "floating point" in words
    return "so"


@attack("shapes.known-feature-count")
def known_feature_count():
    """A stateful layer needs the batch size too."""
    words = "accepted"
    try:
        keras.layers.LSTM(2, stateful=True)(keras.Input((3, 1)))
    except ValueError as error:
        words = str(error)
    assert "batch size" in words
    return "so"


@attack("shapes.one-timestep")
@attack("shapes.same-call-twice")
def one_timestep():
    """A stateful layer recalls its last call."""
    lstm = keras.layers.LSTM(2, stateful=True)
    x = np.ones((1, 1, 3))
    assert not np.array_equal(lstm(x), lstm(x))
    return "so"
