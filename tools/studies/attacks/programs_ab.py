"""Attacks on claims of flat targets and of masks of BatchNormalization, in cases not drawn."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import MASK, X, close, model_of, numbers


@attack("trainer.target-axis-of-metrics")
def flat_counts_in_fit():
    """Counts of shape (batch,) in fit: do the loss and the metric of one name report the same?"""
    model = model_of(layers.LSTM(1, activation="sigmoid"))
    model.compile("sgd", "poisson", metrics=["poisson"])
    history = model.fit(X, np.array([0.0, 7.0]), verbose=0, epochs=2).history
    return close(history["loss"], history["poisson"])


@attack("models.normalizes-by-wide-mask")
def a_mask_of_features_for_all():
    """A mask (1, 1, features) of a functional model: is a feature left out, or the mask refused?"""
    x = keras.Input((4, 3))
    mask = keras.Input((1, 3), dtype="bool")
    shown = np.array([[[True, False, True]]])
    norm = layers.BatchNormalization()

    def normalized():
        model = keras.Model([x, mask], norm(x, mask=mask))
        return list(model([X[:1], shown], training=True).shape)

    return outcome(normalized)


@attack("models.normalizes-convolved")
def a_functional_model_of_frames():
    """Masked frames in a functional model, at inference: is the mask that is handed on refused?"""
    frames = keras.Input((4, 5, 3))
    mask = keras.Input((4,), dtype="bool")
    convolved = layers.ConvLSTM1D(2, 3, return_sequences=True)(frames, mask=mask)
    x = numbers(2, 4, 5, 3)
    behind = layers.BatchNormalization()
    return outcome(lambda: list(keras.Model([frames, mask], behind(convolved))([x, MASK]).shape))
