"""Attacks on claims of files, each in a case that its test does not draw."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import reloaded


@attack("saving.vocabulary-set-anew")
def weights_of_words_that_are_set_anew():
    """Words and their idf_weights, set anew: what do the model and the loaded one put out?"""
    x = np.array([["a"], ["b"], ["c"]])
    seen = {}
    for begun in ({}, {"vocabulary": ["a", "b"], "idf_weights": [2.0, 4.0]}):
        lookup = layers.StringLookup(output_mode="tf_idf", **begun)
        lookup.set_vocabulary(["c", "b"], idf_weights=[3.0, 5.0])
        model = keras.Sequential([keras.Input((1,), dtype="string"), lookup])
        seen[str(sorted(begun))] = [
            outcome(lambda give=give: np.array(give()(x)).tolist())
            for give in (lambda m=model: m, lambda m=model: reloaded(m))
        ]
    return seen
