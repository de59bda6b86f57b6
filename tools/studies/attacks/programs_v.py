"""Attacks on claims of models and of dropout, each in a case that its test does not draw."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import LSTM, MASK, X, gap, model_of, numbers, ones


@attack("models.keeps-mask")
def normalizations_behind_a_masked_convolution():
    """Behind a masked ConvLSTM1D, whose output has four axes: does predict normalize it?"""
    images = keras.Input((4, 5, 3))
    mask = keras.Input((4,), dtype="bool")
    rows = layers.ConvLSTM1D(2, 3, return_sequences=True)(images, mask=mask)
    data = [numbers(2, 4, 5, 3), MASK]
    seen = {}
    for layer in (layers.LayerNormalization(), layers.BatchNormalization()):
        model = keras.Model([images, mask], layer(rows))
        name = type(layer).__name__
        seen[name] = outcome(lambda m=model: m.predict(data, verbose=0).shape)[:40]
    return seen


@attack("models.samples")
def merges_of_unequal_widths():
    """Merged with a sequence of one feature, as many timesteps as features: a sample alone?"""
    x = numbers(3, 4, 3)
    seen = {}
    for merge in (layers.Add, layers.Average, layers.Multiply):
        inputs = keras.Input((4, 3))
        wide = LSTM(4, return_sequences=True)(inputs)
        narrow = LSTM(1, return_sequences=True)(inputs)
        model = keras.Model(inputs, merge()([wide, narrow]))
        far = gap(model(x[:1]), np.array(model(x))[:1])
        seen[merge.__name__] = far < 1e-6
    return seen


@attack("models.slices-behind-lstm")
def slices_of_two_lengths():
    """Open or known lengths, called and in predict, the second one shorter: is it the Dense?"""
    seen = {}
    for timesteps in (None, 4):
        inputs = keras.Input((timesteps, 3))
        rows = LSTM(3, return_sequences=True)(inputs)
        dense = layers.Dense(2)
        model = keras.Model(inputs, [layers.TimeDistributed(dense)(rows), dense(rows)])
        for length in (4, 3) if timesteps is None else (4,):
            x = X[:, :length]
            ways = {"call": model, "predict": lambda z, m=model: m.predict(z, verbose=0)}
            for way, run in ways.items():
                shapes = outcome(lambda r=run, z=x: [tuple(y.shape) for y in r(z)])
                seen[f"{timesteps}, {length}, {way}"] = shapes[:40]
    return seen


class Reader(keras.Model):
    """A model that reads a number of its LSTM's output."""

    def __init__(self):
        super().__init__()
        self.lstm = LSTM(2)

    def call(self, x):
        """Scale the output by one of its numbers."""
        y = self.lstm(x)
        return y * float(y[0, 0])


@attack("models.untraced-call")
def numbers_read_in_predict():
    """An array by call, predict and fit, and by predict that is run eagerly: does it run?"""
    target = ones(2, 2)
    seen = {}
    for eager in (False, True):
        model = Reader()
        model.compile("sgd", "mse", run_eagerly=eager)
        runs = {
            "call": model,
            "predict": lambda x, m=model: m.predict(x, verbose=0),
            "fit": lambda x, m=model: m.fit(x, target, verbose=0) and x,
        }
        for name, run in runs.items():
            seen[f"{name}, eager: {eager}"] = outcome(lambda r=run: tuple(r(X).shape))[:9]
    return seen


@attack("dropout.cell-state")
@attack("dropout.share")
def dropout_gate_by_gate():
    """implementation=1, with cuDNN left to Keras and refused: does a call in training run?"""
    seen = {}
    for cudnn in ("auto", False):
        for kernel in ("zeros", "ones"):
            options = {"kernel_initializer": kernel, "recurrent_initializer": "zeros"}
            layer = LSTM(2, implementation=1, dropout=0.5, use_cudnn=cudnn, **options)
            model = model_of(layer)
            run = outcome(lambda m=model: gap(m(X, training=True), m(X)) > 0)
            seen[f"use_cudnn={cudnn}, kernels of {kernel}"] = run[:24]
    return seen
