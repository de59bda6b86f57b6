"""An attack on a claim of flat targets, in a case that its test does not draw."""

from __future__ import annotations

import numpy as np
from keras import layers

from tools.studies.attacks import attack
from tools.studies.attacks.shared import X, close, model_of


@attack("trainer.target-axis-of-metrics")
def flat_counts_in_fit():
    """Counts of shape (batch,) in fit: do the loss and the metric of one name report the same?"""
    model = model_of(layers.LSTM(1, activation="sigmoid"))
    model.compile("sgd", "poisson", metrics=["poisson"])
    history = model.fit(X, np.array([0.0, 7.0]), verbose=0, epochs=2).history
    return close(history["loss"], history["poisson"])
