"""How a model is trained, in float64 NumPy: losses, gradients, optimizers, one step after another.

The model is an LSTM with a Dense layer on it. It shares no code with Keras.

Legend. B, T, U are samples, timesteps and units, as in `reference`; O is the number of outputs.

    K        kernel and, as its last row, bias of the Dense layer    (U + 1, O)
    y        output of the model        (B, O), or (B, T, O) with return_sequences
    t        target                     as y
    l        loss of each sample, or of each timestep      (B,), or (B, T)
    w        weight of each of them     as l
    m        mask, 1 where a timestep counts               (B, T)

    loss = sum(w * l) / count                 count is the number of the l
    loss = sum(w * m * l) / sum(m)            where a mask comes with the outputs

A step subtracts from the weights what an optimizer makes of the derivatives of the loss. The
formulas of losses and optimizers are those of https://keras.io/api/losses/ and
https://keras.io/api/optimizers/.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from lstm_spec.harness.reference import equations, gradients
from lstm_spec.harness.strategies import Array, Case, cases, noise, seeds

Rows = NDArray[np.int64]
"""The numbers of the samples of a batch."""
Update = Callable[[list[Array], list[Array]], list[Array]]
"""What an optimizer does: it is given weights and derivatives, and returns the new weights."""


# The model.


@dataclass(frozen=True)
class Net:
    """An LSTM with a Dense layer on it, and all samples of a data set, as plain data."""

    case: Case
    """The LSTM and the samples. Of its options `return_sequences` counts too."""
    head: Array
    """The kernel of the Dense layer and, as its last row, the bias: (U + 1, O)."""

    @property
    def samples(self) -> int:
        """The number of samples."""
        return self.case.batch

    @property
    def sequences(self) -> bool:
        """Whether there is an output for each timestep."""
        return bool(self.case.options.get("return_sequences"))

    @property
    def output_shape(self) -> tuple[int, ...]:
        """The shape of the outputs for all samples."""
        timesteps = (self.case.timesteps,) if self.sequences else ()
        return (self.samples, *timesteps, self.head.shape[1])

    @property
    def weights(self) -> list[Array]:
        """What Keras' set_weights takes: those of the LSTM, then kernel and bias of Dense."""
        return [*self.case.weights, self.head[:-1], self.head[-1]]

    def with_weights(self, weights: Sequence[Any]) -> Net:
        """Return the same model with other weights, in the order of `weights`."""
        kernel, recurrent, *bias = weights[:-2]
        case = replace(
            self.case, kernel=kernel, recurrent_kernel=recurrent, bias=bias[0] if bias else None
        )
        return Net(case, np.concatenate([weights[-2], weights[-1][None]]))

    def of(self, rows: Any) -> Net:
        """Return the same model with some of the samples."""
        mask = None if self.case.mask is None else self.case.mask[rows]
        return Net(replace(self.case, x=self.case.x[rows], mask=mask), self.head)


@st.composite
def nets(draw: st.DrawFn, /, *, outputs: int | st.SearchStrategy[int] = 1, **arguments: Any) -> Net:
    """Draw a model and samples.

    Args:
        draw: given by Hypothesis.
        outputs: O.
        **arguments: those of `cases`; `batch` is the number of samples.
    """
    case = draw(cases(**arguments))
    number = draw(outputs) if isinstance(outputs, st.SearchStrategy) else outputs
    return Net(case, noise((case.units + 1, number), draw(seeds)))


def outputs(net: Net) -> Array:
    """Return what the model returns for all samples."""
    run = equations(net.case)
    head = net.head.astype(float)
    below = run.outputs if net.sequences else run.h
    return np.asarray(below @ head[:-1] + head[-1])


def backpropagate(net: Net, d_y: Array) -> list[Array]:
    """Return the derivatives by the weights, in their order, of what has the derivatives d_y."""
    case = net.case
    head = net.head.astype(float)
    run = equations(case)
    below = run.outputs if net.sequences else run.h
    flat = d_y.reshape(-1, d_y.shape[-1])
    d_below = d_y @ head[:-1].T
    none = np.zeros((case.batch, case.units))
    d_outputs, d_h = (d_below, none) if net.sequences else (np.zeros(run.outputs.shape), d_below)
    slopes = gradients(case, d_outputs, d_h, none)
    lstm = [slopes.kernel, slopes.recurrent_kernel, slopes.bias][: len(case.weights)]
    return [*lstm, below.reshape(-1, case.units).T @ flat, flat.sum(axis=0)]


# Losses.


class Loss(NamedTuple):
    """A loss of targets and outputs; the last axis is that of the outputs."""

    value: Callable[[Array, Array], Array]
    """The loss of each sample, or of each timestep."""
    slope: Callable[[Array, Array], Array]
    """Its derivative by the outputs."""


def _mean(value: Callable[[Array], Array], slope: Callable[[Array], Array]) -> Loss:
    """Return the mean over the outputs of a function of the difference y - t."""
    return Loss(
        lambda t, y: np.mean(value(y - t), axis=-1), lambda t, y: slope(y - t) / y.shape[-1]
    )


def _log_sum(y: Array) -> Array:
    return np.asarray(np.logaddexp.reduce(y, axis=-1, keepdims=True))


LOSSES: dict[str, Loss] = {
    "mse": _mean(np.square, lambda d: 2 * d),
    "mae": _mean(np.abs, np.sign),
    "huber": _mean(
        lambda d: np.where(np.abs(d) < 1, d * d / 2, np.abs(d) - 0.5),
        lambda d: np.clip(d, -1.0, 1.0),
    ),
    "log_cosh": _mean(lambda d: np.logaddexp(d, -d) - np.log(2.0), np.tanh),
    "binary": Loss(  # of logits y
        lambda t, y: np.mean(np.logaddexp(0.0, y) - t * y, axis=-1),
        lambda t, y: (0.5 + 0.5 * np.tanh(0.5 * y) - t) / y.shape[-1],
    ),
    "categorical": Loss(  # of logits y
        lambda t, y: np.sum(t * (_log_sum(y) - y), axis=-1),
        lambda t, y: np.sum(t, axis=-1, keepdims=True) * np.exp(y - _log_sum(y)) - t,
    ),
}
"""Losses by name. The last two are crossentropies of outputs that are logits."""


def shares(net: Net, losses: Array, weight: Array | None = None) -> Array:
    """Return by what share each loss counts in the loss of a batch."""
    each = np.ones(losses.shape) / losses.size
    if net.case.mask is not None and net.sequences:
        each = net.case.mask / np.maximum(1, np.sum(net.case.mask))
    if weight is not None:
        each = each * weight.reshape(weight.shape + (1,) * (losses.ndim - weight.ndim))
    return np.asarray(each, float)


def batch_loss(net: Net, target: Array, loss: str = "mse", weight: Array | None = None) -> float:
    """Return the loss of all samples of a model, as one batch."""
    losses = LOSSES[loss].value(np.asarray(target, float), outputs(net))
    return float(np.sum(shares(net, losses, weight) * losses))


def slopes(net: Net, target: Array, loss: str = "mse", weight: Array | None = None) -> list[Array]:
    """Return the derivatives of the loss of a batch by the weights."""
    y = outputs(net)
    t = np.asarray(target, float)
    each = shares(net, LOSSES[loss].value(t, y), weight)
    return backpropagate(net, each[..., None] * LOSSES[loss].slope(t, y))


# Optimizers.


def sgd(rate: float, momentum: float = 0.0, nesterov: bool = False) -> Update:
    """Return gradient descent, with momentum if there is one."""
    velocity: list[Array] = []

    def update(weights: list[Array], slopes: list[Array]) -> list[Array]:
        velocity[:] = velocity or [0.0 * weight for weight in weights]
        velocity[:] = [momentum * v - rate * d for v, d in zip(velocity, slopes, strict=True)]
        moves = velocity
        if nesterov:
            moves = [momentum * v - rate * d for v, d in zip(velocity, slopes, strict=True)]
        return [weight + move for weight, move in zip(weights, moves, strict=True)]

    return update


def adam(rate: float, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7) -> Update:
    """Return Adam: two running means of the slopes, each corrected for its start at zero."""
    means: list[Array] = []
    squares: list[Array] = []
    steps = itertools.count(1)

    def update(weights: list[Array], slopes: list[Array]) -> list[Array]:
        step = next(steps)
        means[:] = _averaged(means, slopes, beta_1)
        squares[:] = _averaged(squares, [slope**2 for slope in slopes], beta_2)
        length = rate * np.sqrt(1 - beta_2**step) / (1 - beta_1**step)
        return [
            weight - length * mean / (np.sqrt(square) + epsilon)
            for weight, mean, square in zip(weights, means, squares, strict=True)
        ]

    return update


def rmsprop(rate: float, rho: float = 0.9, epsilon: float = 1e-7, outside: bool = False) -> Update:
    """Return RMSprop without momentum: each slope divided by the root of its mean square.

    Args:
        rate: the learning rate.
        rho: what share of the mean square is kept in a step.
        epsilon: what is added to the mean square.
        outside: whether it is added to the root instead, as before Keras 2.11.
    """
    squares: list[Array] = []

    def root(square: Array) -> Array:
        return np.asarray(np.sqrt(square) + epsilon if outside else np.sqrt(square + epsilon))

    def update(weights: list[Array], slopes: list[Array]) -> list[Array]:
        squares[:] = _averaged(squares, [slope**2 for slope in slopes], rho)
        return [
            weight - rate * slope / root(square)
            for weight, slope, square in zip(weights, slopes, squares, strict=True)
        ]

    return update


def adagrad(rate: float, start: float = 0.1, epsilon: float = 1e-7) -> Update:
    """Return Adagrad: each slope divided by the root of the sum of its squares."""
    sums: list[Array] = []

    def update(weights: list[Array], slopes: list[Array]) -> list[Array]:
        sums[:] = sums or [np.full(weight.shape, start) for weight in weights]
        sums[:] = [total + slope**2 for total, slope in zip(sums, slopes, strict=True)]
        return [
            weight - rate * slope / np.sqrt(total + epsilon)
            for weight, slope, total in zip(weights, slopes, sums, strict=True)
        ]

    return update


def _averaged(means: list[Array], values: list[Array], share: float) -> list[Array]:
    """Return running means, that begin at zero, moved on by a step."""
    old = means or [0.0 * value for value in values]
    return [share * mean + (1 - share) * value for mean, value in zip(old, values, strict=True)]


def changed(update: Update, change: Callable[[list[Array]], list[Array]]) -> Update:
    """Return an optimizer that changes the derivatives before it uses them."""
    return lambda weights, slopes: update(weights, change(slopes))


def decayed(update: Update, decay: float, rate: float) -> Update:
    """Return an optimizer that first takes a share, decay * rate, away from each weight."""
    return lambda weights, slopes: update([w * (1 - decay * rate) for w in weights], slopes)


def accumulated(update: Update, steps: int) -> Update:
    """Return an optimizer that waits for some steps, and then uses the mean of their slopes."""
    waiting: list[list[Array]] = []

    def wait(weights: list[Array], slopes: list[Array]) -> list[Array]:
        waiting.append(slopes)
        if len(waiting) < steps:
            return weights
        means = [sum(parts) / steps for parts in zip(*waiting, strict=True)]
        waiting.clear()
        return update(weights, [np.asarray(mean) for mean in means])

    return wait


def clip_norms(limit: float) -> Callable[[list[Array]], list[Array]]:
    """Return what shortens each array to a norm of at most the limit."""
    return lambda slopes: [slope * min(1.0, limit / norm([slope])) for slope in slopes]


def clip_global_norm(limit: float) -> Callable[[list[Array]], list[Array]]:
    """Return what shortens all arrays, by one factor, to a common norm of at most the limit."""
    return lambda slopes: [slope * min(1.0, limit / norm(slopes)) for slope in slopes]


def norm(arrays: list[Array]) -> float:
    """Return the norm of all numbers of some arrays; never quite zero."""
    return float(np.sqrt(sum(np.sum(array**2) for array in arrays))) or 1e-300


# Training.


class Trained(NamedTuple):
    """What training leaves."""

    net: Net
    """The model with its new weights."""
    losses: Array
    """The loss of each batch, of the weights before the step."""
    sizes: Array
    """The number of samples of each batch."""

    @property
    def weights(self) -> list[Array]:
        """The new weights."""
        return self.net.weights

    def epoch_losses(self, epochs: int = 1) -> Array:
        """Return the mean loss of the samples in each epoch, if all have as many batches."""
        losses = self.losses.reshape(epochs, -1)
        sizes = self.sizes.reshape(epochs, -1)
        return np.asarray(np.sum(losses * sizes, axis=1) / np.sum(sizes, axis=1))

    def batch_means(self, epochs: int = 1) -> Array:
        """Return the mean loss of the batches in each epoch, where a smaller one counts as much."""
        return np.asarray(self.losses.reshape(epochs, -1).mean(axis=1))


def in_order(samples: int, batch_size: int, epochs: int = 1) -> list[Rows]:
    """Return the samples of each batch, of all epochs, where nothing is shuffled."""
    rows = np.arange(samples)
    return [rows[k : k + batch_size] for k in range(0, samples, batch_size)] * epochs


def train(
    net: Net,
    target: Array,
    update: Update,
    batches: Iterable[Rows],
    loss: str = "mse",
    weight: Array | None = None,
) -> Trained:
    """Train a model on batches, one after the other.

    Args:
        net: the model with its initial weights, and all samples.
        target: a target for each of the samples.
        update: the optimizer; a new one has no state yet.
        batches: the samples of each batch.
        loss: a name of LOSSES.
        weight: a weight for each of the samples, or of their timesteps.
    """
    losses = []
    sizes = []
    for rows in batches:
        part = net.of(rows)
        weights = None if weight is None else weight[rows]
        losses.append(batch_loss(part, target[rows], loss, weights))
        sizes.append(len(rows))
        gradient = slopes(part, target[rows], loss, weights)
        net = net.with_weights(update([w.astype(float) for w in net.weights], gradient))
    return Trained(net, np.array(losses), np.array(sizes, float))
