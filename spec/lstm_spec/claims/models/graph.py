"""Functional models: what their graph takes and lists, how it comes back, and calls without one."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import integers, lists, permutations

from lstm_spec.claims import claim
from lstm_spec.claims.models import masking, other, part
from lstm_spec.harness.reference import equations, returned
from lstm_spec.harness.refusals import assert_refused
from lstm_spec.harness.strategies import Array, Case, cases, noise, picks, seeds, varied, whole
from lstm_spec.harness.subject import FORMS, backend, heard, kind, lstm, to_numpy
from lstm_spec.harness.tolerance import assert_close, assert_same

ERRORS = ("NotImplementedError", "TypeError", "RuntimeError")
"""How a call fails that reads numbers of a symbol, by backend."""


@claim(
    "models.other-structure",
    observed="Keras 3: a dictionary's tensors are ordered by their names",
    cases=4,
)
@given(cases(), seeds)
def test_a_list_stands_for_a_dictionary_of_inputs_in_alphabetical_order(case, seed):
    """
    Called on data, a functional model of a dictionary of Inputs takes a list, with a warning, if
    its keys are sorted.

    The warning says that the structure does not match. If the keys are not sorted, as by Python's
    `sorted`, the list is refused. A dictionary may be given in any order.

    >>> import keras, numpy as np
    >>> a, b = keras.Input((3, 1), name="a"), keras.Input((3, 1), name="b")
    >>> model = keras.Model({"b": b, "a": a}, keras.layers.LSTM(2)(a - b))
    >>> x = np.ones((1, 3, 1))  # (batch, timesteps, features)
    >>> try:
    ...     model([x, x])
    ... except ValueError as error:
    ...     print("structure" in str(error))
    True
    """
    left, right = (keras.Input(case.x.shape[1:], name=name) for name in ("left", "right"))
    y = lstm(case)(keras.layers.Subtract()([left, right]))
    in_order = keras.Model({"left": left, "right": right}, y)
    backwards = keras.Model({"right": right, "left": left}, y)
    other = noise(case.x.shape, seed)
    named = {"right": other, "left": case.x + other}
    for model in (in_order, backwards):
        actual, text = heard(partial(model, named))
        assert "structure" not in text, f"the warnings are: {text}"
    again, text = heard(partial(in_order, [named["left"], other]))
    assert "structure of `inputs` doesn't match" in text, f"the warnings are: {text}"
    assert_same(again, actual)
    deep = partial(keras.Model([[left], right], y), named)
    for call in (partial(backwards, [named["left"], other]), deep):
        assert_refused(call, "ValueError", "structure")


def noted(masks: list[Any]) -> Any:
    """Return a layer that adds the mask of each call to a list."""

    def call(self: Any, x: Any, mask: Any = None) -> Any:
        masks.append(mask)
        return x * 1.0

    return type("Noted", (keras.layers.Layer,), {"call": call})()


def masks_within(axes: tuple[int | None, ...], x: Any) -> list[Any]:
    """Return the masks that a layer finds in a model of an Input, run in two ways on a tensor."""
    masks: list[Any] = []
    symbol = keras.Input(axes)
    model = keras.Model(symbol, noted(masks)(symbol))
    masks.clear()
    for call in (model, model.call):
        returned, _ = heard(partial(call, x))
        assert len(returned.shape) == 1 + len(axes), f"{returned.shape}"
    return masks


def sparse(x: Array) -> list[Any]:
    """Return an array as a sparse tensor, in a list; none, where the backend has none."""
    if backend() != "tensorflow":
        return []
    import tensorflow as tf

    return [tf.sparse.from_dense(x)]


@claim(
    "models.fits-its-inputs",
    observed="Keras 2 and 3",
    corrects="An array must have all axes of its Input.",
    cases=6,
)
@given(
    cases(batch=integers(1, 3), timesteps=integers(2, 4), features=1, masked=True),
    picks,
    whole([("float32", "float64"), ("float32", "int64"), ("int32", "float32")]),
)
def test_a_functional_model_makes_its_arrays_fit_its_inputs(case, pick, types):
    """
    Called, a functional model fits arrays to its Inputs: it casts them, adds or drops a last axis
    of size one, and keeps masks.

    An LSTM behind an Input of (timesteps, 1) reads an array (batch, timesteps). Numbers lose their
    fractions where an Input of ids takes them. Predict loses masks; for a dictionary see
    `models.input-masks-by-name`.

    >>> import keras, numpy as np
    >>> given, lstm = keras.Input((None, 1)), keras.layers.LSTM(2)
    >>> model, x = keras.Model(given, lstm(given)), np.random.rand(2, 3, 1)
    >>> bool(np.array_equal(model(x[:, :, 0]), model(x)))
    True
    """
    declared, own = types
    case = part(case, pick)
    numbers = (3.0 * case.x).astype(own)
    symbol = keras.Input((None, 1), dtype=declared)
    doubled = keras.Model(symbol, symbol * 2)(numbers)
    assert kind(doubled) == declared, f"{kind(doubled)} of an Input of {declared}"
    assert_same(doubled, 2 * numbers.astype(declared))
    symbol = keras.Input((None, 1))
    model = keras.Model(symbol, lstm(case)(symbol))
    for x in (case.x[:, :, 0], *sparse(case.x)):
        assert_same(model(x), model(case.x))
    lacking = keras.layers.Lambda(lambda x: x[..., 0], mask=lambda inputs, mask: mask)
    x = masking(case.x)
    masks = [*masks_within((None,), x), *masks_within((None, 1), lacking(x))]
    assert all(np.array_equal(mask, case.mask) for mask in masks), f"the masks are {masks}"


@claim(
    "models.input-masks-by-name",
    promised="masking guide: Keras fetches the mask corresponding to an input",
    cases=4,
)
@given(
    cases(batch=integers(1, 3), timesteps=integers(2, 4), features=2, masked=True),
    picks,
    seeds,
    whole([("early", "late"), ("late", "early")]),
    whole([(), ("another",), ("yet another",)]),
)
def test_each_input_given_by_its_name_keeps_its_own_mask(case, pick, seed, names, more):
    """
    Called with a dictionary, a functional model of a list of named Inputs reads each with the mask
    attached to it.

    In whatever order the Inputs are in the list, and whatever else the dictionary holds. A Masking
    or an Embedding in front of the model attaches the masks. A model that is called with a list
    reads each with its own.

    >>> import keras, numpy as np
    >>> early, late = keras.Input((None, 1), name="early"), keras.Input((None, 1), name="late")
    >>> lstm = keras.layers.LSTM(2)
    >>> model = keras.Model([early, late], [lstm(early), lstm(late)])
    >>> x, y = (keras.layers.Masking()(np.array([[[a], [b]]])) for a, b in ((1.0, 0.0), (0.0, 2.0)))
    >>> bool(np.allclose(model({"late": y, "early": x})[0], lstm(x), atol=1e-6))
    True
    """
    case = part(case, pick)
    layer = lstm(case)
    inputs = [keras.Input((None, 2), name=name) for name in names]
    model = keras.Model(inputs, [layer(x) for x in inputs])
    arrays = [case.x, other(case, seed) * np.roll(case.mask, 1, axis=1)[:, :, None]]
    others = dict.fromkeys(more, masking(arrays[1]))
    actual = model(dict(zip(names, map(masking, arrays), strict=True)) | others)
    parts = [replace(case, x=x, mask=np.any(x != 0, axis=-1)) for x in arrays]
    for y, own, another in zip(actual, parts, reversed(parts), strict=True):
        swapped = equations(replace(own, mask=another.mask)).h
        instead = {
            "it reads by the other mask": swapped,
            "it reads the other": equations(another).h,
        }
        assert_close(y, equations(own).h, instead=instead)


def branch(name: str, denses: int) -> tuple[Any, Any]:
    """Return an Input, and what an LSTM and so many Dense layers make of it, one after another."""
    given_ = keras.Input((3, 1), name=f"{name}_-1")
    y = keras.layers.LSTM(2, name=f"{name}_0")(given_)
    for k in range(1, denses + 1):
        y = keras.layers.Dense(2, name=f"{name}_{k}")(y)
    return given_, y


@claim(
    "models.order-of-layers",
    observed="Keras 2 and 3",
    corrects="A functional model lists its layers in the order in which they were made.",
    cases=4,
)
@given(permutations(range(3)), lists(integers(0, 2), min_size=3, max_size=3), integers(1, 3))
def test_layers_are_listed_by_their_distance_from_the_outputs(order, denses, count):
    """
    Without shared layers, a functional model lists layers farther from its outputs first, equals
    in the order of the outputs.

    Weights are listed so too. The longest way counts, and outputs in a dictionary are ordered by
    their keys. Unless a model is a chain, its summary shows what is connected with what.

    >>> import keras, numpy as np
    >>> a, b = keras.Input((3, 1), name="a"), keras.Input((3, 1), name="b")
    >>> second = keras.layers.LSTM(2, name="second")(b)
    >>> first = keras.layers.LSTM(2, name="first")(a)
    >>> [layer.name for layer in keras.Model([b, a], [first, second]).layers]
    ['a', 'b', 'first', 'second']
    """
    order = [k for k in order if k < count]
    ends = {k: branch(f"branch{k}", denses[k]) for k in range(count)}
    unread = keras.Input((2, 1), name="unread")
    keras.layers.Flatten()(unread)  # an Input that leads nowhere is refused by Keras 3.10 to 3.13
    model = keras.Model([unread, *(x for x, _ in ends.values())], [ends[k][1] for k in order])
    listed = [layer.name for layer in model.layers]
    expected = [
        f"branch{k}_{denses[k] - far}"
        for far in (3, 2, 1, 0)
        for k in order
        if far <= denses[k] + 1
    ]
    assert [name for name in listed if name != "unread"] == expected, f"{listed}, not {expected}"
    assert listed.count("unread") == 1, f"{listed}"
    weights = [id(weight) for layer in model.layers for weight in layer.weights]
    assert weights == [id(weight) for weight in model.weights], "the weights have another order"
    lines: list[str] = []
    model.summary(print_fn=lambda text, **_: lines.append(text))
    assert "Connected to" in "".join(lines), f"{lines}"


@claim(
    "models.input-and-output",
    promised="Sequential model guide: once built, it behaves like a functional model",
    cases=4,
)
@given(cases(**varied("return_sequences", "go_backwards")), whole(["Sequential", "functional"]))
def test_a_model_has_its_input_and_output_before_any_call(case, kind):
    """
    A functional model, or a Sequential one of `Input` and a layer, has `input` and `output` before
    any call.

    They are the tensors of `inputs` and `outputs`, and make another model of its layers. A
    Sequential model of Keras 3 raises that it "has never been called" until it is called on a
    keras.Input. Take `inputs` and `outputs`.

    >>> import keras, numpy as np
    >>> given, lstm = keras.Input((3, 1)), keras.layers.LSTM(2)
    >>> model = keras.Model(given, lstm(given))
    >>> model.input is model.inputs[0], model.output is model.outputs[0]
    (True, True)
    """
    model = FORMS[kind]([lstm(case)], keras.Input(case.x.shape[1:]))
    ends = [model.input, model.output]
    assert ends[0] is model.inputs[0], f"input: {ends[0]}"
    assert ends[1] is model.outputs[0], f"output: {ends[1]}"
    assert_close(keras.Model(*ends)(case.x), returned(case))


class Untraced(keras.Model):  # type: ignore[misc]  # Keras has no types
    """A subclassed model whose call reads a number of its LSTM's output in Python."""

    def __init__(self, units: int) -> None:
        """Make the layer, which the first call builds."""
        super().__init__()
        self.lstm = keras.layers.LSTM(units)

    def call(self, x: Any) -> Any:
        """Return what the LSTM makes of the input, scaled."""
        y = self.lstm(x)
        return y / (1.0 + float(np.max(np.abs(y))))


class Plain(keras.Model):  # type: ignore[misc]  # Keras has no types
    """A subclass of Model with no `__init__` of its own."""


class Handing(keras.Model):  # type: ignore[misc]  # Keras has no types
    """A subclass of Model that hands on what it is made of."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Keep a number beside."""
        super().__init__(*args, **kwargs)
        self.factor = 2.0


SUBCLASSES: dict[str, Any] = {"Plain": Plain, "Handing": Handing}


@claim(
    "models.subclass-of-layers",
    promised="guide to customizing fit: CustomModel(inputs, outputs)",
    cases=4,
)
@given(cases(), whole(list(SUBCLASSES)), seeds)
def test_a_subclass_that_is_made_of_layers_comes_back(case, name, seed):
    """
    A Model subclass without `__init__`, made functionally of distinct Keras layers but Lambda,
    comes back from its config.

    From an outer model's too, if the class is registered or in custom_objects. So does one whose
    `__init__` hands on *args and **kwargs; one that takes units, say, needs its own get_config.
    Register an activation of one's own; a lambda is refused.

    >>> import keras, numpy as np
    >>> class Custom(keras.Model):
    ...     def train_step(self, data): return super().train_step(data)
    >>> given, lstm = keras.Input((3, 1)), keras.layers.LSTM(2)
    >>> model = Custom(given, lstm(given))
    >>> twin = Custom.from_config(model.get_config())
    >>> twin.set_weights(model.get_weights())
    >>> bool(np.array_equal(twin(np.ones((1, 3, 1))), model(np.ones((1, 3, 1)))))
    True
    """
    shape = case.x.shape[1:]
    symbol, *pair = (keras.Input(shape) for _ in range(3))
    owner = SUBCLASSES[name]
    inner = owner(symbol, lstm(case)(symbol))
    outer = keras.Model(pair, [inner(x) for x in pair])
    with keras.utils.custom_object_scope({name: owner}):
        twins = [type(model).from_config(model.get_config()) for model in (inner, outer)]
    for twin in twins:
        twin.set_weights(case.weights)
    assert type(twins[0]) is type(inner), f"{type(twins[0])}"
    other = noise(case.x.shape, seed)
    first = equations(case).h
    second = to_numpy(inner(other))
    assert_close([twins[0](case.x), *twins[1]([case.x, other])], [first, first, second])


@claim(
    "models.untraced-call",
    observed="Keras 3 on TensorFlow",
    corrects="A call that Keras warns that it cannot trace must be rewritten.",
    cases=4,
    needs=("tensorflow", "keras.ops"),
)
@given(cases())
def test_a_call_that_cannot_be_traced_runs_on_arrays(case):
    """
    Called on an array, but not on an Input, a new subclassed model without `build` can read a new
    LSTM's output as a number.

    On an Input Keras warns of unbuilt state, and then the call fails. Predict and fit fail too,
    unless it is compiled with run_eagerly=True.

    >>> import keras, numpy as np
    >>> class Untraced(keras.Model):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.lstm = keras.layers.LSTM(2)
    ...     def call(self, x):
    ...         y = self.lstm(x)
    ...         return y / float(np.max(y))
    >>> model = Untraced()
    >>> tuple(model(np.ones((1, 3, 1))).shape), model.built
    ((1, 2), True)
    """
    model = Untraced(case.units)
    _, text = heard(lambda: model(case.x))
    assert "unbuilt" not in text, f"the warnings are: {text}"
    assert model.built, "the model is not built"
    model.set_weights(case.weights)
    h = equations(case).h
    assert_close(model(case.x), h / (1.0 + np.max(np.abs(h))))
    other: Any = Untraced(case.units)
    symbolic = partial(other, keras.Input(case.x.shape[1:]))
    call = partial(assert_refused, symbolic, ERRORS, "Untraced.call")
    _, text = heard(call)
    assert "looks like it has unbuilt state, but Keras is not able to trace" in text, f"{text}"


class Inner(keras.Model):  # type: ignore[misc]  # Keras has no types
    """A subclassed model of one LSTM, without a `build` of its own."""

    def __init__(self, case: Case) -> None:
        """Make the layer, which the first call builds."""
        super().__init__()
        self.lstm = keras.layers.LSTM(case.units, **case.options)

    def call(self, x: Any) -> Any:
        """Return what the LSTM makes of the input."""
        return self.lstm(x)


@claim(
    "models.build-of-subclass",
    observed="Keras 3; Keras 2 runs the call, which makes the weights",
    corrects="A subclassed model has its weights after `build`.",
    cases=4,
    needs="keras.ops",
)
@given(cases(**varied("units", "return_sequences", "go_backwards")))
def test_build_of_a_subclassed_model_makes_no_weights(case):
    """
    In Keras 3 `build` of a direct, not functional Model subclass with none of its own makes no
    weights of its layers and warns.

    It marks the model as built all the same. The first call, fit or predict makes their weights;
    until then set_weights takes none of these.

    >>> import keras, numpy as np
    >>> class Inner(keras.Model):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.lstm = keras.layers.LSTM(2)
    ...     def call(self, x): return self.lstm(x)
    >>> model = Inner()
    >>> model.build((None, 3, 1))
    >>> model.built, model.weights, model.lstm.built
    (True, [], False)
    """
    model: Any = Inner(case)
    _, text = heard(lambda: model.build(case.x.shape))
    assert "does not have a `build()` method implemented" in text, f"it warns: {text!r}"
    assert model.built, "the model is not built"
    assert model.weights == [], f"weights: {model.weights}"
    model(case.x)
    model.set_weights(case.weights)
    assert_close(model(case.x), returned(case))
