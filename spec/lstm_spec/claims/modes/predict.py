"""Calls, predict, and all that feeds them, in every kind of model."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import integers, lists, sampled_from, tuples

from lstm_spec.claims import claim
from lstm_spec.claims.modes import in_model, negated, small
from lstm_spec.claims.trainer import EVENLY
from lstm_spec.harness.reference import equations, returned
from lstm_spec.harness.refusals import assert_refused
from lstm_spec.harness.strategies import booleans, cases, noise, picks, seeds, varied, whole
from lstm_spec.harness.subject import FORMS, flatten, lstm, passed, to_numpy
from lstm_spec.harness.timing import assert_between, ratio
from lstm_spec.harness.tolerance import assert_close, assert_same, in_bfloat16
from lstm_spec.harness.ways import Way, with_ways


class Subclassed(keras.Model):  # type: ignore[misc]
    """A model of one layer, as a subclass of keras.Model."""

    def __init__(self, layer: Any) -> None:
        """Keep the layer."""
        super().__init__()
        self.layer = layer

    def call(self, x: Any) -> Any:
        """Call the layer."""
        return self.layer(x)


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
    "dtype": [None, "float32", "float64", "float16", "mixed_float16"],
    "trainable": [False, True],
    "name": [None, "memory"],
}
"""The arguments of the layer beside units and use_bias, each with some of its values."""

ANY: dict[str, Any] = {name: sampled_from(values) for name, values in FREE.items()}


@claim(
    "modes.predict-is-call",
    derived="both run the layer's `call`, and the equations know no modes",
    cases=4,
)
@given(
    cases(
        **varied("batch", "timesteps", "units", "masked", "state", "go_backwards"),
        **varied("return_sequences", "return_state", "use_bias", "implementation"),
    )
)
def test_predict_returns_the_numbers_of_a_call(case):
    """
    Without XLA or dropout, `predict` of one stateless float32 LSTM returns what its call on the
    array does, if both run.

    It cuts the data into batches, runs the model on each and puts the results together: an
    activation that mixes samples gives other numbers.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> model = keras.Sequential([keras.Input((None, 1)), lstm])
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> bool(np.allclose(model.predict(x, verbose=0), lstm(x), atol=1e-6))
    True
    """
    layer = lstm(case)
    predicted = to_numpy(Way("predict")(layer)(case.x, **passed(case)))
    assert_close(predicted, returned(case), instead=in_bfloat16(returned(case)))
    assert_close(predicted, to_numpy(layer(case.x, **passed(case))))


@claim(
    "modes.predict-on-batch",
    derived="both run the layer's `call`, and the equations know no modes",
    cases=4,
)
@given(
    cases(
        **varied("batch", "timesteps", "units", "masked", "state", "go_backwards"),
        **varied("return_sequences", "return_state", "use_bias", "implementation"),
    )
)
def test_predict_on_batch_returns_the_numbers_of_a_call(case):
    """
    In float32, without dropout, `predict_on_batch` of a stateless LSTM returns what a call on the
    array does, if both run.

    It runs the whole array as one batch, without the data pipeline that makes `predict` slow on
    little data. Of a mask it may ignore a surplus on which a call fails: see
    `masking.long-in-a-graph`.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> model = keras.Sequential([keras.Input((None, 1)), lstm])
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> bool(np.allclose(model.predict_on_batch(x), lstm(x), atol=1e-6))
    True
    """
    y = to_numpy(Way("predict_on_batch")(lstm(case))(case.x, **passed(case)))
    assert_close(y, returned(case), instead=in_bfloat16(returned(case)))


@claim(
    "modes.returns-arrays",
    promised="Model, method predict: it returns NumPy arrays",
    cases=4,
    needs="keras.ops",
)
@given(cases(batch=integers(1, 5), **varied("return_sequences", "return_state")), booleans())
def test_predict_returns_numpy_and_a_call_returns_tensors(case, eager):
    """
    For batches of one length `predict` returns NumPy arrays, and a call on data returns tensors.

    Only through a tensor can a gradient flow. keras.ops.convert_to_numpy makes an array of a
    tensor. For batches of many lengths see `modes.ragged-sequences`.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((None, 1)), keras.layers.LSTM(2)])
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> isinstance(model.predict(x, verbose=0), np.ndarray), isinstance(model(x), np.ndarray)
    (True, False)
    >>> keras.ops.is_tensor(model(x))
    True
    """
    x = keras.Input((None, case.features))
    model = keras.Model(x, lstm(case)(x))
    model.compile(run_eagerly=eager)
    predicted = model.predict(case.x, batch_size=2, verbose=0)
    called = model(case.x)
    number = 3 if case.options["return_state"] else 1
    assert len(flatten(predicted)) == len(flatten(called)) == number, "another number of outputs"
    for part in flatten(predicted):
        assert isinstance(part, np.ndarray), f"predict returns a {type(part).__name__}"
        assert len(part) == case.batch, f"{len(part)} rows for {case.batch} samples"
    for part in flatten(called):
        assert keras.ops.is_tensor(part), f"a call returns a {type(part).__name__}"
        assert not isinstance(part, np.ndarray), "a call returns a NumPy array"


@claim(
    "modes.batch-size",
    derived="the samples of a batch do not meet in the equations",
    corrects="`batch_size` in predict must be that of the training, or the results differ.",
    cases=4,
)
@given(
    cases(batch=integers(1, 9), **varied("units", "return_sequences", "implementation")),
    whole([1, 2, 3, 4, 32]),
)
def test_predict_gives_the_same_in_batches_of_any_size(case, size):
    """
    Without dropout, batch_size in `predict` changes the output of a stateless LSTM by rounding
    only.

    It says how many samples are computed at a time, for speed and memory. A stateful layer
    is another matter: there a batch continues the one before it. So is a layer whose samples meet,
    such as Softmax(axis=0).

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((None, 1)), keras.layers.LSTM(2)])
    >>> x = np.arange(15.0).reshape(5, 3, 1)  # (batch, timesteps, features)
    >>> ys = [model.predict(x, batch_size=size, verbose=0) for size in (2, 5)]
    >>> bool(np.allclose(ys[0], ys[1], atol=1e-6))
    True
    """
    model = in_model(lstm(case), case)
    expected = returned(case)
    y = model.predict(case.x, batch_size=size, verbose=0)
    assert_close(y, expected, instead=in_bfloat16(expected))


@claim(
    "modes.kinds-of-model",
    derived="a model calls its layers, and adds no arithmetic of its own",
    cases=4,
)
@given(
    cases(
        **varied("batch", "timesteps", "units", "use_bias", "implementation"),
        **varied("return_sequences", "go_backwards"),
        unroll=booleans(),
    )
)
def test_models_of_any_kind_compute_what_their_layer_computes(case):
    """
    In float32, Sequential, functional, nested and subclassed models of one stateless LSTM compute
    what it does.

    A model is a way to write down which layer reads what, not another implementation. It casts
    numbers with a fraction to its own dtype, float32 by default.

    >>> import keras, numpy as np
    >>> lstm, i = keras.layers.LSTM(2), keras.Input((None, 1))
    >>> inner = keras.Sequential([keras.Input((None, 1)), lstm])
    >>> models = [inner, keras.Model(i, lstm(i)), keras.Sequential([inner])]
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> [bool(np.allclose(model(x), lstm(x), atol=1e-6)) for model in models]
    [True, True, True]
    """
    layer = lstm(case)
    shape = case.x.shape[1:]
    x = keras.Input(shape)
    sequential = keras.Sequential([keras.Input(shape), layer])
    functional = keras.Model(x, layer(x))
    nested = keras.Sequential([keras.Input(shape), functional])
    without_input = keras.Sequential([layer])
    models = [sequential, functional, nested, Subclassed(layer), without_input]
    assert_close([model(case.x) for model in models], [returned(case)] * 5)


@claim(
    "modes.inputs-of-two-lengths",
    derived="the weights are the same at every timestep, and sequences do not meet",
    corrects="All sequences that a model reads must be padded to one length.",
    cases=4,
)
@given(cases(), integers(3, 4), seeds)
def test_one_layer_reads_two_inputs_of_different_lengths(case, timesteps, seed):
    """
    In a model's call, a stateless float32 LSTM reads two inputs of unequal lengths, as if each
    alone.

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
    layer = lstm(case)
    a = keras.Input((None, case.features))
    b = keras.Input((None, case.features))
    model = keras.Model([a, b], [layer(a), layer(b)])
    assert_close(model([case.x, other.x]), [equations(case).h, equations(other).h])


@claim(
    "modes.bidirectional",
    derived="the claim `modes.predict-on-batch`, for both halves",
    cases=4,
)
@given(cases(**varied("batch", "timesteps", "units", "return_sequences", "implementation")))
def test_compiled_halves_of_bidirectional_are_their_layers(case):
    """
    By default, without a state, the halves of a compiled Bidirectional's output are its layers'
    own, a second sequence reversed.

    The two halves share the input: one reads it forwards, one backwards. Rows are reversed with
    return_sequences, so that row t of both belongs to timestep t.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2))
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y = keras.Sequential([keras.Input((None, 1)), both]).predict_on_batch(x)
    >>> bool(np.allclose(y[:, :2], both.forward_layer(x), atol=1e-6))
    True
    >>> bool(np.allclose(y[:, 2:], both.backward_layer(x), atol=1e-6))
    True
    """
    back = negated(case, go_backwards=True)
    both = keras.layers.Bidirectional(keras.layers.LSTM(case.units, **case.options))
    model = in_model(both, case)
    both.set_weights([*case.weights, *back.weights])
    y = model.predict_on_batch(case.x)
    second = returned(back)
    turned = second[:, ::-1] if case.options["return_sequences"] else second
    expected = np.concatenate([returned(case), turned], axis=-1)
    assert_close(y, expected, instead=in_bfloat16(expected))


@claim(
    "modes.evaluate-loss",
    derived="the claim `modes.predict-is-call`, for evaluate",
    cases=4,
)
@given(
    cases(batch=integers(2, 5), **varied("timesteps", "units", "return_sequences")),
    whole(["mean_squared_error", "mean_absolute_error", keras.losses.MeanSquaredError()]),
    integers(1, 5),
)
def test_evaluate_reports_the_loss_of_what_a_call_returns(case, loss, batch_size):
    """
    Without regularizers, masks and state, `evaluate` of an LSTM with mse or mae reports the loss
    of a call on all samples.

    The forward pass of `evaluate` is that of `predict`; the loss is computed on top of it, and so
    are the penalties of regularizers. For each of several outputs see `trainer.output-losses`.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((None, 1)), keras.layers.LSTM(2)])
    >>> model.compile(loss="mse")
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> loss = model.evaluate(x, np.zeros((1, 2)), verbose=0)
    >>> bool(np.allclose(loss, np.mean(np.square(model(x))), atol=1e-6))
    True
    """
    y = returned(case)
    model = in_model(lstm(case), case)
    model.compile(loss=loss)
    value = model.evaluate(case.x, 0.0 * y, batch_size=batch_size, verbose=0)
    losses = np.abs(y) if loss == "mean_absolute_error" else np.square(y)
    parts = [losses[start : start + batch_size] for start in range(0, len(losses), batch_size)]
    exact = np.mean(losses)
    evenly = {EVENLY: np.mean([np.mean(part) for part in parts])}
    assert_close(np.float32(value), exact, instead={**evenly, **in_bfloat16(exact, bound=0.01)})


@claim(
    "modes.stateless-call",
    promised="Layer, method stateless_call: a call without side effects",
    needs="keras.layers.LSTM.stateless_call",
)
@given(
    cases(
        **varied("batch", "timesteps", "units", "masked", "state", "implementation"),
        **varied("return_sequences", "go_backwards"),
    )
)
def test_stateless_call_computes_with_the_weights_that_it_is_given(case):
    """
    An LSTM's `stateless_call` computes a call on arrays with the weights it is given, and keeps
    the layer's own.

    So a stateless layer is a pure function of weights and input, for tools that need one, as JAX
    does. Its own mask has to be passed: it does not see one that is attached.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.ones((1, 3, 1))  # (batch, timesteps, features)
    >>> y = lstm(x)
    >>> zeros = [np.zeros_like(w) for w in lstm.get_weights()]
    >>> np.array(lstm.stateless_call(zeros, lstm.non_trainable_variables, x)[0]).tolist()
    [[0.0, 0.0]]
    >>> bool(np.array_equal(lstm(x), y))
    True
    """
    layer = lstm(case)
    other = negated(case)
    fixed = layer.non_trainable_variables
    y, _ = layer.stateless_call(other.weights, fixed, case.x, **passed(case))
    assert_close(y, returned(other))
    assert_same(layer.get_weights(), case.weights)


@claim(
    "modes.arrays-and-tensors",
    derived="an array is made a tensor before anything is computed",
    cases=4,
    needs="keras.Variable",
)
@given(cases())
def test_arrays_tensors_and_variables_give_the_same_numbers(case):
    """
    Without state, mask and dropout an array, a tensor and a keras.Variable of the same numbers give
    the same output.

    All three are made tensors first. On TensorFlow the layer refuses a nested list, and arrays of
    objects and of long doubles.

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
    cases=4,
    needs="tensorflow",
)
@given(
    cases(**varied("units", "use_bias")),
    integers(5, 9),
    integers(1, 4),
    integers(1, 5),
    seeds,
    sampled_from(list(FORMS)),
)
def test_predict_reads_a_dataset_of_batches(case, rows, length, batch_size, seed, form):
    """
    `predict` of a stateless model of one Input reads a Dataset of batches, such as
    timeseries_dataset_from_array makes.

    Each window of the series is a sample, and the rows of the result are in the order in which
    they come. A stateful model needs full batches: it refuses a smaller one, but of one sample
    after full batches it may give a whole batch of rows.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((None, 1)), keras.layers.LSTM(2)])
    >>> series = np.arange(5.0)[:, None]  # (rows, features)
    >>> windows = keras.utils.timeseries_dataset_from_array(series, None, sequence_length=3)
    >>> x = np.stack([series[k : k + 3] for k in range(3)])  # (batch, timesteps, features)
    >>> bool(np.allclose(model.predict(windows, verbose=0), model(x), atol=1e-6))
    True
    """
    series = noise((rows, case.features), seed)
    of_series = keras.utils.timeseries_dataset_from_array
    windows = of_series(series, None, sequence_length=length, batch_size=batch_size)
    starts = range(rows - length + 1)
    case = replace(case, x=np.stack([series[k : k + length] for k in starts]))
    model = FORMS[form]([lstm(case)], keras.Input((None, case.features)))
    assert_close(model.predict(windows, verbose=0), equations(case).h)


@claim(
    "modes.windows-and-targets",
    promised="timeseries_dataset_from_array, argument `targets`",
    corrects="The target of a window is by itself the value after it.",
    cases=4,
    needs="tensorflow",
)
@given(integers(5, 9), integers(1, 4), integers(1, 5), booleans())
def test_window_has_the_target_of_its_first_row(rows, length, batch_size, shifted):
    """
    By default `timeseries_dataset_from_array(x, y, n)` pairs the window x[i : i + n] with y[i], the
    target of its first row.

    So the value after the window is its target where y is x[n:]. There are then as many windows as
    targets: that of the last n rows is left out.

    >>> import keras, numpy as np
    >>> x, n = np.arange(6), 3
    >>> for y in (x, x[n:]):
    ...     data = keras.utils.timeseries_dataset_from_array(x, y, n)
    ...     [(windows, targets)] = data
    ...     print(np.array(windows[1]), np.array(targets[1]))
    [1 2 3] 1
    [1 2 3] 4
    """
    series = np.arange(rows)
    targets = series[length:] if shifted else series
    of_series = keras.utils.timeseries_dataset_from_array
    data = of_series(series, targets, length, batch_size=batch_size)
    batches = [tuple(map(np.array, batch)) for batch in data]
    count = min(rows - length + 1, len(targets))
    windows = np.stack([series[k : k + length] for k in range(count)])
    assert_same(np.concatenate([x for x, _ in batches]), windows)
    assert_same(np.concatenate([y for _, y in batches]), targets[:count])


@claim(
    "modes.windows-in-batches",
    observed="Keras 2 and 3",
    cases=4,
    needs="tensorflow",
)
@given(integers(5, 9), integers(1, 4), integers(1, 5), integers(1, 3), integers(1, 3), booleans())
def test_windows_of_a_table_come_in_batches(rows, length, batch_size, columns, targets, older):
    """
    Of tables x and y `timeseries_dataset_from_array(x, y, n)` yields (batch, n, columns of x),
    (batch, columns of y).

    So does the older TimeseriesGenerator. The series has more than n rows. An LSTM reads such
    windows, and a Dense of so many units fits the targets. A flat series has no columns: give
    x[:, None].

    >>> import keras, numpy as np
    >>> x, y, n = np.ones((8, 2)), np.ones((8, 3)), 4
    >>> data = keras.utils.timeseries_dataset_from_array(x, y, n, batch_size=3)
    >>> [(tuple(windows.shape), tuple(targets.shape)) for windows, targets in data]
    [((3, 4, 2), (3, 3)), ((2, 4, 2), (2, 3))]
    """
    import tensorflow as tf

    x = np.ones((rows, columns))
    y = np.ones((rows, targets))
    of_sequence = tf.keras.preprocessing.sequence
    module = of_sequence if older else keras.utils
    make = getattr(module, "TimeseriesGenerator" if older else "timeseries_dataset_from_array")
    data = make(x, y, length, batch_size=batch_size)
    batches = [data[k] for k in range(len(data))] if older else list(data)
    count = rows - length + (not older)
    sizes = [min(batch_size, count - k) for k in range(0, count, batch_size)]
    assert [tuple(part.shape) for part, _ in batches] == [(n, length, columns) for n in sizes]
    assert [tuple(part.shape) for _, part in batches] == [(n, targets) for n in sizes]


@claim(
    "modes.windows-with-steps",
    promised="timeseries_dataset_from_array, arguments `sampling_rate` and `sequence_stride`",
    cases=4,
    needs="tensorflow",
)
@given(
    integers(6, 12),
    integers(1, 3),
    whole([1, 2, 3]),
    whole([1, 2, 3]),
    whole([None, 0, 1, 2]),
    whole([None, 1, 2]),
    booleans(),
)
def test_windows_step_over_rows(rows, length, stride, rate, start, left_out, shuffle):
    """
    `timeseries_dataset_from_array` yields windows of the rows start_index +
    k * sequence_stride + i * sampling_rate.

    With a target for each row, or none, all windows come whose rows are below end_index, or
    len(data) where that is None; the target of a window is that of its first row. start_index,
    end_index, sequence_stride and sampling_rate have to be below len(data).

    >>> import keras, numpy as np
    >>> options = {"sequence_stride": 2, "sampling_rate": 3, "start_index": 1, "batch_size": None}
    >>> data = keras.utils.timeseries_dataset_from_array(np.arange(10), None, 3, **options)
    >>> [np.array(window).tolist() for window in data]
    [[1, 4, 7], [3, 6, 9]]
    """
    series = np.arange(rows)
    end = rows - (left_out or 0)
    steps = {"sequence_stride": stride, "sampling_rate": rate, "shuffle": shuffle}
    bounds = {"start_index": start, "end_index": left_out and end}
    of_series = keras.utils.timeseries_dataset_from_array
    data = of_series(series, 10 * series, length, batch_size=2, **steps, **bounds)
    batches = [tuple(map(np.array, batch)) for batch in data]
    pairs = sorted((*x, y) for xs, ys in batches for x, y in zip(xs.tolist(), ys, strict=True))
    firsts = range(start or 0, end - rate * (length - 1), stride)
    exact = [(*range(k, k + rate * length, rate), 10 * k) for k in firsts]
    missing = [window for window in exact if window not in pairs]
    assert set(pairs) <= set(exact), f"windows {pairs}, expected {exact}"
    assert not missing, f"missing windows at the end: {missing}"
    assert len(pairs) == len(exact), f"a window comes twice: {pairs}"


@claim("modes.window-generator", observed="Keras 2 and 3", needs="tensorflow")
@given(integers(5, 9), integers(1, 4), integers(1, 3), seeds)
def test_generator_pairs_a_window_with_the_target_after_it(rows, length, batch_size, seed):
    """
    By default `TimeseriesGenerator(x, y, n)` pairs the window x[i : i + n] with y[i + n], the
    target after it.

    So x itself, given as y, makes a window's target the next value. It is deprecated, and Keras 3
    has it in tf.keras alone; for what came in its place see `modes.windows-and-targets`.

    >>> import keras, numpy as np
    >>> import tensorflow as tf
    >>> x, n = np.arange(6), 3
    >>> data = tf.keras.preprocessing.sequence.TimeseriesGenerator(x, x, n)
    >>> windows, targets = data[0]
    >>> windows.tolist(), targets.tolist()
    ([[0, 1, 2], [1, 2, 3], [2, 3, 4]], [3, 4, 5])
    """
    import tensorflow as tf

    x = noise((rows, 2), seed)
    y = np.arange(rows)
    of_series = tf.keras.preprocessing.sequence.TimeseriesGenerator
    data = of_series(x, y, length, batch_size=batch_size)
    batches = [data[k] for k in range(len(data))]
    starts = range(rows - length)
    assert_same(np.concatenate([part for part, _ in batches]), [x[k : k + length] for k in starts])
    assert_same(np.concatenate([part for _, part in batches]), y[length:])


@claim(
    "modes.generator",
    derived="`predict` runs each batch by itself",
    corrects="All batches of one predict must have the same number of timesteps.",
    cases=3,
)
@given(
    cases(**varied("units", "go_backwards", "use_bias"), batch=3, timesteps=5),
    lists(tuples(integers(1, 3), integers(1, 5)), min_size=2, max_size=4).filter(
        lambda sizes: sizes[0][1] != sizes[1][1]
    ),
)
def test_predict_takes_batches_of_different_lengths_from_a_generator(case, sizes):
    """
    From a generator, predict of one looped float32 LSTM of open length takes any lengths, if the
    first two differ.

    So sequences can be sorted into batches of equal length, which need no padding. On TensorFlow
    Keras looks at two batches to see which sizes are open: if both have one length, another length
    is refused later.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((None, 1)), keras.layers.LSTM(2)])
    >>> batches = [np.ones((1, timesteps, 1)) for timesteps in (1, 2, 3)]
    >>> y = model.predict(((x,) for x in batches), steps=3, verbose=0)
    >>> bool(np.allclose(y, np.concatenate([model(x) for x in batches]), atol=1e-6))
    True
    """
    parts = [replace(case, x=case.x[:b, :t]) for b, t in sizes]
    model = in_model(lstm(case), case)
    y = model.predict(((part.x,) for part in parts), steps=len(parts), verbose=0)
    expected = np.concatenate([equations(part).h for part in parts])
    assert_close(y, expected, instead=in_bfloat16(expected))


@claim(
    "modes.ragged-sequences",
    observed="Keras 3, TensorFlow",
    corrects="predict always returns a NumPy array.",
    cases=3,
    needs="tensorflow",
)
@given(
    cases(timesteps=integers(2, 5), return_sequences=True, **varied("batch", "units", "dtype")),
    picks,
)
def test_predict_returns_sequences_of_different_lengths_as_a_ragged_tensor(case, pick):
    """
    Of an LSTM's sequences of two lengths `predict` on TensorFlow makes a RaggedTensor if it takes
    both, but not in bfloat16.

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
    short = replace(case, x=case.x[:, : 1 + pick % (case.timesteps - 1)])
    batches = ((part.x,) for part in (short, case))
    y = in_model(lstm(case), case).predict(batches, steps=2, verbose=0)
    assert not isinstance(y, np.ndarray), "an array"
    rows = [*equations(short).outputs, *equations(case).outputs]
    assert_close([to_numpy(y[k]) for k in range(2 * case.batch)], rows)


@claim(
    "modes.ragged-rows",
    observed="Keras 3, TensorFlow",
    cases=3,
    needs="tensorflow",
)
@given(
    cases(
        timesteps=integers(2, 5),
        return_sequences=True,
        dtype=sampled_from(["float32", "float64", "float16"]),
        **varied("batch", "units"),
    ),
    picks,
)
def test_rows_of_a_ragged_prediction_are_tensors(case, pick):
    """
    The RaggedTensor that `predict` makes of an LSTM's sequences of two lengths has the shape
    (samples, None, units).

    Each of its rows is a plain tensor of shape (timesteps, units), without padding.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_sequences=True)
    >>> model = keras.Sequential([keras.Input((None, 1)), lstm])
    >>> batches = [np.ones((1, timesteps, 1)) for timesteps in (1, 3)]
    >>> y = model.predict(((x,) for x in batches), steps=2, verbose=0)
    >>> tuple(y.shape), [tuple(row.shape) for row in y]
    ((2, None, 2), [(1, 2), (3, 2)])
    """
    lengths = (1 + pick % (case.timesteps - 1), case.timesteps)
    batches = ((case.x[:, :length],) for length in lengths)
    y = in_model(lstm(case), case).predict(batches, steps=2, verbose=0)
    assert tuple(y.shape) == (2 * case.batch, None, case.units), f"{y.shape}"
    rows = [(length, case.units) for length in lengths for _ in range(case.batch)]
    assert [tuple(row.shape) for row in y] == rows, f"{y.bounding_shape()}"


@claim(
    "modes.generator-of-tuples",
    observed="Keras 3",
    corrects="A generator for predict yields arrays.",
)
def test_a_generator_that_yields_arrays_is_refused():
    """
    In Keras 3 `predict` refuses a generator that yields arrays: it must yield tuples, such as
    (x,).

    A tuple of two is input and target, of which `predict` reads the input.

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
    "modes.cost-of-predict",
    observed="TensorFlow, CPU: 40 to 140 times as long on Keras 3, 4 to 13 times on Keras 2",
    corrects="To predict step by step in a loop, call predict.",
    needs="tensorflow",
)
def test_on_little_data_predict_takes_much_longer_than_predict_on_batch():
    """
    On 2 samples of 3 timesteps a repeated `predict` of a small LSTM takes 2 to 1000 times as long
    as `predict_on_batch`.

    It sets up a data pipeline in every call. That pays on much data and is lost on little.

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


@claim(
    "modes.any-arguments",
    derived="gates.equations: of all arguments only four occur in the equations",
    cases=8,
    needs="LSTM(use_cudnn)",
)
@given(*with_ways(cases(**ANY, **varied("batch", "timesteps"))))
def test_any_combination_of_arguments_computes_the_equations(case, way):
    """
    In float32, at inference, without masks, any arguments with which an LSTM runs give what the
    equations give.

    Only `activation`, `recurrent_activation`, `use_bias` and `go_backwards` occur in them, beside
    `units`. The others say how it is computed, returned, initialized or trained, or whether it
    keeps its state. On TensorFlow and JAX a call with use_cudnn=True fails without a GPU.

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
    assert_close(to_numpy(way(lstm(case))(case.x)), returned(case))
