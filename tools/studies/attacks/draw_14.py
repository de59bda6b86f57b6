"""Attacks on 40 claims drawn after the kinds of draw_13 were mended, each with a program."""

from __future__ import annotations

import itertools
import tempfile
import time
import timeit
import warnings
from functools import partial

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.draw_1 import LSTM, L, X, draw
from tools.studies.attacks.draw_11 import compiled, error, gap
from tools.studies.attacks.draw_12 import EAGER, PADDED, ROWS, VALID, Own
from tools.studies.attacks.shared import farthest, reloaded

ONES = np.ones((3, 2))


@attack("shapes.input-shape")
def with_input_shape():
    """input_shape of each kind of first layer, and of the LSTM in it: built, warned of?"""
    shape = {"input_shape": (5, 3)}
    first = {
        "LSTM": lambda: LSTM(2, **shape),
        "open": lambda: LSTM(2, input_shape=[None, 3]),
        "RNN": lambda: L.RNN(L.LSTMCell(2), **shape),
        "Masking": lambda: L.Masking(**shape),
        "Bidirectional": lambda: L.Bidirectional(LSTM(2), **shape),
        "in Bidirectional": lambda: L.Bidirectional(LSTM(2, **shape)),
        "in TimeDistributed": lambda: L.TimeDistributed(LSTM(2, **shape)),
        "input_dim": lambda: LSTM(2, input_dim=3),
        "batch_input_shape": lambda: LSTM(2, batch_input_shape=(3, 5, 3)),
    }

    def built(make):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            return keras.Sequential([make()]).built, ["Input" in str(c.message) for c in caught]

    return {name: outcome(lambda at=make: built(at))[:30] for name, make in first.items()}


@attack("trainer.penalty-frozen")
def frozen():
    """Frozen by itself, by wrappers, cells, models, before compile: the loss less the error?"""
    l2 = {"kernel_regularizer": "l2", "recurrent_regularizer": "l2", "bias_regularizer": "l2"}
    off = {"trainable": False}

    def stop(layer, *path):
        for name in path:
            layer = getattr(layer, name)
        layer.trainable = False

    ways = {
        "itself": (lambda: LSTM(2, **l2), lambda at: stop(at)),
        "made so": (lambda: LSTM(2, **l2, **off), lambda at: None),
        "its cell": (lambda: LSTM(2, **l2), lambda at: stop(at, "cell")),
        "around": (lambda: L.Bidirectional(LSTM(2, **l2)), lambda at: stop(at)),
        "around, made so": (lambda: L.Bidirectional(LSTM(2, **l2), **off), lambda at: None),
        "inside": (lambda: L.Bidirectional(LSTM(2, **l2, **off)), lambda at: None),
        "RNN": (lambda: L.RNN(L.LSTMCell(2, **l2)), lambda at: stop(at)),
        "RNN, made so": (lambda: L.RNN(L.LSTMCell(2, **l2), **off), lambda at: None),
        "cell of RNN": (lambda: L.RNN(L.LSTMCell(2, **l2)), lambda at: stop(at, "cell")),
        "stack": (lambda: L.RNN([L.LSTMCell(2, **l2)] * 1), lambda at: stop(at)),
        "distributed": (lambda: L.TimeDistributed(LSTM(2, **l2)), lambda at: stop(at)),
        "in it": (lambda: L.TimeDistributed(LSTM(2, **l2)), lambda at: stop(at, "layer")),
        "model": (lambda: keras.Sequential([LSTM(2, **l2)]), lambda at: stop(at)),
        "own": (lambda: Own(LSTM(2, **l2)), lambda at: stop(at)),
    }
    seen = {}
    for name, (make, freeze) in ways.items():
        layer = make()
        shape = (2, 5, 3) if "TimeDistributed" in type(layer).__name__ else (5, 3)
        model = keras.Sequential([keras.Input(shape), layer])
        freeze(layer)
        model.compile("sgd", "mse", metrics=["mse"], **EAGER)
        x = np.ones((3, *shape))
        loss, metric = model.evaluate(x, np.ones(model(x).shape), verbose=0)
        seen[name] = round(loss - metric, 3)
    return seen


@attack("wrappers.direction-names")
@attack("wrappers.unmerged-in-a-tuple")
def halves():
    """Names of halves of layers of many names; the class of unmerged outputs, called and run?"""
    names = {}
    for layer in (LSTM(2, name="a"), LSTM(2, name="forward_a"), L.GRU(2, name="backward_a")):
        both = L.Bidirectional(layer)
        again = L.Bidirectional.from_config(both.get_config())
        pairs = [(b.forward_layer.name, b.backward_layer.name) for b in (both, again)]
        names[layer.name] = pairs
    kinds = {}
    for options in ({}, ROWS, {"return_state": True}, {"stateful": True}, {"unroll": True}):
        both = L.Bidirectional(LSTM(2, **options), merge_mode=None)
        x = keras.Input((5, 3), batch_size=3)
        symbol = both(x)
        outputs = both(X), symbol, both(X, mask=VALID), keras.Model(x, symbol).predict(X, verbose=0)
        kinds[str(options)] = [type(y).__name__ for y in outputs]
    return names, kinds


@attack("time.axis-one")
def turned():
    """Are rows those of the first timesteps? And the kernels on a table and a turned one?"""
    layer = LSTM(4, **ROWS)
    y = np.array(layer(X))
    short = [gap(y[:, : k + 1], layer(X[:, : k + 1])) < 1e-6 for k in range(5)]
    turned_layer = LSTM(4)
    turned_layer(X.transpose(0, 2, 1))
    return short, [tuple(at.cell.kernel.shape) for at in (layer, turned_layer)]


@attack("trainer.target-axis-of-timesteps")
def flat_targets():
    """Each loss, and one of one's own, on flat targets and on such of one column: equal?"""
    names = ["mse", "mae", "mape", "msle", "huber", "log_cosh", "hinge", "poisson"]
    names += ["squared_hinge", "binary_crossentropy", "kl_divergence", "cosine_similarity"]
    losses = {name: name for name in names}
    losses["focal"] = "binary_focal_crossentropy"
    losses["own"] = lambda y, z: keras.ops.mean(keras.ops.square(y - z), axis=-1)
    seen = {}
    for name, loss in losses.items():
        sizes = []
        for steps in (5, 1):
            model = compiled(lambda: LSTM(1, activation="sigmoid", **ROWS), loss=loss, **EAGER)
            y = np.random.RandomState(0).randint(0, 2, (3, steps, 1)).astype("float32")
            data = [model.evaluate(X[:, :steps], t, verbose=0) for t in (y, y[..., 0])]
            sizes.append(abs(data[0] - data[1]) < 1e-5)
        seen[name] = sizes
    return seen


@attack("trainer.initial-epoch")
def epochs():
    """Epochs and initial epoch, with a callback: which numbers?"""
    seen = {}
    for many, start in ((5, 3), (3, 3), (2, 5), (3, 0), (1, -1)):
        numbers = []
        note = keras.callbacks.LambdaCallback(on_epoch_begin=lambda k, logs: numbers.append(k))
        model = compiled(lambda: LSTM(2), **EAGER)
        how = {"epochs": many, "initial_epoch": start, "callbacks": [note], "verbose": 0}
        history = model.fit(X, ONES, **how)
        seen[many, start] = list(numbers), history.epoch
        numbers.clear()
    return seen


@attack("weights.initial-bias")
def biases():
    """Types, one unit and many, cells, wrappers, models: is it 0, 1, 0, 0?"""

    def standard(weights, units):
        return np.array_equal(weights[-1], np.repeat([0, 1, 0, 0], units))

    seen = []
    for units, dtype in itertools.product((1, 300), ("float16", "float32", "mixed_float16")):
        layers = [LSTM(units, dtype=dtype), L.RNN(L.LSTMCell(units, dtype=dtype))]
        layers += [LSTM(units, dtype=dtype, stateful=True, bias_constraint="non_neg")]
        for layer in layers:
            layer.build((3, 5, 3))
            seen.append(standard(layer.get_weights(), units))
    both = L.Bidirectional(LSTM(4))
    both.build((3, 5, 3))
    again = LSTM.from_config(LSTM(4).get_config())
    again.build((3, 5, 3))
    rest = [both.forward_layer, both.backward_layer, again]
    return all(seen), [standard(layer.get_weights(), 4) for layer in rest]


@attack("errors.names-the-layer")
def axes():
    """Fewer and more axes, new, built, in a stack, an own layer, with a state: named, shown?"""

    def words_of(call, *words):
        try:
            call()
        except Exception as raised:
            return [word in str(raised) for word in words]
        return None

    built = LSTM(2, name="some")
    built(X)
    state = [np.ones((3, 2), "float32")] * 2
    stack = [keras.Input((5, 3)), LSTM(2), LSTM(2, name="some")]
    return {
        "new": words_of(lambda: LSTM(2, name="some")(X[0]), "some", "(5, 3)"),
        "built": words_of(lambda: built(X[None]), "some", "(1, 3, 5, 3)"),
        "one axis": words_of(lambda: built(X[0, 0]), "some", "(3,)"),
        "none": words_of(lambda: built(np.float32(1)), "some", "()"),
        "with a state": words_of(lambda: built(X[0], initial_state=state), "some", "(5, 3)"),
        "with a mask": words_of(lambda: built(X[0], mask=VALID), "some", "(5, 3)"),
        "in a stack": words_of(lambda: keras.Sequential(stack), "some", "(None, 2)"),
        "without Input": words_of(lambda: keras.Sequential(stack[2:])(X[0]), "some", "(5, 3)"),
        "fit": words_of(
            lambda: fitted(keras.Sequential([LSTM(2, name="some")]), X[:, 0]), "some", "3)"
        ),
        "own layer": words_of(lambda: Own(LSTM(2, name="some"))(X[0]), "some", "(5, 3)"),
        "functional": words_of(lambda: built(keras.Input((3,))), "some", "(None, 3)"),
        "graph": words_of(lambda: tf.function(built)(X[0]), "some", "(5, 3)"),
        "bidirectional": words_of(lambda: L.Bidirectional(built)(X[0]), "some", "(5, 3)"),
    }


def fitted(model, x, **options):
    """Fit a model to ones of two columns."""
    model.compile("sgd", "mse", **options)
    return model.fit(x, np.ones((len(x), 2)), verbose=0)


@attack("dropout.each-by-itself")
def shares():
    """Largest correlation of what is kept, between features, samples, and calls?"""
    seen = {}
    for options in ({}, {"implementation": 1}, {"recurrent_dropout": 0.5}, {"dtype": "float16"}):
        layer = LSTM(4, dropout=0.5, seed=1, **options)
        masks = []
        for _ in range(300):
            layer.cell.reset_dropout_mask()
            mask = layer.cell.get_dropout_mask(tf.ones((4, 5), layer.compute_dtype))
            masks.append(np.ravel(mask if not isinstance(mask, list) else mask[0]) > 0)
        related = np.corrcoef(np.array(masks, float).T) - np.eye(20)
        seen[str(options)] = round(float(np.abs(related).max()), 2)
    return seen


@attack("trainer.mask-and-weight")
def divided():
    """Weighted losses of a batch by valid timesteps: from Masking, an Embedding, a wrapper?"""
    weights = np.arange(15.0).reshape(3, 5)
    seen = {}
    for name, loss in itertools.product(
        ("LSTM", "Bidirectional", "Dense", "empty"), ("mse", "mae")
    ):
        ends = {"Bidirectional": lambda: L.Bidirectional(LSTM(1, **ROWS))}
        end = ends.get(name, lambda: LSTM(2, **ROWS))
        more = [lambda: L.Dense(2)] if name == "Dense" else []
        model = compiled(L.Masking, end, *more, loss=loss, **EAGER)
        x = PADDED * (name != "empty")
        far = np.array(model(x)) - 1
        each = np.mean(far**2 if loss == "mse" else np.abs(far), axis=-1)
        true = np.sum(each * weights * VALID) / VALID.sum()
        got = model.evaluate(x, np.ones((3, 5, 2)), 3, 0, weights)
        seen[name, loss] = round(got, 4), round(float(true), 4)
    return seen


class Silent(keras.Model):
    """A model whose call knows nothing of training."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def call(self, inputs):
        """Return what the layer makes of the inputs."""
        return self.layer(inputs)


class Asking(Silent):
    """A model whose call has the argument, and does nothing with it."""

    def call(self, inputs, training=None):
        """Return what the layer makes of the inputs."""
        return self.layer(inputs)


@attack("dropout.on-in-fit")
@attack("dropout.call-without-training")
def drops():
    """Frozen, nested, in an own layer or model, cells, wrappers: do two steps of rate 0 differ?"""
    rate = {"dropout": 0.5, "seed": 1}
    layers = {
        "LSTM": lambda: LSTM(4, **rate),
        "frozen": lambda: LSTM(4, trainable=False, **rate),
        "own": lambda: Own(LSTM(4, **rate)),
        "Bidirectional": lambda: L.Bidirectional(LSTM(2, **rate)),
        "cells": lambda: L.RNN([L.LSTMCell(4, **rate), L.LSTMCell(4)]),
        "model": lambda: keras.Sequential([keras.Input((5, 3)), LSTM(4, **rate)]),
        "unrolled": lambda: LSTM(4, unroll=True, **rate),
        "silent": lambda: Silent(LSTM(4, **rate)),
        "asking": lambda: Asking(LSTM(4, **rate)),
    }
    seen = {}
    for name, layer in layers.items():
        model = layer()
        if not isinstance(model, Silent):
            model = keras.Sequential([keras.Input((5, 3)), model])
        model.compile(keras.optimizers.SGD(0.0), "mse", **EAGER)
        target = np.ones((3, 4))
        steps = [float(model.train_on_batch(X, target)) for _ in range(3)]
        fits = [model.fit(X, target, verbose=0).history["loss"][0] for _ in range(3)]
        seen[name] = [bool(np.ptp(losses) > 1e-5) for losses in (steps, fits)]
    return seen


@attack("wrappers.stack-alone")
def stacked():
    """A stack called without training, in all its forms: does it drop?"""
    seen = {}
    for name, more in {"two": 1, "one": 0}.items():
        cells = [L.LSTMCell(4, dropout=0.5, recurrent_dropout=0.5, seed=k) for k in range(1 + more)]
        stack = L.StackedRNNCells(cells)
        states = stack.get_initial_state(batch_size=3)
        results = [stack(X[:, 0], states, **how)[0] for how in ({}, {}, {"training": True})]
        graph = tf.function(stack)(X[:, 0], states)[0]
        seen[name] = [gap(results[0], y) > 1e-6 for y in (*results[1:], graph)]
    return seen


@attack("saving.wrapped")
def returned():
    """Wrappers of many options from a .keras file: as before, by outputs, weights and freezing?"""

    def frozen_half():
        both = L.Bidirectional(LSTM(2))
        both.backward_layer.trainable = False
        return both

    back = {"go_backwards": True, "activation": "relu"}
    wrappers = {
        "backward_layer": lambda: L.Bidirectional(LSTM(2), backward_layer=LSTM(3, **back)),
        "unmerged": lambda: L.Bidirectional(LSTM(2), merge_mode=None),
        "frozen half": frozen_half,
        "float64": lambda: L.Bidirectional(LSTM(2, dtype="float64"), dtype="float64"),
        "float64 inside": lambda: L.Bidirectional(LSTM(2, dtype="float64")),
        "states": lambda: L.Bidirectional(LSTM(2, return_state=True, **ROWS)),
        "stack": lambda: L.RNN([L.LSTMCell(2), L.LSTMCell(3)], **ROWS),
        "stateful": lambda: L.RNN(L.LSTMCell(2), stateful=True),
        "GRU": lambda: L.RNN([L.GRUCell(2), L.SimpleRNNCell(2)], go_backwards=True),
        "distributed": lambda: L.TimeDistributed(L.Bidirectional(LSTM(2))),
        "NaN": lambda: L.Masking(np.nan),
        "Masking": lambda: L.Masking(-1.0),
    }
    seen = {}
    for name, make in wrappers.items():
        shape = (2, 5, 3) if name == "distributed" else (5, 3)
        model = keras.Sequential([keras.Input(shape, batch_size=3), make()])
        x = np.where(np.random.RandomState(0).rand(3, *shape) < 0.1, -1, 0.5).astype("float32")
        again = reloaded(model)
        counts = [len(m.trainable_weights) for m in (model, again)]
        seen[name] = farthest(model(x), again(x)) == 0, counts[0] == counts[1]
    return seen


@attack("dropout.all-dropped")
def zeros():
    """All kinds of numbers and layers: as on zeros in a training call?"""
    seen = {}
    options = ({}, {"unroll": True}, {"dtype": "float16"}, {"dtype": "float64"}, {"stateful": True})
    for how, scale in itertools.product(options, (1, 6e4)):
        layer = LSTM(4, dropout=1.0, **how)
        seen[str(how), scale] = gap(layer(0 * X, training=True), layer(scale * X, training=True))
        if layer.stateful:
            layer.reset_state()
            first = np.array(layer(0 * X, training=True))
            layer.reset_state()
            seen[str(how), scale] = gap(first, layer(scale * X, training=True))
    both = L.Bidirectional(LSTM(4, dropout=1.0))
    ids = np.arange(45).reshape(3, 5, 3)
    layer = LSTM(4, dropout=1.0)
    return (
        list(seen.values()),
        gap(both(X, training=True), both(0 * X, training=True)),
        gap(layer(ids, training=True), layer(0 * X, training=True)),
    )


@attack("training.relu-of-negative")
def dead():
    """Losses, also such with infinite slopes at zero: the outputs, and the LSTM's gradient?"""
    seen = {}
    losses = {
        "mse": lambda y: tf.reduce_mean((y - 1) ** 2),
        "mape": lambda y: tf.reduce_mean(
            keras.losses.mean_absolute_percentage_error(np.ones((3, 1)), y)
        ),
        "msle": lambda y: tf.reduce_mean(
            keras.losses.mean_squared_logarithmic_error(np.ones((3, 1)), y)
        ),
        "poisson": lambda y: tf.reduce_mean(keras.losses.poisson(np.ones((3, 1)), y)),
        "root": lambda y: tf.reduce_mean(tf.sqrt(y)),
        "log": lambda y: tf.reduce_mean(tf.math.log(y)),
    }
    for name, loss in losses.items():
        lstm = LSTM(2)
        dense = L.Dense(1, activation="relu", bias_initializer=keras.initializers.Constant(-9))
        with tf.GradientTape() as tape:
            y = dense(lstm(X))
            value = loss(y)
        kernel = tape.gradient(value, lstm.cell.kernel)
        seen[name] = float(np.max(y)), float(np.max(np.abs(kernel)))
    return seen


@attack("gates.kernel-mixes-features")
@attack("symmetry.concatenation")
def mixed():
    """Recurrent weights of ranges: how far off by a matrix, and by a block diagonal?"""
    seen = {}
    matrix = np.random.RandomState(0).randn(3, 3).astype("float32")
    for low, high, steps in ((-0.5, 0.5, 5), (-0.5, 0.5, 300), (-16, 16, 40), (0, 16, 40)):
        x = draw(2, steps, 3)
        layers = [LSTM(k, **ROWS) for k in (8, 8, 16)]
        for layer in layers:
            layer.build(x.shape)
        recurrent = np.random.RandomState(1).uniform(low, high, (8, 32)).astype("float32")
        kernel, _, bias = layers[0].get_weights()
        layers[0].set_weights([kernel, recurrent, bias])
        layers[1].set_weights([matrix @ kernel, recurrent, bias])
        wide = np.zeros((16, 4, 16), "float32")
        wide[:8, :, :8] = wide[8:, :, 8:] = recurrent.reshape(8, 4, 8)
        double = [np.tile(w.reshape(-1, 4, 8), 2).reshape(-1, 64) for w in (kernel, bias)]
        layers[2].set_weights([double[0], wide.reshape(16, 64), double[1][0]])
        y = layers[0](x @ matrix)
        narrow = np.array(layers[0](x))
        gaps = gap(y, layers[1](x)), gap(narrow, np.array(layers[2](x))[..., 8:])
        seen[low, high, steps] = [f"{far:.0e}" for far in gaps]
    return seen


@attack("modes.xla")
def fused():
    """Types, states, masks, infinity, ids that do not exist: how far is XLA from the graph?"""
    seen = {}

    def far(call, *given):
        plain, xla = (tf.function(call, jit_compile=jit)(*given) for jit in (False, True))
        pairs = zip(keras.tree.flatten(plain), keras.tree.flatten(xla), strict=True)
        return [float(f"{gap(*pair):.0e}") for pair in pairs]

    layers = {
        "plain": LSTM(8, return_state=True),
        "float16": LSTM(300, dtype="float16"),
        "bfloat16": LSTM(300, dtype="bfloat16"),
        "float64": LSTM(8, dtype="float64"),
        "relu": LSTM(8, activation="relu", **ROWS),
        "gelu": LSTM(8, activation="gelu", recurrent_activation="hard_sigmoid"),
        "backwards": LSTM(8, go_backwards=True, unroll=True),
        "both": L.Bidirectional(LSTM(8, **ROWS)),
        "stack": L.RNN([L.LSTMCell(8), L.GRUCell(3)]),
        "distributed": L.TimeDistributed(L.Dense(3)),
        "whole numbers": LSTM(8),
    }
    for name, layer in layers.items():
        x = np.arange(45).reshape(3, 5, 3) if name == "whole numbers" else X
        seen[name] = outcome(lambda at=layer, x=x: far(at, tf.constant(x)))
    infinite = np.where(draw(3, 5, 3) > 1, np.inf, X).astype("float32")
    seen["infinity"] = outcome(lambda: far(layers["plain"], tf.constant(infinite)))
    mask = tf.constant(VALID)
    seen["mask"] = outcome(lambda: far(lambda x: layers["both"](x, mask=mask), tf.constant(X)))
    large = LSTM(32, **ROWS)
    large.build((2, 40, 7))
    large.cell.recurrent_kernel.assign(np.random.RandomState(1).uniform(-16, 16, (32, 128)))
    seen["large weights"] = far(large, draw(2, 40, 7))
    stateful = LSTM(4, stateful=True)
    stateful(X)
    stateful.reset_state()
    first = np.array(tf.function(stateful)(X))
    stateful.reset_state()
    seen["stateful"] = gap(first, tf.function(stateful, jit_compile=True)(X))
    for name, wrong in (("ids", 3), ("wrong ids", 9)):
        model = keras.Sequential([L.Embedding(4, 3), LSTM(2)])
        seen[name] = outcome(lambda at=model, k=wrong: far(at, tf.constant([[1, k, 2]])))
    return seen


@attack("modes.xla")
def open_lengths():
    """Trained with jit_compile on any number of timesteps: the losses of plain training?"""
    losses = []
    for jit in (False, True):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((None, 3)), L.Masking(), LSTM(4)])
        model.compile("sgd", "mse", jit_compile=jit)
        data = [(draw(2, steps, 3), np.ones((2, 4), "float32")) for steps in (3, 7, 5)]
        losses.append([outcome(lambda at=pair, m=model: m.train_on_batch(*at)) for pair in data])
    return losses


def shortest(*calls, clock=time.perf_counter, repeat=15):
    """Return the shortest time of each call, in turns."""
    rounds = [[timeit.timeit(call, timer=clock, number=3) for call in calls] for _ in range(repeat)]
    return np.min(rounds, axis=0)


@attack("speed.unrolled")
def unrolled():
    """Graph, XLA, sequences, float64, by gate, backwards: the ratio of unrolled to looped?"""
    seen = {}
    options = ({}, ROWS, {"dtype": "float64"}, {"implementation": 1}, {"go_backwards": True})
    for how, jit in itertools.product(options, (False, True)):
        x = tf.ones((4, 40, 8), how.get("dtype", "float32"))
        calls = []
        for unroll in (True, False):
            graph = tf.function(LSTM(8, unroll=unroll, **how), jit_compile=jit)
            graph(x)
            calls.append(lambda graph=graph, x=x: graph(x))
        ratios = [
            round(float(np.divide(*shortest(*calls, clock=clock))), 2)
            for clock in (time.perf_counter, time.process_time)
        ]
        seen[str(how), jit] = ratios
    return seen


@attack("speed.compiled")
def plain():
    """Graph, XLA, sequences, float64, unrolled, predict: the ratio of plain to compiled?"""
    seen = {}
    options = ({}, ROWS, {"dtype": "float64"}, {"unroll": True}, {"implementation": 1})
    for how, jit in itertools.product(options, (False, True)):
        x = tf.ones((4, 20, 8), how.get("dtype", "float32"))
        layer = LSTM(8, **how)
        graph = tf.function(layer, jit_compile=jit)
        graph(x)
        times = shortest(lambda at=layer, x=x: at(x), lambda at=graph, x=x: at(x), repeat=8)
        seen[str(how), jit] = round(float(np.divide(*times)), 1)
    model = keras.Sequential([keras.Input((20, 8)), LSTM(8)])
    data = np.ones((4, 20, 8), "float32")
    model.predict(data, verbose=0)
    calls = [lambda: model(data), lambda: model.predict_on_batch(data)]
    calls.append(lambda: model.predict(data, verbose=0))
    times = shortest(*calls, repeat=5)
    seen["on batch, predict"] = [round(float(times[0] / t), 1) for t in times[1:]]
    return seen


@attack("wrappers.bidirectional-initial-state")
def given():
    """Flat, a tuple, a list of lists, and of symbols, with a mask: the halves of those states?"""
    states = [draw(k, 3, 4)[0] for k in (5, 6, 7, 8)]
    both = L.Bidirectional(LSTM(4, **ROWS))
    both(X)
    halves = [
        half(X, initial_state=states[2 * k : 2 * k + 2])
        for k, half in enumerate((both.forward_layer, both.backward_layer))
    ]
    true = np.concatenate([halves[0], np.array(halves[1])[:, ::-1]], axis=-1)
    ends = [keras.Input((4,)) for _ in states]
    x = keras.Input((5, 3))
    model = keras.Model([x, ends], both(x, initial_state=ends))
    forms = {
        "list": lambda: both(X, initial_state=states),
        "tuple": lambda: both(X, initial_state=tuple(states)),
        "pairs": lambda: both(X, initial_state=[states[:2], states[2:]]),
        "symbols": lambda: model([X, states]),
        "two": lambda: both(X, initial_state=states[:2]),
    }
    return {name: outcome(lambda at=form: gap(at(), true))[:40] for name, form in forms.items()}


@attack("sequences.order-of-states")
@attack("sequences.only-final-states")
def final():
    """Which returned state is the output, shapes, and a call that goes on from them?"""
    seen = {}
    options = ({}, ROWS, {"unroll": True}, {"go_backwards": True}, {"stateful": True}, ROWS)
    for k, how in enumerate(options):
        layer = LSTM(4, return_state=True, **how)
        x = X[:, ::-1] if "go_backwards" in how else X
        y, h, c = layer(L.Masking(-9.0)(x) if k == 5 else x)
        last = y[:, -1] if "return_sequences" in how else y
        seen[k, str(how)] = gap(last, h) == 0, h.shape == c.shape == (3, 4)
    layer = LSTM(4, return_state=True, **ROWS)
    y, h, c = layer(X)
    halfway = layer(X[:, :2])
    seen["goes on"] = gap(layer(X[:, 2:], initial_state=halfway[1:])[2], c) < 1e-6
    seen["turned"] = gap(layer(X[:, 2:], initial_state=halfway[:0:-1])[2], c) < 1e-6
    model = keras.Sequential([keras.Input((5, 3)), layer])
    seen["model"] = [tuple(part.shape) for part in model.predict(X, verbose=0)]
    return seen


class Batches(keras.utils.PyDataset):
    """One batch, again and again."""

    def __init__(self, batch, count=2):
        super().__init__()
        self.batch = batch
        self.count = count

    def __len__(self):
        """Return the number of batches."""
        return self.count

    def __getitem__(self, index):
        """Return the batch."""
        return self.batch


@attack("trainer.batches-in-lists")
def listed():
    """In fit, evaluate and predict, of models of one and two inputs: the error?"""
    single = compiled(lambda: LSTM(2), **EAGER)
    ends = [keras.Input((5, 3), name=name) for name in "ab"]
    double = keras.Model(ends, LSTM(2)(L.Add()(ends)))
    double.compile("sgd", "mse", **EAGER)
    weighted = [X, ONES, np.ones(3)]
    flat = {"x": X, "[x]": [X], "(x,)": (X,), "[x, y]": [X, ONES], "[x, y, w]": weighted}
    double_batches = {"[a, b]": [X, X], "(a, b)": (X, X), "([a, b],)": ([X, X],)}
    double_batches |= {"named": {"a": X, "b": X}, "[(a, b)]": [(X, X)]}
    double_batches |= {"[(a, b), y]": [(X, X), ONES], "([a, b], y)": ([X, X], ONES)}
    seen = {}
    for model, batches in ((single, flat), (double, double_batches)):
        for name, batch in batches.items():
            seen[name] = [error(lambda m=model, b=batch: m.predict(Batches(b), verbose=0))]
            if "y" in name:
                for call in (model.fit, model.evaluate):
                    seen[name].append(error(lambda c=call, b=batch: c(Batches(b), verbose=0)))
    kinds = {"list": [X, ONES], "array": X}
    for name, batch in kinds.items():
        seen["generator", name] = error(lambda b=batch: single.predict(iter([b]), verbose=0))
    return seen


@attack("trainer.losses")
def slopes():
    """Targets that sum to one, to two, to none: crossentropy's slope and that of differences?"""
    logits = np.array([[0.5, -1.0, 2.0]])
    seen = {}
    losses = {"softmax": keras.losses.CategoricalCrossentropy(from_logits=True, dtype="float64")}
    losses["sigmoid"] = keras.losses.BinaryCrossentropy(from_logits=True, dtype="float64")
    for name, target in itertools.product(losses, ([0, 1, 0], [1, 1, 0], [0, 0, 0])):
        loss = losses[name]
        y = np.array([target], float)
        z = tf.Variable(logits)
        with tf.GradientTape() as tape:
            value = loss(y, z)
        steps = 1e-5 * np.eye(3)
        true = [float(loss(y, logits + d) - loss(y, logits - d)) / 2e-5 for d in steps]
        seen[name, str(target)] = round(gap(tape.gradient(value, z)[0], true), 3)
    return seen


@attack("trainer.mask-of-a-final-output")
def padded():
    """Loss of a batch of which a sample is blank, alone and in wrappers, less the plain mean?"""
    seen = {}
    x = PADDED * np.array([1, 1, 0])[:, None, None]
    layers = {
        "LSTM": lambda: LSTM(2),
        "Bidirectional": lambda: L.Bidirectional(LSTM(1)),
        "RNN": lambda: L.RNN(L.LSTMCell(2)),
        "repeated": lambda: keras.Sequential([LSTM(2), L.RepeatVector(1), L.Reshape((2,))]),
    }
    for name, layer in layers.items():
        model = compiled(L.Masking, layer, **EAGER)
        true = np.mean(np.square(np.array(model(x)) - 1))
        seen[name] = round(float(abs(model.evaluate(x, ONES, verbose=0) - true)), 6)
    blank = np.zeros((3, 5), bool)
    state = [np.ones((3, 2), "float32")] * 2
    y = LSTM(2, return_state=True)(X, mask=blank, initial_state=state)
    return seen, [np.unique(part).tolist() for part in y]


@attack("errors.cell-without-states")
def stateless_cell():
    """A new cell and a built one, and in a model: the error?"""
    built = L.LSTMCell(2)
    built(X[:, 0], built.get_initial_state(batch_size=3))
    return [
        error(lambda: L.LSTMCell(2)(X[:, 0])),
        error(lambda: built(X[:, 0])),
        error(lambda: built(X[:, 0], None)),
        error(lambda: built(X[:, 0], states=[])),
        error(lambda: keras.Sequential([L.LSTMCell(2)])(X[:, 0])),
        error(lambda: keras.Sequential([keras.Input((3,)), L.LSTMCell(2)])),
        error(lambda: L.TimeDistributed(L.LSTMCell(2))(X)),
        error(lambda: L.StackedRNNCells([L.LSTMCell(2)])(X[:, 0])),
        error(lambda: L.RNN(L.LSTMCell(2))(X)),
    ]


@attack("saving.dtype-policy")
def policies():
    """Saved by a default, loaded under another, from JSON and files: the dtypes of all layers?"""
    seen = {}
    for start, end in (
        ("float32", "float64"),
        ("float64", "float16"),
        ("mixed_float16", "float32"),
    ):
        keras.config.set_dtype_policy(start)
        x = keras.Input((5, 3))
        y = L.Bidirectional(LSTM(2, **ROWS))(x)
        y = L.RNN([L.LSTMCell(2), L.LSTMCell(2)], **ROWS)(y)
        model = keras.Model(x, L.TimeDistributed(L.Dense(1))(y))
        try:
            for kind in ("a.keras", "a.h5"):
                with tempfile.TemporaryDirectory() as folder:
                    keras.config.set_dtype_policy(start)
                    model.save(f"{folder}/{kind}")
                    keras.config.set_dtype_policy(end)
                    again = keras.models.load_model(f"{folder}/{kind}")
                    seen[start, end, kind] = alike(model, again)
            again = keras.Model.from_config(model.get_config())
            seen[start, end, "JSON"] = alike(model, again)
        finally:
            keras.config.set_dtype_policy("float32")
    return seen


def alike(model, again):
    """Say which layers of two models compute in different types, and how far they differ."""
    pairs = zip(model.layers[1:], again.layers[1:], strict=True)
    other = [a.name for a, b in pairs if a.compute_dtype != b.compute_dtype]
    return other, gap(model(X), again(X))


@attack("trainer.epoch-loss")
def means():
    """Batches of 2 of 3, learning, by steps, XLA, penalties: fit's loss less the mean by hand?"""
    seen = {}
    ways = {
        "plain": ({}, {}),
        "steps": ({}, {"steps_per_execution": 2}),
        "XLA": ({}, {"jit_compile": True}),
        "penalty": ({"kernel_regularizer": "l2"}, {}),
        "activity": ({"activity_regularizer": "l2"}, {}),
    }
    for name, (how, compile_options) in ways.items():
        keras.utils.set_random_seed(0)
        models = [keras.Sequential([keras.Input((5, 3)), LSTM(2, **how)]) for _ in range(2)]
        models[1].set_weights(models[0].get_weights())
        for model in models:
            model.compile(keras.optimizers.SGD(0.5), "mse", **compile_options)
        loss = models[0].fit(X, ONES, 2, verbose=0, shuffle=False).history["loss"][0]
        parts = []
        for part in (slice(0, 2), slice(2, 3)):
            parts.append(np.mean(np.square(np.array(models[1](X[part])) - 1), axis=-1))
            models[1].train_on_batch(X[part], ONES[part])
        seen[name] = round(loss - float(np.mean(np.concatenate(parts))), 5)
    return seen


@attack("state.assignable")
def assigned():
    """assign, an item of the list, the attribute, a slice: does it go on from there?"""
    target = [np.full((3, 2), k, "float32") for k in (0.25, 0.5)]
    seen = {}

    def by_assign(layer):
        for state, value in zip(layer.states, target, strict=True):
            state.assign(value)

    def by_item(layer):
        for k in (0, 1):
            layer.states[k] = target[k]

    def by_attribute(layer):
        layer.states = target

    def by_slice(layer):
        layer.states[:] = target

    layers = {"built": lambda: LSTM(2, stateful=True)}
    layers["RNN"] = lambda: L.RNN(L.LSTMCell(2), stateful=True)
    for (name, make), way in itertools.product(
        layers.items(), (by_assign, by_item, by_attribute, by_slice)
    ):

        def goes(make=make, way=way):
            layer = make()
            layer(X)
            way(layer)
            y = layer(X)
            plain = LSTM(2)
            plain.build(X.shape)
            plain.set_weights(layer.get_weights())
            first = gap(y, plain(X, initial_state=target)) == 0
            layer(X)
            return first, [type(state).__name__ for state in layer.states]

        seen[name, way.__name__] = outcome(goes)
    return seen


class Calls(keras.callbacks.Callback):
    """Counts the calls for batches and epochs."""

    def __init__(self):
        super().__init__()
        self.count = {}

    def note(self, name):
        """Count a call."""
        self.count[name] = self.count.get(name, 0) + 1

    def on_train_batch_begin(self, batch, logs=None):
        self.note("begin")

    def on_train_batch_end(self, batch, logs=None):
        self.note(f"end {batch}")

    def on_test_batch_end(self, batch, logs=None):
        self.note(f"test {batch}")

    def on_predict_batch_end(self, batch, logs=None):
        self.note(f"predict {batch}")

    def on_epoch_end(self, epoch, logs=None):
        self.note("epoch")


@attack("trainer.callbacks-by-execution")
def executed():
    """Seven batches by 1, 3 and 9, compiled and eagerly: which calls?"""
    seen = {}
    x = draw(7, 5, 3)
    for steps, how in itertools.product((1, 3, 9), ({}, EAGER)):
        calls = Calls()
        model = compiled(lambda: LSTM(2), steps_per_execution=steps, **how)
        done = outcome(
            lambda m=model, c=calls: m.fit(x, np.ones((7, 2)), 1, verbose=0, callbacks=[c]).epoch
        )
        model.evaluate(x, np.ones((7, 2)), 1, verbose=0, callbacks=[calls])
        model.predict(x, 1, verbose=0, callbacks=[calls])
        seen[steps, str(how)] = done[:40], calls.count
    return seen


@attack("sequences.backwards-rows")
def backwards():
    """Masked, unrolled, stateful, zeros for masked: which timesteps move which row?"""
    seen = {}
    ways = {
        "plain": ({}, None),
        "unrolled": ({"unroll": True}, None),
        "masked": ({}, VALID),
        "zeros": ({"zero_output_for_mask": True}, VALID),
        "stateful": ({"stateful": True}, None),
        "graph": ({}, None),
    }
    for name, (how, mask) in ways.items():
        layer = LSTM(2, go_backwards=True, **ROWS, **how)
        call = tf.function(layer) if name == "graph" else layer

        def rows(x, layer=layer, call=call, mask=mask):
            if layer.stateful and layer.built:
                layer.reset_state()
            return np.array(call(tf.constant(x), mask=mask))

        y = rows(X)
        moved = []
        for step in range(5):
            x = X.copy()
            x[:, step] += 1
            moved.append(np.any(np.abs(rows(x) - y) > 1e-6, axis=(0, 2)).astype(int).tolist())
        seen[name] = moved
    return seen


class Named(L.Layer):
    """Keeps which masks it is given."""

    def call(self, a, b=None, a_mask=None, b_mask=None):
        self.masks = [mask is not None for mask in (a_mask, b_mask)]
        return a[0] if isinstance(a, list) else a


class Required(Named):
    """Requires its masks."""

    def call(self, a, b, a_mask, b_mask):
        return super().call(a, b, a_mask, b_mask)


class Starred(Named):
    """Takes masks by any name."""

    def call(self, a, b, **masks):
        return super().call(a, b, **masks)


@attack("models.masks-by-name")
def by_name():
    """Optional, required, starred, lists, by keyword, in a model: which masks are given?"""
    masked = L.Masking()(PADDED)
    x = keras.Input((5, 3))
    symbol = L.Masking()(x)

    def masks(layer, *given, **named):
        layer(*given, **named)
        return layer.masks

    layers = [Named() for _ in range(2)]
    calls = {
        "both": lambda: masks(Named(), masked, masked),
        "keywords": lambda: masks(Named(), a=masked, b=masked),
        "second": lambda: masks(Named(), X, b=masked),
        "first alone": lambda: masks(Named(), masked),
        "a list": lambda: masks(Named(), [masked, masked], masked),
        "required": lambda: masks(Required(), masked, masked),
        "starred": lambda: masks(Starred(), masked, masked),
        "with a passed mask": lambda: masks(Named(), masked, masked, a_mask=VALID),
        "symbols": lambda: masks(layers[0], symbol, symbol),
    }
    seen = {name: outcome(call)[:60] for name, call in calls.items()}
    keras.Model(x, layers[1](symbol, symbol))(PADDED)
    seen["model"] = layers[1].masks
    return seen


@attack("state.stateless-forgets")
def forgets():
    """After a call with a state, an error, dropout, a fit: what it returned before?"""
    seen = {}
    state = [np.full((3, 4), 9, "float32")] * 2
    options = ({}, ROWS, {"unroll": True}, {"return_state": True}, {"dropout": 0.5, "seed": 1})
    for how in options:
        layer = LSTM(4, **how)
        y = keras.tree.flatten(layer(X))[0]
        layer(X, initial_state=state)
        layer(X, training=True)
        error(lambda at=layer: at(X, initial_state=state[:1]))
        again = keras.tree.flatten(layer(X))[0]
        graph = tf.function(layer)
        first = keras.tree.flatten(graph(X))[0]
        seen[str(how)] = gap(y, again), gap(first, keras.tree.flatten(graph(X))[0]), layer.states
    return seen


class Adding(L.Layer):
    """A cell without get_initial_state."""

    def __init__(self, state_size, **options):
        super().__init__(**options)
        self.state_size = state_size

    def call(self, inputs, states):
        """Return the input and the states."""
        return inputs, states


@attack("wrappers.own-cell-zeros")
def own_states():
    """A number, lists, tuples, numpy's, float16, in a stack: shapes and types of the zeros?"""
    seen = {}
    sizes = {"2": 2, "[2]": [2], "(1, 2)": (1, 2), "[1, 2]": [1, 2], "[[1, 2], 3]": [[1, 2], 3]}
    sizes |= {"int64": np.int64(2), "0": 0, "[(3, 4)]": [(3, 4)], "dict": {"a": 1, "b": 2}}

    def shapes(layer):
        states = layer.get_initial_state(batch_size=3)
        flat = keras.tree.flatten(states)
        kinds = [(tuple(s.shape), str(s.dtype)[9:-2] or s.dtype, np.count_nonzero(s)) for s in flat]
        return len(states), kinds

    for name, size in sizes.items():
        for dtype in ("float32", "float16", "mixed_float16"):
            cell = Adding(size, dtype=dtype)
            seen[name, dtype] = outcome(lambda at=cell: shapes(L.RNN(at)))[:80]
    seen["stack"] = outcome(lambda: shapes(L.RNN([Adding(2), Adding([1, 2])])))
    seen["call"] = [error(lambda s=size: L.RNN(Adding(s))(X)) for size in sizes.values()]
    return seen


@attack("training.frozen-hands-on")
def below():
    """Frozen or not, with dropout, in wrappers: how far do gradients of a Dense below differ?"""
    seen = {}
    wrappers = {
        "LSTM": lambda: LSTM(4),
        "dropout": lambda: LSTM(4, dropout=0.5, seed=1),
        "recurrent": lambda: LSTM(4, recurrent_dropout=0.5, seed=1),
        "both": lambda: L.Bidirectional(LSTM(2)),
        "cells": lambda: L.RNN([L.LSTMCell(4), L.LSTMCell(4)]),
        "regularized": lambda: LSTM(4, activity_regularizer="l2", kernel_regularizer="l2"),
        "stateful": lambda: LSTM(4, stateful=True),
    }
    for name, make in wrappers.items():
        slopes = []
        for trainable in (True, False):
            keras.utils.set_random_seed(0)
            dense = L.Dense(3)
            layer = make()
            layer(dense(X))
            if layer.get_config().get("stateful"):
                layer.reset_state()
            layer.trainable = trainable

            def slope(x, dense=dense, layer=layer):
                with tf.GradientTape() as tape:
                    y = layer(dense(x), training=True)
                    loss = tf.reduce_mean((y - 1) ** 2) + sum(layer.losses)
                return tape.gradient(loss, dense.kernel.value)

            slopes.append(np.array(slope(tf.constant(X))))
        seen[name] = gap(*slopes), float(np.abs(slopes[0]).max()) > 0
    return seen


@attack("trainer.structures")
def structures():
    """Each form of outputs, targets, losses, metrics and weights: which are refused?"""
    forms = {
        "list": lambda a, b: [a, b],
        "tuple": lambda a, b: (a, b),
        "dict": lambda a, b: {"b": b, "a": a},
    }
    results = {}
    for chosen in list(itertools.product(forms, repeat=5))[::4]:
        outputs, targets, losses, metrics, weights = (forms[name] for name in chosen)

        def run(outputs=outputs, targets=targets, losses=losses, metrics=metrics, weights=weights):
            keras.utils.set_random_seed(0)
            x = keras.Input((5, 3))
            h = LSTM(2)(x)
            ends = [L.Dense(k, name=name)(h) for k, name in ((1, "a"), (2, "b"))]
            model = keras.Model(x, outputs(*ends))
            how = {"loss_weights": weights(1.0, 10.0), "metrics": metrics(["mae"], ["mse"])}
            model.compile("sgd", losses("mse", "mae"), **how, **EAGER)
            y = targets(np.ones((3, 1)), np.full((3, 2), 2.0))
            seen = model.evaluate(X, y, verbose=0, return_dict=True)
            return {name: round(float(number), 4) for name, number in seen.items()}

        results[chosen] = outcome(run)
    return len(results), set(results.values())


@attack("trainer.structures")
def other_names():
    """A dictionary of outputs by other names than those of their layers: which are taken?"""
    seen = {}
    for names in (("a", "b"), ("p", "q")):
        x = keras.Input((5, 3))
        h = LSTM(2)(x)
        ends = {name: L.Dense(1, name=layer)(h) for name, layer in (("p", "a"), ("q", "b"))}
        model = keras.Model(x, ends)
        named = dict.fromkeys(names, "mse")
        model.compile("sgd", named, metrics=named, **EAGER)
        y = dict.fromkeys(names, np.ones((3, 1)))
        run = partial(model.evaluate, X, y, verbose=0, return_dict=True)
        seen[names] = outcome(lambda run=run: sorted(run()))
    return seen


@attack("shapes.targets")
def columns():
    """Targets of more columns, in fit and evaluate, eagerly and by XLA, of sequences: refused?"""
    seen = {}
    for many, rows in itertools.product((1, 2, 3, 4), ({}, ROWS)):
        for how in (EAGER, {}, {"jit_compile": True})[: 3 if many == 4 else 1]:
            model = compiled(lambda r=rows: LSTM(2, **r), **how)
            y = np.ones((3, 5, many) if rows else (3, many))
            calls = model.fit, model.evaluate
            refusals = [error(lambda c=call, y=y: c(X, y, verbose=0)) for call in calls]
            seen[many, bool(rows), str(how)] = refusals
    model = compiled(lambda: LSTM(2), **EAGER)
    seen["two axes more"] = error(lambda: model.fit(X, np.ones((3, 3, 2)), verbose=0))
    return seen


@attack("trainer.loss-formulas")
def formulas():
    """MSLE, Poisson and KLDivergence of outputs of an LSTM below zero: the page's formula?"""
    y = np.array([[0.5, 0.25]])
    seen = {}
    pages = {
        "MeanSquaredLogarithmicError": lambda z: np.mean((np.log(y + 1) - np.log(z + 1)) ** 2),
        "Poisson": lambda z: np.mean(z - y * np.log(z)),
        "KLDivergence": lambda z: np.sum(y * np.log(y / z)),
        "MeanAbsolutePercentageError": lambda z: 100 * np.mean(np.abs((y - z) / y)),
        "LogCosh": lambda z: np.mean(np.log(np.cosh(z - y))),
        "Dice": lambda z: 1 - 2 * np.sum(y * z) / (np.sum(y) + np.sum(z)),
        "CosineSimilarity": lambda z: -np.sum(y * z) / np.linalg.norm(y) / np.linalg.norm(z),
    }
    for (name, page), low in itertools.product(pages.items(), (0.1, -0.6)):
        z = np.array([[low, 0.75]])
        with np.errstate(invalid="ignore"):
            pair = float(getattr(keras.losses, name)(dtype="float64")(y, z)), float(page(z))
        seen[name, low] = [round(number, 4) for number in pair]
    return seen
