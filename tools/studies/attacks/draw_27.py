"""Attacks on 40 claims drawn after their words were compared with what is tried."""

from __future__ import annotations

from functools import partial

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import BLANK, X, gap, mask_of, model_of, numbers


@attack("models.last-output-first")
def state_from_other_call():
    """The second call is given the state that the first returns: which of them runs first?"""
    layer = layers.LSTM(3, stateful=True, return_state=True)
    inputs = [keras.Input(batch_shape=(2, 4, 3)) for _ in range(2)]
    first, *states = layer(inputs[0])
    second, *_ = layer(inputs[1], initial_state=states)
    outputs = keras.Model(inputs, [first, second]).predict([X, X + 1], verbose=0)
    layer.reset_state()
    return {"first ran from zeros": gap(outputs[0], layer(X)[0]) < 1e-5}


@attack("models.without-input")
def other_axes():
    """A Sequential without Input, called on data of three axes, then on data of four."""
    wider = numbers(2, 4, 6, 3)
    outcomes = {}
    for layer in (layers.Dense(2), layers.LayerNormalization(), layers.Dropout(0.5)):
        model = keras.Sequential([layer])
        model(X)
        outcomes[layer.name] = [
            tuple(layer(wider).shape),
            outcome(lambda model=model: model(wider)),
        ]
    return outcomes


@attack("trainer.metric-of-lists")
def lists_of_numpy_doubles():
    """TopKCategoricalAccuracy of lists of Python's floats, and of lists of NumPy's float64."""
    target = [[0.0, 1.0], [1.0, 0.0]]
    outputs = [[0.2, 0.7], [0.6, 0.3]]
    doubles = [[np.float64(number) for number in row] for row in outputs]
    return [
        outcome(lambda given=given: float(keras.metrics.TopKCategoricalAccuracy(1)(target, given)))
        for given in (outputs, doubles)
    ]


@attack("trainer.generator")
def generator_of_lists():
    """Two Inputs in a list and in a tuple: fit on a generator of batches in that form."""
    outcomes = {}
    for form in (list, tuple):
        inputs = form((keras.Input((4, 3)), keras.Input((4, 3))))
        model = keras.Model(inputs, layers.LSTM(2)(layers.Add()(inputs)))
        model.compile("sgd", "mse")
        batch = form((X, X + 1)), np.ones((2, 2), "float32")
        outcomes[form.__name__] = outcome(
            lambda model=model, batch=batch: len(
                model.fit((part for part in [batch]), steps_per_epoch=1, verbose=0).history["loss"]
            )
        )
    return outcomes


@attack("symmetry.batch-parts")
def jumping_sparsemax():
    """Samples with sparsemax's support about to gain a unit, in a batch and alone, in a graph."""
    keras.utils.set_random_seed(0)
    layer = layers.LSTM(2, activation="sparsemax")
    x = np.random.RandomState(0).randn(1000, 2, 3).astype("float32")
    first = np.array(layer(x[:, :1]), "float64")
    kernel, recurrent = (
        np.array(weight, "float64")[:, 4] - np.array(weight, "float64")[:, 5]
        for weight in layer.get_weights()[:2]
    )
    x[:, 1] *= ((1 - first @ recurrent) / (x[:, 1] @ kernel))[:, None]
    x = x[np.abs(x).max((1, 2)) < 5]
    call = tf.function(layer)
    alone = np.concatenate([np.array(call(x[k : k + 1])) for k in range(len(x))])
    gaps = np.abs(np.array(call(x)) - alone).max(1)
    return {"samples": len(x), "apart": int((gaps > 1e-3).sum()), "by": float(gaps.max())}


@attack("models.maximum-of-multiples")
def doubled_rows():
    """How far predict of the Maximum of an LSTM's rows and their double is from the larger."""
    inputs = keras.Input((4, 3))
    rows = layers.LSTM(3, return_sequences=True)(inputs)
    model = keras.Model(inputs, layers.Maximum()([rows, layers.Rescaling(2.0)(rows)]))
    alone = np.array(keras.Model(inputs, rows)(X))
    larger = np.maximum(alone, 2 * alone)
    return {"called": gap(model(X), larger), "predict": gap(model.predict(X, verbose=0), larger)}


@attack("models.attention-query")
def masked_query_of_two_layers():
    """The masks of Attention's output, alone and beside a MultiHeadAttention on its query."""
    start = keras.Input((4, 3))
    query = layers.Masking()(start)
    beside = layers.MultiHeadAttention(1, 2)(query, query)
    kept = layers.Attention()([query, query])
    models = keras.Model(start, [kept]), keras.Model(start, [kept, beside])
    first = [keras.tree.flatten(model(BLANK))[0] for model in models]
    return [mask_of(output) for output in first]


@attack("models.mask-of-backwards")
def mask_goes_on_unreversed():
    """The mask that goes on with go_backwards=True, on a mask that is no palindrome."""
    backwards = layers.LSTM(2, return_sequences=True, go_backwards=True)
    return mask_of(backwards(layers.Masking()(BLANK)))


@attack("models.merge-of-two-masks")
def residual_sum_of_attention():
    """The mask of a masked query added to what a MultiHeadAttention makes of it, in a model."""
    start = keras.Input((4, 3))
    query = layers.Masking()(start)
    added = layers.Add()([query, layers.MultiHeadAttention(1, 2)(query, query)])
    return mask_of(keras.Model(start, added)(BLANK))


@attack("trainer.sequence-loss")
def sequence_losses_of_masked_batches():
    """The loss of fit under CTC beside the mean of the sequences, of three and of four."""
    outcomes = {}
    for number in (3, 4):
        x = numbers(number, 4, 3)
        x[:-1, 1:] = 0
        model = model_of(layers.Masking(), layers.LSTM(4, return_sequences=True), layers.Dense(2))
        model.compile("sgd", "ctc")
        y = np.ones((number, 1))
        mean = float(np.mean(keras.losses.ctc(tf.constant(y, tf.float32), model(x))))
        fit = partial(model.fit, x, y, shuffle=False, verbose=0)
        outcomes[number] = [outcome(lambda fit=fit: fit().history["loss"][0]), mean]
    return outcomes
