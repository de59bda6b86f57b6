"""Bidirectional: two directions, merged."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from functools import partial

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import integers

from lstm_spec.claims import claim
from lstm_spec.claims.wrappers import another, assume_served, both, opposite, side_by_side
from lstm_spec.harness.reference import equations
from lstm_spec.harness.refusals import assert_refused
from lstm_spec.harness.strategies import (
    SIZES,
    booleans,
    cases,
    picks,
    seeds,
    several,
    varied,
    whole,
)
from lstm_spec.harness.subject import UNDRAWN, lstm, shapes, to_numpy, total
from lstm_spec.harness.tolerance import assert_close, assert_differs, assert_same
from lstm_spec.harness.ways import layer_ways


def halves(case, backward):
    """Return the outputs of both directions, a sequence's in the order of the timesteps."""
    f = equations(case)
    b = equations(backward)
    return [f.outputs, b.outputs[:, ::-1]] if case.options["return_sequences"] else [f.h, b.h]


def halved(z):
    """Halve z: an activation that Keras does not know."""
    return z * 0.5


@claim(
    "wrappers.halves",
    promised="Bidirectional, argument `merge_mode`",
    cases=4,
)
@given(cases(unroll=booleans(), **varied(*SIZES)), seeds, booleans(), layer_ways)
def test_the_output_is_forward_then_backward(case, seed, loops, way):
    """
    By default, Bidirectional's single output is the forward layer's, then a backward layer's,
    turned around if a sequence.

    Each direction is a layer with weights of its own, and each reads the whole sequence: one
    from its start, one from its end. It is the same around RNN(LSTMCell) as around LSTM.

    >>> import keras, numpy as np
    >>> both, x = keras.layers.Bidirectional(keras.layers.LSTM(2)), np.array([[[1.0], [7.0]]])
    >>> y = both(x)
    >>> tuple(y.shape)  # (batch, 2 * units)
    (1, 4)
    >>> forward, backward = both.forward_layer(x), both.backward_layer(x)
    >>> bool(np.allclose(y, np.concatenate([forward, backward], axis=1), atol=1e-6))
    True
    """
    assume_served(way, case.options["unroll"])
    backward = opposite(case, seed)
    y = way(both(case, backward, loops))(case.x)
    assert_close(y, side_by_side(equations(case).h, equations(backward).h))


@claim(
    "wrappers.halves-aligned",
    observed="Keras 2 and 3, every backend",
    corrects="The rows of the backward half stand in the order in which they were computed.",
    cases=4,
)
@given(
    cases(return_sequences=True, unroll=booleans(), **varied("batch", "timesteps", "units")),
    seeds,
    whole(["concat", "sum", None]),
    layer_ways,
)
def test_row_t_of_both_halves_belongs_to_timestep_t(case, seed, mode, way):
    """
    Without a mask, if its first layer reads forwards, row t of Bidirectional belongs to timestep t
    in both halves.

    The forward half of row t has read the timesteps up to t, the backward half those from t on.
    Bidirectional turns the rows of its second layer, which stand in reading order. So the first
    layer must be the one that reads forwards.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2, return_sequences=True))
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y, backward = both(x), both.backward_layer(x)  # the second in reading order
    >>> bool(np.allclose(y[:, :, 2:], np.array(backward)[:, ::-1], atol=1e-6))
    True
    """
    assume_served(way, case.options["unroll"])
    backward = opposite(case, seed)
    f = equations(case).outputs
    b = equations(backward).outputs[:, ::-1]
    expected = {"concat": side_by_side(f, b), "sum": f + b, None: [f, b]}
    y = way(both(case, backward, merge_mode=mode))(case.x)
    assert_close(to_numpy(y), expected[mode])


@claim(
    "wrappers.not-the-last-row",
    derived="wrappers.halves-aligned: the backward half of the last row has read one timestep",
    corrects="The backward half of a bidirectional layer's last output has seen one timestep.",
    cases=4,
)
@given(cases(timesteps=several), seeds)
def test_the_output_is_the_last_forward_and_the_first_backward_row(case, seed):
    """
    By default, without a mask, the backward half of Bidirectional's final output is in the first
    row of its sequence.

    Both halves of an output without return_sequences have read all timesteps. In the last row of
    the sequence, y[:, -1], the backward half has read only the last timestep: do not cut it out by
    hand.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2, return_sequences=True))
    >>> last, x = keras.layers.Bidirectional(keras.layers.LSTM(2)), np.array([[[1.0], [7.0]]])
    >>> y, z = both(x), last(x)
    >>> last.set_weights(both.get_weights())
    >>> bool(np.allclose(last(x), np.concatenate([y[:, -1, :2], y[:, 0, 2:]], 1), atol=1e-6))
    True
    """
    backward = opposite(case, seed)
    u = case.units
    layer = both(replace(case, options={"return_sequences": True}), backward)
    y = to_numpy(layer(case.x))
    alone = equations(replace(backward, x=case.x[:, -1:])).h
    assert_close(both(case, backward)(case.x), side_by_side(y[:, -1, :u], y[:, 0, u:]))
    assert_close(y[:, -1, u:], alone)


@claim(
    "wrappers.sees-the-future",
    derived="wrappers.halves-aligned: the backward half of row 0 has read all timesteps",
    cases=4,
)
@given(cases(timesteps=integers(2, 3), return_sequences=True, dtype="float64"), seeds)
def test_a_bidirectional_layer_sees_the_future(case, seed):
    """
    In short sequences, changing the last timestep as a rule changes the first row of
    Bidirectional's half that reads backwards.

    If the first layer reads forwards from the same state, its half of all earlier rows stays as it
    is, to the last bit. So such rows cannot forecast the input: each has seen the timesteps after
    it.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2, return_sequences=True))
    >>> y, z = both(np.array([[[1.0], [7.0]]])), both(np.array([[[1.0], [8.0]]]))
    >>> bool(np.all(y[:, 0, :2] == z[:, 0, :2])), bool(np.all(y[:, 0, 2:] == z[:, 0, 2:]))
    (True, False)
    """
    layer = both(case, opposite(case, seed), dtype="float64")
    other = case.x.copy()
    u = case.units
    other[:, -1] += 1.0
    y = layer(case.x)
    z = layer(other)
    assert_same(z[:, :-1, :u], y[:, :-1, :u])
    assert_differs(z[:, 0, u:], y[:, 0, u:], everywhere=True)


@claim(
    "wrappers.time-reversal",
    derived="wrappers.halves-aligned: the two directions differ in nothing but their weights",
    cases=4,
)
@given(cases(unroll=booleans(), **varied(*SIZES, "return_sequences")), seeds, layer_ways)
def test_reversing_time_exchanges_the_halves(case, seed, way):
    """
    By default, without mask and state, reversed input gives exchanged halves and reversed rows, if
    directions exchange weights.

    Without return_sequences there is one row, and nothing to reverse. No direction is preferred:
    forward and backward are names for two layers that read one input from its two ends.

    >>> import keras, numpy as np
    >>> both, x = keras.layers.Bidirectional(keras.layers.LSTM(2)), np.array([[[1.0], [7.0]]])
    >>> y, weights = np.array(both(x)), both.get_weights()
    >>> both.set_weights(weights[3:] + weights[:3])
    >>> bool(np.allclose(both(x[:, ::-1]), y[:, [2, 3, 0, 1]], atol=1e-6))
    True
    """
    assume_served(way, case.options["unroll"])
    backward = opposite(case, seed)
    layer = both(case, backward)
    f, b = halves(case, backward)
    assert_close(layer(case.x), side_by_side(f, b))
    layer.set_weights(backward.weights + case.weights)
    turned = [part[:, ::-1] if case.options["return_sequences"] else part for part in (b, f)]
    assert_close(way(layer)(case.x[:, ::-1]), side_by_side(*turned))


@claim(
    "wrappers.merge-modes",
    promised="Bidirectional, argument `merge_mode`",
    cases=4,
)
@given(
    cases(**varied("timesteps", "units", "return_sequences")),
    seeds,
    whole(["sum", "mul", "ave", "concat"]),
    layer_ways,
)
def test_merge_mode_says_how_the_halves_are_merged(case, seed, mode, way):
    """
    merge_mode sum, mul, ave or concat adds, multiplies, averages or joins the two outputs, if of
    equal units.

    With return_sequences=True it does so at each timestep; concat joins along the units. The
    output is 2 * units wide by concat, the default, and units wide by the others.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2), merge_mode="ave")
    >>> x = np.array([[[1.0], [7.0]]])  # (batch, timesteps, features)
    >>> y, f, b = both(x), both.forward_layer(x), both.backward_layer(x)
    >>> tuple(y.shape), bool(np.allclose(y, (f + b) / 2, atol=1e-6))
    ((1, 2), True)
    """
    backward = opposite(case, seed)
    f, b = halves(case, backward)
    expected = {"sum": f + b, "mul": f * b, "ave": (f + b) / 2, "concat": side_by_side(f, b)}
    y = way(both(case, backward, merge_mode=mode))(case.x)
    assert_close(y, expected[mode])


@claim(
    "wrappers.merge-none",
    promised="Bidirectional, argument `merge_mode`: with None the outputs are not combined",
    cases=4,
)
@given(cases(**varied("units", "return_state", "return_sequences")), seeds, layer_ways)
def test_without_merging_two_outputs_come_back(case, seed, way):
    """
    With merge_mode=None Bidirectional of stateless LSTMs returns both outputs, that of the forward
    layer first.

    With return_state=True their four states follow, so that six tensors come back. A sequence of
    the backward layer is turned around.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2), merge_mode=None)
    >>> x = np.array([[[1.0], [7.0]]])  # (batch, timesteps, features)
    >>> forward, backward = both(x)
    >>> bool(np.allclose(forward, both.forward_layer(x), atol=1e-6)), tuple(backward.shape)
    (True, (1, 2))
    """
    backward = opposite(case, seed)
    states = 4 * case.options["return_state"]
    f = equations(case)
    b = equations(backward)
    y = to_numpy(way(both(case, backward, merge_mode=None))(case.x))
    assert_close(y, [*halves(case, backward), *[f.h, f.c, b.h, b.c][:states]])


@claim(
    "wrappers.unmerged-in-a-tuple",
    observed="Keras 3; Keras 2 returned a list",
    corrects="Documentation of Bidirectional, argument `merge_mode`: with None it returns a list.",
    cases=4,
)
@given(cases(return_state=booleans()), seeds)
def test_unmerged_outputs_are_a_tuple(case, seed):
    """
    With merge_mode=None the outputs of Bidirectional of stateless LSTMs come in a tuple, not in a
    list.

    It is the same for a call on a symbol, and with states behind the outputs.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2), merge_mode=None)
    >>> x = np.array([[[1.0], [7.0]]])  # (batch, timesteps, features)
    >>> isinstance(both(x), tuple), isinstance(both(x), list)
    (True, False)
    """
    layer = both(case, opposite(case, seed), merge_mode=None)
    returned = layer(case.x)
    declared = layer(keras.Input(case.x.shape[1:]))
    assert type(returned) is tuple, f"a {type(returned).__name__} of arrays"
    assert type(declared) is tuple, f"a {type(declared).__name__} of symbols"


@claim("wrappers.merge-mode-names", promised="Bidirectional, argument `merge_mode`")
@given(whole(["max", "average", "none", "", "SUM", True, 0, ["sum"]]))
def test_another_merge_mode_is_refused(mode):
    """
    Bidirectional refuses a merge_mode that is none of sum, mul, ave, concat and None.

    The constructor raises a ValueError that lists the five.

    >>> import keras, numpy as np
    >>> try:
    ...     keras.layers.Bidirectional(keras.layers.LSTM(2), merge_mode="max")
    ... except ValueError as error:
    ...     print("Invalid merge mode" in str(error))
    True
    """
    inner = keras.layers.LSTM(2)
    refused = partial(keras.layers.Bidirectional, inner, merge_mode=mode)
    assert_refused(refused, "ValueError", "Invalid merge mode")
    layer = keras.layers.Bidirectional(inner)
    x = np.ones((1, 2, 1), "float32")
    layer.merge_mode = mode
    assert_refused(lambda: layer(x), "ValueError", "Unrecognized value for `merge_mode`")


@claim(
    "wrappers.six-weights",
    observed="Keras 2 and 3, every backend",
    cases=4,
)
@given(cases(timesteps=1), seeds)
def test_a_bidirectional_layer_lists_forward_weights_then_backward_weights(case, seed):
    """
    With a bias, the weights of Bidirectional(LSTM) are the forward layer's three, then the backward
    layer's.

    So it has exactly twice the parameters of the LSTM in it, whatever merge_mode is, unless it is
    given a backward_layer.

    >>> import keras, numpy as np
    >>> both, lstm = keras.layers.Bidirectional(keras.layers.LSTM(2)), keras.layers.LSTM(2)
    >>> y, z = both(np.ones((1, 4, 3))), lstm(np.ones((1, 4, 3)))
    >>> len(both.get_weights()), both.count_params(), lstm.count_params()
    (6, 96, 48)
    """
    backward = opposite(case, seed)
    layer = both(case, backward)
    assert_same(layer.forward_layer.get_weights(), case.weights)
    assert_same(layer.backward_layer.get_weights(), backward.weights)
    assert_same(layer.get_weights(), case.weights + backward.weights)
    assert layer.count_params() == 2 * sum(weight.size for weight in case.weights)


@claim(
    "wrappers.copies-its-layer",
    promised="Bidirectional, note: it does not reuse the weights of the layer that it is given",
    corrects="Bidirectional(lstm) goes on with the weights that `lstm` has learned.",
    cases=4,
)
@given(cases(timesteps=1))
def test_the_wrapped_layer_is_only_a_pattern(case):
    """
    Around a forward LSTM, without backward_layer, Bidirectional makes two new layers from its
    config, and leaves it as it was.

    The given layer is a pattern, whose weights are not copied. Set the weights of the wrapper to
    hand on what a layer has learned.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.array([[[1.0], [7.0]]])
    >>> y, both = lstm(x), keras.layers.Bidirectional(lstm)
    >>> z = both(x)
    >>> bool(np.all(both.get_weights()[0] == lstm.get_weights()[0]))
    False
    """
    pattern = lstm(case)
    layer = keras.layers.Bidirectional(pattern)
    layer.build(case.x.shape)
    layer.set_weights([weight + 1.0 for weight in layer.get_weights()])
    assert layer.forward_layer is not pattern, "it is used itself"
    instead = {"set_weights sets them too": [weight + 1.0 for weight in case.weights]}
    assert_same(pattern.get_weights(), case.weights, instead)
    assert_differs(layer.get_weights()[0], case.kernel)


@claim("wrappers.direction-names", observed="Keras 2 and 3")
@given(whole(["lstm", "words", "forward_words", "backward_words"]))
def test_the_directions_are_named_after_the_given_layer(name):
    """
    By default, Bidirectional's layers have the given one's name after `forward_` and `backward_`,
    unless it begins so.

    The forward layer keeps a name that begins with `forward_`, and the other one `backward_`, so
    the names stay when a saved wrapper is loaded. They are in the paths of weights.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2, name="words"))
    >>> both.forward_layer.name, both.backward_layer.name
    ('forward_words', 'backward_words')
    """
    layer = keras.layers.Bidirectional(keras.layers.LSTM(2, name=name))
    names = layer.forward_layer.name, layer.backward_layer.name
    expected = [way + name.removeprefix(way) for way in ("forward_", "backward_")]
    assert list(names) == expected, f"named {names}"


@claim(
    "wrappers.use-cudnn-handed-on",
    observed="Keras 3.12 and later: https://github.com/keras-team/keras/issues/21533",
    needs="LSTM(use_cudnn)",
)
@given(whole([False, True, "auto"]), whole([False, True, "auto"]))
def test_both_directions_get_the_given_use_cudnn(value, other):
    """
    Both layers in a new Bidirectional have the `use_cudnn` of its first argument, if that is an
    LSTM.

    It is set after the copies are made, because it is in no configuration: a Bidirectional made
    from its configuration has "auto". A given backward_layer loses its own value, too.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2, use_cudnn=False))
    >>> both.forward_layer.use_cudnn, both.backward_layer.use_cudnn
    (False, False)
    """
    inner = keras.layers.LSTM(2, use_cudnn=value)
    backward = keras.layers.LSTM(2, use_cudnn=other)
    backward.go_backwards = True
    made = [keras.layers.Bidirectional(inner, backward_layer=b) for b in (None, backward)]
    layers = [layer for both in made for layer in (both.forward_layer, both.backward_layer)]
    assert [layer.use_cudnn for layer in layers] == [value] * 4, "another use_cudnn"


@claim(
    "wrappers.unregistered-in-bidirectional",
    observed="Keras 3; Keras 2 had the functions of the running program found",
    corrects="Whatever activation an LSTM has, Bidirectional can be put around it.",
)
def test_bidirectional_cannot_copy_an_unregistered_activation():
    """
    Outside a custom_object_scope Bidirectional refuses to copy an LSTM of an unregistered
    activation not named as one of Keras'.

    It copies the layer by its configuration, which holds a named function's name only: one named
    `relu` silently becomes Keras' own, in such a scope too. Register it with
    keras.saving.register_keras_serializable.

    >>> import keras, numpy as np
    >>> half = lambda z: z * 0.5
    >>> half.__name__ = "half"  # as with def, in one line
    >>> lstm = keras.layers.LSTM(2, activation=half)
    >>> with keras.utils.custom_object_scope({"half": half}):
    ...     both = keras.layers.Bidirectional(lstm)
    >>> tuple(both(np.ones((1, 4, 1))).shape)
    (1, 4)
    """
    lstm = keras.layers.LSTM(2, activation=halved)
    words = "TypeError", "could not be deserialized properly"
    assert_refused(lambda: keras.layers.Bidirectional(lstm), *words)
    with keras.utils.custom_object_scope({"halved": halved}):
        layer = keras.layers.Bidirectional(lstm)
    assert layer.backward_layer.cell.activation is halved


@claim(
    "wrappers.own-backward-layer",
    promised="Bidirectional, argument `backward_layer`",
    corrects="Documentation of Bidirectional, note: all its weights are new.",
    cases=4,
)
@given(cases(return_sequences=booleans()), seeds, integers(1, 4))
def test_a_given_backward_layer_is_used_itself(case, seed, units):
    """
    A given backward_layer is used itself, with its own weights, activation and units.

    Unlike the first argument it is not copied, so what it has learned is kept. Called eagerly with
    concat, the two directions may even have different numbers of units; for a symbolic call see
    `wrappers.unequal-units`.

    >>> import keras, numpy as np
    >>> backward = keras.layers.LSTM(3, go_backwards=True, activation="relu")
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2), backward_layer=backward)
    >>> tuple(both(np.ones((1, 4, 1))).shape), both.backward_layer is backward
    ((1, 5), True)
    """
    options = {"go_backwards": True, "activation": "relu"}
    backward = another(case, seed, units=units, **options)
    given_layer = lstm(backward)
    f = equations(case).outputs
    b = equations(backward).outputs
    layer = keras.layers.Bidirectional(lstm(case), backward_layer=given_layer)
    layer.build(case.x.shape)
    layer.forward_layer.set_weights(case.weights)
    joined = side_by_side(f, b[:, ::-1])
    last = side_by_side(f[:, -1], b[:, -1])
    assert layer.backward_layer is given_layer, "a copy is used"
    assert_close(layer(case.x), joined if case.options["return_sequences"] else last)


@claim(
    "wrappers.declared-output",
    promised="Layer, method `compute_output_shape`; Bidirectional, argument `merge_mode`",
    cases=4,
)
@given(
    cases(return_sequences=booleans(), return_state=booleans()),
    seeds,
    whole(["concat", "sum", "mul", "ave", None]),
)
def test_bidirectional_declares_the_shapes_that_it_returns(case, seed, mode):
    """
    With equal units, compute_output_shape of Bidirectional of stateless LSTMs gives the shapes
    that a call returns.

    This holds for every merge_mode, with the states of both directions behind the output if
    return_state=True.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2, return_state=True))
    >>> both.compute_output_shape((1, 4, 3))
    ((1, 4), (1, 2), (1, 2), (1, 2), (1, 2))
    >>> [tuple(part.shape) for part in both(np.ones((1, 4, 3)))]
    [(1, 4), (1, 2), (1, 2), (1, 2), (1, 2)]
    """
    layer = both(case, opposite(case, seed), merge_mode=mode)
    returned = shapes(layer(case.x))
    declared = layer.compute_output_shape(case.x.shape)
    assert list(declared) == list(returned), f"declared {declared}, returned {returned}"


@claim(
    "wrappers.unequal-units",
    derived="wrappers.declared-output: a symbolic call and a call on data are of one width",
)
@given(integers(1, 4), picks)
def test_the_declared_width_is_the_sum_of_unequal_halves(units, pick):
    """
    A symbolic call of Bidirectional declares the width of two halves of unequal units.

    Keras 3 declares twice the forward units instead, so the layers after it are built for a
    wrong width. An eager call returns the right one.

    >>> import keras, numpy as np
    >>> backward = keras.layers.LSTM(3, go_backwards=True)
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2), backward_layer=backward)
    >>> declared = both(keras.Input((4, 1))).shape[-1]
    >>> declared in (4, 5)  # 4 in Keras 3
    True
    >>> both(np.ones((1, 4, 1))).shape[-1]
    5
    """
    others = units + 1 + pick % 3
    backward = keras.layers.LSTM(others, go_backwards=True)
    layer = keras.layers.Bidirectional(keras.layers.LSTM(units), backward_layer=backward)
    declared = layer(keras.Input((3, 2))).shape[-1]
    assert declared == units + others, f"declared {declared / units:g} times the forward units"


@claim(
    "wrappers.weights-argument",
    observed="Keras 2 and 3, every backend",
    corrects="Bidirectional(LSTM(2), weights=[...]) begins with the given weights.",
    cases=4,
)
@given(cases(timesteps=1), seeds)
def test_the_argument_weights_is_ignored(case, seed):
    """
    Bidirectional ignores a list of arrays given as its argument `weights`.

    Each direction keeps its half of the list as `initial_weights`, and nothing reads them.
    Build the layer and use set_weights.

    >>> import keras, numpy as np
    >>> given = [np.ones((1, 8)), np.ones((2, 8)), np.ones(8)] * 2
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2), weights=given)
    >>> both.build((1, 4, 1))
    >>> bool(np.all(both.get_weights()[0] == given[0]))
    False
    """
    weights = case.weights + opposite(case, seed).weights
    inner = keras.layers.LSTM(case.units, **UNDRAWN)
    layer = keras.layers.Bidirectional(inner, weights=weights)
    layer.build(case.x.shape)
    kernels = [layer.get_weights()[k] for k in (0, 1, 3, 4)]
    assert_same(kernels, [np.zeros_like(weights[k]) for k in (0, 1, 3, 4)])
    kept = [layer.forward_layer.initial_weights, layer.backward_layer.initial_weights]
    assert_same(kept, [weights[:3], weights[3:]])


@claim(
    "wrappers.two-directions-needed",
    observed="Keras 3; Keras 2 took such a layer, and turned its copy to go forwards",
    cases=4,
)
@given(integers(1, 3), booleans())
def test_a_layer_that_goes_backwards_is_refused(units, backwards):
    """
    Bidirectional refuses two layers that go in one direction, and a single one going backwards.

    The copy of a single layer always goes backwards, so the layer itself must go forwards.

    >>> import keras, numpy as np
    >>> try:
    ...     keras.layers.Bidirectional(keras.layers.LSTM(2, go_backwards=True))
    ... except ValueError as error:
    ...     print("different `go_backwards`" in str(error))
    True
    """
    layer = keras.layers.LSTM(units, go_backwards=True)
    first, second = [keras.layers.LSTM(units, go_backwards=backwards) for _ in range(2)]
    words = "ValueError", "different `go_backwards`"
    assert_refused(lambda: keras.layers.Bidirectional(layer), *words)
    assert_refused(lambda: keras.layers.Bidirectional(first, backward_layer=second), *words)


@claim("wrappers.backward-layer-needed", promised="Bidirectional, argument `backward_layer`")
@given(whole([True, 8, "lstm", keras.layers.LSTM, []]))
def test_a_backward_layer_is_a_layer(value):
    """
    Bidirectional refuses a backward_layer that is no layer: a flag, a number or a class.

    There is nothing to switch on: without backward_layer the first argument is copied.

    >>> import keras, numpy as np
    >>> try:
    ...     keras.layers.Bidirectional(keras.layers.LSTM(2), backward_layer=True)
    ... except ValueError as error:
    ...     print("`keras.layers.Layer` instance" in str(error))
    True
    """
    refused = partial(keras.layers.Bidirectional, keras.layers.LSTM(2), backward_layer=value)
    assert_refused(refused, "ValueError", "`backward_layer`", "`keras.layers.Layer` instance")


@claim("wrappers.bidirectional-axes", observed="Keras 2 and 3")
@given(whole(["reader", "words"]), integers(1, 9), integers(1, 9))
def test_bidirectional_refuses_two_axes_in_its_own_name(name, rows, columns):
    """
    Called on input of two axes, Bidirectional(LSTM) raises an error with its own name, ndim=3 and
    ndim=2.

    The wrapper has the `input_spec` of the layer in it. The axes are (batch, timesteps, features).

    >>> import keras, numpy as np
    >>> try:
    ...     keras.layers.Bidirectional(keras.layers.LSTM(2), name="reader")(np.ones((5, 1)))
    ... except ValueError as error:
    ...     print("'reader'" in str(error), "expected ndim=3, found ndim=2" in str(error))
    True True
    """
    layer = keras.layers.Bidirectional(keras.layers.LSTM(2), name=name)
    words = f"'{name}'", "expected ndim=3, found ndim=2", f"received: ({rows}, {columns})"
    assert_refused(lambda: layer(np.ones((rows, columns), "float32")), "ValueError", *words)


@claim(
    "wrappers.directions-agree",
    promised="Bidirectional, argument `backward_layer`: a ValueError is raised otherwise",
    cases=8,
)
@given(booleans(), integers(0, 2), integers(1, 3))
def test_layers_of_two_kinds_are_refused(value, first, number):
    """
    Bidirectional refuses a backward_layer of other return_sequences, return_state or stateful.

    Units, activations, dropout and other options are not compared, and the directions must differ.

    >>> import keras, numpy as np
    >>> inner = keras.layers.LSTM(2, stateful=True)
    >>> backward = keras.layers.LSTM(2, go_backwards=True)
    >>> try:
    ...     keras.layers.Bidirectional(inner, backward_layer=backward)
    ... except ValueError as error:
    ...     print('same value for attribute "stateful"' in str(error))
    True
    """
    names = ["stateful", "return_sequences", "return_state"]
    for differing in [names, names[1:], names[2:], names[first : first + number]]:
        forward = keras.layers.LSTM(2, **dict.fromkeys(differing, value))
        backward = keras.layers.LSTM(2, go_backwards=True, **dict.fromkeys(differing, not value))
        refused = partial(keras.layers.Bidirectional, forward, backward_layer=backward)
        assert_refused(refused, "ValueError", f'same value for attribute "{differing[0]}"')


class Summing(keras.layers.Layer):  # type: ignore[misc]
    """A layer with all that the documentation of Bidirectional asks of one."""

    def __init__(self, go_backwards=False, **options):
        """Keep the direction."""
        super().__init__(**options)
        self.go_backwards = go_backwards
        self.input_spec = keras.layers.InputSpec(ndim=3)
        self.return_sequences = self.return_state = False

    def call(self, sequences):
        """Return the sum over time."""
        return total(sequences, axis=1)

    def get_config(self):
        """Return the options."""
        return {**super().get_config(), "go_backwards": self.go_backwards}


class SummingAnew(Summing):
    """The same, with the attribute `stateful`."""

    stateful = False


@claim(
    "wrappers.bidirectional-criteria",
    observed="Keras 3",
    corrects="Documentation of Bidirectional, argument `layer`: what is listed makes a layer fit.",
)
def test_a_layer_in_bidirectional_needs_stateful_too():
    """
    Bidirectional refuses a layer of your own with all that is documented, but without `stateful`.

    The call of such a layer must also take an `initial_state`. A cell in RNN has all of it, and
    is what the documentation recommends instead.

    >>> import keras, numpy as np
    >>> rnn = keras.layers.RNN(keras.layers.LSTMCell(2))
    >>> rnn.stateful, tuple(keras.layers.Bidirectional(rnn)(np.ones((1, 3, 1))).shape)
    (False, (1, 4))
    """
    with keras.utils.custom_object_scope({"Summing": Summing, "SummingAnew": SummingAnew}):
        assert_refused(lambda: keras.layers.Bidirectional(Summing()), "AttributeError", "stateful")
        layer = keras.layers.Bidirectional(SummingAnew())
    assert_refused(lambda: layer(np.ones((1, 3, 1), "float32")), "TypeError", "initial_state")


class SummingFrom(SummingAnew):
    """The same, with a call that takes an initial state, but no mask."""

    def call(self, sequences, initial_state=None):
        """Return the sum over time."""
        return total(sequences, axis=1)


@claim(
    "wrappers.own-layer-in-bidirectional",
    observed="Keras 3",
    corrects="Bidirectional hands a mask on to each of its layers that takes one.",
    cases=8,
)
@given(cases(timesteps=several), seeds, picks)
def test_the_forward_layer_decides_whether_a_mask_is_handed_on(case, seed, pick):
    """
    Bidirectional hands its argument `mask` on to neither layer if the call of its forward layer
    takes none.

    A layer of one's own may so be used without one. An LSTM beside it, given no state, skips
    timesteps only by a mask that is attached to the input.

    >>> import keras, numpy as np
    >>> both, x = keras.layers.Bidirectional(keras.layers.LSTM(2)), np.array([[[1.0], [7.0]]])
    >>> y = both(x, mask=np.array([[True, False]]))  # an LSTM takes a mask
    >>> bool(np.allclose(y, both(x[:, :1]), atol=1e-6))
    True
    """
    backward = lstm(opposite(case, seed))
    mask = np.arange(case.timesteps) != pick % case.timesteps
    with keras.utils.custom_object_scope({"SummingFrom": SummingFrom}):
        layer = keras.layers.Bidirectional(SummingFrom(), backward_layer=backward)
        alone = keras.layers.Bidirectional(SummingFrom())
    summed = np.sum(case.x, axis=1, dtype=float)
    read = equations(opposite(case, seed)).h
    masks = np.tile(mask, (case.batch, 1))
    assert_close(layer(case.x, mask=masks), side_by_side(summed, read))
    assert_close(alone(case.x, mask=masks), side_by_side(summed, summed))


@claim(
    "wrappers.documented-example",
    observed="Keras 3; in Keras 2 it was another example",
    corrects="Documentation of Bidirectional, section Examples: two models that can be made.",
)
def test_the_documented_example_is_no_python():
    """
    The example in the documentation of Bidirectional is refused by Python as it stands.

    A parenthesis is not closed: behind the first return_sequences=True two are needed, one for
    LSTM and one for Bidirectional.

    >>> import keras, numpy as np
    >>> code = keras.layers.Bidirectional.__doc__.split("```")[1]
    >>> code.count("(") - code.count(")")
    1
    """
    code = keras.layers.Bidirectional.__doc__.split("```")[1].removeprefix("python")
    assert_refused(
        lambda: compile(textwrap.dedent(code), "example", "exec"), "SyntaxError", "does not match"
    )
