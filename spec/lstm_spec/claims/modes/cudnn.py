"""When an LSTM asks for cuDNN's kernel."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any
from unittest import mock

import keras
import numpy as np
from hypothesis import assume, given

from lstm_spec.claims import claim
from lstm_spec.claims.modes import in_model, small
from lstm_spec.harness.reference import equations, returned
from lstm_spec.harness.refusals import assert_refused
from lstm_spec.harness.strategies import Array, Case, booleans, cases, noise, seeds, varied, whole
from lstm_spec.harness.subject import lstm, to_numpy
from lstm_spec.harness.tolerance import assert_close, assert_same
from lstm_spec.harness.ways import Way, layer_ways


def gets_to_cudnn(layer: Any, x: Array, **options: Any) -> bool:
    """Return whether a call gets as far as cuDNN's operation where there is a GPU."""
    import tensorflow as tf

    rnn = sys.modules["keras.src.backend.tensorflow.rnn"]
    with (
        mock.patch.object(rnn, "_is_gpu_available", return_value=True),
        mock.patch.object(tf.raw_ops, "CudnnRNNV3", side_effect=NotImplementedError) as operation,
    ):
        layer(x, **options)
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


def turns_to_cudnn(layer: Any, x: Any, **options: Any) -> bool:
    """Return whether a layer turns to cuDNN where there is a GPU; use_cudnn=True fails then."""
    with pretended_gpu(present=True) as cudnn, suppress(ValueError):
        layer(x, **options)
    return bool(cudnn.called)


@contextmanager
def pretended_cudnn() -> Iterator[None]:
    """Let Keras find a GPU, with a stand-in for cuDNN that only puts out the initial h."""
    import tensorflow as tf

    def operation(**given: Any) -> tuple[Any, ...]:
        h = given["input_h"]
        c = given["input_c"]
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
    x = keras.Input((None, kernel.shape[0]))
    mask = keras.Input((None,), dtype="bool")
    return keras.Model([x, mask], layer(x, mask=mask))


def compiled_by_xla(layer: Any, case: Case) -> bool:
    """Return whether compile(jit_compile=True) has its way with a model of the layer."""
    model = in_model(layer, case)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.compile(jit_compile=True)
    return bool(model.jit_compile)


@claim(
    "modes.no-cudnn-lstm",
    promised="LSTM, first paragraph: the layer chooses cuDNN or the backend's own operations",
    corrects="For speed on a GPU use CuDNNLSTM instead of LSTM.",
    needs="LSTM(use_cudnn)",
)
def test_there_is_no_layer_for_cudnn_alone():
    """
    keras.layers has no CuDNNLSTM: by default the layer LSTM itself uses cuDNN where it can.

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
    {"stateful": True},
    {"use_cudnn": True},
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
    On a GPU with TensorFlow an unmasked LSTM uses cuDNN, unless it has an argument that cuDNN does
    not support.

    These are an activation or recurrent activation that is another function than tanh and sigmoid,
    recurrent dropout, unroll=True, use_bias=False and use_cudnn=False. `dropout` is served. By
    itself compile() uses no XLA with it; in a tf.function with jit_compile=True it asks for cuDNN
    all the same.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, activation="relu", use_cudnn=True)
    >>> try:
    ...     lstm(np.ones((1, 3, 1)))  # (batch, timesteps, features)
    ... except ValueError as error:
    ...     print("use_cudnn=True was specified" in str(error))
    True
    """
    layer = keras.layers.LSTM
    long = noise((1, 8, 3), 1)
    for x, units, training in ((small().x, 2, False), (long, 17, False), (long, 17, True)):
        given = {"x": x, "training": training}
        suited = [turns_to_cudnn(layer(units, **options), **given) for options in SUITED]
        unsuited = [turns_to_cudnn(layer(units, **options), **given) for options in UNSUITED]
        assert all(suited), f"cuDNN is used with {SUITED}: {suited}"
        assert not any(unsuited), f"cuDNN is used with {UNSUITED}: {unsuited}"


@claim(
    "modes.cudnn-mask",
    promised="LSTM, requirements to use the cuDNN implementation, 6",
    corrects="With masks that pad at the end cuDNN is used, also if a sample is all padding.",
    needs=("tensorflow", "LSTM(use_cudnn)"),
    stand_in="cuDNN",
)
@given(cases(**varied("return_sequences", "stateful"), masked=True), booleans(), booleans())
def test_a_masked_call_gets_to_cudnn_only_if_padded_at_the_end(case, padded, training):
    """
    On a GPU an eager call with a mask uses cuDNN only if all masked timesteps are at the end.

    One timestep at least must be left in each row. With another mask the layer loops as on a
    CPU, without a word, or refuses it if use_cudnn=True. Tried on a CPU, with a stand-in for
    cuDNN's operation, not on a GPU.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, use_cudnn=False)  # takes any mask, on a GPU too
    >>> x = np.array([[[7.0], [1.0], [2.0]]])  # (batch, timesteps, features)
    >>> y = lstm(x, mask=np.array([[False, True, True]]))
    >>> bool(np.allclose(y, lstm(x[:, 1:]), atol=1e-6))
    True
    """
    mask = np.sort(case.mask)[:, ::-1] if padded else case.mask
    at_the_end = mask[:, 0].all() and (mask[:, :-1] >= mask[:, 1:]).all()
    gets_there = gets_to_cudnn(lstm(case), case.x, mask=mask, training=training)
    assert gets_there == at_the_end, f"{mask} gets to cuDNN: {gets_there}"


@claim(
    "modes.cudnn-in-a-graph",
    observed="Keras 3, TensorFlow",
    corrects="Documentation of LSTM: cuDNN requires eager execution in the outermost context.",
    needs=("tensorflow", "LSTM(use_cudnn)"),
    stand_in="cuDNN",
)
def test_a_layer_turns_to_cudnn_without_eager_execution():
    """
    By default, on a GPU, an LSTM made within a graph of TensorFlow 1 uses cuDNN too, without eager
    execution.

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
    On a GPU RNN(LSTMCell(units)) never uses cuDNN, though it computes what LSTM does.

    RNN calls its cell for one timestep after the other, and hands the whole sequence to no other
    program.

    >>> import keras, numpy as np
    >>> rnn, lstm = keras.layers.RNN(keras.layers.LSTMCell(2)), keras.layers.LSTM(2)
    >>> [hasattr(layer, "use_cudnn") for layer in (rnn, lstm)]
    [False, True]
    """
    x = small().x
    rnn = keras.layers.RNN(keras.layers.LSTMCell(2))
    assert not turns_to_cudnn(rnn, x), "RNN turns to cuDNN"
    assert turns_to_cudnn(keras.layers.LSTM(2), x), "LSTM does not turn to cuDNN"


@claim(
    "modes.cudnn-mask-in-predict",
    observed="Keras 3, TensorFlow: a graph holds cuDNN before it knows the mask",
    corrects='With use_cudnn="auto" the loop serves whatever cuDNN does not.',
    needs=("tensorflow", "LSTM(use_cudnn)"),
    stand_in="cuDNN",
)
def test_predict_refuses_masks_that_cudnn_does_not_serve():
    """
    On TensorFlow and a GPU a compiled `predict` that uses cuDNN refuses a mask that cuDNN does not
    support.

    It cannot fall back to the loop, as an eager call can by "auto": the graph is made before the
    mask is known. One sample that is masked throughout is enough; use_cudnn=False avoids it. We
    tried this on a CPU, where Keras was told that there is a GPU and cuDNN's operation was
    replaced.

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
    front[0, 0] = False
    whole[0] = False
    auto = masked_model(lstm(case))
    never = masked_model(lstm(case, use_cudnn=False))
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
    cases=4,
)
@given(
    cases(
        **varied("masked", "return_sequences", "stateful"),
        timesteps=whole([1, 3, 8]),
        units=whole([1, 3, 17]),
    ),
    whole([Way("called"), Way("in training"), Way("predict_on_batch")]),
)
def test_use_cudnn_is_refused_where_there_is_no_gpu(case, way):
    """
    On TensorFlow and JAX, without a GPU, an LSTM with use_cudnn=True can be made, and fails in its
    first call on data.

    So a Sequential or functional model of such an LSTM can be built there, but does not run. With
    "auto", the default value, it runs.

    >>> import keras, numpy as np
    >>> lstm, refused = keras.layers.LSTM(2, use_cudnn=True), False
    >>> try:
    ...     y = lstm(np.ones((1, 3, 1)))  # (batch, timesteps, features)
    ... except ValueError:
    ...     refused = True
    >>> refused == (not keras.distribution.list_devices("gpu"))
    True
    """
    demanded = lstm(case, use_cudnn=True)
    auto = lstm(case, use_cudnn="auto")
    with pretended_gpu(present=False):
        run = way(demanded)
        words = "use_cudnn=True was specified"
        assert_refused(lambda: run(case.x, mask=case.mask), "ValueError", words)
        assert_close(to_numpy(way(auto)(case.x, mask=case.mask)), returned(case))


@claim(
    "modes.without-cudnn",
    promised='LSTM, argument `use_cudnn`: "auto" falls back to the default implementation',
    needs=("tensorflow", "LSTM(use_cudnn)"),
    cases=4,
)
@given(cases(return_sequences=True, return_state=True, state=True, **varied("timesteps", "units")))
def test_auto_and_no_cudnn_are_the_same_without_a_gpu(case):
    """
    On TensorFlow without a GPU, outside training, use_cudnn="auto" gives bit for bit the numbers of
    use_cudnn=False.

    There both run the cell timestep by timestep. On a GPU, "auto" lets cuDNN, where it serves the
    arguments, sum in its own order.

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
    cases=4,
    needs=("tensorflow", "LSTM(use_cudnn)"),
    stand_in="cuDNN",
)
@given(cases(timesteps=1), whole([0.0, 0.1, 0.5]))
def test_on_a_gpu_only_a_layer_that_renounces_cudnn_is_compiled_by_xla(case, rate):
    """
    On TensorFlow and a GPU use_cudnn=False lets compile() use XLA for an unwrapped LSTM, which
    recurrent_dropout does not.

    XLA cannot run cuDNN, so an LSTM whose activations, bias and loop suit cuDNN forbids its model
    XLA, with or without recurrent dropout. A copy made from the LSTM's configuration, as in
    Bidirectional, in a clone or from a file, does not keep use_cudnn.

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
    cases=8,
)
@given(
    cases(
        **varied("batch", "timesteps", "go_backwards"),
        units=whole([1, 3, 17]),
        masked=True,
        unroll=booleans(),
    ),
    seeds,
    layer_ways,
)
def test_of_a_list_of_masks_the_first_counts(case, seed, way):
    """
    Of a list of masks, such as [mask, None, None], an LSTM takes the first.

    The method compute_mask returns such a list, a mask for each output, where states
    are returned. The other entries count for nothing.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.array([[[1.0], [7.0], [2.0]]])  # (B, T, F)
    >>> mask = np.array([[True, False, True]])
    >>> masks = keras.layers.LSTM(2, return_sequences=True, return_state=True).compute_mask(x, mask)
    >>> bool(np.array_equal(lstm(x, mask=masks), lstm(x, mask=mask)))
    True
    """
    other = noise(case.mask.shape, seed) > 0
    layer = lstm(case)
    assume(not (case.options["unroll"] and way.name == "tf.function"))  # modes.unrolled-open-length
    assert_close(way(layer)(case.x, mask=[case.mask, other]), equations(case).h)
    for others in ([None, None], [other, None]):
        assert_close(layer(case.x, mask=[case.mask, *others]), equations(case).h)
