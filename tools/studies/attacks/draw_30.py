"""Attacks on 40 claims drawn after the twenty-ninth draw."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import gap, model_of, numbers, ones

X = numbers(2, 4, 3)


@attack("saving.folder-again")
def folder_twice():
    """Models saved one after another to one folder of an absolute path."""
    folder = Path(tempfile.mkdtemp(), "kept")
    saves = {}
    for units in (3, 1):
        model = model_of(layers.LSTM(units))
        saves[units] = outcome(lambda model=model: model.save(folder, zipped=False))
    return saves


@attack("models.mask-of-returned-input")
def returned_input_has_a_mask():
    """A layer returns its masked input, or a copy, and its compute_mask inverts the mask."""

    class Flip(layers.Layer):
        def call(self, inputs):
            return inputs

        def compute_mask(self, inputs, mask=None):
            return ops.logical_not(mask)

    class Copy(Flip):
        def call(self, inputs):
            return inputs + 0.0

    data = (X * np.array([1, 1, 0, 0])[:, None]).astype("float32")
    lstm = layers.LSTM(2)
    flipped, copied = (lstm(kind()(layers.Masking()(data))) for kind in (Flip, Copy))
    return {"gap of the LSTM behind them": gap(flipped, copied)}


@attack("trainer.callables-in-bidirectional")
def unregistered_functions():
    """A named function that is not registered as regularizer or initializer, alone and in it."""

    def punish(weights):
        return ops.sum(ops.square(weights))

    def start(shape, dtype=None):
        return ops.ones(shape, dtype=dtype)

    options = {"kernel_regularizer": punish, "kernel_initializer": start}
    outcomes = {"alone": str(layers.LSTM(2, **options)(X).shape)}
    for name, function in options.items():
        layer = layers.LSTM(2, **{name: function})
        outcomes[name] = outcome(lambda layer=layer: str(layers.Bidirectional(layer)(X).shape))
    return outcomes


@attack("saving.weights-file")
def own_class_of_a_numbered_name():
    """Two LSTMs and a layer of one's own class LSTM_1, saved and loaded anew."""

    class LSTM_1(layers.Layer):  # noqa: N801
        def build(self, shape):
            self.scale = self.add_weight(shape=(shape[-1],), initializer="normal")

        def call(self, inputs):
            return inputs * self.scale

    def handed_over(*between):
        path = Path(tempfile.mkdtemp(), "a.weights.h5")
        lower = [layers.LSTM(3, return_sequences=True), layers.LSTM(3, return_sequences=True)]
        model = model_of(*lower, *(kind() for kind in between), layers.LSTM(2))
        return model.save_weights(path)

    return {"without": outcome(handed_over), "with": outcome(lambda: handed_over(LSTM_1))}


@attack("precision.chaos")
def chaos_pairs():
    """Of 60 pairs of LSTMs on 3 features, weights drawn evenly, those that both err less."""
    quiet = 0
    for trial in range(60):
        errors = []
        for part in range(2):
            generator = np.random.default_rng(1000 * trial + part)
            narrow = layers.LSTM(32)
            wide = layers.LSTM(32, dtype="float64")
            data = generator.uniform(-2, 2, (1, 40, 3)).astype("float32")
            for layer in (narrow, wide):
                layer.build(data.shape)
            kernel, _, bias = narrow.get_weights()
            recurrent = generator.uniform(-16, 16, (32, 128)).astype("float32")
            for layer in (narrow, wide):
                layer.set_weights([kernel, recurrent, bias])
            errors.append(gap(narrow(data), wide(data)))
        quiet += max(errors) <= 1
    return {"pairs of 60 whose last outputs both err by at most 1": quiet}


@attack("trainer.steps-per-epoch-of-a-source")
def batches_of_epochs():
    """The batches that epochs of 2 steps take from a Dataset of 4 and 5 and a generator of 5."""
    outcomes = {}
    for name, count in (("dataset", 4), ("odd dataset", 5), ("generator", 5)):
        batches = [(ones(1, 4, 3) * k, ones(1, 3)) for k in range(count)]
        arrays = tuple(np.stack(part) for part in zip(*batches, strict=True))
        data = tf.data.Dataset.from_tensor_slices(arrays)
        model = model_of(layers.GlobalAveragePooling1D())
        model.compile("sgd", lambda target, output: output[:, 0])
        data = (batch for batch in batches) if name == "generator" else data
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            history = model.fit(data, steps_per_epoch=2, epochs=4, shuffle=False, verbose=0)
        outcomes[name] = history.history["loss"]
    return outcomes


@attack("masking.trains-as-deleted")
def attached_mask_beside_zero_states():
    """Gradients behind Masking without a state and beside zeros, against deleted timesteps."""
    layer = layers.LSTM(2)
    valid = np.array([[True, False, True, False]])
    samples = (numbers(1, 4, 3) * valid[:, :, None]).astype("float32")
    zeros = {"initial_state": [tf.zeros((1, 2))] * 2}

    def gradient(array, **given):
        with tf.GradientTape() as tape:
            score = ops.sum(layer(array, **given))
        slopes = tape.gradient(score, layer.trainable_weights)
        return np.concatenate([np.ravel(slope) for slope in slopes])

    layer(samples)
    expected = gradient(samples[:, valid[0]])
    ways = {"no state": {}, "zeros": zeros, "zeros, mask by name": {**zeros, "mask": valid}}
    masked = layers.Masking()(samples)
    return {name: gap(gradient(masked, **given), expected) for name, given in ways.items()}


@attack("models.training-step")
def constrained_step():
    """A step of SGD(1.0) on an LSTM, without and with a constraint, against the tape's gradient."""
    outcomes = {}
    for constraint in (None, "non_neg"):
        model = model_of(layers.LSTM(2, kernel_constraint=constraint))
        model.compile(keras.optimizers.SGD(1.0), "mse")
        with tf.GradientTape() as tape:
            score = ops.mean((model(X) - ones(2, 2)) ** 2)
        slopes = tape.gradient(score, model.trainable_weights)
        before = model.get_weights()
        model.fit(X, ones(2, 2), verbose=0)
        parts = zip(before, model.get_weights(), slopes, strict=True)
        outcomes[str(constraint)] = max(gap(old - new, slope) for old, new, slope in parts)
    return outcomes


@attack("trainer.steps-per-execution")
def predicting_samples_on_another_axis():
    """Five samples in batches of two, timesteps first in the output, for n of 1 and 3."""
    outcomes = {}
    entry = keras.Input((4, 3))
    output = ops.transpose(layers.LSTM(3, return_sequences=True)(entry), (1, 0, 2))
    model = keras.Model(entry, output)
    for count in (1, 3):
        model.compile(steps_per_execution=count)
        predict = lambda: str(model.predict(numbers(5, 4, 3), batch_size=2, verbose=0).shape)  # noqa: E731
        outcomes[count] = outcome(predict)
    return outcomes
