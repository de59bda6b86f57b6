"""The same LSTM in several libraries: each function builds it, and returns how to run it.

What is run does all of its work before it returns, on tensors of the library's own that were
made before. Each library is imported in the process that was opened for it, and only there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from lstm_spec.harness.strategies import Array, noise
from tools.studies.peers import COPY, GEMM, PEERS
from tools.studies.peers.limit import COPIED, SIDE
from tools.studies.peers.lstms import Task

Run = Callable[[], Any]


class Runs(NamedTuple):
    """How to run a peer."""

    forward: Run
    """Returns the outputs."""
    training: Run | None = None
    """Returns the gradients by the kernel, the recurrent kernel and the bias, where it can."""


Builder = Callable[[Task], Runs]


def keras_on_tensorflow(task: Task, **compiled: Any) -> Runs:
    """Build Keras' layer on TensorFlow.

    Args:
        task: what is asked.
        **compiled: arguments of tf.function; without any the layer is called eagerly.
    """
    import tensorflow as tf

    layer = _layer(task)
    x = tf.constant(task.case.x)
    d_outputs = tf.constant(task.d_outputs)

    def training(x: Any, d_outputs: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(x) * d_outputs)
        return tape.gradient(loss, [variable.value for variable in layer.trainable_variables])

    if compiled:
        forward = tf.function(lambda x: layer(x), **compiled)
        return Runs(partial(forward, x), partial(tf.function(training, **compiled), x, d_outputs))
    return Runs(partial(layer, x), partial(training, x, d_outputs))


def keras_on_jax(task: Task, jit: bool = False) -> Runs:
    """Build Keras' layer on JAX."""
    import jax

    layer = _layer(task)
    x = jax.numpy.asarray(task.case.x)
    d_outputs = jax.numpy.asarray(task.d_outputs)
    weights = [variable.value for variable in layer.trainable_variables]
    others = [variable.value for variable in layer.non_trainable_variables]

    def stateless(weights: Any, x: Any) -> Any:
        return layer.stateless_call(weights, others, x)[0]

    def loss(weights: Any, x: Any, d_outputs: Any) -> Any:
        return (stateless(weights, x) * d_outputs).sum()

    gradient = jax.grad(loss)
    if jit:
        stateless = jax.jit(stateless)
        gradient = jax.jit(gradient)
    forward = partial(stateless, weights) if jit else layer
    return Runs(
        lambda: jax.block_until_ready(forward(x)),
        lambda: jax.block_until_ready(gradient(weights, x, d_outputs)),
    )


def keras_on_torch(task: Task, compiled: bool = False) -> Runs:
    """Build Keras' layer on PyTorch."""
    import torch

    layer = _layer(task)
    torch.compiler.reset()  # it compiles a function a limited number of times
    forward = torch.compile(lambda x: layer(x)) if compiled else layer
    return _torch(task, forward, [variable.value for variable in layer.trainable_variables])


def torch_lstm(task: Task) -> Runs:
    """Build torch.nn.LSTM: its weights are transposed, and its second bias is zero."""
    import torch

    _, _, features = task.case.x.shape
    layer = torch.nn.LSTM(features, task.case.units, batch_first=True)
    kernel, recurrent, bias = (np.ascontiguousarray(array.T) for array in task.case.weights)
    named = {"weight_ih_l0": kernel, "weight_hh_l0": recurrent, "bias_ih_l0": bias}
    given = {"bias_hh_l0": torch.zeros(len(bias)), **{k: torch.tensor(v) for k, v in named.items()}}
    layer.load_state_dict(given)
    runs = _torch(task, lambda x: layer(x)[0], [getattr(layer, name) for name in named])

    def training() -> list[Any]:
        kernel, recurrent, bias = runs.training()  # type: ignore[misc]  # PyTorch has it
        return [kernel.mT, recurrent.mT, bias]

    return Runs(runs.forward, training)


def _torch(task: Task, forward: Callable[[Any], Any], weights: list[Any]) -> Runs:
    import torch

    torch.set_num_threads(1)
    x = torch.tensor(task.case.x)
    d_outputs = torch.tensor(task.d_outputs)

    def inference() -> Any:
        with torch.no_grad():
            return forward(x)

    return Runs(inference, lambda: torch.autograd.grad((forward(x) * d_outputs).sum(), weights))


def onnx_runtime(task: Task) -> Runs:
    """Build ONNX's LSTM operator, whose gates stand in the order i, o, f, g, in ONNX Runtime.

    Source: https://onnx.ai/onnx/operators/onnx__LSTM.html
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(_onnx_model(task), options)
    return Runs(lambda: session.run(None, {"x": task.case.x}))


def _onnx_model(task: Task) -> bytes:
    from onnx import TensorProto, helper, numpy_helper

    def iofg(weights: Array) -> Array:
        i, f, g, o = np.split(weights, 4, axis=-1)
        return np.concatenate([i, o, f, g], axis=-1)

    case = task.case
    bias = iofg(case.weights[2])
    constants = {
        "W": iofg(case.kernel).T[None],
        "R": iofg(case.recurrent_kernel).T[None],
        "b": np.concatenate([bias, np.zeros_like(bias)])[None],
        "direction": np.array([1]),
    }
    nodes = [
        helper.make_node("Transpose", ["x"], ["by_time"], perm=[1, 0, 2]),
        helper.make_node("LSTM", ["by_time", "W", "R", "b"], ["h"], hidden_size=case.units),
        helper.make_node("Squeeze", ["h", "direction"], ["one_way"]),
        helper.make_node("Transpose", ["one_way"], ["outputs"], perm=[1, 0, 2]),
    ]
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, case.x.shape)
    outputs = helper.make_tensor_value_info("outputs", TensorProto.FLOAT, task.d_outputs.shape)
    arrays = [numpy_helper.from_array(np.ascontiguousarray(v), k) for k, v in constants.items()]
    graph = helper.make_graph(nodes, "lstm", [given], [outputs], arrays)
    opset = helper.make_opsetid("", 14)
    return bytes(helper.make_model(graph, opset_imports=[opset], ir_version=8).SerializeToString())


def litert(task: Task) -> Runs:
    """Convert Keras' layer, for this shape of its input, and open it in LiteRT."""
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter

    shape = task.case.x.shape
    model = tf.keras.Sequential([tf.keras.Input(batch_shape=shape), _layer(task)])
    converted = tf.lite.TFLiteConverter.from_keras_model(model).convert()
    interpreter = Interpreter(model_content=converted, num_threads=1)
    interpreter.allocate_tensors()
    (given,) = interpreter.get_input_details()
    (result,) = interpreter.get_output_details()

    def forward() -> Any:
        interpreter.set_tensor(given["index"], task.case.x)
        interpreter.invoke()
        return interpreter.get_tensor(result["index"])

    return Runs(forward)


def in_numpy(task: Task) -> Runs:
    """Write the equations in NumPy's float32, with one product for the input of all timesteps."""
    kernel, recurrent, bias = task.case.weights
    x = task.case.x
    batch, timesteps, units = task.d_outputs.shape

    def forward() -> Any:
        z_x = x @ kernel + bias
        h: Array = np.zeros((batch, units), np.float32)
        c = h
        outputs = np.empty((batch, timesteps, units), np.float32)
        for t in range(timesteps):
            z = z_x[:, t] + h @ recurrent
            i, f, _, o = np.split(1 / (1 + np.exp(-z)), 4, axis=1)
            c = f * c + i * np.tanh(z[:, 2 * units : 3 * units])
            h = o * np.tanh(c)
            outputs[:, t] = h
        return outputs

    return Runs(forward)


def _layer(task: Task) -> Any:
    from lstm_spec.harness import subject  # only here: it imports Keras

    return subject.lstm(task.case, return_sequences=True)


BUILDERS: dict[str, Builder] = dict(
    zip(
        [peer.name for peer in PEERS],
        [
            keras_on_tensorflow,
            partial(keras_on_tensorflow, jit_compile=False),
            partial(keras_on_tensorflow, jit_compile=True),
            keras_on_jax,
            partial(keras_on_jax, jit=True),
            keras_on_torch,
            partial(keras_on_torch, compiled=True),
            torch_lstm,
            onnx_runtime,
            litert,
            in_numpy,
        ],
        strict=True,
    )
)
"""By the names of the peers."""


def yardsticks() -> dict[str, Run]:
    """Return measures of the machine's speed, by name."""
    square = noise((SIDE, SIDE), 1)
    origin = np.ones(COPIED, np.uint8)
    copy = np.empty(COPIED, np.uint8)
    return {GEMM: lambda: square @ square, COPY: lambda: np.copyto(copy, origin)}
