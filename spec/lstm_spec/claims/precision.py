"""Precision: the types an LSTM computes in, how far rounding goes, and what NaN and infinity do.

By default an LSTM computes in float32, with about seven decimal digits. Every operation rounds, and
an LSTM does thousands of them one after the other, so one may fear for the last digits of a long
sequence. With the weights of a new layer there is nothing to fear: the forget gates forget errors
as they forget everything else, and 500 timesteps err no more than one does. With large weights an
LSTM can be chaotic, like the weather. Each error grows from timestep to timestep until no digit is
right, and two machines that both compute correctly may end up with nothing in common.

A rounding is the gap between 1 and the next number of a type: 2**-52 in float64, 2**-23 in
float32, 2**-10 in float16 and 2**-7 in bfloat16. The claims count errors in these.

NaN and infinity follow the same equations. A NaN spreads from one unit to all others of its sample
at the next timestep, no gate stops it, and it never reaches another sample of the batch.
"""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.strategies import floats, integers, just, sampled_from

from lstm_spec.claims import claim
from lstm_spec.harness.activations import ACTIVATIONS, Activation, normal_cdf
from lstm_spec.harness.reference import equations, returned
from lstm_spec.harness.strategies import (
    SIZES,
    Case,
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
from lstm_spec.harness.subject import (
    UNDRAWN,
    as_states,
    cast,
    global_policy,
    kind,
    lstm,
    passed,
    reset,
    to_numpy,
    with_weights,
)
from lstm_spec.harness.tolerance import ROUNDING, Rounded, assert_close, assert_same
from lstm_spec.harness.ways import with_ways

EPS = 2.0**-23
HALVES = ["float16", "bfloat16"]
MIXED = ["mixed_float16", "mixed_bfloat16"]
# The formula of hard_sigmoid has a claim, and gelu in float64 too.
OF_ONE_FORMULA = ["tanh", "sigmoid", "softsign", "relu", "elu", "selu", "silu", "softplus"]
ENDS = [
    np.concatenate([20 + size, -200 - size])
    for size in (np.abs(noise((8,), k, scale=10.0**k)) for k in (0, 1, 2, 10, 30))
]
"""Numbers from 20 on, and from -200 down."""


def widened(tensor):
    """Return a tensor of any type as an array of float32, whose roundings are known to NumPy."""
    return to_numpy(cast(tensor, "float32"))


def shifted(case, i=0.0, f=0.0, g=0.0, o=0.0):
    """Return the case with a number added to each gate's bias."""
    return replace(case, bias=case.bias + np.repeat([i, f, g, o], case.units).astype("float32"))


def finer(case):
    """Return the case with an input and weights that float32 cannot hold."""
    return replace(
        case,
        x=case.x.astype(float) / 3,
        kernel=case.kernel.astype(float) / 3,
        recurrent_kernel=case.recurrent_kernel.astype(float) / 3,
        bias=None if case.bias is None else case.bias.astype(float) / 3,
    )


def with_gelu(case, root):
    """Return the case with a gelu whose square root of 1/2 is given."""
    gelu = Activation(lambda z: z * normal_cdf(z * float(root) * 2**0.5), ACTIVATIONS["gelu"].slope)
    return replace(case, options={**case.options, "activation": gelu})


def scaled(case, factor):
    """Return the case with its recurrent weights multiplied by a number."""
    return replace(case, recurrent_kernel=case.recurrent_kernel * np.float32(factor))


def largest_error(case):
    """Return by how much the outputs of Keras and of the equations differ at most."""
    return np.abs(to_numpy(lstm(case)(case.x)) - equations(case).outputs).max()


def default_case(timesteps, units, seed):
    """Return a case of three features whose weights Keras' default initializers draw."""
    return Case(
        x=noise((1, timesteps, 3), seed, scale=2.0),
        kernel=to_numpy(keras.initializers.GlorotUniform(seed)((3, 4 * units))),
        recurrent_kernel=to_numpy(keras.initializers.Orthogonal(seed=seed)((units, 4 * units))),
        bias=np.repeat([0, 1, 0, 0], units).astype("float32"),
        options={"return_sequences": True},
    )


def bare(z):
    """Return a case of one timestep that ends with c = [sigmoid(z), tanh(z)], exactly.

    The first half of the units has c = 1 and g = 0, so that f remains; the second half has
    c = 0 and i = 1, so that g remains.
    """
    zeros = np.zeros(z.size)
    open_gate = np.full(z.size, 200.0)
    bias = np.concatenate([zeros, open_gate, z, zeros, zeros, z, zeros, zeros])
    return Case(
        x=np.zeros((1, 1, 1), "float32"),
        kernel=np.zeros((1, 8 * z.size), "float32"),
        recurrent_kernel=np.zeros((2 * z.size, 8 * z.size), "float32"),
        bias=bias.astype("float32"),
        options={"return_state": True},
        h=np.zeros((1, 2 * z.size), "float32"),
        c=np.repeat([[1, 0]], z.size, axis=1).astype("float32"),
    )


def response(case, seed):
    """Return how far the exact outputs move, (T, 1), when all that goes in moves by a rounding.

    It is the largest move in three random directions, up to each timestep.
    """
    sign = np.random.RandomState(seed)
    exact = equations(case).outputs

    def nudged(numbers):
        return numbers.astype(float) * (1 + EPS * sign.choice([-1, 1], numbers.shape))

    others = [
        replace(
            case,
            x=nudged(case.x),
            kernel=nudged(case.kernel),
            recurrent_kernel=nudged(case.recurrent_kernel),
            bias=nudged(case.bias),
        )
        for _ in range(3)
    ]
    moves = np.abs([equations(other).outputs - exact for other in others]).max(axis=(0, 1, 3))
    return np.maximum.accumulate(moves)[:, None]


def error_bound(case):
    """Return a bound of the rounding error of each output, (B, T, U), from the equations.

    Each letter with a d is a bound of the error of that letter. A sum of n terms carries at
    most n roundings of the sum of their sizes, a sigmoid or tanh 4 roundings of its own; they
    pass an error on with a slope of at most 1/4 and 1.
    """
    kernel, recurrent, bias = (weight.astype(float) for weight in case.weights)
    n = case.features + case.units + 2
    h = np.zeros((case.batch, case.units))
    c = h
    dh = h
    dc = h
    bounds = []
    for t in range(case.timesteps):
        x = case.x[:, t].astype(float)
        size = np.abs(x) @ np.abs(kernel) + np.abs(h) @ np.abs(recurrent) + np.abs(bias)
        i, f, g, o = np.split(x @ kernel + h @ recurrent + bias, 4, axis=1)
        i, f, o, g = *(1 / (1 + np.exp(-z)) for z in (i, f, o)), np.tanh(g)
        di, df, dg, do = np.split(n * EPS * size + dh @ np.abs(recurrent), 4, axis=1)
        di, df, do, dg = *(d / 4 + 4 * EPS for d in (di, df, do)), dg + 4 * EPS
        dc = f * dc + (np.abs(c) + dc) * df + i * dg + (np.abs(g) + dg) * di
        dc = dc + 2 * EPS * (np.abs(f * c) + np.abs(i * g))
        c = f * c + i * g
        h = o * np.tanh(c)
        dh = o * (dc + 4 * EPS) + do + EPS
        bounds.append(dh)
    return np.stack(bounds, axis=1)


def spoilt(case, column, pick):
    """Return the case with a NaN in a column of one of its weights, in any row."""
    weights = [np.atleast_2d(weight).copy() for weight in case.weights]
    rows = weights[pick % 3]
    rows[pick // 3 % len(rows), column] = np.nan
    return replace(case, kernel=weights[0], recurrent_kernel=weights[1], bias=weights[2][0])


# The types that a layer computes in.


@claim(
    "precision.double",
    promised="Layer, argument `dtype`",
    cases=4,
)
@given(
    *with_ways(
        cases(
            **varied("batch", "timesteps", "units", "masked", "use_bias", "return_sequences"),
            dtype="float64",
            state=True,
            return_state=True,
            activation=whole(OF_ONE_FORMULA),
        ).map(finer)
    )
)
def test_a_float64_layer_computes_in_float64(case, way):
    """
    By default, on float64 numbers within 2, calls of a small float64 LSTM over a few timesteps are
    right to float64 precision.

    So are its states. Its weights are from -2 to 2 too: large ones magnify roundings. By default
    `predict`, `fit` and models with an `Input` round arrays of float64 to float32.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(1, dtype="float64")
    >>> lstm.build((1, 1, 1))  # (batch, timesteps, features)
    >>> lstm.set_weights([np.array([[0.1, 0.2, 0.3, 0.4]]), np.zeros((1, 4)), np.zeros(4)])
    >>> c = np.tanh(0.3) / (1 + np.exp(-0.1))
    >>> bool(abs(lstm(np.ones((1, 1, 1)))[0, 0] - np.tanh(c) / (1 + np.exp(-0.4))) < 1e-15)
    True
    """
    actual = to_numpy(way(lstm(case))(case.x, **passed(case)))
    assert actual[0].dtype.name == "float64", f"the output is {actual[0].dtype}"
    assert_close(actual, returned(case))


@claim(
    "precision.double-gelu",
    promised="Layer, argument `dtype`",
    needs="keras.ops.erf",
)
@given(cases(**varied("use_bias"), dtype="float64", activation="gelu"))
def test_a_float64_layer_with_gelu_computes_in_float64(case):
    """
    With dtype="float64" and activation="gelu" the output is accurate to float64.

    A gelu made by hand is accurate wherever the one that Keras names is not, as on TensorFlow,
    whose own takes the square root of 1/2 through float32.

    >>> import keras, numpy as np
    >>> def gelu(z):
    ...     return z * (1 + keras.ops.erf(z / 2**0.5)) / 2
    >>> round(float(gelu(np.array(1.0))), 12)
    0.841344746069
    >>> lstm = keras.layers.LSTM(2, activation=gelu, dtype="float64")
    >>> np.array(lstm(np.ones((1, 3, 1)))).dtype.name  # (batch, timesteps, features)
    'float64'
    """
    instead = {
        "the root of 1/2 is a float32": equations(with_gelu(case, np.float32(2**-0.5))).h,
        "the root of 2 is a float32": equations(with_gelu(case, 1 / float(np.float32(2**0.5)))).h,
    }
    assert_close(lstm(case)(case.x), equations(case).h, instead=instead)


@claim(
    "precision.input-is-cast",
    promised="Layer, attribute `compute_dtype`",
    corrects="An LSTM computes in, and returns, the type of its input.",
    cases=4,
)
@given(
    cases(**varied("use_bias", "masked", "return_sequences"), state=True, unroll=booleans()),
    whole(["float32", "float64", "mixed_float16", "mixed_bfloat16"]),
    whole(["float16", "float32", "float64"]),
    booleans(),
)
def test_input_and_state_are_converted_to_the_type_of_the_layer(case, policy, given_as, training):
    """
    By default an LSTM converts floating-point input and initial states to the type that it
    computes in.

    So float32 input to a float64 LSTM is taken as it is, without getting more accurate, and
    float64 input to an LSTM of another type is rounded. Whole numbers are another matter: see
    `precision.whole-numbers-are-cast`.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, dtype="float64")
    >>> x = np.array([[[0.1], [0.2]]], "float32")  # (batch, timesteps, features)
    >>> bool(np.array_equal(lstm(x), lstm(x.astype("float64"))))
    True
    >>> np.array(lstm(x)).dtype.name
    'float64'
    """
    layer = lstm(case, dtype=policy)
    x, h, c = ((7 / 3 * part).astype(given_as) for part in (case.x, case.h, case.c))
    tensors = [cast(part, layer.compute_dtype) for part in (x, h, c)]
    mask = {} if case.mask is None else {"mask": case.mask}
    y = layer(x, initial_state=[h, c], training=training, **mask)
    assert kind(y) == layer.compute_dtype, f"the output is {kind(y)}"
    assert_same(y, layer(tensors[0], initial_state=tensors[1:], **mask))


@claim(
    "precision.whole-numbers-are-cast",
    promised="Layer, attribute `compute_dtype`: layers cast their inputs to it",
    corrects="An LSTM reads whole numbers as it reads the same numbers in floating point.",
    cases=4,
    needs=("tensorflow", "keras.ops"),
)
@given(
    cases(**varied("use_bias", "return_sequences"), dropout=0.5, seed=seeds),
    whole(["int32", "int64", "uint8", "bool"]),
)
def test_whole_numbers_are_converted_in_training_too(case, given_as):
    """
    In training with dropout an LSTM converts whole numbers and booleans to its type.

    Without dropout the matrix product brings them to the type of the kernel. Where dropout refuses
    them, convert them to float32 first, as Sequential and functional models do by default.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2, dropout=0.5), np.ones((4, 3, 1), "int32")
    >>> y = lstm(x.astype("float32"), training=True)  # (batch, timesteps, features)
    >>> np.array(y).dtype.name
    'float32'
    """
    x = np.abs(7 * case.x).astype(given_as)
    y = lstm(case)(x.astype("float32"), training=True)
    assert_close(lstm(case)(x, training=True), y)


@claim(
    "precision.timestamps",
    derived="`precision.input-is-cast`: above 2**30 numbers of float32 are 128 apart",
    corrects="Whole numbers, such as times in seconds, reach an LSTM exactly.",
    cases=4,
)
@given(
    cases(**varied("use_bias"), timesteps=1),
    picks,
    integers(1, 60),
    whole(["int64", "int32", "float64"]),
)
def test_a_float32_layer_cannot_tell_unix_times_a_minute_apart(case, pick, seconds, given_as):
    """
    A float32 LSTM reads 1.7e9, a Unix time, and the next 60 whole numbers as one number.

    float32 has 24 bits for the digits of a number. Subtract the first timestamp in NumPy, before
    the model: a float32 Input rounds too.

    >>> import keras, numpy as np
    >>> x = np.array([[[1_700_000_000]]])  # (batch, timesteps, features)
    >>> small = keras.initializers.RandomUniform(-1e-9, 1e-9)
    >>> for dtype in ("float32", "float64"):
    ...     lstm = keras.layers.LSTM(2, kernel_initializer=small, dtype=dtype)
    ...     print(bool(np.array_equal(lstm(x), lstm(x + 60))))
    True
    False
    """
    case = replace(case, kernel=case.kernel * np.float32(1e-9))  # z of size 1
    x = np.full(case.x.shape, 1_700_000_000 + 128 * (pick % 100), given_as)
    layer = lstm(case)
    double = lstm(case, dtype="float64")
    now, later = (equations(replace(case, x=time)).h for time in (x, x + seconds))
    rounded = {"the product is exact, and then rounded": later}
    assert_same(layer(x + seconds), layer(x), instead=rounded)
    instead = {"it reads what float32 can hold": Rounded(now, "float32")}
    assert_close(to_numpy(double(x + seconds)).astype(float), later, instead=instead)


@claim(
    "precision.mixed-types",
    promised="DTypePolicy, argument `name`",
    cases=4,
)
@given(
    cases(
        **varied("masked", "use_bias", "return_sequences", "stateful"),
        return_state=True,
        unroll=booleans(),
    ),
    whole(HALVES),
    booleans(),
)
def test_mixed_policies_store_float32_and_return_a_half_type(case, half, training):
    """
    With mixed_float16 the weights are float32, and the returned output and states are float16.

    With mixed_bfloat16 it is the same with bfloat16. The weights keep all digits of float32:
    get_weights returns the float32 numbers that set_weights was given.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_state=True, dtype="mixed_float16")
    >>> [np.array(y).dtype.name for y in lstm(np.ones((1, 3, 1)))]
    ['float16', 'float16', 'float16']
    >>> [w.dtype.name for w in lstm.get_weights()]
    ['float32', 'float32', 'float32']
    """
    layer = lstm(case, dtype=f"mixed_{half}")
    returned_kinds = {kind(part) for part in layer(case.x, training=training, **passed(case))}
    stored = {kind(weight) for weight in layer.weights}
    kinds = returned_kinds, stored
    assert kinds == ({half}, {"float32"}), f"returned {returned_kinds}, stored {stored}"
    assert_same(layer.get_weights(), case.weights)


@claim(
    "precision.mixed-is-half",
    observed="Keras 3, on CPU",
    corrects="Mixed precision keeps part of the computation of an LSTM in float32.",
    cases=4,
)
@given(
    *with_ways(  # of which HDF5 with Keras 2 stores no bfloat16
        cases(**varied(*SIZES, "masked", "use_bias", "return_sequences")),
        without=("from weights file", "from keras file"),
    ),
    whole(HALVES),
)
def test_a_mixed_layer_computes_what_a_half_layer_computes(case, way, half):
    """
    A mixed_float16 LSTM returns, bit for bit, what a float16 LSTM with its weights returns.

    So it is with bfloat16. Each call rounds the stored float32 weights first; in training they
    take up changes that float16 weights would lose.

    >>> import keras, numpy as np
    >>> mixed = keras.layers.LSTM(2, dtype="mixed_float16")
    >>> x = np.array([[[0.1], [0.7], [0.2]]])  # (batch, timesteps, features)
    >>> y = mixed(x)
    >>> half = keras.layers.LSTM.from_config({**mixed.get_config(), "dtype": "float16"})
    >>> half.build(x.shape)
    >>> half.set_weights(mixed.get_weights())
    >>> bool(np.array_equal(half(x), y))
    True
    """
    mixed = way(lstm(case, dtype=f"mixed_{half}"))
    pure = way(lstm(case, dtype=half))
    y = mixed(case.x, **passed(case))
    assert_same(widened(y), widened(pure(case.x, **passed(case))))


@claim(
    "precision.half-roundings",
    observed="Keras 3 on TensorFlow, CPU",
    cases=4,
)
@given(
    *with_ways(
        cases(**varied("masked", "use_bias", "return_sequences"), state=True, return_state=True)
    ),
    whole(HALVES),
)
def test_half_types_err_by_few_of_their_own_roundings(case, way, half):
    """
    By default, with few units and timesteps, weights within 1, input within 2, float16 and
    bfloat16 err by up to 16 roundings.

    States are from -2 to 2 too. A rounding is 2**-10 = 0.001 in float16 and 2**-7 =
    0.008 in bfloat16.

    >>> import keras, numpy as np
    >>> half, lstm = keras.layers.LSTM(2, dtype="mixed_float16"), keras.layers.LSTM(2)
    >>> x = np.array([[[0.1], [0.7], [0.2]]])  # (batch, timesteps, features)
    >>> lstm.build(x.shape)
    >>> half.build(x.shape)
    >>> half.set_weights(lstm.get_weights())
    >>> bool(np.all(np.abs(np.array(half(x)) - np.array(lstm(x))) < 16 * 2**-10))
    True
    """
    given = {**passed(case), "initial_state": as_states(case.state, half)}
    actual = way(lstm(case, dtype=f"mixed_{half}"))(case.x, **given)
    assert_close(to_numpy(actual), returned(case))


@claim(
    "precision.half-counter",
    derived="the states have the type of the layer, and 2048 + 1 is 2048 in float16",
    corrects="In mixed precision the cell state is kept in float32.",
    cases=4,
)
@given(
    *with_ways(cases(timesteps=integers(3, 6), state=True, return_state=True)),
    whole([("mixed_float16", 2048), ("mixed_bfloat16", 256), ("float32", 2**24)]),
)
def test_a_cell_state_counts_no_further_than_its_type(case, way, limit):
    """
    A cell state that counts up from 0 by ones stops at 2048 in float16, at 256 in bfloat16.

    Like the output, it is rounded to the type of the layer after each timestep, and then has
    11 or 8 binary digits. In float32 it counts as far as 2**24.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(1, return_state=True, dtype="mixed_bfloat16")
    >>> x, h, c = np.ones((1, 9, 1)), np.array([[0.0]]), np.array([[250.0]])
    >>> lstm.build(x.shape)  # (batch, timesteps, features)
    >>> lstm.set_weights([np.zeros((1, 4)), np.zeros((1, 4)), 200 * np.ones(4)])  # all open
    >>> float(lstm(x, initial_state=[h, c])[2][0, 0])
    256.0
    """
    policy, end = limit
    half = policy.removeprefix("mixed_")
    run = way(lstm(shifted(case, i=200, f=200, g=200, o=200), dtype=policy))
    h = np.zeros((case.batch, case.units))
    c = np.full((case.batch, case.units), end - 2.0)
    state = as_states([h.astype("float32"), c.astype("float32")], half)
    counted = Rounded(c + case.timesteps, half, bound=1.0)
    y = run(case.x, initial_state=state)
    assert_same(widened(y[2]), c + 2, instead={"c is kept in float32": counted})


@claim(
    "precision.half-average",
    promised="GlobalAveragePooling1D, call argument `mask`: masked steps are left out",
    corrects="A mask changes only which timesteps an average is of.",
    cases=4,
)
@given(integers(1, 2), whole(["mixed_float16", "float16"]), whole([(300.0, 250), (1000.0, 70)]))
def test_a_masked_average_in_float16_is_right_whatever_the_sum_is(batch, dtype, constant):
    """
    In float16 GlobalAveragePooling1D gives the mean of the unmasked outputs of an LSTM also where
    their sum is above 65504.

    As it does without a mask. Where it does not, pool in float32, by dtype="float32".

    >>> import keras, numpy as np
    >>> x = np.full((1, 1000, 1), 100.0)
    >>> pool = keras.layers.GlobalAveragePooling1D(dtype="float32")
    >>> float(pool(keras.layers.Masking(dtype="mixed_float16")(x))[0, 0])
    100.0
    """
    size, valid = constant
    layer = keras.layers.LSTM(1, activation="linear", return_sequences=True, dtype=dtype)
    layer.build((None, None, 1))
    layer.set_weights([np.zeros((1, 4)), np.zeros((1, 4)), np.array([200, -200, size, 200])])
    x = np.pad(np.ones((batch, valid, 1)), [(0, 0), (0, 9), (0, 0)])
    pool = keras.layers.GlobalAveragePooling1D(dtype=dtype)
    y = pool(layer(keras.layers.Masking(dtype=dtype)(x)))
    instead = {"the sum overflows": np.full((batch, 1), np.inf)}
    assert_close(to_numpy(y), np.full((batch, 1), size), instead=instead)


@claim(
    "precision.mixed-stateful",
    promised="RNN, argument `stateful`; DTypePolicy, argument `name`",
    corrects="A stateful LSTM does not work with mixed precision.",
    cases=4,
)
@given(
    cases(**varied("use_bias", "return_sequences"), timesteps=integers(2, 4), unroll=booleans()),
    whole(MIXED),
    picks,
)
def test_a_stateful_mixed_layer_continues_exactly(case, policy, pick):
    """
    Without mask and go_backwards a stateful mixed LSTM that reads a sequence in pieces ends as if
    it had read it whole.

    Its `states` are float32 variables that hold the float16 or bfloat16 numbers of the last call.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, stateful=True, dtype="mixed_float16")
    >>> x = np.array([[[0.1], [0.7], [0.2]]])  # (batch, timesteps, features)
    >>> whole = lstm(x)
    >>> lstm.reset_state()
    >>> parts = [lstm(x[:, :1]), lstm(x[:, 1:])]
    >>> bool(np.array_equal(parts[1], whole))
    True
    """
    case = replace(case, options={**case.options, "return_sequences": False})
    layer = lstm(case, dtype=policy, stateful=True)
    cut = 1 + pick % (case.timesteps - 1)
    layer(case.x[:, :cut])
    rest = equations(replace(case, x=case.x[:, cut:])).h
    instead = {"its states stay zero": Rounded(rest, policy.removeprefix("mixed_"), bound=2.0)}
    assert_same(layer(case.x[:, cut:]), lstm(case, dtype=policy)(case.x), instead)
    kinds = {kind(state) for state in layer.states}
    assert kinds == {"float32"}, f"the states are {kinds}"


@claim(
    "precision.float-sixteen-range",
    derived="`precision.input-is-cast`: the largest number of float16 is 65504",
    cases=4,
)
@example(case=small(), number=65520.0)
@given(cases(**varied("use_bias", "masked"), features=integers(2, 3)), floats(65520.0, 1e38))
def test_in_float16_large_input_is_infinite(case, number):
    """
    With mixed_float16 an LSTM takes an input of 65520 or more for infinite.

    The largest number of float16 is 65504. Scale the data, or use mixed_bfloat16, which has nearly
    the range of float32.

    >>> import keras, numpy as np
    >>> x = np.array([[[1e5, 1e5]]])  # (batch, timesteps, features)
    >>> infinite = np.inf * x
    >>> for dtype in ("mixed_float16", "mixed_bfloat16"):
    ...     lstm = keras.layers.LSTM(9, dtype=dtype)
    ...     print(bool(np.array_equal(np.isnan(lstm(x)), np.isnan(lstm(infinite)))))
    True
    False
    """
    layer = lstm(case, dtype="mixed_float16")
    sign = np.sign(case.x)
    given = passed(case)
    assert_same(layer(sign * number, **given), layer(sign * np.inf, **given))


@claim(
    "precision.float-sixteen-by-default",
    observed="Keras 3 on TensorFlow; on JAX and PyTorch, CPU, their QR refuses float16",
)
@given(some_large(integers(1, 6), 64, 300), integers(1, 3))
def test_a_float16_layer_can_be_made_with_default_initializers(units, features):
    """
    On TensorFlow a float16 LSTM is built with its default, orthogonal initializer.

    Up to some hundred units the rows of its recurrent kernel are orthonormal up to rounding. A QR
    decomposition makes them so, and not every backend has one for float16.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, dtype="float16")
    >>> np.array(lstm(np.ones((1, 3, 1)))).dtype.name  # (batch, timesteps, features)
    'float16'
    """
    layer = keras.layers.LSTM(units, dtype="float16")
    layer.build((1, 1, features))
    rows = widened(layer.weights[1])
    bound = 128 if units > 6 else 16
    assert_close((rows @ rows.T).astype("float16"), np.eye(units), bound=bound)


@claim("precision.bfloat-sixteen-by-default", promised="Layer, argument `dtype`")
@given(cases(timesteps=1))
def test_a_bfloat16_layer_can_be_made_with_default_initializers(case):
    """
    A layer with dtype="bfloat16" is built with its default initializers.

    Where it is not, for want of a QR decomposition in bfloat16, two ways are open:
    mixed_bfloat16, which makes the weights in float32, or another recurrent_initializer.

    >>> import keras, numpy as np
    >>> x = np.ones((1, 3, 1))  # (batch, timesteps, features)
    >>> mixed = keras.layers.LSTM(2, dtype="mixed_bfloat16")
    >>> glorot = keras.layers.LSTM(2, dtype="bfloat16", recurrent_initializer="glorot_uniform")
    >>> tuple(mixed(x).shape), tuple(glorot(x).shape)
    ((1, 2), (1, 2))
    """
    y = keras.layers.LSTM(case.units, dtype="bfloat16")(case.x)
    assert kind(y) == "bfloat16", f"the output is {kind(y)}"


@claim(
    "precision.bfloat-sixteen-glorot",
    observed="Keras 3, every backend",
    cases=4,
)
@given(cases(**varied("masked", "return_sequences", "return_state")), whole(HALVES))
def test_half_layers_can_be_made_with_glorot_initializers(case, half):
    """
    With recurrent_initializer="glorot_uniform", and else by default, a float16 or bfloat16 LSTM
    can be built and called.

    Of Keras' initializers only the orthogonal one, the default of the recurrent weights, needs a
    QR decomposition, which not every backend has in these types.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, dtype="bfloat16", recurrent_initializer="glorot_uniform")
    >>> y = lstm(np.ones((1, 3, 1)))  # (batch, timesteps, features)
    >>> bool(np.all(np.isfinite(np.array(y, "float32"))))
    True
    """
    options = {**case.options, "dtype": half, "recurrent_initializer": "glorot_uniform"}
    layer = keras.layers.LSTM(case.units, **options)
    y = to_numpy(layer(case.x, **passed(case)))
    kernel, recurrent, bias = (widened(weight) for weight in layer.weights)
    drawn = replace(case, kernel=kernel, recurrent_kernel=recurrent, bias=bias)
    assert_close(y, returned(drawn))


@claim(
    "precision.policy-object",
    promised="DTypePolicy: a name equals the policy of that name",
    cases=4,
    needs="keras.DTypePolicy",
)
@given(
    cases(**varied("masked", "use_bias", "return_sequences")),
    whole(["float32", "float16", "float64", "mixed_float16", "mixed_bfloat16"]),
)
def test_a_policy_object_equals_its_name(case, name):
    """
    As dtype, DTypePolicy("mixed_float16") gives the same LSTM as its name.

    The object says nothing that the name does not. The layer keeps it as its `dtype_policy`.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, dtype=keras.DTypePolicy("mixed_float16"))
    >>> np.array(lstm(np.ones((1, 3, 1)))).dtype.name  # (batch, timesteps, features)
    'float16'
    >>> lstm.dtype_policy.name
    'mixed_float16'
    """
    by_object = lstm(case, dtype=keras.DTypePolicy(name))
    by_name = lstm(case, dtype=name)
    y = by_object(case.x, **passed(case))
    z = by_name(case.x, **passed(case))
    assert kind(y) == kind(z), f"the output is {kind(y)}, not {kind(z)}"
    assert_same(y, z)


@claim(
    "precision.global-policy",
    promised="Layer, argument `dtype`: the default is the global policy",
    cases=4,
)
@given(cases(), whole(MIXED), whole(["float64", "mixed_bfloat16"]))
def test_the_global_policy_counts_when_the_layer_is_made(case, policy, later):
    """
    The global dtype policy counts when a layer is made, not when it is called.

    A layer keeps the policy that it was made under. An LSTM that is made with the name of a policy
    as its dtype does not ask for the global policy at all.

    >>> import keras, numpy as np
    >>> keras.mixed_precision.set_global_policy("mixed_float16")
    >>> lstm = keras.layers.LSTM(2)
    >>> keras.mixed_precision.set_global_policy("float32")
    >>> np.array(lstm(np.ones((1, 3, 1)))).dtype.name  # (batch, timesteps, features)
    'float16'
    """
    with global_policy(policy):
        layer = lstm(case)
        other = lstm(case, dtype="float32")
        model = keras.Sequential([keras.Input(case.x.shape[1:]), other])
    with global_policy(later):
        y = layer(case.x)
        z = other(case.x)
        assert_same(model(case.x), z)
    kinds = kind(y), kind(z)
    assert kinds == (policy.removeprefix("mixed_"), "float32"), f"the outputs are {kinds}"
    assert_same(y, lstm(case, dtype=policy)(case.x))


@claim(
    "precision.type-for-both",
    observed="Keras 3 on TensorFlow",
    cases=4,
)
@given(
    cases(**varied("masked", "use_bias", "return_sequences")),
    whole(["float64", "mixed_float16"]),
)
def test_an_rnn_whose_cell_has_its_type_is_an_lstm_of_that_type(case, policy):
    """
    Without dropout an RNN and its LSTMCell of one dtype compute what an LSTM of that dtype and
    those weights computes.

    LSTM hands its dtype on to its cell, RNN does not: see `wrappers.dtype-of-rnn`. If only the
    cell has the type, the output is cast to that of the RNN, by default float32.

    >>> import keras, numpy as np
    >>> for dtype in ("float32", "float64"):
    ...     rnn = keras.layers.RNN(keras.layers.LSTMCell(2, dtype="float64"), dtype=dtype)
    ...     y = np.array(rnn(np.ones((1, 3, 1))))  # (batch, timesteps, features)
    ...     print(y.dtype.name, rnn.get_weights()[0].dtype.name)
    float32 float64
    float64 float64
    """
    use_bias = case.bias is not None
    sequences = case.options["return_sequences"]
    cell = keras.layers.LSTMCell(case.units, dtype=policy, use_bias=use_bias, **UNDRAWN)
    rnn = keras.layers.RNN(cell, dtype=policy, return_sequences=sequences)
    y = with_weights(rnn, case)(case.x, **passed(case))
    z = lstm(case, dtype=policy)(case.x, **passed(case))
    exact = returned(case)
    assert kind(y) == kind(z), f"the output is {kind(y)}, not {kind(z)}"
    instead = {
        "they agree up to rounding": Rounded(exact, policy.removeprefix("mixed_"), bound=4.0),
        "they agree up to the rounding of float32": Rounded(exact, "float32"),
    }
    assert_same(y, z, instead)


@claim(
    "precision.autocast",
    observed="Keras 3: the cell, a layer of its own, casts what it is given",
    corrects="With autocast=False an LSTM computes in the type of its input.",
    cases=4,
)
@given(
    cases(**varied("use_bias", "masked", "return_sequences"), unroll=booleans()),
    whole(["float32", "mixed_float16"]),
)
def test_autocast_does_not_reach_the_cell(case, policy):
    """
    Outside training, with autocast=False, an LSTM still rounds float64 input to its own type.

    The argument stops the layer from casting, but not the cell in it, which is a layer too and
    casts each timestep by itself. The output is the same as without the argument, bit for bit.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, autocast=False)
    >>> x = np.array([[[0.1], [0.7], [0.2]]])  # (batch, timesteps, features), float64
    >>> np.array(lstm(x)).dtype.name
    'float32'
    """
    layer = lstm(case, dtype=policy, autocast=False)
    x = case.x.astype("float64") / 3
    y = layer(x, **passed(case))
    assert kind(y) == layer.compute_dtype, f"the output is {kind(y)}"
    assert_same(y, lstm(case, dtype=policy)(x, **passed(case)))


# How far rounding goes.


@claim(
    "precision.gate-functions",
    observed="Keras 3, every backend: at most 3.1 are seen",
    cases=4,
)
@given(*with_ways(st.builds(bare, st.builds(noise, just((64,)), seeds, whole([0.01, 1.0, 20.0])))))
def test_the_sigmoid_and_tanh_err_by_few_roundings(case, way):
    """
    In float32 the sigmoid and tanh of the gates err by at most 4 times 2**-23.

    The backend computes them by formulas that are fast rather than exact, so the last bits
    of a gate differ from one backend to another.

    >>> import keras, numpy as np
    >>> z = np.linspace(-20, 20, 999).astype("float32")
    >>> sigmoid, tanh = np.array(keras.activations.sigmoid(z)), np.array(keras.activations.tanh(z))
    >>> bool(np.all(np.abs(sigmoid - 1 / (1 + np.exp(-z.astype(float)))) < 4 * 2**-23))
    True
    >>> bool(np.all(np.abs(tanh - np.tanh(z.astype(float))) < 4 * 2**-23))
    True
    """
    _, _, c = way(lstm(case))(case.x, **passed(case))
    assert_close(c, equations(case).c, bound=4)


@claim(
    "precision.saturation",
    observed="Keras 3, every backend, in float32",
    corrects="A gate never opens or closes completely.",
    cases=4,
)
@given(
    *with_ways(st.builds(bare, whole([np.array([20.0, -200.0], "float32"), *ENDS]))),
)
def test_far_from_zero_the_gates_are_exactly_open_or_closed(case, way):
    """
    In float32 the sigmoid is exactly 1 from 20 on, and exactly 0 from -200 down.

    There tanh is exactly 1 and -1. So a gate can hold a number for ever, or let nothing at
    all through; and there its gradient is exactly 0.

    >>> import keras, numpy as np
    >>> z = np.array([20.0, -200.0], "float32")
    >>> [float(gate) for gate in keras.activations.sigmoid(z)]
    [1.0, 0.0]
    >>> [float(candidate) for candidate in keras.activations.tanh(z)]
    [1.0, -1.0]
    """
    _, _, c = way(lstm(case))(case.x, **passed(case))
    z = case.bias.reshape(4, -1)[1, : case.units // 2]
    assert_same(to_numpy(c)[0], np.concatenate([z > 0, np.sign(z)]))


@claim(
    "precision.few-roundings",
    observed="Keras 3, every backend, CPU",
    cases=4,
)
@given(
    *with_ways(
        cases(
            **varied("masked", "use_bias", "implementation", "return_sequences"),
            timesteps=integers(1, 8),
            features=integers(1, 5),
            units=integers(1, 5),
            state=True,
            return_state=True,
        )
    )
)
def test_small_float32_layers_err_by_few_roundings(case, way):
    """
    By default, on random weights and input within 1 and 2, 8 timesteps of 5 units and features err
    by at most 16 roundings.

    A rounding is 2**-23, about 1e-7, of 1 or of a number that is larger than 1. A given state is
    within 2 too. The weights are drawn evenly: with all of them near -1 or 1 up to 19 roundings
    were seen. A tolerance of 1e-3 would let errors pass that are no rounding.

    >>> import keras, numpy as np
    >>> lstm, double = keras.layers.LSTM(2), keras.layers.LSTM(2, dtype="float64")
    >>> x = np.array([[[1.0], [0.7], [2.0]]])  # (batch, timesteps, features)
    >>> lstm.build(x.shape)
    >>> double.build(x.shape)
    >>> double.set_weights(lstm.get_weights())
    >>> bool(np.all(np.abs(lstm(x) - np.array(double(x))) < 16 * 2**-23))
    True
    """
    assert_close(way(lstm(case))(case.x, **passed(case)), returned(case))


@claim(
    "precision.long-sequences",
    observed="Keras 3, every backend; up to 1,000 timesteps were tried",
    corrects="Rounding errors add up over the timesteps of a long sequence.",
    cases=2,
)
@given(some_large(integers(1, 4), 64), whole([64, 256]), seeds)
def test_with_default_weights_the_error_does_not_grow_with_time(units, timesteps, seed):
    """
    On input drawn evenly from -2 to 2 a new default LSTM errs by at most 16 roundings on 256
    timesteps of three features.

    The forget gate makes old errors fade as it makes old inputs fade. Where an input hardly
    changes, c may count up, and its errors with it.

    >>> import keras, numpy as np
    >>> lstm, double = keras.layers.LSTM(2), keras.layers.LSTM(2, dtype="float64")
    >>> x = np.cos(np.arange(256.0)).reshape(1, 256, 1)  # (batch, timesteps, features)
    >>> lstm.build(x.shape)
    >>> double.build(x.shape)
    >>> double.set_weights(lstm.get_weights())
    >>> bool(np.all(np.abs(lstm(x) - np.array(double(x))) < 16 * 2**-23))
    True
    """
    case = default_case(timesteps, units, seed)
    assert_close(lstm(case)(case.x), equations(case).outputs)


@claim(
    "precision.many-units",
    observed="Keras 3 on TensorFlow, CPU; up to 300 units were tried, at most 1.9 were seen",
    corrects="The more units an LSTM has, the less exact are its outputs.",
    cases=4,
)
@given(whole([16, 64, 128, 300]), seeds)
def test_with_default_weights_the_error_does_not_grow_with_units(units, seed):
    """
    A new layer of 300 units with default arguments errs in 4 timesteps by at most 16 roundings of
    1 on 3 features within 2.

    The default initializers draw the smaller weights the more there are, so that the sums that a
    gate sees, and their rounding errors, stay of one size.

    >>> import keras, numpy as np
    >>> lstm, double = keras.layers.LSTM(300), keras.layers.LSTM(300, dtype="float64")
    >>> x = np.array([[[1.0], [0.7], [2.0]]])  # (batch, timesteps, features)
    >>> lstm.build(x.shape)
    >>> double.build(x.shape)
    >>> double.set_weights(lstm.get_weights())
    >>> bool(np.all(np.abs(lstm(x) - np.array(double(x))) < 16 * 2**-23))
    True
    """
    case = default_case(4, units, seed)
    assert_close(lstm(case)(case.x), equations(case).outputs)


@claim(
    "precision.bound-from-equations",
    derived="the equations, followed operation by operation with its rounding error",
    cases=4,
)
@given(
    *with_ways(
        cases(
            **varied("batch", "features", "units"),
            timesteps=integers(1, 6),
            return_sequences=True,
        )
    ),
    whole([1.0, 100.0]),
)
def test_the_error_stays_within_what_the_equations_allow(case, way, factor):
    """
    By default, without overflow and underflow, no float32 output errs by more than a bound that
    follows from the equations.

    Each sum, product, sigmoid and tanh adds its rounding error to those that it passes on.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(1), np.array([[[2.0]]])  # (batch, timesteps, features)
    >>> lstm.build(x.shape)
    >>> lstm.set_weights([np.array([[0.1, 0.2, 0.3, 0.4]]), np.zeros((1, 4)), np.zeros(4)])
    >>> exact = np.tanh(np.tanh(0.6) / (1 + np.exp(-0.2))) / (1 + np.exp(-0.8))
    >>> bool(abs(float(lstm(x)[0, 0]) - exact) < 30 * 2**-23)
    True
    """
    case = replace(case, x=case.x * np.float32(factor))
    error = np.abs(to_numpy(way(lstm(case))(case.x)) - equations(case).outputs)
    bound = error_bound(case)
    assert np.all(error <= bound), f"errors {error} above the bound {bound}"


@claim(
    "precision.chaos",
    observed="Keras 3, every backend, in float32",
    corrects="What an LSTM computes in float32 is right to six digits.",
    cases=4,
)
@given(cases(batch=1, timesteps=40, features=1, units=32, return_sequences=True), seeds)
def test_large_recurrent_weights_make_outputs_meaningless(case, seed):
    """
    With recurrent weights drawn within 16, most default LSTMs of 32 units err by over 1 in 40
    random timesteps within 2.

    On inputs up to 100 nearly every such layer is chaotic: each timestep multiplies the errors of
    the one before it. In float64 the same happens some timesteps later.

    >>> import keras, numpy as np
    >>> large = keras.initializers.RandomUniform(-16, 16, seed=1)
    >>> lstm = keras.layers.LSTM(32, recurrent_initializer=large, return_sequences=True)
    >>> x = np.ones((1, 50, 1))  # (batch, timesteps, features)
    >>> other = x + 1e-6 * (np.arange(50) == 0)[:, None]  # the first timestep
    >>> bool(np.max(np.abs(lstm(x) - lstm(other))) > 1)
    True
    """
    one, other = (replace(case, recurrent_kernel=noise((32, 128), seed + k, 16.0)) for k in (0, 1))
    assert largest_error(one) > 1 or largest_error(other) > 1


@claim(
    "precision.backward-stable",
    observed="Keras 3, every backend; factors up to 3.2 are seen here, up to 17 in chaos",
    cases=4,
)
@given(
    *with_ways(
        cases(
            **varied("batch"),
            timesteps=integers(1, 6),
            units=sampled_from([1, 2, 4, 8, 64]),
            return_sequences=True,
        )
    ),
    integers(0, 5),
    seeds,
)
def test_float32_outputs_are_exact_for_nearly_the_same_weights(case, way, exponent, seed):
    """
    By default a few in-range float32 timesteps of up to 1,000 features err by what roundings of
    input, weights, c and h cause.

    That holds for weights of any size. If a layer is chaotic, its float32 outputs belong to
    weights that nobody can tell from those given, and nothing more can be asked of them.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(1), np.array([[[1.0]]])  # (batch, timesteps, features)
    >>> lstm.build(x.shape)
    >>> W, b = np.array([[1e6, 0.0, 1.0, 1e6]]), np.array([-1e6, 0.0, 0.0, -1e6])  # i, f, g, o
    >>> lstm.set_weights([W, np.zeros((1, 4)), b])
    >>> [round(float(lstm(y)[0, 0]), 2) for y in (x, x + 2**-23)]  # the next number after 1
    [0.18, 0.2]
    """
    case = scaled(case, 2.0**exponent)
    error = np.abs(to_numpy(way(lstm(case))(case.x)) - equations(case).outputs)
    in_responses = error / (1 + response(case, seed) / EPS)
    # Ten times the largest factor seen: three directions do not always show the worst one.
    assert_close(in_responses.astype("float32"), np.zeros(error.shape), bound=2 * ROUNDING)


# NaN and infinity.


@claim(
    "precision.nan-in-weights",
    derived="the equations: a unit's columns give its own gates",
    cases=4,
)
@given(
    *with_ways(cases(**varied("batch", "masked"), timesteps=integers(2, 3), return_sequences=True)),
    picks,
    picks,
)
def test_a_nan_weight_spoils_its_unit_and_then_all(case, way, column, pick):
    """
    By default a NaN in a unit's weights makes its first unmasked output NaN, and then those of all
    units.

    It does not matter in which of the three weights, in which row and for which gate it is. At the
    second timestep every gate of every unit reads the spoilt h.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2, return_sequences=True), np.ones((1, 3, 1))
    >>> lstm.build(x.shape)  # (batch, timesteps, features)
    >>> W, R, b = lstm.get_weights()
    >>> b[0] = np.nan  # the input gate of the first unit
    >>> lstm.set_weights([W, R, b])
    >>> np.isnan(lstm(x)[0]).tolist()
    [[True, False], [True, True], [True, True]]
    """
    column = column % (4 * case.units)
    y = to_numpy(way(lstm(spoilt(case, column, pick)))(case.x, **passed(case)))
    read = np.cumsum(np.ones(y.shape[:2]) if case.mask is None else case.mask, axis=1)[:, :, None]
    own = np.arange(case.units) == column % case.units
    assert_same(np.isnan(y), (read > 1) | (read == 1) & own)


@claim(
    "precision.closed-gate-keeps-nan",
    derived="the equations: f * c is NaN if c is NaN and f is 0",
    corrects="A forget gate that is closed clears the cell state, whatever it holds.",
    cases=4,
)
@given(
    *with_ways(cases(**varied("batch"), timesteps=1, state=True)), picks, whole([np.nan, np.inf])
)
def test_a_closed_forget_gate_does_not_forget_nan(case, way, pick, value):
    """
    Without XLA a closed forget gate does not clear a NaN from the cell state, though it multiplies
    by 0.

    Zero times NaN is NaN, and zero times infinity too. By default the NaN is in every unit at the
    next unmasked timestep, and no input brings the layer back.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.ones((1, 1, 1))  # (batch, timesteps, features)
    >>> lstm.build(x.shape)
    >>> W, R, b = lstm.get_weights()
    >>> lstm.set_weights([W, R, b - 2000 * np.array([0, 0, 1, 1, 0, 0, 0, 0])])  # f is 0
    >>> y = lstm(x, initial_state=[np.zeros((1, 2)), np.array([[np.nan, 9.0]])])
    >>> np.isnan(y).tolist()
    [[True, False]]
    """
    unit = np.arange(case.units) == pick % case.units
    spoilt_state = replace(case, c=np.where(unit, value, case.c).astype("float32"))
    y = to_numpy(way(lstm(shifted(case, f=-2000)))(case.x, **passed(spoilt_state)))
    assert_same(np.isnan(y), np.tile(unit, (case.batch, 1)))


@claim(
    "precision.nan-until-reset",
    derived="the equations, and that a stateful layer keeps its state",
    cases=4,
)
@given(
    cases(**varied("use_bias"), batch=integers(2, 3), stateful=True, unroll=whole([False, True])),
    picks,
)
def test_a_stateful_layer_stays_nan_until_it_is_reset(case, pick):
    """
    By default, after an unmasked NaN a stateful LSTM returns NaN at unmasked timesteps of that row
    until its state is replaced.

    Clean input does not help, because the state is NaN in every unit; reset_state does, and an
    initial_state.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, stateful=True)
    >>> x = np.array([[[1.0], [7.0]]])  # (batch, timesteps, features)
    >>> spoilt = [lstm(x * np.nan), lstm(x), lstm(x)]
    >>> lstm.reset_state()
    >>> [bool(np.any(np.isnan(y))) for y in (*spoilt, lstm(x))]
    [True, True, True, False]
    """
    layer = lstm(case)
    dirty = case.x.copy()
    row = pick % case.batch
    dirty[row, pick % case.timesteps, pick % case.features] = np.nan
    before = to_numpy(layer(case.x))
    layer(dirty)
    expected = np.repeat(np.arange(case.batch) == row, case.units).reshape(case.batch, -1)
    for _ in range(3):
        assert_same(np.isnan(to_numpy(layer(case.x))), expected)
    reset(layer)
    assert_same(layer(case.x), before)


@claim(
    "precision.infinite-input",
    derived="the equations: the sigmoid of infinity is 1 and of minus infinity 0",
    corrects="An infinite input makes the output of an LSTM NaN or infinite.",
    cases=4,
)
@given(
    *with_ways(
        cases(
            **varied("batch", "timesteps", "state", "use_bias"), features=1, return_sequences=True
        )
    ),
    picks,
    whole([np.inf, -np.inf]),
)
def test_an_infinite_input_saturates_the_gates(case, way, pick, infinity):
    """
    By default, with one feature and no zero in the kernel, an infinite input gives no NaN.

    It opens and closes the gates completely; in training it makes the kernel NaN. For a zero see
    `precision.infinite-times-zero`, for several features `precision.infinities-meet`.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [np.inf], [2.0]]])  # (batch, timesteps, features)
    >>> bool(np.array_equal(lstm(x), lstm(np.minimum(x, 1e30))))
    True
    """
    run = way(lstm(case))
    at = np.arange(case.timesteps)[:, None] == pick % case.timesteps
    infinite = np.where(at, infinity, case.x).astype("float32")
    huge = np.where(at, np.sign(infinity) * 1e30, case.x).astype("float32")
    y = to_numpy(run(infinite, **passed(case)))
    assert np.isfinite(y).all(), f"not finite:\n{y}"
    assert_same(y, to_numpy(run(huge, **passed(case))))


@claim(
    "precision.infinite-times-zero",
    derived="infinity times zero is NaN",
    cases=4,
)
@given(*with_ways(cases(**varied("batch", "use_bias"), timesteps=1)), picks)
def test_an_infinite_input_with_a_zero_weight_gives_nan(case, way, pick):
    """
    By default an unmasked infinite input makes a unit NaN if one of its kernel weights for it is
    zero.

    A zero weight is no shield: it keeps out every number but infinity and NaN. At the same
    timestep units with no such zero weight stay finite, if no other input has been infinite.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.array([[[np.inf]]])  # (batch, timesteps, features)
    >>> lstm.build(x.shape)
    >>> W, R, b = lstm.get_weights()
    >>> W[0, 0] = 0.0  # the input gate of the first unit
    >>> lstm.set_weights([W, R, b])
    >>> np.isnan(lstm(x)).tolist()
    [[True, False]]
    """
    zero = np.arange(4 * case.units) == pick % (4 * case.units)
    feature = np.arange(case.features) == pick % case.features
    kernel = np.where(feature[:, None] & zero, 0, case.kernel).astype("float32")
    x = np.where(feature, np.inf, case.x).astype("float32")
    y = to_numpy(way(lstm(replace(case, kernel=kernel)))(x))
    unit = zero.reshape(4, case.units).any(axis=0)
    assert_same(np.isnan(y), np.tile(unit, (case.batch, 1)))


@claim(
    "precision.infinities-meet",
    derived="infinity minus infinity is NaN",
    cases=4,
)
@given(*with_ways(cases(**varied("batch", "use_bias"), features=2, timesteps=1)), picks, booleans())
def test_infinite_features_of_unlike_weights_give_nan(case, way, pick, opposite):
    """
    By default two plus infinities in an unmasked timestep make a unit NaN if its weights for them
    differ in sign at a gate.

    One gate is enough for NaN, since each has a part in the output. With like signs at all four
    gates the infinities only saturate the unit.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.array([[[np.inf, np.inf]]])
    >>> lstm.build(x.shape)  # (batch, timesteps, features)
    >>> W, R, b = lstm.get_weights()
    >>> W[1] = np.array([-1, 1, 1, 1, 1, 1, 1, 1]) * W[0]  # i of the first unit differs
    >>> lstm.set_weights([W, R, b])
    >>> np.isnan(lstm(x)).tolist()
    [[True, False]]
    """
    unlike = np.arange(4 * case.units) == pick % (4 * case.units)
    sign = -1 if opposite else 1
    kernel = case.kernel[:1] * np.where(unlike, [[1], [-sign]], [[1], [sign]]).astype("float32")
    x = np.tile(np.array([np.inf, sign * np.inf], "float32"), (case.batch, 1, 1))
    y = to_numpy(way(lstm(replace(case, kernel=kernel)))(x))
    unit = unlike.reshape(4, case.units).any(axis=0)
    assert_same(np.isnan(y), np.tile(unit, (case.batch, 1)))


@claim(
    "precision.overflow-ends-in-nan",
    derived="the equations: relu passes infinity on to h, and tanh makes it 1",
    corrects="NaN from an LSTM with relu come from the data, or from its outputs' sign.",
    cases=4,
)
@given(
    *with_ways(
        cases(
            **varied("batch", "use_bias"),
            timesteps=2,
            units=integers(2, 4),
            state=True,
            return_sequences=True,
        )
    )
)
def test_with_relu_an_overflow_becomes_nan(case, way):
    """
    With relu and sigmoid two overflowing units give NaN at the next valid timestep where their
    recurrent weights differ in sign.

    Their h is infinite, and infinity minus infinity is NaN. With tanh and sigmoid h does not
    overflow.

    >>> import keras, numpy as np
    >>> x, h, c = np.ones((1, 2, 1)), np.zeros((1, 2)), np.full((1, 2), np.inf)
    >>> for activation in ("relu", "tanh"):
    ...     lstm = keras.layers.LSTM(2, activation=activation)
    ...     lstm.build(x.shape)  # (batch, timesteps, features)
    ...     lstm.set_weights([np.ones((1, 4 * 2)), np.ones((2, 8)) * [[1], [-1]], np.ones(8)])
    ...     print(np.isnan(lstm(x, initial_state=[h, c])).tolist())
    [[True, True]]
    [[False, False]]
    """
    opposed = np.concatenate([case.recurrent_kernel[:1] * [[1], [-1]], case.recurrent_kernel[2:]])
    infinite = np.full(case.c.shape, np.inf, "float32")
    case = replace(case, recurrent_kernel=opposed.astype("float32"), c=infinite)
    relu, tanh = (
        to_numpy(way(lstm(case, activation=name))(case.x, **passed(case)))
        for name in ("relu", "tanh")
    )
    assert np.isinf(relu[:, 0]).all(), f"no overflow:\n{relu}"
    assert np.isnan(relu[:, 1]).all(), f"no NaN:\n{relu}"
    assert np.isfinite(tanh).all(), f"not finite:\n{tanh}"


# Numbers near zero.


@claim(
    "precision.tiny-numbers",
    derived="the equations: what is too small for float32 becomes zero, and zero is harmless",
    corrects="With tanh numbers get ever smaller, until an LSTM returns NaN.",
    cases=4,
)
@given(
    *with_ways(cases(**varied("batch", "masked"), return_sequences=True)),
    whole([0, 9, 18, 27, 36, 38, 40, 45]),
)
def test_numbers_that_are_too_small_do_no_harm(case, way, exponent):
    """
    By default, however small weights and input both are, outputs err by at most 16 roundings of 1,
    and are not NaN.

    Where numbers underflow they become subnormal or zero, which does no harm.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x = np.array([[[1e-30], [1e-40], [1e-45]]])  # (batch, timesteps, features)
    >>> bool(np.all(np.abs(lstm(x)) < 1e-30))
    True
    """
    tiny = np.float32(10.0**-exponent)
    weights = [weight * tiny for weight in case.weights]
    case = replace(case, x=case.x * tiny, kernel=weights[0], recurrent_kernel=weights[1])
    case = replace(case, bias=weights[2])
    assert_close(way(lstm(case))(case.x, **passed(case)), equations(case).outputs)


@claim(
    "precision.subnormals",
    observed="Keras 3 on TensorFlow, CPU",
    corrects="TensorFlow computes with every number that float32 can hold.",
    cases=4,
)
@given(
    cases(**varied("use_bias"), unroll=booleans()),
    whole([("float32", 1e-40), ("float64", 1e-310)]),
)
def test_subnormal_input_is_zero(case, tiny):
    """
    On TensorFlow and a CPU a float32 LSTM reads a subnormal input, such as 1e-40, as zero.

    TensorFlow sets the processor to do so, for speed. It shows where a huge weight would bring the
    number back to an ordinary size.

    >>> import keras, numpy as np
    >>> large = keras.initializers.Constant(1e38)
    >>> lstm = keras.layers.LSTM(2, kernel_initializer=large)
    >>> x = np.array([[[1e-37]]])  # (batch, timesteps, features), times 1e38 is 10
    >>> [bool(np.array_equal(lstm(y), lstm(0 * y))) for y in (x, x / 1000)]
    [False, True]
    """
    dtype, factor = tiny
    x = np.sign(case.x) * (1.0 + np.abs(case.x) / 2.0)
    x = x.astype(float) * factor  # between 1 and 2 times as large; times 1000 no longer subnormal
    case = replace(case, kernel=case.kernel.astype(float) * (1e-4 / factor))
    layer = lstm(case, dtype=dtype)
    thousandfold, zero = (to_numpy(layer((k * x).astype(dtype))) for k in (1000.0, 0.0))
    assert np.any(thousandfold != zero), "an input a thousand times as large is read as zero too"
    instead = {"subnormal numbers are read": equations(replace(case, x=x.astype(dtype))).h}
    assert_same(layer(x.astype(dtype)), zero, instead)


@claim(
    "precision.layer-as-activation",
    derived="an activation is a function, whatever the type of its numbers",
    cases=4,
)
@given(
    cases(**varied("units")),
    whole(["elu", "relu", "silu"]),
    whole(["float64", "float16", "mixed_float16"]),
)
def test_a_layer_is_an_activation_in_every_type(case, name, dtype):
    """
    A layer Activation, ELU or ReLU serves as the activation of an LSTM of another dtype than
    float32.

    Until it does, give that layer the LSTM's dtype, or take the name of a function, such as
    "elu".

    >>> import keras, numpy as np
    >>> elu, x = keras.layers.ELU(dtype="float64"), np.ones((1, 3, 1))
    >>> y = keras.layers.LSTM(2, dtype="float64", activation=elu)(x)
    >>> y.dtype.name if hasattr(y.dtype, "name") else y.dtype
    'float64'
    """
    kinds = {"elu": keras.layers.ELU, "relu": keras.layers.ReLU}
    activation = kinds[name]() if name in kinds else keras.layers.Activation(name)
    x = case.x.astype("float16" if "16" in dtype else dtype)
    expected = to_numpy(lstm(case, dtype=dtype, activation=name)(x))
    assert_close(lstm(case, dtype=dtype, activation=activation)(x), expected)
