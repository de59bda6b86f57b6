"""Attacks on two claims, each in a case that its test does not draw."""

from __future__ import annotations

import contextlib
import io
import tempfile

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import X, close


@attack("models.infinite-mask-value")
def zeros_behind_infinite_padding():
    """Padding of infinity at the end, and an LSTM of zero_output_for_mask=True."""
    padded = np.concatenate([X, np.full((2, 2, 3), np.inf, "float32")], axis=1)
    lstm = layers.LSTM(2, zero_output_for_mask=True)
    y = lstm(layers.Masking(np.inf)(padded))
    return {"as without padding": close(y, lstm(X)), "zeros": not np.any(y)}


@attack("saving.litert-converter")
def an_exported_model_of_one_sample():
    """A loop of known batch size, converted from the model and from a SavedModel of export()."""
    model = keras.Sequential([keras.Input((4, 3), batch_size=1), layers.LSTM(2)])
    converters = tf.lite.TFLiteConverter
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        model.export(folder, verbose=False)
        signature = tf.saved_model.load(folder).signatures["serving_default"]
        batch = signature.structured_input_signature[1]
        return {
            "from the model": outcome(lambda: converters.from_keras_model(model).convert()[4:8]),
            "from the file": outcome(lambda: converters.from_saved_model(folder).convert()[4:8]),
            "batch size of the file": [spec.shape[0] for spec in batch.values()],
        }
