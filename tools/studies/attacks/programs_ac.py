"""Attacks on claims of scores and of a mask that stays, in cases that no test draws."""

from __future__ import annotations

import keras

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import MASK, X, gap, mask_of, model_of, numbers

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


@attack("models.mask-stays")
def tensors_of_two_inputs_read_by_a_second_model():
    """Two Inputs in a list: are both masked afterwards, and for a model that is given none?"""
    inputs = [keras.Input((4, 3)) for _ in range(2)]
    model = keras.Model(inputs, [layers.LSTM(2)(x) for x in inputs])
    tensors = [keras.ops.convert_to_tensor(X) + k for k in range(2)]
    masks = [keras.ops.convert_to_tensor(mask) for mask in (MASK, ~MASK)]
    model(tensors, mask=masks)
    second = model_of(layers.LSTM(2))
    rows = [
        gap(second(x), second.layers[0](x + 0, mask=m)) for x, m in zip(tensors, masks, strict=True)
    ]
    return [mask_of(x) for x in tensors], rows
