"""What a masked timestep does, and what is put out there."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis.strategies import booleans, integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.claims.masking import hidden, padded_right, seen
from lstm_spec.harness.reference import equations
from lstm_spec.harness.strategies import cases, picks, seeds
from lstm_spec.harness.subject import as_states, lstm, to_numpy
from lstm_spec.harness.tolerance import assert_close, assert_differs, assert_same


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
