"""Attacks on two claims, in types and models that their tests do not draw."""

from __future__ import annotations

import keras
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import Own, X, gap, under


@attack("models.adapted-normalization")
def adapted_in_other_types():
    """An array and its batches in another type, or under a mixed policy for all layers."""
    exact = (X - X.mean((0, 1))) / X.std((0, 1))
    batches = tf.data.Dataset.from_tensor_slices(X).batch(2)

    def off_by(data):
        scale = keras.layers.Normalization()
        scale.adapt(data)
        return gap(scale(X), exact)

    ends = {}
    for policy in ("float32", "float64", "mixed_float16", "mixed_bfloat16"):
        for name, data in (("an array", X), ("batches", batches)):
            ends[f"{name} in {policy}"] = under(policy, lambda d=data: outcome(lambda: off_by(d)))
    return ends


@attack("models.adapted-normalization")
def timesteps_of_a_number_that_the_dataset_does_not_know():
    """Batches of a Dataset that leaves the timesteps open, by timesteps and by features."""
    rows = tf.TensorSpec((None, 3), "float32")
    data = tf.data.Dataset.from_generator(lambda: iter(X), output_signature=rows).batch(2)
    ends = {}
    for axis in (1, 2):
        scale = keras.layers.Normalization(axis=axis)
        over = (0, 3 - axis)
        exact = (X - X.mean(over, keepdims=True)) / X.std(over, keepdims=True)
        ends[axis] = outcome(lambda s=scale, e=exact: (s.adapt(data), gap(s(X), e))[1])
    return ends


@attack("modes.failed-first-trace")
def a_layer_of_a_model_whose_call_raises():
    """An LSTM in a Sequential model, in a subclassed one, and in one with a method `build`."""

    class Building(Own):
        def build(self, shape):
            self.lstm.build(shape)

    models = {
        "Sequential": keras.Sequential([keras.layers.LSTM(2)]),
        "subclassed": Own(),
        "with build": Building(),
    }
    ends = {}
    for name, model in models.items():

        def failing(x, m=model):
            m(x)
            raise RuntimeError

        raised = outcome(lambda f=failing: tf.function(f)(tf.constant(X)))
        lstm = model.layers[0]
        sizes = [keras.ops.convert_to_numpy(w).size for w in lstm.weights]
        ends[name] = raised.partition(":")[0], sizes, outcome(lambda f=lstm: f(X).shape)
    return ends
