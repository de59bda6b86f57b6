"""Attacks on the claims of the chapter `weights`."""

import copy

import keras
import numpy as np

from tools.studies.attacks import attack, outcome

LSTM = keras.layers.LSTM
ONES = np.ones((3, 4, 1), "float32")


def built(units, features=1, **options):
    """Return a built LSTM."""
    layer = LSTM(units, **options)
    layer.build((3, 4, features))
    return layer


@attack("weights.three")
def without_bias():
    """use_bias=False: the shapes of its weights."""
    return [weight.shape for weight in built(2, use_bias=False).get_weights()]


@attack("weights.paths")
def paths():
    """The path of the kernel in a Sequential, a subclassed and a nested model, and in wrappers."""
    layers = keras.layers
    namesakes = [LSTM(2, name="words") for _ in range(6)]

    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.inner = namesakes[1]

        def call(self, x):
            return self.inner(x)

    keras.Sequential([keras.Input((4, 1)), namesakes[0]])
    Model()(ONES)
    inputs = keras.Input((4, 1))
    keras.Model(inputs, keras.Sequential([namesakes[2]])(inputs))
    wrapped = layers.Bidirectional(namesakes[3]), layers.TimeDistributed(namesakes[4])
    wrapped[0](ONES)
    wrapped[1](ONES[None])
    namesakes[5](ONES)
    namesakes[3] = wrapped[0].forward_layer
    return [layer.weights[0].path for layer in namesakes]


@attack("weights.round-trip")
def doubles_set():
    """float64 arrays, NaN, infinity and subnormal numbers set and got: equal?"""
    layer = built(2)
    kernel = np.array([[0.1, np.nan, np.inf, 1e-40, -0.0, 1, 2, 3]])
    results = []
    for kind in ("float64", "float32"):
        layer.set_weights([kernel.astype(kind), np.ones((2, 8)), np.zeros(8)])
        results.append(
            bool(np.array_equal(layer.get_weights()[0], kernel.astype(kind), equal_nan=True))
        )
    return results


@attack("weights.recurrent-rows")
def rows_of_many_units():
    """How far default rows are from orthonormal, in roundings, at 1, 12, 64, 300 units."""
    results = {}
    for units in (1, 12, 64, 300):
        rows = built(units).get_weights()[1].astype(float)
        results[units] = round(float(np.abs(rows @ rows.T - np.eye(units)).max() / 2**-23), 1)
    return results


@attack("weights.fresh")
def alike():
    """kernel_initializer="ones"; set_random_seed before each: different kernels?"""
    ones = [built(2, kernel_initializer="ones").get_weights()[0] for _ in range(2)]
    seeded = []
    for _ in range(2):
        keras.utils.set_random_seed(1)
        seeded.append(built(2).get_weights()[0])
    return [not np.array_equal(*pair) for pair in (ones, seeded)]


@attack("weights.seeded-initializers")
def seed_generator():
    """A SeedGenerator as the seed; a seed, drawn between: the same kernels?"""
    generator = keras.random.SeedGenerator(1)
    results = []
    for seed in (generator, 7):
        kernels = []
        for _ in range(2):
            kernels.append(
                built(2, kernel_initializer=keras.initializers.GlorotUniform(seed)).get_weights()[0]
            )
            np.random.rand(3)
            keras.random.normal((2,))
        results.append(bool(np.array_equal(*kernels)))
    shared = keras.initializers.GlorotUniform()
    results.append(
        bool(
            np.array_equal(
                *(built(2, kernel_initializer=shared).get_weights()[0] for _ in range(2))
            )
        )
    )
    return results


@attack("weights.initial-bias")
def other_biases():
    """bias_initializer="ones", unit_forget_bias=False: the bias of a new layer."""
    return [
        built(1, **options).get_weights()[2].tolist()
        for options in ({"bias_initializer": "ones"}, {"unit_forget_bias": False})
    ]


@attack("weights.plain-bias")
def bias_by_other_initializers():
    """bias_initializer by name, by function, by class; a constraint: what the bias is."""

    def twos(shape, dtype=None):
        return keras.ops.full(shape, 2.0, dtype)

    results = []
    for option in (
        "ones",
        twos,
        keras.initializers.Ones,
        keras.initializers.Constant(3),
        {"class_name": "Ones", "config": {}},
    ):
        for unit in (True, False):
            results.append(
                outcome(
                    lambda: (
                        built(1, bias_initializer=option, unit_forget_bias=unit)
                        .get_weights()[2]
                        .tolist()
                    )
                )
            )
    results.append(
        built(
            1,
            bias_initializer="ones",
            bias_constraint=keras.constraints.MaxNorm(0.1),
            unit_forget_bias=False,
        )
        .get_weights()[2]
        .tolist()
    )
    return results


@attack("weights.modes-add-none")
def every_other_option():
    """Each other argument of the layer: the number of its weights."""
    options = {
        "recurrent_activation": "relu",
        "kernel_initializer": "ones",
        "kernel_regularizer": "l2",
        "activity_regularizer": "l1",
        "kernel_constraint": "non_neg",
        "seed": 1,
        "use_cudnn": False,
        "zero_output_for_mask": True,
        "trainable": False,
        "dtype": "mixed_float16",
        "name": "a",
        "autocast": False,
    }
    return {name: len(built(2, **{name: value}).weights) for name, value in options.items()}


@attack("weights.trainable")
def parts_frozen():
    """The cell frozen alone; one variable frozen alone: how many trainable weights."""
    layer = built(2)
    other = built(2)
    layer.cell.trainable = False
    other.cell.bias.trainable = False
    return len(layer.trainable_weights), len(other.trainable_weights)


@attack("weights.any-length")
def lengths():
    """0, 1 and 1,000 timesteps; an unrolled layer on two lengths; a functional one of 3."""
    layer = built(2)
    unrolled = built(2, unroll=True)
    model = keras.Sequential([keras.Input((3, 1)), LSTM(2)])
    return [
        outcome(lambda c=c, n=n: c(np.ones((1, n, 1))).shape)
        for c, n in ((layer, 0), (layer, 1000), (unrolled, 3), (unrolled, 5), (model, 5))
    ] + [outcome(lambda: model.predict(np.ones((1, 5, 1)), verbose=0).shape)]


@attack("weights.wrong-shape")
def shapes_set():
    """A number, a transposed kernel, a kernel with one more axis, a list: refused?"""
    layer = built(2, 8)
    kernel, recurrent, bias = layer.get_weights()
    wrong = [
        kernel.T,
        kernel[None],
        0.5,
        kernel[:1],
        kernel[:, :1],
        kernel.ravel(),
        np.zeros((0, 8)),
        kernel.tolist(),
    ]
    return [outcome(lambda w=w: layer.set_weights([w, recurrent, bias]))[:60] for w in wrong] + [
        outcome(lambda: layer.set_weights([kernel, recurrent, bias[None]]))[:60],
        outcome(lambda: layer.set_weights([kernel, recurrent, bias[:, None]]))[:60],
    ]


@attack("weights.wrong-number")
def numbers_set():
    """Two arrays on a layer without a bias."""
    layer = built(2, use_bias=False)
    return outcome(lambda: layer.set_weights(layer.get_weights()))


@attack("weights.seed-state")
def variables():
    """A stateful layer, one without a bias, a layer in a model: names of the variables."""
    layers = built(2, stateful=True), built(2, use_bias=False), built(2, recurrent_dropout=0.5)
    return [[variable.name for variable in layer.variables] for layer in layers]


@attack("weights.gate-blocks")
def blocks():
    """How near a gate's block comes to an orthogonal one, over 200 layers of one unit."""
    return float(
        min(
            np.abs(np.abs(np.array(keras.initializers.Orthogonal(seed)((1, 4)))) - 1).min()
            for seed in range(200)
        )
    )


@attack("weights.none-before-build")
def symbolic():
    """Called on a symbol: how many weights?"""
    layer = LSTM(2)
    layer(keras.Input((None, 1)))
    return len(layer.weights)


@attack("weights.parameter-count")
@attack("weights.no-bias")
def counted():
    """300 units on 500 features, in a cell, RNN, stateful, mixed: the formula, with and without?"""
    seen = []
    for units, features, bias in ((300, 500, True), (1, 1, True), (300, 500, False)):
        expected = 4 * (units * (features + units) + bias * units)
        options = {"use_bias": bias, "dtype": "mixed_float16", "stateful": True}
        layers = [built(units, features, **options), keras.layers.LSTMCell(units, use_bias=bias)]
        layers[1].build((3, features))
        seen.append([layer.count_params() == expected for layer in layers])
        seen.append(len(layers[0].get_weights()))
    return seen


@attack("weights.no-bias-is-zero-bias")
def zero_biases():
    """In XLA, float16, under dropout of one seed, implementation 1: the same?"""
    seen = {}
    options = [{}, {"implementation": 1}, {"dtype": "float16"}, {"unroll": True}]
    options += [{"dropout": 0.5, "recurrent_dropout": 0.5, "seed": 1}]
    for option in options:
        plain = built(4, use_bias=False, **option)
        zeros = built(4, **option)
        zeros.set_weights([*plain.get_weights(), np.zeros(16)])
        y = [np.array(layer(ONES, training=True)) for layer in (plain, zeros)]
        seen[str(option)] = np.allclose(*y, atol=1e-3), np.array_equal(*y)
    return seen


@attack("weights.bias-initializer")
@attack("weights.forget-bias-is-one")
def biases_made():
    """By name, object, function and constant, in float16, in a cell: ones, and others?"""
    seen = {}
    initializers = {"name": "random_normal", "object": keras.initializers.Constant(7)}
    initializers |= {
        "function": lambda shape, dtype=None: 3 * keras.ops.ones(shape, dtype),
        "ones": "ones",
    }
    for name, initializer in initializers.items():
        for dtype in ("float32", "float16"):
            bias = built(2, bias_initializer=initializer, dtype=dtype).get_weights()[2]
            others = np.delete(bias, [2, 3])
            seen[name, dtype] = bias[2:4].tolist() == [1, 1], bool(np.all(others != 0))
    return seen


@attack("weights.seed-argument")
def same_seed():
    """With the global seed set before each, in a cell, Bidirectional: different kernels?"""
    seen = {}
    for name, before in {
        "plain": lambda: None,
        "global": lambda: keras.utils.set_random_seed(3),
    }.items():
        kernels = []
        for _ in range(2):
            before()
            kernels.append(built(4, seed=1).get_weights()[0])
        seen[name] = not np.array_equal(*kernels)
    return seen


@attack("weights.of-the-cell")
def variables_of_the_cell():
    """Of RNN, Bidirectional, a loaded layer, a copy: the very variables?"""
    layers = [built(2), keras.layers.RNN(keras.layers.LSTMCell(2))]
    layers[1].build(ONES.shape)
    layers.append(copy.deepcopy(layers[0]))
    layers.append(LSTM.from_config(layers[0].get_config()))
    layers[-1].build(ONES.shape)
    seen = []
    for layer in layers:
        cell = layer.cell.kernel, layer.cell.recurrent_kernel, layer.cell.bias
        seen.append(all(a is b for a, b in zip(cell, layer.weights, strict=True)))
    return seen


@attack("weights.refused-halfway")
def halfway():
    """The kernel, the recurrent kernel or the bias of a wrong shape: what is set by then?"""
    seen = {}
    for wrong in range(3):
        layer = built(2)
        before = layer.get_weights()
        new = [w + 1 for w in before]
        new[wrong] = np.append(new[wrong], new[wrong], axis=-1)
        error = outcome(lambda f=layer, w=new: f.set_weights(w))[:10]
        after = layer.get_weights()
        changed = [not np.array_equal(a, b) for a, b in zip(before, after, strict=True)]
        seen[wrong] = error, changed
    return seen


@attack("weights.trainable")
def frozen_by_itself():
    """A cell frozen by itself, then True set on the layer, then False and True: how many train?"""
    layer = LSTM(2)
    layer.build((1, 5, 3))
    layer.cell.trainable = False
    seen = []
    for values in ((True,), (False, True)):
        for value in values:
            layer.trainable = value
        seen.append(len(layer.trainable_weights))
    return seen


@attack("weights.seeded-initializers")
def seeds_of_other_types():
    """np.int64(3), -1 and 2**40 as the seed of both initializers: equal kernels?"""
    seen = []
    for seed in (np.int64(3), -1, 2**40):

        def kernels(seed=seed):
            initializer = keras.initializers.GlorotUniform(seed)
            options = {"kernel_initializer": initializer, "recurrent_initializer": initializer}
            return built(2, **options).get_weights()[0]

        seen.append(outcome(lambda f=kernels: np.array_equal(f(), f()))[:60])
    return seen


@attack("weights.forget-bias-is-one")
@attack("weights.bias-initializer")
def arrays_as_initializers():
    """None, "orthogonal" and an array of eight biases: built?"""
    given = None, "orthogonal", np.arange(8.0)
    return [outcome(lambda v=v: built(2, bias_initializer=v).get_weights()[2])[:60] for v in given]


def with_alpha():
    """Return an LSTM whose activation is the layer PReLU, called."""
    layer = LSTM(2, activation=keras.layers.PReLU())
    layer(np.transpose(ONES))
    return layer


@attack("weights.modes-add-none")
def activation_with_weights():
    """With the layer PReLU as activation: which weights are there?"""
    return [weight.name for weight in with_alpha().weights]


@attack("weights.parameter-count")
def parameters_of_an_activation():
    """With PReLU as activation: how many parameters more than the formula says?"""
    layer = with_alpha()
    features = layer.get_weights()[0].shape[0]
    return layer.count_params() - 4 * (2 * (features + 2) + 2)


@attack("weights.seed-state")
def variables_of_other_layers():
    """Of Bidirectional, and with a SeedGenerator in an initializer: how many beside the weights?"""
    drawn = keras.initializers.GlorotUniform(seed=keras.random.SeedGenerator(1))
    layers = keras.layers.Bidirectional(LSTM(2)), LSTM(2, kernel_initializer=drawn)
    for layer in layers:
        layer.build((1, 3, 1))
    return [len(layer.variables) - len(layer.weights) for layer in layers]


@attack("weights.seeded-initializers")
def seeds_and_shapes():
    """Another width and another dtype, with the same seeds: does a kernel begin as the other?"""

    def kernel(features, dtype):
        seeded = keras.initializers.GlorotUniform(seed=1), keras.initializers.Orthogonal(seed=2)
        layer = LSTM(2, kernel_initializer=seeded[0], recurrent_initializer=seeded[1], dtype=dtype)
        layer.build((1, 3, features))
        return layer.get_weights()[0].astype("float64")

    first = kernel(1, "float32")
    wider = kernel(2, "float32")[:1]
    return [np.array_equal(first, other) for other in (kernel(1, "float32"), wider)]
