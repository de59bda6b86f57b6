"""Training: which gradient a loss sends back through time, and what a training step changes.

Nothing here is special to one optimizer. A step of plain gradient descent at rate 1 subtracts
the gradient from each weight, so that what a step takes away is the gradient itself.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import booleans, floats, integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.harness.activations import sigmoid
from lstm_spec.harness.reference import Gradients, equations, gradients
from lstm_spec.harness.strategies import Array, Case, cases, noise, picks, seeds
from lstm_spec.harness.subject import backend, cast, kind, lstm, to_numpy, total
from lstm_spec.harness.tolerance import assert_close, assert_differs, assert_same


def pulls(case: Case, seed: int) -> tuple[Array, Array, Array]:
    """Return derivatives of a loss by the outputs (B, T, U), the final h and the final c (B, U)."""
    drawn = noise((case.batch, case.timesteps + 2, case.units), seed)
    return drawn[:, :-2], drawn[:, -2], drawn[:, -1]


def weighted_sum(target: Any, output: Any) -> Any:
    """Return a loss whose derivative by the output is the target."""
    return total(target * output)


class Pulled(keras.Model):  # type: ignore[misc]  # Keras has no types
    """A layer whose input and initial states are weights, under a loss of given derivatives."""

    def __init__(
        self, layer: Any, starts: list[Array], derivatives: list[Array], mask: Any
    ) -> None:
        """Make weights of the input and the initial states, in this order."""
        super().__init__(dtype=layer.dtype_policy)
        self.layer, self.derivatives, self.mask = layer, derivatives, mask
        zeros = {"initializer": "zeros"}
        self.starts = [self.add_weight(shape=start.shape, **zeros) for start in starts]
        for weight, start in zip(self.starts, starts, strict=True):
            weight.assign(start)

    def call(self, _: Any, training: bool) -> None:
        """Run the layer and add up what its outputs and final states are pulled by."""
        x, *states = [1.0 * weight for weight in self.starts]
        y, h, c = self.layer(x, initial_state=states, mask=self.mask, training=training)
        d_y, d_h, d_c = (cast(array, kind(y)) for array in self.derivatives)
        self.add_loss(total(d_y * y) + total(d_h * h) + total(d_c * c))


def backpropagate(case: Case, d_outputs: Array, d_h: Array, d_c: Array) -> Gradients:
    """Return the gradients that Keras finds, for what `reference.gradients` takes.

    Keras has no function for gradients that all its backends share. So the input and both
    initial states become weights too, and a step of gradient descent at rate 1 takes the
    gradient away from every weight.

    What is found is off by the rounding of the weights, which lie within [-2, 2], and of the
    sums over time: by 5.9 units at most in 600 cases of the sizes drawn here, so the default
    bound of 16 units holds. A gradient of zero is found as zero exactly.
    """
    zeros = np.zeros((case.batch, case.units), case.x.dtype)
    states = [zeros if state is None else state for state in (case.h, case.c)]
    layer = lstm(case, return_sequences=True, return_state=True)
    model = Pulled(layer, [case.x, *states], [d_outputs, d_h, d_c], case.mask)
    model.compile(keras.optimizers.SGD(1.0), run_eagerly=case.timesteps < 50)
    model.train_on_batch(np.zeros(1))
    old = [case.x, *case.weights, *states]
    x, *states = to_numpy(model.starts)
    new = [x, *layer.get_weights(), *states]
    return Gradients(*(one - other for one, other in zip(old, new, strict=True)))


def trainer(layer: Any, loss: Any = "mse", rate: float = 1.0, **options: Any) -> Any:
    """Return a model of a built layer whose training step subtracts rate times the gradient."""
    model = keras.Sequential([keras.Input((None, layer.cell.kernel.shape[0])), layer])
    model.compile(keras.optimizers.SGD(rate, **options), loss, run_eagerly=True)
    return model


def mse_step(case: Case, target: Array, **arguments: Any) -> list[Array]:
    """Return what a training step under mean squared error takes away from the weights."""
    layer = lstm(case)
    trainer(layer).train_on_batch(case.x, target, **arguments)
    return [old - new for old, new in zip(case.weights, layer.get_weights(), strict=True)]


def uneven_means(losses: Array) -> dict[str, Any]:
    """Return the means of three losses of which one counts as much as the two others."""
    means = (losses + (np.sum(losses) - losses) / 2) / 2
    return {
        f"sample {k}, alone in its batch, counts as much as two": mean
        for k, mean in enumerate(means)
    }


def returned(case: Case) -> list[Array]:
    """Return what the equations give of all that a layer with the case's options returns."""
    outputs, h, c = equations(case)
    first = outputs if case.options["return_sequences"] else h
    return [first, h, c] if case.options.get("return_state") else [first]


def with_biases(case: Case, i: float, f: float, g: float, o: float) -> Case:
    """Return the case with one bias for all units of each gate."""
    return replace(case, bias=np.repeat([i, f, g, o], case.units).astype(case.x.dtype))


# What a loss sends back.


@claim(
    "training.weights-gradient",
    derived="the chain rule, applied to the equations at every timestep",
    corrects="The gradient of an LSTM is truncated to its last timesteps.",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(state=True, dtype=sampled_from(["float32", "float64"])), seeds)
def test_a_step_changes_the_weights_by_the_exact_gradient(case, seed):
    """
    Training changes all three weights by the exact gradient, through every timestep.

    The loss may read the outputs at all timesteps, the final h and the final c. Nothing is
    truncated or approximated, and what is left is rounding, in float32 as in float64.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> model = keras.Sequential([keras.Input((50, 3)), lstm])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x = np.zeros((1, 50, 3))  # (batch, timesteps, features)
    >>> x[0, 0, 0] = x[0, 40, 1] = 1.0  # feature 0 is seen at the first of 50 timesteps only
    >>> before, loss = lstm.get_weights()[0], model.train_on_batch(x, np.full((1, 2), 1e9))
    >>> np.any(lstm.get_weights()[0] != before, axis=1).tolist()  # feature 2 is never seen
    [True, True, False]
    """
    d_outputs, d_h, d_c = pulls(case, seed)
    found = backpropagate(case, d_outputs, d_h, d_c)
    assert_close(list(found[1:4]), list(gradients(case, d_outputs, d_h, d_c)[1:4]))


@claim(
    "training.input-gradient",
    derived="the chain rule, applied to the equations at every timestep",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(state=True, dtype=sampled_from(["float32", "float64"])), seeds)
def test_the_input_receives_the_exact_gradient(case, seed):
    """
    The layer below an LSTM receives the exact gradient, at every timestep of its output.

    So an Embedding or another LSTM below is trained by what all later timesteps made of it.

    >>> import keras, numpy as np
    >>> below, lstm = keras.layers.Dense(1), keras.layers.LSTM(2)
    >>> model = keras.Sequential([keras.Input((3, 1)), below, lstm])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> before = below.get_weights()[0]
    >>> loss = model.train_on_batch(np.array([[[1.0], [7.0], [2.0]]]), np.ones((1, 2)))
    >>> bool(np.all(below.get_weights()[0] != before))
    True
    """
    found = backpropagate(case, *pulls(case, seed))
    assert_close(found.x, gradients(case, *pulls(case, seed)).x)


@claim(
    "training.state-gradient",
    derived="the chain rule, applied to the equations at every timestep",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(state=True, dtype=sampled_from(["float32", "float64"])), seeds)
def test_the_initial_states_receive_the_exact_gradient(case, seed):
    """
    What makes the initial h and c receives the exact gradient of all that follows.

    An encoder is trained in this way: by the two states that it hands to a decoder.

    >>> import keras, numpy as np
    >>> encoder, decoder = keras.layers.LSTM(2, return_state=True), keras.layers.LSTM(2)
    >>> x, y = keras.Input((3, 1)), keras.Input((4, 1))
    >>> model = keras.Model([x, y], decoder(y, initial_state=encoder(x)[1:]))
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> before = encoder.get_weights()[0]
    >>> loss = model.train_on_batch([np.ones((5, 3, 1)), np.ones((5, 4, 1))], np.ones((5, 2)))
    >>> bool(np.all(encoder.get_weights()[0] != before))
    True
    """
    found, expected = backpropagate(case, *pulls(case, seed)), gradients(case, *pulls(case, seed))
    assert_close([found.h, found.c], [expected.h, expected.c])


@claim(
    "training.unrolled",
    derived="the claim `gates.unroll-agrees`: one function has one gradient",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(state=True, masked=True, unroll=True), seeds)
def test_an_unrolled_layer_has_the_same_gradient(case, seed):
    """
    With unroll=True the gradients are those of the loop, with a mask too.

    Unrolling is another way to compute the same function, for training as for prediction.

    >>> import keras, numpy as np
    >>> looped, unrolled = keras.layers.LSTM(2), keras.layers.LSTM(2, unroll=True)
    >>> models = [keras.Sequential([keras.Input((3, 1)), layer]) for layer in (looped, unrolled)]
    >>> models[1].set_weights(models[0].get_weights())
    >>> for model in models:
    ...     model.compile("sgd", "mse", run_eagerly=True)
    ...     loss = model.train_on_batch(np.array([[[1.0], [7.0], [2.0]]]), np.ones((1, 2)))
    >>> [bool(np.allclose(a, b, atol=1e-6)) for a, b in zip(*(m.get_weights() for m in models))]
    [True, True, True]
    """
    found = backpropagate(case, *pulls(case, seed))
    assert_close(list(found), list(gradients(case, *pulls(case, seed))))


@claim(
    "training.backwards",
    derived="the claim `sequences.backwards`: x[:, ::-1] is read in its place",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(state=True, masked=True, go_backwards=True), seeds)
def test_going_backwards_turns_the_input_gradient_round(case, seed):
    """
    With go_backwards=True the gradients are those of an LSTM on the reversed input.

    The input's gradient stands where the input stands: that of timestep t is in row t,
    though the layer reads the last timestep first.

    >>> import keras, numpy as np
    >>> layers = keras.layers.LSTM(2), keras.layers.LSTM(2, go_backwards=True)
    >>> models = [keras.Sequential([keras.Input((3, 1)), layer]) for layer in layers]
    >>> models[1].set_weights(models[0].get_weights())
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> _ = [model.compile("sgd", "mse", run_eagerly=True) for model in models]
    >>> _ = [m.train_on_batch(z, np.ones((1, 2))) for m, z in zip(models, [x[:, ::-1], x])]
    >>> [bool(np.allclose(a, b, atol=1e-6)) for a, b in zip(*(m.get_weights() for m in models))]
    [True, True, True]
    """
    d_outputs, d_h, d_c = pulls(case, seed)
    turned = replace(case, x=case.x[:, ::-1], mask=case.mask[:, ::-1], options={})
    x, *weights, h, c = gradients(turned, d_outputs, d_h, d_c)
    early = ~np.logical_or.accumulate(turned.mask, axis=1)  # the initial h is put out there
    pulled = h + np.sum(d_outputs * early[:, :, None], axis=1)
    assert_close(
        list(backpropagate(case, d_outputs, d_h, d_c)),
        [x[:, ::-1], *weights, h, c],
        instead={"the initial h is put out first": [x[:, ::-1], *weights, pulled, c]},
    )


@claim(
    "training.future-gradient",
    derived="the claim `time.causality`: an output is no function of later timesteps",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(state=True, timesteps=integers(2, 4)), picks, seeds)
def test_a_loss_on_one_output_leaves_later_timesteps_alone(case, pick, seed):
    """
    A loss on the output at a timestep sends a gradient of zero to all later timesteps.

    It is zero exactly, not merely small. To the timestep itself and to those before it the
    gradient goes.

    >>> import keras, numpy as np
    >>> table, lstm = keras.layers.Embedding(3, 1), keras.layers.LSTM(2, return_sequences=True)
    >>> first = keras.layers.Cropping1D((0, 2))  # the output at the first of 3 timesteps
    >>> model = keras.Sequential([keras.Input((3,)), table, lstm, first])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> before = table.get_weights()[0]
    >>> loss = model.train_on_batch(np.array([[0, 1, 2]]), np.ones((1, 1, 2)))
    >>> (table.get_weights()[0] == before)[:, 0].tolist()
    [False, True, True]
    """
    now, (d_outputs, d_h, d_c) = pick % (case.timesteps - 1), pulls(case, seed)
    here = (np.arange(case.timesteps) == now)[None, :, None]
    x = backpropagate(case, here * d_outputs, 0 * d_h, 0 * d_c).x
    assert_same(x[:, now + 1 :], np.zeros_like(x[:, now + 1 :]))
    assert_close(x[:, now], gradients(case, here * d_outputs, 0 * d_h, 0 * d_c).x[:, now])


@claim(
    "training.every-timestep",
    derived="the equations: each timestep changes the state that all later ones read",
    corrects="With 300 units and 3 timesteps, 297 units get no input and are never trained.",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(units=integers(1, 7), timesteps=integers(1, 4), dtype="float64"), picks)
def test_a_unit_sends_its_gradient_to_every_timestep(case, pick):
    """
    Each unit of the final output sends a gradient to every feature of every timestep.

    It does not matter whether there are fewer units than timesteps or more: no unit is
    idle, and no timestep is ignored.

    >>> import keras, numpy as np
    >>> table, lstm = keras.layers.Embedding(3, 1), keras.layers.LSTM(2)
    >>> last = keras.layers.Lambda(lambda h: h[:, 1:])  # one of 2 units, for 3 timesteps
    >>> model = keras.Sequential([keras.Input((3,)), table, lstm, last])
    >>> model.compile(keras.optimizers.SGD(10.0), "mse", run_eagerly=True)
    >>> before = table.get_weights()[0]
    >>> loss = model.train_on_batch(np.array([[0, 1, 2]]), np.ones((1, 1)))
    >>> (table.get_weights()[0] != before)[:, 0].tolist()
    [True, True, True]
    """
    unit = np.arange(case.units) == pick % case.units
    d_outputs, d_h, d_c = pulls(case, 0)
    x = backpropagate(case, 0 * d_outputs, unit * d_h, 0 * d_c).x
    assert_differs(x, np.zeros_like(x), everywhere=True)


@claim(
    "training.single-timestep",
    derived="the equations: zeros stand where h enters the gates and c the forget gate",
    corrects="On one timestep an LSTM trains its forget gate like the other gates.",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(timesteps=1), seeds)
def test_one_timestep_trains_neither_recurrence_nor_forget_gate(case, seed):
    """
    From zero state, one timestep trains neither the recurrent kernel nor the forget gate.

    There is nothing to remember and nothing to forget: these weights keep the values that
    they were initialized with, to the last bit, however long the training.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((1, 3)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> before = model.get_weights()
    >>> loss = model.train_on_batch(np.ones((1, 1, 3)), np.ones((1, 2)))
    >>> [bool(np.array_equal(a, b)) for a, b in zip(model.get_weights(), before)]
    [False, True, False]
    """
    found, forget = backpropagate(case, *pulls(case, seed)), slice(case.units, 2 * case.units)
    untrained = [found.recurrent_kernel, found.kernel[:, forget], found.bias[forget]]
    assert_same(untrained, [np.zeros_like(part) for part in untrained])


@claim(
    "training.every-weight",
    derived="the equations: each weight changes a gate that the final output depends on",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(timesteps=integers(2, 4), dtype="float64"), seeds)
def test_from_two_timesteps_on_every_weight_is_trained(case, seed):
    """
    From two timesteps on, a loss on the final output trains every single weight.

    This holds for weights in general. A feature that is always zero, say, leaves its row of
    the kernel untrained.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, dtype="float64")
    >>> model = keras.Sequential([keras.Input((2, 1)), lstm])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> before = model.get_weights()
    >>> loss = model.train_on_batch(np.array([[[1.0], [2.0]]]), np.ones((1, 2)))
    >>> [bool(np.all(a != b)) for a, b in zip(model.get_weights(), before)]
    [True, True, True]
    """
    d_outputs, d_h, d_c = pulls(case, seed)
    found = backpropagate(case, 0 * d_outputs, d_h, 0 * d_c)
    weights = np.concatenate([found.kernel, found.recurrent_kernel, found.bias[None]])
    assert_differs(weights, np.zeros_like(weights), everywhere=True)


@claim(
    "training.masked-timestep",
    derived="masking.hides-values: what is skipped changes nothing",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(state=True, masked=True), seeds)
def test_a_masked_timestep_receives_a_gradient_of_zero(case, seed):
    """
    A masked timestep of the input receives a gradient of exactly zero.

    So the padding of an Embedding(mask_zero=True) is never trained. The gradients of the
    other timesteps are those of the sequence without the masked ones.

    >>> import keras, numpy as np
    >>> table = keras.layers.Embedding(3, 1, mask_zero=True)
    >>> model = keras.Sequential([keras.Input((3,)), table, keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.SGD(10.0), "mse", run_eagerly=True)
    >>> before = table.get_weights()[0]
    >>> loss = model.train_on_batch(np.array([[1, 0, 2]]), np.ones((1, 2)))
    >>> (table.get_weights()[0] != before)[:, 0].tolist()
    [False, True, True]
    """
    x, expected = backpropagate(case, *pulls(case, seed)).x, gradients(case, *pulls(case, seed)).x
    assert_same(x[~case.mask], np.zeros_like(x[~case.mask]))
    assert_close(x, expected)


@claim(
    "training.nan-under-mask",
    observed="Keras 3, TensorFlow, CPU",
    corrects="A gradient cannot be NaN where the outputs and the loss are finite.",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(state=True, batch=1, timesteps=integers(2, 4)), picks, seeds)
def test_nan_under_the_mask_spoils_the_gradients_before_it(case, pick, seed):
    """
    NaN at a masked timestep makes the gradients of earlier timesteps NaN, of later ones not.

    The forward pass discards what the masked timestep made, the backward pass multiplies its
    slopes by zero, and 0 * NaN is NaN. It travels back with h. Fill padding with numbers.

    >>> import keras, numpy as np
    >>> inputs, mask = keras.Input((3, 1)), keras.Input((3,), dtype="bool")
    >>> model = keras.Model([inputs, mask], keras.layers.LSTM(2)(inputs, mask=mask))
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, valid = np.array([[[1.0], [np.nan], [2.0]]]), np.array([[True, False, True]])
    >>> loss = model.train_on_batch([x, valid], np.ones((1, 2)))
    >>> bool(np.isnan(loss)), bool(np.isnan(model.get_weights()[0]).all())
    (False, True)
    """
    now, timesteps = pick % case.timesteps, np.arange(case.timesteps)
    x = np.where((timesteps == now)[:, None], np.nan, case.x).astype(np.float32)
    spoiled = replace(case, x=x, mask=timesteps[None] != now)
    found = np.isnan(backpropagate(spoiled, *pulls(case, seed)).x)
    assert_same(found, np.broadcast_to((timesteps <= now)[:, None], found.shape))


# What becomes of a gradient on its way.


@claim(
    "training.carousel",
    derived="the equations: with f = 1 and i = 0, c' is c, and its derivative by c is 1",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(state=True, timesteps=integers(1, 30)), seeds)
def test_open_forget_gates_hand_the_gradient_back_whole(case, seed):
    """
    With the forget gates at 1 and the input gates at 0, c hands its gradient back undiminished.

    Hochreiter and Schmidhuber called it the constant error carousel. The number of
    timesteps does not matter.

    >>> import keras, numpy as np
    >>> lstm, start = keras.layers.LSTM(1, return_state=True), keras.layers.Dense(1)
    >>> x, one = keras.Input((None, 1)), keras.Input((1,))
    >>> model = keras.Model([x, one], lstm(x, initial_state=[0 * one, start(one)])[2])  # c
    >>> lstm.set_weights([np.zeros((1, 4)), np.zeros((1, 4)), np.array([-200.0, 200, 0, 0])])
    >>> model.compile(keras.optimizers.SGD(1.0), lambda target, c: c, run_eagerly=True)
    >>> loss = model.train_on_batch([np.ones((1, 30, 1)), np.ones((1, 1))], np.ones((1, 1)))
    >>> start.get_weights()[1].tolist()  # began at 0.0, went down by the gradient
    [-1.0]
    """
    case, (d_outputs, d_h, d_c) = with_biases(case, -200, 200, 0, 0), pulls(case, seed)
    assert_close(backpropagate(case, 0 * d_outputs, 0 * d_h, d_c).c, d_c)


@claim(
    "training.forgotten-gradient",
    derived="the equations: without recurrent kernel the derivative of c' by c is f",
    corrects="An LSTM solves the vanishing gradient: it hands every gradient back undiminished.",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(state=True, timesteps=integers(1, 12), dtype="float64"), seeds)
def test_a_closing_forget_gate_takes_the_gradient_away(case, seed):
    """
    With a constant forget gate f and no recurrent kernel, T timesteps shrink c's gradient by f**T.

    At the default initial bias f is near 0.73, and 0.73**40 is 0.000003. An LSTM can keep a
    gradient, if its forget gate stays near 1. It need not.

    >>> import keras, numpy as np
    >>> lstm, start = keras.layers.LSTM(1, return_state=True), keras.layers.Dense(1)
    >>> x, one = keras.Input((None, 1)), keras.Input((1,))
    >>> model = keras.Model([x, one], lstm(x, initial_state=[0 * one, start(one)])[2])  # c
    >>> lstm.set_weights([np.zeros((1, 4)), np.zeros((1, 4)), np.zeros(4)])  # f is 1/2
    >>> model.compile(keras.optimizers.SGD(1.0), lambda target, c: c, run_eagerly=True)
    >>> loss = model.train_on_batch([np.ones((1, 5, 1)), np.ones((1, 1))], np.ones((1, 1)))
    >>> start.get_weights()[1].tolist()  # 1/2 to the fifth
    [-0.03125]
    """
    forget, (d_outputs, d_h, d_c) = np.arange(4 * case.units) // case.units == 1, pulls(case, seed)
    kernel, recurrent = case.kernel * ~forget, 0 * case.recurrent_kernel
    case = replace(case, kernel=kernel, recurrent_kernel=recurrent)
    f = sigmoid(case.bias[forget].astype(float))
    assert_close(backpropagate(case, 0 * d_outputs, 0 * d_h, d_c).c, d_c * f**case.timesteps)


@claim(
    "training.exploding-gradient",
    derived="the equations at h = c = 0 with i = f = o = 1: there tanh is the identity",
    corrects="The gradients of an LSTM may vanish, but they cannot explode.",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(timesteps=integers(1, 8), dtype="float64"), seeds)
def test_open_gates_and_recurrent_weights_let_the_gradient_grow(case, seed):
    """
    With all gates at 1 and zero states, a timestep multiplies the gradient by 1 + R_g.

    R_g is the candidate's block of the recurrent kernel. Where it is positive the gradient
    grows exponentially with the number of timesteps, with the default activations.

    >>> import keras, numpy as np
    >>> lstm, start = keras.layers.LSTM(1, return_state=True), keras.layers.Dense(1)
    >>> x, one = keras.Input((None, 1)), keras.Input((1,))
    >>> model = keras.Model([x, one], lstm(x, initial_state=[0 * one, start(0 * one)])[2])  # c
    >>> lstm.set_weights([np.zeros((1, 4)), np.eye(1, 4, 2), np.array([200.0, 200, 0, 200])])
    >>> model.compile(keras.optimizers.SGD(1.0), lambda target, c: c, run_eagerly=True)
    >>> loss = model.train_on_batch([np.ones((1, 11, 1)), np.ones((1, 1))], np.ones((1, 1)))
    >>> start.get_weights()[1].tolist()  # 2 to the tenth: the first timestep starts from h = 0
    [-1024.0]
    """
    # Positive weights: where terms of either sign cancel, rounding is not that of the result.
    open_ = with_biases(replace(case, x=0 * case.x), 200, 200, 0, 200)
    open_ = replace(open_, recurrent_kernel=np.abs(case.recurrent_kernel))
    (d_outputs, d_h, _), block = pulls(case, seed), np.split(open_.recurrent_kernel, 4, axis=1)[2]
    grown = np.linalg.matrix_power(np.eye(case.units) + block.T, case.timesteps - 1)
    found = backpropagate(open_, 0 * d_outputs, np.abs(d_h), 0 * d_h).c
    assert_close(found, np.abs(d_h).astype(float) @ grown)


@claim(
    "training.long-sequence",
    derived="the claims `training.input-gradient` and `training.carousel`",
    corrects="An LSTM cannot learn from more than 200 to 400 timesteps, so sequences must be cut.",
    needs="keras.Model.fit",
)
def test_the_first_of_five_hundred_timesteps_is_trained():
    """
    With forget gates near 1 and input gates near 0, a loss trains the first of 500 timesteps.

    Nothing in the layer ends the gradient after so many timesteps. Whether it vanishes on the
    way is a matter of the gates, not of the number; what more timesteps cost is time.

    >>> import keras, numpy as np
    >>> table, lstm = keras.layers.Embedding(2, 1, "zeros"), keras.layers.LSTM(2)
    >>> model = keras.Sequential([keras.Input((500,)), table, lstm])
    >>> model.compile("sgd", "mse")
    >>> before, kernel, recurrent, bias = model.get_weights()
    >>> model.set_weights([before, kernel, recurrent, np.repeat([-4.0, 7.0, 0.0, 0.0], 2)])
    >>> loss = model.train_on_batch(np.eye(1, 500), np.ones((1, 2)))  # id 1, then ids 0
    >>> bool(0 < abs(table.get_weights()[0][1, 0]) < 1)
    True
    """
    kernel, recurrent, bias = np.split(noise((4, 8), 1, scale=0.5), [1, 3])
    case = Case(noise((1, 500, 1), 2), kernel, recurrent, bias[0], {"dtype": "float64"})
    case, (d_outputs, d_h, d_c) = with_biases(case, -4, 7, 0, 0), pulls(case, 3)
    x = backpropagate(case, 0 * d_outputs, d_h, 0 * d_c).x
    assert abs(x[0, 0, 0]) > 0.001, f"the first of 500 timesteps receives {x[0, 0, 0]}"
    assert_close(x, gradients(case, 0 * d_outputs, d_h, 0 * d_c).x)


@claim(
    "training.saturated-gates",
    derived="the equations: in float32 sigmoid(200) and tanh(200) are 1, and their slopes 0",
    corrects="Vanishing gradients make the weights grow without control, until they are NaN.",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(state=True), seeds)
def test_saturated_gates_leave_every_weight_as_it_is(case, seed):
    """
    A training step with all gates and the candidate saturated leaves every weight as it is.

    Where the gradient vanishes nothing moves: the layer stops learning, and no weight grows
    or becomes NaN. It is exploding gradients that do this.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.SGD(100.0), "mse", run_eagerly=True)
    >>> before = model.get_weights()
    >>> model.set_weights([before[0], before[1], np.full(8, 200.0)])
    >>> loss = model.train_on_batch(np.array([[[1.0], [7.0], [2.0]]]), np.zeros((1, 2)))
    >>> [bool(np.array_equal(a, b)) for a, b in zip(model.get_weights()[:2], before)]
    [True, True]
    """
    found = backpropagate(with_biases(case, 200, 200, 200, 200), *pulls(case, seed))
    assert_same(list(found[1:4]), [np.zeros_like(weight) for weight in case.weights])


@claim(
    "training.clipping",
    promised="Optimizer, argument `clipvalue`: the gradient of each weight is clipped",
    corrects="An LSTM clips its gradients by itself.",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(), seeds, sampled_from([{}, {"clipvalue": 0.25}]))
def test_only_the_optimizer_clips_gradients(case, seed, options):
    """
    A gradient is used whole, however large, unless the optimizer has `clipvalue` or the like.

    The other two are `clipnorm`, for each weight array, and `global_clipnorm`, for all.

    >>> import keras, numpy as np
    >>> x, y = np.ones((1, 3, 1)), np.full((1, 2), 1e9)  # a loss with a large gradient
    >>> for options in ({}, {"clipvalue": 0.25}):
    ...     lstm = keras.layers.LSTM(2)
    ...     model = keras.Sequential([keras.Input((3, 1)), lstm])
    ...     model.compile(keras.optimizers.SGD(1.0, **options), "mse", run_eagerly=True)
    ...     before, loss = lstm.get_weights(), model.train_on_batch(x, y)
    ...     print([bool(np.abs(a - b).max() > 1) for a, b in zip(lstm.get_weights(), before)])
    [True, True, True]
    [False, False, False]
    """
    layer, (d_outputs, d_h, d_c) = lstm(case), pulls(case, seed)
    trainer(layer, weighted_sum, **options).train_on_batch(case.x, 64 * d_h)
    slopes = gradients(case, 0 * d_outputs, 64 * d_h, 0 * d_c)[1:4]
    limit = options.get("clipvalue", np.inf)
    kept = [np.clip(slope, -limit, limit) for slope in slopes]
    expected = [weight - slope for weight, slope in zip(case.weights, kept, strict=True)]
    # The terms of each sum, and so their rounding, are 64 times as large as in other claims.
    assert_close(layer.get_weights(), expected, bound=16 * 64)


# From a loss to a step.


@claim(
    "training.mean-of-samples",
    derived="samples do not mix, and the default loss is a mean over the batch",
    corrects="The samples of a batch train an LSTM one after the other.",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(batch=2), seeds)
def test_a_batch_trains_by_the_mean_of_its_samples(case, seed):
    """
    The gradient of a batch is the mean of the gradients of its samples.

    All are taken at the same weights, so the order of the samples in a batch does not
    matter. From batch to batch the weights change.

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
    target, layer, taken = noise((2, case.units), seed), lstm(case), []
    model = trainer(layer)
    for rows in (slice(0, 1), slice(1, 2), slice(0, 2)):
        layer.set_weights(case.weights)
        model.train_on_batch(case.x[rows], target[rows])
        taken += [[w - new for w, new in zip(case.weights, layer.get_weights(), strict=True)]]
    one, other, together = taken
    assert_close(together, [(d + e) / 2 for d, e in zip(one, other, strict=True)])


@claim(
    "training.sample-weight",
    promised="Model.fit, argument `sample_weight`: weights of the samples in the loss",
    corrects="The weights of the samples are divided by their sum.",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(), seeds)
def test_a_sample_weight_multiplies_a_samples_gradient(case, seed):
    """
    A sample's weight multiplies its gradient, and zero takes the sample out of training.

    The mean is over the number of samples, not over the sum of their weights: with weights
    of 2 for all samples a step is twice as long.

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
    (d_outputs, target, d_c), weight = pulls(case, seed), noise((case.batch,), seed + 1)
    off = equations(case).h - target
    slopes = gradients(case, 0 * d_outputs, weight[:, None] * off * 2 / off.size, 0 * d_c)
    assert_close(mse_step(case, target, sample_weight=weight), list(slopes[1:4]))


@claim(
    "training.timestep-weight",
    promised="Model.fit, argument `sample_weight`: two axes weigh every timestep",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(return_sequences=True), seeds)
def test_sample_weights_of_two_axes_weigh_the_timesteps(case, seed):
    """
    With return_sequences=True, sample weights of shape (batch, timesteps) weigh each timestep.

    Zero takes the output at a timestep out of the loss. The timestep is still read, and the
    gradients of later outputs still go through it: this is no mask.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_sequences=True)
    >>> model = keras.Sequential([keras.Input((2, 1)), lstm])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> before, x, y = lstm.get_weights(), np.ones((1, 2, 1)), np.ones((1, 2, 2))
    >>> loss = model.train_on_batch(x, y, sample_weight=np.array([[1.0, 0.0]]))
    >>> bool(np.array_equal(lstm.get_weights()[1], before[1]))  # no later output, no recurrence
    True
    """
    weight, (target, _, d_c) = noise((case.batch, case.timesteps), seed), pulls(case, seed)
    off = equations(case).outputs - target
    slopes = gradients(case, weight[:, :, None] * off * 2 / off.size, 0 * d_c, 0 * d_c)
    assert_close(mse_step(case, target, sample_weight=weight), list(slopes[1:4]))


@claim(
    "training.loss-before-step",
    observed="Keras 3, TensorFlow, CPU",
    corrects="The loss that a training step reports is that of the weights it leaves.",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(), seeds)
def test_a_step_reports_the_loss_of_the_weights_it_began_with(case, seed):
    """
    A training step reports the loss of the weights that it began with, not of the new ones.

    So the loss that fit shows for an epoch is a mean over weights that changed all the time,
    and evaluate afterwards tells another one, mostly a smaller one.

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
    loss = np.float32(trainer(lstm(case)).train_on_batch(case.x, target))
    assert_close(loss, np.mean((equations(case).h - target) ** 2))


@claim(
    "training.evaluate",
    derived="without dropout training=True computes what training=False does",
    corrects="evaluate and fit compute different losses for the same weights and data.",
    costly="a model is built, and trained or evaluated, for each example",
    needs="keras.Model.fit",
)
@given(cases(batch=3, timesteps=integers(1, 2)), seeds, sampled_from(["fit", "evaluate"]))
def test_fit_and_evaluate_agree_on_weights_that_stay(case, seed, method):
    """
    Without dropout and at learning rate zero, fit reports the loss that evaluate returns.

    It is the mean over all samples, also where the last batch is smaller. What makes the two
    differ otherwise: dropout, and weights that change between the batches.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)
    >>> x, y = np.random.rand(5, 3, 1), np.random.rand(5, 2)
    >>> fitted = model.fit(x, y, batch_size=2, verbose=0).history["loss"][0]
    >>> bool(np.isclose(fitted, model.evaluate(x, y, batch_size=2, verbose=0)))
    True
    """
    target, model = noise((3, case.units), seed), trainer(lstm(case), rate=0.0)
    # Both must report the exact loss, so that one of them tells of the other.
    run = partial(getattr(model, method), case.x, target, batch_size=2, verbose=0)
    reported = {"fit": lambda: run().history["loss"][0], "evaluate": lambda: run()}[method]()
    losses = np.mean((equations(case).h - target) ** 2, axis=1)
    assert_close(np.float32(reported), np.mean(losses), instead=uneven_means(losses))


@claim(
    "training.softmax-of-one",
    derived="softmax: exp(z) / exp(z) is 1 for every z, and its derivative 0",
    corrects="Dense(1, activation='softmax') after an LSTM returns the probability of a class.",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(), seeds)
def test_softmax_over_one_unit_trains_nothing(case, seed):
    """
    Under Dense(1, activation="softmax") and mean squared error an LSTM is not trained at all.

    A softmax over one unit is 1 for every input. One number between 0 and 1 takes
    activation="sigmoid", and a softmax takes a unit for each class. Keras warns about it.

    >>> import keras, numpy as np
    >>> one = keras.layers.Dense(1, activation="softmax")
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2), one])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> before = model.get_weights()
    >>> loss = model.train_on_batch(np.random.rand(4, 3, 1), np.zeros((4, 1)))
    >>> float(loss), all(np.array_equal(a, b) for a, b in zip(model.get_weights(), before))
    (1.0, True)
    """
    layer, one = lstm(case), keras.layers.Dense(1, activation="softmax")
    model = keras.Sequential([keras.Input(case.x.shape[1:]), layer, one])
    model.compile("sgd", "mse", run_eagerly=True)
    model.train_on_batch(case.x, noise((case.batch, 1), seed))
    assert_same(model(case.x), np.ones((case.batch, 1)))
    assert_same(layer.get_weights(), case.weights)


# Regularizers.


@claim(
    "training.regularizers",
    promised="LSTM, arguments `kernel_regularizer`, `recurrent_regularizer`, `bias_regularizer`",
)
@given(cases(), floats(0.125, 4, width=16))
def test_each_regularizer_adds_a_loss_of_its_own_weight(case, rate):
    """
    The regularizers of kernel, recurrent kernel and bias each add one loss, of that weight.

    L2(r) adds r times the sum of the squares, over all gates, and the layer lists the three
    in this order in `losses`. The L2 that the text "l2" names has r = 0.01.

    >>> import keras, numpy as np
    >>> squares = keras.regularizers.L2(0.5)
    >>> lstm = keras.layers.LSTM(2, kernel_regularizer=squares, bias_regularizer=squares)
    >>> _ = lstm(np.ones((1, 3, 1)))
    >>> kernel, recurrent, bias = lstm.get_weights()
    >>> bool(np.allclose(lstm.losses, [0.5 * np.sum(kernel**2), 0.5 * np.sum(bias**2)]))
    True
    """
    kernel, recurrent, bias = (keras.regularizers.L2(rate * k) for k in (1, 2, 3))
    layer = lstm(
        case, kernel_regularizer=kernel, recurrent_regularizer=recurrent, bias_regularizer=bias
    )
    squares = np.array([np.sum(weight.astype(float) ** 2) for weight in case.weights])
    assert_close(np.array(layer.losses), rate * squares * [1, 2, 3])


@claim(
    "training.penalty-added-once",
    derived="a penalty is a function of the weights alone",
    corrects="A weight's penalty is added at every timestep, as the weight is used at each.",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(), seeds)
def test_the_penalty_of_a_weight_is_added_once(case, seed):
    """
    A weight's penalty is added to the loss once, for any number of timesteps and samples.

    Both training and evaluation report the sum. The penalty is not divided by the batch size
    either, so that it weighs the same in a small last batch.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, recurrent_regularizer=keras.regularizers.L2(0.5))
    >>> model = keras.Sequential([keras.Input((None, 1)), lstm])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> penalty = 0.5 * np.sum(lstm.get_weights()[1] ** 2)
    >>> x = np.ones((5, 7, 1))  # (batch, timesteps, features), and targets without an error
    >>> bool(np.isclose(model.test_on_batch(x, np.array(lstm(x))), penalty))
    True
    """
    model = trainer(lstm(case, recurrent_regularizer=keras.regularizers.L2(0.5)))
    target = noise((case.batch, case.units), seed)
    off = equations(case).h - target
    loss = np.mean(off**2) + 0.5 * np.sum(case.recurrent_kernel.astype(float) ** 2)
    tested = model.test_on_batch(case.x, target), model.train_on_batch(case.x, target)
    assert_close(np.array(tested, np.float32), np.array([loss, loss]))


@claim(
    "training.activity",
    observed="Keras 2 and 3",
    corrects="The activity regularizer takes the mean over the outputs, or over the timesteps.",
)
@given(cases(batch=integers(2, 3), return_sequences=booleans()))
def test_the_activity_penalty_is_divided_by_the_batch_size_alone(case):
    """
    The activity regularizer adds the penalty of all outputs divided by the batch size.

    It is divided by neither units nor timesteps: with return_sequences=True a longer sequence
    is penalized more. The other regularizers see the weights, this one what the layer says.

    >>> import keras, numpy as np
    >>> squares = keras.regularizers.L2(0.5)
    >>> lstm = keras.layers.LSTM(2, return_sequences=True, activity_regularizer=squares)
    >>> y = np.array(lstm(np.ones((4, 3, 1))))  # (batch, timesteps, units)
    >>> bool(np.allclose(lstm.losses, [0.5 * np.sum(y**2) / 4]))
    True
    """
    layer = lstm(case, activity_regularizer=keras.regularizers.L2(0.5))
    y = np.array(layer(case.x), float)
    whole = 0.5 * np.array([np.sum(exact**2) for exact in returned(case)])
    instead = {"the penalty is not divided by the batch size": whole}
    expected = np.array([0.5 * np.sum(y**2) / case.batch])
    assert_close(np.array(layer.losses), expected, instead=instead)


@claim(
    "training.activity-of-states",
    observed="Keras 2 and 3, all backends",
    corrects="Documentation of LSTM, `activity_regularizer`: it is applied to the output.",
)
@given(cases(batch=integers(2, 3), return_sequences=booleans(), return_state=True))
def test_the_activity_regularizer_counts_returned_states(case):
    """
    With return_state=True the activity regularizer penalizes both states beside the output.

    It is applied to every tensor that the layer returns. So h counts twice, as the output
    and as a state, and c counts though no layer above may ever see it.

    >>> import keras, numpy as np
    >>> squares = keras.regularizers.L2(0.5)
    >>> lstm = keras.layers.LSTM(2, return_state=True, activity_regularizer=squares)
    >>> returned = np.array(lstm(np.ones((1, 3, 1))))  # the output, h and c
    >>> bool(np.allclose(lstm.losses, 0.5 * np.sum(returned**2, axis=(1, 2))))
    True
    """
    layer = lstm(case, activity_regularizer=keras.regularizers.L2(0.5))
    squares = [np.sum(np.array(y, float) ** 2) for y in layer(case.x)]
    whole = 0.5 * np.array([np.sum(exact**2) for exact in returned(case)])
    instead = {"the penalties are not divided by the batch size": whole}
    assert_close(np.array(layer.losses), 0.5 * np.array(squares) / case.batch, instead=instead)


# Constraints.


@claim(
    "training.constraints",
    promised="LSTM, arguments `kernel_constraint`, `recurrent_constraint`, `bias_constraint`",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(), seeds, integers(1, 7))
def test_each_constraint_projects_its_own_weight_after_the_step(case, seed, which):
    """
    Each of the three constraints corrects its own weight, after the step, and no other.

    First the step is made as if there were no constraint, then the constraint's function
    replaces the new weight. NonNeg, for example, puts 0 in place of negative numbers.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, kernel_constraint="non_neg")
    >>> model = keras.Sequential([keras.Input((3, 1)), lstm])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> loss = model.train_on_batch(np.ones((1, 3, 1)), np.ones((1, 2)))
    >>> [bool(np.all(weight >= 0)) for weight in lstm.get_weights()[:2]]
    [True, False]
    """
    bound = [bool(which >> k & 1) for k in range(3)]
    names = np.array(["kernel_constraint", "recurrent_constraint", "bias_constraint"])[bound]
    layer, target = lstm(case, **dict.fromkeys(names, "non_neg")), pulls(case, seed)[1]
    trainer(layer, weighted_sum).train_on_batch(case.x, target)
    slopes = gradients(case, np.zeros(equations(case).outputs.shape), target, 0 * target)[1:4]
    parts = zip(case.weights, slopes, np.where(bound, 0, -np.inf), strict=True)
    assert_close(layer.get_weights(), [np.maximum(w - d, least) for w, d, least in parts])


@claim(
    "training.constraints-wait",
    observed="Keras 2 and 3",
    corrects="A weight with a constraint satisfies it at any time.",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(), seeds)
def test_a_constraint_acts_in_a_training_step_only(case, seed):
    """
    A constraint acts in training steps only, neither on initial weights nor on set ones.

    A call does not apply it either. One step, even at learning rate zero, does.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, recurrent_constraint="non_neg")
    >>> model = keras.Sequential([keras.Input((3, 1)), lstm])
    >>> model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)
    >>> y, before = model(np.ones((1, 3, 1))), lstm.get_weights()[1]
    >>> loss = model.train_on_batch(np.ones((1, 3, 1)), np.ones((1, 2)))
    >>> bool(np.any(before < 0)), bool(np.any(lstm.get_weights()[1] < 0))
    (True, False)
    """
    layer = lstm(case, **dict.fromkeys(["kernel_constraint", "recurrent_constraint"], "non_neg"))
    layer(case.x)
    assert_same(layer.get_weights(), case.weights)
    trainer(layer, rate=0.0).train_on_batch(case.x, noise((case.batch, case.units), seed))
    kernel, recurrent, bias = case.weights
    assert_same(layer.get_weights(), [np.maximum(kernel, 0), np.maximum(recurrent, 0), bias])


@claim(
    "training.max-norm",
    promised="MaxNorm, argument `axis`: the norms are taken along axis 0",
    corrects="MaxNorm bounds the norm of the whole kernel.",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(), floats(0.125, 1, width=16), seeds)
def test_max_norm_bounds_each_column_of_the_kernel(case, bound, seed):
    """
    MaxNorm(v) as kernel_constraint bounds each of the 4U columns of the kernel by v.

    A column holds the weights that one gate of one unit gives to the features. Columns that
    are shorter stay as the step has left them.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, kernel_constraint=keras.constraints.MaxNorm(0.25))
    >>> model = keras.Sequential([keras.Input((3, 9)), lstm])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> loss = model.train_on_batch(np.ones((1, 3, 9)), np.ones((1, 2)))
    >>> kernel = lstm.get_weights()[0]
    >>> bool(np.all(np.linalg.norm(kernel, axis=0) < 0.2501)), bool(np.linalg.norm(kernel) > 0.2501)
    (True, True)
    """
    layer = lstm(case, kernel_constraint=keras.constraints.MaxNorm(bound))
    trainer(layer, rate=0.0).train_on_batch(case.x, noise((case.batch, case.units), seed))
    norms = np.linalg.norm(case.kernel.astype(float), axis=0)
    assert_close(layer.get_weights()[0], case.kernel * (np.minimum(norms, bound) / norms))


# Freezing.


@claim(
    "training.frozen",
    promised="Layer, attribute `trainable`: whether the layer is trained",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(state=True, trainable=False), seeds)
def test_a_frozen_layer_keeps_its_weights(case, seed):
    """
    A layer with trainable=False keeps its weights to the last bit while others are trained.

    This is meant for layers whose weights were trained before, on other data.

    >>> import keras, numpy as np
    >>> lstm, dense = keras.layers.LSTM(2, trainable=False), keras.layers.Dense(1)
    >>> model = keras.Sequential([keras.Input((3, 1)), lstm, dense])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> before = model.get_weights()
    >>> loss = model.train_on_batch(np.ones((1, 3, 1)), np.ones((1, 1)))
    >>> [bool(np.array_equal(a, b)) for a, b in zip(model.get_weights(), before)]
    [True, True, True, False, False]
    """
    found, slopes = backpropagate(case, *pulls(case, seed)), gradients(case, *pulls(case, seed))
    unchanged = [np.zeros_like(weight) for weight in case.weights]
    assert_same(list(found[1:4]), unchanged, instead={"it is trained": slopes[1:4]})


@claim(
    "training.frozen-hands-on",
    derived="a frozen weight is a constant, and the derivative by the input remains",
    corrects="Below a frozen layer nothing is trained.",
    costly="a model is built and trained for each example",
    needs="keras.Model.fit",
)
@given(cases(state=True, trainable=False), seeds)
def test_a_frozen_layer_hands_the_gradient_to_the_layers_below(case, seed):
    """
    A frozen layer hands the gradient to the layers below it as if it were not frozen.

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
    found, expected = backpropagate(case, *pulls(case, seed)), gradients(case, *pulls(case, seed))
    assert_close([found.x, found.h, found.c], [expected.x, expected.h, expected.c])


@claim(
    "training.frozen-penalty",
    observed="Keras 3",
    corrects="The penalty of a frozen layer's weights remains in the loss, as a constant.",
)
@given(cases())
def test_freezing_takes_the_penalty_out_of_the_loss(case):
    """
    The regularizers of a frozen layer's weights add nothing to the loss.

    So the loss of a model falls when such a layer is frozen, though its outputs stay.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, kernel_regularizer="l2", recurrent_regularizer="l2")
    >>> _ = lstm(np.ones((1, 3, 1)))
    >>> before = len(lstm.losses)
    >>> lstm.trainable = False
    >>> before, len(lstm.losses)
    (2, 0)
    """
    names = ["kernel_regularizer", "recurrent_regularizer", "bias_regularizer"]
    layer = lstm(case, **dict.fromkeys(names, "l2"))
    before = len(layer.losses)
    layer.trainable = False
    assert (before, len(layer.losses)) == (3, 0), f"{before}, then {len(layer.losses)} losses"


@claim(
    "training.compile-again",
    observed="Keras 3, TensorFlow, with steps compiled to a graph, as they are by default",
    corrects="layer.trainable = False takes effect at once.",
    needs="keras.Model.fit",
)
def test_freezing_and_unfreezing_wait_for_compile():
    """
    Once a model was trained, freezing or unfreezing a layer waits for the next compile().

    The first step fixes which weights a step changes. compile() forgets it, and the state
    of the optimizer with it. With run_eagerly=True freezing alone takes effect at once.

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
    layer, dense = keras.layers.LSTM(1), keras.layers.Dense(1)
    model = keras.Sequential([keras.Input((1, 1)), layer, dense])
    moved = [moves(model, layer)]
    layer.trainable = False
    moved += [moves(model, layer, again=False), moves(model, layer)]
    layer.trainable = True
    moved += [moves(model, layer, again=False), moves(model, layer)]
    assert moved == [True, True, False, False, True], f"the weights moved: {moved}"


def moves(model: Any, layer: Any, again: bool = True) -> bool:
    """Tell whether a step, after compiling again or not, changes the layer's weights."""
    if again:
        model.compile("sgd", "mse", jit_compile=False)
    before = layer.get_weights()
    model.train_on_batch(np.ones((1, 1, 1)), np.full((1, 1), 9.0))
    return any(np.any(old != new) for old, new in zip(before, layer.get_weights(), strict=True))


# Learning.


@claim(
    "training.reproducible",
    promised="keras.utils.set_random_seed: makes a program deterministic on one machine",
    corrects="Without dropout a seed decides about the initial weights only.",
    needs="keras.Model.fit",
)
def test_with_one_seed_training_ends_with_the_same_weights():
    """
    After set_random_seed with the same number, training ends with the same weights, on CPU.

    They are the same to the last bit. The seed decides about the initial weights, the
    dropout and the order in which fit shuffles the samples: set it before building.

    >>> import keras, numpy as np
    >>> x, y, ends = np.random.rand(3, 2, 1), np.random.rand(3, 2), []
    >>> for run in range(2):
    ...     keras.utils.set_random_seed(7)
    ...     model = keras.Sequential([keras.Input((2, 1)), keras.layers.LSTM(2, dropout=0.5)])
    ...     model.compile("adam", "mse", run_eagerly=True)
    ...     ends += [model.fit(x, y, batch_size=1, verbose=0).history, *model.get_weights()]
    >>> ends[0] == ends[4], all(np.array_equal(a, b) for a, b in zip(ends[1:4], ends[5:]))
    (True, True)
    """
    x, y = noise((3, 2, 1), 1), noise((3, 2), 2)
    end = seeded_end(3, x, y)
    assert_same(seeded_end(3, x, y), end)
    assert_differs(seeded_end(4, x, y)[0], end[0])


def seeded_end(seed: int, x: Array, y: Array) -> list[Array]:
    """Return the weights with which a training ends that begins with a seed."""
    keras.utils.set_random_seed(seed)
    layer = keras.layers.LSTM(2, dropout=0.5, recurrent_dropout=0.5)
    model = keras.Sequential([keras.Input(x.shape[1:]), layer])
    model.compile("adam", "mse", run_eagerly=True)
    model.fit(x, y, batch_size=1, verbose=0)
    return list(model.get_weights())


@claim(
    "training.asked-data",
    observed="Keras 3, TensorFlow, CPU, from one set of initial weights",
    corrects="Three units of an LSTM cannot learn from three input vectors of size 1.",
    needs="keras.Model.fit",
)
def test_three_units_learn_the_asked_targets():
    """
    LSTM(3, activation="elu") learns the targets 10 to 18 of three sequences within 0.5.

    It takes 200 steps of Adam(0.1) from the weights tried here. From others a unit may fall
    asleep, because elu is flat for negative numbers, and its targets are never reached.

    >>> import keras, numpy as np
    >>> x, y = np.arange(1.0, 10.0).reshape(3, 3, 1), np.arange(10.0, 19.0).reshape(3, 3)
    >>> ones = {"kernel_initializer": "ones", "recurrent_initializer": "zeros"}
    >>> lstm = keras.layers.LSTM(3, activation="elu", **ones)
    >>> model = keras.Sequential([keras.Input((3, 1)), lstm])
    >>> model.compile(keras.optimizers.Adam(0.1), "mse")
    >>> _ = model.fit(np.tile(x, (100, 1, 1)), np.tile(y, (100, 1)), 3, shuffle=False, verbose=0)
    >>> bool(np.all(np.abs(model(x) - y) < 0.5))
    True
    """
    x, y = np.arange(1.0, 10.0).reshape(3, 3, 1), np.arange(10.0, 19.0).reshape(3, 3)
    kernel, recurrent, bias = np.split(noise((5, 12), 4), [1, 4])
    case = Case(x, kernel, recurrent, bias[0], {"activation": "elu"})
    model = keras.Sequential([keras.Input((3, 1)), lstm(case)])
    learn(model, np.tile(x, (200, 1, 1)), np.tile(y, (200, 1)), batch_size=3, rate=0.1)
    off = np.max(np.abs(np.array(model(x)) - y))
    assert off < 0.5, f"after 200 steps off by {off}"


@claim(
    "training.recall",
    observed="Keras 3, TensorFlow, CPU, from one set of initial weights",
    corrects="An LSTM learns only from inputs that stand near their target in time.",
    needs="keras.Model.fit",
)
def test_eight_units_learn_to_recall_the_first_input():
    """
    LSTM(8) learns to recall the first of 8 random inputs within 150 batches of 32 samples.

    The mean squared error on new sequences falls below a tenth of the variance, which is what
    a constant guess leaves. To remember one number, seven others have to be kept out.

    >>> import keras, numpy as np
    >>> keras.utils.set_random_seed(1)
    >>> model = keras.Sequential([keras.Input((5, 1)), keras.layers.LSTM(8), keras.layers.Dense(1)])
    >>> model.compile(keras.optimizers.Adam(0.05), "mse")
    >>> x = np.random.uniform(-1, 1, (3400, 5, 1))  # (batch, timesteps, features)
    >>> _ = model.fit(x[200:], x[200:, 0], verbose=0)
    >>> bool(model.evaluate(x[:200], x[:200, 0], verbose=0) < 0.1 * np.var(x[:200, 0]))
    True
    """
    x = noise((5000, 8, 1), 1)
    kernel, recurrent, bias = np.split(noise((10, 32), 2, scale=0.5), [1, 9])
    case = with_biases(Case(x, kernel, recurrent, bias[0]), 0, 1, 0, 0)
    out = keras.layers.Dense(1, kernel_initializer="ones")
    model = keras.Sequential([keras.Input((8, 1)), lstm(case), out])
    learn(model, x[200:], x[200:, 0], batch_size=32, rate=0.05)
    left = np.mean((np.array(model(x[:200])) - x[:200, 0]) ** 2) / np.var(x[:200, 0])
    assert left < 0.1, f"{left} of the variance is left"


def learn(model: Any, x: Array, y: Array, batch_size: int, rate: float) -> None:
    """Train a model once on all samples in their order."""
    # JAX compiles a loop anew in each step that is not compiled as a whole.
    model.compile(keras.optimizers.Adam(rate), "mse", jit_compile=backend() == "jax")
    model.fit(x, y, batch_size=batch_size, shuffle=False, verbose=0)
