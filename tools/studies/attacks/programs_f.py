"""Attacks on each claim of saving, and on some of errors and speed."""

from __future__ import annotations

import collections
import copy
import os
import pickle
import tempfile
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import (
    LSTM,
    Cell,
    X,
    close,
    farthest,
    gap,
    model_of,
    numbers,
    ones,
    reloaded,
    under,
)


@attack("saving.config-keeps-arguments")
@attack("saving.keras-file")
def activations_that_are_functions_of_ops():
    """Give functions of keras.ops as activations: made again from a configuration and a file?"""
    seen = {}
    for function in (ops.tanh, ops.sin, ops.square):
        layer = LSTM(2, activation=function)
        copies = (lambda: LSTM.from_config(layer.get_config()), lambda: reloaded(model_of(layer)))
        seen[function.__name__] = [outcome(lambda: make()(X).shape) for make in copies]
    return seen


@attack("saving.model-config-used-up")
def configurations_read_twice():
    """Make functional and Sequential models twice from a configuration of theirs."""
    kinds = {
        "LSTM": lambda: LSTM(2),
        "RNN": lambda: layers.RNN(Cell(2)),
        "TimeDistributed": lambda: layers.TimeDistributed(layers.Dense(2)),
    }
    seen = {}
    for name, kind in kinds.items():
        inputs = keras.Input((4, 3))
        for model in (model_of(kind()), keras.Model(inputs, kind()(inputs))):
            config = model.get_config()
            type(model).from_config(config)
            again = outcome(lambda: len(type(model).from_config(config).layers))
            seen[f"{type(model).__name__} of {name}"] = again
    return seen


@attack("saving.clone-model")
@attack("saving.wrapped")
def a_cell_in_two_layers():
    """Share a cell by two RNNs, or a Dense by two wrappers: weights of a clone, and of a file?"""
    cell = Cell(3)
    dense = layers.Dense(3)
    wrap = layers.TimeDistributed
    models = {
        "cell": model_of(layers.RNN(cell, return_sequences=True), layers.RNN(cell)),
        "Dense": model_of(wrap(dense), wrap(dense)),
    }
    return {
        name: [len(model.weights)]
        + [
            outcome(lambda: len(make(model).weights))
            for make in (keras.models.clone_model, reloaded)
        ]
        for name, model in models.items()
    }


@attack("saving.shared")
def a_dense_wrapped_and_beside():
    """Share a Dense by a wrapper and beside it: how many weights has the copy?"""
    dense = layers.Dense(3)
    inputs = [keras.Input((4, 3)) for _ in range(2)]
    outputs = [layers.TimeDistributed(dense)(inputs[0]), dense(inputs[1])]
    model = keras.Model(inputs, outputs)
    copies = (keras.Model.from_config(model.get_config()), keras.models.clone_model(model))
    return [len(model.weights), *(len(again.weights) for again in copies)]


@attack("saving.layers-around")
def mixed_layers_read_again():
    """Give layers a mixed policy, and make them again: what policy have they?"""
    kinds = (layers.Dropout, layers.SpatialDropout1D, layers.GaussianNoise, layers.Dense)
    seen = {}
    for kind in kinds:
        layer = kind(1 if kind is layers.Dense else 0.5, dtype="mixed_float16")
        seen[kind.__name__] = kind.from_config(layer.get_config()).dtype_policy.name
    return seen


@attack("saving.masking-array")
def mask_values_without_an_axis():
    """Save Masking of arrays with an axis and without: what is masked before and after?"""
    seen = {}
    for value in (np.array([0.1]), np.array(0.1)):
        model = model_of(layers.Masking(value))
        again = reloaded(model)
        x = np.full((1, 1, 3), np.float32(0.1))
        masks = [np.array(m.layers[0].compute_mask(x)).tolist() for m in (model, again)]
        seen[str(value)] = (masks, repr(again.layers[0].mask_value))
    return seen


@attack("saving.legacy-trains-on")
def legacy_files_of_optimizers():
    """Train, save to HDF5 and load: how far apart are the weights, and a step later?"""
    seen = {}
    for name in ("sgd", "adam", "rmsprop"):
        model = model_of(LSTM(2))
        model.compile(name, "mean_squared_error")
        model.train_on_batch(X, ones(2, 2))
        again = reloaded(model, "lstm.h5")
        apart = farthest(model.get_weights(), again.get_weights())
        seen[name] = (apart, outcome(lambda: float(again.train_on_batch(X, ones(2, 2)))))
    return seen


@attack("saving.legacy-mask")
def a_mask_of_a_nested_model():
    """Save to HDF5 with Masking in a nested model, in front of the LSTM: is it used then?"""
    x = X.copy()
    x[:, 1] = 0
    inputs = [keras.Input((4, 3)) for _ in range(2)]
    nested = keras.Model(inputs[0], layers.Masking()(inputs[0]))
    layer = LSTM(2)
    model = keras.Model(inputs[1], layer(nested(inputs[1])))
    again = reloaded(model, "lstm.h5")
    return {"saved": gap(again(x), model(x)), "without a mask": gap(again(x), layer(x))}


def scaling(by):
    """Return a function that multiplies, of the same name for every factor."""

    def scaled(z):
        return z * by

    return scaled


@attack("saving.registered-activation")
def two_functions_of_a_name():
    """Register two functions of a name in a package, and load a model of each: as it was?"""
    functions = [scaling(by) for by in (2.0, 3.0)]
    for function in functions:
        keras.saving.register_keras_serializable("attacks")(function)
    models = [model_of(LSTM(2, activation=function)) for function in functions]
    return [outcome(lambda: gap(reloaded(model)(X), model(X))) for model in models]


@attack("saving.packages-of-one-name")
def functions_of_a_name_in_packages():
    """Register functions of a name in two packages, and load models of each: as they were?"""
    seen = {}
    for package, by in (("first", 2.0), ("second", 3.0)):
        function = keras.saving.register_keras_serializable(package)(scaling(by))
        model = model_of(LSTM(2, activation=function, recurrent_activation=function))
        ends = [
            outcome(lambda: gap(reloaded(model, name)(X), model(X)))
            for name in ("lstm.keras", "lstm.h5")
        ]
        seen[package] = ends
    return seen


@attack("saving.lambda-shape")
@attack("saving.layers-read-again")
@attack("saving.legacy-layers")
@attack("saving.deepcopy")
@attack("saving.pickle")
def lambdas_of_functions_of_ops():
    """Put functions of keras.ops into Lambda and Activation, and make them again in all ways."""
    makers = {
        "configuration": lambda layer: type(layer).from_config(layer.get_config()),
        ".keras": lambda layer: reloaded(model_of(layer, shape=(4, 3))),
        ".h5": lambda layer: reloaded(model_of(layer, shape=(4, 3)), "lstm.h5"),
        "deepcopy": copy.deepcopy,
        "pickle": lambda layer: pickle.loads(pickle.dumps(layer)),
    }
    seen = {}
    for kind, function in (
        (layers.Lambda, ops.relu),
        (layers.Lambda, ops.square),
        (layers.Activation, ops.sin),
    ):
        layer = kind(function)
        layer(X)
        ends = {
            name: outcome(lambda: close(make(layer)(X), layer(X))) for name, make in makers.items()
        }
        seen[f"{kind.__name__} of {function.__name__}"] = ends
    return seen


@attack("saving.asks-before-it-overwrites")
def answers_to_a_question():
    """Save a second time with overwrite=False, and answer: how often is asked, is it kept?"""
    seen = {}
    models = [model_of(LSTM(2)) for _ in range(2)]
    for name, save in {"m.keras": "save", "m.h5": "save", "m.weights.h5": "save_weights"}.items():
        for answers in (["n"], ["maybe", "n"], ["y", "y"]):
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, name)
                getattr(models[0], save)(path)
                size = os.stat(path).st_mtime_ns
                with mock.patch("builtins.input", side_effect=answers) as asked:
                    end = outcome(lambda: getattr(models[1], save)(path, overwrite=False))
                kept = os.stat(path).st_mtime_ns == size
            seen[f"{name}, {answers}"] = (asked.call_count, kept, end)
    return seen


@attack("saving.dropout-starts-again")
def seeds_of_other_layers():
    """Save recurrent layers of seeded dropout after a call: is the loaded call the first?"""
    seen = {}
    for kind in (LSTM, layers.GRU, layers.SimpleRNN):
        model = model_of(kind(8, dropout=0.5, seed=3), shape=(4, 3))
        first = np.array(model(X, training=True))
        seen[kind.__name__] = gap(reloaded(model)(X, training=True), first)
    return seen


@attack("saving.structure")
def inputs_in_an_ordered_dictionary():
    """Save models of Inputs in dictionaries that are not in order: loaded, what comes out?"""
    seen = {}
    data = {"z": X, "a": 2 * X}
    for kind in (dict, collections.OrderedDict):
        inputs = kind([("z", keras.Input((4, 3))), ("a", keras.Input((4, 3)))])
        model = keras.Model(inputs, {name: LSTM(2)(tensor) for name, tensor in inputs.items()})
        seen[kind.__name__] = outcome(lambda: farthest(reloaded(model)(data), model(data)))
    return seen


@attack("saving.layer-twice")
def a_layer_twice_in_a_model():
    """Put a layer into a Sequential model twice, and make it again: how many layers?"""
    layer = LSTM(3, return_sequences=True)
    model = model_of(layer, layer, shape=(4, 3))
    again = keras.Sequential.from_config(model.get_config())
    models = (model, reloaded(model), keras.models.clone_model(model), again)
    return [len(each.layers) for each in models]


@attack("saving.layer-as-activation")
def layers_as_activations():
    """Give layers as activations, also under another policy, and make them again in three ways."""
    kinds = {
        "LeakyReLU": lambda: LSTM(2, activation=layers.LeakyReLU(0.25)),
        "ReLU": lambda: LSTM(2, recurrent_activation=layers.ReLU(1.0)),
        "Bidirectional": lambda: layers.Bidirectional(LSTM(2, activation=layers.ELU(0.5))),
    }
    seen = {}
    for name, kind in kinds.items():
        for policy in ("float32", "mixed_float16"):
            model = under(policy, lambda: model_of(kind(), shape=(4, 3)))
            clone = keras.models.clone_model(model)
            clone.set_weights(model.get_weights())
            copies = (lambda: clone, lambda: reloaded(model), lambda: reloaded(model, "lstm.h5"))
            ends = [outcome(lambda: gap(make()(X), model(X))) for make in copies]
            seen[f"{name}, {policy}"] = ends
    return seen


@attack("saving.export")
def a_stateful_export():
    """Export a stateful model, call it, and then what it exported: as its first or second call?"""
    model = keras.Sequential([keras.Input(batch_shape=(2, 4, 3)), LSTM(2, stateful=True)])
    with tempfile.TemporaryDirectory() as folder:
        model.export(folder, verbose=False)
        calls = [np.array(model(X)) for _ in range(2)]
        exported = layers.TFSMLayer(folder, call_endpoint="serve")(X)
    return [gap(exported, call) for call in calls]


@attack("errors.narrow-cell-state-in-a-graph")
def narrow_states_in_graphs():
    """Give a cell state of one column in graphs: of a timestep, by XLA, stateful, in a model."""
    states = [numbers(2, 2), numbers(2, 1)]
    seen = {}
    for options in ({}, {"stateful": True}, {"implementation": 1}):
        for steps, jit in ((1, False), (4, False), (4, True)):
            layer = LSTM(2, **options)
            layer(X)
            graph = tf.function(layer, jit_compile=jit)
            call = outcome(lambda: graph(X[:, :steps], initial_state=states).shape)
            seen[f"{options}, {steps} timesteps, {jit}"] = call
    return seen


@attack("errors.first-input-sticks")
def a_first_layer_with_input_shape():
    """Call Sequential models on two axes first, and then right: with input_shape and without."""
    seen = {}
    for options in ({}, {"input_shape": (4, 3)}):
        model = keras.Sequential([LSTM(2, **options)])
        first = outcome(lambda: model(X[0]))
        seen[str(options)] = (first, outcome(lambda: model(X).shape))
    return seen


@attack("errors.id-out-of-range")
def ids_of_small_integers():
    """Give 257 and 5 as ids to an Embedding of five rows, behind Inputs of several types."""
    seen = {}
    for kind in ("int32", "int16", "uint8", "bool"):
        model = keras.Sequential([keras.Input((1,), dtype=kind), layers.Embedding(5, 2)])
        seen[kind] = [outcome(lambda: model(np.array([[k]])).shape) for k in (257, 5)]
    return seen


@attack("speed.new-length")
def traces_of_a_layer_that_is_not_built():
    """Give seven lengths to a built layer and to one that is not: how many traces?"""
    seen = {}
    for built in (True, False):
        layer = LSTM(2)
        if built:
            layer.build(X.shape)
        graph = tf.function(lambda x: layer(x), reduce_retracing=True)
        for steps in range(1, 8):
            graph(tf.ones((2, steps, 3)))
        seen[f"built: {built}"] = graph.experimental_get_tracing_count()
    return seen


@attack("speed.implementations")
def implementations_with_recurrent_dropout():
    """Ask for implementation 2 with recurrent_dropout and without: which does it have?"""
    rates = (0.0, 0.1)
    return [LSTM(2, implementation=2, recurrent_dropout=rate).cell.implementation for rate in rates]
