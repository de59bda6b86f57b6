"""Attacks on 40 claims drawn after each had been attacked by a program: on statements alone."""

from __future__ import annotations

import tempfile
import time

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import close, gap, numbers, ones, under

X = numbers(2, 4, 3)


@attack("models.mask-of-operations")
def absolute_value_of_whole_numbers():
    """abs of a masked tensor of uint8: its mask, and what an LSTM behind skips."""
    data = np.array([[[1, 2], [3, 1], [0, 0], [0, 0]]], "uint8")
    masked = layers.Masking()(tf.constant(data))
    inputs = keras.Input((4, 2), dtype="uint8")
    outcomes = {
        "mask of ops.abs": np.array(keras.src.backend.get_keras_mask(ops.abs(masked)))[0].tolist(),
        "same tensor": ops.abs(masked) is masked,
    }
    for name, way in {"abs": abs, "ops.abs": ops.abs, "times 1": lambda value: value * 1}.items():
        model = keras.Model(
            inputs, layers.LSTM(3, return_sequences=True)(way(layers.Masking()(inputs)))
        )
        answer = np.array(model(data))[0]
        outcomes[name] = "skips" if close(answer[1], answer[3]) else "runs"
    real = layers.Masking()(tf.constant(data.astype("float32")))
    for name, value in {
        "layers.add": layers.add([real, real]),
        "ops.conj": ops.conj(real),
        "plus 0": real + 0,
        "whole slice": real[:],
    }.items():
        outcomes["mask", name] = keras.src.backend.get_keras_mask(value) is not None
    return outcomes


@attack("errors.layer-for-a-cell")
def an_lstm_as_a_cell():
    """Call RNN(LSTM) on three axes: eagerly, in fit, in models and in a graph of open batch."""

    def wrapped(**options):
        return layers.RNN(layers.LSTM(4, **options))

    trained = keras.Sequential([wrapped()])
    trained.compile("sgd", "mse")
    layer = wrapped()
    graph = tf.function(lambda data: layer(data), input_signature=[tf.TensorSpec((None, 4, 3))])
    calls = {
        "eager": lambda: wrapped()(X),
        "stateful": lambda: wrapped(stateful=True)(X),
        "fit": lambda: trained.fit(X, np.zeros((2, 4)), verbose=0),
        "open batch": lambda: keras.Sequential([keras.Input((4, 3)), wrapped()])(X),
        "batch of 2": lambda: keras.Sequential([keras.Input((4, 3), batch_size=2), wrapped()])(X),
        "graph of open batch": lambda: graph(tf.constant(X)),
    }
    return {name: outcome(call)[-60:] for name, call in calls.items()}


@attack("dropout.off-in-predict-and-evaluate")
def a_layer_whose_training_is_true_by_default():
    """Put a layer whose `training` is True by default into a model whose call has no `training`."""

    class Block(keras.Layer):
        def __init__(self):
            super().__init__()
            self.lstm = layers.LSTM(4, dropout=0.5)

        def call(self, inputs, training=True):
            return self.lstm(inputs)

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.block = Block()

        def call(self, inputs):
            return self.block(inputs)

    outcomes = {}
    for name, model in {
        "own model": Own(),
        "Sequential": keras.Sequential([keras.Input((4, 3)), Block()]),
    }.items():
        model.compile("sgd", "mse")
        outcomes[name, "predict"] = float(
            np.abs(model.predict(X, verbose=0) - model.predict(X, verbose=0)).max()
        )
        outcomes[name, "evaluate"] = abs(
            model.evaluate(X, np.zeros((2, 4)), verbose=0)
            - model.evaluate(X, np.zeros((2, 4)), verbose=0)
        )
    return outcomes


@attack("state.in-model")
def distributed_over_open_slices():
    """Call TimeDistributed of a stateful LSTM twice, eagerly and in a graph of open slices."""
    data = numbers(2, 3, 4, 3)
    outcomes = {}
    for way in ("eager", "graph"):
        layer = layers.LSTM(4, stateful=True)
        model = keras.Sequential(
            [keras.Input((None, 4, 3), batch_size=2), layers.TimeDistributed(layer)]
        )
        graph = tf.function(
            lambda value: model(value), input_signature=[tf.TensorSpec((2, None, 4, 3))]
        )
        call = model if way == "eager" else graph
        call(data)
        second = np.array(call(data))[:, 0]
        plain = layers.LSTM(4)
        plain(data[:, 0])
        plain.set_weights(layer.get_weights())
        for slices in (1, 3):
            passed = np.concatenate([data[:, :slices].reshape(2, 4 * slices, 3), data[:, 0]], 1)
            outcomes[way, f"gap to going on after slice {slices} of 3"] = float(
                np.abs(second - np.array(plain(passed))).max()
            )
    return outcomes


@attack("speed.new-length")
def long_new_lengths():
    """New lengths of 10 to 5000 timesteps: median times without a signature over those with it."""
    ratios = {}
    for length in (10, 100, 300, 1000, 5000):
        layer = layers.LSTM(8)
        layer.build((4, None, 8))
        plain = tf.function(layer)
        signed = tf.function(layer, input_signature=[tf.TensorSpec((4, None, 8))])
        spent = {plain: [], signed: []}
        for longer in range(8):
            batch = tf.constant(numbers(4, length + longer, 8))
            for function in spent:
                start = time.perf_counter()
                function(batch).numpy()
                spent[function].append(time.perf_counter() - start)
        ratios[length] = round(float(np.median(spent[plain][1:]) / np.median(spent[signed][1:])), 1)
    return ratios


@attack("wrappers.stack-of-cells")
def listed_cells_of_a_policy():
    """Give RNN a list of cells and their policy, masked or not; compare it with layers of it."""
    mask = np.array([[0, 1, 0, 1], [1, 1, 0, 0]], bool)
    gaps = {}
    for policy in ("float32", "mixed_float16", "float64"):
        stack = layers.RNN([layers.LSTMCell(size, dtype=policy) for size in (4, 2)], dtype=policy)
        lower = layers.LSTM(4, return_sequences=True, dtype=policy)
        upper = layers.LSTM(2, dtype=policy)
        for layer in (stack, keras.Sequential([lower, upper])):
            layer.build((2, 4, 3))
        lower.set_weights(stack.cell.cells[0].get_weights())
        upper.set_weights(stack.cell.cells[1].get_weights())
        for kind, used in {"unmasked": None, "masked": mask}.items():
            wanted = upper(lower(X, mask=used), mask=used)
            gaps[policy, kind] = outcome(
                lambda stack=stack, used=used, wanted=wanted: gap(stack(X, mask=used), wanted)
            )
    return gaps


@attack("modes.layer-made-in-a-function")
def functions_that_may():
    """Make an LSTM in each call: without variables, by py_function, and run eagerly."""

    def make(batch):
        return layers.LSTM(2)(batch)

    def scoped(batch):
        with keras.StatelessScope(initialize_variables=False):
            return make(batch)

    def outside(batch):
        return tf.py_function(make, [batch], tf.float32)

    shapes = {
        name: [tf.function(way)(tf.constant(X)).shape.as_list() for _ in range(3)]
        for name, way in (("scoped", scoped), ("outside", outside))
    }
    same_function = tf.function(scoped)
    shapes["lengths"] = [
        same_function(numbers(2, length, 3)).shape.as_list() for length in (2, 3, 4)
    ]
    tf.config.run_functions_eagerly(True)
    eager_function = tf.function(make)
    shapes["eagerly"] = [eager_function(tf.constant(X)).shape.as_list() for _ in range(3)]
    tf.config.run_functions_eagerly(False)
    return shapes


@attack("precision.backward-stable")
def million_features():
    """Compare the error of h with what the worst roundings cause, for many features."""
    ratios = {}
    for features in (1000, 100000, 1000000):
        layer = layers.LSTM(1)
        layer.build((1, 1, features))
        kernel, _, bias = (weight.astype("float64") for weight in layer.get_weights())
        inputs = np.sign(kernel[:, 2]) * np.random.default_rng(1).uniform(0, 1, features)
        inputs = (inputs * 2 / np.abs(inputs @ kernel[:, 2])).astype("float32")

        def exact(rounding, inputs=inputs, kernel=kernel, bias=bias):
            sums = inputs.astype("float64") * (1 + rounding) @ (kernel * (1 + rounding)) + bias * (
                1 + rounding
            )
            gates = 1 / (1 + np.exp(-sums))
            return gates[3] * np.tanh(gates[0] * np.tanh(sums[2]) * (1 + rounding)) * (1 + rounding)

        error = abs(float(layer(inputs[None, None])[0, 0]) - exact(0))
        ratios[features] = round(
            error / max(abs(exact(way * 2.0 ** (-24)) - exact(0)) for way in (1, -1)), 1
        )
    return ratios


@attack("models.mask-in-nested")
def mask_given_within_own_outer_model():
    """An own outer model that hands mask= to an inner Sequential of Add and LSTM on a list."""
    mask = np.array([[True, True, False, False], [True, True, True, False]])

    class Outer(keras.Model):
        def __init__(self):
            super().__init__()
            self.inner = keras.Sequential([layers.Add(), layers.LSTM(2)])

        def call(self, sequences, mask=None):
            return self.inner([sequences, sequences], mask=[mask, mask])

    outer = Outer()
    outer(X)
    lstm = outer.inner.layers[-1]
    return {
        "masked": close(outer(X, mask=mask), lstm(X + X, mask=mask)),
        "unmasked": close(outer(X, mask=mask), lstm(X + X)),
    }


@attack("models.merge-of-widths")
def merges_of_unequal_lengths():
    """Merge one feature over 3 or 4 timesteps with five features over 4, by each merge layer."""
    outcomes = {}
    for kind in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"):
        for steps in (3, 4):
            try:
                outcomes[f"{kind} {steps}"] = str(
                    getattr(layers, kind)()([numbers(2, steps, 1), numbers(2, 4, 5)]).shape
                )
            except ValueError as error:
                outcomes[f"{kind} {steps}"] = str(error)[:80]
    return outcomes


@attack("trainer.metrics-of-inner-layers")
def two_metrics_of_a_name():
    """Evaluate two layers of one class, whose metrics have one name."""

    class Level(layers.Layer):
        def __init__(self, height):
            super().__init__()
            self.height = height
            self.mean = keras.metrics.Mean(name="level")

        def call(self, inputs):
            self.mean.update_state(self.height)
            return inputs

    def reported(*parts):
        model = keras.Sequential([keras.Input((4, 3)), *parts, layers.LSTM(2)])
        model.compile(loss="mse")
        logs = model.evaluate(X, np.zeros((2, 2)), return_dict=True, verbose=0)
        return (logs["level"], model.evaluate(X, np.zeros((2, 2)), verbose=0)[1:])

    inner = keras.Sequential([keras.Input((4, 3)), Level(5.0)])
    return {
        "side by side": reported(Level(3.0), Level(5.0)),
        "with a model's": reported(Level(3.0), inner),
    }


@attack("saving.export-structure")
def serve_of_other_types():
    """Give a model of a list of Inputs, and its serve, whole numbers and float64."""
    inputs = [keras.Input((4, 3)) for _ in range(2)]
    model = keras.Model(inputs, [layers.LSTM(2)(x) for x in inputs])
    folder = tempfile.mkdtemp()
    model.export(folder, verbose=False)
    served = tf.saved_model.load(folder)
    answers = {}
    for dtype in ["float32", "float64", "int32"]:
        data = [tf.cast(X, dtype)] * 2
        answers[dtype] = [len(model(data)), str(outcome(lambda: len(served.serve(data))))[:60]]
    return answers


@attack("errors.fit-in-batches-of-one")
def as_many_steps_as_samples():
    """Give no batch_size: bare, with as many steps as samples, and with given states."""
    x = ones(3, 4, 3)
    y = ones(3, 2)
    model = keras.Sequential([keras.Input(batch_shape=(1, 4, 3)), layers.LSTM(2, stateful=True)])
    model.compile("sgd", "mse")
    first = keras.Input(batch_shape=(1, 4, 3))
    state = keras.Input(batch_shape=(1, 2))
    stated = keras.Model(
        [first, state], layers.LSTM(2, stateful=True)(first, initial_state=[state, state])
    )
    stated.compile("sgd", "mse")
    return {
        "bare": str(outcome(lambda: model.evaluate(x, y, verbose=0)))[:50],
        "evaluate with steps": model.evaluate(x, y, steps=3, verbose=0),
        "fit with steps": model.fit(x, y, steps_per_epoch=3, verbose=0).history["loss"],
        "states given, a sample": stated.evaluate([x[:1], y[:1]], y[:1], verbose=0),
    }


@attack("models.passed-mask-goes-on")
def layer_that_returns_its_input():
    """Pass a mask to layers that return their very input, and to an LSTM."""

    class Watched(layers.Layer):
        def __init__(self):
            super().__init__()
            self.supports_masking = True

        def call(self, inputs, mask=None):
            return inputs

    passed = ops.convert_to_tensor([[True, False, True, False]] * 2)
    kinds = {
        "own": Watched(),
        "lambda": layers.Lambda(lambda x: x, mask=lambda inputs, mask: mask),
        "lstm": layers.LSTM(2, return_sequences=True),
    }
    answers = {}
    for kind, layer in kinds.items():
        masked = layers.Masking()(
            ops.ones((2, 4, 3)) * np.array([[[1.0], [1.0], [0.0], [1.0]]], "float32")
        )
        answers[kind] = layer(masked, mask=passed)._keras_mask.numpy()[0].tolist()
    return answers


@attack("weights.trainable")
def cell_thawed_by_itself():
    """A layer of trainable=False whose cell, or a weight, is thawed by itself."""
    answers = {}
    for case in ["cell", "weight"]:
        lstm = layers.LSTM(2, trainable=False)
        model = keras.Sequential([keras.Input((4, 3)), lstm])
        (lstm.cell if case == "cell" else lstm.cell.kernel).trainable = True
        model.compile("sgd", "mse")
        before = lstm.get_weights()
        model.fit(X, np.ones((2, 2)), verbose=0)
        moved = [bool(np.any(a != b)) for a, b in zip(before, lstm.get_weights(), strict=True)]
        answers[case] = {
            "trainable": lstm.trainable,
            "weights": [w.trainable for w in lstm.weights],
            "moved": moved,
        }
    return answers


@attack("models.merge-of-masked-and-unmasked")
def mask_behind_a_merge_with_an_unmasked_tensor():
    """Merge a masked tensor of ids with an unmasked one, and put an LSTM behind it."""
    outcomes = {}
    for kind in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"):
        masked = layers.Embedding(5, 3, mask_zero=True)(np.array([[1, 2, 0, 0]]))
        merged = getattr(layers, kind)()([masked, np.array(numbers(1, 4, 3))])
        mask = keras.src.backend.get_keras_mask(merged)
        answer = np.array(layers.LSTM(3, return_sequences=True)(merged))[0]
        outcomes[kind] = [
            None if mask is None else np.array(mask)[0].tolist(),
            "skips" if close(answer[1], answer[3]) else "runs",
        ]
    return outcomes


@attack("models.own-table")
def ids_of_a_sequential_under_a_mixed_policy():
    """Call a Sequential without Input on ids, with a table of one's own and a mixed policy."""
    table = np.arange(4001, dtype="float32")[:, None] % 100
    ids = np.array([[0, 1, 257, 259, 2049, 2051, 3999]], "int32")
    outcomes = {"rows": table[ids[0], 0].tolist()}
    for policy in ("float32", "mixed_bfloat16", "mixed_float16"):
        embedding = layers.Embedding(4001, 1, weights=table, dtype=policy)
        model = keras.Sequential([embedding])
        for name, call in {"layer": embedding, "model": model}.items():
            outcomes[policy, name] = np.array(call(ids))[0, :, 0].astype("float32").tolist()
        outcomes[policy, "Input"] = str(model.inputs[0].dtype)
    return outcomes


@attack("saving.layers-around")
def spatial_dropout_under_a_mixed_policy():
    """Under a global policy, write a SpatialDropout1D before an LSTM to JSON, and read it."""

    def policies():
        inputs = keras.Input((4, 3))
        model = keras.Model(inputs, layers.LSTM(2)(layers.SpatialDropout1D(0.5)(inputs)))
        copy = keras.models.model_from_json(model.to_json())
        return [each.layers[1].dtype_policy.name for each in (model, copy)]

    return {name: under(name, policies) for name in ("float32", "mixed_float16", "mixed_bfloat16")}


@attack("precision.whole-numbers-are-cast")
def whole_numbers_in_training_with_dropout():
    """Call an LSTM, its cell, GRU and Dropout in training on whole numbers and booleans."""

    def calls(data):
        state = [np.zeros((2, 4), "float32")] * 2
        cell = layers.LSTMCell(4, dropout=0.5)
        return {
            "LSTM": lambda: layers.LSTM(4, dropout=0.5)(data, training=True).dtype,
            "cell": lambda: cell(data[:, 0], state, training=True)[0].dtype,
            "GRU": lambda: layers.GRU(4, dropout=0.5)(data, training=True).dtype,
            "Dropout": lambda: layers.Dropout(0.5)(data, training=True).dtype,
            "recurrent": lambda: layers.LSTM(4, recurrent_dropout=0.5)(data, training=True).dtype,
        }

    kinds = ("int32", "uint8", "bool")
    return {
        (kind, name): outcome(call)[:50]
        for kind in kinds
        for name, call in calls(np.ones((2, 4, 3), kind)).items()
    }


@attack("saving.export-one-sequence")
def exports_by_default_and_by_signature():
    """Export a stateful LSTM on (1, 4, 3): by default, with a signature, unrolled, on two rows."""

    def served(batch=1, unroll=False, **options):
        lstm = layers.LSTM(4, stateful=True, unroll=unroll)
        model = keras.Sequential([keras.Input((4, 3), batch_size=batch), lstm])
        folder = tempfile.mkdtemp()
        model.export(folder, verbose=False, **options)
        loaded = tf.saved_model.load(folder)
        return close(loaded.serve(X[:batch]), model(X[:batch]))

    signature = [keras.InputSpec(shape=(1, 4, 3), dtype="float32")]
    return {
        "default": outcome(served),
        "signature": outcome(lambda: served(input_signature=signature)),
        "unrolled": outcome(lambda: served(unroll=True)),
        "batch of two": outcome(lambda: served(2)),
    }


@attack("training.orthogonal-regularizer")
def orthogonal_of_a_whole_number():
    """OrthogonalRegularizer(1), which its check takes, against 1.0 and against L2(1)."""

    def losses(regularizer):
        lstm = layers.LSTM(4, kernel_regularizer=regularizer)
        lstm(X)
        return [float(loss) for loss in lstm.losses]

    kinds = keras.regularizers
    return {
        "1.0": losses(kinds.OrthogonalRegularizer(1.0)),
        "L2(1)": losses(kinds.L2(1)),
        "1": str(outcome(lambda: losses(kinds.OrthogonalRegularizer(1)))),
    }
