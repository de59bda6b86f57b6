"""Several cells in one layer, and what all of them do."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import keras
import numpy as np
from hypothesis import example, given
from hypothesis.strategies import integers

from lstm_spec.claims import claim
from lstm_spec.claims.wrappers import (
    Keep,
    Totals,
    another,
    assume_served,
    opposite,
    side_by_side,
)
from lstm_spec.harness.reference import equations, returned
from lstm_spec.harness.refusals import assert_refused
from lstm_spec.harness.strategies import (
    booleans,
    cases,
    noise,
    permutation,
    picks,
    seeds,
    several,
    small,
    varied,
    whole,
)
from lstm_spec.harness.subject import UNDRAWN, as_states, flatten, shapes, to_numpy, with_weights
from lstm_spec.harness.tolerance import ROUNDING, assert_close, assert_same
from lstm_spec.harness.ways import eager_ways, layer_ways


def upper(case, seed, **options):
    """Return an LSTM that reads the outputs of the case's."""
    above = another(case, seed, features=case.units, **options)
    return replace(above, x=equations(case).outputs)


def stack(*parts, wrapped=False, dropout=0.0, **options):
    """Build RNN around a list of LSTM cells, or around StackedRNNCells of them."""
    cells = [keras.layers.LSTMCell(part.units, dropout=dropout, **UNDRAWN) for part in parts]
    layer = keras.layers.RNN(keras.layers.StackedRNNCells(cells) if wrapped else cells, **options)
    layer.build(parts[0].x.shape)
    layer.set_weights([weight for part in parts for weight in part.weights])
    return layer


def listed(case, **options):
    """Build RNN around a list of one LSTMCell, with the case's weights."""
    cell = keras.layers.LSTMCell(case.units, **UNDRAWN)
    return with_weights(keras.layers.RNN([cell], **{**case.options, **options}), case)


# Cells in a stack.


@claim(
    "wrappers.stack-of-cells",
    promised="RNN, argument `cell`: the cells of a list are stacked",
    cases=4,
)
@given(
    cases(**varied("batch", "timesteps", "units", "stateful"), unroll=booleans()),
    seeds,
    integers(1, 4),
    booleans(),
    booleans(),
    layer_ways,
)
def test_stacked_cells_are_stacked_layers(case, seed, units, wrapped, three, way):
    """
    Read forwards without dropout, RNN of two or more LSTM cells of the global policy computes what
    as many layers do.

    The weights come cell by cell, the lowest first. Only the outputs of the highest cell are
    returned.

    >>> import keras, numpy as np
    >>> lower, upper = keras.layers.LSTM(3, return_sequences=True), keras.layers.LSTM(2)
    >>> rnn = keras.layers.RNN([keras.layers.LSTMCell(3), keras.layers.LSTMCell(2)])
    >>> x = np.array([[[1.0], [7.0]]])  # (batch, timesteps, features)
    >>> y, z = upper(lower(x)), rnn(x)
    >>> rnn.set_weights(lower.get_weights() + upper.get_weights())
    >>> bool(np.allclose(rnn(x), y, atol=1e-6))
    True
    """
    assume_served(way, **case.options)
    above = upper(case, seed, units=units)
    tops = [upper(above, seed + 1, units=2)] if three else []
    layer = stack(case, above, *tops, wrapped=wrapped, return_sequences=True, **case.options)
    assert_close(way(layer)(case.x), equations([above, *tops][-1]).outputs)


@claim(
    "wrappers.stack-dtype-masked",
    derived="a mask tells what is read, not in which type",
    cases=4,
)
@given(
    cases(**varied("units", "timesteps"), masked=True, dtype=whole(["float64", "float16"])),
    seeds,
)
def test_a_stack_of_a_type_of_its_own_takes_a_mask(case, seed):
    """
    RNN of a list of LSTM cells, all of `dtype` float64 or float16, skips masked timesteps as with
    float32.

    Until Keras does so, make the stack yourself, of that dtype as well:
    RNN(StackedRNNCells(cells, dtype=d), dtype=d).

    >>> import keras, numpy as np
    >>> cells = [keras.layers.LSTMCell(2, dtype="float64") for _ in range(2)]
    >>> stacked = keras.layers.StackedRNNCells(cells, dtype="float64")
    >>> rnn, x = keras.layers.RNN(stacked, dtype="float64"), np.array([[[1.0], [7.0], [9.0]]])
    >>> y = rnn(x, mask=np.array([[True, False, True]]))
    >>> bool(np.allclose(y, rnn(x[:, [0, 2]]), atol=1e-6))
    True
    """
    above = upper(case, seed)
    dtype = case.options["dtype"]
    cells = [keras.layers.LSTMCell(part.units, dtype=dtype, **UNDRAWN) for part in (case, above)]
    layer = keras.layers.RNN(cells, dtype=dtype)
    layer.build(case.x.shape)
    layer.set_weights(case.weights + above.weights)
    assert_close(layer(case.x.astype(dtype), mask=case.mask), equations(above).h)


@claim(
    "wrappers.stack-step",
    promised="StackedRNNCells, first paragraph: a stack of cells behaves as a single cell",
    cases=4,
)
@given(cases(timesteps=1, state=True), seeds)
def test_a_stack_steps_from_cell_to_cell(case, seed):
    """
    StackedRNNCells of two or more LSTM cells, called on one timestep, calls them in turn, each on
    the h of the one before.

    It takes a list with a pair [h, c] for each cell, and returns the output of the last cell and
    such a list again.

    >>> import keras, numpy as np
    >>> cells = [keras.layers.LSTMCell(3), keras.layers.LSTMCell(2)]
    >>> stacked, x = keras.layers.StackedRNNCells(cells), np.array([[1.0, 7.0]])
    >>> y, [[h, c], [upper_h, upper_c]] = stacked(x, stacked.get_initial_state(batch_size=1))
    >>> tuple(h.shape), tuple(y.shape), bool(np.all(y == upper_h))
    ((1, 3), (1, 2), True)
    """
    above = upper(case, seed)
    cells = stack(case, above).cell
    given = as_states([case.state, above.state])
    y, states = cells(case.x[:, 0], given)
    assert_same(y, states[1][0])
    assert_same(cells(case.x[:, 0], given, training=True)[0], to_numpy(y))  # it has no dropout
    assert_close(states, [list(equations(case)[1:]), list(equations(above)[1:])])


@claim("wrappers.stack-alone", promised="StackedRNNCells: a stack behaves as a single cell")
@given(cases(timesteps=1, state=True), seeds)
def test_a_stack_called_alone_drops_nothing(case, seed):
    """
    Called by itself without `training`, a stack of cells with dropout drops nothing.

    With training=True, or in the call of a model in training, it drops, in each cell by its rate,
    if that is below 1.

    >>> import keras, numpy as np
    >>> cells = [keras.layers.LSTMCell(2, dropout=0.5), keras.layers.LSTMCell(2)]
    >>> stacked, x = keras.layers.StackedRNNCells(cells), np.ones((1, 3))
    >>> states = stacked.get_initial_state(batch_size=1)
    >>> bool(np.array_equal(stacked(x, states)[0], stacked(x, states, training=False)[0]))
    True
    """
    above = upper(case, seed)
    cell = stack(case, above, dropout=0.5).cell
    y, _ = cell(case.x[:, 0], as_states([case.state, above.state]))
    assert_close(y, equations(above).h)


@claim("wrappers.stack-keeps-the-form", observed="Keras 3, of two cells or more")
@given(
    integers(1, 3),
    seeds,
    whole(["float16", "float64"]),
    whole([1, 3, 8]),
    whole([4, 17]),
    eager_ways,
)
def test_a_stack_returns_states_in_the_form_it_is_given(
    batch, seed, dtype, timesteps, narrowest, way
):
    """
    For a cell that makes no states, a stack of two or more makes a tensor if state_size is an int,
    a list if it holds ints.

    It does so in get_initial_state, in the dtype of the stack, and for Python's int only. A cell
    that makes its own states has them as it makes them, GRUCell a list of one. A call returns a
    cell's list of states as it is, but a list of one as a tensor if it was given as a tensor.

    >>> import keras, numpy as np
    >>> class Sum(keras.layers.Layer):
    ...     state_size = 1
    ...     def call(self, x, states): return states[0] + x, [states[0] + x]
    >>> stacked = keras.layers.StackedRNNCells([Sum(), keras.layers.LSTMCell(2)])
    >>> total, pair = stacked.get_initial_state(batch_size=3)
    >>> tuple(total.shape), [tuple(state.shape) for state in pair]
    ((3, 1), [(3, 2), (3, 2)])
    """
    a, b, c, d, u = (narrowest + permutation(9, seed)[:5]).tolist()
    cells = [Totals(a, bare=True), Totals(b), Totals(c, d), keras.layers.LSTMCell(u)]
    stacked = keras.layers.StackedRNNCells(cells, dtype=dtype)
    start = stacked.get_initial_state(batch_size=batch)
    _, states = stacked(noise((batch, 2), seed), start)
    forms = [shapes(part) for part in (start, states)]
    types = [str(state.dtype) for state in to_numpy(flatten(start))]
    assert forms == [[(batch, a), [(batch, b)], [(batch, c), (batch, d)], [(batch, u)] * 2]] * 2
    assert types == [dtype] * 4 + ["float32"] * 2, f"states of {types}"
    rnn = keras.layers.RNN(cells, return_state=True, unroll=True)
    _, *ends = way(rnn)(noise((batch, timesteps, 2), seed))
    assert [shapes(end) for end in ends] == forms[0], f"RNN returns {shapes(ends)}"


@claim(
    "wrappers.stack-output-size",
    observed="Keras 3",
    needs="keras.ops",
)
@given(seeds)
def test_the_width_of_a_stack_is_that_of_its_last_cell(seed):
    """
    output_size of a stack is that of its last cell, or else the size of that cell's first state.

    The cells below do not count, nor do further states. RNN declares its output by it.

    >>> import keras, numpy as np
    >>> class Sum(keras.layers.Layer):
    ...     state_size = [3, 4]
    ...     def call(self, x, states): return x, states
    >>> stacked = keras.layers.StackedRNNCells([keras.layers.LSTMCell(2), Sum()])
    >>> stacked.output_size, keras.layers.RNN(stacked).compute_output_shape((1, 5, 1))
    (3, (1, 3))
    """
    a, b, c, d, e = (10 + permutation(9, seed)[:5]).tolist()
    lower = [keras.layers.LSTMCell(a), Totals(b, c)]
    tops = [Totals(d, bare=True), Totals(d, e), Keep(), keras.layers.LSTMCell(d)]
    sizes = [keras.layers.StackedRNNCells([*lower, top]).output_size for top in tops]
    assert sizes == [d, d, 3, d], f"output_size {sizes}"


@claim(
    "wrappers.stack-declared",
    promised="Layer, method `compute_output_shape`; RNN, section Output shape",
    cases=4,
)
@given(cases(return_sequences=booleans(), return_state=True), seeds)
def test_a_stack_declares_the_shapes_that_it_returns(case, seed):
    """
    compute_output_shape of RNN of a list of several LSTM cells gives the shapes that it returns.

    With return_state=True it lists the shapes of each cell's h and c together, as the call
    returns the states.

    >>> import keras, numpy as np
    >>> cells = [keras.layers.LSTMCell(3), keras.layers.LSTMCell(2)]
    >>> keras.layers.RNN(cells, return_state=True).compute_output_shape((1, 4, 5))
    ((1, 2), [(1, 3), (1, 3)], [(1, 2), (1, 2)])
    """
    layer = stack(case, upper(case, seed, units=case.units + 1), **case.options)
    declared = layer.compute_output_shape(case.x.shape)
    returned = shapes(layer(case.x))
    assert declared == returned, f"declared {declared}, returned {returned}"


class PlainTotal:
    """A class that is no layer, with nothing of a cell but a call and a size."""

    def __init__(self, case, listed_):
        """Take the width of the case's output, in a list or by itself."""
        self.state_size = [case.units] if listed_ else case.units

    def call(self, inputs, states):
        """Add a timestep to the sum."""
        return states[0] + inputs, [states[0] + inputs]


@claim(
    "wrappers.plain-class-in-a-stack",
    observed="Keras 3",
    corrects="Every cell is a layer.",
    cases=8,
    needs="keras.ops",
)
@given(
    cases(**varied("batch", "timesteps", "units", "stateful"), unroll=booleans()),
    whole([True, False]),
    layer_ways,
)
def test_a_cell_in_a_list_need_not_be_a_layer(case, listed_, way):
    """
    In a list of several cells RNN takes one that is no keras.Layer, with a state_size and a call
    that returns a list of states.

    The stack is the layer then, and calls such a cell by its `call`, or by `__call__` if it has
    that too. Its state_size is an int or a list of ints. Its weights, if it has any, are not found.

    >>> import keras, numpy as np
    >>> class Sum:
    ...     state_size = output_size = 1
    ...     def call(self, x, states): return states[0] + x, [states[0] + x]
    >>> float(keras.layers.RNN([Sum(), Sum()])(np.array([[[1.0], [7.0]]]))[0, 0])
    9.0
    """
    assume_served(way, **case.options)
    dropout = 0.0 if way.name == "in training" else 0.5
    lower = keras.layers.LSTMCell(case.units, dropout=dropout, **UNDRAWN)
    rnn = keras.layers.RNN(
        [lower, PlainTotal(case, listed_)], return_sequences=True, **case.options
    )
    run = way(with_weights(rnn, case))
    sums = np.cumsum(equations(case).outputs, axis=1)
    assert_close(run(case.x), sums, bound=ROUNDING * case.timesteps)


@claim(
    "wrappers.stack-in-both-directions",
    derived="wrappers.halves, of a stack in each direction",
    corrects="Bidirectional(RNN([cell, cell])) is two bidirectional layers, one on the other.",
    cases=4,
)
@given(cases(), seeds, integers(1, 4))
def test_bidirectional_of_a_stack_has_a_stack_in_each_direction(case, seed, units):
    """
    Around RNN of several LSTM cells Bidirectional runs one whole stack forwards and one backwards.

    The upper cell of a stack reads its own lower cell only. Of two bidirectional layers, the
    upper one reads both directions of the lower.

    >>> import keras, numpy as np
    >>> cells = [keras.layers.LSTMCell(3), keras.layers.LSTMCell(2)]
    >>> both = keras.layers.Bidirectional(keras.layers.RNN(cells))
    >>> y = both(np.ones((1, 4, 1)))
    >>> tuple(y.shape), tuple(both.get_weights()[3].shape)  # the kernel of the upper cell
    ((1, 4), (3, 8))
    """
    above = upper(case, seed, units=units)
    backward = opposite(case, seed)
    above_it = replace(upper(backward, seed + 1, units=units), options={})
    inner = keras.layers.RNN([keras.layers.LSTMCell(u, **UNDRAWN) for u in (case.units, units)])
    layer = keras.layers.Bidirectional(inner)
    layer.build(case.x.shape)
    layer.set_weights([w for part in (case, above, backward, above_it) for w in part.weights])
    assert_close(layer(case.x), side_by_side(equations(above).h, equations(above_it).h))


@claim(
    "wrappers.stack-backwards",
    derived="RNN turns the input round once, before its cells",
    corrects="RNN([cell, cell], go_backwards=True) is two LSTM layers with go_backwards=True.",
    cases=4,
)
@given(cases(), seeds)
def test_a_stack_turns_the_input_once(case, seed):
    """
    With go_backwards=True RNN of several cells reverses its input once, and stacked LSTMs each do.

    The upper cell reads the outputs of the lower one as they come. An LSTM layer with
    go_backwards=True on top of another would turn them round again.

    >>> import keras, numpy as np
    >>> cells, x = [keras.layers.LSTMCell(2), keras.layers.LSTMCell(2)], np.array([[[1.0], [7.0]]])
    >>> rnn, forward = keras.layers.RNN(cells, go_backwards=True), keras.layers.RNN(cells)
    >>> layers = [keras.layers.LSTM(2, return_sequences=True, go_backwards=True) for _ in cells]
    >>> stack = keras.Sequential(layers)
    >>> y, z = rnn(x), stack(x)
    >>> stack.set_weights(rnn.get_weights())
    >>> [bool(np.allclose(z, y, atol=1e-6)) for z in (forward(x[:, ::-1]), stack(x)[:, -1])]
    [True, False]
    """
    above = upper(replace(case, options={"go_backwards": True}), seed)
    assert_close(
        stack(case, above, go_backwards=True)(case.x),
        equations(replace(above, options={})).h,
    )


@claim(
    "wrappers.stack-states",
    observed="Keras 2 and 3, every backend",
    corrects="Documentation of RNN, section Output shape: each state after the output is a tensor.",
    cases=4,
)
@given(cases(**varied("timesteps", "units")), seeds, layer_ways)
def test_each_cell_of_a_stack_returns_a_pair(case, seed, way):
    """
    With return_state=True RNN of several LSTM cells returns its output, then [h, c] for each.

    The pairs come from the lowest cell to the highest.

    >>> import keras, numpy as np
    >>> cells = [keras.layers.LSTMCell(3), keras.layers.LSTMCell(2)]
    >>> rnn = keras.layers.RNN(cells, return_state=True)
    >>> y, [lower_h, lower_c], [upper_h, upper_c] = rnn(np.ones((1, 4, 1)))
    >>> tuple(lower_c.shape), tuple(upper_c.shape), bool(np.all(y == upper_h))
    ((1, 3), (1, 2), True)
    """
    above = upper(case, seed)
    y, *pairs = to_numpy(way(stack(case, above, return_state=True))(case.x))
    assert_same(y, pairs[1][0])
    assert_close(pairs, [list(equations(case)[1:]), list(equations(above)[1:])])


@claim(
    "wrappers.stack-initial-state",
    observed="Keras 3 on TensorFlow",
    cases=4,
)
@given(cases(state=True, **varied("timesteps", "units")), seeds, booleans(), layer_ways)
def test_each_cell_of_a_stack_takes_a_pair(case, seed, unroll, way):
    """
    RNN of several LSTM cells takes a pair [h, c] for each cell as its initial_state.

    It is the form in which the layer returns them, so the states of one call start another.

    >>> import keras, numpy as np
    >>> cells = [keras.layers.LSTMCell(2), keras.layers.LSTMCell(2)]
    >>> rnn, x = keras.layers.RNN(cells, return_state=True), np.array([[[1.0], [7.0]]])
    >>> y, *pairs = rnn(x[:, :1])
    >>> bool(np.allclose(rnn(x[:, 1:], initial_state=pairs)[0], rnn(x)[0], atol=1e-6))
    True
    """
    assume_served(way, unroll)
    above = upper(case, seed)
    run = way(stack(case, above, unroll=unroll))
    pairs = as_states([case.state, above.state])
    assert_close(run(case.x, initial_state=pairs), equations(above).h)


@claim(
    "wrappers.stack-flat-state",
    observed="Keras 3 on TensorFlow",
    corrects="Documentation of RNN, call argument `initial_state`: it is a list of tensors.",
    cases=4,
)
@given(cases(timesteps=1, state=True), seeds)
def test_a_flat_list_of_states_is_refused(case, seed):
    """
    Called on data, RNN of several LSTM cells refuses a flat list [h, c, h, c] as its initial_state.

    It takes the first tensor for all states of the first cell, which then finds no c: an
    IndexError in an eager call. Make a pair for each cell.

    >>> import keras, numpy as np
    >>> rnn = keras.layers.RNN([keras.layers.LSTMCell(2), keras.layers.LSTMCell(2)])
    >>> x, h = np.ones((1, 4, 3)), np.ones((1, 2))
    >>> try:
    ...     rnn(x, initial_state=[h, h, h, h])
    ... except IndexError:
    ...     print(tuple(rnn(x, initial_state=[[h, h], [h, h]]).shape))
    (1, 2)
    """
    above = upper(case, seed)
    layer = stack(case, above)
    flat = case.state + above.state
    state = as_states(flat)
    assert_refused(
        lambda: layer(case.x, initial_state=state), "IndexError", ("out of range", "out of bounds")
    )


@claim(
    "wrappers.stack-mask",
    derived="masking.carries-state, for each cell",
    cases=4,
)
@given(
    cases(masked=True, **varied("timesteps", "units", "stateful"), unroll=booleans()),
    seeds,
    layer_ways,
)
def test_a_mask_stops_all_cells_of_a_stack(case, seed, way):
    """
    At a timestep that is masked in RNN, all cells of a stack of several LSTM cells keep their
    states.

    As in stacked LSTM layers that read forwards, where the mask travels from layer to layer.

    >>> import keras, numpy as np
    >>> rnn = keras.layers.RNN([keras.layers.LSTMCell(2), keras.layers.LSTMCell(2)])
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y = rnn(x, mask=np.array([[True, False, True]]))
    >>> bool(np.allclose(y, rnn(x[:, [0, 2]]), atol=1e-6))
    True
    """
    assume_served(way, **case.options)
    above = upper(case, seed)
    layer = stack(case, above, return_state=True, **case.options)
    _, *pairs = to_numpy(way(layer)(case.x, mask=case.mask))
    assert_close(pairs, [list(equations(case)[1:]), list(equations(above)[1:])])


@claim(
    "wrappers.stack-stateful",
    promised="RNN, argument `stateful`",
    cases=4,
)
@given(cases(timesteps=several, unroll=booleans()), seeds, picks, booleans())
def test_a_stateful_stack_goes_on_in_all_cells(case, seed, pick, training):
    """
    Without mask, dropout and go_backwards a stateful stack of several LSTMCells ends after pieces
    as after the whole sequence.

    Every cell goes on from its own h and c. The layer keeps them in `states`, a pair for each.

    >>> import keras, numpy as np
    >>> cells = [keras.layers.LSTMCell(2), keras.layers.LSTMCell(2)]
    >>> rnn, whole = keras.layers.RNN(cells, stateful=True), keras.layers.RNN(cells)
    >>> x = np.array([[[1.0], [7.0]]])  # (batch, timesteps, features)
    >>> first, second = rnn(x[:, :1]), rnn(x[:, 1:])
    >>> bool(np.allclose(second, whole(x), atol=1e-6))
    True
    """
    above = upper(case, seed)
    cut = 1 + pick % (case.timesteps - 1)
    layer = stack(case, above, stateful=True, **case.options)
    layer(case.x[:, :cut], training=training)
    assert_close(layer(case.x[:, cut:], training=training), equations(above).h)


@claim(
    "wrappers.one-cell-repeated",
    derived="a cell is one object with one set of variables",
    corrects="[LSTMCell(8)] * 3 is a stack of three cells, each with weights of its own.",
    cases=8,
)
@given(integers(1, 3).flatmap(lambda n: cases(features=n, units=n)), integers(2, 3))
def test_a_repeated_cell_has_one_set_of_weights(case, number):
    """
    As it is made, a stack that repeats one cell, [cell] * n, has the weights of a single cell.

    Each place in the stack still has its own states. The stack takes as many features as it has
    units. A list comprehension makes n cells with weights of their own, and so does a clone.

    >>> import keras, numpy as np
    >>> repeated = keras.layers.RNN([keras.layers.LSTMCell(2)] * 3)
    >>> separate = keras.layers.RNN([keras.layers.LSTMCell(2) for _ in range(3)])
    >>> x = np.ones((1, 4, 2))  # (batch, timesteps, features)
    >>> y, z = repeated(x), separate(x)
    >>> len(repeated.get_weights()), len(separate.get_weights())
    (3, 9)
    """
    rnn = keras.layers.RNN([keras.layers.LSTMCell(case.units, **UNDRAWN)] * number)
    rnn.build(case.x.shape)
    assert len(rnn.weights) == 3, f"{len(rnn.weights)} weights"
    rnn.set_weights(case.weights)
    top = case
    for _ in range(number - 1):
        top = replace(case, x=equations(top).outputs)
    assert_close(rnn(case.x), equations(top).h)


@claim(
    "wrappers.list-of-one-cell",
    observed="Keras 2 and 3 on TensorFlow, Keras 3 on PyTorch; JAX raises a TypeError",
    cases=4,
)
@given(cases(**varied("return_sequences", "timesteps", "units", "go_backwards")), layer_ways)
def test_a_list_of_one_cell_computes_what_the_cell_does(case, way):
    """
    On TensorFlow and PyTorch RNN([cell]) of an LSTMCell outputs what RNN(cell) does, in a loop
    without mask, states or dtype.

    A list is how one writes a stack whose height is a parameter. On the backends JAX and NumPy
    such a layer fails, at a height of one only.

    >>> import keras, numpy as np
    >>> cell, x = keras.layers.LSTMCell(2), np.array([[[1.0], [7.0]]])
    >>> y = keras.layers.RNN(cell)(x)
    >>> bool(np.allclose(keras.layers.RNN([cell])(x), y, atol=1e-6))
    True
    """
    assert_close(way(listed(case))(case.x), returned(case))


@claim(
    "wrappers.list-of-one-cell-unrolled",
    promised="RNN, arguments `cell`, a list of cells too, and `unroll`",
)
@given(cases(timesteps=several))
def test_a_list_of_one_cell_can_be_unrolled(case):
    """
    With unroll=True too RNN of a list of one LSTMCell computes what RNN of the cell does.

    Without a mask Keras 3 fails at the second timestep: StackedRNNCells of one cell takes [[h, c]],
    and returns [h, c]. Leave out the list if there is one cell.

    >>> import keras, numpy as np
    >>> cell, x = keras.layers.LSTMCell(2), np.array([[[1.0], [7.0]]])
    >>> try:
    ...     y = keras.layers.RNN([cell], unroll=True)(x)
    ... except IndexError:  # Keras 3
    ...     y = keras.layers.RNN(cell, unroll=True)(x)
    >>> bool(np.allclose(y, keras.layers.RNN(cell)(x), atol=1e-6))
    True
    """
    assert_close(listed(case, unroll=True)(case.x), equations(case).h)


@claim(
    "wrappers.list-of-one-cell-masked",
    promised="RNN, argument `cell`, a list of cells too, and call argument `mask`",
)
@given(cases(masked=True))
def test_a_list_of_one_cell_takes_a_mask(case):
    """
    With a mask too RNN of a list of one LSTMCell computes what RNN of the cell does.

    Keras 3 fails in its loop on TensorFlow, because the states change their form from [[h, c]]
    to [h, c] in the first timestep. Leave out the list if there is one cell.

    >>> import keras, numpy as np
    >>> cell, x = keras.layers.LSTMCell(2), np.array([[[1.0], [7.0]]])
    >>> try:
    ...     y = keras.layers.RNN([cell])(x, mask=np.array([[True, False]]))
    ... except (ValueError, IndexError):  # Keras 3, in words of the backend
    ...     y = keras.layers.RNN(cell)(x, mask=np.array([[True, False]]))
    >>> bool(np.allclose(y, keras.layers.RNN(cell)(x[:, :1]), atol=1e-6))
    True
    """
    y = listed(case)(case.x, mask=case.mask)
    assert_close(y, equations(case).outputs[:, -1])


# What all wrappers do.

RATE = 0.999999


def dropping(name, case, pick, rate=RATE):
    """Build a wrapper that in training drops an input with probability `rate`, and its input."""
    lstm_inside = partial(keras.layers.LSTM, case.units, dropout=rate)
    rates = [rate * (k == pick % 2) for k in range(2)]
    cell = partial(keras.layers.LSTMCell, case.units)
    made = {
        "Bidirectional": lambda: (keras.layers.Bidirectional(lstm_inside()), case.x),
        "RNN": lambda: (keras.layers.RNN(cell(dropout=rate)), case.x),
        "StackedRNNCells": lambda: (keras.layers.RNN([cell(dropout=r) for r in rates]), case.x),
        "TimeDistributed": lambda: (
            keras.layers.TimeDistributed(lstm_inside()),
            case.x[:, :, None],
        ),
    }
    return made[name]()


def with_noise(layer, x, seed):
    """Build a layer for an input, and set all its weights to numbers made by the seed."""
    layer.build(x.shape)
    layer.set_weights([noise(w.shape, 2**17 + seed + k) for k, w in enumerate(layer.weights)])
    return layer


@claim(
    "wrappers.pass-training-on",
    promised="RNN and TimeDistributed, call argument `training`",
    cases=4,
)
@example("StackedRNNCells", small(), 1, 0)
@given(
    whole(["Bidirectional", "RNN", "StackedRNNCells", "TimeDistributed"]),
    cases(timesteps=whole([1, 3, 8])),
    picks,
    seeds,
)
def test_training_reaches_what_is_wrapped(name, case, pick, seed):
    """
    Bidirectional, RNN, StackedRNNCells and TimeDistributed pass `training` on to the layers in
    them.

    Called alone without it, they do as with training=False: nothing is dropped. In a stack it
    reaches every cell.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(8, dropout=0.999999))
    >>> x = np.array([[[1.0], [7.0]]])  # (batch, timesteps, features)
    >>> bool(np.all(both(x) == both(x, training=False)))
    True
    >>> bool(np.all(both(x, training=True) == both(-x, training=True)))  # all input is dropped
    True
    """
    layer, x = dropping(name, case, pick)
    with_noise(layer, x, seed)
    # Of at most 72 inputs one is kept with probability 1e-6: a false alarm in 10,000 examples.
    assert_same(layer(x, training=True), to_numpy(layer(-x, training=True)))
    y = to_numpy(with_noise(dropping(name, case, pick, rate=0.0)[0], x, seed)(x))
    assert_close([layer(x, training=False), layer(x)], [y, y])
