"""Time: every timestep is read, in order, by all units, with the same weights.

With two units and an input of three timesteps, what becomes of the third? Whoever asks has a
picture in mind in which each unit takes one timestep. But units and timesteps are not paired. An
LSTM is a loop: all its units read the first timestep, then the same units, with the same weights,
read the second, then the third.

    h, c = zeros
    for x in sequence:             # x is the vector of features of one timestep
        h, c = cell(x, [h, c])     # the same cell each time

The number of units is how many numbers h and c hold; the number of timesteps is how often the loop
goes round. All of this chapter follows from that. Every timestep reaches every unit, a sequence may
have any length, an output knows what was read before it and nothing of what comes later, order
matters, and a sequence may be cut in two if both h and c are handed on.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import integers

from lstm_spec.claims import claim
from lstm_spec.harness.reference import equations, returned
from lstm_spec.harness.strategies import (
    SIZES,
    cases,
    noise,
    picks,
    seeds,
    several,
    some_large,
    varied,
    whole,
)
from lstm_spec.harness.subject import as_states, lstm, passed, with_weights
from lstm_spec.harness.tolerance import assert_close, assert_differs, assert_same
from lstm_spec.harness.ways import ways, with_ways

# Every timestep is read.


@claim(
    "time.axis-one",
    promised="LSTM, call argument `inputs`",
    corrects="The last axis of the input is the length of the sequence.",
    cases=8,
)
@given(
    *with_ways(cases(**varied("batch", "units"), features=integers(5, 7), return_sequences=True))
)
def test_axis_one_is_time_and_axis_two_is_features(case, way):
    """
    Axis 1 of an LSTM's input is time, and axis 2 is features.

    A kernel has a row for each feature, so a new layer takes a table with the two axes exchanged,
    builds its kernel for that, and no error says so.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_sequences=True)
    >>> tuple(lstm(np.zeros((1, 5, 3))).shape)  # (batch, timesteps, units)
    (1, 5, 2)
    >>> lstm.get_weights()[0].shape  # the kernel: (features, 4 * units)
    (3, 8)
    """
    layer = keras.layers.LSTM(case.units, return_sequences=True)
    shape = tuple(layer(case.x).shape)
    kernel = layer.get_weights()[0].shape
    assert shape == (case.batch, case.timesteps, case.units), f"output {shape}"
    assert kernel == (case.features, 4 * case.units), f"kernel {kernel}"
    assert_close(way(lstm(case))(case.x), equations(case).outputs)


@claim(
    "time.rows-of-a-table",
    derived="the shape (batch, timesteps, features), and that samples do not mix",
    corrects="With x[:, None], shape (rows, 1, features), a row is read with those before it.",
    cases=4,
)
@given(*with_ways(cases(batch=1, timesteps=integers(2, 6), dtype="float64")), picks)
def test_a_row_sees_earlier_rows_only_along_axis_one(case, way, pick):
    """
    By default, without rounding and zero weights, a row of a table sees those before it in
    x[None], and none in x[:, None].

    x[None] is one sequence of many timesteps. x[:, None] is many sequences of one
    timestep each, and none of them sees another.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x, other = np.array([[1.0], [2.0]]), np.array([[9.0], [2.0]])  # (rows, features)
    >>> bool(np.array_equal(lstm(x[None])[-1], lstm(other[None])[-1]))
    False
    >>> bool(np.array_equal(lstm(x[:, None])[-1], lstm(other[:, None])[-1]))
    True
    """
    run = way(lstm(case))
    x = case.x[0]
    other = case.x[0].copy()
    other[pick % (case.timesteps - 1)] += 1.0
    assert_differs(run(other[None])[-1], run(x[None])[-1])
    assert_same(run(other[:, None])[-1], run(x[:, None])[-1])


@claim(
    "time.every-step",
    derived="the equations: each timestep changes the state that all later ones read",
    corrects="Timestep k goes to unit k, so an LSTM with fewer units than timesteps ignores some.",
    cases=8,
)
@given(
    *with_ways(
        cases(
            **varied("batch", "features", "use_bias", "implementation", "go_backwards"),
            timesteps=integers(2, 5),
            units=some_large(integers(1, 7), 65),
            dtype="float64",
        )
    ),
    picks,
)
def test_every_timestep_reaches_every_unit(case, way, pick):
    """
    By default, without rounding and zero weights, every unmasked timestep acts on every unit,
    however few or many.

    Units and timesteps are different axes: all units read the first timestep, then all units read
    the second, and so on. In float32 what is left of a timestep after about 100 more may be less
    than a rounding.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)  # two units, three timesteps
    >>> x = np.array([[[1.0], [2.0], [3.0]]])  # (batch, timesteps, features)
    >>> changed = [np.array(lstm(x + step[:, None])) for step in np.eye(3)]
    >>> [bool(np.all(y != lstm(x))) for y in changed]
    [True, True, True]
    """
    run = way(lstm(case))
    other = case.x.copy()
    other[:, -1 - pick % case.timesteps] += 1.0  # the last at first
    assert_differs(run(other), run(case.x), everywhere=True)


@claim(
    "time.fewer-or-more-units",
    derived="the claim `time.every-step`, on the numbers 1 to 9 with default initial weights",
    corrects="Of three input vectors LSTM(2) drops one; in LSTM(300) 297 cells get none.",
    cases=8,
)
@given(whole([(2, "tanh"), (3, "elu"), (300, "tanh")]), seeds, ways())
def test_three_timesteps_reach_every_unit_of_two_three_or_many(size, seed, way):
    """
    Without rounding each of 3 unmasked timesteps reaches every unit of a new LSTM(2),
    LSTM(3, activation="elu") and LSTM(300).

    `units` is the width of the state, not a number of places for input vectors: the one
    cell reads the 3 vectors of a sample one after the other, and each changes all its units.

    >>> import keras, numpy as np
    >>> x = np.arange(1.0, 10.0).reshape(3, 3, 1)  # (batch, timesteps, features)
    >>> steps = np.eye(3)[:, :, None]  # which timestep to change
    >>> for units, activation in ((2, "tanh"), (3, "elu"), (300, "tanh")):
    ...     lstm = keras.layers.LSTM(units, activation=activation, dtype="float64")
    ...     print([bool(np.all(np.array(lstm(x + step)) != lstm(x))) for step in steps])
    [True, True, True]
    [True, True, True]
    [True, True, True]
    """
    units, activation = size
    x = np.arange(1, 10, dtype="float32").reshape(3, 3, 1)
    layer = default_lstm(units, seed, activation=activation)
    layer.build(x.shape)
    others = [x + step[:, None] for step in np.eye(3, dtype="float32")]
    outputs = np.array(way(layer)(np.concatenate([x, *others])))
    assert outputs.dtype == "float64", f"it is computed in {outputs.dtype}"
    y, *changed = np.split(outputs, 4)
    assert_differs(changed, np.array([y, y, y]), everywhere=True)


def default_lstm(units, seed, **options):
    """Return a float64 LSTM whose weights Keras' default initializers draw from a seed."""
    return keras.layers.LSTM(
        units,
        kernel_initializer=keras.initializers.GlorotUniform(seed),
        recurrent_initializer=keras.initializers.Orthogonal(seed=seed),
        dtype="float64",
        **options,
    )


@claim(
    "time.cell-by-cell",
    derived="the equations: one set of weights serves all timesteps",
    corrects="A layer has as many LSTM cells as there are timesteps.",
    cases=8,
)
@given(
    *with_ways(cases(**varied(*SIZES, "use_bias", "implementation", "dtype"), return_state=True))
)
def test_one_cell_called_once_a_timestep_is_the_layer(case, way):
    """
    Read forwards from one state without mask and dropout, a cell called for each timestep computes
    what LSTM does.

    There is one cell with one set of weights. Pictures that show a cell for each timestep show the
    same cell again and again.

    >>> import keras, numpy as np
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> lstm, state = keras.layers.LSTM(2), [np.zeros((1, 2)), np.zeros((1, 2))]
    >>> y = lstm(x)
    >>> for t in range(3):
    ...     h, state = lstm.cell(x[:, t], state)
    >>> bool(np.allclose(h, y, atol=1e-6))
    True
    """
    options = {name: value for name, value in case.options.items() if name != "return_state"}
    cell = with_weights(keras.layers.LSTMCell(case.units, **options), case)
    dtype = case.options["dtype"]
    state = as_states([np.zeros((case.batch, case.units), dtype)] * 2, dtype)
    for t in range(case.timesteps):
        h, state = cell(case.x[:, t], state)
    assert_close([h, *state], returned(case))
    assert_close(list(way(lstm(case))(case.x)), returned(case))


# Sequences of any length.


@claim(
    "time.any-length",
    derived="the equations: no weight belongs to a timestep",
    corrects="A layer reads only sequences of the length that it was built for.",
    cases=8,
)
@given(*with_ways(cases(**varied(*SIZES, "go_backwards"))), some_large(integers(1, 9), 100), seeds)
def test_a_built_layer_reads_any_length_with_the_same_weights(case, way, timesteps, seed):
    """
    Called itself, a built LSTM reads sequences of any length from 1 up, with the weights it has,
    unless unrolled in a graph.

    The number of timesteps occurs in no weight, so nothing is built anew, padded or cut.
    A graph that was unrolled for one length is another matter: see `modes.unrolled-second-length`.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> tuple(lstm(np.ones((1, 3, 1))).shape)  # built on 3 timesteps
    (1, 2)
    >>> before = lstm.get_weights()
    >>> [tuple(lstm(np.ones((1, timesteps, 1))).shape) for timesteps in (1, 2, 20)]
    [(1, 2), (1, 2), (1, 2)]
    >>> all(np.array_equal(w, b) for w, b in zip(lstm.get_weights(), before))
    True
    """
    layer = lstm(case)
    run = way(layer)
    other = replace(case, x=noise((case.batch, timesteps, case.features), seed))
    assert_close(run(case.x), returned(case))
    assert_close(run(other.x), returned(other))
    assert_same(layer.get_weights(), case.weights)


@claim(
    "time.unknown-length",
    promised="RNN, section Masking: input data with a variable number of timesteps",
    corrects="The length of the sequences must be set once, the same for training and prediction.",
    cases=4,
)
@given(
    cases(**varied(*SIZES)),
    some_large(integers(1, 9), 100),
    seeds,
    whole(["Sequential", "functional"]),
    whole(["__call__", "predict_on_batch", "predict"]),
)
def test_a_model_of_unknown_length_reads_another_length_in_each_call(
    case, timesteps, seed, kind, call
):
    """
    Behind Input((None, features)) a stateless LSTM that is not unrolled takes another length in
    each call.

    All sequences of one batch have one length, because an array is rectangular; only sequences
    of different lengths in one batch need padding and a mask.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((None, 3)), keras.layers.LSTM(2)])
    >>> [tuple(model(np.ones((1, timesteps, 3))).shape) for timesteps in (1, 4, 9)]
    [(1, 2), (1, 2), (1, 2)]
    >>> model.input_shape, model.output_shape
    ((None, None, 3), (None, 2))
    """
    inputs = keras.Input((None, case.features))
    layer = lstm(case)
    functional = kind == "functional"
    model = keras.Model(inputs, layer(inputs)) if functional else keras.Sequential([inputs, layer])
    quiet = {"verbose": 0} if call == "predict" else {}
    run = partial(getattr(model, call), **quiet)
    other = replace(case, x=noise((case.batch, timesteps, case.features), seed))
    assert_close(run(case.x), returned(case))
    assert_close(run(other.x), returned(other))


# What is read before, and what after.


@claim(
    "time.causality",
    derived="the equations: h at a timestep is made from inputs up to it",
    cases=8,
)
@given(
    *with_ways(
        cases(
            **varied("batch", "features", "units", "state", "masked", "dtype"),
            timesteps=several,
            return_sequences=True,
        )
    ),
    picks,
    seeds,
    whole([0.0, np.nan, np.inf]),
)
def test_changing_the_future_leaves_the_past(case, way, pick, seed, added):
    """
    Read forwards, the output at a timestep does not depend on any later timestep.

    The layer reads the sequence from the first timestep to the last and never looks ahead.
    With `go_backwards`, and in the backward half of a Bidirectional, it is the other way round.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_sequences=True)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> other = np.array([[[1.0], [7.0], [-9.0]]])
    >>> bool(np.array_equal(lstm(x)[:, :2], lstm(other)[:, :2]))
    True
    """
    now = 1 + pick % (case.timesteps - 1)
    run = way(lstm(case))
    other = noise(case.x.shape, seed) + np.float32(added)
    other[:, :now] = case.x[:, :now]
    expected = run(case.x, **passed(case))[:, :now]
    assert_same(run(other, **passed(case))[:, :now], expected)


@claim(
    "time.prefix",
    derived="the equations: the number of timesteps still to come occurs in none of them",
    cases=8,
)
@given(
    *with_ways(
        cases(
            **varied("batch", "features", "units", "dtype"),
            timesteps=several,
            return_sequences=True,
        )
    ),
    picks,
)
def test_the_first_timesteps_alone_give_the_first_outputs(case, way, pick):
    """
    Read forwards from one state, without dropout, the first k timesteps give the first k outputs.

    So the length of a sequence has no influence of its own: the layer neither averages over time
    nor knows how much is still to come. A stateful layer has to be reset between the two calls.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_sequences=True)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> bool(np.allclose(lstm(x[:, :2]), lstm(x)[:, :2], atol=1e-6))
    True
    """
    run = way(lstm(case))
    k = 1 + pick % (case.timesteps - 1)
    expected = equations(case).outputs[:, :k]
    assert_close(run(case.x)[:, :k], expected)
    assert_close(run(case.x[:, :k]), expected)


@claim(
    "time.order",
    derived="the equations: the gates of a timestep read what the earlier ones left",
    cases=8,
)
@given(
    *with_ways(cases(**varied("batch", "features", "units"), timesteps=several, dtype="float64"))
)
def test_reversing_the_timesteps_changes_the_output(case, way):
    """
    The order of the timesteps matters: reversed, they give another output, as a rule.

    As a rule each timestep is weighed by gates that depend on what came before it. A palindrome is
    an exception.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> bool(np.array_equal(lstm(x), lstm(x[:, ::-1])))
    False
    """
    run = way(lstm(case))
    assert_differs(run(case.x[:, ::-1]), run(case.x))


@claim(
    "time.splitting",
    derived="the equations: a timestep reads of the past only h and c",
    cases=4,
)
@given(
    *with_ways(
        cases(
            **varied("batch", "features", "units", "go_backwards", "dtype"),
            timesteps=several,
            return_sequences=True,
            return_state=True,
        ),
        "initial_state",
        "float64",
    ),
    picks,
)
def test_a_sequence_may_be_cut_anywhere(case, way, pick):
    """
    Without a mask an LSTM's sequence may be cut in two, if the part that is read second starts
    from the h and c of the other.

    h and c hold all that the layer knows about the past, and a timestep's position has no meaning
    of its own. With a mask see `masking.zeros-before-first-step`.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_state=True)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y, h, c = lstm(x[:, :1])
    >>> bool(np.allclose(lstm(x[:, 1:], initial_state=[h, c])[0], lstm(x)[0], atol=1e-6))
    True
    """
    run = way(lstm(case))
    cut = 1 + pick % (case.timesteps - 1)
    parts = [case.x[:, :cut], case.x[:, cut:]]
    first, second = reversed(parts) if case.options["go_backwards"] else parts
    outputs, h, c = returned(case)
    before, *state = run(first)
    after = run(second, initial_state=as_states(list(state), case.options["dtype"]))
    read = first.shape[1]
    assert_close(before, outputs[:, :read])
    assert_close(list(after), [outputs[:, read:], h, c])


@claim(
    "time.both-states",
    derived="the equations: the new c is made from the old c, which h does not determine",
    corrects="To continue a sequence it is enough to hand on the last output.",
    cases=8,
)
@given(
    *with_ways(
        cases(
            **varied("batch", "features", "units"),
            timesteps=integers(2, 6),
            return_state=True,
            dtype="float64",
        ),
        "initial_state",
        "float64",
    ),
    picks,
)
def test_h_alone_does_not_resume_a_sequence(case, way, pick):
    """
    As a rule, handing on h without c does not resume a sequence.

    The output is h, which the output gate has scaled; it does not tell c, which is remembered too.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_state=True)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y, h, c = lstm(x[:, :1])
    >>> without_c = lstm(x[:, 1:], initial_state=[h, np.zeros_like(c)])[0]
    >>> bool(np.array_equal(without_c, lstm(x[:, 1:], initial_state=[h, c])[0]))
    False
    """
    run = way(lstm(case))
    cut = 1 + pick % (case.timesteps - 1)
    _, h, c = run(case.x[:, :cut])
    rest = case.x[:, cut:]
    resumed, _, _ = run(rest, initial_state=as_states([h, c], "float64"))
    without, _, _ = run(rest, initial_state=as_states([h, np.zeros_like(c)], "float64"))
    assert_close(resumed, equations(case).h)
    assert_differs(without, resumed)


@claim(
    "time.fading",
    observed="Keras 3, TensorFlow, CPU: default initial weights, 40 timesteps",
    corrects="An LSTM sees only a window of so many timesteps, and longer sequences must be cut.",
    cases=4,
)
@given(some_large(integers(1, 8), 65), integers(1, 3), seeds, ways())
def test_an_old_timestep_fades_but_does_not_vanish(units, features, seed, way):
    """
    As a rule the first of 40 unmasked timesteps of numbers within 2 moves a new default layer less
    than the last.

    In float64 the first still moves it, as a rule: there is no window. Each timestep multiplies
    what is remembered by the forget gate, sigmoid(1) = 0.73 in a new layer on zeros; training may
    bring it close to 1.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(8, dtype="float64")
    >>> x = np.ones((3, 40, 1))  # (batch, timesteps, features)
    >>> x[1, 0], x[2, -1] = 2.0, 2.0  # another first, another last timestep
    >>> y = np.array(lstm(x))
    >>> first, last = np.abs(y[1] - y[0]).max(), np.abs(y[2] - y[0]).max()
    >>> bool(0 < first < last)
    True
    """
    x = np.repeat(noise((1, 40, features), seed), 3, axis=0)
    x[1, 0] += 1.0
    x[2, -1] += 1.0
    layer = default_lstm(units, seed)
    layer.build(x.shape)
    y = np.array(way(layer)(x))
    assert y.dtype == "float64", f"it is computed in {y.dtype}"
    first, last = np.abs(y[1:] - y[0]).max(axis=1)
    assert_differs(y[1], y[0])
    assert first < last, f"the first timestep moves the output by {first}, the last by {last}"


@claim(
    "time.nan-stays-in-its-sample",
    derived="the equations: NaN passes through sums, products and both activations",
    corrects="One NaN in the data makes the outputs of the whole batch NaN.",
    cases=8,
)
@given(
    *with_ways(
        cases(**varied(*SIZES, "use_bias", "implementation", "dtype"), return_sequences=True)
    ),
    picks,
    picks,
)
def test_a_nan_spoils_only_later_outputs_of_its_sample(case, way, pick, sample):
    """
    By default, in a call, an unmasked NaN spoils the outputs of its own sample from there on, and
    of no other.

    It stays in h and c. In training in float32, under mean squared error of the layer or of a
    Dense behind it, it does spread: the batch's loss is NaN, and so are all the layer's weights
    after one update. With `go_backwards` NaN spoils the timesteps before it, not those after.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_sequences=True)
    >>> x = np.ones((2, 3, 1))  # (batch, timesteps, features)
    >>> x[0, 1] = np.nan
    >>> np.isnan(lstm(x)).all(axis=-1).tolist()
    [[False, True, True], [False, False, False]]
    >>> np.isnan(lstm(x)).any(axis=-1).tolist()
    [[False, True, True], [False, False, False]]
    """
    run = way(lstm(case))
    spoilt = case.x.copy()
    t = pick % case.timesteps
    spoilt[sample % case.batch, t, pick % case.features] = np.nan
    expected = np.array(run(case.x))
    expected[sample % case.batch, t:] = np.nan
    assert_same(run(spoilt), expected)
