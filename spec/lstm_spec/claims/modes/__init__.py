"""Modes: called, compiled, unrolled or fed in batches, an LSTM is one and the same function.

Where one way of running could silently be another, the claim also counts which one ran.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np

from lstm_spec.harness.strategies import Case, noise


def small(**options: Any) -> Case:
    """Return two samples of three timesteps for two units: enough where drawing adds nothing."""
    kernel, recurrent_kernel, bias = np.split(noise((5, 8), 1), [2, 4])
    return Case(noise((2, 3, 2), 2), kernel, recurrent_kernel, bias[0], options)


def negated(case: Case, **options: Any) -> Case:
    """Return the case with the negated weights, and with further options."""
    kernel, recurrent_kernel, bias = (-weight for weight in case.weights)
    options = {**case.options, **options}
    return replace(
        case, kernel=kernel, recurrent_kernel=recurrent_kernel, bias=bias, options=options
    )


def in_model(layer: Any, case: Case) -> Any:
    """Return a model of one layer, for any batch size and number of timesteps."""
    return keras.Sequential([keras.Input((None, case.features)), layer])
