"""What fit and evaluate report, from arrays and from other sources."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import integers, lists, sampled_from

from lstm_spec.claims import claim
from lstm_spec.claims.trainer import (
    BY_NAME,
    EVENLY,
    RATE,
    SEVERAL,
    any_loss,
    assert_epochs,
    batch_source,
    builds,
    eagerly,
    evaluate,
    even_loss,
    fit,
    loss_object,
    samples,
    single,
    target_of,
    trainee,
)
from lstm_spec.harness import trainer as ours
from lstm_spec.harness.strategies import Array, booleans, noise, seeds, whole
from lstm_spec.harness.subject import FORMS, heard, lstm, padded, tf_data
from lstm_spec.harness.tolerance import assert_close, assert_same
from lstm_spec.harness.trainer import Net, batch_loss, in_order, nets, outputs, sgd, train


@claim(
    "trainer.epoch-loss",
    observed="Keras 3.15, TensorFlow and PyTorch",
    corrects="The loss of an epoch is the mean of the losses of its batches.",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), builds, seeds, sampled_from([1, 2, 3, 7]), any_loss)
def test_fit_reports_the_mean_loss_of_the_samples_of_an_epoch(net, build, seed, size, loss):
    """
    By default, without mask and penalties, fit's `loss`, taken by samples, is the mean of an
    epoch's samples before their steps.

    A smaller last batch counts less, by its number of samples. The weights change from batch to
    batch, so this is as a rule the loss of no weights at all; evaluate reports that of the last
    ones.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y, before = np.random.rand(3, 3, 1), np.random.rand(3, 2), model.get_weights()
    >>> fitted = model.fit(x, y, batch_size=2, shuffle=False, verbose=0).history["loss"][0]
    >>> model.set_weights(before)
    >>> pair = np.mean((model(x[:2]) - y[:2]) ** 2)
    >>> _ = model.train_on_batch(x[:2], y[:2])
    >>> last = np.mean((model(x[2:]) - y[2:]) ** 2)
    >>> bool(np.isclose(fitted, (2 * pair + last) / 3))
    True
    """
    target = target_of(net, seed, loss)
    trained = train(net, target, sgd(RATE), in_order(net.samples, size), loss)
    reported = fit(trainee(net, build, loss), net, target, batch_size=size)["loss"]
    assert_epochs(reported, trained)


@claim(
    "trainer.epochs-anew",
    observed="Keras 3.15, TensorFlow and PyTorch",
    corrects="The loss that fit reports is a running mean over all epochs.",
    cases=2,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), builds, seeds, sampled_from(["mse", "mae"]))
def test_every_epoch_is_reported_by_itself(net, build, seed, loss):
    """
    In fit the loss and metrics given by name begin anew in each epoch, and in each call.

    What an earlier epoch reported does not come in, so a curve of them is not smoothed. A callback
    that evaluates while an epoch runs puts its own numbers in: the metrics are shared.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y = np.random.rand(4, 3, 1), np.random.rand(4, 2)
    >>> history = model.fit(x, y, batch_size=4, epochs=2, verbose=0).history["loss"]
    >>> again = model.evaluate(x, y, verbose=0)
    >>> bool(np.isclose(model.fit(x, y, batch_size=4, verbose=0).history["loss"][0], again))
    True
    """
    target = target_of(net, seed)
    epochs = in_order(net.samples, 2, 3)
    trained = train(net, target, sgd(RATE), epochs, loss)
    model = trainee(net, build, loss, metrics=[loss])
    twice = fit(model, net, target, epochs=2)
    again = fit(model, net, target)
    reported = [[*twice[name], *again[name]] for name in ("loss", loss)]
    exact = trained.epoch_losses(3)
    instead = {EVENLY: [trained.batch_means(3), exact]}
    assert_close(single(reported), [exact] * 2, bound=SEVERAL, instead=instead)


@claim(
    "trainer.history-stays",
    promised="Model.fit returns a History, which the attribute `history` of the model is",
    cases=2,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), builds, seeds, whole(["evaluate", "predict", "train_on_batch"]))
def test_the_history_of_fit_stays(net, build, seed, method):
    """
    After evaluate, predict and train_on_batch the model's `history` is the one that the last fit
    returned.

    With what it has recorded. By default the next fit returns another.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse")
    >>> x, y = np.ones((4, 3, 1)), np.ones((4, 2))
    >>> history, loss = model.fit(x, y, verbose=0), model.evaluate(x, y, verbose=0)
    >>> model.history is history
    True
    """
    target = target_of(net, seed)
    model = trainee(net, build)
    recorded = dict(fit(model, net, target))
    history = model.history
    arguments = {"predict": (net.case.x,)}.get(method, (net.case.x, target))
    getattr(model, method)(*arguments)
    assert model.history is history, "there is another History"
    assert history.history == recorded


@claim(
    "trainer.evaluate-twice",
    derived="evaluate changes no weight, and its result is a mean over the samples",
    corrects="evaluate depends on the batch size.",
    cases=2,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), builds, seeds, sampled_from(["mse", "mae", "huber", "log_cosh"]))
def test_evaluate_returns_the_exact_mean_every_time(net, build, seed, loss):
    """
    By default, without state, mask or penalty, evaluate returns for one output the mean of a loss
    by samples, in any batches.

    It changes no weight. A loss that is no mean over samples, such as dice or a root of a mean,
    depends on the batch size. For several outputs see `trainer.output-losses`.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y = np.random.rand(3, 3, 1), np.random.rand(3, 2)
    >>> losses = [model.evaluate(x, y, batch_size=size, verbose=0) for size in (2, 2, 1)]
    >>> bool(np.allclose(losses, np.mean((model(x) - y) ** 2)))
    True
    """
    target = target_of(net, seed)
    model = trainee(net, build, loss)
    reported = [evaluate(model, net, target, batch_size=size) for size in (2, 2, 1, 9)]
    exact = batch_loss(net, target, loss)
    halves = even_loss(net, target, loss)
    instead = {EVENLY: [halves, halves, exact, exact]}
    assert_close(single(reported), [exact] * 4, instead=instead)


BEFORE: dict[str, Callable[[Any, Net, Array], Any]] = {
    "nothing": lambda model, net, target: None,
    "evaluate": evaluate,
    "fit": fit,
}
"""What a model has done before it is given a batch alone."""


@claim(
    "trainer.on-batch-alone",
    observed="Keras 3.15, TensorFlow and PyTorch",
    corrects="train_on_batch returns a running mean over its calls.",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), builds, seeds, whole(list(BEFORE)))
def test_train_on_batch_reports_its_own_batch(net, build, seed, before):
    """
    With new metrics train_on_batch and test_on_batch report the batch that they are given, and no
    earlier one.

    After evaluate and fit too. A loop of one's own has to take the mean over an epoch by itself.
    Make metric objects anew for each compile().

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y = np.random.rand(4, 3, 1), np.random.rand(4, 2)
    >>> first, second = model.test_on_batch(x[:2], y[:2]), model.test_on_batch(x[2:], y[2:])
    >>> bool(np.isclose(second, np.mean((model(x[2:]) - y[2:]) ** 2)))
    True
    """
    target = target_of(net, seed)
    model = trainee(net, build, metrics=["mae"])
    BEFORE[before](model, net, target)
    model.set_weights(net.weights)
    rows = [np.array([0]), np.array([1, 2]), np.array([0])]
    tested = [model.test_on_batch(net.case.x[row], target[row]) for row in rows]
    own = np.array(
        [[batch_loss(net.of(row), target[row], error) for error in ("mse", "mae")] for row in rows]
    )
    sizes = np.array([[len(row)] for row in rows])
    running = np.cumsum(sizes * own, axis=0) / np.cumsum(sizes)[:, None]
    instead = {
        "the mean goes on from call to call": running,
        f"the mean goes on, and of the loss {EVENLY}": np.where(
            [True, False], np.cumsum(own, axis=0) / np.arange(1, 4)[:, None], running
        ),
    }
    assert_close(single(tested), own, instead=instead)
    step = partial(model.train_on_batch, return_dict=True)
    trained = [model.train_on_batch(net.case.x[row], target[row])[0] for row in rows[:2]]
    trained += [step(net.case.x[row], target[row])["loss"] for row in rows[2:]]
    assert_close(single(trained), train(net, target, sgd(RATE), rows).losses, bound=SEVERAL)


def batches(net: Net, target: Array, *rest: None) -> Iterator[tuple[Array | None, ...]]:
    """Yield batches of two samples with their targets and what follows, over and over."""
    for row in itertools.cycle(in_order(net.samples, 2)):
        yield net.case.x[row], target[row], *rest


@claim(
    "trainer.generator",
    promised="Model.fit, argument `x`: a generator that returns (inputs, targets)",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), builds, seeds, whole([[], [None]]))
def test_a_generator_trains_as_the_arrays_do(net, build, seed, rest):
    """
    Given its steps, a generator of the batches of two ordered arrays does in an epoch of fit and in
    evaluate what they do.

    It has no length: give steps_per_epoch, and yield the batches of all epochs. Beside it fit
    refuses class_weight, sample_weight and validation_split. On TensorFlow several inputs, targets
    or weights are in a tuple or dictionary, no list.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y = np.random.rand(3, 3, 1), np.random.rand(3, 2)
    >>> parts = ((x[rows], y[rows]) for rows in (slice(0, 2), slice(2, 3)))
    >>> loss = model.evaluate(parts, steps=2, verbose=0)
    >>> bool(np.isclose(loss, model.evaluate(x, y, verbose=0)))
    True
    """
    target = target_of(net, seed)
    count = len(in_order(net.samples, 2))
    trained = train(net, target, sgd(RATE), in_order(net.samples, 2, 2))
    model = trainee(net, build)
    options = {"epochs": 2, "steps_per_epoch": count, "verbose": 0}
    history = model.fit(batches(net, target, *rest), **options).history["loss"]
    tested = model.evaluate(batches(net, target, *rest), steps=count, verbose=0)
    assert_epochs(history, trained, 2, bound=SEVERAL)
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)
    assert_close(single(tested), batch_loss(trained.net, target), bound=SEVERAL)


@claim(
    "trainer.dataset-object",
    promised="keras.utils.PyDataset: what fit and evaluate take in place of arrays",
    cases=4,
    needs=("keras.Model.fit", "keras.utils.PyDataset"),
)
@given(nets(batch=samples), builds, seeds)
def test_a_pydataset_trains_as_the_arrays_do(net, build, seed):
    """
    Without lists, sample weights, shuffling or stateful layers a float32 PyDataset does in fit and
    evaluate what its arrays do.

    The last batch may be smaller. By default fit shuffles its batches. It may hold weights of
    samples itself: sample_weight and validation_split are refused. On TensorFlow several inputs or
    outputs are in a tuple or a dictionary, not in a list.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> class Ones(keras.utils.PyDataset):
    ...     def __len__(self): return 2
    ...     def __getitem__(self, index): return np.ones((2 - index, 3, 1)), np.ones((2 - index, 2))
    >>> loss = model.evaluate(np.ones((3, 3, 1)), np.ones((3, 2)), verbose=0)
    >>> bool(np.isclose(model.evaluate(Ones(), verbose=0), loss))
    True
    """
    target = target_of(net, seed)
    data = dataset(net, seed)
    trained = train(net, target, sgd(RATE), in_order(net.samples, 2, 2))
    model = trainee(net, build)
    history = model.fit(data, epochs=2, shuffle=False, verbose=0).history["loss"]
    assert_epochs(history, trained, 2, bound=SEVERAL)
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)
    tested = model.evaluate(data, verbose=0)
    assert_close(single(tested), batch_loss(trained.net, target), bound=SEVERAL)


def dataset(net: Net, seed: int) -> Any:
    """Return a PyDataset of the samples of a net with their targets, in batches of two."""
    target = target_of(net, seed)
    return batch_source([(net.case.x[row], target[row]) for row in in_order(net.samples, 2)])


@claim(
    "trainer.tf-data",
    promised="Model.fit, argument `x`: a tf.data.Dataset of (inputs, targets)",
    cases=4,
    needs=("keras.Model.fit", "tensorflow"),
)
@given(nets(batch=samples), builds, seeds)
def test_a_tf_dataset_trains_as_the_arrays_do(net, build, seed):
    """
    Without weights, split or shuffle, a float32 tf.data.Dataset of known length and timesteps
    trains and evaluates as arrays do.

    It says what a batch is, so leave out batch_size. Give it weights of samples as a third
    element: it refuses sample_weight, and validation_split.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(1)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y = np.random.rand(5, 1), np.random.rand(3, 1)
    >>> data = keras.utils.timeseries_dataset_from_array(x, y, 3, batch_size=2)
    >>> windows = np.stack([x[:3], x[1:4], x[2:]])  # (batch, timesteps, features)
    >>> bool(np.isclose(model.evaluate(data, verbose=0), model.evaluate(windows, y, verbose=0)))
    True
    """
    target = target_of(net, seed)
    trained = train(net, target, sgd(RATE), in_order(net.samples, 2, 2))
    model = trainee(net, build)
    history = model.fit(tf_data(net.case.x, target), epochs=2, verbose=0).history["loss"]
    tested = model.evaluate(tf_data(net.case.x, target), verbose=0)
    assert_epochs(history, trained, 2, bound=SEVERAL)
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)
    assert_close(single(tested), batch_loss(trained.net, target), bound=SEVERAL)


def of_declared_size(x: Array, target: Array) -> Any:
    """Return a tf.data.Dataset of a function that yields batches of two samples, as it declares."""
    import tensorflow

    rows = in_order(len(x), 2)
    shapes = [(2, *part.shape[1:]) for part in (x, target)]
    return tensorflow.data.Dataset.from_generator(
        lambda: ((x[row], target[row]) for row in rows),
        output_signature=tuple(tensorflow.TensorSpec(shape) for shape in shapes),
    )


def filtered(x: Array, target: Array) -> Any:
    """Return a tf.data.Dataset of the samples that a condition leaves, in whole batches of two."""
    import tensorflow

    data = tensorflow.data.Dataset.from_tensor_slices((x, target))
    return data.filter(lambda *sample: True).batch(2, drop_remainder=True)


OF_UNKNOWN_LENGTH: dict[str, Callable[[Array, Array], Any]] = {
    "a dataset of a function": of_declared_size,
    "a filtered dataset": filtered,
    "a generator": lambda x, target: ((x[row], target[row]) for row in in_order(len(x), 2)),
}
"""Sources that end, and have no length, each made of inputs and targets."""


@claim(
    "trainer.unknown-length",
    promised="Model.fit, argument `x`: a tf.data.Dataset or a generator of (inputs, targets)",
    cases=4,
    needs=("keras.Model.fit", "tensorflow"),
)
@given(
    nets(batch=4, timesteps=integers(1, 2)),
    sampled_from(list(FORMS)),
    seeds,
    whole(list(itertools.product(OF_UNKNOWN_LENGTH, [True, False]))),
)
def test_a_source_of_unknown_length_trains_as_the_arrays_do(net, form, seed, kind):
    """
    Equal batches (x, y) of a generator or dataset of unknown length do in an epoch of fit or
    evaluate what unshuffled arrays do.

    Such is a tf.data.Dataset of a generator, of a filter or of text lines. Without steps all is
    taken that there is, and no warning says that the data ran out, as one does if steps were asked
    for.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("adam", "mse", run_eagerly=True)
    >>> x, y = np.random.rand(4, 3, 1), np.random.rand(4, 2)
    >>> _ = model.fit(((x[rows], y[rows]) for rows in ([0, 1], [2, 3])), verbose=0)
    >>> int(np.array(model.optimizer.iterations))
    2
    """
    source, eager = kind
    target = target_of(net, seed)
    trained = train(net, target, ours.adam(RATE, epsilon=0.0625), in_order(4, 2))
    adam = keras.optimizers.Adam(RATE, epsilon=0.0625)
    model = trainee(net, (form, eager), optimizer=adam)
    data, again = (OF_UNKNOWN_LENGTH[source](net.case.x, target) for _ in range(2))
    history, fitting = heard(lambda: model.fit(data, shuffle=False, verbose=0).history["loss"])
    counted = {"a batch that is none counts too": trained.epoch_losses() * 2 / 3}
    assert_close(single(history), trained.epoch_losses(), bound=SEVERAL, instead=counted)
    steps = np.asarray(model.optimizer.iterations)
    assert_same(steps, np.array(2), instead={"there is a step without a batch": 3})
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)
    tested, testing = heard(lambda: model.evaluate(again, verbose=0))
    assert_close(single(tested), batch_loss(trained.net, target), bound=SEVERAL)
    assert "ran out of data" not in fitting + testing, f"warned: {fitting}{testing}"


@claim(
    "trainer.metric-of-all",
    observed="Keras 3.15, TensorFlow and PyTorch",
    corrects="evaluate returns the mean of a metric over the batches.",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=samples, return_sequences=booleans()), builds, seeds)
def test_a_metric_is_of_all_samples(net, build, seed):
    """
    For outputs with features and targets of their shape, a metric of Keras is of all samples, not
    a mean over the batches.

    The root of the mean squared error shows it: it is the root over all samples and, with
    return_sequences=True, over all timesteps, if batches have as many. With axis=0 a correlation
    is one of each batch, and so is a mean error, as "mae", of outputs (batch,).

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", metrics=[keras.metrics.RootMeanSquaredError()])
    >>> x, y = np.random.rand(3, 3, 1), np.random.rand(3, 2)
    >>> loss, root = model.evaluate(x, y, batch_size=2, verbose=0)
    >>> bool(np.isclose(root, np.sqrt(np.mean((model(x) - y) ** 2))))
    True
    """
    target = target_of(net, seed)
    root = keras.metrics.RootMeanSquaredError()
    reported = evaluate(trainee(net, build, metrics=[root, "mae"]), net, target)
    mse, mae = (batch_loss(net, target, name) for name in ("mse", "mae"))
    instead = {f"{EVENLY}, and {BY_NAME}": [even_loss(net, target), mae, np.sqrt(mse)]}
    assert_close(single(reported), [mse, np.sqrt(mse), mae], instead=instead)


@claim(
    "trainer.accuracy",
    promised="Model.compile, argument `metrics`: what 'accuracy' stands for is told by the shapes",
    corrects="'accuracy' is the same for any targets.",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    nets(batch=samples, outputs=3, return_sequences=booleans()),
    builds,
    whole(["one-hot", "ids", "of a single output"]),
    seeds,
)
def test_accuracy_counts_the_hits_of_samples_or_timesteps(net, build, kind, seed):
    """
    In float32 "accuracy" of outputs with features counts hits: if that of one unit is above 0.5,
    or which of several is largest.

    A single output is compared with targets 0 and 1, above 0.5 as 1, else as 0. Targets of several
    may be one-hot or, with a last axis of one, whole numbers. With return_sequences=True each
    unmasked timestep counts as much, if batches have as many.

    >>> import keras, numpy as np
    >>> inputs = keras.Input((None, 1))  # (batch, timesteps, features)
    >>> first = keras.Model(inputs, keras.layers.Lambda(lambda x: x)(inputs))  # outputs its input
    >>> first.compile(loss="mse", metrics=["accuracy"])
    >>> x, y = np.array([[[0.2], [0.7], [0.9]]]), np.array([[[0.0], [1.0], [0.0]]])
    >>> bool(np.isclose(first.evaluate(x, y, verbose=0)[1], 2 / 3))
    True
    """
    ids = np.argmax(noise(net.output_shape, seed), axis=-1)[..., None]
    one = Net(net.case, net.head[:, :1])
    hits = np.argmax(outputs(net), axis=-1)[..., None] == ids, (outputs(one) > 0.5) == (ids > 0)
    trained, target, share = {
        "one-hot": (net, np.eye(3, dtype="float32")[ids[..., 0]], 0),
        "ids": (net, ids, 0),
        "of a single output": (one, (ids > 0).astype("float32"), 1),
    }[kind]
    exact = np.array([np.mean(part) for part in hits])
    assert_close(single(accuracy(trained, build, target)), exact[share])
    assert_close(single(accuracies(net, ids)), exact)


def accuracies(net: Net, ids: Array) -> list[float]:
    """Return what evaluate reports as accuracy of three outputs together, and of the first."""
    inputs = keras.Input((None, net.case.features))
    below = lstm(net.case)(inputs)
    heads = [keras.layers.Dense(width, name=name) for name, width in (("all", 3), ("first", 1))]
    model = keras.Model(inputs, [head(below) for head in heads])
    for head, kernel in zip(heads, (net.head, net.head[:, :1]), strict=True):
        head.set_weights([kernel[:-1], kernel[-1]])
    metrics = {"all": "accuracy", "first": ["accuracy"]}
    model.compile(loss="mse", metrics=metrics, run_eagerly=True)
    targets = [ids.astype("float32"), (ids > 0).astype("float32")]
    reported = model.evaluate(net.case.x, targets, verbose=0, return_dict=True)
    return [float(reported[f"{name}_accuracy"]) for name in metrics]


def accuracy(net: Net, build: tuple[str, bool], target: Array) -> float:
    """Return what evaluate reports as accuracy."""
    return float(evaluate(trainee(net, build, metrics=["accuracy"]), net, target)[1])


@claim(
    "trainer.validation",
    promised="Model.fit, argument `validation_data`: evaluated at the end of each epoch",
    corrects="loss and val_loss of an epoch are of the same weights.",
    cases=2,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), builds, seeds)
def test_val_loss_is_of_the_weights_at_the_end_of_the_epoch(net, build, seed):
    """
    By default an epoch's val_loss is of the weights it ends with, its loss of those on the way.

    So with the same data for both, and where training works, val_loss is mostly the smaller.
    The weights do not learn from it.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y = np.random.rand(4, 3, 1), np.random.rand(4, 2)
    >>> history = model.fit(x, y, validation_data=(x, y), verbose=0).history
    >>> bool(np.isclose(history["val_loss"][0], model.evaluate(x, y, verbose=0)))
    True
    """
    target = target_of(net, seed)
    other = target_of(net, seed + 1)
    model = trainee(net, build)
    first = train(net, target, sgd(RATE), in_order(net.samples, 2))
    second = train(first.net, target, sgd(RATE), in_order(net.samples, 2))
    history = fit(model, net, target, epochs=2, validation_data=(padded(net), other))
    exact = [batch_loss(trained.net, other) for trained in (first, second)]
    instead = {EVENLY: [even_loss(trained.net, other) for trained in (first, second)]}
    assert_close(single(history["val_loss"]), exact, bound=SEVERAL, instead=instead)
    assert_close(model.get_weights(), second.weights, bound=SEVERAL)


def tensors(*arrays: Array) -> list[Any]:
    """Return arrays as tensors of the backend."""
    make = keras.ops.convert_to_tensor if hasattr(keras, "ops") else keras.backend.constant
    return [make(array) for array in arrays]


class Aside(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Evaluate the model on data of one's own at a moment of fit, and keep what is reported."""

    def __init__(self, moment: str, *data: Array) -> None:
        """Keep the data, and the name of the method that evaluates them."""
        super().__init__()
        self.data = data
        self.reports: list[Any] = []
        setattr(self, moment, self.test)

    def test(self, number: int, logs: Any = None) -> None:
        """Evaluate."""
        self.reports.append(self.model.evaluate(*self.data, verbose=0))


@claim(
    "trainer.evaluate-in-a-callback",
    derived="evaluate reports the data that it is given, and changes no weights",
    corrects="Evaluate in a callback reports the data of the validation.",
    cases=2,
    needs="keras.Model.fit",
)
@given(nets(batch=4), builds, seeds)
def test_evaluate_in_a_callback_reports_its_own_data(net, build, seed):
    """
    Without state and dropout, evaluate that a callback calls at an epoch's end reports its own data
    and changes nothing in fit.

    So a second set can be followed beside validation_data. TensorFlow 2.3 took the data of the
    validation for it. It moves the states of a stateful layer, and an LSTM's dropout draws on
    (`dropout.inference-counts`). At other moments see `trainer.evaluate-on-the-way`.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)
    >>> x, y, losses = np.ones((4, 3, 1)), np.ones((4, 2)), []
    >>> def test(epoch, logs): losses.append(model.evaluate(-x[:2], y[:2], verbose=0))
    >>> callbacks = [keras.callbacks.LambdaCallback(on_epoch_end=test)]
    >>> _ = model.fit(x, y, validation_data=(x, y), callbacks=callbacks, verbose=0)
    >>> bool(np.isclose(losses[0], np.mean((model(-x) - y) ** 2)))
    True
    """
    target = target_of(net, seed)
    other = target_of(net, seed + 1)
    aside = Aside("on_epoch_end", net.case.x[:2], other[:2])
    model = trainee(net, build, metrics=["mae"])
    data = {"validation_data": (padded(net), target)}
    history = fit(model, net, target, epochs=2, callbacks=[aside], **data)
    ends = [train(net, target, sgd(RATE), in_order(net.samples, 2, n)) for n in (1, 2)]
    errors = ("mse", "mae")
    own = [[batch_loss(end.net.of([0, 1]), other[:2], error) for error in errors] for end in ends]
    assert_close(single(aside.reports), own, bound=SEVERAL)
    assert_epochs(history["loss"], ends[1], 2, SEVERAL)
    validated = [batch_loss(end.net, target) for end in ends]
    assert_close(single(history["val_loss"]), validated, bound=SEVERAL)
    assert_close(model.get_weights(), ends[1].weights, bound=SEVERAL)


@claim(
    "trainer.evaluate-on-the-way",
    promised="Model.fit, what it returns: a record of the training loss of each epoch",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=4), builds, seeds, whole(["on_epoch_begin", "on_train_batch_end"]))
def test_evaluate_on_the_way_leaves_the_loss_of_fit(net, build, seed, moment):
    """
    Fit reports the `loss` of its own samples, also if a callback calls evaluate when an epoch
    begins or after a batch.

    Training itself goes on as without it. Until Keras does so, call evaluate at an epoch's end,
    or give a callback a copy of the model.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)
    >>> x, y = np.ones((4, 3, 1)), np.ones((4, 2))
    >>> def test(epoch, logs): model.evaluate(x, y + 9.0, verbose=0)
    >>> callbacks = [keras.callbacks.LambdaCallback(on_epoch_end=test)]
    >>> loss = model.fit(x, y, epochs=2, callbacks=callbacks, verbose=0).history["loss"]
    >>> bool(np.allclose(loss, np.mean((model(x) - y) ** 2)))
    True
    """
    target = target_of(net, seed)
    other = target_of(net, seed + 1)
    model = trainee(net, build)
    history = fit(model, net, target, callbacks=[Aside(moment, net.case.x[:2], other[:2])])
    trained = train(net, target, sgd(RATE), in_order(net.samples, 2))
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)
    before, after = (batch_loss(part.of([0, 1]), other[:2]) for part in (net, trained.net))
    mixed = np.average([trained.epoch_losses()[0], before], weights=[net.samples, 2])
    instead = {"the samples of evaluate count too": [mixed], "it is the loss of evaluate": [after]}
    assert_epochs(history["loss"], trained, bound=SEVERAL, instead=instead)


@claim(
    "trainer.validation-split",
    promised="Model.fit, argument `validation_split`: the last samples, before shuffling",
    corrects="validation_split draws its samples at random.",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=4), builds, seeds, sampled_from([0.25, 0.5, 0.75]), whole(["arrays", "tensors"]))
def test_validation_split_takes_the_last_samples(net, build, seed, share, source):
    """
    With validation_split=s fit trains on the first int(n * (1 - s)) of n samples in arrays, if any,
    and validates on the rest.

    This comes before any shuffling. So data that is ordered, by class for example, needs to be
    shuffled first; windows of one series are split by time. The product is that of Python, 62.999
    for 90 samples and 0.3: it trains on 62. A split that leaves one side empty is refused. Beside
    validation_data s is ignored. Tensors are split as arrays are.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y = np.random.rand(4, 3, 1), np.random.rand(4, 2)
    >>> history = model.fit(x, y, validation_split=0.5, verbose=0).history
    >>> bool(np.isclose(history["val_loss"][0], model.evaluate(x[2:], y[2:], verbose=0)))
    True
    """
    target = target_of(net, seed)
    count = round(4 * (1 - share))
    last = slice(count, None)
    model = trainee(net, build)
    trained = train(net, target, sgd(RATE), [np.arange(count)])
    x, y = tensors(net.case.x, target) if source == "tensors" else (net.case.x, target)
    options = {"validation_split": share, "batch_size": 4, "verbose": 0}
    history = model.fit(x, y, **options).history
    exact = [trained.losses[0], batch_loss(trained.net.of(last), target[last])]
    assert_close(single([history["loss"][0], history["val_loss"][0]]), exact)
    assert_close(model.get_weights(), trained.weights)


@claim(
    "trainer.penalty-in-the-loss",
    observed="Keras 3.15, TensorFlow and PyTorch",
    corrects="With loss='mse' and metrics=['mse'] both report the same.",
    cases=2,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), builds, seeds, sampled_from(["mse", "mae"]))
def test_the_reported_loss_holds_the_penalties_and_metrics_do_not(net, build, seed, loss):
    """
    The reported loss includes penalties of trainable weights, a metric of the same name does
    not.

    So by default, without masks and weights of samples, a mean error of one output differs from the
    loss by the penalty, in fit and in evaluate. To compare models with other penalties, compare a
    metric.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, kernel_regularizer=keras.regularizers.L2(0.5))
    >>> model = keras.Sequential([keras.Input((3, 1)), lstm])
    >>> model.compile("sgd", "mse", metrics=["mse"])
    >>> loss, mse = model.evaluate(np.ones((4, 3, 1)), np.ones((4, 2)), verbose=0)
    >>> bool(np.isclose(loss - mse, 0.5 * np.sum(lstm.get_weights()[0] ** 2)))
    True
    """
    layer = lstm(net.case, kernel_regularizer=keras.regularizers.L2(0.5))
    frozen = keras.optimizers.SGD(0.0)
    model = trainee(net, build, loss, metrics=[loss], layer=layer, optimizer=frozen)
    target = target_of(net, seed)
    penalty = 0.5 * np.sum(net.case.kernel.astype(float) ** 2)
    history = fit(model, net, target)
    error = batch_loss(net, target, loss)
    fitted = [history["loss"][0], history[loss][0]]
    instead = {EVENLY: [[even_loss(net, target, loss) + penalty, error]] * 2}
    exact = [[error + penalty, error]] * 2
    assert_close(single([fitted, evaluate(model, net, target)]), exact, instead=instead)


def with_two_heads(net: Net, eager: bool, **options: Any) -> Any:
    """Return a compiled model with an output for each of the two columns of a net's head."""
    inputs = keras.Input((None, net.case.features))
    heads = [keras.layers.Dense(1, name=name) for name in ("left", "right")]
    below = lstm(net.case)(inputs)
    model = keras.Model(inputs, [head(below) for head in heads])
    for column, head in enumerate(heads):
        head.set_weights([net.head[:-1, [column]], net.head[-1, [column]]])
    arguments = {"loss": ["mse", "mae"], "optimizer": keras.optimizers.SGD(RATE), **options}
    model.compile(run_eagerly=eager, **arguments)
    return model


def two_losses(
    net: Net,
    target: Array,
    weights: Sequence[Array | None] = (None, None),
    names: Sequence[str] = ("mse", "mae"),
) -> list[float]:
    """Return the losses of the two outputs of `with_two_heads`, each by its weights of samples."""
    columns = [Net(net.case, net.head[:, [column]]) for column in (0, 1)]
    return [
        batch_loss(part, target[:, [column]], name, weights[column])
        for column, (part, name) in enumerate(zip(columns, names, strict=True))
    ]


@claim(
    "trainer.several-outputs",
    promised="Model.compile, argument `loss_weights`: the loss is the weighted sum of all losses",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=4, outputs=2), eagerly, seeds, lists(any_loss, min_size=2, max_size=2))
def test_the_loss_of_several_outputs_is_their_weighted_sum(net, eager, seed, losses):
    """
    Without penalties several outputs given a loss each report their sum, each times its
    loss_weight.

    Beside it evaluate reports the loss of each output, if two or more have one and names of their
    own, without the weights. If the last batch is smaller they need not add up: see
    `trainer.output-losses`.

    >>> import keras, numpy as np
    >>> inputs, name = keras.Input((3, 1)), "a"
    >>> heads = [keras.layers.Dense(1, name=name) for name in ("a", "b")]
    >>> model = keras.Model(inputs, [head(keras.layers.LSTM(2)(inputs)) for head in heads])
    >>> model.compile("sgd", ["mse", "mae"], loss_weights=[2.0, 0.5])
    >>> loss, a, b = model.evaluate(np.ones((4, 3, 1)), [np.ones((4, 1))] * 2, verbose=0)
    >>> bool(np.isclose(loss, 2.0 * a + 0.5 * b))
    True
    """
    target = target_of(net, seed, "binary")
    objects = list(map(loss_object, losses))
    model = with_two_heads(net, eager, loss=objects, loss_weights=[2.0, 0.5])
    left, right = two_losses(net, target, names=losses)
    reported = evaluate(model, net, [target[:, :1], target[:, 1:]])
    whole = 2 * left + right / 2
    instead = {
        "no output has a loss of its own": whole,
        "the losses of the outputs are weighted": [whole, 2 * left, right / 2],
    }
    assert_close(single(reported), [whole, left, right], instead=instead)


@claim(
    "trainer.output-losses",
    derived="trainer.evaluate-twice, for each of several outputs",
    corrects="The losses of the outputs add up to the loss that is reported beside them.",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=3, outputs=2), seeds)
def test_the_loss_of_each_output_is_a_mean_over_the_samples(net, seed):
    """
    By default, without masks, evaluate reports each loss of several outputs of different names as
    its mean of all samples.

    A smaller last batch counts less, for each output as for the whole loss. Until then, choose
    a batch size that divides the number of samples, or run eagerly.

    >>> import keras, numpy as np
    >>> inputs, name = keras.Input((3, 1)), "a"
    >>> heads = [keras.layers.Dense(1, name=name) for name in ("a", "b")]
    >>> model = keras.Model(inputs, [head(keras.layers.LSTM(2)(inputs)) for head in heads])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y = np.arange(9.0).reshape(3, 3, 1), np.array([[1.0], [2.0], [9.0]])
    >>> loss, a, b = model.evaluate(x, [y, y], batch_size=2, verbose=0)
    >>> bool(np.isclose(loss, a + b))
    True
    """
    target = target_of(net, seed)
    rows = in_order(3, 2)
    parts = [two_losses(net.of(row), target[row]) for row in rows]
    left, right = two_losses(net, target)
    reported = evaluate(with_two_heads(net, eager=False), net, [target[:, :1], target[:, 1:]])
    evenly = np.array([left + right, *np.mean(parts, axis=0)])
    instead = {
        EVENLY: evenly,
        "no output has a loss of its own": left + right,
        f"no output has a loss of its own, and {EVENLY}": evenly[1:].sum(),
    }
    assert_close(single(reported), np.array([left + right, left, right]), instead=instead)


@claim(
    "trainer.loss-weight-of-one",
    derived="trainer.several-outputs, for one: the loss is the weighted sum of all losses",
    corrects="loss_weights does nothing if there is one output.",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), builds, sampled_from([0.0, 0.5, 2.0]), seeds, any_loss)
def test_the_loss_of_one_output_is_weighted_too(net, build, factor, seed, loss):
    """
    By loss_weights=[w] the loss of a single output is multiplied by w, and so is its gradient.

    Penalties of regularizers are not multiplied.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> x, y, losses = np.random.rand(4, 3, 1), np.random.rand(4, 2), []
    >>> for weight in (1.0, 3.0):
    ...     model.compile("sgd", "mse", loss_weights=[weight], run_eagerly=True)
    ...     losses.append(model.evaluate(x, y, verbose=0))
    >>> bool(np.isclose(losses[1], 3.0 * losses[0]))
    True
    """
    target = target_of(net, seed, loss)
    model = trainee(net, build, loss, loss_weights=[factor])
    history = fit(model, net, target, batch_size=net.samples)
    everything = in_order(net.samples, net.samples)
    trained = train(net, target, sgd(factor * RATE), everything, loss)
    assert_close(single(history["loss"]), [factor * trained.losses[0]])
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)


@claim(
    "trainer.metrics-of-one-name",
    observed="Keras 3.15",
    corrects="Of two metrics of one name only the last is reported.",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), booleans(), seeds)
def test_metrics_of_one_name_are_reported_apart(net, swapped, seed):
    """
    If both `metrics` of the only output have one name, the second is reported by it with _1
    behind.

    The order is that of the list. A second one in `weighted_metrics` has weighted_ before its name
    instead. Names of your own tell them apart.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", metrics=["mae", keras.metrics.MeanSquaredError("mae")])
    >>> x, y = np.random.rand(4, 3, 1), np.random.rand(4, 2)
    >>> sorted(model.evaluate(x, y, verbose=0, return_dict=True))
    ['loss', 'mae', 'mae_1']
    """
    target = target_of(net, seed)
    named = [keras.metrics.MeanAbsoluteError("error"), keras.metrics.MeanSquaredError("error")]
    errors = [batch_loss(net, target, name) for name in ("mae", "mse")]
    order = [1, 0] if swapped else [0, 1]
    model = trainee(net, ("Sequential", True), metrics=[named[k] for k in order])
    reported = evaluate(model, net, target, return_dict=True)
    assert sorted(reported) == ["error", "error_1", "loss"], reported
    ours = [errors[k] for k in order]
    assert_close(single([reported["error"], reported["error_1"]]), ours)


@claim(
    "trainer.metrics-are-counted",
    observed="Keras 2 and 3",
    corrects="Precision() is reported as precision by every model.",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    whole([("Precision", "precision"), ("Recall", "recall"), ("AUC", "auc")]),
    integers(2, 3),
    seeds,
)
def test_scores_without_a_name_are_counted_over_all_models(kind, count, seed):
    """
    Precision(), Recall() and AUC() are named and counted when they are made: precision, then
    precision_1, until clear_session.

    So the second model of a program reports val_precision_1, and EarlyStopping("val_precision")
    fails or, given a `mode`, only warns. Give a metric a `name`. Counts of hits, MeanIoU and
    PrecisionAtRecall are counted alike; BinaryAccuracy and F1Score always have one name.

    >>> import keras, numpy as np
    >>> keras.backend.clear_session()
    >>> [keras.metrics.Precision().name for _ in range(2)]
    ['precision', 'precision_1']
    """
    class_name, base = kind
    keras.backend.clear_session()
    x = noise((2, 3, 1), seed)
    names = []
    for _ in range(count):
        lstm = keras.layers.LSTM(2, activation="sigmoid")
        model = keras.Sequential([keras.Input((3, 1)), lstm])
        model.compile("sgd", "mse", metrics=[getattr(keras.metrics, class_name)()])
        reported = model.test_on_batch(x, np.ones((2, 2)), return_dict=True)
        names.append(sorted(set(reported) - {"loss"}))
    assert names == [[base], *([f"{base}_{k}"] for k in range(1, count))], f"the names {names}"


def worst(y_true: Any, y_pred: Any) -> Any:
    """Return the largest error of each sample: a metric."""
    return keras.ops.max(keras.ops.abs(y_true - y_pred), axis=-1)


class WorstError:
    """A metric that is an object of a class of one's own, but no Metric."""

    def __call__(self, y_true: Any, y_pred: Any) -> Any:
        """Return the largest error of each sample."""
        return worst(y_true, y_pred)


CALLED: dict[str, Any] = {
    "worst": worst,
    "lambda": lambda y_true, y_pred: worst(y_true, y_pred),
    "worst_error": WorstError(),
}
"""Metrics that are functions or objects, by the name under which they are reported."""


@claim(
    "trainer.name-of-a-function",
    observed="Keras 3.15",
    corrects="A function is reported as the class that wraps it, mean_metric_wrapper.",
    cases=4,
    needs=("keras.Model.fit", "keras.ops"),
)
@given(nets(batch=samples, outputs=2), builds, seeds, whole(list(CALLED)), booleans())
def test_a_function_as_metric_is_reported_by_its_name(net, build, seed, name, weighted):
    """
    As metric a plain function goes by its name in snake case, a lambda by lambda, an object
    without a name by its class's.

    EarlyStopping monitors it by that name with val_ in front, given a `mode`. In weighted_metrics
    it has weighted_ before it where a metric of that name is in `metrics` too. A function decorated
    with tf.function keeps its name as it is written. The second lambda is lambda_1.

    >>> import keras, numpy as np
    >>> def worst(y_true, y_pred):
    ...     return keras.ops.max(keras.ops.abs(y_true - y_pred), axis=-1)
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", metrics=[worst])
    >>> list(model.evaluate(np.ones((4, 3, 1)), np.ones((4, 2)), verbose=0, return_dict=True))
    ['loss', 'worst']
    """
    target = target_of(net, seed)
    given_ = [CALLED[name], keras.losses.mean_squared_error]
    options = {"weighted_metrics" if weighted else "metrics": given_}
    numbers = evaluate(trainee(net, build, **options), net, target, return_dict=True)
    assert sorted(numbers) == sorted([name, "loss", "mean_squared_error"]), sorted(numbers)
    errors = np.max(np.abs(outputs(net) - target), axis=-1)
    assert_close(single(numbers[name]), np.mean(errors))
    assert_close(single(numbers["mean_squared_error"]), batch_loss(net, target))


@claim(
    "trainer.weighted-of-one-name",
    observed="Keras 3.15",
    corrects="A weighted metric hides the metric of its name.",
    cases=4,
    needs=("keras.Model.fit", "keras.ops"),
)
@given(
    nets(batch=samples, timesteps=1),
    whole([(0, 2), (0, 3), (1, 1), (1, 3), (3, 2)]),
    sampled_from(list(FORMS)),
    seeds,
)
def test_weighted_metrics_of_one_name_are_reported_apart(net, numbers, form, seed):
    """
    Of a single output, `metrics` all of one name are reported as NAME and NAME_1, weighted_metrics
    beside them as weighted_NAME.

    In the order in which compile() was given them; next come NAME_2 and weighted_NAME_1. In a
    functional model of several outputs the output's name comes before that. The first weighted one
    is NAME where there is no plain one.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mae"], run_eagerly=True)
    >>> x, y = np.random.rand(4, 3, 1), np.random.rand(4, 2)
    >>> sorted(model.evaluate(x, y, verbose=0, return_dict=True))
    ['loss', 'mae', 'weighted_mae']
    """
    plain, weighted = numbers
    weight = 0.5 + np.abs(noise((net.samples,), seed + 1))
    names = ("mae", "mse", "mae")
    kinds = {"mae": keras.metrics.MeanAbsoluteError, "mse": keras.metrics.MeanSquaredError}
    metrics = [[kinds[name]("error") for name in names[:number]] for number in numbers]
    options = {"metrics": metrics[0], "weighted_metrics": metrics[1]}
    model = trainee(net, (form, True), **options)
    for target in (target_of(net, seed), target_of(net, seed + 1)):
        ones = reported_as("error", net, target, names[:plain], np.ones(net.samples))
        others = reported_as("weighted_error", net, target, names[:weighted], weight)
        exact = {**ones, **others} if plain else first_plain(others)
        reported = evaluate(model, net, target, sample_weight=weight, return_dict=True)
        assert set(reported) == {"loss", *exact}, f"reported: {sorted(reported)}"
        assert_close(single([reported[name] for name in exact]), np.array([*exact.values()]))


def first_plain(errors: dict[str, float]) -> dict[str, float]:
    """Return the numbers of weighted metrics by the names that they have without plain ones."""
    names = ("error", "weighted_error", "weighted_error_1")
    return dict(zip(names, errors.values(), strict=False))


def reported_as(
    name: str, net: Net, target: Array, kinds: Sequence[str], weight: Array
) -> dict[str, float]:
    """Return the weighted mean errors of some kinds, by one name that is numbered from 1 on."""
    losses = [batch_loss(net, target, kind, weight) for kind in kinds]
    means = [float(loss * net.samples / np.sum(weight)) for loss in losses]
    return {f"{name}_{k}" if k else name: mean for k, mean in enumerate(means)}
