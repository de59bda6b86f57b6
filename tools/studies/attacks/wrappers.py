"""Attacks on the claims of the chapter `wrappers`."""

import keras
import numpy as np

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import X, close

LSTM, Bidirectional = keras.layers.LSTM, keras.layers.Bidirectional
H = np.ones((2, 2), "float32")


@attack("wrappers.merge-mode-names")
def odd_merge_modes():
    """Capitals, flags, numbers, a function, a list."""
    modes = ["SUM", True, 0, "avg", sum, ["sum"]]
    return [outcome(lambda m=m: Bidirectional(LSTM(2), merge_mode=m))[:10] for m in modes]


@attack("wrappers.halves-aligned")
def backwards_first():
    """A layer that goes backwards, and a backward_layer that goes forwards: aligned?"""
    first = LSTM(2, go_backwards=True, return_sequences=True)
    both = Bidirectional(first, backward_layer=LSTM(2, return_sequences=True))
    y = both(X)
    return close(y[..., :2], np.array(both.forward_layer(X))[:, ::-1])


@attack("wrappers.copies-its-layer")
def options_of_the_copy():
    """implementation=1 of the given layer: has the copy it?"""
    return Bidirectional(LSTM(2, implementation=1)).forward_layer.cell.implementation


@attack("wrappers.six-weights")
def without_a_bias():
    """use_bias=False: how many weights?"""
    both = Bidirectional(LSTM(2, use_bias=False))
    both.build(X.shape)
    return len(both.weights)


@attack("wrappers.sees-the-future")
def long_sequence():
    """The last of 1,000 timesteps changes: does the backward half of the first row?"""
    both = Bidirectional(LSTM(2, return_sequences=True))
    x = np.zeros((1, 1000, 3), "float32")
    other = x.copy()
    other[:, -1] = 1.0
    return bool(np.any(np.array(both(x))[:, 0, 2:] != np.array(both(other))[:, 0, 2:]))


@attack("wrappers.two-states-refused")
def two_states_for_a_symbol():
    """A single h and c, in a call on keras.Input."""
    h = keras.Input((2,))
    return outcome(lambda: Bidirectional(LSTM(2))(keras.Input((4, 3)), initial_state=[h, h]).shape)


@attack("wrappers.stack-flat-state")
def flat_states_for_a_symbol():
    """Flat states of two cells, in a call on keras.Input."""
    rnn = keras.layers.RNN([keras.layers.LSTMCell(2) for _ in range(2)])
    h = keras.Input((2,))
    return outcome(lambda: rnn(keras.Input((4, 3)), initial_state=[h] * 4).shape)


@attack("wrappers.stack-of-cells")
def backwards_stack():
    """go_backwards=True: does a stack of cells compute what stacked layers do?"""
    layers = [LSTM(2, go_backwards=True, return_sequences=True), LSTM(2, go_backwards=True)]
    stacked = keras.Sequential(layers)
    cells = [keras.layers.LSTMCell(2) for _ in range(2)]
    rnn = keras.layers.RNN(cells, go_backwards=True)
    for layer in (stacked, rnn):
        layer.build(X.shape)
    rnn.set_weights(stacked.get_weights())
    return close(rnn(X), stacked(X))


@attack("wrappers.lstm-in-slices")
def stateful_slices():
    """A stateful LSTM in TimeDistributed: does each slice start from zeros?"""
    y = keras.layers.TimeDistributed(LSTM(2, stateful=True))(np.stack([X, X], axis=1))
    return close(y[:, 0], y[:, 1])


@attack("wrappers.repeat-vector")
def last_output_only():
    """The second LSTM without return_sequences: how many outputs?"""
    layers = [LSTM(2), keras.layers.RepeatVector(3), LSTM(2)]
    return tuple(keras.Sequential(layers)(X).shape)


@attack("wrappers.dense-in-slices")
def dense_with_a_penalty():
    """An activity regularizer of the Dense in TimeDistributed: how many losses?"""
    dense = keras.layers.Dense(2, activity_regularizer="l2")
    sliced = keras.layers.TimeDistributed(dense)
    sliced(X)
    return len(sliced.losses)


@attack("wrappers.unregistered-in-bidirectional")
def in_a_scope():
    """Within custom_object_scope: refused?"""

    def bent(x):
        return keras.ops.tanh(x)

    with keras.saving.custom_object_scope({"bent": bent}):
        return outcome(lambda: Bidirectional(LSTM(2, activation=bent))(X).shape)


@attack("wrappers.one-input")
def several_inputs():
    """Several inputs in a dictionary, as symbols, to a stack, in a tuple of one: refused?"""
    x = np.ones((2, 3, 1), "float32")
    symbol = keras.Input((3, 1))
    cell = keras.layers.LSTMCell(2)
    return {
        "dictionary": outcome(lambda: keras.layers.RNN(cell)({"a": x, "b": x}).shape)[:70],
        "symbols": outcome(lambda: keras.layers.RNN(cell)((symbol, symbol)).shape)[:70],
        "a tuple of one": outcome(lambda: keras.layers.RNN(cell)((x,)).shape)[:70],
        "stack": outcome(lambda: keras.layers.RNN([cell, cell])((x, x)).shape)[:70],
    }


@attack("wrappers.arguments-of-the-cell")
def arguments_of_other_names():
    """Names of the cell's own, in a stack, in Bidirectional, by position: handed on?"""

    class Cell(keras.layers.LSTMCell):
        def call(self, inputs, states, factor=1.0, training=False):
            return super().call(factor * inputs, states, training=training)

    rnn = keras.layers.RNN(Cell(2))
    runs = {
        "factor": lambda: rnn(X, factor=2.0),
        "states": lambda: rnn(X, states=[H, H]),
        "inputs": lambda: rnn(inputs=X),
        "position": lambda: rnn(X, None, None, False, 2.0),
        "stack": lambda: keras.layers.RNN([Cell(2), Cell(2)])(X, factor=2.0),
        "both": lambda: Bidirectional(keras.layers.RNN(Cell(2)))(X, factor=2.0),
    }
    return {name: outcome(lambda run=run: run().shape)[:90] for name, run in runs.items()}
