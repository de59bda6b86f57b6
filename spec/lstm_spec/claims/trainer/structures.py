"""What a model was before it is compiled, and in which structures and sources its samples come."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from itertools import product
from typing import Any

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import integers, lists, permutations, sampled_from
from packaging.version import Version

from lstm_spec.claims import claim
from lstm_spec.claims.trainer import (
    RATE,
    REMEMBERING,
    SEVERAL,
    any_loss,
    batch_source,
    builds,
    evaluate,
    fit,
    loss_object,
    single,
    target_of,
    trainee,
)
from lstm_spec.claims.trainer.reports import two_losses
from lstm_spec.harness.reference import equations
from lstm_spec.harness.refusals import OF_THE_BACKEND, assert_refused
from lstm_spec.harness.strategies import Array, booleans, cases, noise, seeds, whole
from lstm_spec.harness.subject import FORMS, dense, lstm, network, release, tf_data, to_numpy
from lstm_spec.harness.tolerance import assert_close, assert_same
from lstm_spec.harness.trainer import (
    LOSSES,
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

STRUCTURES: dict[str, Callable[[Any, Any, tuple[str, str]], Any]] = {
    "a list": lambda first, second, names: [first, second],
    "a tuple": lambda first, second, names: (first, second),
    "a dictionary": lambda first, second, names: {names[0]: first, names[1]: second},
    "a turned dictionary": lambda first, second, names: {names[1]: second, names[0]: first},
}
"""In what two things are given for two outputs, of these names."""
LISTS = ("a list", "a tuple")
DICTIONARIES = ("a dictionary", "a turned dictionary")
BY_NAME = dict(zip(STRUCTURES, DICTIONARIES * 2, strict=True))
"""For each structure a dictionary."""
NAMES_OF_TWO = {"sorted": ("left", "right"), "turned": ("upper", "lower")}
"""The names of two outputs, in the order of the outputs."""
LAYERS_OF_TWO = ("second", "first")
"""The names of the layers of two outputs in a dictionary, whose keys are others."""
WITH_TARGETS = [
    (outputs_, targets_, names)
    for outputs_, targets_ in product(STRUCTURES, repeat=2)
    for names in (NAMES_OF_TWO if outputs_ in LISTS else ["sorted"])
]
"""In what two outputs and their targets are given, and the names; those of a dictionary are turned
by another dictionary.
"""


@claim(
    "trainer.structures",
    promised="Model.compile, `loss`, `metrics`, `loss_weights`: a list, or a dictionary by outputs",
    cases=4,
    needs=("keras.Model.fit", "keras.ops"),
)
@given(
    nets(batch=3, timesteps=integers(1, 2), outputs=2),
    whole(WITH_TARGETS),
    whole(list(STRUCTURES)),
    whole(list(STRUCTURES)),
    booleans(),
    whole(["both", "None", "left out"]),
    sampled_from([True, True, True, False]),
    whole([LAYERS_OF_TWO, None]),
    seeds,
)
def test_two_outputs_are_trained_in_any_structure(
    net, outputs_and_targets, of_loss, of_metric, other, trained_, eager, layers, seed
):
    """
    On arrays, a functional model's outputs of two layers, their targets, losses and metrics may be
    in lists or dictionaries.

    Each structure may be another, but loss weights go as losses. An output is not trained, but has
    metrics, if its loss is None or, of outputs in a dictionary, left out. Dictionaries go by the
    layers' names or, of outputs in one, by its keys alone, lists by order or sorted keys, weights
    by name beside losses in a list by sorted names. On TensorFlow generators give no list.

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
    both = trained_ == "both"
    of_output, of_target, order = outputs_and_targets
    of_output, of_loss = (structure_for(part, trained_) for part in (of_output, of_loss))
    names = NAMES_OF_TWO[order if of_output in LISTS else "sorted"]
    alike = LISTS if of_loss in LISTS else DICTIONARIES
    losses = of_two(of_loss, "mse", "mae" if both else None, names, trained_)
    weights = of_two(alike[other], 2.0, 0.5, names, trained_)
    options = {"metrics": STRUCTURES[of_metric](["mae"], "mse", names), "run_eagerly": eager}
    model = two_headed(net, of_output, names, layers if of_output in DICTIONARIES else None)
    model.compile(keras.optimizers.SGD(RATE), losses, loss_weights=weights, **options)
    targets = STRUCTURES[of_target](target[:, :1], target[:, 1:], names)
    reported = model.train_on_batch(net.case.x, targets, return_dict=True)
    assert_reported(reported, net, target, names, both)
    assert_close(
        model.get_layer("lstm").get_weights(), moved_by_two(net, target, both), bound=SEVERAL
    )


def structure_for(structure: str, trained_: str) -> str:
    """Return a structure, or a dictionary, if an output is to be left out of one."""
    return BY_NAME[structure] if trained_ == "left out" else structure


def of_two(structure: str, first: Any, second: Any, names: tuple[str, str], trained_: str) -> Any:
    """Return what is given of two outputs, the second of which may be left out."""
    left_out = trained_ == "left out"
    return {names[0]: first} if left_out else STRUCTURES[structure](first, second, names)


def moved_by_two(net: Net, target: Array, both: bool) -> list[Array]:
    """Return the weights of the LSTM after a step by the losses of two outputs, or of the first."""
    parts = [2.0 * a + 0.5 * both * b for a, b in zip(*two_slopes(net, target), strict=True)]
    return [w - RATE * d for w, d in zip(net.case.weights, parts, strict=True)]


def assert_reported(
    reported: dict[str, float], net: Net, target: Array, names: tuple[str, str], both: bool
) -> None:
    """Assert what is reported of two outputs, the second of which may have no loss."""
    left, right = columns(net)
    losses = [batch_loss(left, target[:, :1]), batch_loss(right, target[:, 1:], "mae")]
    exact = {
        "loss": 2.0 * losses[0] + 0.5 * both * losses[1],
        f"{names[0]}_mae": batch_loss(left, target[:, :1], "mae"),
        f"{names[1]}_mse": batch_loss(right, target[:, 1:], "mse"),
        **{f"{name}_loss": loss for name, loss in zip(names, losses, strict=True) if both},
    }
    missing = sorted(set(exact) - set(reported))
    assert not missing, f"not reported: {missing}"
    assert set(exact) == set(reported), f"reported: {reported}, expected: {exact}"
    weighted = {**exact, f"{names[0]}_loss": 2.0 * losses[0], f"{names[1]}_loss": 0.5 * losses[1]}
    instead = {"the losses of the outputs are weighted": [weighted[name] for name in exact]}
    numbers = np.array([*exact.values()])
    assert_close(single([reported[name] for name in exact]), numbers, instead=instead)


def two_slopes(net: Net, target: Array) -> list[list[Array]]:
    """Return the derivatives of the losses of two outputs by the weights of the LSTM."""
    left, right = columns(net)
    count = len(net.case.weights)
    return [slopes(left, target[:, :1])[:count], slopes(right, target[:, 1:], "mae")[:count]]


def columns(net: Net) -> list[Net]:
    """Return the models of each of two outputs of a net."""
    return [Net(net.case, net.head[:, [column]]) for column in (0, 1)]


def two_headed(
    net: Net, structure: str, names: tuple[str, str], layers: tuple[str, str] | None = None
) -> Any:
    """Return a model with an output, of a name, for each of the two columns of a net's head.

    Args:
        net: the weights.
        structure: in what the outputs are, one of STRUCTURES.
        names: the names of the outputs.
        layers: the names of their layers, if they are others, as those of keys may be.
    """
    inputs = keras.Input((None, net.case.features))
    below = lstm(net.case, name="lstm")(inputs)
    heads = [keras.layers.Dense(1, name=name) for name in layers or names]
    first, second = (head(below) for head in heads)
    model = keras.Model(inputs, STRUCTURES[structure](first, second, names))
    for head, part in zip(heads, columns(net), strict=True):
        head.set_weights(part.weights[-2:])
    return model


@claim(
    "trainer.lists-of-losses",
    observed="Keras 3.15",
    corrects="Of several losses in a list the only output of a model takes the sum.",
    cases=4,
    needs=("keras.Model.fit", "keras.ops"),
)
@given(nets(batch=3, timesteps=1, outputs=2), permutations(["mse", "mae", "huber"]), seeds)
def test_a_list_of_losses_goes_by_outputs(net, names, seed):
    """
    Of losses named in a list an output and target alone take the first, and if too few the last
    outputs in a list get none.

    At most a warning tells it. For several outputs in a list a longer one is refused with a
    KeyError, unless the rest is None; a list within it, [["mse", "mae"], "mse"], is a sum. An
    output alone takes the sum of all losses if its target is in a list.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", ["mse", "mae"], run_eagerly=True)
    >>> x, y = np.random.rand(4, 3, 1), np.random.rand(4, 2)
    >>> loss = model.evaluate(x, y, verbose=0, return_dict=True)["loss"]
    >>> bool(np.isclose(loss, np.mean((model(x) - y) ** 2)))
    True
    """
    target = target_of(net, seed)
    model = trainee(net, ("Sequential", True), names[:2])
    reported = model.train_on_batch(net.case.x, target, return_dict=True)
    trained = train(net, target, sgd(RATE), in_order(3, 3), names[0])
    assert_close(single(reported["loss"]), trained.losses[0])
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)
    short, long = (two_compiled(net, names[:count]) for count in (1, 3))
    targets = [target[:, :1], target[:, 1:]]
    reported = short.train_on_batch(net.case.x, targets, return_dict=True)
    first = train(columns(net)[0], targets[0], sgd(RATE), in_order(3, 3), names[0])
    assert_close(single(reported["loss"]), first.losses[0])
    assert_close(short.get_layer("lstm").get_weights(), first.weights[:-2], bound=SEVERAL)
    assert_same(short.get_layer("right").get_weights()[0], net.head[:-1, 1:])
    run = partial(long.train_on_batch, net.case.x, targets)
    assert_refused(run, "KeyError", "can't be found")


@claim(
    "trainer.listed-output-left-out",
    observed="Keras 3.15",
    corrects="An output that a dictionary of losses leaves out has no loss.",
    cases=4,
    needs=("keras.Model.fit", "keras.ops"),
)
@given(
    nets(batch=3, timesteps=1, outputs=2),
    whole(["a list", "a tuple"]),
    whole([0, 1]),
    whole(["fit", "evaluate", "train_on_batch"]),
    sampled_from(["mse", "mae", "huber"]),
    seeds,
)
def test_a_loss_is_needed_for_each_output_in_a_list(net, structure, kept, way, loss, seed):
    """
    A dictionary of losses that leaves out one of several outputs in a list is refused when training
    or evaluation begins.

    Give the output None in it, in place of a loss. Of outputs in a dictionary a key may be left
    out.

    >>> import keras, numpy as np
    >>> x = keras.Input((3, 1))
    >>> a, b = keras.layers.LSTM(1, name="a"), keras.layers.LSTM(1, name="b")
    >>> model = keras.Model(x, [a(x), b(x)])
    >>> model.compile("sgd", {"a": "mse"}, run_eagerly=True)
    >>> try:
    ...     model.evaluate(np.ones((4, 3, 1)), [np.ones((4, 1)), np.ones((4, 1))], verbose=0)
    ... except ValueError as error:
    ...     print("loss" in str(error))
    True
    """
    names = NAMES_OF_TWO["sorted"]
    target = target_of(net, seed)
    targets = [target[:, :1], target[:, 1:]]
    model = two_headed(net, structure, names)
    model.compile("sgd", {names[kept]: loss}, run_eagerly=True)
    run = getattr(model, way)
    words = ("Expected keys", "when providing the `loss` argument")
    assert_refused(lambda: run(net.case.x, targets), "ValueError", words, names[kept])


def two_compiled(net: Net, losses: Any) -> Any:
    """Return a compiled model with two outputs in a list."""
    model = two_headed(net, "a list", ("left", "right"))
    model.compile(keras.optimizers.SGD(RATE), losses, run_eagerly=True)
    return model


@claim(
    "trainer.targets-left-out",
    observed="Keras 3.15",
    corrects="Every output needs targets, though its loss is None.",
    cases=4,
    needs=("keras.Model.fit", "keras.ops"),
)
@given(
    nets(batch=3, timesteps=1, outputs=2),
    whole([0, 1]),
    whole(["an array", "a list", "a tuple"]),
    seeds,
)
def test_an_output_without_a_loss_needs_no_targets(net, trained_one, form, seed):
    """
    On arrays, for outputs in a list, if all but one in a list of losses are None, a list of one
    target trains that output.

    This holds without metrics and sample weights. An array by itself is taken likewise, but with
    run_eagerly=True a batch of as many samples as outputs is misread without a word. If the losses
    are in a dictionary, these outputs need all targets.

    >>> import keras, numpy as np
    >>> inputs = keras.Input((3, 1))
    >>> outputs = [keras.layers.LSTM(2)(inputs), keras.layers.LSTM(2)(inputs)]
    >>> model = keras.Model(inputs, outputs)
    >>> model.compile("sgd", [None, "mse"], run_eagerly=True)
    >>> x, y = np.random.rand(4, 3, 1), np.random.rand(4, 2)
    >>> loss = model.evaluate(x, y, verbose=0)
    >>> bool(np.isclose(loss, np.mean((model(x)[1] - y) ** 2)))
    True
    """
    target = target_of(net, seed)[:, [trained_one]]
    model = two_compiled(net, [None] * trained_one + ["mse"] + [None] * (1 - trained_one))
    given_ = {"an array": target, "a list": [target], "a tuple": (target,)}[form]
    reported = model.train_on_batch(net.case.x, given_, return_dict=True)
    trained = train(columns(net)[trained_one], target, sgd(RATE), in_order(3, 3))
    instead = {"they are those of the first output": batch_loss(columns(net)[0], target)}
    assert_close(single(reported["loss"]), trained.losses[0], instead=instead)
    assert_close(model.get_layer("lstm").get_weights(), trained.weights[:-2], bound=SEVERAL)


@claim(
    "trainer.weights-by-name",
    derived="targets and losses in a dictionary go by the same names",
    cases=4,
    needs=("keras.Model.fit", "keras.ops"),
)
@given(
    nets(batch=4, timesteps=1, outputs=2),
    whole(list(product(STRUCTURES, DICTIONARIES))),
    whole(["evaluate", "train_on_batch"]),
    sampled_from([True, True, True, False]),
    seeds,
)
def test_weights_in_a_dictionary_weigh_the_outputs_of_their_names(net, forms, method, eager, seed):
    """
    Beside targets in a dictionary, sample weights in one weigh each of two outputs by its name or,
    of outputs in one, its key.

    Where outputs in a list fail with KeyError: 0, give targets and weights in lists, in the order
    of the outputs, or make the model with a dictionary of outputs.

    >>> import keras, numpy as np
    >>> x, lstm = keras.Input((3, 1)), keras.layers.LSTM(1, name="a")
    >>> model = keras.Model(x, {"a": lstm(x), "b": keras.layers.LSTM(1, name="b")(x)})
    >>> model.compile("sgd", {"a": "mse", "b": "mse"}, run_eagerly=True)
    >>> data, y = np.ones((2, 3, 1)), {"a": np.ones((2, 1)), "b": np.ones((2, 1))}
    >>> weights = {"b": np.zeros(2), "a": np.ones(2)}
    >>> loss = model.test_on_batch(data, y, sample_weight=weights, return_dict=True)["loss"]
    >>> bool(np.isclose(loss, np.mean((lstm(data) - y["a"]) ** 2)))
    True
    """
    of_output, of_weight = forms
    names = ("left", "right")
    target = target_of(net, seed)
    weights = 0.5 + np.abs(noise((2, net.samples), seed + 1))
    targets = STRUCTURES["a dictionary"](target[:, :1], target[:, 1:], names)
    given_ = STRUCTURES[of_weight](weights[0], weights[1], names)
    model = two_headed(net, of_output, names)
    losses = dict(zip(names, ("mse", "mae"), strict=True))
    model.compile(keras.optimizers.SGD(0.0), losses, run_eagerly=eager)
    options = {"batch_size": 4, "verbose": 0} if method == "evaluate" else {}
    run = getattr(model, method)
    reported = run(net.case.x, targets, sample_weight=given_, return_dict=True, **options)
    assert_close(single(reported["loss"]), np.sum(two_losses(net, target, list(weights))))


@claim(
    "trainer.target-by-name",
    observed="Keras 3.15",
    corrects="The target of any model may be in a dictionary, by the names of outputs.",
    cases=4,
    needs=("keras.Model.fit", "keras.ops"),
)
@given(
    nets(batch=3, timesteps=1),
    whole(list(product(("alone", "a list", "a dictionary"), ("a name", "a dictionary")))),
    whole(["evaluate", "train_on_batch"]),
    sampled_from([True, True, True, False]),
    seeds,
)
def test_the_target_of_a_single_output_is_in_a_dictionary_if_the_output_is(
    net, forms, method, eager, seed
):
    """
    The target of a functional model's only output may be in a dictionary, by its key, only if the
    output is in one.

    Otherwise it is refused with an error of the backend, on TensorFlow a TypeError that says
    "Cannot convert" or "Expected float32". Give the array, or make the model with {"name": output}.
    The loss may be in a dictionary, by the layer's name.

    >>> import keras, numpy as np
    >>> inputs, lstm = keras.Input((3, 1)), keras.layers.LSTM(2, name="out")
    >>> model = keras.Model(inputs, {"out": lstm(inputs)})
    >>> model.compile("sgd", {"out": "mse"}, run_eagerly=True)
    >>> x, y = np.random.rand(4, 3, 1), np.random.rand(4, 2)
    >>> loss = model.evaluate(x, {"out": y}, verbose=0)
    >>> bool(np.isclose(loss, np.mean((lstm(x) - y) ** 2)))
    True
    """
    of_output, of_loss = forms
    target = target_of(net, seed)
    model = one_headed(net, of_output)
    loss = {"a name": "mse", "a dictionary": {"only": "mse"}}[of_loss]
    model.compile(keras.optimizers.SGD(0.0), loss, run_eagerly=eager)
    run = partial(getattr(model, method), net.case.x)
    assert_close(single(run(target)), batch_loss(net, target))
    assert_by_name(partial(run, {"only": target}), batch_loss(net, target), of_output)


def assert_by_name(run: Callable[[], Any], loss: float, structure: str) -> None:
    """Assert that a run with the target in a dictionary reports a loss, if the output is in one."""
    if structure == "a dictionary":
        assert_close(single(run()), loss)
    else:
        words = ("only", "convert string to float", "Invalid dtype: str")
        assert_refused(run, OF_THE_BACKEND, words)


def one_headed(net: Net, structure: str) -> Any:
    """Return a functional model whose only output, `only`, is alone, in a list or a dictionary."""
    inputs = keras.Input((None, net.case.features))
    head = keras.layers.Dense(1, name="only")
    output = head(lstm(net.case)(inputs))
    head.set_weights(net.weights[-2:])
    structures = {"alone": output, "a list": [output], "a dictionary": {"only": output}}
    return keras.Model(inputs, structures[structure])


@claim(
    "trainer.metrics-names",
    observed="Keras 3.15",
    corrects="metrics_names names what evaluate returns in a list.",
    cases=4,
    needs=("keras.Model.fit", "keras.ops"),
)
@given(
    nets(batch=2, timesteps=1),
    sampled_from(list(FORMS)),
    whole(["metrics", "weighted_metrics"]),
    integers(1, 3),
    seeds,
)
def test_metrics_names_names_no_metric(net, form, argument, count, seed):
    """
    The metrics_names of a model compiled with `metrics` or `weighted_metrics` begin with "loss" and
    "compile_metrics".

    Losses of several outputs follow them, and a model's own metrics. So they do not name what
    evaluate returns in a list. With return_dict=True evaluate gives names, in an order that may be
    another, as the History of fit does. Keras 2 named each metric.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", metrics=["mae", "mape"], run_eagerly=True)
    >>> model.metrics_names
    ['loss', 'compile_metrics']
    >>> list(model.evaluate(np.ones((2, 3, 1)), np.ones((2, 2)), verbose=0, return_dict=True))
    ['loss', 'mae', 'mape']
    """
    names = ["mae", "mape", "accuracy"][:count]
    model = trainee(net, (form, True), **{argument: names})
    for _ in range(2):
        listed = model.metrics_names
        assert listed == ["loss", "compile_metrics"], f"metrics_names is {listed}"
        reported = model.test_on_batch(net.case.x, target_of(net, seed), return_dict=True)
        assert set(reported) == {"loss", *names}, f"reported: {reported}"


def own_error(z: Any, y: Any) -> Any:
    """Return the squared errors: a loss, or a metric, that is not registered."""
    return (z - y) ** 2


class OwnError(keras.losses.Loss):  # type: ignore[misc]  # Keras has no types
    """A loss of one's own that is not registered."""

    def call(self, z: Any, y: Any) -> Any:
        """Return the squared errors."""
        return own_error(z, y)


OWN_OBJECTS: dict[str, dict[str, Any]] = {
    "a function": {"loss": own_error},
    "a class": {"loss": OwnError()},
    "a metric": {"metrics": [own_error]},
}
"""What is one's own among the arguments of compile()."""


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
    sampled_from(list(REMEMBERING)),
    any_loss,
)
def test_compile_makes_any_model_as_a_new_one(net, past, seed, optimizer, loss):
    """
    Compiled with a new optimizer, loss and metrics, a model of a Dense and an LSTM without state
    or dropout trains as a new one.

    It reports as a new one, too. It may have been compiled otherwise and trained, be a clone of
    such a one, be held by a compiled model, or have one as a layer. A used optimizer object goes
    on with its moments, steps and rate, a metric object with its numbers, dropout with its seeds.

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
    target = target_of(net, seed, loss)
    model = PASTS[past](net)
    theirs, ours = REMEMBERING[optimizer]
    model.compile(theirs(), loss_object(loss), metrics=["mae"], run_eagerly=True)
    before = evaluate(model, net, target, return_dict=True)
    history = fit(model, net, target)
    trained = train(net, target, ours(), in_order(net.samples, 2), loss)
    errors = [batch_loss(net, target, name) for name in (loss, "mae")]
    assert sorted(before) == ["loss", "mae"], f"evaluate reports {before}"
    assert_close(single([before["loss"], before["mae"]]), errors)
    assert sorted(history) == ["loss", "mae"], f"fit reports {history}"
    assert_close(single(history["loss"]), trained.epoch_losses(), bound=SEVERAL)
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)


@claim(
    "trainer.compiled-within",
    derived="what a model is compiled with is its own",
    cases=2,
    needs="keras.Model.fit",
)
@given(
    nets(batch=4, timesteps=integers(1, 2), outputs=integers(1, 2)),
    builds,
    whole([False, True]),
    sampled_from(list(REMEMBERING)),
    any_loss,
    seeds,
)
def test_a_compiled_model_keeps_its_own_training_within_another(
    net, build, trained_outer, optimizer, loss, seed
):
    """
    A compiled model that becomes a layer of another compiled one trains and reports by itself as
    before.

    As in a GAN, whose discriminator is trained alone and in the whole. A step of the outer model
    moves the weights, which both share, and neither the optimizer nor the metrics within. What is
    frozen is another matter: both share `trainable` too.

    >>> import keras, numpy as np
    >>> inner = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(1)])
    >>> inner.compile("sgd", "mse", metrics=["mae"], run_eagerly=True)
    >>> outer = keras.Sequential([inner, keras.layers.Dense(1)])
    >>> outer.compile("sgd", "mse", run_eagerly=True)
    >>> x, y = np.ones((2, 3, 1)), np.ones((2, 1))
    >>> _ = outer.train_on_batch(x, y)
    >>> list(inner.fit(x, y, verbose=0).history)
    ['loss', 'mae']
    """
    target = target_of(net, seed, loss)
    theirs, ours = REMEMBERING[optimizer]
    model = trainee(net, build, loss, optimizer=theirs(), metrics=["mae"])
    put_within(model, net, trained_outer)
    history = fit(model, net, target)
    trained = train(net, target, ours(), in_order(net.samples, 2), loss)
    assert sorted(history) == ["loss", "mae"], f"fit reports {history}"
    assert_close(single(history["loss"]), trained.epoch_losses(), bound=SEVERAL)
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)


def put_within(model: Any, net: Net, trained: bool) -> None:
    """Make a model a layer of another one that is compiled, and trained for a step."""
    outer = keras.Sequential([model, keras.layers.Dense(1)])
    outer.compile("sgd", "mse", metrics=["mse"], run_eagerly=True)
    if trained:
        outer.train_on_batch(net.case.x, np.zeros((net.samples, 1), "float32"))
        model.set_weights(net.weights)


@claim(
    "trainer.compiled-without-metrics",
    promised="Model.compile: `metrics` is None by default",
    cases=2,
    needs="keras.Model.fit",
)
@given(
    nets(batch=2, timesteps=integers(1, 2)),
    builds,
    seeds,
    sampled_from(["metrics", "weighted_metrics"]),
    whole(["fit", "evaluate"]),
)
def test_a_model_compiled_anew_forgets_its_metrics(net, build, seed, argument, method):
    """
    A model of one output, compiled with metrics and then anew without, reports its loss alone.

    Until it does, compile it anew with metrics=[].

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(1)])
    >>> model.compile("sgd", "mse", metrics=["mae"], run_eagerly=True)
    >>> model.compile("sgd", "mse", metrics=[], run_eagerly=True)
    >>> list(model.fit(np.ones((2, 3, 1)), np.ones((2, 1)), verbose=0).history)
    ['loss']
    """
    model = trainee(net, build, **{argument: ["mae"]})
    target = target_of(net, seed)
    fit(model, net, target)
    model.compile(keras.optimizers.SGD(RATE), "mse", run_eagerly=build[1])
    run: dict[str, Any] = {"fit": fit, "evaluate": partial(evaluate, return_dict=True)}
    reported = list(run[method](model, net, target))
    assert reported == ["loss"], f"{method} reports {reported}"


@claim(
    "trainer.compiled-in-a-wrapper",
    derived="what is reported of a model is its own loss",
    cases=2,
    needs="keras.Model.fit",
)
@given(
    nets(batch=2, timesteps=integers(1, 2)),
    seeds,
    whole(["Sequential", "functional"]),
    whole([(), ("mae",)]),
    whole(["fit", "evaluate"]),
    booleans(),
)
def test_a_model_reports_its_own_loss_around_a_compiled_one(
    net, seed, form, metrics, method, eager
):
    """
    A model with TimeDistributed of a compiled model reports its own loss, in fit and in evaluate.

    A compiled model that is a layer itself does no harm. Until Keras does so here, wrap a model of
    the same layers that is not compiled, such as keras.Sequential(inner.layers).

    >>> import keras, numpy as np
    >>> inner = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(1)])
    >>> inner.compile("sgd", "mse")
    >>> free = keras.Sequential(inner.layers)
    >>> outer = keras.Sequential([keras.Input((2, 3, 1)), keras.layers.TimeDistributed(free)])
    >>> outer.compile("sgd", "mse", run_eagerly=True)
    >>> outer.evaluate(np.ones((1, 2, 3, 1)), 5 * np.ones((1, 2, 1)), verbose=0) > 1
    True
    """
    inner = network(net, form)
    inner.compile("sgd", "mse", metrics=list(metrics))
    wrapper = keras.layers.TimeDistributed(inner)
    model = keras.Sequential([keras.Input((1, *net.case.x.shape[1:])), wrapper])
    model.compile(keras.optimizers.SGD(RATE), "mse", run_eagerly=eager)
    target = target_of(net, seed)
    data = net.case.x[:, None], target[:, None]
    options = {"batch_size": 2, "verbose": 0}
    reported = {
        "fit": lambda: model.fit(*data, **options).history["loss"][0],
        "evaluate": lambda: model.evaluate(*data, **options, return_dict=True)["loss"],
    }[method]()
    loss = batch_loss(net, target, "mse")
    assert_close(single(reported), loss, instead={"the loss of the one within is reported": 0.0})


@claim(
    "trainer.clone-compiled",
    observed="Keras 3.9",
    corrects="A clone must be compiled before it can be trained.",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    nets(batch=4, timesteps=integers(1, 2), outputs=integers(1, 2)),
    whole(list(product(("functional", "Sequential"), REMEMBERING))),
    sampled_from(list(LOSSES)),
    seeds,
)
def test_a_clone_of_a_compiled_model_is_compiled_with_an_optimizer_of_its_own(
    net, form, loss, seed
):
    """
    The clone of a plain functional or Sequential model compiled with Keras' own objects is
    compiled, its optimizer at step 0.

    It trains as a new model, and leaves the weights of the first as they are. What a configuration
    lacks is lost, as Huber's delta is: compile the clone anew with it.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(1)])
    >>> model.compile("adam", "mse", run_eagerly=True)
    >>> x, y = np.ones((2, 3, 1)), np.ones((2, 1))
    >>> _ = model.fit(x, y, verbose=0)
    >>> clone = keras.models.clone_model(model)
    >>> clone.optimizer is model.optimizer, int(np.array(clone.optimizer.iterations))
    (False, 0)
    """
    kind, remembering = form
    ours, theirs = REMEMBERING[remembering]
    target = target_of(net, seed, loss)
    model = trainee(net, (kind, True), loss, optimizer=ours())
    fit(model, net, target)
    trained = train(net, target, theirs(), in_order(net.samples, 2), loss)
    clone = keras.models.clone_model(model)
    clone.set_weights(net.weights)
    fit(clone, net, target)
    for either in (clone, model):
        assert_close(either.get_weights(), trained.weights, bound=SEVERAL)


@claim(
    "trainer.clone-of-own-loss",
    derived="what a model is compiled with is no layer, so its clone does without",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    nets(batch=2, timesteps=integers(1, 2)),
    whole(list(product(("functional", "Sequential"), OWN_OBJECTS))),
)
def test_a_model_compiled_with_an_object_of_ones_own_is_cloned(net, form):
    """
    A functional or Sequential model that was compiled with a loss or metric of your own can be
    cloned.

    Where that fails, clone it before it is compiled, or register the function or class: clones are
    made by name.

    >>> import keras, numpy as np
    >>> @keras.utils.register_keras_serializable()
    ... def squared(y, z):
    ...     return (y - z) ** 2
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", squared)
    >>> len(keras.models.clone_model(model).weights)
    3
    """
    kind, name = form
    model = trainee(net, (kind, True), **OWN_OBJECTS[name])
    clone = keras.models.clone_model(model)
    clone.set_weights(net.weights)
    assert_close(to_numpy(clone(net.case.x)), outputs(net))


# Where samples come from.


def batches(*arrays: Array) -> Iterator[tuple[Array, ...]]:
    """Yield batches of two samples of some arrays, over and over."""
    while True:
        for row in in_order(len(arrays[0]), 2):
            yield tuple(array[row] for array in arrays)


def pydataset(workers: int, *arrays: Array) -> Any:
    """Return a PyDataset of batches of two samples."""
    rows = in_order(len(arrays[0]), 2)
    return batch_source([tuple(array[row] for array in arrays) for row in rows], workers=workers)


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


def run_on(model: Any, name: str, arrays: list[Array]) -> tuple[Any, Any, Any]:
    """Fit a model to a source of samples, which validates it too, and predict from one.

    What is predicted is returned for all batches, and for the first one.

    Args:
        model: a compiled model.
        name: one of SOURCES.
        arrays: inputs, targets and, if there are any, weights.
    """
    source = SOURCES[name]
    steps = len(in_order(len(arrays[0]), 2))
    options: dict[str, Any] = {"shuffle": False, "epochs": 2, "validation_data": source(*arrays)}
    alone: dict[str, Any] = {}
    if name == "a generator":
        options |= {"x": source(*arrays), "steps_per_epoch": steps, "validation_steps": steps}
        alone["steps"] = steps
    elif name in ("arrays", "tensors"):
        options |= dict(zip(("x", "y", "sample_weight"), source(*arrays), strict=False))
        options["batch_size"] = 2
        alone["batch_size"] = 2
    else:
        options["x"] = source(*arrays)
    history = model.fit(**options, verbose=0).history
    inputs = [source(arrays[0]) for _ in range(2)]
    every, first = (data[0] if isinstance(data, tuple) else data for data in inputs)
    predicted = model.predict(every, **alone, verbose=0)
    return history, predicted, model.predict(first, **{**alone, "steps": 1}, verbose=0)


@claim(
    "trainer.sources",
    promised="Model.fit, arguments `x` and `validation_data`: arrays, datasets, generators",
    cases=2,
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
    Unshuffled, arrays, tensors, generators and PyDatasets give a model of one input and output the
    same samples and weights.

    In fit, validation and predict, in the same order, in one epoch. By default fit shuffles arrays
    and tensors, and a finite PyDataset's batches. For several epochs give a generator that goes
    on, and steps_per_epoch. Predict takes the inputs, from a generator in a tuple. Inputs or
    targets in a list are for arrays and tensors only: give a tuple or dictionary.

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
    history, predicted, first = run_on(model, name, arrays)
    rows = in_order(net.samples, 2)
    orders = [trained_twice(net, target, order, weight) for order in (rows, rows[::-1])]
    (losses, tested, end), (exchanged, _, _) = orders
    instead = {"the batches are exchanged": exchanged}
    assert_close(single(history["loss"]), losses, bound=SEVERAL, instead=instead)
    assert_close(single(history["val_loss"]), tested, bound=SEVERAL)
    assert_close(model.get_weights(), end.weights, bound=SEVERAL)
    assert_close(predicted, outputs(end), bound=SEVERAL)
    assert_close(first, outputs(end.of(rows[0])), bound=SEVERAL)


def of_names(*parts: Any) -> list[Any]:
    """Return batches of two of the four samples of inputs in a dictionary, and of a target."""
    return [
        tuple(
            {name: x[row] for name, x in part.items()} if isinstance(part, dict) else part[row]
            for part in parts
        )
        for row in in_order(4, 2)
    ]


def subtracted(layer: Any, inputs: list[Any]) -> Any:
    """Return the difference of what a layer makes of two inputs."""
    return keras.layers.Subtract()([layer(part) for part in inputs])


NAMED_SOURCES: dict[str, Callable[..., Any]] = {
    "a PyDataset": lambda *parts: batch_source(of_names(*parts)),
    "a generator": lambda *parts: yielding(*of_names(*parts)),
    "a tf.data.Dataset": tf_data,
}
"""Sources of batches whose inputs are in a dictionary, each made of all samples."""
if find_spec("tensorflow") is None:
    del NAMED_SOURCES["a tf.data.Dataset"]


@claim(
    "trainer.sources-of-named-inputs",
    promised="Model.fit, argument `x`: a dictionary of inputs by name, datasets, generators",
    cases=4,
    needs=("keras.Model.fit", "keras.utils.PyDataset"),
)
@given(
    cases(batch=4, timesteps=integers(1, 3)),
    whole(list(product(NAMED_SOURCES, ("a list", "a dictionary")))),
    seeds,
)
def test_sources_give_named_inputs_in_a_dictionary(case, source, seed):
    """
    A model of two named Inputs takes them in a dictionary from a PyDataset, a generator or a
    tf.data.Dataset, as from arrays.

    Whether the Inputs are in a list or in a dictionary by the same names. Fit takes tuples
    ({"a": x, "b": z}, y), predict (inputs,) or, but from a generator, the dictionary alone.

    >>> import keras, numpy as np
    >>> inputs = [keras.Input((3, 1), name=name) for name in ("left", "right")]
    >>> lstm = keras.layers.LSTM(2)
    >>> model = keras.Model(inputs, keras.layers.Subtract()([lstm(part) for part in inputs]))
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y = {name: np.random.rand(2, 3, 1) for name in ("right", "left")}, np.ones((2, 2))
    >>> loss = model.evaluate(((x, y) for _ in range(1)), verbose=0)
    >>> bool(np.isclose(loss, np.mean((lstm(x["left"]) - lstm(x["right"]) - y) ** 2)))
    True
    """
    name, structure = source
    names = ("later", "earlier")
    inputs = [keras.Input((None, case.features), name=name) for name in names]
    model = keras.Model(
        STRUCTURES[structure](inputs[0], inputs[1], names), subtracted(lstm(case), inputs)
    )
    model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)
    other = replace(case, x=noise((4, 2, case.features), seed))
    difference = equations(case).h - equations(other).h
    target = noise(difference.shape, seed + 1)
    x = {"earlier": other.x, "later": case.x}
    loss = model.fit(NAMED_SOURCES[name](x, target), verbose=0).history["loss"]
    exact, turned = (np.mean((way * difference - target) ** 2) for way in (1, -1))
    instead = {"the names are taken in alphabetical order": [turned]}
    assert_close(single(loss), [exact], bound=SEVERAL, instead=instead)
    assert_close(model.predict(NAMED_SOURCES[name](x), verbose=0), difference)


def in_turn(parts: list[Net], target: Array) -> tuple[list[float], list[Array]]:
    """Return the losses of steps on models of one kind, a batch each, and the last weights."""
    losses = []
    weights = parts[0].weights
    for part in parts:
        trained = train(part.with_weights(weights), target, sgd(RATE), in_order(2, 2))
        losses.append(float(trained.losses[0]))
        weights = trained.weights
    return losses, weights


ONE_BY_ONE: dict[str, Callable[..., Any]] = {
    "a generator": lambda *batches_: yielding(*batches_),
    "a PyDataset": lambda *batches_: batch_source(list(batches_)),
}
"""Sources that may give batches of several lengths."""
differing = lists(integers(1, 5), min_size=2, max_size=3).filter(lambda t: t[0] != t[1])
"""Numbers of timesteps of batches, of which the first two differ."""


@claim(
    "trainer.batches-of-lengths",
    observed="Keras 3.15, TensorFlow",
    corrects="All batches of a fit must have the same number of timesteps.",
    cases=2,
    needs="keras.Model.fit",
)
@given(nets(batch=2, timesteps=5), builds, whole(list(ONE_BY_ONE)), differing, seeds)
def test_fit_takes_batches_of_several_lengths(net, build, source, sizes, seed):
    """
    An LSTM of open length trains on batches of any lengths from a generator or PyDataset, if the
    first two differ.

    So padding is needed within a batch only, and evaluate takes them too. On TensorFlow Keras looks
    at two batches to see which sizes are open: if both have one length, another one ends with an
    InvalidArgumentError. Let the first two differ, or give a tf.data.Dataset of a signature.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((None, 1)), keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)
    >>> data = [(np.random.rand(2, t, 1), np.random.rand(2, 2)) for t in (3, 5, 4)]
    >>> loss = model.fit((batch for batch in data), verbose=0).history["loss"][0]
    >>> bool(np.isclose(loss, np.mean([np.mean((model(x) - y) ** 2) for x, y in data])))
    True
    """
    parts = [Net(replace(net.case, x=net.case.x[:, :t]), net.head) for t in sizes]
    target = target_of(net, seed)
    data = [(part.case.x, target) for part in parts]
    model = trainee(net, build)
    history = model.fit(ONE_BY_ONE[source](*data), shuffle=False, verbose=0).history
    losses, weights = in_turn(parts, target)
    assert_close(single(history["loss"]), [np.mean(losses)], bound=SEVERAL)
    assert_close(model.get_weights(), weights, bound=SEVERAL)
    tested = model.evaluate(ONE_BY_ONE[source](*data), verbose=0)
    ends = [batch_loss(part.with_weights(weights), target) for part in parts]
    assert_close(single(tested), np.mean(ends), bound=SEVERAL)


@claim(
    "trainer.arguments-of-workers",
    promised="PyDataset, arguments `workers`, `use_multiprocessing` and `max_queue_size`",
    corrects="In Keras 3 fit takes workers and use_multiprocessing.",
    cases=2,
    needs=("keras.Model.fit", "keras.utils.PyDataset"),
)
@given(
    nets(batch=4, timesteps=integers(1, 2)),
    builds,
    whole(["fit", "evaluate", "predict"]),
    whole([{"workers": 2}, {"use_multiprocessing": False}, {"max_queue_size": 3}]),
    seeds,
)
def test_workers_are_arguments_of_a_pydataset(net, build, method, option, seed):
    """
    fit, evaluate and predict refuse workers, use_multiprocessing and max_queue_size, which a
    PyDataset takes.

    Keras 2 had them as arguments of fit. What a PyDataset's constructor takes, a subclass hands
    on, by super().__init__(**options). keras.utils.Sequence is another name of PyDataset.

    >>> import keras, numpy as np
    >>> class Batches(keras.utils.PyDataset):
    ...     def __len__(self): return 2
    ...     def __getitem__(self, index): return np.ones((2, 3, 1)), np.ones((2, 2))
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> len(model.fit(Batches(workers=2, max_queue_size=3), verbose=0).history["loss"])
    1
    """
    target = target_of(net, seed)
    model = trainee(net, build)
    run = getattr(model, method)
    arrays = [net.case.x, *([] if method == "predict" else [target])]
    assert_refused(lambda: run(*arrays, **option), ("TypeError", "ValueError"), *option)
    data = batch_source([(net.case.x, target)], **option)
    history = model.fit(data, shuffle=False, verbose=0).history
    trained = train(net, target, sgd(RATE), in_order(4, 4))
    assert_close(single(history["loss"]), [np.mean(trained.losses)], bound=SEVERAL)
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)


def renewed(workers: int, x: Array) -> Any:
    """Return a PyDataset whose targets are the number of the epoch that began last.

    An epoch takes a moment to begin, in which workers that do not wait read all of its batches.
    """

    class Renewed(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no types
        epoch = 0
        read = 0

        def __len__(self) -> int:
            return 2

        def __getitem__(self, index: int) -> tuple[Array, Array]:
            batch = x, np.full((len(x), 1), self.epoch, "float32")
            self.read += 1
            return batch

        def on_epoch_begin(self) -> None:
            unread = self.read
            end = time.monotonic() + (1.0 if workers > 1 else 0.0)
            while self.read < unread + 2 and time.monotonic() < end:
                time.sleep(0.005)
            self.epoch += 1

    return Renewed(workers=workers)


def target_alone(t: Any, y: Any) -> Any:
    """Return the target as the loss, with a derivative of zero."""
    return t + 0.0 * y


WORKERS = [2, 1] if Version(release()) >= Version("3.6") else [1]
"""Several workers of Keras 3.5 read ahead, and chance decides what they have read."""


@claim(
    "trainer.epoch-begins",
    promised="PyDataset, method `on_epoch_begin`: called at the start of each epoch",
    cases=2,
    needs=("keras.Model.fit", "keras.utils.PyDataset.on_epoch_begin"),
)
@given(nets(batch=2, timesteps=1), sampled_from(list(FORMS)), whole(WORKERS))
def test_an_epoch_begins_before_its_batches_are_read(net, form, workers):
    """
    Without steps_per_epoch a PyDataset's on_epoch_begin ends before fit reads what that epoch
    trains on, by several workers too.

    So it may draw samples anew, or make them harder. Before the first epoch fit may read batches
    for their shapes, and does not train on them.

    >>> import keras, numpy as np
    >>> class Epochs(keras.utils.PyDataset):
    ...     epoch = 0.0
    ...     def __len__(self): return 1
    ...     def __getitem__(self, index): return np.ones((2, 3, 1)), np.full((2, 2), self.epoch)
    ...     def on_epoch_begin(self): self.epoch += 1.0
    >>> def target_alone(target, output): return target + 0.0 * output
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", target_alone, run_eagerly=True)
    >>> model.fit(Epochs(), epochs=2, verbose=0).history["loss"]
    [1.0, 2.0]
    """
    model = trainee(net, (form, True), target_alone)
    options = {"epochs": 2, "shuffle": False, "verbose": 0}
    history = model.fit(renewed(workers, net.case.x), **options).history["loss"]
    instead = {
        "the batches are of the epoch before": [0.0, 1.0],
        "half of the batches are of the epoch before": [0.5, 1.5],
    }
    assert_close(single(history), [1.0, 2.0], instead=instead)


PASSES: dict[str, Callable[[Any, Any, int], Any]] = {
    "fit": lambda model, data, n: model.fit(data, epochs=n, verbose=0),
    "validation": lambda model, data, n: model.fit(
        *data[0], validation_data=data, epochs=n, verbose=0
    ),
    "evaluate": lambda model, data, n: [model.evaluate(data, verbose=0) for _ in range(n)],
    "predict": lambda model, data, n: [model.predict(data, verbose=0) for _ in range(n)],
}
"""What reads all batches of a PyDataset several times."""


def counted(*arrays: Array) -> Any:
    """Return a PyDataset that counts the ends of epochs, and keeps the counts its batches have."""

    class Counted(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no types
        ends = 0
        counts: set[int]

        def __len__(self) -> int:
            return 2

        def __getitem__(self, index: int) -> tuple[Array, ...]:
            self.counts.add(self.ends)
            return arrays

        def on_epoch_end(self) -> None:
            self.ends += 1

    data = Counted()
    data.counts = set()
    return data


@claim(
    "trainer.epoch-ends",
    promised="PyDataset, method `on_epoch_end`: called at the end of every epoch",
    cases=2,
    needs=("keras.Model.fit", "keras.utils.PyDataset.on_epoch_begin"),
)
@given(
    nets(batch=2, timesteps=1),
    sampled_from(list(FORMS)),
    whole(list(PASSES)),
    integers(1, 3),
    seeds,
)
def test_an_epoch_ends_once(net, form, reader, passes, seed):
    """
    Fit, its validation, evaluate and predict call a PyDataset's on_epoch_end once after each pass
    over it, and not before.

    Until Keras does so, change the samples in on_epoch_begin, which it calls once for a pass.
    Else the first of them are passed over, and validation meets every second only.

    >>> import keras, numpy as np
    >>> class Stages(keras.utils.PyDataset):
    ...     stage = -1.0
    ...     def __len__(self): return 1
    ...     def __getitem__(self, index): return np.ones((2, 3, 1)), np.full((2, 2), self.stage)
    ...     def on_epoch_begin(self): self.stage += 1.0
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", lambda target, output: target + 0.0 * output, run_eagerly=True)
    >>> list(model.fit(Stages(), validation_data=Stages(), epochs=2, verbose=0).history.values())
    [[0.0, 1.0], [0.0, 1.0]]
    """
    data = counted(net.case.x, target_of(net, seed))
    model = trainee(net, (form, True))
    PASSES[reader](model, data, passes)
    calls = f"{data.ends} calls of on_epoch_end, not {passes}"
    assert data.ends == passes, calls
    assert data.counts == {*range(passes)}, f"batches after {data.counts} calls"


class FaultyBatchError(Exception):
    """An error of one's own for a batch."""


ERRORS = {
    "ValueError": ValueError,
    "KeyError": KeyError,
    "IndexError": IndexError,
    "OSError": OSError,
    "NotImplementedError": NotImplementedError,
    "StopIteration": StopIteration,
    "FaultyBatchError": FaultyBatchError,
}
"""What may be raised for a batch."""


OF_A_BATCH = ("UnknownError", "UnimplementedError")
"""The types that TensorFlow has beside those of other backends for an error in the data."""


def failing(workers: int, failing_batch: int, error: type[Exception], *arrays: Array) -> Any:
    """Return a PyDataset of three batches, one of which raises an error."""

    class Failing(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no types
        def __len__(self) -> int:
            return 3

        def __getitem__(self, index: int) -> tuple[Array, ...]:
            if index == failing_batch:
                raise error("of a batch")
            return arrays

    return Failing(workers=workers)


RUNS: dict[str, Callable[[Any, Any], Any]] = {
    "fit": lambda model, data: model.fit(data, verbose=0),
    "validation": lambda model, data: model.fit(*data[1], validation_data=data, verbose=0),
    "evaluate": lambda model, data: model.evaluate(data, verbose=0),
    "predict": lambda model, data: model.predict(data, verbose=0),
}
"""What reads a PyDataset."""


@claim(
    "trainer.error-of-a-batch",
    observed="Keras 3",
    corrects="With several workers an error in the data is passed over, or nothing goes on.",
    cases=4,
    needs=("keras.Model.fit", "keras.utils.PyDataset"),
)
@given(
    nets(batch=2, timesteps=1),
    sampled_from(list(FORMS)),
    whole([2, 1]),
    whole([0, 2]),
    whole(list(ERRORS)),
    whole(list(RUNS)),
    seeds,
)
def test_an_error_of_a_batch_ends_the_run(net, form, workers, failing_batch, error, run, seed):
    """
    A built-in error that a PyDataset raises for a batch ends the fit, evaluate or predict that
    takes it, by several workers too.

    Its words are in the error that they raise, whose type may be another. Of a StopIteration it
    may be a RuntimeError without them.

    >>> import keras, numpy as np
    >>> class Faulty(keras.utils.PyDataset):
    ...     def __len__(self): return 3
    ...     def __getitem__(self, index): raise KeyError("no such row")
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> try: model.fit(Faulty(workers=2), verbose=0)
    ... except Exception as error: print("no such row" in str(error))
    True
    """
    model = trainee(net, (form, True))
    data = failing(workers, failing_batch, ERRORS[error], net.case.x, target_of(net, seed))
    kinds = (*OF_THE_BACKEND, *OF_A_BATCH, error)
    words = ("of a batch", "raised StopIteration") if error == "StopIteration" else "of a batch"
    assert_refused(partial(RUNS[run], model, data), kinds, words)


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
    A PyDataset may return one input, target and weight in a tuple or a list, and an input array
    alone in one or by itself.

    A generator must yield tuples. Two inputs need a tuple or a dictionary of their own: a list in
    the batch, of one input too, fails on TensorFlow.

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
    Evaluate refuses PyDatasets whose batch is a str, (), (x, y, w, v) or (x, 1.0), and generators
    of lists, arrays or no batch.

    With a ValueError that says what is expected. A generator yields tuples of one to three parts,
    and its target may not be a number either.

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
    assert_refused(partial(model.evaluate, yielding()), "ValueError", "at least one batch")
    for source in (batch_source([(x, 1.0)] * 2), yielding((x, 1.0), (x, 1.0))):
        assert_refused(partial(model.evaluate, source), "ValueError", "at least rank 1")


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

    With a ValueError. The source yields (x, y) or (x, y, sample_weight), and validation_data is
    another source, or arrays.

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
