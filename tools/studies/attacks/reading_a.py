"""Attacks on sentences on callbacks, epochs, steps and reports, found by reading all of them."""

import contextlib
import gc
import io
import itertools
import tempfile
import warnings
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome

L = keras.layers
CALLBACKS = keras.callbacks
SGD = keras.optimizers.SGD
X = np.random.RandomState(0).normal(size=(6, 5, 3)).astype("float32")
Y = np.random.RandomState(1).normal(size=(6, 2)).astype("float32")


def trainee(*layers, optimizer="sgd", loss="mse", eager=True, **options):
    """Return a compiled Sequential model of 5 timesteps, of LSTM(2) by default."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((5, 3)), *(layers or [L.LSTM(2)])])
    model.compile(optimizer, loss, run_eagerly=eager, **options)
    return model


def fitted(model, x=X, y=Y, **options):
    """Train a model in batches of two of six samples, in order; return the history."""
    arguments = {"batch_size": 2, "shuffle": False, "verbose": 0, **options}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return model.fit(x, y, **arguments).history


def two_headed(loss, eager=True):
    """Return a compiled model with the outputs a and b of an LSTM."""
    inputs = keras.Input((5, 3))
    below = L.LSTM(2)(inputs)
    model = keras.Model(inputs, [L.Dense(1, name=name)(below) for name in "ab"])
    model.compile("sgd", loss, run_eagerly=eager)
    return model


class Pairs(keras.utils.PyDataset):
    """The samples in batches of two."""

    def __len__(self):
        """Return how many batches there are."""
        return 3

    def __getitem__(self, index):
        """Return a batch."""
        rows = slice(2 * index, 2 * index + 2)
        return X[rows], Y[rows]


@attack("trainer.early-stopping-restores")
def changed_behind_it():
    """A callback behind EarlyStopping sets weights of zero as each epoch ends: are zeros back?"""
    model = trainee()
    blank = CALLBACKS.LambdaCallback(
        on_epoch_end=lambda epoch, logs: model.set_weights([0 * w for w in model.get_weights()])
    )
    stop = CALLBACKS.EarlyStopping("loss", patience=9, restore_best_weights=True)
    fitted(model, callbacks=[stop, blank])
    return not np.any(model.get_weights()[0])


@attack("trainer.checkpoint-of-batches")
def saved_by_executions():
    """Every third of 6 batches, by 1, 2 and 4 batches an execution: which are saved?"""
    seen = {}
    for steps in (1, 2, 4):
        model = trainee(eager=False, steps_per_execution=steps)
        with tempfile.TemporaryDirectory() as folder:
            file = str(Path(folder) / "{epoch}-{batch}.weights.h5")
            keep = CALLBACKS.ModelCheckpoint(file, "loss", save_freq=3, save_weights_only=True)
            fitted(model, batch_size=1, epochs=2, callbacks=[keep])
            seen[steps] = " ".join(sorted(path.name[:3] for path in Path(folder).iterdir()))
    return seen


@attack("trainer.rate-callback")
def set_once_more():
    """A callback behind the scheduler of 0.5 sets a rate of 0: do the weights move?"""
    model = trainee()
    first = model.get_weights()
    still = CALLBACKS.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: setattr(model.optimizer, "learning_rate", 0.0)
    )
    fitted(model, callbacks=[CALLBACKS.LearningRateScheduler(lambda epoch: 0.5), still])
    return not all(map(np.array_equal, first, model.get_weights()))


@attack("trainer.weights-set-on-the-way")
def rewound_with_noise_and_schedules():
    """With noise, and a schedule of the rate: does each epoch from the first weights report one?"""
    schedule = keras.optimizers.schedules.ExponentialDecay(0.5, 1, 0.5)
    models = {
        "noise": trainee(L.GaussianNoise(1.0), L.LSTM(2)),
        "schedule": trainee(optimizer=SGD(schedule)),
        "neither": trainee(),
    }
    seen = {}
    for name, model in models.items():
        first = model.get_weights()
        rewind = CALLBACKS.LambdaCallback(
            on_epoch_begin=lambda epoch, logs, m=model, w=first: m.set_weights(w)
        )
        losses = fitted(model, epochs=2, callbacks=[rewind])["loss"]
        seen[name] = bool(np.isclose(*losses))
    return seen


@attack("trainer.callback-again")
def log_that_is_gone():
    """An appending CSVLogger, whose file had a header and is deleted: the first line then?"""
    seen = {}
    model = trainee()
    for again in (True, False):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "log.csv"
            file.write_text("epoch,loss\n")
            log = CALLBACKS.CSVLogger(str(file), append=True)
            fitted(model, callbacks=[log])
            file.unlink()
            log = log if again else CALLBACKS.CSVLogger(str(file), append=True)
            fitted(model, callbacks=[log])
            seen["again" if again else "new"] = file.read_text().startswith("epoch")
    return seen


@attack("trainer.backup")
def backup_that_is_kept():
    """With delete_checkpoint=False: is the backup left when all is done?"""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "backup"
        backup = CALLBACKS.BackupAndRestore(str(place), delete_checkpoint=False)
        fitted(trainee(), callbacks=[backup])
        return place.exists()


@attack("trainer.backup")
def generator_begun_anew():
    """Broken off before the second epoch, a generator of 3 batches: as many steps as unbroken?"""

    def interrupt(epoch, logs):
        if epoch == 1:
            raise InterruptedError

    steps = {}
    for broken in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            calls = [[CALLBACKS.LambdaCallback(on_epoch_begin=interrupt)], []] if broken else [[]]
            for callbacks in calls:
                model = trainee()
                callbacks = [CALLBACKS.BackupAndRestore(f"{folder}/backup"), *callbacks]
                parts = ((X[k : k + 2], Y[k : k + 2]) for k in (0, 2, 4))
                with contextlib.suppress(InterruptedError), warnings.catch_warnings():
                    warnings.simplefilter("ignore", UserWarning)
                    model.fit(parts, epochs=2, callbacks=callbacks, verbose=0)
        steps["broken" if broken else "unbroken"] = int(model.optimizer.iterations)
    return steps


@attack("trainer.csv-logger")
def number_of_later_epochs():
    """A number that a callback tells from the second epoch on: in History, and a column?"""

    class Late(CALLBACKS.Callback):
        def on_epoch_end(self, epoch, logs):
            logs.update({"late": 1.0} if epoch else {})

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "log.csv"
        history = fitted(trainee(), epochs=2, callbacks=[Late(), CALLBACKS.CSVLogger(str(file))])
        return {"History": "late" in history, "column": "late" in file.read_text()}


@attack("trainer.printed")
def line_of_the_bar():
    """With verbose=1: do the last numbers stand in the line of the bar, and is there another?"""
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        fitted(trainee(), verbose=1, batch_size=1)
    drawn = [part for part in text.getvalue().split("\r") if "loss:" in part]
    numbers = {part.split("loss:")[1].split("\b")[0].strip() for part in drawn}
    return {"with a bar": all("━" in part for part in drawn), "several": len(numbers) > 1}


@attack("trainer.printed")
@attack("trainer.verbose-callbacks")
def prints_that_are_logged():
    """After disable_interactive_logging(): do fit and a callback print to the standard output?"""
    text = io.StringIO()
    setter = CALLBACKS.LearningRateScheduler(lambda epoch: 0.5, verbose=1)
    keras.config.disable_interactive_logging()
    try:
        with contextlib.redirect_stdout(text):
            fitted(trainee(), verbose=2, callbacks=[setter])
    finally:
        keras.config.enable_interactive_logging()
    return bool(text.getvalue())


@attack("trainer.state-over-epochs")
def called_twice_in_a_model():
    """Called twice a batch: is the second batch that of a layer that has read the first alone?"""
    lstm = L.LSTM(2, stateful=True)
    inputs = keras.Input(batch_shape=(2, 5, 3))
    model = keras.Model(inputs, [lstm(inputs), lstm(inputs)])
    model.compile(SGD(0.0), "mse", run_eagerly=True)
    lstm.reset_state()
    fitted(model, X[:2], [Y[:2], Y[:2]])
    met = np.array(lstm.states[0])
    lstm.reset_state()
    lstm(X[:2])
    return np.allclose(met, lstm.states[0], atol=1e-6)


@attack("trainer.memory")
def objects_of_other_sources():
    """Four calls of predict on arrays, a PyDataset, a generator: are four objects or more left?"""
    model = trainee(eager=False)
    calls = {
        "arrays": lambda: model.predict(X, batch_size=2, verbose=0),
        "PyDataset": lambda: model.predict(Pairs(), verbose=0),
        "generator": lambda: model.predict(((x,) for x in [X[:2], X[2:4]]), verbose=0),
    }
    seen = {}
    for name, call in calls.items():
        counts = []
        for _ in range(2):
            for _ in range(4):
                call()
            gc.collect()
            counts.append(len(gc.get_objects()))
        seen[name] = counts[1] - counts[0] >= 4
    return seen


@attack("trainer.validation-freq")
def nothing_to_validate_on():
    """With validation_freq=1 and no data to validate on: what is reported?"""
    return str(list(fitted(trainee(), validation_freq=1)))


@attack("trainer.validation-steps")
@attack("trainer.first-steps")
def more_steps_than_batches():
    """Seven steps of three batches, in a second validation too: how many samples are taken?"""
    model = trainee(optimizer=SGD(0.0))
    options = {"validation_data": (X, Y), "validation_steps": 7, "epochs": 2}
    losses = fitted(model, **options)["val_loss"]
    return {
        "all validated": np.allclose(losses, model.evaluate(X, Y, verbose=0)),
        "predicted": len(model.predict(X, batch_size=2, steps=7, verbose=0)),
    }


@attack("trainer.validation-steps-of-a-dataset")
@attack("trainer.validation-of-a-generator")
def sources_of_validation():
    """Two of three batches, three times, also by two steps an execution: is val_loss one number?"""
    sources = {
        "PyDataset": Pairs,
        "repeated": lambda: tf.data.Dataset.from_tensor_slices((X, Y)).batch(2).repeat(),
        "generator": lambda: ((X[k : k + 2], Y[k : k + 2]) for k in itertools.cycle([0, 2])),
    }
    seen = {}
    for name, source in sources.items():
        for steps in (1, 2):
            model = trainee(optimizer=SGD(0.0), steps_per_execution=steps)
            options = {"validation_data": source(), "validation_steps": 2, "epochs": 3}
            losses = fitted(model, **options)["val_loss"]
            seen[f"{name}, {steps}"] = np.allclose(losses, model.evaluate(X[:4], Y[:4], verbose=0))
    return seen


@attack("trainer.steps-per-epoch-of-a-source")
def validated_on_the_same_source():
    """Two of three batches an epoch, validated on the same object: does training go on?"""
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(2).repeat()
    seen = {}
    for name, source in {"PyDataset": Pairs(), "repeated": data}.items():
        model = trainee(optimizer=SGD(0.0))
        options = {"steps_per_epoch": 2, "epochs": 2, "validation_data": source, "verbose": 0}
        losses = model.fit(source, shuffle=False, validation_steps=1, **options).history["loss"]
        third = model.evaluate(X[4:], Y[4:], verbose=0)
        first = model.evaluate(X[:2], Y[:2], verbose=0)
        seen[name] = {
            "the third": np.allclose(losses[1], third),
            "the third and the first": np.allclose(losses[1], (third + first) / 2),
        }
    return seen


@attack("trainer.initial-epoch")
def stopped_by_a_callback():
    """From 2 to 9, stopped by a callback: how many epochs are trained?"""
    stop = CALLBACKS.EarlyStopping("loss", patience=1, mode="max")
    return len(fitted(trainee(), initial_epoch=2, epochs=9, callbacks=[stop])["loss"])


@attack("trainer.generator-again")
def generator_of_a_batch():
    """A generator of a single batch, in three epochs: how many batches are taken?"""
    model = trainee()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        model.fit(((x, Y) for x in [X]), epochs=3, verbose=0)
    return int(model.optimizer.iterations)


@attack("trainer.second-fit")
def few_steps_twice():
    """With steps_per_epoch=1, and with a rate by the epoch: are two calls as one for two epochs?"""
    halve = CALLBACKS.LearningRateScheduler(lambda epoch: 0.5 / (1 + epoch))
    seen = {}
    for name, options in (
        ("plain", {}),
        ("steps_per_epoch", {"steps_per_epoch": 1}),
        ("rate by epoch", {"callbacks": [halve]}),
    ):
        models = [trainee(optimizer=SGD(0.5)) for _ in range(2)]
        fitted(models[0], epochs=2, **options)
        for _ in range(2):
            fitted(models[1], **options)
        ends = [model.get_weights() for model in models]
        seen[name] = all(np.allclose(a, b, atol=1e-6) for a, b in zip(*ends, strict=True))
    return seen


@attack("trainer.own-loop")
def scaled_in_float32():
    """With loss_scale_factor=8 in float32: is a step by GradientTape as that of fit?"""
    ends = []
    for by_hand in (True, False):
        model = trainee(optimizer=SGD(0.5, loss_scale_factor=8.0))
        if by_hand:
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((model(X, training=True) - Y) ** 2)
            weights = model.trainable_variables
            slopes = tape.gradient(loss, weights)
            model.optimizer.apply_gradients(zip(slopes, weights, strict=True))
        else:
            fitted(model, batch_size=6)
        ends.append(model.get_weights())
    return all(np.allclose(a, b, atol=1e-6) for a, b in zip(*ends, strict=True))


@attack("trainer.generator")
def steps_of_a_generator():
    """A generator of 4 and 2 samples, Adam compiled, with and without its length: the steps?"""
    seen = {}
    for name, options in (("steps_per_epoch=2", {"steps_per_epoch": 2}), ("none", {})):
        model = trainee(optimizer="adam", eager=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            parts = ((X[rows], Y[rows]) for rows in (slice(4), slice(4, 6)))
            model.fit(parts, verbose=0, **options)
        seen[name] = int(model.optimizer.iterations)
    return seen


@attack("trainer.generator")
@attack("trainer.dataset-object")
@attack("trainer.unknown-length")
def large_numbers_of_float64():
    """Of 1e9 + k a float64 layer takes 1e9: what error do arrays and other sources report?"""
    x = 1e9 + np.arange(6.0).reshape(3, 2, 1)
    y = np.zeros((3, 2, 1))

    class Alone(keras.utils.PyDataset):
        def __len__(self):
            return 3

        def __getitem__(self, index):
            return x[[index]], y[[index]]

    inputs = keras.Input((2, 1), dtype="float64")
    model = keras.Model(inputs, L.Rescaling(1.0, -1e9, dtype="float64")(inputs))
    model.compile("sgd", "mse", run_eagerly=True)
    sources = {
        "arrays": {"x": x, "y": y, "batch_size": 1},
        "generator": {"x": ((x[[k]], y[[k]]) for k in range(3)), "steps": 3},
        "PyDataset": {"x": Alone()},
    }
    return {
        name: round(float(model.evaluate(**source, verbose=0)), 3)
        for name, source in sources.items()
    }


@attack("trainer.validation-split")
def split_of_nothing():
    """With validation_split=0, which leaves one side empty: is it refused?"""
    return outcome(lambda: list(fitted(trainee(), validation_split=0.0)))


@attack("trainer.penalty-in-the-loss")
def penalty_of_a_weighted_loss():
    """By a loss_weight of 2: do loss and metric differ by the penalty?"""
    lstm = L.LSTM(2, kernel_regularizer=keras.regularizers.L2(0.5))
    model = trainee(lstm, metrics=["mse"], loss_weights=[2.0])
    loss, mse = model.evaluate(X, Y, verbose=0)
    return bool(np.isclose(loss - mse, 0.5 * np.sum(lstm.get_weights()[0] ** 2)))


@attack("trainer.several-outputs")
@attack("trainer.output-losses")
def output_without_a_loss():
    """One of two without a loss, two of one layer: what is told? Uneven, eagerly: a sum?"""
    target = [Y[:, :1], Y[:, 1:]]
    alone = two_headed(["mse", None]).evaluate(X, target, verbose=0, return_dict=True)
    inputs = keras.Input((5, 3))
    below = L.LSTM(2)(inputs)
    head = L.Dense(1, name="a")
    shared = keras.Model(inputs, [head(below), head(below)])
    shared.compile("sgd", "mse", run_eagerly=True)
    model = two_headed(["mse", "mae"])
    both = model.evaluate(X, target, batch_size=4, verbose=0, return_dict=True)
    return {
        "one loss": str(sorted(alone)),
        "one layer": str(sorted(shared.evaluate(X, target, verbose=0, return_dict=True))),
        "a sum": bool(np.isclose(both["loss"], both["a_loss"] + both["b_loss"])),
    }


@attack("trainer.metrics-of-one-name")
def name_that_is_taken():
    """Metrics called e, e and e_1, in two orders: which is reported as e_1?"""
    seen = {}
    for names in (["e", "e", "e_1"], ["e", "e_1", "e"]):
        kinds = (keras.metrics.MeanAbsoluteError, keras.metrics.MeanSquaredError)
        kinds = (*kinds, keras.metrics.RootMeanSquaredError)
        metrics = [kind(name) for kind, name in zip(kinds, names, strict=True)]
        model = trainee(metrics=metrics)
        result = model.evaluate(X, Y, verbose=0, return_dict=True)
        exact = np.mean((np.array(model(X)) - Y) ** 2)
        second = np.isclose(result["e_1"], exact)
        seen[" ".join(names)] = "the second" if second else "the third"
    return seen


@attack("trainer.weighted-of-one-name")
def root_of_all_batches():
    """Is the root of a mean square the mean over batches? A plain weighted_e, and e: the names?"""
    model = trainee(metrics=[keras.metrics.RootMeanSquaredError("e")])
    root = model.evaluate(X, Y, batch_size=3, verbose=0)[1]
    parts = np.reshape((np.array(model(X)) - Y) ** 2, (2, 6))
    named = [keras.metrics.MeanSquaredError(name) for name in ("weighted_e", "e")]
    model = trainee(metrics=named, weighted_metrics=[keras.metrics.MeanAbsoluteError("e")])
    return {
        "the mean": bool(np.isclose(root, np.mean(np.sqrt(np.mean(parts, axis=1))))),
        "names": " ".join(sorted(model.evaluate(X, Y, verbose=0, return_dict=True))),
    }


@attack("trainer.weights-by-name")
def weights_of_other_names():
    """Weights for one of two outputs, for a third, or of no batch: which are taken?"""
    inputs = keras.Input((5, 3))
    model = keras.Model(inputs, {name: L.LSTM(1, name=name)(inputs) for name in "ab"})
    model.compile("sgd", "mse", run_eagerly=True)
    y = dict.fromkeys("ab", Y[:, :1])

    def loss(*names):
        weights = dict.fromkeys(names, np.ones(6))
        return outcome(lambda: model.test_on_batch(X, y, sample_weight=weights)[0] > 0)[:40]

    return {"both": loss("a", "b"), "one": loss("a"), "three": loss("a", "b", "c")}


@attack("trainer.target-by-name")
def a_target_by_name_elsewhere():
    """Targets by name of one output: of a Sequential model, by another key, from a PyDataset?"""
    inputs = keras.Input((5, 3))
    named = keras.Model(inputs, {"out": L.LSTM(2)(inputs)})
    named.compile("sgd", "mse", run_eagerly=True)
    return {
        "Sequential": outcome(lambda: trainee().test_on_batch(X, {"lstm": Y}))[:40],
        "its key": outcome(lambda: named.test_on_batch(X, {"out": Y}) > 0)[:40],
        "another key": outcome(lambda: named.test_on_batch(X, {"other": Y}) > 0)[:40],
        "two keys": outcome(lambda: named.test_on_batch(X, {"out": Y, "other": Y}) > 0)[:40],
    }


@attack("trainer.metrics-names")
def names_after_training():
    """Do metrics_names change with fit, or with metrics in a list within a list?"""
    model = trainee(metrics=["mae"])
    nested = trainee(metrics=[["mae"]])
    fitted(model)
    return [model.metrics_names, nested.metrics_names, trainee().metrics_names]


@attack("trainer.compiled-within")
def frozen_within_the_outer_model():
    """Frozen for the outer model only, as in a GAN: does the inner one still move its weights?"""
    inner = trainee(metrics=["mae"])
    inner.trainable = False
    outer = trainee(inner)
    before = inner.get_weights()
    outer.train_on_batch(X, Y)
    moved = [not np.array_equal(before[0], inner.get_weights()[0])]
    inner.trainable = True
    names = list(inner.train_on_batch(X, Y, return_dict=True))
    return [*moved, not np.array_equal(before[0], inner.get_weights()[0]), names]


@attack("trainer.sources-of-named-inputs")
def names_that_do_not_fit():
    """Inputs of too many, too few and other names from a generator: which are refused?"""
    inputs = [keras.Input((5, 3), name=name) for name in "ab"]
    model = keras.Model(inputs, L.Subtract()([L.LSTM(2)(part) for part in inputs]))
    model.compile("sgd", "mse", run_eagerly=True)

    def tested(*names):
        batch = dict.fromkeys(names, X), Y
        return outcome(lambda: model.evaluate((batch for _ in range(1)), verbose=0) > 0)[:60]

    return {"too many": tested(*"abc"), "too few": tested("a"), "others": tested(*"pq")}


@attack("trainer.batches-of-lengths")
def lengths_by_workers_and_epochs():
    """Three lengths from a shuffled PyDataset of two workers, in three epochs: is one refused?"""

    class Lengths(keras.utils.PyDataset):
        def __len__(self):
            return 3

        def __getitem__(self, index):
            return X[:2, : index + 2], Y[:2]

    model = keras.Sequential([keras.Input((None, 3)), L.LSTM(2)])
    model.compile("sgd", "mse")
    return outcome(lambda: len(model.fit(Lengths(workers=2), epochs=3, verbose=0).epoch))


@attack("trainer.evaluate-in-a-callback")
@attack("trainer.evaluate-on-the-way")
def evaluate_at_other_moments():
    """Evaluate at each moment of fit, compiled and in steps of two: is the loss another?"""
    seen = {}
    for name, options in {"plain": {}, "executions": {"steps_per_execution": 2}}.items():
        loss = fitted(trainee(eager=False, **options), validation_data=(X, Y))
        for moment in ("on_train_begin", "on_epoch_begin", "on_epoch_end", "on_train_batch_end"):
            model = trainee(eager=False, **options)
            aside = CALLBACKS.Callback()
            setattr(
                aside, moment, lambda *_, m=model, **__: m.evaluate(X[:2], Y[:2] + 9, verbose=0)
            )
            history = fitted(model, validation_data=(X, Y), callbacks=[aside])
            seen[f"{name}, {moment}"] = [k for k in loss if not np.allclose(loss[k], history[k])]
    return seen


@attack("trainer.plateau")
@attack("trainer.min-delta")
@attack("trainer.rate-in-history")
def plateaus_at_the_edges():
    """Patience 0, cooldown 1, better by just min_delta, a last rate below min_lr: the rates."""
    rates = {}
    for name, values, options in (
        ("patience 0", [1.0] * 4, {"patience": 0}),
        ("cooldown 1", [1.0] * 4, {"patience": 1, "cooldown": 1}),
        ("just min_delta", [1.0, 0.5, 0.25, 0.125], {"patience": 1, "min_delta": 0.5}),
        ("below min_lr", [1.0] * 4, {"patience": 1, "min_lr": 0.5}),
    ):
        watch = CALLBACKS.LambdaCallback(
            on_epoch_end=lambda epoch, logs, v=values: logs.update(watched=v[epoch])
        )
        lower = CALLBACKS.ReduceLROnPlateau("watched", factor=0.5, mode="min", **options)
        history = fitted(trainee(optimizer=SGD(0.25)), epochs=4, callbacks=[watch, lower])
        rates[name] = history["learning_rate"]
    return rates


@attack("trainer.shuffle-unasked")
def warnings_of_sources():
    """Of which sources does fit warn, given shuffle=False too?"""
    warned = {}
    for name, make in {
        "generator": lambda: ((X, Y) for _ in range(1)),
        "Dataset": lambda: tf.data.Dataset.from_tensor_slices((X, Y)).batch(2),
        "PyDataset": Pairs,
    }.items():
        for options in ({}, {"shuffle": False}):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                trainee().fit(make(), verbose=0, **options)
            texts = [str(warning.message) for warning in caught]
            warned[f"{name} {options}"] = any("shuffle" in text for text in texts)
    return warned


@attack("trainer.epoch-ends")
def ends_by_workers_and_steps():
    """By two workers, by steps, validated every second epoch: calls in four epochs."""

    class Ends(Pairs):
        ends = 0

        def on_epoch_end(self):
            self.ends += 1

    calls = {}
    for name, options in {
        "plain": {},
        "workers": {"workers": 2},
        "steps": {"steps_per_epoch": 1},
        "validation_freq": {"validation_freq": 2},
    }.items():
        data = Ends(workers=options.pop("workers", 1))
        validation = Ends()
        trainee().fit(data, validation_data=validation, epochs=4, verbose=0, **options)
        calls[name] = [data.ends, validation.ends]
    return calls


@attack("trainer.interrupted")
def interrupted_with_means_and_executions():
    """Interrupted with use_ema, accumulation, steps_per_execution=2: are the steps kept?"""

    def stop(batch, logs):
        raise KeyboardInterrupt

    kept = {}
    for name, options in {
        "use_ema": {"optimizer": SGD(0.1, use_ema=True)},
        "accumulation": {"optimizer": SGD(0.1, gradient_accumulation_steps=2)},
        "executions": {"steps_per_execution": 2},
    }.items():
        model = trainee(**options)
        before = model.get_weights()
        with contextlib.suppress(KeyboardInterrupt):
            fitted(model, callbacks=[CALLBACKS.LambdaCallback(on_train_batch_end=stop)])
        moved = not np.array_equal(before[0], model.get_weights()[0])
        kept[name] = [int(np.array(model.optimizer.iterations)), moved]
    return kept
