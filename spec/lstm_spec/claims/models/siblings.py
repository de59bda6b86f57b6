"""Siblings: GRU, SimpleRNN and ConvLSTM2D, as far as they differ from an LSTM.

What a GRU and a SimpleRNN compute and count, and what a ConvLSTM2D reads, counts and returns.
"""

from __future__ import annotations

from itertools import product

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.claims.models import masking, part
from lstm_spec.harness.activations import sigmoid
from lstm_spec.harness.reference import returned
from lstm_spec.harness.strategies import (
    SIZES,
    booleans,
    cases,
    noise,
    picks,
    seeds,
    some_large,
    varied,
    whole,
)
from lstm_spec.harness.subject import cloned, reset, to_numpy
from lstm_spec.harness.tolerance import assert_close

sizes = some_large(integers(1, 6), 64, 300)
few = integers(1, 4)
SIBLINGS = ("GRU", "SimpleRNN")


def gated(x, h, kernel, recurrent, bias, outer):
    """Return what a GRU makes of one timestep, by its blocks in the order z, r, g."""
    of_x = np.split(x @ kernel + bias, 3, axis=-1)
    of_h = np.split(h @ recurrent + outer, 3, axis=-1)
    z, r = (sigmoid(a + b) for a, b in zip(of_x[:2], of_h[:2], strict=True))
    return z * h + (1 - z) * np.tanh(of_x[2] + r * of_h[2])


def reset_before(x, h, kernel, recurrent, bias):
    """Return what a GRU of reset_after=False makes of one timestep."""
    of_x = np.split(x @ kernel + bias, 3, axis=-1)
    of_z, of_r, of_g = np.split(recurrent, 3, axis=-1)
    z, r = (sigmoid(a + h @ b) for a, b in zip(of_x[:2], (of_z, of_r), strict=True))
    return z * h + (1 - z) * np.tanh(of_x[2] + (r * h) @ of_g)


def simple(x, h, kernel, recurrent, bias):
    """Return what a SimpleRNN makes of one timestep."""
    return np.tanh(x @ kernel + h @ recurrent + bias)


def read(step, x, units):
    """Return h after each timestep, from zeros."""
    h = np.zeros((len(x), units))
    rows = []
    for t in range(x.shape[1]):
        h = step(x[:, t], h)
        rows.append(h)
    return np.stack(rows, axis=1)


@claim(
    "models.parameters-of-siblings",
    derived="three gates and two biases, or one gate and one bias, where an LSTM has four and one",
    corrects="A GRU has three quarters of an LSTM's parameters.",
)
@given(sizes, sizes)
def test_parameters_of_siblings_are_counted(features, units):
    """
    By default a GRU of U units on F features has 3 * (U * (F + U) + 2 * U) parameters, a SimpleRNN
    U * (F + U) + U.

    An LSTM has 4 * (U * (F + U) + U). The GRU has a second bias, for what it reads of the output
    of the timestep before; with reset_after=False it has one, and three quarters of an LSTM's.

    >>> import keras, numpy as np
    >>> count = {}
    >>> for kind in (keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN):
    ...     layer = kind(5)
    ...     layer.build((1, 7, 4))  # (batch, timesteps, features)
    ...     count[kind.__name__] = layer.count_params()
    >>> count
    {'LSTM': 200, 'GRU': 165, 'SimpleRNN': 50}
    """
    reading = units * (features + units)
    expected = {"GRU": 3 * (reading + 2 * units), "SimpleRNN": reading + units}
    for name, count in expected.items():
        layer = getattr(keras.layers, name)(units)
        layer.build((2, 3, features))
        assert layer.count_params() == count, f"{layer.count_params()} parameters of {name}"


@claim(
    "models.state-of-siblings",
    derived="their equations have no cell state",
    corrects="A GRU returns two states, as an LSTM does.",
    cases=4,
)
@given(sampled_from(SIBLINGS), few, few, booleans(), booleans(), seeds)
def test_siblings_have_one_state(name, timesteps, units, sequences, backwards, seed):
    """
    Called without a mask, a GRU or SimpleRNN with `return_state` returns its output and one state,
    h, which is the last output.

    There is no cell state, so `initial_state` is a single tensor too, and a Bidirectional returns
    two states where around an LSTM it returns four.

    >>> import keras, numpy as np
    >>> x = np.ones((1, 3, 2))  # (batch, timesteps, features)
    >>> y, h = keras.layers.GRU(4, return_state=True)(x)
    >>> bool(np.array_equal(y, h))
    True
    >>> z, h, c = keras.layers.LSTM(4, return_state=True)(x)
    """
    options = {"return_sequences": sequences, "return_state": True, "go_backwards": backwards}
    layer = getattr(keras.layers, name)(units, **options)
    results = list(map(to_numpy, layer(noise((3, timesteps, 2), seed))))
    assert len(results) == 2, f"{len(results)} arrays"
    output, h = results
    assert h.shape == (3, units), f"h has the shape {h.shape}"
    assert np.array_equal(output[:, -1] if sequences else output, h), "h is another"


@claim(
    "models.gru",
    derived="Cho et al. 2014, with the reset after the product as cuDNN has it",
    corrects="A GRU of Keras multiplies h by the reset gate before the recurrent kernel.",
    cases=4,
)
@given(few, few, few, few, seeds)
def test_gru_computes_its_equations(batch, timesteps, features, units, seed):
    """
    By default an unmasked GRU has h' = z * h + (1 - z) * tanh(x @ W + b + r * (h @ R + d)), its
    blocks in the order z, r, g.

    Both gates are sigmoids of x @ W + b + h @ R + d, with blocks of their own. It has two gates
    where an LSTM has three, and no cell state.

    >>> import keras, numpy as np
    >>> gru, x = keras.layers.GRU(2), np.ones((1, 1, 3))
    >>> y = np.array(gru(x))
    >>> W, R, (b, d) = gru.get_weights()  # d is of h, which begins at zero
    >>> z, r, g = np.split(x[:, 0] @ W + b, 3, axis=-1)
    >>> bool(np.allclose(y, (1 - 1 / (1 + np.exp(-z))) * np.tanh(g), atol=1e-6))
    True
    """
    layer = keras.layers.GRU(units, return_sequences=True)
    layer.build((batch, timesteps, features))
    kernel = noise((features, 3 * units), seed)
    recurrent = noise((units, 3 * units), seed + 1)
    bias, outer = noise((2, 3 * units), seed + 2)
    layer.set_weights([kernel, recurrent, np.stack([bias, outer])])
    x = noise((batch, timesteps, features), seed + 3)
    expected = read(lambda x_t, h: gated(x_t, h, kernel, recurrent, bias, outer), x, units)
    assert_close(layer(x), expected)


@claim(
    "models.gru-reset-before",
    promised="GRU, argument `reset_after`: whether to apply the reset gate after or before",
    corrects="The reset gate of every GRU of Keras acts after the product.",
    cases=4,
)
@given(
    cases(**varied("batch", "features"), timesteps=some_large(few, 7)),
    few,
    whole([{}, {"unroll": True}, {"go_backwards": True}, {"stateful": True}]),
    seeds,
)
def test_gru_resets_before_the_product_if_asked(case, units, options, seed):
    """
    With reset_after=False an unmasked GRU by default has
    h' = z * h + (1 - z) * tanh(x @ W + b + (r * h) @ R).

    There is one bias. So do GRUs of Cho et al. 2014, and those that Keras 1 and 2.0 made. Weights
    from Keras 2.0 fit.

    >>> import keras, numpy as np
    >>> gru, x = keras.layers.GRU(1, reset_after=False), np.ones((1, 2, 3))
    >>> h, y = np.array(gru(x[:, :1])), np.array(gru(x))
    >>> W, R, b = gru.get_weights()
    >>> (z, r, g), (Rz, Rr, Rg) = (x[:, 1] @ W + b)[0], R[0]
    >>> z, r = 1 / (1 + np.exp(-z - h * Rz)), 1 / (1 + np.exp(-r - h * Rr))
    >>> bool(np.allclose(y, z * h + (1 - z) * np.tanh(g + r * h * Rg), atol=1e-6))
    True
    """
    layer = keras.layers.GRU(units, reset_after=False, return_sequences=True, **options)
    weights = weighted(layer, case.x, seed)
    x = case.x[:, ::-1] if "go_backwards" in options else case.x
    assert_close(layer(case.x), read(lambda x_t, h: reset_before(x_t, h, *weights), x, units))


@claim(
    "models.gru-recurrent-dropout",
    derived="dropout.recurrent-by-gate, for the three gates of a GRU",
    cases=4,
    needs="keras.layers.GRUCell.get_recurrent_dropout_mask",
)
@given(integers(1, 3), integers(4, 6), integers(1, 3), seeds, whole([True, False]))
def test_each_gate_of_a_gru_drops_units_of_its_own(timesteps, units, features, seed, after):
    """
    In training, z, r and g of a GRU each draw for themselves which units of their h a
    `recurrent_dropout` below 1 drops.

    What z keeps of h is never dropped. From Keras 3.2 to 3.7 it was, by one mask for all three, and
    training might fail to converge.

    >>> import keras, numpy as np
    >>> cell = keras.layers.GRUCell(64, recurrent_dropout=0.5)
    >>> masks = np.array(cell.get_recurrent_dropout_mask(np.ones((1, 64))))
    >>> masks.shape, len(np.unique(masks, axis=0))  # (z, r and g, batch, units), all different
    ((3, 1, 64), 3)
    """
    options = {"recurrent_dropout": 0.5, "reset_after": after, "seed": seed}
    layer = keras.layers.GRU(units, return_sequences=True, **options)
    x = noise((1, timesteps, features), seed + 1)
    kernel, recurrent, bias = weighted(layer, x, seed)
    masks = masks_of_gates(1, units, options)
    rows = recurrent * np.repeat(np.concatenate(masks).T, units, axis=1)
    step = gated if after else reset_before
    given_ = (kernel, rows, *(bias if after else [bias]))
    assert_close(layer(x, training=True), read(lambda x_t, h: step(x_t, h, *given_), x, units))
    # Two of the three are alike on 99 samples of 4 units once in 2e118 examples: 3 * 0.5 ** 396.
    wide = masks_of_gates(99, units, options)
    assert len(np.unique(wide, axis=0)) == 3, "gates share a mask"


def weighted(layer, x, seed):
    """Build a layer for an input, give it weights by a seed, and return these."""
    layer.build(x.shape)
    layer.set_weights([noise(w.shape, seed + k) for k, w in enumerate(layer.get_weights())])
    return layer.get_weights()


def masks_of_gates(samples, units, options):
    """Return the masks by which the gates of a new GRUCell drop units of h."""
    cell = keras.layers.GRUCell(units, **options)
    masks = to_numpy(cell.get_recurrent_dropout_mask(np.ones((samples, units), "float32")))
    assert len(masks) == 3, "one mask for all gates"
    return masks


@claim(
    "models.simple-rnn",
    derived="Elman 1990, without a layer of outputs",
    corrects="A SimpleRNN has a layer of outputs of its own, as Elman's network has.",
    cases=4,
)
@given(few, few, few, few, seeds)
def test_simple_rnn_computes_its_equation(batch, timesteps, features, units, seed):
    """
    By default, without a mask, a SimpleRNN has h' = tanh(x @ W + h @ R + b), and puts out h'
    itself.

    It has no gates. Outputs of another width than its units need another layer behind it, such as
    Dense.

    >>> import keras, numpy as np
    >>> rnn, x = keras.layers.SimpleRNN(2), np.ones((1, 2, 3))
    >>> y = np.array(rnn(x))
    >>> W, R, b = rnn.get_weights()
    >>> h = np.tanh(x[:, 0] @ W + b)
    >>> bool(np.allclose(y, np.tanh(x[:, 1] @ W + h @ R + b), atol=1e-6))
    True
    """
    layer = keras.layers.SimpleRNN(units, return_sequences=True)
    layer.build((batch, timesteps, features))
    weights = [noise((features, units), seed), noise((units, units), seed + 1)]
    weights.append(noise((units,), seed + 2))
    layer.set_weights(weights)
    x = noise((batch, timesteps, features), seed + 3)
    assert_close(layer(x), read(lambda x_t, h: simple(x_t, h, *weights), x, units))


STEPS = {
    "GRU": lambda weights: lambda x, h: gated(x, h, *weights[:2], *weights[2]),
    "SimpleRNN": lambda weights: lambda x, h: simple(x, h, *weights),
}
"""What each makes of one timestep, by its weights."""
SKIPPING = {
    "an attached mask": lambda layer, case: layer(masking(case.x)),
    "an argument": lambda layer, case: layer(case.x, mask=case.mask),
    "predict": lambda layer, case: behind_masking(layer, case).predict(case.x, verbose=0),
    "a clone": lambda layer, case: cloned(behind_masking(layer, case))(case.x),
}
"""How a layer is given a mask."""


def behind_masking(layer, case):
    """Return a Sequential model of Masking and a layer."""
    return keras.Sequential([keras.Input(case.x.shape[1:]), keras.layers.Masking(), layer])


@claim(
    "models.siblings-skip",
    derived="masking.skips-step: what was kept at a masked timestep is kept over it",
    cases=4,
)
@given(
    cases(batch=1, timesteps=integers(2, 4), features=2, masked=True),
    whole(list(product(SIBLINGS, SKIPPING))),
    whole([{}, {"unroll": True}, {"go_backwards": True}]),
    picks,
)
def test_siblings_skip_what_is_masked(case, form, options, pick):
    """
    Called on a sequence alone, masked in part, a GRU or SimpleRNN gives by default what it gives
    without the masked timesteps.

    This holds for a mask that is attached or passed, and unrolled or backwards too. Beside an
    initial state pass the mask: an attached one is not read.

    >>> import keras, numpy as np
    >>> gru, x = keras.layers.GRU(2), np.array([[[1.0], [2.0], [0.0]]])
    >>> masked = gru(keras.layers.Masking()(x))
    >>> bool(np.allclose(masked, gru(x[:, :2]), atol=1e-6))
    True
    """
    case = part(case, pick)
    name, way = form
    layer = getattr(keras.layers, name)(3, **options)
    layer.build(case.x.shape)
    weights = [noise(weight.shape, pick + k) for k, weight in enumerate(layer.get_weights())]
    layer.set_weights(weights)
    kept = case.x[:, case.mask[0]].astype(float)
    rows = read(STEPS[name](weights), kept[:, ::-1] if "go_backwards" in options else kept, 3)
    assert_close(to_numpy(SKIPPING[way](layer, case)), rows[:, -1])


@claim(
    "models.cells-of-siblings",
    derived="time.cell-by-cell: one set of weights serves all timesteps",
    cases=4,
)
@given(whole(SIBLINGS), few, few, few, few, seeds)
def test_cells_of_siblings_do_what_their_layers_do(name, batch, timesteps, features, units, seed):
    """
    From its get_initial_state a GRUCell or SimpleRNNCell, called at each timestep, does by default
    what GRU or SimpleRNN does.

    Its start is zeros for h, for which it needs `batch_size`. A call gives the output, and the new
    state in the form in which it was given: in a list or bare.

    >>> import keras, numpy as np
    >>> gru, x = keras.layers.GRU(2), np.array([[[1.0], [7.0], [2.0]]])
    >>> y, state = np.array(gru(x)), gru.cell.get_initial_state(batch_size=1)
    >>> for t in range(3):
    ...     h, state = gru.cell(x[:, t], state)
    >>> bool(np.allclose(h, y, atol=1e-6))
    True
    """
    cell = getattr(keras.layers, f"{name}Cell")(units)
    x = noise((batch, timesteps, features), seed)
    weights = weighted(cell, x[:, 0], seed)
    state = cell.get_initial_state(batch_size=batch)
    rows = []
    for t in range(timesteps):
        row, state = cell(x[:, t], state)
        rows.append(to_numpy(row))
    expected = read(STEPS[name](weights), x.astype(float), units)
    assert_close(np.stack(rows, axis=1), expected)


@claim(
    "models.conv-lstm-frames",
    observed="Keras 2 and 3",
    corrects="A ConvLSTM2D returns five axes without `return_sequences` too.",
    cases=4,
)
@given(few, few, integers(3, 5), few, few, booleans())
def test_conv_lstm_reads_and_returns_frames(batch, timesteps, side, channels, filters, sequences):
    """
    By default a ConvLSTM2D reads (batch, timesteps, rows, columns, channels), five axes, and
    returns the last frame only.

    That is (batch, rows, columns, filters). A kernel of 3 by 3 leaves two rows and two columns
    fewer, unless padding="same". With `return_sequences` there is a frame for each timestep, and
    the axis of time is the second.

    >>> import keras, numpy as np
    >>> x = np.ones((1, 7, 8, 8, 3))
    >>> for option in ({}, {"padding": "same"}, {"return_sequences": True}):
    ...     print(np.array(keras.layers.ConvLSTM2D(4, (3, 3), **option)(x)).shape)
    (1, 6, 6, 4)
    (1, 8, 8, 4)
    (1, 7, 6, 6, 4)
    """
    x = np.ones((batch, timesteps, side, side + 1, channels), "float32")
    for padding, lost in (("valid", 2), ("same", 0)):
        options = {"padding": padding, "return_sequences": sequences}
        shape = tuple(keras.layers.ConvLSTM2D(filters, (3, 3), **options)(x).shape)
        frame = (side - lost, side + 1 - lost, filters)
        time = (timesteps,) if sequences else ()
        assert shape == (batch, *time, *frame), f"the output has the shape {shape}"


@claim(
    "models.parameters-of-conv-lstm",
    derived="weights.parameter-count, with a * b weights in a kernel for each of a product",
    corrects="A larger picture gives a ConvLSTM2D more parameters.",
    cases=4,
)
@given(few, few, integers(1, 5), integers(1, 5), integers(5, 8))
def test_parameters_of_conv_lstm_are_counted(filters, channels, a, b, side):
    """
    By default a ConvLSTM2D of F filters of size (a, b) on C channels has
    4 * (F * a * b * (C + F) + F) parameters.

    Their number depends neither on the size of the frames nor on the number of timesteps.

    >>> import keras, numpy as np
    >>> layer = keras.layers.ConvLSTM2D(2, (3, 5))
    >>> layer.build((1, 7, 8, 9, 4))  # (batch, timesteps, rows, columns, channels)
    >>> layer.count_params(), 4 * (2 * 3 * 5 * (4 + 2) + 2)
    (728, 728)
    """
    layer = keras.layers.ConvLSTM2D(filters, (a, b))
    layer.build((2, 3, side, side + 1, channels))
    expected = 4 * (filters * a * b * (channels + filters) + filters)
    assert layer.count_params() == expected, f"{layer.count_params()} parameters"


@claim(
    "models.conv-lstm-of-one-pixel",
    derived="gates.equations: a convolution of one pixel by a kernel of one is a product",
    cases=4,
)
@given(cases(**varied(*SIZES), return_sequences=True))
def test_conv_lstm_of_one_pixel_is_an_lstm(case):
    """
    With recurrent_activation="sigmoid" a ConvLSTM2D of kernel size 1 does on one-pixel frames what
    an LSTM of its weights does.

    So its gates and states are those of an LSTM, with convolutions in place of the two products.
    Its kernels have two axes more in front, for rows and columns.

    >>> import keras, numpy as np
    >>> x, lstm = np.ones((1, 3, 2), "float32"), keras.layers.LSTM(4)
    >>> y = np.array(lstm(x))
    >>> frames = x[:, :, None, None]
    >>> conv = keras.layers.ConvLSTM2D(4, (1, 1), recurrent_activation="sigmoid")
    >>> conv.build(frames.shape)
    >>> W, R, b = lstm.get_weights()
    >>> conv.set_weights([W[None, None], R[None, None], b])
    >>> bool(np.allclose(np.array(conv(frames))[:, 0, 0], y, atol=1e-6))
    True
    """
    options = {"recurrent_activation": "sigmoid", "return_sequences": True}
    layer = keras.layers.ConvLSTM2D(case.units, (1, 1), **options)
    frames = case.x[:, :, None, None].astype("float32")
    layer.build(frames.shape)
    kernel, recurrent, bias = case.weights
    layer.set_weights([kernel[None, None], recurrent[None, None], bias])
    assert_close(to_numpy(layer(frames))[:, :, 0, 0], returned(case))


def convolved(x, kernel, padding):
    """Return the convolution of frames, (B, spans, C), with a kernel, (spans, C, F)."""
    spans = kernel.shape[:-2]
    if padding == "same":
        x = np.pad(x, [(0, 0), *(((size - 1) // 2, size // 2) for size in spans), (0, 0)])
    lengths = [n - size + 1 for n, size in zip(x.shape[1:-1], spans, strict=True)]
    windows = [
        (x[(slice(None), *map(slice, at, np.add(at, lengths)))], kernel[at])
        for at in np.ndindex(*spans)
    ]
    return sum(window @ weights for window, weights in windows)


def convolutional(x, weights, padding, states=(0.0, 0.0)):
    """Return what a ConvLSTM computes: h after each timestep, and the final h and c."""
    kernel, recurrent, bias = (weight.astype(float) for weight in weights)
    of_x = [convolved(x[:, t].astype(float), kernel, padding) + bias for t in range(x.shape[1])]
    h, c = (np.zeros((*of_x[0].shape[:-1], recurrent.shape[-2])) + state for state in states)
    rows = []
    for z in of_x:
        i, f, g, o = np.split(z + convolved(h, recurrent, "same"), 4, axis=-1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        rows.append(h)
    return np.stack(rows, axis=1), h, c


@claim(
    "models.conv-lstm",
    promised="ConvLSTM2D: similar to an LSTM layer, but all transformations are convolutional",
    corrects="A ConvLSTM reads the frame of h with the padding of its argument `padding`.",
    cases=6,
)
@given(
    whole([(1,), (2,), (3,), (3, 2), (1, 3), (2, 1, 3)]),
    whole(["valid", "same"]),
    integers(1, 2),
    integers(1, 2),
    integers(1, 3),
    seeds,
)
def test_conv_lstm_computes_the_equations_by_convolutions(
    spans, padding, filters, channels, timesteps, seed
):
    """
    With recurrent_activation="sigmoid" a ConvLSTM is an LSTM of convolutions for products, that of
    h padded to its size.

    That of x is padded as the argument `padding` says. The kernels have the axes of the picture in
    front, then those of an LSTM's, gates in the order i, f, g, o, and are not turned around, as
    those of mathematics are.

    >>> import keras, numpy as np
    >>> sigmoid, x = "sigmoid", np.random.rand(1, 1, 5, 1).astype("float32")  # one timestep
    >>> conv = keras.layers.ConvLSTM1D(2, 3, recurrent_activation=sigmoid)
    >>> y = np.array(conv(x))
    >>> W, R, b = conv.get_weights()
    >>> z = sum(x[:, 0, k : k + 3] @ W[k] for k in range(3)) + b
    >>> i, f, g, o = np.split(z, 4, axis=-1)
    >>> c = np.tanh(g) / (1 + np.exp(-i))
    >>> bool(np.allclose(y, np.tanh(c) / (1 + np.exp(-o)), atol=1e-6))
    True
    """
    options = {"padding": padding, "recurrent_activation": "sigmoid", "return_sequences": True}
    layer = getattr(keras.layers, f"ConvLSTM{len(spans)}D")(filters, spans, **options)
    x = noise((2, timesteps, *(size + 2 for size in spans), channels), seed)
    rows, _, _ = convolutional(x, weighted(layer, x, seed), padding)
    assert_close(layer(x), rows)


def from_returned(layer, x, later):
    """Return what a layer makes of a second part, from returned states, and of the first."""
    y, *states = layer(x)
    return layer(later, initial_state=states)[0], y


def from_returned_in_a_model(layer, x, later):
    """Return the same, of one model that reads both parts."""
    first, second = (keras.Input((None, *x.shape[2:])) for _ in range(2))
    y, *states = layer(first)
    model = keras.Model([first, second], [layer(second, initial_state=states)[0], y])
    return model.predict([x, later], verbose=0)


def from_kept(layer, x, later, run=None):
    """Return what a stateful layer makes of a second part, and of the first after a reset."""
    run = run or layer
    run(x)
    second = run(later)
    reset(layer)
    return second, run(x)


def from_kept_in_a_model(layer, x, later):
    """Return the same, of a model of the layer."""
    inputs = keras.Input(x.shape[1:], batch_size=len(x))
    return from_kept(layer, x, later, keras.Model(inputs, layer(inputs)))


@claim(
    "models.conv-lstm-states",
    promised="ConvLSTM2D, arguments `return_state`, `stateful` and `initial_state`",
    cases=2,
)
@given(
    whole([1, 2, 3]),
    whole([from_returned, from_returned_in_a_model, from_kept, from_kept_in_a_model]),
    whole(["valid", "same"]),
    integers(1, 2),
    integers(1, 3),
    seeds,
)
def test_a_conv_lstm_goes_on_from_its_states(rank, go_on, padding, channels, timesteps, seed):
    """
    Without a mask a ConvLSTM goes on from the h and c that it returned, and a stateful one from
    those that it kept.

    So a film can be read in parts. reset_state() of the stateful layer makes both zeros. They are
    of the frames' size, less what padding="valid" takes off, with `filters` channels.

    >>> import keras, numpy as np
    >>> film = np.random.rand(1, 6, 5, 5, 1).astype("float32")  # (batch, timesteps, rows, ...)
    >>> conv = keras.layers.ConvLSTM2D(2, 3, return_state=True)
    >>> y, h, c = conv(film)
    >>> _, *states = conv(film[:, :4])
    >>> z, _, _ = conv(film[:, 4:], initial_state=states)
    >>> tuple(c.shape), bool(np.allclose(y, z, atol=1e-6))
    ((1, 3, 3, 2), True)
    """
    stateful = go_on in (from_kept, from_kept_in_a_model)
    options = {"stateful": stateful, "return_state": not stateful}
    conv = getattr(keras.layers, f"ConvLSTM{rank}D")
    layer = conv(2, 2, padding=padding, recurrent_activation="sigmoid", **options)
    x, later = noise((2, 2, timesteps, *[3] * rank, channels), seed)
    weights = weighted(layer, x, seed)
    first, *states = convolutional(x, weights, padding)
    second, _, _ = convolutional(later, weights, padding, states)
    assert_close(list(to_numpy(go_on(layer, x, later))), [second[:, -1], first[:, -1]])
