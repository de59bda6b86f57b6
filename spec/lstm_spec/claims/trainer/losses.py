"""Losses by name, and functions as losses."""

from __future__ import annotations

import inspect
import itertools
from dataclasses import replace
from functools import partial
from typing import Any

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.claims.trainer import (
    RATE,
    SEVERAL,
    assert_epochs,
    builds,
    fit,
    loss_object,
    samples,
    single,
    target_of,
    trainee,
)
from lstm_spec.harness.activations import sigmoid, softmax
from lstm_spec.harness.losses import FORMULAS, categorical, reduced, tversky
from lstm_spec.harness.refusals import assert_refused
from lstm_spec.harness.strategies import Array, booleans, cases, noise, permutation, seeds, whole
from lstm_spec.harness.subject import FORMS, lstm, network, padded, to_numpy, total
from lstm_spec.harness.tolerance import assert_close, assert_differs, assert_same
from lstm_spec.harness.trainer import (
    LOSSES,
    Net,
    batch_loss,
    in_order,
    nets,
    outputs,
    sgd,
    slopes,
    train,
)


@claim(
    "trainer.losses",
    promised="the formulas on Keras' pages of losses",
    cases=2,
    needs="keras.Model.fit",
)
@given(
    nets(batch=samples, outputs=integers(2, 3), return_sequences=booleans()),
    sampled_from(list(FORMS)),
    seeds,
)
def test_each_loss_trains_by_its_formula(net, form, seed):
    """
    mse, mae, Huber, log-cosh and non-focal crossentropies of logits train by exact gradients, if
    categorical targets sum to 1.

    Unmasked, they take by default a mean over samples and timesteps, so the batch size is not in
    the step.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", keras.losses.Huber(delta=0.5, reduction="sum"), run_eagerly=True)
    >>> x, y = np.random.rand(4, 3, 1), np.random.rand(4, 2) + 2.0  # all errors are above 0.5
    >>> error = np.abs(model(x) - y)
    >>> loss = np.sum(np.mean(0.5 * error - 0.125, axis=1))
    >>> bool(np.isclose(model.test_on_batch(x, y), loss))
    True
    """
    for loss in LOSSES:
        target = target_of(net, seed, loss)
        count = target[..., 0].size
        for reduction, factor in ((None, 1), ("sum", count)):
            assert_step(net, form, target, loss, reduction, factor)


def assert_step(
    net: Net, form: str, target: Array, loss: str, reduction: str | None, factor: int
) -> None:
    """Assert that a step under a loss, perhaps with a reduction, is factor times the mean's."""
    arguments = {"reduction": reduction} if reduction else {}
    model = trainee(net, (form, True), loss_object(loss, **arguments))
    reported = model.train_on_batch(net.case.x, target)
    assert_close(single(reported), factor * batch_loss(net, target, loss), bound=SEVERAL)
    derivatives = slopes(net, target, loss)
    exact = [w - RATE * factor * d for w, d in zip(net.weights, derivatives, strict=True)]
    assert_close(model.get_weights(), exact, bound=SEVERAL)


def elementwise(t: Any, y: Any) -> Any:
    """Return the loss of each output."""
    return (y - t) ** 2


def by_sample(t: Any, y: Any) -> Any:
    """Return the sum over the outputs, of which there is one."""
    return total((y - t) ** 2, axis=-1)


def mean_of_all(t: Any, y: Any) -> Any:
    """Return one number for the batch: the mean over all, made by the function itself."""
    return keras.ops.mean((y - t) ** 2)


WHOLE = {"mse": mean_of_all, "mae": lambda t, y: keras.ops.mean(keras.ops.abs(y - t))}
"""Functions that return one number, by the loss of each sample of which it is the mean."""


@claim(
    "trainer.loss-functions",
    observed="Keras 3.15, TensorFlow and PyTorch",
    corrects="A function used as a loss has to return one number for each sample.",
    cases=4,
    needs=("keras.Model.fit", "keras.ops"),
)
@given(
    nets(batch=samples, return_sequences=booleans()),
    builds,
    seeds,
    whole([elementwise, by_sample, mean_of_all]),
)
def test_a_function_may_return_losses_of_any_shape(net, build, seed, function):
    """
    Without weights or mask a loss function may return a number for each output or sample, or one.

    The trainer takes the mean of what is returned, so that all three train alike. A sum over
    the samples, made by the function, grows with the batch.

    >>> import keras, numpy as np
    >>> def mean_square(target, output): return keras.ops.mean((output - target) ** 2)
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", mean_square, metrics=["mse"], run_eagerly=True)
    >>> x, y = np.random.rand(3, 3, 1), np.random.rand(3, 2)
    >>> loss, mse = model.evaluate(x, y, batch_size=2, verbose=0)
    >>> bool(np.isclose(loss, mse))
    True
    """
    target = target_of(net, seed)
    model = trainee(net, build, function)
    trained = train(net, target, sgd(RATE), in_order(net.samples, 2))
    history = fit(model, net, target)
    assert_epochs(history["loss"], trained)
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)


@claim(
    "trainer.weights-of-a-whole-loss",
    observed="Keras 3.15, TensorFlow and PyTorch",
    corrects="sample_weight is refused where a loss is a single number.",
    cases=4,
    needs=("keras.Model.fit", "keras.ops"),
)
@given(nets(batch=samples, return_sequences=booleans()), builds, seeds, sampled_from(list(WHOLE)))
def test_weights_multiply_a_single_loss_by_their_mean(net, build, seed, loss):
    """
    By default, without a mask, a loss function's one number is multiplied by the mean of a batch's
    sample weights, silently.

    Which sample a weight belongs to is lost: the function has mixed them before. Return a loss
    for each sample to have it weighted.

    >>> import keras, numpy as np
    >>> def mean_square(target, output): return keras.ops.mean((output - target) ** 2)
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", mean_square, run_eagerly=True)
    >>> x, y = np.random.rand(3, 3, 1), np.random.rand(3, 2)
    >>> weights = [np.array([1, 1, 1]), np.array([0, 0, 6])]
    >>> once, weighted = [model.evaluate(x, y, sample_weight=w, verbose=0) for w in weights]
    >>> bool(np.isclose(weighted, 2 * once))
    True
    """
    target = target_of(net, seed)
    weight = np.abs(noise((net.samples,), seed + 1))
    tested = trainee(net, build, WHOLE[loss]).test_on_batch(net.case.x, target, weight)
    assert_close(single(tested), np.mean(weight) * batch_loss(net, target, loss))


def chances(logits: Array) -> Array:
    """Return the probabilities of the classes."""
    return np.exp(logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True))


def ctc_loss(labels: list[int], chance: Array) -> float:
    """Return minus the logarithm of the probability of all paths that spell the labels."""
    paths = itertools.product(range(chance.shape[1]), repeat=len(chance))
    spelling = [path for path in paths if [k for k, _ in itertools.groupby(path) if k] == labels]
    steps = np.arange(len(chance))
    return -float(np.log(sum(np.prod(chance[steps, path]) for path in spelling)))


@claim(
    "trainer.ctc",
    promised="keras.losses.CTC: the connectionist temporal classification loss",
    cases=4,
    needs=("keras.Model.fit", "keras.losses.CTC"),
)
@given(nets(batch=2, timesteps=4, outputs=3, return_sequences=True), builds)
def test_ctc_sums_over_all_paths_that_spell_the_labels(net, build):
    """
    Under CTC the loss of labels that fit is, up to 700, -log of the probability of all paths that
    spell them.

    A path has a class for each timestep, whose probability is the softmax of the outputs. Repeated
    classes are merged, then the class 0, which is the blank, is left out; 0 also pads the labels
    at their end. fit trains with it where no mask reaches the loss.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(3, return_sequences=True)
    >>> model = keras.Sequential([keras.Input((2, 1)), lstm])  # (batch, timesteps, features)
    >>> model.compile("sgd", keras.losses.CTC(), run_eagerly=True)
    >>> x, labels = np.zeros((1, 2, 1)), np.array([[1, 2]])  # two timesteps: a single path
    >>> lstm.set_weights([np.zeros((1, 12)), np.zeros((3, 12)), np.zeros(12)])  # outputs of 0
    >>> bool(np.isclose(model.evaluate(x, labels, verbose=0), 2 * np.log(3)))
    True
    """
    first, second = chances(outputs(net))
    exact = np.mean([ctc_loss([1, 2], first), ctc_loss([2], second)])
    blank = np.concatenate([second, second[:, :1]], axis=1)  # 0 once more, as a class to be spelt
    counted = np.mean([ctc_loss([1, 2], first), ctc_loss([2, 3], blank)])
    model = trainee(net, build, keras.losses.CTC())
    labels = np.array([[1, 2], [2, 0]])
    reported = single(fit(model, net, labels)["loss"])
    instead = {"padding is a label": [counted]}
    assert_close(reported, [exact], bound=SEVERAL, instead=instead)
    assert_differs(model.get_weights()[0], net.weights[0])


def spelt(classes: Array, blank: int) -> list[int]:
    """Return what a path spells: repeated classes merged, then blanks left out."""
    return [int(k) for k, _ in itertools.groupby(classes) if k != blank]


@claim(
    "trainer.ctc-decode",
    promised="keras.ops.ctc_decode: the decoded sequences, padded with -1",
    corrects="ctc_decode drops a label that a blank parts from the same label before it.",
    cases=4,
    needs="keras.ops.ctc_decode",
)
@given(
    cases(timesteps=integers(1, 7), units=integers(2, 4), return_sequences=True),
    whole(["first", "last"]),
    whole(["called", "in a model"]),
    seeds,
)
def test_greedy_ctc_decoding_spells_the_likeliest_classes(case, place, kind, seed):
    """
    By default ctc_decode takes the likeliest class at each timestep up to a sample's length, merges
    repeats and drops blanks.

    The class `mask_index`, by default 0, is the blank: repeats that it parts stay two. What is left
    stands at the front, with -1 behind it, in the first of the two things returned.

    >>> import keras, numpy as np
    >>> path = np.array([[1, 1, 0, 1, 2, 2, 0, 2]])  # 0 is the blank
    >>> logits = np.eye(3, dtype="float32")[path]  # (batch, timesteps, classes)
    >>> words, score = keras.ops.ctc_decode(logits, np.array([7]))  # without the last timestep
    >>> np.array(words)[0].tolist()
    [[1, 1, 2, -1, -1, -1, -1, -1]]
    """
    layer = lstm(case)
    blank = 0 if place == "first" else case.units - 1
    lengths = 1 + np.random.RandomState(seed).randint(case.timesteps, size=case.batch)
    expected = np.full((1, case.batch, case.timesteps), -1)
    for k, path in enumerate(to_numpy(layer(case.x)).argmax(-1)):
        labels = spelt(path[: lengths[k]], blank)
        expected[0, k, : len(labels)] = labels
    x = keras.Input(case.x.shape[1:])
    n = keras.Input((), dtype="int32")

    def decode(sequences, ends):
        return keras.ops.ctc_decode(layer(sequences), ends, mask_index=blank)[0]

    inputs = [case.x, lengths.astype("int32")]
    decoded = decode(*inputs) if kind == "called" else keras.Model([x, n], decode(x, n))(inputs)
    assert_same(to_numpy(decoded), expected)


def by_sequence(t: Any, y: Any) -> Any:
    """Return the sum over the timesteps and outputs of each sequence."""
    return total(total((y - t) ** 2, axis=-1), axis=-1)


@claim(
    "trainer.sequence-loss",
    promised="keras.losses.CTC, argument `reduction`: by default the mean over the samples",
    cases=4,
    needs=("keras.Model.fit", "keras.losses.CTC"),
)
@given(
    nets(batch=4, timesteps=4, outputs=3, return_sequences=True),
    builds,
    seeds,
    whole(list(itertools.product(["CTC", "a function"], [4, 2]))),
)
def test_a_loss_of_a_number_a_sequence_needs_no_mask(net, build, seed, kind):
    """
    A masked model of several timesteps trains under CTC, or a function that gives a number per
    sequence, by the sequences' mean.

    Whatever their number, unless the loss has another reduction. Nothing is left that a mask
    of timesteps could weigh: each of these losses is of a whole sequence, padding included.

    >>> import keras, numpy as np
    >>> layers = [keras.layers.Masking(), keras.layers.LSTM(2, return_sequences=True)]
    >>> model = keras.Sequential([keras.Input((3, 1)), *layers])
    >>> def largest(target, output): return keras.ops.max((output - target) ** 2, axis=(1, 2))
    >>> model.compile("sgd", largest, run_eagerly=True)
    >>> x, y = np.array([[[1.0], [7.0], [2.0]]] * 3), np.random.rand(3, 3, 2)
    >>> bool(np.isclose(model.evaluate(x, y, verbose=0), np.mean(largest(y, model(x)))))
    True
    """
    name, count = kind
    lengths = 1 + permutation(4, seed)
    masked = np.arange(4) < lengths[:, None]
    padded_net = Net(replace(net.case, mask=masked), net.head).of(slice(count))
    y = outputs(padded_net)
    target = noise(y.shape, seed + 1)
    labels = np.array([[1, 2]] * count)
    loss, given_, losses = {
        "CTC": (keras.losses.CTC(), labels, [ctc_loss([1, 2], chances(part)) for part in y]),
        "a function": (by_sequence, target, np.sum((y - target) ** 2, axis=(1, 2))),
    }[name]
    model = trainee(padded_net, build, loss)
    reported = single(model.train_on_batch(padded(padded_net), given_))
    valid = np.sum(masked, axis=0)[:count]
    turned = np.sum(losses * valid) / np.sum(masked)
    instead = {"the k-th sequence has the weights of timestep k": turned}
    assert_close(reported, np.mean(losses), bound=SEVERAL, instead=instead)


@claim(
    "trainer.ignored-class",
    promised="SparseCategoricalCrossentropy, argument `ignore_class`: a class to be ignored",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=samples, outputs=3, return_sequences=True), builds, seeds, whole([False, True]))
def test_timesteps_of_an_ignored_class_do_not_count(net, build, seed, column):
    """
    By ignore_class, timesteps whose target is that class do not count in the loss of a batch.

    By default sparse categorical crossentropy of several classes is then the mean over the other
    timesteps, whether the targets have a last axis of one or not. Any whole number may be ignored,
    such as -1.

    >>> import keras, numpy as np
    >>> loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=-1)
    >>> z = np.array([[[0.2, 0.8], [0.5, 0.5], [0.9, 0.1]]])
    >>> with_ignored = loss(np.array([[1, -1, 0]]), z)
    >>> bool(np.isclose(with_ignored, loss(np.array([[1, 0]]), z[:, ::2])))
    True
    """
    y = outputs(net)
    ids = np.argmax(noise(net.output_shape, seed), axis=-1)
    ignored = noise(ids.shape, seed + 1) > 0
    ignored[:, 0] = False
    exact = np.log(np.sum(np.exp(y), axis=-1)) - np.take_along_axis(y, ids[..., None], -1)[..., 0]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)
    target = np.where(ignored, -1, ids)
    model = trainee(net, build, loss)
    reported = model.test_on_batch(net.case.x, target[..., None] if column else target)
    assert_close(single(reported), np.mean(exact[~ignored]), bound=SEVERAL)


# Each loss by its formula.

SMOOTHED = {"label_smoothing": 0.25}
LOGITS = {"from_logits": True}
CROSS = [name for name in FORMULAS if name.endswith("Crossentropy")]
SPARSE = "SparseCategoricalCrossentropy"
BY_ID = (SPARSE, "CategoricalGeneralizedCrossEntropy")
"""Losses whose targets are the numbers of the classes."""
OPTIONS: list[tuple[str, dict[str, Any]]] = [
    *((name, {}) for name in (*FORMULAS, SPARSE)),
    *((name, LOGITS) for name in (*CROSS, SPARSE)),
    *((name, SMOOTHED) for name in CROSS),
    ("BinaryFocalCrossentropy", {"apply_class_balancing": True, "alpha": 0.75, "gamma": 1.5}),
    ("CategoricalFocalCrossentropy", {"alpha": 0.5, "gamma": 1.5}),
    ("CategoricalGeneralizedCrossEntropy", {"q": 0.25}),
    ("Huber", {"delta": 0.25}),
]
"""Losses of Keras with options of theirs."""
ALONG: list[tuple[str, dict[str, Any]]] = [
    *((name, {}) for name in (*CROSS, "CosineSimilarity")),
    *((name, LOGITS) for name in CROSS),
    *((name, SMOOTHED) for name in CROSS),
]
"""Losses that take an axis, with options of theirs."""


def known(name: str, options: dict[str, Any]) -> bool:
    """Return whether this Keras has a loss with these options."""
    owner = getattr(keras.losses, name, None)
    return owner is not None and set(options) <= set(inspect.signature(owner).parameters)


def outputs_for(name: str, options: dict[str, Any], z: Array) -> Array:
    """Return outputs such as a loss takes, from numbers between -1 and 1."""
    if "from_logits" in options or name in ("CategoricalHinge", "Hinge", "SquaredHinge"):
        return z
    if name.startswith(("Categorical", "Sparse", "KL")):
        return softmax(z.astype(float)).astype(z.dtype)
    chances = ("Binary", "Dice", "Tversky", "Poisson", "MeanSquaredLogarithmic")
    return sigmoid(z.astype(float)).astype(z.dtype) if name.startswith(chances) else z


def targets_for(name: str, drawn: Array) -> Array:
    """Return targets such as a loss takes; classes are one-hot."""
    if name.startswith(("Categorical", "Sparse")):
        return np.asarray(drawn == np.max(drawn, axis=-1, keepdims=True), "float32")
    if name.startswith(("Binary", "Dice", "Tversky", "Hinge", "SquaredHinge")):
        return (drawn > 0).astype("float32")
    shares = name in ("KLDivergence", "Poisson", "MeanSquaredLogarithmicError")
    return np.abs(drawn) if shares else drawn


@claim(
    "trainer.loss-formulas",
    promised="the formulas on Keras' pages of losses",
    cases=4,
    needs="keras.ops",
)
@given(
    cases(batch=2, timesteps=integers(2, 4), units=integers(2, 3), return_sequences=True),
    whole([(name, options) for name, options in OPTIONS if known(name, options)]),
    sampled_from(["sum_over_batch_size", "sum", None]),
    booleans(),
    seeds,
)
def test_a_loss_is_the_formula_of_its_page(case, kind, reduction, weighs, seed):
    """
    By default axis, without ignore_class, a loss of Keras but Circle, CTC and Tversky is its
    page's formula, but for clipping.

    So it is with any other options, and a weight for each number that is reduced. Dice is one
    number for the whole batch: weights only scale it. Crossentropies of classes first divide
    probabilities by their sum, but the generalized one does not. What has no logarithm is clipped:
    outputs below zero, as an LSTM has, are zero to MeanSquaredLogarithmicError.

    >>> import keras, numpy as np
    >>> loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.5, reduction="sum")
    >>> targets, outputs = np.array([[1.0, 0.0]]), np.array([[0.25, 0.75]])
    >>> smooth = 0.75 * np.log(0.25) + 0.25 * np.log(0.75)
    >>> bool(np.isclose(loss(targets, outputs), -smooth))
    True
    """
    name, options = kind
    y = outputs_for(name, options, to_numpy(lstm(case)(case.x)))
    target = targets_for(name, noise(y.shape, seed))
    formula = categorical if name == SPARSE else FORMULAS[name]
    losses = formula(target.astype(float), y.astype(float), **options)
    weight = np.abs(noise(losses.shape, seed + 1)) if weighs and losses.shape else None
    loss = getattr(keras.losses, name)(reduction=reduction, **options)
    given_ = np.argmax(target, axis=-1) if name in BY_ID else target
    exact = reduced(losses, weight, reduction if losses.shape else None)
    assert_close(to_numpy(loss(given_, y, sample_weight=weight)), exact)


@claim(
    "trainer.tversky",
    promised="keras.losses.Tversky, arguments `alpha` and `beta`: of false positives and negatives",
    cases=4,
    needs=("keras.ops", "keras.losses.Tversky"),
)
@given(
    cases(batch=integers(1, 3), timesteps=integers(2, 4), units=2, return_sequences=True),
    whole([(0.25, 0.75), (0.75, 0.25), (0.0, 1.0), (1.0, 0.5)]),
    seeds,
)
def test_alpha_weighs_what_tversky_finds_wrongly(case, coefficients, seed):
    """
    Tversky is 1 - hits / (hits + alpha * false positives + beta * false negatives), in products of
    targets and outputs.

    By default of a whole batch: hits are the sum of targets times outputs. A beta above alpha makes
    it worse to miss something than to find what is not there.

    >>> import keras, numpy as np
    >>> z, y = np.array([[1.0, 0.0, 1.0, 0.0]]), np.array([[1.0, 0.0, 0.0, 0.0]])  # one is missed
    >>> loss = keras.losses.Tversky(alpha=0.5, beta=0.5)(z, y)
    >>> round(float(loss), 4)
    0.3333
    """
    alpha, beta = coefficients
    y = sigmoid(to_numpy(lstm(case)(case.x)).astype(float)).astype("float32")
    target = (noise(y.shape, seed) > 0).astype("float32")
    loss = keras.losses.Tversky(alpha=alpha, beta=beta)(target, y)
    exchanged = tversky(target.astype(float), y.astype(float), beta, alpha)
    instead = {"alpha and beta are exchanged": exchanged}
    exact = tversky(target.astype(float), y.astype(float), alpha, beta)
    assert_close(to_numpy(loss), exact, instead=instead)


@claim(
    "trainer.loss-axis",
    promised="losses, argument `axis`: the axis along which a loss is computed",
    cases=4,
    needs="keras.ops",
)
@given(
    cases(batch=2, timesteps=integers(2, 4), units=integers(1, 3), return_sequences=True),
    whole([(name, options) for name, options in ALONG if known(name, {"axis": 1, **options})]),
    seeds,
)
def test_a_loss_along_another_axis_is_the_same(case, kind, seed):
    """
    Of arrays, a crossentropy (not sparse) or CosineSimilarity with axis=1 is of sequences what by
    default it is of timesteps.

    The classes are then along the timesteps. For the sparse one see `trainer.sparse-axis`.

    >>> import keras, numpy as np
    >>> z, y = np.random.rand(2, 3, 4), np.random.rand(2, 3, 4)  # (batch, timesteps, features)
    >>> across = keras.losses.CosineSimilarity(axis=1)(z, y)
    >>> last = keras.losses.CosineSimilarity()(z.transpose(0, 2, 1), y.transpose(0, 2, 1))
    >>> bool(np.isclose(across, last))
    True
    """
    name, options = kind
    outputs = np.swapaxes(to_numpy(lstm(case)(case.x)), 1, 2)
    y = outputs_for(name, options, outputs)
    target = targets_for(name, noise(y.shape, seed))
    exact = FORMULAS[name](target.astype(float), y.astype(float), **options)
    loss = getattr(keras.losses, name)(axis=1, reduction=None, **options)
    actual = to_numpy(loss(np.swapaxes(target, 1, 2), np.swapaxes(y, 1, 2)))
    share = options.get("label_smoothing", 0.0)
    spread = target * (1 - share) + share / y.shape[1]
    instead = {"smoothing counts the last axis": FORMULAS[name](spread, y.astype(float))}
    assert_close(actual, exact, instead=instead if share else None)


@claim(
    "trainer.sparse-axis",
    promised="SparseCategoricalCrossentropy, argument `axis`: the axis of the classes",
    cases=4,
    needs=("keras.ops", "keras.losses.SparseCategoricalCrossentropy(axis)"),
)
@given(
    cases(batch=2, timesteps=integers(2, 4), units=integers(2, 3), return_sequences=True),
    whole([{}, LOGITS, {"ignore_class": 1}]),
    seeds,
)
def test_sparse_crossentropy_along_another_axis_is_the_same(case, options, seed):
    """
    Unmasked, SparseCategoricalCrossentropy(axis=1) of three-axis outputs is that with axis=-1 once
    axes 1 and 2 are exchanged.

    The classes are then along the timesteps, with a target for each feature. Where another axis is
    refused, turn the outputs by Permute((2, 1)), and leave `axis`.

    >>> import keras, numpy as np
    >>> z, y = np.array([[2, 1]]), np.array([[[0.5, 0.25], [0.25, 0.5], [0.25, 0.25]]])
    >>> turned = keras.layers.Permute((2, 1))(y)
    >>> loss = keras.losses.SparseCategoricalCrossentropy()(z, turned)
    >>> bool(np.isclose(loss, -np.mean(np.log([0.25, 0.5]))))
    True
    """
    y = outputs_for(SPARSE, options, np.swapaxes(to_numpy(lstm(case)(case.x)), 1, 2))
    classes = np.argmax(noise(y.shape, seed), axis=-1)
    target = np.eye(y.shape[-1])[classes]
    logits = "from_logits" in options
    exact = categorical(target, y.astype(float), from_logits=logits)
    counted = classes != options.get("ignore_class")
    loss = keras.losses.SparseCategoricalCrossentropy(axis=1, reduction=None, **options)
    assert_close(to_numpy(loss(classes, np.swapaxes(y, 1, 2))), exact * counted)


@claim(
    "trainer.needs-a-loss",
    observed="Keras 3, TensorFlow and PyTorch",
    corrects="Evaluate needs no loss, if there are metrics.",
    cases=8,
    needs=("keras.Model.fit", "keras.ops"),
)
@given(
    nets(batch=2, timesteps=1),
    sampled_from(list(FORMS)),
    whole(["fit", "evaluate", "train_on_batch", "test_on_batch"]),
    whole([False, True]),
    seeds,
)
def test_without_a_loss_a_model_only_predicts(net, form, method, compiled, seed):
    """
    Not compiled, or without any loss, a model can predict, but not fit, evaluate or train on a
    batch by Keras' own steps.

    test_on_batch refuses it too. Without `loss` in compile() they raise a ValueError, even if the
    model has metrics. In a compiled model an added loss, or a penalty on weights that are trained,
    is a loss too.

    >>> import keras, numpy as np
    >>> model, x = keras.Sequential([keras.layers.LSTM(2)]), np.ones((1, 3, 1))
    >>> _ = model.predict(x, verbose=0)
    >>> try:
    ...     model.evaluate(x, np.ones((1, 2)))
    ... except ValueError as error:
    ...     print("compile()" in str(error))
    True
    """
    model = without_loss(net, form, compiled)
    run = partial(getattr(model, method), net.case.x, target_of(net, seed))
    assert_refused(run, "ValueError", "`compile()`")
    assert_close(model.predict(net.case.x, verbose=0), outputs(net))


def without_loss(net: Net, form: str, compiled: bool) -> Any:
    """Return a model without a loss, compiled with a metric or not at all."""
    model = network(net, form)
    if compiled:
        model.compile("sgd", metrics=["mae"])
    model.run_eagerly = True
    return model
