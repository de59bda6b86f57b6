"""A cell, alone and in RNN, and cells of one's own."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import keras
import numpy as np
from hypothesis import example, given
from hypothesis.strategies import integers, lists

from lstm_spec.claims import claim
from lstm_spec.claims.wrappers import (
    Keep,
    PlainSum,
    Totals,
    another,
    assume_served,
    looped,
)
from lstm_spec.harness.reference import equations, returned
from lstm_spec.harness.refusals import assert_refused
from lstm_spec.harness.strategies import (
    booleans,
    cases,
    noise,
    permutation,
    seeds,
    small,
    varied,
    whole,
)
from lstm_spec.harness.subject import (
    UNDRAWN,
    as_states,
    cast,
    flatten,
    lstm,
    reset,
    to_numpy,
    total,
    with_weights,
)
from lstm_spec.harness.tolerance import ROUNDING, assert_close, assert_same
from lstm_spec.harness.ways import Way, layer_ways

# A cell, alone and in RNN.


@claim(
    "wrappers.cell-start",
    promised="RNN, argument `cell`: `get_initial_state` creates what a cell starts from",
)
@given(cases(timesteps=1), integers(1, 4))
def test_cells_make_their_own_zeros(case, units):
    """
    get_initial_state of an LSTMCell gives zeros for h and c, of a stack of them a pair for each.

    A cell called by hand has no default state: get the first one here. The argument is the
    batch size, without a default that works.

    >>> import keras, numpy as np
    >>> cell = keras.layers.LSTMCell(2)
    >>> h, c = cell.get_initial_state(batch_size=3)
    >>> np.array(h).tolist(), tuple(c.shape)
    ([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]], (3, 2))
    """
    cells = [keras.layers.LSTMCell(case.units), keras.layers.LSTMCell(units)]
    start = [[np.zeros((case.batch, u), "float32")] * 2 for u in (case.units, units)]
    stacked = keras.layers.StackedRNNCells(cells)
    assert_same(cells[0].get_initial_state(batch_size=case.batch), start[0])
    assert_same(stacked.get_initial_state(batch_size=case.batch), start)


@claim(
    "wrappers.cell-sizes",
    promised="RNN, argument `cell`: `state_size` and `output_size`",
)
@given(seeds)
def test_cells_tell_their_sizes(seed):
    """
    state_size of an LSTMCell is [units, units], and of stacked cells a list with one for each.

    output_size is the units of the cell, or of a stack's last cell, whose output it returns.

    >>> import keras, numpy as np
    >>> cells = [keras.layers.LSTMCell(2), keras.layers.LSTMCell(3)]
    >>> stacked = keras.layers.StackedRNNCells(cells)
    >>> cells[0].state_size, stacked.state_size, stacked.output_size
    ([2, 2], [[2, 2], [3, 3]], 3)
    """
    units = (1 + permutation(9, seed)[:3]).tolist()
    cells = [keras.layers.LSTMCell(number) for number in units]
    stacked = keras.layers.StackedRNNCells(cells)
    sizes = [[number] * 2 for number in units]
    assert [cell.state_size for cell in cells] == stacked.state_size == sizes, "state_size"
    assert [cell.output_size for cell in [*cells, stacked]] == [*units, units[-1]], "output_size"


@claim(
    "wrappers.cell-split",
    observed="Keras 3 on TensorFlow",
    corrects="Documentation of LSTMCell, `states`: a tensor of shape (batch, units).",
)
@given(cases(batch=integers(2, 3), timesteps=1), seeds)
def test_a_tensor_of_states_is_taken_apart(case, seed):
    """
    Given one tensor of two rows or more for its states, an LSTMCell takes its first two as h and c.

    A tensor of shape (batch, units) so starts all samples from its first two rows, and nothing
    warns. Give a list of two tensors, [h, c].

    >>> import keras, numpy as np
    >>> cell, x = keras.layers.LSTMCell(2), np.array([[1.0], [7.0]])  # (batch, features)
    >>> states = np.array([[0.1, 0.2], [0.3, 0.4]], "float32")
    >>> y, _ = cell(x, states)
    >>> bool(np.allclose(y, cell(x, [states[[0, 0]], states[[1, 1]]])[0], atol=1e-6))
    True
    """
    state = noise((case.batch, case.units), seed)
    cell = with_weights(keras.layers.LSTMCell(case.units, **UNDRAWN), case)
    h, c = np.repeat(state[:2, None], case.batch, axis=1)
    y, _ = cell(case.x[:, 0], as_states(state))
    assert_close(y, equations(replace(case, h=h, c=c)).h)


@claim(
    "wrappers.rnn-options",
    promised="RNN, its arguments and call arguments",
    cases=4,
)
@example(small(go_backwards=True, unroll=True), Way("called"))
@given(
    cases(
        masked=True,
        state=True,
        return_sequences=booleans(),
        return_state=booleans(),
        go_backwards=booleans(),
        unroll=booleans(),
        zero_output_for_mask=booleans(),
        stateful=booleans(),
        **varied("timesteps", "units"),
    ),
    layer_ways,
)
def test_rnn_does_to_a_cell_what_lstm_does(case, way):
    """
    All six flags of RNN do to an LSTMCell what those of LSTM do to an LSTM.

    They are return_sequences, return_state, go_backwards, stateful, unroll and
    zero_output_for_mask, also with a mask and an initial state.

    >>> import keras, numpy as np
    >>> lstm, cell = keras.layers.LSTM(2, go_backwards=True), keras.layers.LSTMCell(2)
    >>> rnn, x = keras.layers.RNN(cell, go_backwards=True), np.array([[[1.0], [7.0]]])
    >>> y, z = lstm(x), rnn(x)
    >>> rnn.set_weights(lstm.get_weights())
    >>> bool(np.allclose(rnn(x), y, atol=1e-6))
    True
    """
    assume_served(way, case.options["unroll"])
    arguments = {"mask": case.mask, "initial_state": as_states(case.state)}
    run = way(looped(case))
    expected = way(lstm(case))
    for given_beside in (arguments, {"mask": case.mask}):
        y = to_numpy(run(case.x, **given_beside))
        assert_close(y, to_numpy(expected(case.x, **given_beside)))


@claim("wrappers.rnn-defaults", promised="RNN, section Args")
@given(integers(1, 9))
def test_defaults_of_rnn_are_the_documented_ones(units):
    """
    With a cell alone RNN is configured by the defaults that its documentation lists.

    All six flags are off: the last output is returned, without states; the input is read
    forwards; nothing is kept, unrolled, or set to zero under a mask.

    >>> import keras, numpy as np
    >>> rnn = keras.layers.RNN(keras.layers.LSTMCell(2))
    >>> rnn.return_sequences, rnn.stateful, rnn.unroll, rnn.zero_output_for_mask
    (False, False, False, False)
    """
    config = keras.layers.RNN(keras.layers.LSTMCell(units)).get_config()
    flags = ["return_sequences", "return_state", "go_backwards", "stateful", "unroll"]
    told = {name: config[name] for name in [*flags, "zero_output_for_mask"]}
    assert not any(told.values()), f"configured by {told}"


@claim(
    "wrappers.no-constants",
    observed="Keras 3; Keras 2 handed `constants` on to cells that take them",
    corrects="Documentation of RNN, argument `cell`: a cell can take the argument `constants`.",
)
@given(cases(timesteps=1))
def test_rnn_takes_no_constants(case):
    """
    RNN refuses an argument `constants`, although its documentation speaks of one.

    The section that the documentation points to is missing too. What a cell needs at every
    timestep can be repeated along the time axis, as further features.

    >>> import keras, numpy as np
    >>> rnn, x = keras.layers.RNN(keras.layers.LSTMCell(2)), np.ones((1, 4, 3))
    >>> try:
    ...     rnn(x, constants=np.ones((1, 5)))
    ... except TypeError as error:
    ...     print("unexpected keyword argument 'constants'" in str(error))
    True
    """
    layer = looped(case)
    assert_refused(lambda: layer(case.x, constants=case.x[:, 0]), "TypeError", "'constants'")


class Optional(keras.layers.Layer):  # type: ignore[misc]
    """A cell that counts timesteps, by twos if it is given any other argument."""

    state_size = output_size = 1

    def call(self, inputs, states, training=False, **options):
        """Count a timestep."""
        state = states[0] + 1.0 + float(bool(options))
        return state, [state]


@claim(
    "wrappers.arguments-of-the-cell",
    observed="Keras 2 and 3",
    corrects="Arguments of RNN's call that it does not know go on to its cell.",
)
@given(cases(), whole(["factor", "context", "lengths", "attended"]), booleans())
def test_rnn_hands_no_further_argument_on(case, name, unroll):
    """
    RNN's call refuses an argument of its cell's call that it has not itself.

    In Keras 3, beside the timestep and the states, a cell is given `training` at most. What
    else it needs is an attribute of the cell, or further features of the input.

    >>> import keras, numpy as np
    >>> class Cell(keras.layers.Layer):
    ...     state_size = 1
    ...     def call(self, inputs, states, factor=1.0): return factor * states[0] + inputs, states
    >>> rnn, x = keras.layers.RNN(Cell()), np.ones((2, 3, 1))
    >>> try:
    ...     rnn(x, factor=2.0)
    ... except TypeError as error:
    ...     print("unexpected keyword argument 'factor'" in str(error))
    True
    """
    layer = keras.layers.RNN(Optional(), unroll=unroll)
    assert_refused(lambda: layer(case.x, **{name: 1.0}), "TypeError", f"'{name}'")
    assert_same(layer(case.x), np.full((case.batch, 1), case.timesteps))


class Several(keras.layers.Layer):  # type: ignore[misc]
    """A cell that reads several tensors at a timestep, and keeps the total of all."""

    state_size = output_size = 1

    def call(self, inputs, states):
        """Add a timestep to the total."""
        state = states[0] + sum(total(part, axis=-1, keepdims=True) for part in inputs)
        return state, [state]


@claim(
    "wrappers.one-input",
    observed="Keras 3; Keras 2 handed a timestep of each input to the cell",
    corrects="RNN hands nested inputs, such as a pair for each timestep, on to its cell.",
)
@given(
    cases(batch=integers(1, 3)),
    integers(2, 3),
    booleans(),
)
def test_rnn_takes_one_tensor_for_a_timestep(case, number, unroll):
    """
    Called on data, RNN refuses several inputs in a tuple, even if its cell reads several at a
    timestep.

    So it does in a list or a dictionary. Join the inputs along the features, in front of the RNN,
    and part them in the cell.

    >>> import keras, numpy as np
    >>> class Sum(keras.layers.Layer):
    ...     state_size = 1
    ...     def call(self, inputs, states): return states[0] + sum(inputs), states
    >>> x = np.ones((2, 3, 1))  # (batch, timesteps, features)
    >>> try:
    ...     keras.layers.RNN(Sum())((x, x))
    ... except AttributeError as error:
    ...     print("'tuple' object has no attribute 'shape'" in str(error))
    True
    """
    cell = Several()
    inputs = (cast(case.x, "float32"),) * number
    y, _ = cell(tuple(x[:, 0] for x in inputs), [np.zeros((case.batch, 1), "float32")])
    assert_close(y, number * case.x[:, 0].sum(axis=-1, keepdims=True, dtype=float))
    layer = keras.layers.RNN(cell, unroll=unroll)
    words = "'tuple' object has no attribute 'shape'"
    assert_refused(lambda: layer(inputs), "AttributeError", words)


@claim(
    "wrappers.one-cell-two-layers",
    derived="a cell is one object with one set of variables",
    cases=4,
)
@given(
    cases(**varied("features", "units", "return_sequences")),
    lists(booleans(), min_size=2, max_size=3),
    seeds,
)
def test_layers_around_one_cell_share_its_weights(case, directions, seed):
    """
    As they are made, two RNN layers around one LSTMCell share its weights.

    To set or train the weights of one is to do so for both, while each layer has its own
    `go_backwards` and, if it is stateful, its own states. A clone of a model with both has two
    cells.

    >>> import keras, numpy as np
    >>> cell, x = keras.layers.LSTMCell(2), np.array([[[1.0], [7.0]]])
    >>> one, other = keras.layers.RNN(cell), keras.layers.RNN(cell, go_backwards=True)
    >>> y, z = one(x), other(x)
    >>> bool(np.allclose(other(x[:, ::-1]), y, atol=1e-6))
    True
    """
    cell = keras.layers.LSTMCell(case.units, **UNDRAWN)
    parts = [another(case, seed, go_backwards=backwards) for backwards in directions]
    layers = [keras.layers.RNN(cell, **part.options) for part in parts]
    with_weights(layers[0], case)
    with_weights(layers[-1], parts[-1])
    assert_close([layer(case.x) for layer in layers], [returned(part) for part in parts])


@claim(
    "wrappers.dtype-of-rnn",
    observed="Keras 3 on TensorFlow, PyTorch and NumPy; Keras 2 raised an error",
    corrects="RNN(LSTMCell(2), dtype='float64') computes in float64.",
    cases=8,
)
@given(
    cases(
        batch=whole([1, 3]),
        timesteps=whole([1, 3, 8]),
        units=whole([1, 3, 17]),
        state=True,
        return_state=True,
        stateful=booleans(),
        unroll=booleans(),
    ),
    layer_ways,
)
def test_the_dtype_of_rnn_is_not_its_cells(case, way):
    """
    The dtype of RNN casts its input and output: the cell in it computes in the cell's own dtype.

    RNN(LSTMCell(2), dtype="float64") returns float64 numbers of float32 accuracy, without a
    warning. Give the dtype to both, RNN(LSTMCell(2, dtype=d), dtype=d).

    >>> import keras, numpy as np
    >>> rnn = keras.layers.RNN(keras.layers.LSTMCell(2), dtype="float64")
    >>> y = np.array(rnn(np.array([[[1.0], [7.0]]])))
    >>> str(y.dtype), str(rnn.get_weights()[0].dtype), bool(np.all(y == y.astype("float32")))
    ('float64', 'float32', True)
    """
    assume_served(way, case.options["unroll"], case.options["stateful"])
    for return_sequences in (False, True):
        narrow = looped(case, return_sequences=return_sequences)
        wide = way(looped(case, return_sequences=return_sequences, dtype="float64"))
        y = to_numpy(wide(case.x, initial_state=as_states(case.state)))
        types = {str(part.dtype) for part in flatten(y)}
        assert types == {"float64"}, f"outputs and states are {types}"
        assert_same(y, to_numpy(narrow(case.x, initial_state=as_states(case.state))))


# Cells of one's own.


class Sum(keras.layers.Layer):  # type: ignore[misc]
    """A cell with one state: twice the running sum of its input."""

    def __init__(self, state_size=3, **options):
        """Keep the size of the state."""
        super().__init__(**options)
        self.state_size = state_size

    def call(self, inputs, states):
        """Add a timestep to the sum."""
        return 2.0 * (states[0] + inputs), [states[0] + inputs]


class SumFromSeven(Sum):
    """The same, on top of seven."""

    def get_initial_state(self, batch_size=None):
        """Return what the sum starts from."""
        return [7.0 * keras.ops.ones((batch_size, 3))]


class Relay(keras.layers.Layer):  # type: ignore[misc]
    """A cell that puts out its input, and keeps the sum of what it has read."""

    state_size = output_size = 3

    def call(self, inputs, states):
        """Add a timestep to the sum."""
        return inputs, [states[0] + inputs]


class Grid(Relay):
    """The same with a state of more axes, in which the sum stands everywhere."""

    def __init__(self, *axes, **options):
        """Keep the sizes of the axes after batch and features."""
        super().__init__(**options)
        self.axes = axes

    def call(self, inputs, states):
        """Add a timestep to the sum."""
        return inputs, [states[0] + inputs[(..., *[None for _ in self.axes])]]

    def get_initial_state(self, batch_size=None):
        """Return zeros."""
        return [keras.ops.zeros((batch_size, 3, *self.axes))]


class Toll(Sum):
    """The sum, which adds each timestep of its input to the losses."""

    def call(self, inputs, states):
        """Add a timestep to the losses and to the sum."""
        self.add_loss(total(inputs))
        return super().call(inputs, states)


class BareSum(Sum):
    """The sum on top of seven, with its state never in a list."""

    def call(self, inputs, states):
        """Add a timestep to the sum."""
        return states[0] + inputs, states[0] + inputs

    def get_initial_state(self, batch_size=None):
        """Return what the sum starts from."""
        return 7.0 * keras.ops.ones((batch_size, 3))


@claim("wrappers.own-cell", promised="RNN, argument `cell`: call, state_size; section Examples")
@given(
    cases(
        **varied("batch", "return_sequences", "go_backwards", "stateful"),
        timesteps=whole([1, 3, 8, 30]),
        features=whole([3, 17]),
        unroll=booleans(),
    ),
    layer_ways,
)
def test_rnn_runs_a_cell_of_ones_own(case, way):
    """
    Your own layer with `state_size` and a `call` that returns a list of states will do as a cell,
    in a list of several too.

    By default RNN starts it from zeros. Its call takes a timestep and a list or tuple with the
    state, and returns an output and a list with the new state; a tuple will do for a cell alone. A
    single state's state_size is an int. Unless the output is as wide as the first state, the cell
    tells its width by output_size.

    >>> import keras, numpy as np
    >>> class Sum(keras.layers.Layer):
    ...     state_size = 1
    ...     def call(self, x, states): return states[0] + x, [states[0] + x]
    >>> float(keras.layers.RNN(Sum())(np.array([[[1.0], [7.0], [2.0]]]))[0, 0])
    10.0
    """
    order = slice(None, None, -1 if case.options["go_backwards"] else 1)
    once = 2.0 * np.cumsum(case.x[:, order], axis=1, dtype=float)
    twice = 2.0 * np.cumsum(once, axis=1)
    rows = slice(None) if case.options["return_sequences"] else -1
    assume_served(way, case.options["unroll"], case.options["stateful"])
    size = case.features
    listed = [Sum(size), Sum([size])]
    for cells, expected in ((Sum(size), once), (Sum([size]), once), (listed, twice)):
        layer = keras.layers.RNN(cells, **case.options)
        layer.build(case.x.shape)
        y = way(layer)(case.x)
        assert_close(y, expected[:, rows], bound=ROUNDING * case.timesteps)


@claim(
    "wrappers.own-start",
    promised="RNN, argument `cell`: a cell may start from other values",
    needs="keras.ops",
)
@given(
    cases(features=3, units=3, state=True, **varied("timesteps"), unroll=booleans()),
    layer_ways,
)
def test_a_cell_decides_from_what_it_starts(case, way):
    """
    A stateless RNN starts from what the cell's get_initial_state makes, also if that is not zeros.

    An initial_state that is given to the call takes precedence.

    >>> import keras, numpy as np
    >>> class Sum(keras.layers.Layer):
    ...     state_size = 1
    ...     def get_initial_state(self, batch_size): return [7.0 * np.ones((batch_size, 1))]
    ...     def call(self, x, states): return states[0] + x, [states[0] + x]
    >>> float(keras.layers.RNN(Sum())(np.array([[[1.0], [7.0], [2.0]]]))[0, 0])
    17.0
    """
    assume_served(way, **case.options)
    layer = keras.layers.RNN(SumFromSeven(), **case.options)
    layer.build(case.x.shape)
    run = partial(way(layer), case.x)
    added = np.sum(case.x, axis=1, dtype=float)
    bound = ROUNDING * case.timesteps
    assert_close(run(), 2.0 * (7.0 + added), bound=bound)
    assert_close(run(initial_state=as_states([case.h])), 2.0 * (case.h + added), bound=bound)


@claim(
    "wrappers.own-start-again",
    promised="RNN, argument `cell`: get_initial_state makes the state if the user gives none",
    needs="keras.ops",
)
@given(cases(features=3, **varied("batch", "timesteps"), unroll=booleans()), booleans())
def test_a_reset_layer_starts_as_its_cell_says(case, training):
    """
    Also after reset_state a stateful RNN starts from what its cell's get_initial_state makes.

    Where Keras starts from zeros, assign the start to the entries of `states` after the reset, or
    pass it as initial_state to the next call.

    >>> import keras, numpy as np
    >>> class Sum(keras.layers.Layer):
    ...     state_size = 1
    ...     def get_initial_state(self, batch_size): return [7.0 * np.ones((batch_size, 1))]
    ...     def call(self, x, states): return states[0] + x, [states[0] + x]
    >>> rnn, x = keras.layers.RNN(Sum(), stateful=True), np.array([[[1.0], [2.0]]])
    >>> first = float(rnn(x)[0, 0])
    >>> _ = rnn.states[0].assign([[7.0]])  # in place of reset_state
    >>> first, float(rnn(x)[0, 0])
    (10.0, 10.0)
    """
    layer = keras.layers.RNN(SumFromSeven(), stateful=True, **case.options)
    added = np.sum(case.x, axis=1, dtype=float)
    bound = ROUNDING * case.timesteps
    assert_close(layer(case.x, training=training), 2.0 * (7.0 + added), bound=bound)
    reset(layer)
    instead = {"it starts from zeros": 2.0 * added}
    y = layer(case.x, training=training)
    assert_close(y, 2.0 * (7.0 + added), bound=bound, instead=instead)


@claim(
    "wrappers.bare-state",
    observed="Keras 3",
    needs="keras.ops",
)
@given(
    cases(
        batch=integers(2, 3),
        timesteps=whole([1, 3, 8]),
        features=3,
        units=3,
        state=True,
        return_sequences=booleans(),
        unroll=booleans(),
    ),
    layer_ways,
)
def test_a_single_state_needs_no_list(case, way):
    """
    Outside of a stack, a cell of a single state may return it without a list, and RNN may be given
    it so.

    It holds for what its call and its get_initial_state return, and for initial_state. The cell
    itself is handed a list or a tuple.

    >>> import keras, numpy as np
    >>> class Sum(keras.layers.Layer):
    ...     state_size = 1
    ...     def call(self, x, states): return states[0] + x, states[0] + x
    >>> float(keras.layers.RNN(Sum())(np.ones((1, 3, 1)), initial_state=np.ones((1, 1)))[0, 0])
    4.0
    """
    assume_served(way, unroll=case.options["unroll"])
    one = keras.layers.RNN(BareSum(), return_state=True, **case.options)
    one.build(case.x.shape)
    from_seven = 7.0 + np.cumsum(case.x, 1, dtype=float)
    from_h = from_seven - 7.0 + case.h[:, None]
    rows = slice(None) if case.options["return_sequences"] else -1
    run = partial(way(one), case.x)
    bound = ROUNDING * case.timesteps
    assert_close(run(), [from_seven[:, rows], from_seven[:, -1]], bound=bound)
    y = run(initial_state=as_states(case.h))
    assert_close(y, [from_h[:, rows], from_h[:, -1]], bound=bound)
    twice = keras.layers.RNN([BareSum(), BareSum()])
    assert_close(twice(case.x), 7.0 + np.sum(from_seven, axis=1), bound=bound)


@claim("wrappers.own-cell-zeros", promised="RNN, argument `cell`: get_initial_state is optional")
@given(integers(1, 3), integers(4, 6), integers(7, 9), whole(["float16", "float64"]))
def test_rnn_makes_zeros_for_a_cell_without_a_start(batch, width, other, dtype):
    """
    For a cell that is a Layer without get_initial_state RNN makes zeros, one tensor for each
    number in state_size.

    They have shapes (batch, size) and, if RNN is not stateful, the dtype the cell computes in.

    >>> import keras, numpy as np
    >>> class Sum(keras.layers.Layer):
    ...     state_size = [1, 2]
    ...     def call(self, x, states): return x, states
    >>> states = keras.layers.RNN(Sum()).get_initial_state(batch_size=3)
    >>> [tuple(state.shape) for state in states]
    [(3, 1), (3, 2)]
    """
    states = keras.layers.RNN(Totals(width, other, dtype=dtype)).get_initial_state(batch)
    assert_same(to_numpy(states), [np.zeros((batch, width)), np.zeros((batch, other))])
    types = [str(state.dtype) for state in to_numpy(states)]
    assert types == [dtype] * 2, f"zeros of {types}"


@claim("wrappers.own-cell-stateful", promised="RNN, argument `stateful`")
@given(
    cases(features=3, **varied("batch", "timesteps"), unroll=booleans()),
    seeds,
    whole([[3], [[3]], [3, 3]]),
    booleans(),
)
def test_a_cell_of_ones_own_goes_on_from_its_state(case, seed, sizes, training):
    """
    Unless reset, given a state or in a TimeDistributed, a stateful RNN goes on from the single
    state of each cell of one's own.

    It keeps as many states as the cells have, here one each.

    >>> import keras, numpy as np
    >>> class Sum(keras.layers.Layer):
    ...     state_size = 1
    ...     def call(self, x, states): return states[0] + x, [states[0] + x]
    >>> rnn, x = keras.layers.RNN(Sum(), stateful=True), np.array([[[1.0], [7.0], [2.0]]])
    >>> float(rnn(x)[0, 0]), float(rnn(x)[0, 0]), len(rnn.states)
    (10.0, 20.0, 1)
    """
    cells = [Sum(size) for size in sizes]
    layer = keras.layers.RNN(cells if len(cells) > 1 else cells[0], stateful=True, **case.options)
    later = noise(case.x.shape, seed)
    layer(case.x, training=training)
    y = layer(later, training=training)
    expected = np.concatenate([case.x, later], axis=1).astype(float)
    for _ in cells:
        expected = 2.0 * np.cumsum(expected, axis=1)
    assert_close(y, expected[:, -1], bound=ROUNDING * case.timesteps ** len(cells))
    assert len(layer.states) == len(cells), f"{len(layer.states)} states"


@claim(
    "wrappers.own-cell-masked",
    promised="RNN, argument `zero_output_for_mask`: a masked timestep repeats the output before it",
    corrects="A masked timestep puts out the first state, as LSTM's h.",
)
@given(
    cases(
        features=3,
        masked=True,
        **varied("batch", "timesteps", "return_sequences"),
        unroll=booleans(),
    ),
    layer_ways,
)
def test_a_masked_timestep_repeats_the_output(case, way):
    """
    At a masked timestep RNN of your own cell with one output repeats the last, also if it is no
    state, and begins with zeros.

    Of LSTM, GRU and SimpleRNN output and first state are one: from zeros no difference shows.
    On TensorFlow an unrolled RNN refuses a mask, if the cell has several outputs.

    >>> import keras, numpy as np
    >>> class Relay(keras.layers.Layer):
    ...     state_size = output_size = 1
    ...     def call(self, x, states): return x, [states[0] + 100.0]
    >>> rnn = keras.layers.RNN(Relay(), return_sequences=True)
    >>> x, mask = np.array([[[5.0], [7.0], [9.0]]]), np.array([[False, True, False]])
    >>> np.ravel(rnn(x, mask=mask)).tolist()
    [0.0, 7.0, 7.0]
    """
    assume_served(way, unroll=case.options["unroll"])
    layer = keras.layers.RNN(Relay(), **case.options)
    layer.build(case.x.shape)
    numbers = np.where(case.mask, 1 + np.arange(case.timesteps), 0)
    last = np.maximum.accumulate(numbers, axis=1)[..., None]  # 0: there was none
    outputs = np.take_along_axis(np.pad(case.x, ((0, 0), (1, 0), (0, 0))), last, axis=1)
    valid = case.mask[..., None]
    states = np.where(valid, case.x, np.cumsum(case.x * valid, axis=1))
    rows = slice(None) if case.options["return_sequences"] else -1
    y = way(layer)(case.x, mask=case.mask)
    assert_close(y, outputs[:, rows], instead={"it repeats a state": states[:, rows]})


@claim(
    "wrappers.own-states-masked",
    promised="RNN, section Masking, and section Output shape: a state may have more than two axes",
    needs="keras.ops",
)
@given(
    cases(features=3, masked=True, **varied("batch", "timesteps", "go_backwards")),
    whole([(2,), (3, 2)]),
    layer_ways,
    booleans(),
)
def test_a_mask_holds_a_state_of_any_number_of_axes(case, axes, way, unroll):
    """
    At a timestep that is masked for a sample your own cell's state of it stays as it is, also if
    it has several axes.

    The mask has an axis for the samples and one for the timesteps: it is stretched over the rest.

    >>> import keras, numpy as np
    >>> class Grid(keras.layers.Layer):
    ...     state_size = output_size = 1
    ...     def get_initial_state(self, batch_size): return [np.zeros((batch_size, 1, 2))]
    ...     def call(self, x, states): return x, [states[0] + x[:, :, None]]
    >>> x, mask = np.ones((2, 3, 1)), np.array([[True, True, False], [True, False, False]])
    >>> y, state = keras.layers.RNN(Grid(), return_state=True)(x, mask=mask)
    >>> np.array(state).tolist()
    [[[2.0, 2.0]], [[1.0, 1.0]]]
    """
    unroll = unroll and not case.options["go_backwards"]  # masking.unrolled-backwards
    assume_served(way, unroll=unroll)
    layer = keras.layers.RNN(Grid(*axes), return_state=True, unroll=unroll, **case.options)
    layer.build(case.x.shape)
    _, state = way(layer)(case.x, mask=case.mask)
    added = np.sum(case.x * case.mask[..., None], axis=1, dtype=float)
    everywhere = np.multiply.outer(added, np.ones(axes))
    assert_close(to_numpy(state), everywhere, bound=ROUNDING * case.timesteps)


@claim(
    "wrappers.losses-of-a-cell",
    promised="Layer, method `add_loss`: it may be called within `call`",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    cases(features=3, **varied("batch", "timesteps")),
    whole([False, True]),
    whole(["called", "evaluate"]),
)
def test_a_loss_of_a_cell_counts_once_a_timestep(case, unroll, where):
    """
    RNN of your own cell counts what that adds by add_loss once for each timestep.

    The activity_regularizer of a cell is such a loss. Where the loop counts the first timestep
    twice, or fails in a graph, unroll the layer.

    >>> import keras, numpy as np
    >>> class Toll(keras.layers.Layer):
    ...     state_size = 1
    ...     def call(self, x, states):
    ...         self.add_loss(keras.ops.sum(x))
    ...         return states[0] + x, [states[0] + x]
    >>> rnn = keras.layers.RNN(Toll(), unroll=True)
    >>> y = rnn(np.array([[[1.0], [3.0]]]))
    >>> float(sum(rnn.losses))
    4.0
    """
    layer = keras.layers.RNN(Toll(), unroll=unroll)
    model = keras.Sequential([keras.Input(case.x.shape[1:]), layer])
    model.compile("sgd", "mse")
    read = np.sum(case.x, dtype=float)
    instead = {
        "the first timestep counts twice": read + np.sum(case.x[:, 0], dtype=float),
        "it is lost": np.zeros(()),
    }
    targets = to_numpy(layer(case.x))
    called = to_numpy(sum(layer.losses))
    evaluate = partial(model.evaluate, case.x, targets, batch_size=case.batch, verbose=0)
    loss = called if where == "called" else evaluate()
    assert_close(np.float32(loss), read, bound=ROUNDING * case.x.size, instead=instead)


@claim("wrappers.built-for-a-timestep", promised="RNN, argument `cell`: it is called on a timestep")
@given(seeds)
def test_cells_are_built_for_one_timestep(seed):
    """
    On input of three axes RNN builds a cell for (batch, features), and one above another for
    (batch, width of the cell below).

    There is no time axis in it. That width is the output_size of the cell below, or else the
    size of its first state.

    >>> import keras, numpy as np
    >>> rnn = keras.layers.RNN([keras.layers.LSTMCell(2), keras.layers.LSTMCell(4)])
    >>> rnn.build((5, 7, 3))  # (batch, timesteps, features)
    >>> [tuple(weight.shape) for weight in rnn.get_weights()[::3]]  # the two kernels
    [(3, 8), (2, 16)]
    """
    b, t, f, u, v, w = (1 + permutation(9, seed)[:6]).tolist()
    cells = [Totals(w), Totals(u, v), Totals(v, bare=True), keras.layers.LSTMCell(u), Totals(w)]
    alone = keras.layers.RNN(cells[0])
    stacked = keras.layers.RNN(cells[1:])
    alone.build((b, t, f))
    stacked.build((b, t, f))
    told = [cell.told for cell in cells if isinstance(cell, Totals)]
    assert told == [(b, f), (b, f), (b, u), (b, u)], f"built for {told}"
    assert tuple(cells[3].kernel.shape) == (v, 4 * u), f"a kernel of shape {cells[3].kernel.shape}"


@claim(
    "wrappers.no-output-size",
    observed="Keras 2 and 3",
    corrects="Documentation of RNN, argument `cell`: a cell has an output_size.",
)
@given(cases(features=3, timesteps=whole([1, 3, 8])))
def test_a_cell_needs_no_output_size(case):
    """
    RNN takes a cell layer without `output_size` whose state_size is an int or ints, declaring its
    output as wide as the first.

    The example in the documentation of RNN has no `output_size` itself. In a Sequential or
    functional model, a Dense behind a cell whose output has another width fails without it.

    >>> import keras, numpy as np
    >>> class Sum(keras.layers.Layer):
    ...     state_size = 3
    ...     def call(self, x, states): return states[0] + x, [states[0] + x]
    >>> tuple(keras.layers.RNN(Sum())(keras.Input((2, 3), batch_size=1)).shape)
    (1, 3)
    """
    layer = keras.layers.RNN(Sum())
    other = keras.layers.RNN(Totals(4, 5))
    declared = [of(keras.Input(case.x.shape[1:])).shape for of in (layer, other)]
    assert declared == [(None, 3), (None, 4)], f"declared {declared}"
    assert layer(case.x).shape == (case.batch, 3)


@claim(
    "wrappers.plain-class",
    observed="Keras 3",
    corrects="Documentation of RNN, argument `cell`: a class with the listed members is a cell.",
    needs="keras.ops",
)
@given(cases(features=3, timesteps=whole([1, 3, 8])), booleans(), booleans())
def test_a_cell_is_a_layer(case, unroll, training):
    """
    Outside of a list, RNN refuses on data a cell that is no keras.Layer and has only what is
    documented.

    That is call, state_size, output_size and get_initial_state. RNN also asks it for its
    `compute_dtype`, and calls it as a function.

    >>> import keras, numpy as np
    >>> class Sum:
    ...     state_size = output_size = 1
    ...     def call(self, x, states): return states[0] + x, [states[0] + x]
    >>> try:
    ...     keras.layers.RNN(Sum())(np.ones((1, 3, 1)))
    ... except AttributeError as error:
    ...     print("compute_dtype" in str(error))
    True
    """
    layer = keras.layers.RNN(PlainSum(), unroll=unroll)
    assert_refused(lambda: layer(case.x, training=training), "AttributeError", "compute_dtype")


@claim(
    "wrappers.states-of-more-axes",
    observed="Keras 3, TensorFlow",
    corrects="Documentation of RNN, section Output shape: a state may have more than two axes.",
    needs="keras.ops",
)
@given(cases(features=3, return_state=True))
def test_a_tuple_in_state_size_is_several_states(case):
    """
    For a cell outside of a list RNN declares a tuple within `state_size` as states, one for each
    number, not as axes of one.

    So a layer whose cell makes a state of three axes can be called on numbers, which returns
    that state as it is, but with return_state=True a call on a symbol promises other shapes.

    >>> import keras, numpy as np
    >>> class Keep(keras.layers.Layer):
    ...     state_size, output_size = [(3, 2)], 1
    ...     def get_initial_state(self, batch_size): return [np.ones((batch_size, 3, 2))]
    ...     def call(self, x, states): return x, states
    >>> layer = keras.layers.RNN(Keep(), return_state=True)
    >>> tuple(layer(np.ones((1, 3, 1)))[1].shape), len(layer(keras.Input((3, 1)))[1])
    ((1, 3, 2), 2)
    """
    layer = keras.layers.RNN(Keep(), **case.options)
    _, state = layer(case.x)
    _, *declared = layer(keras.Input(case.x.shape[1:]))
    promised = [symbol.shape for symbol in flatten(declared)]
    assert state.shape == (case.batch, 3, 2), f"a state of shape {state.shape}"
    assert promised == [(None, 3), (None, 2)], f"declared {promised}"
