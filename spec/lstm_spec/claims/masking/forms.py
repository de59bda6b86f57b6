"""Which arrays an LSTM takes as a mask."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis.strategies import booleans, integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.harness.reference import equations
from lstm_spec.harness.strategies import cases, noise, seeds
from lstm_spec.harness.subject import as_states, lstm
from lstm_spec.harness.tolerance import OF_THE_BACKEND, assert_close, assert_refused, assert_same


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
