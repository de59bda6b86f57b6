"""Attacks on four claims of masks and gates, in cases that the scope includes."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from tools.studies.attacks import attack
from tools.studies.attacks.shared import BLANK, MASK, mask_of, ones, under


@attack("masking.bidirectional-zeros")
def a_state_and_an_attached_mask():
    """A mask passed, attached, and attached beside an initial state: are masked outputs zero?"""
    both = layers.Bidirectional(layers.LSTM(2, return_sequences=True))
    attached = layers.Masking()(BLANK)
    states = [np.zeros((2, 2), "float32")] * 4
    outputs = {
        "passed": both(BLANK, mask=MASK),
        "passed, with states": both(BLANK, mask=MASK, initial_state=states),
        "attached": both(attached),
        "attached, with states": both(attached, initial_state=states),
    }
    return {name: not np.any(np.array(y)[~MASK]) for name, y in outputs.items()}


@attack("masking.zero-output-backwards")
def a_state_and_an_attached_mask_backwards():
    """A loop, a mask attached beside an initial state, and one passed: are masked outputs zero?"""
    options = {"return_sequences": True, "zero_output_for_mask": True, "go_backwards": True}
    lstm = layers.LSTM(2, **options)
    states = [np.zeros((2, 2), "float32")] * 2
    outputs = {
        "passed": lstm(BLANK, mask=MASK, initial_state=states),
        "attached": lstm(layers.Masking()(BLANK), initial_state=states),
    }
    return {name: not np.any(np.array(y)[~MASK[:, ::-1]]) for name, y in outputs.items()}


@attack("masking.all-features")
def float32_data_under_mixed_policies():
    """Data of float32, a global policy, and a value that half precision rounds."""
    data = np.array([[[-9.99], [1.0], [0.1]]], "float32")
    policies = ["float32", "mixed_float16", "mixed_bfloat16"]
    return {
        f"{policy}, {value}": under(policy, lambda v=value: mask_of(layers.Masking(v)(data)))
        for policy in policies
        for value in (-9.99, 0.1)
    }


@attack("gates.growth-overflows")
def weights_as_they_are_drawn():
    """New layers of three hundred units on twelve timesteps of ones: the largest output."""
    largest = {}
    for name in ["relu", "linear", "elu", "softplus"]:
        keras.utils.set_random_seed(0)
        y = layers.LSTM(300, activation=name, return_sequences=True)(ones(1, 12, 3))
        largest[name] = round(float(np.abs(np.array(y)).max()), 1)
    return largest
