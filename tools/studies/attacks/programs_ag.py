"""Attacks on two claims, each in a case that its test does not draw."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from tools.studies.attacks import attack


@attack("models.given-normalization")
def numbers_for_a_layer_of_float64():
    """Numbers, a list and an array for a float64 layer: how far is it from float64's rounding?"""
    x = np.array([[1.0], [2.0]])
    exact = (x - 0.1) / np.sqrt(0.3)
    pairs = {"numbers": (0.1, 0.3), "list": ([0.1], [0.3])}
    pairs["array"] = (np.array([0.1]), np.array([0.3]))
    far = {}
    for form, (mean, variance) in pairs.items():
        layer = layers.Normalization(mean=mean, variance=variance, dtype="float64")
        far[form] = float(np.abs(np.array(layer(x)) - exact).max())
    return far


@attack("trainer.own-steps")
def a_metric_of_the_models_own():
    """A property `metrics` of one metric, whose name the step returns with another number."""

    class Tracked(keras.Sequential):
        def __init__(self):
            super().__init__([keras.Input((3,)), layers.Dense(1)])
            self.tracker = keras.metrics.Mean(name="error")

        @property
        def metrics(self):
            return [self.tracker]

        def test_step(self, data):
            self.tracker.update_state(5.0)
            return {"error": keras.ops.convert_to_tensor(1.0)}

    model = Tracked()
    model.compile(loss="mse")
    return model.evaluate(np.ones((2, 3)), np.ones((2, 1)), verbose=0, return_dict=True)
