"""Attacks on 40 claims drawn after the twenty-seventh draw."""

from __future__ import annotations

from functools import partial

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import BLANK, MASK, X, alike, gap, mask_of, model_of


@attack("models.normalizes-frames")
def mask_attached_by_convlstm():
    """BatchNormalization behind a ConvLSTM1D, which leaves its mask (batch, timesteps) attached."""
    frames = layers.ConvLSTM1D(2, 2, return_sequences=True)(
        np.ones((2, 3, 4, 2), "float32"), mask=tf.constant([[True, True, False]] * 2)
    )
    return outcome(lambda: tuple(layers.BatchNormalization()(frames, training=True).shape))


@attack("training.frozen-model")
def frozen_normalization():
    """What fit changes of a BatchNormalization in a Sequential model with trainable=False."""
    parts = [keras.Input((4, 3)), layers.LSTM(3), layers.BatchNormalization()]
    model = keras.Sequential(parts, trainable=False)
    before = model.get_weights()
    model.compile("sgd", "mse")
    model.fit(X, np.ones((2, 3)), verbose=0)
    after = zip(model.weights, before, model.get_weights(), strict=True)
    return [weight.name for weight, old, new in after if gap(old, new) > 0]


@attack("models.joined-refused")
def list_of_one_tensor():
    """Concatenate of a single tensor, bare and in a list."""
    join = layers.Concatenate()
    return [outcome(lambda given=given: tuple(join(given).shape)) for given in (X, [X])]


@attack("precision.half-roundings")
def weights_within_two():
    """The errors of h and c in roundings of bfloat16, of weights within 2, and within 1."""
    half, exact = (
        layers.LSTM(4, return_state=True, recurrent_initializer="zeros", dtype=dtype)
        for dtype in ("bfloat16", "float64")
    )
    half.build((None, 4, 4))
    exact.build((None, 4, 4))
    errors = {}
    for limit in (2.0, 1.0):
        random = np.random.default_rng(837)
        half.set_weights([random.uniform(-limit, limit, w.shape) for w in half.weights])
        exact.set_weights([np.array(tf.cast(w.value, "float64")) for w in half.weights])
        random = np.random.default_rng([837, 29])
        given = [random.uniform(-2, 2, (6000, *shape)) for shape in ((4, 4), (4,), (4,))]
        x, *state = (tf.cast(part, "bfloat16") for part in given)
        ends = half(x, initial_state=state)[1:]
        x, *state = (tf.cast(part, "float64") for part in (x, *state))
        right = exact(x, initial_state=state)[1:]
        pairs = zip(ends, right, strict=True)
        errors[limit] = [gap(tf.cast(end, "float64"), other) * 2**7 for end, other in pairs]
    return errors


@attack("shapes.symbolic-feature-count")
def input_of_other_features():
    """An LSTM built on three features is given a keras.Input of five."""
    layer = layers.LSTM(2)
    layer(X)
    return outcome(lambda: layer(keras.Input((4, 5))).shape)


@attack("masking.attached-with-state")
def masked_with_state():
    """An LSTM on an attached mask, given states: how far from that mask, and from no mask."""
    layer = layers.LSTM(2)
    given = partial(layer, initial_state=[np.ones((2, 2), "float32")] * 2)
    attached = given(layers.Masking()(BLANK))
    return [gap(attached, given(BLANK, mask=MASK)), gap(attached, given(BLANK))]


@attack("dropout.all-of-h-dropped")
def the_rate_just_below():
    """By how much the initial h moves the output in training, at rates just below 1 and of 1."""
    gaps = {}
    for rate in (0.999999, 1.0):
        layer = layers.LSTM(2, recurrent_dropout=rate, seed=1)
        states = [[np.full((2, 2), h, "float32"), np.ones((2, 2), "float32")] for h in (0, 5)]
        gaps[rate] = gap(*(layer(X[:, :1], initial_state=s, training=True) for s in states))
    return gaps


@attack("masking.bidirectional-unrolled")
def unrolled_against_loop():
    """How far an unrolled Bidirectional is from its loop, on a mask that is no palindrome."""
    inner = (layers.LSTM(2, return_sequences=True, unroll=unroll) for unroll in (False, True))
    pair = alike(*(layers.Bidirectional(lstm) for lstm in inner))
    return gap(*(layer(X, mask=MASK) for layer in pair))


@attack("trainer.weighted-metrics")
def one_weight_a_sequence():
    """Loss and weighted mae of two samples of 4 or 2 timesteps, with a weight for each sample."""
    losses = {}
    for timesteps in (4, 2):
        model = model_of(layers.LSTM(3, return_sequences=True))
        model.compile("sgd", "mae", weighted_metrics=["mae"])
        x = X[:, :timesteps]
        y = np.array(model(x)) + np.array([0.0, 1.0]).reshape(2, 1, 1)
        test = partial(model.test_on_batch, x, y, sample_weight=np.array([1.0, 0.0]))
        losses[timesteps] = outcome(test)
    return losses


@attack("training.embedding-penalty")
def orthogonal_under_policy():
    """The losses of an Embedding of float64 with OrthogonalRegularizer."""
    layer = layers.Embedding(5, 3, embeddings_regularizer="OrthogonalRegularizer", dtype="float64")
    layer(np.array([[1, 2]]))
    return outcome(lambda: [float(loss) for loss in layer.losses])


@attack("models.attention-leaves-masks")
def query_after_each_attention():
    """The mask of a masked query after an Attention, and after a MultiHeadAttention."""
    query = layers.Masking()(BLANK)
    layers.Attention()([query, query])
    kept = mask_of(query)
    layers.MultiHeadAttention(1, 2)(query, query)
    return [kept, mask_of(query)]


@attack("dropout.on-in-fit")
def lstm_that_drops_all():
    """The loss of LSTM(dropout=1.0) on one batch, at inference and in training."""
    model = model_of(layers.LSTM(2, dropout=1.0))
    model.compile(keras.optimizers.SGD(0.0), "mse")
    y = np.zeros((2, 2), "float32")
    return [model.test_on_batch(X, y), model.train_on_batch(X, y)]
