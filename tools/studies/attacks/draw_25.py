"""Attacks on 40 claims drawn after every claim had been attacked a third time."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import X, close, model_of, numbers, ones, under

MIRRORED = """
import keras, numpy as np, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
outcomes = {}
for samples, batch in ((5, 4), (7, 3), (1, 4), (1, 1)):
    with strategy.scope():
        model = keras.Sequential([keras.Input((4, 3)), keras.layers.LSTM(2)])
        model.compile("sgd", "mse")
    inputs = np.ones((samples, 4, 3), "float32")
    try:
        model.fit(inputs, np.ones((samples, 2), "float32"), batch_size=batch, verbose=0)
        outcomes[f"{samples} in batches of {batch}"] = "trained"
    except Exception as error:
        outcomes[f"{samples} in batches of {batch}"] = str(error)[-110:]
print(outcomes)
"""


@attack("dropout.not-the-mean")
def linear_of_one_unit():
    """One unit, gates of 1, no activation: the mean over all masks, and inference."""
    ends = {}
    masks = [2 * np.array(kept, "float32") for kept in np.ndindex(2, 2, 2)]
    for name, options in {
        "usual": {},
        "linear": {"activation": "linear", "recurrent_activation": "softmax"},
        "blind": {"kernel_initializer": "zeros"},
    }.items():
        layer = layers.LSTM(1, dropout=0.5, **options)
        plain = np.asarray(layer(X))
        mean = np.mean([np.asarray(layer(X * mask)) for mask in masks], 0)
        bent = plain + np.asarray(layer(0 * X)) - 2 * np.asarray(layer(X / 2))
        ends[name] = {
            "size": float(abs(plain).max()),
            "from the mean": float(abs(plain - mean).max()),
            "bent": float(abs(bent).max()),
        }
    return ends


@attack("wrappers.merge-modes")
def only_the_last_outputs():
    """What is merged by default, beside the merged outputs of every timestep."""
    ends = {}
    for mode in ("sum", "mul", "ave", "concat"):
        both = layers.Bidirectional(layers.LSTM(5), merge_mode=mode)
        every = layers.Bidirectional(layers.LSTM(5, return_sequences=True), merge_mode=mode)
        merged = np.asarray(both(X))
        every(X)
        every.set_weights(both.get_weights())
        steps = np.asarray(every(X))
        ends[mode] = {
            "shape": merged.shape,
            "at best a timestep off by": float(abs(steps - merged[:, None]).max((0, 2)).min()),
        }
    return ends


@attack("trainer.weighted-of-one-name")
def other_metrics_so_named():
    """Metrics of one name, and another that is itself named NAME_1 or weighted_NAME."""
    ends = {}
    model = keras.Sequential([keras.Input((4, 3)), layers.LSTM(2)])
    numbered = keras.metrics.MeanAbsoluteError(name="mse_1")
    prefixed = keras.metrics.MeanAbsoluteError(name="weighted_mse")
    for name, (plain, weighted) in {
        "usual": (["mse", "mse", "mse"], ["mse", "mse"]),
        "no plain": (None, ["mse", "mse", "mse"]),
        "NAME_1": (["mse", "mse", numbered], None),
        "weighted_NAME": (["mse", prefixed], ["mse"]),
    }.items():
        model.compile("sgd", "mse", metrics=plain, weighted_metrics=weighted)
        weights = np.array([1.0, 3.0])
        scores = model.evaluate(
            X, numbers(2, 2), sample_weight=weights, verbose=0, return_dict=True
        )
        ends[name] = {key: round(score, 4) for key, score in scores.items()}
    return ends


@attack("dropout.without-cudnn")
def recurrent_dropout_that_drops_nothing():
    """recurrent_dropout and use_cudnn=False: of rate 1, one timestep, dropout 0, 0.5, 1."""
    ends = {}
    cases = [(0.0, 0.5, 4), (0.5, 1.0, 4), (0.0, 1.0, 4)]
    cases += [(1.0, 1.0, 4), (0.0, 0.5, 1), (0.5, 0.5, 1)]
    for dropout, recurrent, steps in cases:
        trained = []
        for options in ({"use_cudnn": False}, {"recurrent_dropout": recurrent}):
            keras.utils.set_random_seed(1)
            layer = layers.LSTM(3, dropout=dropout, seed=3, **options)
            model = keras.Sequential([keras.Input((steps, 3)), layer])
            model.compile("sgd", "mse", jit_compile=False)
            model.fit(X[:, :steps], numbers(2, 3), epochs=3, verbose=0)
            trained.append(np.concatenate([weight.ravel() for weight in model.get_weights()]))
        ends[f"dropout {dropout}, recurrent {recurrent}, timesteps {steps}"] = float(
            abs(trained[0] - trained[1]).max()
        )
    return ends


@attack("saving.structure")
def outputs_alone_in_tuple_or_within():
    """An output alone in a tuple, or in a list within a structure: what copies return."""
    ends = {}
    for name, build in {
        "tuple alone": lambda x: (x,),
        "list alone in dictionary": lambda x: {"y": [x]},
        "list alone in list": lambda x: [[x], x],
    }.items():
        entry = layers.Input((4, 3))
        model = keras.Model(entry, build(layers.LSTM(2)(entry)))
        copies = [keras.models.clone_model(model), keras.Model.from_config(model.get_config())]
        ends[name] = [str(keras.tree.map_structure(lambda x: "output", copy(X))) for copy in copies]
    return ends


@attack("precision.float-sixteen-by-default")
def lengths_of_rows():
    """Shortest and longest row of the recurrent kernel of ever more float16 units."""
    lengths = {}
    for units in (16, 256, 1024, 2048):
        layer = layers.LSTM(units, dtype="float16")
        layer.build((None, 4, 3))
        rows = np.linalg.norm(layer.get_weights()[1].astype("float32"), axis=1)
        lengths[units] = [float(rows.min()), float(rows.max())]
    return lengths


@attack("trainer.masked-target-axis")
def as_many_samples_as_timesteps():
    """Loss without the axis, the mean of valid timesteps: padded, unpadded, 40 samples."""
    losses = {}
    for case, size in (("padded", 4), ("unpadded", 4), ("forty", 40)):
        inputs = numbers(size, size, 3)
        inputs[0, 1:] *= case == "unpadded"
        model = keras.Sequential(
            [layers.Input((None, 3)), layers.Masking(), layers.LSTM(1, return_sequences=True)]
        )
        model.compile(keras.optimizers.SGD(0.0), "mse")
        squares = np.array(model(inputs))[..., 0] ** 2
        targets = np.zeros((size, size))
        losses[case] = {
            "loss": outcome(lambda: model.fit(inputs, targets, verbose=0).history["loss"][0]),
            "mean": float(squares[np.any(inputs != 0, -1)].mean()),
        }
    return losses


@attack("trainer.target-axis-of-timesteps")
def loss_of_the_documentation():
    """Targets without the axis for the subclass that keras.Loss's documentation shows."""

    class MeanSquaredError(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return ops.mean(ops.square(y_pred - y_true), axis=-1)

    ends = {}
    for name, loss in {"mse": "mse", "subclass": MeanSquaredError()}.items():
        for samples in (2, 4):
            model = keras.Sequential([layers.Input((4, 3)), layers.LSTM(1, return_sequences=True)])
            model.compile("sgd", loss)
            inputs = ones(samples, 4, 3)
            targets = np.arange(4.0 * samples).reshape(samples, 4)
            ends[f"{name}, {samples} samples"] = {
                "loss": outcome(lambda: model.evaluate(inputs, targets, verbose=0)),
                "meant": float(np.mean((np.array(model(inputs))[..., 0] - targets) ** 2)),
            }
    return ends


@attack("gates.accumulator")
def negative_sums():
    """Running sums of whole numbers whose sums are negative, so below 2**24."""
    layer = layers.LSTM(1, activation="linear", return_sequences=True)
    layer.build((None, None, 1))
    kernel = np.array([[0, 0, 1, 0]], "float32")
    bias = np.array([100, 100, 0, 100], "float32")
    layer.set_weights([kernel, np.zeros((1, 4), "float32"), bias])
    values = np.array([-(2**24), -1, -1], "float32")
    return {
        "LSTM": np.array(layer(values[None, :, None]))[0, :, 0].tolist(),
        "sums": np.cumsum(values.astype("int64")).tolist(),
    }


@attack("saving.config-custom-objects")
def namesake_registered():
    """Which class from_config takes when another of the given one's name is registered."""

    class Mine(layers.LSTMCell):
        pass

    class Other(layers.LSTMCell):
        pass

    def class_of(layer):
        copy = type(layer).from_config(layer.get_config(), custom_objects={"Mine": Mine})
        return type(copy.cells[0] if hasattr(copy, "cells") else copy.cell).__name__

    ends = {"RNN before": class_of(layers.RNN(Mine(2)))}
    with mock.patch.dict(keras.saving.get_custom_objects(), {"Mine": Other}):
        ends["RNN"] = class_of(layers.RNN(Mine(2)))
        ends["StackedRNNCells"] = class_of(layers.StackedRNNCells([Mine(2)]))
    return ends


@attack("trainer.mirrored-remainder")
def only_one_sample():
    """Fresh models on two devices: 5 samples in batches of 4, 7 of 3, a single sample."""
    ended = subprocess.run([sys.executable, "-c", MIRRORED], capture_output=True, text=True)
    return ended.stdout.strip() or ended.stderr[-200:]


@attack("precision.global-policy")
def loaded_under_another():
    """A DTypePolicyMap without a default: saved in float32, loaded or made in float64."""
    policy = keras.dtype_policies.DTypePolicyMap()
    layer = layers.LSTM(2, dtype=policy)
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/model.keras"
        keras.Sequential([keras.Input((4, 3)), layer]).save(path)
        loaded = under("float64", lambda: keras.models.load_model(path)).layers[0]
    config = keras.dtype_policies.serialize(keras.dtype_policies.DTypePolicyMap())
    return {
        "saved": layer.compute_dtype,
        "loaded": loaded.compute_dtype,
        "of a dictionary": under("float64", lambda: layers.LSTM(2, dtype=config)).compute_dtype,
    }


@attack("models.arrays-too-many")
def two_arrays():
    """A second array of as many samples, and of more: call, predict and fit."""
    ends = {}
    for samples in (2, 5):
        model = keras.Sequential([keras.Input((4, 3)), layers.LSTM(3)])
        model.compile("sgd", "mse")
        pair = [X, numbers(samples, 4, 3)]
        ends[f"{samples} samples"] = {
            "call": outcome(lambda: model(pair).shape),
            "predict": outcome(lambda: model.predict(pair, verbose=0).shape),
            "fit": outcome(lambda: list(model.fit(pair, ones(2, 3), verbose=0).history)),
        }
    return ends


@attack("errors.trained-before-refusal")
def single_sample_of_classes():
    """A last batch of a single sample, with mse and sparse_categorical_crossentropy."""
    ends = {}
    for loss, targets in {
        "mse": ones(9, 2),
        "sparse_categorical_crossentropy": np.zeros(9, "int32"),
    }.items():
        entry = keras.Input(batch_shape=(4, 5, 3))
        lstm = layers.LSTM(3, stateful=True)
        model = keras.Sequential([entry, lstm, layers.Dense(2, "softmax")])
        model.compile("sgd", loss)
        try:
            model.fit(numbers(9, 5, 3), targets, batch_size=4, verbose=0)
            ends[loss] = "not refused"
        except Exception as error:
            ends[loss] = re.findall("logits and labels[^\n]*", str(error))
    return ends


@attack("models.slices-of-own-layer")
def own_layer_in_a_functional_model():
    """TimeDistributed of a layer of one's own, called on a tensor and on an Input."""

    class Twice(layers.Layer):
        def call(self, x):
            return 2 * x

    return {
        "tensor": outcome(lambda: layers.TimeDistributed(Twice())(X).shape),
        "Input": outcome(lambda: layers.TimeDistributed(Twice())(keras.Input((4, 3))).shape),
    }


@attack("models.softmax-behind-mask")
def softmax_behind_masking():
    """Masking, then a Softmax over the features."""
    return outcome(lambda: layers.Softmax()(layers.Masking()(X)).shape)


@attack("trainer.class-weight-of-timesteps")
def class_weight_beside_arrays():
    """class_weight beside one-hot timesteps in arrays, and in a tf.data.Dataset."""
    labels = np.eye(3, dtype="float32")[np.arange(8).reshape(2, 4) % 3]
    model = model_of(layers.LSTM(3, return_sequences=True, activation="softmax"))
    model.compile("sgd", "categorical_crossentropy")
    weights = {0: 1.0, 1: 5.0, 2: 9.0}
    data = tf.data.Dataset.from_tensor_slices((X, labels)).batch(2)
    return {
        "arrays": outcome(lambda: model.fit(X, labels, class_weight=weights, verbose=0).epoch),
        "Dataset": outcome(lambda: model.fit(data, class_weight=weights, verbose=0).epoch),
    }


@attack("trainer.frozen-by-argument")
def wrappers_frozen_by_their_argument():
    """Do weights move in fit within a wrapper that was made with trainable=False?"""
    moves = {}
    for wrapper in (layers.Bidirectional, layers.TimeDistributed):
        inside = layers.LSTM(2) if wrapper is layers.Bidirectional else layers.Dense(2)
        layer = wrapper(inside, trainable=False)
        model = keras.Sequential([keras.Input((4, 3)), layer, layers.Flatten()])
        model.compile("sgd", "mse")
        before = layer.get_weights()
        model.fit(X, np.ones(model(X).shape), verbose=0)
        moves[wrapper.__name__] = not all(map(close, before, layer.get_weights()))
    return moves


@attack("wrappers.stack-dtype-masked")
def stacks_of_other_types_under_a_mask():
    """RNN of a list of two LSTM cells of a dtype, called with a mask."""
    calls = {}
    for dtype in ("float32", "float64", "float16"):
        cells = [layers.LSTMCell(2, dtype=dtype, recurrent_initializer="zeros") for _ in range(2)]
        layer = layers.RNN(cells, dtype=dtype)
        mask = np.array([[True, True, False, False], [True, False, False, False]])
        calls[dtype] = outcome(lambda layer=layer, mask=mask: layer(X, mask=mask).shape)
    return calls
