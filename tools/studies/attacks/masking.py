"""Attacks on the claims of the chapter `masking`."""

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import BLANK, MASK, X, close

LSTM, Masking, Bidirectional = keras.layers.LSTM, keras.layers.Masking, keras.layers.Bidirectional


def alike(**options):
    """Return two layers with the same weights: one that loops, one that is unrolled."""
    looped = LSTM(2, **options)
    unrolled = LSTM(2, unroll=True, **options)
    for layer in (looped, unrolled):
        layer.build(X.shape)
    unrolled.set_weights(looped.get_weights())
    return looped, unrolled


def masked_loss(loss):
    """Return the loss of a masked sequence, for targets that differ at masked timesteps only."""
    layers = [keras.Input((None, 3)), Masking(), LSTM(1, return_sequences=True)]
    model = keras.Sequential(layers)
    model.compile(loss=loss)
    target = np.ones((2, 4, 1))
    other = np.where(MASK[:, :, None], target, 99.0)
    return [model.evaluate(BLANK, y, verbose=0) for y in (target, other)]


@attack("masking.skips-step")
def last_step_made_zero():
    """With zero_output_for_mask=True, the last timestep masked: as if deleted?"""
    layer = LSTM(2, zero_output_for_mask=True)
    mask = np.array([[True, True, True, False]])
    return close(layer(X[:1], mask=mask), layer(X[:1, :3]))


@attack("masking.zeros-are-read")
def zeros_in_front_of_a_fresh_layer():
    """Zeros in front of the sequence, for a layer that was never trained: another output?"""
    layer = LSTM(2)
    return not close(layer(np.pad(X, [(0, 0), (3, 0), (0, 0)])), layer(X))


@attack("masking.zero-output-backwards")
def unrolled_backwards():
    """go_backwards and zero_output_for_mask, unrolled and in a loop: the same?"""
    options = {"return_sequences": True, "zero_output_for_mask": True, "go_backwards": True}
    looped, unrolled = alike(**options)
    return close(looped(X, mask=MASK), unrolled(X, mask=MASK))


@attack("masking.bidirectional-unrolled")
def unrolled_bidirectional():
    """Bidirectional around an LSTM with return_sequences, unrolled and in a loop: the same?"""
    both = [Bidirectional(LSTM(2, return_sequences=True, unroll=u)) for u in (False, True)]
    for layer in both:
        layer.build(X.shape)
    both[1].set_weights(both[0].get_weights())
    return close(both[0](X, mask=MASK), both[1](X, mask=MASK))


@attack("masking.zero-output-last")
def last_step_backwards():
    """With go_backwards=True the last timestep is read first: is the output zero?"""
    layer = LSTM(2, zero_output_for_mask=True, go_backwards=True)
    mask = np.array([[True, True, True, False]])
    return not np.any(layer(X[:1], mask=mask))


@attack("masking.passed-on")
def mask_as_an_argument():
    """A mask that is passed as an argument: does a second LSTM find it?"""
    first = LSTM(2, return_sequences=True)
    second = LSTM(2)
    y = first(X, mask=MASK)
    return close(second(y), second(np.array(y), mask=MASK))


@attack("masking.loss")
def losses_of_one_s_own():
    """A function that takes the mean itself: does it see masked timesteps?"""
    return masked_loss(lambda y, z: keras.ops.mean((y - z) ** 2))


@attack("masking.loss")
def losses_of_keras():
    """Squared and absolute error, by name and by object: do they see masked timesteps?"""
    losses = ["mse", "mae", keras.losses.Huber(), keras.losses.mean_squared_error]
    return [len(set(masked_loss(loss))) > 1 for loss in losses]


@attack("masking.loss")
def batches_of_unequal_masks():
    """Evaluate in batches of one sample: the mean over all valid timesteps?"""
    layers = [keras.Input((None, 3)), Masking(), LSTM(1, return_sequences=True)]
    model = keras.Sequential(layers)
    model.compile(loss="mse")
    mask = np.array([[True, True, True, True], [True, False, False, False]])
    x = X * mask[:, :, None]
    y = X[:, :, :1]
    return close(*(model.evaluate(x, y, batch_size=size, verbose=0) for size in (1, 2)))


@attack("masking.numbers")
def masks_of_odd_numbers():
    """NaN, a subnormal number and -0.0 in a mask: read as valid, valid and masked?"""
    layer = LSTM(2)
    masks = [np.where(MASK, value, -0.0) for value in (np.nan, 1e-40)]
    return [close(layer(X, mask=mask), layer(X, mask=MASK)) for mask in masks]


@attack("masking.long-refused")
def long_mask_in_a_graph():
    """A mask that is too long, in a tf.function."""
    layer = LSTM(2)
    mask = np.pad(MASK, [(0, 0), (0, 2)])
    layer.build(X.shape)
    return outcome(lambda: tf.function(lambda x: layer(x, mask=mask))(X).shape)


@attack("masking.short-refused")
def short_mask_in_a_graph():
    """A mask that is too short, in a tf.function."""
    layer = LSTM(2)
    layer.build(X.shape)
    return outcome(lambda: tf.function(lambda x: layer(x, mask=MASK[:, 1:]))(X).shape)


@attack("masking.list-refused")
def list_for_a_symbol():
    """A list of lists as the mask of a call on keras.Input."""
    return outcome(lambda: LSTM(2)(keras.Input((4, 3)), mask=MASK.tolist()).shape)


@attack("masking.unit-by-unit")
def unit_mask_unrolled():
    """A mask with an axis of units, unrolled."""
    return outcome(lambda: LSTM(2, unroll=True)(X, mask=X[:, :, :2] > 0).shape)


@attack("masking.puts-zeros")
def infinite_mask_value():
    """mask_value=inf: are zeros put in its place?"""
    return np.array(Masking(np.inf)(np.full((1, 2, 1), np.inf))).ravel().tolist()


@attack("masking.all-features")
def masking_of_other_types():
    """mask_value=0.1 with data in float64, and whole numbers: masked?"""
    return [
        bool(np.any(Masking(0.1)(np.full((1, 2, 1), 0.1)))),
        np.array(Masking(0)(np.array([[[0], [7]]]))).ravel().tolist(),
    ]


@attack("masking.nan-value")
def nan_through_a_hard_sigmoid():
    """NaN through recurrent_activation="hard_sigmoid", compiled by XLA: NaN from there on?"""
    layer = LSTM(2, recurrent_activation="hard_sigmoid", return_sequences=True)
    x = X.copy()
    x[:, 1] = np.nan
    layer.build(x.shape)
    y = tf.function(lambda x: layer(x), jit_compile=True)(x)
    return bool(np.isnan(y[:, 1:]).all())


@attack("masking.embedding")
def embedding_with_a_state():
    """Padded ids with an initial state: the same as without the padding?"""
    embedding = keras.layers.Embedding(9, 3, mask_zero=True)
    layer = LSTM(2)
    state = [np.ones((1, 2), "float32")] * 2
    short = np.array([[4, 7]])
    padded = np.array([[4, 7, 0]])
    y = [layer(embedding(ids), initial_state=state) for ids in (short, padded)]
    return close(*y)


@attack("masking.lost-in-arithmetic")
def layers_for_operators():
    """The layers Rescaling and Multiply in place of operators: is the mask lost?"""
    layer = LSTM(2)
    y = Masking()(BLANK)
    scaled = keras.layers.Rescaling(1.0)(y)
    product = keras.layers.Multiply()([y, keras.ops.ones_like(y)])
    return [close(layer(part), layer(BLANK)) for part in (scaled, product)]


@attack("masking.nan-in-training")
def nan_in_one_feature():
    """NaN in a single feature of a masked timestep, in a compiled step: all weights NaN?"""
    x = keras.Input((4, 3))
    mask = keras.Input((4,), dtype="bool")
    model = keras.Model([x, mask], LSTM(2)(x, mask=mask))
    model.compile("sgd", "mse")
    spoiled = X.copy()
    spoiled[0, 1, 0] = np.nan
    model.train_on_batch([spoiled, MASK], np.ones((2, 2)))
    return [bool(np.isnan(weight).all()) for weight in model.get_weights()]


@attack("masking.all-features")
def nearly_zero():
    """Features of 1e-100 in float64, and 1e-40 in float32: masked?"""
    inputs = (np.full((1, 1, 1), 1e-100), np.full((1, 1, 1), 1e-40, "float32"))
    return [not np.any(keras.ops.convert_to_numpy(Masking()(x)._keras_mask)) for x in inputs]
