"""What a configuration keeps."""

from __future__ import annotations

import copy
import inspect
import json
from functools import partial
from typing import Any

import keras
from hypothesis import example, given
from hypothesis.strategies import fixed_dictionaries, integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.claims.saving import either, flags, functions, kinds, of_kind, unregistered
from lstm_spec.harness.refusals import assert_refused
from lstm_spec.harness.strategies import cases, varied, whole
from lstm_spec.harness.subject import FORMS, backend, keras_2, lstm, policy, to_numpy, with_weights
from lstm_spec.harness.tolerance import ROUNDING, assert_close, assert_differs, assert_same

initializers = sampled_from(["GlorotUniform", "Orthogonal", "Zeros", "Ones", "HeNormal"])


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
    layers = keras.layers
    kept = keras.utils.serialize_keras_object
    told = serialized(drawn)
    base = {name: told[name] for name in ("name", "trainable", "dtype")}
    of_cell, of_rnn = (
        {name: told[name] for name in inspect.signature(kind).parameters if name in told}
        for kind in (layers.LSTMCell, layers.RNN)
    )
    cell = layers.LSTMCell(**of_cell, **base)
    plain = layers.LSTMCell(2)
    both = [layers.LSTM(**{**told, "go_backwards": way}) for way in (False, True)]
    mode = "ave" if told["unroll"] else "sum"
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


class Total(keras.layers.Layer):  # type: ignore[misc]
    """A cell that Keras does not know: the total of its input."""

    state_size = 1

    def call(self, inputs, states):
        """Add a timestep to the total."""
        return states[0] + inputs, [states[0] + inputs]


@claim(
    "saving.config-keeps-arguments",
    promised="Layer, method `from_config`: the reverse of get_config",
)
@example({"units": 1})
@given(arguments)
def test_every_argument_but_two_survives_the_configuration(drawn):
    """
    All serializable arguments of LSTM's own but two survive get_config, JSON and from_config.

    The two are `use_cudnn` and `implementation`. Register a function that is no activation of
    Keras: else one named tanh, say, comes back as that of Keras, custom objects or not.

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
    cases=4,
)
@given(arguments)
def test_the_arguments_of_cells_and_wrappers_survive_the_configuration(drawn):
    """
    In their configuration LSTMCell, RNN, Masking and wrappers of an LSTM keep all but three own
    arguments, the LSTM's included.

    What they wrap is a configuration inside theirs. Two arguments are lost as in LSTM: the cell's
    `implementation`, and `use_cudnn` of a wrapped layer; so are `weights` of Bidirectional. The
    wrappers are Bidirectional and TimeDistributed.

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

    Whoever turns cuDNN off wants it off in the copy. Until it is, it can be turned off there by
    hand, as an attribute.

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

    Without `dropout` the two implementations agree but for rounding. The argument belongs to the
    cell, where it can be set by hand.

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

    A second layer from the same dictionary fails with a KeyError, as with StackedRNNCells and
    TimeDistributed. Call get_config again.

    >>> import keras, numpy as np
    >>> config = keras.layers.RNN(keras.layers.LSTMCell(2)).get_config()
    >>> rnn = keras.layers.RNN.from_config(config)
    >>> "cell" in config, "cell" in rnn.get_config()
    (False, True)
    """
    layers = keras.layers
    cell = keras.layers.LSTMCell(units)
    inner = layers.LSTM(units)
    kinds = [layers.RNN(cell), layers.StackedRNNCells([cell]), layers.TimeDistributed(inner)]
    configs = [layer.get_config() for layer in [*kinds, layers.Bidirectional(inner)]]
    twins = [type(k).from_config(c) for k, c in zip(kinds, configs, strict=False)]
    twins += [layers.Bidirectional.from_config(configs[3])]
    lost = [set(twin.get_config()) - set(c) for twin, c in zip(twins, configs, strict=True)]
    assert lost == [{"cell"}, {"cells"}, {"layer"}, set()], f"lost: {lost}"
    assert configs[3] == twins[3].get_config(), "the configuration of Bidirectional is changed"


@claim(
    "saving.model-config-used-up",
    promised="Model, method `from_config`: the reverse of get_config",
)
@given(
    cases(**varied("units", "go_backwards", "return_sequences")),
    whole(["Sequential", "functional"]),
)
def test_from_one_configuration_a_model_is_made_twice(case, kind):
    """
    From one configuration of a functional or Sequential model from_config makes the model twice.

    The configuration stays as it was. Where it is emptied, as by a functional model of Keras 3.7
    and later, give copy.deepcopy(config), or call get_config again.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> config = model.get_config()
    >>> twins = [keras.Sequential.from_config(config) for _ in range(2)]
    >>> [len(twin.layers) for twin in twins]
    [1, 1]
    """
    model = FORMS[kind]([lstm(case)], keras.Input(case.x.shape[1:]))
    config = model.get_config()
    maker = {"Sequential": keras.Sequential, "functional": keras.Model}[kind]
    twins = [maker.from_config(config) for _ in range(2)]
    counts = [len(twin.layers) for twin in twins]
    assert counts == [len(model.layers)] * 2, f"layers: {counts}"
    for twin in twins:
        twin.set_weights(model.get_weights())
        assert_close(to_numpy(twin(case.x)), to_numpy(model(case.x)))


@claim(
    "saving.config-custom-objects",
    observed="Keras 3",
)
def test_from_config_takes_custom_objects_for_what_is_wrapped():
    """
    from_config of RNN and StackedRNNCells finds unregistered classes of their cells in
    custom_objects.

    load_model does so too. Bidirectional finds them
    for its backward layer only: the forward layer is copied once more, without them.

    >>> import keras, numpy as np
    >>> class Total(keras.layers.Layer):
    ...     state_size = 1
    ...     def call(self, x, states): return states[0] + x, [states[0] + x]
    >>> config = keras.layers.RNN(Total()).get_config()
    >>> rnn = keras.layers.RNN.from_config(config, custom_objects={"Total": Total})
    >>> float(rnn(np.ones((1, 3, 1)))[0, 0])
    3.0
    """
    layers = keras.layers
    found = {"Total": Total, "unregistered": unregistered}
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
    cases=4,
)
@given(
    cases(
        activation=functions,
        recurrent_activation=sampled_from(["sigmoid", "hard_sigmoid"]),
        return_sequences=flags,
        go_backwards=flags,
        unroll=flags,
        dropout=either(8),
        **varied("timesteps", "units", "use_bias", "return_state", "implementation", "dtype"),
    )
)
def test_configuration_and_weights_make_the_same_function(case):
    """
    At inference, configuration and weights of a stateless LSTM of registered functions make one
    that computes the same.

    They are all that it consists of then. A lambda counts as unregistered. The numbers are the
    same to the last bit, but with implementation=1, or on a GPU with use_cudnn=False, which are
    lost.

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
    y = to_numpy(twin(case.x))
    z = to_numpy(layer(case.x))
    assert_close(y, z, bound=ROUNDING if case.options["implementation"] == 1 else 0.0)


@claim(
    "saving.clone-model",
    promised="clone_model: it makes new layers, and so new weights",
    corrects="A model made by clone_model has the weights of the model it was made from.",
    cases=4,
)
@given(cases(**varied("timesteps", "units", "use_bias")), kinds)
def test_clone_model_makes_new_weights(case, kind):
    """
    By default, unless a seed is set in between, an LSTM that clone_model makes has new initial
    kernels, not the original's.

    It is made from the configuration. With set_weights a clone of distinct, stateless layers
    becomes the same function; a copy in one step is copy.deepcopy.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> clone, x = keras.models.clone_model(model), np.ones((1, 3, 1))
    >>> bool(np.allclose(clone(x), model(x)))
    False
    >>> clone.set_weights(model.get_weights())
    >>> bool(np.array_equal(clone(x), model(x)))
    True
    """
    model = of_kind(kind, case)
    clone = keras.models.clone_model(model)
    assert_differs(clone.get_weights()[0], case.kernel)
    assert_differs(clone.get_weights()[1], case.recurrent_kernel)
    assert clone.layers[-1].get_config() == model.layers[-1].get_config()
    clone.set_weights(model.get_weights())
    assert_same(clone(case.x), model(case.x))


def double(x):
    """Return twice x: what a Lambda layer may compute."""
    return 2.0 * x


AROUND: dict[str, dict[str, Any]] = {
    "Activation": {"activation": "relu"},
    "BatchNormalization": {"axis": -1, "momentum": 0.5},
    "Concatenate": {"axis": 1},
    "Conv1D": {"filters": 2, "kernel_size": (2,), "padding": "causal"},
    "Cropping1D": {"cropping": (1, 0)},
    "Dense": {"units": 2, "activation": "elu", "kernel_regularizer": "l2"},
    "Dropout": {"rate": 0.5, "noise_shape": (None, 1, 2)},
    "Embedding": {"input_dim": 5, "output_dim": 2, "mask_zero": True},
    "Flatten": {},
    "GaussianNoise": {"stddev": 0.5},
    "GlobalAveragePooling1D": {"keepdims": True},
    "Lambda": {"function": double, "output_shape": (3, 2)},
    "LayerNormalization": {"axis": -1, "epsilon": 0.5},
    "LeakyReLU": {"alpha" if keras_2() else "negative_slope": 0.5},
    "MaxPooling1D": {"pool_size": (2,), "strides": (1,)},
    "MultiHeadAttention": {"num_heads": 2, "key_dim": 3},
    "PReLU": {"shared_axes": [1]},
    "Permute": {"dims": (2, 1)},
    "RepeatVector": {"n": 3},
    "Reshape": {"target_shape": (2, 3)},
    "Softmax": {"axis": (1, 2)},
    "SpatialDropout1D": {"rate": 0.5},
    "UpSampling1D": {"size": 2},
    "ZeroPadding1D": {"padding": (1, 2)},
}
"""Layers that stand around an LSTM, with arguments that are not their defaults."""
POLICIES = {
    "a name": lambda: "mixed_float16",
    "a policy": lambda: policy("mixed_bfloat16"),
    "the default": lambda: None,
}
SHAPES = {
    "Concatenate": [(2, 3, 2), (2, 1, 2)],
    "Embedding": (2, 3),
    "MultiHeadAttention": ((2, 3, 2), (2, 4, 2)),
    "RepeatVector": (2, 2),
}
"""The shapes of what those layers read that read no (batch, timesteps, features)."""


def comes_back(name):
    """Return whether a layer is there, and its configuration has the same bytes each time.

    Keras 2 writes the function of a Lambda as code, of which no two copies need be the same.
    """
    return hasattr(keras.layers, name) and not (name == "Lambda" and keras_2())


@claim(
    "saving.layers-around",
    promised="Layer, methods `get_config` and `from_config`: the same layer again",
    cases=4,
    needs="keras.saving.serialize_keras_object",
)
@given(whole([name for name in AROUND if comes_back(name)]), whole(list(POLICIES)))
def test_layers_around_an_lstm_come_back_from_json(name, dtype):
    """
    By default, layers around an LSTM that are written to JSON and made again have the same JSON,
    shapes and types.

    JSON knows no tuples, and no objects: activations of Keras and dtype policies come back as what
    they were, shapes and axes as tuples or as lists, which serve as well. SpatialDropout1D, 2D and
    3D lose a mixed policy, and ELU and Identity cannot be written with a DTypePolicy object.

    >>> import keras, numpy as np
    >>> layer = keras.layers.Dropout(0.5, noise_shape=(None, 1, 2), dtype="mixed_float16")
    >>> again = keras.layers.Dropout.from_config(layer.get_config())
    >>> again.compute_dtype, again.get_config() == layer.get_config()
    ('float16', True)
    """
    layer = getattr(keras.layers, name)(**AROUND[name], dtype=POLICIES[dtype]())
    written = json.dumps(keras.saving.serialize_keras_object(layer))
    with keras.utils.custom_object_scope({"double": double}):
        again = keras.saving.deserialize_keras_object(json.loads(written), safe_mode=False)
        assert json.dumps(keras.saving.serialize_keras_object(again)) == written, f"{written}"
    assert again.dtype_policy.name == layer.dtype_policy.name, f"{again.dtype_policy}"
    assert type(again.get_config()["dtype"]) is type(layer.get_config()["dtype"])
    shapes = SHAPES.get(name, (2, 3, 2))
    given_ = shapes if isinstance(shapes[0], tuple) and name != "Concatenate" else [shapes]
    declared = [kept.compute_output_shape(*given_) for kept in (again, layer)]
    assert declared[0] == declared[1], f"{declared[0]}, expected {declared[1]}"


REQUIRED: dict[str, tuple[Any, ...]] = {
    "Activation": ("relu",),
    "ActivityRegularization": (),
    "AdditiveAttention": (),
    "AlphaDropout": (0.5,),
    "Attention": (),
    "AveragePooling1D": (2,),
    "BatchNormalization": (),
    "Bidirectional": (partial(keras.layers.LSTM, 2, name="lstm"),),
    "CategoryEncoding": (5,),
    "Concatenate": (),
    "Conv1D": (2, 1),
    "Cropping1D": (),
    "Dense": (2,),
    "Dot": (1,),
    "Dropout": (0.5,),
    "ELU": (),
    "Embedding": (5, 2),
    "Flatten": (),
    "GRU": (2,),
    "GaussianDropout": (0.5,),
    "GaussianNoise": (0.5,),
    "GlobalAveragePooling1D": (),
    "GlobalMaxPooling1D": (),
    "GroupNormalization": (2,),
    "LayerNormalization": (),
    "LeakyReLU": (),
    "Masking": (),
    "MaxPooling1D": (),
    "MultiHeadAttention": (2, 3),
    "PReLU": (),
    "RNN": (partial(keras.layers.LSTMCell, 2, name="cell"),),
    "RMSNormalization": (),
    "ReLU": (),
    "Rescaling": (2.0,),
    "SeparableConv1D": (2, 1),
    "SimpleRNN": (2,),
    "Softmax": (),
    "SpatialDropout1D": (0.5,),
    "UnitNormalization": (),
    "UpSampling1D": (),
}
"""Layers around an LSTM, with the arguments that they must be given, or what makes them."""
ENDS = {"initializer": "he_normal", "regularizer": "l2", "constraint": "non_neg"}
"""Values of arguments, by the last word of their names."""
VALUES: dict[str, Any] = {
    **dict.fromkeys(("activation", "recurrent_activation"), "softsign"),
    "attention_axes": (1,),
    "backward_layer": partial(keras.layers.LSTM, 2, go_backwards=True),
    "cropping": 2,
    "data_format": "channels_first",
    "interpolation": "linear",
    "lora_rank": 2,
    "merge_mode": "sum",
    "momentum": 0.5,
    "noise_shape": (None, 1, 2),
    "output_mode": "count",
    "output_shape": (5,),
    "padding": "same",
    "score_mode": "concat",
    "shared_axes": (1,),
    "strides": 3,
    "use_cudnn": False,
}
"""Values of arguments, or what makes them, by their names."""
SEPARATE: tuple[str, ...] = (
    "weights",
    "flash_attention",
    "lora_alpha",
    "name",
    "dtype",
    "use_cudnn",
    "SimpleRNN.seed",
    "SimpleRNN.activity_regularizer",
    "CategoryEncoding.sparse",
)
"""Arguments that are not tried by themselves, or have claims of their own; some of one layer."""
if backend() != "tensorflow":
    SEPARATE += ("synchronized",)  # no other backend takes it


def differing(name, default):
    """Return a value of an argument that is not its default."""
    last = name.split("_")[-1]
    if name in VALUES or last in ENDS:
        return VALUES.get(name, ENDS.get(last))
    if isinstance(default, bool):
        return not default
    return 7 if default is None else default + (1 if isinstance(default, int) else 0.125)


def ready(argument):
    """Return an argument; if it is a function, what it makes."""
    return argument() if callable(argument) else argument


def plain(config):
    """Return a configuration as JSON holds it."""
    return json.loads(json.dumps(config))


@claim(
    "saving.each-argument",
    promised="Layer, method `get_config`: what the layer was made with",
    cases=4,
    needs="keras.ops",
)
@given(whole([name for name in REQUIRED if hasattr(keras.layers, name)]))
def test_each_argument_of_a_layer_is_in_its_configuration(name):
    """
    Changed alone, to a number or a name, each argument that a layer around an LSTM names comes
    back by JSON, but seven.

    These are `flash_attention`, `lora_alpha`, a GRU's `use_cudnn`, a SimpleRNN's `seed` and
    `activity_regularizer`, a CategoryEncoding's `sparse`, and the `weights` of an Embedding or
    Bidirectional.

    >>> import keras, numpy as np
    >>> layer = keras.layers.Attention(dropout=0.5, score_mode="concat")
    >>> twin = keras.layers.Attention.from_config(layer.get_config())
    >>> twin.dropout, twin.score_mode
    (0.5, 'concat')
    """
    kind = getattr(keras.layers, name)
    required = [*map(ready, REQUIRED[name])]
    default = plain(kind(*required, name="layer").get_config())
    for parameter in tried(kind, len(required)):
        value = ready(differing(parameter.name, parameter.default))
        layer = kind(*required, **{parameter.name: value}, name="layer")
        config = plain(layer.get_config())
        assert config != default, f"{name}: {parameter.name}={value!r} is not in it"
        written = plain(keras.saving.serialize_keras_object(layer))
        again = keras.saving.deserialize_keras_object(written)
        assert plain(again.get_config()) == config, f"{name}: {parameter.name}={value!r} is lost"


def tried(kind, required):
    """Return the arguments of a class, but the required and those that are not tried."""
    named = list(inspect.signature(kind).parameters.values())[required:]
    listed = [p for p in named if p.kind is not p.VAR_KEYWORD and p.name not in SEPARATE]
    return [p for p in listed if f"{kind.__name__}.{p.name}" not in SEPARATE]
