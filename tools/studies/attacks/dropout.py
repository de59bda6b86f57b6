"""Attacks on the claims of the chapter `dropout`."""

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome

LSTM = keras.layers.LSTM
WIDE = np.ones((32, 3, 8), "float32")


def drops(y, z):
    """Say whether something was dropped: whether two outputs differ."""
    return not np.allclose(np.array(y, "float32"), np.array(z, "float32"), atol=1e-6)


def subclassed(layer, **given):
    """Return a subclassed model that calls a layer."""

    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.layer = layer

        def call(self, x):
            return self.layer(x, **given)

    return Model()


@attack("dropout.off-at-inference")
def in_a_training_model():
    """In a subclassed model in training: a layer without `training`, with None, with False."""
    results = []
    for given in ({}, {"training": None}, {"training": False}):
        layer = LSTM(2, dropout=0.5)
        model = subclassed(layer, **given)
        results.append(drops(model(WIDE, training=True), layer(WIDE)))
    return results


@attack("dropout.off-in-predict-and-evaluate")
def predict_of_a_subclassed_model():
    """predict and evaluate of a subclassed model that calls its layer with training=True."""
    layer = LSTM(2, dropout=0.5)
    model = subclassed(layer, training=True)
    model.compile("sgd", "mse")
    y = np.array(layer(WIDE))
    return drops(model.predict(WIDE, verbose=0), y), model.evaluate(WIDE, y, verbose=0) > 1e-6


@attack("dropout.on-in-fit")
def fit_with_training_false():
    """train_on_batch and test_on_batch of LSTMs called with training=False, and of a frozen one."""
    results = []
    inputs = keras.Input((3, 8))
    layer = LSTM(2, dropout=0.5)
    for model in (
        keras.Model(inputs, layer(inputs, training=False)),
        subclassed(layer, training=False),
    ):
        model.compile("sgd", "mse")
        y = np.array(layer(WIDE))
        results.append(float(model.train_on_batch(WIDE, y)) > 1e-6)
        results.append(float(model.test_on_batch(WIDE, np.array(layer(WIDE)))) > 1e-6)
    layer.trainable = False
    model = keras.Sequential([keras.Input((3, 8)), layer, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    results.append(float(model.train_on_batch(WIDE, model(WIDE))) > 1e-9)
    return results


@attack("dropout.masked-input")
def implementation_one():
    """implementation=1 with dropout; with whole numbers; one mask for all gates?"""
    return (
        outcome(lambda: LSTM(2, dropout=0.5, implementation=1)(WIDE, training=True).shape),
        outcome(lambda: LSTM(2, dropout=0.5)(WIDE.astype("int32"), training=True).shape),
        outcome(
            lambda: LSTM(2, dropout=0.5, implementation=1, unroll=True)(WIDE, training=True).shape
        ),
    )


@attack("dropout.inputs")
def in_halves():
    """What inputs of one are multiplied by, at the rate 0.3 in halves, 0.001 and 0.999."""
    results = {}
    for dtype, rate in (
        ("float16", 0.3),
        ("bfloat16", 0.3),
        ("float64", 0.3),
        ("float32", 0.001),
        ("float32", 0.999),
    ):
        layer = LSTM(
            1,
            None,
            lambda z: 0 * z + 1,
            kernel_initializer="ones",
            recurrent_initializer="zeros",
            dropout=rate,
            dtype=dtype,
        )
        results[dtype, rate] = (
            np.unique(np.array(layer(np.ones((5000, 1, 1)), training=True), "float64")).tolist(),
            1 / (1 - rate),
        )
    return results


@attack("dropout.inputs")
def nan_dropped():
    """Inputs of NaN and infinity: what is left of those that are dropped?"""
    layer = LSTM(1, None, lambda z: 0 * z + 1, kernel_initializer="ones", dropout=0.5)
    y = np.array(layer(np.full((99, 1, 1), np.inf), training=True))
    return np.unique(y).tolist()


@attack("dropout.gradient")
def rows_that_change():
    """Adam after two steps; a regularizer; weight decay: do rows of dropped inputs change?"""
    results = []
    for optimizer, options in (
        ("adam", {}),
        ("sgd", {"kernel_regularizer": "l2"}),
        (keras.optimizers.AdamW(), {}),
        (keras.optimizers.SGD(momentum=0.9), {}),
        ("sgd", {"recurrent_dropout": 0.5}),
    ):
        layer = LSTM(2, dropout=0.5, **options)
        model = keras.Sequential([keras.Input((3, 64)), layer])
        model.compile(optimizer, "mse")
        x = np.ones((1, 3, 64))
        model.train_on_batch(x, np.ones((1, 2)))
        before = layer.get_weights()[0]
        model.train_on_batch(x, np.ones((1, 2)))
        results.append(bool(np.any(np.all(layer.get_weights()[0] == before, axis=1))))
    return results


@attack("dropout.fresh")
def two_calls_in_graphs():
    """Two training calls in a tf.function, jitted, unrolled; TimeDistributed: other masks?"""
    results = []
    for options in ({}, {"unroll": True}, {"implementation": 1, "use_cudnn": False}):
        for rates in ({"dropout": 0.5}, {"recurrent_dropout": 0.5}):
            layer = LSTM(2, seed=1, **options, **rates)
            for jit in (False, True):
                run = tf.function(lambda x: layer(x, training=True), jit_compile=jit)
                results.append(outcome(lambda: drops(run(WIDE), run(WIDE)))[:50])
    return results


@attack("dropout.inference-counts")
def counting():
    """What predict, evaluate, a tf.function and a symbolic call add to the counter of the seed."""
    layer = LSTM(2, dropout=0.5, recurrent_dropout=0.5, seed=1)
    count = lambda: int(layer.cell.seed_generator.state.numpy()[1])  # noqa: E731
    model = keras.Sequential([keras.Input((3, 8)), layer])
    results = [count()]
    model.predict(WIDE, verbose=0)
    results.append(count())
    run = tf.function(layer)
    run(WIDE)
    results.append(count())
    run(WIDE)
    results.append(count())
    plain = LSTM(2, seed=1)
    plain(WIDE)
    return results, int(plain.cell.seed_generator.state.numpy()[1])


@attack("dropout.not-the-mean")
def linear_layers():
    """A layer with a kernel of zeros; a linear candidate and constant gates: is it the mean?"""
    results = []
    for options in (
        {"kernel_initializer": "zeros"},
        {
            "activation": None,
            "recurrent_activation": lambda z: 0 * z + 1,
            "recurrent_initializer": "zeros",
        },
    ):
        layer = LSTM(2, dropout=0.5, **options)
        x = np.ones((1, 3, 1))
        mean = (np.array(layer(0 * x)) + np.array(layer(2 * x))) / 2
        results.append(bool(np.allclose(layer(x), mean)))
    return results


@attack("dropout.seed")
def disturbed():
    """Random numbers drawn, and set_random_seed, between two layers of one seed: the same?"""
    first = LSTM(2, dropout=0.5, seed=1)
    other = LSTM(2, dropout=0.5, seed=1)
    first.build(WIDE.shape)
    other.build(WIDE.shape)
    other.set_weights(first.get_weights())
    y = first(WIDE, training=True)
    keras.utils.set_random_seed(5)
    keras.random.normal((3,))
    run = tf.function(lambda x: other(x, training=True))
    return drops(run(WIDE), y)


@attack("dropout.masked-timesteps")
def all_masked():
    """zero_output_for_mask, and the last timestep masked; batch of four: as deleted?"""
    results = []
    x = np.random.rand(4, 3, 8).astype("float32")
    mask = np.array([[True, True, False]] * 4)
    for options in (
        {},
        {"zero_output_for_mask": True},
        {"go_backwards": True},
        {"unroll": True, "go_backwards": True},
        {"recurrent_dropout": 0.5},
    ):
        first = LSTM(2, dropout=0.5, seed=1, **options)
        other = LSTM(2, dropout=0.5, seed=1, **options)
        first.build(x.shape)
        other.build(x.shape)
        other.set_weights(first.get_weights())
        results.append(
            not drops(first(x, mask=mask, training=True), other(x[:, :2], training=True))
        )
    return results


@attack("dropout.unrolled")
def unrolled_elsewhere():
    """The same seed, looped and unrolled: in a tf.function, jitted, in fit: the same?"""
    results = []
    for rates in ({"dropout": 0.5}, {"dropout": 0.5, "recurrent_dropout": 0.3}):
        layers = [LSTM(2, seed=1, unroll=unroll, **rates) for unroll in (False, True)]
        for layer in layers:
            layer.build(WIDE.shape)
        layers[1].set_weights(layers[0].get_weights())
        for jit in (False, True):
            runs = [
                tf.function(lambda x, layer=layer: layer(x, training=True), jit_compile=jit)
                for layer in layers
            ]
            results.append(outcome(lambda: not drops(*(run(WIDE) for run in runs)))[:60])
    return results


@attack("dropout.bidirectional")
def recurrent_masks():
    """With recurrent_dropout too, and after a second call: the same inputs in both directions?"""
    layer = LSTM(
        1,
        kernel_initializer="ones",
        recurrent_initializer="ones",
        dropout=0.5,
        recurrent_dropout=0.5,
        seed=1,
    )
    both = keras.layers.Bidirectional(layer, merge_mode=None)
    x = np.ones((99, 1, 1))
    return [bool(np.array_equal(*both(x, training=True))) for _ in range(2)]


@attack("dropout.rnn-of-cells")
def stacks_of_other_widths():
    """Cells of 5, 2 and 3 units on 8 features: as stacked layers drop?"""
    rates = {"dropout": 0.5, "recurrent_dropout": 0.0}
    cells = [keras.layers.LSTMCell(units, seed=k, **rates) for k, units in enumerate((5, 2, 3))]
    rnn = keras.layers.RNN(cells)
    y = rnn(WIDE, training=True)
    layers = [
        LSTM(units, seed=k, return_sequences=k < 2, **rates) for k, units in enumerate((5, 2, 3))
    ]
    z = WIDE
    weights = rnn.get_weights()
    for k, layer in enumerate(layers):
        layer.build(z.shape)
        layer.set_weights(weights[3 * k : 3 * k + 3])
        z = np.array(layer(z, training=True))
    return not drops(y, z)


@attack("dropout.bare-cell-batch")
def other_batches():
    """A bare cell with a mask of 2 rows, called on 1, 3 and 4; with a mask of 3 rows on 2."""
    results = []
    for first, second in ((2, 1), (2, 3), (2, 4), (3, 2), (1, 4)):
        cell = keras.layers.LSTMCell(2, dropout=0.5)

        def call(n, cell=cell):
            zeros = np.zeros((n, 2))
            return cell(np.ones((n, 3)), [zeros, zeros], training=True)[0].shape

        call(first)
        results.append(outcome(lambda: call(second))[:50])
    return results


@attack("dropout.clipped")
def rates():
    """Rates of infinity, True, a NumPy number, and a list."""
    return [
        outcome(lambda r=r: LSTM(2, dropout=r).dropout)
        for r in (np.inf, -np.inf, True, np.float16(0.5), [0.5], "0.5", None)
    ]


@attack("dropout.no-number")
def rates_of_cells_and_siblings():
    """None as a rate of an LSTMCell, a GRU, a Dropout layer; a NumPy array, a tensor, a boolean."""
    kinds = (keras.layers.LSTMCell, keras.layers.GRU)
    return [
        *(outcome(lambda k=k: k(2, dropout=None))[:40] for k in kinds),
        outcome(lambda: keras.layers.Dropout(None))[:40],
        *(
            outcome(lambda r=r: LSTM(2, dropout=r).dropout)
            for r in (np.array(0.5), np.array([0.5]), keras.ops.array(0.5), True, b"0.5")
        ),
    ]


@attack("dropout.get-mask")
def masks_of_other_types():
    """What get_dropout_mask returns at the rate 1, and in an LSTM after a call."""
    layer = LSTM(2, dropout=0.5)
    layer(WIDE, training=True)
    cell = keras.layers.LSTMCell(2, dropout=1.0)
    return str(layer.cell._dropout_mask), np.unique(
        np.array(cell.get_dropout_mask(np.ones((3, 4), "float32")))
    ).tolist()


@attack("dropout.as-spatial-dropout")
def other_options():
    """SpatialDropout1D before: with implementation=1, recurrent_dropout, in a tf.function."""
    results = []
    for options in ({}, {"recurrent_dropout": 0.5}, {"unroll": True}):
        lstm = LSTM(2, dropout=0.5, seed=1, **options)
        plain = LSTM(2)
        lstm.build(WIDE.shape)
        plain.build(WIDE.shape)
        plain.set_weights(lstm.get_weights())
        spatial = keras.layers.SpatialDropout1D(0.5, seed=1)
        run = tf.function(lambda x: lstm(x, training=True))
        results.append(not drops(run(WIDE), plain(spatial(WIDE, training=True))))
    return results


@attack("dropout.cell-state")
def other_kernels():
    """With kernels of zeros and a bias, in mixed_float16, in a tf.function: nothing dropped?"""
    layer = LSTM(
        3,
        kernel_initializer="zeros",
        recurrent_initializer="zeros",
        bias_initializer="ones",
        dropout=0.5,
        recurrent_dropout=0.5,
        dtype="mixed_float16",
    )
    return drops(tf.function(lambda x: layer(x, training=True))(WIDE), layer(WIDE))


@attack("dropout.stateful")
def stateful_reset():
    """Does the seed's counter go back with reset_state?"""
    layer = LSTM(2, dropout=0.5, stateful=True, seed=1)
    y = np.array(layer(WIDE, training=True))
    layer.reset_state()
    return drops(layer(WIDE, training=True), y)


def trained_calls(option, x=WIDE, **call):
    """Return the output of an echoing layer in training, by options."""
    layer = LSTM(8, seed=1, activation="linear", return_sequences=True, **option)
    layer.build(x.shape)
    eye = np.eye(8, dtype="float32")
    zeros = np.zeros((8, 8), "float32")
    gates = np.repeat([200.0, -200.0, 0.0, 200.0], 8)
    layer.set_weights([np.hstack([zeros, zeros, eye, zeros]), np.zeros((8, 32)), gates])
    return np.array(layer(x, training=True, **call), "float32")


@attack("dropout.share")
@attack("dropout.each-by-itself")
@attack("dropout.whole-call")
def shares():
    """Unrolled, compiled, in float16, by implementation 1: the share, samples alike, timesteps?"""
    seen = {}
    options = [{}, {"unroll": True}, {"dtype": "float16"}, {"go_backwards": True}]
    options += [{"implementation": 1, "use_cudnn": False}, {"stateful": True}]
    for option in options:
        for rate in (0.1, 0.5, 0.99):
            y = trained_calls({**option, "dropout": rate}, np.ones((1000, 3, 8), "float32"))
            seen[str(option), rate] = (
                round(float(np.mean(y[:, 0] == 0)), 2),
                bool(np.all((y == 0) == (y[:, :1] == 0))),
                bool(np.array_equal(y[0] == 0, y[1] == 0) and rate == 0.5),
            )
    return {k: v for k, v in seen.items() if abs(v[0] - k[1]) > 0.02 or not v[1] or v[2]}


@attack("dropout.recurrent-whole-call")
@attack("dropout.recurrent-by-gate")
def masks_of_h():
    """Of a cell in one call: one mask a gate, the same for 50 timesteps, unrolled too?"""
    seen = []
    for unroll in (False, True):
        cells = []
        layer = LSTM(64, recurrent_dropout=0.5, seed=1, unroll=unroll)
        original = layer.cell.get_recurrent_dropout_mask

        def kept(h, original=original, cells=cells):
            cells.append(original(h))
            return cells[-1]

        layer.cell.get_recurrent_dropout_mask = kept
        layer(np.ones((2, 10, 3), "float32"), training=True)
        last = cells[-1]
        four = isinstance(last, list) and len(last) == 4
        pairs = [np.array_equal(a, b) for k, a in enumerate(last) for b in last[k + 1 :]]
        seen.append((four, any(pairs)))
    return seen


@attack("dropout.forces-implementation")
def implementations_used():
    """A rate of 1e-9, a rate of 1, True and a given 2: which implementation?"""
    rates = (1e-9, 1.0, 5, True, np.float32(0.5), float("nan"), -1)
    return [LSTM(2, recurrent_dropout=r, implementation=2).cell.implementation for r in rates]


@attack("dropout.predict-overrules")
def asked_in_models():
    """Functional, nested, Sequential, with an argument True in Bidirectional: drops in predict?"""
    x = keras.Input((3, 8))
    layers = [LSTM(4, dropout=0.5), keras.layers.Bidirectional(LSTM(4, dropout=0.5))]
    seen = []
    for layer in layers:
        model = keras.Model(x, layer(x, training=True))
        outer = keras.Model(x, model(x, training=True))
        plain = layer(WIDE)
        for tried in (model, outer):
            calls = [tried.predict(WIDE, verbose=0), tried(WIDE), tried(WIDE, training=False)]
            seen.append([drops(y, plain) for y in calls])
    return seen


@attack("dropout.all-dropped")
@attack("dropout.all-of-h-dropped")
def rates_of_one():
    """Looped, unrolled, in a cell and in the layer Dropout: is all dropped?"""
    seen = {}
    for option in ({}, {"unroll": True}, {"implementation": 1, "use_cudnn": False}):
        y = trained_calls({"dropout": 1.0, **option})
        layer = LSTM(4, recurrent_dropout=1.0, **option)
        first = np.array(layer(WIDE, training=True))
        kernel, recurrent, bias = layer.get_weights()
        layer.set_weights([kernel, 0 * recurrent, bias])
        seen[str(option)] = not np.any(y), not drops(first, layer(WIDE))
    return seen


@attack("dropout.implementation-one-by-gate")
def gates_of_one():
    """Unrolled, in RNN, with a mask: does each gate draw by itself?"""
    seen = []
    for unroll in (False, True):
        layer = LSTM(4, dropout=0.5, implementation=1, use_cudnn=False, unroll=unroll)
        masks = layer.cell.get_dropout_mask(tf.ones((2, 64)))
        layer.cell.reset_dropout_mask()
        pairs = [np.array_equal(a, b) for k, a in enumerate(masks) for b in masks[k + 1 :]]
        seen.append((len(masks), any(pairs), bool(np.isfinite(layer(WIDE, training=True)).all())))
    return seen


@attack("dropout.without-cudnn")
def off_cudnn():
    """Compiled, unrolled, in Bidirectional, with recurrent dropout: the same as "auto"?"""
    seen = []
    for option in ({}, {"unroll": True}, {"recurrent_dropout": 0.5}, {"dtype": "float16"}):
        layers = [LSTM(4, dropout=0.5, seed=1, use_cudnn=u, **option) for u in ("auto", False)]
        for layer in layers:
            layer.build(WIDE.shape)
        layers[1].set_weights(layers[0].get_weights())
        seen.append(not drops(*(tf.function(k)(WIDE, training=True) for k in layers)))
    return seen


@attack("dropout.bare-cell")
def kept_masks():
    """Called at inference, in a graph, after set_weights, in an RNN, in a graph: other masks?"""
    cell = keras.layers.LSTMCell(4, dropout=0.5, seed=1)
    x = WIDE[:, 0]
    states = [tf.zeros((32, 4))] * 2
    first = cell(x, states, training=True)[0]
    seen = [drops(first, cell(x, states, training=True)[0])]
    cell(x, states, training=False)
    cell.set_weights(cell.get_weights())
    seen.append(drops(first, cell(x, states, training=True)[0]))
    layer = keras.layers.RNN(cell)
    layer(WIDE, training=True)
    seen.append(drops(first, cell(x, states, training=True)[0]))
    other = keras.layers.LSTMCell(4, dropout=0.5, seed=1)
    steps = tf.function(lambda: [other(x, states, training=True)[0] for _ in range(2)])
    return [*seen, drops(*steps())]


class Dropping(keras.layers.Layer):
    """A layer of one's own that calls an LSTM, with a training of its own or none."""

    def __init__(self, **given):
        """Make the LSTM, and keep what it is given."""
        super().__init__()
        self.layer = LSTM(4, dropout=0.9)
        self.given = given

    def call(self, x):
        """Call the LSTM."""
        return self.layer(x, **self.given)


@attack("dropout.off-at-inference")
def called_by_a_layer():
    """Without training of its own, in a layer that is called with training=True: off?"""
    outer = Dropping()
    return drops(outer(WIDE, training=True), outer(WIDE))


@attack("dropout.off-in-predict-and-evaluate")
def asked_by_a_layer():
    """Asked for by a layer of one's own in a Sequential model: does predict drop?"""
    model = keras.Sequential([keras.Input(WIDE.shape[1:]), Dropping(training=True)])
    return drops(model.predict(WIDE, verbose=0), model.predict(WIDE, verbose=0))


@attack("dropout.all-dropped")
def nan_that_is_dropped():
    """NaN among the inputs: zero?"""
    x = np.where(np.arange(3)[None, :, None] == 1, np.float32("nan"), WIDE)
    return bool(np.any(np.isnan(LSTM(2, dropout=1.0)(x, training=True))))


@attack("dropout.masked-input")
def whole_numbers_and_booleans():
    """Whole numbers and booleans, called in training and at inference: taken?"""
    layer = LSTM(2, dropout=0.5)
    return [
        outcome(lambda t=t, d=d: layer(WIDE.astype(d), training=t).shape)
        for d in ("int32", "bool")
        for t in (True, False)
    ]


@attack("dropout.cell-state")
def zero_kernels_and_whole_numbers():
    """Kernels of zeros and whole numbers, without dropout and with it: the same?"""
    zeros = {"kernel_initializer": "zeros", "recurrent_initializer": "zeros"}
    x = WIDE.astype("int32")
    layers = [LSTM(2, dropout=rate, **zeros) for rate in (0.0, 0.5)]
    return [outcome(lambda a=layer: a(x, training=True).shape) for layer in layers]


@attack("dropout.off-in-predict-and-evaluate")
def dropped_by_another_layer():
    """A layer of one's own that drops by keras.random.dropout: does predict drop?"""

    class Random(keras.layers.Layer):
        def call(self, x):
            return keras.random.dropout(x, 0.5)

    model = keras.Sequential([keras.Input(WIDE.shape[1:]), Random(), LSTM(2)])
    return drops(model.predict(WIDE, verbose=0), model.layers[-1](WIDE))


@attack("dropout.predict-overrules")
def asked_inside_of_a_layer():
    """Asked for in a layer of one's own, and in a Lambda, of a functional model: does it drop?"""
    layer = LSTM(2, dropout=0.5)
    inner = Dropping(training=True)
    x = keras.Input(WIDE.shape[1:])
    asked = keras.layers.Lambda(lambda z: layer(z, training=True))
    models = [keras.Model(x, outer(x)) for outer in (inner, asked)]
    plain = inner.layer(WIDE), layer(WIDE)
    return [drops(m.predict(WIDE, verbose=0), y) for m, y in zip(models, plain, strict=True)]


@attack("dropout.gradient")
def rows_of_two_calls():
    """TimeDistributed, and one layer called twice, on one sample: how many of 64 rows move?"""
    layers = LSTM(2, dropout=0.5), LSTM(2, dropout=0.5)
    frames = keras.Input((4, 3, 64))
    pair = [keras.Input((3, 64)), keras.Input((3, 64))]
    models = (
        keras.Model(frames, keras.layers.TimeDistributed(layers[0])(frames)),
        keras.Model(pair, keras.layers.Add()([layers[1](half) for half in pair])),
    )
    inputs = np.ones((1, 4, 3, 64)), [np.ones((1, 3, 64))] * 2
    moved = []
    for model, x in zip(models, inputs, strict=True):
        model.compile("sgd", "mse")
        before = model.get_weights()[0]
        model.train_on_batch(x, np.ones(np.shape(model(x))))
        moved.append(int(np.any(model.get_weights()[0] != before, axis=1).sum()))
    return moved


class Holding(keras.layers.Layer):
    """A cell of one's own that holds an LSTMCell."""

    def __init__(self):
        """Make the LSTMCell."""
        super().__init__()
        self.cell = keras.layers.LSTMCell(2, dropout=0.5)
        self.state_size = self.cell.state_size
        self.output_size = 2

    def get_initial_state(self, batch_size=None):
        """Return the state of the LSTMCell."""
        return self.cell.get_initial_state(batch_size)

    def call(self, x, states, training=False):
        """Call the LSTMCell."""
        return self.cell(x, states, training=training)


@attack("dropout.fresh")
def cells_called_twice():
    """A bare LSTMCell, and a RNN around a cell of one's own that holds one: new masks?"""
    cell = keras.layers.LSTMCell(2, dropout=0.5)
    rnn = keras.layers.RNN(Holding())
    state = [np.zeros((32, 2), "float32")] * 2
    cells = [np.array(cell(WIDE[:, 0], state, training=True)[0]) for _ in range(2)]
    layers = [np.array(rnn(WIDE, training=True)) for _ in range(2)]
    return drops(*cells), drops(*layers)


@attack("dropout.without-cudnn")
def compiled_by_xla():
    """use_cudnn=False and use_cudnn="auto", either compiled by XLA: the same as called?"""
    kernels = {"kernel_initializer": "ones", "recurrent_initializer": "zeros"}
    outputs = []
    for given in ("auto", "auto", False):
        layer = LSTM(2, dropout=0.5, seed=1, use_cudnn=given, **kernels)
        layer.build(WIDE.shape)
        call = tf.function(lambda x, a=layer: a(x, training=True), jit_compile=bool(outputs))
        outputs.append(np.array(call(WIDE)))
    return [drops(outputs[0], y) for y in outputs[1:]]


@attack("dropout.implementation-one-by-gate")
def by_default_on_a_cpu():
    """By default on a CPU, and with use_cudnn=False: can it be called?"""
    layers = [LSTM(2, dropout=0.5, implementation=1, use_cudnn=u) for u in ("auto", False)]
    return [outcome(lambda a=layer: a(WIDE, training=True).shape) for layer in layers]


@attack("dropout.masked-input")
def rate_of_one():
    """At the rate 1: the call on zeros, or on the input as it is?"""
    layer = LSTM(2, dropout=1.0)
    y = layer(WIDE, training=True)
    return [drops(y, layer(x)) for x in (0 * WIDE, WIDE)]


@attack("dropout.as-spatial-dropout")
def rates_below_zero():
    """The rate -0.5: what does each layer take it for?"""
    layers = LSTM, keras.layers.SpatialDropout1D
    return outcome(lambda: layers[0](2, dropout=-0.5).dropout), outcome(lambda: layers[1](-0.5))


@attack("dropout.on-in-fit")
def any_arguments():
    """A model whose call takes any arguments, but names no `training`: does a step drop?"""

    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.layer = LSTM(2, dropout=0.5)

        def call(self, x, **options):
            return self.layer(x)

    model = Model()
    model.compile("sgd", "mse")
    return float(model.train_on_batch(WIDE, np.array(model(WIDE)))) > 1e-9


@attack("dropout.clipped")
def rates_of_other_layers():
    """The rates 50 and NaN: of an LSTM, a tensor, and other layers that drop."""
    nan = float("nan")
    lstm = [
        LSTM(2, dropout=kind(rate)).dropout for kind in (float, tf.constant) for rate in (50.0, nan)
    ]
    kinds = keras.layers.SpatialDropout1D, keras.layers.GaussianDropout
    return lstm, [outcome(lambda k=k: k(50.0))[:40] for k in kinds]


@attack("dropout.unrolled")
@attack("dropout.rnn-of-cells")
def unrolled_by_xla():
    """A loop called, and the same seed unrolled by XLA, on one timestep: is the same dropped?"""
    x = WIDE[:, :1]
    kernels = {"kernel_initializer": "ones", "recurrent_initializer": "zeros"}
    layers = [LSTM(1, dropout=0.5, seed=1, unroll=unroll, **kernels) for unroll in (False, True)]
    called = [np.array(layer(x, training=True)) for layer in layers]
    cell = keras.layers.LSTMCell(1, dropout=0.5, seed=1, **kernels)
    rnn = keras.layers.RNN(cell, unroll=True)
    rnn.build(x.shape)
    compiled = tf.function(lambda z: rnn(z, training=True), jit_compile=True)
    return not drops(*called), not drops(called[0], compiled(x))


@attack("dropout.get-mask")
def masks_of_other_cells():
    """A GRUCell of implementation 1, and stacked cells: how many masks, and is there a method?"""
    gru = keras.layers.GRUCell(2, dropout=0.5, implementation=1)
    stack = keras.layers.StackedRNNCells([keras.layers.LSTMCell(2, dropout=0.5)])
    return len(gru.get_dropout_mask(WIDE[:, 0])), hasattr(stack, "get_dropout_mask")


@attack("dropout.get-mask")
def masks_of_a_type():
    """In float16, float64 and mixed_float16, of x in float32 and of the cell: does it train?"""
    trained = {}
    for dtype in ("float16", "float64", "mixed_float16"):
        for of_the_cell in (False, True):
            cell = keras.layers.LSTMCell(2, dropout=0.5, dtype=dtype)
            x = WIDE[:, 0].astype(cell.compute_dtype if of_the_cell else "float32")
            cell.get_dropout_mask(x)
            state = cell.get_initial_state(len(x))
            y = outcome(lambda c=cell, x=x, s=state: c(x, s, training=True)[0].shape)
            trained[dtype, of_the_cell] = y[:20]
    return trained


@attack("dropout.bidirectional")
def after_half_a_call():
    """After a call that only the backward layer refuses: do the halves drop the same inputs?"""
    kernels = {"kernel_initializer": "ones", "recurrent_initializer": "zeros"}
    lstm = LSTM(1, dropout=0.5, seed=1, **kernels)
    both = keras.layers.Bidirectional(lstm, merge_mode=None)
    states = [np.zeros((rows, 1), "float32") for rows in (32, 32, 3, 3)]
    before = not drops(*both(WIDE, training=True))
    refused = outcome(lambda: both(WIDE, initial_state=states, training=True)[0].shape)[:20]
    return before, refused, not drops(*both(WIDE, training=True))
