"""An attack on a claim of the training, in a case that its test does not draw."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import X, model_of


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
