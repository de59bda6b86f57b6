"""Symmetries: what can be exchanged, joined or taken apart without changing what is computed.

A symmetry is a change that makes no difference. Give the units of an LSTM other places, along with
their rows and columns in the weights: it computes the same, and only its outputs stand in other
places. So "the third unit" means nothing in itself. No unit belongs to a timestep, to a feature or
to a place in the sequence. The features have no order either, nor have the samples of a batch,
which do not meet at all. Timesteps are the exception: what is read later changes what was kept
before.

Units meet in the recurrent kernel alone, unless an activation takes them together, as softmax does.
Where that kernel consists of blocks, one layer is several layers side by side; and a layer can be
widened without a change to what it computes.

Such laws are good tests of another LSTM too, one that you port or write: they need no numbers to
compare with, only the layer itself, called twice.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis.strategies import integers
from numpy.typing import NDArray

from lstm_spec.claims import claim
from lstm_spec.harness.reference import equations, returned
from lstm_spec.harness.strategies import (
    SIZES,
    Array,
    Case,
    cases,
    noise,
    permutation,
    picks,
    seeds,
    several,
    some_large,
    varied,
    weights_of,
    whole,
)
from lstm_spec.harness.subject import as_states, lstm, passed, to_numpy
from lstm_spec.harness.tolerance import assert_close, assert_differs, assert_same
from lstm_spec.harness.ways import with_ways

FREE = ("implementation", "go_backwards", "dtype")
"""What the sentences of this chapter do not fix."""
any_cases = cases(**varied(*SIZES, *FREE, "masked"), return_sequences=True)
"""Cases of any size, with or without a mask."""


def columns(units: Any, case: Case) -> NDArray[np.int64]:
    """Return the columns that belong to some units: one in each of the four gates."""
    return np.ravel(np.add.outer(np.arange(4) * case.units, units))


def beside(one: Array, other: Array) -> Array:
    """Put weights of U and of V units side by side, gate by gate: (..., 4U + 4V)."""
    gates = zip(np.split(one, 4, axis=-1), np.split(other, 4, axis=-1), strict=True)
    return np.concatenate([part for gate in gates for part in gate], axis=-1)


def diagonal(one: Array, other: Array) -> Array:
    """Put the weights of two layers on the diagonal of each gate, with zeros beside them."""
    above = beside(one, np.zeros((len(one), other.shape[1]), np.float32))
    below = beside(np.zeros((len(other), one.shape[1]), np.float32), other)
    return np.concatenate([above, below])


def another(case: Case, features: int, units: int, seed: int) -> Case:
    """Make a second layer with an input of its own, of as many samples and timesteps."""
    x = noise((case.batch, case.timesteps, features), seed + 1)
    return replace(case, x=x, **weights_of(features, units, seed))


def with_columns(case: Case, unit: int, weights: Array) -> Case:
    """Replace the columns of a unit in the three weights, by (F + U + 1, 4) numbers."""
    new = np.vstack(case.weights)
    new[:, columns(unit, case)] = weights
    return replace(
        case,
        kernel=new[: case.features],
        recurrent_kernel=new[case.features : -1],
        bias=new[-1],
    )


def all_but(size: int, one: int) -> NDArray[np.int64]:
    """Return the whole numbers below size, without one of them."""
    return np.delete(np.arange(size), one)


# What has no order.


@claim(
    "symmetry.units",
    derived="the equations: a sum over the units has no order",
    corrects="The units stand in the order of time, each for one timestep.",
    cases=4,
)
@given(*with_ways(any_cases), seeds)
def test_permuting_units_permutes_outputs(case, way, seed):
    """
    Without state and activations that mix units, permuting an LSTM's units permutes its outputs,
    up to rounding.

    Unit 3 is not beside unit 4, and neither stands for a timestep or a feature.

    >>> import keras, numpy as np
    >>> one, other = keras.layers.LSTM(2), keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y, z = one(x), other(x)
    >>> kernel, recurrent, bias = one.get_weights()
    >>> swap = [1, 0, 3, 2, 5, 4, 7, 6]  # two units, in each of the four gates
    >>> other.set_weights([kernel[:, swap], recurrent[[1, 0]][:, swap], bias[swap]])
    >>> bool(np.allclose(other(x), np.array(one(x))[:, [1, 0]]))
    True
    """
    order = permutation(case.units, seed)
    permuted = replace(
        case,
        kernel=case.kernel[:, columns(order, case)],
        recurrent_kernel=case.recurrent_kernel[order][:, columns(order, case)],
        bias=case.bias[columns(order, case)],
    )
    expected = returned(case)
    assert_close(way(lstm(case))(case.x, **passed(case)), expected)
    assert_close(way(lstm(permuted))(case.x, **passed(case)), expected[:, :, order])


@claim(
    "symmetry.features",
    derived="the equations: a sum over the features has no order",
    cases=4,
)
@given(*with_ways(any_cases), seeds)
def test_permuting_features_with_their_weights_changes_nothing(case, way, seed):
    """
    Without dropout and overflow, permuting features and kernel rows alike changes the output by
    rounding only.

    Neighbouring features have nothing to do with each other: any order of the columns of a data
    set serves, if it is the same in training and after.

    >>> import keras, numpy as np
    >>> one, other = keras.layers.LSTM(2), keras.layers.LSTM(2)
    >>> x = np.array([[[1.0, 4.0], [7.0, 5.0]]])  # (batch, timesteps, features)
    >>> y, z = one(x), other(x)
    >>> kernel, recurrent, bias = one.get_weights()
    >>> other.set_weights([kernel[::-1], recurrent, bias])
    >>> bool(np.allclose(other(x[:, :, ::-1]), one(x)))
    True
    """
    order = permutation(case.features, seed)
    permuted = replace(case, kernel=case.kernel[order])
    assert_close(way(lstm(case))(case.x, **passed(case)), returned(case))
    assert_close(way(lstm(permuted))(case.x[:, :, order], **passed(case)), returned(case))


@claim(
    "symmetry.batch",
    derived="the equations: they hold for each sample alone",
    cases=4,
)
@given(*with_ways(any_cases), seeds)
def test_permuting_samples_permutes_outputs(case, way, seed):
    """
    Without state and dropout, permuting samples and their masks permutes an LSTM's outputs, up to
    rounding.

    The batch is a set of sequences that are computed at the same time, not one after the
    other. A stateful layer remembers by position; dropout draws a mask for each position.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [7.0]], [[2.0], [5.0]], [[3.0], [4.0]]])  # 3 samples, 2 timesteps
    >>> order = [2, 0, 1]
    >>> bool(np.allclose(lstm(x[order]), np.array(lstm(x))[order]))
    True
    """
    order = permutation(case.batch, seed)
    run = way(lstm(case))
    expected = returned(case)
    assert_close(run(case.x, **passed(case)), expected)
    permuted = {name: value[order] for name, value in passed(case).items()}
    assert_close(run(case.x[order], **permuted), expected[order])


@claim(
    "symmetry.timesteps",
    derived="the equations: a timestep reads the state that the ones before it left",
    corrects="Input vector k goes to unit k, so units and timesteps are the same thing.",
    cases=4,
)
@given(
    *with_ways(cases(**varied("batch", "features", "units"), timesteps=several, dtype="float64")),
    picks,
)
def test_rotating_timesteps_changes_outputs(case, way, pick):
    """
    Rotating the timesteps of a sequence changes its output as a rule, whatever the units' order.

    Each timestep reads the state that the ones before it left. Timesteps that are all equal are an
    exception.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [-1.0], [2.0]]])  # (batch, timesteps, features)
    >>> y, z = np.array(lstm(x)), np.array(lstm(x[:, [1, 2, 0]]))
    >>> bool(np.allclose(y, z)), bool(np.allclose(y[:, ::-1], z))
    (False, False)
    """
    rotated = np.roll(case.x, 1 + pick % (case.timesteps - 1), axis=1)
    run = way(lstm(case))
    y = to_numpy(run(case.x))
    z = to_numpy(run(rotated))
    assert_close(y, equations(case).h)
    assert_differs(np.sort(z), np.sort(y))


# Changes that make no difference.


@claim(
    "symmetry.zero-kernel",
    derived="the equations: the input counts only through the kernel",
    cases=4,
)
@given(*with_ways(any_cases), seeds, some_large(integers(0, 1), 30))
def test_zero_kernel_ignores_the_input(case, way, seed, power):
    """
    Outside training and with one mask, under a kernel of zeros no values finite in the layer's type
    change a bit of the output.

    From the same state, that is. What is left is a layer that runs on its biases, its own state and
    the mask, if there is one. NaN and infinity get through: 0 times either is NaN.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, kernel_initializer="zeros", bias_initializer="ones")
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> bool(np.array_equal(lstm(x), lstm(-5 * x)))
    True
    """
    run = way(lstm(replace(case, kernel=np.zeros_like(case.kernel))))
    other = noise(case.x.shape, seed) * np.float32(10.0**power)
    assert_same(run(other, **passed(case)), run(case.x, **passed(case)))


@claim(
    "symmetry.zero-row",
    derived="the equations: a feature is multiplied by its kernel row",
    cases=4,
)
@given(*with_ways(any_cases), picks, seeds)
def test_feature_with_a_zero_kernel_row_is_not_there(case, way, pick, seed):
    """
    Without Masking, a finite feature whose kernel row is zero changes an LSTM's output by rounding
    only.

    So a trained layer can be given another feature: insert a row of zeros into its kernel, and it
    computes as before until it is trained further. Fill missing values first: 0 times NaN is NaN.

    >>> import keras, numpy as np
    >>> lstm, wider = keras.layers.LSTM(2), keras.layers.LSTM(2)
    >>> x = np.array([[[1.0, 4.0], [7.0, 5.0]]])  # (batch, timesteps, features)
    >>> y, z = lstm(x[:, :, :1]), wider(x)
    >>> kernel, recurrent, bias = lstm.get_weights()
    >>> wider.set_weights([np.append(kernel, np.zeros((1, 8)), axis=0), recurrent, bias])
    >>> bool(np.allclose(wider(x), lstm(x[:, :, :1])))
    True
    """
    place = pick % (case.features + 1)
    more = noise((case.batch, case.timesteps), seed, scale=9.0)
    x = np.insert(case.x, place, more, axis=2)
    wider = replace(case, x=x, kernel=np.insert(case.kernel, place, 0.0, axis=0))
    assert_close(way(lstm(wider))(x, **passed(case)), returned(case))
    assert_close(way(lstm(case))(case.x, **passed(case)), returned(case))


@claim(
    "symmetry.scaling",
    derived="the equations: only the product of feature and kernel counts",
    cases=4,
)
@given(*with_ways(any_cases), picks, some_large(integers(-9, 9), -60, 60))
def test_scaling_a_feature_against_its_kernel_row_changes_nothing(case, way, pick, power):
    """
    Without Masking, scaling a feature by 2**k and its kernel row by 2**-k, k whole, changes no bit
    within the type's range.

    The range is that of the compute dtype's normal numbers: no overflow, and no subnormal number.
    So the unit of measurement of a feature can move into the kernel; by another factor too, up to
    rounding. Training is affected, because a kernel row's gradient grows with its feature.

    >>> import keras, numpy as np
    >>> one, other = keras.layers.LSTM(2), keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y, z = one(x), other(x)
    >>> kernel, recurrent, bias = one.get_weights()
    >>> other.set_weights([kernel / 1024, recurrent, bias])
    >>> bool(np.array_equal(other(1024 * x), one(x)))
    True
    """
    scale = np.ones(case.features, np.float32)
    scale[pick % case.features] = 2.0**power
    scaled = replace(case, kernel=case.kernel / scale[:, None])
    expected = way(lstm(case))(case.x, **passed(case))
    assert_close(expected, returned(case))
    assert_same(way(lstm(scaled))(case.x * scale, **passed(case)), expected)


@claim(
    "symmetry.sign",
    derived="the equations: tanh is odd, and the gates see the unit by its row",
    cases=4,
)
@given(*with_ways(any_cases), picks)
def test_sign_of_a_unit_is_a_convention(case, way, pick):
    """
    With tanh and from zero states, negating a unit's candidate weights and its row of the
    recurrent kernel negates its output.

    That is because tanh is odd. So the sign of a unit means nothing by itself: a unit that falls
    where that of another layer rises may do the same thing.

    >>> import keras, numpy as np
    >>> one, other = keras.layers.LSTM(1), keras.layers.LSTM(1)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y, z = one(x), other(x)
    >>> sign = np.array([1, 1, -1, 1])  # the candidate g of gates i, f, g, o
    >>> kernel, recurrent, bias = one.get_weights()
    >>> other.set_weights([kernel * sign, -recurrent * sign, bias * sign])
    >>> bool(np.allclose(other(x), -np.array(one(x))))
    True
    """
    sign = np.where(np.arange(case.units) == pick % case.units, -1, 1).astype(np.float32)
    one = np.ones_like(sign)
    g = np.concatenate([one, one, sign, one])
    recurrent = sign[:, None] * case.recurrent_kernel * g
    negated = replace(case, kernel=case.kernel * g, recurrent_kernel=recurrent, bias=case.bias * g)
    assert_close(way(lstm(case))(case.x, **passed(case)), returned(case))
    assert_close(way(lstm(negated))(case.x, **passed(case)), returned(case) * sign)


@claim(
    "symmetry.twins",
    derived="the equations: a unit is made from its own columns",
    cases=8,
)
@given(
    *with_ways(
        cases(
            **varied("batch", "timesteps", "features", *FREE, "masked"),
            units=some_large(integers(2, 4), 65),
            return_sequences=True,
        )
    ),
    seeds,
)
def test_twin_units_stay_twins(case, way, seed):
    """
    By default units of equal columns and initial states give equal outputs, but for rounding.

    Nothing tells them apart: their rows of the recurrent kernel only say how they act on others.
    That is why weights begin at random.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_sequences=True)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y = lstm(x)
    >>> twins = [0, 0, 2, 2, 4, 4, 6, 6]  # unit 1 as unit 0, in each of the four gates
    >>> lstm.set_weights([weight[..., twins] for weight in lstm.get_weights()])
    >>> y = np.array(lstm(x))
    >>> bool(np.allclose(y[:, :, 0], y[:, :, 1]))
    True
    """
    one, other = permutation(case.units, seed)[:2]
    layer = lstm(case)
    twins = np.arange(case.units)
    twins[other] = one
    layer.set_weights([weight[..., columns(twins, case)] for weight in case.weights])
    y = to_numpy(way(layer)(case.x, **passed(case)))
    assert_close(y[:, :, other], y[:, :, one])


# Layers side by side.


@claim(
    "symmetry.side-by-side",
    derived="the equations: what a weight of zero joins is not connected",
    cases=4,
)
@given(*with_ways(any_cases), integers(1, 3), integers(1, 3), seeds)
def test_block_diagonal_layer_is_two_layers(case, way, features, units, seed):
    """
    Without dropout, Masking and activations that mix units, an LSTM of kernels block-diagonal in
    each gate is two LSTMs.

    Each block of units reads its own features and its own past. Softmax, log_softmax and sparsemax
    mix units.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_sequences=True)
    >>> x = np.array([[[1.0, 4.0], [7.0, 5.0]]])  # (batch, timesteps, features)
    >>> y, (kernel, recurrent, bias) = lstm(x), lstm.get_weights()
    >>> blocks = np.tile(np.eye(2), 4)  # feature 0 for unit 0, feature 1 for unit 1
    >>> lstm.set_weights([kernel * blocks, recurrent * blocks, bias])
    >>> other = lstm(x * [1.0, -3.0])  # another feature 1
    >>> bool(np.allclose(lstm(x)[:, :, 0], other[:, :, 0]))
    True
    """
    second = another(case, features, units, seed)
    joint = replace(
        case,
        x=np.concatenate([case.x, second.x], axis=2),
        kernel=diagonal(case.kernel, second.kernel),
        recurrent_kernel=diagonal(case.recurrent_kernel, second.recurrent_kernel),
        bias=beside(case.bias, second.weights[-1]),
    )
    assert_close(way(lstm(case))(case.x, **passed(case)), returned(case))
    expected = np.concatenate([returned(case), returned(second)], axis=2)
    assert_close(way(lstm(joint))(joint.x, **passed(case)), expected)


@claim(
    "symmetry.concatenation",
    derived="the equations: what a weight of zero joins is not connected",
    cases=4,
)
@given(*with_ways(any_cases), integers(1, 3), seeds)
def test_concatenated_layers_are_a_wider_layer_with_zeros(case, way, units, seed):
    """
    By default two LSTMs on one input are one wider LSTM with a recurrent kernel that is
    block-diagonal in each gate.

    They read one input side by side. The wide layer has more: the weights by which each half reads
    the past of the other. Two layers of U units have 8 U * U recurrent weights, one of 2U units
    has 16 U * U.

    >>> import keras, numpy as np
    >>> wide, half, x = keras.layers.LSTM(2), keras.layers.LSTM(1), np.ones((1, 3, 4))
    >>> y, z = wide(x), half(x)
    >>> kernel, recurrent, bias = wide.get_weights()
    >>> recurrent = recurrent * np.tile(np.eye(2), 4)  # a diagonal in each of the four gates
    >>> wide.set_weights([kernel, recurrent, bias])
    >>> half.set_weights([kernel[:, ::2], recurrent[:1, ::2], bias[::2]])  # unit 0 of each gate
    >>> bool(np.allclose(np.array(wide(x))[:, :1], half(x)))
    True
    """
    second = replace(another(case, case.features, units, seed), x=case.x)
    wide = replace(
        case,
        kernel=beside(case.kernel, second.kernel),
        recurrent_kernel=diagonal(case.recurrent_kernel, second.recurrent_kernel),
        bias=beside(case.bias, second.weights[-1]),
    )
    assert_close(way(lstm(case))(case.x, **passed(case)), returned(case))
    expected = np.concatenate([returned(case), returned(second)], axis=2)
    assert_close(way(lstm(wide))(case.x, **passed(case)), expected)


@claim(
    "symmetry.widening",
    derived="the equations: a unit acts on others only by its recurrent row",
    cases=4,
)
@given(*with_ways(any_cases), integers(1, 3), seeds)
def test_new_units_with_zero_rows_leave_the_old_ones_alone(case, way, units, seed):
    """
    Unless activations mix units, new units of an LSTM that no old unit reads change old ones by
    rounding only.

    An old unit does not read a new one whose weights for it in the recurrent kernel are zero. What
    the new units read does not matter, so a trained layer can be widened and computes as before.
    Softmax, log_softmax and sparsemax mix units.

    >>> import keras, numpy as np
    >>> lstm, wider, x = keras.layers.LSTM(1), keras.layers.LSTM(2), np.ones((1, 3, 4))
    >>> y, z, new = lstm(x), wider(x), wider.get_weights()
    >>> for array, old in zip(new, lstm.get_weights()):
    ...     array[..., ::2] = old  # unit 0 of each gate
    >>> new[1][1, ::2] = 0.0  # from unit 1 into unit 0
    >>> wider.set_weights(new)
    >>> bool(np.allclose(wider(x)[:, :1], y))
    True
    """
    new = another(case, case.features, units, seed)
    down = noise((case.units, 4 * units), seed + 2)
    below = beside(np.zeros((units, 4 * case.units), np.float32), new.recurrent_kernel)
    wider = replace(
        case,
        kernel=beside(case.kernel, new.kernel),
        recurrent_kernel=np.concatenate([beside(case.recurrent_kernel, down), below]),
        bias=beside(case.bias, new.weights[-1]),
    )
    assert_close(way(lstm(case))(case.x, **passed(case)), returned(case))
    outputs = way(lstm(wider))(case.x, **passed(case))
    assert_close(outputs[:, :, : case.units], returned(case))


many_samples = cases(
    **varied("timesteps", "features", "units", *FREE, "masked"),
    batch=some_large(integers(2, 4), 33),
    return_sequences=True,
)
"""Cases of two samples or more."""


# Samples do not meet.


@claim(
    "symmetry.samples",
    derived="the equations: they hold for each sample alone",
    corrects="The samples of a batch are read as one long sequence.",
    cases=8,
)
@given(*with_ways(many_samples), picks, seeds)
def test_samples_do_not_meet(case, way, pick, seed):
    """
    From zero states, without dropout, changing one sample of an LSTM's input changes no bit of the
    others' outputs.

    Each sample has a state of its own, which begins at zero. They share the weights, and nothing
    else.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [7.0]], [[2.0], [5.0]], [[3.0], [4.0]]])  # 3 samples, 2 timesteps
    >>> other = np.array([[[1.0], [7.0]], [[-9.0], [9.0]], [[3.0], [4.0]]])
    >>> bool(np.array_equal(np.array(lstm(x))[[0, 2]], np.array(lstm(other))[[0, 2]]))
    True
    """
    changed = pick % case.batch
    other = case.x.copy()
    run = way(lstm(case))
    other[changed] = noise(other[changed].shape, seed)
    kept = all_but(case.batch, changed)
    y = to_numpy(run(case.x, **passed(case)))
    assert_close(y, returned(case))
    assert_same(to_numpy(run(other, **passed(case)))[kept], y[kept])


@claim(
    "symmetry.nan",
    derived="the equations: they hold for each sample alone",
    cases=4,
)
@given(*with_ways(many_samples), picks, picks, whole([np.nan, np.inf, -np.inf]))
def test_nan_stays_in_its_sample(case, way, sample, step, value):
    """
    By default NaN or infinity in one sample of an LSTM's input changes no bit of the others'
    outputs.

    Training is another matter: the gradients of a batch are summed, and one NaN may spoil the
    weights for all.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [7.0]], [[2.0], [np.nan]]])  # two samples, two timesteps
    >>> np.isfinite(lstm(x)).tolist()
    [[True, True], [False, False]]
    """
    spoilt = sample % case.batch
    other = case.x.copy()
    run = way(lstm(case))
    other[spoilt, step % case.timesteps] = value
    kept = all_but(case.batch, spoilt)
    y = to_numpy(run(case.x, **passed(case)))
    assert_same(to_numpy(run(other, **passed(case)))[kept], y[kept])


@claim(
    "symmetry.batch-parts",
    derived="the equations: they hold for each sample alone",
    corrects="A model predicts only in batches of the size in which it was trained.",
    cases=4,
)
@given(*with_ways(many_samples), picks)
def test_batch_equals_its_parts(case, way, pick):
    """
    Without state and dropout, an LSTM gives the same on a batch as on its parts, up to rounding.

    In prediction the batch size is a matter of memory and speed. Rounding differs, because
    matrices of another size are multiplied in another order: see `precision.chaos`.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [7.0]], [[2.0], [5.0]], [[3.0], [4.0]]])  # 3 samples, 2 timesteps
    >>> one_by_one = [lstm(x[k : k + 1])[0] for k in range(3)]
    >>> bool(np.allclose(lstm(x), np.stack(one_by_one)))
    True
    """
    cut = 1 + pick % (case.batch - 1)
    run = way(lstm(case))
    expected = returned(case)
    assert_close(run(case.x, **passed(case)), expected)
    for part in (slice(cut), slice(cut, None)):
        given_part = {name: value[part] for name, value in passed(case).items()}
        assert_close(run(case.x[part], **given_part), expected[part])


# Where units meet.


@claim(
    "symmetry.every-feature",
    derived="the equations: every gate of every unit has a weight for every feature",
    corrects="Feature k goes to unit k, so there are as many units as features.",
    cases=8,
)
@given(
    *with_ways(
        cases(
            **varied("batch", "features", "use_bias", "go_backwards", "implementation"),
            timesteps=integers(1, 5),
            units=some_large(integers(1, 4), 65),
            dtype="float64",
        )
    ),
    picks,
    picks,
)
def test_every_feature_reaches_every_unit(case, way, step, feature):
    """
    By default, without rounding, masks and zero weights, every feature acts on every unit.

    From a timestep to the units the layer is fully connected, like a Dense layer. The numbers of
    features and units are independent.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(5)  # five units read two features
    >>> x = np.array([[[1.0, 0.5], [0.2, 0.4]]])  # (batch, timesteps, features)
    >>> steps = np.eye(4).reshape(4, 1, 2, 2)  # one for each feature of each timestep
    >>> [bool(np.all(np.not_equal(lstm(x + step), lstm(x)))) for step in steps]
    [True, True, True, True]
    """
    run = way(lstm(case))
    other = case.x.copy()
    other[:, step % case.timesteps, feature % case.features] += 1.0
    assert_differs(run(other), run(case.x), everywhere=True)


@claim(
    "symmetry.every-h",
    derived="the equations: every gate of every unit has a weight for every h",
    cases=8,
)
@given(
    *with_ways(
        cases(**varied("batch", "features", "units"), timesteps=1, state=True, dtype="float64"),
        "float64",
    ),
    picks,
)
def test_every_unit_of_h_reaches_every_unit(case, way, pick):
    """
    By default, with finite numbers and without rounding, masks and zero weights, each unit's
    initial h acts on every unit.

    The recurrent kernel connects each unit to all, so one timestep is enough for what one
    unit put out to reach the others.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.ones((1, 1, 3))  # (batch, timesteps, features)
    >>> h, c = np.array([[0.5, 0.5]]), np.array([[0.3, 0.4]])
    >>> other = np.array([[0.5, -0.5]])  # another unit 1
    >>> y, z = lstm(x, initial_state=[h, c]), lstm(x, initial_state=[other, c])
    >>> bool(np.all(np.not_equal(y, z)))
    True
    """
    run = way(lstm(case))
    h = case.h.copy()
    h[:, pick % case.units] += 1.0
    y = run(case.x, initial_state=as_states(case.state, "float64"))
    z = run(case.x, initial_state=as_states([h, case.c], "float64"))
    assert_differs(z, y, everywhere=True)


@claim(
    "symmetry.own-c",
    derived="the equations: c meets only the gates of its own unit",
    cases=8,
)
@given(
    *with_ways(
        cases(
            **varied("batch", "features"),
            timesteps=1,
            units=some_large(integers(2, 4), 65),
            state=True,
            dtype="float64",
        ),
        "float64",
    ),
    picks,
)
def test_cell_state_of_a_unit_reaches_only_that_unit(case, way, pick):
    """
    In one timestep, without activations that mix units, a unit of the initial c acts on no unit's
    output but its own.

    The cell state is multiplied and added to unit by unit, and no gate reads it. What a unit
    remembers gets to the others one timestep later, by its h. Log_softmax and sparsemax mix units
    as softmax does.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.ones((1, 1, 3))  # (batch, timesteps, features)
    >>> h, c = np.array([[0.5, 0.5]]), np.array([[0.3, 0.4]])
    >>> other = np.array([[0.3, -0.4]])  # another unit 1
    >>> y, z = lstm(x, initial_state=[h, c]), lstm(x, initial_state=[h, other])
    >>> np.equal(y, z).tolist()
    [[True, False]]
    """
    unit = pick % case.units
    c = case.c.copy()
    run = way(lstm(case))
    c[:, unit] += 1.0
    y = to_numpy(run(case.x, initial_state=as_states(case.state, "float64")))
    z = to_numpy(run(case.x, initial_state=as_states([case.h, c], "float64")))
    kept = all_but(case.units, unit)
    assert_differs(z[:, unit], y[:, unit], everywhere=True)
    assert_same(z[:, kept], y[:, kept])


@claim(
    "symmetry.own-columns",
    derived="the equations: a unit is made from its own columns",
    cases=8,
)
@given(
    *with_ways(
        cases(
            **varied("batch", "features", "implementation", "state"),
            timesteps=1,
            units=some_large(integers(2, 4), 65),
        )
    ),
    picks,
    seeds,
)
def test_timestep_of_a_unit_uses_only_its_own_columns(case, way, pick, seed):
    """
    In one timestep, without activations that mix units, a unit's columns change no bit of another
    unit's output.

    A unit has four columns, one a gate, in each of the weights. They say what it reads; what
    it does to the others stands in its row of the recurrent kernel. Softmax mixes units.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.ones((1, 1, 3))  # (batch, timesteps, features)
    >>> before = np.array(lstm(x))
    >>> new = lstm.get_weights()
    >>> for weight in new:
    ...     weight[..., 1::2] += 1.0  # the columns of unit 1, one in each gate
    >>> lstm.set_weights(new)
    >>> np.equal(before, lstm(x)).tolist()
    [[True, False]]
    """
    unit = pick % case.units
    layer = lstm(case)
    new = noise((case.features + case.units + 1, 4), seed)
    y = to_numpy(way(layer)(case.x, **passed(case)))
    kept = all_but(case.units, unit)
    layer.set_weights(with_columns(case, unit, new).weights)
    z = to_numpy(way(layer)(case.x, **passed(case)))
    assert_same(z[:, kept], y[:, kept])


@claim(
    "symmetry.spread",
    derived="the equations: each unit reads the h of all units before",
    cases=4,
)
@given(
    *with_ways(
        cases(
            **varied("batch", "features", "go_backwards"),
            timesteps=2,
            units=some_large(integers(2, 4), 17),
            dtype="float64",
        )
    ),
    picks,
    seeds,
)
def test_columns_of_a_unit_reach_all_units_a_timestep_later(case, way, pick, seed):
    """
    By default, without rounding, masks and zero weights, all columns of a unit together act on all
    units within two timesteps.

    The first timestep changes that unit alone; the second hands its output to every unit through
    the recurrent kernel. From zeros the unit's columns of that kernel do not act at the first.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.ones((1, 2, 3))  # (batch, timesteps, features)
    >>> before = np.array(lstm(x))
    >>> new = lstm.get_weights()
    >>> for weight in new:
    ...     weight[..., 1::2] += 1.0  # the columns of unit 1, one in each gate
    >>> lstm.set_weights(new)
    >>> np.equal(before, lstm(x)).tolist()
    [[False, False]]
    """
    new = noise((case.features + case.units + 1, 4), seed)
    other = with_columns(case, pick % case.units, new)
    assert_differs(way(lstm(other))(case.x), way(lstm(case))(case.x), everywhere=True)
