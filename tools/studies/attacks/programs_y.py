"""An attack on a claim about ids, in a case that its test does not draw."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from tools.studies.attacks import attack, outcome


@attack("errors.id-out-of-range")
def an_id_that_a_model_rounds():
    """An id of input_dim in float16: does a Sequential model without an `Input` refuse it?"""
    words = layers.Embedding(2049, 3, dtype="mixed_float16")
    model = keras.Sequential([words])
    model(np.array([[1]]))
    ids = np.array([[2049]])
    return {
        "by the model": outcome(lambda: list(model(ids).shape)),
        "by the Embedding": outcome(lambda: list(words(ids).shape)),
    }
