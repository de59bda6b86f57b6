"""Attacks on 40 claims drawn after the kinds of draw_8 were mended; some have programs already."""

from __future__ import annotations

import gc
import itertools
import tempfile
import warnings
from functools import partial
from pathlib import Path
from unittest import mock

import keras
import numpy as np
import tensorflow as tf

from lstm_spec.claims import speed
from tools.studies.attacks import attack, outcome
from tools.studies.attacks.draw_1 import LSTM, MASK, L, X, close, draw, twins
from tools.studies.attacks.draw_5 import cost, refused
from tools.studies.attacks.shared import runs

STATE = [draw(3, 4), draw(4, 3).T]
BLANK = np.where(MASK[:, :, None], X, np.float32(0))


@attack("dropout.implementation-one")
def first_with_dropout():
    """In fit and in a call: does it work?"""
    layer = LSTM(4, implementation=1, dropout=0.5)
    return outcome(lambda: layer(X, training=True).shape)[:30]


@attack("errors.use-cudnn-value")
def odd_values():
    """None, "Auto", "true", 1.0, 2, NumPy's True, a list: refused?"""
    values = (None, "Auto", "true", 1.0, 2, np.True_, [True], b"auto")
    return [refused(lambda v=value: LSTM(2, use_cudnn=v)) for value in values]


@attack("gates.recurrent-activation-places")
def counted_gates():
    """By implementation, unrolled, stateful, masked: how often in a timestep of a cell?"""
    seen = []
    for implementation, unroll in itertools.product((1, 2), (False, True)):
        count = []
        options = {"implementation": implementation, "unroll": unroll, "use_cudnn": False}
        gate = lambda z, c=count: c.append(tuple(z.shape)) or tf.sigmoid(z)  # noqa: E731
        layer = LSTM(4, recurrent_activation=gate, **options)
        cells = runs(lambda f=layer: f(X, mask=MASK))
        seen.append((len(count) / cells, set(count)))
    return seen


@attack("gates.relu-not-negative")
def signs():
    """Huge weights, negative states, leading masks, float16, a given h, unrolled: negative?"""
    bad = []
    for dtype, unroll, scale in itertools.product(("float16", "float32"), (False, True), (1, 1e3)):
        options = {"dtype": dtype, "unroll": unroll, "return_sequences": True}
        layer = LSTM(4, activation="relu", **options)
        layer.build(X.shape)
        layer.set_weights([scale * w for w in layer.get_weights()])
        state = [-abs(s).astype(dtype) for s in STATE]
        for mask in ({}, {"mask": MASK}, {"mask": np.zeros((3, 5), bool)}):
            if np.any(np.array(layer(X, initial_state=state, **mask)) < 0):
                bad.append((dtype, unroll, scale))
    return bad


@attack("gates.unroll-agrees")
def unrolled_calls():
    """Masks by units, of one row, a state of one row in a graph, whole numbers: the same?"""
    seen = {}
    given = {
        "units": {"mask": np.repeat(MASK[:, :, None], 4, axis=2)},
        "row": {"mask": MASK[:1]},
        "state": {"initial_state": [s[:1] for s in STATE]},
        "training": {"training": True},
    }
    for name, call in given.items():
        loop, unrolled = twins(other={"unroll": True})
        for kind in (lambda f: f, tf.function):
            words = [
                outcome(lambda k=kind, f=f, c=call: np.round(np.array(k(f)(X, **c)), 4))
                for f in (loop, unrolled)
            ]
            seen[name, kind is tf.function] = words[0] == words[1]
    return [key for key, same in seen.items() if not same]


@attack("masking.bidirectional-zeros")
def zeros_of_both():
    """By merge mode, with states, another backward layer, stacks of cells, compiled: zeros?"""
    bad = []
    rows = {"return_sequences": True}
    layers = [LSTM(4, **rows), L.RNN([L.LSTMCell(4), L.LSTMCell(4)], **rows)]
    for layer, mode in itertools.product(layers, ("sum", "mul", "ave", "concat")):
        both = L.Bidirectional(layer, merge_mode=mode)
        for call in (both, tf.function(both)):
            y = np.array(call(X, mask=MASK))
            if not np.array_equal(np.any(y != 0, axis=2), MASK):
                bad.append((type(layer).__name__, mode))
    other = L.Bidirectional(LSTM(4, **rows), backward_layer=LSTM(2, go_backwards=True, **rows))
    return bad, bool(np.array_equal(np.any(np.array(other(X, mask=MASK)) != 0, axis=2), MASK))


@attack("masking.no-weights")
def weights_of_masking():
    """Built, of an array, in mixed precision, called: how many?"""
    layers = [L.Masking(), L.Masking(np.nan), L.Masking(np.ones(3, "float32"))]
    seen = [layer.count_params() for layer in layers]
    for layer in layers:
        layer(X)
    return seen, [(layer.count_params(), layer.weights) for layer in layers]


@attack("models.softmax-of-a-square")
def square_of_softmax():
    """Of three samples, timesteps and features: the softmax of each valid timestep?"""
    masked = L.Masking()(np.where(MASK[:, :3, None], X[:, :3], np.float32(0)))
    return outcome(lambda: close(L.Softmax()(masked), L.Softmax()(np.array(masked))))


@attack("models.sum-of-padding")
def sums():
    """Of a Dense with a bias behind a mask, in predict: the sum at masked timesteps too?"""
    masked = L.Masking()(BLANK)
    rows = L.Dense(3, bias_initializer="ones")(masked)
    total = [np.array(merge()([masked, rows])) for merge in (L.Add, L.Subtract, L.Average)]
    a = np.array(masked)
    b = np.array(rows)
    return [close(y, z) for y, z in zip(total, (a + b, a - b, (a + b) / 2), strict=True)]


@attack("models.warns-of-lost-mask")
def warnings_of_layers():
    """Of 14 layers, called and on a symbol: a warning that names the layer?"""
    layers = [L.Conv1D(2, 1), L.SeparableConv1D(2, 1), L.DepthwiseConv1D(1)]
    layers += [L.Conv1DTranspose(2, 1), L.Cropping1D(1), L.ZeroPadding1D(1), L.Reshape((3, 5))]
    layers += [L.Flatten(), L.Permute((2, 1)), L.MaxPooling1D(2), L.AveragePooling1D(2)]
    layers += [L.UpSampling1D(2), L.GlobalMaxPooling1D(), L.GlobalAveragePooling1D()]
    silent = []
    symbol = L.Masking()(keras.Input((5, 3)))
    for layer, given in itertools.product(layers, (BLANK, symbol)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            layer(L.Masking()(given))
        if not any(layer.name in str(w.message) for w in caught):
            silent.append((layer.name, given is symbol))
    return silent


@attack("modes.cell-without-cudnn")
def loops_of_cells():
    """Where the backend has a stand-in for cuDNN: is it asked by RNN, stacks, Bidirectional?"""
    layers = [L.RNN(L.LSTMCell(4)), L.RNN([L.LSTMCell(4)] * 2)]
    layers.append(L.Bidirectional(L.RNN(L.LSTMCell(4))))
    with mock.patch("keras.src.backend.lstm", side_effect=NotImplementedError) as asked:
        for layer in layers:
            layer(np.ones((3, 5, 4)))
    return asked.call_count


@attack("modes.unrolled-graph")
def sizes_of_graphs():
    """Of 1, 2, 3 and 20 timesteps, masked and with dropout: how many operations?"""
    seen = {}
    for unroll, masked in itertools.product((False, True), repeat=2):
        layer = LSTM(4, unroll=unroll)
        sizes = []
        for steps in (1, 2, 3, 20):
            call = {"mask": np.ones((3, steps), bool)} if masked else {}
            graph = tf.function(layer).get_concrete_function(draw(3, steps, 3), **call)
            sizes.append(len(graph.graph.get_operations()))
        seen[unroll, masked] = sizes
    return seen


@attack("modes.unrolled-runs")
def runs_of_cells():
    """Masked, unbuilt, compiled, by XLA, in predict, backwards, in Bidirectional: how often?"""
    seen = {}
    for name, make in {
        "call": lambda f: partial(f, X),
        "mask": lambda f: partial(f, X, mask=MASK),
        "graph": lambda f: partial(tf.function(f), X),
        "xla": lambda f: partial(tf.function(f, jit_compile=True), X),
        "predict": lambda f: partial(keras.Sequential([f]).predict, X, verbose=0),
    }.items():
        for built in (False, True):
            layer = LSTM(4, unroll=True)
            if built:
                layer.build(X.shape)
            seen[name, built] = runs(make(layer))
    return {key: count for key, count in seen.items() if count != 5}


@attack("modes.xla")
def by_xla():
    """In float16, softmax, 300 units, a short mask, a state, whole numbers: but for rounding?"""
    seen = {}
    options = [{}, {"dtype": "float16"}, {"activation": "softmax"}, {"unroll": True}]
    for option in options:
        layer = LSTM(4, **option)
        xla = tf.function(layer, jit_compile=True)
        for name, call in {"mask": MASK, "short": MASK[:, :2], "none": None}.items():
            words = [
                outcome(lambda f=f, m=call: np.round(np.array(f(X, mask=m), "float32"), 2))
                for f in (layer, xla)
            ]
            seen[str(option), name] = words[0] == words[1]
    return [key for key, same in seen.items() if not same]


@attack("precision.policy-object")
def policies():
    """Of five names, in a cell and a configuration: the same types?"""
    seen = []
    for name in ("mixed_float16", "mixed_bfloat16", "float16", "float32", "float64"):
        layers = [LSTM(2, dtype=d) for d in (name, keras.DTypePolicy(name))]
        types = [(f.dtype, f.compute_dtype, f.cell.compute_dtype) for f in layers]
        configs = [f.get_config()["dtype"] for f in layers]
        seen.append(types[0] == types[1] and str(configs[0]) == str(configs[1]))
    return seen


@attack("precision.type-for-both")
def types_for_both():
    """Of five types, with a mask, a state and zeros: as an LSTM?"""
    bad = []
    for dtype in ("float16", "float32", "float64", "mixed_float16", "mixed_bfloat16"):
        options = {"return_sequences": True, "return_state": True, "zero_output_for_mask": True}
        layers = (
            LSTM(4, dtype=dtype, **options),
            L.RNN(L.LSTMCell(4, dtype=dtype), dtype=dtype, **options),
        )
        for layer in layers:
            layer.build(X.shape)
        layers[1].set_weights(layers[0].get_weights())
        y, z = (keras.tree.flatten(f(X, mask=MASK, initial_state=STATE)) for f in layers)
        if not close([tf.cast(v, "float32") for v in y], [tf.cast(v, "float32") for v in z]):
            bad.append(dtype)
    return bad


@attack("saving.config-used-up")
def used_twice():
    """Of RNN, a stack, Bidirectional, TimeDistributed: does a second from_config work?"""
    layers = [L.RNN(L.LSTMCell(2)), L.RNN([L.LSTMCell(2)] * 2)]
    layers += [L.Bidirectional(LSTM(2)), L.TimeDistributed(LSTM(2))]
    layers.append(L.StackedRNNCells([L.LSTMCell(2)]))
    seen = []
    for layer in layers:
        config = layer.get_config()
        seen.append(
            [outcome(lambda f=layer, c=config: type(f).from_config(c))[:9] for _ in range(2)]
        )
    return seen


@attack("saving.weights-file")
def weights_files():
    """Of a called stateful model, a nested one, two LSTMs, RNN: does it compute the same?"""
    seen = {}
    kinds = {
        "stateful": lambda: [LSTM(4, stateful=True)],
        "two": lambda: [LSTM(4, return_sequences=True), LSTM(3)],
        "nested": lambda: [keras.Sequential([LSTM(4)])],
        "rnn": lambda: [L.Bidirectional(L.RNN([L.LSTMCell(4), L.LSTMCell(2)]))],
        "normal": lambda: [L.BatchNormalization(), LSTM(2)],
    }
    for name, make in kinds.items():
        first, other = (
            keras.Sequential([keras.Input((5, 3), batch_size=3), *make()]) for _ in range(2)
        )
        first(X)
        with tempfile.TemporaryDirectory() as folder:
            file = str(Path(folder) / "model.weights.h5")
            first.save_weights(file)
            other.load_weights(file)
        seen[name] = close(first(X), other(X))
    return seen


@attack("sequences.only-final-states")
def final_states():
    """Masked, unrolled, backwards, in RNN: two tensors (batch, units), of the last timestep?"""
    seen = []
    for option in ({}, {"unroll": True}, {"go_backwards": True}, {"zero_output_for_mask": True}):
        rows, last = twins(return_state=True, **option, other={"return_sequences": False})
        layer = LSTM.from_config({**rows.get_config(), "return_sequences": True})
        layer.build(X.shape)
        layer.set_weights(last.get_weights())
        y = layer(X, mask=MASK)
        z = last(X, mask=MASK)
        seen.append(len(y) == 3 and close(y[1:], z[1:]) and tuple(y[1].shape) == (3, 4))
    return seen


@attack("shapes.positive-units")
def refused_units():
    """-1, 0, False, 0.0, -0.5, minus infinity, NumPy's 0, of a cell too: refused?"""
    values = (-1, 0, False, 0.0, -0.5, float("-inf"), np.int64(0), np.float32(-2))
    return [[refused(lambda v=v, c=c: c(v)) for c in (LSTM, L.LSTMCell)] for v in values]


@attack("shapes.sequential-length")
def lengths_of_models():
    """Masked, stateful, compiled by XLA, exported in an Embedding, fit: another length taken?"""
    x = draw(3, 7, 3)
    seen = {}
    for name, inside in {
        "mask": [L.Masking(), LSTM(2)],
        "both": [L.Bidirectional(LSTM(2))],
        "two": [LSTM(2, return_sequences=True), LSTM(2)],
    }.items():
        model = keras.Sequential([keras.Input((5, 3)), *inside])
        model.compile("sgd", "mse", jit_compile=True)
        calls = [partial(model, x), partial(model.predict, x, verbose=0)]
        calls.append(partial(model.fit, x, np.ones((3, model.output_shape[-1])), verbose=0))
        seen[name] = [refused(call) for call in calls]
    return seen


@attack("shapes.width")
def other_widths():
    """Of one unit with a c of five, of a wide mask, in mixed precision: units wide?"""
    layer = LSTM(1)
    x = X[:, :1]
    wide = [np.zeros((3, 1), "float32"), np.ones((3, 5), "float32")]
    seen = [outcome(lambda: tuple(layer(x, initial_state=wide).shape))[:40]]
    seen.append(outcome(lambda: tuple(layer(X, initial_state=wide).shape))[:40])
    seen.append(outcome(lambda: tuple(layer(X, mask=np.ones((3, 5, 4), bool)).shape))[:40])
    return seen


@attack("speed.predict-on-much")
def plain_and_predicted():
    """On 2, 4 and 8 sequences of 100, 200 and 400: how many times as long is the plain call?"""
    layer = LSTM(8)
    model = keras.Sequential([keras.Input((None, 8)), layer])
    seen = {}
    for samples, steps in ((2, 200), (4, 100), (4, 200), (8, 200)):
        x = draw(samples, steps, 8)
        calls = [partial(layer, x), partial(model.predict, x, verbose=0)]
        for call in calls:
            call()
        ratio = np.median([cost(calls[0], 1) / cost(calls[1], 1) for _ in range(3)])
        seen[samples, steps] = round(float(ratio), 1)
    return seen


@attack("speed.sequence-memory")
def memory_again():
    """Does its own trial hold once more?"""
    test = speed.test_only_returned_sequences_take_the_memory_of_all_timesteps
    return outcome(test)[:80]


@attack("state.assignable")
def assigned_states():
    """In float64, mixed precision, a traced graph, Bidirectional, stacks: does it go on there?"""
    seen = {}
    for dtype in ("float32", "float64", "mixed_float16"):
        layer = LSTM(4, stateful=True, dtype=dtype)
        plain = LSTM(4, dtype=dtype)
        for part in (layer, plain):
            part.build(X.shape)
        plain.set_weights(layer.get_weights())
        graph = tf.function(layer)
        graph(X)
        for k, state in enumerate(STATE):
            layer.states[k].assign(state)
        seen[dtype] = close(
            tf.cast(graph(X), "float32"), tf.cast(plain(X, initial_state=STATE), "float32"), 1e-2
        )
    both = L.Bidirectional(LSTM(4, stateful=True))
    first = np.array(both(X))
    for state in both.states:
        state.assign(np.zeros((3, 4)))
    return seen, close(both(X), first)


@attack("symmetry.own-columns")
def columns_of_300():
    """Of 300 units, NaN and infinity in the columns, compiled, in float16: a bit of another's?"""
    bad = []
    for dtype, value, jit in itertools.product(
        ("float16", "float32"), (np.nan, 9.0), (False, True)
    ):
        layer = LSTM(300, dtype=dtype)
        layer.build(X.shape)
        state = [draw(3, 300).astype(dtype), draw(300, 3).T.astype(dtype)]
        call = tf.function(layer, jit_compile=jit)
        before = np.array(call(X[:, :1], initial_state=state))
        weights = layer.get_weights()
        for w in weights:
            w[..., [7, 307, 607, 907]] = value
        layer.set_weights(weights)
        after = np.array(call(X[:, :1], initial_state=state))
        if not np.array_equal(np.delete(before, 7, axis=1), np.delete(after, 7, axis=1)):
            bad.append((dtype, value, jit))
    return bad


@attack("trainer.loss-scale-overflow")
def skipped_steps():
    """With use_ema, constraints, weight decay, accumulation, eagerly: is a weight changed?"""
    seen = {}
    options = {
        "plain": {},
        "mean": {"use_ema": True},
        "decay": {"weight_decay": 0.5},
        "accumulated": {"gradient_accumulation_steps": 2},
    }
    for (name, option), constraint in itertools.product(options.items(), (None, "non_neg")):
        layer = LSTM(2, kernel_constraint=constraint)
        model = keras.Sequential([keras.Input((5, 3)), layer])
        inner = keras.optimizers.SGD(0.1, **option)
        model.compile(keras.optimizers.LossScaleOptimizer(inner), "mse")
        before = model.get_weights()
        error = outcome(partial(model.fit, np.full_like(X, np.nan), np.ones((3, 2)), verbose=0))
        same = close(before, model.get_weights(), atol=0)
        seen[name, constraint] = same, "Error" in error
    return {key: value for key, value in seen.items() if value != (True, False)}


@attack("trainer.mask-and-weight")
@attack("trainer.mask-in-the-loss")
def masked_losses():
    """Behind Bidirectional, Dense, two LSTMs, with weights, negative, in fit: by the valid ones?"""
    rows = {"return_sequences": True}
    weights = np.random.RandomState(0).uniform(-1, 3, (3, 5)).astype("float32")
    seen = {}
    for name, inside in {
        "both": [L.Bidirectional(LSTM(2, **rows))],
        "dense": [LSTM(2, **rows), L.Dense(4)],
        "two": [LSTM(2, **rows), L.Dropout(0.0), LSTM(4, **rows)],
    }.items():
        for loss in ("mse", "mae", "huber"):
            model = keras.Sequential([keras.Input((5, 3)), L.Masking(), *inside])
            model.compile(keras.optimizers.SGD(0.0), loss)
            y = draw(3, 5, 4)
            each = np.array(keras.losses.get(loss)(y, model(BLANK)))
            plain = model.evaluate(BLANK, y, verbose=0)
            weighted = model.evaluate(BLANK, y, sample_weight=weights, verbose=0)
            wanted = [np.sum(w * each * MASK) / MASK.sum() for w in (1, weights)]
            seen[name, loss] = close([plain, weighted], wanted)
    return seen


@attack("trainer.memory")
def objects_of_calls():
    """After 20 calls of three methods: how many Python objects more?"""
    model = keras.Sequential([keras.Input((5, 3)), LSTM(2)])
    model.compile("sgd", "mse")
    calls = [
        partial(model.predict, X, verbose=0),
        partial(model.test_on_batch, X, np.ones((3, 2))),
        partial(model.evaluate, X, np.ones((3, 2)), verbose=0),
    ]
    seen = []
    for call in calls:
        for _ in range(3):
            call()
        gc.collect()
        before = len(gc.get_objects())
        for _ in range(20):
            call()
        gc.collect()
        seen.append(len(gc.get_objects()) - before)
    return seen


@attack("training.constraints-wait")
def waiting_constraints():
    """In calls, evaluate, set_weights, a load; and in a step at rate zero: is it applied?"""
    layer = LSTM(2, kernel_constraint="non_neg")
    model = keras.Sequential([keras.Input((5, 3)), layer])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    model.set_weights([np.full_like(w, -1) for w in model.get_weights()])
    model(X, training=True)
    model.evaluate(X, np.ones((3, 2)), verbose=0)
    before = float(layer.get_weights()[0].max())
    model.train_on_batch(X, np.ones((3, 2)))
    return before, float(layer.get_weights()[0].min())


@attack("training.exploding-gradient")
def growing_gradients():
    """By a full block R_g, over 1, 2 and 5 timesteps: times 1 + R_g each?"""
    seen = []
    r = draw(3, 3) / 2
    for steps in (1, 2, 5):
        layer = LSTM(3)
        layer.build((1, steps, 3))
        recurrent = np.zeros((3, 12), "float32")
        recurrent[:, 6:9] = r
        kernel = np.zeros((3, 12), "float32")
        kernel[:, 6:9] = np.eye(3)
        layer.set_weights([kernel, recurrent, np.repeat([200.0, 200, 0, 200], 3)])
        x = tf.zeros((1, steps, 3))
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = layer(x)[0, 0]
        slope = np.array(tape.gradient(loss, x))[0, 0]
        power = np.linalg.matrix_power(np.eye(3) + r, steps - 1)
        seen.append(bool(np.allclose(slope, power[:, 0], atol=1e-4)))
    return seen


@attack("wrappers.bidirectional-dtype")
def types_of_wrappers():
    """Of nine pairs of types, with states, by merge mode: as exact as the layers' own?"""
    seen = {}
    for outer, inner in itertools.product(("float16", "float32", "float64"), repeat=2):
        both = L.Bidirectional(LSTM(4, dtype=inner, return_state=True), dtype=outer)
        y = both(X)
        own = both.forward_layer(X.astype(outer).astype(inner))[0]
        half = np.array(y[0])[:, :4]
        same = np.array_equal(half, np.array(own).astype(outer))
        seen[outer, inner] = y[0].dtype.name, y[1].dtype.name, same
    return {k: v for k, v in seen.items() if v != (*k, True)}


@attack("wrappers.bidirectional-in-pieces")
def halves_in_pieces():
    """With rows, masks, in predict: which half is right?"""
    seen = {}
    for option in ({}, {"return_sequences": True}, {"unroll": True}):
        whole = L.Bidirectional(LSTM(4, **option))
        pieces = L.Bidirectional(LSTM(4, stateful=True, **option))
        for layer in (whole, pieces):
            layer.build(X.shape)
        pieces.set_weights(whole.get_weights())
        pieces(X[:, :2])
        y = np.array(whole(X))
        z = np.array(pieces(X[:, 2:]))
        y = y[:, 2:] if y.ndim == 3 else y
        seen[str(option)] = close(y[..., :4], z[..., :4]), close(y[..., 4:], z[..., 4:])
    return seen


@attack("wrappers.bidirectional-mask-and-state")
def masked_from_states():
    """Unrolled, with rows, by numbers, compiled, NaN below the mask: skipped in both?"""
    seen = {}
    for unroll, state in itertools.product((False, True), repeat=2):
        both = L.Bidirectional(LSTM(4, unroll=unroll))
        both.build(X.shape)
        given = {"initial_state": STATE * 2} if state else {}
        x = np.where(MASK[:, :, None], X, np.float32(np.nan))
        for name, call in {"call": both, "graph": tf.function(both)}.items():
            y = np.array(call(x, mask=MASK, **given))
            wanted = []
            for k in range(3):
                part = {"initial_state": [s[k : k + 1] for s in STATE * 2]} if state else {}
                wanted.append(np.array(both(X[k : k + 1, MASK[k]], **part))[0])
            seen[unroll, state, name] = close(y, np.array(wanted))
    return [key for key, same in seen.items() if not same]


@attack("wrappers.cell-sizes")
def sizes():
    """Of one unit, 300, a stack of one and three, a nested stack: which sizes?"""
    cells = [L.LSTMCell(1), L.LSTMCell(300), L.StackedRNNCells([L.LSTMCell(2)])]
    cells.append(L.StackedRNNCells([L.LSTMCell(2), L.LSTMCell(5), L.LSTMCell(3)]))
    return [(cell.state_size, cell.output_size) for cell in cells]


@attack("wrappers.dense-in-slices")
def dense_slices():
    """Masked, of one timestep, with softmax, in float16, of no units' bias: what Dense does?"""
    seen = []
    rows = LSTM(4, return_sequences=True)(L.Masking()(BLANK))
    for option in ({}, {"activation": "softmax"}, {"use_bias": False}, {"dtype": "float16"}):
        dense = L.Dense(2, **option)
        y = L.TimeDistributed(dense)(rows)
        z = dense(rows)
        seen.append((y.dtype == z.dtype, close(tf.cast(y, "float32"), tf.cast(z, "float32"), 1e-2)))
    return seen


@attack("wrappers.halves-aligned")
def aligned():
    """By merge mode, unrolled, masked, compiled: which timesteps move the halves of row 2?"""
    seen = {}
    for unroll, masked in itertools.product((False, True), repeat=2):
        both = L.Bidirectional(LSTM(4, return_sequences=True, unroll=unroll))
        call = {"mask": MASK[2:].repeat(3, axis=0)} if masked else {}
        y = np.array(both(X, **call))
        moved = []
        for t in range(5):
            x = X.copy()
            x[:, t] += 1
            z = np.array(both(x, **call))
            moved.append([bool(np.any(z[:, 2, h] != y[:, 2, h])) for h in (slice(4), slice(4, 8))])
        seen[unroll, masked] = moved
    return seen


class Total(keras.layers.Layer):
    """A cell that adds up its input."""

    state_size = 3

    def call(self, x, states):
        """Add a timestep to the total."""
        total = states[0] + x
        return total, [total]


@attack("wrappers.own-cell-stateful")
def own_cells():
    """Compiled, unrolled, masked, in predict, after reset_state: does the total go on?"""
    seen = {}
    for unroll in (False, True):
        rnn = L.RNN(Total(), stateful=True, unroll=unroll)
        rnn(X)
        seen["call", unroll] = close(rnn(X), 2 * X.sum(axis=1))
        seen["graph", unroll] = close(tf.function(rnn)(X), 3 * X.sum(axis=1))
        rnn.reset_state()
        y = rnn(X, mask=MASK)
        seen["mask", unroll] = close(rnn(X), (MASK[:, :, None] * X + X).sum(axis=1))
        seen["states", unroll] = len(rnn.states), tuple(y.shape)
    return seen


@attack("wrappers.two-directions-needed")
def directions():
    """Of LSTM, RNN, stacks and pairs: refused?"""
    back = {"go_backwards": True}
    calls = [
        lambda: L.Bidirectional(LSTM(2, **back)),
        lambda: L.Bidirectional(L.RNN(L.LSTMCell(2), **back)),
        lambda: L.Bidirectional(LSTM(2), backward_layer=LSTM(2)),
        lambda: L.Bidirectional(LSTM(2, **back), backward_layer=LSTM(2, **back)),
        lambda: L.Bidirectional(LSTM(2), backward_layer=L.RNN(L.LSTMCell(2))),
        lambda: L.Bidirectional(LSTM(2, **back), backward_layer=LSTM(2)),
    ]
    return [refused(lambda c=call: c()(X)) for call in calls]
