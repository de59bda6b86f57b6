"""Attacks on 40 claims drawn after the kinds of draw_6 were mended; some have programs already."""

from __future__ import annotations

import itertools
from functools import partial

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.draw_1 import LSTM, MASK, L, X, close, draw, twins
from tools.studies.attacks.draw_5 import cost, refused, returned
from tools.studies.attacks.draw_6 import trained


@attack("dropout.inputs-by-gate")
def four_masks():
    """Of a cell of 100 features, with a rate of h of 1e-6 and 1: four masks that differ?"""
    seen = []
    for rate in (1e-6, 0.5, 1.0):
        cell = L.LSTMCell(2, dropout=0.5, recurrent_dropout=rate, seed=1)
        masks = cell.get_dropout_mask(tf.ones((2, 100)))
        pairs = itertools.combinations([np.array(mask) for mask in masks], 2)
        seen.append(len(masks) == 4 and not any(np.array_equal(a, b) for a, b in pairs))
    return seen


@attack("errors.trained-before-refusal")
def refused_remainders():
    """Eagerly, with steps_per_execution, in XLA, unrolled: refused, and trained before?"""
    seen = []
    options = [{}, {"run_eagerly": True}, {"steps_per_execution": 2}, {"jit_compile": True}]
    for option, unroll in itertools.product(options, (False, True)):
        layer = LSTM(2, stateful=True, unroll=unroll)
        model = keras.Sequential([keras.Input((5, 3), batch_size=3), layer])
        model.compile("sgd", "mse", **option)
        before = model.get_weights()
        fit = partial(model.fit, batch_size=3, shuffle=False, verbose=0)
        error = refused(lambda f=fit: f(draw(8, 5, 3), np.ones((8, 2))))
        seen.append((error, not close(before, model.get_weights(), atol=0)))
    return seen


@attack("masking.dense-behind")
def losses_behind():
    """Without return_sequences, and with leading padding without a bias: a mask, and no zeros?"""
    x = np.where(MASK[:, :, None], X, np.float32(0))
    dense = L.Dense(2, use_bias=False)
    rows = dense(LSTM(4, return_sequences=True)(L.Masking()(x)))
    last = L.Dense(2)(LSTM(4)(L.Masking()(x)))
    leading = bool(np.all(np.array(rows)[1, :2] == 0))
    return getattr(last, "_keras_mask", None) is not None, leading


@attack("masking.embedding")
def embeddings():
    """Ids of other types, with dropout, unrolled, in Bidirectional and predict: skipped?"""
    ids = np.array([[3, 0, 2, 0, 0], [0, 0, 1, 2, 3], [1, 2, 3, 1, 2]])
    bad = []
    for kind, unroll in itertools.product(("int32", "int64", "uint8", "float32"), (False, True)):
        layers = [L.Embedding(5, 3, mask_zero=True), L.Dropout(0.5), LSTM(4, unroll=unroll)]
        model = keras.Sequential([keras.Input((5,), dtype=kind), *layers])
        x = layers[0](ids)
        expected = layers[2](np.array(x), mask=ids != 0)
        y = model(ids.astype(kind)), model.predict(ids.astype(kind), verbose=0)
        if not all(close(part, expected) for part in y):
            bad.append((kind, unroll))
    return bad


@attack("masking.numbers")
def masks_of_other_types():
    """1e-100 in float64, -1, 2**40, complex numbers, a half: valid?"""
    seen = {}
    for kind, value in (("float64", 1e-100), ("int64", 2**40), ("int8", -1), ("float16", 1e-4)):
        first, other = twins()
        mask = np.where(MASK, np.array(value, kind), np.array(0, kind))
        seen[kind] = close(first(X, mask=mask), other(X, mask=MASK))
    return seen


@attack("masking.stateful")
def kept_states():
    """Unrolled, backwards, in mixed precision with an assigned 0.1: the very state?"""
    seen = {}
    options = [{}, {"unroll": True}, {"go_backwards": True}, {"dtype": "mixed_float16"}]
    for option, value in itertools.product(options, (0.5, 0.1)):
        layer = LSTM(4, stateful=True, **option)
        layer.build(X.shape)
        for state in layer.states:
            state.assign(np.full((3, 4), value, "float32"))
        layer(X, mask=np.zeros((3, 5), bool))
        kept = [
            np.array_equal(np.array(s), np.full((3, 4), np.float32(value))) for s in layer.states
        ]
        seen[(*option.items(), value)] = all(kept)
    return [key for key, same in seen.items() if not same]


@attack("masking.unrolled-backwards")
def masks_of_other_shapes():
    """Masks of one row, of units, longer and of an axis more: the same, unrolled?"""
    masks = {"row": MASK[:1], "axis": MASK[:, :, None], "long": np.append(MASK, MASK, axis=1)}
    masks["units"] = np.repeat(MASK[:, :, None], 4, axis=2)
    seen = {}
    for name, mask in masks.items():
        loop, unrolled = twins(go_backwards=True, other={"unroll": True})
        y = [
            outcome(lambda f=f, m=mask: np.round(np.array(f(X, mask=m)), 4))
            for f in (loop, unrolled)
        ]
        seen[name] = y[0] == y[1]
    return seen


@attack("models.mask-of-backwards")
def handed_on():
    """Is the mask that is handed on reversed?"""
    y = LSTM(2, return_sequences=True, go_backwards=True)(
        L.Masking()(np.where(MASK[:, :, None], X, np.float32(0)))
    )
    return bool(np.array_equal(y._keras_mask, MASK[:, ::-1]))


@attack("saving.dropout-starts-again")
def loaded_masks():
    """In two formats, after two calls, by gate: the masks of the first call?"""
    seen = []
    for recurrent in (0.0, 0.5):
        layer = LSTM(4, dropout=0.5, recurrent_dropout=recurrent, seed=5)
        model = keras.Sequential([keras.Input((5, 3)), layer])
        first = np.array(model(X, training=True))
        model(X, training=True)
        seen += [close(loaded(X, training=True), first) for loaded in returned(model)]
    return seen


@attack("sequences.flags-choose")
def returned_by_flags():
    """With a mask, unrolled, zeros and dropout of one seed: the same numbers in all four?"""
    bad = []
    options = [{}, {"unroll": True}, {"zero_output_for_mask": True}, {"go_backwards": True}]
    options += [{"dropout": 0.5, "recurrent_dropout": 0.5, "seed": 1}]
    for option in options:
        last, rows = twins(return_state=True, **option, other={"return_sequences": True})
        y, *states = last(X, mask=MASK, training=True)
        z, *others = rows(X, mask=MASK, training=True)
        if not close([y, *states], [z[:, -1], *others], atol=0):
            bad.append(option)
    return bad


@attack("shapes.input-untouched")
def same_arrays():
    """NaN under a mask, backwards, with jit, in training, as a tensor and a variable: changed?"""
    seen = []
    for value in (np.nan, 1.0):
        x = np.where(MASK[:, :, None], X, np.float32(value))
        before = x.copy()
        state = [np.ones((3, 4), "float32")] * 2
        layer = LSTM(4, go_backwards=True, dropout=0.5)
        layer(x, mask=MASK, initial_state=state, training=True)
        tf.function(layer, jit_compile=True)(x)
        L.Masking()(x)
        same = np.array_equal(x, before, equal_nan=True)
        seen.append(same and bool(np.all(state[0] == 1)))
    return seen


@attack("shapes.same-call-twice")
def large_calls():
    """512 samples, 300 units, three types, compiled: bit for bit, ten times?"""
    x = draw(512, 5, 64)
    bad = []
    for dtype, jit in itertools.product(("float32", "float64", "float16"), (False, True)):
        layer = LSTM(300, dtype=dtype)
        layer.build(x.shape)
        call = tf.function(layer, jit_compile=jit)
        first = np.array(call(x))
        if not all(np.array_equal(first, call(x)) for _ in range(5)):
            bad.append((dtype, jit))
    return bad


@attack("state.in-model")
def models_that_go_on():
    """Nested, subclassed, Bidirectional, in predict and fit between: does it go on?"""
    whole = LSTM(4)
    stateful = LSTM(4, stateful=True)

    class Own(keras.Model):
        def call(self, x):
            return stateful(x)

    x = keras.Input((None, 3), batch_size=3)
    models = [keras.Sequential([x, stateful]), keras.Model(x, keras.Sequential([stateful])(x))]
    seen = []
    for model in [*models, Own()]:
        model(X[:, :1])
        whole.build(X.shape)
        whole.set_weights(stateful.get_weights())
        stateful.reset_state()
        model.predict(X[:, :2], batch_size=3, verbose=0)
        seen.append(close(model(X[:, 2:]), whole(X)))
    return seen


@attack("state.one-sample-many-states")
def many_states():
    """In a graph, in XLA, unrolled, with a mask, in predict: as many outputs?"""
    state = [draw(3, 4), draw(4, 3).T]
    seen = {}
    for unroll, masked in itertools.product((False, True), repeat=2):
        layer = LSTM(4, unroll=unroll)
        mask = {"mask": MASK[:1]} if masked else {}
        for name, call in {
            "call": layer,
            "graph": tf.function(layer),
            "xla": tf.function(layer, jit_compile=True),
        }.items():
            seen[name, unroll, masked] = outcome(
                lambda c=call, m=mask: tuple(c(X[:1], initial_state=state, **m).shape)
            )[:20]
    return {key: value for key, value in seen.items() if value != "(3, 4)"}


@attack("symmetry.units")
def permuted_units():
    """Of 300 units, by seven options, with a mask and a state: permuted alike?"""
    order = np.random.RandomState(1).permutation(300)
    columns = np.ravel(np.add.outer(np.arange(4) * 300, order))
    bad = []
    options = [{}, {"activation": "relu"}, {"activation": "softmax"}, {"unroll": True}]
    options += [{"implementation": 1}, {"dtype": "float64"}, {"go_backwards": True}]
    for option in options:
        layers = [LSTM(300, **option) for _ in range(2)]
        for layer in layers:
            layer.build(X.shape)
        kernel, recurrent, bias = layers[0].get_weights()
        layers[1].set_weights([kernel[:, columns], recurrent[order][:, columns], bias[columns]])
        y, z = (np.array(layer(X, mask=MASK)) for layer in layers)
        if not close(y[:, order], z, atol=1e-5):
            bad.append(option)
    return bad


@attack("time.splitting")
def cut_backwards():
    """With go_backwards: may the second part start from the first one's states?"""
    layer = LSTM(4, go_backwards=True, return_state=True)
    expected = layer(X)[0]
    _, *states = layer(X[:, :2])
    return close(layer(X[:, 2:], initial_state=states)[0], expected)


@attack("trainer.averaged-weights")
def averages():
    """In mixed precision, with an overwriting frequency, in two fits, by hand: the mean?"""
    seen = {}
    for name, options in {
        "plain": {},
        "overwriting": {"ema_overwrite_frequency": 2},
        "momentum": {"momentum": 0.9},
    }.items():
        path = []
        record = keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs, p=path: p.append(None)
        )
        optimizer = keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.5, **options)
        fit = {"batch_size": 1, "callbacks": [record]}
        model = trained([LSTM(2)], fit, optimizer=optimizer)
        plain = keras.Sequential([keras.Input((5, 3)), LSTM(2)])
        plain.set_weights([np.full_like(w, 0.1) for w in plain.get_weights()])
        plain.compile(keras.optimizers.SGD(0.5, momentum=options.get("momentum", 0.0)), "mse")
        mean = None
        for k in range(3):
            plain.train_on_batch(X[k : k + 1], np.ones((1, 2)))
            new = plain.get_weights()
            mean = new if mean is None else [(a + b) / 2 for a, b in zip(mean, new, strict=True)]
        seen[name] = close(model.get_weights(), mean, atol=1e-5)
    return seen


@attack("trainer.metric-of-all")
def metrics_of_keras():
    """Names, functions, classes and a loss as a metric, in batches of two of three: of all?"""
    names = ["mse", keras.metrics.mean_absolute_error, keras.metrics.CosineSimilarity()]
    names += [keras.metrics.R2Score(), keras.metrics.MeanAbsolutePercentageError()]
    names += [keras.losses.MeanSquaredError()]
    seen = []
    for metric in names:
        model = keras.Sequential([keras.Input((5, 3)), LSTM(2)])
        reported = []
        for size in (2, 3):
            model.compile("sgd", "mse", metrics=[metric])
            y = draw(3, 2)
            reported.append(model.evaluate(X, y, batch_size=size, verbose=0)[1])
        seen.append(bool(np.isclose(*reported, rtol=1e-4)))
    return seen


@attack("trainer.steps-per-execution")
def executions():
    """Of 2, 3 and 7 steps, with jit_compile, remainders and weights: what n = 1 gives?"""
    x = draw(7, 5, 3)
    bad = []
    for jit in (False, True):
        ends = []
        for n in (1, 2, 3, 7):
            options = {"steps_per_execution": n, "jit_compile": jit, "metrics": ["mae"]}
            model = trained([LSTM(2)], {"batch_size": 2, "epochs": 2}, x, **options)
            reported = model.evaluate(x, np.ones((7, 2)), batch_size=2, verbose=0)
            y = model.predict(x, batch_size=2, verbose=0)
            ends.append([*model.get_weights(), np.array(reported), y])
        if not all(close(end, ends[0], atol=1e-5) for end in ends):
            bad.append(jit)
    return bad


@attack("training.constraints-wait")
def waiting():
    """In calls, predict, evaluate, test_on_batch and a fit without epochs: is it applied?"""
    model = keras.Sequential([keras.Input((5, 3)), LSTM(2, kernel_constraint="non_neg")])
    model.compile("sgd", "mse")
    weights = [np.full_like(w, -1) for w in model.get_weights()]
    model.set_weights(weights)
    y = np.zeros((3, 2))
    model(X, training=True)
    model.predict(X, verbose=0)
    model.evaluate(X, y, verbose=0)
    model.test_on_batch(X, y)
    model.fit(X, y, epochs=0, verbose=0)
    return close(model.get_weights(), weights, atol=0)


@attack("training.loss-before-step")
def reported_losses():
    """Of XLA, eagerly, with accumulation, in train_on_batch: of the weights before?"""
    seen = []
    for options in ({}, {"run_eagerly": True}, {"jit_compile": True}):
        model = keras.Sequential([keras.Input((5, 3)), LSTM(2)])
        model.compile(keras.optimizers.SGD(5.0), "mse", **options)
        y = np.ones((3, 2))
        before = model.evaluate(X, y, verbose=0)
        seen.append(bool(np.isclose(model.train_on_batch(X, y), before)))
    return seen


@attack("training.penalty-added-once")
def added_penalties():
    """1 and 100 timesteps, 1 and 64 samples, in batches: the loss beyond the error?"""
    seen = set()
    for steps, samples, size in ((1, 1, 1), (100, 64, 10), (5, 7, 2)):
        options = {f"{name}_regularizer": "l2" for name in ("kernel", "recurrent", "bias")}
        model = keras.Sequential([keras.Input((steps, 3)), LSTM(2, **options)])
        model.set_weights([np.full_like(w, 0.1) for w in model.get_weights()])
        model.compile("sgd", "mse", metrics=["mse"])
        x = draw(samples, steps, 3)
        loss, error = model.evaluate(x, np.zeros((samples, 2)), batch_size=size, verbose=0)
        seen.add(round(loss - error, 5))
    return seen


@attack("wrappers.dtype-of-rnn")
def types_of_both():
    """Of four types each: what type comes out, and as exact as which?"""
    bad = []
    kinds = ("float16", "float32", "float64")
    for outer, inner in itertools.product(kinds, repeat=2):
        rnn = L.RNN(L.LSTMCell(4, dtype=inner), dtype=outer)
        own = L.RNN(L.LSTMCell(4, dtype=inner), dtype=inner)
        x = X.astype(outer)
        for layer in (rnn, own):
            layer.build(X.shape)
        own.set_weights(rnn.get_weights())
        y = np.array(rnn(x))
        if y.dtype != outer or not np.array_equal(y, np.array(own(x.astype(inner))).astype(outer)):
            bad.append((outer, inner))
    return bad


@attack("wrappers.one-cell-repeated")
def repeated_cells():
    """With other features than units: does it run, and how many weights has it?"""
    seen = []
    for features in (4, 3):
        rnn = L.RNN([L.LSTMCell(4)] * 3)
        x = np.ones((2, 5, features), "float32")
        seen.append((outcome(lambda r=rnn, x=x: r(x).shape)[:30], len(rnn.weights)))
    return seen


@attack("wrappers.stack-declared")
def declared():
    """One cell, a list of one, unrolled, open sizes, sequences: as a call returns?"""
    bad = []
    stacks = [
        lambda: L.LSTMCell(2),
        lambda: [L.LSTMCell(2)],
        lambda: [L.LSTMCell(2), L.LSTMCell(4)],
    ]
    for stack, sequences, state in itertools.product(stacks, (False, True), (False, True)):
        layer = L.RNN(stack(), return_sequences=sequences, return_state=state)
        declared_shapes = layer.compute_output_shape((3, 5, 3))
        actual = keras.tree.map_structure(lambda y: tuple(y.shape), layer(X))
        flat = [list(keras.tree.flatten(part)) for part in (declared_shapes, actual)]
        if flat[0] != flat[1]:
            bad.append((sequences, state, declared_shapes, actual))
    return bad


@attack("wrappers.stack-of-cells")
def stacks():
    """Masked, unrolled, with zeros, with a mask that begins late, 3 cells: as stacked layers?"""
    bad = []
    for unroll, zeros, masked in itertools.product((False, True), repeat=3):
        options = {"unroll": unroll, "zero_output_for_mask": zeros, "return_sequences": True}
        rnn = L.RNN([L.LSTMCell(2), L.LSTMCell(4), L.LSTMCell(3)], **options)
        layers = [LSTM(n, **options) for n in (2, 4, 3)]
        rnn.build(X.shape)
        y = X
        weights = rnn.get_weights()
        mask = {"mask": MASK} if masked else {}
        for k, layer in enumerate(layers):
            layer.build(y.shape)
            layer.set_weights(weights[3 * k : 3 * k + 3])
            y = layer(y, **mask)
        if not close(rnn(X, **mask), y):
            bad.append((unroll, zeros, masked))
    return bad


@attack("errors.second-argument-of-layer")
def second_arguments():
    """8, 8.0, True, a list, a tuple and NumPy's 8: refused?"""
    given = (8, 8.0, True, [8], (8,), np.int64(8))
    return [refused(lambda g=g: LSTM(3, g)) for g in given]


@attack("masking.long-refused-unrolled")
def long_masks():
    """Unrolled, with seven timesteps for five: refused?"""
    return refused(lambda: LSTM(2, unroll=True)(X, mask=np.ones((3, 7), bool)))


@attack("masking.zeros-are-read")
def zeros_after():
    """After 1 to 300 units that were never trained: another output?"""
    x = np.append(X, np.zeros((3, 1, 3), "float32"), axis=1)
    layers = [LSTM(units) for units in (1, 8, 300)]
    return [not close(layer(X), layer(x)) for layer in layers]


@attack("speed.xla")
def features_of_xla():
    """With 1 and 500 features: which ratio?"""
    seen = {}
    for features in (1, 500):
        layer = LSTM(16, use_cudnn=False)
        x = tf.constant(draw(8, 50, features))
        layer(x)
        calls = [partial(tf.function(layer, jit_compile=jit), x) for jit in (False, True)]
        for call in calls:
            call()
        pairs = [[cost(call, 3) for call in calls] for _ in range(7)]
        seen[features] = round(float(np.median([a / b for a, b in pairs])), 1)
    return seen


@attack("state.no-reset-of-models")
def models_without():
    """Sequential, functional, subclassed and loaded: has it reset_state or reset_states?"""
    x = keras.Input((5, 3), batch_size=3)
    layer = LSTM(2, stateful=True)
    models = [keras.Sequential([x, layer]), keras.Model(x, layer(x)), keras.Model()]
    models += returned(models[0])
    return [hasattr(m, name) for m in models for name in ("reset_state", "reset_states")]


@attack("trainer.output-losses")
def losses_of_outputs():
    """With a smaller last batch: do the losses of both outputs add up to the loss?"""
    x = keras.Input((5, 3))
    model = keras.Model(x, [LSTM(2)(x), LSTM(3)(x)])
    model.compile("sgd", ["mse", "mse"])
    loss, *each = model.evaluate(X, [np.ones((3, 2)), np.ones((3, 3))], batch_size=2, verbose=0)
    return bool(np.isclose(loss, sum(each)))
