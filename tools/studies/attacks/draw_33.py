"""Attacks on 40 claims drawn after the thirty-second draw."""

from __future__ import annotations

import inspect
import itertools
import tempfile
from collections import Counter
from functools import partial

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import (
    close,
    farthest,
    gap,
    mask_of,
    model_of,
    numbers,
    ones,
    reloaded,
)

LSTM, Bidirectional = layers.LSTM, layers.Bidirectional
Dense, Masking = layers.Dense, layers.Masking
X = numbers(2, 4, 3)


def fate(call):
    """Return the kind of a call's error, or that it is taken."""
    try:
        call()
    except Exception as error:
        return type(error).__name__
    return "taken"


def sigmoid(z):
    """Return the logistic function of numbers."""
    return 1 / (1 + np.exp(-z))


def masked(tensor):
    """Say whether a mask is attached to a tensor."""
    return getattr(tensor, "_keras_mask", None) is not None


@attack("errors.read-only")
def properties_of_the_cell():
    """Properties that LSTM has from its cell, set to other values, before and after it is built."""
    values = {"units": 4, "dropout": 0.5, "recurrent_dropout": 0.5}
    values |= {"use_bias": False, "unit_forget_bias": False}
    names = ["activation", "recurrent_activation"]
    for kind, weight in itertools.product(
        ("initializer", "regularizer", "constraint"), ("kernel", "recurrent", "bias")
    ):
        names.append(f"{weight}_{kind}")
    values |= dict.fromkeys(names, "relu")
    fates = Counter()
    for built in (False, True):
        layer = LSTM(3)
        if built:
            layer(X)
        fates.update(fate(partial(setattr, layer, *pair)) for pair in values.items())
    return dict(fates)


@attack("saving.masking-array")
def arrays_that_mask():
    """Masks by an array of several types, before and after `.keras`: equal? Outputs' difference."""
    arrays = [np.array([1.0, 2.0]), np.array([0.1, 0.2]), np.array([1, 2]), np.array([0.0])]
    arrays += [np.array([0.1, 0.2], kind) for kind in ("float32", "float16")]
    arrays.append(np.array([np.inf, -np.inf]))
    outcomes = []
    for array in arrays:
        data = numbers(1, 4, 2)
        data[0, 1] = array
        data[0, 2] = 0
        model = model_of(Masking(array), LSTM(3), shape=(None, 2))
        again = reloaded(model)
        masks = [mask_of(each.layers[0](data)) for each in (model, again)]
        outcomes.append([masks[0] == masks[1], gap(model(data), again(data))])
    return outcomes


@attack("time.splitting")
def sequences_cut_in_two():
    """The whole less its two parts: backwards, unrolled, stateful, sequences, policies."""
    data = numbers(2, 7, 3)
    names = ("go_backwards", "unroll", "stateful", "return_sequences")
    gaps = []
    for flags in itertools.product((False, True), repeat=4):
        option = dict(zip(names, flags, strict=True))
        layer = LSTM(3, return_state=True, **option)
        whole = layer(data)
        if option["stateful"]:
            layer.reset_state()
        parts = [data[:, :3], data[:, 3:]]
        if option["go_backwards"]:
            parts = [data[:, 3:], data[:, :3]]
        before, *states = layer(parts[0])
        after, *ends = layer(parts[1], initial_state=states)
        output = ops.concatenate([before, after], 1) if option["return_sequences"] else after
        gaps.append(farthest([output, *ends], whole))
    return max(gaps)


@attack("models.called")
def calls_of_a_trained_model():
    """A trained LSTM, Dropout and Dense, called: less the equations, by types and lengths."""
    model = model_of(LSTM(4, dropout=0.3), layers.Dropout(0.5), Dense(2), shape=(None, 2))
    model.compile("adam", "mse", jit_compile=False)
    model.fit(numbers(3, 5, 2), ones(3, 2), verbose=0)
    weights = [np.array(weight) for weight in model.trainable_weights]
    kernel, recurrent, bias, last, shift = weights
    data = [numbers(3, 7, 2).astype("float64"), numbers(1, 1, 2), numbers(1, 200, 2)]
    data.append(np.ones((2, 3, 2), int))
    gaps = []
    for inputs in data:
        h = np.zeros((len(inputs), 4))
        c = np.zeros((len(inputs), 4))
        for t in range(inputs.shape[1]):
            sums = inputs[:, t] @ kernel + h @ recurrent + bias
            i, f, k, o = np.split(sums, 4, 1)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(k)
            h = sigmoid(o) * np.tanh(c)
        gaps.append(gap(model(inputs), h @ last + shift))
    return gaps


@attack("saving.checkpoint-of-training")
def trainings_from_a_checkpoint():
    """Weights trained on, less those from a checkpoint read into a new model, by optimizers."""
    optimizers = keras.optimizers
    schedule = optimizers.schedules.ExponentialDecay(0.05, 2, 0.5)
    makers = {
        "Adam": partial(optimizers.Adam, schedule, amsgrad=True, gradient_accumulation_steps=3),
        "SGD": partial(optimizers.SGD, 0.05, momentum=0.9, use_ema=True),
    }

    def train(model):
        for _ in range(4):
            model.train_on_batch(X, ones(2, 1))

    def checkpoint(model):
        return tf.train.Checkpoint(model=model, optimizer=model.optimizer)

    gaps = {}
    for name, maker in makers.items():
        models = []
        for _ in range(2):
            model = model_of(LSTM(3), Dense(1), shape=(4, 3))
            model.compile(maker(), "mse", jit_compile=False)
            models.append(model)
        train(models[0])
        path = checkpoint(models[0]).save(f"{tempfile.mkdtemp()}/c")
        train(models[0])
        checkpoint(models[1]).restore(path)
        train(models[1])
        gaps[name] = farthest(*(model.get_weights() for model in models))
    return gaps


@attack("modes.ragged-rows")
def predictions_of_two_lengths():
    """What predict makes of batches of 3 and 5 timesteps, by units, batch sizes and policies."""
    outcomes = []
    cases = [(3, (2, 2), "float32"), (3, (2, 1), "mixed_float16"), (1, (1, 1), "float64")]
    cases.append((300, (32, 7), "float32"))
    for units, sizes, policy in cases:
        model = model_of(LSTM(units, return_sequences=True, dtype=policy))
        batches = (ones(size, length, 3) for size, length in zip(sizes, (3, 5), strict=True))
        spec = tf.TensorSpec((None, None, 3), tf.float32)
        data = tf.data.Dataset.from_generator(lambda: batches, output_signature=spec)
        rows = model.predict(data, verbose=0)
        outcomes.append([type(rows).__name__, rows.shape.as_list()])
    return outcomes


@attack("saving.legacy-layers")
def layers_around_an_lstm_in_h5():
    """Models of layers around an LSTM, read from `.h5`, less those saved; Attention in `.keras`."""
    entry = keras.Input((6, 4))
    hidden = LSTM(3, return_sequences=True)(entry)
    outputs = {
        "Dense": Dense(2)(hidden),
        "Attention": layers.Attention()([hidden, hidden]),
        "concat": layers.Attention(score_mode="concat")([hidden, hidden]),
        "MultiHeadAttention": layers.MultiHeadAttention(2, 2)(hidden, hidden),
        "Bidirectional": Bidirectional(LSTM(2))(hidden),
    }
    data = numbers(2, 6, 4)

    def difference(model, name):
        return gap(model(data), reloaded(model, name)(data))

    models = {name: keras.Model(entry, output) for name, output in outputs.items()}
    outcomes = {}
    for name, model in models.items():
        outcomes[name] = outcome(partial(difference, model, "lstm.h5"))[:60]
    outcomes["Attention, .keras"] = difference(models["Attention"], "lstm.keras")
    return outcomes


@attack("masking.bidirectional-passes-on")
def masks_of_both_directions():
    """Are outputs' masks those given: attached or by name, merges, states? How many of each."""
    mask = np.array([[1, 1, 0, 0], [0, 1, 1, 1]], bool)
    data = X * mask[..., None]
    expected = str(mask.astype(int).tolist())
    given = {"initial_state": [ones(2, 3)] * 4}
    equal = Counter()
    merges = ("concat", "sum", "mul", "ave", None)
    for merge, states, option in itertools.product(merges, (False, True), ({}, given)):
        layer = LSTM(3, return_sequences=True, return_state=states)
        wrapper = Bidirectional(layer, merge_mode=merge)
        ends = [wrapper(Masking()(data), **option), wrapper(data, mask=mask, **option)]
        for end in ends:
            outputs = keras.tree.flatten(end)[: 2 if merge is None else 1]
            equal.update(mask_of(output) == expected for output in outputs)
    return dict(equal)


@attack("models.arrays-too-many")
def lists_of_two_arrays():
    """By a list or tuple of two arrays less by the first: call, predict, evaluate, fit."""
    data = numbers(4, 3, 2)
    other = numbers(4, 3, 2, seed=1)
    targets = np.zeros((4, 3), "float32")

    def fit(model, inputs):
        weights = model.get_weights()
        model.fit(inputs, targets, verbose=0)
        later = model.get_weights()
        model.set_weights(weights)
        return later

    entry = keras.Input((3, 2))
    gaps = {}
    for name, parts in {"Input": [entry], "none": [], "Masking": [entry, Masking()]}.items():
        model = keras.Sequential([*parts, LSTM(3)])
        model(data)
        model.compile("sgd", "mse", run_eagerly=True)
        calls = [
            model,
            partial(model.predict, verbose=0),
            partial(model.evaluate, y=targets, verbose=0),
            partial(fit, model),
        ]
        each = []
        for call in calls:
            expected = call(data)
            each += [farthest(call(kind([data, other])), expected) for kind in (list, tuple)]
        gaps[name] = max(each)
    return gaps


@attack("trainer.class-weight-of-labels")
def classes_of_the_largest():
    """Losses by class weights, less those by weights of the first largest label: fit, batches."""
    data = numbers(5, 3, 2)
    targets = np.array([[0, 1, 1], [2, 1, 0], [0, 0, 0], [0.2, 0.3, 0.9], [-1, -2, -0.5]])
    targets = targets.astype("float32")
    classes = {0: 2.0, 1: 5.0, 2: 11.0}
    weights = np.array([classes[int(label)] for label in targets.argmax(1)])
    gaps = []
    for loss, layer in (("mse", LSTM(3)), ("mae", LSTM(1, return_sequences=True))):
        model = model_of(layer, shape=(3, 2))
        model.compile(keras.optimizers.SGD(0.0), loss, jit_compile=False)
        expected = model.train_on_batch(data, targets, sample_weight=weights)
        losses = [model.train_on_batch(data, targets, class_weight=classes)]
        pairs = tf.data.Dataset.from_tensors((data, targets))
        for given in ((data, targets), (pairs,)):
            history = model.fit(*given, class_weight=classes, verbose=0).history
            losses.append(history["loss"][0])
        gaps += [gap(value, expected) for value in losses]
    return max(gaps)


@attack("precision.float-sixteen-by-default")
def recurrent_kernels_of_float_sixteen():
    """Float16 LSTMs: types, and the farthest of the recurrent kernel from an orthogonal one."""
    data = ones(2, 4, 3).astype("float16")
    outcomes = []
    for units in (1, 3, 300):
        layer = LSTM(units, dtype="float16")
        output = layer(data)
        kernel = np.array(layer.cell.recurrent_kernel).astype("float64")
        outcomes.append([output.dtype.name, gap(kernel @ kernel.T, np.eye(units))])
    wrapper = Bidirectional(LSTM(3, dtype="float16"), dtype="float16")
    compiled = tf.function(LSTM(5, dtype="float16"), jit_compile=True)
    return outcomes, wrapper(data).dtype.name, compiled(data).dtype.name


@attack("modes.unrolled-open-length")
def unrolled_in_open_graphs():
    """Unrolled LSTMs in a graph of open timesteps: options, XLA, a mask, states, a Sequential."""
    data = ops.convert_to_tensor(X)
    spec = tf.TensorSpec([None, None, 3])
    fates = Counter()
    options = [{}, {"return_sequences": True}, {"go_backwards": True}, {"return_state": True}]
    options.append({"recurrent_dropout": 0.2})
    for option in options:
        layer = LSTM(5, unroll=True, **option)
        layer(X)
        for compiled in (False, True):
            call = tf.function(
                lambda inputs, layer=layer: layer(inputs),
                input_signature=[spec],
                jit_compile=compiled,
            )
            fates[fate(partial(call, data))] += 1
    by_mask = tf.function(
        lambda inputs, mask: layer(inputs, mask=mask),
        input_signature=[spec, tf.TensorSpec([None, 4], tf.bool)],
    )
    fates[fate(partial(by_mask, data, tf.ones((2, 4), tf.bool)))] += 1
    by_state = tf.function(
        lambda inputs, state: layer(inputs, initial_state=[state, state]),
        input_signature=[spec, tf.TensorSpec([None, 5])],
    )
    fates[fate(partial(by_state, data, tf.ones((2, 5))))] += 1
    model = keras.Sequential([Masking(), layer])
    model(X)
    call = tf.function(lambda inputs: model(inputs), input_signature=[spec])
    fates[fate(partial(call, data))] += 1
    return dict(fates)


@attack("trainer.second-fit")
def what_a_second_fit_begins_with():
    """State at a second fit's begin less that left; a fit of two epochs less two of one."""
    data = numbers(20, 4, 3)
    targets = numbers(20, 1, seed=1)
    options = {"batch_size": 5, "verbose": 0, "shuffle": False}

    def compiled():
        keras.utils.set_random_seed(1)
        model = model_of(LSTM(5), Dense(1), shape=(4, 3))
        model.compile("adam", "mse", jit_compile=False)
        return model

    def state(model):
        return [np.array(value) for value in model.variables + model.optimizer.variables]

    model = compiled()
    model.fit(data, targets, epochs=2, **options)
    again = compiled()
    again.fit(data, targets, **options)
    left = state(again)
    again.predict(data, verbose=0)
    again.evaluate(data, targets, verbose=0)
    begins = []
    look = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs: begins.append(state(again))
    )
    again.fit(data, targets, callbacks=[look], **options)
    return farthest(left, begins[0]), farthest(state(model), state(again))


@attack("errors.unknown-call-argument")
def arguments_that_a_call_does_not_know():
    """Arguments that LSTM's call does not know, as states or None: built, unbuilt, in a graph."""
    states = [ones(2, 5)] * 2
    layer = LSTM(5)
    layer(X)
    names = ["states", "initial_states", "state", "masks", "sequences_mask", "initial_state_mask"]
    names += ["constants", "inputs", "return_sequences", "units", "name", "kwargs"]
    fates = Counter()
    for name, value in itertools.product(names, (states, None)):
        fates[fate(partial(layer, X, **{name: value}))] += 1
    graph = tf.function(lambda data: layer(data, states=states))
    calls = [
        partial(LSTM(5), X, states=states),
        partial(layer, keras.Input((4, 3)), states=None),
        partial(graph, X),
    ]
    fates.update(fate(call) for call in calls)
    return dict(fates)


@attack("masking.passed-on")
def masks_after_an_lstm():
    """Is the output's mask that given, or none: attached, by name, states, options? Counts."""
    mask = np.array([[1, 1, 0, 0], [1, 0, 1, 1]], bool)
    data = X * mask[..., None]
    states = [ones(2, 5)] * 2
    expected = {True: str(mask.astype(int).tolist()), False: "None"}
    options = [{}, {"return_state": True}, {"go_backwards": True}, {"unroll": True}]
    options += [{"stateful": True}, {"dtype": "mixed_float16"}, {"recurrent_dropout": 0.2}]
    equal = {}
    for sequences in (True, False):
        counts = Counter()
        for option, given in itertools.product(options, (None, states)):
            layer = LSTM(5, return_sequences=sequences, **option)
            ends = [layer(Masking()(data), initial_state=given)]
            ends.append(layer(data, mask=mask, initial_state=given))
            for end in ends:
                output, *later = keras.tree.flatten(end)
                counts[mask_of(output) == expected[sequences] and not any(map(masked, later))] += 1
        equal[f"{sequences=}"] = dict(counts)
    return equal


@attack("training.penalty-added-once")
def penalties_by_the_sum_of_them():
    """Loss less the mean error, by the sum of penalties: wrapped, stacked, shared, by sizes."""
    option = {"kernel_regularizer": "l2", "recurrent_regularizer": "l1", "bias_regularizer": "l2"}
    shares = set()
    for timesteps, batch in ((1, 1), (4, 7), (20, 7)):
        data = numbers(batch, timesteps, 3)
        entry = keras.Input((timesteps, 3))
        shared = LSTM(3, return_sequences=True, **option)
        inner = keras.Sequential([entry, shared])
        cells = [layers.LSTMCell(4, **option) for _ in range(2)]
        outputs = [
            LSTM(4, **option)(entry),
            Bidirectional(LSTM(4, **option))(entry),
            layers.RNN(cells)(entry),
            LSTM(4, dtype="mixed_float16", **option)(entry),
            layers.GlobalMaxPooling1D()(inner(inner(shared(entry)))),
        ]
        for hidden in outputs:
            model = keras.Model(entry, Dense(1)(hidden))
            model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)
            weights = [weight for weight in model.trainable_weights if weight.regularizer]
            penalty = sum(float(weight.regularizer(weight)) for weight in weights)
            error = float(ops.mean(model(data) ** 2))
            loss = float(model.train_on_batch(data, np.zeros((batch, 1))))
            shares.add(round((loss - error) / penalty, 3))
    return sorted(shares)


@attack("models.ends-mask")
def masks_after_other_layers():
    """Which of 16 layers hand a mask on: by settings that change nothing, on data, in graphs?"""
    data = X.copy()
    data[0, 2:] = 0
    ending = [
        layers.Conv1D(3, 1),
        layers.Conv1D(3, 2, padding="causal"),
        layers.DepthwiseConv1D(1),
        layers.SeparableConv1D(3, 1),
        layers.Conv1DTranspose(3, 1),
        layers.MaxPooling1D(1),
        layers.AveragePooling1D(2),
        layers.GlobalMaxPooling1D(),
        layers.GlobalAveragePooling1D(keepdims=True),
        layers.Cropping1D(0),
        layers.ZeroPadding1D(0),
        layers.UpSampling1D(1),
        layers.Reshape((4, 3)),
        layers.Reshape((2, 6)),
        layers.Flatten(),
        layers.Permute((1, 2)),
    ]
    handing = []
    for layer in ending:
        masks = [masked(layer(Masking()(inputs))) for inputs in (data, keras.Input((4, 3)))]
        tf.function(lambda inputs: masks.append(masked(layer(Masking()(inputs)))))(data)
        if any(masks):
            handing.append(layer.name)
    return len(ending), handing


@attack("masking.loss")
def losses_over_timesteps():
    """A batch's loss less the mean over unmasked timesteps, by losses and sizes; all masked."""
    cases = [(3, 4, 5, "MeanSquaredError"), (3, 4, 1, "MeanAbsoluteError"), (1, 4, 5, "Huber")]
    cases += [(3, 1, 1, "MeanSquaredError"), (30, 50, 2, "CosineSimilarity")]
    gaps = []
    for batch, timesteps, units, name in cases:
        data = numbers(batch, timesteps, 3)
        targets = numbers(batch, timesteps, units, seed=1)
        mask = np.random.default_rng(2).random((batch, timesteps)) > 0.4
        mask[0, 0] = True
        entry = keras.Input((None, 3))
        flags = keras.Input((None,), dtype="bool")
        output = LSTM(units, return_sequences=True)(entry, mask=flags)
        model = keras.Model([entry, flags], output)
        loss = getattr(keras.losses, name)
        model.compile("sgd", loss(), jit_compile=False)
        losses = np.array(loss(reduction="none")(targets, np.array(model([data, mask]))))
        score = partial(model.evaluate, y=targets, batch_size=batch, verbose=0)
        gaps.append(gap(score([data, mask]), (losses * mask).sum() / mask.sum()))
    return gaps, score([data, np.zeros_like(mask)])


@attack("trainer.evaluate-on-the-way")
def losses_of_a_fit_that_evaluates():
    """The loss of fit, of its own samples, of those a callback evaluates, by when it does so."""
    keras.utils.set_random_seed(1)
    data = numbers(6, 4, 3)
    targets = np.zeros((6, 5), "float32")
    others = (data * 3, targets + 2)
    outcomes = {}
    for when in ("on_epoch_begin", "on_train_batch_end", "on_epoch_end"):
        model = model_of(LSTM(5), shape=(4, 3))
        model.compile(keras.optimizers.SGD(0.0), "mse", jit_compile=False)

        def evaluate(*_, model=model, **__):
            return model.evaluate(*others, verbose=0)

        callback = keras.callbacks.LambdaCallback(**{when: evaluate})
        own = model.evaluate(data, targets, verbose=0)
        options = {"batch_size": 2, "verbose": 0, "callbacks": [callback]}
        history = model.fit(data, targets, **options).history
        losses = {"fit": history["loss"][0], "own": own, "evaluated": evaluate()}
        outcomes[when] = {name: round(float(loss), 3) for name, loss in losses.items()}
    return outcomes


@attack("trainer.sequence-loss")
def losses_of_masked_sequences():
    """The loss of 4 masked timesteps, by CTC or a number per sequence, and their mean, by batch."""
    keras.utils.set_random_seed(1)

    def square(targets, outputs):
        return ops.mean((targets - outputs) ** 2, (1, 2))

    outcomes = {}
    for name, batch in itertools.product(("square", "ctc"), (3, 4, 1)):
        data = numbers(batch, 4, 3)
        data[0, 1:] = 0
        labels = np.random.default_rng(1).integers(1, 5, (batch, 2))
        targets = labels if name == "ctc" else numbers(batch, 4, 5, seed=1)
        loss = keras.losses.ctc if name == "ctc" else square
        model = model_of(Masking(), LSTM(5, return_sequences=True))
        model.compile(keras.optimizers.SGD(0.0), loss, run_eagerly=True)
        mean = float(ops.mean(loss(targets, model(data))))
        train = partial(model.train_on_batch, data, targets)
        outcomes[f"{name}, {batch}"] = [outcome(train)[:24], round(mean, 6)]
    return outcomes


@attack("trainer.targets-of-one-axis")
def flat_targets_of_larger_outputs():
    """Losses of targets (4,); by the last axis; by sample, as a Series of pandas was elsewhere."""
    targets = numbers(4)
    outcomes = {}
    for shape in ((4, 3), (4, 4), (4, 2, 1), (4, 2, 4)):
        outputs = numbers(*shape, seed=1)
        model = model_of(layers.Activation("linear"), shape=shape[1:])
        model.compile("sgd", "mse", jit_compile=False)
        loss = outcome(partial(model.evaluate, outputs, targets, batch_size=4, verbose=0))[:20]
        own = targets.reshape(4, *[1] * (len(shape) - 1))
        means = [outcome(lambda: ((outputs - targets) ** 2).mean())[:20]]
        means.append(str(((outputs - own) ** 2).mean()))
        outcomes[str(shape)] = [loss, *means]
    return outcomes


@attack("models.other-keys")
def another_key_by_its_place():
    """Inputs ids 1 and len 2, and another key of 99: sorted last, first, between. What is taken?"""
    entries = {name: keras.Input((1,), name=name) for name in ("ids", "len")}
    model = keras.Model(entries, layers.Concatenate()([entries["ids"], entries["len"]]))
    outcomes = {}
    for other in ("weight", "age", "index"):
        data = {"ids": ones(1, 1), "len": 2 * ones(1, 1), other: 99 * ones(1, 1)}
        values = [np.array(model(data)), model.predict(data, verbose=0)]
        outcomes[other] = [value[0].tolist() for value in values]
    return outcomes


@attack("shapes.rank")
def arrays_of_other_axes():
    """Arrays of 0, 1, 2, 4 and 5 axes, to fresh and built LSTMs: is their number named? Counts."""
    options = [{}, {"unroll": True}, {"stateful": True}, {"return_sequences": True}]
    options += [{"go_backwards": True}, {"dtype": "mixed_float16"}]
    shapes = [(), (3,), (3, 4), (2, 3, 4, 5), (2, 3, 4, 1), (1, 1, 1, 1), (1, 1), (2, 3, 4, 5, 6)]
    counts = Counter()
    for option, built, shape in itertools.product(options, (False, True), shapes):
        layer = LSTM(4, **option)
        if built:
            layer(ones(2, 3, 4))
        try:
            layer(np.zeros(shape, "float32"))
        except ValueError as error:
            counts[f"found ndim={len(shape)}" in str(error)] += 1
        else:
            counts["taken"] += 1
    return dict(counts)


@attack("modes.any-arguments")
def equations_beside_many_arguments():
    """An LSTM's sequences less those of the equations, by arguments and sizes."""
    rng = np.random.default_rng(1)
    options = [{}, {"unroll": True, "go_backwards": True}, {"stateful": True}]
    options += [{"use_bias": False}, {"recurrent_dropout": 0.5}, {"activation": "softmax"}]
    options.append({"recurrent_activation": "hard_sigmoid"})

    def numpy_of(name):
        function = keras.activations.get(name)
        return lambda z: np.array(function(ops.cast(z, "float32")))

    gaps = []
    sizes = ((1, 1, 1), (7, 9, 3), (300, 5, 2))
    for option, (units, timesteps, batch) in itertools.product(options, sizes):
        layer = LSTM(units, return_sequences=True, **option)
        data = rng.standard_normal((batch, timesteps, 5)).astype("float32")
        h, c = rng.standard_normal((2, batch, units)).astype("float32")
        outputs = layer(data, initial_state=[h, c])
        bend = numpy_of(option.get("activation", "tanh"))
        gate = numpy_of(option.get("recurrent_activation", "sigmoid"))
        kernel, recurrent, *biases = layer.get_weights()
        expected = []
        for t in range(timesteps)[:: -1 if option.get("go_backwards") else 1]:
            sums = data[:, t] @ kernel + h @ recurrent + sum(biases)
            i, f, k, o = np.split(sums, 4, -1)
            c = gate(f) * c + gate(i) * bend(k)
            h = gate(o) * bend(c)
            expected.append(h)
        gaps.append(gap(outputs, np.stack(expected, 1)))
    return max(gaps)


@attack("models.attention-query")
def a_query_attended_twice():
    """Masks of the first output, of the query after it, of the second; are the outputs equal?"""
    data = numbers(1, 4, 8)
    data[0, 2:] = 0
    heads = layers.MultiHeadAttention(2, 4)
    attention = layers.Attention()
    additive = layers.AdditiveAttention()
    calls = {
        "MultiHeadAttention": lambda query: heads(query, query),
        "Attention": lambda query: attention([query, query]),
        "AdditiveAttention": lambda query: additive([query, query]),
    }
    outcomes = {}
    for name, call in calls.items():
        query = Masking()(data)
        first = call(query)
        after = masked(query)
        second = call(query)
        outcomes[name] = [masked(first), after, masked(second), close(first, second)]
    return outcomes


@attack("state.wrong-batch")
def states_of_other_rows():
    """States of wrong rows, h, c or both: masks, unrolled, stateful. Which errors?"""
    options = [{}, {"unroll": True}, {"stateful": True}, {"go_backwards": True}]
    fates = Counter()
    for option, (units, batch) in itertools.product(options, ((1, 2), (3, 4))):
        other = 6 - batch
        rows = [(3, 3), (8, 8), (other, other), (1, 3), (3, 1)]
        rows += [(batch, batch + 1), (batch + 1, batch), (batch, other)]
        for pair, mask in itertools.product(rows, (None, np.zeros((batch, 2), bool))):
            states = [ones(count, units) for count in pair]
            call = partial(LSTM(units, **option), mask=mask, initial_state=states)
            fates[fate(partial(call, ones(batch, 2, 4)))] += 1
    return dict(fates)


@attack("gates.bias-is-feature")
def biases_as_a_feature_of_ones():
    """An LSTM less that without bias on a feature of ones: masks, arguments and sizes."""
    rng = np.random.default_rng(0)
    options = [{}, {"unroll": True}, {"go_backwards": True}, {"activation": "softmax"}]
    options.append({"recurrent_activation": "hard_sigmoid"})
    gaps = []
    sizes = ((1, 1, 1), (5, 7, 3), (300, 9, 2))
    for option, (units, timesteps, batch) in itertools.product(options, sizes):
        data = numbers(batch, timesteps, 4)
        wider = np.concatenate([data, ones(batch, timesteps, 1)], -1)
        layer = LSTM(units, **option)
        layer.build(data.shape)
        kernel, recurrent, bias = layer.get_weights()
        bias = bias + numbers(4 * units)
        layer.set_weights([kernel, recurrent, bias])
        plain = LSTM(units, use_bias=False, **option)
        plain.build(wider.shape)
        plain.set_weights([np.vstack([kernel, bias]), recurrent])
        for mask in (None, rng.random((batch, timesteps)) > 0.4):
            gaps.append(gap(layer(data, mask=mask), plain(wider, mask=mask)))
    return max(gaps)


@attack("precision.saturation")
def sigmoids_far_out():
    """The least sigmoid from 20 on, the largest from -200 down: eager, a graph, XLA, by sizes."""
    calls = {
        "ops": ops.sigmoid,
        "activation": keras.activations.sigmoid,
        "layer": layers.Activation("sigmoid"),
        "graph": tf.function(ops.sigmoid),
        "XLA": tf.function(ops.sigmoid, jit_compile=True),
    }
    outcomes = {}
    for name, call in calls.items():
        least = []
        most = []
        for count in (1, 7, 64, 4001):
            high = np.append(np.linspace(20, 200, count), [20.0, 1e3, 3e38])
            low = -np.append(np.linspace(200, 500, count), [200.0, 1e3, 3e38])
            least.append(np.array(call(high.astype("float32"))).min())
            most.append(np.array(call(low.astype("float32"))).max())
        outcomes[name] = [float(min(least)), float(max(most))]
    return outcomes


@attack("models.masks-by-name")
def masks_of_two_arguments():
    """Lengths of the masks that an own layer gets for a and b: places, names, a model, predict."""
    lengths = []

    class Two(layers.Layer):
        def call(self, a, b, a_mask=None, b_mask=None):
            masks = (a_mask, b_mask)
            lengths.append([None if mask is None else mask.shape[1] for mask in masks])
            return a

    a = Masking()(ones(2, 3, 4))
    b = Masking()(ones(2, 5, 4))
    Two()(a, b)
    Two()(a, b=b)
    Two()(b=b, a=a)
    Two()(a, ones(2, 5, 4))
    Two(dtype="mixed_float16")(a, b)
    entries = [keras.Input((3, 4)), keras.Input((5, 4))]
    first, second = (Masking()(entry) for entry in entries)
    model = keras.Model(entries, Two()(first, b=second))
    model.predict([ones(2, 3, 4), ones(2, 5, 4)], verbose=0)
    return lengths


@attack("trainer.learning-rate-by-name")
def rates_of_optimizers():
    """Of each optimizer: is lr taken, learning_rate kept and set, an attribute lr there? Counts."""
    without = {"Optimizer", "LossScaleOptimizer", "MultiOptimizer"}
    counts = Counter()
    for name, kind in inspect.getmembers(keras.optimizers, inspect.isclass):
        if not issubclass(kind, keras.optimizers.Optimizer) or name in without:
            continue
        optimizer = kind(learning_rate=0.125)
        rates = [float(optimizer.learning_rate)]
        optimizer.learning_rate = 0.25
        rates.append(float(optimizer.learning_rate))
        counts[(fate(partial(kind, lr=0.1)), *rates, hasattr(optimizer, "lr"))] += 1
    return {str(case): count for case, count in counts.items()}


@attack("shapes.answered-example")
def weights_of_five_units():
    """Numbers of weights of five units on three features, by arguments and timesteps."""
    options = [{}, {"dropout": 0.2, "recurrent_dropout": 0.2}, {"return_state": True}]
    options += [{"go_backwards": True, "unroll": True}, {"dtype": "mixed_float16"}]
    counts = Counter()
    for option, timesteps in itertools.product(options, (1, 7, 60)):
        layer = LSTM(5, **option)
        layer(numbers(4, timesteps, 3))
        counts[layer.count_params()] += 1
    return dict(counts)


@attack("models.slices-refuse-mask")
def masks_of_other_shapes():
    """TimeDistributed layers, by masks of other samples, timesteps and axes: which errors?"""
    data = numbers(4, 6, 5, 3)
    makers = [partial(Dense, 2), partial(LSTM, 2), layers.Flatten, Masking]
    makers.append(partial(layers.Activation, "relu"))
    shapes = [(4, 5), (4, 7), (4, 1), (1, 6), (3, 6), (8, 6), (4,), (6, 4), (4, 5, 6)]
    shapes += [(1, 4, 6), (1, 1)]
    fates = Counter()
    for maker, shape in itertools.product(makers, shapes):
        call = partial(layers.TimeDistributed(maker()), data, mask=np.ones(shape, bool))
        fates[fate(call)] += 1
    return dict(fates)


@attack("models.layers-under-policy")
def layers_beside_a_masking_embedding():
    """A masking Embedding beside floats: layers, operations; is Cast in the config, the summary?"""
    outcomes = {}
    for policy in ("float32", "mixed_float16", "float64"):
        entries = [keras.Input((7, 3)), keras.Input((7,), dtype="int32")]
        embedded = layers.Embedding(10, 3, mask_zero=True, dtype=policy)(entries[1])
        both = layers.Concatenate(dtype=policy)([entries[0], embedded])
        model = keras.Model(entries, LSTM(4, dtype=policy)(both))
        lines = []
        model.summary(print_fn=lambda line, **_: lines.append(line))
        kinds = [config["class_name"] for config in model.get_config()["layers"]]
        counts = [len(model.layers), len(model.operations)]
        outcomes[policy] = [*counts, "Cast" in kinds, "(Cast)" in "".join(lines)]
    return outcomes


@attack("saving.normalization")
def adapted_and_loaded():
    """Loaded less saved, of an adapted Normalization: flat, nested, from `.keras` and `.h5`."""
    data = 5 * numbers(20, 7, 3) + 3
    gaps = {}
    for nested, name in itertools.product((False, True), ("lstm.keras", "lstm.h5")):
        inner = layers.Normalization()
        inner.adapt(data)
        if nested:
            inner = model_of(inner, shape=(7, 3))
        entry = keras.Input((7, 3))
        model = keras.Model(entry, LSTM(2)(inner(entry)))
        gaps[f"{nested=}, {name}"] = gap(model(data), reloaded(model, name)(data))
    return gaps


@attack("trainer.weight-as-copies")
def metrics_of_weighted_samples():
    """Metrics of weights 0, 1 and 2 in two batches beside copies: how many, which differ?"""
    rng = np.random.default_rng(0)
    weights = rng.integers(0, 3, 40)
    copies = np.repeat(np.arange(40), weights)
    targets = rng.integers(0, 2, (40, 4)).astype("float32")
    targets[:, 0] = 1
    targets[:, 1] = 0
    outputs = rng.random((40, 4)).astype("float32")
    arguments = {
        "PrecisionAtRecall": [0.5],
        "RecallAtPrecision": [0.5],
        "SensitivityAtSpecificity": [0.5],
        "SpecificityAtSensitivity": [0.5],
        "MeanRelativeError": [np.ones(4)],
    }
    without = {"Metric", "MeanMetricWrapper", "Mean", "Sum"}
    tried = []
    differing = []
    for name, kind in inspect.getmembers(keras.metrics, inspect.isclass):
        if "IoU" in name or name.startswith("Sparse") or name in without:
            continue
        weighted = kind(*arguments.get(name, []))
        copied = kind(*arguments.get(name, []))
        for part in (slice(0, 20), slice(20, 40)):
            given = {"sample_weight": weights[part].astype("float32")}
            weighted.update_state(targets[part], outputs[part], **given)
        copied.update_state(targets[copies], outputs[copies])
        tried.append(name)
        if not np.allclose(weighted.result(), copied.result(), rtol=1e-4, equal_nan=True):
            differing.append(name)
    return len(tried), differing


@attack("errors.numpy-units")
def units_of_numpy():
    """Units of np.int64, np.int32: features put out; does an Input's error name an integer?"""
    options = [{}, {"return_sequences": True}, {"unroll": True}, {"stateful": True}]
    options += [{"dropout": 0.2}, {"dtype": "mixed_float16"}]
    counts = Counter()
    for kind, option in itertools.product((np.int64, np.int32), options):
        layer = LSTM(kind(5), **option)
        features = layer(X).shape[-1]
        try:
            layer(keras.Input((4, 3), batch_size=2))
        except ValueError as error:
            counts[features, "output_size must be an integer" in str(error)] += 1
        else:
            counts[features, "taken"] += 1
    return {str(case): count for case, count in counts.items()}


@attack("errors.state-with-three-axes")
def states_with_an_axis_of_a_timestep():
    """States (batch, 1, units), by sizes: with a mask, in a graph. Which errors?"""
    sizes = [(2, 1, 2, 3), (2, 5, 3, 3), (4, 7, 4, 4), (3, 3, 3, 3), (4, 1, 4, 1)]
    fates = Counter()
    for batch, timesteps, units, features in sizes:
        data = numbers(batch, timesteps, features)
        state = numbers(batch, 1, units)
        for mask in (None, np.ones((batch, timesteps), bool)):
            call = partial(LSTM(units), mask=mask, initial_state=[state, state])
            graph = tf.function(lambda inputs, call=call: call(inputs))
            fates.update(fate(partial(each, data)) for each in (call, graph))
    return dict(fates)


@attack("gates.closed-input-gate")
def outputs_behind_a_closed_gate():
    """The largest output or state, the input gate closed: activations, options, masks."""
    data = 3 * numbers(4, 9, 3)
    mask = np.random.default_rng(0).random((4, 9)) > 0.4
    options = [{}, {"go_backwards": True}, {"unroll": True}, {"dtype": "mixed_float16"}]
    options.append({"dropout": 0.2, "recurrent_dropout": 0.2})
    common = {"return_sequences": True, "return_state": True}
    largest = []
    for name, option in itertools.product(("sigmoid", "hard_sigmoid", "relu"), options):
        layer = LSTM(6, recurrent_activation=name, **common, **option)
        layer(data)
        kernel, recurrent, bias = layer.get_weights()
        kernel[:, :6] = 0
        recurrent[:, :6] = 0
        bias[:6] = -60
        layer.set_weights([kernel, recurrent, bias])
        for given in (None, mask):
            ends = layer(data, mask=given)
            largest += [float(ops.max(ops.abs(end))) for end in ends]
    return max(largest)


@attack("trainer.weight-of-a-sequence-square")
def a_weight_for_the_first_sample():
    """A weight of 1 for sample 0 alone: the loss, if samples, if timesteps are weighed."""
    outcomes = {}
    weights = np.eye(5, dtype="float32")[0]
    for timesteps in (5, 7):
        targets = numbers(5, timesteps, 3)
        outputs = numbers(5, timesteps, 3, seed=1)
        model = model_of(layers.Activation("linear"), shape=(timesteps, 3))
        model.compile("sgd", "mse", jit_compile=False)
        errors = ((outputs - targets) ** 2).mean(-1)
        score = partial(model.evaluate, outputs, targets, sample_weight=weights, verbose=0)
        sums = {"samples": errors[0].sum(), "timesteps": errors[:, 0].sum()}
        losses = {name: round(float(value) / errors.size, 4) for name, value in sums.items()}
        outcomes[f"5, {timesteps}"] = {"loss": outcome(score)[:30], **losses}
    return outcomes


@attack("models.noise-in-its-type")
def types_of_noise():
    """Types of dropout and noise in training, by policies and types given: the policy's? Counts."""
    kinds = [layers.Dropout, layers.SpatialDropout1D, layers.GaussianNoise]
    kinds += [layers.GaussianDropout, layers.AlphaDropout]
    policies = ("float32", "float64", "bfloat16", "mixed_float16")
    types = ("float16", "bfloat16", "float32", "float64")
    counts = Counter()
    for kind, policy, given, rate in itertools.product(kinds, policies, types, (0.0, 0.3)):
        layer = kind(rate, dtype=policy)
        output = layer(tf.cast(X, given), training=True)
        symbol = layer(keras.Input((4, 3), dtype=given), training=True)
        names = {output.dtype.name, symbol.dtype}
        counts[names == {layer.compute_dtype}] += 1
    return dict(counts)
