"""Attacks on 40 claims drawn after the kinds of draw_15 were mended, each with a program."""

from __future__ import annotations

import gc
import itertools
import random
import tempfile
import time
from functools import partial
from pathlib import Path
from unittest import mock

import h5py
import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.draw_1 import LSTM, L, X, draw
from tools.studies.attacks.draw_11 import compiled, error, gap
from tools.studies.attacks.draw_12 import EAGER, PADDED, ROWS, VALID
from tools.studies.attacks.draw_14 import shortest
from tools.studies.attacks.shared import ones

STATES = {"return_state": True}


def compared(slow, fast):
    """Return the seconds of the processor of each way, in three calls, and their ratio."""
    spent = {way: shortest(slow[way], fast[way], clock=time.process_time) for way in slow}
    return {way: (round(a, 4), round(b, 4), round(a / b, 1)) for way, (a, b) in spent.items()}


def paths(layer):
    """Return the paths of a layer's weights."""
    return [weight.path for weight in layer.weights]


@attack("weights.no-bias")
def no_bias():
    """Stateful, with dropout, unrolled, of a given seed: the weights without use_bias?"""
    ways = {
        "plain": {},
        "stateful": {"stateful": True},
        "dropout": {"dropout": 0.3, "recurrent_dropout": 0.3, "seed": 1},
        "unrolled": {"unroll": True},
        "forget bias": {"unit_forget_bias": True, "bias_initializer": "ones"},
    }
    seen = {}
    for name, how in ways.items():
        layer = LSTM(2, use_bias=False, **how)
        layer(X)
        seen[name] = [weight.name for weight in layer.weights]
    return seen


@attack("time.rows-of-a-table")
def table():
    """Another first row, stateless and stateful, in batches of 1: which rows does it move?"""
    seen = {}
    first = draw(5, 3)
    other = first.copy()
    other[0] += 1
    for stateful, axis in itertools.product((False, True), (0, 1)):
        start = keras.Input(batch_shape=(1, None, 3))
        model = keras.Sequential([start, LSTM(2, stateful=stateful, **ROWS)])
        model.compile(**EAGER)
        rows = []
        for x in (first, other):
            y = model.predict(np.expand_dims(x, axis), batch_size=1, verbose=0)
            rows.append(y.reshape(5, 2))
            if stateful:
                model.layers[0].reset_state()
        moved = np.any(rows[0] != rows[1], axis=-1)
        seen[stateful, ("x[None]", "x[:, None]")[axis]] = moved.astype(int).tolist()
    return seen


@attack("trainer.optimizers")
def steps_in_sixteen_bits():
    """In float32, float16 and mixed_float16, targets of 1 and 30: how far does a step go?"""
    seen = {}
    optimizers = {
        "SGD": lambda: keras.optimizers.SGD(0.01),
        "Adam": lambda: keras.optimizers.Adam(0.001),
    }
    for (name, make), dtype, target in itertools.product(
        optimizers.items(), ("float32", "float16", "mixed_float16"), (1, 30)
    ):
        keras.utils.set_random_seed(0)
        keras.config.set_dtype_policy(dtype)
        try:
            model = keras.Sequential([keras.Input((5, 3)), LSTM(4)])
            model.compile(make(), "mse", **EAGER)
        finally:
            keras.config.set_dtype_policy("float32")
        old = model.get_weights()
        model.train_on_batch(ones(8, 5, 3), np.full((8, 4), target))
        pairs = zip(old, model.get_weights(), strict=True)
        seen[name, dtype, target] = float(f"{max(gap(*pair) for pair in pairs):.1g}")
    return seen


@attack("state.kept-in-states")
def kept():
    """Each way, type and mask, in graphs and by XLA: how far are `states` from what is returned?"""
    ways = (
        {},
        {"unroll": True},
        {"go_backwards": True},
        {"dtype": "mixed_float16"},
        {"dtype": "float64"},
        {"recurrent_dropout": 0.5},
    )
    seen = {}
    for how, mask in itertools.product(ways, (None, VALID)):
        layer = LSTM(2, stateful=True, **STATES, **how)
        call = partial(
            layer, training=True, **({} if mask is None else {"mask": tf.constant(mask)})
        )
        calls = {"call": call, "graph": tf.function(call)}
        calls |= {"XLA": tf.function(call, jit_compile=True)} if how == {} else {}
        for way, run in calls.items():
            _, *states = run(X)
            pairs = zip(states, layer.states, strict=True)
            seen[str(how), mask is None, way] = max(gap(*pair) for pair in pairs)
    return {name: far for name, far in seen.items() if far}, len(seen)


@attack("trainer.mask-of-a-final-output")
def padded_samples():
    """A padded sample, of the batch and within TimeDistributed: the loss of targets 0 and 100?"""
    x = ones(3, 4, 1, 2)
    x[:, 3] = 0
    makes = {
        "LSTM": (lambda: LSTM(1), x.reshape(12, 1, 2)),
        "both": (lambda: L.Bidirectional(LSTM(1), merge_mode="sum"), x.reshape(12, 1, 2)),
        "distributed": (lambda: L.TimeDistributed(LSTM(1)), x),
    }
    seen = {}
    for name, (make, inputs) in makes.items():
        model = keras.Sequential([keras.Input(inputs.shape[1:]), L.Masking(), make()])
        model.compile("sgd", "mse", **EAGER)
        losses = []
        for target in (0, 100):
            y = np.zeros((3, 4, 1))
            y[:, 3] = target
            y = y.reshape(*inputs.shape[:-2], 1)
            losses.append(round(model.evaluate(inputs, y, verbose=0), 2))
        seen[name] = losses
    return seen


def ways_to_run(x, jit):
    """Return a tf.function of a layer, and predict of a model, on an input."""
    model = keras.Sequential([keras.Input(x.shape[1:]), LSTM(16)])
    model.compile(jit_compile=jit)
    graph = tf.function(model.layers[0], jit_compile=jit)
    constant = tf.constant(x)
    return {
        "tf.function": lambda: graph(constant),
        "predict": lambda: model.predict(x, batch_size=8, verbose=0),
    }


@attack("speed.timesteps")
def longer():
    """By a tf.function and by predict: milliseconds of 800 timesteps and 200, and their ratio?"""
    short, long = (ways_to_run(draw(8, steps, 16), False) for steps in (200, 800))
    return compared(long, short)


@attack("speed.xla")
def without_xla():
    """By a tf.function and by predict: milliseconds without XLA and by XLA, and their ratio?"""
    plain, xla = (ways_to_run(draw(8, 50, 16), jit) for jit in (False, True))
    return compared(plain, xla)


@attack("wrappers.cell-split")
def split_states():
    """Tensors of 2, 3 and 5 rows, of symbols, float64, float16: how far from a list of two rows?"""
    seen = {}
    cell = L.LSTMCell(4)
    x = X[:, 0]
    for shape, dtype in itertools.product(
        ((2, 3, 4), (5, 3, 4), (3, 4), (2, 4)), ("float32", "float64", "float16")
    ):
        states = tf.cast(draw(*shape), dtype)
        y, pair = cell(x, states)
        other, others = cell(x, [states[0], states[1]])
        pairs = zip([y, *pair], [other, *others], strict=True)
        seen[shape, dtype] = max(gap(*both) for both in pairs)
    inputs = keras.Input((3,)), keras.Input(batch_shape=(None, None, 4))
    model = keras.Model(inputs, cell(*inputs)[0])
    states = draw(5, 3, 4)
    seen["symbols"] = gap(model([x, states]), cell(x, [states[0], states[1]])[0])
    return {name: far for name, far in seen.items() if far}, len(seen)


@attack("state.wrong-units")
def one_unit():
    """An h of 1 to 8 units for 4: refused by a new layer, and after a call that failed?"""
    seen = {}
    for recurrent, units, unroll in itertools.product((0.0, 0.5), (1, 2, 8), (False, True)):
        refused = []
        for failed in (False, True):
            layer = LSTM(4, recurrent_dropout=recurrent, unroll=unroll)
            layer(X)
            call = partial(layer, X, training=True)
            if failed:
                wrong = error(lambda: call(initial_state=[ones(3, 4), ones(3, 7)]))
                refused.append(bool(wrong))
            refused.append(error(lambda: call(initial_state=[ones(3, units), ones(3, 4)])))
        seen[recurrent, units, unroll] = refused
    return seen


@attack("models.causal-attention")
def causal():
    """Padded queries, NaN as a later value, another axis: what of four rows moves by the last?"""
    seen = {}
    x = draw(1, 4, 3)
    for name, make in {
        "MultiHeadAttention": lambda: L.MultiHeadAttention(2, 4),
        "with dropout": lambda: L.MultiHeadAttention(2, 4, dropout=0.5),
        "GroupQueryAttention": lambda: L.GroupQueryAttention(4, 2, 1),
        "Attention": L.Attention,
    }.items():
        layer = make()

        def moved(last, padded=False, layer=layer, listed=name == "Attention"):
            pair = []
            for number in (1.0, last):
                query = x.copy()
                values = x.copy()
                values[0, 3] = number
                if padded:
                    query[0, 1:3] = values[0, 1:3] = 0
                    query, values = L.Masking()(query), L.Masking()(values)
                given = ([query, values, x],) if listed else (query, values, x)
                pair.append(np.array(layer(*given, use_causal_mask=True))[0])
            return np.any(pair[0] != pair[1], axis=-1).astype(int).tolist()

        calls = {"plain": (7,), "padded": (7, True), "NaN": (np.nan,)}
        seen[name] = {
            way: outcome(lambda given=given: moved(*given)) for way, given in calls.items()
        }
    other = L.MultiHeadAttention(1, 4, attention_axes=(2,))
    x = x[:, None]
    values = x.copy()
    values[0, 0, 3] = 7
    pair = [np.array(other(x, v, use_causal_mask=True))[0, 0] for v in (x, values)]
    seen["axis 2"] = np.any(pair[0] != pair[1], axis=-1).astype(int).tolist()
    return seen


@attack("state.any-value")
def large_states():
    """A c of 1e300 and of 1000.1 in a float64 model, called and in predict: what is kept of it?"""
    layer = LSTM(1, dtype="float64", **STATES)
    layer.build((None, 1, 1))
    keep = np.array([-1e3, 1e3, 0.0, 0.0])
    layer.set_weights([np.zeros((1, 4)), np.zeros((1, 4)), keep])
    shapes = (1, 1), (1,), (1,)
    inputs = [keras.Input(shape, dtype="float64") for shape in shapes]
    model = keras.Model(inputs, layer(inputs[0], initial_state=inputs[1:]))
    seen = {}
    for c in (-7.0, 1000.1, 1e300):
        given = [np.zeros((1, 1, 1)), np.zeros((1, 1)), np.array([[c]])]
        called = model(given)[2]
        predicted = model.predict(given, verbose=0)[2]
        seen[c] = [float(np.array(kept).item()) for kept in (called, predicted)]
    return seen


@attack("gates.accumulator")
def sums():
    """Backwards, with dropout, unrolled, from float16: of 1, 2 and 4, what is returned?"""
    x = np.array([[[1.0], [2.0], [4.0]]])
    ways = {
        "plain": {},
        "backwards": {"go_backwards": True},
        "dropout": {"dropout": 0.5, "seed": 1},
        "unrolled": {"unroll": True},
        "float16": {"dtype": "float16"},
        "no activation": {"activation": None},
    }
    seen = {}
    for name, how in ways.items():
        layer = LSTM(1, **{"activation": "linear", **ROWS, **how})
        layer.build(x.shape)
        gates = np.array([200.0, 200.0, 0.0, 200.0])
        layer.set_weights([np.array([[0.0, 0.0, 1.0, 0.0]]), np.zeros((1, 4)), gates])
        seen[name] = np.array(layer(x, training=True)).ravel().tolist()
    return seen


@attack("wrappers.one-cell-repeated")
def repeated():
    """[cell] * 2 itself, cloned, from its configuration, a file, in Bidirectional: weights?"""
    cell = L.LSTMCell(3)
    model = keras.Sequential([keras.Input((5, 3)), L.RNN([cell] * 2)])
    both = L.Bidirectional(L.RNN([L.LSTMCell(3)] * 2))
    both(X)
    seen = {"stack": len(model.weights), "both": len(both.weights)}
    seen["clone"] = len(keras.models.clone_model(model).weights)
    seen["configuration"] = len(keras.Sequential.from_config(model.get_config()).weights)
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("keras", "h5"):
            model.save(f"{folder}/a.{kind}")
            load = partial(keras.models.load_model, f"{folder}/a.{kind}")
            seen[kind] = outcome(lambda load=load: len(load().weights))
    return seen


@attack("saving.time-major-weights")
def numbered_by_two():
    """A file's layers under the names that TensorFlow 2.13 gave them in .keras: are they loaded?"""
    seen = {}
    for many, renamed in itertools.product((1, 2), (False, True)):
        model, other = (
            keras.Sequential([keras.Input((5, 3)), *[LSTM(2, **ROWS) for _ in range(many)]])
            for _ in range(2)
        )
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "a.weights.h5")
            model.save_weights(path)
            with h5py.File(path, "a") as file:
                file.move("layers", "_layer_checkpoint_dependencies")
                if renamed and many > 1:
                    layers = file["_layer_checkpoint_dependencies"]
                    layers.move("lstm_1", "lstm_2")
            seen[many, renamed] = outcome(
                lambda: (other.load_weights(path), gap(model(X), other(X)))[1]
            )
    return seen


@attack("models.mask-lives")
def collected():
    """Of an eager tensor, a symbol, an array, after clear_session: is there a mask still?"""

    def symbol():
        return LSTM(2, **ROWS)(L.Masking()(keras.Input((5, 3))))

    def eager():
        return LSTM(2, **ROWS)(L.Masking()(PADDED))

    seen = {}
    for name, make in {"eager": eager, "symbol": symbol, "input": lambda: L.Masking()(X)}.items():
        tensor = make()
        keras.utils.clear_session()
        for _ in range(3):
            gc.collect()
        seen[name] = getattr(tensor, "_keras_mask", None) is not None

    @tf.function
    def graph(x):
        name = L.Masking()(x).name
        gc.collect()
        again = tf.compat.v1.get_default_graph().get_tensor_by_name(name)
        seen["graph"] = getattr(again, "_keras_mask", None) is not None
        return x

    graph(tf.constant(X))
    return seen


@attack("modes.predict-is-call")
def attached_in_predict():
    """With an attached mask, without, as float64, whole numbers: how far is predict from a call?"""
    seen = {}
    ways = {
        "plain": PADDED,
        "attached": L.Masking()(PADDED),
        "embedded": L.Embedding(9, 3, mask_zero=True)(np.array([[1, 2, 0, 0, 0]] * 3)),
        "float64": PADDED.astype("float64") / 3,
        "whole": np.arange(45).reshape(3, 5, 3),
        "NaN": np.where(PADDED == 0, np.nan, PADDED),
    }
    model = keras.Sequential([keras.Input((None, 3)), LSTM(4)])
    for name, x in ways.items():
        pair = [np.nan_to_num(y, nan=9) for y in (model(x), model.predict(x, verbose=0))]
        seen[name] = round(gap(*pair), 3)
    return seen


@attack("weights.paths")
def renamed():
    """Renamed when built, a cell built by hand, in models and wrappers: the kernel's path?"""
    seen = {}
    layer = LSTM(2, name="old")
    layer(X)
    layer.name = "new"
    seen["renamed"] = layer.name, paths(layer)[0]
    layer = LSTM(2, name="outer")
    layer.cell.build((3, 3))
    layer(X)
    seen["cell first"] = paths(layer)[0]
    both = L.Bidirectional(LSTM(2, name="one"))
    both(X)
    seen["both"] = paths(both)[0]
    model = keras.Sequential([keras.Input((5, 3)), LSTM(2, name="one")])
    seen["model"] = paths(model)[0], paths(keras.models.clone_model(model))[0]
    return seen


@attack("masking.all-true")
def all_true():
    """Types, ways, states, NaN and infinity, kinds of masks: how far from no mask?"""
    seen = {}
    x = X.copy()
    x[0, 0, 0] = np.nan
    x[1, -1] = np.inf
    ways = ({}, {"unroll": True}, {"go_backwards": True}, {"zero_output_for_mask": True})
    masks = ones(3, 5).astype(bool), ones(3, 5), ones(3, 5, 1).astype(int)
    for dtype, how in itertools.product(("float16", "float32", "float64", "mixed_bfloat16"), ways):
        layer = LSTM(4, dtype=dtype, **ROWS, **STATES, **how)
        call = partial(layer, x, initial_state=[draw(3, 4), draw(4, 3).T])
        for k, mask in enumerate(masks):
            valid = tf.constant(mask)

            def far(call=call, valid=valid):
                pairs = zip(call(), call(mask=valid), strict=True)
                return max(
                    gap(*[np.nan_to_num(tf.cast(p, "float64"), nan=9) for p in pair])
                    for pair in pairs
                )

            seen[dtype, str(how), k] = outcome(far)
    return {name: far for name, far in seen.items() if far != "0.0"}, len(seen)


@attack("modes.cell-without-cudnn")
def asks_for_cudnn():
    """Of LSTM and RNN(LSTMCell): how often is the backend's lstm asked for, and equal outputs?"""
    seen = {}
    for name, how in {
        "plain": {},
        "backwards": {"go_backwards": True},
        "stateful": {"stateful": True},
        "unrolled": {"unroll": True},
        "dropout": {"dropout": 0.3, "seed": 3},
    }.items():
        cell = {key: how[key] for key in ("dropout", "seed") if key in how}
        rest = {key: how[key] for key in how if key not in cell}
        layers = LSTM(2, **how), L.RNN(L.LSTMCell(2, **cell), **rest)
        for layer in layers:
            layer.build(X.shape)
        layers[1].set_weights(layers[0].get_weights())
        outputs = []
        asked = []
        for layer in layers:
            with mock.patch(
                "keras.src.backend.lstm", side_effect=keras.src.backend.lstm
            ) as counted:
                outputs.append(layer(X, mask=tf.constant(VALID), training=True))
            asked.append(counted.call_count)
        seen[name] = asked, gap(*outputs)
    return seen


@attack("weights.global-seed")
def after_a_seed():
    """A generator as seed, one initializer twice, a draw between, other inputs: as before?"""
    generator = keras.initializers.GlorotUniform(seed=keras.random.SeedGenerator(7))
    once = keras.initializers.GlorotUniform()

    def new(between=lambda: None, features=3, **options):
        keras.utils.set_random_seed(1)
        between()
        layer = LSTM(4, **options)
        layer.build((None, 5, features))
        return layer.get_weights()[0][:3]

    first = new()
    pairs = {
        "plain": (first, new()),
        "a layer between": (first, new(lambda: L.Dense(2))),
        "a weight between": (first, new(lambda: L.Dense(2).build((1, 2)))),
        "Python's random": (first, new(lambda: random.shuffle([*range(9)]))),
        "keras.random": (first, new(lambda: keras.random.normal((2,)))),
        "numpy's": (first, new(lambda: np.random.rand(2))),
        "features": (first, new(features=4)),
        "one initializer": [new(kernel_initializer=once) for _ in range(2)],
        "a generator": [new(kernel_initializer=generator) for _ in range(2)],
    }
    return {name: np.array_equal(*pair) for name, pair in pairs.items()}


@attack("precision.half-roundings")
def half():
    """Of numbers within 2: the errors of h and c in roundings at one, and of pure bfloat16?"""
    seen = {}
    for policy, size in (("mixed_float16", 2.0**-10), ("mixed_bfloat16", 2.0**-7)):
        worst = np.zeros(2)
        for seed in range(12):
            r = np.random.RandomState(seed)
            x = r.uniform(-2, 2, (99, 4, 4))
            shapes = (4, 16), (4, 16), (16,)
            weights = [r.uniform(-2, 2, shape) for shape in shapes]
            weights = [np.array(tf.cast(w, policy[6:])).astype("float64") for w in weights]
            x = np.array(tf.cast(x, policy[6:])).astype("float64")
            ends = []
            for dtype in (policy, "float64"):
                layer = LSTM(4, dtype=dtype, **STATES)
                layer.build(x.shape)
                layer.set_weights(weights)
                ends.append(layer(x)[1:])
            worst = np.maximum(worst, [gap(*pair) / size for pair in zip(*ends, strict=True)])
        seen[policy] = np.round(worst, 1).tolist()
    for dtype in ("float16", "bfloat16"):
        seen[dtype] = error(lambda: LSTM(4, dtype=dtype)(X))
    seen["bfloat16, no orthogonal"] = error(
        lambda: LSTM(4, dtype="bfloat16", recurrent_initializer="glorot_uniform")(X)
    )
    return seen


@attack("training.loss-before-step")
def reported():
    """By steps per execution, XLA, eagerly, with a penalty, EMA, scaling: before or after?"""
    seen = {}
    y = ones(3, 1) + 3
    ways = {
        "graph": {"jit_compile": False},
        "executions": {"steps_per_execution": 3, "jit_compile": False},
        "XLA": {"jit_compile": True},
        "eager": {},
        "EMA": {"optimizer": keras.optimizers.SGD(0.5, use_ema=True, ema_overwrite_frequency=1)},
        "scaled": {"optimizer": keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.5))},
        "accumulation": {"optimizer": keras.optimizers.SGD(0.5, gradient_accumulation_steps=2)},
    }
    for name, how in ways.items():
        how = how if "jit_compile" in how else {**how, **EAGER}
        model = compiled(lambda: LSTM(4, kernel_regularizer="l2"), lambda: L.Dense(1), **how)
        far = []
        for _ in range(3):
            before = model.test_on_batch(X, y)
            trained = model.train_on_batch(X, y)
            after = model.test_on_batch(X, y)
            far.append(
                ["before"] * (abs(trained - before) < 1e-4)
                + ["after"] * (abs(trained - after) < 1e-4)
            )
        seen[name] = ["/".join(names) or "?" for names in far]
    return seen


@attack("wrappers.two-states-refused")
def pairs():
    """Lists, tuples, nested ones, an array, of each layer: does a pair pass in Bidirectional?"""
    pair = [ones(3, 4), ones(3, 4)]
    makes = {
        "LSTM": lambda: LSTM(4),
        "unrolled": lambda: LSTM(4, unroll=True),
        "stateful": lambda: LSTM(4, stateful=True),
        "RNN": lambda: L.RNN(L.LSTMCell(4)),
        "cells": lambda: L.RNN([L.LSTMCell(4), L.LSTMCell(4)]),
    }
    forms = {"list": pair, "tuple": tuple(pair), "nested": [pair], "array": np.stack(pair)}
    errors = {
        (name, form): error(lambda: L.Bidirectional(make())(X, initial_state=states))
        for (name, make), (form, states) in itertools.product(makes.items(), forms.items())
    }
    return {name for name in errors if errors[name] is None}, set(errors.values())


@attack("wrappers.stack-initial-state")
def stack_by_hand():
    """Unequal cells, stateful, backwards, unrolled, masked, float64 pairs: from a loop by hand?"""
    seen = {}
    pairs = [[draw(3, units), draw(units, 3).T] for units in (4, 5)]
    for name, how in {
        "plain": {},
        "tuples": {},
        "float64": {},
        "stateful": {"stateful": True},
        "unrolled": {"unroll": True},
        "backwards": {"go_backwards": True},
        "masked": {},
    }.items():
        cells = [L.LSTMCell(4), L.LSTMCell(5)]
        given = [tuple(pair) for pair in pairs] if name == "tuples" else pairs
        if name == "float64":
            given = [[state.astype("float64") for state in pair] for pair in pairs]
        mask = VALID if name == "masked" else np.ones_like(VALID)
        call = partial(L.RNN(cells, **how), X, initial_state=given, mask=tf.constant(mask))
        if raised := error(call):
            seen[name] = raised
            continue
        y = call()
        states = [[tf.constant(state) for state in pair] for pair in pairs]
        for step in range(5)[:: -1 if name == "backwards" else 1]:
            z = tf.constant(X[:, step])
            for k, cell in enumerate(cells):
                z, new = cell(z, states[k])
                kept = mask[:, step, None]
                both = zip(new, states[k], strict=True)
                states[k] = [tf.where(kept, a, b) for a, b in both]
        seen[name] = gap(y, states[1][0])
    return seen


@attack("gates.cell-state-bound")
def bound():
    """1e39 as float64 and 1e30 as float32, large weights and states: how much does c grow?"""
    seen = {"1e39": np.array(LSTM(2, **STATES)(np.full((1, 1, 3), 1e39))[2]).tolist()}
    seen["1e30"] = np.array(LSTM(2, **STATES)(np.full((1, 1, 3), 1e30))[2]).tolist()
    most = 0
    for seed in range(20):
        r = np.random.RandomState(seed)
        layer = LSTM(9, **STATES)
        layer.build((50, 1, 3))
        layer.set_weights([100 * r.randn(*w.shape) for w in layer.get_weights()])
        c = (10.0 ** r.uniform(-3, 3, (50, 9))).astype("float32")
        _, _, new = layer(1e4 * r.randn(50, 1, 3), initial_state=[r.randn(50, 9), c])
        most = max(most, float(np.max(np.abs(new) - np.abs(c))))
    return {**seen, "large": round(most, 4)}


@attack("precision.global-policy")
def policies():
    """Made under one policy, called under others, on each input: do other types come of it?"""
    bad = {}
    total = 0
    makes = {
        "LSTM": lambda: LSTM(3),
        "both": lambda: L.Bidirectional(LSTM(3)),
        "cells": lambda: L.RNN([L.LSTMCell(3), L.LSTMCell(2)]),
        "model": lambda: keras.Sequential([L.Masking(), LSTM(3, recurrent_dropout=0.1)]),
    }
    names = "float32", "mixed_float16", "mixed_bfloat16", "float64"
    try:
        for (policy_name, called), (name, make) in itertools.product(
            itertools.permutations(names, 2), makes.items()
        ):
            keras.config.set_dtype_policy(policy_name)
            layer = make()
            keras.config.set_dtype_policy(called)
            policy = keras.dtype_policies.get(policy_name)
            for x in (X.astype("float64"), np.ones((3, 5, 3), int)):
                types = layer(x).dtype.name, layer.weights[0].dtype
                total += 1
                if types != (policy.compute_dtype, policy.variable_dtype):
                    bad[policy_name, called, name, str(x.dtype)] = types
    finally:
        keras.config.set_dtype_policy("float32")
    return total, bad


@attack("symmetry.every-h")
def moved_by_h():
    """Infinite, NaN and plain features in float64: which units does each initial h move?"""
    layer = LSTM(3, dtype="float64")
    seen = {}
    for value in (1.0, np.inf, np.nan):
        x = np.zeros((1, 2, 3))
        x[0, 0, 0] = value
        outputs = [
            np.array(layer(x, initial_state=[h[None], np.zeros((1, 3))]))[0]
            for h in (np.zeros(3), *0.9 * np.eye(3))
        ]
        seen[value] = [(np.abs(y - outputs[0]) > 0).astype(int).tolist() for y in outputs[1:]]
        seen[value, "NaN"] = bool(np.isnan(outputs).all())
    return seen


@attack("shapes.double-precision")
def doubles():
    """By graphs, predict, unrolled, wrappers, 1e300: float64 against what is rounded?"""
    x = draw(3, 5, 3).astype("float64") * np.pi
    makes = {
        "LSTM": lambda: LSTM(4),
        "no autocast": lambda: LSTM(4, autocast=False),
        "unrolled": lambda: LSTM(4, unroll=True),
        "both": lambda: L.Bidirectional(LSTM(4)),
        "RNN": lambda: L.RNN(L.LSTMCell(4)),
        "Input": lambda: keras.Sequential([keras.Input((5, 3), dtype="float64"), LSTM(4)]),
        "model": lambda: keras.Sequential([keras.Input((5, 3)), LSTM(4)]),
    }
    seen = {}
    for (name, make), scale in itertools.product(makes.items(), (1, 1e-40, 1e300)):
        layer = make()
        calls = {"call": layer}
        if scale == 1:
            calls["graph"] = tf.function(layer)
            if isinstance(layer, keras.Model):
                calls["predict"] = partial(layer.predict, verbose=0)
        for way, call in calls.items():
            with np.errstate(over="ignore"):
                pair = [np.array(call(z)) for z in (scale * x, (scale * x).astype("float32"))]
            seen[name, scale, way] = np.array_equal(*pair, equal_nan=True)
    return {name for name, same in seen.items() if not same}, len(seen)


@attack("masking.hides-values")
@attack("masking.nan-in-training")
def hidden():
    """NaN under a mask: in a call and predict, then in training by default and otherwise?"""
    x = X.copy()
    x[~VALID] = np.nan
    data = [x, VALID]
    seen = {}
    sgd = partial(keras.optimizers.SGD, 0.1)
    for name, (options, optimizer, how) in {
        "graph": ({}, sgd(), {"jit_compile": False}),
        "XLA": ({}, sgd(), {"jit_compile": True}),
        "eager": ({}, sgd(), EAGER),
        "unrolled": ({"unroll": True}, sgd(), EAGER),
        "implementation 1": ({"implementation": 1}, sgd(), EAGER),
        "clipped": ({}, sgd(clipvalue=1.0), EAGER),
        "rate 0": ({}, keras.optimizers.SGD(0.0), EAGER),
        "accumulation": ({}, sgd(gradient_accumulation_steps=2), EAGER),
        "frozen": ({"trainable": False}, sgd(), EAGER),
    }.items():
        inputs = keras.Input((5, 3)), keras.Input((5,), dtype="bool")
        layer = LSTM(2, **options)
        model = keras.Model(inputs, layer(inputs[0], mask=inputs[1]))
        model.compile(optimizer, "mse", **how)
        same = gap(model(data), model([PADDED, VALID]))
        model.train_on_batch(data, ones(3, 2))
        nan = [float(np.isnan(w).mean()) for w in layer.get_weights()]
        seen[name] = same, nan, bool(np.isnan(model([PADDED, VALID])).any())
    return seen


@attack("trainer.checkpoint")
def resumed():
    """Of a second run with a new ModelCheckpoint, and a first epoch of NaN: what is on file?"""
    seen = {}
    x = np.random.RandomState(0).rand(8, 5, 3)
    y = x.sum((1, 2))[:, None]
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/a.keras"

        def run(epochs, values=None):
            model = compiled(lambda: LSTM(4), lambda: L.Dense(1), jit_compile=False)
            saver = keras.callbacks.ModelCheckpoint(path, save_best_only=True)
            if values:
                saver.set_model(model)
                for epoch, value in enumerate(values):
                    model.layers[-1].bias.assign([float(epoch)])
                    saver.on_epoch_begin(epoch)
                    saver.on_epoch_end(epoch, {"val_loss": value})
                return float(keras.models.load_model(path).layers[-1].bias.numpy()[0])
            done = model.fit(
                x, y, epochs=epochs, validation_data=(x, y), verbose=0, callbacks=[saver]
            )
            loaded = keras.models.load_model(path).evaluate(x, y, verbose=0)
            return round(min(done.history["val_loss"]), 2), round(loaded, 2)

        seen["20 epochs, on file"] = run(20)
        seen["then 1, on file"] = run(1)
        for values in ([3.0, 1.0, 2.0], [float("inf"), 1.0, 2.0], [float("nan"), 1.0, 2.0]):
            seen[str(values)] = run(0, values)
    return seen


@attack("wrappers.no-constants")
def constants():
    """As keyword, None, by position, in a configuration, to wrappers and LSTM: the errors?"""
    make = partial(L.RNN, L.LSTMCell(3))
    extra = [ones(3, 5)]
    calls = {
        "arrays": lambda: make()(X, constants=extra),
        "None": lambda: make()(X, constants=None),
        "position": lambda: make()(X, None, None, False, extra),
        "constructor": lambda: make(constants=extra),
        "configuration": lambda: L.RNN.from_config({**make().get_config(), "constants": 1}),
        "both": lambda: L.Bidirectional(make())(X, constants=extra),
        "LSTM": lambda: LSTM(3)(X, constants=extra),
    }
    return {name: error(call) for name, call in calls.items()}, "constants" in L.RNN.__doc__


@attack("errors.trained-before-refusal")
def late_refusals():
    """Last batches of 2 and 1, with an Input and without, eagerly: iterations, and which error?"""
    seen = {}
    for start, rest, how in itertools.product(
        (True, False), (2, 1), ({"jit_compile": False}, EAGER)
    ):
        inputs = [keras.Input(batch_shape=(3, 5, 3))] * start
        model = keras.Sequential([*inputs, LSTM(2, stateful=True)])
        model.compile("sgd", "mse", **how)
        raised = error(lambda: model.fit(draw(6 + rest, 5, 3), ones(6 + rest, 2), 3, verbose=0))
        seen["Input" if start else "none", rest, str(how)] = int(model.optimizer.iterations), raised
    return seen


@attack("masking.long-refused-unrolled")
def long_masks():
    """Masks of 6 timesteps for 5, unrolled or not, with each option: the errors?"""
    seen = {}
    for unroll, how in itertools.product(
        (False, True), ({}, ROWS, {"go_backwards": True}, {**ROWS, "zero_output_for_mask": True})
    ):
        layer = LSTM(2, unroll=unroll, **how)
        seen[unroll, str(how)] = error(lambda: layer(X, mask=np.ones((3, 6), bool)))
    return seen


@attack("masking.argument-wins")
def positional():
    """By keyword and by position, behind Masking: which mask computes, which is passed on?"""
    x = L.Masking()(PADDED)
    mask = tf.constant(VALID[::-1].copy())
    seen = {}
    layer = LSTM(2, **ROWS)
    want = np.array(layer(tf.constant(PADDED), mask=mask))
    for name, call in {
        "keyword": lambda: layer(x, mask=mask),
        "position": lambda: layer(x, None, mask),
    }.items():
        y = call()
        passed = getattr(y, "_keras_mask", None)
        names = {"argument": VALID[::-1], "attached": VALID}
        passed_on = [
            n for n, m in names.items() if passed is not None and np.array_equal(passed, m)
        ]
        seen[name] = gap(y, want), passed_on
    return seen


@attack("shapes.empty-sequence")
def empty():
    """Of each batch, way and wrapper, masked or not: does any call without timesteps pass?"""
    makes = {
        "LSTM": lambda **how: LSTM(2, **how),
        "both": lambda **how: L.Bidirectional(LSTM(2, **how)),
        "RNN": lambda **how: L.RNN(L.LSTMCell(2), **how),
        "cells": lambda **how: L.RNN([L.LSTMCell(2), L.LSTMCell(2)], **how),
    }
    ways = {}, {"unroll": True}, ROWS, {"go_backwards": True}, {"stateful": True}
    errors = {}
    for (name, make), how, batch, mask in itertools.product(
        makes.items(), ways, (0, 2), (None, True)
    ):
        given = {} if mask is None else {"mask": np.ones((batch, 0), bool)}
        x = np.zeros((batch, 0, 3), "float32")
        errors[name, str(how), batch, mask] = error(lambda: make(**how)(x, **given))
    return [name for name in errors if errors[name] is None], set(errors.values()), len(errors)


@attack("state.one-sample-many-states")
def many_states():
    """Ways, masks, dropout, graphs, XLA, wrappers: how many outputs of 1 sample and 5 states?"""
    seen = {}
    states = [draw(5, 2), draw(2, 5).T]
    valid = tf.constant([[True, True, False, True, True]])
    makes = {
        "plain": lambda: LSTM(2),
        "unrolled": lambda: LSTM(2, unroll=True),
        "rows": lambda: LSTM(2, zero_output_for_mask=True, **ROWS),
        "dropout": lambda: LSTM(2, dropout=0.3, recurrent_dropout=0.3, implementation=1),
        "float16": lambda: LSTM(2, dtype="float16"),
        "RNN": lambda: L.RNN(L.LSTMCell(2)),
    }
    for (name, make), mask in itertools.product(makes.items(), (None, valid)):
        layer = make()
        call = partial(layer, mask=mask, training=True)
        for way, run in {
            "call": call,
            "graph": tf.function(call),
            "XLA": tf.function(call, jit_compile=True),
        }.items():
            if way == "XLA" and name != "plain":
                continue
            seen[name, mask is None, way] = outcome(lambda: len(run(X[:1], initial_state=states)))
    seen["c of 1 row"] = outcome(
        lambda: len(LSTM(2)(X[:1], initial_state=[states[0], states[1][:1]]))
    )
    return {name: many for name, many in seen.items() if many != "5"}, len(seen)


@attack("masking.padding-side")
def sides():
    """Padding in front and behind, alone and with a given state: how far from no padding?"""
    seen = {}
    ids = [np.array([row]) for row in ([3, 4, 5], [0, 0, 3, 4, 5], [3, 4, 5, 0, 0])]
    table = L.Embedding(9, 3, mask_zero=True)
    states = [ones(1, 4), ones(1, 4)]
    for name, how in {
        "plain": {},
        "unrolled": {"unroll": True},
        "backwards": {"go_backwards": True},
        "rows of both": ROWS,
    }.items():
        layer = L.Bidirectional(LSTM(4, **how)) if name == "rows of both" else LSTM(4, **how)

        def last(row, layer=layer, **given):
            y = np.array(layer(table(row), **given))
            return y[:, -1] if y.ndim == 3 else y

        def argued(row, layer=layer):
            mask = tf.constant(row != 0)
            return layer(table(row), initial_state=states, mask=mask)

        calls = {"alone": last}
        if name != "rows of both":
            calls |= {"state": partial(last, initial_state=states), "state and mask": argued}
        for way, call in calls.items():
            first, *others = [call(row) for row in ids]
            seen[name, way] = [round(gap(first, y), 3) for y in others]
    return seen


@attack("symmetry.twins")
def equal_units():
    """Each activation of Keras as either one: do equal units differ?"""
    names = [
        name
        for name in dir(keras.activations)
        if not name.startswith("_") and name not in ("get", "serialize", "deserialize")
    ]
    bad = {}
    total = 0
    for name, which in itertools.product(names, ("activation", "recurrent_activation")):
        layer = LSTM(5, **{which: name})
        layer.build(X.shape)
        layer.set_weights(
            [
                np.repeat(w.reshape(*w.shape[:-1], 4, 5)[..., :1], 5, -1).reshape(w.shape)
                for w in layer.get_weights()
            ]
        )

        def far(layer=layer):
            y = np.array(layer(X))
            return float(np.abs(y - y[:, :1]).max())

        total += 1
        apart = outcome(far)
        if "Error" in apart or not float(apart) < 1e-5:
            bad[name, which] = apart[:60]
    return total, bad


@attack("trainer.backup")
def broken_off():
    """Longer data, save_freq, ReduceLROnPlateau: how far from what is not broken off?"""
    x = draw(32, 5, 3)
    y = draw(32, 1)

    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise RuntimeError

    def epochs(model, callbacks):
        model.fit(x, y, 8, epochs=4, shuffle=False, callbacks=callbacks, verbose=0)

    def longer(model, callbacks):
        source = tf.data.Dataset.from_tensor_slices((x, y)).batch(4)
        model.fit(source, steps_per_epoch=2, epochs=4, callbacks=callbacks, verbose=0)

    def patient(model, callbacks):
        slower = keras.callbacks.ReduceLROnPlateau("loss", patience=2, min_delta=99.0)
        epochs(model, [*callbacks, slower])

    seen = {}
    for name, fit, how in (
        ("plain", epochs, {}),
        ("longer data", longer, {}),
        ("save_freq", epochs, {"save_freq": 4}),
        ("plateau", patient, {}),
    ):
        with tempfile.TemporaryDirectory() as folder:
            layers = (lambda: LSTM(3)), (lambda: L.Dense(1))
            models = [
                compiled(*layers, optimizer=keras.optimizers.Adam(0.01), jit_compile=False)
                for _ in range(3)
            ]
            backup = partial(keras.callbacks.BackupAndRestore, f"{folder}/backup", **how)
            fit(models[0], [])
            error(lambda: fit(models[1], [backup(), Stop()]))
            fit(models[2], [backup()])
            weights = [model.get_weights() for model in models[::2]]
            far = max(gap(*pair) for pair in zip(*weights, strict=True))
            seen[name] = round(far, 4), *[int(m.optimizer.iterations) for m in models]
    return seen
