"""Weights of samples and of classes, and masks, in losses and metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from typing import Any

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import integers, permutations, sampled_from

from lstm_spec.claims import claim
from lstm_spec.claims.trainer import (
    BY_NAME,
    EVENLY,
    RATE,
    SEVERAL,
    any_loss,
    assert_epochs,
    batch_source,
    builds,
    eagerly,
    evaluate,
    even_loss,
    fit,
    samples,
    single,
    target_of,
    trainee,
)
from lstm_spec.claims.trainer.losses import by_sample
from lstm_spec.claims.trainer.reports import two_losses, with_two_heads
from lstm_spec.harness.refusals import assert_refused
from lstm_spec.harness.strategies import Array, booleans, noise, seeds, whole
from lstm_spec.harness.subject import FORMS, network, padded, tf_data
from lstm_spec.harness.tolerance import assert_close
from lstm_spec.harness.trainer import (
    LOSSES,
    Net,
    batch_loss,
    in_order,
    nets,
    outputs,
    sgd,
    shares,
    train,
)

BY_SAMPLE: dict[str, tuple[Callable[[Any, Any], Any], str]] = {
    "a function of one's own": (by_sample, "mse"),
    "a function of Keras": (keras.losses.mean_absolute_error, "mae"),
}
"""Functions that return one loss for each sample, and the name of that loss."""


@claim(
    "trainer.weighted-epoch",
    observed="Keras 3.15, TensorFlow and PyTorch",
    corrects="The weights of the samples are divided by their sum.",
    cases=2,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), builds, seeds, whole([None, *BY_SAMPLE]), any_loss)
def test_an_epoch_of_weighted_samples_is_a_mean_over_their_number(net, build, seed, given, loss):
    """
    By default, weighted losses of one final output, one for each sample, are summed and divided by
    their number.

    It is divided by the number of samples, not by the sum of the weights, batch by batch and over
    the whole epoch. So weights that are all 2 double the loss, penalties apart. A function of
    your own that returns one loss for each sample is weighted as the loss of Keras is.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y, weight = np.random.rand(3, 3, 1), np.random.rand(3, 2), np.array([1.0, 0.0, 5.0])
    >>> loss = model.evaluate(x, y, batch_size=2, sample_weight=weight, verbose=0)
    >>> bool(np.isclose(loss, np.sum(weight * np.mean((model(x) - y) ** 2, axis=1)) / 3))
    True
    """
    function, loss = BY_SAMPLE.get(given, (loss, loss))
    target = target_of(net, seed, loss)
    weight = np.abs(noise((net.samples,), seed + 1, scale=3.0))
    trained = train(net, target, sgd(RATE), in_order(net.samples, 2), loss, weight)
    model = trainee(net, build, function)
    history = fit(model, net, target, sample_weight=weight)
    assert_epochs(history["loss"], trained)
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)
    tested = evaluate(model, net, target, sample_weight=weight)
    assert_close(single(tested), batch_loss(trained.net, target, loss, weight), bound=SEVERAL)


@claim(
    "trainer.weight-of-a-sequence",
    promised="Model.fit, argument `sample_weight`: a flat array, a weight for each sample",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    nets(batch=3, timesteps=sampled_from([1, 2, 4]), return_sequences=True, outputs=integers(1, 2)),
    sampled_from(list(FORMS)),
    seeds,
    any_loss,
)
def test_a_flat_weight_weighs_all_timesteps_of_a_sample(net, form, seed, loss):
    """
    With return_sequences=True a flat array of weights weighs all timesteps of each sample, in a
    loss taken by timesteps.

    Weights of shape (batch, 1) say the same.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(1, return_sequences=True)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y, weight = np.random.rand(4, 3, 1), np.random.rand(4, 3, 1), np.arange(4.0)
    >>> loss = model.test_on_batch(x, y, sample_weight=weight[:, None])
    >>> bool(np.isclose(loss, np.mean(weight[:, None, None] * (model(x) - y) ** 2)))
    True
    """
    target = target_of(net, seed, loss)
    weight = np.abs(noise((3,), seed + 1))
    for eager in (True, False):
        model = trainee(net, (form, eager), loss)
        tested = model.test_on_batch(net.case.x, target, sample_weight=weight)
        assert_close(single(tested), batch_loss(net, target, loss, weight))


@claim(
    "trainer.weight-of-a-sequence-square",
    promised="Model.fit, argument `sample_weight`: a flat array, a weight for each sample",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=3, timesteps=3, return_sequences=True, outputs=integers(1, 2)), builds, seeds)
def test_a_flat_weight_is_of_the_samples_in_a_square_batch(net, build, seed):
    """
    With as many samples as timesteps a flat array of weights is still one for each sample.

    Nothing in the shapes tells the two apart. Weights of shape (batch, 1) are not mistaken.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(1, return_sequences=True)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y, weight = np.random.rand(3, 3, 1), np.random.rand(3, 3, 1), np.arange(3.0)
    >>> loss = model.test_on_batch(x, y, sample_weight=weight[:, None])
    >>> bool(np.isclose(loss, np.mean(weight[:, None, None] * (model(x) - y) ** 2)))
    True
    """
    target = target_of(net, seed)
    weight = np.abs(noise((3,), seed + 1))
    tested = trainee(net, build).test_on_batch(net.case.x, target, sample_weight=weight)
    turned = batch_loss(net, target, weight=np.tile(weight, (3, 1)))
    instead = {"the k-th weight is that of timestep k": turned}
    assert_close(single(tested), batch_loss(net, target, weight=weight), instead=instead)


@claim(
    "trainer.weight-column",
    observed="Keras 3.15, TensorFlow and PyTorch",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    nets(batch=samples, return_sequences=True, outputs=integers(1, 2)),
    builds,
    seeds,
    whole(["column", "timesteps", "with an axis of one"]),
    any_loss,
)
def test_weights_of_two_axes_weigh_samples_or_timesteps(net, build, seed, kind_, loss):
    """
    For sequences, weights (batch, 1) weigh the samples, (batch, timesteps) each timestep, of a loss
    taken by timesteps.

    A third axis of 1 may follow. By default, without a mask, the mean is over all timesteps of all
    samples. Mse of targets (batch, timesteps) for one unit has no timesteps to weigh. On
    TensorFlow a compiled step takes weights of one number of axes, until compile().

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(1, return_sequences=True)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y, weight = np.random.rand(4, 3, 1), np.random.rand(4, 3, 1), np.arange(4.0)
    >>> loss = model.test_on_batch(x, y, sample_weight=weight[:, None])
    >>> bool(np.isclose(loss, np.mean(weight[:, None, None] * (model(x) - y) ** 2)))
    True
    """
    target = target_of(net, seed, loss)
    every = np.abs(noise(net.output_shape[:2], seed + 1))
    weight = {"column": every[:, :1], "timesteps": every, "with an axis of one": every[..., None]}
    full = {"column": np.broadcast_to(every[:, :1], every.shape)}.get(kind_, every)
    trained = train(net, target, sgd(RATE), in_order(net.samples, 2), loss, full)
    model = trainee(net, build, loss)
    history = fit(model, net, target, sample_weight=weight[kind_])
    assert_epochs(history["loss"], trained)
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)


COUNTED = "metrics count masked timesteps"
"""What an older Keras does in place of leaving them out."""
CLASS_WEIGHT = {0: 0.5, 2: 3.0}
"""Weights of classes 0 and 2; class 1 has none."""

WEIGHED_SOURCES: dict[str, Callable[..., dict[str, Any]]] = {
    "arrays": lambda x, y: {"x": x, "y": y, "batch_size": 2},
    "a PyDataset": lambda x, y: {
        "x": batch_source([(x[row], y[row]) for row in in_order(len(x), 2)])
    },
    "a tf.data.Dataset": lambda x, y: {"x": tf_data(x, y)},
}
"""What fit is given beside class_weight, made of inputs and targets; a batch has two samples."""
if not hasattr(keras.utils, "PyDataset"):
    del WEIGHED_SOURCES["a PyDataset"]
if find_spec("tensorflow") is None:
    del WEIGHED_SOURCES["a tf.data.Dataset"]


def class_weights(ids: Any) -> Array:
    """Return the weights that CLASS_WEIGHT gives to targets; 1 where it gives none."""
    return np.asarray(np.array([0.5, 1.0, 3.0])[ids])


@claim(
    "trainer.class-weight",
    promised="Model.fit, argument `class_weight`: the loss is weighted by class",
    corrects="class_weight has to hold every class.",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    nets(batch=samples, outputs=3),
    builds,
    seeds,
    whole(["one-hot", "ids", "numbers"]),
    whole(list(WEIGHED_SOURCES)),
)
def test_class_weight_weighs_each_sample_by_its_class(net, build, seed, told, source):
    """
    By default class_weight, beside one array y or a PyDataset, weighs a sample's training loss by
    its one class.

    A class without a weight has 1. So it is beside a tf.data.Dataset of classes from 0 to the
    highest named. It is a sample weight: by default the mean is over the number of samples. The
    class is the largest target of a one-hot row, or the whole number nearest to a target of one
    number.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)
    >>> x, y, weight = np.random.rand(3, 3, 1), np.eye(2)[[0, 1, 1]], np.array([1.0, 5.0, 5.0])
    >>> loss = model.fit(x, y, class_weight={1: 5.0}, verbose=0).history["loss"][0]
    >>> bool(np.isclose(loss, np.mean(weight * np.mean((model(x) - y) ** 2, axis=1))))
    True
    """
    one_hot = target_of(net, seed, "categorical")
    ids = np.argmax(one_hot, axis=-1)
    near = (ids + np.linspace(-0.25, 0.25, net.samples)).astype("float32")[:, None]
    of_ids = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    one = Net(net.case, net.head[:, :1])
    weighed, target, loss, exact, exact_loss = {
        "one-hot": (net, one_hot, "categorical", one_hot, "categorical"),
        "ids": (net, ids, of_ids, one_hot, "categorical"),
        "numbers": (one, near, "mse", near, "mse"),
    }[told]
    model = trainee(weighed, build, loss)
    data = WEIGHED_SOURCES[source](net.case.x, target)
    history = model.fit(**data, class_weight=CLASS_WEIGHT, shuffle=False, verbose=0).history
    rows = in_order(net.samples, 2)
    trained = train(weighed, exact, sgd(RATE), rows, exact_loss, class_weights(ids))
    assert_epochs(history["loss"], trained)
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)


CLASSES_GIVEN = {
    "ids": lambda one_hot: np.argmax(one_hot, axis=-1),
    "ids in a column": lambda one_hot: np.argmax(one_hot, axis=-1)[:, None],
    "one-hot": lambda one_hot: one_hot,
}
"""How the classes of samples may be told, made of one-hot rows."""


@claim(
    "trainer.class-weight-of-a-dataset",
    promised="Model.fit, argument `class_weight`: the loss is weighted by class",
    cases=4,
    needs=("keras.Model.fit", "tensorflow"),
)
@given(
    nets(batch=4, timesteps=integers(1, 2), outputs=3),
    sampled_from(list(FORMS)),
    seeds,
    whole([{0: 0.5}, {1: 2.0}, {"0": 0.5, "2": 3.0}, {0: 0.5, 1: 2.0, 2: 3.0}, {0: 0.5, 2: 3.0}]),
    whole(list(CLASSES_GIVEN)),
)
def test_class_weight_weighs_the_samples_of_a_dataset(net, form, seed, weights, told):
    """
    class_weight weighs samples of a tf.data.Dataset by class as those of arrays, and by 1 where a
    class has no weight.

    Of a loss taken by samples, that is. The classes are ids, flat or in a column, or one-hot rows.
    Their numbers may be text, as the keys of JSON are.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)
    >>> x, y, weights = np.random.rand(4, 1), np.eye(2), {0: 1.0, 1: 5.0}
    >>> data = keras.utils.timeseries_dataset_from_array(x, y, 3, batch_size=2)
    >>> loss = model.fit(data, class_weight=weights, verbose=0).history["loss"][0]
    >>> windows = np.stack([x[:3], x[1:]])  # (batch, timesteps, features)
    >>> plain = np.mean((model(windows) - y) ** 2, axis=1)
    >>> bool(np.isclose(loss, np.mean(plain * [1.0, 5.0])))
    True
    """
    one_hot = np.eye(3, dtype="float32")[(np.arange(4) + seed) % 3]
    sparse = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    loss = "categorical" if told == "one-hot" else sparse
    arrays = net.case.x, CLASSES_GIVEN[told](one_hot)
    by_number = {int(key): weight for key, weight in weights.items()}
    weight = np.array([by_number.get(k, 1.0) for k in np.argmax(one_hot, axis=-1)])
    rows = in_order(net.samples, 2)
    trained = train(net, one_hot, sgd(RATE), rows, "categorical", weight)
    model = trainee(net, (form, True), loss)
    history = model.fit(tf_data(*arrays), class_weight=weights, verbose=0).history
    assert_epochs(history["loss"], trained)
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)
    of_arrays = fit(trainee(net, (form, True), loss), net, arrays[1], class_weight=weights)
    assert_epochs(of_arrays["loss"], trained)


@claim(
    "trainer.class-weight-keys",
    promised="Model.fit, argument `class_weight`: it maps class indices, integers, to weights",
    corrects="Keys of class_weight that come from a JSON file weigh nothing, without notice.",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=samples, outputs=3), sampled_from(list(FORMS)), seeds)
def test_keys_of_class_weight_that_are_text_are_not_overlooked(net, form, seed):
    """
    Beside arrays class_weight takes keys that are text for the whole numbers that they tell, and
    refuses other text.

    JSON makes the keys of what it writes text. Those that are overlooked leave every sample the
    weight 1. Make them numbers: {int(key): weight for key, weight in weights.items()}.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(1)])
    >>> model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)
    >>> x, y = np.ones((2, 3, 1)), np.array([0.0, 1.0])
    >>> losses = [model.train_on_batch(x, y, class_weight={key: 9.0}) for key in (1, int("1"))]
    >>> bool(np.isclose(*losses))
    True
    """
    target = target_of(net, seed, "categorical")
    weight = class_weights(np.argmax(target, axis=-1))
    told = {str(key): number for key, number in CLASS_WEIGHT.items()}
    model = trainee(net, (form, True), "categorical", optimizer=keras.optimizers.SGD(0.0))
    of_batch = model.train_on_batch(net.case.x, target, class_weight=told)
    of_epoch = fit(model, net, target, batch_size=net.samples, class_weight=told)["loss"][0]
    exact = batch_loss(net, target, "categorical", weight)
    instead = {"text is overlooked": [batch_loss(net, target, "categorical")] * 2}
    assert_close(single([of_batch, of_epoch]), [exact] * 2, instead=instead)
    run = partial(model.train_on_batch, net.case.x, target, class_weight={"a": 0.5, "b": 3.0})
    assert_refused(run, "ValueError", "class_weight")


@claim(
    "trainer.class-weight-of-timesteps",
    promised="Model.fit, argument `class_weight`: targets of rank 2 or more are to be one-hot",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    nets(batch=3, timesteps=integers(2, 4), outputs=3, return_sequences=True),
    builds,
    seeds,
    sampled_from(["binary", "categorical", "mse"]),
)
def test_class_weight_weighs_each_timestep_by_its_class(net, build, seed, loss):
    """
    class_weight weighs a timestep of one-hot targets (batch, timesteps, classes) by its class, in
    losses taken by timesteps.

    Sample weights of shape (batch, timesteps) say the same.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2, return_sequences=True)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y = np.random.rand(2, 3, 1), np.eye(2)[[[0, 1, 1], [0, 0, 1]]]
    >>> weight = np.array([2.0, 5.0])[np.argmax(y, axis=-1)]  # of the classes 0 and 1
    >>> loss = model.test_on_batch(x, y, sample_weight=weight)
    >>> bool(np.isclose(loss, np.mean(weight[:, :, None] * (model(x) - y) ** 2)))
    True
    """
    target = target_of(net, seed, "categorical")
    model = trainee(net, build, loss)
    every_class = {0: 0.5, 1: 1.0, 2: 3.0}
    reported = model.train_on_batch(net.case.x, target, class_weight=every_class)
    weight = class_weights(np.argmax(target, axis=-1))
    assert_close(single(reported), batch_loss(net, target, loss, weight))


@claim(
    "trainer.class-weight-of-labels",
    observed="Keras 2 and 3, all backends",
    corrects="class_weight weighs each timestep of labels (batch, timesteps) by its class.",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    nets(batch=3, timesteps=integers(2, 3), outputs=1, return_sequences=True),
    builds,
    seeds,
    whole(["mse", "mae"]),
)
def test_class_weight_takes_labels_of_timesteps_for_one_hot(net, build, seed, loss):
    """
    For a mean error class_weight takes labels (batch, timesteps > 1) as one-hot: the first timestep
    of the largest is the class.

    In a mean error all timesteps of a sample weigh the same then; sparse_categorical_crossentropy
    fails, unless there is one sample, or as many as timesteps. Give the weight of each timestep as
    sample_weight, (batch, timesteps), and for a mean error targets (batch, timesteps, 1).

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(1, return_sequences=True)
    >>> model = keras.Sequential([keras.Input((3, 1)), lstm])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, labels = np.random.rand(2, 3, 1), np.array([[0, 1, 0], [1, 0, 0]])
    >>> y, weight = labels[:, :, None], np.array([2.0, 5.0])[labels]  # of the classes 0 and 1
    >>> loss = model.test_on_batch(x, y, sample_weight=weight)
    >>> bool(np.isclose(loss, np.mean(weight[:, :, None] * (model(x) - y) ** 2)))
    True
    """
    labels = np.argmax(noise((*net.output_shape[:2], 3), seed), axis=-1)
    model = trainee(net, build, loss)
    every_class = {0: 0.5, 1: 1.0, 2: 3.0}
    reported = model.train_on_batch(net.case.x, labels, class_weight=every_class)
    positions = np.repeat(np.argmax(labels, axis=1)[:, None], labels.shape[1], axis=1)
    target = labels[:, :, None].astype("float32")
    exact = batch_loss(net, target, loss, class_weights(positions))
    instead = {"each timestep is weighed": batch_loss(net, target, loss, class_weights(labels))}
    assert_close(single(reported), exact, instead=instead)


@claim(
    "trainer.weights-on-batch",
    promised="train_on_batch and test_on_batch, arguments `sample_weight` and `class_weight`",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=samples, outputs=2), builds, booleans(), seeds)
def test_a_single_batch_is_weighted_as_in_fit(net, build, by_class, seed):
    """
    For one target array train_on_batch and test_on_batch weigh samples by sample_weight, the first
    by class_weight, as fit does.

    By default, without masks, the weighted losses are divided by their number, not by the sum of
    weights. test_on_batch takes no class_weight. Beside targets in a list, tuple or
    dictionary fit refuses class_weight, and train_on_batch may take it wrongly without notice.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y, weight = np.random.rand(2, 3, 1), np.random.rand(2, 2), np.array([1.0, 5.0])
    >>> errors = np.mean((model(x) - y) ** 2, axis=1)
    >>> bool(np.isclose(model.test_on_batch(x, y, sample_weight=weight), np.mean(errors * weight)))
    True
    """
    target = target_of(net, seed, "categorical")
    classes = {0: 0.5, 1: 3.0}
    weight = np.array([classes[int(k)] for k in np.argmax(target, axis=1)])
    model = trainee(net, build, "categorical")
    x = padded(net)
    tested = model.test_on_batch(x, target, sample_weight=weight)
    options = {"class_weight": classes} if by_class else {"sample_weight": weight}
    reported = model.train_on_batch(x, target, **options)
    everything = in_order(net.samples, net.samples)
    trained = train(net, target, sgd(RATE), everything, "categorical", weight)
    assert_close(single([tested, reported]), [trained.losses[0]] * 2, bound=SEVERAL)
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)


@claim(
    "trainer.weights-of-all-outputs",
    observed="Keras 3.15, TensorFlow and PyTorch",
    corrects="For several outputs a list of sample weights must be given.",
    cases=6,
    needs="keras.Model.fit",
)
@given(nets(batch=4, outputs=2), whole(["flat", "a column", "a list"]), seeds)
def test_a_single_array_of_weights_serves_all_outputs(net, shape, seed):
    """
    For final outputs and targets in lists a flat array of weights, or a column, weighs each loss,
    a list of them each its own.

    So a sample that counts for no output is named once. On TensorFlow a compiled step takes a flat
    array or a column, not both in turn, until compile(). Beside arrays fit and evaluate refuse one
    wider array with a ValueError.

    >>> import keras, numpy as np
    >>> x = keras.Input((3, 1))
    >>> heads = [keras.layers.Dense(1, name=name)(keras.layers.LSTM(2)(x)) for name in "ab"]
    >>> model = keras.Model(x, heads)
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y, weight = np.random.rand(2, 3, 1), [np.ones((2, 1))] * 2, np.array([1.0, 3.0])
    >>> options = dict(verbose=0, return_dict=True)
    >>> once = model.evaluate(x, y, sample_weight=weight, **options)
    >>> twice = model.evaluate(x, y, sample_weight=[weight, weight], **options)
    >>> bool(np.isclose(once["loss"], twice["loss"]))
    True
    """
    target = target_of(net, seed)
    weights = 0.5 + np.abs(noise((2, net.samples), seed + 1))
    listed = [weights[0], weights[1] if shape == "a list" else weights[0]]
    model = with_two_heads(net, True)
    targets = [target[:, :1], target[:, 1:]]
    given = {"flat": weights[0], "a column": weights[0][:, None], "a list": listed}[shape]
    options = {"batch_size": 4, "sample_weight": given, "return_dict": True}
    reported = evaluate(model, net, targets, **options)
    assert_close(single(reported["loss"]), sum(two_losses(net, target, listed)))
    wide = {"sample_weight": np.transpose(weights)}
    assert_refused(partial(evaluate, model, net, targets, **wide), "ValueError", "one array per")


@claim(
    "trainer.class-weight-of-outputs",
    promised="Model.fit, argument `class_weight`: for models of a single output",
    corrects="class_weight counts for each output.",
    needs="keras.Model.fit",
)
@given(nets(batch=4, outputs=2), whole(sorted(WEIGHED_SOURCES.keys() - {"a PyDataset"})), seeds)
def test_class_weights_of_several_outputs_are_refused(net, source, seed):
    """
    Beside arrays or a tf.data.Dataset fit refuses class_weight for targets of several outputs.

    With a ValueError, or a TypeError if weights by an output's name are given with a Dataset. With
    a PyDataset there is another error, or wrong weights without notice. Give sample weights for
    each output instead, made of its classes.

    >>> import keras, numpy as np
    >>> x = keras.Input((3, 1))
    >>> model = keras.Model(x, [keras.layers.LSTM(2)(x), keras.layers.LSTM(2)(x)])
    >>> model.compile("sgd", ["mse", "mse"], run_eagerly=True)
    >>> try:
    ...     _ = model.fit(np.ones((4, 3, 1)), [np.ones((4, 2))] * 2, class_weight={0: 1.0})
    ... except ValueError as error:
    ...     print("single output" in str(error))
    True
    """
    target = target_of(net, seed)
    model = with_two_heads(net, True)
    data = WEIGHED_SOURCES[source](net.case.x, (target[:, :1], target[:, 1:]))
    run = partial(model.fit, **data, class_weight={0: 1.0, 1: 2.0}, verbose=0)
    assert_refused(run, "ValueError", "single output")


@claim(
    "trainer.class-and-sample-weight",
    observed="Keras 3.15, TensorFlow and PyTorch",
    corrects="class_weight and sample_weight are multiplied.",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=samples, outputs=2), builds, seeds, whole(["fit", "train_on_batch"]))
def test_class_weight_beside_sample_weight_is_refused(net, build, seed, method):
    """
    In fit and train_on_batch class_weight and sample_weight together are refused with a ValueError.

    Also if the weights of samples come from a Dataset or a PyDataset. Multiply them by hand:
    sample_weight * np.array([1.0, 5.0])[classes].

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> try:
    ...     model.train_on_batch(np.ones((2, 3, 1)), np.eye(2), np.ones(2), {0: 1.0, 1: 5.0})
    ... except ValueError as error:
    ...     print("at the same time" in str(error))
    True
    """
    model = trainee(net, build)
    weight = np.abs(noise((net.samples,), seed))
    data = (net.case.x, target_of(net, seed))
    weights = {"sample_weight": weight}
    run = partial(getattr(model, method), *data, **weights, class_weight={0: 1.0, 1: 2.0})
    assert_refused(run, "ValueError", "at the same time")


@claim(
    "trainer.weighted-metrics",
    promised="Model.compile, arguments `metrics` and `weighted_metrics`: the latter are weighted",
    corrects="sample_weight applies to all metrics.",
    cases=2,
    needs="keras.Model.fit",
)
@given(
    nets(batch=samples, outputs=2, return_sequences=booleans()),
    builds,
    seeds,
    whole([False, True]),
    whole(["bits", "ids"]),
)
def test_only_weighted_metrics_are_weighted(net, build, seed, column, kind_):
    """
    Sample weights shaped as what they weigh count in the loss and in weighted_metrics taken by
    samples, not in metrics.

    By default a weighted mean, of errors or hits, is divided by the sum of the weights, the loss
    by the number of samples or timesteps: so the two may differ though both are weighted. A
    function that returns a single number for a batch, as dice does, fails in weighted_metrics
    beside weights of several samples.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", metrics=["mse"], weighted_metrics=["mae"])
    >>> x, y, weight = np.random.rand(3, 3, 1), np.random.rand(3, 2), np.array([0.0, 0.0, 5.0])
    >>> loss, mse, mae = model.evaluate(x, y, sample_weight=weight, verbose=0)
    >>> last = np.abs(model(x) - y)[2]
    >>> bool(np.isclose(loss, 5 * np.mean(last**2) / 3)), bool(np.isclose(mae, np.mean(last)))
    (True, True)
    """
    target = target_of(net, seed)
    every = np.abs(noise(net.output_shape[:-1], seed + 1))
    given_ = every[:, :1] if column and net.sequences else every
    weight = np.broadcast_to(given_, every.shape)
    model = trainee(net, build, metrics=["mse"], weighted_metrics=["mae"])
    reported = evaluate(model, net, target, sample_weight=given_)
    weighted = batch_loss(net, target, "mae", weight) / np.mean(weight)
    mse = batch_loss(net, target)
    exact = [batch_loss(net, target, weight=weight), mse, weighted]
    evenly = even_loss(net, target, weight=weight)
    instead = {f"{EVENLY}, and {BY_NAME}": [evenly, weighted, mse]}
    assert_close(single(reported), exact, instead=instead)
    hits = hits_of(net, kind_, np.argmax(target, axis=-1))
    accuracy = weighted_accuracy(net, build, kind_, np.argmax(target, axis=-1), given_)
    assert_close(accuracy, np.average(hits, weights=weight))


def of_kind(net: Net, kind_: str) -> Net:
    """Return a model of a single output, if its targets are bits, or else of classes."""
    return Net(net.case, net.head[:, :1]) if kind_ == "bits" else net


def hits_of(net: Net, kind_: str, ids: Array) -> Array:
    """Return whether each sample or timestep is a hit, by the numbers of their classes."""
    y = outputs(of_kind(net, kind_))
    classes = y[..., 0] > 0.5 if kind_ == "bits" else np.argmax(y, axis=-1)
    return np.asarray(classes == ids)


def weighted_accuracy(
    net: Net, build: tuple[str, bool], kind_: str, ids: Array, weight: Array
) -> Array:
    """Return what evaluate reports as weighted accuracy, of targets in a column."""
    of_ids = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    loss = "mse" if kind_ == "bits" else of_ids
    model = trainee(of_kind(net, kind_), build, loss, weighted_metrics=["accuracy"])
    target = ids[..., None].astype("float32")
    return single(evaluate(model, net, target, sample_weight=weight)[1])


@claim(
    "trainer.mask-in-the-loss",
    observed="Keras 3.15, TensorFlow and PyTorch",
    corrects="The loss of a masked batch is divided by all timesteps, padding included.",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    nets(
        batch=samples,
        timesteps=integers(2, 4),
        masked=True,
        return_sequences=True,
        outputs=integers(1, 2),
    ),
    builds,
    seeds,
    whole(["mse", "mae", "huber"]),
)
def test_the_loss_is_a_mean_over_the_valid_timesteps(net, build, seed, loss):
    """
    Where a mask reaches the output, a batch's unweighted mse, mae or huber loss by timesteps is the
    mean over its valid ones.

    LSTM, Dense and others hand the mask on to the loss. By it a padded timestep trains nothing,
    and a batch without any valid one has the loss 0. Pad targets with numbers: NaN times zero is
    NaN. Of one unit, targets need their last axis.

    >>> import keras, numpy as np
    >>> layers = [keras.layers.Masking(), keras.layers.LSTM(2, return_sequences=True)]
    >>> model = keras.Sequential([keras.Input((3, 1)), *layers])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y = np.array([[[1.0], [7.0], [0.0]]]), np.random.rand(1, 3, 2)
    >>> error = np.array(model(x))[:, :2] - y[:, :2]  # the last timestep is padding
    >>> bool(np.isclose(model.evaluate(x, y, verbose=0), np.mean(error**2)))
    True
    """
    target = target_of(net, seed)
    model = trainee(net, build, loss)
    trained = train(net, target, sgd(RATE), in_order(net.samples, 2), loss)
    history = fit(model, net, target)
    assert_epochs(history["loss"], trained, instead=masked_otherwise(net, target, loss))
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)


def masked_otherwise(
    net: Net, target: Array, loss: str = "mse", weight: Array | None = None, rate: float = RATE
) -> dict[str, Any]:
    """Return the loss that Keras 2 reports of an epoch of masked sequences, by the reason."""
    rows = in_order(net.samples, 2)
    mask = np.asarray(net.case.mask)
    shares = np.concatenate([np.full(len(row), np.mean(mask[row])) for row in rows])[:, None]
    weight = shares if weight is None else shares * weight
    hollow = not all(np.any(mask[row]) for row in rows)
    return {
        "it is divided by all timesteps": train(
            net, target, sgd(rate), rows, loss, weight
        ).epoch_losses(),
        **({"a batch without a valid timestep has no number": [np.nan]} if hollow else {}),
    }


@claim(
    "trainer.mask-by-batches",
    derived="trainer.mask-in-the-loss and trainer.epoch-loss",
    corrects="The loss of padded sequences does not depend on the batch size.",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    nets(batch=samples, timesteps=integers(2, 4), masked=True, return_sequences=True),
    builds,
    seeds,
    any_loss,
)
def test_batches_count_by_samples_whatever_their_padding(net, build, seed, loss):
    """
    By default, for one output, losses of masked batches are weighted by their samples, not by
    valid timesteps.

    So evaluate can give other losses for other batch sizes, and a valid timestep counts more in a
    batch with much padding. A metric such as "mse" is a mean over all valid timesteps, of targets
    shaped as the outputs.

    >>> import keras, numpy as np
    >>> layers = [keras.layers.Masking(), keras.layers.LSTM(2, return_sequences=True)]
    >>> model = keras.Sequential([keras.Input((3, 1)), *layers])
    >>> model.compile("sgd", "mse", metrics=["mse"])
    >>> x, y = np.array([[[1.0], [7.0], [2.0]], [[1.0], [0.0], [0.0]]]), np.zeros((2, 3, 2))
    >>> (loss, mse), both = model.evaluate(x, y, 1, verbose=0), model.evaluate(x, y, 2, verbose=0)
    >>> bool(np.isclose(loss, both[0])), bool(np.isclose(mse, both[1]))
    (False, True)
    """
    target = target_of(net, seed, loss)
    model = trainee(net, build, loss, metrics=["mse"])
    rows = in_order(net.samples, 2)
    parts = [batch_loss(net.of(row), target[row], loss) for row in rows]
    mean = np.average(parts, weights=[len(row) for row in rows])
    of_all = np.mean((outputs(net) - target) ** 2)
    exact = [mean, batch_loss(net, target)]
    still = masked_otherwise(net, target, loss, rate=0.0)
    instead = {
        COUNTED: [mean, of_all],
        f"{COUNTED}, and {EVENLY}": [np.mean(parts), of_all],
        **{why: [*part, exact[1]] for why, part in still.items()},
    }
    assert_close(single(evaluate(model, net, target)), exact, instead=instead)


@claim(
    "trainer.mask-in-metrics",
    observed="Keras 3.15, TensorFlow and PyTorch",
    corrects="All metrics leave out masked timesteps.",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    nets(batch=samples, timesteps=integers(2, 4), masked=True, return_sequences=True), builds, seeds
)
def test_the_root_of_the_error_counts_masked_timesteps(net, build, seed):
    """
    For targets shaped as the outputs, "mse" and "mae" leave out masked timesteps, and
    RootMeanSquaredError counts them.

    AUC, Precision and Recall count them too: they are no means of a function. Give them the mask
    as sample_weight, under weighted_metrics.

    >>> import keras, numpy as np
    >>> layers = [keras.layers.Masking(), keras.layers.LSTM(2, return_sequences=True)]
    >>> model = keras.Sequential([keras.Input((3, 1)), *layers])
    >>> model.compile("sgd", "mse", metrics=["mse", keras.metrics.RootMeanSquaredError()])
    >>> x, y = np.array([[[1.0], [7.0], [0.0]]]), np.array([[[1.0, 1.0], [2.0, 2.0], [9.0, 9.0]]])
    >>> loss, mse, root = model.evaluate(x, y, verbose=0)
    >>> bool(np.isclose(root**2, mse)), bool(np.isclose(root**2, np.mean((model(x) - y) ** 2)))
    (False, True)
    """
    root = keras.metrics.RootMeanSquaredError()
    target = target_of(net, seed)
    model = trainee(net, build, metrics=["mse", "mae", root])
    reported = evaluate(model, net, target, batch_size=9)[1:]
    valid = [batch_loss(net, target, name) for name in ("mse", "mae")]
    error = outputs(net) - target
    mse = np.mean(error**2)
    mae = np.mean(np.abs(error))
    instead = {
        COUNTED: [mse, mae, np.sqrt(mse)],
        f"{COUNTED}, in the order of their names": [mae, mse, np.sqrt(mse)],
        "no metric counts masked timesteps": [*valid, np.sqrt(valid[0])],
    }
    assert_close(single(reported), [*valid, np.sqrt(mse)], instead=instead)


ACCURACIES: dict[str, Callable[[], list[Any]]] = {
    "bits": lambda: ["accuracy", keras.metrics.BinaryCrossentropy(from_logits=True)],
    "one-hot": lambda: [
        "accuracy",
        keras.metrics.CategoricalCrossentropy(from_logits=True),
        keras.metrics.TopKCategoricalAccuracy(2),
    ],
    "ids": lambda: [
        "accuracy",
        keras.metrics.SparseCategoricalCrossentropy(from_logits=True),
        keras.metrics.SparseTopKCategoricalAccuracy(2),
    ],
}
"""Accuracies and crossentropies as metrics, by the kind of their targets."""


@claim(
    "trainer.mask-in-accuracy",
    observed="Keras 3.15, TensorFlow and PyTorch",
    corrects="Accuracy counts the padding of masked sequences.",
    cases=2,
    needs="keras.Model.fit",
)
@given(
    nets(batch=samples, timesteps=integers(2, 4), masked=True, return_sequences=True, outputs=3),
    builds,
    whole(list(ACCURACIES)),
    seeds,
)
def test_accuracy_leaves_out_masked_timesteps(net, build, kind_, seed):
    """
    In float32 metrics of accuracy, by top k too, and crossentropy are means over unmasked timesteps
    for targets of three axes.

    Over those of all batches together, while the loss is a mean of the batches. If the mask ends
    before the output, padding counts, and a model that predicts it well looks better than it is.
    TensorFlow finds the top k of float32 alone.

    >>> import keras, numpy as np
    >>> layers = [keras.layers.Masking(), keras.layers.LSTM(1, return_sequences=True)]
    >>> model = keras.Sequential([keras.Input((3, 1)), *layers])
    >>> model.compile("sgd", "mse", metrics=["accuracy"])
    >>> x = np.array([[[1.0], [2.0], [0.0]]])  # the last timestep is padding
    >>> hits = np.array(model(x)) > 0.5
    >>> y = np.where([[[True], [False], [False]]], hits, ~hits).astype("float32")
    >>> model.evaluate(x, y, verbose=0)[1]  # one hit, and two misses
    0.5
    """
    ids = np.argmax(target_of(net, seed, "categorical"), axis=-1) % (2 if kind_ == "bits" else 3)
    target = np.eye(3, dtype="float32")[ids] if kind_ == "one-hot" else ids[..., None] * 1.0
    of_ids = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    loss = {"bits": "binary", "one-hot": "categorical", "ids": of_ids}[kind_]
    model = trainee(of_kind(net, kind_), build, loss, metrics=ACCURACIES[kind_]())
    reported = evaluate(model, net, target)[1:]
    scores = scores_of(net, kind_, ids)
    mask = np.asarray(net.case.mask)
    exact = [np.sum(score * mask) / max(1, np.sum(mask)) for score in scores]
    assert_close(single(reported), exact, instead={COUNTED: [np.mean(score) for score in scores]})


def scores_of(net: Net, kind_: str, ids: Array) -> list[Array]:
    """Return what ACCURACIES make of each timestep, by the numbers of their classes."""
    y = outputs(of_kind(net, kind_))
    hits = hits_of(net, kind_, ids)
    if kind_ == "bits":
        return [hits, LOSSES["binary"].value(ids[..., None], y)]
    one_hot = np.eye(3)[ids]
    better = np.sum(y > np.sum(one_hot * y, axis=-1, keepdims=True), axis=-1)
    return [hits, LOSSES["categorical"].value(one_hot, y), better < 2]


@claim(
    "trainer.masks-of-several-outputs",
    observed="Keras 3.15, TensorFlow and PyTorch",
    corrects="The losses of all outputs leave out what the input's mask hides.",
    cases=2,
    needs="keras.Model.fit",
)
@given(
    nets(batch=3, timesteps=integers(2, 4), masked=True, return_sequences=True),
    permutations(range(4)),
    eagerly,
    whole(["mse", "mae"]),
    seeds,
)
def test_each_of_several_outputs_has_its_own_mask(net, order, eager, loss, seed):
    """
    As loss and as metric "mse" and "mae" leave out of each of several outputs what its own mask
    hides, and nothing else.

    So sequences count without their padding, while a final output beside them, or a sequence that
    comes from another input, counts in full. Targets of one unit need their last axis.

    >>> import keras, numpy as np
    >>> x, lstm = keras.Input((3, 1)), keras.layers.LSTM(2, return_sequences=True)
    >>> rows = lstm(keras.layers.Masking()(x))
    >>> model = keras.Model(x, [rows, keras.layers.LSTM(2)(rows)])
    >>> model.compile("sgd", ["mse", "mse"], run_eagerly=True)
    >>> x = np.array([[[1.0], [7.0], [0.0]]])  # the last timestep is padding
    >>> rows, final = [np.array(y) for y in model(x)]
    >>> loss = model.test_on_batch(x, [0 * rows, 0 * final], return_dict=True)["loss"]
    >>> bool(np.isclose(loss, np.mean(rows[:, :2] ** 2) + np.mean(final**2)))
    True
    """
    parts = [of_several_masks(net)[k] for k in order]
    models = [network(part, "functional") for part in parts]
    model = keras.Model([one.input for one in models], [one.output for one in models])
    weights = [1.0, 2.0, 4.0, 8.0]
    options = {"loss_weights": weights, "metrics": [[loss]] * 4}
    model.compile("sgd", [loss] * 4, **options, run_eagerly=eager)
    targets = [target_of(part, seed) for part in parts]
    reported = model.test_on_batch(list(map(padded, parts)), targets, return_dict=True)
    values = [
        LOSSES[loss].value(target, outputs(part))
        for part, target in zip(parts, targets, strict=True)
    ]
    counted = [shares(part, each) for part, each in zip(parts, values, strict=True)]
    exact = [np.sum(share * each) for share, each in zip(counted, values, strict=True)]
    diluted = [np.mean(share > 0) for share in counted] * np.array(exact)
    instead = {
        COUNTED: [np.dot(weights, exact), *map(np.mean, values)],
        "it is divided by all timesteps": [np.dot(weights, diluted), *exact],
    }
    numbers = [reported["loss"], *(reported[f"{name}_{loss}"] for name in model.output_names)]
    assert_close(single(numbers), [np.dot(weights, exact), *exact], instead=instead)


def of_several_masks(net: Net) -> list[Net]:
    """Return models of two masks, of none, and of an output in which a mask ends."""
    mask = np.asarray(net.case.mask) | (np.arange(net.case.timesteps) == 0)
    masks = [mask, mask[::-1], None, mask]
    options = [{**net.case.options, "return_sequences": k < 3} for k in range(4)]
    cases_ = [replace(net.case, mask=masks[k], options=options[k]) for k in range(4)]
    return [Net(case, net.head) for case in cases_]


@claim(
    "trainer.mask-and-weight",
    observed="Keras 3.15, TensorFlow and PyTorch",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    nets(batch=samples, timesteps=integers(2, 4), masked=True, return_sequences=True),
    builds,
    seeds,
    any_loss,
)
def test_weights_beside_a_mask_are_divided_by_the_valid_timesteps(net, build, seed, loss):
    """
    Under a mask, losses times weights, both by timestep, are summed and divided by a batch's
    number of valid timesteps, if any.

    The weights of masked timesteps do not matter, and the sum of all does not either. But a NaN as
    weight or target of a masked timestep makes the loss NaN: it is multiplied by zero. Targets
    of one unit need their last axis.

    >>> import keras, numpy as np
    >>> layers = [keras.layers.Masking(), keras.layers.LSTM(2, return_sequences=True)]
    >>> model = keras.Sequential([keras.Input((3, 1)), *layers])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y, weight = np.array([[[1.0], [7.0], [0.0]]]), np.zeros((1, 3, 2)), np.array([[3, 1, 9]])
    >>> losses = np.mean(np.array(model(x)) ** 2, axis=2)[0]
    >>> loss = model.test_on_batch(x, y, sample_weight=weight)
    >>> bool(np.isclose(loss, (3.0 * losses[0] + losses[1]) / 2))
    True
    """
    target = target_of(net, seed, loss)
    weight = np.abs(noise(net.output_shape[:2], seed + 1))
    trained = train(net, target, sgd(RATE), in_order(net.samples, 2), loss, weight)
    model = trainee(net, build, loss)
    history = fit(model, net, target, sample_weight=weight)
    instead = masked_otherwise(net, target, loss, weight)
    assert_epochs(history["loss"], trained, instead=instead)
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)


@claim(
    "trainer.mask-of-a-final-output",
    derived="without return_sequences there is no timestep left that a mask could be of",
    corrects="Masked timesteps make a sample count less in the loss.",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=samples, timesteps=integers(2, 4), masked=True), builds, seeds)
def test_a_padded_sample_counts_as_much_as_another(net, build, seed):
    """
    Behind an LSTM without return_sequences a padded sample counts in the loss as much as any other.

    The mask of the timesteps that it reads ends at the LSTM. A sample without any valid timestep
    counts too: leave such samples out, or give them the weight 0.

    >>> import keras, numpy as np
    >>> layers = [keras.layers.Masking(), keras.layers.LSTM(2)]
    >>> model = keras.Sequential([keras.Input((3, 1)), *layers])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y = np.array([[[1.0], [7.0], [2.0]], [[0.0], [0.0], [0.0]]]), np.random.rand(2, 2)
    >>> bool(np.isclose(model.evaluate(x, y, verbose=0), np.mean((model(x) - y) ** 2)))
    True
    """
    target = target_of(net, seed)
    model = trainee(net, build)
    trained = train(net, target, sgd(RATE), in_order(net.samples, 2))
    history = fit(model, net, target)
    assert_epochs(history["loss"], trained)
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)
