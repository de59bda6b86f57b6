"""Attacks on 40 claims drawn after the kinds of draw_9 were mended; some have programs already."""

from __future__ import annotations

import itertools
import tempfile
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.draw_1 import LSTM, MASK, L, X, close, draw, twins
from tools.studies.attacks.draw_5 import refused
from tools.studies.attacks.draw_9 import BLANK, STATE, Total
from tools.studies.attacks.shared import Own

ROWS = {"return_sequences": True}
SGD = keras.optimizers.SGD


def sigmoid(z):
    """Return the logistic function."""
    return 1 / (1 + np.exp(-z))


def equations(layer, x, h, c, activation=np.tanh, gate=sigmoid):
    """Return the h of each timestep, in float64."""
    kernel, recurrent, bias = (np.array(w, "float64") for w in layer.get_weights())
    rows = []
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] @ kernel + h @ recurrent + bias, 4, axis=1)
        c = gate(f) * c + gate(i) * activation(g)
        h = gate(o) * activation(c)
        rows.append(h)
    return np.stack(rows, axis=1)


def model_of(*layers, steps=5, features=3, **options):
    """Return a Sequential model."""
    return keras.Sequential([keras.Input((steps, features), **options), *layers])


@attack("dropout.all-dropped")
def nothing_read():
    """Looped, unrolled, masked, float16, RNN, a stack, numbers of 1e300: as of zeros?"""
    seen = {}
    layers = {
        "loop": LSTM(4, dropout=1.0),
        "unrolled": LSTM(4, dropout=1.0, unroll=True),
        "half": LSTM(4, dropout=1.0, dtype="float16"),
        "rnn": L.RNN(L.LSTMCell(4, dropout=1.0)),
        "stack": L.RNN([L.LSTMCell(4, dropout=1.0), L.LSTMCell(2)]),
    }
    for name, layer in layers.items():
        y = layer(X, training=True, mask=MASK)
        seen[name] = close(y, layer(np.zeros_like(X), training=True, mask=MASK))
    return seen


@attack("errors.refused-call-with-dropout")
def after_refusals():
    """After a wrong state, a short mask and a wrong graph, of four layers: is another size read?"""
    seen = {}
    wrong = {
        "state": {"initial_state": [np.zeros((3, 9))] * 2},
        "mask": {"mask": MASK[:, :2]},
        "units": {"mask": np.ones((3, 5, 9), bool)},
    }
    for (name, call), compiled in itertools.product(wrong.items(), (False, True)):
        layers = [LSTM(4, dropout=0.5), L.RNN(L.LSTMCell(4, recurrent_dropout=0.5))]
        layers += [L.RNN([L.LSTMCell(4, dropout=0.5)]), L.Bidirectional(LSTM(4, dropout=0.5))]
        for layer in layers:
            layer(X)
            run = tf.function(layer) if compiled else layer
            first = refused(lambda r=run, c=call: r(X, training=True, **c))
            seen[name, compiled, type(layer).__name__] = (
                first,
                outcome(lambda f=layer: f(X[:2], training=True).shape)[:30],
            )
    return {key: value for key, value in seen.items() if value[1][0] != "("}


@attack("errors.second-argument-of-layer")
def second_arguments():
    """8, 8.0, NumPy's 8, for a layer and a cell, and with an activation by name: refused?"""
    values = (8, 8.0, np.int64(8), np.array(8), 0, True)
    return [[outcome(lambda v=v, c=c: c(3, v))[:10] for c in (LSTM, L.LSTMCell)] for v in values]


@attack("gates.implementations-agree")
def both_implementations():
    """By type, activation, 300 units, 1,000 timesteps, infinity: the same but for rounding?"""
    bad = []
    options = [{}, {"unroll": True}, {"use_bias": False}, {"activation": "softmax"}]
    options += [{"recurrent_activation": "softmax"}, {"activation": "exponential"}]
    options += [{"dtype": d} for d in ("float16", "float64", "mixed_float16", "mixed_bfloat16")]
    for option in options:
        pair = twins(**ROWS, **option, other={"implementation": 1})
        for x in (X, np.where(X > 2, np.inf, X), 1e4 * X, (9 * X).astype("int32")):
            y, z = (np.array(tf.cast(f(x, mask=MASK), "float32")) for f in pair)
            if not np.allclose(y, z, atol=2e-2, rtol=2e-2, equal_nan=True):
                bad.append((str(option), float(x[0, 0, 0])))
    for units, steps in ((300, 5), (1, 1000)):
        layers = [LSTM(units, implementation=k) for k in (1, 2)]
        for layer in layers:
            layer.build((2, steps, 3))
        layers[1].set_weights(layers[0].get_weights())
        y, z = (f(draw(2, steps, 3)) for f in layers)
        bad.append(close(y, z))
    return bad


@attack("gates.implementations-agree")
def sums_beyond_the_range():
    """In float16 and linear, x W of 60000, h R of 20000 and a bias of -30000: the same?"""
    seen = []
    for implementation in (1, 2):
        layer = LSTM(
            1,
            implementation=implementation,
            dtype="float16",
            activation="linear",
            recurrent_activation="linear",
        )
        layer.build((1, 1, 1))
        weights = [[[0, 0, 60000, 0]], [[0, 0, 20000, 0]], [1e-4, 0, -30000, 1]]
        layer.set_weights([np.array(w, "float16") for w in weights])
        state = [np.ones((1, 1), "float16"), np.zeros((1, 1), "float16")]
        seen.append(float(layer(np.ones((1, 1, 1), "float16"), initial_state=state)[0, 0]))
    return seen


@attack("gates.linear-near-zero")
def linear_again():
    """Unrolled, by gate, 300 units, masked, 1,000 timesteps, a recurrent kernel times 40?"""

    def linear(steps=5, units=4, factor=1, mask=None, **options):
        layer = LSTM(units, use_bias=False, **options)
        x = draw(3, steps, 3)
        layer.build(x.shape)
        kernel, recurrent = layer.get_weights()
        layer.set_weights([kernel, factor * recurrent])
        z = -x[::-1]
        small = 1e-6
        y = [np.array(layer(v * small, mask=mask)) / small for v in (x, z, x + 2 * z)]
        return close(y[2], y[0] + 2 * y[1], atol=1e-2 * max(1, np.abs(y[2]).max()))

    return {
        "unrolled": linear(unroll=True),
        "gate": linear(implementation=1),
        "units": linear(units=300),
        "mask": linear(mask=MASK),
        "long": linear(1000),
        "times 40": linear(5, factor=40),
        "long, times 40": linear(1000, factor=40),
    }


@attack("gates.order")
def orders():
    """Of 24 orders, for 1, 4 and 300 units, from states, which give what the layer computes?"""
    seen = {}
    for units in (1, 4, 300):
        layer = LSTM(units, bias_initializer="normal", unit_forget_bias=False)
        state = [draw(3, units) / 9, draw(units, 3).T]
        y = np.array(layer(X[:, :2], initial_state=state))
        weights = layer.get_weights()
        fits = []
        for order in itertools.permutations(range(4)):
            parts = [[np.split(w, 4, axis=-1)[k] for k in order] for w in weights]
            layer.set_weights([np.concatenate(p, axis=-1) for p in parts])
            if close(equations(layer, X[:, :2], *state)[:, -1], y, 1e-5):
                fits.append(order)
        seen[units] = fits
    return seen


@attack("gates.zero-weights-halve")
def halves():
    """From 3e38, subnormals, float16, integers, an infinite h, inputs of 1e300, unrolled: half?"""
    seen = {}
    for dtype, unroll in itertools.product(("float16", "float32", "float64"), (False, True)):
        zeros = dict.fromkeys(("kernel_initializer", "recurrent_initializer"), "zeros")
        layer = LSTM(
            4, unit_forget_bias=False, return_state=True, dtype=dtype, unroll=unroll, **zeros
        )
        tiny = np.finfo(dtype).tiny
        c = np.array([[1, tiny, np.finfo(dtype).max, np.inf]] * 3, dtype)
        h = np.ones((3, 4), dtype)
        for name, x in {"int": X.astype("int32") * 9, "bool": X > 0, "x": X * 1e4}.items():
            y = np.array(layer(x[:, :1], initial_state=[h, c])[2])[0]
            if not np.array_equal(y, c[0] / 2):
                seen[dtype, unroll, name] = y.tolist(), (c[0] / 2).tolist()
        wide = np.array(layer(np.full((3, 1, 3), 1e300), initial_state=[h, h])[2])[0, 0]
        infinite = np.array(layer(X[:, :1], initial_state=[h * np.inf, h])[2])[0, 0]
        seen[dtype, unroll] = float(wide), float(infinite)
    return seen


@attack("masking.all-features")
def masked_values():
    """Subnormals, -0.0, NaN, halves, whole numbers, four axes, mixed precision: by equality?"""
    seen = {}
    for dtype in ("float16", "float32", "float64", "mixed_float16", "mixed_bfloat16"):
        for value in (0.0, 0.1, np.nan, np.inf, -1, -9999.0):
            layer = L.Masking(value, dtype=dtype)
            near = [0.0, -0.0, 1e-40, 1e-9, 0.1, np.nan, np.inf, -1.0, 0.1 + 1e-9, -9999]
            x = np.repeat(np.array(near)[None, :, None], 2, axis=2)
            kept = np.array(layer(x)._keras_mask)[0]
            for name in (layer.compute_dtype, layer.variable_dtype):
                kind = tf.dtypes.as_dtype(name).as_numpy_dtype
                wanted = x[0, :, 0].astype(kind) != np.array(value).astype(kind)
                if not np.array_equal(kept, wanted):
                    wrong = [near[k] for k in np.nonzero(kept != wanted)[0]]
                    seen[dtype, name, value] = wrong
    whole = np.array([[[0, 0], [1, 0], [2**24 + 1, 2**24 + 1]]])
    seen["int"] = [np.array(L.Masking(v)(whole)._keras_mask) for v in (0, 0.5, 2.0**24)]
    seen["axes"] = L.Masking()(np.zeros((2, 3, 4, 5)))._keras_mask.shape
    return seen


@attack("masking.loss")
def means_of_valid():
    """Of four losses, wholly masked, Bidirectional, Dense, whole-number targets: the mean?"""
    seen = {}
    for name, after in {
        "lstm": [LSTM(2, **ROWS)],
        "both": [L.Bidirectional(LSTM(2, **ROWS))],
        "dense": [LSTM(3, **ROWS), L.Dense(2, activation="softmax")],
    }.items():
        for loss, full in itertools.product(("mse", "log_cosh", "sparse", "dice"), (False, True)):
            kind = "sparse_categorical_crossentropy" if loss == "sparse" else loss
            model = model_of(L.Masking(), *after)
            model.compile("sgd", kind)
            width = model.output_shape[-1]
            y = np.ones((3, 5)) if loss == "sparse" else np.abs(draw(3, 5, width))
            x = BLANK.copy()
            x[1] *= not full
            mask = np.any(x != 0, axis=2)
            each = np.array(keras.losses.get(kind)(y, model(x)))
            wanted = np.sum(np.where(mask, each, 0)) / mask.sum()
            got = model.evaluate(x, y, verbose=0)
            seen[name, loss, full] = close(got, wanted) or (got, float(wanted))
        model.compile("sgd", "mse")
        x = np.zeros_like(X)
        seen[name, "none"] = model.evaluate(x, draw(3, 5, width), verbose=0)
    return {key: value for key, value in seen.items() if value is not True}


@attack("masking.short-refused")
def short_masks():
    """Of 0, 1 and 4 timesteps, by units, unrolled, backwards, RNN, predicted: refused?"""
    taken = []
    layers = {
        "loop": lambda: LSTM(4),
        "unrolled": lambda: LSTM(4, unroll=True),
        "back": lambda: LSTM(4, go_backwards=True),
        "unrolled back": lambda: LSTM(4, go_backwards=True, unroll=True),
        "zeros": lambda: LSTM(4, zero_output_for_mask=True, **ROWS),
        "rnn": lambda: L.RNN(L.LSTMCell(4)),
        "stack": lambda: L.RNN([L.LSTMCell(4), L.LSTMCell(4)]),
        "both": lambda: L.Bidirectional(LSTM(4)),
    }
    for (name, make), steps, units in itertools.product(layers.items(), (0, 1, 4), (False, True)):
        mask = np.ones((3, steps, 4) if units else (3, steps), bool)
        layer = make()
        layer.build(X.shape)
        for way, call in {"call": layer, "graph": tf.function(layer)}.items():
            if not refused(lambda f=call, m=mask: np.array(f(X, mask=m))):
                taken.append((name, steps, units, way))
    plain = LSTM(4)
    if not refused(lambda: np.array(plain(X, mask=np.ones((1, 2), bool)))):
        taken.append("a single row")
    x = keras.Input((5, 3))
    mask = keras.Input((None,), dtype="bool")
    model = keras.Model([x, mask], LSTM(4)(x, mask=mask))
    for eager in (False, True):
        model.compile(run_eagerly=eager, jit_compile=False)
        if not refused(lambda: model.predict([X, MASK[:, :3]], verbose=0)):
            taken.append(("predict", eager))
    return taken


@attack("masking.unit-by-unit")
def units_on_their_own():
    """By type, backwards, with zeros, in float mask, graph, RNN, Bidirectional: as by hand?"""
    mask = np.random.RandomState(1).rand(3, 5, 4) > 0.5
    seen = {}
    for name, make in {
        "plain": lambda **o: LSTM(4, **ROWS, **o),
        "rnn": lambda **o: L.RNN(L.LSTMCell(4), **ROWS, **o),
        "stateful": lambda **o: LSTM(4, stateful=True, **ROWS, **o),
        "back": lambda **o: LSTM(4, go_backwards=True, **ROWS, **o),
    }.items():
        for zero, compiled in itertools.product((False, True), repeat=2):
            layer = make(zero_output_for_mask=zero)
            layer.build(X.shape)
            cell = layer.cell
            turn = slice(None, None, -1) if name == "back" else slice(None)
            h = np.zeros((3, 4), "float32")
            c = np.zeros((3, 4), "float32")
            last = np.zeros((3, 4), "float32")
            rows = []
            for x, m in zip(X[:, turn].swapaxes(0, 1), mask[:, turn].swapaxes(0, 1), strict=True):
                y, (nh, nc) = cell(x, [h, c])
                h, c = np.where(m, nh, h), np.where(m, nc, c)
                last = np.where(m, y, 0 if zero else last)
                rows.append(last)
            call = tf.function(layer) if compiled else layer
            seen[name, zero, compiled] = close(call(X, mask=mask), np.stack(rows, axis=1))
    both = L.Bidirectional(LSTM(4, **ROWS))
    y = np.array(both(X, mask=mask))[:, :, :4]
    seen["both"] = close(y, both.forward_layer(X, mask=mask))
    seen["pair"] = outcome(lambda: L.RNN([L.LSTMCell(4), L.LSTMCell(4)])(X, mask=mask).shape)[:60]
    return {key: value for key, value in seen.items() if value is not True}


@attack("masking.zero-output-backwards")
def zeros_backwards():
    """Looped and unrolled, compiled, of RNN: zeros at the masked timesteps as they are read?"""
    seen = {}
    options = {"go_backwards": True, "zero_output_for_mask": True, **ROWS}
    for unroll in (False, True):
        layers = {"lstm": LSTM(4, unroll=unroll, **options)}
        layers["rnn"] = L.RNN(L.LSTMCell(4), unroll=unroll, **options)
        for name, layer in layers.items():
            y = np.any(np.array(layer(X, mask=MASK)) != 0, axis=2)
            seen[unroll, name] = bool(np.array_equal(y, MASK[:, ::-1]))
    return seen


@attack("masking.zeros-are-read")
def padded():
    """By type, activation, unrolled, Bidirectional, without a bias, untrained, 300 units?"""
    seen = {}
    long = np.concatenate([X, np.zeros_like(X)], axis=1)
    options = [{}, {"unroll": True}, {"use_bias": False}, {"activation": "relu"}]
    options += [{"dtype": "float16"}, {"stateful": True}, {"recurrent_activation": "relu"}]
    for option in options:
        layer = LSTM(300, **option)
        seen[str(option)] = not close(tf.cast(layer(X), "float32"), tf.cast(layer(long), "float32"))
    both = L.Bidirectional(LSTM(4))
    seen["both"] = not close(both(X), both(long))
    return seen


@attack("models.average-of-unmasked")
def averages():
    """Whole rows masked, keepdims, mixed precision, zeros, backwards, channels first: the mean?"""
    seen = {}
    mask = MASK.copy()
    mask[1] = False
    blank = np.where(mask[:, :, None], X, np.float32(0))
    options = {"plain": {}, "zeros": {"zero_output_for_mask": True}, "unrolled": {"unroll": True}}
    options["backwards"] = {"go_backwards": True}
    options["mixed"] = {"dtype": "mixed_float16"}
    for name, option in options.items():
        masked = L.Masking()(blank)
        rows = LSTM(5, **ROWS, **option)(masked)
        y = np.array(L.GlobalAveragePooling1D()(rows), "float32")
        order = mask[:, ::-1] if name == "backwards" else mask
        with np.errstate(invalid="ignore"):
            wanted = (np.array(rows, "float32") * order[:, :, None]).sum(axis=1)
            wanted = wanted / order.sum(axis=1)[:, None]
        seen[name] = close(y[[0, 2]], wanted[[0, 2]], 1e-2), y[1, 0]
    rows = LSTM(5, **ROWS)(L.Masking()(blank))
    first = L.GlobalAveragePooling1D(data_format="channels_first")
    seen["first"] = outcome(lambda: first(rows)[1])[:60]
    return seen


@attack("models.graphs")
def plain_models():
    """Of six plain models, masked, 1,000 timesteps, float16: graph, XLA and export as a call?"""
    seen = {}
    kinds = {
        "masked": lambda: model_of(L.Masking(), LSTM(4)),
        "both": lambda: model_of(L.Bidirectional(LSTM(4, **ROWS)), L.Dense(2), LSTM(3)),
        "unrolled": lambda: model_of(LSTM(4, unroll=True)),
        "float16": lambda: model_of(LSTM(4, dtype="float16")),
        "pooled": lambda: model_of(LSTM(4, **ROWS), L.GlobalMaxPooling1D()),
        "open": lambda: model_of(LSTM(4, dropout=0.5), L.Dropout(0.5), steps=None),
        "norm": lambda: model_of(LSTM(4, **ROWS), L.BatchNormalization()),
    }
    for name, make in kinds.items():
        model = make()
        x = draw(3, 1000, 3) if name == "open" else BLANK
        y = tf.cast(model(x), "float32")
        ways = {"graph": tf.function(model), "xla": tf.function(model, jit_compile=True)}
        with tempfile.TemporaryDirectory() as folder:
            model.export(folder, verbose=False)
            loaded = tf.saved_model.load(folder)
        ways["export"] = loaded.serve
        for way, call in ways.items():
            z = call(tf.constant(x))
            if not close(y, tf.cast(z, "float32"), 1e-2 if name == "float16" else 1e-4):
                seen[name, way] = np.abs(np.array(y) - np.array(z, "float32")).max()
    return seen


@attack("models.merge-of-unmasked")
def merges():
    """Of eight layers that merge, other axes and ranks, types: element by element, or joined?"""
    a = LSTM(4, **ROWS)(X)
    b = LSTM(4, **ROWS)(X)
    final = LSTM(4)(X)
    seen = {
        name: tuple(getattr(L, name)()([a, b]).shape)
        for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate")
    }
    seen["Dot"] = tuple(L.Dot(axes=2)([a, b]).shape)
    seen["Concatenate, axis=1"] = tuple(L.Concatenate(axis=1)([a, b]).shape)
    seen["ranks"] = outcome(
        lambda: close(L.Add()([a, final]), np.array(a) + np.array(final)[:, None])
    )
    seen["sum"] = close(L.Add()([a, b]), np.array(a) + np.array(b))
    seen["nan"] = close(L.Maximum()([a * np.nan, b]), np.maximum(np.array(a) * np.nan, np.array(b)))
    return seen


@attack("models.repeat-refused")
def repeated():
    """Sequential, functional, Bidirectional, with states, of one timestep, masked: refused?"""

    def functional(layer):
        x = keras.Input((5, 3))
        return keras.Model(x, L.RepeatVector(2)(layer(x)))

    calls = [
        lambda: model_of(LSTM(4, **ROWS), L.RepeatVector(2)),
        lambda: model_of(L.Bidirectional(LSTM(4, **ROWS)), L.RepeatVector(2)),
        lambda: model_of(LSTM(4, **ROWS), L.RepeatVector(2), steps=1),
        lambda: model_of(LSTM(4, **ROWS), L.RepeatVector(2), steps=None),
        lambda: model_of(L.Masking(), LSTM(4, **ROWS), L.RepeatVector(2)),
        lambda: functional(LSTM(4, **ROWS)),
        lambda: functional(LSTM(4, return_state=True, **ROWS)),
        lambda: model_of(LSTM(4, return_state=True, **ROWS), L.RepeatVector(2)),
        lambda: model_of(LSTM(4, **ROWS), L.TimeDistributed(L.RepeatVector(2))),
    ]
    return [outcome(lambda c=call: c() and "taken")[:40] for call in calls]


@attack("models.slices-of-known-length")
def slices():
    """Of seven layers, of another type, masked, normalized, in predict: by each timestep?"""
    seen = {}
    rows = np.array(LSTM(4, **ROWS)(X))
    inner = {
        "dense": L.Dense(2),
        "norm": L.LayerNormalization(),
        "lambda": L.Lambda(lambda z: z * 2),
        "model": keras.Sequential([keras.Input((4,)), L.Dense(2)]),
        "half": L.Dense(2, dtype="float16"),
        "double": L.Dense(2, dtype="float64"),
        "mixed": L.Dense(2, dtype="mixed_float16"),
        "softmax": L.Softmax(),
    }
    for name, layer in inner.items():
        slices = L.TimeDistributed(layer)

        def same(f=slices, g=layer):
            y = keras.Sequential([keras.Input((5, 4)), f]).predict(rows, verbose=0)
            z = np.stack([np.array(g(rows[:, t])) for t in range(5)], axis=1)
            return close(y.astype("float32"), z.astype("float32"), 1e-3), y.dtype == z.dtype

        seen[name] = outcome(same)
    whole = L.TimeDistributed(LSTM(4, dtype="float16"))
    x = draw(2, 3, 5, 3)
    seen["lstm"] = outcome(lambda: whole(x).dtype)
    double = L.TimeDistributed(LSTM(4, dtype="float64"))
    seen["lstm64"] = outcome(lambda: double(x).dtype)
    return seen


@attack("modes.any-arguments")
def arguments():
    """Of every activation by name in both places, odd units and types: by the equations?"""
    seen = {}
    names = [n for n in dir(keras.activations) if n[0] != "_" and n not in ("get", "serialize")]
    x = X.astype("float64")
    zero = np.zeros((3, 4))
    for name, place in itertools.product(names, ("activation", "recurrent_activation")):
        if name == "deserialize":
            continue
        by_hand = lambda z, n=name: np.array(keras.activations.get(n)(tf.constant(z)))  # noqa: E731

        def same(n=name, p=place, f=by_hand):
            layer = LSTM(4, dtype="float64", **{p: n})
            y = layer(x)
            key = {"activation": "activation", "recurrent_activation": "gate"}[p]
            return close(y, equations(layer, x, zero, zero, **{key: f})[:, -1])

        word = outcome(same)
        if word != "True":
            seen[name, place] = word[:70]
    for option in ({"units": 4.0}, {"units": 2.5}, {"units": True}, {"dtype": "int32"}):
        seen[str(option)] = outcome(lambda o=option: LSTM(**{"units": 4, **o})(X).shape)[:70]
    for option in ({"activation": L.PReLU()}, {"dtype": "complex64"}, {"dtype": "float8_e4m3fn"}):
        seen[str(option)[:30]] = outcome(lambda o=option: LSTM(4, **o)(X).dtype)[:70]
    layer = LSTM(4, implementation=7, dropout=0.5, use_cudnn=False)
    seen["seven"] = close(layer(X), equations(layer, X, zero, zero)[:, -1])
    return seen


@attack("modes.generator")
def generated():
    """Of other batch sizes, rows, states, Bidirectional, eager, float64: are all batches taken?"""
    seen = {}
    kinds = {
        "plain": lambda: [LSTM(2)],
        "rows": lambda: [LSTM(2, **ROWS)],
        "both": lambda: [L.Bidirectional(LSTM(2))],
        "masked": lambda: [L.Masking(), LSTM(2)],
        "sliced": lambda: [LSTM(2, **ROWS), L.TimeDistributed(L.Dense(1)), LSTM(2)],
    }
    sizes = {"same": [(3, 5), (3, 7), (3, 1), (3, 900)], "other": [(3, 5), (2, 7), (1, 1), (4, 9)]}
    sizes["late"] = [(3, 5), (3, 7), (2, 5)]
    sizes["empty"] = [(3, 5), (3, 7), (3, 0)]
    for (name, make), (size, lengths) in itertools.product(kinds.items(), sizes.items()):
        model = model_of(*make(), steps=None)
        batches = ((draw(b, t, 3),) for b, t in lengths)
        seen[name, size] = outcome(lambda m=model, g=batches: m.predict(g, verbose=0).shape)[:60]
    return seen


@attack("saving.legacy-compiled")
def legacy():
    """Functional, Bidirectional, after fit, by object, subclassed, own metrics: loaded again?"""
    models = {
        "plain": model_of(LSTM(2)),
        "both": model_of(L.Bidirectional(LSTM(2))),
        "masked": model_of(L.Masking(), LSTM(2, stateful=True), batch_size=3),
        "rnn": model_of(L.RNN([L.LSTMCell(2), L.LSTMCell(2)])),
        "half": model_of(LSTM(2, dtype="mixed_float16")),
        "own": Own(),
        "unbuilt": keras.Sequential([LSTM(2)]),
    }
    models["slices"] = keras.Sequential([keras.Input((2, 5, 3)), L.TimeDistributed(LSTM(2))])
    seen = {}
    for name, model in models.items():
        model.compile("adam", "mse")
        with tempfile.TemporaryDirectory() as folder:
            file = str(Path(folder) / "model.h5")
            x = np.stack([X, X], axis=1) if name == "slices" else X

            def same(m=model, f=file, x=x, n=name):
                if n != "unbuilt":
                    y = m(x)
                    m.fit(x, np.zeros(y.shape), verbose=0)
                m.save(f)
                other = keras.saving.load_model(f)
                return len(other.weights) == len(m.weights)

            seen[name] = outcome(same)[:90]
    return {key: value for key, value in seen.items() if value != "True"}


@attack("saving.legacy-compiled")
def legacy_metrics():
    """With metrics by short and long names, by object, weighted, after fit: loaded again?"""
    seen = {}
    metrics = ("mae", "mse", "accuracy", "mean_absolute_error", keras.metrics.MeanSquaredError())
    keys = itertools.product(metrics, ("metrics", "weighted_metrics"), (False, True))
    for metric, key, fit in keys:
        model = model_of(LSTM(2))
        model.compile("adam", "mse", **{key: [metric]})
        if fit:
            model.fit(X, np.ones((3, 2)), verbose=0)
        with tempfile.TemporaryDirectory() as folder:
            file = str(Path(folder) / "model.h5")
            model.save(file)
            word = outcome(lambda f=file: keras.saving.load_model(f) and "loaded")
        seen[str(metric)[:20], key, fit] = word[:60]
    return {key: value for key, value in seen.items() if value != "loaded"}


@attack("shapes.input-untouched")
def inputs_after():
    """Masked, unrolled, backwards, by XLA, in fit, read-only, whole numbers, NaN: changed?"""
    changed = []
    arrays = {"float32": BLANK, "float64": X.astype("float64"), "int32": (9 * X).astype("int32")}
    arrays["nan"] = np.where(X > 1, np.float32(np.nan), X)
    arrays["turned"] = X[::-1, ::-1]
    options = [{}, {"go_backwards": True}, {"unroll": True}, {"dropout": 0.5}, {"stateful": True}]
    for option, (name, x) in itertools.product(options, arrays.items()):
        layer = LSTM(4, **option)
        before = x.copy()
        for call in (layer, tf.function(layer), tf.function(layer, jit_compile=True)):
            outcome(partial(call, x, training=True))
            outcome(partial(call, x, mask=MASK))
        if not np.array_equal(before, x, equal_nan=True):
            changed.append((str(option), name))
    fixed = X.copy()
    fixed.flags.writeable = False
    variable = tf.Variable(X)
    layer = LSTM(4)
    layer(fixed)
    layer(variable)
    return changed, bool(np.array_equal(variable, X))


@attack("state.fixed-batch-in-predict")
def last_batches():
    """Last batches of 1 and 2 of three, of two layers: refused?"""
    seen = {}
    for rest, eager in itertools.product((1, 2), (False, True)):
        model = model_of(LSTM(2, stateful=True), batch_size=3)
        model.compile(run_eagerly=eager)
        x = np.concatenate([X, X[:rest]])
        seen[rest, eager] = outcome(
            lambda m=model, x=x: m.predict(x, batch_size=3, verbose=0).shape
        )
    return {key: value[:40] for key, value in seen.items()}


@attack("state.h-first")
def pairs():
    """Of arrays, lists, symbols, a cell, RNN, RNN of a list, states returned: h, then c?"""
    h, c = STATE
    layer = LSTM(4)
    layer.build(X.shape)
    wanted = equations(layer, X, h, c)[:, -1]
    seen = {"layer": close(layer(X, initial_state=[h, c]), wanted)}
    seen["tuple"] = close(layer(X, initial_state=(h, c)), wanted)
    for name, inside in {"rnn": layer.cell, "list": [layer.cell]}.items():
        rnn = L.RNN(inside)
        rnn.build(X.shape)
        given = [h, c] if name == "rnn" else [[h, c]]
        seen[name] = close(rnn(X, initial_state=given), wanted)
    seen["stacked"] = outcome(lambda: close(layer(X, initial_state=np.stack([h, c])), wanted))[:60]
    seen["cell"] = close(layer.cell(X[:, 0], [h, c])[0], equations(layer, X[:, :1], h, c)[:, 0])
    return seen


@attack("state.not-copied")
def copies():
    """By from_config, clone_model, a list of all model weights, of four layers: from zeros?"""
    seen = {}
    for name, make in {
        "lstm": lambda: LSTM(4, stateful=True),
        "rnn": lambda: L.RNN(L.LSTMCell(4), stateful=True),
        "both": lambda: L.Bidirectional(LSTM(4, stateful=True)),
        "stack": lambda: L.RNN([L.LSTMCell(4), L.LSTMCell(2)], stateful=True),
    }.items():
        layer = make()
        first = np.array(layer(X))
        copy = type(layer).from_config(layer.get_config())
        copy.build(X.shape)
        copy.set_weights(layer.get_weights())
        model = model_of(make(), batch_size=3)
        begun = np.array(model(X))
        clone = keras.models.clone_model(model)
        clone.set_weights(model.get_weights())
        seen[name] = close(copy(X), first), close(clone(X), begun), len(layer.get_weights())
    return seen


@attack("symmetry.twins")
def equal_units():
    """Softmax, dropout, 300 units, 1,000 timesteps, large weights, float16, XLA: the same?"""
    seen = {}
    options = {
        "softmax": {"activation": "softmax", "recurrent_activation": "softmax"},
        "dropout": {"dropout": 0.5, "recurrent_dropout": 0.5},
        "gates": {"implementation": 1, "recurrent_dropout": 0.5},
        "float16": {"dtype": "float16"},
        "relu": {"activation": "relu"},
    }
    for name, option in options.items():
        for units, steps, factor in ((4, 5, 1), (299, 100, 1), (299, 1000, 4)):
            layer = LSTM(units, **option)
            x = draw(2, steps, 3)
            layer.build(x.shape)
            weights = [factor * w for w in layer.get_weights()]
            for w in weights:
                parts = w.reshape(*w.shape[:-1], 4, units)
                parts[..., units - 1] = parts[..., 1]
            layer.set_weights(weights)
            for way, call in {"call": layer, "xla": tf.function(layer, jit_compile=True)}.items():
                training = "dropout" in name

                def apart(c=call, x=x, t=training):
                    y = np.array(c(x, training=t), "float64")
                    return np.abs(y[:, 1] - y[:, -1]).max()

                word = outcome(apart)
                if word != "0.0":
                    seen[name, units, steps, factor, way] = word[:50]
    return seen


@attack("trainer.class-and-sample-weight")
def both_weights():
    """Arrays, datasets, PyDataset, generators, train_on_batch, eager, two outputs: refused how?"""
    y = np.array([0, 1, 1])
    weight = np.ones(3)
    classes = {0: 1.0, 1: 2.0}
    whole = (X, y, weight)

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 2

        def __getitem__(self, k):
            return whole

    seen = {}
    for eager in (False, True):
        model = model_of(LSTM(2, activation="softmax"))
        model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=eager)
        fit = partial(model.fit, verbose=0, class_weight=classes)
        data = tf.data.Dataset.from_tensors(whole)
        calls = {
            "arrays": lambda f=fit: f(X, y, sample_weight=weight),
            "split": lambda f=fit: f(X, y, sample_weight=weight, validation_split=0.4),
            "data": lambda f=fit, d=data: f(d),
            "py": lambda f=fit: f(Batches()),
            "generator": lambda f=fit: f(iter([whole] * 2)),
            "late": lambda f=fit: f(iter([whole[:2]] * 3 + [whole])),
            "batch": lambda m=model: m.train_on_batch(
                X, y, sample_weight=weight, class_weight=classes
            ),
        }
        for name, call in calls.items():
            seen[name, eager] = outcome(call)[:50]
    return {key: value for key, value in seen.items() if not value.startswith("ValueError")}


@attack("trainer.epoch-loss")
def epoch_losses():
    """Uneven batches, generators, several steps an execution, rows, two outputs: the mean?"""
    seen = {}
    x = draw(7, 5, 3)
    for name, layers in {"last": [LSTM(2)], "rows": [LSTM(2, **ROWS)]}.items():
        for steps, loss in itertools.product(
            (1, 2), ("mse", "mae", "log_cosh", "cosine_similarity")
        ):
            model = model_of(*layers)
            model.compile(SGD(0.0), loss, steps_per_execution=steps)
            y = draw(7, *model.output_shape[1:])
            each = np.array(keras.losses.get(loss)(y, model(x)))
            wanted = float(np.mean(each))
            kinds = {
                "arrays": lambda m=model, y=y: m.fit(x, y, batch_size=3, verbose=0),
                "data": lambda m=model, y=y: m.fit(
                    tf.data.Dataset.from_tensor_slices((x, y)).batch(3), verbose=0
                ),
                "generator": lambda m=model, y=y: m.fit(
                    (part for part in [(x[:1], y[:1]), (x[1:], y[1:])]), verbose=0
                ),
            }
            for kind, fit in kinds.items():
                got = fit().history["loss"][0]
                if not close(got, wanted):
                    seen[name, steps, loss, kind] = got, wanted
    return seen


@attack("trainer.epoch-loss")
def losses_of_other_kinds():
    """With dropout, weights of samples, a penalty, dice, of batches of 3 and 1: the mean?"""
    seen = {}
    x = draw(7, 5, 3)
    y = np.abs(draw(7, 2))
    for name, (layer, loss, weight) in {
        "dropout": (LSTM(2, dropout=0.5), "mse", None),
        "weights": (LSTM(2), "mse", np.arange(7)),
        "penalty": (LSTM(2, kernel_regularizer="l2"), "mse", None),
        "dice": (LSTM(2), "dice", None),
        "tversky": (LSTM(2), "tversky", None),
        "sum": (LSTM(2), keras.losses.MeanSquaredError("sum"), None),
        "own": (LSTM(2), lambda y, z: tf.reduce_mean((y - z) ** 2), None),
    }.items():
        model = model_of(layer)
        model.compile(SGD(0.0), loss)
        got = model.fit(x, y, batch_size=3, sample_weight=weight, verbose=0).history["loss"][0]
        loss = keras.losses.get(loss)
        each = [np.mean(np.array(loss(y[k : k + 1], model(x[k : k + 1])))) for k in range(7)]
        seen[name] = close(got, np.mean(each)) or (got, float(np.mean(each)))
    return seen


@attack("training.nan-under-mask")
def gradients_of_nan():
    """Backwards, unrolled, Bidirectional, by XLA, a loss of the first row: NaN before only?"""
    mask = np.array([[1, 1, 0, 1, 1]], bool)
    x = X[:1].copy()
    x[0, 2] = np.nan
    seen = {}
    layers = {
        "loop": LSTM(4),
        "unrolled": LSTM(4, unroll=True),
        "back": LSTM(4, go_backwards=True),
        "rnn": L.RNN(L.LSTMCell(4)),
        "both": L.Bidirectional(LSTM(4)),
        "first row": LSTM(4, **ROWS),
        "float16": LSTM(4, dtype="float16"),
    }

    def slope(layer, z, row):
        with tf.GradientTape() as tape:
            tape.watch(z)
            y = layer(z, mask=mask)
            loss = tf.reduce_sum(tf.cast(y[:, 0] if row else y, "float32"))
        return tape.gradient(loss, z)

    for name, layer in layers.items():
        layer.build(x.shape)
        for jit in (None, False, True):
            run = slope if jit is None else tf.function(slope, jit_compile=jit)
            gradient = np.array(run(layer, tf.constant(x), name == "first row"))
            word = "".join("N" if np.isnan(g).any() else "-" for g in gradient[0])
            if word not in ("NNN--", "NN---"):
                seen[name, jit] = word
    return seen


@attack("training.sample-weight")
def weighted_gradients():
    """Negative and zero weights, (n, 1), several losses, masked, Bidirectional: multiplied?"""
    seen = {}
    given = np.array([2.0, 0.0, -3.0])
    for name, inside in {
        "plain": [LSTM(2)],
        "masked": [L.Masking(), LSTM(2)],
        "both": [L.Bidirectional(LSTM(2)), L.Dense(2, activation="softmax")],
        "norm": [LSTM(2), L.BatchNormalization()],
    }.items():
        for loss in ("mse", "categorical_crossentropy", "huber", "dice", "cosine_similarity"):
            moved = []
            model = model_of(*inside)
            start = model.get_weights()
            y = np.abs(draw(3, 2))
            for k in (0, 1, 2, None):
                model.set_weights(start)
                model.compile(SGD(1.0), loss)
                weight = given if k is None else np.eye(3)[k]
                model.train_on_batch(BLANK, y, sample_weight=weight)
                moved.append([b - a for a, b in zip(start, model.get_weights(), strict=True)])
            count = len(model.trainable_weights)
            sums = [
                sum(g * m for g, m in zip(given, part, strict=True))
                for part in zip(*moved[:3], strict=True)
            ]
            model.set_weights(start)
            model.train_on_batch(BLANK[1:2], y[1:2])
            alone = [(b - a) / 3 for a, b in zip(start, model.get_weights(), strict=True)]
            own = name == "norm" or close(alone[:count], moved[1][:count])
            seen[name, loss] = own and close(sums[:count], moved[3][:count])
    return [key for key, same in seen.items() if not same]


@attack("training.timestep-weight")
def timestep_weights():
    """By nine losses, Bidirectional, slices, in fit and by batch: does each weigh its timestep?"""
    seen = {}
    weight = np.random.RandomState(1).rand(3, 5).astype("float32")
    names = ("mse", "mae", "huber", "categorical_crossentropy", "cosine_similarity", "kld")
    for name, inside in {
        "plain": [LSTM(2, **ROWS)],
        "both": [L.Bidirectional(LSTM(2, **ROWS))],
        "sliced": [LSTM(2, **ROWS), L.TimeDistributed(L.Dense(1))],
    }.items():
        for loss in (*names, "dice", "tversky", "circle", "ctc", "sum"):
            model = model_of(*inside)
            y = np.abs(draw(3, 5, model.output_shape[-1]))
            kind = loss
            if loss == "sum":
                kind = lambda y, z: tf.reduce_sum((y - z) ** 2, axis=(1, 2))  # noqa: E731
            elif loss in ("ctc", "circle"):
                y = np.ones((3, 5))
            model.compile("sgd", kind)

            def same(m=model, y=y, k=kind, full=loss == "sum"):
                got = m.evaluate(m.given, y, sample_weight=weight, verbose=0)
                z = m(m.given)
                each = (y - np.array(z)) ** 2 if full else None
                each = each.sum(axis=2) if full else np.array(keras.losses.get(k)(y, z))
                wanted = np.mean(each * weight) if each.shape == (3, 5) else None
                return close(got, wanted) if wanted is not None else ("per", each.shape, got)

            model.given = X
            seen[name, loss] = outcome(same)[:80]
    return {key: value for key, value in seen.items() if value != "True"}


@attack("weights.any-length")
def all_lengths():
    """Of 1, 2, 1,000 and 5,000 timesteps: looped, unrolled, stateful, backwards: read?"""
    seen = {}
    for option in ({}, {"stateful": True}, {"go_backwards": True}, {"implementation": 1}):
        layer = LSTM(4, **option)
        layer.build((2, 5, 3))
        before = layer.get_weights()
        shapes = [tuple(layer(draw(2, t, 3)).shape) for t in (1, 2, 1000, 5000)]
        seen[str(option)] = set(shapes), close(before, layer.get_weights(), 0)
    unrolled = LSTM(4, unroll=True)
    seen["unrolled"] = {tuple(unrolled(draw(2, t, 3)).shape) for t in (5, 1, 60)}
    return seen


@attack("weights.none-before-build")
def weights_before():
    """Stateful, with dropout, from a configuration, asked for its shape, around a cell: none?"""
    seen = {}
    cell = L.LSTMCell(2)
    cell.build((3, 3))
    built = LSTM(2)
    built.build(X.shape)
    layers = {
        "stateful": LSTM(2, stateful=True),
        "dropout": LSTM(2, dropout=0.5, recurrent_dropout=0.5),
        "input shape": LSTM(2, input_shape=(5, 3)),
        "config": LSTM.from_config(built.get_config()),
        "asked": LSTM(2),
        "both": L.Bidirectional(LSTM(2)),
        "around a cell": L.RNN(cell),
        "around a layer": L.Bidirectional(built),
        "slices": L.TimeDistributed(built),
    }
    layers["asked"].compute_output_shape((3, 5, 3))
    for name, layer in layers.items():
        seen[name] = len(layer.weights), len(layer.variables), layer.built
    return seen


@attack("weights.of-the-cell")
def variables_of_cells():
    """Stateful, with dropout, set, frozen, unrolled: the very variables?"""
    seen = {}
    for option in (
        {},
        {"stateful": True},
        {"dropout": 0.5},
        {"trainable": False},
        {"unroll": True},
    ):
        layer = LSTM(4, **option)
        layer(X)
        layer.set_weights(layer.get_weights())
        same = [a is b for a, b in zip(layer.weights, layer.cell.weights, strict=True)]
        seen[str(option)] = (
            same,
            len(layer.weights),
            len(layer.cell.weights),
            type(layer.cell).__name__,
        )
    return seen


@attack("weights.trainable")
def trainable_weights():
    """After the cell, one variable, a model or a wrapper was set: does the layer's value say it?"""
    seen = {}
    for built in (False, True):
        for name in ("cell", "variable", "model", "layer", "given"):
            layer = LSTM(2, trainable=name != "given")
            if built or name in ("variable", "model"):
                layer.build(X.shape)
            if name == "cell":
                layer.cell.trainable = False
            elif name == "variable":
                layer.cell.kernel.trainable = False
            elif name == "model":
                model_of(layer).trainable = False
            elif name == "layer":
                layer.trainable = False
            if not layer.built:
                layer.build(X.shape)
            seen[name, built] = layer.trainable, len(layer.trainable_weights)
    return seen


@attack("wrappers.list-of-one-cell-masked")
def one_in_a_list():
    """By type, units' masks, states, zeros, unrolled, dropout, compiled: the same?"""
    seen = {}
    options = {
        "plain": ({}, {}),
        "rows": ({}, ROWS),
        "zeros": ({}, {"zero_output_for_mask": True, **ROWS}),
        "unrolled": ({}, {"unroll": True}),
        "backwards": ({}, {"go_backwards": True}),
        "stateful": ({}, {"stateful": True}),
        "float16": ({"dtype": "float16"}, {"dtype": "float16"}),
        "float64": ({"dtype": "float64"}, {"dtype": "float64"}),
        "dropout": ({"dropout": 0.5, "seed": 1}, {}),
        "recurrent": ({"recurrent_dropout": 0.5, "seed": 1}, {}),
    }
    for name, (inner, outer) in options.items():
        for units in (False, True):
            mask = np.repeat(MASK[:, :, None], 4, axis=2) if units else MASK

            def same(i=inner, o=outer, m=mask):
                bare = L.RNN(L.LSTMCell(4, **i), **o)
                listed = L.RNN([L.LSTMCell(4, **i)], **o)
                for layer in (bare, listed):
                    layer.build(X.shape)
                listed.set_weights(bare.get_weights())
                x = X.astype(bare.compute_dtype)
                y, z = (f(x, mask=m, training=True) for f in (bare, listed))
                error = np.abs(np.array(y, "float64") - np.array(z, "float64")).max()
                return y.dtype == z.dtype, error < np.finfo(y.dtype.name).eps * 8 or error

            word = outcome(same)
            if word != "(True, True)" and word != "(True, np.True_)":
                seen[name, units] = word[:70]
    return seen


@attack("wrappers.one-cell-two-layers")
def shared_cells():
    """Backwards, stateful, in a stack, in a model, trained: the same variables in both?"""
    seen = {}
    cell = L.LSTMCell(4)
    layers = [L.RNN(cell), L.RNN(cell, go_backwards=True), L.RNN([cell, L.LSTMCell(2)])]
    layers.append(L.RNN(cell, stateful=True))
    for layer in layers:
        layer(X)
    seen["same"] = [layer.weights[0] is cell.kernel for layer in layers]
    x = keras.Input((5, 3))
    model = keras.Model(x, L.Add()([layers[0](x), layers[1](x)]))
    model.compile("sgd", "mse")
    model.fit(X, np.ones((3, 4)), verbose=0)
    seen["model"] = len(model.weights), close(layers[0].get_weights(), layers[1].get_weights(), 0)
    copy = keras.models.clone_model(model)
    seen["clone"] = len(copy.weights)
    return seen


class Pair(Total):
    """A cell that adds up, and returns its state alone."""

    def call(self, x, states):
        """Add a timestep to the total."""
        total = states[0] + x
        return 2 * total, total


class Began(Total):
    """A cell that begins with ones."""

    def get_initial_state(self, batch_size=None):
        """Return ones."""
        return [tf.ones((batch_size, 3))]


@attack("wrappers.own-cell-stateful")
def other_own_cells():
    """With a state that is no list, that begins with ones, in float16: does it go on?"""
    seen = {}
    for unroll in (False, True):
        options = {"stateful": True, "unroll": unroll}
        bare = L.RNN(Pair(), **options)
        bare(X)
        seen["bare", unroll] = close(bare(X), 4 * X.sum(axis=1))
        begun = L.RNN(Began(), **options)
        first = np.array(begun(X))
        seen["ones", unroll] = [close(first, k + X.sum(axis=1)) for k in (0, 1)]
        seen["ones, on", unroll] = close(begun(X), first + X.sum(axis=1))
        half = L.RNN(Total(dtype="float16"), dtype="float16", **options)
        half(X)
        seen["half", unroll] = close(tf.cast(half(X), "float32"), 2 * X.sum(axis=1), 1e-1)
    return seen


@attack("wrappers.slices-of-one-input")
def nested_inputs():
    """Lists of one and two, tuples, dictionaries, arrays, symbols, of four layers: refused?"""
    taken = []
    x = draw(2, 3, 5, 3)
    given = {
        "one": [tf.constant(x)],
        "two": [tf.constant(x)] * 2,
        "tuple": (tf.constant(x),) * 2,
        "dictionary": {"a": tf.constant(x)},
        "arrays": [x, x],
        "nested": x.tolist(),
        "symbols": [keras.Input((3, 5, 3))] * 2,
    }
    layers = {
        "lstm": lambda: LSTM(2),
        "dense": lambda: L.Dense(2),
        "add": lambda: L.Add(),
        "lambda": lambda: L.Lambda(lambda z: z),
    }
    for (name, value), (kind, make) in itertools.product(given.items(), layers.items()):
        if not refused(lambda v=value, m=make: L.TimeDistributed(m())(v)):
            taken.append((name, kind))
    return taken


def relu(z):
    """Return three times the positive part."""
    return 3 * tf.nn.relu(z)


def cubed(z):
    """Return the cube."""
    return z**3


class Cubed:
    """An object that is called."""

    def __call__(self, z):
        """Return the cube."""
        return z**3


@attack("wrappers.unregistered-in-bidirectional")
def unregistered():
    """A lambda, an object, tf.tanh, a function named as one of Keras', a pair: refused?"""
    seen = {}
    functions = {"cubed": cubed, "lambda": lambda z: z**3, "object": Cubed(), "tf.tanh": tf.tanh}
    functions |= {"tf.nn.relu": tf.nn.relu, "tf.sin": tf.sin, "relu": relu, "square": tf.square}
    functions |= {"ops": keras.ops.tanh, "ops.sin": keras.ops.sin, "layer": L.PReLU()}
    for (name, f), place in itertools.product(
        functions.items(), ("activation", "recurrent_activation")
    ):

        def copied(f=f, p=place):
            both = L.Bidirectional(LSTM(2, **{p: f}))
            both(X)
            return "taken", getattr(both.forward_layer.cell, p) is f

        seen[name, place] = outcome(copied)[:60]
    pair = [LSTM(2, activation=cubed), LSTM(2, activation=cubed, go_backwards=True)]
    seen["pair"] = outcome(lambda: L.Bidirectional(pair[0], backward_layer=pair[1]) and 1)[:50]
    plain = [LSTM(2), LSTM(2, activation=cubed, go_backwards=True)]
    seen["backward only"] = outcome(
        lambda: L.Bidirectional(plain[0], backward_layer=plain[1]) and "taken"
    )[:50]
    return seen
