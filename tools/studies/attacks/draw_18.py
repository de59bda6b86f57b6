"""Attacks on 40 claims drawn when all sentences had been read, each with a program."""

from __future__ import annotations

import inspect
import itertools
import tempfile
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.framework import op_callbacks

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import under

L = keras.layers
X = np.random.RandomState(0).randn(2, 4, 3).astype("float32")
MASK = np.array([[0, 1, 0, 1], [1, 1, 0, 0]], bool)
OTHER = np.array([[1, 0, 0, 0], [1, 1, 1, 1]], bool)
STATE = [np.ones((2, 5), "float32"), np.full((2, 5), -2, "float32")]


def gap(y, z):
    """Return the largest difference of two arrays, or their shapes where those differ."""
    y = np.array(y, "float64")
    z = np.array(z, "float64")
    if y.shape != z.shape:
        return f"shapes {y.shape} and {z.shape}"
    return float(np.max(np.abs(y - z), initial=0))


def near(*differences):
    """Say whether differences are those of rounding in single precision."""
    return all(isinstance(d, float) and d < 1e-5 for d in differences)


def masked(x, mask):
    """Return a tensor that a mask is attached to."""
    tensor = tf.constant(x)
    tensor._keras_mask = tf.constant(mask)
    return tensor


@attack("models.parameters-of-conv-lstm")
def conv_lstm_of_many_kinds():
    """Sizes, strides, dilation, both formats of data, stateful, frozen, dropout, half precision."""
    kinds = (
        {},
        {"strides": 2},
        {"padding": "same"},
        {"dilation_rate": 2},
        {"data_format": "channels_first"},
        {"stateful": True, "dropout": 0.5, "recurrent_dropout": 0.5},
        {"trainable": False, "dtype": "float16", "return_state": True},
    )
    sizes = itertools.product((1, 9), ((2, 3), (9, 20)), (1, 4))
    wrong = []
    for (f, (a, b), c), kind in itertools.product(sizes, kinds):
        layer = L.ConvLSTM2D(f, (a, b), **kind)
        frame = (c, 9, 20) if "data_format" in kind else (9, 20, c)
        layer.build((2, 3, *frame))
        if layer.count_params() != 4 * (f * a * b * (c + f) + f):
            wrong.append((f, a, b, c, kind))
    return {"wrong": wrong}


@attack("wrappers.dense-in-slices")
def quantized_dense_in_slices():
    """Is it so of policies, activations, and of a Dense(n) after model.quantize?"""
    rows = L.LSTM(8, return_sequences=True)(X)
    seen = {}

    def apart(rows, **how):
        dense = L.Dense(6, **how)
        return gap(L.TimeDistributed(dense)(rows), dense(rows))

    for policy in ("float32", "float64", "mixed_float16"):
        seen[policy] = near(under(policy, lambda: apart(rows)))
    seen["softmax"] = near(apart(rows, activation="softmax"))
    dense = L.Dense(6, dtype="mixed_float16")
    types = (L.TimeDistributed(dense)(rows).dtype.name, dense(rows).dtype.name)
    seen["Dense(n, dtype='mixed_float16')"] = types
    for mode in ("int8", "int4"):
        dense = L.Dense(6)
        x = keras.Input((4, 3))
        model = keras.Model(x, L.TimeDistributed(dense)(L.LSTM(8, return_sequences=True)(x)))
        before = model(X)
        model.quantize(mode)
        own = dense(model.layers[1](X))
        seen[f"{mode}, Dense moves by less than 1"] = gap(own, before) < 1
        seen[f"{mode}, in slices"] = gap(model(X), before) < 1
    return seen


@attack("sequences.last-row")
def last_row_of_many_ways():
    """Ways, masks, states, dropout of one seed, types; eager and compiled: apart where?"""
    ways = (
        {},
        {"unroll": True},
        {"go_backwards": True},
        {"unroll": True, "go_backwards": True},
        {"stateful": True},
        {"dropout": 0.5, "recurrent_dropout": 0.3},
        {"dtype": "float16"},
    )
    calls = (
        {},
        {"mask": MASK, "training": True},
        {"mask": MASK & False, "initial_state": STATE},
    )
    apart = []
    for way, call, compiled in itertools.product(ways, calls, (False, True)):
        if compiled and not (way in ways[1:4] and "mask" in call):
            continue
        short = L.LSTM(5, seed=1, **way)
        long = L.LSTM(5, seed=1, return_sequences=True, **way)
        short.build(X.shape)
        long.build(X.shape)
        long.set_weights(short.get_weights())
        given = {k: tf.constant(v) if k == "mask" else v for k, v in call.items()}

        def both():
            return short(X, **given), long(X, **given)[:, -1]

        y, z = tf.function(both)() if compiled else both()
        if not near(gap(y, z)):
            apart.append((way, list(call), compiled, gap(y, z)))
    return {"apart": apart}


@attack("saving.config-of-other-kinds")
def arguments_that_configurations_lose():
    """Every argument that a signature names, and those of a wrapped layer: which are lost?"""
    needs = {"units": 2, "cells": [L.LSTMCell(2)], "cell": L.LSTMCell(2), "layer": L.LSTM(2)}
    kinds = (
        "LSTMCell GRUCell SimpleRNNCell StackedRNNCells RNN Bidirectional TimeDistributed Masking"
    )
    lost = []
    for kind in kinds.split():
        names = inspect.signature(getattr(L, kind).__init__).parameters
        layer = getattr(L, kind)(**{k: v for k, v in needs.items() if k in names})
        config = layer.get_config()
        lost += [f"{kind}.{k}" for k in names if k not in {"self", "kwargs", *config}]

    def wrapped(argument, **how):
        config = L.Bidirectional(L.LSTM(2, **how)).get_config()
        return config["layer"]["config"][argument]

    class Plain:
        state_size = 2

        def call(self, x, states):
            return x, states

    return {
        "lost": lost,
        "zero_output_for_mask=True, wrapped": wrapped(
            "zero_output_for_mask", zero_output_for_mask=True
        ),
        "zero_output_for_mask=False of rows, wrapped": wrapped(
            "zero_output_for_mask", return_sequences=True
        ),
        "name='a', wrapped": wrapped("name", name="a"),
        "input_shape kept": "input_shape" in L.Masking(input_shape=(4, 3)).get_config(),
        "RNN of a cell that is no layer": outcome(lambda: L.RNN(Plain()).get_config())[:29],
    }


@attack("wrappers.lstm-in-slices")
def slices_of_other_lstms():
    """LSTMs of other options, masks of two and three axes, half precision outside, no slices."""
    x = np.random.RandomState(0).randn(2, 5, 4, 3).astype("float32")
    mask = np.random.RandomState(1).rand(2, 5, 4) > 0.4

    def apart(mask=None, x=x, outside=None, **how):
        layer = L.LSTM(6, **how)
        y = L.TimeDistributed(layer, dtype=outside)(x, mask=mask)
        flat = None if mask is None else mask.reshape(10, 4)
        own = layer(x.reshape(-1, *x.shape[2:]), mask=flat)
        if how.get("return_state"):
            return f"{y.shape} of three {own[0].shape}"
        return near(gap(np.reshape(y, own.shape), own))

    ways = (
        {},
        {"unroll": True},
        {"go_backwards": True, "return_sequences": True},
        {"zero_output_for_mask": True, "return_sequences": True},
        {"dtype": "float64"},
    )
    return {
        "ways, masked and not": all(apart(m, **way) for way in ways for m in (None, mask)),
        "return_state": outcome(lambda: apart(return_state=True)),
        "return_state and rows": outcome(lambda: apart(return_state=True, return_sequences=True))[
            :20
        ],
        "a mask of slices": outcome(
            lambda: L.TimeDistributed(L.LSTM(6))(x, mask=np.ones((2, 5), bool)).shape
        )[:10],
        "no slices": outcome(lambda: apart(x=x[:, :0]))[:10],
        "float16 outside, of 1e5": outcome(
            lambda: apart(x=np.full_like(x, 1e5), outside="float16")
        ),
    }


@attack("models.fits-its-inputs")
def masks_of_inputs_by_name():
    """A model of two Inputs called with tensors by name, masks attached: whose mask is whose?"""
    seen = {}
    for order, extra in (("ab", False), ("ba", False), ("ab", True)):
        layers = {k: L.LSTM(2) for k in "ab"}
        inputs = {k: keras.Input((4, 3), name=k) for k in "ab"}
        model = keras.Model([inputs[k] for k in order], {k: layers[k](inputs[k]) for k in "ab"})
        given = {"a": masked(X, MASK), "b": masked(X, OTHER)}
        if extra:
            given["_"] = tf.constant(X)
        y = model(given)
        own = {"a": MASK, "b": OTHER}
        seen[f"{order}{' and a third' if extra else ''}, each its own"] = [
            near(gap(y[k], layers[k](X, mask=own[k]))) for k in "ab"
        ]
        swapped = {"a": OTHER, "b": MASK}
        seen[f"{order}{' and a third' if extra else ''}, the other's"] = [
            near(gap(y[k], layers[k](X, mask=swapped[k]))) for k in "ab"
        ]
    layer = L.LSTM(2)
    x = keras.Input((None, 3))
    model = keras.Model(x, layer(x))
    want = layer(X, mask=MASK)
    kinds = (X.astype("float64"), X[..., None], X[..., None].astype("float64"))
    seen["a single Input"] = [near(gap(model(masked(z, MASK)), want)) for z in kinds]
    seen["the tensor of a tf.function"] = near(
        gap(tf.function(lambda z: model(z))(masked(X, MASK)), want)
    )
    return seen


@attack("weights.three")
def weights_of_an_activation():
    """Stateful, frozen, dropout, types; then an activation that is a layer with weights."""

    def shapes(**how):
        layer = L.LSTM(5, **how)
        layer(X)
        return [tuple(w.shape) for w in layer.weights]

    kinds = (
        {"stateful": True},
        {"trainable": False},
        {"dropout": 0.5, "recurrent_dropout": 0.5},
        {"dtype": "mixed_float16", "implementation": 1},
        {"unit_forget_bias": False, "unroll": True},
    )
    return {
        "three": all(shapes(**kind) == [(3, 20), (5, 20), (20,)] for kind in kinds),
        "PReLU": shapes(activation=L.PReLU()),
        "PReLU, no bias": shapes(activation=L.PReLU(), use_bias=False),
    }


@attack("shapes.feature-count")
def other_numbers_of_features():
    """One feature, none, twice as many; no samples or timesteps; ways, masks, compiled: taken?"""
    taken = []
    ways = (
        {},
        {"unroll": True},
        {"implementation": 1},
        {"stateful": True},
        {"dropout": 0.5, "recurrent_dropout": 0.5},
    )
    pairs = ((3, 1), (1, 3), (3, 0), (8, 4))
    sizes = ((2, 4), (0, 4), (2, 0))
    for way, (built, given), size in itertools.product(ways, pairs, sizes):
        layer = L.LSTM(5, **way)
        layer.build((2, 4, built))
        call = (tf.zeros((*size, given)),)
        mask = tf.zeros(size, bool)
        graph = tf.function(layer, input_signature=[tf.TensorSpec([None, None, None])])
        tries = [lambda: layer(*call), lambda: layer(*call, mask=mask, training=True)]
        if way in ({}, {"implementation": 1}) and size == (2, 4):
            tries.append(lambda: graph(*call))
        for n, call_of in enumerate(tries):
            try:
                call_of()
            except (ValueError, tf.errors.InvalidArgumentError):
                continue
            taken.append((way, built, given, size, n))
    return {"taken": taken}


@attack("masking.unrolled-with-state")
def unrolled_of_open_length():
    """Types, NaN, masks of numbers, compiled: apart? Then lengths that differ between calls."""

    def pair(**how):
        loop = L.LSTM(5, return_sequences=True, return_state=True, **how)
        flat = L.LSTM(5, return_sequences=True, return_state=True, unroll=True, **how)
        loop.build(X.shape)
        flat.build(X.shape)
        flat.set_weights(loop.get_weights())
        return loop, flat

    def apart(x=X, mask=MASK, jit=None, **how):
        results = []
        for layer in pair(**how):

            def call():
                return layer(x, mask=tf.constant(mask), initial_state=STATE)

            results.append(call() if jit is None else tf.function(call, jit_compile=jit)())
        return near(*(gap(y, z) for y, z in zip(*results, strict=True)))

    def lengths(unroll):
        x = keras.Input((None, 3))
        mask = keras.Input((None,), dtype="bool")
        state = [keras.Input((5,)), keras.Input((5,))]
        y = L.LSTM(5, unroll=unroll)(x, mask=mask, initial_state=state)
        model = keras.Model([x, mask, *state], y)
        given = [[X[:, :n], MASK[:, :n], *STATE] for n in (4, 3)]
        return [model.predict(arrays, verbose=0).shape for arrays in given]

    blank = np.where(MASK[..., None], X, np.nan)
    return {
        "same": [
            apart(),
            apart(jit=False),
            apart(jit=True),
            apart(x=blank),
            apart(mask=MASK & False),
            apart(mask=MASK * 0.5),
            apart(dtype="float64"),
            apart(go_backwards=True),
        ],
        "predict of 4 timesteps, then 3, by the loop": outcome(lambda: lengths(False)),
        "unrolled": outcome(lambda: lengths(True))[:60],
    }


@attack("modes.arrays-and-tensors")
def arrays_of_other_kinds():
    """Types of numbers, of bytes, and a tensor that a mask is attached to: the same output?"""
    layer = L.LSTM(4)
    layer.build(X.shape)
    same = []
    for kind in ("float16", "float64", "int32", "int64", "uint8", "bool"):
        tensor = tf.cast(np.abs(X * 3), kind)
        array = tensor.numpy()
        y = layer(array)
        others = (tensor, keras.Variable(array, dtype=kind), array[:, ::-1][:, ::-1])
        same.append(near(*(gap(y, layer(z)) for z in others)))
    tensor = L.Masking()(np.concatenate([X[:, :2], X[:, 2:] * 0], 1))

    class Outer(L.Layer):
        def __init__(self):
            super().__init__(dtype="mixed_float16")
            self.inner = L.LSTM(4, dtype="float64", kernel_initializer="ones")
            self.number = keras.Variable(X + 1e-4)

        def call(self, which):
            inputs = {"variable": self.number, "array": X + np.float32(1e-4)}
            return self.inner(inputs[which])

    outer = Outer()
    return {
        "types": same,
        "big-endian": near(gap(layer(X.astype(">f4")), layer(X))),
        "with a mask": near(gap(layer(tensor), layer(np.array(tensor)))),
        "of objects": outcome(lambda: layer(X.astype(object)))[:50],
        "inside a layer of mixed_float16": near(gap(outer(which="variable"), outer(which="array"))),
    }


@attack("models.parameters-of-siblings")
def siblings_of_many_sizes():
    """Sizes from 1 to 100, stateful, frozen, dropout, unrolled, types: the numbers as stated?"""
    wrong = []
    kinds = (
        {},
        {"stateful": True},
        {"trainable": False, "unroll": True},
        {"dropout": 0.5, "recurrent_dropout": 0.5},
        {"dtype": "mixed_float16", "return_state": True},
    )
    for u, f, kind in itertools.product((1, 100), (1, 7), kinds):
        kept = {"gru": L.GRU(u, **kind), "rnn": L.SimpleRNN(u, **kind), "lstm": L.LSTM(u, **kind)}
        kept["before"] = L.GRU(u, reset_after=False, **kind)
        count = {}
        for name, layer in kept.items():
            layer.build((2, 4, f))
            count[name] = layer.count_params()
        gate = u * (f + u) + u
        if count != {"gru": 3 * (gate + u), "rnn": gate, "lstm": 4 * gate, "before": 3 * gate}:
            wrong.append((u, f, kind))
    return {"wrong": wrong}


@attack("trainer.class-and-sample-weight")
def both_weights_in_other_data():
    """Arrays, an empty class_weight, datasets, a PyDataset, a distributed dataset: which error?"""
    y = np.array([0, 1])
    weight = np.ones(2, "float32")
    both = {"class_weight": {0: 1.0, 1: 2.0}, "verbose": 0}
    data = tf.data.Dataset.from_tensors((X, y, weight))

    def model():
        layers = [keras.Input((4, 3)), L.LSTM(2), L.Dense(2, "softmax")]
        fresh = keras.Sequential(layers)
        fresh.compile("sgd", "sparse_categorical_crossentropy")
        return fresh

    class Batches(keras.utils.PyDataset):
        def __init__(self, plain):
            super().__init__()
            self.plain = plain

        def __len__(self):
            return 6

        def __getitem__(self, n):
            return (X, y) if n < self.plain else (X, y, weight)

    def distributed():
        strategy = tf.distribute.OneDeviceStrategy("/cpu:0")
        with strategy.scope():
            spread = model()
        return spread.fit(strategy.experimental_distribute_dataset(data), **both)

    def error(call):
        return outcome(call).split(":")[0]

    return {
        "arrays": error(lambda: model().fit(X, y, sample_weight=weight, **both)),
        "no classes": error(
            lambda: model().train_on_batch(X, y, sample_weight=weight, class_weight={})
        ),
        "tf.data": error(lambda: model().fit(data, **both)),
        "PyDataset": error(lambda: model().fit(Batches(0), **both)),
        "PyDataset, weights from batch 4 on": error(
            lambda: model().fit(Batches(4), shuffle=False, **both)
        ),
        "weights of validation_data": error(
            lambda: list(model().fit(X, y, validation_data=(X, y, weight), **both).history)
        ),
        "distributed": error(distributed),
    }


@attack("modes.bidirectional")
def halves_in_other_precision():
    """Rows, masks, states, unrolled, stateful, float64; then float16 outside of float32."""

    def apart(x=X, mask=None, outside=None, **how):
        both = L.Bidirectional(L.LSTM(5, **how), merge_mode=None, dtype=outside)
        both.build(x.shape)
        mask = None if mask is None else tf.constant(mask)
        y, z = tf.function(lambda: both(x, mask=mask))()
        if how.get("stateful"):
            both.reset_state()
        own = both.forward_layer(x, mask=mask), both.backward_layer(x, mask=mask)
        rows = own[1][:, ::-1] if how.get("return_sequences") else own[1]
        return max(gap(y, own[0]), gap(z, rows))

    ways = ({}, {"unroll": True}, {"stateful": True}, {"dtype": "float64"})
    half = {"dtype": "float32"}
    return {
        "same": near(
            *(apart(mask=MASK, return_sequences=True, **way) for way in ways),
            apart(),
            apart(return_sequences=True),
            apart(mask=MASK),
        ),
        "mixed_float16 around float32, within 1e-5": near(apart(outside="mixed_float16", **half)),
        "of 1e5, difference": apart(X * 0 + 1e5, outside="mixed_float16", **half),
    }


@attack("models.dot-refused")
def dot_called_a_second_time():
    """Axes of every type, numbers of inputs, then what a Dot that is built lets pass: taken?"""
    other = np.ones((2, 4, 3), "float32")
    axes = ("1", 1.0, None, [1], [1, 2, 3], (1.0, 2), [None, 1], np.int64(1), [np.int64(1), 1])
    axes += (np.array([1, 1]), range(1, 3), [], [[1], [2]], True, [True, True])
    taken = []
    for axis in axes:
        try:
            taken.append((axis, tuple(L.Dot(axis)([X, other]).shape)))
        except (TypeError, ValueError):
            continue

    def again(first, second):
        dot = L.Dot(1)
        for sizes in filter(None, (first, second)):
            inputs = [keras.Input((n, 3)) for n in sizes]
            last = outcome(lambda: dot(inputs).shape)
        return last.split(":")[0]

    return {
        "taken": taken,
        "a size open": again(None, (None, 4)),
        "a size open, after two of 4": again((4, 4), (None, 4)),
        "symbols of 4 and 5, after two of 4": again((4, 4), (4, 5)),
        "three, after two": again((4, 4), (4, 4, 4)),
    }


INPUT = np.random.RandomState(0).randn(3, 5, 4).astype("float32")
VALID = np.array([[1, 1, 1, 0, 0], [0, 1, 0, 1, 1], [0, 0, 0, 0, 0]], bool)
POLICIES = ("float16", "mixed_float16", "mixed_bfloat16", "float64")


def distance(results, others):
    """Return the largest difference of results that may be nested."""
    pairs = zip(tf.nest.flatten(results), tf.nest.flatten(others), strict=True)
    return max(
        float(np.abs(np.array(a, "float64") - np.array(b, "float64")).max()) for a, b in pairs
    )


def kind(call):
    """Return what a call returns, or the name of its error."""
    return outcome(call).split(":")[0]


def batches(*lengths):
    """Yield batches of these lengths, as `predict` takes them."""
    for length in lengths:
        yield (np.ones((2, length, 4), "float32"),)


@attack("state.reset-is-to-zeros")
def reset_of_many():
    """NaN states, in a tf.function, of an unbuilt layer, wrapped, of two cells; states to it."""
    layer = L.LSTM(3, stateful=True)
    layer(INPUT)
    layer.states[0].assign(np.full((3, 3), np.nan))
    tf.function(layer.reset_state)()
    wrapped = L.Bidirectional(L.LSTM(3, stateful=True))
    wrapped(INPUT)
    wrapped.reset_state()
    several = L.RNN([L.LSTMCell(3), L.LSTMCell(2)], stateful=True)
    several(INPUT)
    zeros = [np.zeros((3, 3))] * 2
    return {
        "of NaN": [float(np.abs(state).max()) for state in layer.states],
        "Bidirectional": [float(np.abs(state).max()) for state in wrapped.forward_layer.states],
        "unbuilt": outcome(L.LSTM(3, stateful=True).reset_state),
        "states": [
            kind(lambda: layer.reset_state(zeros)),
            kind(lambda: layer.reset_states(states=zeros)),
        ],
        "RNN of two cells": outcome(several.reset_state),
    }


@attack("speed.mask")
def masked_ways():
    """Ratios of the shortest of 10 runs: loop, sequences, backwards, unrolled, gradients, types."""
    x = np.random.RandomState(0).randn(16, 100, 32).astype("float32")
    mask = tf.constant(np.arange(100) < np.linspace(20, 100, 16)[:, None])

    def ratio(**options):
        layer = L.LSTM(32, **options)
        runs = {
            "plain": tf.function(lambda a: layer(a)),
            "masked": tf.function(lambda a: layer(a, mask=mask)),
        }
        inputs = tf.constant(x)
        seconds = {name: [] for name in runs}
        for index in range(11):
            for name, run in runs.items():
                start = time.perf_counter()
                run(inputs)
                if index:
                    seconds[name].append(time.perf_counter() - start)
        return 0.9 < min(seconds["masked"]) / min(seconds["plain"]) < 2

    return {
        "loop": ratio(),
        "sequences": ratio(return_sequences=True),
        "backwards": ratio(go_backwards=True),
        "by gate": ratio(implementation=1),
        "float64": ratio(dtype="float64"),
        "mixed_float16": ratio(dtype="mixed_float16"),
    }


@attack("shapes.return-state")
def returned_shapes():
    """Options, 1 and 300 units, open sizes, whole numbers; and no samples, no timesteps."""
    seen = {}
    options = (
        {},
        {"return_sequences": True},
        {"go_backwards": True, "unroll": True},
        {"stateful": True, "dtype": "mixed_float16"},
        {"dropout": 0.5, "recurrent_dropout": 0.5},
    )
    for how in options:
        for units in (1, 300):
            layer = L.LSTM(units, return_state=True, **how)
            seen[f"{units} {how}"] = [tuple(part.shape) for part in layer(INPUT)]
    layer = L.LSTM(3, return_state=True)
    spec = [tf.TensorSpec((None, None, 4))]
    seen["open"] = [tuple(part.shape) for part in tf.function(lambda x: layer(x), spec)(INPUT)]
    seen["whole"] = [tuple(part.shape) for part in layer(INPUT.astype(int))]
    seen["symbolic"] = [part.shape for part in layer(keras.Input((None, 4)))]
    seen["no timesteps"] = kind(lambda: layer(INPUT[:, :0]))
    seen["no samples"] = kind(lambda: layer(INPUT[:0]))
    return seen


@attack("wrappers.mask-behind-slices")
def words_behind():
    """Words, units of the upper LSTM, looped or unrolled, 1 and 2 sentences: shapes or errors."""
    seen = {}
    for sentences, words, units, unroll in (
        (2, 3, 4, False),
        (2, 1, 4, False),
        (2, 1, 4, True),
        (2, 4, 4, False),
        (2, 4, 4, True),
        (2, 4, 1, False),
        (2, 4, 1, True),
        (1, 4, 1, True),
    ):
        layers = [L.Masking(), L.TimeDistributed(L.LSTM(3)), L.LSTM(units, unroll=unroll)]
        x = np.random.RandomState(0).randn(3, sentences, words, 4)
        key = f"{sentences} sentences of {words}, {units} units{', unrolled' * unroll}"
        seen[key] = kind(lambda x=x, layers=layers: keras.Sequential(layers)(x).shape)
    slices = L.TimeDistributed(L.LSTM(3))(np.ones((3, 2, 4, 5)), mask=np.ones((3, 2, 4), bool))
    seen["passed by name"] = str(slices._keras_mask.shape)
    seen["of sentences"] = kind(lambda: L.LSTM(4)(slices, mask=np.ones((3, 2), bool)).shape)
    return seen


class Holds(L.Layer):
    """A layer of one's own that calls an unrolled LSTM."""

    def __init__(self):
        super().__init__()
        self.inner = L.LSTM(3, unroll=True)

    def call(self, x):
        """Call the LSTM."""
        return self.inner(x)


@attack("shapes.unroll-open-length")
def open_holders():
    """Models with None that hold it in a wrapper, a nested model, or a layer of one's own."""
    holders = {
        "LSTM": lambda: [L.LSTM(3, unroll=True)],
        "masked": lambda: [L.Masking(), L.LSTM(3, unroll=True)],
        "Bidirectional": lambda: [L.Bidirectional(L.LSTM(3, unroll=True))],
        "behind Conv1D": lambda: [L.Conv1D(4, 3, strides=2), L.LSTM(3, unroll=True)],
        "nested": lambda: [keras.Sequential([L.LSTM(3, unroll=True)])],
        "list of cells": lambda: [L.RNN([L.LSTMCell(3), L.LSTMCell(2)], unroll=True)],
        "own layer": lambda: [Holds()],
    }
    seen = {}
    for name, layers in holders.items():

        def called(layers=layers):
            y = start = keras.Input((None, 4))
            for layer in layers():
                y = layer(y)
            model = keras.Model(start, y)
            return model(INPUT).shape, model.predict(INPUT, verbose=0).shape

        seen[name] = kind(called)
    model = keras.Sequential([keras.Input((None, 4)), L.LSTM(3, unroll=True)])
    shapes = (INPUT, INPUT[:2], INPUT[:, :4])
    seen["predict again"] = [kind(lambda x=x: model.predict(x, verbose=0).shape) for x in shapes]
    return seen


@attack("wrappers.list-of-one-cell-unrolled")
def list_of_one():
    """1 and 2 timesteps, unrolled or looped, with and without a mask: a difference, or an error."""
    seen = {}
    for steps in (1, 2):
        for unroll in (True, False):
            for mask in (None, VALID[:, :steps]):
                cell = L.LSTMCell(2)
                single = L.RNN(cell, unroll=unroll)
                several = L.RNN([cell], unroll=unroll)
                x = INPUT[:, :steps]
                key = f"{steps}{' unrolled' * unroll}{' masked' * (mask is not None)}"
                seen[key] = kind(
                    lambda x=x, mask=mask, single=single, several=several: distance(
                        single(x, mask=mask), several(x, mask=mask)
                    )
                )
    return seen


@attack("models.layers-under-policy")
def operations_under_policy():
    """What a policy adds to `operations`, to `layers` and to the rows of `summary`."""

    def built(policy, masked):
        start = keras.Input((5, 4), dtype="float32")
        y = L.Masking(dtype=policy)(start) if masked else start
        y = L.LSTM(3, return_sequences=True, dtype=policy)(y)
        model = keras.Model(start, L.Dense(1, dtype="float32")(L.LSTM(2, dtype=policy)(y)))
        rows = []
        model.summary(print_fn=lambda text, **_: rows.append(text))
        return (
            [type(part).__name__ for part in model.operations],
            [type(part).__name__ for part in model.layers],
            "(Cast)" in "".join(rows),
        )

    seen = {}
    for masked in (False, True):
        operations, layers, _ = built("float32", masked)
        for policy in POLICIES:
            others, stacked, row = built(policy, masked)
            extra = [name for name in others if name not in operations]
            seen[f"{policy}{' Masking' * masked}"] = [extra, layers == stacked, row]
    return seen


@attack("masking.unit-by-unit")
def units_apart():
    """A masked unit held: units 1 to 20, whole numbers, jit, backwards; masks of open sizes."""
    seen = {}
    for units in (1, 3, 20):
        layer = L.LSTM(units, return_state=True)
        mask = np.ones((3, 5, units), bool)
        mask[:, 2:, 0] = False
        early = layer(INPUT[:, :2])
        for name, call in {
            "eager": lambda layer=layer, mask=mask: layer(INPUT, mask=mask),
            "whole": lambda layer=layer, mask=mask: layer(INPUT, mask=mask.astype("int32")),
            "jit": lambda layer=layer, mask=mask: tf.function(layer, jit_compile=True)(
                tf.constant(INPUT), mask=tf.constant(mask)
            ),
            "open": lambda layer=layer, mask=mask: tf.function(
                lambda x, m: layer(x, mask=m),
                [tf.TensorSpec((None, None, 4)), tf.TensorSpec((None, None, None), "bool")],
            )(INPUT, mask),
        }.items():

            def held(call=call, early=early):
                late = call()
                return all(
                    distance(a[:, :1], b[:, :1]) < 1e-6
                    for a, b in zip(early[1:], late[1:], strict=True)
                )

            seen[f"{units} {name}"] = kind(held)
        unrolled = L.LSTM(units, unroll=True)
        seen[f"{units} unrolled"] = kind(lambda: unrolled(INPUT, mask=mask).shape)
    return seen


@attack("gates.unroll-agrees")
def unrolled_apart():
    """Types, masks, dropout, backwards; masks and inputs of open lengths in a graph."""
    seen = {}

    def pair(**options):
        built = [L.LSTM(3, return_state=True, seed=1, unroll=u, **options) for u in (False, True)]
        for layer in built:
            layer.build(INPUT.shape)
        built[1].set_weights(built[0].get_weights())
        return built

    for options in (
        {},
        {"go_backwards": True, "return_sequences": True},
        {"dtype": "float16"},
        {"dtype": "float64"},
        {"dropout": 0.5, "recurrent_dropout": 0.5},
        {"zero_output_for_mask": True, "go_backwards": True, "return_sequences": True},
    ):
        loop, graph = pair(**options)
        calls = ({"mask": VALID}, {"mask": VALID, "training": True})
        seen[str(options)] = [
            distance(loop(INPUT, **how), graph(INPUT, **how)) < 1e-3 for how in calls
        ]
    lengths = tf.constant([5, 3, 1])
    for layer, name in zip(pair(), ("looped", "unrolled"), strict=True):
        sequence = tf.function(lambda x, n, layer=layer: layer(x, mask=tf.sequence_mask(n)))
        seen[f"tf.sequence_mask {name}"] = kind(
            lambda sequence=sequence: sequence(tf.constant(INPUT), lengths)[0].shape
        )
        opened = tf.function(lambda x, layer=layer: layer(x), [tf.TensorSpec((None, None, 4))])
        seen[f"open {name}"] = kind(lambda opened=opened: opened(INPUT)[0].shape)
    return seen


@attack("saving.unregistered-layer")
def registered_late():
    """Registered when saved, when loaded, or under another package; names in custom objects."""
    register = keras.saving.register_keras_serializable
    cases = {
        "registered when saved and loaded": ("One", "One", None),
        "registered after saving": (None, "One", None),
        "registered in another package": ("One", "Two", None),
        "not registered, named": (None, None, "Late"),
        "saved registered, named by class": ("One", None, "Late"),
        "saved registered, named in full": ("One", None, "One>Late"),
    }
    seen = {}
    every = keras.saving.get_custom_objects()
    kept = dict(every)
    for ending in (".keras", ".h5"):
        for name, (before, after, key) in cases.items():
            own = type("Late", (L.LSTM,), {})
            if before:
                register(before)(own)
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / f"model{ending}"
                keras.Sequential([keras.Input((5, 4)), own(3)]).save(path)
                every.clear()
                if after:
                    register(after)(own)
                named = {key: own} if key else None
                seen[name + ending] = kind(
                    lambda path=path, named=named: keras.models.load_model(path, named)(INPUT).shape
                )
                every.clear()
    every.update(kept)
    return seen


@attack("precision.half-counter")
def counted():
    """Counted on from shortly before: both types, looped and unrolled, with and without jit."""
    seen = {}
    for policy, start in (("float16", 2045), ("bfloat16", 253)):
        for options in ({}, {"unroll": True}):
            layer = L.LSTM(
                1,
                return_state=True,
                dtype=policy,
                kernel_initializer="zeros",
                recurrent_initializer="zeros",
                bias_initializer=keras.initializers.Constant(30),
                unit_forget_bias=False,
                **options,
            )
            state = [tf.fill((1, 1), float(start))] * 2
            x = tf.zeros((1, 6, 1))
            for jit in (False, True):
                run = tf.function(
                    lambda x, s, layer=layer: layer(x, initial_state=s), jit_compile=jit
                )
                seen[f"{policy} {options}{' jit' * jit}"] = float(run(x, state)[2][0, 0])
    return seen


@attack("dropout.inference-counts")
def counted_calls():
    """Calls between, against a training call or none between: options, symbolic, stateless."""
    seen = {}

    def trained(between, **options):
        keras.utils.set_random_seed(0)
        layer = L.LSTM(8, seed=1, **options)
        layer.build(INPUT.shape)
        between(layer)
        return np.array(layer(INPUT, training=True))

    def stateless(layer):
        parts = (layer.trainable_variables, layer.non_trainable_variables)
        layer.stateless_call(*([part.value for part in parts_] for parts_ in parts), INPUT)

    ways = {
        "call": lambda layer: layer(INPUT),
        "masked": lambda layer: layer(INPUT, mask=VALID),
        "tf.function": lambda layer: tf.function(layer)(INPUT),
        "predict": lambda layer: keras.Sequential([layer]).predict(INPUT, verbose=0),
        "symbolic": lambda layer: layer(keras.Input((5, 4))),
        "stateless": stateless,
    }
    for options in (
        {"dropout": 0.5},
        {"recurrent_dropout": 0.5},
        {"dropout": 0.5, "unroll": True, "dtype": "float64"},
        {"dropout": 1.0},
    ):
        none = trained(lambda _: None, **options)
        single = trained(lambda layer: layer(INPUT, training=True), **options)
        for name, way in ways.items():
            later = trained(way, **options)
            seen[f"{options} {name}"] = [np.array_equal(later, single), np.array_equal(later, none)]
    return seen


@attack("modes.generator")
def generated():
    """Lengths 5, 3, 1, 9: sequences, eager, jit, 2 steps for each execution; then length 0."""
    seen = {}
    for name, options, how in (
        ("LSTM", {}, {}),
        ("sequences", {"return_sequences": True}, {}),
        ("run_eagerly", {}, {"run_eagerly": True}),
        ("jit_compile", {}, {"jit_compile": True}),
        ("two steps", {}, {"steps_per_execution": 2}),
        ("two steps, sequences", {"return_sequences": True}, {"steps_per_execution": 2}),
    ):
        model = keras.Sequential([keras.Input((None, 4)), L.LSTM(3, **options)])
        model.compile("sgd", "mse", **how)
        seen[name] = kind(
            lambda model=model: tuple(model.predict(batches(5, 3, 1, 9), verbose=0).shape)
        )
    model = keras.Sequential([keras.Input((None, 4)), L.LSTM(3)])
    seen["length 0"] = kind(lambda: model.predict(batches(5, 3, 0), verbose=0).shape)
    seen["first two alike"] = kind(lambda: model.predict(batches(5, 5, 3), verbose=0).shape)
    return seen


SEQUENCES = np.random.default_rng(0).normal(size=(4, 6, 3)).astype("float32")
LENGTHS = np.arange(6) < np.array([1, 3, 6, 2])[:, None]


def furthest(left, right):
    """Return the largest difference of two arrays."""
    return float(np.max(np.abs(np.asarray(left, "float64") - np.asarray(right, "float64"))))


def weights_file(saved, loaded):
    """Save the weights of a model, and load them into another one."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "model.weights.h5")
        saved.save_weights(path)
        loaded.load_weights(path)


@attack("trainer.sequence-loss")
def batches_of_as_many_sequences_as_timesteps():
    """CTC behind a Masking: 2 sequences of 5 timesteps, 5 of 5, and 2 of 1."""

    def loss(batch, timesteps):
        x = np.random.default_rng(1).normal(size=(batch, timesteps, 3)).astype("float32")
        x[:, -1] = 0
        keras.utils.set_random_seed(1)
        masked = L.LSTM(4, return_sequences=True)
        model = keras.Sequential([L.Input((timesteps, 3)), L.Masking(), masked])
        model.compile("sgd", loss="ctc")
        y = np.ones((batch, 1), "int32")
        logits = keras.ops.convert_to_tensor(model(x).numpy())
        mean = float(np.mean(keras.losses.ctc(y, logits)))
        return f"{float(model.train_on_batch(x, y)):.4f}, the mean is {mean:.4f}"

    sizes = [(2, 5), (5, 5), (2, 1)]
    return {f"{b} x {t}": outcome(lambda b=b, t=t: loss(b, t)) for b, t in sizes}


@attack("saving.weights-fit-other-options")
def an_activation_that_is_a_layer_with_weights():
    """Load the file of a plain LSTM into one of activation=PReLU(), and the other way round."""

    def fit(saved, loaded):
        models = []
        for options in (saved, loaded):
            models.append(keras.Sequential([L.Input((6, 3)), L.LSTM(5, **options)]))
            models[-1](SEQUENCES)
        weights_file(*models)
        return "loads"

    types = {"dtype": "bfloat16", "recurrent_initializer": "zeros"}
    cases = {
        "to PReLU": ({}, {"activation": L.PReLU()}),
        "from PReLU": ({"activation": L.PReLU()}, {}),
        "to bfloat16": ({}, types),
        "to unrolled, frozen": ({}, {"unroll": True, "trainable": False}),
        "to recurrent dropout": ({}, {"recurrent_dropout": 0.5, "seed": 1}),
    }
    return {name: outcome(lambda both=both: fit(*both)) for name, both in cases.items()}


@attack("errors.reset-without-state")
def other_layers_and_a_stateful_that_is_taken_back():
    """Reset each kind of RNN, a built LSTM, and an LSTM whose stateful is taken back."""
    rnns = [L.LSTM(3), L.GRU(3), L.SimpleRNN(3), L.RNN(L.LSTMCell(3))]
    came = {type(rnn).__name__: outcome(L.Bidirectional(rnn).reset_state) for rnn in rnns}
    built = L.LSTM(3)
    built(SEQUENCES)
    came["built LSTM"] = outcome(built.reset_states)
    kept = L.LSTM(3, stateful=True)
    kept(SEQUENCES)
    kept.stateful = False
    kept.reset_state()
    came["taken back, state left"] = float(np.max(np.abs(kept.states[0])))
    return came


@attack("trainer.metric-of-all")
def outputs_of_one_axis_and_batches_of_other_lengths():
    """Evaluate on batches of 5 and 2: outputs (batch,); and on sequences of 2 and 8 timesteps."""

    def evaluated(metric, batches, shape):
        model = keras.Sequential([L.Input(shape), L.Activation("linear")])
        model.compile(loss="mse", metrics=[metric])
        logs = model.evaluate((batch for batch in batches), verbose=0, return_dict=True)
        return next(value for name, value in logs.items() if name != "loss")

    zeros = np.zeros(5, "float32")
    ones = np.ones(2, "float32")
    flat = [(zeros, zeros), (ones, 0 * ones)]
    short = np.zeros((1, 2, 1), "float32")
    long = np.ones((1, 8, 1), "float32")
    lengths = [(short, short), (long, 0 * long)]
    return {
        "(batch,), mae": evaluated("mae", flat, ()),
        "of all samples": 2 / 7,
        "lengths, rmse": evaluated(keras.metrics.RootMeanSquaredError(), lengths, (None, 1)),
        "of all timesteps": float(np.sqrt(8 / 10)),
    }


@attack("trainer.sources")
def whole_numbers_in_float64_for_a_model_of_float64():
    """Fit a float64 model on float64 numbers above 2**24, by each source, and by class_weight."""
    data = (np.arange(4.0) + 2**24 + 1)[:, None]

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 2

        def __getitem__(self, index):
            return (data[2 * index : 2 * index + 2],) * 2

    def generator():
        for start in (0, 2):
            yield (data[start : start + 2],) * 2

    def seen(*source, **options):
        log = []

        def write(x):
            log.extend((x.ravel() - 2**24).tolist())
            return x

        class Probe(L.Layer):
            def call(self, x):
                return tf.ensure_shape(tf.numpy_function(write, [x], x.dtype), x.shape)

        entry = keras.Input((1,), dtype="float64")
        probed = Probe(dtype="float64")(entry)
        model = keras.Model(entry, L.Dense(1, dtype="float64")(probed))
        model.compile("sgd", "mse")
        log.clear()
        model.fit(*source, shuffle=False, verbose=0, **options)
        return log

    return {
        "arrays": seen(data, data, batch_size=2),
        "tensors": seen(tf.constant(data), tf.constant(data), batch_size=2),
        "generator": seen(generator()),
        "PyDataset": seen(Batches()),
        "class_weight": outcome(lambda: seen(generator(), class_weight={0: 1.0})),
    }


@attack("symmetry.zero-row")
def a_feature_past_the_range_of_the_compute_type():
    """Insert a feature of 100,000, and of 3e38, at a kernel row of zeros, by policy."""

    def change(policy, value):
        both = []
        weights = L.LSTM(5)
        weights.build((4, 6, 3))
        kernel, *others = weights.get_weights()
        for wider in (False, True):
            x = np.insert(SEQUENCES, 1, value, axis=2) if wider else SEQUENCES
            layer = L.LSTM(5, dtype=policy)
            layer.build(x.shape)
            layer.set_weights([np.insert(kernel, 1, 0, axis=0) if wider else kernel, *others])
            both.append(layer(x).numpy())
        return furthest(*both), layer.dtype

    policies = ["float32", "float64", "mixed_bfloat16", "mixed_float16"]
    values = [6e4, 1e5, 3e38]
    return {f"{p}, {v:g}": str(change(p, v)) for p in policies for v in values}


@attack("masking.unrolled-zero-output")
def masks_and_layers():
    """Compare both for whole numbers, NaN, one timestep, a stack, dropout in training."""

    def difference(make, x=SEQUENCES, mask=LENGTHS, training=False):
        both = []
        weights = None
        for unroll in (False, True):
            layer = make(unroll=unroll, zero_output_for_mask=True)
            layer.build(x.shape)
            layer.set_weights(weights or layer.get_weights())
            weights = layer.get_weights()
            both.append(layer(x, mask=tf.constant(mask), training=training).numpy())
        return furthest(*(np.nan_to_num(y, nan=9.0) for y in both))

    def lstm(**options):
        return lambda **more: L.LSTM(5, **options, **more)

    holes = np.where(LENGTHS[..., None], SEQUENCES, np.nan)
    cells = [L.LSTMCell(5), L.LSTMCell(4)]
    return {
        "last": difference(lstm()),
        "sequences": difference(lstm(return_sequences=True)),
        "mask of floats": difference(lstm(return_sequences=True), mask=LENGTHS * 0.3),
        "NaN at masked": difference(lstm(return_sequences=True), x=holes),
        "one timestep": difference(lstm(), x=SEQUENCES[:, :1], mask=~LENGTHS[:, 1:2]),
        "dropout": difference(lstm(return_sequences=True, dropout=0.3, seed=1), training=True),
        "stack": difference(lambda **options: L.RNN(cells, return_sequences=True, **options)),
    }


@attack("errors.stacked-cells-of-one")
def a_list_of_one_cell():
    """Give it each kind of cell alone, a tuple, and RNN a list of one: unrolled, and masked."""
    cells = [L.LSTMCell(3), L.GRUCell(3), L.StackedRNNCells([L.LSTMCell(3)])]
    came = {type(c).__name__: outcome(lambda c=c: L.StackedRNNCells(c)) for c in cells}
    came["tuple"] = outcome(lambda: len(L.StackedRNNCells(tuple(cells[:2])).cells))

    def rnn(mask=None, **options):
        return L.RNN([L.LSTMCell(3)], **options)(SEQUENCES, mask=mask).shape

    came["list of one"] = outcome(rnn)
    came["unrolled"] = outcome(lambda: rnn(unroll=True))
    came["masked"] = outcome(lambda: rnn(mask=LENGTHS)).split(".")[0]
    return came


@attack("saving.weights-file")
def a_layer_that_keeps_its_layers_in_a_set():
    """A layer of one LSTM in a set, one with a tf.Variable; a Sequential's file in a Model."""

    class KeepsASet(L.Layer):
        def __init__(self):
            super().__init__()
            self.parts = {L.LSTM(3)}

        def call(self, x):
            return next(iter(self.parts))(x)

    class KeepsAVariable(L.Layer):
        def __init__(self):
            super().__init__()
            self.scale = tf.Variable(1.0)

        def call(self, x):
            return self.scale * x

    def functional():
        entry = keras.Input((6, 3))
        return keras.Model(entry, L.Dense(2)(L.LSTM(4)(entry)))

    def sequential(*parts):
        return keras.Sequential([L.Input((6, 3)), *parts])

    saved = sequential(KeepsASet())
    loaded = sequential(KeepsASet())
    weights_file(saved, loaded)
    came = {
        "set, trainable weights": len(saved.trainable_weights),
        "set": furthest(saved(SEQUENCES), loaded(SEQUENCES)) > 0.01,
    }
    scaled = KeepsAVariable()
    scaled.scale.assign(3.0)
    saved = sequential(scaled)
    loaded = sequential(KeepsAVariable())
    weights_file(saved, loaded)
    came["tf.Variable"] = furthest(saved(SEQUENCES), loaded(SEQUENCES)) > 0.01
    saved = sequential(L.LSTM(4), L.Dense(2))
    loaded = functional()
    weights_file(saved, loaded)
    came["Sequential to Model"] = furthest(saved(SEQUENCES), loaded(SEQUENCES)) > 0.01
    return came


@attack("errors.names-the-layer")
def an_input_of_unknown_axes():
    """Call an LSTM with 0 to 5 axes, with no known number of axes; and build it for 2."""

    def layer():
        return L.LSTM(4, name="mine")

    came = {}
    for axes in (0, 1, 2, 4, 5):
        text = outcome(lambda axes=axes: layer()(np.zeros((2,) * axes, "float32")))
        came[axes] = "mine" in text and str((2,) * axes) in text
    came["open"] = outcome(lambda: layer()(keras.Input((5,))))
    built = layer()
    built.build((None, None, 3))

    @tf.function(input_signature=[tf.TensorSpec(None)], autograph=False)
    def call(x):
        return built(x)

    came["unknown"] = outcome(lambda: call(tf.zeros((2, 3))))
    came["build"] = outcome(lambda: layer().build((None, 5)))
    return came


@attack("modes.implementations")
def a_sequence_of_one_timestep_eagerly():
    """Count the matrix products that run for 1 and 6 timesteps, in a loop and unrolled."""

    def products(timesteps, **options):
        layer = L.LSTM(4, **options)
        layer.build((4, timesteps, 3))
        seen = []

        def count(kind, *_, **__):
            seen.append(kind == "MatMul")

        op_callbacks.add_op_callback(count)
        try:
            layer(SEQUENCES[:, :timesteps])
        finally:
            op_callbacks.remove_op_callback(count)
        return sum(seen)

    return {
        f"{timesteps}, implementation={i}{', unrolled' if unroll else ''}": products(
            timesteps, implementation=i, unroll=unroll
        )
        for timesteps in (1, 6)
        for i in (1, 2)
        for unroll in (False, True)
    }


@attack("state.constant-in-training")
def one_tape_over_two_batches():
    """Ask a tape for the gradient into the batch before; train with and without a RematScope."""

    def reaches(layer):
        earlier = tf.constant(SEQUENCES)
        later = tf.constant(SEQUENCES * 0.5)
        layer(earlier)
        with tf.GradientTape() as tape:
            tape.watch(earlier)
            layer(earlier)
            y = layer(later)
        return tape.gradient(y, earlier) is not None

    def trained(mode):
        keras.utils.set_random_seed(1)
        with keras.RematScope(mode):
            layer = L.LSTM(4, stateful=True)
        model = keras.Sequential([L.Input((6, 3), batch_size=4), layer])
        model.compile("sgd", "mse", run_eagerly=True)
        model.train_on_batch(SEQUENCES, np.ones((4, 4), "float32"))
        return layer.states[0].numpy()

    stack = [L.LSTMCell(3), L.LSTMCell(3)]
    came = {
        "LSTM": reaches(L.LSTM(4, stateful=True)),
        "unrolled": reaches(L.LSTM(4, stateful=True, unroll=True)),
        "mixed": reaches(L.LSTM(4, stateful=True, dtype="mixed_float16")),
        "Bidirectional": reaches(L.Bidirectional(L.LSTM(4, stateful=True))),
        "stack": reaches(L.RNN(stack, stateful=True)),
    }
    layer = L.LSTM(4, stateful=True)
    layer.trainable = False
    layer(SEQUENCES)
    layer.trainable = True
    came["trainable states"] = any(state.trainable for state in layer.states)
    came["RematScope, eagerly"] = furthest(trained("full"), trained(None)) > 1e-3
    return came


@attack("wrappers.bidirectional-attached-mask")
def a_state_as_tensors_arrays_and_by_position():
    """Give a Bidirectional masked input and a state: by name, as arrays, a tuple, by position."""
    x = np.where(LENGTHS[..., None], SEQUENCES, 0)
    masked = L.Masking()(tf.constant(x))
    state = [tf.constant(np.full((4, 5), value, "float32")) for value in (0.1, 0.5, -0.3, 0.9)]
    came = {}
    for wrapped in (L.LSTM(5), L.LSTM(5, unroll=True), L.GRU(5)):
        both = L.Bidirectional(wrapped)
        both.build(x.shape)
        given = state if isinstance(wrapped, L.LSTM) else state[:2]
        expected = both(tf.constant(x), initial_state=given, mask=tf.constant(LENGTHS))
        outputs = {
            "by name": both(masked, initial_state=given),
            "arrays": both(masked, initial_state=[part.numpy() for part in given]),
            "tuple": both(masked, initial_state=tuple(given)),
            "by position": both(masked, given),
        }
        for name, output in outputs.items():
            came[f"{wrapped.name}, {name}"] = furthest(output, expected) < 1e-6
    return came
