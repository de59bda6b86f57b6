"""Layers around an LSTM: what they declare, return and attend to, and which masks they get."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import integers, permutations, sampled_from, tuples

from lstm_spec.claims import claim
from lstm_spec.claims.models import assert_mask, masking, other, part
from lstm_spec.harness.reference import equations
from lstm_spec.harness.strategies import (
    Array,
    cases,
    noise,
    permutation,
    picks,
    seeds,
    varied,
    whole,
)
from lstm_spec.harness.subject import (
    FORMS,
    as_states,
    flatten,
    global_policy,
    kind,
    lstm,
    takes,
    to_numpy,
)
from lstm_spec.harness.tolerance import assert_close, assert_same

SEQUENCE = (None, None, 2)
"""The shape (batch, timesteps, features) of what a layer reads."""
WIDE = (None, None, 3)
IDS = (None, None)


class Around(NamedTuple):
    """A layer, what it is called on, and with which arguments."""

    make: Callable[[], Any]
    reads: tuple[tuple[int | None, ...], ...] = (SEQUENCE,)
    arguments: dict[str, bool] = {}  # noqa: RUF012 - never changed

    def call(self, layer: Any, tensors: Any) -> list[Any]:
        """Return the outputs of a call in a list."""
        return outputs_of(layer, tensors, **self.arguments)


def outputs_of(layer: Any, tensors: Any, **arguments: Any) -> list[Any]:
    """Return the outputs of a layer in a list; most layers take several tensors in a list too."""
    apart = "MultiHead" in type(layer).__name__ or len(tensors) == 1
    return flatten(layer(*(tensors if apart else [tensors]), **arguments))


layers = keras.layers
TABLE: dict[str, Around] = {
    "Activation": Around(lambda: layers.Activation("relu")),
    "Add": Around(lambda: layers.Add(), (SEQUENCE, (None, 1, 2))),
    "AdditiveAttention": Around(lambda: layers.AdditiveAttention(), (SEQUENCE,) * 2),
    "AdditiveAttention and scores": Around(
        lambda: layers.AdditiveAttention(), (SEQUENCE,) * 2, {"return_attention_scores": True}
    ),
    "Attention": Around(lambda: layers.Attention(), (SEQUENCE, WIDE, SEQUENCE)),
    "Attention and scores": Around(
        lambda: layers.Attention(), (SEQUENCE,) * 2, {"return_attention_scores": True}
    ),
    "Attention of sums": Around(
        lambda: layers.Attention(use_scale=True, score_mode="concat"), (SEQUENCE,) * 2
    ),
    "AveragePooling1D": Around(lambda: layers.AveragePooling1D(2, strides=1)),
    "BatchNormalization": Around(lambda: layers.BatchNormalization()),
    "Bidirectional and states": Around(
        lambda: layers.Bidirectional(layers.LSTM(3, return_state=True))
    ),
    "Concatenate": Around(lambda: layers.Concatenate(), (SEQUENCE, WIDE)),
    "Concatenate in time": Around(lambda: layers.Concatenate(axis=1), (SEQUENCE,) * 2),
    "Conv1D": Around(lambda: layers.Conv1D(3, 2, padding="causal", strides=2)),
    "Conv1DTranspose": Around(lambda: layers.Conv1DTranspose(3, 3, strides=2, padding="same")),
    "Cropping1D": Around(lambda: layers.Cropping1D((1, 0))),
    "Dense": Around(lambda: layers.Dense(3)),
    "Dot": Around(lambda: layers.Dot(axes=1), (SEQUENCE, WIDE)),
    "Dot of a vector": Around(lambda: layers.Dot(axes=(2, 1)), (SEQUENCE, (None, 2))),
    "Dot over features": Around(lambda: layers.Dot(axes=2, normalize=True), (SEQUENCE,) * 2),
    "Dropout": Around(lambda: layers.Dropout(0.5, noise_shape=(None, 1, 2))),
    "ELU": Around(lambda: layers.ELU()),
    "Embedding": Around(lambda: layers.Embedding(5, 3), (IDS,)),
    "Flatten": Around(lambda: layers.Flatten()),
    "GRU and states": Around(lambda: layers.GRU(3, return_sequences=True, return_state=True)),
    "GlobalAveragePooling1D": Around(lambda: layers.GlobalAveragePooling1D(keepdims=True)),
    "GlobalMaxPooling1D": Around(lambda: layers.GlobalMaxPooling1D()),
    "LayerNormalization": Around(lambda: layers.LayerNormalization()),
    "LeakyReLU": Around(lambda: layers.LeakyReLU()),
    "Masking": Around(lambda: layers.Masking()),
    "MaxPooling1D": Around(lambda: layers.MaxPooling1D(2, padding="same")),
    "MultiHeadAttention": Around(lambda: layers.MultiHeadAttention(2, 3), (SEQUENCE, WIDE)),
    "MultiHeadAttention and scores": Around(
        lambda: layers.MultiHeadAttention(2, 3), (SEQUENCE,) * 2, {"return_attention_scores": True}
    ),
    "MultiHeadAttention of a width": Around(
        lambda: layers.MultiHeadAttention(2, 3, output_shape=5), (SEQUENCE,) * 2
    ),
    "PReLU": Around(lambda: layers.PReLU(shared_axes=[1])),
    "Permute": Around(lambda: layers.Permute((2, 1))),
    "RNN of cells and states": Around(
        lambda: layers.RNN([layers.LSTMCell(3), layers.LSTMCell(4)], return_state=True)
    ),
    "ReLU": Around(lambda: layers.ReLU(0.5)),
    "RMSNormalization": Around(lambda: layers.RMSNormalization()),
    "RepeatVector": Around(lambda: layers.RepeatVector(3), ((None, 2),)),
    "Reshape": Around(lambda: layers.Reshape((-1, 1, 2))),
    "SeparableConv1D": Around(lambda: layers.SeparableConv1D(3, 2)),
    "Softmax": Around(lambda: layers.Softmax(axis=1)),
    "SpatialDropout1D": Around(lambda: layers.SpatialDropout1D(0.5)),
    "Subtract": Around(lambda: layers.Subtract(), (SEQUENCE,) * 2),
    "UnitNormalization": Around(lambda: layers.UnitNormalization()),
    "UpSampling1D": Around(lambda: layers.UpSampling1D(2)),
    "ZeroPadding1D": Around(lambda: layers.ZeroPadding1D((1, 2))),
}
"""Layers around an LSTM, and what they read, by a name that begins with that of their class."""
if not takes("Attention", "score_mode"):  # Keras 2 before TensorFlow 2.10
    del TABLE["Attention of sums"]
HERE = [name for name in TABLE if hasattr(keras.layers, name.split()[0])]
sizes = tuples(permutations([1, 2, 3]), permutations([4, 5, 7])).map(
    lambda pair: list(zip(*pair, strict=True))[:2]
)
"""Two numbers of samples, each with a number of timesteps."""


def filled(shape, batch, timesteps, seed):
    """Return an array of a shape whose open axes have sizes: noise or ids."""
    sized = (batch, *(timesteps if axis is None else axis for axis in shape[1:]))
    if shape == IDS:
        return (permutation(batch * timesteps, seed).reshape(sized) % 5).astype("int32")
    return noise(sized, seed)


def arrays(around, size, seed):
    """Return what a layer is called on, at a size."""
    batch, timesteps = size
    return [filled(shape, batch, timesteps, seed + k) for k, shape in enumerate(around.reads)]


@claim(
    "models.declared-by-layers",
    promised="functional API guide: a layer called on an Input returns a symbol of its output",
    cases=4,
)
@given(whole(HERE), whole(["float32", "mixed_float16"]), sizes, seeds)
def test_a_layer_declares_what_its_calls_return(name, dtype, drawn, seed):
    """
    On a float32 Input((None, n)) a layer around an LSTM declares the shapes and types it returns,
    but for glu and Lambda.

    As many tensors, as many axes, and the sizes of all axes that are not open; under a mixed
    policy the type in which the layer computes. The activation glu and a Lambda that casts return
    others.

    >>> import keras, numpy as np
    >>> attention, x = keras.layers.Attention(), np.ones((2, 4, 3))
    >>> given = keras.Input((None, 3))
    >>> declared, returned = attention([given, given]), attention([x, x])
    >>> tuple(declared.shape), tuple(returned.shape)
    ((None, None, 3), (2, 4, 3))
    """
    around = TABLE[name]
    with global_policy(dtype):
        layer = around.make()
    kinds = ["int32" if shape == IDS else "float32" for shape in around.reads]
    inputs = [keras.Input(s[1:], dtype=d) for s, d in zip(around.reads, kinds, strict=True)]
    for called in (around, around._replace(arguments={})):
        symbols = called.call(layer, inputs)
        returned = [called.call(layer, arrays(around, size, seed)) for size in drawn]
        declared = [(tuple(symbol.shape), kind(symbol)) for symbol in symbols]
        expected = [(common(each), kind(each[0])) for each in zip(*returned, strict=True)]
        assert declared == expected, f"{name} declares {declared}, not {expected}"


@claim(
    "models.declared-scores",
    promised="functional API guide: a layer called on an Input returns a symbol of its output",
    cases=4,
)
@given(
    permutations([1, 2, 3, 4, 5]),
    integers(1, 3),
    whole([(True, True), (True, False), (False, True), (False, False)]),
    whole([False, True]),
    seeds,
)
def test_multi_head_attention_declares_scores_of_each_length(drawn, heads, known, keyed, seed):
    """
    For a query of T timesteps and a value of S, MultiHeadAttention declares scores of (batch,
    heads, T, S).

    So a Dense or Flatten behind the scores is built for their size; an open T or S is None.
    Until Keras does so, put a Lambda with output_shape behind the scores, or call
    GroupQueryAttention, which declares them rightly, with as many heads for the value.

    >>> import keras, numpy as np
    >>> query, value = keras.Input((3, 1)), keras.Input((5, 1))
    >>> heads = keras.layers.MultiHeadAttention(2, 4)
    >>> _, scores = heads(query, value, return_attention_scores=True)
    >>> scores = keras.layers.Lambda(lambda y: y, output_shape=(2, 3, 5))(scores)
    >>> model = keras.Model([query, value], keras.layers.Dense(4)(scores))
    >>> tuple(model([np.ones((1, 3, 1)), np.ones((1, 5, 1))]).shape)
    (1, 2, 3, 4)
    """
    lengths = tuple(drawn[:2])
    layer = keras.layers.MultiHeadAttention(heads, 3)
    t, s = (size if told else None for size, told in zip(lengths, known, strict=True))
    symbols = [keras.Input((t, 2)), *[keras.Input((s, 2))] * (1 + keyed)]
    arrays = [noise((2, size, 2), seed) for size in lengths]
    arrays += arrays[1:] * keyed
    declared, returned = (
        layer(*given_, return_attention_scores=True)[1].shape for given_ in (symbols, arrays)
    )
    assert tuple(returned) == (2, heads, *lengths)
    instead = {"the value is as long as the query": sized(None, heads, t, t)}
    assert_same(sized(*declared), sized(None, heads, t, s), instead=instead)


def sized(*shape):
    """Return a shape as an array, with -1 for the axes that are open."""
    return np.array([-1 if size is None else size for size in shape])


OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "repeat": lambda ops, y: ops.repeat(y, 2, axis=1),
    "repeat by numbers": lambda ops, y: ops.repeat(y, np.array([1, 0, 2, 1]), axis=2),
    "split": lambda ops, y: ops.split(y, [1, 3], axis=-1),
    "split in equal parts": lambda ops, y: ops.split(y, 2, axis=-1),
    "take": lambda ops, y: ops.take(y, np.array([0, 3, 3]), axis=2),
    "pad": lambda ops, y: ops.pad(y, [[0, 0], [1, 0], [0, 2]]),
    "roll": lambda ops, y: ops.roll(y, 1, axis=1),
    "tile": lambda ops, y: ops.tile(y, (1, 2, 3)),
    "flip": lambda ops, y: ops.flip(y, axis=1),
    "diff": lambda ops, y: ops.diff(y, axis=1),
    "cumsum": lambda ops, y: ops.cumsum(y, axis=1),
    "mean": lambda ops, y: ops.mean(y, axis=1),
    "max": lambda ops, y: ops.max(y, axis=-1, keepdims=True),
    "expand_dims": lambda ops, y: ops.expand_dims(y, 1),
    "stack": lambda ops, y: ops.stack([y, y], axis=2),
    "transpose": lambda ops, y: ops.transpose(y, (0, 2, 1)),
    "where": lambda ops, y: ops.where(y > 0, y, 0.0),
    "matmul": lambda ops, y: ops.matmul(y, ops.transpose(y, (0, 2, 1))),
    "einsum": lambda ops, y: ops.einsum("btu,bsu->bts", y, y),
    "sort": lambda ops, y: ops.sort(y, axis=-1),
}
"""Operations of keras.ops that NumPy has too, on (batch, timesteps, 4)."""


@claim(
    "models.declared-by-operations",
    promised="functional API guide: operations on symbols return symbols of their results",
    cases=4,
    needs="keras.ops.diff",
)
@given(
    cases(units=4, timesteps=integers(2, 4), return_sequences=True),
    whole(list(OPERATIONS)),
    whole(["known", "open"]),
)
def test_an_operation_declares_what_it_returns(case, name, length):
    """
    Of float32 outputs of an LSTM repeat, split and flip of keras.ops declare the shape and type
    that their result has.

    Known sizes as they are, open ones as None; what depends on an open number of timesteps is open
    too. In a model they compute what NumPy's functions of these names compute. Most operations do
    so: but polar declares float32 for complex64, and pad fails with one width for all axes.

    >>> import keras, numpy as np
    >>> x = keras.Input((3, 1))
    >>> twice = keras.ops.repeat(keras.layers.LSTM(2, return_sequences=True)(x), 2, axis=1)
    >>> tuple(twice.shape), tuple(keras.Model(x, twice)(np.ones((5, 3, 1))).shape)
    ((None, 6, 2), (5, 6, 2))
    """
    inputs = keras.Input((case.timesteps if length == "known" else None, case.features))
    symbols = OPERATIONS[name](keras.ops, lstm(case)(inputs))
    returned = flatten(keras.Model(inputs, symbols)(case.x))
    exact = flatten(OPERATIONS[name](np, equations(case).outputs))
    assert_close([to_numpy(y) for y in returned], exact)
    for symbol, y in zip(flatten(symbols), returned, strict=True):
        declared = tuple(symbol.shape)
        fits = [size in (None, known) for size, known in zip(declared, y.shape, strict=True)]
        assert all(fits), f"{name} declares {declared}, and returns {tuple(y.shape)}"
        assert length == "open" or None not in declared[1:], f"{name} declares {declared}"
        assert kind(symbol) == kind(y), f"{name} declares {kind(symbol)}, and returns {kind(y)}"


def common(tensors):
    """Return the shape of tensors, with None for the axes whose sizes differ."""
    axes = zip(*(tuple(tensor.shape) for tensor in tensors), strict=True)
    return tuple(sizes[0] if len(set(sizes)) == 1 else None for sizes in axes)


@claim(
    "models.open-graphs",
    derived="a graph of open sizes serves all of them",
    cases=4,
    needs="tensorflow",
)
@given(whole(HERE), sizes, seeds)
def test_a_layer_computes_the_same_in_a_graph_of_open_sizes(name, drawn, seed):
    """
    In a tf.function of open sizes, built Dense, attention, normalization, convolution and window
    pooling layers act as in calls.

    For one batch and length after the other, no length shorter than the layer's window. For
    TimeDistributed see `models.slices-in-a-graph`.

    >>> import keras, numpy as np
    >>> import tensorflow as tf
    >>> pool, x = keras.layers.MaxPooling1D(2), np.ones((2, 4, 3), "float32")
    >>> graph = tf.function(pool, [tf.TensorSpec((None, None, 3))])
    >>> bool(np.array_equal(graph(x), pool(x)))
    True
    """
    import tensorflow as tf

    around = TABLE[name]
    layer = around.make()
    given = [arrays(around, size, seed) for size in drawn]
    expected = [[to_numpy(y) for y in around.call(layer, inputs)] for inputs in given]
    signature = [
        tf.TensorSpec(shape, array.dtype)
        for shape, array in zip(around.reads, given[0], strict=True)
    ]
    graph = tf.function(lambda *tensors: around.call(layer, list(tensors)), signature)
    for inputs, outputs in zip(given, expected, strict=True):
        actual = [to_numpy(y) for y in graph(*map(tf.constant, inputs))]
        assert_close(actual, [y.astype(float) for y in outputs])


WINDOWS = [(2, 2), (3, 1), (3, 2), (4, 3), (5, 3)]
"""Sizes of windows, each with the distance from one to the next."""


def averages(x: Array, size: int, strides: int, repeated: bool = False) -> Array:
    """Return the average of what is there in each window of a padded sequence.

    Args:
        x: the sequences.
        size: that of a window.
        strides: how far it is from one window to the next.
        repeated: whether the first and last timestep are repeated as odd padding.
    """
    count = -(-x.shape[1] // strides)
    padding = max((count - 1) * strides + size - x.shape[1], 0)
    before = padding // 2
    if repeated and padding % 2:
        x = np.pad(x, [(0, 0), (before, padding - before), (0, 0)], mode="edge")
        before = 0
    starts = [k * strides - before for k in range(count)]
    windows = [x[:, max(start, 0) : start + size] for start in starts]
    return np.stack([window.mean(axis=1) for window in windows], axis=1)


@claim(
    "models.average-pooling-same",
    derived="padding is no timestep, and an average is one of timesteps",
    corrects="AveragePooling1D averages zeros of the padding with the timesteps at the ends.",
    cases=4,
)
@given(
    cases(batch=integers(1, 3), timesteps=integers(2, 6), features=integers(1, 3)),
    whole(["called", "predict"]),
)
def test_average_pooling_counts_no_padding(case, way):
    """
    With padding="same" AveragePooling1D gives the mean of the timesteps in each window, without
    the padding that it adds.

    Windows begin every `strides` timesteps. What is missing at the ends is shared out, the odd one
    to the last window. So an LSTM behind it reads averages at the ends too.

    >>> import keras, numpy as np
    >>> x = np.array([[[1.0], [2.0], [3.0]]])  # (batch, timesteps, features)
    >>> pool = keras.layers.AveragePooling1D(3, strides=1, padding="same")
    >>> np.array(pool(x)).ravel().tolist()
    [1.5, 2.0, 2.5]
    """
    pools = [keras.layers.AveragePooling1D(*window, padding="same") for window in WINDOWS]
    inputs = keras.Input((None, case.features))
    model = keras.Model(inputs, [pool(inputs) for pool in pools])
    rows = {
        "called": lambda: [to_numpy(pool(case.x)) for pool in pools],
        "predict": lambda: model.predict(case.x, verbose=0),
    }[way]()
    x = case.x.astype(float)
    instead = {"the ends are repeated": [averages(x, *window, True) for window in WINDOWS]}
    assert_close(rows, [averages(x, *window) for window in WINDOWS], instead=instead)


@claim(
    "models.causal-attention",
    promised="Attention, call argument `use_causal_mask`: no position attends to later ones",
    cases=4,
    needs="Attention.call(use_causal_mask)",
)
@given(
    cases(batch=integers(1, 3), timesteps=integers(3, 5), features=2, masked=True),
    picks,
    seeds,
    whole(["AdditiveAttention", "Attention", "MultiHeadAttention"]),
    whole([False, True]),
)
def test_with_a_causal_mask_no_row_attends_to_later_timesteps(case, pick, seed, name, scores):
    """
    With use_causal_mask=True and scores within 10,000 unmasked rows read visible timesteps up to
    theirs, if the first is seen.

    As if the value ended there: the mask that comes with the value still counts. Larger scores may
    outdo the mask, as in `models.attention-skips`.

    >>> import keras, numpy as np
    >>> attention, x = keras.layers.Attention(), np.array([[[1.0], [2.0], [3.0]]])
    >>> y = attention([x, x], use_causal_mask=True)
    >>> bool(np.allclose(y[:, :2], attention([x[:, :2], x[:, :2]], use_causal_mask=True)))
    True
    >>> bool(np.allclose(y[:, 2:], attention([x[:, 2:], x])))
    True
    """
    layer = TABLE[name].make()
    case = part(case, pick)
    value = case.x.copy()
    value[:, 0] = 1.0
    query = other(case, seed)
    for x in (value, masking(value)):
        rows = attend(layer, query, x, use_causal_mask=True, return_attention_scores=scores)
        for t, k in np.ndindex(case.timesteps, case.batch):
            seen = np.any(value[k, : t + 1] != 0, axis=-1) | (x is value)
            alone = attend(layer, query[k : k + 1, t : t + 1], value[k : k + 1, : t + 1][:, seen])
            assert_close(rows[k : k + 1, t : t + 1], alone.astype(float))


def attend(layer, query, value, **options):
    """Return the rows of attention, without the scores, as an array."""
    return to_numpy(outputs_of(layer, [query, value], **options)[0])


@claim(
    "models.training-by-default",
    derived="an argument's default is its own function's",
    cases=4,
)
@given(cases(timesteps=integers(2, 4)), whole(["Sequential", "functional", "subclassed"]))
def test_the_default_of_training_of_one_layer_is_not_that_of_others(case, form):
    """
    Outside training, training=True by default in the `call` of your own layer puts no layer
    beside it in training.

    `predict` says training=False to all layers, as you can in a call of the model.

    >>> import keras, numpy as np
    >>> class Same(keras.layers.Layer):
    ...     def call(self, x, training=True):
    ...         return x * 1.0
    >>> layers = [keras.Input((3, 1)), Same(), keras.layers.Dropout(0.5), keras.layers.LSTM(2)]
    >>> model, x = keras.Sequential(layers), np.ones((1, 3, 1))
    >>> bool(np.allclose(model.predict(x, verbose=0), layers[-1](x), atol=1e-6))
    True
    """
    same = type("Same", (keras.layers.Layer,), {"call": doubled})()
    other_layer = type("Other", (keras.layers.Layer,), {"call": halved_in_training})()
    layer = lstm(case)
    model = in_form(form, case.x.shape[1:], [same, other_layer, layer])
    expected, in_training = (equations(replace(case, x=factor * case.x)).h for factor in (2.0, 1.0))
    assert_close(model(case.x), expected, instead={"the other is in training": in_training})


def doubled(self, x, training=True):
    """Be the call of a layer."""
    return x * 2.0


def halved_in_training(self, x, training=None):
    """Be the call of another one."""
    return x * (0.5 if training else 1.0)


def in_form(form, shape, chain):
    """Return layers as a Sequential, a functional or a subclassed model."""
    return FORMS[form](chain, keras.Input(shape))


TAKING = {
    "BatchNormalization": lambda: keras.layers.BatchNormalization(),
    "Bidirectional": lambda: keras.layers.Bidirectional(twice()),
    "LSTM": lambda: twice(),
    "RNN": lambda: keras.layers.RNN(keras.layers.LSTMCell(2), return_sequences=True),
    "TimeDistributed": lambda: keras.layers.TimeDistributed(keras.layers.Dense(2)),
    "your own": lambda: own(),
}
"""Layers that take a mask as an argument, and hand one on."""
if not takes("BatchNormalization.call", "mask"):  # Keras 2
    del TAKING["BatchNormalization"]


def twice():
    """Return an LSTM that returns sequences."""
    return keras.layers.LSTM(2, return_sequences=True)


def own():
    """Return a layer of one's own that takes a mask, and supports masks."""
    layer = type("Own", (keras.layers.Layer,), {"call": lambda self, x, mask=None: x * 2.0})()
    layer.supports_masking = True
    return layer


@claim(
    "models.passed-mask-goes-on",
    derived="masking.argument-wins: the mask of a call is the one that is passed",
    cases=8,
)
@given(
    cases(batch=integers(1, 3), timesteps=integers(2, 4), features=2, masked=True),
    picks,
    whole(list(TAKING)),
    whole([False, True]),
)
def test_a_mask_that_is_passed_goes_on_to_the_next_layer(case, pick, name, has_another):
    """
    A layer of one input that takes and keeps `mask` hands on, with a new tensor, that passed by
    name, or its input's for None.

    So an LSTM behind it skips what was masked by the argument. Most layers that keep masks, such
    as Dense and Dropout, take no such argument.

    >>> import keras, numpy as np
    >>> first, lstm = keras.layers.LSTM(2, return_sequences=True), keras.layers.LSTM(2)
    >>> x, mask = np.array([[[1.0], [2.0], [3.0]]]), np.array([[True, True, False]])
    >>> bool(np.allclose(lstm(first(x, mask=mask)), lstm(first(x[:, :2])), atol=1e-6))
    True
    """
    case = part(case, pick)
    x = other(case, pick)
    layer = TAKING[name]()
    given_ = masking(x) if has_another else x
    assert_mask(layer(given_, mask=case.mask), case.mask)
    attached = np.ones_like(case.mask) if has_another else None
    assert_mask(layer(given_, mask=None), attached)
    state = as_states([np.ones((case.batch, 2), "float32")] * 2)
    y = twice()(masking(x), mask=None, initial_state=state)
    assert_mask(y, np.ones_like(case.mask))


@claim(
    "models.mask-stays",
    observed="Keras 3: the model attaches it, and does not take it off",
    corrects="A mask that is passed to a model counts in that call alone.",
    cases=4,
    needs="keras.ops",
)
@given(
    cases(batch=integers(1, 3), timesteps=integers(2, 4), masked=True),
    picks,
    seeds,
    whole(["Sequential", "functional"]),
)
def test_a_mask_that_is_passed_to_a_model_stays_on_the_tensor(case, pick, seed, form):
    """
    Called eagerly on a tensor of its Input's type and shape, a Sequential or functional model
    leaves `mask` attached to it.

    So an LSTM that reads the tensor later skips those timesteps too, in the model as elsewhere; to
    read them all, give it x + 0. An LSTM, or a subclassed model, that is called with `mask` leaves
    its input as it was.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> model = keras.Sequential([keras.Input((3, 1)), lstm])
    >>> x = keras.ops.convert_to_tensor([[[1.0], [2.0], [3.0]]])
    >>> before, mask = lstm(x), keras.ops.convert_to_tensor([[True, False, True]])
    >>> _ = model(x, mask=mask)
    >>> bool(np.allclose(lstm(x), lstm(x[:, ::2]), atol=1e-6))
    True
    >>> bool(np.allclose(lstm(x + 0), before, atol=1e-6))
    True
    """
    case = replace(part(case, pick), x=other(case, seed))
    layer = lstm(case)
    model = in_form(form, case.x.shape[1:], [layer])
    x = keras.ops.convert_to_tensor(case.x) + 0
    unmasked = equations(replace(case, mask=None)).h
    assert_close([to_numpy(read(x)) for read in (layer, model)], [unmasked] * 2)
    mask = keras.ops.convert_to_tensor(case.mask)
    model(x, mask=mask)
    assert_mask(x, case.mask)
    instead = {"the mask is gone": [unmasked] * 2}
    rows = [to_numpy(read(x)) for read in (layer, model)]
    assert_close(rows, [equations(case).h] * 2, instead=instead)
    assert_close(layer(x + 0), unmasked)


@claim(
    "models.masks-by-name",
    observed="Keras 3; Keras 2 hands a layer the mask of its first argument only",
    needs="keras.ops",
)
@given(
    cases(batch=integers(1, 3), timesteps=integers(2, 4), features=2, masked=True),
    picks,
    seeds,
    whole(["by position", "by name", "in a model"]),
)
def test_a_layer_is_given_the_mask_of_each_argument(case, pick, seed, way):
    """
    Given tensors `a` and `b`, a layer of your own gets their masks, if its `call` has a_mask=None
    and b_mask=None.

    In a call and in a model of Keras 3, by position or by name; None, if a tensor has no mask.
    Given `a` alone, the layer gets a mask as `mask` only.

    >>> import keras, numpy as np
    >>> class Both(keras.layers.Layer):
    ...     def call(self, a, b, a_mask=None, b_mask=None):
    ...         self.masks = [a_mask, b_mask]
    ...         return a + b
    >>> both, x = Both(), np.array([[[1.0], [0.0]]])
    >>> _ = both(keras.layers.Masking()(x), x)
    >>> np.array(both.masks[0]).tolist(), both.masks[1]
    ([[True, False]], None)
    """
    case = part(case, pick)
    shifted = np.roll(case.mask, 1, axis=1)
    both = type("Both", (keras.layers.Layer,), {"call": with_masks})()
    given_ = [case.x, other(case, seed) * shifted[:, :, None]]
    expected = np.stack([case.mask, shifted], axis=-1).astype(float)
    assert_close(PASSED[way](both, given_), expected)


PASSED = {
    "by position": lambda both, given_: both(*map(masking, given_)),
    "by name": lambda both, given_: both(b=masking(given_[1]), a=masking(given_[0])),
    "in a model": lambda both, given_: modelled(both)(given_),
}
"""How a layer of two arguments is called on masked arrays."""


def modelled(both):
    """Return a functional model that masks its two inputs for a layer."""
    inputs = [keras.Input((None, 2)), keras.Input((None, 2))]
    return keras.Model(inputs, both(*map(masking, inputs)))


def with_masks(self, a, b, a_mask=None, b_mask=None):
    """Return two masks as numbers."""
    return keras.ops.stack([keras.ops.cast(mask, "float32") for mask in (a_mask, b_mask)], axis=-1)


BOTH = ("a_mask", "b_mask")


def with_masks_and_more(self, a, b, a_mask=None, b_mask=None, c_mask=None):
    """Return three masks as numbers."""
    return masks_of_two(self, [a, b, a], [a_mask, b_mask, c_mask])


def noting_c(self, a_shape, b_shape, c_mask_shape):
    """Be the build of a layer that keeps how many axes its `c_mask` has."""
    self.axes = len(c_mask_shape)


@claim(
    "models.own-masks-passed",
    derived="masking.argument-wins, for the masks of a layer of your own",
    needs="keras.ops",
)
@given(
    cases(batch=integers(1, 3), timesteps=integers(2, 4), features=2, masked=True),
    picks,
    seeds,
    whole([(), *((name,) for name in BOTH), BOTH]),
    whole([False, True]),
)
def test_a_mask_passed_by_its_name_goes_before_the_attached_one(case, pick, seed, names, modelled_):
    """
    A mask passed as `a_mask` goes to the `call` of your own layer in place of that of `a`, and
    leaves that of `b` attached.

    In a call and in a model, where the mask may be an Input. An argument `c_mask` without a `c` is
    an argument like any other, whose shape `build` is given.

    >>> import keras, numpy as np
    >>> class Both(keras.layers.Layer):
    ...     def call(self, a, b, a_mask=None, b_mask=None):
    ...         self.masks = [a_mask, b_mask]
    ...         return a + b
    >>> both, x = Both(), keras.layers.Masking()(np.array([[[1.0], [0.0]]]))
    >>> _ = both(x, x, a_mask=np.array([[False, True]]))
    >>> [bool(np.array(mask)[0, 0]) for mask in both.masks]
    [False, True]
    """
    case = part(case, pick)
    members = {"call": with_masks_and_more, "build": noting_c}
    both = type("Both", (keras.layers.Layer,), members)()
    given_ = [case.x, other(case, seed) * np.roll(case.mask, 1, axis=1)[:, :, None]]
    passed = {name: noise(case.mask.shape, seed + k) > 0 for k, name in enumerate(names)}
    passed["c_mask"] = noise(case.mask.shape, seed + 2) > 0
    actual = (
        through_model(both, given_, passed) if modelled_ else both(*map(masking, given_), **passed)
    )
    attached = {name: np.any(x != 0, axis=-1) for name, x in zip(BOTH, given_, strict=True)}
    expected = np.stack([{**attached, **passed}[name] for name in (*BOTH, "c_mask")], axis=-1)
    assert_close(actual, expected.astype(float))
    assert both.axes == 2, f"c_mask has {both.axes} axes in `build`"


def through_model(both, given_, passed):
    """Return what a functional model makes of masked arrays, and masks, that are its inputs."""
    inputs = [keras.Input((None, 2)) for _ in given_]
    masks = {name: keras.Input((None,), dtype="bool") for name in passed}
    outputs = both(*map(masking, inputs), **masks)
    return keras.Model([*inputs, *masks.values()], outputs)([*given_, *passed.values()])


PACKED: dict[str, Callable[[list[Any]], Any]] = {
    "list": list,
    "tuple": tuple,
    "dictionary": lambda tensors: dict(zip("ab", tensors, strict=True)),
}
"""How two tensors are given together."""


def masks_of_two(self, inputs, mask=None):
    """Return the masks of two tensors as numbers, 2 for none."""
    assert type(mask) is type(inputs), f"the masks of a {type(inputs)} are in a {type(mask)}"
    first, masks = (listed(given_) for given_ in (inputs, mask))
    none = keras.ops.full_like(first[0][..., 0], 2.0)
    numbers = [none if m is None else keras.ops.cast(m, "float32") for m in masks]
    return keras.ops.stack(numbers, axis=-1)


def listed(given_):
    """Return what is in a list, a tuple or a dictionary, in a list."""
    return list(given_.values() if isinstance(given_, dict) else given_)


@claim(
    "models.masks-of-several",
    promised="masking guide: a layer's call is given `mask`, the mask of its inputs",
    cases=4,
    needs="keras.ops",
)
@given(
    cases(batch=integers(1, 3), timesteps=integers(2, 4), features=2, masked=True),
    picks,
    whole(list(PACKED)),
    whole([(True, False), (False, True), (True, True), (False, False)]),
    whole(["called", "model", "predict"]),
)
def test_a_layer_is_given_the_masks_of_several_tensors(case, pick, structure, masked, way):
    """
    Called on a list, tuple or dictionary of tensors alone, a layer of your own gets their masks as
    `mask`, in that structure.

    In a call and in a model, and None for a tensor without a mask. Which mask the result has is for
    the layer's `compute_mask` to say.

    >>> import keras, numpy as np
    >>> class Joined(keras.layers.Layer):
    ...     def call(self, inputs, mask=None):
    ...         self.masks = mask
    ...         return inputs[0] + inputs[1]
    >>> joined, x = Joined(), np.array([[[1.0], [0.0]]])
    >>> _ = joined([x, keras.layers.Masking()(x)])
    >>> joined.masks[0], np.array(joined.masks[1]).tolist()
    (None, [[True, False]])
    """
    case = part(case, pick)
    pack = PACKED[structure]
    layer = type("Two", (keras.layers.Layer,), {"call": masks_of_two})()
    fronts = [masking if mask else keras.layers.Identity() for mask in masked]
    given_ = [case.x, case.x[:, ::-1]]
    inputs = [keras.Input((None, 2)) for _ in given_]
    model = keras.Model(inputs, layer(pack([f(x) for f, x in zip(fronts, inputs, strict=True)])))
    ways = {
        "called": lambda: layer(pack([f(x) for f, x in zip(fronts, given_, strict=True)])),
        "model": lambda: model(given_),
        "predict": lambda: model.predict(given_, verbose=0),
    }
    masks = [case.mask if masked[0] else 2.0, case.mask[:, ::-1] if masked[1] else 2.0]
    expected = [np.broadcast_to(mask, case.mask.shape).astype(float) for mask in masks]
    assert_close(ways[way](), np.stack(expected, axis=-1))


TABLES: dict[str, Callable[[Array], Any]] = {
    "weights": lambda table: keras.layers.Embedding(*table.shape, weights=table),
    "weights in a list": lambda table: keras.layers.Embedding(*table.shape, weights=[table]),
    "a Constant": lambda table: keras.layers.Embedding(
        *table.shape, embeddings_initializer=keras.initializers.Constant(table)
    ),
    "set_weights": lambda table: with_table(keras.layers.Embedding(*table.shape), table),
}
"""How an Embedding gets a table of one's own."""


def with_table(layer, table):
    """Build an Embedding, set its table, and return it."""
    layer.build((None, None))
    layer.set_weights([table])
    return layer


@claim(
    "models.own-table",
    promised="Embedding, arguments `weights` and `embeddings_initializer`",
    corrects="Keras 3 takes no pretrained embeddings by `weights`.",
    cases=6,
)
@given(integers(1, 4), integers(2, 6), seeds)
def test_an_embedding_takes_a_table_of_ones_own(width, rows, seed):
    """
    Embedding takes a table of one's own by `weights`, a Constant initializer or, once built,
    set_weights: id k becomes row k.

    As `weights` it is an array, alone or in a list. The table has a row for every id, padding's id
    0 among them. It is trained like other weights, unless trainable=False is set.

    >>> import keras, numpy as np
    >>> table = np.random.rand(5, 3)
    >>> embedding = keras.layers.Embedding(5, 3, weights=[table])
    >>> bool(np.allclose(embedding(np.array([[4, 0]]))[0], table[[4, 0]]))
    True
    """
    table = noise((rows, width), seed)
    ids = np.argsort(noise((1, rows), seed + 1))
    for make in TABLES.values():
        layer = make(table)
        assert_same(layer(ids), table[ids])
        assert_same(make(table[:1])(0 * ids), table[0 * ids])


@claim(
    "models.rows-of-ids",
    derived="the gradient of a row is a sum over the places where its id stands",
    corrects="Each step changes the whole table of an Embedding.",
    needs="keras.Model.fit",
)
@given(integers(1, 3), integers(1, 4), sampled_from([None, "l2"]), seeds)
def test_a_step_moves_the_rows_of_the_ids_that_it_reads(width, count, regularizer, seed):
    """
    If nothing else reads, penalizes or constrains its table, plain SGD moves only those rows of an
    Embedding whose ids it reads.

    A penalty or a constraint may move every row, and so may weight decay, or another layer that
    reads the table. An optimizer that remembers earlier steps may move the rows of their ids.

    >>> import keras, numpy as np
    >>> embedding = keras.layers.Embedding(4, 2)
    >>> model = keras.Sequential([keras.Input((3,)), embedding, keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> before = model.get_weights()[0]
    >>> loss = model.train_on_batch(np.array([[2, 1, 2]]), np.ones((1, 2)))
    >>> np.any(model.get_weights()[0] != before, axis=1).tolist()
    [False, True, True, False]
    """
    layer = keras.layers.Embedding(6, width, embeddings_regularizer=regularizer)
    below = with_table(layer, noise((6, width), seed))
    above = keras.layers.LSTM(2, kernel_initializer="ones")
    model = keras.Sequential([keras.Input((None,)), below, above])
    model.compile(keras.optimizers.SGD(1.0), "mse", run_eagerly=True)
    ids = np.argsort(noise((6,), seed + 1))[:count]
    before = to_numpy(layer.embeddings)
    model.train_on_batch(ids[None], np.full((1, 2), 3.0))
    moved = np.flatnonzero(np.any(to_numpy(layer.embeddings) != before, axis=1))
    expected = range(6) if regularizer else sorted(ids)
    assert list(moved) == list(expected), f"the rows {moved} are moved, not {list(expected)}"


@claim(
    "models.last-by-length",
    promised="keras.ops.take_along_axis: the values at `indices` along an axis",
    cases=2,
    needs="keras.ops.take_along_axis",
)
@given(
    cases(return_sequences=True, **varied("batch", "timesteps")),
    whole(["int32", "int64"]),
    whole(["called", "predict", "compiled by XLA"]),
    seeds,
)
def test_lengths_take_the_last_output_of_each_sample(case, dtype, kind, seed):
    """
    In a functional model take_along_axis of keras.ops takes each sample's last output of an LSTM by
    int32 or int64 lengths.

    This is an LSTM's last output without a mask of the padding at the end. The lengths get as many
    axes as the outputs have, and 1 taken off, as positions begin at 0.

    >>> import keras, numpy as np
    >>> x, n = keras.Input((None, 1)), keras.Input((), dtype="int32")
    >>> y = keras.layers.LSTM(2, return_sequences=True)(x)
    >>> last = keras.ops.take_along_axis(y, keras.ops.reshape(n - 1, (-1, 1, 1)), axis=1)
    >>> model, a = keras.Model([x, n], [y, last]), np.random.rand(2, 4, 1)
    >>> rows, picked = model.predict([a, np.array([4, 2])], verbose=0)
    >>> bool(np.array_equal(picked[:, 0], rows[[0, 1], [3, 1]]))
    True
    """
    lengths = 1 + np.random.RandomState(seed).randint(case.timesteps, size=case.batch)
    x = keras.Input((None, case.features))
    n = keras.Input((), dtype=dtype)
    ends = keras.ops.reshape(n - 1, (-1, 1, 1))
    model = keras.Model([x, n], keras.ops.take_along_axis(lstm(case)(x), ends, axis=1))
    model.compile(jit_compile=kind == "compiled by XLA")
    run = model if kind == "called" else partial(model.predict, verbose=0, batch_size=case.batch)
    last = to_numpy(run([case.x, lengths.astype(dtype)]))
    assert_close(last[:, 0], equations(case).outputs[np.arange(case.batch), lengths - 1])
