"""Attacks on 40 claims drawn after the scope of the sentences had a page, each with a program."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import gap, numbers

X = np.random.default_rng(0).standard_normal((4, 5, 3)).astype("float32")


def equal(first, second):
    """Return whether two tensors hold the same numbers, bit for bit."""
    return bool((np.asarray(first) == np.asarray(second)).all())


class Silent(keras.Model):
    """A model whose call takes no `training`."""

    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5, seed=1)
        self.lstm = layers.LSTM(3, dropout=0.5, seed=2)

    def call(self, x):
        """Drop, and read."""
        return self.lstm(self.drop(x))


class Stepped(Silent):
    """The same, with the train_step of Keras' guide."""

    def train_step(self, data):
        """Train on a batch, as the guide tells."""
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(y=y, y_pred=self(x, training=True))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        return {"fitted": loss}


def losses_of_fits(model):
    """Return how many losses three fits give at a rate of zero."""
    model(X)
    model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)
    rounds = [model.fit(X, X[:, 0], shuffle=False, verbose=0).history for _ in range(3)]
    return len({round(next(iter(history.values()))[0], 6) for history in rounds})


@attack("dropout.call-without-training")
def silent_model_told_or_nested():
    """Fit it by itself, with the guide's train_step, and inside of a Sequential."""
    nested = keras.Sequential([keras.Input((5, 3)), Silent()])
    return {
        "losses of three fits by itself": losses_of_fits(Silent()),
        "with a train_step that passes training=True": losses_of_fits(Stepped()),
        "as a layer of a Sequential": losses_of_fits(nested),
    }


@attack("errors.stateful-set-later")
def stateful_set_later_in_many_ways():
    """Call it unrolled, in half, masked, with a state, in a model; then build it again."""
    results = {}
    for name, arguments, call in [
        ("unrolled", {"unroll": True}, {}),
        ("in half", {"dtype": "mixed_float16"}, {}),
        ("masked", {}, {"mask": np.zeros((4, 5), bool)}),
        ("with a state", {}, {"initial_state": [np.zeros((4, 2), "float32")] * 2}),
        ("in training", {"dropout": 0.5}, {"training": True}),
    ]:
        layer = layers.LSTM(2, **arguments)
        layer(X)
        layer.stateful = True
        fails = outcome(lambda layer=layer, call=call: layer(X, **call).shape)
        layer.build(X.shape)
        results[name] = [fails.split(":")[0], "then", str(layer(X).shape)]
    return results


@attack("dropout.implementation-one-by-gate")
def implementation_with_recurrent_dropout_and_wrapped():
    """Give recurrent_dropout with implementation 2, and wrap implementation 1 in Bidirectional."""

    def train(implementation, recurrent):
        layer = layers.LSTM(
            3,
            dropout=0.5,
            recurrent_dropout=recurrent,
            implementation=implementation,
            seed=3,
            use_cudnn=False,
            kernel_initializer=keras.initializers.GlorotUniform(seed=1),
            recurrent_initializer=keras.initializers.Orthogonal(seed=1),
        )
        return layer(X, training=True)

    wrapped = layers.Bidirectional(layers.LSTM(3, dropout=0.5, implementation=1, use_cudnn=False))
    return {
        "1 and 2 drop alike": equal(train(1, 0.0), train(2, 0.0)),
        "with recurrent_dropout": equal(train(1, 0.2), train(2, 0.2)),
        "implementation in Bidirectional": wrapped.forward_layer.cell.implementation,
    }


@attack("gates.identity")
def identity_of_great_inputs():
    """Read 3e38, 1, -3e38 and 2 with an exactly closed forget gate, in a loop, unrolled, by XLA."""
    units = 4
    x = np.resize(np.array([3e38, 1, -3e38, 2, 1e-30], "float32"), (2, 7, units))
    kernel = np.zeros((units, 4 * units))
    kernel[:, 2 * units : 3 * units] = np.eye(units)
    bias = np.repeat([200.0, -200.0, 0.0, 200.0], units)
    results = {}
    for name, arguments in [("loop", {}), ("unrolled", {"unroll": True}), ("by gate", {})]:
        implementation = 1 if name == "by gate" else 2
        layer = layers.LSTM(
            units,
            activation=None,
            return_sequences=True,
            implementation=implementation,
            **arguments,
        )
        layer.build(x.shape)
        layer.set_weights([kernel, np.zeros((units, 4 * units)), bias])
        results[name] = equal(layer(x), x)
        results[f"{name}, XLA"] = equal(tf.function(layer, jit_compile=True)(x), x)
    return results


class Plain:
    """A cell that has only what is documented."""

    state_size = 3
    output_size = 3

    def call(self, x, states):
        """Add."""
        return x, [states[0] + x]

    def get_initial_state(self, batch_size=None):
        """Return zeros."""
        return keras.ops.zeros((batch_size, 3))


class Callable(Plain):
    """One that can be called as well."""

    __call__ = Plain.call


@attack("wrappers.plain-class")
def plain_cells_on_data():
    """Call it unrolled, stateful, with a state, on an Input, in a tuple."""
    return {
        "unrolled": outcome(lambda: layers.RNN(Plain(), unroll=True)(X).shape)[:14],
        "stateful": outcome(lambda: layers.RNN(Plain(), stateful=True)(X).shape)[:14],
        "state": outcome(lambda: layers.RNN(Plain())(X, initial_state=[X[:, 0]]).shape)[:14],
        "callable": outcome(lambda: layers.RNN(Callable())(X).shape)[:14],
        "on an Input": outcome(lambda: layers.RNN(Plain())(keras.Input((5, 3))).shape),
        "in a tuple": outcome(lambda: layers.RNN((Plain(),))(X).shape),
    }


@attack("sequences.dense-per-timestep")
def dense_and_time_distributed_of_open_timesteps():
    """Call both in a graph of open batch and timesteps, and predict batches of two lengths."""
    dense = layers.Dense(2)
    distributed = layers.TimeDistributed(dense)
    h = layers.LSTM(3, return_sequences=True)(X)
    alone = np.stack([dense(h[:, t]) for t in range(5)], 1)
    distributed(h)
    spec = [tf.TensorSpec((None, None, 3))]
    graphs = [tf.function(layer, input_signature=spec) for layer in (dense, distributed)]
    i = keras.Input((None, 3))
    lstm = layers.LSTM(3, return_sequences=True)
    model = keras.Model(i, layers.TimeDistributed(layers.Dense(2))(lstm(i)))
    longer = np.zeros((4, 7, 3), "float32")
    return {
        "Dense": gap(graphs[0](h), alone),
        "shape of Dense": str(graphs[0](h).shape),
        "shape of TimeDistributed": outcome(lambda: graphs[1](h).shape),
        "of 9 samples": outcome(lambda: graphs[1](np.zeros((9, 5, 3), "float32")).shape),
        "predict of 5 timesteps": outcome(lambda: model.predict(X, verbose=0).shape),
        "then of 7 timesteps": outcome(lambda: model.predict(longer, verbose=0).shape),
    }


@attack("gates.recurrent-activation-places")
def places_of_the_recurrent_activation():
    """Compare with a cell in NumPy, under both implementations, unrolled, without a bias."""

    def squash(z):
        return np.clip(z / 6 + 0.5, 0, 1)

    results = {}
    for name, arguments in [
        ("loop", {}),
        ("by gate", {"implementation": 1}),
        ("unrolled", {"unroll": True}),
        ("no bias", {"use_bias": False}),
    ]:
        layer = layers.LSTM(3, recurrent_activation="hard_sigmoid", **arguments)
        output = layer(X)
        kernel, recurrent, *bias = layer.get_weights()
        h = c = np.zeros((4, 3))
        for t in range(5):
            z = X[:, t] @ kernel + h @ recurrent + sum(bias)
            i, f, g, o = np.split(z, 4, 1)
            c = squash(f) * c + squash(i) * np.tanh(g)
            h = squash(o) * np.tanh(c)
        results[name] = gap(output, h) < 1e-6
    return results


@attack("dropout.bidirectional")
def masks_of_both_directions():
    """Compare what both drop: after inference, with recurrent_dropout, unrolled, cloned."""
    results = {}
    for name, arguments in [
        ("plain", {}),
        ("recurrent", {"recurrent_dropout": 0.3}),
        ("unrolled", {"unroll": True}),
        ("half", {"dtype": "mixed_float16"}),
        ("by gate", {"implementation": 1}),
    ]:
        layer = layers.Bidirectional(layers.LSTM(2, dropout=0.5, seed=7, **arguments))
        layer(X)
        layer(X, training=True)
        both = []
        for direction in (layer.forward_layer, layer.backward_layer):
            both.append(np.asarray(direction.cell.get_dropout_mask(X[:, 0])))
        results[name] = equal(*both)
    return results


@attack("precision.many-units")
def errors_of_many_units():
    """Read 8 timesteps of random numbers, of twos, of either sign, and 2 that cancel out."""
    rng = np.random.default_rng(0)
    signs = np.sign(rng.standard_normal((8, 8, 3)))
    results = {}
    for name, x in [
        ("random", rng.uniform(-2, 2, (8, 8, 3))),
        ("twos", np.full((8, 8, 3), 2.0)),
        ("either sign", 2 * signs),
        ("cancelling", np.array([[[1e-3] * 3, [-0.7310586e-3] * 3]])),
    ]:
        x = x.astype("float32")
        kernel = keras.initializers.GlorotUniform(seed=1)
        recurrent = keras.initializers.Orthogonal(seed=1)
        layer = layers.LSTM(300, kernel_initializer=kernel, recurrent_initializer=recurrent)
        output = layer(x)
        double = layers.LSTM(300, dtype="float64")
        double.build(x.shape)
        double.set_weights(layer.get_weights())
        expected = np.asarray(double(x.astype("float64")))
        error = gap(np.asarray(output, "float64"), expected) / 2**-24
        largest = float(np.abs(expected).max())
        results[name] = {
            "roundings of one": round(error, 2),
            "of the largest output": round(error / largest, 2),
        }
    return results


def ignoring(ignored, targets, odds, **arguments):
    """Return the loss less the mean over the timesteps that are not ignored."""
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=ignored, **arguments)
    index = np.where(targets == ignored, 0, targets)[..., None]
    terms = -np.log(np.take_along_axis(odds, index, -1)[..., 0])
    got = [float(loss(y, odds)) for y in (targets, targets[..., None])]
    return [round(value - float(terms[targets != ignored].mean()), 5) for value in got]


@attack("trainer.ignored-class")
def ignored_classes_of_all_sizes():
    """Ignore -1, 0, 255, 2**24 + 1 and 2**31 - 1, with and without a last axis; 2049 in half."""
    rng = np.random.default_rng(0)
    odds = rng.dirichlet(np.ones(3), (4, 5)).astype("float32")
    results = {}
    for ignored in (-1, 0, 255, 2**24 + 1, 2**31 - 1):
        targets = rng.integers(0, 3, (4, 5))
        targets[:, 1:3] = ignored
        results[ignored] = ignoring(ignored, targets, odds)
    wide = np.full((1, 2, 2050), 0.5 / 2049, "float32")
    wide[0, 0, 2048] = 0.5
    targets = np.array([[2048, 2049]])
    results["2049 beside 2048 in float16"] = ignoring(2049, targets, wide, dtype="float16")
    results["the same in float32"] = ignoring(2049, targets, wide)
    return results


def trained(count):
    """Return what a model gives that was fitted so many steps in an execution."""
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).standard_normal((10, 3, 2)).astype("float32")
    drop = layers.Dropout(0.3, seed=1)
    lstm = layers.LSTM(2, dropout=0.2, seed=2)
    model = keras.Sequential([keras.Input((3, 2)), drop, lstm])
    model.compile("adam", "mse", steps_per_execution=count)
    model.fit(x, x[:, 0], batch_size=3, epochs=2, verbose=0)
    loss = model.evaluate(x, x[:, 0], batch_size=3, verbose=0)
    output = model.predict(x, batch_size=3, verbose=0)
    return np.append(output.ravel(), [loss, model.optimizer.iterations.numpy()])


@attack("trainer.steps-per-execution")
def executions_of_many_steps():
    """Fit, shuffled and dropping, 4 batches by 3 steps; predict a sum over the whole batch."""
    i = keras.Input((5, 3))
    total = keras.ops.sum(layers.LSTM(3)(i))
    results = {"fit, evaluate, predict": gap(trained(1), trained(3))}
    for count in (1, 2, 3):
        model = keras.Model(i, total)
        model.compile(loss="mse", steps_per_execution=count)
        shape = outcome(lambda model=model: model.predict(X, batch_size=1, verbose=0).shape)
        results[f"sums of 4 batches by {count}"] = shape.split(":")[0]
    return results


@attack("modes.without-cudnn")
def auto_on_a_cpu():
    """Compare bits in the shapes that threads split: great ones, odd ones, one sample, XLA."""
    rng = np.random.default_rng(0)
    results = {}
    for units, shape in [(300, (16, 5, 64)), (37, (7, 11, 13)), (200, (1, 3, 2000))]:
        x = rng.standard_normal(shape).astype("float32")
        first = layers.LSTM(units, return_sequences=True)
        second = layers.LSTM(units, return_sequences=True, use_cudnn=False)
        first.build(shape)
        second.build(shape)
        second.set_weights(first.get_weights())
        results[str(shape)] = [equal(first(x), second(x)) for _ in range(2)]
    graphs = [tf.function(layer, jit_compile=True) for layer in (first, second)]
    results["XLA"] = equal(graphs[0](x), graphs[1](x))
    return results


@attack("masking.unrolled-zero-output")
def zero_output_unrolled():
    """Compare masks of gaps, of nothing, of one timestep, last outputs and cells in a list."""
    gaps = np.array([[1, 0, 1, 0, 0], [0, 0, 1, 1, 0], [0] * 5, [1] * 5], bool)
    results = {}
    for name, sequences, cells in [
        ("sequences", True, lambda: layers.LSTMCell(3)),
        ("last", False, lambda: layers.LSTMCell(3)),
        ("in a list", True, lambda: [layers.LSTMCell(3), layers.GRUCell(2)]),
        ("last in a list", False, lambda: [layers.LSTMCell(3), layers.GRUCell(2)]),
    ]:
        both = []
        for unroll in (False, True):
            arguments = {"return_sequences": sequences, "return_state": True}
            rnn = layers.RNN(cells(), unroll=unroll, zero_output_for_mask=True, **arguments)
            rnn.build(X.shape)
            if both:
                rnn.set_weights(both[0].get_weights())
            both.append(rnn)
        outputs = [tf.nest.flatten(rnn(X, mask=gaps)) for rnn in both]
        results[name] = max(map(gap, *outputs))
    return results


@attack("models.keeps-mask")
def masks_behind_each_layer():
    """Look for the mask behind each layer of the named families, in and out of training."""
    spectral = layers.SpectralNormalization
    masked = layers.Masking()(np.where(X > 1, X, 0) * (np.arange(5) < 3)[:, None])
    lost = []
    for layer in [
        layers.Dense(3, activation="softmax"),
        layers.Dropout(0.5),
        layers.SpatialDropout1D(0.5),
        layers.AlphaDropout(0.5),
        layers.GaussianDropout(0.5),
        layers.GaussianNoise(0.5),
        layers.ReLU(),
        layers.LeakyReLU(),
        layers.ELU(),
        layers.PReLU(),
        layers.Activation("softmax"),
        layers.BatchNormalization(),
        layers.LayerNormalization(),
        layers.GroupNormalization(1),
        layers.UnitNormalization(),
        spectral(layers.Dense(3)),
    ]:
        for training in (False, True):
            mask = getattr(layer(masked, training=training), "_keras_mask", None)
            if mask is None or not equal(mask, masked._keras_mask):
                lost.append(f"{layer.name}, training={training}")
    embedding = spectral(layers.Embedding(9, 3, mask_zero=True))
    kinds = {}
    for kind in ("int32", "float32"):
        output = embedding(np.array([[1, 2, 0]], kind))
        kinds[kind] = getattr(output, "_keras_mask", None) is not None
    return {"lost": lost, "mask of a spectrally normalized Embedding": kinds}


RANDOM = np.random.default_rng(0)
SERIES = RANDOM.normal(size=(8, 5, 3)).astype("float32")
TARGETS = RANDOM.normal(size=(8, 1)).astype("float32")


def small_model(dtype="float32", **options):
    """Return an LSTM and a Dense layer, with the same first weights each time."""
    keras.utils.set_random_seed(0)
    shape = keras.Input((5, 3))
    return keras.Sequential(
        [shape, layers.LSTM(4, dtype=dtype, **options), layers.Dense(1, dtype=dtype)]
    )


@attack("precision.closed-gate-keeps-nan")
def types_activations_and_compilers():
    """Float types, activations, XLA, a step as the gate: how many units are NaN, by timestep."""

    def units_with_nan(units=9, dtype="float32", compiled=None, **options):
        layer = layers.LSTM(
            units,
            return_sequences=True,
            dtype=dtype,
            recurrent_initializer="glorot_uniform",
            **options,
        )
        layer.build((1, 4, 3))
        bias = np.zeros(4 * units)
        bias[units : 2 * units] = -3000.0
        layer.cell.bias.assign(bias)
        cell = np.zeros((1, units))
        cell[0, 0] = np.nan
        states = [ops.zeros((1, units), dtype), ops.convert_to_tensor(cell, dtype)]

        def call(x):
            return layer(x, initial_state=states)

        if compiled is not None:
            call = tf.function(call, jit_compile=compiled)
        outputs = ops.cast(call(tf.constant(SERIES[:1, :4], dtype)), "float32")
        return np.isnan(outputs[0]).sum(-1).tolist()

    seen = {dtype: units_with_nan(dtype=dtype) for dtype in ("float16", "bfloat16", "float64")}
    seen |= {name: units_with_nan(activation=name) for name in ("relu", "hard_tanh", "softsign")}
    seen |= {name: units_with_nan(recurrent_activation=name) for name in ("hard_sigmoid", "relu6")}
    seen["unrolled"] = units_with_nan(unroll=True)
    seen["64 units"] = units_with_nan(64)
    seen["graph"] = units_with_nan(compiled=False)
    seen["XLA"] = units_with_nan(compiled=True)

    def step(z):
        return ops.cast(z > 0, z.dtype)

    def closed_by_step(compiled):
        layer = layers.LSTM(4, recurrent_activation=step, return_sequences=True)
        model = keras.Sequential([keras.Input((4, 3)), layer])
        model.compile(jit_compile=compiled)
        series = SERIES[:1, :4].copy()
        series[0, 1] = np.nan
        return np.isnan(model.predict(series, verbose=0)[0]).sum(-1).tolist()

    seen["a step of 0 and 1, its input NaN at timestep 1"] = closed_by_step(False)
    seen["so by XLA"] = closed_by_step(True)
    return seen


@attack("state.fixed-batch")
def other_calls_and_layers():
    """Less, more, one and no sample, with states, masks, resets, in models and other layers."""

    def refused(layer, size=2, **options):
        layer(SERIES[:4])
        return "Received batch size: " in str(
            error_of(lambda: layer(np.repeat(SERIES[:1], size, axis=0), **options))
        )

    def error_of(call):
        try:
            return call()
        except ValueError as error:
            return error

    kept = {"stateful": True}
    cell = layers.LSTMCell(2)
    shape = keras.Input(batch_shape=(4, 5, 3))
    model = keras.Sequential([shape, layers.LSTM(2, **kept)])
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "model.keras")
        loaded = keras.models.load_model(Path(folder) / "model.keras")
    states = [np.zeros((2, 2), "float32")] * 2
    mask = np.ones((2, 5), bool)
    return {
        "sizes": [refused(layers.LSTM(2, **kept), size) for size in (0, 1, 3, 8)],
        "initial_state": refused(layers.LSTM(2, **kept), initial_state=states),
        "mask": refused(layers.LSTM(2, **kept), mask=mask),
        "unrolled": refused(layers.LSTM(2, unroll=True, **kept)),
        "float64": refused(layers.LSTM(2, dtype="float64", **kept)),
        "model": refused(model),
        "loaded": refused(loaded),
        "Bidirectional": refused(layers.Bidirectional(layers.LSTM(2, **kept))),
        "GRU": refused(layers.GRU(2, **kept)),
        "RNN": refused(layers.RNN([cell, layers.LSTMCell(3)], **kept)),
        "stateless, of fixed Input": refused(keras.Sequential([shape, layers.LSTM(2)])),
    }


@attack("models.input-and-output")
def functional_and_sequential():
    """Functional models of a tensor, a list and a dictionary; a Sequential model."""
    first = keras.Input((5, 3), name="first")
    second = keras.Input((5, 3), name="second")
    joined = layers.LSTM(2)(layers.Concatenate()([first, second]))
    listed = keras.Model([first, second], joined)
    named = keras.Model({"first": first, "second": second}, {"a": joined})
    single = keras.Model(first, layers.LSTM(2)(first))
    again = keras.Model.from_config(single.get_config())
    model = small_model()
    return {
        "one tensor": single.input is single.inputs[0] and single.output is single.outputs[0],
        "from a configuration": again.input is again.inputs[0],
        "a list": [a is b for a, b in zip(listed.input, listed.inputs, strict=True)],
        "a dictionary": sorted(named.input) + sorted(named.output),
        "Sequential": outcome(lambda: model.input),
        "Sequential, inputs": outcome(lambda: model.inputs[0].shape),
    }


@attack("shapes.whole-units")
def numbers_in_floating_point():
    """Units of several types in floating point: what the constructor does, and what build does."""
    numbers = (2.0, 2.5, 4 / 2, np.float32(2), np.float64(2), float("nan"))
    seen = {}
    for number in numbers:
        result = outcome(lambda number=number: type(layers.LSTM(number)).__name__)
        built = outcome(lambda number=number: layers.LSTM(number).build((None, 3, 2)))
        seen[f"{type(number).__name__} {number}"] = f"{result}, then {built[:60]}"
    return seen


@attack("wrappers.bidirectional-axes")
def ways_to_two_axes():
    """Called in eager, symbolic and deferred ways, inside models, and inside of TimeDistributed."""

    def own(call):
        try:
            call()
        except Exception as error:
            text = str(error)
            return "'mine'" in text and "ndim=3" in text and "ndim=2" in text
        return "no error"

    def mine(**options):
        return layers.Bidirectional(layers.LSTM(2, **options), name="mine")

    flat = np.ones((4, 6), "float32")
    states = [np.zeros((4, 2), "float32")] * 4
    return {
        "NumPy": own(lambda: mine()(flat)),
        "whole numbers": own(lambda: mine()(flat.astype("int32"))),
        "symbolic": own(lambda: mine()(keras.Input((6,)))),
        "initial_state": own(lambda: mine()(flat, initial_state=states)),
        "mask": own(lambda: mine()(flat, mask=np.ones((4, 6), bool))),
        "stateful": own(lambda: mine(stateful=True)(flat)),
        "Sequential": own(lambda: keras.Sequential([keras.Input((6,)), mine()])),
        "without Input": own(lambda: keras.Sequential([mine()]).predict(flat, verbose=0)),
        "after an LSTM": own(
            lambda: keras.Sequential([keras.Input((5, 3)), layers.LSTM(2), mine()])
        ),
        "a graph": own(lambda: tf.function(mine())(tf.constant(flat))),
        "in TimeDistributed, which calls its call()": own(
            lambda: layers.TimeDistributed(mine())(np.ones((4, 5, 6), "float32"))
        ),
    }


@attack("trainer.callables")
def penalties_in_other_types():
    """A penalty of Keras' operations in fit, the model being of one type; and other callables."""

    def loss(dtype="float32", **options):
        model = small_model(dtype, recurrent_initializer="glorot_uniform", **options)
        model.compile("sgd", "mse")
        return model.fit(SERIES, TARGETS, verbose=0).history["loss"][0] > 0

    def penalty(weight):
        return 0.01 * ops.sum(ops.square(weight))

    def largest(weight):
        return ops.max(ops.svd(weight, compute_uv=False))

    def filled(shape, kind):
        return ops.full(shape, 0.1, kind)

    types = ("float32", "float64", "float16", "bfloat16", "mixed_float16")
    seen = {
        dtype: outcome(lambda dtype=dtype: loss(dtype, kernel_regularizer=penalty))
        for dtype in types
    }
    seen["float64, without a regularizer"] = outcome(lambda: loss("float64"))
    seen["float64, l2"] = outcome(lambda: loss("float64", kernel_regularizer="l2"))
    seen["singular value"] = outcome(lambda: loss(kernel_regularizer=largest))
    seen["ops.relu constrains"] = outcome(lambda: loss(recurrent_constraint=ops.relu))
    seen["a layer constrains"] = outcome(lambda: loss(kernel_constraint=layers.ReLU()))
    seen["ops.ones initializes"] = outcome(lambda: loss(bias_initializer=ops.ones))
    seen["an initializer of (shape, kind)"] = outcome(lambda: loss(kernel_initializer=filled))
    return seen


@attack("trainer.epoch-begins")
def slow_begin_by_several_workers():
    """on_epoch_begin of 0.2 s sets the level that batches have: the levels that epochs train on."""

    class Levels(keras.utils.PyDataset):
        level = 0

        def __len__(self):
            return 3

        def __getitem__(self, index):
            return SERIES[:2], np.full((2, 1), float(self.level), "float32")

        def on_epoch_begin(self):
            time.sleep(0.2)
            self.level += 1

    def levels(workers):
        zeros = {"kernel_initializer": "zeros"}
        model = keras.Sequential([keras.Input((5, 3)), layers.LSTM(2), layers.Dense(1, **zeros)])
        model.compile(keras.optimizers.SGD(0.0), "mae")
        return model.fit(Levels(workers=workers), epochs=3, verbose=0).history["loss"]

    return {f"{workers} workers": levels(workers) for workers in (0, 1, 2)}


class Setter(keras.callbacks.Callback):
    """Sets weights at the end of an epoch, or of each epoch."""

    def __init__(self, weights, epoch=None):
        super().__init__()
        self.weights = weights
        self.epoch = epoch

    def on_epoch_end(self, epoch, logs=None):
        if self.epoch in {epoch, None}:
            self.model.set_weights(self.weights)


@attack("trainer.weights-set-on-the-way")
def schedule_free_and_part_of_the_data():
    """Weights set to 5 between two epochs of a batch: how far from 5 they are after the second."""

    def distance(optimizer):
        model = small_model()
        model.compile(optimizer, "mse")
        weights = [np.full_like(weight, 5.0) for weight in model.get_weights()]
        setter = Setter(weights, 0)
        model.fit(SERIES, TARGETS, epochs=2, verbose=0, callbacks=[setter])
        return round(max(float(np.abs(w - 5.0).max()) for w in model.get_weights()), 4)

    def reported(**options):
        model = small_model()
        model.compile("sgd", "mse")
        setter = Setter(model.get_weights())
        options |= {"shuffle": False, "epochs": 2, "verbose": 0, "callbacks": [setter]}
        losses = model.fit(SERIES, TARGETS, batch_size=2, **options).history["loss"]
        return [round(loss, 4) for loss in losses]

    names = ("Adam", "Muon", "Ftrl", "ScheduleFreeAdamW")
    return {name: distance(getattr(keras.optimizers, name)()) for name in names} | {
        "SGD, the first weights again": reported(),
        "SGD, and steps_per_epoch=2 of 4": reported(steps_per_epoch=2),
    }


def exact_outputs(series, weights, units):
    """Return the outputs of the last timestep, in extended precision."""
    kernel, recurrent, bias = (weight.astype(np.longdouble) for weight in weights)
    output = np.zeros((len(series), units), np.longdouble)
    cell = np.zeros_like(output)

    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    for vector in np.swapaxes(series.astype(np.longdouble), 0, 1):
        z = np.split(vector @ kernel + output @ recurrent + bias, 4, axis=1)
        cell = sigmoid(z[1]) * cell + sigmoid(z[0]) * np.tanh(z[2])
        output = sigmoid(z[3]) * np.tanh(cell)
    return output


def spread(series, weights, units, trials=10):
    """Return how far outputs move when input and weights are off by 8 roundings each."""
    random = np.random.default_rng(0)

    def moved(array):
        signs = random.choice([-1, 1], array.shape)
        return array.astype(np.longdouble) * (1 + 8 * np.finfo("float32").eps * signs)

    exact = exact_outputs(series, weights, units)
    return np.max(
        [
            np.abs(exact_outputs(moved(series), [moved(w) for w in weights], units) - exact)
            for _ in range(trials)
        ],
        axis=0,
    )


@attack("precision.backward-stable")
def cell_that_cancels():
    """Saturated gates: c is 1 and then about 0, by weights of 10 and 20, and by input of 50."""
    layer = layers.LSTM(1)
    layer.build((None, 2, 1))
    kernel = np.array([[0, 0, 10, 0]], "float32")
    bias = np.array([20, 20, 0, 20], "float32")
    weights = [kernel, np.zeros((1, 4), "float32"), bias]
    layer.set_weights(weights)
    series = np.array([[[1.0], [-1.0]]], "float32")
    keras.utils.set_random_seed(0)
    wide = layers.LSTM(64)
    great = (50 * np.random.default_rng(1).normal(size=(256, 2, 8))).astype("float32")
    computed = wide(great).numpy()
    exact = exact_outputs(great, wide.get_weights(), 64)
    moves = spread(great, wide.get_weights(), 64) + 8 * np.finfo("float32").eps * np.abs(exact)
    ratio = np.abs(computed - exact) / moves
    place = np.unravel_index(ratio.argmax(), ratio.shape)
    alone = exact_outputs(series, weights, 1).item()
    return {
        "by hand": f"{layer(series).numpy().item():.3g} for {alone:.3g}",
        "8 roundings move it by": f"{spread(series, weights, 1).item():.1g}",
        "first weights, input of 50": f"{computed[place]:.3g} for {exact[place]:.3g}",
        "which they move by": f"{moves[place]:.1g}",
        "outputs off by over 100 times their move": f"{(ratio > 100).sum()} of {ratio.size}",
    }


@attack("shapes.time-axis")
def other_samples_change():
    """Samples of 99 and NaN beside others, and another earlier vector: (others kept, it counts)."""
    seen = {}
    for units in (1, 32, 300):
        for timesteps in (1, 300 if units == 1 else 50):
            layer = layers.LSTM(units)
            series = np.random.default_rng(2).normal(size=(6, timesteps, 3)).astype("float32")
            first = layer(series).numpy()
            changed = series.copy()
            changed[0] = 99.0
            changed[1] = np.nan
            rows = layer(changed).numpy()[2:]
            earlier = series.copy()
            earlier[:, -2:-1] += 1.0
            seen[f"{units} units, {timesteps} timesteps"] = (
                bool(np.allclose(rows, first[2:], rtol=0, atol=1e-6)),
                bool((layer(earlier).numpy() != first).any()),
            )
    return seen


@attack("saving.frozen-sequential")
def read_again():
    """The number of trainable weights from a configuration, JSON, a file, and of a clone."""
    layer = layers.LSTM(2)
    model = keras.Sequential([keras.Input((5, 3)), layer], trainable=False)

    def trainable(other):
        return len(other.trainable_weights)

    start = keras.Input((5, 3))
    functional = keras.Model(start, layers.LSTM(2)(start), trainable=False)
    seen = {
        "made": trainable(model),
        "configuration": trainable(keras.Sequential.from_config(model.get_config())),
        "JSON": trainable(keras.models.model_from_json(model.to_json())),
        "clone": trainable(keras.models.clone_model(model)),
        "functional": trainable(keras.Model.from_config(functional.get_config())),
    }
    with tempfile.TemporaryDirectory() as folder:
        for name in ("model.keras", "model.h5"):
            model.save(Path(folder) / name)
            seen[name] = trainable(keras.models.load_model(Path(folder) / name))
    return seen


@attack("models.silent-outside-training")
def bytes_of_what_comes_out():
    """Rates of 0, 0.3 and 1, five types, whole numbers, NaN and -0, lists, graphs, and masks."""
    values = np.random.default_rng(3).normal(size=(2, 4, 3))
    values[0, 0] = [np.nan, np.inf, -0.0]
    kinds = (
        layers.Dropout,
        layers.SpatialDropout1D,
        layers.AlphaDropout,
        layers.GaussianDropout,
        layers.GaussianNoise,
    )
    changed = []
    for kind in kinds:
        for rate in (0.0, 0.3, 1.0):
            for dtype in ("float32", "float16", "bfloat16", "float64", "mixed_float16"):
                layer = kind(rate, dtype=dtype)
                whole = tf.constant([[[1, 2, 300]]])
                for tensor in (tf.cast(values, layer.compute_dtype), whole):
                    for call in (layer, tf.function(layer)):
                        output = call(tensor, training=False)
                        same = output.dtype == tensor.dtype
                        if not same or output.numpy().tobytes() != tensor.numpy().tobytes():
                            changed.append((kind.__name__, rate, dtype))
    masked = SERIES.copy()
    masked[:, 3:] = 0.0
    layer = layers.LSTM(2)
    plain = layer(layers.Masking()(masked)).numpy()
    through = {
        kind.__name__: bool((layer(kind(0.3)(layers.Masking()(masked))).numpy() == plain).all())
        for kind in kinds
    }
    return {"changed": changed, "the mask goes through": through}


@attack("errors.reset-without-state")
def layers_and_their_wrappers():
    """New, called, loaded, of other layers and types: what reset_state does without stateful."""

    def wrapped(layer, **options):
        return layers.Bidirectional(layer, **options)

    called = layers.LSTM(2)
    called(SERIES)
    both = wrapped(layers.LSTM(2))
    both(SERIES)
    backward = layers.LSTM(2, go_backwards=True)
    return {
        "LSTM": outcome(layers.LSTM(2).reset_state),
        "called": outcome(called.reset_state),
        "reset_states": outcome(called.reset_states),
        "Bidirectional": outcome(wrapped(layers.LSTM(2)).reset_state),
        "Bidirectional, called": outcome(both.reset_states),
        "with a backward layer": outcome(
            wrapped(layers.LSTM(2), backward_layer=backward).reset_state
        ),
        "from a configuration": outcome(
            layers.Bidirectional.from_config(both.get_config()).reset_state
        ),
        "of a GRU": outcome(wrapped(layers.GRU(2)).reset_state),
        "stateful, not built": outcome(wrapped(layers.LSTM(2, stateful=True)).reset_state),
    }


FOUR = ("Multiply", "Maximum", "Minimum", "Concatenate")


def array(tensor):
    """Return a tensor as an array of doubles."""
    return np.asarray(keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float64")))


def rounded(a, b):
    """Return the largest difference of two tensors, rounded to 5 digits."""
    return round(gap(a, b), 5)


def copies(model, x):
    """Return how far a model's clone, its copy from a configuration and its file are from it."""

    def given(copy):
        copy.set_weights(model.get_weights())
        return rounded(copy(x), expected)

    def filed():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.keras"
            model.save(path)
            return rounded(keras.models.load_model(path)(x), expected)

    expected = model(x)
    return {
        "clone": outcome(lambda: given(keras.models.clone_model(model)))[:60],
        "configuration": outcome(lambda: given(type(model).from_config(model.get_config())))[:60],
        "file": outcome(filed)[:60],
    }


@attack("models.made-again")
def keras_functions_and_states():
    """Activations from keras.ops, a stateful model that was called, a layer shared in a model."""

    def plain(layer):
        keras.utils.set_random_seed(0)
        x = keras.Input(batch_shape=(2, 5, 3))
        return keras.Model(x, layer(x))

    def called():
        model = plain(layers.LSTM(4, stateful=True))
        model(x)
        return model

    def sharing():
        shared = layers.Dense(3)
        inner = keras.Sequential([keras.Input((5, 3)), shared])
        return keras.Sequential([keras.Input((5, 3)), shared, inner])

    x = 3 * numbers(2, 5, 3)
    return {
        "Dense(activation=keras.activations.gelu)": copies(
            plain(layers.Dense(4, activation=keras.activations.gelu)), x
        ),
        "Dense(activation=keras.ops.gelu)": copies(
            plain(layers.Dense(4, activation=keras.ops.gelu)), x
        ),
        "LSTM(activation=keras.ops.gelu)": copies(
            plain(layers.LSTM(4, activation=keras.ops.gelu)), x
        ),
        "LSTM(activation=keras.ops.sin)": copies(
            plain(layers.LSTM(4, activation=keras.ops.sin)), x
        ),
        "stateful, called before": copies(called(), x),
        "a layer used in a model and in its inner model": copies(sharing(), x),
    }


@attack("state.row-by-row")
def calls_of_several_kinds():
    """Each row beside rows alone, in layers and cells, after predict, Inputs, clones, an export."""

    def alone(make):
        rows = make()
        rows.build(x.shape)
        rows(x)
        y = array(rows(x))
        singles = []
        for i in range(3):
            single = make()
            single.build((1, *x.shape[1:]))
            single.set_weights(rows.get_weights())
            single(x[i : i + 1])
            singles.append(array(single(x[i : i + 1])))
        return round(float(np.abs(y - np.concatenate(singles)).max()), 5)

    x = numbers(3, 5, 2)
    makes = {
        "LSTM": lambda: layers.LSTM(4, stateful=True),
        "float16": lambda: layers.LSTM(4, stateful=True, dtype="float16"),
        "unrolled": lambda: layers.LSTM(4, stateful=True, unroll=True),
        "cells": lambda: layers.RNN([layers.LSTMCell(4), layers.GRUCell(3)], stateful=True),
        "Bidirectional": lambda: layers.Bidirectional(layers.LSTM(4, stateful=True)),
    }
    result = {name: outcome(lambda: alone(make)) for name, make in makes.items()}
    entry = keras.Input(batch_shape=x.shape)
    layer = layers.LSTM(4, stateful=True)
    model = keras.Model(entry, layer(entry))
    model(x)
    expected = array(model(x))
    between = {
        "clone": lambda: keras.models.clone_model(model),
        "Input": lambda: layer(keras.Input(batch_shape=(3, 2, 2))),
        "failed call": lambda: outcome(lambda: model(x[:2])),
        "stateless_call": lambda: model.stateless_call(
            model.trainable_variables, model.non_trainable_variables, x
        ),
        "layer.build": lambda: layer.build(x.shape),
    }
    for name, call in between.items():
        layer.reset_state()
        model.predict(x, verbose=0, batch_size=3)
        call()
        result[f"after predict and {name}"] = rounded(model(x), expected)
    return result


@attack("wrappers.time-reversal")
def inner_layers():
    """Layers of other kinds, types and lengths, a layer of one's own direction, a stateful one."""

    def apart(layer, x):
        call = tf.function(layer, autograph=False)
        y = array(call(x))
        weights = layer.get_weights()
        half = len(weights) // 2
        layer.set_weights(weights[half:] + weights[:half])
        z = array(call(x[:, ::-1].copy()))
        half = y.shape[-1] // 2
        y = np.concatenate([y[..., half:], y[..., :half]], -1)
        return rounded(y[:, ::-1] if layer.return_sequences else y, z)

    x = numbers(3, 6, 2)
    both = layers.Bidirectional
    rows = {"return_sequences": True}
    return {
        "rows": apart(both(layers.LSTM(4, **rows)), x),
        "one unit": apart(both(layers.LSTM(1)), x),
        "300 units": apart(both(layers.LSTM(300)), x),
        "one timestep": apart(both(layers.LSTM(4, **rows)), x[:, :1]),
        "1000 timesteps": apart(both(layers.LSTM(4, **rows)), numbers(1, 1000, 2)),
        "float16": apart(both(layers.LSTM(4, dtype="float16", **rows)), x),
        "mixed": apart(both(layers.LSTM(4, dtype="mixed_float16", **rows)), x),
        "unrolled": apart(both(layers.LSTM(4, unroll=True, **rows)), x),
        "GRU": apart(both(layers.GRU(4, **rows)), x),
        "cells": apart(both(layers.RNN([layers.LSTMCell(4), layers.GRUCell(3)], **rows)), x),
        "ConvLSTM1D": apart(both(layers.ConvLSTM1D(4, 2, **rows)), numbers(2, 3, 4, 2)),
        "backwards first": apart(
            both(
                layers.LSTM(4, go_backwards=True, **rows),
                backward_layer=layers.LSTM(4, **rows),
            ),
            x,
        ),
        "stateful, second call": apart(both(layers.LSTM(4, stateful=True)), x),
    }


@attack("training.timestep-weight")
def losses_and_padded_labels():
    """Losses, shapes in which batch and timesteps agree, a label -1 of weight 0, two outputs."""

    def apart(loss, samples=4, timesteps=5, units=3, dtype="float32"):
        x = keras.Input((timesteps, 2))
        model = keras.Model(x, layers.LSTM(units, return_sequences=True)(x))
        model.compile("sgd", loss)
        values = numbers(samples, timesteps, 2)
        y = numbers(samples, timesteps, units, seed=1)
        weights = np.random.default_rng(2).integers(0, 3, (samples, timesteps)).astype(dtype)
        each = keras.losses.get(loss)
        each.reduction = "none"
        expected = float((array(each(y, model(values))) * weights).mean())
        reported = model.evaluate(values, y, sample_weight=weights, verbose=0)
        return round(reported - expected, 4)

    def labelled(label):
        x = keras.Input((5, 2))
        heads = layers.Dense(3, "softmax")(layers.LSTM(3, return_sequences=True)(x))
        model = keras.Model(x, heads)
        model.compile("sgd", "sparse_categorical_crossentropy")
        y = np.ones((2, 5), int)
        weights = np.ones((2, 5))
        y[:, 4] = label
        weights[:, 4] = 0
        values = numbers(2, 5, 2)
        return np.isfinite(model.evaluate(values, y, sample_weight=weights, verbose=0))

    def doubled(pair):
        x = keras.Input((5, 2))
        h = layers.LSTM(3, return_sequences=True)(x)
        model = keras.Model(x, [layers.Dense(2)(h), layers.Dense(1)(h)])
        model.compile("sgd", "mse")
        y = [numbers(2, 5, 2), numbers(2, 5, 1)]
        weights = np.ones((2, 5))
        weights = [weights, weights] if pair else weights
        logs = model.evaluate(numbers(2, 5, 2), y, sample_weight=weights, verbose=0)
        return np.isfinite(logs[0])

    names = ("MeanSquaredError", "MeanAbsoluteError", "CosineSimilarity", "Huber", "LogCosh")
    result = {name: outcome(lambda: apart(name)) for name in names}
    result["as many samples as timesteps"] = apart("MeanSquaredError", 5, 5, 5)
    result["one timestep, one unit"] = apart("MeanSquaredError", 4, 1, 1)
    result["two batches"] = apart("MeanSquaredError", 40)
    result["whole weights"] = apart("MeanSquaredError", dtype="int64")
    result["label 2, weight 0"] = outcome(lambda: labelled(2))
    result["label -1, weight 0"] = outcome(lambda: labelled(-1))
    result["label 3 of 3, weight 0"] = outcome(lambda: labelled(3))
    result["two outputs, two arrays"] = outcome(lambda: doubled(True))
    result["two outputs, one array"] = outcome(lambda: doubled(False))
    return result


@attack("gates.constant-input-settles")
def gates_types_and_starts():
    """Activations, types, great starts, f of nearly 1, other directions and unrolled loops."""

    def apart(timesteps=200, forget=None, start=0.0, **options):
        keras.utils.set_random_seed(0)
        layer = layers.LSTM(3, return_state=True, **options)
        x = np.full((1, timesteps, 2), 0.5, "float32")
        layer.build(x.shape)
        weights = layer.get_weights()
        weights[1] *= 0
        if forget is not None:
            weights[2][3:6] = forget
        layer.set_weights(weights)
        state = [np.zeros((1, 3), "float32"), np.full((1, 3), start, "float32")]
        c = array(tf.function(layer)(x, initial_state=state)[2])
        z = x[0, :1].astype("float64") @ weights[0].astype("float64") + weights[2]
        z = [tf.constant(part) for part in np.split(z, 4, axis=1)]
        i, f = (array(layer.recurrent_activation(part)) for part in z[:2])
        point = i * array(layer.activation(z[2])) / (1 - f)
        return {
            "f": round(float(f.max()), 4),
            "apart": rounded(c, point),
            "point": rounded(point, 0),
        }

    return {
        "plain": apart(),
        "backwards": apart(go_backwards=True),
        "unrolled": apart(50, unroll=True),
        "float64": apart(dtype="float64"),
        "float16": apart(dtype="float16"),
        "from 1e6": apart(start=1e6),
        "softmax": apart(recurrent_activation="softmax"),
        "hard_sigmoid": apart(recurrent_activation="hard_sigmoid"),
        "relu": apart(activation="relu"),
        "f near 1": apart(4000, 6),
        "float16, f near 1, from 1024": apart(2000, 7.6, 1024, dtype="float16"),
    }


@attack("saving.onnx-bidirectional")
def timesteps_and_flips():
    """Single timesteps with and without rows, reversed inputs, stacks, open sizes, merge modes."""

    def operators(make, *shape):
        import onnx

        keras.utils.set_random_seed(0)
        x = keras.Input(batch_shape=shape)
        model = keras.Model(x, make(x))
        model(numbers(*[n or 2 for n in shape]))
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "model.onnx")
            model.export(path, format="onnx", verbose=False)
            nodes = onnx.load(path).graph.node
        lstms = [node for node in nodes if node.op_type == "LSTM"]
        return [
            next(a.s.decode() for a in node.attribute if a.name == "direction") for node in lstms
        ]

    def both(rows=False, **options):
        return layers.Bidirectional(layers.LSTM(4, return_sequences=rows), **options)

    return {
        "open": outcome(lambda: operators(both(), None, None, 3)),
        "rows, open": outcome(lambda: operators(both(True), None, None, 3)),
        "one sample": outcome(lambda: operators(both(), 1, None, 3)),
        "sum": outcome(lambda: operators(both(merge_mode="sum"), None, None, 3)),
        "stack": outcome(lambda: operators(lambda x: both()(both(True)(x)), None, None, 3)),
        "one timestep": outcome(lambda: operators(both(), None, 1, 3)),
        "one timestep, rows": outcome(lambda: operators(both(True), None, 1, 3)),
        "of a flipped input": outcome(
            lambda: operators(lambda x: both()(keras.ops.flip(x, 1)), None, None, 3)
        ),
    }


@attack("symmetry.timesteps")
def lengths_masks_and_padding():
    """How far sorted units of a rotated sequence are: lengths, types, a masked or long padding."""

    def apart(x, turn=1, mask=None, **options):
        keras.utils.set_random_seed(0)
        layer = tf.function(layers.LSTM(4, **options))
        pair = [
            np.sort(
                array(layer(np.roll(x, k, 1), mask=None if mask is None else np.roll(mask, k, 1)))
            )
            for k in (0, turn)
        ]
        return float(f"{np.abs(pair[0] - pair[1]).max():.2g}")

    x = numbers(2, 6, 3)
    mask = np.arange(6)[None] < np.array([[4], [4]])
    return {
        "6 timesteps": apart(x),
        "rows": apart(x, return_sequences=True),
        "one timestep": apart(x[:, :1]),
        "1000 timesteps": apart(numbers(1, 1000, 3)),
        "float16": apart(x, dtype="float16"),
        "300 zeros at the end, by 1": apart(np.pad(x, ((0, 0), (0, 300), (0, 0)))),
        "a masked end turned to the start": apart(x, 2, mask),
    }


@attack("masking.zero-output-last")
def kinds_and_bidirectional():
    """Layers, directions, types, graphs and XLA; the argument given inside of a Bidirectional."""

    def zero(layer, last=-1, **options):
        y = tf.function(layer, **options)(x, mask=mask)
        y = y[0] if layer.return_state else y
        y = array(y)
        y = y[:, -1] if layer.return_sequences else y
        return [bool((row == 0).all()) for row in y] == [not m for m in np.asarray(mask)[:, last]]

    x = numbers(3, 5, 2)
    mask = tf.constant([[1, 1, 0, 0, 1], [0, 1, 1, 0, 0], [1, 0, 1, 0, 0]])
    mask = tf.cast(mask, "bool")
    on = {"zero_output_for_mask": True}
    ended = layers.Bidirectional(layers.LSTM(4, **on))
    rows = layers.Bidirectional(layers.LSTM(4, return_sequences=True, **on))
    return {
        "LSTM": zero(layers.LSTM(4, **on)),
        "rows": zero(layers.LSTM(4, return_sequences=True, **on)),
        "backwards": zero(layers.LSTM(4, go_backwards=True, **on), 0),
        "states": zero(layers.LSTM(4, return_state=True, **on)),
        "stateful": zero(layers.LSTM(4, stateful=True, **on)),
        "mixed": zero(layers.LSTM(4, dtype="mixed_float16", **on)),
        "XLA": zero(layers.LSTM(4, **on), jit_compile=True),
        "GRU": zero(layers.GRU(4, **on)),
        "cells": zero(layers.RNN([layers.LSTMCell(4), layers.GRUCell(3)], **on)),
        "Bidirectional, argument given": [
            bool((row == 0).all()) for row in array(ended(x, mask=mask))
        ],
        "Bidirectional, argument given, last row": [
            bool((row == 0).all()) for row in array(rows(x, mask=mask))[:, -1]
        ],
        "its argument afterwards": ended.forward_layer.zero_output_for_mask,
    }


@attack("wrappers.stack-step")
def cells_in_turn():
    """Sizes, types, graphs, a cell used twice, pairs in tuples, cells of no bias."""

    def apart(cells, wrap=list, graph=False, dtype="float32"):
        stack = layers.StackedRNNCells(cells, dtype=dtype)
        x = numbers(2, 3)
        states = wrap(wrap(numbers(2, c.units, seed=k) for k in (1, 2)) for c in cells)
        stack.build(x.shape)
        call = tf.function(stack, jit_compile=True) if graph else stack
        output, after = call(x, states)
        h = tf.cast(x, stack.compute_dtype)
        gaps = []
        for cell, state, new in zip(cells, states, after, strict=True):
            h, pair = cell(h, list(state))
            gaps += [rounded(a, b) for a, b in zip(pair, new, strict=True)]
        return max([rounded(output, h), *gaps])

    cell = layers.LSTMCell
    twice = cell(3)
    return {
        "2 and 3 units": apart([cell(2), cell(3)]),
        "1 and 1": apart([cell(1), cell(1)]),
        "300, 2, 7": apart([cell(300), cell(2), cell(7)]),
        "tuples": apart([cell(2), cell(3)], tuple),
        "XLA": apart([cell(2), cell(3)], graph=True),
        "float16": apart([cell(2, dtype="float16"), cell(3, dtype="float16")], dtype="float16"),
        "one cell twice": apart([twice, twice]),
        "no bias": apart([cell(2, use_bias=False), cell(3, use_bias=False)]),
    }


@attack("models.merge-of-one-mask")
def kinds_and_square_inputs():
    """Types, one feature, one timestep, open graphs; four axes whose sizes are equal or 1."""

    def kept(name, *shape, dtype="float32", graph=False):
        def call(a, b, attached):
            a._keras_mask = b._keras_mask = attached
            return layer([a, b])._keras_mask

        layer = getattr(layers, name)(dtype=dtype)
        mask = np.arange(shape[0] * shape[1]).reshape(shape[:2]) % 2 == 0
        pair = [tf.constant(numbers(*shape, seed=k)) for k in (0, 1)]
        if graph:
            open_axes = tf.TensorSpec([None, None, shape[2]])
            call = tf.function(call, [open_axes, open_axes, tf.TensorSpec([None, None], tf.bool)])
        result = np.asarray(call(*pair, tf.constant(mask)))
        return "kept" if np.array_equal(result, mask) else f"a mask of shape {result.shape}"

    names = ("Add", "Subtract", "Average", *FOUR)
    result = {
        "three axes": sorted({kept(name, 2, 5, 3) for name in names}),
        "one feature": sorted({kept(name, 2, 5, 1) for name in names}),
        "one timestep": sorted({kept(name, 2, 1, 3) for name in names}),
        "float16": sorted({kept(name, 2, 5, 3, dtype="float16") for name in names}),
        "open": sorted({kept(name, 2, 5, 3, graph=True) for name in names}),
    }
    for shape in ((2, 3, 4, 5), (1, 3, 3, 2), (3, 3, 3, 2), (1, 1, 4, 2)):
        result[f"four axes {shape}"] = {
            name: outcome(lambda: kept(name, *shape))[:40] for name in FOUR
        }
    return result


@attack("modes.evaluate-loss")
def reports_of_two_outputs():
    """33 samples in batches of 32: two outputs' losses; binary crossentropy of a softmax."""
    keras.utils.set_random_seed(0)
    x = keras.Input((3, 2))
    h = layers.LSTM(4)(x)
    model = keras.Model(x, [layers.Dense(1, name="a")(h), layers.Dense(2, name="b")(h)])
    values = numbers(33, 3, 2)
    y = [numbers(33, 1, seed=1), numbers(33, 2, seed=2)]
    y[0][32] = 10
    model.compile("sgd", "mse")
    calls = [
        round(float(np.mean((array(p) - t) ** 2)), 3) for p, t in zip(model(values), y, strict=True)
    ]
    result = {"a call's losses of a and b": calls}
    for size in (32, 11, 33):
        logs = model.evaluate(values, y, verbose=0, return_dict=True, batch_size=size)
        result[f"evaluate in batches of {size}"] = {k: round(v, 3) for k, v in logs.items()}
    soft = keras.Model(x, layers.Dense(3, "softmax")(h))
    soft.compile("sgd", "binary_crossentropy")
    labels = np.eye(3, dtype="float32")[np.arange(33) % 3]
    loss = keras.losses.BinaryCrossentropy()
    result["binary crossentropy of a softmax"] = {
        "evaluate": round(soft.evaluate(values, labels, verbose=0), 4),
        "of a call's tensor": round(float(loss(labels, soft(values))), 4),
        "of a call's array": round(float(loss(labels, np.asarray(soft(values)))), 4),
        "of predict": round(float(loss(labels, soft.predict(values, verbose=0))), 4),
    }
    return result


@attack("state.first-call")
def kinds_and_states_returned():
    """Layers of all kinds, types and options, beside stateless ones; a Bidirectional's states."""

    def apart(make, shape=(3, 5, 2)):
        x = numbers(*shape)
        stateless = make(stateful=False)
        expected = stateless(x)
        layer = make(stateful=True)
        layer.build(shape)
        layer.set_weights(stateless.get_weights())
        return max(
            rounded(a, b)
            for a, b in zip(keras.tree.flatten(expected), keras.tree.flatten(layer(x)), strict=True)
        )

    def both(**options):
        return lambda stateful: layers.Bidirectional(layers.LSTM(4, stateful=stateful, **options))

    makes = {
        "LSTM": lambda **o: layers.LSTM(4, **o),
        "states": lambda **o: layers.LSTM(4, return_state=True, **o),
        "mixed": lambda **o: layers.LSTM(4, dtype="mixed_float16", **o),
        "unrolled": lambda **o: layers.LSTM(4, unroll=True, **o),
        "cells": lambda **o: layers.RNN([layers.LSTMCell(4), layers.GRUCell(3)], **o),
        "Bidirectional": both(),
        "Bidirectional, rows": both(return_sequences=True),
        "Bidirectional, states": both(return_state=True),
        "Bidirectional, rows and states": both(return_sequences=True, return_state=True),
    }
    return {name: outcome(lambda: apart(make)) for name, make in makes.items()}


@attack("dropout.global-seed")
def layers_that_draw_later():
    """Layers made after the same number: another layer or an inference call before the first."""

    def dropped(make, other=False, inferred=False):
        keras.utils.set_random_seed(5)
        layer = make()
        if other:
            layers.Dropout(0.1)
        inputs = [x, x] if "Attention" in type(layer).__name__ else [x]
        if type(layer).__name__ in ("MultiHeadAttention", "GroupedQueryAttention"):
            layer.build(x.shape, x.shape)
        else:
            layer.build(x.shape)
        layer.set_weights([numbers(*w.shape, seed=1) for w in layer.get_weights()])
        if inferred:
            layer(*inputs)
        return array(layer(*inputs, training=True))

    x = numbers(2, 5, 4)
    makes = {
        "Dropout": lambda: layers.Dropout(0.5),
        "LSTM": lambda: layers.LSTM(3, dropout=0.5, recurrent_dropout=0.5),
        "Bidirectional": lambda: layers.Bidirectional(layers.LSTM(3, dropout=0.5)),
        "MultiHeadAttention": lambda: layers.MultiHeadAttention(2, 4, dropout=0.5),
        "GroupQueryAttention": lambda: layers.GroupQueryAttention(4, 4, 2, dropout=0.5),
    }
    return {
        name: {
            "again": rounded(dropped(make), dropped(make)),
            "another layer made before the first call": rounded(dropped(make), dropped(make, True)),
            "an inference call before": rounded(dropped(make), dropped(make, False, True)),
        }
        for name, make in makes.items()
    }
