"""Attacks on two claims, each in a case that its former sentence included."""

from __future__ import annotations

import keras
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import X, close, model_of, numbers, ones


@attack("modes.layers-are-frozen")
def other_data_after_pop():
    """After pop, predict and evaluate the data of before, more samples, fewer timesteps."""
    uses_old = {}
    for name, x in {"same": X, "samples": numbers(6, 4, 3), "timesteps": X[:, :2]}.items():
        model = model_of(layers.LSTM(2), layers.Rescaling(0.0))
        model.compile("sgd", "mse")
        model.predict(X, verbose=0)
        model.evaluate(X, ones(2, 2), verbose=0)
        model.pop()
        loss = model.evaluate(x, ones(len(x), 2), verbose=0)
        uses_old[name] = not model.predict(x, verbose=0).any(), close(loss, 1.0)
    return uses_old


@attack("saving.clone-on-tensors")
def a_stateful_model_and_inputs_in_structures():
    """Clone a stateful LSTM and models of [x] and {"x": x} on Inputs of each form."""
    inputs = keras.Input((4, 3), name="x")
    stateful = keras.Sequential([keras.Input((4, 3), 2), layers.LSTM(2, stateful=True)])
    models = {
        "stateful": stateful,
        "list": keras.Model([inputs], layers.LSTM(2)(inputs)),
        "dictionary": keras.Model({"x": inputs}, layers.LSTM(2)(inputs)),
    }
    forms = {
        "open batch": keras.Input((7, 3)),
        "known batch": keras.Input((7, 3), 2),
        "list": [keras.Input((7, 3))],
        "dictionary": {"x": keras.Input((7, 3))},
    }

    def shape_of(model, tensors):
        clone = keras.models.clone_model(model, input_tensors=tensors)
        return keras.tree.flatten(clone.inputs)[0].shape

    return {
        f"{name}, {form}": outcome(lambda m=model, t=tensors: shape_of(m, t))
        for name, model in models.items()
        for form, tensors in forms.items()
    }
