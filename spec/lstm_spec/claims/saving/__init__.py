"""Saving: what of a layer and a model is kept, in configurations, files, copies and conversions.

A layer is more than its weights. There are its arguments, which `get_config` writes down; its
weights; the state of the optimizer, if training is to go on; and what a stateful layer has kept of
what it read. Which of them is kept depends on how it is saved:

    get_config             the arguments
    .weights.h5            the weights
    .keras                 both, and what training needs to go on
    export                 a function that computes the outputs, without the Python code

Weights come back to the last bit. What is lost on the way is less known: two arguments, the
state of a stateful layer, and where the random numbers of dropout had got to.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import keras
from hypothesis.strategies import sampled_from

from lstm_spec.harness.strategies import booleans
from lstm_spec.harness.subject import FORMS, lstm

flags = booleans()
functions = sampled_from(["tanh", "relu", "elu", "linear", "softsign"])


def either(number):
    """Draw one of two numbers that nothing else has, so that no two arguments are mistaken."""
    return sampled_from([number / 64, (number + 0.5) / 64])


def sequential(case, **options):
    """Build a model of one LSTM for a case, with the case's weights."""
    return keras.Sequential([keras.Input(batch_shape=case.x.shape), lstm(case, **options)])


kinds = sampled_from(["Sequential", "functional"])
"""Kinds of models whose file tells all of them."""


def of_kind(kind, case, *behind, **options):
    """Build a model of one LSTM for a case, Sequential or functional, and of layers behind it."""
    if case.options.get("return_state"):
        kind = "functional"
    x = keras.Input(batch_shape=case.x.shape, dtype=case.x.dtype.name)
    return FORMS[kind]([lstm(case, **options), *behind], x)


def fresh(case, *layers):
    """Build a model of layers, made for a case's input, with weights of their own."""
    return keras.Sequential([keras.Input(case.x.shape[1:]), *layers])


def handed_over(source, target):
    """Save the weights of a model, load them into another, and return that one."""
    with TemporaryDirectory() as folder:
        source.save_weights(Path(folder, "lstm.weights.h5"))
        target.load_weights(Path(folder, "lstm.weights.h5"))
    return target


def unregistered(z):
    """Halve z: an activation that Keras does not know."""
    return z * 0.5
