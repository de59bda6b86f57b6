"""Attacks on the claims of the chapter `precision`."""

import keras
import numpy as np
import tensorflow as tf

from lstm_spec.claims import precision
from lstm_spec.harness.reference import equations
from lstm_spec.harness.strategies import Case, noise
from lstm_spec.harness.subject import lstm
from lstm_spec.harness.tolerance import rounding_error
from tools.studies.attacks import attack, outcome

LSTM = keras.layers.LSTM
ONES = np.ones((3, 4, 1), "float32")
KERAS = sorted(
    name
    for name in dir(keras.activations)
    if name.islower() and name not in ("get", "serialize", "deserialize")
)


def sized(batch, timesteps, features, units, scale=2.0, **options):
    """Return a case of a size with weights within -1 and 1."""
    weights = noise((features + units + 1, 4 * units), 1)
    x = noise((batch, timesteps, features), 2, scale)
    return Case(x, weights[:features], weights[features:-1], weights[-1], options)


def error(case, run=None):
    """Return the largest error of a layer's output, in roundings of its type."""
    layer = lstm(case)
    y = np.asarray((run or layer)(case.x) if run is None else run(layer)(case.x))
    return round(
        float(
            rounding_error(
                y.astype("float32") if y.dtype.name == "bfloat16" else y,
                equations(case).outputs
                if case.options.get("return_sequences")
                else equations(case).h,
                eps={"bfloat16": 2.0**-7}.get(y.dtype.name),
            )
        ),
        2,
    )


def jitted(layer):
    return tf.function(layer, jit_compile=True)


@attack("precision.double")
def other_activations():
    """Each activation in float64: its type, and how far float32 is from it."""
    largest = {}
    z = np.linspace(-5, 5, 50)
    for name in KERAS:
        function = getattr(keras.activations, name)
        try:
            exact = np.array(function(keras.ops.convert_to_tensor(z, "float64")))
            single = np.array(function(keras.ops.convert_to_tensor(z, "float32")))
            largest[name] = (exact.dtype.name, float(np.abs(exact - single).max()))
        except Exception as problem:
            largest[name] = type(problem).__name__
    return largest


@attack("precision.double")
def in_predict():
    """float64 input to a float64 model, in predict: the error in roundings of float64."""
    case = precision.finer(sized(3, 4, 2, 3, dtype="float64"))
    layer = lstm(case)
    model = keras.Sequential([keras.Input((4, 2), dtype="float64"), layer])
    y = model.predict(case.x, verbose=0)
    return float(rounding_error(y, equations(case).h)), float(
        rounding_error(np.array(model(case.x)), equations(case).h)
    )


@attack("precision.input-is-cast")
def whole_numbers():
    """Whole numbers and booleans: with dropout in training, and which type the output has."""
    results = []
    for kind in ("int32", "int64", "uint8", "bool"):
        for options in (
            {},
            {"dropout": 0.5},
            {"recurrent_dropout": 0.5},
            {"unroll": True},
            {"use_cudnn": False, "dropout": 0.5},
        ):
            results.append(
                (
                    kind,
                    options,
                    outcome(
                        lambda: LSTM(2, **options)(ONES.astype(kind), training=True).dtype.name
                    )[:60],
                )
            )
    return results


@attack("precision.input-is-cast")
def whole_numbers_in_halves():
    """Whole numbers beyond the range of float16, in a float16 layer."""
    layer = LSTM(2, dtype="mixed_float16")
    x = np.full((1, 2, 1), 70000)
    return outcome(lambda: (np.array(layer(x)), np.array(layer(x.astype("float32")))))


@attack("precision.mixed-is-half")
def mixed_jitted():
    """Jitted, and in a tf.function: equal bits?"""
    results = []
    for half in ("float16", "bfloat16"):
        case = sized(2, 6, 3, 40, return_sequences=True)
        mixed = lstm(case, dtype=f"mixed_{half}")
        pure = lstm(case, dtype=half)
        for run in (lambda f: f, tf.function, jitted):
            y = run(mixed)(case.x)
            z = run(pure)(case.x)
            results.append(bool(np.array_equal(np.array(y, "float32"), np.array(z, "float32"))))
    return results


@attack("precision.half-roundings")
def halves_of_any_size():
    """Errors, in roundings, for (timesteps, units) in halves."""
    return {
        (half, t, u, scale): error(sized(2, t, 3, u, scale, dtype=half))
        for half in ("float16", "bfloat16")
        for t, u, scale in (
            (4, 4, 2.0),
            (8, 8, 2.0),
            (4, 64, 2.0),
            (50, 4, 2.0),
            (100, 100, 2.0),
            (4, 4, 100.0),
        )
    }


@attack("precision.few-roundings")
def floats_of_any_size():
    """Errors, in roundings, for (timesteps, units, size of the input)."""
    return {
        (t, u, scale): error(sized(2, t, 3, u, scale))
        for t, u, scale in (
            (8, 5, 2.0),
            (8, 5, 100.0),
            (8, 5, 1e4),
            (8, 5, 1e6),
            (8, 64, 2.0),
            (100, 5, 2.0),
            (100, 64, 2.0),
        )
    }


@attack("precision.few-roundings")
def floats_jitted():
    """Errors, in roundings, in a jitted call and in a tf.function."""
    return [error(sized(2, 8, 5, 5, 2.0), run) for run in (jitted, tf.function)]


@attack("precision.long-sequences")
def thousand_timesteps():
    """Default weights: errors for (timesteps, units)."""
    results = {}
    for t, u in ((256, 4), (1000, 4), (1000, 64), (300, 300)):
        case = precision.default_case(t, u, 3)
        layer = tf.function(lstm(case))
        results[t, u] = round(
            float(rounding_error(np.array(layer(case.x)), equations(case).outputs)), 2
        )
        loud = Case(case.x * 50, case.kernel, case.recurrent_kernel, case.bias, case.options)
        results[t, u, "input 100"] = round(
            float(rounding_error(np.array(layer(loud.x)), equations(loud).outputs)), 2
        )
    return results


@attack("precision.float-sixteen-by-default")
def orthonormal_halves():
    """Default recurrent rows in float16: roundings off at 1, 6, 64, 300 units."""
    results = {}
    for units in (1, 6, 64, 300):
        layer = LSTM(units, dtype="float16")
        layer.build((1, 1, 1))
        rows = layer.get_weights()[1].astype("float32")
        results[units] = float(np.abs(rows @ rows.T - np.eye(units)).max() * 2**10)
    return results


@attack("precision.gate-functions")
def gates_jitted():
    """Jitted, in a tf.function, and far from zero: errors of sigmoid and tanh in roundings."""
    results = {}
    for scale in (1e-3, 1.0, 20.0, 1000.0):
        case = precision.bare(noise((64,), 5, scale=scale))
        layer = lstm(case)

        def call(x):
            return layer(x, initial_state=[tf.constant(s) for s in case.state])[2]

        for name, run in (("eager", call), ("graph", tf.function(call)), ("jit", jitted(call))):
            results[scale, name] = round(
                float(rounding_error(np.array(run(case.x)), equations(case).c)), 2
            )
    return results


@attack("precision.saturation")
def ends_jitted():
    """Jitted: is sigmoid(20) one, sigmoid(-200) zero, tanh(20) one? For 1, 8, 9 and 64 units."""
    results = {}
    for size in (1, 8, 9, 64):
        for z in (20.0, 20.5, -200.0, -1e30):
            case = precision.bare(np.full(size, z, "float32"))
            layer = lstm(case)

            def call(x):
                return layer(x, initial_state=[tf.constant(s) for s in case.state])[2]

            for name, run in (("eager", call), ("jit", jitted(call))):
                results[size, z, name] = sorted({float(v) for v in np.array(run(case.x))[0]})
    return results


@attack("precision.half-counter")
def counting_jitted():
    """Jitted: does a cell state in halves stop?"""
    results = []
    for policy, end in (("mixed_float16", 2048), ("mixed_bfloat16", 256)):
        layer = LSTM(1, return_state=True, dtype=policy)
        layer.build((1, 9, 1))
        layer.set_weights([np.zeros((1, 4)), np.zeros((1, 4)), 200 * np.ones(4)])
        start = [np.zeros((1, 1)), np.full((1, 1), end - 3.0)]
        for unroll in (False, True):
            other = LSTM(1, return_state=True, dtype=policy, unroll=unroll)
            other.build((1, 9, 1))
            other.set_weights(layer.get_weights())
            run = jitted(lambda x: other(x, initial_state=start)[2])
            results.append(
                (policy, unroll, outcome(lambda: float(run(np.ones((1, 9, 1), "float32"))[0, 0])))
            )
    return results


@attack("precision.float-sixteen-range")
def range_of_whole_numbers():
    """An input of the whole number 65520, and 1e5 as float64, in mixed_float16; jitted."""
    layer = LSTM(2, dtype="mixed_float16")
    inf = np.array(layer(np.full((1, 1, 1), np.inf)))
    run = jitted(layer)
    return [
        np.array_equal(np.array(y), inf, equal_nan=True)
        for y in (
            layer(np.full((1, 1, 1), 65520)),
            layer(np.full((1, 1, 1), 1e5)),
            run(np.full((1, 1, 1), 1e5, "float32")),
        )
    ]


@attack("precision.autocast")
def autocast_and_more():
    """autocast=False with dropout, unrolled, with sequences: the type; are bits equal?"""
    results = []
    x = np.cos(np.arange(12.0)).reshape(3, 4, 1)
    for options in ({"dropout": 0.5, "seed": 1}, {"unroll": True}, {"return_sequences": True}):
        plain = LSTM(2, **options)
        without = LSTM(2, autocast=False, **options)
        plain.build(x.shape)
        plain2 = LSTM(2, **options)
        plain2.build(x.shape)
        plain2.set_weights(plain.get_weights())
        without.build(x.shape)
        without.set_weights(plain.get_weights())
        results.append(
            (
                options,
                outcome(
                    lambda: (
                        without(x, training=True).dtype.name,
                        bool(np.array_equal(plain2(x, training=True), without(x, training=True))),
                    )
                ),
            )
        )
    return results


@attack("precision.infinite-input")
def infinite_with_relu():
    """With relu; with a subnormal kernel; in mixed_float16 with a kernel of 1e-9."""
    results = []
    for options, value in (
        ({"activation": "relu"}, 1.0),
        ({}, 1e-40),
        ({"dtype": "mixed_float16"}, 1e-9),
    ):
        layer = LSTM(2, kernel_initializer=keras.initializers.Constant(value), **options)
        results.append(bool(np.isnan(np.array(layer(np.full((1, 1, 1), np.inf)), "float32")).any()))
    layer = LSTM(2, activation="relu", kernel_initializer=keras.initializers.Constant(-1.0))
    results.append(bool(np.isnan(layer(np.full((1, 1, 1), np.inf))).any()))
    return results


@attack("precision.infinities-meet")
def unlike_infinities():
    """Plus and minus infinity, with weights of like sign, and of unlike signs."""
    results = []
    for sign in (1, -1):
        layer = LSTM(1)
        layer.build((1, 1, 2))
        layer.set_weights([np.array([[1.0] * 4, [sign * 1.0] * 4]), np.zeros((1, 4)), np.zeros(4)])
        results.append(bool(np.isnan(layer(np.array([[[np.inf, -np.inf]]]))).any()))
    return results


@attack("precision.nan-until-reset")
def nan_of_one_sample():
    """A NaN in one of two samples: which are NaN later? And after a given state, masked NaN?"""
    layer = LSTM(1, stateful=True)
    x = np.ones((2, 2, 1))
    x[0, 0] = np.nan
    layer(x)
    later = np.isnan(layer(np.ones((2, 2, 1)))).tolist()
    layer(np.ones((2, 2, 1)), initial_state=[np.zeros((2, 1)), np.zeros((2, 1))])
    given = np.isnan(layer(np.ones((2, 2, 1)))).tolist()
    layer(x, mask=np.array([[False, True], [True, True]]))
    return later, given, np.isnan(layer(np.ones((2, 2, 1)))).tolist()


@attack("precision.subnormals")
def subnormals_elsewhere():
    """A subnormal input times 1e38 is read as zero: eager, graph, jitted, predict; many units."""
    x = np.full((1, 1, 1), 1e-40, "float32")
    results = {}
    for units in (1, 2, 300):
        layer = LSTM(units, kernel_initializer=keras.initializers.Constant(1e38))
        zero = np.array(layer(0 * x))
        model = keras.Sequential([keras.Input((1, 1)), layer])
        runs = {
            "eager": layer,
            "graph": tf.function(layer),
            "jit": jitted(layer),
            "predict": lambda y: model.predict(y, verbose=0),
        }
        results.update(
            {(units, name): bool(np.array_equal(run(x), zero)) for name, run in runs.items()}
        )
    return results


@attack("precision.tiny-numbers")
def tiny_with_relu():
    """Subnormal weights and inputs with relu, selu, in float16."""
    return [
        bool(
            np.isnan(
                np.array(
                    LSTM(
                        2,
                        activation=a,
                        dtype=d,
                        recurrent_initializer="zeros",
                        kernel_initializer=keras.initializers.Constant(1e-45),
                    )(ONES * np.float32(1e-40)),
                    "float32",
                )
            ).any()
        )
        for a in ("relu", "selu", "softplus")
        for d in ("float32", "mixed_float16")
    ]


@attack("precision.mixed-stateful")
def pieces_in_halves():
    """Fed in pieces, backwards, unrolled, in a tf.function, jitted: equal bits?"""
    results = []
    for options in ({}, {"unroll": True}, {"go_backwards": True}):
        for wrap in (lambda f: f, tf.function, jitted):
            layer = LSTM(20, stateful=True, dtype="mixed_float16", **options)
            x = np.cos(np.arange(24.0)).reshape(2, 4, 3).astype("float32")
            run = wrap(layer)
            try:
                whole = np.array(run(x))
                layer.reset_state()
                run(x[:, :1])
                results.append(bool(np.array_equal(run(x[:, 1:]), whole)))
            except Exception as problem:
                results.append(str(problem)[:60])
    return results


@attack("precision.timestamps")
def timestamps_elsewhere():
    """1.7e9 and 60 more, as int64, int32, float64, in a graph, jitted: equal?"""
    results = {}
    layer = LSTM(2, kernel_initializer=keras.initializers.Constant(1e-9))
    for kind in ("int64", "int32", "uint32", "float64"):
        x = np.full((1, 1, 1), 1_700_000_000, kind)
        for name, run in (("eager", layer), ("graph", tf.function(layer)), ("jit", jitted(layer))):
            results[kind, name] = outcome(lambda: bool(np.array_equal(run(x), run(x + 60))))
    return results


@attack("precision.bound-from-equations")
def bound_for_large_weights():
    """Weights and input 100 times as large, 60 units: within the bound?"""
    case = sized(2, 6, 3, 20, 200.0, return_sequences=True)
    big = Case(
        case.x, case.kernel * 100, case.recurrent_kernel * 100, case.bias * 100, case.options
    )
    results = []
    for c in (case, big):
        off = np.abs(np.array(lstm(c)(c.x)) - equations(c).outputs)
        results.append(bool(np.all(off <= precision.error_bound(c))))
    return results


@attack("precision.chaos")
def one_of_two():
    """How often, of 40 single layers of 32 units, the error is above 1 in 40 timesteps."""
    base = sized(1, 40, 1, 32, return_sequences=True)
    hits = 0
    for seed in range(40):
        case = Case(base.x, base.kernel, noise((32, 128), seed, 16.0), base.bias, base.options)
        y = np.array(tf.function(lstm(case))(case.x))
        hits += bool(np.abs(y - equations(case).outputs).max() > 1)
    return hits


@attack("precision.type-for-both")
def rnn_of_types():
    """RNN of a cell with the type: bits equal in every type, jitted?"""
    results = {}
    for policy in ("float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16"):
        case = sized(2, 4, 3, 20)
        cell = keras.layers.LSTMCell(
            20, dtype=policy, kernel_initializer="zeros", recurrent_initializer="zeros"
        )
        rnn = keras.layers.RNN(cell, dtype=policy)
        rnn.build(case.x.shape)
        rnn.set_weights(case.weights)
        for name, wrap in (("eager", lambda f: f), ("jit", jitted)):
            results[policy, name] = outcome(
                lambda: bool(
                    np.array_equal(
                        np.array(wrap(rnn)(case.x), "float64"),
                        np.array(wrap(lstm(case, dtype=policy))(case.x), "float64"),
                    )
                )
            )
    return results


@attack("precision.whole-numbers-are-cast")
def whole_numbers_in_training():
    """Of five types, by kind of dropout, in fit and in a cell: cast?"""
    seen = {}
    for kind in ("int32", "int64", "uint8", "bool", "int8"):
        x = ONES.astype(kind)
        for rate in ({"dropout": 0.5}, {"recurrent_dropout": 0.5}, {}):
            layer = LSTM(2, **rate)
            seen[(kind, *rate)] = outcome(lambda f=layer, v=x: f(v, training=True).dtype.name)[:30]
    return seen


@attack("precision.mixed-types")
def mixed_types():
    """In Bidirectional, RNN, stateful, in predict, with float64 input and a mask: which types?"""
    seen = {}
    for policy in ("mixed_float16", "mixed_bfloat16"):
        layers = [LSTM(2, return_state=True, dtype=policy)]
        layers.append(LSTM(2, return_state=True, stateful=True, unroll=True, dtype=policy))
        layers.append(keras.layers.Bidirectional(LSTM(2, return_state=True, dtype=policy)))
        for k, layer in enumerate(layers):
            y = keras.tree.flatten(layer(ONES.astype("float64"), mask=np.ones((3, 4), bool)))
            types = {part.dtype.name for part in y}, {w.dtype for w in layer.weights}
            seen[policy, k] = types
    return seen


@attack("precision.bfloat-sixteen-by-default")
@attack("precision.bfloat-sixteen-glorot")
def built_in_halves():
    """By initializer, for 1 and 300 units, RNN and Bidirectional: built, and a finite output?"""
    seen = {}
    for dtype, units in (("bfloat16", 1), ("bfloat16", 300), ("float16", 300)):
        for name in ("orthogonal", "glorot_uniform"):
            layers = [LSTM(units, dtype=dtype, recurrent_initializer=name)]
            cell = keras.layers.LSTMCell(units, dtype=dtype, recurrent_initializer=name)
            layers.append(keras.layers.RNN(cell, dtype=dtype))
            seen[dtype, units, name] = [
                outcome(lambda f=layer: bool(np.isfinite(np.array(f(ONES), "float32")).all()))[:40]
                for layer in layers
            ]
    return seen


@attack("precision.many-units")
def errors_of_many_units():
    """500 units, 30 timesteps, 100 features, in XLA: more than 16 roundings?"""
    seen = {}
    for units, timesteps, features in ((300, 4, 3), (500, 4, 100), (300, 30, 3)):
        case = sized(2, timesteps, features, units)
        layer = LSTM(units)
        layer.build(case.x.shape)
        weights = [np.asarray(w) for w in layer.get_weights()]
        kernel, recurrent, bias = (w.astype("float64") for w in weights)
        h = c = np.zeros((2, units))
        for t in range(timesteps):
            z = case.x[:, t].astype("float64") @ kernel + h @ recurrent + bias
            i, f, g, o = np.split(z, 4, axis=1)
            i, f, o = (1 / (1 + np.exp(-v)) for v in (i, f, o))
            c = f * c + i * np.tanh(g)
            h = o * np.tanh(c)
        x = case.x.astype("float32")
        for name, call in {"call": layer, "xla": tf.function(layer, jit_compile=True)}.items():
            seen[units, timesteps, name] = round(float(np.abs(call(x) - h).max()) * 2**23, 1)
    return seen


@attack("precision.backward-stable")
def stable_in_chaos():
    """With weights of 100, 40 timesteps: is the error within what one rounding of weights does?"""
    seen = []
    for scale in (1, 16, 100):
        x = np.random.RandomState(scale).randn(1, 20, 3).astype("float32")
        layer = LSTM(8)
        layer.build(x.shape)
        layer.set_weights([scale * w for w in layer.get_weights()])
        double = LSTM(8, dtype="float64")
        double.build(x.shape)
        weights = [w.astype("float64") for w in layer.get_weights()]
        double.set_weights(weights)
        exact = np.array(double(x.astype("float64")))
        moved = []
        for seed in range(10):
            random = np.random.RandomState(seed)
            double.set_weights(
                [w * (1 + 2**-23 * random.choice([-1, 1], w.shape)) for w in weights]
            )
            moved.append(np.abs(np.array(double(x.astype("float64"))) - exact).max())
        seen.append(round(float(np.abs(np.array(layer(x)) - exact).max() / max(moved)), 1))
    return seen


@attack("precision.closed-gate-keeps-nan")
def nan_in_the_state():
    """NaN or infinity in c, by type, in XLA, masked, through reset_state: kept?"""
    seen = {}
    for dtype in ("float16", "float32", "float64"):
        layer = LSTM(2, return_state=True, dtype=dtype)
        layer.build(ONES.shape)
        layer.set_weights(
            [
                0 * layer.get_weights()[0],
                0 * layer.get_weights()[1],
                np.repeat([0.0, -1e4, 0.0, 0.0], 2),
            ]
        )
        for value in (np.nan, np.inf):
            state = [np.zeros((3, 2), dtype), np.full((3, 2), value, dtype)]
            for name, call in {"call": layer, "xla": tf.function(layer, jit_compile=True)}.items():
                end = np.array(call(ONES.astype(dtype), initial_state=state)[2])
                seen[dtype, value, name] = bool(np.isnan(end).all())
    return [key for key, kept in seen.items() if not kept]


@attack("precision.infinite-input")
def infinite_in_training():
    """fit on an infinite input: is the kernel NaN?"""
    model = keras.Sequential([keras.Input((3, 1)), LSTM(2)])
    model.compile("sgd", "mse")
    model.fit(np.array([[[1.0], [np.inf], [2.0]]]), np.ones((1, 2)), verbose=0)
    return bool(np.isnan(model.get_weights()[0]).all())


@attack("precision.mixed-types")
def kept_states():
    """Of a stateful layer: which type have the states that it keeps?"""
    layer = LSTM(2, stateful=True, dtype="mixed_float16")
    layer(ONES)
    return [str(state.dtype) for state in layer.states]


@attack("precision.few-roundings")
def weights_within_two():
    """Weights within 2, the worst of a million: the errors, called and by XLA, in roundings."""
    layers = [LSTM(5, return_state=True, dtype=dtype) for dtype in ("float32", "float64")]
    for layer in layers:
        layer.build((1, 8, 5))
    single, double = layers
    seen = []
    for seed, sample in ((186, 1879), (248, 251), (425, 1099), (548, 18), (377, 1319), (125, 1042)):
        random = np.random.RandomState(seed)
        shapes = (8, 5), (5,), (5,), (5, 20), (5, 20), (20,)
        drawn = [random.uniform(-2, 2, (2000, *shape)).astype("float32") for shape in shapes]
        x, h, c, *weights = [part[sample : sample + 1] for part in drawn]
        for layer in layers:
            layer.set_weights([weight[0] for weight in weights])
        state = [h.astype("float64"), c.astype("float64")]
        exact = np.concatenate(double(x.astype("float64"), initial_state=state))
        for call in (single, jitted(single)):
            y = np.concatenate(call(x, initial_state=[h, c]))
            seen.append(round(float(rounding_error(y, exact)), 1))
    return seen


@attack("precision.bound-from-equations")
def nearest_to_the_bound():
    """One unit, one feature, one timestep, 40 layers: the largest part of the bound."""
    largest = 0.0
    for seed in range(40):
        weights = noise((3, 4), seed)
        x = noise((64, 1, 1), seed + 99, 2.0)
        case = Case(x, weights[:1], weights[1:2], weights[2], {"return_sequences": True})
        off = np.abs(np.array(lstm(case)(case.x)) - equations(case).outputs)
        largest = max(largest, float(np.max(off / precision.error_bound(case))))
    return round(largest, 3)


@attack("precision.whole-numbers-are-cast")
def whole_numbers_in_own_models():
    """A model of one's own class, and an Input of int32, in fit with dropout: cast?"""

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.lstm = LSTM(2, dropout=0.5)

        def call(self, x, training=False):
            return self.lstm(x, training=training)

    entry = keras.Input((4, 1), dtype="int32")
    models = [Own(), keras.Sequential([entry, LSTM(2, dropout=0.5)])]
    models.append(keras.Sequential([LSTM(2, dropout=0.5)]))
    seen = []
    for model in models:
        model.compile("sgd", "mse")
        x = ONES.astype("int32")
        seen.append(outcome(lambda m=model, v=x: bool(m.fit(v, np.ones((3, 2)), verbose=0)))[:60])
    return seen


def of_gates(kernel, bias, recurrent=None, dtype="float32", **options):
    """Return an LSTM of given weights."""
    units = len(bias) // 4
    layer = LSTM(units, dtype=dtype, **options)
    layer.build((1, 1, len(kernel)))
    recurrent = np.zeros((units, 4 * units)) if recurrent is None else recurrent
    layer.set_weights([np.array(kernel), recurrent, np.array(bias)])
    return layer


@attack("precision.backward-stable")
@attack("precision.bound-from-equations")
def error_of_saturated_gates():
    """All gates open by bias: the error of tanh(1), and what a rounding of the weights changes."""
    bias = np.float32([30, 30, 30, 30])
    y = float(of_gates([[0.0] * 4], bias)(np.ones((1, 1, 1)))[0, 0])
    doubles = [of_gates([[0.0] * 4], b, dtype="float64") for b in (bias, bias * (1 + 2.0**-23))]
    exact, moved = (float(layer(np.ones((1, 1, 1)))[0, 0]) for layer in doubles)
    return f"{abs(y - exact):.0e}", f"{abs(moved - exact):.0e}"


@attack("precision.backward-stable")
@attack("precision.bound-from-equations")
def sums_beyond_float32():
    """Recurrent sums of -inf behind an infinite product; numbers near 1e-38: the outputs?"""
    over = of_gates([[3e38] * 8], [0.0] * 8, np.full((2, 8), -3e38), return_sequences=True)
    under = of_gates([[0.0, 0.0, 1.0, 0.0]], [0.0] * 4)
    x = np.array([[[1.0], [2.0], [2.0]]])
    return np.array(over(x))[0, :, 0].tolist(), float(under(np.full((1, 1, 1), 3e-38))[0, 0])


@attack("precision.double")
def doubles_of_large_weights():
    """Of weights of 1, 1e8 and 1e10 whose sum is small: how many digits of float64 are right?"""
    from fractions import Fraction

    seen = []
    for size in (1.0, 1e8, 1e10):
        x = 1.1 * (1 + 1e-11)
        layer = of_gates([[size, 0, 1, size]], [-1.1 * size, 0, 0, -1.1 * size], dtype="float64")
        z = float(Fraction(size) * Fraction(x) + Fraction(-1.1 * size))
        gate = 1 / (1 + np.exp(-z))
        off = float(layer(np.full((1, 1, 1), x))[0, 0]) - gate * np.tanh(gate * np.tanh(x))
        seen.append(bool(abs(off) < 1e-14))
    return seen


@attack("precision.infinite-input")
@attack("precision.infinite-times-zero")
def subnormal_kernels_and_large_recurrence():
    """A subnormal kernel, and recurrent weights of -3e38, under an infinite input: NaN?"""
    x = np.float32([[[1.0], [np.inf], [np.inf]]])
    small = of_gates([[1e-40, 1.0, 1.0, 1.0]], [0.0] * 4)
    large = of_gates([[1.0] * 8], [0.0] * 8, np.full((2, 8), -3e38))
    return [bool(np.isnan(layer(x)).any()) for layer in (small, large)]


@attack("precision.overflow-ends-in-nan")
def an_infinite_cell_state_forgotten():
    """With tanh, an infinite c and forget biases of 0, -50 and -200: what is h?"""
    state = [np.zeros((1, 1)), np.full((1, 1), np.inf)]
    biases = ([0.0, forget, 0.0, 0.0] for forget in (0.0, -50.0, -200.0))
    layers = [of_gates([[0.0] * 4], bias) for bias in biases]
    return [float(layer(np.ones((1, 1, 1)), initial_state=state)[0, 0]) for layer in layers]


@attack("precision.nan-until-reset")
def masked_before_clean_input():
    """A NaN that is masked, one that is read, then a masked beginning: which timesteps are NaN?"""
    x = np.ones((1, 3, 1), "float32")
    spoilt = x * np.float32([[[1.0], [np.nan], [1.0]]])
    seen = {}
    for unroll in (False, True):
        layer = LSTM(2, stateful=True, return_sequences=True, unroll=unroll)
        hidden = np.array(layer(spoilt, mask=np.array([[True, False, True]])))
        layer(spoilt)
        begun = np.array(layer(x, mask=np.array([[False, True, False]])))
        nothing = np.array(layer(x, mask=np.zeros((1, 3), bool)))
        seen[unroll] = [np.isnan(y[0, :, 0]).tolist() for y in (hidden, begun, nothing)]
    return seen
