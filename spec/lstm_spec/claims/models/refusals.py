"""What a model refuses, when it is made or called."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.harness.masks import MERGING
from lstm_spec.harness.refusals import assert_refused
from lstm_spec.harness.strategies import booleans, cases, whole
from lstm_spec.harness.subject import lstm

NAME = "the_layer_in_question"
WRONG_AXES = [None, "1", 1.0, np.int64(1), (1,), (1, 2, 1), (1.0, 2), (1, 2.0), (1, "2"), (1, None)]
"""What Dot does not take as its axes."""
ERRORS = ("InvalidArgumentError", "RuntimeError", "TypeError", "ValueError")
"""How a layer that is built already fails, by backend."""
ABSENT = ("not optional", "Missing data", "structure")
"""Words of the errors about an absent input."""


@claim("models.second-lstm-refused", derived="an LSTM reads sequences, and an output is none")
@given(cases())
def test_an_lstm_behind_an_output_is_refused_by_name(case):
    """
    In a model with an `Input`, an LSTM directly behind a valid one that returns its last output
    only is refused by name.

    The message says which layer found an axis too few. In Keras 3 one behind return_state=True is
    refused for its three inputs.

    >>> import keras, numpy as np
    >>> first, second = keras.layers.LSTM(2), keras.layers.LSTM(2, name="second")
    >>> try:
    ...     _ = keras.Sequential([keras.Input((3, 1)), first, second])
    ... except ValueError as error:
    ...     print("second" in str(error))
    True
    """
    given = keras.Input(case.x.shape[1:])
    second = keras.layers.LSTM(2, name=NAME)
    assert_refused(lambda: second(lstm(case)(given)), "ValueError", NAME, "ndim=3")
    stack = [given, lstm(case), keras.layers.LSTM(2, name=NAME)]
    assert_refused(lambda: keras.Sequential(stack), "ValueError", NAME, "ndim=3")


@claim("models.repeat-refused", promised="RepeatVector: its input has two axes")
@given(cases(return_sequences=True))
def test_repeating_a_sequence_is_refused_by_name(case):
    """
    In a model with an `Input`, RepeatVector refuses the sequences of an LSTM with
    return_sequences=True.

    It repeats one vector, such as the last output of an LSTM.

    >>> import keras, numpy as np
    >>> encoder = keras.layers.LSTM(2, return_sequences=True)
    >>> repeat = keras.layers.RepeatVector(3, name="repeat")
    >>> try:
    ...     _ = repeat(encoder(keras.Input((4, 1))))
    ... except ValueError as error:
    ...     print("repeat" in str(error))
    True
    """
    repeat = keras.layers.RepeatVector(2, name=NAME)
    given = keras.Input(case.x.shape[1:])
    assert_refused(lambda: repeat(lstm(case)(given)), "ValueError", NAME, "ndim=2")


@claim("models.unequal-merge-refused", derived="element by element: the lengths must be equal")
@given(cases(), integers(1, 3), sampled_from([name for name in MERGING if name != "Concatenate"]))
def test_merging_known_lengths_that_differ_is_refused(case, more, name):
    """
    Add and its like refuse two sequences of vectors of known lengths that differ, unless one is of
    length one.

    They merge element by element, and a single timestep with each of the others.

    >>> import keras, numpy as np
    >>> a, b = keras.Input((3, 2)), keras.Input((4, 2))
    >>> try:
    ...     _ = keras.layers.Add()([a, b])
    ... except ValueError:
    ...     print("refused")
    refused
    """
    length = 1 + case.timesteps
    lengths = (length, length + more)
    for pair in ([keras.Input((t, 2)) for t in lengths], [np.ones((1, t, 2)) for t in lengths]):
        merging = partial(getattr(keras.layers, name)(), pair)
        assert_refused(merging, "ValueError", "shape", *map(str, lengths))


@claim("models.other-batch-refused", derived="merges take sample by sample: the batches must agree")
@given(cases(batch=integers(2, 3)), whole([*MERGING, "Dot"]), booleans())
def test_merging_other_numbers_of_samples_is_refused(case, name, single):
    """
    The call that builds a merge, but Concatenate along axis 0, refuses arrays of different numbers
    of samples with a ValueError.

    A single sample too. Later, and in a functional model that is called, Add and its like take a
    single sample for all without notice. Repeat it first, as by numpy.repeat.

    >>> import keras, numpy as np
    >>> try:
    ...     _ = keras.layers.Add()([np.ones((2, 3, 1)), np.ones((1, 3, 1))])
    ... except ValueError as error:
    ...     print("batch sizes" in str(error))
    True
    """
    layer = keras.layers.Dot(2) if name == "Dot" else getattr(keras.layers, name)()
    fewer = case.x[:1] if single else case.x[:-1]
    words = ("atch size", "matching shapes")
    assert_refused(lambda: layer([case.x, fewer]), "ValueError", words)


@claim("models.dot-refused", promised="Dot, argument `axes`: an integer or a tuple of two integers")
@given(cases(batch=sampled_from([2, 3])), whole(WRONG_AXES), integers(1, 2))
def test_dot_refuses_other_axes_and_inputs(case, axes, more):
    """
    A new Dot refuses axes that are text, a float, None, or a list of other than two whole numbers,
    and any but two inputs.

    NumPy's whole numbers are refused too: write int(axis). True is taken for 1. Refused as well
    are two inputs whose sizes along the axes differ, and, on its first call, symbols of which one
    leaves its size open.

    >>> import keras, numpy as np
    >>> try:
    ...     keras.layers.Dot((1, 2.0))
    ... except ValueError as error:
    ...     print("should be integers" in str(error))
    True
    """
    assert_refused(lambda: keras.layers.Dot(axes), ("TypeError", "ValueError"), "`axes`")
    x = case.x
    for inputs in (x, [x], [x] * (2 + more)):
        assert_refused(partial(keras.layers.Dot(1), inputs), "ValueError", "list of 2 inputs")
    longer = np.pad(x, ((0, 0), (0, more), (0, 0)))
    assert_refused(lambda: keras.layers.Dot(1)([x, longer]), "ValueError", "ncompatible")


@claim(
    "models.own-type-error",
    derived="an error of a layer's call is told as it is",
    cases=2,
    needs="keras.ops",
)
@given(cases(return_sequences=True), whole(["option", "positions", "names"]))
def test_a_type_error_in_a_call_stays_one(case, signature):
    """
    A plain TypeError that a layer's call(self, x) raises in a Sequential model stays a TypeError,
    with its words.

    So too if call takes an optional argument, *args or **kwargs after x. Plain means TypeError
    itself, not a subclass of it.

    >>> import keras, numpy as np
    >>> class Wrong(keras.layers.Layer):
    ...     def call(self, x, *others):
    ...         return x + "a"
    >>> try:
    ...     model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2), Wrong()])
    ... except TypeError:
    ...     print("refused")
    refused
    """
    layer = type("Wrong", (keras.layers.Layer,), {"call": CALLS[signature]})()
    given_ = keras.Input(case.x.shape[1:])
    make = partial(keras.Sequential, [given_, lstm(case), layer])
    assert_refused(make, "TypeError", "of my own")


def fail():
    """Fail as a layer's call may.

    Raises:
        TypeError: always.
    """
    raise TypeError("of my own")


CALLS: dict[str, Callable[..., Any]] = {
    "option": lambda self, x, option=None: fail(),
    "positions": lambda self, x, *others: fail(),
    "names": lambda self, x, **others: fail(),
}
"""Calls of layers that fail, by what they take beside a tensor."""


@claim(
    "models.joined-refused",
    promised="Concatenate: a list of tensors, all of the same shape but for the axis",
)
@given(cases(timesteps=integers(1, 3), batch=integers(2, 3)), integers(1, 2), booleans())
def test_concatenate_refuses_shapes_that_do_not_fit(case, more, in_time):
    """
    Concatenate refuses a tensor in no list, another number of axes, and sizes that differ along any
    axis but its own.

    A vector has to be repeated, as by RepeatVector, before it is joined to each timestep. A list
    of one tensor is taken.

    >>> import keras, numpy as np
    >>> x = np.ones((2, 3, 1))  # (batch, timesteps, features)
    >>> try:
    ...     _ = keras.layers.Concatenate()([x, x[:, 0]])
    ... except ValueError as error:
    ...     print("matching shapes" in str(error))
    True
    """
    x = case.x
    axis = 1 if in_time else -1
    assert_refused(lambda: keras.layers.Concatenate(axis)(x), "ValueError", "on a list")
    other = np.pad(x, ((0, 0), (0, 0), (0, more)) if in_time else ((0, 0), (0, more), (0, 0)))
    for second in (x[:, 0], x[:, :, :, None], other):
        for pair in ([x, second], [second, x]):
            join = keras.layers.Concatenate(axis)
            symbols = [keras.Input(array.shape[1:]) for array in pair]
            assert_refused(partial(join, pair), "ValueError", "matching shapes")
            assert_refused(partial(join, symbols), "ValueError", "matching shapes")
    built = keras.layers.Concatenate(1)
    built([x, x])
    assert_refused(lambda: built([x, x[:, 0]]), ERRORS, ("imension", "Ranks"))


@claim(
    "models.absent-inputs-refused",
    derived="a model needs each of its inputs",
    cases=8,
)
@given(
    cases(),
    whole(["Sequential", "one input", "two inputs", "by name"]),
    whole([0, 1]),
    sampled_from([(), ("another",), ("yet another",)]),
)
def test_an_absent_input_is_refused(case, kind, second, names):
    """
    Called, a model with Inputs refuses None for one that is not optional, and a dictionary that
    lacks it, with a ValueError.

    Whether it is a functional or a Sequential model.

    >>> import keras, numpy as np
    >>> a, b = keras.Input((3, 1), name="a"), keras.Input((3, 1), name="b")
    >>> model = keras.Model([a, b], [keras.layers.LSTM(2)(a), keras.layers.LSTM(2)(b)])
    >>> try:
    ...     model({"a": np.ones((1, 3, 1))})
    ... except ValueError as error:
    ...     print("b" in str(error))
    True
    """
    x = case.x
    layer = lstm(case)
    named = {name: keras.Input(x.shape[1:], name=name) for name in ("left", "right")}
    left, right = named.values()
    both = layer(keras.layers.Add()([left, right]))
    pair = {"left": x, "right": None} if second else {"left": None, "right": x}
    others = dict.fromkeys(names, x)
    lone = {name: array for name, array in (pair | others).items() if array is not None}
    model, *absent = {
        "Sequential": lambda: (keras.Sequential([left, layer]), None, {"right": x} | others),
        "one input": lambda: (keras.Model(left, layer(left)), None, {"right": x} | others),
        "two inputs": lambda: (keras.Model([left, right], both), [*pair.values()], lone),
        "by name": lambda: (keras.Model(named, both), pair, lone),
    }[kind]()
    for inputs in absent:
        assert_refused(partial(model, inputs), "ValueError", ABSENT)


@claim("models.swapped-inputs-refused", derived="an Input declares its axes")
@given(cases(features=integers(2, 3)))
def test_inputs_in_the_wrong_order_are_refused_when_called(case):
    """
    A call of a functional model of two inputs in a list refuses them in the wrong order, if
    features differ and neither has one.

    The message tells what the Input declares and what was given. An Input of one feature takes any
    number, and so does a list within a dictionary of Inputs; symbols may be refused with data only.
    After data in the right order a compiled predict, fit or evaluate leaves the features open, and
    takes the wrong order in silence where the layers can.

    >>> import keras, numpy as np
    >>> a, b = keras.Input((None, 2)), keras.Input((None, 3))
    >>> model = keras.Model([a, b], [keras.layers.LSTM(1)(a), keras.layers.LSTM(1)(b)])
    >>> x = np.ones((1, 4, 3))
    >>> try:
    ...     _ = model([x, x[:, :, :2]])
    ... except ValueError as error:
    ...     print("(None, None, 2)" in str(error))
    True
    """
    a = keras.Input((None, case.features))
    b = keras.Input((None, case.features + 4))
    model = keras.Model([a, b], [lstm(case)(a), keras.layers.LSTM(1)(b)])
    wide = np.pad(case.x, ((0, 0), (0, 0), (0, 4)))
    assert len(model([case.x, wide])) == 2
    shape = f"(None, None, {case.features})"
    assert_refused(lambda: model([wide, case.x]), "ValueError", "expected shape", shape)


@claim("models.disconnected-refused", promised="functional API guide: a graph of layers")
@given(cases())
def test_an_output_that_no_input_reaches_is_refused(case):
    """
    A functional model whose output does not come from its inputs is refused when it is made.

    Such as where another Input was used by mistake, or an array in place of one.

    >>> import keras, numpy as np
    >>> a, b = keras.Input((3, 1)), keras.Input((3, 1))
    >>> try:
    ...     _ = keras.Model(a, keras.layers.LSTM(2)(b))
    ... except ValueError:
    ...     print("refused")
    refused
    """
    a = keras.Input(case.x.shape[1:])
    b = keras.Input(case.x.shape[1:])
    y = lstm(case)(b)
    words = ("not connected", "disconnected")
    assert_refused(lambda: keras.Model(a, y), "ValueError", words)
    keras.layers.Flatten()(a)
    assert_refused(lambda: keras.Model(a, y), "ValueError", words)
    assert_refused(lambda: keras.Model(case.x, y), "ValueError", "KerasTensor")
