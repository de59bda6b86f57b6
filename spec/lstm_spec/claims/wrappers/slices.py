"""TimeDistributed, which calls a layer on each slice, and RepeatVector: from length to length."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import floats, integers

from lstm_spec.claims import claim
from lstm_spec.claims.wrappers import another, both, opposite, side_by_side
from lstm_spec.harness.reference import equations, returned
from lstm_spec.harness.refusals import OF_THE_BACKEND, assert_refused
from lstm_spec.harness.strategies import cases, noise, seeds, several, varied, whole
from lstm_spec.harness.subject import UNDRAWN, as_states, embedding, lstm, to_numpy
from lstm_spec.harness.tolerance import ROUNDING, assert_close
from lstm_spec.harness.ways import eager_ways


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


def moments(x, axes):
    """Return the mean and the variance of an array along some axes."""
    return np.mean(x, axes, dtype=float), np.var(x, axes, dtype=float)


def train_once(layer, x, where):
    """Run a layer once in training: called, or in fit behind an Input of known or open length."""
    if where == "called":
        layer(x, training=True)
        return
    length = x.shape[1] if where == "known length" else None
    model = keras.Sequential([keras.Input((length, x.shape[2])), layer])
    model.compile("sgd", "mse")
    model.fit(x, x, batch_size=len(x), verbose=0)


# TimeDistributed: slices.


@claim(
    "wrappers.dense-in-slices",
    promised="TimeDistributed, first paragraph; Dense, note on more than two axes",
    corrects="A sequence needs TimeDistributed(Dense): Dense alone would mix its timesteps.",
    cases=4,
)
@given(
    cases(return_sequences=True, **varied("batch", "timesteps")), seeds, integers(1, 5), eager_ways
)
def test_dense_is_its_own_time_distribution(case, seed, n, way):
    """
    Called eagerly on an LSTM's rows, TimeDistributed(Dense(n)) computes what Dense(n) does.

    Both apply one kernel of shape (units, n) to every timestep, so neither grows with the number
    of timesteps. For a graph of open length see `models.slices-of-open-length`.

    >>> import keras, numpy as np
    >>> y = keras.layers.LSTM(2, return_sequences=True)(np.array([[[1.0], [7.0], [2.0]]]))
    >>> dense = keras.layers.Dense(4)
    >>> sliced = keras.layers.TimeDistributed(dense)
    >>> bool(np.allclose(sliced(y), dense(y), atol=1e-6)), sliced.count_params()
    (True, 12)
    """
    y = to_numpy(lstm(case)(case.x))
    kernel = noise((case.units, n), seed)
    bias = noise((n,), seed)
    dense = keras.layers.Dense(n)
    sliced = keras.layers.TimeDistributed(keras.layers.Dense(n))
    for layer in (dense, sliced):
        layer.build(y.shape)
        layer.set_weights([kernel, bias])
    assert_close(way(sliced)(y), y.astype(float) @ kernel + bias)
    assert_close(way(dense)(y), y.astype(float) @ kernel + bias)


@claim(
    "wrappers.lstm-in-slices",
    promised="TimeDistributed, first paragraph",
    cases=4,
)
@given(
    cases(**varied("batch", "timesteps", "units", "return_sequences", "go_backwards")),
    integers(1, 5),
    seeds,
    eager_ways,
)
def test_one_lstm_reads_every_slice(case, number, seed, way):
    """
    In an eager TimeDistributed one stateless LSTM, without return_state, reads every slice from
    zero states.

    The input has four axes, (batch, slices, timesteps, features), such as the words of the
    sentences of a text. Without dropout it is the same to call the LSTM with all slices as samples.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.arange(12.0).reshape(1, 3, 4, 1)
    >>> sliced = keras.layers.TimeDistributed(lstm)
    >>> y = sliced(x)
    >>> tuple(y.shape), bool(np.allclose(y[0], lstm(x[0]), atol=1e-6))
    ((1, 3, 2), True)
    """
    x = slices(case, number, seed)
    y = way(distributed(case, x))(x)
    expected = returned(of_slices(case, x))
    assert_close(y, expected.reshape(case.batch, number, *expected.shape[1:]))


@claim(
    "wrappers.slices-of-two-axes",
    promised="TimeDistributed, first paragraph: inputs have three axes or more",
)
@given(cases(), whole([keras.layers.Dense, keras.layers.LSTM]))
def test_time_distributed_refuses_two_axes(case, kind):
    """
    Before it is built, TimeDistributed refuses input of two axes, which leaves its layer only the
    batch.

    The error is a ValueError that says which shape was received. Once built, it looks at the axes
    of symbols only, and may take the features for slices.

    >>> import keras, numpy as np
    >>> try:
    ...     keras.layers.TimeDistributed(keras.layers.Dense(2))(np.ones((3, 1)))
    ... except ValueError as error:
    ...     print("received: (3, 1)" in str(error))
    True
    """
    layer = keras.layers.TimeDistributed(kind(2))
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
    On data TimeDistributed refuses a list or a dictionary of tensors in place of one tensor.

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
    cases=4,
)
@given(cases(), integers(1, 3), seeds)
def test_each_slice_has_its_own_mask(case, number, seed):
    """
    Where the number of slices is known, TimeDistributed(LSTM) takes a mask of three axes, (batch,
    slices, timesteps).

    Each slice gets its own part of it. On data a mask with one number for each slice is refused by
    the layer inside.

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
    x = slices(case, number, seed)
    mask = noise((case.batch, number, case.timesteps), seed) > 0
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
    cases=4,
)
@given(cases(timesteps=several, masked=True), integers(1, 3), seeds)
def test_the_mask_of_timesteps_is_handed_on_for_slices(case, number, seed):
    """
    TimeDistributed(LSTM) hands on the mask of several words, which an LSTM behind it of more units
    than words refuses on data.

    That mask has an axis too many, which a loop takes for the units if they are as many. Make a
    mask of the sentences by hand, and pass it by name.

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
    "wrappers.masking-in-slices",
    promised="TimeDistributed, first paragraph; Embedding, argument `mask_zero`; Masking",
    cases=4,
)
@given(
    cases(timesteps=several),
    integers(1, 3),
    seeds,
    whole(["Embedding", "Masking"]),
    whole(["called", "predict"]),
)
def test_a_layer_in_slices_masks_for_one_behind(case, number, seed, kind, where):
    """
    TimeDistributed of an Embedding with mask_zero=True, or of Masking, masks padding for a
    TimeDistributed LSTM behind it.

    Where Keras loses the mask, leave TimeDistributed away around these two: they take an input of
    any number of axes by themselves. Or pass the mask to the LSTM's TimeDistributed by name.

    >>> import keras, numpy as np
    >>> words = np.array([[[4, 7, 0], [2, 0, 0]]])  # (batch, sentences, words)
    >>> table, lstm = keras.layers.Embedding(9, 2, mask_zero=True), keras.layers.LSTM(2)
    >>> rows = keras.layers.TimeDistributed(table)(words)
    >>> y = keras.layers.TimeDistributed(lstm)(rows, mask=words != 0)  # by hand
    >>> bool(np.allclose(y[:, 0], lstm(table(words[:, 0, :2])), atol=1e-6))
    True
    """
    mask = noise((case.batch, number, case.timesteps), seed) > 0
    x = slices(case, number, seed) * mask[..., None]
    ids = (1 + np.arange(mask.size).reshape(mask.shape)) * mask
    table = np.concatenate([np.zeros_like(x[0, 0, :1]), x.reshape(-1, case.features)])
    layers = {"Embedding": (embedding(table), ids), "Masking": (keras.layers.Masking(), x)}
    inner, given = layers[kind]
    inputs = keras.Input(given.shape[1:], dtype=given.dtype.name)
    sliced = keras.layers.TimeDistributed(inner)
    model = keras.Sequential([inputs, sliced, distributed(case, x)])
    y = to_numpy(model(given)) if where == "called" else model.predict(given, verbose=0)
    padded = equations(of_slices(case, x)).h.reshape(y.shape)
    skipped = equations(of_slices(case, x, mask)).h.reshape(y.shape)
    assert_close(y, skipped, instead={"the padding is read": padded})


@claim(
    "wrappers.normalized-slices",
    promised="TimeDistributed, first paragraph: it applies a layer to every slice independently",
    corrects="TimeDistributed(BatchNormalization()) has one mean over samples and timesteps.",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    cases(**varied("batch", "timesteps", "features")),
    floats(0.1, 0.9),
    whole(["called", "known length", "open length"]),
)
def test_each_slice_is_normalized_by_itself(case, momentum, where):
    """
    In training on input of known length TimeDistributed(BatchNormalization()) normalizes each
    timestep by itself.

    It moves its averages once for each. A bare BatchNormalization takes one mean over samples and
    timesteps, and moves them once a batch. At inference both use the averages. For open length see
    `models.slices-of-open-length`.

    >>> import keras, numpy as np
    >>> x = np.array([[[1.0], [100.0]], [[3.0], [200.0]]])  # (batch, timesteps, features)
    >>> norm = keras.layers.BatchNormalization(momentum=0.0)
    >>> y = keras.layers.TimeDistributed(norm)(x, training=True)
    >>> np.round(np.ravel(y), 2).tolist(), float(norm.moving_mean[0])
    ([-1.0, -1.0, 1.0, 1.0], 150.0)
    """
    norm = keras.layers.BatchNormalization(momentum=momentum)
    train_once(keras.layers.TimeDistributed(norm), case.x, where)
    moved = to_numpy([norm.moving_mean, norm.moving_variance])
    y = keras.layers.TimeDistributed(keras.layers.BatchNormalization())(case.x, training=True)
    mean, variance = moments(case.x, axes=0)
    normal = (case.x - mean) / np.sqrt(variance + norm.epsilon)
    share = (1.0 - momentum) * momentum ** np.arange(case.timesteps)[::-1]
    averages = [share @ mean, momentum**case.timesteps + share @ variance]
    mean, variance = moments(case.x, axes=(0, 1))
    pooled = (case.x - mean) / np.sqrt(variance + norm.epsilon)
    once = [(1.0 - momentum) * mean, momentum + (1.0 - momentum) * variance]
    assert_close(to_numpy(y), normal, 32 * ROUNDING, instead={"all timesteps are one": pooled})
    assert_close(moved, averages, instead={"all timesteps are one": once})


@claim(
    "wrappers.stateful-slices",
    observed="Keras 3 on TensorFlow",
    corrects="Documentation of TimeDistributed: each slice is read independently of the others.",
    cases=4,
)
@given(
    cases(stateful=True, return_sequences=True, **varied("batch", "timesteps", "units")),
    integers(2, 3),
    seeds,
    whole([False, True]),
)
def test_a_stateful_layer_reads_slice_after_slice(case, number, seed, training):
    """
    A stateful LSTM that reads forwards in TimeDistributed reads a known number of slices as pieces
    of one sequence.

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
    y = distributed(case, x)(x, training=training)
    joined = replace(case, x=x.reshape(case.batch, -1, case.features))
    longer = replace(case, x=np.concatenate([x[:, 0], joined.x], axis=1))
    after_first = equations(longer).outputs[:, case.timesteps :].reshape(y.shape)
    instead = {"the first slice is read twice": after_first}
    assert_close(y, equations(joined).outputs.reshape(y.shape), instead=instead)


@claim(
    "wrappers.states-of-slices",
    promised="TimeDistributed, first paragraph: it applies a layer to every slice",
    cases=4,
)
@given(cases(return_state=True), integers(1, 3), seeds)
def test_slices_keep_output_and_states_apart(case, number, seed):
    """
    TimeDistributed around an LSTM with return_state=True returns an output and two states.

    Where Keras stacks the three into one tensor, or fails, call the LSTM itself, with the slices
    as samples.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_state=True)
    >>> x = np.arange(12.0).reshape(1, 3, 4, 1)  # (batch, slices, timesteps, features)
    >>> y, h, c = [part[None] for part in map(np.array, lstm(x[0]))]
    >>> tuple(y.shape), tuple(h.shape), tuple(c.shape)
    ((1, 3, 2), (1, 3, 2), (1, 3, 2))
    """
    x = slices(case, number, seed)
    parts = distributed(case, x)(x)
    _, h, c = equations(of_slices(case, x))
    assert isinstance(parts, (list, tuple)), f"one tensor of shape {tuple(parts.shape)}"
    assert_close(list(parts), [part.reshape(parts[0].shape) for part in (h, h, c)])


# From one length to another.


@claim(
    "wrappers.repeat-vector",
    derived="the equations, on the encoder's output at every timestep",
    corrects="From a sequence to one of another length: that is hard to do in Keras.",
    cases=4,
)
@given(cases(**varied("timesteps", "units")), integers(1, 5), seeds)
def test_repeating_a_vector_makes_a_sequence_of_any_length(case, number, seed):
    """
    RepeatVector(n) before an LSTM with return_sequences=True makes n outputs of any one vector.

    Another LSTM before it makes one vector of the sequence, and the second reads that vector n
    times. Its outputs still differ, as a rule, because its state goes on.

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
    cases=4,
)
@given(cases(return_state=True), seeds)
def test_joined_states_start_a_decoder_of_twice_the_units(case, seed):
    """
    The states of a stateless Bidirectional encoder of two LSTM(units), h with h and c with c,
    start an LSTM of 2 * units.

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
    backward = opposite(case, seed)
    join = keras.layers.Concatenate()
    _, h, c = equations(case)
    _, backward_h, backward_c = equations(backward)
    decoder = another(case, seed, units=2 * case.units, return_state=False)
    _, *states = both(case, backward)(case.x)
    start = [join(states[::2]), join(states[1::2])]
    expected = replace(decoder, h=side_by_side(h, backward_h), c=side_by_side(c, backward_c))
    assert_close(lstm(decoder)(case.x, initial_state=as_states(start)), equations(expected).h)
