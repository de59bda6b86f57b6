"""Files of Keras 2, exports and conversions."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import integers

from lstm_spec.claims import claim
from lstm_spec.claims.saving import fresh, kinds, of_kind, sequential
from lstm_spec.claims.saving.files import (
    arrays_of,
    computed,
    structures,
    symbolic,
    unlisted,
    with_names,
)
from lstm_spec.claims.wrappers import both, opposite, side_by_side
from lstm_spec.harness.reference import equations, returned
from lstm_spec.harness.refusals import assert_refused
from lstm_spec.harness.strategies import Case, cases, noise, seeds, varied, whole
from lstm_spec.harness.subject import UNDRAWN, as_states, export, lstm
from lstm_spec.harness.tolerance import assert_close, assert_same


def file_of_keras_2(model, path):
    """Save a model to .h5 with `time_major` in its LSTM's configuration, as Keras 2 wrote it."""
    import h5py

    model.save(path)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        config["config"]["layers"][-1]["config"]["time_major"] = False
        file.attrs["model_config"] = json.dumps(config)


def from_keras_2(model, load):
    """Call load(path) on the file that Keras 2 would have made of a model."""
    with TemporaryDirectory() as folder:
        file_of_keras_2(model, Path(folder, "lstm.h5"))
        return load(Path(folder, "lstm.h5"))


def drawn_once(batch):
    """Return one case, the same on every run, for what takes too long to be tried often."""
    x = noise((batch, 3, 2), 1)
    kernel = noise((2, 16), 2)
    return Case(x, kernel, recurrent_kernel=noise((4, 16), 3), bias=noise((16,), 4))


def exported(model):
    """Export a model as a SavedModel and load it as a layer."""
    with TemporaryDirectory() as folder:
        export(model, folder)
        return keras.layers.TFSMLayer(folder, call_endpoint="serve")


def litert(model):
    """Export a model to LiteRT, and return the contents of the file."""
    with TemporaryDirectory() as folder:
        export(model, Path(folder, "lstm.tflite"), format="litert")
        return Path(folder, "lstm.tflite").read_bytes()


def converted(model):
    """Convert a model with TensorFlow's own converter, and return the contents of the file."""
    import tensorflow

    return tensorflow.lite.TFLiteConverter.from_keras_model(model).convert()


def interpreted(content, x):
    """Run a LiteRT file on an input."""
    import tensorflow

    interpreter = tensorflow.lite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def onnx(model, *inputs):
    """Export a model to ONNX, and return its operators and what they make of some inputs."""
    from onnx.reference import ReferenceEvaluator

    model(inputs[0])
    with TemporaryDirectory() as folder:
        model.export(str(Path(folder, "lstm.onnx")), format="onnx", verbose=False)
        program = ReferenceEvaluator(str(Path(folder, "lstm.onnx")))
    operators = [node.op_type for node in program.proto_.graph.node]
    return operators, [np.array(program.run(None, {program.input_names[0]: x}))[0] for x in inputs]


def openvino(model, x):
    """Export a model to OpenVINO and run it in float32."""
    from openvino import Core

    with TemporaryDirectory() as folder:
        model.export(str(Path(folder, "lstm.xml")), format="openvino", verbose=False)
        precision = {"INFERENCE_PRECISION_HINT": "f32"}
        return Core().compile_model(str(Path(folder, "lstm.xml")), "CPU", precision)([x])[0]


def pytorch(case, share):
    """Run torch.nn.LSTM with a case's weights, its bias in two parts, and return all of it.

    Args:
        case: the weights, the input and the initial state.
        share: the part of the bias that goes to `bias_ih`; `bias_hh` is the rest.

    Returns:
        The four weights, and h at each timestep with the final h and c.
    """
    import torch

    layer = torch.nn.LSTM(case.features, case.units, batch_first=True)
    weights = [case.kernel.T, case.recurrent_kernel.T, share, case.bias - share]
    with torch.no_grad():
        for parameter, weight in zip(layer.parameters(), weights, strict=True):
            parameter.copy_(torch.tensor(weight))
        y, (h, c) = layer(torch.tensor(case.x), tuple(torch.tensor(s[None]) for s in case.state))
    return [p.detach().numpy() for p in layer.parameters()], [y.numpy(), h[0].numpy(), c[0].numpy()]


# Files of Keras 2.


@claim(
    "saving.time-major-refused",
    observed="Keras 3, deliberately: https://github.com/keras-team/keras/issues/20750",
    corrects="Keras 3 loads the models that Keras 2 has saved.",
    cases=4,
    needs="h5py",
)
@given(cases(), kinds)
def test_a_file_with_time_major_is_refused(case, kind):
    """
    Without custom objects Keras 3 refuses a model file whose LSTM has the argument `time_major`,
    as Keras 2 wrote it.

    From TensorFlow 2.0 on it wrote time_major=False for every LSTM, so none of these `.h5` files
    loads as it is. Their weights do: see `saving.time-major-weights`.

    >>> import keras, numpy as np
    >>> config = {**keras.layers.LSTM(2).get_config(), "time_major": False}
    >>> try:
    ...     keras.layers.LSTM.from_config(config)
    ... except ValueError as error:
    ...     print("{'time_major': False}" in str(error))
    True
    """
    model = of_kind(kind, case)
    words = "ValueError", "Unrecognized keyword arguments passed to LSTM", "{'time_major': False}"
    assert_refused(lambda: from_keras_2(model, keras.models.load_model), *words)


@claim(
    "saving.time-major-weights",
    observed="Keras 3: load_weights reads only the weights of a model file, in their order",
    corrects="A model that Keras 2 has saved is lost to Keras 3.",
    cases=4,
    needs="h5py",
)
@given(cases(), kinds)
def test_the_weights_of_a_file_with_time_major_can_be_loaded(case, kind):
    """
    The float32 weights of an `.h5` file of a model that is refused for `time_major` load into a
    model built anew.

    load_weights takes an `.h5` file of a whole model, and does not look at its
    configuration. The order of the gates is the same in Keras 2 and 3. Weights of bfloat16 cannot
    be read from an `.h5` file.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.save("model.h5")
    >>> other = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> other.load_weights("model.h5")
    >>> bool(np.array_equal(other(np.ones((1, 3, 1))), model(np.ones((1, 3, 1)))))
    True
    """
    other = fresh(case, keras.layers.LSTM(case.units, **UNDRAWN))
    from_keras_2(of_kind(kind, case), other.load_weights)
    assert_same(other.get_weights(), case.weights)


# Exports and conversions.


@claim(
    "saving.export",
    promised="Model, method `export`: a SavedModel that holds the forward pass",
    cases=2,
    needs=("tensorflow", "keras.layers.TFSMLayer"),
)
@given(
    cases(**varied("batch", "units", "return_sequences", "go_backwards", "use_bias", "dtype")),
    integers(1, 5),
    integers(5, 30),
)
def test_a_saved_model_is_the_same_function_for_any_batch_and_length(case, batch, timesteps):
    """
    The SavedModel of a looped, stateless LSTM gives the same outputs, for any batch size and
    length left open.

    keras.layers.TFSMLayer loads it, and so does TensorFlow without Keras. load_model refuses it,
    because it holds a computation and not layers: it cannot be changed any more.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((None, 1)), keras.layers.LSTM(2)])
    >>> model.export("lstm", verbose=False)
    >>> loaded = keras.layers.TFSMLayer("lstm", call_endpoint="serve")
    >>> pairs = [(loaded(x), model(x)) for x in (np.ones((1, 3, 1)), np.ones((5, 7, 1)))]
    >>> [bool(np.allclose(y, z, atol=1e-6)) for y, z in pairs]
    [True, True]
    """
    other = replace(case, x=noise((batch, timesteps, case.features), 9))
    loaded = exported(keras.Sequential([keras.Input((None, case.features)), lstm(case)]))
    assert_close(loaded(case.x), returned(case))
    assert_close(loaded(other.x), returned(other))


@claim(
    "saving.export-keeps-state",
    observed="Keras 3, TensorFlow",
    corrects="An exported stateful model starts from zeros, as a loaded one does.",
    cases=2,
    needs=("tensorflow", "keras.layers.TFSMLayer"),
)
@given(cases(batch=integers(2, 3), **varied("timesteps", "units", "use_bias")))
def test_a_saved_model_goes_on_from_the_state_at_its_export(case):
    """
    On TensorFlow the SavedModel of a stateful LSTM, given no state, goes on from the one that the
    layer had at its export.

    Reset the layer before exporting. The exported model keeps its state from call to call,
    and has no method to reset it.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2, stateful=True), np.ones((4, 3, 1))
    >>> model = keras.Sequential([keras.Input(batch_shape=(4, 3, 1)), lstm])
    >>> first = np.array(model(x))
    >>> model.export("lstm", verbose=False)
    >>> loaded = keras.layers.TFSMLayer("lstm", call_endpoint="serve")
    >>> bool(np.allclose(loaded(x), first))
    False
    """
    model = sequential(case, stateful=True)
    model(case.x)
    twice = replace(case, x=np.tile(case.x, (1, 2, 1)))
    assert_close(exported(model)(case.x), equations(twice).h)


@claim(
    "saving.export-one-sequence",
    promised="Model, method `export`: a SavedModel that holds the forward pass",
    needs=("tensorflow", "keras.layers.TFSMLayer"),
)
def test_a_stateful_model_of_one_sequence_is_exported():
    """
    A stateful LSTM that reads a single sequence at a time can be exported as a SavedModel.

    By default the batch size of the exported input is left open. Where that fails, tell it
    with `input_signature`.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, stateful=True)
    >>> model = keras.Sequential([keras.Input(batch_shape=(1, 3, 1)), lstm])
    >>> signature = [keras.layers.InputSpec(shape=(1, 3, 1), dtype="float32")]
    >>> model.export("lstm", verbose=False, input_signature=signature)
    >>> loaded = keras.layers.TFSMLayer("lstm", call_endpoint="serve")
    >>> tuple(loaded(np.ones((1, 3, 1))).shape)
    (1, 2)
    """
    case = drawn_once(batch=1)
    model = sequential(case, stateful=True)
    assert_close(exported(model)(case.x), equations(case).h)


@claim(
    "saving.export-structure",
    derived="saving.structure, for what `export` writes",
    cases=2,
    needs=("tensorflow", "keras.layers.TFSMLayer"),
)
@given(cases(batch=2, timesteps=1, unroll=True), whole(list(structures(*"xzhy"))))
def test_an_exported_model_has_the_structure_of_its_inputs_and_outputs(case, name):
    """
    `serve` of an exported functional model takes the lists and dictionaries of its Inputs, and
    returns a call's, if not nested.

    Tensors have to be of the Inputs' types, keys text. Inputs may be nested. Outputs must not be:
    TensorFlow returns a tensor, a list or a dictionary of tensors.

    >>> import keras, numpy as np
    >>> given, lstm = keras.Input((3, 1), name="x"), keras.layers.LSTM(2)
    >>> model = keras.Model({"x": given}, {"last": lstm(given)})
    >>> model.export("lstm", verbose=False)
    >>> loaded = keras.layers.TFSMLayer("lstm", call_endpoint="serve")
    >>> [(name, tuple(y.shape)) for name, y in loaded({"x": np.ones((1, 3, 1))}).items()]
    [('last', (1, 2))]
    """
    inputs, outputs = symbolic(case, exportable)[name]
    arrays, expected = computed(case, exportable)[name]
    actual = exported(keras.Model(inputs, outputs))(arrays)
    assert with_names(actual) == with_names(unlisted(expected)), f"{actual}"
    assert_close(arrays_of(actual), arrays_of(expected))


def exportable(x, z, h, y):
    """Return pairs of inputs, nested too, and outputs that are not, by the name of the former."""
    pairs = structures(x, z, h, y)
    return {**pairs, "nested": (pairs["nested"][0], pairs["dictionary"][1])}


@claim(
    "saving.litert",
    promised='Model, method `export`: a file for inference with format="litert"',
    needs=("tensorflow", "Model.export(format)"),
)
def test_a_litert_export_runs_in_its_interpreter():
    """
    An LSTM exported with format="litert" runs in the LiteRT interpreter, and gives the same.

    Where the interpreter refuses it, the file needs the Flex delegate, which brings in operators
    of TensorFlow. What does without, see `saving.litert-unrolled` and `saving.litert-converter`.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, unroll=True)
    >>> model = keras.Sequential([keras.Input(batch_shape=(1, 3, 1)), lstm])
    >>> model.export("lstm.tflite", format="litert", verbose=False)
    >>> b"FlexTensorList" in open("lstm.tflite", "rb").read()
    False
    """
    case = drawn_once(batch=1)
    assert_close(interpreted(litert(sequential(case)), case.x), equations(case).h)


@claim(
    "saving.litert-unrolled",
    observed="Keras 3.15, TensorFlow 2.21",
    needs=("tensorflow", "Model.export(format)"),
)
def test_an_unrolled_litert_export_runs_in_its_interpreter():
    """
    By default an unrolled LSTM of float32 that is exported with format="litert" runs in the LiteRT
    interpreter.

    It needs none of TensorFlow's own operators, and its outputs are those of Keras up to
    rounding. The number of timesteps is fixed then.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, unroll=True)
    >>> model = keras.Sequential([keras.Input(batch_shape=(1, 3, 1)), lstm])
    >>> model.export("lstm.tflite", format="litert", verbose=False)
    >>> b"FlexTensorList" in open("lstm.tflite", "rb").read()
    False
    """
    case = drawn_once(batch=1)
    assert_close(interpreted(litert(sequential(case, unroll=True)), case.x), equations(case).h)


@claim(
    "saving.litert-converter",
    observed="TensorFlow 2.21: the operator TensorListReserve needs a known shape",
    corrects="An LSTM must be unrolled to be converted to TensorFlow Lite.",
    needs="tensorflow",
)
def test_the_converter_takes_a_loop_of_known_batch_size_only():
    """
    By default TFLiteConverter.from_keras_model takes a looped float32 LSTM if its batch size is
    known, and only then.

    In Keras 3 the file holds a loop, without operators of TensorFlow's own. Give `Input` a
    batch_size; the weights may come from any other model. export() opens the batch size
    again, unless its input_signature gives one, so that from_saved_model refuses the LSTM.

    >>> import keras, numpy as np
    >>> import contextlib, io, tensorflow as tf
    >>> model = keras.Sequential([keras.Input((3, 1), batch_size=1), keras.layers.LSTM(2)])
    >>> with contextlib.redirect_stdout(io.StringIO()):  # it tells what it saves on the way
    ...     content = tf.lite.TFLiteConverter.from_keras_model(model).convert()
    >>> content[4:8]  # of a file of LiteRT, made without unroll=True
    b'TFL3'
    """
    case = drawn_once(batch=1)
    unknown = fresh(case, lstm(case))
    assert_close(interpreted(converted(sequential(case)), case.x), equations(case).h)
    assert_refused(lambda: converted(unknown), "ConverterError", "TensorListReserve")


@claim(
    "saving.onnx",
    promised='Model, method `export`: a file for inference with format="onnx"',
    needs="tf2onnx",
)
def test_an_onnx_file_holds_one_operator_that_gives_the_same():
    """
    By default, on TensorFlow, an unmasked LSTM of open length exported to ONNX is one LSTM
    operator, for any size left open.

    A mask makes a loop of it, and so does elu, gelu or None as activation. Without an
    input_signature the model must have been called once before. The operator takes the weights in
    the order i, o, f, g.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((None, 1)), keras.layers.LSTM(2)])
    >>> _ = model(np.ones((1, 3, 1)))
    >>> model.export("lstm.onnx", format="onnx", verbose=False)
    >>> content = open("lstm.onnx", "rb").read()
    >>> b"LSTM" in content, b"Loop" in content
    (True, False)
    """
    case = drawn_once(batch=2)
    other = replace(case, x=noise((3, 5, 2), 9))
    model = keras.Sequential([keras.Input((None, 2)), lstm(case)])
    operators, outputs = onnx(model, case.x, other.x)
    assert operators.count("LSTM") == 1, f"the operators are {operators}"
    assert_close(outputs, [equations(case).h, equations(other).h])


@claim(
    "saving.onnx-bidirectional",
    promised='Model, method `export`: a file for inference with format="onnx"',
    needs="tf2onnx",
)
def test_an_onnx_file_of_both_directions_gives_the_same():
    """
    By default, on TensorFlow, an unmasked Bidirectional(LSTM) on an Input of open length is one
    LSTM operator in ONNX.

    The operator has the direction "bidirectional", and gives what both layers give. For sequences
    of a known single timestep there are two operators with return_sequences=True, and so there are
    for what keras.ops.flip returns.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2))
    >>> model = keras.Sequential([keras.Input((None, 1)), both])
    >>> _ = model(np.ones((1, 3, 1)))
    >>> model.export("lstm.onnx", format="onnx", verbose=False)
    >>> content = open("lstm.onnx", "rb").read()
    >>> b"LSTM" in content, b"bidirectional" in content
    (True, True)
    """
    case = drawn_once(batch=2)
    parts = [case, replace(case, x=noise((3, 5, 2), 9))]
    model = keras.Sequential([keras.Input((None, 2)), both(case, opposite(case, 5))])
    operators, outputs = onnx(model, *(part.x for part in parts))
    assert operators.count("LSTM") == 1, f"the operators are {operators}"
    ends = [[equations(half).h for half in (part, opposite(part, 5))] for part in parts]
    assert_close(outputs, [side_by_side(*halves) for halves in ends])


@claim(
    "saving.onnx-uncalled",
    observed="Keras 3.15",
    corrects="A model with an `Input` can be exported at once, because it is built.",
    cases=4,
    needs="Model.export(format)",
)
@given(cases(), kinds)
def test_a_model_that_was_never_called_is_not_exported_to_onnx(case, kind):
    """
    Without an input_signature a model that was never called is not exported to ONNX, even though
    it has an `Input`.

    Building does not count, and a model that was just loaded has not been called either. A call on
    an array or on keras.Input, predict, or a step of training does count.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((None, 1)), keras.layers.LSTM(2)])
    >>> try:
    ...     model.export("lstm.onnx", format="onnx", verbose=False)
    ... except ValueError as error:
    ...     print("has never called" in str(error))
    True
    """
    model = of_kind(kind, case)
    assert_refused(
        lambda: model.export("lstm.onnx", format="onnx"), "ValueError", "has never called"
    )


@claim(
    "saving.openvino",
    promised='Model, method `export`: a file for inference with format="openvino"',
    needs=("openvino", "scipy"),
)
def test_an_openvino_export_gives_the_same():
    """
    By default an LSTM exported with format="openvino" gives the same outputs in float32 OpenVINO.

    Where the conversion of a layer without dropout is refused, unroll the layer, which fixes the
    number of timesteps. For float32 see `saving.openvino-unrolled`.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, unroll=True)
    >>> model = keras.Sequential([keras.Input((3, 1)), lstm])
    >>> model.export("lstm.xml", format="openvino", verbose=False)
    >>> "TensorList" in open("lstm.xml").read()
    False
    """
    case = drawn_once(batch=2)
    assert_close(openvino(sequential(case), case.x), equations(case).h)


@claim(
    "saving.openvino-unrolled",
    observed="Keras 3.15, TensorFlow 2.21, OpenVINO 2026.4",
    needs="openvino",
)
def test_an_unrolled_openvino_export_gives_the_same():
    """
    By default one unrolled LSTM exported with format="openvino" gives the same in float32 OpenVINO.

    By default OpenVINO computes in a smaller type where the processor has one;
    INFERENCE_PRECISION_HINT asks for float32. A layer with dropout is refused: its graph holds the
    random masks, though nothing reads them.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, unroll=True)
    >>> model = keras.Sequential([keras.Input((3, 1)), lstm])
    >>> model.export("lstm.xml", format="openvino", verbose=False)
    >>> "TensorList" in open("lstm.xml").read()
    False
    """
    case = drawn_once(batch=2)
    assert_close(openvino(sequential(case, unroll=True), case.x), equations(case).h)


@claim(
    "saving.pytorch-weights",
    derived="gates.order: PyTorch stacks the same gates i, f, g, o along the other axis",
    corrects="The two biases of PyTorch must be weighed, or one left out, to fit into Keras.",
    cases=4,
    needs="torch",
)
@given(cases(state=True, return_sequences=True, return_state=True), seeds)
def test_the_weights_of_pytorch_fit_when_transposed(case, seed):
    """
    Weights of a plain torch.nn.LSTM, transposed, its two biases added, make the same Keras LSTM.

    Plain is one layer in one direction, with biases and without proj_size. Both have the gate
    order i, f, g, o, and the two biases occur only as their sum. PyTorch has the timesteps first,
    unless it is made with batch_first=True.

    >>> import keras, numpy as np
    >>> shapes, sigmoid = [(8, 3), (8, 2), 8, 8, 3], lambda z: 1 / (1 + np.exp(-z))
    >>> weight_ih, weight_hh, bias_ih, bias_hh, x = (np.random.random(s) for s in shapes)
    >>> lstm = keras.layers.LSTM(2)
    >>> lstm.build((None, None, 3))
    >>> lstm.set_weights([weight_ih.T, weight_hh.T, bias_ih + bias_hh])
    >>> i, f, g, o = np.split(weight_ih @ x + bias_ih + bias_hh, 4)  # as PyTorch computes
    >>> bool(np.allclose(lstm(x[None, None]), sigmoid(o) * np.tanh(sigmoid(i) * np.tanh(g))))
    True
    """
    weights, expected = pytorch(case, noise((4 * case.units,), seed))
    kernel, recurrent, bias, rest = weights
    layer = lstm(replace(case, kernel=kernel.T, recurrent_kernel=recurrent.T, bias=bias + rest))
    assert_close(layer(case.x, initial_state=as_states(case.state)), expected)
