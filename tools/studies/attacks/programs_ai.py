"""Attacks on four claims, each in a case that its sentence included."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import MASK, X, model_of, ones


def rates(callbacks):
    """Return what History has as learning rate after three epochs with callbacks."""
    model = model_of(layers.LSTM(2))
    model.compile(keras.optimizers.SGD(0.5), "mse")
    history = model.fit(X, ones(2, 2), epochs=3, callbacks=callbacks, verbose=0)
    return history.history.get("learning_rate")


def halving():
    """Return a scheduler that halves the rate before each epoch."""
    return keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)


@attack("models.average-pooling-same")
def pooling_behind_masking():
    """Padded timesteps behind Masking: are they left out of the mean?"""
    pool = layers.AveragePooling1D(2, padding="same")
    model = model_of(layers.Masking(), pool, shape=(4, 1))
    return np.ravel(model(np.array([[[1.0], [2.0], [3.0], [0.0]]]))).tolist()


@attack("trainer.rate-in-history")
def a_scheduler_behind_a_plateau():
    """Both callbacks, the scheduler behind: is the rate that of the epoch's steps?"""
    lower = keras.callbacks.ReduceLROnPlateau("loss", factor=0.25, patience=1, min_delta=9.0)
    return rates([lower, halving()])


@attack("trainer.rate-in-history")
def a_history_in_front():
    """A History of one's own in front of the scheduler."""
    return rates([keras.callbacks.History(), halving()])


@attack("trainer.plateau")
def a_new_best_by_little():
    """Each epoch is a new best, but by less than the default min_delta."""
    lower = keras.callbacks.ReduceLROnPlateau("watched", factor=0.5, patience=1, mode="min")

    def falls(epoch, logs):
        logs["watched"] = 0.0005 - 0.00001 * epoch

    return rates([keras.callbacks.LambdaCallback(on_epoch_end=falls), lower])


class Pair(layers.Layer):
    """A cell of two outputs."""

    state_size = 3
    output_size = (3, 3)

    def call(self, x, states):
        """Return the input and its negative."""
        return [x, -x], [states[0] + x]


@attack("wrappers.own-cell-masked")
def an_unrolled_cell_of_two_outputs():
    """A masked cell of two outputs, in a loop and unrolled."""
    return {
        str(unroll): outcome(lambda: len(layers.RNN(Pair(), unroll=unroll)(X, mask=MASK)))
        for unroll in (False, True)
    }
