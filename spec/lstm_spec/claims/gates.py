"""Gates: what one timestep computes, and cells made by hand to show what the gates can do.

What an LSTM does at a timestep fits into a few lines. It has two states with a number for each
unit: the output h, which every unit reads at the next timestep, and the cell state c, which a unit
keeps to itself. From the input x and the last h it computes four things, and from these the new
states:

    z = x @ W + h @ R + b     cut into four blocks, for i, f, g and o
    i, f, o = sigmoid(z)      three gates, from 0 to 1
    g = tanh(z)               the candidate, from -1 to 1
    c' = f * c + i * g        keep a share of the cell state, and add a share of the candidate
    h' = o * tanh(c')         show a share of the outcome

The line in the middle is what the layer is famous for. The cell state is only scaled and added to,
so that with f at 1 and i at 0 it stays as it is, for as many timesteps as you like.

First the claims say that Keras computes these lines and nothing else. Then come cells that are made
by hand, with weights that hold their gates open or closed: a memory, a counter, a sum, a delay.
They need no training, and show what the gates are for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from typing import Any

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import integers
from numpy.typing import NDArray

from lstm_spec.claims import claim
from lstm_spec.harness.activations import ACTIVATIONS, Activation, sigmoid
from lstm_spec.harness.reference import equations, returned
from lstm_spec.harness.strategies import (
    SIZES,
    Case,
    cases,
    noise,
    seeds,
    several,
    some_large,
    varied,
    whole,
)
from lstm_spec.harness.subject import as_states, lstm, passed, to_numpy, with_weights
from lstm_spec.harness.tolerance import (
    ROUNDING,
    assert_close,
    assert_differs,
    assert_same,
    rounding_error,
)
from lstm_spec.harness.ways import with_ways

# The same in every Keras: the formula of hard_sigmoid has a claim, and Keras 2.8 has no mish.
SAME_EVERYWHERE = sorted(ACTIVATIONS.keys() - {"hard_sigmoid", "mish"})

FREE = ("implementation", "go_backwards")
"""What the sentences of this chapter do not fix."""

# What a gate of a cell made by hand sees, as (weight, bias): weight * x + bias.
INPUT = (1.0, 0.0)
ONE = (0.0, 1.0)
OPEN = (0.0, 200.0)
CLOSED = (0.0, -200.0)

OLD_HARD_SIGMOID = Activation(
    lambda z: np.clip(0.2 * z + 0.5, 0, 1), lambda z: np.where(np.abs(z) < 2.5, 0.2, 0.0)
)
"""The hard_sigmoid of Keras 2."""


BY_HAND: dict[str, tuple[Callable[[Any], Any], Activation]] = {
    "half": (lambda z: z / 2, Activation(lambda z: z / 2, lambda z: 0 * z + 0.5)),
    "softsign": (lambda z: z / (1 + abs(z)), ACTIVATIONS["softsign"]),
    "square": (lambda z: z * z, Activation(lambda z: z * z, lambda z: 2 * z)),
    "one": (lambda z: 0 * z + 1, Activation(np.ones_like, np.zeros_like)),
}
"""Functions that Keras has no name for, but softsign: for tensors, and for the reference."""


def crafted(
    case: Case,
    *,
    i: tuple[float, float],
    f: tuple[float, float],
    g: tuple[float, float],
    o: tuple[float, float],
) -> Case:
    """Return a case with a unit for each feature, where nothing recurs but the cell state."""
    weights, biases = zip(i, f, g, o, strict=True)
    kernel = np.concatenate([weight * np.eye(case.features) for weight in weights], axis=1)
    bias = np.repeat(biases, case.features)
    return replace(
        case,
        kernel=kernel.astype(np.float32),
        recurrent_kernel=np.zeros_like(kernel, np.float32),
        bias=bias.astype(np.float32),
    )


def shifted(case: Case, i: float = 0.0, f: float = 0.0, g: float = 0.0, o: float = 0.0) -> Case:
    """Return the case with a number added to each gate's bias: 200 opens, -200 closes it."""
    assert case.bias is not None
    return replace(case, bias=case.bias + np.repeat([i, f, g, o], case.units).astype(np.float32))


def candidate_only(block: NDArray[Any]) -> NDArray[np.float32]:
    """Return weights that feed the candidate alone: zeros for the gates i, f and o."""
    zeros = np.zeros_like(block)
    return np.concatenate([zeros, zeros, block, zeros], axis=1).astype(np.float32)


def scaled(case: Case, factor: float) -> Case:
    """Return the case with its weights multiplied by a number."""
    assert case.bias is not None
    k = np.float32(factor)
    return replace(
        case,
        kernel=k * case.kernel,
        recurrent_kernel=k * case.recurrent_kernel,
        bias=k * case.bias,
    )


def reordered(case: Case, order: tuple[int, ...]) -> Case:
    """Return the case with the four blocks of all its weights in another order."""
    columns = np.arange(4 * case.units).reshape(4, -1)[list(order)].ravel()
    kernel, recurrent, bias = (weight[..., columns] for weight in case.weights)
    return replace(case, kernel=kernel, recurrent_kernel=recurrent, bias=bias)


# The equations.


@claim(
    "gates.equations",
    derived="Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000",
    cases=8,
)
@given(
    *with_ways(
        cases(
            **varied(*SIZES, *FREE, "state", "masked", "stateful", "dtype"),
            **varied("use_bias", "return_sequences", "return_state"),
        ),
        "float64",
    )
)
def test_the_layer_computes_the_lstm_equations(case, way):
    """
    By default an unmasked timestep computes c' = f * c + i * g and then h' = o * tanh(c'), from any
    state.

    With z = x @ W + h @ R + b cut into four blocks, the gates i, f and o are sigmoids of
    their blocks and the candidate g is the tanh of its own. All products but the two with
    W and R go element by element.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.array([[[1.0, 7.0]]])  # (batch, timesteps, features)
    >>> h, c = np.array([[0.1, 0.2]]), np.array([[0.3, -0.4]])
    >>> y = lstm(x, initial_state=[h, c])
    >>> W, R, b = lstm.get_weights()
    >>> i, f, g, o = np.split(x[:, 0] @ W + h @ R + b, 4, axis=1)
    >>> c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
    >>> bool(np.allclose(y, np.tanh(c) / (1 + np.exp(-o)), atol=1e-6))
    True
    """
    result = way(lstm(case))(case.x, **passed(case))
    assert_close(list(result) if case.options["return_state"] else result, returned(case))


@claim(
    "gates.order",
    derived="gates.equations, and the shapes of the weights",
    corrects="The weights hold the gates in the order of the textbooks: f, i, g, o or i, f, o, g.",
    cases=8,
)
@given(
    *with_ways(
        cases(
            **varied("batch", "features", "implementation", "state"),
            timesteps=several,
            units=integers(2, 4),
            return_sequences=True,
        )
    )
)
def test_only_one_order_of_the_gates_fits(case, way):
    """
    In all weights the gates stand in the order i, f, g, o, and with default activations in general
    no other order fits.

    Along their last axis the kernel, the recurrent kernel and the bias are four blocks of `units`:
    input gate, forget gate, candidate, output gate. ONNX and many textbooks order them in other
    ways, PyTorch in this one. Any of the 24 orders passes a test whose weights are all equal.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.array([[[1.0, 7.0]]])  # (batch, timesteps, features)
    >>> y = lstm(x)
    >>> W, R, b = lstm.get_weights()
    >>> i, f, g, o = np.split(x[:, 0] @ W + b, 4, axis=1)
    >>> c = np.tanh(g) / (1 + np.exp(-i))  # f does nothing here: the first c is zero
    >>> bool(np.allclose(y, np.tanh(c) / (1 + np.exp(-o)), atol=1e-6))
    True
    """
    y = to_numpy(way(lstm(case))(case.x, **passed(case)))
    runs = {order: equations(reordered(case, order)) for order in permutations(range(4))}
    fits = [order for order, run in runs.items() if rounding_error(y, run.outputs) <= ROUNDING]
    assert fits == [(0, 1, 2, 3)], f"the orders that fit are {fits}"


@claim(
    "gates.no-peepholes",
    derived="gates.equations",
    corrects="The gates of Keras' LSTM look at the cell state, as in Gers and Schmidhuber 2000.",
    cases=8,
)
@given(
    *with_ways(
        cases(
            **varied("features", "units", "implementation"),
            batch=1,
            timesteps=1,
            state=True,
            activation="linear",
            return_state=True,
        )
    )
)
def test_the_gates_do_not_read_the_cell_state(case, way):
    """
    No gate reads the cell state: c' = f * c + i * g is a straight line in the old c.

    LSTMs with peepholes let the gates see c, by weights for which there is no place here.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(1, return_state=True)
    >>> x, h = np.ones((3, 1, 1)), np.zeros((3, 1))  # (batch, timesteps, features)
    >>> c = np.array([[0.0], [1.0], [2.0]])
    >>> c = np.array(lstm(x, initial_state=[h, c])[2])
    >>> bool(np.allclose(c[2] - c[1], c[1] - c[0], atol=1e-6))
    True
    """
    c = case.c * np.array([[0], [1], [2]], np.float32)
    x = np.repeat(case.x, 3, axis=0)
    h = np.repeat(case.h, 3, axis=0)
    h, _, c = to_numpy(way(lstm(case))(x, initial_state=as_states([h, c])))
    assert_close(c[0] + c[2], c[1] + c[1])
    assert_close(h[1] * c[2], h[2] * c[1])  # o is h / c, the activation being linear


@claim(
    "gates.activation-places",
    derived="gates.equations",
    corrects="`activation` is applied once, to the output of the layer, as in Dense.",
    cases=8,
)
@given(
    *with_ways(
        cases(
            **varied("batch", "features", *FREE, "masked"),
            activation=whole(SAME_EVERYWHERE),
        )
    )
)
def test_activation_acts_on_candidate_and_on_cell_state(case, way):
    """
    The activation acts at two places: on the candidate g, and on c' on its way to h'.

    In the equations it stands wherever tanh stands by default. h' is not passed through it once
    more: it is o times the activation of c'.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2, activation="softsign"), np.array([[[1.0, 7.0]]])
    >>> y = lstm(x)  # x: (batch, timesteps, features)
    >>> i, f, g, o = np.split(x[:, 0] @ lstm.get_weights()[0], 4, axis=1)  # i, g, o: no bias yet
    >>> c = g / (1 + np.abs(g)) / (1 + np.exp(-i))
    >>> bool(np.allclose(y, c / (1 + np.abs(c)) / (1 + np.exp(-o)), atol=1e-6))
    True
    """
    case = scaled(case, 0.25)
    expected = equations(case)
    # The slope of exponential is its value, by which it multiplies the rounding of its argument.
    steepest = max(1.0, np.max(np.abs(expected.outputs)))
    output = way(lstm(case))(case.x, **passed(case))
    assert_close(output, returned(case), bound=ROUNDING * steepest)


@claim(
    "gates.recurrent-activation-places",
    derived="gates.equations",
    corrects="`recurrent_activation` acts on the recurrent part h @ R, `activation` on the rest.",
    cases=8,
)
@given(
    *with_ways(
        cases(
            **varied("batch", "features", *FREE, "masked"),
            recurrent_activation=whole(SAME_EVERYWHERE),
        )
    )
)
def test_recurrent_activation_acts_on_the_three_gates(case, way):
    """
    The recurrent activation acts on the gates i, f and o, and on nothing else.

    Its name misleads: what it is applied to is the whole z of a gate, the part that comes
    from the input included; and the candidate, which sees h as well, never goes through it.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, recurrent_activation="softsign")
    >>> x = np.array([[[1.0, 7.0]]])  # (batch, timesteps, features)
    >>> y = lstm(x)
    >>> i, f, g, o = np.split(x[:, 0] @ lstm.get_weights()[0], 4, axis=1)  # i, g, o: no bias yet
    >>> c = np.tanh(g) * i / (1 + np.abs(i))
    >>> bool(np.allclose(y, np.tanh(c) * o / (1 + np.abs(o)), atol=1e-6))
    True
    """
    case = scaled(case, 0.25)
    assert_close(way(lstm(case))(case.x, **passed(case)), returned(case))


@claim(
    "gates.none-is-linear",
    promised="LSTM, arguments `activation` and `recurrent_activation`",
    corrects="`activation=None` means the default, tanh.",
    cases=4,
)
@given(*with_ways(cases(**varied("batch", *FREE))), whole(["activation", "recurrent_activation"]))
def test_no_activation_means_linear(case, way, argument):
    """
    None as an LSTM's activation means none at all, a(z) = z, not the default one.

    It holds for the recurrent activation too: the gates may then be any numbers.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, activation=None)
    >>> y = lstm(np.array([[[9.0], [9.0]]]))  # (batch, timesteps, features)
    >>> lstm.activation.__name__
    'linear'
    """
    case = scaled(case, 0.25)
    expected = returned(replace(case, options={**case.options, argument: "linear"}))
    assert_close(way(lstm(case, **{argument: None}))(case.x), expected)
    assert_differs(expected, returned(case))


@claim(
    "gates.any-function",
    observed="Keras 3, which passes functions on as they are",
    cases=8,
)
@given(
    *with_ways(cases(**varied("batch", *FREE)), "function"),
    whole(["activation", "recurrent_activation"]),
    whole(sorted(BY_HAND)),
)
def test_any_function_may_be_the_activation(case, way, argument, function):
    """
    An LSTM by itself takes as an activation a function of one tensor, made of Keras' operations,
    that keeps shape and type.

    It makes no difference whether an activation of Keras is given by its name or as a function. A
    function of NumPy, or one with an `if` on numbers, works in an eager call on TensorFlow, but
    not in a graph, where tensors hold no numbers yet. Bidirectional copies its layer by its
    configuration, and so refuses an LSTM with a function of your own, if not registered.

    >>> import keras, numpy as np
    >>> half = keras.layers.LSTM(2, activation=lambda z: z / 2, use_bias=False)
    >>> x = np.array([[[1.0]]])  # (batch, timesteps, features)
    >>> y = half(x)
    >>> i, f, g, o = np.split(x[:, 0] @ half.get_weights()[0], 4, axis=1)
    >>> bool(np.allclose(y, g / 4 / (1 + np.exp(-i)) / (1 + np.exp(-o)), atol=1e-6))
    True
    """
    call, values = BY_HAND[function]
    case = scaled(case, 0.25)
    by_hand = way(lstm(case, **{argument: call}))
    assert_close(
        by_hand(case.x), returned(replace(case, options={**case.options, argument: values}))
    )


@claim(
    "gates.hard-sigmoid",
    promised="keras.activations.hard_sigmoid",
    corrects="hard_sigmoid(z) is 0.2 * z + 0.5, cut to the range from 0 to 1.",
    cases=8,
)
@given(
    *with_ways(
        cases(
            **varied("batch", "timesteps", "features", "implementation"),
            activation="linear",
            recurrent_activation="hard_sigmoid",
            return_sequences=True,
        )
    )
)
def test_the_hard_sigmoid_rises_by_a_sixth(case, way):
    """
    A gate with hard_sigmoid is z / 6 + 1 / 2, cut to the range from 0 to 1.

    In Keras 2 it was 0.2 * z + 0.5: old weights load without complaint, and the layer then has
    other gates.

    >>> import keras, numpy as np
    >>> z = np.array([-3.0, 0.0, 1.0, 3.0])
    >>> [round(float(gate), 3) for gate in keras.activations.hard_sigmoid(z)]
    [0.0, 0.5, 0.667, 1.0]
    """
    case = crafted(replace(case, x=3 * case.x), i=OPEN, f=CLOSED, g=ONE, o=INPUT)
    x = case.x.astype(float)
    instead = {"it is 0.2 z + 0.5": OLD_HARD_SIGMOID.value(x)}
    assert_close(way(lstm(case))(case.x), np.clip(x / 6 + 0.5, 0, 1), instead=instead)


# Other ways to the same numbers.


@claim(
    "gates.implementations-agree",
    derived="gates.equations: four products with a block are one product with all four",
    corrects="`implementation=1` and `implementation=2` are different functions.",
    cases=4,
)
@given(
    *with_ways(
        cases(
            **varied(*SIZES, "state", "masked", "use_bias", "go_backwards", "dtype"),
            return_sequences=True,
            return_state=True,
        ),
        "float64",
    )
)
def test_both_implementations_compute_the_same(case, way):
    """
    Without dropout or overflow, implementation 1 and implementation 2 differ by rounding only.

    The first multiplies once for each gate, the second once for all four.

    >>> import keras, numpy as np
    >>> one, two = (keras.layers.LSTM(2, implementation=k) for k in (1, 2))
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y = one(x)
    >>> two.build(x.shape)
    >>> two.set_weights(one.get_weights())
    >>> bool(np.allclose(two(x), y, atol=1e-6))
    True
    """
    expected = returned(case)
    assert_close(list(way(lstm(case, implementation=1))(case.x, **passed(case))), expected)
    assert_close(list(way(lstm(case, implementation=2))(case.x, **passed(case))), expected)


@claim(
    "gates.unroll-agrees",
    derived="gates.equations: a loop and its copies compute one thing",
    cases=8,
)
@given(
    *with_ways(
        cases(
            **varied(*SIZES, *FREE, "state", "masked", "use_bias", "stateful", "dtype"),
            return_sequences=True,
            return_state=True,
        ),
        "unroll",
        "float64",
    )
)
def test_unrolling_does_not_change_the_result(case, way):
    """
    By default, on TensorFlow, with a state of shape (batch, units), unrolling an LSTM changes its
    results by rounding only.

    With `unroll=True` a graph holds the operations of every timestep; otherwise it holds a loop
    around one of them. Neither has more weights.

    >>> import keras, numpy as np
    >>> loop, unrolled = keras.layers.LSTM(2), keras.layers.LSTM(2, unroll=True)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y = loop(x)
    >>> unrolled.build(x.shape)
    >>> unrolled.set_weights(loop.get_weights())
    >>> bool(np.allclose(unrolled(x), y, atol=1e-6))
    True
    """
    expected = returned(case)
    assert_close(list(way(lstm(case))(case.x, **passed(case))), expected)
    assert_close(list(way(lstm(case, unroll=True))(case.x, **passed(case))), expected)


@claim(
    "gates.cell-step",
    observed="Keras 3",
    corrects="Documentation of LSTMCell, call argument `states`: it is one tensor.",
)
@given(
    cases(
        **varied("batch", "features", "units", "use_bias", "implementation"),
        timesteps=1,
        state=True,
        activation=whole(["tanh", "elu"]),
        recurrent_activation=whole(["sigmoid", "hard_sigmoid"]),
    )
)
def test_a_cell_takes_and_returns_h_and_c(case):
    """
    An LSTMCell maps one timestep and [h, c] to the output and the new [h, c].

    The output is the new h itself. The states go in as a list of two tensors of floats, as they
    come out.

    >>> import keras, numpy as np
    >>> cell, x = keras.layers.LSTMCell(2), np.array([[1.0, 7.0, 2.0]])  # (batch, features)
    >>> output, (h, c) = cell(x, [np.zeros((1, 2)), np.zeros((1, 2))])
    >>> tuple(output.shape), tuple(h.shape), tuple(c.shape), bool(np.array_equal(output, h))
    ((1, 2), (1, 2), (1, 2), True)
    """
    cell = with_weights(keras.layers.LSTMCell(case.units, **case.options), case)
    output, (h, c) = cell(case.x[:, 0], as_states(case.state))
    assert_same(output, h)
    old = {**case.options, "recurrent_activation": OLD_HARD_SIGMOID}
    instead = {"hard_sigmoid is 0.2 z + 0.5": equations(replace(case, options=old))[1:]}
    assert_close([h, c], equations(case)[1:], instead=instead)


@claim("gates.cell-initial-state", observed="Keras 3")
@given(integers(1, 40), some_large(integers(1, 4), 300), whole(["float16", "float32", "float64"]))
def test_the_cell_makes_an_initial_state_of_zeros_in_its_dtype(batch, units, dtype):
    """
    An LSTMCell's get_initial_state(batch_size) returns h and c as zeros, in its compute dtype.

    With mixed_float16 that is float16. A loop of your own can start from these zeros.

    >>> import keras, numpy as np
    >>> cell = keras.layers.LSTMCell(2, dtype="float64")
    >>> h, c = cell.get_initial_state(batch_size=3)
    >>> tuple(h.shape), tuple(c.shape), str(np.array(c).dtype)
    ((3, 2), (3, 2), 'float64')
    """
    cell = keras.layers.LSTMCell(units, dtype=dtype)
    state = to_numpy(cell.get_initial_state(batch_size=batch))
    assert_same(state, [np.zeros((batch, units), dtype)] * 2)
    assert [part.dtype.name for part in state] == [dtype, dtype], f"{state}"


@claim(
    "gates.layer-is-looped-cell",
    promised="LSTMCell, first paragraph",
    corrects="Documentation of LSTMCell, example: RNN returns the output and one more tensor.",
    cases=4,
)
@given(
    cases(
        **varied(*SIZES, "go_backwards", "state", "masked", "return_sequences", "stateful"),
        return_state=True,
    )
)
def test_the_layer_is_a_loop_around_the_cell(case):
    """
    Without dropout an RNN and its LSTMCell, both of one dtype, compute what an LSTM like them
    computes.

    One cell handles all timesteps. Both layers list the weights in one order, and with
    `return_state=True` both return three tensors: the output, h and c. A dtype has to be given to
    the cell as well.

    >>> import keras, numpy as np
    >>> lstm, rnn = keras.layers.LSTM(2), keras.layers.RNN(keras.layers.LSTMCell(2))
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y = lstm(x)
    >>> rnn.build(x.shape)
    >>> rnn.set_weights(lstm.get_weights())
    >>> bool(np.allclose(rnn(x), y, atol=1e-6))
    True
    >>> len(keras.layers.RNN(keras.layers.LSTMCell(2), return_state=True)(x))
    3
    """
    cell = keras.layers.LSTMCell(case.units)
    looped = with_weights(keras.layers.RNN(cell, **case.options), case)
    assert_close(list(looped(case.x, **passed(case))), returned(case))
    assert_close(list(lstm(case)(case.x, **passed(case))), returned(case))


@claim(
    "gates.bias-is-feature",
    derived="gates.equations: x @ W + b is [x, 1] @ [W; b]",
    cases=4,
)
@given(*with_ways(cases(**varied(*SIZES, *FREE, "masked"), return_sequences=True)))
def test_the_bias_is_a_feature_that_is_always_one(case, way):
    """
    Without dropout, an LSTM's bias acts as the weights of one more feature that is always 1.

    So an LSTM without bias computes what one with bias does, if given that feature, and the same
    mask: a Masking finds no timestep of zeros beside a feature of ones.

    >>> import keras, numpy as np
    >>> lstm, bare = keras.layers.LSTM(2), keras.layers.LSTM(2, use_bias=False)
    >>> x = np.array([[[3.0, 1.0], [7.0, 1.0]]])  # (batch, timesteps, features)
    >>> y = lstm(x[:, :, :1])
    >>> W, R, b = lstm.get_weights()
    >>> bare.build(x.shape)
    >>> bare.set_weights([np.concatenate([W, [b]]), R])
    >>> bool(np.allclose(bare(x), y, atol=1e-6))
    True
    """
    x = np.pad(case.x, ((0, 0), (0, 0), (0, 1)), constant_values=1)
    kernel = np.concatenate([case.kernel, [case.bias]])
    bare = replace(case, x=x, kernel=kernel, bias=None, options={**case.options, "use_bias": False})
    assert_close(way(lstm(bare))(x, **passed(case)), returned(case))
    assert_close(way(lstm(case))(case.x, **passed(case)), returned(case))


@claim(
    "gates.kernel-mixes-features",
    derived="gates.equations: (x @ M) @ W = x @ (M @ W)",
    cases=4,
)
@given(
    *with_ways(cases(**varied("batch", "units", *FREE, "masked"), return_sequences=True)),
    integers(1, 4),
    seeds,
)
def test_mixing_the_features_equals_mixing_the_rows_of_the_kernel(case, way, features, seed):
    """
    Without an attached mask, an LSTM of kernel W makes of x @ M what one of kernel M @ W makes of
    x, for any matrix M.

    The input enters only through its product with the kernel. So a linear Dense layer without bias
    in front of an LSTM adds nothing that its kernel cannot hold.

    >>> import keras, numpy as np
    >>> lstm, scaled = keras.layers.LSTM(2), keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y = lstm(10 * x)
    >>> W, R, b = lstm.get_weights()
    >>> scaled.build(x.shape)
    >>> scaled.set_weights([10 * W, R, b])
    >>> bool(np.allclose(scaled(x), y, atol=1e-5))
    True
    """
    x = noise((case.batch, case.timesteps, features), seed)
    mix = noise((features, case.features), seed + 1)
    mixed = replace(case, x=x, kernel=mix @ case.kernel)
    expected = returned(replace(case, x=x @ mix))
    assert_close(way(lstm(mixed))(x, **passed(case)), expected)
    assert_close(way(lstm(case))(x @ mix, **passed(case)), expected)


# Cells made by hand.


@claim(
    "gates.zero-weights-halve",
    derived="gates.equations: sigmoid(0) = 1/2, tanh(0) = 0",
    cases=8,
)
@given(*with_ways(cases(**varied(*SIZES, *FREE), state=True, return_state=True)))
def test_with_zero_weights_each_timestep_halves_the_cell_state(case, way):
    """
    By default, with all weights zero, an unmasked timestep halves the cell state.

    Each gate is 1/2 and the candidate is 0. From a zero state the output stays zero.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(1, return_state=True)
    >>> x, h, c = np.ones((1, 3, 1)), np.array([[0.0]]), np.array([[8.0]])
    >>> lstm.build(x.shape)  # (batch, timesteps, features)
    >>> lstm.set_weights([0 * weight for weight in lstm.get_weights()])
    >>> float(lstm(x, initial_state=[h, c])[2][0, 0]), float(lstm(x)[0][0, 0])
    (1.0, 0.0)
    """
    case = scaled(case, 0.0)
    _, h, c = way(lstm(case))(case.x, initial_state=as_states(case.state))
    assert_same(c, case.c / np.float32(2**case.timesteps))
    assert_close(h, np.tanh(to_numpy(c).astype(float)) / 2)


@claim(
    "gates.memory",
    derived="gates.equations: with f = 1 and i = 0, c' = c",
    cases=8,
)
@given(*with_ways(cases(**varied(*SIZES, *FREE), state=True, return_state=True)))
def test_open_forget_gate_and_closed_input_gate_hold_the_cell_state(case, way):
    """
    With the forget gates at 1 and the input gates at 0 a cell state stays as it is.

    It stays exactly, for any number of timesteps: float32 rounds the sigmoid of 200 to 1 and that
    of -200 to 0. Inputs and other weights matter only if they move the gates from there.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(1, return_state=True)
    >>> x, h, c = 9 * np.ones((1, 30, 1)), np.array([[0.5]]), np.array([[0.7]])
    >>> lstm.build(x.shape)  # (batch, timesteps, features)
    >>> W, R, b = lstm.get_weights()
    >>> lstm.set_weights([W, R, np.array([-200.0, 200.0, 0.0, 0.0])])  # i, f, g, o
    >>> round(float(lstm(x, initial_state=[h, c])[2][0, 0]), 6)
    0.7
    """
    case = shifted(case, i=-200, f=200)
    assert_same(way(lstm(case))(case.x, initial_state=as_states(case.state))[2], case.c)


@claim(
    "gates.counter",
    derived="gates.equations: with f = i = g = 1, c' = c + 1",
    cases=8,
)
@given(*with_ways(cases(**varied(*SIZES, *FREE), return_sequences=True, return_state=True)))
def test_all_gates_open_count_the_timesteps(case, way):
    """
    From zero, with all gates and the candidate at 1, a cell state computed in float32 counts
    unmasked timesteps up to 2**24.

    So a cell state has no bound of its own; the output, by default tanh of the count, has.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(1, return_state=True)
    >>> x = np.ones((1, 30, 1))  # (batch, timesteps, features)
    >>> lstm.build(x.shape)
    >>> W, R, b = lstm.get_weights()
    >>> lstm.set_weights([W, R, 200.0 * np.ones(4)])
    >>> float(lstm(x)[2][0, 0])
    30.0
    """
    case = shifted(case, i=200, f=200, g=200, o=200)
    outputs, _, c = way(lstm(case))(case.x)
    assert_same(c, np.full((case.batch, case.units), float(case.timesteps)))
    assert_close(outputs, np.tanh(np.cumsum(np.ones(outputs.shape), axis=1)))


@claim(
    "gates.accumulator",
    derived="gates.equations: with f = i = o = 1 and g = x, h' = c + x",
    cases=8,
)
@given(
    *with_ways(
        cases(
            **varied("batch", "timesteps", "features", "implementation"),
            activation="linear",
            return_sequences=True,
        )
    )
)
def test_a_linear_cell_with_open_gates_adds_up_its_input(case, way):
    """
    From zero, forwards, without dropout, an unmasked linear cell with open gates and candidate x
    returns the running sum of x.

    For whole numbers in float32 it is exact as long as the sums stay within 2**24 of zero. An LSTM
    can hold what it has read without any decay.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(1, activation="linear", return_sequences=True)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> lstm.build(x.shape)
    >>> W, b = np.array([[0.0, 0.0, 1.0, 0.0]]), np.array([200.0, 200.0, 0.0, 200.0])  # i, f, g, o
    >>> lstm.set_weights([W, 0 * W, b])
    >>> [int(total) for total in lstm(x)[0, :, 0]]
    [1, 8, 10]
    """
    case = crafted(replace(case, x=np.rint(8 * case.x)), i=OPEN, f=OPEN, g=INPUT, o=OPEN)
    assert_same(way(lstm(case))(case.x), np.cumsum(case.x, axis=1))


@claim(
    "gates.identity",
    derived="gates.equations: with f = 0, i = o = 1 and g = x, h' = x",
    cases=8,
)
@given(
    *with_ways(
        cases(
            **varied("batch", "timesteps", "features", "implementation"),
            activation="linear",
            return_sequences=True,
        )
    )
)
def test_a_linear_cell_that_forgets_all_repeats_its_input(case, way):
    """
    With sigmoid gates, forget gate closed, the others open and candidate x, an unmasked forward
    linear cell puts out its input.

    The forget gate decides between a running sum (open) and the last input (closed).

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(1, activation="linear", return_sequences=True)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> lstm.build(x.shape)
    >>> W, b = np.array([[0.0, 0.0, 1.0, 0.0]]), np.array([200.0, -200.0, 0.0, 200.0])  # i, f, g, o
    >>> lstm.set_weights([W, 0 * W, b])
    >>> [int(same) for same in lstm(x)[0, :, 0]]
    [1, 7, 2]
    """
    case = crafted(case, i=OPEN, f=CLOSED, g=INPUT, o=OPEN)
    assert_same(way(lstm(case))(case.x), case.x)


@claim(
    "gates.delay-line",
    derived="gates.equations: g may copy another unit's last h",
    cases=8,
)
@given(
    *with_ways(
        cases(
            **varied("batch", "timesteps", "implementation"),
            features=integers(1, 6),
            activation="linear",
            return_sequences=True,
        )
    )
)
def test_units_in_a_row_delay_the_input(case, way):
    """
    In float32 a chain of linear units, each copying its neighbour's last output, delays an unmasked
    input of normal numbers.

    Unit k puts out the input of k steps ago, if the forget gates are closed and the others
    open: the recurrent kernel lets every unit read every other one, one timestep later.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, activation="linear", return_sequences=True)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> lstm.build(x.shape)
    >>> W, R, b = np.zeros((1, 8)), np.zeros((2, 8)), np.repeat([200.0, -200.0, 0.0, 200.0], 2)
    >>> W[0, 4] = R[0, 5] = 1.0  # candidates: unit 0 copies x, unit 1 copies unit 0
    >>> lstm.set_weights([W, R, b])
    >>> [[int(now), int(before)] for now, before in lstm(x)[0]]
    [[1, 0], [7, 1], [2, 7]]
    """
    units = case.features
    x = case.x * (np.arange(case.features) == 0)
    delay = candidate_only(np.eye(units, k=1))
    case = replace(crafted(case, i=OPEN, f=CLOSED, g=INPUT, o=OPEN), recurrent_kernel=delay)
    ago = units + np.arange(case.timesteps)[:, None] - np.arange(units)
    assert_same(way(lstm(case))(x), np.pad(x[:, :, 0], ((0, 0), (units, 0)))[:, ago])


@claim(
    "gates.closed-output-gate",
    derived="gates.equations: with o = 0, h' = 0",
    cases=8,
)
@given(
    *with_ways(cases(**varied(*SIZES, *FREE), state=True, return_sequences=True, return_state=True))
)
def test_a_closed_output_gate_hides_the_cell_state(case, way):
    """
    With a closed output gate every unmasked output is zero, though c may still change.

    The next timestep sees only that zero, so nothing recurs then but the cell state itself.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(1, return_state=True)
    >>> x = np.ones((1, 3, 1))  # (batch, timesteps, features)
    >>> lstm.build(x.shape)
    >>> lstm.set_weights([np.ones((1, 4)), np.ones((1, 4)), np.array([0.0, 0.0, 0.0, -200.0])])
    >>> output, h, c = lstm(x)
    >>> float(output[0, 0]), round(float(c[0, 0]), 2)
    (0.0, 1.26)
    """
    case = shifted(case, o=-200)
    outputs, _, c = way(lstm(case))(case.x, initial_state=as_states(case.state))
    assert_same(outputs, np.zeros(outputs.shape))
    assert_close(c, equations(case).c)


@claim(
    "gates.closed-input-gate",
    derived="gates.equations: with i = 0, c' = f * c",
    cases=8,
)
@given(*with_ways(cases(**varied(*SIZES, *FREE), return_sequences=True, return_state=True)))
def test_a_closed_input_gate_keeps_all_input_out(case, way):
    """
    With tanh, an LSTM that starts from zero stays there while its input gate is closed, whatever
    it reads.

    Then only the forget gate can change the cell state, and zero times any number is zero.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(1)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> lstm.build(x.shape)
    >>> W, R, b = lstm.get_weights()
    >>> lstm.set_weights([W, R, np.array([-200.0, 0.0, 0.0, 0.0])])  # i, f, g, o
    >>> float(lstm(x)[0, 0])
    0.0
    """
    case = shifted(case, i=-200)
    zeros = np.zeros((case.batch, case.units))
    assert_same(list(way(lstm(case))(case.x)[1:]), [zeros, zeros])


@claim(
    "gates.memoryless",
    derived="gates.equations: with f = 0 and R = 0, h' depends on x alone",
    cases=8,
)
@given(*with_ways(cases(**varied(*SIZES, "implementation"), state=True)), seeds)
def test_without_recurrence_and_with_closed_forget_gate_only_the_last_step_counts(case, way, seed):
    """
    Without recurrent kernel, with closed forget gates and finite states, the output of an unmasked
    timestep depends on it alone.

    Memory has exactly two ways from one timestep to the next: c through the forget gate, and
    h through the recurrent kernel. With both cut, not even the initial state is remembered.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, recurrent_initializer="zeros")
    >>> x = np.array([[[1.0], [7.0], [2.0]], [[5.0], [3.0], [2.0]]])  # (batch, timesteps, features)
    >>> lstm.build(x.shape)
    >>> W, R, b = lstm.get_weights()
    >>> lstm.set_weights([W, R, np.repeat([0.0, -200.0, 0.0, 0.0], 2)])  # i, f, g, o
    >>> bool(np.array_equal(lstm(x)[0], lstm(x)[1]))
    True
    """
    case = shifted(replace(case, recurrent_kernel=0 * case.recurrent_kernel), f=-200)
    run = way(lstm(case))
    other = noise(case.x.shape, seed)
    other[:, -1] = case.x[:, -1]
    zeros = as_states([0 * case.h, 0 * case.c])
    expected = run(case.x, initial_state=as_states(case.state))
    assert_close(expected, returned(case))
    assert_same(run(other, initial_state=zeros), expected)


@claim(
    "gates.leaky-sum",
    derived="gates.equations, without the term h @ R",
    cases=8,
)
@given(*with_ways(cases(**varied(*SIZES, "implementation"), return_state=True)))
def test_without_recurrent_kernel_the_cell_state_is_a_leaky_sum(case, way):
    """
    From zero, forwards, without recurrent kernel and mask, c is the sum of all i * g, each
    multiplied by all later f.

    What was written at a timestep is multiplied by f at each one that follows. By default f is a
    sigmoid: the farther it is below 1, the faster memory fades.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(1, recurrent_initializer="zeros", return_state=True)
    >>> x = np.array([[[1.0], [7.0]]])  # (batch, timesteps, features)
    >>> output, h, c = lstm(x)
    >>> i, f, g, o = np.split(x[0] @ lstm.get_weights()[0] + [0, 1, 0, 0], 4, axis=1)
    >>> write, keep = np.tanh(g) / (1 + np.exp(-i)), 1 / (1 + np.exp(-f))
    >>> bool(np.allclose(c, write[0] * keep[1] + write[1], atol=1e-6))
    True
    """
    case = replace(case, recurrent_kernel=0 * case.recurrent_kernel)
    z = case.x.astype(float) @ case.kernel + case.bias
    i, f, g, _ = np.split(z, 4, axis=2)
    later = np.cumprod(np.append(np.ones_like(f[:, :1]), sigmoid(f[:, :0:-1]), axis=1), axis=1)
    c = way(lstm(case))(case.x)[2]
    assert_close(c, np.sum(later[:, ::-1] * sigmoid(i) * np.tanh(g), axis=1))


@claim(
    "gates.constant-input-settles",
    derived="gates.leaky-sum: a geometric series",
    cases=4,
)
@given(
    *with_ways(
        cases(
            **varied("batch", "features", "units", *FREE),
            timesteps=1,
            state=True,
            return_state=True,
        )
    )
)
def test_a_constant_input_drives_the_cell_state_to_a_fixed_point(case, way):
    """
    Without recurrent kernel an unmasked constant input drives c towards i * g / (1 - f),
    if 0 <= f < 1.

    The distance to that point shrinks by the factor f at each timestep, until rounding stops it.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(1, recurrent_initializer="zeros", return_state=True)
    >>> x = np.zeros((1, 60, 1))  # (batch, timesteps, features)
    >>> lstm.build(x.shape)
    >>> W, R, b = lstm.get_weights()
    >>> lstm.set_weights([W, R, np.array([200.0, 0.0, 200.0, 0.0])])  # i = g = 1, f = 1/2
    >>> float(lstm(x)[2][0, 0])
    2.0
    """
    case = shifted(scaled(replace(case, recurrent_kernel=0 * case.recurrent_kernel), 0.25), f=-4)
    i, f, g, o = np.split(case.x[:, 0].astype(float) @ case.kernel + case.bias, 4, axis=1)
    c = sigmoid(i) * np.tanh(g) / (1 - sigmoid(f))
    x = np.repeat(case.x, 8, axis=1)  # f < 0.1, so what is left of the first c is < 2 * 0.1**8
    _, *last = way(lstm(case))(x, initial_state=as_states(case.state))
    assert_close(last, [sigmoid(o) * np.tanh(c), c])


# How large numbers become.


@claim(
    "gates.linear-near-zero",
    derived="gates.equations, to first order in x",
    cases=8,
)
@given(
    *with_ways(cases(**varied("batch", "timesteps", "features", "implementation"), use_bias=False))
)
def test_tiny_inputs_without_bias_make_the_layer_linear(case, way):
    """
    Over a few timesteps, with default activations, zero states and no bias, the layer is nearly
    linear in tiny inputs.

    There tanh(z) is nearly z: c' = c / 2 + (x @ W_g + h @ R_g) / 2 and h' = c' / 2. Of
    all the weights, only those of the candidate count.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, use_bias=False)
    >>> x = 1e-9 * np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> bool(np.allclose(lstm(3 * x), 3 * lstm(x), atol=1e-13))
    True
    """
    tiny = np.float32(2**-40)  # so tiny that what is neglected vanishes in float32
    (_, _, w, _), (_, _, r, _) = (np.split(part.astype(float), 4, axis=1) for part in case.weights)
    step = np.eye(case.units) / 2 + r / 4
    terms = [case.x[:, -1 - k] @ w @ np.linalg.matrix_power(step, k) for k in range(case.timesteps)]
    assert_close(np.asarray(way(lstm(case))(tiny * case.x)) / tiny, np.sum(terms, axis=0) / 4)


@claim(
    "gates.tanh-bounds-output",
    derived="gates.equations: the sigmoid and |tanh| are at most 1",
    cases=8,
)
@given(
    *with_ways(cases(**varied(*SIZES, *FREE), state=True, return_sequences=True)),
    integers(0, 30),
    integers(0, 30),
)
def test_with_tanh_no_output_exceeds_one(case, way, weights, inputs):
    """
    By default, if nothing overflows, an LSTM's outputs at unmasked timesteps are within -1 and 1.

    Weights, inputs and states may be huge: the gates saturate, they do not overflow. To
    fit targets beyond 1, scale them, let a Dense follow, or take an unbounded activation.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x = np.array([[[1e30], [-1e30], [1e30]]])  # (batch, timesteps, features)
    >>> bool(np.all(np.abs(lstm(x)) <= 1))
    True
    """
    case = scaled(case, 10.0 ** min(weights, 30 - inputs))  # so that no product overflows
    x = case.x * 10.0**inputs
    state = [part * 10.0**inputs for part in case.state]
    y = to_numpy(way(lstm(case))(x, initial_state=as_states(state)))
    assert np.all(np.abs(y) <= 1), f"an output exceeds 1:\n{y}"


@claim(
    "gates.one-is-reached",
    observed="every backend, in float32",
    corrects="The outputs of an LSTM lie strictly between -1 and 1.",
    cases=8,
)
@given(
    *with_ways(
        cases(
            batch=whole([2, 33]),
            **varied("features", "units", "implementation"),
            state=True,
        )
    )
)
def test_an_output_can_be_exactly_one(case, way):
    """
    An output can be exactly 1: float32 rounds an open output gate and tanh of a large state to 1.

    In exact arithmetic it stays below by default. So never divide by 1 - h, or take its
    logarithm.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(1)
    >>> x, h, c = np.ones((1, 1, 1)), np.array([[0.0]]), np.array([[20.0]])
    >>> lstm.build(x.shape)  # (batch, timesteps, features)
    >>> W, R, b = lstm.get_weights()
    >>> lstm.set_weights([W, R, np.array([0.0, 200.0, 0.0, 200.0])])  # i, f, g, o
    >>> float(lstm(x, initial_state=[h, c])[0, 0])
    1.0
    """
    case = shifted(case, f=200, o=200)
    y = to_numpy(way(lstm(case))(case.x, initial_state=as_states([case.h, case.c + 20])))
    assert_close(y, np.ones(y.shape))
    assert y.max() == 1.0, f"the largest output is {y.max()!r}"


@claim(
    "gates.cell-state-bound",
    derived="gates.equations: |c'| = |f * c + i * g| <= |c| + 1",
    cases=8,
)
@given(*with_ways(cases(**varied(*SIZES, *FREE), state=True, return_state=True)), integers(0, 10))
def test_the_cell_state_moves_by_at_most_one_a_timestep(case, way, exponent):
    """
    By default a timestep adds at most 1 to the size of a unit's cell state in an LSTM, up to
    rounding.

    After T timesteps it is at most T larger than it was. A counter reaches that bound.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_state=True)
    >>> x = 1000 * np.array([[[1.0], [-7.0], [2.0]]])  # (batch, timesteps, features)
    >>> output, h, c = lstm(x)
    >>> bool(np.all(np.abs(c) <= 3))
    True
    """
    case, c = scaled(case, 2.0**exponent), np.rint(8 * case.c) / 8  # eighths add up exactly
    after = to_numpy(way(lstm(case))(case.x, initial_state=as_states([case.h, c]))[2])
    assert np.all(np.abs(after) <= np.abs(c) + case.timesteps), f"{after} after {c}"


@claim(
    "gates.relu-not-negative",
    derived="gates.equations: the gates and relu are not negative",
    cases=8,
)
@given(
    *with_ways(cases(**varied(*SIZES, *FREE), state=True, activation="relu", return_sequences=True))
)
def test_with_relu_no_output_is_negative(case, way):
    """
    With relu and sigmoid gates no unmasked output is negative, whatever the weights and the state
    are.

    Nor is the candidate, so only an initial state can make a cell state negative; and relu
    cuts that off on the way to the output.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, activation="relu")
    >>> x = np.array([[[1.0], [-7.0], [2.0]]])  # (batch, timesteps, features)
    >>> bool(np.all(lstm(x) >= 0))
    True
    """
    y = to_numpy(way(lstm(case))(case.x, initial_state=as_states(case.state)))
    assert np.all(y >= 0), f"an output is negative:\n{y}"


@claim(
    "gates.growth-overflows",
    derived="gates.equations: with f = i = o = 1 and g = k * h, c' = (1 + k) * c",
    corrects="relu makes an LSTM explode because its outputs are not negative.",
    cases=4,
)
@given(
    *with_ways(cases(timesteps=9, activation=whole(["relu", "linear", "elu", "softplus"]))), seeds
)
def test_with_an_unbounded_activation_outputs_can_overflow(case, way, seed):
    """
    With relu, linear, elu or softplus as activation, large recurrent weights can make outputs
    overflow in a few timesteps.

    A recurrent kernel of large positive numbers multiplies positive outputs at each timestep,
    until they are inf or NaN. With tanh and sigmoid, the defaults, no output overflows.

    >>> import keras, numpy as np
    >>> x, b = np.ones((1, 8, 1)), np.array([200.0, 200.0, 0.0, 200.0])  # i, f, g, o
    >>> for activation, sign in (("relu", 1), (None, -1)):
    ...     lstm = keras.layers.LSTM(1, activation=activation)
    ...     lstm.build(x.shape)  # (batch, timesteps, features)
    ...     lstm.set_weights([np.ones((1, 4)), np.array([[0.0, 0.0, 1e6, 0.0]]), b])
    ...     print(float(lstm(sign * x)[0, 0]))
    inf
    -inf
    """
    growth = candidate_only(1e6 * (2 + noise((case.features, case.features), seed)))
    case = replace(crafted(case, i=OPEN, f=OPEN, g=INPUT, o=OPEN), recurrent_kernel=growth)
    y = to_numpy(way(lstm(case))(np.abs(case.x)))
    assert not np.isfinite(y).any(), f"no overflow:\n{y}"


@claim(
    "gates.elu-reaches-any-target",
    derived="gates.equations: elu(z) = z for positive z",
    corrects="The outputs of an LSTM always lie between -1 and 1, so targets must be scaled.",
    cases=8,
)
@given(
    *with_ways(
        cases(
            **varied("batch", "timesteps", "features", "implementation"),
            activation="elu",
            return_sequences=True,
        )
    ),
    integers(0, 6),
)
def test_with_elu_any_positive_output_is_possible(case, way, exponent):
    """
    With elu as activation and sigmoid gates any positive number is a possible output.

    Targets such as 18 are within reach, which with tanh they are not. Downwards the outputs end at
    -1, where elu ends.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(1, activation="elu")
    >>> x = np.array([[[10.0], [18.0]]])  # (batch, timesteps, features)
    >>> lstm.build(x.shape)
    >>> W, b = np.array([[0.0, 0.0, 1.0, 0.0]]), np.array([200.0, -200.0, 0.0, 200.0])  # i, f, g, o
    >>> lstm.set_weights([W, 0 * W, b])
    >>> float(lstm(x)[0, 0])
    18.0
    """
    case = crafted(case, i=OPEN, f=CLOSED, g=INPUT, o=OPEN)
    targets = np.abs(case.x) * np.float32(10**exponent)
    assert_same(way(lstm(case))(targets), targets)
