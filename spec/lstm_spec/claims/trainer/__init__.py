"""The trainer: what fit, evaluate and their like report, and how they change the weights.

Behind `fit` there is a loop, which one could write by hand:

    for each epoch:
        for each batch of the shuffled samples:
            loss = mean loss of its samples, plus the penalties of the weights
            let the optimizer change the weights by the gradient of the loss
            report the mean of the losses so far

Much of what surprises is in the last line. The loss beside the progress bar is a mean over the
epoch, each batch with the weights it met. `evaluate` computes it anew with the weights at the end,
and finds another number, even without dropout. Masks, weights of samples and weights of classes
each enter these means in a way of their own: the claims say what is divided by what.

Each claim holds Keras against a loop of our own, `lstm_spec.harness.trainer`: its losses, its
gradients and its optimizers, in float64 NumPy. The model is an LSTM with a Dense layer on it,
made as Sequential, functional or subclassed, and run eagerly or compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
from hypothesis.strategies import integers, sampled_from, tuples

from lstm_spec.harness.strategies import Array, noise
from lstm_spec.harness.subject import FORMS, network, padded
from lstm_spec.harness.tolerance import ROUNDING, assert_close
from lstm_spec.harness.trainer import LOSSES, Net, Trained, Update, adam, batch_loss, in_order, sgd

RATE = 0.25
"""The learning rate: a power of two, which every type holds exactly."""
SEVERAL = 64.0
"""The bound after several steps, in units of rounding: each step rounds the weights again."""
ERRORS = ("InvalidArgumentError", "ValueError", "TypeError", "RuntimeError")
MISFITS = (
    "ncompatible shapes",
    "Dimensions must be equal",
    "must match the size",
    "unknown rank",
    "could not be broadcast",
    "required broadcastable shapes",
    "must have the same",
    "Graph execution error",
)
"""What the errors say of targets and weights whose shapes do not fit."""
eagerly = sampled_from([True, True, True, False])
"""Whether a model runs eagerly: a compiled training takes a second, an eager one a tenth."""
builds = tuples(sampled_from(list(FORMS)), eagerly)
"""How a model is made, and whether it runs eagerly."""
any_loss = sampled_from([name for name in LOSSES if name != "categorical"])
"""A loss of any number of outputs, by its name in `harness.trainer.LOSSES`."""
samples = integers(3, 5)
"""How many samples there are; in batches of two the last one may be smaller."""

REMEMBERING: dict[str, tuple[Callable[[], Any], Callable[[], Update]]] = {
    "SGD": (lambda: keras.optimizers.SGD(RATE), lambda: sgd(RATE)),
    "momentum": (lambda: keras.optimizers.SGD(RATE, momentum=0.5), lambda: sgd(RATE, 0.5)),
    "Adam": (
        lambda: keras.optimizers.Adam(RATE, beta_1=0.5, beta_2=0.75, epsilon=0.0625),
        lambda: adam(RATE, beta_1=0.5, beta_2=0.75, epsilon=0.0625),
    ),
}
"""Optimizers of Keras that remember nothing, one array and two, each with ours.

Adam corrects by 1 - 0.999 ** step by default, of which float32 holds few digits at first.
"""


def trainee(net: Net, build: tuple[str, bool], loss: Any = "mse", **options: Any) -> Any:
    """Return a compiled model of a net.

    Args:
        net: the weights, the arguments and the samples.
        build: one of `builds`.
        loss: a name of `harness.trainer.LOSSES`, or what compile takes.
        **options: arguments of compile, and `layer`, the LSTM, if it is made already.
    """
    model = network(net, build[0], options.pop("layer", None))
    if isinstance(loss, str):
        loss = loss_object(loss)
    arguments = {"optimizer": keras.optimizers.SGD(RATE), **options}
    model.compile(loss=loss, run_eagerly=build[1], **arguments)
    return model


def loss_object(name: str, **options: Any) -> Any:
    """Return Keras' loss of a name of `harness.trainer.LOSSES`."""
    class_name, arguments = {
        "mse": ("MeanSquaredError", {}),
        "mae": ("MeanAbsoluteError", {}),
        "huber": ("Huber", {}),
        "log_cosh": ("LogCosh", {}),
        "binary": ("BinaryCrossentropy", {"from_logits": True}),
        "categorical": ("CategoricalCrossentropy", {"from_logits": True}),
    }[name]
    return getattr(keras.losses, class_name)(**arguments, **options)


def target_of(net: Net, seed: int, loss: str = "mse") -> Array:
    """Return targets for all samples; of one class each, or between 0 and 1, for crossentropies."""
    drawn = noise(net.output_shape, seed)
    one_hot = np.eye(net.head.shape[1], dtype="float32")[np.argmax(drawn, axis=-1)]
    special: dict[str, Array] = {"binary": np.abs(drawn), "categorical": one_hot}
    return special.get(loss, drawn)


def fit(model: Any, net: Net, target: Any, **options: Any) -> dict[str, list[float]]:
    """Train a model on all samples of a net in their order, in batches of two; return the history.

    Args:
        model: a compiled model.
        net: the samples.
        target: their targets.
        **options: arguments of fit.
    """
    arguments = {"batch_size": 2, "shuffle": False, "verbose": 0, **options}
    history: dict[str, list[float]] = model.fit(padded(net), target, **arguments).history
    return history


def batch_source(batches: list[Any], **options: Any) -> Any:
    """Return a PyDataset of some batches, with options of its own; in Keras 2 a Sequence."""
    parallel = hasattr(keras.utils, "PyDataset")
    base: Any = keras.utils.PyDataset if parallel else keras.utils.Sequence

    class Batches(base):  # type: ignore[misc]  # Keras has no types
        def __len__(self) -> int:
            return len(batches)

        def __getitem__(self, index: int) -> Any:
            return batches[index]

    return Batches(**options) if parallel else Batches()


def evaluate(model: Any, net: Net, target: Any, **options: Any) -> Any:
    """Evaluate a model on all samples of a net, in batches of two."""
    return model.evaluate(padded(net), target, **{"batch_size": 2, "verbose": 0, **options})


def single(numbers: Any) -> Array:
    """Return reported numbers as an array of float32, the type in which Keras counts."""
    return np.array(numbers, np.float32)


EVENLY = "each batch counts as much as another"
"""What an older Keras does in place of counting each sample as much as another."""
BY_NAME = "metrics come in the order of their names"
"""How an older Keras lists them, in place of the order in which they were given."""


def assert_epochs(
    reported: Any,
    trained: Trained,
    epochs: int = 1,
    bound: float = ROUNDING,
    instead: Mapping[str, Any] | None = None,
) -> None:
    """Assert that fit reported the mean loss of the samples of each epoch.

    Args:
        reported: the losses that fit reported.
        trained: what our own training left.
        epochs: how many there were.
        bound: how many units of rounding may lie between.
        instead: what else an older Keras reports, by the reason.
    """
    exact = trained.epoch_losses(epochs)
    reasons = {EVENLY: trained.batch_means(epochs)}
    assert_close(single(reported), exact, bound=bound, instead={**reasons, **(instead or {})})


def even_loss(net: Net, target: Array, loss: str = "mse", weight: Array | None = None) -> float:
    """Return the mean of the losses of batches of two, where a smaller last one counts as much."""
    losses = [
        batch_loss(net.of(row), target[row], loss, None if weight is None else weight[row])
        for row in in_order(net.samples, 2)
    ]
    return float(np.mean(losses))
