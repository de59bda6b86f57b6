"""Attacks on 40 claims drawn after the twenty-eighth draw."""

from __future__ import annotations

import tempfile
import warnings
from functools import partial

import keras
import numpy as np
from keras import layers, ops

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import X, gap, model_of, ones, reloaded

LSTM = layers.LSTM


@attack("saving.words-of-lines")
def line_breaks_in_an_adapted_vocabulary():
    """How many words an adapted StringLookup has, as it is and from a .keras file."""
    lookup = layers.StringLookup()
    lookup.adapt(["a\nb", "c"])
    text = keras.Input((1,), dtype="string")
    model = keras.Model(text, lookup(text))
    return [
        either.layers[-1].vocabulary_size() for either in (model, reloaded(model, "text.keras"))
    ]


@attack("trainer.checkpoint-of-batches")
def second_check_of_an_epoch():
    """A fit of eight batches with save_freq=4."""
    model = model_of(LSTM(2))
    model.compile("sgd", "mse")
    with tempfile.TemporaryDirectory() as folder:
        saver = keras.callbacks.ModelCheckpoint(
            f"{folder}/best.keras", "loss", save_best_only=True, save_freq=4
        )
        fit = partial(model.fit, ones(8, 4, 3), ones(8, 2), 1, verbose=0, callbacks=[saver])
        return outcome(lambda: fit().epoch)


@attack("precision.bfloat-sixteen-by-default")
def layers_built_in_bfloat16():
    """Dense and recurrent layers with dtype="bfloat16" that are called."""
    kinds = (layers.Dense, LSTM, layers.GRU, layers.SimpleRNN)
    return [outcome(lambda kind=kind: str(kind(2, dtype="bfloat16")(X).dtype)) for kind in kinds]


@attack("saving.structure")
def dictionary_of_class_name_and_config():
    """A model whose layer is called with a dictionary of these two names, made again."""
    inputs = {name: keras.Input((2,), name=name) for name in ("class_name", "config")}
    model = keras.Model(inputs, layers.Identity()(inputs))
    again = partial(keras.Model.from_config, model.get_config())
    return [
        outcome(lambda make=make: list(make().output))
        for make in (partial(keras.models.clone_model, model), again)
    ]


@attack("saving.model-config-used-up")
def models_made_twice():
    """How many layers two models have that are made of one configuration."""
    model = keras.Model(symbol := keras.Input((4, 3)), LSTM(2)(symbol))
    config = model.get_config()
    return [len(keras.Model.from_config(config).layers) for _ in range(2)]


@attack("time.any-length")
def cudnn_asked_for():
    """A call of an LSTM with use_cudnn=True."""
    return outcome(lambda: tuple(LSTM(2, use_cudnn=True)(X).shape))


@attack("dropout.get-mask")
def mask_of_a_float64_array():
    """The dtype of the mask of an array of float64, and a call in training after that."""
    cell = layers.LSTMCell(4, dropout=0.5)
    x = np.ones((2, 3))
    states = [ops.zeros((2, 4))] * 2
    mask = cell.get_dropout_mask(x)
    return str(mask.dtype), outcome(lambda: tuple(cell(x, states, training=True)[0].shape))


@attack("trainer.better-by-itself")
def score_of_each_class():
    """A fit that watches the two numbers of F1Score()."""
    model = model_of(layers.LSTM(2, activation="sigmoid"))
    model.compile("sgd", "mse", metrics=[keras.metrics.F1Score()])
    stopping = keras.callbacks.EarlyStopping("f1_score")
    target = np.eye(2)
    return outcome(lambda: model.fit(X, target, epochs=2, callbacks=[stopping], verbose=0).epoch)


@attack("wrappers.bidirectional-stateful-states")
def stateful_both_ways_with_states():
    """A call of a stateful Bidirectional LSTM with return_state=True."""
    both = layers.Bidirectional(LSTM(4, stateful=True, return_state=True))
    return outcome(lambda: len(both(X)))


@attack("trainer.optimizer-unchanged")
def lamb_of_its_own_module():
    """What keras.optimizers.deserialize makes of what serialize makes of Lamb."""
    optimizers = keras.optimizers
    return str(optimizers.deserialize(optimizers.serialize(optimizers.Lamb())))


@attack("dropout.all-dropped")
def trained_and_inferred():
    """How far a training call with dropout=1.0 is from one at inference."""
    layer = LSTM(4, dropout=1.0)
    return gap(layer(X, training=True), layer(X))


class Joined(keras.Model):
    """A functional subclass with a layer that its outputs do not need."""

    def __init__(self):
        entry = keras.Input((4, 3))
        super().__init__(inputs=entry, outputs=layers.Dense(2)(entry))
        self.extra = LSTM(2)


@attack("models.build-of-subclass")
def built_functional_subclass():
    """How many warnings `build` of two instances of a functional subclass gives."""
    counts = []
    for model in (Joined(), Joined()):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.build((None, 4, 3))
        counts.append(len(caught))
    return counts


@attack("trainer.whole-number-targets")
def whole_numbers_of_one_class():
    """Whole numbers (batch, timesteps), then a column of them, for softmax of one class."""
    model = model_of(LSTM(1, return_sequences=True, activation="softmax"))
    model.compile("sgd", "sparse_categorical_crossentropy")
    targets = np.zeros((2, 4)), np.zeros((2, 4, 1))
    return [outcome(lambda y=y: float(model.test_on_batch(X, y))) for y in targets]
