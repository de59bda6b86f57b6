"""Attacks on reasons about shapes and the bias: advice that is followed to the letter."""

from __future__ import annotations

import datetime

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import LSTM, X, under

pad = keras.utils.pad_sequences


def attached(value, dtype):
    """Return the mask that a Masking layer attaches to a short sequence padded with its value."""
    padded = pad([[[1, 2, 3]], [[4, 5, 6]] * 2], value=value, dtype=dtype)
    return np.array(layers.Masking(value)(padded)._keras_mask).astype(int).tolist()


@attack("shapes.padded-as-asked")
def a_value_that_is_rounded():
    """Is padding of -99.9, of -999.0 and of -1 hidden, by default and under mixed policies?"""
    masks = {f"{v} int32": attached(v, "int32") for v in (-99.9, -1)}
    for policy in ("mixed_bfloat16", "mixed_float16"):
        for value in (-99.9, -999.0, -1, -1.0):
            masks[f"{value} {policy}"] = under(policy, lambda v=value: attached(v, "float32"))
    return masks


@attack("shapes.padded-by-default")
def numbers_below_minus_one():
    """Numbers below one that are below -1 too: do they become zeros?"""
    return pad([[0.5, -1.7, 0.2], [0.1]]).tolist()


@attack("shapes.numbers-as-objects")
def dates_but_no_words():
    """An array of objects that holds a number and a date: does astype make numbers of it?"""
    x = np.array([[1.0, datetime.datetime(2020, 1, 1)]], dtype=object)
    return outcome(lambda: x.astype("float32"))


@attack("weights.forget-bias-is-one")
def another_forget_bias_by_an_initializer():
    """unit_forget_bias=False and an initializer: is the bias of the forget gate alone another?"""
    biases = {}
    for name, value in {"a number": 2.0, "an array": [0.0, 2.0, 0.0, 0.0]}.items():
        start = keras.initializers.Constant(value)
        lstm = LSTM(1, unit_forget_bias=False, bias_initializer=start)
        lstm.build(X.shape)
        biases[name] = lstm.get_weights()[2].tolist()
    return biases


@attack("shapes.empty-batch")
def an_empty_batch_in_a_graph():
    """Does a tf.function take no rows, with and without a signature of open batch?"""
    lstm = LSTM(2)
    lstm.build(X.shape)
    signature = [tf.TensorSpec((None, 4, 3))]
    options = {"plain": {}, "open": {"input_signature": signature}}
    ends = {}
    for name, given in options.items():
        call = tf.function(lstm, **given)
        ends[name] = outcome(lambda call=call: tuple(call(X[:0]).shape)).split(":")[0]
    return ends


@attack("shapes.unknown-arguments")
def arguments_that_keras_two_refuses_too():
    """batch_shape and ragged, which LSTM of Keras 2.15 refuses as well: in the same words?"""
    names = ("batch_shape", "ragged", "batch_size", "input_length", "weights")
    return {name: outcome(lambda n=name: LSTM(2, **{n: None}))[:50] for name in names}
