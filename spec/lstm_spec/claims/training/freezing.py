"""Frozen weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from hypothesis import given

from lstm_spec.claims import claim
from lstm_spec.claims.training import OPEN, backpropagate, eagerly, pulls, trainer
from lstm_spec.harness.reference import equations, gradients
from lstm_spec.harness.strategies import cases, noise, seeds, varied, whole
from lstm_spec.harness.subject import keras_2, lstm
from lstm_spec.harness.tolerance import assert_close, assert_differs, assert_same


@claim(
    "training.frozen",
    promised="Layer, attribute `trainable`: whether the layer is trained",
    cases=4,
    needs="keras.Model.fit",
)
@given(cases(state=True, trainable=False), seeds)
def test_a_frozen_layer_keeps_its_weights(case, seed):
    """
    An LSTM that is frozen with all its weights from compile() on keeps them to the last bit.

    Others are trained. This is meant for layers whose weights were trained before, on other
    data. A layer that is frozen later is another matter: see `training.compile-again`.

    >>> import keras, numpy as np
    >>> lstm, dense = keras.layers.LSTM(2, trainable=False), keras.layers.Dense(1)
    >>> model = keras.Sequential([keras.Input((3, 1)), lstm, dense])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> before = model.get_weights()
    >>> loss = model.train_on_batch(np.ones((1, 3, 1)), np.ones((1, 1)))
    >>> [bool(np.array_equal(a, b)) for a, b in zip(model.get_weights(), before)]
    [True, True, True, False, False]
    """
    found = backpropagate(case, *pulls(case, seed))
    slopes = gradients(case, *pulls(case, seed))
    unchanged = [np.zeros_like(weight) for weight in case.weights]
    assert_same(list(found[1:4]), unchanged, instead={"it is trained": slopes[1:4]})


@claim(
    "training.frozen-hands-on",
    derived="a frozen weight is a constant, and the derivative by the input remains",
    corrects="Below a frozen layer nothing is trained.",
    cases=4,
    needs="keras.Model.fit",
)
@given(cases(state=True, trainable=False, **OPEN), seeds, eagerly)
def test_a_frozen_layer_hands_the_gradient_to_the_layers_below(case, seed, eager):
    """
    A frozen LSTM hands the gradient to the layers below it as if it were not frozen.

    Only its own weights stand still.

    >>> import keras, numpy as np
    >>> below, lstm = keras.layers.Dense(1), keras.layers.LSTM(2, trainable=False)
    >>> model = keras.Sequential([keras.Input((3, 1)), below, lstm])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> before = model.get_weights()
    >>> loss = model.train_on_batch(np.ones((1, 3, 1)), np.ones((1, 2)))
    >>> [bool(np.array_equal(a, b)) for a, b in zip(model.get_weights(), before)]
    [False, False, True, True, True]
    """
    found = backpropagate(case, *pulls(case, seed), eager)
    expected = gradients(case, *pulls(case, seed))
    assert_close([found.x, found.h, found.c], [expected.x, expected.h, expected.c])


@claim(
    "training.frozen-penalty",
    observed="Keras 3",
    corrects="The penalty of a frozen layer's weights remains in the loss, as a constant.",
)
@given(cases(**varied("units")), whole(["l1", "l2", "L1L2"]), seeds)
def test_freezing_takes_the_penalty_out_of_the_loss(case, penalty, seed):
    """
    From the next compile() on, the regularizers of an LSTM's frozen weights add nothing to the
    loss.

    So to freeze a layer takes its weights' penalty out of the reported loss. A graph that was
    traced before goes on with the penalty until the next compile().

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, kernel_regularizer="l2", recurrent_regularizer="l2")
    >>> _ = lstm(np.ones((1, 3, 1)))
    >>> before = len(lstm.losses)
    >>> lstm.trainable = False
    >>> before, len(lstm.losses)
    (2, 0)
    """
    names = ["kernel_regularizer", "recurrent_regularizer", "bias_regularizer"]
    layer = lstm(case, **dict.fromkeys(names, penalty))
    before = len(layer.losses)
    layer.trainable = False
    assert (before, len(layer.losses)) == (3, 0), f"{before}, then {len(layer.losses)} losses"
    target = noise((case.batch, case.units), seed)
    loss = trainer(layer).test_on_batch(case.x, target)
    assert_close(np.float32(loss), np.mean((equations(case).h - target) ** 2))


@claim(
    "training.compile-again",
    observed="Keras 3, TensorFlow, with steps compiled to a graph, as they are by default",
    corrects="layer.trainable = False takes effect at once.",
    needs="keras.Model.fit",
)
def test_freezing_and_unfreezing_wait_for_compile():
    """
    Freezing or unfreezing a layer changes nothing in a traced training step, until compile().

    The graph of a step fixes which weights it changes, and compile() forgets all graphs. A second
    length, or a second batch size of train_on_batch, may make a new graph, where freezing takes
    effect, and unfreezing a part of what was frozen since compile() fails. With run_eagerly=True
    the same happens at once.

    >>> import keras, numpy as np
    >>> lstm, x, y = keras.layers.LSTM(1), np.ones((1, 1, 1)), np.ones((1, 1))
    >>> model = keras.Sequential([keras.Input((1, 1)), lstm, keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> loss, old = model.train_on_batch(x, y), lstm.get_weights()[0]
    >>> lstm.trainable = False
    >>> loss = model.train_on_batch(x, y)
    >>> bool(np.array_equal(lstm.get_weights()[0], old))
    False
    """
    layer = keras.layers.LSTM(1, unroll=True)
    dense = keras.layers.Dense(1)
    model = keras.Sequential([keras.Input((1, 1)), layer, dense])
    moved = [moves(model, layer)]
    layer.trainable = False
    moved += [moves(model, layer, again=False, batch=batch) for batch in (1, 2, 1)]
    moved += [moves(model, layer)]
    layer.trainable = True
    moved += [moves(model, layer, again=False), moves(model, layer)]
    assert moved == [True, True, keras_2(), True, False, False, True], f"the weights moved: {moved}"


def moves(model: Any, layer: Any, again: bool = True, batch: int = 1) -> bool:
    """Tell whether a step, after compiling again or not, changes the layer's weights."""
    if again:
        model.compile("sgd", "mse", jit_compile=False)
    before = layer.get_weights()
    model.train_on_batch(np.ones((batch, 1, 1)), np.full((batch, 1), 9.0))
    return any(np.any(old != new) for old, new in zip(before, layer.get_weights(), strict=True))


FROZEN: dict[str, Callable[[Any, list[Any]], Any]] = {
    "Sequential": lambda x, layers: keras.Sequential([x, *layers], trainable=False),
    "functional": lambda x, layers: keras.Model(x, layers[1](layers[0](x)), trainable=False),
}
"""Models of two layers, each made with trainable=False."""


@claim(
    "training.frozen-model",
    promised="Layer, argument `trainable`; a model is a layer",
    cases=4,
    needs=("keras.Model.fit", "keras.Sequential(trainable)"),
)
@given(cases(), whole(list(FROZEN)), seeds)
def test_a_model_made_with_trainable_false_trains_nothing(case, form, seed):
    """
    By itself a Sequential or functional model made, compiled and trained with trainable=False
    trains no weight by gradients.

    To train it, set that to True and compile. On Keras 3 a model around it may train its layers,
    which are not frozen for themselves, and a BatchNormalization in it changes. Setting
    `model.trainable = False` freezes each layer.

    >>> import keras, numpy as np
    >>> layers = [keras.Input((3, 1)), keras.layers.LSTM(2)]
    >>> model = keras.Sequential(layers, trainable=False)
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> before = model.get_weights()
    >>> loss = model.train_on_batch(np.ones((1, 3, 1)), np.ones((1, 2)))
    >>> all(np.array_equal(a, b) for a, b in zip(model.get_weights(), before))
    True
    """
    layers = [lstm(case), keras.layers.Dense(1)]
    model = FROZEN[form](keras.Input(case.x.shape[1:]), layers)
    batch = case.x, 2.0 + np.abs(noise((case.batch, 1), seed))
    before = model.get_weights()
    model.compile("sgd", "mse", run_eagerly=True)
    model.train_on_batch(*batch)
    assert_same(model.get_weights(), before)
    model.trainable = True
    model.compile("sgd", "mse", run_eagerly=True)
    model.train_on_batch(*batch)
    assert_differs(model.get_weights()[-1], before[-1])
