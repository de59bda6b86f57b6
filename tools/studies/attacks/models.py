"""Attacks on the claims of the chapter `models`."""

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
