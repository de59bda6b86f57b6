"""TimeDistributed in models: a layer for each slice, whatever the length."""

from __future__ import annotations

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.claims.models import masking
from lstm_spec.claims.modes.graphs import quantized
from lstm_spec.harness.model_drawing import trials
from lstm_spec.harness.model_ways import check
from lstm_spec.harness.refusals import assert_refused
from lstm_spec.harness.strategies import cases, noise, permutation, seeds, whole
from lstm_spec.harness.subject import lstm, to_numpy
from lstm_spec.harness.tolerance import assert_close

longer = cases(batch=integers(1, 3), timesteps=integers(4, 6), features=2)
"""Cases of more timesteps than samples."""
SLICED = ("TimeDistributed Dense", "TimeDistributed Sequential")
WEIGHTS = {"Dense": ["kernel", "bias"], "LSTM": ["kernel", "recurrent", "bias"]}
"""The weights that a layer has penalties for, in their order."""
MEASURES = {"L1": np.abs, "L2": np.square}
"""What a penalty adds up, of each number of a weight."""


def inner(kind, case):
    """Return a layer for each slice of a case, with the slices' input, and what it gives."""
    x = noise((*case.x.shape[:2], 3, 2), case.units)
    made = {"Dense": keras.layers.Dense(2), "LSTM": keras.layers.LSTM(2)}
    layer = made[kind]
    y = np.stack([to_numpy(layer(x[:, t])) for t in range(case.timesteps)], axis=1)
    return layer, x, y.astype(float)


@claim(
    "models.slices-of-open-length",
    promised="TimeDistributed: the layer is applied to every temporal slice of its input",
    corrects="A model that trains and predicts without an error returns every timestep.",
    cases=4,
)
@given(longer, sampled_from(["Dense", "LSTM"]))
def test_predict_maps_over_the_timesteps_of_each_length(case, kind):
    """
    In predict, TimeDistributed over an open length applies its layer to each timestep.

    Whatever lengths came before: the second length is computed by a graph of open length, as
    is every length in a SavedModel.

    >>> import keras, numpy as np
    >>> slices = keras.layers.TimeDistributed(keras.layers.Dense(2))
    >>> model = keras.Sequential([keras.Input((7, 3)), slices])  # the length is known
    >>> model.predict(np.ones((2, 7, 3)), verbose=0).shape
    (2, 7, 2)
    """
    layer, x, y = inner(kind, case)
    given = keras.Input((None, 3, 2))
    model = keras.Model(given, keras.layers.TimeDistributed(layer)(given))
    assert_close(model.predict(x, verbose=0), y)
    instead = {"it maps over as many timesteps as samples": y[:, : case.batch]}
    assert_close(model.predict(x[:, :-1], verbose=0), y[:, :-1], instead=instead)


@claim(
    "models.slices-in-a-graph",
    promised="TimeDistributed: the layer is applied to every temporal slice of its input",
    cases=4,
    needs="tensorflow",
)
@given(longer, sampled_from(["Dense", "LSTM"]))
def test_in_a_graph_of_open_sizes_slices_are_what_they_are_in_a_call(case, kind):
    """
    In a tf.function of open batch and length, TimeDistributed of Dense or LSTM gives what it gives
    in a call.

    Every timestep has its row in the result.

    >>> import keras, numpy as np
    >>> import tensorflow as tf
    >>> slices = keras.layers.TimeDistributed(keras.layers.Dense(2))
    >>> sizes = tf.TensorSpec((None, 5, 3))  # the length is known
    >>> graph, x = tf.function(slices, [sizes]), np.ones((2, 5, 3), "float32")
    >>> tuple(slices(x).shape), tuple(graph(x).shape)
    ((2, 5, 2), (2, 5, 2))
    """
    import tensorflow as tf

    layer, x, y = inner(kind, case)
    slices = keras.layers.TimeDistributed(layer)
    assert_close(slices(x), y)
    mask = np.ones(x.shape[:2], bool) if kind == "Dense" else None  # of known sizes
    graph = tf.function(lambda z: slices(z, mask=mask), [tf.TensorSpec((None, None, 3, 2))])
    instead = {"it maps over as many timesteps as samples": y[:, : case.batch]}
    assert_close(graph(x), y, instead=instead)


@claim(
    "models.slices-of-known-length",
    derived="models.called, for a known number of slices",
    cases=4,
)
@given(trials(nodes=integers(0, 1), opened=False, containing=("LSTM", *SLICED)))
def test_slices_of_known_number_in_models(trial):
    """
    In float32 in plain models TimeDistributed applies a Keras layer of one output to a known number
    of unmasked timesteps.

    Such as a Dense or a model. The tensor has three axes or more; a layer that reads no mask takes
    masked timesteps too. In a tf.function or Dataset whose signature leaves the length open it is
    not known. The output is in no list or dictionary: several are mixed up, or refused.

    >>> import keras, numpy as np
    >>> lstm, dense = keras.layers.LSTM(2, return_sequences=True), keras.layers.Dense(3)
    >>> slices = keras.layers.TimeDistributed(dense)
    >>> model, x = keras.Sequential([keras.Input((4, 1)), lstm, slices]), np.ones((2, 4, 1))
    >>> bool(np.allclose(model(x), dense(lstm(x)), atol=1e-6))
    True
    """
    check("called", trial)


@claim("models.slices-of-own-layer", derived="a layer of one's own is a layer")
@given(longer)
def test_slices_of_a_layer_that_declares_no_shape(case):
    """
    TimeDistributed takes a layer of your own that declares no output shape.

    The shape is found out by trying, in a model as in a call.

    >>> import keras, numpy as np
    >>> class Half(keras.layers.Layer):
    ...     def call(self, x):
    ...         return x / 2.0
    ...     def compute_output_shape(self, shape):
    ...         return shape
    >>> given = keras.Input((3, 2))
    >>> model = keras.Model(given, keras.layers.TimeDistributed(Half())(given))
    >>> model.output_shape, float(model(np.ones((1, 3, 2)))[0, 0, 0])
    ((None, 3, 2), 0.5)
    """
    half = type("Half", (keras.layers.Layer,), {"call": lambda self, x: x / 2.0})
    slices = keras.layers.TimeDistributed(half())
    given = keras.Input(case.x.shape[1:])
    assert_close(slices(case.x), case.x.astype(float) / 2.0)
    assert_close(keras.Model(given, slices(given))(case.x), case.x.astype(float) / 2.0)


@claim("models.slices-refuse-mask", promised="TimeDistributed, call argument `mask`: its shape")
@given(longer, sampled_from([(0, 1), (1, 0), (1, 1)]))
def test_slices_refuse_a_mask_of_other_sizes(case, more):
    """
    In an eager call TimeDistributed refuses a mask that has not as many samples and timesteps as
    its input.

    Even if its layer takes no mask. A graph that leaves the sizes open does not compare them.

    >>> import keras, numpy as np
    >>> slices = keras.layers.TimeDistributed(keras.layers.Dense(2))
    >>> try:
    ...     _ = slices(np.ones((2, 3, 1)), mask=np.ones((2, 4), bool))
    ... except ValueError:
    ...     print("refused")
    refused
    """
    slices = keras.layers.TimeDistributed(keras.layers.Dense(2))
    mask = np.ones(np.add(case.x.shape[:2], more), bool)
    assert_refused(lambda: slices(case.x, mask=mask), "ValueError", "mask", "TimeDistributed")


@claim(
    "models.slices-add-losses",
    derived="a wrapper has the weights of its layer, and its losses",
    cases=6,
)
@given(
    longer,
    whole(list(WEIGHTS)),
    sampled_from([0, 1]),
    whole(list(MEASURES)),
    sampled_from([0.25, 0.5, 2.0]),
)
def test_slices_add_the_penalty_of_their_layer(case, kind, first, penalty, rate):
    """
    TimeDistributed adds the penalties of regularizers on its layer's trainable weights to the
    losses, once.

    Not once for each slice. Frozen weights have no penalty, in it or alone.

    >>> import keras, numpy as np
    >>> dense = keras.layers.Dense(1, kernel_initializer="ones", kernel_regularizer="l2")
    >>> slices = keras.layers.TimeDistributed(dense)
    >>> _ = slices(np.ones((1, 3, 1)))
    >>> round(float(slices.losses[0]), 3), len(slices.losses)
    (0.01, 1)
    """
    regularizer = getattr(keras.regularizers, penalty)(rate)
    penalties = {f"{name}_regularizer": regularizer for name in WEIGHTS[kind][first:]}
    layer = getattr(keras.layers, kind)(2, bias_initializer="ones", **penalties)
    slices = keras.layers.TimeDistributed(layer)
    slices(case.x[:, :, None])
    measure = MEASURES[penalty]
    totals = [rate * np.sum(measure(w.astype(float))) for w in layer.get_weights()[first:]]
    assert_close(np.array([float(loss) for loss in slices.losses], "float32"), totals)


@claim(
    "models.slices-behind-lstm",
    derived="masking.passed-on, and a Dense for each slice",
    cases=4,
)
@given(longer)
def test_dense_in_slices_is_dense_behind_an_lstm(case):
    """
    On an LSTM's sequences of known length, TimeDistributed of a Dense of the same dtype is the
    Dense alone, masked or not.

    Dense works on the last axis anyway, as its activation does, and hands the mask on. For
    penalties see `trainer.activity-time-distributed`, for graphs of open length
    `models.slices-of-open-length`.

    >>> import keras, numpy as np
    >>> lstm, dense = keras.layers.LSTM(2, return_sequences=True), keras.layers.Dense(3)
    >>> slices, y = keras.layers.TimeDistributed(dense), lstm(np.ones((1, 4, 1)))
    >>> bool(np.allclose(slices(y), dense(y), atol=1e-6))
    True
    """
    layer = lstm(case, return_sequences=True)
    dense = keras.layers.Dense(3)
    above = keras.layers.LSTM(2)
    y = layer(masking(case.x * (np.arange(case.timesteps) > 0)[:, None]))
    slices = keras.layers.TimeDistributed(dense)
    assert_close(slices(y), to_numpy(dense(y)).astype(float))
    assert_close(above(slices(y)), to_numpy(above(dense(y))).astype(float))


@claim(
    "models.slices-quantized",
    derived="wrappers.dense-in-slices, for a layer that is quantized",
    cases=4,
    needs=("keras.layers.Layer.quantize", "keras.layers.Embedding.quantize"),
)
@given(longer, whole(["Dense", "Embedding"]), seeds)
def test_slices_of_a_quantized_layer_are_what_the_layer_gives(case, kind, seed):
    """
    In a model quantized to int8, TimeDistributed of a Dense or an Embedding gives what that layer
    gives of each timestep.

    The weights are whole numbers up to 127 then, times a scale. Where it is left out, outputs are
    far too large. Call the layer itself: both read any number of axes.

    >>> import keras, numpy as np
    >>> x, given = np.random.rand(1, 3, 4).astype("float32"), keras.Input((3, 4))
    >>> dense = keras.layers.Dense(2)
    >>> model = keras.Model(given, dense(given))  # in place of TimeDistributed(dense)
    >>> model.quantize("int8")
    >>> bool(np.allclose(model(x)[:, 1], dense(x[:, 1]), atol=1e-5))
    True
    """
    ids = permutation(case.x.size, seed).reshape(case.x.shape).astype("int32") % 5
    layer, x = {
        "Dense": (keras.layers.Dense(3, bias_initializer="ones"), case.x),
        "Embedding": (keras.layers.Embedding(5, 3), ids),
    }[kind]
    inputs = keras.Input(x.shape[1:], dtype=x.dtype.name)
    model = quantized(keras.Model(inputs, keras.layers.TimeDistributed(layer)(inputs)))
    alone = [to_numpy(layer(x[:, t])).astype(float) for t in range(case.timesteps)]
    table = next(to_numpy(w).astype(float) for w in layer.weights if "int8" in str(w.dtype))
    unscaled = table[x] if kind == "Embedding" else x @ table + 1.0
    instead = {"the scale is left out": unscaled}
    assert_close(model(x), np.stack(alone, axis=1), bound=64.0, instead=instead)
