"""Attacks on the statements of 40 claims drawn after the twenty-fifth draw."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import close, gap, model_of, numbers, ones


@attack("trainer.epoch-loss")
def epoch_means_of_two_outputs():
    """The reported losses of two outputs on batches of four and one, beside the samples' means."""
    inputs = keras.Input((4, 3))
    hidden = layers.LSTM(2)(inputs)
    model = keras.Model(inputs, [layers.Dense(1, name=name)(hidden) for name in ("a", "b")])
    model.compile(keras.optimizers.SGD(0.0), ["mse", "mae"])
    data = numbers(5, 4, 3)
    targets = [numbers(5, 1, seed=3), numbers(5, 1, seed=4)]
    outputs = model.predict(data, verbose=0)
    report = model.fit(data, targets, batch_size=4, shuffle=False, verbose=0).history
    squares = (outputs[0] - targets[0]) ** 2
    return {
        "reported": report["a_loss"][0],
        "mean over samples": float(np.mean(squares)),
        "mean over batches": float((np.mean(squares[:4]) + squares[4, 0]) / 2),
    }


@attack("trainer.penalty-shared")
def frozen_weights_in_a_trainable_wrapper():
    """The losses of a Bidirectional that is called twice, of an LSTM made trainable and frozen."""
    losses = {}
    for trainable in (True, False):
        lstm = layers.LSTM(2, return_sequences=True, kernel_regularizer="l2", trainable=trainable)
        wrapper = layers.Bidirectional(lstm)
        inputs = keras.Input((6, 4))
        model = keras.Model(inputs, wrapper(wrapper(inputs)))
        losses[f"LSTM of trainable={trainable}"] = {
            "model and wrapper trainable": model.trainable and wrapper.trainable,
            "losses above zero": sum(float(loss) > 0 for loss in model.losses),
        }
    return losses


@attack("errors.names-the-layer")
def stateless_call_on_other_axes():
    """Does the message of stateless_call have the name of the LSTM, on inputs of 2 and 4 axes?"""
    layer = layers.LSTM(2, name="my_own")
    layer.build((2, 4, 3))
    state = [
        [variable.value for variable in variables]
        for variables in (layer.trainable_variables, layer.non_trainable_variables)
    ]
    inputs = (ones(2, 3), ones(2, 4, 1, 3))
    return {str(x.shape): outcome(lambda x=x: layer.stateless_call(*state, x)) for x in inputs}


@attack("models.graphs")
def open_length_in_a_graph():
    """TimeDistributed(LSTM) over 5 slices of 2 samples, in a tf.function of open sizes."""
    model = model_of(layers.TimeDistributed(layers.LSTM(2)), shape=(None, 4, 3))
    x = numbers(2, 5, 4, 3)
    shapes = {"call": tuple(model(x).shape)}
    for jit in (False, True):
        graph = tf.function(
            model, input_signature=[tf.TensorSpec((None, None, 4, 3))], jit_compile=jit
        )
        shapes[f"jit_compile={jit}"] = outcome(lambda graph=graph: tuple(graph(x).shape))
    return shapes


@attack("symmetry.side-by-side")
def kernels_block_diagonal_as_a_whole():
    """Block-diagonal gate by gate, and as whole matrices: is the second half deaf to the first?"""

    def blocks(rows, columns):
        first, second = np.random.default_rng(0).normal(size=(2, rows, columns))
        return np.block([[first, 0 * second], [0 * first, second]])

    def deaf(kernel, recurrent_kernel):
        layer = layers.LSTM(4)
        layer.build((2, 4, 6))
        layer.set_weights([kernel, recurrent_kernel, np.zeros(16)])
        data = numbers(2, 4, 6)
        moved = data + np.array([1, 1, 1, 0, 0, 0], "float32")
        return close(layer(data)[:, 2:], layer(moved)[:, 2:])

    return {
        "gate by gate": deaf(np.hstack([blocks(3, 2)] * 4), np.hstack([blocks(2, 2)] * 4)),
        "as a whole": deaf(blocks(3, 8), blocks(2, 8)),
    }


@attack("trainer.own-loop")
def a_bias_before_batch_normalization():
    """Own steps beside fit where rounding alone gives a bias its gradient, by SGD and Adam."""
    data = numbers(24, 5, 3)
    targets = numbers(24, 2, seed=1)

    def trained(own, optimizer):
        keras.utils.set_random_seed(3)
        stack = [layers.LSTM(4), layers.Dense(4), layers.BatchNormalization(), layers.Dense(2)]
        model = model_of(*stack, shape=(5, 3))
        model.compile(optimizer, "mse")
        if not own:
            model.fit(data, targets, batch_size=8, epochs=10, shuffle=False, verbose=0)
        for start in [0, 8, 16] * 10 if own else []:
            rows = slice(start, start + 8)
            with tf.GradientTape() as tape:
                error = model(data[rows], training=True) - targets[rows]
                loss = tf.reduce_mean(error**2)
            slopes = tape.gradient(loss, model.trainable_weights)
            model.optimizer.apply_gradients(zip(slopes, model.trainable_weights, strict=True))
        return model(data)

    return {name: gap(trained(True, name), trained(False, name)) for name in ("sgd", "adam")}


@attack("dropout.gradient")
def kernel_rows_at_a_rate_of_one():
    """How many kernel rows a step changes at dropout=1.0 and at 0.999999."""
    changed = {}
    for rate in (1.0, 0.999999):
        layer = layers.LSTM(2, dropout=rate, seed=1)
        model = model_of(layer, shape=(1, 8))
        model.compile("sgd", "mse", run_eagerly=True)
        before = layer.get_weights()[0]
        model.train_on_batch(ones(1, 1, 8), ones(1, 2))
        changed[rate] = int(np.any(layer.get_weights()[0] != before, axis=1).sum())
    return changed


@attack("trainer.averaged-frozen")
def fit_of_a_frozen_model_with_use_ema():
    """How fit of a wholly frozen model with use_ema=True ends."""
    model = model_of(layers.LSTM(2), shape=(4, 3))
    model.trainable = False
    model.compile(keras.optimizers.SGD(use_ema=True), "mse")
    return outcome(lambda: model.fit(ones(2, 4, 3), ones(2, 2), verbose=0).epoch)


@attack("trainer.compiled-in-a-wrapper")
def loss_around_a_compiled_model():
    """The loss that evaluate reports around TimeDistributed of a compiled model, and its own."""
    inner = model_of(layers.LSTM(2), shape=(4, 3))
    inner.compile("sgd", "mse")
    model = model_of(layers.TimeDistributed(inner), shape=(5, 4, 3))
    model.compile("sgd", "mse")
    data = numbers(2, 5, 4, 3)
    exact = float(np.mean((np.array(model(data)) - 1) ** 2))
    return {"reported": model.evaluate(data, ones(2, 5, 2), verbose=0), "exact": exact}


@attack("trainer.tversky")
def weights_of_misses_and_false_positives():
    """Tversky(alpha=0.9, beta=0.1) of a miss, and of a false positive, beside a hit."""
    loss = keras.losses.Tversky(alpha=0.9, beta=0.1)
    hit = np.array([[1.0, 0.0]])
    both = np.array([[1.0, 1.0]])
    return {"a miss": float(loss(both, hit)), "a false positive": float(loss(hit, both))}
