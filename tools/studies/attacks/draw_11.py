"""Attacks on 40 claims drawn after the kinds of draw_10 were mended; some have programs already."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
import warnings

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.draw_1 import LSTM, MASK, L, X, close, draw, runs
from tools.studies.attacks.shared import gap

R = np.random.default_rng(0)
INPUTS = R.normal(size=(2, 5, 3)).astype("float32")
VALID_IN = np.array([[1, 1, 0, 1, 0], [0, 1, 1, 1, 0]], bool)


def error(call):
    """Return the name of the error that a call raises, or None."""
    try:
        call()
    except Exception as raised:
        return type(raised).__name__
    return None


def form(states):
    """Return the nesting of states: T is a tensor."""
    if isinstance(states, (list, tuple)):
        return type(states).__name__[0] + "(" + ",".join(map(form, states)) + ")"
    return "T" + str(tuple(states.shape))


def compiled(*layers, loss="mse", seed=0, metrics=(), **options):
    """Return a compiled model of fresh weights of a seed."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((5, 3)), *[layer() for layer in layers]])
    optimizer = options.pop("optimizer", None) or keras.optimizers.SGD(0.1)
    model.compile(optimizer, loss, metrics=list(metrics), **options)
    return model


class Plain(L.Layer):
    """A cell of one state that is a number, which returns its state as it is."""

    state_size = output_size = 4

    def call(self, inputs, states):
        """Return the output and the state."""
        state = states[0] + keras.ops.mean(inputs)
        return state, state


class Wide(L.Layer):
    """A cell with one state of three axes."""

    output_size = 4

    def __init__(self, state_size, **options):
        """Take any state_size."""
        super().__init__(**options)
        self.state_size = state_size

    def get_initial_state(self, batch_size=None):
        """Return zeros."""
        return [keras.ops.zeros((batch_size, 3, 4))]

    def call(self, inputs, states):
        """Return the output and the state."""
        state = states[0] + keras.ops.mean(inputs)
        return keras.ops.mean(state, axis=1), [state]


class Peek(keras.callbacks.Callback):
    """Evaluates when something happens."""

    def __init__(self, moment, data):
        """Take the moment, a method's name, and the data."""
        super().__init__()
        setattr(self, moment, lambda *_, **__: self.model.evaluate(*data, verbose=0))


@attack("trainer.epochs-anew")
def epochs():
    """Rate 0, losses and metrics of all epochs and fits equal, though a callback evaluates?"""
    x = R.normal(size=(12, 5, 3))
    y = R.normal(size=(12, 4))
    other = (x, y + 100)
    seen = {}
    for moment in (None, "on_train_begin", "on_epoch_begin", "on_train_batch_end", "on_epoch_end"):
        options = {"steps_per_execution": 2} if moment is None else {}
        model = compiled(lambda: L.LSTM(4), metrics=["mae"], **options)
        model.optimizer.learning_rate = 0.0
        calls = [Peek(moment, other)] if moment else []
        how = {"epochs": 2, "batch_size": 4, "verbose": 0, "callbacks": calls}
        runs = [model.fit(x, y, **how).history for _ in range(2)]
        true = model.evaluate(x, y, verbose=0)
        rows = [run[k] for run in runs for k in ("loss", "mae")]
        anew = gap(rows, [[true[0]] * 2, [true[1]] * 2] * 2) < 1e-4
        seen[str(moment)] = (anew, round(true[0], 3), np.round(rows[0], 3).tolist())
    return seen


@attack("wrappers.stack-keeps-the-form")
def stacks():
    """GRU, SimpleRNN, LSTM cells and own ones: tensor for a number, before and after a call?"""
    seen = {}
    kinds = {
        "lstm": lambda: L.LSTMCell(4),
        "gru": lambda: L.GRUCell(4),
        "simple": lambda: L.SimpleRNNCell(4),
        "plain": Plain,
    }
    for name, kind in kinds.items():
        for dtype in ("float32", "float16"):
            cell = L.StackedRNNCells([L.LSTMCell(4), kind()], dtype=dtype)
            states = cell.get_initial_state(2)
            single = cell.get_initial_state(1)
            seen[name, dtype] = (
                str(cell.state_size[1]),
                form(states[1]),
                outcome(lambda c=cell, s=states: form(c(INPUTS[:, 0], s)[1][1])),
                outcome(lambda c=cell, s=single: form(c(INPUTS[:1, 0], s)[1][1])),
                outcome(lambda c=cell: L.RNN(c)(INPUTS).shape),
                states[1][0].dtype.name if isinstance(states[1], list) else states[1].dtype.name,
            )
    return seen


@attack("trainer.frozen-bidirectional")
def frozen():
    """LSTM, RNN, stacks, Bidirectional's own argument, frozen cells: weights of it and a clone?"""
    cell = L.LSTMCell(4)
    cell.trainable = False
    inner = L.LSTM(4)
    later = L.RNN(L.LSTMCell(4))
    inner.cell.trainable = False
    later.trainable = False
    kinds = {
        "argument": L.Bidirectional(L.LSTM(4, trainable=False)),
        "late RNN": L.Bidirectional(later),
        "argument of RNN": L.Bidirectional(L.RNN(L.LSTMCell(4), trainable=False)),
        "of its own": L.Bidirectional(L.LSTM(4), trainable=False),
        "frozen cell of RNN": L.Bidirectional(L.RNN(cell)),
        "frozen cell of LSTM": L.Bidirectional(inner),
    }
    seen = {}
    for name, layer in kinds.items():
        model = keras.Sequential([keras.Input((5, 3)), layer])
        clone = keras.models.clone_model(model)
        copy = L.Bidirectional.from_config(layer.get_config())
        copy(INPUTS)
        seen[name] = [len(m.trainable_weights) for m in (layer, model, clone, copy)]
    return seen


@attack("trainer.accumulation-carried")
def accumulated():
    """Optimizers, mixed precision, XLA, steps_per_execution: steps of 1 and 2 epochs, and 1+1?"""
    x = R.normal(size=(6, 5, 3))
    y = R.normal(size=(6, 4))
    seen = {}
    kinds = {
        "sgd": (keras.optimizers.SGD, {}, {}),
        "adam": (keras.optimizers.Adam, {}, {}),
        "decay": (keras.optimizers.AdamW, {"weight_decay": 0.1}, {}),
        "ema": (keras.optimizers.SGD, {"use_ema": True}, {}),
        "xla": (keras.optimizers.SGD, {}, {"jit_compile": True}),
        "execution": (keras.optimizers.SGD, {}, {"steps_per_execution": 2}),
        "scaled": (keras.optimizers.SGD, {}, {"auto_scale_loss": True}),
    }
    for name, (kind, options, how) in kinds.items():
        for fits in ([1], [2], [1, 1]) if name == "sgd" else ([2],):
            dtype = "mixed_float16" if name == "scaled" else None
            opt = kind(0.01, gradient_accumulation_steps=2, **options)
            model = compiled(lambda d=dtype: L.LSTM(4, dtype=d), optimizer=opt, **how)
            rows = Watch()
            for n in fits:
                model.fit(x, y, epochs=n, batch_size=2, verbose=0, shuffle=False, callbacks=[rows])
            seen[name, str(fits)] = rows.steps
    return seen


class Watch(keras.callbacks.Callback):
    """Counts the batches after which the weights are others."""

    def __init__(self):
        """Start from nothing."""
        super().__init__()
        self.steps = 0
        self.last = None

    def on_train_batch_end(self, batch, logs=None):
        """Compare the weights."""
        new = np.concatenate([w.ravel() for w in self.model.get_weights()])
        self.steps += self.last is not None and bool((new != self.last).any())
        self.last = new

    def on_train_begin(self, logs=None):
        """Keep the first weights."""
        self.last = np.concatenate([w.ravel() for w in self.model.get_weights()])


@attack("masking.zero-output-last")
def zero_last():
    """All flags, a layer and a stack: zeros where the step read last is masked?"""
    seen = {}
    mask = np.array([[0, 1, 1, 1, 1], [1, 1, 1, 1, 0]], bool)
    names = ("unroll", "go_backwards", "return_sequences")
    for values in itertools.product((False, True), repeat=3):
        flags = {"zero_output_for_mask": True, **dict(zip(names, values, strict=True))}
        for layer in (L.LSTM(4, **flags), L.RNN([L.LSTMCell(4), L.GRUCell(2)], **flags)):
            y = np.array(layer(INPUTS, mask=mask))
            y = y[:, -1] if layer.return_sequences else y
            zero = (y == 0).all(axis=1).tolist()
            back = layer.go_backwards
            seen[type(layer).__name__, str(values)] = zero == [back, not back] or zero
    return {str(k): v for k, v in seen.items() if v is not True} or {"all": True}


@attack("wrappers.rnn-defaults")
def defaults():
    """Configuration and behaviour of RNN of any cell, also of a list and under other policies?"""
    seen = {}
    flags = "return_sequences return_state go_backwards stateful unroll zero_output_for_mask"
    cells = {"lstm": L.LSTMCell(4), "stack": [L.LSTMCell(4), L.GRUCell(2)], "plain": Plain()}
    for name, cell in cells.items():
        layer = L.RNN(cell)
        config = layer.get_config()
        y = outcome(lambda f=layer: f(INPUTS, mask=VALID_IN).shape)
        twice = outcome(lambda f=layer: gap(f(INPUTS), f(INPUTS)))
        seen[name] = ([config[f] for f in flags.split()], y, twice)
    return seen


@attack("weights.recurrent-rows")
def orthonormal():
    """Sizes 1 to 300, each dtype, RNN, Bidirectional: how many roundings from orthonormal?"""
    seen = {}
    kinds = {
        "lstm": lambda u, d: L.LSTM(u, dtype=d),
        "bi": lambda u, d: L.Bidirectional(L.LSTM(u, dtype=d), dtype=d),
        "rnn": lambda u, d: L.RNN(L.LSTMCell(u, dtype=d), dtype=d),
    }
    for dtype in ("float64", "float32", "float16", "bfloat16", "mixed_float16"):
        for kind, make in kinds.items():
            worst = 0.0
            for units in (1, 2, 3, 7, 32, 64, 300):
                layer = make(units, dtype)
                text = outcome(lambda f=layer: f.build((None, 5, 3)))
                if text != "None":
                    worst = text
                    break
                for w in layer.weights:
                    if "recurrent" in w.path:
                        m = np.array(keras.ops.cast(w, "float64"))
                        worst = max(worst, gap(m @ m.T, np.eye(units)))
            seen[dtype, kind] = worst
    return seen


@attack("errors.moment-of-stacking")
def moments():
    """Input, none, built, called, a model first, input_shape: does add or build refuse?"""

    def bare(*first):
        return keras.Sequential([*first, L.LSTM(4)])

    kinds = {
        "input": bare(keras.Input((5, 3))),
        "none": bare(),
        "input_shape": keras.Sequential([L.LSTM(4, input_shape=(5, 3))]),
        "model first": keras.Sequential([bare(keras.Input((5, 3)))]),
        "built": bare(),
        "called": bare(),
    }
    kinds["built"].build((None, 5, 3))
    kinds["called"](INPUTS)
    seen = {"list": error(lambda: keras.Sequential([keras.Input((5, 3)), L.LSTM(4), L.LSTM(4)]))}
    for name, model in kinds.items():
        refusals = [error(lambda m=model: m.add(L.LSTM(4)))]
        seen[name] = [*refusals, error(lambda m=model: m.build((None, 5, 3)))]
    return seen


@attack("state.wrong-batch")
def wrong_rows():
    """2 to 9 samples, other rows of h, c or both, masks, graphs, XLA: what is not refused?"""
    kinds = {
        "lstm": lambda: L.LSTM(4),
        "unrolled": lambda: L.LSTM(4, unroll=True),
        "no bias": lambda: L.LSTM(4, use_bias=False),
        "dropout": lambda: L.LSTM(4, dropout=0.5, recurrent_dropout=0.5),
    }
    seen = {}
    sizes = ((2, 3, 3), (4, 2, 2), (2, 2, 3), (2, 3, 2), (3, 1, 2), (9, 3, 3))
    for (name, make), (n, h, c) in itertools.product(kinds.items(), sizes):
        layer = make()
        x = tf.random.normal((n, 5, 3))
        layer.build((n, 5, 3))
        state = [tf.zeros((h, 4)), tf.zeros((c, 4))]
        for compiler in (None, False, True) if n == 3 else (None,):
            call = layer if compiler is None else tf.function(layer, jit_compile=compiler)
            for k in ({}, {"training": True}, {"mask": tf.ones((n, 5), "bool")}):
                how = {"initial_state": state, **k}
                seen[name, n, h, c, compiler, str([*k])] = error(
                    lambda f=call, x=x, k=how: f(x, **k)
                )
    a = keras.Input(batch_shape=(2, 5, 3))
    b = keras.Input(batch_shape=(3, 4))
    accepted = [k for k, v in seen.items() if v is None]
    return {"accepted": accepted, "symbols": error(lambda: L.LSTM(4)(a, initial_state=[b, b]))}


@attack("wrappers.states-of-more-axes")
def axes():
    """Numbers and symbols, tuples in lists and tuples, in stacks, Bidirectional: which shapes?"""
    seen = {}
    for size in ([(3, 4)], ((3, 4),), [[3, 4]]):
        for state in (True, False):
            layer = L.RNN(Wide(size), return_state=state)
            out = tf.nest.flatten(layer(INPUTS))
            sym = tf.nest.flatten(layer(keras.Input((5, 3))))
            seen[str(size), state] = ([tuple(o.shape) for o in out], [o.shape for o in sym])
    for cells in ([L.LSTMCell(4), Wide([(3, 4)])], [Wide([(3, 4)]), L.LSTMCell(4)]):
        layer = L.RNN(cells, return_state=True)
        numbers = outcome(lambda f=layer: form(f(INPUTS)))
        symbols = outcome(lambda f=layer: form(f(keras.Input((5, 3)))))
        seen["stack", type(cells[0]).__name__] = (numbers, symbols)
    for flat in (Wide(3), Wide((3, 4))):
        seen["size", str(flat.state_size)] = outcome(lambda c=flat: L.RNN(c)(INPUTS).shape)
    return seen


@attack("state.fixed-batch")
def fixed():
    """Layers and wrappers, built in five ways: which batch is accepted of 1, 0 and 4 for 2?"""
    seen = {}
    cells = {
        "lstm": lambda **k: L.LSTM(4, **k),
        "stack": lambda **k: L.RNN([L.LSTMCell(4), L.GRUCell(2)], **k),
        "bi": lambda **k: L.Bidirectional(L.LSTM(4, **k)),
        "unrolled": lambda **k: L.LSTM(4, unroll=True, **k),
    }
    ways = {
        "build": lambda layer: layer.build((2, 5, 3)),
        "call": lambda layer: layer(INPUTS),
        "symbol": lambda layer: layer(keras.Input(batch_shape=(2, 5, 3))),
        "graph": lambda layer: tf.function(layer)(tf.constant(INPUTS)),
        "twice": lambda layer: (layer.build((2, 5, 3)), layer.build((3, 5, 3))),
    }
    batches = (INPUTS[:1], INPUTS[:0], np.concatenate([INPUTS, INPUTS]))
    for (name, make), (way, build) in itertools.product(cells.items(), ways.items()):
        layer = make(stateful=True)
        free = make()
        outcome(lambda f=build, a=layer: f(a))
        seen[name, way] = [error(lambda v=v, f=layer: f(v)) for v in batches]
        seen[name, "stateless"] = [error(lambda v=v, f=free: f(v)) for v in batches]
    return seen


@attack("masking.embedding")
def embedded():
    """Layers and dtypes, stateful, dropout, XLA, ids of other dtypes: as of the ids without 0?"""
    ids = np.array([[0, 3, 0, 2, 1, 0], [0, 3, 2, 0, 1, 0]])
    bare = np.array([[3, 2, 1]] * 2)
    seen = {}
    kinds = {
        "lstm": lambda: L.LSTM(4),
        "double": lambda: L.LSTM(4, dtype="float64"),
        "unrolled": lambda: L.LSTM(4, unroll=True),
        "stateful": lambda: L.LSTM(4, stateful=True),
        "bi": lambda: L.Bidirectional(L.LSTM(4)),
        "stack": lambda: L.RNN([L.LSTMCell(4), L.LSTMCell(2)]),
    }
    for layer_made, (name, make) in itertools.product(("float32", "float16"), kinds.items()):
        table = L.Embedding(9, 3, mask_zero=True, dtype=layer_made)
        layer = make()
        y = np.array(layer(table(ids)))
        outcome(lambda f=layer: f.reset_state())
        seen[layer_made, name] = gap(y, layer(table(bare))) < 2e-3
    table = L.Embedding(9, 3, mask_zero=True)
    layer = L.LSTM(4)
    for dtype in ("int8", "int64", "float32", "bool"):
        seen[dtype] = gap(layer(table(ids.astype(dtype))), layer(table(bare.astype(dtype))))
    graph = tf.function(lambda v: layer(table(v)), jit_compile=True)
    seen["xla"] = gap(graph(tf.constant(ids)), layer(table(bare)))
    return seen


@attack("errors.before-it-is-built")
def unbuilt():
    """Layers and wrappers, of cells and layers that are built or not: what is refused?"""
    cell = L.LSTMCell(4)
    done = L.LSTM(4, go_backwards=True)
    cell.build((None, 3))
    done.build((None, 5, 3))
    kinds = {
        "lstm": L.LSTM(4),
        "dropout": L.LSTM(4, dropout=0.5, seed=1),
        "rnn": L.RNN(L.LSTMCell(4)),
        "bi": L.Bidirectional(L.LSTM(4)),
        "rnn of a built cell": L.RNN(cell),
        "bi of a built backward_layer": L.Bidirectional(L.LSTM(4), backward_layer=done),
    }
    seen = {}
    arrays = done.get_weights()
    for name, layer in kinds.items():
        count = error(layer.count_params)
        some = error(lambda f=layer: f.set_weights(arrays))
        seen[name] = (layer.built, count, some, error(lambda f=layer: f.set_weights([])))
    return seen


@attack("wrappers.backward-layer-needed")
def no_layer():
    """Flags, numbers, classes, texts, configurations, functions: is each refused?"""
    things = [True, False, 0, 1, np.bool_(False), 0.5, L.LSTM, L.LSTMCell, "lstm", [], {}, len]
    things += [L.LSTM(4).get_config(), [L.LSTM(4, go_backwards=True)], np.zeros(2)]
    seen = {}
    for thing in things:
        for layer in (L.LSTM(4), L.GRU(4), L.RNN(L.LSTMCell(4))):
            name = type(layer).__name__
            refusal = error(lambda f=layer, t=thing: L.Bidirectional(f, backward_layer=t))
            seen[str(thing)[:20], name] = refusal
    return seen


@attack("models.mask-of-operations")
def operations():
    """Eager, symbolic: which arithmetic or slice, as an operator or as a layer, keeps a mask?"""
    ops = keras.ops
    calls = {
        "plus": lambda v: v + 0,
        "minus": lambda v: -v,
        "power": lambda v: v**1,
        "dots": lambda v: v[...],
        "slice": lambda v: v[:, 1:],
        "ops.add": lambda v: ops.add(v, v),
        "ops.slice": lambda v: ops.slice(v, (0, 0, 0), (2, 5, 3)),
        "layers.Add": lambda v: L.Add()([v, v]),
        "layers.Multiply": lambda v: L.Multiply()([v, v]),
        "layers.Rescaling": L.Rescaling(2.0),
        "layers.Lambda": L.Lambda(lambda t: t * 2),
        "layers.Cropping1D": L.Cropping1D((1, 0)),
    }
    seen = {}
    for name, call in calls.items():
        for inputs in (tf.constant(INPUTS), keras.Input(batch_shape=(2, 5, 3))):
            masked = L.Masking()(inputs)
            mask = outcome(lambda f=call, v=masked: getattr(f(v), "_keras_mask", None) is not None)
            seen[name, type(inputs).__name__] = mask
    return seen


def fitted(x, y, dtype, kind, **beside):
    """Return losses, metrics and weights of a model of its own, of arrays or a dataset."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([L.LSTM(4, dropout=0.2, dtype=dtype)])
    model.compile(keras.optimizers.SGD(0.1), "mse", metrics=["mae"])
    data = (x, y)
    how = {"batch_size": 4}
    if kind == "dataset":
        data = (tf.data.Dataset.from_tensor_slices((x, y)).batch(4),)
        how = beside
    run = model.fit(*data, epochs=2, shuffle=False, verbose=0, **how).history
    rows = [run["loss"], run["mae"], model.evaluate(*data, verbose=0, **how)]
    return np.concatenate([np.ravel(v) for v in rows + model.get_weights()])


@attack("trainer.tf-data")
def datasets():
    """Single, whole, double and huge numbers, batch_size beside: the same? Who is refused?"""
    y = R.normal(size=(10, 4))
    double = R.normal(size=(10, 5, 3))
    huge = double.copy()
    seen = {}
    huge[0] = 1e300
    kinds = {
        "single": (double.astype("float32"), "float32", {}),
        "whole": (R.integers(-3, 4, (10, 5, 3)), "float32", {"batch_size": 7}),
        "double, float64": (double, "float64", {}),
        "huge, float64": (huge, "float64", {}),
    }
    for name, (x, dtype, beside) in kinds.items():
        seen[name] = gap(fitted(x, y, dtype, "arrays"), fitted(x, y, dtype, "dataset", **beside))
    data = tf.data.Dataset.from_tensor_slices((double, y)).batch(4)
    model = compiled(lambda: L.LSTM(4))
    batches = []
    for extra in ({"sample_weight": np.ones(10)}, {"validation_split": 0.2}):
        seen[str([*extra])] = error(lambda e=extra: model.fit(data, verbose=0, **e))
    count = keras.callbacks.LambdaCallback()
    count.on_test_batch_end = lambda *_, **__: batches.append(1)
    held = {"validation_data": (double, y), "callbacks": [count]}
    model.fit(data, batch_size=2, verbose=0, **held)
    seen["batches of 10 held samples, batch_size=2"] = len(batches)
    return seen


@attack("modes.attributes-are-frozen")
def attributes():
    """Layers, XLA, shapes before and after, fit or evaluate between: does predict follow?"""
    seen = {}
    other = np.concatenate([INPUTS, INPUTS, INPUTS])
    for name in ("plain", "xla", "eager", "other between", "others before", "fit"):
        layer = L.LSTM(4)
        model = keras.Sequential([keras.Input((None, 3)), layer])
        model.compile("sgd", "mse", jit_compile=name == "xla", run_eagerly=name == "eager")
        old = model.predict(INPUTS, verbose=0)
        if name == "others before":
            [model.predict(v, verbose=0) for v in (other, INPUTS[:, :3])]
        layer.go_backwards = True
        new = np.array(model(INPUTS))
        if name == "other between":
            [model.predict(v, verbose=0) for v in (other, other[:, :4])]
        if name == "fit":
            model.optimizer.learning_rate = 0.0
            model.fit(INPUTS, np.zeros((2, 4)), verbose=0)
        now = model.predict(INPUTS, verbose=0)
        single = model.predict_on_batch(INPUTS)
        model.compile("sgd", "mse")
        last = model.predict(INPUTS, verbose=0)
        seen[name] = [gap(v, new) < 1e-6 for v in (old, now, single, last)]
    return seen


@attack("speed.next-timestep")
def speed():
    """Graph, mask, XLA, gradients, predict of a compiled model: 1200 timesteps over ten of 120?"""
    layer = L.LSTM(16)
    model = keras.Sequential([keras.Input((None, 16)), layer])
    model.compile("sgd", "mse")

    def slope(v):
        return tf.gradients(tf.reduce_sum(layer(v)), [w.value for w in layer.weights])

    kinds = {
        "graph": tf.function(layer),
        "mask": tf.function(lambda v: layer(v, mask=tf.ones(tf.shape(v)[:2], "bool"))),
        "xla": tf.function(layer, jit_compile=True),
        "gradient": tf.function(slope),
        "predict": lambda v: model.predict(np.array(v), verbose=0),
    }
    seen = {}
    for name, call in kinds.items():
        x = tf.random.normal((8, 1200, 16))
        [call(v) for v in (x, x[:, :120])]
        times = np.array([(span(call, x, 1), span(call, x[:, :120], 10)) for _ in range(9)])
        best = times.min(axis=0)
        middle = np.median(times, axis=0)
        seen[name] = np.round([best[0] / best[1], middle[0] / middle[1]], 2).tolist()
    return seen


def span(call, x, n):
    """Return the seconds of n calls."""
    start = time.perf_counter()
    for _ in range(n):
        call(x)
    return time.perf_counter() - start


@attack("masking.skips-step")
def skipped():
    """NaN under a mask, dropout, dtypes, stacks, Bidirectional: as of the rest?"""
    seen = {}
    kinds = {
        "lstm": L.LSTM,
        "unrolled back": lambda u, dtype: L.LSTM(u, unroll=True, go_backwards=True, dtype=dtype),
        "bi": lambda u, dtype: L.Bidirectional(L.LSTM(u, dtype=dtype), dtype=dtype),
        "stack": lambda u, dtype: L.RNN([L.LSTMCell(u), L.LSTMCell(2)]),
        "relu": lambda u, dtype: L.LSTM(u, activation="relu", use_bias=False, dtype=dtype),
        "dropout": lambda u, dtype: L.LSTM(u, dropout=0.5, recurrent_dropout=0.5, dtype=dtype),
    }
    for (name, make), dtype, at in itertools.product(kinds.items(), ("float64", "float16"), (0, 4)):
        rest = np.delete(INPUTS, at, axis=1)
        gaps = []
        for held in (7.0, np.nan, np.inf):
            x = INPUTS.copy()
            x[:, at] = held
            results = []
            for call in ({"mask": np.arange(5)[None] != np.array([[at]] * 2)}, {}):
                keras.utils.set_random_seed(1)
                layer = make(4, dtype=dtype)
                results.append(layer(x if call else rest, training=True, **call))
            gaps.append(gap(*results))
        seen[name, dtype, at] = max(gaps) < 2e-3 or gaps
    return {str(k): v for k, v in seen.items() if v is not True} or {"all": True}


@attack("precision.gate-functions")
def functions():
    """Each third float from 2^-6 to 16, tiny and endless ones, in graphs: roundings of 1?"""
    seen = {}
    ends = [int(np.float32(v).view("uint32")) for v in (2.0**-6, 16)]
    odd = np.array([0, 1e-45, 1e-38, 1e-9, 20, 88, 89, 1e3, 3e38, np.inf], "float32")
    for name, true in (("sigmoid", lambda w: 1 / (1 + np.exp(-w))), ("tanh", np.tanh)):
        f = getattr(keras.activations, name)
        ways = {"eager": f, "xla": tf.function(f, jit_compile=True)}
        for low in range(*ends, 2**22):
            x = np.arange(low, min(low + 2**22, ends[1]), 3, dtype="uint32").view("float32")
            for sign in (1, -1):
                v = sign * np.concatenate([x, odd])
                with np.errstate(over="ignore"):
                    exact = true(v.astype("float64"))
                for way, call in ways.items():
                    errors = np.abs(np.array(call(tf.constant(v)), "float64") - exact) * 2**23
                    k = np.argmax(errors)
                    seen[name, way] = max(seen.get((name, way), (0, 0)), (errors[k], float(v[k])))
    return seen


ROWS = {"return_sequences": True}
PADDED = np.pad(X, [(0, 0), (2, 3), (0, 0)], constant_values=9)
VALID = np.pad(np.ones((3, 5), bool), [(0, 0), (2, 3)])
GRAPH = """
import keras, tensorflow as tf
import sys
rnn = sys.modules["keras.src.backend.tensorflow.rnn"]
rnn._is_gpu_available = lambda: True
tf.compat.v1.disable_eager_execution()
layers = [keras.layers.LSTM(4), keras.layers.Bidirectional(keras.layers.LSTM(4))]
for layer in layers:
    layer(tf.compat.v1.placeholder("float32", [None, 5, 3]))
print(sum(op.type == "CudnnRNNV3" for op in tf.compat.v1.get_default_graph().get_operations()))
model = keras.Sequential([keras.Input((5, 3)), keras.layers.LSTM(4)])
model.compile("sgd", "mse")
for call in (lambda: model.predict(X), lambda: model.fit(X, X[:, 0, :1])):
    try:
        call()
        print("runs")
    except Exception as error:
        print(type(error).__name__, str(error)[:60])
"""


KINDS = {"loop": {}, "unrolled": {"unroll": True}, "half": {"dtype": "float16"}}
LOOSE = {"half": 1e-2}


def refused(call):
    """Return the kind of an error and the first words of it, or that there was none."""
    return outcome(lambda: call() is None or "accepted")[:90]


def model_of(*layers, steps=5, features=3, **options):
    """Return a Sequential model."""
    return keras.Sequential([keras.Input((steps, features), **options), *layers])


def soft(x):
    """Return a function of one's own."""
    return x / (1 + keras.ops.abs(x))


class Cell(keras.layers.Layer):
    """A cell whose sizes are given, and whose state has 3 units."""

    def __init__(self, size, **options):
        super().__init__()
        self.state_size = size
        for name, value in options.items():
            setattr(self, name, value)

    def get_initial_state(self, batch_size=None):
        """Return zeros."""
        return [keras.ops.zeros((batch_size, 3))]

    def call(self, x, states):
        """Add a timestep to the state."""
        total = states[0] + x
        return total, [total]


class Noise(keras.layers.Layer):
    """A layer that acts in training alone, and does not support masks."""

    def call(self, x, training=False):
        """Add noise in training."""
        return x + keras.random.normal(keras.ops.shape(x)) if training else x


@attack("weights.initial-bias")
def first_bias():
    """Sizes to 300, float16, float64, a cell, halves of Bidirectional, a stack, a clone: so?"""
    seen = []
    for units in (1, 2, 7, 300):
        for dtype in ("float16", "float32", "float64", "mixed_float16"):
            layer = LSTM(units, dtype=dtype)
            layer.build((None, None, 3))
            bias = np.array(layer.get_weights()[2], "float64").reshape(4, units)
            seen.append(bool((bias == [[0], [1], [0], [0]]).all()))
    pair = L.Bidirectional(LSTM(2))
    pair.build((None, 5, 3))
    model = keras.models.clone_model(model_of(LSTM(2)))
    cells = [L.LSTMCell(2), L.LSTMCell(2)]
    L.RNN(cells).build((None, 5, 3))
    biases = [pair.get_weights()[2], pair.get_weights()[5], model.get_weights()[2]]
    biases += [np.array(cell.bias) for cell in cells]
    return all(seen), [bool((w == [0, 0, 1, 1, 0, 0, 0, 0]).all()) for w in biases]


@attack("state.known-batch")
def open_batch():
    """build, an Input, a tf.function, Bidirectional, RNN, a second try, a state?"""
    layer = LSTM(4, stateful=True)
    again = LSTM(4, stateful=True)
    spec = tf.TensorSpec([None, 5, 3])
    graph = tf.function(LSTM(4, stateful=True), input_signature=[spec])
    state = [np.zeros((3, 4), "float32")] * 2
    return {
        "build": refused(lambda: layer.build((None, 5, 3))),
        "second": refused(lambda: layer(keras.Input((5, 3)))),
        "model": refused(lambda: model_of(LSTM(4, stateful=True))),
        "graph": refused(lambda: graph(X)),
        "state": refused(lambda: again(keras.Input((5, 3)), initial_state=state)),
        "pair": refused(lambda: L.Bidirectional(LSTM(4, stateful=True))(keras.Input((5, 3)))),
        "stack": refused(lambda: L.RNN(L.LSTMCell(4), stateful=True)(keras.Input((5, 3)))),
        "unrolled": refused(lambda: LSTM(4, stateful=True, unroll=True)(keras.Input((5, 3)))),
        "known": refused(lambda: model_of(LSTM(4, stateful=True), batch_size=2)),
        "predict": refused(
            lambda: keras.Sequential([LSTM(4, stateful=True)]).predict(X, verbose=0)
        ),
    }


@attack("state.known-batch")
def of_a_dataset():
    """fit and predict of a dataset whose batch size is open, with a model that has no Input?"""
    y = np.zeros((3, 4))
    data = tf.data.Dataset.from_tensor_slices((X, y)).batch(3)
    seen = {"spec": str(data.element_spec[0].shape)}
    for name in ("fit", "predict"):
        model = keras.Sequential([LSTM(4, stateful=True)])
        model.compile("sgd", "mse")
        seen[name] = refused(lambda: getattr(model, name)(data, verbose=0))
    return seen


@attack("errors.remainder-in-fit")
def last_batch():
    """Remainders of 1 and of 2, in a graph and eagerly?"""
    seen = {}
    for rest in (1, 2):
        for eager in (False, True):
            model = model_of(LSTM(4, stateful=True), L.Dense(1), batch_size=3)
            model.compile("sgd", "mse", run_eagerly=eager)
            x = draw(3 + rest, 5, 3)
            y = np.zeros((len(x), 1))
            seen[rest, eager] = refused(lambda: model.fit(x, y, batch_size=3, verbose=0))
    return seen


@attack("errors.built-twice")
def of_other_features():
    """LSTM, stateful, RNN, Bidirectional, a stack, a stateful stack, a cell: accepted, kept?"""
    layers = {
        "lstm": LSTM(4),
        "stateful": LSTM(4, stateful=True),
        "rnn": L.RNN(L.LSTMCell(4)),
        "pair": L.Bidirectional(LSTM(4)),
        "stack": L.RNN([L.LSTMCell(4), L.LSTMCell(4)]),
        "stateful stack": L.RNN([L.LSTMCell(4), L.LSTMCell(4)], stateful=True),
        "cell": L.LSTMCell(4),
    }
    seen = {}
    for name, layer in layers.items():
        axes = () if name == "cell" else (5,)
        layer.build((3, *axes, 3))
        old = layer.get_weights()
        refusal = refused(lambda: layer.build((3, *axes, 7)))
        new = layer.get_weights()
        seen[name] = refusal, [w.shape for w in old] == [w.shape for w in new] and close(old, new)
    return seen


@attack("errors.built-twice")
def kept_state():
    """Is the kept state of a stateful Bidirectional reset, as that of an LSTM?"""
    seen = {}
    for layer in (LSTM(4, stateful=True), L.Bidirectional(LSTM(4, stateful=True))):
        layer(X)
        layer.build((3, 5, 7))
        seen[type(layer).__name__] = not any(np.array(state).any() for state in layer.states)
    return seen


@attack("errors.sizes-of-a-cell")
def other_sizes():
    """Numbers of NumPy, a float, a shape, a dict, a set, text, None, True, a list of halves?"""
    shape = tf.TensorShape([3])
    sizes = [np.int64(3), 3.0, shape, {"h": 3}, {3}, "3", None, np.array([3]), True, [3.5], (3,)]
    return {repr(size): refused(lambda: L.RNN(Cell(size)))[:30] for size in sizes}


@attack("errors.sizes-of-a-cell")
def within_a_stack():
    """A cell of a size of NumPy in a list, in a stack: refused when made, called, on an Input?"""
    stacks = {
        "list": lambda: L.RNN([Cell(np.int64(3))]),
        "stack": lambda: L.RNN(L.StackedRNNCells([Cell(3), Cell(np.int64(3))])),
        "state": lambda: L.RNN([Cell(3), Cell(np.int64(3))], return_state=True),
    }
    seen = {}
    for name, make in stacks.items():
        calls = make, lambda: make()(X), lambda: make()(keras.Input((5, 3)))
        seen[name] = [refused(call)[:12] for call in calls]
    return seen


@attack("errors.sizes-of-a-cell")
def of_an_output():
    """A size of NumPy, a float, text, a list, None: refused on numbers, on an Input?"""
    seen = {}
    for size in (np.int64(3), 3.0, "3", [3], None):
        layer = L.RNN(Cell(3, output_size=size))
        calls = (lambda: layer(X)), (lambda: layer(keras.Input((5, 3))))
        seen[repr(size)] = [refused(call)[:12] for call in calls]
    return seen


@attack("wrappers.sees-the-future")
def after_long():
    """New layers, 5 to 300 timesteps: does row 0 change, and the forward half not?"""
    seen = {}
    for dtype in ("float16", "float32", "float64"):
        for steps in (5, 30, 100, 300):
            keras.utils.set_random_seed(1)
            call = L.Bidirectional(LSTM(8, return_sequences=True, dtype=dtype), dtype=dtype)
            x = draw(2, steps, 3).astype(dtype)
            other = x.copy()
            other[:, -1] += 1
            y = np.array(call(x))
            z = np.array(call(other))
            changed = bool((y[:, 0, 8:] != z[:, 0, 8:]).any())
            seen[dtype, steps] = changed, bool((y[:, :-1, :8] == z[:, :-1, :8]).all())
    return {key: value for key, value in seen.items() if value != (True, True)}


@attack("wrappers.copies-its-layer")
def pattern():
    """Built, called, stateful, frozen, seeded, RNN, a stack: new layers, the given one the same?"""
    seen = {}
    layers = {
        "new": LSTM(4),
        "options": LSTM(4, dropout=0.5, seed=1, activation="relu", use_cudnn=False),
        "stateful": LSTM(4, stateful=True),
        "frozen": LSTM(4, trainable=False, kernel_initializer=keras.initializers.HeNormal()),
        "rnn": L.RNN(L.LSTMCell(4)),
        "stack": L.RNN([L.LSTMCell(4), L.LSTMCell(4)]),
    }
    for name, layer in layers.items():
        if name != "new":
            layer(X)
        old = layer.get_config(), layer.built, [np.array(v) for v in layer.variables]
        wrapper = L.Bidirectional(layer)
        wrapper(X, training=True)
        new = layer.get_config(), layer.built, [np.array(v) for v in layer.variables]
        same = sum(half is layer for half in wrapper._flatten_layers())
        shared = {id(v) for v in wrapper.variables} & {id(v) for v in layer.variables}
        seen[name] = old[:2] == new[:2] and close(old[2], new[2]), same, len(shared)
    return seen


@attack("wrappers.copies-its-layer")
def of_functions():
    """A layer with a function of one's own, of TensorFlow, a lambda: is it copied?"""
    functions = {"own": soft, "tf": tf.sin, "keras.ops": keras.ops.sin, "lambda": lambda x: x}
    return {
        name: refused(lambda: L.Bidirectional(LSTM(4, activation=function)))[:60]
        for name, function in functions.items()
    }


@attack("modes.cudnn-in-a-graph")
def without_eager():
    """Told that a GPU is there: is cuDNN's op in a graph of TensorFlow 1; do models run?"""
    program = "import numpy as np\nX = np.ones((3, 5, 3), 'float32')\n" + GRAPH
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True).stdout.split("\n")


@attack("speed.features")
def of_more_features():
    """In tf.function, and under XLA: how many times as long, of medians and of minima?"""
    seen = {}
    for jit in (False, True):
        took = {256: [], 1792: []}
        calls = {}
        for features in took:
            x = tf.constant(draw(128, 4, features))
            calls[features] = tf.function(LSTM(256), jit_compile=jit), x
            calls[features][0](x)
        for _ in range(30):
            for features, (call, x) in calls.items():
                start = time.perf_counter()
                call(x).numpy()
                took[features].append(time.perf_counter() - start)
        ratios = [f(took[1792]) / f(took[256]) for f in (np.median, np.min)]
        seen["XLA" if jit else "graph"] = [round(float(ratio), 1) for ratio in ratios]
    return seen


@attack("sequences.backwards-rows")
def rows_read():
    """Looped, unrolled, float16, in a graph: is row k the last of the last k + 1 timesteps?"""
    seen = {}
    for name, options in KINDS.items():
        layer = LSTM(4, go_backwards=True, **ROWS, **options)
        forward = LSTM(4, **ROWS, **options)
        y = tf.function(layer)(X)
        forward(X)
        forward.set_weights(layer.get_weights())
        lasts = [np.array(forward(X[:, -k - 1 :][:, ::-1]))[:, -1] for k in range(5)]
        seen[name] = close(y, np.stack(lasts, axis=1), atol=LOOSE.get(name, 1e-5))
    return seen


@attack("sequences.backwards-rows")
def read_earlier():
    """Stateful: does row 0 of the second call hang on the first call? Are masked steps read?"""
    layer = LSTM(4, go_backwards=True, stateful=True, **ROWS)
    layer(X)
    first = np.array(layer(X))[:, 0]
    layer.reset_state()
    layer(-X)
    seen = {"stateful": not close(first, np.array(layer(X))[:, 0])}
    layer = LSTM(4, go_backwards=True, **ROWS)
    other = np.where(MASK[:, :, None], X, 9)
    return {**seen, "masked": not close(layer(X, mask=MASK), layer(other, mask=MASK))}


LAYERS = [L.Reshape((5, 3)), L.Conv1D(3, 1), L.Cropping1D(0), L.ZeroPadding1D(0)]
LAYERS += [L.UpSampling1D(1), L.MaxPooling1D(1), L.Permute((1, 2)), L.Lambda(lambda x: x), Noise()]


@attack("masking.lost-with-warning")
def by_layers():
    """Layers to the same shape, Lambda, noise in training alone: told, and all read?"""
    x = np.where(MASK[:, :, None], X, 0)
    seen = {}
    for layer in LAYERS:
        after = LSTM(4)
        mask = L.Masking()
        inputs = keras.Input((5, 3))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model = keras.Model(inputs, after(layer(mask(inputs))))
            wanted = np.array(after(np.array(layer(x))))
            eager = close(after(layer(mask(x))), wanted)
        reported = any("does not support mask" in str(w.message) for w in caught)
        symbolic = close(model(x), wanted), close(model.predict(x, verbose=0), wanted)
        seen[type(layer).__name__] = reported, eager, *symbolic
    return {key: value for key, value in seen.items() if not all(value)}


@attack("precision.nan-until-reset")
def clean_after():
    """Looped, unrolled, float16, XLA, zero weights, RNN, a pair, predict: NaN, then clean calls?"""
    bad = X.copy()
    bad[0, 2, 1] = np.nan
    zeros = {"kernel_initializer": "zeros", "recurrent_initializer": "zeros"}
    layers = {name: LSTM(4, stateful=True, **options) for name, options in KINDS.items()}
    layers["zeros"] = LSTM(4, stateful=True, **zeros)
    layers["rnn"] = L.RNN(L.LSTMCell(4), stateful=True)
    layers["pair"] = L.Bidirectional(LSTM(4, stateful=True))
    seen = {}
    for name, layer in layers.items():
        call = tf.function(layer, jit_compile=name in {"unrolled", "zeros"})
        rows = [np.isnan(np.array(call(x))) for x in (bad, X, np.zeros_like(X), X)]
        part = all(r[0].all() and not r[1:].any() for r in rows)
        layer.reset_state()
        seen[name] = part, bool(np.isnan(np.array(call(X))).any())
    model = model_of(L.Masking(), LSTM(4, stateful=True), batch_size=3)
    rows = [np.isnan(model.predict(x, verbose=0)) for x in (bad, X, X)]
    seen["predict"] = all(r[0].all() and not r[1:].any() for r in rows)
    return seen


Crossentropy = keras.losses.CategoricalCrossentropy
TARGETS = np.array([0, 1, 2, 2, 0, 1])
ONE_HOT = np.eye(3)[TARGETS]
LOSSES = {
    "sparse": ("sparse_categorical_crossentropy", TARGETS),
    "column": ("sparse_categorical_crossentropy", TARGETS[:, None].astype("float32")),
    "one-hot": ("categorical_crossentropy", ONE_HOT),
    "mse": ("mse", ONE_HOT),
    "smooth": (Crossentropy(label_smoothing=0.2), ONE_HOT),
    "sum": (Crossentropy(reduction="sum"), ONE_HOT),
    "by weights": (Crossentropy(reduction="mean_with_sample_weight"), ONE_HOT),
}


@attack("trainer.class-weight")
def weighed():
    """Losses, reductions, targets: the loss told, by the weighed mean over samples?"""
    weight = {0: 2.0, 2: 5.0}
    seen = {}
    x = draw(6, 5, 3)
    expected = np.array([weight.get(int(k), 1) for k in TARGETS])
    for name, (loss, y) in LOSSES.items():
        model = model_of(LSTM(4), L.Dense(3, activation="softmax"))
        model.compile(keras.optimizers.SGD(0.0), loss, run_eagerly=True)
        each = [model.evaluate(x[k : k + 1], y[k : k + 1], verbose=0) for k in range(6)]
        reported = model.fit(x, y, batch_size=6, class_weight=weight, verbose=0).history["loss"][0]
        total = np.dot(each, expected) / (1 if name == "sum" else 6)
        seen[name] = round(float(reported / total), 4)
    return seen


CALLS = {
    "flat": lambda x: LSTM(4, name="mine")(x),
    "pair": lambda x: L.Bidirectional(LSTM(4), name="mine")(x),
    "symbol": lambda x: LSTM(4, name="mine")(keras.Input(x.shape[1:])),
    "sequential": lambda x: keras.Sequential([LSTM(4, name="mine")])(x),
    "predict": lambda x: keras.Sequential([LSTM(4, name="mine")]).predict(x, verbose=0),
    "model": lambda x: model_of(LSTM(4, name="mine"))(x),
    "model.predict": lambda x: model_of(LSTM(4, name="mine")).predict(x, verbose=0),
    "rnn": lambda x: L.RNN(L.LSTMCell(4), name="mine")(x),
    "state": lambda x: LSTM(4, name="mine")(X, initial_state=[x, x]),
}


@attack("trainer.class-weight")
def validated():
    """Is a validation loss weighed; are two outputs accepted?"""
    x = draw(6, 5, 3)
    weight = {0: 2.0, 2: 5.0}
    model = model_of(LSTM(4), L.Dense(3, activation="softmax"))
    model.compile(keras.optimizers.SGD(0.0), "categorical_crossentropy")
    options = {"class_weight": weight, "validation_data": (x, ONE_HOT), "verbose": 0}
    reported = model.fit(x, ONE_HOT, **options).history
    inputs = keras.Input((5, 3))
    pair = keras.Model(inputs, [L.Dense(3)(LSTM(4)(inputs)) for _ in range(2)])
    pair.compile("sgd", "mse")
    two = refused(lambda: pair.fit(x, [ONE_HOT, ONE_HOT], class_weight=weight, verbose=0))
    plain = model.evaluate(x, ONE_HOT, verbose=0)
    return {"plain": round(reported["val_loss"][0] / plain, 3), "two": two}


@attack("errors.names-the-layer")
def of_axes():
    """A layer, Bidirectional, a model with and without an Input, RNN, a state: name and shape?"""
    seen = {}
    for name, call in CALLS.items():
        for x in (X[:, 0], np.stack([X, X], axis=-1)):
            try:
                call(x)
                seen[name, x.ndim] = "accepted"
            except Exception as error:
                shape = ", ".join(map(str, x.shape[1:]))
                parts = "mine" in str(error), shape in str(error)
                seen[name, x.ndim] = type(error).__name__, *parts
    return {key: value for key, value in seen.items() if value != ("ValueError", True, True)}


BATCHED = {
    "loop": lambda: [LSTM(4)],
    "unrolled": lambda: [LSTM(4, unroll=True)],
    "masked": lambda: [L.Masking(), LSTM(4)],
    "pair": lambda: [L.Bidirectional(LSTM(4))],
    "rnn": lambda: [L.RNN(L.LSTMCell(4))],
    "nested": lambda: [model_of(LSTM(4, **ROWS)), L.TimeDistributed(L.Dense(2))],
}


@attack("modes.run-eagerly")
def in_every_batch():
    """After a graph's predict, several steps at once, 4 batches of 5 timesteps: how many runs?"""
    seen = {}
    x = draw(7, 5, 3)
    for name, make in BATCHED.items():
        model = model_of(*make())
        model.compile(jit_compile=False)
        y = model.predict(x, batch_size=2, verbose=0)
        model.compile(run_eagerly=True, steps_per_execution=2 if name == "loop" else 1)
        z = []
        count = runs(lambda: z.append(model.predict(x, batch_size=2, verbose=0)))
        seen[name] = count, close(y, z[0])
    return seen


SPOILT = X.copy()
SPOILT[:, 0, 1] = np.inf
SEEDED = {
    "plain": (X, {}, 0),
    "unrolled": (X, {"unroll": True}, 0),
    "half": (X, {"dtype": "float16"}, 0),
    "double": (X, {"dtype": "float64"}, 0),
    "large": (draw(64, 50, 300), {}, 0),
    "infinity": (SPOILT, {}, 0),
    "NaN": (np.where(np.isinf(SPOILT), np.float32(np.nan), X), {}, 0),
    "after a prediction": (X, {}, 1),
}


@attack("dropout.as-spatial-dropout")
def of_a_seed():
    """Three calls; kinds, sizes; infinity, NaN; after a call for prediction: the same?"""
    seen = {}
    for name, (x, options, before) in SEEDED.items():
        layer = LSTM(4, dropout=0.5, seed=7, **options)
        plain = LSTM(4, **options)
        spatial = L.SpatialDropout1D(0.5, seed=7, dtype=layer.dtype_policy)
        for part in (layer, plain):
            part.build(x.shape)
        plain.set_weights(layer.get_weights())
        for _ in range(before):
            layer(x), plain(spatial(x))
        pairs = [(layer(x, training=True), plain(spatial(x, training=True))) for _ in range(3)]
        seen[name] = [close(y, z, atol=LOOSE.get(name, 1e-4)) for y, z in pairs]
    return {key: value for key, value in seen.items() if not all(value)}


@attack("modes.run-eagerly")
def of_own_function():
    """A model whose call is a tf.function; the attribute set after a predict: how many runs?"""

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.layer = LSTM(4)

        @tf.function
        def call(self, x):
            return self.layer(x)

    own = Own()
    late = model_of(LSTM(4))
    own.compile(run_eagerly=True)
    late.predict(X, verbose=0)
    late.run_eagerly = True
    seen = {}
    for name, model in {"own": own, "late": late}.items():
        model.predict(X, batch_size=1, verbose=0)
        seen[name] = runs(lambda: model.predict(X, batch_size=1, verbose=0))
    return seen


@attack("dropout.as-spatial-dropout")
def of_fits():
    """In fit without XLA: the same losses of 4 epochs; with validation_data?"""
    seen = {}
    weights = None
    spatial = [L.SpatialDropout1D, LSTM]
    for validation in (None, (X, np.zeros((3, 1)))):
        losses = []
        for kinds in ([LSTM], spatial):
            first = {"dropout": 0.5} if kinds == [LSTM] else {"rate": 0.5}
            layers = [kinds[0](**first, seed=7, **({"units": 4} if kinds == [LSTM] else {}))]
            layers += [LSTM(4)] * (kinds is spatial)
            model = model_of(*layers, L.Dense(1))
            weights = weights or model.get_weights()
            model.set_weights(weights)
            model.compile("sgd", "mse", jit_compile=False)
            options = {"epochs": 4, "verbose": 0, "shuffle": False, "validation_data": validation}
            losses.append(model.fit(X, np.ones((3, 1)), **options).history["loss"])
        seen["validated" if validation else "alone"] = np.isclose(*losses, atol=1e-5).tolist()
    return seen


@attack("masking.padding-side")
def both_sides():
    """Looped, unrolled, float16, backwards, stacked, XLA, NaN, 1000 timesteps: the same output?"""
    nan = np.where(VALID[:, :, None], PADDED, np.float32(np.nan))
    long = np.pad(X, [(0, 0), (500, 495), (0, 0)], constant_values=9)
    valid = np.pad(np.ones((3, 5), bool), [(0, 0), (500, 495)])
    layers = {name: LSTM(4, return_state=True, **options) for name, options in KINDS.items()}
    layers["backwards"] = LSTM(4, go_backwards=True)
    layers["stack"] = L.RNN([L.LSTMCell(4), L.LSTMCell(2)])
    layers["pair"] = L.Bidirectional(LSTM(4))
    seen = {}
    for name, layer in layers.items():
        y = layer(X)
        atol = LOOSE.get(name, 1e-5)
        jit = tf.function(layer, jit_compile=True)
        calls = [(layer, PADDED, VALID), (jit, PADDED, VALID), (layer, nan, VALID)]
        calls += [] if name == "unrolled" else [(tf.function(layer), long, valid)]
        seen[name] = [close(y, call(x, mask=mask), atol=atol) for call, x, mask in calls]
    return {key: value for key, value in seen.items() if not all(value)}


@attack("masking.padding-side")
def chunk_of_padding():
    """A state given or kept, and padding alone: the output of the state, or zeros?"""
    state = [draw(3, 4), draw(3, 4)]
    given = LSTM(4)(X, initial_state=state, mask=np.zeros((3, 5), bool))
    layer = LSTM(4, stateful=True)
    final = layer(X)
    later = layer(X, mask=np.zeros((3, 5), bool))
    return {
        "given": close(given, state[0]),
        "kept": close(final, later),
        "zeros": close(later, np.zeros((3, 4))),
    }


@attack("training.loss-before-step")
def of_old_weights():
    """train_on_batch twice: a graph, XLA, regularized, stateful: the loss of the old weights?"""
    y = draw(3, 1)
    seen = {}
    for name, loss, options in [
        ("XLA", "mse", {}),
        ("l2", "mae", {"kernel_regularizer": "l2"}),
        ("half", "log_cosh", {"dtype": "mixed_float16"}),
    ]:
        model = model_of(LSTM(4, **options), L.Dense(1))
        model.compile(keras.optimizers.SGD(0.5), loss, jit_compile=name == "XLA")
        old = []
        reported = []
        for _ in range(2):
            old.append(model.evaluate(X, y, verbose=0))
            reported.append(float(model.train_on_batch(X, y)))
        seen[name] = close(reported, old, atol=1e-2 if name == "half" else 1e-4)
    return seen


@attack("training.loss-before-step")
def in_fit():
    """The loss told at the end of 3 steps of fit: that of its weights, or a running mean?"""
    x = draw(9, 5, 3)
    y = draw(9, 1)
    right = []
    reported = []
    model, judge = (model_of(LSTM(4), L.Dense(1)) for _ in range(2))
    for each in (model, judge):
        each.compile(keras.optimizers.SGD(0.5), "mse", jit_compile=False)

    def begin(batch, logs):
        part = slice(3 * batch, 3 * batch + 3)
        judge.set_weights(model.get_weights())
        right.append(judge.evaluate(x[part], y[part], verbose=0))

    log = keras.callbacks.LambdaCallback(
        on_train_batch_begin=begin,
        on_train_batch_end=lambda batch, logs: reported.append(logs["loss"]),
    )
    model.fit(x, y, batch_size=3, shuffle=False, verbose=0, callbacks=[log])
    means = np.cumsum(right) / [1, 2, 3]
    return {
        "its own": np.isclose(reported, right).tolist(),
        "mean": np.isclose(reported, means).tolist(),
    }


@attack("wrappers.stack-backwards")
def turned_round():
    """Three cells, looped, unrolled, float16, masked, in a graph: the input is turned once?"""
    seen = {}
    for name, options in KINDS.items():
        for mask in (None, MASK):
            cells = [L.LSTMCell(4, dtype=options.get("dtype")) for _ in range(3)]
            stacked = L.StackedRNNCells(cells, dtype=options.get("dtype"))
            stack = L.RNN(stacked, go_backwards=True, **ROWS, **options)
            y = tf.function(stack)(X, mask=mask)
            z = X[:, ::-1]
            turned = None if mask is None else mask[:, ::-1]
            for cell in cells:
                z = L.RNN(cell, **ROWS, **options)(z, mask=turned)
            seen[name, mask is not None] = close(y, z, atol=LOOSE.get(name, 1e-4))
    return seen


@attack("wrappers.stack-backwards")
def of_layers():
    """Two layers, each backwards: does each turn its input round?"""
    layers = [LSTM(4, go_backwards=True, **ROWS) for _ in range(2)]
    y = layers[1](layers[0](X))
    z = X
    for layer in layers:
        forward = LSTM(4, **ROWS)
        forward.build(z.shape)
        forward.set_weights(layer.get_weights())
        z = np.array(forward(z[:, ::-1]))
    return close(y, z)


@attack("wrappers.unequal-units")
def declared():
    """Each merge mode that works: the width declared, and that of a call on data?"""
    seen = {}
    for pair in ((4, 2), (2, 4)):
        layer = L.Bidirectional(LSTM(pair[0]), backward_layer=LSTM(pair[1], go_backwards=True))
        seen[pair] = layer(keras.Input((5, 3))).shape[-1], layer(X).shape[-1]
    return seen
