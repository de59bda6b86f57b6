"""Attacks on 40 claims drawn with the hash of a commit, knowing nothing but their sentences.

What came of them was judged by hand: see draws.toml.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import re

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome

L, LSTM = keras.layers, keras.layers.LSTM
MASK = np.array([[1, 1, 1, 0, 0], [0, 0, 1, 1, 1], [1, 0, 1, 0, 1]], bool)


def draw(*shape):
    """Return numbers, the same for each shape."""
    return np.random.RandomState(sum(shape)).randn(*shape).astype("float32")


X = draw(3, 5, 3)


def close(y, z, atol=1e-4):
    """Say whether two structures of tensors are equal, but for rounding."""
    pairs = zip(keras.tree.flatten(y), keras.tree.flatten(z), strict=True)
    return all(np.allclose(np.array(a), np.array(b), atol=atol, equal_nan=True) for a, b in pairs)


def twins(x=X, layer_class=LSTM, other=None, **options):
    """Return two layers of the same options but for `other`, with the same weights."""
    layers = layer_class(4, **options), layer_class(4, **{**options, **(other or {})})
    for layer in layers:
        layer.build(x.shape)
    layers[1].set_weights(layers[0].get_weights())
    return layers


def runs(call):
    """Return how often the Python code of a cell runs."""
    original = L.LSTMCell.call
    count = []

    def counted(self, *given, **named):
        count.append(1)
        return original(self, *given, **named)

    counted.__signature__ = inspect.signature(original)
    L.LSTMCell.call = counted
    try:
        call()
    finally:
        L.LSTMCell.call = original
    return len(count)


@attack("dropout.all-dropped-by-gate")
def by_implementation():
    """Both implementations, looped and unrolled: no difference between two inputs?"""
    options = [{"implementation": k, "unroll": u} for k in (1, 2) for u in (False, True)]
    rates = {"dropout": 1.0, "recurrent_dropout": 0.5, "seed": 1}
    both = [(twins(**rates, **option)) for option in options]
    return [close(first(X, training=True), two(-5 * X, training=True)) for first, two in both]


@attack("dropout.global-seed")
def of_every_kind():
    """In a loop, unrolled, by gate, in Bidirectional, RNN, a stack, a graph, fit: the same?"""

    def trained(layer):
        keras.utils.set_random_seed(7)
        model = keras.Sequential([layer()])
        model.compile("sgd", "mse")
        model.fit(X, np.zeros((3, 4)), epochs=2, batch_size=2, verbose=0)
        return model.get_weights()

    kinds = [
        lambda: LSTM(4, dropout=0.5),
        lambda: LSTM(4, recurrent_dropout=0.5, unroll=True),
        lambda: L.Bidirectional(LSTM(2, dropout=0.5)),
        lambda: L.RNN(L.LSTMCell(4, dropout=0.5)),
    ]
    return [close(trained(kind), trained(kind), atol=0) for kind in kinds]


@attack("gates.linear-near-zero")
def linear_functions():
    """300 timesteps, hard_sigmoid, a given state, relu: f(x + 2 z) = f(x) + 2 f(z)?"""

    def linear(steps=5, state=None, **options):
        layer = LSTM(4, use_bias=False, **options)
        x = draw(1, steps, 3)
        z = -draw(1, steps, 3)[::-1]
        y = [np.array(layer(v * 1e-4, initial_state=state)) * 1e4 for v in (x, z, x + 2 * z)]
        return close(y[2], y[0] + 2 * y[1], atol=1e-2)

    state = [np.ones((1, 4), "float32")] * 2
    hard = linear(recurrent_activation="hard_sigmoid")
    return linear(300), hard, linear(state=state), linear(activation="relu")


@attack("masking.attached-with-state")
def attached():
    """Masking, with a state: the same as with the mask as an argument?"""
    layer = LSTM(4)
    x = X * MASK[:, :, None]
    state = [np.ones((3, 4), "float32")] * 2
    return close(
        layer(L.Masking()(x), initial_state=state), layer(x, mask=MASK, initial_state=state)
    )


@attack("masking.padding-side")
def kinds_of_padding():
    """Zero, NaN, infinity in front and behind, with nine options: which change the output?"""
    options = [{}, {"unroll": True}, {"go_backwards": True}, {"implementation": 1}]
    options += [{"dtype": "float16"}, {"activation": "relu"}, {"return_state": True}]
    options += [{"dropout": 0.5, "recurrent_dropout": 0.5, "seed": 1}, {"use_bias": False}]
    bad = []
    for option, value, front in itertools.product(options, (0, np.nan, np.inf), (0, 4)):
        first, two = twins(**option)
        width = [(0, 0), (front, 4 - front), (0, 0)]
        mask = np.pad(np.ones((3, 5), bool), width[:2])
        training = "dropout" in option
        y = two(np.pad(X, width, constant_values=value), mask=mask, training=training)
        if not close(first(X, training=training), y, atol=1e-3):
            bad.append((option, value, front))
    return bad


@attack("masking.puts-zeros")
def mask_values():
    """Infinite, tiny, huge and negative mask values, in three types: zeros?"""
    values = [np.inf, -np.inf, 1e-45, -1.0, 7.5]
    types = ["float32", "float64", "float16"]
    return [
        bool(np.any(L.Masking(v, dtype=t)(np.full((1, 1, 1), v, t))))
        for v, t in itertools.product(values, types)
    ]


@attack("models.attention-of-lstm")
def masked_attention():
    """With masked LSTM outputs, and by score_mode="concat": the mean over all of them?"""
    outputs = LSTM(4, return_sequences=True)(L.Masking()(X * MASK[:, :, None]))
    query = draw(3, 2, 4)
    values = np.array(outputs)
    products = query @ values.transpose(0, 2, 1)
    weights = np.exp(products) / np.exp(products).sum(-1, keepdims=True)
    layers = L.Attention(), L.Attention(score_mode="concat")
    return [close(layer([query, outputs]), weights @ values) for layer in layers]


@attack("models.drawn-merges")
def two_masks():
    """Concatenate and Add of inputs padded to different lengths: which timesteps are read?"""
    read = []
    for merge in (L.Concatenate(), L.Add()):
        a = X[:1].copy()
        b = 2 * X[:1]
        layer = LSTM(2)
        a[:, 4:] = 0
        b[:, 3:] = 0
        y = layer(merge([L.Masking()(a), L.Masking()(b)]))
        merged = np.array(merge([a, b]))
        read.append([n for n in range(1, 6) if close(y, layer(merged[:, :n]))])
    return read


@attack("modes.compiled")
def in_graphs():
    """Eight options, with a mask, called twice, in float16 too: the same as eagerly?"""
    options = [{}, {"unroll": True}, {"go_backwards": True}, {"stateful": True}]
    options += [{"dtype": "float16"}, {"dropout": 0.5, "seed": 1}, {"implementation": 1}]
    options += [{"zero_output_for_mask": True, "return_sequences": True}]
    bad = []
    for option in options:
        first, two = twins(return_state=True, **option)
        training = "dropout" in option
        graph = tf.function(lambda x: two(x, mask=MASK, training=training))
        pairs = [(first(X, mask=MASK, training=training), graph(X)) for _ in range(2)]
        bad += [option for y, z in pairs if not close(y, z, atol=1e-2)]
    return bad


@attack("modes.compiled")
def a_state_of_one_row():
    """An initial state of one row for three samples, eagerly and in a graph."""
    layer = LSTM(2)
    state = [np.ones((1, 2), "float32")] * 2
    graph = tf.function(lambda x: layer(x, initial_state=state))
    return layer(X, initial_state=state).shape, outcome(lambda: graph(X).shape)[:40]


@attack("modes.eager-runs")
def eager_loops():
    """One to 50 timesteps, masked, stateful, with dropout, backwards: how many runs more?"""
    options = [{}, {"stateful": True}, {"dropout": 0.5}, {"go_backwards": True}]
    options += [{"implementation": 1}, {"dtype": "float16"}]
    more = set()
    for option, steps in itertools.product(options, (1, 2, 50)):
        layer = LSTM(2, **option)
        x = draw(3, steps, 3)
        layer.build(x.shape)
        more.add(runs(lambda: layer(x)) - steps)
        more.add(runs(lambda: layer(x, mask=np.ones((3, steps), bool))) - steps)
    return more


@attack("modes.no-cudnn-lstm")
def names_with_cudnn():
    """Names in keras.layers that speak of cuDNN."""
    return [name for name in dir(L) if "cudnn" in name.lower()]


@attack("modes.symbolic-call")
def symbols():
    """Nine kinds of layer, a mask, a state, training=True: how often does a cell run?"""
    kinds = [LSTM(2), LSTM(2, unroll=True), LSTM(2, return_state=True), LSTM(2, stateful=True)]
    kinds += [L.RNN(L.LSTMCell(2)), L.Bidirectional(LSTM(2)), keras.Sequential([LSTM(2)])]
    kinds += [L.RNN([L.LSTMCell(2)] * 2)]
    symbol = keras.Input(batch_shape=(2, 4, 3))
    state = [keras.Input((2,)) for _ in range(2)]
    counts = [runs(lambda kind=kind: kind(symbol)) for kind in kinds]
    counts.append(runs(lambda: LSTM(2)(keras.Input((4, 3)), initial_state=state)))
    counts.append(runs(lambda: LSTM(2, dropout=0.5)(L.Masking()(symbol), training=True)))
    return counts


@attack("precision.double-gelu")
def doubles_through_gelu():
    """float64 with gelu, beside the formula with erf."""
    from math import erf

    layer = LSTM(1, activation="gelu", dtype="float64", return_state=True)
    layer.build((1, 1, 1))
    layer.set_weights([np.ones((1, 4)), np.zeros((1, 4)), np.zeros(4)])
    c = float(layer(np.ones((1, 1, 1)))[2][0, 0])
    i = 1 / (1 + np.exp(-1.0))
    return abs(c - i * 0.5 * (1 + erf(2**-0.5))) < 1e-15


@attack("precision.infinite-times-zero")
def activations_of_infinity():
    """Nine activations, three of gates, each gate: is the unit NaN?"""
    numbers = ["tanh", "relu", "linear", "hard_sigmoid", "relu6", "elu", "gelu", "softplus", "silu"]
    bad = []
    gates = ["sigmoid", "hard_sigmoid", "relu6"]
    for activation, gate, k in itertools.product(numbers, gates, range(4)):
        layer = LSTM(2, activation=activation, recurrent_activation=gate)
        layer.build((1, 3, 2))
        kernel, *others = layer.get_weights()
        kernel[1, 2 * k] = 0
        layer.set_weights([kernel, *others])
        x = np.ones((1, 3, 2), "float32")
        x[0, 1, 1] = np.inf
        if not np.isnan(layer(x)[0, 0]):
            bad.append((activation, gate, k))
    return bad


@attack("precision.policy-object")
def by_name_and_object():
    """The output, the configuration and the types of the weights: the same?"""
    first, two = twins(dtype=keras.DTypePolicy("mixed_float16"), other={"dtype": "mixed_float16"})
    same = first.get_config() | {"name": ""} == two.get_config() | {"name": ""}
    types = [w.dtype for w in first.weights] == [w.dtype for w in two.weights]
    return close(first(X), two(X), atol=0), same, types


@attack("saving.clone-model")
def seeded_initializers():
    """Initializers with a seed of their own, and initializers that draw nothing: new weights?"""
    seeded = {"kernel_initializer": keras.initializers.GlorotUniform(seed=1)}
    same = []
    for options in (seeded, {"kernel_initializer": "ones"}):
        model = keras.Sequential([keras.Input((None, 3)), LSTM(2, **options)])
        clone = keras.models.clone_model(model)
        same.append(close(model.get_weights()[0], clone.get_weights()[0], atol=0))
    return same


@attack("shapes.integers")
def every_whole_number():
    """Nine types, in layers of four types, unrolled too: another output than of floats?"""
    types = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool"]
    layers = ["float32", "float64", "float16", "mixed_float16"]
    bad = []
    for kind, dtype, unroll in itertools.product(types, layers, (False, True)):
        layer = LSTM(2, dtype=dtype, unroll=unroll)
        x = (abs(X) * 3).astype(kind)
        result = outcome(lambda: close(layer(x), layer(x.astype("float32")), atol=0))
        if result != "True":
            bad.append((kind, dtype, unroll, result[:60]))
    return bad


@attack("shapes.return-sequences")
def extreme_sizes():
    """No sample, one of all, 1,000 timesteps with 300 units, and no timestep."""
    sizes = [(0, 3, 2, 4), (1, 1, 1, 1), (1, 1000, 1, 300), (2, 0, 1, 1)]
    return [
        outcome(lambda b=b, t=t, f=f, u=u: LSTM(u, return_sequences=True)(draw(b, t, f)).shape)[:40]
        for b, t, f, u in sizes
    ]


@attack("state.assignable")
def every_way_to_go_on():
    """Unrolled, backwards, as RNN, in a graph, in predict: from the state that was assigned?"""
    h = draw(2, 4)
    c = draw(4, 2).reshape(2, 4)
    x = draw(2, 5, 3)
    same = []
    for options in ({}, {"unroll": True}, {"go_backwards": True}):
        first, two = twins(x, other={"stateful": True}, **options)
        model = keras.Sequential([keras.Input(batch_shape=x.shape), two])
        for run in (two, tf.function(lambda v: two(v)), lambda v: model.predict(v, verbose=0)):
            two.states[0].assign(h)
            two.states[1].assign(c)
            same.append(close(run(x), first(x, initial_state=[h, c])))
    return same


@attack("state.no-reset-of-models")
def names_of_models():
    """Names of three kinds of model that speak of resetting."""
    models = [keras.Sequential([LSTM(2)]), keras.Model(), keras.Model(*[keras.Input((1, 2))] * 2)]
    return [[name for name in dir(model) if name.startswith("reset")] for model in models]


@attack("symmetry.own-columns")
def with_softmax():
    """NaN in the columns of a unit; and softmax as an activation: do other units change?"""
    changed = []
    x = X[:, :1]
    for options, value in (({}, np.nan), ({}, np.inf), ({"activation": "softmax"}, 5.0)):
        first, two = twins(x, **options)
        weights = two.get_weights()
        for weight in weights:
            weight[..., 1::4] = value
        two.set_weights(weights)
        others = [np.delete(np.array(layer(x)), 1, axis=1) for layer in (first, two)]
        changed.append(not np.array_equal(*others))
    return changed


@attack("trainer.ctc")
def sums_over_paths():
    """Padded labels, repeated labels, labels that do not fit: -log of the sum over all paths?"""
    logits = np.array(LSTM(3, return_sequences=True)(draw(2, 4, 2)))
    p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    same = []
    for labels in ([[1, 2], [2, 0]], [[1, 1], [2, 2]], [[1, 1, 1], [2, 1, 0]]):
        total = [0.0, 0.0]
        for path, k in itertools.product(itertools.product(range(3), repeat=4), range(2)):
            spelt = [label for label, _ in itertools.groupby(path) if label]
            if spelt == [label for label in labels[k] if label]:
                total[k] += np.prod([p[k, t, label] for t, label in enumerate(path)])
        with np.errstate(divide="ignore"):
            loss = keras.losses.CTC(reduction=None)(np.array(labels), logits)
            same.append((np.array(loss).round(3).tolist(), (-np.log(total)).round(3).tolist()))
    return same


@attack("trainer.mask-in-metrics")
def metrics_of_masked_targets():
    """By name and by object, as metrics and as weighted_metrics: do masked targets count?"""
    x = X * MASK[:, :, None]
    objects = [keras.metrics.MeanSquaredError(), keras.metrics.RootMeanSquaredError()]
    counted = {}
    for metrics, where in itertools.product((["mse"], objects), ("metrics", "weighted_metrics")):
        model = keras.Sequential([L.Masking(), LSTM(1, return_sequences=True)])
        model.compile(loss="mse", **{where: metrics})
        y = np.ones((3, 5, 1))
        z = np.where(MASK[:, :, None], y, 99.0)
        a, b = (model.evaluate(x, v, verbose=0, return_dict=True) for v in (y, z))
        counted |= {f"{name} in {where}": not np.isclose(a[name], b[name]) for name in a}
    return counted


@attack("trainer.second-fit")
def optimizers_that_remember():
    """Seven optimizers, stateful layers: 2 + 2 epochs are 4?"""
    same = []
    for name in ("sgd", "adam", "rmsprop", "adamw", "nadam", "lion", "ftrl"):
        models = []
        for fits in ((4,), (2, 2)):
            keras.utils.set_random_seed(1)
            layers = [keras.Input(batch_shape=(2, 5, 3)), LSTM(2, stateful=True)]
            models.append(keras.Sequential(layers))
            models[-1].compile(name, "mse")
            for n in fits:
                models[-1].fit(X[:2], np.ones((2, 2)), epochs=n, shuffle=False, verbose=0)
        same.append(close(*(model.get_weights() for model in models), atol=1e-6))
    return same


@attack("trainer.several-outputs")
def with_a_penalty():
    """What of the reported loss is neither the one loss nor the other, without and with L2."""
    rest = []
    for penalty in (None, "l2"):
        x = keras.Input((5, 3))
        outputs = [LSTM(2, name="a", kernel_regularizer=penalty)(x), LSTM(1, name="b")(x)]
        model = keras.Model(x, outputs)
        model.compile("sgd", ["mse", "mae"], loss_weights=[2.0, 3.0])
        seen = model.evaluate(X, [np.ones((3, 2)), np.ones((3, 1))], verbose=0, return_dict=True)
        rest.append(round(seen["loss"] - 2 * seen["a_loss"] - 3 * seen["b_loss"], 3))
    return rest


@attack("trainer.target-axis")
def losses_of_ones_own():
    """Six losses, functions and classes of one's own, sample weights: the same training?"""

    class Own(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return keras.ops.mean((y_true - y_pred) ** 2, axis=-1)

    losses = ["mse", "binary_crossentropy", "hinge", "huber", "poisson", "cosine_similarity"]
    losses += [lambda y, p: keras.ops.mean((y - p) ** 2, axis=-1), Own()]
    bad = []
    for loss, weights in itertools.product(losses, (None, np.arange(3.0))):
        trained = []
        for y in (np.arange(3.0) % 2, np.arange(3.0)[:, None] % 2):
            keras.utils.set_random_seed(1)
            model = keras.Sequential([keras.Input((5, 3)), LSTM(3), L.Dense(1, "sigmoid")])
            model.compile("sgd", loss)
            model.train_on_batch(X, y, sample_weight=weights)
            trained.append(model.get_weights())
        if not close(*trained, atol=1e-6):
            bad.append((getattr(loss, "__name__", str(loss)), weights is not None))
    return bad


@attack("training.clipping")
def huge_gradients():
    """A loss of 1e30: is the step of SGD the gradient?"""
    layer = LSTM(2)
    model = keras.Sequential([keras.Input((5, 3)), layer])
    model.compile(keras.optimizers.SGD(1.0), lambda y, p: 1e30 * keras.ops.sum(p))
    before = model.get_weights()
    with tf.GradientTape() as tape:
        loss = 1e30 * tf.reduce_sum(layer(X))
    gradient = tape.gradient(loss, [weight.value for weight in layer.weights])
    model.train_on_batch(X, np.zeros((3, 2)))
    pairs = zip(before, model.get_weights(), gradient, strict=True)
    return [bool(np.allclose((a - b), g, rtol=1e-4)) for a, b, g in pairs]


@attack("training.forgotten-gradient")
def many_timesteps():
    """Forget gates from 0.05 to 0.99, 5 to 300 timesteps: f**T?"""
    same = []
    for bias, steps in ((0.0, 5), (-3.0, 10), (5.0, 300)):
        layer = LSTM(2, dtype="float64", return_state=True, recurrent_initializer="zeros")
        layer.build((1, steps, 3))
        kernel, recurrent, b = layer.get_weights()
        kernel[:, 2:4] = 0
        b[2:4] = bias
        layer.set_weights([kernel, recurrent, b])
        h = tf.zeros((1, 2), "float64")
        c = tf.ones((1, 2), "float64")
        with tf.GradientTape() as tape:
            tape.watch(c)
            last = layer(draw(1, steps, 3), initial_state=[h, c])[2]
        f = 1 / (1 + np.exp(-bias))
        same.append(bool(np.allclose(tape.gradient(last, c), f**steps, rtol=1e-9)))
    return same


@attack("training.recall")
def other_optimizers():
    """The error after 150 batches, beside the variance 0.33, with four optimizers as they come."""
    errors = {}
    for name in ("sgd", "adam", "rmsprop", "adamw"):
        keras.utils.set_random_seed(1)
        numbers = np.random.RandomState(1).uniform(-1, 1, (150 * 32, 8, 1))
        model = keras.Sequential([keras.Input((8, 1)), LSTM(8), L.Dense(1)])
        model.compile(name, "mse")
        model.fit(numbers, numbers[:, 0], verbose=0)
        errors[name] = round(model.evaluate(numbers, numbers[:, 0], verbose=0), 3)
    return errors


@attack("training.unrolled")
def gradients():
    """Eight options, a mask, NaN below it: the same gradients?"""
    options = [{}, {"go_backwards": True}, {"return_sequences": True}, {"implementation": 1}]
    options += [{"dropout": 0.5, "recurrent_dropout": 0.5, "seed": 1}, {"stateful": True}]
    options += [{"return_sequences": True, "zero_output_for_mask": True}]
    options += [options[-1] | {"go_backwards": True}]
    bad = []
    for option, value in itertools.product(options, (0.0, np.nan)):
        pair = twins(other={"unroll": True}, **option)
        gradients = []
        x = tf.constant(np.where(MASK[:, :, None], X, value).astype("float32"))
        for layer in pair:
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(layer(x, mask=MASK, training="seed" in option) ** 2)
            gradients.append(
                tape.gradient(loss, [weight.value for weight in layer.trainable_weights])
            )
        if not close(*gradients):
            bad.append((option, value))
    return bad


@attack("weights.initial-bias")
def in_other_layers():
    """In half precision, unrolled, in Bidirectional and RNN: ones in the second of four parts?"""
    kinds = [LSTM(2, unroll=True), L.Bidirectional(LSTM(2)), L.RNN(L.LSTMCell(2))]
    kinds += [LSTM(2, dtype="mixed_bfloat16")]
    biases = []
    for layer in kinds:
        layer.build((1, 5, 3))
        biases += [np.array(w).tolist() for w in layer.weights if w.name.endswith("bias")]
    return all(bias == [0, 0, 1, 1, 0, 0, 0, 0] for bias in biases)


@attack("weights.wrong-shape")
def other_ways_to_set():
    """Arrays of seven shapes by set_weights and assign; and by an assignment to the attribute."""
    shapes = [(), (1,), (8,), (1, 8), (3, 1), (8, 3), (3, 8, 1)]
    results = set()
    for shape in shapes:
        layer = LSTM(2)
        layer.build((1, 5, 3))
        wrong = np.ones(shape, "float32")
        results.add(outcome(lambda: layer.set_weights([wrong, *layer.get_weights()[1:]]))[:10])
        results.add(outcome(lambda: layer.cell.kernel.assign(wrong))[:10])
    results.add(f"attribute: {outcome(lambda: setattr(layer.cell, 'kernel', wrong))}")
    return results


@attack("wrappers.documented-example")
def example_of_the_documentation():
    """Does Python read it?"""
    code = re.findall("```python\n(.*?)```", inspect.getdoc(L.Bidirectional), re.DOTALL)
    return [outcome(lambda: ast.parse(part)) for part in code]


@attack("wrappers.time-reversal")
def returned_sequences():
    """With return_sequences=True: are the halves exchanged, or exchanged and turned round?"""
    first, two = twins(layer_class=lambda n: L.Bidirectional(LSTM(n, return_sequences=True)))
    weights = first.get_weights()
    two.set_weights(weights[3:] + weights[:3])
    (f, b), (g, c) = (np.split(np.array(y), 2, axis=2) for y in (first(X), two(X[:, ::-1])))
    return close([f, b], [c, g]), close([f[:, ::-1], b[:, ::-1]], [c, g])


@attack("wrappers.use-cudnn-handed-on")
def explicit_backward_layer():
    """With a backward_layer of another use_cudnn: have both that of the first argument?"""
    pairs = itertools.product(("auto", True, False), repeat=2)
    layers = [
        L.Bidirectional(
            LSTM(2, use_cudnn=a), backward_layer=LSTM(2, go_backwards=True, use_cudnn=b)
        )
        for a, b in pairs
    ]
    return [(layer.forward_layer.use_cudnn, layer.backward_layer.use_cudnn) for layer in layers]


@attack("wrappers.weights-argument")
def given_weights():
    """In a call and in a model: are the weights those given?"""
    wrapper = L.Bidirectional(LSTM(2))
    other = None
    wrapper.build(X.shape)
    halves = [np.full_like(weight, 0.5) for weight in wrapper.get_weights()]
    other = L.Bidirectional(LSTM(2), weights=halves)
    other(X)
    return close(other.get_weights(), halves)
