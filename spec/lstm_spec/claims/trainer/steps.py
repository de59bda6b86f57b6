"""Which steps fit takes: batches, their order, seeds, and several steps at once."""

from __future__ import annotations

import contextlib
import itertools
import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.claims.trainer import (
    RATE,
    REMEMBERING,
    SEVERAL,
    assert_epochs,
    batch_source,
    builds,
    evaluate,
    fit,
    samples,
    single,
    target_of,
    trainee,
)
from lstm_spec.harness.strategies import Array, booleans, noise, seeds, whole
from lstm_spec.harness.subject import FORMS, dense, heard, lstm, network, padded, tf_data
from lstm_spec.harness.tolerance import assert_close, assert_differs, assert_same
from lstm_spec.harness.trainer import Net, batch_loss, in_order, nets, outputs, sgd, train


@claim(
    "trainer.batches-in-order",
    derived="Model.fit, argument `shuffle`: if it is False, the samples keep their order",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    nets(batch=samples, return_sequences=booleans(), go_backwards=booleans(), unroll=booleans()),
    builds,
    seeds,
    sampled_from([1, 2, 3, 7]),
    whole(["mse", "mae", "huber", "log_cosh", "binary"]),
)
def test_fit_takes_a_step_for_each_batch_in_order(net, build, seed, size, loss):
    """
    With shuffle=False fit on arrays takes by default one step for each batch, in the order of the
    samples.

    The last batch may be smaller, and counts as a batch: a loss that is a mean is one over fewer
    samples. The next epoch begins with the weights that this one leaves.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y, before = np.random.rand(3, 3, 1), np.random.rand(3, 2), model.get_weights()
    >>> fitted = model.fit(x, y, batch_size=2, shuffle=False, verbose=0), model.get_weights()
    >>> model.set_weights(before)
    >>> losses = [model.train_on_batch(x[:2], y[:2]), model.train_on_batch(x[2:], y[2:])]
    >>> all(np.allclose(a, b, atol=1e-6) for a, b in zip(model.get_weights(), fitted[1]))
    True
    """
    target = target_of(net, seed, loss)
    rows = in_order(net.samples, size, 2)
    trained = train(net, target, sgd(RATE), rows, loss)
    model = trainee(net, build, loss)
    history = fit(model, net, target, batch_size=size, epochs=2)
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)
    assert_epochs(history["loss"], trained, 2, bound=SEVERAL)


def orders(net: Net, build: tuple[str, bool], epochs: int, data: Any = None, **options: Any) -> Any:
    """Return the numbers of the samples in the order in which fit takes them, epoch by epoch.

    Each is a batch of its own, and its loss tells which it is. The loss of a batch is found from
    the running mean that callbacks are told.
    """
    target = 16.0 * (1 + np.arange(net.samples))[:, None]
    seen: list[float] = []
    spy = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(float(logs["loss"]))
    )
    model = trainee(net, build, optimizer=keras.optimizers.SGD(0.0))
    arguments = (
        {"x": net.case.x, "y": target, "batch_size": 1}
        if data is None
        else {"x": data(net, target)}
    )
    model.fit(**arguments, epochs=epochs, callbacks=[spy], verbose=0, **options)
    running = np.reshape(seen, (epochs, -1)) * (1 + np.arange(net.samples))
    losses = np.diff(running, axis=1, prepend=0.0)
    return np.rint(np.sqrt(losses) / 16.0).astype(int) - 1


@claim(
    "trainer.every-sample-once",
    promised="Model.fit, argument `shuffle`: whether to shuffle before each epoch",
    cases=2,
    needs="keras.Model.fit",
)
@given(nets(batch=integers(3, 9), timesteps=1), builds, seeds)
def test_shuffling_takes_every_sample_once_in_each_epoch(net, build, seed):
    """
    When fit shuffles arrays, as by default, a whole epoch takes every training sample exactly once.

    It is the order that is drawn, not the samples. The timesteps within a sample keep theirs.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)
    >>> x, y = np.random.rand(5, 3, 1), np.random.rand(5, 2)
    >>> losses = model.fit(x, y, batch_size=2, epochs=3, verbose=0).history["loss"]
    >>> bool(np.allclose(losses, model.evaluate(x, y, verbose=0)))
    True
    """
    keras.utils.set_random_seed(seed)
    taken = orders(net, build, epochs=2)
    assert_same(np.sort(taken, axis=1), np.tile(np.arange(net.samples), (2, 1)))
    assert_same(
        orders(net, build, epochs=2, shuffle=False), np.tile(np.arange(net.samples), (2, 1))
    )


@claim(
    "trainer.shuffled-anew",
    promised="Model.fit, argument `shuffle`: the data is shuffled before each epoch",
    corrects="After set_random_seed the order of the samples changes from epoch to epoch.",
    cases=2,
    needs="keras.Model.fit",
)
@given(nets(batch=9, timesteps=1), builds, seeds)
def test_each_epoch_has_an_order_of_its_own(net, build, seed):
    """
    After set_random_seed fit by default shuffles the samples of arrays anew before each epoch.

    Where all epochs have one order, shuffle by hand before each epoch, with shuffle=False.

    >>> import keras, numpy as np
    >>> inputs, seen = keras.Input((1, 1)), []  # (timesteps, features)
    >>> def note(target, output): return seen.append(np.ravel(target).tolist()) or output - target
    >>> model = keras.Model(inputs, keras.layers.LSTM(1)(inputs))
    >>> model.compile("sgd", note, run_eagerly=True)
    >>> random = np.random.default_rng(1)
    >>> for epoch in range(2):
    ...     y = random.permutation(np.arange(9.0))  # and x in the same order
    ...     _ = model.fit(np.zeros((9, 1, 1)), y, batch_size=9, shuffle=False, verbose=0)
    >>> seen[0] == seen[1]
    False
    """
    keras.utils.set_random_seed(seed)
    first, *others = orders(net, build, epochs=3).tolist()
    assert sorted(first) == list(range(net.samples)), first
    assert first not in others, f"every epoch takes the order of the first, {first}, then {others}"


def batches_met(method: str, samples: int, **options: Any) -> list[list[int]]:
    """Return the numbers of the samples in the batches that a method of a model takes of arrays."""
    met: list[list[int]] = []

    def note(target: Any, output: Any) -> Any:
        with contextlib.suppress(TypeError):  # JAX's first call is on symbols
            met.append(np.rint(np.ravel(target)).astype(int).tolist())
        return output - target

    model = keras.Sequential([keras.Input((1, 1)), keras.layers.LSTM(1)])
    model.compile(keras.optimizers.SGD(0.0), note, run_eagerly=True)
    model.test_on_batch(np.zeros((1, 1, 1)), np.zeros((1, 1)))  # PyTorch's first call tries ones
    met.clear()
    numbers = np.arange(samples, dtype="float32")[:, None]
    getattr(model, method)(0.0 * numbers[:, None], numbers, verbose=0, **options)
    return met


@claim(
    "trainer.default-batches",
    promised="Model.fit and evaluate, arguments `batch_size`, which defaults to 32, and `shuffle`",
    corrects="Without batch_size all samples are one batch.",
    cases=2,
    needs=("keras.Model.fit", "keras.ops"),
)
@given(integers(48, 80))
def test_arrays_come_in_batches_of_32(samples):
    """
    By default fit and evaluate take arrays in batches of 32, and fit shuffles all samples, by
    shuffle="batch" those of each.

    The last batch holds what is left. Predict takes 32 in order too.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((1, 1)), keras.layers.LSTM(1)])
    >>> seen = []
    >>> note = keras.callbacks.LambdaCallback(on_test_batch_end=lambda k, logs: seen.append(k))
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> _ = model.evaluate(np.ones((70, 1, 1)), np.ones((70, 1)), callbacks=[note], verbose=0)
    >>> len(seen)
    3
    """
    ordered = np.split(np.arange(samples), range(32, samples, 32))
    sizes = [len(batch) for batch in ordered]
    shuffled = batches_met("fit", samples)
    within = batches_met("fit", samples, shuffle="batch")
    tested = batches_met("evaluate", samples)
    for met in (shuffled, within, tested):
        assert [len(batch) for batch in met] == sizes, f"batches of {met}"
    numbers = list(range(samples))
    orders = [list(itertools.chain(*met)) for met in (tested, shuffled)]
    assert orders[0] == numbers, f"evaluate takes {tested}"
    assert sorted(orders[1]) == numbers, f"fit takes {shuffled}"
    assert set(shuffled[0]) != set(range(32)), "fit shuffles within batches alone"
    assert within[0] != list(range(32)), "the first batch is not shuffled"
    assert [sorted(batch) for batch in within] == [batch.tolist() for batch in ordered], within


def single_samples(net: Net, target: Array) -> Iterator[tuple[Array, Array]]:
    """Yield samples with their targets, each as a batch, over and over."""
    for k in itertools.cycle(range(net.samples)):
        yield net.case.x[[k]], target[[k]]


@claim(
    "trainer.generators-unshuffled",
    promised="Model.fit, argument `shuffle`: it is ignored where x is a generator",
    cases=2,
    needs="keras.Model.fit",
)
@given(nets(batch=integers(3, 9), timesteps=1), builds)
def test_a_generator_is_never_shuffled(net, build):
    """
    The batches of a generator are taken as they come, with shuffle=True too.

    The generator has to shuffle by itself, unless its order matters, as to a stateful LSTM.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((1, 1)), keras.layers.LSTM(1)])
    >>> seen = []
    >>> def note(target, output): return seen.append(int(target[0, 0])) or output - target
    >>> model.compile("sgd", note, run_eagerly=True)
    >>> data = ((np.ones((1, 1, 1)), np.array([[float(k)]])) for k in range(9))
    >>> _ = model.fit(data, steps_per_epoch=9, shuffle=True, verbose=0)
    >>> seen[-9:]
    [0, 1, 2, 3, 4, 5, 6, 7, 8]
    """
    taken = orders(net, build, 2, single_samples, steps_per_epoch=net.samples, shuffle=True)
    assert_same(taken, np.tile(np.arange(net.samples), (2, 1)))


UNSHUFFLED: dict[str, Callable[..., Any]] = {
    "a generator": lambda *arrays: (arrays for _ in range(1)),
    "a tf.data.Dataset": tf_data,
}
"""Sources that fit does not shuffle, made of arrays."""
if find_spec("tensorflow") is None:
    del UNSHUFFLED["a tf.data.Dataset"]


@claim(
    "trainer.shuffle-unasked",
    derived="a warning of an argument is for those who give it",
    cases=2,
    needs="keras.Model.fit",
)
@given(nets(batch=2, timesteps=1), sampled_from(list(FORMS)), whole(list(UNSHUFFLED)), seeds)
def test_fit_warns_of_no_shuffle_that_it_is_not_given(net, form, source, seed):
    """
    Without `shuffle` fit of a generator or tf.data.Dataset gives no warning that shuffle=True is
    ignored.

    Until Keras does so, give shuffle=False, which changes nothing else: their batches are taken as
    they come. Such a warning of the default is nothing to worry about.

    >>> import keras, numpy as np
    >>> import warnings
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> batches = ((np.ones((2, 3, 1)), np.ones((2, 2))) for _ in range(2))
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     _ = model.fit(batches, steps_per_epoch=2, shuffle=False, verbose=0)
    >>> ["shuffle" in str(warning.message) for warning in caught].count(True)
    0
    """
    data = UNSHUFFLED[source](net.case.x, target_of(net, seed))
    model = trainee(net, (form, True))
    _, text = heard(lambda: model.fit(data, verbose=0))
    assert "shuffle" not in text, f"a warning of shuffle: {text}"


@claim(
    "trainer.seeded-graphs",
    promised="keras.utils.set_random_seed: makes a program deterministic on one machine",
    cases=2,
    needs=("keras.Model.fit", "keras.random.SeedGenerator"),
)
@given(seeds, sampled_from(["sgd", "adam", "rmsprop"]), sampled_from(list(FORMS)))
def test_compiled_training_is_decided_by_the_seed(seed, optimizer, form):
    """
    set_random_seed before a model of LSTM and Dense is made decides its training, compiled too, to
    the last bit, on CPU.

    It decides the initial weights, the order of the samples and the dropout, if it is set before
    the model is made.

    >>> import keras, numpy as np
    >>> x, y, ends = np.random.rand(4, 2, 1), np.random.rand(4, 2), []
    >>> for seed in (7, 7, 8):
    ...     keras.utils.set_random_seed(seed)
    ...     model = keras.Sequential([keras.Input((2, 1)), keras.layers.LSTM(2, dropout=0.5)])
    ...     model.compile("adam", "mse")
    ...     ends.append(model.fit(x, y, batch_size=1, verbose=0).history["loss"][0])
    >>> ends[0] == ends[1], ends[1] == ends[2]
    (True, False)
    """
    first, again, other = (seeded_training(k, optimizer, form) for k in (seed, seed, seed + 1))
    assert_same(again, first)
    assert_differs(other[1], first[1])


def seeded_training(seed: int, optimizer: str, form: str) -> list[Array]:
    """Return the losses of a compiled training with dropout and shuffling, and its weights."""
    keras.utils.set_random_seed(seed)
    layers = [keras.layers.LSTM(2, dropout=0.5, recurrent_dropout=0.5), keras.layers.Dense(1)]
    model = FORMS[form](layers, keras.Input((3, 1)))
    model.compile(optimizer, "mse")
    history = model.fit(noise((4, 3, 1), 1), noise((4, 1), 2), batch_size=1, epochs=2, verbose=0)
    return [single(history.history["loss"]), *model.get_weights()]


@claim(
    "trainer.second-fit",
    observed="Keras 3.15, TensorFlow and PyTorch",
    corrects="fit begins anew when it is called again.",
    cases=2,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), builds, seeds, sampled_from(list(REMEMBERING)))
def test_a_second_fit_goes_on_where_the_first_ended(net, build, seed, optimizer):
    """
    A second call of fit goes on from the weights and the optimizer's state that the first left.

    With shuffle=False two calls for one epoch each on the same arrays train as one call for two.
    To begin anew, build the model anew; compile() with a new optimizer leaves the weights as they
    are.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("adam", "mse", run_eagerly=True)
    >>> x, y, before = np.random.rand(4, 3, 1), np.random.rand(4, 2), model.get_weights()
    >>> _ = model.fit(x, y, verbose=0), model.fit(x, y, verbose=0)
    >>> int(np.array(model.optimizer.iterations))
    2
    """
    target = target_of(net, seed)
    theirs, ours = REMEMBERING[optimizer]
    model = trainee(net, build, optimizer=theirs())
    losses = [fit(model, net, target)["loss"][0], fit(model, net, target)["loss"][0]]
    trained = train(net, target, ours(), in_order(net.samples, 2, 2))
    assert_epochs(losses, trained, 2, bound=SEVERAL)
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)


@claim(
    "trainer.steps-per-execution",
    promised="Model.compile, argument `steps_per_execution`: batches in each compiled call",
    cases=2,
    needs=("keras.Model.fit", "Model.compile(steps_per_execution)"),
)
@given(nets(batch=integers(4, 7)), sampled_from(list(FORMS)), seeds, sampled_from([2, 3, 4, 32]))
def test_several_steps_in_one_execution_are_the_same_steps(net, form, seed, steps):
    """
    With steps_per_execution=n training, evaluate and, of outputs with the batch first, predict on
    arrays do as with n = 1.

    The number of batches need not be a multiple of n, but what is given as steps is rounded up to
    one. What differs is how often callbacks are called.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> x, y, losses = np.random.rand(5, 3, 1), np.random.rand(5, 2), []
    >>> for steps in (1, 2):
    ...     model.compile("sgd", "mse", steps_per_execution=steps)
    ...     losses.append(model.evaluate(x, y, batch_size=1, verbose=0))
    >>> bool(np.isclose(*losses))
    True
    """
    target = target_of(net, seed)
    model = trainee(net, (form, False), steps_per_execution=steps)
    trained = train(net, target, sgd(RATE), in_order(net.samples, 2, 2))
    data = in_two_threads(net.case.x, target)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # that the data ran out
        history = fit(model, net, target, epochs=2, validation_data=data)
        tested = model.evaluate(data, verbose=0)
        predicted = model.predict(net.case.x, batch_size=2, verbose=0)
    assert_epochs(history["loss"], trained, 2, bound=SEVERAL)
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)
    loss = batch_loss(trained.net, target)
    assert_close(single([history["val_loss"][1], tested]), [loss, loss], bound=SEVERAL)
    assert_close(predicted, outputs(trained.net), bound=SEVERAL)


def in_two_threads(x: Array, target: Array) -> Any:
    """Return a source of batches of two samples that two threads read, and in Keras 2 one."""
    batches = [(x[row], target[row]) for row in in_order(len(x), 2)]
    return batch_source(batches, workers=2)


@claim(
    "trainer.callbacks-by-execution",
    promised="Model.compile, argument `steps_per_execution`: callbacks are called every n batches",
    cases=2,
    needs=("keras.Model.fit", "Model.compile(steps_per_execution)"),
)
@given(
    nets(batch=integers(3, 7), timesteps=1),
    whole([2, 3, 32, 1]),
    whole(["arrays", "a generator"]),
)
def test_callbacks_are_called_once_an_execution(net, steps, source):
    """
    With steps_per_execution=n callbacks at a batch's end come once for each n batches, told the
    first's number plus n - 1.

    So a callback that resets a state or changes a rate at a batch does so between executions
    alone, and the last number may be that of no batch. Those for epochs are called as always.

    >>> import keras, numpy as np
    >>> model, seen = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)]), []
    >>> model.compile("sgd", "mse", steps_per_execution=2)
    >>> note = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(1))
    >>> x, y = np.ones((4, 3, 1)), np.ones((4, 2))
    >>> _ = model.fit(x, y, batch_size=1, callbacks=[note], verbose=0)
    >>> len(seen)
    2
    """
    ended: list[int] = []
    epochs: list[int] = []
    note = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: ended.append(batch),
        on_epoch_end=lambda epoch, logs: epochs.append(epoch),
    )
    model = trainee(net, ("Sequential", False), steps_per_execution=steps)
    target = target_of(net, 0)
    parts = ((net.case.x[[k]], target[[k]]) for k in range(net.samples))
    arrays = {"x": net.case.x, "y": target, "batch_size": 1}
    data = {"arrays": arrays, "a generator": {"x": parts}}[source]
    model.fit(**data, callbacks=[note], verbose=0)
    called = np.array([len(ended), len(epochs)])
    instead = {"an execution of fewer batches calls none": [net.samples // steps, 1]}
    assert_same(called, np.array([-(-net.samples // steps), 1]), instead=instead)
    last = np.arange(0, net.samples, steps) + steps - 1
    instead = {
        "the last one has the number of its last batch": np.minimum(last, net.samples - 1),
        "each has the number of its first batch": last - steps + 1,
    }
    assert_same(np.array(ended), last, instead=instead)


# Steps of one's own.


OWN_STEPS = [
    *((name, "apply_gradients") for name in REMEMBERING),
    *((name, "apply") for name in ("Adam",) if hasattr(keras.optimizers.Adam, "apply")),
    *((name, "a scaled loss") for name in ("SGD",) if hasattr(keras.optimizers.SGD, "scale_loss")),
]
"""Optimizers by name, and how a loop of one's own applies the gradients."""


def own_step(model: Any, optimizer: Any, way: str) -> Callable[[Any, Any], Any]:
    """Return a step of training that is written by hand, of the mean squared error."""
    import tensorflow as tf  # only here: other backends take gradients otherwise

    weights = model.trainable_variables
    if way == "a scaled loss":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    if way != "apply_gradients":
        optimizer.build(weights)

    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(x, training=True) - y) ** 2)
            scaled = optimizer.scale_loss(loss) if way == "a scaled loss" else loss
        slopes = tape.gradient(scaled, weights)
        if way == "apply_gradients":
            optimizer.apply_gradients(zip(slopes, weights))  # noqa: B905 - not in graphs of TensorFlow 2.8
        else:
            optimizer.apply(slopes)
        return loss

    return step


@claim(
    "trainer.own-loop",
    promised="guide to writing a training loop from scratch: GradientTape and apply_gradients",
    cases=2,
    needs=("keras.Model.fit", "tensorflow"),
)
@given(
    nets(batch=4, timesteps=integers(1, 2), masked=booleans()),
    sampled_from(list(FORMS)),
    seeds,
    whole([False, True]),
    whole(OWN_STEPS),
)
def test_a_loop_of_ones_own_trains_as_fit_does(net, form, seed, compiled, kind):
    """
    By SGD, steps of GradientTape and apply_gradients train a float32 model of final outputs as fit
    with shuffle=False does.

    In a tf.function too, and by apply(gradients) of an optimizer that is built. Dropout and
    BatchNormalization need training=True in the call, and a LossScaleOptimizer its scale_loss.
    Penalties, in `model.losses`, are added by hand. With use_ema=True fit ends with means, and so
    must the loop, by finalize_variable_values.

    >>> import keras, numpy as np
    >>> import tensorflow as tf
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> sgd, x, y = keras.optimizers.SGD(0.5), np.ones((1, 3, 1)), np.ones((1, 2))
    >>> def loss(): return tf.reduce_mean((model(x) - y) ** 2)
    >>> with tf.GradientTape() as tape:
    ...     before = loss()
    >>> gradients = tape.gradient(before, model.trainable_variables)
    >>> _ = sgd.apply_gradients(zip(gradients, model.trainable_variables))
    >>> bool(loss() < before)
    True
    """
    import tensorflow as tf

    target = target_of(net, seed)
    name, way = kind
    make, own = REMEMBERING[name]
    model = network(net, form)
    step = own_step(model, make(), way)
    run = tf.function(step) if compiled else step
    rows = in_order(net.samples, 2, 2)
    x = padded(net)
    losses = [float(run(tf.constant(x[row]), tf.constant(target[row]))) for row in rows]
    trained = train(net, target, own(), rows)
    assert_close(single(losses), trained.losses, bound=SEVERAL)
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)


def stepping(told: list[bool], layers: list[Any]) -> Any:
    """Return a model whose steps return the sum of the targets, and 1 if they train, else 0.

    Args:
        told: where it notes whether compute_loss is told that it trains.
        layers: its layers.
    """

    class Own(keras.Sequential):  # type: ignore[misc]  # Keras has no types
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            told.append(training)
            return super().compute_loss(x, y, y_pred, sample_weight, training)

        def train_step(self, data):
            super().train_step(data)
            return {"targets": keras.ops.sum(data[1]), "trains": 1.0}

        def test_step(self, data):
            super().test_step(data)
            return {"targets": keras.ops.sum(data[1]), "trains": 0.0}

    return Own(layers)


@claim(
    "trainer.own-steps",
    promised="guide to customizing fit: override train_step, test_step and compute_loss",
    cases=4,
    needs=("keras.Model.fit", "tensorflow", "Model.compute_loss(training)"),
)
@given(nets(batch=samples, timesteps=1), seeds)
def test_fit_reports_what_a_step_of_ones_own_returns(net, seed):
    """
    Without metrics, fit and evaluate report what your train_step or test_step last returns, if it
    has no "loss".

    A step that returns just the names of the model's metrics, as {"loss": loss} alone, has the
    numbers of these reported: 0 is that of a loss that it does not update. If compile() was given
    metrics, the step has to update them, as by compute_metrics. Keras' own steps give compute_loss
    its `training`.

    >>> import keras, numpy as np
    >>> class Own(keras.Sequential):
    ...     def test_step(self, data):
    ...         x, y = data
    ...         return {"error": keras.ops.max(keras.ops.abs(self(x) - y))}
    >>> model = Own([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile(loss="mse", run_eagerly=True)
    >>> x, y = np.random.rand(4, 3, 1), np.random.rand(4, 2)
    >>> reported = model.evaluate(x, y, verbose=0, return_dict=True)
    >>> list(reported), bool(np.isclose(reported["error"], np.max(np.abs(model(x) - y))))
    (['error'], True)
    """
    target = target_of(net, seed)
    told: list[bool] = []
    model = stepping(told, [keras.Input((None, net.case.features)), lstm(net.case), dense(net)])
    model.compile("sgd", "mse", metrics=["mae"], run_eagerly=True)
    last = np.sum(target[in_order(net.samples, 2)[-1]])
    history = fit(model, net, target)
    assert set(told) == {True}, f"compute_loss is told {told} by fit"
    told.clear()
    tested = evaluate(model, net, target, return_dict=True)
    assert set(told) == {False}, f"compute_loss is told {told} by evaluate"
    assert sorted(history) == sorted(tested) == ["targets", "trains"], f"{history}, {tested}"
    assert_close(single([history["targets"][0], tested["targets"]]), [last, last], bound=SEVERAL)
    assert_same(single([history["trains"][0], tested["trains"]]), single([1.0, 0.0]))
