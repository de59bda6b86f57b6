"""Attacks on 40 more claims, drawn after what draw_2 showed was mended; most were read only."""

from __future__ import annotations

import itertools

import keras
import numpy as np

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.draw_1 import LSTM, MASK, L, X, close, draw, twins


@attack("shapes.double-precision")
def layers_of_other_types():
    """In a layer of dtype="float64": the output of the rounded array, and in float32?"""
    layer = LSTM(2, dtype="float64")
    x = draw(2, 5, 3) / 3.0
    x = x.astype("float64") + 1e-9
    y = layer(x)
    return y.dtype, bool(np.array_equal(y, layer(x.astype("float32"))))


@attack("errors.seed-of-another-type")
def odd_seeds():
    """A text, a float, a list, a SeedGenerator, NumPy's number, True: what comes?"""
    seeds = ["1", 1.0, [1], keras.random.SeedGenerator(1), np.int64(1), True]
    return [outcome(lambda s=s: LSTM(2, dropout=0.5, seed=s))[:12] for s in seeds]


@attack("errors.symbols-unchecked")
def wrong_symbols():
    """States of another width, three states, a mask of another length, unrolled too: accepted?"""
    x = keras.Input((4, 3))
    wide = keras.Input((9,))
    mask = keras.Input((7,), dtype="bool")
    given = [{"initial_state": [wide, wide]}, {"initial_state": [wide] * 3}, {"mask": mask}]
    return [
        outcome(lambda u=u, g=g: LSTM(2, unroll=u)(x, **g).shape)[:20]
        for u, g in itertools.product((False, True), given)
    ]


@attack("masking.hides-values")
def values_that_spread():
    """NaN, infinity and 1e38 under a mask, with seven options: another output?"""
    options = [{}, {"unroll": True}, {"go_backwards": True}, {"implementation": 1}]
    options += [{"activation": "relu"}, {"dtype": "float16"}, {"return_state": True}]
    bad = []
    for option, value in itertools.product(options, (np.nan, np.inf, 1e38)):
        first, two = twins(**option)
        x = np.where(MASK[:, :, None], X, np.float32(value))
        if not close(first(X, mask=MASK), two(x, mask=MASK), atol=1e-3):
            bad.append((option, value))
    return bad


@attack("precision.nan-in-weights")
def activations():
    """With relu, linear and hard_sigmoid, in each weight: NaN at once, then everywhere?"""
    seen = set()
    kinds = itertools.product(("tanh", "relu"), ("sigmoid", "hard_sigmoid"), range(3))
    for activation, gates, which in kinds:
        options = {"activation": activation, "recurrent_activation": gates}
        layer = LSTM(4, return_sequences=True, **options)
        layer.build(X.shape)
        weights = layer.get_weights()
        weights[which][..., 1] = np.nan
        layer.set_weights(weights)
        y = np.isnan(layer(X))
        seen.add((bool(y[:, 0, 1].all()), bool(y[:, 1:].all())))
    return seen


@attack("training.saturated-gates")
def weight_decay():
    """A step of SGD with weight_decay: does a weight change?"""
    model = keras.Sequential([keras.Input((5, 3)), LSTM(2, bias_initializer="ones")])
    model.compile(keras.optimizers.SGD(0.1, weight_decay=0.1), "mse")
    weights = [np.full_like(w, 1e4) for w in model.get_weights()]
    model.set_weights(weights)
    model.train_on_batch(np.ones((1, 5, 3)), np.ones((1, 2)))
    return not close(model.get_weights(), weights, atol=0)


@attack("weights.modes-add-none")
def every_option():
    """Fourteen options: another number of weights?"""
    options = {
        "dropout": 0.5,
        "recurrent_dropout": 0.5,
        "stateful": True,
        "unroll": True,
        "seed": 1,
    }
    options |= {"return_sequences": True, "return_state": True, "go_backwards": True}
    options |= {"implementation": 1, "zero_output_for_mask": True, "unit_forget_bias": False}
    options |= {"use_cudnn": False, "dtype": "mixed_float16", "kernel_constraint": "non_neg"}
    layers = [LSTM(2, **{name: value}) for name, value in options.items()]
    for layer in layers:
        layer.build((2, 4, 3))
    return {len(layer.weights) for layer in layers}


@attack("wrappers.own-backward-layer")
def a_layer_of_another_kind():
    """A GRU, and a bare RNN, as backward_layer: are they used as they are?"""
    kinds = [L.GRU(2, go_backwards=True), L.RNN(L.LSTMCell(2), go_backwards=True)]
    return [L.Bidirectional(LSTM(2), backward_layer=k).backward_layer is k for k in kinds]
