"""Saving: what of a layer and a model is kept, in configurations, files, copies and conversions.

Weights come back to the last bit. What is lost on the way is less known: two arguments, the
state of a stateful layer, and where the random numbers of dropout had got to.
"""

from __future__ import annotations

import copy
import inspect
import json
import pickle
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np
from hypothesis import example, given
from hypothesis.strategies import booleans, fixed_dictionaries, integers, just, sampled_from

from lstm_spec.claims import claim
from lstm_spec.harness.reference import equations
from lstm_spec.harness.strategies import Case, cases, noise, seeds
from lstm_spec.harness.subject import (
    UNDRAWN,
    as_states,
    export,
    lstm,
    policy,
    to_numpy,
    with_weights,
)
from lstm_spec.harness.tolerance import assert_close, assert_differs, assert_refused, assert_same

flags = booleans()
functions = sampled_from(["tanh", "relu", "elu", "linear", "softsign"])
initializers = sampled_from(["GlorotUniform", "Orthogonal", "Zeros", "Ones", "HeNormal"])


def either(number):
    """Draw one of two numbers that nothing else has, so that no two arguments are mistaken."""
    return sampled_from([number / 64, (number + 0.5) / 64])


arguments = fixed_dictionaries(
    {
        "units": integers(1, 4),
        "activation": functions,
        "recurrent_activation": sampled_from(["sigmoid", "hard_sigmoid"]),
        "use_bias": flags,
        "kernel_initializer": initializers,
        "recurrent_initializer": initializers,
        "bias_initializer": initializers,
        "unit_forget_bias": flags,
        "kernel_regularizer": either(1),
        "recurrent_regularizer": either(2),
        "bias_regularizer": either(3),
        "activity_regularizer": either(4),
        "kernel_constraint": either(5),
        "recurrent_constraint": either(6),
        "bias_constraint": either(7),
        "dropout": either(8),
        "recurrent_dropout": either(9),
        "seed": sampled_from([None, 7]),
        "return_sequences": flags,
        "return_state": flags,
        "go_backwards": flags,
        "stateful": flags,
        "unroll": flags,
        "zero_output_for_mask": flags,
        "name": sampled_from(["lstm", "encoder"]),
        "trainable": flags,
        "dtype": sampled_from(["float32", "float64", "mixed_float16"]),
    }
)


def serialized(drawn):
    """Return arguments of LSTM as a configuration holds them: the objects among them as dicts."""
    objects = {
        "initializer": lambda name: getattr(keras.initializers, name)(),
        "regularizer": keras.regularizers.L2,
        "constraint": keras.constraints.MaxNorm,
        "dtype": policy,
    }
    made = {
        name: keras.utils.serialize_keras_object(objects[name.split("_")[-1]](value))
        for name, value in drawn.items()
        if name.split("_")[-1] in objects
    }
    return {**drawn, **made}


def of_each_kind(drawn):
    """Return a cell, and a layer of each kind around it, with what its configuration must hold."""
    layers, kept, told = keras.layers, keras.utils.serialize_keras_object, serialized(drawn)
    base = {name: told[name] for name in ("name", "trainable", "dtype")}
    of_cell, of_rnn = (
        {name: told[name] for name in inspect.signature(kind).parameters if name in told}
        for kind in (layers.LSTMCell, layers.RNN)
    )
    cell, plain = layers.LSTMCell(**of_cell, **base), layers.LSTMCell(2)
    both = [layers.LSTM(**{**told, "go_backwards": way}) for way in (False, True)]
    mode = ["sum", "ave"][told["unroll"]]
    wrapper = layers.Bidirectional(both[0], mode, backward_layer=both[1], **base)
    inside = {"layer": kept(wrapper.forward_layer), "backward_layer": kept(both[1])}
    return [
        (cell, {**of_cell, **base}),
        (layers.RNN(cell, **of_rnn, **base), {**of_rnn, **base, "cell": kept(cell)}),
        (
            layers.StackedRNNCells([cell, plain], **base),
            {**base, "cells": [kept(cell), kept(plain)]},
        ),
        (wrapper, {**base, "merge_mode": mode, **inside}),
        (layers.TimeDistributed(both[0], **base), {**base, "layer": kept(both[0])}),
        (layers.Masking(told["dropout"], **base), {**base, "mask_value": told["dropout"]}),
    ]


def rebuilt(layer):
    """Make a layer from another one's configuration."""
    return type(layer).from_config(layer.get_config())


def sequential(case, **options):
    """Build a model of one LSTM for a case, with the case's weights."""
    return keras.Sequential([keras.Input(batch_shape=case.x.shape), lstm(case, **options)])


def fresh(case, *layers):
    """Build a model of layers, made for a case's input, with weights of their own."""
    return keras.Sequential([keras.Input(case.x.shape[1:]), *layers])


def reloaded(model, name="lstm.keras", **options):
    """Save a model under a name and load it again."""
    with TemporaryDirectory() as folder:
        model.save(Path(folder, name))
        return keras.models.load_model(Path(folder, name), **options)


def handed_over(source, target):
    """Save the weights of a model, load them into another, and return that one."""
    with TemporaryDirectory() as folder:
        source.save_weights(Path(folder, "lstm.weights.h5"))
        target.load_weights(Path(folder, "lstm.weights.h5"))
    return target


def wrapped(kind, units):
    """Return layers that hold LSTMs, or their cells, in one of five ways."""
    layers, lstm_cell = keras.layers, keras.layers.LSTMCell
    return {
        "Bidirectional": lambda: [layers.Bidirectional(layers.LSTM(units))],
        "RNN of one cell": lambda: [layers.RNN(lstm_cell(units))],
        "RNN of two cells": lambda: [layers.RNN([lstm_cell(units), lstm_cell(units + 1)])],
        "TimeDistributed": lambda: [
            layers.Reshape((-1, 1, 1)),
            layers.TimeDistributed(layers.LSTM(units)),
        ],
        "Masking": lambda: [layers.Masking(0.5), layers.LSTM(units)],
    }[kind]()


def drawn_like(weights, seed):
    """Return arrays of noise in the shapes of some weights."""
    return [noise(weight.shape, seed + k) for k, weight in enumerate(weights)]


def encoder_decoder(case):
    """Build a functional model whose decoder starts from the states its encoder ends with."""
    x, z = keras.Input((None, case.features)), keras.Input((None, case.features))
    _, h, c = lstm(case, return_state=True)(x)
    return keras.Model([x, z], lstm(case)(z, initial_state=[h, c]))


def trained(case, seed):
    """Build a model of one LSTM that has made one step of training."""
    model = sequential(case)
    model.compile("adam", "mse", run_eagerly=True)
    model.train_on_batch(case.x, noise((case.batch, case.units), seed))
    return model


@keras.utils.register_keras_serializable()
def registered(z):
    """Halve z: an activation that Keras knows by name."""
    return z * 0.5


def unregistered(z):
    """Halve z: an activation that Keras does not know."""
    return z * 0.5


class Total(keras.layers.Layer):  # type: ignore[misc]
    """A cell that Keras does not know: the total of its input."""

    state_size = 1

    def call(self, inputs, states):
        """Add a timestep to the total."""
        return states[0] + inputs, [states[0] + inputs]


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
    x, kernel = noise((batch, 3, 2), 1), noise((2, 16), 2)
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


# What a configuration keeps.


@claim(
    "saving.config-keeps-arguments",
    promised="Layer, method `from_config`: the reverse of get_config",
)
@example({"units": 1})
@given(arguments)
def test_every_argument_but_two_survives_the_configuration(drawn):
    """
    Every argument but `use_cudnn` and `implementation` survives get_config, JSON and from_config.

    The configuration is a dictionary of plain values, in which initializers, regularizers,
    constraints and the dtype policy are dictionaries again. It holds no weights.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, activation="elu", dropout=0.25, go_backwards=True)
    >>> config = lstm.get_config()
    >>> config["units"], config["activation"], config["dropout"], config["go_backwards"]
    (2, 'elu', 0.25, True)
    >>> keras.layers.LSTM.from_config(config).get_config() == config
    True
    """
    told = serialized(drawn)
    config = json.loads(json.dumps(keras.layers.LSTM(**told).get_config()))
    kept = keras.layers.LSTM.from_config(config).get_config()
    missing = set(inspect.signature(keras.layers.LSTM).parameters) - set(config)
    assert missing <= {"use_cudnn", "kwargs"}, f"not in the configuration: {missing}"
    assert {name: config.get(name) for name in told} == told, f"{config} does not hold {told}"
    assert kept == config, f"{kept} is not {config}"


@claim(
    "saving.config-of-other-kinds",
    promised="Layer, method `from_config`: the reverse of get_config",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(arguments)
def test_the_arguments_of_cells_and_wrappers_survive_the_configuration(drawn):
    """
    Cells, RNN, Bidirectional, TimeDistributed and Masking keep their arguments in their config.

    What they wrap is a configuration inside theirs. Two arguments are lost as in LSTM: the
    cell's `implementation`, and `use_cudnn` of a wrapped layer.

    >>> import keras, numpy as np
    >>> rnn = keras.layers.RNN(keras.layers.LSTMCell(2, dropout=0.25), go_backwards=True)
    >>> config = rnn.get_config()
    >>> config["go_backwards"], config["cell"]["config"]["dropout"]
    (True, 0.25)
    >>> keras.layers.RNN.from_config(config).get_config() == rnn.get_config()
    True
    """
    layers, told = zip(*of_each_kind(drawn), strict=True)
    configs = [json.loads(json.dumps(layer.get_config())) for layer in layers]
    held = [{name: own.get(name) for name in part} for own, part in zip(configs, told, strict=True)]
    pairs = zip(layers, copy.deepcopy(configs), strict=True)
    kept = [type(layer).from_config(config).get_config() for layer, config in pairs]
    assert held == list(told), f"{held} is not {told}"
    assert kept == configs, f"{kept} is not {configs}"


@claim(
    "saving.keeps-use-cudnn",
    promised="Layer, method `from_config`: the reverse of get_config",
    needs="LSTM(use_cudnn)",
)
def test_use_cudnn_survives_the_configuration():
    """
    A layer made from the configuration of an LSTM with `use_cudnn=False` never uses cuDNN either.

    Whoever turns cuDNN off, for reproducible numbers or for an export, wants it off in the
    copy. Until it is, it can be turned off there by hand, as an attribute.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, use_cudnn=False)
    >>> twin = keras.layers.LSTM.from_config(lstm.get_config())
    >>> twin.use_cudnn = False
    >>> lstm.use_cudnn, twin.use_cudnn
    (False, False)
    """
    twin = rebuilt(keras.layers.LSTM(2, use_cudnn=False))
    assert twin.use_cudnn is False, f"use_cudnn={twin.use_cudnn!r}"


@claim(
    "saving.keeps-implementation",
    promised="Layer, method `from_config`: the reverse of get_config",
)
def test_implementation_survives_the_configuration():
    """
    A layer made from the configuration of an LSTM with `implementation=1` has it too.

    The two implementations agree but for rounding, and in training with dropout for the
    masks that they draw. The argument belongs to the cell, where it can be set by hand.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, implementation=1)
    >>> twin = keras.layers.LSTM.from_config(lstm.get_config())
    >>> twin.cell.implementation = 1
    >>> lstm.cell.implementation, twin.cell.implementation
    (1, 1)
    """
    twin = rebuilt(keras.layers.LSTM(2, implementation=1))
    assert twin.cell.implementation == 1, f"implementation={twin.cell.implementation}"


@claim(
    "saving.config-used-up",
    observed="Keras 2 and 3",
    corrects="From one configuration any number of layers can be made.",
)
@given(integers(1, 4))
def test_from_config_takes_the_cell_out_of_the_configuration(units):
    """
    from_config of RNN takes the cell out of the configuration, while Bidirectional copies its own.

    A second layer from the same dictionary fails with a KeyError, as it does for the cells of
    StackedRNNCells and the layer of TimeDistributed. Call get_config again.

    >>> import keras, numpy as np
    >>> config = keras.layers.RNN(keras.layers.LSTMCell(2)).get_config()
    >>> rnn = keras.layers.RNN.from_config(config)
    >>> "cell" in config, "cell" in rnn.get_config()
    (False, True)
    """
    layers, cell = keras.layers, keras.layers.LSTMCell(units)
    inner = layers.LSTM(units)
    kinds = [layers.RNN(cell), layers.StackedRNNCells([cell]), layers.TimeDistributed(inner)]
    configs = [layer.get_config() for layer in [*kinds, layers.Bidirectional(inner)]]
    twins = [type(k).from_config(c) for k, c in zip(kinds, configs, strict=False)]
    twins += [layers.Bidirectional.from_config(configs[3])]
    lost = [set(twin.get_config()) - set(c) for twin, c in zip(twins, configs, strict=True)]
    assert lost == [{"cell"}, {"cells"}, {"layer"}, set()], f"lost: {lost}"
    assert configs[3] == twins[3].get_config(), "the configuration of Bidirectional is changed"


@claim(
    "saving.config-custom-objects",
    observed="Keras 3",
)
def test_from_config_takes_custom_objects_for_what_is_wrapped():
    """
    from_config of RNN, StackedRNNCells and Bidirectional finds classes given as custom_objects.

    So one that is not registered can be named there, as in load_model. In Bidirectional it
    holds for the backward layer: the forward layer is copied once more, without them.

    >>> import keras, numpy as np
    >>> class Total(keras.layers.Layer):
    ...     state_size = 1
    ...     def call(self, x, states): return states[0] + x, [states[0] + x]
    >>> config = keras.layers.RNN(Total()).get_config()
    >>> rnn = keras.layers.RNN.from_config(config, custom_objects={"Total": Total})
    >>> float(rnn(np.ones((1, 3, 1)))[0, 0])
    3.0
    """
    layers, found = keras.layers, {"Total": Total, "unregistered": unregistered}
    backward = layers.LSTM(2, activation=unregistered, go_backwards=True)
    both = layers.Bidirectional(layers.LSTM(2), backward_layer=backward)
    for layer in (layers.RNN(Total()), layers.StackedRNNCells([Total(), Total()]), both):
        read = partial(type(layer).from_config, layer.get_config())
        assert_refused(read, "TypeError", ("Could not locate", "could not be deserialized"))
        twin = type(layer).from_config(layer.get_config(), custom_objects=found)
        assert twin.get_config() == layer.get_config(), f"{twin.get_config()}"


@claim(
    "saving.same-function",
    derived="saving.config-keeps-arguments, and weights.round-trip",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(
    cases(
        activation=functions,
        recurrent_activation=sampled_from(["sigmoid", "hard_sigmoid"]),
        return_sequences=flags,
        go_backwards=flags,
        unroll=flags,
    )
)
def test_configuration_and_weights_make_the_same_function(case):
    """
    A layer made from another one's configuration, with its weights set, computes the same bits.

    Configuration and weights are all that a layer consists of, unless it is stateful or
    has made random numbers for dropout.

    >>> import keras, numpy as np
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> lstm = keras.layers.LSTM(2, activation="elu", go_backwards=True)
    >>> y = lstm(x)
    >>> twin = keras.layers.LSTM.from_config(lstm.get_config())
    >>> twin.build(x.shape)
    >>> twin.set_weights(lstm.get_weights())
    >>> bool(np.array_equal(twin(x), y))
    True
    """
    layer = lstm(case)
    twin = with_weights(rebuilt(layer), case)
    assert_same(twin(case.x), layer(case.x))


@claim(
    "saving.clone-model",
    promised="clone_model: it makes new layers, and so new weights",
    corrects="A model made by clone_model has the weights of the model it was made from.",
    costly="two models an example",
)
@given(cases(timesteps=integers(1, 3)))
def test_clone_model_makes_new_weights(case):
    """
    The model that clone_model makes has new initial weights, not those of the original.

    It is made from the configuration. With set_weights it becomes the same function; a copy
    in one step is copy.deepcopy.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> clone, x = keras.models.clone_model(model), np.ones((1, 3, 1))
    >>> bool(np.allclose(clone(x), model(x)))
    False
    >>> clone.set_weights(model.get_weights())
    >>> bool(np.array_equal(clone(x), model(x)))
    True
    """
    model = sequential(case)
    clone = keras.models.clone_model(model)
    assert_differs(clone.get_weights()[0], case.kernel)
    assert_differs(clone.get_weights()[1], case.recurrent_kernel)
    assert clone.layers[0].get_config() == model.layers[0].get_config()
    clone.set_weights(model.get_weights())
    assert_same(clone(case.x), model(case.x))


# Files of models.


@claim(
    "saving.keras-file",
    promised="Model, method `save`: the file holds the configuration and the weights",
    corrects="A loaded model predicts something else than the model that was saved.",
    costly="a file an example",
)
@given(cases(return_sequences=flags, go_backwards=flags, activation=functions))
def test_a_model_loaded_from_a_keras_file_is_the_same_function(case):
    """
    A model saved to a `.keras` file and loaded again gives the same outputs, bit for bit.

    Where a loaded model seems to differ, something beside the model does: how the data were
    scaled, how words were numbered, or a state that the model had when it was saved.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.save("lstm.keras")
    >>> loaded, x = keras.models.load_model("lstm.keras"), np.ones((1, 3, 1))
    >>> bool(np.array_equal(loaded(x), model(x)))
    True
    """
    model = sequential(case)
    loaded = reloaded(model, "lstm.keras")
    assert_same(loaded(case.x), model(case.x))
    assert loaded.layers[0].get_config() == model.layers[0].get_config()


@claim(
    "saving.legacy-file",
    observed="Keras 2 and 3: `.h5` is Keras' older format of files",
    costly="a file an example",
)
@given(cases(return_sequences=flags, go_backwards=flags, activation=functions))
def test_a_model_loaded_from_an_h5_file_is_the_same_function(case):
    """
    An uncompiled model saved to an `.h5` file and loaded again gives the same outputs, bit for bit.

    Saving warns that the format is a legacy. It is the one that Keras 2 and Keras 3 share,
    and the one that other programs read.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.save("lstm.h5")
    >>> loaded, x = keras.models.load_model("lstm.h5"), np.ones((1, 3, 1))
    >>> bool(np.array_equal(loaded(x), model(x)))
    True
    """
    model = sequential(case)
    loaded = reloaded(model, "lstm.h5")
    assert_same(loaded(case.x), model(case.x))
    assert loaded.layers[0].get_config() == model.layers[0].get_config()


@claim(
    "saving.needs-extension",
    observed="Keras 3; Keras 2 wrote a folder, a SavedModel",
    corrects='model.save("name") saves a model.',
)
def test_a_name_without_extension_is_refused():
    """
    Saving a model under a name without an extension is refused, with nothing written.

    The extension chooses the format, `.keras` or `.h5`. In a long program the refusal comes
    after the training, whose result is then lost: name the file in full.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> try:
    ...     model.save("lstm")
    ... except ValueError as error:
    ...     print("extension" in str(error))
    True
    """
    model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    assert_refused(lambda: reloaded(model, "lstm"), "ValueError", "Invalid filepath extension")


@claim(
    "saving.wrapped",
    promised="Model, method `save`: the file holds the configuration and the weights",
    costly="a file an example, and up to two LSTM layers",
)
@given(
    cases(features=1, timesteps=integers(1, 3)),
    sampled_from(
        ["Bidirectional", "RNN of one cell", "RNN of two cells", "TimeDistributed", "Masking"]
    ),
    seeds,
)
def test_wrapped_layers_and_cells_are_saved(case, kind, seed):
    """
    Bidirectional, RNN of cells, TimeDistributed and Masking also come back from a `.keras` file.

    Each saves the configuration of what it holds, and the weights lie in the file under the
    name of the cell that owns them.

    >>> import keras, numpy as np
    >>> cells = [keras.layers.LSTMCell(3), keras.layers.LSTMCell(2)]
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.RNN(cells)])
    >>> model.save("lstm.keras")
    >>> loaded, x = keras.models.load_model("lstm.keras"), np.ones((1, 3, 1))
    >>> bool(np.allclose(loaded(x), model(x), atol=1e-6))
    True
    """
    model = fresh(case, *wrapped(kind, case.units))
    model.set_weights(drawn_like(model.get_weights(), seed))
    assert_close(reloaded(model)(case.x), model(case.x))


@claim(
    "saving.masking-array",
    observed="Keras 3",
    costly="a file an example",
)
@given(cases(features=2, timesteps=integers(1, 3)), seeds)
def test_a_mask_value_for_each_feature_is_saved(case, seed):
    """
    A Masking whose mask_value is an array masks the same when it is loaded from a `.keras` file.

    The configuration in the file holds the array as a list with its dtype.

    >>> import keras, numpy as np
    >>> masking = keras.layers.Masking(mask_value=np.array([0.0, 9.0]))
    >>> keras.Sequential([keras.Input((3, 2)), masking]).save("masking.keras")
    >>> loaded = keras.models.load_model("masking.keras").layers[0]
    >>> loaded.mask_value.tolist()
    [0.0, 9.0]
    """
    values = noise((2,), seed)
    x = np.where(noise(case.x.shape[:2], seed)[:, :, None] > 0, values, case.x)
    layer = reloaded(fresh(case, keras.layers.Masking(values))).layers[0]
    assert_same(layer.mask_value, values)
    assert_same(layer.compute_mask(x), np.any(x != values, axis=2))


@claim(
    "saving.encoder-decoder",
    promised="Model, method `save`: the file holds the configuration and the weights",
    costly="a file an example, and two LSTM layers",
)
@given(cases(timesteps=integers(1, 3)), seeds)
def test_a_saved_decoder_still_starts_from_the_states_of_its_encoder(case, seed):
    """
    A decoder that starts from its encoder's states does so in the loaded model too.

    A functional model saves how its layers are connected, the argument `initial_state`
    included.

    >>> import keras, numpy as np
    >>> x, z = keras.Input((None, 1)), keras.Input((None, 1))
    >>> _, h, c = keras.layers.LSTM(2, return_state=True)(x)
    >>> model = keras.Model([x, z], keras.layers.LSTM(2)(z, initial_state=[h, c]))
    >>> model.save("lstm.keras")
    >>> loaded, pair = keras.models.load_model("lstm.keras"), [np.ones((1, 3, 1))] * 2
    >>> bool(np.array_equal(loaded(pair), model(pair)))
    True
    """
    model, z = encoder_decoder(case), noise((case.batch, 2, case.features), seed)
    assert_same(reloaded(model)([case.x, z]), model([case.x, z]))


@claim(
    "saving.dtype-policy",
    promised="Model, method `save`: the file holds the configuration and the weights",
    costly="a file an example",
)
@given(cases(timesteps=integers(1, 3)), sampled_from(["float16", "float64", "mixed_float16"]))
def test_the_dtype_policy_is_saved(case, policy):
    """
    A loaded layer computes in the dtype it was saved with, whatever the default then is.

    The policy is a part of the configuration. With mixed_float16 the file holds the weights
    in float32, as the layer does.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, dtype="mixed_float16")
    >>> model = keras.Sequential([keras.Input((3, 1)), lstm])
    >>> model.save("lstm.keras")
    >>> loaded = keras.models.load_model("lstm.keras")
    >>> loaded.layers[0].dtype_policy.name, keras.mixed_precision.global_policy().name
    ('mixed_float16', 'float32')
    """
    model = sequential(case, dtype=policy)
    y, expected = to_numpy(reloaded(model)(case.x)), to_numpy(model(case.x))
    assert y.dtype == expected.dtype, f"{y.dtype}, expected {expected.dtype}"
    assert_same(y, expected)


@claim(
    "saving.training-goes-on",
    promised="Model, method `save`: the file holds the optimizer's state",
    costly="a file and three steps of training an example",
    needs="keras.Model.fit",
)
@given(cases(batch=1, timesteps=integers(1, 2)), seeds)
def test_a_loaded_model_is_trained_on_as_if_never_saved(case, seed):
    """
    A compiled model loaded from a `.keras` file trains on as if it had never been saved.

    The file holds the moments that Adam has collected, and its count of steps. Setting the
    weights in a new model loses them, and the next step is another.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("adam", "mse", run_eagerly=True)
    >>> _ = model.train_on_batch(np.ones((1, 3, 1)), np.ones((1, 2)))
    >>> model.save("lstm.keras")
    >>> int(np.array(keras.models.load_model("lstm.keras").optimizer.iterations))
    1
    """
    model, y = trained(case, seed), noise((case.batch, case.units), seed + 1)
    loaded = reloaded(model)
    loaded.run_eagerly = True
    loaded.train_on_batch(case.x, y)
    model.train_on_batch(case.x, y)
    assert_same(loaded.get_weights(), model.get_weights())


@claim(
    "saving.legacy-compiled",
    promised="load_model, returns: a compiled model, if the original was compiled",
)
def test_a_model_compiled_with_mse_loads_from_an_h5_file():
    """
    A model compiled with the loss "mse" can be saved to an `.h5` file and loaded again.

    If load_model fails on the loss, the model itself is unharmed: with compile=False it
    loads, and can be compiled anew. The long name, "mean_squared_error", is found.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("adam", "mse")
    >>> model.save("lstm.h5")
    >>> loaded, x = keras.models.load_model("lstm.h5", compile=False), np.ones((1, 3, 1))
    >>> bool(np.array_equal(loaded(x), model(x)))
    True
    """
    model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    model.compile("adam", "mse")
    assert_same(reloaded(model, "lstm.h5").get_weights(), model.get_weights())


# Activations of one's own.


@claim(
    "saving.registered-activation",
    promised="register_keras_serializable: it lets Keras find the function by its name",
    costly="a file an example",
)
@given(cases(timesteps=integers(1, 3)), sampled_from(["lstm.keras", "lstm.h5"]))
def test_a_registered_activation_is_loaded_by_its_name(case, name):
    """
    An activation registered with Keras is found again when a model that has it is loaded.

    The file holds the name of the function only. The program that loads it must define and
    register the function before it loads.

    >>> import keras, numpy as np
    >>> @keras.utils.register_keras_serializable()
    ... def half(z):
    ...     return z * 0.5
    >>> lstm, x = keras.layers.LSTM(2, activation=half), np.ones((1, 3, 1))
    >>> keras.Sequential([keras.Input((3, 1)), lstm]).save("lstm.keras")
    >>> bool(np.allclose(keras.models.load_model("lstm.keras")(x), lstm(x), atol=1e-6))
    True
    """
    model = sequential(case, activation=registered)
    assert_close(reloaded(model, name)(case.x), model(case.x))


@claim(
    "saving.unregistered-activation",
    promised="load_model, argument `custom_objects`: a dictionary of names and functions",
    costly="two files an example",
)
@given(cases(timesteps=integers(1, 3)), sampled_from(["lstm.keras", "lstm.h5"]))
def test_an_unregistered_activation_must_be_given_to_load_model(case, name):
    """
    A model with an activation that is not registered loads only with `custom_objects`.

    Saving does not warn. The same holds for copy.deepcopy, pickle and clone_model, which
    make a model from its configuration too.

    >>> import keras, numpy as np
    >>> def half(z):
    ...     return z * 0.5
    >>> lstm, x = keras.layers.LSTM(2, activation=half), np.ones((1, 3, 1))
    >>> keras.Sequential([keras.Input((3, 1)), lstm]).save("lstm.keras")
    >>> loaded = keras.models.load_model("lstm.keras", custom_objects={"half": half})
    >>> bool(np.allclose(loaded(x), lstm(x), atol=1e-6))
    True
    """
    model, found = sequential(case, activation=unregistered), {"unregistered": unregistered}
    words = "TypeError", "Could not locate function 'unregistered'"
    assert_refused(lambda: reloaded(model, name), *words)
    assert_close(reloaded(model, name, custom_objects=found)(case.x), model(case.x))


@claim(
    "saving.lambda-activation",
    promised="load_model, argument `safe_mode`: False allows a lambda to be loaded",
)
def test_a_lambda_activation_is_loaded_without_safe_mode():
    """
    A model whose activation is a lambda loads with safe_mode=False.

    Saving warns of the lambda, and says how to load it. Where that fails, give the function
    a name before saving; a file that exists still has its weights.

    >>> import keras, numpy as np
    >>> def half(z):  # instead of lambda z: z * 0.5
    ...     return z * 0.5
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2, activation=half)])
    >>> model.save("lstm.keras")
    >>> loaded = keras.models.load_model("lstm.keras", custom_objects={"half": half})
    >>> loaded.count_params()
    32
    """
    layer = keras.layers.LSTM(2, activation=lambda z: z * 0.5)
    model = keras.Sequential([keras.Input((3, 1)), layer])
    assert_same(reloaded(model, safe_mode=False)(np.ones((1, 3, 1))), model(np.ones((1, 3, 1))))


# What is not saved.


@claim(
    "saving.state-is-lost",
    observed="Keras 2 and 3, in all formats of load_model",
    corrects="Documentation of Model, `save`: a loaded model is in the very state it was saved in.",
    costly="a file an example",
)
@given(cases(stateful=just(True)), sampled_from(["lstm.keras", "lstm.h5"]))
def test_a_loaded_stateful_model_starts_from_zeros(case, name):
    """
    A stateful model starts from zeros when it is loaded, whatever state it was saved in.

    The state is no weight. Save the arrays in `layer.states` beside the model, and assign
    them after loading; only an exported SavedModel carries the state with it.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2, stateful=True), np.ones((1, 3, 1))
    >>> model = keras.Sequential([keras.Input(batch_shape=(1, 3, 1)), lstm])
    >>> first, second = np.array(model(x)), np.array(model(x))
    >>> model.save("lstm.keras")
    >>> bool(np.array_equal(keras.models.load_model("lstm.keras")(x), first))
    True
    """
    model = sequential(case)
    first = to_numpy(model(case.x))
    model(case.x)
    assert_same(reloaded(model, name)(case.x), first)


@claim(
    "saving.dropout-starts-again",
    observed="Keras 3: the state of the random numbers is in no file",
    corrects="Documentation of Model, `save`: a loaded model is in the very state it was saved in.",
    costly="a file an example",
    needs="keras.random.SeedGenerator",
)
@given(cases(batch=3, features=3, dropout=just(0.5), seed=seeds))
def test_dropout_of_a_loaded_model_starts_again(case):
    """
    After loading, dropout with a `seed` draws again the masks that it drew first.

    So a training in two parts is not the training in one. Without a seed the loaded model
    draws other masks than the saved one, on every run.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2, dropout=0.5, seed=7), np.ones((1, 3, 8))
    >>> model = keras.Sequential([keras.Input((3, 8)), lstm])
    >>> first, second = model(x, training=True), model(x, training=True)
    >>> model.save("lstm.keras")
    >>> loaded = keras.models.load_model("lstm.keras")
    >>> bool(np.array_equal(loaded(x, training=True), first))
    True
    """
    model = sequential(case)
    first = to_numpy(model(case.x, training=True))
    model(case.x, training=True)
    assert_same(reloaded(model)(case.x, training=True), first)


# Weights alone.


@claim(
    "saving.weights-file",
    promised="Model, method `load_weights`: it loads what save_weights has saved",
    costly="a file an example",
)
@given(cases())
def test_a_weights_file_makes_a_fresh_model_the_same_function(case):
    """
    A fresh model of the same layers, with the weights of a `.weights.h5` file, computes the same.

    The names of the layers play no part, only their classes and their order.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2, name="first")])
    >>> other = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2, name="second")])
    >>> model.save_weights("lstm.weights.h5")
    >>> other.load_weights("lstm.weights.h5")
    >>> bool(np.array_equal(other(np.ones((1, 3, 1))), model(np.ones((1, 3, 1)))))
    True
    """
    model = sequential(case)
    other = fresh(case, keras.layers.LSTM(case.units, **UNDRAWN))
    assert_same(handed_over(model, other)(case.x), model(case.x))


@claim(
    "saving.weights-fit-other-options",
    derived="weights.modes-add-none: the options change neither number nor shapes of the weights",
    costly="a file an example",
)
@given(
    cases(),
    fixed_dictionaries(
        {
            "unroll": flags,
            "return_sequences": flags,
            "return_state": flags,
            "go_backwards": flags,
            "dropout": either(8),
            "activation": functions,
        }
    ),
)
def test_a_weights_file_loads_whatever_the_options_are(case, options):
    """
    A weights file loads into an LSTM with other options, as long as units and bias are the same.

    So a model can be trained with dropout on whole batches, and used with return_state or
    unrolled, as an inference model built anew.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2, dropout=0.5)])
    >>> model.save_weights("lstm.weights.h5")
    >>> lstm = keras.layers.LSTM(2, unroll=True, return_state=True)
    >>> keras.Sequential([keras.Input((3, 1)), lstm]).load_weights("lstm.weights.h5")
    >>> all(np.array_equal(w, v) for w, v in zip(lstm.get_weights(), model.get_weights()))
    True
    """
    other = fresh(case, keras.layers.LSTM(case.units, **UNDRAWN, **options))
    assert_same(handed_over(sequential(case), other).get_weights(), case.weights)


@claim(
    "saving.weights-and-masking",
    promised="Model, method `load_weights`: layers without weights may be added or removed",
    costly="a file an example",
)
@given(cases())
def test_a_weights_file_loads_into_a_model_with_a_masking_layer_more(case):
    """
    A weights file loads into a model that has a Masking layer more than the one that was saved.

    Masking has no weights, and layers are counted by class: the first LSTM of the file goes
    to the first LSTM of the model.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.save_weights("lstm.weights.h5")
    >>> masked = [keras.Input((3, 1)), keras.layers.Masking(), keras.layers.LSTM(2)]
    >>> other = keras.Sequential(masked)
    >>> other.load_weights("lstm.weights.h5")
    >>> all(np.array_equal(w, v) for w, v in zip(other.get_weights(), model.get_weights()))
    True
    """
    layer = keras.layers.LSTM(case.units, **UNDRAWN)
    other = fresh(case, keras.layers.Masking(), layer)
    assert_same(handed_over(sequential(case), other).get_weights(), case.weights)


@claim(
    "saving.weights-file-of-other-class",
    observed="Keras 3: a weights file is ordered by the names of classes",
    corrects="A model can load a weights file wherever set_weights would take the weights.",
    costly="a file an example",
)
@given(cases(timesteps=integers(1, 3)))
def test_a_weights_file_of_lstm_is_refused_by_rnn_of_a_cell(case):
    """
    A weights file of LSTM(units) does not load into RNN(LSTMCell(units)), though set_weights does.

    The file has a folder "lstm", and the model looks for a folder "rnn". The two layers
    have the same three weights and compute the same.

    >>> import keras, numpy as np
    >>> lstm, rnn = keras.layers.LSTM(2), keras.layers.RNN(keras.layers.LSTMCell(2))
    >>> model, other = (keras.Sequential([keras.Input((3, 1)), layer]) for layer in (lstm, rnn))
    >>> model.save_weights("lstm.weights.h5")
    >>> try:
    ...     other.load_weights("lstm.weights.h5")
    ... except ValueError as error:
    ...     print(other.set_weights(model.get_weights()) is None)
    True
    """
    model = sequential(case)
    other = fresh(case, keras.layers.RNN(keras.layers.LSTMCell(case.units)))
    assert_refused(lambda: handed_over(model, other), "ValueError", "could not be loaded")
    other.set_weights(model.get_weights())
    assert_close(other(case.x), equations(case).h)


# Copies in memory.


@claim(
    "saving.deepcopy",
    observed="Keras 3: copies go through the `.keras` format, in memory",
    costly="a copy an example",
)
@given(cases(timesteps=integers(1, 3)), sampled_from(["model", "layer"]))
def test_a_deep_copy_is_the_same_function_and_independent(case, kind):
    """
    A deep copy of a layer or a model computes the same, and shares no weight with the original.

    A copy is made as a file is saved and loaded. So what a file does not keep, such as the
    state of a stateful layer, a copy does not have either.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.ones((1, 3, 1))
    >>> y = lstm(x)
    >>> make, arguments = lstm.__reduce__()  # what copy.deepcopy(lstm) asks it for
    >>> twin = make(*arguments)
    >>> bool(np.array_equal(twin(x), y))
    True
    >>> twin.set_weights([0 * w for w in twin.get_weights()])
    >>> bool(np.array_equal(lstm(x), y))
    True
    """
    model = sequential(case)
    twin = copy.deepcopy({"model": model, "layer": model.layers[0]}[kind])
    assert_same(twin(case.x), model(case.x))
    twin.set_weights([0.0 * weight for weight in case.weights])
    assert_same(model.get_weights(), case.weights)


@claim(
    "saving.pickle",
    observed="Keras 3, and Keras 2.15",
    corrects="Keras models cannot be pickled.",
    costly="a copy an example",
)
@given(cases(timesteps=integers(1, 3)))
def test_layers_and_models_can_be_pickled(case):
    """
    A layer or a model that was pickled and unpickled gives the same outputs, bit for bit.

    So it can be sent to another process. For storing, a `.keras` file is better: a pickle
    runs code when it is read.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> np.save("lstm.npy", np.array([model], object))  # NumPy pickles objects
    >>> [twin], x = np.load("lstm.npy", allow_pickle=True), np.ones((1, 3, 1))
    >>> bool(np.array_equal(twin(x), model(x)))
    True
    """
    model = sequential(case)
    for original in (model, model.layers[0]):
        twin = pickle.loads(pickle.dumps(original))
        assert_same(twin(case.x), model(case.x))


# Files of Keras 2.


@claim(
    "saving.time-major-refused",
    observed="Keras 3, deliberately: https://github.com/keras-team/keras/issues/20750",
    corrects="Keras 3 loads the models that Keras 2 has saved.",
    needs="h5py",
)
def test_a_file_with_time_major_is_refused():
    """
    A model file whose LSTM has the argument `time_major`, as Keras 2 wrote it, is refused.

    Keras 2 wrote time_major=False for every LSTM, used or not, so none of its `.h5` files
    with an LSTM loads. Their weights do: see `saving.time-major-weights`.

    >>> import keras, numpy as np
    >>> config = {**keras.layers.LSTM(2).get_config(), "time_major": False}
    >>> try:
    ...     keras.layers.LSTM.from_config(config)
    ... except ValueError as error:
    ...     print("{'time_major': False}" in str(error))
    True
    """
    model = sequential(drawn_once(batch=2))
    words = "ValueError", "Unrecognized keyword arguments passed to LSTM", "{'time_major': False}"
    assert_refused(lambda: from_keras_2(model, keras.models.load_model), *words)


@claim(
    "saving.time-major-weights",
    observed="Keras 3: load_weights reads only the weights of a model file, in their order",
    corrects="A model that Keras 2 has saved is lost to Keras 3.",
    costly="a file an example",
    needs="h5py",
)
@given(cases(timesteps=integers(1, 3)))
def test_the_weights_of_a_file_with_time_major_can_be_loaded(case):
    """
    The weights of a model file that is refused for `time_major` load into a model built anew.

    load_weights takes an `.h5` file of a whole model, and does not look at its
    configuration. The order of the gates is the same in Keras 2 and 3.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.save("model.h5")
    >>> other = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> other.load_weights("model.h5")
    >>> bool(np.array_equal(other(np.ones((1, 3, 1))), model(np.ones((1, 3, 1)))))
    True
    """
    other = fresh(case, keras.layers.LSTM(case.units, **UNDRAWN))
    from_keras_2(sequential(case), other.load_weights)
    assert_same(other.get_weights(), case.weights)


# Exports and conversions.


@claim(
    "saving.export",
    promised="Model, method `export`: a SavedModel that holds the forward pass",
    needs=("tensorflow", "keras.layers.TFSMLayer"),
)
def test_a_saved_model_is_the_same_function_for_any_batch_and_length():
    """
    An exported SavedModel gives the same outputs, for any batch size and length left open.

    keras.layers.TFSMLayer loads it, and so does TensorFlow without Keras. load_model refuses
    it, because it holds a computation and not layers: it cannot be changed any more.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((None, 1)), keras.layers.LSTM(2)])
    >>> model.export("lstm", verbose=False)
    >>> loaded = keras.layers.TFSMLayer("lstm", call_endpoint="serve")
    >>> pairs = [(loaded(x), model(x)) for x in (np.ones((1, 3, 1)), np.ones((5, 7, 1)))]
    >>> [bool(np.allclose(y, z, atol=1e-6)) for y, z in pairs]
    [True, True]
    """
    case = drawn_once(batch=2)
    other = replace(case, x=noise((3, 5, 2), 9))
    loaded = exported(keras.Sequential([keras.Input((None, 2)), lstm(case)]))
    assert_close(loaded(case.x), equations(case).h)
    assert_close(loaded(other.x), equations(other).h)


@claim(
    "saving.export-keeps-state",
    observed="Keras 3, TensorFlow",
    corrects="An exported stateful model starts from zeros, as a loaded one does.",
    needs=("tensorflow", "keras.layers.TFSMLayer"),
)
def test_a_saved_model_goes_on_from_the_state_at_its_export():
    """
    The SavedModel of a stateful LSTM goes on from the state that the layer had at its export.

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
    case = drawn_once(batch=2)
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
    "saving.litert",
    promised='Model, method `export`: a file for inference with format="litert"',
    needs=("tensorflow", "Model.export(format)"),
)
def test_a_litert_export_runs_in_its_interpreter():
    """
    An LSTM exported with format="litert" runs in the LiteRT interpreter, and gives the same.

    Where the interpreter refuses it, the file needs the Flex delegate, which brings in
    operators of TensorFlow. An unrolled LSTM, or TensorFlow's converter, does without.

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
    An unrolled LSTM exported with format="litert" runs in the LiteRT interpreter.

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
    TensorFlow's converter takes an LSTM that is not unrolled if the batch size is known, only then.

    `tf.lite.TFLiteConverter.from_keras_model` makes a loop of it, without operators of
    TensorFlow's own. Give `Input` a batch_size; the weights may come from any other model.

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
    An LSTM exported to ONNX is one LSTM operator, for any batch size and length left open.

    So it holds for the default activations without a mask; others become a loop. The model
    must have been called once before, and takes the weights in the order i, o, f, g.

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
    "saving.onnx-uncalled",
    observed="Keras 3.15",
    corrects="A model with an `Input` can be exported at once, because it is built.",
    needs="Model.export(format)",
)
def test_a_model_that_was_never_called_is_not_exported_to_onnx():
    """
    A model that was never called is not exported to ONNX, even though it has an `Input`.

    Building does not count, and a model that was just loaded has not been called either. A
    call on an array, predict, or a step of training does.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((None, 1)), keras.layers.LSTM(2)])
    >>> try:
    ...     model.export("lstm.onnx", format="onnx", verbose=False)
    ... except ValueError as error:
    ...     print("has never called" in str(error))
    True
    """
    model = sequential(drawn_once(batch=2))
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
    An LSTM exported with format="openvino" gives the same outputs in OpenVINO.

    Where the conversion is refused, unroll the layer, which fixes the number of timesteps.

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
    An unrolled LSTM exported with format="openvino" gives the same outputs in OpenVINO.

    Up to rounding, and in float32: by default OpenVINO computes in a smaller type where the
    processor has one.

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
    costly="a layer of PyTorch an example",
    needs="torch",
)
@given(cases(state=True, return_sequences=True, return_state=True), seeds)
def test_the_weights_of_pytorch_fit_when_transposed(case, seed):
    """
    Weights of torch.nn.LSTM, transposed, with its two biases added, make the same Keras LSTM.

    Both have the gate order i, f, g, o, and the two biases occur only as their sum. PyTorch
    returns h and c with an axis of layers in front, and the batch first with batch_first.

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
