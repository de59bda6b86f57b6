"""The LSTM that all peers run, and whether a peer runs it rightly."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from lstm_spec.harness.reference import equations, gradients
from lstm_spec.harness.strategies import Array, Case, noise
from lstm_spec.harness.tolerance import ROUNDING, assert_close, rounding_error
from tools.studies.peers import Pass, Point

SEED = 1


class Task(NamedTuple):
    """What is asked of a peer."""

    case: Case
    """The forward pass returns its outputs, (B, T, U)."""
    d_outputs: Array
    """The loss is the sum of the outputs times these, (B, T, U).

    Training returns its gradients by the kernel, the recurrent kernel and the bias.
    """


def task(point: Point) -> Task:
    """Draw the task of a point: always the same one.

    Weights lie within 1 / sqrt(U), as PyTorch draws them, so that rounding errors do not grow
    with time; the loss is scaled so that its gradients stay of one size, whatever B and T are.
    """
    b = point.batch
    t = point.timesteps
    f = point.features
    u = point.units
    weights = noise((f + u + 1, 4 * u), SEED, scale=u**-0.5)
    x = noise((b, t, f), SEED + 1, scale=2.0)
    d_outputs = noise((b, t, u), SEED + 2, scale=(b * t) ** -0.5)
    return Task(Case(x, weights[:f], weights[f:-1], weights[-1]), d_outputs)


@lru_cache(maxsize=2)
def expected(point: Point, does: Pass) -> list[Any]:
    """Return what the equations in float64 say: the outputs, or the gradients."""
    case, d_outputs = task(point)
    if does == "forward":
        return [equations(case).outputs]
    nothing = np.zeros((point.batch, point.units))
    expected_gradients = gradients(case, d_outputs, nothing, nothing)
    return [expected_gradients.kernel, expected_gradients.recurrent_kernel, expected_gradients.bias]


def check(arrays: list[Any], point: Point, does: Pass) -> float:
    """Return the largest error of what a peer computed, in units of rounding.

    A gradient is the sum of B * T terms. Added one after the other, as PyTorch does for the bias,
    their rounding errors are a random walk, whose length grows with the square root: measured are
    0.23 units times sqrt(B * T) at most, and 1 is allowed.

    Raises:
        AssertionError: an array has another shape, or is off by more than rounding explains.
    """
    wanted = expected(point, does)
    terms = point.batch * point.timesteps if does == "training" else 1
    assert_close(arrays, wanted, max(ROUNDING, math.sqrt(terms)))
    return max(rounding_error(array, other) for array, other in zip(arrays, wanted, strict=True))
