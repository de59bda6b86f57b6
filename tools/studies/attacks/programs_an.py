"""Attacks on reasons: the advice and the facts below a sentence about training."""

from __future__ import annotations

import warnings

import keras
import numpy as np
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import X, model_of, numbers, ones


def two_outputs():
    """Return a model of two outputs, named b and a in this order."""
    inputs = keras.Input((4, 3))
    last = layers.LSTM(2)(inputs)
    return keras.Model(inputs, [layers.Dense(1, name=name)(last) for name in ("b", "a")])


def stopped(metric, monitor, **options):
    """Return what fit says of EarlyStopping, or the warnings that it gives."""
    model = model_of(layers.LSTM(1, activation="sigmoid"))
    model.compile("sgd", "mse", metrics=[metric])
    stop = keras.callbacks.EarlyStopping(monitor, **options)
    data = {"validation_data": (X, ones(2, 1)), "callbacks": [stop], "verbose": 0}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        end = outcome(lambda: len(model.fit(X, ones(2, 1), **data).epoch))
    return end, [str(warning.message)[:70] for warning in caught]


@attack("trainer.metrics-names")
def the_order_of_a_list():
    """Metrics of two outputs: is the list of evaluate the loss and the metrics as compiled?"""
    model = two_outputs()
    model.compile("sgd", "mse", metrics=[["mse", "mae"], ["mape"]])
    targets = [ones(2, 1), 3 * ones(2, 1)]
    listed = model.evaluate(X, targets, verbose=0)
    named = model.evaluate(X, targets, verbose=0, return_dict=True)
    return [[name for name in named if named[name] == number] for number in listed]


@attack("trainer.metrics-are-counted")
def other_counted_metrics():
    """Metrics that are no counts of hits: is their name one?"""
    keras.backend.clear_session()
    metrics = [
        lambda: keras.metrics.MeanIoU(2),
        lambda: keras.metrics.BinaryIoU(),
        lambda: keras.metrics.PrecisionAtRecall(0.5),
        lambda: keras.metrics.SensitivityAtSpecificity(0.5),
        lambda: keras.metrics.BinaryAccuracy(),
        lambda: keras.metrics.F1Score(),
    ]
    return [[create().name for _ in range(2)] for create in metrics]


@attack("trainer.metrics-are-counted")
def a_name_that_is_missing():
    """EarlyStopping of val_precision in a second model, without a mode and with it."""
    keras.backend.clear_session()
    first = keras.metrics.Precision()
    without = stopped(keras.metrics.Precision(), "val_precision")
    given = stopped(keras.metrics.Precision(), "val_precision", mode="max")
    return first.name, without, given


@attack("trainer.name-of-a-function")
def a_function_monitored():
    """EarlyStopping of a function by its name, without a mode and with it."""

    def worst(y_true, y_pred):
        return keras.ops.max(keras.ops.abs(y_true - y_pred), axis=-1)

    return stopped(worst, "val_worst"), stopped(worst, "val_worst", mode="min")


@attack("trainer.accumulation-carried")
def a_generator_without_end():
    """Three batches an epoch of an endless generator, and of one that ends: steps counted."""
    counts = {}
    for ends in (False, True):
        optimizer = keras.optimizers.SGD(0.1, gradient_accumulation_steps=2)
        model = model_of(layers.LSTM(1))
        model.compile(optimizer, "mse")
        batches = ((X, ones(2, 1)) for _ in range(3 if ends else 100))
        model.fit(batches, steps_per_epoch=None if ends else 3, verbose=0)
        counts["ends" if ends else "goes on"] = int(optimizer.iterations)
    return counts


@attack("trainer.loss-formulas")
def weights_beside_dice():
    """Weights of samples beside Dice: are they refused, or how do they count?"""
    targets = np.abs(numbers(4, 3))
    outputs = np.abs(numbers(4, 3, seed=1))
    loss = keras.losses.Dice()
    weights = np.array([0.0, 1.0, 2.0, 5.0], "float32")
    return round(float(loss(targets, outputs, weights) / loss(targets, outputs)), 5)


@attack("trainer.targets-left-out")
def losses_by_name_in_a_dictionary():
    """Losses by names, one of them None: is a target needed for it?"""
    listed = two_outputs()
    keyed = keras.Model(listed.input, dict(zip(("b", "a"), listed.outputs, strict=True)))
    ends = {}
    for name, model in {"outputs in a list": listed, "in a dictionary": keyed}.items():
        model.compile("sgd", {"b": None, "a": "mse"})
        ends[name] = outcome(lambda: len(model.fit(X, {"a": ones(2, 1)}, verbose=0).epoch))
    return ends
