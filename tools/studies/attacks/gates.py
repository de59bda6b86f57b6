"""Attacks on the claims of the chapter `gates`."""

import itertools

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.draw_1 import LSTM, MASK, L, X, close, draw, twins


@attack("gates.accumulator")
@attack("gates.counter")
def accumulator():
    """Beyond 2**24 float32 holds no odd number."""
    lstm = keras.layers.LSTM(1, activation="linear")
    x = np.array([[[16777215.0], [2.0]]])
    lstm.build(x.shape)
    kernel = np.array([[0.0, 0.0, 1.0, 0.0]])
    lstm.set_weights([kernel, 0 * kernel, np.array([200.0, 200.0, 0.0, 200.0])])
    assert float(lstm(x)[0, 0]) == 16777216.0
    return "so"


@attack("gates.tanh-bounds-output")
def tanh_bounds_output():
    """A sum of finite products may overflow, and give NaN."""
    lstm = keras.layers.LSTM(1)
    x = np.array([[[3e38, 3e38]]])
    lstm.build(x.shape)
    kernel = np.ones((2, 4))
    kernel[0] = [1.0, 1.0, 1.0, -1.0]
    lstm.set_weights([kernel, np.zeros((1, 4)), np.zeros(4)])
    y = float(lstm(x)[0, 0])
    assert np.isnan(y) or abs(y) <= 1
    return "so"


def gates(layer, x, h):
    """Return the four blocks of z, in the order of the weights."""
    kernel, recurrent, bias = (np.array(w, "float64") for w in layer.get_weights())
    return np.split(x @ kernel + h @ recurrent + bias, 4, axis=-1)


def sigmoid(z):
    """Return the sigmoid."""
    return 1 / (1 + np.exp(-z))


def saturated(units=1, features=1, **gates_open):
    """Return weights whose gates are open (200) or closed (-200); what is not named is zero."""
    bias = [np.full(units, gates_open.get(gate, 0.0)) for gate in "ifgo"]
    zeros = np.zeros((features, 4 * units)), np.zeros((units, 4 * units))
    return [*zeros, np.concatenate(bias)]


@attack("gates.equations")
def by_hand():
    """300 units, float16 and float64, from a given state, in a graph: the equations?"""
    bad = []
    for units, dtype in itertools.product((1, 300), ("float16", "float32", "float64")):
        layer = LSTM(units, return_state=True, dtype=dtype)
        x = draw(3, 1, 3)
        h = draw(3, units)
        c = 5 * draw(units, 3).T
        for call in (layer, tf.function(layer)):
            _, new_h, new_c = call(
                x.astype(dtype), initial_state=[h.astype(dtype), c.astype(dtype)]
            )
            i, f, g, o = gates(layer, x[:, 0], h)
            expected = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            wanted = [sigmoid(o) * np.tanh(expected), expected]
            if not close([new_h, new_c], wanted, atol=0.02 if dtype == "float16" else 1e-4):
                bad.append((units, dtype))
    return bad


@attack("gates.order")
def other_orders():
    """Unrolled, in RNN, Bidirectional and float64: which of the 24 orders fit?"""
    cells = {
        "unrolled": LSTM(3, unroll=True),
        "rnn": L.RNN(L.LSTMCell(3)),
        "double": LSTM(3, dtype="float64"),
        "both": L.Bidirectional(LSTM(3), merge_mode=None),
    }
    x = draw(2, 1, 3)
    seen = {}
    for name, layer in cells.items():
        y = layer(x)
        y = np.array(y[0] if isinstance(y, tuple) else y)
        kernel, _, bias = (np.array(w) for w in layer.get_weights()[:3])
        blocks = np.split(x[:, 0] @ kernel + bias, 4, axis=-1)
        fit = []
        for order in itertools.permutations("ifgo"):
            z = dict(zip(order, blocks, strict=True))
            c = sigmoid(z["i"]) * np.tanh(z["g"])
            if close(sigmoid(z["o"]) * np.tanh(c), y):
                fit.append("".join(order))
        seen[name] = fit
    return seen


@attack("gates.no-peepholes")
def straight_line():
    """With softmax, relu, huge c, several timesteps: is c' a straight line in c?"""
    seen = {}
    for option in ({}, {"activation": "relu"}, {"recurrent_activation": "softmax"}):
        layer = LSTM(4, return_state=True, **option)
        for steps in (1, 3):
            x = draw(2, steps, 3)
            ends = [
                np.array(layer(x, initial_state=[draw(2, 4), np.full((2, 4), c, "float32")])[2])
                for c in (0, 100, 200)
            ]
            straight = np.allclose(ends[2] - ends[1], ends[1] - ends[0], rtol=1e-3)
            seen[(*option.values(), steps)] = bool(straight)
    return seen


@attack("gates.activation-places")
def counted_places():
    """How often is the activation called in an eager timestep, unrolled and by implementation?"""
    seen = {}
    for unroll, implementation in itertools.product((False, True), (1, 2)):
        count = []
        options = {"unroll": unroll, "implementation": implementation, "use_cudnn": False}
        layer = LSTM(2, activation=lambda z, n=count: n.append(1) or tf.tanh(z), **options)
        layer(X[:, :1])
        seen[unroll, implementation] = len(count)
    return seen


@attack("gates.none-is-linear")
def none_everywhere():
    """In a cell, Bidirectional, from a configuration, unrolled: is None the identity?"""
    options = {"activation": None, "recurrent_activation": None}
    same = {"activation": lambda z: z, "recurrent_activation": lambda z: z}
    first, other = twins(**options, other={**same, "unroll": True})
    copied = LSTM.from_config(first.get_config())
    copied.build(X.shape)
    copied.set_weights(first.get_weights())
    cell = L.LSTMCell(2, activation=None)
    x = X * np.float32(0.1)
    y = np.array(first(x))
    return close(other(x), y), close(copied(x), y), cell.activation.__name__


@attack("gates.any-function")
def functions_of_other_kinds():
    """A layer, a method, a partial, one of NumPy, one that reads the batch: eagerly, in a graph?"""
    functions = {
        "layer": L.LeakyReLU(),
        "model": keras.Sequential([L.Activation("tanh")]),
        "numpy": np.tanh,
        "of the batch": lambda z: z - tf.reduce_mean(z, axis=0),
        "random": lambda z: z + tf.random.normal(tf.shape(z)),
        "in place": lambda z: keras.ops.slice_update(z, [0, 0], keras.ops.zeros((1, 1))),
    }
    seen = {}
    for name, function in functions.items():
        layer = LSTM(2, activation=function)
        seen[name] = [
            outcome(lambda c=call: tuple(c(X).shape))[:40]
            for call in (layer, tf.function(layer), LSTM(2, activation=function, unroll=True))
        ]
    return seen


@attack("gates.hard-sigmoid")
def hard_gates():
    """In float16 and float64, at -3 and 3, by name and by function: z / 6 + 1 / 2?"""
    seen = []
    for dtype, given in itertools.product(
        ("float16", "float64"), ("hard_sigmoid", keras.activations.hard_sigmoid)
    ):
        layer = LSTM(1, activation="linear", recurrent_activation=given, dtype=dtype)
        layer.build((1, 1, 1))
        layer.set_weights([np.array([[0, 0, 0, 1.0]]), np.zeros((1, 4)), np.array([9, 0, 1, 0.0])])
        z = np.array([-99, -3, -2.999, -1, 0, 1, 2.999, 3, 99])
        y = np.array(layer(z.reshape(-1, 1, 1))).ravel()
        seen.append(bool(np.allclose(y, np.clip(z / 6 + 0.5, 0, 1), atol=1e-3)))
    return seen


@attack("gates.implementations-agree")
def implementations():
    """Softmax gates, no bias, a mask, a state, 300 units, in training, backwards: the same?"""
    options = [{"recurrent_activation": "softmax"}, {"use_bias": False}, {"go_backwards": True}]
    options += [{"dtype": "float64"}, {"activation": "softmax"}, {"unroll": True}]
    bad = []
    for option in options:
        first, other = twins(implementation=1, **option, other={"implementation": 2})
        state = [draw(3, 4), draw(4, 3).T]
        y = [k(X, mask=MASK, initial_state=state, training=True) for k in (first, other)]
        if not close(*y):
            bad.append(option)
    return bad


@attack("gates.unroll-agrees")
def unrolled_defaults():
    """1, 5 and 20 timesteps, called, compiled and in predict: the same?"""
    seen = []
    for steps in (1, 5, 20):
        x = draw(3, steps, 3)
        first, other = twins(x, other={"unroll": True})
        model = keras.Sequential([keras.Input((steps, 3)), other])
        y = [other(x), tf.function(other)(x), tf.function(other, jit_compile=True)(x)]
        seen.append(all(close(first(x), z) for z in [*y, model.predict(x, verbose=0)]))
    return seen


@attack("gates.cell-step")
def steps_of_cells():
    """States in a tuple, an array of two, a dictionary; a mixed cell: taken, and what returned?"""
    x = X[:, 0]
    h = draw(3, 4)
    c = draw(4, 3).T
    cell = L.LSTMCell(4)
    forms = {"tuple": (h, c), "array": np.array([h, c]), "names": {"h": h, "c": c}}
    y, new = cell(x, [h, c])
    seen = {"output is h": y is new[0], "kind": type(new).__name__}
    for name, states in forms.items():
        seen[name] = outcome(lambda s=states: close(cell(x, s)[0], y))[:40]
    mixed = L.LSTMCell(4, dtype="mixed_float16")(x, [h, c])
    return seen, [part.dtype.name for part in (mixed[0], *mixed[1])]


@attack("gates.cell-initial-state")
def types_of_zeros():
    """Of a cell in mixed precision, bfloat16 and float64: which dtype have the zeros?"""
    seen = {}
    for dtype in ("mixed_float16", "mixed_bfloat16", "float64", "float16"):
        cell = L.LSTMCell(2, dtype=dtype)
        zeros = cell.get_initial_state(3)
        seen[dtype] = cell.dtype, cell.compute_dtype, [zero.dtype.name for zero in zeros]
    return seen


@attack("gates.layer-is-looped-cell")
def layers_and_loops():
    """By twelve arguments of both, with a mask, a state and dropout in training: the same?"""
    options = [{"activation": "relu"}, {"use_bias": False}, {"implementation": 1}]
    options += [{"recurrent_dropout": 0.5, "seed": 1}, {"dropout": 0.5, "seed": 1}]
    options += [{"dtype": "float16"}, {"dtype": "mixed_float16"}, {"dtype": "float64"}]
    options += [{"dropout": 0.5, "seed": 1, "implementation": 1, "use_cudnn": False}]
    bad = []
    for option in options:
        layer = LSTM(4, return_state=True, **option)
        inner = {key: value for key, value in option.items() if key != "use_cudnn"}
        outer = {"dtype": option["dtype"]} if "dtype" in option else {}
        rnn = L.RNN(L.LSTMCell(4, **inner), return_state=True, **outer)
        for part in (layer, rnn):
            part.build(X.shape)
        rnn.set_weights(layer.get_weights())
        state = [draw(3, 4), draw(4, 3).T]
        call = {"mask": MASK, "initial_state": state, "training": True}
        if not close(layer(X, **call), rnn(X, **call), atol=1e-3):
            bad.append(option)
    return bad, outcome(lambda: close(layer(X, mask=[MASK]), rnn(X, mask=[MASK])))[:60]


@attack("gates.bias-is-feature")
def one_more_feature():
    """Behind a Masking, with a mask, from a state, unrolled, in float64: the same?"""
    wide = np.append(X, np.ones((3, 5, 1), "float32"), axis=2)
    seen = {}
    for option in ({}, {"unroll": True}, {"dtype": "float64"}, {"go_backwards": True}):
        with_bias = LSTM(4, **option)
        plain = LSTM(4, use_bias=False, **option)
        with_bias.build(X.shape)
        plain.build(wide.shape)
        kernel, recurrent, bias = with_bias.get_weights()
        plain.set_weights([np.vstack([kernel, bias]), recurrent])
        seen[str(option)] = close(with_bias(X, mask=MASK), plain(wide, mask=MASK))
    zeros = np.where(MASK[:, :, None], X, np.float32(0))
    wide = np.append(zeros, np.ones((3, 5, 1), "float32"), axis=2)
    masked = [L.Masking()(part) for part in (zeros, wide)]
    return seen, close(*(k(x) for k, x in zip((with_bias, plain), masked, strict=True)))


@attack("gates.kernel-mixes-features")
def mixed_features():
    """A matrix that is singular, not square, or with huge numbers: the same?"""
    seen = {}
    matrices = {"zero": np.zeros((3, 3)), "wide": draw(3, 7), "narrow": draw(3, 1)}
    matrices |= {"huge": 1e20 * np.eye(3), "infinite": 1e39 * np.eye(3)}
    for name, m in matrices.items():
        m = np.asarray(m, "float32")
        inner = LSTM(4)
        outer = LSTM(4)
        inner.build((3, 5, m.shape[1]))
        outer.build(X.shape)
        kernel, *others = inner.get_weights()
        outer.set_weights([m @ kernel, *others])
        seen[name] = close(inner(X @ m, mask=MASK), outer(X, mask=MASK))
    return seen


@attack("gates.memory")
def kept_for_long():
    """-0.0, 1e-40, 1e4 and infinity over 100 timesteps, in three types: which is not kept?"""
    seen = {}
    for dtype in ("float16", "float32", "float64"):
        layer = LSTM(1, return_state=True, dtype=dtype)
        layer.build((1, 1, 1))
        layer.set_weights(saturated(i=-200.0, f=200.0))
        for value in (-0.0, 1e-40, 1.5, 1e4, np.inf):
            c = np.array([[value]], dtype)
            end = np.array(layer(draw(1, 100, 1), initial_state=[np.zeros_like(c), c])[2])
            seen[dtype, value] = c.tobytes() == end.tobytes()
    return [key for key, kept in seen.items() if not kept]


@attack("gates.identity")
def last_inputs():
    """Huge, tiny, NaN and integer inputs, from a state: returned as they are?"""
    layer = LSTM(1, activation=None, return_sequences=True)
    layer.build((1, 1, 1))
    kernel, recurrent, bias = saturated(i=200.0, f=-200.0, o=200.0)
    kernel[0, 2] = 1
    layer.set_weights([kernel, recurrent, bias])
    x = np.array([1e38, 1e-30, -7, 3, 16777216, 0.1], "float32").reshape(1, -1, 1)
    state = [np.full((1, 1), 5, "float32")] * 2
    return bool(np.array_equal(layer(x), x)), bool(np.array_equal(layer(x, initial_state=state), x))


@attack("gates.delay-line")
def long_lines():
    """64 units, a mask, a given state: the input of k steps ago?"""
    units = 64
    layer = LSTM(units, activation=None, return_sequences=True)
    kernel, recurrent, bias = saturated(units, i=200.0, f=-200.0, o=200.0)
    kernel[0, 2 * units] = 1
    recurrent[np.arange(units - 1), 2 * units + 1 + np.arange(units - 1)] = 1
    layer.build((1, 1, 1))
    layer.set_weights([kernel, recurrent, bias])
    x = draw(1, 100, 1)
    y = np.array(layer(x))
    return all(np.array_equal(y[0, k:, k], x[0, : 100 - k, 0]) for k in range(units))


@attack("gates.closed-output-gate")
def silent_cells():
    """Closed input gate too, sigmoid and softmax as activation, infinite c: changing, and zero?"""
    seen = {}
    for name, open_gates in {"plain": {"i": 200.0}, "closed": {"i": -200.0, "f": 200.0}}.items():
        for activation, c in itertools.product(("tanh", "sigmoid", None), (2.0, np.inf)):
            layer = LSTM(1, activation=activation, return_state=True, return_sequences=True)
            layer.build((1, 1, 1))
            layer.set_weights(saturated(g=1.0, o=-200.0, **open_gates))
            state = [np.full((1, 1), v, "float32") for v in (3.0, c)]
            y, _, end = layer(np.ones((1, 4, 1)), initial_state=state)
            changed = not np.array_equal(end, state[1])
            seen[name, activation, c] = not np.any(np.array(y)), changed
    return {key: value for key, value in seen.items() if value != (True, True)}


@attack("gates.memoryless")
def forgotten():
    """With relu, huge inputs before, NaN in the state, a NaN before: does only the last count?"""
    seen = {}
    for activation, earlier, c in itertools.product(
        ("tanh", "relu"), (5.0, 1e38, np.nan), (1.0, 1e38)
    ):
        layer = LSTM(1, activation=activation)
        layer.build((1, 1, 1))
        kernel, recurrent, bias = saturated(i=200.0, f=-200.0, o=200.0)
        kernel[0, 2] = 1
        layer.set_weights([kernel, recurrent, bias])
        x = np.array([[[earlier], [earlier], [0.5]]], "float32")
        y = layer(x, initial_state=[np.full((1, 1), v, "float32") for v in (0.0, c)])
        seen[activation, earlier, c] = close(y, layer(x[:, 2:]))
    return [key for key, value in seen.items() if not value]


@attack("gates.leaky-sum")
def products_of_gates():
    """50 timesteps, relu, a mask, unrolled: the sum of i * g, each times the later f?"""
    seen = []
    for activation, unroll in itertools.product(("tanh", "relu"), (False, True)):
        layer = LSTM(4, activation=activation, return_state=True, unroll=unroll)
        x = draw(2, 50, 3)
        layer.build(x.shape)
        kernel, recurrent, bias = layer.get_weights()
        layer.set_weights([kernel, 0 * recurrent, bias])
        mask = np.random.RandomState(1).rand(2, 50) < 0.7
        i, f, g, _ = gates(layer, x, np.zeros((2, 50, 4)))
        act = np.tanh if activation == "tanh" else lambda z: np.maximum(z, 0)
        added = np.where(mask[:, :, None], sigmoid(i) * act(g), 0)
        kept = np.where(mask[:, :, None], sigmoid(f), 1)
        total = sum(added[:, t] * np.prod(kept[:, t + 1 :], axis=1) for t in range(50))
        seen.append(close(layer(x, mask=mask)[2], total))
    return seen


@attack("gates.one-is-reached")
def exactly_one():
    """In float16, bfloat16 and float64, by XLA: from which cell state on is the output 1?"""
    seen = {}
    for dtype in ("float16", "bfloat16", "float32", "float64"):
        layer = LSTM(1, dtype=dtype, recurrent_initializer="zeros")
        layer.build((1, 1, 1))
        layer.set_weights(saturated(i=200.0, f=200.0, o=200.0))
        for call in (layer, tf.function(layer, jit_compile=True)):
            ends = [
                float(
                    np.array(
                        call(
                            np.zeros((1, 1, 1)),
                            initial_state=[tf.zeros((1, 1), dtype), tf.constant([[c]], dtype)],
                        )
                    ).astype("float64")[0, 0]
                )
                for c in (5, 9, 20)
            ]
            seen[dtype, call is layer] = [end == 1 for end in ends]
    return seen


@attack("gates.cell-state-bound")
def bounded_growth():
    """Infinite weights and inputs, 300 units, float16, a state of 1e30: by more than 1?"""
    seen = {}
    for dtype, scale, c in itertools.product(("float16", "float32"), (1, 1e4), (0, 100, 1e4)):
        layer = LSTM(300, return_state=True, dtype=dtype)
        layer.build(X.shape)
        layer.set_weights([np.clip(scale * w, -6e4, 6e4) for w in layer.get_weights()])
        state = [np.full((3, 300), v, dtype) for v in (0, c)]
        end = np.array(layer(X[:, :1], initial_state=state)[2], "float64")
        seen[dtype, scale, c] = float(np.max(np.abs(end)) - c)
    return {key: value for key, value in seen.items() if not value <= 1}


@attack("gates.growth-overflows")
def overflows():
    """By all activations that Keras names, with a recurrent kernel of 9: infinite in 100?"""
    seen = {}
    for name in ("relu", "linear", "elu", "softplus", "tanh", "sigmoid", "selu", "relu6"):
        layer = LSTM(1, activation=name, return_sequences=True)
        layer.build((1, 1, 1))
        kernel, recurrent, bias = saturated(i=200.0, f=200.0, o=200.0)
        kernel[0, 2] = 1
        recurrent[0, 2] = 9
        layer.set_weights([kernel, recurrent, bias])
        y = np.array(layer(np.ones((1, 100, 1)))).ravel()
        seen[name] = int(np.argmax(~np.isfinite(y))) if not np.isfinite(y).all() else None
    return seen


@attack("gates.tanh-bounds-output")
def beyond_single_precision():
    """Two float64 features of 1e39, whose weights differ in sign: an output?"""
    layer = LSTM(1)
    layer.build((1, 1, 2))
    layer.set_weights([np.array([[1.0] * 4, [-1.0] * 4]), np.zeros((1, 4)), np.zeros(4)])
    return float(layer(np.full((1, 1, 2), 1e39))[0, 0])


@attack("gates.memory")
def large_other_weights():
    """A kernel of 100 and an input of 9, with the gates held by their bias: is c kept?"""
    layer = LSTM(1, return_state=True)
    layer.build((1, 1, 1))
    _, recurrent, bias = saturated(i=-200.0, f=200.0)
    layer.set_weights([np.full((1, 4), 100.0), recurrent, bias])
    state = [np.zeros((1, 1)), np.full((1, 1), 0.5)]
    return float(layer(np.full((1, 5, 1), 9.0), initial_state=state)[2][0, 0])


@attack("gates.counter")
def counter_by_relu():
    """With relu, 30 timesteps: the output."""
    layer = LSTM(1, activation="relu")
    layer.build((1, 1, 1))
    layer.set_weights(saturated(i=200.0, f=200.0, g=1.0, o=200.0))
    return float(layer(np.ones((1, 30, 1)))[0, 0])


@attack("gates.identity")
def identity_in_halves():
    """With mixed_float16, of 0.1 and 1e5: are they returned?"""
    layer = LSTM(1, activation=None, return_sequences=True, dtype="mixed_float16")
    layer.build((1, 1, 1))
    kernel, recurrent, bias = saturated(i=200.0, f=-200.0, o=200.0)
    kernel[0, 2] = 1
    layer.set_weights([kernel, recurrent, bias])
    return np.array(layer(np.array([[[0.1], [1e5]]]))).ravel().tolist()


@attack("gates.any-function")
def operations_by_name():
    """keras.ops.square as it is, and by its name."""
    return [
        outcome(lambda f=f: LSTM(2, activation=f)(X).shape) for f in (keras.ops.square, "square")
    ]


@attack("gates.cell-initial-state")
def states_of_other_cells():
    """Of a GRUCell and of stacked cells: h and c?"""
    cells = L.GRUCell(2), L.StackedRNNCells([L.LSTMCell(2), L.LSTMCell(3)])
    return [len(keras.tree.flatten(cell.get_initial_state(batch_size=3))) for cell in cells]


@attack("gates.bias-is-feature")
def sums_beyond_halves():
    """In float16, with x W of 60000, a bias of 30000 and h R of -30000: the same cell state?"""
    given = {"activation": None, "dtype": "float16", "return_state": True}
    kernel, recurrent, bias = saturated(i=200.0, f=200.0, g=30000.0, o=200.0)
    kernel[0, 2] = 60000
    recurrent[0, 2] = -300
    state = [np.full((1, 1), 100, "float16"), np.zeros((1, 1), "float16")]
    weights = [kernel, recurrent, bias], [np.concatenate([kernel, [bias]]), recurrent]
    states = []
    for features, weight in zip((1, 2), weights, strict=True):
        layer = LSTM(1, use_bias=features == 1, **given)
        layer.build((1, 1, features))
        layer.set_weights(weight)
        x = np.ones((1, 1, features), "float16")
        states.append(float(layer(x, initial_state=state)[2][0, 0]))
    return states


@attack("gates.accumulator")
def sums_in_halves():
    """In float16, of 2048 and 1: is the sum exact?"""
    layer = LSTM(1, activation=None, dtype="float16")
    layer.build((1, 1, 1))
    kernel, recurrent, bias = saturated(i=200.0, f=200.0, o=200.0)
    kernel[0, 2] = 1
    layer.set_weights([kernel, recurrent, bias])
    return float(layer(np.array([[[2048.0], [1.0]]]))[0, 0])


@attack("gates.delay-line")
def numbers_beyond_float32():
    """Of 1e-40, 1e300 and 3e38, each followed by 7: what do two units put out?"""
    layer = LSTM(2, activation=None, return_sequences=True)
    layer.build((1, 2, 1))
    kernel = np.zeros((1, 8))
    recurrent = np.zeros((2, 8))
    kernel[0, 4] = recurrent[0, 5] = 1
    layer.set_weights([kernel, recurrent, np.repeat([200.0, -200.0, 0.0, 200.0], 2)])
    numbers = 1e-40, 1e300, 3e38
    return [np.array(layer(np.array([[[x], [7.0]]])))[0].tolist() for x in numbers]


@attack("gates.constant-input-settles")
def infinite_cell_states():
    """From an infinite c, and from 0, in 200 timesteps: where is c?"""
    layer = LSTM(1, return_state=True)
    layer.build((1, 1, 1))
    layer.set_weights(saturated(i=200.0, g=200.0, o=200.0))
    h = np.zeros((1, 1), "float32")
    starts = [np.full((1, 1), c, "float32") for c in (np.inf, 0.0)]
    x = np.ones((1, 200, 1), "float32")
    return [float(layer(x, initial_state=[h, c])[2][0, 0]) for c in starts]


@attack("gates.growth-overflows")
def growth_from_below_zero():
    """From h of -1, with a recurrent kernel of 1e6 for the candidate: the output by activation?"""
    outputs = {}
    x = np.zeros((1, 9, 1), "float32")
    state = [np.full((1, 1), -1, "float32"), np.full((1, 1), -1, "float32")]
    for activation in ("linear", "elu", "relu", "softplus"):
        layer = LSTM(1, activation=activation)
        layer.build(x.shape)
        kernel, recurrent, bias = saturated(i=200.0, f=200.0, o=200.0)
        recurrent[0, 2] = 1e6
        layer.set_weights([kernel, recurrent, bias])
        outputs[activation] = float(layer(x, initial_state=state)[0, 0])
    return outputs
