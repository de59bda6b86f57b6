"""Attacks on 40 claims drawn after every claim had a program; some have programs already."""

from __future__ import annotations

import itertools
import tempfile
from functools import partial
from pathlib import Path
from unittest import mock

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.draw_1 import LSTM, MASK, L, X, close, draw, twins
from tools.studies.attacks.draw_5 import refused
from tools.studies.attacks.draw_6 import saved, trained

STATE = [draw(3, 4), draw(4, 3).T]


@attack("dropout.bare-cell")
def masks_of_cells():
    """Called twice eagerly, at inference between, and by one graph run twice: one mask?"""
    x = tf.ones((3, 64))
    states = [tf.zeros((3, 4))] * 2
    cell = L.LSTMCell(4, dropout=0.5)
    first = cell(x, states, training=True)[0]
    cell(x, states)
    eager = close(cell(x, states, training=True)[0], first)
    other = L.LSTMCell(4, dropout=0.5)
    other.build((3, 64))
    graph = tf.function(lambda: other(x, states, training=True)[0])
    return eager, close(graph(), graph())


@attack("dropout.implementation-one")
def calls_in_training():
    """Looped, unrolled, and with a mask: does the call work?"""
    layers = [LSTM(4, implementation=1, dropout=0.5, unroll=u) for u in (False, True)]
    return [refused(lambda f=layer: f(X, training=True, mask=MASK)) for layer in layers]


@attack("dropout.rnn-of-cells")
def dropped_by_cells():
    """Of h and x, masked, unrolled, backwards, one cell, three, implementation 1: the same?"""
    bad = []
    options = [{"dropout": 0.5}, {"recurrent_dropout": 0.5}, {"dropout": 1.0}]
    options.append({"dropout": 0.5, "implementation": 1})
    for option, flags, units in itertools.product(
        options, ({}, {"unroll": True}, {"go_backwards": True}), ((4,), (4, 3))
    ):
        cells = [L.LSTMCell(n, seed=k, **option) for k, n in enumerate(units)]
        rnn = L.RNN(cells if len(cells) > 1 else cells[0], **flags)
        rows = {"return_sequences": True, "use_cudnn": False, **option}
        layers = [LSTM(n, seed=k, **rows, **flags) for k, n in enumerate(units)]
        rnn.build(X.shape)
        y = X
        weights = rnn.get_weights()
        for k, layer in enumerate(layers):
            layer.build(y.shape)
            layer.set_weights(weights[3 * k : 3 * k + 3])
            if k and "go_backwards" in flags:
                layer.go_backwards = False
            y = layer(y, training=True)
        if not close(rnn(X, training=True), y[:, -1]):
            bad.append((option, flags, units))
    return bad


@attack("errors.numpy-units")
def numpy_integers():
    """Of five types, with rows, Sequential, RNN, Bidirectional: computes, and refuses a symbol?"""
    seen = {}
    x = keras.Input((5, 3))
    for kind in (np.int64, np.int32, np.uint8, np.int8):
        layers = [LSTM(kind(2)), LSTM(kind(2), return_sequences=True), L.RNN(L.LSTMCell(kind(2)))]
        layers += [LSTM(kind(2), unroll=True), LSTM(kind(2), return_state=True)]
        seen[kind.__name__] = [(refused(partial(f, X)), refused(partial(f, x))) for f in layers]
    seen["both"] = refused(lambda: L.Bidirectional(LSTM(np.int64(2)))(x))
    return seen


@attack("errors.unknown-call-argument")
def unknown_arguments():
    """Six names, None as value, on a symbol, built, in a graph: refused?"""
    names = ("states", "initial_states", "inputs", "return_sequences", "constants", "masks")
    built = twins()[0]
    calls = [LSTM(2), built, lambda x, **o: LSTM(2)(keras.Input((5, 3)), **o), tf.function(built)]
    return [
        (name, value)
        for name, value in itertools.product(names, (None, 1))
        if not all(refused(lambda c=call, n=name, v=value: c(X, **{n: v})) for call in calls)
    ]


@attack("gates.closed-output-gate")
def silent_by_activation():
    """By each activation with a cell state of 1000: is every output zero?"""
    bad = []
    names = ("tanh", "relu", "linear", "exponential", "softplus", "elu", "gelu", "softmax", "selu")
    for name in names:
        layer = LSTM(4, activation=name, return_sequences=True)
        layer.build(X.shape)
        kernel, recurrent, bias = layer.get_weights()
        bias[12:] = -200
        layer.set_weights([0 * kernel, 0 * recurrent, bias])
        state = [np.full((3, 4), value, "float32") for value in (0, 1000)]
        if np.any(np.array(layer(X, initial_state=state)) != 0):
            bad.append(name)
    return bad


@attack("gates.kernel-mixes-features")
def matrices():
    """Huge entries of two signs, nearly singular, in float16, with relu: the same?"""
    seen = {}
    kinds = {"large": 1e8, "huge": 1e30, "largest": 3e38, "tiny": 1e-30}
    for name, size in kinds.items():
        m = (draw(3, 3) * size).clip(-3e38, 3e38).astype("float32")
        for activation in ("tanh", "relu"):
            inner = LSTM(4, activation=activation)
            outer = LSTM(4, activation=activation)
            for layer in (inner, outer):
                layer.build(X.shape)
            kernel, *others = inner.get_weights()
            outer.set_weights([m @ kernel, *others])
            seen[name, activation] = close(inner(X @ m), outer(X))
    return [key for key, same in seen.items() if not same]


@attack("masking.last-axis")
def masks_with_an_axis():
    """Unrolled, backwards, in RNN, Bidirectional, a stack, with zeros, in the loss: the same?"""
    seen = {}
    column = MASK[:, :, None]
    options = [{}, {"unroll": True}, {"go_backwards": True}, {"zero_output_for_mask": True}]
    for option in options:
        layer = LSTM(4, return_sequences=True, **option)
        seen[str(option)] = close(layer(X, mask=column), layer(X, mask=MASK))
    both = L.Bidirectional(LSTM(4, return_sequences=True))
    seen["both"] = close(both(X, mask=column), both(X, mask=MASK))
    stack = L.RNN([L.LSTMCell(4), L.LSTMCell(2)])
    seen["stack"] = close(stack(X, mask=column), stack(X, mask=MASK))
    upper = LSTM(2)
    lower = LSTM(3, return_sequences=True)
    seen["above"] = close(upper(lower(X, mask=column)), upper(lower(X, mask=MASK)))
    losses = []
    x = keras.Input((5, 3))
    for mask in (keras.Input((5,), dtype="bool"), keras.Input((5, 1), dtype="bool")):
        model = keras.Model([x, mask], lower(x, mask=mask))
        model.compile("sgd", "mse")
        given = [X, column if len(mask.shape) == 3 else MASK]
        losses.append(outcome(lambda m=model, g=given: m.evaluate(g, draw(3, 5, 3), verbose=0)))
    return seen, losses


@attack("masking.one-axis-refused")
def flat_masks():
    """As long as the batch, one timestep, one sample, unrolled, stateful, in RNN: which error?"""
    seen = {}
    layers = {"loop": {}, "unrolled": {"unroll": True}, "rows": {"return_sequences": True}}
    for name, option in layers.items():
        for shape in ((3, 5, 3), (3, 3, 3), (1, 1, 3), (1, 5, 3), (5, 1, 3)):
            mask = np.ones(shape[1], bool)
            call = partial(LSTM(2, **option), draw(*shape), mask=mask)
            seen[name, shape[:2]] = outcome(lambda c=call: c().shape)[:10]
    return {key: words for key, words in seen.items() if words != "IndexError"}


@attack("masking.unrolled-backwards")
@attack("masking.unrolled-with-state")
def unrolled_under_masks():
    """Numbers as a mask, NaN below it, all masked, float16, compiled, both states: the same?"""
    bad = []
    masks = {"plain": MASK, "numbers": 3 * MASK.astype("float32"), "none": np.zeros((3, 5), bool)}
    for (name, mask), backwards, dtype in itertools.product(
        masks.items(), (False, True), ("float16", "float32")
    ):
        options = {"go_backwards": backwards, "dtype": dtype, "return_sequences": True}
        loop, unrolled = twins(return_state=True, **options, other={"unroll": True})
        x = np.where(mask[:, :, None] != 0, X, np.float32(np.nan))
        state = [s.astype(dtype) for s in STATE]
        for call in (lambda f: f, lambda f: tf.function(f)):
            for given in ({}, {"initial_state": state}):
                y, z = (call(f)(x, mask=mask, **given) for f in (loop, unrolled))
                if not close(y, z, atol=1e-2):
                    bad.append((name, backwards, dtype, list(given)))
    return bad


@attack("masking.zero-output-backwards")
def zeros_backwards():
    """Looped and unrolled: zeros at masked timesteps, and nowhere else?"""
    seen = []
    for unroll in (False, True):
        options = {"zero_output_for_mask": True, "go_backwards": True, "unroll": unroll}
        y = np.array(LSTM(4, return_sequences=True, **options)(X, mask=MASK))
        seen.append(bool(np.array_equal(np.any(y != 0, axis=2), MASK[:, ::-1])))
    return seen


@attack("masking.zeros-are-read")
def zeros_behind():
    """After one timestep, in float16, without bias, after 1 and 100 zeros: another output?"""
    seen = []
    for zeros, option in itertools.product(
        (1, 100), ({}, {"use_bias": False}, {"dtype": "float16"})
    ):
        layer = LSTM(4, **option)
        x = np.append(X[:, :1], np.zeros((3, zeros, 3), "float32"), axis=1)
        seen.append(not close(layer(X[:, :1]), layer(x), atol=1e-3))
    return seen


@attack("models.merge-of-one-mask")
def merged_masks():
    """Three tensors, along time and the batch, one timestep, in a model: is the mask kept?"""
    blank = np.where(MASK[:, :, None], X, np.float32(0))
    masked = L.Masking()(blank)
    rows = L.Dense(3)(masked)
    seen = {}
    merges = (L.Add, L.Subtract, L.Multiply, L.Average, L.Maximum, L.Minimum, L.Concatenate)
    for merge in merges:
        parts = [masked, rows] if merge is L.Subtract else [masked, rows, rows]
        mask = getattr(merge()(parts), "_keras_mask", None)
        seen[merge.__name__] = mask is not None and bool(np.array_equal(mask, MASK))
    for axis in (0, 1, 2):
        mask = getattr(L.Concatenate(axis=axis)([masked, rows]), "_keras_mask", None)
        seen["axis", axis] = None if mask is None else tuple(mask.shape)
    return seen


@attack("modes.bidirectional")
def compiled_halves():
    """Masked, with zeros, by XLA, stateful, in float16, with a seed: the layers' own outputs?"""
    seen = {}
    options = [{}, {"unroll": True}, {"dtype": "float16"}, {"stateful": True}]
    options.append({"dropout": 0.5, "seed": 1})
    for option, masked in itertools.product(options, (False, True)):
        both = L.Bidirectional(LSTM(4, return_sequences=True, **option), merge_mode=None)
        call = {"mask": MASK} if masked else {}
        both.build(X.shape)
        y = tf.function(both)(X, training=True, **call)
        halves = []
        for layer in (both.forward_layer, both.backward_layer):
            copy = LSTM.from_config(layer.get_config())
            copy.build(X.shape)
            copy.set_weights(layer.get_weights())
            copy.zero_output_for_mask = layer.zero_output_for_mask
            halves.append(np.array(copy(X, training=True, **call)))
        wanted = [halves[0], halves[1][:, ::-1]]
        seen[(*option.items(), masked)] = close(y, wanted, atol=1e-2)
    return [key for key, same in seen.items() if not same]


@attack("modes.cell-without-cudnn")
def asked_for_cudnn():
    """Of a stand-in: is cuDNN's entry of the backend asked by RNN, and by LSTM?"""
    seen = []
    for layer in (L.RNN(L.LSTMCell(4)), LSTM(4)):
        with mock.patch("keras.src.backend.lstm", side_effect=NotImplementedError) as asked:
            layer(X)
        seen.append(asked.call_count)
    return seen


@attack("modes.compiled")
def accepted_in_graphs():
    """Masks that are longer, shorter, in a list, whole numbers, no samples: as an eager call?"""
    seen = {}
    layer = LSTM(4, return_state=True)
    long = np.append(MASK, MASK, axis=1)
    given = {
        "long": {"mask": long},
        "short": {"mask": MASK[:, :2]},
        "row": {"mask": MASK[:1]},
        "state": {"initial_state": STATE},
        "narrow": {"initial_state": [STATE[0], STATE[1][:, :1]]},
        "training": {"training": True},
    }
    for name, call in given.items():
        eager = refused(lambda c=call: layer(X, **c))
        for jit in (False, True):
            graph = tf.function(layer, jit_compile=jit)
            if refused(lambda g=graph, c=call: g(X, **c)):
                continue
            same = not eager and close(graph(X, **call), layer(X, **call))
            seen[name, jit] = same
    return [key for key, same in seen.items() if not same]


@attack("modes.generator-of-tuples")
def generators():
    """Arrays, tensors, lists, dictionaries, pairs with None: refused?"""
    seen = {}
    model = keras.Sequential([keras.Input((5, 3)), LSTM(2)])
    kinds = {
        "array": X,
        "tensor": tf.constant(X),
        "list": [X],
        "names": {"x": X},
        "tuple": (X,),
        "three": (X, np.ones((3, 2)), np.ones(3)),
    }
    for name, batch in kinds.items():
        seen[name] = refused(lambda b=batch: model.predict((part for part in [b, b]), verbose=0))
    return seen


@attack("precision.chaos")
def chaotic_pairs():
    """Of 12 pairs, uniform within 16 and normal: in how many does none err by over 1?"""
    seen = {}
    for kind in ("uniform", "normal"):
        harmless = 0
        for seed in range(12):
            random = np.random.RandomState(seed)
            errors = []
            for _ in range(2):
                weights = [random.uniform(-1, 1, s) for s in ((3, 128), (32, 128), (128,))]
                size = random.uniform(-16, 16, (32, 128))
                weights[1] = size if kind == "uniform" else random.normal(0, 5, (32, 128))
                weights = [w.astype("float32").astype("float64") for w in weights]
                x = random.uniform(-1, 1, (1, 40, 3)).astype("float32")
                ends = []
                for dtype in ("float32", "float64"):
                    layer = LSTM(32, dtype=dtype, return_sequences=True, unroll=False)
                    layer.build(x.shape)
                    layer.set_weights(weights)
                    ends.append(np.array(tf.function(layer)(x.astype(dtype)), "float64"))
                errors.append(np.abs(ends[0] - ends[1]).max())
            harmless += max(errors) <= 1
        seen[kind] = harmless
    return seen


@attack("precision.timestamps")
def times():
    """In float64, int64 and int32, through predict and fit, 60 later: one number?"""
    layer = LSTM(4)
    model = keras.Sequential([keras.Input((1, 1)), layer])
    seen = {}
    for kind in ("float64", "float32", "int64", "int32"):
        x = (1700000000 + np.arange(61)).astype(kind).reshape(61, 1, 1)
        ends = [np.array(layer(x)), model.predict(x, verbose=0)]
        seen[kind] = [len(np.unique(y, axis=0)) for y in ends]
    return seen


@attack("saving.lambda-activation")
def loaded_lambdas():
    """Does it load with safe_mode=False?"""
    model = keras.Sequential([keras.Input((5, 3)), LSTM(2, activation=lambda z: z)])
    return outcome(lambda: close(saved(model, safe_mode=False)(X), model(X)))[:60]


@attack("saving.onnx-uncalled")
def uncalled_models():
    """Built, summed up, compiled, cloned, loaded, called in part: is each refused?"""
    seen = {}

    def fresh():
        return keras.Sequential([keras.Input((5, 3)), LSTM(2)])

    models = {"built": fresh(), "summary": fresh(), "compiled": fresh(), "loaded": saved(fresh())}
    models["summary"].summary(print_fn=lambda *given, **named: None)
    models["compiled"].compile("sgd", "mse")
    models["layer"] = fresh()
    models["layer"].layers[0](X)
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "lstm.onnx")
        for name, model in models.items():
            export = partial(model.export, file, format="onnx", verbose=False)
            seen[name] = refused(export)
    return seen


@attack("sequences.rows")
def rows_of_all_kinds():
    """Unrolled with zeros under a mask, softmax, XLA, a given state: the last output up to t?"""
    bad = []
    options = [{"unroll": True, "zero_output_for_mask": True}, {"activation": "softmax"}]
    options += [{"dtype": "float16"}, {"recurrent_dropout": 0.5}]
    for option in options:
        rows, last = twins(return_sequences=True, **option, other={"return_sequences": False})
        y = tf.function(rows)(X, mask=MASK, initial_state=STATE)
        for t in range(5):
            part = {"mask": MASK[:, : t + 1], "initial_state": STATE}
            if not close(last(X[:, : t + 1], **part), y[:, t], atol=1e-2):
                bad.append((option, t))
    return bad


@attack("shapes.lists")
def python_lists():
    """Empty, flat, of one number, of NumPy's numbers, a tuple, a range; built: refused?"""
    built = twins()[0]
    rows = X.tolist()
    given = [[], [1.0], [[1.0, 2.0]], rows, tuple(rows), list(X[0, 0]), range(3), [[[]]]]
    return [[refused(partial(f, x)) for f in (LSTM(2), built)] for x in given]


@attack("shapes.vector-size")
def sizes_of_vectors():
    """Of whole numbers, in Bidirectional and RNN: 60 weights, and vectors of size 3 refused?"""
    seen = []
    for layer in (LSTM(3), L.RNN(L.LSTMCell(3)), LSTM(3, unroll=True)):
        layer(np.ones((3, 3, 1), "int32"))
        refusal = refused(partial(layer, np.ones((3, 3, 3))))
        seen.append((layer.count_params(), layer.weights[0].shape[0], refusal))
    return seen


@attack("state.continues")
def fed_in_pieces():
    """Masked, unrolled, float16, relu, with zeros, compiled, in pieces of 1: the states?"""
    bad = []
    options = [{}, {"unroll": True}, {"dtype": "float16"}, {"activation": "relu"}]
    options += [{"zero_output_for_mask": True}, {"implementation": 1}, {"dtype": "mixed_float16"}]
    for option, masked, graph in itertools.product(options, (False, True), (False, True)):
        whole, pieces = twins(return_state=True, **option, other={"stateful": True})
        mask = MASK if masked else np.ones((3, 5), bool)
        call = tf.function(pieces) if graph else pieces
        for start, end in ((0, 1), (1, 3), (3, 5)):
            y = call(X[:, start:end], mask=mask[:, start:end])
        if not close(y[1:], whole(X, mask=mask)[1:], atol=1e-2):
            bad.append((option, masked, graph))
    return bad


@attack("state.fixed-batch")
def other_batches():
    """One, two and six samples, unrolled, masked, with a state, after a reset, in RNN: refused?"""
    seen = {}
    kinds = {"loop": LSTM(4, stateful=True), "unrolled": LSTM(4, stateful=True, unroll=True)}
    kinds["rnn"] = L.RNN(L.LSTMCell(4), stateful=True)
    for name, layer in kinds.items():
        layer(X)
        for size in (1, 2, 6):
            x = draw(size, 5, 3)
            states = [np.zeros((size, 4), "float32")] * 2
            calls = [partial(layer, x), partial(layer, x, mask=np.ones((size, 5), bool))]
            calls.append(partial(layer, x, initial_state=states))
            seen[name, size] = [outcome(call)[:60] for call in calls]
    return {key: words for key, words in seen.items() if not all("batch" in text for text in words)}


@attack("state.predict-continues")
def predicted_on():
    """Eagerly, by XLA, unrolled, several steps in one, in Bidirectional: does it go on?"""
    seen = {}
    kinds = [{}, {"run_eagerly": True}, {"jit_compile": True}, {"steps_per_execution": 2}]
    for option, unroll in itertools.product(kinds, (False, True)):
        layer = LSTM(4, stateful=True, unroll=unroll)
        model = keras.Sequential([keras.Input((5, 3), batch_size=3), layer])
        model.compile("sgd", "mse", **option)
        whole = LSTM(4)
        whole.build(X.shape)
        whole.set_weights(layer.get_weights())
        two = np.concatenate([X, X])
        ends = [model.predict(two, batch_size=3, verbose=0) for _ in range(2)]
        wanted = [whole(np.concatenate([X] * k, axis=1)) for k in (1, 2, 3, 4)]
        seen[(*option, unroll)] = close(np.concatenate(ends), np.concatenate(wanted))
    return seen


@attack("state.reset-states")
def plural_names():
    """Of three layers, stateful and not, subclassed: has it the name, and does it reset?"""
    seen = []
    for layer in (
        LSTM(4, stateful=True),
        L.RNN(L.LSTMCell(4), stateful=True),
        L.Bidirectional(LSTM(4, stateful=True)),
    ):
        first = np.array(layer(X))
        layer(X)
        layer.reset_states()
        seen.append(close(layer(X), first))
    return seen, [hasattr(keras.Model(), name) for name in ("reset_states", "reset_state")]


@attack("symmetry.timesteps")
def rolled():
    """With relu, by one and by two, of 300 units: another output in any order of units?"""
    seen = []
    for units, activation, by in itertools.product((1, 300), ("tanh", "relu"), (1, 2)):
        layer = LSTM(units, activation=activation)
        y, z = (np.sort(np.array(layer(x)), axis=1) for x in (X, np.roll(X, by, axis=1)))
        seen.append(not close(y, z, atol=1e-6))
    return seen


@attack("symmetry.widening")
def wider_layers():
    """Huge new weights, a mask, a state, unrolled, hard_sigmoid, softmax gates: unchanged?"""
    seen = {}
    options = [{}, {"unroll": True}, {"recurrent_activation": "hard_sigmoid"}]
    options += [{"recurrent_activation": "softmax"}, {"activation": "relu"}, {"dtype": "float16"}]
    for option in options:
        old = LSTM(4, **option)
        wide = LSTM(6, **option)
        for layer in (old, wide):
            layer.build(X.shape)
        weights = [100 * draw(*w.shape) for w in wide.get_weights()]
        columns = np.ravel(np.add.outer(np.arange(4) * 6, np.arange(4)))
        kernel, recurrent, bias = old.get_weights()
        weights[0][:, columns] = kernel
        weights[1][np.ix_(np.arange(4), columns)] = recurrent
        weights[1][np.ix_([4, 5], columns)] = 0
        weights[2][columns] = bias
        wide.set_weights(weights)
        y, z = (np.array(layer(X, mask=MASK), "float32") for layer in (old, wide))
        seen[str(option)] = close(y, z[:, :4], atol=1e-2)
    return [key for key, same in seen.items() if not same]


@attack("trainer.schedule")
def counted_steps():
    """By train_on_batch, with XLA, several steps in one, after a skipped step: steps counted?"""
    seen = {}
    for name, option in {
        "plain": {},
        "xla": {"jit_compile": True},
        "several": {"steps_per_execution": 2},
        "eager": {"run_eagerly": True},
    }.items():
        rates = keras.optimizers.schedules.PiecewiseConstantDecay([2], [0.5, 0.0])
        model = trained(
            [LSTM(2)], {"batch_size": 1}, optimizer=keras.optimizers.SGD(rates), **option
        )
        before = model.get_weights()
        model.train_on_batch(X, np.ones((3, 2)))
        count = int(model.optimizer.iterations)
        seen[name] = close(before, model.get_weights(), atol=0), count
    rates = keras.optimizers.schedules.PiecewiseConstantDecay([0], [0.5, 0.25])
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(rates))
    model = trained([LSTM(2)], {"batch_size": 1}, np.full_like(X, np.nan), optimizer=scaled)
    return seen, int(scaled.inner_optimizer.iterations), int(scaled.iterations)


@attack("trainer.weighted-epoch")
def weighted_losses():
    """Unequal batches, a batch of zeros, sequences, crossentropy, in evaluate: sum by number?"""
    seen = {}
    weights = np.array([0, 0, 1, 3, -1], "float32")
    x = draw(5, 5, 3)
    for loss, rows in itertools.product(("mse", "mae", "log_cosh"), (False, True)):
        model = keras.Sequential([keras.Input((5, 3)), LSTM(2, return_sequences=rows)])
        model.compile(keras.optimizers.SGD(0.0), loss)
        y = np.ones((5, 5, 2) if rows else (5, 2), "float32")
        each = np.array(keras.losses.get(loss)(y, model(x)))
        w = np.repeat(weights[:, None], 5, axis=1) if rows else weights
        wanted = np.sum(w * each) / each.size
        given = {"sample_weight": w, "batch_size": 2, "verbose": 0}
        ends = [model.evaluate(x, y, **given), model.fit(x, y, **given).history["loss"][0]]
        seen[loss, rows] = close(ends, [wanted] * 2)
    return seen


@attack("training.clipping")
def steps_of_optimizers():
    """By all of Keras' optimizers as they come: which of them clip, by their arguments?"""
    names = [n for n in dir(keras.optimizers) if n[0].isupper() and n[1:] != n[1:].upper()]
    names += ["SGD"]
    clip = []
    for name in sorted(set(names)):
        optimizer = getattr(keras.optimizers, name)
        words = getattr(optimizer.__init__, "__code__", None)
        arguments = words.co_varnames[: words.co_argcount] if words else ()
        clip += [f"{name}.{a}" for a in arguments if "clip" in a and a not in CLIPPING]
    model = keras.Sequential([keras.Input((5, 3)), LSTM(2)])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    before = model.get_weights()
    model.fit(X, np.full((3, 2), 1e20), verbose=0)
    return clip, float(np.abs(model.get_weights()[0] - before[0]).max())


CLIPPING = ("clipnorm", "clipvalue", "global_clipnorm")


@attack("training.max-norm")
def bounded_columns():
    """After huge steps, in XLA, with accumulation, means of weights, v of 0 and 1e-6: bounded?"""
    seen = {}
    optimizers = {
        "plain": {},
        "mean": {"use_ema": True},
        "accumulated": {"gradient_accumulation_steps": 2},
    }
    for (name, option), v in itertools.product(optimizers.items(), (0.0, 1e-6, 1.0)):
        layer = LSTM(4, kernel_constraint=keras.constraints.MaxNorm(v))
        model = keras.Sequential([keras.Input((5, 3)), layer])
        model.compile(keras.optimizers.SGD(10.0, **option), "mse")
        model.fit(X, draw(3, 4), batch_size=1, epochs=2, verbose=0)
        norms = np.linalg.norm(layer.get_weights()[0], axis=0)
        seen[name, v] = float(norms.max())
    return {key: norm for key, norm in seen.items() if norm > key[1] * (1 + 1e-6)}


@attack("training.nan-under-mask")
def gradients_before_nan():
    """An earlier masked timestep, unrolled, backwards, compiled: NaN before, not after?"""
    seen = {}
    x = X.copy()
    x[:, 3] = np.nan
    mask = np.tile([True, False, True, False, True], (3, 1))
    for unroll, backwards in itertools.product((False, True), repeat=2):
        layer = LSTM(4, unroll=unroll, go_backwards=backwards)
        inputs = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            loss = tf.reduce_sum(layer(inputs, mask=mask))
        gradient = np.array(tape.gradient(loss, inputs))
        seen[unroll, backwards] = [bool(np.isnan(gradient[:, t]).any()) for t in range(5)]
    return seen


@attack("training.recall")
def recalled():
    """From two sets of weights by Adam(0.01): is the error below a tenth of the variance?"""
    seen = []
    for seed in range(2):
        keras.utils.set_random_seed(seed)
        x = np.random.RandomState(seed).uniform(-1, 1, (150 * 32, 8, 1))
        model = keras.Sequential([LSTM(8), L.Dense(1)])
        model.compile(keras.optimizers.Adam(0.03), "mse")
        model.fit(x, x[:, 0], batch_size=32, verbose=0)
        new = np.random.RandomState(99).uniform(-1, 1, (500, 8, 1))
        seen.append(round(float(model.evaluate(new, new[:, 0], verbose=0) * 3), 3))
    return seen


@attack("training.regularizers")
def penalties():
    """Called twice, in Bidirectional and RNN, without a bias, frozen in part: how many losses?"""
    options = {f"{n}_regularizer": "l2" for n in ("kernel", "recurrent", "bias")}
    layers = [LSTM(4, **options), L.Bidirectional(LSTM(4, **options))]
    layers += [L.RNN(L.LSTMCell(4, **options)), LSTM(4, use_bias=False, **options)]
    seen = []
    for layer in layers:
        layer(X)
        layer(X)
        seen.append(len(layer.losses))
    layers[0].cell.kernel.trainable = False
    return seen, len(layers[0].losses)


@attack("training.unrolled")
def unrolled_gradients():
    """With a mask, NaN-free, in float64, by XLA, 30 timesteps, rows: those of the loop?"""
    bad = []
    x = draw(3, 30, 3)
    mask = np.random.RandomState(0).rand(3, 30) < 0.7
    for dtype, rows in itertools.product(("float32", "float64"), (False, True)):
        options = {"dtype": dtype, "return_sequences": rows}
        both = twins(x, **options, other={"unroll": True})
        ends = []
        for layer in both:
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(layer(x, mask=mask) ** 2)
            ends.append(tape.gradient(loss, layer.trainable_variables))
        if not close(*ends, atol=1e-4):
            bad.append((dtype, rows))
    return bad


@attack("weights.kernel-range")
def ranges_of_kernels():
    """For 1, 300 and 500 features, three types, in a cell: within the range, and up to it?"""
    seen = {}
    for features, units, dtype in itertools.product((1, 300), (1, 300), ("float16", "float32")):
        layer = LSTM(units, dtype=dtype)
        layer.build((1, 1, features))
        limit = np.sqrt(6 / (features + 4 * units))
        kernel = layer.get_weights()[0].astype("float64")
        seen[features, units, dtype] = round(float(np.abs(kernel).max() / limit), 4)
    return seen
