"""How long an epoch is, which batches it takes, and when it is validated."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from itertools import product
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis.strategies import integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.claims.trainer import (
    RATE,
    SEVERAL,
    builds,
    evaluate,
    fit,
    single,
    target_of,
    trainee,
)
from lstm_spec.claims.trainer.reports import of_declared_size
from lstm_spec.claims.trainer.structures import batches, pydataset
from lstm_spec.harness.strategies import Array, seeds, whole
from lstm_spec.harness.subject import FORMS, padded, tf_data, to_numpy
from lstm_spec.harness.tolerance import assert_close
from lstm_spec.harness.trainer import (
    Net,
    Trained,
    batch_loss,
    in_order,
    nets,
    outputs,
    sgd,
    train,
)

WHEN: list[tuple[int | list[int], list[int]]] = [
    (1, [1, 2, 3]),
    (2, [2]),
    (3, [3]),
    ([1], [1]),
    ([1, 3], [1, 3]),
    ([2, 3], [2, 3]),
]
"""Values of validation_freq, and after which of three epochs they validate."""


@claim(
    "trainer.validation-freq",
    promised="Model.fit, argument `validation_freq`: epochs to run before a new validation",
    corrects="val_loss has a number for every epoch.",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=2), whole(WHEN), builds, seeds)
def test_validation_comes_after_the_epochs_that_are_named(net, when, build, seed):
    """
    Given data for it, fit validates with an int n as validation_freq after every n-th epoch, with
    a list after those named.

    The first epoch is 1. If some are left out the history has fewer numbers of val_loss than of
    loss, and a callback that monitors val_loss finds none after those.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y = np.random.rand(4, 3, 1), np.random.rand(4, 2)
    >>> options = dict(epochs=5, validation_data=(x, y), validation_freq=2, verbose=0)
    >>> history = model.fit(x, y, **options).history
    >>> len(history["loss"]), len(history["val_loss"])
    (5, 2)
    """
    frequency, epochs = when
    target = target_of(net, seed)
    other = target_of(net, seed + 1)
    options = {"epochs": 3, "validation_data": (padded(net), other)}
    history = fit(trainee(net, build), net, target, **options, validation_freq=frequency)
    nets_after = [train(net, target, sgd(RATE), in_order(2, 2, k)).net for k in epochs]
    exact = [batch_loss(after, other) for after in nets_after]
    assert_close(single(history["val_loss"]), exact, bound=SEVERAL)


@claim(
    "trainer.validation-steps",
    promised="Model.fit, arguments `validation_steps` and `validation_batch_size`",
    corrects="The next validation goes on behind the samples that the last one took.",
    cases=2,
    needs="keras.Model.fit",
)
@given(nets(batch=8), integers(1, 2), whole([None, 1, 2]), builds, seeds)
def test_every_validation_takes_the_first_batches(net, steps, size, build, seed):
    """
    By default every validation with validation_steps=n takes the first n batches of arrays, or all
    of fewer.

    A batch has validation_batch_size samples, or else batch_size; without both all samples are
    taken, in at most n batches.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y = np.random.rand(4, 3, 1), np.random.rand(4, 2)
    >>> options = dict(validation_steps=1, validation_batch_size=3, verbose=0)
    >>> history = model.fit(x, y, validation_data=(x, y), **options).history
    >>> bool(np.isclose(history["val_loss"][0], model.evaluate(x[:3], y[:3], verbose=0)))
    True
    """
    target = target_of(net, seed)
    other = target_of(net, seed + 1)
    options = {"validation_steps": steps, "validation_batch_size": size, "epochs": 2}
    model = trainee(net, build)
    history = fit(model, net, target, validation_data=(padded(net), other), **options)
    count = steps * (size or 2)
    first = slice(count)
    behind = slice(count, 2 * count)
    afters = [train(net, target, sgd(RATE), in_order(8, 2, k)).net for k in (1, 2)]
    exact = [batch_loss(after.of(first), other[first]) for after in afters]
    further = [exact[0], batch_loss(afters[1].of(behind), other[behind])]
    instead = {"the second validation goes on behind the first": further}
    assert_close(single(history["val_loss"]), exact, bound=SEVERAL, instead=instead)


DATASETS: dict[str, Callable[..., Any]] = {
    "a PyDataset": partial(pydataset, 1),
    "a tf.data.Dataset": tf_data,
    "a tf.data.Dataset of unknown length": of_declared_size,
}
"""What gives batches of two in their order and can begin anew, each made of arrays."""
if find_spec("tensorflow") is None:
    del DATASETS["a tf.data.Dataset"], DATASETS["a tf.data.Dataset of unknown length"]


@claim(
    "trainer.validation-steps-of-a-dataset",
    promised="Model.fit, argument `validation_steps`: every validation starts from the beginning",
    corrects="The next validation goes on behind the batches that the last one took.",
    cases=2,
    needs=("keras.Model.fit", "keras.utils.PyDataset"),
)
@given(nets(batch=8, timesteps=1), whole(list(DATASETS)), integers(1, 3), builds, seeds)
def test_every_validation_takes_the_first_batches_of_a_dataset(net, name, steps, build, seed):
    """
    With validation_steps=n every validation takes the first n batches of a tf.data.Dataset or, with
    one worker, of a PyDataset.

    Of fewer it takes all. A Dataset that is shuffled anew by each iterator gives other samples each
    time. A generator cannot begin again. With more workers a validation goes on behind the last.

    >>> import keras, numpy as np
    >>> class Batches(keras.utils.PyDataset):
    ...     def __len__(self): return 3
    ...     def __getitem__(self, k): return np.zeros((1, 3, 1)), np.full((1, 1), k)
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(1)])
    >>> model.compile(keras.optimizers.SGD(0.0), "mae", run_eagerly=True)
    >>> options = dict(epochs=2, validation_data=Batches(), validation_steps=2, verbose=0)
    >>> model.fit(Batches(), **options).history["val_loss"]  # of the batches 0 and 1 each time
    [0.5, 0.5]
    """
    target = target_of(net, seed)
    other = target_of(net, seed + 1)
    data = DATASETS[name](net.case.x, other)
    model = trainee(net, build)
    options = {"validation_data": data, "validation_steps": steps, "batch_size": 8, "epochs": 2}
    history = fit(model, net, target, **options)
    first = slice(2 * steps)
    afters = [train(net, target, sgd(RATE), in_order(8, 8, k)).net for k in (1, 2)]
    exact = [batch_loss(after.of(first), other[first]) for after in afters]
    behind = in_order(8, 2)[steps : 2 * steps]
    further = [batch_loss(afters[1].of(rows), other[rows]) for rows in behind]
    instead = {"the second validation goes on behind the first": [exact[0], np.mean(further)]}
    assert_close(single(history["val_loss"]), exact, bound=SEVERAL, instead=instead)


@claim(
    "trainer.validation-steps-of-workers",
    promised="Model.fit, argument `validation_steps`: every validation starts from the beginning",
    cases=2,
    needs=("keras.Model.fit", "keras.utils.PyDataset"),
)
@given(nets(batch=8, timesteps=1), integers(2, 3), integers(1, 3), builds, seeds)
def test_every_validation_takes_the_first_batches_by_workers(net, workers, steps, build, seed):
    """
    With validation_steps=n every validation takes the first n batches of a PyDataset of several
    workers.

    Until Keras does so, validate on a PyDataset of one worker, or on one of n batches alone. Else
    the batches that workers have read ahead come first in the next validation, without a warning.

    >>> import keras, numpy as np
    >>> class Batches(keras.utils.PyDataset):
    ...     def __len__(self): return 2  # not more than are validated on
    ...     def __getitem__(self, k): return np.zeros((1, 3, 1)), np.full((1, 1), k)
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(1)])
    >>> model.compile(keras.optimizers.SGD(0.0), "mae", run_eagerly=True)
    >>> options = dict(epochs=2, validation_data=Batches(workers=2), verbose=0)
    >>> model.fit(Batches(), **options).history["val_loss"]  # of the batches 0 and 1 each time
    [0.5, 0.5]
    """
    target = target_of(net, seed)
    other = target_of(net, seed + 1)
    data = pydataset(workers, net.case.x, other)
    options = {"validation_data": data, "validation_steps": steps, "batch_size": 8, "epochs": 2}
    history = fit(trainee(net, build), net, target, **options)
    first = slice(2 * steps)
    afters = [train(net, target, sgd(RATE), in_order(8, 8, k)).net for k in (1, 2)]
    exact = [batch_loss(after.of(first), other[first]) for after in afters]
    ahead = in_order(8, 2, 2)[steps : 2 * steps]
    further = [batch_loss(afters[1].of(rows), other[rows]) for rows in ahead]
    instead = {"what was read ahead comes first": [exact[0], np.mean(further)]}
    assert_close(single(history["val_loss"]), exact, bound=SEVERAL, instead=instead)


@claim(
    "trainer.validation-of-a-generator",
    promised="Model.fit, argument `validation_steps`: how many batches a validation draws",
    cases=2,
    needs="keras.Model.fit",
)
@given(nets(batch=1, timesteps=1), whole([1, 2, 3, 5]), sampled_from(list(FORMS)))
def test_every_validation_goes_on_with_an_endless_generator(net, steps, form):
    """
    With validation_steps=n every validation takes the next n batches of an endless generator.

    So one of n batches over and over gives each of them once. Until that is so, validate on arrays,
    a PyDataset or a tf.data.Dataset: val_loss, and what is stopped or saved by it, is wrong
    without a warning.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((1, 1)), keras.layers.LSTM(1)])
    >>> model.compile("sgd", "mae", run_eagerly=True)
    >>> zero = np.zeros((1, 1, 1))
    >>> batches = ((zero, np.full((1, 1), k)) for k in range(10**6))
    >>> options = dict(validation_data=batches, validation_steps=2, verbose=0)
    >>> model.fit(zero, zero[0], **options).history["val_loss"]  # the first, of 0 and 1
    [0.5]
    """
    seen: list[Any] = []

    def note(target: Any, output: Any) -> Any:
        seen.append(target)
        return output - target

    numbered = ((net.case.x, np.full((1, 1), k, "float32")) for k in itertools.count())
    model = trainee(net, (form, True), note)
    options = {"epochs": 2, "validation_data": numbered, "validation_steps": steps}
    fit(model, net, np.full((1, 1), -1.0, "float32"), **options)
    numbers = [to_numpy(target).item() for target in seen[-2 * (1 + steps) :]]
    taken = np.array([number for number in numbers if number >= 0])  # those of training are -1
    again = [*range(steps), *range(min(steps, 2)), *taken[steps + 2 :]]
    instead = {"the first two batches come again": again, "some are left out": np.unique(taken)}
    assert_close(taken, np.arange(2.0 * steps), instead=instead)


@claim(
    "trainer.steps-per-epoch",
    promised="Model.fit, argument `steps_per_epoch`: steps before the next epoch starts",
    corrects="Every epoch of steps_per_epoch batches begins at the first sample.",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=4), whole(list(product([1, 2], [1, 2]))), builds, seeds)
def test_an_epoch_goes_on_behind_the_one_before(net, sizes, build, seed):
    """
    By default, with batch_size and steps_per_epoch=n, each epoch of arrays takes the next n
    batches, or as many as are left.

    If none is left the next epoch begins anew. Without batch_size every epoch takes all samples,
    in at most n batches.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)
    >>> x, y = np.random.rand(4, 3, 1), np.random.rand(4, 2)
    >>> options = dict(batch_size=2, steps_per_epoch=1, epochs=2, shuffle=False, verbose=0)
    >>> losses = model.fit(x, y, **options).history["loss"]
    >>> first, second = np.mean(np.reshape((model(x) - y) ** 2, (2, 4)), axis=1)
    >>> bool(np.allclose(losses, [first, second]))
    True
    """
    size, steps = sizes
    epochs = 2 * 4 // (size * steps)
    target = target_of(net, seed)
    model = trainee(net, build)
    options = {"batch_size": size, "steps_per_epoch": steps, "epochs": epochs}
    history = fit(model, net, target, **options)
    trained = train(net, target, sgd(RATE), in_order(4, size, 2))
    exact = trained.epoch_losses(epochs)
    half = epochs // 2
    pauses = np.array([*exact[:half], 0.0, *exact[half:]])[:epochs]
    instead = {"an epoch without a batch comes between": pauses}
    assert_close(single(history["loss"]), exact, bound=SEVERAL, instead=instead)
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)


@claim(
    "trainer.steps-per-epoch-of-a-source",
    promised="Model.fit, argument `steps_per_epoch`: steps before the next epoch starts",
    corrects="Every epoch of steps_per_epoch batches begins with the first batch.",
    cases=2,
    needs="keras.Model.fit",
)
@given(
    nets(batch=8, timesteps=1),
    whole(["a generator", *DATASETS]),
    integers(1, 2),
    builds,
    seeds,
)
def test_an_epoch_goes_on_behind_the_one_before_in_a_source(net, name, steps, build, seed):
    """
    Unshuffled, an epoch of steps_per_epoch=n takes the next n batches of a fit's generator,
    PyDataset or Dataset with n left.

    So an epoch may be a part of all samples, and validation comes more often. Give shuffle=False
    for a PyDataset of known length, whose batches fit exchanges by default.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((1, 1)), keras.layers.LSTM(1)])
    >>> model.compile(keras.optimizers.SGD(0.0), "mae", run_eagerly=True)
    >>> data = ((np.zeros((1, 1, 1)), np.full((1, 1), k)) for k in range(10**6))
    >>> history = model.fit(data, epochs=2, steps_per_epoch=2, verbose=0).history
    >>> history["loss"]  # of 0 and 1, then of 2 and 3
    [0.5, 2.5]
    """
    target = target_of(net, seed)
    data = {"a generator": batches, **DATASETS}[name](net.case.x, target)
    model = trainee(net, build)
    epochs = 4 // steps
    options = {"epochs": epochs, "steps_per_epoch": steps, "shuffle": False, "verbose": 0}
    history = model.fit(data, **options).history
    order = in_order(8, 2)
    trained = train(net, target, sgd(RATE), order)
    exact = trained.epoch_losses(epochs)
    first = train(net, target, sgd(RATE), order[:steps] * epochs).epoch_losses(epochs)
    instead = {"every epoch begins with the first batch": first}
    assert_close(single(history["loss"]), exact, bound=SEVERAL, instead=instead)
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)


def taken(batches: int, steps: int | None, again: int = 2) -> list[list[int]]:
    """Return which batches of a generator each of four epochs takes.

    Args:
        batches: how many it has.
        steps: how many an epoch takes at most.
        again: how many it gives again when it has ended.
    """
    epochs = []
    left = list(range(batches))
    for _ in range(4):
        epochs.append(left[:steps])
        ended = steps is None or len(left) < steps
        left = list(range(min(batches, again))) if ended else left[steps:]
    return epochs


def losses_of(net: Net, target: Array, epochs: list[list[int]]) -> tuple[list[float], Trained]:
    """Return the mean loss of each epoch, 0 for one without a batch, and the trained model."""
    trained = train(net, target, sgd(RATE), [np.array([k]) for epoch in epochs for k in epoch])
    losses = iter(trained.losses)
    sums = [sum(itertools.islice(losses, len(epoch))) for epoch in epochs]
    return [part / max(len(epoch), 1) for part, epoch in zip(sums, epochs, strict=True)], trained


def losses_otherwise(net: Net, target: Array, steps: int | None) -> dict[str, list[float]]:
    """Return what else is reported of four epochs of a generator that ends, by the reason."""
    nothing_more = taken(net.samples, steps, again=0)
    epochs = taken(net.samples, steps)
    losses, _ = losses_of(net, target, epochs)
    kept: list[float] = []
    for loss, epoch in zip(losses, epochs, strict=True):
        kept.append(loss if epoch else kept[-1])
    return {
        "it gives nothing more": losses_of(net, target, nothing_more)[0],
        "an epoch without a batch reports the loss before": kept,
        "an epoch without a batch reports nothing": [
            loss for loss, epoch in zip(losses, epochs, strict=True) if epoch
        ],
    }


@claim(
    "trainer.generator-again",
    observed="Keras 3",
    corrects="A generator gives every epoch all of its batches.",
    cases=2,
    needs=("keras.Model.fit", "keras.ops"),
)
@given(nets(batch=integers(2, 3), timesteps=1), whole([1, 2, 3, None]), seeds)
def test_an_ended_generator_gives_its_first_two_batches_again(net, steps, seed):
    """
    When a generator ends, an epoch of fit ends too, and the next begins with its first two batches
    again.

    So without steps_per_epoch the first epoch takes all batches, every later one the first two, or
    the only one. An epoch for which none is left has a loss of 0. There are warnings that the data
    ran out. Take a PyDataset, or a generator without end.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((1, 1)), keras.layers.LSTM(1)])
    >>> seen = []
    >>> def note(target, output): return seen.append(target) or output - target
    >>> model.compile("sgd", note, run_eagerly=True)
    >>> data = ((np.ones((1, 1, 1)), np.array([[float(k)]])) for k in range(4))
    >>> _ = model.fit(data, epochs=2, verbose=0)
    >>> [int(target[0, 0]) for target in seen[-6:]]
    [0, 1, 2, 3, 0, 1]
    """
    target = target_of(net, seed)
    parts = [(net.case.x[[k]], target[[k]]) for k in range(net.samples)]
    exact, trained = losses_of(net, target, taken(net.samples, steps))
    instead = losses_otherwise(net, target, steps)
    model = trainee(net, ("Sequential", True))
    options = {"epochs": 4, "steps_per_epoch": steps, "verbose": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that the data ran out
        history = model.fit((part for part in parts), **options).history["loss"]
        tested = model.evaluate((part for part in parts), verbose=0)
        predicted = model.predict(((x,) for x, _ in parts), verbose=0)
    assert_close(single(history), exact, bound=SEVERAL, instead=instead)
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)
    assert_close(single(tested), batch_loss(trained.net, target), bound=SEVERAL)
    assert_close(predicted, outputs(trained.net), bound=SEVERAL)


@claim(
    "trainer.first-steps",
    promised="Model.evaluate and Model.predict, argument `steps`: batches before it stops",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=4), sampled_from([1, 2, 9]), integers(1, 2), builds, seeds)
def test_steps_of_evaluate_and_predict_take_the_first_batches(net, steps, size, build, seed):
    """
    Given batch_size, evaluate and predict with steps=n take the first n batches of arrays, or all
    of fewer, in every call.

    Without batch_size these are all samples, in at most n batches.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> x = np.random.rand(4, 3, 1)
    >>> twice = [model.predict(x, batch_size=1, steps=2, verbose=0) for _ in range(2)]
    >>> [bool(np.allclose(y, model(x[:2]), atol=1e-6)) for y in twice]
    [True, True]
    """
    target = target_of(net, seed)
    model = trainee(net, build)
    taken = slice(size * steps)
    part = net.of(taken)
    losses = [evaluate(model, net, target, batch_size=size, steps=steps) for _ in range(2)]
    assert_close(single(losses), [batch_loss(part, target[taken])] * 2, bound=SEVERAL)
    predicted = model.predict(padded(net), batch_size=size, steps=steps, verbose=0)
    assert_close(predicted, outputs(part))


@claim(
    "trainer.initial-epoch",
    promised="Model.fit, arguments `epochs` and `initial_epoch`: `epochs` is the index of the last",
    corrects="epochs is how many epochs a call of fit trains.",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=2), integers(0, 3), builds, seeds)
def test_epochs_is_where_the_training_ends(net, first, build, seed):
    """
    With initial_epoch=k and no callbacks fit on arrays trains epochs - k epochs, if any, and
    counts them from k.

    So a training that was stopped goes on with the same `epochs`, and logs count on from k. fit
    restores neither weights nor optimizer. A model that BackupAndRestore has restored begins each
    later fit at the epoch that was restored.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y = np.random.rand(4, 3, 1), np.random.rand(4, 2)
    >>> model.fit(x, y, initial_epoch=3, epochs=5, verbose=0).epoch
    [3, 4]
    """
    target = target_of(net, seed)
    model = trainee(net, build)
    history = model.fit(
        padded(net), target, initial_epoch=first, epochs=3, shuffle=False, verbose=0
    )
    assert history.epoch == list(range(first, 3)), history.epoch
    trained = train(net, target, sgd(RATE), in_order(2, 2, 3 - first))
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)
