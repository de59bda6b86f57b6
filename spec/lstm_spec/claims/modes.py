"""Modes: called, compiled, unrolled or fed in batches, an LSTM is one and the same function.

Where one way of running could silently be another, the claim also counts which one ran.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any
from unittest import mock

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import booleans, integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.harness.reference import equations
from lstm_spec.harness.strategies import Array, Case, cases, noise, seeds
from lstm_spec.harness.subject import lstm, lstm_without_cudnn, to_numpy
from lstm_spec.harness.timing import assert_between, ratio
from lstm_spec.harness.tolerance import (
    Rounded,
    assert_close,
    assert_refused,
    assert_same,
    in_bfloat16,
    right_if,
)


def small(**options: Any) -> Case:
    """Return two samples of three timesteps for two units: enough where drawing adds nothing."""
    kernel, recurrent_kernel, bias = np.split(noise((5, 8), 1), [2, 4])
    return Case(noise((2, 3, 2), 2), kernel, recurrent_kernel, bias[0], options)


def negated(case: Case, **options: Any) -> Case:
    """Return the case with the negated weights, and with further options."""
    kernel, recurrent_kernel, bias = (-weight for weight in case.weights)
    options = {**case.options, **options}
    return replace(
        case, kernel=kernel, recurrent_kernel=recurrent_kernel, bias=bias, options=options
    )


def in_model(layer: Any, case: Case) -> Any:
    """Return a model of one layer, for any batch size and number of timesteps."""
    return keras.Sequential([keras.Input((None, case.features)), layer])


class Subclassed(keras.Model):  # type: ignore[misc]
    """A model of one layer, as a subclass of keras.Model."""

    def __init__(self, layer: Any) -> None:
        """Keep the layer."""
        super().__init__()
        self.layer = layer

    def call(self, x: Any) -> Any:
        """Call the layer."""
        return self.layer(x)


def mean_square(y: Array) -> Any:
    """Return the loss "mse" of outputs whose targets are zeros."""
    return np.mean(np.square(y))


def runs_of_cell(call: Callable[..., Any], *arguments: Any) -> int:
    """Return how often the Python code of an LSTM's cell runs in a call."""
    cell = type(keras.layers.LSTM(1).cell)  # up to Keras 2.8 not keras.layers.LSTMCell itself
    with mock.patch.object(cell, "call", autospec=True, side_effect=cell.call) as runs:
        call(*arguments)
    return int(runs.call_count)


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


def gets_to_cudnn(layer: Any, x: Array, mask: Any) -> bool:
    """Return whether a call with a mask gets as far as cuDNN's operation where there is a GPU."""
    import tensorflow as tf

    rnn = sys.modules["keras.src.backend.tensorflow.rnn"]
    with (
        mock.patch.object(rnn, "_is_gpu_available", return_value=True),
        mock.patch.object(tf.raw_ops, "CudnnRNNV3", side_effect=NotImplementedError) as operation,
    ):
        layer(x, mask=mask)
    return bool(operation.called)


@contextmanager
def pretended_gpu(present: bool) -> Iterator[Any]:
    """Let Keras find a GPU, or none, and yield a stand-in for cuDNN that runs nothing."""
    rnn = sys.modules["keras.src.backend.tensorflow.rnn"]
    with (
        mock.patch.object(rnn, "_is_gpu_available", return_value=present),
        mock.patch.object(rnn, "_cudnn_lstm", side_effect=NotImplementedError) as cudnn,
    ):
        yield cudnn


def turns_to_cudnn(layer: Any, x: Array) -> bool:
    """Return whether a layer turns to cuDNN where there is a GPU."""
    with pretended_gpu(present=True) as cudnn:
        layer(x)
    return bool(cudnn.called)


@contextmanager
def pretended_cudnn() -> Iterator[None]:
    """Let Keras find a GPU, with a stand-in for cuDNN that only puts out the initial h."""
    import tensorflow as tf

    def operation(**given: Any) -> tuple[Any, ...]:
        h, c = given["input_h"], given["input_c"]
        return h + 0.0 * given["input"][:, :, :1], h, c, None, None

    rnn = sys.modules["keras.src.backend.tensorflow.rnn"]
    with (
        mock.patch.object(rnn, "_is_gpu_available", return_value=True),
        mock.patch.object(tf.raw_ops, "CudnnRNNV3", side_effect=operation),
    ):
        yield


def masked_model(layer: Any) -> Any:
    """Return a model of the layer that takes an input and its mask."""
    kernel = layer.get_weights()[0]
    x, mask = keras.Input((None, kernel.shape[0])), keras.Input((None,), dtype="bool")
    return keras.Model([x, mask], layer(x, mask=mask))


def compiled_by_xla(layer: Any, case: Case) -> bool:
    """Return whether compile(jit_compile=True) has its way with a model of the layer."""
    model = in_model(layer, case)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.compile(jit_compile=True)
    return bool(model.jit_compile)


def quantized(model: Any) -> Any:
    """Quantize a model to int8, without the warnings about layers that are passed over."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.quantize("int8")
    return model


def returned(case: Case) -> Any:
    """Return what the equations give, in the form that the case's options ask for."""
    outputs, h, c = equations(case)
    y = outputs if case.options["return_sequences"] else h
    return [y, h, c] if case.options["return_state"] else y


@claim(
    "modes.predict-is-call",
    derived="both run the layer's `call`, and the equations know no modes",
    costly="a model is compiled, about a fifth of a second",
)
@given(cases(timesteps=integers(1, 3), return_sequences=booleans(), return_state=True))
def test_predict_returns_the_numbers_of_a_call(case):
    """
    `predict` returns the numbers that a call of the layer returns.

    It cuts the data into batches, runs them in a compiled function and puts the results
    together. None of this is part of the equations.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> model = keras.Sequential([keras.Input((None, 1)), lstm])
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> bool(np.allclose(model.predict(x, verbose=0), lstm(x), atol=1e-6))
    True
    """
    layer = lstm(case)
    x = keras.Input((None, case.features))
    predicted = keras.Model(x, layer(x)).predict(case.x, verbose=0)
    assert_close(predicted, returned(case), instead=in_bfloat16(returned(case)))
    assert_close(predicted, to_numpy(layer(case.x)))


@claim(
    "modes.predict-on-batch",
    derived="both run the layer's `call`, and the equations know no modes",
    costly="a model is compiled, about a tenth of a second",
)
@given(cases(timesteps=integers(1, 3)))
def test_predict_on_batch_returns_the_numbers_of_a_call(case):
    """
    `predict_on_batch` returns the numbers that a call of the layer returns.

    It runs the whole array as one batch in a compiled function, without the loop over
    batches that makes `predict` slow on little data.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> model = keras.Sequential([keras.Input((None, 1)), lstm])
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> bool(np.allclose(model.predict_on_batch(x), lstm(x), atol=1e-6))
    True
    """
    y, expected = in_model(lstm(case), case).predict_on_batch(case.x), equations(case).h
    assert_close(y, expected, instead=in_bfloat16(expected))


@claim(
    "modes.returns-arrays",
    promised="Model, method predict: it returns NumPy arrays",
    needs="keras.ops",
)
def test_predict_returns_numpy_and_a_call_returns_tensors():
    """
    `predict` returns a NumPy array, and a call of the model returns a tensor.

    Only through the tensor can a gradient flow. `np.array` makes an array of it.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((None, 1)), keras.layers.LSTM(2)])
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> isinstance(model.predict(x, verbose=0), np.ndarray), isinstance(model(x), np.ndarray)
    (True, False)
    >>> keras.ops.is_tensor(model(x))
    True
    """
    case = small()
    model = in_model(lstm(case), case)
    predicted, called = model.predict(case.x, verbose=0), model(case.x)
    assert isinstance(predicted, np.ndarray), f"predict returns a {type(predicted).__name__}"
    assert keras.ops.is_tensor(called), f"a call returns a {type(called).__name__}"
    assert not isinstance(called, np.ndarray), "a call returns a NumPy array"


@claim(
    "modes.batch-size",
    derived="the samples of a batch do not meet in the equations",
    corrects="`batch_size` in predict must be that of the training, or the results differ.",
)
def test_predict_gives_the_same_in_batches_of_any_size():
    """
    The argument batch_size of `predict` changes the output by no more than rounding.

    It says how many samples are computed at a time, for speed and memory. A stateful layer
    is another matter: there a batch continues the one before it.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((None, 1)), keras.layers.LSTM(2)])
    >>> x = np.arange(15.0).reshape(5, 3, 1)  # (batch, timesteps, features)
    >>> ys = [model.predict(x, batch_size=size, verbose=0) for size in (2, 5)]
    >>> bool(np.allclose(ys[0], ys[1], atol=1e-6))
    True
    """
    case = replace(small(), x=noise((5, 3, 2), 3))
    model = in_model(lstm(case), case)
    ys = [model.predict(case.x, batch_size=size, verbose=0) for size in (2, 5)]
    expected = [equations(case).h] * 2
    assert_close(ys, expected, instead=in_bfloat16(expected))


@claim(
    "modes.kinds-of-model",
    derived="a model calls its layers, and adds no arithmetic of its own",
    costly="four models are called, about a tenth of a second",
)
@given(cases(timesteps=integers(1, 3)))
def test_models_of_any_kind_compute_what_their_layer_computes(case):
    """
    Sequential, functional, nested and subclassed models compute what their layer computes.

    A model is a way to write down which layer reads what, not another implementation.

    >>> import keras, numpy as np
    >>> lstm, i = keras.layers.LSTM(2), keras.Input((None, 1))
    >>> inner = keras.Sequential([keras.Input((None, 1)), lstm])
    >>> models = [inner, keras.Model(i, lstm(i)), keras.Sequential([inner])]
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> [bool(np.allclose(model(x), lstm(x), atol=1e-6)) for model in models]
    [True, True, True]
    """
    layer, x = lstm(case), keras.Input((None, case.features))
    sequential, functional = in_model(layer, case), keras.Model(x, layer(x))
    models = [sequential, functional, in_model(functional, case), Subclassed(layer)]
    assert_close([model(case.x) for model in models], [equations(case).h] * 4)


@claim(
    "modes.inputs-of-two-lengths",
    derived="the weights are the same at every timestep, and sequences do not meet",
    corrects="All sequences that a model reads must be padded to one length.",
    costly="a model of two inputs is made and called, about a tenth of a second",
)
@given(cases(timesteps=integers(1, 2)), integers(3, 4), seeds)
def test_one_layer_reads_two_inputs_of_different_lengths(case, timesteps, seed):
    """
    In one call, a layer of a model reads two inputs of different lengths, as if each alone.

    Within one array all sequences have one length; two inputs are two arrays.

    >>> import keras, numpy as np
    >>> lstm, a, b = keras.layers.LSTM(2), keras.Input((None, 1)), keras.Input((None, 1))
    >>> model = keras.Model([a, b], [lstm(a), lstm(b)])
    >>> x, z = np.ones((1, 3, 1)), np.ones((1, 9, 1))  # (batch, timesteps, features)
    >>> ys = model([x, z])
    >>> bool(np.allclose(ys[0], lstm(x), atol=1e-6)), bool(np.allclose(ys[1], lstm(z), atol=1e-6))
    (True, True)
    """
    other = replace(case, x=noise((case.batch, timesteps, case.features), seed))
    layer, a, b = lstm(case), keras.Input((None, case.features)), keras.Input((None, case.features))
    model = keras.Model([a, b], [layer(a), layer(b)])
    assert_close(model([case.x, other.x]), [equations(case).h, equations(other).h])


@claim(
    "modes.bidirectional",
    derived="the claim `modes.predict-on-batch`, for both halves",
)
def test_compiled_halves_of_bidirectional_are_their_layers():
    """
    Compiled, each half of Bidirectional returns what its layer returns when called alone.

    The two halves share nothing but the input: one reads it forwards, one backwards.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2))
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y = keras.Sequential([keras.Input((None, 1)), both]).predict_on_batch(x)
    >>> bool(np.allclose(y[:, :2], both.forward_layer(x), atol=1e-6))
    True
    >>> bool(np.allclose(y[:, 2:], both.backward_layer(x), atol=1e-6))
    True
    """
    case = small()
    back = negated(case, go_backwards=True)
    both = keras.layers.Bidirectional(keras.layers.LSTM(case.units))
    model = in_model(both, case)
    both.set_weights([*case.weights, *back.weights])
    y = model.predict_on_batch(case.x)
    expected = np.concatenate([equations(case).h, equations(back).h], axis=1)
    assert_close(y, expected, instead=in_bfloat16(expected))


@claim(
    "modes.evaluate-loss",
    derived="the claim `modes.predict-is-call`, for evaluate",
)
def test_evaluate_reports_the_loss_of_what_a_call_returns():
    """
    `evaluate` reports the loss of the outputs that a call of the layer returns.

    The forward pass of `evaluate` is that of `predict`; the loss is computed on top of it.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((None, 1)), keras.layers.LSTM(2)])
    >>> model.compile(loss="mse")
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> loss = model.evaluate(x, np.zeros((1, 2)), verbose=0)
    >>> bool(np.allclose(loss, np.mean(np.square(model(x))), atol=1e-6))
    True
    """
    case = small()
    y, model = equations(case).h, in_model(lstm(case), case)
    model.compile(loss="mse")
    loss = np.float32(model.evaluate(case.x, 0.0 * y, verbose=0))
    assert_close(loss, mean_square(y), instead=in_bfloat16(mean_square(y), bound=0.01))


@claim(
    "modes.stateless-call",
    promised="Layer, method stateless_call: a call without side effects",
    needs="keras.layers.LSTM.stateless_call",
)
@given(cases(timesteps=integers(1, 3)))
def test_stateless_call_computes_with_the_weights_that_it_is_given(case):
    """
    `stateless_call` computes a call with the weights it is given, and keeps the layer's own.

    So a layer is a pure function of weights and input, for tools that need one, as JAX does.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.ones((1, 3, 1))  # (batch, timesteps, features)
    >>> y = lstm(x)
    >>> zeros = [np.zeros_like(w) for w in lstm.get_weights()]
    >>> lstm.stateless_call(zeros, lstm.non_trainable_variables, x)[0].numpy().tolist()
    [[0.0, 0.0]]
    >>> bool(np.array_equal(lstm(x), y))
    True
    """
    layer, other = lstm(case), negated(case)
    y, _ = layer.stateless_call(other.weights, layer.non_trainable_variables, case.x)
    assert_close(y, equations(other).h)
    assert_same(layer.get_weights(), case.weights)


@claim(
    "modes.stateless-call-of-stateful",
    observed="Keras 3, TensorFlow",
    corrects="Documentation of Layer, `stateless_call`: it returns all elements of state.",
    costly="four calls an example, about a tenth of a second",
    needs="keras.layers.LSTM.stateless_call",
)
@given(cases(timesteps=integers(1, 2), stateful=True, return_state=True))
def test_stateless_call_of_a_stateful_layer_loses_the_new_state(case):
    """
    `stateless_call` reads the state that a stateful layer has kept, and loses the new one.

    h and c are not among the layer's variables, so they are neither given nor returned:
    every such call starts where the last ordinary one stopped.

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


@claim(
    "modes.symbolic-call",
    observed="Keras 3, TensorFlow: the shape comes from `compute_output_shape`",
    corrects="A layer that can be called on keras.Input can be called on data.",
)
@given(cases(), booleans())
def test_a_symbolic_call_makes_weights_but_runs_no_cell(case, unroll):
    """
    Calling a layer on keras.Input makes its weights, but does not run its cell.

    The shape of the output is told by the configuration. An error inside the cell, such as
    in an activation of one's own, shows only when numbers come.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, activation=lambda z: 1 / 0)
    >>> tuple(lstm(keras.Input((3, 1))).shape), len(lstm.weights)
    ((None, 2), 3)
    >>> try:
    ...     lstm(np.ones((1, 3, 1)))  # (batch, timesteps, features)
    ... except ZeroDivisionError as error:
    ...     print("division by zero" in str(error))
    True
    """
    layer = keras.layers.LSTM(case.units, unroll=unroll)
    runs = runs_of_cell(layer, keras.Input(case.x.shape[1:]))
    assert runs == 0, f"the cell ran {runs} times"
    assert [tuple(w.shape) for w in layer.weights] == [w.shape for w in case.weights]


@claim(
    "modes.eager-runs",
    observed="Keras 3, TensorFlow, CPU",
    corrects="The Python code of the cell runs once for each timestep.",
)
@given(cases())
def test_an_eager_loop_runs_its_cell_once_too_often(case):
    """
    An eager call runs the Python code of the cell once more than there are timesteps.

    The first run, on the first timestep, only tells the loop which type and shape the
    outputs have: its result is thrown away, so it changes nothing.

    >>> import keras, numpy as np
    >>> runs = []
    >>> sigmoid = lambda z: (runs.append(z), keras.activations.sigmoid(z))[1]
    >>> lstm = keras.layers.LSTM(2, recurrent_activation=sigmoid)  # three gates a timestep
    >>> y = lstm(np.ones((1, 5, 1)))  # (batch, timesteps, features)
    >>> len(runs) // 3
    6
    """
    runs = runs_of_cell(lstm_without_cudnn(case), case.x)
    once = {"the cell never runs": 0, "the cell runs once in all": 1}
    assert_runs(runs, case.timesteps + 1, {**once, "the cell runs each time": case.timesteps})


@claim(
    "modes.unrolled-runs",
    promised="LSTM, argument `unroll`: the network is unrolled",
    corrects="An LSTM with input_shape=(20, 30) is unrolled 30 times.",
)
@given(cases(unroll=True))
def test_an_unrolled_layer_runs_its_cell_once_a_timestep(case):
    """
    An unrolled layer runs its cell once for each timestep, whatever the features are.

    So many times, and so often in a graph, as the first number of Input((20, 30)) says:
    20 timesteps of 30 features.

    >>> import keras, numpy as np
    >>> runs = []
    >>> sigmoid = lambda z: (runs.append(z), keras.activations.sigmoid(z))[1]
    >>> lstm = keras.layers.LSTM(2, recurrent_activation=sigmoid, unroll=True)
    >>> model = keras.Sequential([keras.Input((20, 30)), lstm])
    >>> y = model(np.ones((1, 20, 30)))  # (batch, timesteps, features)
    >>> len(runs) // 3  # three gates a timestep
    20
    """
    runs = runs_of_cell(lstm(case), case.x)
    assert_runs(runs, case.timesteps, {"the cell never runs": 0})


@claim(
    "modes.run-eagerly",
    promised="Model, method compile, argument `run_eagerly`",
    costly="two batches are run by predict",
)
@given(cases(timesteps=integers(1, 3)))
def test_run_eagerly_runs_the_cell_in_python_and_computes_the_same(case):
    """
    With run_eagerly=True, `predict` runs the cell's Python code in every batch.

    So a breakpoint or a print in it works there, at the price of speed. The numbers are
    the same.

    >>> import keras, numpy as np
    >>> runs, x = [], np.ones((1, 5, 1))  # (batch, timesteps, features)
    >>> tanh = lambda z: (runs.append(z), keras.activations.tanh(z))[1]
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
    costly="a model is compiled, about a tenth of a second",
)
@given(cases(timesteps=integers(3, 5)))
def test_a_compiled_loop_runs_the_python_code_of_its_cell_only_when_traced(case):
    """
    Compiled, the Python code of a cell runs twice in the first call, and never again.

    It writes the loop of the graph, which then runs by itself, over any number of
    timesteps and in all later calls on data of that shape.

    >>> import keras, numpy as np
    >>> runs, x = [], np.ones((1, 5, 1))  # (batch, timesteps, features)
    >>> tanh = lambda z: (runs.append(z), keras.activations.tanh(z))[1]
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
    costly="a function is traced, about a sixth of a second",
)
@given(cases(timesteps=integers(1, 3), return_sequences=True, return_state=True))
def test_a_compiled_call_returns_what_the_eager_call_returns(case):
    """
    Within a `tf.function` a layer returns the outputs and states of an eager call.

    `fit`, `evaluate` and `predict` wrap the model in such a function. A second call is
    served by the graph alone.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_sequences=True)
    >>> model = keras.Sequential([keras.Input((None, 1)), lstm])
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> bool(np.allclose(model.predict_on_batch(x), lstm(x), atol=1e-6))
    True
    """
    import tensorflow as tf

    layer = lstm(case)
    compiled = tf.function(lambda x: layer(x))
    compiled(case.x)
    assert runs_of_cell(compiled, case.x) == 0, "the second call runs Python code"
    assert_close(compiled(case.x), to_numpy(layer(case.x)))


@claim(
    "modes.xla",
    promised="Model, method compile, argument `jit_compile`",
    corrects="A recurrent layer cannot be compiled with XLA.",
    needs="LSTM(use_cudnn)",
)
def test_xla_computes_the_same():
    """
    Without cuDNN, `jit_compile=True` changes the outputs by no more than rounding.

    XLA fuses operations, so the last bits may differ. cuDNN is no part of a graph that XLA
    can compile; on a CPU it plays no part anyway.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, use_cudnn=False)
    >>> model = keras.Sequential([keras.Input((None, 1)), lstm])
    >>> model.compile(jit_compile=True)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> model.jit_compile, bool(np.allclose(model.predict_on_batch(x), lstm(x), atol=1e-6))
    (True, True)
    """
    case = small(return_sequences=True, use_cudnn=False)
    model = in_model(lstm(case), case)
    model.compile(jit_compile=True)
    y, expected = model.predict_on_batch(case.x), equations(case).outputs
    assert_close(y, expected, instead=in_bfloat16(expected))
    assert model.jit_compile, "the model was not compiled with XLA"


@claim(
    "modes.xla-training",
    promised="Model, method compile, argument `jit_compile`",
    corrects="XLA can run the loop of an LSTM, but not train through it.",
    needs=("keras.Model.fit", "LSTM(use_cudnn)"),
)
def test_xla_trains_the_same():
    """
    Without cuDNN, a training step with `jit_compile=True` changes the weights as one without.

    XLA must know beforehand how much the loop has to remember for the way back. Keras tells
    it the number of timesteps.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2, use_cudnn=False)])
    >>> model.compile("sgd", "mse", jit_compile=True)
    >>> before = model.get_weights()
    >>> loss = model.train_on_batch(np.ones((1, 3, 1)), np.ones((1, 2)))
    >>> model.jit_compile, [bool(np.any(a != b)) for a, b in zip(model.get_weights(), before)]
    (True, [True, True, True])
    """
    case = small(use_cudnn=False)
    target, trained = noise((2, case.units), 4), []
    for jit in (True, False):
        model = in_model(lstm(case), case)
        model.compile(keras.optimizers.SGD(1.0), "mse", jit_compile=jit)
        model.train_on_batch(case.x, target)
        trained.append(model.get_weights())
    assert_close(*trained)


@claim(
    "modes.shape-in-a-graph",
    observed="Keras 3, TensorFlow",
    corrects="Inside a compiled function the shape of an LSTM's output is unknown.",
    needs="tensorflow",
    costly="a function is traced, about a tenth of a second",
)
@given(cases(return_sequences=True), booleans())
def test_the_shape_of_the_output_is_known_in_a_graph(case, known):
    """
    In a `tf.function` the output's shape is known before it runs, as far as the input's is.

    So the code after the layer may read it while it is traced, and a layer that needs the
    number of its inputs can be built there.

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
    size = {True: case.x.shape[:2], False: (None, None)}[known]
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
    Each further timestep makes the graph of an unrolled layer longer, of a loop never.

    An unrolled graph holds the operations of every timestep, so it takes longer to build.
    A loop's graph holds those of one.

    >>> import keras, numpy as np
    >>> tanh = lambda z: (runs.append(z), keras.activations.tanh(z))[1]  # twice a timestep
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
    A `tf.function` is traced for each new number of timesteps, or once if they are open.

    They are open where the input_signature says None. A length that was met before costs
    no trace.

    >>> import keras, numpy as np
    >>> runs, tanh = [], lambda z: (runs.append(z), keras.activations.tanh(z))[1]
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

    layer, x, lengths = lstm_without_cudnn(small()), noise((1, 4, 2), 1), (2, 3, 4, 2, 3, 4)
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
    `predict` is traced for the first two numbers of timesteps that it meets, then no more.

    At the second it gives the length up as a part of the graph, which then serves all others.

    >>> import keras, numpy as np
    >>> runs, tanh = [], lambda z: (runs.append(z), keras.activations.tanh(z))[1]
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
    "modes.unrolled-second-length",
    observed="Keras 3, TensorFlow: at a second length the graph leaves the length open",
    corrects="An unrolled model that predicts on one length predicts on every other.",
)
def test_predict_on_an_unrolled_model_refuses_a_second_length():
    """
    If `Input` leaves the timesteps open, an unrolled model predicts on a single length only.

    At a second one Keras makes a graph for all lengths, and such a graph cannot be unrolled.
    The error advises to name the timesteps in `Input`. Plain calls of the model work.

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
    case = small(unroll=True)
    model, shorter = in_model(lstm(case), case), replace(case, x=case.x[:, :2])
    expected = equations(case).h
    assert_close(model.predict_on_batch(case.x), expected, instead=in_bfloat16(expected))
    assert_refused(
        lambda: model.predict_on_batch(shorter.x),
        "ValueError",
        "Cannot unroll a RNN if the time dimension is undefined",
    )
    assert_close(model(shorter.x), equations(shorter).h)


@claim(
    "modes.weights-are-read",
    derived="a graph holds the variables, not their values",
    costly="a model is compiled, about a tenth of a second",
)
@given(cases(timesteps=integers(1, 3)))
def test_a_compiled_model_reads_new_weights_without_a_new_trace(case):
    """
    After set_weights the next `predict` uses the new weights, without compiling anew.

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
    y, old = model.predict_on_batch(case.x), equations(case).h
    instead = {"the old weights are used, in bfloat16": Rounded(old, "bfloat16", bound=0.25)}
    assert_close(y, equations(negated(case)).h, instead=instead)


@claim(
    "modes.attributes-are-frozen",
    observed="Keras 3, TensorFlow",
    corrects="An attribute that is set on a layer holds for every later call and predict.",
    costly="a model is compiled, about a tenth of a second",
)
@given(cases(timesteps=integers(2, 3)))
def test_a_compiled_model_does_not_see_a_changed_attribute(case):
    """
    Setting go_backwards on a layer changes its calls, but no `predict` that ran before.

    The graph was made when the attribute had its old value. `compile` makes the model
    forget the graph.

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
    before, expected = model.predict_on_batch(case.x), equations(case).h
    assert_close(before, expected, instead=in_bfloat16(expected))
    model.layers[0].go_backwards = True
    instead = {"predict sees the attribute": equations(backwards).h}
    assert_same(model.predict_on_batch(case.x), before, instead)
    assert_close(model(case.x), equations(backwards).h)


@claim(
    "modes.implementations",
    observed="Keras 3; the argument is not documented",
    needs="keras.ops",
)
@given(cases(timesteps=integers(1, 2), unroll=True))
def test_only_implementation_one_multiplies_gate_by_gate(case):
    """
    A timestep takes 8 matrix products with implementation=1, and 2 with implementation=2.

    With 1 the input and h are multiplied for each of the four gates, with 2, the default
    one, once for all. What comes out is the same, as `gates.implementations-agree` says.

    >>> import keras, numpy as np
    >>> one, two = (keras.layers.LSTM(2, implementation=k) for k in (1, 2))
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y = two(x)
    >>> one.build(x.shape)
    >>> one.set_weights(two.get_weights())
    >>> bool(np.allclose(one(x), y, atol=1e-6))
    True
    """
    one, two = lstm(case, implementation=1), lstm(case, implementation=2)
    products = matrix_products(one, case.x), matrix_products(two, case.x)
    assert products == (8 * case.timesteps, 2 * case.timesteps), f"{products} products"
    default = keras.layers.LSTMCell(case.units).implementation
    assert default == 2, f"a cell has implementation {default} by default"


@claim(
    "modes.no-cudnn-lstm",
    promised="LSTM, first paragraph: the layer chooses cuDNN or the backend's own operations",
    corrects="For speed on a GPU use CuDNNLSTM instead of LSTM.",
    needs="LSTM(use_cudnn)",
)
def test_there_is_no_layer_for_cudnn_alone():
    """
    keras.layers has no CuDNNLSTM: the layer LSTM itself turns to cuDNN where it can.

    The old layer was one of Keras 2 and of TensorFlow 1. Its successor is asked for by
    use_cudnn, which is "auto" by default.

    >>> import keras, numpy as np
    >>> hasattr(keras.layers, "CuDNNLSTM")
    False
    >>> keras.layers.LSTM(2).use_cudnn
    'auto'
    """
    assert not [name for name in dir(keras.layers) if "cudnn" in name.lower()]
    assert keras.layers.LSTM(1).use_cudnn == "auto"


SUITED: tuple[dict[str, Any], ...] = (
    {},
    {"dropout": 0.5},
    {"go_backwards": True},
    {"implementation": 1},
)
"""Arguments of layers that may run on cuDNN."""

UNSUITED: tuple[dict[str, Any], ...] = (
    {"activation": "relu"},
    {"recurrent_activation": "hard_sigmoid"},
    {"recurrent_dropout": 0.5},
    {"unroll": True},
    {"use_bias": False},
    {"use_cudnn": False},
)
"""Arguments each of which alone keeps a layer from cuDNN."""


@claim(
    "modes.cudnn-requirements",
    promised="LSTM, requirements to use the cuDNN implementation, 1 to 5",
    corrects="cuDNN runs an LSTM with relu, and gives worse results; it allows no dropout.",
    needs=("tensorflow", "LSTM(use_cudnn)"),
    stand_in="cuDNN",
)
def test_a_layer_turns_to_cudnn_only_with_arguments_that_suit_it():
    """
    On a GPU a layer turns to cuDNN, unless an argument is one that cuDNN cannot serve.

    These are an activation or recurrent activation that is not the default one, recurrent
    dropout, unroll=True, use_bias=False and use_cudnn=False. `dropout` is served.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, activation="relu", use_cudnn=True)
    >>> try:
    ...     lstm(np.ones((1, 3, 1)))  # (batch, timesteps, features)
    ... except ValueError as error:
    ...     print("use_cudnn=True was specified" in str(error))
    True
    """
    x = small().x
    suited = [turns_to_cudnn(keras.layers.LSTM(2, **options), x) for options in SUITED]
    unsuited = [turns_to_cudnn(keras.layers.LSTM(2, **options), x) for options in UNSUITED]
    assert all(suited), f"cuDNN is used with {SUITED}: {suited}"
    assert not any(unsuited), f"cuDNN is used with {UNSUITED}: {unsuited}"


@claim(
    "modes.cudnn-mask",
    promised="LSTM, requirements to use the cuDNN implementation, 6",
    corrects="With masks that pad at the end cuDNN is used, also if a sample is all padding.",
    needs=("tensorflow", "LSTM(use_cudnn)"),
    stand_in="cuDNN",
)
@given(cases(masked=True))
def test_a_masked_call_gets_to_cudnn_only_if_padded_at_the_end(case):
    """
    On a GPU an eager call with a mask gets to cuDNN only if it masks timesteps at the end alone.

    One timestep at least must be left in each row. With another mask the layer loops as on a
    CPU, without a word, or refuses it if use_cudnn=True. We tried this on a CPU, where Keras
    was told that there is a GPU and cuDNN's operation was replaced, but not on a GPU.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, use_cudnn=False)  # takes any mask, on a GPU too
    >>> x = np.array([[[7.0], [1.0], [2.0]]])  # (batch, timesteps, features)
    >>> y = lstm(x, mask=np.array([[False, True, True]]))
    >>> bool(np.allclose(y, lstm(x[:, 1:]), atol=1e-6))
    True
    """
    at_the_end = case.mask[:, 0].all() and (case.mask[:, :-1] >= case.mask[:, 1:]).all()
    gets_there = gets_to_cudnn(lstm(case), case.x, case.mask)
    assert gets_there == at_the_end, f"{case.mask} gets to cuDNN: {gets_there}"


@claim(
    "modes.cudnn-in-a-graph",
    observed="Keras 3, TensorFlow",
    corrects="Documentation of LSTM: cuDNN requires eager execution in the outermost context.",
    needs=("tensorflow", "LSTM(use_cudnn)"),
    stand_in="cuDNN",
)
def test_a_layer_turns_to_cudnn_without_eager_execution():
    """
    On a GPU a layer turns to cuDNN in a graph of TensorFlow 1 too, without eager execution.

    Keras 2 looked for eager execution; Keras 3 does not. Its models still need it, for fit and
    predict refuse to run without.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> lstm.use_cudnn == "auto"  # by default it turns to cuDNN wherever that is possible
    True
    """
    import tensorflow as tf

    with tf.Graph().as_default():
        x = tf.constant(small().x)
        assert not tf.executing_eagerly(), "TensorFlow executes eagerly"
        assert turns_to_cudnn(keras.layers.LSTM(2), x), "the layer does not turn to cuDNN"


@claim(
    "modes.cell-without-cudnn",
    observed="Keras 3, TensorFlow",
    corrects="RNN(LSTMCell(units)) runs as fast as LSTM(units), because it computes the same.",
    needs=("tensorflow", "LSTM(use_cudnn)"),
    stand_in="cuDNN",
)
def test_a_looped_cell_never_turns_to_cudnn():
    """
    On a GPU RNN(LSTMCell(units)) never turns to cuDNN, though it computes what LSTM does.

    RNN knows nothing about the cell that it loops over, so it cannot hand the whole
    sequence to another program.

    >>> import keras, numpy as np
    >>> rnn, lstm = keras.layers.RNN(keras.layers.LSTMCell(2)), keras.layers.LSTM(2)
    >>> [hasattr(layer, "use_cudnn") for layer in (rnn, lstm)]
    [False, True]
    """
    x, rnn = small().x, keras.layers.RNN(keras.layers.LSTMCell(2))
    assert not turns_to_cudnn(rnn, x), "RNN turns to cuDNN"
    assert turns_to_cudnn(keras.layers.LSTM(2), x), "LSTM does not turn to cuDNN"


@claim(
    "modes.cudnn-mask-in-predict",
    observed="Keras 3, TensorFlow: a graph holds cuDNN before it knows the mask",
    corrects='With use_cudnn="auto" the loop serves whatever cuDNN does not.',
    costly="two models are compiled",
    needs=("tensorflow", "LSTM(use_cudnn)"),
    stand_in="cuDNN",
)
def test_predict_refuses_masks_that_cudnn_does_not_serve():
    """
    On a GPU predict refuses a mask that cuDNN does not serve, unless use_cudnn=False is given.

    It cannot fall back to the loop, as an eager call can: the graph is made before the mask is
    known. One sample that is masked throughout is enough. We tried this on a CPU, where Keras
    was told that there is a GPU and cuDNN's operation was replaced, but not on a GPU.

    >>> import keras, numpy as np
    >>> x, mask = keras.Input((2, 1)), keras.Input((2,), dtype="bool")
    >>> lstm = keras.layers.LSTM(2, use_cudnn=False)
    >>> model = keras.Model([x, mask], lstm(x, mask=mask))
    >>> data = [np.array([[[9.0], [1.0]]]), np.array([[False, True]])]
    >>> bool(np.allclose(model.predict_on_batch(data), lstm(data[0][:, 1:]), atol=1e-6))
    True
    """
    case = small()
    words = "InvalidArgumentError", "You are passing a RNN mask that does not correspond"
    front, whole = np.ones((2, *case.x.shape[:2]), bool)
    front[0, 0], whole[0] = False, False
    auto, never = masked_model(lstm(case)), masked_model(lstm(case, use_cudnn=False))
    with pretended_cudnn():
        assert_refused(lambda: auto.predict_on_batch([case.x, front]), *words)
        assert_refused(lambda: auto.predict_on_batch([case.x, whole]), *words)
        y = never.predict_on_batch([case.x, front])
    assert_close(y, equations(replace(case, mask=front)).h)


@claim(
    "modes.use-cudnn-refused",
    observed="Keras 3, TensorFlow and JAX; PyTorch accepts it on a CPU",
    corrects="use_cudnn=True uses cuDNN where there is a GPU, and something else elsewhere.",
    needs=("tensorflow", "LSTM(use_cudnn)"),
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(timesteps=integers(1, 2)))
def test_use_cudnn_is_refused_where_there_is_no_gpu(case):
    """
    Without a GPU a layer with use_cudnn=True can be made, and is refused by its first call.

    So a model made for a GPU does not run elsewhere. With "auto", the default value, the
    same layer does.

    >>> import keras, numpy as np
    >>> lstm, refused = keras.layers.LSTM(2, use_cudnn=True), False
    >>> try:
    ...     y = lstm(np.ones((1, 3, 1)))  # (batch, timesteps, features)
    ... except ValueError:
    ...     refused = True
    >>> refused == (not keras.distribution.list_devices("gpu"))
    True
    """
    demanded, auto = lstm(case, use_cudnn=True), lstm(case, use_cudnn="auto")
    with pretended_gpu(present=False):
        assert_refused(lambda: demanded(case.x), "ValueError", "use_cudnn=True was specified")
        assert_close(auto(case.x), equations(case).h)


@claim(
    "modes.without-cudnn",
    promised='LSTM, argument `use_cudnn`: "auto" falls back to the default implementation',
    needs=("tensorflow", "LSTM(use_cudnn)"),
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(return_sequences=True, return_state=True, state=True))
def test_auto_and_no_cudnn_are_the_same_without_a_gpu(case):
    """
    Without a GPU, use_cudnn="auto" and use_cudnn=False give the same numbers, bit for bit.

    There both are the loop over timesteps. On a GPU, "auto" lets cuDNN sum in its own order.

    >>> import keras, numpy as np
    >>> auto, never = keras.layers.LSTM(2, use_cudnn="auto"), keras.layers.LSTM(2, use_cudnn=False)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y = auto(x)
    >>> never.build(x.shape)
    >>> never.set_weights(auto.get_weights())
    >>> bool(np.allclose(never(x), y, atol=1e-4))
    True
    """
    with pretended_gpu(present=False):
        auto = to_numpy(lstm(case, use_cudnn="auto")(case.x, initial_state=case.state))
        never = to_numpy(lstm(case, use_cudnn=False)(case.x, initial_state=case.state))
    assert_same(auto, never)


@claim(
    "modes.cudnn-forbids-xla",
    observed="Keras 3, TensorFlow: `supports_jit` is decided before recurrent_dropout is looked at",
    corrects="To compile an LSTM with XLA on a GPU, set recurrent_dropout.",
    costly="two models are made, about a tenth of a second",
    needs=("tensorflow", "LSTM(use_cudnn)"),
    stand_in="cuDNN",
)
@given(cases(timesteps=1), sampled_from([0.0, 0.1, 0.5]))
def test_on_a_gpu_only_a_layer_that_renounces_cudnn_is_compiled_by_xla(case, rate):
    """
    On a GPU compile(jit_compile=True) works with use_cudnn=False, not with recurrent_dropout.

    XLA cannot run cuDNN, so a layer that may turn to cuDNN forbids XLA, with a warning. One
    with recurrent dropout never turns to cuDNN, yet forbids XLA as well.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, use_cudnn=False)
    >>> model = keras.Sequential([keras.Input((None, 1)), lstm])
    >>> model.compile(jit_compile=True)
    >>> lstm.supports_jit, model.jit_compile
    (True, True)
    """
    with pretended_gpu(present=True):
        default = keras.layers.LSTM(case.units, recurrent_dropout=rate)
        other = keras.layers.LSTM(case.units, recurrent_dropout=rate, use_cudnn=False)
    with pretended_gpu(present=False):
        elsewhere = keras.layers.LSTM(case.units, recurrent_dropout=rate)
    assert compiled_by_xla(elsewhere, case), "XLA compiles no default layer without a GPU"
    assert not compiled_by_xla(default, case), "XLA compiles a default layer"
    assert compiled_by_xla(other, case), "XLA does not compile a layer without cuDNN"


@claim(
    "modes.mask-in-a-list",
    observed="Keras 3, all backends; RNN with an LSTMCell refuses a list",
    corrects="The masks of a list are combined.",
)
@given(cases(masked=True), seeds)
def test_of_a_list_of_masks_the_first_counts(case, seed):
    """
    Of a list of masks, such as [mask, None, None], an LSTM takes the first.

    The method compute_mask returns such a list, a mask for each output, where states are
    returned. The other entries, whatever they are, count for nothing.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.array([[[1.0], [7.0], [2.0]]])  # (B, T, F)
    >>> mask = np.array([[True, False, True]])
    >>> masks = keras.layers.LSTM(2, return_sequences=True, return_state=True).compute_mask(x, mask)
    >>> bool(np.array_equal(lstm(x, mask=masks), lstm(x, mask=mask)))
    True
    """
    other = noise(case.mask.shape, seed) > 0
    assert_close(lstm(case)(case.x, mask=[case.mask, other]), equations(case).h)


@claim(
    "modes.arrays-and-tensors",
    derived="an array is made a tensor before anything is computed",
    costly="several layers and calls an example, about a tenth of a second",
    needs="keras.Variable",
)
@given(cases(timesteps=integers(1, 2)))
def test_arrays_tensors_and_variables_give_the_same_numbers(case):
    """
    A NumPy array, a tensor and a keras.Variable of the same numbers give the same output.

    All three are made tensors of the layer's type first. A nested list is refused.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.ones((1, 3, 1), "float32")  # (B, T, F)
    >>> bool(np.array_equal(lstm(keras.ops.convert_to_tensor(x)), lstm(x)))
    True
    >>> bool(np.array_equal(lstm(keras.Variable(x)), lstm(x)))
    True
    """
    layer = lstm(case)
    y = layer(case.x)
    assert_close(y, equations(case).h)
    assert_same(layer(keras.ops.convert_to_tensor(case.x)), y)
    assert_same(layer(keras.Variable(case.x)), y)


@claim(
    "modes.dataset",
    promised="Model, method predict, argument `x`: a tf.data.Dataset",
    needs="tensorflow",
)
def test_predict_reads_a_dataset_of_batches():
    """
    `predict` reads a Dataset batch by batch, such as timeseries_dataset_from_array makes.

    Each window of the series is a sample, and the rows of the result are in their order.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((None, 1)), keras.layers.LSTM(2)])
    >>> series = np.arange(5.0)[:, None]  # (rows, features)
    >>> windows = keras.utils.timeseries_dataset_from_array(series, None, sequence_length=3)
    >>> x = np.stack([series[k : k + 3] for k in range(3)])  # (batch, timesteps, features)
    >>> bool(np.allclose(model.predict(windows, verbose=0), model(x), atol=1e-6))
    True
    """
    case, series = small(), noise((7, 2), 3)
    of_series = keras.utils.timeseries_dataset_from_array
    windows = of_series(series, None, sequence_length=4, batch_size=2)
    case = replace(case, x=np.stack([series[k : k + 4] for k in range(4)]))
    assert_close(in_model(lstm(case), case).predict(windows, verbose=0), equations(case).h)


@claim(
    "modes.generator",
    derived="`predict` runs each batch by itself",
    corrects="All batches of one predict must have the same number of timesteps.",
)
def test_predict_takes_batches_of_different_lengths_from_a_generator():
    """
    From a generator `predict` takes batches of different lengths.

    So sequences can be sorted into batches of equal length, which need no padding.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((None, 1)), keras.layers.LSTM(2)])
    >>> batches = [np.ones((1, timesteps, 1)) for timesteps in (1, 2, 3)]
    >>> y = model.predict(((x,) for x in batches), steps=3, verbose=0)
    >>> bool(np.allclose(y, np.concatenate([model(x) for x in batches]), atol=1e-6))
    True
    """
    case = small()
    parts = [replace(case, x=case.x[:, :t]) for t in (1, 3, 2)]
    model = in_model(lstm(case), case)
    y = model.predict(((part.x,) for part in parts), steps=3, verbose=0)
    expected = np.concatenate([equations(part).h for part in parts])
    assert_close(y, expected, instead=in_bfloat16(expected))


@claim(
    "modes.ragged-sequences",
    observed="Keras 3, TensorFlow",
    corrects="predict always returns a NumPy array.",
    needs="tensorflow",
)
def test_predict_returns_sequences_of_different_lengths_as_a_ragged_tensor():
    """
    With return_sequences `predict` on batches of different lengths returns a RaggedTensor.

    No rectangular array holds such sequences, and nothing is padded: each row has as many
    timesteps as its batch had.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_sequences=True)
    >>> model = keras.Sequential([keras.Input((None, 1)), lstm])
    >>> batches = [np.ones((1, timesteps, 1)) for timesteps in (1, 3)]
    >>> y = model.predict(((x,) for x in batches), steps=2, verbose=0)
    >>> type(y).__name__, [len(row) for row in y.to_list()]
    ('RaggedTensor', [1, 3])
    """
    case = small(return_sequences=True)
    short = replace(case, x=case.x[:, :1])
    batches = ((part.x,) for part in (short, case))
    y = in_model(lstm(case), case).predict(batches, steps=2, verbose=0)
    assert not isinstance(y, np.ndarray), "an array"
    rows = [*equations(short).outputs, *equations(case).outputs]
    assert_close([to_numpy(y[k]) for k in range(4)], rows)


@claim(
    "modes.generator-of-tuples",
    observed="Keras 3",
    corrects="A generator for predict yields arrays.",
)
def test_a_generator_that_yields_arrays_is_refused():
    """
    `predict` refuses a generator that yields arrays: it must yield tuples, such as (x,).

    A tuple of two would be input and target, so a lone array would be ambiguous.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((None, 1)), keras.layers.LSTM(2)])
    >>> batches = [np.ones((1, 3, 1)), np.ones((1, 3, 1))]  # (batch, timesteps, features)
    >>> try:
    ...     model.predict((x for x in batches), steps=2, verbose=0)
    ... except ValueError:
    ...     print(model.predict(((x,) for x in batches), steps=2, verbose=0).shape)
    (2, 2)
    """
    case = small()
    model = in_model(lstm(case), case)
    assert_refused(
        lambda: model.predict((case.x for _ in range(1)), verbose=0),
        "ValueError",
        "the generator must return a tuple",
    )


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
    case, dense = small(), keras.layers.Dense(2)
    layer = lstm(case)
    assert_refused(lambda: layer.quantize("int8"), "NotImplementedError", "quantize")
    quantized(keras.Sequential([keras.Input((None, case.features)), layer, dense]))
    assert_same(layer.get_weights(), case.weights)
    assert_close(layer(case.x), equations(case).h)
    assert any("int" in str(w.dtype) for w in dense.weights), "Dense is not quantized either"


@claim(
    "modes.cost-of-predict",
    observed="TensorFlow, CPU: 40 to 140 times as long on Keras 3, 4 to 13 times on Keras 2",
    corrects="To predict step by step in a loop, call predict.",
    needs="tensorflow",
)
def test_on_little_data_predict_takes_much_longer_than_predict_on_batch():
    """
    On one small batch `predict` takes several times as long as `predict_on_batch`.

    It sets up a data pipeline in every call. That pays on much data and is lost on little;
    `fit` pays it in every epoch.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((None, 1)), keras.layers.LSTM(2)])
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> import timeit
    >>> slow = timeit.repeat(lambda: model.predict(x, verbose=0), number=1, repeat=9)
    >>> fast = timeit.repeat(lambda: model.predict_on_batch(x), number=1, repeat=9)
    >>> min(slow) > 2 * min(fast)
    True
    """
    case = small()
    model = in_model(lstm(case), case)
    on_batch = partial(model.predict_on_batch, case.x)
    assert_between(2, ratio(partial(model.predict, case.x, verbose=0), on_batch), 1000)


FREE: dict[str, list[Any]] = {
    "use_bias": [False, True],
    "activation": ["tanh", "softsign", "sigmoid", "elu", "linear", None],
    "recurrent_activation": ["sigmoid", "hard_sigmoid", "tanh"],
    "unit_forget_bias": [False, True],
    "kernel_initializer": ["glorot_uniform", "zeros"],
    "recurrent_initializer": ["orthogonal", "zeros"],
    "bias_initializer": ["zeros", "ones"],
    "kernel_regularizer": [None, "l2"],
    "recurrent_regularizer": [None, "l1"],
    "bias_regularizer": [None, "L1L2"],
    "activity_regularizer": [None, "l2"],
    "kernel_constraint": [None, "non_neg"],
    "recurrent_constraint": [None, "max_norm"],
    "bias_constraint": [None, "unit_norm"],
    "dropout": [0.0, 0.5],
    "recurrent_dropout": [0.0, 0.5],
    "seed": [None, 1],
    "return_sequences": [False, True],
    "return_state": [False, True],
    "go_backwards": [False, True],
    "stateful": [False, True],
    "unroll": [False, True],
    "zero_output_for_mask": [False, True],
    "implementation": [1, 2],
    "use_cudnn": [False, "auto"],
    "dtype": [None, "float32"],
    "trainable": [False, True],
    "name": [None, "memory"],
}
"""The arguments of the layer beside units and use_bias, each with some of its values."""

ANY: dict[str, Any] = {name: sampled_from(values) for name, values in FREE.items()}


@claim(
    "modes.any-arguments",
    derived="gates.equations: of all arguments only four occur in the equations",
    needs="LSTM(use_cudnn)",
)
@given(cases(**ANY))
def test_any_combination_of_arguments_computes_the_equations(case):
    """
    At inference, any combination of constructor arguments gives what the equations give.

    Only `activation`, `recurrent_activation`, `use_bias` and `go_backwards` occur in them.
    The others say how it is computed, returned, initialized or trained.

    >>> import keras, numpy as np
    >>> options = {"dropout": 0.5, "recurrent_dropout": 0.5, "unroll": True, "stateful": True}
    >>> plain, other = keras.layers.LSTM(2), keras.layers.LSTM(2, **options)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y = plain(x)
    >>> other.build(x.shape)
    >>> other.set_weights(plain.get_weights())
    >>> bool(np.allclose(other(x), y, atol=1e-6))
    True
    """
    # With larger weights a linear activation multiplies what was rounded, timestep by timestep.
    case = replace(case, kernel=case.kernel / 4.0, recurrent_kernel=case.recurrent_kernel / 4.0)
    assert_close(lstm(case)(case.x), returned(case))
