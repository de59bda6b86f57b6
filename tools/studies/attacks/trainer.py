"""Attacks on the claims of the chapter `trainer`."""

import gc
import tempfile
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.draw_1 import LSTM, L, close, draw

X = draw(4, 5, 3)
Y = draw(4, 2)
CALLBACKS = keras.callbacks


class Told(CALLBACKS.Callback):
    """Tell numbers, epoch by epoch, as `told`."""

    def __init__(self, *numbers):
        """Keep the numbers."""
        super().__init__()
        self.numbers = numbers

    def on_epoch_end(self, epoch, logs):
        """Tell the number of an epoch."""
        logs["told"] = self.numbers[epoch]


def compiled(*layers, optimizer="sgd", loss="mse", eager=True, **options):
    """Return a compiled Sequential model of open length, with LSTM(2) by default."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((None, 3)), *(layers or [LSTM(2)])])
    model.compile(optimizer, loss, run_eagerly=eager, **options)
    return model


def fitted(model, x=X, y=Y, **options):
    """Train a model for an epoch in batches of two; return the history."""
    return model.fit(x, y, **{"batch_size": 2, "verbose": 0, "shuffle": False, **options}).history


def end(model, *data, **options):
    """Train a model; return its weights."""
    fitted(model, *data, **options)
    return model.get_weights()


def same(weights, others):
    """Return whether all weights are close to others."""
    return all(close(a, b) for a, b in zip(weights, others, strict=True))


@attack("trainer.early-stopping")
def other_ways_to_count():
    """With min_delta, baseline, start_from_epoch, and NaN: after how many epochs?"""
    counts = []
    falling = [5.0, 4.9, 4.8, 4.7, 4.6, 4.5]
    for options in ({}, {"min_delta": 1}, {"baseline": 1.0}, {"start_from_epoch": 3}):
        numbers = falling if options else [5.0, 6.0, 6.0, 6.0, 6.0, 6.0]
        stop = CALLBACKS.EarlyStopping("told", patience=2, mode="min", **options)
        counts.append(len(fitted(compiled(), epochs=6, callbacks=[Told(*numbers), stop])["loss"]))
    stop = CALLBACKS.EarlyStopping("told", patience=2, mode="min")
    numbers = [np.nan, 5.0, 4.0, 3.0, 2.0, 1.0]
    return *counts, len(fitted(compiled(), epochs=6, callbacks=[Told(*numbers), stop])["loss"])


@attack("trainer.early-stopping-restores")
def restored_under_running_means():
    """With use_ema=True, and with start_from_epoch=2: has it the best epoch's weights?"""
    kept = []
    for optimizer, options in (
        (keras.optimizers.SGD(0.5, use_ema=True), {}),
        (keras.optimizers.SGD(0.5), {"start_from_epoch": 2}),
    ):
        model = compiled(optimizer=optimizer)
        ends = []
        note = CALLBACKS.LambdaCallback(
            on_epoch_end=lambda epoch, logs, m=model, k=ends: k.append(m.get_weights())
        )
        stop = CALLBACKS.EarlyStopping(
            "told", patience=2, mode="min", restore_best_weights=True, **options
        )
        numbers = Told(1.0, 5.0, 6.0, 7.0, 8.0, 9.0)
        fitted(model, epochs=6, callbacks=[note, numbers, stop])
        kept.append([same(model.get_weights(), weights) for weights in ends])
    return kept


@attack("trainer.restores-unstopped")
def restored_after_numbers_that_are_none():
    """Where all numbers are NaN, and where start_from_epoch never comes: which weights?"""
    kept = []
    for options, numbers in (({}, [np.nan] * 3), ({"start_from_epoch": 9}, [1.0, 2.0, 3.0])):
        model = compiled()
        ends = []
        note = CALLBACKS.LambdaCallback(
            on_epoch_end=lambda epoch, logs, m=model, k=ends: k.append(m.get_weights())
        )
        stop = CALLBACKS.EarlyStopping(
            "told", patience=9, mode="min", restore_best_weights=True, **options
        )
        fitted(model, epochs=3, callbacks=[note, Told(*numbers), stop])
        kept.append([same(model.get_weights(), weights) for weights in ends])
    return kept


@attack("trainer.checkpoint")
def names_and_thresholds():
    """With {epoch} in the name, a threshold that none beats, a monitor that is missing: files?"""
    counts = []
    for name, options in (
        ("{epoch}.weights.h5", {}),
        ("best.weights.h5", {"initial_value_threshold": 0.5}),
        ("best.weights.h5", {"monitor": "val_loss"}),
    ):
        with tempfile.TemporaryDirectory() as folder:
            keep = CALLBACKS.ModelCheckpoint(
                str(Path(folder) / name),
                save_weights_only=True,
                save_best_only=True,
                mode="min",
                **{"monitor": "told", **options},
            )
            fitted(compiled(), epochs=3, callbacks=[Told(3.0, 2.0, 1.0), keep])
            counts.append(len(list(Path(folder).iterdir())))
    return counts


@attack("trainer.running-logs")
def logs_of_masked_batches():
    """Masked sequences of one and of five timesteps: is the second log the mean of valid ones?"""
    x = X[:2].copy()
    x[0, 1:] = 0
    y = draw(2, 5, 2)
    seen = []
    model = compiled(
        L.Masking(), LSTM(2, return_sequences=True), optimizer=keras.optimizers.SGD(0.0)
    )
    spy = CALLBACKS.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(logs["loss"]))
    fitted(model, x, y, batch_size=1, callbacks=[spy])
    return close(seen[1], model.evaluate(x, y, verbose=0))


@attack("trainer.rate-callback")
def rates_of_other_optimizers():
    """With a schedule, a LossScaleOptimizer, Adam: is the rate that was set in use?"""
    rates = keras.optimizers.schedules.ExponentialDecay(0.5, 1, 0.5)
    sgd = keras.optimizers.SGD
    optimizers = [sgd(rates), keras.optimizers.LossScaleOptimizer(sgd(0.5)), "adam"]

    def moved(optimizer):
        model = compiled(optimizer=optimizer)
        before = model.get_weights()
        still = CALLBACKS.LearningRateScheduler(lambda epoch: 0.0)
        return not same(end(model, callbacks=[still]), before)

    return [outcome(lambda o=optimizer: moved(o)) for optimizer in optimizers]


@attack("trainer.weights-set-on-the-way")
def first_weights_under_adam():
    """With Adam and momentum: does each epoch report what the first did?"""
    equal = []
    for optimizer in ("adam", keras.optimizers.SGD(0.1, 0.9), keras.optimizers.SGD(0.1)):
        model = compiled(optimizer=optimizer)
        first = model.get_weights()
        again = CALLBACKS.LambdaCallback(
            on_epoch_begin=lambda epoch, logs, m=model, w=first: m.set_weights(w)
        )
        losses = fitted(model, epochs=3, callbacks=[again])["loss"]
        equal.append(close(losses, [losses[0]] * 3))
    return equal


@attack("trainer.state-over-epochs")
def validation_between_epochs():
    """With validation_data: does the second epoch go on from the state of the first?"""

    def starts(**options):
        keras.utils.set_random_seed(1)
        layer = LSTM(2, stateful=True)
        seen = []
        model = keras.Sequential([keras.Input(batch_shape=(2, 5, 3)), layer])
        model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)
        note = CALLBACKS.LambdaCallback(
            on_epoch_begin=lambda epoch, logs: seen.append(np.array(layer.states[0]))
        )
        fitted(model, epochs=2, callbacks=[note], **options)
        return seen[1]

    return close(starts(), starts(validation_data=(X, Y), validation_batch_size=2))


@attack("trainer.losses")
def crossentropy_of_probabilities():
    """A saturated sigmoid or softmax under crossentropies of probabilities: is the slope exact?"""
    moved = []
    for loss, activation, y in (
        ("binary_crossentropy", "sigmoid", np.ones((4, 2))),
        ("categorical_crossentropy", "softmax", np.eye(2)[[1, 1, 1, 1]]),
    ):
        for eager in (True, False):
            bias = keras.initializers.Constant(-40) if loss[0] == "b" else up
            model = compiled(
                LSTM(2), L.Dense(2, activation, bias_initializer=bias), loss=loss, eager=eager
            )
            before = model.get_weights()
            moved.append(not same(end(model, X, y, batch_size=4), before))
    return moved


def up(shape, dtype=None):
    """Return a bias that puts the first class far above the second."""
    return np.array([40.0, 0.0], "float32")


@attack("trainer.weights-of-a-whole-loss")
def whole_losses_of_a_class():
    """A class whose call returns one number, by mean and by sum: the mean of the weights?"""

    class Whole(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return keras.ops.mean((y_true - y_pred) ** 2)

    weight = np.array([1.0, 2.0, 3.0, 6.0])
    outcomes = []
    for reduction in ("sum_over_batch_size", "sum"):
        model = compiled(loss=Whole(reduction=reduction))
        plain = model.test_on_batch(X, Y)
        outcomes.append(round(float(model.test_on_batch(X, Y, weight) / plain), 3))
    return outcomes


@attack("trainer.accumulation")
def accumulated_with_constraints_and_decay():
    """AdamW, a constraint and a penalty: do two batches of two train as one of four?"""

    def pair(make, **options):
        ends = []
        for steps, size in ((2, 2), (None, 4)):
            keras.utils.set_random_seed(1)
            model = compiled(LSTM(2, **options), optimizer=make(gradient_accumulation_steps=steps))
            ends.append(end(model, batch_size=size, epochs=3))
        return same(*ends)

    sgd = keras.optimizers.SGD
    halve = {"kernel_constraint": lambda w: w / 2}
    return [
        pair(lambda **a: keras.optimizers.AdamW(0.1, **a)),
        pair(lambda **a: keras.optimizers.Adam(0.1, **a)),
        pair(lambda **a: sgd(0.1, weight_decay=0.1, **a)),
        pair(lambda **a: sgd(0.1, **a), kernel_regularizer="l2"),
        pair(lambda **a: sgd(0.1, **a), kernel_constraint="non_neg"),
        pair(lambda **a: sgd(0.1, **a), **halve),
    ]


@attack("trainer.clipped-norms")
def clipped_rows_of_an_embedding():
    """A token that occurs four times below an LSTM: is its row's gradient clipped to the norm?"""
    lengths = []
    for options in ({"clipnorm": 0.01}, {"global_clipnorm": 0.01}):
        for eager in (True, False):
            keras.utils.set_random_seed(1)
            model = keras.Sequential([keras.Input((4,)), L.Embedding(3, 2), LSTM(2)])
            model.compile(keras.optimizers.SGD(1.0, **options), "mse", run_eagerly=eager)
            before = model.get_weights()[0]
            model.train_on_batch(np.ones((2, 4), int), 9 * np.ones((2, 2)))
            lengths.append(round(float(np.linalg.norm(model.get_weights()[0] - before)), 5))
    return lengths


@attack("trainer.averaged-weights")
def means_that_are_written_back():
    """With ema_overwrite_frequency=1, accumulation, and a layer frozen in training: the mean?"""
    sgd = keras.optimizers.SGD

    def ends(**options):
        model = compiled(optimizer=sgd(0.5, use_ema=True, **options))
        weights = []
        note = CALLBACKS.LambdaCallback(
            on_train_batch_end=lambda batch, logs: weights.append(model.get_weights()[0])
        )
        final = end(model, callbacks=[note], epochs=2)[0]
        mean = weights[0]
        for weight in weights[1:]:
            mean = 0.99 * mean + 0.01 * weight
        return close(final, mean)

    def frozen():
        model = compiled(LSTM(2), L.Dense(2), optimizer=sgd(0.5, use_ema=True))
        fitted(model)
        model.layers[0].trainable = False
        fitted(model)

    outcomes = ends(), ends(ema_overwrite_frequency=1), ends(gradient_accumulation_steps=2)
    return *outcomes, outcome(frozen)


@attack("trainer.swapped-for-evaluate")
def swapped_without_a_step():
    """Before any step, and without use_ema: what comes of the callback?"""
    model = compiled(optimizer=keras.optimizers.SGD(0.5, use_ema=True))
    plain = compiled()
    swap = CALLBACKS.SwapEMAWeights
    fresh = model.evaluate(X, Y, verbose=0)
    return (
        outcome(lambda: close(model.evaluate(X, Y, callbacks=[swap()], verbose=0), fresh)),
        outcome(lambda: plain.evaluate(X, Y, callbacks=[swap()], verbose=0)),
    )


@attack("trainer.loss-scale")
def scales_that_overflow():
    """A gradient of 1e35 under a scale of 2**15, and a scale of 3: the same loss and steps?"""
    sgd = keras.optimizers.SGD
    outcomes = []
    for factor, options in ((1e35, {}), (1.0, {"initial_scale": 3.0})):

        def loss(y_true, y_pred, factor=factor):
            return factor * keras.ops.mean(y_pred - y_true, axis=-1)

        scaled = keras.optimizers.LossScaleOptimizer(sgd(0.1), **options)
        models = [compiled(optimizer=o, loss=loss) for o in (sgd(0.1), scaled)]
        losses = [model.train_on_batch(X, Y) for model in models]
        ends = [model.get_weights() for model in models]
        moved = max(np.abs(a - b).max() for a, b in zip(*ends, strict=True))
        outcomes.append((close(losses[0] / losses[1], 1.0), float(moved)))
    return outcomes


@attack("trainer.loss-scale-overflow")
def moving_means_of_nan():
    """NaN in the input of a BatchNormalization: are its moving mean and variance kept?"""
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.5))
    model = compiled(L.BatchNormalization(), LSTM(2), optimizer=scaled)
    x = X.copy()
    x[0, 0, 0] = np.nan
    model.train_on_batch(x, Y)
    return [weight.path for weight in model.weights if not np.all(np.isfinite(weight))]


@attack("trainer.mixed-precision")
def adam_in_float16():
    """By Adam, with a gradient that is nothing but rounding: one step as in float32?"""
    moves = []
    target = None
    for policy in ("float32", "mixed_float16"):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((5, 3)), LSTM(2, dtype=policy)])
        scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.5))
        model.compile(scaled, "mse", run_eagerly=True)
        before = model.get_weights()
        target = np.array(model(X)) if policy == "float32" else target
        model.train_on_batch(X, target)
        moves.append([b - a for a, b in zip(before, model.get_weights(), strict=True)])
    return max(float(np.abs(a - b).max()) for a, b in zip(*moves, strict=True))


@attack("trainer.schedule")
def steps_that_count():
    """Compiled again, after a skipped step, and with accumulation: the number of steps."""
    sgd = keras.optimizers.SGD
    optimizer = sgd(0.1)
    model = compiled(optimizer=optimizer)
    fitted(model)
    model.compile(optimizer, "mse", run_eagerly=True)
    fitted(model)
    inner = sgd(0.1)
    skipping = compiled(optimizer=keras.optimizers.LossScaleOptimizer(inner))
    skipping.train_on_batch(X, np.full((4, 2), np.nan))
    accumulating = sgd(0.1, gradient_accumulation_steps=2)
    fitted(compiled(optimizer=accumulating))
    return [int(o.iterations) for o in (optimizer, inner, accumulating)]


@attack("trainer.callables")
def callables_of_other_kinds():
    """A class with and without arguments, a partial, an array, a name of one's own: taken?"""

    class Own:
        def __init__(self, rate):
            self.rate = rate

        def __call__(self, weight):
            return self.rate * keras.ops.sum(weight)

    kinds = [Own, Own(1.0), partial(Own(1.0)), Own(1.0).__call__, keras.ops.sum, np.ones((3, 8))]

    def loss(kind):
        layer = LSTM(2, kernel_regularizer=kind)
        layer(X)
        return len(layer.losses)

    def initialized(kind):
        layer = LSTM(2, kernel_initializer=kind)
        layer(X)
        return True

    shapes = [lambda shape: np.ones(shape, "float32"), keras.initializers.Ones, np.ones((3, 8))]
    return [outcome(lambda k=k: loss(k)) for k in kinds], [
        outcome(lambda k=k: initialized(k)) for k in shapes
    ]


@attack("trainer.penalty-frozen")
def activity_of_a_frozen_layer():
    """Frozen, with an activity regularizer, alone and in Bidirectional: is there a penalty?"""
    outcomes = []
    for wrap in (lambda layer: layer, L.Bidirectional):
        model = compiled(wrap(LSTM(2, activity_regularizer="l2", trainable=False)))
        y = np.array(model(X))
        outcomes.append(model.evaluate(X, y, verbose=0) > 0)
    return outcomes


@attack("trainer.penalty-shared")
def shared_by_two_models():
    """A layer in a model and in a model within it, and in a list: is the penalty there once?"""
    layer = LSTM(3, return_sequences=True, kernel_regularizer="l2")
    x = keras.Input((5, 3))
    inner = keras.Sequential([keras.Input((5, 3)), layer])
    model = keras.Model(x, layer(inner(x)))
    model.extra = [layer]
    return len(model.losses)


@attack("trainer.frozen-bidirectional")
def frozen_forwards_only():
    """With a backward_layer that is trainable: how many weights are trainable?"""
    back = LSTM(2, go_backwards=True)
    both = L.Bidirectional(LSTM(2, trainable=False), backward_layer=back)
    both(X)
    return len(both.trainable_weights)


@attack("trainer.epoch-loss")
def fewer_steps_than_samples():
    """With steps_per_epoch, sample weights, stateful: the mean of which samples?"""
    still = keras.optimizers.SGD(0.0)
    weight = np.array([1.0, 2.0, 3.0, 4.0])
    model = compiled(optimizer=still)
    errors = np.mean((np.array(model(X)) - Y) ** 2, axis=1)
    first = fitted(model, steps_per_epoch=1)["loss"][0]
    weighted = fitted(model, sample_weight=weight)["loss"][0]
    return close(first, errors[:2].mean()), close(weighted, (errors * weight).mean())


@attack("trainer.evaluate-twice")
def losses_that_are_no_mean():
    """A root of a mean as loss, an activity penalty, a metric: one result for any batch size?"""

    def root(y_true, y_pred):
        return keras.ops.sqrt(keras.ops.mean((y_true - y_pred) ** 2))

    def pair(model):
        return close(*[model.evaluate(X, Y, batch_size=b, verbose=0) for b in (1, 4)])

    return [pair(compiled(loss=root)), pair(compiled(LSTM(2, activity_regularizer="l1")))]


@attack("trainer.on-batch-alone")
def metrics_of_a_batch():
    """After fit, with metrics: does train_on_batch report its batch, and test_on_batch?"""
    still = keras.optimizers.SGD(0.0)
    model = compiled(optimizer=still, metrics=["mae", keras.metrics.RootMeanSquaredError()])
    fitted(model)
    outcomes = []
    for method in (model.train_on_batch, model.test_on_batch):
        method(X[:2], Y[:2])
        outcomes.append(close(method(X[2:], Y[2:]), model.evaluate(X[2:], Y[2:], verbose=0)))
    return outcomes


class Batches(keras.utils.PyDataset):
    """Batches of two."""

    def __len__(self):
        """Return how many there are."""
        return 2

    def __getitem__(self, k):
        """Return one."""
        return X[2 * k : 2 * k + 2], Y[2 * k : 2 * k + 2]


@attack("trainer.generator")
def generators_of_one_epoch():
    """Without steps for one and two epochs, and with class_weight: epochs, or refused?"""

    def batches():
        yield from (Batches()[k] for k in range(2))

    def run(**options):
        return [
            round(x, 3) for x in compiled().fit(batches(), verbose=0, **options).history["loss"]
        ]

    return [
        outcome(lambda o=options: run(**o))
        for options in ({}, {"epochs": 2}, {"class_weight": {0: 1.0}})
    ]


@attack("trainer.dataset-object")
def shuffled_batches():
    """With the default shuffle: the batches in order in ten epochs? With class_weight: taken?"""
    seen = []

    class Noted(Batches):
        def __getitem__(self, k):
            seen.append(k)
            return super().__getitem__(k)

    compiled().fit(Noted(), epochs=10, verbose=0)
    weighed = outcome(lambda: bool(compiled().fit(Batches(), class_weight={0: 1.0}, verbose=0)))
    return seen == [0, 1] * 10, weighed


@attack("trainer.tf-data")
def data_with_class_weight():
    """With class_weight, batch_size and validation_split beside a dataset: taken?"""
    data = tf.data.Dataset.from_tensor_slices((X, np.eye(2)[[0, 1, 1, 0]])).batch(2)
    return [
        outcome(lambda o=options: bool(compiled().fit(data, verbose=0, **o)))
        for options in ({"class_weight": {0: 2.0}}, {"batch_size": 2}, {"validation_split": 0.5})
    ]


@attack("trainer.accuracy")
def outputs_beyond_one():
    """A single output of 1.7 with the target 2 and 1, of 0.5, and of -0.4: hits?"""
    hits = []
    for output, target in ((1.7, 2), (1.7, 1), (0.5, 0), (0.5, 1), (-0.7, 0), (-0.7, -1)):
        bias = keras.initializers.Constant(output)
        head = L.Dense(1, kernel_initializer="zeros", bias_initializer=bias)
        model = compiled(LSTM(2), head, metrics=["accuracy"])
        hits.append(model.evaluate(X, np.full((4, 1), target), verbose=0)[1])
    return hits


@attack("trainer.validation-split")
def shares_in_floating_point():
    """0.8 of five and of ten samples, 0.25 of five: how many are trained on?"""
    sizes = []
    for share, count in ((0.8, 5), (0.8, 10), (0.25, 5), (0.2, 10)):
        x = draw(count, 5, 3)
        y = draw(count, 2)
        seen = []
        note = CALLBACKS.LambdaCallback(
            on_train_batch_begin=lambda batch, logs, s=seen: s.append(batch)
        )
        done = outcome(
            lambda x=x, y=y, s=share, n=note: bool(
                fitted(compiled(), x, y, batch_size=1, validation_split=s, callbacks=[n])
            )
        )
        sizes.append(len(seen) if done == "True" else done)
    return sizes


@attack("trainer.batches-in-order")
def batches_without_a_step():
    """With gradient_accumulation_steps=2 and three batches: how many steps?"""
    optimizer = keras.optimizers.SGD(0.1, gradient_accumulation_steps=2)
    fitted(compiled(optimizer=optimizer), draw(6, 5, 3), draw(6, 2))
    return int(optimizer.iterations)


@attack("trainer.steps-per-execution")
def more_steps_than_batches():
    """Five samples in batches of two, n = 2 and 8: fit, evaluate and predict as with n = 1?"""
    x = draw(5, 5, 3)
    y = draw(5, 2)
    results = []
    for steps in (1, 2, 8):
        model = compiled(eager=False, steps_per_execution=steps)
        loss = fitted(model, x, y)["loss"][0]
        tested = model.evaluate(x, y, batch_size=2, verbose=0)
        results.append((loss, tested, model.predict(x, batch_size=2, verbose=0)))
    return [all(close(a, b) for a, b in zip(results[0], r, strict=True)) for r in results[1:]]


@attack("trainer.target-axis-of-timesteps")
def other_losses_of_flat_targets():
    """Masked, weighted by timesteps, and losses over an axis: as targets with a last axis of 1?"""
    x = X.copy()
    x[0, 2:] = 0
    y = np.abs(draw(4, 5))
    weight = np.abs(draw(4, 5))

    def pair(loss, *layers, **options):
        model = compiled(*layers, LSTM(1, return_sequences=True), loss=loss)
        flat, full = [model.test_on_batch(x, t, **options) for t in (y, y[..., None])]
        return close(flat, full)

    losses = ["mae", "huber", "binary_crossentropy", "cosine_similarity", "kl_divergence", "hinge"]
    return (
        outcome(lambda: pair("mse", L.Masking())),
        outcome(lambda: pair("mse", sample_weight=weight)),
        {loss: outcome(lambda n=loss: pair(n)) for loss in losses},
    )


@attack("trainer.target-for-every-timestep")
def one_target_under_other_losses():
    """Targets (batch, 1) for (batch, timesteps, 1), by loss, and masked: as repeated ones?"""
    y = np.abs(draw(4, 1))

    def pair(loss, *layers):
        model = compiled(*layers, LSTM(1, return_sequences=True), loss=loss)
        each = np.repeat(y[:, None], 5, 1)
        return close(model.test_on_batch(X, y), model.test_on_batch(X, each))

    losses = ["mse", "binary_crossentropy", "cosine_similarity", "log_cosh", "poisson", "hinge"]
    outcomes = {loss: outcome(lambda n=loss: pair(n)) for loss in losses}
    return outcomes, outcome(lambda: pair("mse", L.Masking()))


@attack("trainer.target-count")
def counts_of_other_data():
    """By train_on_batch, a generator and a PyDataset: are three targets of four refused?"""

    class Short(Batches):
        def __getitem__(self, k):
            return X, Y[:1]

    model = compiled()
    return [
        outcome(lambda: bool(model.train_on_batch(X, Y[:1]))),
        outcome(lambda: bool(model.fit(Short(), verbose=0))),
        outcome(lambda: bool(fitted(model, X, Y[:1]))),
    ]


@attack("trainer.whole-number-targets")
def labels_of_no_class():
    """A label of -1 and of 2 for two classes, and masked: what is the loss?"""
    sparse = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return [
        outcome(lambda c=c: compiled(loss=sparse).test_on_batch(X, np.full(4, c))) for c in (-1, 2)
    ]


@attack("trainer.weight-of-a-sequence")
def losses_of_each_output():
    """A loss function that returns a number for each output: which do flat weights weigh?"""

    def squared(y_true, y_pred):
        return (y_true - y_pred) ** 2

    y = draw(4, 5, 2)
    outcomes = []
    for loss in ("mse", squared):
        model = compiled(LSTM(2, return_sequences=True), loss=loss)
        weight = np.array([1.0, 0, 0, 0])
        exact = np.mean((np.array(model(X)) - y)[0] ** 2) / 4
        outcomes.append(
            outcome(lambda m=model, e=exact, w=weight: close(m.test_on_batch(X, y, w), e))
        )
    model = compiled(LSTM(4, return_sequences=True), loss=squared)
    y4 = draw(4, 5, 4)
    exact = np.mean((np.array(model(X)) - y4)[0] ** 2) / 4
    outcomes.append(outcome(lambda: close(model.test_on_batch(X, y4, weight), exact)))
    return outcomes


@attack("trainer.class-weight")
def classes_of_timesteps():
    """Targets (batch, timesteps) of whole numbers, of several outputs, and of text."""
    sparse = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model = compiled(LSTM(2, return_sequences=True), loss=sparse)
    y = np.array([[0, 1, 1, 0, 0]] * 4)
    plain = model.test_on_batch(X, y)
    return outcome(
        lambda: round(float(model.train_on_batch(X, y, class_weight={1: 3.0}) / plain), 3)
    )


@attack("trainer.mask-and-weight")
def weighted_sum_of_masked():
    """With reduction="sum": is the sum divided by the valid timesteps?"""
    x = X.copy()
    x[0, 2:] = 0
    y = draw(4, 5, 2)
    weight = np.abs(draw(4, 5))
    loss = keras.losses.MeanSquaredError("sum")
    model = compiled(L.Masking(), LSTM(2, return_sequences=True), loss=loss)
    valid = np.any(x != 0, axis=-1)
    errors = np.mean((np.array(model(x)) - y) ** 2, axis=-1) * weight * valid
    return close(model.test_on_batch(x, y, weight), errors.sum() / valid.sum())


@attack("trainer.weighted-epoch")
def weighted_mean_of_a_class():
    """With reduction "mean_with_sample_weight", and under a mask: the sum over their number?"""
    weight = np.array([1.0, 2.0, 3.0, 4.0])
    outcomes = []
    for reduction in ("sum_over_batch_size", "mean_with_sample_weight"):
        model = compiled(loss=keras.losses.MeanSquaredError(reduction))
        errors = np.mean((np.array(model(X)) - Y) ** 2, axis=1)
        outcomes.append(close(model.test_on_batch(X, Y, weight), (errors * weight).mean()))
    return outcomes


@attack("trainer.mask-by-batches")
def weighted_by_samples_under_sum():
    """With reduction="sum" and a last batch of one: weighted by samples?"""
    loss = keras.losses.MeanSquaredError("sum")
    model = compiled(L.Masking(), LSTM(2, return_sequences=True), loss=loss)
    y = draw(4, 5, 2)
    parts = [model.test_on_batch(X[a:b], y[a:b]) for a, b in ((0, 3), (3, 4))]
    return close(model.evaluate(X, y, batch_size=3, verbose=0), np.average(parts, weights=[3, 1]))


@attack("trainer.metric-of-all")
def metrics_of_many_batches():
    """Each in batches of one and at once: which differ?"""
    names = ["mse", "r2_score", "auc", "f1_score", "cosine_similarity", "binary_accuracy"]
    y = np.eye(2)[[0, 1, 1, 0]]
    differ = []
    for name in names:
        model = compiled(LSTM(2), L.Dense(2, "sigmoid"), metrics=[name])
        ones, all_ = [model.evaluate(X, y, batch_size=b, verbose=0)[1] for b in (1, 4)]
        differ += [] if close(ones, all_) else [name]
    return differ


def sequences_model(*behind, loss="mse", **options):
    """Return a compiled model of outputs at all timesteps."""
    rows = LSTM(2, return_sequences=True)
    model = keras.Sequential([keras.Input((5, 3)), rows, *behind])
    model.compile("sgd", loss, **options)
    return model


@attack("trainer.validation")
def validated():
    """With weights, dropout, a smaller last batch: that of the weights at the end?"""
    seen = {}
    for name, fit in {
        "data": {"validation_data": (X, Y)},
        "weighted": {"validation_data": (X, Y, np.array([0.0, 1, 2, 3]))},
        "smaller": {"validation_data": (X[:3], Y[:3]), "validation_batch_size": 2},
    }.items():
        model = compiled(LSTM(2, dropout=0.5))
        data = fit["validation_data"]
        reported = fitted(model, epochs=2, batch_size=2, **fit)
        reported = reported.history if hasattr(reported, "history") else reported
        x, y, *weights = data
        now = model.evaluate(x, y, sample_weight=weights[0] if weights else None, verbose=0)
        seen[name] = outcome(lambda t=reported, n=now: bool(np.isclose(t["val_loss"][-1], n)))[:60]
    return seen


@attack("trainer.penalty-in-the-loss")
def penalties_and_metrics():
    """Of weights, activity and add_loss; in fit, evaluate, test_on_batch: loss less metric?"""
    seen = {}
    for name in ("kernel_regularizer", "bias_regularizer", "activity_regularizer"):
        layer = LSTM(2, **{name: "l2"})
        model = compiled(layer, metrics=["mse"])
        loss, metric = model.evaluate(X, Y, verbose=0)
        layer(X)
        seen[name] = bool(np.isclose(loss - metric, float(sum(layer.losses)), atol=1e-5))
    return seen


@attack("trainer.target-misfit")
def misfits():
    """By loss and shape of targets, in fit and evaluate, compiled: refused?"""
    seen = {}
    targets = {"wide": (4, 3), "rows": (4, 5, 2), "flat": (4,), "one": (4, 1), "deep": (4, 2, 1)}
    for (name, shape), loss in [(t, k) for t in targets.items() for k in ("mse", "mae", "huber")]:
        model = compiled(LSTM(2), loss=loss, eager=False)
        seen[name, loss] = outcome(lambda m=model, s=shape: m.evaluate(X, np.ones(s), verbose=0))[
            :11
        ]
    rows = sequences_model()
    shapes = ((4, 4, 2), (4, 5, 3), (4, 2), (4, 1, 2), (4, 5))
    return seen, [outcome(lambda s=s: rows.evaluate(X, np.ones(s), verbose=0))[:11] for s in shapes]


@attack("trainer.targets-of-one-axis")
def targets_of_one_axis():
    """By loss, outputs and a last batch of one sample: is each output compared with all targets?"""
    seen = {}
    flat = np.arange(4, dtype="float32")
    for loss, power in (("mse", 2), ("mae", 1)):
        for units, batch in [(1, 4), (1, 3), (4, 4), (2, 4), (2, 1)]:
            layer = LSTM(units, return_sequences=units == 1)
            model = compiled(layer, loss=loss, eager=False)
            seen[loss, units, batch] = outcome(
                lambda m=model, b=batch: m.evaluate(X, flat, batch_size=b, verbose=0)
            )[:11]
        model = compiled(LSTM(1, return_sequences=True), loss=loss)
        apart = np.abs(model.predict(X, verbose=0) - flat) ** power
        seen[loss] = bool(np.isclose(model.evaluate(X, flat, verbose=0), apart.mean()))
    return seen


@attack("trainer.weight-of-a-sequence-square")
@attack("trainer.class-weight-of-timesteps")
@attack("trainer.weighted-metrics")
def weights_over_time():
    """As many samples as timesteps, classes of timesteps, metrics: what is weighted?"""
    x = draw(5, 5, 3)
    model = sequences_model(metrics=["mse"], weighted_metrics=["mae"])
    y = np.ones((5, 5, 2), "float32")
    weights = np.array([0, 1, 2, 3, 4.0])
    each = np.mean((np.array(model(x)) - y) ** 2, axis=-1)
    reported = model.evaluate(x, y, sample_weight=weights, verbose=0, return_dict=True)
    by_sample = np.mean(weights[:, None] * each)
    by_time = np.mean(weights * each)
    square = (
        bool(np.isclose(reported["loss"], by_sample)),
        bool(np.isclose(reported["loss"], by_time)),
    )
    plain = bool(np.isclose(reported["mse"], np.mean(each)))
    classes = sequences_model(loss="categorical_crossentropy")
    one_hot = np.eye(2)[np.random.RandomState(0).randint(0, 2, (5, 5))]
    fit = partial(classes.fit, x, one_hot, verbose=0)
    return square, plain, outcome(lambda: fit(class_weight={0: 1.0, 1: 2.0}))[:80]


@attack("trainer.mask-of-a-final-output")
def final_outputs():
    """Behind Bidirectional, a Dense, with weights, masked throughout: does each count alike?"""
    x = X.copy()
    x[0, 2:] = 0
    x[1] = 0
    seen = []
    for layer in (LSTM(2), keras.layers.Bidirectional(LSTM(1))):
        model = compiled(L.Masking(), layer, L.Dense(2))
        each = np.mean((np.array(model(x)) - Y) ** 2, axis=-1)
        seen.append(bool(np.isclose(model.evaluate(x, Y, verbose=0), np.mean(each))))
    return seen


@attack("trainer.loss-functions")
def functions_as_losses():
    """One number, one a sample, one an output; in evaluate of a smaller last batch: alike?"""

    def square(t, y):
        return keras.ops.square(t - y)

    functions = {
        "output": square,
        "sample": lambda t, y: keras.ops.mean(square(t, y), axis=-1),
        "one": lambda t, y: keras.ops.mean(square(t, y)),
        "rows": lambda t, y: keras.ops.mean(square(t, y), axis=-1, keepdims=True),
    }
    seen = {}
    for name, function in functions.items():
        model = compiled(LSTM(2), loss=function, eager=False)
        model.set_weights([np.full_like(w, 0.1) for w in model.get_weights()])
        reported = model.evaluate(X, Y, batch_size=3, verbose=0)
        fitted(model, epochs=2, batch_size=3)
        seen[name] = round(reported, 4), round(float(model.get_weights()[0].sum()), 4)
    return seen


@attack("trainer.shuffled-anew")
@attack("trainer.generators-unshuffled")
def orders():
    """Of arrays after a seed, a generator, a PyDataset: in which order over three epochs?"""
    seen = {}
    rows = []

    class Recorder(keras.layers.Layer):
        def call(self, x):
            rows.append(np.array(x)[:, 0, 0].astype(int).tolist())
            return x

    x = np.arange(9, dtype="float32")[:, None, None] * np.ones((1, 2, 1), "float32")

    def batches():
        while True:
            for k in range(0, 9, 3):
                yield x[k : k + 3], np.zeros((3, 2))

    for name, data in {"arrays": (x, np.zeros((9, 2))), "generator": (batches(),)}.items():
        keras.utils.set_random_seed(1)
        model = keras.Sequential([Recorder(), LSTM(2)])
        model.compile("sgd", "mse", run_eagerly=True)
        rows.clear()
        model.fit(
            *data,
            batch_size=3 if name == "arrays" else None,
            epochs=3,
            shuffle=True,
            steps_per_epoch=3,
            verbose=0,
        )
        kept = [row for row in rows if len(row) == 3][-9:]
        seen[name] = np.array(kept).reshape(3, -1).tolist()
    return seen


@attack("trainer.callbacks-by-execution")
def calls_by_execution():
    """Of 7 batches with n of 2, 3 and 10, in evaluate and predict too: how many calls?"""
    seen = {}
    x = draw(7, 5, 3)
    y = draw(7, 2)
    for n in (1, 2, 3, 10):
        count = {"train": 0, "test": 0, "predict": 0}

        class Counter(CALLBACKS.Callback):
            def on_train_batch_end(self, batch, logs=None, count=count):
                count["train"] += 1

            def on_test_batch_end(self, batch, logs=None, count=count):
                count["test"] += 1

            def on_predict_batch_end(self, batch, logs=None, count=count):
                count["predict"] += 1

        model = compiled(LSTM(2), eager=False, steps_per_execution=n)
        given = {"batch_size": 1, "callbacks": [Counter()], "verbose": 0}
        model.fit(x, y, **given)
        model.evaluate(x, y, **given)
        model.predict(x, **given)
        seen[n] = tuple(count.values())
    return seen


@attack("trainer.optimizers")
def formulas():
    """SGD with Nesterov, Adam with amsgrad, RMSprop centered, Adagrad: as the formulas say?"""
    optimizers = keras.optimizers
    seen = {}
    for name, make in {
        "sgd": lambda: optimizers.SGD(0.1),
        "momentum": lambda: optimizers.SGD(0.1, momentum=0.9),
        "adagrad": lambda: optimizers.Adagrad(0.1, initial_accumulator_value=0.1, epsilon=1e-7),
        "adam": lambda: optimizers.Adam(0.1),
        "rmsprop": lambda: optimizers.RMSprop(0.1, rho=0.9),
    }.items():
        w = keras.Variable(np.array([1.0, -2.0], "float32"))
        optimizer = make()
        value = np.array([1.0, -2.0])
        m = 0.0
        v = 0.1 if name == "adagrad" else 0.0
        for t in range(1, 4):
            g = np.array([0.5, -0.25]) * t
            optimizer.apply([keras.ops.convert_to_tensor(g.astype("float32"))], [w])
            if name == "sgd":
                value = value - 0.1 * g
            elif name == "momentum":
                m = 0.9 * m - 0.1 * g
                value = value + m
            elif name == "adagrad":
                v = v + g**2
                value = value - 0.1 * g / np.sqrt(v + 1e-7)
            elif name == "rmsprop":
                v = 0.9 * v + 0.1 * g**2
                value = value - 0.1 * g / np.sqrt(v + 1e-7)
            else:
                m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
                root = np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
                value = value - 0.1 * root * m / (np.sqrt(v) + 1e-7)
        seen[name] = bool(np.allclose(np.array(w), value, atol=1e-5))
    return seen


@attack("trainer.accumulation-carried")
def left_over():
    """Three batches with n = 2, by train_on_batch and over two fits: how many steps?"""
    seen = []
    for epochs in ((1,), (2,), (1, 1)):
        model = compiled(
            LSTM(2), optimizer=keras.optimizers.SGD(0.1, gradient_accumulation_steps=2)
        )
        steps = []
        before = model.get_weights()
        for epoch in epochs:
            for _ in range(3 * epoch):
                model.train_on_batch(X, Y)
                now = model.get_weights()
                steps.append(not same(before, now))
                before = now
        seen.append(sum(steps))
    return seen


@attack("trainer.swapped-for-predict")
def swapped_weights():
    """After predict, evaluate and an interrupted predict: the weights that it had?"""
    model = compiled(LSTM(2), optimizer=keras.optimizers.SGD(0.5, use_ema=True))
    model.train_on_batch(X, Y)
    model.train_on_batch(X, -Y)
    seen = []
    for run in (
        lambda: model.evaluate(X, Y, verbose=0, callbacks=[CALLBACKS.SwapEMAWeights()]),
        lambda: model.predict(X, verbose=0, callbacks=[CALLBACKS.SwapEMAWeights()]),
    ):
        before = model.get_weights()
        words = outcome(run)[:20]
        seen.append((words, same(before, model.get_weights())))
    return seen


@attack("trainer.state-reset-by-a-callback")
def reset_in_callbacks():
    """Compiled, with validation, in Bidirectional: does each epoch start from zeros?"""
    seen = []
    for wrap in (lambda layer: layer, keras.layers.Bidirectional):
        layer = wrap(LSTM(2, stateful=True))
        model = keras.Sequential([keras.Input((5, 3), batch_size=4), layer])
        model.compile(keras.optimizers.SGD(0.0), "mse")
        reset = CALLBACKS.LambdaCallback(on_epoch_begin=lambda e, logs, f=layer: f.reset_state())
        reported = []
        for callbacks in ([reset], []):
            layer.reset_state()
            y = np.ones((4, model.output_shape[-1]))
            history = model.fit(X, y, batch_size=4, epochs=3, verbose=0, callbacks=callbacks)
            reported.append(len({round(v, 6) for v in history.history["loss"]}))
        seen.append(reported)
    return seen


@attack("trainer.memory")
def objects_left():
    """After 60 calls of five methods each: how many Python objects more?"""
    model = compiled(LSTM(2), eager=False)
    calls = [
        lambda: model.predict(X, verbose=0),
        lambda: model.evaluate(X, Y, verbose=0),
        lambda: model.predict_on_batch(X),
        lambda: model.train_on_batch(X, Y),
        lambda: model.fit(X, Y, verbose=0),
    ]
    seen = []
    for call in calls:
        for _ in range(10):
            call()
        gc.collect()
        before = len(gc.get_objects())
        for _ in range(60):
            call()
        gc.collect()
        seen.append(len(gc.get_objects()) - before)
    return seen


@attack("trainer.callables-in-bidirectional")
def functions_in_both():
    """A regularizer, constraint and initializer that is a function, registered or not: taken?"""
    seen = {}
    for name, function in {
        "kernel_regularizer": lambda w: keras.ops.sum(w),
        "kernel_constraint": lambda w: w,
        "kernel_initializer": up,
    }.items():
        taken = outcome(
            lambda n=name, f=function: keras.layers.Bidirectional(LSTM(2, **{n: f}))(X).shape
        )
        seen[name] = taken[:60]
    return seen


@attack("trainer.activity-time-distributed")
def penalties_of_slices():
    """In a call, a model, fit: how many losses has the wrapper?"""
    slices = np.stack([X, -X], axis=1)
    layer = keras.layers.TimeDistributed(LSTM(2, activity_regularizer="l2"))
    layer(slices)
    model = keras.Sequential([keras.Input((2, 5, 3)), layer])
    model.compile("sgd", "mse")
    y = np.array(model(slices))
    return len(layer.losses), len(layer.layer.losses), model.evaluate(slices, y, verbose=0)


@attack("trainer.frozen-by-argument")
def frozen_wrappers():
    """Of three wrappers, by argument and by attribute: does a step move a weight?"""
    seen = {}
    slices = np.stack([X, X], axis=1)
    for name, make, x in (
        ("both", lambda **o: keras.layers.Bidirectional(LSTM(2), **o), X),
        ("rnn", lambda **o: keras.layers.RNN(keras.layers.LSTMCell(2), **o), X),
        ("slices", lambda **o: keras.layers.TimeDistributed(LSTM(2), **o), slices),
    ):
        moved = []
        for option in ({"trainable": False}, {}):
            layer = make(**option)
            layer.build(x.shape)
            if not option:
                layer.trainable = False
            model = keras.Sequential([keras.Input(x.shape[1:]), layer, L.Dense(1)])
            model.compile("sgd", "mse")
            before = layer.get_weights()
            model.fit(x, np.ones((len(x), *model.output_shape[1:])), verbose=0)
            moved.append(not same(before, layer.get_weights()))
        seen[name] = moved
    return seen


@attack("trainer.mirrored-remainder")
def one_device():
    """On one device a remainder is no matter: does the strategy of one train as none does?"""
    seen = []
    for strategy in (tf.distribute.MirroredStrategy(["CPU:0"]), None):
        scope = strategy.scope() if strategy else tf.name_scope("none")
        with scope:
            model = keras.Sequential([keras.Input((5, 3)), LSTM(2)])
            model.set_weights([np.full_like(w, 0.1) for w in model.get_weights()])
            model.compile(keras.optimizers.SGD(0.1), "mse")
        model.fit(X[:3], Y[:3], batch_size=2, shuffle=False, verbose=0)
        seen.append(model.get_weights())
    return same(*seen)


@attack("trainer.accumulation")
def accumulated_means():
    """With use_ema: the weights of one step for two batches?"""
    weights = []
    for steps, size in ((2, 2), (None, 4)):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((5, 3)), LSTM(2)])
        options = {"use_ema": True, "ema_momentum": 0.5, "gradient_accumulation_steps": steps}
        model.compile(keras.optimizers.SGD(0.5, **options), "mse")
        model.fit(X, Y, batch_size=size, epochs=3, shuffle=False, verbose=0)
        weights.append(model.get_weights())
    return [close(a, b) for a, b in zip(*weights, strict=True)]


@attack("trainer.class-weight-of-a-dataset")
def class_weights_of_other_datasets():
    """Targets of truth values, a dictionary of outputs, weights beside: taken?"""
    seen = {}
    targets = {"bool": Y[:, :1] > 0, "two": {"a": Y, "b": Y}, "timesteps": draw(4, 5, 2)}
    for name, y in targets.items():
        model = keras.Sequential([keras.Input((5, 3)), LSTM(2, return_sequences=y is not Y)])
        if name == "bool":
            model = keras.Sequential([keras.Input((5, 3)), LSTM(1)])
        model.compile("sgd", "mse")
        data = tf.data.Dataset.from_tensor_slices((X, y)).batch(2)
        seen[name] = outcome(
            lambda m=model, d=data: m.fit(d, class_weight={0: 1.0, 1: 2.0}, verbose=0).history
        )
    return seen


@attack("trainer.backup")
def backups_of_batches():
    """With save_freq of batches, broken off within an epoch: does it end as if unbroken?"""
    weights = []
    for broken in (False, True):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((5, 3)), LSTM(2)])
        model.compile(keras.optimizers.SGD(0.5), "mse")
        with tempfile.TemporaryDirectory() as folder:

            def stop(batch, logs, broken=broken):
                if broken and batch == 1:
                    raise InterruptedError(batch)

            for callbacks in ([CALLBACKS.LambdaCallback(on_train_batch_end=stop)], []):
                backup = CALLBACKS.BackupAndRestore(folder + "/backup", save_freq=1)
                if broken or not callbacks:
                    options = {"callbacks": [backup, *callbacks], "verbose": 0, "shuffle": False}
                    outcome(lambda m=model, o=options: m.fit(X, Y, batch_size=1, **o))
        weights.append(model.get_weights())
    return [close(a, b) for a, b in zip(*weights, strict=True)]


@attack("trainer.own-loop")
def own_steps_of_other_models():
    """Stateful, and with penalties added by hand: as fit?"""
    weights = []
    for own in (False, True):
        keras.utils.set_random_seed(0)
        layer = LSTM(2, kernel_regularizer="l2")
        model = keras.Sequential([keras.Input((5, 3)), layer])
        optimizer = keras.optimizers.SGD(0.5)
        if own:
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((model(X, training=True) - Y) ** 2) + sum(model.losses)
            slopes = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(slopes, model.trainable_variables, strict=True))
        else:
            model.compile(optimizer, "mse")
            model.train_on_batch(X, Y)
        weights.append(model.get_weights())
    return [close(a, b) for a, b in zip(*weights, strict=True)]


class Noted(L.Layer):
    """Notes the samples that it meets, which are numbers from 0 on, in lists."""

    def __init__(self):
        """Begin with no list."""
        super().__init__()
        self.notes = []

    def begin(self, *_):
        """Begin a further list."""
        self.notes.append([])

    def call(self, x):
        """Note the samples."""
        if tf.executing_eagerly():
            self.notes[-1] += [int(number) for number in np.ravel(x)]
        return x


def noted(batches=1, **options):
    """Return the samples, of six, that each epoch met, and each validation."""
    layer = Noted()
    model = keras.Sequential([keras.Input((1,)), layer, L.Dense(1)])
    model.compile(run_eagerly=True, loss="mse", steps_per_execution=batches)
    layer.begin()
    x = np.arange(6.0)[:, None]
    note = CALLBACKS.LambdaCallback(on_epoch_begin=layer.begin)
    note.on_test_begin = layer.begin
    if options.pop("validate", False):
        options["validation_data"] = (x, x)
    model.fit(x, x, verbose=0, callbacks=[note], **options)
    return [list(note) for note in layer.notes[1:]]


@attack("trainer.steps-per-epoch")
def which_samples_an_epoch_takes():
    """No batch_size, a remainder, more steps, shuffled, several by execution: which samples?"""
    plain = {"shuffle": False, "epochs": 3}
    return {
        "no batch_size": noted(steps_per_epoch=2, **plain),
        "remainder": noted(steps_per_epoch=2, batch_size=2, **plain),
        "more steps": noted(steps_per_epoch=4, batch_size=2, **plain),
        "shuffled": noted(steps_per_epoch=1, batch_size=2, epochs=3),
        "by execution": noted(2, steps_per_epoch=1, batch_size=1, **plain),
    }


@attack("trainer.validation-steps")
def which_samples_a_validation_takes():
    """No batch_size, more steps than batches, several by execution, a validation_split: which?"""
    plain = {"shuffle": False, "epochs": 2, "validate": True}
    split = {**plain, "validate": False, "validation_split": 0.5}
    return {
        "no batch_size": noted(validation_steps=2, **plain)[1::2],
        "batch_size": noted(validation_steps=2, batch_size=2, **plain)[1::2],
        "more steps": noted(validation_steps=4, batch_size=2, **plain)[1::2],
        "by execution": noted(2, validation_steps=1, batch_size=2, **plain)[1::2],
        "split": noted(validation_steps=1, batch_size=1, **split)[1::2],
    }


@attack("trainer.first-steps")
def how_many_are_predicted():
    """No batch_size, more steps than batches, several by execution, a Dataset twice: how many?"""
    model = compiled()
    by_execution = compiled(steps_per_execution=2)
    data = tf.data.Dataset.from_tensor_slices(X).batch(1)
    counts = [
        outcome(lambda o=options, m=asked: len(m.predict(X, verbose=0, **o)))
        for asked, options in (
            (model, {"steps": 2}),
            (model, {"steps": 9, "batch_size": 2}),
            (by_execution, {"steps": 1, "batch_size": 1}),
            (by_execution, {"steps": 3, "batch_size": 1}),
        )
    ]
    twice = [model.predict(data, steps=2, verbose=0) for _ in range(2)]
    return counts, close(*twice), close(twice[0], model.predict(X[:2], verbose=0))


@attack("trainer.first-steps")
@attack("trainer.steps-per-execution")
def evaluated_by_execution():
    """evaluate with steps=1 of one sample and two steps by execution: the loss of how many?"""
    models = [compiled(), compiled(steps_per_execution=2, eager=False)]
    losses = [m.evaluate(X, Y, batch_size=1, steps=1, verbose=0) for m in models]
    return close(losses[1], losses[0]), close(
        losses[1], models[0].evaluate(X[:2], Y[:2], verbose=0)
    )


@attack("trainer.validation-freq")
def frequencies_of_other_kinds():
    """initial_epoch, tuples, a range, 0, a list beyond the end: after which epochs?"""
    seen = {}
    for name, options in {
        "initial_epoch": {"validation_freq": 2, "initial_epoch": 1},
        "list from 2 on": {"validation_freq": [1, 3], "initial_epoch": 2},
        "tuple": {"validation_freq": (1, 3)},
        "range": {"validation_freq": range(2)},
        "numpy": {"validation_freq": np.int64(2)},
        "zero": {"validation_freq": 0},
        "beyond": {"validation_freq": [9]},
        "split": {"validation_freq": 3, "validation_split": 0.5},
    }.items():
        when = []
        note = CALLBACKS.LambdaCallback(
            on_epoch_end=lambda epoch, logs, w=when: w.append((epoch + 1, "val_loss" in logs))
        )
        if "validation_split" not in options:
            options["validation_data"] = (X, Y)
        result = outcome(lambda o=options, n=note: fitted(compiled(), epochs=4, callbacks=[n], **o))
        seen[name] = [epoch for epoch, validated in when if validated] or result[:50]
    return seen


@attack("trainer.initial-epoch")
def epochs_that_begin_late():
    """k above epochs, a LearningRateScheduler, a schedule of the optimizer: what comes of them?"""
    rates = []
    schedule = keras.optimizers.schedules.ExponentialDecay(1.0, 2, 0.1, staircase=True)
    model = compiled(optimizer=keras.optimizers.SGD(schedule))
    note = CALLBACKS.LambdaCallback(
        on_epoch_begin=lambda *_: rates.append(float(model.optimizer.learning_rate))
    )
    fitted(model, epochs=4, initial_epoch=2, callbacks=[note])
    epochs = []
    by_epoch = CALLBACKS.LearningRateScheduler(lambda epoch, rate: epochs.append(epoch) or rate)
    fitted(compiled(), epochs=4, initial_epoch=2, callbacks=[by_epoch])
    return fitted(compiled(), epochs=2, initial_epoch=3), epochs, rates


@attack("trainer.beside-a-source")
def what_is_beside_a_source():
    """validation_split beside validation_data, arrays to validate by, an iterator, x alone?"""
    model = compiled()
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(2)

    def batches():
        yield X, Y

    def fit(source, **options):
        return outcome(lambda: sorted(model.fit(source, verbose=0, **options).history))[:90]

    return [
        fit(data, validation_data=(X, Y), validation_split=0.5),
        fit(batches(), validation_data=(X, Y)),
        fit(iter([(X, Y)]), y=Y),
        fit(iter([(X, Y)])),
        fit(data, sample_weight=[]),
        outcome(lambda: model.evaluate(data, Y, verbose=0)),
    ]


@attack("trainer.weights-on-batch")
def weights_of_other_batches():
    """Timesteps, a mask, whole numbers, two outputs, both weights: as fit weighs?"""
    seen = {}
    ids = np.array([0, 1, 1, 0])
    steps = draw(4, 5, 2)
    masked = [L.Masking(), LSTM(2, return_sequences=True)]
    blank = X * (np.arange(5) < 3)[:, None]
    for name, layers, x, y, weights in (
        ("one-hot", [LSTM(2)], X, np.eye(2)[ids], {"class_weight": {0: 2.0, 1: 5.0}}),
        ("column", [LSTM(1)], X, ids[:, None], {"class_weight": {1: 5.0}}),
        ("flat", [LSTM(1)], X, ids, {"class_weight": {1: 5.0}}),
        ("bool", [LSTM(1)], X, ids > 0, {"class_weight": {1: 5.0}}),
        ("timesteps", [LSTM(2, return_sequences=True)], X, steps, {"class_weight": {1: 5.0}}),
        ("masked", masked, blank, steps, {"sample_weight": np.arange(4.0)}),
        ("zero", [LSTM(2)], X, Y, {"sample_weight": np.zeros(4)}),
        ("both", [LSTM(2)], X, Y, {"sample_weight": np.ones(4), "class_weight": {0: 1.0}}),
    ):
        whole = outcome(lambda a=(layers, x, y, weights): ends(True, *a))[:60]
        fit = outcome(lambda a=(layers, x, y, weights): ends(False, *a))[:60]
        seen[name] = whole == fit or (whole, fit)
    return seen


def ends(by_batch, layers, x, y, weights):
    """Return the loss of a step of clones of layers, and a sum of the weights after it."""
    model = compiled(*[layer.from_config(layer.get_config()) for layer in layers])
    model.set_weights([draw(*w.shape) for w in model.get_weights()])
    if by_batch:
        loss = model.train_on_batch(x, y, **weights)
    else:
        loss = model.fit(x, y, verbose=0, **weights).history["loss"][0]
    return [f"{float(v):.4f}" for v in (loss, sum(w.sum() for w in model.get_weights()))]


def heads(form=list, loss="mse", **options):
    """Return a model of two outputs, in a list or a dictionary."""
    keras.utils.set_random_seed(1)
    x = keras.Input((None, 3))
    outputs = {name: L.Dense(1, name=name)(LSTM(2)(x)) for name in "ab"}
    model = keras.Model(x, outputs if form is dict else list(outputs.values()))
    model.compile("sgd", loss, run_eagerly=True, **options)
    return model


@attack("trainer.weights-on-batch")
def class_weights_of_two_outputs_on_a_batch():
    """Two outputs, flat targets of two samples, and columns of four: refused, as fit refuses?"""
    ids = np.array([0.0, 1.0], "float32")
    weights = {0: 1.0, 1: 5.0}
    return [
        outcome(lambda: heads().train_on_batch(X[:2], [ids, ids], class_weight=weights)),
        outcome(lambda: heads().train_on_batch(X[:2], [ids, ids])),
        outcome(lambda: heads().train_on_batch(X, [Y[:, :1]] * 2, class_weight=weights)),
    ]


@attack("trainer.class-weight-of-outputs")
def class_weights_of_two_outputs():
    """Dictionaries, one loss, tf.data, a PyDataset, a single batch, one output in a list?"""
    weights = {0: 1.0, 1: 5.0}
    y = (Y > 0).astype("float32")
    pair = [y[:, :1], y[:, 1:]]
    named = {"a": pair[0], "b": pair[1]}

    class Pairs(keras.utils.PyDataset):
        def __init__(self, flat=False):
            super().__init__()
            self.batch = (X[:2], tuple(t[:2, 0] for t in pair)) if flat else (X, tuple(pair))

        def __len__(self):
            return 1

        def __getitem__(self, k):
            return self.batch

    def fit(model, *data):
        return outcome(lambda: model.fit(*data, class_weight=weights, verbose=0).history)[:110]

    x = keras.Input((None, 3))
    single = keras.Model(x, [LSTM(1)(x)])
    single.compile("sgd", "mse", run_eagerly=True)
    return {
        "dictionary": fit(heads(dict), X, named),
        "one loss": fit(heads(loss=["mse", None]), X, pair[0]),
        "tf.data": fit(heads(), tf.data.Dataset.from_tensor_slices((X, tuple(pair))).batch(2)),
        "PyDataset": fit(heads(), Pairs()),
        "PyDataset of two": outcome(
            lambda: heads().fit(Pairs(flat=True), class_weight=weights, verbose=0).history
        ),
        "one in a list": fit(single, X, [pair[0]]),
    }


@attack("trainer.weights-of-all-outputs")
def weights_of_outputs_elsewhere():
    """Dictionaries, tuples, a weight for a name, tf.data, a batch, other shapes: each as listed?"""
    weight = np.array([1.0, 0.0, 2.0, 5.0], "float32")
    y = (Y[:, :1], Y[:, 1:])
    named = dict(zip("ab", y, strict=True))
    exact = heads().test_on_batch(X, list(y), sample_weight=[weight, weight])[0]

    def loss(model, *data, **options):
        return outcome(lambda: close(model.evaluate(*data, verbose=0, **options)[0], exact))[:100]

    data = tf.data.Dataset.from_tensor_slices((X, y, weight)).batch(4)
    return {
        "dictionary": loss(heads(dict), X, named, sample_weight=weight),
        "names for a list": loss(heads(), X, named, sample_weight=weight),
        "a list for names": loss(heads(), X, named, sample_weight=[weight, weight]),
        "names for both": loss(heads(), X, named, sample_weight=dict.fromkeys("ab", weight)),
        "names of weights": loss(heads(), X, list(y), sample_weight=dict.fromkeys("ab", weight)),
        "tuple": loss(heads(), X, y, sample_weight=weight),
        "a tuple of weights": loss(heads(), X, list(y), sample_weight=(weight, weight)),
        "a list of numbers": loss(heads(), X, list(y), sample_weight=weight.tolist()),
        "tf.data": loss(heads(), data),
        "batch": outcome(
            lambda: close(heads().test_on_batch(X, list(y), sample_weight=weight)[0], exact)
        ),
    }


@attack("trainer.crossentropy-by-shape")
def crossentropies_by_other_shapes():
    """Sequences, capitals, flat binary targets, several labels, one class, a metric's name?"""
    ids = np.array([[0, 1, 2, 0, 1]] * 4)
    long = LSTM(3, activation="softmax", return_sequences=True)
    short = LSTM(3, activation="softmax")
    labels = np.array([[1, 1, 0]] * 4, "float32")
    single = LSTM(1, activation="sigmoid")
    pairs = {
        "sequences of ids": (long, ids, "sparse_categorical_crossentropy"),
        "one-hot sequences": (long, np.eye(3)[ids], "categorical_crossentropy"),
        "flat binary": (single, ids[:, 1], "binary_crossentropy"),
        "several labels": (short, labels, "binary_crossentropy"),
        "ids of two bits": (single, ids[:, :1], "binary_crossentropy"),
    }
    seen = {}
    for name, (layer, y, loss) in pairs.items():
        copies = [layer.from_config(layer.get_config()) for _ in range(2)]
        models = [compiled(copies[0], loss="CE"), compiled(copies[1], loss=loss)]
        models[1].set_weights(models[0].get_weights())
        seen[name] = close(*[model.evaluate(X, y, verbose=0) for model in models])
    seen["metric"] = outcome(
        lambda: compiled(single, metrics=["crossentropy"]).evaluate(X, ids[:, :1], verbose=0)
    )[:70]
    return seen


@attack("trainer.crossentropy-by-shape")
def crossentropy_of_other_targets_later():
    """One-hot targets, and then whole numbers, without compile between: is it chosen again?"""
    model = compiled(LSTM(3, activation="softmax"), loss="ce", metrics=["accuracy"])
    ids = np.array([0, 1, 2, 0])
    first = model.evaluate(X, np.eye(3)[ids], verbose=0)
    return first, outcome(lambda: model.evaluate(X, ids, verbose=0))


@attack("trainer.loss-weight-of-one")
def weights_of_one_loss():
    """A number, an int, a dictionary, an output in a list, penalties, NaN times 0: what loss?"""
    exact = compiled().evaluate(X, Y, verbose=0)
    x = keras.Input((None, 3))
    listed = keras.Model(x, [compiled().layers[0](x)])
    seen = {}
    for name, weights in (("float", 3.0), ("int", 3), ("list of int", [3]), ("tuple", (3.0,))):
        seen[name] = outcome(
            lambda w=weights: compiled(loss_weights=w).evaluate(X, Y, verbose=0) / exact
        )[:60]
    listed.compile("sgd", ["mse"], loss_weights=[3.0], run_eagerly=True)
    seen["in a list"] = listed.evaluate(X, [Y], verbose=0) / exact
    penal = [LSTM(2, kernel_regularizer="l2")]
    plain = compiled(*penal).evaluate(X, Y, verbose=0)
    seen["penalty"] = compiled(*penal, loss_weights=[3.0]).evaluate(X, Y, verbose=0) / plain
    broken = compiled(loss_weights=[0.0])
    seen["NaN"] = broken.evaluate(X * np.nan, Y, verbose=0)
    two = compiled(loss_weights=[3.0, 1.0])
    seen["two weights"] = outcome(lambda: two.evaluate(X, Y, verbose=0))[:60]
    return seen


@attack("trainer.loss-weight-of-one")
def weights_of_one_loss_and_steps():
    """A weight of 3 or a rate of 3 times as much, with a penalty, with clipnorm: the same step?"""
    seen = []
    for penalty, options in ((None, {}), ("l2", {}), (None, {"clipnorm": 0.01})):
        weights = []
        for rate, factor in ((0.3, 1.0), (0.1, 3.0)):
            optimizer = keras.optimizers.SGD(rate, **options)
            layer = LSTM(2, bias_regularizer=penalty)
            model = compiled(layer, optimizer=optimizer, loss_weights=[factor])
            model.set_weights([draw(*w.shape) for w in model.get_weights()])
            weights.append(end(model))
        seen.append(same(*weights))
    return seen


@attack("trainer.metrics-of-one-name")
def further_metrics_of_one_name():
    """Three, weighted, of two outputs, named loss, written mae and mean_absolute_error: names?"""
    own = keras.metrics.MeanSquaredError
    two = heads(metrics=[["mae", "mae"], ["mae"]])
    return [
        sorted(model.evaluate(X, y, verbose=0, return_dict=True)) for model, y in ((two, [Y, Y]),)
    ] + [
        sorted(compiled(**options).evaluate(X, Y, verbose=0, return_dict=True))
        for options in (
            {"metrics": ["mae", own("mae"), own("mae")]},
            {"metrics": ["mae"], "weighted_metrics": ["mae"]},
            {"weighted_metrics": ["mae", own("mae")]},
            {"metrics": ["mae", own("mae"), own("mae_1")]},
            {"metrics": ["mae"], "weighted_metrics": [own("loss")]},
            {"metrics": ["mae", "mean_absolute_error", "MAE"]},
            {"metrics": ["acc", "accuracy", "accuracy"]},
        )
    ]


@attack("trainer.own-steps")
def steps_that_return_the_loss():
    """Steps that return {"loss": loss} and nothing else: do fit and evaluate report that loss?"""

    class Own(keras.Sequential):
        def train_step(self, data):
            x, y = data
            with tf.GradientTape() as tape:
                loss = self.compute_loss(x, y, self(x, training=True))
            slopes = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply(slopes, self.trainable_variables)
            return {"loss": loss}

        def test_step(self, data):
            x, y = data
            return {"loss": self.compute_loss(x, y, self(x))}

    model = Own([keras.Input((5, 3)), LSTM(2)])
    model.compile("sgd", "mse", run_eagerly=True)
    return fitted(model)["loss"], model.evaluate(X, Y, verbose=0)


@attack("trainer.needs-a-loss")
def evaluated_without_a_loss():
    """Compiled without a loss, with a test_step of its own and no train_step: is it refused?"""

    class Own(keras.Sequential):
        def test_step(self, data):
            x, y = data
            return {"error": keras.ops.max(keras.ops.abs(self(x) - y))}

    model = Own([keras.Input((5, 3)), LSTM(2)])
    model.compile("sgd", run_eagerly=True)
    return outcome(lambda: model.evaluate(X, Y, verbose=0) > 0), outcome(lambda: fitted(model))


@attack("trainer.validation-split")
def shares_of_three_tenths():
    """0.3 of 90, 170 and 100 samples: how many of 63, 119 and 70 are trained on?"""
    sizes = []
    for count in (90, 170, 100):
        seen = []
        note = CALLBACKS.LambdaCallback(
            on_train_batch_begin=lambda batch, logs, s=seen: s.append(batch)
        )
        model = compiled(L.GlobalAveragePooling1D(), L.Dense(2))
        options = {"batch_size": 1, "validation_split": 0.3, "callbacks": [note]}
        fitted(model, np.zeros((count, 2, 3)), np.zeros((count, 2)), **options)
        sizes.append(len(seen))
    return sizes


@attack("trainer.targets-left-out")
def targets_of_as_many_samples_as_outputs():
    """Losses [None, "mse"], the second output's targets as an array and in a list, by batches?"""
    model = heads(loss=[None, "mse"])
    y = Y[:, 1:]
    exact = np.mean((np.array(model(X)[1]) - y) ** 2)
    return {
        batch: [close(model.evaluate(X, t, batch_size=batch, verbose=0), exact) for t in (y, [y])]
        for batch in (1, 2, 3, 4)
    }


@attack("trainer.lists-of-losses")
def lists_for_outputs_in_a_dictionary():
    """Outputs in a dictionary, two and a list of one loss, one and a list of two: the first?"""
    x = keras.Input((None, 3))
    single = keras.Model(x, {"a": LSTM(2)(x)})
    single.compile("sgd", ["mse", "mae"], run_eagerly=True)
    named = {"a": Y[:, :1], "b": Y[:, 1:]}
    return (
        outcome(lambda: heads(dict, loss=["mse"]).evaluate(X, named, verbose=0))[:60],
        outcome(lambda: single.evaluate(X, {"a": Y}, verbose=0))[:60],
    )


@attack("trainer.accuracy")
def classes_in_sixteen_bits():
    """Of 400 classes in bfloat16 and 3000 in float16, each hit or one beside: how many hits?"""
    hits = {}
    for policy, classes in (("mixed_bfloat16", 400), ("mixed_float16", 3000), ("float32", 3000)):
        x = keras.Input((classes,))
        model = keras.Model(x, L.Activation("linear", dtype=policy)(x))
        model.compile(loss="mse", metrics=["accuracy"])
        ids = classes - 1 - np.arange(4)
        hits[policy] = [
            model.evaluate(np.eye(classes)[ids - beside], ids[:, None], verbose=0)[1]
            for beside in (0, 1)
        ]
    return hits


@attack("trainer.better-by-itself")
def scores_that_are_functions():
    """A score by name, by class and as a function of Keras: is its direction known?"""
    named = keras.metrics
    known = {}
    for kind, metric in {
        "name": "categorical_accuracy",
        "class": named.CategoricalAccuracy(),
        "function": named.categorical_accuracy,
    }.items():
        stop = CALLBACKS.EarlyStopping("categorical_accuracy")
        model = compiled(metrics=[metric])
        known[kind] = outcome(lambda m=model, s=stop: bool(fitted(m, callbacks=[s])))[:60]
    return known


@attack("trainer.batches-refused")
def batches_of_texts():
    """A PyDataset of tensors of text for TextVectorization, and one of targets None: refused?"""
    words = L.TextVectorization(output_sequence_length=4)
    words.adapt(["a b c", "b d"])
    text = keras.Input((1,), dtype="string")
    model = keras.Model(text, LSTM(2)(L.Embedding(9, 3)(words(text))))
    model.compile("sgd", "mse")

    class Texts(Batches):
        def __getitem__(self, k):
            return tf.constant([["a b"], ["c d"]]), Y[:2]

    class Untold(Batches):
        def __getitem__(self, k):
            return X, None

    return (
        outcome(lambda: bool(model.evaluate(Texts(), verbose=0))),
        outcome(lambda: compiled().evaluate(Untold(), verbose=0))[:60],
    )


@attack("trainer.weight-column-of-metrics")
def columns_for_flat_outputs():
    """Flat outputs and targets with a column of weights, by metric: as with a flat array?"""
    weight = np.array([1.0, 2.0, 0.5, 3.0])
    y = np.array([0.0, 1.0, 1.0, 0.0])
    z = np.array([0.2, 0.7, 0.4, 0.6])
    taken = {}
    for name in ("MeanSquaredError", "BinaryAccuracy", "Precision", "Recall", "AUC"):

        def result(weight, name=name):
            metric = getattr(keras.metrics, name)()
            metric.update_state(y, z, weight)
            return float(metric.result())

        taken[name] = outcome(lambda r=result: close(r(weight), r(weight[:, None])))[:40]
    return taken


@attack("trainer.optimizer-unchanged")
def limits_of_float16_and_copies_of_used_ones():
    """A limit of 1e6 in float16, and an Adam from JSON after five steps: the same steps?"""
    sgd = keras.optimizers.SGD
    ends = []
    for options in ({}, {"clipnorm": 1e4}, {"clipnorm": 1e6}, {"global_clipnorm": 1e6}):
        model = compiled(LSTM(2, dtype="float16"), optimizer=sgd(0.1, **options))
        model.set_weights([np.full(w.shape, 0.25) for w in model.get_weights()])
        ends.append(end(model))
    used = keras.optimizers.Adam(0.1)
    model = compiled(optimizer=used)
    fitted(model, epochs=5)
    copy = keras.optimizers.deserialize(keras.optimizers.serialize(used))
    other = compiled(optimizer=copy)
    other.set_weights(model.get_weights())
    return [same(ends[0], weights) for weights in ends[1:]], same(end(model), end(other))


@attack("trainer.callback-again")
def averages_swapped_again():
    """SwapEMAWeights(swap_on_epoch=True), after new weights and after compile: as a new one?"""
    losses = {}
    for between in ("set_weights", "compile"):
        for again in (True, False):
            model = compiled(optimizer=keras.optimizers.SGD(0.5, use_ema=True))
            swap = CALLBACKS.SwapEMAWeights(swap_on_epoch=True)
            fitted(model, epochs=2, callbacks=[swap])
            if between == "compile":
                model.compile(keras.optimizers.SGD(0.5, use_ema=True), "mse", run_eagerly=True)
            else:
                model.set_weights([np.ones(w.shape) for w in model.get_weights()])
            serving = swap if again else CALLBACKS.SwapEMAWeights(swap_on_epoch=True)
            losses[between, again] = outcome(
                lambda m=model, s=serving: round(fitted(m, callbacks=[s])["loss"][0], 4)
            )
    return losses


@attack("trainer.weighted-metrics")
def weighted_metrics_of_a_single_number():
    """A function that returns a single number, and dice, in weighted_metrics: are they weighted?"""
    weight = np.array([0.0, 0.0, 0.0, 5.0])
    y = np.abs(Y)
    weighted = {}
    for name, metric in {
        "mse": "mse",
        "mean of all": lambda t, z: keras.ops.mean((t - z) ** 2),
        "dice": keras.losses.Dice(),
    }.items():
        model = compiled(weighted_metrics=[metric])
        last = model.evaluate(X[3:], y[3:], verbose=0)[1]
        weighted[name] = outcome(
            lambda m=model, e=last: close(m.evaluate(X, y, sample_weight=weight, verbose=0)[1], e)
        )[:60]
    return weighted


@attack("trainer.dataset-object")
def class_weights_of_two_outputs_in_a_pydataset():
    """class_weight for two outputs, of two samples each: refused as beside arrays?"""
    y = (Y[:2, :1] > 0).astype("float32")

    class Pairs(Batches):
        def __getitem__(self, k):
            return X[:2], (y[:, 0], y[:, 0])

    options = {"class_weight": {0: 1.0, 1: 5.0}, "verbose": 0}
    return (
        outcome(lambda: heads().fit(X[:2], [y[:, 0]] * 2, **options).history)[:60],
        outcome(lambda: sorted(heads().fit(Pairs(), **options).history))[:60],
    )


@attack("trainer.state-over-epochs")
@attack("trainer.state-reset-by-a-callback")
def stateful_with_a_given_state():
    """A stateful layer with an initial_state, not reset and reset: which losses by epoch?"""
    losses = []
    for reset in (False, True):
        keras.utils.set_random_seed(1)
        x = keras.Input(batch_shape=(4, 5, 3))
        h = keras.Input(batch_shape=(4, 2))
        layer = LSTM(2, stateful=True)
        model = keras.Model([x, h], layer(x, initial_state=[h, h]))
        model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)
        begin = CALLBACKS.LambdaCallback(
            on_epoch_begin=lambda epoch, logs, f=layer: f.reset_state()
        )
        options = {"epochs": 3, "batch_size": 4, "callbacks": [begin] if reset else []}
        losses.append(fitted(model, [X, np.ones((4, 2))], Y, **options)["loss"])
    return losses


@attack("trainer.evaluate-twice")
def evaluated_with_a_penalty():
    """With kernel_regularizer="l2": is what evaluate returns the mean of the samples' errors?"""
    model = compiled(LSTM(2, kernel_regularizer="l2"))
    return close(model.evaluate(X, Y, verbose=0), np.mean((np.array(model(X)) - Y) ** 2))
