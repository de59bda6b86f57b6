"""Attacks on claims of files, each in a case that its test does not draw."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import X, gap, model_of, reloaded


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


@attack("saving.legacy-bfloat")
def weights_of_bfloat16_in_other_files():
    """LSTM and others, of bfloat16 and half precision, in files of each kind: which are loaded?"""
    seen = {}
    for dtype in ("bfloat16", "mixed_bfloat16", "float16"):
        options = {"dtype": dtype, "recurrent_initializer": "glorot_uniform"}
        kinds = {
            "LSTM": layers.LSTM(2, **options),
            "Bidirectional": layers.Bidirectional(layers.GRU(2, **options), dtype=dtype),
            "Dense": layers.Dense(2, dtype=dtype),
            "LayerNormalization": layers.LayerNormalization(dtype=dtype),
        }
        for name, layer in kinds.items():
            model = model_of(layer, shape=(4, 3))
            for file in ("a.keras", "a.h5"):
                end = outcome(lambda m=model, f=file: gap(reloaded(m, f)(X), m(X)))
                seen[dtype, name, file] = end[:40]
    return {str(key): end for key, end in seen.items() if end != "0.0"}


@attack("saving.legacy-operations")
def functions_of_operations():
    """Functions of keras.ops, and other operators, in an `.h5` file: which are loaded?"""
    operations = {
        "x - y": lambda x, y: x - y,
        "x / 2": lambda x, _: x / 2,
        "-x": lambda x, _: -x,
        "x[:, -1]": lambda x, _: x[:, -1],
        "concatenate": lambda x, y: keras.ops.concatenate([x, y], axis=1),
        "softmax": lambda x, _: keras.ops.softmax(x, axis=1),
        "relu": lambda x, _: keras.ops.relu(x),
        "mean": lambda x, _: keras.ops.mean(x, axis=1),
    }
    seen = {}
    for name, operation in operations.items():
        x = keras.Input((4, 3))
        model = keras.Model(x, operation(layers.LSTM(3, return_sequences=True)(x), x))
        seen[name] = outcome(lambda m=model: gap(reloaded(m, "a.h5")(X), m(X)))[:50]
    return seen
