"""Attacks on four claims of files, each in a case that its test does not draw."""

from __future__ import annotations

import tempfile
from pathlib import Path

import keras
import numpy as np
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import X, gap, model_of, ones, reloaded


def handed(source, target):
    """Load what a model saves as a file of weights into another."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "lstm.weights.h5")
        source.save_weights(path)
        target.load_weights(path)


@attack("saving.normalization")
def a_normalization_that_has_predicted():
    """Weights loaded after a predict: how far from the saved model, until compiled anew?"""
    scale = layers.Normalization()
    scale.adapt(3 * X + 1)
    source = model_of(scale, layers.LSTM(2))
    target = model_of(layers.Normalization(), layers.LSTM(2))
    target.predict(X, verbose=0)
    handed(source, target)
    gaps = {"call": gap(target(X), source(X))}
    gaps["predict"] = gap(target.predict(X, verbose=0), source(X))
    target.compile()
    gaps["compiled"] = gap(target.predict(X, verbose=0), source(X))
    return gaps


@keras.saving.register_keras_serializable("programs_l")
class MyLSTM(layers.LSTM):
    """An LSTM of another name."""


@attack("saving.subclass")
def a_stateful_subclass():
    """A stateful subclass, fitted: how far is the loaded model, and after reset_states of both?"""
    model = keras.Sequential([keras.Input((4, 3), batch_size=2), MyLSTM(2, stateful=True)])
    model.compile("sgd", "mse")
    model.fit(X, ones(2, 2), batch_size=2, epochs=3, verbose=0)
    loaded = reloaded(model)
    gaps = [gap(loaded(X), model(X))]
    for each in (model, loaded):
        each.layers[0].reset_states()
    return [*gaps, gap(loaded(X), model(X))]


@attack("saving.weights-file-of-subclass")
def a_subclass_in_a_wrapper():
    """A subclass alone, and within a Bidirectional and a TimeDistributed: is the file loaded?"""
    wrappers = {
        "alone": lambda layer: layer,
        "Bidirectional": layers.Bidirectional,
        "TimeDistributed": layers.TimeDistributed,
    }
    seen = {}
    for name, wrap in wrappers.items():
        shape = (5, 4, 3) if name == "TimeDistributed" else (4, 3)
        pair = [model_of(wrap(kind(2)), shape=shape) for kind in (layers.LSTM, MyLSTM)]
        seen[name] = str(outcome(lambda two=pair: handed(*two)))[:40]
    return seen


@attack("saving.given-vocabulary")
def a_vocabulary_set_anew():
    """A vocabulary, then set_vocabulary: what do the model and the loaded one look up?"""
    words = np.array([["a"], ["b"], ["c"]])
    seen = {}
    for kind in (layers.StringLookup, layers.TextVectorization):
        lookup = kind(vocabulary=["a"])
        lookup.set_vocabulary(["c", "b"])
        model = keras.Sequential([keras.Input((1,), dtype="string"), lookup])
        pair = (model, reloaded(model))
        seen[kind.__name__] = [np.array(each(words)).ravel().tolist() for each in pair]
    return seen
