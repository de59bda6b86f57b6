"""Attacks on claims of masks, states, gates, types, shapes, symmetries, cells and slices."""

from __future__ import annotations

import functools
import tempfile
import warnings

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import (
    BLANK,
    LSTM,
    MASK,
    Cell,
    X,
    alike,
    close,
    gap,
    model_of,
    numbers,
    ones,
    reloaded,
    warned,
)


def mixing(z):
    """Take the softmax over the samples, by which they meet."""
    return ops.softmax(z, axis=0)


def summing(z):
    """Add up the samples from the first on."""
    return ops.cumsum(z, axis=0)


def noisy(z):
    """Add random numbers."""
    return z + keras.random.normal(z.shape)


def with_bias(bias, **options):
    """Return an LSTM of one unit with a bias, for three features."""
    layer = LSTM(1, **options)
    layer.build(X.shape)
    layer.set_weights([*layer.get_weights()[:2], np.array(bias)])
    return layer


@attack("masking.numbers")
def small_numbers_in_float16():
    """Does a float16 layer take 1e-8 in a mask, a normal number of float32, for valid?"""
    layer = LSTM(2, dtype="mixed_float16")
    return close(layer(X, mask=MASK * np.float32(1e-8)), layer(X, mask=MASK))


@attack("masking.long-in-a-graph")
def surplus_unrolled_with_zeros():
    """Does predict ignore the surplus of a mask unrolled, with zero_output_for_mask=True?"""
    sequence = keras.Input((4, 3))
    mask = keras.Input((6,), dtype="bool")
    layer = LSTM(2, unroll=True, return_sequences=True, zero_output_for_mask=True)
    model = keras.Model([sequence, mask], layer(sequence, mask=mask))
    longer = np.pad(MASK, ((0, 0), (0, 2)))
    return outcome(lambda: model.predict_on_batch([X, longer]).shape)


@attack("masking.hides-values")
def an_activation_over_samples():
    """Do values under the mask change the output of a softmax over the samples?"""
    layer = LSTM(2, activation=mixing)
    return not close(layer(np.where(MASK[:, :, None], X, 9), mask=MASK), layer(X, mask=MASK))


@attack("masking.zeros-are-read")
def zeros_in_front_with_a_bias():
    """Do zeros in front count with biases of the gates, but none of the candidate?"""
    padded = np.pad(X, ((0, 0), (2, 0), (0, 0)))
    gates = with_bias([3, 5, 0, 2])
    candidate = with_bias([0, 1, 2, 0])
    return {
        "of the gates": not close(gates(padded), gates(X)),
        "of the candidate": not close(candidate(padded), candidate(X)),
    }


@attack("masking.stacked")
def a_mask_given_by_its_place():
    """Does a mask that the lower LSTM is given by its place reach the upper LSTM?"""
    lower = LSTM(3, return_sequences=True)
    upper = LSTM(2)
    y = lower(X, None, MASK)
    return close(upper(y), upper(np.array(y), mask=MASK))


@attack("state.one-row-for-all")
def states_without_a_batch_axis():
    """Are states of shape (units,) stretched by an unrolled layer with a mask?"""
    state = [np.ones(2), np.ones(2)]
    layers = {"in a loop": LSTM(2), "unrolled": LSTM(2, unroll=True)}
    return {
        name: outcome(lambda layer=layer: layer(X, mask=MASK, initial_state=state).shape)
        for name, layer in layers.items()
    }


@attack("state.not-copied")
def an_exported_model():
    """Does a stateful model that was exported go on where it stopped?"""
    layer = LSTM(2, stateful=True)
    model = keras.Sequential([keras.Input(batch_shape=X.shape), layer])
    model(X)
    folder = tempfile.mkdtemp()
    model.export(folder, verbose=False)
    exported = tf.saved_model.load(folder)
    return close(exported.serve(X), model(X))


@attack("state.continues")
def pieces_of_an_unrolled_layer():
    """Does predict take pieces of several lengths for an unrolled stateful layer?"""
    model = keras.Sequential([LSTM(2, stateful=True, unroll=True)])
    model.predict_on_batch(X)
    return outcome(lambda: model.predict_on_batch(X[:, :2]).shape)


@attack("state.in-model")
def a_model_that_gives_states():
    """Does a model that gives its stateful layer a state go on from call to call?"""
    inputs = [keras.Input(batch_shape=shape) for shape in ((2, 4, 3), (2, 2), (2, 2))]
    layer = LSTM(2, stateful=True)
    model = keras.Model(inputs, layer(inputs[0], initial_state=inputs[1:]))
    data = [X, np.ones((2, 2)), np.ones((2, 2))]
    return not close(model(data), model(data))


@attack("gates.constant-input-settles")
def a_masked_constant_input():
    """Does c move towards i * g / (1 - f) at masked timesteps?"""
    layer = with_bias([1, 0, 1, 0], return_state=True)
    state = [np.ones((2, 1)), np.ones((2, 1))]
    return not close(layer(X, mask=MASK & False, initial_state=state)[2], state[1])


@attack("dropout.recurrent-whole-call")
def beside_dropout():
    """Is a first timestep from zeros the same with recurrent_dropout, under `dropout`?"""
    without, beside = alike(
        LSTM(2, dropout=0.5, seed=1), LSTM(2, dropout=0.5, recurrent_dropout=0.5, seed=1)
    )
    return close(without(X[:, :1], training=True), beside(X[:, :1], training=True))


@attack("precision.double")
def three_hundred_units():
    """Does a float64 layer of 300 units differ from NumPy by over 100 roundings in 8 timesteps?"""
    random = np.random.default_rng(0)
    kernel = random.uniform(-2, 2, (3, 1200))
    recurrent = random.uniform(-2, 2, (300, 1200))
    x = random.uniform(-2, 2, (1, 8, 3))
    layer = LSTM(300, dtype="float64", use_bias=False)
    layer.build(x.shape)
    layer.set_weights([kernel, recurrent])
    h = np.zeros((1, 300))
    c = h
    for t in range(8):
        i, f, g, o = np.split(x[:, t] @ kernel + h @ recurrent, 4, axis=1)
        c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
        h = np.tanh(c) / (1 + np.exp(-o))
    return bool(np.abs(np.array(layer(x)) - h).max() > 100 * 2**-52)


@attack("precision.overflow-ends-in-nan")
def a_masked_timestep_behind():
    """Do units that overflow give NaN at the next timestep, if that is masked?"""
    layer = LSTM(2, activation="relu", return_sequences=True)
    layer.build(X.shape)
    layer.set_weights([np.ones((3, 8)), np.tile([[1.0], [-1.0]], (1, 8)), np.ones(8)])
    state = [np.ones((2, 2)), np.full((2, 2), np.inf)]
    mask = np.array([[True, False, True, True]] * 2)
    return str(np.array(layer(np.ones((2, 4, 3)), mask=mask, initial_state=state))[0, :, 0])


@attack("weights.no-bias-is-zero-bias")
def without_the_forget_bias():
    """Does a new layer with unit_forget_bias=False begin with a bias that is not zero?"""
    layer = LSTM(2, unit_forget_bias=False)
    layer.build(X.shape)
    return bool(np.any(layer.get_weights()[2]))


@attack("shapes.same-call-twice")
def an_activation_that_draws():
    """Does a layer whose activation draws random numbers return the same twice?"""
    layer = LSTM(2, activation=noisy)
    return close(layer(X), layer(X))


@attack("shapes.time-axis")
def vectors_that_meet_in_a_softmax():
    """Does a vector on the batch axis change another's output, with a softmax over samples?"""
    layer = LSTM(2, activation=mixing)
    other = X[0].copy()
    other[0] += 1
    return not close(layer(other[:, None])[1:], layer(X[0][:, None])[1:])


@attack("time.rows-of-a-table")
def rows_that_meet_in_a_softmax():
    """Does a row of x[:, None] see the row before it, with a softmax over samples?"""
    return vectors_that_meet_in_a_softmax()


@attack("sequences.row-per-timestep")
def a_wider_cell_state():
    """How many columns has the sequence of a single unit from a c that is three wide?"""
    layer = LSTM(1, return_sequences=True)
    return str(layer(X[:, :1], initial_state=[np.ones((2, 1)), np.ones((2, 3))]).shape)


@attack("symmetry.batch")
def a_sum_over_the_samples_before():
    """Are outputs permuted with the samples, if the activation sums over those before?"""
    layer = LSTM(2, activation=summing)
    return close(np.array(layer(X))[::-1], layer(X[::-1]))


@attack("symmetry.nan")
def nan_in_a_sum_over_samples():
    """Does NaN stay in its sample, if the activation sums over the samples before?"""
    spoilt = X.copy()
    spoilt[0] = np.nan
    return bool(np.isfinite(np.array(LSTM(2, activation=summing)(spoilt))[1]).all())


def second_length(**options):
    """Return what predict of an LSTM gives on a second, other number of timesteps."""
    x = keras.Input((None if options else 4, 3))
    model = keras.Model(x, LSTM(2, **options)(x))
    model.compile(run_eagerly=True)
    model.predict(X, verbose=0)
    return outcome(lambda: model.predict(X[:, :3], verbose=0).shape)


@attack("shapes.functional-length")
def predict_run_eagerly():
    """Does predict let another length than the Input's through after the right one, run eagerly?"""
    return second_length()


@attack("shapes.unroll-open-length")
def predict_run_eagerly_and_unrolled():
    """Is a second length refused by predict of an unrolled layer that is run eagerly?"""
    return second_length(unroll=True)


@attack("weights.fresh")
def an_initializer_with_a_generator():
    """Does one initializer seeded by a SeedGenerator make the same kernel twice?"""
    drawn = keras.initializers.GlorotUniform(keras.random.SeedGenerator(1))
    built = [LSTM(2, kernel_initializer=drawn) for _ in range(2)]
    for layer in built:
        layer.build(X.shape)
    return bool(np.array_equal(*(layer.get_weights()[0] for layer in built)))


@attack("precision.subnormals")
def masking_of_a_subnormal_number():
    """Does Masking take a timestep of 1e-40 for zeros?"""
    masked = keras.layers.Masking()(np.full((1, 2, 1), 1e-40, "float32"))
    return not np.any(keras.tree.flatten(masked._keras_mask))


@attack("shapes.padded-by-default")
def fractions_below_zero():
    """Are -0.9 and an empty sequence zeros, and a bool and a tuple taken?"""
    return keras.utils.pad_sequences([[-0.9, 1.9], [], (True,), np.array([2**20 + 0.5])]).tolist()


@attack("shapes.padded-as-asked")
def a_value_that_the_type_does_not_hold():
    """A value of 0.5 in int32, a list of None to pad to, words: what do they become?"""
    pad = keras.utils.pad_sequences
    return {
        "0.5": pad([[1], [2, 3]], value=0.5).tolist(),
        "maxlen 0": outcome(lambda: pad([[1], [2, 3]], maxlen=0).shape),
        "words": pad([["a"], ["b", "c"]], dtype=object, value="-", padding="post").tolist(),
    }


@attack("shapes.padded-texts")
def other_texts():
    """Letters, pairs of words and a ragged result: are zeros behind them, and what is cut?"""
    texts = ["a b", "b a b a"]
    layers = {
        "letters": {"split": "character"},
        "pairs": {"ngrams": 2},
        "ragged": {"ragged": True, "output_sequence_length": None},
        "to the greatest number": {"max_tokens": 9, "pad_to_max_tokens": True},
    }
    return {
        name: outcome(
            lambda options=options: keras.layers.TextVectorization(
                vocabulary=["a", "b"], **{"output_sequence_length": 3, **options}
            )(texts)
        )
        for name, options in layers.items()
    }


@attack("state.of-two-models")
def a_model_in_the_other_and_an_exported_one():
    """Does a model around the other go on, and does an exported one have a state of its own?"""
    layer, alone = alike(LSTM(2, stateful=True), LSTM(2))
    inner = keras.Sequential([keras.Input(batch_shape=X.shape), layer])
    outer = keras.Sequential([keras.Input(batch_shape=X.shape), inner])
    inner(X)
    around = close(outer(X), alone(np.concatenate([X, X], axis=1)))
    folder = tempfile.mkdtemp()
    inner.export(folder, verbose=False)
    exported = tf.saved_model.load(folder)
    inner(X)
    return {"around": around, "exported apart": not close(exported.serve(X), inner(X))}


# Cells of one's own, and slices.


class Relay(layers.Layer):
    """A cell that puts out its input, and counts its calls in a state."""

    state_size, output_size = 1, 3

    def call(self, x, states):
        """Count a call."""
        return x, [states[0] + 1.0]


@attack("wrappers.own-cell-masked")
def masked_cells_in_a_list():
    """Does a masked timestep repeat the output also of two cells in a list, and backwards?"""
    rnns = [layers.RNN([Relay(), Relay()]), layers.RNN(Relay(), go_backwards=True)]
    stacked, backwards = [rnn(X, mask=MASK) for rnn in rnns]
    return close(stacked, X[[0, 1], [3, 1]]), close(backwards, X[:, 0])


@attack("wrappers.own-states-masked")
def a_mask_of_conv_lstm():
    """Does ConvLSTM1D, whose states have three axes, skip a masked timestep?"""
    layer = layers.ConvLSTM1D(2, 1)
    x = X[:, :, None]
    skipped = layer(x[:1, [0, 2, 3]])
    return close(layer(x, mask=MASK)[:1], skipped)


@attack("wrappers.own-start-again")
def a_start_of_bidirectional():
    """Does an LSTM, whose cell makes zeros, start alike after reset_state, also built again?"""
    layer = LSTM(2, stateful=True)
    first = layer(X)
    layer.build(X.shape)
    return close(layer(X), first)


@attack("wrappers.losses-of-a-cell")
def penalties_of_an_lstm_cell():
    """How often does the loop count an activity penalty of one timestep of LSTMCell?"""
    rnns = [layers.RNN(Cell(2, activity_regularizer="L2"), unroll=flag) for flag in (True, False)]
    return [len([rnn(X[:, :1]), *rnn.losses]) - 1 for rnn in alike(*rnns)]


@attack("wrappers.masking-in-slices")
def a_mask_by_name_for_slices():
    """Does the mask reach TimeDistributed(LSTM) if Masking stands before both, in slices?"""
    x = np.stack([BLANK, BLANK], axis=1)
    sliced = layers.TimeDistributed(LSTM(2))
    return close(sliced(layers.Masking()(x)), sliced(x, mask=np.stack([MASK, MASK], axis=1)))


@attack("wrappers.normalized-slices")
def layer_normalization_in_slices():
    """Does a bare BatchNormalization of one timestep move its averages as one in slices does?"""
    bare = layers.BatchNormalization()
    sliced = layers.BatchNormalization()
    bare(X[:, :1], training=True)
    layers.TimeDistributed(sliced)(X[:, :1], training=True)
    return close(bare.moving_variance, sliced.moving_variance)


class Loop(keras.Model):
    """A model that runs a cell with dropout for one timestep."""

    def __init__(self):
        super().__init__()
        self.cell = Cell(3, dropout=0.5)

    def call(self, x, training=False):
        """Run the cell."""
        return self.cell(x[:, 0], [x[:, 0], x[:, 1]], training=training)[0]


@attack("dropout.cell-in-a-call")
def called_before_fit():
    """What comes of fit if the model was first called at inference, or first in training?"""
    ends = []
    for training in (False, True):
        model = Loop()
        model.compile("sgd", "mse")
        first = outcome(lambda: model(X, training=training).shape)
        ends.append((first[:40], outcome(lambda: len(model.fit(X, ones(2, 3), verbose=0).epoch))))
    return ends


@attack("dropout.cell-in-a-cell")
def a_list_of_one_cell():
    """Does a list of one LSTMCell with dropout, as a cell that holds a cell, train?"""
    model = model_of(layers.RNN([Cell(3, dropout=0.5)]))
    model.compile("sgd", "mse")
    return outcome(lambda: len(model.fit(X, ones(2, 3), verbose=0).epoch))


# Claims that come from faults which Keras had.


@attack("models.slices-quantized")
def other_modes_in_slices():
    """By how much do int4 and float8 move a Dense in slices and a Dense by itself?"""
    seen = {}
    for mode in ("int8", "int4", "float8"):
        dense = keras.layers.Dense(4)
        model = model_of(keras.layers.TimeDistributed(dense), shape=(4, 3))
        before = model(X)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.quantize(mode)
        seen[mode] = {"slices": gap(model(X), before) < 0.5, "alone": gap(dense(X), before) < 0.5}
    return seen


@attack("models.average-pooling-same")
def pooling_of_other_sizes():
    """Windows longer than the sequence, strides longer than windows; under float16."""
    sequence = numbers(2, 5, 3)
    wrong = []
    for size, strides in ((1, 3), (2, 5), (7, 1), (7, 4), (9, 9)):
        y = keras.layers.AveragePooling1D(size, strides, padding="same")(sequence)
        padding = max((len(y[0]) - 1) * strides + size - 5, 0) // 2
        starts = [k * strides - padding for k in range(len(y[0]))]
        rows = [sequence[:, max(at, 0) : at + size].mean(axis=1) for at in starts]
        wrong += [] if close(y, np.stack(rows, axis=1)) else [(size, strides)]
    half = keras.layers.AveragePooling1D(3, 1, padding="same", dtype="float16")(X)
    return {"wrong": wrong, "float16": close(half[:, 0], (X[:, 0] + X[:, 1]).astype("float16") / 2)}


@attack("models.masks-of-several")
def masks_beside_another_argument():
    """Nested lists, and a list beside another tensor: which masks does the layer find?"""
    masks = {}

    def call(self, inputs, more=None, mask=None):
        masks[self.name] = mask
        return keras.tree.flatten(inputs)[0] + 0.0

    owner = type("Two", (keras.layers.Layer,), {"call": call})
    masked = keras.layers.Masking()(X)
    owner(name="nested")([[masked, X], masked])
    owner(name="beside")([masked, X], X)
    return {name: keras.tree.map_structure(lambda m: m is not None, m) for name, m in masks.items()}


@attack("models.softmax-by-mask")
def softmax_of_far_scores():
    """NaN under the mask, visible scores of -2e9, a mask of numbers, float16."""
    mask = np.array([[True, False, True]])
    scores = {
        "NaN": [[1.0, np.nan, 1.0]],
        "far below": [[-2e9, 0.0, -2e9]],
        "infinite": [[1.0, np.inf, 1.0]],
    }
    softmax = keras.layers.Softmax()
    seen = {name: np.array(softmax(np.array(x), mask=mask)).tolist() for name, x in scores.items()}
    seen["numbers"] = np.array(softmax(np.ones((1, 3)), mask=mask.astype("float32"))).tolist()
    half = keras.layers.Softmax(dtype="float16")
    seen["float16"] = np.array(half(np.array([[1.0, 6e4, 1.0]]), mask=mask)).tolist()
    return seen


@attack("models.normalizes-large-means")
def normalizations_of_few_numbers():
    """Two neighbours, all 16 numbers, along each axis and both: what is the largest move?"""
    layers = {
        "layer": lambda x: keras.layers.LayerNormalization()(x),
        "batch": lambda x: keras.layers.BatchNormalization()(x, training=True),
        "both axes": lambda x: keras.layers.LayerNormalization(axis=(1, 2))(x),
        "group": lambda x: keras.layers.GroupNormalization(1)(x),
    }
    every = np.arange(16.0)
    data = [every[None, :2, None], every[None, None, :2], every[None, None], every[None, :, None]]
    return {
        name: max(round(gap(layer(x), layer(x + 32768.0)), 4) for x in data)
        for name, layer in layers.items()
    }


@attack("models.gru-reset-before")
def reset_before_of_any_options():
    """Without bias, from a state, in Bidirectional: reset_after=False against a loop of cells."""
    wrong = []
    for options in ({}, {"use_bias": False}, {"implementation": 1}, {"activation": "relu"}):
        gru = keras.layers.GRU(2, reset_after=False, **options)
        h = states = numbers(2, 2)
        y = gru(X, initial_state=states)
        for t in range(X.shape[1]):
            h, _ = gru.cell(X[:, t], h)
        both = keras.layers.Bidirectional(keras.layers.GRU(2, reset_after=False, **options))
        halves = both(X)
        first = close(halves[:, :2], both.forward_layer(X))
        last = close(halves[:, 2:], both.backward_layer(X))
        wrong += [] if close(y, h) and first and last else [options]
    return {"wrong": wrong}


@attack("models.gru-recurrent-dropout")
def masks_of_gates_beside_dropout():
    """With `dropout` too, with implementation=2: how many masks differ?"""
    seen = {}
    for options in ({}, {"dropout": 0.5}, {"implementation": 2}):
        cell = keras.layers.GRUCell(64, recurrent_dropout=0.5, **options)
        masks = cell.get_recurrent_dropout_mask(np.ones((1, 64), "float32"))
        seen[str(options)] = (
            cell.implementation,
            len({np.array(mask).tobytes() for mask in masks}),
        )
    return seen


@attack("models.conv-lstm")
def strides_of_a_conv_lstm():
    """Strides and dilation, padding "valid": is h still of the size of what is read of x?"""
    frames = numbers(1, 3, 9, 2)
    options = ({"strides": 2}, {"dilation_rate": 2}, {"padding": "same", "strides": 2})
    sizes = {}
    for given in options:
        layer = keras.layers.ConvLSTM1D(2, 3, **given)
        read = keras.layers.Conv1D(2, 3, **given)(frames[:, 0])
        sizes[str(given)] = tuple(layer(frames).shape) == tuple(read.shape)
    return sizes


@attack("dropout.global-draws")
def draws_in_graphs():
    """Does a tf.function traced anew draw the same after set_random_seed, and one kept?"""
    drawn = {"kept": [], "anew": []}
    kept = tf.function(lambda: keras.random.normal((3,)))
    for _ in range(2):
        keras.utils.set_random_seed(1)
        drawn["kept"].append(outcome(lambda: np.array(kept()).tobytes()))
    for _ in range(2):
        keras.utils.set_random_seed(1)
        anew = tf.function(lambda: keras.random.normal((3,)))
        drawn["anew"].append(outcome(lambda f=anew: np.array(f()).tobytes()))
    return {name: pair[0] == pair[1] for name, pair in drawn.items()}


@attack("trainer.added-losses")
def losses_added_in_wrappers():
    """Of a layer called twice, in TimeDistributed, in a nested model, of a number of Python."""

    class Seven(keras.layers.Layer):
        def call(self, x):
            self.add_loss(0.0 * ops.sum(x) + 7.0)
            return x * 1.0

    seven = Seven()
    x = keras.Input((4, 3))
    models = {
        "twice": keras.Model(x, LSTM(2)(seven(seven(x)))),
        "in slices": model_of(keras.layers.TimeDistributed(Seven()), LSTM(2), shape=(4, 3)),
        "nested": model_of(model_of(Seven()), LSTM(2)),
    }
    number = type("Number", (keras.layers.Layer,), {"call": lambda self, x: self.add_loss(7.0)})
    seen = {"of a number": str(outcome(lambda: number()(X)))[:40]}
    for name, model in models.items():
        model.compile("sgd", "mse", metrics=["mse"], run_eagerly=True)
        loss, mse = model.evaluate(X, np.ones((2, 2)), verbose=0)
        seen[name] = round(loss - mse)
    return seen


@attack("training.second-derivative")
def second_derivatives():
    """Masked, with dropout, relu, stateful and in float16: which second derivatives are there?"""
    inputs = tf.constant(X)

    def second(layer, **given):
        with tf.GradientTape() as outer:
            outer.watch(inputs)
            with tf.GradientTape() as inner:
                inner.watch(inputs)
                y = layer(inputs, **given)
            penalty = tf.reduce_sum(inner.gradient(y, inputs) ** 2)
        return [float(tf.norm(d)) > 0 for d in outer.gradient(penalty, [inputs, *layer.weights])]

    return {
        "masked": outcome(lambda: second(LSTM(2), mask=MASK)),
        "training": outcome(lambda: second(LSTM(2, recurrent_dropout=0.5), training=True)),
        "relu": outcome(lambda: second(LSTM(2, activation="relu"))),
        "stateful": outcome(lambda: second(LSTM(2, stateful=True))),
        "float16": outcome(lambda: second(LSTM(2, dtype="mixed_float16"))),
    }


@attack("models.conv-lstm-states")
def parts_of_a_film():
    """Backwards, strided, dilated, unrolled, mixed, with dropout: is the last frame the whole's?"""
    film = numbers(1, 4, 9, 2)
    options = (
        {"go_backwards": True},
        {"strides": 2},
        {"dilation_rate": 2},
        {"unroll": True},
        {"dtype": "mixed_float16"},
        {"dropout": 0.5},
    )

    def parted(given):
        layer = keras.layers.ConvLSTM1D(2, 3, stateful=True, **given)
        y = np.array(layer(film))
        layer.reset_state()
        return [close(layer(part), y) for part in (film[:, :2], film[:, 2:])][1]

    return {str(given): outcome(lambda given=given: parted(given)) for given in options}


@attack("models.cells-of-siblings")
def cells_from_their_own_start():
    """Reset before, without bias, as RNN, from a bare state: does a cell do what its layer does?"""
    seen = {}
    for kind, given in (("GRU", {"reset_after": False}), ("SimpleRNN", {"use_bias": False})):
        layer = getattr(keras.layers, kind)(2, **given)
        y = layer(X)
        [start] = layer.cell.get_initial_state(batch_size=2)
        for form, state in (("a list", [start]), ("bare", start)):
            for t in range(X.shape[1]):
                output, state = layer.cell(X[:, t], state)
            seen[f"{kind}, {form}"] = close(output, y)
        seen[f"RNN of a {kind}Cell"] = close(keras.layers.RNN(layer.cell)(X), y)
    return seen


@attack("models.last-by-length")
def rows_by_length():
    """Lengths as float32, as uint8, 0, one too many, and a mask beside them: which row comes?"""
    y = LSTM(2, return_sequences=True)(X)
    seen = {}
    for length, kind in ((2, "float32"), (2, "uint8"), (0, "int64"), (5, "int64")):
        ends = np.full((2, 1, 1), length, kind) - 1

        def taken(ends=ends):
            row = ops.take_along_axis(y, ends, axis=1)[:, 0]
            return [t for t in range(4) if close(row, y[:, t])]

        seen[f"{length}, {kind}"] = outcome(taken)
    return seen


@attack("trainer.ctc-decode")
def decoded_paths():
    """Float lengths, length 0, no merging, beams of one, equal logits: what is spelt?"""
    logits = np.eye(3, dtype="float32")[np.array([[1, 1, 0, 1, 2, 2]])]

    def spelt(given, length=6, **options):
        return outcome(lambda: str(np.array(ops.ctc_decode(given, length, **options)[0]).tolist()))

    return {
        "float length": spelt(logits, np.array([6.0])),
        "length 0": spelt(logits, np.array([0])),
        "unmerged": spelt(logits, np.array([6]), merge_repeated=False),
        "beam": spelt(9 * logits, np.array([6]), strategy="beam_search", beam_width=5),
        "last blank": spelt(logits, np.array([6]), mask_index=2),
        "equal": spelt(0 * logits, np.array([6])),
    }


@attack("wrappers.bidirectional-decoder")
def decoders_of_both_directions():
    """A decoder that is unrolled, of sequences, in float64: does a model do what calls do?"""
    seen = {}
    for given in ({"unroll": True}, {"return_sequences": True}, {"dtype": "float64"}):
        encoder = layers.Bidirectional(LSTM(2, return_state=True))
        decoder = layers.Bidirectional(LSTM(2, **given), merge_mode="sum")
        inputs = keras.Input((4, 3))
        model = keras.Model(inputs, decoder(inputs, initial_state=list(encoder(inputs)[1:])))
        by_hand = decoder(X, initial_state=list(encoder(X)[1:]))
        seen[str(given)] = close(model.predict(X, verbose=0), by_hand)
    return seen


@attack("models.adapted-normalization")
def adapted_to_other_data():
    """To whole numbers, an uneven last batch, pairs with weights, twice, negative axes?"""
    x = np.arange(30).reshape(5, 3, 2)
    exact = (x - x.mean((0, 1))) / x.std((0, 1))
    data = tf.data.Dataset.from_tensor_slices((x, np.ones(5), np.ones(5)))
    sources = {"whole numbers": [x], "triples": [data.batch(4)], "anew": [x * 7 - 2, data.batch(2)]}
    seen = {}
    for name, given in sources.items():
        scale = keras.layers.Normalization(axis=(-1,))
        for part in given:
            scale.adapt(part)
        seen[name] = gap(scale(x.astype("float32")), exact)
    return seen


@attack("models.given-normalization")
def given_along_some_axes():
    """Along one axis of two, of size one, negative, of samples: is each broadcast as by NumPy?"""
    x = numbers(4, 3, 2)
    means = {(1, 2): np.ones(2), (-2, -1): np.ones((3, 1)), 0: np.ones(4)}
    seen = {}
    for axis, mean in means.items():
        scale = keras.layers.Normalization(axis=axis, mean=mean, variance=4 * mean)
        seen[str(axis)] = str(outcome(lambda f=scale: gap(f(x), (x - 1) / 2)))[:60]
    return seen


@attack("saving.normalization")
def normalization_in_files():
    """Inverted, in float16, or adapted anew: is each the same from both kinds of file?"""
    scales = {
        "inverted": keras.layers.Normalization(invert=True),
        "float16": keras.layers.Normalization(dtype="float16"),
        "anew": keras.layers.Normalization(),
    }
    scales["anew"].adapt(7 * X - 2)
    seen = {}
    for name, scale in scales.items():
        scale.adapt(X)
        model = model_of(scale, LSTM(2))
        files = {ending: reloaded(model, f"lstm.{ending}") for ending in ("keras", "h5")}
        seen[name] = {ending: gap(loaded(X), model(X)) for ending, loaded in files.items()}
    return seen


@attack("saving.nested-normalization")
def normalization_nested_in_files():
    """Nested once and twice, from `.keras`, `.h5` and `.h5` after finalize_state."""
    scale = keras.layers.Normalization()
    scale.adapt(X)
    inner = model_of(scale)
    seen = {}
    for name, part in {"once": inner, "twice": model_of(inner)}.items():
        model = model_of(part, LSTM(2))
        seen[name] = {e: gap(reloaded(model, f"lstm.{e}")(X), model(X)) for e in ("keras", "h5")}
    finalized = reloaded(model_of(inner), "lstm.h5")
    finalized.layers[0].layers[0].finalize_state()
    return {**seen, "finalized": gap(finalized(X), inner(X))}


@attack("saving.several-axes")
def several_axes_in_files():
    """From `.keras`, and of a single axis in a list: does the layer keep its axes?"""
    kinds = (keras.layers.Softmax, keras.layers.UnitNormalization, keras.layers.LayerNormalization)
    seen = {}
    for kind, axis in ((kind, axis) for kind in kinds for axis in ([1], [1, 2])):
        model = model_of(LSTM(3, return_sequences=True), kind(axis=axis), shape=X.shape[1:])
        files = {
            ending: outcome(lambda m=model, e=ending: gap(reloaded(m, f"lstm.{e}")(X), m(X)))
            for ending in ("keras", "h5")
        }
        seen[f"{kind.__name__} {axis}"] = {ending: str(gap)[:40] for ending, gap in files.items()}
    return seen


@attack("training.constraints-around")
def constraints_under_other_optimizers():
    """By Adam, in a graph, with clipping, for an Embedding of masks: is each weight positive?"""
    table = keras.layers.Embedding(5, 2, mask_zero=True, embeddings_constraint="non_neg")
    dense = keras.layers.Dense(2, kernel_constraint="non_neg", bias_constraint="non_neg")
    seen = {}
    optimizers = {"adam": "adam", "clipped": keras.optimizers.SGD(9.0, clipnorm=1.0)}
    for name, optimizer in optimizers.items():
        model = keras.Sequential([keras.Input((4,)), table, LSTM(2), dense])
        model.compile(optimizer, "mse")
        for layer in (table, dense):
            layer.set_weights([weight - 1 for weight in layer.get_weights()])
        model.fit(np.ones((8, 4)), -ones(8, 2), epochs=2, verbose=0)
        weights = [*table.get_weights(), *dense.get_weights()]
        seen[name] = [bool(np.all(weight >= 0)) for weight in weights]
    return seen


@attack("saving.given-vocabulary")
def vocabularies_that_are_given():
    """Of bytes, of objects, with weights and in two layers: the same from `.keras`?"""
    words = np.array(["b", "a"], dtype=object)
    kinds = {
        "objects": keras.layers.StringLookup(vocabulary=words),
        "bytes": keras.layers.StringLookup(vocabulary=[b"b", b"a"]),
        "multi-hot": keras.layers.StringLookup(vocabulary=words, output_mode="multi_hot"),
        "masked": keras.layers.StringLookup(vocabulary=words, mask_token=""),
    }
    x = tf.constant([["a"], ["c"], ["b"]])
    seen = {}
    for name, layer in kinds.items():
        model = keras.Sequential([keras.Input((1,), dtype="string"), layer])
        seen[name] = str(outcome(lambda m=model: gap(reloaded(m)(x), m(x))))[:60]
    return seen


@attack("saving.vocabulary-in-a-tensor")
def vocabulary_of_numbers_in_a_tensor():
    """Is a model of an IntegerLookup whose vocabulary is a tensor loaded?"""
    layer = keras.layers.IntegerLookup(vocabulary=tf.constant([7, 8]))
    model = keras.Sequential([keras.Input((1,), dtype="int64"), layer])
    return outcome(lambda: gap(reloaded(model)(np.array([[8]])), model(np.array([[8]]))))


@attack("trainer.accuracy-of-weighted-outputs")
def weights_of_each_output_in_other_metrics():
    """What do other metrics make of a weight for each output of each sample?"""
    y = np.eye(2)
    z = np.array([[0.9, 0.4], [0.2, 0.7]])
    weight = np.array([[1.0, 3.0], [0.0, 2.0]])
    seen = {}
    for name in ("MeanSquaredError", "BinaryCrossentropy", "Precision", "AUC", "F1Score"):
        metric = getattr(keras.metrics, name)()
        seen[name] = outcome(lambda m=metric: (m.update_state(y, z, weight), m.result())[1] * 1)
    return seen


@attack("trainer.listed-output-left-out")
def a_key_of_no_output():
    """Is a key refused that is of no output, and one of three outputs that is left out?"""
    x = keras.Input((4, 3))
    model = keras.Model(x, [LSTM(1, name=name)(x) for name in "abc"])
    seen = {}
    for given in ({"a": "mse", "b": None}, {"a": "mse", "d": None}, {"a": None, "b": None}):
        model.compile("sgd", given, run_eagerly=True)
        seen[str(sorted(given))] = outcome(lambda: model.test_on_batch(X, [ones(2, 1)] * 3) > 0)
    return seen


@attack("models.declared-by-operations")
def other_operations():
    """Do slices, shapes, reductions and choices of other kinds declare what they return?"""
    x = keras.Input((4, 3))
    h = LSTM(6, return_sequences=True)(x)
    symbols = {
        "slice": h[:, 1:, ::2],
        "last": h[:, -1],
        "reshape": ops.reshape(h, (-1, 8, 3)),
        "argmax": ops.argmax(h, axis=-1),
        "one_hot": ops.one_hot(ops.argmax(h, axis=-1), 6),
        "top_k": ops.top_k(h, 2)[1],
        "greater": h > 0.0,
        "logsumexp": ops.logsumexp(h, axis=1),
        "broadcast": ops.broadcast_to(h[:, :, None], (2, 4, 5, 6)),
        "norm": ops.norm(h, axis=-1),
        "unstack": ops.unstack(h, axis=1)[3],
    }
    outputs = keras.Model(x, symbols)(X)
    return [
        name
        for name, symbol in symbols.items()
        if tuple(symbol.shape[1:]) != tuple(outputs[name].shape[1:])
        or symbol.dtype != keras.backend.standardize_dtype(outputs[name].dtype)
    ]


@attack("trainer.stop-gradient")
def decay_and_penalties_below():
    """Do weight decay, a penalty and a saved model move what is below a stopped gradient?"""
    seen = {}
    for name, rule in {"decay": None, "penalty": "l2"}.items():
        x = keras.Input((4, 3))
        below = LSTM(2, kernel_regularizer=rule)
        model = keras.Model(x, keras.layers.Dense(1)(ops.stop_gradient(below(x))))
        decay = 0.1 if name == "decay" else None
        model.compile(keras.optimizers.SGD(0.5, weight_decay=decay), "mse", run_eagerly=True)
        before = below.get_weights()[0]
        model.train_on_batch(X, ones(2, 1))
        seen[name] = not close(before, below.get_weights()[0])
        seen[f"{name}, loaded"] = close(reloaded(model)(X), model(X))
    return seen


@attack("trainer.whole-number-misfit")
def as_many_samples_as_timesteps():
    """Are targets (batch,) refused by logits and softmax, where batch equals timesteps?"""
    square = numbers(4, 4, 3)
    seen = {}
    for name in ("softmax", "linear"):
        model = model_of(LSTM(3, return_sequences=True, activation=name))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=name == "linear")
        model.compile("sgd", loss)
        shapes = ((4,), (4, 1), (4, 4), (1, 4))
        seen[name] = [
            outcome(lambda s=s, m=model: m.test_on_batch(square, np.ones(s, int)) > 0)
            for s in shapes
        ]
    return seen


@attack("precision.half-average")
def many_timesteps_of_ordinary_size():
    """What is the mean of 60000 or 70000 unmasked ones and halves in float16?"""
    pool = keras.layers.GlobalAveragePooling1D(dtype="float16")
    seen = {}
    for count in (60000, 70000):
        mask = np.ones((1, count), bool)
        for size in (0.5, 1.0):
            x = np.full((1, count, 1), size, "float16")
            seen[f"{count} of {size}"] = float(pool(x, mask=mask)[0, 0]), float(pool(x)[0, 0])
    return seen


@attack("trainer.metrics-are-counted")
def a_second_stop_that_does_not_stop():
    """How long do two models train that EarlyStopping("val_precision") watches?"""
    ends = []
    keras.backend.clear_session()
    for _ in range(2):
        model = model_of(LSTM(2))
        model.compile("sgd", "mse", metrics=[keras.metrics.Precision()], run_eagerly=True)
        stop = keras.callbacks.EarlyStopping("val_precision", mode="max")
        options = {"epochs": 4, "verbose": 0, "callbacks": [stop]}
        nothing = X, np.zeros((2, 2))
        end = warned(lambda: model.fit(*nothing, validation_data=nothing, **options).epoch)
        ends.append((end[0], len(end[1])))
    return ends


@attack("trainer.name-of-a-function")
def partial_methods_and_a_list_of_one_name():
    """By which names are a partial, a method and two functions of one name reported?"""

    def error(y_true, y_pred):
        return ops.abs(y_true - y_pred)

    class Own:
        def size(self, y_true, y_pred):
            return error(y_true, y_pred)

    seen = {}
    given = {"partial": [functools.partial(error)], "method": [Own().size], "two": [error, error]}
    for name, metrics in given.items():
        model = model_of(LSTM(2))
        model.compile("sgd", "mse", metrics=metrics, run_eagerly=True)
        seen[name] = outcome(lambda m=model: sorted(m.test_on_batch(X, X[:, 0, :2], None, True)))
    return seen


@attack("trainer.precision-and-recall")
def scores_where_nothing_is_true():
    """What do other scores report where nothing is true, and where weights are all 0?"""
    given = {
        "PrecisionAtRecall": [0.5],
        "SensitivityAtSpecificity": [0.5],
        **{name: [] for name in ("AUC", "F1Score", "Precision", "Recall")},
    }
    seen = {}
    for name, arguments in given.items():
        metric = getattr(keras.metrics, name)(*arguments)
        metric.update_state(np.zeros((4, 2)), np.zeros((4, 2)))
        weighed = getattr(keras.metrics, name)(*arguments)
        weighed.update_state(np.ones((4, 2)), np.ones((4, 2)), sample_weight=np.zeros(4))
        seen[name] = [np.array(m.result()).tolist() for m in (metric, weighed)]
    return seen
