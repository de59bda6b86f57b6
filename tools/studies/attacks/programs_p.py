"""Attacks on two claims, each in a case that its test does not draw."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import X, numbers, ones


@attack("errors.state-with-three-axes")
def c_alone_with_an_axis_too_many():
    """Only c, or only h, has a time axis: is it refused for one timestep and for four?"""
    h = ones(2, 3)
    ends = {}
    for timesteps in (1, 4):
        x = X[:, :timesteps]
        for name, state in {"c": [h, h[:, None]], "h": [h[:, None], h]}.items():
            layer = layers.LSTM(3)
            end = outcome(lambda: tuple(layer(x, initial_state=state).shape))
            ends[name, timesteps] = end.split(":")[0]
    return ends


@attack("errors.no-samples")
def what_else_fit_moves():
    """Fit on no samples, after a step: which weights and variables of the optimizer move?"""
    moved = {}
    for eager in (False, True):
        model = keras.Sequential([keras.Input((4, 3)), layers.LSTM(1)])
        model.compile("adam", "mse", run_eagerly=eager)
        model.fit(X, numbers(2, 1), verbose=0)
        weights = model.get_weights()
        kept = [np.array(variable) for variable in model.optimizer.variables]
        model.fit(X[:0], ones(0, 1), verbose=0)
        moved["weights", eager] = not all(
            np.array_equal(*pair) for pair in zip(weights, model.get_weights(), strict=True)
        )
        moved["optimizer", eager] = [
            variable.name
            for variable, old in zip(model.optimizer.variables, kept, strict=True)
            if not np.array_equal(np.array(variable), old)
        ]
    return moved
