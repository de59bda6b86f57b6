"""Attacks on five claims about losses, metrics and callbacks, each in a case of ordinary use."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import numbers, under, warned

X, Y = numbers(20, 4, 3), numbers(20, 1, seed=1)


def dense(activation=None, **options):
    """Return a compiled model of LSTM and Dense(1)."""
    keras.utils.set_random_seed(1)
    head = layers.Dense(1, activation=activation)
    model = keras.Sequential([keras.Input((4, 3)), layers.LSTM(3), head])
    model.compile(**{"optimizer": "sgd", "loss": "mse", **options})
    return model


@attack("trainer.unreported-monitor")
def what_a_plateau_leaves_in_history():
    """ReduceLROnPlateau on val_loss without validation: what does History hold?"""
    plateau = keras.callbacks.ReduceLROnPlateau("val_loss", mode="min")
    stop = keras.callbacks.EarlyStopping("val_loss", mode="min", patience=0)
    callbacks = [plateau, stop]
    names, _ = warned(lambda: sorted(dense().fit(X, Y, verbose=0, callbacks=callbacks).history))
    return names


@attack("trainer.weight-as-copies")
def flat_targets_of_one_unit():
    """Targets (batch,) for outputs (batch, 1): which metrics take a weight as copies?"""
    target = (Y[:, 0] > 0).astype("float32")
    weight = np.arange(20) % 3
    copies = np.repeat(np.arange(20), weight)
    equal = {}
    for name in ("mae", "accuracy", "hinge", "squared_hinge", "poisson", "kl_divergence"):
        model = dense("sigmoid", weighted_metrics=[name])
        weighted = model.evaluate(X, target, sample_weight=weight.astype("float32"), verbose=0)
        copied = model.evaluate(X[copies], target[copies], verbose=0)
        equal[name] = bool(np.isclose(weighted[1], copied[1], rtol=1e-3))
    return equal


@attack("trainer.weighted-of-one-name")
def weighted_ones_alone():
    """Two weighted metrics of one name, and no other: what are they called?"""
    model = dense(weighted_metrics=["mae", "mae"])
    return sorted(model.evaluate(X, Y, verbose=0, return_dict=True))


@attack("training.evaluate")
def other_optimizers_at_rate_zero():
    """Rate 0.0 of each optimizer: does fit report evaluate's loss?"""
    agree = {}
    for name in ("SGD", "Adam", "Lion", "Ftrl", "ScheduleFreeAdamW"):
        model = dense(optimizer=getattr(keras.optimizers, name)(0.0))
        loss = model.evaluate(X, Y, verbose=0)
        fitted = model.fit(X, Y, batch_size=7, verbose=0).history["loss"][0]
        agree[name] = bool(np.isclose(fitted, loss))
    return agree


@attack("training.penalty-added-once")
def a_penalty_under_each_policy():
    """A kernel_regularizer under each policy: what does evaluate report beyond the error?"""

    def reported():
        options = {"kernel_regularizer": "l2", "recurrent_initializer": "glorot_uniform"}
        lstm = layers.LSTM(3, **options)
        model = keras.Sequential([keras.Input((4, 3)), lstm])
        model.compile("sgd", "mse")
        error = np.mean((model.predict(X, verbose=0).astype("float32") - Y) ** 2)
        squares = np.sum(lstm.get_weights()[0].astype("float32") ** 2)
        penalty = model.evaluate(X, np.repeat(Y, 3, 1), verbose=0) - error
        return bool(np.isclose(penalty, 0.01 * squares, atol=1e-3))

    policies = ("float32", "mixed_float16", "mixed_bfloat16", "float64", "float16", "bfloat16")
    return {policy: under(policy, lambda: outcome(reported)) for policy in policies}
