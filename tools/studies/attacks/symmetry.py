"""Attacks on the claims of the chapter `symmetry`."""

import itertools

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack
from tools.studies.attacks.draw_1 import LSTM, MASK, X, close, draw, twins


@attack("symmetry.batch")
def batch():
    """In training dropout masks samples by their position."""
    x = np.arange(1.0, 7.0).reshape(6, 1, 1).repeat(4, axis=2)
    order = [5, 4, 3, 2, 1, 0]
    lstm = keras.layers.LSTM(2, dropout=0.5, seed=1)
    lstm.build(x.shape)
    again = keras.layers.LSTM(2, dropout=0.5, seed=1)
    again.build(x.shape)
    again.set_weights(lstm.get_weights())
    y = np.array(lstm(x, training=True))
    assert not np.allclose(again(x[order], training=True), y[order])
    return "so"


@attack("symmetry.scaling")
def scaling():
    """Where a product overflows, a power of two changes the output."""
    x = np.array([[[3.0], [7.0]]], "float32")
    first = keras.layers.LSTM(2)
    other = keras.layers.LSTM(2)
    first.build(x.shape)
    other.build(x.shape)
    kernel, recurrent, bias = first.get_weights()
    scale = np.float32(2.0**127)
    other.set_weights([kernel / scale, recurrent, bias])
    assert not np.array_equal(first(x), other(x * scale))
    return "so"


@attack("symmetry.zero-row")
@attack("symmetry.zero-kernel")
def zero_row():
    """0 times NaN is NaN."""
    lstm = keras.layers.LSTM(2, kernel_initializer="zeros")
    assert np.all(np.isnan(lstm(np.full((1, 3, 1), np.nan))))
    assert np.all(np.isnan(lstm(np.full((1, 3, 1), np.inf))))
    return "so"


def blocks(*layers):
    """Return the weights of layers as one: the recurrent kernel in blocks, for each gate."""
    kernels, recurrents, biases = zip(*(layer.get_weights() for layer in layers), strict=True)
    gates = []
    for gate in range(4):
        parts = [np.split(r, 4, axis=1)[gate] for r in recurrents]
        sizes = [len(part) for part in parts]
        block = np.zeros((sum(sizes), sum(sizes)), "float32")
        for k, part in enumerate(parts):
            at = sum(sizes[:k])
            block[at : at + sizes[k], at : at + sizes[k]] = part
        gates.append(block)
    sides = [
        np.concatenate([np.split(w, 4, axis=-1)[gate] for w in weights], axis=-1)
        for weights, gate in itertools.product((kernels, biases), range(4))
    ]
    both = np.concatenate(sides[:4], axis=-1), np.concatenate(sides[4:], axis=-1)
    return [both[0], np.concatenate(gates, axis=1), both[1]]


MIXING = ("softmax", "log_softmax", "sparsemax", "tanh", "relu", "selu", "softsign")


@attack("symmetry.side-by-side")
@attack("symmetry.concatenation")
def side_by_side():
    """By seven activations, with a mask and NaN in half the input: two layers and no more?"""
    seen = {}
    for name in MIXING:
        layers = LSTM(2, activation=name), LSTM(3, activation=name)
        wide = LSTM(5, activation=name)
        for layer in (*layers, wide):
            layer.build(X.shape)
        wide.set_weights(blocks(*layers))
        halves = [np.array(layer(X, mask=MASK)) for layer in layers]
        seen[name] = close(wide(X, mask=MASK), np.concatenate(halves, axis=1))
    weights = blocks(*layers)
    weights[0][0, [0, 1, 5, 6, 10, 11, 15, 16]] = np.nan
    wide.set_weights(weights)
    seen["NaN in one half"] = bool(np.isfinite(np.array(wide(X))[:, 2:]).all())
    return seen


@attack("symmetry.widening")
def widened():
    """By seven activations, under dropout, from a state: are the old units left alone?"""
    seen = {}
    for name in MIXING:
        old = LSTM(2, activation=name)
        new = LSTM(3, activation=name)
        wide = LSTM(5, activation=name)
        for layer in (old, new, wide):
            layer.build(X.shape)
        weights = blocks(old, new)
        weights[1][:2, [2, 3, 4, 7, 8, 9, 12, 13, 14, 17, 18, 19]] = draw(2, 12)
        wide.set_weights(weights)
        seen[name] = close(np.array(wide(X, mask=MASK))[:, :2], old(X, mask=MASK))
    return seen


@attack("symmetry.own-c")
@attack("symmetry.own-columns")
def own_units():
    """By seven activations: does one unit's c, or its bias, move another unit's next output?"""
    seen = {}
    for name in MIXING:
        layer = LSTM(4, activation=name)
        c = draw(3, 4)
        other = c.copy()
        other[:, 0] += 1
        h = np.zeros_like(c)
        y, z = (np.array(layer(X[:, :1], initial_state=[h, s])) for s in (c, other))
        kernel, recurrent, bias = layer.get_weights()
        bias[[0, 4, 8, 12]] += 1
        layer.set_weights([kernel, recurrent, bias])
        moved = np.array(layer(X[:, :1], initial_state=[h, c]))
        seen[name] = [bool(np.array_equal(y[:, 1:], part[:, 1:])) for part in (z, moved)]
    return seen


@attack("symmetry.timesteps")
def rotated():
    """Trained by nobody, 1, 2 and 50 timesteps, equal ones: another output?"""
    seen = []
    for steps in (1, 2, 50):
        x = draw(3, steps, 3)
        layer = LSTM(4)
        y, z = (np.sort(np.array(layer(v)), axis=1) for v in (x, np.roll(x, 1, axis=1)))
        seen.append(not close(y, z))
    return seen


@attack("symmetry.samples")
def neighbours():
    """In training with dropout, unrolled, compiled, with masks, in float16: a bit of others?"""
    bad = []
    other = X.copy()
    other[0] = 1e4
    options = [{}, {"dropout": 0.5}, {"recurrent_dropout": 0.5}, {"unroll": True}]
    options += [{"dtype": "float16"}, {"stateful": True}, {"implementation": 1}]
    for option in options:
        first, second = twins(seed=1, **option)
        for call in (False, True):
            y, z = (
                np.array(tf.function(k)(x, training=call, mask=MASK))
                for k, x in ((first, X), (second, other))
            )
            if not np.array_equal(y[1:], z[1:]):
                bad.append((option, call))
    return bad


@attack("symmetry.batch-parts")
def parts_of_batches():
    """512 samples of 300 units in parts of 1, 7 and 100, by predict and XLA: the same?"""
    x = draw(512, 5, 3)
    layer = LSTM(300)
    y = np.array(layer(x))
    seen = []
    for size in (1, 7, 100):
        rows = range(0, 512 if size > 1 else 20, size)
        z = np.concatenate([np.array(layer(x[k : k + size])) for k in rows])
        seen.append(close(z, y[: len(z)]))
    return seen


@attack("symmetry.every-feature")
@attack("symmetry.every-h")
@attack("symmetry.spread")
def all_units():
    """Of 100 features and 100 units in float64: does each reach all, in one or two timesteps?"""
    layer = LSTM(100, dtype="float64")
    x = draw(1, 2, 100).astype("float64")
    h = draw(1, 100).astype("float64")
    c = np.zeros((1, 100))
    y = np.array(layer(x[:, :1], initial_state=[h, c]))
    features = []
    units = []
    for k in (0, 50, 99):
        moved = x[:, :1].copy()
        moved[..., k] += 1
        features.append(bool(np.all(np.array(layer(moved, initial_state=[h, c])) != y)))
        moved = h.copy()
        moved[:, k] += 1
        units.append(bool(np.all(np.array(layer(x[:, :1], initial_state=[moved, c])) != y)))
    before = np.array(layer(x))
    kernel, recurrent, bias = layer.get_weights()
    kernel[:, 200] += 0.1
    layer.set_weights([kernel, recurrent, bias])
    return features, units, bool(np.all(np.array(layer(x)) != before))


@attack("symmetry.scaling")
def powers_that_are_not_whole():
    """Powers of 2 of -3, 0.5, 1.5 and 20: are all bits the same?"""
    layer, other = twins()
    kernel, recurrent, bias = layer.get_weights()
    seen = {}
    for k in (-3, 0.5, 1.5, 20):
        other.set_weights([kernel * np.float32(2.0**-k), recurrent, bias])
        seen[k] = bool(np.array_equal(layer(X), other(X * np.float32(2.0**k))))
    return seen


@attack("symmetry.samples")
@attack("symmetry.batch-parts")
def activations_over_the_samples():
    """A softmax over samples as activation, and Keras': one sample changed, and a part alone."""
    names = ("tanh", "softmax", "log_softmax", "sparsemax", "relu")
    kinds = {name: name for name in names}
    kinds["over samples"] = lambda x: keras.activations.softmax(x, axis=0)
    other = X.copy()
    other[1] += 1.0
    seen = {}
    for name, activation in kinds.items():
        layer = LSTM(4, activation=activation)
        y = np.array(layer(X))
        kept = bool(np.array_equal(y[0], np.array(layer(other))[0]))
        seen[name] = kept, close(layer(X[:1]), y[:1])
    return seen
