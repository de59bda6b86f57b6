"""Attacks on a claim of declared scores, in cases that its test does not draw."""

from __future__ import annotations

import keras

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import X, numbers

layers = keras.layers


@attack("models.declared-scores")
def scores_of_a_decoder_flattened_for_a_dense():
    """A decoder of 2 timesteps on an encoder of 4: does a Dense behind the scores run?"""
    source = keras.Input((4, 3))
    target = keras.Input((2, 3))
    rows, h, c = layers.LSTM(2, return_sequences=True, return_state=True)(source)
    queries = layers.LSTM(2, return_sequences=True)(target, initial_state=[h, c])
    ends = {}
    for make in (layers.MultiHeadAttention, lambda n, d: layers.GroupQueryAttention(d, n, n)):
        layer = make(2, 3)
        _, scores = layer(queries, rows, return_attention_scores=True)
        outputs = layers.Dense(1)(layers.Flatten()(scores))
        model = keras.Model([source, target], outputs)
        given = [X, numbers(2, 2, 3)]
        ends[type(layer).__name__] = (scores.shape, outcome(lambda m=model, g=given: m(g).shape))
    return ends
