"""Attacks on a claim of metrics, in cases that its test does not draw."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import X, model_of, ones, reloaded


@attack("trainer.thresholds-in-a-tuple")
def whole_numbers_and_other_sequences():
    """Thresholds in tuples of 0 and 1, of NumPy's numbers, in an array and in a range."""
    kinds = {
        "whole numbers": (0, 1),
        "of NumPy": tuple(np.array([0.2, 0.7])),
        "an array": np.array([0.2, 0.7]),
        "a range": range(2),
        "none": (),
    }
    return {
        name: outcome(lambda given=given: keras.metrics.Recall(thresholds=given).name)
        for name, given in kinds.items()
    }


@attack("trainer.thresholds-in-a-tuple")
def a_tuple_that_was_a_list():
    """A list of thresholds in a compiled model that is saved: does the loaded one take it?"""
    model = model_of(layers.LSTM(2, activation="sigmoid"))
    model.compile("sgd", "mse", metrics=[keras.metrics.Precision([0.2, 0.7], name="precision")])
    model.train_on_batch(X, ones(2, 2))
    return outcome(lambda: reloaded(model).evaluate(X, ones(2, 2), verbose=0)[1].shape)
