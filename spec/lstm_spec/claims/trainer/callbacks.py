"""Callbacks: what they are given, what they change, and what stays when training is over."""

from __future__ import annotations

import contextlib
import gc
import io
import re
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import integers, lists, permutations, sampled_from
from packaging.version import Version

from lstm_spec.claims import claim
from lstm_spec.claims.trainer import (
    EVENLY,
    RATE,
    REMEMBERING,
    SEVERAL,
    any_loss,
    assert_epochs,
    builds,
    eagerly,
    fit,
    samples,
    single,
    target_of,
    trainee,
)
from lstm_spec.claims.trainer.metrics import KINDS, NAMES, classifier, metric, targets
from lstm_spec.harness.reference import equations
from lstm_spec.harness.refusals import assert_refused
from lstm_spec.harness.strategies import Array, Case, booleans, cases, noise, seeds, whole
from lstm_spec.harness.subject import FORMS, dense, lstm, padded, release, reset, to_numpy
from lstm_spec.harness.tolerance import assert_close, assert_same, right_if
from lstm_spec.harness.trainer import Net, Trained, in_order, nets, sgd, train


class Watched(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Report numbers that are given, epoch by epoch, under the name `watched`."""

    def __init__(self, numbers: list[float]) -> None:
        """Keep the numbers."""
        super().__init__()
        self.numbers = numbers

    def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
        """Add the number of an epoch to what callbacks after this one are told."""
        logs["watched"] = float(self.numbers[epoch])


def stopping(numbers: list[float], patience: int) -> tuple[int, int]:
    """Return how many epochs there are until a lowest number is that old, and the best epoch."""
    best = 0
    for epoch, number in enumerate(numbers):
        if number < numbers[best]:
            best = epoch
        if epoch - best >= max(patience, 1):
            return epoch + 1, best
    return len(numbers), best


def stop_early(
    net: Net, build: tuple[str, bool], target: Array, numbers: list[float], **options: Any
) -> tuple[Any, int]:
    """Return a model trained under EarlyStopping, and the number of epochs that it was trained."""
    callbacks = [
        Watched(numbers),
        keras.callbacks.EarlyStopping(**{"monitor": "watched", "mode": "min", **options}),
    ]
    model = trainee(net, build)
    history = fit(model, net, target, epochs=len(numbers), callbacks=callbacks)
    return model, len(history["loss"])


@claim(
    "trainer.early-stopping",
    promised="EarlyStopping, argument `patience`: epochs without improvement until it stops",
    corrects="EarlyStopping leaves the best weights in the model.",
    cases=2,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), builds, seeds, permutations(range(5)), integers(1, 3))
def test_early_stopping_ends_with_the_last_weights(net, build, seed, numbers, patience):
    """
    EarlyStopping with `mode` and patience=p > 0 ends within p epochs of the best, restoring
    nothing, if each reports `monitor`.

    The best weights come back by restore_best_weights=True. The default patience, 0, ends after
    one epoch without a new best. Epochs that do not report `monitor` are not counted. For several
    outputs see `trainer.monitor-of-an-output`.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)  # never improves
    >>> stop = keras.callbacks.EarlyStopping("loss", patience=2)
    >>> x, y = np.ones((4, 3, 1)), np.ones((4, 2))
    >>> len(model.fit(x, y, epochs=9, callbacks=[stop], verbose=0).history["loss"])
    3
    """
    target = target_of(net, seed)
    epochs, _ = stopping(numbers, patience)
    model, count = stop_early(net, build, target, numbers, patience=patience)
    assert count == epochs, f"{count} epochs, expected {epochs}"
    trained = train(net, target, sgd(RATE), in_order(net.samples, 2, epochs))
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)


@claim(
    "trainer.unreported-monitor",
    observed="Keras 2 and 3",
    corrects="EarlyStopping on val_loss stops a fit that has no validation data.",
    cases=2,
    needs="keras.Model.fit",
)
@given(
    nets(batch=samples),
    builds,
    seeds,
    whole(list(product(["EarlyStopping", "ReduceLROnPlateau"], ["val_loss", "accuracy"]))),
    whole(["min", "max"]),
    integers(3, 4),
)
def test_a_callback_without_its_monitor_does_nothing(net, build, seed, followed, mode, epochs):
    """
    With mode="min" or "max" EarlyStopping and ReduceLROnPlateau change nothing in training if no
    epoch reports `monitor`.

    They only warn, and name what is reported, as of val_loss without validation_data: pass it, or
    monitor="loss". ReduceLROnPlateau still adds each epoch's rate to History. With mode="auto"
    val_loss is accepted, but a metric that the model does not have is refused. ModelCheckpoint with
    save_best_only=True saves every epoch.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)  # never improves
    >>> x, y = np.ones((4, 3, 1)), np.ones((4, 2))
    >>> stop = keras.callbacks.EarlyStopping("val_loss", mode="min", patience=1)
    >>> len(model.fit(x, y, epochs=5, callbacks=[stop], verbose=0).history["loss"])
    5
    """
    name, monitor = followed
    target = target_of(net, seed)
    follower = getattr(keras.callbacks, name)(monitor, mode=mode, patience=1)
    model = trainee(net, build)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        history = fit(model, net, target, epochs=epochs, callbacks=[follower])
    trained = train(net, target, sgd(RATE), in_order(net.samples, 2, epochs))
    assert len(history["loss"]) == epochs, f"{len(history['loss'])} epochs, expected {epochs}"
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)


FOLLOWING: dict[str, Callable[[str, str], Any]] = {
    "EarlyStopping": lambda monitor, folder: keras.callbacks.EarlyStopping(monitor),
    "ReduceLROnPlateau": lambda monitor, folder: keras.callbacks.ReduceLROnPlateau(monitor),
    "ModelCheckpoint": lambda monitor, folder: keras.callbacks.ModelCheckpoint(
        f"{folder}/best.keras", monitor=monitor, save_best_only=True
    ),
}
"""Callbacks that follow a number, and find out whether it is to fall or to rise."""


@claim(
    "trainer.monitor-of-an-output",
    promised='EarlyStopping, argument `mode`: by "auto" inferred from the name of the quantity',
    cases=4,
    needs="keras.Model.fit",
)
@given(
    nets(batch=2, timesteps=integers(1, 2)),
    seeds,
    whole(list(product(FOLLOWING, ["first_loss", "val_first_loss", "first_mae"]))),
)
def test_callbacks_follow_the_loss_of_an_output(net, seed, followed):
    """
    EarlyStopping, ReduceLROnPlateau and ModelCheckpoint without `mode` follow the loss or "mae" of
    one of several outputs.

    Until Keras does so, say whether it is to fall or to rise: mode="min" for a loss or an error,
    mode="max" for an accuracy.

    >>> import keras, numpy as np
    >>> x, lstm = keras.Input((3, 1)), keras.layers.LSTM(2)
    >>> first, other = (keras.layers.Dense(1, name=name) for name in ("first", "other"))
    >>> model, y = keras.Model(x, [first(lstm(x)), other(lstm(x))]), np.ones((4, 1))
    >>> model.compile("sgd", ["mse", "mse"], run_eagerly=True)
    >>> stop = keras.callbacks.EarlyStopping("first_loss", mode="min")
    >>> model.fit(np.ones((4, 3, 1)), [y, y], callbacks=[stop], verbose=0).epoch
    [0]
    """
    name, monitor = followed
    x = keras.Input(net.case.x.shape[1:])
    h = lstm(net.case)(x)
    heads = [keras.layers.Dense(1, name=output)(h) for output in ("first", "other")]
    model = keras.Model(x, heads)
    metrics = [["mae"], ["mae"]]
    model.compile(keras.optimizers.SGD(RATE), ["mse", "mse"], metrics=metrics, run_eagerly=True)
    target = target_of(net, seed)
    data = net.case.x, [target, target]
    with tempfile.TemporaryDirectory() as folder:
        options = {"callbacks": [FOLLOWING[name](monitor, folder)], "verbose": 0}
        history = model.fit(*data, validation_data=data, **options).history
    assert len(history[monitor]) == 1, f"{len(history[monitor])} epochs"


@claim(
    "trainer.early-stopping-baseline",
    observed="Keras 3.15",
    corrects="If no epoch improves on `baseline`, training runs for `patience` epochs.",
    cases=2,
    needs="keras.Model.fit",
)
@given(
    nets(batch=samples),
    builds,
    seeds,
    permutations(range(6)),
    whole(["any order", "ever better", "better at first"]),
    integers(1, 4),
    whole(["min", "max"]),
)
def test_a_new_best_goes_on_below_the_baseline(net, build, seed, numbers, order, patience, mode):
    """
    Until an epoch betters its baseline, EarlyStopping with patience=p ends at the first from the
    p-th on without a new best.

    The documentation says that it ends after p epochs, as it did before Keras 2.12. Epochs before
    start_from_epoch, and those that do not report `monitor`, are not counted.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)  # better with every epoch
    >>> x, y = np.ones((4, 3, 1)), np.ones((4, 2))
    >>> stop = keras.callbacks.EarlyStopping("loss", patience=2, baseline=-1.0)
    >>> len(model.fit(x, y, epochs=5, callbacks=[stop], verbose=0).history["loss"])
    5
    """
    drawn = [5, 4, 3, 2, *numbers] if order == "better at first" else numbers
    lower = sorted(numbers, reverse=True) if order == "ever better" else drawn
    ends = [k + 1 for k in range(1, len(lower)) if lower[k] >= min(lower[:k])]
    epochs = min([end for end in ends if end >= patience], default=len(lower))
    sign = 1 if mode == "min" else -1
    options = {"patience": patience, "baseline": -sign, "mode": mode}
    watched = [sign * number for number in lower]
    _, count = stop_early(net, build, target_of(net, seed), watched, **options)
    instead = {"it ends after p epochs, though the last is a new best": max(patience, 2)}
    assert_close(single(count), epochs, instead=instead)


@claim(
    "trainer.early-stopping-restores",
    promised="EarlyStopping, argument `restore_best_weights`: weights of the best epoch",
    cases=2,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), builds, seeds, permutations(range(4)))
def test_early_stopping_restores_the_weights_of_the_best_epoch(net, build, seed, numbers):
    """
    EarlyStopping with `mode` and restore_best_weights=True ends fit with the weights of the best
    epoch, by a reported `monitor`.

    They are those that the epoch ends with, of all layers. The optimizer keeps what it has from
    the last one.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.SGD(0.5), "mse", run_eagerly=True)
    >>> stop = keras.callbacks.EarlyStopping("loss", mode="max", restore_best_weights=True)
    >>> x, y = np.ones((4, 3, 1)), 0.5 * np.ones((4, 2))  # the loss falls: the first is the "best"
    >>> history = model.fit(x, y, epochs=9, callbacks=[stop], verbose=0).history["loss"]
    >>> len(history), bool(np.isclose(model.evaluate(x, y, verbose=0), history[1]))
    (2, True)
    """
    target = target_of(net, seed)
    numbers = [*numbers, 9, 9]
    epochs, best = stopping(numbers, 2)
    model, count = stop_early(net, build, target, numbers, patience=2, restore_best_weights=True)
    assert count == epochs, f"{count} epochs, expected {epochs}"
    trained = train(net, target, sgd(RATE), in_order(net.samples, 2, best + 1))
    last = train(net, target, sgd(RATE), in_order(net.samples, 2, epochs))
    instead = {"the last weights stay": last.weights}
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL, instead=instead)


@claim(
    "trainer.restores-unstopped",
    observed="Keras 3.15, TensorFlow and PyTorch",
    corrects="restore_best_weights does nothing if training ends by itself.",
    cases=2,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), builds, seeds, permutations(range(4)))
def test_the_best_weights_are_restored_after_the_last_epoch(net, build, seed, numbers):
    """
    With `mode` and restore_best_weights=True EarlyStopping restores the best, by a reported
    `monitor`, after the last epoch too.

    So it does not matter whether the patience or the epochs ended first.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.SGD(0.5), "mse", run_eagerly=True)
    >>> best = keras.callbacks.EarlyStopping("loss", 0, 9, mode="max", restore_best_weights=True)
    >>> x, y = np.ones((4, 3, 1)), 0.5 * np.ones((4, 2))  # the loss falls: the first is the "best"
    >>> history = model.fit(x, y, epochs=3, callbacks=[best], verbose=0).history["loss"]
    >>> bool(np.isclose(model.evaluate(x, y, verbose=0), history[1]))
    True
    """
    target = target_of(net, seed)
    best = int(np.argmin(numbers))
    model, _ = stop_early(net, build, target, numbers, patience=9, restore_best_weights=True)
    trained = train(net, target, sgd(RATE), in_order(net.samples, 2, best + 1))
    last = train(net, target, sgd(RATE), in_order(net.samples, 2, 4))
    instead = {"the last weights stay": last.weights}
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL, instead=instead)


@claim(
    "trainer.checkpoint",
    promised="ModelCheckpoint, argument `save_best_only`: the latest best model is kept",
    cases=2,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), builds, seeds, permutations(range(4)))
def test_a_checkpoint_of_the_best_holds_the_weights_of_that_epoch(net, build, seed, numbers):
    """
    If each epoch of one fit reports `monitor`, a new ModelCheckpoint with save_best_only=True and
    `mode` keeps the best weights.

    `mode` is "min" or "max": the default, "auto", refuses to judge a metric of one's own, or of
    one of two outputs. The model itself goes on: load_weights brings the best back. An epoch
    without `monitor`, as val_loss with validation_freq=2, is saved over the best, with a warning.

    >>> import keras, numpy as np
    >>> import tempfile
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.SGD(0.5), "mse", run_eagerly=True)
    >>> file = tempfile.mkdtemp() + "/best.weights.h5"
    >>> keep = keras.callbacks.ModelCheckpoint(file, "loss", 0, True, True, "max")  # the best only
    >>> x, y = np.ones((4, 3, 1)), 0.5 * np.ones((4, 2))  # the loss falls: the first is the "best"
    >>> history = model.fit(x, y, epochs=3, callbacks=[keep], verbose=0).history["loss"]
    >>> model.load_weights(file)
    >>> bool(np.isclose(model.evaluate(x, y, verbose=0), history[1]))
    True
    """
    target = target_of(net, seed)
    model = trainee(net, build)
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "best.weights.h5")
        options = {"monitor": "watched", "mode": "min", "save_best_only": True}
        keep = keras.callbacks.ModelCheckpoint(file, save_weights_only=True, **options)
        fit(model, net, target, epochs=4, callbacks=[Watched(numbers), keep])
        model.load_weights(file)
    rows = in_order(net.samples, 2, 1 + int(np.argmin(numbers)))
    assert_close(model.get_weights(), train(net, target, sgd(RATE), rows).weights, bound=SEVERAL)


class Recorded(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Keep the loss that callbacks are told after each batch, and the weights."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__()
        self.losses: list[float] = []
        self.weights: list[list[Array]] = []

    def on_train_batch_end(self, batch: int, logs: dict[str, Any]) -> None:
        """Keep what is known after a batch."""
        self.losses.append(float(logs["loss"]))
        self.weights.append(self.model.get_weights())


@claim(
    "trainer.checkpoint-of-batches",
    promised="ModelCheckpoint, argument `save_freq`: an integer is a number of batches",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), builds, seeds, whole([1, 2, 3]))
def test_a_checkpoint_of_batches_holds_the_weights_of_the_least_loss(net, build, seed, n):
    """
    With only save_best_only=True, monitor="loss" and save_freq=n ModelCheckpoint keeps the best
    weights of each n-th batch.

    In one fit; the file holds the weights after that batch. The loss is the running mean of
    `trainer.running-logs`. Where fit fails in its first epoch, leave save_freq at "epoch". What is
    known only after an epoch, as val_loss, cannot be monitored so.

    >>> import keras, numpy as np
    >>> import tempfile
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.SGD(0.5), "mse", run_eagerly=True)
    >>> file = tempfile.mkdtemp() + "/best.weights.h5"
    >>> keep = keras.callbacks.ModelCheckpoint(file, "loss", 0, True, True, "min", save_freq=2)
    >>> x, y = np.ones((4, 3, 1)), 0.5 * np.ones((4, 2))  # the loss falls: the last is the best
    >>> _ = model.fit(x, y, batch_size=4, epochs=4, callbacks=[keep], verbose=0)
    >>> last = model.get_weights()
    >>> model.load_weights(file)
    >>> all(map(np.array_equal, model.get_weights(), last))
    True
    """
    target = target_of(net, seed)
    model = trainee(net, build)
    recorded = Recorded()
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "best.weights.h5")
        options = {"save_best_only": True, "save_weights_only": True, "save_freq": n}
        keep = keras.callbacks.ModelCheckpoint(file, "loss", **options)
        fit(model, net, target, epochs=4, callbacks=[recorded, keep])
        model.load_weights(file)
    due = range(n - 1, len(recorded.losses), n)
    best = min(due, key=lambda batch: recorded.losses[batch])
    assert_same(model.get_weights(), recorded.weights[best])


@claim(
    "trainer.running-logs",
    observed="Keras 3.15, TensorFlow and PyTorch",
    corrects="The logs of a batch hold the loss of that batch.",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), builds, seeds, any_loss)
def test_callbacks_are_told_a_running_mean(net, build, seed, loss):
    """
    By default, without a mask, fit tells callbacks after a batch the epoch's mean loss so far.

    Each batch counts by its number of samples. So what a progress bar or a curve of batches shows
    is smoothed, and begins anew with each epoch.

    >>> import keras, numpy as np
    >>> model, seen = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)]), []
    >>> model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)
    >>> note = lambda batch, logs: seen.append(logs["loss"])
    >>> spy = keras.callbacks.LambdaCallback(on_train_batch_end=note)
    >>> x, y = np.random.rand(2, 3, 1), np.random.rand(2, 2)
    >>> _ = model.fit(x, y, batch_size=1, callbacks=[spy], verbose=0)
    >>> bool(np.isclose(float(seen[1]), model.evaluate(x, y, verbose=0)))
    True
    """
    target = target_of(net, seed, loss)
    model = trainee(net, build, loss)
    seen = []
    spy = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(float(logs["loss"]))
    )
    fit(model, net, target, epochs=2, callbacks=[spy])
    trained = train(net, target, sgd(RATE), in_order(net.samples, 2, 2), loss)
    losses, sizes = (numbers.reshape(2, -1) for numbers in (trained.losses, trained.sizes))
    means = np.cumsum(losses * sizes, axis=1) / np.cumsum(sizes, axis=1)
    numbers = np.arange(1, 1 + losses.shape[1])
    instead = {EVENLY: (np.cumsum(losses, axis=1) / numbers).ravel()}
    assert_close(single(seen), means.ravel(), bound=SEVERAL, instead=instead)


@claim(
    "trainer.rate-callback",
    promised="LearningRateScheduler: sets the learning rate at the beginning of each epoch",
    corrects="A compiled training goes on with the learning rate that it was compiled with.",
    cases=2,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), builds, seeds)
def test_a_callback_sets_the_rate_of_an_epoch(net, build, seed):
    """
    A learning rate of SGD or Adam that LearningRateScheduler alone sets holds for all steps of the
    epoch, compiled as eagerly.

    The optimizer keeps such a rate in a variable, so that nothing has to be compiled again. One
    made with a LearningRateSchedule or a function as its rate refuses to be set.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.SGD(0.5), "mse")
    >>> def rate(epoch): return 0.5 if epoch == 0 else 0.0
    >>> callbacks = [keras.callbacks.LearningRateScheduler(rate)]
    >>> x, y = np.ones((4, 3, 1)), np.ones((4, 2))
    >>> losses = model.fit(x, y, epochs=3, callbacks=callbacks, verbose=0).history["loss"]
    >>> losses[0] == losses[1], losses[1] == losses[2]
    (False, True)
    """
    target = target_of(net, seed)
    model = trainee(net, build)
    rates = [0.5, 0.0625, 0.25]
    setter = keras.callbacks.LearningRateScheduler(lambda epoch: rates[epoch])
    history = fit(model, net, target, epochs=3, callbacks=[setter])
    for rate, loss in zip(rates, history["loss"], strict=True):
        trained = train(net, target, sgd(rate), in_order(net.samples, 2))
        assert_epochs([loss], trained, bound=SEVERAL)
        net = trained.net
    assert_close(model.get_weights(), net.weights, bound=SEVERAL)


SETTING: dict[str, Callable[[list[float]], list[Any]]] = {
    "LearningRateScheduler": lambda rates: [
        keras.callbacks.LearningRateScheduler(lambda epoch: rates[epoch])
    ],
    "ReduceLROnPlateau": lambda rates: [
        Watched([1.0] * len(rates)),
        keras.callbacks.ReduceLROnPlateau("watched", rates[2] / rates[1], 1, mode="min"),
    ],
}
"""Callbacks that let three epochs have given rates, of which the first two are the same."""


@claim(
    "trainer.rate-in-history",
    observed="Keras 3",
    corrects="History does not tell the learning rate, or tells it as `lr`.",
    cases=4,
    needs=("keras.Model.fit", "keras.ops"),
)
@given(nets(batch=2, timesteps=1), builds, seeds, whole(list(SETTING)), sampled_from([0.5, 0.1]))
def test_history_has_the_rate_of_each_epoch(net, build, seed, name, factor):
    """
    With one of LearningRateScheduler and ReduceLROnPlateau fit's own History has each epoch's
    rate, a float, as `learning_rate`.

    It is the rate that the epoch's steps took. In Keras 2 its name is lr. Other callbacks and an
    optimizer's schedule add no rate: read `model.optimizer.learning_rate`. With both, a
    scheduler behind ReduceLROnPlateau tells the lowered rate. A History of your own comes last.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.SGD(0.5), "mse", run_eagerly=True)
    >>> def halve(epoch, rate): return 0.5 * rate
    >>> callbacks = [keras.callbacks.LearningRateScheduler(halve)]
    >>> x, y = np.ones((4, 3, 1)), np.ones((4, 2))
    >>> model.fit(x, y, epochs=3, callbacks=callbacks, verbose=0).history["learning_rate"]
    [0.25, 0.125, 0.0625]
    """
    rates = [RATE, RATE, RATE * factor]
    target = target_of(net, seed)
    history = fit(trainee(net, build), net, target, epochs=3, callbacks=SETTING[name](rates))
    assert_close(single(history["learning_rate"]), rates)
    types = {type(rate).__name__ for rate in history["learning_rate"]}
    assert types == {"float"}, f"the rates are of type {types}"


def rates_on_plateaus(
    numbers: list[int], patience: int, cooldown: int, least: float
) -> list[float]:
    """Return the rate of each epoch, which is halved after some epochs without a lower number.

    Args:
        numbers: what is reported of each epoch.
        patience: how many epochs without a lower number it takes.
        cooldown: the argument of ReduceLROnPlateau: one less is not counted after the rate changed.
        least: the least rate.
    """
    rates = [RATE]
    best = 0
    begin = 0
    for epoch, number in enumerate(numbers):
        if number < numbers[best]:
            best = epoch
        lower = epoch - max(best, begin) >= patience and rates[-1] > least
        begin = epoch + max(cooldown - 1, 0) if lower else begin
        rates.append(max(rates[-1] / 2, least) if lower else rates[-1])
    return rates[:-1]


@claim(
    "trainer.plateau",
    observed="Keras 3",
    corrects="cooldown=1 lets ReduceLROnPlateau wait for an epoch.",
    cases=4,
    needs=("keras.Model.fit", "keras.ops"),
)
@given(
    nets(batch=2, timesteps=1),
    lists(integers(0, 4), min_size=3, max_size=4),
    whole([(1, 0), (2, 0), (1, 1), (1, 3), (2, 2)]),
    sampled_from([0.0, 0.1]),
    seeds,
)
def test_a_plateau_lowers_the_rate(net, numbers, counts, least, seed):
    """
    After `patience` epochs not better by min_delta ReduceLROnPlateau lowers the rate, and
    counts none of the next cooldown - 1.

    So cooldown=1 does what cooldown=0 does, and patience=0 what patience=1 does. The rate is
    multiplied by `factor`, and no less than min_lr. An epoch is better if it beats the best by more
    than min_delta, by default 0.0001.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.SGD(0.5), "mse", run_eagerly=True)
    >>> def never_better(epoch, logs): logs["watched"] = 1.0
    >>> watch = keras.callbacks.LambdaCallback(on_epoch_end=never_better)
    >>> lower = keras.callbacks.ReduceLROnPlateau("watched", 0.5, 1, mode="min", cooldown=3)
    >>> options = {"epochs": 6, "callbacks": [watch, lower], "verbose": 0}
    >>> model.fit(np.ones((4, 3, 1)), np.ones((4, 2)), **options).history["learning_rate"]
    [0.5, 0.5, 0.25, 0.25, 0.25, 0.125]
    """
    patience, cooldown = counts
    watched = [*numbers, 9, 9, 9, 9]
    options = {"mode": "min", "cooldown": cooldown, "min_lr": least}
    lower = keras.callbacks.ReduceLROnPlateau("watched", 0.5, patience, **options)
    model = trainee(net, ("Sequential", True))
    arguments = {"epochs": len(watched), "callbacks": [Watched(watched), lower]}
    history = fit(model, net, target_of(net, seed), **arguments)
    exact = rates_on_plateaus(watched, patience, cooldown, least)
    assert_close(single(history["learning_rate"]), exact)


BETTER = {
    "EarlyStopping": keras.callbacks.EarlyStopping,
    "ReduceLROnPlateau": partial(keras.callbacks.ReduceLROnPlateau, factor=0.5),
}
"""Callbacks that take a `min_delta`."""


def epochs_not_better(numbers: list[int], delta: float) -> list[int]:
    """Return the epochs whose number is not by more than delta below the last that was."""
    best = numbers[0]
    epochs = []
    for epoch, number in enumerate(numbers[1:], start=1):
        if number < best - delta:
            best = number
        else:
            epochs.append(epoch)
    return epochs


@claim(
    "trainer.min-delta",
    promised="EarlyStopping and ReduceLROnPlateau, argument `min_delta`",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    nets(batch=2, timesteps=1),
    permutations(range(5)),
    whole(list(product(BETTER, ["min", "max"]))),
    sampled_from([0.5, 1.5, 2.5]),
    seeds,
)
def test_better_by_min_delta_is_not_better(net, numbers, watching, delta, seed):
    """
    EarlyStopping and ReduceLROnPlateau with `mode` take for better only what is so by more than
    min_delta, in each fit.

    Than the last that they took for better, not than the epoch before: small steps add up. By
    default min_delta is 0 for EarlyStopping, and 0.0001 for ReduceLROnPlateau.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> def slowly(epoch, logs): logs["watched"] = 9.0 - 0.125 * epoch
    >>> watch = keras.callbacks.LambdaCallback(on_epoch_end=slowly)
    >>> stop = keras.callbacks.EarlyStopping("watched", min_delta=0.5, patience=2, mode="min")
    >>> options = {"epochs": 9, "callbacks": [watch, stop], "verbose": 0}
    >>> len(model.fit(np.ones((4, 3, 1)), np.ones((4, 2)), **options).epoch)
    3
    """
    name, mode = watching
    stale = epochs_not_better(numbers, delta)
    watched = [number if mode == "min" else -number for number in numbers]
    callback = BETTER[name]("watched", min_delta=delta, patience=1, mode=mode)
    model = trainee(net, ("Sequential", True))
    epochs = [*stale, 4][0] + 1 if name == "EarlyStopping" else 5
    rate = RATE if name == "EarlyStopping" else RATE / 2 ** len(stale)
    for _ in range(2):
        model.optimizer.learning_rate = RATE
        callbacks = [Watched(watched), callback]
        history = fit(model, net, target_of(net, seed), epochs=5, callbacks=callbacks)
        seen = len(history["loss"]), float(to_numpy(model.optimizer.learning_rate))
        assert seen == (epochs, rate), f"epochs and last rate are {seen}, not {epochs, rate}"


class Rewind(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Set the weights of the model at the end of each batch, or at the beginning of each epoch."""

    def __init__(self, moment: str, weights: list[Array]) -> None:
        """Keep the weights, and the name of the method that sets them."""
        super().__init__()
        setattr(self, moment, lambda number, logs=None: self.model.set_weights(weights))


@claim(
    "trainer.weights-set-on-the-way",
    observed="Keras 3.15, TensorFlow and PyTorch",
    corrects="A compiled training does not see weights that a callback sets.",
    cases=2,
    needs="keras.Model.fit",
)
@given(
    nets(batch=samples),
    builds,
    seeds,
    sampled_from(list(REMEMBERING)),
    whole(["on_train_batch_end", "on_epoch_begin"]),
)
def test_weights_that_a_callback_sets_are_trained_on(net, build, seed, optimizer, moment):
    """
    Training goes on from weights that a callback sets between epochs or batches, except with Ftrl,
    ScheduleFreeAdamW or use_ema.

    Momentum and Adam keep a memory of steps, which set_weights() of the model does not set back.
    Ftrl and ScheduleFreeAdamW make weights of their own sums, and use_ema writes its mean over
    them, by default when fit ends. On JAX a callback must say `self.model` to set them.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.SGD(0.5), "mse")
    >>> first = model.get_weights()
    >>> def rewind(epoch, logs): return model.set_weights(first)
    >>> callbacks = [keras.callbacks.LambdaCallback(on_epoch_begin=rewind)]
    >>> x, y = np.ones((4, 3, 1)), np.ones((4, 2))
    >>> losses = model.fit(x, y, epochs=3, callbacks=callbacks, verbose=0).history["loss"]
    >>> bool(np.allclose(losses, losses[0]))
    True
    """
    target = target_of(net, seed)
    theirs, ours = REMEMBERING[optimizer]
    model = trainee(net, build, optimizer=theirs())
    update = ours()
    rewind = Rewind(moment, net.weights)
    history = fit(model, net, target, epochs=3, callbacks=[rewind])
    rows = in_order(net.samples, 2)
    groups = [rows] if moment == "on_epoch_begin" else [[row] for row in rows]
    for loss in history["loss"]:
        parts = [train(net, target, update, group) for group in groups]
        losses, sizes = (np.concatenate(arrays) for arrays in list(zip(*parts, strict=True))[1:])
        assert_epochs([loss], Trained(net, losses, sizes), bound=SEVERAL)
    end = parts[-1] if moment == "on_epoch_begin" else net
    assert_close(model.get_weights(), end.weights, bound=SEVERAL)


class Stop(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """End a training by an error, after a batch."""

    def __init__(self, batch: int, error: type[BaseException]) -> None:
        """Keep the number of the batch and the error."""
        super().__init__()
        self.batch = batch
        self.error = error

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Raise the error, if it is the batch.

        Raises:
            BaseException: it is.
        """
        if batch == self.batch:
            raise self.error


INTERRUPTIONS: list[type[BaseException]] = [KeyboardInterrupt, ValueError]
"""What may end a fit from without, and from within."""


@claim(
    "trainer.interrupted",
    observed="Keras 3.15",
    corrects="Where fit is interrupted, the epoch's steps are lost, and the model is unusable.",
    cases=2,
    needs="keras.Model.fit",
)
@given(
    nets(batch=samples),
    builds,
    whole(INTERRUPTIONS),
    sampled_from([1, 0]),
    sampled_from(list(REMEMBERING)),
    seeds,
)
def test_an_interrupted_fit_keeps_the_steps_that_it_took(net, build, error, last, optimizer, seed):
    """
    Weights and optimizer keep the steps of a fit that an error in a callback or KeyboardInterrupt
    ends, and the next goes on.

    So Ctrl+C saves what was learnt: nothing is set back, and no compile() is needed. fit returns
    no History, but `model.history` holds that of the epochs before. on_train_end is not called.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> def stop(batch, logs): raise KeyboardInterrupt
    >>> stops = keras.callbacks.LambdaCallback(on_train_batch_end=stop)
    >>> x, y = np.ones((6, 3, 1)), np.ones((6, 2))
    >>> try: model.fit(x, y, batch_size=2, callbacks=[stops], verbose=0)
    ... except KeyboardInterrupt: print(int(np.array(model.optimizer.iterations)))
    1
    """
    target = target_of(net, seed)
    theirs, ours = REMEMBERING[optimizer]
    model = trainee(net, build, optimizer=theirs())
    with contextlib.suppress(error):
        fit(model, net, target, callbacks=[Stop(last, error)])
    rows = in_order(net.samples, 2)
    taken = rows[: last + 1]
    assert_close(model.get_weights(), train(net, target, ours(), taken).weights, bound=SEVERAL)
    fit(model, net, target)
    trained = train(net, target, ours(), [*taken, *rows])
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)


# Callbacks that serve more than one fit, and what they write.

SERVING: dict[str, Callable[[Path], Any]] = {
    "EarlyStopping": lambda folder: keras.callbacks.EarlyStopping(
        "watched", mode="min", patience=1, restore_best_weights=True
    ),
    "ReduceLROnPlateau": lambda folder: keras.callbacks.ReduceLROnPlateau(
        "watched", mode="min", patience=1, factor=0.5
    ),
    "CSVLogger": lambda folder: keras.callbacks.CSVLogger(str(folder / "log.csv")),
    "LearningRateScheduler": lambda folder: keras.callbacks.LearningRateScheduler(
        lambda epoch, rate: 0.5 * rate
    ),
    "TerminateOnNaN": lambda folder: keras.callbacks.TerminateOnNaN(),
}
"""Callbacks of Keras that keep something while they serve, each made for a folder."""


@claim(
    "trainer.callback-again",
    derived="a callback is told when a training begins",
    cases=2,
    needs="keras.Model.fit",
)
@given(
    nets(batch=samples),
    builds,
    seeds,
    whole(list(SERVING)),
    permutations([1, 2, 3]),
    permutations([4, 5, 6]),
)
def test_a_callback_may_serve_again(net, build, seed, name, first, second):
    """
    In a model's second fit EarlyStopping, ReduceLROnPlateau, CSVLogger, LearningRateScheduler and
    TerminateOnNaN do as new ones.

    The first two forget the best value, not what mode="auto" took for better, and CSVLogger begins
    its file anew; with append=True it goes on. ModelCheckpoint keeps its best value.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.SGD(0.1), "mse", run_eagerly=True)
    >>> stop, x = keras.callbacks.EarlyStopping("loss", patience=1), np.ones((4, 3, 1))
    >>> options = {"epochs": 4, "callbacks": [stop], "verbose": 0}
    >>> y = model.predict(x, verbose=0)
    >>> near = model.fit(x, y + 0.1, **options).history["loss"]
    >>> far = model.fit(x, y + 9.0, **options).history["loss"]
    >>> len(near), len(far)
    (4, 4)
    """
    target = target_of(net, seed)
    model = trainee(net, build)
    (best, files, losses, weights), (new, files_, losses_, weights_) = serve_twice(
        model, net, target, SERVING[name], (first, second)
    )
    assert best == new, f"the best is {best}, and {new} for a new one"
    assert files == files_, f"written: {files}, by a new one: {files_}"
    assert_close(single(losses), single(losses_))
    assert_close(weights, weights_)


def serve_twice(model, net, target, make, numbers):
    """Return what a second fit leaves: a callback's best number and files, losses and weights.

    First with the callback of the first fit, then, from the same weights and rate, with a new one.
    """
    options = {"epochs": 3, "batch_size": 9}
    ends = []
    with tempfile.TemporaryDirectory() as folder:
        used = make(Path(folder))
        fit(model, net, target, callbacks=[Watched(numbers[0]), used], **options)
        weights = model.get_weights()
        rate = float(to_numpy(model.optimizer.learning_rate))
        for callback in (used, make(Path(folder))):
            model.set_weights(weights)
            model.optimizer.learning_rate = rate
            history = fit(model, net, target, callbacks=[Watched(numbers[1]), callback], **options)
            files = [file.read_text() for file in Path(folder).iterdir()]
            best = getattr(callback, "best", None)
            ends.append((best, files, history["loss"], model.get_weights()))
    return ends


class Break(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """End a training by an error, before an epoch."""

    def __init__(self, epoch: int) -> None:
        """Keep the number of the epoch."""
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Raise an error, if it is the epoch.

        Raises:
            InterruptedError: it is.
        """
        if epoch == self.epoch:
            raise InterruptedError(epoch)


def broken_off(
    net: Net, form: str, target: Array, make: Callable[[], Any], epoch: int
) -> tuple[Any, Array, bool]:
    """Train for three epochs, broken off before one, and go on in another model from a backup.

    Returns:
        The model, the losses of the epochs that were left, and whether the backup is still there.
    """
    ends = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "backup")
        blank = net.with_weights([0.0 * weight for weight in net.weights])
        for begin, callbacks in ((net, [Break(epoch)]), (blank, [])):
            model = trainee(begin, (form, True), optimizer=make())
            model(net.case.x)
            backup = keras.callbacks.BackupAndRestore(str(place))
            with contextlib.suppress(InterruptedError):
                history = fit(model, net, target, epochs=3, callbacks=[backup, *callbacks])
                ends.append((model, single(history["loss"]), place.exists()))
    return ends[-1]


@claim(
    "trainer.checkpoint-endings",
    observed="Keras 3",
    corrects="ModelCheckpoint takes any path, such as best.ckpt or a folder.",
    needs=("keras.Model.fit", "keras.ops"),
)
@given(
    whole(
        [
            *((path, False) for path in ("best", "best.ckpt", "best.tf", "best.hdf5")),
            *((path, True) for path in ("best", "best.ckpt", "best.keras", "best.h5")),
        ]
    ),
    booleans(),
)
def test_model_checkpoint_refuses_other_endings(refused, best):
    """
    ModelCheckpoint refuses a path that ends with neither .keras nor .h5 or, for
    save_weights_only=True, not with .weights.h5.

    "The filepath provided must end in `.keras`", or `.weights.h5`: a ValueError when the callback
    is made, before any training.

    >>> import keras, numpy as np
    >>> best = keras.callbacks.ModelCheckpoint("best.keras")
    >>> try:
    ...     keras.callbacks.ModelCheckpoint("best.ckpt")
    ... except ValueError as error:
    ...     print("must end in `.keras`" in str(error))
    True
    """
    path, weights = refused
    options = {"save_best_only": best, "save_weights_only": weights}
    ending = ".weights.h5" if weights else ".keras"

    def make(path):
        return keras.callbacks.ModelCheckpoint(path, **options)

    assert_refused(lambda: make(path), "ValueError", f"must end in `{ending}`")
    for taken in {ending, ".weights.h5" if weights else ".h5"}:
        make(f"best{taken}")


@claim(
    "trainer.backup",
    promised="BackupAndRestore: training that was interrupted goes on where it was",
    cases=2,
    needs=("keras.Model.fit", "keras.ops"),
)
@given(
    nets(batch=2, timesteps=integers(1, 2)),
    sampled_from(list(FORMS)),
    seeds,
    whole(list(REMEMBERING)),
    integers(1, 2),
)
def test_training_goes_on_from_a_backup(net, form, seed, name, epoch):
    """
    Without state, noise or other callbacks, BackupAndRestore resumes fit on whole ordered arrays
    after an epoch as if unbroken.

    A new model must be built first. The optimizer comes back too; what other callbacks have
    counted, such as EarlyStopping, does not. The history is that of the epochs that were left.

    >>> import keras, numpy as np
    >>> import tempfile
    >>> folder, x, y = tempfile.mkdtemp() + "/backup", np.ones((4, 3, 1)), np.ones((4, 2))
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> backup = keras.callbacks.BackupAndRestore(folder, delete_checkpoint=False)
    >>> _ = model.fit(x, y, epochs=2, callbacks=[backup], verbose=0)
    >>> again = keras.callbacks.BackupAndRestore(folder)
    >>> len(model.fit(x, y, epochs=5, callbacks=[again], verbose=0).history["loss"])
    3
    """
    target = target_of(net, seed)
    make, own = REMEMBERING[name]
    model, losses, left = broken_off(net, form, target, make, epoch)
    assert len(losses) == 3 - epoch, f"{len(losses)} epochs after {epoch} of 3"
    assert not left, "the backup is left"
    rows = in_order(net.samples, 2)
    trained = train(net, target, own(), 3 * rows)
    first = train(net, target, own(), epoch * rows)
    anew = train(first.net, target, own(), (3 - epoch) * rows)
    instead = {"the optimizer begins anew": [anew.losses, *anew.weights]}
    exact = [trained.losses[epoch:], *trained.weights]
    assert_close([losses, *model.get_weights()], exact, bound=SEVERAL, instead=instead)


csv_files = whole(
    [(True, (0, 0)), (True, (1, 1)), (False, (0, 0)), (False, (0, 1)), (False, (1, 0))]
)
"""Whether CSVLogger appends to its file, and which of two fits have a metric."""
frequencies = sampled_from([1, 2] if Version(release()) >= Version("3.11") else [1])
"""How often those fits validate; before Keras 3.11 the first epoch has to."""


@claim(
    "trainer.fit-after-backup",
    promised="Model.fit, argument `initial_epoch`: where to start training, by default 0",
    cases=2,
    needs=("keras.Model.fit", "keras.ops"),
)
@given(nets(batch=2, timesteps=integers(1, 2)), builds, seeds, integers(1, 2), integers(0, 1))
def test_a_fit_after_a_backup_begins_with_its_own_epoch(net, build, seed, epoch, first):
    """
    Behind a fit that BackupAndRestore has restored, the next fit without it trains all of its
    epochs.

    It begins with its own initial_epoch, as any fit does. Until Keras does so, set the attribute
    `_initial_epoch` of the model to None between them.

    >>> import keras, numpy as np
    >>> x, y = np.ones((4, 3, 1)), np.ones((4, 2))
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> backup = keras.callbacks.BackupAndRestore("backup", delete_checkpoint=False)
    >>> for epochs in (2, 3):
    ...     _ = model.fit(x, y, epochs=epochs, callbacks=[backup], verbose=0)
    >>> model._initial_epoch = None
    >>> model.fit(x, y, epochs=2, verbose=0).epoch
    [0, 1]
    """
    target = target_of(net, seed)
    model = trainee(net, build)
    with tempfile.TemporaryDirectory() as folder:
        backup = Path(folder, "backup")
        for epochs in (epoch, epoch + 1):
            kept = keras.callbacks.BackupAndRestore(backup, delete_checkpoint=False)
            model.fit(net.case.x, target, epochs=epochs, callbacks=[kept], verbose=0)
    later = model.fit(net.case.x, target, epochs=3, initial_epoch=first, verbose=0).epoch
    instead = {"it begins where the restored one did": [*range(epoch, 3)]}
    ran = f"{right_if(later, instead)}the epochs {later}"
    assert later == [*range(first, 3)], ran


@claim(
    "trainer.csv-logger",
    promised="CSVLogger: streams epoch results to a CSV file; argument `append`",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), builds, seeds, csv_files, frequencies)
def test_csv_logger_writes_what_fit_reports(net, build, seed, log, frequency):
    """
    CSVLogger as the last callback writes a line an epoch, with the loss and metrics of History.

    Columns are those of the first epoch, in the order of their names. Without validation in that
    epoch columns of val_ follow, which hold NA where there is none. A second call of fit begins
    the file anew; with append=True it goes on, without a second header.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> log, x, y = keras.callbacks.CSVLogger("log.csv"), np.ones((4, 3, 1)), np.ones((4, 2))
    >>> options = {"validation_data": (x, y), "callbacks": [log], "verbose": 0}
    >>> losses = model.fit(x, y, epochs=2, **options).history["val_loss"]
    >>> lines = [line.split(",") for line in open("log.csv").read().split()]
    >>> lines[0], [float(line[2]) for line in lines[1:]] == losses
    (['epoch', 'loss', 'val_loss'], True)
    """
    append, measured = log
    target = target_of(net, seed)
    models = {count: trainee(net, build, metrics=["mae"] * count) for count in set(measured)}
    data = {"validation_data": (padded(net), target), "validation_freq": frequency}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "log.csv")
        logger = keras.callbacks.CSVLogger(str(file), append=append)
        options = {"batch_size": 9, "callbacks": [logger], **data}
        fits = [
            fit(models[count], net, target, epochs=epochs, **options)
            for epochs, count in zip((1, 2), measured, strict=True)
        ]
        text = file.read_text()
    assert_logged(text, fits if append else fits[1:], frequency)


def assert_logged(text: str, histories: list[dict[str, list[float]]], frequency: int) -> None:
    """Assert that a file of CSVLogger holds histories, and NA for epochs without validation."""
    header, *lines = [line.split(",") for line in text.split()]
    epochs = [k for history in histories for k in range(len(history["loss"]))]
    assert [line[0] for line in (header, *lines)] == ["epoch", *map(str, epochs)], f"{lines}"
    for name in histories[-1]:
        column = [line[header.index(name)] for line in lines]
        numbers = iter([value for history in histories for value in history.get(name, [])])
        times = frequency if name.startswith("val_") else 1
        exact = [np.nan if (k + 1) % times else next(numbers) for k in epochs]
        assert_close(single([number.replace("NA", "nan") for number in column]), single(exact))
    names = sorted(name for name in histories[0] if not name.startswith("val_"))
    assert header == ["epoch", *names, *(f"val_{name}" for name in names)], f"columns {header}"


@claim(
    "trainer.printed",
    observed="Keras 3.15, TensorFlow",
    corrects="fit prints another loss beside the progress bar than its History holds.",
    cases=2,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), builds, seeds, sampled_from([1, 2]), any_loss)
def test_fit_prints_what_it_returns(net, build, seed, verbose, loss):
    """
    Since Keras 3.11 fit prints an epoch's loss, or a metric of one number, as in History, to four
    decimals or five digits.

    Numbers up to 0.001 are printed with an exponent, as 1.2345e-04, and so are negative ones with
    verbose=2. With verbose=1 they stand behind a bar that is drawn again on the way, with the
    numbers so far; with verbose=2 they are printed once.

    >>> import keras, numpy as np
    >>> import contextlib, io
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse")
    >>> x, y, printed = np.random.rand(4, 3, 1), np.ones((4, 2)), io.StringIO()
    >>> with contextlib.redirect_stdout(printed):
    ...     history = model.fit(x, y, batch_size=1, verbose=2).history
    >>> f"loss: {history['loss'][0]:.4f}" in printed.getvalue()
    True
    """
    target = target_of(net, seed, loss)
    model = trainee(net, build, loss, metrics=["mae"])
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        history = fit(model, net, target, epochs=2, verbose=verbose)
    epochs = printed.getvalue().split("Epoch ")[1:]
    for name, values in history.items():
        shown = [re.findall(rf"\b{name}: ([-+.\de]+)", text)[-1] for text in epochs]
        expected = [f"{v:.4f}" if abs(v) > 1e-3 else f"{v:.4e}" for v in values]
        assert shown == expected, f"{name}: printed {shown}, expected {expected}"


VERBOSE: dict[str, Callable[[Path, int], Any]] = {
    "EarlyStopping": lambda folder, verbose: keras.callbacks.EarlyStopping(
        "watched", mode="min", restore_best_weights=True, verbose=verbose
    ),
    "EarlyStopping at the end": lambda folder, verbose: keras.callbacks.EarlyStopping(
        "watched", mode="max", patience=9, restore_best_weights=True, verbose=verbose
    ),
    "ReduceLROnPlateau": lambda folder, verbose: keras.callbacks.ReduceLROnPlateau(
        "watched", mode="min", patience=1, factor=0.5, verbose=verbose
    ),
    "LearningRateScheduler": lambda folder, verbose: keras.callbacks.LearningRateScheduler(
        lambda epoch, rate: 0.5 * rate, verbose=verbose
    ),
    "ModelCheckpoint": lambda folder, verbose: keras.callbacks.ModelCheckpoint(
        str(folder / "{epoch}.weights.h5"), "watched", verbose, False, True, "min"
    ),
    "ModelCheckpoint of the best": lambda folder, verbose: keras.callbacks.ModelCheckpoint(
        str(folder / "{epoch}.weights.h5"), "watched", verbose, True, True, "min"
    ),
}
"""Callbacks of Keras that print what they do, each made for a folder."""
IDLE = ("ReduceLROnPlateau", [3, 2, 1])
"""A callback with nothing to do, and the numbers that it watches."""


@claim(
    "trainer.verbose-callbacks",
    promised="EarlyStopping and its like, argument `verbose`: 1 displays messages",
    cases=4,
    needs=("keras.Model.fit", "keras.ops"),
)
@given(
    nets(batch=2, timesteps=integers(1, 2)),
    sampled_from(list(FORMS)),
    seeds,
    whole(list(VERBOSE)),
    permutations([1, 2, 3]),
)
def test_a_callback_that_prints_does_the_same(net, form, seed, name, numbers):
    """
    With verbose=1 EarlyStopping, ReduceLROnPlateau, LearningRateScheduler and ModelCheckpoint do
    as with verbose=0 and print it.

    By default to the standard output. ModelCheckpoint prints it in a first epoch too, when there
    is no best value yet.

    >>> import keras, numpy as np
    >>> import contextlib, io, tempfile
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> file, printed = tempfile.mkdtemp() + "/best.weights.h5", io.StringIO()
    >>> keep = keras.callbacks.ModelCheckpoint(file, "loss", 1, True, True)
    >>> with contextlib.redirect_stdout(printed):
    ...     _ = model.fit(np.ones((4, 3, 1)), np.ones((4, 2)), callbacks=[keep], verbose=0)
    >>> "loss improved" in printed.getvalue()
    True
    """
    target = target_of(net, seed)
    silent, talking = (served(net, form, target, name, numbers, verbose) for verbose in (0, 1))
    assert silent[3] == "", f"printed with verbose=0: {silent[3]}"
    assert ("poch" in talking[3]) == ((name, numbers) != IDLE), f"printed: {talking[3]!r}"
    assert talking[2] == silent[2], f"files {talking[2]}, with verbose=0 {silent[2]}"
    assert_close(single(talking[0]), single(silent[0]))
    assert_close(talking[1], silent[1])


def served(
    net: Net, form: str, target: Array, name: str, numbers: list[int], verbose: int
) -> tuple[list[float], list[Array], list[str], str]:
    """Return losses, weights, names of files and text that a fit with a callback leaves."""
    model = trainee(net, (form, True))
    printed = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(printed):
        callbacks = [Watched([*numbers]), VERBOSE[name](Path(folder), verbose)]
        history = fit(model, net, target, epochs=3, callbacks=callbacks)
        files = sorted(file.name for file in Path(folder).iterdir())
    return history["loss"], model.get_weights(), files, printed.getvalue()


LESS = ("Error", "Hinge", "KLDivergence", "Poisson", "Crossentropy")
"""What the names of metrics end with of which less is better; of the others more is."""
DIRECTED = [name for name in NAMES if not name.endswith(("Positives", "Negatives"))]


@claim(
    "trainer.better-by-itself",
    promised="EarlyStopping, argument `mode`: by 'auto' the direction is inferred",
    corrects='For a metric mode="auto" takes less for better, unless its name holds "acc".',
    cases=4,
    needs=("keras.Model.fit", "keras.ops"),
)
@given(cases(batch=2, timesteps=1), whole(["loss", *DIRECTED]), booleans(), seeds)
def test_more_of_a_score_and_less_of_an_error_is_better(case, name, validation, seed):
    """
    With one output mode="auto" takes a higher score of a Keras class, a number, as better, and a
    lower error or `loss`.

    In EarlyStopping, ModelCheckpoint and ReduceLROnPlateau, of validation too. Say mode for
    counts, as TruePositives, for CategoricalGeneralizedCrossEntropy, for metrics that are
    functions or one's own, for weighted ones, for the second of a name, and with several outputs.
    F1Score is a number only with an `average`.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", metrics=[keras.metrics.R2Score(name="r2")], run_eagerly=True)
    >>> best = keras.callbacks.EarlyStopping("r2", restore_best_weights=True)
    >>> x, y = np.ones((2, 3, 1)), np.array([[0.0, 1.0], [1.0, 0.0]])
    >>> history = model.fit(x, y, epochs=2, callbacks=[best], verbose=0).history
    >>> len(history["r2"])
    2
    """
    seen, restored, kept, rate = chosen_by_itself(case, name, validation, seed)
    less = name == "loss" or name.endswith(LESS)
    best, other = seen if less else reversed(seen)
    instead = {"the other direction is better": other}
    assert_close(restored, best, instead=instead)
    assert_close(kept, best, instead=instead)
    end = RATE / 2 if less else RATE
    assert rate == end, f"the rate ends as {rate}, right if {end}"


def chosen_by_itself(
    case: Case, name: str, validation: bool, seed: int
) -> tuple[list[Any], Any, Any, float]:
    """Train two epochs, in which a metric rises, with callbacks that are not told a direction.

    Returns:
        The weights after each epoch, those that EarlyStopping restores, those that ModelCheckpoint
        keeps, and the rate that ReduceLROnPlateau ends with.
    """
    kind = KINDS.get(name, "numbers")
    metrics = [] if name == "loss" else [metric(name)]
    model = classifier(case, kind, seed, metrics=metrics, run_eagerly=True)
    model.optimizer.learning_rate = RATE
    monitor = ("val_" if validation else "") + ("loss" if name == "loss" else "metric")
    seen: list[Any] = []

    def rise(epoch: int, logs: dict[str, Any]) -> None:
        logs[monitor] = float(epoch)
        seen.append(model.get_weights())

    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder, "best.weights.h5"))
        callbacks = [
            keras.callbacks.LambdaCallback(on_epoch_end=rise),
            keras.callbacks.ModelCheckpoint(file, monitor, 0, True, True),
            keras.callbacks.ReduceLROnPlateau(monitor, patience=1, factor=0.5),
            keras.callbacks.EarlyStopping(monitor, patience=9, restore_best_weights=True),
        ]
        model.fit(case.x, targets(case, kind, seed), callbacks=callbacks, epochs=2, verbose=0)
        restored = model.get_weights()
        rate = float(to_numpy(model.optimizer.learning_rate))
        model.load_weights(file)
    return seen, restored, model.get_weights(), rate


# State between batches.


def stateful(net: Net, eager: bool) -> Any:
    """Return a model whose LSTM keeps its state over batches of two samples, and never learns."""
    layer = lstm(net.of([0, 1]).case, stateful=True)
    head = dense(net)
    inputs = keras.Input((net.case.timesteps, net.case.features), batch_size=2)
    model = keras.Model(inputs, head(layer(inputs)))
    model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=eager)
    reset(layer)
    return model


def continued_losses(net: Net, target: Array, batches: int, kept: bool = True) -> list[float]:
    """Return the losses of batches of two, each from the state that the one before it left.

    Args:
        net: the network.
        target: the targets of its samples.
        batches: how many.
        kept: whether a state is left at all.
    """
    h = None
    c = None
    losses = []
    head = net.head.astype(float)
    for k in range(batches):
        rows = np.arange(2) + 2 * (k % (net.samples // 2))
        case = replace(net.of(rows).case, h=h, c=c) if kept else net.of(rows).case
        _, h, c = equations(case)
        losses.append(float(np.mean((h @ head[:-1] + head[-1] - target[rows]) ** 2)))
    return losses


@claim(
    "trainer.state-over-epochs",
    promised="RNN, note on statefulness: states are kept until they are reset",
    corrects="fit resets the states of a stateful LSTM before each epoch.",
    cases=2,
    needs="keras.Model.fit",
)
@given(nets(batch=4), eagerly, seeds)
def test_a_state_goes_on_over_batches_and_epochs(net, eager, seed):
    """
    In fit(x, y, batch_size=n) of whole batches a stateful LSTM, called once and given no state,
    goes on over batches and epochs.

    Row k of a batch continues row k of the batch before it, so that the samples of one sequence
    have to stand in the same row, and arrays of several samples need shuffle=False. Validation
    moves the state too.

    >>> import keras, numpy as np
    >>> inputs = keras.Input((1, 1), batch_size=1)  # (timesteps, features)
    >>> lstm = keras.layers.LSTM(1, stateful=True)
    >>> model = keras.Model(inputs, lstm(inputs))
    >>> model.compile(keras.optimizers.SGD(0.0), "mse")
    >>> x, y = np.ones((1, 1, 1)), np.zeros((1, 1))
    >>> losses = model.fit(x, y, batch_size=1, epochs=2, verbose=0).history["loss"]
    >>> bool(losses[0] < losses[1])  # the state grows
    True
    """
    target = target_of(net, seed)
    model = stateful(net, eager)
    history = fit(model, net, target, epochs=3)
    losses = np.reshape(continued_losses(net, target, 6), (3, 2))
    anew = np.repeat(losses[:1].mean(axis=1), 3)
    unkept = np.repeat(np.mean(continued_losses(net, target, 2, kept=False)), 3)
    instead = {"each epoch starts from zeros": anew, "each batch starts from zeros": unkept}
    assert_close(single(history["loss"]), losses.mean(axis=1), instead=instead)


@claim(
    "trainer.state-reset-by-a-callback",
    observed="Keras 3.15, TensorFlow",
    corrects="A compiled training does not notice that a callback resets a state.",
    cases=2,
    needs="keras.Model.fit",
)
@given(nets(batch=4), eagerly, seeds)
def test_a_callback_can_reset_the_state_before_each_epoch(net, eager, seed):
    """
    If a callback resets a stateful LSTM, given no state, before each epoch, each starts from zeros.

    This works compiled as well, because the state is a variable. With an initial_state each batch
    starts from that, reset or not.

    >>> import keras, numpy as np
    >>> inputs = keras.Input((1, 1), batch_size=1)  # (timesteps, features)
    >>> lstm = keras.layers.LSTM(1, stateful=True)
    >>> model = keras.Model(inputs, lstm(inputs))
    >>> model.compile(keras.optimizers.SGD(0.0), "mse")
    >>> def start(epoch, logs): return lstm.reset_state()
    >>> callbacks, x = [keras.callbacks.LambdaCallback(on_epoch_begin=start)], np.ones((1, 1, 1))
    >>> options = {"batch_size": 1, "epochs": 2, "callbacks": callbacks, "verbose": 0}
    >>> losses = model.fit(x, np.zeros((1, 1)), **options).history["loss"]
    >>> losses[0] == losses[1]
    True
    """
    target = target_of(net, seed)
    model = stateful(net, eager)
    start = keras.callbacks.LambdaCallback(on_epoch_begin=lambda *_: reset(model.layers[1]))
    history = fit(model, net, target, epochs=3, callbacks=[start])
    kept, unkept = (np.mean(continued_losses(net, target, 2, kept)) for kept in (True, False))
    instead = {"each batch starts from zeros": np.repeat(unkept, 3)}
    assert_close(single(history["loss"]), np.repeat(kept, 3), instead=instead)


# What stays in memory.

CALLS = 40


def resident() -> float:
    """Return the memory of this process in MB."""
    pages = Path("/proc/self/statm").read_text(encoding="utf-8").split()[1]
    return int(pages) * 4096 / 2**20


@claim(
    "trainer.memory",
    observed="Keras 3, TensorFlow, CPU",
    corrects="Each call of predict leaves something in memory, so a loop needs clear_session.",
    needs=("keras.Model.fit", "keras.ops", "/proc/self/statm"),
)
def test_calls_leave_nothing_in_memory():
    """
    Further calls of predict, evaluate, predict_on_batch and test_on_batch on arrays of one shape
    keep next to nothing in memory.

    Fewer Python objects than calls are left after gc.collect(). The first calls compile, and keep
    what they have compiled.

    >>> import keras, numpy as np
    >>> import gc
    >>> model, x = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)]), np.ones((4, 3, 1))
    >>> _ = [model.predict(x, verbose=0) for call in range(3)]
    >>> before = gc.collect() * 0 + len(gc.get_objects())
    >>> _ = [model.predict(x, verbose=0) for call in range(10)]
    >>> del _
    >>> after = gc.collect() * 0 + len(gc.get_objects())
    >>> after - before < 10
    True
    """
    x = noise((256, 4, 256), 1)
    y = noise((256, 1), 2)
    model = keras.Sequential([keras.Input((4, 256)), keras.layers.LSTM(2), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    growth = {
        "predict": grown(lambda: model.predict(x, batch_size=256, verbose=0)),
        "evaluate": grown(lambda: model.evaluate(x, y, batch_size=256, verbose=0)),
        "predict_on_batch": grown(lambda: model.predict_on_batch(x)),
        "test_on_batch": grown(lambda: model.test_on_batch(x, y)),
    }
    objects = {name: count for name, (count, _) in growth.items() if count >= CALLS}
    assert not objects, f"objects stay after {CALLS} calls of {' and '.join(objects)}: {objects}"
    memory = {name: size for name, (_, size) in growth.items() if size >= 20}
    assert not memory, f"MB that stay after {CALLS} calls with 1 MB each: {memory}"


def grown(call: Any) -> tuple[int, float]:
    """Return by how many objects and MB the calls, after some others, let the process grow."""
    for _ in range(4):
        call()
    gc.collect()
    gc.freeze()  # so that only what further calls make is looked at, which saves seconds
    objects = len(gc.get_objects())
    memory = resident()
    for _ in range(CALLS):
        call()
    gc.collect()
    return len(gc.get_objects()) - objects, resident() - memory
