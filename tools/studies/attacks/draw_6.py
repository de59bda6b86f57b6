"""Attacks on 40 claims drawn after the kinds of draw_5 were mended, from their sentences alone."""

from __future__ import annotations

import itertools
import tempfile
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.draw_1 import LSTM, MASK, L, X, close, draw, twins
from tools.studies.attacks.draw_5 import cost, refused


def saved(model, **options):
    """Return a model that was saved to a `.keras` file and loaded."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return keras.saving.load_model(path, **options)


def trained(layers, fit=None, x=X, y=None, **options):
    """Return a model that was compiled and trained without shuffling."""
    model = keras.Sequential([keras.Input(x.shape[1:]), *layers])
    model.set_weights([np.full_like(w, 0.1) for w in model.get_weights()])
    model.compile(**{"optimizer": "sgd", "loss": "mse", **options})
    y = np.ones((len(x), *model.output_shape[1:])) if y is None else y
    model.fit(x, y, shuffle=False, verbose=0, **(fit or {}))
    return model


@attack("dropout.implementation-one")
def first_implementation():
    """With cuDNN left open: does a call in training work?"""
    layer = LSTM(2, implementation=1, dropout=0.5)
    return outcome(lambda: layer(X, training=True).shape)[:40]


@attack("errors.any-number-of-samples")
def other_remainders():
    """With jit_compile, steps_per_execution, a validation split, sample weights: refused?"""
    x = draw(5, 5, 3)
    calls = [
        {"jit_compile": True},
        {"steps_per_execution": 2},
        {"run_eagerly": True},
    ]
    fit = {"batch_size": 2, "validation_split": 0.4, "sample_weight": np.ones(5)}
    return [refused(lambda o=o: trained([LSTM(2)], fit, x, **o)) for o in calls]


@attack("errors.cell-without-states")
def cells_alone():
    """On data, a symbol, with training, in a graph, None as states: refused?"""
    x = X[:, 0]
    calls = [
        lambda: L.LSTMCell(2)(x),
        lambda: L.LSTMCell(2)(keras.Input((3,))),
        lambda: L.LSTMCell(2)(x, training=True),
        lambda: tf.function(L.LSTMCell(2))(x),
        lambda: L.LSTMCell(2)(x, None),
        lambda: L.LSTMCell(2)(x, []),
    ]
    return [refused(call) for call in calls]


@attack("errors.numpy-units")
def numbers_of_numpy():
    """Five kinds of integer, unrolled, stateful, with sequences: computed, refused on a symbol?"""
    seen = []
    kinds = (np.int8, np.uint8, np.int32, np.int64, np.uint64)
    flags = ({}, {"unroll": True}, {"return_sequences": True}, {"return_state": True})
    for kind, flag in itertools.product(kinds, flags):
        symbol = keras.Input((5, 3))
        computes = not refused(lambda k=kind, f=flag: LSTM(k(2), **f)(X))
        seen.append((computes, refused(lambda k=kind, f=flag, s=symbol: LSTM(k(2), **f)(s))))
    return set(seen)


@attack("errors.reset-without-state")
def resets():
    """Built or not, reset_states too: which raise?"""
    seen = []
    for layer in (L.Bidirectional(LSTM(2)), LSTM(2)):
        for name in ("reset_state", "reset_states"):
            before = refused(getattr(layer, name, int))
            layer(X)
            seen.append((before, refused(getattr(layer, name, int))))
    return seen


@attack("gates.closed-input-gate")
def overflows():
    """With the other gates' sums beyond float32, of both signs: does it stay at zero?"""
    layer = LSTM(1)
    layer.build((1, 2, 2))
    kernel = np.array([[0, 1e30, 0, 0], [0, -1e30, 0, 0]])
    layer.set_weights([kernel, np.zeros((1, 4)), np.array([-200.0, 0, 0, 0])])
    return float(np.array(layer(np.full((1, 2, 2), 1e30, "float32")))[0, 0])


@attack("gates.recurrent-activation-places")
def counted_calls():
    """By implementation, unrolled: of which shapes is what the function is given?"""
    seen = []

    def function(z):
        seen.append(tuple(z.shape))
        return keras.ops.sigmoid(z)

    for implementation in (1, 2):
        layer = LSTM(4, recurrent_activation=function, unroll=True, implementation=implementation)
        layer(X)
    return len(seen), set(seen)


@attack("masking.bidirectional-passes-on")
def masks_of_both():
    """With states, not merged, with a mask passed by name, unrolled: which outputs have masks?"""

    def has(y):
        return [getattr(part, "_keras_mask", None) is not None for part in keras.tree.flatten(y)]

    x = np.where(MASK[:, :, None], X, np.float32(0))
    seen = {}
    for sequences, mode, state in itertools.product((True, False), ("sum", None), (False, True)):
        options = {"return_sequences": sequences, "return_state": state}
        layer = L.Bidirectional(LSTM(2, **options), merge_mode=mode)
        seen[sequences, mode, state] = has(layer(L.Masking()(x))), has(layer(x, mask=MASK))
    return seen


@attack("masking.bidirectional-unrolled")
def zeros_of_both():
    """Are the unrolled outputs those of the loop?"""
    loop, unrolled = (
        L.Bidirectional(LSTM(2, return_sequences=True, unroll=unroll)) for unroll in (False, True)
    )
    for layer in (loop, unrolled):
        layer.build(X.shape)
    unrolled.set_weights(loop.get_weights())
    return close(loop(X, mask=MASK), unrolled(X, mask=MASK))


@attack("models.forms")
def forms():
    """On another length than Input names, a table for one feature, float64: the same function?"""
    lstm = LSTM(2)

    class Own(keras.Model):
        def call(self, x):
            return lstm(x)

    x = keras.Input((5, 1))
    models = [keras.Sequential([x, lstm]), keras.Model(x, lstm(x)), Own()]
    given = [X[:, :, :1], X[:, :3, :1], X[:, :, 0], X[:, :, :1].astype("float64")]
    return [[outcome(lambda m=m, v=v: m(v).shape)[:10] for m in models] for v in given]


@attack("models.keeps-mask")
def kept_masks():
    """Of each such layer of Keras: has its output the mask?"""
    names = "Dense Activation ReLU LeakyReLU ELU PReLU Softmax Dropout SpatialDropout1D"
    names += " AlphaDropout GaussianDropout GaussianNoise BatchNormalization LayerNormalization"
    names += " UnitNormalization GroupNormalization RMSNormalization"
    given = {"Dense": (2,), "Activation": ("relu",), "GroupNormalization": (1,)}
    rates = {name: (0.5,) for name in names.split() if "Dropout" in name or "Noise" in name}
    lost = []
    for name in names.split():
        layer = getattr(L, name)(*given.get(name, rates.get(name, ())))
        kept = outcome(lambda f=layer: f(L.Masking()(X))._keras_mask is not None)
        if kept != "True":
            lost.append((name, kept[:40]))
    return lost


@attack("models.made-again")
def remade():
    """Nested, masked, Bidirectional, with an Embedding: the same with the same weights?"""
    seen = []
    for layers in ([LSTM(2)], [L.Masking(), L.Bidirectional(LSTM(2))], [L.Conv1D(2, 2), LSTM(3)]):
        model = keras.Sequential([keras.Input((5, 3)), *layers])
        x = np.where(MASK[:, :, None], X, np.float32(0))
        copies = [keras.models.clone_model(model), model.__class__.from_config(model.get_config())]
        for copy in copies:
            copy.set_weights(model.get_weights())
        seen.append([close(m(x), model(x)) for m in (*copies, saved(model))])
    return seen


@attack("modes.batch-size")
def sizes_of_batches():
    """1 to 300 units, masked, of float16 and relu: how far apart, at most?"""
    seen = {}
    x = draw(33, 7, 3)
    for units, options in itertools.product((1, 300), ({}, {"activation": "relu"})):
        model = keras.Sequential([keras.Input((7, 3)), L.Masking(), LSTM(units, **options)])
        y = [model.predict(x, batch_size=size, verbose=0) for size in (1, 7, 33)]
        seen[units, tuple(options)] = float(
            max(np.abs(a - b).max() for a, b in itertools.pairwise(y))
        )
    return seen


@attack("modes.predict-is-call")
def stateful_predict():
    """A stateful layer on more samples than a batch; a layer of 40 samples: as a call?"""
    x = draw(40, 5, 3)
    layer = LSTM(2)
    plain = close(keras.Sequential([layer]).predict(x, verbose=0), layer(x))
    stateful = LSTM(2, stateful=True)
    model = keras.Sequential([keras.Input((5, 3), batch_size=20), stateful])
    first = model.predict(x, batch_size=20, verbose=0)
    stateful.reset_state()
    return plain, outcome(lambda: close(first, stateful(x)))[:20]


@attack("precision.global-policy")
def policies():
    """Made under one policy, built and called under another, wrapped and in RNN: which type?"""
    kinds = [lambda: LSTM(2), lambda: L.Bidirectional(LSTM(2)), lambda: L.RNN(L.LSTMCell(2))]
    seen = []
    for kind in kinds:
        keras.config.set_dtype_policy("float64")
        layer = kind()
        keras.config.set_dtype_policy("float32")
        seen.append((layer(X).dtype.name, layer.weights[0].dtype))
    return seen


@attack("precision.mixed-stateful")
def mixed_pieces():
    """With a last piece that is masked throughout: as if fed the whole?"""
    mask = np.tile([True, True, True, False, False], (3, 1))
    whole, pieces = twins(dtype="mixed_float16", stateful=True)
    expected = np.array(whole(X, mask=mask))
    pieces(X[:, :3], mask=mask[:, :3])
    return close(expected, pieces(X[:, 3:], mask=mask[:, 3:]))


@attack("precision.overflow-ends-in-nan")
def overflowing():
    """Two units whose h is infinite, unrolled and not, with recurrent signs that differ: NaN?"""
    seen = []
    for unroll in (False, True):
        layer = LSTM(2, activation="relu", return_sequences=True, unroll=unroll)
        layer.build((1, 4, 1))
        recurrent = np.tile([[1.0], [-1.0]], (1, 8))
        bias = np.repeat([200.0, 200, 0, 200], 2)
        layer.set_weights([np.repeat([[0, 0, 1e38, 0]], 2, axis=1), recurrent, bias])
        y = np.array(layer(np.full((1, 4, 1), 100.0, "float32")))
        seen.append(np.isnan(y).all(axis=2)[0].tolist())
    return seen


@attack("saving.clone-model")
def clones():
    """Of one unit and of wrapped layers: other kernels?"""
    kinds = [LSTM(1), L.Bidirectional(LSTM(2)), L.RNN([L.LSTMCell(2), L.LSTMCell(2)])]
    models = [keras.Sequential([keras.Input((5, 3)), kind]) for kind in kinds]
    copies = [keras.models.clone_model(model) for model in models]
    pairs = zip(models, copies, strict=True)
    return [not close(a.get_weights()[:2], b.get_weights()[:2]) for a, b in pairs]


@attack("saving.masking-array")
def arrays():
    """Of integers, float64, infinities, one number, one axis more: the same mask?"""
    values = [np.array([1, 2, 3]), np.array([0.1, 0.2, 0.3]), np.array([np.inf, 0, 1])]
    values += [np.array(7.0), np.array([[1.0, 2.0, 3.0]])]
    seen = []
    for value in values:
        x = np.broadcast_to(value, (1, 2, 3)).astype("float32").copy()
        x[0, 1] += 1
        model = keras.Sequential([keras.Input((2, 3)), L.Masking(value), LSTM(2)])
        seen.append(outcome(lambda m=model, x=x: close(saved(m)(x), m(x)))[:40])
    return seen


def halved(z):
    """Return half of a tensor."""
    return z / 2


@attack("saving.unregistered-activation")
def registered_later():
    """Registered between saving and loading: does it load?"""
    model = keras.Sequential([keras.Input((5, 3)), LSTM(2, activation=halved)])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        before = refused(lambda: keras.saving.load_model(path))
        with keras.saving.custom_object_scope({}):
            keras.saving.register_keras_serializable("later")(halved)
            return before, refused(lambda: keras.saving.load_model(path))


@attack("shapes.double-precision")
def rounded_arrays():
    """In predict, a graph, unrolled, for numbers beyond float32: the same as rounded?"""
    with np.errstate(all="ignore"):
        x = np.append(X.astype("float64") / 3, np.full((3, 1, 3), 1e300), axis=1)
        seen = []
        for unroll in (False, True):
            layer = LSTM(2, unroll=unroll)
            model = keras.Sequential([layer])
            calls = [layer, tf.function(layer), partial(model.predict, verbose=0)]
            seen += [close(call(x), call(x.astype("float32")), atol=0) for call in calls]
    return seen


@attack("speed.small-sizes")
def sizes_of_batch():
    """With batches of 1, 64 and 512: which ratio?"""
    seen = {}
    for batch in (1, 64, 512):
        calls = []
        for size in (16, 1):
            call = tf.function(LSTM(size, use_cudnn=False))
            x = tf.ones((batch, 40, size))
            call(x)
            calls.append(partial(call, x))
        pairs = [[cost(call, 5) for call in calls] for _ in range(7)]
        seen[batch] = round(float(np.median([a / b for a, b in pairs])), 2)
    return seen


@attack("state.stateless-forgets")
def forgets():
    """With a state, a mask, in training, in predict and TimeDistributed: the same again?"""
    layer = LSTM(4)
    first = np.array(layer(X))
    calls = [
        lambda: layer(X, initial_state=[np.ones((3, 4), "float32")] * 2),
        lambda: layer(X, mask=MASK, training=True),
        lambda: keras.Sequential([layer]).predict(X, verbose=0),
        lambda: L.TimeDistributed(layer)(X[None]),
    ]
    seen = []
    for call in calls:
        call()
        seen.append(close(layer(X), first, atol=0))
    return seen


@attack("state.third-refused-unrolled")
def three_states():
    """Unrolled: refused?"""
    return refused(lambda: LSTM(2, unroll=True)(X, initial_state=[np.zeros((3, 2), "float32")] * 3))


@attack("state.wrong-units")
def widths_of_h():
    """h of 1, 3 and 300 columns for 1, 2 and 300 units, unrolled, in a graph: refused?"""
    seen = []
    for units, width, unroll in itertools.product((1, 2, 300), (1, 3, 300), (False, True)):
        if units != width:
            layer = LSTM(units, unroll=unroll)
            state = [np.zeros((3, width), "float32"), np.zeros((3, units), "float32")]
            for call in (layer, tf.function(layer)):
                seen.append(refused(lambda c=call, s=state: c(X, initial_state=s)))
    return all(seen)


@attack("symmetry.sign")
def signs():
    """With other gates, a mask, dropout of one seed, unrolled, backwards: negated, and alone?"""
    bad = []
    options = [{}, {"recurrent_activation": "hard_sigmoid"}, {"recurrent_activation": "linear"}]
    options += [{"dropout": 0.5, "recurrent_dropout": 0.5, "seed": 1}, {"unroll": True}]
    options += [{"go_backwards": True}, {"implementation": 1}]
    for option in options:
        first, other = twins(return_sequences=True, **option)
        weights = [w.copy() for w in first.get_weights()]
        for weight in weights:
            weight[..., 2 * 4 + 1] *= -1
        weights[1][1] *= -1
        other.set_weights(weights)
        y, z = (np.array(f(X, mask=MASK, training=True)) for f in (first, other))
        y[..., 1] *= -1
        if not close(y, z):
            bad.append(option)
    return bad


@attack("symmetry.zero-row")
def other_places():
    """First, in the middle, several at once, compiled, float64, stateful: more than rounding?"""
    bad = []
    for place, options in itertools.product(
        (0, 1, 3), ({}, {"dtype": "float64"}, {"unroll": True})
    ):
        first = LSTM(4, **options)
        wide = np.insert(X, [place] * 3, 7.0, axis=2)
        other = LSTM(4, **options)
        first.build(X.shape)
        other.build(wide.shape)
        kernel, *rest = first.get_weights()
        other.set_weights([np.insert(kernel, [place] * 3, 0.0, axis=0), *rest])
        if not close(first(X), tf.function(other)(wide), atol=1e-6):
            bad.append((place, options))
    return bad


@attack("time.nan-stays-in-its-sample")
def spoilt_outputs():
    """With eight options: NaN in all outputs of the sample from then on, and in no other?"""
    bad = []
    options = [{}, {"unroll": True}, {"activation": "relu"}, {"recurrent_activation": "relu"}]
    options += [{"recurrent_activation": "hard_sigmoid"}, {"implementation": 1}]
    options += [{"zero_output_for_mask": True}, {"activation": "softmax"}]
    mask = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 1], [1, 1, 0, 1, 1]], bool)
    for option in options:
        layer = LSTM(4, return_sequences=True, **option)
        x = X.copy()
        x[1, 2, 0] = np.nan
        y = np.isnan(np.array(layer(x, mask=mask)))
        if not (y[1, 2:].all() and not y[1, :2].any() and not y[[0, 2]].any()):
            bad.append(option)
    return bad


@attack("trainer.accumulation")
def decayed():
    """With weight_decay, a constraint, momentum: do weights stay between the steps?"""

    def moves(optimizer, **options):
        model = trained([LSTM(2, **options)], {"batch_size": 3}, optimizer=optimizer)
        return [float(np.abs(w - 0.1).max()) > 0 for w in model.get_weights()]

    optimizers = keras.optimizers
    steps = {"gradient_accumulation_steps": 2}
    return {
        "plain": moves(optimizers.SGD(0.1, **steps)),
        "decay": moves(optimizers.SGD(0.1, weight_decay=0.1, **steps)),
        "momentum": moves(optimizers.SGD(0.1, momentum=0.9, **steps)),
        "constraint": moves(optimizers.SGD(0.1, **steps), kernel_constraint="unit_norm"),
        "average": moves(optimizers.SGD(0.1, use_ema=True, **steps)),
    }


@attack("trainer.averaged-constrained")
def constrained_means():
    """With non_neg: is each mean at least zero?"""
    options = {"optimizer": keras.optimizers.SGD(10.0, use_ema=True, ema_momentum=0.5)}
    model = trained([LSTM(2, kernel_constraint="non_neg")], {"epochs": 3}, **options)
    return float(model.get_weights()[0].min()) >= 0


@attack("trainer.schedule")
def counted_steps():
    """With accumulation, steps_per_execution and train_on_batch: which steps are counted?"""
    seen = {}
    for name, options in {"plain": {}, "accumulated": {"gradient_accumulation_steps": 2}}.items():
        schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)
        optimizer = keras.optimizers.SGD(schedule, **options)
        model = trained([LSTM(2)], {"batch_size": 1, "epochs": 2}, optimizer=optimizer)
        model.train_on_batch(X, np.ones((3, 2)))
        seen[name] = int(optimizer.iterations), float(optimizer.learning_rate)
    return seen


@attack("trainer.seeded-graphs")
def seeded():
    """300 units, XLA, dropout by gate, steps_per_execution: to the last bit?"""

    def ends(units, compiled, **options):
        keras.utils.set_random_seed(9)
        model = keras.Sequential([keras.Input((5, 3)), LSTM(units, **options)])
        model.compile("adam", "mse", **compiled)
        x = draw(64, 5, 3)
        model.fit(x, np.ones((64, units)), batch_size=8, verbose=0)
        return model.get_weights()

    kinds = [
        (300, {}),
        (8, {"jit_compile": True}),
        (8, {"steps_per_execution": 3}),
    ]
    rates = {"dropout": 0.5, "recurrent_dropout": 0.5}
    return [close(ends(n, c, **rates), ends(n, c, **rates), atol=0) for n, c in kinds]


@attack("trainer.target-axis")
def losses_of_one_axis():
    """Of all losses that take one output: the same with (batch,) as with (batch, 1)?"""
    names = "mse mae mape msle binary_crossentropy hinge squared_hinge kl_divergence poisson"
    names += " huber log_cosh cosine_similarity binary_focal_crossentropy"
    bad = []
    for name in names.split():
        y = np.array([0.0, 1.0, 1.0])
        layers = [LSTM(1, activation="sigmoid")]
        models = [trained(layers, y=target, loss=name) for target in (y, y[:, None])]
        if not close(*(m.get_weights() for m in models), atol=1e-6):
            bad.append(name)
    return bad


@attack("trainer.whole-number-targets")
def labels():
    """As int8, float, with an axis of one, for sequences, of logits: as one-hot targets?"""
    bad = []
    for sequences in (False, True):
        y = np.random.RandomState(1).randint(0, 4, (3, 5) if sequences else (3,))
        layer = partial(LSTM, 4, activation="softmax", return_sequences=sequences)
        expected = trained([layer()], y=np.eye(4)[y], loss="categorical_crossentropy")
        for target in (y, y.astype("int8"), y.astype("float32"), y[..., None]):
            model = trained([layer()], y=target, loss="sparse_categorical_crossentropy")
            if not close(model.get_weights(), expected.get_weights(), atol=1e-6):
                bad.append((sequences, target.dtype.name, target.shape))
    return bad


@attack("training.every-weight")
def untrained_weights():
    """By default, 1 to 64 units, two timesteps: how many weights stand still?"""
    seen = []
    for units in (1, 8, 64):
        model = keras.Sequential([keras.Input((2, 3)), LSTM(units)])
        before = model.get_weights()
        model.compile(keras.optimizers.SGD(1.0), "mse")
        model.train_on_batch(X[:, :2], np.ones((3, units)))
        pairs = zip(before, model.get_weights(), strict=True)
        seen.append(int(sum((a == b).sum() for a, b in pairs)))
    return seen


@attack("weights.modes-add-none")
def after_training():
    """After dropout, stateful calls, training and quantize of the model: how many weights?"""
    options = {"dropout": 0.5, "recurrent_dropout": 0.5, "stateful": True, "unroll": True}
    layer = LSTM(4, recurrent_regularizer="l2", bias_constraint="non_neg", **options)
    model = keras.Sequential([keras.Input((5, 3), batch_size=3), layer])
    model.compile("adam", "mse")
    model.fit(X, np.zeros((3, 4)), verbose=0)
    return [tuple(w.shape) for w in layer.weights]


@attack("weights.wrong-shape")
def other_shapes():
    """Transposed, one row, a number, an axis more, empty, of the same size: refused?"""
    seen = []
    for which in range(3):
        layer = LSTM(2)
        layer.build((1, 1, 3))
        weight = layer.get_weights()[which]
        given = [weight[..., None], weight[:1], np.float32(1), weight.ravel()[None], weight[:0]]
        given += [weight.T] if weight.ndim == 2 else [weight[None]]
        for value in given:
            weights = layer.get_weights()
            weights[which] = value
            seen.append(outcome(lambda f=layer, w=weights: f.set_weights(w))[:10])
    return set(seen)


@attack("wrappers.bidirectional-states")
def counts():
    """By merge_mode, with sequences, around RNN: how many tensors?"""
    seen = {}
    for mode, sequences in itertools.product(("concat", "sum", None), (False, True)):
        layer = LSTM(2, return_state=True, return_sequences=sequences)
        seen[mode, sequences] = len(L.Bidirectional(layer, merge_mode=mode)(X))
    return seen


@attack("wrappers.one-cell-two-layers")
def one_cell():
    """Of other options, built and trained in one model: one set of weights?"""
    cell = L.LSTMCell(4)
    layers = [L.RNN(cell), L.RNN(cell, go_backwards=True, unroll=True)]
    x = keras.Input((5, 3))
    model = keras.Model(x, [layer(x) for layer in layers])
    model.compile("sgd", "mse")
    model.fit(X, [np.ones((3, 4))] * 2, verbose=0)
    return len(model.weights), close(layers[0].get_weights(), layers[1].get_weights(), atol=0)


@attack("wrappers.rnn-options")
def options_of_rnn():
    """dtype, activity_regularizer, trainable, a list of masks: as with LSTM?"""

    def same(**options):
        rnn = L.RNN(L.LSTMCell(4), **options)
        lstm = LSTM(4, **options)
        for layer in (rnn, lstm):
            layer.build(X.shape)
        rnn.set_weights(lstm.get_weights())
        x = X.astype("float64") / 3
        return close(rnn(x), lstm(x), atol=1e-12), len(rnn.trainable_weights)

    return {
        "plain": same(),
        "dtype": same(dtype="float64"),
        "trainable": same(trainable=False),
        "regularizer": same(activity_regularizer="l2"),
        "masks": refused(lambda: L.RNN(L.LSTMCell(4))(X, mask=[MASK])),
    }
