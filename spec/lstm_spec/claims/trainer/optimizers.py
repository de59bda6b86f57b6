"""What an optimizer makes of a gradient: its formula, clipping, means, scaling."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.claims.trainer import (
    EVENLY,
    RATE,
    REMEMBERING,
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
from lstm_spec.harness.refusals import assert_refused
from lstm_spec.harness.strategies import Array, seeds, whole
from lstm_spec.harness.subject import FORMS, from_json, global_policy, lstm, network, total
from lstm_spec.harness.tolerance import ROUNDING, assert_close, assert_same, rounding_error
from lstm_spec.harness.trainer import (
    Net,
    Update,
    accumulated,
    adagrad,
    adam,
    batch_loss,
    changed,
    clip_global_norm,
    clip_norms,
    decayed,
    in_order,
    nets,
    outputs,
    rmsprop,
    sgd,
    slopes,
    train,
)

FORMULAS: dict[str, tuple[str, dict[str, Any], Callable[[], Update]]] = {
    "SGD": ("SGD", {}, lambda: sgd(RATE)),
    "momentum": ("SGD", {"momentum": 0.75}, lambda: sgd(RATE, 0.75)),
    "Nesterov": (
        "SGD",
        {"momentum": 0.75, "nesterov": True},
        lambda: sgd(RATE, 0.75, nesterov=True),
    ),
    "Adam": ("Adam", {"epsilon": 0.0625}, lambda: adam(RATE, epsilon=0.0625)),
    "Adam's means": (
        "Adam",
        {"beta_1": 0.5, "beta_2": 0.75, "epsilon": 0.0625},
        lambda: adam(RATE, 0.5, 0.75, 0.0625),
    ),
    "RMSprop": ("RMSprop", {"rho": 0.75, "epsilon": 0.0625}, lambda: rmsprop(RATE, 0.75, 0.0625)),
    "Adagrad": ("Adagrad", {}, lambda: adagrad(RATE)),
    "AdamW": (
        "AdamW",
        {"epsilon": 0.0625, "weight_decay": 0.5},
        lambda: decayed(adam(RATE, epsilon=0.0625), 0.5, RATE),
    ),
}
"""Optimizers of Keras, where it has them, with their options, each with ours."""


@claim(
    "trainer.learning-rate-by-name",
    promised="Optimizer: the argument of the learning rate is called `learning_rate`",
    corrects="The learning rate of an optimizer is its argument and its attribute `lr`.",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    whole(["SGD", "Adam", "RMSprop", "Adagrad", "Nadam", "Adadelta"]),
    sampled_from([0.5, 0.25, 0.0625]),
)
def test_the_learning_rate_is_called_by_its_whole_name(name, rate):
    """
    An optimizer's own rate is its argument and attribute `learning_rate`: `lr` is refused, and no
    attribute.

    It is refused with a ValueError. Read the rate by float(optimizer.learning_rate), and set it by
    an assignment, unless a LearningRateSchedule or a function gives it.

    >>> import keras, numpy as np
    >>> optimizer = keras.optimizers.Adam(learning_rate=0.5)
    >>> optimizer.learning_rate = 0.25
    >>> float(np.array(optimizer.learning_rate))
    0.25
    """
    make = getattr(keras.optimizers, name)
    assert_refused(lambda: make(lr=rate), "ValueError", "lr")
    optimizer = make(learning_rate=rate)
    assert not hasattr(optimizer, "lr")
    assert_same(optimizer.learning_rate, np.float32(rate))
    optimizer.learning_rate = rate / 2.0
    assert_same(optimizer.learning_rate, np.float32(rate / 2.0))


@claim(
    "trainer.optimizers",
    promised="the formulas on Keras' pages of optimizers",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    nets(batch=4),
    builds,
    whole([name for name, (owner, *_) in FORMULAS.items() if hasattr(keras.optimizers, owner)]),
    seeds,
)
def test_each_optimizer_moves_the_weights_by_its_formula(net, build, name, seed):
    """
    In float32, SGD, Adam, AdamW, RMSprop and Adagrad move unconstrained weights of an LSTM as their
    formulas say.

    Tried are several steps, with and without momentum, weight decay and other constants. Adam's
    formula is the one with a hat on epsilon. In float16 small squares vanish, and its steps can be
    huge. The arrays of an LSTM are nothing special to them.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.Adam(0.5, epsilon=1e-12), "mse", run_eagerly=True)
    >>> before = model.get_weights()
    >>> loss = model.train_on_batch(np.ones((4, 3, 1)), np.ones((4, 2)))
    >>> [bool(np.allclose(np.abs(a - b), 0.5)) for a, b in zip(model.get_weights(), before)]
    [True, True, True]
    """
    target = target_of(net, seed)
    rows = in_order(net.samples, 2, 2)
    outside = train(net, target, rmsprop(RATE, 0.75, 0.0625, outside=True), rows)
    instead = {"epsilon is added to the root": outside.weights}
    owner, options, update = FORMULAS[name]
    optimizer = getattr(keras.optimizers, owner)(RATE, **options)
    model = trainee(net, build, optimizer=optimizer)
    for row in rows:
        model.train_on_batch(net.case.x[row], target[row])
    trained = train(net, target, update(), rows)
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL, instead=instead)


@claim(
    "trainer.accumulation",
    promised="Optimizer, argument `gradient_accumulation_steps`: updates by the average gradient",
    cases=4,
    needs=("keras.Model.fit", "SGD(gradient_accumulation_steps)"),
)
@given(nets(batch=4), builds, seeds, sampled_from([2, 4]), whole([{}, {"clipnorm": 0.25}]))
def test_accumulated_gradients_take_one_step_of_their_mean(net, build, seed, steps, clipping):
    """
    Without constraints and use_ema, gradient_accumulation_steps=n takes on arrays one step by the
    mean of n gradients.

    In between the trainable weights stay. By mse, unmasked and at a fixed rate, n batches of b
    train a model of Dense layers and a stateless LSTM without dropout as one of n * b, also where
    the gradient is clipped: the mean is.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> optimizer = keras.optimizers.SGD(0.5, gradient_accumulation_steps=2)
    >>> model.compile(optimizer, "mse", run_eagerly=True)
    >>> weights, x, y = [model.get_weights()[0]], np.ones((4, 3, 1)), np.ones((4, 2))
    >>> for step in range(2):
    ...     loss = model.train_on_batch(x, y)
    ...     weights.append(model.get_weights()[0])
    >>> bool(np.array_equal(weights[0], weights[1])), bool(np.array_equal(weights[1], weights[2]))
    (True, False)
    """
    options = {"gradient_accumulation_steps": steps, **clipping}
    model = trainee(net, build, optimizer=keras.optimizers.SGD(RATE, **options))
    target = target_of(net, seed)
    rows = in_order(4, 4 // steps * (steps // 2), 2)
    change = clip_norms(clipping.get("clipnorm", np.inf))
    update = accumulated(changed(sgd(RATE), change), steps)
    trained = train(net, target, update, rows)
    one_by_one = train(net, target, changed(accumulated(sgd(RATE), steps), change), rows)
    instead = {"each gradient is clipped before the mean": one_by_one.weights}
    history = fit(model, net, target, epochs=2, batch_size=len(rows[0]))
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL, instead=instead)
    assert_epochs(history["loss"], trained, 2, bound=SEVERAL)


@claim(
    "trainer.accumulation-carried",
    observed="Keras 3.15, TensorFlow and PyTorch",
    corrects="The gradients that are left at the end of an epoch are used, or dropped.",
    cases=4,
    needs=("keras.Model.fit", "SGD(gradient_accumulation_steps)"),
)
@given(nets(batch=3), builds, seeds, integers(1, 3))
def test_what_is_left_of_an_epoch_waits_for_the_next(net, build, seed, epochs):
    """
    With arrays, gradients that are accumulated when an epoch ends wait for the batches of the next
    one.

    So with three batches and gradient_accumulation_steps=2 one epoch takes one step, and two take
    three. What is left when fit returns is in no weight. On TensorFlow a compiled epoch that ends
    when a generator runs out counts a batch too many.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> optimizer = keras.optimizers.SGD(0.5, gradient_accumulation_steps=2)
    >>> model.compile(optimizer, "mse", run_eagerly=True)
    >>> x, y = np.ones((3, 3, 1)), np.ones((3, 2))
    >>> _ = model.fit(x, y, batch_size=1, verbose=0)  # one step, and the third gradient waits
    >>> before = model.get_weights()[0]
    >>> _ = model.fit(x[:1], y[:1], verbose=0)  # one more gradient is enough for a step
    >>> bool(np.array_equal(model.get_weights()[0], before))
    False
    """
    target = target_of(net, seed)
    optimizer = keras.optimizers.SGD(RATE, gradient_accumulation_steps=2)
    model = trainee(net, build, optimizer=optimizer)
    update = accumulated(sgd(RATE), 2)
    fit(model, net, target, batch_size=1, epochs=epochs)
    trained = train(net, target, update, in_order(3, 1, epochs))
    assert_close(model.get_weights(), trained.weights, bound=SEVERAL)


@claim(
    "trainer.clipped-norms",
    promised="Optimizer, arguments `clipnorm` and `global_clipnorm`: norms are clipped",
    corrects="clipnorm bounds the norm of the whole gradient.",
    cases=2,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), builds, seeds, sampled_from([0.0625, 0.25, 4.0]))
def test_clipnorm_is_of_each_array_and_global_clipnorm_of_all(net, build, seed, limit):
    """
    In an LSTM clipnorm shortens each array's gradient by itself, global_clipnorm all by one factor.

    So clipnorm can change the direction of a step, and the whole may be longer than the bound. A
    gradient that is short enough stays as it is.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.SGD(1.0, clipnorm=0.125), "mse", run_eagerly=True)
    >>> before = model.get_weights()
    >>> loss = model.train_on_batch(np.ones((1, 3, 1)), np.full((1, 2), 1e6))
    >>> norms = [np.linalg.norm(a - b) for a, b in zip(model.get_weights(), before)]
    >>> bool(np.allclose(norms, 0.125))
    True
    """
    target = target_of(net, seed)
    rows = in_order(net.samples, 2)
    changes = {"clipnorm": clip_norms, "global_clipnorm": clip_global_norm}
    for name, change in changes.items():
        model = trainee(net, build, optimizer=keras.optimizers.SGD(RATE, **{name: limit}))
        fit(model, net, target)
        trained = train(net, target, changed(sgd(RATE), change(limit)), rows)
        assert_close(model.get_weights(), trained.weights, bound=SEVERAL)


def averages(
    net: Net, target: Array, momentum: float, epochs: int, first: float = 0.0
) -> list[Array]:
    """Return the running means of the weights after training; the first step begins them.

    Args:
        net: the model with its initial weights, and all samples.
        target: their targets.
        momentum: the share of the mean that a step keeps.
        epochs: how many there are.
        first: the share of the initial weights that the first step keeps.
    """
    means = net.weights
    rows = in_order(net.samples, 2, epochs)
    for k, row in enumerate(rows):
        net = train(net, target, sgd(RATE), [row]).net
        share = momentum if k else first
        means = [share * m + (1 - share) * w for m, w in zip(means, net.weights, strict=True)]
    return means


@claim(
    "trainer.averaged-weights",
    promised="Optimizer, arguments `use_ema` and `ema_momentum`: fit ends with averaged weights",
    cases=2,
    needs=("keras.Model.fit", "SGD(use_ema)"),
)
@given(nets(batch=samples), builds, seeds, sampled_from([0.25, 0.75]))
def test_fit_ends_with_the_running_mean_of_the_weights(net, build, seed, momentum):
    """
    With use_ema=True and nothing else, a first fit ends with the running mean of the trainable
    weights that its steps have made.

    After each step the mean becomes ema_momentum times the mean plus the rest times the new
    weights, before any constraint; the optimizer's first step begins it, and a later fit goes on
    with it. Within a fit the steps and val_loss are of plain weights; the next begins with the
    mean.

    >>> import keras, numpy as np
    >>> model, steps = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)]), []
    >>> optimizer = keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.75)
    >>> model.compile(optimizer, "mse", run_eagerly=True)
    >>> def note(epoch, logs): return steps.append(model.get_weights()[0])
    >>> spy = keras.callbacks.LambdaCallback(on_epoch_end=note)
    >>> _ = model.fit(np.ones((4, 3, 1)), np.ones((4, 2)), epochs=2, callbacks=[spy], verbose=0)
    >>> bool(np.allclose(model.get_weights()[0], 0.75 * steps[0] + 0.25 * steps[1]))
    True
    """
    optimizer = keras.optimizers.SGD(RATE, use_ema=True, ema_momentum=momentum)
    target = target_of(net, seed)
    model = trainee(net, build, optimizer=optimizer)
    history = fit(model, net, target, epochs=2)
    exact, older = (averages(net, target, momentum, 2, first) for first in (0.0, momentum))
    instead = {"the mean begins with the initial weights": older}
    assert_close(model.get_weights(), exact, bound=SEVERAL, instead=instead)
    trained = train(net, target, sgd(RATE), in_order(net.samples, 2, 2))
    assert_epochs(history["loss"], trained, 2, bound=SEVERAL)


@claim(
    "trainer.averaged-constrained",
    derived="a mean of weights that are not negative is not negative",
    corrects="Constraints hold for the weights that fit with use_ema=True ends with.",
    cases=4,
    needs=("keras.Model.fit", "SGD(use_ema)"),
)
@given(nets(batch=4), eagerly, seeds)
def test_averaged_weights_satisfy_their_constraint(net, eager, seed):
    """
    With use_ema=True the mean is of constrained weights, so that it satisfies non_neg as well.

    The constraint is a part of each step, and the mean is of the weights as a step leaves them.
    Until then, apply it once more after fit.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, kernel_constraint="non_neg")
    >>> model = keras.Sequential([keras.Input((3, 1)), lstm])
    >>> model.compile(keras.optimizers.SGD(8.0, use_ema=True, ema_momentum=0.5), "mse")
    >>> x, y = np.ones((4, 3, 1)), -np.ones((4, 2))
    >>> _ = model.fit(x, y, batch_size=1, epochs=3, verbose=0)
    >>> kernel, *others = lstm.get_weights()
    >>> lstm.set_weights([lstm.cell.kernel_constraint(kernel), *others])
    >>> bool(np.all(lstm.get_weights()[0] >= 0))
    True
    """
    optimizer = keras.optimizers.SGD(0.0, use_ema=True, ema_momentum=0.75)
    layer = lstm(net.case, kernel_constraint="non_neg")
    model = trainee(net, ("Sequential", eager), optimizer=optimizer, layer=layer)
    fit(model, net, target_of(net, seed), batch_size=4)
    instead = {"the mean is of the weights before the constraint": net.case.kernel}
    assert_same(layer.get_weights()[0], np.maximum(net.case.kernel, 0), instead=instead)


def averaging(net: Net, build: tuple[str, bool], target: Array) -> tuple[Any, list[Array]]:
    """Return a model after two steps with running means, and these."""
    optimizer = keras.optimizers.SGD(RATE, use_ema=True, ema_momentum=0.75)
    model = trainee(net, build, optimizer=optimizer)
    for row in in_order(net.samples, 2)[:2]:
        model.train_on_batch(net.case.x[row], target[row])
    return model, averages(net.of(np.arange(min(4, net.samples))), target, 0.75, 1)


@claim(
    "trainer.averaged-frozen",
    derived="nothing is trained, so the mean is of weights that stay as they are",
    cases=2,
    needs=("keras.Model.fit", "SGD(use_ema)"),
)
@given(nets(batch=2), eagerly, seeds)
def test_a_frozen_model_is_fitted_with_averaged_weights(net, eager, seed):
    """
    With use_ema=True fit of a wholly frozen model changes no weight of an LSTM, just as without
    it.

    The mean of weights that nothing changes is what they are. Until Keras does so, compile a
    frozen model without use_ema.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.trainable = False
    >>> model.compile(keras.optimizers.SGD(use_ema=False), "mse")
    >>> model.fit(np.ones((4, 3, 1)), np.ones((4, 2)), verbose=0).epoch
    [0]
    """
    model = trainee(net, ("Sequential", eager))
    model.trainable = False
    optimizer = keras.optimizers.SGD(RATE, use_ema=True)
    model.compile(optimizer, "mse", run_eagerly=eager)
    weights = model.get_weights()
    fit(model, net, target_of(net, seed))
    assert_same(model.get_weights(), weights)


@claim(
    "trainer.swapped-for-evaluate",
    promised="keras.callbacks.SwapEMAWeights: evaluates with averaged weights, then swaps back",
    cases=2,
    needs=("keras.Model.fit", "keras.callbacks.SwapEMAWeights"),
)
@given(nets(batch=samples), builds, seeds)
def test_evaluate_can_use_averaged_weights(net, build, seed):
    """
    After a step with use_ema, evaluate with the callback SwapEMAWeights uses the averaged weights
    meanwhile.

    The model goes on with the weights that it had, but for rounding. Before a step of the optimizer
    there are no averages, and evaluate fails, or takes zeros if the optimizer is built.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.SGD(0.5, use_ema=True), "mse", run_eagerly=True)
    >>> x, y = np.ones((4, 3, 1)), np.ones((4, 2))
    >>> _ = [model.train_on_batch(x, y) for step in range(2)]
    >>> before, swap = model.get_weights(), keras.callbacks.SwapEMAWeights()
    >>> loss = model.evaluate(x, y, callbacks=[swap], verbose=0)
    >>> all(np.allclose(a, b, atol=1e-6) for a, b in zip(model.get_weights(), before))
    True
    """
    target = target_of(net, seed)
    model, means = averaging(net, build, target)
    before = model.get_weights()
    swap = keras.callbacks.SwapEMAWeights()
    tested = evaluate(model, net, target, callbacks=[swap])
    averaged = net.with_weights(means)
    instead = {EVENLY: even_loss(averaged, target)}
    assert_close(single(tested), batch_loss(averaged, target), bound=SEVERAL, instead=instead)
    assert_close(model.get_weights(), before)


@claim(
    "trainer.swapped-for-predict",
    promised="keras.callbacks.SwapEMAWeights: predicts with averaged weights, then swaps back",
    cases=4,
    needs=("keras.Model.fit", "keras.callbacks.SwapEMAWeights"),
)
@given(nets(batch=samples), builds, seeds)
def test_predict_gives_the_weights_back_that_it_swapped(net, build, seed):
    """
    After predict with the callback SwapEMAWeights a model has the weights that it had before.

    Only the prediction is made with the averaged ones. Until then, keep the weights and set
    them again.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.SGD(0.5, use_ema=True), "mse", run_eagerly=True)
    >>> x, y = np.ones((4, 3, 1)), np.ones((4, 2))
    >>> _ = [model.train_on_batch(x, y) for step in range(2)]
    >>> before, swap = model.get_weights(), keras.callbacks.SwapEMAWeights()
    >>> outputs = model.predict(x, callbacks=[swap], verbose=0)
    >>> model.set_weights(before)
    >>> all(np.allclose(a, b, atol=1e-6) for a, b in zip(model.get_weights(), before))
    True
    """
    model, means = averaging(net, build, target_of(net, seed))
    before = model.get_weights()
    swap = keras.callbacks.SwapEMAWeights()
    predicted = model.predict(net.case.x, callbacks=[swap], verbose=0)
    assert_close(predicted, outputs(net.with_weights(means)), bound=SEVERAL)
    instead = {"the averaged weights stay": means}
    assert_close(model.get_weights(), before, bound=SEVERAL, instead=instead)


@claim(
    "trainer.loss-scale",
    promised="LossScaleOptimizer, and Optimizer, argument `loss_scale_factor`",
    cases=4,
    needs=("keras.Model.fit", "SGD(loss_scale_factor)"),
)
@given(nets(batch=samples), builds, seeds, sampled_from([2.0, 1024.0]))
def test_a_scaled_loss_trains_and_reports_as_a_plain_one(net, build, seed, scale):
    """
    In float32, without Embedding, loss scaling in Keras' train_step changes steps of SGD and the
    loss by rounding only.

    Nothing may overflow or underflow. The loss is multiplied before the gradient is taken, and the
    gradient divided after it. A power of two rounds nothing. A train_step of your own has to call
    scale_loss. On TensorFlow an Embedding needs LossScaleOptimizer: loss_scale_factor fails.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.5))
    >>> model.compile(scaled, "mse", run_eagerly=True)
    >>> x, y = np.random.rand(4, 3, 1), np.random.rand(4, 2)
    >>> before = model.evaluate(x, y, verbose=0)
    >>> bool(np.isclose(model.train_on_batch(x, y), before))
    True
    """
    target = target_of(net, seed)
    plain = keras.optimizers.SGD(RATE)
    trained = train(net, target, sgd(RATE), in_order(net.samples, 2))
    dynamic = keras.optimizers.LossScaleOptimizer(plain, initial_scale=scale)
    for optimizer in (dynamic, keras.optimizers.SGD(RATE, loss_scale_factor=scale)):
        model = trainee(net, build, optimizer=optimizer)
        history = fit(model, net, target)
        assert_epochs(history["loss"], trained)
        assert_close(model.get_weights(), trained.weights, bound=SEVERAL)


@claim(
    "trainer.loss-scale-overflow",
    promised="LossScaleOptimizer: a step with a gradient that is not finite is skipped",
    corrects="One NaN in a batch destroys the weights in mixed precision as in float32.",
    cases=4,
    needs=("keras.Model.fit", "keras.optimizers.LossScaleOptimizer"),
)
@given(
    nets(batch=samples),
    builds,
    seeds,
    whole([np.nan, np.inf, 3e38]),
    sampled_from(list(REMEMBERING)),
)
def test_a_gradient_that_is_not_finite_takes_no_step(net, build, seed, bad, optimizer):
    """
    Without use_ema LossScaleOptimizer lets no gradient that is not finite change trainable weights.

    The scale of the loss is halved, and training goes on with the next batch. By default a model
    made under the global policy mixed_float16 puts this optimizer around one's own.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.5))
    >>> model.compile(scaled, "mse", run_eagerly=True)
    >>> before = model.get_weights()
    >>> loss = model.train_on_batch(np.ones((4, 3, 1)), np.full((4, 2), np.nan))
    >>> all(np.array_equal(a, b) for a, b in zip(model.get_weights(), before))
    True
    """
    target = target_of(net, seed)
    theirs, ours = REMEMBERING[optimizer]
    scaled = keras.optimizers.LossScaleOptimizer(theirs(), initial_scale=8.0)
    model = trainee(net, build, optimizer=scaled)
    model.train_on_batch(net.case.x, np.full_like(target, bad))
    assert_same(model.get_weights(), net.weights)
    model.train_on_batch(net.case.x, target)
    trained = train(net, target, ours(), in_order(net.samples, 9))
    assert_close(model.get_weights(), trained.weights)


WRAPPED = {
    "by hand": ("float32", True),
    "by hand, under the policy": ("mixed_float16", True),
    "by the policy": ("mixed_float16", False),
}
"""How an optimizer is wrapped: the global policy, and whether compile() is given it wrapped."""


@claim(
    "trainer.mixed-precision",
    promised="LossScaleOptimizer: prevents underflow of gradients in mixed precision",
    cases=4,
    needs=("keras.Model.fit", "keras.optimizers.LossScaleOptimizer"),
)
@given(nets(batch=samples, dtype="mixed_float16"), builds, seeds, whole(list(WRAPPED)))
def test_training_in_mixed_float16_is_that_in_float32_but_for_rounding(net, build, seed, way):
    """
    Without dropout, over- or underflow an SGD step in mixed_float16 by a scaled mse moves weights
    as in float32 up to rounding.

    To within the rounding of float16, that is, and the weights are float32. It works for gradients
    that float16 cannot hold: those of a loss times 2**-14, say. By default compile() wraps the
    optimizer, unless it is wrapped, of a model made under the global policy mixed_float16.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, dtype="mixed_float16")
    >>> model = keras.Sequential([keras.Input((3, 1)), lstm])
    >>> scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.5))
    >>> model.compile(scaled, "mse", run_eagerly=True)
    >>> before = lstm.get_weights()[0]
    >>> loss = model.train_on_batch(np.ones((4, 3, 1)), np.ones((4, 2)))
    >>> str(lstm.get_weights()[0].dtype), bool(np.any(lstm.get_weights()[0] != before))
    ('float32', True)
    """
    target = target_of(net, seed)
    tiny = 2.0**-14
    policy, wrapped = WRAPPED[way]
    plain = keras.optimizers.SGD(RATE / tiny)
    scaled = keras.optimizers.LossScaleOptimizer(plain, initial_scale=1 / tiny)
    with global_policy(policy):
        optimizer = scaled if wrapped else plain
        model = trainee(net, build, small_error, optimizer=optimizer)
    assert model.optimizer.inner_optimizer is plain, f"{model.optimizer} is not around {plain}"
    model.train_on_batch(net.case.x, target)
    exact = [RATE * d for d in slopes(net, target)]
    moved = [w - new for w, new in zip(net.weights, model.get_weights(), strict=True)]
    assert_close([d.astype("float16") for d in moved], exact)


def small_error(t: Any, y: Any) -> Any:
    """Return the squared error times 2**-14."""
    return total((y - t) ** 2, axis=-1) * 2.0**-14


@claim(
    "trainer.schedule",
    promised="LearningRateSchedule: it is called on the current count of training steps",
    corrects="A learning rate schedule counts epochs, and begins anew with each fit.",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), builds, seeds)
def test_a_schedule_counts_steps_over_epochs_and_fits(net, build, seed):
    """
    Without a new `compile` and accumulation, a learning rate schedule counts steps over all calls
    of fit with arrays.

    The first step has the number 0. By default an epoch has as many steps as batches: divide the
    number of training samples by the batch size, and round up.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> rates = keras.optimizers.schedules.PiecewiseConstantDecay([1], [0.5, 0.0])
    >>> model.compile(keras.optimizers.SGD(rates), "mse", run_eagerly=True)
    >>> weights, x, y = [], np.ones((4, 3, 1)), np.ones((4, 2))
    >>> for fit in range(3):
    ...     weights += [(model.fit(x, y, verbose=0), model.get_weights()[0])[1]]
    >>> [bool(np.array_equal(a, b)) for a, b in zip(weights, weights[1:])]  # steps 0 and 1 moved
    [False, True]
    """
    rates = [0.5, 0.25, 0.125, 0.0625, 0.5, 0.25]
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([0, 1, 2, 3, 4], rates)
    target = target_of(net, seed)
    model = trainee(net, build, optimizer=keras.optimizers.SGD(schedule))
    _ = [fit(model, net, target) for call in range(2)]
    for row, rate in zip(in_order(net.samples, 2, 2), rates, strict=False):
        net = train(net, target, sgd(rate), [row]).net
    assert_close(model.get_weights(), net.weights, bound=SEVERAL)


@claim(
    "trainer.skipped-average",
    derived="trainer.loss-scale-overflow: a skipped step changes no weight",
    cases=4,
    needs=("keras.Model.fit", "keras.optimizers.LossScaleOptimizer"),
)
@given(nets(batch=samples), builds, seeds, sampled_from(["Adam", "RMSprop", "SGD"]))
def test_a_mean_over_no_steps_is_not_taken(net, build, seed, optimizer):
    """
    With use_ema under LossScaleOptimizer, a new model keeps its trainable weights in a fit that
    skips every step.

    A step is skipped if its gradient is not finite, as the first ones often are under a high scale.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> inner = keras.optimizers.SGD(0.5)  # without use_ema, which may be at fault
    >>> model.compile(keras.optimizers.LossScaleOptimizer(inner), "mse", run_eagerly=True)
    >>> before = model.get_weights()[0]
    >>> _ = model.fit(np.ones((4, 3, 1)), np.full((4, 2), np.nan), verbose=0)
    >>> bool(np.array_equal(model.get_weights()[0], before))
    True
    """
    averaged = getattr(keras.optimizers, optimizer)(RATE, use_ema=True)
    model = trainee(net, build, optimizer=keras.optimizers.LossScaleOptimizer(averaged))
    fit(model, net, np.full_like(target_of(net, seed), np.nan))
    zeros = [0.0 * weight for weight in net.weights]
    assert_close(model.get_weights(), net.weights, instead={"all weights are zero": zeros})


CLIPPED = {"clipnorm": 2, "global_clipnorm": 2, "clipvalue": np.inf}
"""What clips a gradient, each with the order of the norm that it bounds."""


@claim(
    "trainer.clipped-embedding",
    promised="Optimizer, arguments `clipnorm`, `clipvalue`, `global_clipnorm`: bound the gradient",
    corrects="clipnorm bounds the step of every weight.",
    cases=4,
    needs="keras.Model.fit",
)
@given(whole(list(CLIPPED)), eagerly, seeds)
def test_a_step_of_repeated_ids_is_clipped(name, eager, seed):
    """
    By plain SGD clipping bounds the step of an Embedding under an LSTM, though a batch repeats an
    id.

    At a rate of 1 the table moves by no more than the limit, in the norm that is clipped.

    >>> import keras, numpy as np
    >>> ids = np.array([[0, 1, 2]])  # each id once, for repeated ones may be at fault
    >>> table = keras.layers.Embedding(3, 2)
    >>> model = keras.Sequential([keras.Input((3,), dtype="int32"), table, keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.SGD(1.0, clipnorm=1e-3), "mse")
    >>> before = table.get_weights()[0]
    >>> _ = model.fit(ids, np.full((1, 2), 9.0), verbose=0)
    >>> bool(np.linalg.norm(table.get_weights()[0] - before) < 1.01e-3)
    True
    """
    keras.utils.set_random_seed(seed)
    table = keras.layers.Embedding(3, 2)
    layers = [keras.Input((6,), dtype="int32"), table, keras.layers.LSTM(2)]
    model = keras.Sequential(layers)
    limit = 2.0**-10
    optimizer = keras.optimizers.SGD(1.0, **{name: limit})
    model.compile(optimizer, "mse", run_eagerly=eager)
    before = table.get_weights()[0]
    model.train_on_batch(np.ones((1, 6), "int32"), np.full((1, 2), 9.0))
    step = np.linalg.norm(np.ravel(table.get_weights()[0] - before), CLIPPED[name])
    assert step <= 1.001 * limit, f"by {name}={limit} a repeated id moves by {step}"


@claim(
    "trainer.repeated-ids",
    derived="the row of an id is its one-hot vector times the table",
    cases=4,
    needs="keras.Model.fit",
)
@given(integers(1, 4), eagerly, seeds)
def test_repeated_ids_are_stepped_as_one_hot_vectors(batch, eager, seed):
    """
    With Adam an Embedding takes the same first step as a Dense layer on one-hot vectors, even if a
    batch repeats ids.

    The gradients of equal ids are to be added up before Adam squares them. Until Keras does so on
    TensorFlow, give the Embedding embeddings_regularizer=keras.regularizers.L2(0.0).

    >>> import keras, numpy as np
    >>> table = keras.layers.Embedding(3, 2, embeddings_regularizer=keras.regularizers.L2(0.0))
    >>> model = keras.Sequential([keras.Input((4,), dtype="int32"), table, keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.Adam(0.125), "mse")
    >>> before = table.get_weights()[0]
    >>> _ = model.fit(np.array([[0, 1, 1, 1]]), np.ones((1, 2)), verbose=0)
    >>> bool(np.abs(table.get_weights()[0] - before).max() < 0.126)  # by no more than the rate
    True
    """
    keras.utils.set_random_seed(seed)
    ids = np.random.default_rng(seed).integers(0, 2, (batch, 6), "int32")
    one_hot = np.eye(2, dtype="float32")[ids]
    fronts = [keras.layers.Embedding(2, 3), keras.layers.Dense(3, use_bias=False)]
    weights: list[Array] = []
    for front, x in zip(fronts, [ids, one_hot], strict=True):
        inputs = keras.Input(x.shape[1:], dtype=x.dtype.name)
        model = keras.Sequential([inputs, front, keras.layers.LSTM(2)])
        weights = weights or model.get_weights()
        model.set_weights(weights)
        optimizer = keras.optimizers.Adam(RATE, epsilon=2.0**-14)  # above the rounding of gradients
        model.compile(optimizer, "mse", run_eagerly=eager)
        model.train_on_batch(x, np.ones((batch, 2), "float32"))
    apart = np.abs(fronts[0].get_weights()[0] - fronts[1].get_weights()[0]).max()
    assert apart <= RATE / 64, f"a step of Adam leaves them {apart / RATE:.3f} rates apart"


STEPS: dict[str, dict[str, Any]] = {"fit": {"verbose": 0}, "train_on_batch": {}}
"""What takes a step on a few samples, with options of it."""


@claim(
    "trainer.schedule-free",
    derived="the algorithm of Schedule-Free AdamW: its sequences begin at the weights",
    cases=4,
    needs=("keras.Model.fit", "keras.optimizers.ScheduleFreeAdamW"),
)
@given(
    nets(batch=samples),
    sampled_from(list(FORMS)),
    whole([(method, eager) for method in STEPS for eager in (False, True)]),
    seeds,
)
def test_schedule_free_steps_begin_at_the_weights(net, form, way, seed):
    """
    The first step of a new ScheduleFreeAdamW in fit or train_on_batch moves each weight by at most
    the learning rate.

    As that of Adam does, from where the weight is. Until Keras does so in a compiled training, let
    the optimizer build its variables first: `optimizer.build(model.trainable_variables)`. Else a
    model that was trained before forgets what it learned.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> optimizer = keras.optimizers.ScheduleFreeAdamW(0.125)
    >>> optimizer.build(model.trainable_variables)
    >>> model.compile(optimizer, "mse")
    >>> before = model.get_weights()
    >>> _ = model.fit(np.ones((4, 3, 1)), np.ones((4, 2)), verbose=0)
    >>> bool(np.max(np.abs(model.get_weights()[0] - before[0])) < 0.126)
    True
    """
    method, eager = way
    target = target_of(net, seed)
    optimizer = keras.optimizers.ScheduleFreeAdamW(RATE, epsilon=0.0625)
    model = trainee(net, (form, eager), optimizer=optimizer)
    getattr(model, method)(net.case.x, target, **STEPS[method])
    steps = [RATE * d / (np.abs(d) + 0.0625) for d in slopes(net, target)]
    expected = [weight - step for weight, step in zip(net.weights, steps, strict=True)]
    instead = {"it begins at zeros": [-step for step in steps]}
    assert_close(model.get_weights(), expected, instead=instead)


OPTIMIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    name: (name, {})
    for name in (
        *("Adadelta", "Adafactor", "Adagrad", "Adam", "Adamax", "AdamW", "Ftrl", "Lamb", "Lion"),
        *("Muon", "Nadam", "RMSprop", "ScheduleFreeAdamW", "SGD"),
    )
} | {
    "SGD with momentum": ("SGD", {"momentum": 0.75, "nesterov": True}),
    "Adam with amsgrad": ("Adam", {"amsgrad": True}),
    "Adam with weight_decay": ("Adam", {"weight_decay": 0.125}),
    "RMSprop with momentum": ("RMSprop", {"momentum": 0.5, "centered": True}),
}
"""Optimizers of Keras, some of them with options."""
ENLARGED = {"Muon": 8.0}
"""How much of rounding an optimizer may make: Muon multiplies by 3.4 in each of five rounds."""
Make = Callable[..., Any]
"""What makes an optimizer of further options."""


def scaled(make: Make) -> Any:
    """Return the optimizer in one that scales the loss, and undoes it."""
    return keras.optimizers.LossScaleOptimizer(make(), initial_scale=1024.0)


def scaled_twice(make: Make) -> Any:
    """Return the same of an optimizer that scales the loss as well."""
    inner = make(loss_scale_factor=64.0)
    return keras.optimizers.LossScaleOptimizer(inner, initial_scale=1024.0)


def scheduled(make: Make) -> Any:
    """Return the optimizer with a schedule that gives one rate."""
    return make(learning_rate=keras.optimizers.schedules.PiecewiseConstantDecay([1], [RATE] * 2))


def set_anew(make: Make) -> Any:
    """Return the optimizer with a rate that is set after it is made."""
    optimizer = make(learning_rate=9.0)
    optimizer.learning_rate = RATE
    return optimizer


UNCHANGED: dict[str, dict[str, Callable[[Make], Any]]] = {
    "scaling": {
        "loss_scale_factor": lambda make: make(loss_scale_factor=1024.0),
        "LossScaleOptimizer": scaled,
        "LossScaleOptimizer of a scaled one": scaled_twice,
    },
    "limits": {
        "clipnorm": lambda make: make(clipnorm=1e6),
        "clipvalue": lambda make: make(clipvalue=1e6),
        "global_clipnorm": lambda make: make(global_clipnorm=1e6),
    },
    "rates": {
        "a schedule": scheduled,
        "a function as rate": lambda make: make(learning_rate=lambda: RATE),
        "a rate that is set": set_anew,
    },
    "the rest": {
        "JSON": lambda make: from_json(make()),
        "LossScaleOptimizer from JSON": lambda make: from_json(scaled(make)),
        "accumulation": lambda make: make(gradient_accumulation_steps=2),
    },
}
"""What leaves the steps of an optimizer as they are, by its name, in groups."""


@claim(
    "trainer.optimizer-unchanged",
    derived="what is multiplied and divided, not reached, constant or kept changes nothing",
    cases=4,
    needs=("keras.Model.fit", "keras.optimizers.LossScaleOptimizer", "keras.saving"),
)
@given(
    nets(batch=2, timesteps=integers(1, 2)),
    whole([name for name, (owner, _) in OPTIMIZERS.items() if hasattr(keras.optimizers, owner)]),
    whole(list(UNCHANGED)),
    seeds,
)
def test_what_changes_nothing_leaves_the_steps_of_any_optimizer(net, name, group, seed):
    """
    Loss scaling, limits out of reach, a fixed schedule and keras.saving's JSON change no new
    optimizer's steps for an LSTM.

    In float32, for all optimizers of Keras, for batches given twice and accumulated, and a rate
    that is a function. On TensorFlow loss_scale_factor fails with an Embedding. JSON does not keep
    what exclude_from_weight_decay was given; keras.optimizers.deserialize turns Lamb into a string.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> before, ends = model.get_weights(), []
    >>> for options in ({}, {"loss_scale_factor": 1024.0}):
    ...     model.set_weights(before)
    ...     model.compile(keras.optimizers.Nadam(0.5, **options), "mse", run_eagerly=True)
    ...     _ = model.train_on_batch(np.ones((4, 3, 1)), np.ones((4, 2)))
    ...     ends.append(model.get_weights()[0])
    >>> bool(np.allclose(*ends))
    True
    """
    owner, options = OPTIMIZERS[name]
    make = partial(getattr(keras.optimizers, owner), **{"learning_rate": RATE, **options})
    target = target_of(net, seed)
    model = network(net, "functional")
    expected = after_two_steps(model, net, target, make())
    bound = ROUNDING * ENLARGED.get(name, 1.0)
    for way, change in UNCHANGED[group].items():
        times = 2 if way == "accumulation" else 1
        actual = after_two_steps(model, net, target, change(make), times)
        error = max(map(rounding_error, actual, expected))
        assert error <= bound, f"by {way} the steps differ by {error:.3g} units of rounding"


def after_two_steps(model: Any, net: Net, target: Array, optimizer: Any, times: int = 1) -> Any:
    """Return the weights of a model after two samples, each given so many times."""
    model.set_weights(net.weights)
    model.compile(optimizer, "mse", run_eagerly=True)
    for row in np.repeat(np.arange(2), times):
        model.train_on_batch(net.case.x[[row]], target[[row]])
    return model.get_weights()
