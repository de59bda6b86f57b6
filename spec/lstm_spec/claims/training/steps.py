"""From a loss to a step."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.claims.training import pulls, trainer
from lstm_spec.harness.reference import equations, gradients, returned
from lstm_spec.harness.strategies import (
    Array,
    Case,
    cases,
    noise,
    picks,
    seeds,
    varied,
    whole,
)
from lstm_spec.harness.subject import lstm
from lstm_spec.harness.tolerance import assert_close, assert_same
from lstm_spec.harness.trainer import LOSSES

LOSS_NAMES = ("mse", "mae", "huber")
"""Losses by their name in Keras, which is that of ours in `harness.trainer` as well."""


def step(case: Case, target: Array, loss: str, **arguments: Any) -> list[Array]:
    """Return what a training step of a loss by its name takes away from the weights."""
    layer = lstm(case)
    trainer(layer, loss).train_on_batch(case.x, target, **arguments)
    return [old - new for old, new in zip(case.weights, layer.get_weights(), strict=True)]


def uneven_means(losses: Array) -> dict[str, Any]:
    """Return the means of three losses of which one counts as much as the two others."""
    means = (losses + (np.sum(losses) - losses) / 2) / 2
    return {
        f"sample {k}, alone in its batch, counts as much as two": mean
        for k, mean in enumerate(means)
    }


@claim(
    "training.mean-of-samples",
    derived="samples do not mix, and the default loss is a mean over the batch",
    corrects="The samples of a batch train an LSTM one after the other.",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    cases(batch=integers(2, 5), **varied("timesteps", "units", "return_sequences")),
    seeds,
    whole(["mean_squared_error", "mean_absolute_error", keras.losses.LogCosh()]),
)
def test_a_batch_trains_by_the_mean_of_its_samples(case, seed, loss):
    """
    By default, for LSTM and Dense without mask, a loss taken by samples has as gradient the mean
    of its samples' gradients.

    All are taken at the same weights, so their order does not matter. Dice, tversky and
    BatchNormalization mix the samples of a batch.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> before, x, y = model.get_weights(), np.ones((1, 3, 1)), np.ones((1, 2))
    >>> loss, once = model.train_on_batch(x, y), model.get_weights()
    >>> model.set_weights(before)
    >>> loss = model.train_on_batch(np.repeat(x, 5, axis=0), np.repeat(y, 5, axis=0))
    >>> [bool(np.allclose(a, b, atol=1e-6)) for a, b in zip(model.get_weights(), once)]
    [True, True, True]
    """
    layer = lstm(case)
    target = noise(np.shape(returned(case)), seed)
    model = trainer(layer, loss)

    def step(rows):
        layer.set_weights(case.weights)
        model.train_on_batch(case.x[rows], target[rows])
        return [w - new for w, new in zip(case.weights, layer.get_weights(), strict=True)]

    alone = [step(slice(k, k + 1)) for k in range(case.batch)]
    means = [np.mean(parts, axis=0) for parts in zip(*alone, strict=True)]
    assert_close(step(slice(0, case.batch)), means)


@claim(
    "training.sample-weight",
    promised="Model.fit, argument `sample_weight`: weights of the samples in the loss",
    corrects="The weights of the samples are divided by their sum.",
    cases=4,
    needs="keras.Model.fit",
)
@given(cases(**varied("batch", "timesteps", "units")), seeds, picks, sampled_from(LOSS_NAMES))
def test_a_sample_weight_multiplies_a_samples_gradient(case, seed, pick, loss):
    """
    By default, without return_sequences, a sample's weight multiplies the gradient of its part of a
    loss taken by samples.

    The mean is over the number of samples, not over the sum of their weights: with weights of 2
    for all samples that gradient is twice as large. For sequences see
    `training.sample-weight-of-sequences`.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> model = keras.Sequential([keras.Input((3, 1)), lstm])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> before = lstm.get_weights()
    >>> x, y = np.ones((2, 3, 1)), np.ones((2, 2))
    >>> loss = model.train_on_batch(x, y, sample_weight=np.zeros(2))
    >>> [bool(np.array_equal(a, b)) for a, b in zip(lstm.get_weights(), before)]
    [True, True, True]
    """
    d_outputs, target, d_c = pulls(case, seed)
    weight = noise((case.batch,), seed + 1)
    weight[pick % case.batch] = 0.0
    slope = LOSSES[loss].slope(target, equations(case).h) / case.batch
    slopes = gradients(case, 0 * d_outputs, weight[:, None] * slope, 0 * d_c)
    assert_close(step(case, target, loss, sample_weight=weight), list(slopes[1:4]))


@claim(
    "training.sample-weight-of-sequences",
    promised="Model.fit, argument `sample_weight`: one axis weighs the samples",
    cases=4,
    needs="keras.Model.fit",
)
@given(cases(batch=integers(2, 3), return_sequences=True), seeds, sampled_from(LOSS_NAMES))
def test_sample_weights_of_one_axis_weigh_sequences(case, seed, loss):
    """
    With return_sequences=True too, sample weights of shape (batch,) weigh the samples of a loss
    taken by timesteps.

    Keras 3 lays a batch's weights along the timesteps if there are several of each: it fails if
    their numbers differ, and else weighs the timesteps without a word. Repeat the weights for
    each timestep.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2, return_sequences=True)])
    >>> model.compile("sgd", "mse")
    >>> x, weight = np.ones((3, 3, 1)), np.array([1.0, 0.0, 0.0])
    >>> y = np.array(model(x)) + np.array([0.0, 1.0, 1.0])[:, None, None]  # sample 0 is right
    >>> repeated = np.repeat(weight[:, None], 3, axis=1)
    >>> bool(np.isclose(model.evaluate(x, y, sample_weight=repeated, verbose=0), 0.0))
    True
    """
    timesteps = np.resize(case.x, (case.batch, case.batch, case.features))
    case = replace(case, x=timesteps)  # as many timesteps as samples: no error shows it
    weight = noise((case.batch,), seed)
    target, _, d_c = pulls(case, seed)
    slope = LOSSES[loss].slope(target, equations(case).outputs) / case.batch**2

    def gradient(weights):
        return list(gradients(case, weights * slope, 0 * d_c, 0 * d_c)[1:4])

    instead = {"the timesteps are weighed": gradient(weight[None, :, None])}
    taken = step(case, target, loss, sample_weight=weight)
    assert_close(taken, gradient(weight[:, None, None]), instead=instead)


@claim(
    "training.timestep-weight",
    promised="Model.fit, argument `sample_weight`: two axes weigh every timestep",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    cases(return_sequences=True, **varied("batch", "timesteps", "units", "go_backwards")),
    seeds,
    sampled_from(LOSS_NAMES),
)
def test_sample_weights_of_two_axes_weigh_the_timesteps(case, seed, loss):
    """
    With return_sequences=True, sample weights of shape (batch, timesteps) weigh each timestep of a
    loss taken by timesteps.

    Zero makes the loss at a timestep zero, which the mean still counts; a label -1 needs
    `ignore_class` all the same. The timestep is read, and the gradients of later outputs go
    through it. For one unit give targets (batch, timesteps, 1): without the 1 a loss is taken by
    samples.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_sequences=True)
    >>> model = keras.Sequential([keras.Input((2, 1)), lstm])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> before, x, y = lstm.get_weights(), np.ones((1, 2, 1)), np.ones((1, 2, 2))
    >>> loss = model.train_on_batch(x, y, sample_weight=np.array([[1.0, 0.0]]))
    >>> bool(np.array_equal(lstm.get_weights()[1], before[1]))  # no later output, no recurrence
    True
    """
    weight = noise((case.batch, case.timesteps), seed)
    target, _, d_c = pulls(case, seed)
    slope = LOSSES[loss].slope(target, equations(case).outputs) / weight.size
    slopes = gradients(case, weight[:, :, None] * slope, 0 * d_c, 0 * d_c)
    assert_close(step(case, target, loss, sample_weight=weight), list(slopes[1:4]))


@claim(
    "training.loss-before-step",
    observed="Keras 3, TensorFlow, CPU",
    corrects="The loss that a training step reports is that of the weights it leaves.",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    cases(**varied("batch", "timesteps", "units")),
    seeds,
    whole(["mean_squared_error", "mean_absolute_error"]),
)
def test_a_step_reports_the_loss_of_the_weights_it_began_with(case, seed, loss):
    """
    `train_on_batch` reports the loss of the weights that it began with, not of the new ones.

    fit reports the mean of such losses so far, over weights that changed all the time, and as a
    rule evaluate afterwards tells another one, mostly a smaller one.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y = np.array([[[1.0], [7.0], [2.0]]]), np.ones((1, 2))
    >>> before = model.test_on_batch(x, y)
    >>> loss, after = model.train_on_batch(x, y), model.test_on_batch(x, y)
    >>> bool(np.isclose(loss, before)), bool(loss == after)
    (True, False)
    """
    target = noise((case.batch, case.units), seed)
    reported = np.float32(trainer(lstm(case), loss).train_on_batch(case.x, target))
    errors = np.abs(equations(case).h - target)
    assert_close(reported, np.mean(errors if loss == "mean_absolute_error" else errors**2))


@claim(
    "training.evaluate",
    derived="without dropout training=True computes what training=False does",
    corrects="evaluate and fit compute different losses for the same weights and data.",
    cases=4,
    needs="keras.Model.fit",
)
@given(cases(batch=3, timesteps=integers(1, 2)), seeds, whole(["fit", "evaluate"]))
def test_fit_and_evaluate_agree_on_weights_that_stay(case, seed, method):
    """
    By default, without mask or layers that differ in training, fit with SGD(0.0) reports
    evaluate's loss, if taken by samples.

    It is the mean over all samples, also where the last batch is smaller. Such layers are dropout,
    noise, BatchNormalization, SpectralNormalization. What else makes the two differ: losses such as
    dice, constraints, a state that is kept, and weights that change between the batches.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)
    >>> x, y = np.random.rand(5, 3, 1), np.random.rand(5, 2)
    >>> fitted = model.fit(x, y, batch_size=2, verbose=0).history["loss"][0]
    >>> bool(np.isclose(fitted, model.evaluate(x, y, batch_size=2, verbose=0)))
    True
    """
    target = noise((3, case.units), seed)
    model = trainer(lstm(case), rate=0.0)
    # Both must report the exact loss, so that one of them tells of the other.
    run = partial(getattr(model, method), case.x, target, batch_size=2, verbose=0)
    reported = run().history["loss"][0] if method == "fit" else run()
    losses = np.mean((equations(case).h - target) ** 2, axis=1)
    assert_close(np.float32(reported), np.mean(losses), instead=uneven_means(losses))


@claim(
    "training.softmax-of-one",
    derived="softmax: exp(z) / exp(z) is 1 for every z, and its derivative 0",
    corrects="Dense(1, activation='softmax') after an LSTM returns the probability of a class.",
    cases=4,
    needs="keras.Model.fit",
)
@given(cases(), seeds)
def test_softmax_over_one_unit_trains_nothing(case, seed):
    """
    Dense(1, activation="softmax") hands no gradient on to an LSTM, under mean squared error.

    A softmax over one unit is 1 for every finite input. One number between 0 and 1 takes
    activation="sigmoid", and a softmax takes a unit for each class. Keras 3.15 warns about it.

    >>> import keras, numpy as np
    >>> one = keras.layers.Dense(1, activation="softmax")
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2), one])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> before = model.get_weights()
    >>> loss = model.train_on_batch(np.random.rand(4, 3, 1), np.zeros((4, 1)))
    >>> float(loss), all(np.array_equal(a, b) for a, b in zip(model.get_weights(), before))
    (1.0, True)
    """
    layer = lstm(case)
    one = keras.layers.Dense(1, activation="softmax")
    model = keras.Sequential([keras.Input(case.x.shape[1:]), layer, one])
    model.compile("sgd", "mse", run_eagerly=True)
    model.train_on_batch(case.x, noise((case.batch, 1), seed))
    assert_same(model(case.x), np.ones((case.batch, 1)))
    assert_same(layer.get_weights(), case.weights)


@claim(
    "training.relu-of-negative",
    derived="relu: max(z, 0) is 0 for every z below 0, and so is its derivative",
    corrects="Dense(1, activation='relu') is safe where the targets are not negative.",
    cases=4,
    needs="keras.Model.fit",
)
@given(cases(), seeds)
def test_relu_of_negative_sums_trains_nothing(case, seed):
    """
    Dense(1, activation="relu") whose sums are all negative puts out zeros, and multiplies an LSTM's
    gradient by zero.

    So a model that predicts zero for every input may do so for ever: end in a Dense without
    activation, or with "softplus" for outputs above zero, and use a smaller learning rate.

    >>> import keras, numpy as np
    >>> last = keras.layers.Dense(1, activation="relu", bias_initializer=lambda *_, **__: [-9.0])
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2), last])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> before = model.get_weights()
    >>> loss = model.train_on_batch(np.random.rand(4, 3, 1), np.ones((4, 1)))
    >>> float(loss), all(np.array_equal(a, b) for a, b in zip(model.get_weights(), before))
    (1.0, True)
    """
    layer = lstm(case)
    last = keras.layers.Dense(1, activation="relu")
    model = keras.Sequential([keras.Input(case.x.shape[1:]), layer, last])
    kernel = noise((case.units, 1), seed)
    last.set_weights([kernel, -1 - np.abs(kernel).sum(axis=0)])
    model.compile("sgd", "mse", run_eagerly=True)
    model.train_on_batch(case.x, noise((case.batch, 1), seed))
    assert_same(model(case.x), np.zeros((case.batch, 1)))
    assert_same(layer.get_weights(), case.weights)
