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


@attack("wrappers.merge-none")
def unmerged_and_stateful():
    """Unmerged, with return_state=True, stateful and not: how many tensors?"""
    layers = [
        Bidirectional(LSTM(2, return_state=True, stateful=stateful), merge_mode=None)
        for stateful in (False, True)
    ]
    return [outcome(lambda layer=layer: len(layer(X)))[:40] for layer in layers]


@attack("wrappers.direction-names")
def names_of_the_other_direction():
    """A layer named forward_words, and one backward_words: what are both directions named?"""
    both = [Bidirectional(LSTM(2, name=f"{way}_words")) for way in ("forward", "backward")]
    return [(layer.forward_layer.name, layer.backward_layer.name) for layer in both]


@attack("wrappers.bidirectional-mask-and-state")
def mask_of_a_layer_without():
    """Around layers whose call takes no mask: are masked timesteps skipped?"""

    @keras.saving.register_keras_serializable("attacks")
    class Summing(keras.layers.Layer):
        def __init__(self, go_backwards=False, **options):
            super().__init__(**options)
            self.go_backwards = go_backwards
            self.stateful = self.return_sequences = self.return_state = False

        def get_config(self):
            return {**super().get_config(), "go_backwards": self.go_backwards}

        def call(self, x, initial_state=None):
            return keras.ops.sum(x, axis=1)

    both = Bidirectional(Summing())
    return close(both(X, mask=np.arange(4) < np.array([[2], [4]])), both(X))


@attack("wrappers.states-of-both")
def states_of_other_layers():
    """Of GRU and of RNN of two cells: how many states are there once it is built?"""
    cells = [keras.layers.LSTMCell(2), keras.layers.LSTMCell(3)]
    inside = [keras.layers.GRU(2, stateful=True), keras.layers.RNN(cells, stateful=True)]
    seen = []
    for layer in map(Bidirectional, inside):
        before = layer.states
        layer(X)
        seen.append((before, len(layer.states)))
    return seen


class Bare(keras.layers.Layer):
    """A cell that adds each timestep to its state, with a list or without one."""

    state_size = 3

    def __init__(self, listed):
        super().__init__()
        self.listed = listed

    def call(self, x, states):
        """Add a timestep."""
        return states[0] + x, [states[0] + x] if self.listed else states[0] + x


@attack("wrappers.bare-state")
def bare_state_of_one_sample():
    """Two such cells in a list, on one sample and on two: which shape has the state returned?"""
    return [
        tuple(keras.layers.RNN([Bare(False), Bare(False)], return_state=True)(X[:b])[1].shape)
        for b in (1, 2)
    ]


@attack("wrappers.stack-keeps-the-form")
def list_of_one_in_a_call():
    """A cell that returns a list of one, in a stack: is it given a tensor, and what is returned?"""
    stack = keras.layers.StackedRNNCells([Bare(True), keras.layers.LSTMCell(2)])
    start = stack.get_initial_state(batch_size=2)
    _, listed = stack(X[:, 0], [[start[0]], start[1]])
    _, bare = stack(X[:, 0], start)
    return [isinstance(states[0], list) for states in (start, bare, listed)]


@attack("wrappers.states-of-slices")
def states_of_slices_with_rows():
    """With return_sequences=True, and on a symbol: what comes back?"""
    x = np.stack([X, -X], axis=1)
    sliced = [
        keras.layers.TimeDistributed(LSTM(2, return_state=True, return_sequences=rows))
        for rows in (False, True)
    ]
    calls = [lambda s=s: tuple(s(x).shape) for s in sliced]
    calls.append(lambda: sliced[0](keras.Input((2, 4, 3))).shape)
    return [outcome(call)[:40] for call in calls]


class Callable:
    """A cell that is no layer, called as a function; alone it has all that RNN asks for."""

    state_size = output_size = 3
    compute_dtype = "float32"

    def call(self, x, states):
        """Return the timestep."""
        return x, states

    def __call__(self, x, states):
        """Return twice the timestep."""
        return 2 * x, states

    def get_initial_state(self, batch_size=None):
        """Start from zeros."""
        return [keras.ops.zeros((batch_size, 3))]


@attack("wrappers.plain-class-in-a-stack")
def callable_with_a_type():
    """With `__call__` and compute_dtype: is it taken alone, and by which is it called in a list?"""
    alone = outcome(lambda: close(keras.layers.RNN(Callable())(X), 2 * X[:, -1]))
    return alone, close(keras.layers.RNN([Callable(), Callable()])(X), 4 * X[:, -1])


@attack("wrappers.sees-the-future")
def last_timestep_of_many():
    """The last of 120 timesteps, to 8 and 300 units: do bits of row 0 change, and how far?"""
    seen = {}
    x = np.random.RandomState(1).randn(2, 120, 3).astype("float32")
    other = x.copy()
    other[:, -1] += 1.0
    for units in (8, 300):
        both = Bidirectional(LSTM(units, return_sequences=True))
        model = keras.Sequential([keras.Input((120, 3)), both])
        random = np.random.RandomState(2)
        model.set_weights([random.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
        y, z = (model.predict(data, verbose=0)[:, 0, units:] for data in (x, other))
        seen[units] = bool(np.any(y != z)), close(y, z)
    return seen


@attack("wrappers.stack-alone")
def dropout_of_all():
    """With training=True and a rate of 1: does it drop?"""
    cells = [keras.layers.LSTMCell(2, dropout=1.0), keras.layers.LSTMCell(2)]
    stack = keras.layers.StackedRNNCells(cells)
    states = stack.get_initial_state(batch_size=2)
    y, z = (stack(X[:, 0], states, training=training)[0] for training in (True, False))
    return not close(y, z)
