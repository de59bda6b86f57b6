"""Attacks on 40 more claims, drawn after those of draw_1 had led to changes.

What came of them was judged by hand: see draws.toml. Claims without a program were judged by what
other programs here had shown.
"""

from __future__ import annotations

import itertools

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.draw_1 import LSTM, MASK, L, X, close, draw, twins


@attack("errors.mask-of-another-batch")
def unrolled_and_in_a_graph():
    """Two rows for three samples, four rows: looped, unrolled, in a graph."""
    results = []
    for unroll, rows in itertools.product((False, True), (2, 4)):
        layer = LSTM(2, unroll=unroll)
        mask = np.ones((rows, 5), bool)
        layer.build(X.shape)
        graph = tf.function(lambda x: layer(x, mask=mask))
        for call in (lambda: layer(X, mask=mask), lambda: graph(X)):
            results.append(outcome(lambda: call().shape)[:20])
    return results


@attack("errors.missing-attributes")
def after_every_kind_of_call():
    """New, called, called on a symbol, in a model: which of the names are there?"""
    names = ["kernel", "bias", "input_shape", "output_shape"]
    new = LSTM(2)
    called = LSTM(2)
    symbolic = LSTM(2)
    called(X)
    keras.Sequential([keras.Input((5, 3)), symbolic]).predict(X, verbose=0)
    return [name for layer in (new, called, symbolic) for name in names if hasattr(layer, name)]


@attack("errors.names-the-layer")
def numbers_of_axes():
    """One, two and four axes, on data, on symbols and in a model: are name and shape there?"""
    results = []
    for shape in ((3,), (3, 5), (3, 5, 3, 1)):
        layer = LSTM(2, name="memory")
        for call in (
            lambda: layer(np.ones(shape)),
            lambda: keras.Sequential([keras.Input(shape[1:]), layer]),
        ):
            try:
                call()
            except ValueError as error:
                results.append(
                    '"memory"' in str(error) and ", ".join(map(str, shape[1:])) in str(error)
                )
    return results


@attack("errors.refused-call")
def kinds_of_refusal():
    """A wrong input, a wrong mask, a wrong state, stateful and unrolled: the same afterwards?"""
    bad = []
    refused = [{"sequences": X[:, :, :2]}, {"sequences": X, "mask": np.ones((2, 5), bool)}]
    refused += [{"sequences": X, "initial_state": [np.ones((3, 9))] * 2}]
    for options, given in itertools.product(({}, {"stateful": True}, {"unroll": True}), refused):
        first, two = twins(**options)
        first(X), two(X)
        result = outcome(lambda: two(**given))
        if "Error" in result and not close(first(X), two(X), atol=0):
            bad.append((options, list(given)))
    return bad


@attack("errors.stacked-cells-need-cells")
def things_that_are_no_cells():
    """Layers, a class, a number, None, a function beside a cell: what is refused?"""
    things = [LSTM(2), L.Dense(2), L.LSTMCell, 3, None, len, keras.Sequential([])]
    return [outcome(lambda t=t: L.StackedRNNCells([L.LSTMCell(2), t]))[:10] for t in things]


@attack("errors.stateful-set-later")
def other_calls():
    """Unrolled, with a given state, with a mask: does the next eager call fail?"""
    results = []
    state = [np.ones((3, 2), "float32")] * 2
    for options, given in (({}, {}), ({"unroll": True}, {}), ({}, {"initial_state": state})):
        layer = LSTM(2, **options)
        layer(X)
        layer.stateful = True
        results.append(outcome(lambda: layer(X, **given).shape)[:30])
    return results


@attack("gates.relu-not-negative")
def other_gates():
    """tanh as recurrent_activation: is an output negative?"""
    layer = LSTM(9, activation="relu", recurrent_activation="tanh", return_sequences=True)
    return bool(np.min(layer(draw(9, 20, 3))) < 0)


@attack("masking.last-axis")
def three_axes():
    """Unrolled, backwards, with zero_output_for_mask, one unit: the same?"""
    options = [{}, {"unroll": True}, {"go_backwards": True}, {"stateful": True}]
    options += [{"zero_output_for_mask": True, "return_sequences": True}, {"return_state": True}]
    same = []
    for option in options:
        first, two = twins(**option)
        same.append(close(first(X, mask=MASK), two(X, mask=MASK[:, :, None])))
    return same


@attack("masking.passed-on")
def kinds_of_masks():
    """Attached, given, backwards, with states: is there a mask behind the layer?"""
    results = []
    masked = L.Masking()(X * MASK[:, :, None])
    for options in ({}, {"return_sequences": True}, {"return_sequences": True, "unroll": True}):
        results.append(getattr(LSTM(2, **options)(masked), "_keras_mask", None) is not None)
    given = LSTM(2, return_sequences=True)(X, mask=MASK)
    return results, getattr(given, "_keras_mask", None) is not None


@attack("modes.bidirectional")
def returned_sequences():
    """With return_sequences=True: does the second half return what its layer returns alone?"""
    both = L.Bidirectional(LSTM(2, return_sequences=True))
    y = keras.Sequential([keras.Input((5, 3)), both]).predict(X, verbose=0)
    return close(y[:, :, :2], both.forward_layer(X)), close(y[:, :, 2:], both.backward_layer(X))


@attack("precision.gate-functions")
def sweeps():
    """From -100 to 100, eagerly and compiled by XLA: the largest error in roundings of 1."""
    z = np.linspace(-100, 100, 100001, dtype="float32").reshape(-1, 1, 1)
    layer = LSTM(1, use_bias=False, return_state=True)
    layer.build(z.shape)
    layer.set_weights([np.array([[0, 0, 0, 1]], "float32"), np.zeros((1, 4), "float32")])
    c = np.full((len(z), 1), 100, "float32")
    exact = 1 / (1 + np.exp(-z[:, 0].astype(float)))
    calls = [layer, tf.function(lambda x, initial_state: layer(x, initial_state=initial_state))]
    calls.append(tf.function(calls[1].python_function, jit_compile=True))
    seen = [np.array(call(z, initial_state=[0 * c, c])[0], float) for call in calls]
    return [float(np.abs(y - exact).max() * 2**24).__round__(1) for y in seen]


@attack("shapes.positive-units")
def odd_numbers():
    """0, -3, -0.5, False, NumPy's zero: what comes?"""
    return [outcome(lambda u=u: LSTM(u))[:10] for u in (0, -3, -0.5, False, np.int64(0))]


@attack("symmetry.features")
def last_bits():
    """Twenty features in another order: is the output the same to the last bit?"""
    x = draw(3, 5, 20)
    first, two = twins(x)
    order = np.arange(20)[::-1]
    kernel, *others = first.get_weights()
    two.set_weights([kernel[order], *others])
    return bool(np.array_equal(first(x), two(x[:, :, order]))), close(first(x), two(x[:, :, order]))


@attack("trainer.every-sample-once")
def with_validation():
    """The samples that an epoch takes of six, with validation_split and with steps_per_epoch."""
    taken = []
    for options in ({"validation_split": 0.5}, {"steps_per_epoch": 2}):
        seen = []

        class Note(L.Layer):
            def call(self, x, training=False):
                if training:
                    seen.append(float(x[0, 0, 0]))
                return x

        model = keras.Sequential([keras.Input((1, 1)), Note(), LSTM(1)])
        model.compile("sgd", "mse", run_eagerly=True)
        x = np.arange(6.0).reshape(6, 1, 1)
        model.fit(x, x[:, 0], batch_size=1, verbose=0, **options)
        taken.append(len(seen))
    return taken


@attack("training.masked-timestep")
def huge_numbers():
    """1e38 at a masked timestep: is its gradient zero, and that of its neighbours finite?"""
    x = X[:1].copy()
    x[:, 1] = [3e38, -3e38, 3e38]
    layer = LSTM(2, kernel_initializer="ones")
    mask = np.array([[1, 0, 1, 1, 1]], bool)
    tensor = None
    with tf.GradientTape() as tape:
        tensor = tf.constant(x)
        tape.watch(tensor)
        loss = tf.reduce_sum(layer(tensor, mask=mask))
    gradient = np.array(tape.gradient(loss, tensor))
    return gradient[0, 1].tolist(), bool(np.isfinite(gradient).all())


@attack("training.mean-of-samples")
def other_reductions():
    """A loss with reduction="sum": is the step that of the mean?"""
    steps = []
    for x, factor in ((X, 1), (X[:1], 1), (X[1:2], 1), (X[2:], 1)):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((5, 3)), LSTM(2)])
        model.compile("sgd", keras.losses.MeanSquaredError(reduction="sum"))
        before = model.get_weights()[0]
        model.train_on_batch(x, np.ones((len(x), 2)))
        steps.append((model.get_weights()[0] - before) * factor)
    return close(steps[0], sum(steps[1:]) / 3), close(steps[0], sum(steps[1:]))


@attack("wrappers.unmerged-in-a-tuple")
def in_models():
    """Of a call, of a symbol, of predict: the type."""
    both = L.Bidirectional(LSTM(2), merge_mode=None)
    symbol = keras.Input((5, 3))
    model = keras.Model(symbol, both(symbol))
    results = both(X), both(symbol), model(X), model.predict(X, verbose=0)
    return [type(result).__name__ for result in results]
