"""Shapes: what an LSTM returns, which input it reads, and what it refuses.

An LSTM reads sequences. A batch of them is one array with three axes, (batch, timesteps, features):
each sample is a row of timesteps in their order, and each timestep is a vector of numbers. The
price of a share on 30 days, for 100 shares, is an array of shape (100, 30, 1): one feature, not 30.

`units` is how many numbers the layer carries from one timestep to the next, and so how wide its
output is. It is chosen freely, like the width of a Dense layer. It is tied neither to the number of
timesteps nor to that of the features: all units read all features of all timesteps.

    input (100, 30, 1)  LSTM(2)                          output (100, 2)
    input (100, 30, 1)  LSTM(2, return_sequences=True)   output (100, 30, 2)

Most errors about shapes have one of two causes. The input has two axes, because the features were
left out where there is only one; or time stands on another axis than the second. The first is
refused. The second is not: the layer reads the array as it is, and learns from the wrong thing.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import keras
import numpy as np
from hypothesis import example, given
from hypothesis.strategies import floats, integers, lists, sampled_from

from lstm_spec.claims import claim
from lstm_spec.harness.reference import equations, returned
from lstm_spec.harness.refusals import OF_THE_BACKEND, assert_refused
from lstm_spec.harness.strategies import (
    SIZES,
    booleans,
    cases,
    noise,
    seeds,
    small,
    some_large,
    varied,
    whole,
)
from lstm_spec.harness.subject import FORMS, as_states, heard, lstm, passed, to_numpy
from lstm_spec.harness.tolerance import assert_close, assert_differs, assert_same
from lstm_spec.harness.ways import PREDICTED, TRACED, with_ways

ASKED = np.arange(1.0, 10.0).reshape(3, 3, 1)
"""The input of the question from which this specification grew: (batch, timesteps, features)."""

DEFAULTS = {
    "activation": "tanh",
    "recurrent_activation": "sigmoid",
    "use_bias": True,
    "kernel_initializer": "glorot_uniform",
    "recurrent_initializer": "orthogonal",
    "bias_initializer": "zeros",
    "unit_forget_bias": True,
    "kernel_regularizer": None,
    "recurrent_regularizer": None,
    "bias_regularizer": None,
    "activity_regularizer": None,
    "kernel_constraint": None,
    "recurrent_constraint": None,
    "bias_constraint": None,
    "dropout": 0.0,
    "recurrent_dropout": 0.0,
    "return_sequences": False,
    "return_state": False,
    "go_backwards": False,
    "stateful": False,
    "unroll": False,
}
"""The arguments for which the documentation of LSTM gives a default."""

KERAS_2 = (
    "batch_input_shape",
    "batch_shape",
    "batch_size",
    "input_length",
    "ragged",
    "time_major",
    "weights",
)
"""Arguments that code written for Keras 2 passes to an LSTM."""


def assert_shape(tensor, *sizes):
    """Assert that a tensor, symbolic or not, has these sizes."""
    assert_equal(tuple(tensor.shape), sizes)


def assert_equal(actual, expected):
    """Assert that two plain values, no arrays, are equal."""
    assert actual == expected, f"{actual}, expected {expected}"


# What a layer returns.


@claim(
    "shapes.width",
    promised="LSTM, argument `units`",
    corrects="An LSTM returns a number per timestep, so it needs as many units as timesteps.",
    cases=4,
)
@given(
    *with_ways(
        cases(
            **varied("batch", "timesteps", "features", "go_backwards", "use_bias"),
            units=some_large(integers(1, 7), 65, 300),
        )
    )
)
def test_width_is_the_number_of_units(case, way):
    """
    Called on an input alone, an LSTM returns outputs that are `units` wide, whatever the number of
    timesteps is.

    An LSTM is one cell, with `units` numbers in h, that reads the timesteps one after another. By
    default it returns the cell's output after the last of them.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> tuple(lstm(np.ones((1, 3, 1))).shape)  # (batch, timesteps, features)
    (1, 2)
    >>> tuple(lstm(np.ones((1, 50, 1))).shape)
    (1, 2)
    """
    run = way(lstm(case))
    longer = np.concatenate([case.x, case.x], axis=1)
    assert_shape(run(case.x), case.batch, case.units)
    assert_shape(run(longer), case.batch, case.units)


@claim(
    "shapes.any-sizes",
    derived="the equations: they hold for all numbers of timesteps, features and units",
    corrects="The number of units must equal the number of features, or that of timesteps.",
    cases=8,
)
@given(
    *with_ways(
        cases(
            **varied("batch"),
            timesteps=some_large(integers(1, 7), 100),
            features=some_large(integers(1, 7), 50),
            units=some_large(integers(1, 7), 65, 300),
        )
    )
)
def test_sizes_are_free_of_each_other(case, way):
    """
    From 1 up, any number of units goes with any number of timesteps and of features.

    Fewer, as many or more: the layer computes the equations in every case, with a kernel
    of shape (features, 4 * units) and a recurrent kernel of shape (units, 4 * units).

    >>> import keras, numpy as np
    >>> x = np.ones((1, 3, 4))  # (batch, timesteps, features)
    >>> [tuple(keras.layers.LSTM(units)(x).shape) for units in (2, 3, 4, 5)]
    [(1, 2), (1, 3), (1, 4), (1, 5)]
    """
    assert_close(way(lstm(case))(case.x), equations(case).h)


@claim(
    "shapes.asked-units",
    derived="shapes.width",
    corrects="An LSTM that reads three timesteps has three units, and three output columns.",
)
def test_two_or_three_or_three_hundred_units_read_three_timesteps():
    """
    On input of shape (3, 3, 1) LSTMs of 2, 3 and 300 units return 2, 3 and 300 columns.

    There are three input vectors in each sample, and each of them goes to all units; no unit is
    left over, and no vector either.

    >>> import keras, numpy as np
    >>> x = np.arange(1.0, 10.0).reshape(3, 3, 1)  # (batch, timesteps, features)
    >>> tuple(keras.layers.LSTM(2)(x).shape)
    (3, 2)
    >>> tuple(keras.layers.LSTM(3, activation="elu")(x).shape)
    (3, 3)
    >>> tuple(keras.layers.LSTM(300)(x).shape)
    (3, 300)
    """
    assert_shape(keras.layers.LSTM(2)(ASKED), 3, 2)
    assert_shape(keras.layers.LSTM(3, activation="elu")(ASKED), 3, 3)
    assert_shape(keras.layers.LSTM(300)(ASKED), 3, 300)


@claim(
    "shapes.answered-example",
    derived="shapes.any-sizes: 4 * (3 * 5 + 5 * 5 + 5) weights, and none for a timestep",
    cases=8,
)
@given(cases(**varied("batch", "timesteps"), features=3, units=5))
def test_five_units_on_three_features_have_the_same_weights_over_any_timesteps(case):
    """
    With a bias, an LSTM of five units on three features has 180 weights, whatever the number of
    timesteps.

    Four gates each have 3 x 5 weights for the input, 5 x 5 for the last output and 5
    biases. All timesteps share them.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(5)
    >>> tuple(lstm(np.ones((1, 2, 3))).shape)  # (batch, timesteps, features)
    (1, 5)
    >>> lstm.count_params()
    180
    >>> [tuple(weight.shape) for weight in lstm.get_weights()]
    [(3, 20), (5, 20), (20,)]
    """
    layer = keras.layers.LSTM(5)
    assert_shape(layer(case.x), case.batch, 5)
    assert_equal(layer.count_params(), 4 * (3 * 5 + 5 * 5 + 5))


@claim(
    "shapes.targets",
    observed="Keras 3, TensorFlow",
    corrects="The target of an LSTM has a column for each timestep.",
    cases=4,
    needs="keras.Model.fit",
)
@given(cases(**varied("timesteps"), units=integers(2, 4)), integers(1, 3), seeds)
def test_targets_have_a_column_for_each_unit(case, more, seed):
    """
    Under mean squared error a final LSTM of two or more units refuses targets of more columns than
    units.

    Targets are compared with the output, so they have `units` columns, whatever the number
    of timesteps. A single column, on as many axes as the output, is no error: it is compared with
    every unit in turn.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.layers.LSTM(2)])
    >>> model.compile(loss="mse", run_eagerly=True)
    >>> x = np.ones((3, 3, 1))  # (batch, timesteps, features): a target for each timestep?
    >>> try:
    ...     loss = model.test_on_batch(x, np.ones((3, 3)))
    ... except Exception as error:
    ...     print("Incompatible shapes" in str(error))
    True
    """
    model = keras.Sequential([lstm(case)])
    model.compile(loss="mse", run_eagerly=True)
    wide = noise((case.batch, case.units + more), seed)
    model.train_on_batch(case.x, wide[:, : case.units])
    assert_refused(
        lambda: model.train_on_batch(case.x, wide), OF_THE_BACKEND, "Incompatible shapes"
    )


@claim(
    "shapes.return-sequences",
    promised="RNN, section Output shape",
    corrects="With return_sequences=True an LSTM returns a sequence of `units` timesteps.",
    cases=8,
)
@given(*with_ways(cases(**varied(*SIZES, "go_backwards", "masked"), return_sequences=True)))
def test_sequence_output_has_a_row_for_each_timestep(case, way):
    """
    Called on an input alone, an LSTM with `return_sequences=True` alone returns the shape (batch,
    timesteps, units).

    The number of timesteps is that of the input; the layer adds none and drops none.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(5, return_sequences=True)
    >>> tuple(lstm(np.ones((1, 2, 3))).shape)  # (batch, timesteps, features)
    (1, 2, 5)
    """
    output = way(lstm(case))(case.x, **passed(case))
    assert_shape(output, case.batch, case.timesteps, case.units)


@claim(
    "shapes.return-state",
    promised="RNN, section Output shape",
    cases=4,
)
@given(*with_ways(cases(**varied(*SIZES, "return_sequences", "masked")), "return_state"))
def test_state_output_is_three_tensors(case, way):
    """
    Called on an input alone, an LSTM with `return_state=True` returns the output and two states,
    (batch, units) each.

    The output keeps the shape that it has without the argument. The states are those after
    the last timestep that is read: h, then c.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(5, return_sequences=True, return_state=True)
    >>> outputs, h, c = lstm(np.ones((1, 2, 3)))  # (batch, timesteps, features)
    >>> tuple(outputs.shape), tuple(h.shape), tuple(c.shape)
    ((1, 2, 5), (1, 5), (1, 5))
    """
    output = returned(case)
    states = [(case.batch, case.units)] * 2
    parts = way(lstm(case, return_state=True))(case.x, **passed(case))
    assert_equal([tuple(part.shape) for part in parts], [output.shape, *states])


@claim(
    "shapes.declared-output",
    observed="Keras 3",
    cases=4,
)
@given(cases(**varied(*SIZES, "return_sequences", "go_backwards", "stateful")))
def test_declared_output_shape_is_that_of_the_output(case):
    """
    An LSTM's `compute_output_shape` tells the shape that a call on such an input alone returns.

    It tells one shape, or three with `return_state=True`, and needs neither weights nor
    numbers.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(5, return_sequences=True)
    >>> x = np.ones((1, 2, 3))  # (batch, timesteps, features)
    >>> tuple(lstm.compute_output_shape(x.shape)) == tuple(lstm(x).shape)
    True
    """
    layer = lstm(case)
    with_state = lstm(case, return_state=True)
    assert_shape(layer(case.x), *layer.compute_output_shape(case.x.shape))
    declared = [*with_state.compute_output_shape(case.x.shape)]
    assert_equal([tuple(part.shape) for part in with_state(case.x)], declared)


@claim(
    "shapes.symbolic-output",
    observed="Keras 3",
    cases=8,
)
@given(cases(**varied("go_backwards")), booleans(), booleans())
def test_symbolic_output_leaves_open_what_the_input_leaves_open(case, open_batch, open_length):
    """
    On the axes that it keeps, an LSTM's symbolic output has None where its input has None, and
    `units` last.

    The batch size and the number of timesteps pass through; the features do not.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(5, return_sequences=True)
    >>> tuple(lstm(keras.Input((None, 3))).shape)  # (batch, timesteps, features)
    (None, None, 5)
    >>> tuple(lstm(keras.Input((2, 3), batch_size=7)).shape)
    (7, 2, 5)
    """
    batch = None if open_batch else case.batch
    timesteps = None if open_length else case.timesteps
    inputs = keras.Input(batch_shape=(batch, timesteps, case.features))
    assert_shape(lstm(case)(inputs), batch, case.units)
    assert_shape(lstm(case, return_sequences=True)(inputs), batch, timesteps, case.units)


# Which axis is which.


@claim(
    "shapes.rank",
    promised="LSTM, call argument `inputs`",
    corrects="A table of samples by features can be passed to an LSTM as it is.",
)
@given(lists(integers(1, 3), max_size=2) | lists(integers(1, 3), min_size=4, max_size=5))
def test_input_without_three_axes_is_refused(shape):
    """
    Called directly, an LSTM refuses an array that has not three axes, with an error that says how
    many it has.

    The axes are (batch, timesteps, features). One series becomes a batch of one with
    `x[None]`; a series of single numbers gets its features with `x[..., None]`. A Sequential or
    functional model adds or drops a last axis of 1 by itself, to fit its `Input`.

    >>> import keras, numpy as np
    >>> lstm, series = keras.layers.LSTM(2), np.ones((4, 5))  # (timesteps, features)
    >>> try:
    ...     lstm(series)
    ... except ValueError as error:
    ...     print("expected ndim=3, found ndim=2" in str(error))
    True
    >>> tuple(lstm(series[None]).shape)
    (1, 2)
    """
    words = f"expected ndim=3, found ndim={len(shape)}"
    assert_refused(lambda: keras.layers.LSTM(2)(np.ones(shape, "float32")), "ValueError", words)


@claim(
    "shapes.vector-size",
    derived="shapes.rank: the last axis holds the features",
    corrects="In an array of shape (3, 3, 1) the size of each input vector is 3.",
)
def test_input_vectors_have_the_size_of_the_last_axis():
    """
    An array of shape (3, 3, 1) holds three samples of three input vectors of size one.

    So three units see one number at a time: their kernel has one row, and vectors of size 3
    do not fit it. The layer has 4 * (1 * 3 + 3 * 3 + 3) = 60 weights.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(3, activation="elu")
    >>> y = lstm(np.arange(1.0, 10.0).reshape(3, 3, 1))  # (batch, timesteps, features)
    >>> [tuple(weight.shape) for weight in lstm.get_weights()]
    [(1, 12), (3, 12), (12,)]
    >>> lstm.count_params()
    60
    """
    layer = keras.layers.LSTM(3, activation="elu")
    layer(ASKED)
    shapes = [tuple(weight.shape) for weight in layer.get_weights()]
    assert_equal(shapes, [(1, 12), (3, 12), (12,)])
    assert_refused(lambda: layer(ASKED.reshape(3, 1, 3)), OF_THE_BACKEND, "LSTMCell.call()")


@claim(
    "shapes.time-axis",
    derived="the equations: each sample is computed by itself, from its first timestep on",
    corrects="A series may be laid along the first axis, one vector to a sample.",
    cases=4,
)
@given(*with_ways(cases(batch=1, timesteps=integers(2, 6), dtype="float64")))
def test_only_vectors_on_the_time_axis_share_a_memory(case, way):
    """
    By default an LSTM can remember an earlier vector on the time axis, never on the batch axis.

    Both layouts of a series are legal. On the batch axis each vector is a sample of its own, of
    one timestep, on which the layer starts anew.

    >>> import keras, numpy as np
    >>> lstm, series = keras.layers.LSTM(2), np.ones((4, 1))  # (timesteps, features)
    >>> other = np.array([[-9.0], [1.0], [1.0], [1.0]])
    >>> bool(np.array_equal(lstm(series[None]), lstm(other[None])))
    False
    >>> bool(np.array_equal(lstm(series[:, None])[1:], lstm(other[:, None])[1:]))
    True
    """
    run = way(lstm(case))
    series = case.x[0]
    other = np.concatenate([series[:1] + 1.0, series[1:]])
    assert_differs(run(other[None]), run(series[None]), everywhere=True)
    assert_same(run(other[:, None])[1:], run(series[:, None])[1:])


@claim(
    "shapes.one-timestep",
    derived="the equations, for a single timestep",
    cases=8,
)
@given(
    *with_ways(
        cases(**varied("batch", "features", "units", "use_bias", "go_backwards"), timesteps=1)
    )
)
def test_one_timestep_is_one_call_of_the_cell(case, way):
    """
    By default, one unmasked timestep from zero state gives the output that the LSTM's cell returns
    for it.

    A sequence of one vector is legal. Nothing is recalled on it, so the recurrent kernel
    and the forget gate have no effect.

    >>> import keras, numpy as np
    >>> lstm, x, zeros = keras.layers.LSTM(2), np.ones((1, 1, 3)), np.zeros((1, 2))
    >>> y = lstm(x)  # (batch, timesteps, features)
    >>> output, states = lstm.cell(x[:, 0], [zeros, zeros])
    >>> bool(np.allclose(y, output, atol=1e-6))
    True
    """
    layer = lstm(case)
    zeros = np.zeros((case.batch, case.units), "float32")
    output, _ = layer.cell(case.x[:, 0], as_states([zeros, zeros]))
    assert_close(output, returned(case))
    assert_close(way(layer)(case.x), returned(case))


# Which sizes may change.


@claim(
    "shapes.sizes-may-change",
    derived="shapes.answered-example: no weight belongs to a sample or a timestep",
    corrects="The batch size and the number of timesteps are fixed once for all calls.",
    cases=8,
)
@given(
    *with_ways(cases(**varied("timesteps", "features", "units", "go_backwards"))),
    some_large(integers(1, 4), 33),
    some_large(integers(1, 6), 50),
    seeds,
)
def test_another_batch_size_and_length_may_follow(case, way, batch, timesteps, seed):
    """
    Called directly, an LSTM that is neither stateful nor unrolled takes another batch size and
    number of timesteps each time.

    Only the number of features is fixed, when the first call builds the weights. Within one
    call all samples have one number of timesteps.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(5)
    >>> [tuple(lstm(np.ones((b, t, 4))).shape) for b, t in ((1, 1), (3, 7), (2, 50))]
    [(1, 5), (3, 5), (2, 5)]
    >>> lstm.count_params()
    200
    """
    run = way(lstm(case))
    other = replace(case, x=noise((batch, timesteps, case.features), seed))
    assert_close(run(case.x), returned(case))
    assert_close(run(other.x), returned(other))


@claim(
    "shapes.sequential-length",
    observed="Keras 3",
    corrects="`Input((7, 4))` fixes the number of timesteps of a Sequential model at 7.",
)
@given(cases(**varied(*SIZES)), integers(1, 3))
def test_sequential_model_takes_another_length_than_declared(case, more):
    """
    Called on data, a Sequential model of LSTMs reads another number of timesteps than its `Input`
    names.

    It does not hold its input to the declared shape, and the layer does not care; only a graph
    that was unrolled takes no second length. A functional model does hold its input to that.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((7, 4)), keras.layers.LSTM(2)])
    >>> tuple(model(np.ones((1, 9, 4))).shape)  # (batch, timesteps, features)
    (1, 2)
    """
    inputs = keras.Input((case.timesteps + more, case.features))
    model = keras.Sequential([inputs, lstm(case)])
    assert_close(model(case.x), equations(case).h)


@claim("shapes.functional-length", observed="Keras 3")
@given(
    cases(**varied(*SIZES, "use_bias", "return_sequences", "return_state", "go_backwards")),
    integers(1, 8),
)
def test_functional_model_refuses_another_length_than_declared(case, length):
    """
    Called eagerly on 3D data, a functional model of one Input((timesteps, features)) refuses
    another number of timesteps.

    The model refuses it, not the layer: called by itself, the same layer accepts it. After data of
    the right length and the same type a compiled `predict` or `fit` no longer checks it:
    TensorFlow then traces it for any length.

    >>> import keras, numpy as np
    >>> inputs, lstm = keras.Input((7, 4)), keras.layers.LSTM(2)
    >>> model = keras.Model(inputs, lstm(inputs))
    >>> tuple(model(np.ones((1, 7, 4))).shape)  # (batch, timesteps, features)
    (1, 2)
    >>> tuple(lstm(np.ones((1, 9, 4))).shape)
    (1, 2)
    """
    declared = length + 1 if length >= case.timesteps else length
    layer = lstm(case)
    inputs = keras.Input((declared, case.features))
    model = keras.Model(inputs, layer(inputs))
    assert_refused(lambda: model(case.x), "ValueError", "expected shape=")
    assert_close(layer(case.x), returned(case))


@claim(
    "shapes.unroll-open-length",
    observed="Keras 3",
    corrects="An unrolled LSTM needs an `Input` that names the number of timesteps.",
    cases=8,
)
@given(
    cases(**varied(*SIZES, "use_bias", "return_sequences", "go_backwards", "dtype"), unroll=True),
    sampled_from(["functional", "Sequential"]),
)
def test_unrolled_layer_goes_into_a_model_with_an_open_length(case, form):
    """
    A Sequential or functional model with None for the timesteps may hold an unrolled LSTM, and can
    be called eagerly.

    The layer asks for the number of timesteps only when it runs. So a compiled `predict` works on
    its first length; on TensorFlow a second one, of the same type of data, makes it compile for
    any, which is refused.

    >>> import keras, numpy as np
    >>> inputs = keras.Input((None, 3))  # (timesteps, features)
    >>> model = keras.Model(inputs, keras.layers.LSTM(5, unroll=True)(inputs))
    >>> [tuple(model(np.ones((2, t, 3))).shape) for t in (1, 4)]
    [(2, 5), (2, 5)]
    """
    model = FORMS[form]([lstm(case)], keras.Input((None, case.features)))
    assert_close(model(case.x), returned(case))


@claim(
    "shapes.feature-count",
    derived="the equations: x @ W needs as many features as the kernel has rows",
)
@given(cases(**varied(*SIZES)), integers(1, 3), seeds)
def test_another_number_of_features_is_refused(case, more, seed):
    """
    A built LSTM refuses an array with another number of features.

    The kernel has a row for each feature. The error is that of the matrix product, so its type and
    its words are the backend's.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> y = lstm(np.ones((1, 4, 3)))  # (batch, timesteps, features)
    >>> len(lstm.get_weights()[0])
    3
    """
    layer = lstm(case)
    x = noise((case.batch, case.timesteps, case.features + more), seed)
    assert_refused(lambda: layer(x), OF_THE_BACKEND, "LSTMCell.call()")


@claim(
    "shapes.symbolic-feature-count",
    derived="shapes.feature-count: no array with such a number of features can follow",
)
@given(cases(), integers(1, 3))
def test_another_number_of_symbolic_features_is_refused(case, more):
    """
    A built LSTM refuses a symbolic input with another number of features.

    Such a model cannot run on what its Input names, so the mistake is best reported where the
    model is made.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> y, x = lstm(np.ones((1, 4, 3))), keras.Input((4, 5))  # (timesteps, features)
    >>> try:
    ...     shape = keras.Model(x, lstm(x)).output_shape  # Keras 3 makes it; no call succeeds
    ... except ValueError:
    ...     shape = "refused"
    >>> shape in ("refused", (None, 2))
    True
    """
    layer = lstm(case)
    inputs = keras.Input((case.timesteps, case.features + more))
    words = "is incompatible with the layer", "Dimensions must be equal"
    assert_refused(lambda: layer(inputs), "ValueError", words)


@claim(
    "shapes.known-feature-count",
    derived="shapes.feature-count: the kernel cannot be made without it",
)
@given(integers(1, 5), integers(1, 5))
def test_unknown_number_of_features_is_refused(units, timesteps):
    """
    An LSTM cannot be built on an input whose number of features is None.

    The kernel has a row for each feature. Other sizes must be known only on demand: the batch
    size if the layer is stateful, the timesteps if a graph is unrolled.

    >>> import keras, numpy as np
    >>> keras.layers.LSTM(2)(keras.Input((None, 3))).shape == (None, 2)
    True
    """
    inputs = keras.Input((timesteps, None))
    assert_refused(lambda: keras.layers.LSTM(units)(inputs), "ValueError", "fully-defined")


@claim("shapes.no-features", derived="the equations, with an empty kernel")
@given(
    *with_ways(
        cases(**varied("batch", "timesteps", "units", "go_backwards", "state"), features=0),
        without=(*TRACED, *PREDICTED, "above Masking", "above Embedding"),
    )
)
def test_input_without_features_leaves_bias_and_recurrence(case, way):
    """
    By default, in an eager call on unmasked input without features only the bias and the
    recurrence count.

    The number of timesteps still counts, for the layer runs once for each of them. In a graph, as
    in `predict`, TensorFlow 2.21 can end the process on a single such sample.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, bias_initializer="ones")
    >>> y, shorter = lstm(np.ones((1, 3, 0))), lstm(np.ones((1, 2, 0)))
    >>> tuple(y.shape), bool(np.all(np.array(y) != np.array(shorter)))
    ((1, 2), True)
    """
    assert_close(way(lstm(case))(case.x, **passed(case)), returned(case))


@claim(
    "shapes.empty-sequence",
    observed="Keras 3",
    corrects="A sequence without timesteps gives the initial state, that is, zeros.",
)
@example(replace(small(unroll=True), x=np.zeros((2, 0, 3), "float32")))
@given(cases(timesteps=0, return_sequences=booleans(), unroll=booleans()))
def test_empty_sequence_is_refused(case):
    """
    An LSTM's eager call on data without timesteps is refused, unrolled or not.

    In a batch of padded sequences, an empty one can be a row that is masked throughout.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.ones((1, 3, 1))  # (batch, timesteps, features)
    >>> try:
    ...     lstm(x[:, :0])
    ... except Exception as error:
    ...     print("out of bounds" in str(error))
    True
    >>> bool(np.all(np.array(lstm(x, mask=np.zeros((1, 3), bool))) == 0))
    True
    """
    assert_refused(lambda: lstm(case)(case.x), OF_THE_BACKEND, "out of bounds")


@claim("shapes.empty-batch", derived="the equations: each sample is computed by itself")
@given(cases(batch=0))
def test_empty_batch_gives_an_empty_output(case):
    """
    By default a call on an empty batch is legal and gives an output of shape (0, units).

    Where it fails, put `np.zeros(lstm.compute_output_shape(x.shape))` in its place. The method
    `predict` needs one sample at least.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> tuple(lstm.compute_output_shape((0, 3, 1)))  # (batch, timesteps, features)
    (0, 2)
    """
    assert_shape(lstm(case)(case.x), 0, case.units)


# Which values are read.


@claim(
    "shapes.integers",
    observed="Keras 3",
    cases=8,
)
@given(
    *with_ways(cases(**varied(*SIZES, "go_backwards")), "whole numbers"),
    whole(["bool", "int8", "uint8", "int16", "int32", "int64"]),
)
def test_whole_numbers_are_read_as_floats(case, way, kind):
    """
    Without state and dropout, integers and booleans give the same output as the same float32
    numbers.

    The product with the kernel converts them, or a model's `Input` before it. On TensorFlow a
    layer with `dropout` that is called by itself refuses them, in training or not. An integer is
    not taken for a category: that is what an Embedding is for.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.array([[[3], [0], [-1]]])
    >>> bool(np.array_equal(lstm(x), lstm(x.astype("float32"))))
    True
    """
    run = way(lstm(case))
    rounded = np.round(2 * case.x)
    numbers = (rounded if kind.startswith("i") else np.abs(rounded)).astype(kind)
    floats = replace(case, x=numbers.astype("float32"))
    assert_close(run(numbers), returned(floats))
    assert_same(run(numbers), run(floats.x))


@claim(
    "shapes.double-precision",
    promised="Layer, attribute `compute_dtype`",
    corrects="On a float64 array an LSTM computes in float64.",
    cases=4,
)
@given(*with_ways(cases(**varied(*SIZES, "go_backwards", "use_bias"))))
def test_float64_input_is_rounded_to_the_type_of_the_layer(case, way):
    """
    Without state and dropout, a float32 LSTM puts out the same on a float64 array as on it rounded
    to float32.

    The type of the layer counts, and it is float32 unless `dtype` or the global policy
    says otherwise. NumPy makes float64 arrays by default.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.array([[[0.1], [0.2]]])
    >>> bool(np.array_equal(lstm(x), lstm(x.astype("float32"))))
    True
    >>> np.array(lstm(x)).itemsize  # bytes
    4
    """
    run = way(lstm(case))
    x = case.x.astype("float64") / 3
    assert_equal(to_numpy(run(x)).dtype.name, "float32")
    assert_same(run(x), run(x.astype("float32")))


@claim("shapes.lists", observed="Keras 3")
@given(cases())
def test_nested_lists_are_refused(case):
    """
    A call of an LSTM refuses a plain Python list of numbers, however deeply it is nested.

    A list stands for several tensors in Keras. `np.array` turns it into one array.

    >>> import keras, numpy as np
    >>> lstm, numbers = keras.layers.LSTM(2), [[[1.0], [7.0], [2.0]]]
    >>> tuple(lstm(np.array(numbers)).shape)
    (1, 2)
    """
    layer = lstm(case)
    numbers = case.x.tolist()
    assert_refused(lambda: layer(numbers), "ValueError", "Only input tensors may be passed")
    words = "Inputs to a layer should be tensors", "expects 1 input(s)", "expected 1 input(s)"
    assert_refused(lambda: layer(sequences=numbers), "ValueError", words)


@claim(
    "shapes.unequal-lengths",
    observed="Keras 3, TensorFlow",
    needs="keras.utils.pad_sequences",
)
@given(cases(batch=1, timesteps=integers(2, 4)))
def test_array_of_unequal_sequences_is_refused(case):
    """
    An LSTM refuses an object array that holds sequences of unequal lengths.

    A batch is one block of numbers. Shorter sequences are padded to the longest, and a
    mask tells the layer where each of them ends.

    >>> import keras, numpy as np
    >>> sequences = [[[1.0], [7.0]], [[2.0]]]
    >>> x = keras.utils.pad_sequences(sequences, padding="post", dtype="float32")
    >>> tuple(keras.layers.LSTM(2)(x, mask=np.array([[True, True], [True, False]])).shape)
    (2, 2)
    """
    layer = lstm(case)
    sequences = np.empty(2, object)
    sequences[0] = case.x[0]
    sequences[1] = case.x[0, 1:]
    assert_refused(lambda: layer(sequences), "ValueError", "Failed to convert a NumPy array")


lengths = lists(integers(0, 5), min_size=1, max_size=3).filter(any)
"""Lengths of sequences, of which one at least is not empty."""


def unequal(lengths, features, seed):
    """Return a list of sequences of those lengths, of no whole numbers."""
    shapes = [(length, *features) for length in lengths]
    return [noise(shape, seed + k, scale=9.0) for k, shape in enumerate(shapes)]


@claim(
    "shapes.padded-by-default",
    promised="pad_sequences, arguments `dtype`, `padding`, `truncating` and `value`",
    corrects="pad_sequences keeps the numbers that it pads as they are.",
    needs="keras.utils.pad_sequences",
)
@given(lengths, whole([None, 1, 2, 4]), whole([(), (2,)]), seeds)
def test_pad_sequences_pads_and_cuts_in_front(lengths, maxlen, features, seed):
    """
    By default `pad_sequences` puts zeros in front, keeps the last `maxlen` timesteps, and cuts off
    fractions, for int32.

    That suits ids of words, and an LSTM, which reads what is valid last. Numbers between -1 and 1
    become zeros without a word: ask for dtype="float32". A layer on a GPU may read padding behind,
    by padding="post", faster.

    >>> import keras, numpy as np
    >>> sequences = [[1.5], [1.5, 2.5, 0.5]]
    >>> keras.utils.pad_sequences(sequences).tolist()
    [[0, 0, 1], [1, 2, 0]]
    >>> keras.utils.pad_sequences(sequences, maxlen=2).tolist()
    [[0, 1], [2, 0]]
    """
    sequences = unequal(lengths, features, seed)
    padded = keras.utils.pad_sequences(sequences, maxlen)
    size = maxlen or max(lengths)
    kept = [np.trunc(sequence).astype(int)[-size:] for sequence in sequences]
    zeros = [np.zeros((size - len(part), *features), int) for part in kept]
    assert padded.dtype == np.int32, f"the type is {padded.dtype}"
    assert_same(padded, [np.concatenate(row) for row in zip(zeros, kept, strict=True)])


@claim(
    "shapes.padded-as-asked",
    promised="pad_sequences, arguments `dtype`, `padding`, `truncating` and `value`",
    needs="keras.utils.pad_sequences",
)
@given(
    lengths,
    whole(list(product(["pre", "post"], ["pre", "post"]))),
    whole([(-1.0, "float32"), (0.5, "float64"), (9, "int64"), (-1, "float32")]),
    seeds,
)
def test_pad_sequences_pads_and_cuts_where_it_is_told(lengths, sides, padding, seed):
    """
    pad_sequences puts `value` at the side `padding`, beyond `maxlen` cuts off the side
    `truncating`, and returns `dtype`.

    Both sides are "pre", in front, or "post", behind. A small whole `value` that no
    timestep holds, such as -1, is hidden by a Masking layer of that mask_value.

    >>> import keras, numpy as np
    >>> sides = {"padding": "post", "truncating": "post"}
    >>> sequences = [[0.5], [1.5, 2.5, 3.5]]
    >>> keras.utils.pad_sequences(sequences, 2, "float32", **sides, value=-1.0).tolist()
    [[0.5, -1.0], [1.5, 2.5]]
    """
    side, cut = sides
    value, dtype = padding
    sequences = [np.asarray(s, dtype) for s in unequal(lengths, (), seed)]
    options = {"padding": side, "truncating": cut, "value": value, "dtype": dtype}
    padded = keras.utils.pad_sequences(sequences, 2, **options)
    kept = [s[-2:] if cut == "pre" else s[:2] for s in sequences]
    rows = [[value] * (2 - len(part)) for part in kept]
    pairs = zip(rows, kept, strict=True)
    expected = [[*row, *part] if side == "pre" else [*part, *row] for row, part in pairs]
    assert padded.dtype == dtype, f"the type is {padded.dtype}"
    assert_same(padded, np.array(expected, dtype))


@claim(
    "shapes.padded-texts",
    promised="TextVectorization, argument `output_sequence_length`",
    corrects="TextVectorization pads in front, as pad_sequences does.",
    cases=4,
    needs="tensorflow",
)
@given(
    lists(lists(sampled_from(["good", "bad", "odd"]), max_size=4), min_size=1, max_size=3),
    whole([None, 1, 2, 6]),
    whole(["called", "in a model"]),
)
def test_text_vectorization_pads_and_cuts_behind(texts, length, way):
    """
    TextVectorization makes a call's texts equally long by zeros at the end, and keeps the first
    `output_sequence_length` words.

    An LSTM then reads the zeros last, and learns slowly, and a long text loses its end. Give its
    Embedding mask_zero=True, by which the LSTM skips the zeros. An unknown word is a 1. Without
    `output_sequence_length` each call has a length of its own, that of its longest text.

    >>> import keras, numpy as np
    >>> words = ["good", "bad"]
    >>> layer = keras.layers.TextVectorization(vocabulary=words, output_sequence_length=3)
    >>> np.array(layer(["bad", "good bad bad good"])).tolist()
    [[3, 0, 0], [2, 3, 3]]
    """
    texts = [[*words, "good"] for words in texts]
    layer = keras.layers.TextVectorization(
        output_sequence_length=length, vocabulary=["good", "bad"]
    )
    model = keras.Sequential([keras.Input((1,), dtype="string"), layer])
    column = np.array([[" ".join(words)] for words in texts], dtype=object)
    ids = layer(column[:, 0]) if way == "called" else model(column)
    size = length or max(map(len, texts))
    numbers = [[{"odd": 1, "good": 2, "bad": 3}[word] for word in words] for words in texts]
    assert_same(to_numpy(ids), [(row + [0] * size)[:size] for row in numbers])


@claim(
    "shapes.numbers-as-objects",
    observed="Keras 3.15, TensorFlow",
    corrects="An array of type object is taken, if all of its elements are numbers.",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    cases(**varied("batch")),
    whole(["float32", "int64", "bool"]),
    whole(["called", "predict", "predict_on_batch", "fit", "train_on_batch"]),
)
def test_numbers_in_an_array_of_objects_are_refused(case, kind, method):
    """
    An LSTM, fit and predict refuse an array of type object, also if each of its elements is a
    number.

    A DataFrame of numbers and words or dates gives such an array, and so does a None among numbers.
    If only numbers and None are left, `x.astype("float32")` makes numbers of it, and NaN of None.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [7.0], [2.0]]], dtype=object)  # (batch, timesteps, features)
    >>> tuple(lstm(x.astype("float32")).shape)
    (1, 2)
    """
    layer = lstm(case)
    x = case.x.astype(kind).astype(object)
    model = keras.Sequential([layer])
    model.compile("sgd", "mse")
    y = np.zeros((case.batch, case.units))
    targets = [y] if method in ("fit", "train_on_batch") else []
    run = layer if method == "called" else getattr(model, method)
    words = (
        "Failed to convert a NumPy array",  # TensorFlow
        "Expected binary or unicode string",
        "Invalid dtype: object",
        "is not a valid JAX array type",
        "Error interpreting argument",
    )
    assert_refused(lambda: run(x, *targets), ("TypeError", "ValueError"), words)


@claim(
    "shapes.input-untouched",
    observed="Keras 3",
    cases=8,
)
@given(*with_ways(cases(**varied(*SIZES, "go_backwards", "masked", "dtype"))))
def test_input_is_left_as_it_is(case, way):
    """
    An LSTM's call does not change the array that it is given.

    The layer writes into no array that it reads, also where it reads the sequence backwards.

    >>> import keras, numpy as np
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> before, y = x.copy(), keras.layers.LSTM(2)(x)
    >>> bool(np.array_equal(x, before))
    True
    """
    before = case.x.copy()
    way(lstm(case))(case.x, **passed(case))
    assert_same(case.x, before)


@claim(
    "shapes.same-call-twice",
    derived="the equations: without `stateful=True` every call starts from zeros",
    corrects="An LSTM goes on from its last call until its state is reset.",
    cases=4,
)
@given(*with_ways(cases(**varied(*SIZES, "go_backwards", "masked"), dropout=floats(0.1, 0.9))))
def test_same_call_twice_returns_the_same(case, way):
    """
    Outside training, the same call of a stateless LSTM, made twice, returns the same, bit for bit.

    What it keeps from one call to the next, such as the count of its dropout masks, plays no part
    in inference. Only an activation of your own can bring chance in.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, dropout=0.5)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> bool(np.array_equal(lstm(x), lstm(x)))
    True
    """
    run = way(lstm(case))
    first = run(case.x, **passed(case))
    assert_close(first, returned(case))
    assert_same(run(case.x, **passed(case)), first)


# How a layer is made and called.


@claim("shapes.positive-units", promised="LSTM, argument `units`")
@example(0)
@example(-1)
@given(integers(max_value=0))
def test_units_below_one_are_refused(units):
    """
    The constructor refuses a number of units that is zero or negative.

    The number of units is the output's width, a whole number from one upwards.

    >>> import keras, numpy as np
    >>> keras.layers.LSTM(1).units
    1
    """
    assert_refused(lambda: keras.layers.LSTM(units), "ValueError", "expected a positive integer")


@claim("shapes.whole-units", promised="LSTM, argument `units`")
@example(2.0)
@given(floats(1.0, 1000.0))
def test_units_in_floating_point_are_refused(units):
    """
    The constructor refuses a number of units in floating point, such as 2.0.

    Such a number is often the result of a division; `int(...)` makes it whole.

    >>> import keras, numpy as np
    >>> keras.layers.LSTM(int(10 / 5)).units
    2
    """
    words = ("TypeError", "ValueError"), "integer"
    assert_refused(lambda: keras.layers.LSTM(units), *words)


@claim(
    "shapes.defaults",
    promised="LSTM, section Args",
    corrects="The default of `recurrent_activation` is hard_sigmoid.",
)
@given(integers(1, 9))
def test_defaults_are_the_documented_ones(units):
    """
    With `units` alone an LSTM is configured by the defaults that its documentation lists.

    They are tanh and sigmoid, a bias that is one for the forget gate and zero elsewhere,
    no dropout, and the last output as the only result.

    >>> import keras, numpy as np
    >>> config = keras.layers.LSTM(2).get_config()
    >>> config["activation"] == "tanh", config["recurrent_activation"] == "sigmoid"
    (True, True)
    >>> config["unit_forget_bias"], config["return_sequences"], config["stateful"]
    (True, False, False)
    """
    told = keras.layers.LSTM(units, name="lstm", **DEFAULTS).get_config()
    assert_equal(keras.layers.LSTM(units, name="lstm").get_config(), told)


@claim("shapes.defaults-of-the-cell", promised="LSTMCell, section Args")
@given(integers(1, 9))
def test_defaults_of_the_cell_are_the_documented_ones(units):
    """
    With `units` alone an LSTMCell is configured by the defaults that its documentation lists.

    They are those of LSTM, as far as a cell has the argument.

    >>> import keras, numpy as np
    >>> cell = keras.layers.LSTMCell(2).get_config()
    >>> cell["activation"] == "tanh", cell["unit_forget_bias"], cell["dropout"]
    (True, True, 0.0)
    """
    config = keras.layers.LSTMCell(units, name="cell").get_config()
    told = {name: value for name, value in DEFAULTS.items() if name in config}
    assert len(told) == 15, f"of the arguments of LSTM a cell has {sorted(told)}"
    assert_equal(config, keras.layers.LSTMCell(units, name="cell", **told).get_config())


@claim(
    "shapes.second-argument",
    promised="RNN, section Call arguments",
    corrects="The second argument of a call is the mask, as Keras 2 documents it.",
    cases=8,
)
@given(cases(state=True))
def test_second_argument_of_a_call_is_the_initial_state(case):
    """
    The second argument of an LSTM's call, given without its name, is `initial_state`.

    Keras 2 documents the mask in this place, but it too takes what stands there for a state. Give
    either by its name.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.ones((1, 3, 1))  # (batch, timesteps, features)
    >>> h, c = np.ones((1, 2)), np.zeros((1, 2))
    >>> bool(np.array_equal(lstm(x, [h, c]), lstm(x, initial_state=[h, c])))
    True
    """
    layer = lstm(case)
    assert_same(layer(case.x, case.state), layer(case.x, initial_state=as_states(case.state)))


@claim(
    "shapes.unknown-arguments",
    observed="Keras 3",
    corrects="A stateful LSTM is made with LSTM(8, stateful=True, batch_input_shape=...).",
)
@given(whole(KERAS_2))
def test_arguments_of_keras_two_are_refused(name):
    """
    LSTM's constructor refuses `batch_input_shape`, `time_major` and others of Keras 2 by name.

    Others are `batch_size`, `input_length` and `weights`. A fixed batch size is told to
    `keras.Input`; weights are set by `set_weights`.

    >>> import keras, numpy as np
    >>> try:
    ...     keras.layers.LSTM(8, stateful=True, batch_input_shape=(2, 3, 1))
    ... except ValueError as error:
    ...     print("Unrecognized keyword arguments" in str(error))
    True
    >>> inputs = keras.Input((3, 1), batch_size=2)  # (timesteps, features)
    >>> tuple(keras.layers.LSTM(8, stateful=True)(inputs).shape)
    (2, 8)
    """
    words = f"Unrecognized keyword arguments passed to LSTM: {{'{name}'"
    assert_refused(lambda: keras.layers.LSTM(2, **{name: None}), "ValueError", words)


@claim("shapes.input-shape", observed="Keras 3")
@given(cases())
def test_input_shape_still_builds_a_model_and_warns(case):
    """
    Given to a stateless LSTM as first layer, `input_shape` still builds a Sequential model, but
    warns to use `Input`.

    It is (timesteps, features), without the batch. A stateful LSTM has to know the batch: begin
    with `Input(batch_shape=...)`.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.output_shape == (None, 2)
    True
    """
    layer, text = heard(lambda: keras.layers.LSTM(case.units, input_shape=case.x.shape[1:]))
    assert "Do not pass an `input_shape`" in text, "no warning"
    assert_equal(keras.Sequential([layer]).output_shape, (None, case.units))
