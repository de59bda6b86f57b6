"""Where masks come from, and how far they get."""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import partial
from itertools import product

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.claims.masking import (
    FREE,
    blank,
    hidden,
    open_ended,
    padded_right,
    seen,
    unmasked,
    words,
)
from lstm_spec.harness.reference import equations
from lstm_spec.harness.strategies import (
    booleans,
    cases,
    noise,
    picks,
    seeds,
    several,
    varied,
    whole,
)
from lstm_spec.harness.subject import UNDRAWN, flatten, heard, keras_2, lstm, to_numpy, total
from lstm_spec.harness.tolerance import assert_close, assert_same


def all_outputs(case):
    """Return the outputs of an LSTM that reads every timestep of the case."""
    return equations(replace(case, mask=None)).outputs


def sum_of_squares(target, output):
    """Return a loss of one's own: a number for each timestep."""
    return total((target - output) ** 2, axis=2)


def of_each_timestep(loss, off):
    """Return what a loss makes of the differences at each timestep, in float64."""
    if loss is sum_of_squares:
        return np.sum(off**2, axis=2)
    squared = loss == "mean_squared_error" or isinstance(loss, keras.losses.MeanSquaredError)
    return np.mean(off**2 if squared else np.abs(off), axis=2)


def masked_loss(case, target, how, loss):
    """Return the loss of an LSTM above a Masking: of its output, or of a compiled model."""
    layers = [keras.layers.Masking(), lstm(case)]
    if how == "called":
        return loss(target, layers[1](layers[0](case.x)))
    model = keras.Sequential([keras.Input((None, case.features)), *layers])
    model.compile(loss=loss, run_eagerly=how == "compiled")
    return model.test_on_batch(case.x, target)


def multiplied(x):
    """Multiply by an operator."""
    return x * 1.0


def summed(x):
    """Add by an operator."""
    return x + 0.0


def sliced(x):
    """Take all timesteps and all features."""
    return x[:, :, :]


def in_kind(kind, below, layer):
    """Return what applies a function or a layer, and an LSTM above it: by calls, or as a model."""
    if kind == "called":
        return lambda x: layer(below(x))
    if kind == "Sequential":
        return keras.Sequential([below, layer])

    def model(x):
        inputs = keras.Input((None, *x.shape[2:]), dtype=x.dtype)
        return keras.Model(inputs, layer(below(inputs)))(x)

    return model


def affine(dense, x):
    """Return what a Dense layer computes of an array, in float64."""
    kernel, bias = dense.get_weights()
    return x @ kernel.astype(float) + bias


def bidirectional(case):
    """Build Bidirectional over an LSTM; the case's weights serve both directions."""
    layer = keras.layers.Bidirectional(keras.layers.LSTM(case.units, **UNDRAWN, **case.options))
    layer.build(case.x.shape)
    layer.set_weights(case.weights * 2)
    return layer


# Where masks come from.


WHOLE_NUMBERS = [] if keras_2() else [(21, "int32"), (-1, "int64")]
"""As below; an LSTM of Keras 2 reads no whole numbers, as the claim `shapes.integers` says."""
PADDINGS = [*product([0.0, -1.0, 9.0, 0.1, 1e30], ["float32"]), *WHOLE_NUMBERS]
"""Numbers that padding is marked by, and the type of the input that they are in."""


@claim(
    "masking.all-features",
    promised="Masking: a timestep is masked if all its values equal `mask_value`",
    corrects="Masking(0) skips only padding, and keeps the zeros that belong to the data.",
    cases=8,
)
@given(
    cases(**varied("batch", "timesteps")),
    whole(PADDINGS),
    whole(["called", "functional"]),
    seeds,
)
def test_masking_masks_steps_that_equal_its_value_throughout(case, padding, kind, seed):
    """
    On float32 or integers of three axes a float32 Masking masks just the timesteps that equal a
    Python `mask_value` throughout.

    One differing feature keeps the timestep. With a single feature, every genuine value that
    happens to equal `mask_value` is skipped: choose a value that the data cannot have. On
    TensorFlow a Masking of another type, as under a mixed policy, may skip no 0.1 if told 0.1.

    >>> import keras, numpy as np
    >>> masking, lstm = keras.layers.Masking(mask_value=0.0), keras.layers.LSTM(2)
    >>> x = np.array([[[1.0, 2.0], [0.0, 0.0], [0.0, 5.0]]])  # zeros amid the data
    >>> bool(np.allclose(lstm(masking(x)), lstm(x[:, [0, 2]]), atol=1e-6))
    True
    """
    value, dtype = padding
    x = np.where(noise(case.x.shape, seed) > 0, np.float32(value), case.x).astype(dtype)
    x[:, seed % case.timesteps] = value
    layer = lstm(case)
    masking = keras.layers.Masking(mask_value=value)
    mask = np.any(x != value, axis=2)
    instead = {"the mask is lost": unmasked(blank(replace(case, x=x, mask=mask)))}
    assert_same(in_kind(kind, masking, layer)(x), layer(x, mask=mask), instead)
    assert_same(masking.compute_mask(x), mask)


@claim(
    "masking.pictures",
    promised="Masking: a timestep, axis 1, is masked if all its values equal `mask_value`",
    cases=8,
)
@given(cases(**varied("batch", "timesteps")), integers(2, 3), seeds, whole([0.0, 9.0]), booleans())
def test_masking_masks_a_picture_whose_values_all_equal_its_value(case, width, seed, value, deep):
    """
    On input of four or five axes Masking masks a timestep if all of its values equal `mask_value`.

    ConvLSTM1D and ConvLSTM2D need one boolean for a timestep. Until Keras does so, pass them a
    mask: keras.ops.any(x != 0.0, axis=(2, 3)), of five axes axis=(2, 3, 4).

    >>> import keras, numpy as np
    >>> x = np.ones((1, 3, 4, 1))  # (batch, timesteps, width, channels)
    >>> x[:, 1] = 0.0
    >>> mask = np.array(keras.ops.any(x != 0.0, axis=(2, 3)))
    >>> mask.tolist(), tuple(keras.layers.ConvLSTM1D(2, 2)(x, mask=mask).shape)
    ([[True, False, True]], (1, 3, 2))
    """
    shape = (*case.x.shape[:2], *([2] if deep else []), width, case.features)
    x = noise(shape, seed)
    mask = noise(case.x.shape[:2], seed + 1) > 0
    x[~mask] = value
    actual = to_numpy(keras.layers.Masking(mask_value=value).compute_mask(x))
    assert actual.shape == mask.shape, f"the mask has the shape {actual.shape}, not {mask.shape}"
    assert_same(actual, mask)


@claim(
    "masking.value-of-numpy",
    promised="Masking, `mask_value`: a timestep is masked if all its values equal it",
    cases=8,
)
@given(cases(), whole([0.1, -999.9, -1.0, 0.5, 1e-3]), seeds)
def test_a_mask_value_of_numpy_masks_as_one_of_python(case, value, seed):
    """
    For float32 data a mask_value that is a float64 of NumPy masks as a number of Python does.

    Such is np.float64(-999.9), and what np.min() makes of an array of float64. Until Keras does so,
    make it a number of Python: Masking(mask_value=float(value)).

    >>> import keras, numpy as np
    >>> lstm, padding = keras.layers.LSTM(2), np.min(np.array([5.0, -999.9]))
    >>> x = np.array([[[1.0], [padding], [5.0]]], "float32")
    >>> y = lstm(keras.layers.Masking(mask_value=float(padding))(x))
    >>> bool(np.allclose(y, lstm(x[:, [0, 2]]), atol=1e-6))
    True
    """
    x = np.where(noise(case.x.shape[:2], seed)[:, :, None] > 0, np.float32(value), case.x)
    mask = np.any(x != np.float32(value), axis=2)
    actual = keras.layers.Masking(mask_value=np.float64(value)).compute_mask(x)
    assert_same(to_numpy(actual), mask, {"nothing is masked": np.ones_like(mask)})


@claim(
    "masking.value-in-its-dtype",
    promised="Masking, `mask_value`: a timestep is masked if all its values equal it",
    cases=8,
)
@given(cases(), whole([0.1, -999.9, 1e-3]), whole(["float64", "float16"]), seeds)
def test_a_mask_value_is_compared_in_the_dtype_of_the_layer(case, value, dtype, seed):
    """
    In float64 and float16 Masking masks the timesteps whose numbers equal its mask_value in that
    type.

    Until Keras does so, choose a mask_value that every type has exactly, such as -1.0 or 0.5.

    >>> import keras, numpy as np
    >>> x = np.array([[[-1.0], [0.1]]])  # float64
    >>> np.array(keras.layers.Masking(-1.0, dtype="float64").compute_mask(x)).tolist()
    [[False, True]]
    """
    x = np.where(noise(case.x.shape[:2], seed)[:, :, None] > 0, value, case.x).astype(dtype)
    mask = np.any(x != np.array(value, dtype), axis=2)
    actual = keras.layers.Masking(value, dtype=dtype).compute_mask(x)
    assert_same(to_numpy(actual), mask, {"nothing is masked": np.ones_like(mask)})


@claim(
    "masking.value-for-each-feature",
    observed="Keras 3",
    corrects="Documentation of Masking, `mask_value`: one value, which all features must equal.",
    cases=8,
)
@given(cases(features=2), seeds)
def test_masking_takes_a_value_for_each_feature(case, seed):
    """
    With a mask_value of shape (features,) and its compute dtype, Masking has a value for each
    feature.

    A call casts a floating-point input to that dtype, float32 by default. In float64, NumPy's own
    dtype, 0.1 is another number than in float32: as a mask_value it then masks nothing, be the
    input float64 or not.

    >>> import keras, numpy as np
    >>> masking = keras.layers.Masking(mask_value=np.array([-1.0, 9.0]))
    >>> x = np.array([[[-1.0, 9.0], [9.0, -1.0], [-1.0, -1.0]]])
    >>> np.array(masking.compute_mask(x)).tolist()
    [[False, True, True]]
    """
    values = noise((2,), seed, scale=3.0)
    x = np.where(noise(case.x.shape[:2], seed)[:, :, None] > 0, values, case.x)
    x[:, seed % case.timesteps] = values
    masking = keras.layers.Masking(mask_value=values)
    layer = lstm(case)
    mask = np.any(x != values, axis=2)
    instead = {"the mask is lost": unmasked(blank(replace(case, x=x, mask=mask)))}
    assert_same(layer(masking(x)), layer(x, mask=mask), instead)


@claim(
    "masking.second-masking",
    observed="Keras 3",
    corrects="Two Masking layers together mask what either of them masks.",
    cases=8,
)
@given(cases(masked=True), picks, seeds)
def test_a_second_masking_replaces_the_mask(case, pick, seed):
    """
    A Masking right behind another one replaces the mask: what the first has masked, it reads as
    zeros.

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
    x = np.where(nines, np.float32(9), blank(hidden(case, pick)).x - 1)
    layer = lstm(case)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        y = layer(keras.layers.Masking(-1.0)(keras.layers.Masking(9.0)(x)))
    read = np.where(np.all(x == 9, axis=2, keepdims=True), np.float32(0), x)
    assert_same(y, layer(read, mask=np.any(read != -1, axis=2)))


@claim("masking.no-weights", observed="Keras 3")
@given(cases(), whole([0.0, -1.0, 9.0, np.nan]))
def test_masking_is_built_as_soon_as_it_is_made(case, value):
    """
    A Masking layer has no weights: count_params() is 0, before its first call and after it.

    It needs to know nothing of its input, and so is built as soon as it is made.

    >>> import keras, numpy as np
    >>> masking = keras.layers.Masking()
    >>> before = masking.count_params()
    >>> y = masking(np.ones((1, 3, 1)))
    >>> before, masking.count_params()
    (0, 0)
    """
    masking = keras.layers.Masking(mask_value=value)
    assert masking.built, "Masking is made, and not built"
    for _ in range(2):
        assert masking.count_params() == len(masking.variables) == 0
        masking(case.x)


@claim(
    "masking.nan-value",
    observed="Keras 2 and 3, all backends",
    corrects="Masking(mask_value=np.nan) skips timesteps of NaN.",
    cases=8,
)
@given(cases(return_sequences=True), picks)
def test_masking_by_nan_masks_nothing(case, pick):
    """
    Masking(mask_value=np.nan) masks nothing: by default a timestep of NaN makes all later outputs
    of an LSTM NaN.

    NaN is not equal to itself, and Masking compares by equality. Replace NaN by a number
    first, and mask that.

    >>> import keras, numpy as np
    >>> masking, lstm = keras.layers.Masking(mask_value=np.nan), keras.layers.LSTM(2)
    >>> y = lstm(masking(np.array([[[1.0], [np.nan]]])))
    >>> np.isnan(y).tolist()
    [[True, True]]
    """
    first = pick % case.timesteps
    layer = lstm(case)
    x = case.x.copy()
    x[:, first] = np.nan
    y = layer(keras.layers.Masking(mask_value=np.nan)(x))[:, first:]
    assert_same(y, np.full(y.shape, np.nan))


@claim(
    "masking.puts-zeros",
    observed="Keras 3",
    corrects="Masking hands the values on as they are, and only attaches a mask.",
)
@given(cases(), whole([0.0, -1.0, 9.0, 1e30, np.inf]), seeds)
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
    cases=8,
)
@given(cases(masked=True, **FREE), whole(["called", "functional", "Sequential"]), seeds)
def test_embedding_masks_the_id_zero(case, kind, seed):
    """
    Called on what Embedding(mask_zero=True) returns, and nothing else, an LSTM skips timesteps
    whose id is 0.

    The mask is attached to the tensor that Embedding returns, and the LSTM finds it there. With
    an initial state it does not look: see `masking.attached-with-state`.

    >>> import keras, numpy as np
    >>> embedding, lstm = keras.layers.Embedding(9, 3, mask_zero=True), keras.layers.LSTM(2)
    >>> short, padded = np.array([[4, 7]]), np.array([[4, 7, 0, 0]])  # (batch, timesteps)
    >>> bool(np.allclose(lstm(embedding(padded)), lstm(embedding(short)), atol=1e-6))
    True
    """
    layer = lstm(case)
    ids, embedding, table = words(case, seed)
    read = replace(case, x=table[ids])
    y = in_kind(kind, embedding, layer)(ids)
    assert_close(y, equations(read).h, instead={"the mask is lost": unmasked(read)})


@claim(
    "masking.argument-wins",
    observed="Keras 2 and 3, all backends",
    cases=4,
)
@given(cases(masked=True, **varied("return_sequences", "units")), picks, seeds)
def test_the_mask_argument_replaces_an_attached_mask(case, pick, seed):
    """
    Given by name, an LSTM's argument `mask` replaces a mask attached to the input: they are not
    combined.

    Keras looks for an attached mask only where none is given by name.

    >>> import keras, numpy as np
    >>> masking, lstm = keras.layers.Masking(), keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [0.0]]])  # (batch, timesteps, features); Masking masks the second
    >>> y = lstm(masking(x), mask=np.array([[True, True]]))
    >>> bool(np.array_equal(y, lstm(x, mask=np.array([[True, True]]))))
    True
    """
    layer = lstm(case)
    case = seen(case, pick)
    x = case.x * (noise((case.batch, case.timesteps, 1), seed) > 0)
    masked = keras.layers.Masking()(x)
    assert_same(layer(masked, mask=case.mask), layer(x, mask=case.mask))


# Where masks go.


@claim("masking.passed-on", observed="Keras 2 and 3, all backends")
@given(cases(masked=True, **varied("batch", "timesteps")))
def test_the_mask_is_passed_on_with_sequences_only(case):
    """
    An LSTM passes on a mask attached or given by name if return_sequences=True, and ends it
    otherwise.

    With return_state=True the states have no mask either way: they have no timesteps. A mask given
    by its place counts, but is not passed on.

    >>> import keras, numpy as np
    >>> x, mask = np.array([[[1.0], [7.0]]]), np.array([[True, False]])
    >>> keras.layers.LSTM(2, return_sequences=True).compute_mask(x, mask).tolist()
    [[True, False]]
    >>> keras.layers.LSTM(2).compute_mask(x, mask) is None
    True
    """
    passing = lstm(case, return_sequences=True, return_state=True)
    ending = lstm(case)
    passed, *of_states = passing.compute_mask(case.x, case.mask)
    assert np.array_equal(passed, case.mask), f"{passed} is not {case.mask}"
    assert passing.compute_mask(case.x, [case.mask, None])[0] is case.mask, "not the first mask"
    assert of_states == [None, None], of_states
    assert ending.compute_mask(case.x, case.mask) is None, "a mask without sequences"


@claim(
    "masking.bidirectional-passes-on",
    derived="masking.passed-on, for each direction",
    cases=4,
)
@given(
    cases(masked=True),
    picks,
    booleans(),
    sampled_from(["sum", None]),
)
def test_bidirectional_passes_its_mask_on(case, pick, sequences, mode):
    """
    A stateless Bidirectional with return_sequences passes on a mask attached or given by name, to
    both outputs if not merged.

    An LSTM behind it that is given no initial state skips the masked timesteps. Without
    return_sequences the mask ends.

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
    both = keras.layers.Bidirectional(inner(return_sequences=True))
    above = keras.layers.LSTM(2)
    y = both(keras.layers.Masking()(case.x))
    instead = {"the mask is lost": to_numpy(above(to_numpy(y)))}
    assert_close(above(y), above(to_numpy(y), mask=case.mask), instead=instead)


@claim(
    "masking.stacked",
    derived="masking.passed-on: the second layer finds the first one's mask",
    corrects="Each layer behind a Masking or an Embedding must be told of the mask.",
    cases=4,
)
@given(cases(features=2, units=2, masked=True), picks)
def test_the_mask_travels_through_stacked_layers(case, pick):
    """
    Without initial_state, an attached mask travels through stacked LSTMs that read forwards with
    return_sequences=True.

    It need not be passed by hand: Masking, or Embedding with mask_zero=True, in front of the first
    layer is enough.

    >>> import keras, numpy as np
    >>> masking, first = keras.layers.Masking(), keras.layers.LSTM(3, return_sequences=True)
    >>> second = keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [2.0], [0.0]]])  # (batch, timesteps, features)
    >>> bool(np.allclose(second(first(masking(x))), second(first(x[:, :2])), atol=1e-6))
    True
    """
    case = blank(hidden(case, pick))
    first = lstm(case, return_sequences=True)
    second = lstm(case)
    by_hand = second(first(case.x, mask=case.mask), mask=case.mask)
    instead = {
        "the first layer loses the mask": unmasked(replace(case, x=equations(case).outputs)),
        "Masking loses the mask": unmasked(replace(case, x=all_outputs(case))),
    }
    assert_same(second(first(keras.layers.Masking()(case.x))), by_hand, instead)


@claim(
    "masking.lost-in-arithmetic",
    observed="Keras 2 and 3 on TensorFlow",
    corrects="A mask follows the tensor wherever it goes.",
    cases=8,
)
@given(
    cases(masked=True, **varied("batch", "go_backwards")),
    picks,
    whole([multiplied, summed, sliced]),
    whole(["called", "functional"]),
)
def test_arithmetic_loses_an_attached_mask(case, pick, operate, kind):
    """
    On TensorFlow, operators on a masked tensor lose the mask, and an LSTM after them reads every
    timestep.

    The mask is an attribute of one tensor; the sum, the product or the slice is another
    tensor, and nothing warns. The layer Multiply, called on tensors of one mask, passes it on.

    >>> import keras, numpy as np
    >>> masking, lstm = keras.layers.Masking(), keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [0.0]]])  # (batch, timesteps, features)
    >>> bool(np.array_equal(lstm(masking(x) * 1.0), lstm(x)))
    True
    """
    case = blank(hidden(case, pick))
    layer = lstm(case)
    masking = keras.layers.Masking()
    y = in_kind(kind, lambda x: operate(masking(x)), layer)(case.x)
    assert_close(y, unmasked(case), instead={"the mask is not lost": equations(case).h})


@claim(
    "masking.lost-with-warning",
    observed="Keras 3; Keras 2 loses the mask without a warning",
    corrects="Documentation of Masking: a layer without support for masks raises an exception.",
    cases=8,
)
@given(cases(timesteps=several, masked=True), picks)
def test_a_layer_without_masks_warns_and_loses_it(case, pick):
    """
    Reshape or Conv1D behind Masking warns that it destroys the mask, and an LSTM called on its
    output alone reads all of it.

    The layers do not support masks. No exception is raised, although the documentation of Masking
    and Embedding says that one is.

    >>> import keras, numpy as np
    >>> masking, lstm = keras.layers.Masking(), keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [0.0]]])  # (batch, timesteps, features)
    >>> y = keras.layers.Reshape((2, 1))(masking(x))  # warns
    >>> bool(np.array_equal(lstm(y), lstm(x)))
    True
    """
    case = blank(hidden(seen(case, pick), pick + 1))
    layer = lstm(case)
    masked = keras.layers.Masking()(case.x)
    y, text = heard(lambda: layer(keras.layers.Reshape(case.x.shape[1:])(masked)))
    assert "not support masking" in text, f"it warns: {text!r}"
    assert_close(y, unmasked(case), instead={"the mask is not lost": equations(case).h})


@claim(
    "masking.loss",
    observed="Keras 3 on TensorFlow, CPU",
    corrects="The loss counts masked timesteps, because the outputs there are not zero.",
    cases=8,
)
@given(
    cases(timesteps=integers(2, 6), masked=True, return_sequences=True, **varied("units")),
    picks,
    seeds,
    whole(
        [
            ("called", keras.losses.MeanSquaredError()),
            ("called", keras.losses.MeanAbsoluteError()),
            ("compiled", "mean_squared_error"),
            ("compiled", keras.losses.MeanAbsoluteError()),
            ("compiled", sum_of_squares),
            ("in a graph", "mean_absolute_error"),
        ]
    ),
)
def test_the_loss_averages_over_valid_steps(case, pick, seed, given_loss):
    """
    By default, with targets of a forward LSTM's output shape, a batch's loss by timestep is the
    mean over unmasked timesteps.

    The mask reaches the loss through the LSTM, and through Dense layers after it. A loss function
    of one's own must return a number for each timestep: a mean of them all counts the masked
    ones too. evaluate averages batches by their samples, not by their valid timesteps.

    >>> import keras, numpy as np
    >>> masking, lstm = keras.layers.Masking(), keras.layers.LSTM(1, return_sequences=True)
    >>> mse = keras.losses.MeanSquaredError()
    >>> x, target = np.array([[[1.0], [2.0], [0.0]]]), np.array([[[3.0], [4.0], [99.0]]])
    >>> short = mse(target[:, :2], lstm(x[:, :2]))
    >>> bool(np.allclose(mse(target, lstm(masking(x))), short))
    True
    """
    case = blank(hidden(seen(case, pick), pick + 1))
    how, loss = given_loss
    target = noise((case.batch, case.timesteps, case.units), seed)
    value = masked_loss(case, target, how, loss)
    losses = of_each_timestep(loss, equations(case).outputs - target)
    unmasked = of_each_timestep(loss, all_outputs(case) - target)
    instead = {
        "masked timesteps count": np.mean(losses),
        "Masking loses the mask": np.mean(unmasked),
    }
    assert_close(np.float32(value), np.mean(losses[case.mask]), instead=instead)


@claim(
    "masking.dense-behind",
    derived="masking.loss; Dense and TimeDistributed pass a mask on",
    corrects="A Dense layer puts out zeros at masked timesteps.",
    cases=8,
)
@given(cases(timesteps=integers(2, 6), masked=True, return_sequences=True), picks, seeds)
def test_dense_hands_the_mask_on_to_the_loss(case, pick, seed):
    """
    Dense right behind return_sequences=True hands its mask on, to the loss too, and computes masked
    timesteps.

    Dense computes every timestep, masked or not, and so does TimeDistributed(Dense).

    >>> import keras, numpy as np
    >>> masking, lstm = keras.layers.Masking(), keras.layers.LSTM(2, return_sequences=True)
    >>> dense, mse = keras.layers.Dense(1), keras.losses.MeanSquaredError()
    >>> x, target = np.array([[[1.0], [2.0], [0.0]]]), np.array([[[3.0], [4.0], [99.0]]])
    >>> y, short = dense(lstm(masking(x))), dense(lstm(x[:, :2]))
    >>> float(y[0, 2, 0]) == 0, bool(np.allclose(mse(target, y), mse(target[:, :2], short)))
    (False, True)
    """
    case = blank(hidden(seen(case, pick), pick + 1))
    drawn = keras.initializers.RandomUniform(0.5, 1.0, seed=seed)
    dense = keras.layers.Dense(2, kernel_initializer=drawn, bias_initializer=drawn)
    layer = keras.layers.TimeDistributed(dense) if pick % 2 else dense
    y = layer(lstm(case)(keras.layers.Masking()(case.x)))
    target = noise(y.shape, seed)
    squares = np.mean((affine(dense, equations(case).outputs) - target) ** 2, axis=2)
    loss = keras.losses.MeanSquaredError()(target, y)
    instead = {
        "masked timesteps count": np.mean(squares),
        "Masking loses the mask": np.mean((affine(dense, all_outputs(case)) - target) ** 2),
    }
    assert_close(loss, np.mean(squares[case.mask]), instead=instead)
    assert np.all(to_numpy(y) != 0), f"zeros in {y}"


@claim(
    "masking.bidirectional-zeros",
    promised="Bidirectional, argument `layer`: masked outputs are zero with return_sequences=True",
    cases=4,
)
@given(cases(masked=True, return_sequences=True, **varied("batch", "timesteps", "units")))
def test_bidirectional_puts_out_zeros_at_masked_steps(case):
    """
    Given no state, Bidirectional of looped LSTMs, the first reading forwards, returns sequences
    with zeros at masked timesteps.

    It sets zero_output_for_mask=True on both layers, so that the two directions can be joined; an
    LSTM alone repeats its last output. With an initial state only a mask passed as an argument
    counts. For unroll=True see `masking.bidirectional-unrolled`.

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
    cases=4,
)
@given(cases(return_sequences=True, **varied("batch", "timesteps")), picks, seeds)
def test_both_directions_skip_the_padding(case, pick, seed):
    """
    By default, with a mask, from zero, in a loop, Bidirectional around a forward LSTM gives what
    the unpadded sequence gives.

    Both halves do. The backward layer meets the padding first and skips it, so the outputs of
    both directions stay aligned with the timesteps.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2, return_sequences=True))
    >>> x = np.array([[[1.0], [2.0], [7.0]]])  # (batch, timesteps, features)
    >>> y = both(x, mask=np.array([[True, True, False]]))
    >>> bool(np.allclose(y[:, :2], both(x[:, :2]), atol=1e-6))
    True
    """
    case, row = padded_right(case, seed), pick % case.batch
    layer = bidirectional(case)
    length = case.mask[row].sum()
    alone = layer(case.x[row : row + 1, :length])
    assert_close(layer(case.x, mask=case.mask)[row : row + 1, :length], alone)


@claim(
    "masking.bidirectional-unrolled",
    promised="Bidirectional, argument `layer`: masked outputs are zero with return_sequences=True",
    cases=4,
)
@given(cases(timesteps=several, masked=True, return_sequences=True, unroll=True))
def test_an_unrolled_bidirectional_layer_skips_masked_steps(case):
    """
    Unrolled too, masked outputs of Bidirectional are zero, if its first layer reads forwards, and
    the others those of a loop.

    In Keras 3 on TensorFlow the backward half makes zero by a mask that is not turned round. Until
    Keras turns it round, leave unroll at False.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(1, unroll=True))
    >>> x = np.array([[[1.0], [2.0], [7.0]]])  # (batch, timesteps, features)
    >>> y = both(x, mask=np.array([[True, True, False]]))
    >>> bool(np.allclose(y, both(x[:, :2]), atol=1e-6))
    True
    """
    case = open_ended(case)
    mask = case.mask[:, :, None]
    options = {**case.options, "go_backwards": True}
    forward = np.where(mask, equations(case).outputs, 0.0)
    backward = equations(replace(case, options=options)).outputs
    right = np.where(mask, backward[:, ::-1], 0.0)
    unturned = np.where(mask, backward, 0.0)[:, ::-1]
    instead = {
        "the mask is not turned round": np.concatenate([forward, unturned], axis=2),
        "the argument is ignored": np.concatenate(
            [equations(case).outputs, backward[:, ::-1]], axis=2
        ),
    }
    y = bidirectional(case)(case.x, mask=case.mask)
    assert_close(y, np.concatenate([forward, right], axis=2), instead=instead)
