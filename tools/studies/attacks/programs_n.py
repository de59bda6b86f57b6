"""Attacks on six claims, each in a case that its sentence did not leave out."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import X, gap, model_of, numbers, ones


@attack("modes.layers-are-frozen")
def a_first_predict_after_pop():
    """After fit and pop predict for the first time, and fit again: does each use the old Dense?"""
    model = model_of(layers.LSTM(2), layers.Dense(3))
    model.compile("sgd", "mse")
    model.fit(X, ones(2, 3), verbose=0)
    dense = model.layers[-1]
    before = dense.get_weights()[0]
    model.pop()
    shape = model.predict(X, verbose=0).shape
    model.fit(X, ones(2, 3), verbose=0)
    return {"predict": shape, "fit moves it by": gap(before, dense.get_weights()[0]) > 0}


@attack("modes.train-traces-twice")
def a_third_size_after_compile():
    """A third size as it is, after compile, and of another length: does train_on_batch trace it?"""
    runs = []

    def trained(model, samples, timesteps):
        before = len(runs)
        model.train_on_batch(numbers(samples, timesteps, 3), ones(samples, 2))
        return len(runs) > before

    class Counted(layers.Layer):
        def call(self, x):
            runs.append(x)
            return x

    kinds = {}
    for kind in ("as it is", "after compile", "of another length"):
        model = model_of(Counted(), layers.LSTM(2))
        model.compile("sgd", "mse")
        traced = [trained(model, 2, 4), trained(model, 3, 4)]
        if kind == "after compile":
            model.compile("sgd", "mse")
        kinds[kind] = [*traced, trained(model, 5, 6 if kind == "of another length" else 4)]
    return kinds


@attack("modes.unrolled-second-length")
def a_second_length_after_compile():
    """A second length as it is, after compile, in a second model and behind a second Input."""
    lstm = layers.LSTM(2, unroll=True)
    models = [model_of(lstm), model_of(lstm)]
    models[0].predict_on_batch(X)
    shapes = {"as it is": outcome(lambda: models[0].predict_on_batch(X[:, :3]).shape)[:40]}
    models[0].compile()
    shapes["after compile"] = outcome(lambda: models[0].predict_on_batch(X[:, :3]).shape)
    shapes["second model"] = outcome(lambda: models[1].predict_on_batch(X[:, :2]).shape)
    inputs = [keras.Input((None, 3)), keras.Input((None, 3))]
    both = keras.Model(inputs, [lstm(x) for x in inputs])
    shapes["two Inputs"] = outcome(lambda: [y.shape for y in both.predict_on_batch([X, X[:, :3]])])
    return shapes


@attack("modes.losses-of-stateless-call")
def a_layer_that_only_training_calls():
    """A layer that only a call in training calls: are its losses among those of inference?"""

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.always = layers.LSTM(2, activity_regularizer="l2")
            self.trained = layers.LSTM(2, activity_regularizer="l2")

        def call(self, x, training=False):
            y = self.always(x)
            return y + self.trained(x) if training else y

    model = Own()
    model(X, training=True)
    variables = model.trainable_variables, model.non_trainable_variables
    counts = {"training": len(model.losses)}
    *_, losses = model.stateless_call(*variables, X, return_losses=True)
    return counts | {"stateless inference": len(losses)}


@attack("shapes.padded-texts")
def texts_in_two_batches():
    """Texts of two batches: how long are they, in tf.data and in predict?"""
    layer = layers.TextVectorization(vocabulary=["a", "b"])
    texts = tf.data.Dataset.from_tensor_slices([["a b"], ["a"], ["b a a"]]).batch(2)
    predicted = keras.Sequential([layer]).predict(texts, verbose=0)
    return [x.shape.as_list() for x in texts.map(layer)], type(predicted).__name__


@attack("weights.seed-state")
def variables_of_a_stateful_layer():
    """A stateful layer that was called: the names of its variables, and of its states."""
    layer = layers.LSTM(2, stateful=True)
    layer(X)
    beside = [v.name for v in layer.variables if not any(v is w for w in layer.weights)]
    states = [v.name for v in layer.states if isinstance(v, keras.Variable)]
    return {"in variables": beside, "in states": states, "shape": np.shape(layer.states[0])}
