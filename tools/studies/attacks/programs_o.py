"""Attacks on six claims, each in a case that its words once included."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import LSTM, Cell, X, model_of, numbers, ones


class Bare(keras.Model):
    """A model that runs an LSTMCell, and whose call takes no `training`."""

    def __init__(self):
        super().__init__()
        self.cell = Cell(3, dropout=0.5)

    def call(self, x):
        """Run the cell on the first timestep."""
        return self.cell(x[:, 0], [x[:, 0], x[:, 1]])[0]


class Around(layers.Layer):
    """A cell that calls an LSTMCell, which it builds in its own build."""

    def __init__(self):
        super().__init__()
        self.cell = Cell(3, dropout=0.5)
        self.state_size = self.cell.state_size
        self.output_size = self.cell.units

    def build(self, shape):
        """Build the LSTMCell."""
        self.cell.build(shape)

    def call(self, inputs, states, training=False):
        """Call the LSTMCell."""
        return self.cell(inputs, states, training=training)


@attack("dropout.cell-in-a-call")
def a_call_without_training():
    """Does fit fail if the model's call takes no `training`?"""
    model = Bare()
    model.compile("sgd", "mse")
    return outcome(lambda: len(model.fit(X, ones(2, 3), verbose=0).epoch))


@attack("dropout.cell-in-a-cell")
def a_cell_that_builds_its_cell():
    """Of a cell that has built the inner one, which fits fail?"""
    ends = {}
    for optimizer in ("sgd", "adam"):
        for metrics in ([], ["mae"]):
            model = keras.Sequential([keras.Input((4, 3)), layers.RNN(Around())])
            model.compile(optimizer, "mse", metrics=metrics)
            end = outcome(lambda model=model: len(model.fit(X, ones(2, 3), verbose=0).epoch))
            ends[f"{optimizer} {metrics}"] = str(end)[:40]
    return ends


@attack("training.every-timestep")
def padding():
    """Which vectors of an Embedding with mask_zero=True does a step of SGD change?"""
    table = layers.Embedding(3, 2, mask_zero=True)
    model = keras.Sequential([keras.Input((3,)), table, LSTM(2)])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    before = table.get_weights()[0]
    model.train_on_batch(np.array([[1, 2, 0]]), ones(1, 2))
    return (table.get_weights()[0] != before).any(axis=1).tolist()


@attack("training.second-derivative")
def hessians():
    """Is there a jacobian of the gradient, looped or unrolled, eager or in a graph?"""
    ends = {}
    inputs = tf.constant(X[:1, :3])
    for unroll in (False, True):
        layer = LSTM(2, unroll=unroll)
        layer.build(inputs.shape)

        def hessian(x, layer=layer):
            with tf.GradientTape() as outer:
                outer.watch(x)
                with tf.GradientTape() as inner:
                    inner.watch(x)
                    total = tf.reduce_sum(layer(x) ** 2)
                slope = inner.gradient(total, x)
            return outer.jacobian(slope, x)

        for name, run in (("eager", hessian), ("graph", tf.function(hessian))):
            end = outcome(lambda run=run: list(run(inputs).shape))
            ends[f"{name}, unroll={unroll}"] = str(end)[:40]
    return ends


@attack("training.single-timestep")
def a_regularizer():
    """Which weights does a step on one timestep change if the recurrent kernel is penalized?"""
    layer = LSTM(2, recurrent_regularizer="l2")
    model = model_of(layer, shape=(1, 3))
    model.compile("sgd", "mse")
    before = layer.get_weights()
    model.train_on_batch(X[:, :1], ones(2, 2))
    return [bool(np.any(a != b)) for a, b in zip(layer.get_weights(), before, strict=True)]


@attack("training.constraints-around")
def an_output_without_a_loss():
    """Does a step correct a Dense that no loss depends on?"""
    inputs = keras.Input((4, 3))
    hidden = LSTM(2)(inputs)
    free = layers.Dense(2, kernel_constraint="non_neg", name="free")
    model = keras.Model(inputs, {"a": layers.Dense(1, name="a")(hidden), "free": free(hidden)})
    free.set_weights([-np.abs(numbers(2, 2)), ones(2)])
    model.compile("sgd", {"a": "mse"})
    model.fit(X, {"a": ones(2, 1)}, verbose=0)
    return {"still negative": bool(np.all(free.get_weights()[0] < 0))}
