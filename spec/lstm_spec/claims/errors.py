"""Errors: what is refused, when and in which words, and what is accepted although it is wrong.

An error comes at one of five moments: when the layer is made, when it is built, when it is called
on data or on a symbol, and in training. The moment tells where to look. A wrong argument is noticed
when the layer is made, if it is noticed at all; the shape of the input only when the layer meets
one; a batch of the wrong size sometimes after an epoch of training.

The words in code are the stable ones to search for. The most frequent error of all, "expected
ndim=3, found ndim=2", says that the input has no axis of time: a table was given, or the LSTM below
returns its last output only.

The claims to be wary of are those without an error, where something is accepted although it is
wrong: the text "False" counts as true, any number is an implementation, and states that are
too narrow are stretched.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import keras
import numpy as np
from hypothesis import example, given
from hypothesis.strategies import integers, one_of, sampled_from, text

from lstm_spec.claims import claim
from lstm_spec.harness.reference import returned
from lstm_spec.harness.refusals import (
    ANOTHER_BATCH,
    MISFIT,
    OF_THE_BACKEND,
    TOO_FEW_STATES,
    assert_refused,
)
from lstm_spec.harness.strategies import (
    booleans,
    cases,
    noise,
    permutation,
    picks,
    seeds,
    some_large,
    varied,
    whole,
)
from lstm_spec.harness.subject import (
    as_states,
    embedding,
    global_policy,
    heard,
    lstm,
    passed,
    to_numpy,
    with_weights,
)
from lstm_spec.harness.tolerance import assert_close, assert_differs, assert_same
from lstm_spec.harness.ways import Way

FUNCTIONS = (
    "activation",
    "recurrent_activation",
    "kernel_initializer",
    "recurrent_initializer",
    "bias_initializer",
    "kernel_regularizer",
    "recurrent_regularizer",
    "bias_regularizer",
    "activity_regularizer",
    "kernel_constraint",
    "recurrent_constraint",
    "bias_constraint",
)
FLAGS = ("return_sequences", "return_state", "go_backwards", "stateful", "unroll", "use_bias")
NAMES = ("Tanh", "RELU", "LeakyReLU", "gates", "l1_l2", "", "None", "TANH", "relu ", "keras.relu")
"""Names that no activation, initializer, regularizer or constraint has."""
OF_THE_CELL = ("units", "use_bias", "unit_forget_bias", "dropout", "recurrent_dropout")
ABOUT_INTEGERS = (
    "Cannot convert",  # TensorFlow
    "Need minval < maxval",
    "Argument `dtype` got invalid value",
    "floating point type",
    "must be a float",  # JAX
    "not implemented for",  # PyTorch
)
"""What the errors say of weights of whole numbers: that none can be drawn, or none is zero."""
TWO_AXES = "expected ndim=3, found ndim=2"

several = integers(2, 3)


def trainable(layer, timesteps, features, batch=None):
    """Return a compiled Sequential model of an Input and the layer."""
    inputs = keras.Input((timesteps, features), batch_size=batch)
    model = keras.Sequential([inputs, layer])
    model.compile("sgd", "mse")
    return model


# When the layer is made.


@claim("errors.units-of-text", observed="Keras 2 and 3, on every backend")
@given(whole(["8", "", None, (8,), (), [8], [], ("8",)]))
def test_units_that_are_no_number_are_refused(units):
    """
    The constructor refuses text, None, a tuple or a list as `units`, with a TypeError.

    The message does not name `units`: it is that of Python, which cannot compare such a thing
    with zero.

    >>> import keras, numpy as np
    >>> try:
    ...     keras.layers.LSTM("8")
    ... except TypeError as error:
    ...     print("not supported between instances" in str(error))
    True
    """
    words = "not supported between instances"
    assert_refused(lambda: keras.layers.LSTM(units), "TypeError", words)


@claim("errors.units-true", promised="LSTM, argument `units`: a positive integer")
@given(integers(1, 4))
def test_true_is_no_number_of_units(features):
    """
    The truth value True is refused as `units`, at the latest when the layer is built.

    A flag in the place of `units` is a slip. But in Python True is the whole number 1, and False
    is 0, which is refused like every number that is not positive.

    >>> import keras, numpy as np
    >>> try:
    ...     keras.layers.LSTM(False)
    ... except ValueError as error:
    ...     print("expected a positive integer" in str(error))
    True
    """
    types = ("TypeError", "ValueError")
    words = ("mixed types", "integer", "tuple of ints", "invalid entry")
    assert_refused(lambda: keras.layers.LSTM(True).build((1, 1, features)), types, words)


@claim(
    "errors.numpy-units",
    observed="Keras 3",
    corrects="Any whole number will do as units, np.int64(8) or an element of np.arange(9) too.",
    cases=4,
)
@given(
    cases(**varied("use_bias", "return_sequences"), timesteps=integers(1, 2)),
    whole(["int64", "int32", "int16"]),
)
def test_numpy_units_are_refused_by_models_only(case, kind):
    """
    An LSTM whose `units` is an np.int64 or np.int32 computes, but refuses a call on a
    `keras.Input`.

    The call on a symbol wants an integer of Python: "output_size must be an integer". Grids for a
    search are often made by NumPy, so write LSTM(int(units)).

    >>> import keras, numpy as np
    >>> try:
    ...     keras.layers.LSTM(np.int64(8))(keras.Input((3, 1)))
    ... except ValueError as error:
    ...     print("output_size must be an integer" in str(error))
    True
    """
    units = np.dtype(kind).type(case.units)
    layer = with_weights(keras.layers.LSTM(units, **case.options), case)
    assert_same(layer(case.x), lstm(case)(case.x))
    words = "output_size must be an integer"
    assert_refused(lambda: layer(keras.Input(case.x.shape[1:])), "ValueError", words)


@claim(
    "errors.second-argument-of-layer",
    promised="LSTM, arguments `units` and `activation`, in this order",
    corrects="As in PyTorch, LSTM(3, 8) has 3 features and 8 units.",
)
@example(3, 8)
@given(integers(1, 300), whole([8, 1, 0.5, (7, 4), True]))
def test_second_argument_of_the_layer_is_the_activation(units, second):
    """
    LSTM(3, 8) is refused: the second argument is the activation, and 8 is no activation.

    Neither number is that of the features, which is seen in the input. So PyTorch's LSTM(3, 8) has
    the units of LSTM(8) here, with an Input of (timesteps, 3) in front.

    >>> import keras, numpy as np
    >>> try:
    ...     keras.layers.LSTM(3, 8)
    ... except ValueError as error:
    ...     print("Could not interpret activation function" in str(error))
    True
    """
    words = "Could not interpret activation function"
    assert_refused(lambda: keras.layers.LSTM(units, second), "ValueError", words)


@claim("errors.unknown-name", observed="Keras 3")
@given(whole(FUNCTIONS), whole(NAMES), text("abvx_1 .", min_size=1, max_size=4))
def test_unknown_names_of_functions_are_refused(argument, name, more):
    """
    Each of the twelve arguments that name a function refuses a name that Keras does not know.

    They are the activations, initializers, regularizers and constraints. Keras' names
    of activations are in lower case: "Tanh", "RELU" and "LeakyReLU" are not known,
    "leaky_relu" is.

    >>> import keras, numpy as np
    >>> try:
    ...     keras.layers.LSTM(8, activation="Tanh")
    ... except ValueError as error:
    ...     print("Could not interpret activation function" in str(error))
    True
    """
    for unknown in (name, f"sigmoid_{more}", f"zeros_{more}", f"l2_{more}", f"non_neg_{more}"):
        words = "Could not interpret"
        refused = partial(keras.layers.LSTM, 2, **{argument: unknown})
        assert_refused(refused, "ValueError", words)


@claim(
    "errors.number-for-function",
    observed="Keras 3",
    corrects="kernel_regularizer=0.01 regularizes the kernel with the factor 0.01.",
)
@given(whole(FUNCTIONS), whole([0.01, 1, 0, -1, 1e-5, float("nan"), True, False]))
def test_numbers_for_functions_are_refused(argument, number):
    """
    An LSTM refuses a number of Python where it expects a function, as in kernel_regularizer=0.01.

    So are True and False. The factor goes into the function: keras.regularizers.L2(0.01), and
    likewise keras.initializers.Constant(0.01) or keras.constraints.MaxNorm(1).

    >>> import keras, numpy as np
    >>> try:
    ...     keras.layers.LSTM(8, kernel_regularizer=0.01)
    ... except ValueError as error:
    ...     print("Could not interpret regularizer" in str(error))
    True
    """
    words = "Could not interpret"
    assert_refused(lambda: keras.layers.LSTM(2, **{argument: number}), "ValueError", words)


@claim(
    "errors.flag-of-text",
    observed="Keras 2 and 3",
    corrects="return_sequences='False', read from a file of settings, is refused or means False.",
    cases=4,
)
@given(cases(**varied("masked"), timesteps=integers(1, 2)), whole(FLAGS))
def test_text_counts_as_true(case, flag):
    """
    An LSTM takes the text "False" for True as return_sequences, return_state, go_backwards,
    stateful, unroll and use_bias.

    These flags are not checked: any object that Python takes for true, such as a text that is not
    empty, switches them on. None and 0 switch them off.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_sequences="False")
    >>> tuple(lstm(np.ones((4, 3, 1))).shape)  # (batch, timesteps, features)
    (4, 3, 2)
    """
    on = lstm(case, **{flag: True})
    text = lstm(case, **{flag: "False"})
    for _ in range(2):
        given = passed(case)
        assert_same(to_numpy(text(case.x, **given)), to_numpy(on(case.x, **given)))


@claim("errors.seed-of-another-type", observed="Keras 3")
@given(whole(["1", 1.5, 1.0, np.int64(1), np.int32(0), np.float32(1), [1], np.bool_(True)]))
def test_seeds_that_are_no_python_integers_are_refused(seed):
    """
    LSTM refuses a `seed` that is neither None nor an integer of Python, such as np.int64(1).

    None means an arbitrary seed. A negative integer of 64 bits is accepted on TensorFlow. Convert
    what comes from NumPy by int(seed).

    >>> import keras, numpy as np
    >>> try:
    ...     keras.layers.LSTM(8, seed=np.int64(1))
    ... except ValueError as error:
    ...     print("`seed` must be an integer" in str(error))
    True
    """
    words = "`seed` must be an integer"
    assert_refused(lambda: keras.layers.LSTM(2, seed=seed), "ValueError", words)


@claim(
    "errors.use-cudnn-value",
    observed="Keras 3; the message says 'Invalid valid'",
    needs="LSTM(use_cudnn)",
)
@given(whole(["yes", "True", "Auto", "", None, 2, -1, 0.5, (), []]))
def test_other_values_of_use_cudnn_are_refused(value):
    """
    The constructor refuses a `use_cudnn` that equals none of True, False and "auto".

    So 1 and 0 pass, which equal True and False. Whether cuDNN can serve is no cause to refuse:
    use_cudnn=True is accepted by the constructor on every machine.

    >>> import keras, numpy as np
    >>> try:
    ...     keras.layers.LSTM(8, use_cudnn="yes")
    ... except ValueError as error:
    ...     print("received for argument `use_cudnn`" in str(error))
    True
    """
    words = "received for argument `use_cudnn`"
    assert_refused(lambda: keras.layers.LSTM(2, use_cudnn=value), "ValueError", words)


@claim(
    "errors.integer-dtype",
    observed="Keras 3, TensorFlow, with the default initializers; the words are the backend's",
)
@given(whole(["int32", "int64", "uint8", "bool"]), integers(1, 4), integers(1, 4))
def test_integer_weights_are_refused_when_they_are_made(dtype, features, units):
    """
    By default an LSTM with dtype="int32" is accepted by the constructor, and fails when built.

    It is the default initializers of the kernels that cannot draw such numbers; those of zeros
    or ones can. The dtype is that of the weights, not of the input: without `dropout`, integers as
    input need no argument at all. "int64", "uint8" and "bool" fail in the same way.

    >>> import keras, numpy as np
    >>> lstm, built = keras.layers.LSTM(2, dtype="int32"), False
    >>> try:
    ...     built = lstm.build((4, 3, 1)) is None  # (batch, timesteps, features)
    ... except Exception:
    ...     print(built)
    False
    """
    layer = keras.layers.LSTM(units, dtype=dtype)
    assert_refused(lambda: layer.build((2, 3, features)), OF_THE_BACKEND, ABOUT_INTEGERS)


@claim(
    "errors.unknown-implementation",
    observed="Keras 3",
    corrects="`implementation` is checked: it is 1 or 2.",
    cases=4,
)
@given(
    cases(**varied("use_bias", "masked", "return_sequences"), timesteps=integers(1, 2)),
    whole([0, 3, -1, "1", None, 1.5, "quick"]),
)
def test_implementation_is_not_checked(case, implementation):
    """
    An LSTM accepts any `implementation` that is text, None or a number other than 1, and computes
    what 2 computes.

    So does 0, and the text "1". The layer does not list the argument, but hands it to its cell.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, implementation="quick")
    >>> tuple(lstm(np.ones((4, 3, 1))).shape)  # (batch, timesteps, features)
    (4, 2)
    """
    layer = lstm(case, implementation=implementation)
    y = lstm(case, implementation=2)(case.x, **passed(case))
    assert_same(layer(case.x, **passed(case)), y)


# Before and after the layer is built.


@claim(
    "errors.read-only",
    observed="Keras 2 and 3",
    corrects="The activation of a loaded model is exchanged by layer.activation = ...",
)
@given(cases(), whole(FUNCTIONS[:8] + FUNCTIONS[9:] + OF_THE_CELL))
def test_what_belongs_to_the_cell_cannot_be_set(case, name):
    """
    The `units`, functions, bias flags and rates that an LSTM has from its cell cannot be changed on
    the layer.

    In the layer they are read-only properties, built or not. Make a new layer by LSTM.from_config,
    from a changed get_config: it starts with weights of its own.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(8)
    >>> try:
    ...     lstm.activation = keras.activations.relu
    ... except AttributeError:
    ...     print(lstm.activation.__name__)
    tanh
    """
    fresh = keras.layers.LSTM(case.units)
    built = lstm(case)
    assert_refused(lambda: setattr(fresh, name, "other"), "AttributeError", name)
    assert_refused(lambda: setattr(built, name, "other"), "AttributeError", name)


@claim(
    "errors.stateful-set-later",
    observed="Keras 3",
    corrects="A trained layer is made stateful for prediction by layer.stateful = True.",
)
@given(
    cases(**varied("use_bias", "return_sequences"), timesteps=integers(1, 2), state=True),
    booleans(),
)
def test_a_built_layer_cannot_become_stateful(case, unroll):
    """
    Setting `stateful` to True on an LSTM built without it is accepted, and its next eager call
    fails unless it is built again.

    The variables of the state are made when a stateful layer is built, so here they are None.
    Build it again, or make a new layer from the configuration and set its weights. A graph that
    was traced before goes on, without a state.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.ones((4, 3, 1))  # (batch, timesteps, features)
    >>> y = lstm(x)
    >>> lstm.stateful = True
    >>> try:
    ...     lstm(x)
    ... except ValueError as error:
    ...     print("None" in str(error))
    True
    """
    layer = lstm(case, unroll=unroll)
    state = as_states(case.state)
    layer.stateful = True
    assert_refused(lambda: layer(case.x), (*OF_THE_BACKEND, "AttributeError"), "None")
    assert_refused(lambda: layer(case.x, initial_state=state), "AttributeError", "'assign'")


@claim(
    "errors.missing-attributes",
    observed="Keras 3",
    corrects="A layer has the attributes input_shape and output_shape, as in Keras 2.",
)
@given(
    cases(**varied("use_bias", "stateful")),
    whole(["kernel", "recurrent_kernel", "bias", "input_shape", "output_shape"]),
)
def test_the_layer_has_no_weights_and_shapes_by_name(case, name):
    """
    An LSTM has no attribute `kernel`, `bias`, `input_shape` or `output_shape`, built or not.

    Its weights belong to its cell: lstm.cell.kernel, lstm.cell.recurrent_kernel and
    lstm.cell.bias. Shapes are told by lstm.compute_output_shape, or by a functional model.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> y = lstm(np.ones((4, 3, 1)))  # (batch, timesteps, features)
    >>> [hasattr(lstm, name) for name in ("kernel", "input_shape", "output_shape")]
    [False, False, False]
    >>> tuple(lstm.cell.kernel.shape)
    (1, 8)
    """
    fresh = keras.layers.LSTM(case.units)
    built = lstm(case)
    built(case.x)
    assert_refused(lambda: getattr(fresh, name), "AttributeError", f"no attribute '{name}'")
    assert_refused(lambda: getattr(built, name), "AttributeError", f"no attribute '{name}'")


@claim("errors.before-it-is-built", observed="Keras 3")
@given(cases(**varied("use_bias", "stateful")))
def test_an_unbuilt_layer_refuses_to_count_and_to_be_set(case):
    """
    Before it is built an LSTM refuses `count_params`, and `set_weights` of any arrays.

    It has no weights yet: the number of features is missing. A call on data, or `build` with
    a shape of (batch, timesteps, features), makes them.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> try:
    ...     lstm.set_weights([np.ones((1, 8)), np.ones((2, 8)), np.ones(8)])
    ... except ValueError as error:
    ...     print("expecting 0 weights" in str(error))
    True
    """
    layer = keras.layers.LSTM(case.units, **case.options)
    assert_refused(lambda: layer.count_params(), "ValueError", "isn't built")
    for arrays in (case.weights, case.weights[:1]):
        words = "expecting 0 weights"
        assert_refused(partial(layer.set_weights, arrays), "ValueError", words)


@claim(
    "errors.built-twice",
    observed="Keras 3",
    corrects="A layer is made ready for another number of features by a second `build`.",
    cases=4,
)
@given(cases(**varied("use_bias", "stateful"), timesteps=integers(1, 2)), integers(1, 3))
def test_a_second_build_changes_nothing(case, more):
    """
    A second `build` of an LSTM, for another number of features, is accepted and changes no weight.

    The cell keeps the weights that it has. They are made once in the life of a layer: for
    other features make another layer.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> lstm.build((4, 3, 1))  # (batch, timesteps, features)
    >>> lstm.build((4, 3, 5))
    >>> tuple(lstm.get_weights()[0].shape)
    (1, 8)
    """
    layer = lstm(case)
    before = to_numpy(layer(case.x))
    layer.build((case.batch, case.timesteps, case.features + more))
    assert_same(layer.get_weights(), case.weights)
    assert_same(layer(case.x), before)


# Calls on data and on symbols.


@claim("errors.names-the-layer", observed="Keras 2 and 3")
@given(
    text("abcxyz_", min_size=1, max_size=12),
    integers(1, 300),
    integers(1, 9),
    whole(["called", "called on a symbol", "in a model"]),
)
def test_error_for_the_axes_names_layer_and_shape(name, rows, columns, moment):
    """
    Called on input with a wrong number of axes, but by no wrapper, an LSTM names itself in its
    error and tells the whole shape.

    So a `name` for each layer says which one it is, unless the Input of the model refuses first.
    None in that shape is an open size.

    >>> import keras, numpy as np
    >>> try:
    ...     keras.layers.LSTM(8, name="encoder")(np.ones((57, 1)))
    ... except ValueError as error:
    ...     print("encoder" in str(error), "received: (57, 1)" in str(error))
    True True
    """
    layer = keras.layers.LSTM(2, name=f"lstm_{name}")
    x = np.ones((rows, columns), "float32")
    calls = {
        "called": lambda: layer(x),
        "called on a symbol": lambda: layer(keras.Input((columns,))),
        "in a model": lambda: keras.Sequential([layer])(x),
    }
    batch = None if moment == "called on a symbol" else rows
    words = f"lstm_{name}", TWO_AXES, f"Full shape received: ({batch}, {columns})"
    assert_refused(calls[moment], "ValueError", *words)


@claim(
    "errors.batch-in-input-shape",
    promised="Input, argument `shape`: not including the batch size",
    corrects="Input takes the shape of the array of data, samples included.",
)
@given(integers(1, 9), integers(1, 9), integers(1, 9))
def test_an_input_with_the_batch_in_its_shape_is_refused(batch, timesteps, features):
    """
    An LSTM refuses an `Input` of shape=(batch, timesteps, features): expected ndim=3, found ndim=4.

    `Input` adds the axis of the batch itself. The shape is (timesteps, features), as in
    keras.Input(x.shape[1:]); a fixed batch is given by batch_size, or by batch_shape.

    >>> import keras, numpy as np
    >>> try:
    ...     keras.layers.LSTM(8)(keras.Input((32, 7, 4)))
    ... except ValueError as error:
    ...     print("expected ndim=3, found ndim=4" in str(error))
    True
    """
    inputs = keras.Input((batch, timesteps, features))
    words = "expected ndim=3, found ndim=4"
    assert_refused(lambda: keras.layers.LSTM(2)(inputs), "ValueError", words)


@claim(
    "errors.table-for-one-feature",
    observed="Keras 3",
    corrects="Without the axis of features the data for an LSTM are always refused.",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    cases(
        **varied("batch", "timesteps", "use_bias", "return_sequences", "go_backwards"),
        **varied("implementation"),
        features=1,
    ),
    whole(["Sequential", "functional"]),
    whole(["called", "predict", "evaluate", "fit", "train_on_batch"]),
)
def test_a_model_of_one_feature_takes_a_table(case, kind, method):
    """
    A model whose `Input` has one feature takes an array of shape (batch, timesteps) too, if its
    graph has met no other.

    The model adds the last axis where that of its `Input` is 1. The layer itself refuses such a
    table. On TensorFlow a graph that has met three axes refuses two, and the other way round,
    until compile().

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> table = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])  # (batch, timesteps)
    >>> bool(np.array_equal(model(table), model(table[..., None])))
    True
    """
    layer = lstm(case)
    table = case.x[:, :, 0]
    y = returned(case)
    inputs = keras.Input(case.x.shape[1:])
    sequential = kind == "Sequential"
    model = keras.Sequential([inputs, layer]) if sequential else keras.Model(inputs, layer(inputs))
    model.compile("sgd", "mse")
    methods = {
        "called": lambda: (model(table), y),
        "predict": lambda: (model.predict(table, verbose=0), y),
        "evaluate": lambda: (np.float32(model.evaluate(table, y, verbose=0)), 0.0),
        "fit": lambda: (np.float32(model.fit(table, y, verbose=0).history["loss"]), [0.0]),
        "train_on_batch": lambda: (np.float32(model.train_on_batch(table, y)), 0.0),
    }
    assert_close(*methods[method]())
    assert_refused(lambda: layer(table), "ValueError", TWO_AXES)


@claim(
    "errors.input-in-a-list",
    observed="Keras 3",
    corrects="A list of the one input, [x], is taken for the input x, as in Keras 2.",
)
@given(
    cases(**varied("use_bias", "return_sequences", "stateful"), timesteps=integers(1, 2)),
    whole(["list", "tuple"]),
)
def test_an_input_in_a_list_is_refused(case, kind):
    """
    A built LSTM refuses its one array of data inside a list or a tuple, with an AttributeError.

    Keras treats a list as several inputs in one structure, and the layer asks it for its shape.
    Pass the array itself. A functional model takes such a list.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.ones((4, 3, 1))  # (batch, timesteps, features)
    >>> y = lstm(x)
    >>> try:
    ...     lstm([x])
    ... except AttributeError as error:
    ...     print("'list' object has no attribute 'shape'" in str(error))
    True
    """
    layer = lstm(case)
    inputs = [case.x] if kind == "list" else (case.x,)
    words = f"'{kind}' object has no attribute 'shape'"
    assert_refused(lambda: layer(inputs), "AttributeError", words)


@claim(
    "errors.misspelt-argument",
    observed="Keras 2 and 3",
    corrects="An argument that an LSTM does not know, such as return_sequence=True, is ignored.",
)
@given(
    one_of(
        whole(
            [
                *("return_sequence", "returns_sequences", "return_states", "activations"),
                *("kernel_regulariser", "timesteps", "initial_state", "mask", "training"),
            ]
        ),
        text("abcxyz_", min_size=1, max_size=9),
    ),
    sampled_from([True, None, 0.5, "tanh"]),
)
def test_the_constructor_refuses_arguments_that_it_does_not_know(name, value):
    """
    LSTM refuses an argument that it does not have, a misspelt one too, and says its name.

    Keras 3 writes "Unrecognized keyword arguments", Keras 2 "Keyword argument not understood".
    `initial_state`, `mask` and `training` are arguments of the call, not of the constructor;
    timesteps and features are read off the input. LSTM has the arguments of its base classes RNN
    and Layer too: Keras 3 takes `input_shape` and `input_dim` with a warning.

    >>> import keras, numpy as np
    >>> try:
    ...     keras.layers.LSTM(2, returns_sequences=True)
    ... except (ValueError, TypeError) as error:
    ...     print("returns_sequences" in str(error))
    True
    """
    words = (
        f"Unrecognized keyword arguments passed to LSTM: {{'{name}'",
        f"Keyword argument not understood:', '{name}'",  # Keras 2
    )
    refusals = "ValueError", "TypeError"
    assert_refused(lambda: keras.layers.LSTM(2, **{name: value}), refusals, words)


@claim(
    "errors.unknown-call-argument",
    observed="Keras 3",
    corrects="The state that a call starts from is given as states=[h, c].",
)
@given(
    cases(state=True),
    whole(["states", "initial_states", "hidden", "return_sequences", "constants", "another"]),
    text("abcxyz_", min_size=1, max_size=9),
)
def test_a_call_refuses_arguments_that_it_does_not_know(case, name, drawn):
    """
    An LSTM's call refuses arguments that it does not know, such as `states` or `initial_states`.

    Beside the input it knows `initial_state`, `mask` and `training`. What makes the layer,
    such as return_sequences, is given to the constructor and not to a call.

    >>> import keras, numpy as np
    >>> lstm, zeros = keras.layers.LSTM(2), np.zeros((4, 2))  # (batch, units)
    >>> try:
    ...     lstm(np.ones((4, 3, 1)), states=[zeros, zeros])
    ... except TypeError as error:
    ...     print("unexpected keyword argument 'states'" in str(error))
    True
    """
    name = {"another": drawn}.get(name, name)
    words = f"unexpected keyword argument '{name}'"
    assert_refused(lambda: lstm(case)(case.x, **{name: case.state}), "TypeError", words)


@claim(
    "errors.inputs-by-name",
    observed="Keras 3; in Keras 2 the name was `inputs`",
    corrects="Documentation of LSTM, call argument `inputs`: the input has that name.",
)
@given(cases())
def test_the_input_is_not_named_inputs(case):
    """
    An LSTM's call takes its input by the name `sequences`, and refuses it by the name `inputs`.

    Without a name it is the first argument. LSTMCell, TimeDistributed and most other layers do
    call it `inputs`.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.ones((1, 3, 1))  # (batch, timesteps, features)
    >>> try:
    ...     lstm(inputs=x)
    ... except TypeError as error:
    ...     print(tuple(lstm(sequences=x).shape), "'sequences'" in str(error))
    (1, 2) True
    """
    layer = lstm(case)
    assert_refused(lambda: layer(inputs=case.x), "TypeError", "'sequences'")
    assert_same(layer(sequences=case.x), layer(case.x))


@claim("errors.state-with-three-axes", observed="Keras 3, TensorFlow, CPU")
@given(
    cases(
        **varied("use_bias", "masked"),
        batch=integers(2, 9),
        units=integers(2, 4),
        state=True,
        unroll=whole([False, True]),
        stateful=whole([False, True]),
    )
)
def test_several_samples_refuse_a_state_with_a_time_axis(case):
    """
    By default on TensorFlow, a call on data, of several samples and units, refuses h and c both of
    shape (batch, 1, units).

    States have no time axis: (batch, units). By default one sample is not refused, and its output
    gets an axis too many. With c alone of that shape an eager call on one timestep is not refused:
    its output has the shape (batch, batch, units).

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.ones((1, 3, 1))  # a single sample
    >>> zeros = np.zeros((1, 1, 2))
    >>> tuple(lstm(x, initial_state=[zeros, zeros]).shape)
    (1, 1, 2)
    """
    states = as_states([case.h[:, None], case.c[:, None]])
    given = {**passed(case), "initial_state": states}
    assert_refused(lambda: lstm(case)(case.x, **given), OF_THE_BACKEND, MISFIT)


@claim(
    "errors.narrow-cell-state",
    observed="Keras 3, TensorFlow, CPU",
    corrects="An initial state of another width than `units` is always refused.",
    cases=4,
)
@given(
    cases(
        **varied("use_bias", "return_sequences", "return_state", "go_backwards"),
        timesteps=integers(1, 2),
        units=some_large(integers(1, 4), 17),
        state=True,
        unroll=booleans(),
    )
)
def test_a_cell_state_of_width_one_is_stretched(case):
    """
    In an eager call on a TensorFlow CPU an initial c of shape (batch, 1) is stretched over all
    units.

    Nothing compares c with `units`: it is multiplied by the forget gate, and that broadcasts.
    The loop of a graph refuses it, for its states must keep their shape.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.ones((4, 3, 1))  # (batch, timesteps, features)
    >>> h, c = np.zeros((4, 2)), np.ones((4, 1))
    >>> y = lstm(x, initial_state=[h, c])
    >>> bool(np.allclose(y, lstm(x, initial_state=[h, np.ones((4, 2))]), atol=1e-6))
    True
    """
    layer = lstm(case)
    c = case.c[:, :1]
    expected = returned(replace(case, c=np.repeat(c, case.units, axis=1)))
    assert_close(layer(case.x, initial_state=as_states([case.h, c])), expected)


@claim(
    "errors.narrow-cell-state-in-a-graph",
    observed="Keras 3, TensorFlow",
    cases=4,
    needs="tensorflow",
)
@given(
    cases(
        **varied("use_bias", "return_sequences", "return_state", "go_backwards"),
        units=some_large(integers(2, 4), 17),
        state=True,
    )
)
def test_a_graph_refuses_a_cell_state_of_width_one(case):
    """
    In a looped graph of TensorFlow a layer of several units refuses an initial c of shape (batch,
    1).

    A loop must keep the shapes of its states, and the first step would widen c. A call that is no
    graph stretches it, see `errors.narrow-cell-state`.

    >>> import keras, numpy as np
    >>> inputs, h, c = keras.Input((3, 1)), keras.Input((2,)), keras.Input((1,))
    >>> try:
    ...     y = keras.layers.LSTM(2)(inputs, initial_state=[h, c])
    ...     model = keras.Model([inputs, h, c], y)
    ...     y = model.predict([np.ones((4, 3, 1)), np.ones((4, 2)), np.ones((4, 1))], verbose=0)
    ... except ValueError as error:
    ...     print("shape" in str(error))
    True
    """
    graph = Way("tf.function")(lstm(case))
    states = as_states([case.h, case.c[:, :1]])
    assert_refused(lambda: graph(case.x, initial_state=states), "ValueError", "shape")


@claim(
    "errors.symbols-unchecked",
    observed="Keras 3",
    corrects="If a functional model can be made, its layers' states and masks fit together.",
)
@given(cases(), integers(1, 3))
def test_a_symbolic_call_checks_neither_state_nor_mask(case, more):
    """
    An LSTM's call on a `keras.Input` checks neither the sizes nor the number of initial states, nor
    the mask.

    The shape of the output is worked out from the first input alone. A decoder with other
    units than its encoder is made, and fails with the first data.

    >>> import keras, numpy as np
    >>> x, h, c = keras.Input((3, 1)), keras.Input((5,)), keras.Input((5,))
    >>> y = keras.layers.LSTM(2)(x, initial_state=[h, c])  # states of five units for two
    >>> y.shape == (None, 2)
    True
    """
    wide = keras.Input((case.units + more,))
    mask = keras.Input((case.timesteps + more,))
    inputs = keras.Input(case.x.shape[1:])
    y = lstm(case)(inputs, initial_state=as_states([wide, wide, wide]), mask=mask)
    assert tuple(y.shape) == (None, case.units), f"{y.shape}"


@claim("errors.mask-of-another-batch", observed="Keras 3, TensorFlow, CPU")
@given(
    cases(**varied("use_bias"), batch=several, masked=True, unroll=booleans()),
    integers(2, 9),
)
def test_a_mask_for_another_batch_is_refused(case, rows):
    """
    On a TensorFlow CPU a call on data of several samples refuses a mask of another number of rows,
    unless it has one.

    In an eager call the error is that of a selection: "must be broadcastable". A single sample is
    no safer: an unrolled layer, if not stateful, stretches it to as many rows as its mask has.

    >>> import keras, numpy as np
    >>> lstm, refused = keras.layers.LSTM(2), False
    >>> try:
    ...     lstm(np.ones((2, 3, 1)), mask=np.ones((4, 3), bool))
    ... except Exception:
    ...     refused = True
    >>> refused
    True
    """
    rows = rows + 1 if rows >= case.batch else rows
    layer = lstm(case)
    mask = np.resize(case.mask, (rows, case.timesteps))
    assert_refused(lambda: layer(case.x, mask=mask), OF_THE_BACKEND, MISFIT)


@claim(
    "errors.unit-mask-unrolled",
    observed="Keras 2 and 3, TensorFlow, CPU",
    corrects="unroll=True takes every mask that unroll=False takes.",
    cases=4,
)
@given(cases(units=integers(2, 4), masked=True, unroll=True))
def test_an_unrolled_layer_refuses_a_mask_for_each_unit(case):
    """
    With unroll=True a call of two or more units on data refuses a mask of shape
    (batch, timesteps, units).

    The loop takes such a mask and masks each unit by itself. The unrolled layer repeats every
    mask once for each unit, whatever its shape, and this one then is too wide.

    >>> import keras, numpy as np
    >>> x, mask = np.ones((4, 3, 1)), np.ones((4, 3, 2), bool)  # (batch, timesteps, units)
    >>> tuple(keras.layers.LSTM(2)(x, mask=mask).shape)
    (4, 2)
    >>> try:
    ...     keras.layers.LSTM(2, unroll=True)(x, mask=mask)
    ... except Exception as error:
    ...     print("LSTM.call()" in str(error))
    True
    """
    mask = np.repeat(case.mask[:, :, None], case.units, axis=2)
    assert_same(lstm(case, unroll=False)(case.x, mask=mask).shape, (case.batch, case.units))
    refused = partial(lstm(case), case.x, mask=mask)
    assert_refused(refused, OF_THE_BACKEND, MISFIT, "LSTM.call()")


# After an error.


@claim(
    "errors.refused-call",
    derived="the sizes are checked before anything is assigned",
    cases=4,
)
@given(
    cases(**varied("use_bias", "return_sequences"), timesteps=integers(1, 2), state=True),
    whole([False, True]),
    booleans(),
)
def test_a_refused_call_changes_nothing(case, stateful, unroll):
    """
    After a call refused for its input, mask or state a built LSTM without dropout goes on as if
    there had been none.

    A stateful layer goes on from the state that it had. So an error in a notebook is no
    reason to make the layer anew.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.ones((4, 3, 1))  # (batch, timesteps, features)
    >>> before = lstm(x)
    >>> try:
    ...     lstm(x[0])
    ... except ValueError:
    ...     print(bool(np.array_equal(lstm(x), before)))
    True
    """
    options = {"stateful": stateful, "unroll": unroll}
    layer = lstm(case, **options)
    twin = lstm(case, **options)
    assert_same(layer(case.x), twin(case.x))
    assert_refused(partial(layer, case.x[0]), "ValueError", TWO_AXES)
    assert_refused(partial(layer, case.x, mask=[[True]]), "AttributeError", "'list' object")
    assert_refused(partial(layer, np.repeat(case.x, 2, axis=2)), OF_THE_BACKEND, MISFIT)
    alone = partial(layer, case.x, initial_state=as_states(case.h))
    assert_refused(alone, OF_THE_BACKEND, TOO_FEW_STATES)
    assert_same(layer(case.x), twin(case.x))


@claim(
    "errors.refused-call-with-dropout",
    derived="a dropout mask is drawn for one call, and forgotten after it",
)
@given(
    cases(batch=several, timesteps=integers(1, 2), use_bias=booleans()),
    whole([(0.5, 0.0), (0.0, 0.5), (0.5, 0.5)]),
)
def test_a_refused_call_leaves_no_dropout_mask(case, rates):
    """
    After a refused call a stateless LSTM with dropout still trains on a batch of another size.

    The mask of that call is of no use any more. Where it was kept, make the cell forget it, by
    lstm.cell.reset_dropout_mask() and lstm.cell.reset_recurrent_dropout_mask().

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2, dropout=0.5), np.ones((4, 3, 1))
    >>> try:
    ...     lstm(x, mask=[[True] * 3] * 4, training=True)  # a list is no mask
    ... except AttributeError:
    ...     lstm.cell.reset_dropout_mask()
    >>> tuple(lstm(x[:2], training=True).shape)
    (2, 2)
    """
    layer = lstm(case, dropout=rates[0], recurrent_dropout=rates[1])
    x = np.concatenate([case.x, case.x])
    assert_refused(
        lambda: layer(case.x, mask=[[True]], training=True), "AttributeError", "'list' object"
    )
    assert layer(x, training=True).shape == (len(x), case.units), "another batch"


@claim(
    "errors.moment-of-stacking",
    observed="Keras 3",
    cases=4,
)
@given(cases(timesteps=integers(1, 2)), whole(["called", "build", "predict"]))
def test_an_input_lets_add_refuse(case, method):
    """
    If built, a Sequential model of LSTMs refuses an LSTM on top of a single output in `add`, else
    when it is built.

    A single output is what an LSTM without return_sequences has. With an `Input` in front, a
    Sequential model is built as it grows, and the error points to the line that adds the layer.
    A model of LSTMs alone waits for `build` or for data.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> try:
    ...     model.add(keras.layers.LSTM(8))
    ... except ValueError as error:
    ...     print("expected ndim=3, found ndim=2" in str(error))
    True
    """
    lower = keras.layers.LSTM(case.units)
    upper = keras.layers.LSTM(2)
    early = keras.Sequential([keras.Input(case.x.shape[1:]), lower])
    assert_refused(lambda: early.add(upper), "ValueError", TWO_AXES)
    late = keras.Sequential([keras.layers.LSTM(case.units), keras.layers.LSTM(2)])
    moments = {
        "called": partial(late, case.x),
        "build": partial(late.build, case.x.shape),
        "predict": partial(late.predict, case.x, verbose=0),
    }
    assert_refused(moments[method], "ValueError", TWO_AXES)


@claim(
    "errors.refused-layer-stays",
    observed="Keras 3",
    corrects="An `add` that raises an error has added nothing.",
    cases=4,
)
@given(cases(timesteps=integers(1, 2)))
def test_a_layer_refused_by_add_stays_until_pop(case):
    """
    An LSTM that `add` refused for its input stays in the Sequential model until `pop` takes it
    out.

    A layer that would fit, added after it, is refused too, and stays as well. In a notebook: pop,
    change the layer below, add again. After a second `add` pop twice, the first time with an
    error.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> try:
    ...     model.add(keras.layers.LSTM(8))
    ... except ValueError:
    ...     print(len(model.layers))
    2
    """
    model = keras.Sequential([keras.Input(case.x.shape[1:]), keras.layers.LSTM(case.units)])
    assert_refused(lambda: model.add(keras.layers.LSTM(2)), "ValueError", TWO_AXES)
    assert len(model.layers) == 2, f"{model.layers}"
    model.pop()
    assert model(case.x).shape == (case.batch, case.units), "the model without it"


@claim(
    "errors.first-input-sticks",
    observed="Keras 3",
    corrects="After an error about the shape of the data the corrected data will do.",
    cases=4,
)
@given(cases(timesteps=integers(1, 2)))
def test_a_model_keeps_the_shape_that_it_refused(case):
    """
    If first called on an array without three axes, `Sequential([LSTM(units)])` refuses the right
    one too.

    It has kept the wrong shape: "already been configured to use input shape". Make the model anew;
    the layer in it may be used again. A model that begins with `Input` is safe.

    >>> import keras, numpy as np
    >>> x, model = np.ones((4, 3, 2)), keras.Sequential([keras.layers.LSTM(2)])
    >>> for data in (x[0], x):  # one sample without its batch, then the batch
    ...     try:
    ...         y = model(data)
    ...     except ValueError as error:
    ...         print("already been configured" in str(error))
    False
    True
    """
    model = keras.Sequential([keras.layers.LSTM(2)])
    words = "already been configured"
    assert_refused(lambda: model(case.x[0]), "ValueError", TWO_AXES)
    assert_refused(lambda: model(case.x), "ValueError", words)


# In training.


@claim(
    "errors.any-number-of-samples",
    promised="Model.fit, argument `batch_size`: any integer",
    corrects="The batch size must divide the number of samples, for any LSTM.",
    needs="keras.Model.fit",
)
def test_the_batch_size_need_not_divide_the_samples():
    """
    Unless a layer is stateful, the batch size need not divide the number of samples.

    The last batch of `fit`, `evaluate` and `predict` is smaller then, and each of its samples
    counts. Nothing ties the batch size of predictions to that of training either.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.layers.LSTM(2)])
    >>> tuple(model.predict(np.ones((5, 3, 1)), batch_size=2, verbose=0).shape)
    (5, 2)
    """
    x = noise((5, 3, 1), 0)
    y = noise((5, 2), 1)
    for unroll in (False, True):
        layer = keras.layers.LSTM(2, unroll=unroll)
        model = trainable(layer, 3, 1)
        model.run_eagerly = unroll
        model.fit(x, y, batch_size=2, verbose=0)
        for size in (3, 4, 7):
            assert_close(model.predict(x, batch_size=size, verbose=0), layer(x))
        losses = np.mean((np.array(layer(x), float) - y) ** 2, axis=1)
        parts = [np.mean(losses[:3]), np.mean(losses[3:])]
        instead = {"each batch counts as much as another": np.mean(parts)}
        tested = np.float32(model.evaluate(x, y, batch_size=3, verbose=0))
        assert_close(tested, np.mean(losses), instead=instead)


@claim(
    "errors.remainder-in-fit",
    promised="RNN, note on statefulness: a fixed batch size",
    needs="keras.Model.fit",
)
def test_fit_of_a_stateful_model_refuses_a_smaller_last_batch():
    """
    The `fit` of a stateful model refuses a last batch that is smaller than the others.

    Each sample has a row of the kept state, and a smaller batch does not say which. Give fit
    a multiple of the batch size, in batches of that size.

    >>> import keras, numpy as np
    >>> inputs = keras.Input((3, 1), batch_size=2)
    >>> model = keras.Sequential([inputs, keras.layers.LSTM(1, stateful=True)])
    >>> model.compile("sgd", "mse")
    >>> h = model.fit(np.ones((4, 3, 1)), np.ones((4, 1)), batch_size=2, verbose=0)
    >>> len(h.history["loss"])
    1
    """
    x = noise((5, 3, 1), 0)
    y = noise((5, 2), 1)
    model = trainable(keras.layers.LSTM(2, stateful=True), 3, 1, batch=2)
    fit = partial(model.fit, x, y, batch_size=2, shuffle=False, verbose=0)
    assert_refused(fit, OF_THE_BACKEND, ANOTHER_BATCH)


@claim(
    "errors.fit-in-batches-of-one",
    observed="Keras 3.15, TensorFlow",
    corrects="A stateful model with batches of one needs no batch_size, if there is one sample.",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    cases(batch=1, **varied("use_bias", "return_sequences")),
    integers(1, 4),
    whole([None, 2, 32]),
    whole(["fit", "evaluate"]),
)
def test_a_stateful_model_with_batches_of_one_needs_the_batch_size(case, samples, size, method):
    """
    On TensorFlow, for arrays, compiled fit and evaluate of a looped LSTM from kept states of one
    row need batch_size=1 or steps.

    Where neither is given batch_size is 32, and they fail even with a single sample: the graph
    leaves the number of samples open, and refuses states of one row that may become several:
    "enters the loop with shape (1, 2), but has shape (None, 2)".

    >>> import keras, numpy as np
    >>> inputs = keras.Input((3, 1), batch_size=1)
    >>> model = keras.Sequential([inputs, keras.layers.LSTM(2, stateful=True)])
    >>> model.compile("sgd", "mse")
    >>> x, y = np.ones((4, 3, 1)), np.ones((4, 2))  # x: (batch, timesteps, features)
    >>> model.fit(x, y, batch_size=1, verbose=0).epoch
    [0]
    """
    model = keras.Sequential([keras.Input(batch_shape=case.x.shape), lstm(case, stateful=True)])
    model.compile("sgd", "mse")
    x = np.repeat(case.x, samples, axis=0)
    y = np.zeros((samples, *model.output_shape[1:]))
    run = partial(getattr(model, method), x, y, batch_size=size, verbose=0)
    assert_refused(run, OF_THE_BACKEND, ("after one iteration", *ANOTHER_BATCH))


@claim(
    "errors.trained-before-refusal",
    observed="Keras 3 after 3.12.4, TensorFlow, for a last batch of two or more",
    corrects="Keras checks before training that the batch size of a stateful model fits the data.",
    needs="keras.Model.fit",
)
def test_a_stateful_model_trains_until_the_batch_that_it_refuses():
    """
    By default a stateful model of fixed batch size trains on whole batches, then refuses a smaller
    last one of several samples.

    Keras 2's check that a stateful network needs a number of samples that can be divided by the
    batch size is gone. With mse a last batch of a single sample is not refused at
    all, see `errors.remainder-in-fit`.

    >>> import keras, numpy as np
    >>> inputs, lstm = keras.Input((3, 1), batch_size=3), keras.layers.LSTM(1, stateful=True)
    >>> model = keras.Sequential([inputs, lstm])
    >>> model.compile("sgd", "mse")
    >>> try:
    ...     h = model.fit(np.ones((5, 3, 1)), np.ones((5, 1)), batch_size=3, verbose=0)
    ... except Exception:
    ...     print(lstm.get_weights()[2].tolist() == [0.0, 1.0, 0.0, 0.0])  # the initial bias
    False
    """
    x = noise((5, 3, 1), 0)
    y = noise((5, 2), 1)
    layer = keras.layers.LSTM(2, stateful=True)
    model = trainable(layer, 3, 1, batch=3)
    before = layer.get_weights()
    fit = partial(model.fit, x, y, batch_size=3, shuffle=False, verbose=0)
    words = "Incompatible", "Specified a list with shape", "batch size"
    assert_refused(fit, OF_THE_BACKEND, words)
    assert_differs(layer.get_weights()[0], before[0])


@claim(
    "errors.no-samples",
    observed="Keras 3",
    corrects="fit refuses arrays without samples: it expects x to be non-empty.",
    cases=2,
    needs="keras.Model.fit",
)
@given(cases(), sampled_from(["sgd", "adam"]))
def test_on_no_samples_only_predict_fails(case, optimizer):
    """
    By default, on arrays of no samples fit of a stateless model changes no weight, evaluate returns
    [] and predict fails.

    A warning says that the input ran out of data, and the history of fit lacks "loss". So look at
    the shapes first: a filter, or windows longer than the series, may leave nothing. In a graph of
    TensorFlow, without XLA, the optimizer's number of steps rises all the same.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse")
    >>> x, y = np.ones((0, 3, 1)), np.ones((0, 2))  # no samples
    >>> model.fit(x, y, verbose=0).history, model.evaluate(x, y, verbose=0)
    ({}, [])
    """
    model = keras.Sequential([keras.Input(case.x.shape[1:]), lstm(case)])
    model.compile(optimizer, "mse", run_eagerly=True)
    before = model.get_weights()
    x = case.x[:0]
    y = np.zeros((0, case.units), "float32")
    assert model.fit(x, y, verbose=0).history == {}
    assert_same(model.get_weights(), before)
    assert model.evaluate(x, y, verbose=0) == []
    targets = np.zeros((case.batch, case.units), "float32")
    validated = model.fit(case.x, targets, validation_data=(x, y), verbose=0).history
    assert list(validated) == ["loss"], validated
    predict = partial(model.predict, x, verbose=0)
    assert_refused(predict, ("UnboundLocalError", "ValueError"), ("batch_outputs", "math domain"))


# Cells and wrappers.


@claim(
    "errors.no-recurrent",
    observed="Keras 2 and 3",
    corrects="A recurrent layer of one's own derives from keras.layers.recurrent.Recurrent.",
)
@given(whole(["LSTM", "GRU", "SimpleRNN"]))
def test_recurrent_layers_derive_from_rnn(name):
    """
    `keras.layers` has no Recurrent, as Keras 1 had: LSTM, GRU and SimpleRNN derive from RNN.

    A recurrence of your own is a cell with `call` and `state_size`, which RNN runs over the
    timesteps, see `wrappers.own-cell`.

    >>> import keras, numpy as np
    >>> hasattr(keras.layers, "Recurrent")
    False
    >>> isinstance(keras.layers.LSTM(2), keras.layers.RNN)
    True
    """
    layer = getattr(keras.layers, name)(2)
    assert isinstance(layer, keras.layers.RNN), f"{name} does not derive from RNN"
    assert_refused(lambda: keras.layers.Recurrent, "AttributeError", "Recurrent")


@claim("errors.rnn-needs-a-cell", promised="RNN, argument `cell`: it has `call` and `state_size`")
@given(whole([5, 0.5, "lstm", None, {}]), whole(["Dense", "Embedding", "Bidirectional"]))
def test_rnn_refuses_what_is_no_cell(value, name):
    """
    In place of a cell RNN refuses a number, a Dense layer, or the class LSTMCell itself.

    A cell has a `call` and a `state_size`, and the error names what is missing. The class has no
    state_size before it is called with its units: RNN(keras.layers.LSTMCell(8)).

    >>> import keras, numpy as np
    >>> try:
    ...     keras.layers.RNN(keras.layers.LSTMCell)
    ... except ValueError as error:
    ...     print("`state_size`" in str(error))
    True
    """
    rnn = keras.layers.RNN
    layers = keras.layers
    other = {
        "Dense": layers.Dense(2),
        "Embedding": layers.Embedding(2, 2),
        "Bidirectional": layers.Bidirectional(layers.LSTM(2)),
    }
    assert_refused(lambda: rnn(value), "ValueError", "`call` method")
    assert_refused(lambda: rnn(other[name]), "ValueError", "`state_size`")
    assert_refused(lambda: rnn(keras.layers.LSTMCell), "ValueError", "`state_size`")


@claim(
    "errors.layer-for-a-cell",
    observed="Keras 3",
    corrects="Layers are stacked by RNN([LSTM(8), LSTM(8)]).",
    cases=4,
)
@given(cases(timesteps=integers(1, 2)), whole([1, 2]))
def test_rnn_of_a_layer_fails_in_the_call(case, layers):
    """
    RNN accepts an LSTM in place of an LSTMCell, but its eager call on data of three axes fails:
    "expected ndim=3, found ndim=2".

    The layer has a `state_size` too. But RNN hands its cell one timestep at a time, which has no
    time axis. Give it cells, as LSTMCell(8) is.

    >>> import keras, numpy as np
    >>> rnn = keras.layers.RNN(keras.layers.LSTM(8))
    >>> try:
    ...     rnn(np.ones((4, 3, 1)))  # (batch, timesteps, features)
    ... except ValueError as error:
    ...     print("expected ndim=3, found ndim=2" in str(error))
    True
    """
    stack = [keras.layers.LSTM(case.units) for _ in range(layers)]
    cell = stack if layers > 1 else stack[0]
    assert_refused(lambda: keras.layers.RNN(cell)(case.x), "ValueError", TWO_AXES)


@claim("errors.stacked-cells-of-one", promised="StackedRNNCells, argument `cells`: a list")
@given(integers(1, 9))
def test_stacked_cells_refuse_a_single_cell(units):
    """
    StackedRNNCells takes a list of cells, and refuses a cell alone with a TypeError.

    The message is Python's: the cell is not iterable. RNN takes a cell alone as well as a list.

    >>> import keras, numpy as np
    >>> try:
    ...     keras.layers.StackedRNNCells(keras.layers.LSTMCell(8))
    ... except TypeError as error:
    ...     print("not iterable" in str(error))
    True
    """
    cell = keras.layers.LSTMCell(units)
    assert_refused(lambda: keras.layers.StackedRNNCells(cell), "TypeError", "not iterable")


@claim("errors.stacked-cells-need-cells", promised="StackedRNNCells, argument `cells`: RNN cells")
@given(integers(1, 4), whole([5, "lstm", None, {}]))
def test_stacked_cells_refuse_what_is_no_cell(units, value):
    """
    StackedRNNCells, and so RNN of a list, refuses what has no `call` or no `state_size`.

    A cell has both. A Dense layer between two cells has no state_size, and the error says so.

    >>> import keras, numpy as np
    >>> try:
    ...     keras.layers.RNN([keras.layers.LSTMCell(8), keras.layers.Dense(8)])
    ... except ValueError as error:
    ...     print("`state_size`" in str(error))
    True
    """
    cell = keras.layers.LSTMCell(units)
    dense = keras.layers.Dense(units)
    for cells in ([cell, value], [value, cell]):
        stacked = partial(keras.layers.StackedRNNCells, cells)
        assert_refused(stacked, "ValueError", "`call` method")
    assert_refused(lambda: keras.layers.RNN([cell, dense]), "ValueError", "without a `state_size`")


class Sized(keras.layers.Layer):  # type: ignore[misc]
    """A cell whose sizes can be set to anything."""

    def __init__(self, state_size, output_size=None):
        """Keep the sizes."""
        super().__init__()
        self.state_size = state_size
        self.output_size = output_size

    def call(self, inputs, states):
        """Return the input."""
        return inputs, states


@claim("errors.sizes-of-a-cell", promised="RNN, argument `cell`: `state_size` and `output_size`")
@given(whole(["3", 3.0, {3}, np.int64(3)]))
def test_rnn_refuses_sizes_that_are_no_numbers(value):
    """
    RNN refuses a single cell whose state_size is neither a whole number of Python nor a list or
    tuple.

    NumPy's integers are refused too: give int(units). An output_size, other than None, that is no
    whole number is refused by compute_output_shape, and so by a call on keras.Input, but not by a
    call on data.

    >>> import keras, numpy as np
    >>> class Cell(keras.layers.Layer):
    ...     state_size = "3"
    ...     def call(self, x, states): return x, states
    >>> try:
    ...     keras.layers.RNN(Cell())
    ... except ValueError as error:
    ...     print("state_size must be an integer" in str(error))
    True
    """
    layer = keras.layers.RNN(Sized(3, value))
    refused = "ValueError"
    assert_refused(lambda: keras.layers.RNN(Sized(None)), refused, "state_size must be specified")
    assert_refused(lambda: keras.layers.RNN(Sized(value)), refused, "must be an integer")
    shape = (1, 2, 3)
    declared = partial(layer.compute_output_shape, shape)
    assert_refused(declared, refused, "output_size must be an integer")
    assert layer(np.ones(shape, "float32")).shape == (1, 3)


@claim("errors.cell-without-states", promised="LSTMCell, call argument `states`: not optional")
@given(cases(**varied("use_bias", "implementation")))
def test_a_cell_refuses_a_call_without_states(case):
    """
    An LSTMCell refuses a call without states: only an RNN around it starts from zeros by itself.

    Pass [h, c], or what cell.get_initial_state(batch_size=...) returns. For the same reason a
    cell cannot stand in a Sequential model.

    >>> import keras, numpy as np
    >>> try:
    ...     keras.layers.LSTMCell(8)(np.ones((4, 1)))  # (batch, features)
    ... except TypeError as error:
    ...     print("argument: 'states'" in str(error))
    True
    """
    built = lstm(case).cell
    fresh = keras.layers.LSTMCell(case.units)
    for cell in (built, fresh):
        for x in (case.x[:, 0], keras.Input((case.features,))):
            assert_refused(partial(cell, x), "TypeError", "argument: 'states'")


@claim("errors.class-for-a-layer", observed="Keras 3")
@given(whole(["Bidirectional", "TimeDistributed"]), whole(["LSTM", "LSTMCell", "RNN"]))
def test_wrappers_refuse_a_class(wrapper, name):
    """
    Bidirectional and TimeDistributed refuse the class LSTM: they take a layer, as LSTM(8) is.

    The message asks for an instance of keras.layers.Layer, and shows the class that it got.

    >>> import keras, numpy as np
    >>> try:
    ...     keras.layers.Bidirectional(keras.layers.LSTM)
    ... except ValueError as error:
    ...     print("`keras.layers.Layer` instance" in str(error))
    True
    """
    wrap = getattr(keras.layers, wrapper)
    words = "`keras.layers.Layer` instance"
    given = keras.layers.LSTMCell(2) if name == "RNN" else 2
    assert_refused(lambda: wrap(type(getattr(keras.layers, name)(given))), "ValueError", words)


@claim(
    "errors.reset-without-state",
    observed="Keras 3",
    cases=4,
    needs="keras.layers.LSTM.reset_state",
)
@given(cases(timesteps=integers(1, 2)))
def test_bidirectional_alone_refuses_to_reset_nothing(case):
    """
    Without stateful=True, Bidirectional refuses reset_state, and an LSTM ignores it.

    There is no state to reset in either. A loop over the layers of a model, as is needed in
    Keras 3, so has to ask a Bidirectional first whether it is stateful.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> try:
    ...     keras.layers.Bidirectional(lstm).reset_state()
    ... except AttributeError:
    ...     print(lstm.reset_state() is None)
    True
    """
    layer = lstm(case)
    before = layer(case.x)
    wrapper = keras.layers.Bidirectional(layer)
    layer.reset_state()
    assert_same(layer(case.x), before)
    assert_refused(lambda: wrapper.reset_state(), "AttributeError", "must be stateful")


@claim(
    "errors.time-distributed-axes",
    derived="TimeDistributed takes away the time axis, and LSTM needs one",
    corrects="TimeDistributed(LSTM(8)) reads sequences of shape (batch, timesteps, features).",
    cases=4,
)
@given(cases(timesteps=integers(1, 2)))
def test_time_distributed_lstm_refuses_three_axes(case):
    """
    In a call on data, TimeDistributed over an LSTM refuses three axes: it takes a sequence of
    sequences.

    Its input has the shape (batch, steps, timesteps, features), and each step has a whole
    sequence. An LSTM goes through time by itself, and needs no wrapper for it. A keras.Input of
    three axes is refused too, if its batch size is open and the LSTM not built.

    >>> import keras, numpy as np
    >>> tuple(keras.layers.TimeDistributed(keras.layers.LSTM(2))(np.ones((4, 5, 3, 1))).shape)
    (4, 5, 2)
    >>> try:
    ...     keras.layers.TimeDistributed(keras.layers.LSTM(2))(keras.Input((5, 3)))
    ... except ValueError as error:
    ...     print("must be fully-defined" in str(error))
    True
    """
    layer = keras.layers.TimeDistributed(keras.layers.LSTM(case.units))
    words = "Index out of range", "oo many indices", "must have rank at least 3", "Shape rank"
    assert_refused(lambda: layer(case.x), OF_THE_BACKEND, words)
    symbolic = keras.layers.TimeDistributed(keras.layers.LSTM(case.units))
    inputs = keras.Input(case.x.shape[1:])
    assert_refused(lambda: symbolic(inputs), "ValueError", "fully-defined")


@claim(
    "errors.flatten-of-open-length",
    derived="Dense has a row of weights for each number in a sample, and that is open too",
    corrects="Behind Flatten a Dense layer takes sequences of any length.",
    cases=4,
)
@given(cases(timesteps=integers(1, 9)), sampled_from(["LSTM", "alone"]), integers(1, 9))
def test_dense_behind_flatten_needs_the_number_of_timesteps(case, below, outputs):
    """
    A new Dense directly behind a Flatten of sequences is refused if their length is open to Keras,
    as in Input((None, 3)).

    It would have weights of its own for each timestep. Give Input the length and pad to it, let the
    LSTM return its last output only, or pool over all timesteps by GlobalAveragePooling1D. Without
    an Input the Dense is made for the length of the first data; fit before any call refuses a
    dataset whose length is open.

    >>> import keras, numpy as np
    >>> def flat(timesteps):
    ...     x = keras.Input((timesteps, 3))
    ...     y = keras.layers.LSTM(2, return_sequences=True)(x)
    ...     return keras.layers.Dense(1)(keras.layers.Flatten()(y))
    >>> tuple(flat(4).shape)
    (None, 1)
    >>> try:
    ...     flat(None)
    ... except ValueError as error:
    ...     print("None" in str(error))
    True
    """

    def flat(timesteps):
        x = keras.Input((timesteps, case.features))
        y = lstm(case, return_sequences=True)(x) if below == "LSTM" else x
        return keras.layers.Dense(outputs)(keras.layers.Flatten()(y))

    model_output = flat(case.timesteps)
    assert tuple(model_output.shape) == (None, outputs), f"{model_output.shape}"
    words = "must be fully-defined", "last dimension of the inputs to a Dense layer should be"
    assert_refused(lambda: flat(None), "ValueError", words)


@claim(
    "errors.input-length-of-embedding",
    observed="Keras 3",
    corrects="An Embedding with input_length=10 takes sequences of 10 ids only, or pads to them.",
    cases=4,
)
@given(cases(), integers(2, 9), integers(1, 9), seeds)
def test_an_embedding_warns_of_input_length_and_heeds_it_not(case, size, length, seed):
    """
    Embedding takes `input_length` with a warning, and reads sequences of any length all the same.

    The warning says that it is deprecated. The number of timesteps is set by `keras.Input`, if it
    has to be known.

    >>> import keras, numpy as np
    >>> embedding = keras.layers.Embedding(5, 2, input_length=3)
    >>> tuple(embedding(np.ones((4, 7), int)).shape)
    (4, 7, 2)
    """
    table = noise((size, case.features), seed)
    layer, warned = heard(lambda: embedding(table, input_length=length))
    assert "`input_length` is deprecated" in warned, f"no warning of it: {warned}"
    ids = permutation(case.batch * case.timesteps, seed).reshape(case.x.shape[:2]) % size
    assert_same(layer(ids), table[ids])


@claim(
    "errors.embedding-of-minus-one",
    observed="Keras 3, TensorFlow, CPU",
    corrects="With mask_zero=True, padding with -1 is masked or refused.",
)
@given(integers(2, 9), integers(1, 4), seeds)
def test_minus_one_is_the_last_word(size, features, seed):
    """
    On a TensorFlow CPU an Embedding reads the id -1 as its last row, and mask_zero=True does not
    mask it.

    A negative id counts from the end of the table, as in Python. Only 0 is padding, so the other
    ids begin at 1.

    >>> import keras, numpy as np
    >>> words = keras.layers.Embedding(5, 2, mask_zero=True)
    >>> y = np.array(words(np.array([[-1, 4, 0]])))
    >>> bool(np.array_equal(y[0, 0], y[0, 1]))
    True
    >>> np.array(words.compute_mask(np.array([[-1, 4, 0]]))).tolist()
    [[True, True, False]]
    """
    table = noise((size, features), seed)
    ids = np.array([[-1, size - 1, 0]])
    layer = embedding(table)
    instead = {"-1 is the first row": table[[[0, -1, 0]]]}
    assert_same(layer(ids), table[[[-1, -1, 0]]], instead)
    assert_same(layer.compute_mask(ids), np.array([[True, True, False]]))
    assert_refused(lambda: layer(ids + size), OF_THE_BACKEND, "is not in")


def with_one_beyond(case, size, beyond, pick, seed):
    """Return ids below a size for the timesteps of a case, and the same with one that is not."""
    ids = permutation(size, seed)[np.arange(case.batch * case.timesteps) % size]
    wrong = ids.copy()
    wrong[pick % len(ids)] = size + beyond
    return [some.reshape(case.batch, case.timesteps) for some in (ids, wrong)]


@claim(
    "errors.id-out-of-range",
    observed="TensorFlow, on a CPU",
    cases=4,
    needs=("tensorflow", "CPU"),
)
@given(
    cases(batch=integers(1, 2), timesteps=integers(1, 2), unroll=booleans()),
    integers(2, 9),
    one_of(integers(0, 9), integers(0, 2**31 - 10)),
    whole(["called", "eager fit", "predict", "fit"]),
    picks,
    seeds,
)
def test_an_id_of_input_dim_or_more_is_refused(case, size, beyond, run, pick, seed):
    """
    On a TensorFlow CPU, without XLA, an Embedding refuses an id of input_dim or more, below 2**31:
    in a call, predict and fit.

    The largest id is input_dim - 1, its last row. Unless an `Input` of int32 is in front, a model
    may round an id first, to one that is accepted: see `errors.rounded-ids`. XLA, which Keras uses
    on a CPU only if jit_compile=True, reads the last row in place of a larger one without error.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.layers.Embedding(5, 3), keras.layers.LSTM(2)])
    >>> y = model(np.array([[1, 4, 0]]))
    >>> try:
    ...     model(np.array([[1, 5, 0]]))
    ... except Exception as error:
    ...     print("is not in [0, 5)" in str(error))
    True
    """
    ids, wrong = with_one_beyond(case, size, beyond, pick, seed)
    inputs = keras.Input((case.timesteps,), dtype="int32")
    words = keras.layers.Embedding(size, case.features)
    model = keras.Sequential([inputs, words, lstm(case)])
    model.compile("sgd", "mse", run_eagerly=run == "eager fit")
    target = np.zeros((case.batch, case.units))
    runs = {"called": model, "predict": model.predict_on_batch}
    run_on = runs.get(run, lambda words: model.train_on_batch(words, target))
    run_on(ids)
    refusal = f"= {size + beyond} is not in [0, {size})"
    assert_refused(lambda: run_on(wrong), "InvalidArgumentError", refusal)


@claim(
    "errors.rounded-ids",
    observed="Keras 3, every backend",
    corrects="Under mixed precision ids reach an Embedding as they are.",
    cases=4,
    needs="keras.ops",
)
@given(
    integers(1, 3),
    integers(1, 3),
    whole(["float32", "float64", "mixed_float16", "mixed_bfloat16"]),
    booleans(),
    seeds,
)
def test_a_sequential_model_without_input_rounds_ids(batch, timesteps, policy, predicts, seed):
    """
    A Sequential model without `Input` or input_shape= rounds ids to the type in which its first
    layer, an Embedding, computes.

    Whole numbers above 256 may be rounded in bfloat16, above 2048 in float16: under mixed_float16
    id 19999 is read as 20000, which a table of 20000 rows refuses. So it is in fit and predict.
    Begin with keras.Input((None,), dtype="int32"), or call the Embedding in a model of your own.

    >>> import keras, numpy as np
    >>> table = np.zeros((2050, 1))
    >>> table[2049] = 1.0
    >>> rows = keras.initializers.Constant(table)
    >>> for start in ([], [keras.Input((None,), dtype="int32")]):
    ...     embedding = keras.layers.Embedding(2050, 1, rows, dtype="mixed_float16")
    ...     model = keras.Sequential([*start, embedding])
    ...     print(float(model(np.array([[2049]]))[0, 0, 0]))
    0.0
    1.0
    """
    with global_policy(policy):
        layer = keras.layers.Embedding(4097, 2)
        model = keras.Sequential([layer])
    ids = permutation(4096, seed)[: batch * timesteps].reshape(batch, timesteps)
    ids[0, 0] = 4095  # an odd one, above what 11 digits hold
    y = model.predict(ids, verbose=0) if predicts else model(ids)
    rounded = to_numpy(keras.ops.cast(ids, layer.compute_dtype)).astype("int32")
    instead = {"ids are read as they are": to_numpy(layer(ids))}
    assert_same(y, to_numpy(layer(rounded)), instead=instead)


@claim(
    "errors.ragged-tensor",
    observed="Keras 3",
    corrects="An LSTM of Keras 3 takes a RaggedTensor, as one of Keras 2 does.",
    needs="tensorflow",
)
@given(
    cases(batch=several, timesteps=integers(2, 4), **varied("use_bias", "go_backwards")),
    whole(["final", "rows", "predict", "fit"]),
    picks,
)
def test_a_ragged_tensor_is_refused(case, run, pick):
    """
    On TensorFlow an LSTM refuses a RaggedTensor: in a call, predict and fit.

    Give its `to_tensor()` with the mask `tf.sequence_mask(x.row_lengths())`: each row then ends as
    it does alone, see `masking.own-length`.

    >>> import keras, numpy as np
    >>> import tensorflow as tf
    >>> lstm = keras.layers.LSTM(2)
    >>> x = tf.ragged.constant([[[1.0], [7.0], [2.0]], [[3.0]]], ragged_rank=1)
    >>> try:
    ...     lstm(x)
    ... except ValueError:
    ...     print("refused")
    refused
    """
    import tensorflow as tf

    layer = lstm(case, return_sequences=run == "rows")
    lengths = 1 + (pick + np.arange(case.batch)) % case.timesteps
    x = tf.RaggedTensor.from_tensor(case.x, lengths)
    model = keras.Sequential([keras.Input((None, case.features)), layer])
    model.compile("sgd", "mse")
    target = np.zeros((case.batch, case.units))
    runs = {
        "predict": lambda ragged: model.predict(ragged, verbose=0),
        "fit": lambda ragged: model.fit(ragged, target, verbose=0),
    }
    run_on = runs.get(run, layer)
    words = "Cannot index into an inner ragged dimension", "is not uniform"
    assert_refused(lambda: type(run_on(x)), "ValueError", words)


@claim(
    "errors.symbols-to-numpy",
    observed="TensorFlow 2.8 to 2.21",
    corrects="NumPy's functions may be called on what a layer returns, in a model too.",
    cases=8,
    needs="tensorflow",
)
@given(
    cases(**varied("use_bias", "go_backwards")),
    booleans(),
    whole(["array", "asarray", "tanh", "mean", "argmax"]),
)
def test_numpy_makes_no_array_of_a_symbol(case, rows, name):
    """
    On TensorFlow NumPy makes no array of what an LSTM returns while a `tf.function` is traced: it
    is a symbol.

    It stands for numbers that are not there yet. Compute with keras.ops, in a loss or a metric as
    in a model, or leave the function: outside it a call returns numbers.

    >>> import keras, numpy as np
    >>> import tensorflow as tf
    >>> lstm = keras.layers.LSTM(2)
    >>> @tf.function
    ... def squashed(x): return np.tanh(lstm(x))
    >>> try:
    ...     squashed(np.ones((4, 3, 1)))
    ... except NotImplementedError as error:
    ...     print("Cannot convert a symbolic" in str(error))
    True
    """
    import tensorflow as tf

    layer = lstm(case, return_sequences=rows)
    function = getattr(np, name)
    assert_same(function(layer(case.x)), function(to_numpy(layer(case.x))))
    graph = tf.function(lambda x: function(layer(x)), autograph=False)
    words = "Cannot convert a symbolic"
    assert_refused(lambda: graph(case.x), "NotImplementedError", words)
