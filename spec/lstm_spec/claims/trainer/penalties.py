"""Regularizers, constraints and initializers of any kind, and what freezing does to them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from hypothesis import given

from lstm_spec.claims import claim
from lstm_spec.claims.trainer import (
    RATE,
    SEVERAL,
    builds,
    eagerly,
    evaluate,
    fit,
    samples,
    single,
    target_of,
    trainee,
)
from lstm_spec.harness.strategies import Array, booleans, noise, seeds, whole
from lstm_spec.harness.subject import FORMS, dense, lstm, to_numpy, total
from lstm_spec.harness.tolerance import assert_close, assert_same, right_if
from lstm_spec.harness.trainer import batch_loss, nets, outputs, sgd, train


def squares(weight: Any) -> Any:
    """Return the sum of the squares of a weight: a regularizer."""
    return total(total(weight**2, axis=-1))


class Squares:
    """A regularizer that is an object of a class of one's own."""

    def __call__(self, weight: Any) -> Any:
        """Return the sum of the squares of a weight."""
        return squares(weight)


def halved(weight: Any) -> Any:
    """Return a weight by half: a constraint."""
    return weight / 2


def twos(shape: Any, dtype: Any = None) -> Any:
    """Return numbers 2: an initializer."""
    return np.full(tuple(shape), 2.0, "float32")


ROLES = ("kernel", "recurrent", "bias")
CALLABLES = {
    "a function": squares,
    "a lambda": lambda weight: squares(weight),
    "an object": Squares(),
}


@claim(
    "trainer.callables",
    observed="Keras 3.15, TensorFlow and PyTorch",
    corrects="A regularizer, constraint or initializer has to be of a class of Keras.",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), builds, seeds, whole(list(CALLABLES)))
def test_any_callable_regularizes_constrains_and_initializes(net, build, seed, kind):
    """
    Outside Bidirectional, any fitting callable of Keras' operations may be an LSTM's regularizer,
    constraint or initializer.

    A weight's regularizer is called with it and returns its penalty, in floatx if fit is to add
    it, a constraint returns the new weight, an initializer takes a shape and a `dtype`.
    Bidirectional copies its LSTM's configuration, for which the callable has to be registered.

    >>> import keras, numpy as np
    >>> def penalty(weight): return 0.0 * weight[0, 0] + 7.0
    >>> lstm = keras.layers.LSTM(2, kernel_regularizer=penalty)
    >>> model = keras.Sequential([keras.Input((3, 1)), lstm])
    >>> model.compile("sgd", "mse", metrics=["mse"])
    >>> loss, mse = model.evaluate(np.ones((4, 3, 1)), np.ones((4, 2)), verbose=0)
    >>> round(loss - mse, 3)
    7.0
    """
    penalties = dict.fromkeys([f"{role}_regularizer" for role in ROLES], CALLABLES[kind])
    constraints = dict.fromkeys([f"{role}_constraint" for role in ROLES], halved)
    layer = lstm(net.case, **penalties, **constraints)
    target = target_of(net, seed)
    still = keras.optimizers.SGD(0.0)
    model = trainee(net, build, layer=layer, optimizer=still)
    total_penalty = sum(np.sum(weight.astype(float) ** 2) for weight in net.case.weights)
    history = fit(model, net, target, batch_size=9)
    assert_close(single(history["loss"]), [batch_loss(net, target) + total_penalty])
    assert_close(layer.get_weights(), [weight / 2 for weight in net.case.weights])
    assert_same(initialized(), [np.full((3, 8), 2.0), np.full((2, 8), 2.0), np.full(8, 2.0)])


def initialized() -> list[Array]:
    """Return the weights that functions made, of an LSTM whose forget gate gets no bias of 1."""
    made_by = dict.fromkeys([f"{role}_initializer" for role in ROLES], twos)
    layer = keras.layers.LSTM(2, unit_forget_bias=False, **made_by)
    layer.build((None, None, 3))
    return list(layer.get_weights())


@claim(
    "trainer.callables-in-bidirectional",
    derived="trainer.callables, for each of the two layers",
    cases=4,
    needs="keras.Model.fit",
)
@given(seeds, whole(["regularizer", "constraint", "initializer"]), whole(ROLES))
def test_bidirectional_takes_a_layer_with_any_callable(seed, part, role):
    """
    Bidirectional takes an LSTM whose regularizer, constraint or initializer is a function.

    Both directions then have it. Where it is refused, register the function, made by `def`.

    >>> import keras, numpy as np
    >>> @keras.utils.register_keras_serializable()
    ... def penalty(weight): return 0.0 * weight[0, 0] + 7.0
    >>> lstm = keras.layers.LSTM(2, kernel_regularizer=penalty)
    >>> both = keras.layers.Bidirectional(lstm)
    >>> _ = both(np.ones((1, 3, 1)))
    >>> [round(float(loss), 3) for loss in both.losses]
    [7.0, 7.0]
    """
    function = {"regularizer": squares, "constraint": halved, "initializer": twos}[part]
    layer = keras.layers.LSTM(2, **{f"{role}_{part}": function})
    both = keras.layers.Bidirectional(layer)
    both(noise((1, 3, 1), seed))
    cells = both.forward_layer.cell, both.backward_layer.cell
    copies = [getattr(cell, f"{role}_{part}") for cell in cells]
    assert copies == [function, function], f"the two directions have {copies}"


class Adding(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """A layer of one's own that adds losses of its input, a half of the squares and a sum."""

    def __init__(self, how: str) -> None:
        """Keep how the losses are added."""
        super().__init__()
        self.how = how

    def call(self, x: Any) -> Any:
        """Add losses, and return the input."""
        losses = [squares(x) / 2, total(total(x, axis=-1))]
        for added in [losses] if self.how == "a list" else losses:
            self.add_loss(added)
        return x * 1.0


REPORTING: dict[str, Any] = {
    "fit": lambda model, x, y: model.fit(x, y, verbose=0).history["loss"][0],
    "evaluate": lambda model, x, y: model.evaluate(x, y, verbose=0),
    "train_on_batch": lambda model, x, y: model.train_on_batch(x, y),
    "test_on_batch": lambda model, x, y: model.test_on_batch(x, y),
}
"""What reports the loss of all samples in one batch."""


@claim(
    "trainer.added-losses",
    promised="Layer, method `add_loss`: can be called inside of the `call()` method",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    nets(batch=samples),
    builds,
    seeds,
    whole(["a scalar", "a list"]),
    whole(list(REPORTING)),
    whole([0, 1, 2]),
)
def test_losses_that_a_layer_adds_count_once_in_the_loss(net, build, seed, how, way, depth):
    """
    In float32 a scalar tensor, or a list of them, that your own layer gives add_loss in its call
    counts once in a batch's loss.

    In fit, evaluate and their steps, beside the loss of `compile`, also from a model in a model in
    the model, and not divided by the number of samples. Divide by it yourself, as Keras' own
    activity regularizers do. Under other policies cast it to float32: fit may end with TypeError.

    >>> import keras, numpy as np
    >>> class Adding(keras.layers.Layer):
    ...     def call(self, x):
    ...         self.add_loss([0.0 * x[0, 0] + 7.0])
    ...         return x * 1.0
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2), Adding()])
    >>> model.compile("sgd", "mse", metrics=["mse"])
    >>> loss, mse = model.evaluate(np.ones((4, 3, 1)), np.ones((4, 2)), verbose=0)
    >>> round(loss - mse, 3)
    7.0
    """
    form, eager = build
    eager = eager or way != "evaluate"  # to trace a gradient takes seconds
    target = target_of(net, seed)
    shape = net.case.x.shape[1:]
    model = FORMS[form]([lstm(net.case), dense(net), Adding(how)], keras.Input(shape))
    for _ in range(depth):
        model = FORMS[form]([model], keras.Input(shape))
    model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=eager)
    y = outputs(net)
    expected = batch_loss(net, target) + np.sum(y**2) / 2 + np.sum(y)
    assert_close(single([REPORTING[way](model, net.case.x, target)]), [expected], bound=SEVERAL)


# Penalties of wrapped, shared and frozen layers.


def penalized(inside: Any = None, outside: Any = None) -> dict[str, Any]:
    """Return layers by what they are, each of LSTMs with penalties on all weights.

    Args:
        inside: arguments of each LSTM and of each cell.
        outside: arguments of what wraps them.
    """
    names = [f"{role}_regularizer" for role in ROLES]
    squared = {**dict.fromkeys(names, keras.regularizers.L2(1.0)), "bias_initializer": "ones"}
    given_ = {**squared, **(inside or {})}
    wrapped = outside or {}
    layers = keras.layers
    cells = [layers.LSTMCell(2, **given_), layers.LSTMCell(3, **given_)]
    return {
        "LSTM": layers.LSTM(2, **given_),
        "unrolled LSTM": layers.LSTM(2, unroll=True, **given_),
        "RNN of a cell": layers.RNN(layers.LSTMCell(2, **given_), **wrapped),
        "RNN of two cells": layers.RNN(cells, **wrapped),
        "Bidirectional": layers.Bidirectional(layers.LSTM(2, **given_), **wrapped),
        "Sequential": keras.Sequential([layers.LSTM(2, **given_)]),
        "TimeDistributed": layers.TimeDistributed(layers.LSTM(2, **given_), **wrapped),
    }


DATA = [noise((2, 3, 2), 1), noise((2, 2, 3, 2), 2)]
"""Samples for most layers, and for TimeDistributed."""


def joined(layers: dict[str, Any], eager: bool, rate: float) -> Any:
    """Return a compiled model that adds up the outputs of layers, with weights that move."""
    inputs = [keras.Input((3, 2)), keras.Input((2, 3, 2))]
    outputs = []
    for name, layer in layers.items():
        below = inputs[1] if name == "TimeDistributed" else inputs[0]
        outputs.append(keras.layers.Flatten()(layer(below)))
    joint = keras.layers.Concatenate()(outputs)
    model = keras.Model(inputs, keras.layers.Dense(1)(joint))
    model.compile(keras.optimizers.SGD(rate), "mse", run_eagerly=eager)
    return model


def reported_penalties(layers: dict[str, Any], eager: bool) -> float:
    """Return what a step reports of a model that has no error: it puts out zeros.

    Compiled it is a step of a test, whose loss is the same: a gradient takes seconds to trace.
    """
    model = joined(layers, eager, rate=0.0)
    head = model.layers[-1]
    head.set_weights([0.0 * weight for weight in head.get_weights()])
    step = model.train_on_batch if eager else model.test_on_batch
    return float(step(DATA, np.zeros((2, 1), "float32")))


@claim(
    "trainer.penalty-once",
    derived="training.penalty-added-once, for layers within layers",
    corrects="A wrapper counts the penalties of its layer twice, or drops them.",
    cases=2,
    needs="keras.Model.fit",
)
@given(booleans())
def test_penalties_of_wrapped_layers_count_once(eager):
    """
    The penalty of each trainable weight counts once in the loss, whatever wrapper of Keras holds
    the LSTM.

    Tried are cells and stacks of cells in RNN, Bidirectional, Sequential and TimeDistributed,
    where the layer runs many times.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, kernel_regularizer=keras.regularizers.L2(1.0))
    >>> both = keras.layers.Bidirectional(lstm)
    >>> model = keras.Sequential([keras.Input((3, 1)), both])
    >>> model.compile("sgd", "mse", metrics=["mse"])
    >>> loss, mse = model.evaluate(np.ones((4, 3, 1)), np.ones((4, 4)), verbose=0)
    >>> kernels = [both.get_weights()[k] for k in (0, 3)]
    >>> bool(np.isclose(loss - mse, np.sum(np.square(kernels)), atol=1e-5))
    True
    """
    layers = penalized()
    reported = single(reported_penalties(layers, eager))
    assert_close(reported, sum_of_squares(layers))


def sum_of_squares(layers: dict[str, Any]) -> float:
    """Return the sum of the squares of all weights of layers: their penalty."""
    weights = [weight.astype(float) for layer in layers.values() for weight in layer.get_weights()]
    return float(sum(np.sum(weight**2) for weight in weights))


@claim(
    "trainer.penalty-frozen",
    observed="Keras 3.15, TensorFlow and PyTorch",
    corrects="The penalty of a frozen layer's weights remains in the loss, as a constant.",
    cases=2,
    needs="keras.Model.fit",
)
@given(eagerly, whole(["inside", "attribute"]))
def test_a_frozen_layer_has_no_penalty_whatever_wraps_it(eager, how):
    """
    An LSTM that is frozen in the model before compile() adds no penalty of weights to the loss,
    whatever wraps it.

    Frozen is an LSTM or a cell that is made with trainable=False, and what is in a wrapper whose
    attribute `trainable` is set to False after it is made, not as an argument of it. Bidirectional
    trains copies, which an LSTM frozen later does not reach. An activity regularizer goes on
    penalizing outputs, but that of the layer given to TimeDistributed is lost.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, kernel_regularizer="l2", trainable=False)
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.Bidirectional(lstm)])
    >>> model.compile("sgd", "mse", metrics=["mse"])
    >>> loss, mse = model.evaluate(np.ones((4, 3, 1)), np.ones((4, 4)), verbose=0)
    >>> loss == mse
    True
    """
    layers = frozen(how)
    reported = single(reported_penalties(layers, eager))
    instead = {"they count as if nothing was frozen": sum_of_squares(layers)}
    assert_close(reported, 0.0, instead=instead)


def frozen(how: str) -> dict[str, Any]:
    """Return layers that are frozen `inside`, by an argument `outside`, or by an `attribute`."""
    still = {"trainable": False}
    if how != "attribute":
        return penalized(**{how: still})
    layers = penalized()
    for layer in layers.values():
        layer.trainable = False
    return layers


@claim(
    "trainer.penalty-shared",
    derived="a penalty of weights is of the weights, one of outputs is of each output",
    cases=2,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), eagerly, seeds)
def test_a_shared_layer_counts_its_weights_once_and_its_outputs_each_time(net, eager, seed):
    """
    In a trainable model a trainable layer called twice adds the penalty of its trainable weights
    once.

    Its activity regularizer adds a penalty for each call, divided by the batch size.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, kernel_regularizer=keras.regularizers.L2(1.0))
    >>> x = keras.Input((3, 1))
    >>> model = keras.Model(x, keras.layers.Add()([lstm(x), lstm(-x)]))
    >>> model.compile("sgd", "mse", metrics=["mse"])
    >>> loss, mse = model.evaluate(np.ones((4, 3, 1)), np.ones((4, 2)), verbose=0)
    >>> bool(np.isclose(loss - mse, np.sum(lstm.get_weights()[0] ** 2), atol=1e-5))
    True
    """
    one = keras.regularizers.L2(1.0)
    layer = lstm(net.case, kernel_regularizer=one, activity_regularizer=one)
    x = keras.Input((None, net.case.features))
    model = keras.Model(x, keras.layers.Concatenate()([layer(x), layer(-x)]))
    model.compile(keras.optimizers.SGD(0.0), "mse", metrics=["mse"], run_eagerly=eager)
    y = noise((net.samples, 2 * net.case.units), seed)
    loss, mse = evaluate(model, net, y, batch_size=9)
    outputs = to_numpy(model(net.case.x)).astype(float)
    weights = np.sum(net.case.kernel.astype(float) ** 2)
    calls = np.sum(outputs**2)
    last = np.sum(outputs[:, net.case.units :] ** 2)
    instead = {
        "the penalty is not divided by the batch size": float(mse) + weights + calls,
        "the last call alone counts": float(mse) + weights + last / net.samples,
    }
    assert_close(single(loss), float(mse) + weights + calls / net.samples, instead=instead)


@claim(
    "trainer.activity-time-distributed",
    derived="the loss of a model holds the losses of its layers",
    cases=4,
    needs="keras.Model.fit",
)
@given(nets(batch=samples), eagerly, seeds)
def test_time_distributed_adds_the_activity_penalty_of_its_layer(net, eager, seed):
    """
    TimeDistributed adds the activity penalty of the LSTM that it wraps to the loss.

    The penalty is that of the outputs for all slices. Where it is lost, put a layer after it that
    adds it.

    >>> import keras, numpy as np
    >>> slices, penalty = keras.Input((5, 3, 1)), keras.layers.ActivityRegularization(l2=1.0)
    >>> distributed = keras.layers.TimeDistributed(keras.layers.LSTM(2))
    >>> model = keras.Sequential([slices, distributed, penalty])
    >>> model.compile("sgd", "mse", metrics=["mse"], run_eagerly=True)
    >>> loss, mse = model.evaluate(np.ones((4, 5, 3, 1)), np.ones((4, 5, 2)), verbose=0)
    >>> loss > mse
    True
    """
    layer = lstm(net.case, activity_regularizer=keras.regularizers.L2(1.0))
    x = net.case.x[:, None]
    inputs = keras.Input((1, net.case.timesteps, net.case.features))
    model = keras.Model(inputs, keras.layers.TimeDistributed(layer)(inputs))
    model.compile(keras.optimizers.SGD(0.0), "mse", metrics=["mse"], run_eagerly=eager)
    y = noise((net.samples, 1, net.case.units), seed)
    loss, mse = model.evaluate(x, y, batch_size=9, verbose=0)
    penalty = np.sum(to_numpy(model(x)).astype(float) ** 2) / net.samples
    instead = {"no penalty is added": np.array(0.0)}
    assert_close(single(loss) - single(mse), penalty, instead=instead)


# Freezing.


def trained_names(layers: dict[str, Any], eager: bool) -> list[str]:
    """Return which of the layers a step moves."""
    model = joined(layers, eager, rate=0.5)
    before = {name: layer.get_weights() for name, layer in layers.items()}
    model.train_on_batch(DATA, np.full((2, 1), 9.0))
    return [
        name
        for name, layer in layers.items()
        if any(np.any(a != b) for a, b in zip(layer.get_weights(), before[name], strict=True))
    ]


@claim(
    "trainer.frozen-wrapped",
    promised="Layer, attribute `trainable`: whether the layer is trained",
    corrects="To freeze a Bidirectional, both of its layers have to be frozen by hand.",
    cases=2,
    needs="keras.Model.fit",
)
@given(eagerly, whole(["inside", "attribute"]))
def test_no_step_moves_a_frozen_layer_whatever_wraps_it(eager, how):
    """
    No step moves weights of LSTMs made with trainable=False, or in a wrapper when its attribute is
    set so before compile().

    Tried are cells and stacks of cells in RNN, Bidirectional, Sequential and TimeDistributed. A
    wrapper's argument trainable=False does not reach the layers in it.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2, trainable=False))
    >>> model = keras.Sequential([keras.Input((3, 1)), both, keras.layers.Dense(1)])
    >>> model.compile("adam", "mse", run_eagerly=True)
    >>> before = both.get_weights()
    >>> _ = model.fit(np.ones((4, 3, 1)), np.ones((4, 1)), verbose=0)
    >>> all(np.array_equal(a, b) for a, b in zip(both.get_weights(), before))
    True
    """
    moved = trained_names(frozen(how), eager)
    assert moved == [], f"trained in spite of trainable=False: {moved}"


@claim(
    "trainer.frozen-by-argument",
    promised="Layer, argument `trainable`: whether the layer's variables are trainable",
    corrects="Bidirectional(LSTM(2), trainable=False) is frozen.",
    cases=4,
    needs="keras.Model.fit",
)
@given(eagerly)
def test_no_step_moves_what_is_in_a_wrapper_made_untrainable(eager):
    """
    No step moves weights of an LSTM in Bidirectional, TimeDistributed or RNN made with
    trainable=False.

    It is the same whether the wrapper is made so, or its attribute is set. Until Keras does so, set
    the attribute of a wrapper that is made without the argument.

    >>> import keras, numpy as np
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(2))
    >>> both.trainable = False
    >>> model = keras.Sequential([keras.Input((3, 1)), both, keras.layers.Dense(1)])
    >>> model.compile("adam", "mse", run_eagerly=True)
    >>> before = both.get_weights()
    >>> _ = model.fit(np.ones((4, 3, 1)), np.ones((4, 1)), verbose=0)
    >>> all(np.array_equal(a, b) for a, b in zip(both.get_weights(), before))
    True
    """
    layers = frozen("outside")
    wrappers = ("RNN of a cell", "RNN of two cells", "Bidirectional", "TimeDistributed")
    moved = trained_names({name: layers[name] for name in wrappers}, eager)
    assert moved == [], f"trained in spite of trainable=False: {moved}"


@claim(
    "trainer.frozen-bidirectional",
    observed="Keras 3.15, TensorFlow and PyTorch",
    corrects="Bidirectional makes copies of its layer that are trainable.",
    cases=4,
)
@given(nets(), whole(["argument", "attribute"]))
def test_bidirectional_of_a_frozen_layer_is_frozen(net, how):
    """
    Bidirectional of one LSTM that has trainable=False has no trainable weights, and neither has a
    clone of it.

    Both directions take trainable=False over, whether it was an argument or was set before
    wrapping. A `backward_layer` of its own has to be frozen too. The cell of an LSTM that is frozen
    by itself is copied trainable.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> lstm.trainable = False
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.Bidirectional(lstm)])
    >>> clone = keras.models.clone_model(model)
    >>> len(model.trainable_weights), len(clone.trainable_weights), len(clone.weights)
    (0, 0, 6)
    """
    given_ = {"argument": {"trainable": False}, "attribute": {}}[how]
    layer = lstm(net.case, **given_)
    layer.trainable = False
    inputs = keras.Input((None, net.case.features))
    model = keras.Model(inputs, keras.layers.Bidirectional(layer)(inputs))
    clone = keras.models.clone_model(model)
    numbers = [len(copy.trainable_weights) for copy in (model, clone)]
    trained = {"argument": 3, "attribute": 2}[how] * len(layer.weights)
    instead = {"only what was built is frozen": [trained, 3 * len(layer.weights)]}
    reason = right_if(numbers, instead)
    assert numbers == [0, 0], f"{reason}trainable weights of model and clone: {numbers}"


@claim(
    "trainer.stop-gradient",
    promised="keras.ops.stop_gradient: stops gradient computation",
    cases=4,
    needs=("keras.Model.fit", "keras.ops.stop_gradient"),
)
@given(nets(batch=samples, return_sequences=booleans()), eagerly, seeds)
def test_nothing_is_trained_below_a_stopped_gradient(net, eager, seed):
    """
    In a functional model without masks, keras.ops.stop_gradient changes no output and gives no
    gradient to the layers before it.

    So what follows trains none of them, of which Keras warns. Their weights still count as
    trainable, and a penalty of theirs moves them. A mask ends at the operation: an LSTM behind it
    reads padding too.

    >>> import keras, numpy as np
    >>> x, lstm = keras.Input((3, 1)), keras.layers.LSTM(2)
    >>> held = keras.ops.stop_gradient(lstm(x))
    >>> model = keras.Model(x, keras.layers.Dense(1)(held))
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> before = model.get_weights()
    >>> loss = model.train_on_batch(np.ones((4, 3, 1)), np.ones((4, 1)))
    >>> [bool(np.array_equal(a, b)) for a, b in zip(before, model.get_weights())]
    [True, True, True, False, False]
    """
    inputs = keras.Input(net.case.x.shape[1:])
    held = keras.ops.stop_gradient(lstm(net.case)(inputs))
    model = keras.Model(inputs, dense(net)(held))
    model.compile(keras.optimizers.SGD(RATE), "mse", run_eagerly=eager)
    target = target_of(net, seed)
    loss = model.train_on_batch(net.case.x, target)
    trained = train(net, target, sgd(RATE), [np.arange(net.samples)])
    assert_close(single(loss), batch_loss(net, target))
    assert_close(model.get_weights(), [*net.weights[:-2], *trained.weights[-2:]])
