"""Attacks on claims of a twelfth draw: where the words were too wide, or what deviates."""

from __future__ import annotations

import contextlib
import io
import itertools
import tempfile
import time
import timeit

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.draw_1 import LSTM, L, X, draw
from tools.studies.attacks.draw_11 import compiled, error, gap

VALID = np.array([[1, 1, 1, 0, 0], [0, 0, 1, 1, 1], [0, 1, 0, 0, 0]], bool)
PADDED = np.where(VALID[..., None], X, 0).astype("float32")
ROWS = {"return_sequences": True}
EAGER = {"run_eagerly": True}


@attack("training.constraints")
@attack("training.max-norm")
def idle():
    """NonNeg or MaxNorm(0.1) on kernels of which one is in no loss: least number and norm?"""
    seen = {}
    for constraint in (keras.constraints.NonNeg(), keras.constraints.MaxNorm(0.1)):
        x = keras.Input((5, 3))
        layers = [LSTM(2, kernel_constraint=constraint) for _ in range(2)]
        model = keras.Model(x, [layer(x) for layer in layers])
        model.compile("sgd", ["mse", None], **EAGER)
        model.train_on_batch(X, np.ones((3, 2)))
        kernels = [np.array(layer.cell.kernel) for layer in layers]
        pairs = [(kernel.min(), np.linalg.norm(kernel, axis=0).max()) for kernel in kernels]
        seen[type(constraint).__name__] = np.round(pairs, 2).tolist()
    return seen


@attack("shapes.whole-units")
@attack("sequences.row-per-timestep")
@attack("time.axis-one")
def refused():
    """2.0 units, and on data; no timesteps; exchanged axes to a new and a built layer: errors?"""
    built = LSTM(2, return_state=True, **ROWS)
    return {
        "2.0": (error(lambda: LSTM(2.0)), error(lambda: LSTM(2.0)(X))),
        "rows": (
            [tuple(part.shape) for part in built(X)],
            error(lambda: LSTM(2, **ROWS)(X[:, :0])),
        ),
        "turned": [error(lambda: layer(X.transpose(0, 2, 1))) for layer in (LSTM(2), built)],
    }


@attack("trainer.mask-and-weight")
@attack("trainer.weighted-epoch")
def weighed():
    """15 timesteps, 7 of them valid, in batches of 3 and 2, of 3 samples: divided by what?"""
    seen = {}
    for weights in (np.arange(15.0).reshape(3, 5), np.array([1.0, 4.0, 7.0])):
        for masked, size in itertools.product((True, False), (3, 2)):
            model = compiled(*[L.Masking] * masked, lambda: LSTM(2, **ROWS), **EAGER)
            losses = np.mean(np.square(model(PADDED)), axis=-1) * weights.reshape(3, -1)
            total = np.sum(losses[VALID | (not masked)])
            data = (PADDED, np.zeros((3, 5, 2)), size, 0, weights)
            divisor = outcome(lambda: round(total / model.evaluate(*data), 2))
            seen[weights.ndim, masked, size] = divisor[:20]
    return seen


@attack("models.intermediate")
@attack("models.nested")
def nested():
    """A model in a model: the change by leaving it out, and a tensor in it as an output?"""
    seen = {}
    for dtype in ("float32", "float64"):
        layers = [LSTM(2, dtype=dtype), L.Dense(1, dtype=dtype)]
        inner = keras.Sequential([keras.Input((5, 3)), *layers])
        x = keras.Input((5, 3), dtype=dtype)
        models = [keras.Model(x, inner(x)), keras.Model(x, layers[1](layers[0](x)))]
        far = gap(*[model(X.astype(dtype) / 3) for model in models])
        seen[dtype] = far, error(lambda: keras.Model(x, [inner(x), inner.layers[0].output]))
    return seen


@attack("training.compile-again")
def unfrozen():
    """Trainable at first or not, changed after fit, then train_on_batch: does the kernel move?"""

    def moved(start):
        model = compiled(lambda: LSTM(2, trainable=start), lambda: L.Dense(1))
        model.fit(X, np.ones((3, 1)), verbose=0)
        model.layers[0].trainable = not start
        old = model.layers[0].get_weights()[0]
        model.train_on_batch(X, np.ones((3, 1)))
        return gap(old, model.layers[0].get_weights()[0]) > 0

    return [outcome(lambda: moved(start))[:28] for start in (True, False)]


@attack("wrappers.bidirectional-encoder")
def encoder():
    """Plain, stateful, a half of 3 units: do the states of halves of 4, joined, start LSTM(8)?"""

    def start(units=4, **options):
        back = LSTM(units, return_state=True, go_backwards=True, **options)
        both = L.Bidirectional(LSTM(4, return_state=True, **options), backward_layer=back)
        states = both(X)[1:]
        pairs = [np.concatenate(states[k::2], axis=-1) for k in (0, 1)]
        return LSTM(8)(X, initial_state=pairs)

    return [error(lambda: start(**how)) for how in ({}, {"stateful": True}, {"units": 3})]


class Own(L.Layer):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def call(self, inputs):
        return self.function(inputs)


@attack("models.mask-of-own-layer")
def kept():
    """Its input times 2, itself, what a Dense in it returns: is there a mask in predict?"""
    seen = []
    for layer in (Own(lambda x: x * 2), Own(lambda x: x), Own(L.Dense(3))):
        lstm = LSTM(2)
        x = keras.Input((5, 3))
        middle = layer(L.Masking()(x))
        between, y = keras.Model(x, [middle, lstm(middle)]).predict(PADDED, verbose=0)
        seen.append(gap(y, lstm(between)) > 1e-5)
    return seen


@attack("precision.chaos")
@attack("symmetry.features")
def chaos():
    """Recurrent weights, scale of the input: how far from float64, and from other columns?"""
    seen = {}
    for low, high, scale in ((-0.5, 0.5, 1), (-16, 16, 1), (0, 16, 1), (-16, 16, 0)):
        single, double = (LSTM(32, dtype=dtype, **ROWS) for dtype in ("float32", "float64"))
        x = scale * draw(2, 40, 7)
        single(x), double(x)
        single.cell.recurrent_kernel.assign(np.random.uniform(low, high, (32, 128)))
        double.set_weights(single.get_weights())
        y = single(x)
        single.cell.kernel.assign(single.cell.kernel[::-1])
        gaps = gap(y, double(x)), gap(y, single(x[..., ::-1]))
        seen[low, high, scale] = [f"{far:.0e}" for far in gaps]
    return seen


@attack("gates.constant-input-settles")
@attack("dropout.share")
def halves():
    """c less its point, from 0 and 200, for f=0.993; and the share that a rate of 0.001 drops?"""
    seen = {}
    for dtype in ("float32", "float16", "bfloat16"):
        options = {"recurrent_initializer": "zeros", "dtype": dtype, "dropout": 0.001, "seed": 1}
        layer = LSTM(1, return_state=True, **options)
        layer.build((2, None, 1))
        layer.set_weights([np.zeros((1, 4)), np.zeros((1, 4)), np.array([0, 5, 1, 0])])
        start = [tf.cast([[0], [most]], dtype) for most in (0, 200)]
        c = tf.function(layer)(tf.ones((2, 2000, 1), dtype), initial_state=start)[2]
        far = np.array(c, "float64")[:, 0] - 0.5 * np.tanh(1) * (1 + np.exp(5))
        dropped = np.array(layer.cell.get_dropout_mask(tf.ones((2000, 200), dtype))) == 0
        seen[dtype] = np.round(far, 2).tolist(), round(float(np.mean(dropped)), 4)
    return seen


@attack("saving.weights-and-masking")
def branches():
    """Masking before a chain, and in the second of two branches: do the outputs differ?"""
    seen = []
    for count in (1, 2):
        models = []
        for more in (False, True):
            ends = [keras.Input((5, 3)) for _ in range(count)]
            parts = [L.Dense(3)(end) for end in ends]
            parts[-1] = L.Masking()(parts[-1]) if more else parts[-1]
            models.append(keras.Model(ends, [LSTM(2)(part) for part in parts]))
        with tempfile.TemporaryDirectory() as folder:
            models[0].save_weights(f"{folder}/a.weights.h5")
            models[1].load_weights(f"{folder}/a.weights.h5")
        seen.append(gap(*[model([X] * count) for model in models]) > 1e-5)
    return seen


@attack("trainer.printed")
def printed():
    """A plain metric, one per class, a negative loss: the last line, and the History?"""
    seen = []
    for loss, metric in (("mse", "mae"), ("mse", keras.metrics.F1Score()), ("dot", "mae")):
        function = (lambda y, z: -keras.ops.mean(z**2)) if loss == "dot" else loss
        model = compiled(lambda: LSTM(4), loss=function, metrics=[metric], **EAGER)
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            history = model.fit(X, np.ones((3, 4)), verbose=2).history
        seen.append((text.getvalue().strip().split("step - ")[-1], str(history)))
    return seen


@attack("trainer.penalty-in-the-loss")
@attack("trainer.activity-time-distributed")
def penalty():
    """Trainable and frozen: loss less metric, and penalty; alone and distributed: how many?"""
    seen = []
    for trainable in (True, False):
        layer = LSTM(4, kernel_regularizer="l2", trainable=trainable)
        model = compiled(lambda: layer, metrics=["mse"], **EAGER)
        loss, metric = model.evaluate(X, np.ones((3, 4)), verbose=0)
        true = float(layer.cell.kernel.regularizer(layer.cell.kernel))
        seen.append((round(loss - metric, 4), round(true, 4)))
    how = {"activity_regularizer": "l2"}
    layers = [LSTM(4, **how), L.TimeDistributed(LSTM(4, **how))]
    layers[0](X), layers[1](X[:, None])
    return seen, [len(layer.losses) for layer in layers]


@attack("speed.features")
def features():
    """Compiled, XLA, by gate; on the wall and of the processor: the ratio of 1792 to 256?"""
    seen = {}
    kinds = itertools.product((False, True), (2, 1), (time.perf_counter, time.process_time))
    for jit, implementation, clock in kinds:
        times = []
        for size in (1792, 256):
            call = tf.function(LSTM(256, implementation=implementation), jit_compile=jit)
            x = tf.ones((128, 4, size))
            call(x)
            times.append(min(timeit.repeat(lambda: call(x), timer=clock, number=1, repeat=12)))
        seen[jit, implementation, clock.__name__] = round(times[0] / times[1], 1)
    return seen


@attack("masking.bidirectional-unrolled")
def unrolled():
    """Looped and unrolled, a sequence or its end, a mask: do the halves differ?"""
    seen = {}
    for sequences in (True, False):
        parts = [LSTM(4, return_sequences=sequences, unroll=unroll) for unroll in (False, True)]
        layers = [L.Bidirectional(half) for half in parts]
        layers[0](X), layers[1](X)
        layers[1].set_weights(layers[0].get_weights())
        halves = [np.split(layer(X, mask=VALID), 2, axis=-1) for layer in layers]
        seen[sequences] = [gap(*pair) > 1e-5 for pair in zip(*halves, strict=True)]
    return seen
