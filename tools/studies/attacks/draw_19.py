"""Attacks on 40 claims drawn when it was known what no sentence is about, each with a program."""

from __future__ import annotations

import importlib
import json
import tempfile
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import gap, numbers, under


@attack("models.merge-of-unmasked")
def a_sequence_and_a_vector():
    """Are tensors of two shapes refused by the merges that compute element by element?"""
    sequence = numbers(2, 5, 4)
    vector = numbers(2, 4)
    names = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")
    return {
        name: outcome(lambda n=name: getattr(layers, n)()([sequence, vector]).shape)
        for name in names
    }


@attack("masking.zeros-with-cudnn")
def padding_read_backwards_on_cpu():
    """Does a CPU repeat the last valid output if padded sequences are read backwards?"""
    lstm = layers.LSTM(2, return_sequences=True, go_backwards=True, use_cudnn=False)
    mask = np.array([[True, True, False, False]])
    return str(np.asarray(lstm(numbers(1, 4, 3), mask=mask))[0].any(axis=-1))


@attack("dropout.bare-cell")
def traced_for_two_batches():
    """Does a tf.function of a built cell draw new masks if it is traced a second time?"""
    cell = layers.LSTMCell(9, dropout=0.5)
    cell.build((None, 3))

    @tf.function(autograph=False)
    def step(x):
        state = tf.zeros((tf.shape(x)[0], 9))
        return cell(x, [state, state], training=True)[0]

    first = step(numbers(2, 3))
    second = step(numbers(2, 3))
    return {
        "one signature": not np.array_equal(first, second),
        "another batch": outcome(lambda: step(numbers(4, 3)).shape),
    }


@attack("time.rows-of-a-table")
def how_far_a_row_is_felt():
    """Up to which of 200 rows does a change of the first row change the output's bits?"""
    lstm = layers.LSTM(4, return_sequences=True)
    x = numbers(200, 3)
    other = x.copy()
    other[0] += 1
    together = np.asarray(lstm(x[None]))[0] != np.asarray(lstm(other[None]))[0]
    apart = np.asarray(lstm(x[:, None])) != np.asarray(lstm(other[:, None]))
    return {
        "x[None]": bool(np.flatnonzero(together.any(-1)).max() < 199),
        "x[:, None]": int(np.flatnonzero(apart.any((1, 2))).max()),
    }


@attack("weights.forget-bias-is-one")
def an_array_or_none_as_initializer():
    """Where does the forget bias begin for initializers of many kinds?"""
    kinds = {
        "seven": keras.initializers.Constant(7.0),
        "glorot": "glorot_uniform",
        "none": None,
        "array": np.arange(8.0),
        "1.5 units, whatever the shape": lambda *_, **__: tf.constant([5.0, 6, 7]),
    }

    def begin(kind):
        lstm = layers.LSTM(2, bias_initializer=kind)
        lstm.build((None, None, 3))
        return lstm.cell.bias.numpy()[2:4]

    return {name: outcome(lambda k=kind: begin(k)) for name, kind in kinds.items()}


@attack("shapes.time-axis")
def a_stateful_layer_on_the_batch_axis():
    """Does a stateful layer in batches of one remember vectors of the batch axis?"""
    model = keras.Sequential([keras.Input(batch_shape=(1, 1, 3)), layers.LSTM(4, stateful=True)])
    x = numbers(6, 1, 3)
    y = model.predict(x, batch_size=1, verbose=0)
    lstm = layers.LSTM(4, return_sequences=True)
    lstm.build((None, None, 3))
    lstm.set_weights(model.get_weights())
    return np.allclose(y, np.asarray(lstm(x[None, :, 0]))[0], atol=1e-6)


@attack("wrappers.mask-of-slices")
def masks_of_slices():
    """Are masks of three axes read slice by slice, and are masks of two refused?"""
    x = numbers(2, 3, 5, 4)
    mask = numbers(2, 3, 5, seed=1) > 0
    result = {}
    for options in ({}, {"unroll": True}, {"go_backwards": True, "return_sequences": True}):
        lstm = layers.LSTM(6, **options)
        wrapped = layers.TimeDistributed(lstm)
        each = [lstm(x[:, i], mask=tf.constant(mask[:, i])) for i in range(3)]
        same = np.allclose(wrapped(x, mask=mask), np.stack(each, 1), atol=1e-6)
        refused = outcome(lambda w=wrapped: w(x, mask=mask[:, :, 0]).shape).split(":")[0]
        result[str(options)] = f"{same}, {refused}"
    return result


@attack("models.called")
def float64_in_a_model():
    """Does a model give what its LSTM of float64 gives, up to the rounding of float64?"""
    x = np.random.default_rng(0).normal(size=(2, 5, 3))
    lstm = layers.LSTM(4, dtype="float64")
    y = np.asarray(lstm(x))
    inputs = keras.Input((5, 3))
    exact = keras.Input((5, 3), dtype="float64")
    models = {
        "Sequential": keras.Sequential([lstm]),
        "functional": keras.Model(inputs, lstm(inputs)),
        "functional, with an Input of float64": keras.Model(exact, lstm(exact)),
    }
    return {
        name: bool(np.abs(np.asarray(model(x)) - y).max() < 1e-12) for name, model in models.items()
    }


@attack("saving.onnx-bidirectional")
def sizes_in_onnx():
    """How many operators are LSTMs, if batch and timesteps are open, known or one?"""

    def operators(batch, steps):
        inputs = keras.Input(batch_shape=(batch, steps, 3))
        model = keras.Model(inputs, layers.Bidirectional(layers.LSTM(4))(inputs))
        model(numbers(batch or 2, steps or 6, 3))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.onnx"
            model.export(path, format="onnx", verbose=False)
            data = path.read_bytes()
        return f"{data.count(b'LSTM')} LSTM, {data.count(b'bidirectional')} bidirectional"

    sizes = ((None, None), (2, 5), (1, 1))
    return {str(size): outcome(lambda s=size: operators(*s)) for size in sizes}


@attack("trainer.averaged-weights")
def with_a_constraint():
    """Is the mean that of the weights after each step where a constraint holds them?"""
    keras.utils.set_random_seed(1)
    constraint = keras.constraints.MaxNorm(0.2)
    model = keras.Sequential([keras.Input((3, 2)), layers.LSTM(3, kernel_constraint=constraint)])
    model.compile(
        loss="mse",
        optimizer=keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.7),
        run_eagerly=True,
    )
    kernels = []
    record = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda *_, **__: kernels.append(model.get_weights()[0])
    )
    x = numbers(8, 3, 2)
    y = np.ones((8, 3), "float32")
    model.fit(x, y, batch_size=2, verbose=0, callbacks=[record])
    mean = kernels[0]
    for kernel in kernels[1:]:
        mean = 0.7 * mean + 0.3 * kernel
    kernel = model.get_weights()[0]
    return {
        "mean of the weights": np.allclose(kernel, mean, atol=1e-6),
        "within the constraint": bool(np.linalg.norm(kernel, axis=0).max() <= 0.2001),
    }


def stateful(batch):
    """Return a stateful model."""
    inputs = keras.Input(batch_shape=(batch, 3, 2))
    return keras.Sequential([inputs, layers.LSTM(4, stateful=True)])


@attack("state.fixed-batch-in-predict")
def a_last_batch_of_one_in_predict():
    """Is a last batch of one sample refused, or of two?"""
    return {
        f"{samples} in batches of {batch}": outcome(
            lambda s=samples, b=batch: (
                stateful(b).predict(numbers(s, 3, 2), batch_size=b, verbose=0).shape
            )
        )
        for samples, batch in ((3, 2), (5, 4), (6, 4))
    }


@attack("errors.remainder-in-fit")
def a_last_batch_of_one_in_fit():
    """Is a last batch of one sample refused, or of two?"""

    def fit(samples, batch):
        model = stateful(batch)
        model.compile(loss="mse", optimizer="sgd")
        data = numbers(samples, 3, 2), np.zeros((samples, 4))
        model.fit(*data, batch_size=batch, verbose=0)
        return "accepted"

    return {
        f"{samples} in batches of {batch}": outcome(lambda s=samples, b=batch: fit(s, b))
        for samples, batch in ((3, 2), (6, 4))
    }


@keras.saving.register_keras_serializable("draw_19p")
class Pair(layers.Layer):
    """A cell that reads two vectors at a timestep."""

    state_size = (3,)

    def build(self, shape):
        """Make nothing."""

    def call(self, x, states):
        """Add both."""
        state = states[0] + x[0] + x[1]
        return state, [state]


@attack("wrappers.one-input")
def two_inputs_in_many_forms():
    """Are two inputs refused in a tuple, a list and a dictionary, unrolled or not?"""
    x = numbers(2, 5, 3)
    forms = {"tuple": (x, x), "list": [x, x], "dictionary": {"a": x, "b": x}, "nested": ((x, x), x)}
    return {
        f"{name}, unroll={unroll}": outcome(
            lambda f=form, u=unroll: layers.RNN(Pair(), unroll=u)(f).shape
        )
        for name, form in forms.items()
        for unroll in (False, True)
    }


@attack("speed.compiled")
def compiled_by_xla():
    """Is a plain call at most 300 times as long as a graph, and as one compiled by XLA?"""
    x = tf.constant(numbers(4, 20, 8))
    lstm = layers.LSTM(8)
    lstm(x)

    def seconds(call, times):
        call()
        start = time.process_time()
        for _ in range(times):
            call()
        return (time.process_time() - start) / times

    plain = seconds(lambda: lstm(x), 5)
    result = {}
    for name, xla in (("graph", False), ("XLA", True)):
        graph = tf.function(lambda x: lstm(x), jit_compile=xla, autograph=False)
        result[name] = bool(10 < plain / seconds(lambda g=graph: g(x), 100) < 300)
    return result


L = keras.layers
X = np.random.RandomState(0).randn(2, 5, 3).astype("float32")
MASK = np.array([[0, 1, 0, 1, 1], [1, 1, 0, 0, 0]], bool)


@attack("masking.puts-zeros")
def mask_values_of_many_kinds():
    """Whole numbers, inf, arrays, -0.0, half precision: what do the masked timesteps hold?"""
    values = (-1, 7, 0, -999, np.inf, -np.inf, np.array([1, 2, 3], "float32"), [1.0, 2.0, 3.0])
    results = {}
    for value in values:
        for dtype in ("float32", "float16", "int32"):
            if dtype == "int32" and not np.all(np.isfinite(value)):
                continue
            x = np.where(MASK[..., None], 50, value).astype(dtype)
            layer = L.Masking(value, dtype="float16" if dtype == "float16" else None)
            y = layer(x)
            valid = np.array(y._keras_mask)
            results[f"{value} {dtype}"] = np.unique(np.array(y)[~valid]).tolist()
    return {"not zeros": [key for key, value in results.items() if value != [0]]}


@attack("models.declared-shapes")
def halves_of_other_sizes():
    """Does a Bidirectional whose backward layer has other units return what it declares?"""
    results = {}
    for mode in ("concat", None):
        back = L.LSTM(5, go_backwards=True)
        half = L.Bidirectional(L.LSTM(3), backward_layer=back, merge_mode=mode)
        model = keras.Sequential([L.Input((5, 3)), half])
        returned = [tuple(y.shape) for y in keras.tree.flatten(model(X))]
        results[str(mode)] = f"declares {model.output_shape}, returns {returned}"
    return results


@attack("masking.second-masking")
def pairs_of_mask_values():
    """Values in both orders, equal ones, -0.0, a tiny one, half precision: which timesteps stay?"""
    x = X.copy()
    x[0, 0] = 5
    x[0, 1] = 7
    x[1, 4] = 0
    wrong = []
    pairs = ((5, 7), (7, 5), (5, 0), (0, 5), (5, 5), (0, 0), (5, -0.0), (5, 1e-9))
    for before, behind in pairs:
        for dtype in ("float32", "float16"):
            first = L.Masking(before, dtype=dtype)(x)
            second = L.Masking(behind, dtype=dtype)(first)
            read = np.where(np.array(first._keras_mask)[..., None], x, 0).astype(dtype)
            expected = np.any(read.astype("float64") != behind, axis=-1)
            if not np.array_equal(second._keras_mask, expected):
                wrong.append((before, behind, dtype))
    return {"wrong": wrong}


@attack("shapes.sequential-length")
def longer_and_shorter_than_declared():
    """Called, stacked, behind Masking, backwards, Bidirectional, stateful, unrolled, in predict."""
    kinds = {
        "plain": [L.LSTM(2)],
        "stack": [L.LSTM(2, return_sequences=True), L.LSTM(2)],
        "masking": [L.Masking(), L.LSTM(2)],
        "backwards": [L.LSTM(2, go_backwards=True, return_sequences=True)],
        "halves": [L.Bidirectional(L.LSTM(2))],
        "stateful": [L.LSTM(2, stateful=True)],
        "unrolled": [L.LSTM(2, unroll=True)],
    }
    results = {}
    for kind, stacked in kinds.items():
        model = keras.Sequential([L.Input(batch_shape=(2, 5, 3)), *stacked])
        lengths = [np.repeat(X, 2, axis=1), X[:, :1], X]
        results[kind] = outcome(lambda m=model, xs=lengths: [tuple(m(x).shape) for x in xs])
    model = keras.Sequential([L.Input((5, 3)), L.LSTM(2)])
    model.compile(jit_compile=True)
    results["predict, XLA"] = [model.predict(x, verbose=0).shape for x in lengths]
    unrolled = keras.Sequential([L.Input((5, 3)), L.LSTM(2, unroll=True)])
    unrolled.compile(jit_compile=False)
    shapes = [outcome(lambda x=x: unrolled.predict(x, verbose=0).shape)[:30] for x in lengths]
    results["predict, unrolled"] = shapes
    return results


@attack("modes.windows-in-batches")
def window_as_long_as_the_series():
    """Windows of 4 and of all rows of 20, a series of one row, and the generator's options."""
    legacy = importlib.import_module("keras.src.legacy.preprocessing.sequence")
    x = np.arange(40.0).reshape(20, 2)
    y = np.arange(60.0).reshape(20, 3)

    def dataset(rows, n):
        batches = keras.utils.timeseries_dataset_from_array(x[:rows], y[:rows], n)
        return [(tuple(a.shape), tuple(b.shape)) for a, b in batches]

    def generator(n, **options):
        batches = legacy.TimeseriesGenerator(x, y, n, batch_size=10, **options)
        pairs = [batches[i] for i in range(len(batches))]
        return [(a.shape, b.shape) for a, b in pairs]

    return {
        "dataset of 4": outcome(lambda: dataset(20, 4)),
        "generator of 4": outcome(lambda: generator(4)),
        "dataset of all": outcome(lambda: dataset(20, 20)),
        "generator of all": outcome(lambda: generator(20)),
        "dataset of one row": outcome(lambda: dataset(1, 1)),
        "shuffled generator": outcome(lambda: generator(4, shuffle=True)),
        "sampled generator": outcome(lambda: generator(4, sampling_rate=2)),
    }


@attack("wrappers.sees-the-future")
def slow_series_of_100():
    """Is the last of 100 timesteps forgotten on noise, on steps and on a random walk?"""
    random = np.random.RandomState(1)
    walk = np.cumsum(random.randn(3000, 4), axis=0)
    walk = (walk - walk.mean(0)) / walk.std(0)
    data = {
        "noise": random.randn(16, 100, 4),
        "steps": np.repeat(random.choice([-1.0, 1.0], (16, 1, 4)), 100, axis=1),
        "walk": np.stack([walk[i : i + 100] for i in range(0, 2900, 50)]),
    }
    x = np.concatenate(list(data.values())).astype("float32")
    z = x.copy()
    z[:, -1] *= -1
    changes = []
    same = []
    for seed in range(3):
        keras.utils.set_random_seed(seed)
        layer = L.Bidirectional(L.LSTM(8, return_sequences=True))
        y = np.array(layer(x))
        other = np.array(layer(z))
        changes.append(np.max(np.abs(y[:, 0, 8:] - other[:, 0, 8:]), axis=-1))
        same.append(np.array_equal(y[:, :-1, :8], other[:, :-1, :8]))
    ends = np.cumsum([len(series) for series in data.values()])[:-1]
    parts = np.split(np.max(changes, axis=0), ends)
    results = {"earlier rows the same to the bit": all(same)}
    for kind, part in zip(data, parts, strict=True):
        change = part.max()
        results[kind] = "but for rounding" if change < 1e-6 else f"but for {change:.0e}"
    return results


@attack("errors.layer-for-a-cell")
def batch_that_is_open():
    """Called on data, in a list of cells, and behind an Input or in a graph of open batch."""
    calls = {
        "data": lambda: L.RNN(L.LSTM(8))(X),
        "list": lambda: L.RNN([L.LSTM(8), L.LSTM(4)])(X),
        "behind Input": lambda: keras.Sequential([L.Input((5, 3)), L.RNN(L.LSTM(8))]),
        "Input of known batch": lambda: L.RNN(L.LSTM(8))(L.Input(batch_shape=(2, 5, 3))).shape,
        "open graph": lambda: tf.function(
            L.RNN(L.LSTM(8)), input_signature=[tf.TensorSpec((None, 5, 3))]
        )(X),
    }
    results = {}
    for kind, call in calls.items():
        try:
            results[kind] = str(call())
        except ValueError as error:
            text = str(error)
            kinds = ("expected ndim=3, found ndim=2", "must be fully-defined")
            results[kind] = next((k for k in kinds if k in text), text[:80])
    return results


@attack("trainer.crossentropy-by-shape")
def outputs_without_the_last_axis():
    """One number for each sample or timestep, with a last axis of 1 and without that axis."""
    random = np.random.RandomState(2)
    results = {}
    for shape in ((1,), (), (5, 1), (5,)):
        y = random.rand(4, *shape).astype("float32")
        targets = random.randint(0, 2, y.shape)
        model = keras.Sequential([L.Input(shape), L.Identity()])
        model.compile(loss="ce", run_eagerly=True)
        value = model.evaluate(y, targets, verbose=0)
        clipped = tf.constant(y.reshape(-1, 1))
        flat = tf.constant(targets.reshape(-1, 1), "float32")
        binary = float(tf.reduce_mean(keras.losses.binary_crossentropy(flat, clipped)))
        results[str((None, *shape))] = "binary" if abs(value - binary) < 1e-5 else "not binary"
    return results


@attack("modes.cudnn-requirements")
def jit_where_there_is_a_gpu():
    """With the check for a GPU set to yes: what asks for cuDNN, and does XLA compile that?"""
    module = importlib.import_module("keras.src.backend.tensorflow.rnn")
    layers = {
        "default": L.LSTM(2),
        "tf.tanh": L.LSTM(2, activation=tf.tanh),
        "dropout": L.LSTM(2, dropout=0.1),
        "float64": L.LSTM(2, dtype="float64"),
        "a lambda": L.LSTM(2, activation=lambda x: tf.tanh(x)),
        "recurrent dropout": L.LSTM(2, recurrent_dropout=0.1),
        "unrolled": L.LSTM(2, unroll=True),
        "no bias": L.LSTM(2, use_bias=False),
        "use_cudnn=False": L.LSTM(2, use_cudnn=False),
    }
    for layer in layers.values():
        layer(X)
    asked = []
    check = module._is_gpu_available
    cudnn = module._cudnn_lstm

    def refuse(*args):
        asked.append(True)
        raise NotImplementedError

    module._is_gpu_available = lambda: True
    try:
        module._cudnn_lstm = refuse
        results = {}
        for kind, layer in layers.items():
            asked.clear()
            layer(X)
            results[kind] = bool(asked)
        module._cudnn_lstm = cudnn
        compiled = tf.function(layers["default"], jit_compile=True)
        text = outcome(lambda: compiled(tf.constant(X)))
        results["jit_compile=True"] = text.split(":")[0]
    finally:
        module._is_gpu_available = check
        module._cudnn_lstm = cudnn
    return results


@attack("masking.trains-as-deleted")
def gradients_around_gaps():
    """Gradients with gaps, of large values, types, 200 timesteps, against those of what is left."""
    kinds = {
        "float32": {},
        "float64": {"dtype": "float64"},
        "float16": {"dtype": "float16"},
        "unrolled": {"unroll": True},
        "backwards": {"go_backwards": True},
        "1e30": {"fill": 1e30},
        "200 timesteps": {"steps": 200},
        "300 units": {"units": 300},
    }
    random = np.random.RandomState(1)
    results = {}
    for kind, options in kinds.items():
        options = dict(options)
        fill = options.pop("fill", 0)
        steps = options.pop("steps", 6)
        layer = L.LSTM(options.pop("units", 4), **options)
        valid = random.rand(1, steps) < 0.5
        valid[0, 2] = True
        x = random.randn(1, steps, 3)
        left = x[:, valid[0]]
        x[~valid] = fill
        layer.build(x.shape)
        gradients = []
        for data, mask in ((x, tf.constant(valid)), (left, None)):
            with tf.GradientTape() as tape:
                y = layer(tf.constant(data, layer.compute_dtype), mask=mask)
                loss = tf.reduce_sum((y - 1) ** 2)
            gradients.append(tape.gradient(loss, layer.trainable_variables))
        size = max(gap(g, 0) for g in gradients[1])
        results[kind] = max(gap(g, h) for g, h in zip(*gradients, strict=True)) < 1e-5 * size
    return results


@attack("modes.dataset")
def stateful_model_and_a_smaller_batch():
    """Windows in batches of 8, the last of one: how many rows come of 17, and of two lengths?"""
    x = np.random.RandomState(1).randn(20, 2).astype("float32")
    data = keras.utils.timeseries_dataset_from_array(x, None, 4, batch_size=8)
    results = {}
    for stateful in (False, True):
        layer = L.LSTM(3, stateful=stateful)
        model = keras.Sequential([L.Input(batch_shape=(8 if stateful else None, 4, 2)), layer])
        rows = outcome(lambda m=model: len(m.predict(data, verbose=0)))
        results["stateful" if stateful else "default"] = f"{rows} rows of 17 windows"
    return results


@attack("trainer.activity-time-distributed")
def penalty_in_slices():
    """The penalties of an LSTM, called and wrapped, inference and training."""
    results = {}
    for training in (False, True):
        layer = L.LSTM(2, return_sequences=True, activity_regularizer="l2")
        layer(X, training=training)
        wrapper = L.TimeDistributed(L.LSTM(2, activity_regularizer="l2"))
        wrapper(X[None], training=training)
        results[f"training={training}"] = (
            f"{len(layer.losses)} alone, {len(wrapper.losses)} wrapped"
        )
    return results


@attack("models.slices-behind-lstm")
def dense_of_another_type_and_across_time():
    """Masked and not: a Dense of float32 under mixed_float16, and a softmax over axis 1."""

    def both(dense, mask=None):
        h = L.LSTM(4, return_sequences=True)(X, mask=mask)
        y = dense(h)
        slices = L.TimeDistributed(dense)(h)
        if y.dtype != slices.dtype:
            return f"{y.dtype.name} alone, {slices.dtype.name} in slices"
        return "the same" if gap(y, slices) < 1e-3 else "not the same"

    def penalties():
        dense = L.Dense(3, activity_regularizer="l2")
        dense(X)
        slices = L.TimeDistributed(L.Dense(3, activity_regularizer="l2"))
        slices(X)
        return f"{len(dense.losses)} alone, {len(slices.losses)} in slices"

    def across(x):
        return keras.activations.softmax(x, axis=1)

    return {
        "softmax": both(L.Dense(3, activation="softmax")),
        "masked": both(L.Dense(3), MASK),
        "mixed": under("mixed_float16", lambda: both(L.Dense(3), MASK)),
        "mixed, Dense of float32": under(
            "mixed_float16", lambda: both(L.Dense(3, dtype="float32"))
        ),
        "softmax over axis 1": both(L.Dense(3, activation=across)),
        "activity penalties": penalties(),
    }


LAYERS = keras.layers


def apart(first, second) -> float:
    """Return the largest difference of two results."""
    return float(np.max(np.abs(np.asarray(first) - np.asarray(second))))


@attack("wrappers.time-reversal")
def bidirectional_of_reversed_input():
    """Exchange the weights of the two directions, in several modes and types."""
    results = {}
    x = numbers(4, 7, 3)
    for options in ({}, {"unroll": True}, {"dtype": "float64"}, {"stateful": True}):
        layer = LAYERS.Bidirectional(LAYERS.LSTM(5, return_sequences=True, **options))
        layer.build(x.shape)
        before = np.asarray(layer(x))
        forward = layer.forward_layer.get_weights()
        layer.forward_layer.set_weights(layer.backward_layer.get_weights())
        layer.backward_layer.set_weights(forward)
        if "stateful" in options:
            layer.reset_state()
        after = np.asarray(layer(x[:, ::-1]))
        expected = np.concatenate([before[..., 5:], before[..., :5]], -1)[:, ::-1]
        results[str(options)] = apart(after, expected) < 1e-6
    return results


@attack("dropout.seed")
def two_layers_of_one_seed():
    """Draw from elsewhere between them: eagerly, in a graph, and with both kinds of dropout."""
    results = {}
    x = tf.constant(numbers(4, 6, 3))
    cases = ({}, {"recurrent_dropout": 0.4}, {"dtype": "float64"}, {"seed": -1}, {"unroll": True})
    for options in (*cases, {"implementation": 1}):

        def compare(options=options):
            first = LAYERS.LSTM(3, **{"dropout": 0.4, "seed": 5, **options})
            second = LAYERS.LSTM(3, **{"dropout": 0.4, "seed": 5, **options})
            first.build(x.shape)
            second.build(x.shape)
            second.set_weights(first.get_weights())
            eager = [first(x, training=True).numpy() for _ in range(2)]
            keras.utils.set_random_seed(3)
            keras.random.normal((2,))
            traced = [tf.function(second)(x, training=True).numpy() for _ in range(2)]
            return apart(eager, traced) < 1e-6

        results[str(options)] = outcome(compare)
    return results


@attack("trainer.seeded-graphs")
def many_ids_with_sgd():
    """Fit an Embedding on 65536 ids by SGD, three times of one seed: threads add in any order."""
    ids = np.random.default_rng(1).integers(0, 50, (256, 256))
    target = np.random.default_rng(2).normal(size=(256, 256, 1)).astype("float32")
    tables = []
    for _ in range(3):
        keras.utils.set_random_seed(7)
        model = keras.Sequential(
            [
                keras.Input((256,), dtype="int32"),
                LAYERS.Embedding(50, 32),
                LAYERS.LSTM(1, return_sequences=True),
            ]
        )
        model.compile("sgd", "mse", jit_compile=False)
        model.fit(ids, target, batch_size=256, verbose=0)
        tables.append(model.get_weights()[0])
    return {"equal to the last bit": [np.array_equal(tables[0], other) for other in tables[1:]]}


@attack("saving.objects-again")
def arguments_through_json():
    """Look for arguments that are lost: of losses, metrics and initializers."""

    def again(module, thing):
        return module.deserialize(json.loads(json.dumps(module.serialize(thing))))

    losses = keras.losses
    metrics = keras.metrics
    rows = tf.constant([[1.0, 2.0], [3.0, -4.0]])
    others = tf.constant([[2.0, 6.0], [-1.0, 5.0]])
    results = {}
    for module, thing in (
        (losses, losses.Huber(delta=2.5)),
        (losses, losses.CosineSimilarity(axis=0)),
        (losses, losses.Tversky(alpha=0.2, beta=0.9, axis=1)),
        (metrics, metrics.CosineSimilarity(axis=0)),
        (metrics, metrics.F1Score(threshold=0.4)),
    ):
        name = f"{module.__name__.split('.')[-1]} {type(thing).__name__}"
        results[name] = outcome(
            lambda t=thing, m=module: apart(t(rows, others), again(m, t)(rows, others)) < 1e-6
        )
    identity = keras.initializers.Identity(gain=3.0)
    results["initializer Identity"] = outcome(
        lambda: again(keras.initializers, identity).gain == 3.0
    )
    weighted = metrics.AUC(multi_label=True, num_labels=2, label_weights=[1.0, 2.0])
    results["AUC label_weights"] = outcome(lambda: again(metrics, weighted).label_weights)
    return results


@attack("trainer.accumulation")
def batches_that_are_not_a_sum():
    """Train 2 batches of 4 accumulated, and 1 of 8, where the samples of a batch do meet."""
    x = numbers(8, 5, 2) * np.arange(1, 9, dtype="float32")[:, None, None]
    y = numbers(8, 3)
    cases = {
        "plain": (LAYERS.LSTM(3), "mse"),
        "BatchNormalization": (LAYERS.BatchNormalization(), "mse"),
        "reduction sum": (LAYERS.LSTM(3), keras.losses.MeanSquaredError(reduction="sum")),
    }
    results = {}
    for name, (layer, loss) in cases.items():
        model = keras.Sequential(
            [keras.Input((5, 2)), layer, LAYERS.LSTM(3)]
            if "Batch" in name
            else [keras.Input((5, 2)), layer]
        )
        start = model.get_weights()
        trained = []
        for steps, size in ((2, 4), (None, 8)):
            model.set_weights(start)
            rate = keras.optimizers.SGD(0.1, gradient_accumulation_steps=steps)
            model.compile(rate, loss)
            model.fit(x, y, batch_size=size, shuffle=False, verbose=0)
            trained.append([np.array(weight) for weight in model.trainable_variables])
        results[name] = max(apart(*pair) for pair in zip(*trained, strict=True)) < 1e-6
    return results


@attack("masking.long-in-a-graph")
def surplus_of_a_mask():
    """Predict with a mask longer by 3: open and known sizes, XLA, unrolled, and eagerly."""
    x = numbers(4, 5, 2)
    mask = np.random.default_rng(1).random((4, 8)) > 0.4
    results = {}
    for name, sizes, options, modes in (
        ("open", (None, None), {}, {}),
        ("known", (5, 8), {}, {}),
        ("XLA", (5, 8), {}, {"jit_compile": True}),
        ("unrolled", (5, 8), {"unroll": True}, {}),
        ("eager", (5, 8), {}, {"run_eagerly": True}),
        ("eager, unrolled", (5, 8), {"unroll": True}, {"run_eagerly": True}),
    ):
        layer = LAYERS.LSTM(3, **options)
        inputs = [keras.Input((sizes[0], 2)), keras.Input((sizes[1],), dtype="bool")]
        model = keras.Model(inputs, layer(inputs[0], mask=inputs[1]))
        model.compile(**modes)
        results[name] = outcome(
            lambda m=model, n=layer: (
                apart(m.predict([x, mask], verbose=0), n(x, mask=mask[:, :5])) < 1e-6
            )
        )
    return results


@attack("training.frozen-hands-on")
def gradient_below_a_frozen_layer():
    """Compare the gradient by the input, with dropout, regularizers, states and unrolling."""
    results = {}
    x = tf.constant(numbers(4, 6, 3))
    for options in (
        {},
        {"dropout": 0.4, "recurrent_dropout": 0.3, "seed": 1},
        {"activity_regularizer": "l2"},
        {"unroll": True},
        {"go_backwards": True, "dtype": "mixed_float16"},
    ):
        layer = LAYERS.LSTM(3, **options)
        layer.build(x.shape)
        gradients = []
        for trainable in (True, False):
            layer.trainable = trainable
            layer.cell.seed_generator.state.assign([7, 0])
            with tf.GradientTape() as tape:
                tape.watch(x)
                total = tf.reduce_sum(tf.cast(layer(x, training=True), "float32") ** 2)
                total += sum(layer.losses)
            gradients.append(tape.gradient(total, x))
        results[str(options)] = apart(*gradients) == 0
    return results


@attack("errors.missing-attributes")
def attributes_of_a_layer():
    """Ask for them before and after it is built, in a model, cloned, and given input_shape."""
    model = keras.Sequential([keras.Input((3, 4)), LAYERS.LSTM(2)])
    layers = [
        LAYERS.LSTM(2),
        LAYERS.LSTM(2, input_shape=(3, 4)),
        model.layers[0],
        keras.models.clone_model(model).layers[0],
        LAYERS.Bidirectional(LAYERS.LSTM(2)).forward_layer,
    ]
    names = ("kernel", "bias", "input_shape", "output_shape")
    return str([name for layer in layers for name in names if hasattr(layer, name)])


@attack("dropout.cell-state")
def dropout_with_kernels_of_zero():
    """Compare training and inference, of several rates and types; and implementation=1."""
    results = {}
    x = tf.constant(numbers(4, 5, 2))
    for options in (
        {"dropout": 0.5},
        {"dropout": 1.0},
        {"recurrent_dropout": 0.5},
        {"dropout": 0.5, "dtype": "mixed_float16"},
        {"dropout": 0.5, "implementation": 1},
    ):
        layer = LAYERS.LSTM(
            3,
            kernel_initializer="zeros",
            recurrent_initializer="zeros",
            bias_initializer=keras.initializers.RandomNormal(seed=2),
            unit_forget_bias=False,
            return_state=True,
            **options,
        )
        state = [tf.constant(numbers(4, 3))] * 2
        results[str(options)] = outcome(
            lambda n=layer, s=state: (
                max(
                    apart(*pair)
                    for pair in zip(
                        n(x, initial_state=s), n(x, initial_state=s, training=True), strict=True
                    )
                )
                == 0
            )
        )
    return results


@attack("trainer.weight-of-a-sequence")
def flat_weights_of_sequences():
    """Evaluate with flat weights: fewer samples than timesteps, as many, and one of each."""
    results = {}
    for batch, timesteps in ((4, 5), (5, 5), (1, 5)):
        x = numbers(batch, timesteps, 2)
        y = np.random.default_rng(3).normal(size=(batch, timesteps, 3)).astype("float32")
        weights = np.arange(1, batch + 1, dtype="float32")
        full = np.repeat(weights[:, None], timesteps, 1)
        layer = LAYERS.LSTM(3, return_sequences=True)

        def loss(sample_weight, layer=layer, x=x, y=y):
            model = keras.Sequential([keras.Input(x.shape[1:]), layer])
            model.compile("sgd", "mse")
            return model.evaluate(x, y, sample_weight=sample_weight, verbose=0)

        expected = loss(full)
        results[f"{batch} of {timesteps}, flat"] = outcome(
            lambda w=weights, e=expected: apart(loss(w), e) < 1e-5
        )
        results[f"{batch} of {timesteps}, (batch, 1)"] = outcome(
            lambda w=weights, e=expected: apart(loss(w[:, None]), e) < 1e-5
        )
    return results


@attack("errors.rounded-ids")
def embedding_of_input_shape():
    """Look id 19999 up under mixed_float16: with nothing in front, and with input_shape=."""
    results = {}
    for name, options in (("nothing", {}), ("input_shape", {"input_shape": (None,)})):
        first = LAYERS.Embedding(20000, 3, dtype="mixed_float16", **options)
        model = keras.Sequential([first, LAYERS.LSTM(2, dtype="mixed_float16")])
        results[name] = outcome(lambda m=model: m.predict(np.array([[19999]]), verbose=0).shape)
    return results


@attack("speed.batch")
def calls_and_a_batch():
    """Time 64 calls and a batch of 64, by the median of 7: as it is, unrolled and in float64."""
    results = {}
    x = tf.constant(numbers(64, 10, 8))
    for options in ({}, {"unroll": True}, {"dtype": "float64"}):
        layer = LAYERS.LSTM(8, **options)
        layer.build(x.shape)
        function = tf.function(layer)
        singles = [x[sample : sample + 1] for sample in range(64)]
        function(x)
        function(singles[0])
        calls = []
        batches = []
        for _ in range(7):
            start = time.perf_counter()
            for single in singles:
                function(single)
            calls.append(time.perf_counter() - start)
            start = time.perf_counter()
            function(x)
            batches.append(time.perf_counter() - start)
        results[str(options)] = bool(10 <= np.median(calls) / np.median(batches) <= 100)
    return results


@attack("dropout.as-spatial-dropout")
def fit_with_a_validation():
    """Train both by fit: without and with validation_data, which nobody calls a prediction."""
    x = numbers(16, 6, 3)
    y = numbers(16, 3)
    results = {}
    for name, validation in (("fit", None), ("fit with validation_data", (x, y))):
        trained = []
        for front in ([LAYERS.Activation("linear")], [LAYERS.SpatialDropout1D(0.4, seed=5)]):
            rate = 0.0 if trained else 0.4
            inner = LAYERS.LSTM(
                3, dropout=rate, seed=5, kernel_initializer=keras.initializers.Orthogonal(seed=1)
            )
            inner.cell.recurrent_initializer = keras.initializers.Orthogonal(seed=2)
            model = keras.Sequential([keras.Input((6, 3)), *front, inner])
            model.compile("sgd", "mse")
            model.fit(
                x, y, batch_size=4, epochs=2, shuffle=False, verbose=0, validation_data=validation
            )
            trained.append(inner.get_weights())
        results[name] = max(apart(*pair) for pair in zip(*trained, strict=True)) < 1e-6
    return results
