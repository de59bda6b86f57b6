"""Attacks on 38 claims drawn after the kinds of draw_16 were mended, each with a program."""

from __future__ import annotations

import itertools
import json
import tempfile
import time
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.draw_1 import LSTM, L, X, draw
from tools.studies.attacks.draw_11 import compiled, error, form, gap
from tools.studies.attacks.draw_12 import EAGER, PADDED, ROWS, VALID
from tools.studies.attacks.draw_14 import shortest
from tools.studies.attacks.shared import ones

STATES = {"return_state": True}
OPTIMIZERS = {
    "SGD": partial(keras.optimizers.SGD, 0.1, momentum=0.9),
    "Adam": partial(keras.optimizers.Adam, 0.01),
    "AdamW": partial(keras.optimizers.AdamW, 0.01),
    "Ftrl": partial(keras.optimizers.Ftrl, 0.01),
    "Lamb": partial(keras.optimizers.Lamb, 0.01),
    "Adafactor": partial(keras.optimizers.Adafactor, 0.01),
    "Muon": partial(keras.optimizers.Muon, 0.01),
}


@attack("precision.whole-numbers-are-cast")
def whole_numbers():
    """Types of numbers, policies, ways, in training with dropout: apart from floats, or errors?"""
    seen = {}
    ways = {
        "LSTM": lambda **how: LSTM(4, **how),
        "unrolled": lambda **how: LSTM(4, unroll=True, **how),
        "backwards": lambda **how: LSTM(4, go_backwards=True, **how),
        "by gate": lambda **how: LSTM(4, implementation=1, **how),
    }
    drops = (
        {"dropout": 0.5},
        {"recurrent_dropout": 0.5},
        {"dropout": 0.5, "recurrent_dropout": 0.5},
    )
    kinds = ("int32", "int64", "uint8", "int8", "bool")
    whole = np.random.RandomState(0).randint(0, 2, (3, 5, 3))
    for (way, make), drop, policy, kind in itertools.product(
        ways.items(), drops, ("float32", "float64", "mixed_float16"), kinds
    ):
        if (way != "LSTM" and kind != "int32") or (policy != "float32" and drop != drops[0]):
            continue
        results = []
        for x in (whole.astype(kind), tf.cast(whole, kind), whole.astype("float32")):
            layer = make(seed=1, dtype=policy, kernel_initializer="ones", **drop)
            results.append(outcome(lambda: np.array(layer(x, training=True), "float64").tolist()))
        same = [result == results[2] for result in results[:2]]
        if not all(same):
            seen[way, str(drop), policy, kind] = [
                "same" if equal else result[:60]
                for equal, result in zip(same, results, strict=False)
            ]
    wrapped = {
        "Bidirectional": lambda: L.Bidirectional(LSTM(4, dropout=0.5, seed=1)),
        "RNN": lambda: L.RNN(L.LSTMCell(4, dropout=0.5, seed=1)),
        "stacked": lambda: L.RNN([L.LSTMCell(4, dropout=0.5, seed=1), L.LSTMCell(4)]),
        "stateful": lambda: LSTM(4, dropout=0.5, seed=1, stateful=True),
    }
    for name, make in wrapped.items():
        results = []
        layers = make(), make()
        for layer, kind in zip(layers, ("int32", "float32"), strict=True):
            layer.build((3, 5, 3))
            layer.set_weights(layers[0].get_weights())
            results.append(
                outcome(lambda: np.array(layer(whole.astype(kind), training=True)).tolist())
            )
        seen[name] = results[0] == results[1] or results[0][:80]
    for kind in ("int32", "bool"):
        model = keras.Sequential([keras.Input((5, 3), dtype=kind), LSTM(4, dropout=0.5)])
        model.compile("sgd", "mse")
        seen["fit", kind] = error(lambda: model.fit(whole.astype(kind), ones(3, 4), verbose=0))
    return seen


class Rates(keras.callbacks.Callback):
    """Remembers the loss on data at each end of an epoch."""

    def __init__(self, x, y):
        super().__init__()
        self.data = x, y
        self.losses = []

    def on_epoch_end(self, epoch, logs=None):
        """Evaluate what the model is now."""
        self.losses.append(loss_of(self.model, *self.data))


@attack("trainer.validation")
def validation():
    """Dropout, penalties, a stateful layer, an average: val_loss, and that of the weights?"""
    seen = {}
    x = draw(12, 5, 3)
    y = draw(12, 4)
    ways = {
        "plain": {},
        "dropout": {"dropout": 0.5},
        "penalty": {"kernel_regularizer": "l2"},
        "recurrent": {"recurrent_dropout": 0.3},
    }
    for name, how in ways.items():
        for split in (False, True):
            keras.utils.set_random_seed(0)
            model = keras.Sequential([keras.Input((5, 3)), LSTM(4, **how)])
            model.compile(keras.optimizers.SGD(0.1), "mse", **EAGER)
            held = (x[8:], y[8:])
            given = {"validation_split": 1 / 3} if split else {"validation_data": held}
            rates = Rates(*held)
            train = (x, y) if split else (x[:8], y[:8])
            logs = model.fit(
                *train, batch_size=4, epochs=3, verbose=0, callbacks=[rates], **given
            ).history
            seen[name, split] = gap(logs["val_loss"], rates.losses)
    for way, how in (("graph", {}), ("eager", EAGER)):
        model = compiled(lambda: LSTM(4), **how)
        before = model.get_weights()
        logs = model.fit(x, y, batch_size=4, shuffle=False, verbose=0, validation_data=(x, y))
        other = compiled(lambda: LSTM(4), **EAGER)
        other.set_weights(before)
        steps = []
        for k in range(0, 12, 4):
            steps.append(float(np.mean((np.array(other(x[k : k + 4])) - y[k : k + 4]) ** 2)))
            other.train_on_batch(x[k : k + 4], y[k : k + 4])
        seen["loss", way] = gap(logs.history["loss"], np.mean(steps))
    model = compiled(lambda: LSTM(4), optimizer=keras.optimizers.SGD(0.1, use_ema=True))
    rates = Rates(x, y)
    logs = model.fit(x, y, epochs=2, verbose=0, validation_data=(x, y), callbacks=[rates]).history
    seen["average"] = gap(logs["val_loss"], rates.losses)
    return {name: float(f"{far:.1g}") for name, far in seen.items()}


class Reports(keras.callbacks.Callback):
    """Says what the loss of each epoch is."""

    def __init__(self, losses):
        super().__init__()
        self.losses = losses

    def on_epoch_end(self, epoch, logs=None):
        """Replace the loss of an epoch."""
        logs["val_loss"] = self.losses[epoch % len(self.losses)]


@attack("trainer.early-stopping")
def stopping():
    """Drawn, equal, growing, infinite losses, by two fits, a late start: epochs behind the best?"""
    seen = {}
    random = np.random.RandomState(0)
    cases = {
        "drawn": random.rand(30),
        "equal": np.ones(30),
        "growing": np.arange(30.0),
        "falling": -np.arange(30.0),
        "negative": -random.rand(30),
        "NaN first": np.r_[np.nan, np.arange(29.0, 0, -1)],
        "NaN later": np.r_[3, 2, np.nan, 1, np.full(26, np.nan)],
        "inf": np.full(30, np.inf),
        "inf first": np.r_[np.inf, np.inf, np.inf, 1, np.full(26, 2.0)],
    }
    model = compiled(lambda: LSTM(4))
    for (name, losses), patience in itertools.product(cases.items(), (1, 3)):
        stop = keras.callbacks.EarlyStopping(patience=patience)
        runs = []
        for start in (0, 7):
            history = model.fit(
                X,
                ones(3, 4),
                epochs=30,
                initial_epoch=start,
                verbose=0,
                callbacks=[Reports(losses), stop],
            ).epoch
            shown = losses[start : history[-1] + 1]
            best = 0 if np.isnan(shown).all() else int(np.nanargmin(shown))
            runs.append(len(shown) - 1 - best)
        seen[name, patience] = runs
    return seen


def masked_call(layer, masking, x):
    """Return what a layer puts out behind another, in training."""
    return layer(masking(x), training=True)


@attack("masking.nan-value")
def nan_value():
    """Types, graphs, XLA, cells, dropout: rows of NaN from a NaN at timestep 1, of 5?"""
    seen = {}
    for partly, kind in itertools.product((False, True), ("float32", "float16")):
        x = X.astype(kind)
        x[0, 1, : 1 if partly else 3] = np.nan
        layers = {
            "LSTM": LSTM(4, dtype=kind, **ROWS),
            "unrolled": LSTM(4, dtype=kind, unroll=True, **ROWS),
            "dropout": LSTM(4, dtype=kind, dropout=0.5, recurrent_dropout=0.5, **ROWS),
            "RNN": L.RNN(L.LSTMCell(4, dtype=kind), dtype=kind, **ROWS),
            "zero": LSTM(4, dtype=kind, zero_output_for_mask=True, **ROWS),
        }
        for name, layer in layers.items():
            masking = L.Masking(np.nan, dtype=kind)
            call = partial(masked_call, layer, masking)
            runs = {"call": call}
            if name == "LSTM":
                runs["graph"] = tf.function(call)
                runs["XLA"] = tf.function(call, jit_compile=True)
                model = keras.Sequential([keras.Input((5, 3), dtype=kind), masking, layer])
                runs["predict"] = partial(model.predict, verbose=0)
            for way, run in runs.items():
                lost = np.isnan(np.array(run(tf.constant(x) if way != "predict" else x), "float64"))
                rows = lost.all(-1).astype(int)
                seen[partly, kind, name, way] = rows[0].tolist(), rows[1:].sum()
    right = ([0, 1, 1, 1, 1], 0)
    return {name: rows for name, rows in seen.items() if rows != right}, len(seen)


@attack("gates.elu-reaches-any-target")
def any_target():
    """By biases, numbers of 1e-45 to 3e38 as targets, in each type; by Adam up to 1,000: errors?"""
    seen = {}
    for kind, target in itertools.product(
        ("float32", "float64", "float16"),
        (1e-45, 1e-40, 1e-30, 1e-6, 0.1, 1, 5, 1000, 60000, 1e30, 3e38, 1e300),
    ):
        if not 0 < np.array(target, kind) < np.inf:
            continue
        layer = LSTM(1, activation="elu", dtype=kind)
        layer.build((1, 1, 1))
        layer.set_weights([np.zeros((1, 4)), np.zeros((1, 4)), np.array([50, 0, target, 50])])
        y = float(np.array(layer(np.zeros((1, 1, 1), kind)))[0, 0])
        seen[kind, target] = float(f"{y / float(np.array(target, kind)) - 1:.1g}")
    for target in (0.5, 50):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((5, 3)), LSTM(4, activation="elu")])
        model.compile(keras.optimizers.Adam(0.05), "mse")
        y = np.full((3, 4), target)
        model.fit(X, y, epochs=600, verbose=0)
        seen["Adam", target] = np.round(model.predict(X, verbose=0), 3).ravel()[:4].tolist()
    return seen


def last_batches(samples, size):
    """Return ways to give samples to fit in batches of a size."""
    x = draw(samples, 5, 3)
    y = draw(samples, 4)
    pairs = tf.data.Dataset.from_tensor_slices((x, y)).batch(size)

    def generated():
        for k in range(0, samples, size):
            yield x[k : k + size], y[k : k + size]

    return {
        "arrays": lambda model, **how: model.fit(x, y, batch_size=size, verbose=0, **how),
        "unshuffled": lambda model, **how: model.fit(
            x, y, batch_size=size, shuffle=False, verbose=0, **how
        ),
        "dataset": lambda model, **how: model.fit(pairs, verbose=0, **how),
        "generator": lambda model, **how: model.fit(generated(), verbose=0, **how),
    }


@attack("errors.trained-before-refusal")
def smaller_last():
    """Eager, XLA, unrolled, masked, two steps at once, 5 samples: steps before which error?"""
    seen = {}
    ways = {
        "graph": {},
        "eager": {"run_eagerly": True},
        "XLA": {"jit_compile": True},
        "two at once": {"steps_per_execution": 2},
        "three at once": {"steps_per_execution": 3},
    }
    models = {
        "LSTM": lambda: [LSTM(4, stateful=True)],
        "unrolled": lambda: [LSTM(4, stateful=True, unroll=True)],
        "masked": lambda: [L.Masking(), LSTM(4, stateful=True)],
        "both": lambda: [L.Bidirectional(LSTM(2, stateful=True))],
        "two": lambda: [LSTM(4, stateful=True, **ROWS), LSTM(4, stateful=True)],
    }
    for (way, how), (name, make) in itertools.product(ways.items(), models.items()):
        if name != "LSTM" and way != "graph":
            continue
        for samples in (10, 11) if way == "eager" else (10,):
            for given, fit in last_batches(samples, 4).items():
                if given != "arrays" and way != "eager":
                    continue
                model = keras.Sequential([keras.Input(batch_shape=(4, 5, 3)), *make()])
                model.compile("sgd", "mse", **how)
                before = model.get_weights()
                refused = error(lambda: fit(model))
                moved = max(map(gap, before, model.get_weights())) > 0
                seen[way, name, samples, given] = refused, int(model.optimizer.iterations), moved
    return seen


@attack("precision.gate-functions")
def gate_functions():
    """120,000 numbers, small, large, in calls, graphs, XLA and gates: errors in units of 2**-23?"""
    seen = {}
    x = np.r_[
        np.linspace(-100, 100, 40_001),
        np.linspace(-10, 10, 40_001),
        np.linspace(-1, 1, 20_001),
        np.geomspace(1e-38, 1e38, 10_001),
        -np.geomspace(1e-38, 1e38, 10_001),
    ].astype("float32")
    exact = x.astype("float64")
    with np.errstate(over="ignore"):
        right = {"tanh": np.tanh(exact), "sigmoid": 1 / (1 + np.exp(-exact))}
    for name, expected in right.items():
        function = keras.activations.get(name)
        ways = {
            "call": function,
            "graph": tf.function(function),
            "XLA": tf.function(function, jit_compile=True),
            "by threes": lambda x, f=function: tf.concat(
                [f(part) for part in np.array_split(x[::300], 1000)], 0
            ),
        }
        for way, run in ways.items():
            y = np.array(run(tf.constant(x)))
            far = gap(y, expected[::300] if way == "by threes" else expected)
            seen[name, way] = round(far * 2**23, 2)
    layer = LSTM(1, return_state=True)
    layer.build((1, 1, 1))
    kernel = np.zeros((1, 4))
    for gate, bias in (("i", [0, 0, 50, 0]), ("c", [50, 0, 0, 0]), ("o", [50, 0, 50, 0])):
        kernel[:] = 0
        kernel[0, {"i": 0, "c": 2, "o": 3}[gate]] = 1
        layer.set_weights([kernel, np.zeros((1, 4)), np.array(bias)])
        numbers = x[:, None, None]
        for way, jit in (("graph", False), ("XLA", True)):
            y, _, c = tf.function(layer, jit_compile=jit)(numbers)
            got = np.array(y if gate == "o" else c)[:, 0]
            expected = right["tanh" if gate == "c" else "sigmoid"]
            expected = expected * np.tanh(1) if gate == "o" else expected
            seen[gate, way] = round(gap(got, expected) * 2**23, 2)
    return seen


def copies_of(model):
    """Return a model made again in each way, with the weights of the first one."""
    ways = {
        "clone": lambda: keras.models.clone_model(model),
        "config": lambda: type(model).from_config(model.get_config()),
        "json": lambda: keras.models.model_from_json(model.to_json()),
    }
    folder = tempfile.mkdtemp()
    for kind in ("keras", "h5"):
        path = str(Path(folder) / f"model.{kind}")

        def read(path=path):
            model.save(path)
            return keras.models.load_model(path)

        ways[kind] = read
    return ways


def apart(model, *inputs):
    """Return how far each copy is from a model, or its error."""
    seen = {}
    before = keras.tree.flatten(model(list(inputs) if len(inputs) > 1 else inputs[0]))
    for way, make in copies_of(model).items():

        def far(make=make):
            copy = make()
            copy.set_weights(model.get_weights())
            after = keras.tree.flatten(copy(list(inputs) if len(inputs) > 1 else inputs[0]))
            return max(gap(a, b) for a, b in zip(before, after, strict=True))

        seen[way] = outcome(far)
    return {way: far for way, far in seen.items() if far != "0.0"} or "same"


def functional_models():
    """Return functional and Sequential models, by name, with their inputs."""
    x = keras.Input((5, 3))
    ids = keras.Input((5,), dtype="int32")
    other = keras.Input((5, 3))
    state = keras.Input((4,))
    mask = keras.Input((5,), dtype="bool")
    words = np.array([[1, 2, 0, 0, 0], [3, 1, 2, 0, 0], [0, 1, 0, 2, 0]])
    shared = LSTM(4)
    inner = keras.Sequential([keras.Input((5, 3)), LSTM(4, **ROWS), LSTM(4)])
    deep = keras.Model(x, L.Dense(4)(LSTM(4)(x)))
    encoder = LSTM(4, return_state=True)
    _, h, c = encoder(x)
    late = L.Dense(4, name="late")
    early = L.Dense(4, name="early")
    frozen = LSTM(4, trainable=False, **ROWS)
    normal = L.BatchNormalization()
    rows = LSTM(4, **ROWS)(x)
    sequential = keras.Sequential
    return {
        "plain": (sequential([keras.Input((5, 3)), LSTM(4)]), X),
        "no input": (sequential([LSTM(4, **ROWS), LSTM(4)]), X),
        "nested": (sequential([keras.Input((5, 3)), inner, L.Dense(2)]), X),
        "both": (sequential([keras.Input((5, 3)), L.Bidirectional(LSTM(4), "sum")]), X),
        "masking": (sequential([keras.Input((5, 3)), L.Masking(), LSTM(4)]), X),
        "words": (keras.Model(ids, LSTM(4)(L.Embedding(9, 3, mask_zero=True)(ids))), words),
        "twice": (keras.Model([x, other], shared(x) - shared(other)), X, X + 1),
        "model twice": (keras.Model([x, other], inner(x) + 2 * inner(other)), X, X + 1),
        "deep": (keras.Model(x, deep(x)), X),
        "seq2seq": (keras.Model([x, other], LSTM(4)(other, initial_state=[h, c])), X, X + 1),
        "given": (keras.Model([x, state], LSTM(4)(x, initial_state=[state, state])), X, draw(3, 4)),
        "masks": (keras.Model([x, mask], LSTM(4)(x, mask=mask)), X, VALID),
        "operators": (keras.Model(x, rows[:, -1] * 2 + keras.ops.max(rows, axis=1)), X),
        "order": (keras.Model([x, other], late(LSTM(4)(x)) + early(LSTM(4)(other))), X, X + 1),
        "frozen": (keras.Model(x, LSTM(4)(normal(frozen(x)))), X),
        "attention": (keras.Model(x, L.Attention()([rows, rows])), X),
        "cells": (sequential([keras.Input((5, 3)), L.RNN([L.LSTMCell(4), L.LSTMCell(2)])]), X),
        "distributed": (
            sequential([keras.Input((2, 5, 3)), L.TimeDistributed(LSTM(4))]),
            draw(3, 2, 5, 3),
        ),
        "stateful": (sequential([keras.Input(batch_shape=(3, 5, 3)), LSTM(4, stateful=True)]), X),
        "training": (keras.Model(x, LSTM(4)(x, training=False)), X),
        "type": (sequential([keras.Input((5, 3)), LSTM(4, dtype="mixed_float16")]), X),
        "outputs": (keras.Model(x, {"a": LSTM(4)(x), "b": [rows, x]}), X),
        "by position": (keras.Model([x, state], LSTM(4)(x, (state, state))), X, draw(3, 4)),
        "constant": (keras.Model(x, LSTM(4)(x, mask=tf.constant(VALID))), X),
        "constant state": (keras.Model(x, LSTM(4)(x, initial_state=[ones(3, 4)] * 2)), X),
        "lambda": (keras.Model(x, L.Lambda(lambda t: t[:, -1])(rows)), X),
        "activation": (sequential([keras.Input((5, 3)), LSTM(4, activation=L.LeakyReLU())]), X),
        "function": (sequential([keras.Input((5, 3)), LSTM(4, activation=tf.sin)]), X),
    }


@attack("models.made-again")
def again():
    """Nested, shared, masked, stateful, of constants: how far are clone, configuration, file?"""
    models = functional_models()
    return {name: seen for name, given in models.items() if (seen := apart(*given)) != "same"}


def counted(model):
    """Return the numbers of layers and of numbers in weights."""
    return len(model.layers), model.count_params()


@attack("saving.shared")
def called_twice():
    """A layer, wrapper, model, nested, in turns, on one input, of states: layers and weights?"""
    x = keras.Input((5, 3))
    other = keras.Input((5, 3))
    lstm = LSTM(3, **ROWS)
    states = LSTM(4, return_state=True)
    both = L.Bidirectional(LSTM(4))
    sequential = keras.Sequential([keras.Input((5, 3)), LSTM(3, **ROWS)])
    free = keras.Sequential([LSTM(3, **ROWS)])
    inner = keras.Model(x, LSTM(3, **ROWS)(x))
    outer = keras.Model([x, other], inner(x) + inner(other))
    cells = L.RNN([L.LSTMCell(3), L.LSTMCell(2)])
    alone = LSTM(4)
    _, *pair = states(x)
    masking = L.Masking()
    frozen = LSTM(3, trainable=False, **ROWS)
    embedding = L.Embedding(9, 3, mask_zero=True)
    ids = [keras.Input((5,), dtype="int32") for _ in range(2)]
    distributed = L.TimeDistributed(L.Dense(3))
    stateful = keras.Input(batch_shape=(3, 5, 3))
    kept = LSTM(3, stateful=True, **ROWS)
    models = {
        "in turns": keras.Model(x, lstm(lstm(lstm(x)))),
        "one input": keras.Model(x, alone(x) + alone(x)),
        "backwards": keras.Model(x, [alone(x), alone(x[:, ::-1])]),
        "both": keras.Model([x, other], both(x) - both(other)),
        "Sequential": keras.Model([x, other], sequential(x) - sequential(sequential(other))),
        "free Sequential": keras.Model([x, other], free(x) - free(other)),
        "model": outer,
        "model of it": keras.Model([x, other], outer([x, other]) + outer([other, x])),
        "cells": keras.Model([x, other], cells(x) - cells(other)),
        "states": keras.Model([x, other], states(other, initial_state=pair)[0]),
        "masks": keras.Model([x, other], alone(masking(x)) - alone(masking(other))),
        "frozen": keras.Model([x, other], frozen(x) - frozen(other)),
        "words": keras.Model(ids, [alone(embedding(tokens)) for tokens in ids]),
        "distributed": keras.Model([x, other], distributed(x) - distributed(other)),
        "stateful": keras.Model(stateful, kept(kept(stateful))),
        "training": keras.Model(x, alone(x, training=True) + alone(x, training=False)),
        "Dict": keras.Model({"a": x, "b": other}, {"y": alone(x), "z": alone(other)}),
    }
    seen = {}
    for name, model in models.items():
        for way, make in copies_of(model).items():
            copy = outcome(lambda make=make: counted(make()))
            if copy != str(counted(model)):
                seen[name, way] = copy, counted(model)
    return seen, len(models)


@attack("models.merge-of-widths")
def widths():
    """Sizes, orders, unknown lengths, three inputs, types: other numbers, or errors?"""
    seen = {}
    merges = {
        "Add": lambda a, b: a + b,
        "Subtract": lambda a, b: a - b,
        "Multiply": lambda a, b: a * b,
        "Average": lambda a, b: (a + b) / 2,
        "Maximum": np.maximum,
        "Minimum": np.minimum,
    }
    sizes = [(3, 5, 4), (1, 1, 4), (1, 4, 4), (4, 4, 4), (3, 5, 1), (2, 1000, 300)]
    count = 0
    for (name, rule), (batch, steps, features), turned in itertools.product(
        merges.items(), sizes, (False, True)
    ):
        a = draw(batch, steps, 1)
        b = draw(batch, steps, features)
        pair = (b, a) if turned else (a, b)
        ways = {"call": lambda: getattr(L, name)()(list(map(tf.constant, pair)))}
        for length, fixed in ((steps, None), (None, batch)):

            def predict(length=length, fixed=fixed):
                inputs = [keras.Input(batch_shape=(fixed, length, x.shape[-1])) for x in pair]
                model = keras.Model(inputs, getattr(L, name)()(inputs))
                return model.predict(list(pair), verbose=0, batch_size=batch)

            if steps < 100 and name in ("Add", "Subtract"):
                ways["model", length is None, fixed is None] = predict
        for way, run in ways.items():
            count += 1
            result = outcome(lambda: gap(run(), rule(*pair)) < 1e-5)
            if result != "True":
                seen.setdefault((name, way), []).append(
                    (batch, steps, features, turned, result[:50])
                )
    a = draw(3, 5, 1)
    b = draw(3, 5, 4)
    seen["three"] = outcome(lambda: L.Add()([a, b, a]).shape)
    seen["three, narrow first"] = outcome(lambda: L.Add()([a, a, b]).shape)
    seen["types"] = outcome(lambda: L.Add()([tf.cast(a, "float16"), b]).dtype)
    seen["whole"] = outcome(lambda: L.Add()([tf.cast(a, "int32"), tf.cast(b, "int32")]).dtype)
    rows = [LSTM(units, **ROWS) for units in (1, 4)]
    x = keras.Input((None, 3))
    model = keras.Model(x, L.Add()([layer(x) for layer in rows]))
    model.compile("sgd", "mse")
    seen["fit"] = error(lambda: model.fit(X, ones(3, 5, 4), verbose=0))
    return seen, count


class Bare:
    """A cell that is no layer."""

    state_size = (4, 4)
    output_size = 4

    def build(self, shape):
        """Make nothing."""

    def get_initial_state(self, batch_size=None):
        """Return zeros."""
        return [tf.zeros((batch_size, 4)), tf.zeros((batch_size, 4))]

    def call(self, inputs, states, training=False):
        """Return the states."""
        return states[0] + 1, [states[0] + 1, states[1]]


class Called(Bare):
    """A cell that is no layer, but may be called."""

    def __call__(self, inputs, states, **how):
        return self.call(inputs, states, **how)


class Plainest:
    """A cell of a call and a size alone, that may be called."""

    state_size = 4

    def call(self, inputs, states):
        """Return the state."""
        return states[0] + 1, [states[0] + 1]

    __call__ = call


class Module(tf.Module, Bare):
    """A cell that is a module of TensorFlow."""


class ModuleCalled(tf.Module, Called):
    """A cell that is a module of TensorFlow and may be called."""


class Operation(keras.Operation):
    """A cell that is an operation of Keras."""

    state_size = (4, 4)
    output_size = 4

    def call(self, inputs, states, training=False):
        """Return the states."""
        return states[0] + 1, [states[0] + 1, states[1]]

    def compute_output_spec(self, inputs, states, training=False):
        """Return what it is given."""
        return states[0], states


@attack("wrappers.plain-class")
def plain_classes():
    """With and without __call__, modules, operations, in each way: the error, or the output?"""
    seen = {}
    ways = {
        "call": lambda cell: L.RNN(cell)(X),
        "unrolled": lambda cell: L.RNN(cell, unroll=True)(X),
        "rows": lambda cell: L.RNN(cell, **ROWS)(X),
        "stateful": lambda cell: L.RNN(cell, stateful=True)(X),
        "given": lambda cell: L.RNN(cell)(X, initial_state=[ones(3, 4)] * 2),
        "masked": lambda cell: L.RNN(cell)(X, mask=VALID),
        "both": lambda cell: L.Bidirectional(L.RNN(cell))(X),
        "graph": lambda cell: tf.function(L.RNN(cell))(X),
        "model": lambda cell: keras.Sequential([L.RNN(cell)]).predict(X, verbose=0),
        "Input": lambda cell: keras.Model(x := keras.Input((5, 3)), L.RNN(cell)(x)),
        "stacked": lambda cell: L.RNN(L.StackedRNNCells([cell]))(X),
        "list": lambda cell: L.RNN([cell])(X),
    }
    for kind, (way, run) in itertools.product(
        (Bare, Called, Plainest, Module, ModuleCalled, Operation), ways.items()
    ):
        result = outcome(lambda: np.array(run(kind())).shape if way != "Input" else run(kind()))
        seen[kind.__name__, way] = result[:60]
    return seen


@attack("trainer.optimizer-unchanged")
def unchanged():
    """Seven optimizers, with words too: after 2 steps, how far apart for the way that they went?"""
    seen = {}
    limits = {
        "clipnorm": {"clipnorm": 1e6},
        "clipvalue": {"clipvalue": 1e6},
        "global_clipnorm": {"global_clipnorm": 1e6},
    }
    schedules = {
        "pieces": lambda rate: keras.optimizers.schedules.PiecewiseConstantDecay([9], [rate, rate]),
        "exponential": lambda rate: keras.optimizers.schedules.ExponentialDecay(rate, 9, 1.0),
    }
    scaled = keras.optimizers.LossScaleOptimizer

    def read(optimizer):
        text = json.dumps(keras.optimizers.serialize(optimizer))
        return keras.optimizers.deserialize(json.loads(text))

    def spared(optimizer):
        optimizer.exclude_from_weight_decay(var_names=["bias"])
        return optimizer

    words = np.array([[1, 2, 2, 0, 0], [3, 1, 2, 4, 0], [5, 1, 1, 2, 1]])
    for (name, make), embedded in itertools.product(OPTIMIZERS.items(), (False, True)):
        if embedded and name not in ("SGD", "Adam", "Muon"):
            continue
        rate = make.args[0]
        ways = {
            "same": make,
            "scaled": lambda make=make: scaled(make()),
            "scaled by 1000": lambda make=make: scaled(make(), initial_scale=1000.0),
            "JSON": lambda make=make: read(make()),
            "JSON, all": lambda make=make: read(scaled(make(clipnorm=1e6), initial_scale=8.0)),
            "decay JSON": lambda make=make: read(make(weight_decay=0.1)),
            "decay scaled": lambda make=make: scaled(make(weight_decay=0.1)),
            "decay": lambda make=make: make(weight_decay=0.1),
            "decay, no bias": lambda make=make: spared(make(weight_decay=0.1)),
            "decay JSON, no bias": lambda make=make: read(spared(make(weight_decay=0.1))),
        }
        for limit, how in limits.items():
            ways[limit] = partial(make, **how)
        for schedule, given in schedules.items():
            ways[schedule] = partial(make.func, given(rate), **make.keywords)
        results = {}
        for way, new in ways.items():
            keras.utils.set_random_seed(0)
            layers = (
                [keras.Input((5,)), L.Embedding(9, 3, mask_zero=True)]
                if embedded
                else [keras.Input((5, 3))]
            )
            model = keras.Sequential([*layers, LSTM(4)])
            before = model.get_weights()
            try:
                model.compile(new(), "mse", **EAGER)
                for _ in range(2):
                    model.train_on_batch(words if embedded else X, draw(3, 4))
            except Exception as raised:
                seen[name, embedded, way] = str(raised)[:80]
                continue
            results[way] = model.get_weights()
        moved = max(map(gap, before, results["same"]))
        for way, weights in results.items():
            base = results[
                "same" if "decay" not in way else "decay, no bias" if "bias" in way else "decay"
            ]
            far = max(map(gap, base, weights)) / moved
            if far > 1e-4:
                seen[name, embedded, way] = float(f"{far:.1g}")
    return seen


@attack("models.parameters-of-conv-lstm")
def parameters_of_conv_lstm():
    """Filters, sizes, channels, padding, strides, dilation, types: which counts are others?"""
    seen = {}
    ways = (
        {},
        {"padding": "same"},
        {"strides": 2},
        {"dilation_rate": 2},
        {"return_sequences": True},
        {"dtype": "mixed_float16"},
        {"stateful": True},
    )
    for filters, (a, b), channels, how in itertools.product(
        (1, 3, 16), ((1, 1), (3, 3), (2, 3)), (1, 3, 8), ways
    ):
        layer = L.ConvLSTM2D(filters, (a, b), **how)
        layer.build((2, 4, 12, 14, channels))
        expected = 4 * (filters * a * b * (channels + filters) + filters)
        if layer.count_params() != expected:
            seen[filters, a, b, channels, str(how)] = layer.count_params(), expected
    model = keras.Sequential([keras.Input((4, 12, 14, 3)), L.ConvLSTM2D(5, 3)])
    seen["model"] = model.count_params() - 4 * (5 * 9 * 8 + 5)
    layer = L.ConvLSTM2D(5, 3, data_format="channels_first", padding="same")
    layer.build((2, 4, 3, 12, 14))
    seen["channels first"] = layer.count_params() - 4 * (5 * 9 * 8 + 5)
    return seen


@attack("sequences.output-is-not-c")
def outputs_and_cells():
    """Given states, masks, long, wide, dropout, in float64: numbers that are no nearer to zero?"""
    seen = {}
    ways = {
        "plain": {},
        "mask": {"mask": VALID},
        "none valid": {"mask": np.zeros((3, 5), bool)},
        "training": {"training": True},
    }
    makes = {
        "LSTM": {},
        "unrolled": {"unroll": True},
        "backwards": {"go_backwards": True},
        "dropout": {"dropout": 0.5, "recurrent_dropout": 0.5},
        "zero": {"zero_output_for_mask": True},
        "orthogonal": {"kernel_initializer": "random_normal", "bias_initializer": "ones"},
    }
    for (name, how), (way, named), scale in itertools.product(
        makes.items(), ways.items(), (0, 1e-3, 1, 10)
    ):
        layer = LSTM(20, dtype="float64", return_state=True, **how)
        states = [scale * draw(3, 20), scale * draw(3, 20) + (scale > 0) * 1e-9]
        y, h, c = layer(X.astype("float64"), initial_state=states, **named)
        for what, value in (("output", y), ("h", h)):
            farther = np.abs(np.array(value)) >= np.abs(np.array(c))
            farther &= np.array(c) != 0
            if farther.any():
                seen[name, way, scale, what] = int(farther.sum())
    y, _, c = LSTM(200, dtype="float64", return_state=True)(draw(4, 300, 3).astype("float64"))
    seen["long"] = int((np.abs(np.array(y)) >= np.abs(np.array(c))).sum())
    return seen


def same_training(model, x, y, fit, evaluate):
    """Return how far apart histories, weights and evaluations are, by arrays and by a dataset."""
    data = tf.data.Dataset.from_tensor_slices((x, y)).batch(4)
    results = []
    for given in (True, False):
        new = model()
        args = (data,) if given else (x, y)
        how = {} if given else {"batch_size": 4, "shuffle": False}
        logs = new.fit(*args, verbose=0, **how, **fit).history
        how = {} if given else {"batch_size": 4}
        values = new.evaluate(*args, verbose=0, **how, **evaluate)
        flat = [np.ravel(values), *[np.ravel(logs[key]) for key in sorted(logs)]]
        results.append([*flat, *new.get_weights()])
    return max(gap(a, b) for a, b in zip(*results, strict=True))


def classes_of(loss):
    """Return a compiled model of four classes."""
    return compiled(lambda: LSTM(4, activation="softmax"), loss=loss, **EAGER)


@attack("trainer.tf-data")
def datasets():
    """Steps, weights of classes, validation, masks, stateful, flat targets: how far apart?"""
    seen = {}
    x = draw(11, 5, 3)
    x[:, 3:] = 0
    y = draw(11, 4)
    held = {"validation_data": (x[:5], y[:5])}
    layers = {
        "LSTM": lambda: [LSTM(4)],
        "masked": lambda: [L.Masking(), LSTM(4)],
        "dropout": lambda: [LSTM(4, dropout=0.5, seed=1)],
        "normal": lambda: [LSTM(4), L.BatchNormalization()],
    }
    fits = {
        "once": {},
        "epochs": {"epochs": 3},
        "held": held,
        "late": {"epochs": 4, "initial_epoch": 2},
        "some steps": {"epochs": 2, "steps_per_epoch": 2},
        "one step": {"epochs": 7, "steps_per_epoch": 1},
        "rarely": {"epochs": 4, "validation_freq": 2, **held},
        "held steps": {"epochs": 2, "validation_steps": 1, "validation_batch_size": 2, **held},
    }
    compiles = {
        "plain": {},
        "metrics": {"metrics": ["mae"], "weighted_metrics": ["mse"]},
        "eager": EAGER,
        "two at once": {"steps_per_execution": 2},
        "XLA": {"jit_compile": True},
    }
    for (layer, make), (name, fit) in itertools.product(layers.items(), fits.items()):
        if layer != "LSTM" and name != "epochs":
            continue
        model = partial(compiled, lambda: keras.Sequential(make()), **EAGER)
        far = outcome(lambda: same_training(model, x, y, fit, {}))
        seen[layer, name] = far
    for name, how in compiles.items():
        model = partial(compiled, lambda: LSTM(4), **how)
        far = outcome(lambda: same_training(model, x, y, {"epochs": 2, **held}, {}))
        seen["compile", name] = far
    model = partial(compiled, lambda: LSTM(4), **EAGER)
    seen["evaluate by steps"] = outcome(lambda: same_training(model, x, y, {}, {"steps": 2}))
    labels = (np.arange(11) % 3).astype("float32")
    for classes, targets in itertools.product(
        ({0: 1.0, 1: 2.0, 2: 5.0, 3: 1.0}, {0: 1.0, 1: 2.0, 2: 5.0}, {1: 5.0}, {0: 1.0, 2: 5.0}),
        ("flat", "column"),
    ):
        model = partial(classes_of, "sparse_categorical_crossentropy")
        target = labels if targets == "flat" else labels[:, None]
        far = outcome(lambda: same_training(model, x, target, {"class_weight": classes}, {}))
        seen["classes", str(classes), targets] = far
    one_hot = np.eye(4, dtype="float32")[labels.astype(int)]
    for classes in ({0: 1.0, 1: 2.0, 2: 5.0, 3: 1.0}, {1: 5.0}):
        model = partial(classes_of, "categorical_crossentropy")
        far = outcome(lambda: same_training(model, x, one_hot, {"class_weight": classes}, {}))
        seen["one-hot", str(classes)] = far
    for target in (draw(11, 1), draw(11)):
        model = partial(compiled, lambda: LSTM(1), metrics=["mae"], **EAGER)
        seen["flat", target.ndim] = outcome(lambda: same_training(model, x, target, {}, {}))
    model = partial(compiled, lambda: LSTM(4, **ROWS), **EAGER)
    seen["rows"] = outcome(lambda: same_training(model, x, draw(11, 5, 4), {}, {}))

    def fixed():
        keras.utils.set_random_seed(0)
        new = keras.Sequential([keras.Input(batch_shape=(4, 5, 3)), LSTM(4, stateful=True)])
        new.compile(keras.optimizers.SGD(0.1), "mse", **EAGER)
        return new

    seen["stateful"] = outcome(lambda: same_training(fixed, x[:8], y[:8], {"epochs": 2}, {}))
    return {name: far for name, far in seen.items() if far != "0.0"}, len(seen)


@attack("speed.unrolled-pays")
def trace_and_runs():
    """Options, a signature, in seconds of clock and processor: a trace and 100 runs, as ratios?"""
    seen = {}
    x = tf.constant(draw(4, 60, 8))
    mask = tf.sequence_mask([60, 40, 20, 10], 60)
    ways = {
        "plain": ({}, {}),
        "rows": (ROWS, {}),
        "mask": ({}, {"mask": mask}),
        "training": ({"dropout": 0.3, "recurrent_dropout": 0.3}, {"training": True}),
    }
    for name, (how, named) in ways.items():
        spent = []
        for unroll in (True, False):
            layer = LSTM(8, unroll=unroll, **how)
            layer(x, **named)
            times = []
            for _ in range(1):
                graph = tf.function(partial(layer, **named))
                clocks = time.perf_counter(), time.process_time()
                for _ in range(100):
                    graph(x)
                times.append((time.perf_counter() - clocks[0], time.process_time() - clocks[1]))
            spent.append(np.min(times, axis=0))
        seen[name] = np.round(spent[0] / spent[1], 2).tolist()
    for name in ("predict", "gradient"):
        spent = []
        for unroll in (True, False):
            model = keras.Sequential([keras.Input((60, 8)), LSTM(8, unroll=unroll)])
            model.compile("sgd", "mse", jit_compile=False)
            start = time.perf_counter()
            for _ in range(100):
                if name == "predict":
                    model.predict_on_batch(x)
                else:
                    model.train_on_batch(x, ones(4, 8))
            spent.append(time.perf_counter() - start)
        seen[name] = round(spent[0] / spent[1], 2)
    return seen


@attack("masking.all-false-row")
def all_false():
    """Options, types of masks, activations, XLA, wrappers: outputs of row 1, and moved states?"""
    seen = {}
    some = np.array([[1, 0, 1, 1, 0], [0, 0, 0, 0, 0], [1, 1, 1, 0, 0]], bool)
    none = np.zeros((3, 5), bool)
    ways = {
        "plain": {},
        "rows": ROWS,
        "unrolled": {"unroll": True},
        "unrolled rows": {"unroll": True, **ROWS},
        "backwards": {"go_backwards": True, **ROWS},
        "zero": {"zero_output_for_mask": True, **ROWS},
        "sigmoid": {"activation": "sigmoid"},
        "softplus": {"activation": "softplus", **ROWS},
        "stateful": {"stateful": True, **ROWS},
        "dropout": {"dropout": 0.5, "recurrent_dropout": 0.5},
        "bias": {"bias_initializer": "ones"},
        "by gate": {"implementation": 1},
        "no cuDNN": {"use_cudnn": False},
    }
    states = [draw(3, 4), draw(3, 4) + 1]
    for (name, how), mask in itertools.product(ways.items(), (some, none)):
        layer = LSTM(4, return_state=True, **how)
        call = partial(layer, initial_state=states, training=True)
        kinds = {
            "bool": mask,
            "tensor": tf.constant(mask),
        }
        runs = {kind: partial(call, X, mask=value) for kind, value in kinds.items()}
        if name in ("plain", "unrolled rows", "backwards"):
            jit = tf.function(call)
            runs["graph"] = lambda jit=jit, mask=mask: jit(X, mask=tf.constant(mask))
        if name in ("plain", "rows"):
            jit = tf.function(call, jit_compile=True)
            runs["XLA"] = lambda jit=jit, mask=mask: jit(X, mask=tf.constant(mask))
        for kind, run in runs.items():
            for again in (1, 2) if name == "stateful" else (1,):
                result = outcome(
                    lambda run=run: (
                        lambda y, h, c: (
                            float(np.abs(np.array(y)[1]).max()),
                            gap(h[1], states[0][1]),
                            gap(c[1], states[1][1]),
                        )
                    )(*run())
                )
                if result != "(0.0, 0.0, 0.0)":
                    seen[name, mask is none, kind, again] = result
    for name, layer in {
        "RNN": L.RNN(L.LSTMCell(4), return_state=True),
        "both": L.Bidirectional(LSTM(4, return_state=True)),
        "stacked": L.RNN([L.LSTMCell(4), L.LSTMCell(4)], return_state=True),
    }.items():
        four = [*states, *states] if name == "both" else states
        four = [states, states] if name == "stacked" else four
        y, *new = layer(X, initial_state=four, mask=some)
        pairs = zip(keras.tree.flatten(four), keras.tree.flatten(new), strict=True)
        seen[name] = float(np.abs(np.array(y)[1]).max()), max(gap(a[1], b[1]) for a, b in pairs)
    layer = LSTM(4, stateful=True, return_state=True)
    _, *kept = layer(X)
    y, *new = layer(X, mask=some)
    seen["kept"] = (
        np.array(y)[1].tolist(),
        max(gap(a[1], b[1]) for a, b in zip(kept, new, strict=True)),
    )
    return seen


@attack("speed.units")
def twice_the_units():
    """Options, XLA, types, in seconds of clock and processor: the ratio of 512 units to 256?"""
    seen = {}
    ways = {
        "plain": {},
        "rows": ROWS,
        "unrolled": {"unroll": True},
        "float64": {"dtype": "float64"},
        "mask": {},
        "mixed": {"dtype": "mixed_float16"},
    }
    for (name, how), jit in itertools.product(ways.items(), (False, True)):
        if jit and name not in ("plain", "rows"):
            continue
        x = tf.ones((128, 4, 8), how.get("dtype", "float32").replace("mixed_", ""))
        named = {"mask": tf.sequence_mask([4, 3, 2, 1] * 32, 4)} if name == "mask" else {}
        named |= {"training": True} if name == "training" else {}
        calls = []
        for units in (512, 256):
            graph = tf.function(partial(LSTM(units, **how), **named), jit_compile=jit)
            graph(x)
            calls.append(lambda graph=graph, x=x: np.array(graph(x)))
        seen[name, jit] = [
            round(float(np.divide(*shortest(*calls, clock=clock, repeat=3))), 2)
            for clock in (time.perf_counter, time.process_time)
        ]
    return seen


def loss_of(model, x, y, name="mse"):
    """Return the loss of a model, penalties too, outside of training."""
    far = np.array(model(x), "float64") - y
    return float(np.mean(np.abs(far) if name == "mae" else far**2) + sum(model.losses))


@attack("training.loss-before-step")
def reported():
    """Several calls, other data, options: what train_on_batch reports, and the loss before it?"""
    seen = {}
    x = [draw(3, 5, 3), draw(3, 5, 3) + 1, draw(6, 5, 3)]
    y = [draw(3, 4), draw(3, 4) - 2, draw(6, 4)]
    ways = {
        "plain": ({}, {"run_eagerly": False}),
        "eager": ({}, {}),
        "XLA": ({}, {"jit_compile": True}),
        "penalty": ({"kernel_regularizer": "l2"}, {}),
        "metrics": ({}, {"metrics": ["mae"]}),
        "mixed": ({"dtype": "mixed_float16"}, {}),
        "mae": ({}, {"loss": "mae"}),
        "accumulation": (
            {},
            {"optimizer": keras.optimizers.SGD(0.1, gradient_accumulation_steps=2)},
        ),
        "dropout": ({"dropout": 0.5}, {}),
    }
    for name, (how, options) in ways.items():
        options = options if "jit_compile" in options else {**EAGER, **options}
        model = compiled(lambda: LSTM(4, **how), **options)
        rows = []
        for k in range(3):
            before = loss_of(model, x[k], y[k], options.get("loss"))
            reports = np.ravel(model.train_on_batch(x[k], y[k]))[0]
            rows.append([float(reports), before, loss_of(model, x[k], y[k], options.get("loss"))])
        seen[name] = np.round(rows, 4).tolist()
    return seen


@attack("trainer.mask-by-batches")
def masked_batches():
    """Losses, rows, last batches, epochs, outputs, fit: evaluated, by samples, and by timesteps?"""
    seen = {}
    x = draw(10, 5, 3) + 0.1
    lengths = [5, 5, 5, 5, 1, 1, 2, 1, 3, 2]
    valid = np.arange(5) < np.array(lengths)[:, None]
    x[~valid] = 0
    target = draw(10, 5, 4) * 3
    losses = {
        "mse": "mse",
        "mae": "mae",
        "object": keras.losses.MeanSquaredError(),
        "function": lambda y, z: keras.ops.mean(keras.ops.square(y - z), axis=-1),
        "sum": keras.losses.MeanSquaredError(reduction="sum"),
        "mean": keras.losses.MeanSquaredError(reduction="mean"),
    }
    compiles = {
        "plain": {},
        "eager": EAGER,
        "XLA": {"jit_compile": True},
        "two at once": {"steps_per_execution": 2},
    }
    for (name, loss), (way, how) in itertools.product(losses.items(), compiles.items()):
        if name != "mse" and way != "eager":
            continue
        keras.utils.set_random_seed(0)
        start = keras.Input((5, 3))
        model = keras.Sequential([start, L.Masking(), LSTM(4, **ROWS)])
        model.compile(keras.optimizers.SGD(0.0), loss, **how)
        error_of = np.abs if name == "mae" else np.square
        each = error_of(np.array(model(x)) - target).mean(-1)
        batches = [slice(0, 4), slice(4, 8), slice(8, 10)]
        means = [each[k][valid[k]].mean() for k in batches]
        by_samples = np.average(means, weights=[4, 4, 2])
        by_steps = each[valid].mean()
        evaluated = model.evaluate(x, target, batch_size=4, verbose=0)
        fitted = model.fit(x, target, batch_size=4, shuffle=False, verbose=0).history["loss"][0]
        seen[name, way] = np.round([evaluated, fitted, by_samples, by_steps], 3).tolist()
    return seen


@attack("trainer.weight-as-copies")
def each_metric():
    """Each metric of Keras, for 1 class and 3, with options: do weights differ from copies?"""
    options = {
        "FBetaScore": {"average": "micro"},
        "IoU": {"num_classes": 2, "target_class_ids": [0]},
        "MeanIoU": {"num_classes": 2},
        "BinaryIoU": {},
        "OneHotIoU": {"num_classes": 3, "target_class_ids": [0]},
        "OneHotMeanIoU": {"num_classes": 3},
        "MeanRelativeError": {"normalizer": np.ones(3)},
        "PrecisionAtRecall": {"recall": 0.5},
        "RecallAtPrecision": {"precision": 0.5},
        "SensitivityAtSpecificity": {"specificity": 0.5},
        "SpecificityAtSensitivity": {"sensitivity": 0.5},
    }
    kinds = {
        name: partial(kind, **options.get(name, {}))
        for name, kind in vars(keras.metrics).items()
        if isinstance(kind, type)
    }
    kinds["AUC of labels"] = partial(keras.metrics.AUC, multi_label=True, num_labels=3)
    kinds["R2 of regressors"] = partial(keras.metrics.R2Score, num_regressors=1)
    kinds["Pearson of axis 0"] = partial(keras.metrics.PearsonCorrelation, axis=0)
    kinds["cosine of axis 0"] = partial(keras.metrics.CosineSimilarity, axis=0)
    weights = np.array([0, 1, 2, 1, 2, 2, 0, 1])
    numbers = np.random.RandomState(1)
    seen = {}
    for units in (1, 3):
        prediction = numbers.dirichlet(np.ones(3), 8)[:, :units].astype("float32")
        label = numbers.randint(0, units, (8, 1))
        several = (
            np.eye(3, dtype="float32")[label[:, 0]] if units == 3 else numbers.randint(0, 2, (8, 1))
        )
        for name, make in kinds.items():
            y = label if "Sparse" in name else several

            def far():
                metrics = [make(), make()]
                for rows in (slice(0, 5), slice(5, 8)):
                    pair = y[rows], prediction[rows]
                    metrics[0].update_state(*pair, sample_weight=weights[rows])
                    copies = [np.repeat(single, weights[rows], 0) for single in pair]
                    metrics[1].update_state(*copies)
                results = [np.array(metric.result()) for metric in metrics]
                return np.allclose(*results, atol=1e-4) or [r.round(3).tolist() for r in results]

            seen[name, units] = outcome(far)[:90]
    return {name: far for name, far in seen.items() if far != "True"}, len(seen)


@attack("trainer.steps-per-epoch")
def next_batches():
    """Of 10 batches, the last one short, n of 3, 5 and 12, shuffled or not: which, in 6 epochs?"""
    log = []

    class Loss(keras.losses.Loss):
        def call(self, y, p):
            log[-1].append(y.numpy()[:, 0].astype(int).tolist())
            return tf.reduce_mean(p, -1)

    started = keras.callbacks.LambdaCallback(on_epoch_begin=lambda *_: log.append([]))
    x = np.zeros((38, 1, 1))
    y = np.arange(38)[:, None]
    seen = {}
    for n, shuffle, start in itertools.product((3, 5, 12), (False, True), (True, False)):
        if shuffle and not start:
            continue
        model = keras.Sequential([*[keras.Input((1, 1))] * start, LSTM(1)])
        model.compile("sgd", Loss(), run_eagerly=True)
        log.clear()
        how = {} if shuffle else {"shuffle": False}
        model.fit(x, y, 4, 6, steps_per_epoch=n, verbose=0, callbacks=[started], **how)
        if shuffle:
            counts = np.bincount([row for epoch in log for batch in epoch for row in batch])
            seen[n, "shuffled"] = [len(epoch) for epoch in log], np.unique(counts).tolist()
        else:
            seen[n, start] = [[batch[0] // 4 for batch in epoch] for epoch in log]
    return seen


@attack("errors.moment-of-stacking")
def stacked():
    """With Input, input_shape, after build, a call, fit, none of it: refused by add, or when?"""

    def of(*layers, then=None):
        model = keras.Sequential(layers)
        if then:
            then(model)
        return model

    def fit(model):
        model.compile("sgd", "mse", **EAGER)
        model.fit(X, ones(3, 2), verbose=0)

    begins = {
        "Input": lambda: of(keras.Input((5, 3)), LSTM(2)),
        "open": lambda: of(keras.Input((None, 3)), LSTM(2)),
        "input_shape": lambda: of(LSTM(2, input_shape=(5, 3))),
        "build": lambda: of(LSTM(2), then=lambda model: model.build((3, 5, 3))),
        "call": lambda: of(LSTM(2), then=lambda model: model(X)),
        "symbol": lambda: of(LSTM(2), then=lambda model: model(keras.Input((5, 3)))),
        "fit": lambda: of(LSTM(2), then=fit),
        "none": lambda: of(LSTM(2)),
        "built layer": lambda: of(LSTM(2), then=lambda model: model.layers[0](X)),
        "model first": lambda: of(of(keras.Input((5, 3)), LSTM(2))),
        "deferred model first": lambda: of(of(LSTM(2))),
    }
    tops = {"LSTM": lambda: LSTM(2), "both": lambda: L.Bidirectional(LSTM(2))}
    seen = {}
    for (name, begin), (top, make) in itertools.product(begins.items(), tops.items()):
        model = begin()
        built = model.built
        added = error(lambda: model.add(make()))
        later = None if added else [error(lambda: model.build((3, 5, 3))), error(lambda: model(X))]
        seen[name, top] = built, added, later
    seen["constructor"] = [
        error(lambda: of(*start, LSTM(2), LSTM(2))) for start in ([], [keras.Input((5, 3))])
    ]
    return seen


@attack("wrappers.cell-start")
def starts():
    """By numbers, a tensor, nothing, types, stacks of 1 to 3, stacks within: form, sum, types?"""
    cell = L.LSTMCell
    cells = {
        "cell": cell(4),
        "float16": cell(4, dtype="float16"),
        "mixed": cell(4, dtype="mixed_bfloat16"),
        "stack of 1": L.StackedRNNCells([cell(4)]),
        "stack": L.StackedRNNCells([cell(4), cell(2)]),
        "stack within": L.StackedRNNCells([L.StackedRNNCells([cell(4), cell(2)]), cell(1)]),
    }
    seen = {}
    for (name, single), given in itertools.product(
        cells.items(), ((), (3,), (0,), (np.int64(3),), (tf.constant(3),))
    ):

        def got():
            states = single.get_initial_state(*given)
            flat = keras.tree.flatten(states)
            types = sorted({state.dtype.name for state in flat})
            return form(states), sum(float(np.sum(state)) for state in flat), types

        seen[name, str(given)[:12]] = outcome(got)
    return seen


@attack("saving.legacy-layers")
def around():
    """Part frozen, nested, distributed, shared, with states, stateful: gap of what is read?"""

    def frozen(layer, name):
        getattr(layer, name).trainable = False
        return layer

    def nested(*layers):
        x = keras.Input((5, 3))
        y = x
        for layer in layers:
            y = layer(y)
        return keras.Model(x, y)

    both = L.Bidirectional
    other = {"go_backwards": True, "activation": "relu"}
    makes = {
        "both": lambda: both(LSTM(2)),
        "of lists": lambda: both(LSTM(2, **ROWS), merge_mode=None),
        "backward_layer": lambda: both(LSTM(2), backward_layer=LSTM(3, **other)),
        "states": lambda: both(LSTM(2, **STATES)),
        "frozen": lambda: both(LSTM(2, trainable=False)),
        "forward frozen": lambda: frozen(both(LSTM(2)), "forward_layer"),
        "backward frozen": lambda: frozen(both(LSTM(2)), "backward_layer"),
        "dropout": lambda: both(LSTM(2, dropout=0.3, recurrent_dropout=0.2)),
        "stateful": lambda: both(LSTM(2, stateful=True)),
        "Sequential": lambda: keras.Sequential([LSTM(2, **ROWS), LSTM(3)]),
        "Model": lambda: nested(LSTM(2, **ROWS), LSTM(3)),
        "part of a Model": lambda: nested(LSTM(3, trainable=False, **ROWS), L.Dense(3)),
        "part of a Sequential": lambda: keras.Sequential([LSTM(3, trainable=False), L.Dense(3)]),
        "Model within": lambda: nested(nested(LSTM(2, **ROWS)), both(LSTM(2))),
        "distributed": lambda: L.TimeDistributed(both(LSTM(2))),
        "distributed Model": lambda: L.TimeDistributed(nested(LSTM(2))),
        "float16": lambda: both(LSTM(2, dtype="float16")),
        "function": lambda: both(LSTM(2, activation=keras.ops.sin)),
    }
    seen = {}
    for name, make in makes.items():

        def far():
            shape = (2, 5, 3) if "distributed" in name else (5, 3)
            x = keras.Input(batch_shape=(3, *shape))
            model = keras.Model(x, make()(x))
            model.set_weights([w + draw(*w.shape) for w in model.get_weights()])
            with tempfile.TemporaryDirectory() as folder:
                model.save(f"{folder}/a.h5")
                loaded = keras.models.load_model(f"{folder}/a.h5")
            pair = [keras.tree.flatten(single(draw(3, *shape))) for single in (model, loaded)]
            return max(gap(*both) for both in zip(*pair, strict=True))

        seen[name] = outcome(far)[:100]
    return seen


@attack("state.learned")
def flowing():
    """By ways, masks, of 5 to 1,000 timesteps, by final outputs and rows: the largest gradient?"""
    seen = {}
    ways = {
        "plain": {},
        "unrolled": {"unroll": True},
        "backwards": {"go_backwards": True},
        "stateful": {"stateful": True},
        "relu": {"activation": "relu"},
        "float16": {"dtype": "float16"},
        "frozen": {"trainable": False},
        "rows": ROWS,
    }
    for (name, how), steps in itertools.product(ways.items(), (5, 100, 300, 1000)):
        if steps > 5 and name not in ("plain", "rows"):
            continue
        for mask in (None, VALID) if steps == 5 else (None,):
            keras.utils.set_random_seed(0)
            layer = LSTM(4, **how)
            maker = L.Dense(4)
            given = {} if mask is None else {"mask": tf.constant(mask)}
            with tf.GradientTape() as tape:
                states = [maker(draw(3, 2)), maker(draw(2, 3).T)]
                y = layer(draw(3, steps, 3), initial_state=states, **given)
                loss = tf.reduce_mean((tf.cast(y, "float32") - 1) ** 2)
            (gradient, *_) = tape.gradient(loss, maker.trainable_weights)
            seen[name, steps, mask is None] = float(f"{np.abs(gradient).max():.1g}")
    for steps in (5, 1000):
        inputs = keras.Input((steps, 3)), keras.Input((2,))
        maker = L.Dense(4)
        h = maker(inputs[1])
        model = keras.Model(inputs, LSTM(4)(inputs[0], initial_state=[h, h]))
        model.compile("adam", "mse", jit_compile=False)
        old = maker.get_weights()[0]
        model.fit([draw(3, steps, 3), draw(3, 2)], ones(3, 4), epochs=3, verbose=0)
        seen["moved by fit", steps] = float(f"{gap(old, maker.get_weights()[0]):.1g}")
    return seen


@attack("training.zero-rows")
def zero_rows():
    """Rows of zeros by inputs, masks, linear and relu; SGD, Adam; eager, XLA: finite weights?"""
    tops = {
        "unit": lambda y: L.UnitNormalization()(y),
        "unit of axis 1": lambda y: L.UnitNormalization(axis=1)(y),
        "Dot": lambda y: L.Dot(-1, normalize=True)([y, y]),
        "Dot of another": lambda y: L.Dot(-1, normalize=True)([y, L.Dense(4)(y)]),
        "cosine": lambda y: y,
    }
    ways = {
        "zeros": {},
        "masked": {**ROWS, "zero_output_for_mask": True},
        "linear": {"activation": "linear"},
        "relu": {"activation": "relu"},
    }
    optimizers = {
        "SGD": lambda: keras.optimizers.SGD(0.1),
        "momentum": lambda: keras.optimizers.SGD(0.1, momentum=0.9),
        "Adam": lambda: keras.optimizers.Adam(0.01),
        "clipped": lambda: keras.optimizers.Adam(global_clipnorm=1.0),
    }
    x = draw(4, 3, 3)
    x[:2] = 0
    seen = {}
    for (name, top), (way, how), (step, make) in itertools.product(
        tops.items(), ways.items(), optimizers.items()
    ):
        if way == "masked" and "Dot" in name:
            continue
        if way not in ("zeros", "linear") and step != "SGD":
            continue
        keras.utils.set_random_seed(0)
        start = keras.Input((3, 3))
        inside = L.Masking()(start) if way == "masked" else start
        y = top(LSTM(4, **how)(inside))
        model = keras.Model(start, y)
        loss = "cosine_similarity" if name == "cosine" else "mse"
        model.compile(make(), loss, **EAGER)
        for _ in range(6):
            for rows in (x[:2], x):
                model.train_on_batch(rows, ones(len(rows), *y.shape[1:]))
        weights = model.get_weights()
        finite = all(np.isfinite(w).all() for w in weights)
        seen[name, way, step] = finite, float(f"{max(np.abs(w).max() for w in weights):.1g}")
    return seen


@attack("saving.litert-unrolled")
def in_litert():
    """With options, masks, both directions, states, 1 and 3 samples: equal, or which error?"""
    stack = keras.Sequential
    ways = {
        "plain": {},
        "rows": ROWS,
        "states": STATES,
        "backwards": {"go_backwards": True},
        "dropout": {"dropout": 0.2, "recurrent_dropout": 0.2},
        "relu": {"activation": "relu", "recurrent_activation": "hard_sigmoid"},
        "gelu": {"activation": "gelu"},
        "stateful": {"stateful": True},
        "both": {},
        "masked": {},
    }
    seen = {}
    for name, how in ways.items():

        def run():
            layer = LSTM(4, unroll=True, **how)
            layer = L.Bidirectional(layer) if name == "both" else layer
            layer = stack([L.Masking(), layer]) if name == "masked" else layer
            start = keras.Input(batch_shape=(3 if name == "stateful" else None, 5, 3))
            model = keras.Model(start, layer(start))
            with tempfile.TemporaryDirectory() as folder:
                model.export(f"{folder}/a.tflite", format="litert", verbose=False)
                reader = tf.lite.Interpreter(f"{folder}/a.tflite")
            index = reader.get_input_details()[0]["index"]
            same = []
            for rows in (3,) if name == "stateful" else (1, 3):
                x = np.where(VALID[:rows, :, None], X[:rows], 0).astype("float32")
                reader.resize_tensor_input(index, x.shape)
                reader.allocate_tensors()
                reader.set_tensor(index, x)
                reader.invoke()
                want = keras.tree.flatten(model(x))[0]
                got = [reader.get_tensor(single["index"]) for single in reader.get_output_details()]
                same.append(any(np.allclose(y, want, atol=1e-5) for y in got))
            return same

        seen[name] = outcome(run)[:100]
    return seen


@attack("weights.no-bias-is-zero-bias")
def zero_bias():
    """By ways, types, functions, dropout, masks, XLA, gradients: the largest gap?"""
    ways = (
        {},
        {"unroll": True},
        {"implementation": 1},
        {"go_backwards": True, "stateful": True},
        {"dtype": "float16"},
        {"dtype": "mixed_bfloat16"},
        {"dtype": "float64"},
        {"activation": "relu", "recurrent_activation": "hard_sigmoid"},
        {"dropout": 0.3, "recurrent_dropout": 0.3, "seed": 1},
    )
    seen = {}
    for how, units, mask in itertools.product(ways, (1, 4, 300), (None, tf.constant(VALID))):
        pair = [
            LSTM(units, use_bias=bias, return_sequences=True, **STATES, **how)
            for bias in (False, True)
        ]
        for layer in pair:
            layer.build(X.shape)
        pair[1].set_weights([*pair[0].get_weights(), np.zeros(4 * units)])
        calls = {"call": lambda layer: layer(X, mask=mask, training=True)}
        if units == 4 and how in ways[:2]:
            calls["XLA"] = lambda layer: tf.function(layer, jit_compile=True)(X, mask=mask)
        for way, call in calls.items():
            results = []
            for layer in pair:
                if way == "XLA":
                    results.append(call(layer))
                    continue
                with tf.GradientTape() as tape:
                    y = call(layer)
                    loss = tf.reduce_sum(y[0])
                results.append([*y, *tape.gradient(loss, layer.trainable_weights[:2])])
            far = max(gap(*both) for both in zip(*results, strict=True))
            seen[str(how), units, mask is None, way] = far
    return {name: far for name, far in seen.items() if far}, len(seen)


@attack("sequences.flags-choose")
def flagged():
    """By ways, masks (a row of padding), given states, dropout, XLA: gaps by the flags?"""
    ways = (
        {},
        {"unroll": True},
        {"go_backwards": True},
        {"dtype": "float16"},
        {"stateful": True},
        {"dropout": 0.3, "recurrent_dropout": 0.3, "seed": 1},
        {"implementation": 1, "activation": "relu"},
    )
    masks = {"none": None, "mixed": VALID, "row of padding": VALID & (np.arange(3) > 0)[:, None]}
    seen = {}
    for how, (name, mask), given in itertools.product(ways, masks.items(), (False, True)):
        more = {"initial_state": [draw(3, 4), 2 * draw(4, 3).T]} if given else {}
        more |= {} if mask is None else {"mask": tf.constant(mask)}
        for way in ("call", "graph", "XLA"):
            if way != "call" and how not in ways[:2]:
                continue
            results = []
            for rows, states in itertools.product((True, False), (True, False)):
                layer = LSTM(4, return_sequences=rows, return_state=states, **how)
                layer.build(X.shape)
                layer.set_weights([draw(*w.shape) for w in layer.get_weights()])
                call = partial(layer, training=True, **more)
                if way != "call":
                    call = tf.function(call, jit_compile=way == "XLA")
                y = call(X)
                y = [*y] if states else [y]
                kept = layer.states if layer.stateful else y[1:]
                results.append(([y[0][:, -1] if rows else y[0]], kept))
            far = [gap(results[0][0], y) for y, _ in results]
            far += [gap(results[0][1], kept) for _, kept in results if kept]
            seen[str(how), name, given, way] = max(far)
    return {name: far for name, far in seen.items() if far}, len(seen)


@attack("masking.own-length")
def own_lengths():
    """Padded in front and behind, to 5 and 1,000 timesteps, by ways: gap to each one alone?"""
    ways = {
        "plain": {},
        "unrolled": {"unroll": True},
        "backwards": {"go_backwards": True},
        "rows": ROWS,
        "relu": {"activation": "relu"},
        "linear": {"activation": None},
        "float16": {"dtype": "float16"},
        "both": {},
        "stack": {},
    }
    seen = {}
    for (name, how), steps, front in itertools.product(ways.items(), (5, 1000), (True, False)):
        if steps == 1000 and name not in ("plain", "relu", "linear", "float16"):
            continue
        layer = LSTM(8, **how)
        layer = L.Bidirectional(layer) if name == "both" else layer
        layer = keras.Sequential([LSTM(8, **ROWS), layer]) if name == "stack" else layer
        sizes = (1, 3, steps - 1, steps)
        rows = [draw(1, steps, 3)[:, :size] + size / steps for size in sizes]
        pads = [(steps - size, 0) if front else (0, steps - size) for size in sizes]
        batch = [np.pad(row[0], (pad, (0, 0))) for row, pad in zip(rows, pads, strict=True)]
        y = np.array(layer(L.Masking()(np.stack(batch))))
        far = []
        for row, mine in zip(rows, y, strict=True):
            alone = np.array(layer(row))[0]
            far.append(gap(*((mine[-1], alone[-1]) if name == "rows" else (mine, alone))))
        seen[name, steps, "front" if front else "behind"] = [
            float(f"{single:.0e}") for single in far
        ]
    return seen


@attack("time.any-length")
def lengths():
    """Built by 5 timesteps, by ways, masks, in graphs, XLA, models: errors at 1 to 1,000?"""
    ways = {
        "plain": {},
        "unrolled": {"unroll": True},
        "stateful": {"stateful": True},
        "backwards": {"go_backwards": True},
        "dropout": {"dropout": 0.2, "recurrent_dropout": 0.2},
        "unrolled dropout": {"unroll": True, "recurrent_dropout": 0.2, "implementation": 1},
    }
    seen = {}
    total = 0
    for (name, how), wrapped in itertools.product(ways.items(), (False, True)):
        if wrapped and name == "backwards":
            continue
        layer = L.Bidirectional(LSTM(2, **how)) if wrapped else LSTM(2, **how)
        layer(X)
        graph = tf.function(layer, reduce_retracing=True)
        for steps, masked in itertools.product((1, 2, 9, 1000), (False, True)):
            x = tf.constant(draw(3, steps, 3))
            mask = tf.constant(np.broadcast_to(np.arange(steps) % 3 < 2, (3, steps)))
            given = {"mask": mask} if masked else {}
            calls = {"call": lambda: layer(x, training=True, **given)}
            if "unrolled" not in name:
                calls["graph"] = lambda: graph(x, **given)
            elif steps == 1000:
                continue
            if name == "plain" and steps < 1000:
                calls["XLA"] = lambda: tf.function(layer, jit_compile=True)(x, **given)
            for way, call in calls.items():
                total += 1
                seen[name, wrapped, steps, masked, way] = error(call)
    seen = {name: raised for name, raised in seen.items() if raised}
    for shape, steps in itertools.product(((5, 3), (None, 3)), (1, 9)):
        model = keras.Sequential([keras.Input(shape), LSTM(2)])
        x = draw(3, steps, 3)
        calls = (
            (lambda: model.layers[0](x)),
            (lambda: model(x)),
            (lambda: model.predict(x, verbose=0)),
        )
        seen[shape, steps] = [error(call) for call in calls]
    return seen, total


@attack("training.every-weight")
def without_gradient():
    """By functions, types, wrappers, lengths, batches, zeros in x: shares of gradients of 0?"""
    ways = {
        "plain": {},
        "unrolled": {"unroll": True},
        "relu": {"activation": "relu"},
        "hard": {"recurrent_activation": "hard_sigmoid"},
        "float16": {"dtype": "float16"},
        "mixed": {"dtype": "mixed_float16"},
        "dropout": {"dropout": 0.3},
        "recurrent": {"recurrent_dropout": 0.3},
        "one-hot": {},
    }
    seen = {}
    total = 0
    for (name, how), units, steps, batch in itertools.product(
        ways.items(), (1, 8, 300), (2, 10, 1000), (1, 32)
    ):
        if steps == 1000 and (units != 8 or name not in ("plain", "relu", "float16")):
            continue
        x = draw(batch, steps, 3)
        if name == "one-hot":
            x = np.eye(50, dtype="float32")[np.abs(x[..., 0] * 20).astype(int) % 50]
        layer = LSTM(units, **how)
        with tf.GradientTape() as tape:
            y = tf.cast(layer(x, training=True), "float32")
            loss = tf.reduce_mean((y - 0.3) ** 2)
        gradients = tape.gradient(loss, layer.trainable_weights)
        total += 1
        shares = [round(float(np.mean(np.array(single) == 0)), 3) for single in gradients]
        if any(shares):
            seen[name, units, steps, batch] = shares
    return seen, total


@attack("wrappers.cell-split")
def split_rows():
    """Arrays, variables, symbols, types, 2 to 9 rows, dropout, XLA: equal to a list of two?"""
    turns = {
        "array": np.array,
        "tensor": tf.constant,
        "variable": keras.Variable,
        "tf.Variable": tf.Variable,
        "float64": partial(tf.cast, dtype="float64"),
    }
    ways = {}, {"dtype": "float16"}, {"implementation": 1}, {"recurrent_dropout": 0.3, "seed": 1}
    seen = {}
    x = X[:, 0]
    for how, shape, (name, turn) in itertools.product(
        ways, ((2, 3, 4), (9, 3, 4), (2, 4), (2, 1, 4)), turns.items()
    ):

        def same():
            results = []
            given = draw(*shape)
            weights = None
            for states in ([*given[:2]], turn(given)):
                cell = L.LSTMCell(4, **how)
                cell.build(x.shape)
                weights = weights or cell.get_weights()
                cell.set_weights(weights)
                y, pair = cell(x, states, training=True)
                results.append(np.stack([y, *pair]))
            return gap(*results) < (1e-2 if "dtype" in how else 1e-6)

        seen[str(how), shape, name] = outcome(same)[:90]
    cell = L.LSTMCell(4)
    given = draw(9, 3, 4)
    want = cell(x, [*given[:2]])[0]
    for jit in (False, True):
        graph = tf.function(lambda states: cell(x, states)[0], jit_compile=jit)
        seen["graph", jit] = str(gap(graph(tf.constant(given)), want) < 1e-6)
    inputs = keras.Input((3,)), keras.Input(batch_shape=(9, 3, 4))
    model = keras.Model(inputs, cell(inputs[0], inputs[1])[0])
    seen["symbols"] = outcome(lambda: gap(model([x, given]), want) < 1e-6)
    return {name: same for name, same in seen.items() if same != "True"}, len(seen)


@attack("time.both-states")
def without_c():
    """h alone, twice, with zeros, of pieces of 1 to 500 timesteps: largest gap, and the last?"""
    ways = {}, {"unroll": True}, {"activation": "relu"}, {"dtype": "float16"}
    seen = {}
    for how, units, steps in itertools.product(ways, (1, 100), (2, 10, 1000)):
        if steps == 1000 and how:
            continue
        x = draw(2, steps, 3)
        layer = LSTM(units, **ROWS, **STATES, **how)
        cut = steps // 2
        whole = layer(x)[0][:, cut:]
        _, h, c = layer(x[:, :cut])
        states = {
            "h": h,
            "[h]": [h],
            "h, None": [h, None],
            "h, h": [h, h],
            "h, 0": [h, 0 * h],
            "h, c": [h, c],
        }
        for name, state in states.items():

            def far():
                y = layer(x[:, cut:], initial_state=state)[0]
                return [
                    float(f"{single:.1g}")
                    for single in (gap(y, whole), gap(y[:, -1], whole[:, -1]))
                ]

            seen[str(how), units, steps, name] = outcome(far)[:60]
    return seen


@attack("weights.plain-bias")
def biases():
    """Of initializers, functions, types, cells, wrappers, copies: gap to what it makes?"""
    kinds = keras.initializers
    makes = {
        "Constant": lambda: kinds.Constant(2.5),
        "RandomNormal": lambda: kinds.RandomNormal(seed=3),
        "GlorotUniform": lambda: kinds.GlorotUniform(seed=3),
        "LecunNormal": lambda: kinds.LecunNormal(seed=1),
        "function": lambda: lambda shape, dtype: keras.ops.arange(shape[0], dtype=dtype),
    }
    layers = {
        "LSTM": LSTM,
        "cell": L.LSTMCell,
        "both": lambda *given, **how: L.Bidirectional(LSTM(*given, **how)),
    }
    seen = {}
    for (name, make), (way, layer_class), dtype, units in itertools.product(
        makes.items(), layers.items(), ("float32", "float16", "float64", "mixed_bfloat16"), (1, 300)
    ):

        def far():
            how = {"unit_forget_bias": False, "bias_initializer": make(), "dtype": dtype}
            layer = layer_class(units, **how)
            layer.build((2, 3) if way == "cell" else X.shape)
            bias = next(w for w in layer.weights if w.name == "bias")
            return gap(bias, make()((4 * units,), dtype=bias.dtype))

        seen[name, way, dtype, units] = outcome(far)
    for name in ("orthogonal", "identity", "glorot_normal", "array"):
        given = np.arange(8.0) if name == "array" else name

        def bias_of():
            layer = LSTM(2, unit_forget_bias=False, bias_initializer=given)
            layer.build(X.shape)
            return layer.cell.bias.numpy().round(1).tolist()

        seen[name] = outcome(bias_of)[:90]
    return {name: far for name, far in seen.items() if far != "0.0"}, len(seen)


@attack("wrappers.repeat-vector")
def repeated():
    """Of types, NaN, an encoder, a masked row, n of 1 to 1,000, in fit: other than n outputs?"""
    vectors = {
        "plain": draw(3, 4),
        "one number": draw(1, 1),
        "float16": draw(3, 4).astype("float16"),
        "int32": np.arange(6).reshape(2, 3),
        "bool": np.ones((2, 3), bool),
        "NaN": np.full((2, 3), np.nan, "float32"),
        "encoded": LSTM(4)(L.Masking()(PADDED)),
        "masked": L.Masking()(tf.constant(draw(3, 4))),
    }
    ways = {"LSTM": lambda: LSTM(2, **ROWS), "both": lambda: L.Bidirectional(LSTM(2, **ROWS))}
    seen = {}
    total = 0
    for (name, vector), (way, make), n in itertools.product(
        vectors.items(), ways.items(), (1, 7, 1000)
    ):
        if n == 1000 and name != "plain":
            continue
        shape = outcome(lambda: make()(L.RepeatVector(n)(vector)).shape[:2])
        total += 1
        if shape != str((len(vector), n)):
            seen[name, way, n] = shape
    model = keras.Sequential([keras.Input((4,)), L.RepeatVector(7), LSTM(2, **ROWS)])
    model.compile("sgd", "mse")
    model.fit(draw(3, 4), ones(3, 7, 2), verbose=0)
    seen["predict"] = model.predict(draw(3, 4), verbose=0).shape
    return seen, total


@attack("modes.windows-and-targets")
def windows():
    """Of arrays, lists, tensors, 10 and 400 rows, n of 1 to 100, other y: pairs that differ?"""
    make = keras.utils.timeseries_dataset_from_array
    kinds = {
        "array": np.array,
        "list": lambda x: x.tolist(),
        "tensor": tf.constant,
        "float16": lambda x: x.astype("float16"),
    }
    seen = {}
    total = 0
    for (name, kind), rows, n, more in itertools.product(
        kinds.items(), (10, 400), (1, 4, 100), (-5, 0, 5)
    ):
        x = draw(rows, 3)
        y = np.arange(rows + more)

        def same():
            batches = [(a.numpy(), b.numpy()) for a, b in make(kind(x), y, n)]
            given = np.array(tf.constant(kind(x)))
            firsts = np.concatenate([b for _, b in batches]).tolist()
            pairs = zip(np.concatenate([a for a, _ in batches]), firsts, strict=True)
            equal = all(np.array_equal(a, given[i : i + n]) for a, i in pairs)
            return equal and firsts == list(range(min(rows - n + 1, rows + more)))

        total += 1
        seen[name, rows, n, more] = outcome(same)[:60]
    return {name: same for name, same in seen.items() if same != "True"}, total
