"""Attacks on seven claims of training, each in a case that its test does not draw."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import X, close, model_of, numbers, ones, under


class Adding(layers.Layer):
    """A layer that adds a loss, in a type or as it comes."""

    def __init__(self, dtype_of_loss=None):
        super().__init__()
        self.dtype_of_loss = dtype_of_loss

    def call(self, x):
        """Add the mean of the squares."""
        loss = ops.mean(ops.square(x))
        self.add_loss(loss if self.dtype_of_loss is None else ops.cast(loss, self.dtype_of_loss))
        return x


@attack("trainer.added-losses")
def a_loss_of_other_types():
    """A loss that a layer adds under mixed policies and in float64, as it comes and in float32."""

    def evaluated(dtype_of_loss):
        model = model_of(Adding(dtype_of_loss), layers.LSTM(2))
        model.compile("sgd", "mse")
        return model.evaluate(X, ones(2, 2), verbose=0) > 0

    return {
        (policy, dtype): under(policy, lambda dtype=dtype: outcome(lambda: evaluated(dtype)))
        for policy in ("mixed_float16", "mixed_bfloat16", "float64")
        for dtype in (None, "float32")
    }


@attack("trainer.class-weight-of-outputs")
def class_weights_by_the_name_of_an_output():
    """class_weight by the names of outputs, and in a list, beside arrays and a Dataset."""
    x = keras.Input((4, 3))
    model = keras.Model(x, {"a": layers.LSTM(1)(x), "b": layers.LSTM(1)(x)})
    model.compile("sgd", "mse")
    targets = {"a": ones(2, 1), "b": ones(2, 1)}
    dataset = tf.data.Dataset.from_tensor_slices((X, targets)).batch(2)
    weights = {"by name": {"a": {0: 1.0}}, "in a list": [{0: 1.0}, {0: 2.0}], "of all": {0: 1.0}}
    return {
        name: [
            outcome(lambda value=value: model.fit(X, targets, class_weight=value, verbose=0)),
            outcome(lambda value=value: model.fit(dataset, class_weight=value, verbose=0)),
        ]
        for name, value in weights.items()
    }


def losses_of_fit(layer, evaluates):
    """Return the losses of three epochs, with or without evaluate at the end of each."""
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input(batch_shape=(2, 4, 3)), layer()])
    model.compile("sgd", "mse")

    def evaluate(epoch, logs):
        if evaluates:
            model.evaluate(-X, ones(2, 2), verbose=0)

    callback = keras.callbacks.LambdaCallback(on_epoch_end=evaluate)
    options = {"epochs": 3, "shuffle": False, "callbacks": [callback], "verbose": 0}
    return model.fit(X, ones(2, 2), **options).history["loss"]


@attack("trainer.evaluate-in-a-callback")
def evaluate_between_epochs_of_dropout_and_state():
    """Does fit go on as without evaluate if an LSTM has dropout, or keeps its state?"""
    kinds = {
        "plain": lambda: layers.LSTM(2),
        "dropout": lambda: layers.LSTM(2, dropout=0.5),
        "recurrent dropout": lambda: layers.LSTM(2, recurrent_dropout=0.5),
        "stateful": lambda: layers.LSTM(2, stateful=True),
    }
    return {
        name: close(losses_of_fit(layer, False), losses_of_fit(layer, True))
        for name, layer in kinds.items()
    }


@attack("trainer.several-thresholds")
def thresholds_in_a_tuple():
    """Thresholds in a list and in a tuple, which the documentation names too."""
    metrics = keras.metrics
    seen = {}
    for metric in (metrics.Precision, metrics.Recall, metrics.TruePositives):
        seen[metric.__name__] = [
            outcome(lambda metric=metric, given=given: metric(thresholds=given).name)
            for given in ([0.2, 0.7], (0.2, 0.7))
        ]
    return seen


@attack("trainer.stop-gradient")
def a_mask_in_front_of_stop_gradient():
    """Behind Masking: does an LSTM behind stop_gradient skip the padding?"""
    padded = X.copy()
    padded[:, 2:] = 0
    inputs = keras.Input((4, 3))
    masked = layers.Masking()(inputs)
    lstm = layers.LSTM(2)
    plain = keras.Model(inputs, lstm(masked))
    stopped = keras.Model(inputs, lstm(ops.stop_gradient(masked)))
    return {"the same output": close(plain(padded), stopped(padded))}


@attack("trainer.mask-in-accuracy")
def top_k_of_other_types():
    """Accuracy, crossentropy and top k of masked outputs that are not of float32."""
    names = ("accuracy", "sparse_categorical_crossentropy", "sparse_top_k_categorical_accuracy")

    def evaluated(name):
        lstm = layers.LSTM(6, activation="softmax", return_sequences=True)
        model = model_of(layers.Masking(), lstm)
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=[name])
        return np.isfinite(model.evaluate(X, np.zeros((2, 4, 1)), verbose=0)[1])

    return {
        (policy, name): under(policy, lambda name=name: outcome(lambda: evaluated(name)))
        for policy in ("float32", "mixed_float16", "float64")
        for name in names
    }


class Numbered(keras.utils.PyDataset):
    """Six batches, whose targets are their numbers."""

    def __len__(self):
        """Return how many there are."""
        return 6

    def __getitem__(self, index):
        """Return one of them."""
        return np.zeros((1, 4, 3)), np.full((1, 1), index)


@attack("trainer.validation-steps-of-a-dataset")
def validations_of_a_pydataset_of_workers():
    """Losses of three validations of two batches of a PyDataset, of one worker and of two."""
    losses = {}
    for workers in (1, 2):
        model = model_of(layers.LSTM(1))
        model.compile(keras.optimizers.SGD(0.0), "mae")
        options = {"validation_data": Numbered(workers=workers), "validation_steps": 2}
        history = model.fit(numbers(2, 4, 3), ones(2, 1), epochs=3, verbose=0, **options)
        losses[workers] = history.history["val_loss"]
    return losses


@attack("training.activity-in-half")
def penalties_of_float64_and_of_another_layer():
    """A Dense of a mixed policy, an LSTM of float64 and one of float16 with penalties, in fit."""
    outcomes = {}
    for kind, units, policy in (
        (keras.layers.Dense, 2, "mixed_float16"),
        (keras.layers.LSTM, 2, "float64"),
        (keras.layers.LSTM, 2, "float16"),
    ):
        layer = kind(units, activity_regularizer="l2", dtype=policy)
        model = keras.Sequential([keras.Input((4, 3)), layer])
        model.compile("sgd", "mse", run_eagerly=True)
        y = np.zeros((2, *model.output_shape[1:]))
        fitted = outcome(
            lambda model=model, y=y: len(model.fit(np.ones((2, 4, 3)), y, verbose=0).epoch)
        )
        outcomes[f"{kind.__name__} in {policy}"] = fitted
    return outcomes
