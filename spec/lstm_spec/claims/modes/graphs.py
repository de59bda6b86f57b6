"""Graphs: what runs how often, and what is compiled."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import permutations
from typing import Any
from unittest import mock

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import integers

from lstm_spec.claims import claim
from lstm_spec.claims.modes import in_model, negated, small
from lstm_spec.harness.reference import equations, returned
from lstm_spec.harness.refusals import assert_refused
from lstm_spec.harness.strategies import (
    Array,
    Case,
    booleans,
    cases,
    noise,
    seeds,
    several,
    some_large,
    varied,
    whole,
)
from lstm_spec.harness.subject import lstm, lstm_without_cudnn, passed, to_numpy
from lstm_spec.harness.tolerance import Rounded, assert_close, assert_same, in_bfloat16, right_if


def runs_of_cell(call: Callable[..., Any], *arguments: Any) -> int:
    """Return how often the Python code of an LSTM's cell runs in a call."""
    cell = type(keras.layers.LSTM(1).cell)  # up to Keras 2.8 not keras.layers.LSTMCell itself
    with mock.patch.object(cell, "call", autospec=True, side_effect=cell.call) as runs:
        call(*arguments)
    return int(runs.call_count)


def around(case: Case, unroll: bool, kind: str) -> tuple[Any, tuple[int, ...]]:
    """Return an LSTM, or a layer of a kind around one, and the shape of its input."""
    layer = keras.layers.LSTM(case.units, unroll=unroll, **case.options)
    shape = case.x.shape[1:]
    if kind == "RNN":
        cell = keras.layers.LSTMCell(case.units)
        return keras.layers.RNN(cell, unroll=unroll, **case.options), shape
    if kind == "Bidirectional":
        return keras.layers.Bidirectional(keras.layers.LSTM(case.units, unroll=unroll)), shape
    if kind == "TimeDistributed":
        inner = keras.layers.LSTM(case.units, unroll=unroll)
        return keras.layers.TimeDistributed(inner), (2, *shape)
    return layer, shape


def assert_runs(runs: Any, expected: Any, instead: Mapping[str, Any]) -> None:
    """Assert how often a cell ran, in one call or in several.

    Raises:
        AssertionError: another number; the message names it, if it is one of `instead`.
    """
    assert runs == expected, f"{right_if(runs, instead)}{runs} runs, expected {expected}"


def runs_on_other_backends(lengths: list[int]) -> dict[str, list[int]]:
    """Return how often a cell runs in predict on new lengths, by what is known of a backend."""
    return {
        "the cell never runs": [0 for _ in lengths],
        "the cell runs once for each length": [1 for _ in lengths],
        "the cell runs each time": lengths,
        "the cell runs once too often": [timesteps + 1 for timesteps in lengths],
    }


def matrix_products(layer: Any, x: Array) -> int:
    """Return how many matrix products a call of the layer asks Keras for."""
    ops = sys.modules["keras.src.ops"]
    with mock.patch.object(ops, "matmul", wraps=keras.ops.matmul) as matmul:
        layer(x)
    return int(matmul.call_count)


def operations(layer: Any, timesteps: int, features: int) -> int:
    """Return the size of the graph of a layer, for one sample of so many timesteps."""
    import tensorflow as tf

    compiled = tf.function(lambda x: layer(x))
    x = tf.TensorSpec((1, timesteps, features))
    return len(compiled.get_concrete_function(x).graph.get_operations())


def quantized(model: Any) -> Any:
    """Quantize a model to int8, without the warnings about layers that are passed over."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.quantize("int8")
    return model


@claim(
    "modes.layer-made-in-a-function",
    observed="Keras 3, TensorFlow",
    cases=4,
    needs="tensorflow",
)
@given(
    cases(**varied("units", "timesteps", "return_sequences")),
    whole(["LSTM", "RNN", "Bidirectional", "TimeDistributed"]),
)
def test_a_function_refuses_to_make_a_layer_anew_in_each_call(case, kind):
    """
    TensorFlow refuses to trace a tf.function that makes an LSTM anew in each call: only its first
    call may make variables.

    "tf.function only supports singleton tf.Variables created on the first call." Make the layer
    outside of the function, and call it inside.

    >>> import keras, numpy as np
    >>> import tensorflow as tf
    >>> lstm = keras.layers.LSTM(2)
    >>> function = tf.function(lambda x: lstm(x))  # lambda x: keras.layers.LSTM(2)(x) would fail
    >>> function(tf.ones((1, 3, 1))).shape == (1, 2)
    True
    """
    import tensorflow as tf

    shape = around(case, False, kind)[1]
    x = tf.ones((1, *shape))
    function = tf.function(lambda x: around(case, False, kind)[0](x))
    assert_refused(lambda: function(x), "ValueError", "singleton tf.Variable")


@claim(
    "modes.stateless-call-of-stateful",
    observed="Keras 3, TensorFlow",
    corrects="Documentation of Layer, `stateless_call`: it returns all elements of state.",
    cases=4,
    needs="keras.layers.LSTM.stateless_call",
)
@given(cases(stateful=True, return_state=True))
def test_stateless_call_of_a_stateful_layer_loses_the_new_state(case):
    """
    Without initial_state, `stateless_call` reads the state that a stateful layer has kept, and does
    not keep the new one.

    h and c are not among the layer's variables, so they are neither given nor returned with them:
    every such call starts from the state that the layer holds. With return_state=True the new ones
    are outputs, as in any call.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2, stateful=True), np.ones((1, 3, 1))  # (B, T, F)
    >>> y = lstm(x)
    >>> given = lstm.trainable_variables, lstm.non_trainable_variables
    >>> one, two = (lstm.stateless_call(*given, x)[0] for call in range(2))
    >>> bool(np.array_equal(one, y)), bool(np.array_equal(one, two))
    (False, True)
    """
    layer = lstm(case)
    _, h, c = to_numpy(layer(case.x))
    given = layer.trainable_variables, layer.non_trainable_variables
    calls = [layer.stateless_call(*given, case.x) for _ in range(2)]
    expected = equations(replace(case, h=h, c=c))
    assert_close([y for (y, _, _), _ in calls], [expected.h] * 2)
    assert_close(layer(case.x), [expected.h, expected.h, expected.c])
    assert [len(variables) for _, variables in calls] == [1, 1], "more than the seed's state"


class Adding(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """A layer that adds the sum of its input to the losses."""

    def call(self, x: Any) -> Any:
        """Return the input."""
        self.add_loss(keras.ops.sum(x))
        return x * 1.0


def stateless_losses(model: Any, x: Any) -> list[Any]:
    """Return the losses that `stateless_call` of a model with its own variables returns."""
    state = model.trainable_variables, model.non_trainable_variables
    *_, losses = model.stateless_call(*state, x, return_losses=True)
    return list(losses)


@claim(
    "modes.losses-of-stateless-call",
    observed="Keras 3",
    corrects="Documentation of Layer, `stateless_call`: it returns all losses of the call.",
    cases=4,
    needs="keras.layers.LSTM.stateless_call",
)
@given(cases(timesteps=integers(1, 2)))
def test_stateless_call_returns_the_losses_of_the_last_call_of_each_layer(case):
    """
    With return_losses=True the first `stateless_call` of a model without inner ones returns losses
    of each layer's last call.

    Penalties on trainable weights come after them. An ordinary call leaves in `losses` those of
    every call of a shared layer. Keras knows a loss by its tensor's id, which memory gives again:
    a later eager call may lose one of another layer, or return those of a model's own twice.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2, activity_regularizer="l2"), np.ones((1, 3, 1))
    >>> model = keras.Sequential([keras.Input((3, 1)), lstm])
    >>> y = model(x)
    >>> given = model.trainable_variables, model.non_trainable_variables
    >>> _, _, losses = model.stateless_call(*given, x, return_losses=True)
    >>> bool(np.allclose(losses, model.losses))
    True
    """
    symbol = keras.Input(case.x.shape[1:])
    for order in permutations(range(3)):
        adding = [Adding() for _ in order]
        a, b, c = (adding[k] for k in order)
        penalized = lstm(case, activity_regularizer="l2", kernel_regularizer="l1")
        model = keras.Model(symbol, penalized(a(b(c(symbol)))))
        model(case.x)
        exact = [to_numpy(loss).astype(float) for loss in model.losses]
        assert_close([to_numpy(loss) for loss in stateless_losses(model, case.x)], exact)
    again = Adding()
    twice = keras.Model(symbol, again(again(symbol)))
    twice(case.x)
    ordinary = twice.losses
    stateless = stateless_losses(twice, case.x)
    assert (len(ordinary), len(stateless)) == (2, 1), f"{ordinary} and {stateless}"


@claim(
    "modes.symbolic-call",
    observed="Keras 3, TensorFlow: the shape comes from `compute_output_shape`",
    corrects="A layer that can be called on keras.Input can be called on data.",
)
@given(
    cases(**varied("units", "features", "return_state", "go_backwards")),
    booleans(),
    whole(["LSTM", "Bidirectional", "RNN", "TimeDistributed"]),
)
def test_a_symbolic_call_makes_weights_but_runs_no_cell(case, unroll, kind):
    """
    In Keras 3 calling an LSTM on keras.Input makes its weights, but does not run its cell.

    The shape of the output is told by the configuration. An error inside the cell, such as in an
    activation of one's own, shows only in a call on data or when a graph is traced.

    >>> import keras, numpy as np
    >>> def broken(z):
    ...     return 1 / 0
    >>> lstm = keras.layers.LSTM(2, activation=broken)
    >>> tuple(lstm(keras.Input((3, 1))).shape), len(lstm.weights)
    ((None, 2), 3)
    >>> try:
    ...     lstm(np.ones((1, 3, 1)))  # (batch, timesteps, features)
    ... except ZeroDivisionError as error:
    ...     print("division by zero" in str(error))
    True
    """
    layer, shape = around(case, unroll, kind)
    runs = runs_of_cell(layer, keras.Input(shape))
    assert runs == 0, f"the cell ran {runs} times"
    expected = [w.shape for w in case.weights] * (2 if kind == "Bidirectional" else 1)
    assert [tuple(w.shape) for w in layer.weights] == expected


@claim(
    "modes.eager-runs",
    observed="Keras 3, TensorFlow, CPU",
    corrects="The Python code of the cell runs once for each timestep.",
)
@given(cases(masked=booleans(), **varied("timesteps", "go_backwards", "return_sequences")))
def test_an_eager_loop_runs_its_cell_once_too_often(case):
    """
    In Keras 3, on TensorFlow and a CPU, an LSTM's eager loop runs its cell's Python code once more
    than there are timesteps.

    The first run, on the first timestep, only tells the loop which type and shape the
    outputs have: its result is thrown away, so it changes nothing.

    >>> import keras, numpy as np
    >>> runs = []
    >>> def sigmoid(z):
    ...     runs.append(z)
    ...     return keras.activations.sigmoid(z)
    >>> lstm = keras.layers.LSTM(2, recurrent_activation=sigmoid)  # three gates a timestep
    >>> y = lstm(np.ones((1, 5, 1)))  # (batch, timesteps, features)
    >>> len(runs) // 3
    6
    """
    layer = lstm_without_cudnn(case)
    runs = runs_of_cell(lambda: layer(case.x, mask=case.mask))
    once = {"the cell never runs": 0, "the cell runs once in all": 1}
    assert_runs(runs, case.timesteps + 1, {**once, "the cell runs each time": case.timesteps})


@claim(
    "modes.unrolled-runs",
    promised="LSTM, argument `unroll`: the network is unrolled",
    corrects="An LSTM with input_shape=(20, 30) is unrolled 30 times.",
)
@given(
    cases(
        unroll=True,
        masked=booleans(),
        **varied("timesteps", "features", "go_backwards", "stateful"),
    ),
    booleans(),
)
def test_an_unrolled_layer_runs_its_cell_once_a_timestep(case, training):
    """
    On TensorFlow a built and unrolled LSTM, called on data, runs its cell once for each timestep,
    whatever the features.

    Of Input((20, 30)) the first number says how often: 20 timesteps, of 30 features each.

    >>> import keras, numpy as np
    >>> runs = []
    >>> def sigmoid(z):
    ...     runs.append(z)
    ...     return keras.activations.sigmoid(z)
    >>> lstm = keras.layers.LSTM(2, recurrent_activation=sigmoid, unroll=True)
    >>> model = keras.Sequential([keras.Input((20, 30)), lstm])
    >>> y = model(np.ones((1, 20, 30)))  # (batch, timesteps, features)
    >>> len(runs) // 3  # three gates a timestep
    20
    """
    layer = lstm(case)
    runs = runs_of_cell(lambda: layer(case.x, mask=case.mask, training=training))
    assert_runs(runs, case.timesteps, {"the cell never runs": 0})


@claim(
    "modes.run-eagerly",
    promised="Model, method compile, argument `run_eagerly`",
    cases=4,
)
@given(cases())
def test_run_eagerly_runs_the_cell_in_python_and_computes_the_same(case):
    """
    On TensorFlow, compiled with run_eagerly=True, `predict` without cuDNN runs the cell's Python
    code in every batch.

    So a breakpoint or a print in it works there, at the price of speed. The numbers are
    the same but for rounding.

    >>> import keras, numpy as np
    >>> runs, x = [], np.ones((1, 5, 1))  # (batch, timesteps, features)
    >>> def tanh(z):
    ...     runs.append(z)
    ...     return keras.activations.tanh(z)
    >>> lstm = keras.layers.LSTM(2, activation=tanh, unroll=True)
    >>> model = keras.Sequential([keras.Input((5, 1)), lstm])
    >>> model.compile(run_eagerly=True)
    >>> bool(np.array_equal(model.predict_on_batch(x), model.predict_on_batch(x)))
    True
    >>> len(runs) // 2  # tanh acts twice a timestep
    10
    """
    model = keras.Sequential([keras.Input(case.x.shape[1:]), lstm(case, unroll=True)])
    model.compile(run_eagerly=True)
    for _ in range(2):
        runs = runs_of_cell(model.predict_on_batch, case.x)
        assert_runs(runs, case.timesteps, {"the cell never runs": 0})
    assert_close(model.predict_on_batch(case.x), equations(case).h)


@claim(
    "modes.python-runs-twice",
    observed="Keras 3, TensorFlow: once for the type of the outputs, once for the loop's body",
    corrects="In predict and fit the cell's Python code, and a print in it, runs every timestep.",
    cases=4,
)
@given(cases(timesteps=some_large(integers(3, 5), 30), **varied("batch", "go_backwards")))
def test_a_compiled_loop_runs_the_python_code_of_its_cell_only_when_traced(case):
    """
    In Keras 3, on TensorFlow, a built LSTM's cell runs twice in Python when its loop is traced,
    not at all when the graph runs.

    The cell's code writes the loop of the graph, which then runs by itself, over any number of
    timesteps. For other shapes see `modes.predict-traces-twice`.

    >>> import keras, numpy as np
    >>> runs, x = [], np.ones((1, 5, 1))  # (batch, timesteps, features)
    >>> def tanh(z):
    ...     runs.append(z)
    ...     return keras.activations.tanh(z)
    >>> lstm = keras.layers.LSTM(2, activation=tanh)
    >>> model = keras.Sequential([keras.Input((5, 1)), lstm])
    >>> y, z = model.predict_on_batch(x), model.predict_on_batch(x)
    >>> len(runs) // 2  # tanh acts twice a timestep
    2
    """
    model = in_model(lstm_without_cudnn(case), case)
    runs = [runs_of_cell(model.predict_on_batch, case.x) for _ in range(3)]
    instead = {
        "the cell never runs": [0, 0, 0],
        "the cell runs once in the first call": [1, 0, 0],
        "the cell runs each time in the first call": [case.timesteps, 0, 0],
        "the cell runs each time in every call": [case.timesteps] * 3,
        "the cell runs once too often in every call": [case.timesteps + 1] * 3,
    }
    assert_runs(runs, [2, 0, 0], instead)


@claim(
    "modes.compiled",
    derived="a graph holds the same operations as the eager call",
    needs="tensorflow",
    cases=4,
)
@given(
    cases(
        **varied("batch", "timesteps", "units", "masked", "state", "go_backwards", "use_bias"),
        **varied("return_sequences", "return_state", "implementation", "dtype"),
        unroll=booleans(),
    )
)
def test_a_compiled_call_returns_what_the_eager_call_returns(case):
    """
    Without XLA or attached masks an LSTM gives in a `tf.function` what it gives eagerly, if both
    take the input.

    On a CPU `fit`, `evaluate` and `predict` by default wrap the model in such a function. A mask
    attached to the function's input is lost, so pass it as an argument; what Masking makes within
    the model is kept.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_sequences=True)
    >>> model = keras.Sequential([keras.Input((None, 1)), lstm])
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> bool(np.allclose(model.predict_on_batch(x), lstm(x), atol=1e-6))
    True
    """
    import tensorflow as tf

    layer = lstm(case)
    given_beside = passed(case)
    compiled = tf.function(lambda x, given_beside: layer(x, **given_beside))
    compiled(case.x, given_beside)
    assert runs_of_cell(compiled, case.x, given_beside) == 0, "the second call runs Python code"
    assert_close(to_numpy(compiled(case.x, given_beside)), returned(case))


@claim(
    "modes.xla",
    derived="a graph compiled by XLA holds the same operations",
    corrects="A recurrent layer cannot be compiled with XLA.",
    cases=2,
    needs="LSTM(use_cudnn)",
)
@given(
    cases(**varied("batch", "timesteps", "units", "go_backwards", "use_bias", "return_sequences"))
)
def test_xla_computes_the_same(case):
    """
    Without cuDNN, `jit_compile=True` changes what an LSTM gives in predict by rounding only.

    XLA fuses operations, which rounds differently; for how far that may grow see
    `precision.chaos`. It cannot compile cuDNN, which plays no part on a CPU.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, use_cudnn=False)
    >>> model = keras.Sequential([keras.Input((None, 1)), lstm])
    >>> model.compile(jit_compile=True)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> model.jit_compile, bool(np.allclose(model.predict_on_batch(x), lstm(x), atol=1e-6))
    (True, True)
    """
    model = in_model(lstm(case, use_cudnn=False), case)
    model.compile(jit_compile=True)
    y = model.predict_on_batch(case.x)
    expected = returned(case)
    assert_close(y, expected, instead=in_bfloat16(expected))
    assert model.jit_compile, "the model was not compiled with XLA"


@claim(
    "modes.xla-training",
    derived="the claim `modes.xla`, for the way back",
    corrects="XLA can run the loop of an LSTM, but not train through it.",
    cases=2,
    needs=("keras.Model.fit", "LSTM(use_cudnn)"),
)
@given(cases(**varied("batch", "units", "go_backwards", "use_bias")), seeds)
def test_xla_trains_the_same(case, seed):
    """
    Without cuDNN, randomness and masks, an LSTM's step of SGD on mse by XLA differs from one
    without by rounding only.

    XLA must know beforehand how much the loop has to remember for the backward pass: Keras tells
    it the number of timesteps.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2, use_cudnn=False)])
    >>> model.compile("sgd", "mse", jit_compile=True)
    >>> before = model.get_weights()
    >>> loss = model.train_on_batch(np.ones((1, 3, 1)), np.ones((1, 2)))
    >>> model.jit_compile, [bool(np.any(a != b)) for a, b in zip(model.get_weights(), before)]
    (True, [True, True, True])
    """
    target = noise((case.batch, case.units), seed)
    trained = []
    for jit in (True, False):
        model = in_model(lstm(case, use_cudnn=False), case)
        model.compile(keras.optimizers.SGD(1.0), "mse", jit_compile=jit)
        model.train_on_batch(case.x, target)
        trained.append(model.get_weights())
    assert_close(*trained)


@claim(
    "modes.shape-in-a-graph",
    observed="Keras 3, TensorFlow",
    corrects="Inside a compiled function the shape of an LSTM's output is unknown.",
    needs="tensorflow",
    cases=4,
)
@given(
    cases(return_sequences=True, **varied("go_backwards", "implementation")),
    whole([(True, True), (False, False), (True, False), (False, True)]),
)
def test_the_shape_of_the_output_is_known_in_a_graph(case, known):
    """
    In a `tf.function` an LSTM's output shape is known before it runs, as far as those of the input
    and any initial state are.

    So the code after the layer may read it while it is traced, and a layer that needs the number of
    its inputs can be built there.

    >>> import keras, numpy as np
    >>> class Model(keras.Model):
    ...     def call(self, x):
    ...         shapes.append(tuple(lstm(x).shape))
    ...         return x
    >>> shapes, lstm = [], keras.layers.LSTM(2, return_sequences=True)
    >>> y = Model().predict_on_batch(np.ones((1, 3, 1)))  # (batch, timesteps, features)
    >>> shapes[-1]
    (1, 3, 2)
    """
    import tensorflow as tf

    layer = lstm_without_cudnn(case)
    size = tuple(n if told else None for n, told in zip(case.x.shape[:2], known, strict=True))
    x = tf.TensorSpec((*size, case.features))
    shape = tf.function(lambda x: layer(x)).get_concrete_function(x).output_shapes
    assert shape.as_list() == [*size, case.units], f"{shape}"


@claim(
    "modes.unrolled-graph",
    promised="LSTM, argument `unroll`: for short sequences, as it takes more memory",
    needs="tensorflow",
)
def test_the_graph_of_an_unrolled_layer_grows_with_each_timestep():
    """
    Each further timestep makes the graph of an unrolled layer longer, that of a loop never.

    An unrolled graph holds the operations of every timestep, so it takes longer to build.
    A loop's graph holds as many for one timestep as for more.

    >>> import keras, numpy as np
    >>> def tanh(z):  # is called twice a timestep
    ...     runs.append(z)
    ...     return keras.activations.tanh(z)
    >>> for unroll in (False, True):
    ...     runs, lstm = [], keras.layers.LSTM(2, activation=tanh, unroll=unroll)
    ...     model = keras.Sequential([keras.Input((9, 1)), lstm])
    ...     y = model.predict_on_batch(np.ones((1, 9, 1)))  # (batch, timesteps, features)
    ...     print(len(runs) // 2)
    2
    9
    """
    loop = [operations(lstm_without_cudnn(small()), timesteps, 2) for timesteps in (1, 3)]
    unrolled = [operations(lstm(small(), unroll=True), timesteps, 2) for timesteps in (1, 2, 3)]
    assert loop[0] == loop[1], f"a loop of {loop} operations"
    assert 0 < unrolled[1] - unrolled[0] == unrolled[2] - unrolled[1], f"{unrolled} operations"


@claim(
    "modes.retraced",
    observed="TensorFlow: a function is traced for each new shape of its arguments",
    corrects="A compiled LSTM is compiled anew in every call.",
    needs="tensorflow",
)
def test_a_function_is_traced_again_for_each_new_length_or_once_for_all():
    """
    By default a built LSTM's `tf.function` is traced for each new length, or, looped, once if it is
    open.

    Lengths are open where the input_signature says None; an unrolled layer refuses them. A length
    that was met before, at the same batch size and type, costs no trace. With reduce_retracing=True
    the second length opens them.

    >>> import keras, numpy as np
    >>> runs = []
    >>> def tanh(z):
    ...     runs.append(z)
    ...     return keras.activations.tanh(z)
    >>> lstm = keras.layers.LSTM(2, activation=tanh)
    >>> model = keras.Sequential([keras.Input((None, 1)), lstm])
    >>> for timesteps in (3, 3, 4, 4):  # a trace runs tanh four times
    ...     y = model.predict_on_batch(np.ones((1, timesteps, 1)))
    ...     print(len(runs) // 4)
    1
    1
    2
    2
    """
    import tensorflow as tf

    layer = lstm_without_cudnn(small())
    x = noise((1, 4, 2), 1)
    lengths = (2, 3, 4, 2, 3, 4)
    each = tf.function(lambda x: layer(x))
    once = tf.function(lambda x: layer(x), input_signature=[tf.TensorSpec((None, None, 2))])
    never = {"the cell never runs": [0] * 6}
    assert_runs([runs_of_cell(each, x[:, :t]) for t in lengths], [2, 2, 2, 0, 0, 0], never)
    assert_runs([runs_of_cell(once, x[:, :t]) for t in lengths], [2, 0, 0, 0, 0, 0], never)


@claim(
    "modes.predict-traces-twice",
    observed="Keras 3, TensorFlow: `reduce_retracing=True`",
    corrects="predict is traced again for each new number of timesteps.",
)
def test_predict_is_traced_for_at_most_two_lengths():
    """
    On TensorFlow a compiled `predict` of one input is traced, at one batch size and dtype, for the
    first two lengths only.

    At the second the graph is made with its length left open, and then serves all others. A
    second batch size costs a trace too, and so do integers after floating-point numbers.

    >>> import keras, numpy as np
    >>> runs = []
    >>> def tanh(z):
    ...     runs.append(z)
    ...     return keras.activations.tanh(z)
    >>> lstm = keras.layers.LSTM(2, activation=tanh)
    >>> model = keras.Sequential([keras.Input((None, 1)), lstm])
    >>> for timesteps in (1, 2, 3):  # a trace runs tanh four times
    ...     y = model.predict(np.ones((1, timesteps, 1)), verbose=0)
    >>> len(runs) // 4
    2
    """
    case = replace(small(), x=noise((1, 5, 2), 3))
    predict = partial(in_model(lstm_without_cudnn(case), case).predict, verbose=0)
    lengths = [1, 3, 2, 5]
    runs = [runs_of_cell(predict, case.x[:, :t]) for t in lengths]
    assert_runs(runs, [2, 2, 0, 0], runs_on_other_backends(lengths))
    assert_close(predict(case.x), equations(case).h)


@claim(
    "modes.train-traces-twice",
    observed="Keras 3, TensorFlow: `reduce_retracing=True`",
    corrects="train_on_batch is traced again for each new batch size.",
    needs=("keras.Model.fit", "keras.ops", "tensorflow"),
)
def test_training_is_traced_for_at_most_two_batch_sizes():
    """
    On TensorFlow, until it is made anew, train_on_batch is traced for at most two sizes of batches
    that differ in nothing else.

    So is test_on_batch. `compile` makes both anew, as make_train_function(force=True) and
    make_test_function(force=True) do. Another length or dtype, or a first sample_weight, can cost
    more traces.

    >>> import keras, numpy as np
    >>> runs = []
    >>> def tanh(z):
    ...     runs.append(z)
    ...     return keras.activations.tanh(z)
    >>> lstm = keras.layers.LSTM(1, activation=tanh, unroll=True)
    >>> model = keras.Sequential([keras.Input((1, 1)), lstm])
    >>> model.compile("sgd", "mse")
    >>> for batch in (1, 2, 3):  # a trace runs tanh twice
    ...     _ = model.test_on_batch(np.ones((batch, 1, 1)), np.ones((batch, 1)))
    >>> len(runs) // 2
    2
    """
    model = keras.Sequential([keras.Input((1, 1)), keras.layers.LSTM(1, unroll=True)])
    twice = [True, True, False, False]
    never = [False] * 4
    model.compile("sgd", "mse")
    assert traces(model) == [twice, twice], "two batch sizes are not enough"
    assert traces(model) == [never, never], "a known batch size is traced again"
    model.make_train_function(force=True)
    assert traces(model) == [twice, never], "make_train_function keeps the graph"
    model.make_test_function(force=True)
    assert traces(model) == [never, twice], "make_test_function keeps the graph"


def traces(model: Any) -> list[list[bool]]:
    """Return whether train_on_batch, and then test_on_batch, trace 1, 2, 3 and 2 samples."""
    return [
        [
            runs_of_cell(method, noise((batch, 1, 1), 1), noise((batch, 1), 2)) > 0
            for batch in (1, 2, 3, 2)
        ]
        for method in (model.train_on_batch, model.test_on_batch)
    ]


@claim(
    "modes.unrolled-second-length",
    observed="Keras 3, TensorFlow: at a second length the graph leaves the length open",
    corrects="An unrolled model that predicts on one length predicts on every other.",
    cases=2,
)
@given(cases(timesteps=integers(2, 5), unroll=True, **varied("batch", "units", "go_backwards")))
def test_predict_on_an_unrolled_model_refuses_a_second_length(case):
    """
    On TensorFlow an unrolled LSTM behind Input((None, n)) takes one length per dtype in
    predict_on_batch, until `compile`.

    At a second one Keras makes a graph for all lengths, and such a graph cannot be unrolled.
    Plain calls of the model work, and so does `predict` with run_eagerly=True. `compile` makes
    the model forget its graphs, and the next length is the first.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, unroll=True)
    >>> model = keras.Sequential([keras.Input((None, 1)), lstm])
    >>> y = model.predict_on_batch(np.ones((1, 3, 1)))  # (batch, timesteps, features)
    >>> try:
    ...     model.predict_on_batch(np.ones((1, 4, 1)))
    ... except ValueError:
    ...     print(tuple(model(np.ones((1, 4, 1))).shape))
    (1, 2)
    """
    model = in_model(lstm(case), case)
    shorter = replace(case, x=case.x[:, 1:])
    expected = equations(case).h
    assert_close(model.predict_on_batch(case.x), expected, instead=in_bfloat16(expected))
    assert_refused(
        lambda: model.predict_on_batch(shorter.x),
        "ValueError",
        "Cannot unroll a RNN if the time dimension is undefined",
    )
    assert_close(model(shorter.x), equations(shorter).h)


OPEN = ("Cannot unroll a RNN", "Unrolling requires a fixed number of timesteps")
"""What Keras 3 and Keras 2 say of a length that is open where the timesteps are written out."""


@claim(
    "modes.unrolled-open-length",
    observed="Keras 2 and 3, TensorFlow",
    corrects="With unroll=True a compiled function takes sequences of any length.",
    cases=4,
    needs="tensorflow",
)
@given(
    cases(
        **varied("batch", "return_sequences", "stateful"),
        timesteps=whole([1, 3, 8]),
        units=whole([1, 3, 17]),
        unroll=True,
    ),
    booleans(),
)
def test_an_unrolled_layer_refuses_an_open_length(case, training):
    """
    In a `tf.function` that leaves the number of timesteps open, a call of an unrolled LSTM raises a
    ValueError.

    It writes out the timesteps one after another while it is traced, so it must know how many there
    are. Name the number in the input_signature (`Input` is not enough), or leave out unroll=True.

    >>> import keras, numpy as np
    >>> import tensorflow as tf
    >>> lstm = keras.layers.LSTM(2, unroll=True)
    >>> run = tf.function(lstm, input_signature=[tf.TensorSpec((1, None, 1))])
    >>> try:
    ...     y = run(np.ones((1, 3, 1), "float32"))  # (batch, timesteps, features)
    ... except ValueError as error:
    ...     print("roll" in str(error))
    True
    """
    import tensorflow as tf

    layer = lstm(case)
    function = tf.function(lambda x: layer(x, training=training))
    open_length = tf.TensorSpec((case.batch, None, case.features))
    assert_refused(lambda: function.get_concrete_function(open_length), "ValueError", OPEN)
    assert_close(function(tf.constant(case.x)), returned(case))


@claim(
    "modes.failed-first-trace",
    observed="Keras 3, TensorFlow: it makes the values when the trace of a function has ended",
    corrects="A call that raises an error leaves a layer as a call without an error would.",
    cases=4,
    needs="tensorflow",
)
@given(
    cases(**varied("batch", "timesteps", "units"), dtype=whole(["float32", "float64"])),
    whole(["unroll", "mask"]),
)
def test_a_layer_that_a_failed_trace_has_built_cannot_be_called(case, cause):
    """
    Built by itself in a `tf.function` whose call raises an error, an LSTM has no values in its
    weights, and its next call fails.

    TensorFlow runs the initializers when the trace has ended, which it never does then. Make a new
    layer, set its weights, or have it built outside of the function at first. In a subclassed model
    without a method `build` an LSTM has its values: Keras builds its layers by a call of its own.

    >>> import keras, numpy as np
    >>> import tensorflow as tf
    >>> lstm, x = keras.layers.LSTM(2, unroll=True), np.ones((1, 3, 1), "float32")
    >>> run = tf.function(lstm, input_signature=[tf.TensorSpec((1, None, 1))])
    >>> for call in (run, lstm):
    ...     try:
    ...         y = call(x)  # (batch, timesteps, features)
    ...     except Exception as error:
    ...         print(type(error).__name__)
    ValueError
    InvalidArgumentError
    """
    import tensorflow as tf

    layer = keras.layers.LSTM(case.units, unroll=cause == "unroll", **case.options)
    x = tf.constant(case.x, case.options["dtype"])
    open_length = tf.TensorSpec((case.batch, None, case.features), x.dtype)
    given_mask = [[True]] if cause == "mask" else None
    function = tf.function(lambda x: layer(x, mask=given_mask))
    error, words = (
        ("ValueError", OPEN) if cause == "unroll" else ("AttributeError", "'list' object")
    )
    assert_refused(lambda: function.get_concrete_function(open_length), error, words)
    assert_refused(lambda: layer(x), "InvalidArgumentError", "ndims")
    layer.set_weights(case.weights)
    assert_close(layer(x), equations(case).h)


def with_the_input_gate_as_candidate(case: Case) -> Case:
    """Return a case whose candidate, if it is linear, makes i * g a swish of what i is made of."""

    def copied(weights: Any) -> Any:
        i, f, _, o = np.split(weights, 4, axis=-1)
        return np.concatenate([i, f, i, o], axis=-1)

    names = ("kernel", "recurrent_kernel", "bias")
    return replace(case, **{name: copied(getattr(case, name)) for name in names})


@claim(
    "modes.linear-in-a-graph",
    derived="a graph holds the operations of the call",
    cases=4,
    needs="keras.Model.predict_on_batch",
)
@given(cases(**varied("batch", "return_sequences", "go_backwards"), activation="linear"))
def test_a_graph_of_a_linear_lstm_computes_what_a_call_does(case):
    """
    With activation="linear" predict_on_batch of a float32 LSTM returns what the equations say, but
    for rounding.

    TensorFlow puts faster operations in the place of several of a graph. A sigmoid and a product of
    two parts of one tensor are no swish, x * sigmoid(x), though they look alike.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, activation="linear")
    >>> model = keras.Sequential([keras.Input((None, 1)), lstm])
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> bool(np.allclose(model.predict_on_batch(x), lstm(x), rtol=1e-5))
    True
    """
    expected = returned(case)
    swish = {"i * g is a swish of i": returned(with_the_input_gate_as_candidate(case))}
    y = in_model(lstm(case), case).predict_on_batch(case.x)
    assert_close(y, expected, instead={**swish, **in_bfloat16(expected)})


@claim(
    "modes.weights-are-read",
    derived="a graph holds the variables, not their values",
    cases=4,
)
@given(cases())
def test_a_compiled_model_reads_new_weights_without_a_new_trace(case):
    """
    After set_weights of an LSTM the next `predict` uses the new weights, without compiling anew.

    The graph reads the weights in every call. So one compiled model serves many sets of
    weights.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((None, 1)), keras.layers.LSTM(2)])
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y = model.predict_on_batch(x)
    >>> model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    >>> model.predict_on_batch(x).tolist()
    [[0.0, 0.0]]
    """
    model = in_model(lstm(case), case)
    model.predict_on_batch(case.x)
    model.layers[0].set_weights(negated(case).weights)
    runs = runs_of_cell(model.predict_on_batch, case.x)
    every = {"the cell runs in every call": case.timesteps}
    assert_runs(runs, 0, {**every, "the cell runs, and once more": case.timesteps + 1})
    y = model.predict_on_batch(case.x)
    old = equations(case).h
    instead = {"the old weights are used, in bfloat16": Rounded(old, "bfloat16", bound=0.25)}
    assert_close(y, equations(negated(case)).h, instead=instead)


@claim(
    "modes.attributes-are-frozen",
    observed="Keras 3, TensorFlow",
    corrects="An attribute that is set on a layer holds for every later call and predict.",
    cases=4,
)
@given(cases(timesteps=several))
def test_a_compiled_model_does_not_see_a_changed_attribute(case):
    """
    On TensorFlow, setting go_backwards on an LSTM changes eager calls, but not a compiled `predict`
    repeated on the same data.

    The graph was made when the attribute had its old value. `compile` makes the model forget the
    graph; run_eagerly=True makes none, and then it counts at once.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.array([[[1.0], [7.0], [2.0]]])
    >>> model = keras.Sequential([keras.Input((None, 1)), lstm])
    >>> y = model.predict_on_batch(x)
    >>> lstm.go_backwards = True
    >>> [bool(np.array_equal(f(x), y)) for f in (model, model.predict_on_batch)]
    [False, True]
    """
    backwards = replace(case, options={"go_backwards": True})
    model = in_model(lstm(case), case)
    before = model.predict_on_batch(case.x)
    expected = equations(case).h
    assert_close(before, expected, instead=in_bfloat16(expected))
    model.layers[0].go_backwards = True
    instead = {"predict sees the attribute": equations(backwards).h}
    assert_same(model.predict_on_batch(case.x), before, instead)
    assert_close(model(case.x), equations(backwards).h)


STACKED = {"add": [], "pop": [-2.0]}
"""The factors of the Rescaling layers behind an LSTM, before its model is changed."""
CHANGES: dict[str, Callable[[Any], Any]] = {
    "add": lambda model: model.add(keras.layers.Rescaling(-2.0)),
    "pop": lambda model: model.pop(),
}
FACTORS = {"add": (1.0, -2.0), "pop": (-2.0, 1.0)}
"""What a model multiplies an LSTM's output by, before it is changed and afterwards."""
RUNS: dict[str, Callable[..., Any]] = {
    "fit": lambda model, x, y: model.fit(x, y, verbose=0).history["loss"][0],
    "evaluate": lambda model, x, y: model.evaluate(x, y, verbose=0),
    "predict": lambda model, x, y: model.predict(x, verbose=0),
}
RESULTS: dict[str, Callable[[Array, Array], Any]] = {
    "fit": lambda outputs, y: np.mean((outputs - y) ** 2),
    "evaluate": lambda outputs, y: np.mean((outputs - y) ** 2),
    "predict": lambda outputs, _: outputs,
}


@claim(
    "modes.layers-are-frozen",
    observed="Keras 2 and 3; so it is meant: https://github.com/keras-team/keras/issues/6405",
    corrects="A layer that is added to a trained Sequential model, or taken away, counts at once.",
    cases=2,
    needs="tensorflow",
)
@given(cases(), seeds, whole(list(CHANGES)), whole(list(RUNS)))
def test_compiled_methods_keep_the_layers_of_before(case, seed, change, way):
    """
    On TensorFlow, fit, evaluate or predict repeated on the same data after `model.add` or `pop`
    uses old layers until `compile`.

    The Sequential's graph is of those: a new Dense is not trained. The first run of one of the
    three is of the new layers. Data of another form (as with weights), shape or type may need a new
    graph, of the new layers, which fit may refuse. A call, summary and save take them at once, as
    evaluate and predict do with run_eagerly=True; there too fit may refuse them.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y = model.predict(x, verbose=0)
    >>> model.add(keras.layers.Rescaling(0.0))
    >>> [bool(np.allclose(z, y)) for z in (model(x), model.predict(x, verbose=0))]
    [False, True]
    """
    y = noise((case.batch, case.units), seed)
    run = partial(RUNS[way], x=case.x, y=y)
    scaled = [keras.layers.Rescaling(factor) for factor in STACKED[change]]
    model = keras.Sequential([keras.Input(case.x.shape[1:]), lstm(case), *scaled])
    old, new = (factor * equations(case).h for factor in FACTORS[change])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    before = run(model)
    CHANGES[change](model)
    assert_close(model(case.x), new)
    after = run(model)
    model.compile(keras.optimizers.SGD(0.0), "mse")
    results = [np.asarray(result, np.float32) for result in (before, after, run(model))]
    assert_close(results, [RESULTS[way](outputs, y) for outputs in (old, old, new)])


@claim(
    "modes.implementations",
    observed="Keras 3; the argument is not documented",
    needs="keras.ops",
)
@given(cases(unroll=True, **varied("timesteps", "units", "use_bias")))
def test_only_implementation_one_multiplies_gate_by_gate(case):
    """
    On TensorFlow, without dropout and cuDNN, a timestep takes 8 matrix products with
    implementation=1, and 2 with 2.

    With 1 the input and h are multiplied for each of the four gates, with 2, the default one, once
    for all. What comes out agrees: see `gates.implementations-agree`. An eager loop computes its
    first timestep twice.

    >>> import keras, numpy as np
    >>> one, two = (keras.layers.LSTM(2, implementation=k) for k in (1, 2))
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y = two(x)
    >>> one.build(x.shape)
    >>> one.set_weights(two.get_weights())
    >>> bool(np.allclose(one(x), y, atol=1e-6))
    True
    """
    one = lstm(case, implementation=1)
    two = lstm(case, implementation=2)
    products = matrix_products(one, case.x), matrix_products(two, case.x)
    assert products == (8 * case.timesteps, 2 * case.timesteps), f"{products} products"
    default = keras.layers.LSTMCell(case.units).implementation
    assert default == 2, f"a cell has implementation {default} by default"


@claim(
    "modes.quantize-refused",
    observed="Keras 3.15",
    corrects="Every layer with a kernel can be quantized to int8.",
    needs="keras.layers.Layer.quantize",
)
def test_a_layer_cannot_be_quantized_and_a_model_leaves_it_as_it_is():
    """
    An LSTM refuses `quantize`, and when its model is quantized it keeps its float weights.

    Dense, Embedding and a few others are quantized. The model passes over an LSTM with a
    warning, so such a model shrinks less than one may expect.

    >>> import keras, numpy as np
    >>> lstm, dense = keras.layers.LSTM(2), keras.layers.Dense(2)
    >>> model = keras.Sequential([keras.Input((None, 1)), lstm, dense])
    >>> model.quantize("int8")  # warns
    >>> lstm.cell.kernel.dtype, dense.kernel.dtype
    ('float32', 'int8')
    """
    case = small()
    dense = keras.layers.Dense(2)
    layer = lstm(case)
    assert_refused(lambda: layer.quantize("int8"), "NotImplementedError", "quantize")
    quantized(keras.Sequential([keras.Input((None, case.features)), layer, dense]))
    assert_same(layer.get_weights(), case.weights)
    assert_close(layer(case.x), equations(case).h)
    assert any("int" in str(w.dtype) for w in dense.weights), "Dense is not quantized either"
