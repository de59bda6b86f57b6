"""Attacks on 40 claims drawn after the kinds of draw_4 were mended, from their sentences alone."""

from __future__ import annotations

import itertools
import tempfile
import time
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.draw_1 import LSTM, MASK, L, X, close, draw, twins


def refused(call):
    """Say whether a call raises an error."""
    try:
        call()
    except Exception:
        return True
    return False


def returned(model):
    """Return a model after a round through a `.keras` file, and through an `.h5` file."""
    loaded = []
    with tempfile.TemporaryDirectory() as folder:
        for name in ("model.keras", "model.h5"):
            model.save(Path(folder) / name)
            loaded.append(keras.saving.load_model(Path(folder) / name))
    return loaded


@attack("dropout.get-mask")
def masks_of_cells():
    """By implementation and rate, for x and with recurrent dropout: x times the mask?"""
    seen = {}
    rates = itertools.product((1, 2), (0.5, 1.0), (0.0, 0.5))
    for implementation, rate, recurrent in rates:
        options = {"dropout": rate, "implementation": implementation, "seed": 1}
        cell = L.LSTMCell(4, recurrent_dropout=recurrent, **options)
        plain = L.LSTMCell(4)
        for part in (cell, plain):
            part.build(X[:, 0].shape)
        plain.set_weights(cell.get_weights())
        x = tf.constant(X[:, 0])
        states = [tf.zeros((3, 4))] * 2
        mask = cell.get_dropout_mask(x)
        y = cell(x, states, training=True)[0]
        four = isinstance(mask, list)
        masked = x * (mask[0] if four else mask)
        seen[implementation, rate, recurrent] = four or close(y, plain(masked, states)[0])
    return seen


@attack("dropout.masked-timesteps")
def deleted_under_dropout():
    """Both rates, both implementations, unrolled, backwards, NaN under the mask: the same?"""
    bad = []
    mask = np.tile([True, False, True, True, False], (3, 1))
    flags = itertools.product((0.0, 0.5), (1, 2), (False, True), (False, True))
    for recurrent, implementation, unroll, backwards in flags:
        options = {"unroll": unroll, "go_backwards": backwards, "use_cudnn": False}
        options |= {"recurrent_dropout": recurrent, "implementation": implementation}
        first, other = twins(dropout=0.5, seed=3, **options)
        x = np.where(mask[:, :, None], X, np.float32(np.nan))
        if not close(first(x, mask=mask, training=True), other(X[:, mask[0]], training=True)):
            bad.append((recurrent, implementation, unroll, backwards))
    return bad


@attack("errors.any-number-of-samples")
def remainders():
    """An Input with a batch size, a mask, unrolled; in fit, evaluate and predict: refused?"""
    seen = {}
    x = draw(5, 5, 3)
    kinds = {
        "plain": [keras.Input((5, 3)), LSTM(2)],
        "fixed": [keras.Input((5, 3), batch_size=2), LSTM(2)],
        "unrolled": [keras.Input((5, 3)), LSTM(2, unroll=True)],
        "masked": [keras.Input((5, 3)), L.Masking(), L.Bidirectional(LSTM(1))],
    }
    for name, layers in kinds.items():
        functional = keras.Model(layers[0], keras.Sequential(layers[1:])(layers[0]))
        for model in (keras.Sequential(layers), functional):
            model.compile("sgd", "mse")
            seen[name, type(model).__name__] = [
                refused(lambda m=model: m.predict(x, batch_size=2, verbose=0)),
                refused(lambda m=model: m.fit(x, np.zeros((5, 2)), batch_size=2, verbose=0)),
                refused(lambda m=model: m.evaluate(x, np.zeros((5, 2)), batch_size=2, verbose=0)),
            ]
    return [name for name, each in seen.items() if any(each)]


@attack("errors.stateful-set-later")
def stateful_later():
    """With a given state, unrolled, as RNN and in Bidirectional: does the next call fail?"""
    state = [np.zeros((3, 4), "float32")] * 2

    def later(layer, **call):
        layer(X)
        layer.stateful = True
        return outcome(lambda: np.shape(layer(X, **call)))[:30]

    return [
        later(LSTM(4)),
        later(LSTM(4), initial_state=state),
        later(LSTM(4, unroll=True)),
        later(L.RNN(L.LSTMCell(4))),
    ]


@attack("errors.time-distributed-axes")
def data_of_three_axes():
    """With jit_compile, in fit, with return_state, stateful: refused?"""
    model = keras.Sequential([L.TimeDistributed(LSTM(2))])
    model.compile("sgd", "mse")
    call = tf.function(L.TimeDistributed(LSTM(2)), jit_compile=True)
    return [
        refused(lambda: call(X)),
        refused(lambda: model.fit(X, np.zeros((3, 5, 2)), verbose=0)),
        refused(lambda: L.TimeDistributed(LSTM(2, return_state=True))(X)),
        refused(lambda: L.TimeDistributed(LSTM(2, unroll=True))(X[:, :, :, None][..., 0])),
    ]


@attack("errors.units-of-text")
def odd_units():
    """Texts, bytes, None, containers and arrays: which error?"""
    given = ["8", "", b"8", None, (8,), (), [8], {"units": 8}, {8}, np.array([8, 8]), 8j]
    return [outcome(lambda g=g: LSTM(g))[:14] for g in given]


@attack("gates.elu-reaches-any-target")
def targets():
    """From 1e-37 to 1e38, in three types: can an output be it, by the bias alone?"""
    seen = {}
    for dtype, value in itertools.product(("float32", "float64"), (1e-37, 1e-3, 0.1, 18.0, 1e38)):
        layer = LSTM(1, activation="elu", kernel_initializer="zeros", dtype=dtype)
        layer.build((1, 1, 1))
        kernel, recurrent, _ = layer.get_weights()
        layer.set_weights([kernel, recurrent, np.array([200.0, 0, value, 200.0])])
        y = float(np.array(layer(np.ones((1, 1, 1), dtype)))[0, 0])
        seen[dtype, value] = bool(np.isclose(y, value, rtol=1e-3, atol=0))
    return [key for key, same in seen.items() if not same]


@attack("gates.zero-weights-halve")
def halves():
    """In five types, unrolled, 300 units, by implementation, from huge states: half of c?"""
    bad = []
    for dtype, unroll in itertools.product(("float16", "bfloat16", "float32", "float64"), (0, 1)):
        zero = {f"{name}_initializer": "zeros" for name in ("kernel", "recurrent", "bias")}
        options = {"dtype": dtype, "unroll": bool(unroll), "unit_forget_bias": False}
        layer = LSTM(300, return_state=True, **options, **zero)
        c = tf.cast(np.linspace(-6e4, 6e4, 900).reshape(3, 300), dtype)
        _, _, new = layer(X[:, :1], initial_state=[c, c])
        if not np.array_equal(np.array(new), np.array(c / 2)):
            bad.append((dtype, unroll))
    return bad


@attack("masking.repeats-output")
def repeated_outputs():
    """Backwards, unrolled, stateful, from a state, compiled: the output of the one before?"""
    bad = []
    flags = itertools.product((False, True), (False, True), (False, True))
    for backwards, unroll, jit in flags:
        layer = LSTM(4, return_sequences=True, go_backwards=backwards, unroll=unroll)
        layer.build(X.shape)
        call = tf.function(lambda x, m, f=layer: f(x, mask=m), jit_compile=jit)
        y = np.array(call(X, MASK))
        mask = MASK[:, ::-1] if backwards else MASK
        before = np.concatenate([np.zeros_like(y[:, :1]), y[:, :-1]], axis=1)
        if not np.array_equal(y[~mask], before[~mask]):
            bad.append((backwards, unroll, jit))
    return bad


@attack("masking.with-state")
def both_used():
    """Unrolled, backwards, in a graph, in RNN, Bidirectional: as the valid timesteps alone?"""
    bad = []
    mask = np.tile([True, False, True, True, False], (3, 1))
    state = [draw(3, 4), draw(4, 3).T]
    for unroll, backwards in itertools.product((False, True), repeat=2):
        first, other = twins(unroll=unroll, go_backwards=backwards)
        expected = other(X[:, mask[0]], initial_state=state)
        call = tf.function(lambda x, m, s, f=first: f(x, mask=m, initial_state=s))
        for y in (first(X, mask=mask, initial_state=state), call(X, mask, state)):
            if not close(y, expected):
                bad.append((unroll, backwards))
    return bad


@attack("models.inputs-by-name")
def structures():
    """A model made of a dictionary, called with a list; a tuple; more names; another order."""
    a = keras.Input((5, 3), name="a")
    b = keras.Input((5, 3), name="b")
    y = L.Subtract()([LSTM(2)(a), LSTM(2)(b)])
    values = {"b": X + 1, "a": X}
    seen = {}
    for name, inputs in (("list", [a, b]), ("dictionary", {"a": a, "b": b})):
        model = keras.Model(inputs, y)
        expected = np.array(model([X, X + 1]))
        given = (values, (X, X + 1), {**values, "c": X})
        seen[name] = [outcome(lambda m=model, g=g: close(m(g), expected))[:30] for g in given]
        seen[name].append(outcome(lambda m=model: close(m.predict(values, verbose=0), expected)))
    return seen


@attack("models.maximum-of-padding")
def poolings():
    """The four poolings with windows and the adaptive ones: do masked values count?"""
    names = ["GlobalMaxPooling1D", "MaxPooling1D", "AveragePooling1D"]
    names += [n for n in ("AdaptiveMaxPooling1D", "AdaptiveAveragePooling1D") if hasattr(L, n)]
    seen = {}
    for name in names:
        given = {"output_size": 2} if name.startswith("Adaptive") else {"pool_size": 2}
        given = {} if name.startswith("Global") else given
        x = np.where(MASK[:, :, None], X, np.float32(9))
        masked = L.Masking(9.0)(x)
        layer = getattr(L, name)(**given)
        zeroed = np.where(MASK[:, :, None], X, np.float32(0))
        seen[name] = close(layer(masked), layer(zeroed))
    return seen


@attack("modes.retraced")
def traces():
    """Arrays, tensors, lists of lengths, with reduce_retracing and jit_compile: how often?"""
    seen = {}
    for name, options in {"plain": {}, "jit": {"jit_compile": True}}.items():
        layer = LSTM(2)
        layer.build((1, 1, 1))
        call = tf.function(layer, **options)
        for steps in (1, 2, 3, 2, 1, 5):
            call(tf.ones((1, steps, 1)))
        seen[name] = call.experimental_get_tracing_count()
        signature = [tf.TensorSpec((None, None, 1))]
        call = tf.function(lambda x, f=layer: f(x), input_signature=signature, **options)
        for steps in (1, 2, 3, 2, 1, 5):
            call(tf.ones((steps, steps, 1)))
        seen[name, "open"] = call.experimental_get_tracing_count()
    return seen


@attack("precision.half-roundings")
def many_features():
    """With 1 to 300 features within 2, in roundings of the type: how far off?"""
    seen = {}
    for features, dtype in itertools.product((1, 30, 300), ("float16", "bfloat16")):
        worst = 0.0
        for seed in range(5):
            random = np.random.RandomState(seed)
            x = random.uniform(-2, 2, (8, 4, features))
            weights = [random.uniform(-2, 2, s) for s in ((features, 16), (4, 16), (16,))]
            x, *weights = (np.array(tf.cast(tf.cast(v, dtype), "float64")) for v in (x, *weights))
            half = LSTM(4, dtype=dtype, recurrent_initializer="zeros")
            exact = LSTM(4, dtype="float64")
            for layer in (half, exact):
                layer.build(x.shape)
                layer.set_weights(weights)
            y = np.array(tf.cast(half(x), "float64"))
            error = np.abs(y - np.array(exact(x))).max()
            worst = max(worst, error / (2.0**-10 if dtype == "float16" else 2.0**-7))
        seen[features, dtype] = round(float(worst), 1)
    return seen


@attack("precision.input-is-cast")
def kinds_of_input():
    """Four types of input and state for five types of layer, in a call and a graph."""
    bad = []
    kinds = ("float16", "bfloat16", "float32", "float64")
    for own, given in itertools.product((*kinds, "mixed_float16"), kinds):
        layer = LSTM(2, dtype=own, recurrent_initializer="glorot_uniform", return_state=True)
        x = tf.cast(X, given)
        state = [tf.cast(draw(3, 2), given)] * 2
        try:
            types = {y.dtype.name for y in layer(x, initial_state=state)}
            call = tf.function(lambda x, s, f=layer: f(x, initial_state=s))
            types |= {y.dtype.name for y in call(x, state)}
        except Exception as error:
            bad.append((own, given, type(error).__name__))
            continue
        if types != {own.removeprefix("mixed_")}:
            bad.append((own, given, types))
    return bad


@attack("precision.saturation")
def saturated():
    """From 20 and from -200 on, eagerly, compiled, in wide layers: exactly 1 and 0?"""
    bad = []
    for jit, units in itertools.product((False, True), (1, 7, 300)):
        call = tf.function(keras.ops.sigmoid, jit_compile=jit)
        for value in (20.0, 25.0, 88.0, 1e4, 3e38, -200.0, -1e4, -3e38):
            y = np.array(call(tf.fill((3, units), value)))
            if not np.all(y == (value > 0)):
                bad.append((jit, units, value, float(y[0, 0])))
    return bad


@attack("precision.subnormals")
def small_inputs():
    """1e-40 in float32, 1e-310 in float64, 1e-6 in float16, times a huge weight: zero?"""
    seen = {}
    cases = {"float32": (1e-40, 1e38), "float64": (1e-310, 1e308), "float16": (1e-6, 6e4)}
    for dtype, (value, weight) in cases.items():
        for batch, units in ((1, 1), (8, 300)):
            layer = LSTM(units, dtype=dtype)
            layer.build((batch, 1, 1))
            kernel, recurrent, bias = layer.get_weights()
            layer.set_weights([np.full_like(kernel, weight), 0 * recurrent, 0 * bias])
            y = np.array(layer(np.full((batch, 1, 1), value, dtype)))
            seen[dtype, units] = bool(np.all(y == 0))
    return seen


@attack("precision.type-for-both")
def both_types():
    """Six types, with all flags: bit for bit what an LSTM returns?"""
    bad = []
    kinds = ("float16", "bfloat16", "float32", "float64", "mixed_float16", "mixed_bfloat16")
    for dtype, unroll in itertools.product(kinds, (False, True)):
        start = {"recurrent_initializer": "glorot_uniform", "dtype": dtype}
        lstm = LSTM(4, unroll=unroll, **start)
        rnn = L.RNN(L.LSTMCell(4, **start), unroll=unroll, dtype=dtype)
        for layer in (lstm, rnn):
            layer.build(X.shape)
        rnn.set_weights(lstm.get_weights())
        y, z = (tf.cast(layer(X, mask=MASK), "float64") for layer in (lstm, rnn))
        if not close(y, z, atol=0):
            bad.append((dtype, unroll))
    return bad


@attack("saving.keeps-use-cudnn")
def use_cudnn():
    """Does from_config of a layer with use_cudnn=False have it?"""
    return LSTM.from_config(LSTM(2, use_cudnn=False).get_config()).use_cudnn


@attack("saving.lambda-activation")
def a_lambda():
    """Saved and loaded with safe_mode=False: does it load?"""
    model = keras.Sequential([keras.Input((5, 3)), LSTM(2, activation=lambda z: z)])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return outcome(lambda: keras.saving.load_model(path, safe_mode=False))[:60]


@keras.saving.register_keras_serializable("attacks")
def doubled(z):
    """Return twice a tensor."""
    return 2 * z


@attack("saving.registered-activation")
def registered():
    """As both activations, in Bidirectional, a cell and TimeDistributed, in two formats: found?"""
    layers = [
        lambda: LSTM(2, activation=doubled, recurrent_activation=doubled),
        lambda: L.Bidirectional(LSTM(2, activation=doubled)),
        lambda: L.RNN([L.LSTMCell(2, activation=doubled), L.LSTMCell(2)]),
    ]
    models = [keras.Sequential([keras.Input((5, 3)), layer()]) for layer in layers]
    return [[close(m(X), model(X)) for m in returned(model)] for model in models]


@attack("shapes.feature-count")
def other_features():
    """In a call, predict, a graph, with jit, unrolled, masked, with one feature: refused?"""
    seen = []
    for features, unroll in itertools.product((1, 2, 4, 300), (False, True)):
        layer = LSTM(2, unroll=unroll)
        layer.build(X.shape)
        x = np.ones((3, 5, features), "float32")
        model = keras.Sequential([layer])
        calls = [
            lambda f=layer, x=x: f(x),
            lambda f=layer, x=x: f(x, mask=MASK),
            lambda f=layer, x=x: tf.function(f)(x),
            lambda f=layer, x=x: tf.function(f, jit_compile=True)(x),
            lambda m=model, x=x: m.predict(x, verbose=0),
        ]
        seen += [refused(call) for call in calls]
    return all(seen)


@attack("shapes.unroll-open-length")
def open_and_unrolled():
    """Functional, Sequential and subclassed, in a call, predict, fit: a length at a time?"""
    x = keras.Input((None, 3))
    layer = LSTM(2, unroll=True)
    models = [keras.Sequential([x, layer]), keras.Model(x, layer(x))]
    for model in models:
        model.compile("sgd", "mse")
    return [
        [
            outcome(lambda m=m: m(X[:, :2]).shape),
            outcome(lambda m=m: m.predict(X, verbose=0).shape),
            "loss" in outcome(lambda m=m: m.fit(X, np.zeros((3, 2)), verbose=0).history),
        ]
        for m in models
    ]


def cost(call, number):
    """Return the processor's time of some calls."""
    start = time.process_time()
    for _ in range(number):
        call()
    return time.process_time() - start


@attack("speed.new-length")
def sizes_of_new_lengths():
    """With 1, 64 and 300 units, and batches of 1 and 512: which ratio?"""
    seen = {}
    for units, batch in itertools.product((1, 64, 300), (1, 512)):
        layer = LSTM(units)
        layer.build((batch, 1, units))
        spec = [tf.TensorSpec((None, None, units))]
        ways = tf.function(lambda x, f=layer: f(x)), tf.function(layer, input_signature=spec)
        for way in ways:
            way(tf.ones((batch, 1, units)))
        parts = [
            sum(cost(lambda w=w, n=n: w(tf.ones((batch, n, units))), 1) for n in range(2, 9))
            for w in ways
        ]
        seen[units, batch] = round(parts[0] / parts[1], 1)
    return seen


@attack("speed.next-timestep")
def sizes_of_timesteps():
    """With batches of 1, 64 and 512, and 1 and 128 features: which ratio?"""
    seen = {}
    for batch, features in ((1, 1), (1, 128), (64, 16), (512, 16)):
        call = tf.function(LSTM(16))
        long = tf.ones((batch, 1200, features))
        for x in (long, long[:, :120]):
            call(x)
        pairs = [
            (cost(lambda x=long: call(x), 1), cost(lambda x=long[:, :120]: call(x), 10))
            for _ in range(5)
        ]
        seen[batch, features] = round(float(np.median([a / b for a, b in pairs])), 2)
    return seen


@attack("state.list-or-tuple")
def containers():
    """Tuples in a graph, unrolled, masked, stateful, symbolic, in Bidirectional, RNN: the same?"""
    state = [draw(3, 4), draw(4, 3).T]
    bad = []
    for unroll, mask, stateful in itertools.product((False, True), (None, MASK), (False, True)):
        first, other = twins(unroll=unroll, stateful=stateful)
        call = tf.function(lambda x, s, f=first, m=mask: f(x, initial_state=s, mask=m))
        expected = other(X, initial_state=state, mask=mask)
        for y in (first(X, initial_state=tuple(state), mask=mask), call(X, tuple(state))):
            if not close(y, expected):
                bad.append((unroll, mask is not None, stateful))
    x = keras.Input((5, 3))
    h = keras.Input((4,))
    c = keras.Input((4,))
    layer = LSTM(4)
    models = [keras.Model([x, h, c], layer(x, initial_state=s)) for s in ([h, c], (h, c))]
    both = L.Bidirectional(LSTM(4))
    halves = both(X, initial_state=(*state, *state)), both(X, initial_state=[*state, *state])
    return bad, close(*(m([X, *state]) for m in models)), close(*halves)


@attack("state.reset-of-stacked-cells")
def reset_of_cells():
    """Of three cells, in Bidirectional: does reset_state work?"""
    layer = L.RNN([L.LSTMCell(2) for _ in range(3)], stateful=True)
    layer(X)
    return outcome(layer.reset_state)[:40]


@attack("state.reset-states")
def old_name():
    """Of LSTM, RNN and Bidirectional: is there the name, and does it reset?"""
    layers = [
        LSTM(2, stateful=True),
        L.RNN(L.LSTMCell(2), stateful=True),
        L.Bidirectional(LSTM(2, stateful=True)),
    ]
    seen = []
    for layer in layers:
        first = np.array(layer(X))
        layer.reset_states()
        seen.append(close(layer(X), first, atol=0))
    return seen


@attack("symmetry.nan")
def spoilt_neighbours():
    """Units 1 to 300, compiled, unrolled, in three types, masked, relu: another bit?"""
    bad = []
    for units, jit, dtype in itertools.product((1, 64, 300), (False, True), ("float32", "float16")):
        for options in ({}, {"unroll": True}, {"activation": "relu"}, {"implementation": 1}):
            layer = LSTM(units, dtype=dtype, return_sequences=True, **options)
            layer.build(X.shape)
            call = tf.function(layer, jit_compile=jit)
            expected = np.array(call(X))
            for value in (np.nan, np.inf):
                x = X.copy()
                x[1, 2] = value
                y = np.array(call(x))
                if not np.array_equal(y[[0, 2]], expected[[0, 2]]):
                    bad.append((units, jit, dtype, options, value))
    return bad


@attack("time.unknown-length")
def lengths():
    """With other layers, in fit and evaluate, masked, and Bidirectional: another length each?"""
    kinds = [
        [LSTM(2)],
        [L.Masking(), L.Bidirectional(LSTM(1))],
        [L.Conv1D(2, 1), LSTM(2, return_sequences=True), L.GlobalMaxPooling1D()],
        [L.TimeDistributed(L.Dense(2)), LSTM(2)],
    ]
    seen = []
    for layers in kinds:
        model = keras.Sequential([keras.Input((None, 3)), *layers])
        model.compile("sgd", "mse")
        calls = [
            lambda x, m=model: m(x),
            lambda x, m=model: m.predict(x, verbose=0),
            lambda x, m=model: m.fit(x, np.zeros((3, 2)), verbose=0),
        ]
        seen.append([refused(lambda c=c, n=n: c(X[:, :n])) for c in calls for n in (5, 1, 3)])
    return [any(each) for each in seen]


@attack("trainer.frozen-wrapped")
def frozen_late():
    """A wrapper that is set so after compile(), before and after a step: do its weights move?"""

    def moves(trained, eager=False):
        wrapper = L.Bidirectional(LSTM(2, kernel_constraint="non_neg"))
        model = keras.Sequential([keras.Input((5, 3)), wrapper, L.Dense(1)])
        model.compile(keras.optimizers.AdamW(0.1), "mse", run_eagerly=eager)
        if trained:
            model.train_on_batch(X, np.ones((3, 1)))
        wrapper.trainable = False
        before = wrapper.get_weights()
        model.train_on_batch(X, np.ones((3, 1)))
        return not close(wrapper.get_weights(), before, atol=0)

    return moves(False), moves(True), moves(True, eager=True)


@attack("trainer.penalty-once")
def penalties():
    """In nested, shared, subclassed and wrapped layers: the sum of squares, once?"""

    class Own(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = LSTM(2, kernel_regularizer="l2")

        def call(self, x):
            return self.inner(x)

    def lstm(**options):
        return LSTM(2, kernel_regularizer="l2", **options)

    bodies = [
        lambda x: Own()(x),
        lambda x: keras.Sequential([lstm()])(x),
        lambda x: L.Bidirectional(lstm())(x),
        lambda x: L.RNN([L.LSTMCell(2, kernel_regularizer="l2"), L.LSTMCell(2)])(x),
    ]
    seen = []
    for body in bodies:
        x = keras.Input((5, 3))
        model = keras.Model(x, body(x))
        model.compile("sgd", "mse", metrics=["mse"])
        loss, error = model.evaluate(X, np.zeros((3, *model.output_shape[1:])), verbose=0)
        kernels = [w for w in model.trainable_weights if w.path.endswith("/kernel")]
        squares = [0.01 * float(np.sum(np.square(k))) for k in kernels]
        expected = sum(squares[:1]) if "rnn" in kernels[0].path.split("/")[0] else sum(squares)
        seen.append(round(loss - error - expected, 5))
    return seen


@attack("training.sample-weight")
def weights_of_samples():
    """Weights 0, -1 and 1e3, other losses, a mask, in fit: the gradient times the weight?"""
    seen = []
    for loss, masked in itertools.product(("mse", "mae", "huber"), (False, True)):
        layers = [L.Masking(), LSTM(2)] if masked else [LSTM(2)]
        model = keras.Sequential([keras.Input((5, 3)), *layers])
        start = model.get_weights()
        x = np.where(MASK[:, :, None], X, np.float32(0))
        y = draw(3, 2)

        def step(rows, weights, model=model, start=start, loss=loss, x=x, y=y):
            model.set_weights(start)
            model.compile(keras.optimizers.SGD(1.0), loss)
            model.train_on_batch(x[rows], y[rows], sample_weight=weights)
            return [b - a for a, b in zip(start, model.get_weights(), strict=True)]

        each = [step([k], np.ones(1)) for k in range(3)]
        together = step([0, 1, 2], np.array([0.0, -1.0, 10.0]))
        expected = [(10 * c - b) / 3 for _, b, c in zip(*each, strict=True)]
        seen.append(close(together, expected, atol=1e-3))
    return seen


@attack("training.weights-gradient")
def slopes():
    """100 timesteps, 64 units, stateful on a second call, a mask: as differences say?"""
    seen = []
    for options, mask in (({}, None), ({"stateful": True}, None), ({"unroll": True}, MASK)):
        x = X if mask is not None else draw(3, 100, 3)
        layer = LSTM(16, dtype="float64", **options)
        layer.build(x.shape)
        layer(x, mask=mask)
        kept = [np.array(s) for s in layer.states] if "stateful" in options else None

        def loss(layer=layer, x=x, mask=mask, kept=kept):
            if kept:
                for state, value in zip(layer.states, kept, strict=True):
                    state.assign(value)
            return tf.reduce_sum(layer(x, mask=mask) ** 2)

        with tf.GradientTape() as tape:
            value = loss()
        gradient = tape.gradient(value, [w.value for w in layer.trainable_weights])
        weights = layer.get_weights()
        step = 1e-6 * np.random.RandomState(1).randn(*weights[1].shape)
        ends = []
        for sign in (1, -1):
            layer.set_weights([weights[0], weights[1] + sign * step, weights[2]])
            ends.append(float(loss()))
        slope = float(np.sum(np.array(gradient[1]) * step))
        seen.append(abs((ends[0] - ends[1]) / 2 - slope) < 1e-4 * abs(slope))
    return seen


@attack("weights.global-seed")
def layers_in_between():
    """With another layer made in between, other sizes first, initializers of NumPy: the same?"""

    def weights_after(between=0, **options):
        keras.utils.set_random_seed(5)
        for _ in range(between):
            LSTM(2).build((1, 1, 1))
        layer = LSTM(4, **options)
        layer.build(X.shape)
        return layer.get_weights()

    own = {"kernel_initializer": lambda shape, dtype=None: np.random.rand(*shape)}
    pairs = [({}, {}), ({}, {"between": 1}), (own, own)]
    return [close(weights_after(**a), weights_after(**b)) for a, b in pairs]


@attack("weights.kernel-range")
def ranges():
    """1 to 300 units and features, in four types: within the range, and even in it?"""
    bad = []
    sizes = itertools.product((1, 5, 300), (1, 300), ("float32", "float64", "float16"))
    for units, features, dtype in sizes:
        layer = LSTM(units, dtype=dtype, recurrent_initializer="zeros")
        layer.build((1, 1, features))
        kernel = layer.get_weights()[0].astype("float64")
        limit = np.sqrt(6 / (features + 4 * units))
        spread = kernel.std() / (limit / np.sqrt(3))
        if np.abs(kernel).max() > limit * (1 + 1e-3) or abs(spread - 1) > 3 / np.sqrt(kernel.size):
            bad.append((units, features, dtype, round(spread, 2)))
    return bad


@attack("wrappers.directions-agree")
def differing_layers():
    """Of LSTM, GRU and RNN: is a backward_layer with one of the three refused?"""
    kinds = [
        lambda **o: LSTM(2, **o),
        lambda **o: L.GRU(2, **o),
        lambda **o: L.RNN(L.LSTMCell(2), **o),
    ]
    seen = []
    for first, second in itertools.product(kinds, repeat=2):
        for name in ("return_sequences", "return_state", "stateful"):
            for value in (False, True):
                other = second(go_backwards=True, **{name: not value})
                call = partial(L.Bidirectional, first(**{name: value}), backward_layer=other)
                seen.append(refused(call))
    return all(seen)


@attack("wrappers.stack-alone")
def within_a_model():
    """In the call of a subclassed model in training: does it drop nothing?"""
    cells = L.StackedRNNCells([L.LSTMCell(4, dropout=0.5, seed=1) for _ in range(2)])

    class Own(keras.Model):
        def call(self, x):
            states = cells.get_initial_state(batch_size=3)
            return cells(x[:, 0], states)[0]

    model = Own()
    first = np.array(model(X))
    return close(model(X, training=True), first)


@attack("wrappers.stack-mask")
def masked_stacks():
    """Unrolled, backwards, in a graph, stateful, of three cells: as without the timesteps?"""
    bad = []
    mask = np.tile([True, False, True, True, False], (3, 1))
    for unroll, backwards, stateful in itertools.product((False, True), repeat=3):
        options = {"unroll": unroll, "go_backwards": backwards, "stateful": stateful}
        stacks = [
            L.RNN([L.LSTMCell(2), L.LSTMCell(3), L.LSTMCell(4)], return_state=True, **options)
            for _ in range(2)
        ]
        for layer in stacks:
            layer.build(X.shape)
        stacks[1].set_weights(stacks[0].get_weights())
        x = X[:, mask[0]]
        if not close(stacks[0](X, mask=mask), stacks[1](x)):
            bad.append((unroll, backwards, stateful))
    return bad


@attack("wrappers.stack-states")
def states_in_predict():
    """In predict, a functional model, a stateful layer: an output, then [h, c] for each?"""
    x = keras.Input((5, 3), batch_size=3)
    cells = [L.LSTMCell(2), L.LSTMCell(4)]
    seen = []
    for stateful in (False, True):
        layer = L.RNN(cells, return_state=True, stateful=stateful)
        model = keras.Model(x, layer(x))
        for y in (layer(X), model(X), model.predict(X, verbose=0)):
            seen.append([len(part) if isinstance(part, (list, tuple)) else 1 for part in y])
    return seen
