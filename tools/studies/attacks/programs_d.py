"""Attacks on each claim of trainer, and on some of models: losses, metrics, optimizers, graphs."""

from __future__ import annotations

import inspect
import itertools
import tempfile

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import (
    BLANK,
    LSTM,
    MASK,
    X,
    close,
    farthest,
    gap,
    model_of,
    numbers,
    ones,
    reloaded,
    under,
)

SGD = keras.optimizers.SGD
LOSSES = keras.losses
METRICS = keras.metrics
CALLBACKS = keras.callbacks
DATA = (numbers(4, 4, 3), numbers(4, 2))
SURE = np.array([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8], [0.6, 0.3, 0.1]], "float32")
LONG = numbers(3, 6, 3)
SHORT = numbers(2, 5, 3, seed=2)


def trainee(*stack, loss="mse", optimizer="sgd", eager=True, shape=(4, 3), **options):
    """Return a compiled Sequential model, of LSTM(2) by default."""
    model = model_of(*(stack or [LSTM(2)]), shape=shape)
    model.compile(optimizer, loss, run_eagerly=eager, **options)
    return model


@attack("trainer.weight-column")
def flat_targets_beside_weights():
    """Weigh the timesteps of a unit, for targets with and without a last axis: how far off?"""
    weights = numbers(2, 4) ** 2
    target = numbers(2, 4, 1)
    seen = {}
    for y in (target, target[..., 0]):
        for given in (weights, weights[..., None]):
            model = trainee(LSTM(1, return_sequences=True))
            mean = np.mean(((np.array(model(X)) - target) ** 2)[..., 0] * weights)
            call = outcome(lambda: float(model.test_on_batch(X, y, given)) - mean)
            seen[f"{y.shape}, weights {given.shape}"] = call
    return seen


@attack("trainer.class-weight")
def truth_values_in_a_dataset():
    """Give True and False as targets beside class_weight, in arrays and in a Dataset."""
    pair = (X, np.array([[True], [False]]))
    sources = {"arrays": pair, "Dataset": (tf.data.Dataset.from_tensors(pair),)}
    weights = {0: 1.0, 1: 2.0}
    return {
        name: outcome(
            lambda: trainee(LSTM(1)).fit(*source, class_weight=weights, verbose=0).history
        )
        for name, source in sources.items()
    }


@attack("trainer.weights-of-all-outputs")
def wide_weights_of_two_outputs():
    """Give weights (batch, 2) to a model of two outputs, in arrays and in a Dataset."""
    inputs = keras.Input((4, 3))
    model = keras.Model(inputs, [LSTM(1)(inputs) for _ in range(2)])
    model.compile("sgd", "mse")
    targets = (ones(2, 1), ones(2, 1))
    data = tf.data.Dataset.from_tensors((X, targets, ones(2, 2)))
    return {
        "arrays": outcome(lambda: model.evaluate(X, targets, sample_weight=ones(2, 2), verbose=0)),
        "Dataset": outcome(lambda: model.evaluate(data, verbose=0)),
    }


@attack("trainer.mask-in-the-loss")
@attack("trainer.mask-by-batches")
@attack("trainer.mask-and-weight")
def flat_targets_of_masked_timesteps():
    """Evaluate a unit behind Masking for targets (2, 4, 1) and (2, 4): how far off?"""
    target = numbers(2, 4, 1)
    kinds = {"loss": {}, "metric": {"metrics": ["mse"]}, "weights": {}}
    seen = {}
    for y in (target, target[..., 0]):
        for name, options in kinds.items():
            model = trainee(layers.Masking(), LSTM(1, return_sequences=True), **options)
            mean = np.mean(((np.array(model(BLANK)) - target) ** 2)[MASK])
            weights = ones(2, 4) if name == "weights" else None
            call = outcome(
                lambda: model.evaluate(BLANK, y, sample_weight=weights, verbose=0) - mean
            )
            seen[f"{y.shape}, {name}"] = call
    return seen


@attack("trainer.mask-in-metrics")
def overlaps_under_a_mask():
    """Evaluate metrics behind Masking, and weighted by the mask: a mean, and overlaps."""
    seen = {}
    target = (numbers(2, 4, 2) > 0).astype("float32")
    for metric in (METRICS.MeanSquaredError, lambda: METRICS.MeanIoU(2), METRICS.BinaryIoU):
        for argument, weights in (("metrics", None), ("weighted_metrics", MASK.astype("float32"))):
            options = {argument: [metric()]}
            model = trainee(layers.Masking(), LSTM(2, return_sequences=True), **options)
            seen[f"{metric().name}, {argument}"] = outcome(
                lambda: model.evaluate(BLANK, target, sample_weight=weights, verbose=0)[1]
            )
    return seen


@attack("trainer.any-metric")
def metrics_of_flat_targets():
    """Evaluate a unit by batches of two of five targets (5,): as the metric of all of them?"""
    seen = {}
    x = numbers(5, 4, 3)
    target = (numbers(5, seed=4) > 0).astype("float32")
    for kind in (METRICS.MeanSquaredError, METRICS.Hinge, METRICS.Poisson, METRICS.Mean):
        model = trainee(LSTM(1, activation="sigmoid"), metrics=[kind()])
        whole = kind()
        whole.update_state(target, model(x))
        seen[kind.__name__] = outcome(
            lambda: model.evaluate(x, target, batch_size=2, verbose=0)[1] - float(whole.result())
        )
    return seen


@attack("trainer.several-thresholds")
def thresholds_at_the_ends():
    """Give several thresholds, of 0 and 1 too, and each alone: are the counts the same?"""
    target = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    outputs = np.array([[0.0, -0.2], [0.3, 1.0], [0.5, 0.7]])
    seen = {}
    for kind in (METRICS.Precision, METRICS.Recall, METRICS.TruePositives, METRICS.FalsePositives):
        for thresholds in ([0.0, 0.5, 1.0], [1.0, 0.5, 0.0], [0.2, 0.31, 0.9]):
            several = kind(thresholds=thresholds)
            singles = [kind(thresholds=threshold) for threshold in thresholds]
            for metric in (several, *singles):
                metric.update_state(target, outputs)
            alone = np.ravel([metric.result() for metric in singles])
            seen[f"{several.name}, {thresholds}"] = close(several.result(), alone)
    return seen


class Watched(layers.Layer):
    """A layer that keeps the mean of its input in a metric."""

    def __init__(self, name):
        super().__init__()
        self.mean = METRICS.Mean(name=name)

    def call(self, x):
        self.mean.update_state(x)
        return x


@attack("trainer.metrics-of-inner-layers")
def metrics_of_one_name():
    """Give a layer a metric that is called as one of compile, in a nested model and shared."""
    shared = Watched("watched")
    stacks = {
        "nested": [LSTM(2), keras.Sequential([Watched("mae")])],
        "shared": [shared, shared, LSTM(2)],
    }
    return {
        name: outcome(
            lambda: trainee(*stack, metrics=["mae"]).evaluate(
                X, ones(2, 2), verbose=0, return_dict=True
            )
        )
        for name, stack in stacks.items()
    }


@attack("trainer.types-for-an-own-metric")
def types_that_a_metric_gets():
    """Give targets of several types to a metric of one's own: of what types are they there?"""
    seen = {}
    for kind in ("int32", "int64", "bool", "float64"):
        for argument in ("metrics", "weighted_metrics"):
            types = []

            def metric(target, output):
                types.append(f"{target.dtype.name} {output.dtype.name}")
                return output

            model = trainee(LSTM(2), **{argument: [metric]})
            model.evaluate(X, np.ones((2, 2), kind), verbose=0)
            seen[f"{kind}, {argument}"] = types[-1]
    return seen


@attack("trainer.truth-values")
def truth_values_for_metrics():
    """Give metrics True and False, and 1 and 0, as targets: is the value the same?"""
    seen = {}
    target = np.eye(3)[[1, 2, 1]]
    names = ("BinaryAccuracy", "F1Score", "AUC", "Hinge", "CategoricalCrossentropy", "R2Score")
    for name in names:
        pair = [getattr(METRICS, name)() for _ in range(2)]
        pair[0].update_state(target.astype(bool), SURE)
        pair[1].update_state(target.astype("float32"), SURE)
        seen[name] = close(*(metric.result() for metric in pair))
    return seen


@attack("trainer.loss-axis")
def losses_along_axis_one():
    """Take losses along axis 1, and along the last of exchanged axes: are they the same?"""
    probabilities = np.exp(numbers(2, 4, 3))
    probabilities /= probabilities.sum(1, keepdims=True)
    target = np.moveaxis(np.eye(4)[[[0, 1, 2], [3, 2, 1]]], -1, 1)
    kinds = {
        "plain": (LOSSES.CategoricalCrossentropy, {}),
        "smoothed": (LOSSES.CategoricalCrossentropy, {"label_smoothing": 0.2}),
        "alpha": (LOSSES.CategoricalFocalCrossentropy, {"alpha": [0.1, 0.2, 0.3, 0.4]}),
    }
    seen = {}
    for name, (kind, options) in kinds.items():
        exchanged = [np.swapaxes(tensor, 1, 2) for tensor in (target, probabilities)]
        last = kind(**options)(*exchanged)
        seen[name] = outcome(lambda: close(kind(axis=1, **options)(target, probabilities), last))
    return seen


@attack("trainer.sparse-axis")
def sparse_axis_one():
    """Take SparseCategoricalCrossentropy along axis 1, and behind a Permute along the last."""
    target = np.array([[2, 1]])
    outputs = np.array([[[0.5, 0.25], [0.25, 0.5], [0.25, 0.25]]])
    sparse = LOSSES.SparseCategoricalCrossentropy
    return {
        "axis=1": outcome(lambda: float(sparse(axis=1)(target, outputs))),
        "Permute": float(sparse()(target, layers.Permute((2, 1))(outputs))),
        "right": float(-np.mean(np.log([0.25, 0.5]))),
    }


@attack("trainer.needs-a-loss")
def lists_of_no_loss():
    """Compile with no loss, an empty list, and a list of None, and train."""
    return {
        str(loss): outcome(lambda: trainee(loss=loss).fit(X, ones(2, 2), verbose=0))
        for loss in (None, [], [None])
    }


@attack("trainer.batches-in-order")
def a_last_batch_under_dice():
    """Fit three samples by batches of two under dice: what is reported, what have the batches?"""
    target = np.eye(2)[[0, 1, 1]]
    model = trainee(LSTM(2, activation="sigmoid"), loss="dice", optimizer=SGD(0.0))
    history = model.fit(LONG, target, batch_size=2, shuffle=False, verbose=0).history["loss"]
    batches = [float(model.test_on_batch(LONG[k], target[k])) for k in (slice(2), slice(2, 3))]
    return {"reported": history[0], "mean by samples": float(np.dot(batches, [2, 1]) / 3)}


@attack("trainer.default-batches")
def sizes_of_default_batches():
    """Fit, evaluate and predict 70 samples, also with steps: of what sizes are the batches?"""
    x = numbers(70, 1, 3)
    seen = {}
    calls = {
        "fit": lambda model: model.fit(x, ones(70, 2), verbose=0),
        "tensors": lambda model: model.fit(tf.constant(x), tf.ones((70, 2)), verbose=0),
        "steps_per_epoch=2": lambda model: model.fit(x, ones(70, 2), steps_per_epoch=2, verbose=0),
    }
    for name, call in calls.items():
        sizes = []
        model = trainee(loss=lambda y, z: sizes.append(len(y)) or y - z, shape=(1, 3))
        call(model)
        seen[name] = sizes
    return seen


@attack("trainer.callbacks-by-execution")
def executions_of_a_generator():
    """Train seven batches of a generator that ends, three an execution: when is what called?"""
    seen = {}
    for name in ("arrays", "generator"):
        calls = []
        callback = CALLBACKS.LambdaCallback(
            on_train_batch_begin=lambda batch, logs: calls.append(f"begin {batch}"),
            on_train_batch_end=lambda batch, logs: calls.append(f"end {batch}"),
        )
        model = trainee(steps_per_execution=3, eager=False)
        x = numbers(7, 4, 3)
        batches = ((x[k : k + 1], ones(1, 2)) for k in range(7))
        source = (x, ones(7, 2), 1) if name == "arrays" else (batches,)
        model.fit(*source, callbacks=[callback], verbose=0)
        seen[name] = ", ".join(calls)
    return seen


@attack("trainer.learning-rate-by-name")
def rates_of_optimizers():
    """Give optimizers learning_rate by name: also to the one that scales, and Muon's second."""
    scaled = keras.optimizers.LossScaleOptimizer
    return {
        "SGD": outcome(lambda: float(SGD(learning_rate=0.5).learning_rate)),
        "LossScaleOptimizer": outcome(lambda: scaled(SGD(), learning_rate=0.5)),
        "Muon": [
            name for name in inspect.signature(keras.optimizers.Muon).parameters if "lr" in name
        ],
    }


@attack("trainer.accumulation")
@attack("trainer.accumulation-carried")
def accumulated_from_a_generator():
    """Accumulate two gradients over batches of a generator: after which do weights move?"""
    seen = {}
    for eager in (False, True):
        for count in (3, 4):
            optimizer = SGD(0.1, gradient_accumulation_steps=2)
            model = trainee(optimizer=optimizer, eager=eager)
            weights = [model.get_weights()]
            note = CALLBACKS.LambdaCallback(
                on_train_batch_end=lambda batch, logs: weights.append(model.get_weights())
            )
            for _ in range(2):
                batches = ((DATA[0][k : k + 1], DATA[1][k : k + 1]) for k in range(count))
                model.fit(batches, callbacks=[note], verbose=0)
            moves = [farthest(*pair) > 0 for pair in itertools.pairwise(weights)]
            seen[f"run_eagerly={eager}, {count} batches"] = moves
    return seen


@attack("trainer.mixed-precision")
def penalties_in_half_precision():
    """Train in mixed_float16 with each kind of penalty."""
    return {
        name: outcome(
            lambda: under(
                "mixed_float16",
                lambda: float(trainee(LSTM(2, **{name: "l2"})).train_on_batch(X, ones(2, 2))),
            )
        )
        for name in ("kernel_regularizer", "activity_regularizer")
    }


@attack("trainer.skipped-average")
def all_steps_skipped():
    """Skip all steps of a scaled optimizer, with use_ema and without: what becomes of weights?"""
    seen = {}
    for average in (False, True):
        scaled = keras.optimizers.LossScaleOptimizer(SGD(0.1, use_ema=average))
        model = trainee(optimizer=scaled)
        before = model.get_weights()
        model.fit(X, np.full((2, 2), np.nan), verbose=0)
        largest = float(np.abs(model.get_weights()[0]).max())
        seen[f"use_ema={average}"] = (farthest(model.get_weights(), before), largest)
    return seen


@attack("trainer.optimizer-unchanged")
def optimizers_from_their_configuration():
    """Make optimizers again by keras.optimizers.deserialize."""
    seen = {}
    for name in ("Adam", "Lion", "Lamb", "Muon", "ScheduleFreeAdamW"):
        optimizer = getattr(keras.optimizers, name)(0.1)
        config = keras.optimizers.serialize(optimizer)
        seen[name] = outcome(lambda: type(keras.optimizers.deserialize(config)).__name__)
    return seen


class Telling(CALLBACKS.Callback):
    """Put a value an epoch into the logs, under a name of one's own."""

    def __init__(self, values):
        super().__init__()
        self.values = values

    def on_epoch_end(self, epoch, logs=None):
        logs["watched"] = self.values[epoch]


def epochs_until(callback, values):
    """Return how many epochs run with a callback that watches values."""
    watch = [Telling(values), callback]
    return len(trainee().fit(X, ones(2, 2), epochs=len(values), callbacks=watch, verbose=0).epoch)


@attack("trainer.early-stopping")
@attack("trainer.checkpoint")
def a_monitor_without_a_mode():
    """Watch a name of one's own, with mode="min" and without a mode."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/best.keras"
        return {
            f"{kind.__name__}, {mode}": outcome(
                lambda: epochs_until(kind(*given, monitor="watched", mode=mode, **more), [3, 2, 4])
            )
            for mode in ("min", "auto")
            for kind, given, more in (
                (CALLBACKS.EarlyStopping, (), {"patience": 1}),
                (CALLBACKS.ModelCheckpoint, (path,), {"save_best_only": True}),
            )
        }


@attack("trainer.early-stopping-baseline")
def baselines_of_patience():
    """Stay above a baseline, reach it late, or tie with it: after how many epochs is it over?"""
    values = ([9, 8, 7, 6, 5], [9, 9, 9, 9, 9], [9, 8, -1, 5, 5, 5, 5], [9, 0, 1, 1, 1])
    options = {"mode": "min", "baseline": 0, "patience": 2}
    stop = CALLBACKS.EarlyStopping
    return {str(row): epochs_until(stop("watched", **options), row) for row in values}


@attack("precision.half-roundings")
def wide_weights_in_half():
    """Draw weights, states and input within 2: how many roundings is half precision off?"""
    draws = np.random.RandomState(1)
    seen = {}
    for half, rounding in (("float16", 2**-10), ("bfloat16", 2**-7)):
        options = {"return_sequences": True, "return_state": True}
        pair = [LSTM(4, dtype=kind, **options) for kind in (f"mixed_{half}", "float64")]
        offs = []
        for _ in range(12):
            x, *states = (draws.uniform(-2, 2, shape) for shape in ((64, 4, 4), (64, 4), (64, 4)))
            for layer in pair:
                layer.build(x.shape)
            weights = [draws.uniform(-2, 2, weight.shape) for weight in pair[0].get_weights()]
            for layer in pair:
                layer.set_weights(weights)
            ends = [layer(x, initial_state=states) for layer in pair]
            for a, b in zip(*ends, strict=True):
                off = np.abs(np.array(ops.cast(a, "float64")) - b) / np.maximum(1, np.abs(b))
                offs.append(float(off.max()) / rounding)
        seen[half] = max(offs)
    return seen


@attack("models.every-way")
def softmax_along_the_batch():
    """Predict 40 samples behind a Softmax along the batch, at once and by 32: how far?"""
    x = numbers(40, 4, 3)
    model = model_of(layers.Softmax(axis=0), LSTM(2))
    calls = {"predict_on_batch": model.predict_on_batch(x), "predict": model.predict(x, verbose=0)}
    return {name: gap(model(x), output) for name, output in calls.items()}


@attack("models.graphs")
@attack("models.lengths-in-predict")
@attack("models.exported")
def adaptive_pooling_of_open_length():
    """Pool adaptively in front of an LSTM: in an open graph, in predict, exported."""
    model = model_of(layers.AdaptiveAveragePooling1D(2), LSTM(2))
    graph = tf.function(lambda x: model(x), input_signature=[tf.TensorSpec((None, None, 3))])
    with tempfile.TemporaryDirectory() as folder:
        return {
            "call": gap(model(SHORT), model(SHORT)),
            "graph": outcome(lambda: graph(LONG).shape),
            "predict": [outcome(lambda: model.predict(x, verbose=0).shape) for x in (LONG, SHORT)],
            "exported": outcome(lambda: model.export(folder, verbose=False)),
        }


@attack("models.merge-at-first")
def models_that_begin_with_a_merge():
    """Begin a Sequential model with a merge: call it, on other batches, predict, fit."""
    pair = [X, numbers(2, 4, 3, seed=1)]
    seen = {}
    for kind in (layers.Add, layers.Multiply, layers.Concatenate, layers.Maximum):
        merge = kind()
        lstm = LSTM(2)
        model = keras.Sequential([merge, lstm])
        model.compile("sgd", "mse")
        ends = (model(pair), model(tuple(pair)), model.predict(pair, verbose=0))
        apart = [gap(end, lstm(merge(pair))) for end in ends]
        fit = outcome(lambda: len(model.fit(pair, ones(2, 2), verbose=0).epoch))
        seen[kind.__name__] = (apart, model([x[:1] for x in pair]).shape, fit)
    return seen


@attack("models.names-and-shapes")
def names_of_models_made_again():
    """Make models of dictionaries, lists and tuples again: are names and shapes the same?"""
    inputs = [keras.Input((None, 3), name="a"), keras.Input((4, 3), batch_size=2, name="b")]
    outputs = [LSTM(2)(tensor) for tensor in inputs]
    models = {
        "dictionary": keras.Model(dict(zip("ab", inputs, strict=True)), {"z": outputs[0]}),
        "tuple": keras.Model(tuple(inputs), tuple(outputs)),
        "nested": keras.Model([inputs[0], [inputs[1]]], [outputs[0], {"k": outputs[1]}]),
    }
    seen = {}
    for name, model in models.items():
        copies = (keras.Model.from_config(model.get_config()), keras.models.clone_model(model))
        facts = [(m.name, str(m.input_shape), str(m.output_shape)) for m in (model, *copies)]
        seen[name] = (len(set(facts)) == 1, facts[0])
    return seen


@attack("models.made-again")
def copies_that_begin_with_a_merge():
    """Give weights to copies of Sequential models without Input, one beginning with a merge."""
    seen = {}
    for first, x in ((layers.Dense(3), LONG), (layers.Add(), [LONG, LONG])):
        model = keras.Sequential([first, LSTM(2)])
        model(x)
        copies = {"clone": keras.models.clone_model, "file": reloaded}
        for name, make in copies.items():
            copy = make(model)
            weights = outcome(lambda: copy.set_weights(model.get_weights()))
            seen[f"{first.name}, {name}"] = (weights, outcome(lambda: gap(copy(x), model(x))))
    return seen


@attack("models.inputs-by-name")
def unnamed_inputs_by_name():
    """Give a dictionary of their names to a model of Inputs that were given names, or none."""
    data = [X, numbers(2, 4, 3, seed=1)]
    seen = {}
    for names in (("late", "early"), (None, None)):
        inputs = [keras.Input((4, 3), name=name) for name in names]
        model = keras.Model(inputs, [LSTM(2)(tensor) for tensor in inputs])
        named = dict(zip((tensor.name for tensor in inputs), data, strict=True))
        seen[str(names)] = outcome(lambda: farthest(model(named), model(data)))
    return seen
