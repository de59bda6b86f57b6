"""Attacks on the claims of the chapter `state`."""

import copy

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome

LSTM = keras.layers.LSTM
ONES = np.ones((3, 4, 1), "float32")
ROW = np.array([[0.5, -0.5]], "float32")


def with_state(state, **options):
    """Return a functional model of an LSTM of two units that starts from constants."""
    inputs = keras.Input((4, 1))
    tensors = [keras.ops.convert_to_tensor(part) for part in state]
    return keras.Model(inputs, LSTM(2, **options)(inputs, initial_state=tensors))


@attack("state.zero-start")
def second_call():
    """A stateful layer, called a second time without an initial state: the same output?"""
    layer = LSTM(2, stateful=True)
    return bool(np.array_equal(layer(ONES), layer(ONES)))


@attack("state.one-row-for-all")
def one_row_in_predict():
    """A state of one row, in predict."""
    return outcome(lambda: with_state([ROW, ROW]).predict(ONES, verbose=0).shape)


@attack("state.one-row-for-all")
def one_row_unrolled():
    """A state of one row, in predict of an unrolled layer."""
    return outcome(lambda: with_state([ROW, ROW], unroll=True).predict(ONES, verbose=0).shape)


@attack("state.one-row-for-all")
def one_row_masked():
    """A state of one row, in an eager call with a mask."""
    mask = np.ones((3, 4), bool)
    return outcome(lambda: LSTM(2)(ONES, initial_state=[ROW, ROW], mask=mask).shape)


@attack("state.one-row-for-all")
def one_row_masked_first():
    """A state of one row, in an eager call whose first timestep is masked."""
    mask = np.ones((3, 4), bool)
    mask[:, 0] = False
    return outcome(lambda: LSTM(2)(ONES, initial_state=[ROW, ROW], mask=mask).shape)


@attack("state.one-row-for-all")
def one_row_of_all_states():
    """A state of one row, with return_sequences and return_state, stateful."""
    layer = LSTM(2, return_sequences=True, return_state=True, stateful=True)
    return outcome(lambda: [part.shape for part in layer(ONES, initial_state=[ROW, ROW])])


@attack("state.one-sample-many-states")
def many_states_in_graph():
    """One sample and a state of four rows, in a tf.function of open sizes."""
    layer = LSTM(2)
    many = np.ones((4, 2), "float32")
    layer.build((None, None, 1))
    spec = [tf.TensorSpec((None, None, 1)), tf.TensorSpec((None, 2))]
    run = tf.function(lambda x, h: layer(x, initial_state=[h, h]), input_signature=spec)
    return outcome(lambda: run(ONES[:1], many).shape)


@attack("state.one-sample-many-states")
def many_states_in_predict():
    """One sample and a constant state of four rows, in predict."""
    many = np.ones((4, 2), "float32")
    return outcome(lambda: with_state([many, many]).predict(ONES[:1], verbose=0).shape)


@attack("state.one-sample-many-states")
def many_states_masked():
    """One sample with a mask, and a state of four rows, in an eager call."""
    many = np.ones((4, 2), "float32")
    mask = np.ones((1, 4), bool)
    return outcome(lambda: LSTM(2)(ONES[:1], initial_state=[many, many], mask=mask).shape)


@attack("state.one-sample-many-states")
def many_states_sequences():
    """One sample and a state of four rows, with return_sequences."""
    many = np.ones((4, 2), "float32")
    layer = LSTM(2, return_sequences=True)
    return outcome(lambda: layer(ONES[:1], initial_state=[many, many]).shape)


@attack("state.wrong-batch")
def wrong_batch_in_predict():
    """Three samples and a state of two rows, in predict."""
    two = np.ones((2, 2), "float32")
    return outcome(lambda: with_state([two, two]).predict(ONES, verbose=0).shape)


@attack("state.wrong-units")
def narrow_c():
    """An initial c of one column, eagerly, and in predict."""
    h = np.ones((3, 2), "float32")
    c = np.ones((3, 1), "float32")
    return outcome(lambda: LSTM(2)(ONES, initial_state=[h, c]).shape), outcome(
        lambda: with_state([h, c]).predict(ONES, verbose=0).shape
    )


@attack("state.wrong-units")
def wide_c_of_one_unit():
    """One unit, one timestep, and an initial c of five columns."""
    h = np.ones((3, 1), "float32")
    c = np.ones((3, 5), "float32")
    return outcome(lambda: LSTM(1)(ONES[:, :1], initial_state=[h, c]).shape)


@attack("state.wrong-units")
def h_in_predict():
    """An initial h of three columns for two units, in predict, and called on a symbol."""
    h = np.ones((3, 3), "float32")
    c = np.ones((3, 2), "float32")
    symbolic = outcome(lambda: LSTM(2)(keras.Input((4, 1)), initial_state=[h, c]).shape)
    return symbolic, outcome(lambda: with_state([h, c]).predict(ONES, verbose=0).shape)


@attack("state.third-refused")
def three_in_graph():
    """Three arrays in predict, in an unrolled layer, and called on a symbol."""
    three = [np.ones((3, 2), "float32")] * 3
    return (
        outcome(lambda: with_state(three).predict(ONES, verbose=0).shape),
        outcome(lambda: LSTM(2, unroll=True)(ONES, initial_state=three).shape),
        outcome(lambda: LSTM(2)(keras.Input((4, 1)), initial_state=three).shape),
        outcome(lambda: LSTM(2)(ONES[:, :1], initial_state=three).shape),
    )


@attack("state.both-needed")
def h_alone():
    """An h alone: called on a symbol, and in predict."""
    return (
        outcome(lambda: LSTM(2)(keras.Input((4, 1)), initial_state=[ROW]).shape),
        outcome(lambda: with_state([ROW]).predict(ONES[:1], verbose=0).shape),
        outcome(lambda: LSTM(2)(ONES[:2], initial_state=np.ones((2, 3, 2), "float32")).shape),
    )


@attack("state.not-beside-the-input")
def list_of_input_and_states():
    """[x, h, c] in an unbuilt layer, as a tuple, and as symbols."""
    h = np.ones((3, 2), "float32")
    symbols = keras.Input((4, 1)), keras.Input((2,)), keras.Input((2,))
    return (
        outcome(lambda: LSTM(2)([ONES, h, h])),
        outcome(lambda: LSTM(2)((ONES, h, h))),
        outcome(lambda: LSTM(2)(list(symbols))),
    )


@attack("state.stateless-forgets")
def dropout_in_two_calls():
    """The same training call twice, with dropout and a seed: the same output?"""
    layer = LSTM(2, dropout=0.5, seed=1)
    x = np.ones((9, 3, 8), "float32")
    return bool(np.array_equal(layer(x, training=True), layer(x, training=True)))


@attack("state.continues")
def backwards_in_pieces():
    """With go_backwards, fed in two pieces: as if fed the whole?"""
    layer = LSTM(2, stateful=True, go_backwards=True)
    x = np.arange(4.0).reshape(1, 4, 1)
    whole = np.array(layer(x))
    layer.reset_state()
    layer(x[:, :2])
    return bool(np.allclose(layer(x[:, 2:]), whole, atol=1e-6))


@attack("state.variables")
def path_in_sequential():
    """The path of a state in a Sequential model."""
    model = keras.Sequential([keras.Input((4, 1), batch_size=3), LSTM(2, stateful=True, name="w")])
    wrapped = keras.layers.Bidirectional(LSTM(2, stateful=True, name="w"))
    wrapped(ONES)
    return model.layers[0].states[0].path, wrapped.forward_layer.states[0].path


@attack("state.fixed-batch")
def other_batch_in_graph():
    """A batch of four for a state of three, in a tf.function whose batch size is open; unrolled."""
    results = []
    for unroll in (False, True):
        layer = LSTM(2, stateful=True, unroll=unroll)
        layer(ONES)
        run = tf.function(layer, input_signature=[tf.TensorSpec((None, 4, 1))])
        results.append([outcome(lambda: run(np.ones((n, 4, 1), "float32")).shape) for n in (1, 4)])
    return results


@attack("state.known-batch")
def unknown_batch_once_built():
    """A built stateful layer, called on an Input of unknown batch size."""
    layer = LSTM(2, stateful=True)
    layer(ONES)
    return outcome(lambda: layer(keras.Input((4, 1))).shape)


@attack("state.stateful-set-off")
def set_off_after_a_trace():
    """`stateful` set to False after a tf.function, and after a model's predict, was traced."""
    layer = LSTM(2, stateful=True)
    model = keras.Sequential([keras.Input((4, 1), batch_size=3), layer])
    model.predict(ONES, verbose=0)
    layer.stateful = False
    first, second = (model.predict(ONES, verbose=0) for _ in range(2))
    return bool(np.array_equal(first, second)), bool(np.array_equal(first, layer(ONES)))


@attack("state.reset")
def reset_after_training():
    """After training and reset_state(): as at the first call? With dropout in training?"""
    layer = LSTM(2, stateful=True)
    model = keras.Sequential([keras.Input((4, 1), batch_size=3), layer])
    model.compile("sgd", "mse")
    first = np.array(layer(ONES))
    model.train_on_batch(ONES, np.ones((3, 2)))
    layer.reset_state()
    return bool(np.array_equal(layer(ONES), first))


@attack("state.reset")
def reset_after_a_trace():
    """reset_state() between two predicts: the same output?"""
    layer = LSTM(2, stateful=True)
    model = keras.Sequential([keras.Input((4, 1), batch_size=3), layer])
    first = model.predict(ONES, verbose=0)
    layer.reset_state()
    return bool(np.array_equal(model.predict(ONES, verbose=0), first))


@attack("state.first-call")
def first_call_of_other_weights():
    """A stateful and a stateless layer with weights of their own."""
    return bool(np.allclose(LSTM(2, stateful=True)(ONES), LSTM(2)(ONES)))


@attack("state.kept-in-states")
def kept_in_mixed_precision():
    """mixed_bfloat16, unrolled, masked, in predict: states equal what is returned?"""
    layer = LSTM(2, stateful=True, return_state=True, dtype="mixed_bfloat16", unroll=True)
    mask = np.arange(4) < np.array([[1], [4], [0]])
    _, h, c = layer(ONES, mask=mask)
    return [
        bool(np.array_equal(np.array(state), np.array(part, "float32")))
        for state, part in zip(layer.states, (h, c), strict=True)
    ]


@attack("state.no-reset-of-models")
def reset_of_kinds_of_models():
    """reset_state of Sequential, functional and subclassed models."""

    class Model(keras.Model):
        pass

    inputs = keras.Input((3, 1))
    models = keras.Sequential([LSTM(1)]), keras.Model(inputs, LSTM(1)(inputs)), Model()
    return [hasattr(model, name) for model in models for name in ("reset_state", "reset_states")]


@attack("state.built-again")
def built_again_for_another_batch():
    """Built again for another batch size: which does it take?"""
    layer = LSTM(2, stateful=True)
    layer(ONES)
    layer.build((5, 4, 1))
    return [outcome(lambda n=n: layer(np.ones((n, 4, 1))).shape) for n in (3, 5)]


@attack("state.any-value")
def infinite_and_nan():
    """An infinite c and a NaN h."""
    inf = np.full((3, 2), np.inf, "float32")
    layer = LSTM(2, return_state=True)
    _, h, c = layer(ONES, initial_state=[0 * ROW.repeat(3, 0), inf])
    return bool(np.isfinite(h).all()), bool(np.isinf(c).all())


@attack("state.given-wins")
def given_in_graph():
    """A given state in predict of a stateful model, then predict without one is another model."""
    layer = LSTM(2, stateful=True)
    inputs = keras.Input((4, 1), batch_size=3)
    state = keras.Input((2,), batch_size=3)
    model = keras.Model([inputs, state], layer(inputs, initial_state=[state, state]))
    s = np.ones((3, 2), "float32")
    first, second = (model.predict([ONES, s], verbose=0) for _ in range(2))
    return bool(np.array_equal(first, second))


@attack("state.learned")
def learned_by_a_stateful_layer():
    """The gradient by a given state of a stateful layer, unrolled and in a loop."""
    results = []
    for unroll in (False, True):
        layer = LSTM(2, stateful=True, unroll=unroll)
        h = tf.Variable(tf.ones((3, 2)))
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(layer(ONES, initial_state=[h, h]))
        results.append(tape.gradient(y, h) is not None)
    return results


@attack("state.in-model")
def any_kind_of_model():
    """A stateful layer in a nested model, in TimeDistributed: the second call goes on?"""
    inner = keras.Sequential([keras.Input((4, 1), batch_size=3), LSTM(2, stateful=True)])
    inputs = keras.Input((4, 1), batch_size=3)
    outer = keras.Model(inputs, inner(inputs))
    return bool(np.array_equal(outer(ONES), outer(ONES)))


@attack("state.not-a-weight")
def state_among_the_variables_of_a_model():
    """In a model, an RNN of a cell and Bidirectional: is a state among variables or weights?"""
    x = np.ones((2, 3, 4), "float32")
    layers = [
        keras.layers.LSTM(2, stateful=True),
        keras.layers.RNN(keras.layers.LSTMCell(2), stateful=True),
        keras.layers.Bidirectional(keras.layers.LSTM(2, stateful=True)),
    ]
    counts = []
    for layer in layers:
        model = keras.Sequential([keras.Input(batch_shape=(2, 3, 4)), layer])
        model(x)
        counts.append(
            (len(layer.variables), len(layer.weights), len(model.non_trainable_variables))
        )
    return counts


@attack("state.never-reset-by-fit")
def fit_after_another_compile():
    """Compiled again, and with validation: is the state kept from one fit to the next?"""
    layer = keras.layers.LSTM(2, stateful=True)
    model = keras.Sequential([keras.Input(batch_shape=(2, 3, 4)), layer])
    x = np.ones((2, 3, 4))
    y = np.ones((2, 2))
    kept = []
    for _ in range(2):
        model.compile(keras.optimizers.SGD(0.0), "mse")
        before = np.array(layer.states[0])
        model.fit(x, y, verbose=0)
        kept.append(bool(np.any(before != 0)))
    return kept


@attack("state.predict-continues")
def predict_of_odd_batches():
    """predict_on_batch, a generator, and steps_per_execution: does it go on?"""
    layer = keras.layers.LSTM(2, stateful=True)
    model = keras.Sequential([keras.Input(batch_shape=(2, 3, 4)), layer])
    x = np.ones((2, 3, 4))
    first = model.predict_on_batch(x)
    second = model.predict(((v,) for v in [x]), steps=1, verbose=0)
    model.compile("sgd", "mse", steps_per_execution=2)
    both = model.predict(np.ones((4, 3, 4)), batch_size=2, verbose=0)
    return [
        bool(np.allclose(a, b))
        for a, b in ((first, second), (second, both[:2]), both.reshape(2, 2, 2))
    ]


@attack("state.not-copied")
def copied_by_deepcopy():
    """By clone_model, copy.deepcopy and a .keras file: zeros?"""
    layer = keras.layers.LSTM(2, stateful=True)
    model = keras.Sequential([keras.Input(batch_shape=(2, 3, 4)), layer])
    model(np.ones((2, 3, 4)))
    copies = [keras.models.clone_model(model), copy.deepcopy(model)]
    return [bool(np.all(np.array(c.layers[0].states[0]) == 0)) for c in copies]


@attack("state.h-first")
def states_of_other_layers():
    """Of Bidirectional and of stacked cells: how many arrays are an initial state?"""
    x = np.ones((2, 3, 4), "float32")
    cells = [keras.layers.LSTMCell(2), keras.layers.LSTMCell(3)]
    return [
        len(keras.layers.Bidirectional(keras.layers.LSTM(2, return_state=True))(x)) - 1,
        keras.tree.map_structure(np.shape, keras.layers.RNN(cells, return_state=True)(x)[1:]),
    ]


@attack("state.in-training-mode")
def training_mode_around_it():
    """A stateful layer behind Dropout, called with training=True: the same state?"""
    x = np.ones((2, 3, 4), "float32")
    states = []
    for training in (False, True):
        keras.utils.set_random_seed(1)
        layer = keras.layers.LSTM(2, stateful=True, recurrent_dropout=0.0)
        layer(x, training=training)
        states.append(np.array(layer.states[1]))
    return bool(np.array_equal(*states))


@attack("state.row-by-row")
def rows_of_the_state():
    """Compiled, masked, backwards, unrolled, with rows exchanged: does row i continue row i?"""
    x = np.random.RandomState(0).randn(3, 4, 2).astype("float32")
    other = x.copy()
    other[0] = 5
    bad = []
    options = [{}, {"unroll": True}, {"go_backwards": True}, {"dtype": "float16"}]
    for option in options:
        layer = LSTM(2, stateful=True, **option)
        ends = []
        for first in (x, other):
            if layer.built:
                layer.reset_state()
            layer(first)
            ends.append(np.array(tf.function(layer)(x)))
        if not np.array_equal(ends[0][1:], ends[1][1:]) or np.array_equal(ends[0][0], ends[1][0]):
            bad.append(option)
    return bad


@attack("state.constant-in-training")
def no_gradient_back():
    """Does a loss on the second call in one tape reach what was read in the first?"""
    layer = LSTM(2, stateful=True)
    x = tf.constant(ONES)
    layer(x)
    layer.reset_state()
    seen = []
    for name in ("two calls", "one call"):
        with tf.GradientTape() as tape:
            tape.watch(x)
            first = layer(x)
            loss = tf.reduce_sum(layer(x[:, :1] * 0 + 1) if name == "two calls" else first)
        gradient = tape.gradient(loss, x)
        seen.append(None if gradient is None else bool(np.any(np.array(gradient)[:, 1:])))
    return seen


@attack("state.reset-is-to-zeros")
def reset_to_numbers():
    """By place, by name, of RNN and Bidirectional: are states taken?"""
    layers = [LSTM(2, stateful=True), keras.layers.RNN(keras.layers.LSTMCell(2), stateful=True)]
    layers.append(keras.layers.Bidirectional(LSTM(2, stateful=True)))
    seen = []
    for layer in layers:
        layer(ONES)
        given = [np.ones((3, 2))] * len(layer.states)
        seen.append(outcome(lambda f=layer, s=given: f.reset_state(s))[:30])
        seen.append(outcome(lambda f=layer, s=given: f.reset_state(states=s))[:30])
    return seen


@attack("state.one-sample-many-states")
def many_states_of_a_stateful_layer():
    """Of a stateful layer: as many outputs?"""
    states = [np.ones((3, 2), "float32")] * 2
    return outcome(lambda: LSTM(2, stateful=True)(ONES[:1], initial_state=states).shape)


@attack("state.not-beside-the-input")
def list_for_a_model():
    """[x, h, c] to a model of three inputs: refused?"""
    x = keras.Input((4, 1))
    states = [keras.Input((2,)), keras.Input((2,))]
    model = keras.Model([x, *states], LSTM(2)(x, initial_state=states))
    h = np.ones((3, 2), "float32")
    return outcome(lambda: model([ONES, h, h]).shape)


@attack("state.row-by-row")
def reset_between_calls():
    """Reset between two calls: does sample i continue sample i?"""
    layer = LSTM(2, stateful=True)
    first = np.array(layer(ONES))
    layer.reset_state()
    return not np.array_equal(layer(ONES), first)


@attack("state.variables")
def renamed_and_of_two_types():
    """Renamed, and RNN of a cell of float64: the path, and the dtypes of state and weight?"""
    layer = LSTM(2, stateful=True, name="words")
    layer(ONES)
    layer.name = "reader"
    rnn = keras.layers.RNN(keras.layers.LSTMCell(2, dtype="float64"), stateful=True)
    rnn(ONES)
    return layer.states[0].path, rnn.states[0].dtype, rnn.weights[0].dtype


@attack("state.stateful-set-off")
def set_off_in_both_directions():
    """`stateful` of Bidirectional set to False: does it start from zeros?"""
    layer = keras.layers.Bidirectional(LSTM(2, stateful=True))
    first = np.array(layer(ONES))
    layer.stateful = False
    return bool(np.array_equal(layer(ONES), first))


@attack("state.reset")
def reset_of_other_layers():
    """Bidirectional, RNN of a cell and of two: what does reset_state() do?"""
    cells = [keras.layers.LSTMCell(2), keras.layers.LSTMCell(2)]
    kinds = [
        keras.layers.Bidirectional(LSTM(2, stateful=True)),
        keras.layers.RNN(cells[0], stateful=True),
        keras.layers.RNN(cells, stateful=True),
    ]
    for layer in kinds:
        layer(ONES)
    return [outcome(layer.reset_state)[:60] for layer in kinds]


@attack("state.assignable")
def entries_of_stacked_cells():
    """Of RNN of two cells, stateful: has an entry of its states the method assign?"""
    cells = [keras.layers.LSTMCell(2), keras.layers.LSTMCell(2)]
    layer = keras.layers.RNN(cells, stateful=True)
    layer(ONES)
    return [hasattr(entry, "assign") for entry in layer.states]


@attack("state.first-call")
def parted_without_a_kernel():
    """With recurrent weights of zero and a closed forget gate: do they part at the second call?"""
    layers = [LSTM(2, stateful=stateful) for stateful in (False, True)]
    for layer in layers:
        layer.build(ONES.shape)
        layer.set_weights([np.ones((1, 8)), np.zeros((2, 8)), np.repeat([0, -200, 0, 0], 2)])
    calls = [[np.array(layer(ONES)) for layer in layers] for _ in range(2)]
    return [bool(np.array_equal(*outputs)) for outputs in calls]


@attack("state.h-first")
def states_that_bidirectional_takes():
    """Two, three and four arrays as the initial state of Bidirectional: how many are taken?"""
    layer = keras.layers.Bidirectional(LSTM(2))
    part = np.zeros((3, 2))
    return [outcome(lambda n=n: layer(ONES, initial_state=[part] * n).shape) for n in (2, 3, 4)]


@attack("state.predict-continues")
def predicted_from_a_given_state():
    """With constants as the initial state, predict twice: does the second go on?"""
    inputs = keras.Input((4, 1), batch_size=3)
    state = [keras.ops.ones((3, 2)), keras.ops.ones((3, 2))]
    model = keras.Model(inputs, LSTM(2, stateful=True)(inputs, initial_state=state))
    first, second = (model.predict(ONES, batch_size=3, verbose=0) for _ in range(2))
    return not np.array_equal(first, second)
