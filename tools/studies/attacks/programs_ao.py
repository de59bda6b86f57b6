"""Attacks on the reasons of two claims: what they say of a History, and of a mask for frames."""

from __future__ import annotations

import contextlib

import keras
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import MASK, X, model_of, numbers, ones


class Interrupt(keras.callbacks.Callback):
    """Ends fit by KeyboardInterrupt in the third epoch."""

    def on_train_batch_begin(self, batch, logs=None):
        """Raise the error at the third step."""
        if int(self.model.optimizer.iterations) == 2:
            raise KeyboardInterrupt


@attack("trainer.interrupted")
def the_history_of_an_interrupted_fit():
    """No callback keeps anything: is what two whole epochs reported lost?"""
    model = model_of(layers.LSTM(2))
    model.compile("sgd", "mse")
    with contextlib.suppress(KeyboardInterrupt):
        model.fit(X, ones(2, 2), epochs=5, callbacks=[Interrupt()], verbose=0)
    return {"epochs": model.history.epoch, "losses": len(model.history.history["loss"])}


@attack("models.normalizes-convolved")
def the_mask_of_images():
    """The mask that is advised, behind a ConvLSTM2D: with one axis more, and with two."""
    x = numbers(2, 4, 3, 3, 2)
    frames = layers.ConvLSTM2D(2, 1, return_sequences=True)(x, mask=MASK)
    norm = layers.BatchNormalization()
    masks = {"one": MASK[:, :, None], "two": MASK[:, :, None, None]}
    return {
        name: outcome(lambda mask=mask: str(norm(frames, mask=mask, training=True).shape))
        for name, mask in masks.items()
    }
