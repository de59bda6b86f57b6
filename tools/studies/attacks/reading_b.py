"""Attacks on claims of losses, metrics, optimizers, targets and weights, of one who read them."""

from __future__ import annotations

from functools import partial

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import close, numbers, under

LAYERS = keras.layers
LOSSES = keras.losses
METRICS = keras.metrics
OPTIMIZERS = keras.optimizers
X = np.random.default_rng(0).normal(size=(4, 3, 2)).astype("float32")
PADDED = X * np.array([[1, 0, 0], [1, 1, 0], [1, 1, 1], [1, 1, 1]])[..., None]
ONE_HOT = np.eye(2, dtype="float32")[[0, 1, 1, 0]]


def stack(*layers):
    """Return a model of layers, of weights that are the same each time."""
    model = keras.Sequential([keras.Input(X.shape[1:]), *layers])
    model.set_weights([np.abs(numbers(*weight.shape, seed=1)) for weight in model.get_weights()])
    return model


def compiled(model, loss="mse", **options):
    """Return a model, compiled to run eagerly."""
    model.compile(options.pop("optimizer", "sgd"), loss, run_eagerly=True, **options)
    return model


def loss_of(model, y, x=X, **options):
    """Return the loss that evaluate reports."""
    return model.evaluate(x, y, verbose=0, return_dict=True, **options)["loss"]


def two_outputs(kind, loss):
    """Return a compiled model of outputs `a` and `b`, in a list or a tuple."""
    keras.utils.set_random_seed(1)
    x = keras.Input(X.shape[1:])
    outputs = kind(LAYERS.LSTM(1, name=name)(x) for name in "ab")
    return compiled(keras.Model(x, outputs), loss)


def result(metric, *data, **options):
    """Return what a metric makes of targets and outputs."""
    metric.update_state(*data, **options)
    return np.array(metric.result()).round(4).tolist()


@attack("trainer.losses")
def mean_of_a_masked_batch():
    """Is the loss of a padded batch a mean over samples and timesteps, or over valid ones?"""
    model = compiled(
        stack(LAYERS.Masking(), LAYERS.LSTM(2, return_sequences=True)), LOSSES.MeanSquaredError()
    )
    y = numbers(4, 3, 2, seed=1)
    mean = np.mean((np.array(model(PADDED)) - y) ** 2)
    return close(loss_of(model, y, PADDED), mean)


@attack("trainer.ctc")
def blank_within_the_labels():
    """Are the labels 1, 0, 2 those of the classes 1 and 2, as 1, 2, 0 are?"""
    loss = LOSSES.CTC()
    y = numbers(1, 5, 3, seed=1)
    return {
        str(labels): round(float(loss(np.array([labels]), y)), 3)
        for labels in ([1, 2, 0], [1, 0, 2], [1, 0, 0])
    }


@attack("trainer.ignored-class")
def ignored_fractions_and_single_classes():
    """Ignore class 0.5 of two classes, and class -1 beside a single class."""
    target = np.array([[0, 1, -1]])

    def loss(ignored, classes):
        y = np.full((1, 3, classes), 1 / classes, "float32")
        fitting = np.where(target == ignored, ignored, np.maximum(target, 0) % classes)
        return float(LOSSES.SparseCategoricalCrossentropy(ignore_class=ignored)(fitting, y))

    return {
        "-1 of two": outcome(lambda: loss(-1, 2)),
        "-1 beside a single class": outcome(lambda: loss(-1, 1)),
        "0.5": LOSSES.SparseCategoricalCrossentropy(ignore_class=0.5, reduction=None)(
            np.array([0.0, 0.5]), np.full((2, 2), 0.5)
        )
        .numpy()
        .tolist(),
    }


@attack("trainer.loss-formulas")
def probabilities_that_sum_to_less():
    """Is the loss of a hit with the output 0.2 -log 0.2, if the outputs sum to 0.4?"""
    y = np.array([[0.2, 0.2]])
    return {
        "categorical": float(LOSSES.CategoricalCrossentropy()(np.array([[1.0, 0.0]]), y)),
        "sparse": float(LOSSES.SparseCategoricalCrossentropy()(np.array([0]), y)),
        "exact": float(-np.log(0.2)),
    }


@attack("trainer.tversky")
def tversky_along_axes():
    """Is Tversky of some axes a loss of the whole batch?"""
    y = np.abs(numbers(4, 3, 2, seed=1))
    return LOSSES.Tversky(axis=(1, 2), reduction=None)(np.round(y), y).shape == ()


@attack("trainer.any-metric")
def cosine_along_the_samples():
    """Does CosineSimilarity(axis=0) tell in batches what it tells of all outputs at once?"""
    y = numbers(4, 2, seed=1)
    model = compiled(stack(LAYERS.LSTM(2)), metrics=[METRICS.CosineSimilarity(axis=0, name="m")])
    reported = model.evaluate(X, y, batch_size=2, verbose=0, return_dict=True)["m"]
    return {"batches": round(reported, 4), "once": result(METRICS.CosineSimilarity(0), y, model(X))}


@attack("trainer.any-metric")
def a_used_metric_in_two_calls():
    """Does a metric that was used before compile() bring its numbers to each evaluate?"""
    metric = METRICS.MeanSquaredError(name="m")
    metric.update_state([[100.0]], [[0.0]])
    model = compiled(stack(LAYERS.LSTM(2)), metrics=[metric])
    return [round(model.evaluate(X, ONE_HOT, verbose=0)[1], 4) for _ in range(2)]


@attack("trainer.needs-a-loss")
def empty_structures_of_losses():
    """Which error comes of a loss that is None, [None], {} or ()?"""
    return {
        str(loss): outcome(lambda z=loss: loss_of(compiled(stack(LAYERS.LSTM(2)), z), ONE_HOT))[:20]
        for loss in (None, [None], {}, ())
    }


@attack("trainer.adjusted-score")
def other_aggregations():
    """Is R2 the mean of the scores of the outputs whatever class_aggregation is?"""
    z = numbers(9, 2, seed=1) * np.array([1.0, 5.0])
    y = z + numbers(9, 2, seed=2)
    kinds = ("uniform_average", "variance_weighted_average", None)
    return {str(kind): result(METRICS.R2Score(class_aggregation=kind), z, y) for kind in kinds}


@attack("trainer.weight-as-copies")
def missing_target_of_weight_zero():
    """Does a NaN of weight 0 count in hits as it does in errors?"""
    z = np.array([[np.nan, 1.0], [1.0, 0.0]])
    names = ("MeanSquaredError", "BinaryAccuracy", "Precision", "AUC")
    y = np.array([[0.3, 0.6], [0.8, 0.4]])
    weight = np.array([0.0, 1.0])
    return {name: result(getattr(METRICS, name)(), z, y, sample_weight=weight) for name in names}


@attack("trainer.metric-of-lists")
def outputs_that_are_whole_numbers():
    """Give metrics lists of whole numbers, as targets and as outputs."""
    names = ("MeanSquaredError", "CosineSimilarity", "LogCoshError", "Hinge", "BinaryCrossentropy")
    z = [[0, 1], [1, 0]]

    def kind(name, y):
        return outcome(lambda: result(getattr(METRICS, name)(), z, y))[:20]

    return {name: [kind(name, [[1, 1], [1, 0]]), kind(name, [[0.5, 1], [1, 0]])] for name in names}


@attack("trainer.optimizers")
def steps_of_adam_in_float16():
    """Do the squares vanish, and are the steps huge, in float16, whatever the gradient?"""
    steps = {}
    for gradient in (1.0, 0.01, 0.001):
        variable = keras.Variable(np.zeros(1), dtype="float16")
        optimizer = OPTIMIZERS.Adam(0.01)
        optimizer.build([variable])
        optimizer.apply([tf.constant([gradient], "float16")], [variable])
        steps[gradient] = float(variable.numpy()[0])
    return steps


@attack("trainer.accumulation")
def padding_and_moving_means():
    """Train padded sequences in 2 batches of 2 and 1 of 4; and take a half step with norms."""
    y = numbers(4, 3, 2, seed=1)
    trained = []
    for steps, size in ((2, 2), (None, 4)):
        model = stack(LAYERS.Masking(), LAYERS.LSTM(2, return_sequences=True))
        rate = OPTIMIZERS.SGD(0.5, gradient_accumulation_steps=steps)
        compiled(model, optimizer=rate)
        model.fit(PADDED, y, batch_size=size, shuffle=False, verbose=0)
        trained.append(model.get_weights()[0])
    model = stack(LAYERS.LSTM(2), LAYERS.BatchNormalization())
    before = model.get_weights()
    compiled(model, optimizer=OPTIMIZERS.SGD(0.5, gradient_accumulation_steps=2))
    model.train_on_batch(X, ONE_HOT)
    stay = [np.array_equal(*pair) for pair in zip(before, model.get_weights(), strict=True)]
    return {"alike if padded": np.allclose(*trained, atol=1e-5), "weights stay": all(stay)}


@attack("trainer.clipped-norms")
def norms_above_1e19():
    """Is a norm of 1.5e19 infinite in float32, and one of 2e19?"""
    steps = {}
    for gradient in (1.5e19, 2e19):
        variable = keras.Variable(np.zeros(1))
        optimizer = OPTIMIZERS.SGD(1.0, clipnorm=1.0)
        optimizer.build([variable])
        optimizer.apply([tf.constant([gradient])], [variable])
        steps[gradient] = float(variable.numpy()[0])
    return steps


@attack("trainer.averaged-weights")
def mean_of_a_second_fit():
    """Is the mean at the end of a second fit that of its own steps, or of both?"""
    model = stack(LAYERS.LSTM(2))
    compiled(model, optimizer=OPTIMIZERS.SGD(0.5, use_ema=True, ema_momentum=0.5))
    model.fit(X, ONE_HOT, verbose=0)
    mean = model.get_weights()[0]
    step = []
    record = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs=None: step.append(model.get_weights()[0])
    )
    model.fit(X, ONE_HOT, verbose=0, callbacks=[record])
    after = model.get_weights()[0]
    both = 0.5 * mean + 0.5 * step[0]
    return {"own": np.allclose(after, step[0]), "both": np.allclose(after, both, atol=1e-6)}


@attack("trainer.swapped-for-evaluate")
def averages_of_a_built_optimizer():
    """Does evaluate fail before a step, if the optimizer is built?"""
    model = compiled(stack(LAYERS.LSTM(2)), optimizer=OPTIMIZERS.SGD(0.5, use_ema=True))
    swap = keras.callbacks.SwapEMAWeights()
    new = outcome(lambda: loss_of(model, ONE_HOT, callbacks=[swap]))
    model.optimizer.build(model.trainable_variables)
    return {"new": new, "built": outcome(lambda: loss_of(model, ONE_HOT, callbacks=[swap]))}


def wrapped(made_under, compiled_under, **options):
    """Return the class of the optimizer of a model that is made and compiled under policies."""
    model = under(made_under, lambda: stack(LAYERS.LSTM(2)))
    under(compiled_under, lambda: compiled(model, **options))
    return type(model.optimizer).__name__


@attack("trainer.mixed-precision")
def policy_after_the_model_is_made():
    """Compile a model under mixed_float16 that was made before; and with auto_scale_loss=False."""
    half = "mixed_float16"
    return {
        "made and compiled under it": wrapped(half, half),
        "made before": wrapped("float32", half),
        "made under it alone": wrapped(half, "float32"),
        "auto_scale_loss=False": wrapped(half, half, auto_scale_loss=False),
    }


@attack("trainer.loss-scale-overflow")
def a_model_made_before_the_policy():
    """Does the global policy wrap the optimizer of a model that was made before it was set?"""
    return wrapped("float32", "mixed_float16")


@attack("trainer.schedule")
def generator_by_steps_per_epoch():
    """Count the steps of three batches of a generator, with steps_per_epoch and without."""
    counts = {}
    for options in ({}, {"steps_per_epoch": 3}):
        model = stack(LAYERS.LSTM(2))
        rates = OPTIMIZERS.schedules.ExponentialDecay(0.1, 5, 0.5)
        model.compile(OPTIMIZERS.SGD(rates), "mse", jit_compile=False)
        model.fit(((X, ONE_HOT) for _ in range(3)), shuffle=False, verbose=0, **options)
        counts[str(options)] = int(model.optimizer.iterations)
    return counts


@attack("trainer.optimizer-unchanged")
def clipvalue_in_float16():
    """Is the step NaN in float16 under each limit of 1e6; and is Lamb made again from JSON?"""
    results = {}
    for name in ("clipnorm", "clipvalue", "global_clipnorm"):
        variable = keras.Variable(np.zeros(2), dtype="float16")
        optimizer = OPTIMIZERS.SGD(1.0, **{name: 1e6})
        optimizer.build([variable])
        optimizer.apply([tf.constant([0.5, 0.25], "float16")], [variable])
        results[name] = variable.numpy().tolist()
    kept = OPTIMIZERS.serialize(OPTIMIZERS.Lamb(0.1))
    makers = (OPTIMIZERS.deserialize, keras.saving.deserialize_keras_object)
    return {**results, "Lamb": [type(make(kept)).__name__ for make in makers]}


@attack("trainer.frozen-wrapped")
def states_of_a_frozen_layer():
    """Do the states of a frozen stateful LSTM, and its random seed, stay in a step?"""
    options = {"trainable": False, "stateful": True, "dropout": 0.5}
    layer = LAYERS.LSTM(2, **options)
    model = keras.Sequential([keras.Input(batch_shape=X.shape), layer, LAYERS.Dense(2)])
    before = [np.array(variable) for variable in layer.variables]
    compiled(model).fit(X, ONE_HOT, batch_size=4, verbose=0)
    return all(map(np.array_equal, before, map(np.array, layer.variables)))


@attack("trainer.frozen-by-argument")
def states_of_a_frozen_wrapper():
    """Do the states of a stateful LSTM in a frozen Bidirectional stay in a step?"""
    layer = LAYERS.Bidirectional(LAYERS.LSTM(2, stateful=True), trainable=False)
    model = keras.Sequential([keras.Input(batch_shape=X.shape), layer, LAYERS.Dense(2)])
    compiled(model).fit(X, ONE_HOT, batch_size=4, verbose=0)
    return not np.any(np.array(layer.forward_layer.states[0]))


class Pair(keras.Model):
    """A subclassed model of two outputs in a list."""

    def __init__(self):
        super().__init__()
        self.a = LAYERS.LSTM(1, name="a")
        self.b = LAYERS.LSTM(1, name="b")

    def call(self, x):
        """Call both."""
        return [self.a(x), self.b(x)]


@attack("trainer.structures")
def names_of_a_subclassed_model():
    """Give a subclassed model of outputs in a list its losses or targets by name."""
    y = {"a": ONE_HOT[:, :1], "b": ONE_HOT[:, 1:]}
    losses = {"a": "mse", "b": "mae"}
    x = keras.Input(X.shape[1:])
    layer = LAYERS.LSTM(1, name="a")
    shared = keras.Model(x, [layer(x), layer(-x)])
    return {
        "lists": outcome(lambda: loss_of(compiled(Pair(), ["mse", "mae"]), [*y.values()]) > 0),
        "losses by name": outcome(lambda: loss_of(compiled(Pair(), losses), [*y.values()])),
        "targets by name": outcome(lambda: loss_of(compiled(Pair(), ["mse", "mae"]), y)),
        "names of a shared layer": str(shared.output_names),
    }


@attack("trainer.lists-of-losses")
def bare_targets_and_tuples():
    """Compute two losses of an only output in a list, and three of two outputs in a tuple."""
    y = ONE_HOT[:, :1]
    keras.utils.set_random_seed(1)
    x = keras.Input(X.shape[1:])
    model = compiled(keras.Model(x, [LAYERS.LSTM(1)(x)]), ["mse", "mse"])
    three = ["mse", "mse", "mse"]
    return {
        "bare target": round(loss_of(model, y), 4),
        "target in a list": round(loss_of(model, [y]), 4),
        "three in a list": outcome(lambda: loss_of(two_outputs(list, three), [y, y]))[:40],
        "three in a tuple": outcome(lambda: loss_of(two_outputs(tuple, three), [y, y]) > 0),
    }


@attack("trainer.targets-left-out")
def outputs_in_a_tuple():
    """Do outputs have to be in a list, if targets of the second alone are given?"""
    y = ONE_HOT[:, :1]
    model = two_outputs(tuple, [None, "mse"])
    mean = np.mean((np.array(model(X)[1]) - y) ** 2)
    return not close(loss_of(model, [y]), mean)


@attack("trainer.clone-compiled")
def arguments_that_a_clone_loses():
    """Has the clone the loss of its model: Huber, CosineSimilarity, and weights not decayed?"""
    results = {}
    for loss in (LOSSES.Huber(delta=0.125), LOSSES.CosineSimilarity(axis=0), LOSSES.Tversky(0.25)):
        model = compiled(stack(LAYERS.LSTM(2, activation="sigmoid")), loss)
        clone = keras.models.clone_model(model)
        clone.set_weights(model.get_weights())
        results[loss.name] = close(loss_of(clone, ONE_HOT), loss_of(model, ONE_HOT))
    decay = OPTIMIZERS.AdamW(0.5, weight_decay=0.5)
    decay.exclude_from_weight_decay(var_names=["kernel"])
    model = compiled(stack(LAYERS.LSTM(2)), optimizer=decay)
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    for either in (model, clone):
        either.train_on_batch(X, ONE_HOT)
    results["exclude_from_weight_decay"] = np.allclose(
        clone.get_weights()[0], model.get_weights()[0]
    )
    return results


@attack("trainer.batches-refused")
def generator_of_empty_tuples():
    """Is a generator of () refused with a ValueError, as one of no batch is?"""
    model = compiled(stack(LAYERS.LSTM(2)))
    sources = {"()": [(), ()], "no batch": [], "None": [None]}
    return {
        name: outcome(lambda b=batches: model.evaluate((part for part in b), verbose=0))[:30]
        for name, batches in sources.items()
    }


@attack("trainer.target-axis")
def flat_targets_in_metrics():
    """Do metrics of outputs (batch, 1) take targets (batch,) as a column; and does CTC?"""
    y = ONE_HOT[:, :1]
    results = {}
    for name in ("mse", "Poisson", "Hinge", "binary_crossentropy"):
        model = compiled(stack(LAYERS.LSTM(1, activation="sigmoid")), metrics=[name])
        results[name] = outcome(
            lambda m=model: close(*[m.evaluate(X, z, verbose=0)[1] for z in (y, y[:, 0])])
        )
    ctc = compiled(stack(LAYERS.LSTM(1)), LOSSES.CTC())
    return {**results, "loss CTC": outcome(lambda: ctc.train_on_batch(X, y))[:10]}


@attack("trainer.stretched-targets")
def targets_of_fewer_axes():
    """Give sequences targets (batch, 1), and a single sample of three outputs a flat target."""
    sequences = compiled(stack(LAYERS.LSTM(3, return_sequences=True)))
    final = compiled(stack(LAYERS.LSTM(3)))
    return {
        "(batch, 1) beside (batch, timesteps, 3)": outcome(
            lambda: loss_of(sequences, numbers(4, 1, seed=1)) > 0
        )[:30],
        "(1,) beside (1, 3)": outcome(lambda: loss_of(final, numbers(1, seed=1), X[:1]) > 0),
    }


@attack("trainer.target-misfit")
def targets_without_timesteps():
    """Are targets (3, 2) refused for outputs (3, 3, 2), which have another axis of 3?"""
    model = compiled(stack(LAYERS.LSTM(2, return_sequences=True)))
    return outcome(lambda: loss_of(model, numbers(3, 2, seed=1), X[:3]) > 0)


@attack("trainer.target-count")
def targets_of_a_single_sample():
    """Are targets of shape (1, batch) refused for a batch of 1?"""
    return outcome(
        lambda: loss_of(compiled(stack(LAYERS.LSTM(1))), numbers(1, 1, seed=1), X[:1]) > 0
    )


@attack("trainer.whole-number-targets")
def sequences_of_a_single_class():
    """Take whole numbers for sequences of a single class, without the last axis and with it."""
    loss = LOSSES.SparseCategoricalCrossentropy(from_logits=True)
    shapes = ((2, 3), (2, 3, 1))
    y = np.ones((2, 3, 1), "float32")
    return {str(shape): outcome(lambda s=shape: float(loss(np.zeros(s), y))) for shape in shapes}


@attack("trainer.weighted-epoch")
def penalty_beside_weights():
    """Is the loss doubled by weights of 2, if it holds a penalty?"""
    model = compiled(stack(LAYERS.LSTM(2, kernel_regularizer="l2")))
    losses = [loss_of(model, ONE_HOT, sample_weight=np.full(4, k)) for k in (1.0, 2.0)]
    return close(losses[1], 2 * losses[0])


@attack("trainer.weight-column")
@attack("trainer.weights-on-batch")
def weights_beside_a_sum():
    """Is the loss a mean over all timesteps of all samples under reduction="sum"?"""
    model = stack(LAYERS.LSTM(2, return_sequences=True))
    compiled(model, LOSSES.MeanSquaredError(reduction="sum"))
    y = numbers(4, 3, 2, seed=1)
    mean = np.mean((np.array(model(X)) - y) ** 2)
    return close(model.test_on_batch(X, y, sample_weight=np.ones((4, 3))), mean)


@attack("trainer.weights-of-all-outputs")
def wide_weights_on_a_batch():
    """Is an array of weights (2, 2) refused by evaluate and by test_on_batch?"""
    model = two_outputs(list, "mse")
    y = [ONE_HOT[:2, :1], ONE_HOT[:2, 1:]]
    weight = np.array([[1.0, 2.0], [3.0, 4.0]])
    return {
        "evaluate": outcome(lambda: loss_of(model, y, X[:2], sample_weight=weight))[:20],
        "test_on_batch": outcome(
            lambda: (
                model.test_on_batch(X[:2], y, sample_weight=weight, return_dict=True)["loss"] > 0
            )
        ),
    }


@attack("trainer.class-and-sample-weight")
def weights_by_a_dictionary():
    """Is a generator with weights refused at its first batch; and is a dictionary indexed?"""
    model = compiled(stack(LAYERS.LSTM(2)))
    weights = {0: 1.0, 1: 5.0}
    read = []

    def batches():
        read.append(1)
        yield X, ONE_HOT, np.ones(4)

    return {
        "generator": outcome(lambda: model.fit(batches(), class_weight=weights, verbose=0))[:70],
        "batches read": len(read),
        "np.array(weights)[classes]": outcome(lambda: np.array(weights)[[0, 1]]),
    }


@attack("trainer.weighted-metrics")
def weights_whose_mean_is_1():
    """Do the loss and the weighted metric differ, if the weights sum to the number of samples?"""
    model = compiled(stack(LAYERS.LSTM(2)), weighted_metrics=["mse"])
    weight = np.array([0.5, 1.5, 2.0, 0.0])
    return not close(*model.evaluate(X, ONE_HOT, sample_weight=weight, verbose=0))


@attack("trainer.mask-in-the-loss")
def weights_under_a_mask():
    """Is the loss under a mask the mean of the valid timesteps, if there are weights?"""
    model = compiled(stack(LAYERS.Masking(), LAYERS.LSTM(2, return_sequences=True)))
    y = numbers(4, 3, 2, seed=1)
    weighted = loss_of(model, y, PADDED, sample_weight=np.full((4, 3), 3.0))
    return close(weighted, loss_of(model, y, PADDED))


@attack("trainer.mask-in-the-loss")
def penalty_of_padding():
    """Is the activity penalty that of the valid timesteps?"""
    layer = LAYERS.LSTM(2, return_sequences=True, activity_regularizer=keras.regularizers.L2(1.0))
    model = compiled(stack(LAYERS.Masking(), layer), metrics=["mse"])
    y = np.array(model(PADDED))
    loss, mse = model.evaluate(PADDED, np.zeros_like(y), verbose=0)
    valid = np.any(PADDED != 0, axis=-1)
    return close(loss - mse, np.sum(y[valid] ** 2) / 4)


@attack("trainer.mask-by-batches")
def sequences_padded_alike():
    """Does another batch size give another loss, if all sequences are as long?"""
    model = compiled(stack(LAYERS.Masking(), LAYERS.LSTM(2, return_sequences=True)))
    x = X * np.array([1, 1, 0])[:, None]
    y = numbers(4, 3, 2, seed=1)
    return not close(*[loss_of(model, y, x, batch_size=size) for size in (1, 3)])


@attack("trainer.mask-in-metrics")
def targets_without_the_last_axis():
    """Does "mse" leave out masked timesteps of targets (batch, timesteps)?"""
    model = stack(LAYERS.Masking(), LAYERS.LSTM(1, return_sequences=True))
    compiled(model, lambda z, y: keras.ops.mean((z - y) ** 2), metrics=["mse"])
    return outcome(lambda: model.evaluate(PADDED, numbers(4, 3, seed=1), verbose=0))[:60]


@attack("trainer.mask-in-accuracy")
def hits_of_several_labels():
    """Three labels a timestep, each yes or no: does "accuracy" leave out padding?"""
    model = stack(LAYERS.Masking(), LAYERS.LSTM(3, return_sequences=True))
    compiled(model, "binary_crossentropy", metrics=["accuracy", METRICS.BinaryAccuracy()])
    y = (numbers(4, 3, 3, seed=1) > 0).astype("float32")
    hits = ((np.array(model(PADDED)) > 0.5) == y)[np.any(PADDED, axis=-1)]
    means = {"of all labels": hits.mean(), "of all timesteps": hits.all(axis=-1).mean()}
    reported = model.evaluate(PADDED, y, verbose=0)[1:]
    return [[name for name, mean in means.items() if np.isclose(mean, r)] for r in reported]


@attack("trainer.masks-of-several-outputs")
def masked_outputs_in_a_dictionary():
    """A sequence and its last row in a dictionary, by way of an inner model: is only one masked?"""
    x = keras.Input(X.shape[1:])
    rows = LAYERS.LSTM(2, return_sequences=True)(LAYERS.Masking()(x))
    inner = keras.Model(x, [rows, LAYERS.LSTM(2)(rows)])
    z = keras.Input(X.shape[1:])
    model = keras.Model(z, dict(zip(("rows", "last"), inner(z), strict=True)))
    compiled(model, {"rows": "mae", "last": "mse"})
    rows, last = (np.array(y) for y in inner(PADDED))
    loss = loss_of(model, {"rows": 0 * rows, "last": 0 * last}, PADDED)
    valid = np.any(PADDED, axis=-1)
    return close(loss, np.mean(np.abs(rows[valid])) + np.mean(last**2))


@attack("trainer.class-weight-keys")
def keys_that_are_nearly_numbers():
    """What do the keys "1", 1.0, np.int64(1), "1.0" and True weigh the class 1?"""
    model = compiled(stack(LAYERS.LSTM(1)), optimizer=OPTIMIZERS.SGD(0.0))
    y = np.ones((4, 1), "float32")
    plain = model.train_on_batch(X, y)

    def weight(key):
        return float(round(model.train_on_batch(X, y, class_weight={key: 3.0}) / plain, 3))

    keys = ("1", 1.0, np.int64(1), "1.0", True)
    return {repr(key): outcome(partial(weight, key)) for key in keys}
