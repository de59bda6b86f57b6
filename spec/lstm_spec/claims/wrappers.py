"""Wrappers: an LSTM that reads in both directions, a cell alone, cells in a stack, slices.

What is put around an LSTM changes which numbers it reads and what becomes of its output,
never its equations. So most claims here compare a wrapper with plain LSTMs, put together by hand.
"""

from __future__ import annotations

import textwrap
from dataclasses import replace
from functools import partial

import keras
import numpy as np
from hypothesis import example, given
from hypothesis.strategies import booleans, integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.harness.reference import equations
from lstm_spec.harness.strategies import cases, noise, permutation, picks, seeds, small
from lstm_spec.harness.subject import (
    UNDRAWN,
    as_states,
    flatten,
    lstm,
    shapes,
    to_numpy,
    total,
    with_weights,
)
from lstm_spec.harness.tolerance import (
    OF_THE_BACKEND,
    Rounded,
    assert_close,
    assert_differs,
    assert_refused,
    assert_same,
)


def another(case, seed, features=None, units=None, **options):
    """Return an LSTM on the case's input with weights of its own, and another initial state."""
    f, u = features or case.features, units or case.units
    weights = noise((f + u + 1, 4 * u), 2**17 + seed)
    h, c = noise((2, case.batch, u), 2**18 + seed)
    return replace(
        case,
        kernel=weights[:f],
        recurrent_kernel=weights[f:-1],
        bias=weights[-1],
        options={**case.options, **options},
        h=h if case.h is not None else None,
        c=c if case.c is not None else None,
    )


def opposite(case, seed):
    """Return an LSTM that reads the case's input from its end, with weights of its own."""
    return another(case, seed, go_backwards=True)


def upper(case, seed, **options):
    """Return an LSTM that reads the outputs of the case's."""
    above = another(case, seed, features=case.units, **options)
    return replace(above, x=equations(case).outputs)


def after(case):
    """Return the case with the state that it ends in as its initial state."""
    return replace(case, h=equations(case).h, c=equations(case).c)


def hidden(case, pick):
    """Return the case with a masked timestep or more in every row."""
    return replace(case, mask=case.mask & (np.arange(case.timesteps) != pick % case.timesteps))


def both(forward, backward, looped=False, **options):
    """Build Bidirectional around an LSTM, or around RNN(LSTMCell), for two directions."""
    inner = keras.layers.LSTM(forward.units, **UNDRAWN, **forward.options)
    cell = keras.layers.LSTMCell(forward.units, **UNDRAWN)
    inner = keras.layers.RNN(cell, **forward.options) if looped else inner
    layer = keras.layers.Bidirectional(inner, **options)
    layer.build(forward.x.shape)
    layer.set_weights(forward.weights + backward.weights)
    return layer


def looped(case, **options):
    """Build RNN around an LSTMCell, with the case's weights."""
    cell = keras.layers.LSTMCell(case.units, **UNDRAWN)
    return with_weights(keras.layers.RNN(cell, **{**case.options, **options}), case)


def stack(lower, above, wrapped=False, dropout=0.0, **options):
    """Build RNN around a list of two LSTM cells, or around StackedRNNCells of them."""
    pair = (lower, above)
    cells = [keras.layers.LSTMCell(case.units, dropout=dropout, **UNDRAWN) for case in pair]
    layer = keras.layers.RNN(keras.layers.StackedRNNCells(cells) if wrapped else cells, **options)
    layer.build(lower.x.shape)
    layer.set_weights(lower.weights + above.weights)
    return layer


def listed(case, **options):
    """Build RNN around a list of one LSTMCell, with the case's weights."""
    cell = keras.layers.LSTMCell(case.units, **UNDRAWN)
    return with_weights(keras.layers.RNN([cell], **{**case.options, **options}), case)


def slices(case, number, seed):
    """Return inputs of shape (batch, number, timesteps, features)."""
    return noise((case.batch, number, case.timesteps, case.features), 2**17 + seed, scale=2.0)


def distributed(case, x):
    """Build TimeDistributed around an LSTM, with the case's weights."""
    layer = keras.layers.TimeDistributed(keras.layers.LSTM(case.units, **UNDRAWN, **case.options))
    layer.build(x.shape)
    layer.set_weights(case.weights)
    return layer


def of_slices(case, x, mask=None):
    """Return the case with all slices as samples, (batch * number, timesteps, features)."""
    mask = None if mask is None else mask.reshape(-1, case.timesteps)
    return replace(case, x=x.reshape(-1, case.timesteps, case.features), mask=mask)


def halved(z):
    """Halve z: an activation that Keras does not know."""
    return z * 0.5


def side_by_side(forward, backward):
    """Join what two directions put out, along the last axis."""
    return np.concatenate([forward, backward], axis=-1)


# Bidirectional: two directions.


@claim(
    "wrappers.halves",
    promised="Bidirectional, argument `merge_mode`",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(), seeds, booleans())
def test_the_output_is_forward_then_backward(case, seed, loops):
    """
    The output of Bidirectional is the forward layer's, then that of a layer going backwards.

    Each direction is an LSTM with weights of its own, and each reads the whole sequence: one
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
    backward = opposite(case, seed)
    y = both(case, backward, loops)(case.x)
    assert_close(y, side_by_side(equations(case).h, equations(backward).h))


@claim(
    "wrappers.halves-aligned",
    observed="Keras 2 and 3, every backend",
    corrects="The rows of the backward half stand in the order in which they were computed.",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(return_sequences=True), seeds)
def test_row_t_of_both_halves_belongs_to_timestep_t(case, seed):
    """
    With return_sequences=True row t of both halves of Bidirectional belongs to timestep t.

    The forward half of row t has read the timesteps up to t, the backward half those from t on.
    A plain LSTM that goes backwards leaves its rows in reading order; Bidirectional turns them.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2, return_sequences=True))
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y, backward = both(x), both.backward_layer(x)  # the second in reading order
    >>> bool(np.allclose(y[:, :, 2:], np.array(backward)[:, ::-1], atol=1e-6))
    True
    """
    backward = opposite(case, seed)
    expected = side_by_side(equations(case).outputs, equations(backward).outputs[:, ::-1])
    assert_close(both(case, backward)(case.x), expected)


@claim(
    "wrappers.not-the-last-row",
    derived="wrappers.halves-aligned: the backward half of the last row has read one timestep",
    corrects="The backward half of a bidirectional layer's last output has seen one timestep.",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(timesteps=integers(2, 3)), seeds)
def test_the_output_is_the_last_forward_and_the_first_backward_row(case, seed):
    """
    The backward half of Bidirectional's output is in the first row of its sequence, not the last.

    Both halves have read all timesteps. In the last row of the sequence, y[:, -1], the backward
    half has read only the last timestep: do not cut it out by hand.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2, return_sequences=True))
    >>> last, x = keras.layers.Bidirectional(keras.layers.LSTM(2)), np.array([[[1.0], [7.0]]])
    >>> y, z = both(x), last(x)
    >>> last.set_weights(both.get_weights())
    >>> bool(np.allclose(last(x), np.concatenate([y[:, -1, :2], y[:, 0, 2:]], 1), atol=1e-6))
    True
    """
    backward, u = opposite(case, seed), case.units
    layer = both(replace(case, options={"return_sequences": True}), backward)
    y = to_numpy(layer(case.x))
    alone = equations(replace(backward, x=case.x[:, -1:])).h
    assert_close(both(case, backward)(case.x), side_by_side(y[:, -1, :u], y[:, 0, u:]))
    assert_close(y[:, -1, u:], alone)


@claim(
    "wrappers.sees-the-future",
    derived="wrappers.halves-aligned: the backward half of row 0 has read all timesteps",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(timesteps=integers(2, 3), return_sequences=True, dtype="float64"), seeds)
def test_a_bidirectional_layer_sees_the_future(case, seed):
    """
    Changing the last timestep changes the first row of Bidirectional, in its backward half.

    The forward half of all earlier rows stays as it is, to the last bit. So such a layer
    cannot forecast: at every timestep it has seen the timesteps that come after it.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2, return_sequences=True))
    >>> y, z = both(np.array([[[1.0], [7.0]]])), both(np.array([[[1.0], [8.0]]]))
    >>> bool(np.all(y[:, 0, :2] == z[:, 0, :2])), bool(np.all(y[:, 0, 2:] == z[:, 0, 2:]))
    (True, False)
    """
    layer = both(case, opposite(case, seed), dtype="float64")
    other, u = case.x.copy(), case.units
    other[:, -1] += 1.0
    y, z = layer(case.x), layer(other)
    assert_same(z[:, :-1, :u], y[:, :-1, :u])
    assert_differs(z[:, 0, u:], y[:, 0, u:], everywhere=True)


@claim(
    "wrappers.time-reversal",
    derived="wrappers.halves-aligned: the two directions differ in nothing but their weights",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(timesteps=integers(1, 3), return_sequences=True), seeds)
def test_reversing_time_exchanges_the_halves(case, seed):
    """
    On the reversed input, with the weights of its directions exchanged, the halves exchange.

    The rows turn round with the input. No direction is preferred: forward and backward are
    names for two layers that read one input from its two ends.

    >>> import keras, numpy as np
    >>> both, x = keras.layers.Bidirectional(keras.layers.LSTM(2)), np.array([[[1.0], [7.0]]])
    >>> y, weights = np.array(both(x)), both.get_weights()
    >>> both.set_weights(weights[3:] + weights[:3])
    >>> bool(np.allclose(both(x[:, ::-1]), y[:, [2, 3, 0, 1]], atol=1e-6))
    True
    """
    backward = opposite(case, seed)
    layer = both(case, backward)
    y = to_numpy(layer(case.x))
    layer.set_weights(backward.weights + case.weights)
    assert_close(layer(case.x[:, ::-1]), np.roll(y, case.units, axis=-1)[:, ::-1])


@claim(
    "wrappers.merge-modes",
    promised="Bidirectional, argument `merge_mode`",
    costly="two layers are built and called for each example",
)
@given(
    cases(timesteps=integers(1, 3), return_sequences=True),
    seeds,
    sampled_from(["sum", "mul", "ave", "concat"]),
)
def test_merge_mode_says_how_the_halves_are_merged(case, seed, mode):
    """
    merge_mode sum, mul, ave or concat adds, multiplies, averages or joins the two outputs.

    It does so at each timestep and for each unit. With concat, the default, the output is
    2 * units wide; with the others, units.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2), merge_mode="ave")
    >>> x = np.array([[[1.0], [7.0]]])  # (batch, timesteps, features)
    >>> y, f, b = both(x), both.forward_layer(x), both.backward_layer(x)
    >>> tuple(y.shape), bool(np.allclose(y, (f + b) / 2, atol=1e-6))
    ((1, 2), True)
    """
    backward = opposite(case, seed)
    f, b = equations(case).outputs, equations(backward).outputs[:, ::-1]
    expected = {"sum": f + b, "mul": f * b, "ave": (f + b) / 2, "concat": side_by_side(f, b)}
    assert_close(both(case, backward, merge_mode=mode)(case.x), expected[mode])


@claim(
    "wrappers.merge-none",
    promised="Bidirectional, argument `merge_mode`: with None the outputs are not combined",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(return_state=booleans()), seeds)
def test_without_merging_two_outputs_come_back(case, seed):
    """
    With merge_mode=None Bidirectional returns both outputs, that of the forward layer first.

    With return_state=True the four states follow them, so that six tensors come back.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2), merge_mode=None)
    >>> x = np.array([[[1.0], [7.0]]])  # (batch, timesteps, features)
    >>> forward, backward = both(x)
    >>> bool(np.allclose(forward, both.forward_layer(x), atol=1e-6)), tuple(backward.shape)
    (True, (1, 2))
    """
    backward, states = opposite(case, seed), 4 * case.options["return_state"]
    f, b = equations(case), equations(backward)
    y = to_numpy(both(case, backward, merge_mode=None)(case.x))
    assert_close(y, [f.h, b.h, *[f.h, f.c, b.h, b.c][:states]])


@claim(
    "wrappers.unmerged-in-a-tuple",
    observed="Keras 3; Keras 2 returned a list",
    corrects="Documentation of Bidirectional, argument `merge_mode`: with None it returns a list.",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(return_state=booleans()), seeds)
def test_unmerged_outputs_are_a_tuple(case, seed):
    """
    With merge_mode=None the outputs of Bidirectional come in a tuple, not in a list.

    It is the same for a call on a symbol, and with states behind the outputs.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2), merge_mode=None)
    >>> x = np.array([[[1.0], [7.0]]])  # (batch, timesteps, features)
    >>> isinstance(both(x), tuple), isinstance(both(x), list)
    (True, False)
    """
    layer = both(case, opposite(case, seed), merge_mode=None)
    returned, declared = layer(case.x), layer(keras.Input(case.x.shape[1:]))
    assert type(returned) is tuple, f"a {type(returned).__name__} of arrays"
    assert type(declared) is tuple, f"a {type(declared).__name__} of symbols"


@claim("wrappers.merge-mode-names", promised="Bidirectional, argument `merge_mode`")
@given(sampled_from(["max", "average", "none", ""]))
def test_another_merge_mode_is_refused(mode):
    """
    Bidirectional refuses a merge_mode that is none of sum, mul, ave, concat and None.

    The constructor raises a ValueError that lists the five. Set on a layer later, such a mode
    is refused by the next call.

    >>> import keras, numpy as np
    >>> try:
    ...     keras.layers.Bidirectional(keras.layers.LSTM(2), merge_mode="max")
    ... except ValueError as error:
    ...     print("Invalid merge mode" in str(error))
    True
    """
    inner = keras.layers.LSTM(2)
    refused = lambda: keras.layers.Bidirectional(inner, merge_mode=mode)  # noqa: E731
    assert_refused(refused, "ValueError", "Invalid merge mode")
    layer, x = keras.layers.Bidirectional(inner), np.ones((1, 2, 1), "float32")
    layer.merge_mode = mode
    assert_refused(lambda: layer(x), "ValueError", "Unrecognized value for `merge_mode`")


@claim(
    "wrappers.six-weights",
    observed="Keras 2 and 3, every backend",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(timesteps=1), seeds)
def test_a_bidirectional_layer_lists_forward_weights_then_backward_weights(case, seed):
    """
    The weights of Bidirectional are the forward layer's three, then the backward layer's.

    So it has exactly twice the parameters of the LSTM in it, whatever merge_mode is.

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
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(timesteps=1))
def test_the_wrapped_layer_is_only_a_pattern(case):
    """
    Bidirectional makes two new layers, and leaves the layer that it is given as it was.

    The given layer is a pattern: its options are copied, its weights are not. Set the weights
    of the wrapper to hand on what a layer has learned.

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
@example("forward_words")
@given(sampled_from(["lstm", "words", "forward_words", "backward_words"]))
def test_the_directions_are_named_after_the_given_layer(name):
    """
    The layers in Bidirectional have the given layer's name behind `forward_` and `backward_`.

    A name that begins so already stays as it is, which keeps the names the same when a saved
    wrapper is loaded. These are the names in `summary` and in error messages.

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
@given(sampled_from([False, True]), booleans())
def test_both_directions_get_the_given_use_cudnn(value, other):
    """
    Both layers in Bidirectional have the `use_cudnn` of its first argument.

    It is set after the copies are made, because it is in no configuration. A given
    backward_layer loses its own value, too.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2, use_cudnn=False))
    >>> both.forward_layer.use_cudnn, both.backward_layer.use_cudnn
    (False, False)
    """
    inner, backward = keras.layers.LSTM(2, use_cudnn=value), keras.layers.LSTM(2, use_cudnn=other)
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
    Bidirectional refuses an LSTM whose activation is a function that is not registered.

    It copies the layer by its configuration, which holds the name of the function only.
    Register it with keras.saving.register_keras_serializable.

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
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(return_sequences=booleans()), seeds, integers(1, 4))
def test_a_given_backward_layer_is_used_itself(case, seed, units):
    """
    A given backward_layer is used itself, with its own weights, activation and units.

    Unlike the first argument it is not copied, so what it has learned is kept. With concat the
    two directions may even have different numbers of units.

    >>> import keras, numpy as np
    >>> backward = keras.layers.LSTM(3, go_backwards=True, activation="relu")
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2), backward_layer=backward)
    >>> tuple(both(np.ones((1, 4, 1))).shape), both.backward_layer is backward
    ((1, 5), True)
    """
    options = {"go_backwards": True, "activation": "relu"}
    backward = another(case, seed, units=units, **options)
    given_layer, f, b = lstm(backward), equations(case).outputs, equations(backward).outputs
    layer = keras.layers.Bidirectional(lstm(case), backward_layer=given_layer)
    layer.build(case.x.shape)
    layer.forward_layer.set_weights(case.weights)
    whole = side_by_side(f, b[:, ::-1])
    last = side_by_side(f[:, -1], b[:, -1])
    assert layer.backward_layer is given_layer, "a copy is used"
    assert_close(layer(case.x), [last, whole][case.options["return_sequences"]])


@claim(
    "wrappers.declared-output",
    promised="Layer, method `compute_output_shape`; Bidirectional, argument `merge_mode`",
    costly="two layers are built and called for each example",
)
@given(
    cases(timesteps=integers(1, 2), return_sequences=booleans(), return_state=booleans()),
    seeds,
    sampled_from(["concat", "sum", None]),
)
def test_bidirectional_declares_the_shapes_that_it_returns(case, seed, mode):
    """
    compute_output_shape of Bidirectional, with equal units, tells the shapes that a call returns.

    It does so for every merge_mode, with the states of both directions behind the output where
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
    assert declared == returned, f"declared {declared}, returned {returned}"


@claim(
    "wrappers.unequal-units",
    promised="Bidirectional, argument `backward_layer`: a custom layer may be given",
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
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(timesteps=1), seeds)
def test_the_argument_weights_is_ignored(case, seed):
    """
    Bidirectional ignores its argument `weights`.

    Each direction keeps its half of the list as `initial_weights`, and nothing reads them.
    Build the layer and use set_weights. The belief is met in keras-team/keras issues 7257
    and 8957.

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
    costly="several layers and calls an example, about a tenth of a second",
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
@given(sampled_from([True, 8, "lstm", keras.layers.LSTM]))
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
@given(sampled_from(["reader", "words"]), integers(1, 9), integers(1, 9))
def test_bidirectional_refuses_two_axes_in_its_own_name(name, rows, columns):
    """
    Bidirectional refuses input of two axes, by an error that tells its own name, ndim=3 and ndim=2.

    It has the `input_spec` of the layer in it. The axes are (batch, timesteps, features).

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
)
@given(booleans(), integers(0, 2), integers(1, 3))
def test_layers_of_two_kinds_are_refused(value, first, number):
    """
    Bidirectional refuses a backward_layer of other return_sequences, return_state or stateful.

    The first that differs of stateful, return_sequences and return_state is named. Units,
    activations, dropout and all other options may differ.

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
        self.go_backwards, self.input_spec = go_backwards, keras.layers.InputSpec(ndim=3)
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
    Bidirectional refuses a layer of one's own with all that is documented, but no `stateful`.

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
)
@given(cases(timesteps=integers(2, 3)), seeds, picks)
def test_the_forward_layer_decides_whether_a_mask_is_handed_on(case, seed, pick):
    """
    Bidirectional hands a mask on to neither layer if the call of its forward layer takes none.

    A layer of one's own may so be used without one, and an LSTM beside it reads all timesteps.
    Two such layers work as well.

    >>> import keras, numpy as np
    >>> both, x = keras.layers.Bidirectional(keras.layers.LSTM(2)), np.array([[[1.0], [7.0]]])
    >>> y = both(x, mask=np.array([[True, False]]))  # an LSTM takes a mask
    >>> bool(np.allclose(y, both(x[:, :1]), atol=1e-6))
    True
    """
    backward, mask = lstm(opposite(case, seed)), np.arange(case.timesteps) != pick % case.timesteps
    with keras.utils.custom_object_scope({"SummingFrom": SummingFrom}):
        layer = keras.layers.Bidirectional(SummingFrom(), backward_layer=backward)
        alone = keras.layers.Bidirectional(SummingFrom())
    summed, read = np.sum(case.x, axis=1, dtype=float), equations(opposite(case, seed)).h
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


# Bidirectional: states, masks.


@claim(
    "wrappers.bidirectional-states",
    observed="Keras 2 and 3, every backend",
    corrects="Bidirectional with return_state returns an output and two states, as LSTM does.",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(return_state=True, return_sequences=booleans()), seeds)
def test_four_states_follow_the_output(case, seed):
    """
    With return_state=True Bidirectional returns its output, then h, c forward and h, c backward.

    Five tensors in all. The two h, side by side, are the output without return_sequences; the
    states themselves are never merged.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2, return_state=True))
    >>> y, forward_h, forward_c, backward_h, backward_c = both(np.ones((1, 4, 3)))
    >>> tuple(y.shape), tuple(backward_c.shape)
    ((1, 4), (1, 2))
    >>> bool(np.allclose(y, np.concatenate([forward_h, backward_h], 1), atol=1e-6))
    True
    """
    backward = opposite(case, seed)
    _, *states = both(case, backward)(case.x)
    assert_close(states, [*equations(case)[1:], *equations(backward)[1:]])


@claim(
    "wrappers.bidirectional-initial-state",
    promised="Bidirectional, call arguments: the first half of `initial_state` goes forward",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(state=True), seeds)
def test_two_states_are_for_each_direction(case, seed):
    """
    The initial_state of Bidirectional is h, c for the forward, then h, c for the backward layer.

    It is the order in which the layer returns them, so that the states of one bidirectional
    layer start another. The backward layer starts from its states at the end of the input.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2))
    >>> x, states = np.array([[[1.0], [7.0]]]), [k * np.ones((1, 2)) for k in range(4)]
    >>> y = both(x, initial_state=states)
    >>> backward = both.backward_layer(x, initial_state=states[2:])
    >>> bool(np.allclose(y[:, 2:], backward, atol=1e-6))
    True
    """
    backward = opposite(case, seed)
    y = both(case, backward)(case.x, initial_state=as_states(case.state + backward.state))
    assert_close(y, side_by_side(equations(case).h, equations(backward).h))


@claim(
    "wrappers.two-states-refused",
    observed="Keras 3 on TensorFlow",
    corrects="Bidirectional starts both directions from one given h and c.",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(timesteps=1, state=True))
def test_one_pair_of_states_is_refused(case):
    """
    Bidirectional refuses an initial_state of a single h and c.

    It takes h for the whole state of one direction and c for that of the other, and the error
    is an IndexError of the layer inside. Pass the pair twice to start both directions from it.

    >>> import keras, numpy as np
    >>> both, x = keras.layers.Bidirectional(keras.layers.LSTM(2)), np.ones((1, 4, 3))
    >>> states = [np.ones((1, 2)), np.zeros((1, 2))]  # h, c
    >>> try:
    ...     both(x, initial_state=states)
    ... except IndexError:
    ...     print(tuple(both(x, initial_state=states + states).shape))
    (1, 4)
    """
    layer = both(case, case)
    state = as_states(case.state)
    assert_refused(
        lambda: layer(case.x, initial_state=state), "IndexError", ("out of range", "out of bounds")
    )


@claim(
    "wrappers.bidirectional-mask-and-state",
    promised="Bidirectional, call arguments: those of the wrapped layer",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(masked=True, state=True, return_state=True), seeds)
def test_both_directions_use_a_mask_and_a_state(case, seed):
    """
    In both directions Bidirectional skips the timesteps that its argument `mask` masks.

    It does so with an initial_state too, from which each direction starts at its own end.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2))
    >>> x, states = np.array([[[1.0], [7.0]]]), [np.ones((1, 2))] * 4
    >>> y = both(x, mask=np.array([[True, False]]), initial_state=states)
    >>> bool(np.allclose(y, both(x[:, :1], initial_state=states), atol=1e-6))
    True
    """
    backward = opposite(case, seed)
    layer, states = both(case, backward), case.state + backward.state
    _, *ends = layer(case.x, mask=case.mask, initial_state=as_states(states))
    assert_close(ends, [*equations(case)[1:], *equations(backward)[1:]])


@claim(
    "wrappers.bidirectional-attached-mask",
    promised="Masking, and the guide to masking: a layer uses the mask attached to its input",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(masked=True, state=True), seeds, picks)
def test_bidirectional_uses_an_attached_mask_beside_a_state(case, seed, pick):
    """
    Bidirectional uses a mask attached to its input when `initial_state` is passed too.

    Keras 3 looks for an attached mask only if the input is the one tensor that the call gets,
    and gives no warning where it is lost. Until then, pass the mask by name.

    >>> import keras, numpy as np
    >>> masking, both = keras.layers.Masking(), keras.layers.Bidirectional(keras.layers.LSTM(2))
    >>> x, states = np.array([[[1.0], [0.0]]]), [np.ones((1, 2))] * 4
    >>> y = both(masking(x), initial_state=states, mask=masking.compute_mask(x))
    >>> bool(np.allclose(y, both(x[:, :1], initial_state=states), atol=1e-6))
    True
    """
    case = hidden(case, pick)
    layer, states = both(case, opposite(case, seed)), case.state * 2
    blank = replace(case, x=case.x * case.mask[:, :, None], mask=None)
    expected = layer(case.x, mask=case.mask, initial_state=as_states(states))
    y = layer(keras.layers.Masking()(blank.x), initial_state=as_states(states))
    backward = replace(opposite(blank, seed), h=case.h, c=case.c)
    every = np.concatenate([equations(blank).h, equations(backward).h], axis=1)
    instead = {"the attached mask is ignored": every}
    assert_close(y, to_numpy(expected), instead=instead)


@claim(
    "wrappers.bidirectional-stateful",
    observed="Keras 2 and 3, every backend",
    costly="several layers and calls an example, about a tenth of a second",
    needs="keras.layers.Bidirectional.states",
)
@given(cases(timesteps=integers(1, 3), stateful=True), seeds)
def test_both_directions_keep_their_states_until_they_are_reset(case, seed):
    """
    A stateful Bidirectional goes on from both directions' states until reset_state().

    Its four states are in `states`, in the order in which initial_state takes them, and one
    call of its reset_state sets all of them to zero.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2, stateful=True))
    >>> x = np.array([[[1.0], [7.0]]])  # (batch, timesteps, features)
    >>> first, second = np.array(both(x)), np.array(both(x))
    >>> both.reset_state()
    >>> bool(np.all(second == first)), bool(np.all(both(x) == first))
    (False, True)
    """
    backward = opposite(case, seed)
    layer, (f, b) = both(case, backward), (after(case), after(backward))
    first = to_numpy(layer(case.x))
    assert_close([s.numpy() for s in layer.states], [f.h, f.c, b.h, b.c])
    assert_close(layer(case.x), side_by_side(equations(f).h, equations(b).h))
    layer.reset_state()
    assert_same(layer(case.x), first)


@claim(
    "wrappers.states-of-both",
    observed="Keras 3",
    needs="keras.layers.Bidirectional.states",
)
@given(cases(timesteps=1, stateful=True), sampled_from(["forward_layer", "backward_layer"]))
def test_there_are_no_states_until_both_directions_are_built(case, first):
    """
    The `states` of a stateful Bidirectional are None until both of its layers are built.

    Then there are four: h, c forward, and h, c backward. A call or `build` of the wrapper
    builds whatever is not built yet.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2, stateful=True))
    >>> both.forward_layer.build((1, 4, 3))
    >>> before, y = both.states, both(np.ones((1, 4, 3)))
    >>> before is None, len(both.states)
    (True, 4)
    """
    layer = keras.layers.Bidirectional(keras.layers.LSTM(case.units, stateful=True))
    getattr(layer, first).build(case.x.shape)
    before = layer.states
    assert before is None, f"with its {first} only: {before}"
    layer.build(case.x.shape)
    made = [tuple(state.shape) for state in layer.states]
    assert made == [(case.batch, case.units)] * 4, f"states of shapes {made}"


@claim(
    "wrappers.bidirectional-dtype",
    observed="Keras 3 on TensorFlow",
    corrects="Bidirectional(LSTM(2), dtype='float64') computes in float64.",
    costly="two layers are built and called for each example",
)
@given(cases(timesteps=integers(1, 2), return_state=True), seeds)
def test_the_dtype_of_bidirectional_is_not_its_layers(case, seed):
    """
    The dtype of Bidirectional casts its outputs only: the layers in it compute in their own.

    The states come back in the layers' dtype. Give the dtype to the LSTM; the wrapper's should
    be the same.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2), dtype="float64")
    >>> y = np.array(both(np.array([[[1.0], [7.0]]])))
    >>> str(y.dtype), str(both.get_weights()[0].dtype), bool(np.all(y == y.astype("float32")))
    ('float64', 'float32', True)
    """
    backward = opposite(case, seed)
    y, z, *states = to_numpy(both(case, backward, merge_mode=None, dtype="float64")(case.x))
    types = [str(part.dtype) for part in (y, z, *states)]
    assert types == ["float64"] * 2 + ["float32"] * 4, f"outputs and states are {types}"
    assert_close(states, [*equations(case)[1:], *equations(backward)[1:]])
    assert_same([y, z], states[::2])


@claim(
    "wrappers.bidirectional-in-pieces",
    derived="wrappers.bidirectional-stateful: a piece is read backwards before the next one comes",
    corrects="A stateful Bidirectional reads a long sequence in pieces as if it were whole.",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(
    cases(timesteps=integers(2, 4), stateful=True, return_sequences=True, dtype="float64"),
    seeds,
    picks,
)
def test_pieces_are_not_the_whole_when_read_backwards(case, seed, pick):
    """
    Fed a sequence in pieces, a stateful Bidirectional has only its forward half right.

    When it reads the first piece backwards it has not seen the second yet. What the backward
    layer keeps is its state at the start of one piece, for the end of the next: no use.

    >>> import keras, numpy as np
    >>> inner = keras.layers.LSTM(2, stateful=True, return_sequences=True)
    >>> both, x = keras.layers.Bidirectional(inner), np.array([[[1.0], [7.0]]])
    >>> whole = both(x)
    >>> both.reset_state()
    >>> part = both(x[:, :1])
    >>> [bool(np.allclose(part[..., k], whole[:, :1, k], rtol=0.0, atol=1e-7)) for k in (0, 2)]
    [True, False]
    """
    backward, u, cut = opposite(case, seed), case.units, 1 + pick % (case.timesteps - 1)
    layer, b = both(case, backward, dtype="float64"), equations(backward).outputs[:, ::-1]
    y = np.concatenate([layer(case.x[:, :cut]), layer(case.x[:, cut:])], axis=1)
    run = equations(case).outputs
    assert_close(y[:, :, :u], run, instead={"it is computed in float32": Rounded(run, "float32")})
    assert_differs(y[:, :cut, u:], b[:, :cut], everywhere=True)


@claim(
    "wrappers.bidirectional-stateful-states",
    promised="Bidirectional, argument `layer`: `return_state` has the meaning that it has in RNN",
    costly="several layers and calls an example, about a tenth of a second",
    needs="keras.layers.Bidirectional.states",
)
@given(cases(stateful=True, return_state=True), seeds)
def test_a_stateful_bidirectional_layer_returns_its_states(case, seed):
    """
    A stateful Bidirectional with return_state=True returns an output and four states.

    In Keras 3 every call fails with a TypeError, with a mask or without one. Without
    return_state the layer works, and its attribute `states` holds the same four.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2, stateful=True))
    >>> y = both(np.ones((1, 4, 3)))
    >>> [tuple(state.shape) for state in both.states]
    [(1, 2), (1, 2), (1, 2), (1, 2)]
    """
    backward = opposite(case, seed)
    f, b = equations(case), equations(backward)
    _, *states = both(case, backward)(case.x)
    assert_close(states, [f.h, f.c, b.h, b.c])


# A cell, alone and in RNN.


@claim(
    "wrappers.cell-start",
    promised="RNN, argument `cell`: `get_initial_state` creates what a cell starts from",
)
@given(cases(timesteps=1), integers(1, 4))
def test_cells_make_their_own_zeros(case, units):
    """
    get_initial_state of an LSTMCell gives zeros for h and c, of stacked cells a pair for each.

    A cell called by hand has no default state: get the first one here. The argument is the
    batch size, without a default that works.

    >>> import keras, numpy as np
    >>> cell = keras.layers.LSTMCell(2)
    >>> h, c = cell.get_initial_state(batch_size=3)
    >>> np.array(h).tolist(), tuple(c.shape)
    ([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]], (3, 2))
    """
    cells = [keras.layers.LSTMCell(case.units), keras.layers.LSTMCell(units)]
    start = [[np.zeros((case.batch, u), "float32")] * 2 for u in (case.units, units)]
    stacked = keras.layers.StackedRNNCells(cells)
    assert_same(cells[0].get_initial_state(batch_size=case.batch), start[0])
    assert_same(stacked.get_initial_state(batch_size=case.batch), start)


@claim(
    "wrappers.cell-sizes",
    promised="RNN, argument `cell`: `state_size` and `output_size`",
)
@given(seeds)
def test_cells_tell_their_sizes(seed):
    """
    state_size of an LSTMCell is [units, units], and of stacked cells a list with one for each.

    output_size is the units of the cell, or of the last cell of a stack: only that one is heard.

    >>> import keras, numpy as np
    >>> cells = [keras.layers.LSTMCell(2), keras.layers.LSTMCell(3)]
    >>> stacked = keras.layers.StackedRNNCells(cells)
    >>> cells[0].state_size, stacked.state_size, stacked.output_size
    ([2, 2], [[2, 2], [3, 3]], 3)
    """
    units = (1 + permutation(9, seed)[:3]).tolist()
    cells = [keras.layers.LSTMCell(number) for number in units]
    stacked, sizes = keras.layers.StackedRNNCells(cells), [[number] * 2 for number in units]
    assert [cell.state_size for cell in cells] == stacked.state_size == sizes, "state_size"
    assert [cell.output_size for cell in [*cells, stacked]] == [*units, units[-1]], "output_size"


@claim(
    "wrappers.cell-split",
    observed="Keras 3 on TensorFlow",
    corrects="Documentation of LSTMCell, `states`: a tensor of shape (batch, units).",
)
@given(cases(batch=integers(2, 3), timesteps=1), seeds)
def test_a_tensor_of_states_is_taken_apart(case, seed):
    """
    An LSTMCell given one tensor for its states takes its first row for h, its second for c.

    A tensor of shape (batch, units) so starts all samples from the state of the first two, and
    nothing warns. Give a list of two tensors, [h, c].

    >>> import keras, numpy as np
    >>> cell, x = keras.layers.LSTMCell(2), np.array([[1.0], [7.0]])  # (batch, features)
    >>> states = np.array([[0.1, 0.2], [0.3, 0.4]], "float32")
    >>> y, _ = cell(x, states)
    >>> bool(np.allclose(y, cell(x, [states[[0, 0]], states[[1, 1]]])[0], atol=1e-6))
    True
    """
    state = noise((case.batch, case.units), seed)
    cell = with_weights(keras.layers.LSTMCell(case.units, **UNDRAWN), case)
    h, c = np.repeat(state[:2, None], case.batch, axis=1)
    y, _ = cell(case.x[:, 0], as_states(state))
    assert_close(y, equations(replace(case, h=h, c=c)).h)


@claim(
    "wrappers.rnn-options",
    promised="RNN, its arguments and call arguments",
    costly="several layers and calls an example, about a tenth of a second",
)
@example(small(go_backwards=True, unroll=True))
@given(
    cases(
        masked=True,
        state=True,
        return_sequences=booleans(),
        return_state=booleans(),
        go_backwards=booleans(),
        unroll=booleans(),
        zero_output_for_mask=booleans(),
    )
)
def test_rnn_does_to_a_cell_what_lstm_does(case):
    """
    All options of RNN do to an LSTMCell what the options of LSTM do to an LSTM.

    Drawn are return_sequences, return_state, go_backwards, unroll and zero_output_for_mask,
    and calls with a mask and an initial state.

    >>> import keras, numpy as np
    >>> lstm, cell = keras.layers.LSTM(2, go_backwards=True), keras.layers.LSTMCell(2)
    >>> rnn, x = keras.layers.RNN(cell, go_backwards=True), np.array([[[1.0], [7.0]]])
    >>> y, z = lstm(x), rnn(x)
    >>> rnn.set_weights(lstm.get_weights())
    >>> bool(np.allclose(rnn(x), y, atol=1e-6))
    True
    """
    arguments = {"mask": case.mask, "initial_state": as_states(case.state)}
    expected = lstm(case)(case.x, **arguments)
    assert_close(to_numpy(looped(case)(case.x, **arguments)), to_numpy(expected))


@claim("wrappers.rnn-defaults", promised="RNN, section Args")
@given(integers(1, 9))
def test_defaults_of_rnn_are_the_documented_ones(units):
    """
    With a cell alone RNN is configured by the defaults that its documentation lists.

    All six flags are off: the last output is returned, without states; the input is read
    forwards; nothing is kept, unrolled, or set to zero under a mask.

    >>> import keras, numpy as np
    >>> rnn = keras.layers.RNN(keras.layers.LSTMCell(2))
    >>> rnn.return_sequences, rnn.stateful, rnn.unroll, rnn.zero_output_for_mask
    (False, False, False, False)
    """
    config = keras.layers.RNN(keras.layers.LSTMCell(units)).get_config()
    flags = ["return_sequences", "return_state", "go_backwards", "stateful", "unroll"]
    told = {name: config[name] for name in [*flags, "zero_output_for_mask"]}
    assert not any(told.values()), f"configured by {told}"


@claim(
    "wrappers.no-constants",
    observed="Keras 3; Keras 2 handed `constants` on to cells that take them",
    corrects="Documentation of RNN, argument `cell`: a cell can take the argument `constants`.",
)
@given(cases(timesteps=1))
def test_rnn_takes_no_constants(case):
    """
    RNN refuses an argument `constants`, although its documentation speaks of one.

    The section that the documentation points to is missing too. What a cell needs at every
    timestep can be repeated along the time axis, as further features.

    >>> import keras, numpy as np
    >>> rnn, x = keras.layers.RNN(keras.layers.LSTMCell(2)), np.ones((1, 4, 3))
    >>> try:
    ...     rnn(x, constants=np.ones((1, 5)))
    ... except TypeError as error:
    ...     print("unexpected keyword argument 'constants'" in str(error))
    True
    """
    layer = looped(case)
    assert_refused(lambda: layer(case.x, constants=case.x[:, 0]), "TypeError", "'constants'")


@claim(
    "wrappers.one-cell-two-layers",
    derived="a cell is one object with one set of variables",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(), seeds)
def test_layers_around_one_cell_share_its_weights(case, seed):
    """
    Two RNN layers around one LSTMCell share its weights.

    To set or train the weights of one is to do so for both, while each layer has its own
    options and, if it is stateful, its own states.

    >>> import keras, numpy as np
    >>> cell, x = keras.layers.LSTMCell(2), np.array([[[1.0], [7.0]]])
    >>> one, other = keras.layers.RNN(cell), keras.layers.RNN(cell, go_backwards=True)
    >>> y, z = one(x), other(x)
    >>> bool(np.allclose(other(x[:, ::-1]), y, atol=1e-6))
    True
    """
    cell, changed = keras.layers.LSTMCell(case.units, **UNDRAWN), another(case, seed)
    one, other = keras.layers.RNN(cell), keras.layers.RNN(cell, go_backwards=True)
    with_weights(one, case)
    with_weights(other, changed)
    backwards = equations(opposite(case, seed)).h
    assert_close([one(case.x), other(case.x)], [equations(changed).h, backwards])


@claim(
    "wrappers.dtype-of-rnn",
    observed="Keras 3 on TensorFlow, PyTorch and NumPy; Keras 2 raised an error",
    corrects="RNN(LSTMCell(2), dtype='float64') computes in float64.",
)
@given(
    cases(
        timesteps=integers(1, 3),
        state=True,
        return_sequences=booleans(),
        return_state=booleans(),
    )
)
def test_the_dtype_of_rnn_is_not_its_cells(case):
    """
    The dtype of RNN casts what it returns: the cell in it computes in the cell's own dtype.

    RNN(LSTMCell(2), dtype="float64") returns float64 numbers of float32 accuracy, without a
    warning. Give the dtype to both, RNN(LSTMCell(2, dtype=d), dtype=d).

    >>> import keras, numpy as np
    >>> rnn = keras.layers.RNN(keras.layers.LSTMCell(2), dtype="float64")
    >>> y = np.array(rnn(np.array([[[1.0], [7.0]]])))
    >>> str(y.dtype), str(rnn.get_weights()[0].dtype), bool(np.all(y == y.astype("float32")))
    ('float64', 'float32', True)
    """
    wide, narrow = looped(case, dtype="float64"), looped(case)
    y = to_numpy(wide(case.x, initial_state=as_states(case.state)))
    types = {str(part.dtype) for part in flatten(y)}
    assert types == {"float64"}, f"outputs and states are {types}"
    assert_same(y, to_numpy(narrow(case.x, initial_state=as_states(case.state))))


# Cells of one's own.


class Sum(keras.layers.Layer):  # type: ignore[misc]
    """A cell with one state: twice the running sum of its input."""

    state_size = 3

    def call(self, inputs, states):
        """Add a timestep to the sum."""
        return 2.0 * (states[0] + inputs), [states[0] + inputs]


class SumFromSeven(Sum):
    """The same, on top of seven."""

    def get_initial_state(self, batch_size=None):
        """Return what the sum starts from."""
        return [7.0 * keras.ops.ones((batch_size, 3))]


class BareSum(Sum):
    """The sum on top of seven, with its state never in a list."""

    def call(self, inputs, states):
        """Add a timestep to the sum."""
        return states[0] + inputs, states[0] + inputs

    def get_initial_state(self, batch_size=None):
        """Return what the sum starts from."""
        return 7.0 * keras.ops.ones((batch_size, 3))


class Totals(keras.layers.Layer):  # type: ignore[misc]
    """A cell with states of some widths, each the total of its input so far; it has no output_size.

    Its state_size is a list, or a whole number with bare=True.
    """

    def __init__(self, *widths, bare=False, **options):
        """Keep the widths."""
        super().__init__(**options)
        self.state_size = widths[0] if bare else list(widths)
        self.told = None

    def build(self, input_shape):
        """Note the shape that the cell is built for."""
        self.told = tuple(input_shape)

    def call(self, inputs, states):
        """Add a timestep to the totals."""
        states = [state + total(inputs, axis=-1, keepdims=True) for state in states]
        return states[0], states


class PlainSum:
    """A class that is no layer, with all that the documentation of RNN asks of a cell."""

    state_size = output_size = 3

    def call(self, inputs, states):
        """Add a timestep to the sum."""
        return states[0] + inputs, [states[0] + inputs]

    def get_initial_state(self, batch_size=None):
        """Return what the sum starts from."""
        return [keras.ops.zeros((batch_size, 3))]


class Keep(keras.layers.Layer):  # type: ignore[misc]
    """A cell that keeps a state of three axes."""

    state_size, output_size = ((3, 2),), 3

    def call(self, inputs, states):
        """Return the input and the state."""
        return inputs, states

    def get_initial_state(self, batch_size=None):
        """Return what is kept."""
        return [keras.ops.zeros((batch_size, 3, 2))]


@claim("wrappers.own-cell", promised="RNN, argument `cell`: call, state_size; section Examples")
@given(cases(features=3, return_sequences=booleans()))
def test_rnn_runs_a_cell_of_ones_own(case):
    """
    A cell needs `call` and `state_size` only: RNN starts it from zeros, alone or in a list.

    The cell is a layer. Its call takes a timestep and a list with the state, and returns an
    output and a list with the new state. For a single state state_size is a whole number.

    >>> import keras, numpy as np
    >>> class Sum(keras.layers.Layer):
    ...     state_size = 1
    ...     def call(self, x, states): return states[0] + x, [states[0] + x]
    >>> float(keras.layers.RNN(Sum())(np.array([[[1.0], [7.0], [2.0]]]))[0, 0])
    10.0
    """
    once = 2.0 * np.cumsum(case.x, axis=1, dtype=float)
    twice, rows = 2.0 * np.cumsum(once, axis=1), [-1, slice(None)][case.options["return_sequences"]]
    alone, stacked = (keras.layers.RNN(of, **case.options) for of in (Sum(), [Sum(), Sum()]))
    assert_close(alone(case.x), once[:, rows])
    assert_close(stacked(case.x), twice[:, rows])


@claim(
    "wrappers.own-start",
    promised="RNN, argument `cell`: a cell may start from other values",
    needs="keras.ops",
)
@given(cases(features=3, units=3, state=True))
def test_a_cell_decides_from_what_it_starts(case):
    """
    RNN starts from what the cell's get_initial_state makes, also if that is not zeros.

    An initial_state that is given to the call takes precedence.

    >>> import keras, numpy as np
    >>> class Sum(keras.layers.Layer):
    ...     state_size = 1
    ...     def get_initial_state(self, batch_size): return [7.0 * np.ones((batch_size, 1))]
    ...     def call(self, x, states): return states[0] + x, [states[0] + x]
    >>> float(keras.layers.RNN(Sum())(np.array([[[1.0], [7.0], [2.0]]]))[0, 0])
    17.0
    """
    layer, added = keras.layers.RNN(SumFromSeven()), np.sum(case.x, axis=1, dtype=float)
    assert_close(layer(case.x), 2.0 * (7.0 + added))
    assert_close(layer(case.x, initial_state=as_states([case.h])), 2.0 * (case.h + added))


@claim(
    "wrappers.bare-state",
    observed="Keras 3",
    needs="keras.ops",
)
@given(cases(batch=integers(2, 3), features=3, units=3, state=True))
def test_a_single_state_needs_no_list(case):
    """
    A cell of a single state may return it without a list, and RNN may be given it so.

    It holds for what its call and its get_initial_state return, and for initial_state. The
    cell itself is handed a list in any case.

    >>> import keras, numpy as np
    >>> class Sum(keras.layers.Layer):
    ...     state_size = 1
    ...     def call(self, x, states): return states[0] + x, states[0] + x
    >>> float(keras.layers.RNN(Sum())(np.ones((1, 3, 1)), initial_state=np.ones((1, 1)))[0, 0])
    4.0
    """
    layer, sums = keras.layers.RNN(BareSum(), return_state=True), np.cumsum(case.x, 1, dtype=float)
    assert_close(layer(case.x), [7.0 + sums[:, -1]] * 2)
    assert_close(layer(case.x, initial_state=as_states(case.h)), [case.h + sums[:, -1]] * 2)
    twice = keras.layers.RNN([BareSum(), BareSum()])
    assert_close(twice(case.x), 7.0 + np.sum(7.0 + sums, axis=1))
    assert_close(keras.layers.RNN(BareSum(), unroll=True)(case.x), 7.0 + sums[:, -1])


@claim("wrappers.own-cell-zeros", promised="RNN, argument `cell`: get_initial_state is optional")
@given(integers(1, 3), integers(4, 6), integers(7, 9), sampled_from(["float16", "float64"]))
def test_rnn_makes_zeros_for_a_cell_without_a_start(batch, width, other, dtype):
    """
    For a cell without get_initial_state RNN makes zeros, one tensor for each number in state_size.

    They have the shapes (batch, size), and the dtype that the cell computes in.

    >>> import keras, numpy as np
    >>> class Sum(keras.layers.Layer):
    ...     state_size = [1, 2]
    ...     def call(self, x, states): return x, states
    >>> states = keras.layers.RNN(Sum()).get_initial_state(batch_size=3)
    >>> [tuple(state.shape) for state in states]
    [(3, 1), (3, 2)]
    """
    states = keras.layers.RNN(Totals(width, other, dtype=dtype)).get_initial_state(batch)
    assert_same(to_numpy(states), [np.zeros((batch, width)), np.zeros((batch, other))])
    types = [str(state.dtype) for state in to_numpy(states)]
    assert types == [dtype] * 2, f"zeros of {types}"


@claim("wrappers.own-cell-stateful", promised="RNN, argument `stateful`")
@given(cases(features=3), seeds)
def test_a_cell_of_ones_own_goes_on_from_its_state(case, seed):
    """
    A stateful RNN goes on from the single state of a cell of one's own.

    It keeps as many states as the cell has, here one.

    >>> import keras, numpy as np
    >>> class Sum(keras.layers.Layer):
    ...     state_size = 1
    ...     def call(self, x, states): return states[0] + x, [states[0] + x]
    >>> rnn, x = keras.layers.RNN(Sum(), stateful=True), np.array([[[1.0], [7.0], [2.0]]])
    >>> float(rnn(x)[0, 0]), float(rnn(x)[0, 0]), len(rnn.states)
    (10.0, 20.0, 1)
    """
    layer, later = keras.layers.RNN(Sum(), stateful=True), noise(case.x.shape, seed)
    layer(case.x)
    whole = np.concatenate([case.x, later], axis=1)
    assert_close(layer(later), 2.0 * np.sum(whole, axis=1, dtype=float))
    assert len(layer.states) == 1, f"{len(layer.states)} states"


@claim("wrappers.built-for-a-timestep", promised="RNN, argument `cell`: it is called on a timestep")
@given(seeds)
def test_cells_are_built_for_one_timestep(seed):
    """
    A cell is built for (batch, features), and in a stack for (batch, width of the cell below).

    There is no time axis in it. That width is the output_size of the cell below, or else the
    size of its first state.

    >>> import keras, numpy as np
    >>> rnn = keras.layers.RNN([keras.layers.LSTMCell(2), keras.layers.LSTMCell(4)])
    >>> rnn.build((5, 7, 3))  # (batch, timesteps, features)
    >>> [tuple(weight.shape) for weight in rnn.get_weights()[::3]]  # the two kernels
    [(3, 8), (2, 16)]
    """
    b, t, f, u, v, w = (1 + permutation(9, seed)[:6]).tolist()
    cells = [Totals(w), Totals(u, v), Totals(v, bare=True), keras.layers.LSTMCell(u), Totals(w)]
    alone, stacked = keras.layers.RNN(cells[0]), keras.layers.RNN(cells[1:])
    alone.build((b, t, f))
    stacked.build((b, t, f))
    told = [cell.told for cell in cells if isinstance(cell, Totals)]
    assert told == [(b, f), (b, f), (b, u), (b, u)], f"built for {told}"
    assert tuple(cells[3].kernel.shape) == (v, 4 * u), f"a kernel of shape {cells[3].kernel.shape}"


@claim(
    "wrappers.no-output-size",
    observed="Keras 2 and 3",
    corrects="Documentation of RNN, argument `cell`: a cell has an output_size.",
)
@given(cases(features=3))
def test_a_cell_needs_no_output_size(case):
    """
    RNN takes a cell without `output_size`, and declares its output as wide as its state.

    Of several states it is the first. The example in the documentation of RNN has no
    `output_size` itself. A cell whose output has another width needs it.

    >>> import keras, numpy as np
    >>> class Sum(keras.layers.Layer):
    ...     state_size = 3
    ...     def call(self, x, states): return states[0] + x, [states[0] + x]
    >>> tuple(keras.layers.RNN(Sum())(keras.Input((2, 3), batch_size=1)).shape)
    (1, 3)
    """
    layer, other = keras.layers.RNN(Sum()), keras.layers.RNN(Totals(4, 5))
    declared = [of(keras.Input(case.x.shape[1:])).shape for of in (layer, other)]
    assert declared == [(None, 3), (None, 4)], f"declared {declared}"
    assert layer(case.x).shape == (case.batch, 3)


@claim(
    "wrappers.plain-class",
    observed="Keras 3",
    corrects="Documentation of RNN, argument `cell`: a class with the listed members is a cell.",
    needs="keras.ops",
)
@given(cases(features=3))
def test_a_cell_is_a_layer(case):
    """
    A call of RNN refuses a cell that is no keras.Layer, though it has all that is documented.

    It has call, state_size, output_size and get_initial_state. RNN also asks it for its
    `compute_dtype`, and calls it as a function.

    >>> import keras, numpy as np
    >>> class Sum:
    ...     state_size = output_size = 1
    ...     def call(self, x, states): return states[0] + x, [states[0] + x]
    >>> try:
    ...     keras.layers.RNN(Sum())(np.ones((1, 3, 1)))
    ... except AttributeError as error:
    ...     print("compute_dtype" in str(error))
    True
    """
    layer = keras.layers.RNN(PlainSum())
    assert_refused(lambda: layer(case.x), "AttributeError", "compute_dtype")


@claim(
    "wrappers.states-of-more-axes",
    observed="Keras 3, TensorFlow",
    corrects="Documentation of RNN, section Output shape: a state may have more than two axes.",
    needs="keras.ops",
)
@given(cases(features=3, return_state=True))
def test_a_tuple_in_state_size_is_several_states(case):
    """
    RNN declares a tuple within `state_size` as several states, not as the axes of one.

    So a layer with a state of three axes can be called on numbers, which returns the state as
    the cell makes it, but a call on a symbol promises other shapes.

    >>> import keras, numpy as np
    >>> class Keep(keras.layers.Layer):
    ...     state_size, output_size = [(3, 2)], 1
    ...     def get_initial_state(self, batch_size): return [np.ones((batch_size, 3, 2))]
    ...     def call(self, x, states): return x, states
    >>> layer = keras.layers.RNN(Keep(), return_state=True)
    >>> tuple(layer(np.ones((1, 3, 1)))[1].shape), len(layer(keras.Input((3, 1)))[1])
    ((1, 3, 2), 2)
    """
    layer = keras.layers.RNN(Keep(), **case.options)
    _, state = layer(case.x)
    _, *declared = layer(keras.Input(case.x.shape[1:]))
    promised = [symbol.shape for symbol in flatten(declared)]
    assert state.shape == (case.batch, 3, 2), f"a state of shape {state.shape}"
    assert promised == [(None, 3), (None, 2)], f"declared {promised}"


# Cells in a stack.


@claim(
    "wrappers.stack-of-cells",
    promised="RNN, argument `cell`: the cells of a list are stacked",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(), seeds, integers(1, 4), booleans(), booleans())
def test_stacked_cells_are_stacked_layers(case, seed, units, wrapped, unroll):
    """
    RNN of a list of LSTM cells computes what as many LSTM layers do, one on top of the other.

    The weights come cell by cell, the lowest first. A list is put into StackedRNNCells, which
    may also be given; only the outputs of the highest cell are returned.

    >>> import keras, numpy as np
    >>> lower, upper = keras.layers.LSTM(3, return_sequences=True), keras.layers.LSTM(2)
    >>> rnn = keras.layers.RNN([keras.layers.LSTMCell(3), keras.layers.LSTMCell(2)])
    >>> x = np.array([[[1.0], [7.0]]])  # (batch, timesteps, features)
    >>> y, z = upper(lower(x)), rnn(x)
    >>> rnn.set_weights(lower.get_weights() + upper.get_weights())
    >>> bool(np.allclose(rnn(x), y, atol=1e-6))
    True
    """
    above = upper(case, seed, units=units)
    layer = stack(case, above, wrapped, return_sequences=True, unroll=unroll)
    assert_close(layer(case.x), equations(above).outputs)


@claim(
    "wrappers.stack-step",
    promised="StackedRNNCells, first paragraph: a stack of cells behaves as a single cell",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(timesteps=1, state=True), seeds)
def test_a_stack_steps_from_cell_to_cell(case, seed):
    """
    StackedRNNCells, called on one timestep, calls its cells in turn, each on the last one's h.

    It takes a list with a pair [h, c] for each cell, and returns the output of the last cell and
    such a list again. No state passes from one cell to the next.

    >>> import keras, numpy as np
    >>> cells = [keras.layers.LSTMCell(3), keras.layers.LSTMCell(2)]
    >>> stacked, x = keras.layers.StackedRNNCells(cells), np.array([[1.0, 7.0]])
    >>> y, [[h, c], [upper_h, upper_c]] = stacked(x, stacked.get_initial_state(batch_size=1))
    >>> tuple(h.shape), tuple(y.shape), bool(np.all(y == upper_h))
    ((1, 3), (1, 2), True)
    """
    above = upper(case, seed)
    cells, given = stack(case, above).cell, as_states([case.state, above.state])
    y, states = cells(case.x[:, 0], given)
    assert_same(y, states[1][0])
    assert_same(cells(case.x[:, 0], given, training=True)[0], to_numpy(y))  # it has no dropout
    assert_close(states, [list(equations(case)[1:]), list(equations(above)[1:])])


@claim("wrappers.stack-alone", promised="StackedRNNCells: a stack behaves as a single cell")
@given(cases(timesteps=1, state=True), seeds)
def test_a_stack_called_alone_drops_nothing(case, seed):
    """
    Called on a timestep without `training`, a stack of cells with dropout drops nothing.

    With training=True it drops, in each cell by the cell's own rate.

    >>> import keras, numpy as np
    >>> cells = [keras.layers.LSTMCell(2, dropout=0.5), keras.layers.LSTMCell(2)]
    >>> stacked, x = keras.layers.StackedRNNCells(cells), np.ones((1, 3))
    >>> states = stacked.get_initial_state(batch_size=1)
    >>> bool(np.array_equal(stacked(x, states)[0], stacked(x, states, training=False)[0]))
    True
    """
    above = upper(case, seed)
    cell = stack(case, above, dropout=0.5).cell
    y, _ = cell(case.x[:, 0], as_states([case.state, above.state]))
    assert_close(y, equations(above).h)


@claim("wrappers.stack-keeps-the-form", observed="Keras 3, of two cells or more")
@given(integers(1, 3), seeds, sampled_from(["float16", "float64"]))
def test_a_stack_returns_states_in_the_form_it_is_given(batch, seed, dtype):
    """
    A stack of cells has a tensor for a state_size that is a number, and a list for a list.

    get_initial_state makes the states so, in the dtype of the stack where a cell makes none
    itself, and a call returns them in the same form.

    >>> import keras, numpy as np
    >>> class Sum(keras.layers.Layer):
    ...     state_size = 1
    ...     def call(self, x, states): return states[0] + x, [states[0] + x]
    >>> stacked = keras.layers.StackedRNNCells([Sum(), keras.layers.LSTMCell(2)])
    >>> total, pair = stacked.get_initial_state(batch_size=3)
    >>> tuple(total.shape), [tuple(state.shape) for state in pair]
    ((3, 1), [(3, 2), (3, 2)])
    """
    a, b, c, d, u = (4 + permutation(9, seed)[:5]).tolist()
    cells = [Totals(a, bare=True), Totals(b), Totals(c, d), keras.layers.LSTMCell(u)]
    stacked = keras.layers.StackedRNNCells(cells, dtype=dtype)
    start = stacked.get_initial_state(batch_size=batch)
    _, states = stacked(noise((batch, 2), seed), start)
    forms = [shapes(part) for part in (start, states)]
    types = [str(state.dtype) for state in to_numpy(flatten(start))]
    assert forms == [[(batch, a), [(batch, b)], [(batch, c), (batch, d)], [(batch, u)] * 2]] * 2
    assert types == [dtype] * 4 + ["float32"] * 2, f"states of {types}"


@claim(
    "wrappers.stack-output-size",
    observed="Keras 3",
    needs="keras.ops",
)
@given(seeds)
def test_the_width_of_a_stack_is_that_of_its_last_cell(seed):
    """
    output_size of a stack is that of its last cell, or else the size of that cell's first state.

    The cells below do not count, nor do further states. RNN declares its output by it.

    >>> import keras, numpy as np
    >>> class Sum(keras.layers.Layer):
    ...     state_size = [3, 4]
    ...     def call(self, x, states): return x, states
    >>> stacked = keras.layers.StackedRNNCells([keras.layers.LSTMCell(2), Sum()])
    >>> stacked.output_size, keras.layers.RNN(stacked).compute_output_shape((1, 5, 1))
    (3, (1, 3))
    """
    a, b, c, d, e = (10 + permutation(9, seed)[:5]).tolist()
    lower = [keras.layers.LSTMCell(a), Totals(b, c)]
    tops = [Totals(d, bare=True), Totals(d, e), Keep(), keras.layers.LSTMCell(d)]
    sizes = [keras.layers.StackedRNNCells([*lower, top]).output_size for top in tops]
    assert sizes == [d, d, 3, d], f"output_size {sizes}"


@claim(
    "wrappers.stack-declared",
    promised="Layer, method `compute_output_shape`; RNN, section Output shape",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(timesteps=integers(1, 2), return_sequences=booleans(), return_state=True), seeds)
def test_a_stack_declares_the_shapes_that_it_returns(case, seed):
    """
    compute_output_shape of RNN of LSTM cells tells the shapes that a call returns.

    With return_state=True it lists the shapes of each cell's h and c together, as the call
    returns the states.

    >>> import keras, numpy as np
    >>> cells = [keras.layers.LSTMCell(3), keras.layers.LSTMCell(2)]
    >>> keras.layers.RNN(cells, return_state=True).compute_output_shape((1, 4, 5))
    ((1, 2), [(1, 3), (1, 3)], [(1, 2), (1, 2)])
    """
    layer = stack(case, upper(case, seed, units=case.units + 1), **case.options)
    declared = layer.compute_output_shape(case.x.shape)
    returned = shapes(layer(case.x))
    assert declared == returned, f"declared {declared}, returned {returned}"


@claim(
    "wrappers.plain-class-in-a-stack",
    observed="Keras 3",
    corrects="Every cell is a layer.",
    needs="keras.ops",
)
@given(cases(units=3))
def test_a_cell_in_a_list_need_not_be_a_layer(case):
    """
    In a list of cells RNN takes a cell that is no keras.Layer, which it refuses alone.

    The stack is the layer then, and calls such a cell by its `call`, without `training`. Its
    weights, if it has any, are not found.

    >>> import keras, numpy as np
    >>> class Sum:
    ...     state_size = output_size = 1
    ...     def call(self, x, states): return states[0] + x, [states[0] + x]
    >>> float(keras.layers.RNN([Sum(), Sum()])(np.array([[[1.0], [7.0]]]))[0, 0])
    9.0
    """
    cell = keras.layers.LSTMCell(case.units, dropout=0.5, **UNDRAWN)
    layer = with_weights(keras.layers.RNN([cell, PlainSum()], return_sequences=True), case)
    assert_close(layer(case.x), np.cumsum(equations(case).outputs, axis=1))


@claim(
    "wrappers.stack-in-both-directions",
    derived="wrappers.halves, of a stack in each direction",
    corrects="Bidirectional(RNN([cell, cell])) is two bidirectional layers, one on the other.",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(timesteps=integers(1, 3)), seeds, integers(1, 4))
def test_bidirectional_of_a_stack_has_a_stack_in_each_direction(case, seed, units):
    """
    Around RNN of several cells Bidirectional runs one whole stack forwards and one backwards.

    The upper cell of a stack reads its own lower cell only. Of two bidirectional layers, the
    upper one reads both directions of the lower.

    >>> import keras, numpy as np
    >>> cells = [keras.layers.LSTMCell(3), keras.layers.LSTMCell(2)]
    >>> both = keras.layers.Bidirectional(keras.layers.RNN(cells))
    >>> y = both(np.ones((1, 4, 1)))
    >>> tuple(y.shape), tuple(both.get_weights()[3].shape)  # the kernel of the upper cell
    ((1, 4), (3, 8))
    """
    above, backward = upper(case, seed, units=units), opposite(case, seed)
    above_it = replace(upper(backward, seed + 1, units=units), options={})
    inner = keras.layers.RNN([keras.layers.LSTMCell(u, **UNDRAWN) for u in (case.units, units)])
    layer = keras.layers.Bidirectional(inner)
    layer.build(case.x.shape)
    layer.set_weights([w for part in (case, above, backward, above_it) for w in part.weights])
    assert_close(layer(case.x), side_by_side(equations(above).h, equations(above_it).h))


@claim(
    "wrappers.stack-backwards",
    derived="RNN turns the input round once, before its cells",
    corrects="RNN([cell, cell], go_backwards=True) is two LSTM layers with go_backwards=True.",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(), seeds)
def test_a_stack_turns_the_input_once(case, seed):
    """
    With go_backwards=True stacked cells turn the input once, where stacked layers turn it each.

    The upper cell reads the outputs of the lower one as they come. An LSTM layer with
    go_backwards=True on top of another would turn them round again.

    >>> import keras, numpy as np
    >>> cells, x = [keras.layers.LSTMCell(2), keras.layers.LSTMCell(2)], np.array([[[1.0], [7.0]]])
    >>> rnn, forward = keras.layers.RNN(cells, go_backwards=True), keras.layers.RNN(cells)
    >>> layers = [keras.layers.LSTM(2, return_sequences=True, go_backwards=True) for _ in cells]
    >>> stack = keras.Sequential(layers)
    >>> y, z = rnn(x), stack(x)
    >>> stack.set_weights(rnn.get_weights())
    >>> [bool(np.allclose(z, y, atol=1e-6)) for z in (forward(x[:, ::-1]), stack(x)[:, -1])]
    [True, False]
    """
    above = upper(replace(case, options={"go_backwards": True}), seed)
    assert_close(
        stack(case, above, go_backwards=True)(case.x),
        equations(replace(above, options={})).h,
    )


@claim(
    "wrappers.stack-states",
    observed="Keras 2 and 3, every backend",
    corrects="Documentation of RNN, section Output shape: each state after the output is a tensor.",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(), seeds)
def test_each_cell_of_a_stack_returns_a_pair(case, seed):
    """
    With return_state=True RNN of several cells returns its output, then [h, c] for each cell.

    The pairs come from the lowest cell to the highest, each as a list of two tensors.

    >>> import keras, numpy as np
    >>> cells = [keras.layers.LSTMCell(3), keras.layers.LSTMCell(2)]
    >>> rnn = keras.layers.RNN(cells, return_state=True)
    >>> y, [lower_h, lower_c], [upper_h, upper_c] = rnn(np.ones((1, 4, 1)))
    >>> tuple(lower_c.shape), tuple(upper_c.shape), bool(np.all(y == upper_h))
    ((1, 3), (1, 2), True)
    """
    above = upper(case, seed)
    y, *pairs = stack(case, above, return_state=True)(case.x)
    assert_same(y, pairs[1][0])
    assert_close(pairs, [list(equations(case)[1:]), list(equations(above)[1:])])


@claim(
    "wrappers.stack-initial-state",
    observed="Keras 3 on TensorFlow",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(state=True), seeds)
def test_each_cell_of_a_stack_takes_a_pair(case, seed):
    """
    RNN of several cells takes a pair [h, c] for each cell as its initial_state.

    It is the form in which the layer returns them, so the states of one call start another.

    >>> import keras, numpy as np
    >>> cells = [keras.layers.LSTMCell(2), keras.layers.LSTMCell(2)]
    >>> rnn, x = keras.layers.RNN(cells, return_state=True), np.array([[[1.0], [7.0]]])
    >>> y, *pairs = rnn(x[:, :1])
    >>> bool(np.allclose(rnn(x[:, 1:], initial_state=pairs)[0], rnn(x)[0], atol=1e-6))
    True
    """
    above = upper(case, seed)
    y = stack(case, above)(case.x, initial_state=as_states([case.state, above.state]))
    assert_close(y, equations(above).h)


@claim(
    "wrappers.stack-flat-state",
    observed="Keras 3 on TensorFlow",
    corrects="Documentation of RNN, call argument `initial_state`: it is a list of tensors.",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(timesteps=1, state=True), seeds)
def test_a_flat_list_of_states_is_refused(case, seed):
    """
    RNN of several LSTM cells refuses a flat list [h, c, h, c] as its initial_state.

    It takes the first tensor for all states of the first cell, which then finds no c: an
    IndexError. Make a pair for each cell.

    >>> import keras, numpy as np
    >>> rnn = keras.layers.RNN([keras.layers.LSTMCell(2), keras.layers.LSTMCell(2)])
    >>> x, h = np.ones((1, 4, 3)), np.ones((1, 2))
    >>> try:
    ...     rnn(x, initial_state=[h, h, h, h])
    ... except IndexError:
    ...     print(tuple(rnn(x, initial_state=[[h, h], [h, h]]).shape))
    (1, 2)
    """
    above = upper(case, seed)
    layer, flat = stack(case, above), case.state + above.state
    state = as_states(flat)
    assert_refused(
        lambda: layer(case.x, initial_state=state), "IndexError", ("out of range", "out of bounds")
    )


@claim(
    "wrappers.stack-mask",
    derived="masking.carries-state, for each cell",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(masked=True), seeds, booleans())
def test_a_mask_stops_all_cells_of_a_stack(case, seed, unroll):
    """
    At a masked timestep all cells of a stack keep their states.

    As in stacked LSTM layers, where the mask travels from layer to layer.

    >>> import keras, numpy as np
    >>> rnn = keras.layers.RNN([keras.layers.LSTMCell(2), keras.layers.LSTMCell(2)])
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y = rnn(x, mask=np.array([[True, False, True]]))
    >>> bool(np.allclose(y, rnn(x[:, [0, 2]]), atol=1e-6))
    True
    """
    above = upper(case, seed)
    layer = stack(case, above, return_state=True, unroll=unroll)
    _, *pairs = layer(case.x, mask=case.mask)
    assert_close(pairs, [list(equations(case)[1:]), list(equations(above)[1:])])


@claim(
    "wrappers.stack-stateful",
    promised="RNN, argument `stateful`",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(timesteps=integers(2, 4)), seeds, picks)
def test_a_stateful_stack_goes_on_in_all_cells(case, seed, pick):
    """
    A stateful RNN of several cells, fed a sequence in pieces, ends as if it were fed the whole.

    Every cell goes on from its own h and c. The layer keeps them in `states`, a pair for each.

    >>> import keras, numpy as np
    >>> cells = [keras.layers.LSTMCell(2), keras.layers.LSTMCell(2)]
    >>> rnn, whole = keras.layers.RNN(cells, stateful=True), keras.layers.RNN(cells)
    >>> x = np.array([[[1.0], [7.0]]])  # (batch, timesteps, features)
    >>> first, second = rnn(x[:, :1]), rnn(x[:, 1:])
    >>> bool(np.allclose(second, whole(x), atol=1e-6))
    True
    """
    above, cut = upper(case, seed), 1 + pick % (case.timesteps - 1)
    layer = stack(case, above, stateful=True)
    layer(case.x[:, :cut])
    assert_close(layer(case.x[:, cut:]), equations(above).h)


@claim(
    "wrappers.one-cell-repeated",
    derived="a cell is one object with one set of variables",
    corrects="[LSTMCell(8)] * 3 is a stack of three cells, each with weights of its own.",
)
@given(integers(1, 3).flatmap(lambda n: cases(features=n, units=n)), integers(2, 3))
def test_a_repeated_cell_has_one_set_of_weights(case, number):
    """
    A stack that repeats one cell, [cell] * n, has the weights of a single cell.

    Each place in the stack still has its own states. Write a list comprehension to make
    n cells with weights of their own.

    >>> import keras, numpy as np
    >>> repeated = keras.layers.RNN([keras.layers.LSTMCell(2)] * 3)
    >>> separate = keras.layers.RNN([keras.layers.LSTMCell(2) for _ in range(3)])
    >>> x = np.ones((1, 4, 2))  # (batch, timesteps, features)
    >>> y, z = repeated(x), separate(x)
    >>> len(repeated.get_weights()), len(separate.get_weights())
    (3, 9)
    """
    rnn = keras.layers.RNN([keras.layers.LSTMCell(case.units, **UNDRAWN)] * number)
    rnn.build(case.x.shape)
    assert len(rnn.weights) == 3, f"{len(rnn.weights)} weights"
    rnn.set_weights(case.weights)
    top = case
    for _ in range(number - 1):
        top = replace(case, x=equations(top).outputs)
    assert_close(rnn(case.x), equations(top).h)


@claim(
    "wrappers.list-of-one-cell",
    observed="Keras 2 and 3 on TensorFlow, Keras 3 on PyTorch; JAX raises a TypeError",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(return_sequences=booleans()))
def test_a_list_of_one_cell_computes_what_the_cell_does(case):
    """
    In a loop without a mask RNN of a list of one LSTMCell computes what RNN of the cell does.

    A list is how one writes a stack whose height is a parameter. On the backends JAX and NumPy
    such a layer fails, at a height of one only.

    >>> import keras, numpy as np
    >>> cell, x = keras.layers.LSTMCell(2), np.array([[[1.0], [7.0]]])
    >>> y = keras.layers.RNN(cell)(x)
    >>> bool(np.allclose(keras.layers.RNN([cell])(x), y, atol=1e-6))
    True
    """
    outputs = equations(case).outputs
    expected = [outputs[:, -1], outputs][case.options["return_sequences"]]
    assert_close(listed(case)(case.x), expected)


@claim(
    "wrappers.list-of-one-cell-unrolled",
    promised="RNN, arguments `cell`, a list of cells too, and `unroll`",
)
@given(cases(timesteps=integers(2, 4)))
def test_a_list_of_one_cell_can_be_unrolled(case):
    """
    With unroll=True too RNN of a list of one LSTMCell computes what RNN of the cell does.

    Keras 3 fails at the second timestep: StackedRNNCells of one cell takes [[h, c]], and returns
    [h, c]. Leave out the list if there is one cell.

    >>> import keras, numpy as np
    >>> cell, x = keras.layers.LSTMCell(2), np.array([[[1.0], [7.0]]])
    >>> try:
    ...     y = keras.layers.RNN([cell], unroll=True)(x)
    ... except IndexError:  # Keras 3
    ...     y = keras.layers.RNN(cell, unroll=True)(x)
    >>> bool(np.allclose(y, keras.layers.RNN(cell)(x), atol=1e-6))
    True
    """
    assert_close(listed(case, unroll=True)(case.x), equations(case).h)


@claim(
    "wrappers.list-of-one-cell-masked",
    promised="RNN, argument `cell`, a list of cells too, and call argument `mask`",
)
@given(cases(masked=True))
def test_a_list_of_one_cell_takes_a_mask(case):
    """
    With a mask too RNN of a list of one LSTMCell computes what RNN of the cell does.

    Keras 3 fails in its loop on TensorFlow, because the states change their form from [[h, c]]
    to [h, c] in the first timestep. Leave out the list if there is one cell.

    >>> import keras, numpy as np
    >>> cell, x = keras.layers.LSTMCell(2), np.array([[[1.0], [7.0]]])
    >>> try:
    ...     y = keras.layers.RNN([cell])(x, mask=np.array([[True, False]]))
    ... except (ValueError, IndexError):  # Keras 3, in words of the backend
    ...     y = keras.layers.RNN(cell)(x, mask=np.array([[True, False]]))
    >>> bool(np.allclose(y, keras.layers.RNN(cell)(x[:, :1]), atol=1e-6))
    True
    """
    y = listed(case)(case.x, mask=case.mask)
    assert_close(y, equations(case).outputs[:, -1])


# What all of them do.

RATE = 0.999999


def dropping(name, case, pick, rate=RATE):
    """Build a wrapper that in training drops an input with probability `rate`, and its input."""
    lstm_inside = partial(keras.layers.LSTM, case.units, dropout=rate)
    rates = [rate * (k == pick % 2) for k in range(2)]
    cell = partial(keras.layers.LSTMCell, case.units)
    made = {
        "Bidirectional": lambda: (keras.layers.Bidirectional(lstm_inside()), case.x),
        "RNN": lambda: (keras.layers.RNN(cell(dropout=rate)), case.x),
        "StackedRNNCells": lambda: (keras.layers.RNN([cell(dropout=r) for r in rates]), case.x),
        "TimeDistributed": lambda: (
            keras.layers.TimeDistributed(lstm_inside()),
            case.x[:, :, None],
        ),
    }
    return made[name]()


def with_noise(layer, x, seed):
    """Build a layer for an input, and set all its weights to numbers made by the seed."""
    layer.build(x.shape)
    layer.set_weights([noise(w.shape, 2**17 + seed + k) for k, w in enumerate(layer.weights)])
    return layer


@claim(
    "wrappers.pass-training-on",
    promised="RNN and TimeDistributed, call argument `training`",
    costly="several layers and calls an example, about a tenth of a second",
)
@example("StackedRNNCells", small(), 1, 0)
@given(
    sampled_from(["Bidirectional", "RNN", "StackedRNNCells", "TimeDistributed"]),
    cases(timesteps=integers(1, 3)),
    picks,
    seeds,
)
def test_training_reaches_what_is_wrapped(name, case, pick, seed):
    """
    Bidirectional, RNN, StackedRNNCells and TimeDistributed pass `training` on to what is in them.

    Without it they do as with training=False: nothing is dropped. In a stack it reaches every
    cell, the upper ones too.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(8, dropout=0.999999))
    >>> x = np.array([[[1.0], [7.0]]])  # (batch, timesteps, features)
    >>> bool(np.all(both(x) == both(x, training=False)))
    True
    >>> bool(np.all(both(x, training=True) == both(-x, training=True)))  # all input is dropped
    True
    """
    layer, x = dropping(name, case, pick)
    with_noise(layer, x, seed)
    # Of at most 72 inputs one is kept with probability 1e-6: a false alarm in 10,000 examples.
    assert_same(layer(x, training=True), to_numpy(layer(-x, training=True)))
    y = to_numpy(with_noise(dropping(name, case, pick, rate=0.0)[0], x, seed)(x))
    assert_close([layer(x, training=False), layer(x)], [y, y])


# TimeDistributed: slices.


@claim(
    "wrappers.dense-in-slices",
    promised="TimeDistributed, first paragraph; Dense, note on more than two axes",
    corrects="A sequence needs TimeDistributed(Dense): Dense alone would mix its timesteps.",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(return_sequences=True), seeds)
def test_dense_is_its_own_time_distribution(case, seed):
    """
    After an LSTM with return_sequences=True, TimeDistributed(Dense(n)) is the same as Dense(n).

    Both apply one kernel of shape (units, n) to every timestep, so neither grows with the
    number of timesteps.

    >>> import keras, numpy as np
    >>> y = keras.layers.LSTM(2, return_sequences=True)(np.array([[[1.0], [7.0], [2.0]]]))
    >>> dense = keras.layers.Dense(4)
    >>> sliced = keras.layers.TimeDistributed(dense)
    >>> bool(np.allclose(sliced(y), dense(y), atol=1e-6)), sliced.count_params()
    (True, 12)
    """
    y = to_numpy(lstm(case)(case.x))
    kernel, bias = noise((case.units, 2), seed), noise((2,), seed)
    dense, sliced = keras.layers.Dense(2), keras.layers.TimeDistributed(keras.layers.Dense(2))
    for layer in (dense, sliced):
        layer.build(y.shape)
        layer.set_weights([kernel, bias])
    assert_close(sliced(y), y.astype(float) @ kernel + bias)
    assert_close(dense(y), to_numpy(sliced(y)))


@claim(
    "wrappers.lstm-in-slices",
    promised="TimeDistributed, first paragraph",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(timesteps=integers(1, 3), return_sequences=booleans()), integers(1, 3), seeds)
def test_one_lstm_reads_every_slice(case, number, seed):
    """
    TimeDistributed(LSTM) reads every slice of its input with one LSTM, each from zero states.

    The input has four axes, (batch, slices, timesteps, features), such as the words of the
    sentences of a text. It is the same to call the LSTM with all slices as samples.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.arange(12.0).reshape(1, 3, 4, 1)
    >>> sliced = keras.layers.TimeDistributed(lstm)
    >>> y = sliced(x)
    >>> tuple(y.shape), bool(np.allclose(y[0], lstm(x[0]), atol=1e-6))
    ((1, 3, 2), True)
    """
    x = slices(case, number, seed)
    y, outputs = distributed(case, x)(x), equations(of_slices(case, x)).outputs
    expected = [outputs[:, -1], outputs][case.options["return_sequences"]]
    assert_close(y, expected.reshape(y.shape))


@claim(
    "wrappers.slices-of-two-axes",
    promised="TimeDistributed, first paragraph: inputs have three axes or more",
)
@given(cases())
def test_time_distributed_refuses_two_axes(case):
    """
    TimeDistributed refuses input of two axes, which leaves its layer only the batch.

    The error is a ValueError that says which shape was received.

    >>> import keras, numpy as np
    >>> try:
    ...     keras.layers.TimeDistributed(keras.layers.Dense(2))(np.ones((3, 1)))
    ... except ValueError as error:
    ...     print("received: (3, 1)" in str(error))
    True
    """
    layer = keras.layers.TimeDistributed(keras.layers.Dense(2))
    assert_refused(lambda: layer(case.x[:, :, 0]), "ValueError", "at least 3 dimensions")


@claim(
    "wrappers.slices-of-one-input",
    observed="Keras 3",
    needs="keras.layers.Identity",
    corrects="Documentation of TimeDistributed, call argument `inputs`: it takes nested tensors.",
)
@given(cases())
def test_time_distributed_takes_one_tensor(case):
    """
    TimeDistributed refuses a list or a dictionary of tensors, whatever layer is in it.

    Join them along the features first, or apply the layer to each of them.

    >>> import keras, numpy as np
    >>> try:
    ...     keras.layers.TimeDistributed(keras.layers.Add())([np.ones((1, 3, 2))] * 2)
    ... except ValueError as error:
    ...     print("at least 3 dimensions" in str(error))
    True
    """
    words = "ValueError", "at least 3 dimensions"
    same, add = map(keras.layers.TimeDistributed, [keras.layers.Identity(), keras.layers.Add()])
    assert_refused(lambda: same({"one": case.x, "other": case.x}), *words)
    assert_refused(lambda: add([case.x, case.x]), *words)


@claim(
    "wrappers.mask-of-slices",
    observed="Keras 3 on TensorFlow",
    corrects="Documentation of TimeDistributed, `mask`: its shape is (samples, timesteps).",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(timesteps=integers(1, 3)), integers(1, 3), seeds)
def test_each_slice_has_its_own_mask(case, number, seed):
    """
    TimeDistributed(LSTM) wants a mask of three axes, (batch, slices, timesteps).

    Each slice gets its own part of it. A mask with one number for each slice is refused, by an
    IndexError of the layer inside.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.arange(12.0).reshape(1, 3, 4, 1)
    >>> layer, mask = keras.layers.TimeDistributed(lstm), x[..., 0] % 2 == 0
    >>> try:
    ...     layer(x, mask=mask[:, :, 0])  # (batch, slices)
    ... except IndexError:
    ...     y = layer(x, mask=mask)  # (batch, slices, timesteps)
    >>> bool(np.allclose(y[:, 1], lstm(x[:, 1], mask=mask[:, 1]), atol=1e-6))
    True
    """
    x, mask = slices(case, number, seed), noise((case.batch, number, case.timesteps), seed) > 0
    layer = distributed(case, x)
    y = layer(x, mask=mask)
    assert_close(y, equations(of_slices(case, x, mask)).outputs[:, -1].reshape(y.shape))
    assert_refused(
        lambda: layer(x, mask=mask[:, :, 0]), "IndexError", ("out of range", "out of bounds")
    )


@claim(
    "wrappers.mask-behind-slices",
    observed="Keras 3; Keras 2 handed on a mask of the slices",
    corrects="TimeDistributed(LSTM) makes, of the mask of the words, one of the sentences.",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(timesteps=integers(2, 3), masked=True), integers(1, 3), seeds)
def test_the_mask_of_timesteps_is_handed_on_for_slices(case, number, seed):
    """
    TimeDistributed(LSTM) hands the mask of the words on, and an LSTM over the sentences refuses it.

    That mask has an axis too many: its last is taken for units if its length is 1, or the units
    of the upper LSTM. Make a mask of the sentences by hand, and pass it by name.

    >>> import keras, numpy as np
    >>> words = np.array([[[4, 7, 0], [2, 0, 0], [0, 0, 0]]])  # (batch, sentences, words)
    >>> sentences = keras.layers.TimeDistributed(keras.layers.LSTM(2))
    >>> y = sentences(keras.layers.Embedding(9, 2, mask_zero=True)(words))
    >>> try:
    ...     keras.layers.LSTM(5)(y)
    ... except Exception:
    ...     print(tuple(keras.layers.LSTM(5)(y, mask=np.any(words != 0, axis=2)).shape))
    (1, 5)
    """
    x = slices(case, number, seed) * case.mask[:, None, :, None]
    outputs = distributed(case, x)(keras.layers.Masking()(x))
    above = keras.layers.LSTM(case.timesteps + 1)
    assert_close(above(outputs, mask=np.ones((case.batch, number), bool)), above(to_numpy(outputs)))
    assert_refused(lambda: above(outputs), OF_THE_BACKEND, "LSTM.call()")


@claim(
    "wrappers.stateful-slices",
    observed="Keras 3 on TensorFlow",
    corrects="Documentation of TimeDistributed: each slice is read independently of the others.",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(timesteps=integers(1, 2), stateful=True, return_sequences=True), integers(2, 3), seeds)
def test_a_stateful_layer_reads_slice_after_slice(case, number, seed):
    """
    A stateful LSTM in TimeDistributed reads the slices as the pieces of one long sequence.

    It is called once for each slice, so it starts each from the state that it ended the one
    before in. Leave stateful=False to have every slice start from zeros.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, stateful=True, return_sequences=True)
    >>> x = np.arange(6.0).reshape(1, 3, 2, 1)  # (batch, slices, timesteps, features)
    >>> y = keras.layers.TimeDistributed(lstm)(x)
    >>> lstm.reset_state()
    >>> bool(np.allclose(lstm(x.reshape(1, 6, 1)), np.reshape(y, (1, 6, 2)), atol=1e-6))
    True
    """
    x = slices(case, number, seed)
    y = distributed(case, x)(x)
    joined = replace(case, x=x.reshape(case.batch, -1, case.features))
    longer = replace(case, x=np.concatenate([x[:, 0], joined.x], axis=1))
    after_first = equations(longer).outputs[:, case.timesteps :].reshape(y.shape)
    instead = {"the first slice is read twice": after_first}
    assert_close(y, equations(joined).outputs.reshape(y.shape), instead=instead)


@claim(
    "wrappers.states-of-slices",
    promised="TimeDistributed, first paragraph: it applies a layer to every slice",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(timesteps=integers(1, 2), return_state=True), integers(1, 3), seeds)
def test_slices_keep_output_and_states_apart(case, number, seed):
    """
    TimeDistributed around an LSTM with return_state=True returns an output and two states.

    Keras 3 stacks the three into one tensor, whose first axis then is no batch. Call the
    LSTM itself, with the slices as samples.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_state=True)
    >>> x = np.arange(12.0).reshape(1, 3, 4, 1)  # (batch, slices, timesteps, features)
    >>> y, h, c = [part[None] for part in map(np.array, lstm(x[0]))]
    >>> tuple(y.shape), tuple(h.shape), tuple(c.shape)
    ((1, 3, 2), (1, 3, 2), (1, 3, 2))
    """
    x = slices(case, number, seed)
    parts, (_, h, c) = distributed(case, x)(x), equations(of_slices(case, x))
    assert isinstance(parts, (list, tuple)), f"one tensor of shape {tuple(parts.shape)}"
    assert_close(list(parts), [part.reshape(parts[0].shape) for part in (h, h, c)])


# From one length to another.


@claim(
    "wrappers.repeat-vector",
    derived="the equations, on the encoder's output at every timestep",
    corrects="From a sequence to one of another length: that is hard to do in Keras.",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(), integers(1, 5), seeds)
def test_repeating_a_vector_makes_a_sequence_of_any_length(case, number, seed):
    """
    With RepeatVector(n) between two LSTM layers n outputs come from any number of timesteps.

    The first LSTM makes one vector of its sequence, and the second reads that vector n times.
    Its outputs still differ, because its state goes on.

    >>> import keras, numpy as np
    >>> encoder, decoder = keras.layers.LSTM(2), keras.layers.LSTM(3, return_sequences=True)
    >>> model = keras.Sequential([encoder, keras.layers.RepeatVector(5), decoder])
    >>> tuple(model(np.ones((1, 4, 1))).shape), tuple(model(np.ones((1, 7, 1))).shape)
    ((1, 5, 3), (1, 5, 3))
    """
    decoder = another(case, seed, features=case.units, return_sequences=True)
    decoder = replace(decoder, x=np.repeat(equations(case).h[:, None], number, axis=1))
    repeat = keras.layers.RepeatVector(number)
    assert_close(lstm(decoder)(repeat(lstm(case)(case.x))), equations(decoder).outputs)


@claim(
    "wrappers.bidirectional-encoder",
    derived="wrappers.bidirectional-states and state.h-first",
    corrects="The states of a bidirectional encoder can start a decoder as they are.",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(return_state=True), seeds)
def test_joined_states_start_a_decoder_of_twice_the_units(case, seed):
    """
    The states of a Bidirectional encoder, h with h and c with c, start an LSTM of 2 * units.

    The encoder returns h, c, h, c. A decoder that reads in one direction has one h and one c,
    so the two h are joined, and so are the two c.

    >>> import keras, numpy as np
    >>> x, decoder, join = np.ones((1, 4, 1)), keras.layers.LSTM(4), keras.layers.Concatenate()
    >>> y, *states = keras.layers.Bidirectional(keras.layers.LSTM(2, return_state=True))(x)
    >>> try:
    ...     decoder(x, initial_state=states)
    ... except Exception:
    ...     states = [join(states[::2]), join(states[1::2])]  # the two h, and the two c
    >>> len(states), tuple(decoder(x, initial_state=states).shape)
    (2, (1, 4))
    """
    backward, join = opposite(case, seed), keras.layers.Concatenate()
    (_, h, c), (_, backward_h, backward_c) = equations(case), equations(backward)
    decoder = another(case, seed, units=2 * case.units, return_state=False)
    _, *states = both(case, backward)(case.x)
    start = [join(states[::2]), join(states[1::2])]
    expected = replace(decoder, h=side_by_side(h, backward_h), c=side_by_side(c, backward_c))
    assert_close(lstm(decoder)(case.x, initial_state=as_states(start)), equations(expected).h)
