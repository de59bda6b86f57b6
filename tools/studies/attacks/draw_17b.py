"""Attacks on 20 claims drawn after the kinds of draw_16 were mended, each with a program."""

from __future__ import annotations

import itertools
import tempfile
from functools import partial

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.draw_1 import LSTM, L, X, draw
from tools.studies.attacks.draw_11 import error, form, gap
from tools.studies.attacks.draw_12 import EAGER, PADDED, ROWS, VALID
from tools.studies.attacks.shared import ones

STATES = {"return_state": True}


@attack("trainer.weight-as-copies")
def each_metric():
    """Each metric of Keras, for 1 class and 3, with options: do weights differ from copies?"""
    options = {
        "FBetaScore": {"average": "micro"},
        "IoU": {"num_classes": 2, "target_class_ids": [0]},
        "MeanIoU": {"num_classes": 2},
        "BinaryIoU": {},
        "OneHotIoU": {"num_classes": 3, "target_class_ids": [0]},
        "OneHotMeanIoU": {"num_classes": 3},
        "MeanRelativeError": {"normalizer": np.ones(3)},
        "PrecisionAtRecall": {"recall": 0.5},
        "RecallAtPrecision": {"precision": 0.5},
        "SensitivityAtSpecificity": {"specificity": 0.5},
        "SpecificityAtSensitivity": {"sensitivity": 0.5},
    }
    kinds = {
        name: partial(kind, **options.get(name, {}))
        for name, kind in vars(keras.metrics).items()
        if isinstance(kind, type)
    }
    kinds["AUC of labels"] = partial(keras.metrics.AUC, multi_label=True, num_labels=3)
    kinds["R2 of regressors"] = partial(keras.metrics.R2Score, num_regressors=1)
    kinds["Pearson of axis 0"] = partial(keras.metrics.PearsonCorrelation, axis=0)
    kinds["cosine of axis 0"] = partial(keras.metrics.CosineSimilarity, axis=0)
    weights = np.array([0, 1, 2, 1, 2, 2, 0, 1])
    numbers = np.random.RandomState(1)
    seen = {}
    for units in (1, 3):
        prediction = numbers.dirichlet(np.ones(3), 8)[:, :units].astype("float32")
        label = numbers.randint(0, units, (8, 1))
        several = (
            np.eye(3, dtype="float32")[label[:, 0]] if units == 3 else numbers.randint(0, 2, (8, 1))
        )
        for name, make in kinds.items():
            y = label if "Sparse" in name else several

            def far():
                metrics = [make(), make()]
                for rows in (slice(0, 5), slice(5, 8)):
                    pair = y[rows], prediction[rows]
                    metrics[0].update_state(*pair, sample_weight=weights[rows])
                    copies = [np.repeat(single, weights[rows], 0) for single in pair]
                    metrics[1].update_state(*copies)
                results = [np.array(metric.result()) for metric in metrics]
                return np.allclose(*results, atol=1e-4) or [r.round(3).tolist() for r in results]

            seen[name, units] = outcome(far)[:90]
    return {name: far for name, far in seen.items() if far != "True"}, len(seen)


@attack("trainer.steps-per-epoch")
def next_batches():
    """Of 10 batches, the last one short, n of 3, 5 and 12, shuffled or not: which, in 6 epochs?"""
    log = []

    class Loss(keras.losses.Loss):
        def call(self, y, p):
            log[-1].append(y.numpy()[:, 0].astype(int).tolist())
            return tf.reduce_mean(p, -1)

    started = keras.callbacks.LambdaCallback(on_epoch_begin=lambda *_: log.append([]))
    x = np.zeros((38, 1, 1))
    y = np.arange(38)[:, None]
    seen = {}
    for n, shuffle, start in itertools.product((3, 5, 12), (False, True), (True, False)):
        if shuffle and not start:
            continue
        model = keras.Sequential([*[keras.Input((1, 1))] * start, LSTM(1)])
        model.compile("sgd", Loss(), run_eagerly=True)
        log.clear()
        how = {} if shuffle else {"shuffle": False}
        model.fit(x, y, 4, 6, steps_per_epoch=n, verbose=0, callbacks=[started], **how)
        if shuffle:
            counts = np.bincount([row for epoch in log for batch in epoch for row in batch])
            seen[n, "shuffled"] = [len(epoch) for epoch in log], np.unique(counts).tolist()
        else:
            seen[n, start] = [[batch[0] // 4 for batch in epoch] for epoch in log]
    return seen


@attack("errors.moment-of-stacking")
def stacked():
    """With Input, input_shape, after build, a call, fit, none of it: refused by add, or when?"""

    def of(*layers, then=None):
        model = keras.Sequential(layers)
        if then:
            then(model)
        return model

    def fit(model):
        model.compile("sgd", "mse", **EAGER)
        model.fit(X, ones(3, 2), verbose=0)

    begins = {
        "Input": lambda: of(keras.Input((5, 3)), LSTM(2)),
        "open": lambda: of(keras.Input((None, 3)), LSTM(2)),
        "input_shape": lambda: of(LSTM(2, input_shape=(5, 3))),
        "build": lambda: of(LSTM(2), then=lambda model: model.build((3, 5, 3))),
        "call": lambda: of(LSTM(2), then=lambda model: model(X)),
        "symbol": lambda: of(LSTM(2), then=lambda model: model(keras.Input((5, 3)))),
        "fit": lambda: of(LSTM(2), then=fit),
        "none": lambda: of(LSTM(2)),
        "built layer": lambda: of(LSTM(2), then=lambda model: model.layers[0](X)),
        "model first": lambda: of(of(keras.Input((5, 3)), LSTM(2))),
        "deferred model first": lambda: of(of(LSTM(2))),
    }
    tops = {"LSTM": lambda: LSTM(2), "both": lambda: L.Bidirectional(LSTM(2))}
    seen = {}
    for (name, begin), (top, make) in itertools.product(begins.items(), tops.items()):
        model = begin()
        built = model.built
        added = error(lambda: model.add(make()))
        later = None if added else [error(lambda: model.build((3, 5, 3))), error(lambda: model(X))]
        seen[name, top] = built, added, later
    seen["constructor"] = [
        error(lambda: of(*start, LSTM(2), LSTM(2))) for start in ([], [keras.Input((5, 3))])
    ]
    return seen


@attack("wrappers.cell-start")
def starts():
    """By numbers, a tensor, nothing, types, stacks of 1 to 3, stacks within: form, sum, types?"""
    cell = L.LSTMCell
    cells = {
        "cell": cell(4),
        "float16": cell(4, dtype="float16"),
        "mixed": cell(4, dtype="mixed_bfloat16"),
        "stack of 1": L.StackedRNNCells([cell(4)]),
        "stack": L.StackedRNNCells([cell(4), cell(2)]),
        "stack within": L.StackedRNNCells([L.StackedRNNCells([cell(4), cell(2)]), cell(1)]),
    }
    seen = {}
    for (name, single), given in itertools.product(
        cells.items(), ((), (3,), (0,), (np.int64(3),), (tf.constant(3),))
    ):

        def got():
            states = single.get_initial_state(*given)
            flat = keras.tree.flatten(states)
            types = sorted({state.dtype.name for state in flat})
            return form(states), sum(float(np.sum(state)) for state in flat), types

        seen[name, str(given)[:12]] = outcome(got)
    return seen


@attack("saving.legacy-layers")
def around():
    """Part frozen, nested, distributed, shared, with states, stateful: gap of what is read?"""

    def frozen(layer, name):
        getattr(layer, name).trainable = False
        return layer

    def nested(*layers):
        x = keras.Input((5, 3))
        y = x
        for layer in layers:
            y = layer(y)
        return keras.Model(x, y)

    both = L.Bidirectional
    other = {"go_backwards": True, "activation": "relu"}
    makes = {
        "both": lambda: both(LSTM(2)),
        "of lists": lambda: both(LSTM(2, **ROWS), merge_mode=None),
        "backward_layer": lambda: both(LSTM(2), backward_layer=LSTM(3, **other)),
        "states": lambda: both(LSTM(2, **STATES)),
        "frozen": lambda: both(LSTM(2, trainable=False)),
        "forward frozen": lambda: frozen(both(LSTM(2)), "forward_layer"),
        "backward frozen": lambda: frozen(both(LSTM(2)), "backward_layer"),
        "dropout": lambda: both(LSTM(2, dropout=0.3, recurrent_dropout=0.2)),
        "stateful": lambda: both(LSTM(2, stateful=True)),
        "Sequential": lambda: keras.Sequential([LSTM(2, **ROWS), LSTM(3)]),
        "Model": lambda: nested(LSTM(2, **ROWS), LSTM(3)),
        "part of a Model": lambda: nested(LSTM(3, trainable=False, **ROWS), L.Dense(3)),
        "part of a Sequential": lambda: keras.Sequential([LSTM(3, trainable=False), L.Dense(3)]),
        "Model within": lambda: nested(nested(LSTM(2, **ROWS)), both(LSTM(2))),
        "distributed": lambda: L.TimeDistributed(both(LSTM(2))),
        "distributed Model": lambda: L.TimeDistributed(nested(LSTM(2))),
        "float16": lambda: both(LSTM(2, dtype="float16")),
        "function": lambda: both(LSTM(2, activation=keras.ops.sin)),
    }
    seen = {}
    for name, make in makes.items():

        def far():
            shape = (2, 5, 3) if "distributed" in name else (5, 3)
            x = keras.Input(batch_shape=(3, *shape))
            model = keras.Model(x, make()(x))
            model.set_weights([w + draw(*w.shape) for w in model.get_weights()])
            with tempfile.TemporaryDirectory() as folder:
                model.save(f"{folder}/a.h5")
                loaded = keras.models.load_model(f"{folder}/a.h5")
            pair = [keras.tree.flatten(single(draw(3, *shape))) for single in (model, loaded)]
            return max(gap(*both) for both in zip(*pair, strict=True))

        seen[name] = outcome(far)[:100]
    return seen


@attack("state.learned")
def flowing():
    """By ways, masks, of 5 to 1,000 timesteps, by final outputs and rows: the largest gradient?"""
    seen = {}
    ways = {
        "plain": {},
        "unrolled": {"unroll": True},
        "backwards": {"go_backwards": True},
        "stateful": {"stateful": True},
        "relu": {"activation": "relu"},
        "float16": {"dtype": "float16"},
        "frozen": {"trainable": False},
        "rows": ROWS,
    }
    for (name, how), steps in itertools.product(ways.items(), (5, 100, 300, 1000)):
        if steps > 5 and name not in ("plain", "rows"):
            continue
        for mask in (None, VALID) if steps == 5 else (None,):
            keras.utils.set_random_seed(0)
            layer = LSTM(4, **how)
            maker = L.Dense(4)
            given = {} if mask is None else {"mask": tf.constant(mask)}
            with tf.GradientTape() as tape:
                states = [maker(draw(3, 2)), maker(draw(2, 3).T)]
                y = layer(draw(3, steps, 3), initial_state=states, **given)
                loss = tf.reduce_mean((tf.cast(y, "float32") - 1) ** 2)
            (gradient, *_) = tape.gradient(loss, maker.trainable_weights)
            seen[name, steps, mask is None] = float(f"{np.abs(gradient).max():.1g}")
    for steps in (5, 1000):
        inputs = keras.Input((steps, 3)), keras.Input((2,))
        maker = L.Dense(4)
        h = maker(inputs[1])
        model = keras.Model(inputs, LSTM(4)(inputs[0], initial_state=[h, h]))
        model.compile("adam", "mse", jit_compile=False)
        old = maker.get_weights()[0]
        model.fit([draw(3, steps, 3), draw(3, 2)], ones(3, 4), epochs=3, verbose=0)
        seen["moved by fit", steps] = float(f"{gap(old, maker.get_weights()[0]):.1g}")
    return seen


@attack("training.zero-rows")
def zero_rows():
    """Rows of zeros by inputs, masks, linear and relu; SGD, Adam; eager, XLA: finite weights?"""
    tops = {
        "unit": lambda y: L.UnitNormalization()(y),
        "unit of axis 1": lambda y: L.UnitNormalization(axis=1)(y),
        "Dot": lambda y: L.Dot(-1, normalize=True)([y, y]),
        "Dot of another": lambda y: L.Dot(-1, normalize=True)([y, L.Dense(4)(y)]),
        "cosine": lambda y: y,
    }
    ways = {
        "zeros": {},
        "masked": {**ROWS, "zero_output_for_mask": True},
        "linear": {"activation": "linear"},
        "relu": {"activation": "relu"},
    }
    optimizers = {
        "SGD": lambda: keras.optimizers.SGD(0.1),
        "momentum": lambda: keras.optimizers.SGD(0.1, momentum=0.9),
        "Adam": lambda: keras.optimizers.Adam(0.01),
        "clipped": lambda: keras.optimizers.Adam(global_clipnorm=1.0),
    }
    x = draw(4, 3, 3)
    x[:2] = 0
    seen = {}
    for (name, top), (way, how), (step, make) in itertools.product(
        tops.items(), ways.items(), optimizers.items()
    ):
        if way == "masked" and "Dot" in name:
            continue
        if way not in ("zeros", "linear") and step != "SGD":
            continue
        keras.utils.set_random_seed(0)
        start = keras.Input((3, 3))
        inside = L.Masking()(start) if way == "masked" else start
        y = top(LSTM(4, **how)(inside))
        model = keras.Model(start, y)
        loss = "cosine_similarity" if name == "cosine" else "mse"
        model.compile(make(), loss, **EAGER)
        for _ in range(6):
            for rows in (x[:2], x):
                model.train_on_batch(rows, ones(len(rows), *y.shape[1:]))
        weights = model.get_weights()
        finite = all(np.isfinite(w).all() for w in weights)
        seen[name, way, step] = finite, float(f"{max(np.abs(w).max() for w in weights):.1g}")
    return seen


@attack("saving.litert-unrolled")
def in_litert():
    """With options, masks, both directions, states, 1 and 3 samples: equal, or which error?"""
    stack = keras.Sequential
    ways = {
        "plain": {},
        "rows": ROWS,
        "states": STATES,
        "backwards": {"go_backwards": True},
        "dropout": {"dropout": 0.2, "recurrent_dropout": 0.2},
        "relu": {"activation": "relu", "recurrent_activation": "hard_sigmoid"},
        "gelu": {"activation": "gelu"},
        "stateful": {"stateful": True},
        "both": {},
        "masked": {},
    }
    seen = {}
    for name, how in ways.items():

        def run():
            layer = LSTM(4, unroll=True, **how)
            layer = L.Bidirectional(layer) if name == "both" else layer
            layer = stack([L.Masking(), layer]) if name == "masked" else layer
            start = keras.Input(batch_shape=(3 if name == "stateful" else None, 5, 3))
            model = keras.Model(start, layer(start))
            with tempfile.TemporaryDirectory() as folder:
                model.export(f"{folder}/a.tflite", format="litert", verbose=False)
                reader = tf.lite.Interpreter(f"{folder}/a.tflite")
            index = reader.get_input_details()[0]["index"]
            same = []
            for rows in (3,) if name == "stateful" else (1, 3):
                x = np.where(VALID[:rows, :, None], X[:rows], 0).astype("float32")
                reader.resize_tensor_input(index, x.shape)
                reader.allocate_tensors()
                reader.set_tensor(index, x)
                reader.invoke()
                want = keras.tree.flatten(model(x))[0]
                got = [reader.get_tensor(single["index"]) for single in reader.get_output_details()]
                same.append(any(np.allclose(y, want, atol=1e-5) for y in got))
            return same

        seen[name] = outcome(run)[:100]
    return seen


@attack("weights.no-bias-is-zero-bias")
def zero_bias():
    """By ways, types, functions, dropout, masks, XLA, gradients: the largest gap?"""
    ways = (
        {},
        {"unroll": True},
        {"implementation": 1},
        {"go_backwards": True, "stateful": True},
        {"dtype": "float16"},
        {"dtype": "mixed_bfloat16"},
        {"dtype": "float64"},
        {"activation": "relu", "recurrent_activation": "hard_sigmoid"},
        {"dropout": 0.3, "recurrent_dropout": 0.3, "seed": 1},
    )
    seen = {}
    for how, units, mask in itertools.product(ways, (1, 4, 300), (None, tf.constant(VALID))):
        pair = [
            LSTM(units, use_bias=bias, return_sequences=True, **STATES, **how)
            for bias in (False, True)
        ]
        for layer in pair:
            layer.build(X.shape)
        pair[1].set_weights([*pair[0].get_weights(), np.zeros(4 * units)])
        calls = {"call": lambda layer: layer(X, mask=mask, training=True)}
        if units == 4 and how in ways[:2]:
            calls["XLA"] = lambda layer: tf.function(layer, jit_compile=True)(X, mask=mask)
        for way, call in calls.items():
            results = []
            for layer in pair:
                if way == "XLA":
                    results.append(call(layer))
                    continue
                with tf.GradientTape() as tape:
                    y = call(layer)
                    loss = tf.reduce_sum(y[0])
                results.append([*y, *tape.gradient(loss, layer.trainable_weights[:2])])
            far = max(gap(*both) for both in zip(*results, strict=True))
            seen[str(how), units, mask is None, way] = far
    return {name: far for name, far in seen.items() if far}, len(seen)


@attack("sequences.flags-choose")
def flagged():
    """By ways, masks (a row of padding), given states, dropout, XLA: gaps by the flags?"""
    ways = (
        {},
        {"unroll": True},
        {"go_backwards": True},
        {"dtype": "float16"},
        {"stateful": True},
        {"dropout": 0.3, "recurrent_dropout": 0.3, "seed": 1},
        {"implementation": 1, "activation": "relu"},
    )
    masks = {"none": None, "mixed": VALID, "row of padding": VALID & (np.arange(3) > 0)[:, None]}
    seen = {}
    for how, (name, mask), given in itertools.product(ways, masks.items(), (False, True)):
        more = {"initial_state": [draw(3, 4), 2 * draw(4, 3).T]} if given else {}
        more |= {} if mask is None else {"mask": tf.constant(mask)}
        for way in ("call", "graph", "XLA"):
            if way != "call" and how not in ways[:2]:
                continue
            results = []
            for rows, states in itertools.product((True, False), (True, False)):
                layer = LSTM(4, return_sequences=rows, return_state=states, **how)
                layer.build(X.shape)
                layer.set_weights([draw(*w.shape) for w in layer.get_weights()])
                call = partial(layer, training=True, **more)
                if way != "call":
                    call = tf.function(call, jit_compile=way == "XLA")
                y = call(X)
                y = [*y] if states else [y]
                kept = layer.states if layer.stateful else y[1:]
                results.append(([y[0][:, -1] if rows else y[0]], kept))
            far = [gap(results[0][0], y) for y, _ in results]
            far += [gap(results[0][1], kept) for _, kept in results if kept]
            seen[str(how), name, given, way] = max(far)
    return {name: far for name, far in seen.items() if far}, len(seen)


@attack("masking.own-length")
def own_lengths():
    """Padded in front and behind, to 5 and 1,000 timesteps, by ways: gap to each one alone?"""
    ways = {
        "plain": {},
        "unrolled": {"unroll": True},
        "backwards": {"go_backwards": True},
        "rows": ROWS,
        "relu": {"activation": "relu"},
        "linear": {"activation": None},
        "float16": {"dtype": "float16"},
        "both": {},
        "stack": {},
    }
    seen = {}
    for (name, how), steps, front in itertools.product(ways.items(), (5, 1000), (True, False)):
        if steps == 1000 and name not in ("plain", "relu", "linear", "float16"):
            continue
        layer = LSTM(8, **how)
        layer = L.Bidirectional(layer) if name == "both" else layer
        layer = keras.Sequential([LSTM(8, **ROWS), layer]) if name == "stack" else layer
        sizes = (1, 3, steps - 1, steps)
        rows = [draw(1, steps, 3)[:, :size] + size / steps for size in sizes]
        pads = [(steps - size, 0) if front else (0, steps - size) for size in sizes]
        batch = [np.pad(row[0], (pad, (0, 0))) for row, pad in zip(rows, pads, strict=True)]
        y = np.array(layer(L.Masking()(np.stack(batch))))
        far = []
        for row, mine in zip(rows, y, strict=True):
            alone = np.array(layer(row))[0]
            far.append(gap(*((mine[-1], alone[-1]) if name == "rows" else (mine, alone))))
        seen[name, steps, "front" if front else "behind"] = [
            float(f"{single:.0e}") for single in far
        ]
    return seen


@attack("time.any-length")
def lengths():
    """Built by 5 timesteps, by ways, masks, in graphs, XLA, models: errors at 1 to 1,000?"""
    ways = {
        "plain": {},
        "unrolled": {"unroll": True},
        "stateful": {"stateful": True},
        "backwards": {"go_backwards": True},
        "dropout": {"dropout": 0.2, "recurrent_dropout": 0.2},
        "unrolled dropout": {"unroll": True, "recurrent_dropout": 0.2, "implementation": 1},
    }
    seen = {}
    total = 0
    for (name, how), wrapped in itertools.product(ways.items(), (False, True)):
        if wrapped and name == "backwards":
            continue
        layer = L.Bidirectional(LSTM(2, **how)) if wrapped else LSTM(2, **how)
        layer(X)
        graph = tf.function(layer, reduce_retracing=True)
        for steps, masked in itertools.product((1, 2, 9, 1000), (False, True)):
            x = tf.constant(draw(3, steps, 3))
            mask = tf.constant(np.broadcast_to(np.arange(steps) % 3 < 2, (3, steps)))
            given = {"mask": mask} if masked else {}
            calls = {"call": lambda: layer(x, training=True, **given)}
            if "unrolled" not in name:
                calls["graph"] = lambda: graph(x, **given)
            elif steps == 1000:
                continue
            if name == "plain" and steps < 1000:
                calls["XLA"] = lambda: tf.function(layer, jit_compile=True)(x, **given)
            for way, call in calls.items():
                total += 1
                seen[name, wrapped, steps, masked, way] = error(call)
    seen = {name: raised for name, raised in seen.items() if raised}
    for shape, steps in itertools.product(((5, 3), (None, 3)), (1, 9)):
        model = keras.Sequential([keras.Input(shape), LSTM(2)])
        x = draw(3, steps, 3)
        calls = (
            (lambda: model.layers[0](x)),
            (lambda: model(x)),
            (lambda: model.predict(x, verbose=0)),
        )
        seen[shape, steps] = [error(call) for call in calls]
    return seen, total


@attack("training.every-weight")
def without_gradient():
    """By functions, types, wrappers, lengths, batches, zeros in x: shares of gradients of 0?"""
    ways = {
        "plain": {},
        "unrolled": {"unroll": True},
        "relu": {"activation": "relu"},
        "hard": {"recurrent_activation": "hard_sigmoid"},
        "float16": {"dtype": "float16"},
        "mixed": {"dtype": "mixed_float16"},
        "dropout": {"dropout": 0.3},
        "recurrent": {"recurrent_dropout": 0.3},
        "one-hot": {},
    }
    seen = {}
    total = 0
    for (name, how), units, steps, batch in itertools.product(
        ways.items(), (1, 8, 300), (2, 10, 1000), (1, 32)
    ):
        if steps == 1000 and (units != 8 or name not in ("plain", "relu", "float16")):
            continue
        x = draw(batch, steps, 3)
        if name == "one-hot":
            x = np.eye(50, dtype="float32")[np.abs(x[..., 0] * 20).astype(int) % 50]
        layer = LSTM(units, **how)
        with tf.GradientTape() as tape:
            y = tf.cast(layer(x, training=True), "float32")
            loss = tf.reduce_mean((y - 0.3) ** 2)
        gradients = tape.gradient(loss, layer.trainable_weights)
        total += 1
        shares = [round(float(np.mean(np.array(single) == 0)), 3) for single in gradients]
        if any(shares):
            seen[name, units, steps, batch] = shares
    return seen, total


@attack("wrappers.cell-split")
def split_rows():
    """Arrays, variables, symbols, types, 2 to 9 rows, dropout, XLA: equal to a list of two?"""
    turns = {
        "array": np.array,
        "tensor": tf.constant,
        "variable": keras.Variable,
        "tf.Variable": tf.Variable,
        "float64": partial(tf.cast, dtype="float64"),
    }
    ways = {}, {"dtype": "float16"}, {"implementation": 1}, {"recurrent_dropout": 0.3, "seed": 1}
    seen = {}
    x = X[:, 0]
    for how, shape, (name, turn) in itertools.product(
        ways, ((2, 3, 4), (9, 3, 4), (2, 4), (2, 1, 4)), turns.items()
    ):

        def same():
            results = []
            given = draw(*shape)
            weights = None
            for states in ([*given[:2]], turn(given)):
                cell = L.LSTMCell(4, **how)
                cell.build(x.shape)
                weights = weights or cell.get_weights()
                cell.set_weights(weights)
                y, pair = cell(x, states, training=True)
                results.append(np.stack([y, *pair]))
            return gap(*results) < (1e-2 if "dtype" in how else 1e-6)

        seen[str(how), shape, name] = outcome(same)[:90]
    cell = L.LSTMCell(4)
    given = draw(9, 3, 4)
    want = cell(x, [*given[:2]])[0]
    for jit in (False, True):
        graph = tf.function(lambda states: cell(x, states)[0], jit_compile=jit)
        seen["graph", jit] = str(gap(graph(tf.constant(given)), want) < 1e-6)
    inputs = keras.Input((3,)), keras.Input(batch_shape=(9, 3, 4))
    model = keras.Model(inputs, cell(inputs[0], inputs[1])[0])
    seen["symbols"] = outcome(lambda: gap(model([x, given]), want) < 1e-6)
    return {name: same for name, same in seen.items() if same != "True"}, len(seen)


@attack("time.both-states")
def without_c():
    """h alone, twice, with zeros, of pieces of 1 to 500 timesteps: largest gap, and the last?"""
    ways = {}, {"unroll": True}, {"activation": "relu"}, {"dtype": "float16"}
    seen = {}
    for how, units, steps in itertools.product(ways, (1, 100), (2, 10, 1000)):
        if steps == 1000 and how:
            continue
        x = draw(2, steps, 3)
        layer = LSTM(units, **ROWS, **STATES, **how)
        cut = steps // 2
        whole = layer(x)[0][:, cut:]
        _, h, c = layer(x[:, :cut])
        states = {
            "h": h,
            "[h]": [h],
            "h, None": [h, None],
            "h, h": [h, h],
            "h, 0": [h, 0 * h],
            "h, c": [h, c],
        }
        for name, state in states.items():

            def far():
                y = layer(x[:, cut:], initial_state=state)[0]
                return [
                    float(f"{single:.1g}")
                    for single in (gap(y, whole), gap(y[:, -1], whole[:, -1]))
                ]

            seen[str(how), units, steps, name] = outcome(far)[:60]
    return seen


@attack("weights.plain-bias")
def biases():
    """Of initializers, functions, types, cells, wrappers, copies: gap to what it makes?"""
    kinds = keras.initializers
    makes = {
        "Constant": lambda: kinds.Constant(2.5),
        "RandomNormal": lambda: kinds.RandomNormal(seed=3),
        "GlorotUniform": lambda: kinds.GlorotUniform(seed=3),
        "LecunNormal": lambda: kinds.LecunNormal(seed=1),
        "function": lambda: lambda shape, dtype: keras.ops.arange(shape[0], dtype=dtype),
    }
    layers = {
        "LSTM": LSTM,
        "cell": L.LSTMCell,
        "both": lambda *given, **how: L.Bidirectional(LSTM(*given, **how)),
    }
    seen = {}
    for (name, make), (way, layer_class), dtype, units in itertools.product(
        makes.items(), layers.items(), ("float32", "float16", "float64", "mixed_bfloat16"), (1, 300)
    ):

        def far():
            how = {"unit_forget_bias": False, "bias_initializer": make(), "dtype": dtype}
            layer = layer_class(units, **how)
            layer.build((2, 3) if way == "cell" else X.shape)
            bias = next(w for w in layer.weights if w.name == "bias")
            return gap(bias, make()((4 * units,), dtype=bias.dtype))

        seen[name, way, dtype, units] = outcome(far)
    for name in ("orthogonal", "identity", "glorot_normal", "array"):
        given = np.arange(8.0) if name == "array" else name

        def bias_of():
            layer = LSTM(2, unit_forget_bias=False, bias_initializer=given)
            layer.build(X.shape)
            return layer.cell.bias.numpy().round(1).tolist()

        seen[name] = outcome(bias_of)[:90]
    return {name: far for name, far in seen.items() if far != "0.0"}, len(seen)


@attack("wrappers.repeat-vector")
def repeated():
    """Of types, NaN, an encoder, a masked row, n of 1 to 1,000, in fit: other than n outputs?"""
    vectors = {
        "plain": draw(3, 4),
        "one number": draw(1, 1),
        "float16": draw(3, 4).astype("float16"),
        "int32": np.arange(6).reshape(2, 3),
        "bool": np.ones((2, 3), bool),
        "NaN": np.full((2, 3), np.nan, "float32"),
        "encoded": LSTM(4)(L.Masking()(PADDED)),
        "masked": L.Masking()(tf.constant(draw(3, 4))),
    }
    ways = {"LSTM": lambda: LSTM(2, **ROWS), "both": lambda: L.Bidirectional(LSTM(2, **ROWS))}
    seen = {}
    total = 0
    for (name, vector), (way, make), n in itertools.product(
        vectors.items(), ways.items(), (1, 7, 1000)
    ):
        if n == 1000 and name != "plain":
            continue
        shape = outcome(lambda: make()(L.RepeatVector(n)(vector)).shape[:2])
        total += 1
        if shape != str((len(vector), n)):
            seen[name, way, n] = shape
    model = keras.Sequential([keras.Input((4,)), L.RepeatVector(7), LSTM(2, **ROWS)])
    model.compile("sgd", "mse")
    model.fit(draw(3, 4), ones(3, 7, 2), verbose=0)
    seen["predict"] = model.predict(draw(3, 4), verbose=0).shape
    return seen, total


@attack("modes.windows-and-targets")
def windows():
    """Of arrays, lists, tensors, 10 and 400 rows, n of 1 to 100, other y: pairs that differ?"""
    make = keras.utils.timeseries_dataset_from_array
    kinds = {
        "array": np.array,
        "list": lambda x: x.tolist(),
        "tensor": tf.constant,
        "float16": lambda x: x.astype("float16"),
    }
    seen = {}
    total = 0
    for (name, kind), rows, n, more in itertools.product(
        kinds.items(), (10, 400), (1, 4, 100), (-5, 0, 5)
    ):
        x = draw(rows, 3)
        y = np.arange(rows + more)

        def same():
            batches = [(a.numpy(), b.numpy()) for a, b in make(kind(x), y, n)]
            given = np.array(tf.constant(kind(x)))
            firsts = np.concatenate([b for _, b in batches]).tolist()
            pairs = zip(np.concatenate([a for a, _ in batches]), firsts, strict=True)
            equal = all(np.array_equal(a, given[i : i + n]) for a, i in pairs)
            return equal and firsts == list(range(min(rows - n + 1, rows + more)))

        total += 1
        seen[name, rows, n, more] = outcome(same)[:60]
    return {name: same for name, same in seen.items() if same != "True"}, total
