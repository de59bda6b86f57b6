"""Attacks on reasons: advice that is followed to the letter, and sizes and releases they name."""

from __future__ import annotations

import copy

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import X, gap, model_of, numbers, ones, reloaded


def mish(z):
    """Return seven: an activation with the name of one of Keras."""
    return keras.ops.zeros_like(z) + 7


def hard_sigmoid(z):
    """Return what hard_sigmoid is in Keras 2."""
    return keras.ops.clip(0.2 * z + 0.5, 0, 1)


class Direct(keras.Model):
    """A Model subclass without an own `__init__`."""


def excess(layer, inputs, x):
    """Return how many times too large TimeDistributed's outputs are in a model of int8."""
    model = keras.Model(inputs, layers.TimeDistributed(layer)(inputs))
    model.quantize("int8")
    right = np.abs(np.array(layer(x)))
    wrong = np.abs(np.array(model(x)))
    return round(float(np.median(wrong / right)), -1)


@attack("models.slices-quantized")
def how_much_too_large_outputs_are():
    """Without the scale: are outputs about a hundred times too large?"""
    ids = np.arange(24).reshape(2, 4, 3) % 5
    dense = excess(layers.Dense(5), keras.Input((4, 8)), numbers(2, 4, 8))
    table = excess(layers.Embedding(5, 4), keras.Input((4, 3), dtype="int32"), ids)
    return {"Dense in hundreds": dense < 1000, "Embedding in thousands": table > 1000}


@attack("modes.unrolled-open-length")
def the_number_of_timesteps_in_the_input():
    """Input((4, 3)) and unroll=True, data of open length: is its number of timesteps enough?"""
    model = model_of(layers.LSTM(2, unroll=True), shape=(4, 3))
    model.compile("sgd", "mse")
    ends = {}
    for length in (None, 4):
        shape = tf.TensorSpec((None, length, 3))
        function = tf.function(model, input_signature=[shape])
        ends[f"function, {length}"] = outcome(lambda f=function: f(X).shape)[:11]
        signature = (shape, tf.TensorSpec((None, 2)))
        batches = tf.data.Dataset.from_generator(
            lambda: iter([(X, ones(2, 2))]), output_signature=signature
        )
        end = outcome(lambda b=batches: len(model.fit(b, verbose=0).history["loss"]))
        ends[f"fit, {length}"] = end[:11]
    return ends


@attack("saving.model-config-used-up")
def a_copy_of_the_configuration():
    """A model of TimeDistributed, a Sequential one of a model: is dict(config) copy enough?"""
    slices = [layers.LSTM(2, return_sequences=True), layers.TimeDistributed(layers.Dense(1))]
    inputs = keras.Input((4, 3))
    inner = keras.Model(inputs, layers.LSTM(2)(inputs))
    ends = {}
    for name, model in {"slices": model_of(*slices), "model": model_of(inner)}.items():
        for copied in (dict, copy.deepcopy):
            config = model.get_config()
            keras.Sequential.from_config(copied(config))
            second = copied(config)
            end = outcome(lambda c=second: len(keras.Sequential.from_config(c).layers))
            ends[f"{name}, {copied.__name__}"] = end.split(":")[0]
    return ends


@attack("saving.config-keeps-arguments")
def an_own_mish_in_custom_objects():
    """An unregistered activation named as one of Keras, in custom objects: does it come back?"""
    config = layers.LSTM(2, activation=mish).get_config()
    with keras.utils.custom_object_scope({"mish": mish}):
        layer = layers.LSTM.from_config(config)
    model = model_of(layers.LSTM(2, activation=mish))
    loaded = reloaded(model, custom_objects={"mish": mish}).layers[0]
    return {"from_config": layer.activation is mish, "file": loaded.activation is mish}


@attack("models.subclass-of-layers")
def an_own_mish_in_a_subclass():
    """A subclass with an activation named as one of Keras, in custom_objects."""
    inputs = keras.Input((4, 3))
    model = Direct(inputs, layers.LSTM(2, activation=mish)(inputs))
    again = Direct.from_config(model.get_config(), custom_objects={"mish": mish})
    return {"own": again.layers[1].activation is mish}


@attack("gates.hard-sigmoid")
def the_old_function_in_custom_objects():
    """The function of Keras 2 in custom_objects of load_model: does the model take it?"""
    model = model_of(layers.LSTM(2, recurrent_activation="hard_sigmoid"))
    own = {"custom_objects": {"hard_sigmoid": hard_sigmoid}}
    ends = {}
    for name in ("lstm.keras", "lstm.h5"):
        loaded = reloaded(model, name, **own).layers[0]
        ends[name] = loaded.recurrent_activation is hard_sigmoid
    return ends


@attack("models.gru-reset-before")
def nine_arrays_of_keras_1():
    """A GRU of Keras 1 had by default nine arrays, three a gate: does the layer take them?"""
    layer = layers.GRU(2, reset_after=False)
    layer.build(X.shape)
    arrays = [numbers(3, 2), numbers(2, 2), numbers(2)]
    old = outcome(lambda: layer.set_weights(3 * arrays))
    joined = outcome(lambda: layer.set_weights([np.concatenate(3 * [a], -1) for a in arrays]))
    return {"nine": old.split(" on")[0], "joined": joined}


@attack("models.gru-recurrent-dropout")
def what_z_keeps():
    """Gates z of one, in training: is what they keep of h dropped, as from Keras 3.2 to 3.7?"""
    cell = layers.GRUCell(4, recurrent_dropout=0.5, seed=1, bias_initializer="ones")
    cell.build((1, 3))
    cell.bias.assign(50 * ones(2, 12))
    y, _ = cell(ones(1, 3), [ones(1, 4)], training=True)
    return {"gap": gap(y, ones(1, 4))}


@attack("saving.keras-file")
def a_metric_function_of_keras():
    """A metric that is a function of Keras, and no loss: must it be registered?"""
    model = model_of(layers.LSTM(2))
    model.compile("sgd", "mse", metrics=[keras.metrics.binary_accuracy])
    model.fit(X, ones(2, 2), verbose=0)
    return outcome(lambda: len(reloaded(model).evaluate(X, ones(2, 2), verbose=0)))
