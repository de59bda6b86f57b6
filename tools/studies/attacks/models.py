"""Attacks on the claims of the chapter `models`."""

import gc
import warnings

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.draw_1 import LSTM, L, close, draw

X = draw(2, 6, 4)
X[0, 3:] = 0
MASKED = X[:, :, :1] != 0


def behind(layer, x=X):
    """Return the mask behind a layer on masked numbers, as a list or None."""
    masked = L.Masking()(x)
    y = layer(masked)
    mask = getattr(y, "_keras_mask", None)
    return None if mask is None else np.array(mask).tolist()


@attack("models.keeps-mask")
def all_that_may_keep_a_mask():
    """Every activation, dropout, noise and normalization layer: which lose the mask?"""
    layers = {
        "GroupNormalization": lambda: L.GroupNormalization(2),
        "UnitNormalization": L.UnitNormalization,
        "LayerNormalization": L.LayerNormalization,
        "Normalization": lambda: L.Normalization(mean=0.0, variance=1.0),
        "SpectralNormalization": lambda: L.SpectralNormalization(L.Dense(2)),
        "RMSNormalization": L.RMSNormalization,
        "EinsumDense": lambda: L.EinsumDense("btf,fu->btu", (None, 3)),
        "PReLU": L.PReLU,
        "LeakyReLU": L.LeakyReLU,
        "Softmax": L.Softmax,
        "Identity": L.Identity,
        "Rescaling": lambda: L.Rescaling(2.0),
        "SpatialDropout1D": lambda: L.SpatialDropout1D(0.5),
        "GaussianDropout": lambda: L.GaussianDropout(0.5),
    }
    lost = []
    for name, make in layers.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            kept = outcome(lambda m=make: behind(m()) is not None)
        lost += [] if kept == "True" else [f"{name}: {kept[:30]}"]
    return lost


@attack("models.ends-mask")
def all_that_may_end_a_mask():
    """Every convolution, pooling, cropping, padding and reshaping layer: mask kept, warned?"""
    layers = {
        "Conv1D": lambda: L.Conv1D(2, 1),
        "SeparableConv1D": lambda: L.SeparableConv1D(2, 1),
        "DepthwiseConv1D": lambda: L.DepthwiseConv1D(1),
        "Conv1DTranspose": lambda: L.Conv1DTranspose(2, 1),
        "MaxPooling1D": lambda: L.MaxPooling1D(1),
        "AveragePooling1D": lambda: L.AveragePooling1D(1),
        "GlobalMaxPooling1D": L.GlobalMaxPooling1D,
        "GlobalAveragePooling1D": L.GlobalAveragePooling1D,
        "AdaptiveAveragePooling1D": lambda: L.AdaptiveAveragePooling1D(3),
        "Cropping1D": lambda: L.Cropping1D(1),
        "ZeroPadding1D": lambda: L.ZeroPadding1D(1),
        "UpSampling1D": lambda: L.UpSampling1D(2),
        "Flatten": L.Flatten,
        "Permute": lambda: L.Permute((2, 1)),
        "Reshape": lambda: L.Reshape((3, 8)),
        "RepeatVector": None,
    }
    outcomes = {}
    for name, make in layers.items():
        if make is None:
            continue
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            kept = outcome(lambda m=make: behind(m()) is not None)
        warned = any("mask" in str(w.message) for w in caught)
        outcomes[name] = (kept[:40], warned)
    return {n: f for n, f in outcomes.items() if f != ("False", True)}


@attack("models.warns-of-lost-mask")
def warned_again_and_in_predict():
    """In a second call, in predict, in a tf.function, with mask=: how many warnings?"""
    layer = L.Conv1D(2, 1)
    model = keras.Sequential([L.Masking(), L.Conv1D(2, 1)])
    calls = [
        lambda: layer(L.Masking()(X)),
        lambda: layer(L.Masking()(X)),
        lambda: model.predict(X, verbose=0),
        lambda: tf.function(lambda x: layer(L.Masking()(x)))(X),
    ]
    counts = []
    for call in calls:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            call()
        counts.append(sum("mask" in str(w.message) for w in caught))
    return counts


@attack("models.mask-of-operations")
def operations_that_change_nothing():
    """Of x[:], 1 * x, tf.identity, ops.cast to its own type, eager and symbolic: masks?"""
    x = L.Masking()(X)
    y = L.Masking()(keras.Input((6, 4)))
    values = [x[:], 1 * x, tf.identity(x), keras.ops.cast(x, "float32"), x[...], y[:, 1:], y * 1]
    values += [keras.ops.convert_to_tensor(x), keras.ops.cast(y, "float32")]
    return [getattr(value, "_keras_mask", None) is not None for value in values]


@attack("models.mask-of-lambda")
def a_mask_that_is_no_function():
    """An array as `mask`, and a Lambda given mask= by hand: what mask comes out?"""
    mask = np.ones((2, 6), bool)
    array = outcome(lambda: behind(L.Lambda(lambda x: x, mask=mask)))
    return array[:40], outcome(lambda: behind(L.Lambda(lambda x, mask: x)))


@attack("models.mask-of-own-layer")
def a_layer_that_wraps_others():
    """A layer of one's own whose call returns what a Dense in it makes: is the mask there?"""

    class Own(L.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.dense = L.Dense(2)

        def call(self, x):
            return self.dense(x)

    class Same(L.Layer):
        def call(self, x):
            return x

    y = Own()(L.Masking()(X))
    model = keras.Sequential([L.Masking(), Own()])
    return [
        getattr(value, "_keras_mask", None) is not None
        for value in (y, model(X), Own()(L.Masking()(keras.Input((6, 4)))), Same()(L.Masking()(X)))
    ]


@attack("models.merge-of-two-masks")
def two_masks_by_merge():
    """For each merge of two masks: and, or, or none?"""
    a = X.copy()
    b = X[::-1].copy()
    b[:, 0] = 0
    x = L.Masking()(a)
    y = L.Masking()(b)
    m = np.any(a != 0, -1)
    n = np.any(b != 0, -1)
    kinds = {"or": (m | n).tolist(), "and": (m & n).tolist(), "none": None}
    outcomes = {}
    for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"):
        z = getattr(L, name)()([x, y])
        mask = getattr(z, "_keras_mask", None)
        mask = None if mask is None else np.array(mask).tolist()
        outcomes[name] = [kind for kind, value in kinds.items() if value == mask]
    return outcomes


@attack("models.merge-of-one-mask")
def masks_by_hand():
    """Concatenate of masked tensors on another axis, and Dot: which mask?"""
    x = L.Masking()(X)
    both = L.Concatenate()([x, L.Dense(2)(x)])
    nested = L.Add()([x, x, x])
    return [getattr(v, "_keras_mask", None) is not None for v in (both, nested)]


@attack("models.sum-of-padding")
def padding_by_other_means():
    """NaN and infinity at masked timesteps in Add: do they appear?"""
    x = X.copy()
    x[0, 3:] = np.nan
    masked = keras.ops.convert_to_tensor(x)
    masked._keras_mask = keras.ops.convert_to_tensor(np.any(X != 0, -1))
    return bool(np.isnan(np.array(L.Add()([masked, masked]))).any())


@attack("models.attention-query")
def queries_of_nan():
    """NaN at a masked query, and scores returned: are they zero?"""
    value = draw(2, 5, 4)
    x = X.copy()
    x[0, 3:] = np.nan
    mask = np.any(X != 0, -1)
    y, scores = L.Attention()([x, value], mask=[mask, None], return_attention_scores=True)
    return np.isnan(np.array(y)[0, 3:]).any(), np.array(scores)[0, 3:].sum()


@attack("models.unequal-merge-refused")
def unequal_in_eager_calls():
    """Sequences of five and six, Concatenate along features too, eager and symbolic: refused?"""
    names = ("Add", "Multiply", "Maximum", "Concatenate")
    symbols = [keras.Input((n, 4)) for n in (5, 6)]
    arrays = [draw(2, n, 4) for n in (5, 6)]
    return {
        name: [outcome(lambda d=d, n=name: getattr(L, n)()(d))[:24] for d in (symbols, arrays)]
        for name in names
    }


@attack("models.swapped-inputs-refused")
def swapped_in_other_calls():
    """Swapped in a call, predict, fit, with named inputs, with open features: refused?"""

    def model(features=(3, 2)):
        inputs = [keras.Input((5, f), name=n) for f, n in zip(features, "ab", strict=True)]
        model = keras.Model(inputs, L.Add()([LSTM(2)(x) for x in inputs]))
        model.compile("sgd", "mse")
        return model

    a = draw(2, 5, 3)
    b = draw(2, 5, 2)
    y = draw(2, 2)
    calls = [
        lambda: model()([b, a]),
        lambda: model().predict([b, a], verbose=0),
        lambda: model().fit([b, a], y, verbose=0),
        lambda: model()({"a": b, "b": a}),
        lambda: model()({"b": b, "a": a}),
    ]
    return [outcome(call)[:40] for call in calls]


@attack("models.disconnected-refused")
def disconnected_in_other_ways():
    """An output that is an input, a constant output, an unused second input: refused?"""
    x = keras.Input((5, 3))
    z = keras.Input((5, 3))
    y = LSTM(2)(x)
    calls = [
        lambda: keras.Model(x, x),
        lambda: keras.Model([x, z], y),
        lambda: keras.Model(z, y),
        lambda: keras.Model(x, keras.ops.ones((1, 2))),
    ]
    return [outcome(call)[:60] for call in calls]


@attack("models.samples")
def samples_to_the_bit():
    """One of 64 samples, 32 units: the same to the last bit as alone?"""
    model = keras.Sequential([keras.Input((None, 16)), LSTM(32), L.Dense(8)])
    x = draw(64, 10, 16)
    all_ = np.array(model(x))
    first = np.array(model(x[:1]))
    return bool(np.array_equal(all_[:1], first)), float(np.abs(all_[:1] - first).max())


@attack("models.graphs")
def graphs_to_the_bit():
    """In a tf.function and by XLA: the same to the last bit?"""
    model = keras.Sequential([keras.Input((None, 16)), LSTM(32), L.Dense(8)])
    x = draw(8, 10, 16)
    called = np.array(model(x))
    return [
        bool(np.array_equal(called, tf.function(model, jit_compile=jit)(x)))
        for jit in (False, True)
    ]


@attack("models.forms")
def forms_with_other_inputs():
    """Two samples of rank two, and whole numbers: the same in each form?"""
    layer = LSTM(2)
    x = keras.Input((6, 4))
    functional = keras.Model(x, layer(x))

    class Own(keras.Model):
        def call(self, x):
            return layer(x)

    models = keras.Sequential([keras.Input((6, 4)), layer]), functional, Own()
    inputs = [X, X.astype("int64"), X.astype("float64"), X.tolist(), X[:, :3], X[0]]
    return [
        [outcome(lambda m=m, i=i: np.array(m(i)).round(2).tolist())[:22] for m in models]
        for i in inputs
    ]


@attack("models.silent-outside-training")
def within_training_of_others():
    """Layers with training=True of their own, a frozen layer, and a model called in training."""
    x = draw(2, 5, 3)
    names = [("Dropout", 0.5), ("GaussianNoise", 1.0), ("AlphaDropout", 0.5)]

    class Own(keras.Model):
        def __init__(self, layer):
            super().__init__()
            self.layer = layer

        def call(self, x):
            return self.layer(x)

    silent = []
    for name, rate in names:
        layer = getattr(L, name)(rate, trainable=False)
        silent.append(close(layer(x), x))
        silent.append(close(Own(layer)(x, training=True), x))
    return silent


@attack("models.intermediate")
def outputs_that_are_inputs():
    """A mask, a state and an input as outputs too: taken, and the others as before?"""
    x = keras.Input((6, 4))
    masked = L.Masking()(x)
    y, h, c = LSTM(2, return_state=True)(masked)
    model = keras.Model(x, [y, h, c, x, masked])
    return [tuple(v.shape) for v in model(X)], close(keras.Model(x, y)(X), model(X)[0])


@attack("models.slices-refuse-mask")
def slices_of_odd_masks():
    """A mask of one sample, of three axes, and of an open length: refused?"""
    x = draw(2, 5, 4, 3)
    shapes = [(1, 5), (2, 4), (2,), (2, 5, 4), (2, 5, 1)]
    return [
        outcome(lambda s=s: L.TimeDistributed(LSTM(2))(x, mask=np.ones(s, bool)).shape)[:30]
        for s in shapes
    ]


@attack("models.normalizes-unmasked")
def normalization_of_all_masked():
    """Under synchronized statistics, a frozen layer, and all masked: which mean?"""
    x = X.copy()
    mask = np.any(X != 0, -1)
    layer = L.BatchNormalization(momentum=0.0)
    layer(x, mask=mask, training=True)
    exact = close(layer.moving_mean, x[mask].mean(0))
    layer(x, mask=np.zeros_like(mask), training=True)
    return exact, np.array(layer.moving_mean).tolist()


@attack("models.normalizes-over-time")
def normalization_of_one_sample():
    """Of one sample of one timestep, along the axis of time, with momentum: which mean?"""
    alone = L.BatchNormalization()(X[:1, :1], training=True)
    by_time = L.BatchNormalization(axis=1)
    y = np.array(by_time(X, training=True))
    layer = L.BatchNormalization(momentum=0.0)
    layer(X, training=True)
    kept = close(layer.moving_mean, X.mean((0, 1))), close(layer.moving_variance, X.var((0, 1)))
    return bool(np.all(np.array(alone) == 0)), close(y.mean((0, 2)), 0 * y[0, :, 0]), kept


def functional(build, **options):
    """Return a functional model of a masked or plain input."""
    x = keras.Input((None, 4), **options)
    return keras.Model(x, build(x))


def all_ways(model, x=X):
    """Return what a model gives in a graph, in predict and from a clone."""
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    return [tf.function(model)(x), model.predict(x, verbose=0), model.predict_on_batch(x), clone(x)]


@attack("models.called")
@attack("models.every-way")
@attack("models.lengths-in-predict")
@attack("models.nested")
def plain_models():
    """Masked, float64 input, BatchNormalization, a nested model with its own mask: all alike?"""
    seen = {}
    rows = {"return_sequences": True}
    kinds = {
        "masked": lambda x: LSTM(3)(L.Dense(2)(LSTM(2, **rows)(L.Masking()(x)))),
        "normal": lambda x: LSTM(3)(L.BatchNormalization()(x)),
        "nested": lambda x: LSTM(3)(keras.Sequential([L.Masking(), LSTM(2, **rows)])(x)),
        "attention": lambda x: L.Attention()([LSTM(2, **rows)(x)] * 2),
    }
    for name, build in kinds.items():
        model = functional(build)
        y = model(X)
        lengths = [model.predict(X[:, :n], verbose=0) for n in (3, 1)]
        others = [model(X[:, :n]) for n in (3, 1)]
        seen[name] = [close(z, y) for z in all_ways(model)], close(lengths, others)
    return {k: v for k, v in seen.items() if not (all(v[0]) and v[1])}


@attack("models.shared-layer")
def twice_in_a_model():
    """A layer called twice in a Sequential, on its own output, on a mask: one set of weights?"""
    layer = LSTM(4, return_sequences=True)
    model = functional(lambda x: layer(layer(L.Masking()(x))))
    y = layer(layer(X, mask=MASKED[:, :, 0]), mask=MASKED[:, :, 0])
    return len(model.weights), close(model(X), y), [close(z, y) for z in all_ways(model)]


@attack("models.padding")
@attack("models.average-of-unmasked")
def other_padding():
    """With four timesteps more of padding, through Bidirectional and averages: unchanged?"""
    seen = {}
    rows = {"return_sequences": True}
    kinds = {
        "last": lambda x: LSTM(3)(L.Dense(2)(LSTM(2, **rows)(x))),
        "average": lambda x: L.GlobalAveragePooling1D()(LSTM(2, **rows)(x)),
        "both": lambda x: L.GlobalAveragePooling1D()(L.Bidirectional(LSTM(2, **rows))(x)),
    }
    longer = np.pad(X, [(0, 0), (0, 4), (0, 0)])
    for name, build in kinds.items():
        model = functional(lambda x, b=build: b(L.Masking()(x)))
        seen[name] = close(model(X), model(longer))
    return seen


@attack("models.mask-in-nested")
def masks_through_models():
    """Of nested Sequential, functional and subclassed models: which mask comes out?"""

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = L.Dense(2)

        def call(self, x):
            return self.dense(x)

    x = keras.Input((None, 4))
    inner = {
        "sequential": keras.Sequential([L.Dense(2)]),
        "functional": keras.Model(x, L.Dense(2)(x)),
        "own": Own(),
        "convolution": keras.Sequential([L.Conv1D(2, 1)]),
        "maker": keras.Sequential([L.Masking(), L.Dense(3)]),
    }
    return {name: behind(model) is not None for name, model in inner.items()}


@attack("models.softmax-behind-mask")
@attack("models.softmax-of-a-square")
def softmax_layers():
    """Of a mask of timesteps, by axis and as a square: what does Softmax give?"""
    seen = {}
    for name, size in {"other": (2, 6, 4), "square": (4, 4, 4)}.items():
        x = draw(*size)
        x[0, 3:] = 0
        masked = L.Masking()(x)
        seen[name] = outcome(lambda m=masked: close(L.Softmax()(m), L.Softmax()(np.array(m))))[:60]
        seen[name, "activation"] = behind(L.Activation("softmax"), x) is not None
    return seen


@attack("models.mask-under-policy")
def policies():
    """In mixed_float16 and mixed_bfloat16, a float16 layer, in predict: is the mask used?"""
    seen = {}
    for policy in ("mixed_float16", "mixed_bfloat16", "float16", "float64"):
        layer = LSTM(3, dtype=policy)
        masked = L.Masking(dtype="float32")(X)
        y = layer(masked)
        wanted = layer(np.array(masked), mask=MASKED[:, :, 0])
        seen[policy] = close(np.array(y, "float32"), np.array(wanted, "float32"), atol=1e-2)
    return seen


@attack("models.mask-lives")
def collected():
    """After the layer and its input are deleted and collected: is the mask there?"""
    masking = L.Masking()
    masked = masking(X)
    del masking
    gc.collect()
    copied = tf.identity(masked)
    return masked._keras_mask is not None, getattr(copied, "_keras_mask", None) is not None


@attack("models.infinite-mask-value")
def infinite_values():
    """Infinity, minus infinity, in float16 and in training: finite, and as without padding?"""
    seen = {}
    for value in (np.inf, -np.inf):
        x = np.where(MASKED, X, np.float32(value))
        layer = LSTM(3)
        y = layer(L.Masking(mask_value=value)(x))
        seen[value] = close(y, layer(X, mask=MASKED[:, :, 0]))
    return seen


@attack("models.merge-of-masked-and-unmasked")
def half_masked():
    """By seven merges, of a Masking and a plain tensor, in both orders: is the mask kept?"""
    seen = {}
    merges = (L.Add, L.Subtract, L.Multiply, L.Average, L.Maximum, L.Minimum, L.Concatenate)
    for merge in merges:
        pair = [L.Masking()(X), tf.constant(X)]
        masks = [getattr(merge()(p), "_keras_mask", None) for p in (pair, pair[::-1])]
        seen[merge.__name__] = [mask is not None for mask in masks]
    return seen


@attack("models.joined-in-time")
@attack("models.dot-ends-mask")
def joins_and_products():
    """Joined with an unmasked part, of other lengths; a Dot of two masks: which mask?"""
    first = L.Masking()(X)
    second = L.Masking()(X[:, :4])
    plain = tf.constant(X)
    joined = {
        "both": L.Concatenate(axis=1)([first, second]),
        "negative": L.Concatenate(axis=-2)([first, second]),
        "one": L.Concatenate(axis=1)([first, plain]),
        "dot": L.Dot(axes=2)([first, second]),
    }
    masks = {name: getattr(y, "_keras_mask", None) for name, y in joined.items()}
    return {
        name: None if m is None else np.array(m).astype(int).tolist() for name, m in masks.items()
    }


@attack("models.merge-of-unmasked")
def plain_merges():
    """By seven merges, of three tensors, of one timestep and of one feature: element by element?"""
    seen = {}
    rows = [np.array(LSTM(3, return_sequences=True)(X)) for _ in range(2)]
    functions = {
        L.Add: np.add,
        L.Subtract: np.subtract,
        L.Multiply: np.multiply,
        L.Average: lambda a, b: (a + b) / 2,
        L.Maximum: np.maximum,
        L.Minimum: np.minimum,
        L.Concatenate: lambda a, b: np.concatenate([a, b], axis=-1),
    }
    for merge, function in functions.items():
        seen[merge.__name__] = (
            close(merge()(rows), function(*rows)),
            outcome(lambda m=merge: tuple(m()([rows[0], rows[1][:, :, :1]]).shape))[:30],
        )
    return seen


@attack("models.attention-skips")
def masked_values():
    """By both layers, causal, with dropout in training, in float16: is a masked value read?"""
    seen = {}
    other = X.copy()
    rows = L.Masking()(X)
    moved = np.array(rows)
    moved[0, 3:] = 50
    moved = tf.constant(moved)
    moved._keras_mask = rows._keras_mask
    for layer in (L.Attention(), L.AdditiveAttention()):
        for causal in (False, True):
            y, z = (layer([tf.constant(other), v], use_causal_mask=causal) for v in (rows, moved))
            seen[type(layer).__name__, causal] = close(y, z)
    return seen


@attack("models.slices-of-open-length")
@attack("models.slices-in-a-graph")
@attack("models.slices-of-known-length")
@attack("models.slices-behind-lstm")
def slices():
    """Of Dense and LSTM, over open and known lengths, in four ways: what a call gives?"""
    seen = {}
    x = draw(3, 6, 4)
    for name, steps in {"open": None, "known": 6}.items():
        inputs = keras.Input((steps, 4))
        layer = L.TimeDistributed(L.Dense(2))
        rows = LSTM(3, return_sequences=True)
        model = keras.Model(inputs, layer(rows(inputs)))
        wanted = layer.layer(rows(x))
        calls = {
            "call": lambda m=model: m(x),
            "predict": lambda m=model: m.predict(x, verbose=0),
            "graph": lambda m=model: tf.function(
                m, input_signature=[tf.TensorSpec((None, None, 4))]
            )(x),
            "xla": lambda m=model: tf.function(m, jit_compile=True)(x),
        }
        for way, call in calls.items():
            seen[name, way] = outcome(lambda c=call, w=wanted: close(c(), w))[:50]
    return {key: value for key, value in seen.items() if value != "True"}


class Undeclared(keras.layers.Layer):
    """A layer that declares no shape."""

    def call(self, x):
        """Double the input."""
        return 2 * x


@attack("models.slices-of-own-layer")
@attack("models.slices-add-losses")
def wrapped_slices():
    """A layer without a shape, penalties of three kinds, in fit: taken, and added once?"""
    inputs = keras.Input((6, 4))
    own = outcome(
        lambda: close(keras.Model(inputs, L.TimeDistributed(Undeclared())(inputs))(X), 2 * X)
    )
    wrapped = L.TimeDistributed(L.Dense(2, kernel_regularizer="l2", activity_regularizer="l2"))
    y = wrapped(X)
    penalty = 0.01 * float(np.sum(np.square(np.array(wrapped.layer.kernel))))
    return own, len(wrapped.losses), [round(float(v) - penalty, 4) for v in wrapped.losses], y.shape


@attack("models.second-lstm-refused")
@attack("models.repeat-refused")
def refused_by_name():
    """In Sequential and functional models, RNN, Bidirectional, with return_state: by its name?"""
    x = keras.Input((6, 4))
    second = {
        "lstm": lambda: LSTM(2, name="upper"),
        "both": lambda: L.Bidirectional(LSTM(2), name="upper"),
        "rnn": lambda: L.RNN(L.LSTMCell(2), name="upper"),
    }
    seen = {}
    for name, make in second.items():
        words = [outcome(lambda m=make: m()(LSTM(2)(x)))]
        words.append(outcome(lambda m=make: keras.Sequential([x, LSTM(2), m()])))
        seen[name] = ["upper" in text and "ndim" in text for text in words]
    repeated = L.RepeatVector(3, name="repeat")
    rows = LSTM(2, return_sequences=True)
    words = [outcome(lambda: repeated(rows(x))), outcome(lambda: repeated(rows(X)))]
    return seen, ["repeat" in text for text in words]


class Same(L.Layer):
    """A layer that is told that it is training, unless it is told otherwise."""

    def call(self, x, training=True):
        """Return the input's double."""
        return 2 * x


@attack("models.declared-by-layers")
@attack("models.open-graphs")
def other_layers_of_open_sizes():
    """Layers that no table holds, declared, called and in a graph of open sizes: alike?"""
    rows = {"GRU": L.GRU(2, return_sequences=True), "ConvLSTM1D": L.ConvLSTM1D(2, 2)}
    rows |= {"Group": L.GroupNormalization(2), "Spectral": L.SpectralNormalization(L.Dense(2))}
    rows |= {"EinsumDense": L.EinsumDense("btf,fu->btu", (None, 3)), "Cropping": L.Cropping1D(2)}
    seen = {}
    for name, layer in rows.items():
        x = draw(2, 6, 5, 4) if name == "ConvLSTM1D" else X
        y = layer(x)
        declared = layer(keras.Input((None, *x.shape[2:]))).shape
        graph = tf.function(layer, [tf.TensorSpec((None, None, *x.shape[2:]))])
        seen[name] = tuple(y.shape), declared, outcome(lambda g=graph, x=x, y=y: close(g(x), y))
    return seen


@attack("models.causal-attention")
def nothing_to_see():
    """A causal mask, and a value whose first timestep is masked: what does the first row read?"""
    value = L.Masking()(draw(2, 6, 4) * (np.arange(6) > 1)[:, None])
    rows = L.Attention()([draw(2, 6, 4), value], use_causal_mask=True)
    return np.round(np.array(rows)[:, :3, 0], 2).tolist()


@attack("models.training-by-default")
def dropout_of_an_lstm_and_noise():
    """Such a layer before recurrent dropout, noise and BatchNormalization, in each form."""
    behind_it = [LSTM(2, recurrent_dropout=0.5), L.BatchNormalization(), L.GaussianNoise(1.0)]
    seen = {}
    for layer in behind_it:
        chain = keras.Sequential([keras.Input((6, 4)), Same(), layer])
        own = type("Own", (keras.Model,), {"call": lambda self, x, y=layer: y(Same()(x))})()
        seen[type(layer).__name__] = [close(m(X), layer(2 * X)) for m in (chain, own)]
    return seen


@attack("models.passed-mask-goes-on")
@attack("models.masks-by-name")
def masks_of_arguments():
    """A mask of numbers that is passed on; two tensors in a list as one argument."""
    y = L.BatchNormalization()(X, mask=MASKED[:, :, 0].astype("int32"))
    got = []

    class Listed(L.Layer):
        def call(self, both, other, both_mask=None, other_mask=None):
            got.append([None if m is None else "mask" for m in (*(both_mask or []), other_mask)])
            return other

    masked = L.Masking()(X)
    return (
        getattr(y, "_keras_mask", None) is not None,
        outcome(lambda: Listed()([masked, X], masked))[:20],
        got,
    )


@attack("models.without-input")
def unrolled_and_of_known_length():
    """An unrolled LSTM, a Flatten: does a model without an Input take a second length?"""
    unrolled = keras.Sequential([LSTM(2, unroll=True)])
    flat = keras.Sequential([LSTM(2, return_sequences=True), L.Flatten(), L.Dense(1)])
    return [[outcome(lambda m=m, t=t: m(X[:, :t]).shape) for t in (6, 4)] for m in (unrolled, flat)]


@attack("models.parameters-of-siblings")
@attack("models.gru")
@attack("models.simple-rnn")
def siblings_of_other_arguments():
    """In float16, stateful, unrolled, without bias, as cells: the same counts and numbers?"""
    seen = {}
    x = draw(2, 5, 3)
    for name in ("GRU", "SimpleRNN"):
        plain = getattr(L, name)(4)
        y = np.array(plain(x))
        for option in ({"unroll": True}, {"dtype": "float16"}, {"stateful": True}):
            layer = getattr(L, name)(4, **option)
            layer.build(x.shape)
            layer.set_weights(plain.get_weights())
            same = bool(np.allclose(np.array(layer(x)), y, atol=0.01))
            seen[f"{name} {option}"] = (layer.count_params(), same)
        bare = getattr(L, name)(4, use_bias=False)
        bare.build(x.shape)
        seen[f"{name} without bias"] = bare.count_params()
    return seen


@attack("models.state-of-siblings")
def states_of_siblings():
    """Unrolled, stateful, masked, in Bidirectional: how many states, and is h the last row?"""
    seen = {}
    x = draw(2, 5, 3)
    mask = np.arange(5)[None] < np.array([[3], [5]])
    for name in ("GRU", "SimpleRNN"):
        for option in ({"unroll": True}, {"stateful": True}, {"zero_output_for_mask": True}):
            layer = getattr(L, name)(4, return_state=True, return_sequences=True, **option)
            y, h = layer(x)
            masked, last = layer(x, mask=mask)
            seen[f"{name} {option}"] = [
                bool(np.array_equal(y[:, -1], h)),
                bool(np.array_equal(masked[:, -1], last)),
            ]
        seen[f"Bidirectional {name}"] = len(
            L.Bidirectional(getattr(L, name)(4, return_state=True))(x)
        )
    return seen


@attack("models.conv-lstm-frames")
@attack("models.conv-lstm-of-one-pixel")
def frames_of_other_arguments():
    """Strides, dilation, channels first, states, dropout: what shapes, and which gates?"""
    x = draw(1, 3, 6, 6, 2)
    seen = {}
    for option in ({"strides": 2}, {"dilation_rate": 2}, {"go_backwards": True}):
        seen[str(option)] = tuple(L.ConvLSTM2D(4, 3, **option)(x).shape)
    results = L.ConvLSTM2D(4, 3, return_state=True)(x)
    seen["states"] = [tuple(y.shape) for y in results]
    seen["gates"] = L.ConvLSTM2D(4, 3).recurrent_activation.__name__
    return seen


@attack("models.parameters-of-conv-lstm")
def parameters_of_other_frames():
    """In one and three dimensions, strided, dilated, without bias: how many parameters?"""
    seen = {}
    for option in ({"strides": 2}, {"dilation_rate": 2}, {"use_bias": False}, {"padding": "same"}):
        layer = L.ConvLSTM2D(4, 3, **option)
        layer.build((1, 5, 9, 9, 2))
        seen[str(option)] = layer.count_params()
    for name, frame in (("ConvLSTM1D", (9,)), ("ConvLSTM3D", (9, 9, 9))):
        layer = getattr(L, name)(4, 3)
        layer.build((1, 5, *frame, 2))
        seen[name] = layer.count_params(), 4 * (4 * 3 ** len(frame) * (2 + 4) + 4)
    return seen


@attack("models.optional-input")
def optional_in_other_ways():
    """By name, in a dictionary, in a nested model, in a file, of ids: is None taken?"""
    a = keras.Input((6, 4), name="a")
    b = keras.Input((6, 4), name="b", optional=True)

    class Added(L.Layer):
        def call(self, x, more=None):
            return x if more is None else x + more

    model = keras.Model([a, b], LSTM(2)(Added()(a, b)))
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    y = np.array(model([X, None]))
    return [
        outcome(lambda: bool(np.allclose(model({"a": X, "b": None}), y))),
        outcome(lambda: bool(np.allclose(model({"a": X}), y))),
        outcome(lambda: bool(np.allclose(clone([X, None]), y))),
        outcome(lambda: bool(np.allclose(model.predict({"a": X, "b": None}, verbose=0), y))),
        outcome(lambda: model([None, X])),
    ]


@attack("models.stepwise-keeps-mask")
def stepwise_in_models():
    """In a functional model and under a mixed policy: is the mask kept?"""
    seen = {}
    for name in ("Identity", "Rescaling", "RMSNormalization", "UnitNormalization"):
        arguments = (0.5,) if name == "Rescaling" else ()
        for dtype in ("float32", "mixed_float16"):
            layer = getattr(L, name)(*arguments, dtype=dtype)
            seen[f"{name} {dtype}"] = behind(layer) is not None
    return seen


@attack("models.dot")
def dots_of_other_inputs():
    """Ranks of 5, an axis alone, unknown lengths, float16, zeros to normalize: as einsum has it?"""
    x = draw(2, 3, 4, 5)
    y = draw(2, 5, 3, 2)
    x5 = draw(2, 3, 4, 5, 2)
    y5 = draw(2, 2, 3, 4, 5)
    a = keras.Input((None, 4, None))
    b = keras.Input((None, 3, 2))
    model = keras.Model([a, b], L.Dot((3, 1))([a, b]))
    zeros = np.zeros((2, 4), "float32")
    half = L.Dot(1, dtype="mixed_float16")([draw(2, 4), draw(2, 4)])
    return [
        close(L.Dot((3, 1))([x, y]), np.einsum("bijk,bklm->bijlm", x, y)),
        close(model.predict([x, y], verbose=0), np.einsum("bijk,bklm->bijlm", x, y)),
        outcome(lambda: close(L.Dot((4, 1))([x5, y5]), np.einsum("bijkl,blmno->bijkmno", x5, y5))),
        close(L.Dot(-1)([X, X]), np.einsum("bik,bjk->bij", X, X)),
        close(L.Dot((-1, 2))([X, X]), np.einsum("bik,bjk->bij", X, X)),
        np.array(L.Dot(1, normalize=True)([zeros, draw(2, 4)])).tolist(),
        (half.dtype.name, half.shape),
        outcome(lambda: L.Dot((0, 1))([X, X])),
        outcome(lambda: L.Dot(((1, 2), (1, 2)))([X, X])),
    ]


@attack("models.dot")
def dots_of_masked_sequences():
    """A masked sequence, summed along its timesteps: is the padding left out, a mask handed on?"""
    masked = L.Masking()(X + 0.0)
    dense = L.Dense(3, bias_initializer="ones")(masked)
    y = L.Dot(1)([dense, dense])
    numbers = np.array(dense)
    return close(y, np.einsum("bti,btj->bij", numbers, numbers)), behind(lambda z: L.Dot(1)([z, z]))


@attack("models.merge-of-ranks")
def vectors_beside_masked_sequences():
    """A masked sequence beside a vector: the vector at every timestep, and is the mask kept?"""
    vector = draw(2, 4)
    masked = L.Masking()(X)
    numpies = {"Add": np.add, "Subtract": np.subtract, "Multiply": np.multiply}
    numpies |= {"Maximum": np.maximum, "Minimum": np.minimum}
    seen = {}
    for name, function in numpies.items():
        y = getattr(L, name)()([masked, vector])
        exact = function(np.array(masked), vector[:, None])
        shown = np.array(MASKED)[:, :, 0]
        kept = getattr(y, "_keras_mask", None) is not None
        seen[name] = close(y, exact), close(np.array(y)[shown], exact[shown]), kept
    return seen


@attack("models.merge-of-ranks")
def layers_that_merged_before():
    """An Add that merged equal ranks before, three inputs, a number a timestep: taken for all?"""
    layer = L.Add()
    square = draw(4, 4, 4)
    layer([square, square])
    vector = draw(4, 4)
    shared = outcome(lambda: close(layer([square, vector]), square + vector[:, None]))
    three = L.Add()([X, draw(2, 4), X])
    return (
        shared,
        close(three, 2 * X + draw(2, 4)[:, None]),
        outcome(lambda: L.Multiply()([X, draw(2, 6)])),
        outcome(lambda: L.Concatenate()([X, draw(2, 4)]))[:120],
        outcome(lambda: close(L.Add()([X, draw(2, 1)]), X + draw(2, 1)[:, None])),
        outcome(lambda: close(L.Add()([X, draw(2)]), X + draw(2)[:, None, None])),
    )


@attack("models.other-batch-refused")
def other_batches_of_a_model():
    """In a model, in predict and fit, and by a layer that merged before: is one sample refused?"""
    seen = {}
    for name in ("Add", "Maximum", "Concatenate", "Dot"):
        layer = L.Dot(2) if name == "Dot" else getattr(L, name)()
        inputs = [keras.Input((6, 4)), keras.Input((6, 4))]
        model = keras.Model(inputs, layer(inputs))
        model.compile("sgd", "mse")
        seen[name] = (
            outcome(lambda m=model: m([X, X[:1]]).shape)[:70],
            outcome(lambda m=model: m.predict([X, X[:1]], verbose=0).shape)[:70],
            outcome(lambda m=model: m.predict_on_batch([X, X[:1]]).shape)[:70],
            outcome(lambda k=layer: k([X, X[:1]]).shape)[:70],
        )
    return seen


@attack("models.other-batch-refused")
def other_batches_of_other_merges():
    """Three inputs, ranks that differ, keras.ops.add, a fixed batch: is one sample refused?"""
    fixed = [keras.Input((6, 4), batch_size=size) for size in (2, 1)]
    return [
        outcome(lambda: L.Add()([X, X, X[:1]]))[:70],
        outcome(lambda: L.Add()([X, X[:1, 0]]))[:70],
        outcome(lambda: keras.ops.add(X, X[:1]).shape),
        outcome(lambda: L.Add()(fixed))[:70],
        outcome(lambda: tf.function(L.Add())([tf.constant(X), tf.constant(X[:1])]))[:90],
    ]


@attack("models.own-table")
def tables_of_other_kinds():
    """A bare array, lists, another shape, float16, a file and a clone of it: the same rows?"""
    table = draw(5, 3)
    ids = np.array([[4, 0, 2]])
    seen = {}
    for name, make in {
        "bare": lambda: L.Embedding(5, 3, weights=table),
        "rows": lambda: L.Embedding(5, 3, weights=[table.tolist()]),
        "shape": lambda: L.Embedding(6, 3, weights=[table]),
        "constant of a shape": lambda: L.Embedding(
            6, 3, embeddings_initializer=keras.initializers.Constant(table)
        ),
        "mixed": lambda: L.Embedding(5, 3, weights=[table], dtype="mixed_float16"),
        "int8": lambda: quantized(L.Embedding(5, 3, weights=[table])),
        "unbuilt": lambda: L.Embedding(5, 3).set_weights([table]),
    }.items():
        seen[name] = outcome(lambda m=make: close(m()(ids), table[ids], 1e-6))[:90]
    constant = keras.initializers.Constant(table)
    for name, options in (
        ("weights", {"weights": [table]}),
        ("Constant", {"embeddings_initializer": constant}),
    ):
        model = keras.Sequential([keras.Input((None,)), L.Embedding(5, 3, **options)])
        seen[name] = outcome(
            lambda m=model: close(keras.models.clone_model(m)(ids), table[ids], 1e-6)
        )
    return seen


def quantized(layer):
    """Return a layer with its weights in int8."""
    layer.quantize("int8")
    return layer


def moved(optimizer, *steps, head=None, **options):
    """Return the rows of an Embedding of six that steps on ids move."""
    embedding = L.Embedding(6, 2, **options)
    embedding.build((None, None))
    embedding.set_weights([1.0 + draw(6, 2) ** 2])
    layers = [LSTM(2), *([head(embedding)] if head else [])]
    model = keras.Sequential([keras.Input((None,)), embedding, *layers])
    model.compile(optimizer, "mse", run_eagerly=True)
    before = model.get_weights()[0]
    for ids in steps:
        model.train_on_batch(np.array([ids]), np.full(model(np.array([ids])).shape, 3.0))
    return np.flatnonzero(np.any(model.get_weights()[0] != before, axis=1)).tolist()


@attack("models.rows-of-ids")
def rows_that_are_moved():
    """A constraint, mask_zero, momentum, Adam, decay, EMA, lists that overlap: which rows?"""
    sgd = keras.optimizers.SGD
    last = (1, 2), (4,)

    class Tied(L.Layer):
        def __init__(self, embedding):
            super().__init__()
            self.embedding = embedding

        def call(self, x):
            return x @ keras.ops.transpose(self.embedding.embeddings)

    return {
        "constraint": moved(sgd(0.1), (1, 2), embeddings_constraint="unit_norm"),
        "max_norm": moved(
            sgd(0.1), (1, 2), embeddings_constraint=keras.constraints.MaxNorm(1.0, axis=1)
        ),
        "non_neg": moved(sgd(0.1), (1, 2), embeddings_constraint="non_neg"),
        "mask_zero": moved(sgd(0.1), (0, 2), mask_zero=True),
        "momentum": moved(sgd(0.1, momentum=0.9), *last),
        "decay": moved(sgd(0.1, weight_decay=0.1), *last),
        "ema": moved(sgd(0.1, use_ema=True, ema_overwrite_frequency=1), *last),
        "clipnorm": moved(sgd(0.1, global_clipnorm=0.1), *last),
        "accumulation": moved(sgd(0.1, gradient_accumulation_steps=2), *last),
        "Adam": moved("adam", (4,)),
        "AdamW": moved("adamw", (4,)),
        "RMSprop": moved("rmsprop", *last),
        "tied": moved(sgd(0.1), (1, 2), head=Tied),
        "activity": moved(sgd(0.1), (1, 2), activity_regularizer="l2"),
    }


@attack("models.attention-query")
def a_passed_mask_of_the_query():
    """A mask of the query that is passed, not attached: which layer keeps it?"""
    both = draw(2, 6, 4), draw(2, 3, 4)
    mask = MASKED[:, :, 0]
    outputs = {
        "Attention": L.Attention()(list(both), mask=[mask, None]),
        "MultiHeadAttention": L.MultiHeadAttention(2, 3)(*both, query_mask=mask),
    }
    return {name: getattr(y, "_keras_mask", None) is not None for name, y in outputs.items()}


@attack("models.declared-by-layers")
def declared_of_whole_numbers():
    """On Inputs and arrays of int32: which type is declared, and which is returned?"""
    ids = np.arange(6, dtype="int32").reshape(1, 3, 2)
    given = keras.Input((None, 2), dtype="int32")
    types = {}
    for layer in (L.Add(), L.Concatenate(), L.Average(), L.Dropout(0.5), L.MaxPooling1D(2)):
        merge = isinstance(layer, (L.Add, L.Concatenate, L.Average))
        symbol = layer([given, given] if merge else given)
        y = layer([ids, ids] if merge else ids)
        types[type(layer).__name__] = f"{symbol.dtype}, {y.dtype.name}"
    return types


@attack("models.merge-of-one")
def one_tensor_of_whole_numbers():
    """A list of one array of whole numbers: is it in the layer's dtype?"""
    ids = np.arange(6).reshape(1, 3, 2)
    names = "Add", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"
    return {name: getattr(L, name)()([ids]).dtype.name for name in names}


@attack("models.other-batch-refused")
def joined_samples():
    """Concatenate along the samples takes different numbers of them."""
    return tuple(L.Concatenate(axis=0)([X, X[:1]]).shape)


@attack("models.slices-behind-lstm")
def slices_of_a_final_output():
    """Behind an LSTM as it is by default, whose output has no timesteps."""
    y = LSTM(2)(X)
    slices = outcome(lambda: L.TimeDistributed(L.Dense(3))(y).shape)
    return {"Dense": tuple(L.Dense(3)(y).shape), "slices": slices}


@attack("models.merge-of-ranks")
def a_merge_that_was_used():
    """A merge that merged two sequences before is given a sequence and a vector."""
    add = L.Add()
    x = draw(2, 2, 3)
    vector = draw(2, 3)
    add([x, x])
    longer = draw(2, 4, 3)
    return {
        "as at every timestep": close(add([x, vector]), x + vector[:, None]),
        "longer": outcome(lambda: add([longer, vector]).shape),
    }


@attack("models.mask-of-lambda")
def operations_that_return_their_input():
    """Lambda without a mask, and with the opposite mask, of operations that change nothing."""
    operations = {
        "cast": lambda x: keras.ops.cast(x, "float32"),
        "convert": keras.ops.convert_to_tensor,
        "linear": keras.activations.linear,
        "double": lambda x: 2.0 * x,
    }

    def opposite(x, mask):
        return keras.ops.logical_not(mask)

    kept = behind(L.Identity())
    return {
        name: [behind(L.Lambda(f)) == kept, behind(L.Lambda(f, mask=opposite)) == kept]
        for name, f in operations.items()
    }


@attack("models.fits-its-inputs")
def fitted_in_predict():
    """In predict: is an attached mask kept, and are arrays of both ranks taken in turn?"""

    def call(self, x, mask=None):
        return keras.ops.zeros_like(x) if mask is None else keras.ops.ones_like(x)

    given = keras.Input((None, 1))
    masked = type("Masked", (L.Layer,), {"call": call})()
    model = keras.Model(given, masked(given))
    x = L.Masking()(X[:, :, :1])
    ranks = keras.Model(given, LSTM(2)(given))
    shapes = [
        outcome(lambda x=x: ranks.predict(x, verbose=0).shape) for x in (X[..., 0], X[..., :1])
    ]
    kept = [float(np.mean(y)) for y in (model(x), model.predict(x, verbose=0))]
    return {"called, predict": kept, "ranks": shapes}


@attack("models.dot-refused")
def axes_that_dot_takes():
    """A whole number alone, a tuple, and True, which is a whole number to Python."""
    x = draw(2, 3, 3)
    return {repr(axes): tuple(L.Dot(axes)([x, x]).shape) for axes in (1, (1, 2), [1, 2], True)}


@attack("models.untraced-call")
def untraced_without_layers():
    """An unbuilt model without layers, and one with a `build`, whose calls read numbers."""

    def scaled(self, x):
        return x / float(np.max(np.abs(x)))

    def read(self, x):
        return scaled(self, self.lstm(x))

    def build(self, shape):
        self.lstm.build(shape)

    warned = {}
    for name, methods in {
        "without layers": {"call": scaled},
        "with a layer": {"call": read},
        "with build": {"call": read, "build": build},
    }.items():
        model = type("Untraced", (keras.Model,), methods)()
        model.lstm = LSTM(2) if "layers" not in name else None
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            outcome(lambda m=model: m(keras.Input((6, 4))))
        warned[name] = any("unbuilt state" in str(warning.message) for warning in caught)
    return warned


@attack("models.subclass-of-layers")
def outer_model_of_a_subclass():
    """The configuration of a model of a subclass that is not registered: by itself, and named."""
    custom = type("Custom", (keras.Model,), {})
    inner = keras.Input((6, 4))
    outer = keras.Input((6, 4))
    model = keras.Model(outer, custom(inner, LSTM(2)(inner))(outer))
    made_again = keras.Model.from_config
    known = made_again(model.get_config(), custom_objects={"Custom": custom})
    return {
        "by itself": outcome(lambda: made_again(model.get_config()))[:40],
        "in custom_objects": [type(layer).__name__ for layer in known.layers],
    }


@attack("models.order-of-layers")
def outputs_in_a_dictionary():
    """Outputs in a dictionary, of which the first has the later name."""
    left, right = (keras.Input((6, 4), name=name) for name in ("left", "right"))
    outputs = {"z": LSTM(2, name="of_z")(left), "a": LSTM(2, name="of_a")(right)}
    return [layer.name for layer in keras.Model([left, right], outputs).layers]


@attack("models.silent-outside-training")
def noise_layers_of_another_type():
    """An array of float64, and a mixed policy: is it the input to the last bit?"""
    x = np.random.RandomState(0).rand(2, 3)
    return {
        "float64": bool(np.array_equal(L.Dropout(0.5)(x), x)),
        "its own": bool(np.array_equal(L.Dropout(0.5, dtype="float64")(x), x)),
        "mixed": bool(np.array_equal(L.GaussianNoise(0.5, dtype="mixed_float16")(X), X)),
    }


@attack("models.summary")
def summary_of_a_long_name():
    """A name of sixty letters: does it stand in the summary?"""
    lines = []
    model = keras.Sequential([keras.Input((6, 4)), LSTM(2, name="n" * 60)])
    model.summary(print_fn=lambda text, **_: lines.append(text))
    return "n" * 60 in "".join(lines)


@attack("models.optional-input")
def optional_by_name():
    """None for the last of two Inputs of a list, by name: alphabetical, and in another order."""

    def call(self, x, more):
        return x if more is None else x + more

    outcomes = {}
    for first, last in (("a", "b"), ("z", "y")):
        given = keras.Input((6, 4), name=first)
        more = keras.Input((6, 4), name=last, optional=True)
        model = keras.Model([given, more], type("Added", (L.Layer,), {"call": call})()(given, more))
        inputs = {first: X, last: None}
        outcomes[first + last] = outcome(lambda m=model, i=inputs: np.array_equal(m(i), X))[:60]
    return outcomes


@attack("models.open-graphs")
def pooled_to_a_number_and_normalized():
    """Adaptive pooling in a graph of open length; Normalization in a call after its first graph."""
    layers = {
        "AdaptiveAveragePooling1D": L.AdaptiveAveragePooling1D(2),
        "AdaptiveMaxPooling1D": L.AdaptiveMaxPooling1D(2),
        "Normalization": L.Normalization(mean=0.0, variance=1.0),
    }
    outcomes = {}
    for name, layer in layers.items():
        graph = tf.function(layer, [tf.TensorSpec((None, None, 4))])
        both = [outcome(lambda run=run: tuple(run(X).shape))[:12] for run in (graph, layer)]
        outcomes[name] = ", ".join(both)
    return outcomes


@attack("models.merge-of-widths")
def as_many_samples_as_features():
    """One feature and several, of one timestep: is it added to each feature of its own sample?"""
    sizes = (1, 3, 3), (2, 1, 2), (3, 1, 2), (2, 2, 2)
    right = {}
    for size in sizes:
        x = draw(*size)
        feature = draw(*size[:2], 1)
        right[str(size)] = close(L.Add()([x, feature]), x + feature)
    return right


@attack("models.subclass-of-layers")
def made_again_twice():
    """One configuration is used twice: how many entries are left, and what comes of it?"""
    custom = type("Custom", (keras.Model,), {})
    given = keras.Input((6, 4))
    left = {}
    for kind in (keras.Model, custom):
        config = kind(given, LSTM(2)(given)).get_config()
        kind.from_config(config)
        entries = len(config)
        again = outcome(lambda k=kind, c=config: k.from_config(c).layers)
        left[kind.__name__] = f"{entries}, {again[:40]}"
    return left


@attack("models.softmax-behind-mask")
def softmax_along_the_timesteps():
    """Softmax(axis=1) of a square that nothing is masked of: what does a timestep sum to?"""
    x = np.arange(1.0, 28.0).reshape(3, 3, 3)
    y = np.array(L.Softmax(axis=1)(L.Masking()(x)))
    return [round(float(total), 2) for total in y[0].sum(axis=1)]


SEEN = X[:, :, 0] != 0
LIFTED = 5.0 * np.float32(~SEEN[:, :, None])


class Lift(L.Layer):
    """Adds numbers to masked timesteps, and hands the mask on."""

    def __init__(self, much):
        super().__init__()
        self.supports_masking = True
        self.much = much

    def call(self, x):
        return x + self.much * LIFTED


def moved_rows(layer, query, **options):
    """Return which rows of attention move with the values at masked timesteps."""
    rows = []
    for much in (0.0, 1.0):
        value = Lift(much)(L.Masking()(X))
        rows.append(np.array(layer(query(), value, **options)))
    return np.any(np.abs(rows[0] - rows[1]) > 1e-5, axis=-1).tolist()


@attack("models.attention-of-lstm")
def rows_of_a_masked_query():
    """A query with a mask: in which rows is Attention to unmasked LSTM outputs not their mean?"""
    y = LSTM(4, return_sequences=True)(X)
    attention = L.Attention()
    masked, whole = (np.array(attention([query, y])) for query in (L.Masking()(X), X))
    other = np.any(masked != whole, axis=-1)
    return other.tolist(), not masked[other].any()


@attack("models.heads-skip")
def masked_rows_of_heads():
    """Masked values move: which rows of MultiHeadAttention move, by a masked query and another?"""
    layer = L.MultiHeadAttention(2, 3)
    return moved_rows(layer, lambda: X + 1.0), moved_rows(layer, lambda: L.Masking()(X))


@attack("models.heads-skip")
def masks_of_heads_beside_a_mask():
    """An attention_mask of two heads that hides nothing, beside the value's: for 1 to 3 samples?"""
    layer = L.MultiHeadAttention(2, 3)

    def unchanged(x):
        every = np.ones((len(x), 2, 6, 6), bool)
        both = layer(x, L.Masking()(x), attention_mask=every)
        return close(both, layer(x, L.Masking()(x)))

    rows = X.copy()
    rows[:, 5] = 0.0
    sizes = (rows[:1], rows, np.concatenate([rows, rows[:1]]))
    return [outcome(lambda x=x: unchanged(x))[:20] for x in sizes]


@attack("models.merge-of-one-mask")
@attack("models.merge-of-two-masks")
def merges_of_four_axes():
    """Masked frames, with four axes: does each merge keep the mask of their timesteps?"""
    frames = L.TimeDistributed(L.Dense(3))(draw(2, 6, 5, 3), mask=tf.constant(SEEN))
    seen = {}
    names = ("Add", "Subtract", "Average", "Multiply", "Maximum", "Minimum", "Concatenate")
    for name in names:
        merge = getattr(L, name)()
        seen[name] = outcome(lambda m=merge: np.array_equal(m([frames, frames])._keras_mask, SEEN))[
            :22
        ]
    return seen


@attack("models.slices-of-known-length")
def slices_of_two_outputs():
    """Of a model of two outputs and an LSTM with its states, eagerly and in a model: what comes?"""
    given = keras.Input((4,))
    two = keras.Model(given, [L.Dense(2)(given), L.Dense(2)(given)])
    states = LSTM(2, return_state=True)
    seen = []
    for layer, x in ((two, X), (states, draw(2, 6, 5, 3))):
        slices = L.TimeDistributed(layer)
        shapes = outcome(lambda s=slices, v=x: np.array(s(v)).shape)
        model = outcome(lambda v=x, k=layer: L.TimeDistributed(k)(keras.Input(v.shape[1:])).shape)
        seen.append((shapes[:40], model[:40]))
    return seen


@attack("models.second-lstm-refused")
def behind_one_that_returns_states():
    """An LSTM behind one with return_state=True: refused by name, and of how many inputs?"""
    layers = [keras.Input((3, 1)), LSTM(2, return_state=True), LSTM(2, name="second")]
    return outcome(lambda: keras.Sequential(layers))[:80]


@attack("models.conv-lstm-frames")
def strides_over_one_pixel():
    """Strides of two over frames of one and of two pixels: fewer rows and columns?"""
    shapes = []
    for side in (1, 2):
        for padding in ("valid", "same"):
            layer = L.ConvLSTM2D(4, (1, 1), strides=2, padding=padding)
            shapes.append(tuple(layer(np.ones((1, 3, side, side, 2))).shape))
    return shapes


@attack("models.normalizes-over-time")
def weights_of_normalization():
    """Which weights has a BatchNormalization, and how many are trained?"""
    layer = L.BatchNormalization()
    layer.build((None, None, 3))
    return [weight.name for weight in layer.weights], len(layer.trainable_weights)


@attack("models.declared-shapes")
def axes_of_no_size():
    """No samples, no timesteps, and two open axes that differ in a merge: are they taken?"""
    given = keras.Input((None, 4)), keras.Input((None, 4))
    single = keras.Sequential([keras.Input((None, 4)), L.Dense(2), LSTM(2)])
    merged = keras.Model(given, L.Add()(given))
    calls = (lambda: single(X[:0]), lambda: single(X[:, :0]), lambda: merged([X, X[:, :3]]))
    return [outcome(lambda c=call: tuple(c().shape))[:24] for call in calls]


@attack("models.forms")
def whole_numbers_in_forms():
    """Bytes and large ids, of an Input of float32 and of their own type: the same in each form?"""
    triple = L.Lambda(lambda x: x * 3)
    hashed = L.Hashing(50), L.Embedding(50, 2), LSTM(2)
    kinds = ("float32", "uint8", [triple, LSTM(2)]), ("float32", "int64", hashed)
    kinds += ("uint8", "uint8", [triple, LSTM(2)]), ("int64", "int64", hashed)
    seen = []
    for declared, given, layers in kinds:
        x = np.abs(100 * X).astype(given) if given == "uint8" else np.full((2, 6), 2**24 + 1)
        source = keras.Input(x.shape[1:], dtype=declared)

        class Own(keras.Model):
            def call(self, y, chain=tuple(layers)):
                for layer in chain:
                    y = layer(y)
                return y

        seen.append(close(keras.Sequential([source, *layers])(x), Own()(x)))
    return seen


@attack("models.lengths-in-predict")
def lengths_of_rows_and_slices():
    """Lengths 6, 2, 6 and 1 in predict: what a call gives, in a stack and by TimeDistributed?"""
    given = keras.Input((None, 4))
    stack = keras.Sequential([given, LSTM(3, return_sequences=True), LSTM(2)])
    slices = keras.Model(given, L.TimeDistributed(L.Dense(2))(given))
    seen = []
    for model in (stack, slices):
        lengths = (X[:, :n] for n in (6, 2, 6, 1))
        same = [
            outcome(lambda m=model, x=x: close(m.predict(x, verbose=0), m(x)))[:20] for x in lengths
        ]
        seen.append(same)
    return seen


@attack("models.made-again")
def functions_without_a_name():
    """An activation that is no Keras activation, of keras.ops and tf.nn: cloned, or refused?"""
    given = keras.Input((6, 4))
    seen = []
    for function in (keras.ops.sin, tf.nn.tanh):
        model = keras.Model(given, LSTM(2, activation=function)(given))
        seen.append(outcome(lambda m=model: len(keras.models.clone_model(m).layers))[:60])
    return seen


@attack("models.without-input")
def doubles_without_input():
    """A first layer of float64, and float64 input: how far from its layers, by the type given?"""
    model = keras.Sequential([LSTM(2, dtype="float64")])
    seen = []
    for kind in ("float64", "float32"):
        x = (X.astype("float64") / 3).astype(kind)
        off = np.abs(np.array(model(x)) - np.array(model.layers[0](x)))
        seen.append(bool(off.max() < 1e-12))
    return seen


@attack("models.mask-of-own-layer")
@attack("models.keeps-mask")
def masks_by_data_and_by_symbol():
    """A layer that turns the mask round, of a Dense, and SpectralNormalization: which mask?"""

    class Turned(L.Layer):
        def __init__(self):
            super().__init__()
            self.dense = L.Dense(3)

        def call(self, x):
            return self.dense(x)

        def compute_mask(self, inputs, mask=None):
            return None if mask is None else keras.ops.logical_not(mask)

    seen = []
    for make in (Turned, lambda: L.SpectralNormalization(L.Dense(3))):
        by_data = make()(L.Masking()(X))
        given = keras.Input((6, 4))
        mask = getattr(make()(L.Masking()(given)), "_keras_mask", None)
        by_symbol = None if mask is None else keras.Model(given, mask)(X)
        masks = [None if m is None else np.array(m) for m in (by_data._keras_mask, by_symbol)]
        seen.append([None if m is None else bool(np.array_equal(m, SEEN)) for m in masks])
    return seen
