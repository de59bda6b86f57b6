"""Which targets are taken: their shapes, and for what."""

from __future__ import annotations

import warnings

import keras
import numpy as np
from hypothesis import assume, given
from hypothesis.strategies import integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.claims.trainer import (
    ERRORS,
    EVENLY,
    MISFITS,
    RATE,
    SEVERAL,
    assert_epochs,
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
from lstm_spec.harness import trainer as ours
from lstm_spec.harness.refusals import assert_refused
from lstm_spec.harness.strategies import booleans, cases, noise, seeds, whole
from lstm_spec.harness.subject import FORMS, lstm, to_numpy
from lstm_spec.harness.tolerance import assert_close
from lstm_spec.harness.trainer import Net, batch_loss, in_order, nets, sgd, train


@claim(
    "trainer.target-axis",
    observed="Keras 3.15, TensorFlow and PyTorch",
    corrects="Targets of shape (batch,) for outputs of shape (batch, 1) are broadcast to a square.",
    cases=2,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), builds, seeds, whole(["mse", "mae", "huber", "log_cosh"]))
def test_targets_may_lack_the_last_axis_of_a_single_output(net, build, seed, loss):
    """
    Under a loss of Keras for outputs (batch, 1), targets (batch,) train these as targets (batch, 1)
    do.

    The missing axis is added, in the losses of Keras. In its metrics, and in a loss of one's own,
    it is not everywhere: Poisson and Hinge report another number. There give targets of the shape
    of the outputs. On TensorFlow a compiled step takes targets of one number of axes, until
    compile().

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(1)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y = np.random.rand(4, 3, 1), np.random.rand(4)
    >>> bool(np.isclose(model.evaluate(x, y, verbose=0), np.mean((model(x)[:, 0] - y) ** 2)))
    True
    """
    target = target_of(net, seed)
    rows = in_order(net.samples, 2)
    trained = train(net, target, sgd(RATE), rows, loss)
    model = trainee(net, build, loss)
    history = fit(model, net, target[:, 0])
    assert_epochs(history["loss"], trained)
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)
    metric = evaluate(trainee(net, build, loss, metrics=["mae"]), net, target[:, 0])[1]
    assert_close(single(metric), batch_loss(net, target, "mae"))


@claim(
    "trainer.target-axis-of-timesteps",
    observed="Keras 3.15, TensorFlow and PyTorch",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    nets(batch=samples, return_sequences=True),
    builds,
    seeds,
    whole(["mse", "mae", "binary"]),
)
def test_targets_of_timesteps_may_lack_the_last_axis(net, build, seed, loss):
    """
    Without mask or weights, mse and mae of outputs (batch, timesteps, 1) take targets without the
    last axis.

    This is meant: a number for each timestep. A model that has been compiled takes one of the two
    forms only. Behind Masking give the targets that axis, see `trainer.masked-target-axis`.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(1, return_sequences=True)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y = np.random.rand(4, 3, 1), np.random.rand(4, 3)
    >>> error = np.array(model(x))[:, :, 0] - y
    >>> bool(np.isclose(model.evaluate(x, y, verbose=0), np.mean(error**2)))
    True
    """
    target = target_of(net, seed, loss)
    model = trainee(net, build, loss)
    trained = train(net, target, sgd(RATE), in_order(net.samples, 2), loss)
    history = fit(model, net, target[:, :, 0])
    assert_epochs(history["loss"], trained)
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)


@claim(
    "trainer.masked-target-axis",
    derived="trainer.target-axis-of-timesteps and masking.loss",
    cases=4,
    needs="keras.Model.fit",
)
@given(integers(1, 4), integers(2, 4), eagerly, seeds)
def test_masked_targets_of_timesteps_may_lack_the_last_axis(batch, timesteps, eager, seed):
    """
    Behind Masking too, mse of outputs (batch, timesteps, 1) takes targets without the last axis.

    It is to be the mean over the valid timesteps. Until Keras does so, give the targets that axis:
    y[..., None]. With as many samples in a batch as timesteps, or one, the loss is wrong, silently.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(1, return_sequences=True)
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.Masking(), lstm])
    >>> model.compile("sgd", "mse")
    >>> x, y = np.array([[[1.0], [2.0], [0.0]]]), np.array([[1.0, 1.0, 9.0]])
    >>> error = np.array(model(x))[:, :2, 0] - y[:, :2]  # the last timestep is masked
    >>> bool(np.isclose(model.evaluate(x, y[..., None], verbose=0), np.mean(error**2)))
    True
    """
    keras.utils.set_random_seed(seed)
    target = noise((batch, timesteps), seed + 1)
    x = noise((batch, timesteps, 2), seed)
    x[:, -1] = 0.0
    lstm = keras.layers.LSTM(1, return_sequences=True)
    model = keras.Sequential([keras.Input(x.shape[1:]), keras.layers.Masking(), lstm])
    model.compile("sgd", "mse", run_eagerly=eager)
    error = np.square(to_numpy(model(x))[:, :, 0] - target)
    actual = single(model.evaluate(x, target, batch_size=batch, verbose=0))
    means = np.resize(np.mean(error, axis=1), timesteps)
    instead = {"the mean over time comes before the mask": np.mean(means[:-1])}
    assert_close(actual, np.mean(error[:, :-1]), bound=SEVERAL, instead=instead)


@claim(
    "trainer.target-for-every-timestep",
    observed="Keras 3.15, TensorFlow and PyTorch, losses that are means over the last axis",
    corrects="Targets (batch, 1) for outputs (batch, timesteps, 1) are refused.",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    nets(batch=samples, timesteps=integers(2, 4), return_sequences=True),
    builds,
    seeds,
    whole(["mse", "mae", "huber", "log_cosh"]),
)
def test_one_target_for_all_timesteps_is_taken_without_a_word(net, build, seed, loss):
    """
    Without a mask, a mean error takes a target (batch, 1) for every timestep of outputs of size 1.

    There is no warning. So a model of one unit whose return_sequences=True was meant to be False
    trains and reports a loss. To find it, compare model.output_shape with the targets.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(1, return_sequences=True)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y = np.random.rand(4, 3, 1), np.random.rand(4, 1)
    >>> error = np.array(model(x))[:, :, 0] - y
    >>> bool(np.isclose(model.evaluate(x, y, verbose=0), np.mean(error**2)))
    True
    """
    target = noise((net.samples, 1), seed)
    everywhere = np.broadcast_to(target[:, None], net.output_shape)
    trained = train(net, everywhere, sgd(RATE), in_order(net.samples, 2), loss)
    model = trainee(net, build, loss)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        history = fit(model, net, target)
    assert_epochs(history["loss"], trained)
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)


@claim(
    "trainer.stretched-targets",
    observed="Keras 3.15, TensorFlow and PyTorch, mean squared and mean absolute error",
    corrects="A loss refuses targets that have not the shape of the outputs.",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    nets(batch=samples, outputs=3, return_sequences=booleans()),
    builds,
    seeds,
    whole(["mse", "mae"]),
)
def test_a_last_axis_of_one_is_stretched(net, build, seed, loss):
    """
    Under mse or mae targets (..., 1) of as many axes are taken for each of several units, and the
    output of one unit likewise.

    The last axis is stretched if it is 1 in the targets or in the outputs. So a Dense(1) that was
    meant to be Dense(3) trains on three targets, under mse towards their mean, without a word.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(1)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y = np.random.rand(4, 3, 1), np.random.rand(4, 5)
    >>> bool(np.isclose(model.evaluate(x, y, verbose=0), np.mean((model(x) - y) ** 2)))
    True
    """
    target = target_of(net, seed)
    narrow = Net(net.case, net.head[:, :1])
    first = np.broadcast_to(target[..., :1], target.shape)
    wide = Net(net.case, np.repeat(narrow.head, 3, axis=1))
    tested = evaluate(trainee(net, build, loss), net, target[..., :1])
    instead = {EVENLY: even_loss(net, first, loss)}
    assert_close(single(tested), batch_loss(net, first, loss), instead=instead)
    model = trainee(narrow, build, loss)
    slopes = ours.slopes(wide, target, loss)
    assert_close(single(model.train_on_batch(net.case.x, target)), batch_loss(wide, target, loss))
    summed = [*slopes[:-2], slopes[-2].sum(axis=1, keepdims=True), slopes[-1].sum(keepdims=True)]
    exact = [w - RATE * d for w, d in zip(narrow.weights, summed, strict=True)]
    assert_close(model.get_weights(), exact)


BY_SAMPLE = "each target counts for all outputs of its sample"
"""What Keras 2 does with targets of one axis."""


@claim(
    "trainer.targets-of-one-axis",
    observed="Keras 3.15, TensorFlow and PyTorch, mean squared and mean absolute error",
    corrects="Targets of shape (batch,) are one for each sample, whatever the outputs are.",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    nets(batch=integers(2, 3), outputs=integers(1, 3), return_sequences=booleans()),
    sampled_from(list(FORMS)),
    seeds,
    whole(["mse", "mae"]),
)
def test_targets_of_one_axis_lie_along_the_last_axis(net, form, seed, loss):
    """
    Unless outputs are (batch,) or (batch, 1), a mean error lays an array of targets (batch,) along
    the last axis or refuses it.

    Not along the samples: of outputs (batch, timesteps, 1) each is compared with all targets of the
    batch, without a word, and outputs (batch, units) are refused, unless batch is 1 or the two are
    equal. A Series of pandas is made (batch, 1). Give targets the axes of model.output_shape.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(1, return_sequences=True)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y = np.random.rand(4, 3, 1), np.random.rand(4)
    >>> bool(np.isclose(model.evaluate(x, y, verbose=0), np.mean((model(x) - y) ** 2)))
    True
    """
    assume(net.output_shape[1:] != (1,))
    target = noise((net.samples,), seed)
    model = trainee(net, (form, True), loss)
    assert_laid_along_the_last_axis(model, net, target, loss)


def assert_laid_along_the_last_axis(model, net, target, loss):
    """Check the loss of targets of one axis; they are refused if the last axis has another size."""

    def evaluated():
        return evaluate(model, net, target, batch_size=net.samples)

    def mean(laid):
        return np.mean(np.abs(ours.outputs(net) - laid) ** {"mse": 2, "mae": 1}[loss])

    if net.output_shape[-1] not in (1, net.samples):
        assert_refused(evaluated, ERRORS, MISFITS)
    else:
        alone = target.reshape(-1, *[1] * (len(net.output_shape) - 1))
        assert_close(single(evaluated()), mean(target), instead={BY_SAMPLE: mean(alone)})


@claim(
    "trainer.targets-of-more-axes",
    observed="Keras 3.15, TensorFlow and PyTorch, mean squared and mean absolute error",
    corrects="Targets (batch, 1, features) are taken as (batch, features) are.",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=integers(2, 3), outputs=integers(2, 3)), builds, seeds, whole(["mse", "mae"]))
def test_targets_of_an_axis_too_many_are_those_of_every_sample(net, build, seed, loss):
    """
    A mean error compares outputs (batch, features), if features are several, with targets (batch,
    1, features) of every sample.

    Not with a sample's own alone, and without a word: in a batch of different targets the loss of
    a perfect model is not zero. Take the axis away, as in `y[:, 0]`. Where there is one feature
    Keras takes the last axis away.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, y = np.random.rand(4, 3, 1), np.random.rand(4, 1, 2)
    >>> error = np.array(model(x))[None, :, :] - y  # (batch, batch, features)
    >>> bool(np.isclose(model.evaluate(x, y, verbose=0), np.mean(error**2)))
    True
    """
    target = target_of(net, seed)
    model = trainee(net, build, loss)
    tested = evaluate(model, net, target[:, None], batch_size=net.samples)
    error = np.abs(ours.outputs(net) - target[:, None])
    assert_close(single(tested), np.mean(error ** {"mse": 2, "mae": 1}[loss]))


@claim(
    "trainer.target-misfit",
    observed="Keras 3.15, TensorFlow and PyTorch",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    nets(batch=4, timesteps=3, outputs=2, return_sequences=True),
    builds,
    seeds,
    whole([(4, 3, 3), (4, 2, 2), (4, 5, 1)]),
)
def test_targets_of_another_size_are_refused(net, build, seed, shape):
    """
    A mean error refuses targets of as many axes and samples that differ from the outputs in a size,
    unless one of the two is 1.

    The error is that of the backend, from the loss or, in fit with open sizes, from its gradient,
    and names the two shapes or sizes.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> try:
    ...     loss = model.evaluate(np.ones((4, 3, 1)), np.ones((4, 3)), verbose=0)
    ... except Exception as error:
    ...     print("shape" in str(error) or "size" in str(error))
    True
    """
    model = trainee(net, build)
    target = noise(shape, seed)
    assert_refused(lambda: fit(model, net, target), ERRORS, MISFITS)


@claim(
    "trainer.target-count",
    observed="Keras 3.15, TensorFlow and PyTorch",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), builds, seeds, sampled_from([1, 2, 6, 9]))
def test_another_number_of_targets_is_refused(net, build, seed, count):
    """
    Fit and evaluate of two arrays with a batch axis refuse another number of targets than of
    samples with a ValueError.

    So a target array of shape (1, batch) is refused for several samples. The message gives both
    numbers.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> try:
    ...     loss = model.evaluate(np.ones((4, 3, 1)), np.ones((5, 2)), verbose=0)
    ... except ValueError as error:
    ...     print("cardinality" in str(error))
    True
    """
    model = trainee(net, build)
    target = noise((count, 1), seed)
    assert_refused(lambda: fit(model, net, target), "ValueError", "cardinality", str(count))
    assert_refused(lambda: evaluate(model, net, target), "ValueError", "cardinality", str(count))


@claim(
    "trainer.targets-of-two-ranks",
    derived="targets of one number may lack their last axis, in each step",
    cases=2,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), builds, seeds, whole(["fit", "evaluate"]))
def test_targets_with_and_without_their_last_axis_are_taken_in_turn(net, build, seed, method):
    """
    A compiled model that has taken targets (batch, 1) takes targets (batch,) too, as a newly
    compiled one does.

    Until Keras does so, give all targets the shape of the outputs, as by y.reshape(-1, 1), or
    compile the model again between the two.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(1)])
    >>> model.compile("sgd", "mse")
    >>> x, y = np.ones((4, 3, 1)), np.ones(4)
    >>> for target in (y.reshape(-1, 1), y):
    ...     print(model.evaluate(x, target.reshape(-1, 1), verbose=0) > 0)
    True
    True
    """
    model = trainee(net, build)
    target = target_of(net, seed)
    run = {"fit": fit, "evaluate": evaluate}[method]
    run(model, net, target)
    run(model, net, target[:, 0])


@claim(
    "trainer.whole-number-targets",
    promised="SparseCategoricalCrossentropy: labels that are whole numbers, in place of one-hot",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=samples, outputs=3, return_sequences=booleans()), builds, seeds, booleans())
def test_whole_number_targets_train_as_one_hot_ones(net, build, seed, last):
    """
    Of softmax or logits of several classes, whole numbers under sparse categorical crossentropy
    train as one-hot ones do.

    They have the shape of the outputs without the last axis, that of the classes, or with a last
    axis of 1: for each timestep the number of its class. Of outputs below zero, as an LSTM has
    by default, the two differ unless from_logits=True says that they are logits.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(3, return_sequences=True, activation="softmax")
    >>> model = keras.Sequential([keras.Input((4, 1)), lstm])
    >>> x, ids, losses = np.random.rand(2, 4, 1), np.array([[0, 2, 1, 0], [1, 1, 2, 0]]), []
    >>> for name, y in [("", np.eye(3)[ids]), ("sparse_", ids), ("sparse_", ids[:, :, None])]:
    ...     model.compile("sgd", name + "categorical_crossentropy")
    ...     losses.append(model.test_on_batch(x, y))
    >>> bool(np.allclose(losses, losses[0]))
    True
    """
    one_hot = target_of(net, seed, "categorical")
    ids = np.argmax(one_hot, axis=-1)
    target = {True: ids[..., None], False: ids}[last]
    trained = train(net, one_hot, sgd(RATE), in_order(net.samples, 2), "categorical")
    sparse = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model = trainee(net, build, sparse)
    history = fit(model, net, target)
    assert_epochs(history["loss"], trained)
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)


@claim(
    "trainer.whole-number-misfit",
    observed="Keras 3.15, TensorFlow and PyTorch",
    corrects="A single class for each sequence is compared with every timestep.",
    cases=4,
    needs=("keras.Model.fit", "keras.ops"),
)
@given(
    nets(batch=4, timesteps=sampled_from([2, 4]), outputs=3, return_sequences=True),
    builds,
    seeds,
    whole([(4,), (4, 1), (4, 3), (4, 1, 1), (4, 3, 1), (4, 4, 3)]),
    booleans(),
)
def test_whole_numbers_of_another_shape_are_refused(net, build, seed, shape, trained):
    """
    Sparse categorical crossentropy of several classes a timestep refuses targets not (batch,
    timesteps), but for last axes of 1.

    For one class a sequence let the last LSTM return its last output only, without
    return_sequences=True; a class for each timestep needs an array (batch, timesteps).

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(3, return_sequences=True, activation="softmax")
    >>> model = keras.Sequential([keras.Input((4, 1)), lstm])
    >>> model.compile("sgd", "sparse_categorical_crossentropy")
    >>> try:
    ...     loss = model.evaluate(np.ones((8, 4, 1)), np.ones((8,), int), verbose=0)
    ... except ValueError as error:
    ...     print("shape" in str(error))
    True
    """
    target = np.argmax(noise((*shape, 3), seed), axis=-1)
    sparse = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model = trainee(net, build, sparse)
    run = fit if trained else evaluate
    words = ("must have rank", "must have the same shape")
    assert_refused(lambda: run(model, net, target), "ValueError", words)


CROSSENTROPIES = [
    *[(name, kind) for name in ("crossentropy", "ce") for kind in ("binary", "one-hot", "ids")],
    ("ce", "ids in a column"),
]
"""A short name of a loss, and the targets that it is given."""


@claim(
    "trainer.crossentropy-by-shape",
    observed="Keras 3.15, TensorFlow and PyTorch",
    corrects="The loss must be named binary, categorical or sparse.",
    cases=7,
    needs="keras.Model.fit",
)
@given(cases(batch=samples), whole(CROSSENTROPIES), seeds)
def test_crossentropy_is_chosen_by_the_shapes(case, named, seed):
    """
    The loss "crossentropy" or "ce" is binary if the outputs' last axis is 1, sparse for targets of
    one number, else categorical.

    Of sequences, one number at each timestep. It is chosen at the first batch after compile(), and
    stays. Targets of several labels need "binary_crossentropy". The outputs are probabilities: of
    a sigmoid or a softmax.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(4, activation="softmax")])
    >>> x, ids, losses = np.random.rand(2, 3, 1), np.array([0, 3]), []
    >>> for y in (ids, np.eye(4)[ids]):
    ...     model.compile("sgd", "crossentropy", run_eagerly=True)
    ...     losses.append(model.evaluate(x, y, verbose=0))
    >>> bool(np.isclose(*losses))
    True
    """
    name, kind = named
    ids = np.argsort(noise((case.batch,), seed)) % 3
    wide = 1 if kind == "binary" else 3
    activation = "sigmoid" if kind == "binary" else "softmax"
    layers = [keras.Input(case.x.shape[1:]), lstm(case), keras.layers.Dense(wide, activation)]
    model = keras.Sequential(layers)
    y = to_numpy(model(case.x)).astype(float)
    one_hot = np.eye(3)[ids]
    hits = ids[:, None] == 1
    target = {"binary": hits, "one-hot": one_hot, "ids": ids, "ids in a column": ids[:, None]}[kind]
    chosen = np.where(hits, y, 1.0 - y)[:, 0] if kind == "binary" else np.sum(y * one_hot, axis=1)
    for loss in (name, [name]):
        model.compile("sgd", loss, run_eagerly=True)
        reported = model.evaluate(case.x, target.astype("float32"), verbose=0)
        assert_close(single(reported), -np.mean(np.log(chosen)), bound=SEVERAL)
