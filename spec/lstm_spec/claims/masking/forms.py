"""Which arrays an LSTM takes as a mask."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import example, given
from hypothesis.strategies import integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.claims.masking import FREE
from lstm_spec.harness.reference import equations, returned
from lstm_spec.harness.refusals import OF_THE_BACKEND, assert_refused
from lstm_spec.harness.strategies import cases, noise, picks, seeds, several, small, varied, whole
from lstm_spec.harness.subject import as_states, lstm
from lstm_spec.harness.tolerance import assert_close
from lstm_spec.harness.ways import Way

called_or_unrolled = sampled_from([Way("called"), Way("unrolled"), Way("second call")])
eager_or_not = sampled_from([*[Way("called"), Way("unrolled")] * 4, Way("predict_on_batch")])


def unit_by_unit(case, mask):
    """Return the final h and c, if each unit is masked on its own."""
    h, c = case.state
    for t in range(case.timesteps):
        _, new_h, new_c = equations(replace(case, x=case.x[:, t : t + 1], h=h, c=c))
        h = np.where(mask[:, t], new_h, h)
        c = np.where(mask[:, t], new_c, c)
    return [h, c]


@claim(
    "masking.numbers",
    observed="Keras 2 and 3, all backends",
    cases=8,
)
@given(
    cases(
        masked=True,
        **FREE,
        **varied("batch", "return_sequences"),
        dtype=sampled_from(["float32", "float16"]),
    ),
    whole([1, -1, 0.5, np.float16(0.25), np.float32(2**-14), np.uint8(255), np.nan]),
    eager_or_not,
)
def test_a_mask_of_numbers_is_read_as_zero_or_not(case, value, way):
    """
    In an LSTM's mask of numbers zero means masked, and any other that is normal in the layer's type
    valid.

    So a matrix of 0 and 1 will do, or one of weights: to the LSTM the size of a number makes no
    difference. Floating point in the argument `mask` is cast to the layer's type: float16 has zero
    for 1e-8.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y = lstm(x, mask=np.array([[True, False, True]]))
    >>> bool(np.array_equal(lstm(x, mask=np.array([[0.5, 0.0, 3.0]])), y))
    True
    """
    numbers = np.where(case.mask, value, type(value)(0))
    assert_close(way(lstm(case))(case.x, mask=numbers), returned(case))


@claim(
    "masking.last-axis",
    observed="Keras 2 and 3, all backends",
    cases=4,
)
@given(cases(masked=True, **FREE, **varied("batch", "return_sequences")), called_or_unrolled)
def test_a_mask_may_have_a_last_axis_of_one(case, way):
    """
    To an LSTM a mask of shape (batch, timesteps, 1) means the same as one of shape
    (batch, timesteps).

    Inside, a mask of two axes gets this last one, over which the units share it.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x, mask = np.array([[[1.0], [7.0]]]), np.array([[True, False]])
    >>> bool(np.array_equal(lstm(x, mask=mask[:, :, None]), lstm(x, mask=mask)))
    True
    """
    run = way(lstm(case))
    assert_close(run(case.x, mask=case.mask[:, :, None]), returned(case))


@claim(
    "masking.one-row",
    observed="Keras 2 and 3, all backends",
    cases=4,
)
@given(cases(masked=True, **FREE, **varied("batch", "return_sequences")), called_or_unrolled)
def test_a_mask_of_one_row_serves_every_sample(case, way):
    """
    In a call, an LSTM applies a mask of shape (1, timesteps) to every sample of the batch.

    It is spread over the batch as NumPy would spread it. `fit` and `predict` refuse arrays that
    differ in their number of samples.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x, row = np.array([[[1.0], [7.0]], [[2.0], [8.0]]]), np.array([[True, False]])
    >>> bool(np.allclose(lstm(x, mask=row), lstm(x[:, :1]), atol=1e-6))
    True
    """
    row = case.mask[:1]
    everywhere = np.repeat(row, case.batch, axis=0)
    assert_close(way(lstm(case))(case.x, mask=row), returned(replace(case, mask=everywhere)))


@claim(
    "masking.unit-by-unit",
    observed="Keras 2 and 3, all backends",
    cases=8,
)
@given(cases(timesteps=integers(1, 6), state=True, return_state=True, **varied("batch")), seeds)
def test_a_mask_with_an_axis_of_units_masks_each_unit(case, seed):
    """
    On TensorFlow and PyTorch, in a loop, a mask of known shape (batch, timesteps, units) masks each
    unit on its own.

    A masked unit keeps its h and c while the others move on. Nobody promises it, and it is rarely
    meant: `x != 0` has this shape where there are as many features as units. With unroll=True an
    LSTM of two or more units refuses it.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_state=True)
    >>> x, state = np.array([[[1.0]]]), [np.array([[0.5, 0.5]]), np.array([[0.5, 0.5]])]
    >>> _, h, c = lstm(x, mask=np.array([[[True, False]]]), initial_state=state)
    >>> (np.array(h) == state[0]).tolist()
    [[False, True]]
    """
    mask = noise((case.batch, case.timesteps, case.units), seed) > 0
    _, h, c = lstm(case)(case.x, mask=mask, initial_state=as_states(case.state))
    anywhere = np.repeat(mask.any(axis=2, keepdims=True), case.units, axis=2)
    masked = unit_by_unit(case, anywhere)
    instead = {"units are masked only all together": masked}
    assert_close([h, c], unit_by_unit(case, mask), instead=instead)


@claim(
    "masking.list-refused",
    observed="Keras 2 and 3, all backends",
    corrects="A mask may be a plain Python list of lists.",
)
@given(cases(masked=True, **varied("batch")), called_or_unrolled)
def test_a_plain_list_is_no_mask(case, way):
    """
    In a call on data, an LSTM refuses a mask that is a plain Python list of lists.

    The call fails with AttributeError: 'list' object has no attribute 'dtype'. Pass an array or a
    tensor.

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
    run = way(lstm(case))
    words = "'list' object has no attribute 'dtype'"
    assert_refused(lambda: run(case.x, mask=case.mask.tolist()), "AttributeError", words)


@claim(
    "masking.one-axis-refused",
    observed="Keras 2 and 3, all backends",
    cases=8,
)
@given(cases(masked=True, **varied("batch")), called_or_unrolled)
def test_a_mask_of_one_axis_is_refused(case, way):
    """
    In an eager call, an LSTM refuses a mask with a single axis, of shape (timesteps,).

    The call fails with IndexError: list assignment index out of range. For one mask for the
    whole batch, give it a first axis of size one.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x, mask = np.array([[[1.0], [7.0]]]), np.array([True, False])
    >>> tuple(lstm(x, mask=mask[None, :]).shape)  # without [None, :]: IndexError
    (1, 2)
    """
    run = way(lstm(case))
    assert_refused(lambda: run(case.x, mask=case.mask[0]), "IndexError", "out of range")


@claim(
    "masking.short-refused",
    observed="Keras 2 and 3 on TensorFlow, CPU; the type varies",
    cases=8,
)
@given(
    cases(timesteps=several, masked=True, **varied("batch")),
    sampled_from([Way("called"), Way("unrolled")] * 5 + [Way("predict_on_batch")]),
    picks,
)
@example(small(), Way("called"), 0)
def test_a_mask_with_too_few_timesteps_is_refused(case, way, pick):
    """
    On TensorFlow and a CPU, without XLA, an LSTM refuses a mask of fewer timesteps than its input,
    in a graph too.

    Eagerly a loop fails with OutOfRangeError and an unrolled layer with IndexError, in a graph a
    loop with InvalidArgumentError. A mask of shape (batch, 1) is not spread over the timesteps.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x, mask = np.array([[[1.0], [7.0]]]), np.array([[True]])
    >>> tuple(lstm(x, mask=np.repeat(mask, 2, axis=1)).shape)  # with mask=mask: OutOfRangeError
    (1, 2)
    """
    run = way(lstm(case))
    mask = case.mask[:, : 1 + pick % (case.timesteps - 1)]
    words = ("read from index", "access element", "index out of range", "out of bounds")
    assert_refused(lambda: run(case.x, mask=mask), OF_THE_BACKEND, words)


@claim(
    "masking.long-refused",
    observed="Keras 2 and 3 on TensorFlow, CPU",
    cases=8,
)
@given(
    cases(masked=True, **varied("batch", "timesteps")),
    integers(1, 3),
    sampled_from([Way("called"), Way("RNN(LSTMCell)")]),
)
def test_a_mask_with_too_many_timesteps_is_refused(case, surplus, way):
    """
    On TensorFlow and a CPU, in an eager loop, a mask with more timesteps than the input is refused.

    The call fails with ValueError: the columns do not fit into an array of the input's size.
    In a graph it is taken: see `masking.long-in-a-graph`.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x, mask = np.array([[[1.0], [7.0]]]), np.array([[True, False, False]])
    >>> tuple(lstm(x, mask=mask[:, :2]).shape)  # with mask=mask: ValueError
    (1, 2)
    """
    run = way(lstm(case))
    mask = np.pad(case.mask, ((0, 0), (0, surplus)))
    assert_refused(lambda: run(case.x, mask=mask), "ValueError", "unstack")


@claim(
    "masking.long-in-a-graph",
    observed="Keras 3 on TensorFlow, CPU",
    corrects="Where a call of a model fails on a mask, predict fails as well.",
    cases=4,
    needs="tensorflow",
)
@given(cases(masked=True, **varied("batch")), integers(1, 3))
def test_predict_ignores_the_surplus_of_a_mask(case, surplus):
    """
    By default, on TensorFlow and a CPU, an LSTM in a compiled `predict` ignores the surplus of a
    mask longer than its input.

    Eagerly the call fails, see `masking.long-refused`: call the model once on data to find a mask
    that is too long.

    >>> import keras, numpy as np
    >>> x, mask = keras.Input((None, 1)), keras.Input((None,), dtype="bool")
    >>> model = keras.Model([x, mask], keras.layers.LSTM(2)(x, mask=mask))
    >>> data, long = np.array([[[1.0], [7.0]]]), np.array([[True, False, True]])
    >>> y = model.predict_on_batch([data, long])
    >>> bool(np.allclose(y, model.predict_on_batch([data, long[:, :2]]), atol=1e-6))
    True
    """
    run = Way("predict_on_batch")(lstm(case))
    longer = np.pad(case.mask, ((0, 0), (0, surplus)), constant_values=True)
    assert_close(run(case.x, mask=longer), equations(case).h)


@claim("masking.long-refused-unrolled", derived="masking.unrolled and masking.long-refused")
@given(cases(masked=True, unroll=True), integers(1, 3))
def test_an_unrolled_layer_refuses_too_many_timesteps_as_well(case, surplus):
    """
    With unroll=True too, an eager call refuses a mask with more timesteps than the input.

    A mask of another length is a mistake. Until Keras 3 does so, by default it takes such a
    mask without complaint, and uses its first columns, or with go_backwards=True its last.

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
    layer = lstm(case)
    mask = np.pad(case.mask, ((0, 0), (0, surplus)))
    assert_refused(lambda: layer(case.x, mask=mask), "ValueError", "mask")
