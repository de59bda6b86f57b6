"""Attacks on the claims of the chapter `training`."""

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import X

LSTM = keras.layers.LSTM


def model_of(*layers, optimizer="sgd", loss="mse"):
    """Return a compiled Sequential model."""
    model = keras.Sequential([keras.Input((None, 3)), *layers])
    model.compile(optimizer, loss)
    return model


def slopes(layer, x, timestep=0):
    """Return the gradient of the outputs at a timestep by the input."""
    variable = tf.Variable(x)
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(layer(variable)[:, timestep])
    return tape.gradient(y, variable).numpy()


@attack("training.future-gradient")
def nan_in_the_future():
    """NaN at a later timestep: is the gradient of earlier outputs NaN?"""
    x = X.copy()
    x[:, 3] = np.nan
    return bool(np.isnan(slopes(LSTM(2, return_sequences=True), x)).any())


@attack("training.future-gradient")
def read_backwards():
    """go_backwards=True: which timesteps receive a gradient from the first output?"""
    layer = LSTM(2, return_sequences=True, go_backwards=True)
    return np.any(slopes(layer, X), axis=(0, 2)).tolist()


@attack("training.single-timestep")
def one_timestep_with_weight_decay():
    """One timestep with AdamW: which weights change?"""
    model = model_of(LSTM(2), optimizer="adamw")
    before = model.get_weights()
    model.train_on_batch(X[:, :1], np.ones((2, 2)))
    return [bool(np.any(w != v)) for w, v in zip(model.get_weights(), before, strict=True)]


@attack("training.mean-of-samples")
def samples_of_unequal_masks():
    """Masked sequences of lengths 4 and 1: is the loss the mean of the samples' losses?"""
    model = model_of(keras.layers.Masking(), LSTM(1, return_sequences=True))
    mask = np.array([[1, 1, 1, 1], [1, 0, 0, 0]])[:, :, None]
    x = X * mask
    y = np.ones((2, 4, 1))
    alone = [model.test_on_batch(x[k : k + 1], y[:1]) for k in range(2)]
    return bool(np.isclose(model.test_on_batch(x, y), np.mean(alone)))


@attack("training.sample-weight-of-sequences")
def weights_of_another_length():
    """Weights of shape (batch,) for sequences, with more timesteps than samples."""
    model = model_of(LSTM(1, return_sequences=True))
    weight = np.array([1.0, 0.0])
    return outcome(lambda: model.evaluate(X, np.ones((2, 4, 1)), sample_weight=weight, verbose=0))


@attack("training.evaluate")
def stateful_fit_and_evaluate():
    """A stateful layer at rate zero: do fit and evaluate report one loss?"""
    layers = [keras.Input(batch_shape=(2, 4, 3)), LSTM(2, stateful=True)]
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.SGD(0.0), "mse")
    y = np.ones((2, 2))
    fitted = model.fit(X, y, batch_size=2, verbose=0).history["loss"][0]
    return bool(np.isclose(fitted, model.evaluate(X, y, batch_size=2, verbose=0)))


@attack("training.frozen-penalty")
def frozen_after_the_first_loss():
    """Frozen after evaluate has run: is the penalty out of the loss, before and after compile?"""
    layer = LSTM(2, kernel_regularizer="l2")
    model = model_of(layer)
    losses = []
    y = np.array(layer(X))
    losses.append(model.evaluate(X, y, verbose=0))
    layer.trainable = False
    losses.append(model.evaluate(X, y, verbose=0))
    model.compile("sgd", "mse")
    losses.append(model.evaluate(X, y, verbose=0))
    return [loss > 0 for loss in losses]


@attack("training.saturated-gates")
def gates_at_zero_in_double():
    """Biases of -200 in float64, where the slope is not quite zero: the largest gradient."""
    layer = LSTM(2, dtype="float64")
    layer.build(X.shape)
    kernel, recurrent, bias = layer.get_weights()
    layer.set_weights([0 * kernel, 0 * recurrent, np.full_like(bias, -200.0)])
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(layer(X.astype("float64")))
    return max(float(np.abs(part).max()) for part in tape.gradient(y, layer.trainable_weights))


@attack("training.reproducible")
def reproducible_in_a_graph():
    """Training with dropout in a graph, and compiled by XLA: twice the same weights?"""

    def end(jit):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((4, 3)), LSTM(2, dropout=0.5)])
        model.compile("adam", "mse", jit_compile=jit)
        model.fit(X, np.ones((2, 2)), batch_size=1, verbose=0)
        return model.get_weights()[0]

    return [bool(np.array_equal(end(jit), end(jit))) for jit in (False, True)]


@attack("training.frozen-hands-on")
def frozen_normalization():
    """A frozen BatchNormalization in training: the gradient below as if it was not frozen?"""
    outcomes = []
    for trainable in (True, False):
        keras.utils.set_random_seed(1)
        layer = keras.layers.BatchNormalization(trainable=trainable)
        variable = tf.Variable(X)
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(layer(variable, training=True) ** 3)
        outcomes.append(tape.gradient(y, variable).numpy())
    return bool(np.allclose(*outcomes))


@attack("training.compile-again")
def frozen_before_another_length():
    """Frozen after a fit: do the weights stay in a fit on another length, or train_on_batch?"""
    outcomes = []
    for shape, method in (((2, 4), "fit"), ((2, 6), "fit"), ((3, 4), "fit"), ((2, 4), "batch")):
        layer = LSTM(2)
        model = model_of(layer, keras.layers.Dense(1))
        model.fit(X, np.ones((2, 1)), verbose=0)
        layer.trainable = False
        before = layer.get_weights()
        x = np.random.RandomState(1).randn(*shape, 3)
        y = np.ones((shape[0], 1))
        _ = model.fit(x, y, verbose=0) if method == "fit" else model.train_on_batch(x, y)
        outcomes.append(bool(np.all(layer.get_weights()[0] == before[0])))
    return outcomes


@attack("training.nan-under-mask")
def nan_in_an_unrolled_layer():
    """Unrolled, and with zero weights: which timesteps have a gradient that is NaN?"""
    x = X.copy()
    x[:, 2] = np.nan
    outcomes = []
    for options in ({"unroll": True}, {"recurrent_initializer": "zeros"}):
        layer = LSTM(2, **options)
        variable = tf.Variable(x)
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(layer(variable, mask=np.array([[True, True, False, True]] * 2)))
        outcomes.append(np.isnan(tape.gradient(y, variable)).any(axis=(0, 2)).tolist())
    return outcomes


@attack("training.exploding-gradient")
def open_gates_with_input():
    """Gates at 1, states of zero to begin with, an input of 1: by 1 + R_g?"""
    layer = LSTM(1, return_state=True)
    layer.build((1, 3, 1))
    kernel = np.array([[0.0, 0.0, 1.0, 0.0]])
    layer.set_weights([kernel, np.array([[0.0, 0, 1, 0]]), np.array([200.0, 200, 0, 200])])
    start = tf.Variable(np.zeros((1, 1), "float32"))
    outcomes = []
    for x in (0.0, 1.0):
        with tf.GradientTape() as tape:
            c = layer(np.full((1, 3, 1), x), initial_state=[start * 0, start])[2]
        outcomes.append(float(tape.gradient(c, start)[0, 0]))
    return outcomes


@attack("training.regularizers")
def penalties_of_other_layers():
    """Frozen, without bias, not built, in float16: how many losses?"""
    names = [f"{role}_regularizer" for role in ("kernel", "recurrent", "bias")]
    both = dict.fromkeys(names, "l2")
    counts = []
    for options in ({"trainable": False}, {"use_bias": False}, {"dtype": "float16"}):
        layer = LSTM(2, **both, **options)
        layer(X)
        counts.append(len(layer.losses))
    return *counts, len(LSTM(2, **both).losses)


@attack("training.constraints")
def constraints_of_many_kinds():
    """With accumulation and a frozen layer: is a weight constrained, though no step is made?"""
    outcomes = []
    for options, trainable in (({"gradient_accumulation_steps": 9}, True), ({}, False)):
        layer = LSTM(2, kernel_constraint="non_neg", trainable=trainable)
        optimizer = keras.optimizers.SGD(0.1, **options)
        model = model_of(layer, keras.layers.Dense(1), optimizer=optimizer)
        before = layer.get_weights()[0]
        model.train_on_batch(X, np.ones((2, 1)))
        outcomes.append(bool(np.any(layer.get_weights()[0] != before)))
    return outcomes


@attack("training.max-norm")
def norms_to_the_bit():
    """MaxNorm(1) after steps of 9: the largest norm, and with a constraint on another axis?"""
    norms = []
    for axis in (0, 1):
        constraint = keras.constraints.MaxNorm(1.0, axis)
        layer = LSTM(2, kernel_constraint=constraint)
        model = model_of(layer, optimizer=keras.optimizers.SGD(9.0))
        model.train_on_batch(X, np.ones((2, 2)))
        norms.append(float(np.linalg.norm(layer.get_weights()[0], axis=0).max()))
    return norms


@attack("training.loss-before-step")
def loss_with_a_constraint():
    """By accumulation, with a constraint and use_ema: the loss of the weights it began with?"""
    optimizer = keras.optimizers.SGD(0.5, use_ema=True)
    model = model_of(LSTM(2, kernel_constraint="non_neg"), optimizer=optimizer)
    before = model.evaluate(X, np.ones((2, 2)), verbose=0)
    return bool(np.isclose(model.train_on_batch(X, np.ones((2, 2))), before))


@attack("training.softmax-of-one")
def softmax_of_one_by_other_losses():
    """Under crossentropies, with regularizers of the layer: does the LSTM move?"""
    outcomes = []
    for loss in ("mse", "binary_crossentropy", "categorical_crossentropy"):
        layer = LSTM(2)
        model = model_of(layer, keras.layers.Dense(1, activation="softmax"), loss=loss)
        before = layer.get_weights()[0]
        model.train_on_batch(X, np.zeros((2, 1)))
        outcomes.append(bool(np.any(layer.get_weights()[0] != before)))
    return outcomes


@attack("training.relu-of-negative")
def relu_of_other_losses():
    """Under other losses, with Adam, a penalty, several units: does the LSTM move?"""
    outcomes = {}
    for loss in ("mse", "mae", "poisson", "mean_squared_logarithmic_error"):
        for optimizer in ("sgd", "adam"):
            layer = LSTM(2)
            last = keras.layers.Dense(3, activation="relu", bias_initializer="ones")
            model = model_of(layer, last, loss=loss, optimizer=optimizer)
            last.set_weights([np.ones((2, 3)), np.full(3, -3.0)])
            before = layer.get_weights()[0]
            model.train_on_batch(X, np.ones((2, 3)))
            outcomes[loss, optimizer] = bool(np.any(layer.get_weights()[0] != before))
    return outcomes


@attack("training.activity")
def activity_of_masked_outputs():
    """Masked outputs, and a policy of float16: is the penalty that of all outputs?"""
    layer = LSTM(2, return_sequences=True, activity_regularizer=keras.regularizers.L2(1.0))
    y = layer(X, mask=np.array([[True, True, False, True]] * 2))
    return bool(np.isclose(float(layer.losses[0]), np.sum(np.array(y) ** 2) / 2))


@attack("training.frozen")
def frozen_layers_with_decay():
    """AdamW, a constraint, BatchNormalization and use_ema: do frozen weights stay to the bit?"""
    layers = [
        keras.layers.BatchNormalization(trainable=False),
        LSTM(2, trainable=False, kernel_constraint="non_neg"),
        keras.layers.Dense(1),
    ]
    model = model_of(*layers, optimizer=keras.optimizers.AdamW(0.1, use_ema=True))
    before = model.get_weights()[:7]
    model.fit(X, np.ones((2, 1)), verbose=0, epochs=2)
    after = model.get_weights()[:7]
    return [bool(np.array_equal(a, b)) for a, b in zip(before, after, strict=True)]


def gradient_of(layer, x, read=None, **call):
    """Return the gradients of a sum of squares by the input and the weights."""
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, **call)
        y = y[0] if isinstance(y, tuple) else y
        loss = tf.reduce_sum((y if read is None else read(y)) ** 2)
    parts = tape.gradient(loss, [x, *layer.trainable_variables])
    return [None if part is None else np.array(part) for part in parts]


@attack("training.input-gradient")
def gradients_of_inputs():
    """By difference quotients in float64, of relu, 64 units, 30 timesteps: exact?"""
    seen = []
    for option in ({}, {"activation": "softplus"}, {"go_backwards": True}, {"unroll": True}):
        layer = LSTM(16, dtype="float64", **option)
        x = np.random.RandomState(0).randn(1, 20, 2)
        slope = gradient_of(layer, x)[0]
        worst = 0
        for t in (0, 10, 19):
            moved = [x.copy(), x.copy()]
            moved[0][0, t, 0] += 1e-5
            moved[1][0, t, 0] -= 1e-5
            losses = [float(np.sum(np.array(layer(m)) ** 2)) for m in moved]
            worst = max(worst, abs((losses[0] - losses[1]) / 2e-5 - slope[0, t, 0]))
        seen.append(bool(worst < 1e-8))
    return seen


@attack("training.backwards")
def backwards_gradients():
    """Masked, unrolled, with rows and zeros: those of a layer on the reversed input?"""
    mask = np.array([[True, False, True, True], [True, True, False, False]])
    seen = {}
    options = [{}, {"unroll": True}, {"zero_output_for_mask": True}]
    options.append({"unroll": True, "zero_output_for_mask": True})
    for option in options:
        keep = {"return_sequences": True, **option}
        layers = LSTM(4, go_backwards=True, **keep), LSTM(4, **keep)
        for layer in layers:
            layer.build(X.shape)
        layers[1].set_weights(layers[0].get_weights())
        first, *others = gradient_of(layers[0], X, mask=mask)
        second, *wanted = gradient_of(layers[1], X[:, ::-1], mask=mask[:, ::-1])
        pairs = zip([first, *others], [second[:, ::-1], *wanted], strict=True)
        seen[str(option)] = all(np.allclose(a, b, atol=1e-5) for a, b in pairs)
    return seen


@attack("training.every-timestep")
def reached_timesteps():
    """Of 300 and 2 units on 3, and on 200 timesteps: is a gradient exactly zero?"""
    seen = {}
    for units, timesteps in ((300, 3), (2, 3), (2, 200)):
        x = np.random.RandomState(0).randn(1, timesteps, 3).astype("float32")
        layer = LSTM(units)
        zero = [
            bool(np.any(gradient_of(layer, x, read=lambda y, k=k: y[:, k])[0] == 0))
            for k in (0, units - 1)
        ]
        seen[units, timesteps] = zero
    return seen


@attack("training.carousel")
@attack("training.long-sequence")
def undiminished():
    """Over 1 and 500 timesteps, in float16, compiled: what is left of the gradient of c?"""
    seen = {}
    for timesteps, dtype in ((1, "float32"), (500, "float32"), (100, "float16")):
        layer = LSTM(1, dtype=dtype, return_state=True)
        layer.build((1, timesteps, 1))
        big = 200.0 if dtype == "float32" else 50.0
        layer.set_weights([np.zeros((1, 4)), np.zeros((1, 4)), np.array([-big, big, 0, 0])])
        c = tf.zeros((1, 1), dtype)
        with tf.GradientTape() as tape:
            tape.watch(c)
            end = layer(np.ones((1, timesteps, 1)), initial_state=[tf.zeros_like(c), c])[2]
        seen[timesteps, dtype] = float(np.array(tape.gradient(end, c), "float32")[0, 0])
    return seen


@attack("training.timestep-weight")
def weights_of_timesteps():
    """By loss, with Dense behind, a mask, in evaluate, negative: does each weigh its timestep?"""
    weights = np.array([[0, 1, 2, 3], [1, 0, 0, -1]], "float32")
    seen = {}
    for loss in ("mse", "mae", "huber"):
        model = model_of(LSTM(2, return_sequences=True), loss=loss)
        y = np.ones((2, 4, 2), "float32")
        reported = model.evaluate(X, y, sample_weight=weights, verbose=0)
        each = np.array(keras.losses.get(loss)(y, model(X)))
        seen[loss] = bool(np.isclose(reported, np.mean(weights * each), atol=1e-5))
    return seen


@attack("training.activity-of-states")
def penalties_of_states():
    """With rows, stateful, unrolled, in Bidirectional and RNN: output and both states?"""
    seen = {}
    for name, option in {
        "last": {},
        "rows": {"return_sequences": True},
        "unrolled": {"unroll": True},
    }.items():
        layer = LSTM(2, activity_regularizer="l2", return_state=True, **option)
        parts = layer(X)
        wanted = sum(0.01 * float(np.sum(np.square(np.array(p)))) / len(X) for p in parts)
        seen[name] = bool(np.isclose(float(sum(layer.losses)), wanted))
    return seen


@attack("training.asked-data")
def other_starts():
    """From two drawings of weights: how far off is the worst target after 200 steps?"""
    x = np.arange(1, 10, dtype="float32").reshape(3, 3, 1)
    y = np.arange(10, 19, dtype="float32").reshape(3, 3)
    seen = []
    for seed in range(2):
        keras.utils.set_random_seed(seed)
        model = keras.Sequential([LSTM(3, activation="elu")])
        model.compile(keras.optimizers.Adam(0.1), "mse")
        model.fit(x, y, epochs=200, verbose=0)
        seen.append(round(float(np.abs(np.array(model(x)) - y).max()), 1))
    return seen


@attack("training.tape")
@attack("training.jacobian")
def tapes():
    """A tape over dropout, over two calls, inside another, and over a stateful layer: gradients?"""
    x = tf.constant(X)

    def slope(run):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = run(x)
        return float(tf.reduce_sum(tape.gradient(y, x) ** 2))

    def inner(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
        return tape.gradient(y, x)

    layer = LSTM(2)
    stateful = LSTM(2, stateful=True)
    return {
        "dropout": outcome(lambda: slope(lambda x: LSTM(2, dropout=0.5)(x, training=True)) > 0),
        "twice": outcome(lambda: slope(lambda x: layer(x) + layer(x)) / slope(layer)),
        "second": outcome(lambda: slope(inner)),
        "stateful": outcome(lambda: [slope(stateful) for _ in range(2)]),
        "jit": outcome(lambda: slope(tf.function(layer, jit_compile=True)) / slope(layer)),
    }


def frozen(inside, functional=False):
    """Return a model of layers that is made with trainable=False, compiled."""
    x = keras.Input((None, 3))
    if functional:
        y = x
        for layer in inside:
            y = layer(y)
        model = keras.Model(x, y, trainable=False)
    else:
        model = keras.Sequential([x, *inside], trainable=False)
    model.compile("sgd", "mse")
    return model


def changed(model, targets=2):
    """Return the paths of the variables that a step changes."""
    before = [np.array(v) for v in model.variables]
    model.train_on_batch(X, np.full((len(X), targets), 3.0))
    pairs = zip(model.variables, before, strict=False)
    return [v.path.split("/", 1)[-1] for v, old in pairs if not np.array_equal(v, old)]


@attack("training.frozen-model")
def what_a_frozen_model_changes():
    """A BatchNormalization, a state, a dropout in a frozen model: what does a step change?"""
    return [
        changed(frozen([keras.layers.BatchNormalization(), LSTM(2)], functional))
        for functional in (False, True)
    ] + [
        changed(frozen([LSTM(2, dropout=0.5)])),
        changed(frozen([LSTM(2)])),
    ]


@attack("training.frozen-model")
def frozen_models_inside():
    """Inside another model, made with trainable=False or frozen by hand: is it trained there?"""
    seen = []
    for functional in (False, True):
        for by_hand in (False, True):
            part = frozen([LSTM(3, return_sequences=True)], functional)
            if by_hand:
                part.trainable = False
            before = part.get_weights()[0]
            outer = keras.Sequential([keras.Input((None, 3)), part, LSTM(2)])
            outer.compile("sgd", "mse")
            outer.train_on_batch(X, np.full((len(X), 2), 3.0))
            trained = not np.array_equal(part.get_weights()[0], before)
            seen.append((len(outer.trainable_weights), trained))
    return seen


@attack("training.frozen-model")
def thawed_without_compile():
    """trainable=True of the model or of its layer, without and with compile: is it trained?"""
    model = frozen([LSTM(2)])
    seen = [len(changed(model))]
    model.layers[0].trainable = True
    seen.append(len(changed(model)))
    model.trainable = True
    seen.append(len(changed(model)))
    model.compile("sgd", "mse")
    return *seen, len(changed(model))


@attack("training.frozen-model")
def subclassed_and_penalized():
    """A subclass made with trainable=False, and a penalty: is anything trained?"""

    class Own(keras.Model):
        def __init__(self):
            super().__init__(trainable=False)
            self.lstm = LSTM(2, kernel_regularizer="l2")

        def call(self, x):
            return self.lstm(x)

    model = Own()
    model.compile("sgd", "mse")
    model(X)
    return changed(model), changed(frozen([LSTM(2, kernel_regularizer="l2")]))


@attack("training.activity")
def within_time_distributed():
    """Within TimeDistributed, called and evaluated: is there a penalty?"""
    layer = keras.layers.TimeDistributed(LSTM(2, activity_regularizer="l2"))
    model = keras.Sequential([keras.Input((2, 4, 3)), layer])
    model.compile("sgd", "mse")
    x = np.stack([X, X], axis=1)
    y = model.predict(x, verbose=0)
    model(x)
    return len(model.losses), model.evaluate(x, y, verbose=0)


@attack("training.frozen-penalty")
def frozen_inside_of_a_model():
    """A Sequential made with trainable=False, by itself and in another model: how many losses?"""
    inner = frozen([LSTM(2, kernel_regularizer="l2", recurrent_regularizer="l2")])
    outer = keras.Sequential([keras.Input(X.shape[1:]), inner])
    return inner.trainable, len(inner.losses), len(outer.losses)


@attack("training.softmax-of-one")
def softmax_of_infinity():
    """A softmax over one unit of infinity and NaN: is it 1?"""
    layer = keras.layers.Dense(1, activation="softmax", kernel_initializer="ones")
    return np.array(layer(np.array([[np.inf], [np.nan]])))[:, 0].tolist()


@attack("training.sample-weight-of-sequences")
def weights_of_few_samples_or_timesteps():
    """One sample of three timesteps, and two samples of one: do two weights double the loss?"""
    ratios = []
    for samples, timesteps in ((1, 3), (2, 1)):
        model = model_of(LSTM(2, return_sequences=True))
        x = X[:samples, :timesteps]
        y = np.ones((samples, timesteps, 2))
        once = model.test_on_batch(x, y)
        twice = model.test_on_batch(x, y, sample_weight=np.full(samples, 2.0))
        ratios.append(bool(np.isclose(twice, 2 * once)))
    return ratios


@attack("training.timestep-weight")
def weights_for_targets_of_two_axes():
    """One unit, targets (2, 2) and (2, 2, 1): is the timestep of weight 0 out of the loss?"""
    model = model_of(LSTM(1, return_sequences=True))
    x = X[:, :2]
    weight = np.array([[1.0, 0.0], [1.0, 0.0]])
    wanted = np.mean(weight * (np.array(model(x))[:, :, 0] - 1) ** 2)
    losses = []
    for shape in ((2, 2), (2, 2, 1)):
        model.compile("sgd", "mse")
        losses.append(model.test_on_batch(x, np.ones(shape), sample_weight=weight))
    return [bool(np.isclose(loss, wanted)) for loss in losses]


@attack("training.saturated-gates")
def gates_beyond_twenty():
    """Output gates at -20 and the others at 20, a far target, SGD(100): does a weight move?"""
    model = model_of(LSTM(2), optimizer=keras.optimizers.SGD(100.0))
    kernel, recurrent, _ = model.get_weights()
    model.set_weights([0 * kernel, 0 * recurrent, np.repeat([20.0, 20.0, 20.0, -20.0], 2)])
    before = model.get_weights()
    model.train_on_batch(X, np.full((2, 2), 1000.0))
    return [bool(np.any(w != v)) for w, v in zip(model.get_weights(), before, strict=True)]


@attack("training.evaluate")
def layers_that_act_otherwise_in_training():
    """Behind the LSTM, SpectralNormalization: do fit at rate zero and evaluate tell one loss?"""
    dense = keras.layers.SpectralNormalization(keras.layers.Dense(2))
    model = model_of(LSTM(2), dense, optimizer=keras.optimizers.SGD(0.0))
    y = np.ones((2, 2))
    before = model.evaluate(X, y, verbose=0)
    return bool(np.isclose(model.fit(X, y, verbose=0).history["loss"][0], before))


@attack("training.compile-again")
def frozen_before_a_third_length():
    """Frozen after one length, after two, and thawed again: does fit on one more move it?"""
    moved = []
    for before, trainable in (([3], False), ([3, 4], False), ([3], True)):
        layer = LSTM(1)
        model = model_of(layer)
        for length in before:
            model.fit(np.ones((1, length, 3)), np.ones((1, 1)), verbose=0)
        layer.trainable = False
        layer.trainable = trainable
        kernel = layer.get_weights()[0]
        model.fit(np.ones((1, 7, 3)), np.ones((1, 1)), verbose=0)
        moved.append(bool(np.any(layer.get_weights()[0] != kernel)))
    return moved


@attack("training.clipping")
def probabilities_next_to_zero():
    """Outputs of 1e-9 for targets of 1, by crossentropy and mse: does a step move a weight?"""
    steps = {}
    for loss in ("binary_crossentropy", "mse"):
        model = model_of(
            LSTM(2, activation="sigmoid"), optimizer=keras.optimizers.SGD(1.0), loss=loss
        )
        before = [0 * weight for weight in model.get_weights()]
        before[2] = np.repeat([0.0, 0.0, 0.0, -20.0], 2)
        model.set_weights(before)
        model.train_on_batch(X, np.ones((2, 2)))
        pairs = zip(model.get_weights(), before, strict=True)
        steps[loss] = bool(max(np.abs(new - old).max() for new, old in pairs) > 0)
    return steps


@attack("training.long-sequence")
def half_precision_over_five_hundred():
    """Forget gates of 0.95, input gates of 0.02, in float16 and float32: is the gradient 0?"""
    zero = {}
    for dtype in ("float16", "float32"):
        layer = LSTM(2, return_sequences=True, dtype=dtype)
        x = np.ones((1, 500, 3), dtype)
        layer.build(x.shape)
        kernel, recurrent, _ = layer.get_weights()
        bias = np.repeat([-4.0, 3.0, 0.0, 0.0], 2)
        layer.set_weights([0 * kernel + 0.01, 0 * recurrent, bias])
        zero[dtype] = not np.any(slopes(layer, x, 499)[:, 0])
    return zero
