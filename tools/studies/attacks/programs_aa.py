"""Attacks on two claims of the training, each in a case that its test does not draw."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import X, close, model_of, ones


@attack("training.penalty-in-double")
def a_dense_of_float64_behind_an_lstm():
    """An LSTM of float64 under a regularized Dense of each type: does train_on_batch add?"""
    outcomes = {}
    for dtype in ("float64", "float16", "float32", "mixed_float16"):
        dense = layers.Dense(2, kernel_regularizer=keras.regularizers.L2(0.5), dtype=dtype)
        model = model_of(layers.LSTM(2, dtype="float64"), dense)
        model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)
        penalty = 0.5 * np.sum(dense.get_weights()[0].astype(float) ** 2)

        def added(model=model, penalty=penalty):
            return abs(model.train_on_batch(X, model.predict(X, verbose=0)) - penalty) < 0.01

        outcomes[dtype] = outcome(lambda added=added: bool(added()))
    return outcomes


@attack("trainer.schedule-free")
def a_trained_model_that_is_compiled_anew():
    """At a rate of 0, after another optimizer: does a step keep what a model has learned?"""
    kept = {}
    for case, eager, options in (
        ("eagerly", True, {}),
        ("compiled", False, {}),
        ("with use_ema", False, {"use_ema": True}),
    ):
        model = model_of(layers.LSTM(2))
        model.compile("adam", "mse", run_eagerly=True)
        model.fit(X, ones(2, 2), verbose=0)
        before = model.get_weights()
        model.compile(keras.optimizers.ScheduleFreeAdamW(0.0, **options), "mse", run_eagerly=eager)
        model.fit(X, ones(2, 2), verbose=0)
        kept[case] = all(map(close, model.get_weights(), before))
    return kept
