"""Merges and attention: what is left of the masks of several tensors."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from typing import Any

import keras
import numpy as np
from hypothesis import example, given
from hypothesis.strategies import integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.claims.models import assert_mask, masking, other, part, reader
from lstm_spec.harness.activations import softmax
from lstm_spec.harness.masks import MERGING
from lstm_spec.harness.model_drawing import trials
from lstm_spec.harness.model_ways import check
from lstm_spec.harness.reference import equations
from lstm_spec.harness.strategies import booleans, cases, noise, picks, seeds, small, whole
from lstm_spec.harness.subject import backend, keras_2, lstm, to_numpy
from lstm_spec.harness.tolerance import assert_close, assert_same

padded = cases(batch=integers(1, 3), timesteps=integers(2, 4), features=2, masked=True)
"""Cases of two features that `part` gives masked and valid timesteps."""
oblong = cases(batch=integers(2, 3), timesteps=integers(4, 5), features=2, masked=True)
"""Cases of several samples, and of more timesteps: a mask on the wrong axes does not fit."""
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "Add": np.add,
    "Subtract": np.subtract,
    "Multiply": np.multiply,
    "Average": lambda x, y: (x + y) / 2.0,
    "Maximum": np.maximum,
    "Minimum": np.minimum,
}
"""What merges compute of two arrays."""


def merge(name, *tensors):
    """Merge tensors by a layer of Keras."""
    return getattr(keras.layers, name)()(list(tensors))


def shifted(case):
    """Return the case's array with another timestep padded: the mask is that of the next step."""
    mask = np.roll(case.mask, 1, axis=1)
    return (case.x + 10.0) * mask[:, :, None], mask


@claim(
    "models.merge-of-one-mask",
    derived="the padding of both is padding of the result",
    cases=4,
)
@given(padded, picks, seeds)
def test_merging_tensors_of_one_mask_keeps_it(case, pick, seed):
    """
    Add, Subtract, Multiply, Average, Maximum, Minimum and Concatenate of features keep the common
    mask of inputs of three axes.

    As of a masked tensor and of what a Dense or an LSTM makes of it. With four axes and a mask of
    timesteps Multiply, Maximum, Minimum and Concatenate fail, or, where the sizes happen to
    broadcast, mask another axis.

    >>> import keras, numpy as np
    >>> x, lstm = np.array([[[1.0], [2.0], [0.0]]]), keras.layers.LSTM(2)
    >>> y = keras.layers.Masking()(x)
    >>> both = keras.layers.Add()([y, keras.layers.Dense(1, kernel_initializer="ones")(y)])
    >>> bool(np.allclose(lstm(both), lstm(2.0 * x[:, :2]), atol=1e-6))
    True
    """
    case = part(case, pick)
    x = masking(case.x)
    y = masking(other(case, seed) * case.mask[:, :, None])
    for name in MERGING:
        assert_mask(merge(name, x, y), case.mask)


@claim(
    "models.drawn-merges",
    derived="models.called and models.merge-of-one-mask",
    cases=4,
)
@given(
    trials(nodes=integers(0, 1), containing=("Dense", "Concatenate", "Add", "LSTM"), masked=True)
)
def test_merges_in_plain_models_hand_a_common_mask_on(trial):
    """
    In a plain model an LSTM from zero states, directly behind Concatenate or Add of tensors of one
    mask, skips the padding.

    A plain model has no merge of two masks, or of a masked and an unmasked tensor.

    >>> import keras, numpy as np
    >>> given, lstm = keras.Input((None, 1)), keras.layers.LSTM(2)
    >>> y = keras.layers.Masking()(given)
    >>> model, x = keras.Model(given, lstm(keras.layers.Add()([y, y]))), np.array([[[1.0], [0.0]]])
    >>> bool(np.allclose(model(x), lstm(2.0 * x[:, :1]), atol=1e-6))
    True
    """
    check("called", trial)


@claim(
    "models.maximum-of-multiples",
    promised="Maximum: computes the element-wise maximum of its inputs",
    cases=4,
)
@given(cases(return_sequences=True), whole([0.5, 2.0, 3.0]))
def test_the_maximum_of_a_tensor_and_its_multiple_is_the_larger(case, factor):
    """
    Called or by predict, the Maximum of an unmasked LSTM's rows and a multiple of these is the
    larger of the two.

    Rescaling makes the multiple.

    >>> import keras, numpy as np
    >>> given = keras.Input((None, 1))
    >>> y = keras.layers.LSTM(2, return_sequences=True)(given)
    >>> larger = keras.layers.Maximum()([2.0 * y, y])
    >>> values, maximum = keras.Model(given, [y, larger])(np.ones((1, 3, 1)))
    >>> bool(np.allclose(maximum, np.maximum(2.0 * values, values)))
    True
    """
    given = keras.Input(case.x.shape[1:])
    y = lstm(case)(given)
    larger = keras.layers.Maximum()([keras.layers.Rescaling(factor)(y), y])
    model = keras.Model(given, larger)
    h = equations(case).outputs
    smaller = {"the smaller is taken": np.minimum(factor * h, h)}
    assert_close(model(case.x), np.maximum(factor * h, h))
    assert_close(model.predict(case.x, verbose=0), np.maximum(factor * h, h), instead=smaller)


@claim(
    "models.merge-of-masked-and-unmasked",
    derived="what is computed of padding is padding, so the mask that there is must be kept",
    corrects="An Embedding with mask_zero=True beside numeric features is skipped by the LSTM.",
)
@given(padded, picks, seeds, sampled_from(MERGING))
def test_merging_a_masked_and_an_unmasked_tensor_keeps_the_mask(case, pick, seed, name):
    """
    Where Add and its like, or Concatenate of features, merge a masked and an unmasked tensor, an
    LSTM behind skips the padding.

    An Embedding beside numeric features is the usual case. Where the mask is lost there is no
    warning: the LSTM reads the padding.

    >>> import keras, numpy as np
    >>> x, lstm = np.array([[[1.0], [2.0], [0.0]]]), keras.layers.LSTM(2)
    >>> join = keras.layers.Concatenate()
    >>> y, z = join([x, x]), join([x[:, :2], x[:, :2]])
    >>> mask = np.array([[True, True, False]])  # passed, for the merge may lose it
    >>> bool(np.allclose(lstm(y, mask=mask), lstm(z), atol=1e-6))
    True
    """
    case = part(case, pick)
    y = merge(name, masking(case.x), other(case, seed))
    above = reader(y, case.mask, seed)
    lost = equations(replace(above, mask=None)).h
    assert_close(lstm(above)(y), equations(above).h, 64.0, instead={"the mask is lost": lost})


@claim(
    "models.merge-of-two-masks",
    observed="Keras 3.4; Keras 2 asks for both, and Keras 3.0 to 3.3 lose every mask",
    cases=4,
)
@given(padded, picks, seeds, sampled_from(MERGING))
def test_of_two_masks_either_counts(case, pick, seed, name):
    """
    Where Add and its like, or Concatenate of features, merge two masked sequences, a timestep
    counts if either mask says so.

    So a timestep may count of which one part is padding. The sequences have three axes.

    >>> import keras, numpy as np
    >>> masking, add = keras.layers.Masking(), keras.layers.Add()
    >>> x, y = np.array([[[1.0], [0.0], [0.0]]]), np.array([[[1.0], [2.0], [0.0]]])
    >>> np.array(add.compute_mask([x, y], [x[:, :, 0] != 0, y[:, :, 0] != 0])).tolist()
    [[True, True, False]]
    """
    case = part(case, pick)
    x, other_mask = shifted(case)
    first, second = (  # a timestep is put in front that both mask
        np.pad(array.astype("float32"), ((0, 0), (1, 0), (0, 0))) for array in (case.x, x)
    )
    mask, other_mask = (np.pad(m, ((0, 0), (1, 0))) for m in (case.mask, other_mask))
    y = merge(name, masking(first), masking(second))
    above = reader(y, mask | other_mask, seed)
    both, lost = (equations(replace(above, mask=m)).h for m in (mask & other_mask, None))
    reasons = {"both masks must say so": both, "the mask is lost": lost}
    assert_close(lstm(above)(y), equations(above).h, 64.0, instead=reasons)


@claim(
    "models.joined-in-time",
    derived="the masks stand one after the other, as the timesteps do",
    cases=3,
)
@given(padded, picks, seeds, whole([(True, True), (True, False), (False, True, True)]), booleans())
def test_joined_in_time_the_masks_are_joined_too(case, pick, seed, masked, opened):
    """
    Concatenate along the timesteps joins the masks of masked tensors of three axes along them, and
    an unmasked one counts whole.

    An LSTM behind it skips the padding in the middle and at the end. In a model too, whatever the
    lengths of the tensors are.

    >>> import keras, numpy as np
    >>> masking, join = keras.layers.Masking(), keras.layers.Concatenate(axis=1)
    >>> x, lstm = np.array([[[1.0], [0.0]]]), keras.layers.LSTM(2)
    >>> y = join([masking(x), masking(2.0 * x)])
    >>> bool(np.allclose(lstm(y), lstm(np.array([[[1.0], [2.0]]])), atol=1e-6))
    True
    """
    case = part(case, pick)
    x, mask = shifted(case)
    arrays = [case.x, np.repeat(x, 2, axis=1).astype("float32"), x.astype("float32")][: len(masked)]
    masks = [case.mask, np.repeat(mask, 2, axis=1), mask]
    joined = np.hstack([m if seen else m | True for m, seen in zip(masks, masked, strict=False)])
    y = in_time(arrays, masked)
    assert_mask(y, joined)
    above = reader(y, joined, seed)
    inputs = [keras.Input((None if opened else x.shape[1], 2)) for x in arrays]
    model = keras.Model(inputs, lstm(above)(in_time(inputs, masked)))
    computed = [model(arrays), model.predict(arrays, verbose=0)]
    assert_close(computed, [equations(above).h] * 2, bound=64.0)


def in_time(tensors, masked):
    """Join tensors along the timesteps, some of them behind Masking."""
    pairs = zip(tensors, masked, strict=True)
    return keras.layers.Concatenate(axis=1)([masking(x) if seen else x for x, seen in pairs])


@claim("models.dot-ends-mask", observed="Keras 2 and 3: a product has no timesteps of its own")
@given(padded, picks, integers(1, 2))
def test_a_dot_product_has_no_mask(case, pick, axis):
    """
    Dot hands no mask on, and multiplies masked timesteps like any other.

    Masking puts zeros at masked timesteps, and these add nothing to a product over time with finite
    numbers.

    >>> import keras, numpy as np
    >>> x = keras.layers.Masking()(np.array([[[1.0], [2.0], [0.0]]]))
    >>> np.array(keras.layers.Dot(1)([x, x])).tolist()
    [[[5.0]]]
    """
    case = part(case, pick)
    x = masking(case.x)
    y = keras.layers.Dot(axis)([x, x])
    assert_mask(y, None)
    letters = {1: "btf,btg->bfg", 2: "btf,bsf->bts"}[axis]
    assert_close(y, np.einsum(letters, case.x.astype(float), case.x.astype(float)))


@claim("models.sum-of-padding", observed="Keras 3.15")
@given(padded, picks, seeds, sampled_from(["Add", "Subtract", "Average"]))
def test_sums_count_what_is_masked(case, pick, seed, name):
    """
    Add, Subtract and Average compute with masked vectors too, where Maximum and Minimum leave them
    out beside unmasked ones.

    Masking puts zeros there; what a sigmoid makes of them is not zero.

    >>> import keras, numpy as np
    >>> masking, dense = keras.layers.Masking(), keras.layers.Dense(1, bias_initializer="ones")
    >>> y = dense(masking(np.array([[[0.0], [1.0]]])))  # the first timestep is masked
    >>> float(np.array(keras.layers.Add()([y, y]))[0, 0, 0])
    2.0
    """
    case = part(case, pick)
    lifting = keras.layers.Activation("sigmoid")
    x = lifting(masking(case.x))
    y = lifting(masking(other(case, seed)))
    expected = FUNCTIONS[name](to_numpy(x).astype(float), to_numpy(y).astype(float))
    assert_close(merge(name, x, y), expected)
    array, mask = shifted(case)
    z = lifting(masking(array.astype("float32")))
    masks = (case.mask, np.ones_like(mask), mask)
    for extreme in ("Maximum", "Minimum"):
        assert_extreme(extreme, (x, z), masks[::2])
        assert_extreme(extreme, (x, to_numpy(y), z), masks)


def assert_extreme(name, tensors, masks):
    """Assert that a merge of tensors is their extreme where any is not masked, of those alone."""
    arrays = [to_numpy(tensor).astype(float) for tensor in tensors]
    left_out = np.inf if name == "Minimum" else -np.inf
    pairs = zip(arrays, masks, strict=True)
    parts = [np.where(mask[:, :, None], array, left_out) for array, mask in pairs]
    seen = np.any(masks, axis=0)
    instead = {"what is masked counts": reduce(FUNCTIONS[name], arrays)[seen]}
    actual = to_numpy(merge(name, *tensors))[seen]
    assert_close(actual, reduce(FUNCTIONS[name], parts)[seen], instead=instead)


@claim(
    "models.merge-of-unmasked",
    promised="Add, Subtract, Multiply, Average, Maximum, Minimum: element by element",
    cases=4,
)
@given(padded, seeds)
def test_merges_of_unmasked_tensors_are_element_by_element(case, seed):
    """
    By default merges of unmasked LSTM outputs of one shape, but Dot, compute element by element,
    and Concatenate joins features.

    Add, Subtract, Multiply, Average, Maximum and Minimum take tensors of one shape for that; an
    axis behind the batch that has size one, or is missing in a new layer, is stretched; of one
    feature see `models.merge-of-widths`.

    >>> import keras, numpy as np
    >>> a, b = keras.layers.LSTM(2), keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [2.0]]])  # (batch, timesteps, features)
    >>> bool(np.array_equal(keras.layers.Subtract()([a(x), b(x)]), a(x) - b(x)))
    True
    """
    layer = keras.layers.LSTM(3, return_sequences=True)
    x = layer(case.x)
    y = layer(other(case, seed))
    u = to_numpy(x).astype(float)
    v = to_numpy(y).astype(float)
    for name, function in FUNCTIONS.items():
        assert_close(merge(name, x, y), function(u, v))
    assert_close(merge("Concatenate", x, y), np.concatenate([u, v], axis=-1))


@claim(
    "models.attention-skips",
    promised="Attention, call argument `mask`: masked positions of the value have no part",
    cases=4,
)
@given(oblong, picks, seeds, whole(["Attention", "AdditiveAttention"]), whole([False, True]))
def test_attention_gives_masked_values_no_weight(case, pick, seed, name, masked):
    """
    With scores within 10,000 Attention and AdditiveAttention give masked timesteps of the value no
    weight, if one is visible.

    The mask comes with the value, as from an LSTM behind Masking; the query may have one too, of
    another length, or none. A masked score is lowered by a billion, in float16 by 65504, which
    larger scores outdo.

    >>> import keras, numpy as np
    >>> masking, attention = keras.layers.Masking(), keras.layers.Attention()
    >>> q, v = np.array([[[1.0], [2.0]]]), np.array([[[3.0], [4.0], [0.0]]])
    >>> bool(np.allclose(attention([q, masking(v)]), attention([q, v[:, :2]]), atol=1e-6))
    True
    """
    case = part(case, pick)
    counted = case.mask[:, 1:] | (not masked)
    query = (other(case, seed)[:, 1:] * counted[:, :, None]).astype("float32")
    layer = getattr(keras.layers, name)()
    alone = np.zeros((*query.shape[:2], 2))
    for row in range(case.batch):
        value = case.x[row : row + 1, case.mask[row]]
        alone[row] = to_numpy(layer([query[row : row + 1], value]))[0]
    expected = alone * counted[:, :, None]
    front = keras.layers.Masking() if masked else keras.layers.Activation("linear")
    assert_close(layer([front(query), masking(case.x)]), expected)
    inputs = [keras.Input((None, 2)), keras.Input((None, 2))]
    model = keras.Model(inputs, layer([front(inputs[0]), masking(inputs[1])]))
    computed = [model([query, case.x]), model.predict([query, case.x], verbose=0)]
    assert_close(computed, [expected] * 2)


@claim(
    "models.attention-query",
    promised="Attention, call argument `mask`: zero where the query is masked",
    cases=4,
)
@given(padded, picks, seeds, whole(["Attention", "AdditiveAttention"]), whole([False, True]))
def test_attention_puts_zeros_where_the_query_is_masked(case, pick, seed, name, masked):
    """
    Attention, AdditiveAttention and MultiHeadAttention pass on the mask that a query has, the first
    two with zeros there.

    The zeros are at the masked timesteps; the others attend as they do without a mask of the
    query. An argument `mask` of the first two replaces what is attached. After a call the query may
    have none any more, see `models.attention-leaves-masks`.

    >>> import keras, numpy as np
    >>> masking, attention = keras.layers.Masking(), keras.layers.Attention()
    >>> q, v = np.array([[[1.0], [0.0]]]), np.array([[[3.0], [3.0]]])
    >>> np.array(attention([masking(q), v])).tolist()
    [[[3.0], [0.0]]]
    """
    case = part(case, pick)
    value = np.repeat(other(case, seed), 2, axis=1)  # longer than the query
    value = masking(value * np.repeat(case.mask, 2, axis=1)[:, :, None]) if masked else value
    layer = getattr(keras.layers, name)()
    y = layer([masking(case.x), value])
    plain = to_numpy(layer([case.x, value])).astype(float)
    assert_mask(y, case.mask)
    assert_close(y, plain * case.mask[:, :, None])
    heads = keras.layers.MultiHeadAttention(2, 3)
    assert_mask(heads(masking(case.x), value), case.mask)
    above = reader(heads(masking(case.x), masking(case.x)), case.mask, seed)
    given_ = keras.Input((None, 2))
    query = keras.layers.Masking()(given_)
    model = keras.Model(given_, lstm(above)(heads(query, query)))
    assert_close(model(case.x), equations(above).h, bound=64.0)


ATTENDING: dict[str, Callable[..., Any]] = {
    "Attention": lambda query, value: keras.layers.Attention()([query, value]),
    "AdditiveAttention": lambda query, value: keras.layers.AdditiveAttention()([query, value]),
    "MultiHeadAttention": lambda query, value: keras.layers.MultiHeadAttention(2, 3)(query, value),
}
"""Layers that attend, on a query and a value."""


@claim(
    "models.attention-leaves-masks",
    promised="Masking and padding guide: a mask comes with a tensor, to every layer that reads it",
    cases=4,
)
@given(padded, picks, seeds)
def test_attention_leaves_its_query_masked(case, pick, seed):
    """
    After a call of Attention, AdditiveAttention or MultiHeadAttention its query has the mask that
    it had.

    So an LSTM that reads the query too, or an Add of the query and what attends, skips the padding.

    >>> import keras, numpy as np
    >>> x = keras.layers.Masking()(np.array([[[1.0], [2.0], [0.0]]]))
    >>> lstm, attention = keras.layers.LSTM(2), keras.layers.Attention()
    >>> before, attended = lstm(x), attention([x, np.ones((1, 4, 1))])
    >>> bool(np.array_equal(lstm(x), before))
    True
    """
    case = part(case, pick)
    for attend in ATTENDING.values():
        query = masking(case.x)
        attend(query, other(case, seed))
        assert_mask(query, case.mask)


@claim(
    "models.heads-skip",
    observed="Keras 3; Keras 2 since 2.10",
    cases=4,
)
@given(padded, picks, seeds)
def test_multi_head_attention_gives_masked_values_no_weight(case, pick, seed):
    """
    With scores within 10,000 MultiHeadAttention shows unmasked rows no value one mask or
    `attention_mask` hides, if one is seen.

    The mask that the value still has (see `models.attention-leaves-masks`) is used beside causal
    masks and an `attention_mask` of (B, T, S), or of one sample, (T, S). One of each head, (B, H,
    T, S), is right without other masks. A row that the query's mask hides reads padding too,
    unless scores are returned.

    >>> import keras, numpy as np
    >>> masking, heads = keras.layers.Masking(), keras.layers.MultiHeadAttention(1, 2)
    >>> q, v = np.array([[[1.0], [2.0]]]), np.array([[[3.0], [4.0], [0.0]]])
    >>> bool(np.allclose(heads(q, masking(v)), heads(q, v[:, :2]), atol=1e-6))
    True
    """
    case, query = part(case, pick), other(case, seed)
    layer = keras.layers.MultiHeadAttention(2, 3)
    together = to_numpy(layer(query, masking(case.x)))
    for row in range(case.batch):
        alone = to_numpy(layer(query[row : row + 1], case.x[row : row + 1, case.mask[row]]))
        instead = {"the mask is ignored": to_numpy(layer(query, case.x))[row : row + 1]}
        assert_close(together[row : row + 1], alone.astype(float), instead=instead)
        hidden_ = np.tile(case.mask[row], (1, 2, case.timesteps, 1))  # (B, H, T, S)
        for mask in (hidden_, hidden_[:, 0], hidden_[0, 0]):
            y = layer(query[row : row + 1], case.x[row : row + 1], attention_mask=mask)
            assert_close(y, alone.astype(float))


@claim("models.attention-of-lstm", derived="the formula of dot-product attention")
@given(padded, seeds)
def test_attention_over_lstm_outputs_is_a_weighted_mean(case, seed):
    """
    By default an unmasked row of Attention to unmasked LSTM outputs is their mean, weighted by
    softmax of products.

    The products are not scaled by default, and score_mode="concat" adds in their place. A row that
    the mask of the query hides is zero.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2, return_sequences=True), np.array([[[1.0], [1.0]]])
    >>> y = np.array(lstm(x))
    >>> z = np.array(keras.layers.Attention()([np.zeros((1, 1, 2)), y]))
    >>> bool(np.allclose(z, y.mean(axis=1, keepdims=True), atol=1e-6))
    True
    """
    value = keras.layers.LSTM(2, return_sequences=True)(case.x)
    query = other(case, seed)
    v = to_numpy(value).astype(float)
    weights = softmax(query.astype(float) @ v.swapaxes(1, 2))
    assert_close(keras.layers.Attention()([query, value]), weights @ v)


# Without masks.


@claim(
    "models.merge-of-ranks",
    observed="Keras 3.15: axes of size 1 are put in behind the batch",
    corrects="A vector must be repeated before it can be added to every timestep.",
    cases=6,
)
@given(
    cases(batch=integers(1, 3), features=integers(2, 4)), whole(list(FUNCTIONS)), booleans(), seeds
)
def test_a_vector_is_merged_with_every_timestep(case, name, behind, seed):
    """
    Unmasked, new Add, Subtract, Multiply, Average, Maximum and Minimum merge a vector of several
    features with every timestep.

    An input with fewer axes gets axes of size 1 behind the batch, unless the layer merged equal
    numbers of axes before; of one feature see `models.merge-of-widths`. Concatenate does not do
    it: there the vector is repeated first, as by RepeatVector.

    >>> import keras, numpy as np
    >>> x = np.random.rand(2, 3, 1)
    >>> rows, final = keras.layers.LSTM(4, return_sequences=True)(x), keras.layers.LSTM(4)(x)
    >>> both = keras.layers.Add()([rows, final])
    >>> bool(np.allclose(both[:, 2], rows[:, 2] + final, atol=1e-6))
    True
    """
    vector = noise((case.x.shape[0], case.x.shape[2]), seed)
    pair = (case.x, vector) if behind else (vector, case.x)
    inputs = [keras.Input((None, *x.shape[2:]) if x.ndim == 3 else x.shape[1:]) for x in pair]
    model = keras.Model(inputs, merge(name, *inputs))
    exact = FUNCTIONS[name](*(x if x.ndim == 3 else x[:, None] for x in pair))
    assert_close(model(list(pair)), exact)
    assert_close(merge(name, *pair), exact)


LONE = tuple(name for name in MERGING if name != "Subtract")
"""Merges that take a single tensor, in a list."""


@claim(
    "models.merge-of-one", derived="a sum, product, mean or extreme of one tensor is that tensor"
)
@given(cases(), whole(list(LONE)))
def test_a_merge_of_one_tensor_is_that_tensor(case, name):
    """
    Unmasked, Add, Multiply, Average, Maximum, Minimum and Concatenate give back the one float
    tensor of a list, in their dtype.

    In a model too. So a list of branches may hold a single one. Subtract and Dot need two. Whole
    numbers keep their type, but for Average.

    >>> import keras, numpy as np
    >>> y = keras.layers.LSTM(2)(np.ones((1, 3, 1)))
    >>> bool(np.array_equal(keras.layers.Concatenate()([y]), y))
    True
    """
    assert_same(merge(name, case.x), case.x)
    symbol = keras.Input(case.x.shape[1:])
    assert_same(keras.Model(symbol, merge(name, symbol))(case.x), case.x)


SILENT = (*MERGING, "Dot")


@claim("models.merges-are-silent", observed="Keras 2 and 3")
@given(padded, picks, whole(list(SILENT)), booleans())
def test_merges_do_not_warn_of_masks(case, pick, name, both):
    """
    Add and its like, Concatenate and Dot give no warning where they merge masks, or end them.

    Though a mask may be lost there, as it is by Dot. Layers that cannot read masks warn:
    `models.warns-of-lost-mask`.

    >>> import keras, numpy as np
    >>> import warnings
    >>> x = keras.layers.Masking()(np.array([[[1.0], [0.0]]]))
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error")
    ...     product = keras.layers.Dot(1)([x, x])
    >>> tuple(product.shape)
    (1, 1, 1)
    """
    case = part(case, pick)
    layer = keras.layers.Dot(1) if name == "Dot" else getattr(keras.layers, name)()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        layer([masking(case.x), masking(case.x) if both else case.x])


DOTS = [
    (ranks, (i, j))
    for ranks in ((2, 2), (2, 3), (3, 2), (3, 3), (4, 3), (4, 4))
    for i in range(1, ranks[0])
    for j in range(1, ranks[1])
]
"""How many axes the two inputs of Dot have, and along which it sums."""
SHORT = 1e-5 if keras_2() else 1e-6
"""The scale of short vectors; Keras 2 makes no cosine of those shorter than 1e-6."""


@claim(
    "models.dot",
    promised="Dot: the axes along which the dot product is taken, samples apart",
    cases=6,
)
@given(
    whole(DOTS),
    whole([(False, 1.0), (True, 1.0), (True, SHORT)]),
    booleans(),
    sampled_from([tuple, list]),
    integers(1, 3),
    seeds,
)
def test_dot_sums_products_along_its_axes(which, scaled, from_the_end, kind, batch, seed):
    """
    Dot(axes=(i, j)) sums for each sample the products along axis i of one input and axis j of the
    other.

    Axes that are left come in order, the first input's before the second's; if none is left, there
    is one of size 1. With normalize=True it is the cosine, of float vectors longer than 1e-7. Axis
    0, of samples, is refused in a call on data; a new layer refuses an open axis with a known one.

    >>> import keras, numpy as np
    >>> query = keras.layers.LSTM(4)(np.random.rand(2, 5, 1))
    >>> rows = keras.layers.LSTM(4, return_sequences=True)(np.random.rand(2, 3, 1))
    >>> scores = keras.layers.Dot(axes=(2, 1))([rows, query])
    >>> bool(np.allclose(scores, np.einsum("btu,bu->bt", rows, query), atol=1e-6))
    True
    """
    ranks, axes = which
    normalize, scale = scaled
    pair = []
    for sizes, rank, axis in zip(((2, 3, 4), (4, 2, 3)), ranks, axes, strict=True):
        shape = [batch, *sizes[: rank - 1]]
        shape[axis] = 5
        pair.append(noise(tuple(shape), seed + rank + axis, scale))
    named = tuple(a - r for a, r in zip(axes, ranks, strict=True)) if from_the_end else axes
    inputs = [keras.Input(array.shape[1:]) for array in pair]
    layer = keras.layers.Dot(kind(named), normalize=normalize)
    model = keras.Model(inputs, layer(inputs))
    exact = dots(pair, axes, normalize)
    assert model.output_shape == (None, *exact.shape[1:]), model.output_shape
    again = keras.layers.Dot.from_config(layer.get_config())
    assert_close([model(pair), again(pair), *in_open_graphs(again, pair, exact)], [exact] * 3)


def in_open_graphs(layer, pair, exact):
    """Return what a layer gives in a graph that leaves the second array's sizes open, in a list.

    Where there are no such graphs it is what the layer should give.
    """
    if backend() != "tensorflow":
        return [exact]
    import tensorflow as tf

    x, y = pair
    signature = [tf.TensorSpec(x.shape), tf.TensorSpec([None] * y.ndim)]
    return [tf.function(lambda *tensors: layer(list(tensors)), signature)(x, y)]


def dots(pair, axes, normalize):
    """Return the sums of products of two arrays along an axis of each, samples apart."""
    x, y = (np.asarray(array, float) for array in pair)
    i, j = axes
    if normalize:
        x = x / np.linalg.norm(x, axis=i, keepdims=True)
        y = y / np.linalg.norm(y, axis=j, keepdims=True)
    products = [np.tensordot(x[k], y[k], (i - 1, j - 1)) for k in range(len(x))]
    return np.reshape(products, (len(x), *(np.shape(products[0]) or (1,))))


@claim(
    "models.merge-of-widths",
    promised="ops.add and its like, element by element: an axis of size 1 is stretched",
    cases=4,
)
@given(cases(features=2, timesteps=2), whole(list(FUNCTIONS)), seeds)
@example(small(), "Add", 0)
def test_one_feature_is_merged_with_every_feature(case, name, seed):
    """
    Without masks Add and its like merge a sequence of one feature with each feature of another of
    as many timesteps.

    As where a sequence is added to scores of its timesteps. Until Keras does so in all shapes,
    give Add and Average the sequence of one feature first.

    >>> import keras, numpy as np
    >>> x, y = np.zeros((1, 3, 2)), np.array([[[5.0], [6.0], [7.0]]])
    >>> np.array(keras.layers.Add()([x, y])).tolist()
    [[[5.0, 5.0], [6.0, 6.0], [7.0, 7.0]]]
    """
    x = case.x[:1, :, :2]  # as many features as timesteps
    y = noise((1, 2, 1), seed)
    instead = {"it is the same for each timestep": FUNCTIONS[name](x, y.swapaxes(1, 2))}
    assert_close(merge(name, x, y), FUNCTIONS[name](x, y), instead=instead)
    longer = np.concatenate([x, x], axis=1)
    assert_close(merge(name, longer, longer[..., :1]), FUNCTIONS[name](longer, longer[..., :1]))
