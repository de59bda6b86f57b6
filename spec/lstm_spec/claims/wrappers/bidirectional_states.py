"""Bidirectional: initial states, returned states, masks."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import integers

from lstm_spec.claims import claim
from lstm_spec.claims.wrappers import assume_served, both, opposite, side_by_side
from lstm_spec.harness.reference import equations
from lstm_spec.harness.refusals import assert_refused
from lstm_spec.harness.strategies import booleans, cases, noise, picks, seeds, varied, whole
from lstm_spec.harness.subject import as_states, cloned, to_numpy
from lstm_spec.harness.tolerance import assert_close, assert_differs, assert_same
from lstm_spec.harness.ways import layer_ways


def after(case):
    """Return the case with the state that it ends in as its initial state."""
    return replace(case, h=equations(case).h, c=equations(case).c)


def hidden(case, pick):
    """Return the case with a masked timestep or more in every row."""
    return replace(case, mask=case.mask & (np.arange(case.timesteps) != pick % case.timesteps))


@claim(
    "wrappers.bidirectional-states",
    observed="Keras 2 and 3, every backend",
    corrects="Bidirectional with return_state returns an output and two states, as LSTM does.",
    cases=4,
)
@given(
    cases(return_state=True, unroll=booleans(), **varied("return_sequences", "timesteps", "units")),
    seeds,
    layer_ways,
)
def test_four_states_follow_the_output(case, seed, way):
    """
    With return_state=True a stateless Bidirectional LSTM returns h, c forward, h, c backward last.

    Five tensors in all, or six with merge_mode=None. By default the two h, side by side, are the
    output; the states themselves are never merged.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2, return_state=True))
    >>> y, forward_h, forward_c, backward_h, backward_c = both(np.ones((1, 4, 3)))
    >>> tuple(y.shape), tuple(backward_c.shape)
    ((1, 4), (1, 2))
    >>> bool(np.allclose(y, np.concatenate([forward_h, backward_h], 1), atol=1e-6))
    True
    """
    assume_served(way, case.options["unroll"])
    backward = opposite(case, seed)
    _, *states = way(both(case, backward))(case.x)
    assert_close(states, [*equations(case)[1:], *equations(backward)[1:]])


@claim(
    "wrappers.bidirectional-initial-state",
    promised="Bidirectional, call arguments: the first half of `initial_state` goes forward",
    cases=4,
)
@given(cases(state=True, unroll=booleans(), **varied("timesteps", "units")), seeds, layer_ways)
def test_two_states_are_for_each_direction(case, seed, way):
    """
    A Bidirectional LSTM's initial_state is h, c for the forward, then h, c for the backward layer.

    The states that a bidirectional layer without `stateful` returns start another of the same
    units. The direction that reads backwards starts from its states at the end of the input.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2))
    >>> x, states = np.array([[[1.0], [7.0]]]), [k * np.ones((1, 2)) for k in range(4)]
    >>> y = both(x, initial_state=states)
    >>> backward = both.backward_layer(x, initial_state=states[2:])
    >>> bool(np.allclose(y[:, 2:], backward, atol=1e-6))
    True
    """
    assume_served(way, case.options["unroll"])
    backward = opposite(case, seed)
    states = as_states(case.state + backward.state)
    y = way(both(case, backward))(case.x, initial_state=states)
    assert_close(y, side_by_side(equations(case).h, equations(backward).h))


def as_built(model):
    """Return a model as it is."""
    return model


def from_json(model):
    """Return a model that is made from the JSON of another, with its weights."""
    twin = keras.models.model_from_json(model.to_json())
    twin.set_weights(model.get_weights())
    return twin


@claim(
    "wrappers.bidirectional-decoder",
    derived="wrappers.bidirectional-initial-state: a model keeps how its layers are connected",
    cases=4,
)
@given(
    cases(return_state=True, **varied("batch", "units")),
    seeds,
    whole([as_built, cloned, from_json]),
)
def test_a_bidirectional_decoder_starts_where_its_encoder_ended(case, seed, copied):
    """
    In a functional model, its clone and one from its JSON, a stateless Bidirectional LSTM may start
    from the states of another.

    An encoder with return_state=True hands on all four, in the order in which it returns them, but
    a stateful one fails: see `wrappers.bidirectional-stateful-states`. A decoder that is an LSTM
    takes two: such as the two h side by side, and the two c.

    >>> import keras, numpy as np
    >>> encoder = keras.layers.Bidirectional(keras.layers.LSTM(2, return_state=True))
    >>> decoder, x = keras.layers.Bidirectional(keras.layers.LSTM(2)), keras.Input((3, 1))
    >>> model = keras.Model(x, decoder(x, initial_state=list(encoder(x)[1:])))
    >>> a = np.array([[[1.0], [7.0], [2.0]]])
    >>> y = decoder(a, initial_state=list(encoder(a)[1:]))
    >>> bool(np.allclose(model(a), y, atol=1e-6))
    True
    """
    backward = opposite(case, seed)
    later = noise(case.x.shape, seed)
    f = replace(after(case), x=later, kernel=-case.kernel, options={})
    b = replace(after(backward), x=later, kernel=-backward.kernel)
    x = keras.Input((None, case.features))
    y = keras.Input((None, case.features))
    _, *states = both(case, backward)(x)
    model = copied(keras.Model([x, y], both(f, b)(y, initial_state=states)))
    expected = side_by_side(equations(f).h, equations(b).h)
    assert_close(model([case.x, later]), expected)


@claim(
    "wrappers.two-states-refused",
    observed="Keras 3 on TensorFlow",
    corrects="Bidirectional starts both directions from one given h and c.",
    cases=4,
)
@given(cases(state=True, masked=booleans(), unroll=booleans()))
def test_one_pair_of_states_is_refused(case):
    """
    Called on data, a Bidirectional LSTM refuses an initial_state of a single h and c.

    It takes h for the whole state of one direction and c for that of the other: an IndexError, in
    an eager call. Pass the pair twice to start both directions from it.

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
        lambda: layer(case.x, mask=case.mask, initial_state=state),
        "IndexError",
        ("out of range", "out of bounds"),
    )


@claim(
    "wrappers.bidirectional-mask-and-state",
    promised="Bidirectional, call arguments: those of the wrapped layer",
    cases=4,
)
@given(
    cases(masked=True, state=True, return_state=True, unroll=booleans(), **varied("timesteps")),
    seeds,
    layer_ways,
)
def test_both_directions_use_a_mask_and_a_state(case, seed, way):
    """
    In both directions a Bidirectional LSTM's last output and states skip what its argument `mask`
    masks, if not a whole sample.

    They do so with an initial_state too, from which each direction starts at its own end.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2))
    >>> x, states = np.array([[[1.0], [7.0]]]), [np.ones((1, 2))] * 4
    >>> y = both(x, mask=np.array([[True, False]]), initial_state=states)
    >>> bool(np.allclose(y, both(x[:, :1], initial_state=states), atol=1e-6))
    True
    """
    assume_served(way, case.options["unroll"])
    backward = opposite(case, seed)
    layer = both(case, backward)
    states = case.state + backward.state
    _, *ends = way(layer)(case.x, mask=case.mask, initial_state=as_states(states))
    assert_close(ends, [*equations(case)[1:], *equations(backward)[1:]])


@claim(
    "wrappers.bidirectional-attached-mask",
    promised="Masking, and the guide to masking: a layer uses the mask attached to its input",
    cases=4,
)
@given(cases(masked=True, state=True), seeds, picks)
def test_bidirectional_uses_an_attached_mask_beside_a_state(case, seed, pick):
    """
    Bidirectional uses a mask attached to its input when `initial_state` is passed too.

    Keras 3 looks for an attached mask only if the input is the one tensor that the call gets,
    and gives no warning where it is lost: pass the mask by name.

    >>> import keras, numpy as np
    >>> masking, both = keras.layers.Masking(), keras.layers.Bidirectional(keras.layers.LSTM(2))
    >>> x, states = np.array([[[1.0], [0.0]]]), [np.ones((1, 2))] * 4
    >>> y = both(masking(x), initial_state=states, mask=masking.compute_mask(x))
    >>> bool(np.allclose(y, both(x[:, :1], initial_state=states), atol=1e-6))
    True
    """
    case = hidden(case, pick)
    layer = both(case, opposite(case, seed))
    states = case.state * 2
    blank = replace(case, x=case.x * case.mask[:, :, None], mask=None)
    expected = layer(case.x, mask=case.mask, initial_state=as_states(states))
    y = layer(keras.layers.Masking()(blank.x), initial_state=as_states(states))
    backward = replace(opposite(blank, seed), h=case.h, c=case.c)
    every = np.concatenate([equations(blank).h, equations(backward).h], axis=1)
    instead = {"the attached mask is ignored": every}
    assert_close(y, to_numpy(expected), instead=instead)


def both_on_pixels(forward, backward):
    """Build Bidirectional around a ConvLSTM2D that does on one-pixel frames what LSTMs do."""
    options = {"recurrent_activation": "sigmoid", **forward.options}
    layer = keras.layers.Bidirectional(keras.layers.ConvLSTM2D(forward.units, 1, **options))
    layer.build(forward.x[:, :, None, None].shape)
    weights = forward.weights + backward.weights
    layer.set_weights([weight[None, None] if weight.ndim == 2 else weight for weight in weights])
    return layer


@claim(
    "wrappers.bidirectional-stateful",
    observed="Keras 2 and 3, every backend",
    cases=4,
    needs="keras.layers.Bidirectional.states",
)
@given(cases(stateful=True), seeds, whole([both, both_on_pixels]))
def test_both_directions_keep_their_states_until_they_are_reset(case, seed, build):
    """
    Unless reset or given a state, a stateful Bidirectional LSTM or ConvLSTM without return_state
    goes on in both directions.

    In Keras 3 its four states are in `states`, in the order in which initial_state takes them, and
    one call of its reset_state sets all of them to zero; with return_state=True it cannot be
    called there: see `wrappers.bidirectional-stateful-states`.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2, stateful=True))
    >>> x = np.array([[[1.0], [7.0]]])  # (batch, timesteps, features)
    >>> first, second = np.array(both(x)), np.array(both(x))
    >>> both.reset_state()
    >>> bool(np.all(second == first)), bool(np.all(both(x) == first))
    (False, True)
    """
    backward = opposite(case, seed)
    layer = build(case, backward)
    x = case.x if build is both else case.x[:, :, None, None]
    f = after(case)
    b = after(backward)
    first = to_numpy(layer(x))
    states = [np.reshape(state.numpy(), f.h.shape) for state in layer.states]
    assert_close(states, [f.h, f.c, b.h, b.c])
    second = np.reshape(to_numpy(layer(x)), (case.batch, -1))
    assert_close(second, side_by_side(equations(f).h, equations(b).h))
    layer.reset_state()
    assert_same(layer(x), first)


@claim(
    "wrappers.states-of-both",
    observed="Keras 3",
    cases=8,
    needs="keras.layers.Bidirectional.states",
)
@given(cases(timesteps=1, stateful=True), whole(["forward_layer", "backward_layer"]))
def test_there_are_no_states_until_both_directions_are_built(case, first):
    """
    In Keras 3 the `states` of a stateful Bidirectional LSTM are None until both layers are built.

    They are four then: h, c forward, and h, c backward. A call or `build` of the wrapper
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
    cases=4,
)
@given(cases(return_state=True), seeds)
def test_the_dtype_of_bidirectional_is_not_its_layers(case, seed):
    """
    A call of Bidirectional casts an input of floats, and the output, to its compute_dtype: the
    layers in it compute in theirs.

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
    cases=4,
)
@given(
    cases(timesteps=integers(2, 4), stateful=True, return_sequences=True, dtype="float64"),
    seeds,
    picks,
)
def test_pieces_are_not_the_whole_when_read_backwards(case, seed, pick):
    """
    Fed a sequence in pieces from its start, a stateful Bidirectional has as a rule only the half
    right that reads forwards.

    The half that reads backwards has not seen the second piece yet when it reads the first. What it
    keeps is its state at the start of one piece, for the end of the next: no use.

    >>> import keras, numpy as np
    >>> inner = keras.layers.LSTM(2, stateful=True, return_sequences=True)
    >>> both, x = keras.layers.Bidirectional(inner), np.array([[[1.0], [7.0]]])
    >>> whole = both(x)
    >>> both.reset_state()
    >>> part = both(x[:, :1])
    >>> [bool(np.allclose(part[..., k], whole[:, :1, k], rtol=0.0, atol=1e-7)) for k in (0, 2)]
    [True, False]
    """
    backward = opposite(case, seed)
    u = case.units
    cut = 1 + pick % (case.timesteps - 1)
    layer = both(case, backward, dtype="float64")
    b = equations(backward).outputs[:, ::-1]
    y = np.concatenate([layer(case.x[:, :cut]), layer(case.x[:, cut:])], axis=1)
    assert_close(y[:, :, :u], equations(case).outputs)
    assert_differs(y[:, :cut, u:], b[:, :cut], everywhere=True)


@claim(
    "wrappers.bidirectional-stateful-states",
    promised="Bidirectional, argument `layer`: `return_state` has the meaning that it has in RNN",
    cases=4,
    needs="keras.layers.Bidirectional.states",
)
@given(cases(stateful=True, return_state=True), seeds)
def test_a_stateful_bidirectional_layer_returns_its_states(case, seed):
    """
    By default, a stateful Bidirectional LSTM with return_state=True returns an output and four
    states.

    In Keras 3 calling the layer fails with a TypeError, with a mask or without one. Without
    return_state the layer works, and its attribute `states` holds the same four.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2, stateful=True))
    >>> y = both(np.ones((1, 4, 3)))
    >>> [tuple(state.shape) for state in both.states]
    [(1, 2), (1, 2), (1, 2), (1, 2)]
    """
    backward = opposite(case, seed)
    f = equations(case)
    b = equations(backward)
    _, *states = both(case, backward)(case.x)
    assert_close(states, [f.h, f.c, b.h, b.c])
