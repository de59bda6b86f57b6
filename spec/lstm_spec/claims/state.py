"""State: what a call starts from, what a stateful layer keeps, and what resets it.

Between two timesteps an LSTM carries h and c. This chapter is about both ends of that: what they
are before the first timestep, and what becomes of them after the last.

As a rule a call begins with zeros, and what it ends with is thrown away. So the batches of a
training have nothing to do with one another, and the layer is no worse for it: it remembers within
each sequence. `initial_state=[h, c]` begins a call with given arrays instead, as a decoder begins
with the states of its encoder.

`stateful=True` keeps the states in the layer, and sample i of the next call goes on where sample i
of this one stopped. It is meant for sequences that come in pieces, and it asks for care: every call
needs as many samples as the first, in the same order, and nothing resets the states but you. `fit`
does not, not even between epochs.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import SearchStrategy, integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.harness.reference import equations, gradients, returned
from lstm_spec.harness.refusals import (
    ANOTHER_BATCH,
    MISFIT,
    OF_THE_BACKEND,
    THREE_STATES,
    TOO_FEW_STATES,
    assert_refused,
)
from lstm_spec.harness.strategies import (
    SIZES,
    Array,
    Case,
    booleans,
    cases,
    noise,
    picks,
    seeds,
    some_large,
    varied,
    whole,
)
from lstm_spec.harness.subject import FORMS, as_states, cast, lstm, passed, reset, to_numpy, total
from lstm_spec.harness.tolerance import assert_close, assert_differs, assert_same
from lstm_spec.harness.ways import COPIES, Way, able, with_ways

several = integers(2, 3)


def small() -> Case:
    """Return two samples of three timesteps for two units: enough for a claim that trains."""
    kernel, recurrent_kernel, bias = np.split(noise((5, 8), 1), [2, 4])
    return Case(noise((2, 3, 2), 2), kernel, recurrent_kernel, bias[0])


def in_model(layer: Any, case: Case) -> Any:
    """Return a model of one layer, for batches as large as the case's."""
    return keras.Sequential([keras.Input(case.x.shape[1:], batch_size=case.batch), layer])


def stateful(name: str, case: Case) -> Any:
    """Return a stateful LSTM with the case's weights, or a wrapper with weights of its own."""
    made = {
        "LSTM": lambda: lstm(case),
        "RNN": lambda: keras.layers.RNN(keras.layers.LSTMCell(case.units), stateful=True),
        "Bidirectional": lambda: keras.layers.Bidirectional(
            keras.layers.LSTM(case.units, stateful=True)
        ),
    }
    return made[name]()


def runs_of_the_layer(drawn: Any) -> tuple[SearchStrategy[Case], SearchStrategy[Way]]:
    """Draw a case and a way in which the layer itself is run, and no copy with its weights."""
    return with_ways(drawn, without=COPIES)


def followed_by(case: Case, *later: Array) -> Case:
    """Return the case with further timesteps at the end of its input."""
    return replace(case, x=np.concatenate([case.x, *later], axis=1))


def weighted_sum(target: Any, output: Any) -> Any:
    """Return a loss whose derivative by the output is the target."""
    return total(target * output)


# What a call starts from.


@claim(
    "state.zero-start",
    promised="LSTM, call argument `initial_state`",
    cases=4,
)
@given(
    *with_ways(
        cases(
            **varied(*SIZES, "masked", "use_bias", "implementation"),
            **varied("return_sequences", "return_state", "go_backwards"),
        )
    )
)
def test_a_call_without_an_initial_state_starts_from_zeros(case, way):
    """
    Without an initial state a stateless LSTM starts with zeros for both h and c.

    So the first timestep sees only its input and the bias: the recurrent kernel is
    multiplied by zeros, and the forget gate has nothing to forget.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> zeros = np.zeros((1, 2))  # (batch, units)
    >>> bool(np.array_equal(lstm(x), lstm(x, initial_state=[zeros, zeros])))
    True
    """
    assert_close(way(lstm(case))(case.x, **passed(case)), returned(case))


@claim(
    "state.h-first",
    derived="the order of the returned states, which are accepted as they are",
    cases=4,
)
@given(
    *with_ways(
        cases(
            **varied(*SIZES, "masked", "use_bias", "implementation", "return_sequences"),
            state=True,
            return_state=True,
        )
    )
)
def test_an_initial_state_is_h_and_then_c(case, way):
    """
    The initial state of an LSTM is a pair: h first, then c.

    The same order is returned with return_state=True. Both have the shape (batch, units), so
    nothing complains when they are swapped.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_sequences=True, return_state=True)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> first, h, c = lstm(x[:, :1])
    >>> rest, *_ = lstm(x[:, 1:], initial_state=[h, c])
    >>> whole, *_ = lstm(x)
    >>> bool(np.allclose(rest, whole[:, 1:], atol=1e-6))
    True
    """
    assert_close(way(lstm(case))(case.x, **passed(case)), returned(case))


@claim(
    "state.list-or-tuple",
    observed="Keras 3, every backend",
    cases=4,
)
@given(
    *with_ways(
        cases(
            **varied("masked", "use_bias", "return_sequences", "return_state", "go_backwards"),
            state=True,
        )
    )
)
def test_an_initial_state_may_be_a_list_or_a_tuple(case, way):
    """
    As initial_state, an LSTM takes a tuple of h and c like a list of h and c.

    The documentation speaks of a list only, but slices of what a layer returned with
    return_state=True may be handed on, lists and tuples alike.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> h, c = np.array([[0.5, -0.5]]), np.array([[3.0, -3.0]])  # (batch, units)
    >>> bool(np.array_equal(lstm(x, initial_state=(h, c)), lstm(x, initial_state=[h, c])))
    True
    """
    run = way(lstm(case))
    pair = {**passed(case), "initial_state": as_states(tuple(case.state))}
    assert_close(run(case.x, **pair), returned(case))


@claim(
    "state.any-value",
    derived="the equations hold for any h and c",
    cases=4,
)
@given(
    *with_ways(cases(**varied("masked", "use_bias"), state=True, return_state=True)),
    whole([1.0, 10.0]),
    whole([10.0, 1000.0]),
)
def test_an_initial_state_may_lie_beyond_what_a_layer_returns(case, way, of_h, of_c):
    """
    In a call an initial h or c beyond -1 and 1 is only rounded to the layer's type: nothing is
    clipped.

    Nothing is squashed on the way in either.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> c = np.array([[1.0, 1.0]])  # (batch, units)
    >>> bool(np.any(lstm(x, initial_state=[c, 9 * c]) != lstm(x, initial_state=[c, c])))
    True
    """
    case = replace(case, h=case.h * np.float32(of_h), c=case.c * np.float32(of_c))
    # An h ten times as large makes what the gates see, and its rounding, as much larger. The
    # largest error of 400 cases was 1.8 units with h and c as drawn, 7.1 with ten times that.
    assert_close(way(lstm(case))(case.x, **passed(case)), returned(case), bound=64)


@claim(
    "state.one-row-for-all",
    observed="Keras 3, TensorFlow, CPU",
    corrects="An initial state that has not one row for each sample is refused.",
    cases=4,
)
@given(
    cases(
        **varied("masked", "use_bias", "return_sequences", "return_state", "go_backwards"),
        **varied("implementation", "dtype"),
        batch=some_large(several, 33),
        state=True,
        unroll=booleans(),
    )
)
def test_a_state_of_one_sample_starts_every_sample(case):
    """
    In an eager call on TensorFlow an initial state of a single row, (1, units), starts every
    sample.

    Nothing compares the batch sizes; the addition of what h and the input contribute broadcasts.
    The loop of a graph that knows of the single row refuses it, for its states must keep their
    shape.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [7.0]], [[2.0], [5.0]]])  # (batch, timesteps, features)
    >>> h, c = np.array([[0.5, -0.5]]), np.array([[3.0, -3.0]])  # one row for two samples
    >>> both = [np.repeat(h, 2, axis=0), np.repeat(c, 2, axis=0)]
    >>> bool(np.allclose(lstm(x, initial_state=[h, c]), lstm(x, initial_state=both)))
    True
    """
    layer = lstm(case)
    h, c = case.state
    rows = [np.repeat(state[:1], case.batch, axis=0) for state in (h, c)]
    repeated = replace(case, h=rows[0], c=rows[1])
    dtype = case.options["dtype"]
    y = layer(case.x, mask=case.mask, initial_state=as_states([h[:1], c[:1]], dtype))
    assert_close(y, returned(repeated))
    y = layer(case.x, initial_state=as_states([h[0], c[0]], dtype))
    assert_close(y, returned(replace(repeated, mask=None)))


@claim(
    "state.one-sample-many-states",
    observed="Keras 3, TensorFlow, CPU",
    corrects="The output has one row for each sample of the input.",
    cases=4,
)
@given(
    cases(
        **varied("use_bias", "return_sequences", "return_state", "go_backwards"),
        batch=some_large(several, 33),
        state=True,
        unroll=booleans(),
    )
)
def test_one_sample_is_run_from_every_state(case):
    """
    On TensorFlow a stateless LSTM called on one sample with states of several rows gives as many
    outputs.

    Nothing compares the batch sizes, and broadcasting works both ways. It is a cheap way to try
    one input from many states, and a mistake that no error points out.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features): one sample
    >>> h, c = np.zeros((4, 2)), np.ones((4, 2))  # (batch, units): four rows
    >>> tuple(lstm(x, initial_state=[h, c]).shape)
    (4, 2)
    """
    sample = case.x[:1]
    expected = returned(replace(case, x=np.repeat(sample, case.batch, axis=0)))
    assert_close(lstm(case)(sample, initial_state=as_states(case.state)), expected)


@claim(
    "state.wrong-batch",
    observed="Keras 3, every backend",
    cases=4,
)
@given(
    cases(
        **varied("use_bias", "masked", "return_sequences"),
        batch=several,
        state=True,
        unroll=booleans(),
    ),
    integers(2, 9),
)
def test_a_state_of_another_batch_is_refused(case, rows):
    """
    Called on data of several samples, an LSTM refuses an initial state of several rows that has
    not one for each.

    The error comes from the first operation that meets it, not from a check, so its words differ
    from backend to backend.

    >>> import keras, numpy as np
    >>> lstm, zeros = keras.layers.LSTM(2), np.zeros((3, 2))  # three rows for two samples
    >>> accepted = False
    >>> try:
    ...     accepted = lstm(np.ones((2, 4, 1)), initial_state=[zeros, zeros]) is not None
    ... except Exception:
    ...     pass
    >>> accepted
    False
    """
    rows = rows + 1 if rows >= case.batch else rows
    states = as_states([np.resize(state, (rows, case.units)) for state in case.state])
    given = {**passed(case), "initial_state": states}
    assert_refused(lambda: lstm(case)(case.x, **given), OF_THE_BACKEND, MISFIT)


@claim(
    "state.wrong-units",
    observed="Keras 3, every backend",
    cases=4,
)
@given(
    cases(**varied("use_bias", "masked", "return_sequences"), state=True, unroll=booleans()),
    integers(1, 9),
)
def test_a_state_of_another_width_is_refused(case, width):
    """
    By default a call on data refuses an initial h of another number of units than the layer's.

    So an encoder and the decoder that takes over its state need equally many units. The
    error comes from a matrix product and speaks of its sizes, not of `initial_state`. Of c only
    some widths are refused, see `errors.narrow-cell-state`.

    >>> import keras, numpy as np
    >>> lstm, h, c = keras.layers.LSTM(2), np.zeros((1, 3)), np.zeros((1, 2))  # (batch, units)
    >>> accepted = False
    >>> try:
    ...     accepted = lstm(np.ones((1, 4, 1)), initial_state=[h, c]) is not None
    ... except Exception:
    ...     pass
    >>> accepted
    False
    """
    width = width + 1 if width >= case.units else width
    states = as_states([np.resize(case.h, (case.batch, width)), case.c])
    given = {**passed(case), "initial_state": states}
    assert_refused(lambda: lstm(case)(case.x, **given), OF_THE_BACKEND, MISFIT)


@claim(
    "state.both-needed",
    observed="Keras 3, every backend",
    cases=4,
)
@given(
    cases(
        **varied("use_bias", "masked", "return_sequences", "stateful"),
        state=True,
        unroll=booleans(),
    )
)
def test_an_initial_state_without_c_is_refused(case):
    """
    An LSTM's call on data refuses an array h alone, without c, as initial state.

    By itself, in a list of one or, on TensorFlow and PyTorch, beside None: the missing c is never
    taken for zeros. Pass zeros to mean zeros. JAX before 0.6 and NumPy take None for NaN.

    >>> import keras, numpy as np
    >>> lstm, h = keras.layers.LSTM(2), np.ones((1, 2))  # (batch, units)
    >>> accepted = False
    >>> try:
    ...     accepted = lstm(np.ones((1, 4, 1)), initial_state=[h]) is not None
    ... except Exception:
    ...     pass
    >>> accepted
    False
    """
    layer = lstm(case)
    h = case.h
    incomplete = ((h, TOO_FEW_STATES), ([h], TOO_FEW_STATES), ((h,), TOO_FEW_STATES))
    for states, words in (*incomplete, ([h, None], "None")):
        given = {**passed(case), "initial_state": as_states(states)}
        errors = (*OF_THE_BACKEND, "AttributeError")
        assert_refused(partial(layer, case.x, **given), errors, words)


@claim(
    "state.third-refused",
    observed="Keras 3, TensorFlow, CPU",
    cases=4,
)
@given(cases(**varied("use_bias", "masked", "return_sequences", "go_backwards"), state=True))
def test_a_third_state_is_refused(case):
    """
    On TensorFlow and JAX an LSTM that is called on data, if not unrolled, refuses an initial state
    of three arrays.

    An LSTM has two states. The error stems from the loop over timesteps, which finds that
    two states come out of a step where three went in.

    >>> import keras, numpy as np
    >>> lstm, zeros = keras.layers.LSTM(2), np.zeros((1, 2))  # (batch, units)
    >>> accepted = False
    >>> try:
    ...     accepted = lstm(np.ones((1, 4, 1)), initial_state=[zeros, zeros, zeros]) is not None
    ... except Exception:
    ...     pass
    >>> accepted
    False
    """
    given = {**passed(case), "initial_state": as_states([*case.state, case.h])}
    assert_refused(lambda: lstm(case)(case.x, **given), OF_THE_BACKEND, THREE_STATES)


@claim(
    "state.third-refused-unrolled",
    derived="unroll changes how a layer runs, not what it takes",
    cases=4,
)
@given(cases(state=True, unroll=True))
def test_a_third_state_is_refused_by_an_unrolled_layer(case):
    """
    An initial state of three arrays is refused with unroll=True, as it is without.

    Unrolling replaces the loop by one copy of the step for each timestep, and is meant to
    change nothing else. Give exactly two arrays, and it does not.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, unroll=True)
    >>> x, zeros = np.ones((1, 4, 1)), np.zeros((1, 2))  # (batch, units)
    >>> bool(np.array_equal(lstm(x), lstm(x, initial_state=[zeros, zeros])))
    True
    """
    three = as_states([*case.state, case.h])
    assert_refused(lambda: lstm(case)(case.x, initial_state=three), OF_THE_BACKEND, THREE_STATES)


@claim(
    "state.not-beside-the-input",
    observed="Keras 3, every backend",
    corrects="An initial state may follow the input in one list, as in lstm([x, h, c]).",
    cases=4,
)
@given(cases(**varied("use_bias", "return_sequences", "stateful"), state=True))
def test_a_list_of_input_and_states_is_refused(case):
    """
    An LSTM refuses a list of an input and its initial h and c, [x, h, c], as its input.

    Keras 2 took such a list apart, and much code for encoders and decoders relies on it. In Keras
    3 pass them as lstm(x, initial_state=[h, c]).

    >>> import keras, numpy as np
    >>> lstm, x, h = keras.layers.LSTM(2), np.ones((1, 4, 1)), np.ones((1, 2))
    >>> try:
    ...     lstm([x, h, h])
    ... except ValueError as error:
    ...     print("1 input" in str(error))
    True
    """
    built = lstm(case)
    fresh = keras.layers.LSTM(case.units)
    symbols = [keras.Input(part.shape[1:]) for part in (case.x, *case.state)]
    for layer in (built, fresh):
        for inputs in ([case.x, *case.state], (case.x, *case.state), symbols):
            assert_refused(partial(layer, inputs), "ValueError", "1 input")


# States from other layers.


@claim(
    "state.encoder-decoder",
    derived="a functional model runs its layers as they run by hand",
    cases=4,
)
@given(
    cases(**varied(*SIZES, "use_bias"), return_state=True),
    some_large(integers(1, 4), 9),
    seeds,
    whole(["called", "called", "predict", "predict_on_batch"]),
)
def test_a_decoder_starts_where_its_encoder_ended(case, timesteps, seed, method):
    """
    In a functional model a decoder can start from the h and c its encoder ended with.

    It computes what the two layers compute by hand. The decoder has its own weights, and
    its own numbers of timesteps and features; its number of units must be the encoder's.

    >>> import keras, numpy as np
    >>> encoder, decoder = keras.layers.LSTM(2, return_state=True), keras.layers.LSTM(2)
    >>> x, y = keras.Input((3, 1)), keras.Input((4, 1))
    >>> model = keras.Model([x, y], decoder(y, initial_state=encoder(x)[1:]))
    >>> a, b = np.ones((5, 3, 1)), np.ones((5, 4, 1))  # (batch, timesteps, features)
    >>> bool(np.allclose(model([a, b]), decoder(b, initial_state=encoder(a)[1:]), atol=1e-6))
    True
    """
    code = equations(case)
    read = noise((case.batch, timesteps, case.features), seed)
    other = replace(case, x=read, kernel=-case.kernel, h=code.h, c=code.c)
    encoder = lstm(case)
    decoder = lstm(other, return_state=False, return_sequences=True)
    x = keras.Input((None, case.features))
    y = keras.Input((None, case.features))
    model = keras.Model([x, y], decoder(y, initial_state=encoder(x)[1:]))
    methods = {
        "called": model,
        "predict": partial(model.predict, verbose=0),
        "predict_on_batch": model.predict_on_batch,
    }
    assert_close(methods[method]([case.x, other.x]), equations(other).outputs)


@claim(
    "state.learned",
    derived="the chain rule: the loss has a derivative by the initial h and c",
    needs="keras.Model.fit",
)
def test_training_reaches_what_makes_the_initial_state():
    """
    By default, over few unmasked timesteps the gradient flows into the initial state, so the
    layers that make it can be trained.

    An initial state is an input like any other. A dense layer on a constant makes it a weight,
    learned with the rest. From a loss on the final output alone the gradient of a new layer
    fades with the timesteps.

    >>> import keras, numpy as np
    >>> x, one = keras.Input((3, 1)), keras.Input((1,))
    >>> h, c = keras.layers.Dense(2), keras.layers.Dense(2)
    >>> model = keras.Model([x, one], keras.layers.LSTM(2)(x, initial_state=[h(one), c(one)]))
    >>> model.compile("sgd", "mse")
    >>> before = c.get_weights()[0]
    >>> loss = model.train_on_batch([np.ones((1, 3, 1)), np.ones((1, 1))], np.ones((1, 2)))
    >>> bool(np.any(c.get_weights()[0] != before))
    True
    """
    learned = keras.layers.Embedding(2, 2)
    start, target = noise((2, 2, 2), 3)
    case = replace(small(), h=start[[0, 0]], c=start[[1, 1]])  # h and c are its two rows
    x = keras.Input(case.x.shape[1:])
    rows = keras.Input((2,))
    both = learned(rows)
    model = keras.Model([x, rows], lstm(case)(x, initial_state=[both[:, 0], both[:, 1]]))
    learned.set_weights([start])
    model.compile(keras.optimizers.SGD(1.0), weighted_sum)
    model.train_on_batch([case.x, np.array([[0, 1], [0, 1]])], target)
    slopes = gradients(case, np.zeros((2, 3, 2)), target, np.zeros((2, 2)))[-2:]
    assert_close(learned.get_weights()[0], start - np.sum(slopes, axis=1))


# What is kept between calls.


@claim(
    "state.stateless-forgets",
    promised="LSTM, argument `stateful`",
    corrects="A stateless layer resets its state after each batch or sequence, or must be reset.",
    cases=4,
)
@given(
    *with_ways(
        cases(
            **varied("masked", "use_bias", "return_sequences", "go_backwards"),
            state=True,
            return_state=True,
        )
    ),
    seeds,
)
def test_a_stateless_layer_keeps_nothing(case, way, seed):
    """
    A stateless LSTM hands no state on from one call to the next, not even a given one.

    There is nothing to reset: its `states` stays None, and each call that is given no state starts
    each sample from zeros.

    >>> import keras, numpy as np
    >>> lstm, h = keras.layers.LSTM(2), np.ones((1, 2))  # (batch, units)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> before, other, after = lstm(x), lstm(-x, initial_state=[h, h]), lstm(x)
    >>> bool(np.array_equal(before, after)), lstm.states is None
    (True, True)
    """
    layer = lstm(case)
    fresh = replace(case, h=None, c=None)
    run = way(layer)
    assert_close(run(case.x, **passed(fresh)), returned(fresh))
    run(noise(case.x.shape, seed), **passed(case))
    assert_close(run(case.x, **passed(fresh)), returned(fresh))
    assert layer.states is None, f"it keeps {layer.states}"


@claim(
    "state.first-call",
    promised="LSTM, argument `stateful`",
    cases=4,
)
@given(
    *with_ways(
        cases(
            **varied(*SIZES, "masked", "use_bias", "return_sequences", "go_backwards"),
            stateful=True,
            return_state=True,
        )
    )
)
def test_the_first_call_of_a_stateful_layer_starts_from_zeros(case, way):
    """
    Without dropout or a given state, a stateful LSTM's first call returns what a stateless one of
    its weights and options does.

    Weights trained in one can be set in the other, and both start from zeros. From the second call
    on they part, as a rule.

    >>> import keras, numpy as np
    >>> lstm, stateful = keras.layers.LSTM(2), keras.layers.LSTM(2, stateful=True)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> lstm.build(x.shape), stateful.build(x.shape), stateful.set_weights(lstm.get_weights())
    (None, None, None)
    >>> [bool(np.array_equal(stateful(x), lstm(x))) for call in range(2)]
    [True, False]
    """
    assert_close(way(lstm(case))(case.x, **passed(case)), returned(case))


@claim(
    "state.continues",
    promised="LSTM, argument `stateful`",
    corrects="A stateful layer needs as many timesteps in every call.",
    cases=4,
)
@given(
    *with_ways(
        cases(
            **varied("batch", "features", "units", "masked", "use_bias", "implementation"),
            timesteps=some_large(integers(3, 5), 12),
            stateful=True,
            return_state=True,
        )
    ),
    picks,
)
def test_a_stateful_layer_fed_in_pieces_equals_one_call(case, way, pick):
    """
    Without go_backwards, dropout and initial_state a new stateful LSTM fed a sequence piece by
    piece ends in the whole's states.

    Each call starts from where the call before it stopped. Where Input(batch_shape=(B, None, F))
    leaves the timesteps open to a layer that is not unrolled, pieces may be of any length, and of
    unequal ones.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, stateful=True)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> whole = np.array(lstm(x))
    >>> lstm.reset_state()
    >>> first, rest = lstm(x[:, :1]), lstm(x[:, 1:])
    >>> bool(np.allclose(rest, whole, atol=1e-6))
    True
    """
    cut = 1 + pick % (case.timesteps - 2)
    run = way(lstm(case))
    for piece in (slice(cut), slice(cut, cut + 1), slice(cut + 1, None)):
        mask = None if case.mask is None else case.mask[:, piece]
        last = run(case.x[:, piece], **passed(replace(case, mask=mask)))
    _, *state = last
    assert_close(state, list(equations(case)[1:]))


@claim(
    "state.row-by-row",
    promised="LSTM, argument `stateful`",
    corrects="Documentation of LSTM, call argument `initial_state`: without it, zeros are made.",
    cases=4,
)
@given(
    *with_ways(
        cases(
            **varied("masked", "use_bias", "return_sequences"),
            batch=some_large(several, 33),
            stateful=True,
        )
    ),
    picks,
    seeds,
)
def test_a_sample_continues_its_own_row_only(case, way, pick, seed):
    """
    In a stateful LSTM, unless reset or given a state, sample i begins in the last state of sample
    i of the call before.

    There is one state for each row of the batch. Batches are therefore to be arranged so that the
    same row holds the same sequence in each of them.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, stateful=True)
    >>> x = np.array([[[1.0], [7.0]], [[2.0], [5.0]]])  # (batch, timesteps, features)
    >>> first, one = lstm(x), np.array(lstm(x))
    >>> lstm.reset_state()
    >>> first, other = lstm(x * np.array([[[1.0]], [[-3.0]]])), np.array(lstm(x))
    >>> bool(np.array_equal(one[0], other[0])), bool(np.array_equal(one[1], other[1]))
    (True, False)
    """
    row = pick % case.batch
    run = way(lstm(case))
    other = way(lstm(case))
    changed = noise(case.x.shape, seed)
    changed[row] = case.x[row]
    run(case.x, **passed(case))
    other(changed, **passed(case))
    continued = to_numpy(run(case.x, **passed(case)))
    assert_same(continued[row], to_numpy(other(case.x, **passed(case)))[row])
    before = equations(case)
    second = replace(case, h=before.h, c=before.c)
    assert_close(continued, returned(second))


@claim(
    "state.kept-in-states",
    observed="Keras 3, every backend",
    cases=4,
)
@given(
    cases(
        **varied("use_bias", "return_sequences", "go_backwards", "implementation"),
        masked=True,
        stateful=True,
        return_state=True,
        unroll=booleans(),
    ),
    whole(["float32", "float64", "mixed_float16", "mixed_bfloat16"]),
)
def test_states_holds_what_return_state_returns(case, policy):
    """
    After a call on data the `states` of a stateful LSTM are the final h and c, in this order.

    They are the very numbers that return_state=True returns, so the state can be read,
    stored and compared without changing what the layer returns.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, stateful=True, return_state=True)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> output, h, c = lstm(x)
    >>> kept = [state.numpy() for state in lstm.states]
    >>> bool(np.array_equal(kept, [h, c]))
    True
    """
    for mask in ({}, passed(case)):
        layer = lstm(case, dtype=policy)
        _, *final = layer(case.x, **mask)
        kept = [to_numpy(cast(state, "float64")) for state in layer.states]
        exact = [to_numpy(cast(state, "float64")) for state in final]
        assert_same(kept, exact, instead={"its states stay zero": [0.0 * state for state in exact]})


@claim(
    "state.not-a-weight",
    observed="Keras 3, every backend",
    corrects="get_weights of a stateful layer contains its state.",
    cases=4,
)
@given(cases(**varied("use_bias", "return_state"), unroll=booleans()))
def test_the_state_is_not_among_the_weights(case):
    """
    The state of a stateful LSTM is not among its weights or variables.

    It has as many weights as a stateless one.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, stateful=True)
    >>> output = lstm(np.ones((1, 3, 1)))  # (batch, timesteps, features)
    >>> len(lstm.weights), len(lstm.states)
    (3, 2)
    >>> any(state is variable for state in lstm.states for variable in lstm.variables)
    False
    """
    layer = keras.layers.LSTM(case.units, stateful=True, **case.options)
    stateless = lstm(case)
    layer(case.x)
    shared = {id(state) for state in layer.states} & {id(known) for known in layer.variables}
    assert not shared, f"{len(shared)} of the variables are states"
    assert len(layer.weights) == len(stateless.weights), f"there are {len(layer.weights)} weights"


@claim(
    "state.not-copied",
    derived="state.not-a-weight, and a configuration holds no numbers",
    cases=4,
)
@given(
    cases(**varied("masked", "use_bias", "return_sequences", "return_state"), stateful=True),
    whole(["from configuration", "from weights file", "from keras file"]),
)
def test_a_copy_of_a_stateful_layer_starts_from_zeros(case, name):
    """
    A copy of a stateful LSTM, from its configuration and weights, starts from zeros.

    `save` writes no more of an LSTM, so a stateful model that was saved and loaded does not go on
    where it stopped.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2, stateful=True), np.ones((1, 3, 1))
    >>> first = np.array(lstm(x))
    >>> copy = keras.layers.LSTM.from_config(lstm.get_config())
    >>> copy.build(x.shape), copy.set_weights(lstm.get_weights())
    (None, None)
    >>> bool(np.array_equal(copy(x), first)), bool(np.array_equal(lstm(x), first))
    (True, False)
    """
    layer = lstm(case)
    layer(case.x, **passed(case))
    known = able({"stateful"})
    way = Way(name if name in known else "from configuration")
    assert_close(way(layer)(case.x, **passed(case)), returned(case))


@claim(
    "state.variables",
    observed="Keras 3",
    needs="keras.Variable",
    cases=4,
)
@given(
    cases(**varied("use_bias", "return_state"), timesteps=1),
    whole(["mixed_float16", "float16", "float64", "float32", "bfloat16", "mixed_bfloat16"]),
)
def test_a_kept_state_is_a_variable(case, policy):
    """
    A kept state of an LSTM is a variable named rnn_state, not trainable, of its weights' dtype.

    With mixed_float16 that is float32, though the layer computes in float16.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, stateful=True, dtype="mixed_float16", name="words")
    >>> y = lstm(np.ones((1, 3, 1)))
    >>> state = lstm.states[0]
    >>> state.path.split("/"), state.trainable, str(state.dtype), str(np.array(y).dtype)
    (['words', 'rnn_state'], False, 'float32', 'float16')
    """
    layer = lstm(case, stateful=True, dtype=policy)
    layer(case.x)
    told = [(s.name, s.path, s.trainable, str(s.dtype)) for s in layer.states]
    dtype = str(layer.cell.kernel.dtype)
    expected = [("rnn_state", f"{layer.name}/rnn_state", False, dtype)] * 2
    assert told == expected, f"the states are {told}"


# The size of the batch.


@claim(
    "state.fixed-batch",
    promised="RNN, note on statefulness: a fixed batch size",
    cases=4,
)
@given(
    cases(
        **varied("timesteps", "masked", "use_bias", "return_sequences"),
        stateful=True,
        unroll=booleans(),
    ),
    integers(1, 9),
    booleans(),
)
def test_a_stateful_layer_refuses_another_batch_size(case, batch, training):
    """
    In an eager call a stateful LSTM refuses a batch of another size than it was first built for.

    It keeps one state for each row. The error names the expected and the received size.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, stateful=True)
    >>> output = lstm(np.ones((2, 3, 1)))  # (batch, timesteps, features)
    >>> try:
    ...     lstm(np.ones((5, 3, 1)))
    ... except ValueError as error:
    ...     print("batch size: 2" in str(error), "batch size: 5" in str(error))
    True True
    """
    batch = batch + 1 if batch >= case.batch else batch
    other = np.resize(case.x, (batch, *case.x.shape[1:]))
    sizes = f"batch size: {case.batch}", f"batch size: {batch}"
    mask = None if case.mask is None else np.ones(other.shape[:2], bool)
    call = partial(lstm(case), other, mask=mask, training=training)
    assert_refused(call, "ValueError", *sizes)


@claim("state.fixed-batch-in-predict", promised="RNN, note on statefulness: a fixed batch size")
def test_predict_of_a_stateful_model_refuses_a_smaller_last_batch():
    """
    The predict of a stateful model refuses a last batch that is smaller than the others.

    A layer with a state for each of two rows cannot take one row. Give predict the layer's
    batch size, add rows up to a multiple of it, and drop what comes of them.

    >>> import keras, numpy as np
    >>> input = keras.Input((3, 1), batch_size=2)
    >>> model = keras.Sequential([input, keras.layers.LSTM(2, stateful=True)])
    >>> x = np.ones((4, 3, 1))  # (samples, timesteps, features), in batches of two
    >>> tuple(model.predict(x, batch_size=2, verbose=0).shape)
    (4, 2)
    """
    case = small()
    model = in_model(lstm(case, stateful=True), case)
    five = noise((5, 3, 2), 3)
    predict = partial(model.predict, five, batch_size=2, verbose=0)
    assert_refused(lambda: predict().shape, OF_THE_BACKEND, ANOTHER_BATCH)


@claim(
    "state.known-batch",
    promised="RNN, note on statefulness: a fixed batch size",
    cases=4,
)
@given(cases(return_sequences=booleans(), unroll=booleans()))
def test_a_stateful_layer_refuses_an_unknown_batch_size(case):
    """
    A stateful LSTM that is not built yet refuses an input whose batch size is unknown.

    It makes its states when it is built, a row for each sample, so it has to know how many there
    are. In a model, keras.Input(shape, batch_size=...) says so.

    >>> import keras, numpy as np
    >>> known = keras.layers.LSTM(2, stateful=True)(keras.Input((3, 1), batch_size=4))
    >>> try:
    ...     keras.layers.LSTM(2, stateful=True)(keras.Input((3, 1)))
    ... except ValueError as error:
    ...     print("batch size must be static" in str(error))
    True
    """
    layer = keras.layers.LSTM(case.units, stateful=True, **case.options)
    assert_refused(lambda: layer(keras.Input(case.x.shape[1:])), "ValueError", "batch size")


@claim(
    "state.stateful-set-off",
    observed="Keras 3",
    corrects="A layer that was built stateful keeps its state and its batch size for good.",
    cases=4,
)
@given(
    *with_ways(cases(**varied("masked", "use_bias", "return_sequences", "return_state"))),
    integers(1, 4),
    seeds,
)
def test_a_layer_can_cease_to_be_stateful(case, way, batch, seed):
    """
    Once `stateful` of an LSTM is set to False, its eager calls and new traces start from zeros or
    a given state, for any batch.

    Each call looks at the attribute; a graph that predict traced before keeps what it saw until
    compile().

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2, stateful=True), np.ones((1, 3, 1))
    >>> first, second = lstm(x), lstm(x)
    >>> lstm.stateful = False
    >>> bool(np.array_equal(lstm(x), first)), tuple(lstm(np.ones((5, 3, 1))).shape)
    (True, (5, 2))
    """
    layer = lstm(case, stateful=True)
    layer(noise((case.batch, case.timesteps, case.features), seed))
    layer.stateful = False
    run = way(layer)
    sizes = (batch, case.timesteps)
    mask = None if case.mask is None else np.resize(case.mask, sizes)
    other = replace(case, x=noise((*sizes, case.features), seed + 1), mask=mask)
    assert_close(run(other.x, **passed(other)), returned(other))
    assert_close(run(case.x, **passed(case)), returned(case))


# In models and in training.


@claim(
    "state.given-wins",
    promised="RNN, call argument `initial_state`",
    cases=4,
)
@given(
    *runs_of_the_layer(
        cases(**varied("masked", "use_bias"), state=True, stateful=True, return_state=True)
    ),
    seeds,
)
def test_a_given_state_replaces_the_kept_one(case, way, seed):
    """
    An initial state given to a stateful LSTM replaces the state it has kept.

    The call starts from what it is given, and the next call goes on from there. In Keras 2
    a kept state other than zeros won over the given one.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, stateful=True)
    >>> x, zeros = np.ones((1, 3, 1)), np.zeros((1, 2))  # (batch, units)
    >>> first, second = np.array(lstm(x)), np.array(lstm(x))
    >>> bool(np.array_equal(lstm(x, initial_state=[zeros, zeros]), first))
    True
    >>> bool(np.array_equal(lstm(x), second))
    True
    """
    run = way(lstm(case))
    end = equations(case)
    before = noise(case.x.shape, seed)
    fresh = replace(case, h=None, c=None)
    first = equations(replace(fresh, x=before))
    run(before, **passed(fresh))
    instead = {"the kept state is used": returned(replace(case, h=first.h, c=first.c))}
    assert_close(run(case.x, **passed(case)), returned(case), instead=instead)
    following = run(case.x, **passed(fresh))
    assert_close(following, returned(replace(case, h=end.h, c=end.c)))


@claim(
    "state.in-training-mode",
    derived="training=True only switches dropout on",
    cases=4,
)
@given(
    *with_ways(
        cases(**varied("masked", "use_bias", "return_sequences"), stateful=True, return_state=True),
        "training",
    )
)
def test_training_mode_moves_the_state_on(case, way):
    """
    Without dropout, by its default activations, a stateful LSTM keeps the same state with
    training=True as without.

    In the LSTM itself the argument `training` only switches dropout on. It neither holds the state
    still nor starts from another one.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, stateful=True)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> first, second = np.array(lstm(x)), np.array(lstm(x))
    >>> lstm.reset_state()
    >>> first, trained = lstm(x, training=True), lstm(x, training=True)
    >>> bool(np.array_equal(trained, second))
    True
    """
    run = way(lstm(case))
    first = equations(case)
    run(case.x, training=True, **passed(case))
    continued = replace(case, h=first.h, c=first.c)
    y = run(case.x, training=True, **passed(case))
    assert_close(y, returned(continued))


@claim(
    "state.in-model",
    derived="state.continues; a model runs its layers as they run by hand",
    cases=4,
)
@given(
    cases(
        **varied("batch", "masked", "use_bias", "return_sequences", "go_backwards"),
        **varied("implementation"),
        stateful=True,
        unroll=sampled_from([False, False, True]),
    ),
    seeds,
    whole(["Sequential", "functional", "nested", "subclassed"]),
)
def test_a_stateful_model_continues_from_call_to_call(case, seed, kind):
    """
    Unless reset or given a state, a stateful LSTM layer of a model goes on, from call to call,
    where it stopped.

    The state belongs to the layer, which does not know how it is called.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2, stateful=True), np.ones((1, 3, 1))
    >>> model = keras.Sequential([keras.Input((3, 1), batch_size=1), lstm])
    >>> outputs = [np.array(model(x)) for call in range(2)]
    >>> lstm.reset_state()
    >>> bool(np.allclose(lstm(np.ones((1, 6, 1))), outputs[1], atol=1e-6))
    True
    """
    model = Way(kind)(lstm(case))
    later = noise(case.x.shape, seed)
    model(case.x, **passed(case))
    first = equations(case)
    expected = returned(replace(case, x=later, h=first.h, c=first.c))
    assert_close(model(later, **passed(case)), expected)


@claim(
    "state.of-two-models",
    derived="state.in-model: the state belongs to the layer",
    cases=4,
)
@given(
    cases(**varied("batch", "use_bias", "implementation"), stateful=True),
    seeds,
    whole(list(FORMS)),
    sampled_from(list(FORMS)),
    whole(["predict", "called"]),
)
def test_models_of_one_stateful_layer_share_its_state(case, seed, form, other, method):
    """
    Unless reset or given a state, a stateful LSTM in two models goes on in each where it stopped in
    the other.

    So a model that trains and one that predicts disturb one another's state. Reset the layer in
    between, or give the second model a layer of its own, with the weights of the first.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2, stateful=True), np.ones((1, 3, 1))
    >>> first, second = keras.Sequential([lstm]), keras.Sequential([lstm])
    >>> _, y = np.array(first(x)), np.array(second(x))
    >>> lstm.reset_state()
    >>> bool(np.allclose(lstm(np.ones((1, 6, 1))), y, atol=1e-6))
    True
    """
    layer = lstm(case)
    later, last = (noise(case.x.shape, seed + k) for k in range(2))
    models = [FORMS[name]([layer], keras.Input(batch_shape=case.x.shape)) for name in (form, other)]
    options = {"batch_size": case.batch, "verbose": 0}
    runs = [model if method == "called" else partial(model.predict, **options) for model in models]
    runs[0](case.x)
    runs[1](later)
    instead = {"predict keeps no state": equations(replace(case, x=last)).h}
    assert_close(runs[0](last), equations(followed_by(case, later, last)).h, instead=instead)


@claim(
    "state.predict-continues",
    promised="LSTM, argument `stateful`",
    corrects="predict neither uses nor changes the state of a stateful layer.",
    cases=4,
)
@given(cases(stateful=True), seeds, booleans())
def test_predict_hands_the_state_on(case, seed, eager):
    """
    Unless reset or given a state, a stateful LSTM in predict goes on from batch to batch, and from
    one predict to the next.

    So the same predict, called twice, as a rule returns different numbers. Call the layer's
    reset_state() first where a prediction is to start afresh.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2, stateful=True), np.ones((1, 3, 1))
    >>> model = keras.Sequential([keras.Input((3, 1), batch_size=1), lstm])
    >>> first, second = (model.predict(x, batch_size=1, verbose=0) for call in range(2))
    >>> lstm.reset_state()
    >>> again = model.predict(x, batch_size=1, verbose=0)
    >>> bool(np.array_equal(again, first)), bool(np.array_equal(second, first))
    (True, False)
    """
    model = in_model(lstm(case), case)
    later = noise(case.x.shape, seed)
    model.compile(run_eagerly=eager)
    model.predict(np.concatenate([case.x, later]), batch_size=case.batch, verbose=0)
    outputs = model.predict(case.x, batch_size=case.batch, verbose=0)
    instead = {"predict keeps no state": equations(case).h}
    assert_close(outputs, equations(followed_by(case, later, case.x)).h, instead=instead)


@claim(
    "state.never-reset-by-fit",
    promised="LSTM, argument `stateful`",
    corrects="fit resets a stateful layer after each batch or epoch, or with batch_size=1.",
    needs="keras.Model.fit",
)
def test_fit_and_evaluate_never_reset_the_state():
    """
    The state of a stateful LSTM is reset by neither fit nor evaluate, nor between epochs.

    Without validation the first batch of an epoch goes on from the last batch of the epoch before.
    Validation moves the state too. A callback can reset the layer.

    >>> import keras, numpy as np
    >>> lstm, x, y = keras.layers.LSTM(2, stateful=True), np.ones((1, 3, 1)), np.ones((1, 2))
    >>> model = keras.Sequential([keras.Input((3, 1), batch_size=1), lstm])
    >>> model.compile(keras.optimizers.SGD(0.0), "mse")  # the weights stay as they are
    >>> history = model.fit(x, y, batch_size=1, epochs=2, shuffle=False, verbose=0)
    >>> h = lstm.states[0].numpy()
    >>> lstm.reset_state()
    >>> bool(np.allclose(lstm(np.ones((1, 6, 1))), h, atol=1e-6))  # two epochs of three steps
    True
    """
    case = small()
    start = replace(case, x=noise((2, 3, 2), 3))
    step = (case.x, start.x)
    run = equations(followed_by(start, *step, *step, *step))
    data = (np.concatenate(step), np.zeros((4, 2)))
    for eager in (False, True):
        layer = lstm(case, stateful=True)
        model = in_model(layer, case)
        model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=eager)
        layer(start.x)
        model.fit(*data, batch_size=2, epochs=2, shuffle=False, verbose=0)
        model.evaluate(*data, batch_size=2, verbose=0)
        instead = {"neither keeps a state": list(equations(start)[1:])}
        assert_close(to_numpy(layer.states), [run.h, run.c], instead=instead)


@claim(
    "state.constant-in-training",
    derived="the stored state is a variable that is read, not a result of this step's weights",
    corrects="A stateful layer learns across the borders of its batches.",
    needs="keras.Model.fit",
)
def test_a_training_step_ends_at_the_kept_state():
    """
    A training step takes the state that a stateful LSTM has kept for a constant.

    The forward pass goes on from the batch before, the gradient does not go back into it: a
    stateful layer trains by backpropagation truncated at the start of each batch.

    >>> import keras, numpy as np
    >>> lstm, y = keras.layers.LSTM(2, stateful=True), np.ones((1, 2))
    >>> model = keras.Sequential([keras.Input((1, 1), batch_size=1), lstm])
    >>> model.compile("sgd", "mse")
    >>> first = model.train_on_batch(np.ones((1, 1, 1)), y)  # one timestep, one feature: 1
    >>> before = lstm.get_weights()
    >>> second = model.train_on_batch(np.zeros((1, 1, 1)), y)  # 0: nothing for the kernel
    >>> [bool(np.array_equal(new, old)) for new, old in zip(lstm.get_weights(), before)]
    [True, False, False]
    """
    layer = lstm(small(), stateful=True)
    start = equations(small())
    target = noise((2, 2), 4)
    later = replace(small(), x=noise((2, 3, 2), 3), h=start.h, c=start.c)
    layer(small().x)
    model = in_model(layer, later)
    model.compile(keras.optimizers.SGD(1.0), weighted_sum)
    model.train_on_batch(later.x, target)
    slopes = gradients(later, np.zeros((2, 3, 2)), target, np.zeros((2, 2)))[1:4]
    expected = [before - slope for before, slope in zip(later.weights, slopes, strict=True)]
    assert_close(layer.get_weights(), expected)


# Resetting.


@claim(
    "state.reset",
    promised="RNN, note on statefulness: `reset_state`",
    cases=4,
    needs="keras.layers.LSTM.reset_state",
)
@given(
    *runs_of_the_layer(
        cases(
            **varied("masked", "use_bias", "return_sequences", "state"),
            stateful=True,
            return_state=True,
        )
    )
)
def test_a_reset_layer_starts_from_zeros_again(case, way):
    """
    Without initial_state, a stateful LSTM starts from zeros again after reset_state().

    Both h and c of every row become zeros, also if an earlier call was given others. The weights
    stay as they are.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2, stateful=True), np.ones((1, 3, 1))
    >>> first, second = np.array(lstm(x)), np.array(lstm(x))
    >>> lstm.reset_state()
    >>> bool(np.array_equal(lstm(x), first)), bool(np.array_equal(second, first))
    (True, False)
    """
    layer = lstm(case)
    run = way(layer)
    run(case.x, **passed(case))
    layer.reset_state()
    fresh = replace(case, h=None, c=None)
    assert_close(run(case.x, **passed(fresh)), returned(fresh))
    assert_same(layer.get_weights(), case.weights)


@claim(
    "state.reset-states",
    observed="Keras 2 and 3",
    corrects="reset_states is gone in Keras 3.",
    cases=4,
)
@given(
    cases(stateful=True),
    whole(["LSTM", "RNN", "Bidirectional"]),
)
def test_reset_states_is_reset_state(case, name):
    """
    The name reset_states is kept for reset_state, by LSTM, RNN and Bidirectional.

    Models of Keras 3 have neither. New code had better use the singular, which is the documented
    one.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2, stateful=True), np.ones((1, 3, 1))
    >>> first = np.array(lstm(x))
    >>> lstm.reset_states()
    >>> bool(np.array_equal(lstm(x), first))
    True
    """
    layer = stateful(name, case)
    first = to_numpy(layer(case.x))
    assert_differs(layer(case.x), first)
    layer.reset_states()
    assert_same(layer(case.x), first)


@claim(
    "state.built-again",
    observed="Keras 3",
    cases=4,
)
@given(
    cases(**varied("use_bias", "return_sequences", "return_state"), stateful=True),
    booleans(),
)
def test_building_a_stateful_layer_again_resets_it(case, unroll):
    """
    Calling build of a stateful LSTM again resets its state, and leaves its weights as they are.

    A layer that was called is built already, so there is no need to do so.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2, stateful=True), np.ones((1, 3, 1))
    >>> first = np.array(lstm(x))
    >>> lstm.build(x.shape)
    >>> bool(np.array_equal(lstm(x), first))
    True
    """
    layer = lstm(case, unroll=unroll)
    first = to_numpy(layer(case.x))
    layer.build(case.x.shape)
    assert_same(layer(case.x), first)
    assert_same(layer.get_weights(), case.weights)


@claim(
    "state.reset-is-to-zeros",
    observed="Keras 3, every backend",
    corrects="Documentation of RNN, note on the initial state: `reset_state` takes `states`.",
    needs="keras.layers.LSTM.reset_state",
    cases=4,
)
@given(cases(state=True, stateful=True))
def test_reset_state_takes_no_states(case):
    """
    The method reset_state of an LSTM takes no states, and resets to zeros only.

    Keras 2 took states to reset to, and the documentation still says so. Call `assign` of the
    entries of `states`, or pass initial_state to the next call.

    >>> import keras, numpy as np
    >>> lstm, x, h = keras.layers.LSTM(2, stateful=True), np.ones((1, 3, 1)), np.ones((1, 2))
    >>> output = lstm(x)
    >>> try:
    ...     lstm.reset_state(states=[h, h])
    ... except TypeError as error:
    ...     print("unexpected keyword argument 'states'" in str(error))
    True
    """
    layer = lstm(case)
    assert_refused(lambda: layer.reset_state(states=case.state), "TypeError", "states")
    assert_refused(lambda: layer.reset_state(case.state), "TypeError", "positional argument")


@claim(
    "state.assignable",
    observed="Keras 3, every backend",
    cases=4,
)
@given(
    *runs_of_the_layer(
        cases(**varied("masked", "use_bias", "return_sequences", "return_state"), stateful=True)
    ),
    seeds,
)
def test_assigning_to_states_sets_where_a_layer_goes_on(case, way, seed):
    """
    The method `assign` of the entries of `states` sets where a stateful LSTM goes on.

    The entries are h, then c, and exist once the layer is built. This is how a stored state is put
    back. An array in place of an entry, as by `states[0] = h`, fails in the next eager call.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2, stateful=True), np.ones((1, 3, 1))
    >>> first, kept = lstm(x), [state.numpy() for state in lstm.states]
    >>> second, third = np.array(lstm(x)), np.array(lstm(x))
    >>> put_back = [state.assign(old) for state, old in zip(lstm.states, kept)]
    >>> bool(np.array_equal(lstm(x), second)), bool(np.array_equal(third, second))
    (True, False)
    """
    layer = lstm(case)
    h, c = noise((2, case.batch, case.units), seed)
    run = way(layer)
    run(case.x, **passed(case))
    layer.states[0].assign(h)
    layer.states[1].assign(c)
    assert_close(run(case.x, **passed(case)), returned(replace(case, h=h, c=c)))


@claim(
    "state.no-reset-of-models",
    observed="Keras 3, every backend",
    corrects="Documentation of RNN, note on statefulness: `reset_state` works on a whole model.",
)
def test_a_model_has_no_reset_state():
    """
    A model has no reset_state to reset all its layers at once.

    Keras 2 had reset_states for models, and the documentation still speaks of resetting an entire
    model. Reset its stateful layers one by one.

    >>> import keras, numpy as np
    >>> lstm, dense = keras.layers.LSTM(2, stateful=True), keras.layers.Dense(1)
    >>> model = keras.Sequential([keras.Input((3, 1), batch_size=1), lstm, dense])
    >>> hasattr(model, "reset_state"), hasattr(model, "reset_states")
    (False, False)
    >>> for layer in model.layers:
    ...     if hasattr(layer, "reset_state"):
    ...         layer.reset_state()
    """
    inputs = keras.Input(small().x.shape[1:], batch_size=2)
    functional = keras.Model(inputs, lstm(small(), stateful=True)(inputs))
    for model in (in_model(lstm(small(), stateful=True), small()), functional, keras.Model()):
        for name in ("reset_state", "reset_states"):
            assert_refused(lambda: getattr(model, name)(), "AttributeError", name)  # noqa: B023


@claim(
    "state.reset-of-stacked-cells",
    promised="RNN, note on statefulness: `reset_state`",
    cases=4,
)
@given(cases())
def test_a_reset_stack_of_cells_starts_from_zeros_again(case):
    """
    After reset_state() a stateful RNN of several LSTM cells answers as at its first call.

    It keeps a pair of h and c for each of its cells. Passing zeros as initial_state does
    the same for one call.

    >>> import keras, numpy as np
    >>> cells, x = [keras.layers.LSTMCell(2), keras.layers.LSTMCell(2)], np.ones((1, 3, 1))
    >>> rnn, zeros = keras.layers.RNN(cells, stateful=True), [np.zeros((1, 2))] * 2
    >>> first, second = np.array(rnn(x)), np.array(rnn(x))
    >>> bool(np.array_equal(rnn(x, initial_state=[zeros, zeros]), first))
    True
    """
    cells = [keras.layers.LSTMCell(case.units), keras.layers.LSTMCell(case.units)]
    layer = keras.layers.RNN(cells, stateful=True)
    first = to_numpy(layer(case.x))
    reset(layer)
    assert_same(layer(case.x), first)
