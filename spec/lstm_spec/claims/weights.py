"""Weights: three arrays that all timesteps share, what they hold at the start, and who sets them.

A kernel for the input, a recurrent kernel for the output of the timestep before, and a bias.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import booleans, floats, integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.harness.reference import equations
from lstm_spec.harness.strategies import Array, cases, noise, seeds
from lstm_spec.harness.subject import lstm, names
from lstm_spec.harness.tolerance import assert_close, assert_differs, assert_refused, assert_same

sizes = integers(1, 6)


def built(features: int, units: int, **options: Any) -> Any:
    """Build an LSTM as a user gets it, with its own initial weights."""
    layer = keras.layers.LSTM(units, **options)
    layer.build((2, 3, features))
    return layer


def shapes(arrays: list[Array]) -> list[tuple[int, ...]]:
    """Return the shapes of some arrays."""
    return [array.shape for array in arrays]


def gate_blocks(recurrent_kernel: Array) -> Array:
    """Return the four blocks of a recurrent kernel in float64, (4, U, U)."""
    return np.stack(np.split(recurrent_kernel.astype(float), 4, axis=1))


def distance_to_uniform(numbers: Array) -> float:
    """Return how far the numbers' distribution function is from that of uniform on [-1, 1]."""
    expected = (np.sort(numbers, axis=None) + 1.0) / 2
    steps = np.arange(numbers.size + 1) / numbers.size
    return float(max(np.max(expected - steps[:-1]), np.max(steps[1:] - expected)))


@claim(
    "weights.three",
    observed="Keras 2 and 3, on every backend",
    corrects="The weights come as one array a gate, and the bias has one number for each unit.",
)
@given(sizes, sizes)
def test_weights_are_kernel_recurrent_kernel_and_bias(features, units):
    """
    The weights are kernel (F, 4U), recurrent kernel (U, 4U) and bias (4U,), for U units.

    F is the number of features. The four gates lie side by side along the last axis, so
    each array is four times as wide as the layer.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> lstm.build((1, 7, 3))  # (batch, timesteps, features)
    >>> [array.shape for array in lstm.get_weights()]
    [(3, 8), (2, 8), (8,)]
    """
    layer = built(features, units)
    expected = [(features, 4 * units), (units, 4 * units), (4 * units,)]
    assert shapes(layer.get_weights()) == expected, f"{shapes(layer.get_weights())}"
    assert names(layer.weights) == ["kernel", "recurrent_kernel", "bias"]


@claim(
    "weights.parameter-count",
    derived="the shapes of the three weights",
    corrects="The number of parameters grows with the number of timesteps.",
)
@given(sizes, sizes)
def test_parameters_are_counted_from_units_and_features(features, units):
    """
    An LSTM of U units that reads F features has 4 * (U * (F + U) + U) parameters.

    Four gates, each with U * F weights for the input, U * U for the output of the timestep
    before and U biases. Timesteps and batch do not occur in it.

    >>> import keras, numpy as np
    >>> short, long = keras.layers.LSTM(100), keras.layers.LSTM(100)
    >>> short.build((1, 7, 25))  # (batch, timesteps, features)
    >>> long.build((1, 700, 25))
    >>> short.count_params(), long.count_params(), 4 * (100 * (25 + 100) + 100)
    (50400, 50400, 50400)
    """
    count = built(features, units).count_params()
    assert count == 4 * (units * (features + units) + units), f"{count} parameters"


@claim(
    "weights.any-length",
    derived="the equations: the weights are the same at every timestep",
    corrects="Each timestep has weights of its own, so the number of timesteps is fixed.",
)
@given(cases(), integers(1, 9), seeds)
def test_weights_fit_sequences_of_every_length(case, timesteps, seed):
    """
    The same weights read sequences of every length.

    No weight has an axis for time: a timestep is one more application of the same three
    arrays. `Input(shape=(timesteps, features))` does not change them.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> short, long = lstm(np.ones((1, 3, 4))), lstm(np.ones((1, 50, 4)))
    >>> tuple(short.shape), tuple(long.shape), len(lstm.weights)
    ((1, 2), (1, 2), 3)
    """
    other = replace(case, x=noise((case.batch, timesteps, case.features), seed))
    assert_close(lstm(case)(other.x), equations(other).h)


@claim("weights.modes-add-none", derived="the equations: an option changes what is done with them")
@given(
    cases(
        return_sequences=booleans(),
        return_state=booleans(),
        go_backwards=booleans(),
        stateful=booleans(),
        unroll=booleans(),
        dropout=sampled_from([0.0, 0.5]),
        recurrent_dropout=sampled_from([0.0, 0.5]),
        activation=sampled_from(["tanh", "relu"]),
        unit_forget_bias=booleans(),
        implementation=sampled_from([1, 2]),
    )
)
def test_options_leave_the_weights_as_they_are(case):
    """
    No option of the layer but units and use_bias changes the number or shapes of its weights.

    So weights go from a layer trained in one mode to a layer that runs in another, for
    example from one that returns the last output to one that returns them all.

    >>> import keras, numpy as np
    >>> one, other = keras.layers.LSTM(2), keras.layers.LSTM(2, return_sequences=True)
    >>> x = np.ones((1, 3, 4))  # (batch, timesteps, features)
    >>> y, sequence = one(x), other(x)
    >>> other.set_weights(one.get_weights())
    >>> bool(np.allclose(one(x), other(x)[:, -1]))
    True
    """
    layer = built(case.features, case.units, **case.options)
    plain = built(case.features, case.units)
    assert shapes(layer.get_weights()) == shapes(plain.get_weights()), f"{layer.weights}"


@claim("weights.no-bias", promised="LSTM, argument `use_bias`")
@given(sizes, sizes, booleans())
def test_layer_without_bias_has_two_weights(features, units, unit_forget_bias):
    """
    With use_bias=False the only weights are the kernel and the recurrent kernel.

    The ones of `unit_forget_bias` are part of the bias, so they are gone as well.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, use_bias=False)
    >>> lstm.build((1, 7, 3))  # (batch, timesteps, features)
    >>> [array.shape for array in lstm.get_weights()]
    [(3, 8), (2, 8)]
    """
    layer = built(features, units, use_bias=False, unit_forget_bias=unit_forget_bias)
    expected = [(features, 4 * units), (units, 4 * units)]
    assert shapes(layer.get_weights()) == expected, f"{shapes(layer.get_weights())}"


@claim(
    "weights.no-bias-is-zero-bias",
    derived="the equations: adding zero changes nothing",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(use_bias=False))
def test_no_bias_computes_as_a_zero_bias(case):
    """
    With use_bias=False the layer computes what it would with a bias of zeros.

    A new layer without bias thus begins with less memory than a new layer with one,
    because the bias of the forget gate begins at one.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, use_bias=False)
    >>> zero = keras.layers.LSTM(2, unit_forget_bias=False)  # its bias is zeros
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y, z = lstm(x), zero(x)
    >>> zero.set_weights(lstm.get_weights() + [np.zeros(8)])
    >>> bool(np.allclose(lstm(x), zero(x)))
    True
    """
    zero = replace(case, bias=np.zeros(4 * case.units, np.float32), options={})
    assert_close(lstm(case)(case.x), lstm(zero)(case.x))


@claim("weights.initial-bias", promised="LSTM, arguments `bias_initializer`, `unit_forget_bias`")
@given(sizes, sizes)
def test_bias_begins_at_one_for_the_forget_gate(features, units):
    """
    The bias of a new layer is one for the forget gate and zero for the other gates.

    So a new layer keeps sigmoid(1) = 0.73 of its cell state a timestep, where without
    this it would keep half.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> lstm.build((1, 7, 3))  # (batch, timesteps, features)
    >>> lstm.get_weights()[2].tolist()
    [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    """
    assert_same(built(features, units).get_weights()[2], np.repeat([0.0, 1.0, 0.0, 0.0], units))


@claim("weights.plain-bias", promised="LSTM, arguments `bias_initializer`, `unit_forget_bias`")
@given(sizes, sizes, floats(-3, 3, width=16))
def test_bias_initializer_alone_makes_the_bias(features, units, value):
    """
    With unit_forget_bias=False the initial bias is what bias_initializer makes, at all gates.

    By default that is zeros, the start that most other frameworks have.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, unit_forget_bias=False)
    >>> lstm.build((1, 7, 3))  # (batch, timesteps, features)
    >>> lstm.get_weights()[2].tolist()
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    initializer = keras.initializers.Constant(value)
    layer = built(features, units, bias_initializer=initializer, unit_forget_bias=False)
    assert_same(layer.get_weights()[2], np.full(4 * units, value))


@claim(
    "weights.bias-initializer",
    observed="Keras 2 and 3, on every backend",
    corrects="Documentation of LSTM, `unit_forget_bias`: true turns bias_initializer into zeros.",
)
@given(sizes, sizes, floats(-3, 3, width=16))
def test_unit_forget_bias_leaves_the_other_gates_to_the_initializer(features, units, value):
    """
    With unit_forget_bias=True the bias_initializer still makes the biases of the other gates.

    The documentation says that it is replaced by zeros. It is not: for zeros at the other
    gates, leave `bias_initializer` at its default.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, bias_initializer=keras.initializers.Constant(7.0))
    >>> lstm.build((1, 7, 3))  # (batch, timesteps, features)
    >>> lstm.get_weights()[2].tolist()
    [7.0, 7.0, 1.0, 1.0, 7.0, 7.0, 7.0, 7.0]
    """
    layer = built(features, units, bias_initializer=keras.initializers.Constant(value))
    i, _, g, o = np.split(layer.get_weights()[2], 4)
    assert_same([i, g, o], np.full((3, units), value))


@claim(
    "weights.forget-bias-is-one",
    observed="Keras 2 and 3, on every backend",
    corrects="Documentation of LSTM, `unit_forget_bias`: one is added to the initial forget bias.",
)
@given(sizes, sizes, floats(-3, 3, width=16))
def test_unit_forget_bias_replaces_the_initializer_at_the_forget_gate(features, units, value):
    """
    With unit_forget_bias=True the forget bias begins at one, whatever bias_initializer is.

    One is not added to what the initializer makes but put in its place. For another
    value, give `unit_forget_bias=False` and an initializer, or set the weights.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, bias_initializer=keras.initializers.Constant(7.0))
    >>> lstm.build((1, 7, 3))  # (batch, timesteps, features)
    >>> lstm.get_weights()[2][2:4].tolist()  # the forget gate; not 8.0
    [1.0, 1.0]
    """
    layer = built(features, units, bias_initializer=keras.initializers.Constant(value))
    assert_same(np.split(layer.get_weights()[2], 4)[1], np.ones(units))


@claim(
    "weights.kernel-range",
    derived="LSTM, argument `kernel_initializer`: Glorot, on shape (F, 4U)",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(integers(8, 16), integers(8, 16), seeds)
def test_kernel_begins_uniform_with_a_fan_out_of_four_times_the_units(features, units, seed):
    """
    The kernel of a new layer is uniform within plus and minus sqrt(6 / (F + 4U)).

    F is the number of features, U of units. The initializer sees the four gates as one
    matrix, so its range is narrower than a kernel of one gate, (F, U), would have.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(100)
    >>> lstm.build((1, 7, 25))  # (batch, timesteps, features)
    >>> largest = np.abs(lstm.get_weights()[0]).max()
    >>> bool(0.9 < largest / np.sqrt(6 / (25 + 4 * 100)) < 1.0001)
    True
    """
    keras.utils.set_random_seed(seed)
    kernel = built(features, units).get_weights()[0] / np.sqrt(6 / (features + 4 * units))
    # A uniform kernel is further off once in 1e9 examples (Dvoretzky, Kiefer, Wolfowitz; Massart).
    allowed = np.sqrt(np.log(2e9) / (2 * kernel.size))
    assert np.abs(kernel).max() < 1.00001, f"{np.abs(kernel).max()} of the range"
    assert distance_to_uniform(kernel) < allowed, f"not uniform: {kernel}"


@claim("weights.recurrent-rows", promised="LSTM, argument `recurrent_initializer`; Orthogonal")
@given(sizes, integers(1, 12), seeds)
def test_recurrent_kernel_begins_with_orthonormal_rows(features, units, seed):
    """
    The rows of the recurrent kernel of a new layer are orthonormal.

    The initializer sees the four gates as one matrix (U, 4U), and of a matrix that is
    wider than high it can only make the rows orthogonal.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> lstm.build((1, 7, 3))  # (batch, timesteps, features)
    >>> recurrent = lstm.get_weights()[1]
    >>> bool(np.allclose(recurrent @ recurrent.T, np.eye(2), atol=1e-6))
    True
    """
    keras.utils.set_random_seed(seed)
    recurrent = built(features, units).get_weights()[1]
    product = recurrent.astype(float) @ recurrent.T.astype(float)
    assert_close(product.astype(recurrent.dtype), np.eye(units))


@claim(
    "weights.gate-blocks",
    derived="weights.recurrent-rows: the squares of the four blocks add up to the identity",
    corrects="The recurrent kernel of each gate begins as an orthogonal matrix.",
)
@given(sizes, integers(1, 12), seeds)
def test_no_gate_begins_with_an_orthogonal_recurrent_kernel(features, units, seed):
    """
    No gate's (U, U) block of the recurrent kernel of a new layer is orthogonal.

    The rows are orthonormal only over all four gates: the four R @ R.T add up to the
    identity. Were one of the blocks orthogonal, the other three would be zero.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> lstm.build((1, 7, 3))  # (batch, timesteps, features)
    >>> gates = np.split(lstm.get_weights()[1], 4, axis=1)
    >>> [bool(np.allclose(r @ r.T, np.eye(2), atol=1e-6)) for r in gates]
    [False, False, False, False]
    """
    keras.utils.set_random_seed(seed)
    gates = gate_blocks(built(features, units).get_weights()[1])
    off = np.abs(gates @ gates.transpose(0, 2, 1) - np.eye(units)).max(axis=(1, 2))
    # For one unit, by far the worst case, a block is within rounding of 1 once in 1e8 examples.
    assert_differs(off.astype(np.float32), np.zeros(4), everywhere=True)


@claim("weights.fresh", observed="Keras 2 and 3, on every backend")
@given(sizes, sizes)
def test_each_new_layer_begins_with_other_weights(features, units):
    """
    Two layers made one after the other begin with different kernels and recurrent kernels.

    Each layer makes its own initializers, with seeds from Python's `random`. One seeded
    initializer handed to both layers makes the same kernel twice.

    >>> import keras, numpy as np
    >>> one, other = keras.layers.LSTM(2), keras.layers.LSTM(2)
    >>> x = np.ones((1, 3, 4))  # (batch, timesteps, features)
    >>> bool(np.allclose(one(x), other(x)))
    False
    """
    one, other = built(features, units).get_weights(), built(features, units).get_weights()
    assert_differs(one[0], other[0])
    assert_differs(one[1], other[1])


@claim(
    "weights.global-seed",
    promised="`keras.utils.set_random_seed`",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(sizes, sizes, seeds)
def test_one_global_seed_makes_the_same_weights_again(features, units, seed):
    """
    After set_random_seed with the same number a new layer begins with the same weights.

    It must be called again before the second layer: one call fixes the whole sequence of
    layers made after it, not each of them.

    >>> import keras, numpy as np
    >>> keras.utils.set_random_seed(1)
    >>> y = keras.layers.LSTM(2)(np.ones((1, 3, 4)))  # (batch, timesteps, features)
    >>> keras.utils.set_random_seed(1)
    >>> bool(np.array_equal(y, keras.layers.LSTM(2)(np.ones((1, 3, 4)))))
    True
    """
    keras.utils.set_random_seed(seed)
    weights = built(features, units).get_weights()
    keras.utils.set_random_seed(seed)
    assert_same(built(features, units).get_weights(), weights)


@claim(
    "weights.seed-argument",
    promised="LSTM, argument `seed`",
    corrects="LSTM(units, seed=1) makes the initial weights the same on every run.",
)
@given(sizes, sizes, seeds)
def test_seed_argument_does_not_seed_the_weights(features, units, seed):
    """
    Two layers with the same argument seed begin with different kernels.

    That seed is for dropout. For the same weights call `keras.utils.set_random_seed`, or
    give initializers that have a seed.

    >>> import keras, numpy as np
    >>> one, other = keras.layers.LSTM(2, seed=1), keras.layers.LSTM(2, seed=1)
    >>> x = np.ones((1, 3, 4))  # (batch, timesteps, features)
    >>> bool(np.allclose(one(x), other(x)))
    False
    """
    one, other = built(features, units, seed=seed), built(features, units, seed=seed)
    assert_differs(one.get_weights()[0], other.get_weights()[0])


@claim("weights.seeded-initializers", promised="GlorotUniform and Orthogonal, argument `seed`")
@given(sizes, sizes, seeds)
def test_seeded_initializers_make_the_same_weights_again(features, units, seed):
    """
    With a seed in both kernel initializers every new layer begins with the same weights.

    The seed decides the numbers whatever was drawn before. Both initializers need one;
    the bias is not drawn.

    >>> import keras, numpy as np
    >>> new = lambda: keras.layers.LSTM(
    ...     2,
    ...     kernel_initializer=keras.initializers.GlorotUniform(seed=1),
    ...     recurrent_initializer=keras.initializers.Orthogonal(seed=2),
    ... )
    >>> bool(np.array_equal(new()(np.ones((1, 3, 4))), new()(np.ones((1, 3, 4)))))
    True
    """
    glorot, orthogonal = keras.initializers.GlorotUniform, keras.initializers.Orthogonal
    seeded = {
        "kernel_initializer": glorot(seed=seed),
        "recurrent_initializer": orthogonal(seed=seed),
    }
    pairs = zip(*(built(features, units, **seeded).get_weights() for _ in range(2)), strict=True)
    same = [np.array_equal(first, second) for first, second in pairs]
    assert same == [True, True, True], f"kernel, recurrent kernel and bias are the same: {same}"


@claim("weights.none-before-build", promised="Layer: weights are created by `build`")
@given(cases())
def test_layer_has_no_weights_before_it_is_built(case):
    """
    A layer has no weights until it is built or called for the first time.

    The kernel has a row for each feature, and only the input says how many there are. So
    `set_weights` on a layer that has not seen an input is refused.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> before = len(lstm.weights)
    >>> y = lstm(np.ones((1, 3, 4)))  # (batch, timesteps, features)
    >>> before, len(lstm.weights)
    (0, 3)
    """
    layer = keras.layers.LSTM(case.units)
    assert layer.weights == [], f"weights before the input is known: {layer.weights}"
    layer(case.x)
    assert shapes(layer.get_weights()) == shapes(case.weights), f"{layer.weights}"


@claim("weights.of-the-cell", observed="Keras 2 and 3, on every backend")
@given(sizes, sizes)
def test_weights_are_the_variables_of_the_cell(features, units):
    """
    The weights of the layer are the very variables of its cell, an LSTMCell.

    The layer repeats one cell over the timesteps and adds no weight to it, so assigning
    to `cell.kernel` changes the layer.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> lstm.build((1, 7, 3))  # (batch, timesteps, features)
    >>> cell = lstm.cell
    >>> variables = [cell.kernel, cell.recurrent_kernel, cell.bias]
    >>> [a is b for a, b in zip(lstm.weights, variables)]
    [True, True, True]
    """
    layer = built(features, units)
    cell = layer.cell
    assert isinstance(cell, keras.layers.LSTMCell), f"the cell is {cell!r}"
    variables = [cell.kernel, cell.recurrent_kernel, cell.bias]
    assert list(map(id, layer.weights)) == list(map(id, variables)), f"{layer.weights}"


@claim(
    "weights.paths",
    observed="Keras 3, on every backend",
    needs="keras.Variable",
)
@given(sizes, sampled_from(["lstm", "encoder"]))
def test_the_paths_of_the_weights_are_layer_cell_and_weight(units, name):
    """
    The path of a weight is the layer's name, then lstm_cell, then the weight's own name.

    The cell is called so in every layer, so that the paths of two layers differ in the
    first part alone. A regular expression on `path` picks out the weights of one of them.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, name="encoder")
    >>> lstm.build((1, 7, 3))  # (batch, timesteps, features)
    >>> [weight.path.split("/") for weight in lstm.weights][0]
    ['encoder', 'lstm_cell', 'kernel']
    """
    paths = [weight.path for weight in built(3, units, name=name).weights]
    names = ["kernel", "recurrent_kernel", "bias"]
    assert paths == [f"{name}/lstm_cell/{weight}" for weight in names], f"{paths}"


@claim("weights.seed-state", observed="Keras 3, on every backend; Keras 2 has no such variable")
@given(sizes, sizes, sampled_from([0.0, 0.5]))
def test_seed_state_is_a_variable_beside_the_weights(features, units, dropout):
    """
    Even without dropout a layer has one variable beside its weights, the state of its seed.

    It is in `variables` and `non_trainable_variables`, but neither in `weights` nor in
    what `get_weights` returns.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> lstm.build((1, 7, 3))  # (batch, timesteps, features)
    >>> len(lstm.weights), len(lstm.variables)
    (3, 4)
    """
    layer = built(features, units, dropout=dropout)
    names = [variable.name for variable in layer.variables]
    assert names == ["kernel", "recurrent_kernel", "bias", "seed_generator_state"], f"{names}"


@claim("weights.round-trip", promised="Layer, methods `get_weights` and `set_weights`")
@given(cases())
def test_weights_come_back_as_they_were_set(case):
    """
    The layer returns by get_weights, to the last bit, what set_weights was given.

    The arrays are in the same order both ways: kernel, recurrent kernel, bias.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> lstm.build((1, 7, 3))  # (batch, timesteps, features)
    >>> new = [np.random.rand(*w.shape).astype("float32") for w in lstm.get_weights()]
    >>> lstm.set_weights(new)
    >>> [bool(np.array_equal(a, b)) for a, b in zip(lstm.get_weights(), new)]
    [True, True, True]
    """
    assert_same(lstm(case).get_weights(), case.weights)


@claim("weights.wrong-number", observed="Keras 2 and 3, on every backend")
@given(cases(), sampled_from([0, 1, 2, 4, 5, 6]))
def test_set_weights_refuses_another_number_of_arrays(case, count):
    """
    Setting more or fewer than three arrays is refused with a ValueError.

    Weights saved from a layer without bias, two arrays, do not fit one with a bias.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> lstm.build((1, 7, 3))  # (batch, timesteps, features)
    >>> try:
    ...     lstm.set_weights(lstm.get_weights()[:2])
    ... except ValueError as error:
    ...     print("expecting 3 weights" in str(error))
    True
    """
    layer = lstm(case)
    given_arrays = (case.weights * 2)[:count]
    words = (f"of length {count}", "expecting 3 weights")
    assert_refused(lambda: layer.set_weights(given_arrays), "ValueError", *words)


@claim("weights.wrong-shape", observed="Keras 2 and 3, on every backend")
@given(cases(), sampled_from([0, 1, 2]))
def test_set_weights_refuses_an_array_of_another_shape(case, wrong):
    """
    Setting an array of another shape is refused with a ValueError.

    Nothing is broadcast, cut or transposed, so weights of a layer with other units or
    features never slip in.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> lstm.build((1, 7, 3))  # (batch, timesteps, features)
    >>> try:
    ...     lstm.set_weights([np.zeros((3, 8)), np.zeros((2, 8)), np.zeros(2)])
    ... except ValueError as error:
    ...     print("shape (8,) is not compatible" in str(error))
    True
    """
    layer, arrays = lstm(case), case.weights
    arrays[wrong] = np.concatenate([arrays[wrong], arrays[wrong][:1]])
    assert_refused(lambda: layer.set_weights(arrays), "ValueError", "is not compatible with")


@claim(
    "weights.refused-halfway",
    observed="Keras 3, TensorFlow",
    corrects="A set_weights that raises has changed nothing.",
)
@given(cases(), seeds)
def test_refused_set_weights_has_set_what_came_before(case, seed):
    """
    When set_weights refuses the bias for its shape, the two arrays before it are already set.

    It checks and sets one array after the other. After a refusal set all the weights again.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> lstm.build((1, 7, 3))  # (batch, timesteps, features)
    >>> try:
    ...     lstm.set_weights([np.full((3, 8), 9.0), np.zeros((2, 8)), np.zeros(2)])
    ... except ValueError as error:
    ...     print("shape (8,) is not compatible" in str(error))
    True
    >>> float(lstm.get_weights()[0].min())
    9.0
    """
    layer, new = lstm(case), noise((case.features + case.units, 4 * case.units), seed)
    kernel, recurrent, bias = new[: case.features], new[case.features :], np.zeros(1, np.float32)
    arrays = [kernel, recurrent, bias]
    assert_refused(lambda: layer.set_weights(arrays), "ValueError", "is not compatible with")
    instead = {"nothing is set": case.weights}
    assert_same(layer.get_weights(), [kernel, recurrent, case.bias], instead)


@claim("weights.trainable", promised="Layer, argument `trainable`")
@given(sizes, sizes, booleans())
def test_trainable_moves_all_three_weights(features, units, trainable):
    """
    All three weights are trainable, or none is, as trainable says when given or set later.

    The layer computes the same either way; only what an optimizer may change is another.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> lstm.build((1, 7, 3))  # (batch, timesteps, features)
    >>> before = len(lstm.trainable_weights), len(lstm.non_trainable_weights)
    >>> lstm.trainable = False
    >>> before, (len(lstm.trainable_weights), len(lstm.non_trainable_weights))
    ((3, 0), (0, 3))
    """
    layer = built(features, units, trainable=trainable)
    counts = len(layer.trainable_weights), len(layer.non_trainable_weights)
    assert counts == (3 * trainable, 3 * (not trainable)), f"{counts} when given {trainable}"
    assert layer.cell.trainable == trainable, f"the cell's trainable is {layer.cell.trainable}"
    layer.trainable = not trainable
    counts = len(layer.trainable_weights), len(layer.non_trainable_weights)
    assert counts == (3 * (not trainable), 3 * trainable), f"{counts} when then reversed"


@claim(
    "weights.shared",
    derived="a layer is one object with one set of variables",
    costly="several layers and calls an example, about a tenth of a second",
)
@given(cases(), seeds)
def test_layer_used_twice_has_one_set_of_weights(case, seed):
    """
    A layer called on two inputs of a model reads both with one set of weights.

    The model counts the weights once, and each output is what a call on that input alone
    gives. Two branches with weights of their own need two layers.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> one, other = keras.Input((3, 4)), keras.Input((3, 4))  # (timesteps, features)
    >>> model = keras.Model([one, other], [lstm(one), lstm(other)])
    >>> len(model.weights)
    3
    """
    layer, other = lstm(case), replace(case, x=noise(case.x.shape, seed))
    inputs = [keras.Input(case.x.shape[1:]), keras.Input(case.x.shape[1:])]
    model = keras.Model(inputs, [layer(inputs[0]), layer(inputs[1])])
    assert len(model.weights) == 3, f"{len(model.weights)} weights"
    assert_close(model([case.x, other.x]), [equations(case).h, equations(other).h])
