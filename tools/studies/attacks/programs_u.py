"""Attacks on claims of models and of cells, each in a case that its test does not draw."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import BLANK, X, gap, model_of, numbers


@attack("models.forms")
def a_residual_of_masked_heads_in_a_subclass():
    """Self-attention added to its masked query, then an LSTM: do two forms agree?"""
    masking = layers.Masking()
    heads = layers.MultiHeadAttention(2, 3)
    add = layers.Add()
    norm = layers.LayerNormalization()
    lstm = layers.LSTM(2)

    def block(x):
        x = masking(x)
        return lstm(norm(add([x, heads(x, x)])))

    class Block(keras.Model):
        def __init__(self):
            super().__init__()
            self.parts = [masking, heads, add, norm, lstm]

        def call(self, x):
            return block(x)

    inputs = keras.Input((4, 3))
    functional = keras.Model(inputs, block(inputs))
    return {"agree": gap(functional(BLANK), Block()(BLANK)) < 1e-5}


@attack("models.graphs")
def adaptive_pooling_over_an_open_axis():
    """A graph whose signature leaves the timesteps open: what comes of adaptive pooling?"""
    seen = {}
    for name in ("AdaptiveAveragePooling1D", "AdaptiveMaxPooling1D"):
        pooling = getattr(layers, name)(2)
        model = model_of(layers.LSTM(2, return_sequences=True), pooling)
        for length in (4, None):
            signature = [tf.TensorSpec((None, length, 3))]
            graph = tf.function(model, input_signature=signature)
            seen[f"{name} of {length}"] = outcome(lambda g=graph: gap(g(X), model(X)) < 1e-5)
    return seen


@attack("models.declared-shapes")
def scores_of_a_longer_value():
    """Attention scores of a value longer than the query: which shapes are declared and returned?"""
    seen = {}
    heads = layers.MultiHeadAttention(2, 3)
    grouped = layers.GroupQueryAttention(3, 4, 2)
    for layer in (heads, grouped):
        query = keras.Input((4, 3))
        value = keras.Input((5, 3))
        model = keras.Model([query, value], layer(query, value, return_attention_scores=True))
        scores = model([X, numbers(2, 5, 3)])[1]
        seen[type(layer).__name__] = [model.output_shape[1], tuple(scores.shape)]
    return seen


@attack("wrappers.states-of-more-axes")
def one_cell_in_a_list():
    """A tuple in the state_size of a cell in a list of one: which states are declared?"""

    class Keep(layers.Layer):
        state_size = ((3, 2),)
        output_size = 3

        def get_initial_state(self, batch_size):
            return [np.ones((batch_size, 3, 2))]

        def call(self, x, states):
            return x, states

    cells = {"alone": Keep(), "in a list": [Keep()]}
    stacks = {name: layers.RNN(cell, return_state=True) for name, cell in cells.items()}
    return {name: str(rnn.compute_output_shape(X.shape)[1:]) for name, rnn in stacks.items()}
