"""Sequences: what a layer returns, one output or all, with or without its states.

An LSTM computes an output h at every timestep, whether anybody asks for it or not. Two flags choose
what a call returns of it, and neither changes a number:

    LSTM(2)                           h of the last timestep     (batch, 2)
    LSTM(2, return_sequences=True)    h of every timestep        (batch, timesteps, 2)
    LSTM(2, return_state=True)        the output, and then h and c of the last timestep

The last output is enough where a whole sequence gets one answer, such as its class. All outputs are
needed where every timestep gets an answer, and where another LSTM reads on, because it needs an
axis of time to read along. The states are for whatever goes on from where this layer stopped, such
as the decoder of a translation.

A third flag, `go_backwards`, turns the input around before it is read, and does not turn the
outputs back: their first row belongs to the last timestep.
"""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import integers

from lstm_spec.claims import claim
from lstm_spec.harness.reference import equations, returned
from lstm_spec.harness.refusals import assert_refused
from lstm_spec.harness.strategies import (
    SIZES,
    booleans,
    cases,
    noise,
    picks,
    seeds,
    several,
    varied,
)
from lstm_spec.harness.subject import lstm, passed
from lstm_spec.harness.tolerance import assert_close, assert_differs, assert_same
from lstm_spec.harness.ways import with_ways

FREE = ("go_backwards", "use_bias", "implementation", "dtype")
"""What hardly any sentence of this chapter fixes."""


# One output or all.


@claim(
    "sequences.row-per-timestep",
    promised="RNN, section Output shape",
    corrects="A layer with 40 units returns a sequence of 40 outputs.",
    cases=8,
)
@given(*with_ways(cases(**varied(*SIZES, *FREE, "state", "masked"), return_sequences=True)))
def test_a_sequence_has_a_row_for_each_timestep(case, way):
    """
    Called on an input alone, an LSTM with `return_sequences` puts out a row for each timestep, a
    column for each unit.

    The sequence is as long as the input, also if it has one timestep. The number of units decides
    how wide a row is, and not how many there are.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(40, return_sequences=True)
    >>> tuple(lstm(np.ones((1, 5, 3))).shape)  # (batch, timesteps, units)
    (1, 5, 40)
    >>> tuple(lstm(np.ones((1, 1, 3))).shape)
    (1, 1, 40)
    """
    shape = tuple(way(lstm(case))(case.x, **passed(case)).shape)
    assert shape == (case.batch, case.timesteps, case.units), f"output {shape}"


@claim(
    "sequences.last-row",
    promised="LSTM, argument `return_sequences`",
    cases=8,
)
@given(*with_ways(cases(**varied(*SIZES, *FREE, "state", "masked")), "return_sequences"))
def test_the_default_output_is_the_last_row_of_the_sequence(case, way):
    """
    Without `return_sequences` or `zero_output_for_mask` an LSTM's output is its sequence's last
    row.

    Nothing is averaged or added up over time: the rows before are computed and dropped.

    >>> import keras, numpy as np
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> last, sequence = keras.layers.LSTM(2), keras.layers.LSTM(2, return_sequences=True)
    >>> tuple(last(x).shape), tuple(sequence(x).shape)
    ((1, 2), (1, 3, 2))
    >>> sequence.set_weights(last.get_weights())
    >>> bool(np.allclose(last(x), sequence(x)[:, -1], atol=1e-6))
    True
    """
    expected = equations(case).outputs[:, -1]
    assert_close(way(lstm(case))(case.x, **passed(case)), expected)
    sequence = way(lstm(case, return_sequences=True))(case.x, **passed(case))
    assert_close(sequence[:, -1], expected)


@claim(
    "sequences.rows",
    derived="the claims `sequences.last-row` and `time.prefix`",
    cases=4,
)
@given(
    *with_ways(
        cases(
            **varied("batch", "features", "units", "use_bias", "implementation", "dtype", "state"),
            timesteps=several,
        )
    ),
    picks,
)
def test_a_row_is_the_output_of_the_timesteps_up_to_it(case, way, pick):
    """
    Read forwards from the same state, an LSTM's row t is its last output on the timesteps up to
    and including t.

    Row 0 of the sequence is the output after the first timestep, not before it. For layers that go
    backwards see `sequences.backwards-rows`.

    >>> import keras, numpy as np
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> sequence, last = keras.layers.LSTM(2, return_sequences=True), keras.layers.LSTM(2)
    >>> y, _ = sequence(x), last(x)
    >>> last.set_weights(sequence.get_weights())
    >>> [bool(np.allclose(y[:, t], last(x[:, : t + 1]), atol=1e-6)) for t in range(3)]
    [True, True, True]
    """
    t = pick % case.timesteps
    expected = equations(case).outputs[:, t]
    sequence = way(lstm(case, return_sequences=True))(case.x, **passed(case))
    assert_close(sequence[:, t], expected)
    assert_close(way(lstm(case))(case.x[:, : t + 1], **passed(case)), expected)


# The returned states.


@claim(
    "sequences.only-final-states",
    promised="RNN, section Output shape",
    corrects="`return_sequences` with `return_state` gives the cell state at every timestep.",
    cases=8,
)
@given(
    *with_ways(
        cases(**varied(*SIZES, *FREE, "state", "masked", "return_sequences"), return_state=True)
    )
)
def test_return_state_adds_two_final_states(case, way):
    """
    In a call on an input alone, LSTM's `return_state` adds two tensors (batch, units), also with
    `return_sequences`.

    They are the states after the last timestep that is read. One call does not return the c of
    earlier timesteps; their h, without a mask, are the sequence of outputs.

    >>> import keras, numpy as np
    >>> x = np.ones((1, 5, 3))  # (batch, timesteps, features)
    >>> [tuple(y.shape) for y in keras.layers.LSTM(2, return_state=True)(x)]
    [(1, 2), (1, 2), (1, 2)]
    >>> lstm = keras.layers.LSTM(2, return_sequences=True, return_state=True)
    >>> [tuple(y.shape) for y in lstm(x)]
    [(1, 5, 2), (1, 2), (1, 2)]
    """
    _, *states = way(lstm(case))(case.x, **passed(case))
    shapes = [tuple(state.shape) for state in states]
    assert shapes == [(case.batch, case.units)] * 2, f"states {shapes}"
    assert_close(states, returned(case)[1:])


@claim(
    "sequences.order-of-states",
    promised="LSTM, section Example: the memory state, then the carry state",
    corrects="`return_state` returns the cell state alone.",
    cases=8,
)
@given(
    *with_ways(
        cases(**varied(*SIZES, *FREE, "state", "masked", "return_sequences"), return_state=True)
    )
)
def test_the_states_are_h_then_c(case, way):
    """
    The states that an LSTM returns are h, then c, in the order in which `initial_state` takes
    them.

    h is what Keras' documentation calls the memory state, c its carry state. Elsewhere
    they are the hidden state and the cell state.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_state=True)
    >>> y, h, c = lstm(np.array([[[1.0], [7.0], [2.0]]]))  # (batch, timesteps, features)
    >>> bool(np.allclose(y, h)), bool(np.allclose(y, c, rtol=0, atol=1e-9))
    (True, False)
    """
    assert_close(list(way(lstm(case))(case.x, **passed(case))), returned(case))


@claim(
    "sequences.returned-in-a-tuple",
    observed="Keras 3; Keras 2 returned a list",
    corrects="Documentation of RNN, section Output shape: with `return_state` it returns a list.",
)
@given(cases(return_sequences=booleans(), stateful=booleans(), return_state=True))
def test_what_return_state_returns_is_a_tuple(case):
    """
    With `return_state` a call of an LSTM returns the output and the states in a tuple, not in a
    list.

    So they cannot be added to a list by `+`, and none of them can be replaced in its place. A call
    on a KerasTensor returns a tuple too.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2, return_state=True), np.ones((1, 3, 1))
    >>> isinstance(lstm(x), tuple), isinstance(lstm(keras.Input((3, 1))), list)
    (True, False)
    """
    results = lstm(case)(case.x)
    declared = lstm(case)(keras.Input(batch_shape=case.x.shape))
    assert type(results) is tuple, f"a {type(results).__name__} of arrays"
    assert type(declared) is tuple, f"a {type(declared).__name__} of symbols"


@claim(
    "sequences.output-is-h",
    derived="the equations: the output of a timestep is its h",
    cases=8,
)
@given(
    *with_ways(
        cases(**varied(*SIZES, *FREE, "state", "stateful", "return_sequences"), return_state=True)
    )
)
def test_the_output_is_the_final_h(case, way):
    """
    Without a mask, an LSTM's last output and the h that it returns are the same numbers.

    So `return_state` gives one thing that is new: c. With `return_sequences` the last output
    is y[:, -1].

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_state=True)
    >>> y, h, c = lstm(np.array([[[1.0], [7.0], [2.0]]]))  # (batch, timesteps, features)
    >>> bool(np.array_equal(y, h))
    True
    """
    y, h, _ = way(lstm(case))(case.x, **passed(case))
    assert_same(y[:, -1] if case.options["return_sequences"] else y, h)


@claim(
    "sequences.output-is-not-c",
    derived="the equations: h = o * tanh(c), so |h| < |c|",
    corrects="The output of an LSTM is its cell state.",
    cases=8,
)
@given(
    *with_ways(
        cases(**varied(*SIZES, "go_backwards", "use_bias"), return_state=True, dtype="float64")
    )
)
def test_the_output_is_not_c(case, way):
    """
    By default, from zero and before rounding, the output is not c: it is nearer to zero wherever c
    is not 0.

    The output gate and tanh both make it smaller, and c of the same timestep is touched by
    neither.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_state=True, dtype="float64")
    >>> y, h, c = lstm(np.array([[[1.0], [7.0], [2.0]]]))  # (batch, timesteps, features)
    >>> bool(np.all(np.abs(y) < np.abs(c)))
    True
    """
    y, _, c = way(lstm(case))(case.x)
    sizes = np.abs(y)
    limits = np.abs(c)
    assert np.all(sizes < limits), f"the output has the sizes {sizes}, c has {limits}"


@claim(
    "sequences.flags-choose",
    derived="the equations: what is returned occurs in none of them",
    cases=4,
)
@given(
    *with_ways(
        cases(**varied(*SIZES, *FREE, "state", "masked")), "return_sequences", "return_state"
    ),
    booleans(),
)
def test_the_flags_choose_what_is_returned(case, way, sequences):
    """
    Without a mask and output penalties, `return_sequences` and `return_state` only choose what an
    LSTM returns.

    Neither adds a weight, so two layers that differ in these flags can share weights: a model is
    trained with one output, and inspected with all of them and its states.

    >>> import keras, numpy as np
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> full = keras.layers.LSTM(2, return_sequences=True, return_state=True)
    >>> plain, (y, h, c) = keras.layers.LSTM(2), full(x)
    >>> _ = plain(x)  # builds it
    >>> plain.set_weights(full.get_weights())
    >>> bool(np.allclose(plain(x), y[:, -1], atol=1e-6))
    True
    """
    case = replace(case, options={**case.options, "return_sequences": sequences})
    with_states = way(lstm(case, return_state=True))(case.x, **passed(case))
    run = equations(case)
    assert_close(list(with_states), [returned(case), run.h, run.c])
    assert_close(way(lstm(case))(case.x, **passed(case)), returned(case))


# Reading backwards.


@claim(
    "sequences.backwards",
    promised="LSTM, argument `go_backwards`",
    cases=4,
)
@given(
    *with_ways(
        cases(
            **varied(*SIZES, "use_bias", "implementation", "dtype", "state", "masked"),
            **varied("return_sequences", "stateful"),
            return_state=True,
        ),
        "go_backwards",
    )
)
def test_going_backwards_is_flipping_the_input(case, way):
    """
    By default `go_backwards` computes what the layer computes on the input and the mask reversed in
    time.

    The timesteps are read from the last to the first, and with them the mask, if there is one;
    features and samples stay in order. Only unrolled, with zero_output_for_mask=True, the zeros
    differ: see `masking.zero-output-backwards`.

    >>> import keras, numpy as np
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> forwards, backwards = keras.layers.LSTM(2), keras.layers.LSTM(2, go_backwards=True)
    >>> _ = forwards(x), backwards(x)  # builds them
    >>> backwards.set_weights(forwards.get_weights())
    >>> bool(np.allclose(backwards(x), forwards(x[:, ::-1]), atol=1e-6))
    True
    """
    mask = None if case.mask is None else case.mask[:, ::-1]
    flipped = replace(case, x=case.x[:, ::-1], mask=mask)
    expected = returned(flipped)
    assert_close(list(way(lstm(case, go_backwards=True))(case.x, **passed(case))), expected)
    assert_close(list(way(lstm(case))(flipped.x, **passed(flipped))), expected)


@claim(
    "sequences.backwards-rows",
    derived="the claim `sequences.backwards`; the documentation speaks of the reversed sequence",
    corrects="With `go_backwards`, row t of the sequence still belongs to timestep t of the input.",
    cases=4,
)
@given(
    *with_ways(
        cases(
            **varied("batch", "features", "units", "use_bias", "implementation", "dtype"),
            timesteps=several,
            go_backwards=True,
            return_sequences=True,
        )
    ),
    picks,
)
def test_backwards_rows_stay_in_reading_order(case, way, pick):
    """
    With `go_backwards` and no mask, row k of the sequence has read the last k + 1 timesteps of its
    call and no other of it.

    The rows stay in the order of reading: row 0 belongs to the last timestep. Flip them,
    y[:, ::-1], to lay them beside the input or beside the output of a forward layer.
    A kept or given state comes before them, and masked timesteps are skipped.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_sequences=True, go_backwards=True)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y = lstm(x)
    >>> [bool(np.allclose(y[:, k], lstm(x[:, 2 - k :])[:, -1], atol=1e-6)) for k in range(3)]
    [True, True, True]
    """
    k = pick % case.timesteps
    tail = case.x[:, case.timesteps - 1 - k :]
    forwards = {**case.options, "go_backwards": False}
    expected = equations(replace(case, x=tail[:, ::-1], options=forwards)).h
    assert_close(way(lstm(case))(case.x)[:, k], expected)
    assert_close(way(lstm(case, return_sequences=False))(tail), expected)


@claim(
    "sequences.backwards-reads-all",
    derived="the claims `sequences.backwards` and `time.every-step`",
    corrects="The output of a layer that goes backwards has seen only the last timestep.",
    cases=4,
)
@given(
    *with_ways(
        cases(
            **varied("batch", "features", "units", "use_bias", "implementation"),
            timesteps=integers(2, 5),
            go_backwards=True,
            dtype="float64",
        ),
        "float64",
    ),
    picks,
)
def test_the_default_output_backwards_has_read_all_timesteps(case, way, pick):
    """
    By default, with `go_backwards`, the output has read all unmasked timesteps, the first of them
    last.

    The output that belongs to the last timestep is row 0 with return_sequences=True, and has read
    no other.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, go_backwards=True)
    >>> x = np.array([[[1.0], [2.0], [3.0]]])  # (batch, timesteps, features)
    >>> changed = [np.array(lstm(x + step[:, None])) for step in np.eye(3)]
    >>> [bool(np.all(y != lstm(x))) for y in changed]
    [True, True, True]
    """
    run = way(lstm(case))
    other = case.x.copy()
    other[:, pick % case.timesteps] += 1.0
    y = run(case.x)
    assert_close(y, equations(case).h)
    assert_differs(run(other), y, everywhere=True)


# Layers that read the outputs.


@claim(
    "sequences.stacking",
    promised="LSTM, call argument `inputs`: a tensor with three axes",
    corrects="LSTM layers are stacked like Dense layers, without further arguments.",
    cases=8,
)
@given(cases(**varied(*SIZES, "go_backwards", "stateful")), integers(1, 3))
def test_an_lstm_on_a_single_output_is_refused(case, units):
    """
    An LSTM refuses the single output of one without `return_sequences`: it finds 2 axes, not 3.

    The lower layer drops the time axis, and there is no sequence left to read. An LSTM
    directly below another one needs `return_sequences=True`.

    >>> import keras, numpy as np
    >>> x = np.ones((1, 5, 3))  # (batch, timesteps, features)
    >>> try:
    ...     keras.layers.LSTM(2)(keras.layers.LSTM(4)(x))
    ... except ValueError as error:
    ...     print("expected ndim=3, found ndim=2" in str(error))
    True
    >>> tuple(keras.layers.LSTM(2)(keras.layers.LSTM(4, return_sequences=True)(x)).shape)
    (1, 2)
    """
    lower = lstm(case)
    words = "expected ndim=3, found ndim=2"
    y = lower(case.x)
    symbol = lower(keras.Input(batch_shape=case.x.shape))
    assert_refused(lambda: keras.layers.LSTM(units)(y), "ValueError", words)
    assert_refused(lambda: keras.layers.LSTM(units)(symbol), "ValueError", words)
    stack = keras.Sequential([lower, keras.layers.LSTM(units)])
    assert_refused(lambda: stack(case.x), "ValueError", words)


@claim(
    "sequences.stack-in-step",
    derived="the equations, applied to the outputs of the lower layer",
    corrects="The upper of two LSTM layers starts from the last output, or state, of the lower.",
    cases=4,
)
@given(
    *with_ways(
        cases(
            **varied(*SIZES, "go_backwards", "use_bias", "masked", "dtype"), return_sequences=True
        ),
        "float64",
    ),
    seeds,
)
def test_the_upper_layer_reads_the_outputs_of_the_lower(case, way, seed):
    """
    In a stack, timestep t of the upper LSTM's input is row t of the lower one's sequence.

    Its features are the units of the lower layer. No state goes by itself from one layer to the
    other: each starts from zeros, or from a state that it has kept or is given.

    >>> import keras, numpy as np
    >>> lower, upper = (keras.layers.LSTM(2, return_sequences=True) for _ in range(2))
    >>> x, other = np.array([[[1.0], [7.0], [2.0]]]), np.array([[[1.0], [7.0], [-9.0]]])
    >>> y, z = np.array(upper(lower(x))), np.array(upper(lower(other)))
    >>> np.all(y == z, axis=2).tolist()  # had upper begun with lower's end, all would differ
    [[True, True, False]]
    """
    kernel = noise((case.units, 4 * case.units), seed, scale=min(1.0, 4 / case.units))
    upper = replace(case, x=equations(case).outputs, kernel=kernel)
    outputs = way(lstm(case))(case.x, **passed(case))
    assert_close(way(lstm(upper))(outputs, **passed(case)), returned(upper))
    unmasked = equations(replace(case, mask=None)).outputs
    stack = keras.Sequential([lstm(case), lstm(upper)])
    assert_close(stack(case.x), returned(replace(upper, x=unmasked, mask=None)))


@claim(
    "sequences.no-states-in-sequential",
    observed="Keras 3, every backend: the layer after it is called on all that it returns",
)
@given(cases(**varied(*SIZES, "return_sequences", "stateful"), return_state=True))
def test_return_state_does_not_fit_into_sequential(case):
    """
    In a Sequential model, Dense after an LSTM with `return_state` refuses its three tensors.

    Sequential hands on all that a layer returns. With the functional API a model takes
    the output and leaves, or uses, the states.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.layers.LSTM(2, return_state=True), keras.layers.Dense(1)])
    >>> try:
    ...     model(np.ones((1, 5, 3)))
    ... except ValueError as error:
    ...     print("expects 1 input(s), but it received 3 input tensors" in str(error))
    True
    """
    model = keras.Sequential([lstm(case), keras.layers.Dense(1)])
    words = "expects 1 input(s), but it received 3 input tensors"
    assert_refused(lambda: model(case.x), "ValueError", words)


@claim(
    "sequences.dense-per-timestep",
    promised="Dense, section Note: more than two axes",
    corrects="Dense takes only two axes, so a sequence needs TimeDistributed or Flatten before it.",
    cases=8,
)
@given(*with_ways(cases(**varied(*SIZES, "masked"), return_sequences=True)), picks, seeds)
def test_dense_is_applied_to_each_timestep(case, way, pick, seed):
    """
    Dense after `return_sequences` is applied to each timestep, with the same weights.

    It acts on the last axis and keeps the others, so its kernel is of one shape whatever the
    number of timesteps is. TimeDistributed(Dense) puts out the same where the timesteps are known.

    >>> import keras, numpy as np
    >>> y = keras.layers.LSTM(2, return_sequences=True)(np.ones((1, 5, 3)))
    >>> dense = keras.layers.Dense(4)
    >>> tuple(dense(y).shape), dense.get_weights()[0].shape
    ((1, 5, 4), (2, 4))
    >>> bool(np.allclose(dense(y)[:, 3], dense(y[:, 3]), atol=1e-6))
    True
    """
    y = np.asarray(way(lstm(case))(case.x, **passed(case)))
    t = pick % case.timesteps
    drawn = keras.initializers.RandomUniform(-1.0, 1.0, seed=seed)
    dense = keras.layers.Dense(2, kernel_initializer=drawn, bias_initializer=drawn)
    dense.build(y.shape)
    kernel, bias = (weight.astype(float) for weight in dense.get_weights())
    assert_close(dense(y)[:, t], y[:, t].astype(float) @ kernel + bias)
    assert_close(keras.Sequential([dense])(y)[:, t], y[:, t].astype(float) @ kernel + bias)
