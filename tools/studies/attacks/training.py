"""Attacks on the claims of the chapter `training`."""

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome

LSTM = keras.layers.LSTM
X = np.random.RandomState(0).randn(2, 4, 3).astype("float32")


def model_of(*layers, optimizer="sgd", loss="mse"):
    """Return a compiled Sequential model."""
    model = keras.Sequential([keras.Input((None, 3)), *layers])
    model.compile(optimizer, loss)
    return model


def slopes(layer, x, timestep=0):
    """Return the gradient of the outputs at a timestep by the input."""
    variable = tf.Variable(x)
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(layer(variable)[:, timestep])
    return tape.gradient(y, variable).numpy()


@attack("training.future-gradient")
def nan_in_the_future():
    """NaN at a later timestep: is the gradient of earlier outputs NaN?"""
    x = X.copy()
    x[:, 3] = np.nan
    return bool(np.isnan(slopes(LSTM(2, return_sequences=True), x)).any())


@attack("training.future-gradient")
def read_backwards():
    """go_backwards=True: which timesteps receive a gradient from the first output?"""
    layer = LSTM(2, return_sequences=True, go_backwards=True)
    return np.any(slopes(layer, X), axis=(0, 2)).tolist()


@attack("training.single-timestep")
def one_timestep_with_weight_decay():
    """One timestep with AdamW: which weights change?"""
    model = model_of(LSTM(2), optimizer="adamw")
    before = model.get_weights()
    model.train_on_batch(X[:, :1], np.ones((2, 2)))
    return [bool(np.any(w != v)) for w, v in zip(model.get_weights(), before, strict=True)]


@attack("training.mean-of-samples")
def samples_of_unequal_masks():
    """Masked sequences of lengths 4 and 1: is the loss the mean of the samples' losses?"""
    model = model_of(keras.layers.Masking(), LSTM(1, return_sequences=True))
    mask = np.array([[1, 1, 1, 1], [1, 0, 0, 0]])[:, :, None]
    x = X * mask
    y = np.ones((2, 4, 1))
    alone = [model.test_on_batch(x[k : k + 1], y[:1]) for k in range(2)]
    return bool(np.isclose(model.test_on_batch(x, y), np.mean(alone)))


@attack("training.sample-weight-of-sequences")
def weights_of_another_length():
    """Weights of shape (batch,) for sequences, with more timesteps than samples."""
    model = model_of(LSTM(1, return_sequences=True))
    weight = np.array([1.0, 0.0])
    return outcome(lambda: model.evaluate(X, np.ones((2, 4, 1)), sample_weight=weight, verbose=0))


@attack("training.evaluate")
def stateful_fit_and_evaluate():
    """A stateful layer at rate zero: do fit and evaluate report one loss?"""
    layers = [keras.Input(batch_shape=(2, 4, 3)), LSTM(2, stateful=True)]
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.SGD(0.0), "mse")
    y = np.ones((2, 2))
    fitted = model.fit(X, y, batch_size=2, verbose=0).history["loss"][0]
    return bool(np.isclose(fitted, model.evaluate(X, y, batch_size=2, verbose=0)))


@attack("training.frozen-penalty")
def frozen_after_the_first_loss():
    """Frozen after evaluate has run: is the penalty out of the loss, before and after compile?"""
    layer = LSTM(2, kernel_regularizer="l2")
    model = model_of(layer)
    losses = []
    y = np.array(layer(X))
    losses.append(model.evaluate(X, y, verbose=0))
    layer.trainable = False
    losses.append(model.evaluate(X, y, verbose=0))
    model.compile("sgd", "mse")
    losses.append(model.evaluate(X, y, verbose=0))
    return [loss > 0 for loss in losses]


@attack("training.saturated-gates")
def gates_at_zero_in_double():
    """Biases of -200 in float64, where the slope is not quite zero: the largest gradient."""
    layer = LSTM(2, dtype="float64")
    layer.build(X.shape)
    kernel, recurrent, bias = layer.get_weights()
    layer.set_weights([0 * kernel, 0 * recurrent, np.full_like(bias, -200.0)])
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(layer(X.astype("float64")))
    return max(float(np.abs(part).max()) for part in tape.gradient(y, layer.trainable_weights))


@attack("training.reproducible")
def reproducible_in_a_graph():
    """Training with dropout in a graph, and compiled by XLA: twice the same weights?"""

    def end(jit):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((4, 3)), LSTM(2, dropout=0.5)])
        model.compile("adam", "mse", jit_compile=jit)
        model.fit(X, np.ones((2, 2)), batch_size=1, verbose=0)
        return model.get_weights()[0]

    return [bool(np.array_equal(end(jit), end(jit))) for jit in (False, True)]
