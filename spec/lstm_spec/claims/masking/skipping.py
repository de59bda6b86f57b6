"""What a masked timestep does."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import integers

from lstm_spec.claims import claim
from lstm_spec.claims.masking import FREE, hidden, open_ended, padded_right, seen
from lstm_spec.harness.reference import equations, returned
from lstm_spec.harness.strategies import cases, picks, seeds, some_large, varied, whole
from lstm_spec.harness.subject import FORMS, as_states, lstm, passed, to_numpy
from lstm_spec.harness.tolerance import assert_close, assert_differs, assert_same
from lstm_spec.harness.ways import with_ways


@claim(
    "masking.skips-step",
    promised="LSTM, call argument `mask`: a False timestep is ignored",
    cases=8,
)
@given(*with_ways(cases(batch=1, masked=True, **FREE)), picks)
def test_masking_a_step_equals_deleting_it(case, way, pick):
    """
    By default, from zero states, masking a timestep gives the final output of deleting it, up to
    rounding, if another is valid.

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
    run = way(lstm(case))
    shorter = case.x[:, case.mask[0]]
    assert_close(run(case.x, mask=case.mask), equations(case).h)
    assert_close(run(shorter), equations(replace(case, x=shorter, mask=None)).h)


@claim(
    "masking.carries-state",
    derived="masking.skips-step, for the states instead of the output",
    cases=4,
)
@given(*with_ways(cases(masked=True, state=True, return_state=True, **FREE)), picks)
def test_a_masked_step_leaves_both_states_as_they_are(case, way, pick):
    """
    A timestep masked by the argument `mask` leaves h and c exactly as they were, in the type in
    which the layer computes.

    Without cuDNN the layer does compute the timestep, and then takes the old states
    instead of the new ones. Nothing decays: the cell state does not even pass through the
    forget gate. Beside a state an attached mask may be lost: see `masking.attached-with-state`.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_state=True)
    >>> h, c = np.array([[0.1, 0.2]]), np.array([[0.3, 0.4]])
    >>> x, mask = np.array([[[5.0]]]), np.array([[False]])  # one timestep, masked
    >>> _, new_h, new_c = lstm(x, mask=mask, initial_state=[h, c])
    >>> bool(np.allclose(new_h, h)), bool(np.allclose(new_c, c))
    (True, True)
    """
    run = way(lstm(case))
    state = as_states(case.state)
    longer = np.pad(case.x, ((0, 0), (0, 1), (0, 0)), constant_values=1 + pick)
    mask = np.pad(case.mask, ((0, 0), (0, 1)))
    _, *before = run(case.x, mask=case.mask, initial_state=state)
    _, *after = run(longer, mask=mask, initial_state=state)
    assert_same(after, before)
    assert_close(after, equations(case)[1:])


@claim(
    "masking.padding-side",
    derived="masking.skips-step, for timesteps before and after the sequence",
    corrects="Padding belongs in front, because at the end it washes out what the LSTM has read.",
    cases=4,
)
@given(*with_ways(cases(**varied("batch"), **FREE), "mask"), picks)
def test_masked_padding_changes_nothing_on_either_side(case, way, pick):
    """
    By default, without an initial state, masked padding on either side does not change an LSTM's
    final output, but for rounding.

    Without a mask the side matters, because the layer reads the padding; with one it is skipped.
    With zero_output_for_mask=True padding that is read last gives zeros, in a loop.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x, mask = np.array([[[1.0], [2.0]]]), np.array([[True, True]])
    >>> left = lstm(np.pad(x, [(0, 0), (3, 0), (0, 0)]), mask=np.pad(mask, [(0, 0), (3, 0)]))
    >>> right = lstm(np.pad(x, [(0, 0), (0, 3), (0, 0)]), mask=np.pad(mask, [(0, 0), (0, 3)]))
    >>> bool(np.allclose(left, lstm(x), atol=1e-6)), bool(np.allclose(right, lstm(x), atol=1e-6))
    (True, True)
    """
    run = way(lstm(case))
    mask = np.ones((case.batch, case.timesteps), bool)
    k = 1 + pick % 3
    for sides in ((k, 0), (0, k)):
        padded = np.pad(case.x, ((0, 0), sides, (0, 0)), constant_values=7.0)
        y = run(padded, mask=np.pad(mask, ((0, 0), sides)))
        assert_close(y, equations(case).h)


@claim(
    "masking.own-length",
    derived="masking.skips-step, and rows are computed independently",
    cases=8,
)
@given(
    *with_ways(cases(batch=some_large(integers(2, 3), 33), return_state=True, **FREE), "mask"),
    picks,
    seeds,
)
def test_each_sequence_of_a_padded_batch_equals_itself_alone(case, way, pick, seed):
    """
    By default, from zero, a sequence in a padded and masked batch ends as it does alone and
    unpadded, but for rounding.

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
    alone = case.x[row : row + 1, : case.mask[row].sum()]
    together = way(lstm(case))(case.x, mask=case.mask)
    expected = returned(replace(case, x=alone, mask=None))
    assert_close([part[row : row + 1] for part in together], expected)


@claim(
    "masking.hides-values",
    derived="masking.skips-step: the values are deleted too",
    cases=4,
)
@given(
    *with_ways(cases(masked=True, **FREE, **varied("return_sequences", "return_state"))),
    whole([np.nan, np.inf, -7.0, 1e30]),
)
def test_values_under_the_mask_do_not_matter(case, way, value):
    """
    In a call of an LSTM the values under a passed mask change neither outputs nor states, even if
    they are NaN.

    This holds for what a layer computes, not for training: see `masking.nan-in-training`. An
    activation of your own that mixes samples still reads the values.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x, mask = np.array([[[1.0], [7.0]]]), np.array([[True, False]])
    >>> other = np.array([[[1.0], [np.nan]]])
    >>> bool(np.array_equal(lstm(x, mask=mask), lstm(other, mask=mask)))
    True
    """
    run = way(lstm(case))
    other = np.where(case.mask[:, :, None], case.x, np.float32(value))
    assert_close(run(other, mask=case.mask), returned(case))
    assert_same(run(other, mask=case.mask), to_numpy(run(case.x, mask=case.mask)))


@claim(
    "masking.all-true",
    derived="masking.skips-step: nothing is deleted",
    cases=4,
)
@given(
    *with_ways(
        cases(**varied("batch", "state", "return_sequences", "return_state"), **FREE), "mask"
    )
)
def test_a_mask_of_true_is_no_mask(case, way):
    """
    Without dropout a mask that is True everywhere gives the outputs and states of no mask, but for
    rounding.

    True means that a timestep counts, False that it is skipped.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> bool(np.allclose(lstm(x, mask=np.array([[True, True, True]])), lstm(x), atol=1e-6))
    True
    """
    mask = np.ones(case.x.shape[:2], bool)
    y = way(lstm(case))(case.x, **{**passed(case), "mask": mask})
    assert_close(y, returned(case))


@claim(
    "masking.does-not-stick",
    derived="a mask is an argument of the call, not of the layer",
    cases=4,
)
@given(*with_ways(cases(masked=True, **FREE, **varied("stateful"))), picks)
def test_the_next_call_is_unmasked_again(case, way, pick):
    """
    A mask passed to an LSTM counts for one call: the next, on an array without one, reads every
    timestep.

    The layer keeps no mask between calls, not even a stateful layer.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [7.0]]])  # (batch, timesteps, features)
    >>> before = lstm(x)
    >>> _ = lstm(x, mask=np.array([[True, False]]))
    >>> bool(np.array_equal(lstm(x), before))
    True
    """
    run = way(lstm(case))
    case = hidden(case, pick)
    run(case.x, mask=case.mask)
    _, h, c = equations(case)
    unmasked = replace(case, mask=None)
    expected = replace(unmasked, h=h, c=c) if case.options["stateful"] else unmasked
    assert_close(run(case.x), equations(expected).h)


@claim(
    "masking.stays-on-no-input",
    derived="a mask is an argument of the call, not of its input",
    cases=4,
    needs="keras.ops",
)
@given(cases(masked=True, timesteps=integers(2, 5)), whole(["Sequential", "functional"]))
def test_a_mask_passed_to_a_model_does_not_stay_on_its_input(case, form):
    """
    A mask passed to a Sequential or functional model with a tensor counts for this call only.

    The mask is put on the tensor that the model is given. Until Keras leaves that tensor as it is,
    give the model a NumPy array, or tf.identity(x), in the call with the mask.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((2, 1)), keras.layers.LSTM(2)])
    >>> x = np.array([[[1.0], [7.0]]])  # (batch, timesteps, features)
    >>> before = model(x)
    >>> _ = model(x, mask=np.array([[True, False]]))
    >>> bool(np.array_equal(model(x), before))
    True
    """
    case = open_ended(case)
    model = FORMS[form]([lstm(case)], keras.Input(case.x.shape[1:]))
    x = keras.ops.convert_to_tensor(case.x)
    model(x, mask=case.mask)
    unmasked = equations(replace(case, mask=None)).h
    assert_close(model(x), unmasked, instead={"the mask is still there": equations(case).h})


@claim(
    "masking.zeros-are-read",
    derived="the equations: a zero input leaves the recurrent part and the bias",
    corrects="An LSTM skips timesteps of zeros, so zero padding needs no mask.",
    cases=4,
)
@given(*with_ways(cases(dtype="float64", **varied("batch", "features", "implementation"))))
def test_without_a_mask_a_step_of_zeros_counts(case, way):
    """
    Without a mask, zeros after a sequence change the final output of an LSTM that reads forwards,
    as a rule.

    Zeros are an input like any other: the gates still see h and the bias, and the cell state goes
    through the forget gate. By default zeros in front count too, if the candidate's bias is not 0.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [2.0]]])  # (batch, timesteps, features)
    >>> padded = np.array([[[1.0], [2.0], [0.0]]])
    >>> bool(np.array_equal(lstm(padded), lstm(x)))
    False
    """
    padded = replace(case, x=np.pad(case.x, ((0, 0), (0, 1), (0, 0))))
    y = way(lstm(case))(padded.x)
    assert_close(y, equations(padded).h)
    assert_differs(y, equations(case).h)


# What is put out at a masked timestep.


@claim(
    "masking.repeats-output",
    observed="Keras 2 and 3, on CPU; cuDNN differs, see `masking.zeros-with-cudnn`",
    corrects="The output at a masked timestep is zero.",
    cases=8,
)
@given(*with_ways(cases(masked=True, return_sequences=True, **varied("batch"), **FREE)))
def test_a_masked_step_repeats_the_output_before_it(case, way):
    """
    By default, on CPU, from zero states, an LSTM's output at a masked timestep repeats the one
    before it.

    The first timestep that is read has none before it; if it is masked, TensorFlow puts
    out zero. Bidirectional with return_sequences=True sets zero_output_for_mask=True,
    with which masked outputs are zero: see `masking.zero-output`.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_sequences=True)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y = np.array(lstm(x, mask=np.array([[True, False, True]])))
    >>> bool(np.array_equal(y[:, 1], y[:, 0])), bool(np.any(y[:, 1] == 0))
    (True, False)
    """
    y = to_numpy(way(lstm(case))(case.x, mask=case.mask))
    before = np.pad(y[:, :-1], ((0, 0), (1, 0), (0, 0)))
    read = case.mask[:, ::-1] if case.options["go_backwards"] else case.mask
    assert_same(y, np.where(read[:, :, None], y, before))
    assert_close(y, equations(case).outputs)


@claim(
    "masking.zeros-before-first-step",
    observed="Keras 2 and 3 on TensorFlow; on JAX and NumPy the loop puts out the initial h",
    corrects="With an initial state, leading masked timesteps put out the initial h.",
    cases=8,
)
@given(
    *with_ways(cases(masked=True, state=True, return_sequences=True, **varied("implementation"))),
    picks,
)
def test_before_the_first_valid_step_the_output_is_zero(case, way, pick):
    """
    On TensorFlow, read forwards, outputs before a passed mask's first True are zero from any state.

    By default a masked timestep puts out the last output, not h, and there is none yet.
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
    y = way(lstm(case))(case.x, mask=mask, initial_state=as_states(case.state))[:, :first]
    initial = np.repeat(case.h[:, None], first, axis=1)
    expected = np.zeros((case.batch, first, case.units))
    assert_same(y, expected, instead={"the initial h is put out": initial})


@claim(
    "masking.all-false-row",
    observed="Keras 2 and 3 on TensorFlow, CPU",
    corrects="The output of an LSTM is always the h that it returns beside it.",
    cases=8,
)
@given(*with_ways(cases(masked=True, state=True, return_state=True, **FREE)), picks)
def test_a_fully_masked_sample_puts_out_zeros_and_keeps_its_state(case, way, pick):
    """
    In float32, on TensorFlow and a CPU, a sample whose passed mask is all False puts out zeros and
    returns its given state.

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
    parts = way(lstm(case))(case.x, mask=mask, initial_state=as_states(case.state))
    y = [part[row] for part in parts]
    h = case.h[row]
    c = case.c[row]
    assert_same(y, [0 * h, h, c], instead={"the initial h is put out": [h, h, c]})


@claim(
    "masking.output-is-h",
    derived="the equations: h of the last valid timestep is the output",
    cases=8,
)
@given(*with_ways(cases(masked=True, state=True, return_state=True, **FREE)), picks)
def test_with_one_valid_step_the_output_is_the_returned_h(case, way, pick):
    """
    By default, the final output of a masked sample with a valid timestep is the returned h.

    Both are those of the last valid timestep, wherever it is. Samples without a valid timestep
    are the exception: see `masking.all-false-row`.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_state=True)
    >>> x, mask = np.array([[[1.0], [7.0]]]), np.array([[True, False]])
    >>> y, h, c = lstm(x, mask=mask)
    >>> bool(np.array_equal(y, h))
    True
    """
    case = seen(case, pick)
    y, h, _ = way(lstm(case))(case.x, mask=case.mask, initial_state=as_states(case.state))
    assert_same(y, to_numpy(h))
    assert_close(y, equations(case).h)


@claim(
    "masking.zero-output",
    promised="RNN, argument `zero_output_for_mask`; LSTM accepts it without listing it",
    cases=4,
)
@given(
    *with_ways(
        cases(
            masked=True,
            return_sequences=True,
            return_state=True,
            zero_output_for_mask=True,
            **varied("batch", "state", "units", "implementation", "stateful"),
        )
    )
)
def test_zero_output_for_mask_changes_masked_outputs_only(case, way):
    """
    With a passed mask, zero_output_for_mask=True makes masked outputs of a forward LSTM zero, and
    changes nothing else.

    The other outputs and both states are the same as without it, for return_sequences=True.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_sequences=True, zero_output_for_mask=True)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y = np.array(lstm(x, mask=np.array([[True, False, True]])))
    >>> y[0, 1].tolist()
    [0.0, 0.0]
    """
    repeated, *states = returned(case)
    zeroed = repeated * case.mask[:, :, None]
    instead = {"the argument is ignored": [repeated, *states]}
    outputs = way(lstm(case))(case.x, **passed(case))
    assert_close(outputs, [zeroed, *states], instead=instead)


@claim(
    "masking.zero-output-backwards",
    promised="RNN, argument `zero_output_for_mask`: zeros at the masked timesteps",
)
@given(
    cases(
        timesteps=whole([2, 3, 7, 30]),
        masked=True,
        return_sequences=True,
        zero_output_for_mask=True,
        go_backwards=True,
        **varied("units", "state"),
    )
)
def test_zero_output_for_mask_follows_the_mask_backwards(case):
    """
    With a passed mask, zero_output_for_mask=True and go_backwards=True, masked outputs are zero,
    unrolled too.

    Unrolled on TensorFlow, Keras 3 turns the mask round for what it skips, but not for what it
    makes zero: with return_sequences=True outputs of valid timesteps are lost, unless the mask is
    the same from its end. Until it does both, leave unroll at False.

    >>> import keras, numpy as np
    >>> options = dict(return_sequences=True, zero_output_for_mask=True, go_backwards=True)
    >>> lstm, x = keras.layers.LSTM(2, **options), np.array([[[1.0], [2.0], [7.0]]])
    >>> y = np.array(lstm(x, mask=np.array([[True, True, False]])))  # in the order of reading
    >>> [bool(np.any(row)) for row in y[0]]
    [False, True, True]
    """
    case = open_ended(case)
    mask = case.mask[:, :, None]
    repeated = equations(case).outputs
    right, unturned = (np.where(part, repeated, 0.0) for part in (mask[:, ::-1], mask))
    y = [lstm(case, unroll=unroll)(case.x, **passed(case)) for unroll in (False, True)]
    instead = {
        "the mask is not turned round": [right, unturned],
        "the argument is ignored": [right, repeated],
    }
    assert_close(y, [right, right], instead=instead)


@claim(
    "masking.zero-output-last",
    observed="Keras 2 and 3; JAX and NumPy ignore it with unroll=True",
    corrects="Documentation of RNN, `zero_output_for_mask`: return_sequences=False ignores it.",
    cases=8,
)
@given(
    *with_ways(
        cases(masked=True, zero_output_for_mask=True, **varied("batch"), **FREE),
        without=("unrolled", "Bidirectional"),
    )
)
def test_zero_output_for_mask_zeroes_the_final_output_too(case, way):
    """
    Called with a mask, a looped LSTM of zero_output_for_mask=True ends with zeros if the timestep
    that it reads last is masked.

    It does so with return_sequences=False too, so that a sequence padded at the end gives zeros
    instead of its last valid output. Bidirectional sets the argument to its own return_sequences,
    whatever it was given. For unroll=True see `masking.unrolled-zero-output`.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, zero_output_for_mask=True)
    >>> x = np.array([[[1.0], [2.0], [7.0]]])  # (batch, timesteps, features)
    >>> np.array(lstm(x, mask=np.array([[True, True, False]]))).tolist()
    [[0.0, 0.0]]
    """
    last = 0 if case.options["go_backwards"] else case.timesteps - 1
    case = hidden(case, last)
    y = way(lstm(case))(case.x, mask=case.mask)
    kept = equations(case).h
    assert_same(y, np.zeros((case.batch, case.units)), instead={"the argument is ignored": kept})
