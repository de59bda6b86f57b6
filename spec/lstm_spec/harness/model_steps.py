"""What a training step takes from the weights of a drawn model, in float64 NumPy. No Keras here.

Legend. y, t are an output and its target, m is 1 where a timestep counts.

    l        mean of (y - t)^2 over the last axis
    loss     sum over the outputs of sum(m * l) / sum(m), m being 1 where the output has no mask
    d        a direction in the space of all weights, by model_oracle.direction
    slope    the derivative of the loss in this direction: the sum of d * gradient over all weights

A step of plain gradient descent at rate 1 takes the gradient from the weights. The slope is found
as a central difference of the loss, of the model that model_oracle computes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lstm_spec.harness import model_oracle
from lstm_spec.harness.model_oracle import ROUNDING_UNIT, TRIES, Mask
from lstm_spec.harness.models import Model
from lstm_spec.harness.strategies import Array, noise

STEP = 2.0**-22
"""How far the weights are moved for the difference.

Its square is below the rounding error of float32, and what float64 rounds off of the loss, divided
by it, is a hundredth of that error.
"""


def targets(model: Model, inputs: Sequence[Any], seed: int) -> list[Array]:
    """Return a target for each output."""
    listed = model_oracle.outputs(model, inputs)
    return [noise(y.shape, seed + k) for k, y in enumerate(listed)]


def loss(
    model: Model,
    inputs: Sequence[Any],
    seed: int,
    step: float = 0.0,
    errors: np.random.RandomState | None = None,
) -> float:
    """Return the loss of a model.

    Args:
        model: the model.
        inputs: what its sources hold.
        seed: what its targets are made of.
        step: how far the weights are moved, each in its direction.
        errors: where errors of rounding come from, if there are to be any.
    """
    tensors = model_oracle.compute(model, inputs, errors=errors, step=step)
    listed = [tensors[name] for name in model.outputs]
    parts = [
        _mean_square(y.value - noise(y.value.shape, seed + k), y.mask) for k, y in enumerate(listed)
    ]
    return float(sum(parts))


def _mean_square(difference: Array, mask: Mask) -> float:
    losses = np.mean(np.square(difference), axis=-1)
    counts = np.ones(losses.shape) if mask is None else mask.astype(float)
    return float(np.sum(counts * losses) / np.sum(counts))


def slope(model: Model, inputs: Sequence[Any], seed: int, errors: int | None = None) -> float:
    """Return the derivative of the loss in the direction of the weights.

    Args:
        model: the model.
        inputs: what its sources hold.
        seed: what its targets are made of.
        errors: the seed of errors of rounding, if there are to be any.
    """
    ahead, behind = (
        loss(model, inputs, seed, step, None if errors is None else np.random.RandomState(errors))
        for step in (STEP, -STEP)
    )
    return (ahead - behind) / (2.0 * STEP)


def growth(model: Model, inputs: Sequence[Any], seed: int, exact: float) -> float:
    """Return by how many units of float32's rounding errors of one unit each change the slope.

    Args:
        model: the model.
        inputs: what its sources hold.
        seed: what its targets are made of.
        exact: the slope without errors.
    """
    others = [slope(model, inputs, seed, errors) for errors in range(TRIES)]
    return max(abs(other - exact) for other in others) / ROUNDING_UNIT
