"""The activation functions that Keras names, in float64, each with its derivative.

Formulas: https://keras.io/api/layers/activations/ (Keras 3).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Function = Callable[[Array], Array]

SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772


class Activation(NamedTuple):
    """A function of one number, applied to each element, and its derivative."""

    value: Function
    slope: Function


def sigmoid(z: Array) -> Array:
    """Return 1 / (1 + exp(-z)), without overflow for any finite z."""
    return 0.5 * (1.0 + np.tanh(0.5 * z))


def softmax(z: Array, axis: int = -1) -> Array:
    """Return exp(z), divided by its sum along an axis."""
    powers = np.exp(z - z.max(axis=axis, keepdims=True))
    return np.asarray(powers / powers.sum(axis=axis, keepdims=True))


def softplus(z: Array) -> Array:
    """Return log(1 + exp(z)), without overflow for any finite z."""
    return np.asarray(np.logaddexp(0.0, z))


def normal_cdf(z: Array) -> Array:
    """Return the probability that a standard normal number lies below z."""
    erf: Function = np.vectorize(math.erf, otypes=[float])
    return 0.5 * (1.0 + erf(z / math.sqrt(2.0)))


def normal_density(z: Array) -> Array:
    """Return the density of the standard normal distribution at z."""
    return np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)


def negative_exp(z: Array) -> Array:
    """Return exp(z) where z is negative, 1 elsewhere, without overflow."""
    return np.exp(np.minimum(z, 0.0))


def _mish_slope(z: Array) -> Array:
    t = np.tanh(softplus(z))
    return t + z * (1.0 - t * t) * sigmoid(z)


ACTIVATIONS: dict[str, Activation] = {
    "elu": Activation(lambda z: np.where(z > 0, z, negative_exp(z) - 1), negative_exp),
    "exponential": Activation(np.exp, np.exp),
    "gelu": Activation(
        lambda z: z * normal_cdf(z), lambda z: normal_cdf(z) + z * normal_density(z)
    ),
    "hard_sigmoid": Activation(
        lambda z: np.clip(z / 6.0 + 0.5, 0.0, 1.0), lambda z: np.where(np.abs(z) < 3, 1 / 6, 0.0)
    ),
    "linear": Activation(lambda z: z, np.ones_like),
    "mish": Activation(lambda z: z * np.tanh(softplus(z)), _mish_slope),
    "relu": Activation(lambda z: np.maximum(z, 0.0), lambda z: np.where(z > 0, 1.0, 0.0)),
    "selu": Activation(
        lambda z: SELU_SCALE * np.where(z > 0, z, SELU_ALPHA * (negative_exp(z) - 1)),
        lambda z: SELU_SCALE * np.where(z >= 0, 1.0, SELU_ALPHA * negative_exp(z)),
    ),
    "sigmoid": Activation(sigmoid, lambda z: sigmoid(z) * sigmoid(-z)),
    "silu": Activation(lambda z: z * sigmoid(z), lambda z: sigmoid(z) * (1.0 + z * sigmoid(-z))),
    "softplus": Activation(softplus, sigmoid),
    "softsign": Activation(lambda z: z / (1 + np.abs(z)), lambda z: 1 / (1 + np.abs(z)) ** 2),
    "tanh": Activation(np.tanh, lambda z: np.cosh(np.clip(z, -300, 300)) ** -2.0),
}
