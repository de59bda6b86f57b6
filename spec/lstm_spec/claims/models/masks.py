"""What each layer around an LSTM does with a mask: the table of docs/masks.md, row by row."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.claims.masking import blank
from lstm_spec.claims.models import (
    ENDING,
    KEEPING,
    assert_mask,
    attached,
    layers,
    masking,
    normalized,
    part,
)
from lstm_spec.harness.activations import softmax
from lstm_spec.harness.masks import MASKS
from lstm_spec.harness.reference import equations
from lstm_spec.harness.refusals import assert_refused
from lstm_spec.harness.strategies import cases, noise, permutation, picks, seeds, whole
from lstm_spec.harness.subject import heard, lstm, policy, tf_data, to_numpy
from lstm_spec.harness.tolerance import ROUNDING, assert_close, assert_same
from lstm_spec.harness.ways import layer_ways

padded = cases(timesteps=integers(2, 4), features=2, masked=True)
"""Cases of two features that `part` gives masked and valid timesteps."""


@claim(
    "models.keeps-mask",
    promised="masking guide: layers that support masking pass the mask on",
    cases=4,
)
@given(padded, picks)
def test_layers_that_compute_step_by_step_keep_the_mask(case, pick):
    """
    On 3D input Dense, dropout, noise, activations but Softmax, normalizations but RMS- and
    SpectralNormalization keep the mask.

    An LSTM behind them skips what is masked in front of them. They compute every timestep. For
    BatchNormalization on more axes see `models.normalizes-convolved`, for RMSNormalization
    `models.stepwise-keeps-mask`, for Softmax `models.softmax-behind-mask`.

    >>> import keras, numpy as np
    >>> masking, norm = keras.layers.Masking(), keras.layers.BatchNormalization()
    >>> lstm, x = keras.layers.LSTM(2), np.array([[[1.0], [2.0], [0.0]]])
    >>> bool(np.allclose(lstm(norm(masking(x))), lstm(norm(x[:, :2])), atol=1e-6))
    True
    """
    case = part(case, pick)
    assert {MASKS[name] for name in KEEPING} == {"keeps"}
    for layer in layers(KEEPING):
        y = layer(masking(case.x))
        assert_mask(y, case.mask)


STEPWISE = {
    "Identity": lambda: keras.layers.Identity(),
    "RMSNormalization": lambda: keras.layers.RMSNormalization(),
    "Rescaling": lambda: keras.layers.Rescaling(0.5),
    "UnitNormalization": lambda: keras.layers.UnitNormalization(),
}
"""More layers that compute each timestep by itself."""


@claim(
    "models.stepwise-keeps-mask",
    derived="models.keeps-mask: what is computed of a timestep is padding where that is",
)
@given(padded, picks)
def test_other_layers_of_each_timestep_keep_the_mask(case, pick):
    """
    Identity, Rescaling, UnitNormalization and RMSNormalization keep the mask.

    Where one loses it, Keras 3 warns, and an LSTM behind it reads the padding. Give that LSTM the
    mask of the layer in front.

    >>> import keras, numpy as np
    >>> masking, norm = keras.layers.Masking(), keras.layers.UnitNormalization()
    >>> lstm, x = keras.layers.LSTM(2), np.array([[[1.0], [2.0], [0.0]]])
    >>> bool(np.allclose(lstm(norm(masking(x))), lstm(norm(x[:, :2])), atol=1e-6))
    True
    """
    case = part(case, pick)
    masks = {
        name: attached(make()(masking(case.x)))
        for name, make in STEPWISE.items()
        if hasattr(keras.layers, name)
    }
    losing = [name for name, mask in masks.items() if not np.array_equal(mask, case.mask)]
    assert not losing, f"lost by: {', '.join(losing)}."


@claim(
    "models.ends-mask",
    observed="Keras 2 and 3",
    corrects="Padding that is masked in front of a model is skipped by every LSTM in it.",
    cases=4,
)
@given(padded, picks)
def test_layers_that_move_timesteps_end_the_mask(case, pick):
    """
    Convolution, pooling, cropping, padding and reshaping layers hand no mask on.

    An LSTM behind them reads padding, unless there is another mask. The table of docs/masks.md
    says which layers these are; ConvLSTM layers are recurrent, and hand masks on as an LSTM does.

    >>> import keras, numpy as np
    >>> masking, conv = keras.layers.Masking(), keras.layers.Conv1D(2, 1)
    >>> lstm, x = keras.layers.LSTM(2), np.array([[[1.0], [2.0], [0.0]]])
    >>> bool(np.allclose(lstm(conv(masking(x))), lstm(conv(x)), atol=1e-6))
    True
    """
    case = part(case, pick)
    assert {MASKS[name] for name in ENDING} == {"ends"}
    for layer in layers(ENDING):
        assert_mask(layer(masking(case.x)), None)


@claim("models.warns-of-lost-mask", observed="Keras 3; Keras 2 says nothing")
@given(padded, picks, sampled_from(sorted(ENDING)))
def test_a_layer_that_ends_a_mask_warns(case, pick, name):
    """
    In Keras 3 convolution, cropping, padding, reshaping and window pooling layers warn in a call
    that they end a mask.

    The warning names the layer, and says that it destroys the mask. No exception is raised.

    >>> import keras, numpy as np
    >>> import warnings
    >>> x = keras.layers.Masking()(np.array([[[1.0], [0.0]]]))
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     y = keras.layers.Flatten(name="flat")(x)
    >>> "flat" in str(caught[-1].message)
    True
    """
    (layer,) = layers({name: ENDING[name]})
    x = masking(part(case, pick).x)
    _, text = heard(lambda: layer(x))
    assert layer.name in text, f"it warns: {text!r}"
    assert "destroy the mask" in text, f"it warns: {text!r}"


@claim(
    "models.average-of-unmasked",
    promised="GlobalAveragePooling1D, call argument `mask`: masked steps are left out",
)
@given(padded, picks)
def test_global_average_pooling_leaves_masked_steps_out(case, pick):
    """
    By default, GlobalAveragePooling1D averages only the unmasked timesteps of float32 outputs of
    an LSTM that reads forwards.

    The mask comes with the outputs, so the average does not depend on how much was padded. Beside
    an initial state pass the LSTM the mask: it does not read an attached one then.

    >>> import keras, numpy as np
    >>> masking, pool = keras.layers.Masking(), keras.layers.GlobalAveragePooling1D()
    >>> x = np.array([[[1.0], [3.0], [0.0]]])  # (batch, timesteps, features)
    >>> np.array(pool(masking(x))).tolist()
    [[2.0]]
    """
    case = part(case, pick)
    case = replace(case, options={"return_sequences": True})
    y = keras.layers.GlobalAveragePooling1D()(lstm(case)(masking(case.x)))
    valid = case.mask[:, :, None]
    assert_close(y, np.sum(equations(case).outputs * valid, axis=1) / valid.sum(axis=1))


@claim("models.average-of-nothing", observed="Keras 2 and 3: zero is divided by zero")
@given(cases(features=2))
def test_the_average_of_no_timestep_is_not_a_number(case):
    """
    GlobalAveragePooling1D gives NaN for a sample whose timesteps are all masked.

    A sample of padding alone is enough to make the loss of its batch NaN, unless a layer hides it,
    as one with relu may.

    >>> import keras, numpy as np
    >>> masking, pool = keras.layers.Masking(), keras.layers.GlobalAveragePooling1D()
    >>> np.array(pool(masking(np.zeros((1, 3, 1))))).tolist()
    [[nan]]
    """
    x = np.concatenate([case.x, np.zeros((1, *case.x.shape[1:]), "float32")])
    y = to_numpy(keras.layers.GlobalAveragePooling1D()(masking(x)))
    assert_close(y[:-1], case.x.astype(float).mean(axis=1))
    assert np.all(np.isnan(y[-1])), f"{y[-1]} is a number"


@claim(
    "models.maximum-of-padding",
    observed="Keras 2 and 3",
    corrects="Pooling over time leaves out what is masked.",
)
@given(padded, picks)
def test_global_max_pooling_reads_masked_steps(case, pick):
    """
    GlobalMaxPooling1D and the poolings with windows read masked timesteps like any other.

    Of the layers that pool, only GlobalAveragePooling1D heeds a mask.

    >>> import keras, numpy as np
    >>> masking, pool = keras.layers.Masking(), keras.layers.GlobalMaxPooling1D()
    >>> np.array(pool(masking(np.array([[[-2.0], [-1.0], [0.0]]])))).tolist()
    [[0.0]]
    """
    x = -np.abs(part(case, pick).x)
    assert_same(keras.layers.GlobalMaxPooling1D()(masking(x)), 0.0 * x[:, 0])
    for kind, pooled in (("Max", np.max), ("Average", np.mean)):
        layer = getattr(keras.layers, f"{kind}Pooling1D")(x.shape[1])
        assert_close(layer(masking(x)), pooled(x.astype(float), axis=1, keepdims=True))


@claim("models.mask-of-lambda", promised="Lambda, argument `mask`: a function, or none")
@given(padded, picks)
def test_a_lambda_hands_on_the_mask_that_it_is_told(case, pick):
    """
    A Lambda layer whose operations make one new tensor hands on the mask that its argument `mask`
    returns, and none without it.

    A function is given the inputs and their mask; a tensor is handed on as it is.

    >>> import keras, numpy as np
    >>> masking, lstm = keras.layers.Masking(), keras.layers.LSTM(2)
    >>> double = keras.layers.Lambda(lambda x: 2.0 * x, mask=lambda inputs, mask: mask)
    >>> x = np.array([[[1.0], [2.0], [0.0]]])  # (batch, timesteps, features)
    >>> bool(np.allclose(lstm(double(masking(x))), lstm(2.0 * x[:, :2]), atol=1e-6))
    True
    """
    case = part(case, pick)
    plain = keras.layers.Lambda(lambda x: 2.0 * x)
    keeping = keras.layers.Lambda(lambda x: 2.0 * x, mask=lambda inputs, mask: mask)
    inverting = keras.layers.Lambda(lambda x: 2.0 * x, mask=lambda inputs, mask: mask == False)  # noqa: E712
    assert_mask(plain(masking(case.x)), None)
    assert_mask(keeping(masking(case.x)), case.mask)
    assert_mask(inverting(masking(case.x)), ~case.mask)


@claim("models.mask-of-own-layer", promised="masking guide, section on custom layers")
@given(padded, picks)
def test_a_layer_of_ones_own_keeps_no_mask_unless_it_says_so(case, pick):
    """
    A layer of your own operations that makes a new tensor hands no mask on without `compute_mask`
    or `supports_masking`.

    With either it hands on what `compute_mask` returns: by default the mask of its first argument,
    if supports_masking is True. On data, its input itself, if that is returned, keeps its mask.

    >>> import keras, numpy as np
    >>> class Half(keras.layers.Layer):
    ...     def call(self, x):
    ...         return x / 2.0
    >>> half, masking, lstm = Half(), keras.layers.Masking(), keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [0.0]]])  # (batch, timesteps, features)
    >>> bool(np.allclose(lstm(half(masking(x))), lstm(half(x)), atol=1e-6))
    True
    """
    case = part(case, pick)
    plain = type("Plain", (keras.layers.Layer,), {"call": halve})
    saying = type("Saying", (plain,), {"compute_mask": lambda self, x, mask=None: mask})
    supporting = plain()
    supporting.supports_masking = True
    assert_mask(plain()(masking(case.x)), None)
    assert_mask(saying()(masking(case.x)), case.mask)
    assert_mask(supporting(masking(case.x)), case.mask)


def halve(self, x):
    """Be the call of a layer."""
    return x / 2.0


@claim(
    "models.mask-of-returned-input",
    promised="masking guide, section on custom layers: compute_mask makes the mask of the output",
)
@given(padded, picks, whole(["no mask", "the other timesteps"]), whole(["data", "call", "predict"]))
def test_a_layer_that_returns_its_input_has_the_mask_that_it_says(case, pick, kind, way):
    """
    What `compute_mask` of your own layer returns is its output's mask, also where its `call`
    returns the input itself.

    Such a layer is written to end a mask, or to change it. Until Keras heeds it, let `call` return
    a new tensor of the same numbers: keras.ops.copy(x).

    >>> import keras, numpy as np
    >>> class Ends(keras.layers.Layer):
    ...     def compute_mask(self, x, mask=None):
    ...         return None
    ...     def call(self, x):
    ...         return x + 0.0  # a new tensor
    >>> ends, masking, lstm = Ends(), keras.layers.Masking(), keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [0.0]]])  # (batch, timesteps, features)
    >>> bool(np.allclose(lstm(ends(masking(x))), lstm(x), atol=1e-6))
    True
    """
    case = part(case, pick)
    mask, compute_mask = {
        "no mask": (None, lambda self, x, mask=None: None),
        "the other timesteps": (~case.mask, lambda self, x, mask=None: mask == False),  # noqa: E712
    }[kind]
    methods = {"compute_mask": compute_mask, "call": lambda self, x: x}
    chain = [keras.layers.Masking(), type("Own", (keras.layers.Layer,), methods)(), lstm(case)]
    model = keras.Sequential([keras.Input((None, case.features)), *chain])
    run = {"data": lambda x: chain[2](chain[1](chain[0](x))), "call": model}.get(
        way, partial(model.predict, verbose=0)
    )
    instead = {"the input keeps its mask": equations(case).h}
    assert_close(run(case.x), equations(replace(case, mask=mask)).h, instead=instead)


@claim("models.mask-of-operations", observed="Keras 2 and 3 on TensorFlow")
@given(padded, picks)
def test_operations_hand_no_mask_on(case, pick):
    """
    What +, -, *, / and slices make of a masked tensor has no mask.

    The mask belongs to one tensor, and these return another; layers such as Add hand it on, if
    each of their inputs has one. A Lambda whose `mask` computes it anew brings it back.

    >>> import keras, numpy as np
    >>> masking, lstm = keras.layers.Masking(), keras.layers.LSTM(2)
    >>> x = np.array([[[3.0], [1.0], [0.0]]])  # (batch, timesteps, features)
    >>> bool(np.allclose(lstm(masking(x)[:, 1:]), lstm(x[:, 1:]), atol=1e-6))
    True
    """
    x = masking(part(case, pick).x)
    for y in (x + 1.0, 2.0 * x, x / 2.0, -x, x + x, x[:, 1:], x[:, :-1], x[..., :1]):
        assert_mask(y, None)


@claim(
    "models.mask-in-nested",
    derived="a model is its layers, and these hand the mask on",
    cases=4,
)
@given(padded, picks)
def test_a_mask_goes_through_a_model_in_a_model(case, pick):
    """
    A mask on a tensor goes into a model in a model and out of it as its layers hand it on.

    Dense hands it on, Conv1D does not, and Masking makes one that comes out. Called on masked
    symbolic tensors, a functional model warns that it destroys the mask; on data it does as its
    layers do.

    >>> import keras, numpy as np
    >>> inner = keras.Sequential([keras.Input((None, 1)), keras.layers.Masking()])
    >>> lstm, x = keras.layers.LSTM(2), np.array([[[1.0], [2.0], [0.0]]])
    >>> bool(np.allclose(lstm(inner(x)), lstm(x[:, :2]), atol=1e-6))
    True
    """
    case = part(case, pick)
    dense = keras.layers.Dense(2)
    ending = keras.layers.Conv1D(2, 1)
    given = keras.Input((None, 2))
    for inner, mask in ((dense, case.mask), (ending, None)):
        assert_mask(keras.Model(given, inner(given))(masking(case.x)), mask)
        assert_mask(keras.Sequential([inner])(masking(case.x)), mask)
    assert_mask(keras.Sequential([keras.layers.Masking(), dense])(case.x), case.mask)


@claim(
    "models.normalizes-unmasked",
    promised="BatchNormalization, call argument `mask`: masked values do not count in training",
    needs="BatchNormalization.call(mask)",
)
@given(padded, picks)
def test_batch_normalization_in_training_leaves_masked_steps_out(case, pick):
    """
    By default BatchNormalization directly after Masking takes its mean and variance in training
    over unmasked timesteps only.

    So padding that is masked does not change what the other timesteps are normalized to.

    >>> import keras, numpy as np
    >>> masking, norm = keras.layers.Masking(), keras.layers.BatchNormalization()
    >>> x = np.array([[[1.0], [3.0], [0.0]]])  # (batch, timesteps, features)
    >>> y = np.array(norm(masking(x), training=True))
    >>> bool(np.allclose(y[:, :2], [[[-1.0], [1.0]]], atol=1e-2))
    True
    """
    case = part(case, pick)
    valid = case.x[case.mask].astype(float)
    y = to_numpy(keras.layers.BatchNormalization()(masking(case.x), training=True))
    expected = normalized(valid, valid.mean(axis=0), valid.var(axis=0))
    assert_close(y[case.mask], expected, bound=1000.0)  # an epsilon stands in the divisor


@claim(
    "models.normalizes-frames",
    promised="BatchNormalization, call argument `mask`: masked values do not count in training",
    cases=6,
    needs="BatchNormalization.call(mask)",
)
@given(
    integers(2, 4),
    integers(1, 3),
    whole(list(product(["float32", "mixed_float16", "mixed_bfloat16"], [3, 4, 5], [0, 1]))),
    seeds,
)
def test_batch_normalization_leaves_out_what_a_mask_hides_on_any_axes(samples, width, form, seed):
    """
    By default BatchNormalization in training takes mean and variance only of what a mask of all
    axes but the last shows.

    The moving ones follow them. The input has 3 to 5 axes, and its mask may be of size one along
    its last.

    >>> import keras, numpy as np
    >>> norm, x = keras.layers.BatchNormalization(), np.arange(8.0).reshape(1, 2, 2, 2)
    >>> mask = np.array([[[True, True], [False, False]]])  # (batch, timesteps, rows)
    >>> y = np.array(norm(x, mask=mask, training=True))  # two features
    >>> bool(np.allclose(y[:, :1], [[[[-1.0, -1.0], [1.0, 1.0]]]], atol=1e-2))
    True
    """
    dtype, axes, narrow = form
    shape = (samples, 3, 2, 2)[: axes - 1]
    x = np.round(8 * noise((*shape, width), seed, scale=2.0)) / np.float32(8)  # exact in any type
    mask = noise((*shape[:-1], 1) if narrow else shape, seed + 1) > 0
    mask[0] = True
    shown = np.broadcast_to(mask, shape)
    valid = x[shown].astype(float)
    instead = {
        "a narrow mask is counted once": normalized(valid, *moments(valid, np.sum(mask))),
        "the mask is ignored": normalized(valid, *moments(x.reshape(-1, width))),
    }
    layer = keras.layers.BatchNormalization(momentum=0.0, dtype=policy(dtype))
    y = to_numpy(layer(x, mask=mask, training=True))[shown]
    bound = 1000.0 if dtype == "float32" else ROUNDING  # an epsilon stands in the divisor
    assert_close(y, normalized(valid, *moments(valid)), bound=bound, instead=instead)
    moving = [to_numpy(layer.moving_mean), to_numpy(layer.moving_variance)]
    assert_close(moving, moments(valid))


CONVOLUTIONAL = {"ConvLSTM1D": 1, "ConvLSTM2D": 2, "ConvLSTM3D": 3}
"""Convolutional LSTM layers, and how many axes a frame has."""


@claim(
    "models.normalizes-by-wide-mask",
    promised="BatchNormalization, call argument `mask`: of shape broadcastable to the inputs",
    cases=4,
    needs="BatchNormalization.call(mask)",
)
@given(integers(2, 4), integers(1, 3), whole(list(product([3, 4, 5], ["timesteps", "all"]))), seeds)
def test_batch_normalization_takes_a_mask_of_as_many_axes(samples, width, form, seed):
    """
    BatchNormalization takes a mask of as many axes as its input, and in training counts only what
    it shows.

    It may be of one boolean a timestep, of shape (batch, timesteps, 1), or one a number. Where it
    does not, but refuses the mask, at inference too, drop a last axis of size one: `mask[..., 0]`.

    >>> import keras, numpy as np
    >>> x = np.array([[[1.0], [3.0], [0.0]]])  # (batch, timesteps, features)
    >>> mask = x != 0.0
    >>> y = np.array(keras.layers.BatchNormalization()(x, mask=mask[..., 0], training=True))
    >>> bool(np.allclose(y[:, :2], [[[-1.0], [1.0]]], atol=1e-2))
    True
    """
    axes, what = form
    shape = (*(samples, 3, 2, 2)[: axes - 1], width)
    x = noise(shape, seed, scale=2.0)
    mask = noise((samples, 3, *[1] * (axes - 2)) if what == "timesteps" else shape, seed + 1) > 0
    mask[0] = True
    shown = np.broadcast_to(mask, shape)
    over: dict[str, Any] = {"axis": tuple(range(axes - 1)), "where": shown}
    expected = normalized(x, np.mean(x.astype(float), **over), np.var(x.astype(float), **over))
    layer = keras.layers.BatchNormalization(momentum=0.0)
    for training in (True, False):  # momentum 0: at inference by the moments of that batch
        y = to_numpy(layer(x, mask=mask, training=training))
        assert_close(y[shown], expected[shown], bound=1000.0)  # an epsilon stands in the divisor


@claim(
    "models.normalizes-convolved",
    promised="BatchNormalization, call argument `mask`: masked values do not count in training",
    cases=4,
    needs="BatchNormalization.call(mask)",
)
@given(integers(2, 3), integers(2, 3), whole(list(CONVOLUTIONAL)), seeds)
def test_batch_normalization_behind_a_masked_convolutional_lstm(samples, filters, name, seed):
    """
    Behind a masked ConvLSTM layer that returns sequences, BatchNormalization in training counts
    unmasked timesteps only.

    The mask that it is handed has no axes for the frames. Where that is refused, at inference too,
    pass it `mask[:, :, None]` behind ConvLSTM1D, and `mask[:, :, None, None]` behind ConvLSTM2D.

    >>> import keras, numpy as np
    >>> x, mask = np.random.rand(1, 3, 4, 2), np.array([[True, True, False]])
    >>> frames = keras.layers.ConvLSTM1D(2, 1, return_sequences=True)(x, mask=mask)
    >>> norm = keras.layers.BatchNormalization()
    >>> y = np.array(norm(frames, mask=mask[:, :, None], training=True))
    >>> bool(np.allclose(y[:, :2].mean(axis=(0, 1, 2)), 0.0, atol=1e-4))
    True
    """
    x = noise((samples, 3, *[2] * CONVOLUTIONAL[name], 2), seed, scale=2.0)
    mask = noise((samples, 3), seed + 1) > 0
    mask[0] = True
    frames = getattr(keras.layers, name)(filters, 1, return_sequences=True)(x, mask=mask)
    y = to_numpy(keras.layers.BatchNormalization()(frames, training=True))
    frames, y = to_numpy(frames), y[mask].reshape(-1, filters)
    valid = frames[mask].reshape(-1, filters)
    ignored = normalized(valid, *moments(frames.reshape(-1, filters)))
    expected = normalized(valid, *moments(valid))
    assert_close(y, expected, bound=1000.0, instead={"the mask is ignored": ignored})  # as above


def moments(rows, count=None):
    """Return the mean and the variance of rows, of which there are as many as counted."""
    rows = rows.astype(float)
    mean = rows.sum(axis=0) / (count or len(rows))
    return [mean, np.sum((rows - mean) ** 2, axis=0) / (count or len(rows))]


@claim(
    "models.normalizes-over-time",
    derived="its axis is the last, that of features: all others are averaged over",
    corrects="BatchNormalization normalizes each timestep of a sequence by itself.",
)
@given(cases(batch=integers(2, 4)))
def test_batch_normalization_averages_over_samples_and_timesteps(case):
    """
    Without a mask an unfrozen BatchNormalization has in training one mean and variance a feature,
    over samples and timesteps.

    So behind `return_sequences=True` it has them for each unit.

    >>> import keras, numpy as np
    >>> x = np.array([[[1.0], [3.0]], [[5.0], [7.0]]])  # (batch, timesteps, features)
    >>> y = np.array(keras.layers.BatchNormalization()(x, training=True))
    >>> bool(np.allclose(y, (x - 4) / np.sqrt(5), atol=1e-3))
    True
    """
    x = case.x.astype(float)
    y = to_numpy(keras.layers.BatchNormalization()(case.x, training=True))
    expected = normalized(x, x.mean(axis=(0, 1)), x.var(axis=(0, 1)))
    assert_close(y, expected, bound=1000.0)  # an epsilon stands in the divisor


NORMALIZING = {
    "BatchNormalization": lambda x: keras.layers.BatchNormalization()(x, training=True),
    "LayerNormalization": lambda x: keras.layers.LayerNormalization()(x),
}
"""Normalizations that subtract a mean, in training."""
HUNDREDTH = 2.0**16
"""Nearly 0.01 for numbers up to 1, in units of rounding of float32."""


@claim(
    "models.normalizes-large-means",
    derived="variance and differences do not depend on what is added to all numbers",
    corrects="Numbers far from zero must be scaled before they are normalized.",
    cases=6,
)
@given(integers(2, 16), integers(1, 4), seeds, whole(list(NORMALIZING)))
def test_normalizations_of_numbers_far_from_zero(count, groups, seed, name):
    """
    On 32768 plus distinct whole numbers below 16 LayerNormalization, or BatchNormalization in
    training, errs by less than 0.02.

    In float32: so much is the rounding of such numbers divided by their standard deviation. The
    mean square less the square of the mean is no variance then.

    >>> import keras, numpy as np
    >>> norm, x = keras.layers.LayerNormalization(), np.array([[[0.0, 1.0, 2.0, 3.0]]])
    >>> bool(np.abs(np.array(norm(x)) - np.array(norm(x + 32768.0))).max() < 0.02)
    True
    """
    rows = np.stack([permutation(16, seed + k)[:count] for k in range(groups)]).astype("float32")
    x = rows[None] if name == "LayerNormalization" else rows.T[None]
    axes = -1 if name == "LayerNormalization" else (0, 1)
    mean, variance = (f(x.astype(float), axis=axes, keepdims=True) for f in (np.mean, np.var))
    expected = normalized(x, mean, variance)
    for far in (0.0, 32768.0):
        y = to_numpy(NORMALIZING[name](x + np.float32(far)))
        another = np.mean(y * expected, axis=axes, keepdims=True) * expected
        instead = {"the variance is another": another}
        assert_close(y, expected, bound=HUNDREDTH, instead=instead)


AXES: dict[str, tuple[Any, tuple[int, ...]]] = {
    "features": (-1, (2,)),
    "timesteps": (1, (1,)),
    "timesteps and features": ((1, 2), (1, 2)),
    "none": (None, ()),
}
"""What Normalization has a mean for each entry of: its argument `axis`, and these axes of three."""
SOURCES: dict[str, Callable[[Any], Any]] = {
    "an array": lambda x: x,
    "a Dataset": lambda x: tf_data(x).map(lambda batch: batch),
    "a Dataset of pairs": lambda x: tf_data(x, x[:, 0]),
}
"""What a layer is adapted to: an array of five samples, or its batches."""


@claim(
    "models.adapted-normalization",
    promised="Normalization, `adapt`: a mean and variance for each position in each axis of `axis`",
    needs="tensorflow",
)
@given(seeds, whole(list(AXES)), whole(list(SOURCES)))
def test_normalization_is_adapted_to_an_array_or_batches(seed, name, source):
    """
    In float32, Normalization adapted to an array or batched Dataset of sequences gives (x - mean) /
    std per entry of `axis`.

    By default of each feature, over samples and timesteps; with axis=None of all numbers. Where
    pairs of a sequence and its target are refused, leave that out: `dataset.map(lambda x, y: x)`.
    Batches of single numbers are refused, unless axis=None and they are of one size. In another
    type or policy a Dataset is refused, an array not; `axis` needs sizes that the Dataset knows.

    >>> import keras, numpy as np
    >>> x = np.array([[[1.0], [3.0]], [[5.0], [7.0]]])  # (batch, timesteps, features)
    >>> scale = keras.layers.Normalization()
    >>> scale.adapt(x)
    >>> bool(np.allclose(scale(x), (x - x.mean()) / x.std()))
    True
    """
    axis, kept = AXES[name]
    data = noise((5, 3, 2), seed, scale=4.0) + np.float32(1.0)
    x = noise((2, 3, 2), seed + 1, scale=4.0)
    layer = keras.layers.Normalization(axis=axis)
    layer.adapt(SOURCES[source](data))
    over = tuple(k for k in range(3) if k not in kept)
    mean, std = (f(data.astype(float), axis=over, keepdims=True) for f in (np.mean, np.std))
    assert_close(to_numpy(layer(x)), (x - mean) / std, bound=500.0)


@claim(
    "models.given-normalization",
    promised="Normalization, arguments `mean` and `variance`",
)
@given(seeds, whole(list(AXES)), whole(["numbers", "arrays", "lists"]))
def test_normalization_computes_with_mean_and_variance_given(seed, name, form):
    """
    In float32, given two numbers, or two arrays along ascending axes, Normalization gives
    (x - mean) / sqrt(variance).

    The arrays have the sizes of the input along `axis`: by default one number a feature. Where
    they are refused, Rescaling(1 / std, -mean / std) does it, with arrays that NumPy broadcasts.
    A layer of float64, too, rounds numbers and lists to float32, but no NumPy arrays.

    >>> import keras, numpy as np
    >>> x = np.array([[[1.0], [3.0]], [[5.0], [7.0]]])  # (batch, timesteps, features)
    >>> scale = keras.layers.Normalization(mean=4.0, variance=5.0)
    >>> bool(np.allclose(scale(x), (x - 4) / np.sqrt(5)))
    True
    """
    axis, kept = AXES[name]
    x = noise((2, 3, 2), seed, scale=4.0)
    shape = () if form == "numbers" else tuple(x.shape[k] for k in kept)
    pair = [noise(shape, seed + 1), 1.5 + noise(shape, seed + 2)]
    given = [each.tolist() if form == "lists" else each for each in pair]
    layer = keras.layers.Normalization(axis=axis, mean=given[0], variance=given[1])
    broad = [n if k in kept and shape else 1 for k, n in enumerate(x.shape)]
    mean, variance = (each.astype(float).reshape(broad) for each in pair)
    assert_close(to_numpy(layer(x)), (x - mean) / np.sqrt(variance), bound=100.0)


@claim("models.softmax-behind-mask", promised="Softmax: the softmax of its input along an axis")
@given(cases(batch=integers(1, 3), timesteps=3, features=2, masked=True), picks)
def test_softmax_behind_a_masked_sequence(case, pick):
    """
    By default a Softmax layer gives the softmax of each unmasked timestep of a masked sequence.

    The Activation "softmax" does, and hands the mask on.

    >>> import keras, numpy as np
    >>> masking, softmax = keras.layers.Masking(), keras.layers.Activation("softmax")
    >>> x = np.array([[[1.0, 1.0], [2.0, 2.0], [0.0, 0.0]]])  # (batch, timesteps, features)
    >>> np.array(softmax(masking(x)))[:, :2].tolist()
    [[[0.5, 0.5], [0.5, 0.5]]]
    """
    case = part(case, pick)
    expected = softmax(case.x.astype(float))[case.mask]
    by_name = to_numpy(keras.layers.Activation("softmax")(masking(case.x)))
    assert_close(by_name[case.mask], expected)
    assert_close(to_numpy(keras.layers.Softmax()(masking(case.x)))[case.mask], expected)


@claim("models.softmax-of-a-square", derived="models.softmax-behind-mask, whatever the sizes")
@given(cases(batch=3, timesteps=3, features=3, masked=True), picks)
def test_softmax_of_as_many_samples_timesteps_and_features(case, pick):
    """
    Softmax takes no mask of timesteps for one of features where the sizes happen to be equal.

    With equally many samples, timesteps and features no error would tell of such a mistake: the
    output would be zero for features of which none is masked.

    >>> import keras, numpy as np
    >>> x = np.ones((2, 2, 2))  # (batch, timesteps, features)
    >>> x[0, 1] = 0.0
    >>> y = np.array(keras.layers.Activation("softmax")(keras.layers.Masking()(x)))
    >>> y[1].tolist()
    [[0.5, 0.5], [0.5, 0.5]]
    """
    case = part(case, pick)
    x = case.x.astype(float)
    valid = case.mask
    weighed = np.exp(np.where(valid[None], x - x.max(), -np.inf))
    shifted = weighed / weighed.sum(axis=-1, keepdims=True)
    y = to_numpy(keras.layers.Softmax()(masking(case.x)))
    instead = {"features are masked in place of timesteps": [shifted[valid]]}
    assert_close([y[valid]], [softmax(x)[valid]], instead=instead)


@claim(
    "models.softmax-by-mask",
    promised="Softmax, call argument `mask`: 1 to keep and 0 to mask",
    corrects="A masked softmax adds a large negative number, which larger scores outdo.",
    cases=4,
)
@given(
    cases(batch=integers(2, 3), timesteps=integers(2, 4), features=integers(2, 3)),
    picks,
    whole([1, -1, (1, 2)]),
    whole([False, True]),
)
def test_softmax_puts_out_zero_where_a_mask_hides_its_input(case, pick, axis, narrow):
    """
    Softmax puts out exactly 0 where its `mask` is False, and the softmax of the rest along its
    axis, if any.

    The mask has the input's shape, or sizes of 1, as in attention by hand over the outputs of an
    LSTM. The hidden numbers may be of any size; a visible one far below -1e9 is outdone.

    >>> import keras, numpy as np
    >>> softmax = keras.layers.Softmax(axis=1)
    >>> scores = np.array([[[1.0], [1e10], [1.0]]])  # (batch, timesteps, 1)
    >>> mask = np.array([[[True], [False], [True]]])
    >>> np.array(softmax(scores, mask=mask)).ravel().tolist()
    [0.5, 0.0, 0.5]
    """
    sizes = np.array(case.x.shape)
    sizes[1 if axis == -1 else 2] *= not narrow
    mask = noise(tuple(np.maximum(sizes, 1)), pick) > 0
    mask[0] = np.arange(mask[0].size).reshape(mask[0].shape) > 0
    mask[1] = False
    shown = np.broadcast_to(mask, case.x.shape)
    for far in (1e10, -1e10):
        x = np.where(shown, case.x, case.x + np.float32(far))
        lowered = shares(np.exp(scaled(x - np.float32(1e9) * ~shown, axis)), axis)
        instead = {"1e9 is subtracted": lowered, "1e9 is subtracted first": lowered * shown}
        y = to_numpy(keras.layers.Softmax(axis=axis)(x, mask=mask))
        assert_close(y, shares(np.exp(case.x.astype(float)) * shown, axis), instead=instead)
        assert np.all(y[~shown] == 0.0), f"hidden numbers have the shares {y[~shown]}"


def scaled(x, axis):
    """Return numbers less the largest along an axis."""
    return x.astype(float) - x.astype(float).max(axis=axis, keepdims=True)


def shares(numbers, axis):
    """Return numbers divided by their sum along an axis, or zeros if it is zero."""
    return numbers / np.maximum(numbers.sum(axis=axis, keepdims=True), 1e-30)


@claim(
    "models.mask-of-backwards",
    derived="sequences.backwards-order: the outputs are reversed, so the mask must be too",
)
@given(cases(timesteps=integers(2, 4), features=2, units=2, batch=1, masked=True))
def test_a_sequence_read_backwards_has_its_mask_backwards(case):
    """
    The mask that an LSTM hands on with go_backwards=True is reversed, as its outputs are.

    So that a layer behind it skips the outputs at masked timesteps, and reads the others.

    >>> import keras, numpy as np
    >>> x = np.array([[[1.0], [2.0], [0.0]]])  # (batch, timesteps, features)
    >>> backwards = keras.layers.LSTM(2, return_sequences=True, go_backwards=True)
    >>> after, mask = keras.layers.LSTM(2), np.array([[True, True, False]])
    >>> y = np.array(backwards(x, mask=mask))
    >>> bool(np.allclose(after(y, mask=mask[:, ::-1]), after(y[:, 1:]), atol=1e-6))
    True
    """
    mask = np.concatenate([[[True]], case.mask[:, 1:-1], [[False]]], axis=1)  # no palindrome
    case = blank(replace(case, mask=mask))
    first = replace(case, options={"go_backwards": True, "return_sequences": True})
    y = lstm(first)(masking(case.x))
    second = replace(case, x=equations(first).outputs.astype("float32"), options={})
    right, wrong = (equations(replace(second, mask=m)).h for m in (case.mask[:, ::-1], case.mask))
    assert_close(lstm(case)(y), right, instead={"the mask is handed on as it was": wrong})


@claim(
    "models.mask-under-policy",
    derived="a mask does not depend on types",
    needs="keras.dtype_policies",
    cases=4,
)
@given(padded, picks, layer_ways)
def test_a_mask_reaches_an_lstm_of_another_type(case, pick, way):
    """
    Under a mixed policy, an LSTM called on a masked float32 input alone uses the mask.

    The input is cast to half precision on its way in, and the mask is kept.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, dtype="mixed_float16")
    >>> x = np.array([[[1.0], [2.0], [0.0]]])  # (batch, timesteps, features)
    >>> bool(np.allclose(lstm(keras.layers.Masking()(x)), lstm(x[:, :2]), atol=1e-2))
    True
    """
    case = part(case, pick)
    layer = lstm(case, dtype=policy("mixed_float16"))

    def masked(x, training=None):
        return layer(masking(x), training=training)

    instead = {"the mask is lost": equations(replace(case, mask=None)).h}
    assert_close(way(masked)(case.x), equations(case).h, instead=instead)


@claim(
    "models.mask-lives",
    derived="a mask belongs to its tensor for as long as that lives",
    cases=4,
)
@given(padded, picks)
def test_a_mask_survives_the_collection_of_garbage(case, pick):
    """
    An attached mask is still there after the garbage is collected.

    On TensorFlow the tensor itself holds it, for as long as it lives.

    >>> import keras, numpy as np
    >>> import gc
    >>> lstm, x = keras.layers.LSTM(2), np.array([[[1.0], [2.0], [0.0]]])
    >>> masked = keras.layers.Masking()(x)
    >>> _ = gc.collect()
    >>> bool(np.allclose(lstm(masked), lstm(x[:, :2]), atol=1e-6))
    True
    """
    case = part(case, pick)
    x = masking(case.x)
    layer = lstm(case)
    gc.collect(0)
    assert_close(layer(x), equations(case).h)


@claim("models.infinite-mask-value", promised="Masking, argument `mask_value`: any number")
@given(padded, picks, sampled_from([np.inf, -np.inf, 1e38]))
def test_infinity_may_mark_padding(case, pick, value):
    """
    By default, from zero states, an LSTM directly behind Masking with an infinite mask_value gives
    what it does without padding.

    Masking puts zeros where it masks, and the LSTM behind it skips them. With
    zero_output_for_mask=True padding at the end gives zeros, behind this Masking as behind any.

    >>> import keras, numpy as np
    >>> masking, lstm = keras.layers.Masking(np.inf), keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [2.0], [np.inf]]])  # (batch, timesteps, features)
    >>> bool(np.allclose(lstm(masking(x)), lstm(x[:, :2]), atol=1e-6))
    True
    """
    case = part(case, pick)
    marked = np.where(case.mask[:, :, None], case.x, np.float32(value))
    y = lstm(case)(keras.layers.Masking(mask_value=value)(marked))
    assert_close(y, equations(case).h, instead={"it is not finite": np.full(y.shape, np.nan)})


@claim("models.unrolled-zeros-backwards", derived="masking.unrolled, for outputs put to zero")
@given(
    cases(
        timesteps=integers(2, 4),
        masked=True,
        return_sequences=True,
        zero_output_for_mask=True,
        go_backwards=True,
    ),
    picks,
)
def test_unrolled_and_backwards_zeros_stand_where_they_do_in_a_loop(case, pick):
    """
    With zero_output_for_mask and go_backwards, unroll=True puts zeros where unroll=False does.

    The outputs stand in the order in which the timesteps are read, and so do the zeros.

    >>> import keras, numpy as np
    >>> options = dict(return_sequences=True, zero_output_for_mask=True, go_backwards=True)
    >>> lstm, x = keras.layers.LSTM(1, unroll=False, **options), np.array([[[1.0], [0.0]]])
    >>> y = np.array(lstm(x, mask=np.array([[True, False]])))
    >>> y[0, 0].tolist(), bool(y[0, 1] != 0)
    ([0.0], True)
    """
    case = part(case, pick)
    outputs = equations(case).outputs
    mask = case.mask[:, :, None]
    instead = {
        "the zeros stand in the order of time": outputs * mask,
        "the argument is ignored": outputs,
    }
    assert_close(lstm(case)(case.x, mask=case.mask), outputs * mask[:, ::-1])
    y = lstm(case, unroll=True)(case.x, mask=case.mask)
    assert_close(y, outputs * mask[:, ::-1], instead=instead)


@claim(
    "models.own-embedding",
    derived="models.called: a graph computes what a call does",
    cases=4,
)
@given(padded, picks, seeds)
def test_a_subclass_skips_the_padding_of_its_own_embedding_in_predict(case, pick, seed):
    """
    In predict as in a call, a subclassed model's LSTM, called on the output of its Masking alone,
    skips the padding.

    The mask is made, attached and read within the model's call, in a graph too.

    >>> import keras, numpy as np
    >>> masking, lstm = keras.layers.Masking(), keras.layers.LSTM(2)
    >>> class Model(keras.Model):
    ...     def call(self, x):
    ...         return lstm(masking(x))
    >>> x = np.array([[[1.0], [2.0], [0.0]]])  # (batch, timesteps, features)
    >>> bool(np.allclose(Model().predict(x, verbose=0), lstm(x[:, :2]), atol=1e-6))
    True
    """
    case = part(case, pick)
    layer = lstm(case)
    first = keras.layers.Masking()
    own = type("Own", (keras.Model,), {"call": lambda self, x: layer(first(x))})()
    assert_close(own(case.x), equations(case).h)
    assert_close(own.predict(case.x, verbose=0), equations(case).h)


@claim(
    "models.softmax-mask-refused",
    promised="Softmax, call argument `mask`: a mask that is broadcastable to the inputs",
    cases=4,
)
@given(cases(timesteps=integers(2, 4), features=integers(2, 4)), sampled_from(["axes", "sizes"]))
def test_softmax_refuses_a_mask_that_does_not_fit(case, more):
    """
    Called eagerly, Softmax refuses a mask of more axes than its input, or of sizes other than one
    and the input's.

    NumPy and TensorFlow would stretch an input of one feature over a longer mask; nothing is
    stretched here but the mask.

    >>> import keras, numpy as np
    >>> softmax, x = keras.layers.Softmax(), np.ones((1, 3, 2))
    >>> try:
    ...     softmax(x, mask=np.ones((1, 3, 3), bool))
    ... except ValueError as error:
    ...     print("broadcastable" in str(error))
    True
    """
    mask = np.ones((1, *case.x.shape) if more == "axes" else case.x.shape, bool)
    x = case.x if more == "axes" else case.x[..., :1]
    layer = keras.layers.Softmax()
    assert_refused(lambda: layer(x, mask=mask), "ValueError", "must be broadcastable to")
