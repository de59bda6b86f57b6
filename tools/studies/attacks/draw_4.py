"""Attacks on 40 claims drawn after three draws were mended, knowing nothing but their sentences."""

from __future__ import annotations

import inspect
import itertools
import subprocess
import sys

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.draw_1 import LSTM, MASK, L, X, close, draw, runs, twins

MIRRORED = """
import contextlib, keras, numpy as np, tensorflow as tf
L, LSTM = keras.layers, keras.layers.LSTM
cpu, one = tf.config.list_physical_devices("CPU")[0], tf.config.LogicalDeviceConfiguration()
tf.config.set_logical_device_configuration(cpu, [one, one])
x = np.random.RandomState(1).randn(4, 5, 3).astype("float32")
x[:2, 1:] = 0

def trained(scope, layers, loss="mse"):
    keras.utils.set_random_seed(1)
    with scope:
        model = keras.Sequential([keras.Input((5, 3)), *layers()])
        model.compile(keras.optimizers.SGD(0.1), loss)
    model.fit(x, np.full((4, *model.output_shape[1:]), 3.0), batch_size=4, verbose=0)
    return model.get_weights()

kinds = {
    "plain": [lambda: [LSTM(2)]],
    "mask": [lambda: [L.Masking(), LSTM(2, return_sequences=True)]],
    "dropout": [lambda: [LSTM(2, dropout=0.5, seed=1)]],
    "normalization": [lambda: [LSTM(2), L.BatchNormalization()]],
    "sum": [lambda: [LSTM(2)], keras.losses.MeanSquaredError("sum")],
    "penalty": [lambda: [LSTM(2, kernel_regularizer="l2")]],
}
strategy, seen = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]), {}
for name, given in kinds.items():
    pairs = zip(trained(contextlib.nullcontext(), *given), trained(strategy.scope(), *given))
    seen[name] = all(np.allclose(a, b, atol=1e-5) for a, b in pairs)
print(seen)
"""


def fitted(model, x=X, y=None, **options):
    """Compile a model and train it for an epoch; return the history."""
    model.compile("sgd", options.pop("loss", "mse"), **options.pop("compile", {}))
    y = np.zeros(np.shape(model(x))) if y is None else y
    return model.fit(x, y, verbose=0, **options).history


@attack("errors.first-input-sticks")
def after_an_input():
    """With an Input, and without one in call, predict and fit: is the right input refused?"""

    def refuses(model, use):
        outcome(lambda: use(model, X[0]))
        return "Error" in outcome(lambda: use(model, X))

    ways = [
        lambda model, x: model(x),
        lambda model, x: model.predict(x, verbose=0),
        lambda model, x: fitted(model, x, np.zeros((len(x), 2))),
    ]
    bare = [refuses(keras.Sequential([LSTM(2)]), way) for way in ways]
    return bare, [refuses(keras.Sequential([keras.Input((5, 3)), LSTM(2)]), w) for w in ways]


@attack("errors.symbols-unchecked")
def more_wrong_symbols():
    """One state, states of three axes or another batch, stateful, Bidirectional: accepted?"""
    x = keras.Input(batch_shape=(2, 4, 3))
    h = keras.Input((2,))
    other = keras.Input(batch_shape=(5, 2))
    axes = keras.Input((1, 2))
    states = [[h], [other, other], [axes, axes], []]
    kinds = [LSTM(2), LSTM(2, stateful=True), LSTM(2, unroll=True), L.Bidirectional(LSTM(2))]
    return [
        [outcome(lambda k=k, s=s: k(x, initial_state=s).shape)[:22] for s in states] for k in kinds
    ]


@attack("errors.time-distributed-axes")
def three_axes_anywhere():
    """One sample, one timestep, a mask, predict, a graph, after four axes were read: refused?"""

    def refused(call):
        return "Error" in outcome(call)

    slices = draw(2, 4, 5, 3)
    built = L.TimeDistributed(LSTM(2))
    built(slices)
    calls = [
        lambda: L.TimeDistributed(LSTM(2))(X[:1, :1]),
        lambda: L.TimeDistributed(LSTM(2))(X, mask=MASK),
        lambda: keras.Sequential([L.TimeDistributed(LSTM(2))]).predict(X, verbose=0),
        lambda: tf.function(L.TimeDistributed(LSTM(2)))(X),
        lambda: built(X),
        lambda: L.TimeDistributed(L.Bidirectional(LSTM(2)))(X),
        lambda: L.TimeDistributed(LSTM(2))(keras.Input((None, 3))),
        lambda: L.TimeDistributed(LSTM(2))(keras.Input(batch_shape=(2, 5, 3))),
    ]
    return [refused(call) for call in calls]


@attack("gates.closed-input-gate")
def functions_that_are_not_zero_at_zero():
    """For each activation, and NaN or infinity as input: does the output stay at zero?"""

    def stays(x, **options):
        layer = LSTM(2, bias_initializer="zeros", **options)
        layer.build(x.shape)
        kernel, recurrent, bias = layer.get_weights()
        bias[:2] = -2000
        layer.set_weights([kernel, recurrent, bias])
        return bool(np.all(np.array(layer(x)) == 0))

    names = ["relu", "sigmoid", "softmax", "softplus", "exponential", "linear", "elu"]
    moved = [name for name in names if not stays(X, activation=name)]
    with np.errstate(all="ignore"):
        moved += [str(v) for v in (np.nan, np.inf, 1e38) if not stays(X * np.float32(v))]
    gates = ("hard_sigmoid", "tanh", "linear")
    return moved, [name for name in gates if not stays(X, recurrent_activation=name)]


@attack("gates.constant-input-settles")
def gates_at_or_beyond_one():
    """A forget gate of exactly 1, and a linear one of 2: does the cell state settle?"""

    def states(bias, **options):
        layer = LSTM(1, recurrent_initializer="zeros", return_state=True, **options)
        x = np.ones((1, 400, 1), "float32")
        layer.build(x.shape)
        layer.set_weights([np.zeros((1, 4)), np.zeros((1, 4)), np.array(bias)])
        return [float(layer(x[:, :steps])[2][0, 0]) for steps in (50, 100, 400)]

    return states([0, 200, 1, 0]), states([0.5, 2, 1, 0], recurrent_activation="linear")


@attack("gates.linear-near-zero")
def other_functions():
    """With relu, sigmoid as activation, tanh as gates: linear, and the gates 1/2?"""

    def linear(**options):
        layer = LSTM(4, use_bias=False, **options)
        x = draw(1, 5, 3)
        y = [np.array(layer(v * np.float32(1e-4))) * 1e4 for v in (x, -x, 2 * x)]
        return close(y[2], 2 * y[0], atol=1e-2), close(y[1], -y[0], atol=1e-2)

    options = [{"activation": name} for name in ("relu", "sigmoid", "softsign", "softmax")]
    return [linear(**o) for o in [*options, {"recurrent_activation": "tanh"}]]


@attack("models.average-of-nothing")
def pooled_in_every_way():
    """In predict, with keepdims, float16, channels first, a mask that is passed: NaN?"""
    zeros = np.zeros((2, 3, 1), "float32")
    empty = np.zeros((2, 3), bool)
    pools = [{}, {"keepdims": True}, {"dtype": "float16"}, {"data_format": "channels_first"}]
    passed = [
        outcome(lambda o=o: np.isnan(L.GlobalAveragePooling1D(**o)(zeros, mask=empty)).all())
        for o in pools
    ]
    model = keras.Sequential([L.Masking(), LSTM(2, return_sequences=True)])
    model.add(L.GlobalAveragePooling1D())
    return passed, bool(np.isnan(model.predict(zeros, verbose=0)).all())


@attack("models.declared-shapes")
def other_lengths():
    """A Sequential with Input((3, 1)) called on 4 timesteps; unequal halves; fixed batch."""
    sequential = keras.Sequential([keras.Input((3, 1)), LSTM(2, return_sequences=True)])
    longer = sequential.output_shape, tuple(sequential(np.ones((2, 4, 1))).shape)
    fixed = keras.Sequential([keras.Input(batch_shape=(2, 3, 1)), LSTM(2)])
    return longer, (fixed.output_shape, outcome(lambda: tuple(fixed(np.ones((5, 3, 1))).shape)))


@attack("models.heads-skip")
def nothing_but_masked_values():
    """A sample masked throughout, or before its first valid timestep under a causal mask?"""
    heads = L.MultiHeadAttention(1, 2)
    mask = np.array([[False, False, True]])
    value = draw(1, 3, 2)
    other = np.where(mask[:, :, None], value, value + 1)
    x = draw(1, 3, 2)

    def same(**options):
        return close(heads(x, value, **options), heads(x, other, **options))

    nothing = np.zeros((1, 3), bool)
    plain = same(value_mask=mask)
    return plain, same(value_mask=nothing), same(value_mask=mask, use_causal_mask=True)


@attack("models.own-embedding")
def with_more_between():
    """A subclass whose Masking is followed by dropout, a state, a function: skipped in both?"""

    def skips(call):
        model = type("Own", (keras.Model,), {"call": lambda self, x: call(x)})()
        x = np.where(MASK[:, :, None], X, np.float32(0))
        y = np.where(MASK[:, :, None], X, np.float32(0))
        y[~MASK] = 0
        expected = lstm(x, mask=MASK)
        return close(model(x), expected), close(model.predict(y, verbose=0), expected)

    lstm = LSTM(4)
    masking = L.Masking()
    zeros = [np.zeros((3, 4), "float32")] * 2
    return [
        skips(lambda x: lstm(masking(x))),
        skips(lambda x: lstm(L.Dropout(0.5)(masking(x)))),
        outcome(lambda: skips(lambda x: lstm(masking(x), initial_state=zeros))),
        skips(lambda x: lstm(masking(x) * 1.0)),
    ]


@attack("models.unrolled-zeros-backwards")
def turned_zeros():
    """A mask that is not its own reverse: the same zeros?"""
    options = {"zero_output_for_mask": True, "go_backwards": True, "return_sequences": True}
    loop, unrolled = twins(**options, other={"unroll": True})
    return close(loop(X, mask=MASK), unrolled(X, mask=MASK))


@attack("modes.python-runs-twice")
def in_training_and_open():
    """In predict, fit, XLA, with a mask, and on a third batch size: how often does it run?"""
    y = np.zeros((3, 2))

    def model(**options):
        model = keras.Sequential([keras.Input((5, 3)), LSTM(2)])
        model.compile("sgd", "mse", **options)
        return model

    def masked():
        layer = LSTM(2)
        layer.build(X.shape)
        call = tf.function(lambda x, m: layer(x, mask=m))
        return runs(lambda: call(X, MASK))

    plain = model()
    first = model()
    compiled = model(jit_compile=True)
    sizes = [runs(lambda n=n: plain.predict_on_batch(X[:n])) for n in (1, 2, 3, 1)]
    fit = runs(lambda: first.fit(X, y, verbose=0))
    uneven = runs(lambda: model().fit(X, y, batch_size=2, verbose=0))
    jit = runs(lambda: compiled.predict(X, verbose=0))
    return sizes, fit, uneven, jit, masked()


@attack("precision.policy-object")
def objects():
    """As objects of four policies: the same configuration, types, weights and outputs?"""
    same = []
    for name in ("mixed_float16", "mixed_bfloat16", "float64", "float32"):
        keras.utils.set_random_seed(1)
        by_name = LSTM(2, dtype=name, recurrent_initializer="glorot_uniform")
        y = by_name(X)
        keras.utils.set_random_seed(1)
        policy = keras.DTypePolicy(name)
        layer = LSTM(2, dtype=policy, recurrent_initializer="glorot_uniform", name=by_name.name)
        same.append((close(layer(X), y, atol=0), layer.get_config() == by_name.get_config()))
    return same


@attack("precision.timestamps")
def seconds():
    """As int32, int64, float64 and float32, in a call, predict and with dropout: one number?"""
    moments = 1_700_000_000 + np.arange(61).reshape(61, 1, 1)
    seen = []
    for kind in ("int32", "int64", "float64", "float32"):
        layer = LSTM(2, kernel_initializer=keras.initializers.Constant(1e-10))
        x = moments.astype(kind)
        model = keras.Sequential([layer])
        seen.append([len(np.unique(y, axis=0)) for y in (layer(x), model.predict(x, verbose=0))])
    return seen


@attack("sequences.last-row")
def last_rows():
    """Masked, unrolled, backwards, zeroed: is the output the last row in all of them?"""
    names = ("unroll", "go_backwards", "zero_output_for_mask", "stateful")
    bad = []
    masks = {"none": None, "some": MASK, "numbers": np.where(MASK, 2.0, 0.0)}
    masks["all"] = np.zeros_like(MASK)
    masks["units"] = np.repeat(MASK[:, :, None], 4, axis=2)
    for flags in itertools.product((False, True), repeat=4):
        options = dict(zip(names, flags, strict=True))
        for name, mask in masks.items():
            rows, last = twins(**options, other={"return_sequences": True})[::-1]
            try:
                same = close(rows(X, mask=mask)[:, -1], last(X, mask=mask))
            except (ValueError, tf.errors.InvalidArgumentError):
                continue
            if not same:
                bad.append((name, *[n for n, flag in options.items() if flag]))
    return bad


@attack("sequences.only-final-states")
def added_tensors():
    """In Bidirectional, an RNN of cells, TimeDistributed; one sample with three states: two?"""
    many = [np.zeros((3, 4), "float32")] * 2
    shapes = [tuple(y.shape) for y in LSTM(4, return_state=True)(X[:1], initial_state=many)]
    return shapes, len(L.Bidirectional(LSTM(2, return_state=True))(X))


@attack("shapes.defaults-of-the-cell")
def documented():
    """What the documentation of LSTMCell says of defaults, beside what a cell is made with."""
    lines = [line.strip() for line in inspect.getdoc(L.LSTMCell).splitlines()]
    lines_of_defaults = [line for line in lines if "efault" in line]
    return lines_of_defaults, L.LSTMCell(2).get_config()


@attack("shapes.time-axis")
def remembered_on_the_batch_axis():
    """Stateful, and in TimeDistributed: does a sample of a batch see another one?"""
    stateful = LSTM(4, stateful=True)
    stateful.build(X.shape)
    other = X.copy()
    other[0] = 9
    first = np.array(stateful(X))
    stateful.reset_state()
    return close(first[1:], np.array(stateful(other))[1:], atol=0)


@attack("state.encoder-decoder")
def decoders():
    """Other lengths and features, in a call and in predict: does it start there?"""
    past = keras.Input((None, 3))
    future = keras.Input((None, 2))
    _, h, c = LSTM(4, return_state=True)(past)
    model = keras.Model([past, future], LSTM(4, name="decoder")(future, initial_state=[h, c]))
    states = keras.Model(past, [h, c])
    y = draw(3, 7, 2)
    expected = model.get_layer("decoder")(y, initial_state=list(states(X)))
    model.compile("sgd", "mse")
    return close(model([X, y]), expected), close(model.predict([X, y], verbose=0), expected)


@attack("state.fixed-batch-in-predict")
def smaller_last_batch():
    """Five samples in batches of three: is the last one refused?"""
    model = keras.Sequential([keras.Input(batch_shape=(3, 5, 3)), LSTM(2, stateful=True)])
    return outcome(lambda: model.predict(draw(5, 5, 3), batch_size=3, verbose=0).shape)


@attack("state.reset-of-stacked-cells")
def reset_of_two_cells():
    """RNN of two cells, stateful: does reset_state work?"""
    layer = L.RNN([L.LSTMCell(2), L.LSTMCell(3)], stateful=True)
    layer(X)
    return outcome(layer.reset_state)


@attack("symmetry.twins")
def twins_that_begin_apart():
    """Other initial states, a mask by units, dropout, 300 units: the same output?"""

    def same(units=4, **call):
        layer = LSTM(units, return_sequences=True, **call.pop("options", {}))
        layer.build(X.shape)
        weights = [w.reshape(*w.shape[:-1], 4, units) for w in layer.get_weights()]
        for weight in weights:
            weight[..., 1] = weight[..., 0]
        layer.set_weights([w.reshape(*w.shape[:-2], -1) for w in weights])
        y = np.array(layer(X, **call))
        return bool(np.array_equal(y[..., 0], y[..., 1]))

    state = [draw(3, 4), draw(4, 3).T]
    mask = np.repeat(MASK[:, :, None], 4, axis=2)
    mask[:, 0, 1] = ~mask[:, 0, 1]
    rates = {"dropout": 0.5, "recurrent_dropout": 0.5, "seed": 1}
    return {
        "states": same(initial_state=state),
        "mask": same(mask=mask),
        "dropout": same(options=rates, training=True),
        "units": same(300),
        "softmax": same(options={"activation": "softmax"}),
    }


@attack("symmetry.zero-row")
def features_beyond_the_type():
    """1e30 in float16, 1e300 in float32, under dropout, a Masking: more than rounding?"""

    def same(value, dtype="float32", masking=False, training=False, **options):
        layers = [LSTM(4, dtype=dtype, **options) for _ in range(2)]
        wide = np.concatenate([X, np.full((3, 5, 1), value)], axis=2)
        layers[0].build(X.shape)
        layers[1].build(wide.shape)
        kernel, recurrent, bias = layers[0].get_weights()
        layers[1].set_weights([np.concatenate([kernel, 0 * kernel[:1]]), recurrent, bias])
        inputs = [X, wide]
        if masking:
            x = np.where(MASK[:, :, None], X, np.float32(0))
            inputs = [L.Masking()(x), L.Masking()(np.append(x, wide[:, :, 3:], axis=2))]
        pairs = zip(layers, inputs, strict=True)
        return close(*(layer(x, training=training) for layer, x in pairs))

    return {
        "float16": same(1e30, "mixed_float16"),
        "float32": same(1e300),
        "largest": same(3e38),
        "dropout": same(1.0, dropout=0.5, seed=1, training=True),
        "masking": same(1.0, masking=True),
    }


@attack("trainer.class-and-sample-weight")
def both_weights():
    """In fit, train_on_batch, from a generator, a Dataset and a PyDataset: refused?"""
    model = keras.Sequential([keras.Input((5, 3)), LSTM(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    y = np.array([[0], [1], [0]])
    w = np.ones(3)
    weight = {"class_weight": {0: 1.0, 1: 2.0}, "verbose": 0}

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 1

        def __getitem__(self, index):
            return X, y, w

    dataset = tf.data.Dataset.from_tensors((X, y, w))
    calls = [
        lambda: model.fit(X, y, sample_weight=w, **weight),
        lambda: model.train_on_batch(X, y, sample_weight=w, class_weight={0: 1.0, 1: 2.0}),
        lambda: model.fit(iter([(X, y, w)] * 3), steps_per_epoch=1, **weight),
        lambda: model.fit(dataset, **weight),
        lambda: model.fit(Batches(), **weight),
    ]
    return [outcome(call)[:60] for call in calls]


@attack("trainer.epochs-anew")
def in_many_ways():
    """With steps_per_execution, a generator, and validation: the loss of each epoch's batches?"""

    def losses(**options):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((5, 3)), LSTM(2)])
        model.compile(keras.optimizers.SGD(0.0), "mse", metrics=["mae"], **options)
        call = {"epochs": 3, "verbose": 0, "batch_size": 1, "shuffle": False}
        first = model.fit(X, np.zeros((3, 2)), **call).history
        second = model.fit(X, np.zeros((3, 2)), **call).history
        return np.ptp(first["loss"] + second["loss"]), np.ptp(first["mae"] + second["mae"])

    return losses(), losses(steps_per_execution=2), losses(run_eagerly=True)


@attack("trainer.mask-in-the-loss")
def losses_of_other_reductions():
    """With "sum", "mean_with_sample_weight" and a function of one number: the mean?"""

    def loss(given):
        model = keras.Sequential([keras.Input((5, 3)), L.Masking(), LSTM(2, return_sequences=True)])
        model.set_weights([np.ones_like(w) for w in model.get_weights()])
        model.compile("sgd", given)
        x = np.where(MASK[:, :, None], X, np.float32(0))
        y = np.array(model(x))
        value = model.evaluate(x, np.zeros((3, 5, 2)), verbose=0)
        return round(float(value / np.mean(y[MASK] ** 2)), 3)

    error = keras.losses.MeanSquaredError
    reductions = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight")
    return [loss(error(reduction=r)) for r in reductions] + [
        loss(lambda y, z: keras.ops.mean((y - z) ** 2))
    ]


@attack("trainer.mirrored")
def replicas():
    """A mask of unequal lengths, dropout, BatchNormalization, a summed loss: as one device?"""
    ended = subprocess.run([sys.executable, "-c", MIRRORED], capture_output=True, text=True)
    return (ended.stdout or ended.stderr).strip().splitlines()[-1]


@attack("trainer.several-outputs")
def sums():
    """Weights in a list and a dictionary, masks, sample weights, add_loss: the sum?"""
    x = keras.Input((5, 3))
    a = LSTM(2, name="a")(x)
    b = LSTM(3, name="b")(x)
    y = [np.ones((3, 2)), np.ones((3, 3))]
    seen = []
    for weights in ([2.0, 0.5], {"a": 2.0, "b": 0.5}, [2.0, 0.0], None):
        model = keras.Model(x, {"a": a, "b": b} if isinstance(weights, dict) else [a, b])
        targets = {"a": y[0], "b": y[1]} if isinstance(weights, dict) else y
        losses = {"a": "mse", "b": "mae"} if isinstance(weights, dict) else ["mse", "mae"]
        model.compile("sgd", losses, loss_weights=weights)
        reported = model.evaluate(X, targets, batch_size=2, verbose=0, return_dict=True)
        factors = {"a": 2.0, "b": 0.5} if isinstance(weights, dict) else weights or [1.0, 1.0]
        factors = list(factors.values()) if isinstance(factors, dict) else factors
        total = factors[0] * reported["a_loss"] + factors[1] * reported["b_loss"]
        seen.append(round(reported["loss"] - total, 5))
    return seen


@attack("trainer.stretched-targets")
def losses_that_stretch():
    """Eight losses: is one target taken for three outputs, and the reverse?"""
    names = ["mse", "mae", "mape", "msle", "huber", "log_cosh", "poisson", "cosine_similarity"]
    seen = {}
    for name, (units, width) in itertools.product(names, ((3, 1), (1, 3))):
        model = keras.Sequential([keras.Input((5, 3)), LSTM(units)])
        model.compile("sgd", name)
        targets = np.full((3, width), 0.5)
        y = np.broadcast_to(np.array(model(X)), (3, 3))
        expected = np.mean(np.array(keras.losses.get(name)(targets + np.zeros((3, 3)), y)))
        value = outcome(lambda m=model, t=targets: m.evaluate(X, t, verbose=0))
        seen[name, width] = value[:8], round(float(expected), 5)
    return seen


@attack("trainer.weight-column")
def columns():
    """Weights of both shapes for sequences, with as many samples as timesteps: what is weighed?"""
    x = draw(5, 5, 3)
    model = keras.Sequential([keras.Input((5, 3)), LSTM(2, return_sequences=True)])
    model.compile("sgd", "mse")
    error = np.mean(np.array(model(x)) ** 2, axis=2)
    w = np.arange(5.0)
    reported = [
        model.evaluate(x, np.zeros((5, 5, 2)), sample_weight=s, batch_size=5, verbose=0)
        for s in (w[:, None], np.tile(w, (5, 1)))
    ]
    return np.round(reported, 5), np.round([np.mean(error * w[:, None]), np.mean(error * w)], 5)


@attack("training.reproducible")
def large_trainings():
    """Units 1 to 300, an Embedding, dropout, a Dataset that shuffles, workers: to the last bit?"""

    def trained(units, layers=(), x=None, **options):
        keras.utils.set_random_seed(3)
        x = draw(64, 20, 3) if x is None else x
        model = keras.Sequential([*(make() for make in layers), LSTM(units, **options)])
        model.compile("adam", "mse")
        data = tf.data.Dataset.from_tensor_slices((x, np.zeros((64, units), "float32")))
        model.fit(data.shuffle(64).batch(16), epochs=2, verbose=0)
        return model.get_weights()

    ids = np.random.RandomState(1).randint(0, 7, (64, 20))
    kinds = [
        lambda: trained(1),
        lambda: trained(300),
        lambda: trained(8, dropout=0.5, recurrent_dropout=0.3),
        lambda: trained(8, [lambda: L.Embedding(7, 4, mask_zero=True)], ids),
    ]
    return [close(kind(), kind(), atol=0) for kind in kinds]


@attack("training.state-gradient")
def gradients_of_states():
    """Unrolled, masked, in a graph, by implementation: does it agree with a difference?"""
    bad = []
    flags = itertools.product((False, True), (1, 2), (None, MASK))
    for unroll, implementation, mask in flags:
        options = {"unroll": unroll, "implementation": implementation, "dtype": "float64"}
        layer = LSTM(4, **options)
        h, c = (tf.Variable(v.astype("float64")) for v in (draw(3, 4), draw(4, 3).T))

        @tf.function
        def loss(h, c, layer=layer, mask=mask):
            return tf.reduce_sum(layer(X, initial_state=[h, c], mask=mask) ** 2)

        with tf.GradientTape() as tape:
            value = loss(h, c)
        slopes = tape.gradient(value, [h, c])
        step = np.zeros((3, 4))
        step[1, 2] = 1e-5
        for k in range(2):
            ends = [loss(*(s + d * step * (i == k) for i, s in enumerate((h, c)))) for d in (1, -1)]
            if abs(float(ends[0] - ends[1]) / 2e-5 - float(slopes[k][1, 2])) > 1e-6:
                bad.append((unroll, implementation, mask is not None, k))
    return bad


@attack("weights.recurrent-rows")
def rows_of_every_size():
    """1 to 300 units in four types, in roundings: how far from orthonormal?"""
    seen = {}
    for units, dtype in itertools.product((1, 5, 64, 300), ("float32", "float64", "float16")):
        layer = LSTM(units, dtype=dtype)
        layer.build((1, 1, 1))
        rows = layer.get_weights()[1].astype("float64")
        error = np.abs(rows @ rows.T - np.eye(units)).max()
        seen[units, dtype] = round(float(error / np.finfo(dtype).eps), 1)
    return seen


@attack("weights.round-trip")
def bits():
    """NaN, -0, subnormals, infinities, with constraints and in four types: every bit?"""
    odd = np.array([np.nan, -0.0, 1e-45, np.inf, -np.inf, 1e-320, -np.nan, 3e38])
    same = []
    options = [{"dtype": name} for name in ("float32", "float64", "float16", "mixed_bfloat16")]
    options += [{"kernel_constraint": "non_neg", "bias_constraint": "unit_norm"}]
    for option in options:
        layer = LSTM(2, recurrent_initializer="glorot_uniform", **option)
        layer.build((1, 1, 1))
        with np.errstate(all="ignore"):
            kind = layer.variable_dtype
            given = [np.resize(odd, w.shape).astype(kind) for w in layer.get_weights()]
        layer.set_weights(given)
        pairs = zip(given, layer.get_weights(), strict=True)
        same.append([a.tobytes() == b.tobytes() for a, b in pairs])
    return same


@attack("weights.shared")
def two_inputs():
    """Two inputs of other lengths, trained: does it have three weights?"""
    inputs = [keras.Input((None, 3)), keras.Input((7, 3))]
    layer = LSTM(2)
    model = keras.Model(inputs, [layer(x) for x in inputs])
    model.compile("sgd", "mse")
    model.fit([X, draw(3, 7, 3)], [np.zeros((3, 2))] * 2, verbose=0)
    alone = close(model([X, draw(3, 7, 3)])[0], layer(X))
    return len(model.weights), alone


@attack("wrappers.documented-example")
def examples():
    """The code in the docstring of Bidirectional, compiled: which part is refused?"""
    parts = [c.removeprefix("python") for c in inspect.getdoc(L.Bidirectional).split("```")[1::2]]
    return [outcome(lambda c=c: compile(c, "x", "exec")) for c in parts]


@attack("wrappers.stack-stateful")
def backwards_in_pieces():
    """With go_backwards, dropout in training, a mask: does it end as if fed the whole?"""

    def same(cell=None, call=None, **options):
        cells = [[L.LSTMCell(2, **(cell or {})), L.LSTMCell(3, **(cell or {}))] for _ in range(2)]
        whole, pieces = (L.RNN(c, stateful=True, **options) for c in cells)
        whole.build(X.shape)
        pieces.build((3, 2, 3))
        pieces.set_weights(whole.get_weights())
        expected = whole(X, **(call or {}))
        pieces(X[:, :2], **(call or {}))
        return close(expected, pieces(X[:, 2:], **(call or {})))

    drops = same({"dropout": 0.5, "seed": 1}, {"training": True})
    return same(), same(go_backwards=True), drops, same(unroll=True)


@attack("wrappers.stack-states")
def states_of_other_cells():
    """Of GRU cells, in Bidirectional, a stack in a stack, one cell: [h, c] for each?"""

    def forms(cells):
        returned = L.RNN(cells, return_state=True)(X)
        return [
            tuple(np.shape(s) for s in state) if isinstance(state, (list, tuple)) else "one"
            for state in returned[1:]
        ]

    inner = L.StackedRNNCells([L.LSTMCell(2), L.LSTMCell(3)])
    return (
        forms([L.LSTMCell(2), L.LSTMCell(3)]),
        forms([L.GRUCell(2), L.LSTMCell(3)]),
        outcome(lambda: forms([inner, L.LSTMCell(3)])),
        outcome(lambda: forms([L.LSTMCell(3)])),
    )


@attack("wrappers.states-of-both")
def one_half_built():
    """One of the layers built, by itself, and both: what are the states?"""
    layer = L.Bidirectional(LSTM(2, stateful=True))
    seen = [outcome(lambda: layer.states)]
    layer.forward_layer.build((3, 5, 3))
    seen.append(outcome(lambda: layer.states)[:60])
    layer.backward_layer.build((3, 5, 3))
    seen.append(outcome(lambda: len(layer.states)))
    second = L.Bidirectional(LSTM(2, stateful=True))
    second.backward_layer.build((3, 5, 3))
    return [*seen, outcome(lambda: second.states)[:60]]


@attack("wrappers.two-directions-needed")
def directions():
    """Of LSTM, GRU and RNN, alone backwards and in one direction: refused?"""
    kinds = [
        lambda **o: LSTM(2, **o),
        lambda **o: L.GRU(2, **o),
        lambda **o: L.RNN(L.LSTMCell(2), **o),
        lambda **o: L.RNN([L.LSTMCell(2), L.LSTMCell(2)], **o),
    ]
    back = {"go_backwards": True}
    return [
        [
            outcome(lambda k=k: L.Bidirectional(k(**back)))[:10],
            outcome(lambda k=k: L.Bidirectional(k(), backward_layer=k()))[:10],
            outcome(lambda k=k: L.Bidirectional(k(**back), backward_layer=k(**back)))[:10],
        ]
        for k in kinds
    ]
