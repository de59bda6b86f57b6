"""Attacks on the reasons of claims about states, masks and cells, taken at their word."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import BLANK, MASK, X, model_of, numbers, ones


@attack("state.learned")
def the_gradient_after_three_hundred_timesteps():
    """By an initial h and c of zeros, from a loss on the final output: is it 0?"""
    layer = layers.LSTM(32)
    x = tf.constant(numbers(2, 300, 3))
    c = tf.zeros((2, 32))
    with tf.GradientTape() as tape:
        tape.watch(c)
        loss = tf.reduce_sum(layer(x, initial_state=[c, c]))
    return {"is 0": not np.any(tape.gradient(loss, c))}


@attack("state.fixed-batch-in-predict")
def a_multiple_without_the_argument():
    """Four samples for a layer of two, with batch_size and without it."""
    model = keras.Sequential([keras.Input((4, 3), batch_size=2), layers.LSTM(2, stateful=True)])
    four = numbers(4, 4, 3)
    with_it = outcome(lambda: model.predict(four, batch_size=2, verbose=0).shape)
    return [with_it, outcome(lambda: model.predict(four, verbose=0).shape)[:40]]


@attack("state.both-needed")
def none_for_c():
    """The initial state [h, None]: refused, or taken for NaN?"""
    return outcome(lambda: np.array(layers.LSTM(2)(X, initial_state=[ones(2, 2), None])))[:40]


@attack("masking.short-refused")
def an_unrolled_layer_in_a_graph():
    """Too short a mask for an unrolled layer in a function of TensorFlow: which error?"""
    layer = layers.LSTM(2, unroll=True)
    layer.build(X.shape)
    call = tf.function(lambda x, mask: layer(x, mask=mask))
    return outcome(lambda: call(tf.constant(X), tf.constant(MASK[:, :3])))[:40]


@attack("masking.all-features")
def a_masking_of_float64_on_float32():
    """Told 0.1: does it mask the 0.1 of float32, and of float64?"""
    tenth = np.full((1, 2, 3), 0.1)
    masking = layers.Masking(0.1, dtype="float64")
    return {
        dtype: np.array(masking.compute_mask(tenth.astype(dtype))).tolist()
        for dtype in ("float32", "float64")
    }


@attack("masking.loss")
def a_mean_of_each_sample():
    """A function of one's own that takes the mean of each sample."""
    model = model_of(layers.Masking(), layers.LSTM(2, return_sequences=True))
    model.compile("sgd", lambda y, z: ops.mean((y - z) ** 2, axis=(1, 2)))
    return outcome(lambda: model.evaluate(BLANK, ones(2, 4, 2), verbose=0))[:40]


@attack("wrappers.unregistered-in-bidirectional")
def one_named_relu():
    """A function named relu, named in a scope, then registered: is it the one copied?"""

    def relu(x):
        return 0.0 * x + 7.0

    def copied():
        both = layers.Bidirectional(layers.LSTM(2, activation=relu))
        return both.forward_layer.cell.activation is relu

    with keras.saving.custom_object_scope({"relu": relu}):
        in_a_scope = copied()
    keras.saving.register_keras_serializable("programs_al")(relu)
    return {"in a scope": in_a_scope, "registered": copied()}


@attack("wrappers.own-cell-masked")
def masked_timesteps_before_the_first():
    """The first output of each layer at a masked timestep, from a state of ones."""
    mask = np.array([[False, True, True, True]] * 2)
    states = {layers.LSTM: [ones(2, 2)] * 2, layers.GRU: ones(2, 2), layers.SimpleRNN: ones(2, 2)}

    def first(kind):
        layer = kind(2, return_sequences=True)
        return np.array(layer(X, initial_state=states[kind], mask=mask))[0, 0].tolist()

    return {kind.__name__: first(kind) for kind in states}
