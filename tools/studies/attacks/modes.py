"""Attacks on the claims of the chapter `modes`."""

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import X, model_of, runs

LSTM, Cell = keras.layers.LSTM, keras.layers.LSTMCell


def rows(batch, timesteps):
    """Return ones."""
    return np.ones((batch, timesteps, 3), "float32")


@attack("modes.returns-arrays")
def several_outputs():
    """Predict of a layer with return_state, and of batches of two lengths: an array?"""
    x = keras.Input((None, 3))
    model = model_of(LSTM(2, return_sequences=True))
    ragged = model.predict(((rows(1, t),) for t in (1, 3)), steps=2, verbose=0)
    states = keras.Model(x, LSTM(2, return_state=True)(x)).predict(X, verbose=0)
    return type(states).__name__, type(ragged).__name__


@attack("modes.batch-size")
def stateful_batches():
    """A stateful layer, in two batches: does the second begin where the first ended?"""
    model = keras.Sequential([keras.Input(batch_shape=(2, 4, 3)), LSTM(2, stateful=True)])
    y = model.predict(np.concatenate([X, X]), batch_size=2, verbose=0)
    return not np.allclose(y[:2], y[2:])


@attack("modes.kinds-of-model")
def double_layer_in_a_model():
    """A layer of float64 in a model: how far is the output from that of a call?"""
    layer = LSTM(2, dtype="float64")
    x = np.random.RandomState(0).rand(2, 4, 3)
    return float(np.abs(np.array(model_of(layer)(x)) - np.array(layer(x))).max())


@attack("modes.evaluate-loss")
def evaluate_with_penalties():
    """Evaluate with targets that are the outputs, and an L2 of the kernel: the loss?"""
    model = model_of(LSTM(2, kernel_regularizer="l2"))
    model.compile(loss="mse")
    return model.evaluate(X, np.array(model(X)), verbose=0)


@attack("modes.symbolic-call")
def symbolic_calls():
    """Calls on symbols with states, in wrappers and in stacks: how often does the cell run?"""
    x = keras.Input((4, 3))
    h = keras.Input((2,))
    calls = [
        lambda: LSTM(2, return_state=True)(x, initial_state=[h, h]),
        lambda: keras.layers.Bidirectional(LSTM(2))(x),
        lambda: keras.layers.RNN([Cell(2), Cell(3)])(x),
        lambda: LSTM(2, activity_regularizer="l2")(x),
    ]
    return [runs(call) for call in calls]


@attack("modes.eager-runs")
def unrolled_runs():
    """Eager, of four timesteps, unrolled and in a loop: how often does the cell run?"""
    return [runs(lambda u=u: LSTM(2, unroll=u)(X)) for u in (True, False)]


@attack("modes.python-runs-twice")
def runs_for_other_shapes():
    """predict_on_batch on one shape twice, on another batch size, on another length."""
    model = model_of(LSTM(2))
    data = [X, X, X[:1], X[:, :2]]
    return [runs(lambda x=x: model.predict_on_batch(x)) for x in data]


@attack("modes.predict-traces-twice")
def traces_for_other_batches():
    """predict, each time on another batch size and length: how often does the cell run?"""
    model = model_of(LSTM(2))
    data = [rows(n, n + 2) for n in range(1, 5)]
    return [runs(lambda x=x: model.predict(x, verbose=0)) for x in data]


@attack("modes.unrolled-second-length")
def second_length_eagerly():
    """Predict of an unrolled model on a second length, with run_eagerly=True."""
    model = model_of(LSTM(2, unroll=True))
    model.compile(run_eagerly=True)
    return [outcome(lambda t=t: model.predict_on_batch(rows(1, t)).shape) for t in (3, 4)]


@attack("modes.attributes-are-frozen")
def changed_attribute_on_a_new_shape():
    """go_backwards set after predict; predict on another shape: is it seen?"""
    layer = LSTM(2)
    model = model_of(layer)
    model.predict_on_batch(X)
    layer.go_backwards = True
    return bool(np.allclose(model.predict_on_batch(X[:, :3]), layer(X[:, :3]), atol=1e-6))


@attack("modes.use-cudnn-refused")
def cudnn_for_a_symbol():
    """A layer with use_cudnn=True, called on keras.Input."""
    return outcome(lambda: LSTM(2, use_cudnn=True)(keras.Input((4, 3))).shape)


@attack("modes.generator")
def unrolled_generator():
    """Batches of three lengths for an unrolled model."""
    batches = ((rows(1, t),) for t in (1, 2, 3))
    model = model_of(LSTM(2, unroll=True))
    return outcome(lambda: model.predict(batches, steps=3, verbose=0).shape)


@attack("modes.generator")
def two_batches_of_one_length():
    """Three batches from a generator, the first two of one length: does predict take the third?"""
    model = keras.Sequential([keras.Input((None, 1)), keras.layers.LSTM(2)])
    batches = ((np.ones((1, timesteps, 1)),) for timesteps in (2, 2, 3))
    return outcome(lambda: model.predict(batches, steps=3, verbose=0).shape)


@attack("modes.retraced")
def traces():
    """With reduce_retracing, and of a layer that is not built: how many for four lengths?"""
    seen = []
    for built, options in ((True, {}), (True, {"reduce_retracing": True}), (False, {})):
        layer = LSTM(2)
        if built:
            layer.build((2, 4, 3))
        function = tf.function(layer, **options)
        for timesteps in (2, 3, 4, 5):
            function(rows(2, timesteps))
        seen.append(function.experimental_get_tracing_count())
    return seen


@attack("modes.python-runs-twice")
def runs_while_built():
    """Of a layer that its graph builds: how often?"""
    return runs(lambda: tf.function(LSTM(2))(X))


@attack("modes.attributes-are-frozen")
def set_while_eager():
    """With run_eagerly=True: does predict go on as before?"""
    layer = LSTM(2)
    model = model_of(layer)
    model.compile(run_eagerly=True)
    before = model.predict(X, verbose=0)
    layer.go_backwards = True
    return bool(np.allclose(model.predict(X, verbose=0), before))


@attack("modes.windows-and-targets")
def windows_of_other_arguments():
    """With strides, sampling, an end and a start: is the target still that of the first row?"""
    x = np.arange(12)
    seen = {}
    for option in (
        {"sequence_stride": 2},
        {"sampling_rate": 2},
        {"start_index": 3, "end_index": 9},
    ):
        [(windows, targets)] = keras.utils.timeseries_dataset_from_array(x, x * 10, 3, **option)
        seen[str(option)] = (np.array(windows).tolist(), np.array(targets).tolist())
    return seen


@attack("modes.window-generator")
def generator_of_other_arguments():
    """With strides, sampling, an end, and in reverse: is the target still that after the window?"""
    x = np.arange(12)
    seen = {}
    for option in ({"stride": 2}, {"sampling_rate": 2}, {"end_index": 8}, {"reverse": True}):
        data = tf.keras.preprocessing.sequence.TimeseriesGenerator(x, x * 10, 3, **option)
        windows, targets = data[0]
        seen[str(option)] = (windows.tolist(), targets.tolist())
    return seen


@attack("modes.windows-in-batches")
def windows_of_other_tables():
    """Of a flat series, of frames, without targets, of a window as long as the series: shapes?"""
    of_series = keras.utils.timeseries_dataset_from_array
    tables = {
        "flat": lambda: of_series(np.arange(8), np.arange(8), 3),
        "frames": lambda: of_series(np.ones((8, 4, 4, 1)), np.ones((8, 4, 4)), 3),
        "no targets": lambda: of_series(np.ones((8, 2)), None, 3),
        "whole": lambda: of_series(np.ones((8, 2)), np.ones((8, 1)), 8),
        "too long": lambda: of_series(np.ones((8, 2)), np.ones((8, 1)), 9),
    }
    return {
        name: outcome(lambda m=make: str(next(iter(m()))))[:60] for name, make in tables.items()
    }
