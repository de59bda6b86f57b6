"""Dropout: what is dropped in training, for how long, by which numbers, and what is left alone.

Dropout puts zeros in place of numbers that are chosen at random, in training alone, so that a
network cannot rely on any of them. An LSTM has two kinds. `dropout` acts on the inputs and
`recurrent_dropout` on h, each by a mask of numbers that are 0 for what is dropped and 1 / (1 -
rate) for what is kept. The cell state is left alone. Both are off unless `training=True`.

What is special about a layer that reads sequences is how long a mask holds: it is drawn once in a
call, and used at every timestep. A feature that is dropped is dropped from the whole sequence, and
the layer cannot make up for it from the timestep before. Each sample has masks of its own, and the
next call draws new ones.

`recurrent_dropout` has a price: each gate gets masks of its own, so that the layer computes the
gates one by one, and on a GPU it cannot use cuDNN.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

import keras
import numpy as np
from hypothesis import example, given
from hypothesis.strategies import floats, integers, one_of, sampled_from

from lstm_spec.claims import claim
from lstm_spec.harness.reference import equations, gradients, returned
from lstm_spec.harness.refusals import OF_THE_BACKEND, assert_refused
from lstm_spec.harness.strategies import (
    Array,
    Case,
    booleans,
    cases,
    noise,
    picks,
    seeds,
    some_large,
    varied,
    weights_of,
    whole,
)
from lstm_spec.harness.subject import (
    UNDRAWN,
    as_states,
    lstm,
    lstm_without_cudnn,
    passed,
    takes,
    to_numpy,
    with_weights,
)
from lstm_spec.harness.tolerance import assert_close, assert_differs, assert_same, in_bfloat16
from lstm_spec.harness.ways import COPIES, Way, able, with_ways

rates = sampled_from((0.1, 0.25, 0.5))
any_rate = one_of(rates, floats(0.01, 0.99))
SAMPLES = 400
GATES = ("i", "f", "g", "o")
ONE_CALL = ("called", "functional", "Sequential", "subclassed", "tf.function", "predict", "jitted")
"""The ways in which the layer itself is called, once."""
NEVER_IN_TRAINING = ("predict", "predict_on_batch")
NOT_THE_FIRST = ("second call", "after other sizes", "TimeDistributed", "jitted")
"""The ways in which a layer has drawn masks before it is called on the input, and that of XLA,
which draws other masks of a seed."""


def in_training(drawn, *left_out):
    """Draw a case, and a way in which the layer can be called with training=True."""
    return with_ways(drawn, "training", without={*NEVER_IN_TRAINING, *left_out})


def first_in_training(drawn):
    """Draw a case, and such a way in which the first masks under the layer's seed are used."""
    return in_training(drawn, *NOT_THE_FIRST)


def relay(case):
    """Return the case with a linear cell, a unit for each feature, that puts out its input."""
    size = case.features
    return linear(case, kernel=np.eye(size), recurrent=np.zeros((size, size)))


def echo(case, gate):
    """Return the case with a linear cell that puts out the h that one of its gates reads.

    For the forget gate that is h times the c before, which begins as the case's.
    """
    kernel = np.zeros((case.features, case.units))
    return linear(case, kernel=kernel, recurrent=np.eye(case.units), gate=gate)


def linear(case, kernel, recurrent, gate="g"):
    """Return the case with linear gates, all of them constant but one of the given weights.

    The others are i = g = o = 1 and f = 0, so that h is what the one reads; beside f, i = 0.
    """
    constants = {"i": 1.0, "f": 0.0, "g": 1.0, "o": 1.0}
    constants["i"] = 0.0 if gate == "f" else 1.0
    constants[gate] = 0.0
    only = np.array([[float(name == gate) for name in GATES]])
    return replace(
        case,
        kernel=np.kron(only, kernel).astype("float32"),
        recurrent_kernel=np.kron(only, recurrent).astype("float32"),
        bias=np.repeat([constants[name] for name in GATES], len(recurrent)).astype("float32"),
        options={
            **{name: option for name, option in case.options.items() if name != "use_bias"},
            "activation": None,
            "recurrent_activation": None,
        },
    )


def input_mask(case):
    """Return the mask, (B, F), of the first training call under the case's seed."""
    return to_numpy(lstm(relay(case))(np.ones_like(case.x[:, :1]), training=True))


def masked_input(case):
    """Return the case with the input that is left by the first mask under its seed."""
    return replace(case, x=case.x * input_mask(case)[:, None])


def ones(case):
    """Return an input of ones, of many samples of one timestep."""
    return np.ones((SAMPLES, 1, case.features), "float32")


def alone(case):
    """Return the case with a single sample, of as many features and units as there are SAMPLES."""
    one = np.ones((1, 1, SAMPLES), "float32")
    return replace(case, x=one, **weights_of(SAMPLES, SAMPLES, seed=0))


def relay_cell(case):
    """Return an LSTMCell that puts out the inputs that its `dropout` leaves, and an input."""
    shown = relay(replace(case, options={**case.options, "recurrent_dropout": 0.0}))
    return with_weights(cell_of(shown), shown), ones(case)[:, 0]


class Around(keras.layers.Layer):  # type: ignore[misc]
    """A cell that calls another one."""

    def __init__(self, cell, **options):
        """Keep the cell."""
        super().__init__(**options)
        self.cell = cell
        self.state_size = cell.state_size
        self.output_size = cell.units

    def call(self, inputs, states, training=False):
        """Call the cell."""
        return self.cell(inputs, states, training=training)


class Derived(keras.layers.LSTMCell):  # type: ignore[misc]
    """A cell that derives from LSTMCell."""

    def call(self, inputs, states, training=False):
        """Call the LSTMCell."""
        return super().call(inputs, states, training=training)


class Stepping(keras.Model):  # type: ignore[misc]
    """A model that runs a cell over the timesteps itself."""

    def __init__(self, cell, resets):
        """Keep the cell, and whether its masks are reset in each call."""
        super().__init__()
        self.cell = cell
        self.resets = resets

    def call(self, x, training=False):
        """Run the cell from zeros."""
        if self.resets:
            self.cell.reset_dropout_mask()
            self.cell.reset_recurrent_dropout_mask()
        states = [keras.ops.zeros((keras.ops.shape(x)[0], self.cell.units))] * 2
        for t in range(x.shape[1]):
            y, states = self.cell(x[:, t], states, training=training)
        return y


def fitted(model, case):
    """Fit a model to zeros in a compiled fit, and return its losses."""
    model.compile("sgd", "mse")
    zeros = np.zeros((case.batch, case.units), "float32")
    return model.fit(case.x, zeros, verbose=0).history["loss"]


def after_reset(cell, x):
    """Return what a cell puts out of an input, in training, once its mask is reset."""
    cell.reset_dropout_mask()
    zeros = as_states([np.zeros((len(x), cell.units), "float32")] * 2)
    return cell(x, zeros, training=True)[0]


def nearest_dropped(case, y):
    """Return the output with inputs dropped, for each sample those with which y is nearest."""
    rate = case.options["dropout"]
    size = case.features
    masks = [np.array([k >> feature & 1 for feature in range(size)]) for k in range(2**size)]
    outputs = [returned(replace(case, x=case.x * mask / (1.0 - rate))) for mask in masks]
    rows = range(case.batch)
    off = np.array([[np.abs(output[row] - y[row]).max() for row in rows] for output in outputs])
    return np.stack([outputs[off[:, row].argmin()][row] for row in rows])


def assert_new_masks(draw, rate):
    """Assert that what is drawn twice are two masks, of zeros and 1 / (1 - rate), that differ.

    On SAMPLES samples two masks are alike at most once in 1e34 times, 0.82 ** 400, and one
    drops nothing once in 2e18 times, 0.9 ** 400.
    """
    first = to_numpy(draw())
    second = to_numpy(draw())
    for mask in (first, second):
        untouched = {"nothing is dropped": np.ones_like(mask)}
        assert_close(mask, (mask > 0.5) / (1.0 - rate), instead=untouched)
        assert set(np.unique(mask > 0.5)) == {False, True}, f"all or nothing is dropped: {mask}"
    assert np.any(first != second), "the second mask is the first"


def cell_of(case):
    """Make an LSTMCell with the case's units and those of its arguments that a cell has."""
    known = {name: value for name, value in case.options.items() if takes("LSTMCell", name)}
    return keras.layers.LSTMCell(case.units, **known)


def second_layer(case, units, options, seed):
    """Return the case of a layer of other units that reads the outputs of the case's."""
    x = np.zeros((case.batch, case.timesteps, case.units), "float32")
    return Case(x=x, **weights_of(case.units, units, seed), options=options)


def by_gate(masks, units):
    """Spread one sample's masks, one for each gate, over the rows of a kernel's columns."""
    each = to_numpy(masks)
    assert len(each) == 4, "one mask for all gates"
    return np.repeat(np.concatenate(each).T, units, axis=1)


def assert_masks_differ(masks):
    """Assert that the masks of the four gates are four."""
    first, *others = to_numpy(masks)
    same = [gate for gate, mask in enumerate(others, 2) if np.array_equal(first, mask)]
    assert len(np.unique([first, *others], axis=0)) == 4, (
        f"gate 1 shares its mask with gates {same}"
    )


def trained(case):
    """Return what a training call of the case's layer returns."""
    state = None if case.h is None else case.state
    return lstm(case)(case.x, initial_state=as_states(state), training=True)


def trainer(layer, kind, case, eager):
    """Return a model of a layer, of a kind, ready for training and evaluation."""
    if kind == "functional":
        inputs = keras.Input(case.x.shape[1:])
        model = keras.Model(inputs, layer(inputs))
    else:
        model = keras.Sequential([layer]) if kind == "Sequential" else Way(kind)(layer)
    model.compile("sgd", "mse", run_eagerly=eager)
    return model


# Dropout of the inputs.


@claim(
    "dropout.inputs",
    observed="Keras 2 and 3, all backends",
    cases=4,
)
@given(
    *in_training(
        cases(
            **varied("batch", "timesteps", "features", "dtype", "go_backwards", "masked"),
            dropout=any_rate,
            seed=seeds,
        )
    )
)
def test_dropout_multiplies_each_input_by_zero_or_by_one_over_what_is_kept(case, way):
    """
    In training, by default, a `dropout` above 0 and below 1 multiplies each floating-point input
    by 0 or 1 / (1 - dropout).

    What is kept is scaled up, so that what the gates read is as large on average as it is at
    inference, where nothing is dropped and nothing scaled.

    >>> import keras, numpy as np
    >>> def one(z):
    ...     return 0 * z + 1
    >>> lstm = keras.layers.LSTM(1, None, one, kernel_initializer="ones", dropout=0.75)
    >>> y = lstm(np.ones((999, 1, 1)), training=True)  # all gates are 1: the output is the input
    >>> np.unique(y).tolist()
    [0.0, 4.0]
    """
    shown = relay(replace(case, mask=None))
    y = to_numpy(way(lstm(shown, return_sequences=True))(case.x, training=True))
    x = case.x.astype(float)
    read = x[:, ::-1] if case.options["go_backwards"] else x
    assert_close(y, read * (y != 0.0) / (1.0 - case.options["dropout"]))


@claim(
    "dropout.share",
    promised="LSTM, argument `dropout`: the fraction to drop",
    corrects="`dropout` is the probability of keeping an input, as keep_prob in TensorFlow 1 was.",
    cases=4,
)
@given(*in_training(cases(dropout=any_rate, seed=seeds)))
def test_the_fraction_dropout_of_the_inputs_is_dropped(case, way):
    """
    By default in training, a `dropout` above 0 and below 1 is the fraction of inputs that is
    dropped, up to chance.

    Together with the scaling of what is kept this makes the mean of the masked input,
    over many masks, tend to the input.

    >>> import keras, numpy as np
    >>> def one(z):
    ...     return 0 * z + 1
    >>> lstm = keras.layers.LSTM(1, None, one, kernel_initializer="ones", dropout=0.3)
    >>> y = lstm(np.ones((9999, 1, 1)), training=True)  # all gates are 1: the output is the input
    >>> round(float(np.mean(np.array(y) == 0.0)), 1)
    0.3
    """
    rate = case.options["dropout"]
    x = np.ones((4000, 1, case.features), "float32")
    dropped = to_numpy(way(lstm(relay(case)))(x, training=True)) == 0.0
    # Six standard deviations, and as much more where the rate is near 0 or 1 and the tail is that
    # of Poisson's: a false alarm in 5e8 examples.
    allowed = 6 * np.sqrt(rate * (1 - rate) / dropped.size) + 12 / dropped.size
    assert abs(dropped.mean() - rate) < allowed, f"{dropped.mean()} is dropped at {rate}"


@claim(
    "dropout.each-by-itself",
    observed="Keras 2 and 3, all backends",
    corrects="The samples of a batch share one dropout mask.",
    cases=4,
)
@given(*in_training(cases(features=integers(1, 3), dropout=0.5, seed=seeds)))
def test_each_feature_of_each_sample_is_dropped_by_itself(case, way):
    """
    By default in training, a `dropout` below 1 of an LSTM drops or keeps each feature of each
    sample by itself.

    A mask has the shape (batch, features), so the samples of a batch may be thinned in
    different ways, and one feature may be dropped while its neighbour is kept.

    >>> import keras, numpy as np
    >>> def one(z):
    ...     return 0 * z + 1
    >>> lstm = keras.layers.LSTM(1, None, one, kernel_initializer="ones", dropout=0.5)
    >>> y = lstm(np.ones((999, 1, 2)), training=True)  # the sum of what is kept: none, one or both
    >>> np.unique(y).tolist()
    [0.0, 2.0, 4.0]
    """
    x = np.ones((400, 1, case.features), "float32")
    kept = to_numpy(way(lstm(relay(case)))(x, training=True)) != 0.0
    # One of at most 8 patterns is missing once in 1e22 examples: 8 * (7 / 8) ** 400.
    assert len(np.unique(kept, axis=0)) == 2**case.features, "some patterns never occur"


@claim(
    "dropout.whole-call",
    observed="Keras 3; Keras 2 with cuDNN drew a mask for each timestep, says "
    "https://github.com/keras-team/keras/issues/19993",
    corrects="`dropout` drops other inputs at each timestep.",
    cases=4,
)
@given(
    *in_training(
        cases(
            **varied("batch", "features", "go_backwards"),
            timesteps=some_large(integers(2, 6), 30),
            dropout=any_rate,
            seed=seeds,
        )
    )
)
def test_the_same_inputs_are_dropped_at_every_timestep(case, way):
    """
    In one training call of an LSTM, `dropout` drops the same inputs at every timestep.

    Masks are drawn once for the call: what is hidden from a sample, or from one of its gates, is
    hidden at every timestep. By default a Dropout layer before the LSTM draws for each timestep
    instead.

    >>> import keras, numpy as np
    >>> def one(z):
    ...     return 0 * z + 1
    >>> lstm = keras.layers.LSTM(
    ...     1, None, one, kernel_initializer="ones", recurrent_initializer="zeros",
    ...     return_sequences=True, dropout=0.5
    ... )  # all its gates are 1: it sums up what it reads
    >>> y = np.array(lstm(np.ones((99, 3, 1)), training=True))  # (batch, timesteps, units)
    >>> sorted({tuple(row) for row in y[:, :, 0].tolist()})
    [(0.0, 0.0, 0.0), (2.0, 4.0, 6.0)]
    """
    run = way(lstm(relay(case), return_sequences=True))
    kept = to_numpy(run(case.x, training=True)) != 0.0
    assert np.all(kept == kept[:, :1]), "another mask at another timestep"


@claim(
    "dropout.masked-input",
    observed="Keras 3, all backends",
    corrects="With `dropout` each gate reads other inputs, because it has a mask of its own.",
    cases=4,
    needs="keras.random.SeedGenerator",
)
@given(
    *in_training(
        cases(
            **varied("timesteps", "units", "state", "masked", "use_bias"),
            **varied("return_sequences", "go_backwards", "stateful"),
            dropout=rates,
            seed=seeds,
        )
    )
)
def test_a_call_with_dropout_is_a_call_on_the_masked_input(case, way):
    """
    With only a `dropout` below 1, implementation 2 in training is an ordinary call on the masked
    floating-point input.

    One mask serves all four gates, and nothing else is changed: not h, not c, not the output. What
    is dropped is read as zero. Implementation 1, not the default, has a mask for each gate.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, dropout=0.5)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y = lstm(x, training=True)  # its only feature is dropped or doubled
    >>> bool(np.allclose(y, lstm(0 * x)) or np.allclose(y, lstm(2 * x), atol=1e-6))
    True
    """
    y = to_numpy(way(lstm(case))(case.x, training=True, **passed(case)))
    assert_close(y, nearest_dropped(case, y))


@claim(
    "dropout.as-spatial-dropout",
    observed="Keras 3 on TensorFlow, CPU",
    corrects="LSTM(units, dropout=p) is the same as Dropout(p) before LSTM(units).",
    cases=4,
    needs="keras.random.SeedGenerator",
)
@given(
    *in_training(
        cases(
            **varied("batch", "features", "masked", "return_sequences", "go_backwards"),
            timesteps=whole([2, 3, 8]),
            dropout=rates,
            seed=seeds,
        ),
        *NOT_THE_FIRST,
    )
)
def test_dropout_is_spatial_dropout_before_the_layer(case, way):
    """
    By default, without XLA, a new LSTM of dropout=p < 1 called in training reads what
    SpatialDropout1D(p) of its int seed gives.

    Each later call does so too, if all are in training. Both drop a feature of a sample at all
    timesteps or at none, and Dropout drops single numbers. XLA draws other masks of the same seed.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, dropout=0.5, seed=1)
    >>> layers = keras.layers.SpatialDropout1D(0.5, seed=1), keras.layers.Dropout(0.5, seed=1)
    >>> x = np.ones((9, 3, 4))  # (batch, timesteps, features)
    >>> y, *before = lstm(x, training=True), *(layer(x, training=True) for layer in layers)
    >>> [bool(np.allclose(y, lstm(masked), atol=1e-6)) for masked in before]
    [True, False]
    """
    spatial = keras.layers.SpatialDropout1D(case.options["dropout"], seed=case.options["seed"])
    run = way(lstm(case))
    for _ in range(2):
        y = run(case.x, training=True, **passed(case))
        read = to_numpy(spatial(case.x, training=True))
        assert_close(y, returned(replace(case, x=read)))


# Dropout of the state.


@claim(
    "dropout.recurrent-whole-call",
    observed="Keras 2 and 3, all backends",
    corrects="`recurrent_dropout` draws a new mask at each timestep.",
    cases=4,
)
@given(
    *in_training(
        cases(
            **varied("batch", "units"),
            timesteps=integers(2, 4),
            state=True,
            recurrent_dropout=rates,
            seed=seeds,
        )
    ),
    whole(GATES),
)
def test_the_same_units_of_h_are_dropped_at_every_timestep(case, way, gate):
    """
    In one training call, `recurrent_dropout` drops the same units of h at every timestep.

    A mask is drawn for each gate and sample before the first timestep, and kept for all of them.
    What is not dropped is divided by 1 - recurrent_dropout.

    >>> import keras, numpy as np
    >>> def one(z):
    ...     return 0 * z + 1
    >>> lstm = keras.layers.LSTM(
    ...     1, None, one, recurrent_initializer="ones", return_sequences=True,
    ...     recurrent_dropout=0.5
    ... )  # all its gates are 1: c' = c + h, where h is dropped or doubled
    >>> h, x = np.ones((99, 1)), np.zeros((99, 3, 1))  # (batch, timesteps, features)
    >>> y = np.array(lstm(x, initial_state=[h, 0 * h], training=True))
    >>> sorted({tuple(row) for row in y[:, :, 0].tolist()})
    [(0.0, 0.0, 0.0), (2.0, 6.0, 18.0)]
    """
    shown = echo(case, gate)
    keras.utils.set_random_seed(case.options["seed"])  # some layers of Keras 2 take no other
    run = way(lstm(shown, return_sequences=True))
    y = to_numpy(run(case.x, training=True, **passed(case)))
    kept = np.moveaxis(y != 0.0, 1, 0) / (1.0 - case.options["recurrent_dropout"])

    def echoes(masks: Iterable[Array]) -> Array:
        outputs = []
        h = case.h.astype(float)
        c = case.c.astype(float)
        for mask in masks:
            h = c = mask * h * c if gate == "f" else mask * h
            outputs.append(h)
        return np.stack(outputs, axis=1)

    instead = {
        "nothing of h is dropped": equations(shown).outputs,
        "another mask at another timestep": echoes(kept),
    }
    assert_close(y, echoes([kept[0]] * case.timesteps), instead=instead)


@claim(
    "dropout.recurrent-by-gate",
    observed="Keras 2, and Keras 3 since https://github.com/keras-team/keras/pull/20663",
    corrects="`recurrent_dropout` drops the candidate g, as Semeniuta and others did in 2016.",
    cases=4,
    needs="keras.layers.LSTMCell.get_recurrent_dropout_mask",
)
@given(
    *first_in_training(
        cases(
            **varied("masked", "use_bias", "go_backwards", "stateful"),
            batch=1,
            timesteps=whole([1, 3, 8]),
            units=some_large(integers(4, 6), 17),
            state=True,
            recurrent_dropout=0.5,
            return_sequences=booleans(),
            seed=seeds,
        )
    )
)
def test_each_gate_drops_units_of_h_of_its_own(case, way):
    """
    In training, each gate draws for itself which units of the h that it reads a
    `recurrent_dropout` below 1 drops.

    To drop a unit of h is to drop, for one sample, that row of the gate's recurrent kernel.
    So it is done in Gal and Ghahramani's way, and g itself, c and the output stay whole.

    >>> import keras, numpy as np
    >>> cell = keras.layers.LSTMCell(64, recurrent_dropout=0.5)
    >>> masks = np.array(cell.get_recurrent_dropout_mask(np.ones((1, 64))))
    >>> masks.shape, len(np.unique(masks, axis=0))  # (gates, batch, units), all different
    ((4, 1, 64), 4)
    >>> lstm, x = keras.layers.LSTM(64, recurrent_dropout=0.5), np.ones((1, 1, 3))
    >>> bool(np.allclose(lstm(x, training=True), lstm(x), atol=1e-6))  # h is 0, g is not
    True
    """
    cell = cell_of(case)
    wide = cell_of(case)
    masks = cell.get_recurrent_dropout_mask(case.h)
    rows = case.recurrent_kernel * by_gate(masks, case.units)
    y = way(lstm(case))(case.x, training=True, **passed(case))
    assert_close(y, returned(replace(case, recurrent_kernel=rows)))
    # Two of the four are alike on 99 samples of 4 units once in 2e118 examples: 6 * 0.5 ** 396.
    drawn = wide.get_recurrent_dropout_mask(np.ones((99, case.units), "float32"))
    assert_masks_differ(drawn)


@claim(
    "dropout.inputs-by-gate",
    observed="Keras 3 since https://github.com/keras-team/keras/pull/20663",
    corrects="What `dropout` does to the inputs does not depend on `recurrent_dropout`.",
    cases=4,
    needs="keras.layers.LSTMCell.get_dropout_mask",
)
@given(
    *first_in_training(
        cases(
            **varied("masked", "use_bias", "go_backwards", "return_sequences", "stateful"),
            batch=1,
            timesteps=whole([1, 3, 8]),
            features=integers(4, 6),
            units=some_large(integers(1, 3), 17),
            state=True,
            dropout=0.5,
            recurrent_dropout=rates,
            seed=seeds,
        )
    )
)
def test_with_recurrent_dropout_each_gate_drops_inputs_of_its_own(case, way):
    """
    With `recurrent_dropout` above 0, each gate draws for itself which inputs a `dropout` below 1
    drops.

    Without it one mask serves all gates by default. recurrent_dropout selects
    implementation 1, which computes the gates one by one and draws a mask of the inputs
    for each of them.

    >>> import keras, numpy as np
    >>> for rate in (0.0, 0.5):
    ...     cell = keras.layers.LSTMCell(2, dropout=0.5, recurrent_dropout=rate)
    ...     print(np.array(cell.get_dropout_mask(np.ones((1, 3)))).shape)
    (1, 3)
    (4, 1, 3)
    """
    cell = cell_of(case)
    wide = cell_of(case)
    kernel = case.kernel * by_gate(cell.get_dropout_mask(case.x[:, 0]), case.units)
    masks = cell.get_recurrent_dropout_mask(case.h)
    recurrent = case.recurrent_kernel * by_gate(masks, case.units)
    thinned = replace(case, kernel=kernel, recurrent_kernel=recurrent)
    y = way(lstm(case))(case.x, training=True, **passed(case))
    assert_close(y, returned(thinned))
    # Two of the four are alike on 99 samples of 4 features once in 2e118 examples: 6 * 0.5 ** 396.
    assert_masks_differ(wide.get_dropout_mask(np.ones((99, case.features), "float32")))


@claim(
    "dropout.forces-implementation",
    observed="Keras 2 and 3",
    corrects="The user chooses between implementations 1 and 2 of recurrent dropout.",
)
@given(floats(1e-3, 1.0), whole([1, 2]))
def test_recurrent_dropout_selects_implementation_one(rate, implementation):
    """
    With `recurrent_dropout` above 0 the layer uses implementation 1, whichever was asked for.

    Implementation 2 computes all gates in one product with h, so it cannot give each
    gate another h.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, implementation=2, recurrent_dropout=0.1)
    >>> lstm.cell.implementation
    1
    """
    layer = keras.layers.LSTM(2, recurrent_dropout=rate, implementation=implementation)
    assert layer.cell.implementation == 1, f"implementation {layer.cell.implementation}"
    layer = keras.layers.LSTM(2, dropout=rate, implementation=implementation)
    assert layer.cell.implementation == implementation, layer.cell.implementation


@claim(
    "dropout.cell-state",
    derived="dropout.masked-input and dropout.recurrent-by-gate: masks act before the kernels",
    corrects="Dropout in a recurrent layer erases what the cell remembers.",
    cases=4,
)
@given(
    *in_training(
        cases(
            **varied("batch", "timesteps", "units", "masked", "return_sequences", "return_state"),
            state=True,
            dropout=rates,
            recurrent_dropout=sampled_from((0.0, 0.1, 0.5)),
            seed=seeds,
        )
    )
)
def test_nothing_of_c_or_of_the_output_is_dropped(case, way):
    """
    With implementation 2, float input and kernels of zero, dropout changes nothing: it never
    touches c or the output.

    The masks multiply what the kernels read. What the cell has stored, what it adds and what
    it puts out are never dropped. For implementation 1 see `dropout.implementation-one`.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(
    ...     2, kernel_initializer="zeros", recurrent_initializer="zeros",
    ...     dropout=0.5, recurrent_dropout=0.5
    ... )
    >>> x, state = np.ones((1, 3, 1)), [np.ones((1, 2)), np.ones((1, 2))]
    >>> y = lstm(x, initial_state=state, training=True)
    >>> bool(np.allclose(y, lstm(x, initial_state=state)))
    True
    """
    still = replace(case, kernel=0 * case.kernel, recurrent_kernel=0 * case.recurrent_kernel)
    run = way(lstm(still))
    assert_close(run(case.x, training=True, **passed(case)), returned(still))


# When dropout is on.


@claim(
    "dropout.off-at-inference",
    promised="LSTM, call argument `training`",
    corrects="A layer with dropout answers differently each time it is called.",
    cases=4,
)
@given(
    *with_ways(
        cases(
            **varied("masked", "use_bias", "return_sequences", "return_state", "stateful"),
            dropout=rates,
            recurrent_dropout=sampled_from((0.0, 0.1, 0.5)),
            seed=seeds,
        )
    ),
    whole([{}, {"training": None}, {"training": False}]),
)
def test_without_training_nothing_is_dropped(case, way, training):
    """
    Without training=True in any call, given or as a default, an LSTM drops nothing.

    An LSTM that is given no `training`, or None, takes over that of the call it is part of. Kept
    numbers are scaled up in training, so at inference nothing needs to be scaled down.

    >>> import keras, numpy as np
    >>> lstm, plain = keras.layers.LSTM(2, dropout=0.5), keras.layers.LSTM(2)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y, _ = lstm(x), plain.build(x.shape)
    >>> plain.set_weights(lstm.get_weights())
    >>> bool(np.allclose(y, plain(x), atol=1e-6))
    True
    """
    assert_close(way(lstm(case))(case.x, **training, **passed(case)), returned(case))


@claim(
    "dropout.off-in-predict-and-evaluate",
    observed="Keras 2 and 3",
    corrects="The loss of evaluate is that of fit, on the same data and weights.",
    cases=2,
    needs="keras.Model.fit",
)
@given(
    cases(dropout=rates, recurrent_dropout=rates, seed=seeds),
    seeds,
    whole(["Sequential", "functional", "subclassed"]),
    whole(["predict", "evaluate"]),
    whole([False, True]),
)
def test_predict_and_evaluate_drop_nothing(case, seed, kind, method, eager):
    """
    In predict and evaluate an LSTM drops nothing, unless a call of your own passes training=True
    or has it as a default.

    The loss that fit reports is computed with dropout, so that of evaluate, on the same data and
    with the same weights, is as a rule a different one. For a call in a functional model see
    `dropout.predict-overrules`.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.layers.LSTM(2, dropout=0.5)])
    >>> model.compile("sgd", "mse")
    >>> x = np.ones((9, 3, 4))  # (batch, timesteps, features)
    >>> y = np.array(model(x))
    >>> model.evaluate(x, y, verbose=0) < 1e-9, bool(model.train_on_batch(x, y) < 1e-6)
    (True, False)
    """
    model = trainer(lstm(case), kind, case, eager)
    y = equations(case).h
    target = noise(y.shape, seed)
    tried = {
        "predict": lambda: (model.predict(case.x, verbose=0), y),
        "evaluate": lambda: (
            np.float32(model.evaluate(case.x, target, verbose=0)),
            np.mean((y - target) ** 2),
        ),
    }
    assert_close(*tried[method]())


@claim(
    "dropout.on-in-fit",
    promised="Dropout: fit sets `training` to True",
    cases=2,
    needs=("keras.Model.fit", "keras.random.SeedGenerator"),
)
@given(
    cases(batch=whole([1, 3]), stateful=whole([True, False]), dropout=rates, seed=seeds),
    seeds,
    whole(["Sequential", "functional", "subclassed"]),
    whole(["fit", "train_on_batch"]),
    booleans(),
)
def test_training_methods_switch_dropout_on(case, seed, kind, method, eager):
    """
    If a model's `call` names `training`, dropout below 1 is on in fit and train_on_batch, unless
    your code switches it off.

    They call the model with training=True, as any Sequential or functional model can be called; for
    a subclassed one without that argument see `dropout.call-without-training`. That the layer or
    model is not trainable does not switch dropout off.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.layers.LSTM(2, dropout=0.5)])
    >>> model.compile("sgd", "mse")
    >>> x = np.ones((9, 3, 4))  # (batch, timesteps, features)
    >>> y = np.array(model(x))  # what evaluate would reach with a loss of zero
    >>> model.fit(x, y, verbose=0).history["loss"][0] > 1e-9
    True
    """
    target = noise((case.batch, case.units), seed)
    y = to_numpy(lstm(case)(case.x, training=True)).astype(float)
    model = trainer(lstm(case), kind, case, eager)
    assert_close(training_loss(model, method, case, target), np.mean((y - target) ** 2))


@claim(
    "dropout.call-without-training",
    observed="Keras 3; Keras 2 drops there",
    corrects="Fit switches dropout on, however a model's `call` is written.",
    cases=4,
    needs=("keras.Model.fit", "keras.random.SeedGenerator"),
)
@given(
    cases(timesteps=integers(1, 3), dropout=rates, seed=seeds),
    seeds,
    whole(["fit", "train_on_batch"]),
)
def test_a_call_without_training_drops_nothing(case, seed, method):
    """
    In Keras' fit a subclassed model of Keras' layers drops nothing, if its `call` takes no
    `training` and none is given in it.

    No warning says so. Give `call` the argument training=None: the layers that it calls take over
    what the model is given, until one is given another: those after it take that one over. Within
    a model that hands `training` on, its layers drop.

    >>> import keras, numpy as np
    >>> class Own(keras.Model):
    ...     def call(self, x):
    ...         return self.lstm(x)
    >>> model, x = Own(), np.ones((9, 3, 4))  # (batch, timesteps, features)
    >>> model.lstm = keras.layers.LSTM(2, dropout=0.5)
    >>> model.compile("sgd", "mse")
    >>> y = np.array(model(x))  # what is put out without dropout
    >>> bool(model.train_on_batch(x, y) < 1e-9)
    True
    """
    target = noise((case.batch, case.units), seed)
    model = type("Own", (keras.Model,), {"call": lambda self, x: self.layer(x)})()
    model.layer = lstm(case)
    model.compile("sgd", "mse", run_eagerly=True)
    y = equations(case).h
    assert_close(training_loss(model, method, case, target), np.mean((y - target) ** 2))


@claim(
    "dropout.after-inference",
    promised="Dropout: fit sets `training` to True",
    cases=2,
    needs=("keras.Model.fit", "keras.random.SeedGenerator"),
)
@given(
    cases(timesteps=integers(1, 3), dropout=rates, seed=seeds),
    seeds,
    whole(["fit", "train_on_batch"]),
    booleans(),
)
def test_a_part_in_inference_leaves_dropout_on_after_it(case, seed, method, nested):
    """
    In fit of a subclassed model whose `call` takes `training`, an LSTM drops, even after a part
    called with training=False.

    A pretrained part is called so if its BatchNormalization is to stay as it is. Until Keras drops
    there, let `call` take `training` and give it to each layer after that part.

    >>> import keras, numpy as np
    >>> class Tuned(keras.Model):
    ...     def call(self, x, training=None):
    ...         return self.lstm(self.part(x, training=False), training=training)
    >>> model, x = Tuned(), np.ones((9, 3, 4))  # (batch, timesteps, features)
    >>> model.part = keras.layers.BatchNormalization()
    >>> model.lstm = keras.layers.LSTM(2, dropout=0.5)
    >>> model.compile("sgd", "mse")
    >>> y = np.array(model(x))  # what is put out without dropout
    >>> bool(model.train_on_batch(x, y) > 1e-9)
    True
    """
    target = noise((case.batch, case.units), seed)
    y = to_numpy(lstm(case)(case.x, training=True)).astype(float)
    model = type("Tuned", (keras.Model,), {"call": after_inference})()
    unchanged = keras.layers.Activation("linear")
    model.part = keras.Sequential([unchanged]) if nested else unchanged
    model.layer = lstm(case)
    model.compile("sgd", "mse", run_eagerly=True)
    loss = training_loss(model, method, case, target)
    instead = {"nothing is dropped": np.mean((equations(case).h - target) ** 2)}
    assert_close(loss, np.mean((y - target) ** 2), instead=instead)


def after_inference(model, x, training=None):
    """Call an LSTM after a part in inference, as the `call` of a model of one's own."""
    return model.layer(model.part(x, training=False))


def training_loss(model, method, case, target):
    """Return the loss that a step of training with all samples reports."""
    if method == "fit":
        history = model.fit(case.x, target, case.batch, shuffle=False, verbose=0).history
        return np.float32(history["loss"][0])
    return np.float32(model.train_on_batch(case.x, target))


@claim(
    "dropout.predict-overrules",
    observed="Keras 3; in Keras 2 the `training` of the layer's call won, as in "
    "https://github.com/keras-team/tf-keras/issues/81",
    corrects="An LSTM called with training=True in a functional model drops in predict too.",
    cases=4,
)
@given(
    cases(**varied("use_bias", "return_sequences"), dropout=rates, seed=seeds),
    booleans(),
)
def test_predict_overrules_training_in_a_functional_model(case, eager):
    """
    In predict of a functional model an LSTM among its layers drops nothing, even if its call got
    training=True.

    A `training` that the model's own call is given overrules that of the layers' calls.
    For Monte Carlo dropout call model(x, training=True), or pass it to the layer in a
    subclassed model.

    >>> import keras, numpy as np
    >>> inputs, lstm = keras.Input((3, 4)), keras.layers.LSTM(2, dropout=0.5)
    >>> model = keras.Model(inputs, lstm(inputs, training=True))
    >>> x = np.ones((32, 3, 4))  # (batch, timesteps, features)
    >>> bool(np.allclose(model.predict(x, verbose=0), lstm(x), atol=1e-6))
    True
    >>> bool(np.allclose(model(x, training=True), lstm(x), atol=1e-6))
    False
    """
    layer = lstm(case)
    inputs = keras.Input(case.x.shape[1:])
    model = keras.Model(inputs, layer(inputs, training=True))
    model.compile(run_eagerly=eager)
    y = model.predict(case.x, verbose=0)
    expected = returned(case)
    dropped = {"inputs are dropped": nearest_dropped(case, y)}
    assert_close(y, expected, instead={**dropped, **in_bfloat16(expected)})


@claim(
    "dropout.not-the-mean",
    derived="the equations: gates are not linear in the input",
    corrects="At inference an LSTM returns the mean of what it returns in training.",
    cases=4,
)
@given(
    *with_ways(
        cases(
            **varied("use_bias", "return_sequences"),
            features=1,
            dropout=0.5,
            seed=seeds,
            dtype="float64",
        )
    )
)
def test_the_output_at_inference_is_not_the_mean_over_masks(case, way):
    """
    In general the output at inference is not the mean of the outputs over all dropout masks.

    On average the masked input is the input, but an LSTM is not linear in general, and the mean
    of its outputs is not its output on the mean then.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, dropout=0.5)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> mean = (np.array(lstm(0 * x)) + np.array(lstm(2 * x))) / 2  # dropped, or doubled
    >>> bool(np.allclose(lstm(x), mean))
    False
    """
    both = [returned(replace(case, x=scale * case.x)) for scale in (0.0, 2.0)]
    assert_differs(way(lstm(case))(case.x), np.mean(both, axis=0))


@claim(
    "dropout.gradient",
    derived="dropout.masked-input: equal outputs for all weights have equal gradients",
    cases=4,
    needs=("keras.Model.fit", "keras.random.SeedGenerator"),
)
@given(
    cases(
        **varied("features", "units"),
        batch=1,
        dropout=0.5,
        seed=seeds,
    ),
    seeds,
    whole(["Sequential", "functional", "subclassed"]),
    booleans(),
)
def test_training_leaves_the_kernel_rows_of_dropped_inputs(case, seed, kind, eager):
    """
    With only `dropout` < 1, plain SGD and implementation 2, a step of one call on one sample keeps
    dropped inputs' kernel rows.

    It is a step on the masked input: what is dropped has no part in the output, so no gradient
    reaches its weights. Momentum of earlier steps, Adam's included, penalties and constraints of
    the kernel can move these rows all the same.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.layers.LSTM(2, dropout=0.5)])
    >>> model.compile("sgd", "mse")
    >>> x = np.ones((1, 3, 64))  # (batch, timesteps, features)
    >>> y, before = model(x), model.get_weights()[0]
    >>> loss = model.train_on_batch(x, np.ones((1, 2)))
    >>> changed = np.any(model.get_weights()[0] != before, axis=1)
    >>> bool(changed.any()), bool(changed.all())
    (True, False)
    """
    model = trainer(lstm(case), kind, case, eager)
    target = noise((1, case.units), seed)
    model.train_on_batch(case.x, target)
    dropped = input_mask(case)[0] == 0.0
    masked = masked_input(case)
    run = equations(masked)
    d_h = 2.0 * (run.h - target) / case.units
    slope = gradients(masked, 0.0 * run.outputs, d_h, 0.0 * run.c)
    kernel = model.get_weights()[0]
    assert_same(kernel[dropped], case.kernel[dropped])
    assert_close(kernel, case.kernel - 0.01 * slope.kernel)


# Seeds.


@claim(
    "dropout.fresh",
    observed="Keras 3, all backends",
    corrects="With a fixed `seed` the same inputs are dropped in every call.",
    cases=4,
)
@given(
    *in_training(cases(timesteps=1, state=True, seed=seeds)),
    rates,
    whole(["dropout", "recurrent_dropout"]),
    whole([SAMPLES, 1]),
)
def test_every_training_call_draws_new_masks(case, way, rate, argument, samples):
    """
    With a `seed` too, each training call of an LSTM has masks of its own, but for
    `stateless_call`.

    The seed fixes the first mask and, through a counter that calls move on, all later ones. It
    does not make them equal. `stateless_call` draws by the counter that it is handed.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, dropout=0.5, seed=1)
    >>> x = np.ones((9, 3, 8))  # (batch, timesteps, features)
    >>> bool(np.allclose(lstm(x, training=True), lstm(x, training=True)))
    False
    """
    wide = case if samples > 1 else alone(case)
    shown = relay(wide) if argument == "dropout" else echo(wide, "g")
    state = as_states([np.ones((samples, shown.units), "float32")] * 2)
    x = np.ones((samples, 1, wide.features), "float32")
    run = way(lstm(shown, **{argument: rate}))
    assert_new_masks(partial(run, x, initial_state=state, training=True), rate)


@claim(
    "dropout.seed",
    promised="LSTM, argument `seed`: for dropout",
    cases=4,
    needs="keras.random.SeedGenerator",
)
@given(
    *in_training(
        cases(
            **varied("masked", "return_sequences", "go_backwards", "stateful"),
            dropout=rates,
            recurrent_dropout=sampled_from((0.0, 0.1, 0.5)),
            seed=seeds,
        )
    ),
    integers(2, 3),
)
def test_layers_of_one_seed_drop_the_same(case, way, calls):
    """
    Two layers of equal options and weights, and of one number as `seed`, drop the same in
    training, if called alike.

    The seed belongs to the layer. Nothing else that draws random numbers moves it on, and it has no
    part in the initial weights. XLA draws other masks, and implementation 1 draws more of them.

    >>> import keras, numpy as np
    >>> one, other = (keras.layers.LSTM(2, dropout=0.5, seed=1) for _ in range(2))
    >>> x = np.ones((9, 3, 4))  # (batch, timesteps, features)
    >>> _ = one.build(x.shape), other.build(x.shape), other.set_weights(one.get_weights())
    >>> bool(np.array_equal(one(x, training=True), other(x, training=True)))
    True
    >>> bool(np.array_equal(one(x, training=True), other(x, training=True)))
    True
    """
    one = way(lstm(case))
    other = way(lstm(case))
    for _ in range(calls):
        y = one(case.x, training=True, **passed(case))
        keras.random.normal((2,))
        assert_same(y, other(case.x, training=True, **passed(case)))


@claim(
    "dropout.global-seed",
    promised="`keras.utils.set_random_seed`",
    cases=4,
)
@given(
    *in_training(
        cases(
            **varied("masked", "return_sequences"),
            batch=3,
            features=9,
            dropout=rates,
            recurrent_dropout=sampled_from((0.0, 0.1, 0.5)),
        )
    ),
    seeds,
)
def test_one_global_seed_drops_the_same_again(case, way, seed):
    """
    Made right after set_random_seed with the same number, equal LSTMs without `seed`, called
    alike, first drop the same.

    An LSTM without a seed takes one from Python's random numbers when it is made, so two made one
    after the other have different seeds. A call for inference draws too, and then the next drop is
    another.

    >>> import keras, numpy as np
    >>> x, y = np.ones((9, 3, 4)), []  # (batch, timesteps, features)
    >>> for _ in range(2):
    ...     keras.utils.set_random_seed(1)
    ...     y.append(keras.layers.LSTM(2, dropout=0.5)(x, training=True))
    >>> bool(np.array_equal(y[0], y[1]))
    True
    """
    keras.utils.set_random_seed(seed)
    y = to_numpy(way(lstm(case))(case.x, training=True, **passed(case)))
    keras.utils.set_random_seed(seed)
    again = to_numpy(way(lstm(case))(case.x, training=True, **passed(case)))
    assert np.array_equal(y, again), f"after one global seed first\n{y}, and then\n{again}"


DRAWS = {
    "normal": lambda: keras.random.normal((3, 4)),
    "uniform": lambda: keras.random.uniform((3, 4)),
    "truncated_normal": lambda: keras.random.truncated_normal((3, 4)),
    "randint": lambda: keras.random.randint((3, 4), 0, 99),
    "categorical": lambda: keras.random.categorical(keras.ops.zeros((3, 99)), 4),
    "dropout": lambda: keras.random.dropout(keras.ops.arange(1.0, 100.0), 0.5),
    "shuffle": lambda: keras.random.shuffle(keras.ops.arange(99)),
}
"""Functions of keras.random that draw without a seed."""


@claim(
    "dropout.global-draws",
    promised="`keras.utils.set_random_seed`",
    cases=4,
    needs="keras.random.normal",
)
@given(seeds, whole(list(DRAWS)))
def test_one_global_seed_draws_the_same_numbers_again(seed, name):
    """
    Right after set_random_seed with the same number, eager calls of keras.random without a seed
    draw the same numbers again.

    So does a layer of your own that adds noise in training by it. Each call draws other numbers.

    >>> import keras, numpy as np
    >>> class Noise(keras.layers.Layer):
    ...     def call(self, x, training=None):
    ...         return x + keras.random.normal((1, 3, 1)) if training else x
    >>> x, y = np.zeros((1, 3, 1)), []  # (batch, timesteps, features)
    >>> for _ in range(2):
    ...     keras.utils.set_random_seed(1)
    ...     y.append(np.array(Noise()(x, training=True)))
    >>> bool(np.array_equal(y[0], y[1]))
    True
    """
    draw = DRAWS[name]
    layer = type("Noise", (keras.layers.Layer,), {"call": lambda self, x: [x, draw()]})
    draw()
    drawn = []
    for _ in range(2):
        keras.utils.set_random_seed(seed)
        drawn += [to_numpy(draw()), to_numpy(layer()(np.ones(1))[1])]
    first, second, *again = drawn
    assert not np.array_equal(first, second), f"{name} draws the same twice: {first}"
    same = all(map(np.array_equal, again, (first, second)))
    assert same, f"after one global seed {name} draws first\n{first}, and then\n{again[0]}"


@claim(
    "dropout.inference-counts",
    observed="Keras 3, all backends",
    corrects="A call at inference has no influence on the training after it.",
    cases=4,
    needs="keras.random.SeedGenerator",
)
@given(
    cases(
        **varied("masked", "return_sequences"),
        dropout=rates,
        recurrent_dropout=sampled_from((0.0, 0.1, 0.5)),
        seed=seeds,
    ),
    whole([name for name in ONE_CALL if name in able(set())]),
)
def test_a_call_at_inference_uses_up_a_mask(case, name):
    """
    Without cuDNN, at rates below 1, an LSTM's ordinary call at inference uses up one call's masks,
    so training draws others.

    The layer draws before it looks at `training`. A predict or an evaluate in between
    makes a seeded training go another way; outputs at inference do not depend on it.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, dropout=0.5, seed=1)
    >>> y = lstm(np.ones((1, 3, 4)))  # (batch, timesteps, features), at inference
    >>> lstm.cell.seed_generator.state.numpy().tolist()  # the seed, and what was drawn
    [1, 1]
    """
    inferred = lstm(case)
    trained = lstm(case)
    Way(name)(inferred)(case.x, **passed(case))
    trained(case.x, training=True)
    assert_same(inferred(case.x, training=True), trained(case.x, training=True))


# Rates.


@claim(
    "dropout.clipped",
    observed="Keras 2 and 3",
    corrects="A rate that is not between 0 and 1, such as a percentage, is refused.",
)
@example(np.inf, -np.inf)
@example(50, -1)
@given(floats(1.0), floats(max_value=0.0))
def test_rates_out_of_range_are_clipped(above, below):
    """
    LSTM takes a rate above 1 for 1, and one below 0, or NaN, for 0, without an error or a warning.

    So dropout=50, meant as 50 percent, is dropout=1. The layer Dropout refuses such a rate.

    >>> import keras, numpy as np
    >>> [keras.layers.LSTM(2, dropout=rate).dropout for rate in (-1.0, 0.5, 50.0, np.nan)]
    [0.0, 0.5, 1.0, 0.0]
    """
    for rate, taken in ((above, 1.0), (below, 0.0), (np.nan, 0.0)):
        layer = keras.layers.LSTM(2, dropout=rate, recurrent_dropout=rate)
        rates = layer.dropout, layer.recurrent_dropout
        assert rates == (taken, taken), f"{rate} is taken for {rates}"


@claim(
    "dropout.no-number",
    observed="Keras 2 and 3; the message says that '>' is not supported",
    corrects="dropout=None means no dropout.",
)
@given(whole([None, "0.5", "", [0.5], [], (0.5,), {}]))
def test_rates_that_are_no_numbers_are_refused(rate):
    """
    The constructor refuses None, text, a list, a tuple or a dictionary as `dropout` or
    `recurrent_dropout`, with a TypeError.

    A rate is compared with 0, which none of these can be. A search over arguments should try
    0.0 where it means no dropout, and not None.

    >>> import keras, numpy as np
    >>> try:
    ...     keras.layers.LSTM(8, dropout=None)
    ... except TypeError as error:
    ...     print("not supported between instances of 'NoneType' and 'float'" in str(error))
    True
    """
    words = "not supported between instances of"
    for name in ("dropout", "recurrent_dropout"):
        assert_refused(partial(keras.layers.LSTM, 2, **{name: rate}), "TypeError", words)


@claim("dropout.all-dropped", promised="LSTM, argument `dropout`: the fraction to drop")
@given(cases(dropout=1.0, seed=seeds))
def test_with_dropout_one_every_input_is_dropped(case):
    """
    With dropout=1.0, an LSTM's training call reads zeros in place of all its inputs.

    The fraction to drop may be anything between 0 and 1, both included. The layer Dropout with the
    rate 1.0, put before the LSTM, drops everything.

    >>> import keras, numpy as np
    >>> lstm, dropout = keras.layers.LSTM(2), keras.layers.Dropout(1.0)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> bool(np.allclose(lstm(dropout(x, training=True)), lstm(0 * x)))
    True
    """
    expected = equations(replace(case, x=0 * case.x)).h
    assert_close(trained(case), expected, instead={"nothing is dropped": equations(case).h})


@claim(
    "dropout.all-dropped-by-gate",
    promised="LSTM, argument `dropout`: the fraction to drop",
)
@given(cases(timesteps=1, dropout=1.0, recurrent_dropout=rates, seed=seeds))
def test_with_dropout_one_and_recurrent_dropout_every_input_is_dropped(case):
    """
    With dropout=1.0 and `recurrent_dropout`, a training call reads zeros for its finite inputs.

    Each gate then has a mask of its own, and none of them lets anything through.

    >>> import keras, numpy as np
    >>> lstm, dropout = keras.layers.LSTM(2, recurrent_dropout=0.5), keras.layers.Dropout(1.0)
    >>> x = np.array([[[7.0]]])  # (batch, timesteps, features)
    >>> bool(np.allclose(lstm(dropout(x, training=True), training=True), lstm(0 * x)))
    True
    """
    expected = equations(replace(case, x=0 * case.x)).h
    assert_close(trained(case), expected, instead={"nothing is dropped": equations(case).h})


@claim(
    "dropout.all-of-h-dropped",
    promised="LSTM, argument `recurrent_dropout`: the fraction to drop",
)
@given(cases(state=True, recurrent_dropout=1.0, seed=seeds))
def test_with_recurrent_dropout_one_all_of_h_is_dropped(case):
    """
    With recurrent_dropout=1.0, in a training call no gate reads anything of a finite h.

    So the layer computes what it computes with a recurrent kernel of zeros, which is a way to
    get such a layer as long as no training step moves that kernel.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, recurrent_initializer="zeros")
    >>> x, h = np.array([[[1.0], [7.0], [2.0]]]), np.ones((1, 2))
    >>> bool(np.allclose(lstm(x, initial_state=[h, h]), lstm(x, initial_state=[-h, h])))
    True
    """
    deaf = replace(case, recurrent_kernel=0 * case.recurrent_kernel)
    instead = {"nothing is dropped": equations(case).h}
    assert_close(trained(case), equations(deaf).h, instead=instead)


@claim(
    "dropout.implementation-one",
    derived="gates.implementations-agree, and that Keras accepts the two arguments together",
    needs="keras.layers.LSTMCell.get_dropout_mask",
)
@given(cases(batch=1, dropout=rates, seed=seeds))
def test_implementation_one_can_be_trained_with_dropout(case):
    """
    An LSTM with implementation=1 and `dropout` can be called with training=True.

    Each gate then drops inputs of its own. Where a call fails, pass use_cudnn=False, or use RNN
    with an LSTMCell.

    >>> import keras, numpy as np
    >>> rnn = keras.layers.RNN(keras.layers.LSTMCell(2, implementation=1, dropout=0.5))
    >>> tuple(rnn(np.ones((1, 3, 4)), training=True).shape)  # (batch, units)
    (1, 2)
    """
    cell = keras.layers.LSTMCell(case.units, implementation=1, **case.options)
    kernel = case.kernel * by_gate(cell.get_dropout_mask(case.x[:, 0]), case.units)
    y = lstm(case, implementation=1)(case.x, training=True)
    assert_close(y, equations(replace(case, kernel=kernel)).h)


@claim(
    "dropout.implementation-one-by-gate",
    observed="Keras 2, and Keras 3 since https://github.com/keras-team/keras/pull/20663",
    corrects="`implementation` says how it is computed, and has no influence on dropout.",
    cases=4,
    needs="keras.layers.LSTMCell.get_dropout_mask",
)
@given(
    *in_training(
        cases(
            **varied("masked", "use_bias", "return_sequences", "go_backwards", "stateful"),
            batch=1,
            features=integers(4, 6),
            state=True,
            dropout=0.5,
            seed=seeds,
        ),
        *NOT_THE_FIRST,
        *COPIES,
    )
)
def test_implementation_one_drops_other_inputs_for_each_gate(case, way):
    """
    With implementation=1 and use_cudnn=False, each gate draws for itself which inputs `dropout`
    drops.

    Implementation 2, the default one without recurrent_dropout, has one mask for all four. A copy
    made from the configuration, as in a clone or of the layer that Bidirectional is given, has the
    default again.

    >>> import keras, numpy as np
    >>> for implementation in (1, 2):
    ...     cell = keras.layers.LSTMCell(2, dropout=0.5, implementation=implementation)
    ...     print(np.array(cell.get_dropout_mask(np.ones((1, 3)))).shape)
    (4, 1, 3)
    (1, 3)
    """
    known = {name: value for name, value in case.options.items() if takes("LSTMCell", name)}
    cell = keras.layers.LSTMCell(case.units, **{**known, "implementation": 1})
    kernel = case.kernel * by_gate(cell.get_dropout_mask(case.x[:, 0]), case.units)
    run = way(lstm_without_cudnn(case, implementation=1))
    y = run(case.x, training=True, **passed(case))
    assert_close(y, returned(replace(case, kernel=kernel)))


# With other arguments and layers.


@claim(
    "dropout.unrolled",
    observed="Keras 2 and 3, all backends",
    cases=4,
    needs="keras.random.SeedGenerator",
)
@given(
    cases(
        **varied("batch", "features", "masked", "state", "return_sequences", "go_backwards"),
        **varied("stateful"),
        seed=seeds,
    ),
    whole(
        [
            {"dropout": 0.25},
            {"recurrent_dropout": 0.5},
            {"dropout": 0.5, "recurrent_dropout": 0.1},
        ]
    ),
)
def test_unrolling_drops_the_same(case, dropping):
    """
    With the same seed, without XLA, an unrolled layer drops the same inputs and units of h.

    The masks are drawn before the first timestep, however the timesteps are computed. XLA draws
    other masks of the same seed.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, dropout=0.5, seed=1)
    >>> unrolled = keras.layers.LSTM(2, dropout=0.5, seed=1, unroll=True)
    >>> x = np.ones((9, 3, 4))  # (batch, timesteps, features)
    >>> y, _ = lstm(x, training=True), unrolled.build(x.shape)
    >>> unrolled.set_weights(lstm.get_weights())
    >>> bool(np.allclose(unrolled(x, training=True), y, atol=1e-6))
    True
    """
    looped = lstm(case, **dropping)
    unrolled = lstm(case, unroll=True, **dropping)
    for _ in range(2):
        y = looped(case.x, training=True, **passed(case))
        assert_close(unrolled(case.x, training=True, **passed(case)), y)


@claim(
    "dropout.without-cudnn",
    observed="Keras 3 on TensorFlow, CPU",
    corrects="To keep a layer off cuDNN, set recurrent_dropout to something above 0.",
    cases=4,
    needs="LSTM(use_cudnn)",
)
@given(cases(**varied("masked", "stateful", "return_sequences"), dropout=rates, seed=seeds))
def test_use_cudnn_false_leaves_dropout_as_it_is(case):
    """
    By default, without XLA, with the same seed use_cudnn=False drops the same inputs, if nothing
    is predicted in between.

    It keeps a layer off cuDNN. recurrent_dropout above 0 does that too, but it drops more, and
    changes what `dropout` does as well.

    >>> import keras, numpy as np
    >>> x, ys, ones = np.ones((9, 3, 4)), [], keras.initializers.Constant(0.1)
    >>> for options in ({}, {"use_cudnn": False}, {"recurrent_dropout": 0.1}):
    ...     options = {**options, "kernel_initializer": ones, "recurrent_initializer": ones}
    ...     lstm = keras.layers.LSTM(2, dropout=0.5, seed=1, **options)
    ...     ys.append(np.array(lstm(x, training=True)))
    >>> [bool(np.allclose(y, ys[0], atol=1e-6)) for y in ys]
    [True, True, False]
    """
    y = lstm(case)(case.x, training=True, **passed(case))
    assert_close(lstm(case, use_cudnn=False)(case.x, training=True, **passed(case)), y)


@claim(
    "dropout.masked-timesteps",
    derived="masking.skips-step, for the layer that a mask of the inputs and of h leaves",
    cases=4,
    needs="keras.random.SeedGenerator",
)
@given(
    cases(
        **varied("features", "units", "state", "go_backwards"),
        batch=1,
        timesteps=some_large(integers(1, 4), 12),
        masked=True,
        dropout=rates,
        recurrent_dropout=whole([0.0, 0.5]),
        seed=seeds,
        unroll=booleans(),
    ),
    picks,
)
def test_masked_timesteps_are_skipped_under_dropout_too(case, pick):
    """
    By default, with one seed, masking a timestep of all samples gives under dropout what deleting
    it gives, if another is valid.

    The two kinds of mask do not meet: one skips timesteps, the other hides features and
    units of h from all timesteps. A skipped timestep draws no numbers of its own.

    >>> import keras, numpy as np
    >>> one, other = (keras.layers.LSTM(2, dropout=0.5, seed=1) for _ in range(2))
    >>> x, mask = np.array([[[1.0], [7.0], [2.0]]]), np.array([[True, False, True]])
    >>> _ = one.build(x.shape), other.build(x.shape), other.set_weights(one.get_weights())
    >>> masked, deleted = one(x, mask=mask, training=True), other(x[:, [0, 2]], training=True)
    >>> bool(np.allclose(masked, deleted, atol=1e-6))
    True
    """
    mask = case.mask | (np.arange(case.timesteps) == pick % case.timesteps)
    state = passed(replace(case, mask=None))
    masking = lstm(case)
    deleting = lstm(case)
    for _ in range(2):
        y = masking(case.x, mask=mask, training=True, **state)
        assert_close(y, deleting(case.x[:, mask[0]], training=True, **state))


@claim(
    "dropout.stateful",
    observed="Keras 2 and 3 on TensorFlow",
    corrects="A stateful layer keeps its dropout masks until its state is reset.",
    cases=4,
    needs="keras.random.SeedGenerator",
)
@given(cases(timesteps=whole([1, 3, 8]), masked=booleans(), dropout=rates, seed=seeds))
def test_a_stateful_layer_keeps_its_state_but_not_its_masks(case):
    """
    By default a stateful LSTM with `dropout` keeps its state from one call in training to the
    next, and draws new masks.

    So a sequence that is cut in two and fed in two calls is not the whole sequence: it is seen
    through one mask up to the cut, and through another after it.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, dropout=0.5, stateful=True)
    >>> x = np.ones((9, 3, 8))  # (batch, timesteps, features)
    >>> y, _ = lstm(x, training=True), lstm.reset_state()
    >>> bool(np.allclose(lstm(x, training=True), y))  # from zeros again, with other masks
    False
    """
    layer = lstm(case, stateful=True)
    twin = lstm(case, return_state=True)
    given = passed(case)
    layer(case.x, training=True, **given)
    _, *state = twin(case.x, training=True, **given)
    y, _, _ = twin(case.x, initial_state=as_states(state), training=True, **given)
    assert_close(layer(case.x, training=True, **given), y)
    x = np.ones((SAMPLES, case.timesteps, case.features), "float32")
    mask = np.zeros(x.shape[:2], bool)
    mask[:, -1] = True
    wide = lstm(replace(relay(case), x=x), stateful=True)
    given = given and {"mask": mask}
    assert_new_masks(partial(wide, x, training=True, **given), case.options["dropout"])


@claim(
    "dropout.bidirectional",
    observed="Keras 3, all backends; in Keras 2 the directions differed",
    corrects="The two directions of Bidirectional draw masks of their own.",
    cases=4,
    needs="keras.random.SeedGenerator",
)
@given(cases(dropout=rates, seed=seeds))
def test_both_directions_of_one_seed_drop_the_same_inputs(case):
    """
    With a `seed`, both layers that Bidirectional makes of its LSTM drop the same inputs, unless one
    ran without the other.

    Both are made from one configuration, seed included. Without a seed, or with a
    backward_layer that has another one, each direction has masks of its own.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(1, kernel_initializer="ones", dropout=0.5, seed=1)
    >>> both = keras.layers.Bidirectional(lstm, merge_mode=None)
    >>> forward, backward = both(np.ones((99, 1, 1)), training=True)  # equal weights
    >>> bool(np.array_equal(forward, backward))
    True
    """
    one = relay(case)
    ones = np.ones_like(case.x[:, :1])
    layer = keras.layers.LSTM(one.units, **one.options)
    both = keras.layers.Bidirectional(layer, merge_mode=None)
    both.build(ones.shape)
    both.set_weights(one.weights * 2)
    forward, backward = both(ones, training=True)
    assert_same(forward, backward)


# Cells.


@claim(
    "dropout.rnn-of-cells",
    observed="Keras 3 on TensorFlow, CPU",
    cases=4,
    needs="keras.random.SeedGenerator",
)
@given(
    cases(
        **varied("batch", "features", "units", "masked", "go_backwards", "stateful"),
        timesteps=whole([1, 3, 8]),
        dropout=rates,
        seed=seeds,
    ),
    integers(1, 4),
    integers(2, 3),
    seeds,
    booleans(),
)
def test_an_rnn_of_cells_drops_what_stacked_layers_drop(case, width, calls, seed, unroll):
    """
    Without XLA, an RNN of LSTMCells drops what stacked LSTM layers with the same seeds drop.

    Each cell has masks of its own for its input, be that the layer's input or the output of
    the cell below, and RNN has all of them drawn anew for each call.

    >>> import keras, numpy as np
    >>> rnn = keras.layers.RNN(keras.layers.LSTMCell(2, dropout=0.5, seed=1))
    >>> lstm = keras.layers.LSTM(2, dropout=0.5, seed=1)
    >>> x = np.ones((9, 3, 4))  # (batch, timesteps, features)
    >>> y, _ = rnn(x, training=True), lstm.build(x.shape)
    >>> lstm.set_weights(rnn.get_weights())
    >>> bool(np.allclose(lstm(x, training=True), y, atol=1e-6))
    True
    """
    rate = case.options["dropout"]
    first_seed = case.options["seed"]
    stateful = {"stateful": case.options["stateful"]}
    above = second_layer(case, width, {"dropout": rate, "seed": first_seed + 1, **stateful}, seed)
    backwards = case.options["go_backwards"]
    unroll = unroll and not (backwards and case.mask is not None)  # masking.unrolled-backwards
    given = passed(case)
    cells = [
        keras.layers.LSTMCell(case.units, dropout=rate, seed=first_seed, **UNDRAWN),
        keras.layers.LSTMCell(width, dropout=rate, seed=first_seed + 1, **UNDRAWN),
    ]
    rnn = keras.layers.RNN(cells, go_backwards=backwards, unroll=unroll, **stateful)
    rnn.build(case.x.shape)
    rnn.set_weights(case.weights + above.weights)
    for y, together in calls_of_two_layers(case, above, calls):
        instead = {"the upper cell drops all of its input or nothing": together}
        assert_close(rnn(case.x, training=True, **given), y, instead=instead)


def calls_of_two_layers(case, above, calls):
    """Yield the output of each call in training of a layer on another.

    Beside it comes what the upper one gives if it drops, of each sample, all features or none.
    """
    given = passed(case)
    turned = given and case.options["go_backwards"]
    given_above = {"mask": case.mask[:, ::-1]} if turned else given
    first = lstm(case, return_sequences=True)
    second = lstm(above)
    kept = lstm(above, dropout=0.0)
    generator = keras.random.SeedGenerator(above.options["seed"])
    ones = keras.ops.ones((case.batch, 1, 1))
    rate = above.options["dropout"]
    for _ in range(calls):
        below = first(case.x, training=True, **given)
        narrow = keras.random.dropout(ones, rate, seed=generator)
        together = kept(below * narrow, **given_above)
        yield second(below, training=True, **given_above), together


@claim(
    "dropout.bare-cell",
    observed="Keras 2 and 3, all backends",
    corrects="An LSTMCell draws new masks each time it is called.",
    cases=4,
    needs="keras.random.SeedGenerator",
)
@given(cases(timesteps=1, state=True, dropout=rates, recurrent_dropout=rates, seed=seeds))
def test_a_bare_cell_keeps_its_masks_until_they_are_reset(case):
    """
    In eager calls, an LSTMCell called by itself, or in RNN by your own cell, keeps its masks until
    they are reset.

    It does not know where a sequence ends. LSTM, and RNN of LSTMCells, call reset_dropout_mask and
    reset_recurrent_dropout_mask in each call; a loop of your own must do it. For a graph see
    `dropout.cell-in-a-call` and `dropout.cell-in-a-cell`.

    >>> import keras, numpy as np
    >>> cell = keras.layers.LSTMCell(2, dropout=0.5)
    >>> x, state = np.ones((9, 8)), [np.zeros((9, 2)), np.zeros((9, 2))]  # (batch, features)
    >>> y = [np.array(cell(x, state, training=True)[0]) for _ in range(2)]
    >>> cell.reset_dropout_mask()
    >>> y.append(np.array(cell(x, state, training=True)[0]))
    >>> bool(np.allclose(y[1], y[0])), bool(np.allclose(y[2], y[0]))
    (True, False)
    """
    cell = with_weights(cell_of(case), case)
    layer = lstm(case)
    x = case.x[:, 0]
    y = layer(case.x, initial_state=as_states(case.state), training=True)
    assert_close(cell(x, as_states(case.state), training=True)[0], y)
    assert_close(cell(x, as_states(case.state), training=True)[0], y)
    cell.reset_dropout_mask()
    cell.reset_recurrent_dropout_mask()
    y = layer(case.x, initial_state=as_states(case.state), training=True)
    assert_close(cell(x, as_states(case.state), training=True)[0], y)
    rnn = keras.layers.RNN(Around(cell))
    assert_close(rnn(case.x, initial_state=as_states(case.state), training=True), y)
    assert_close(cell(x, as_states(case.state), training=True)[0], y)
    assert_new_masks(partial(after_reset, *relay_cell(case)), case.options["dropout"])


@claim(
    "dropout.bare-cell-batch",
    observed="Keras 2 and 3 on TensorFlow",
    corrects="A cell takes batches of any size.",
)
@given(
    cases(batch=integers(2, 3), timesteps=1, state=True, dropout=rates, seed=seeds),
    integers(1, 5),
    whole([False, True]),
)
def test_a_cell_that_keeps_masks_refuses_a_larger_batch(case, more, recurrent):
    """
    Called eagerly in training, a bare LSTMCell that keeps masks of two or more samples refuses a
    larger batch.

    The kept mask has a row for each sample of the batch that it was drawn for. Reset the
    masks before a batch of another size.

    >>> import keras, numpy as np
    >>> cell, x, h = keras.layers.LSTMCell(2, dropout=0.5), np.ones((4, 3)), np.zeros((4, 2))
    >>> y, state = cell(x[:2], [h[:2], h[:2]], training=True)
    >>> try:
    ...     cell(x, [h, h], training=True)
    ... except Exception:
    ...     cell.reset_dropout_mask()
    ...     print(tuple(cell(x, [h, h], training=True)[0].shape))
    (4, 2)
    """
    of_h = {"dropout": 0.0, "recurrent_dropout": 0.5}
    case = replace(case, options={**case.options, **of_h}) if recurrent else case
    cell = with_weights(cell_of(case), case)
    x = case.x[:, 0]
    cell(x, as_states(case.state), training=True)
    rows = case.batch + more
    x, h, c = (np.resize(part, (rows, part.shape[1])) for part in (x, *case.state))
    assert_refused(
        lambda: cell(x, as_states([h, c]), training=True), OF_THE_BACKEND, "Incompatible shapes"
    )


@claim(
    "dropout.cell-in-a-call",
    observed="Keras 3 on TensorFlow; TensorFlow 2.1 to 2.15 trained it",
    corrects="A model may call an LSTMCell with dropout for each timestep, and be trained.",
    cases=2,
    needs=("keras.Model.fit", "keras.ops"),
)
@given(
    cases(**varied("batch"), timesteps=integers(1, 3), seed=seeds),
    rates,
    whole(["dropout", "recurrent_dropout"]),
)
def test_a_model_that_calls_a_cell_resets_its_masks(case, rate, kind):
    """
    A subclassed model first called by fit fails if it gives `training` to an LSTMCell of 0 <
    dropout < 1 and resets no masks.

    The model is built by a call on symbols, which leaves a mask that is a symbol. So begin its call
    with reset_dropout_mask and reset_recurrent_dropout_mask, or let RNN run the cell. In fit of a
    model whose `call` takes no `training` the cell drops nothing, and nothing fails.

    >>> import keras, numpy as np
    >>> class Loop(keras.Model):
    ...     def call(self, x, training=None):
    ...         self.cell.reset_dropout_mask()
    ...         return self.cell(x[:, 0], [x[:, 0], x[:, 0]], training=training)[0]
    >>> model = Loop()
    >>> model.cell = keras.layers.LSTMCell(1, dropout=0.5)
    >>> model.compile("sgd", "mse")
    >>> len(model.fit(np.ones((4, 2, 1)), np.ones((4, 1)), verbose=0).history["loss"])
    1
    """
    cells = [keras.layers.LSTMCell(case.units, **{kind: rate}, **case.options) for _ in range(2)]
    keeping = Stepping(cells[0], resets=False)
    resetting = Stepping(cells[1], resets=True)
    assert_refused(lambda: fitted(keeping, case), "InaccessibleTensorError", "out of scope")
    losses = fitted(resetting, case)
    assert np.all(np.isfinite(losses)), f"losses of {losses}"


@claim(
    "dropout.cell-in-a-cell",
    observed="Keras 3 on TensorFlow",
    corrects="RNN draws the masks of any LSTMCell that runs in it.",
    cases=2,
    needs="keras.Model.fit",
)
@given(
    cases(**varied("batch"), timesteps=integers(1, 3), seed=seeds),
    rates,
    whole(["dropout", "recurrent_dropout"]),
    whole([False, True]),
)
def test_a_cell_around_a_cell_does_not_train(case, rate, kind, unroll):
    """
    A compiled fit fails if your cell in RNN calls an unbuilt LSTMCell of 0 < dropout < 1, not if
    it derives from one instead.

    RNN has masks drawn and forgotten only of LSTMCell, GRUCell and SimpleRNNCell, of what derives
    from them, and of such cells in a stack. Eagerly the others keep the masks of their first call.
    If your cell builds the LSTMCell in its `build`, a first fit by SGD without metrics trains.

    >>> import keras, numpy as np
    >>> class Twice(keras.layers.LSTMCell):
    ...     def call(self, inputs, states, training=False):
    ...         y, states = super().call(inputs, states, training=training)
    ...         return 2.0 * y, states
    >>> rnn = keras.layers.RNN(Twice(3, dropout=0.5))
    >>> model = keras.Sequential([keras.Input((2, 1)), rnn])
    >>> model.compile("sgd", "mse")
    >>> len(model.fit(np.ones((4, 2, 1)), np.ones((4, 3)), verbose=0).history["loss"])
    1
    """
    options = {kind: rate, **case.options}
    inner = keras.layers.LSTMCell(case.units, **options)
    cells = [Around(inner), Derived(case.units, **options)]
    layers = [keras.layers.RNN(cell, unroll=unroll) for cell in cells]
    shape = case.x.shape[1:]
    around, derived = [keras.Sequential([keras.Input(shape), layer]) for layer in layers]
    errors = ("InaccessibleTensorError", "UnexpectedTracerError")  # TensorFlow, JAX
    words = ("out of scope", "unexpected tracer")
    assert_refused(lambda: fitted(around, case), errors, words)
    losses = fitted(derived, case)
    assert np.all(np.isfinite(losses)), f"losses of {losses}"


@claim(
    "dropout.get-mask",
    observed="Keras 3, all backends",
    needs="keras.layers.LSTMCell.get_dropout_mask",
)
@given(cases(timesteps=1, state=True, dropout=rates, seed=seeds))
def test_get_dropout_mask_returns_the_mask_in_use(case):
    """
    By default, eagerly at 0 < dropout < 1, an LSTMCell's get_dropout_mask returns the mask of x in
    training, if of its dtype.

    It draws the mask if there is none, in the dtype of the x that is handed over, and training
    multiplies x by it. Where a graph called the cell by itself, it is a symbol of that graph. At
    rate 0 it returns None; with recurrent_dropout or implementation=1, a list of four masks.

    >>> import keras, numpy as np
    >>> cell = keras.layers.LSTMCell(2, dropout=0.5)
    >>> x, h = np.ones((1, 4), "float32"), np.zeros((1, 2))  # (batch, features or units)
    >>> mask = np.array(cell.get_dropout_mask(x))
    >>> y = cell(x, [h, h], training=True)[0]
    >>> bool(np.allclose(y, cell(x * mask, [h, h])[0], atol=1e-6))
    True
    """
    cell = with_weights(cell_of(case), case)
    x = case.x[:, 0]
    mask = to_numpy(cell.get_dropout_mask(x))
    y, _ = cell(x, as_states(case.state), training=True)
    assert_close(y, equations(replace(case, x=(x * mask)[:, None])).h)
    none = keras.layers.LSTMCell(case.units).get_dropout_mask(x)
    nothing = cell.get_recurrent_dropout_mask(case.h), none
    assert nothing == (None, None), f"masks without dropout: {nothing}"
