"""Modes: called, compiled, unrolled or fed in batches, an LSTM is one and the same function.

The same layer can be called, put into a `tf.function`, compiled by XLA, unrolled, fed by `predict`,
or handed to cuDNN on a GPU. These ways differ in what they cost and in what they allow. They do not
differ in what they compute, but for rounding.

What differs is when Python runs. A plain call runs the cell's Python code at every timestep. In a
graph the code runs while the graph is made, and not again: a print in a cell of your own
prints twice, and not a thousand times, and an attribute that you set later may have no effect. A
graph is made for a shape, so that each new length of input may cost a new one, unless the number of
timesteps is left open.

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
