"""Attacks on three claims, each in a case that its test does not draw."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import Cell, X, close, model_of, numbers, ones


@attack("dropout.cell-in-a-cell")
def a_derived_cell_that_calls_a_cell():
    """A cell that derives from LSTMCell and calls an unbuilt LSTMCell: does it train?"""

    class Both(Cell):
        def __init__(self):
            super().__init__(2)
            self.inner = layers.LSTMCell(2, dropout=0.5)

        def call(self, inputs, states, training=None):
            return self.inner(inputs, states, training=training)

    model = model_of(layers.RNN(Both()))
    model.compile("sgd", "mse")
    return outcome(lambda: len(model.fit(X, ones(2, 2), verbose=0).history["loss"])).split(":")[0]


@attack("trainer.name-of-a-function")
def a_function_of_tensorflow():
    """Functions of names with capitals, one decorated with tf.function: the reported names."""

    def worstError(y_true, y_pred):  # noqa: N802
        return keras.ops.max(keras.ops.abs(y_true - y_pred), axis=-1)

    names = []
    for function in (worstError, tf.function(worstError)):
        model = model_of(layers.LSTM(2))
        model.compile("sgd", "mse", metrics=[function])
        names.append(sorted(model.evaluate(X, ones(2, 2), verbose=0, return_dict=True)))
    return names


@attack("models.lengths-in-predict")
def slices_of_an_open_length():
    """TimeDistributed, and TimeDistributed's layer alone: the second length of predict."""
    dense = layers.Dense(2)
    answers = {}
    for name, layer in {"wrapped": layers.TimeDistributed(dense), "alone": dense}.items():
        model = model_of(layers.LSTM(3, return_sequences=True), layer)
        model.predict(X, verbose=0)
        x = numbers(2, 5, 3)
        y = model.predict(x, verbose=0)
        called = np.array(model(x))
        answers[name] = [y.shape, y.shape == called.shape and close(y, called)]
    return answers
