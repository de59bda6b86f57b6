"""Attacks on 40 claims drawn after six readers had read all sentences, each with a program."""

from __future__ import annotations

import importlib
import itertools
import os
import re
import tempfile
import warnings
from pathlib import Path
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import gap, model_of, numbers

X = numbers(2, 4, 3)
LOSS = {False: "mse", True: "sparse_categorical_crossentropy"}
CALLBACKS = {
    "EarlyStopping": keras.callbacks.EarlyStopping,
    "ModelCheckpoint": lambda **k: keras.callbacks.ModelCheckpoint(
        os.path.join(tempfile.mkdtemp(), "best.keras"), save_best_only=True, **k
    ),
    "ReduceLROnPlateau": keras.callbacks.ReduceLROnPlateau,
}


def fit_watching(metric, monitor, callback="EarlyStopping", units=2, loss="mse", sparse=False):
    """Fit a model with a metric that a callback watches; return what it takes for better."""
    watcher = CALLBACKS[callback](monitor=monitor)
    x = numbers(8, 4, 3)
    y = np.arange(8) % units
    y = y[:, None] if sparse else np.eye(units, dtype="float32")[y]
    model = keras.Sequential(
        [keras.Input((4, 3)), layers.LSTM(4), layers.Dense(units, activation="sigmoid")]
    )
    model.compile("sgd", loss, metrics=[metric], run_eagerly=True)
    model.fit(x, y, validation_data=(x, y), epochs=2, callbacks=[watcher], verbose=0)
    return watcher.monitor_op.__name__


@attack("trainer.better-by-itself")
def a_loss_of_the_newest_class_in_metrics():
    """Watch CategoricalGeneralizedCrossEntropy, a class of keras.losses, given in `metrics`."""
    cls = keras.losses.CategoricalGeneralizedCrossEntropy
    results = {
        c: outcome(lambda c=c: fit_watching(cls(), f"val_{cls().name}", c, 2, LOSS[True], True))
        for c in CALLBACKS
    }
    results["as the loss"] = outcome(
        lambda: fit_watching("acc", "val_loss", loss=cls(), sparse=True)
    )
    return results


@attack("trainer.better-by-itself")
def f1_score_of_one_two_outputs():
    """Watch F1Score() of a Dense of one unit and of two, in each callback."""
    return {
        f"{units} units, {c}": outcome(
            lambda c=c, u=units: fit_watching(keras.metrics.F1Score(), "val_f1_score", c, u)
        )
        for units in (1, 2)
        for c in CALLBACKS
    }


class Tell(keras.callbacks.Callback):
    """Put a value an epoch into the logs, and keep the weights that the epoch ends with."""

    def __init__(self, values):
        super().__init__()
        self.values = values
        self.kept = []

    def on_epoch_end(self, epoch, logs=None):
        """Tell the value of the epoch, if it has one."""
        if self.values[epoch] is not None:
            logs["told"] = self.values[epoch]
        self.kept.append([w.copy() for w in self.model.get_weights()])


def restored_epoch(values, mode="min", **arguments):
    """Return the epoch whose weights a model has after a fit, and how many epochs ran."""
    i = keras.Input((4, 3))
    y = layers.Dense(1)(layers.BatchNormalization()(layers.LSTM(2, dropout=0.2)(i)))
    model = keras.Model(i, y)
    model.compile("adam", "mse")
    tell = Tell(values)
    stop = keras.callbacks.EarlyStopping(
        monitor="told", mode=mode, restore_best_weights=True, **arguments
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, numbers(2, 1), epochs=len(values), callbacks=[tell, stop], verbose=0)
    now = model.get_weights()
    same = [all(np.array_equal(a, b) for a, b in zip(now, kept, strict=True)) for kept in tell.kept]
    return f"epoch {same.index(True) if any(same) else None} of {len(tell.kept)}"


@attack("trainer.restores-unstopped")
def the_best_in_many_places():
    """Put the best first, last, between, before start_from_epoch, below a baseline, after a gap."""
    nan = float("nan")
    return {
        "last": restored_epoch([3.0, 2.0, 1.0], patience=5),
        "between": restored_epoch([3.0, 1.0, 2.0], patience=5),
        "patience ends": restored_epoch([3.0, 1.0, 2.0, 2.0, 0.5], patience=2),
        "max": restored_epoch([3.0, 5.0, 2.0], "max", patience=5),
        "best before start_from_epoch": restored_epoch(
            [0.0, 3.0, 1.0, 2.0], patience=5, start_from_epoch=1
        ),
        "all before start_from_epoch": restored_epoch([1.0, 2.0], patience=5, start_from_epoch=7),
        "no epoch below the baseline": restored_epoch([3.0, 2.0, 4.0], patience=5, baseline=1.0),
        "not told at first": restored_epoch([None, 3.0, None, 2.0, 4.0], patience=9),
        "ties": restored_epoch([2.0, 1.0, 1.0], patience=5),
        "NaN first": restored_epoch([nan, 1.0, 2.0], patience=5),
        "NaN first, max": restored_epoch([nan, 1.0, 2.0], "max", patience=5),
        "NaN before start_from_epoch": restored_epoch(
            [nan, 1.0, 2.0], patience=5, start_from_epoch=1
        ),
    }


@attack("trainer.restores-unstopped")
def numbers_that_float32_does_not_part():
    """Tell Python numbers whose difference float32 rounds away, and ones just above that."""
    return {
        "1e-9 better": restored_epoch([1.0, 1.0 - 1e-9, 1.0], patience=5),
        "1e-6 better": restored_epoch([1.0, 1.0 - 1e-6, 1.0], patience=5),
        "20000001 to 20000000": restored_epoch([20000001.0, 20000000.0, 20000002.0], patience=5),
    }


@attack("masking.attached-with-state")
def a_state_beside_the_mask_of_masking():
    """Call an LSTM on Masking's output with a zero state, by name or place; look for warnings."""
    x = X.copy()
    x[:, 2:] = 0
    lstm = layers.LSTM(2, bias_initializer="ones", return_sequences=True)
    y = layers.Masking()(x)
    state = [np.zeros((2, 2), "float32")] * 2
    plain = lstm(y)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        named = lstm(y, initial_state=state)
        placed = lstm(y, state)
    i = keras.Input((4, 3))
    s = [keras.Input((2,)), keras.Input((2,))]
    model = keras.Model([i, s], lstm(layers.Masking()(i), initial_state=s))
    return {
        "gap by name": gap(plain, named),
        "gap by place": gap(plain, placed),
        "gap in a model": gap(plain, model([x, state])),
        "gap to no mask at all": gap(lstm(np.array(y)), named),
        "gap with the mask by name": gap(plain, lstm(y, initial_state=state, mask=x.any(-1))),
        "warnings": len(caught),
        "the output still has the attached mask": str(
            np.array(getattr(named, "_keras_mask", None)).tolist()
        ),
    }


@attack("models.shared-layer")
def layers_called_twice_in_models():
    """Share an LSTM, Bidirectional, a model, an Embedding, a stateful one; count, save, nest."""
    results = {}
    inner = keras.Sequential([keras.Input((None, 3)), layers.LSTM(3, return_sequences=True)])
    for name, shared in [
        ("LSTM", layers.LSTM(3, return_sequences=True)),
        ("Bidirectional", layers.Bidirectional(layers.LSTM(3, return_sequences=True), "sum")),
        ("a model", inner),
        ("TimeDistributed", layers.TimeDistributed(layers.Dense(3))),
        ("BatchNormalization", layers.BatchNormalization()),
    ]:
        i = keras.Input((4, 3))
        j = keras.Input((None, 3))
        model = keras.Model([i, j], [shared(i), shared(shared(j))])
        path = os.path.join(tempfile.mkdtemp(), "m.keras")
        model.save(path)
        again = keras.models.load_model(path)
        a = model([X, X])
        b = again([X, X])
        results[name] = [
            model.count_params() == shared.count_params() == again.count_params(),
            len(model.weights) == len({id(w) for w in model.weights}),
            max(gap(a[0], shared(X)), gap(a[1], shared(shared(X))), gap(b[1], a[1])) < 1e-5,
        ]
    return results


@attack("models.shared-layer")
def a_layer_in_two_nested_models_and_in_wrappers():
    """Share a layer between nested models, and a Dense with its TimeDistributed; read summary."""
    dense = layers.Dense(3)
    i = keras.Input((4, 3))
    p = keras.Input((4, 3))
    q = keras.Input((4, 3))
    first = keras.Model(p, dense(p))
    second = keras.Model(q, layers.TimeDistributed(dense)(q))
    model = keras.Model(i, second(first(i)))
    lines = []
    model.summary(print_fn=lines.append)
    total = [part for part in "\n".join(lines).splitlines() if "Total" in part]
    return {
        "parameters": model.count_params(),
        "of the layer": dense.count_params(),
        "summary": total[0].strip(),
        "same": gap(model(X), dense(dense(X))) < 1e-6,
        "twice in Sequential": outcome(
            lambda: gap(keras.Sequential([keras.Input((4, 3)), dense, dense])(X), dense(dense(X)))
        ),
    }


class Stateful(keras.Model):
    """A stateful LSTM in a model of a class."""

    def __init__(self, **arguments):
        super().__init__()
        self.lstm = layers.LSTM(2, stateful=True, **arguments)

    def call(self, x):
        """Call the LSTM."""
        return self.lstm(x)


def stateful_models(rows, **arguments):
    """Return stateful models of some rows: with Input, of a class, Sequential called before."""
    i = keras.Input((4, 3), batch_size=rows)
    models = {
        "Input": keras.Model(i, layers.LSTM(2, stateful=True, **arguments)(i)),
        "class": Stateful(**arguments),
        "Sequential": keras.Sequential([layers.LSTM(2, stateful=True, **arguments)]),
    }
    for model in models.values():
        model(np.zeros((rows, 4, 3), "float32"))
    return models


@attack("state.fixed-batch-in-predict")
def a_last_batch_of_one_and_of_more():
    """Predict 3 samples by 2, 5 by 4 and 6 by 4, in a loop, unrolled, by kinds of model."""
    results = {}
    for rows, samples in [(2, 3), (4, 5), (4, 6)]:
        for how, arguments in [("loop", {}), ("unrolled", {"unroll": True})]:
            for kind, model in stateful_models(rows, **arguments).items():
                results[f"{samples} by {rows}, {how}, {kind}"] = outcome(
                    lambda m=model, s=samples, r=rows: (
                        m.predict(numbers(s, 4, 3), batch_size=r, verbose=0).shape
                    )
                )
    return results


@attack("state.fixed-batch-in-predict")
def a_last_batch_of_one_after_another_predict():
    """Predict whole batches first, give a Dataset, or predict eagerly; then a last batch of one."""
    x = numbers(3, 4, 3)
    results = {}
    for kind, model in stateful_models(2).items():
        data = tf.data.Dataset.from_tensor_slices(x).batch(2)
        results[f"{kind}, Dataset"] = outcome(lambda m=model: m.predict(data, verbose=0).shape)
        results[f"{kind}, steps"] = outcome(
            lambda m=model: m.predict(numbers(7, 4, 3), batch_size=2, verbose=0).shape
        )
        model.compile(run_eagerly=True)
        results[f"{kind}, eagerly"] = outcome(
            lambda m=model: m.predict(x, batch_size=2, verbose=0).shape
        )
    return results


@attack("wrappers.mask-behind-slices")
def upper_lstms_of_many_sizes_behind_the_words():
    """Read masked words with TimeDistributed(LSTM), then an LSTM of 1 to 3 units, also unrolled."""
    results = {}
    for words, units, sentences in itertools.product((1, 3), (1, 2, 3), (1, 4)):
        x = numbers(2, sentences, words, 3)
        y = layers.TimeDistributed(layers.LSTM(5))(layers.Masking()(x))
        facts = [str(tuple(y._keras_mask.shape))]
        for unroll in (False, True):
            upper = layers.LSTM(units, unroll=unroll)
            facts.append(outcome(lambda u=upper: u(y).shape)[:60])
            facts.append(gap(upper(y, mask=np.ones((2, sentences), bool)), upper(np.array(y))))
        results[f"{words} words, {units} units, {sentences} sentences"] = facts
    return results


@attack("wrappers.mask-behind-slices")
def masks_of_words_in_models():
    """The same in models: of known and open length, with Embedding, of one word each."""
    results = {}
    for shape, units in [((4, 3), 2), ((4, 3), 3), ((4, None), 2), ((4, 1), 2), ((None, 3), 2)]:

        def run(shape=shape, units=units):
            i = keras.Input(shape, dtype="int32")
            e = layers.Embedding(9, 3, mask_zero=True)(i)
            y = layers.TimeDistributed(layers.LSTM(5))(e)
            model = keras.Model(i, layers.LSTM(units)(y))
            x = np.ones((2, shape[0] or 4, shape[1] or 1), "int32")
            return "built", outcome(lambda: model.predict(x, verbose=0).shape)

        results[f"{shape}, {units} units"] = outcome(run)
    return results


@attack("models.unrolled-zeros-backwards")
def zeros_looped_and_unrolled():
    """Read backwards a mask that is not its own mirror image, and compare with the order read."""
    mask = np.array([[True, True, True, False], [True, False, False, False]])
    results = {}
    weights = None
    for unroll in (False, True):
        layer = layers.LSTM(
            2,
            return_sequences=True,
            go_backwards=True,
            zero_output_for_mask=True,
            unroll=unroll,
        )
        layer.build(X.shape)
        weights = weights or layer.get_weights()
        layer.set_weights(weights)
        y = np.array(layer(X, mask=mask))
        results[f"unroll={unroll}"] = str((y == 0).all(-1).astype(int).tolist())
        results[f"unroll={unroll}, in a model"] = str(
            (np.array(tf.function(layer)(X, mask=tf.constant(mask))) == 0)
            .all(-1)
            .astype(int)
            .tolist()
        )
    results["masked, in the order read"] = str((~mask[:, ::-1]).astype(int).tolist())
    return results


@attack("shapes.unknown-arguments")
def old_arguments_alone_and_together():
    """Give each old argument alone, as None, beside input_shape, and through from_config."""
    old = {
        "batch_input_shape": (2, 4, 3),
        "time_major": False,
        "batch_shape": (2, 4, 3),
        "batch_size": 2,
        "input_length": 4,
        "ragged": False,
        "weights": [np.zeros((3, 8))],
    }
    results = {}
    for name, value in old.items():
        errors = [
            outcome(lambda n=name, v=value: layers.LSTM(2, **{n: v})),
            outcome(lambda n=name: layers.LSTM(2, **{n: None})),
            outcome(lambda n=name, v=value: layers.LSTM(2, input_shape=(4, 3), **{n: v})),
            outcome(lambda n=name, v=value: layers.LSTM.from_config({"units": 2, n: v})),
        ]
        results[name] = [e.startswith("ValueError") and name in e for e in errors]
    results["first error"] = errors[0]
    layer = layers.LSTM(2, input_shape=(4, 3))
    results["input_shape"] = type(layer).__name__
    fixed = keras.Input((4, 3), batch_size=2)
    results["keras.Input"] = str(layers.LSTM(2, stateful=True)(fixed).shape)
    return results


@attack("masking.puts-zeros")
def mask_values_of_many_kinds():
    """Mask with -1, 7.5, -0.0, a value for each feature; integers, in half, in a model, eagerly."""
    results = {}
    for name, value, arguments, dtype in [
        ("-1", -1.0, {}, "float32"),
        ("7.5", 7.5, {}, "float32"),
        ("-0.0", -0.0, {}, "float32"),
        ("by feature", np.array([1.0, 2.0, 3.0], "float32"), {}, "float32"),
        ("0.1 in half", 0.1, {"dtype": "float16"}, "float16"),
        ("99 in half", 99.0, {"dtype": "mixed_float16"}, "float32"),
        ("integers", 7, {"dtype": "int32"}, "int32"),
        ("integers, float layer", 7, {}, "int32"),
        ("1e30", 1e30, {}, "float32"),
    ]:
        x = (X * 3).astype(dtype)
        x[0, 1] = x[1, 3] = value
        layer = layers.Masking(value, **arguments)
        y = layer(x)
        mask = np.array(y._keras_mask)
        i = keras.Input((None, 3), dtype=dtype)
        z = keras.Model(i, layer(i)).predict(x, verbose=0)
        zero = [bool((np.array(t)[~mask] == 0).all()) for t in (y, z)]
        results[name] = [int((~mask).sum()), *zero]
    return results


@attack("masking.puts-zeros")
def layers_that_lose_the_mask_then_read():
    """Read behind Masking(-1) with layers that lose the mask, and see what input they read."""
    x = X.copy()
    x[:, 1] = -1
    zeros = x.copy()
    zeros[:, 1] = 0
    y = layers.Masking(-1.0)(x)
    state = [np.zeros((2, 2), "float32")] * 2
    lstm = layers.LSTM(2)
    results = {"LSTM with a state": gap(lstm(y, initial_state=state), lstm(zeros))}
    for layer in (
        layers.Flatten(),
        layers.Conv1D(2, 2),
        layers.Permute((2, 1)),
        layers.Reshape((12,)),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            results[layer.name] = gap(layer(y), layer(zeros))
    return results


@attack("masking.zeros-with-cudnn")
def outputs_after_the_sequence_on_cpu():
    """Read on CPU, looped and unrolled, padded sequences forwards, and masks of other kinds."""
    mask = np.array([[True, True, False, False], [True, False, False, False]])
    results = {}
    for unroll in (False, True):
        layer = layers.LSTM(2, return_sequences=True, unroll=unroll)
        y = np.array(layer(X, mask=mask))
        results[f"unroll={unroll}"] = bool(
            (y[0, 2:] == y[0, 1]).all() and (y[1, 1:] == y[1, 0]).all()
        )
    layer = layers.LSTM(2, return_sequences=True, zero_output_for_mask=True)
    results["told to put zeros"] = bool((np.array(layer(X, mask=mask))[~mask] == 0).all())
    return results


def spied_cudnn(mask, go_backwards=False):
    """Return what Keras' code for cuDNN returns, with a stand-in for its op that puts zeros."""
    rnn = importlib.import_module("keras.src.backend.tensorflow.rnn")

    def stand_in(input, input_h, input_c, sequence_lengths, **_):  # noqa: A002
        steps = tf.range(tf.shape(input)[1])[None, :] < tf.cast(sequence_lengths, tf.int32)[:, None]
        out = (
            tf.ones(tf.concat([tf.shape(input)[:2], [2]], 0)) * tf.cast(steps, "float32")[..., None]
        )
        return out, tf.ones((tf.shape(input)[0], 1, 2)), input_c, None, None

    layer = layers.LSTM(2, return_sequences=True, go_backwards=go_backwards)
    with (
        mock.patch.object(rnn, "_is_gpu_available", return_value=True),
        mock.patch.object(tf.raw_ops, "CudnnRNNV3", stand_in),
    ):
        return np.array(layer(X, mask=mask))[..., 0].round(3)


@attack("masking.zeros-with-cudnn")
def the_code_around_cudnn_with_masks_of_kinds():
    """Run Keras' code around a stand-in for cuDNN's op, which gives ones and then zeros."""
    end = np.array([[True, True, False, False], [True, True, True, True]])
    return {
        "padding at the end": str(spied_cudnn(end).tolist()),
        "backwards": str(spied_cudnn(end, True).tolist()),
        "padding at the start": outcome(lambda: spied_cudnn(end[:, ::-1]).tolist()),
        "an empty sequence": outcome(lambda: spied_cudnn(end & [[False], [True]]).tolist()),
    }


def fit_ones(model, *data, **arguments):
    """Say whether a compiled model fits and evaluates."""
    model.compile("sgd", "mse")
    arguments = {"verbose": 0, **arguments}
    return [
        outcome(lambda: bool(model.fit(*data, **arguments)))[:60],
        outcome(lambda: bool(np.isfinite(model.evaluate(*data, **arguments))))[:60],
    ]


@attack("errors.fit-in-batches-of-one")
def datasets_of_batches_of_one():
    """Give no batch_size, and 32, with a Dataset of batches of one, known to be so or not."""
    data = tf.data.Dataset.from_tensor_slices((numbers(3, 4, 3), numbers(3, 2)))
    known = data.batch(1, drop_remainder=True)
    unknown = data.batch(1)
    return {
        "arrays, none": fit_ones(stateful_models(1)["Input"], numbers(3, 4, 3), numbers(3, 2)),
        "arrays, one sample": fit_ones(stateful_models(1)["Input"], X[:1], numbers(1, 2)),
        "arrays, 1": fit_ones(
            stateful_models(1)["Input"], numbers(3, 4, 3), numbers(3, 2), batch_size=1
        ),
        "known, none": fit_ones(stateful_models(1)["Input"], known),
        "known, 32": fit_ones(stateful_models(1)["Input"], known, batch_size=32),
        "known, class": fit_ones(stateful_models(1)["class"], known),
        "open, none": fit_ones(stateful_models(1)["Input"], unknown),
        "open, 1": fit_ones(stateful_models(1)["Input"], unknown, batch_size=1),
        "a generator": fit_ones(
            stateful_models(1)["Input"],
            (b for b in [(X[:1], numbers(1, 2))] * 9),
            steps_per_epoch=2,
        ),
    }


@attack("errors.fit-in-batches-of-one")
def states_that_come_with_the_call():
    """Pass a state with the call, of as many rows as the input, or reshape to one row before."""
    i = keras.Input((4, 3), batch_size=1)
    h = layers.Dense(2)(i[:, 0])
    given = keras.Model(i, layers.LSTM(2, stateful=True)(i, initial_state=[h, h]))
    j = keras.Input((4, 3), batch_size=1)
    row = keras.Model(j, layers.LSTM(2, stateful=True)(ops.reshape(j, (1, 4, 3))))
    results = {}
    for name, model in [("state given", given), ("reshaped", row)]:
        for size in (None, 2):
            results[f"{name}, {size}"] = fit_ones(model, X[:1], numbers(1, 2), batch_size=size)
    for name, arguments in [
        ("masked", {"zero_output_for_mask": True}),
        ("by gate", {"implementation": 1}),
        ("backwards", {"go_backwards": True}),
    ]:
        model = stateful_models(1, **arguments)["Input"]
        results[name] = fit_ones(model, X[:1], numbers(1, 2), batch_size=2)
    return results


@attack("shapes.second-argument")
def what_stands_in_the_second_place():
    """Give a list, a tuple, None and a mask in the second place, eagerly and in a model."""
    lstm = layers.LSTM(2)
    state = [numbers(2, 2, seed=1), numbers(2, 2, seed=2)]
    wanted = lstm(X, initial_state=state)
    i = keras.Input((4, 3))
    s = [keras.Input((2,)), keras.Input((2,))]
    return {
        "list": gap(lstm(X, state), wanted),
        "tuple": gap(lstm(X, tuple(state)), wanted),
        "in a model": gap(keras.Model([i, s], lstm(i, s))([X, state]), wanted),
        "a mask": outcome(lambda: lstm(X, np.ones((2, 4), bool))),
        "None": gap(lstm(X, None), lstm(X)),
    }


@attack("shapes.second-argument")
def a_named_state_beside_an_attached_mask():
    """Name a state on the output of Masking: in Keras 2 the mask counts, as tf_keras 2.21 shows."""
    x = X.copy()
    x[:, 2:] = 0
    lstm = layers.LSTM(2, bias_initializer="ones")
    y = layers.Masking()(x)
    state = [numbers(2, 2, seed=1), numbers(2, 2, seed=2)]
    named = lstm(y, initial_state=state)
    return {
        "gap to the masked result": gap(named, lstm(x, initial_state=state, mask=x.any(-1))),
        "gap to the unmasked result": gap(named, lstm(x, initial_state=state)),
    }


@attack("wrappers.dense-in-slices")
def dense_with_and_without_the_wrapper():
    """Compare on rows of one, of many and masked timesteps, in float32, half and float64."""
    results = {}
    for policy in ("float32", "float16", "mixed_bfloat16", "mixed_float16", "float64"):
        for batch, steps in [(2, 4), (1, 1), (3, 50)]:
            lstm = layers.LSTM(4, return_sequences=True, dtype=policy)
            dense = layers.Dense(5, dtype=policy)
            wrapped = layers.TimeDistributed(dense, dtype=policy)
            rows = lstm(numbers(batch, steps, 3), mask=np.arange(steps) < np.full((batch, 1), 3))
            y = wrapped(rows)
            z = dense(rows)
            results[f"{policy}, {batch} by {steps}"] = [gap(y, z), str(y.dtype) == str(z.dtype)]
    results["kernel"] = str(dense.kernel.shape)
    return results


@attack("wrappers.dense-in-slices")
def policies_of_dense_and_wrapper():
    """Give the Dense another policy than the wrapper; look at kernels and outputs."""
    rows = layers.LSTM(4, return_sequences=True)(X)
    results = {}
    for inner, outer in [
        ("float64", "float32"),
        ("float16", "float32"),
        ("mixed_float16", "float32"),
        ("float32", "float64"),
        ("float32", "float16"),
        ("float32", "mixed_float16"),
        ("float64", "mixed_float16"),
    ]:
        layer = layers.TimeDistributed(layers.Dense(5, dtype=inner), dtype=outer)
        dtype = outcome(lambda f=layer: f(rows).dtype.name)
        results[f"Dense {inner}, wrapper {outer}"] = (
            f"output {dtype}, kernel {layer.layer.kernel.dtype}"
        )
    return results


def spelled_loss(logits, labels):
    """Return -log of the probability of all paths of labels, summed in logs of float64."""
    logp = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    states = [0]
    for label in labels:
        states += [label, 0]
    alpha = np.full(len(states), -np.inf)
    alpha[:2] = logp[0, states[:2]]
    for row in logp[1:]:
        new = alpha.copy()
        new[1:] = np.logaddexp(new[1:], alpha[:-1])
        for k in range(2, len(states)):
            if states[k] and states[k] != states[k - 2]:
                new[k] = np.logaddexp(new[k], alpha[k - 2])
        alpha = new + row[states]
    return float(-np.logaddexp.reduce(alpha[-2:]))


def ctc(logits, labels):
    """Return Keras' loss of one sequence."""
    return float(keras.losses.CTC()(np.array([labels]), logits[None].astype("float32")))


@attack("trainer.ctc")
def paths_counted_one_by_one_and_in_logs():
    """Compare with sums over paths: short ones, empty labels, repeats, full length, 300 steps."""
    results = {}
    for steps, classes, labels in [
        (4, 3, [1, 2, 0]),
        (4, 3, [1, 1]),
        (3, 4, [3, 2, 1]),
        (2, 2, [0, 0]),
    ]:
        logits = numbers(steps, classes, seed=steps).astype("float64")
        p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
        real = [k for k in labels if k]
        total = sum(
            np.prod([p[t, c] for t, c in enumerate(path)])
            for path in itertools.product(range(classes), repeat=steps)
            if [c for c, _ in itertools.groupby(path) if c] == real
        )
        losses = [ctc(logits, labels), float(-np.log(total)), spelled_loss(logits, real)]
        results[f"{labels} in {steps}"] = [round(v, 4) for v in losses]
    logits = numbers(300, 40).astype("float64")
    labels = (np.arange(20) % 39 + 1).tolist()
    results["300 by 40"] = [round(ctc(logits, labels), 2), round(spelled_loss(logits, labels), 2)]
    return results


@attack("trainer.ctc")
def improbable_labels_that_fit():
    """Let the outputs be sure of the blank, and the labels fit: with a loss below and above 700."""
    results = {}
    for steps, sure, length in [(20, 20.0, 10), (20, 60.0, 10), (20, 80.0, 10), (60, 40.0, 30)]:
        logits = np.zeros((steps, 5))
        logits[:, 0] = sure
        labels = (np.arange(length) % 4 + 1).tolist()
        losses = [round(ctc(logits, labels), 1), round(spelled_loss(logits, labels), 1)]
        results[f"{length} labels in {steps}, blank {sure} above"] = losses
    return results


@attack("trainer.ctc")
def labels_that_no_path_spells():
    """Give too many labels, repeats without room, a class that the outputs lack, -1 as padding."""
    logits = numbers(4, 3).astype("float64")
    return {
        "too many": ctc(logits, [1, 2, 1, 2, 1]),
        "many too many": ctc(numbers(2, 3).astype("float64"), [1, 2] * 9),
        "repeats": ctc(logits, [1, 1, 1]),
        "one timestep": ctc(logits[:1], [1, 2]),
        "class 7 of 3": outcome(lambda: ctc(logits, [1, 7])),
        "class 3 of 3": outcome(lambda: ctc(logits, [3, 1])),
        "padded with -1": outcome(lambda: ctc(logits, [1, -1])),
    }


def fit_ctc(rows, *front):
    """Return the loss before a fit and after it, or the shapes of which an error tells."""
    x = numbers(rows, 9, 3)
    y = np.tile([1, 2, 0], (rows, 1))
    x[1:, 6:] = 0
    lstm = layers.LSTM(4, return_sequences=True)
    model = keras.Sequential([keras.Input((9, 3)), *front, lstm, layers.Dense(3)])
    model.compile(keras.optimizers.Adam(0.05), keras.losses.CTC())
    try:
        before = model.evaluate(x, y, verbose=0)
        after = model.fit(x, y, epochs=9, verbose=0).history["loss"][-1]
    except Exception as error:
        return [line for line in str(error).splitlines() if "shapes" in line][-1]
    return [round(float(v), 4) for v in (before, after)]


@attack("trainer.ctc")
def ctc_in_fit_with_and_without_masking():
    """Fit an LSTM under CTC, plain, and with Masking in front of it, on 5 rows and on 1."""
    return {
        "plain": fit_ctc(5),
        "behind Masking": fit_ctc(5, layers.Masking()),
        "behind Masking, one row": fit_ctc(1, layers.Masking()),
    }


FIVE_STEPS = numbers(2, 5, 3)


def equal(a, b):
    """Say whether two tensors are equal, but for rounding."""
    return np.shape(a) == np.shape(b) and gap(a, b) < 1e-5


@attack("dropout.bare-cell")
def masks_of_cells_in_eager_calls():
    """Keep masks over an inference; end them by an RNN of a cell, a stack, a stack of stacks."""
    cells = [layers.LSTMCell(3, dropout=0.5, recurrent_dropout=r) for r in (0, 0.5, 0, 0.5)]
    x = np.ones((2, 3), "float32")
    results = {}
    for cell in cells[:2]:
        state = [np.ones((2, 3), "float32")] * 2
        first = cell(x, state, training=True)[0]
        cell(x, state, training=False)
        results[f"kept, {cell.recurrent_dropout}"] = equal(first, cell(x, state, training=True)[0])
    twice = layers.StackedRNNCells(
        [layers.StackedRNNCells(cells[:2]), layers.StackedRNNCells(cells[2:])]
    )
    for name, cell in [
        ("one", cells[0]),
        ("stack", layers.StackedRNNCells(cells)),
        ("twice", twice),
    ]:
        for each in cells:
            each(x, [x, x], training=True)
        fails = outcome(lambda cell=cell: layers.RNN(cell)(FIVE_STEPS, training=False).shape)
        results[f"RNN of {name}"] = [fails, [c._dropout_mask is None for c in cells]]
    return results


@attack("dropout.bare-cell")
def masks_of_traces():
    """Run a trace six times, also by XLA; then call eagerly, trace again, and inside of a trace."""
    x = np.ones((2, 40), "float32")
    results = {}
    for name, options in [("", {}), ("XLA", {"jit_compile": True})]:
        cell = layers.LSTMCell(40, dropout=0.5, seed=1)
        cell.build((2, 40))
        call = tf.function(lambda x, c=cell: c(x, [x, x], training=True)[0], **options)
        runs = [np.array(call(x)) for _ in range(6)]
        results[f"equal runs {name}"] = sum(equal(runs[0], r) for r in runs[1:])
        results[f"eager {name}"] = outcome(lambda c=cell: c(x, [x, x], training=True)[0].shape)
        results[f"other trace {name}"] = outcome(lambda: call(np.ones((4, 40), "float32")).shape)
        results[f"inference {name}"] = outcome(lambda c=cell: c(x, [x, x])[0].shape)
    cell = layers.LSTMCell(40, dropout=0.5)
    cell.build((2, 40))
    inner = tf.function(lambda x: cell(x, [x, x], training=True)[0])
    outer = tf.function(lambda x: (cell(x, [x, x], training=True)[0], inner(x)))
    results["trace inside of the trace"] = outcome(lambda: equal(*outer(x)))
    return results


@attack("dropout.bare-cell")
def masks_after_a_call_that_fails():
    """Call an LSTM with a mask that is too long, and see whether its masks were reset."""
    layer = layers.LSTM(3, dropout=0.5)
    layer(FIVE_STEPS)
    fails = outcome(lambda: layer(FIVE_STEPS, mask=np.ones((2, 3), bool), training=True).shape)
    again = outcome(lambda: layer(FIVE_STEPS[:1], training=True).shape)
    return {"call": fails, "mask left": layer.cell._dropout_mask is not None, "batch of one": again}


@attack("wrappers.merge-modes")
def merging_of_unequal_layers():
    """Merge 2 units with 3, with 1, with a GRU; a forward layer that goes backwards; a mask."""
    results = {}
    mask = np.arange(5) < np.array([[3], [5]])
    for mode in ("sum", "mul", "ave", "concat"):
        for name, other in [
            ("3 units", layers.LSTM(3, go_backwards=True)),
            ("1 unit", layers.LSTM(1, go_backwards=True)),
            ("GRU", layers.GRU(2, go_backwards=True)),
        ]:
            both = layers.Bidirectional(layers.LSTM(2), mode, backward_layer=other)
            results[f"{mode}, {name}"] = outcome(lambda both=both: both(FIVE_STEPS).shape)
        forward = layers.LSTM(2, return_sequences=True, go_backwards=True)
        other = layers.LSTM(2, return_sequences=True)
        both = layers.Bidirectional(forward, mode, backward_layer=other)
        y = both(FIVE_STEPS, mask=mask)
        a = both.forward_layer(FIVE_STEPS, mask=mask)
        b = other(FIVE_STEPS, mask=mask)[:, ::-1]
        wanted = {
            "sum": a + b,
            "mul": a * b,
            "ave": (a + b) / 2,
            "concat": np.concatenate([a, b], -1),
        }
        results[f"{mode}, turned and masked"] = equal(y, wanted[mode])
    return results


@attack("models.unequal-merge-refused")
def merging_of_three_lengths():
    """Merge lengths 1, 5 and 3; 5, open and 3 in a model; matrices; by each merging layer."""
    results = {}
    for kind in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"):
        layer = getattr(layers, kind)
        n = 2 if kind == "Subtract" else 3

        def call(*lengths, layer=layer):
            return outcome(lambda: layer()([numbers(2, t, 4) for t in lengths]).shape)

        results[kind] = {"1, 5": call(1, 5), "5, 1": call(5, 1), "5, 3": call(5, 3)}
        if n == 3:
            results[kind]["1, 5, 3"] = call(1, 5, 3)
            results[kind]["5, 1, 1"] = call(5, 1, 1)
            ins = [keras.Input((t, 4)) for t in (5, None, 3)]
            results[kind]["model of 5, open, 3"] = outcome(lambda: layer()(ins).shape)
            model = keras.Model(ins, layer()(ins))
            data = [numbers(2, t, 4) for t in (5, 5, 3)]
            results[kind]["its call"] = outcome(lambda: model(data).shape)
        matrices = [numbers(2, 5, 4), numbers(2, 3, 5, 4)]
        results[kind]["5 vectors, 3 matrices"] = outcome(lambda: layer()(matrices).shape)
    return results


@attack("models.unequal-merge-refused")
def merging_after_other_lengths():
    """Build a merging layer with equal or open lengths, and call it with 5 and 3, also masked."""
    results = {}
    for kind in ("Add", "Multiply", "Average", "Maximum", "Minimum", "Subtract"):
        layer = getattr(layers, kind)()
        layer([FIVE_STEPS, FIVE_STEPS])
        results[f"{kind} met 5, 5"] = outcome(lambda: layer([FIVE_STEPS, FIVE_STEPS[:, :3]]).shape)
        shared = layer([keras.Input((None, 3)), keras.Input((None, 3))]).shape
        late = outcome(lambda: layer([keras.Input((5, 3)), keras.Input((3, 3))]).shape)
        results[f"{kind} symbolic"] = [str(shared), late]
        masked = layers.Masking()
        single = masked(FIVE_STEPS[:, :1])
        whole = masked(FIVE_STEPS)
        results[f"{kind} masked 1, 5"] = outcome(lambda: layer([single, whole]).shape)
    return results


@attack("trainer.on-batch-alone")
def batches_of_each_metric():
    """Test a second batch with each metric of Keras, and compare with a new model's numbers."""
    x = numbers(8, 5, 3)
    y = np.random.default_rng(1).integers(0, 2, (8, 2)).astype("float32")
    skip = {"Metric", "Mean", "Sum", "MeanMetricWrapper"}
    base = model_of(layers.LSTM(2, activation="sigmoid"))
    differs = []
    fails = []
    given = {
        "MeanIoU": [2],
        "IoU": [2, [0]],
        "OneHotIoU": [2, [0]],
        "OneHotMeanIoU": [2],
        "BinaryIoU": [],
    }
    for name, kind in vars(keras.metrics).items():
        if not isinstance(kind, type) or name in skip:
            continue
        arguments = given.get(
            name, [0.5] if "At" in name else [np.ones((8, 2))] if "Relative" in name else []
        )
        logs = []
        try:
            for first in (True, False):
                base.compile(loss="mse", metrics=[kind(*arguments)], run_eagerly=True)
                if first:
                    base.test_on_batch(x[::-1] * 3, 1 - y)
                log = base.test_on_batch(x, y, return_dict=True)
                logs.append(np.concatenate([np.ravel(v) for v in log.values()]))
        except Exception as error:
            fails.append(f"{name}: {error}"[:60])
            continue
        if not np.allclose(*logs, equal_nan=True):
            differs.append(name)
    return {"differs": differs, "not tried": fails}


class Counting(layers.Layer):
    """A layer with a metric of its own."""

    def __init__(self):
        super().__init__()
        self.seen = keras.metrics.Sum(name="seen")

    def call(self, x):
        """Count the samples."""
        self.seen.update_state(keras.ops.ones_like(x[:, 0, 0]))
        return x


class Holder(keras.Model):
    """A model that holds a metric as an attribute."""

    def __init__(self, metric):
        super().__init__()
        self.lstm = layers.LSTM(2)
        self.metric = metric

    def call(self, x):
        """Call the LSTM."""
        return self.lstm(x)


@attack("trainer.on-batch-alone")
def used_metrics_and_those_of_layers():
    """Use a metric before compile(), hold it, compile again without it; count in layers, nested."""
    y = numbers(2, 2)
    used = {}
    results = {}
    for name in ("given", "held", "kept", "weighted"):
        metric = keras.metrics.MeanSquaredError(name="m")
        metric.update_state(np.zeros((2, 2)), np.full((2, 2), 100.0))
        model = Holder(metric) if name == "held" else model_of(layers.LSTM(2))
        model(FIVE_STEPS)
        option = {"weighted_metrics" if name == "weighted" else "metrics": [metric]}
        model.compile(loss="mse", **option)
        if name == "kept":
            model.train_on_batch(FIVE_STEPS, y)
            model.compile(loss="mse")
        used[name] = float(model.test_on_batch(FIVE_STEPS, y, return_dict=True)["m"])
    for name, counting in [("in", Counting()), ("nested", model_of(Counting()))]:
        model = model_of(counting, layers.LSTM(2))
        model.compile(loss="mse")
        logs = [model.train_on_batch(FIVE_STEPS, y, return_dict=True) for _ in range(3)]
        logs += [model.test_on_batch(FIVE_STEPS, y, return_dict=True) for _ in range(2)]
        results[f"samples, {name}"] = [float(log.get("seen", -1)) for log in logs]
    return {"m of the first batch": used, **results}


@attack("training.state-gradient")
def gradient_of_given_states():
    """Compare with differences: unrolled, backwards, masked (a row fully), linear, stateful."""
    rng = np.random.default_rng(0)
    results = {}
    mask = np.array([[0, 1, 1, 0, 1], [0] * 5], bool)
    for name, options, call in [
        ("loop", {}, {}),
        ("unrolled", {"unroll": True}, {}),
        ("back", {"go_backwards": True}, {}),
        ("masked", {}, {"mask": mask}),
        ("unrolled, masked", {"unroll": True}, {"mask": mask}),
        ("linear", {"activation": None}, {}),
        ("selu", {"activation": "selu"}, {}),
        ("stateful", {"stateful": True}, {}),
        ("half", {"implementation": 1}, {}),
    ]:
        layer = layers.LSTM(2, dtype="float64", return_sequences=True, return_state=True, **options)

        def loss(h, c, layer=layer, call=call):
            return sum(
                tf.reduce_sum(tf.sin(3 * y))
                for y in layer(FIVE_STEPS, initial_state=[h, c], **call)
            )

        h, c = (tf.constant(rng.normal(size=(2, 2))) for _ in range(2))
        loss(h, c)
        with tf.GradientTape() as tape:
            tape.watch([h, c])
            value = tf.function(loss)(h, c)
        grads = tape.gradient(value, [h, c])
        e = 1e-6 * rng.normal(size=(2, 2, 2))
        slope = (loss(h + e[0], c + e[1]) - loss(h - e[0], c - e[1])) / 2
        results[name] = bool(abs(slope - np.sum(grads * e)) < 1e-5 * abs(slope) + 1e-12)
    return results


@attack("training.state-gradient")
def gradient_of_a_second_call():
    """Give a stateful LSTM its states in a first call, and take the loss of a second one."""
    results = {}
    for stateful in (True, False):
        layer = layers.LSTM(2, stateful=stateful, return_state=True)
        first = FIVE_STEPS[:, :2]
        second = FIVE_STEPS[:, 2:]
        layer(first)

        def loss(h, c, layer=layer, stateful=stateful):
            state = layer(first, initial_state=[h, c])[1:]
            return tf.reduce_sum(
                layer(second)[0] if stateful else layer(second, initial_state=state)[0]
            )

        h = tf.constant(numbers(2, 2))
        c = tf.constant(numbers(2, 2, seed=1))
        with tf.GradientTape() as tape:
            tape.watch([h, c])
            value = loss(h, c)
        name = "stateful" if stateful else "handed on"
        grads = tape.gradient(value, [h, c])
        results[name] = [None if g is None else float(np.abs(g).max()) for g in grads]
        results[f"{name}: the loss depends on h"] = bool(abs(loss(h + 1, c) - value) > 1e-4)
    return results


@attack("modes.attributes-are-frozen")
def shapes_met_again():
    """Set go_backwards, predict on other shapes or integers, and then on a shape that was met."""
    results = {}
    for name, others in [
        ("the shape itself", []),
        ("a longer input before", [numbers(2, 7, 3)]),
        ("a larger batch before", [numbers(9, 5, 3)]),
        ("both", [numbers(9, 5, 3), numbers(2, 7, 3)]),
        ("float64", [FIVE_STEPS.astype("float64")]),
    ]:
        for met in ("first", "second"):
            layer = layers.LSTM(2)
            model = model_of(layer)
            model.compile(loss="mse")
            x = FIVE_STEPS if met == "first" else numbers(4, 5, 3)
            for data in [x] if met == "first" else [FIVE_STEPS, x, x]:
                old = model.predict(data, verbose=0)
            layer.go_backwards = True
            for other in others:
                model.predict(other, verbose=0)
            y = model.predict(x, verbose=0)
            results[f"{name}, {met} shape"] = (
                "old" if equal(y, old) else "new" if equal(y, model(x)) else "?"
            )
    return results


@attack("modes.attributes-are-frozen")
def integers_eager_and_one_batch():
    """Predict integers, a Dataset with targets, a batch; compile again, or to run eagerly."""
    results = {}
    whole = np.round(FIVE_STEPS * 3).astype("float32")
    for name in ("integers", "with targets", "compile", "eager", "predict_on_batch"):
        layer = layers.LSTM(2)
        model = model_of(layer)
        model.compile(loss="mse", run_eagerly=name == "eager")
        old = model.predict(whole, verbose=0)
        layer.go_backwards = True
        if name == "compile":
            model.compile(loss="mse")
        x = whole.astype("int32") if name == "integers" else whole
        x = tf.data.Dataset.from_tensors((x, numbers(2, 2))) if name == "with targets" else x
        y = model.predict_on_batch(x) if name == "predict_on_batch" else model.predict(x, verbose=0)
        results[name] = "old" if equal(y, old) else "new" if equal(y, model(whole)) else "?"
    return results


@attack("shapes.return-sequences")
def shapes_of_what_is_returned():
    """Ask for the state, be stateful, unrolled, backwards; one timestep; a ConvLSTM, a wrapper."""
    results = {}
    for name, options in [
        ("plain", {}),
        ("state", {"return_state": True}),
        ("stateful", {"stateful": True}),
        ("unrolled", {"unroll": True}),
        ("back", {"go_backwards": True}),
    ]:
        layer = layers.LSTM(4, return_sequences=True, **options)
        shape = keras.tree.map_structure(lambda t: tuple(t.shape), layer(FIVE_STEPS))
        results[name] = [str(shape), str(layer.compute_output_shape((2, 5, 3)))]
    results["wrapped"] = str(
        layers.Bidirectional(layers.LSTM(4, return_sequences=True))(FIVE_STEPS).shape
    )
    results["ConvLSTM1D"] = str(
        layers.ConvLSTM1D(4, 1, return_sequences=True)(numbers(2, 5, 6, 3)).shape
    )
    results["one timestep"] = str(layers.LSTM(4, return_sequences=True)(FIVE_STEPS[:, :1]).shape)
    return results


def litert(layer, masked=False, batch=2, x=FIVE_STEPS):
    """Export a model of a layer; return TensorFlow's operators in it and the largest difference."""
    stack = [layers.Masking(), layer] if masked else [layer]
    model = keras.Sequential([keras.Input(x.shape[1:], batch_size=batch), *stack])
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "m.tflite")
        model.export(path, format="litert", verbose=False)
        content = Path(path).read_bytes()
    run = tf.lite.Interpreter(model_content=content)
    y = model(x)
    run.resize_tensor_input(run.get_input_details()[0]["index"], x.shape)
    run.allocate_tensors()
    run.set_tensor(run.get_input_details()[0]["index"], x)
    run.invoke()
    flex = sorted({name.decode() for name in re.findall(rb"Flex[A-Za-z0-9]+", content)})
    return [flex, equal(y, run.get_tensor(run.get_output_details()[0]["index"]))]


@attack("saving.litert-unrolled")
def exporting_with_each_argument():
    """Export it with dropout, masked, stateful, frozen, of one timestep and unit, of any batch."""
    results = {}
    blank = FIVE_STEPS * (np.arange(5) < 3)[:, None].astype("float32")
    for name, options, given in [
        ("dropout", {"dropout": 0.5}, {"batch": None}),
        ("recurrent dropout", {"recurrent_dropout": 0.5}, {}),
        ("masked", {}, {"masked": True, "x": blank}),
        ("stateful", {"stateful": True}, {}),
        ("by gate", {"implementation": 1, "use_bias": False}, {"batch": None}),
        ("small", {}, {"batch": None, "x": FIVE_STEPS[:, :1, :1]}),
    ]:
        layer = layers.LSTM(1 if name == "small" else 4, unroll=True, **options)
        results[name] = outcome(lambda layer=layer, given=given: litert(layer, **given))
    return results


@attack("saving.litert-unrolled")
def exporting_with_activations():
    """Export it with activations of Keras and functions of keras.ops."""
    results = {}
    for name in ("gelu", "softplus", "mish", "sparsemax", "log_softmax"):
        results[name] = outcome(lambda n=name: litert(layers.LSTM(2, activation=n, unroll=True)))
    for name in ("erf", "arcsinh", "sinh", "arctan", "sin", "log1p", "sign", "softsign", "tan"):
        f = getattr(keras.ops, name)
        results[f"ops.{name}"] = outcome(
            lambda f=f: litert(layers.LSTM(2, activation=f, unroll=True))
        )
    return results


@attack("weights.of-the-cell")
def weights_of_layers_with_everything():
    """Be stateful, with dropout, frozen, without bias, read back, in half; assign and predict."""
    results = {}
    for name, options in [
        ("stateful", {"stateful": True}),
        ("dropout", {"dropout": 0.5, "seed": 1}),
        ("half", {"dtype": "mixed_float16"}),
        ("frozen", {"trainable": False}),
        ("no bias", {"use_bias": False}),
        ("by gate", {"implementation": 1}),
    ]:
        layer = layers.LSTM(2, **options)
        layer = layers.LSTM.from_config(layer.get_config())
        model = keras.Sequential([keras.Input((5, 3), batch_size=2), layer])
        model.compile(loss="mse")
        before = model.predict(FIVE_STEPS, verbose=0)
        same = [a is b for a, b in zip(layer.weights, layer.cell.weights, strict=True)]
        layer.cell.kernel.assign(layer.cell.kernel + 1)
        if layer.stateful:
            layer.reset_state()
        changed = not equal(before, model.predict(FIVE_STEPS, verbose=0))
        results[name] = [all(same), len(same), changed, type(layer.cell).__name__]
    return results


@attack("wrappers.bidirectional-axes")
def errors_of_two_axes():
    """Give it two axes: eager, symbolic, read back, RNN backwards, a model, TimeDistributed."""
    flat = FIVE_STEPS[:, 0]
    results = {}

    def both(**options):
        return layers.Bidirectional(layers.LSTM(2), name="mine", **options)

    built = both()
    built(FIVE_STEPS)
    cell = layers.RNN(layers.LSTMCell(2), go_backwards=True)
    inner = keras.Sequential([both()])
    for name, call in [
        ("eager", lambda: both()(flat)),
        ("built", lambda: built(flat)),
        ("symbolic", lambda: both()(keras.Input((3,)))),
        ("read back", lambda: layers.Bidirectional.from_config(built.get_config())(flat)),
        ("RNN backwards", lambda: both(backward_layer=cell)(flat)),
        ("a mask", lambda: built(flat, mask=np.ones((2, 3), bool))),
        ("Sequential", lambda: inner(flat)),
        ("of a graph", lambda: tf.function(built)(flat)),
        ("TimeDistributed", lambda: layers.TimeDistributed(both())(FIVE_STEPS)),
        ("TimeDistributed, built", lambda: layers.TimeDistributed(built)(FIVE_STEPS)),
    ]:
        try:
            results[name] = f"no error {call()}"
        except Exception as error:
            text = str(error)
            results[name] = [
                "mine" in text,
                "ndim=3" in text,
                "ndim=2" in text,
                re.findall("of layer '(.*?)'", text),
            ]
    return results


def predicted(model, lengths, sizes=None):
    """Predict batches of lengths from a generator, and compare them with calls."""
    data = [numbers(b, t, 3) for b, t in zip(sizes or [2] * len(lengths), lengths, strict=True)]
    y = model.predict(((x,) for x in data), verbose=0)
    rows = [row for x in data for row in np.array(model(x)).astype("float32")]
    return all(equal(np.array(a, "float32"), b) for a, b in zip(y, rows, strict=True))


@attack("modes.generator")
def lengths_of_generators():
    """Predict lengths 5, 1, 3: sequences, in half, bfloat16, stateful, masked, backwards, fixed."""
    results = {}
    for name, options, shape in [
        ("last", {}, (None, 3)),
        ("sequences", {"return_sequences": True}, (None, 3)),
        ("half", {"return_sequences": True, "dtype": "mixed_float16"}, (None, 3)),
        ("bfloat16", {"return_sequences": True, "dtype": "mixed_bfloat16"}, (None, 3)),
        ("bfloat16, last", {"dtype": "mixed_bfloat16"}, (None, 3)),
        ("back", {"go_backwards": True, "return_sequences": True}, (None, 3)),
        ("Input of 5 timesteps", {}, (5, 3)),
    ]:
        results[name] = outcome(
            lambda o=options, s=shape: predicted(model_of(layers.LSTM(2, **o), shape=s), [5, 1, 3])
        )
    both = layers.Bidirectional(layers.LSTM(2, return_sequences=True))
    results["Bidirectional"] = outcome(
        lambda: predicted(model_of(layers.Masking(), both), [1, 5, 3])
    )
    state = keras.Sequential([keras.Input((None, 3), batch_size=2), layers.LSTM(2, stateful=True)])
    results["stateful"] = outcome(
        lambda: len(state.predict(((numbers(2, t, 3),) for t in (5, 1, 3)), verbose=0))
    )
    for name, lengths, sizes in [
        ("one unit each", [5, 1, 3], [1, 1, 1]),
        ("sizes differ", [5, 1, 3], [4, 2, 1]),
        ("only sizes of the first two differ", [5, 5, 3], [4, 2, 1]),
        ("equal ones", [5, 5, 3], None),
        ("one batch", [5], None),
        ("long", [1, 300, 2], None),
    ]:
        for sequences in (False, True):
            model = model_of(layers.LSTM(2, return_sequences=sequences))
            results[f"{name}, {sequences}"] = outcome(
                lambda m=model, a=lengths, b=sizes: predicted(m, a, b)
            )
    return results


@attack("modes.generator")
def lengths_of_generators_with_steps():
    """Predict 2 steps per execution: lengths 5, 3, 4 and 1, 5, 1, last outputs and sequences."""
    results = {}
    for lengths in ([5, 3, 4], [1, 5, 1], [5, 3]):
        for sequences in (False, True):
            model = model_of(layers.LSTM(2, return_sequences=sequences))
            model.compile(loss="mse", steps_per_execution=2)
            results[f"{lengths}, {sequences}"] = outcome(lambda m=model, a=lengths: predicted(m, a))
    return results


def moved(model, layer, train):
    """Say whether a training step changes the weights of a layer."""
    before = [np.array(w) for w in layer.weights]
    train(model)
    return any(np.any(a != np.array(w)) for a, w in zip(before, layer.weights, strict=True))


def open_data(*lengths):
    """Return a Dataset of batches of lengths, with an open number of timesteps."""
    signature = (tf.TensorSpec((None, None, 3)), tf.TensorSpec((None, 2)))
    batches = [(numbers(2, t, 3), numbers(2, 2)) for t in lengths]
    return tf.data.Dataset.from_generator(lambda: iter(batches), output_signature=signature)


@attack("training.compile-again")
def freezing_between_steps():
    """Freeze between two steps: fit, also of open lengths, and train_on_batch, also weighted."""
    w = np.ones(2, "float32")
    results = {}

    def fit(x, **o):
        return lambda m: m.fit(x, numbers(len(x), 2), verbose=0, **o)

    def batch(x, **o):
        return lambda m: m.train_on_batch(x, numbers(len(x), 2), **o)

    for name, first, second in [
        ("fit, the same", fit(FIVE_STEPS), fit(FIVE_STEPS)),
        ("fit, longer", fit(FIVE_STEPS), fit(numbers(2, 7, 3))),
        ("fit, more samples", fit(FIVE_STEPS), fit(numbers(40, 5, 3))),
        (
            "fit of a Dataset of open lengths",
            lambda m: m.fit(open_data(5, 5), verbose=0),
            lambda m: m.fit(open_data(7, 7), verbose=0),
        ),
        ("batch, the same", batch(FIVE_STEPS), batch(FIVE_STEPS)),
        ("batch, larger", batch(FIVE_STEPS), batch(numbers(4, 5, 3))),
        ("batch after fit", fit(FIVE_STEPS), batch(FIVE_STEPS)),
        (
            "batch after fit, both weighted",
            fit(FIVE_STEPS, sample_weight=w),
            batch(FIVE_STEPS, sample_weight=w),
        ),
        (
            "larger batch after fit, weighted",
            fit(FIVE_STEPS, sample_weight=w),
            batch(numbers(4, 5, 3), sample_weight=np.ones(4, "float32")),
        ),
        ("fit after batch", batch(FIVE_STEPS), fit(FIVE_STEPS)),
    ]:
        layer = layers.LSTM(2)
        model = model_of(layer, layers.Dense(2))
        model.compile("sgd", "mse")
        first(model)
        layer.trainable = False
        results[name] = "still trains" if moved(model, layer, second) else "frozen"
    return results


@attack("training.compile-again")
def unfreezing_between_steps():
    """Unfreeze what compile() met frozen, all or a part; freeze and unfreeze eagerly."""

    def batch(size):
        return lambda m: m.train_on_batch(numbers(size, 5, 3), numbers(size, 2))

    results = {}
    for name, head, eager, optimizer in [
        ("a part", True, False, "sgd"),
        ("all", False, False, "sgd"),
        ("all, Adam", False, False, "adam"),
        ("a part, eager", True, True, "sgd"),
        ("all, eager", False, True, "sgd"),
    ]:
        layer = layers.LSTM(2)
        model = model_of(layer, *([layers.Dense(2)] if head else []))
        layer.trainable = False
        model.compile(optimizer, "mse", run_eagerly=eager)
        batch(2)(model)
        layer.trainable = True
        results[name] = outcome(lambda m=model, layer=layer: moved(m, layer, batch(4)))
    layer = layers.LSTM(2)
    model = model_of(layer, layers.Dense(2))
    model.compile("sgd", "mse", run_eagerly=True)
    steps = []
    for trainable in (True, False, True, False, True):
        layer.trainable = trainable
        steps.append(moved(model, layer, batch(2)))
    results["eager: trained, frozen, unfrozen, frozen, unfrozen"] = steps
    return results


@attack("state.kept-in-states")
def states_after_many_kinds_of_calls():
    """Call it in half, masked, unrolled, backwards, by XLA, given a state, wrapped, in training."""
    results = {}
    mask = np.array([[1, 1, 0, 1, 0], [0] * 5], bool)
    for name, options, call in [
        ("half", {"dtype": "mixed_float16"}, {}),
        ("bfloat16", {"dtype": "mixed_bfloat16"}, {}),
        ("pure half", {"dtype": "float16"}, {}),
        ("masked", {}, {"mask": mask}),
        ("back", {"go_backwards": True}, {}),
        ("unrolled, masked", {"unroll": True}, {"mask": mask}),
        ("sequences", {"return_sequences": True}, {}),
        ("given", {}, {"initial_state": [numbers(2, 2), numbers(2, 2, seed=1)]}),
        ("training", {"dropout": 0.5}, {"training": True}),
        ("XLA", {}, {}),
        ("graph", {}, {}),
    ]:
        layer = layers.LSTM(2, stateful=True, return_state=True, **options)
        layer(FIVE_STEPS)
        f = tf.function(layer, jit_compile=name == "XLA") if name in ("XLA", "graph") else layer
        h, c = f(FIVE_STEPS, **call)[-2:]
        kept = [keras.ops.cast(s.value, h.dtype) for s in layer.states]
        results[name] = [gap(h, kept[0]), gap(c, kept[1]), gap(layer.states[0].value, kept[0])]
    return results


@attack("state.kept-in-states")
def states_after_calls_from_outside():
    """Read them after a symbolic call, stateless_call, predict of two batches, TimeDistributed."""
    results = {}
    layer = layers.LSTM(2, stateful=True, return_state=True)
    model = keras.Model(i := keras.Input(batch_shape=(2, 5, 3)), layer(i))
    y = model.predict(numbers(4, 5, 3), batch_size=2, verbose=0)
    results["predict of two batches"] = [
        gap(layer.states[0].value, y[1][2:]),
        gap(layer.states[1].value, y[2][2:]),
    ]
    old = np.array(layer.states[0])
    layer(keras.Input(batch_shape=(2, 5, 3)))
    results["a symbolic call changes them"] = not equal(old, layer.states[0])
    h = layer.stateless_call(layer.trainable_variables, layer.non_trainable_variables, FIVE_STEPS)[
        0
    ][1]
    results["stateless_call: they are its h"] = equal(h, layer.states[0])
    results["variables that are not trained"] = len(layer.non_trainable_variables)
    timed = layers.TimeDistributed(layers.LSTM(2, stateful=True))
    y = timed(numbers(2, 3, 5, 3))
    results["TimeDistributed"] = gap(timed.layer.states[0].value, y[:, -1])
    both = layers.Bidirectional(layers.LSTM(2, stateful=True))
    y = both(FIVE_STEPS)
    results["Bidirectional"] = gap(both.backward_layer.states[0].value, y[:, 2:])
    return results


NAMES = sorted(name for name in dir(keras.activations) if name[0] != "_")
NAMES = [n for n in NAMES if n not in ("get", "serialize", "deserialize", "glu", "threshold")]


def spoiled(layer, bad, compiled=False, samples=9, features=5):
    """Say whether bad numbers in sample 3 change a bit of the others' outputs."""
    x = numbers(samples, 6, features)
    call = tf.function(layer, jit_compile=True) if compiled else layer
    before = np.delete(np.array(call(x)), 3, 0).tobytes()
    x[3, 2] = bad
    return np.delete(np.array(call(x)), 3, 0).tobytes() != before


@attack("symmetry.nan")
def nan_and_infinity_in_each_activation():
    """Spoil a sample with NaN and infinities, with each of Keras' activations in both places."""
    changed = []
    for name in NAMES:
        for place in ("activation", "recurrent_activation"):
            for bad in (np.nan, np.inf, -np.inf):
                layer = layers.LSTM(7, return_sequences=True, **{place: name})
                text = outcome(lambda layer=layer, bad=bad: spoiled(layer, bad))
                if text != "False":
                    changed.append(f"{name} as {place}, {bad}: {text}")
    return changed or f"none of {len(NAMES)} activations"


@attack("symmetry.nan")
def nan_in_other_ways_of_computing():
    """Spoil a sample unrolled, by gate, by XLA, in half, of many samples, backwards."""
    results = {}
    for name, arguments, more in [
        ("unrolled", {"unroll": True}, {}),
        ("by gate", {"implementation": 1}, {}),
        ("by XLA", {}, {"compiled": True}),
        ("XLA, sparsemax", {"activation": "sparsemax"}, {"compiled": True}),
        ("in half", {"dtype": "mixed_float16"}, {}),
        ("bfloat16", {"dtype": "mixed_bfloat16"}, {}),
        ("many", {}, {"samples": 700, "features": 129}),
        ("backwards", {"go_backwards": True}, {}),
    ]:
        results[name] = [spoiled(layers.LSTM(33, **arguments), b, **more) for b in (np.nan, np.inf)]
    return results


def trained(rate, front, policy=None, wrap=None, **arguments):
    """Return the weights after fit with dropout in the layer, or with SpatialDropout1D in front."""
    keras.utils.set_random_seed(1)
    lstm = layers.LSTM(4, dropout=0 if front else rate, seed=7, dtype=policy, **arguments)
    lstm = wrap(lstm) if wrap else lstm
    drop = [layers.SpatialDropout1D(rate, seed=7, dtype=policy)] if front else []
    model = keras.Sequential([keras.Input((6, 5)), *drop, lstm, layers.Dense(1, dtype=policy)])
    keras.utils.set_random_seed(2)
    for weight in model.weights:
        weight.assign(np.random.normal(size=weight.shape) * 0.3)
    model.compile("sgd", "mse")
    model.fit(numbers(20, 6, 5), numbers(20, 1), batch_size=8, epochs=3, verbose=0, shuffle=False)
    return np.concatenate([w.ravel() for w in model.get_weights()])


@attack("dropout.as-spatial-dropout")
def dropout_and_spatial_dropout_after_fit():
    """Fit both, unrolled, in half, backwards, with odd rates, in Bidirectional, by cell type."""
    results = {}
    for name, rate, arguments in [
        ("0.5", 0.5, {}),
        ("0.999", 0.999, {}),
        ("0", 0, {}),
        ("unrolled", 0.3, {"unroll": True}),
        ("in half", 0.3, {"policy": "mixed_float16"}),
        ("float64", 0.3, {"policy": "float64"}),
        ("bfloat16", 0.3, {"policy": "mixed_bfloat16"}),
        ("Bidirectional", 0.3, {"wrap": layers.Bidirectional}),
        ("activity", 0.3, {"activity_regularizer": "l2"}),
    ]:
        results[name] = gap(trained(rate, False, **arguments), trained(rate, True, **arguments))
    return results


@attack("dropout.as-spatial-dropout")
def dropout_with_xla_and_below_zero():
    """Draw by XLA and without; ask both for a rate below 0; use a large and a negative seed."""
    x = np.ones((3, 4, 5), "float32")
    results = {}
    for seed in (3, -3, 2**31 + 5):
        drop = outcome(lambda seed=seed: layers.SpatialDropout1D(0.5, seed=seed).seed)
        lstm = outcome(lambda seed=seed: layers.LSTM(2, dropout=0.5, seed=seed).cell.seed)
        results[f"seed {seed}"] = [drop, lstm]
    plain = layers.SpatialDropout1D(0.5, seed=3)(x, training=True)
    drop = layers.SpatialDropout1D(0.5, seed=3)
    xla = tf.function(lambda: drop(x, training=True), jit_compile=True)()
    results["XLA draws alike"] = gap(plain, xla) == 0
    results["below 0"] = outcome(lambda: layers.SpatialDropout1D(-0.1))
    results["below 0 in LSTM"] = layers.LSTM(2, dropout=-0.1).dropout
    return results


def siamese(front, chained=False, sequential=False):
    """Return a model that calls a layer twice: dropped out by itself, or by SpatialDropout1D."""
    a = keras.Input((4, 3))
    b = keras.Input((4, 3))
    lstm = layers.LSTM(3, dropout=0 if front else 0.4, seed=5, return_sequences=True)
    drop = layers.SpatialDropout1D(0.4, seed=5) if front else layers.Identity()
    part = keras.Sequential([drop, lstm]) if sequential else lambda x: lstm(drop(x))
    y = part(part(a)) if chained else layers.Concatenate()([part(a), part(b)])
    model = keras.Model([a, b], y)
    for weight in model.weights:
        weight.assign(np.linspace(-1, 1, weight.shape.num_elements()).reshape(weight.shape))
    return model


@attack("dropout.as-spatial-dropout")
def dropout_of_a_layer_shared_by_two_inputs():
    """Call both on two inputs: one layer after the other, in a chain, in a shared Sequential."""
    x = [numbers(4, 4, 3), numbers(4, 4, 3, seed=1)]
    results = {}
    for name, how in [
        ("two inputs", {}),
        ("a chain", {"chained": True}),
        ("Sequential", {"sequential": True}),
    ]:
        own = siamese(False, **how)
        front = siamese(True, **how)
        results[name] = gap(own(x, training=True), front(x, training=True))
        results[name + ", inference"] = gap(own(x), front(x))
    own = siamese(False)
    front = siamese(True)
    swap = own(x[::-1], training=True), front(x, training=True)
    results["two inputs, the masks swapped"] = gap(tf.roll(swap[0], 3, -1), swap[1])
    return results


@attack("dropout.as-spatial-dropout")
def dropout_of_a_shared_layer_in_fit():
    """Fit the model of two inputs for an epoch: the gap of the weights."""
    x = [numbers(4, 4, 3), numbers(4, 4, 3, seed=1)]
    weights = []
    for front in (False, True):
        model = siamese(front)
        model.compile("sgd", "mse")
        model.fit(x, numbers(4, 4, 6), verbose=0)
        weights.append(np.concatenate([w.ravel() for w in model.get_weights()]))
    return gap(*weights)


def step(policy, eager, *makers, y_scale=1.0, samples=4, masked=False):
    """Return the gap between what a step of SGD takes and the gradient, and the gradient's size."""
    keras.utils.set_random_seed(3)
    keras.config.set_dtype_policy(policy)
    try:
        x = numbers(samples, 5, 3)
        if masked:
            x[:, 3:] = 0
        model = keras.Sequential([keras.Input((5, 3)), *[make() for make in makers]])
        y = numbers(*model(x).shape, seed=2) * y_scale
        before = [np.array(w) for w in model.trainable_weights]
        with tf.GradientTape() as tape:
            tail = tf.cast(model(x)[:, :3] if masked else model(x), "float64")
            target = y[:, :3] if masked else y
            loss = tf.reduce_mean((tail - target.astype("float64")) ** 2)
        slopes = tape.gradient(loss, [w.value for w in model.trainable_weights])
        model.compile(keras.optimizers.SGD(1.0), "mse", run_eagerly=eager)
        model.fit(x, y, verbose=0, batch_size=samples)
        taken = [b - np.array(w) for b, w in zip(before, model.trainable_weights, strict=True)]
        size = max(float(np.abs(s).max()) for s in slopes)
        return max(gap(t, s) for t, s in zip(taken, slopes, strict=True)) / size
    finally:
        keras.config.set_dtype_policy("float32")


@attack("models.training-step")
def step_in_several_types():
    """Compare a step with the gradient in float32, float64 and half types, masked, eagerly."""
    parts = [lambda: layers.LSTM(4), lambda: layers.Dense(1)]
    masked = [layers.Masking, lambda: layers.LSTM(4, return_sequences=True)]
    results = {}
    for policy in ("float32", "float64", "mixed_bfloat16", "mixed_float16"):
        results[policy] = [step(policy, eager, *parts) for eager in (False, True)]
        results[policy + ", masked"] = step(policy, False, *masked, masked=True)
    return results


@attack("models.training-step")
def step_of_one_lstm_in_float64():
    """Take a step of a model of one LSTM(dtype="float64"), and one whose targets are float32."""
    alone = step("float32", False, lambda: layers.LSTM(4, dtype="float64"))
    other = step("float32", False, lambda: layers.LSTM(4))
    return {"relative gap, float64": alone, "float32": other, "rounding": np.finfo(float).eps}


@attack("models.training-step")
def step_in_half_with_targets_of_some_size():
    """Take a step under mixed_float16 with targets of size 1, 3 and 10, and 1 sample."""
    parts = [lambda: layers.LSTM(4), lambda: layers.Dense(1)]
    return {
        f"targets times {scale}, {samples} samples": step(
            "mixed_float16", False, *parts, y_scale=scale, samples=samples
        )
        for scale in (1, 3, 10)
        for samples in (1, 4)
    }


def stateful_fit(samples, eager=False, layer=None, batch=4, **more):
    """Fit a stateful model of a batch size; say how many batches trained, and what came of it."""
    lstm = layer or layers.LSTM(3, stateful=True, **more)
    model = keras.Sequential([keras.Input((5, 2), batch_size=batch), lstm, layers.Dense(1)])
    optimizer = keras.optimizers.SGD()
    model.compile(optimizer, "mse", run_eagerly=eager)
    x = numbers(samples, 5, 2)
    y = numbers(samples, 1)

    def fit():
        model.fit(x, y, batch_size=batch, verbose=0, shuffle=False)
        return "accepted"

    try:
        answer = fit()
    except Exception as error:
        text = str(error)
        at = max(text.find("ncompatible"), text.find("Expected batch size")) - 1
        answer = f"{type(error).__name__}: {text[at : at + 60] if at >= 0 else text[:100]}".split(
            "\n"
        )[0]
    return f"{int(optimizer.iterations)} trained, {answer}"


@attack("errors.remainder-in-fit")
def remainders_of_each_size():
    """Fit 9, 10 and 11 samples in batches of 4, in a graph and eagerly."""
    return {
        f"{samples} samples, {'eagerly' if eager else 'in a graph'}": stateful_fit(samples, eager)
        for samples in (9, 10, 11)
        for eager in (False, True)
    }


@attack("errors.remainder-in-fit")
def remainder_of_one_sample_in_many_models():
    """Fit 9 samples in batches of 4: unrolled, by gate, dropped out, in Bidirectional, a stack."""
    cells = [layers.LSTMCell(3), layers.LSTMCell(3)]
    both = layers.Bidirectional(layers.LSTM(3, stateful=True))
    return {
        "unrolled": stateful_fit(9, unroll=True),
        "by gate": stateful_fit(9, implementation=1),
        "dropout": stateful_fit(9, dropout=0.3),
        "recurrent_dropout": stateful_fit(9, recurrent_dropout=0.3),
        "Bidirectional": stateful_fit(9, layer=both),
        "stack": stateful_fit(9, layer=layers.RNN(cells, stateful=True)),
    }


@attack("trainer.activity-time-distributed")
def penalty_in_time_distributed():
    """Read the losses and the loss of fit with and without the wrapper, of open timesteps too."""
    results = {}
    for name, steps in (("fixed", 4), ("open", None)):
        x = numbers(3, 4, 5, 2)
        lstm = layers.LSTM(3, activity_regularizer=keras.regularizers.L2(1.0))
        model = keras.Sequential([keras.Input((steps, 5, 2)), layers.TimeDistributed(lstm)])
        y = np.array(model(x))
        model.compile("sgd", "mse")
        loss = model.fit(x, y, verbose=0).history["loss"][0]
        results[name] = {"losses": len(model.losses), "loss of its own outputs": round(loss, 6)}
    alone = layers.LSTM(3, activity_regularizer=keras.regularizers.L2(1.0))
    alone(x[:, 0])
    results["losses of the LSTM alone"] = len(alone.losses)
    return results


@attack("errors.trained-before-refusal")
def refusal_of_several_samples_in_many_models():
    """Fit 10 samples in batches of 4: unrolled, by gate, dropped out, wrapped, stacked, in half."""
    cells = [layers.LSTMCell(3), layers.LSTMCell(3)]
    return {
        "plain": stateful_fit(10),
        "unrolled": stateful_fit(10, unroll=True),
        "by gate": stateful_fit(10, implementation=1),
        "dropout": stateful_fit(10, dropout=0.3),
        "recurrent_dropout": stateful_fit(10, recurrent_dropout=0.3),
        "in half": stateful_fit(10, dtype="mixed_float16"),
        "stack": stateful_fit(10, layer=layers.RNN(cells, stateful=True)),
        "Bidirectional": stateful_fit(
            10, layer=layers.Bidirectional(layers.LSTM(3, stateful=True))
        ),
        "no whole batch": stateful_fit(2),
        "no whole batch, one sample": stateful_fit(1),
    }


@attack("errors.trained-before-refusal")
def refusal_where_each_call_has_its_state():
    """Give the stateful LSTM an initial_state in the model, and a smaller last batch of 2."""
    results = {}
    for name, arguments in [("loop", {}), ("unrolled", {"unroll": True})]:
        x = keras.Input((5, 2), batch_size=4)
        h = layers.Dense(3)(x[:, 0])
        c = layers.Dense(3)(x[:, 1])
        y = layers.LSTM(3, stateful=True, **arguments)(x, initial_state=[h, c])
        model = keras.Model(x, layers.Dense(1)(y))
        optimizer = keras.optimizers.SGD()
        model.compile(optimizer, "mse")
        data = (numbers(10, 5, 2), numbers(10, 1))
        try:
            answer = str(model.fit(*data, batch_size=4, verbose=0, shuffle=False))
        except Exception as error:
            answer = str(error)
        at = answer.find("[Op:") - 400
        results[name] = [int(optimizer.iterations), "ncompatible" in answer, answer[at:]]
    return results


def trained_on(samples, kind):
    """Return a stateful model after fit on samples, in batches of 4, and what came of the fit."""
    keras.utils.set_random_seed(1)
    x = keras.Input((5, 2), batch_size=4)
    state = [layers.Dense(3, name=f"state_{i}")(x[:, i]) for i in (0, 1)]
    state = state if kind == "with its initial_state" else None
    y = layers.Dense(1, name="tail")(
        layers.LSTM(3, stateful=True, name="lstm")(x, initial_state=state)
    )
    outputs = [y, layers.Dense(1, name="other")(x[:, 0])] if kind == "two outputs" else [y]
    model = keras.Model(x, outputs)
    model.compile(keras.optimizers.SGD(0.5), ["mse"] * len(outputs))
    data = numbers(10, 5, 2)[:samples], [numbers(10, 1)[:samples] for _ in outputs]
    return model, outcome(lambda: model.fit(*data, batch_size=4, shuffle=False, verbose=0))


@attack("errors.trained-before-refusal")
def weights_after_a_refusal():
    """Compare what is trained after 4 + 4 + 2 samples with 4 + 4, three times, by weight."""
    results = {}
    for kind in ("plain", "with its initial_state", "two outputs"):
        changed = []
        for _ in range(3):
            (first, _), (second, answer) = (trained_on(samples, kind) for samples in (8, 10))
            pairs = zip(first.trainable_weights, second.trainable_weights, strict=True)
            changed.append(", ".join(w.path for v, w in pairs if gap(v, w) > 1e-6))
        results[kind] = {"came of it": answer.split(":")[0], "weights that differ": changed}
    return results


@attack("errors.trained-before-refusal")
def refusal_by_other_sources():
    """Give the batches of 4, 4 and 2 by a generator, a PyDataset and a tf.data.Dataset."""

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 3

        def __getitem__(self, i):
            return data[i]

    data = [(numbers(n, 5, 2), numbers(n, 1)) for n in (4, 4, 2)]
    spec = (tf.TensorSpec((None, 5, 2)), tf.TensorSpec((None, 1)))
    results = {}
    for name, make in [
        ("generator", lambda: (pair for pair in data)),
        ("PyDataset", Batches),
        (
            "Dataset",
            lambda: tf.data.Dataset.from_generator(lambda: iter(data), output_signature=spec),
        ),
    ]:
        lstm = layers.LSTM(3, stateful=True)
        model = keras.Sequential([keras.Input((5, 2), batch_size=4), lstm, layers.Dense(1)])
        optimizer = keras.optimizers.SGD()
        model.compile(optimizer, "mse")
        try:
            answer = str(model.fit(make(), verbose=0, shuffle=False))
        except Exception as error:
            answer = f"{type(error).__name__}, Incompatible: {'ncompatible' in str(error)}"
        results[name] = [int(optimizer.iterations), answer]
    return results


@attack("wrappers.use-cudnn-handed-on")
def use_cudnn_of_both_layers():
    """Give True, False and "auto" with each kind of backward layer; clone and reload it."""
    back = {"go_backwards": True}
    results = {}
    for value in (True, False, "auto"):
        for name, make in [
            ("none", lambda: None),
            ("LSTM", lambda: layers.LSTM(2, use_cudnn=not value, **back)),
            ("GRU", lambda: layers.GRU(2, use_cudnn=not value, **back)),
            ("RNN", lambda: layers.RNN(layers.LSTMCell(2), **back)),
        ]:
            both = layers.Bidirectional(layers.LSTM(2, use_cudnn=value), backward_layer=make())
            got = [both.forward_layer.use_cudnn, both.backward_layer.use_cudnn]
            results[f"{value}, {name}"] = str(got)
    copy = layers.Bidirectional.from_config(both.get_config())
    results["in a configuration"] = "use_cudnn" in str(both.get_config())
    results["copy"] = copy.forward_layer.use_cudnn
    return results


@attack("wrappers.use-cudnn-handed-on")
def use_cudnn_of_a_wrapped_and_used_layer():
    """Use and build the layers before, and wrap a Bidirectional's forward_layer again."""
    first = layers.LSTM(2, use_cudnn=False)
    second = layers.LSTM(2, go_backwards=True)
    x = numbers(2, 3, 2)
    first(x), second(x)
    both = layers.Bidirectional(backward_layer=second, layer=first)
    both(x)
    again = layers.Bidirectional(both.forward_layer)
    pairs = [(b.forward_layer.use_cudnn, b.backward_layer.use_cudnn) for b in (both, again)]
    return str(pairs)


@attack("errors.embedding-of-minus-one")
def minus_one_in_each_type():
    """Read ids -1, -5, -6 and 5 of a table of 5 rows in signed, float and other types."""
    results = {}
    for kind in ("int8", "int16", "int32", "int64", "float32", "float64", "float16"):
        layer = layers.Embedding(5, 2, mask_zero=True)
        ids = np.array([[-1, 0, 4]]).astype(kind)
        y = np.array(layer(ids))
        table = np.array(layer.embeddings)
        mask = np.array(layer.compute_mask(tf.constant(ids)))
        results[kind] = [bool((y[0, 0] == table[-1]).all()), str(mask)]
    return results


def row_read(call, layer, i):
    """Say which row of a table is read for an id, or whether the error says "is not in"."""
    try:
        y = np.array(call(np.array([[i]]))).ravel()
        return str([k for k in range(5) if np.array_equal(y, np.array(layer.embeddings)[k])])
    except Exception as error:
        lines = [line for line in str(error).splitlines() if "{{" in line or "indices" in line]
        return f"{type(error).__name__}, is not in: {'is not in' in str(error)}, {lines[:1]}"[:160]


@attack("errors.embedding-of-minus-one")
def ids_outside_of_the_table_in_models():
    """Predict the ids -1, -5, -6, -9 and 5 of 5 rows: in a graph, eagerly, by XLA."""
    results = {}
    for name, more in [
        ("graph", {}),
        ("eager", {"run_eagerly": True}),
        ("XLA", {"jit_compile": True}),
    ]:
        layer = layers.Embedding(5, 2, mask_zero=True)
        model = keras.Sequential([keras.Input((1,), dtype="int64"), layer])
        model.compile(**more)
        for i in (-1, -5, -6, -9, 5):
            results[f"{name}, {i}"] = row_read(
                lambda ids, model=model: model.predict(ids, verbose=0), layer, i
            )
    return results


@attack("errors.embedding-of-minus-one")
def sparse_ragged_and_unsigned_ids():
    """Read sparse and ragged ids of 5 rows, and great ids without a sign."""
    layer = layers.Embedding(5, 2)
    layer.build()

    def sparse(ids):
        y = layer(tf.sparse.from_dense(ids))
        return tf.sparse.to_dense(y) if isinstance(y, tf.SparseTensor) else y

    def ragged(ids):
        return layer(tf.RaggedTensor.from_tensor(ids)).to_tensor()

    results = {}
    for i in (-1, -6, 5):
        results[f"sparse {i}"] = row_read(sparse, layer, i)
        results[f"ragged {i}"] = row_read(ragged, layer, i)
    for kind, i in (
        ("uint32", 2**32 - 1),
        ("uint64", 2**32 + 3),
        ("int64", 2**32 + 3),
        ("float32", 2**32),
    ):
        results[f"{kind} {i}"] = row_read(lambda ids, k=kind: layer(ids.astype(k)), layer, i)
    return results


def fake_cudnn(**given):
    """Stand in for cuDNN's operation: return zeros of its shapes."""
    x = given["input"]
    h = given["input_h"]
    y = tf.zeros(tf.concat([tf.shape(x)[:2], tf.shape(h)[2:]], 0), x.dtype)
    return y, tf.zeros_like(h), tf.zeros_like(h), x, x


@attack("modes.cudnn-mask-in-predict")
def cudnn_masks_in_predict():
    """Tell Keras of a GPU, replace the operation, and predict with each kind of mask."""
    masks = {
        "right": [1, 1, 0],
        "left": [0, 1, 1],
        "gap": [1, 0, 1],
        "none": [0, 0, 0],
        "all": [1, 1, 1],
    }
    results = {}
    gpu = mock.patch("keras.src.backend.tensorflow.rnn._is_gpu_available", return_value=True)
    with gpu, mock.patch.object(tf.raw_ops, "CudnnRNNV3", fake_cudnn):
        for name, row in masks.items():
            for cudnn in ("auto", True, False):
                x = np.stack([np.ones(3), row])[:, :, None].repeat(2, 2)
                lstm = layers.LSTM(2, use_cudnn=cudnn)
                model = keras.Sequential([keras.Input((3, 2)), layers.Masking(), lstm])
                eager = outcome(lambda model=model, x=x: model(x).shape).split(":")[0]
                answer = outcome(lambda model=model, x=x: model.predict(x, verbose=0).shape)
                results[f"{name}, {cudnn}"] = ["eager", eager, "predict", answer[:60]]
    return results


@attack("modes.cudnn-mask-in-predict")
def eager_call_that_insists_on_cudnn():
    """Call LSTM(use_cudnn=True) and LSTM() eagerly with a mask of a gap, told of a GPU."""
    gpu = mock.patch("keras.src.backend.tensorflow.rnn._is_gpu_available", return_value=True)
    mask = np.array([[True, False, True]])
    results = {}
    with gpu, mock.patch.object(tf.raw_ops, "CudnnRNNV3", fake_cudnn):
        for value in ("auto", True):
            lstm = layers.LSTM(2, use_cudnn=value)
            try:
                results[str(value)] = str(lstm(numbers(1, 3, 2), mask=mask).shape)
            except ValueError as error:
                results[str(value)] = str(error)[:200]
    return results


@attack("modes.cudnn-mask-in-predict")
def cudnn_masks_known_to_the_graph():
    """Predict with a mask that is constant, in Bidirectional, stateful, and of one timestep."""
    x = np.array([[[0.0, 0], [1, 1], [1, 1]], [[1, 1], [1, 1], [0, 0]]], "float32")
    gpu = mock.patch("keras.src.backend.tensorflow.rnn._is_gpu_available", return_value=True)
    results = {}
    with gpu, mock.patch.object(tf.raw_ops, "CudnnRNNV3", fake_cudnn):
        for name, make in [
            ("sequences", lambda: layers.LSTM(2, return_sequences=True)),
            ("backwards", lambda: layers.LSTM(2, go_backwards=True)),
            ("Bidirectional", lambda: layers.Bidirectional(layers.LSTM(2))),
            ("stateful", lambda: layers.LSTM(2, stateful=True)),
            ("jit", lambda: layers.LSTM(2)),
        ]:
            model = keras.Sequential([keras.Input((3, 2), batch_size=2), layers.Masking(), make()])
            model.compile(jit_compile=name == "jit")
            results[name] = outcome(lambda model=model: model.predict(x, verbose=0).shape)[:70]
        entry = keras.Input((3, 2), batch_size=2)
        known = keras.Model(entry, layers.LSTM(2)(entry, mask=np.array([[False, True, True]] * 2)))
        results["constant"] = outcome(lambda: known.predict(x, verbose=0).shape)[:70]
        results["constant, all valid"] = outcome(
            lambda: (
                keras.Model(entry, layers.LSTM(2)(entry, mask=np.ones((2, 3), bool)))
                .predict(x, verbose=0)
                .shape
            )
        )[:70]
    return results


@attack("errors.class-for-a-layer")
def classes_instead_of_layers():
    """Give each wrapper the class LSTM, by name and as backward_layer, and LSTM(8)."""

    def whole(call):
        try:
            return str(call())
        except Exception as error:
            return f"{type(error).__name__}: {error}"

    return {
        "Bidirectional": whole(lambda: layers.Bidirectional(layers.LSTM)),
        "by name": whole(lambda: layers.Bidirectional(layer=layers.LSTM, merge_mode="sum")),
        "backward_layer": whole(
            lambda: layers.Bidirectional(layers.LSTM(8), backward_layer=layers.LSTM)
        ),
        "TimeDistributed": whole(lambda: layers.TimeDistributed(layers.LSTM)),
        "LSTM(8) taken": whole(
            lambda: [
                layers.Bidirectional(layers.LSTM(8)).name,
                layers.TimeDistributed(layers.LSTM(8)).name,
            ]
        ),
    }


@attack("masking.output-is-h")
def outputs_and_h_of_masks():
    """Compare output, h and the last valid output: of odd masks, half types, a state, unrolled."""
    mask = np.array([[0, 0, 1, 0], [1, 0, 1, 0], [0, 0, 0, 1], [1, 0, 0, 0], [1, 1, 1, 1]], bool)
    x = numbers(5, 4, 3)
    state = [numbers(5, 2, seed=1), numbers(5, 2, seed=2)]
    results = {}
    for name, arguments, call in [
        ("plain", {}, {}),
        ("unrolled", {"unroll": True}, {}),
        ("sequences", {"return_sequences": True}, {}),
        ("sequences, unrolled", {"return_sequences": True, "unroll": True}, {}),
        ("by gate, state", {"implementation": 1}, {"initial_state": state}),
        ("in half", {"dtype": "mixed_float16"}, {}),
        ("dropped out", {"dropout": 0.5, "recurrent_dropout": 0.5}, {"training": True}),
        ("softmax", {"activation": "softmax"}, {"initial_state": state}),
        ("backwards", {"go_backwards": True}, {}),
    ]:
        layer = layers.LSTM(2, return_state=True, **arguments)
        y, h, _ = layer(x, mask=mask, **call)
        y = y[:, -1] if arguments.get("return_sequences") else y
        results[name] = gap(y, h)
        if "training" not in call:
            alone = []
            for i, row in enumerate(mask):
                part = {k: [s[i : i + 1] for s in v] for k, v in call.items()}
                alone.append(layer(x[i : i + 1, row][:, ::1], **part)[1][0])
            results[name + ", h of the valid ones"] = gap(h, np.stack(alone))
    return results


class Recorder(layers.Layer):
    """A layer that keeps what it is given, when it runs eagerly."""

    def __init__(self):
        super().__init__(autocast=False)
        self.seen = []

    def call(self, x):
        """Keep the first number of each sample."""
        self.seen.append([float(v) for v in np.array(x)[:, 0].ravel()])
        return x


def recorded(data, call="fit", kind="float32", **arguments):
    """Return what a model is given in a call on data."""
    keep = Recorder()
    model = keras.Sequential([keras.Input((1,), dtype=kind), keep, layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    keep.seen.clear()
    getattr(model, call)(*data if isinstance(data, list) else [data], verbose=0, **arguments)
    return str(keep.seen)


class Batches(keras.utils.PyDataset):
    """Batches of one's own."""

    def __init__(self, batches, endless=False, **arguments):
        super().__init__(**arguments)
        self.batches = batches
        self.endless = endless

    @property
    def num_batches(self):
        """Return how many, or None."""
        return None if self.endless else len(self.batches)

    def __getitem__(self, i):
        """Return a batch, from the first again after the last."""
        return self.batches[i % len(self.batches)]


def ids(first, count=2):
    """Return a batch of ids and targets."""
    x = np.arange(first, first + count, dtype="float32")[:, None]
    return x, 0 * x


PARTS = [ids(0), ids(2), ids(4)]
ALL = [np.concatenate(part) for part in zip(*PARTS, strict=True)]


@attack("trainer.sources")
def fewer_steps_than_batches():
    """Fit three batches unshuffled, by one and by two steps an epoch, from each source."""
    results = {}
    for steps in (1, 2):
        by = {"epochs": 3, "steps_per_epoch": steps, "shuffle": False}
        results[f"{steps}: arrays"] = recorded(ALL, batch_size=2, **by)
        tensors = [tf.constant(a) for a in ALL]
        results[f"{steps}: tensors"] = recorded(tensors, batch_size=2, **by)
        results[f"{steps}: generator"] = recorded((b for b in PARTS * 3), **by)
        for workers in (1, 2):
            name = f"{steps}: PyDataset, {workers} workers"
            results[name] = outcome(
                lambda w=workers, by=by: recorded(Batches(PARTS, workers=w), **by)
            )
    return results


@attack("trainer.sources")
def validation_in_several_epochs():
    """Validate for three epochs by a generator, with and without validation_steps."""

    def seen(data, **arguments):
        keep = Recorder()
        model = keras.Sequential([keras.Input((1,)), keep, layers.Dense(1)])
        model.compile("sgd", "mse", run_eagerly=True)
        x, y = ids(-1, 1)
        model.fit(x, y, validation_data=data, epochs=3, verbose=0, **arguments)
        return str([s for s in keep.seen if s != [-1.0]])

    many = [ids(2 * i) for i in range(20)]
    return {
        "arrays": seen(tuple(ALL), validation_batch_size=2),
        "PyDataset": seen(Batches(PARTS)),
        "PyDataset, 2 workers": seen(Batches(PARTS, workers=2)),
        "generator": seen(b for b in PARTS),
        "generator, 3 steps": seen((b for b in many), validation_steps=3),
    }


@attack("trainer.sources")
def endless_dataset_by_default():
    """Fit an endless PyDataset by default, of one worker and of two: is it shuffled?"""
    many = [ids(2 * i) for i in range(20)]
    by = {"epochs": 2, "steps_per_epoch": 5}
    return {
        "endless": recorded(Batches(many, endless=True), **by),
        "endless, 2 workers": recorded(Batches(many, endless=True, workers=2), **by),
        "of 20 batches": recorded(Batches(many), epochs=1),
        "of 20 batches, 2 workers": recorded(Batches(many, workers=2), epochs=1),
        "arrays": recorded(ALL, batch_size=2),
    }


@attack("trainer.sources")
def inputs_by_themselves_in_predict():
    """Predict bare inputs, inputs in a tuple and with targets, from each source."""
    x, pairs = [x for x, _ in PARTS], PARTS
    return {
        "array": recorded(ALL[0], "predict"),
        "bare, generator": outcome(lambda: recorded((b for b in x), "predict")),
        "bare, PyDataset": outcome(lambda: recorded(Batches(x), "predict")),
        "in a tuple, generator": outcome(lambda: recorded(((b,) for b in x), "predict")),
        "with targets, generator": outcome(lambda: recorded((b for b in pairs), "predict")),
        "with targets, PyDataset": outcome(lambda: recorded(Batches(pairs), "predict")),
        "with targets, 2 workers": outcome(lambda: recorded(Batches(pairs, workers=2), "predict")),
    }


@attack("trainer.sources")
def float64_from_each_source():
    """Give 1 + 1e-12 in float64 to a float64 Input from each source, in fit and predict."""
    x = np.full((2, 1), 1 + 1e-12)
    results = {}
    for call in ("fit", "predict"):
        pair = [x, x] if call == "fit" else [x]
        results[f"{call}, arrays"] = recorded(pair, call, "float64")
        results[f"{call}, tensors"] = recorded([tf.constant(p) for p in pair], call, "float64")
        results[f"{call}, generator"] = recorded((b for b in [tuple(pair)]), call, "float64")
        results[f"{call}, PyDataset"] = recorded(Batches([tuple(pair)]), call, "float64")
        dataset = tf.data.Dataset.from_tensors(tuple(pair))
        results[f"{call}, Dataset"] = recorded(dataset, call, "float64")
    return results


@attack("trainer.sources")
def weights_and_epochs_from_each_source():
    """Compare the losses of fit and validation with weights; end a generator of 1 and 3 batches."""

    def losses(data, held):
        model = keras.Sequential([keras.Input((1,)), layers.Dense(1, kernel_initializer="ones")])
        model.compile("sgd", "mse")
        arguments = {"batch_size": 2} if isinstance(data, list) else {}
        rest = (
            {} if len(data if isinstance(data, list) else []) < 3 else {"sample_weight": data.pop()}
        )
        fitted = model.fit(
            *data if isinstance(data, list) else [data],
            **rest,
            **arguments,
            validation_data=held,
            shuffle=False,
            verbose=0,
        )
        return str([round(fitted.history[k][0], 4) for k in ("loss", "val_loss")])

    triples = [(x, y + 1, x[:, 0] / 3) for x, y in PARTS]
    whole = [np.concatenate(part) for part in zip(*triples, strict=True)]
    return {
        "arrays": losses(list(whole), tuple(whole)),
        "generator": losses((t for t in triples), (t for t in triples)),
        "PyDataset": losses(Batches(triples), Batches(triples)),
        "2 workers": losses(Batches(triples, workers=2), Batches(triples, workers=2)),
        "one batch, 2 epochs": recorded((b for b in PARTS[:1]), epochs=2),
        "three batches, 3 epochs": recorded((b for b in PARTS), epochs=3),
    }


@attack("wrappers.stack-initial-state")
def states_of_a_stack_start_another_call():
    """Split a sequence in two calls: masked, unrolled, in half, of three sizes, in a graph."""
    x = numbers(3, 6, 2)
    mask = np.array([[1, 0, 1, 1, 0, 1]] * 2 + [[0, 0, 0, 1, 1, 0]], bool)
    results = {}
    for name, arguments, masked in [
        ("plain", {}, False),
        ("masked", {}, True),
        ("unrolled", {"unroll": True}, False),
        ("unrolled, masked", {"unroll": True}, True),
        ("sequences", {"return_sequences": True}, True),
    ]:
        cells = [layers.LSTMCell(n) for n in (2, 3, 4)]
        rnn = layers.RNN(cells, return_state=True, **arguments)

        def part(a, b, masked=masked):
            return {"mask": mask[:, a:b]} if masked else {}

        def both(rnn=rnn, part=part):
            whole = rnn(x, **part(0, 6))
            _, *states = rnn(x[:, :3], **part(0, 3))
            y = rnn(x[:, 3:], initial_state=states, **part(3, 6))
            graph = tf.function(lambda: rnn(x[:, 3:], initial_state=states, **part(3, 6)))()
            return [
                gap(whole[-1][0], y[-1][0]),
                gap(whole[-1][1], graph[-1][1]),
                str([len(s) for s in states]),
            ]

        results[name] = outcome(both)
    return results


@attack("wrappers.stack-initial-state")
def states_of_a_stack_in_models():
    """Chain two stacks in a model, save it; give states by Inputs, stateful, in Bidirectional."""
    x = numbers(3, 4, 2)

    def make(**more):
        return layers.RNN([layers.LSTMCell(2), layers.LSTMCell(3)], **more)

    def chained():
        a = keras.Input((4, 2))
        _, *states = make(return_state=True)(a)
        model = keras.Model(a, make()(a, initial_state=states))
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "stack.keras")
            model.save(path)
            again = keras.models.load_model(path)
        return gap(model.predict(x, verbose=0), again(x))

    def by_inputs():
        a = keras.Input((4, 2))
        held = [[keras.Input((n,)) for _ in "hc"] for n in (2, 3)]
        model = keras.Model([a, *held[0], *held[1]], make()(a, initial_state=held))
        return model([x, *[numbers(3, n) for n in (2, 2, 3, 3)]]).shape

    def stateful():
        rnn = make(stateful=True, return_state=True)
        _, *states = rnn(x)
        return gap(rnn(x)[0], rnn(x, initial_state=states)[0])

    def twice():
        both = layers.Bidirectional(make(return_state=True))
        _, *states = both(x)
        return [len(states), both(x, initial_state=states)[0].shape]

    def in_tuples():
        rnn = make(return_state=True)
        _, *states = rnn(x)
        given = tuple(tuple(np.array(s) for s in pair) for pair in states)
        return gap(rnn(x, initial_state=states)[0], rnn(x, initial_state=given)[0])

    calls = [chained, by_inputs, stateful, twice, in_tuples]
    return {call.__name__: outcome(call) for call in calls}


@attack("wrappers.stack-initial-state")
def states_of_a_stack_in_other_types():
    """Split a sequence in two calls in float64 and half: by each layer's dtype, by the policy."""
    x = numbers(3, 6, 2)
    results = {}
    for kind in ("float64", "mixed_float16"):
        for way in ("dtype", "policy"):
            keras.config.set_dtype_policy(kind if way == "policy" else "float32")
            given = {"dtype": kind} if way == "dtype" else {}
            cells = [layers.LSTMCell(n, **given) for n in (2, 3)]
            rnn = layers.RNN(cells, return_state=True, **given)
            keras.config.set_dtype_policy("float32")
            whole = rnn(x)
            _, *states = rnn(x[:, :3])
            split = rnn(x[:, 3:], initial_state=states)
            graph = outcome(lambda: tf.function(rnn)(x)[0].dtype)
            started = outcome(lambda: tf.function(rnn)(x, initial_state=states)[0].dtype)
            results[f"{kind} by {way}"] = [gap(whole[0], split[0]), graph, started]
    return results
