"""What a model was before it is compiled, and in which structures and sources its samples come."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import Any

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import booleans, integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.claims.trainer import (
    RATE,
    SEVERAL,
    batch_source,
    evaluate,
    fit,
    single,
    target_of,
    trainee,
)
from lstm_spec.claims.trainer.reports import tf_data
from lstm_spec.harness.strategies import Array, noise, seeds, whole
from lstm_spec.harness.subject import FORMS, dense, lstm
from lstm_spec.harness.tolerance import assert_close, assert_refused
from lstm_spec.harness.trainer import (
    Net,
    Rows,
    batch_loss,
    in_order,
    nets,
    outputs,
    sgd,
    slopes,
    train,
)

STRUCTURES: dict[str, Callable[[Any, Any], Any]] = {
    "a list": lambda left, right: [left, right],
    "a tuple": lambda left, right: (left, right),
    "a dictionary": lambda left, right: {"left": left, "right": right},
    "an unsorted dictionary": lambda left, right: {"right": right, "left": left},
}
"""In what two things are given for two outputs."""
structures = sampled_from(list(STRUCTURES))


@claim(
    "trainer.structures",
    promised="Model.compile, `loss`, `metrics`, `loss_weights`: a list, or a dictionary by outputs",
    cases=4,
    needs=("keras.Model.fit", "keras.ops"),
)
@given(
    nets(batch=3, timesteps=integers(1, 2), outputs=2),
    whole(list(STRUCTURES)),
    whole(list(STRUCTURES)),
    structures,
    structures,
    structures,
    booleans(),
    sampled_from([True, True, True, False]),
    seeds,
)
def test_two_outputs_are_trained_in_any_structure(
    net, made, of_loss, of_target, of_metric, of_weight, both, eager, seed
):
    """
    Two outputs, their targets, losses, metrics and weights of losses may be in lists, in tuples or
    by name in dictionaries.

    Each structure may be another. An output whose loss is None is not trained, and has metrics.
    A dictionary goes by the names of the outputs, whatever the order of its keys.

    >>> import keras, numpy as np
    >>> inputs, left, right = keras.Input((3, 1)), keras.layers.LSTM(1), keras.layers.LSTM(1)
    >>> model = keras.Model(inputs, {"left": left(inputs), "right": right(inputs)})
    >>> model.compile("sgd", {"right": "mae", "left": "mse"}, run_eagerly=True)
    >>> x, y = np.ones((2, 3, 1)), {"right": np.ones((2, 1)), "left": np.ones((2, 1))}
    >>> loss = np.mean((left(x) - 1) ** 2) + np.mean(np.abs(right(x) - 1))
    >>> bool(np.isclose(model.test_on_batch(x, y, return_dict=True)["loss"], loss))
    True
    """
    target = target_of(net, seed)
    model = two_headed(net, STRUCTURES[made])
    model.compile(
        keras.optimizers.SGD(RATE),
        STRUCTURES[of_loss]("mse", "mae" if both else None),
        loss_weights=STRUCTURES[of_weight](2.0, 0.5),
        metrics=STRUCTURES[of_metric](["mae"], ["mse"]),
        run_eagerly=eager,
    )
    given_ = STRUCTURES[of_target](target[:, :1], target[:, 1:])
    reported = model.train_on_batch(net.case.x, given_, return_dict=True)
    left, right = columns(net)
    exact = {
        "loss": 2.0 * batch_loss(left, target[:, :1])
        + (0.5 * batch_loss(right, target[:, 1:], "mae") if both else 0.0),
        "left_mae": batch_loss(left, target[:, :1], "mae"),
        "right_mse": batch_loss(right, target[:, 1:], "mse"),
    }
    assert set(exact) <= set(reported), f"reported: {reported}, expected: {exact}"
    assert_close(single([reported[name] for name in exact]), np.array([*exact.values()]))
    pairs = zip(slopes(left, target[:, :1]), slopes(right, target[:, 1:], "mae"), strict=True)
    sums = [2.0 * a + (0.5 * b if both else 0.0) for a, b in pairs]
    moved = [w - RATE * d for w, d in zip(net.case.weights, sums[:3], strict=True)]
    assert_close(model.get_layer("lstm").get_weights(), moved, bound=SEVERAL)


def columns(net: Net) -> list[Net]:
    """Return the models of each of two outputs of a net."""
    return [Net(net.case, net.head[:, [column]]) for column in (0, 1)]


def two_headed(net: Net, structure: Callable[[Any, Any], Any]) -> Any:
    """Return a model with an output for each of the two columns of a net's head."""
    inputs = keras.Input((None, net.case.features))
    below = lstm(net.case, name="lstm")(inputs)
    heads = [keras.layers.Dense(1, name=name) for name in ("left", "right")]
    model = keras.Model(inputs, structure(*(head(below) for head in heads)))
    for head, part in zip(heads, columns(net), strict=True):
        head.set_weights(part.weights[-2:])
    return model


# What a model was before.


def as_new(net: Net) -> Any:
    """Return a model that was never compiled."""
    inputs = keras.Input((None, net.case.features))
    return keras.Model(inputs, dense(net)(lstm(net.case)(inputs)))


def compiled_otherwise(net: Net) -> Any:
    """Return a model that was compiled with other losses and metrics, and trained."""
    model = as_new(net)
    model.compile("adam", "mae", metrics=["mse", "accuracy"], run_eagerly=True)
    model.train_on_batch(net.case.x, np.zeros(net.output_shape, "float32"))
    model.set_weights(net.weights)
    return model


def cloned(net: Net) -> Any:
    """Return a clone of a model that was compiled and trained."""
    model = keras.models.clone_model(compiled_otherwise(net))
    model.set_weights(net.weights)
    return model


def around_a_compiled(net: Net) -> Any:
    """Return a model that holds one that was compiled and trained by itself."""
    inner = keras.Sequential([keras.Input((None, net.case.features)), lstm(net.case)])
    inner.compile("sgd", "mse", metrics=["mae", "mse"], run_eagerly=True)
    inner.train_on_batch(net.case.x, np.zeros((net.samples, net.case.units), "float32"))
    inner.set_weights(net.case.weights)
    return keras.Sequential([inner, dense(net)])


def within_a_compiled(net: Net) -> Any:
    """Return a model which one that holds it was compiled and trained with."""
    model = as_new(net)
    outer = keras.Sequential([model, keras.layers.Dense(1)])
    outer.compile("sgd", "mse", metrics=["mae"], run_eagerly=True)
    outer.train_on_batch(net.case.x, np.zeros((net.samples, 1), "float32"))
    model.set_weights(net.weights)
    return model


PASTS: dict[str, Callable[[Net], Any]] = {
    "none": as_new,
    "compiled otherwise": compiled_otherwise,
    "a clone of a compiled one": cloned,
    "holds a compiled one": around_a_compiled,
    "held by a compiled one": within_a_compiled,
}
"""What a model may have been before compile()."""


@claim(
    "trainer.compiled-anew",
    promised="Model.compile: configures the model for training",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    nets(batch=4, timesteps=integers(1, 2), outputs=integers(1, 2)),
    whole(list(PASTS)),
    seeds,
)
def test_compile_makes_any_model_as_a_new_one(net, past, seed):
    """
    Compiled anew, a model without state or random numbers reports and trains as a new one of its
    weights, whatever it was.

    It may have been compiled otherwise and trained, be a clone of such a one, hold a compiled
    model, or be held by one. Nothing that is reported comes from what it was.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(1)])
    >>> model.compile("sgd", "mse", metrics=["mae"], run_eagerly=True)
    >>> x, y = np.ones((2, 3, 1)), np.ones((2, 1))
    >>> _ = model.fit(x, y, verbose=0)
    >>> outer = keras.Sequential([model, keras.layers.Dense(1)])
    >>> outer.compile("sgd", "mse", run_eagerly=True)
    >>> list(outer.fit(x, y, verbose=0).history)
    ['loss']
    """
    target = target_of(net, seed)
    model = PASTS[past](net)
    model.compile(keras.optimizers.SGD(RATE), "mse", metrics=["mae"], run_eagerly=True)
    before = evaluate(model, net, target, return_dict=True)
    history = fit(model, net, target)
    trained = train(net, target, sgd(RATE), in_order(net.samples, 2))
    errors = [batch_loss(net, target, name) for name in ("mse", "mae")]
    assert sorted(before) == ["loss", "mae"], f"evaluate reports {before}"
    assert_close(single([before["loss"], before["mae"]]), errors)
    assert sorted(history) == ["loss", "mae"], f"fit reports {history}"
    assert_close(single(history["loss"]), trained.epoch_losses(), bound=SEVERAL)
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)


# Where samples come from.


def batches(*arrays: Array) -> Iterator[tuple[Array, ...]]:
    """Yield batches of two samples of some arrays, over and over."""
    while True:
        for row in in_order(len(arrays[0]), 2):
            yield tuple(array[row] for array in arrays)


def pydataset(workers: int, *arrays: Array) -> Any:
    """Return a PyDataset of batches of two samples."""
    rows = in_order(len(arrays[0]), 2)
    return batch_source([tuple(array[row] for array in arrays) for row in rows], workers)


def tensors(*arrays: Array) -> tuple[Any, ...]:
    """Return arrays as tensors."""
    return tuple(map(keras.ops.convert_to_tensor, arrays))


SOURCES: dict[str, Callable[..., Any]] = {
    "arrays": lambda *arrays: arrays,
    "tensors": tensors,
    "a generator": batches,
    "a PyDataset": lambda *arrays: pydataset(1, *arrays),
    "a PyDataset of two workers": lambda *arrays: pydataset(2, *arrays),
}
"""What fit, evaluate and predict take, each made of arrays."""


def run_on(model: Any, name: str, arrays: list[Array]) -> tuple[Any, Any]:
    """Fit a model to a source of samples, which validates it too, and predict from one.

    Args:
        model: a compiled model.
        name: one of SOURCES.
        arrays: inputs, targets and, if there are any, weights.
    """
    source = SOURCES[name]
    steps = len(in_order(len(arrays[0]), 2))
    options: dict[str, Any] = {"shuffle": False, "epochs": 2, "validation_data": source(*arrays)}
    alone: dict[str, Any] = {"x": source(arrays[0])}
    if name == "a generator":
        options |= {"x": source(*arrays), "steps_per_epoch": steps, "validation_steps": steps}
        alone["steps"] = steps
    elif name in ("arrays", "tensors"):
        options |= dict(zip(("x", "y", "sample_weight"), source(*arrays), strict=False))
        options["batch_size"] = 2
        alone = {"x": source(arrays[0])[0], "batch_size": 2}
    else:
        options["x"] = source(*arrays)
    return model.fit(**options, verbose=0).history, model.predict(**alone, verbose=0)


@claim(
    "trainer.sources",
    promised="Model.fit, arguments `x` and `validation_data`: arrays, datasets, generators",
    cases=4,
    needs=("keras.Model.fit", "keras.utils.PyDataset", "keras.ops"),
)
@given(
    nets(batch=4, timesteps=integers(1, 2)),
    sampled_from(list(FORMS)),
    whole(list(SOURCES)),
    booleans(),
    seeds,
)
def test_any_source_of_samples_does_what_arrays_do(net, form, name, weighs, seed):
    """
    Arrays, tensors, generators and PyDatasets give fit, validation and predict the same samples in
    order, and their weights.

    PyDatasets of several workers too. Fit takes them for several epochs, with shuffle=False, and
    with steps_per_epoch where a generator has no end. Predict takes the inputs by themselves.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y, weight = np.random.rand(2, 3, 1), np.random.rand(2, 2), np.array([1.0, 3.0])
    >>> weighted = model.evaluate(x, y, sample_weight=weight, verbose=0)
    >>> batch = (batch for batch in [(x, y, weight)])
    >>> bool(np.isclose(model.evaluate(batch, verbose=0), weighted))
    True
    """
    target = target_of(net, seed)
    weight = 0.5 + np.abs(noise((net.samples,), seed + 1)) if weighs else None
    arrays = [net.case.x, target, *([] if weight is None else [weight])]
    model = trainee(net, (form, True))
    history, predicted = run_on(model, name, arrays)
    rows = in_order(net.samples, 2)
    orders = [trained_twice(net, target, order, weight) for order in (rows, rows[::-1])]
    (losses, tested, end), (exchanged, _, _) = orders
    instead = {"the batches are exchanged": exchanged}
    assert_close(single(history["loss"]), losses, bound=SEVERAL, instead=instead)
    assert_close(single(history["val_loss"]), tested, bound=SEVERAL)
    assert_close(model.get_weights(), end.weights, bound=SEVERAL)
    assert_close(predicted, outputs(end), bound=SEVERAL)


FORMS_OF_BATCHES: dict[str, Callable[..., Any]] = {
    "a tuple": lambda *parts: parts,
    "a list": lambda *parts: list(parts),
}
"""In what a PyDataset may return inputs, targets and weights."""


@claim(
    "trainer.batches-in-lists",
    observed="Keras 3",
    corrects="A source of batches must return tuples.",
    cases=4,
    needs=("keras.Model.fit", "keras.utils.PyDataset"),
)
@given(
    nets(batch=sampled_from([1, 2, 4]), timesteps=1),
    whole(list(FORMS_OF_BATCHES)),
    booleans(),
    seeds,
)
def test_a_pydataset_may_return_its_batches_in_lists(net, form, weighs, seed):
    """
    A PyDataset may return one input, target and weight in a tuple or a list, and the input alone in
    one or by itself.

    One batch is enough. A generator must yield tuples. Two inputs need a tuple or a dictionary of
    their own: alone they are taken for input and target, and a list of them fails on TensorFlow.

    >>> import keras, numpy as np
    >>> class Batches(keras.utils.PyDataset):
    ...     def __len__(self):
    ...         return 1
    ...     def __getitem__(self, index):
    ...         return [np.ones((2, 3, 1)), np.ones((2, 2))]
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> loss = model.evaluate(np.ones((2, 3, 1)), np.ones((2, 2)), verbose=0)
    >>> bool(np.isclose(model.evaluate(Batches(), verbose=0), loss))
    True
    """
    target = target_of(net, seed)
    weight = 0.5 + np.abs(noise((net.samples,), seed + 1)) if weighs else None
    parts = [net.case.x, target, *([] if weight is None else [weight])]
    pack = FORMS_OF_BATCHES[form]
    rows = in_order(net.samples, 2)
    model = trainee(net, ("Sequential", True))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = model.fit(
            batch_source([pack(*(part[row] for part in parts)) for row in rows]),
            shuffle=False,
            verbose=0,
        ).history
        trained = train(net, target, sgd(RATE), rows, weight=weight)
        assert_close(single(history["loss"]), trained.epoch_losses(), bound=SEVERAL)
        for alone in (pack, lambda inputs: inputs):
            data = batch_source([alone(net.case.x[row]) for row in rows])
            predicted = model.predict(data, verbose=0)
            assert_close(predicted, outputs(trained.net), bound=SEVERAL)


def yielding(*batches: Any) -> Iterator[Any]:
    """Return a generator of some batches."""
    yield from batches


@claim(
    "trainer.batches-refused",
    promised="PyDataset, and Model.fit, argument `x`: (inputs, targets, weights)",
    needs=("keras.Model.fit", "keras.utils.PyDataset"),
)
@given(nets(batch=2, timesteps=1), seeds)
def test_batches_in_other_forms_are_refused(net, seed):
    """
    Evaluate refuses PyDatasets whose batches are text, or have four parts or none, and generators
    of lists or arrays.

    With a ValueError that says what is expected. A generator yields tuples, of one part to three.
    A source without batches fails too, in words of its own.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> lists = ([np.ones((2, 3, 1)), np.ones((2, 2))] for _ in range(2))
    >>> try:
    ...     model.evaluate(lists)
    ... except ValueError as error:
    ...     print("must return a tuple" in str(error))
    True
    """
    x = net.case.x
    y = target_of(net, seed)
    model = trainee(net, ("Sequential", True))
    sources = [
        *(batch_source([batch] * 2) for batch in ((x, y, np.ones(2), np.ones(2)), (), "text")),
        *(yielding(batch, batch) for batch in ([x, y], x)),
    ]
    for source in sources:
        assert_refused(partial(model.evaluate, source), "ValueError", "must return a tuple")


BRINGING: dict[str, Callable[..., Any]] = {
    "a tf.data.Dataset": tf_data,
    "a generator": batches,
    "a PyDataset": lambda *arrays: pydataset(1, *arrays),
}
"""Sources of batches, which bring their own targets, each made of arrays."""


@claim(
    "trainer.beside-a-source",
    promised="Model.fit, arguments `y`, `sample_weight`, `validation_split`: not beside a dataset",
    corrects="Targets may be given beside a generator.",
    needs=("keras.Model.fit", "keras.utils.PyDataset", "tensorflow"),
)
@given(
    nets(batch=2), whole(list(product(BRINGING, ("y", "sample_weight", "validation_split")))), seeds
)
def test_a_source_of_batches_brings_its_own_targets(net, pair, seed):
    """
    Beside a tf.data.Dataset, generator or PyDataset fit refuses y, sample_weight and, without
    validation_data, validation_split.

    With a ValueError. A source yields (x, y) or (x, y, sample_weight), and validation_data is
    another source, or arrays; beside it validation_split is ignored.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y = np.random.rand(4, 3, 1), np.random.rand(4, 2)
    >>> try:
    ...     _ = model.fit((batch for batch in [(x, y)]), y=y, verbose=0)
    ... except ValueError as error:
    ...     print("`y` should not be passed" in str(error))
    True
    """
    name, argument = pair
    target = target_of(net, seed)
    options = {"y": target, "sample_weight": np.ones(2), "validation_split": 0.5}
    model = trainee(net, ("Sequential", True))
    source = BRINGING[name](net.case.x, target)
    given = {argument: options[argument]}
    assert_refused(lambda: model.fit(source, **given), "ValueError", f"`{argument}")


def trained_twice(
    net: Net, target: Array, rows: list[Rows], weight: Array | None
) -> tuple[list[float], list[float], Net]:
    """Return the losses of two epochs, those after each of them, and the model at the end."""
    first = train(net, target, sgd(RATE), rows, weight=weight)
    second = train(first.net, target, sgd(RATE), rows, weight=weight)
    losses = [float(trained.epoch_losses()[0]) for trained in (first, second)]
    tested = [batch_loss(trained.net, target, weight=weight) for trained in (first, second)]
    return losses, tested, second.net
