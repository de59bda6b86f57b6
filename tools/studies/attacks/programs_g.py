"""Attacks on each claim that had no program: tapes, trainers, files and graphs."""

from __future__ import annotations

import itertools
import tempfile

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import (
    BLANK,
    LSTM,
    X,
    close,
    farthest,
    gap,
    model_of,
    numbers,
    ones,
    reloaded,
)

SGD = keras.optimizers.SGD
CALLBACKS = keras.callbacks


@attack("masking.attached-with-state")
def masks_of_outputs_beside_a_state():
    """Give a state beside a masked input: has the output a mask, of rows and of a last one?"""
    states = [ones(2, 2)] * 2
    seen = {}
    for rows in (False, True):
        output = LSTM(2, return_sequences=rows)(layers.Masking()(BLANK), initial_state=states)
        seen[f"return_sequences={rows}"] = getattr(output, "_keras_mask", None) is not None
    return seen


@attack("wrappers.merge-modes")
def a_single_unit_beside_two():
    """Merge directions of one unit and two, and of two and three: what shapes?"""
    seen = {}
    for mode, units in itertools.product(("sum", "mul", "ave", "concat"), ((1, 2), (2, 3))):
        forward, backward = (LSTM(units[k], go_backwards=bool(k)) for k in (0, 1))
        both = layers.Bidirectional(forward, merge_mode=mode, backward_layer=backward)
        seen[f"{mode} of {units}"] = outcome(lambda: both(X).shape)
    return seen


@attack("training.unwatched-input")
def inputs_made_of_weights():
    """Ask a tape for the gradient of rows of an Embedding and an LSTM, and watched integers."""
    embedding = layers.Embedding(5, 3)
    lower = LSTM(3, return_sequences=True)
    makers = {
        "data": lambda: tf.constant(X),
        "Embedding": lambda: embedding(np.array([[1, 2]])),
        "LSTM": lambda: lower(X),
        "watched integers": lambda: tf.ones((2, 4, 3), "int32"),
    }
    layer = LSTM(2)
    layer.build(X.shape)
    seen = {}
    for name, make in makers.items():
        make()
        with tf.GradientTape() as tape:
            rows = make()
            if name == "watched integers":
                tape.watch(rows)
            total = tf.reduce_sum(layer(rows))
        seen[name] = tape.gradient(total, rows) is not None
    return seen


@attack("training.state-gradient")
def gradients_of_states_by_xla():
    """Ask a tape around a graph for the gradient of the states, by XLA and without."""

    def slopes(jit):
        layer = LSTM(2)
        layer.build(X.shape)
        graph = tf.function(lambda h, c: layer(X, initial_state=[h, c]), jit_compile=jit)
        states = [tf.constant(numbers(2, 2, seed=k)) for k in (3, 4)]
        with tf.GradientTape() as tape:
            tape.watch(states)
            output = graph(*states)
        return [slope.shape for slope in tape.gradient(output, states)]

    return {f"jit_compile={jit}": outcome(lambda: slopes(jit)) for jit in (False, True)}


@attack("training.compile-again")
def thawed_in_a_step():
    """Freeze a layer after compile, and thaw it, eagerly and in a graph: does it move each time?"""
    seen = {}
    for eager in (False, True):
        layer = LSTM(1)
        model = model_of(layer, layers.Dense(1))
        model.compile(SGD(0.1), "mse", run_eagerly=eager)
        moves = []
        for trainable in (True, False, True):
            layer.trainable = trainable
            before = layer.get_weights()
            model.train_on_batch(X, ones(2, 1))
            moves.append(farthest(layer.get_weights(), before) > 0)
        seen[f"run_eagerly={eager}"] = moves
    return seen


@attack("trainer.class-weight-of-labels")
def labels_of_a_timestep():
    """Give class_weight beside labels of one timestep and three: by label, or by position?"""
    weights = {0: 0.5, 1: 1.0, 2: 3.0}
    seen = {}
    for labels in (np.array([[2], [1]]), np.array([[0, 1, 2], [1, 0, 0]])):
        x = numbers(*labels.shape, 1)
        model = model_of(LSTM(1, return_sequences=True), shape=(None, 1))
        model.compile(SGD(0.0), "mse")
        errors = (np.array(model(x))[..., 0] - labels) ** 2
        loss = model.train_on_batch(x, labels, class_weight=weights)
        places = np.argmax(labels, 1)[:, None]
        by = {"label": labels, "position": places}
        means = {k: np.mean(np.vectorize(weights.get)(ids) * errors) for k, ids in by.items()}
        seen[str(labels.shape)] = {name: close(loss, mean) for name, mean in means.items()}
    return seen


@attack("trainer.averaged-frozen")
def averages_of_nothing():
    """Fit a wholly frozen model with use_ema, by two optimizers, and without it."""
    seen = {}
    for kind, average in itertools.product((SGD, keras.optimizers.Adam), (False, True)):
        model = model_of(LSTM(2))
        model.trainable = False
        model.compile(kind(use_ema=average), "mse")
        seen[f"{kind.__name__}, {average}"] = outcome(
            lambda: model.fit(X, ones(2, 2), verbose=0).epoch
        )
    return seen


@attack("trainer.checkpoint-endings")
def endings_of_checkpoints():
    """Give ModelCheckpoint paths of several endings, for models and for weights."""
    paths = ("a.keras", "a.KERAS", "a.h5", "a.weights.h5", "{epoch}.keras", "folder/", "a")
    return {
        f"{path}, save_weights_only={alone}": outcome(
            lambda: CALLBACKS.ModelCheckpoint(path, save_weights_only=alone).filepath
        )
        for path in paths
        for alone in (False, True)
    }


@attack("trainer.fit-after-backup")
def fits_after_a_kept_backup():
    """Fit with a backup that is kept, and one that is deleted, and then without: which epochs?"""
    seen = {}
    for deleted in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            model = model_of(LSTM(2))
            model.compile("sgd", "mse")
            for epochs in (2, 3):
                backup = CALLBACKS.BackupAndRestore(folder, delete_checkpoint=deleted)
                model.fit(X, ones(2, 2), epochs=epochs, callbacks=[backup], verbose=0)
        again = outcome(lambda: model.fit(X, ones(2, 2), epochs=3, verbose=0).epoch)
        seen[f"delete_checkpoint={deleted}"] = again
    return seen


@attack("models.arrays-too-many")
def two_arrays_for_an_input():
    """Give a model of an input two arrays, in a call, predict, evaluate, and nested: how far?"""
    model = model_of(LSTM(2), shape=(4, 3))
    model.compile("sgd", "mse")
    pair = [X, 7 * X]
    inputs = [keras.Input((4, 3)) for _ in range(2)]
    data = tf.data.Dataset.from_tensors((tuple(pair),))
    target = ones(2, 2)
    right = model(X)
    return {
        "call": outcome(lambda: gap(model(pair), right)),
        "predict": outcome(lambda: gap(model.predict(pair, verbose=0), right)),
        "Dataset": outcome(lambda: gap(model.predict(data, verbose=0), right)),
        "nested": outcome(lambda: gap(keras.Model(inputs, model(inputs))(pair), right)),
        "evaluate": outcome(
            lambda: model.evaluate(pair, target, verbose=0) - model.evaluate(X, target, verbose=0)
        ),
    }


@attack("models.names-are-counted")
def names_between_other_layers():
    """Make layers in turn, with names given, cells, wrappers and copies: how are they called?"""
    keras.utils.clear_session()
    makers = (
        lambda: LSTM(2),
        lambda: layers.LSTMCell(2),
        lambda: LSTM(2, name="lstm_1"),
        lambda: LSTM(2),
        lambda: layers.TimeDistributed(LSTM(2)),
        lambda: LSTM(2),
        lambda: layers.Bidirectional(LSTM(2)),
        lambda: LSTM.from_config(LSTM(2).get_config()),
        lambda: LSTM(2),
    )
    return [make().name for make in makers]


@attack("modes.generator")
def generators_of_two_inputs():
    """Predict by generators whose first batches differ in size alone, or in one input alone."""
    first, second = (keras.Input((None, 3)) for _ in range(2))
    two = keras.Model([first, second], layers.Add()([LSTM(2)(first), LSTM(2)(second)]))
    kinds = {
        "both lengths": [((2, 3), (2, 4)), ((2, 4), (2, 3)), ((2, 5), (2, 5))],
        "one length": [((2, 3), (2, 4)), ((2, 4), (2, 4)), ((2, 5), (2, 5))],
        "size": [((2, 3), (2, 3)), ((1, 3), (1, 3)), ((2, 5), (2, 5))],
    }
    seen = {}
    for name, sizes in kinds.items():
        batches = ((tuple(numbers(*size, 3) for size in pair),) for pair in sizes)
        seen[name] = outcome(lambda: two.predict(batches, verbose=0).shape)
    return seen


class Anew(layers.Layer):
    """A layer that makes an LSTM in each call."""

    def call(self, x):
        return LSTM(2)(x)


@attack("modes.layer-made-in-a-function")
def layers_made_in_graphs():
    """Make an LSTM in a tf.function, by XLA, in a nested one, in a layer, and in predict."""
    inner = tf.function(lambda x: LSTM(2)(x))
    calls = {
        "function": lambda: tf.function(lambda x: LSTM(2)(x))(X),
        "XLA": lambda: tf.function(lambda x: LSTM(2)(x), jit_compile=True)(X),
        "nested": lambda: tf.function(lambda x: inner(x))(X),
        "layer": lambda: tf.function(Anew())(X),
        "predict": lambda: model_of(Anew(), shape=(4, 3)).predict(X, verbose=0),
    }
    return {name: outcome(lambda: call().shape) for name, call in calls.items()}


@attack("modes.attributes-are-frozen")
def attributes_set_after_predict():
    """Set go_backwards after a predict, and predict again, in other ways: of the new direction?"""
    x = numbers(8, 4, 3)
    calls = {
        "the same": lambda model: gap(model.predict(x, verbose=0), model(x)),
        "fewer": lambda model: gap(model.predict(x[:3], verbose=0), model(x[:3])),
        "on a batch": lambda model: gap(model.predict_on_batch(x), model(x)),
        "generator": lambda model: gap(model.predict(((x,) for _ in "a"), verbose=0), model(x)),
    }
    seen = {}
    for name, call in calls.items():
        layer = LSTM(2)
        model = model_of(layer)
        model.predict(x, verbose=0)
        layer.go_backwards = True
        seen[name] = outcome(lambda: call(model) < 1e-5)
    return seen


@attack("saving.lambda-layer")
def lambdas_with_names_and_defaults():
    """Save lambdas of a number, of a default and of a global name, and load and call them."""
    by = 2
    kinds = {
        "number": lambda y: by * y,
        "default": lambda y, by=2: by * y,
        "global name": lambda y: keras.ops.tanh(y),
    }
    return {
        name: outcome(
            lambda: reloaded(model_of(layers.Lambda(kind), shape=(4, 3)), safe_mode=False)(X).shape
        )
        for name, kind in kinds.items()
    }


@attack("saving.skip-mismatch")
def a_wider_dense_in_front():
    """Load weights with skip_mismatch into a model of a wider Dense: which are loaded?"""
    seen = {}
    stacks = {
        "behind": lambda units: model_of(LSTM(2), layers.Dense(units)),
        "in front": lambda units: model_of(layers.Dense(units), LSTM(2)),
    }
    for name, stack in stacks.items():
        saved, wider = (stack(units) for units in (4, 7))
        with tempfile.TemporaryDirectory() as folder:
            saved.save_weights(f"{folder}/m.weights.h5")
            wider.load_weights(f"{folder}/m.weights.h5", skip_mismatch=True)
        pairs = zip(saved.weights, wider.weights, strict=True)
        seen[name] = {a.path: a.shape == b.shape and gap(a, b) == 0 for a, b in pairs}
    return seen


@attack("errors.trained-before-refusal")
def statistics_of_a_refused_batch():
    """Refuse a last batch of two to a stateful layer behind BatchNormalization: does it move?"""
    seen = {}
    for samples in (3, 5):
        inputs = keras.Input(batch_shape=(3, 4, 3))
        norm = layers.BatchNormalization()
        model = keras.Sequential([inputs, norm, LSTM(2, stateful=True)])
        model.compile(SGD(0.0), "mse")
        x = numbers(samples, 4, 3)
        target = ones(samples, 2)
        fit = outcome(lambda: model.fit(x, target, batch_size=3, shuffle=False, verbose=0).epoch)
        first = 0.01 * x[:3].mean((0, 1))
        seen[f"{samples} samples"] = (fit, gap(norm.moving_mean, first))
    return seen
