"""Further attacks on the claims of the chapter `trainer`."""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.draw_1 import LSTM, L
from tools.studies.attacks.trainer import CALLBACKS, X, Y, compiled, fitted

ADAM = keras.optimizers.Adam


def pairs(known=True):
    """Return a dataset of batches of two, whose length is known or not."""
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(2)
    return data if known else data.filter(lambda x, y: True)


def one_by_one():
    """Yield the batches of two of an epoch."""
    for first in range(0, len(X), 2):
        yield X[first : first + 2], Y[first : first + 2]


def three_epochs(known, **options):
    """Return how many steps Adam takes in three epochs, compiled, and the last loss."""
    model = compiled(optimizer=ADAM(0.1), eager=False, **options)
    losses = fitted(model, pairs(known), None, batch_size=None, epochs=3)["loss"]
    return int(model.optimizer.iterations), round(losses[-1], 4)


@attack("trainer.tf-data")
def datasets_of_unknown_length():
    """Compiled, by Adam in three epochs, of known and unknown length: steps, and the last loss?"""
    return [three_epochs(known) for known in (True, False)]


@attack("trainer.steps-per-execution")
def several_steps_of_unknown_length():
    """Compiled, by Adam in three epochs of unknown length, n of 1 and 2: steps and last loss?"""
    return [three_epochs(False, steps_per_execution=steps) for steps in (1, 2)]


@attack("trainer.schedule")
def steps_at_the_end_of_a_generator():
    """Two batches from a generator, compiled, without steps_per_epoch and by it: steps counted?"""
    counts = []
    for steps in (None, 2):
        model = compiled(optimizer=ADAM(0.1), eager=False)
        fitted(model, one_by_one(), None, batch_size=None, steps_per_epoch=steps)
        counts.append(int(model.optimizer.iterations))
    return counts


@attack("trainer.metric-of-all")
def metrics_along_the_batch():
    """With axis=0, of all four samples and of batches of three and one: the same?"""
    x, y = (np.arange(8.0).reshape(4, 2) ** power for power in (1, 2))
    results = {}
    for kind in (keras.metrics.ConcordanceCorrelation, keras.metrics.CosineSimilarity):
        whole = kind(axis=0)
        parts = kind(axis=0)
        whole.update_state(y, x)
        for rows in (slice(0, 3), slice(3, 4)):
            parts.update_state(y[rows], x[rows])
        results[kind.__name__] = round(float(whole.result()), 3), round(float(parts.result()), 3)
    return results


def squares(weight):
    """Return a penalty: the sum of squares."""
    return keras.ops.sum(weight**2)


@attack("trainer.callables")
def callables_in_wrappers():
    """A function in Bidirectional, unregistered and registered, and in TimeDistributed: taken?"""
    inside = keras.Input((2, 5, 3))
    options = {"kernel_regularizer": squares}
    plain = outcome(lambda: len(compiled(L.Bidirectional(LSTM(2, **options))).losses))
    layer = L.TimeDistributed(LSTM(2, **options))
    keras.Model(inside, layer(inside))
    with keras.saving.CustomObjectScope({"squares": squares}):
        scoped = outcome(lambda: len(compiled(L.Bidirectional(LSTM(2, **options))).losses))
    return plain[:60], scoped, len(layer.losses)


@attack("trainer.stretched-targets")
def flat_targets_of_two_outputs():
    """Flat targets of two outputs, of three samples and of two: refused, or laid how?"""
    model = compiled()
    y = Y[:2, 0]
    errors = (np.array(model(X[:2])) - y) ** 2
    loss = model.evaluate(X[:2], y, verbose=0)
    refused = outcome(lambda: model.evaluate(X[:3], Y[:3, 0], verbose=0))
    return refused[:40], bool(np.isclose(loss, np.mean(errors)))


@attack("trainer.validation-split")
def splits_that_leave_nothing():
    """A half of a single sample, and 0.9 and 1e-17 of four: is anything trained on?"""
    return [
        outcome(lambda: fitted(compiled(), X[:n], Y[:n], validation_split=s))[:50]
        for n, s in ((1, 0.5), (4, 0.9), (4, 1e-17))
    ]


@attack("trainer.class-weight")
def classes_beyond_those_weighed():
    """Classes 0 and 1 with a weight for 0 only, from arrays and a tf.data.Dataset: taken?"""
    y = np.eye(2, dtype="float32")[[0, 1, 1, 0]]
    data = tf.data.Dataset.from_tensor_slices((X, y)).batch(4)
    options = {"class_weight": {0: 2.0}, "batch_size": None}
    return [
        outcome(lambda: round(fitted(compiled(), *given, **options)["loss"][0], 3))[:30]
        for given in ((X, y), (data, None))
    ]


@attack("trainer.losses")
def saturated_focal_losses():
    """Logits of 30 and -30, of a class that is wrong: what gradient has each crossentropy?"""
    slopes = {}
    for name in ("Categorical", "CategoricalFocal", "Binary", "BinaryFocal"):
        logits = tf.Variable([[30.0, -30.0]])
        loss = getattr(keras.losses, f"{name}Crossentropy")(from_logits=True)
        with tf.GradientTape() as tape:
            error = loss(tf.constant([[0.0, 1.0]]), logits)
        slopes[name] = tape.gradient(error, logits).numpy().tolist()
    return slopes


@attack("trainer.mixed-precision")
def gradients_below_float16():
    """A loss times 2**-50 and a rate times 2**50: how far does a step go, in float32 and mixed?"""
    moves = []
    for policy in ("float32", "mixed_float16"):
        sgd = keras.optimizers.SGD(2.0**50)
        scaled = keras.optimizers.LossScaleOptimizer(sgd)
        model = compiled(LSTM(2, dtype=policy), optimizer=scaled, loss_weights=[2.0**-50])
        before = model.get_weights()[0]
        model.train_on_batch(X, Y)
        moves.append(float(np.max(np.abs(model.get_weights()[0] - before))) > 0)
    return moves


@attack("trainer.csv-logger")
def lines_before_a_validation():
    """With validation in the second epoch, and a metric "z": in which order are the columns?"""
    model = compiled(metrics=[keras.metrics.MeanSquaredError(name="z")])
    log = CALLBACKS.CSVLogger("sparse_validation.csv")
    options = {"validation_data": (X, Y), "validation_freq": 2, "epochs": 2}
    fitted(model, callbacks=[log], **options)
    lines = Path("sparse_validation.csv").read_text(encoding="utf-8").splitlines()
    Path("sparse_validation.csv").unlink()
    return lines[0], lines[1].count("NA"), lines[2].count("NA")


@attack("trainer.needs-a-loss")
def penalties_of_frozen_weights():
    """No loss and a regularizer of weights, trainable and frozen: is evaluate refused?"""
    results = []
    for trainable in (True, False):
        layer = LSTM(2, kernel_regularizer="l2")
        model = compiled(layer, loss=None)
        layer.trainable = trainable
        model.compile("sgd", run_eagerly=True)
        results.append(outcome(lambda: model.evaluate(X, Y, verbose=0) > 0)[:40])
    return results


@attack("trainer.sources")
def generators_that_end():
    """Four batches from a generator that ends, and three epochs: how many batches has each?"""
    batches = []
    count = CALLBACKS.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: batches.append(0),
        on_train_batch_end=lambda batch, logs: batches.append(batches.pop() + 1),
    )
    data = ((X[row : row + 1], Y[row : row + 1]) for row in range(4))
    fitted(compiled(), data, None, batch_size=None, epochs=3, callbacks=[count])
    return batches


@attack("trainer.whole-number-targets")
def outputs_that_are_no_probabilities():
    """Of tanh, sigmoid and softmax outputs: is the sparse crossentropy the categorical one?"""
    numbers = np.array([0, 1, 1, 0])
    results = {}
    for name in ("tanh", "sigmoid", "softmax"):
        losses = []
        for kind, y in (("sparse_categorical", numbers), ("categorical", np.eye(2)[numbers])):
            model = compiled(LSTM(2, activation=name), loss=f"{kind}_crossentropy")
            losses.append(round(model.evaluate(X, y, verbose=0), 3))
        results[name] = losses
    return results


@attack("trainer.clipped-norms")
def norms_that_overflow():
    """Targets of 1e25 by clipnorm and by global_clipnorm: how long is the step?"""
    lengths = []
    for options in ({"clipnorm": 0.5}, {"global_clipnorm": 0.5}):
        model = compiled(optimizer=keras.optimizers.SGD(1.0, **options))
        before = model.get_weights()[0]
        model.train_on_batch(X, 1e25 * Y)
        lengths.append(float(np.linalg.norm(model.get_weights()[0] - before)))
    return lengths


@attack("trainer.unreported-monitor")
def callbacks_that_restore_and_wait_for_nothing():
    """EarlyStopping that restores the best, and has a baseline, and a plateau: epochs and rate."""
    seen = {}
    for monitor in ("val_loss", "acc"):
        options = {"monitor": monitor, "mode": "min", "patience": 1}
        stop = CALLBACKS.EarlyStopping(restore_best_weights=True, baseline=0.0, **options)
        plateau = CALLBACKS.ReduceLROnPlateau(min_lr=0.0, **options)
        model = compiled()
        history = fitted(model, X, Y, epochs=3, callbacks=[stop, plateau])
        seen[monitor] = len(history["loss"]), float(model.optimizer.learning_rate)
    return seen


@attack("trainer.arguments-of-workers")
def arguments_of_keras_two_on_arrays_and_datasets():
    """Does fit of arrays and of a Dataset, or train_on_batch, take workers?"""
    model = compiled()
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(2)
    return {
        "arrays": outcome(lambda: model.fit(X, Y, workers=2, verbose=0)),
        "Dataset": outcome(lambda: model.fit(data, use_multiprocessing=True, verbose=0)),
        "one batch": outcome(lambda: model.train_on_batch(X, Y, max_queue_size=2)),
    }
