"""Attacks on what the reasons of ten claims about files say besides the sentences."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import keras
import numpy as np
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import X, farthest, gap, model_of, numbers, reloaded


@attack("saving.wrapped")
def a_layer_beside_its_wrapper():
    """An LSTM called by itself, before and after its TimeDistributed: is the model loaded?"""
    results = {}
    data = [X, numbers(2, 5, 4, 3)]
    for order in ("layer first", "wrapper first"):
        lstm = layers.LSTM(2)
        inputs = [keras.Input((4, 3)), keras.Input((5, 4, 3))]
        calls = [lambda i=inputs, f=lstm: f(i[0]), lambda i=inputs, f=lstm: slices(f)(i[1])]
        if order == "wrapper first":
            calls.reverse()
        model = keras.Model(inputs, [call() for call in calls])
        results[order] = outcome(lambda m=model: farthest(reloaded(m)(data), m(data)))
    return results


def slices(lstm):
    """Return a TimeDistributed of an LSTM."""
    return layers.TimeDistributed(lstm)


@attack("saving.lambda-activation")
def a_name_alone():
    """A `def` in place of the lambda, not registered: is the model loaded?"""

    def third(z):
        return z / 3

    return outcome(lambda: reloaded(model_of(layers.LSTM(2, activation=third))))


@attack("saving.legacy-operations")
def a_layer_for_every_second_timestep():
    """x[:, ::2]: which of Cropping1D and MaxPooling1D gives it, and is loaded from `.h5`?"""
    results = {}
    for layer in (layers.Cropping1D((0, 1)), layers.MaxPooling1D(1, strides=2)):
        inputs = keras.Input((5, 3))
        model = keras.Model(inputs, layer(layers.LSTM(2, return_sequences=True)(inputs)))
        data = numbers(2, 5, 3)
        every_second = np.array(model.layers[1](data))[:, ::2]
        again = np.array(reloaded(model, "lstm.h5")(data))
        results[layer.name] = again.shape == every_second.shape and gap(again, every_second)
    return results


@attack("saving.layers-read-again")
def what_a_configuration_lacks():
    """Arguments that a layer has and its configuration has not."""
    lstm = layers.LSTM(2, use_cudnn=False, implementation=1)
    gru = layers.GRU(2, use_cudnn=False)
    attention = layers.MultiHeadAttention(1, 2, flash_attention=True)
    return {
        "LSTM": [name in lstm.get_config() for name in ("use_cudnn", "implementation")],
        "GRU": "use_cudnn" in gru.get_config(),
        "MultiHeadAttention": "flash_attention" in attention.get_config(),
    }


@attack("saving.normalization")
def set_weights_after_predict():
    """set_weights and finalize_state of a model that has run predict: by which mean does it go?"""
    scale = layers.Normalization()
    scale.adapt(5.0 * numbers(9, 4, 3, seed=1) + 3.0)
    model = model_of(scale)
    other = model_of(layers.Normalization())
    other.predict(X, verbose=0)
    other.set_weights(model.get_weights())
    other.layers[0].finalize_state()
    gaps = {"call": gap(other(X), model(X)) < 1e-5}
    gaps["predict"] = gap(other.predict(X, verbose=0), model(X)) < 1e-5
    other.compile()
    gaps["predict, compiled anew"] = gap(other.predict(X, verbose=0), model(X)) < 1e-5
    return gaps


@attack("saving.vocabulary")
def adapted_after_a_refusal():
    """A clone that failed in predict, then adapted: does predict work?"""
    words = np.array([["a", "b"], ["c", "a"]], dtype=object)
    lookup = layers.StringLookup()
    lookup.adapt(words)
    model = keras.Sequential([keras.Input((2,), dtype="string"), lookup])
    tensor = keras.ops.convert_to_tensor(words.tolist(), dtype="string")
    copy = keras.models.clone_model(model)
    first = outcome(lambda: copy.predict(tensor, verbose=0))
    copy.layers[0].adapt(words)
    second = outcome(lambda: copy.predict(tensor, verbose=0))
    copy.compile()
    return [text[:24] for text in (first, second, outcome(lambda: copy.predict(tensor, verbose=0)))]


@attack("saving.weights-fit-other-options")
def other_layers_as_activation():
    """A file of one activation, a layer or a name, loaded into a model of another."""
    kinds = {"tanh": lambda: "tanh", "LeakyReLU": layers.LeakyReLU, "PReLU": layers.PReLU}
    results = {}
    for source in kinds:
        for target in kinds:
            models = [model_of(layers.LSTM(2, activation=kinds[k]())) for k in (source, target)]
            for model in models:
                model(X)
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder, "lstm.weights.h5")
                models[0].save_weights(path)
                result = outcome(lambda m=models[1], p=path: m.load_weights(p))
            results[f"{source} into {target}"] = result[:20]
    return results


@attack("saving.weights-of-unbuilt")
def an_unbuilt_model_saved_whole():
    """`save` of an unbuilt model to `.keras` and `.h5`: does it warn that the model is unbuilt?"""
    results = {}
    for suffix in (".keras", ".h5"):
        with (
            tempfile.TemporaryDirectory() as folder,
            warnings.catch_warnings(record=True) as caught,
        ):
            warnings.simplefilter("always")
            keras.Sequential([layers.LSTM(2)]).save(Path(folder, f"lstm{suffix}"))
        results[suffix] = any("not yet been built" in str(w.message) for w in caught)
    return results


@attack("saving.onnx-bidirectional")
def an_input_reversed_in_two_ways():
    """An input reversed by a slice, and by keras.ops.flip: how many LSTM operators?"""
    import onnx

    reversals = {"[:, ::-1]": lambda x: x[:, ::-1], "flip": lambda x: keras.ops.flip(x, axis=1)}
    counts = {}
    for name, reverse in reversals.items():
        inputs = keras.Input((None, 3))
        model = keras.Model(inputs, layers.Bidirectional(layers.LSTM(2))(reverse(inputs)))
        model(X)
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder, "lstm.onnx"))
            model.export(path, format="onnx", verbose=False)
            counts[name] = [n.op_type for n in onnx.load(path).graph.node].count("LSTM")
    return counts


@keras.saving.register_keras_serializable("reasons")
class Scaled(layers.LSTM):
    """An LSTM of a class that is registered."""


@keras.saving.register_keras_serializable("reasons")
class Model(keras.Model):
    """A model of such an LSTM, of a class that is registered too."""

    def __init__(self, **options):
        super().__init__(**options)
        self.lstm = Scaled(2)

    def call(self, x):
        """Call the LSTM."""
        return self.lstm(x)


@attack("saving.subclass")
def a_subclassed_model_in_h5():
    """A fitted model of a registered class: is it loaded from `.keras`, and from `.h5`?"""
    model = Model()
    model.compile("adam", "mean_squared_error")
    model.fit(X, np.zeros((2, 2)), verbose=0)
    files = ("lstm.keras", "lstm.h5")
    return {f: outcome(lambda f=f: gap(reloaded(model, f)(X), model(X)))[:40] for f in files}
