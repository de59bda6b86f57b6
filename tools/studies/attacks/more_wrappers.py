"""Further attacks on the claims of the chapter `wrappers`, one at least for each claim."""

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import MASK, X, alike, close, ones

layers = keras.layers
LSTM, Cell, RNN, Bidirectional = layers.LSTM, layers.LSTMCell, layers.RNN, layers.Bidirectional
TimeDistributed = layers.TimeDistributed
SLICES = np.stack([X, -X], axis=1)


class Sum(layers.Layer):
    """A cell that adds each timestep to its state, of a width that starts from 7."""

    state_size = 3
    start = 7.0

    def call(self, x, states):
        """Add a timestep."""
        return states[0] + x, [states[0] + x]

    def get_initial_state(self, batch_size=None):
        """Start from another value than zero."""
        return [keras.ops.full((batch_size, 3), self.start)]


class Plain:
    """A cell that is no layer: the timestep itself."""

    state_size = output_size = 3

    def call(self, x, states):
        """Return the timestep."""
        return x, states

    def get_initial_state(self, batch_size=None):
        """Start from zeros."""
        return [keras.ops.zeros((batch_size, 3))]


def shapes(parts):
    """Return the shapes of tensors in a nest as text."""
    return str(keras.tree.map_structure(lambda part: tuple(part.shape), parts))


@attack("wrappers.halves")
def halves_of_other_layers():
    """With a backward_layer of other units: forward first, backward then?"""
    both = Bidirectional(LSTM(2), backward_layer=LSTM(5, go_backwards=True))
    y = np.array(both(X))
    return close(y[:, :2], both.forward_layer(X)), close(y[:, 2:], both.backward_layer(X))


@attack("wrappers.not-the-last-row")
def first_row_of_other_modes():
    """From a state, and stateful on a second call: is the output's half in the first row?"""
    results = []
    for options, arguments in (({}, {"initial_state": [ones(2, 2)] * 4}), ({"stateful": True}, {})):
        inner = [LSTM(2, return_sequences=s, **options) for s in (True, False)]
        pair = alike(*map(Bidirectional, inner))
        for _ in range(2):
            y, z = (np.array(layer(X, **arguments)) for layer in pair)
        results.append(close(y[:, 0, 2:], z[:, 2:]))
    return results


@attack("wrappers.merge-modes")
def merged_large_numbers():
    """ave in float16 with linear outputs that are too large: forward, and averaged."""
    inner = LSTM(2, dtype="float16", activation="linear")
    both = Bidirectional(inner, merge_mode="ave", dtype="float16")
    both.build(X.shape)
    for weight in both.weights:
        weight.assign(keras.ops.full(weight.shape, 9.0))
    x = 70 * ones(1, 70, 3)
    return np.array(both.forward_layer(x)).tolist(), np.array(both(x)).tolist()


@attack("wrappers.merge-none")
def unmerged_in_models():
    """In a functional model and in predict: how many outputs?"""
    x = keras.Input((4, 3))
    both = Bidirectional(LSTM(2, return_state=True), merge_mode=None)
    return len(keras.Model(x, both(x)).predict(X, verbose=0))


@attack("wrappers.direction-names")
def names_of_given_backward_layers():
    """With a backward_layer of its own name: renamed?"""
    both = Bidirectional(LSTM(2, name="a"), backward_layer=LSTM(2, name="b", go_backwards=True))
    return both.forward_layer.name, both.backward_layer.name


@attack("wrappers.unregistered-in-bidirectional")
def functions_of_other_modules():
    """keras.ops.sin, tf.sin, a lambda: refused?"""
    functions = [keras.ops.sin, tf.sin, lambda z: z]
    return [outcome(lambda f=f: Bidirectional(LSTM(2, activation=f)).name)[:60] for f in functions]


@attack("wrappers.declared-output")
def declared_of_other_layers():
    """Of RNN of two cells with return_state: as a call returns?"""
    both = Bidirectional(RNN([Cell(2), Cell(2)], return_state=True))
    declared = outcome(lambda: both.compute_output_shape(X.shape))
    returned = outcome(lambda: shapes(both(X)))
    return declared, returned


@attack("wrappers.backward-layer-needed")
def falsy_backward_layers():
    """False, 0, an empty text, a configuration, a cell: refused?"""
    values = [False, 0, "", LSTM(2).get_config(), Cell(2)]
    return [outcome(lambda v=v: Bidirectional(LSTM(2), backward_layer=v).name)[:20] for v in values]


@attack("wrappers.bidirectional-axes")
def two_axes_of_a_symbol():
    """A symbol of two axes: refused with its own name?"""
    return outcome(lambda: Bidirectional(LSTM(2), name="words")(keras.Input((3,))).shape)


@attack("wrappers.bidirectional-criteria")
def layers_without_recurrence():
    """Dense and Conv1D in Bidirectional: which error?"""
    inner = [layers.Dense(2), layers.Conv1D(2, 1)]
    return [outcome(lambda a=a: Bidirectional(a))[:60] for a in inner]


@attack("wrappers.own-layer-in-bidirectional")
def lstm_forward_and_own_backward():
    """An LSTM in front: is an attached mask handed on as a passed one is?"""
    both = Bidirectional(LSTM(2))
    blank = X * MASK[:, :, None]
    return close(both(layers.Masking()(blank)), both(X, mask=MASK))


@attack("wrappers.bidirectional-states")
def states_in_other_forms():
    """Unmerged, stateful, of RNN of two cells: what is returned?"""
    kinds = [
        Bidirectional(LSTM(2, return_state=True), merge_mode=None),
        Bidirectional(LSTM(2, return_state=True, stateful=True)),
        Bidirectional(RNN([Cell(2), Cell(2)], return_state=True)),
    ]
    return [outcome(lambda k=kind: shapes(k(X)))[:90] for kind in kinds]


@attack("wrappers.bidirectional-initial-state")
def states_of_other_forms():
    """A tuple, states of one row, numbers of float64, in a functional model: taken alike?"""
    both = Bidirectional(LSTM(2))
    states = [k * ones(2, 2) for k in range(4)]
    y = both(X, initial_state=states)
    x = keras.Input((4, 3))
    given = [keras.Input((2,)) for _ in range(4)]
    model = keras.Model([x, *given], both(x, initial_state=given))
    return [
        outcome(lambda: close(both(X, initial_state=tuple(states)), y)),
        outcome(lambda: close(both(X, initial_state=[s[:1] for s in states]), y)),
        outcome(lambda: close(both(X, initial_state=[np.float64(s) for s in states]), y)),
        outcome(lambda: close(model([X, *states]), y)),
    ]


@attack("wrappers.bidirectional-mask-and-state")
def masks_of_other_forms():
    """A mask of one row, of numbers, in a list: skipped in both directions?"""
    both = Bidirectional(LSTM(2))
    row = MASK[:1]
    y = both(X, mask=np.repeat(row, 2, axis=0))
    masks = [row, np.float32(np.repeat(row, 2, axis=0)), [np.repeat(row, 2, axis=0)]]
    return [outcome(lambda m=m: close(both(X, mask=m), y)) for m in masks]


@attack("wrappers.bidirectional-attached-mask")
def attached_mask_and_state():
    """An attached mask and an initial_state: is the mask found?"""
    both = Bidirectional(LSTM(2))
    states = [ones(2, 2)] * 4
    blank = X * MASK[:, :, None]
    y = both(layers.Masking()(blank), initial_state=states)
    return close(y, both(blank, mask=MASK, initial_state=states))


@attack("wrappers.bidirectional-stateful")
def stateful_of_cells():
    """Of RNN of one cell and of two: does it go on, and does reset_state() work?"""
    results = []
    for inner in (RNN(Cell(2), stateful=True), RNN([Cell(2), Cell(2)], stateful=True)):
        both = Bidirectional(inner)
        first = np.array(both(X))
        results.append((not close(both(X), first), outcome(both.reset_state)[:40]))
    return results


def narrowed(kind):
    """Return how far float16 wrapped about float32 is from float32 on input, and on it rounded."""
    x = 100 + X
    narrow = kind("float16")
    wide = kind("float32")
    wide.build(x.shape)
    kernel = np.tile(np.array([[1], [-1], [0]], "float32"), (1, 8))
    weights = [kernel if k % 3 == 0 else w for k, w in enumerate(wide.get_weights())]
    for layer in (narrow, wide):
        layer.build(x.shape)
        layer.set_weights(weights)
    y = np.float32(narrow(x))
    rounded = np.float32(np.float16(x))
    return [float(np.abs(np.float32(wide(data)) - y).max()) for data in (x, rounded)]


@attack("wrappers.bidirectional-dtype")
def narrow_wrappers():
    """dtype="float16" of the wrapper: is the input that its layers read rounded to float16?"""
    return narrowed(lambda dtype: Bidirectional(LSTM(2), dtype=dtype))


@attack("wrappers.bidirectional-in-pieces")
def halves_of_pieces():
    """In two pieces: is the forward half right, and the backward half of the last piece?"""
    both = Bidirectional(LSTM(2, return_sequences=True, stateful=True))
    whole = np.array(both(X))
    both.reset_state()
    halves = np.concatenate([both(X[:, :2]), both(X[:, 2:])], axis=1)
    return close(whole[:, :, :2], halves[:, :, :2]), close(whole[:, 2:, 2:], halves[:, 2:, 2:])


@attack("wrappers.cell-start")
def start_of_half_cells():
    """Of a float16 cell, and without a batch size: what is made?"""
    cell = Cell(2, dtype="float16")
    calls = [lambda: cell.get_initial_state(3), cell.get_initial_state]
    return [outcome(lambda c=c: (shapes(c()), c()[0].dtype.name)) for c in calls]


@attack("wrappers.cell-sizes")
def sizes_of_a_stack_of_one():
    """Of a stack of one cell: state_size and output_size?"""
    stack = layers.StackedRNNCells([Cell(2)])
    return stack.state_size, stack.output_size


@attack("wrappers.cell-split")
def states_of_one_sample():
    """One tensor for the states of a single sample, in a cell: split, or refused?"""
    cell = Cell(2)
    return [outcome(lambda b=b: shapes(cell(X[:b, 0], ones(b, 2)))) for b in (1, 2)]


@attack("wrappers.rnn-options")
def the_rest_of_the_options():
    """dtype, trainable and activity_regularizer of RNN: as those of LSTM?"""
    rnn = RNN(Cell(2), dtype="float64")
    lstm = LSTM(2, dtype="float64")
    for layer in (rnn, lstm):
        layer.build(X.shape)
    frozen = RNN(Cell(2), trainable=False)
    frozen.build(X.shape)
    penalized = RNN(Cell(2), activity_regularizer="l2")
    penalized(X)
    types = [layer.weights[0].dtype for layer in (rnn, lstm)]
    return types, len(frozen.trainable_weights), len(penalized.losses)


@attack("wrappers.rnn-defaults")
def defaults_with_a_list():
    """With a list of cells: are all six flags off?"""
    config = RNN([Cell(2), Cell(3)]).get_config()
    return [name for name, value in config.items() if value is True]


@attack("wrappers.no-constants")
def constants_of_a_list():
    """constants to RNN of a list, to Bidirectional: refused?"""
    kinds = [RNN([Cell(2)]), Bidirectional(RNN(Cell(2)))]
    return [outcome(lambda k=k: k(X, constants=X[:, 0]))[:10] for k in kinds]


@attack("wrappers.one-cell-two-layers")
def one_frozen_cell():
    """A cell that is frozen after two layers were built on it: is it frozen in both?"""
    cell = Cell(2)
    first = RNN(cell)
    second = RNN(cell, return_sequences=True)
    y = first(X)
    cell.trainable = False
    return close(second(X)[:, -1], y), len(first.trainable_weights), len(second.trainable_weights)


@attack("wrappers.dtype-of-rnn")
def narrow_rnn():
    """dtype="float16" of RNN: is the input that its cell reads rounded to float16?"""
    return narrowed(lambda dtype: RNN(Cell(2), dtype=dtype))


@attack("wrappers.dtype-of-rnn")
def wide_cell():
    """dtype="float64" of the cell alone: which type and accuracy has the output?"""
    rnn = RNN(Cell(2, dtype="float64"))
    return outcome(lambda: rnn(np.float64(X)).dtype.name)


@attack("wrappers.own-cell")
def own_cells_in_other_ways():
    """Unrolled, masked, in predict: does it start from zeros?"""

    class Total(layers.Layer):
        state_size = 3

        def call(self, x, states):
            return states[0] + x, [states[0] + x]

    sums = X.sum(axis=1)
    return [
        close(RNN(Total(), unroll=True)(X), sums),
        close(RNN(Total())(X, mask=MASK), (X * MASK[:, :, None]).sum(axis=1)),
        close(keras.Sequential([keras.Input((4, 3)), RNN(Total())]).predict(X, verbose=0), sums),
    ]


@attack("wrappers.own-start")
def start_after_a_reset():
    """A stateful RNN of a cell that starts from 7: from what does it start, and after a reset?"""
    rnn = RNN(Sum(), stateful=True)
    first = np.array(rnn(X) - X.sum(axis=1))[0, 0]
    rnn.reset_state()
    return float(first), float(np.array(rnn(X) - X.sum(axis=1))[0, 0])


@attack("wrappers.bare-state")
def bare_state_of_a_stack():
    """A bare initial_state for a list of one such cell: taken?"""
    return outcome(lambda: RNN([Sum()])(X, initial_state=ones(2, 3)).shape)


@attack("wrappers.own-cell-zeros")
def zeros_of_a_whole_number():
    """state_size of 3 and of [3]: how many zeros?"""

    class Total(layers.Layer):
        def __init__(self, size):
            super().__init__()
            self.state_size = size

        def call(self, x, states):
            return x, states

    return [shapes(RNN(Total(size)).get_initial_state(2)) for size in (3, [3], [3, 4])]


@attack("wrappers.own-cell-stateful")
def stateful_own_cell_with_a_start():
    """A cell with get_initial_state: goes RNN on from its state?"""
    rnn = RNN(Sum(), stateful=True)
    y = np.array(rnn(X))
    return close(rnn(X), y + X.sum(axis=1))


@attack("wrappers.built-for-a-timestep")
def built_in_wrappers():
    """In Bidirectional and TimeDistributed, of open batch: for what is a cell built?"""
    built_for = []

    @keras.saving.register_keras_serializable("attacks")
    class Told(layers.Layer):
        state_size = 3

        def build(self, shape):
            built_for.append(tuple(shape))

        def call(self, x, states):
            return x, states

    RNN(Told())(keras.Input((4, 3)))
    Bidirectional(RNN(Told()))(keras.Input((4, 3)))
    TimeDistributed(RNN(Told()))(keras.Input((2, 4, 3)))
    return built_for


@attack("wrappers.no-output-size")
def output_of_another_width():
    """A cell without output_size whose output is wider: what does a symbolic call declare?"""

    class Wide(layers.Layer):
        state_size = 3

        def call(self, x, states):
            return keras.ops.concatenate([x, x], axis=-1), states

    return tuple(RNN(Wide())(keras.Input((4, 3))).shape), tuple(RNN(Wide())(X).shape)


@attack("wrappers.plain-class")
def plain_class_on_a_symbol():
    """A plain class as a cell, called on a symbol: refused?"""
    return outcome(lambda: RNN(Plain())(keras.Input((4, 3))).shape)


@attack("wrappers.states-of-more-axes")
def state_of_three_axes_with_sizes():
    """Without return_state, is a call on a symbol accepted?"""

    class Keep(layers.Layer):
        state_size = ((3, 2),)
        output_size = 3

        def call(self, x, states):
            return x, states

        def get_initial_state(self, batch_size=None):
            return [keras.ops.zeros((batch_size, 3, 2))]

    return tuple(RNN(Keep())(keras.Input((4, 3))).shape)


@attack("wrappers.slices-of-two-axes")
def two_axes_of_a_symbol_in_slices():
    """A symbol of two axes: refused?"""
    return outcome(lambda: TimeDistributed(layers.Dense(2))(keras.Input((3,))).shape)


@attack("wrappers.slices-of-one-input")
def lists_of_one_tensor():
    """A list of one tensor, a tuple, symbols: refused?"""
    inner = layers.Identity()
    data = [[X], (X, X), [keras.Input((4, 3))]]
    return [outcome(lambda d=d: TimeDistributed(inner)(d))[:50] for d in data]


@attack("wrappers.mask-of-slices")
def masks_of_slices_in_a_model():
    """Attached by Masking, in predict: does each slice get its part?"""
    inner = LSTM(2)
    x = SLICES * MASK[:, None, :, None]
    model = keras.Sequential([keras.Input((2, 4, 3)), layers.Masking(), TimeDistributed(inner)])
    return close(model.predict(x, verbose=0)[:, 0], inner(x[:, 0], mask=MASK))


@attack("wrappers.mask-behind-slices")
def behind_slices_with_sequences():
    """An LSTM of as many units as words behind slices: refused?"""
    outputs = TimeDistributed(LSTM(2))(layers.Masking()(SLICES * MASK[:, None, :, None]))
    return [outcome(lambda u=u: LSTM(u)(outputs).shape)[:40] for u in (4, 5)]


@attack("wrappers.stateful-slices")
def slices_of_open_number():
    """A number of slices that is left open: are the slices pieces of one sequence?"""
    inner = LSTM(2, stateful=True)
    sliced = TimeDistributed(inner)
    y = np.array(sliced(SLICES))
    inner.reset_state()
    spec = tf.TensorSpec((2, None, 4, 3))
    return outcome(lambda: close(tf.function(lambda x: sliced(x), [spec])(SLICES), y))


@attack("wrappers.states-of-slices")
def states_of_slices():
    """return_state=True in TimeDistributed: which shape comes back?"""
    return outcome(lambda: shapes(TimeDistributed(LSTM(2, return_state=True))(SLICES)))


@attack("wrappers.bidirectional-encoder")
def encoder_in_a_model():
    """In a functional model on open lengths: does the decoder start from them?"""
    x = keras.Input((None, 3))
    z = keras.Input((None, 3))
    both = Bidirectional(LSTM(2, return_state=True))
    decoder = LSTM(4)
    _, h, c, k, d = both(x)
    join = layers.Concatenate()
    model = keras.Model([x, z], decoder(z, initial_state=[join([h, k]), join([c, d])]))
    parts = [np.array(part) for part in both(X)[1:]]
    start = [np.concatenate([parts[0], parts[2]], 1), np.concatenate([parts[1], parts[3]], 1)]
    return close(model.predict([X, X], verbose=0), decoder(X, initial_state=start))


@attack("wrappers.stack-step")
def stack_step_of_one_cell():
    """A stack of one cell, called on a timestep: which form have the states?"""
    stack = layers.StackedRNNCells([Cell(2)])
    return shapes(stack(X[:, 0], stack.get_initial_state(batch_size=2)))


@attack("wrappers.stack-keeps-the-form")
def form_of_a_stack_of_one():
    """A stack of one LSTMCell: are the states that it returns those that it is given?"""
    stack = layers.StackedRNNCells([Cell(2)])
    start = stack.get_initial_state(batch_size=2)
    return shapes(start), shapes(stack(X[:, 0], start)[1])


@attack("wrappers.stack-output-size")
def output_size_of_stacks_in_stacks():
    """A stack within a stack: which output_size, and does RNN run it?"""
    inner = layers.StackedRNNCells([Cell(2), Cell(3)])
    outer = layers.StackedRNNCells([Cell(4), inner])
    return outer.output_size, outcome(lambda: RNN(outer)(X).shape)[:60]


@attack("wrappers.stack-declared")
def declared_of_a_list_of_one():
    """RNN of a list of one cell, with return_state: as a call returns?"""
    rnn = RNN([Cell(2)], return_state=True)
    return str(rnn.compute_output_shape(X.shape)), shapes(rnn(X))


@attack("wrappers.plain-class-in-a-stack")
def plain_class_alone_in_a_list():
    """A list of one plain class, and one below an LSTMCell: taken?"""
    return [outcome(lambda c=c: RNN(c)(X).shape)[:60] for c in ([Plain()], [Plain(), Cell(2)])]


@attack("wrappers.stack-in-both-directions")
def stacks_with_sequences():
    """With return_sequences: a stack forwards, and one backwards, turned?"""
    both = Bidirectional(RNN([Cell(2), Cell(2)], return_sequences=True))
    y = np.array(both(X))
    backward = np.array(both.backward_layer(X))[:, ::-1]
    return close(y[..., :2], both.forward_layer(X)), close(y[..., 2:], backward)


@attack("wrappers.stack-backwards")
def stacks_backwards_with_sequences():
    """With return_sequences: as two layers of which only the first goes backwards?"""
    rnn = RNN([Cell(2), Cell(2)], go_backwards=True, return_sequences=True)
    pair = [LSTM(2, go_backwards=True, return_sequences=True), LSTM(2, return_sequences=True)]
    stacked = keras.Sequential(pair)
    for model in (rnn, stacked):
        model.build(X.shape)
    stacked.set_weights(rnn.get_weights())
    return close(rnn(X), stacked(X))


@attack("wrappers.stack-initial-state")
def stack_states_in_other_forms():
    """Tuples, and symbols in a functional model: taken?"""
    rnn = RNN([Cell(2), Cell(3)], return_state=True)
    _, *states = rnn(X)
    y = rnn(X, initial_state=states)[0]
    pairs = tuple(tuple(pair) for pair in states)
    x = keras.Input((4, 3))
    given = [[keras.Input((u,)) for _ in "hc"] for u in (2, 3)]
    model = keras.Model([x, given], rnn(x, initial_state=given)[0])
    return [
        outcome(lambda: close(rnn(X, initial_state=pairs)[0], y)),
        outcome(lambda: close(model([X, [[np.array(s) for s in pair] for pair in states]]), y)),
    ]


@attack("wrappers.one-cell-repeated")
def one_cell_of_other_features():
    """[cell] * 2 with 3 features and 2 units: runs it?"""
    return outcome(lambda: RNN([Cell(2)] * 2)(X).shape)[:60]


@attack("wrappers.list-of-one-cell")
def lists_of_one_with_states():
    """With return_state, an initial_state, stateful on a second call: as RNN of the cell?"""
    state = [ones(2, 2), ones(2, 2)]
    results = []
    for options in ({"return_state": True}, {"stateful": True}, {}):
        alone, listed = alike(RNN(Cell(2), **options), RNN([Cell(2)], **options))
        results.append(outcome(lambda a=alone, b=listed: shapes(a(X)) == shapes(b(X)))[:60])
        results.append(outcome(lambda a=alone, b=listed: close(a(X)[0], b(X)[0]))[:60])
    y = alone(X, initial_state=state)
    for given in ([state], state):
        results.append(outcome(lambda g=given: close(listed(X, initial_state=g), y))[:60])
    return results


@attack("wrappers.list-of-one-cell-unrolled")
def lists_of_one_unrolled():
    """Unrolled, of one timestep and of two: does it run?"""
    rnn = RNN([Cell(2)], unroll=True)
    return [outcome(lambda t=t: rnn(X[:, :t]).shape)[:40] for t in (1, 2)]


@attack("wrappers.list-of-one-cell-masked")
def lists_of_one_masked():
    """With a mask: does it run?"""
    return outcome(lambda: RNN([Cell(2)])(X, mask=MASK).shape)[:40]


@attack("wrappers.pass-training-on")
def training_in_models():
    """In a model in training, without the argument: is anything dropped?"""
    rates = {"dropout": 0.5, "seed": 1}
    inner = [Bidirectional(LSTM(9, **rates)), RNN([Cell(9), Cell(9, **rates)])]
    results = []
    for layer in inner:
        model = keras.Sequential([keras.Input((4, 3)), layer])
        results.append(not close(model(X, training=True), model(X)))
    return results


@attack("wrappers.unequal-units")
def declared_widths():
    """By merge mode, with rows and states: what is declared beside what a call returns?"""
    seen = {}
    for mode in ("concat", None):
        layer = Bidirectional(LSTM(2), backward_layer=LSTM(3, go_backwards=True), merge_mode=mode)
        symbols = layer(keras.Input((4, 3)))
        seen[mode] = [
            [tuple(part.shape)[1:] for part in keras.tree.flatten(y)] for y in (symbols, layer(X))
        ]
    return seen


@attack("wrappers.bidirectional-stateful-states")
def states_of_stateful():
    """Called twice, with a mask, without return_state: five tensors?"""
    layer = Bidirectional(LSTM(2, stateful=True, return_state=True))
    calls = [lambda: len(layer(X)), lambda: len(layer(X, mask=MASK)), lambda: len(layer(X))]
    plain = Bidirectional(LSTM(2, stateful=True))
    plain(X)
    return [outcome(call)[:40] for call in calls], len(plain.states)


class BareSum(layers.Layer):
    """A cell that adds each timestep to its state, and returns it without a list."""

    state_size = 3

    def call(self, x, states):
        """Add a timestep."""
        return states[0] + x, states[0] + x


@attack("wrappers.halves")
def halves_of_sequences():
    """With return_sequences: is the second half what the backward layer puts out?"""
    both = Bidirectional(LSTM(2, return_sequences=True))
    y = np.array(both(X))
    return close(y[..., :2], both.forward_layer(X)), close(y[..., 2:], both.backward_layer(X))


@attack("wrappers.merge-mode-names")
def mode_set_after_a_trace():
    """Set on a layer later: refused by predict that was traced, on a symbol, in a call?"""
    both = Bidirectional(LSTM(2))
    model = keras.Sequential([keras.Input((4, 3)), both])
    model.predict(X, verbose=0)
    both.merge_mode = "max"
    calls = [
        lambda: model.predict(X, verbose=0).shape,
        lambda: both(keras.Input((4, 3))).shape,
        lambda: both(X).shape,
    ]
    return [outcome(call)[:30] for call in calls]


@attack("wrappers.six-weights")
def weights_of_a_stack():
    """Around RNN of two cells: how many weights?"""
    both = Bidirectional(RNN([Cell(2), Cell(2)]))
    both(X)
    return len(both.get_weights())


@attack("wrappers.bidirectional-axes")
def two_axes_of_cells():
    """Around RNN of a cell, input of two axes: which error?"""
    return outcome(lambda: Bidirectional(RNN(Cell(2)), name="words")(X[:, 0]).shape)


@attack("wrappers.bidirectional-stateful")
def given_a_state_between():
    """Given zeros on its second call: does it go on, or do as on its first?"""
    both = Bidirectional(LSTM(2, stateful=True))
    first = np.array(both(X))
    return close(both(X, initial_state=[0 * ones(2, 2)] * 4), first)


@attack("wrappers.bidirectional-stateful-states")
def states_unmerged():
    """With merge_mode=None, by `call`, which makes no mask: how many tensors?"""
    both = Bidirectional(LSTM(2, stateful=True, return_state=True), merge_mode=None)
    both.build(X.shape)
    return len(both.call(X))


@attack("wrappers.own-cell")
def size_of_numpy():
    """A state_size of np.int64: is it a whole number?"""
    cell = BareSum()
    cell.state_size = np.int64(3)
    return outcome(lambda: RNN(cell)(X).shape)


@attack("wrappers.bare-state")
def bare_state_of_two_cells():
    """Two such cells in a list: eagerly, in predict, and stateful for a batch of a sample?"""
    cells = [BareSum(), BareSum()]
    model = keras.Sequential([keras.Input((4, 3)), RNN(cells)])
    calls = [
        lambda: RNN(cells)(X).shape,
        lambda: model.predict(X, verbose=0).shape,
        lambda: RNN(cells, stateful=True)(X[:1]).shape,
    ]
    return [outcome(call)[:110] for call in calls]


@attack("wrappers.built-for-a-timestep")
def built_for_four_axes():
    """Input of four axes: for what is a cell built?"""
    shapes_built = []

    class Told(layers.Layer):
        state_size = 3

        def build(self, shape):
            shapes_built.append(tuple(shape))

        def call(self, x, states):
            return states[0], states

    RNN(Told())(SLICES)
    return shapes_built


@attack("wrappers.plain-class")
def plain_classes_in_a_list():
    """Two of them in a list: refused?"""
    return outcome(lambda: RNN([Plain(), Plain()])(X).shape)


@attack("wrappers.slices-of-two-axes")
def two_axes_once_built():
    """Built on three axes, then called on two: refused?"""
    results = []
    for inner in (layers.Dense(2), layers.Activation("relu"), LSTM(2)):
        sliced = TimeDistributed(inner)
        sliced(SLICES if isinstance(inner, LSTM) else X)
        results.append(outcome(lambda s=sliced: s(ones(3, 3)).shape)[:60])
    return results


@attack("wrappers.mask-of-slices")
def mask_of_slices_in_other_calls():
    """A mask with a number for each slice, on symbols and in a tf.function: an IndexError?"""
    sliced = TimeDistributed(LSTM(2))
    sliced(SLICES)
    mask = MASK[:, :2]
    symbols = keras.Input((2, 4, 3)), keras.Input((2,), dtype="bool")
    traced = tf.function(lambda x, m: sliced(x, mask=m))
    return [
        outcome(lambda: sliced(symbols[0], mask=symbols[1]).shape)[:20],
        outcome(lambda: traced(SLICES, mask).shape)[:20],
        outcome(lambda: sliced(SLICES, mask=mask).shape)[:20],
    ]


@attack("wrappers.mask-behind-slices")
def unrolled_behind_slices():
    """As many units as words, and unrolled: is the mask taken?"""
    outputs = TimeDistributed(LSTM(2))(layers.Masking()(SLICES * MASK[:, None, :, None]))
    return [outcome(lambda u=u: LSTM(4, unroll=u)(outputs).shape)[:40] for u in (False, True)]


@attack("wrappers.stack-flat-state")
def flat_states_in_a_function():
    """In a tf.function: an IndexError?"""
    rnn = RNN([Cell(2), Cell(2)])
    rnn(X)
    traced = tf.function(lambda x, h: rnn(x, initial_state=[h] * 4))
    return outcome(lambda: traced(X, ones(2, 2)).shape)[:20]


@attack("wrappers.pass-training-on")
def training_of_a_plain_class():
    """A cell in a stack that is no layer: is `training` passed on to it?"""
    passed = []

    class Listening(Plain):
        def call(self, x, states, training=None):
            passed.append(training)
            return x, states

    RNN([Cell(3), Listening()])(X, training=True)
    return sorted(set(map(str, passed)))


@attack("wrappers.merge-modes")
def joined_of_unequal_units():
    """Joined, with a backward_layer of other units: 2 * units wide?"""
    return tuple(Bidirectional(LSTM(2), backward_layer=LSTM(5, go_backwards=True))(X).shape)


@attack("wrappers.merge-none")
def unmerged_grus():
    """Unmerged, of a GRU that returns its state: six tensors?"""
    return len(Bidirectional(layers.GRU(2, return_state=True), merge_mode=None)(X))
