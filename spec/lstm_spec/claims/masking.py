"""Masking: which timesteps an LSTM skips, what it puts out there, and where masks get lost.

A mask says True where a timestep counts. Most of what follows is one idea, skipping, seen from
many sides; the rest is about the forms a mask may have, and the way it takes through a model.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import partial

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import booleans, integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.harness.reference import equations
from lstm_spec.harness.strategies import cases, noise, permutation, picks, seeds
from lstm_spec.harness.subject import UNDRAWN, as_states, embedding, flatten, lstm, to_numpy
from lstm_spec.harness.tolerance import (
    OF_THE_BACKEND,
    assert_close,
    assert_differs,
    assert_refused,
    assert_same,
)


def seen(case, pick):
    """Return the case with at least one valid timestep in every row."""
    return replace(case, mask=case.mask | (np.arange(case.timesteps) == pick % case.timesteps))


def hidden(case, pick):
    """Return the case with at least one masked timestep in every row."""
    return replace(case, mask=case.mask & (np.arange(case.timesteps) != pick % case.timesteps))


def blank(case):
    """Return the case with zeros, which noise never draws, at its masked timesteps."""
    return replace(case, x=case.x * case.mask[:, :, None])


def unmasked(case):
    """Return the final output of an LSTM that reads every timestep of the case."""
    return equations(replace(case, mask=None)).h


def affine(dense, x):
    """Return what a Dense layer computes of an array, in float64."""
    kernel, bias = dense.get_weights()
    return x @ kernel.astype(float) + bias


def started(case):
    """Return the outputs with the initial h before the first valid timestep, in place of zeros."""
    early = ~np.logical_or.accumulate(case.mask, axis=1)
    return np.where(early[:, :, None], case.h[:, None], equations(case).outputs)


def padded_right(case, seed):
    """Return the case with a mask of sequences of different lengths, padded at the end."""
    lengths = 1 + permutation(case.batch + 3, seed)[: case.batch] % case.timesteps
    return replace(case, mask=np.arange(case.timesteps) < lengths[:, None])


def bidirectional(case):
    """Build Bidirectional over an LSTM; the case's weights serve both directions."""
    layer = keras.layers.Bidirectional(keras.layers.LSTM(case.units, **UNDRAWN, **case.options))
    layer.build(case.x.shape)
    layer.set_weights(case.weights * 2)
    return layer


def words(case, seed):
    """Return ids that are 0 where the case is masked, an Embedding of them, and its table."""
    ids = case.mask * (1 + permutation(case.mask.size, seed).reshape(case.mask.shape))
    table = noise((case.mask.size + 1, case.features), seed)
    return ids, embedding(table), table


def trainer(case):
    """Build a model that takes a sequence and its mask, ready for one step of training."""
    x, mask = keras.Input((None, case.features)), keras.Input((None,), dtype="bool")
    layer = lstm(case)
    model = keras.Model([x, mask], layer(x, mask=mask))
    model.compile("sgd", "mse", run_eagerly=True)
    return model


# Skipping.


@claim("masking.skips-step", promised="LSTM, call argument `mask`: a False timestep is ignored")
@given(cases(batch=1, masked=True), picks)
def test_masking_a_step_equals_deleting_it(case, pick):
    """
    Masking a timestep gives the same final output as deleting it from the input.

    Both states are carried over a masked timestep unchanged, so it does not matter what the
    timestep holds, or where in the sequence it is.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> masked = lstm(x, mask=np.array([[True, False, True]]))
    >>> bool(np.allclose(masked, lstm(x[:, [0, 2]]), atol=1e-6))
    True
    """
    case = seen(case, pick)
    layer = lstm(case)
    assert_close(layer(case.x, mask=case.mask), layer(case.x[:, case.mask[0]]))


@claim(
    "masking.carries-state",
    derived="masking.skips-step, for the states instead of the output",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(masked=True, state=True, return_state=True), picks)
def test_a_masked_step_leaves_both_states_as_they_are(case, pick):
    """
    A masked timestep leaves the states h and c exactly as they were.

    The layer does compute the timestep, and then takes the old states instead of the new
    ones. Nothing decays: the cell state does not even pass through the forget gate.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_state=True)
    >>> h, c = np.array([[0.1, 0.2]]), np.array([[0.3, 0.4]])
    >>> x, mask = np.array([[[5.0]]]), np.array([[False]])  # one timestep, masked
    >>> _, new_h, new_c = lstm(x, mask=mask, initial_state=[h, c])
    >>> bool(np.allclose(new_h, h)), bool(np.allclose(new_c, c))
    (True, True)
    """
    layer, mask = lstm(case), np.pad(case.mask, ((0, 0), (0, 1)))
    longer = np.pad(case.x, ((0, 0), (0, 1), (0, 0)), constant_values=1 + pick)
    _, *before = layer(case.x, mask=case.mask, initial_state=as_states(case.state))
    _, *after = layer(longer, mask=mask, initial_state=as_states(case.state))
    assert_same(after, before)


@claim(
    "masking.padding-side",
    derived="masking.skips-step, for timesteps before and after the sequence",
    corrects="Padding belongs in front, because at the end it washes out what the LSTM has read.",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(timesteps=integers(1, 4)), picks)
def test_masked_padding_changes_nothing_on_either_side(case, pick):
    """
    Masked padding does not change the final output, before the sequence or after it.

    Without a mask the side matters, because the layer reads the padding. With one it does
    not: what is skipped cannot be forgotten, and cannot make the layer forget.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x, mask = np.array([[[1.0], [2.0]]]), np.array([[True, True]])
    >>> left = lstm(np.pad(x, [(0, 0), (3, 0), (0, 0)]), mask=np.pad(mask, [(0, 0), (3, 0)]))
    >>> right = lstm(np.pad(x, [(0, 0), (0, 3), (0, 0)]), mask=np.pad(mask, [(0, 0), (0, 3)]))
    >>> bool(np.allclose(left, lstm(x), atol=1e-6)), bool(np.allclose(right, lstm(x), atol=1e-6))
    (True, True)
    """
    layer, mask, k = lstm(case), np.ones((case.batch, case.timesteps), bool), 1 + pick % 3
    left = np.pad(case.x, ((0, 0), (k, 0), (0, 0)), constant_values=7.0)
    right = np.pad(case.x, ((0, 0), (0, k), (0, 0)), constant_values=7.0)
    y = layer(left, mask=np.pad(mask, ((0, 0), (k, 0))))
    z = layer(right, mask=np.pad(mask, ((0, 0), (0, k))))
    assert_close([y, z], [layer(case.x)] * 2)


@claim("masking.own-length", derived="masking.skips-step, and rows are computed independently")
@given(cases(batch=integers(2, 3), return_state=True), picks, seeds)
def test_each_sequence_of_a_padded_batch_equals_itself_alone(case, pick, seed):
    """
    In a padded and masked batch, each sequence gives what it gives alone and unpadded.

    The mask has a row for every sample, so sequences of different lengths share a batch.
    The output and both states are those of the last valid timestep.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [2.0], [3.0]], [[4.0], [0.0], [0.0]]])  # lengths 3 and 1
    >>> y = lstm(x, mask=np.array([[True, True, True], [True, False, False]]))
    >>> bool(np.allclose(y[1:], lstm(x[1:, :1]), atol=1e-6))
    True
    """
    case, row = padded_right(case, seed), pick % case.batch
    layer, length = lstm(case), case.mask[row].sum()
    alone = layer(case.x[row : row + 1, :length])
    assert_close([y[row : row + 1] for y in layer(case.x, mask=case.mask)], alone)


@claim(
    "masking.hides-values",
    derived="masking.skips-step: the values are deleted too",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(
    cases(masked=True, return_sequences=True, return_state=True),
    sampled_from([np.nan, np.inf, -7.0, 1e30]),
)
def test_values_under_the_mask_do_not_matter(case, value):
    """
    The values at masked timesteps do not change outputs or states, even if they are NaN.

    This holds for what a layer computes, not for training: see `masking.nan-in-training`.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x, mask = np.array([[[1.0], [7.0]]]), np.array([[True, False]])
    >>> other = np.array([[[1.0], [np.nan]]])
    >>> bool(np.array_equal(lstm(x, mask=mask), lstm(other, mask=mask)))
    True
    """
    layer, other = lstm(case), np.where(case.mask[:, :, None], case.x, np.float32(value))
    assert_same(layer(other, mask=case.mask), layer(case.x, mask=case.mask))


@claim(
    "masking.all-true",
    derived="masking.skips-step: nothing is deleted",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(return_sequences=True, return_state=True))
def test_a_mask_of_true_is_no_mask(case):
    """
    A mask that is True everywhere gives the same outputs and states as no mask.

    True means that a timestep counts, False that it is skipped.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> bool(np.allclose(lstm(x, mask=np.array([[True, True, True]])), lstm(x), atol=1e-6))
    True
    """
    layer = lstm(case)
    assert_close(layer(case.x, mask=np.ones(case.x.shape[:2], bool)), layer(case.x))


@claim(
    "masking.does-not-stick",
    derived="a mask is an argument of the call, not of the layer",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(timesteps=integers(1, 4), masked=True), picks)
def test_the_next_call_is_unmasked_again(case, pick):
    """
    A mask counts for one call: the next call without one reads every timestep.

    The layer keeps no mask between calls, not even a stateful layer.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [7.0]]])  # (batch, timesteps, features)
    >>> before = lstm(x)
    >>> _ = lstm(x, mask=np.array([[True, False]]))
    >>> bool(np.array_equal(lstm(x), before))
    True
    """
    layer, case = lstm(case), hidden(case, pick)
    before = layer(case.x)
    layer(case.x, mask=case.mask)
    assert_same(layer(case.x), before)


@claim(
    "masking.zeros-are-read",
    derived="the equations: a zero input leaves the recurrent part and the bias",
    corrects="An LSTM skips timesteps of zeros, so zero padding needs no mask.",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(dtype="float64"))
def test_without_a_mask_a_step_of_zeros_counts(case):
    """
    Without a mask, padding with zeros changes the final output.

    Zeros are an input like any other: the gates still see h and the bias, and the cell state
    goes through the forget gate. Only a mask makes the layer skip.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [2.0]]])  # (batch, timesteps, features)
    >>> padded = np.array([[[1.0], [2.0], [0.0]]])
    >>> bool(np.array_equal(lstm(padded), lstm(x)))
    False
    """
    layer, padded = lstm(case), np.pad(case.x, ((0, 0), (0, 1), (0, 0)))
    assert_differs(layer(padded), layer(case.x))


# What is put out at a masked timestep.


@claim(
    "masking.repeats-output",
    observed="Keras 2 and 3, on CPU; cuDNN differs, see `masking.zeros-with-cudnn`",
    corrects="The output at a masked timestep is zero.",
)
@given(cases(masked=True, return_sequences=True))
def test_a_masked_step_repeats_the_output_before_it(case):
    """
    On CPU, the output at a masked timestep repeats the output of the timestep before it.

    The first timestep has none before it; if it is masked, its output is zero. Zeros at all
    masked timesteps take `zero_output_for_mask=True`, an argument of RNN that LSTM accepts.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_sequences=True)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y = np.array(lstm(x, mask=np.array([[True, False, True]])))
    >>> bool(np.array_equal(y[:, 1], y[:, 0])), bool(np.any(y[:, 1] == 0))
    (True, False)
    """
    y = to_numpy(lstm(case)(case.x, mask=case.mask))
    before = np.pad(y[:, :-1], ((0, 0), (1, 0), (0, 0)))
    assert_same(y, np.where(case.mask[:, :, None], y, before))
    assert_close(y, equations(case).outputs)


@claim(
    "masking.zeros-before-first-step",
    observed="Keras 2 and 3 on TensorFlow; on JAX and NumPy the loop puts out the initial h",
    corrects="With an initial state, leading masked timesteps put out the initial h.",
)
@given(cases(masked=True, state=True, return_sequences=True, unroll=booleans()), picks)
def test_before_the_first_valid_step_the_output_is_zero(case, pick):
    """
    Before the first valid timestep the output is zero, even where the initial h is not.

    The output of a masked timestep repeats the last output, not h, and there is none yet.
    The initial state itself is kept, and the first valid timestep starts from it.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_sequences=True)
    >>> x, state = np.array([[[7.0], [1.0]]]), [np.ones((1, 2)), np.ones((1, 2))]
    >>> y = lstm(x, mask=np.array([[False, True]]), initial_state=state)
    >>> np.array(y)[0, 0].tolist()
    [0.0, 0.0]
    """
    first = 1 + pick % case.timesteps
    mask = case.mask & (np.arange(case.timesteps) >= first)
    y = lstm(case)(case.x, mask=mask, initial_state=as_states(case.state))[:, :first]
    initial = np.repeat(case.h[:, None], first, axis=1)
    expected = np.zeros((case.batch, first, case.units))
    assert_same(y, expected, instead={"the initial h is put out": initial})


@claim(
    "masking.all-false-row",
    observed="Keras 2 and 3 on TensorFlow, CPU",
    corrects="The output of an LSTM is always the h that it returns beside it.",
)
@given(cases(masked=True, state=True, return_state=True), picks)
def test_a_fully_masked_sample_puts_out_zeros_and_keeps_its_state(case, pick):
    """
    On CPU, a fully masked sample puts out zeros and returns the state that it was given.

    So its output is not the returned h, unless that is zero. A stateful layer does the same,
    with the state that it has stored.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(1, return_state=True)
    >>> x, mask = np.array([[[7.0], [1.0]]]), np.array([[False, False]])
    >>> y, h, c = lstm(x, mask=mask, initial_state=[np.ones((1, 1)), np.ones((1, 1))])
    >>> float(y[0, 0]), float(h[0, 0]), float(c[0, 0])
    (0.0, 1.0, 1.0)
    """
    row = pick % case.batch
    mask = case.mask & (np.arange(case.batch) != row)[:, None]
    y = [part[row] for part in lstm(case)(case.x, mask=mask, initial_state=as_states(case.state))]
    h, c = case.h[row], case.c[row]
    assert_same(y, [0 * h, h, c], instead={"the initial h is put out": [h, h, c]})


@claim("masking.output-is-h", derived="the equations: h of the last valid timestep is the output")
@given(cases(masked=True, state=True, return_state=True), picks)
def test_with_one_valid_step_the_output_is_the_returned_h(case, pick):
    """
    With a mask, the output of a sample with a valid timestep equals the returned h.

    Both are those of the last valid timestep, wherever it is. Samples without a valid
    timestep are the exception: see `masking.all-false-row`.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_state=True)
    >>> x, mask = np.array([[[1.0], [7.0]]]), np.array([[True, False]])
    >>> y, h, c = lstm(x, mask=mask)
    >>> bool(np.array_equal(y, h))
    True
    """
    case = seen(case, pick)
    y, h, _ = lstm(case)(case.x, mask=case.mask, initial_state=as_states(case.state))
    assert_same(y, h)
    assert_close(y, equations(case).h)


@claim(
    "masking.zero-output",
    promised="RNN, argument `zero_output_for_mask`; LSTM accepts it without listing it",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(masked=True, return_sequences=True, return_state=True, zero_output_for_mask=True))
def test_zero_output_for_mask_changes_masked_outputs_only(case):
    """
    zero_output_for_mask=True makes masked outputs zero, and changes nothing else.

    The other outputs and both states are the same as without it, for return_sequences=True.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_sequences=True, zero_output_for_mask=True)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y = np.array(lstm(x, mask=np.array([[True, False, True]])))
    >>> y[0, 1].tolist()
    [0.0, 0.0]
    """
    y, h, c = lstm(case, zero_output_for_mask=False)(case.x, mask=case.mask)
    expected = [np.where(case.mask[:, :, None], y, 0.0), h, c]
    assert_same(lstm(case)(case.x, mask=case.mask), expected)


@claim(
    "masking.zero-output-last",
    observed="Keras 2 and 3; for unroll=True see masking.unrolled-zero-output",
    corrects="Documentation of RNN, `zero_output_for_mask`: return_sequences=False ignores it.",
)
@given(cases(masked=True, zero_output_for_mask=True))
def test_zero_output_for_mask_zeroes_the_final_output_too(case):
    """
    zero_output_for_mask=True makes the final output zero if the last timestep is masked.

    It does so with return_sequences=False too, so that a sequence padded at the end gives
    zeros instead of its last valid output. See also keras-team/keras issue 17596.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, zero_output_for_mask=True)
    >>> x = np.array([[[1.0], [2.0], [7.0]]])  # (batch, timesteps, features)
    >>> np.array(lstm(x, mask=np.array([[True, True, False]]))).tolist()
    [[0.0, 0.0]]
    """
    case = hidden(case, case.timesteps - 1)
    y, last = lstm(case)(case.x, mask=case.mask), equations(case).h
    assert_same(y, np.zeros((case.batch, case.units)), instead={"the argument is ignored": last})


# With a state, backwards, unrolled.


@claim("masking.with-state", derived="masking.skips-step, from any state")
@given(cases(masked=True, state=True, return_state=True))
def test_a_mask_and_an_initial_state_are_both_used(case):
    """
    A layer called with both `mask` and `initial_state` uses both.

    It starts from the given state and skips the masked timesteps. Pass the mask by name:
    one that is only attached to the input does not count here.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x, state = np.array([[[1.0], [7.0]]]), [np.ones((1, 2)), np.ones((1, 2))]
    >>> y = lstm(x, mask=np.array([[True, False]]), initial_state=state)
    >>> bool(np.allclose(y, lstm(x[:, :1], initial_state=state), atol=1e-6))
    True
    """
    _, h, c = lstm(case)(case.x, mask=case.mask, initial_state=as_states(case.state))
    assert_close([h, c], equations(case)[1:])


@claim(
    "masking.attached-with-state",
    promised="RNN, section Masking: the layer supports the masks that layers before it make",
)
@given(cases(masked=True, state=True), picks)
def test_an_attached_mask_counts_beside_an_initial_state(case, pick):
    """
    The mask that a Masking layer attaches also counts when `initial_state` is passed.

    Keras 3 looks for an attached mask only if the input is the one tensor that the call gets.
    Where it is lost there is no warning. Until then, pass the mask by name.

    >>> import keras, numpy as np
    >>> masking, lstm = keras.layers.Masking(), keras.layers.LSTM(2)
    >>> x, state = np.array([[[1.0], [0.0]]]), [np.ones((1, 2)), np.ones((1, 2))]
    >>> y = lstm(masking(x), initial_state=state, mask=masking.compute_mask(x))
    >>> bool(np.allclose(y, lstm(x[:, :1], initial_state=state), atol=1e-6))
    True
    """
    case = blank(hidden(case, pick))
    layer, masked = lstm(case), keras.layers.Masking()(case.x)
    expected = layer(case.x, mask=case.mask, initial_state=as_states(case.state))
    y = layer(masked, initial_state=as_states(case.state))
    assert_close(y, expected, instead={"the attached mask is ignored": unmasked(case)})


@claim(
    "masking.encoder-decoder",
    promised="RNN, section Masking: the layer supports the mask of Embedding(mask_zero=True)",
    costly="a functional model is built for each example",
)
@given(cases(masked=True, state=True), picks, seeds)
def test_a_decoder_skips_the_padding_of_its_embedding(case, pick, seed):
    """
    In a functional model, a decoder that is given a state skips its Embedding's padding.

    This is how translation models are written: the decoder starts from the encoder's states
    and reads padded words. In Keras 3 such a decoder reads the padding, unless told not to.

    >>> import keras, numpy as np
    >>> words, h, c = keras.Input((None,), dtype="int32"), keras.Input((2,)), keras.Input((2,))
    >>> embedding, lstm = keras.layers.Embedding(9, 3, mask_zero=True), keras.layers.LSTM(2)
    >>> y = lstm(embedding(words), mask=embedding.compute_mask(words), initial_state=[h, c])
    >>> decoder, state = keras.Model([words, h, c], y), [np.ones((1, 2)), np.ones((1, 2))]
    >>> short = decoder([np.array([[4, 7]]), *state])
    >>> padded = decoder([np.array([[4, 7, 0]]), *state])
    >>> bool(np.allclose(short, padded, atol=1e-6))
    True
    """
    case = hidden(case, pick)
    layer, (ids, embedding, table) = lstm(case), words(case, seed)
    read = keras.Input((case.timesteps,), dtype="int32")
    h, c = keras.Input((case.units,)), keras.Input((case.units,))
    decoder = keras.Model([read, h, c], layer(embedding(read), initial_state=[h, c]))
    expected = layer(table[ids], mask=case.mask, initial_state=as_states(case.state))
    y, padding = decoder([ids, *case.state]), unmasked(replace(case, x=table[ids]))
    assert_close(y, expected, instead={"the padding is read": padding})


@claim(
    "masking.stateful",
    derived="masking.carries-state, for the state that the layer stores",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(stateful=True))
def test_a_fully_masked_call_leaves_the_stored_state(case):
    """
    A fully masked call leaves the stored state of a stateful layer exactly as it was.

    So a sequence that has ended can be padded with masked calls while others go on.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, stateful=True, return_state=True)
    >>> x = np.array([[[1.0], [7.0]]])  # (batch, timesteps, features)
    >>> _, h, c = lstm(x)
    >>> _, new_h, new_c = lstm(x, mask=np.array([[False, False]]))
    >>> bool(np.array_equal(new_h, h)), bool(np.array_equal(new_c, c))
    (True, True)
    """
    layer = lstm(case)
    layer(case.x)
    before = to_numpy(layer.states)
    layer(case.x, mask=np.zeros(case.x.shape[:2], bool))
    assert_same(to_numpy(layer.states), before)


@claim(
    "masking.backwards",
    derived="going backwards reads the timesteps together with their mask",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(masked=True, return_sequences=True, return_state=True))
def test_going_backwards_flips_the_mask_with_the_input(case):
    """
    With go_backwards=True, the mask is turned round together with the input.

    A mask is given in the order of the input. Padding at the end is then read first, and
    skipped all the same.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, go_backwards=True)
    >>> x = np.array([[[1.0], [2.0], [7.0]]])  # (batch, timesteps, features)
    >>> y = lstm(x, mask=np.array([[True, True, False]]))
    >>> bool(np.allclose(y, lstm(x[:, :2]), atol=1e-6))
    True
    """
    flipped = lstm(case)(case.x[:, ::-1], mask=case.mask[:, ::-1])
    assert_close(lstm(case, go_backwards=True)(case.x, mask=case.mask), flipped)


@claim(
    "masking.unrolled",
    derived="unrolling changes how the loop is written, not what it does",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(masked=True, return_sequences=booleans(), return_state=True))
def test_unrolling_changes_nothing_under_a_mask(case):
    """
    With a mask, unroll=True gives the same outputs and states as unroll=False.

    Both ways skip by the same rule, although Keras writes that rule down twice.

    >>> import keras, numpy as np
    >>> loop, unrolled = keras.layers.LSTM(2), keras.layers.LSTM(2, unroll=True)
    >>> x, mask = np.array([[[1.0], [7.0], [2.0]]]), np.array([[True, False, True]])
    >>> unrolled.build(x.shape)
    >>> y = loop(x, mask=mask)
    >>> unrolled.set_weights(loop.get_weights())
    >>> bool(np.allclose(unrolled(x, mask=mask), y, atol=1e-6))
    True
    """
    case = hidden(case, 0)
    for sequences in (True, False):
        ways = [lstm(case, return_sequences=sequences, unroll=unroll) for unroll in (True, False)]
        unrolled, looped = (layer(case.x, mask=case.mask) for layer in ways)
        assert_close(unrolled, looped)


@claim(
    "masking.unrolled-backwards",
    derived="masking.unrolled and masking.backwards",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(masked=True, go_backwards=True, return_sequences=True, return_state=True))
def test_unrolling_backwards_changes_nothing_under_a_mask(case):
    """
    With a mask and go_backwards=True, unroll=True gives the same as unroll=False.

    Both read the input and its mask from the end. On PyTorch the unrolled call fails.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, go_backwards=True, unroll=True)
    >>> x, mask = np.array([[[1.0], [2.0], [7.0]]]), np.array([[True, True, False]])
    >>> bool(np.allclose(lstm(x, mask=mask), lstm(x[:, :2]), atol=1e-6))
    True
    """
    case = hidden(case, 0)
    for sequences in (True, False):
        ways = [lstm(case, return_sequences=sequences, unroll=unroll) for unroll in (True, False)]
        unrolled, looped = (layer(case.x, mask=case.mask) for layer in ways)
        assert_close(unrolled, looped)


@claim(
    "masking.unrolled-with-state",
    derived="masking.unrolled, from any state; on JAX and NumPy leading masked outputs differ",
)
@given(cases(masked=True, state=True, return_sequences=True, return_state=True))
def test_unrolling_from_a_state_changes_nothing_under_a_mask(case):
    """
    With a mask and an initial state, unroll=True gives the same as unroll=False.

    This includes masked timesteps before the first valid one, whose outputs are zero.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, unroll=True)
    >>> x, state = np.array([[[7.0], [1.0]]]), [np.ones((1, 2)), np.ones((1, 2))]
    >>> y = lstm(x, mask=np.array([[False, True]]), initial_state=state)
    >>> bool(np.allclose(y, lstm(x[:, 1:], initial_state=state), atol=1e-6))
    True
    """
    looped = lstm(case)(case.x, mask=case.mask, initial_state=as_states(case.state))
    unrolled = lstm(case, unroll=True)(case.x, mask=case.mask, initial_state=as_states(case.state))
    y, h, c = equations(case)
    instead = {"the loop puts out the initial h first": [[started(case), h, c], [y, h, c]]}
    assert_close([looped, unrolled], [[y, h, c]] * 2, instead=instead)


@claim(
    "masking.unrolled-zero-output",
    derived="masking.unrolled; on JAX and NumPy unrolling ignores zero_output_for_mask",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(timesteps=integers(2, 4), masked=True, zero_output_for_mask=True))
def test_unrolling_keeps_zero_output_for_mask(case):
    """
    With zero_output_for_mask=True and a mask, unroll=True gives the same as unroll=False.

    The argument belongs to RNN, which does the unrolling, so it counts in both cases.

    >>> import keras, numpy as np
    >>> options = dict(return_sequences=True, zero_output_for_mask=True)
    >>> lstm = keras.layers.LSTM(2, unroll=True, **options)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y = np.array(lstm(x, mask=np.array([[True, False, True]])))
    >>> y[0, 1].tolist()
    [0.0, 0.0]
    """
    case = hidden(case, 0)
    repeated = equations(case).outputs
    zeroed = repeated * case.mask[:, :, None]
    for sequences in (True, False):
        ways = [lstm(case, return_sequences=sequences, unroll=unroll) for unroll in (True, False)]
        y = [layer(case.x, mask=case.mask) for layer in ways]
        right = {True: zeroed, False: zeroed[:, -1]}[sequences]
        kept = {True: repeated, False: repeated[:, -1]}[sequences]
        instead = {"unrolled, the argument is ignored": [kept, right]}
        assert_close(y, [right, right], instead=instead)


# The forms of a mask.


@claim("masking.numbers", observed="Keras 2 and 3, all backends")
@given(cases(masked=True), sampled_from([1, 5, -1, 0.5]))
def test_a_mask_of_numbers_is_read_as_zero_or_not(case, value):
    """
    In a mask of numbers, zero means masked and any other number means valid.

    So the result of `x != 0`, a matrix of 0 and 1, or a matrix of weights will all do; the
    size of a number makes no difference.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y = lstm(x, mask=np.array([[True, False, True]]))
    >>> bool(np.array_equal(lstm(x, mask=np.array([[0.5, 0.0, 3.0]])), y))
    True
    """
    layer = lstm(case)
    assert_same(layer(case.x, mask=case.mask * value), layer(case.x, mask=case.mask))


@claim(
    "masking.last-axis",
    observed="Keras 2 and 3, all backends",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(masked=True))
def test_a_mask_may_have_a_last_axis_of_one(case):
    """
    A mask of shape (batch, timesteps, 1) means the same as one of shape (batch, timesteps).

    Inside, Keras gives every mask this last axis, over which the units share it.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x, mask = np.array([[[1.0], [7.0]]]), np.array([[True, False]])
    >>> bool(np.array_equal(lstm(x, mask=mask[:, :, None]), lstm(x, mask=mask)))
    True
    """
    layer = lstm(case)
    assert_same(layer(case.x, mask=case.mask[:, :, None]), layer(case.x, mask=case.mask))


@claim(
    "masking.one-row",
    observed="Keras 2 and 3, all backends",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(batch=integers(2, 3), masked=True))
def test_a_mask_of_one_row_serves_every_sample(case):
    """
    A mask of shape (1, timesteps) applies to every sample of the batch.

    It is spread over the batch as NumPy would spread it. A mask of shape (batch, 1) is not
    spread over the timesteps: see `masking.short-refused`.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x, row = np.array([[[1.0], [7.0]], [[2.0], [8.0]]]), np.array([[True, False]])
    >>> bool(np.allclose(lstm(x, mask=row), lstm(x[:, :1]), atol=1e-6))
    True
    """
    layer, row = lstm(case), case.mask[:1]
    everywhere = np.repeat(row, case.batch, axis=0)
    assert_same(layer(case.x, mask=row), layer(case.x, mask=everywhere))


@claim("masking.unit-by-unit", observed="Keras 2 and 3, all backends, without unroll=True")
@given(cases(timesteps=1, state=True, return_state=True), seeds)
def test_a_mask_with_an_axis_of_units_masks_each_unit(case, seed):
    """
    A mask of shape (batch, timesteps, units) masks each unit on its own.

    A masked unit keeps its h and c while the others move on. Nobody promises it, and it is
    rarely meant: a mask made from the features, such as `x != 0`, has this shape by accident.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_state=True)
    >>> x, state = np.array([[[1.0]]]), [np.array([[0.5, 0.5]]), np.array([[0.5, 0.5]])]
    >>> _, h, c = lstm(x, mask=np.array([[[True, False]]]), initial_state=state)
    >>> (np.array(h) == state[0]).tolist()
    [[False, True]]
    """
    mask = noise((case.batch, 1, case.units), seed) > 0
    _, h, c = lstm(case)(case.x, mask=mask, initial_state=as_states(case.state))
    new_h, new_c = equations(case)[1:]
    kept, wholly = ~mask[:, 0], ~mask.any(axis=2)
    expected = [np.where(kept, case.h, new_h), np.where(kept, case.c, new_c)]
    masked = [np.where(wholly, case.h, new_h), np.where(wholly, case.c, new_c)]
    assert_close([h, c], expected, instead={"units are masked only all together": masked})


@claim(
    "masking.list-refused",
    observed="Keras 2 and 3, all backends",
    corrects="A mask may be a plain Python list of lists.",
)
@given(cases(masked=True))
def test_a_plain_list_is_no_mask(case):
    """
    A mask that is a plain Python list of lists is refused.

    The call fails with AttributeError: 'list' object has no attribute 'dtype'. An array is
    accepted, a tensor too.

    >>> import keras, numpy as np
    >>> lstm, mask = keras.layers.LSTM(2), [[True, False]]
    >>> x = np.array([[[1.0], [7.0]]])  # (batch, timesteps, features)
    >>> try:
    ...     lstm(x, mask=mask)
    ... except AttributeError as error:
    ...     print("'list' object has no attribute 'dtype'" in str(error))
    True
    >>> tuple(lstm(x, mask=np.array(mask)).shape)
    (1, 2)
    """
    layer = lstm(case)
    words = "'list' object has no attribute 'dtype'"
    assert_refused(lambda: layer(case.x, mask=case.mask.tolist()), "AttributeError", words)


@claim("masking.one-axis-refused", observed="Keras 2 and 3, all backends")
@given(cases(masked=True))
def test_a_mask_of_one_axis_is_refused(case):
    """
    A mask with a single axis, of shape (timesteps,), is refused.

    The call fails with IndexError: list assignment index out of range. For one mask for the
    whole batch, give it a first axis of size one.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x, mask = np.array([[[1.0], [7.0]]]), np.array([True, False])
    >>> tuple(lstm(x, mask=mask[None, :]).shape)  # without [None, :]: IndexError
    (1, 2)
    """
    layer = lstm(case)
    assert_refused(lambda: layer(case.x, mask=case.mask[0]), "IndexError", "out of range")


@claim("masking.short-refused", observed="Keras 2 and 3 on TensorFlow, CPU; the type varies")
@given(cases(timesteps=integers(2, 4), masked=True, unroll=booleans()))
def test_a_mask_with_too_few_timesteps_is_refused(case):
    """
    On CPU, a mask with fewer timesteps than the input is refused, unrolled or not.

    The call fails with OutOfRangeError in the loop, and with IndexError unrolled. A mask of
    shape (batch, 1) is refused too: it is not spread over the timesteps.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x, mask = np.array([[[1.0], [7.0]]]), np.array([[True]])
    >>> tuple(lstm(x, mask=np.repeat(mask, 2, axis=1)).shape)  # with mask=mask: OutOfRangeError
    (1, 2)
    """
    layer, words = lstm(case), ("read from index", "index out of range", "out of bounds")
    assert_refused(lambda: layer(case.x, mask=case.mask[:, 1:]), OF_THE_BACKEND, words)


@claim("masking.long-refused", observed="Keras 2 and 3 on TensorFlow, CPU, without unroll=True")
@given(cases(masked=True), integers(1, 3))
def test_a_mask_with_too_many_timesteps_is_refused(case, surplus):
    """
    On CPU, a mask with more timesteps than the input is refused.

    The call fails with ValueError: the columns do not fit into an array of the input's size.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x, mask = np.array([[[1.0], [7.0]]]), np.array([[True, False, False]])
    >>> tuple(lstm(x, mask=mask[:, :2]).shape)  # with mask=mask: ValueError
    (1, 2)
    """
    layer, mask = lstm(case), np.pad(case.mask, ((0, 0), (0, surplus)))
    assert_refused(lambda: layer(case.x, mask=mask), "ValueError", "unstack")


@claim("masking.long-refused-unrolled", derived="masking.unrolled and masking.long-refused")
@given(cases(masked=True, unroll=True), integers(1, 3))
def test_an_unrolled_layer_refuses_too_many_timesteps_as_well(case, surplus):
    """
    With unroll=True too, a mask with more timesteps than the input is refused.

    A mask of another length is a mistake. Read without complaint, it lies over the wrong
    timesteps: with go_backwards=True, it is the surplus that is used.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, unroll=True)
    >>> x, mask = np.array([[[1.0], [7.0]]]), np.array([[True, False, False]])
    >>> try:
    ...     y = lstm(x, mask=mask)  # Keras 3 takes it, and reads the first two columns
    ... except ValueError:
    ...     y = lstm(x, mask=mask[:, :2])
    >>> bool(np.array_equal(y, lstm(x, mask=mask[:, :2])))
    True
    """
    layer, mask = lstm(case), np.pad(case.mask, ((0, 0), (0, surplus)))
    assert_refused(lambda: layer(case.x, mask=mask), "ValueError", "mask")


# Where masks come from.


@claim(
    "masking.all-features",
    promised="Masking: a timestep is masked if all its values equal `mask_value`",
    corrects="Masking(0) skips only padding, and keeps the zeros that belong to the data.",
)
@given(cases(), sampled_from([0.0, -1.0, 9.0]), seeds)
def test_masking_masks_steps_that_equal_its_value_throughout(case, value, seed):
    """
    Masking masks a timestep if, and only if, all its features equal `mask_value`.

    One differing feature keeps the timestep. With a single feature, every genuine value that
    happens to equal `mask_value` is skipped: choose a value that the data cannot have.

    >>> import keras, numpy as np
    >>> masking, lstm = keras.layers.Masking(mask_value=0.0), keras.layers.LSTM(2)
    >>> x = np.array([[[1.0, 2.0], [0.0, 0.0], [0.0, 5.0]]])  # zeros amid the data
    >>> bool(np.allclose(lstm(masking(x)), lstm(x[:, [0, 2]]), atol=1e-6))
    True
    """
    x = np.where(noise(case.x.shape, seed) > 0, np.float32(value), case.x)
    layer, masking = lstm(case), keras.layers.Masking(mask_value=value)
    mask = np.any(x != value, axis=2)
    instead = {"the mask is lost": unmasked(replace(case, x=x))}
    assert_same(layer(masking(x)), layer(x, mask=mask), instead)
    assert_same(masking.compute_mask(x), mask)


@claim(
    "masking.value-for-each-feature",
    observed="Keras 3",
    corrects="Documentation of Masking, `mask_value`: one value, which all features must equal.",
)
@given(cases(features=2), seeds)
def test_masking_takes_a_value_for_each_feature(case, seed):
    """
    With an array for its mask_value, Masking compares each feature with a value of its own.

    It is compared as NumPy would spread it. A model with such a layer can be saved.

    >>> import keras, numpy as np
    >>> masking = keras.layers.Masking(mask_value=np.array([-1.0, 9.0]))
    >>> x = np.array([[[-1.0, 9.0], [9.0, -1.0], [-1.0, -1.0]]])
    >>> np.array(masking.compute_mask(x)).tolist()
    [[False, True, True]]
    """
    values = noise((2,), seed, scale=3.0)
    x = np.where(noise(case.x.shape[:2], seed)[:, :, None] > 0, values, case.x)
    masking, layer = keras.layers.Masking(mask_value=values), lstm(case)
    instead = {"the mask is lost": unmasked(replace(case, x=x))}
    assert_same(layer(masking(x)), layer(x, mask=np.any(x != values, axis=2)), instead)


@claim(
    "masking.second-masking",
    observed="Keras 3",
    corrects="Two Masking layers together mask what either of them masks.",
)
@given(cases(masked=True), picks, seeds)
def test_a_second_masking_replaces_the_mask(case, pick, seed):
    """
    A Masking behind another one replaces the mask: what the first has masked, it reads as zeros.

    So only a second layer whose mask_value is 0 skips both. No warning is given, because
    Masking supports masks.

    >>> import keras, numpy as np
    >>> first, second = keras.layers.Masking(9.0), keras.layers.Masking(-1.0)
    >>> lstm, x = keras.layers.LSTM(2), np.array([[[9.0], [-1.0], [7.0]]])
    >>> y = lstm(second(first(x)))
    >>> bool(np.allclose(y, lstm(np.array([[[0.0], [7.0]]])), atol=1e-6))
    True
    """
    nines = noise(case.x.shape[:2], seed)[:, :, None] > 0
    x, layer = np.where(nines, np.float32(9), blank(hidden(case, pick)).x - 1), lstm(case)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        y = layer(keras.layers.Masking(-1.0)(keras.layers.Masking(9.0)(x)))
    read = np.where(np.all(x == 9, axis=2, keepdims=True), np.float32(0), x)
    assert_same(y, layer(read, mask=np.any(read != -1, axis=2)))


@claim("masking.no-weights", observed="Keras 3")
@given(sampled_from([0.0, -1.0, 9.0]))
def test_masking_is_built_as_soon_as_it_is_made(value):
    """
    A Masking has no weights, and counts none, before it is called as after.

    It needs to know nothing of its input. Layers with weights refuse to count them before they
    are built.

    >>> import keras, numpy as np
    >>> keras.layers.Masking().count_params()
    0
    """
    masking = keras.layers.Masking(mask_value=value)
    assert masking.built, "Masking is made, and not built"
    assert masking.count_params() == len(masking.variables) == 0


@claim(
    "masking.nan-value",
    observed="Keras 2 and 3, all backends",
    corrects="Masking(mask_value=np.nan) skips timesteps of NaN.",
)
@given(cases(return_sequences=True), picks)
def test_masking_by_nan_masks_nothing(case, pick):
    """
    Masking(mask_value=np.nan) masks nothing, so a timestep of NaN makes all outputs after NaN.

    NaN is not equal to itself, and Masking compares by equality. Replace NaN by a number
    first, and mask that.

    >>> import keras, numpy as np
    >>> masking, lstm = keras.layers.Masking(mask_value=np.nan), keras.layers.LSTM(2)
    >>> y = lstm(masking(np.array([[[1.0], [np.nan]]])))
    >>> np.isnan(y).tolist()
    [[True, True]]
    """
    first, layer, x = pick % case.timesteps, lstm(case), case.x.copy()
    x[:, first] = np.nan
    y = layer(keras.layers.Masking(mask_value=np.nan)(x))[:, first:]
    assert_same(y, np.full(y.shape, np.nan))


@claim(
    "masking.puts-zeros",
    observed="Keras 3",
    corrects="Masking hands the values on as they are, and only attaches a mask.",
)
@given(cases(), sampled_from([0.0, -1.0, 9.0]), seeds)
def test_masking_makes_masked_timesteps_zero(case, value, seed):
    """
    Masking also puts zeros in place of the timesteps that it masks, whatever `mask_value` is.

    A layer that loses the mask then reads zeros there, not the `mask_value`.

    >>> import keras, numpy as np
    >>> masking = keras.layers.Masking(mask_value=9.0)
    >>> x = np.array([[[9.0, 9.0], [9.0, 5.0]]])  # (batch, timesteps, features)
    >>> np.array(masking(x)).tolist()
    [[[0.0, 0.0], [9.0, 5.0]]]
    """
    x = np.where(noise(case.x.shape, seed) > 0, np.float32(value), case.x)
    kept = np.any(x != value, axis=2, keepdims=True)
    assert_same(keras.layers.Masking(mask_value=value)(x), np.where(kept, x, np.float32(0)))


@claim(
    "masking.embedding",
    promised="Embedding, argument `mask_zero`: the input 0 is padding that is masked",
)
@given(cases(masked=True), seeds)
def test_embedding_masks_the_id_zero(case, seed):
    """
    After Embedding(mask_zero=True), an LSTM skips the timesteps whose id is 0.

    The mask is attached to the tensor that Embedding returns, and the LSTM finds it there.

    >>> import keras, numpy as np
    >>> embedding, lstm = keras.layers.Embedding(9, 3, mask_zero=True), keras.layers.LSTM(2)
    >>> short, padded = np.array([[4, 7]]), np.array([[4, 7, 0, 0]])  # (batch, timesteps)
    >>> bool(np.allclose(lstm(embedding(padded)), lstm(embedding(short)), atol=1e-6))
    True
    """
    layer, (ids, embedding, table) = lstm(case), words(case, seed)
    instead = {"the mask is lost": unmasked(replace(case, x=table[ids]))}
    assert_same(layer(embedding(ids)), layer(table[ids], mask=case.mask), instead)


@claim(
    "masking.argument-wins",
    observed="Keras 2 and 3, all backends",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(masked=True), picks, seeds)
def test_the_mask_argument_replaces_an_attached_mask(case, pick, seed):
    """
    The argument `mask` replaces a mask attached to the input: they are not combined.

    Keras looks for an attached mask only where no mask is given.

    >>> import keras, numpy as np
    >>> masking, lstm = keras.layers.Masking(), keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [0.0]]])  # (batch, timesteps, features); Masking masks the second
    >>> y = lstm(masking(x), mask=np.array([[True, True]]))
    >>> bool(np.array_equal(y, lstm(x, mask=np.array([[True, True]]))))
    True
    """
    layer, case = lstm(case), seen(case, pick)
    x = case.x * (noise((case.batch, case.timesteps, 1), seed) > 0)
    masked = keras.layers.Masking()(x)
    assert_same(layer(masked, mask=case.mask), layer(x, mask=case.mask))


# Where masks go.


@claim("masking.passed-on", observed="Keras 2 and 3, all backends")
@given(cases(masked=True))
def test_the_mask_is_passed_on_with_sequences_only(case):
    """
    An LSTM passes its mask on if return_sequences=True, and ends it otherwise.

    With return_state=True the states have no mask either way: they have no timesteps. Of a
    list of masks, as of an input and its states, the first one counts.

    >>> import keras, numpy as np
    >>> x, mask = np.array([[[1.0], [7.0]]]), np.array([[True, False]])
    >>> keras.layers.LSTM(2, return_sequences=True).compute_mask(x, mask).tolist()
    [[True, False]]
    >>> keras.layers.LSTM(2).compute_mask(x, mask) is None
    True
    """
    passing, ending = lstm(case, return_sequences=True, return_state=True), lstm(case)
    passed, *of_states = passing.compute_mask(case.x, case.mask)
    assert np.array_equal(passed, case.mask), f"{passed} is not {case.mask}"
    assert passing.compute_mask(case.x, [case.mask, None])[0] is case.mask, "not the first mask"
    assert of_states == [None, None], of_states
    assert ending.compute_mask(case.x, case.mask) is None, "a mask without sequences"


@claim(
    "masking.bidirectional-passes-on",
    derived="masking.passed-on, for each direction",
    costly="two layers are built and called for each example",
)
@given(
    cases(timesteps=integers(1, 3), masked=True),
    picks,
    booleans(),
    sampled_from(["sum", None]),
)
def test_bidirectional_passes_its_mask_on(case, pick, sequences, mode):
    """
    Bidirectional passes its mask on if return_sequences=True, to both outputs if not merged.

    A layer behind it skips what it has skipped. Without return_sequences the mask ends.

    >>> import keras, numpy as np
    >>> inner, x = keras.layers.LSTM(2, return_sequences=True), np.array([[[1.0], [0.0]]])
    >>> both, lstm = keras.layers.Bidirectional(inner), keras.layers.LSTM(3)
    >>> y = both(keras.layers.Masking()(x))
    >>> bool(np.allclose(lstm(y), lstm(y[:, :1] + 0.0), atol=1e-6))
    True
    """
    case, m, inner = blank(hidden(case, pick)), case.mask, partial(keras.layers.LSTM, case.units)
    expected = {(True, "sum"): m, (False, "sum"): None, (True, None): (m, m)}
    drawn = keras.layers.Bidirectional(inner(return_sequences=sequences), merge_mode=mode)
    told = [str(flatten(drawn.compute_mask(case.x, given))) for given in (m, [m])]
    handed_on = str(flatten(expected.get((sequences, mode), (None, None))))
    assert told == [handed_on] * 2, f"it hands on {told}, not {handed_on}"
    both, above = keras.layers.Bidirectional(inner(return_sequences=True)), keras.layers.LSTM(2)
    y = both(keras.layers.Masking()(case.x))
    instead = {"the mask is lost": to_numpy(above(to_numpy(y)))}
    assert_close(above(y), above(to_numpy(y), mask=case.mask), instead=instead)


@claim(
    "masking.stacked",
    derived="masking.passed-on: the second layer finds the first one's mask",
    corrects="Each layer behind a Masking or an Embedding must be told of the mask.",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(timesteps=integers(1, 3), features=2, units=2, masked=True), picks)
def test_the_mask_travels_through_stacked_layers(case, pick):
    """
    A mask travels through stacked LSTM layers that have return_sequences=True.

    It need not be passed by hand: Masking or Embedding in front of the first layer is enough.

    >>> import keras, numpy as np
    >>> masking, first = keras.layers.Masking(), keras.layers.LSTM(3, return_sequences=True)
    >>> second = keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [2.0], [0.0]]])  # (batch, timesteps, features)
    >>> bool(np.allclose(second(first(masking(x))), second(first(x[:, :2])), atol=1e-6))
    True
    """
    case = blank(hidden(case, pick))
    first, second = lstm(case, return_sequences=True), lstm(case)
    by_hand = second(first(case.x, mask=case.mask), mask=case.mask)
    every = replace(case, mask=None, x=equations(case).outputs)
    y = second(first(keras.layers.Masking()(case.x)))
    assert_same(y, by_hand, instead={"the mask is lost": equations(every).h})


@claim(
    "masking.lost-in-arithmetic",
    observed="Keras 2 and 3 on TensorFlow",
    corrects="A mask follows the tensor wherever it goes.",
)
@given(cases(masked=True), picks)
def test_arithmetic_loses_an_attached_mask(case, pick):
    """
    Arithmetic on a masked tensor loses the mask, and an LSTM after it reads every timestep.

    The mask is an attribute of one tensor; the sum, the product or the slice is another
    tensor. There is no warning. Masking after the arithmetic keeps the mask.

    >>> import keras, numpy as np
    >>> masking, lstm = keras.layers.Masking(), keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [0.0]]])  # (batch, timesteps, features)
    >>> bool(np.array_equal(lstm(masking(x) * 1.0), lstm(x)))
    True
    """
    case = blank(hidden(case, pick))
    layer, masked = lstm(case), keras.layers.Masking()(case.x)
    assert_close(layer(masked * 1.0), equations(replace(case, mask=None)).h)


@claim(
    "masking.lost-with-warning",
    observed="Keras 3; Keras 2 loses the mask without a warning",
    corrects="Documentation of Masking: a layer without support for masks raises an exception.",
)
@given(cases(masked=True), picks)
def test_a_layer_without_masks_warns_and_loses_it(case, pick):
    """
    A layer that does not support masks warns, and an LSTM after it reads every timestep.

    Reshape, Flatten and Conv1D are such layers. No exception is raised, although the
    documentation of Masking and Embedding says so.

    >>> import keras, numpy as np
    >>> masking, lstm = keras.layers.Masking(), keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [0.0]]])  # (batch, timesteps, features)
    >>> y = keras.layers.Reshape((2, 1))(masking(x))  # warns
    >>> bool(np.array_equal(lstm(y), lstm(x)))
    True
    """
    case = blank(hidden(case, pick))
    layer, masked = lstm(case), keras.layers.Masking()(case.x)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        y = layer(keras.layers.Reshape(case.x.shape[1:])(masked))
    said = " ".join(str(warning.message) for warning in caught)
    assert "not support masking" in said, f"it warns: {said!r}"
    assert_close(y, unmasked(case), instead={"the mask is not lost": equations(case).h})


@claim(
    "masking.loss",
    observed="Keras 3 on TensorFlow, CPU",
    corrects="The loss counts masked timesteps, because the outputs there are not zero.",
)
@given(cases(masked=True, return_sequences=True), picks, seeds)
def test_the_loss_averages_over_valid_steps(case, pick, seed):
    """
    The loss of a masked output sequence is the mean over its valid timesteps only.

    The mask reaches the loss through the LSTM, and through Dense layers after it. The outputs
    at masked timesteps are not zero, and do not count.

    >>> import keras, numpy as np
    >>> masking, lstm = keras.layers.Masking(), keras.layers.LSTM(1, return_sequences=True)
    >>> mse = keras.losses.MeanSquaredError()
    >>> x, target = np.array([[[1.0], [2.0], [0.0]]]), np.array([[[3.0], [4.0], [99.0]]])
    >>> short = mse(target[:, :2], lstm(x[:, :2]))
    >>> bool(np.allclose(mse(target, lstm(masking(x))), short))
    True
    """
    case = blank(seen(case, pick))
    y = lstm(case)(keras.layers.Masking()(case.x))
    target = noise(y.shape, seed)
    loss = keras.losses.MeanSquaredError()(target, y)
    squares = np.mean((equations(case).outputs - target) ** 2, axis=2)
    instead = {"masked timesteps count": np.mean(squares)}
    assert_close(loss, np.mean(squares[case.mask]), instead=instead)


@claim(
    "masking.dense-behind",
    derived="masking.loss; Dense and TimeDistributed pass a mask on",
    corrects="A Dense layer puts out zeros at masked timesteps.",
)
@given(cases(masked=True, return_sequences=True), picks, seeds)
def test_dense_hands_the_mask_on_to_the_loss(case, pick, seed):
    """
    Dense behind an LSTM hands the mask on to the loss, though its masked outputs are not zero.

    Dense computes every timestep, masked or not, and so does TimeDistributed(Dense).

    >>> import keras, numpy as np
    >>> masking, lstm = keras.layers.Masking(), keras.layers.LSTM(2, return_sequences=True)
    >>> dense, mse = keras.layers.Dense(1), keras.losses.MeanSquaredError()
    >>> x, target = np.array([[[1.0], [2.0], [0.0]]]), np.array([[[3.0], [4.0], [99.0]]])
    >>> y, short = dense(lstm(masking(x))), dense(lstm(x[:, :2]))
    >>> float(y[0, 2, 0]) == 0, bool(np.allclose(mse(target, y), mse(target[:, :2], short)))
    (False, True)
    """
    case, drawn = blank(seen(case, pick)), keras.initializers.RandomUniform(0.5, 1.0, seed=seed)
    dense = keras.layers.Dense(2, kernel_initializer=drawn, bias_initializer=drawn)
    layer = [dense, keras.layers.TimeDistributed(dense)][pick % 2]
    y = layer(lstm(case)(keras.layers.Masking()(case.x)))
    target = noise(y.shape, seed)
    squares = np.mean((affine(dense, equations(case).outputs) - target) ** 2, axis=2)
    loss, instead = keras.losses.MeanSquaredError()(target, y), np.mean(squares)
    assert_close(loss, np.mean(squares[case.mask]), instead={"masked timesteps count": instead})
    assert np.all(to_numpy(y) != 0), f"zeros in {y}"


@claim(
    "masking.bidirectional-zeros",
    promised="Bidirectional, argument `layer`: masked outputs are zero with return_sequences=True",
    costly="two layers are built and called for each example",
)
@given(cases(masked=True, return_sequences=True))
def test_bidirectional_puts_out_zeros_at_masked_steps(case):
    """
    Bidirectional with return_sequences=True puts out zeros at masked timesteps.

    It sets zero_output_for_mask=True on both of its layers, so that the two directions can be
    joined; an LSTM alone repeats its last output.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(1, return_sequences=True))
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y = np.array(both(x, mask=np.array([[True, False, True]])))
    >>> y[0, 1].tolist()
    [0.0, 0.0]
    """
    y = to_numpy(bidirectional(case)(case.x, mask=case.mask))[~case.mask]
    assert_same(y, np.zeros_like(y))


@claim(
    "masking.bidirectional-padding",
    derived="masking.own-length and masking.backwards",
    corrects="The backward half of Bidirectional is blurred by the padding that it reads first.",
    costly="two layers are built and called for each example",
)
@given(cases(return_sequences=True), picks, seeds)
def test_both_directions_skip_the_padding(case, pick, seed):
    """
    With a mask, both halves of Bidirectional give what the unpadded sequence gives.

    The backward layer meets the padding first and skips it, so the outputs of both
    directions stay aligned with the timesteps.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2, return_sequences=True))
    >>> x = np.array([[[1.0], [2.0], [7.0]]])  # (batch, timesteps, features)
    >>> y = both(x, mask=np.array([[True, True, False]]))
    >>> bool(np.allclose(y[:, :2], both(x[:, :2]), atol=1e-6))
    True
    """
    case, row = padded_right(case, seed), pick % case.batch
    layer, length = bidirectional(case), case.mask[row].sum()
    alone = layer(case.x[row : row + 1, :length])
    assert_close(layer(case.x, mask=case.mask)[row : row + 1, :length], alone)


# Training.


@claim(
    "masking.trains-as-deleted",
    derived="masking.skips-step: equal outputs for all weights have equal gradients",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(batch=1, masked=True), picks, seeds)
def test_training_skips_masked_steps_too(case, pick, seed):
    """
    A step of training with masked timesteps changes the weights as if they were deleted.

    The gradient passes a masked timestep as the state does: it is handed on unchanged.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.layers.Masking(), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse")
    >>> x, target = np.array([[[1.0], [0.0], [2.0]]]), np.ones((1, 2))
    >>> y, start = model(x), model.get_weights()
    >>> loss, masked = model.train_on_batch(x, target), model.get_weights()
    >>> _ = model.set_weights(start), model.train_on_batch(x[:, [0, 2]], target)
    >>> [bool(np.allclose(w, v, atol=1e-6)) for w, v in zip(masked, model.get_weights())]
    [True, True, True]
    """
    case, target = seen(case, pick), noise((1, case.units), seed)
    model, kept = trainer(case), case.mask[0]
    model.train_on_batch([case.x, case.mask], target)
    masked = model.get_weights()
    model.set_weights(case.weights)
    model.train_on_batch([case.x[:, kept], case.mask[:, kept]], target)
    assert_close(masked, model.get_weights())


@claim(
    "masking.nan-in-training",
    observed="Keras 2 and 3 on TensorFlow, PyTorch and JAX",
    corrects="A mask protects training from NaN in the padding.",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(masked=True), picks, seeds)
def test_nan_under_the_mask_spoils_all_weights(case, pick, seed):
    """
    One step of training on NaN at a masked timestep turns every weight into NaN.

    The outputs and the loss are finite. But the masked timestep is computed before it is
    discarded, and its gradient is 0 times NaN, which is NaN. Fill the padding with numbers.

    >>> import keras, numpy as np
    >>> x, mask = keras.Input((2, 1)), keras.Input((2,), dtype="bool")
    >>> model = keras.Model([x, mask], keras.layers.LSTM(2)(x, mask=mask))
    >>> model.compile("sgd", "mse")
    >>> data = [np.array([[[1.0], [np.nan]]]), np.array([[True, False]])]
    >>> loss = model.train_on_batch(data, np.ones((1, 2)))
    >>> bool(np.isfinite(loss)), [bool(np.isnan(w).all()) for w in model.get_weights()]
    (True, [True, True, True])
    """
    case, model = hidden(case, pick), trainer(case)
    x, target = np.where(case.mask[:, :, None], case.x, np.nan), noise((1, case.units), seed)
    loss = model.train_on_batch([x, case.mask], np.repeat(target, case.batch, axis=0))
    assert np.isfinite(loss), f"the loss is {loss}"
    assert_same(model.get_weights(), [np.full_like(weight, np.nan) for weight in case.weights])


# On a GPU.


@claim(
    "masking.zeros-with-cudnn",
    observed="by others, not by us: https://github.com/tensorflow/tensorflow/issues/49241",
    corrects="A GPU gives the same output sequence as a CPU.",
    gpu=True,
)
@given(cases(return_sequences=True), seeds)
def test_with_cudnn_masked_outputs_are_zero(case, seed):
    """
    With cuDNN on TensorFlow, the outputs at masked timesteps after the sequence are zero.

    On CPU they repeat the last valid output; use_cudnn=False does the same on a GPU. We have
    not run this claim ourselves: it rests on the issue named above and on Keras' source,
    where cuDNN also takes no other masks than padding at the end of non-empty sequences.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_sequences=True)
    >>> x = np.array([[[1.0], [2.0], [7.0]]])  # (batch, timesteps, features)
    >>> y = np.array(lstm(x, mask=np.array([[True, True, False]])))
    >>> y[0, 2].tolist()
    [0.0, 0.0]
    """
    case = padded_right(case, seed)
    y = to_numpy(lstm(case)(case.x, mask=case.mask))[~case.mask]
    assert_same(y, np.zeros_like(y))
