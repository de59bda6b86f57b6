"""Further attacks on the claims of the chapter `masking`, one at least for each claim."""

import warnings

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import BLANK, MASK, X, alike, close, masked_model, ones

LSTM, Masking, Bidirectional = keras.layers.LSTM, keras.layers.Masking, keras.layers.Bidirectional


def behind(layer):
    """Return whether a layer behind Masking warns, and whether an LSTM behind it finds the mask."""
    lstm = LSTM(2)
    masked = Masking()(np.concatenate([BLANK, 0 * BLANK], axis=1))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        y = layer(masked)
        z = lstm(y)
    warned = any("not support masking" in str(warning.message) for warning in caught)
    return warned, not close(z, lstm(np.array(y)))


@attack("masking.one-row")
def row_in_graphs():
    """One row, with open sizes, by XLA, in a graph, unrolled, in predict: as repeated?"""
    layer = LSTM(2, return_sequences=True)
    row = MASK[:1]
    y = layer(X, mask=np.repeat(row, 2, axis=0))
    spec = [tf.TensorSpec((None, None, 3)), tf.TensorSpec((None, None), tf.bool)]
    call = lambda x, mask: layer(x, mask=mask)  # noqa: E731
    unrolled = alike(layer, LSTM(2, return_sequences=True, unroll=True))[1]
    return [
        outcome(lambda: close(tf.function(call, input_signature=spec)(X, row), y)),
        outcome(lambda: close(tf.function(call, jit_compile=True)(X, row), y)),
        outcome(lambda: close(tf.function(call)(X, row), y)),
        outcome(lambda: close(unrolled(X, mask=row), y)),
        outcome(lambda: close(masked_model(layer).predict_on_batch([X, row]), y)),
    ]


@attack("masking.one-axis-refused")
def one_axis_of_odd_sizes():
    """One timestep, as many units as timesteps, go_backwards, Bidirectional: refused?"""
    calls = [
        lambda: LSTM(2)(X[:, :1], mask=MASK[0, :1]),
        lambda: LSTM(4, go_backwards=True)(X, mask=MASK[0]),
        lambda: LSTM(4)(X[:1], mask=np.float32(MASK[0])),
        lambda: Bidirectional(LSTM(2))(X, mask=MASK[0]),
    ]
    return [outcome(call)[:10] for call in calls]


@attack("masking.long-in-a-graph")
def long_masks_otherwise():
    """A mask of 6 for 4 timesteps: compiled, run eagerly, compiled by XLA, unrolled."""
    mask = np.pad(MASK, [(0, 0), (0, 2)], constant_values=True)
    results = []
    for options in ({}, {"run_eagerly": True}, {"jit_compile": True}):
        layer = LSTM(2)
        model = masked_model(layer)
        model.compile("sgd", "mse", **options)
        expected = layer(X, mask=MASK)
        results += [outcome(lambda: close(model.predict_on_batch([X, mask]), expected))]
    unrolled = masked_model(LSTM(2, unroll=True), 4)
    return *results, outcome(lambda: unrolled.predict_on_batch([X, mask]).shape)


@attack("masking.long-refused-unrolled")
def long_masks_unrolled():
    """Forwards and backwards, with and without zero_output_for_mask: refused?"""
    mask = np.pad(MASK, [(0, 0), (0, 2)], constant_values=True)
    options = [{}, {"go_backwards": True}, {"zero_output_for_mask": True}]
    layers = [LSTM(2, unroll=True, return_sequences=True, **o) for o in options]
    return [outcome(lambda layer=layer: layer(X, mask=mask).shape)[:12] for layer in layers]


@attack("masking.value-for-each-feature")
def values_in_double_precision():
    """An array of 0.1 and 9.0 as NumPy makes it, of float64: are such timesteps masked?"""
    x = np.tile(np.array([0.1, 9.0], "float32"), (1, 2, 1))
    arrays = [np.array([0.1, 9.0]), np.array([0.1, 9.0], "float32"), [0.1, 9.0]]
    return [outcome(lambda v=v: np.array(Masking(v).compute_mask(x)).tolist()) for v in arrays]


@attack("masking.second-masking")
def second_masking_of_the_same_value():
    """Two Masking layers of one value, 9.0: does the second one undo the first?"""
    x = np.array([[[9.0], [7.0]]])
    return np.array(Masking(9.0).compute_mask(Masking(9.0)(x))).tolist()


@attack("masking.no-weights")
def masking_by_an_array():
    """With an array for its mask_value: are there weights, before and after a call?"""
    masking = Masking(np.ones(3))
    before = masking.count_params()
    masking(X)
    return before, masking.count_params()


@attack("masking.argument-wins")
def argument_in_a_model():
    """Of an LSTM, in Bidirectional, unrolled, in functional models: does the argument win?"""
    mask = np.ones((2, 4), bool)
    layers = [LSTM(2), Bidirectional(LSTM(2)), LSTM(2, unroll=True)]
    x = keras.Input((4, 3))
    given = keras.Input((4,), dtype="bool")
    results = []
    for layer in layers:
        model = keras.Model([x, given], layer(Masking()(x), mask=given))
        results.append(close(model.predict_on_batch([BLANK, mask]), layer(BLANK)))
    return results


@attack("masking.bidirectional-passes-on")
def with_states():
    """With return_state=True: is the mask on the output of a call?"""
    results = []
    for mode in ("concat", None):
        both = Bidirectional(LSTM(2, return_sequences=True, return_state=True), merge_mode=mode)
        parts = both(Masking()(BLANK))
        results.append([getattr(part, "_keras_mask", None) is not None for part in parts])
    return results


@attack("masking.stacked")
def stacked_with_a_state():
    """The second layer with an initial_state, or with return_state below: does the mask arrive?"""
    lower = LSTM(2, return_sequences=True)
    upper = LSTM(2)
    state = [ones(2, 2)] * 2
    y = lower(Masking()(BLANK))
    by_hand = upper(np.array(y), mask=MASK, initial_state=state)
    with_states = LSTM(2, return_sequences=True, return_state=True)
    z = with_states(Masking()(BLANK))[0]
    return close(upper(y, initial_state=state), by_hand), close(
        upper(z), upper(np.array(z), mask=MASK)
    )


@attack("masking.lost-with-warning")
def other_layers_between():
    """(warns, the mask arrives) of layers between Masking and an LSTM."""
    layers = keras.layers
    between = [
        layers.Reshape((8, 3)),
        layers.Permute((1, 2)),
        layers.Conv1D(2, 1),
        layers.MaxPooling1D(2),
        layers.UpSampling1D(2),
        layers.ZeroPadding1D(1),
        layers.Cropping1D(1),
        layers.Rescaling(2.0),
        layers.Normalization(mean=0.0, variance=4.0),
        layers.Lambda(lambda x: 2 * x),
        layers.EinsumDense("btf,fg->btg", (None, 2)),
        layers.MultiHeadAttention(1, 2),
    ]
    results = {}
    for layer in between:
        attention = isinstance(layer, layers.MultiHeadAttention)
        call = (lambda x, inner=layer: inner(x, x)) if attention else layer
        results[type(layer).__name__] = outcome(lambda call=call: behind(call))
    return results


@attack("masking.dense-behind")
def zeros_behind_a_dense():
    """No bias in the Dense, after zero_output_for_mask=True: what is at masked timesteps?"""
    lower = LSTM(2, return_sequences=True, zero_output_for_mask=True)
    dense = keras.layers.Dense(2, use_bias=False)
    y = dense(lower(Masking()(BLANK)))
    return np.array(y)[~MASK].tolist()


@attack("masking.bidirectional-zeros")
def backward_layers_of_one_s_own():
    """With a backward_layer, around RNN(LSTMCell), averaged, from states: zeros?"""
    backward = LSTM(2, return_sequences=True, go_backwards=True)
    both = [
        Bidirectional(LSTM(2, return_sequences=True), backward_layer=backward),
        Bidirectional(keras.layers.RNN(keras.layers.LSTMCell(2), return_sequences=True)),
        Bidirectional(LSTM(2, return_sequences=True), merge_mode="ave"),
    ]
    state = [ones(2, 2)] * 4
    ys = [layer(X, mask=MASK, initial_state=state) for layer in both]
    return [not np.any(np.array(y)[~MASK]) for y in ys]


@attack("masking.bidirectional-padding")
def padding_on_the_left():
    """Padding on the left, and a state: what the unpadded sequence gives?"""
    both = Bidirectional(LSTM(2, return_sequences=True))
    state = [ones(2, 2)] * 4
    mask = np.array([[False, False, True, True]] * 2)
    y = both(X, mask=mask, initial_state=state)
    return close(np.array(y)[:, 2:], both(X[:, 2:], initial_state=state))


@attack("masking.carries-state")
def states_of_odd_numbers():
    """States of NaN, infinity, 1e30 and 1e-40, and NaN at the masked timestep: kept exactly?"""
    layer = LSTM(2, return_state=True)
    x = np.full_like(X, np.nan)
    state = [np.array([[np.nan, np.inf], [1e30, 1e-40]], "float32")] * 2
    parts = layer(x, mask=np.zeros((2, 4), bool), initial_state=state)[1:]
    return [
        bool(np.array_equal(part, s, equal_nan=True)) for part, s in zip(parts, state, strict=True)
    ]


@attack("masking.carries-state")
def state_in_half_precision():
    """A float16 layer, and mixed_bfloat16, with a state of 0.1: exactly as it was?"""
    state = [np.full((2, 2), 0.1, "float32")] * 2
    types = ["float16", "mixed_bfloat16"]
    layers = [LSTM(2, return_state=True, dtype=dtype) for dtype in types]
    masks = np.zeros((2, 4), bool)
    return [np.float64(layer(X, mask=masks, initial_state=state)[1])[0, 0] for layer in layers]


@attack("masking.own-length")
def no_valid_timestep():
    """A sample of length zero in a batch: the state of a call on no timesteps?"""
    layer = LSTM(2, return_state=True)
    mask = np.array([[True] * 4, [False] * 4])
    return outcome(lambda: layer(X[1:, :0])), np.array(layer(X, mask=mask)[1])[1].tolist()


@attack("masking.all-true")
def all_true_elsewhere():
    """In XLA, with dropout of one seed, in float16, of no timesteps: the same?"""
    mask = np.ones((2, 4), bool)
    layer = LSTM(2)
    half = LSTM(2, dtype="float16")
    plain, masked = alike(*(LSTM(2, dropout=0.5, recurrent_dropout=0.5, seed=1) for _ in "ab"))
    jitted = tf.function(lambda x: layer(x, mask=mask), jit_compile=True)
    layer.build(X.shape)
    return [
        close(jitted(X), layer(X)),
        close(plain(X, training=True), masked(X, mask=mask, training=True)),
        bool(np.array_equal(half(X), half(X, mask=mask))),
        [outcome(lambda m=m: layer(X[:, :0], mask=m).shape) for m in (None, mask[:, :0])],
    ]


@attack("masking.does-not-stick")
def attached_and_then_none():
    """An attached mask in a Bidirectional, then none: is it forgotten?"""
    both = Bidirectional(LSTM(2))
    y = both(X)
    both(Masking()(BLANK))
    return close(both(X), y)


@attack("masking.zeros-before-first-step")
def before_the_first_in_time():
    """go_backwards: are the outputs of timesteps before the first valid one zero?"""
    layer = LSTM(2, return_sequences=True, go_backwards=True)
    mask = np.array([[False, True, True, True]] * 2)
    return not np.any(np.array(layer(X, mask=mask, initial_state=[ones(2, 2)] * 2))[:, -1])


@attack("masking.all-false-row")
def masked_with_other_options():
    """Unrolled, backwards, with zero_output_for_mask: zeros, and the state?"""
    mask = np.zeros((2, 4), bool)
    results = []
    for options in ({"unroll": True}, {"go_backwards": True}, {"zero_output_for_mask": True}):
        layer = LSTM(2, return_state=True, **options)
        y, h, _ = layer(X, mask=mask, initial_state=[ones(2, 2)] * 2)
        results.append((not np.any(y), close(h, 1.0)))
    return results


@attack("masking.output-is-h")
def last_output_elsewhere():
    """Unrolled, backwards, in half precision; called, in a graph, by XLA: is it h, bit for bit?"""
    results = []
    for options in ({"unroll": True}, {"go_backwards": True}, {"dtype": "mixed_float16"}):
        layer = LSTM(2, return_state=True, **options)
        layer.build(X.shape)
        call = lambda x, layer=layer: layer(x, mask=MASK)  # noqa: E731
        for run in (call, tf.function(call), tf.function(call, jit_compile=True)):
            y, h, _ = run(X)
            results.append(bool(np.array_equal(y, h)))
    return results


@attack("masking.zero-output")
def last_output_only():
    """Without return_sequences: does the final output change?"""
    plain, zeroed = alike(LSTM(2), LSTM(2, zero_output_for_mask=True))
    return close(plain(X, mask=MASK), zeroed(X, mask=MASK)), np.array(zeroed(X, mask=MASK)).tolist()


@attack("masking.stateful")
def masked_call_with_a_state():
    """A fully masked call with an initial_state: does it leave the stored state?"""
    layer = LSTM(2, stateful=True)
    layer(X)
    before = np.array(layer.states[0])
    layer(X, mask=np.zeros((2, 4), bool), initial_state=[ones(2, 2)] * 2)
    return bool(np.array_equal(layer.states[0], before))


@attack("masking.backwards")
def backwards_attached():
    """An attached mask, in predict: turned with the input?"""
    layer = LSTM(2, go_backwards=True)
    short = np.array(layer(X[:, :2]))
    x = X * np.array([1, 1, 0, 0])[None, :, None]
    model = keras.Sequential([keras.Input((None, 3)), Masking(), layer])
    return close(model.predict_on_batch(np.float32(x)), short)


@attack("masking.unrolled")
def unrolled_with_dropout():
    """In training, with dropout of one seed; in float16: does unrolling change the results?"""
    rates = {"dropout": 0.5, "recurrent_dropout": 0.5, "seed": 1}
    looped, unrolled = alike(LSTM(2, **rates), LSTM(2, unroll=True, **rates))
    half = alike(LSTM(2, dtype="float16"), LSTM(2, dtype="float16", unroll=True))
    return close(looped(X, mask=MASK, training=True), unrolled(X, mask=MASK, training=True)), close(
        *(layer(X, mask=MASK) for layer in half)
    )


@attack("masking.unrolled-backwards")
def unrolled_backwards_attached():
    """In a model with an attached mask: the same?"""
    looped, unrolled = alike(LSTM(2, go_backwards=True), LSTM(2, go_backwards=True, unroll=True))
    models = [keras.Sequential([keras.Input((4, 3)), Masking(), a]) for a in (looped, unrolled)]
    return close(*(model.predict_on_batch(BLANK) for model in models))


@attack("masking.unrolled-with-state")
def unrolled_with_one_row():
    """An initial state of one row for two samples, plainly and compiled: the same?"""
    looped, unrolled = alike(*(LSTM(2, unroll=u) for u in (False, True)))
    state = [ones(1, 2)] * 2
    calls = [lambda x, a=a: a(x, mask=MASK, initial_state=state) for a in (looped, unrolled)]
    calls += [tf.function(call) for call in calls]
    return [outcome(lambda c=c: c(X).shape) for c in calls]


@attack("masking.unrolled-zero-output")
def unrolled_zeros_with_a_state():
    """A leading masked timestep and a state: zeros in both?"""
    options = {"return_sequences": True, "zero_output_for_mask": True}
    layers = alike(*(LSTM(2, unroll=u, **options) for u in (False, True)))
    state = [ones(2, 2)] * 2
    return close(*(layer(X, mask=~MASK, initial_state=state) for layer in layers))


@attack("masking.trains-as-deleted")
def huge_numbers_under_the_mask():
    """1e38 and -1e38 under the mask, finite as they are: are the weights finite after a step?"""
    model = masked_model(LSTM(2))
    model.compile("sgd", "mse")
    x = np.where(MASK[:, :, None], X, np.float32([3e38, -3e38, 3e38]))
    model.train_on_batch([x, MASK], ones(2, 2))
    return [bool(np.isfinite(weight).all()) for weight in model.get_weights()]


@attack("masking.encoder-decoder")
def decoders_with_padding():
    """In a functional model, by name, unrolled: does a decoder with a state skip its padding?"""
    words = np.array([[3, 1, 0, 0], [2, 2, 1, 0]])
    seen = {}
    for name in ("attached", "by name"):
        ids = keras.Input((4,))
        h = keras.Input((2,))
        c = keras.Input((2,))
        rows = keras.layers.Embedding(5, 3, mask_zero=True)(ids)
        layer = LSTM(2)
        mask = {} if name == "attached" else {"mask": keras.ops.not_equal(ids, 0)}
        model = keras.Model([ids, h, c], layer(rows, initial_state=[h, c], **mask))
        state = [ones(2, 2), ones(2, 2)]
        expected = layer(np.array(model.layers[1](words)), mask=words != 0, initial_state=state)
        seen[name] = [
            outcome(lambda m=model: close(m([words, *state]), expected)),
            close(model.predict([words, *state], verbose=0), expected),
        ]
    return seen


@attack("masking.zeros-with-cudnn")
def named_source():
    """Without a GPU: does the loop repeat the last output, as the claim says of it?"""
    layer = LSTM(2, return_sequences=True, use_cudnn=False)
    y = np.array(layer(X, mask=np.array([[True, True, False, False]] * 2)))
    return bool(np.array_equal(y[:, 1], y[:, 3])), bool(np.any(y[:, 3]))


def beside_a_state(layer, states=2):
    """Return what a layer gives for an attached mask and a state, and for the mask passed."""
    state = [ones(2, 2)] * states
    attached = layer(Masking()(BLANK), initial_state=state)
    passed = layer(BLANK, mask=np.any(BLANK != 0, axis=2), initial_state=state)
    return attached, passed


@attack("masking.carries-state")
def attached_beside_a_state():
    """A mask that Masking attaches, and a state: are h and c left as they are?"""
    attached, passed = beside_a_state(LSTM(2, return_state=True))
    return [close(y, z) for y, z in zip(attached, passed, strict=True)]


@attack("masking.zeros-before-first-step")
def attached_leading_mask():
    """A leading timestep that Masking masks, and a state: is its output zero?"""
    layer = LSTM(2, return_sequences=True)
    return np.array(layer(Masking()(0 * X), initial_state=[ones(2, 2)] * 2))[0, 0].tolist()


@attack("masking.all-false-row")
def attached_to_an_empty_sample():
    """Samples that Masking masks whole, and a state: zeros, and the state?"""
    layer = LSTM(2, return_state=True)
    y, h, _ = layer(Masking()(0 * X), initial_state=[ones(2, 2)] * 2)
    return not np.any(y), close(h, ones(2, 2))


@attack("masking.zero-output")
def attached_zero_output():
    """A mask that Masking attaches, and a state: are masked outputs zero?"""
    attached, passed = beside_a_state(LSTM(2, return_sequences=True, zero_output_for_mask=True))
    return [not np.any(np.array(y)[~MASK]) for y in (attached, passed)]


@attack("masking.own-length")
def padded_words_beside_a_state():
    """Padded words of an Embedding, and a state: as without the padding?"""
    rows = keras.layers.Embedding(9, 3, mask_zero=True)
    layer = LSTM(2)
    calls = [
        layer(rows(np.array(ids)), initial_state=[ones(1, 2)] * 2) for ids in ([[1, 0]], [[1]])
    ]
    return close(*calls)


@attack("masking.bidirectional-padding")
def bidirectional_beside_a_state():
    """A mask that Masking attaches, and a state for each half: as when it is passed?"""
    attached, passed = beside_a_state(Bidirectional(LSTM(2)), states=4)
    return close(attached, passed)


@attack("masking.trains-as-deleted")
def trained_beside_a_state():
    """A decoder of padded words and a state: trained as without the padding?"""
    ids = keras.Input((None,))
    states = [keras.Input((2,)), keras.Input((2,))]
    rows = keras.layers.Embedding(9, 3, mask_zero=True)
    model = keras.Model([ids, *states], LSTM(2)(rows(ids), initial_state=states))
    model.compile("sgd", "mse")
    start = model.get_weights()
    trained = []
    for words in ([[1, 2, 0]], [[1, 2]]):
        model.set_weights(start)
        model.train_on_batch([np.array(words), ones(1, 2), ones(1, 2)], ones(1, 2))
        trained.append(model.get_weights())
    return [close(*pair) for pair in zip(*trained, strict=True)]


@attack("masking.value-for-each-feature")
def values_in_float64():
    """float64 values for float64 input, 0.1 and 9.0, by default and in float64: masked?"""
    values = np.array([0.1, 9.0])
    layers = Masking(values), Masking(values, dtype="float64")
    return [np.array(layer(values[None, None])._keras_mask).tolist() for layer in layers]


@attack("masking.second-masking")
def masking_behind_an_lstm():
    """An LSTM between two Masking layers: does it hand zeros on at masked timesteps?"""
    first = keras.Sequential([Masking(9.0), LSTM(2, return_sequences=True), Masking(-1.0)])
    return np.array(first(np.array([[[7.0], [9.0]]])))[0, 1].tolist()


@attack("masking.stacked")
def stacked_on_one_that_goes_backwards():
    """A first layer with go_backwards=True: does the second one skip the padding?"""
    first = LSTM(2, return_sequences=True, go_backwards=True)
    second = LSTM(2)
    x = np.pad(X, [(0, 0), (0, 2), (0, 0)])
    return close(second(first(Masking()(x))), second(first(X)))


@attack("masking.list-refused")
def list_to_other_layers():
    """A list of lists to GlobalAveragePooling1D, Bidirectional and TimeDistributed: refused?"""
    pooling = keras.layers.GlobalAveragePooling1D()
    layers = pooling, Bidirectional(LSTM(2)), keras.layers.TimeDistributed(keras.layers.Dense(2))
    return [outcome(lambda a=a: a(X, mask=MASK.tolist()).shape) for a in layers]


@attack("masking.long-in-a-graph")
def surplus_behind_the_layer():
    """A pooling layer, and an LSTM, behind one whose mask is too long: does predict run?"""
    seen = []
    for layer in (keras.layers.GlobalAveragePooling1D(), LSTM(2)):
        x = keras.Input((None, 3))
        mask = keras.Input((None,), dtype="bool")
        model = keras.Model([x, mask], layer(LSTM(2, return_sequences=True)(x, mask=mask)))
        seen.append(outcome(lambda m=model: m.predict([X, np.pad(MASK, ((0, 0), (0, 2)))]).shape))
    return seen


@attack("masking.skips-step")
def step_masked_beside_a_state():
    """A timestep that Masking masks, and a state: the final output of deleting it?"""
    layer = LSTM(2)
    x = X * np.array([[[1.0], [1.0], [0.0], [1.0]]], "float32")
    state = [ones(2, 2)] * 2
    masked = layer(Masking()(x), initial_state=state)
    return close(masked, layer(x[:, [0, 1, 3]], initial_state=state))


@attack("masking.hides-values")
def values_beside_a_state():
    """Two values that Masking masks, and a state: the same output?"""
    layer = LSTM(2)
    outputs = []
    for value in (9.0, -5.0):
        masked = Masking(value)(np.where(MASK[:, :, None], X, np.float32(value)))
        attached = keras.layers.Activation(lambda z, v=value: z + v)(masked)
        outputs.append(layer(attached, initial_state=[ones(2, 2)] * 2))
    return close(*outputs)


def carries(tensor):
    """Say whether a tensor has a mask attached."""
    return getattr(tensor, "_keras_mask", None) is not None


@attack("masking.all-features")
def subnormal_by_type():
    """The largest subnormal numbers of float16, float32 and float64: are they taken for zero?"""
    as_zero = {}
    for dtype in ("float16", "float32", "float64"):
        number = np.nextafter(np.finfo(dtype).tiny, np.zeros((), dtype))
        mask = Masking(dtype=dtype).compute_mask(tf.constant(number, dtype, (1, 1, 1)))
        as_zero[dtype] = not bool(mask[0, 0])
    return as_zero


@attack("masking.bidirectional-passes-on")
def masks_that_do_not_count():
    """By name, by its place, attached beside states, stateful with states: is a mask passed on?"""
    both = Bidirectional(LSTM(2, return_sequences=True))
    states = [ones(2, 2)] * 4
    kept = Bidirectional(LSTM(2, return_sequences=True, return_state=True, stateful=True))
    beside = both(Masking()(BLANK), initial_state=states)
    return [
        carries(both(X, mask=MASK)),
        carries(both(tf.constant(X), None, tf.constant(MASK))),
        (carries(beside), close(beside, both(BLANK, initial_state=states))),
        outcome(lambda: kept(X))[:9],
    ]


@attack("masking.bidirectional-zeros")
def attached_beside_states():
    """Beside an initial state, a mask that is attached and one that is given: are there zeros?"""
    both = Bidirectional(LSTM(2, return_sequences=True))
    states = [ones(2, 2)] * 4
    outputs = [
        both(Masking()(BLANK), initial_state=states),
        both(BLANK, mask=MASK, initial_state=states),
    ]
    return [not np.array(y)[~MASK].any() for y in outputs]


@attack("masking.last-axis")
def three_axes_to_another_layer():
    """The mask with a last axis, given to GlobalAveragePooling1D: as without that axis?"""
    layer = keras.layers.GlobalAveragePooling1D()
    return outcome(lambda: close(layer(X, mask=MASK[:, :, None]), layer(X, mask=MASK)))[:20]


@attack("masking.lost-with-warning")
def layers_around_an_lstm():
    """A layer, a model and a Sequential with an LSTM inside: (warned, an LSTM finds a mask)?"""

    class Block(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = LSTM(3, return_sequences=True)

        def call(self, x):
            return self.inner(x)

    inner = LSTM(3, return_sequences=True)
    return [behind(layer) for layer in (Block(), keras.Sequential([inner]))]


@attack("masking.numbers")
def smallest_half_as_a_mask():
    """The smallest float16, and numbers in Bidirectional: as a mask of booleans?"""
    layers = LSTM(2, return_sequences=True), Bidirectional(LSTM(2))
    masks = MASK * np.float16(6e-8), MASK * -3
    return [
        close(layer(X, mask=tf.constant(mask)), layer(X, mask=MASK))
        for layer in layers
        for mask in masks
    ]


@attack("masking.one-axis-refused")
def masks_of_pooling():
    """A mask of one axis to GlobalAveragePooling1D and to Dense: refused?"""
    layers = keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(2)
    return [outcome(lambda layer=layer: layer(X, mask=MASK[0]).shape)[:20] for layer in layers]


@attack("masking.one-row")
def row_among_arrays():
    """One row for two samples, to predict, and to a call: taken?"""
    model = masked_model(LSTM(2))
    data = [X, MASK[:1]]
    return [outcome(lambda: call(data).shape)[:10] for call in (model, model.predict)]


@attack("masking.passed-on")
def mask_by_its_place():
    """Given by name, by its place, and attached beside a state: is it on the output?"""
    layer = LSTM(2, return_sequences=True)
    return [
        carries(layer(X, mask=MASK)),
        carries(layer(tf.constant(X), None, tf.constant(MASK))),
        carries(layer(Masking()(BLANK), initial_state=[ones(2, 2)] * 2)),
    ]


@attack("masking.short-refused")
def short_masks_of_pooling():
    """A mask of one timestep for four, to GlobalAveragePooling1D and to an LSTM: refused?"""
    layers = keras.layers.GlobalAveragePooling1D(), LSTM(2)
    return [outcome(lambda layer=layer: layer(X, mask=MASK[:, :1]).shape)[:15] for layer in layers]


@attack("masking.loss")
def numbers_to_the_loss():
    """A mask of 0.5, 1, 2 and 3 and its booleans, one negative: the same loss?"""
    layer = LSTM(2, return_sequences=True)
    loss = keras.losses.MeanSquaredError()
    target = np.random.RandomState(1).randn(2, 4, 2)
    numbers = np.float32(MASK * np.array([0.5, 1, 2, 3]))
    expected = loss(target, layer(X, mask=MASK))
    masks = MASK, MASK[:, :, None], numbers, -numbers
    return [close(loss(target, layer(X, mask=mask)), expected) for mask in masks]


@attack("masking.hides-values")
def values_under_a_mask_of_units():
    """NaN where a mask with an axis of units masks one of two: outputs without NaN?"""
    mask = np.stack([MASK, np.ones_like(MASK)], axis=2)
    hidden = np.where(MASK[:, :, None], X, np.nan)
    return not np.isnan(LSTM(2)(hidden, mask=mask)).any()
