"""Losses by the formulas of their pages, in float64 NumPy.

Legend. The last axes of t and y are those that a loss takes together; the result has the others.

    t        targets                      (batch, timesteps, classes)
    y        outputs, of the same shape; probabilities, unless they are said to be logits

A loss returns an array (batch, timesteps): the losses along the last axis, or along `axis`.

The formulas are those of https://keras.io/api/losses/.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lstm_spec.harness.activations import Array, sigmoid, softmax

EPSILON = 1e-7
"""Keras' fuzz factor, `keras.backend.epsilon()`."""


def unit_length(v: Array, axis: int) -> Array:
    """Return v, of any shape, divided by its norms along an axis."""
    return np.asarray(v / np.linalg.norm(v, axis=axis, keepdims=True))


def signs(t: Array) -> Array:
    """Return targets 0 and 1 as -1 and 1, in the same shape."""
    return np.asarray(2 * t - 1)


def huber(t: Array, y: Array, delta: float = 1.0) -> Array:
    """Return the Huber loss: half the square of an error up to delta, linear beyond."""
    error = np.abs(y - t)
    lines = delta * (error - 0.5 * delta)
    return np.asarray(np.mean(np.where(error <= delta, 0.5 * error**2, lines), axis=-1))


def cosine(t: Array, y: Array, axis: int = -1) -> Array:
    """Return minus the cosine similarity of targets and outputs."""
    return np.asarray(-np.sum(unit_length(t, axis) * unit_length(y, axis), axis=axis))


def binary(
    t: Array, y: Array, axis: int = -1, from_logits: bool = False, label_smoothing: float = 0.0
) -> Array:
    """Return the binary crossentropy."""
    t = t * (1 - label_smoothing) + 0.5 * label_smoothing
    p = sigmoid(y) if from_logits else y
    return np.asarray(-np.mean(t * np.log(p) + (1 - t) * np.log(1 - p), axis=axis))


def binary_focal(
    t: Array,
    y: Array,
    axis: int = -1,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
) -> Array:
    """Return the binary focal crossentropy: each term times (1 - probability) ** gamma."""
    t = t * (1 - label_smoothing) + 0.5 * label_smoothing
    p = sigmoid(y) if from_logits else y
    right = t * p + (1 - t) * (1 - p)
    losses = (1 - right) ** gamma * -(t * np.log(p) + (1 - t) * np.log(1 - p))
    balance = t * alpha + (1 - t) * (1 - alpha) if apply_class_balancing else 1.0
    return np.asarray(np.mean(balance * losses, axis=axis))


def smoothed(t: Array, axis: int, label_smoothing: float) -> Array:
    """Return one-hot targets (batch, timesteps, classes), smoothed along the axis."""
    return np.asarray(t * (1 - label_smoothing) + label_smoothing / t.shape[axis])


def categorical(
    t: Array, y: Array, axis: int = -1, from_logits: bool = False, label_smoothing: float = 0.0
) -> Array:
    """Return the categorical crossentropy."""
    p = softmax(y, axis) if from_logits else y / np.sum(y, axis=axis, keepdims=True)
    return np.asarray(-np.sum(smoothed(t, axis, label_smoothing) * np.log(p), axis=axis))


def categorical_focal(
    t: Array,
    y: Array,
    axis: int = -1,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    alpha: float = 0.25,
    gamma: float = 2.0,
) -> Array:
    """Return the categorical focal crossentropy: each term times (1 - probability) ** gamma."""
    p = softmax(y, axis) if from_logits else y / np.sum(y, axis=axis, keepdims=True)
    losses = -smoothed(t, axis, label_smoothing) * np.log(p)
    return np.asarray(np.sum(alpha * (1 - p) ** gamma * losses, axis=axis))


def dice(t: Array, y: Array, axis: tuple[int, ...] | None = None) -> Array:
    """Return 1 minus the Dice coefficient along the axes; default: along all, a number."""
    both = np.sum(t, axis=axis) + np.sum(y, axis=axis) + EPSILON
    return np.asarray(1 - (2 * np.sum(t * y, axis=axis) + EPSILON) / both)


def tversky(t: Array, y: Array, alpha: float, beta: float) -> Array:
    """Return 1 minus the share of hits among them and what is found or missed wrongly, weighed."""
    hits = np.sum(t * y) + EPSILON
    wrong = alpha * np.sum((1 - t) * y) + beta * np.sum(t * (1 - y))
    return np.asarray(1 - hits / (hits + wrong))


def hinge(t: Array, y: Array, power: int = 1) -> Array:
    """Return the hinge loss, or a power of it."""
    return np.asarray(np.mean(np.maximum(1 - signs(t) * y, 0) ** power, axis=-1))


def categorical_hinge(t: Array, y: Array) -> Array:
    """Return the categorical hinge loss: by how much the true class is not 1 above all others."""
    others = np.max((1 - t) * y, axis=-1)
    return np.asarray(np.maximum(0, others - np.sum(t * y, axis=-1) + 1))


FORMULAS: dict[str, Callable[..., Array]] = {
    "BinaryCrossentropy": binary,
    "BinaryFocalCrossentropy": binary_focal,
    "CategoricalCrossentropy": categorical,
    "CategoricalFocalCrossentropy": categorical_focal,
    "CategoricalGeneralizedCrossEntropy": lambda t, y, q=0.5: (1 - np.sum(t * y, axis=-1) ** q) / q,
    "CategoricalHinge": categorical_hinge,
    "CosineSimilarity": cosine,
    "Dice": dice,
    "Hinge": hinge,
    "Huber": huber,
    "KLDivergence": lambda t, y: np.sum(np.where(t > 0, t * np.log((t + (t == 0)) / y), 0), -1),
    "LogCosh": lambda t, y: np.mean(np.log(np.cosh(y - t)), axis=-1),
    "MeanAbsoluteError": lambda t, y: np.mean(np.abs(y - t), axis=-1),
    "MeanAbsolutePercentageError": lambda t, y: 100 * np.mean(np.abs((y - t) / t), axis=-1),
    "MeanSquaredError": lambda t, y: np.mean((y - t) ** 2, axis=-1),
    "MeanSquaredLogarithmicError": lambda t, y: np.mean((np.log1p(y) - np.log1p(t)) ** 2, -1),
    "Poisson": lambda t, y: np.mean(y - t * np.log(y), axis=-1),
    "SquaredHinge": lambda t, y: hinge(t, y, 2),
}
"""Losses of Keras, each as a function of t, y and its options."""


def reduced(losses: Array, weight: Array | None, reduction: str | None) -> Array:
    """Return the losses of samples or timesteps as one number, or as they are.

    Args:
        losses: of each sample, or of each timestep.
        weight: of each of them, if there are weights.
        reduction: "sum", "sum_over_batch_size", or None.
    """
    products = losses if weight is None else weight * losses
    if reduction is None:
        return np.asarray(products)
    count = losses.size if reduction == "sum_over_batch_size" else 1
    return np.asarray(np.sum(products) / count)
