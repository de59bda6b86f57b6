"""Attacks on claims of no draw, read in drawn order: where the words were too wide."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from pathlib import Path

import keras
import numpy as np

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.draw_1 import LSTM, L, X
from tools.studies.attacks.draw_11 import compiled, error, gap
from tools.studies.attacks.draw_12 import EAGER, ROWS, VALID

ONES = np.ones((3, 2))
C = keras.callbacks


class Watched(C.Callback):
    """Reports given numbers, and keeps the kernels."""

    def __init__(self, numbers):
        super().__init__()
        self.numbers = numbers
        self.kernels = []

    def on_epoch_end(self, epoch, logs=None):
        if epoch in self.numbers:
            logs["watched"] = self.numbers[epoch]
        self.kernels.append(self.model.get_weights()[0])

    def which(self):
        """Return the epochs that ended with the kernel that the model has."""
        now = self.model.get_weights()[0]
        return [epoch for epoch, kernel in enumerate(self.kernels) if gap(kernel, now) == 0]


@attack("trainer.checkpoint")
@attack("trainer.early-stopping")
@attack("trainer.early-stopping-restores")
@attack("trainer.restores-unstopped")
def watched():
    """Numbers by epoch, some NaN or left out: which epochs are saved and restored, how many run?"""
    seen = {}
    for numbers in ({0: np.nan, 1: 3, 2: 1, 3: 2}, {0: 3, 1: 1, 2: 2, 3: 4}, {1: 1, 3: 2, 5: 3}):
        with tempfile.TemporaryDirectory() as folder:
            model = compiled(lambda: LSTM(2), **EAGER)
            watch = Watched(numbers)
            keep = C.ModelCheckpoint(f"{folder}/a.weights.h5", "watched", 0, True, True, "min")
            best = C.EarlyStopping("watched", 0, 9, mode="min", restore_best_weights=True)
            model.fit(X, ONES, epochs=4, verbose=0, callbacks=[watch, keep, best])
            restored = watch.which()
            model.load_weights(f"{folder}/a.weights.h5")
            saved = watch.which()
            stopped = Watched(numbers)
            stop = C.EarlyStopping("watched", 0, 1, mode="min")
            model.fit(X, ONES, epochs=9, verbose=0, callbacks=[stopped, stop])
            seen[str(numbers)] = saved, restored, len(stopped.kernels)
    return seen


class Steps(C.Callback):
    """Counts the steps of each epoch."""

    def __init__(self):
        super().__init__()
        self.steps = []

    def on_epoch_begin(self, epoch, logs=None):
        self.steps.append(0)

    def on_train_batch_end(self, batch, logs=None):
        self.steps[-1] += 1


class Break(C.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 3:
            raise KeyboardInterrupt


@attack("trainer.backup")
def broken_off():
    """Alone, with plateaus, early stopping, dropout, a state: how far from unbroken training?"""
    others = {
        "alone": ({}, list),
        "plateau": ({}, lambda: [C.ReduceLROnPlateau("loss", 0.1, 3, min_delta=9)]),
        "stopping": ({}, lambda: [C.EarlyStopping("loss", 9, 5)]),
        "dropout": ({"dropout": 0.5, "seed": 1}, list),
        "state": ({"stateful": True}, list),
    }
    seen = {}
    for name, (options, more) in others.items():
        with tempfile.TemporaryDirectory() as folder:
            models = []
            for _ in range(3):
                layers = [keras.Input((5, 3), batch_size=3), LSTM(2, **options)]
                models.append(keras.Sequential(layers))
                models[-1].compile("sgd", "mse", **EAGER)
                models[-1].set_weights(models[0].get_weights())
            for model, hold in zip(models, ([], [Break()], []), strict=True):
                kept = [] if model is models[0] else [C.BackupAndRestore(f"{folder}/a")]
                how = {"epochs": 9, "batch_size": 3, "shuffle": False, "verbose": 0}
                with contextlib.suppress(KeyboardInterrupt):
                    model.fit(X, ONES, callbacks=[*kept, *more(), *hold], **how)
            seen[name] = float(f"{gap(*[m.get_weights()[0] for m in models[::2]]):.0e}")
    return seen


@attack("trainer.generator")
def ending():
    """A generator of 2 batches in 4 epochs, by steps_per_epoch: steps and loss of each epoch?"""
    seen = {}
    for steps in (None, 1, 2, 3):
        model = compiled(lambda: LSTM(2), **EAGER)
        count = Steps()
        data = ((X, ONES) for _ in range(2))
        how = {"epochs": 4, "steps_per_epoch": steps, "callbacks": [count], "verbose": 0}
        seen[steps] = count.steps, np.round(model.fit(data, **how).history["loss"], 2).tolist()
    return seen


@attack("trainer.compiled-anew")
def anew():
    """Plain, stateful, with dropout: after a fit, and a new one of its weights: the same loss?"""
    seen = []
    for options in ({}, {"stateful": True}, {"dropout": 0.5, "seed": 3}):
        layers = [[keras.Input((5, 3), batch_size=3), LSTM(2, **options)] for _ in range(2)]
        old, new = map(keras.Sequential, layers)
        old.compile("adam", "mae", **EAGER)
        old.fit(X, ONES, verbose=0)
        new.set_weights(old.get_weights())
        losses = []
        for model in (old, new):
            model.compile("sgd", "mse", **EAGER)
            losses.append(model.fit(X, ONES, verbose=0).history["loss"])
        seen.append(gap(*losses) < 1e-6)
    return seen


@attack("trainer.clipped-embedding")
def clipped():
    """Clipped to 0.01, by SGD, with momentum, weight decay, by Adam: the longest of 5 steps?"""
    seen = {}
    optimizers = {
        "SGD": keras.optimizers.SGD(1.0, clipvalue=0.01),
        "momentum": keras.optimizers.SGD(1.0, momentum=0.9, clipvalue=0.01),
        "decay": keras.optimizers.SGD(1.0, weight_decay=0.5, clipvalue=0.01),
        "Adam": keras.optimizers.Adam(0.1, clipvalue=0.01),
    }
    for name, optimizer in optimizers.items():
        table = L.Embedding(4, 3)
        model = keras.Sequential([keras.Input((3,)), table, LSTM(2)])
        model.compile(optimizer, "mse", **EAGER)
        tables = [table.get_weights()[0]]
        for _ in range(5):
            model.train_on_batch(np.array([[1, 2, 3]]), np.full((1, 2), 9.0))
            tables.append(table.get_weights()[0])
        seen[name] = round(max(gap(*pair) for pair in itertools.pairwise(tables)), 3)
    return seen


@attack("training.evaluate")
def noisy():
    """A layer of noise in front: the loss of fit at rate zero, and evaluate's?"""
    model = compiled(lambda: L.GaussianNoise(0.5), lambda: LSTM(2), **EAGER)
    model.optimizer.learning_rate = 0.0
    loss = model.fit(X, ONES, verbose=0).history["loss"][0]
    return abs(loss - model.evaluate(X, ONES, verbose=0)) > 1e-4


class Counted(LSTM):
    """An LSTM that counts how often it is traced."""

    count = 0

    def call(self, sequences, initial_state=None, mask=None, training=False):
        self.count += 1
        return super().call(sequences, initial_state, mask, training)


@attack("modes.predict-traces-twice")
def traced():
    """Lengths 3, 4, 5, then float64, then whole numbers: how often is it traced by then?"""
    seen = []
    layer = Counted(2)
    model = keras.Sequential([keras.Input((None, 3)), layer])
    layer.count = 0
    for length, dtype in ((3, "f"), (4, "f"), (5, "f"), (6, "float64"), (7, "int32"), (8, "int32")):
        model.predict(np.ones((2, length, 3), dtype), verbose=0)
        seen.append(layer.count)
    return seen


@attack("models.passed-mask-goes-on")
def passed():
    """Layers that keep masks, called with a mask: handed on, or refused?"""
    layers = [L.TimeDistributed(L.Dense(2)), LSTM(2, **ROWS), L.BatchNormalization()]
    layers += [L.Dense(2), L.Dropout(0.5), L.Activation("relu"), L.LayerNormalization()]
    return {layer.name: error(lambda at=layer: at(X, mask=VALID)) for layer in layers}


@attack("saving.encoder-decoder")
def masked_encoder():
    """Encoder and decoder, masked or not, from .keras and .h5: the error?"""
    seen = {}
    for masked, kind in itertools.product((False, True), ("keras", "h5")):
        x, z = (keras.Input((5, 3)) for _ in range(2))
        states = LSTM(2, return_state=True)(L.Masking()(x) if masked else x)[1:]
        model = keras.Model([x, z], LSTM(2)(z, initial_state=list(states)))
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"a.{kind}"
            model.save(file)
            seen[masked, kind] = error(lambda at=file: keras.models.load_model(at))
    return seen


@attack("saving.clone-function")
def cloned():
    """A functional model with an Input: for which of its layers is the function called?"""
    x = keras.Input((5, 3), name="x")
    model = keras.Model(x, LSTM(2, name="lstm")(x))
    names = []

    def copy(layer):
        names.append(layer.name)
        return layer.from_config(layer.get_config())

    keras.models.clone_model(model, clone_function=copy)
    return [layer.name for layer in model.layers], names


@attack("errors.input-in-a-list")
@attack("modes.arrays-and-tensors")
def listed():
    """[x] to a built LSTM and Dense: errors? A stateful layer, of an array and a tensor: equal?"""
    layers = [LSTM(2), L.Dense(2)]
    layers[0](X), layers[1](X)
    stateful = LSTM(2, stateful=True)
    outputs = [stateful(x) for x in (X, keras.ops.convert_to_tensor(X))]
    return [error(lambda at=layer: at([X])) for layer in layers], gap(*outputs) == 0


@attack("models.layers-under-policy")
def operations():
    """A functional model with Masking in front of an LSTM: what does it run?"""
    x = keras.Input((5, 3))
    model = keras.Model(x, LSTM(2)(L.Masking()(x)))
    return [type(operation).__name__ for operation in model.operations]


@attack("saving.weights-file-of-other-class")
def other_class():
    """LSTM's file into RNN(LSTMCell), alone and wrapped, of weights and of a model: the error?"""
    seen = {}
    wrappers = {"alone": lambda layer: layer, "wrapped": L.Bidirectional}
    for (name, wrapper), kind in itertools.product(wrappers.items(), (".weights.h5", ".h5")):
        inner = LSTM(2), L.RNN(L.LSTMCell(2))
        models = [keras.Sequential([keras.Input((5, 3)), wrapper(layer)]) for layer in inner]
        with tempfile.TemporaryDirectory() as folder:
            file = f"{folder}/a{kind}"
            (models[0].save if kind == ".h5" else models[0].save_weights)(file)
            seen[name, kind] = error(lambda at=file, model=models[1]: model.load_weights(at))
    return seen


@attack("training.sample-weight-of-sequences")
@attack("trainer.weight-of-a-sequence")
def weighed():
    """A flat array and one of weights of timesteps, by mse and dice: the loss, or the error?"""
    seen = {}
    flat = np.array([1.0, 2.0, 4.0])
    for loss in ("mse", "dice"):
        model = compiled(lambda: LSTM(2, **ROWS), loss=loss, **EAGER)
        for weights in (flat, np.repeat(flat[:, None], 5, 1)):
            data = (X, np.ones((3, 5, 2)), 3, 0, weights)
            seen[loss, weights.ndim] = outcome(lambda data=data: model.evaluate(*data))[:12]
    return seen


@attack("saving.legacy-mask")
def masked_files():
    """Functional and Sequential, kinds of masks, from .h5: the error?"""
    x = keras.Input((5, 3))
    ids = keras.Input((5,))
    mask = keras.Input((5,), dtype="bool")
    states = LSTM(2, return_state=True)(L.Masking()(x))[1:]
    models = {
        "Masking": keras.Model(x, LSTM(2)(L.Masking()(x))),
        "Embedding": keras.Model(ids, LSTM(2)(L.Embedding(4, 3, mask_zero=True)(ids))),
        "of states": keras.Model(x, LSTM(2)(x, initial_state=list(states))),
        "Bidirectional": keras.Model(x, L.Bidirectional(LSTM(2))(L.Masking()(x))),
        "an Input": keras.Model([x, mask], LSTM(2)(x, mask=mask)),
        "without an LSTM": keras.Model(x, L.Dense(2)(L.Masking()(x))),
        "Sequential": keras.Sequential([keras.Input((5, 3)), L.Masking(), LSTM(2)]),
    }
    seen = {}
    for name, model in models.items():
        with tempfile.TemporaryDirectory() as folder:
            file = f"{folder}/a.h5"
            model.save(file)
            seen[name] = error(lambda at=file: keras.models.load_model(at))
    return seen


@attack("trainer.csv-logger")
def logged():
    """CSVLogger in front of a scheduler and behind it: its columns, and the numbers of History?"""
    seen = []
    for first in (True, False):
        with tempfile.TemporaryDirectory() as folder:
            both = [C.CSVLogger(f"{folder}/a"), C.LearningRateScheduler(lambda epoch: 0.1)]
            model = compiled(lambda: LSTM(2), **EAGER)
            how = {"validation_data": (X, ONES), "callbacks": both if first else both[::-1]}
            history = model.fit(X, ONES, verbose=0, **how).history
            seen.append((Path(folder, "a").read_text().splitlines()[0], sorted(history)))
    return seen


@attack("precision.long-sequences")
def steps():
    """The largest error of h of 20 new layers, in roundings: on noise, and on one step?"""
    worst = {}
    draw = np.random.RandomState(0).uniform
    for seed, held in itertools.product(range(20), (1, 128)):
        keras.utils.set_random_seed(seed)
        x = np.repeat(draw(-2, 2, (64, 256 // held, 3)), held, axis=1).astype("float32")
        layers = [LSTM(1, dtype=dtype, **ROWS) for dtype in ("float32", "float64")]
        for layer in layers:
            layer.build(x.shape)
            layer.set_weights(layers[0].get_weights())
        far = gap(*[layer(x) for layer in layers]) * 2**23
        worst[held] = max(worst.get(held, 0), round(far, 1))
    return worst
