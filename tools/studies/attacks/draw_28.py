"""Attacks on 40 claims drawn after the twenty-seventh draw."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import gap, numbers

X = numbers(2, 4, 3)


@attack("models.normalizes-frames")
def mask_attached_by_convlstm():
    """BatchNormalization behind a ConvLSTM1D, which leaves its mask (batch, timesteps) attached."""
    frames = layers.ConvLSTM1D(2, 2, return_sequences=True)(
        np.ones((2, 3, 4, 2), "float32"), mask=tf.constant([[True, True, False]] * 2)
    )
    return outcome(lambda: tuple(layers.BatchNormalization()(frames, training=True).shape))


@attack("training.frozen-model")
def frozen_normalization():
    """What fit changes of a BatchNormalization in a Sequential model with trainable=False."""
    parts = [keras.Input((4, 3)), layers.LSTM(3), layers.BatchNormalization()]
    model = keras.Sequential(parts, trainable=False)
    before = model.get_weights()
    model.compile("sgd", "mse")
    model.fit(X, np.ones((2, 3)), verbose=0)
    after = zip(model.weights, before, model.get_weights(), strict=True)
    return [weight.name for weight, old, new in after if gap(old, new) > 0]


@attack("models.joined-refused")
def list_of_one_tensor():
    """Concatenate of a single tensor, bare and in a list."""
    join = layers.Concatenate()
    return [outcome(lambda given=given: tuple(join(given).shape)) for given in (X, [X])]


@attack("precision.half-roundings")
def weights_within_two():
    """The errors of h and c in roundings of bfloat16, of weights within 2, and within 1."""
    half, exact = (
        layers.LSTM(4, return_state=True, recurrent_initializer="zeros", dtype=dtype)
        for dtype in ("bfloat16", "float64")
    )
    half.build((None, 4, 4))
    exact.build((None, 4, 4))
    errors = {}
    for limit in (2.0, 1.0):
        random = np.random.default_rng(837)
        half.set_weights([random.uniform(-limit, limit, w.shape) for w in half.weights])
        exact.set_weights([np.array(tf.cast(w.value, "float64")) for w in half.weights])
        random = np.random.default_rng([837, 29])
        given = [random.uniform(-2, 2, (6000, *shape)) for shape in ((4, 4), (4,), (4,))]
        x, *state = (tf.cast(part, "bfloat16") for part in given)
        ends = half(x, initial_state=state)[1:]
        x, *state = (tf.cast(part, "float64") for part in (x, *state))
        right = exact(x, initial_state=state)[1:]
        pairs = zip(ends, right, strict=True)
        errors[limit] = [gap(tf.cast(end, "float64"), other) * 2**7 for end, other in pairs]
    return errors
