"""Attacks on 40 claims drawn after the kinds of draw_14 were mended, each with a program."""

from __future__ import annotations

import itertools
import tempfile
import time
import warnings
from functools import partial

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.draw_1 import LSTM, L, X, draw, twins
from tools.studies.attacks.draw_11 import compiled, error, gap
from tools.studies.attacks.draw_12 import EAGER, PADDED, ROWS, VALID, Own

STATES = {"return_state": True}


@attack("sequences.returned-in-a-tuple")
def kinds():
    """Called eagerly, in graphs, by XLA, on symbols, in predict, of each layer: which class?"""
    layers = {
        "LSTM": lambda: LSTM(2, **STATES),
        "rows": lambda: LSTM(2, **STATES, **ROWS),
        "unrolled": lambda: LSTM(2, unroll=True, **STATES),
        "stateful": lambda: LSTM(2, stateful=True, **STATES),
        "RNN": lambda: L.RNN(L.LSTMCell(2), **STATES),
        "cells": lambda: L.RNN([L.LSTMCell(2), L.LSTMCell(2)], **STATES),
        "both": lambda: L.Bidirectional(LSTM(2, **STATES)),
        "unmerged": lambda: L.Bidirectional(LSTM(2, **STATES), merge_mode=None),
    }
    seen = {}
    for name, make in layers.items():
        layer = make()
        x = keras.Input((5, 3), batch_size=3)
        symbol = layer(x)
        calls = {
            "call": lambda at=layer: at(X),
            "training": lambda at=layer: at(X, training=True),
            "mask": lambda at=layer: at(X, mask=VALID),
            "graph": lambda at=layer: tf.function(at)(X),
            "XLA": lambda at=layer: tf.function(at, jit_compile=True)(X),
            "symbol": lambda y=symbol: y,
            "predict": lambda y=symbol, x=x: keras.Model(x, y).predict(X, verbose=0),
            "stack": lambda at=layer: keras.Sequential([at]).predict(X, verbose=0),
            "own": lambda at=layer: Own(at)(X),
        }
        seen[name] = {
            how: outcome(lambda c=call: type(c()).__name__) for how, call in calls.items()
        }
    return seen


@attack("models.in-two-parts")
def parts():
    """Stateful, dropout, float64, ids, nested, a batch size, an own layer: cut, how far?"""
    stacks = {
        "plain": (lambda: [LSTM(4, **ROWS), LSTM(2), L.Dense(1)], X),
        "stateful": (lambda: [LSTM(4, stateful=True, **ROWS), LSTM(2, stateful=True)], X),
        "float64": (lambda: [LSTM(4, dtype="float64", **ROWS), LSTM(2, dtype="float64")], X),
        "float16 first": (lambda: [LSTM(4, dtype="float16", **ROWS), LSTM(2)], X),
        "mixed": (lambda: [LSTM(4, dtype="mixed_float16", **ROWS), LSTM(2)], X),
        "ids": (lambda: [L.Embedding(9, 3), LSTM(2)], np.arange(15).reshape(3, 5) % 9),
        "nested": (lambda: [keras.Sequential([L.Dense(4), LSTM(4, **ROWS)]), LSTM(2)], X),
        "nested, with Input": (
            lambda: [keras.Sequential([keras.Input((5, 3)), LSTM(4, **ROWS)]), LSTM(2)],
            X,
        ),
        "both": (lambda: [L.Bidirectional(LSTM(4, **ROWS)), L.LayerNormalization(), LSTM(2)], X),
        "own": (lambda: [Own(lambda x: x + 1), LSTM(2)], X),
        "unmerged": (lambda: [L.Bidirectional(LSTM(2), merge_mode=None), L.Concatenate()], X),
        "argmax": (
            lambda: [LSTM(4), Own(lambda x: keras.ops.argmax(x, -1)), L.Embedding(4, 2)],
            X,
        ),
    }
    seen = {}
    for name, (make, x) in stacks.items():
        layers = make()
        start = keras.Input(x.shape[1:], batch_size=3, dtype=str(x.dtype))
        model = keras.Sequential([start, *layers])
        y = model(x)
        for k in range(1, len(layers)):

            def cut(k=k, model=model, x=x, y=y):
                for layer in model.layers:
                    if getattr(layer, "stateful", False):
                        layer.reset_state()
                first = keras.Model(model.inputs, model.layers[k - 1].output)
                second = keras.Model(model.layers[k - 1].output, model.outputs[0])
                stacked = keras.Sequential(model.layers[:k]), keras.Sequential(model.layers[k:])
                by_graph = gap(y, second(first(x)))
                for layer in model.layers:
                    if getattr(layer, "stateful", False):
                        layer.reset_state()
                return by_graph, gap(y, stacked[1](stacked[0](x)))

            seen[name, k] = outcome(cut)[:70]
    return seen


@attack("wrappers.bidirectional-in-pieces")
def pieces():
    """Forwards, backwards, with rows, masks, unrolled: which half is right in pieces?"""
    seen = {}
    mask = np.array([[1, 1, 1, 1, 0], [1, 0, 1, 1, 1], [1, 1, 1, 0, 1]], bool)
    ways = {
        "plain": ({}, None),
        "rows": (ROWS, None),
        "backwards": ({"go_backwards": True}, None),
        "masked": ({}, mask),
        "unrolled": ({"unroll": True}, None),
        "mixed": ({"dtype": "mixed_float16"}, None),
    }
    for name, (how, valid) in ways.items():
        turn = {"go_backwards": not how.get("go_backwards", False)}
        other = LSTM(4, stateful=True, **{**how, **turn})
        both = L.Bidirectional(LSTM(4, stateful=True, **how), backward_layer=other)

        def masked(part, valid=valid):
            return {} if valid is None else {"mask": valid[:, part]}

        whole = np.array(both(X, **masked(slice(None))))
        both.reset_states() if hasattr(both, "reset_states") else both.reset_state()
        cuts = slice(0, 2), slice(2, 5)
        ends = [np.array(both(X[:, part], **masked(part))) for part in cuts]
        last = np.concatenate(ends, axis=1) if "return_sequences" in how else ends[-1]
        far = np.abs(whole - last).reshape(-1, 2, 4).max(axis=(0, 2))
        seen[name] = (far < 1e-3).tolist()
    return seen


@attack("training.weights-gradient")
def gradients():
    """Of rows of wild weights, relu, long sequences: relative error of the float32 gradient?"""
    seen = {}
    ways = {
        "plain": (5, 1.0, {}),
        "relu": (5, 1.0, {"activation": "relu"}),
        "unrolled": (5, 1.0, {"unroll": True}),
        "no bias": (5, 1.0, {"use_bias": False}),
        "long": (300, 1.0, {}),
        "wild": (5, 30.0, {}),
        "wild and long": (100, 8.0, {}),
        "relu and long": (60, 4.0, {"activation": "relu"}),
        "chaos": (300, 3.0, {}),
        "chaos, hard": (300, 5.0, {"recurrent_activation": "hard_sigmoid"}),
    }
    for name, (steps, scale, how) in ways.items():
        x = np.random.RandomState(1).randn(3, steps, 3)
        layers = [LSTM(16, dtype=dtype, **how) for dtype in ("float32", "float64")]
        keras.utils.set_random_seed(0)
        for layer in layers:
            layer.build(x.shape)
        weights = [scale * w for w in layers[0].get_weights()]
        slopes = []
        for layer in layers:
            layer.set_weights(weights)
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(layer(tf.constant(x, layer.dtype)))
            slopes.append(tape.gradient(loss, [w.value for w in layer.weights]))
        seen[name] = [
            float(f"{gap(a, b) / np.abs(b).max():.0e}") for a, b in zip(*slopes, strict=True)
        ]
    return seen


@attack("trainer.metric-of-lists")
def listed():
    """Every metric of Keras, with weights and without: which fail on lists, or differ?"""
    arguments = {
        "PrecisionAtRecall": [0.5],
        "RecallAtPrecision": [0.5],
        "SensitivityAtSpecificity": [0.5],
        "SpecificityAtSensitivity": [0.5],
        "MeanIoU": [2],
        "IoU": [2, [0]],
        "BinaryIoU": [[0]],
        "OneHotIoU": [2, [0]],
        "OneHotMeanIoU": [2],
        "MeanRelativeError": [[1.0, 1.0]],
        "MeanMetricWrapper": [keras.losses.mean_squared_error],
    }
    y = [[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]
    z = [[0.3, 0.7], [0.6, 0.4], [0.8, 0.2]]
    skipped = {"Metric", "Mean", "Sum"}
    bad = {}
    for name in dir(keras.metrics):
        kind = getattr(keras.metrics, name)
        if not isinstance(kind, type) or name in skipped:
            continue
        for weights, dtype in itertools.product((None, [1.0, 2.0, 3.0]), ("float32", "float64")):

            def measure(*data, kind=kind, name=name, weights=weights):
                metric = kind(*arguments.get(name, []))
                return np.round(np.array(metric(*data, sample_weight=weights), "float64"), 5)

            arrays = outcome(lambda run=measure, t=dtype: run(np.array(y, t), np.array(z, t)))
            lists = outcome(lambda run=measure: run(y, z))
            if arrays.split(":")[0] != lists.split(":")[0] and "Error" in arrays + lists:
                bad[name, weights is None, dtype] = arrays[:40], lists[:60]
    return bad


@attack("gates.linear-near-zero")
def near_zero():
    """Units, types, kernels, scales, graph, unrolled: the error relative to the output?"""
    seen = {}
    cases = itertools.product((1, 300), ("float16", "mixed_bfloat16", "float32", "float64"))
    for units, dtype in cases:
        for tiny in (1e-2, 1e-4, 1e-8):
            layer = LSTM(units, use_bias=False, dtype=dtype)
            layer.build((3, 5, 3))
            kernel, recurrent = (np.array(w, "float64") for w in layer.get_weights())
            x = tiny * X
            c = h = np.zeros((3, units))
            for step in range(5):
                g = slice(2 * units, 3 * units)
                c = c / 2 + (x[:, step] @ kernel[:, g] + h @ recurrent[:, g]) / 2
                h = c / 2
            y = np.array(layer(x.astype("float64")), "float64")
            seen[units, dtype, tiny] = float(f"{gap(y, h) / np.abs(h).max():.0e}")
    return seen


@attack("gates.growth-overflows")
def grown():
    """By activation and the recurrent kernel's sign: the first timestep of 300 that overflows?"""
    seen = {}
    names = "relu", "linear", "elu", "softplus", "leaky_relu", "tanh"
    for name, scale in itertools.product(names, (1e4, -1e4)):
        for dtype in ("float16", "float32", "float64"):
            layer = LSTM(4, activation=name, dtype=dtype, **ROWS)
            layer.build((3, 300, 3))
            kernel, recurrent, bias = layer.get_weights()
            x = np.random.RandomState(0).randn(3, 300, 3)
            layer.set_weights([kernel, np.full_like(recurrent, scale), bias])
            finite = np.isfinite(np.array(layer(x), "float64")).all(axis=(0, 2))
            seen[name, scale, dtype] = int(np.argmin(finite)) if not finite.all() else None
    return seen


@attack("state.built-again")
def rebuilt():
    """Built anew for the same and other shapes, as RNN, frozen, mixed: the states, the weights?"""
    seen = {}
    makes = {
        "LSTM": lambda: LSTM(2, stateful=True),
        "frozen": lambda: LSTM(2, stateful=True, trainable=False),
        "mixed": lambda: LSTM(2, stateful=True, dtype="mixed_float16"),
        "unrolled": lambda: LSTM(2, stateful=True, unroll=True),
        "dropout": lambda: LSTM(2, stateful=True, dropout=0.5),
        "RNN": lambda: L.RNN(L.LSTMCell(2), stateful=True),
    }
    shapes = {
        "same": (3, 5, 3),
        "longer": (3, 9, 3),
        "features": (3, 5, 4),
        "batch": (2, 5, 3),
        "no batch": (None, 5, 3),
        "none": None,
        "short": (5, 3),
        "list": [3, 5, 3],
    }
    for (name, make), (change, shape) in itertools.product(makes.items(), shapes.items()):

        def states(make=make, shape=shape):
            layer = make()
            layer(X)
            old = layer.get_weights()
            layer.build(shape)
            zeros = [not np.any(state) for state in layer.states]
            same = [np.array_equal(a, b) for a, b in zip(old, layer.get_weights(), strict=True)]
            return all(zeros), all(same), error(lambda: layer(X)), tuple(layer.states[0].shape)

        seen[name, change] = outcome(states)[:90]
    return seen


@attack("precision.backward-stable")
def stalls():
    """A c that counts up by the bias alone: the error, in roundings of the bias by half a bit?"""

    def exact(bias, steps):
        i, f, o = (1 / (1 + np.exp(-bias[k])) for k in (0, 1, 3))
        c = sum(i * np.tanh(bias[2]) * f**k for k in range(steps))
        return o * np.tanh(c)

    seen = {}
    for steps, forget in itertools.product((10, 100, 300, 1000), (2.0, 20.0)):
        layer = LSTM(1)
        layer.build((1, steps, 1))
        layer.set_weights(
            [np.zeros((1, 4)), np.zeros((1, 4)), np.array([0.3, forget, 1.7e-3, 0.4])]
        )
        bias = layer.get_weights()[2].astype("float64")
        true = exact(bias, steps)
        wrong = gap(layer(np.ones((1, steps, 1))), true)
        signs = itertools.product((-1, 1), repeat=4)
        most = max(abs(exact(bias * (1 + np.array(s) * 2.0**-24), steps) - true) for s in signs)
        seen[steps, forget] = round(wrong / most, 1)
    return seen


@attack("models.ends-mask")
def ending():
    """Each such layer, of options that change nothing: is there a mask behind it?"""
    options = {
        "Conv1D": lambda: L.Conv1D(3, 1),
        "SeparableConv1D": lambda: L.SeparableConv1D(3, 1),
        "DepthwiseConv1D": lambda: L.DepthwiseConv1D(1),
        "Conv1DTranspose": lambda: L.Conv1DTranspose(3, 1),
        "MaxPooling1D": lambda: L.MaxPooling1D(1),
        "AveragePooling1D": lambda: L.AveragePooling1D(1),
        "GlobalMaxPooling1D": lambda: L.GlobalMaxPooling1D(),
        "GlobalAveragePooling1D": lambda: L.GlobalAveragePooling1D(keepdims=True),
        "Cropping1D": lambda: L.Cropping1D(0),
        "ZeroPadding1D": lambda: L.ZeroPadding1D(0),
        "UpSampling1D": lambda: L.UpSampling1D(1),
        "Reshape": lambda: L.Reshape((5, 3)),
        "Reshape -1": lambda: L.Reshape((-1, 3)),
        "Flatten": lambda: L.Flatten(),
        "Permute": lambda: L.Permute((1, 2)),
    }
    for name in ("AdaptiveAveragePooling1D", "AdaptiveMaxPooling1D"):
        if hasattr(L, name):
            options[name] = lambda name=name: getattr(L, name)(5)
    seen = {}
    for name, make in options.items():
        x = keras.Input((5, 3))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ends = make()(L.Masking()(PADDED)), make()(L.Masking()(x))
        seen[name] = [getattr(end, "_keras_mask", None) is not None for end in ends]
    return {name: masks for name, masks in seen.items() if any(masks)}, len(seen)


@attack("state.in-training-mode")
def in_training():
    """Masked, unrolled, mixed, backwards, in graphs and wrappers: how far do the states differ?"""
    seen = {}
    ways = ({}, {"unroll": True}, {"dtype": "mixed_float16"}, {"go_backwards": True})
    for how, mask in itertools.product(ways, (None, VALID)):
        layers = twins(stateful=True, **how)
        for k, layer in enumerate(layers):
            for _ in range(2):
                layer(X, training=bool(k), **({} if mask is None else {"mask": mask}))
        pairs = zip(layers[0].states, layers[1].states, strict=True)
        seen[str(how), mask is None] = max(gap(*pair) for pair in pairs)
    layers = twins(stateful=True)
    for k, layer in enumerate(layers):
        for _ in range(2):
            tf.function(lambda x, at=layer, k=k: at(x, training=bool(k)))(X)
    seen["graph"] = max(gap(*pair) for pair in zip(layers[0].states, layers[1].states, strict=True))
    return seen


@attack("trainer.target-axis")
def flat():
    """Every loss of Keras, with weights, XLA, batch 1, ids: do flat targets train otherwise?"""
    skipped = {"Loss", "CTC"}
    names = [
        name
        for name in dir(keras.losses)
        if isinstance(getattr(keras.losses, name), type) and name not in skipped
    ]
    functions = ["mse", "mae", "binary_crossentropy", "sparse_categorical_crossentropy", "dice"]
    bad = {}
    for name in [*names, *functions]:
        for size, weights, how in (
            (3, None, EAGER),
            (1, None, EAGER),
            (3, np.array([1.0, 2.0, 3.0]), EAGER),
            (3, None, {}),
        ):
            if how == {} and name not in ("MeanSquaredError", "Dice", "BinaryCrossentropy"):
                continue

            def trained(target, name=name, size=size, weights=weights, how=how):
                kind = getattr(keras.losses, name)
                loss = kind() if isinstance(kind, type) else kind
                model = compiled(lambda: LSTM(1, activation="sigmoid"), loss=loss, **how)
                model.fit(X, target, size, sample_weight=weights, shuffle=False, verbose=0)
                return np.concatenate([np.ravel(w) for w in model.get_weights()])

            y = np.array([0.0, 1.0, 0.0], "float32") if "Sparse" not in name else np.zeros(3)
            pair = [outcome(lambda t=t, run=trained: np.round(run(t), 5)) for t in (y, y[:, None])]
            if pair[0] != pair[1]:
                bad[name, size, weights is None] = [text[:70] for text in pair]
    return bad


@attack("models.without-input")
@attack("errors.rounded-ids")
def without_input():
    """Ids in 16 bits and large ones, float64, whole numbers then others, lengths: how far?"""
    seen = {}
    ids = np.array([[2049, 2051, 7], [2999, 1, 2]])
    large = np.array([[2**24 + 1, 2**24 + 3]])
    stacks = {
        "ids": (lambda: [L.Embedding(3000, 3), LSTM(2)], [ids]),
        "ids, mixed": (lambda: [L.Embedding(3000, 3, dtype="mixed_float16"), LSTM(2)], [ids]),
        "ids, bfloat16": (lambda: [L.Embedding(3000, 3, dtype="bfloat16"), LSTM(2)], [ids]),
        "large ids": (lambda: [L.Embedding(2**24 + 8, 1), LSTM(2)], [large]),
        "hashed": (lambda: [L.Hashing(1000), L.Embedding(1000, 2), LSTM(2)], [large]),
        "lookup": (
            lambda: [L.IntegerLookup(vocabulary=[2**24 + 1, 5]), L.Embedding(9, 2), LSTM(2)],
            [large],
        ),
        "float64": (lambda: [LSTM(2, dtype="float64")], [X.astype("float64") / 3]),
        "float64 second": (
            lambda: [Own(lambda x: x), LSTM(2, dtype="float64")],
            [X.astype("float64") / 3],
        ),
        "whole first": (lambda: [LSTM(2)], [np.ones((3, 5, 3), int), X]),
        "lengths": (lambda: [L.Bidirectional(LSTM(2)), L.Dense(1)], [X, X[:1, :2], X[:2, :1]]),
        "masked": (lambda: [L.Masking(), LSTM(2)], [PADDED, X]),
        "conv": (lambda: [L.Conv1D(4, 1), L.MaxPooling1D(1), LSTM(2)], [X, X[:, :2]]),
        "unrolled": (lambda: [LSTM(2, unroll=True)], [X, X[:, :2]]),
        "pooled": (lambda: [LSTM(2, **ROWS), L.GlobalAveragePooling1D()], [X, X[:, :2]]),
    }
    for name, (make, inputs) in stacks.items():

        def far(make=make, inputs=inputs):
            layers = make()
            model = keras.Sequential(layers)
            gaps = []
            for x in inputs:
                y = model(x)
                for layer in layers:
                    x = layer(x)
                gaps.append(gap(x, y))
            return gaps

        seen[name] = outcome(far)[:100]
    return seen


@attack("precision.nan-in-weights")
def spoilt():
    """Each weight, gate, type and way: are the unit's first output and all second ones NaN?"""
    bad = {}
    types = "float16", "mixed_bfloat16", "float32", "float64"
    total = 0
    for units, dtype in itertools.product((1, 4, 17), types):
        for place, gate in itertools.product((0, 1, 2), range(4)):
            layer = LSTM(units, dtype=dtype, **ROWS)
            layer.build((3, 5, 3))
            weights = [np.array(w, "float64") for w in layer.get_weights()]
            weights[place][..., -1 if place < 2 else 0, :] if place < 2 else None
            where = (-1, gate * units) if place < 2 else gate * units
            weights[place][where] = np.nan
            layer.set_weights(weights)
            x = np.zeros((3, 5, 3))
            graph = tf.function(layer)
            calls = {"call": lambda at=layer: at(x), "graph": lambda at=graph: at(x)}
            if dtype == "float32" and units == 4:
                xla = tf.function(layer, jit_compile=True)
                calls["XLA"] = lambda at=xla: at(x)
                calls["one step"] = lambda at=layer: tf.function(at)(x[:, :1])
                calls["one step, XLA"] = lambda at=layer: tf.function(at, jit_compile=True)(
                    x[:, :1]
                )
            for way, call in calls.items():
                y = np.isnan(np.array(call(), "float64"))
                total += 1
                if not (y[:, 0, 0].all() and y[:, 1:].all()):
                    bad[units, dtype, place, gate, way] = y[0, :2].astype(int).tolist()
    layer = LSTM(4, unroll=True, **ROWS)
    layer.build((3, 5, 3))
    weights = layer.get_weights()
    weights[1][:, 0] = np.nan
    layer.set_weights(weights)
    for jit in (False, True):
        y = np.isnan(np.array(tf.function(layer, jit_compile=jit)(X)))
        bad["unrolled", jit] = y[0, :2].astype(int).tolist()
    return total, bad


@attack("saving.shared")
def called_twice():
    """Layers, wrappers and models called twice: how many weights has each copy, and how far?"""
    makes = {
        "LSTM": lambda: LSTM(3),
        "states": lambda: LSTM(3, **STATES),
        "both": lambda: L.Bidirectional(LSTM(3)),
        "RNN": lambda: L.RNN([L.LSTMCell(3), L.LSTMCell(3)]),
        "Sequential": lambda: keras.Sequential([keras.Input((5, 3)), L.Dense(2), LSTM(3)]),
        "unbuilt": lambda: keras.Sequential([L.Dense(2), LSTM(3)]),
        "stateful": lambda: LSTM(3, stateful=True),
        "distributed": lambda: L.TimeDistributed(L.Dense(3)),
        "masked": lambda: keras.Sequential([keras.Input((5, 3)), L.Masking(), LSTM(3)]),
    }
    seen = {}
    for name, make in makes.items():
        layer = make()
        inputs = [keras.Input((5, 3), batch_size=3) for _ in range(2)]
        ends = [keras.tree.flatten(layer(x))[0] for x in inputs]
        model = keras.Model(inputs, L.Add()(ends))
        again = {}

        def loaded(kind, model=model):
            with tempfile.TemporaryDirectory() as folder:
                model.save(f"{folder}/a.{kind}")
                return keras.models.load_model(f"{folder}/a.{kind}")

        ways = {
            "clone": lambda m=model: keras.models.clone_model(m),
            "configuration": lambda m=model: keras.Model.from_config(m.get_config()),
            "JSON": lambda m=model: keras.models.model_from_json(m.to_json()),
            "keras": lambda run=loaded: run("keras"),
            "h5": lambda run=loaded: run("h5"),
        }
        for way, copy in ways.items():

            def compare(copy=copy, model=model):
                other = copy()
                other.set_weights(model.get_weights())
                return len(other.weights) == len(model.weights), gap(model([X, -X]), other([X, -X]))

            if name != "stateful":
                again[way] = outcome(compare)[:70]
            else:
                again[way] = outcome(lambda c=copy, m=model: len(c().weights) == len(m.weights))
        seen[name] = again
    return seen


@attack("errors.remainder-in-fit")
def remainders():
    """Last batches of 2 and 1 of batches of 3: refused by fit in each way?"""
    seen = {}
    ways = {
        "Input": (lambda: LSTM(2, stateful=True), EAGER, True),
        "graph": (lambda: LSTM(2, stateful=True), {}, True),
        "XLA": (lambda: LSTM(2, stateful=True), {"jit_compile": True}, True),
        "unrolled": (lambda: LSTM(2, stateful=True, unroll=True), EAGER, True),
        "both": (lambda: L.Bidirectional(LSTM(2, stateful=True), merge_mode="sum"), EAGER, True),
        "RNN": (lambda: L.RNN(L.LSTMCell(2), stateful=True), EAGER, True),
        "no Input": (lambda: LSTM(2, stateful=True), EAGER, False),
        "masked": (lambda: keras.Sequential([L.Masking(), LSTM(2, stateful=True)]), EAGER, True),
        "executions": (lambda: LSTM(2, stateful=True), {"steps_per_execution": 2}, True),
        "state given": (lambda: Given(), EAGER, True),
    }
    for (name, (make, how, fixed)), rest in itertools.product(ways.items(), (2, 1)):

        def fit(make=make, how=how, fixed=fixed, rest=rest):
            start = [keras.Input((5, 3), batch_size=3)] * fixed
            model = keras.Sequential([*start, make()])
            model.compile("sgd", "mse", **how)
            model.fit(draw(3 + rest, 5, 3), np.ones((3 + rest, 2)), 3, verbose=0)

        seen[name, rest] = error(fit)
    return seen


class Given(L.Layer):
    """A stateful LSTM that is given its states at each call."""

    def __init__(self):
        super().__init__()
        self.lstm = LSTM(2, stateful=True)

    def build(self, shape):
        self.lstm.build(shape)

    def call(self, x):
        zeros = keras.ops.zeros_like(x[:, 0, :2])
        return self.lstm(x, initial_state=[zeros, zeros])


@attack("masking.backwards")
def turned_mask():
    """Each mask, type, form and wrapper: backwards, as forwards on what is turned round?"""
    seen = {}
    ways = (
        {},
        ROWS,
        {"stateful": True},
        {"dtype": "mixed_float16"},
        {"zero_output_for_mask": True},
    )
    for how in (*ways, {**ROWS, "zero_output_for_mask": True}):
        layers = twins(other={"go_backwards": True}, **how)
        layers[1].set_weights(layers[0].get_weights())
        gaps = []
        for mask in (VALID, ~VALID, np.zeros((3, 5), bool), np.ones((3, 5), bool)):
            pair = layers[0](X[:, ::-1], mask=mask[:, ::-1]), layers[1](X, mask=mask)
            gaps.append(gap(*pair))
        attached = L.Masking()(PADDED)
        seen[str(how)] = (
            gaps,
            gap(layers[1](attached), layers[0](L.Masking()(PADDED[:, ::-1].copy()))),
        )
        graph = tf.function(layers[1])
        for layer in layers:
            layer.reset_state() if layer.stateful else None
        seen[str(how), "graph"] = gap(
            graph(X, mask=tf.constant(VALID)), layers[0](X[:, ::-1], mask=VALID[:, ::-1])
        )
    return seen


@attack("precision.mixed-stateful")
def in_pieces():
    """Both policies, cuts, scales, activations, XLA, rows: how far is the end from one piece?"""
    seen = {}
    for policy, scale in itertools.product(("mixed_float16", "mixed_bfloat16"), (1, 300)):
        for how in ({}, {"activation": "relu"}, {"unroll": True}, ROWS):
            for cuts in ([2], [1, 2, 3, 4], [50]):
                x = scale * np.random.RandomState(3).randn(3, 5 if cuts != [50] else 100, 3)
                layers = twins(x, stateful=True, dtype=policy, **how)
                if how.get("unroll") and cuts == [50]:
                    continue
                whole = layers[0](x)
                for part in np.split(x, cuts, axis=1):
                    last = layers[1](part)
                pair = [np.array(s, "float64") for s in (layers[0].states[0], layers[1].states[0])]
                seen[policy, scale, str(how), len(cuts)] = gap(*pair)
                del whole, last
    layers = twins(stateful=True, dtype="mixed_float16")
    calls = [tf.function(layer, jit_compile=True) for layer in layers]
    calls[0](X)
    for part in np.split(X, [2], axis=1):
        calls[1](part)
    seen["XLA"] = gap(*[layer.states[0] for layer in layers])
    return {name: far for name, far in seen.items() if far}, len(seen)


class Batches(keras.utils.PyDataset):
    """Batches of two samples, with weights."""

    def __init__(self, data, **options):
        super().__init__(**options)
        self.data = data

    def __len__(self):
        """Return the number of batches."""
        return 3

    def __getitem__(self, k):
        """Return a batch."""
        return tuple(part[2 * k : 2 * k + 2] for part in self.data)


@attack("trainer.sources")
def sources():
    """Of fit as it comes, unshuffled, of validation and predict: the order of samples from each?"""
    x = np.arange(6.0).reshape(6, 1, 1).astype("float32")
    data = x, np.ones((6, 1), "float32"), np.arange(1.0, 7.0, dtype="float32")
    makers = {
        "arrays": lambda: data,
        "tensors": lambda: tuple(map(tf.constant, data)),
        "float64": lambda: tuple(part.astype("float64") for part in data),
        "generator": lambda: (tuple(part[k : k + 2] for part in data) for k in (0, 2, 4)),
        "PyDataset": lambda: Batches(data),
        "workers": lambda: Batches(data, workers=3, use_multiprocessing=False),
        "tf.data": lambda: tf.data.Dataset.from_tensor_slices(data).batch(2),
    }
    seen = {}
    for name, make in makers.items():
        read = []

        class Reader(keras.Model):
            def __init__(self):
                super().__init__()
                self.dense = L.Dense(1)

            def call(self, x, read=read):
                read.extend(np.ravel(x).astype(int).tolist())
                return self.dense(x[:, 0])

        for way in ("fit", "unshuffled", "evaluate", "predict", "validation"):
            keras.utils.set_random_seed(0)
            model = Reader()
            model.compile("sgd", "mse", **EAGER)
            source = make()
            flat = isinstance(source, tuple)
            names = "x", "y", "sample_weight"
            given = dict(zip(names, source, strict=True)) if flat else {"x": source}
            size = {"batch_size": 2} if flat else {}
            read.clear()

            def run(way=way, model=model, given=given, size=size, source=source, flat=flat):
                if way == "fit":
                    model.fit(**given, **size, verbose=0)
                if way == "unshuffled":
                    model.fit(**given, **size, verbose=0, shuffle=False)
                if way == "evaluate":
                    model.evaluate(**given, **size, verbose=0)
                if way == "predict":
                    model.predict(given["x"], **size, verbose=0)
                if way == "validation":
                    more = {"validation_batch_size": 2} if flat else {}
                    model.fit(x[:1], np.ones((1, 1)), validation_data=source, verbose=0, **more)

            raised = error(run)
            seen[name, way] = raised or "".join(map(str, read))
    return seen


@attack("speed.unrolled-pays")
def pays():
    """Plain, with rows, masked, by XLA: the ratio of an unrolled trace and 100 runs to a loop's?"""
    seen = {}
    x = tf.constant(draw(4, 60, 8))
    mask = tf.constant(np.arange(60)[None] < np.array([[60], [20], [40], [50]]))
    ways = {"plain": ({}, {}), "rows": (ROWS, {}), "mask": ({}, {"mask": mask})}
    ways |= {
        "dropout": ({"dropout": 0.5}, {"training": True}),
        "float64": ({"dtype": "float64"}, {}),
    }
    ways |= {"XLA": ({}, {})}
    for name, (how, named) in ways.items():
        spent = []
        for unroll in (False, True):
            layer = LSTM(8, unroll=unroll, **how)
            layer.build(x.shape)
            call = tf.function(partial(layer, **named), jit_compile=name == "XLA")
            start = time.process_time(), time.perf_counter()
            for _ in range(101):
                call(x)
            spent.append([time.process_time() - start[0], time.perf_counter() - start[1]])
        seen[name] = [round(b / a, 1) for a, b in zip(*spent, strict=True)]
    return seen


@attack("training.reproducible")
def reproduced():
    """Embeddings, dropout, generators, tf.data, XLA, callbacks: are weights the same to a bit?"""
    seen = {}
    ids = np.random.RandomState(0).randint(0, 5, (256, 20))

    def data_of(kind, x, y):
        if kind == "generator":
            return ((x[k : k + 32], y[k : k + 32]) for k in range(0, 256, 32))
        if kind == "tf.data":
            return tf.data.Dataset.from_tensor_slices((x, y)).shuffle(100).batch(32)
        if kind == "workers":
            return Wide((x, y), workers=3)
        return None

    stacks = {
        "embedding": lambda: [L.Embedding(5, 64), LSTM(16)],
        "dropout": lambda: [L.Embedding(5, 8), LSTM(16, dropout=0.3, recurrent_dropout=0.3)],
        "noise": lambda: [L.Embedding(5, 8), L.GaussianNoise(0.1), L.Bidirectional(LSTM(16))],
    }
    for (name, make), kind in itertools.product(
        stacks.items(), ("arrays", "generator", "tf.data", "workers", "XLA")
    ):
        if name != "embedding" and kind != "arrays":
            continue
        runs = []
        for _ in range(2):
            keras.utils.set_random_seed(3)
            model = keras.Sequential([keras.Input((20,), dtype="int32"), *make()])
            model.compile("adam", "mse", jit_compile=kind == "XLA")
            width = model.output_shape[-1]
            y = np.ones((256, width), "float32")
            source = data_of(kind, ids, y)
            if source is None:
                model.fit(ids, y, verbose=0)
            else:
                model.fit(source, verbose=0)
            runs.append(np.concatenate([np.ravel(w) for w in model.get_weights()]))
        seen[name, kind] = [np.array_equal(runs[0], run) for run in runs[1:]]
    return seen


class Wide(Batches):
    """Eight batches of 32 samples."""

    def __len__(self):
        """Return the number of batches."""
        return 8

    def __getitem__(self, k):
        """Return a batch."""
        return tuple(part[32 * k : 32 * k + 32] for part in self.data)


@attack("trainer.first-steps")
def first():
    """Steps by size, execution and call of 7 samples: which are read?"""
    seen = {}
    x = np.arange(7.0).reshape(7, 1, 1).astype("float32")
    read = []

    class Reader(keras.Model):
        def call(self, x):
            read.extend([*np.ravel(x).astype(int).tolist(), "|"])
            return x[:, 0]

    for size, steps, many in itertools.product((None, 2), (1, 2, 3, 4, 5, 9), (1, 3)):
        model = Reader()
        model.compile("sgd", "mse", run_eagerly=True, steps_per_execution=many)
        orders = []
        for call in ("predict", "predict", "evaluate", "evaluate"):
            read.clear()
            more = {} if call == "predict" else {"y": np.ones((7, 1))}

            def run(call=call, model=model, size=size, steps=steps, more=more):
                getattr(model, call)(x, batch_size=size, steps=steps, verbose=0, **more)

            raised = error(run)
            orders.append((raised or "") + "".join(map(str, read)))
        seen[size, steps, many] = orders if len(set(orders)) > 1 else orders[0]
    return seen


@attack("dropout.bidirectional")
def dropped_alike():
    """By rates, graphs, training, after a call of a half, loaded: do the halves' masks agree?"""
    seen = {}
    ways = {
        "dropout": {},
        "recurrent too": {"recurrent_dropout": 0.5},
        "rows": ROWS,
        "seed 0": {"seed": 0},
        "stateful": {"stateful": True},
        "mixed": {"dtype": "mixed_float16"},
        "implementation 1": {"implementation": 1},
    }

    def masks(both, call):
        kept = []
        original = L.LSTMCell.get_dropout_mask

        def noting(self, x):
            mask = original(self, x)
            kept.append(mask)
            return mask

        L.LSTMCell.get_dropout_mask = noting
        try:
            call()
        finally:
            L.LSTMCell.get_dropout_mask = original
        flat = [np.array(m[0] if isinstance(m, list) else m, "float32") for m in kept]
        return [bool(np.array_equal(flat[0], m)) for m in flat[1:]]

    for name, how in ways.items():
        both = L.Bidirectional(LSTM(4, **{"dropout": 0.5, "seed": 1, **how}))
        seen[name] = outcome(
            lambda b=both: [all(masks(b, lambda: b(X, training=True))) for _ in range(2)]
        )
    both = L.Bidirectional(LSTM(4, dropout=0.5, seed=1))
    both(X)
    both.forward_layer(X, training=True)
    seen["after a half"] = all(masks(both, lambda: both(X, training=True)))
    used = LSTM(4, dropout=0.5, seed=1)
    used(X, training=True)
    both = L.Bidirectional(used)
    seen["of a used layer"] = all(masks(both, lambda: both(X, training=True)))
    generator = keras.random.SeedGenerator(1)
    seen["a generator"] = outcome(
        lambda: all(
            masks(b, lambda: b(X, training=True))
            for b in [L.Bidirectional(LSTM(4, dropout=0.5, seed=generator))]
        )
    )[:80]
    return seen


@attack("gates.recurrent-activation-places")
def places():
    """Of a layer, RNN, halves, unrolled, by XLA: the shapes that the recurrent activation gets?"""
    seen = {}
    makes = {
        "LSTM": lambda f: LSTM(2, recurrent_activation=f),
        "implementation 1": lambda f: LSTM(2, recurrent_activation=f, implementation=1),
        "unrolled": lambda f: LSTM(2, recurrent_activation=f, unroll=True),
        "RNN": lambda f: L.RNN(L.LSTMCell(2, recurrent_activation=f)),
        "relu": lambda f: LSTM(2, recurrent_activation=f, activation="relu"),
        "one unit": lambda f: LSTM(1, recurrent_activation=f),
    }
    for name, make in makes.items():
        given = []

        def noting(x, given=given):
            given.append(tuple(x.shape))
            return keras.ops.sigmoid(x)

        make(noting)(X)
        seen[name] = len(given), set(given)
    return seen


@attack("gates.equations")
def step_by_hand():
    """Types, units, large and infinite states, whole numbers: the relative error of h and c?"""
    seen = {}
    for dtype, units in itertools.product(("float16", "float32", "float64"), (1, 300)):
        for size in (1, 1e3, np.inf):
            layer = LSTM(units, dtype=dtype, return_state=True)
            layer.build((3, 1, 3))
            kernel, recurrent, bias = (np.array(w, "float64") for w in layer.get_weights())
            h = 0.5 * np.ones((3, units))
            c = size * draw(3, units)
            x = np.arange(9).reshape(3, 1, 3)
            i, f, g, o = np.split(x[:, 0] @ kernel + h @ recurrent + bias, 4, axis=-1)
            i, f, o = (1 / (1 + np.exp(-z)) for z in (i, f, o))
            new_c = f * c + i * np.tanh(g)
            new_h = o * np.tanh(new_c)
            y, _, final = layer(x, initial_state=[h.astype(dtype), c.astype(dtype)])
            far = np.abs(np.array(y, "float64") - new_h).max()
            with np.errstate(invalid="ignore"):
                rest = np.nanmax(np.abs(np.array(final, "float64") / new_c - 1))
            seen[dtype, units, size] = f"{far:.0e} {rest:.0e}"
    return seen


@attack("masking.bidirectional-unrolled")
def unrolled_halves():
    """Masked rows of both halves, unrolled and not: zeros at masked timesteps, and equal?"""
    layers = [L.Bidirectional(LSTM(2, unroll=unroll, **ROWS)) for unroll in (False, True)]
    for layer in layers:
        layer.build(X.shape)
    layers[1].set_weights(layers[0].get_weights())
    rows = [np.array(layer(X, mask=VALID)) for layer in layers]
    zeros = [not np.any(y[~VALID]) for y in rows]
    halves = np.split(np.array(rows), 2, axis=-1)
    return zeros, [round(gap(*pair), 3) for pair in halves]


@attack("trainer.weight-of-a-sequence")
def weights_of_sequences():
    """Widths, timesteps as many as samples, masks, nested sequences: by weights, and by hand?"""
    seen = {}
    w = np.array([1.0, 10.0, 100.0])
    for steps, width, loss, masked in itertools.product(
        (1, 3, 5), (1, 2), ("mse", "mae", "binary_crossentropy"), (False, True)
    ):
        layers = [L.Masking()] * masked
        keras.utils.set_random_seed(0)
        rows = LSTM(width, activation="sigmoid", **ROWS)
        model = keras.Sequential([keras.Input((steps, 3)), *layers, rows])
        model.compile("sgd", loss, **EAGER)
        valid = VALID[:, :steps] if masked else np.ones((3, steps), bool)
        x = np.where(valid[..., None], draw(3, steps, 3), 0)
        y = np.ones((3, steps, width))
        each = np.array(keras.losses.get(loss)(y, model(x)))
        hand = np.sum(each * w[:, None] * valid) / valid.sum()
        got = outcome(lambda: model.evaluate(x, y, 3, 0, w))
        seen[steps, width, loss, masked] = got[:60], round(float(hand), 4)
    for many in (2, 3):
        model = keras.Sequential([keras.Input((many, 5, 3)), L.TimeDistributed(LSTM(2, **ROWS))])
        model.compile("sgd", "mse", **EAGER)
        x = draw(3, many, 5, 3)
        y = np.ones((3, many, 5, 2))
        each = np.mean(np.square(np.array(model(x)) - 1), axis=(1, 2, 3))
        got = outcome(lambda m=model, x=x, y=y: m.evaluate(x, y, 3, 0, w))
        seen["nested", many] = got[:60], round(float(np.mean(each * w)), 4)
    return {k: v for k, v in seen.items() if not v[0].startswith(str(v[1])[:4])}, len(seen)


@attack("trainer.mask-in-metrics")
def metrics_of_masks():
    """In fit, evaluate, by weights, of objects, in several batches: the means, all and valid?"""
    seen = {}
    names = ["mse", "mae", keras.metrics.RootMeanSquaredError]
    for way, weights in itertools.product(
        ("metrics", "weighted_metrics"), (None, np.array([1.0, 1.0, 1.0]), np.ones((3, 5)))
    ):
        for size in (3, 2, 1):
            metrics = [name if isinstance(name, str) else name(name="r") for name in names]
            model = compiled(L.Masking, lambda: LSTM(2, **ROWS), **{way: metrics}, **EAGER)
            far = np.array(model(PADDED)) - 1
            both = [
                [np.mean(far[v] ** 2), np.mean(np.abs(far[v])), np.sqrt(np.mean(far[v] ** 2))]
                for v in (VALID, np.ones_like(VALID))
            ]

            def run(model=model, size=size, weights=weights):
                values = model.evaluate(PADDED, np.ones((3, 5, 2)), size, 0, weights)
                return np.array(values[1:])

            try:
                values = run()
                near = [
                    "".join("va"[k] for k in (0, 1) if abs(both[k][at] - value) < 1e-4) or "?"
                    for at, value in enumerate(values)
                ]
            except Exception as raised:
                near = type(raised).__name__
            key = None if weights is None else weights.ndim
            seen[way, key, size] = near
    return seen


@attack("models.causal-attention")
def causal():
    """Scores of each size, then infinity and NaN at the fourth timestep: do they move row two?"""
    seen = {}
    makes = {
        "Attention": lambda t: L.Attention(dtype=t),
        "AdditiveAttention": lambda t: L.AdditiveAttention(dtype=t),
        "MultiHeadAttention": lambda t: L.MultiHeadAttention(1, 3, dtype=t),
        "GroupQueryAttention": lambda t: L.GroupQueryAttention(3, 2, 1, dtype=t),
    }
    for (name, make), dtype in itertools.product(
        makes.items(), ("float32", "mixed_float16", "mixed_bfloat16", "float64")
    ):
        for scale in (1, 1e2, 1e5):
            layer = make(dtype)
            x = (scale * X).astype("float32")

            def rows(x, layer=layer, both="MultiHead" in name or "Group" in name):
                given = (x, x) if both else ([x, x],)
                return np.array(layer(*given, use_causal_mask=True), "float64")

            def moved(other, x=x, rows=rows):
                z = x.copy()
                z[:, 3] = other
                pair = [rows(y)[:, 1] for y in (x, z)]
                return not np.array_equal(*pair, equal_nan=True)

            seen[name, dtype, scale] = [
                outcome(lambda v=v, run=moved: run(v))[:20] for v in (scale * 7, np.inf, np.nan)
            ]
    return seen


@attack("shapes.input-untouched")
def untouched():
    """Backwards, masked, stateful, wrappers, float64, graphs, lists: has the array changed?"""
    seen = {}
    makes = {
        "LSTM": lambda: LSTM(2),
        "backwards": lambda: LSTM(2, go_backwards=True),
        "stateful": lambda: LSTM(2, stateful=True),
        "dropout": lambda: LSTM(2, dropout=0.5),
        "both": lambda: L.Bidirectional(LSTM(2)),
        "unrolled": lambda: LSTM(2, unroll=True, go_backwards=True),
        "masking": lambda: L.Masking(),
    }
    for (name, make), dtype in itertools.product(makes.items(), ("float16", "float32", "float64")):
        x = X.astype(dtype)
        mask = VALID.copy()
        old = x.copy()
        layer = make()
        calls = [lambda: layer(x, training=True), lambda: tf.function(layer)(x)]
        if name != "masking":
            calls.append(lambda: layer(x, mask=mask))
        for call in calls:
            call()
        seen[name, dtype] = np.array_equal(x, old), np.array_equal(mask, VALID)
    return all(all(pair) for pair in seen.values()), len(seen)


@attack("trainer.accumulation-carried")
def carried():
    """Optimizers, loss scaling, XLA, two fits, compile: after which batches do weights move?"""
    seen = {}
    how = {"gradient_accumulation_steps": 2}
    optimizers = {
        "SGD": lambda: keras.optimizers.SGD(0.1, **how),
        "Adam": lambda: keras.optimizers.Adam(0.1, **how),
        "momentum": lambda: keras.optimizers.SGD(0.1, 0.9, **how),
        "EMA": lambda: keras.optimizers.SGD(0.1, use_ema=True, ema_overwrite_frequency=1, **how),
        "scaled": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1, **how)),
    }
    for (name, optimizer), jit in itertools.product(optimizers.items(), (False, True)):
        for fits in ((2,), (1, 1))[: 2 - jit]:
            steps = []

            class Watch(keras.callbacks.Callback):
                def on_train_batch_begin(self, batch, logs=None):
                    self.old = self.model.get_weights()

                def on_train_batch_end(self, batch, logs=None, steps=steps):
                    pairs = zip(self.old, self.model.get_weights(), strict=True)
                    steps.append(int(any(gap(*pair) for pair in pairs)))

            model = compiled(lambda: LSTM(2), optimizer=optimizer(), jit_compile=jit)
            for epochs in fits:
                model.fit(
                    X, np.ones((3, 2)), 1, epochs, verbose=0, callbacks=[Watch()], shuffle=False
                )
            seen[name, jit, fits] = "".join(map(str, steps))
    return seen


class Wants(L.Layer):
    """A cell of some state size that makes no states."""

    def __init__(self, size, width=None, **options):
        super().__init__(**options)
        self.state_size = size
        self.output_size = width or 2

    def call(self, inputs, states):
        return inputs, states


@attack("wrappers.stack-keeps-the-form")
def forms_of_states():
    """Numbers, lists, tuples, one and none, numpy's: the states that a stack makes of two cells?"""
    seen = {}
    sizes = {"2": 2, "[2]": [2], "[2, 3]": [2, 3], "(2,)": (2,), "(2, 3)": (2, 3), "0": 0}
    sizes |= {"int64": np.int64(2), "[[2], 3]": [[2], 3], "[(2, 3)]": [(2, 3)], "[]": []}

    def form(states):
        if isinstance(states, (list, tuple)):
            return type(states).__name__[0] + "(" + ", ".join(map(form, states)) + ")"
        return "T"

    for name, size in sizes.items():
        stack = outcome(
            lambda s=size: form(
                L.StackedRNNCells([Wants(s), L.LSTMCell(2)]).get_initial_state(batch_size=3)
            )
        )
        seen[name] = stack[:90]
    return seen


@attack("errors.refused-layer-stays")
def stays():
    """Layers of wrong axes, sizes, names and types, nested models: in the model, after add, pop?"""
    seen = {}
    other = keras.Sequential([keras.Input((None, 7)), LSTM(2)], name="other")
    refused = {
        "LSTM": (lambda: [LSTM(2)], lambda: LSTM(3)),
        "both": (lambda: [LSTM(2)], lambda: L.Bidirectional(LSTM(3))),
        "Conv1D": (lambda: [LSTM(2)], lambda: L.Conv1D(2, 1)),
        "pooling": (lambda: [LSTM(2)], lambda: L.MaxPooling1D(2)),
        "model": (lambda: [LSTM(2, **ROWS)], lambda: other),
        "Reshape": (lambda: [LSTM(2)], lambda: L.Reshape((7,))),
        "Permute": (lambda: [LSTM(2)], lambda: L.Permute((2, 1))),
        "own": (lambda: [LSTM(2)], lambda: Own(lambda x: x[:, :, :, 0])),
        "Concatenate": (lambda: [LSTM(2)], lambda: L.Concatenate()),
        "Attention": (lambda: [LSTM(2, **ROWS)], lambda: L.Attention()),
        "Wants": (lambda: [LSTM(2, **ROWS)], lambda: L.LSTMCell(2)),
        "Dot": (lambda: [LSTM(2)], lambda: L.Dot(1)),
        "built": (lambda: [LSTM(2, **ROWS)], lambda: built_for(7)),
    }
    for name, (start, make) in refused.items():
        model = keras.Sequential([keras.Input((5, 3)), *start()])
        before = len(model.layers)
        first = error(lambda m=model, make=make: m.add(make()))
        stayed = len(model.layers) - before
        second = error(lambda m=model: m.add(L.Activation("relu")))
        more = len(model.layers) - before
        pops = []
        while len(model.layers) > before:
            pops.append(error(model.pop))
        works = error(lambda m=model: m(X))
        seen[name] = first, stayed, second, more, pops, works
    return seen


def built_for(width):
    """Return an LSTM that is built for some features."""
    layer = LSTM(2)
    layer.build((None, None, width))
    return layer


class Emitting(L.Layer):
    """A cell of one state that puts out twice its new state."""

    state_size = output_size = 3

    def call(self, inputs, states):
        new = keras.ops.tanh(inputs + states[0])
        return 2 * new, [new]


@attack("wrappers.stack-step")
def steps_of_stacks():
    """LSTM, GRU and own cells, stacks in stacks, types: as one cell after the other?"""
    seen = {}
    stacks = {
        "LSTM": lambda: [L.LSTMCell(3), L.LSTMCell(4)],
        "GRU": lambda: [L.GRUCell(3), L.GRUCell(3)],
        "own first": lambda: [Emitting(), L.LSTMCell(3)],
        "mixed types": lambda: [L.LSTMCell(3, dtype="float64"), L.LSTMCell(3, dtype="float16")],
        "nested": lambda: [L.StackedRNNCells([L.LSTMCell(3), L.LSTMCell(3)]), L.LSTMCell(3)],
        "one": lambda: [L.LSTMCell(3)],
    }
    for name, make in stacks.items():

        def far(make=make):
            cells = make()
            stack = L.StackedRNNCells(cells)
            states = stack.get_initial_state(batch_size=3)
            y, new = stack(X[:, 0], states)
            z = X[:, 0]
            by_h = X[:, 0]
            for cell, state in zip(cells, states, strict=True):
                z, _ = cell(z, state)
                by_h = keras.tree.flatten(cell(by_h, state)[1])[0]
            return gap(y, z), gap(y, by_h), type(new).__name__, [type(s).__name__ for s in new]

        seen[name] = outcome(far)[:100]
    return seen


@attack("models.conv-lstm-frames")
def frames():
    """Kernels of one, strides, padding, the global format: the shape of the last frame?"""
    x = np.ones((2, 3, 8, 9, 1), "float32")
    ways = {
        "plain": {"kernel_size": 3},
        "one": {"kernel_size": 1},
        "same": {"kernel_size": 3, "padding": "same"},
        "same, strides": {"kernel_size": 3, "padding": "same", "strides": 2},
        "backwards": {"kernel_size": 3, "go_backwards": True},
        "states": {"kernel_size": 3, "return_state": True},
    }
    seen = {
        name: outcome(
            lambda how=how: [tuple(y.shape) for y in keras.tree.flatten(L.ConvLSTM2D(4, **how)(x))]
        )
        for name, how in ways.items()
    }
    keras.config.set_image_data_format("channels_first")
    try:
        seen["channels_first"] = tuple(L.ConvLSTM2D(4, 1).compute_output_shape((2, 3, 8, 9, 1)))
    finally:
        keras.config.set_image_data_format("channels_last")
    return seen


@keras.saving.register_keras_serializable(package="draw15")
class Half:
    """A registered activation that is an object."""

    def __call__(self, x):
        return 0.5 * keras.ops.tanh(x)

    def get_config(self):
        return {}


@attack("saving.registered-activation")
def registered():
    """Named as one of Keras', classes, lambdas, two of one name, as cells' and in wrappers: far?"""
    seen = {}
    register = keras.saving.register_keras_serializable

    def named(name, package, scale):
        def function(x):
            return scale * keras.ops.tanh(x)

        function.__name__ = function.__qualname__ = name
        return register(package=package)(function)

    functions = {name: named(name, "draw15", 0.5) for name in ("mine", "relu", "get", "Tanh")}
    functions["tanh"] = named("tanh", "draw15", 0.25)
    functions["lambda"] = register(package="draw15")(lambda x: 0.5 * keras.ops.tanh(x))
    functions["other name"] = register(package="draw15", name="relu6")(named("n", "a15", 0.5))
    functions["twice"] = named("mine", "other15", 0.25)
    functions["class"] = Half()
    places = {
        "LSTM": lambda f: LSTM(2, activation=f),
        "recurrent": lambda f: LSTM(2, recurrent_activation=f),
        "RNN": lambda f: L.RNN(L.LSTMCell(2, activation=f)),
        "both": lambda f: L.Bidirectional(LSTM(2, activation=f)),
        "layer": lambda f: keras.Sequential([LSTM(2, **ROWS), L.Activation(f)]),
    }
    for (name, function), (place, make), kind in itertools.product(
        functions.items(), places.items(), ("keras", "h5")
    ):

        def far(function=function, make=make, kind=kind):
            model = keras.Sequential([keras.Input((5, 3)), make(function)])
            with tempfile.TemporaryDirectory() as folder:
                model.save(f"{folder}/a.{kind}")
                return gap(model(X), keras.models.load_model(f"{folder}/a.{kind}")(X))

        seen[name, place, kind] = outcome(far)[:70]
    return {key: far for key, far in seen.items() if far != "0.0"}, len(seen)


@attack("wrappers.directions-agree")
def disagreeing():
    """Each option that differs, in classes and kinds of number: which are refused, by what word?"""
    seen = {}
    pairs = {
        "rows": (ROWS, {}),
        "states": (STATES, {}),
        "stateful": ({"stateful": True}, {}),
        "rows by 1": (ROWS, {"return_sequences": 1}),
        "rows, states": ({**ROWS, **STATES}, {}),
        "all": ({**ROWS, **STATES, "stateful": True}, {}),
        "unroll": ({"unroll": True}, {}),
        "zeros": ({"zero_output_for_mask": True}, {}),
        "dtype": ({"dtype": "float16"}, {}),
        "units": ({"units": 3}, {}),
    }
    for (name, (a, b)), kind in itertools.product(pairs.items(), ("LSTM", "GRU", "RNN")):
        for turn in (False, True):
            forwards, backwards = (b, a)[:: 1 if turn else -1]

            def make(forwards=forwards, backwards=backwards, kind=kind):
                two = {"units": 2, **backwards, "go_backwards": True}
                if kind == "RNN":
                    inner = {k: two.pop(k) for k in ("units",)}
                    backward = L.RNN(L.LSTMCell(**inner), **two)
                else:
                    backward = getattr(L, kind)(**two)
                return L.Bidirectional(LSTM(**{"units": 2, **forwards}), backward_layer=backward)

            seen[name, kind, turn] = outcome(make).split("Received")[0][:110]
    return {k: v for k, v in seen.items() if "Bidirectional name" not in v}


@attack("trainer.compiled-anew")
def anew():
    """With the old optimizer, its learning rate, frozen, other losses: how far from a new model?"""
    seen = {}

    def model_of(weights=None):
        keras.utils.set_random_seed(0)
        model = keras.Sequential(
            [keras.Input((5, 3)), LSTM(4, kernel_regularizer="l2"), L.Dense(1)]
        )
        if weights:
            model.set_weights(weights)
        return model

    makes = {
        "SGD": lambda: keras.optimizers.SGD(0.1),
        "momentum": lambda: keras.optimizers.SGD(0.1, 0.9),
        "Adam": lambda: keras.optimizers.Adam(0.1),
        "decay": lambda: keras.optimizers.SGD(
            keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)
        ),
    }
    for (name, make), same in itertools.product(makes.items(), (False, True)):
        model = model_of()
        optimizer = make()
        model.compile(optimizer, "mse", metrics=["mae"], **EAGER)
        model.fit(X, np.ones((3, 1)), epochs=3, verbose=0)
        other = model_of(model.get_weights())
        model.compile(optimizer if same else make(), "mae", metrics=["mse"], **EAGER)
        other.compile(make(), "mae", metrics=["mse"], **EAGER)
        reports = [
            m.fit(X, np.ones((3, 1)), epochs=3, verbose=0, shuffle=False) for m in (model, other)
        ]
        values = [[v for k in sorted(r.history) for v in r.history[k]] for r in reports]
        seen[name, same] = round(gap(*values), 4)
    for name in ("by name", "the same object"):
        model = model_of()
        metric = "mse" if name == "by name" else keras.metrics.MeanSquaredError()
        model.compile("sgd", "mse", metrics=[metric], **EAGER)
        model.fit(X, np.ones((3, 1)), verbose=0)
        other = model_of(model.get_weights())
        model.compile("sgd", "mse", metrics=[metric], **EAGER)
        other.compile("sgd", "mse", metrics=["mse"], **EAGER)
        seen[name] = gap(*[m.train_on_batch(X, np.ones((3, 1))) for m in (model, other)])
    return seen


class LSTMCell(L.LSTMCell):
    """A cell named as one of Keras, that returns twice its output."""

    def call(self, *given, **named):
        y, states = super().call(*given, **named)
        return 2 * y, states


class Mine(LSTMCell):
    """A cell of one's own, named as none of Keras."""


@attack("saving.config-custom-objects")
def custom():
    """Cells named as Keras' and not, deep, by other names, in wrappers: which class comes back?"""
    seen = {}
    for cell in (Mine, LSTMCell):
        makes = {
            "RNN": lambda cell=cell: L.RNN(cell(2)),
            "cells": lambda cell=cell: L.RNN([L.LSTMCell(2), cell(2)]),
            "stack": lambda cell=cell: L.StackedRNNCells([L.LSTMCell(2), cell(2)]),
            "deep": lambda cell=cell: L.RNN(
                L.StackedRNNCells([L.StackedRNNCells([cell(2), cell(2)]), cell(2)])
            ),
            "both": lambda cell=cell: L.Bidirectional(L.RNN(cell(2))),
            "distributed": lambda cell=cell: L.TimeDistributed(L.RNN(cell(2))),
        }
        for name, make in makes.items():

            def classes(make=make, cell=cell):
                layer = make()
                again = type(layer).from_config(
                    layer.get_config(), custom_objects={cell.__name__: cell}
                )
                inside = keras.tree.flatten(
                    [getattr(s, "__module__", "") for s in again._flatten_layers()]
                )
                return sum("draw_15" in module for module in inside)

            seen[cell.__name__, name] = outcome(classes)[:80]
    return seen


@attack("trainer.own-loop")
def loops():
    """Optimizers with means, clips, decay, accumulation; constraints, batches: how far from fit?"""
    seen = {}
    o = keras.optimizers
    makes = {
        "SGD": lambda: o.SGD(0.1),
        "Adam": lambda: o.Adam(0.1),
        "clipped": lambda: o.SGD(0.5, clipnorm=0.01),
        "global": lambda: o.SGD(0.5, global_clipnorm=0.01),
        "decay": lambda: o.AdamW(0.1, weight_decay=0.1),
        "accumulated": lambda: o.SGD(0.5, gradient_accumulation_steps=2),
        "means": lambda: o.SGD(0.5, use_ema=True),
        "means, often": lambda: o.SGD(0.5, use_ema=True, ema_overwrite_frequency=1),
        "schedule": lambda: o.SGD(o.schedules.ExponentialDecay(0.5, 1, 0.5)),
        "scaled": lambda: o.LossScaleOptimizer(o.SGD(0.5)),
    }
    for name, make in makes.items():
        results = []
        for own in (False, True):
            model = compiled(
                lambda: LSTM(4, kernel_constraint="max_norm"), lambda: L.Dense(1), optimizer=make()
            )
            y = np.ones((3, 1), "float32")
            if not own:
                model.fit(X, y, 1, 2, verbose=0, shuffle=False)
            else:
                optimizer = model.optimizer
                weights = model.trainable_weights
                for k in [0, 1, 2] * 2:
                    with tf.GradientTape() as tape:
                        values = keras.losses.mean_squared_error(y[k : k + 1], model(X[k : k + 1]))
                        mean = tf.reduce_mean(values)
                        if name == "scaled":
                            mean = optimizer.scale_loss(mean)
                    optimizer.apply_gradients(
                        zip(tape.gradient(mean, [w.value for w in weights]), weights, strict=True)
                    )
            results.append(np.concatenate([np.ravel(w) for w in model.get_weights()]))
        seen[name] = float(f"{gap(*results):.0e}")
    return seen


@attack("masking.loss")
@attack("trainer.mask-in-the-loss")
@attack("trainer.mask-and-weight")
@attack("trainer.mask-in-metrics")
@attack("training.timestep-weight")
@attack("trainer.weight-as-copies")
def times_nan():
    """NaN as target or weight where a mask or a weight of zero is: loss and metric?"""
    rows = np.ones((3, 5, 2))
    holes = np.where(VALID[..., None], rows, np.nan)
    masked = compiled(L.Masking, lambda: LSTM(2, **ROWS), metrics=["mae"], **EAGER)
    plain = compiled(lambda: LSTM(2, **ROWS), **EAGER)
    final = compiled(lambda: LSTM(2), weighted_metrics=["mae"], **EAGER)
    targets = np.array([[1.0, 1.0], [np.nan, 1.0], [1.0, 1.0]])
    return {
        "masked": masked.evaluate(PADDED, rows, 3, 0),
        "target": masked.evaluate(PADDED, holes, 3, 0),
        "weight": masked.evaluate(PADDED, rows, 3, 0, np.where(VALID, 1, np.nan)),
        "timestep of weight 0": plain.evaluate(X, holes, 3, 0, VALID * 1.0),
        "sample of weight 0": final.evaluate(X, targets, 3, 0, np.array([1.0, 0.0, 1.0])),
    }


@attack("trainer.on-batch-alone")
@attack("trainer.epochs-anew")
@attack("trainer.any-metric")
def used_metrics():
    """A metric object that has counted 64: what each call reports first and then, from near 1?"""
    seen = {}
    y = np.ones((3, 2))
    calls = {
        "fit": lambda m: m.fit(X, y, verbose=0).history["mean_squared_error"][0],
        "evaluate": lambda m: m.evaluate(X, y, verbose=0)[1],
        "train_on_batch": lambda m: m.train_on_batch(X, y)[1],
        "test_on_batch": lambda m: m.test_on_batch(X, y)[1],
    }
    for name, call in calls.items():
        metric = keras.metrics.MeanSquaredError()
        metric.update_state(y, 9 * y)
        optimizer = keras.optimizers.SGD(0.0)
        model = compiled(lambda: LSTM(2), metrics=[metric], optimizer=optimizer, **EAGER)
        seen[name] = [round(float(call(model)), 2) for _ in range(2)]
    return seen


@attack("training.input-gradient")
@attack("training.tape")
def rounded_gradients():
    """Of 60 timesteps of relu, large weights: errors of output and gradient, over their size?"""
    results = []
    weights = []
    for dtype in ("float32", "float64"):
        keras.utils.set_random_seed(0)
        layer = LSTM(16, activation="relu", dtype=dtype)
        layer.build((3, 60, 3))
        weights = weights or [4 * w for w in layer.get_weights()]
        layer.set_weights(weights)
        x = tf.constant(np.random.RandomState(1).randn(3, 60, 3), dtype)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
            total = tf.reduce_sum(y)
        results.append((y, tape.gradient(total, x)))
    pairs = zip(*results, strict=True)
    return [round(gap(a, b) / float(np.abs(np.array(b)).max()), 3) for a, b in pairs]


@attack("wrappers.sees-the-future")
@attack("masking.bidirectional-unrolled")
def first_backwards():
    """A first layer that reads backwards: rows that the last timestep moves; zeros under a mask?"""
    both = [
        L.Bidirectional(
            LSTM(2, go_backwards=True, unroll=unroll, **ROWS),
            backward_layer=LSTM(2, unroll=unroll, **ROWS),
        )
        for unroll in (False, True)
    ]
    x = X.copy()
    x[:, -1] += 1
    moved = np.abs(np.array(both[0](x)) - np.array(both[0](X))).max(axis=0) > 1e-6
    return moved.astype(int).tolist(), [
        not np.any(np.array(layer(X, mask=VALID))[~VALID]) for layer in both
    ]


@attack("trainer.steps-per-epoch")
@attack("trainer.validation-steps")
def uneven_steps():
    """7 samples in 4, 5 and 9 steps without batch_size: which batches in fit and validation?"""
    seen = {}
    read = []
    x = np.arange(7.0).reshape(7, 1, 1)
    y = np.ones((7, 1))

    class Reader(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = L.Dense(1)

        def call(self, x):
            read.append("".join(map(str, np.ravel(x).astype(int))))
            return self.dense(x[:, 0])

    for steps in (4, 5, 9):
        model = Reader()
        model.compile("sgd", "mse", **EAGER)
        model(x)
        read.clear()
        model.fit(x, y, steps_per_epoch=steps, shuffle=False, verbose=0)
        trained = read.copy()
        read.clear()
        model.fit(x[:1], y[:1], validation_data=(x, y), validation_steps=steps, verbose=0)
        seen[steps] = trained, read.copy()
    return seen


@attack("speed.new-length")
def new_lengths():
    """By XLA and without: the ratio of new lengths without a signature to those with one?"""
    seen = {}
    for jit in (False, True):
        layer = LSTM(8)
        layer.build((4, 5, 8))
        spent = []
        for signature in (None, [tf.TensorSpec((None, None, 8))]):
            call = tf.function(partial(layer.__call__), jit_compile=jit, input_signature=signature)
            for steps in range(4, 12):
                if steps == 6:
                    start = time.process_time()
                call(tf.ones((4, steps, 8)))
            spent.append(time.process_time() - start)
        seen["XLA" if jit else "plain"] = round(spent[0] / spent[1], 1)
    return seen


@attack("models.forms")
def doubles():
    """float64 layers under the policy float32: how far are a subclass and a functional model?"""
    layers = [LSTM(3, dtype="float64", **ROWS), LSTM(2, dtype="float64")]
    x = keras.Input((5, 3), dtype="float64")
    model = keras.Model(x, layers[1](layers[0](x)))

    class Chain(keras.Model):
        def call(self, x):
            return layers[1](layers[0](x))

    numbers = X.astype("float64") / 3
    return gap(model(numbers), Chain()(numbers))


@attack("errors.id-out-of-range")
def rounded_ids():
    """In a Sequential model of mixed_bfloat16 the id 1001 of 1001: refused, without Input too?"""
    ids = np.array([[1001]])
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        starts = {"Input": [keras.Input((None,), dtype="int32")], "none": []}
        return {
            name: error(lambda s=start: keras.Sequential([*s, L.Embedding(1001, 2)])(ids))
            for name, start in starts.items()
        }
    finally:
        keras.config.set_dtype_policy("float32")


def adapted_models():
    """Yield models that begin with a layer that was adapted to data, each with an input."""
    text = L.TextVectorization(output_sequence_length=3)
    text.adapt(tf.constant(["a b c d"]))
    lookup = L.IntegerLookup()
    lookup.adapt(np.array([[7, 8], [9, 11]]))
    bins = L.Discretization(num_bins=4)
    bins.adapt(np.arange(20.0).reshape(-1, 1))
    scale = L.Normalization()
    scale.adapt(draw(9, 5, 3))
    inputs = {
        "TextVectorization": (text, (1,), tf.constant([["a b c"], ["b d"]])),
        "IntegerLookup": (lookup, (2,), tf.constant([[7, 8], [9, 7]], tf.int64)),
        "Discretization": (bins, (2,), tf.constant([[1.0, 9.0], [19.0, 3.0]])),
        "Normalization": (scale, (5, 3), tf.constant(X)),
    }
    for name, (layer, shape, x) in inputs.items():
        table = [] if name == "Normalization" else [L.Embedding(12, 3)]
        start = keras.Input(shape, dtype=x.dtype.name)
        yield name, keras.Sequential([start, layer, *table, LSTM(2)]), x


@attack("models.made-again")
@attack("saving.weights-file")
@attack("saving.layers-read-again")
@attack("saving.vocabulary")
def adapted():
    """Layers adapted to data, cloned, by a file and by weights: how far from the model?"""
    seen = {}
    for name, model, x in adapted_models():
        with tempfile.TemporaryDirectory() as folder:
            model.save(f"{folder}/a.keras")
            model.save_weights(f"{folder}/a.weights.h5")

            def cloned(model=model):
                clone = keras.models.clone_model(model)
                clone.set_weights(model.get_weights())
                return clone

            def read(model=model, folder=folder):
                config = model.layers[0].get_config()
                for key in ("vocabulary", "bin_boundaries"):
                    config.pop(key, None)
                first = type(model.layers[0]).from_config(config)
                rest = [type(at).from_config(at.get_config()) for at in model.layers[1:]]
                again = keras.Sequential([keras.Input(x.shape[1:], dtype=x.dtype.name), first])
                for layer in rest:
                    again.add(layer)
                again.load_weights(f"{folder}/a.weights.h5")
                return again

            ways = {
                "clone": cloned,
                "file": partial(keras.models.load_model, f"{folder}/a.keras"),
                "weights": read,
            }
            seen[name] = {
                way: outcome(lambda m=make, x=x, model=model: gap(m()(x), model(x)))[:40]
                for way, make in ways.items()
            }
    return seen


@attack("models.made-again")
@attack("models.every-way")
def python_lambda():
    """A Lambda of a Python lambda, cloned and from its configuration: the error, or how far?"""
    model = keras.Sequential([keras.Input((5, 3)), L.Lambda(lambda x: x * 2), LSTM(2)])
    ways = {
        "clone": lambda: keras.models.clone_model(model),
        "configuration": lambda: keras.Sequential.from_config(model.get_config()),
    }
    return {way: error(make) for way, make in ways.items()}


@attack("gates.delay-line")
def infinite_delay():
    """Three linear units in a chain, the second input infinite: what do they put out?"""
    chain = LSTM(3, activation="linear", recurrent_activation="linear")
    chain.build((1, 3, 1))
    kernel, recurrent, bias = (np.zeros_like(w) for w in chain.get_weights())
    bias[[0, 1, 2, 9, 10, 11]] = kernel[0, 6] = recurrent[0, 7] = recurrent[1, 8] = 1
    chain.set_weights([kernel, recurrent, bias])
    lines = [np.array([[[1.0], [last], [3.0]]]) for last in (2, np.inf)]
    return [np.array(chain(x)).tolist() for x in lines]
