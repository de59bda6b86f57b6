"""Weights: three arrays that all timesteps share, what they hold at the start, and who sets them.

All that an LSTM has learned is in three arrays. By the kernel, of shape (F, 4U), it reads the F
features of its input; by the recurrent kernel, (U, 4U), its U units read what all of them put out
at the timestep before; the third is a bias, (4U,). Each consists of four blocks side by side, for
the gates i and f, the candidate g and the gate o.

No shape has to do with time. Every timestep is read with the same three arrays, so that a layer
that was trained on 10 timesteps can read 1,000, and needs no more parameters for them. LSTM(5) on
three features has 4 * (5 * (3 + 5) + 5) = 180 of them, whatever the length of its input.

The arrays are made when the layer meets its first input, because the number of features is known
only then. They begin as random numbers of moderate size, but for the bias: it is zero, and one at
the forget gate, so that a new layer keeps more than it forgets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import keras
import numpy as np
from hypothesis import assume, example, given
from hypothesis.strategies import floats, integers, sampled_from, text
from packaging.version import Version

from lstm_spec.claims import claim
from lstm_spec.harness.reference import returned
from lstm_spec.harness.refusals import assert_refused
from lstm_spec.harness.strategies import (
    SIZES,
    Array,
    booleans,
    cases,
    noise,
    picks,
    seeds,
    small,
    some_large,
    varied,
    whole,
)
from lstm_spec.harness.subject import cast, lstm, names, passed, release, takes, to_numpy
from lstm_spec.harness.tolerance import assert_close, assert_differs, assert_same
from lstm_spec.harness.ways import with_ways

sizes = some_large(integers(1, 6), 64, 300)

EACH_OPTION: dict[str, list[Any]] = {
    "activation": ["relu", None],
    "recurrent_activation": ["hard_sigmoid", None],
    "kernel_initializer": ["ones"],
    "recurrent_initializer": ["ones"],
    "bias_initializer": ["ones"],
    "unit_forget_bias": [False],
    "kernel_regularizer": ["l2"],
    "recurrent_regularizer": ["l2"],
    "bias_regularizer": ["l2"],
    "activity_regularizer": ["l1"],
    "kernel_constraint": ["non_neg"],
    "recurrent_constraint": ["max_norm"],
    "bias_constraint": ["unit_norm"],
    "dropout": [0.5],
    "recurrent_dropout": [0.5],
    "seed": [1],
    "return_sequences": [True],
    "return_state": [True],
    "go_backwards": [True],
    "stateful": [True],
    "unroll": [True],
    "use_cudnn": [False],
    "implementation": [1],
    "zero_output_for_mask": [True],
    "trainable": [False],
    "dtype": ["float64", "mixed_float16"],
}
"""Values other than the default of each argument but `units`, `use_bias` and `name`."""
options = sampled_from(
    [
        {},
        {"return_sequences": True, "go_backwards": True},
        {"stateful": True, "return_state": True},
        {"unroll": True},
        {"implementation": 1},
        {"activation": "relu", "recurrent_activation": "hard_sigmoid"},
    ]
)


def constant(value: float) -> Any:
    """Return Constant, and what it makes."""
    return keras.initializers.Constant(value), lambda size: np.full(size, value, "float32")


def named(value: float) -> Any:
    """Return the name "ones", and what it makes."""
    return "ones", lambda size: np.ones(size, "float32")


def configured(value: float) -> Any:
    """Return the configuration of Constant, and what it makes."""
    initializer, made = constant(value)
    return keras.initializers.serialize(initializer), made


def function(value: float) -> Any:
    """Return a function as initializer, and what it makes."""

    def counted(shape: Any, dtype: Any = None) -> Any:
        return cast(value + np.arange(shape[0]), dtype or "float32")

    return counted, lambda size: (value + np.arange(size)).astype("float32")


def drawn(value: float) -> Any:
    """Return an initializer that draws by a seed, and what it makes."""
    initializer = keras.initializers.RandomUniform(seed=int(100 * abs(value)))
    return initializer, lambda size: to_numpy(initializer((size,)))


BIASES: dict[str, Callable[[float], Any]] = {
    "Constant": constant,
    "a name": named,
    "a configuration": configured,
    "a function": function,
    **({} if Version(release()) < Version("2.10") else {"a seeded RandomUniform": drawn}),
}
"""Kinds of initializers of the bias, each with what it makes for so many numbers.

Before Keras 2.10 one with a seed makes other numbers in each call.
"""


def alone(layer: Any) -> tuple[Any, Any]:
    """Call a layer, and return it."""
    layer(np.ones((1, 3, 2), "float32"))
    return layer, None


def in_sequential(layer: Any) -> tuple[Any, Any]:
    """Return a layer, and a Sequential model that has built it."""
    return layer, keras.Sequential([keras.Input((3, 2)), layer])


def in_functional(layer: Any) -> tuple[Any, Any]:
    """Return a layer, and a functional model that has built it."""
    inputs = keras.Input((3, 2))
    return layer, keras.Model(inputs, layer(inputs))


def in_subclassed(layer: Any) -> tuple[Any, Any]:
    """Return a layer, and a subclassed model that has built it."""

    class Model(keras.Model):  # type: ignore[misc]  # without type information
        def __init__(self) -> None:
            super().__init__()
            self.inner = layer

        def call(self, x: Any) -> Any:
            return self.inner(x)

    model = Model()
    model(np.ones((1, 3, 2), "float32"))
    return layer, model


def in_bidirectional(layer: Any) -> tuple[Any, Any]:
    """Return the forward half of a Bidirectional of a layer, and the Bidirectional."""
    both = keras.layers.Bidirectional(layer)
    both(np.ones((1, 3, 2), "float32"))
    return both.forward_layer, both


def in_time_distributed(layer: Any) -> tuple[Any, Any]:
    """Return a layer, and a TimeDistributed that has built it."""
    wrapper = keras.layers.TimeDistributed(layer)
    wrapper(np.ones((1, 3, 3, 2), "float32"))
    return layer, wrapper


HOLDERS: dict[str, Callable[[Any], tuple[Any, Any]]] = {
    "alone": alone,
    "Sequential": in_sequential,
    "functional": in_functional,
    "subclassed": in_subclassed,
    "Bidirectional": in_bidirectional,
    "TimeDistributed": in_time_distributed,
}
"""What builds a layer: each returns the layer that has the weights, and what holds it."""


def transposed(array: Array) -> Array:
    """Return the array with its axes in reverse."""
    return array.T


def longer(array: Array) -> Array:
    """Return the array with its first row once more."""
    return np.concatenate([array, array[:1]])


def shorter(array: Array) -> Array:
    """Return the array without its last row."""
    return array[:-1]


def narrower(array: Array) -> Array:
    """Return the array with its first column only, which could be broadcast."""
    return array[..., :1]


def deeper(array: Array) -> Array:
    """Return the array with one axis more."""
    return array[None]


def flat(array: Array) -> Array:
    """Return the numbers of the array with one axis, or with none if it has one."""
    return array.reshape(-1) if array.ndim > 1 else array[0]


OTHER_SHAPES = {
    change.__name__: change for change in (transposed, longer, shorter, narrower, deeper, flat)
}
"""How an array gets another shape."""


def assert_trainable(layer: Any, trainable: bool) -> None:
    """Assert that all weights of a layer and of its cell are trainable, or none."""
    expected = len(layer.weights) if trainable else 0
    counts = len(layer.trainable_weights), len(layer.non_trainable_weights)
    assert counts == (expected, len(layer.weights) - expected), f"{counts} of {trainable}"
    assert layer.cell.trainable == trainable, f"the cell's trainable is {layer.cell.trainable}"


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


# The three arrays.


@claim(
    "weights.three",
    observed="Keras 2 and 3, on every backend",
    corrects="The weights come as one array a gate, and the bias has one number for each unit.",
)
@given(sizes, sizes, options)
def test_weights_are_kernel_recurrent_kernel_and_bias(features, units, options):
    """
    With a bias an LSTM's weights are kernel (F, 4U), recurrent kernel (U, 4U) and bias (4U,).

    F is the number of features, U of units. The four gates lie side by side along the last axis,
    so each array is four times as wide as the layer. Without a bias, two are left.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> lstm.build((1, 7, 3))  # (batch, timesteps, features)
    >>> [array.shape for array in lstm.get_weights()]
    [(3, 8), (2, 8), (8,)]
    """
    layer = built(features, units, **options)
    expected = [(features, 4 * units), (units, 4 * units), (4 * units,)]
    assert shapes(layer.get_weights()) == expected, f"{shapes(layer.get_weights())}"
    assert names(layer.weights) == ["kernel", "recurrent_kernel", "bias"]


@claim(
    "weights.parameter-count",
    derived="the shapes of the three weights",
    corrects="The number of parameters grows with the number of timesteps.",
)
@given(sizes, sizes, options, integers(1, 1000))
def test_parameters_are_counted_from_units_and_features(features, units, options, timesteps):
    """
    With a bias an LSTM of U units that reads F features has 4 * (U * (F + U) + U) parameters.

    Four gates, each with U * F weights for the input, U * U for the output of the timestep before
    and U biases. Timesteps and batch do not occur in it.

    >>> import keras, numpy as np
    >>> short, long = keras.layers.LSTM(100), keras.layers.LSTM(100)
    >>> short.build((1, 7, 25))  # (batch, timesteps, features)
    >>> long.build((1, 700, 25))
    >>> short.count_params(), long.count_params(), 4 * (100 * (25 + 100) + 100)
    (50400, 50400, 50400)
    """
    layer = keras.layers.LSTM(units, **options)
    layer.build((2, timesteps, features))
    count = layer.count_params()
    assert count == 4 * (units * (features + units) + units), f"{count} parameters"


@claim(
    "weights.any-length",
    derived="the equations: the weights are the same at every timestep",
    corrects="Each timestep has weights of its own, so the number of timesteps is fixed.",
    cases=4,
)
@given(
    *with_ways(cases(**varied("use_bias", "return_sequences", "masked"))),
    some_large(integers(1, 9), 40),
    seeds,
)
def test_weights_fit_sequences_of_every_length(case, way, timesteps, seed):
    """
    The same weights read sequences of every length, from one timestep up.

    No weight has an axis for time: a timestep is one more application of the same arrays.
    `Input(shape=(timesteps, features))` does not change them.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> short, long = lstm(np.ones((1, 3, 4))), lstm(np.ones((1, 50, 4)))
    >>> tuple(short.shape), tuple(long.shape), len(lstm.weights)
    ((1, 2), (1, 2), 3)
    """
    run = way(lstm(case))
    sizes = (case.batch, timesteps)
    mask = None if case.mask is None else np.resize(case.mask, sizes)
    other = replace(case, x=noise((*sizes, case.features), seed), mask=mask)
    assert_close(run(case.x, **passed(case)), returned(case))
    assert_close(run(other.x, **passed(other)), returned(other))


@claim(
    "weights.modes-add-none",
    derived="the equations: an option changes what is done with them",
    cases=4,
)
@given(sizes, sizes, booleans())
def test_options_leave_the_weights_as_they_are(features, units, use_bias):
    """
    No option but units, use_bias and activations with weights changes the number or shapes of an
    LSTM's weights.

    So weights go from a layer trained in one mode to a layer that runs in another, for
    example from one that returns the last output to one that returns them all. The layer PReLU is
    an activation with weights: the LSTM has its alpha as well.

    >>> import keras, numpy as np
    >>> one, other = keras.layers.LSTM(2), keras.layers.LSTM(2, return_sequences=True)
    >>> x = np.ones((1, 3, 4))  # (batch, timesteps, features)
    >>> y, sequence = one(x), other(x)
    >>> other.set_weights(one.get_weights())
    >>> bool(np.allclose(one(x), other(x)[:, -1]))
    True
    """
    plain = shapes(built(features, units, use_bias=use_bias).get_weights())
    for name, values in EACH_OPTION.items():
        for value in values if takes("LSTM", name) else ():
            layer = built(features, units, use_bias=use_bias, **{name: value})
            changed = shapes(layer.get_weights())
            assert changed == plain, f"{name}={value!r}: {changed}"


@claim("weights.no-bias", promised="LSTM, argument `use_bias`")
@given(sizes, sizes, options, booleans())
def test_layer_without_bias_has_two_weights(features, units, options, unit_forget_bias):
    """
    With use_bias=False an LSTM's only weights are the kernel and the recurrent kernel.

    The ones of `unit_forget_bias` are part of the bias, so they are gone as well.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, use_bias=False)
    >>> lstm.build((1, 7, 3))  # (batch, timesteps, features)
    >>> [array.shape for array in lstm.get_weights()]
    [(3, 8), (2, 8)]
    """
    layer = built(features, units, use_bias=False, unit_forget_bias=unit_forget_bias, **options)
    expected = [(features, 4 * units), (units, 4 * units)]
    assert shapes(layer.get_weights()) == expected, f"{shapes(layer.get_weights())}"


@claim(
    "weights.no-bias-is-zero-bias",
    derived="the equations: adding zero changes nothing",
    cases=4,
)
@given(
    *with_ways(
        cases(
            **varied(*SIZES, "masked", "state", "return_sequences", "implementation"),
            use_bias=False,
        )
    )
)
def test_no_bias_computes_as_a_zero_bias(case, way):
    """
    With use_bias=False the layer computes what it would with a bias of zeros.

    By default a new layer without bias thus begins with less memory than a new layer with one,
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
    biased = {**case.options, "use_bias": True}
    zero = replace(case, bias=np.zeros(4 * case.units, np.float32), options=biased)
    for layer in (lstm(case), lstm(zero)):
        assert_close(way(layer)(case.x, **passed(case)), returned(zero))


# What the arrays begin with.


@claim("weights.initial-bias", promised="LSTM, arguments `bias_initializer`, `unit_forget_bias`")
@given(sizes, sizes, options)
def test_bias_begins_at_one_for_the_forget_gate(features, units, options):
    """
    By default the bias of a new LSTM is one for the forget gate and zero for the other gates.

    So from zeros, on small inputs, the layer keeps about sigmoid(1) = 0.73 of its cell state a
    timestep, where without this it would keep about half.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> lstm.build((1, 7, 3))  # (batch, timesteps, features)
    >>> lstm.get_weights()[2].tolist()
    [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    """
    bias = built(features, units, **options).get_weights()[2]
    assert_same(bias, np.repeat([0.0, 1.0, 0.0, 0.0], units))


@claim("weights.plain-bias", promised="LSTM, arguments `bias_initializer`, `unit_forget_bias`")
@given(sizes, sizes, whole(list(BIASES)), floats(-3, 3, width=16))
def test_bias_initializer_alone_makes_the_bias(features, units, kind, value):
    """
    With unit_forget_bias=False the initial bias is what bias_initializer makes, at all gates.

    By default that is zeros, for the forget gate as for the others.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, unit_forget_bias=False)
    >>> lstm.build((1, 7, 3))  # (batch, timesteps, features)
    >>> lstm.get_weights()[2].tolist()
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    given, made = BIASES[kind](value)
    layer = built(features, units, bias_initializer=given, unit_forget_bias=False)
    assert_same(layer.get_weights()[2], made(4 * units))


@claim(
    "weights.bias-initializer",
    observed="Keras 2 and 3, on every backend",
    corrects="Documentation of LSTM, `unit_forget_bias`: true turns bias_initializer into zeros.",
)
@given(sizes, sizes, whole(list(BIASES)), floats(-3, 3, width=16))
def test_unit_forget_bias_leaves_the_other_gates_to_the_initializer(features, units, kind, value):
    """
    With unit_forget_bias=True the bias_initializer still makes the biases of the other gates.

    The documentation says that it is replaced by zeros. It is not: for zeros at the other gates,
    leave `bias_initializer` at its default.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, bias_initializer=keras.initializers.Constant(7.0))
    >>> lstm.build((1, 7, 3))  # (batch, timesteps, features)
    >>> lstm.get_weights()[2].tolist()
    [7.0, 7.0, 1.0, 1.0, 7.0, 7.0, 7.0, 7.0]
    """
    given, made = BIASES[kind](value)
    layer = built(features, units, bias_initializer=given)
    i, _, g, o = np.split(layer.get_weights()[2], 4)
    assert_same(i, made(units))
    assert_same(np.concatenate([g, o]), made(2 * units))


@claim(
    "weights.forget-bias-is-one",
    observed="Keras 2 and 3, on every backend",
    corrects="Documentation of LSTM, `unit_forget_bias`: one is added to the initial forget bias.",
)
@given(sizes, sizes, whole(list(BIASES)), floats(-3, 3, width=16))
def test_unit_forget_bias_replaces_the_initializer_at_the_forget_gate(features, units, kind, value):
    """
    With unit_forget_bias=True the forget bias begins at one, whatever the bias_initializer makes.

    One is not added to what the initializer makes but put in its place. For another value, set the
    weights, or give `unit_forget_bias=False` and an initializer of the bias of all four gates.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, bias_initializer=keras.initializers.Constant(7.0))
    >>> lstm.build((1, 7, 3))  # (batch, timesteps, features)
    >>> lstm.get_weights()[2][2:4].tolist()  # the forget gate; not 8.0
    [1.0, 1.0]
    """
    given, _ = BIASES[kind](value)
    layer = built(features, units, bias_initializer=given)
    assert_same(np.split(layer.get_weights()[2], 4)[1], np.ones(units))


@claim(
    "weights.kernel-range",
    derived="LSTM, argument `kernel_initializer`: Glorot, on shape (F, 4U)",
    cases=4,
)
@given(some_large(integers(8, 16), 100, 300), some_large(integers(8, 16), 100, 300), seeds)
def test_kernel_begins_uniform_with_a_fan_out_of_four_times_the_units(features, units, seed):
    """
    By default the kernel of a new LSTM is uniform within plus and minus sqrt(6 / (F + 4U)).

    F is the number of features, U of units. The initializer sees the four gates as one matrix, so
    its range is narrower than a kernel of one gate, (F, U), would have.

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


@claim(
    "weights.recurrent-rows",
    promised="LSTM, argument `recurrent_initializer`; Orthogonal",
    cases=8,
)
@given(sizes, sizes, seeds)
def test_recurrent_kernel_begins_with_orthonormal_rows(features, units, seed):
    """
    By default the rows of the recurrent kernel of a new LSTM are orthonormal, up to rounding.

    The initializer sees the four gates as one matrix (U, 4U), and of a matrix that is wider than
    high it can only make the rows orthogonal.

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
    # The error grows with the units: 1.6 roundings of 12 units were seen, 11 of 300.
    assert_close(product.astype(recurrent.dtype), np.eye(units), bound=64 if units > 64 else 16)


@claim(
    "weights.gate-blocks",
    derived="weights.recurrent-rows: the squares of the four blocks add up to the identity",
    corrects="The recurrent kernel of each gate begins as an orthogonal matrix.",
    cases=8,
)
@given(sizes, sizes, seeds)
def test_no_gate_begins_with_an_orthogonal_recurrent_kernel(features, units, seed):
    """
    By default no gate's (U, U) block of the recurrent kernel of a new layer is orthogonal.

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


@claim(
    "weights.fresh",
    observed="Keras 2 and 3, on every backend",
    cases=8,
)
@given(sizes, sizes, options)
def test_each_new_layer_begins_with_other_weights(features, units, options):
    """
    By default, unless a seed is set in between, two new layers begin with different kernels.

    In Keras 3 each layer makes its own initializers, with seeds from Python's `random`. One of
    Keras' initializers handed to both layers makes the same kernel twice if the shapes are equal.

    >>> import keras, numpy as np
    >>> one, other = keras.layers.LSTM(2), keras.layers.LSTM(2)
    >>> x = np.ones((1, 3, 4))  # (batch, timesteps, features)
    >>> bool(np.allclose(one(x), other(x)))
    False
    """
    first = built(features, units, **options).get_weights()
    second = built(features, units, **options).get_weights()
    assert_differs(first[0], second[0])
    assert_differs(first[1], second[1])


@claim(
    "weights.global-seed",
    promised="`keras.utils.set_random_seed`",
    cases=4,
)
@given(sizes, sizes, options, seeds)
def test_one_global_seed_makes_the_same_weights_again(features, units, options, seed):
    """
    Right after set_random_seed with the same number a new LSTM of the same arguments and input
    width has the same weights.

    It must be called again before the second layer: one call fixes the whole sequence of layers
    made after it, not each of them. The call does not reach one of Keras' random initializers that
    was made before it.

    >>> import keras, numpy as np
    >>> keras.utils.set_random_seed(1)
    >>> y = keras.layers.LSTM(2)(np.ones((1, 3, 4)))  # (batch, timesteps, features)
    >>> keras.utils.set_random_seed(1)
    >>> bool(np.array_equal(y, keras.layers.LSTM(2)(np.ones((1, 3, 4)))))
    True
    """
    keras.utils.set_random_seed(seed)
    weights = built(features, units, **options).get_weights()
    keras.utils.set_random_seed(seed)
    assert_same(built(features, units, **options).get_weights(), weights)


@claim(
    "weights.seed-argument",
    promised="LSTM, argument `seed`",
    corrects="LSTM(units, seed=1) makes the initial weights the same on every run.",
)
@given(sizes, sizes, seeds)
def test_seed_argument_does_not_seed_the_weights(features, units, seed):
    """
    By default, unless a global seed is set in between, LSTMs of one `seed` have different kernels.

    That seed is for dropout. For the same weights call `keras.utils.set_random_seed` before each
    is made, or give both kernels initializers that have a seed.

    >>> import keras, numpy as np
    >>> one, other = keras.layers.LSTM(2, seed=1), keras.layers.LSTM(2, seed=1)
    >>> x = np.ones((1, 3, 4))  # (batch, timesteps, features)
    >>> bool(np.allclose(one(x), other(x)))
    False
    """
    first = built(features, units, seed=seed).get_weights()
    second = built(features, units, seed=seed).get_weights()
    assert_differs(first[0], second[0])
    assert_differs(first[1], second[1])


@claim(
    "weights.seeded-initializers",
    promised="GlorotUniform and Orthogonal, argument `seed`",
    cases=8,
)
@given(sizes, sizes, seeds)
def test_seeded_initializers_make_the_same_weights_again(features, units, seed):
    """
    New LSTMs of equal arguments and input width begin with equal kernels if both kernel
    initializers have an integer as seed.

    Seed, shape and dtype decide the numbers, whatever was drawn before; by default the bias is not
    drawn. One SeedGenerator as the seed of several makes other weights each time; NumPy's integers
    are refused.

    >>> import keras, numpy as np
    >>> def output():
    ...     kernel = keras.initializers.GlorotUniform(seed=1)
    ...     recurrent = keras.initializers.Orthogonal(seed=2)
    ...     lstm = keras.layers.LSTM(
    ...         2, kernel_initializer=kernel, recurrent_initializer=recurrent
    ...     )
    ...     return lstm(np.ones((1, 3, 4)))  # (batch, timesteps, features)
    >>> bool(np.array_equal(output(), output()))
    True
    """

    def weights() -> list[Array]:
        kernel = keras.initializers.GlorotUniform(seed=seed)
        recurrent = keras.initializers.Orthogonal(seed=seed)
        layer = built(features, units, kernel_initializer=kernel, recurrent_initializer=recurrent)
        drawn: list[Array] = layer.get_weights()
        return drawn

    first = weights()
    keras.utils.set_random_seed(seed + 1)
    built(features, units)
    pairs = zip(first, weights(), strict=True)
    same = [np.array_equal(one, other) for one, other in pairs]
    assert same == [True, True, True], (
        f"kernel, recurrent kernel and bias are the same: {same}, for the seed {seed}"
    )


# Where the arrays are kept.


@claim("weights.none-before-build", promised="Layer: weights are created by `build`")
@given(cases(**varied("use_bias", "stateful")), whole(["called", "built", "called on a symbol"]))
def test_layer_has_no_weights_before_it_is_built(case, moment):
    """
    An LSTM has no weights until it, or its cell, is built or called for the first time.

    The kernel has a row for each feature, and only the input says how many there are. So
    `set_weights` on a layer that is not built refuses any array.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> before = len(lstm.weights)
    >>> y = lstm(np.ones((1, 3, 4)))  # (batch, timesteps, features)
    >>> before, len(lstm.weights)
    (0, 3)
    """
    layer = keras.layers.LSTM(case.units, **case.options)
    assert layer.weights == [], f"weights before the input is known: {layer.weights}"
    moments = {
        "called": lambda: layer(case.x),
        "built": lambda: layer.build(case.x.shape),
        "called on a symbol": lambda: layer(keras.Input(case.x.shape[1:], batch_size=case.batch)),
    }
    moments[moment]()
    assert shapes(layer.get_weights()) == shapes(case.weights), f"{layer.weights}"


@claim("weights.of-the-cell", observed="Keras 2 and 3, on every backend")
@given(sizes, sizes, options, booleans())
def test_weights_are_the_variables_of_the_cell(features, units, options, use_bias):
    """
    The weights of an LSTM are the very variables of its cell, an LSTMCell.

    The layer repeats one cell over the timesteps and adds no weight to it, so `cell.kernel.assign`
    changes the layer.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> lstm.build((1, 7, 3))  # (batch, timesteps, features)
    >>> cell = lstm.cell
    >>> variables = [cell.kernel, cell.recurrent_kernel, cell.bias]
    >>> [a is b for a, b in zip(lstm.weights, variables)]
    [True, True, True]
    """
    layer = built(features, units, use_bias=use_bias, **options)
    cell = layer.cell
    assert isinstance(cell, keras.layers.LSTMCell), f"the cell is {cell!r}"
    bias = [cell.bias] if use_bias else []
    variables = [cell.kernel, cell.recurrent_kernel, *bias]
    assert list(map(id, layer.weights)) == list(map(id, variables)), f"{layer.weights}"


@claim(
    "weights.paths",
    observed="Keras 3, on every backend",
    cases=8,
    needs="keras.Variable",
)
@given(sizes, text("abcxyz_", min_size=1), whole(list(HOLDERS)))
def test_the_paths_of_the_weights_are_layer_cell_and_weight(units, name, holder):
    """
    When an LSTM builds its weights, their paths end with the layer's name, lstm_cell, and the
    weight's own name.

    A model or wrapper that builds the layer puts its name first, and by default Bidirectional
    adds forward_ or backward_ to the layer's; a cell that is called before its layer leaves the
    layer's out. A regular expression that picks out weights had better not be anchored at the
    start.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, name="encoder")
    >>> model = keras.Sequential([keras.Input((7, 3)), lstm], name="model")
    >>> [weight.path.split("/") for weight in lstm.weights][0]
    ['model', 'encoder', 'lstm_cell', 'kernel']
    """
    layer = keras.layers.LSTM(units, name=f"n{name}")
    held, _ = HOLDERS[holder](layer)
    ends = [tuple(weight.path.split("/")[-3:]) for weight in held.weights]
    names = ["kernel", "recurrent_kernel", "bias"]
    assert ends == [(held.name, "lstm_cell", weight) for weight in names], f"{ends}"
    assert held.name.removeprefix("forward_") == f"n{name}", f"the layer is {held.name}"


@claim("weights.seed-state", observed="Keras 3, on every backend; Keras 2 has no such variable")
@given(sizes, sizes, options, whole([0.0, 0.5]), whole([0.0, 0.5]))
def test_seed_state_is_a_variable_beside_the_weights(
    features, units, options, dropout, recurrent_dropout
):
    """
    Even without dropout an LSTM's `variables` are its weights and one more, the state of its seed.

    It is in `non_trainable_variables` too, but neither in `weights` nor in what `get_weights`
    returns. Bidirectional has one for each of its layers. The states that a stateful layer keeps
    are variables as well, but in `states` alone.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> lstm.build((1, 7, 3))  # (batch, timesteps, features)
    >>> len(lstm.weights), len(lstm.variables)
    (3, 4)
    """
    rates = {"dropout": dropout, "recurrent_dropout": recurrent_dropout}
    layer = built(features, units, **rates, **options)
    names = [variable.name for variable in layer.variables]
    assert names == ["kernel", "recurrent_kernel", "bias", "seed_generator_state"], f"{names}"


# Reading and setting weights.


@claim("weights.round-trip", promised="Layer, methods `get_weights` and `set_weights`")
@given(
    cases(**varied(*SIZES, "use_bias", "stateful", "implementation")),
    whole(["float16", "float32", "float64"]),
    whole([0.0, np.nan, np.inf, -np.inf, 1e-40, 6e-8, 65504.0]),
    picks,
)
@example(small(), "float64", 1e-40, 0)
def test_weights_come_back_as_they_were_set(case, dtype, special, pick):
    """
    get_weights returns, to the last bit, what set_weights was given in the dtype of the weights.

    The arrays are in the same order both ways: kernel, recurrent kernel, bias. Arrays of
    another dtype are converted: float64 numbers are rounded by a float32 layer.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> lstm.build((1, 7, 3))  # (batch, timesteps, features)
    >>> new = [np.random.rand(*w.shape).astype("float32") for w in lstm.get_weights()]
    >>> lstm.set_weights(new)
    >>> [bool(np.array_equal(a, b)) for a, b in zip(lstm.get_weights(), new)]
    [True, True, True]
    """
    arrays = [weight.astype(dtype) for weight in case.weights]
    numbers = arrays[pick % len(arrays)].reshape(-1)
    numbers[pick % numbers.size] = special
    layer = lstm(case, dtype=dtype)
    layer.set_weights(arrays)
    assert_same(layer.get_weights(), arrays)


@claim("weights.wrong-number", observed="Keras 2 and 3, on every backend")
@given(cases(**varied("stateful", "return_state")), whole([0, 1, 2, 4, 5, 6]))
def test_set_weights_refuses_another_number_of_arrays(case, count):
    """
    With a bias, a built LSTM refuses more or fewer than three arrays in set_weights, with a
    ValueError.

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
@given(cases(**varied("use_bias", "stateful")), whole(list(OTHER_SHAPES)), picks)
def test_set_weights_refuses_an_array_of_another_shape(case, kind, pick):
    """
    set_weights refuses an array of another shape, with a ValueError.

    Nothing is broadcast, cut or transposed, so weights of an LSTM with other units or
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
    layer = lstm(case)
    arrays = case.weights
    wrong = pick % len(arrays)
    changed = OTHER_SHAPES[kind](arrays[wrong])
    assume(changed.shape != arrays[wrong].shape)
    arrays[wrong] = changed
    assert_refused(lambda: layer.set_weights(arrays), "ValueError", "is not compatible with")


@claim(
    "weights.refused-halfway",
    observed="Keras 3, TensorFlow",
    corrects="A set_weights that raises has changed nothing.",
)
@given(cases(), seeds)
def test_refused_set_weights_has_set_what_came_before(case, seed):
    """
    When an LSTM's set_weights refuses the bias for its shape, the two arrays before it are already
    set.

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
    layer = lstm(case)
    new = noise((case.features + case.units, 4 * case.units), seed)
    kernel = new[: case.features]
    recurrent = new[case.features :]
    bias = np.zeros(1, np.float32)
    arrays = [kernel, recurrent, bias]
    assert_refused(lambda: layer.set_weights(arrays), "ValueError", "is not compatible with")
    instead = {"nothing is set": case.weights}
    assert_same(layer.get_weights(), [kernel, recurrent, case.bias], instead)


@claim("weights.trainable", promised="Layer, argument `trainable`")
@given(sizes, sizes, options, booleans(), booleans())
def test_trainable_moves_all_three_weights(features, units, options, use_bias, trainable):
    """
    An LSTM's `trainable`, given or changed last, says whether all its weights are, but for a cell
    or weight set by itself.

    A cell or a weight that is frozen by itself stays frozen until the layer's `trainable` is
    changed: to set True once more does nothing.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> lstm.build((1, 7, 3))  # (batch, timesteps, features)
    >>> before = len(lstm.trainable_weights), len(lstm.non_trainable_weights)
    >>> lstm.trainable = False
    >>> before, (len(lstm.trainable_weights), len(lstm.non_trainable_weights))
    ((3, 0), (0, 3))
    """
    layer = built(features, units, use_bias=use_bias, trainable=trainable, **options)
    assert_trainable(layer, trainable)
    layer.trainable = not trainable
    assert_trainable(layer, not trainable)


@claim(
    "weights.shared",
    derived="a layer is one object with one set of variables",
    cases=4,
)
@given(
    cases(**varied("use_bias", "return_sequences", "go_backwards")),
    some_large(integers(1, 4), 9),
    seeds,
    whole(["called", "called", "predict"]),
)
def test_layer_used_twice_has_one_set_of_weights(case, timesteps, seed, method):
    """
    An LSTM called on two inputs of a model reads both with one set of weights.

    The model counts the weights once, and without state each output is what a call on that input
    alone gives. Two branches with weights of their own need two layers.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> one, other = keras.Input((3, 4)), keras.Input((3, 4))  # (timesteps, features)
    >>> model = keras.Model([one, other], [lstm(one), lstm(other)])
    >>> len(model.weights)
    3
    """
    other = replace(case, x=noise((case.batch, timesteps, case.features), seed))
    layer = lstm(case)
    inputs = [keras.Input(part.x.shape[1:]) for part in (case, other)]
    model = keras.Model(inputs, [layer(inputs[0]), layer(inputs[1])])
    assert len(model.weights) == len(case.weights), f"{len(model.weights)} weights"
    run = model if method == "called" else partial(model.predict, verbose=0)
    assert_close(run([case.x, other.x]), [returned(case), returned(other)])
