"""Which gradient a loss sends back, and what becomes of it on its way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import keras
import numpy as np
from hypothesis import example, given
from hypothesis.strategies import integers

from lstm_spec.claims import claim
from lstm_spec.claims.training import (
    OPEN,
    SIZED,
    backpropagate,
    eagerly,
    pulls,
    trainer,
    weighted_sum,
    with_biases,
)
from lstm_spec.harness.activations import sigmoid
from lstm_spec.harness.reference import gradients
from lstm_spec.harness.strategies import (
    Array,
    Case,
    booleans,
    cases,
    noise,
    picks,
    seeds,
    several,
    small,
    varied,
    whole,
)
from lstm_spec.harness.subject import backend, lstm, lstm_without_cudnn, to_numpy, total
from lstm_spec.harness.tolerance import assert_close, assert_differs, assert_same


def clipped(
    slopes: Sequence[Array],
    clipvalue: float = np.inf,
    clipnorm: float = np.inf,
    global_clipnorm: float = np.inf,
) -> list[Array]:
    """Return what is left of gradients that are clipped in one of three ways."""
    norms = [np.sqrt(np.sum(slope**2)) for slope in slopes]
    whole_norm = np.sqrt(np.sum(np.square(norms)))
    factors = [min(1.0, clipnorm / norm, global_clipnorm / whole_norm) for norm in norms]
    return [
        factor * np.clip(slope, -clipvalue, clipvalue)
        for factor, slope in zip(factors, slopes, strict=True)
    ]


# What a loss sends back.


@claim(
    "training.unwatched-input",
    promised="tf.GradientTape, method `watch`: tensors that are no variables must be watched",
    cases=4,
    needs="tensorflow",
)
@given(cases(**varied("batch", "timesteps", "return_sequences", "go_backwards", "use_bias")), seeds)
def test_a_tape_tells_no_gradient_of_an_input_that_it_does_not_watch(case, seed):
    """
    By default a GradientTape gives None as the gradient of a constant tensor that an LSTM reads,
    unless it has watched that.

    Trainable weights are watched by themselves; of a constant of floats, such as a batch,
    tape.watch(x) before the call makes the gradient known. NumPy arrays cannot be watched.

    >>> import keras, numpy as np
    >>> import tensorflow as tf
    >>> lstm, x = keras.layers.LSTM(2), tf.ones((1, 3, 1))  # (batch, timesteps, features)
    >>> with tf.GradientTape() as tape:
    ...     tape.watch(x)
    ...     y = lstm(x)
    >>> tape.gradient(y, x).shape == (1, 3, 1)
    True
    """
    import tensorflow as tf

    layer = lstm(case)
    x = tf.constant(case.x)
    pull = noise(layer(case.x).shape, seed)

    def slope(*watched):
        with tf.GradientTape() as tape:
            for tensor in watched:
                tape.watch(tensor)
            loss = tf.reduce_sum(pull * layer(x))
        return tape.gradient(loss, x)

    assert slope() is None, f"a gradient of what was not watched: {slope()}"
    zeros = np.zeros((case.batch, case.units))
    outputs = np.zeros((case.batch, case.timesteps, case.units))
    outputs[:, slice(None) if case.options.get("return_sequences") else -1] = pull
    assert_close(slope(x), gradients(case, outputs, zeros, zeros).x)


@claim(
    "training.weights-gradient",
    derived="the chain rule, applied to the equations at every timestep",
    corrects="The gradient of an LSTM is truncated to its last timesteps.",
    cases=2,
    needs="keras.Model.fit",
)
@given(cases(state=True, **OPEN), seeds, eagerly)
def test_a_step_changes_the_weights_by_the_exact_gradient(case, seed, eager):
    """
    With tanh and sigmoid the gradient of an LSTM's three weights is exact but for rounding,
    through every timestep of a call.

    The loss may read the outputs at all timesteps, the final h and the final c. Nothing is
    truncated or approximated, in float32 as in float64.

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
    found = backpropagate(case, d_outputs, d_h, d_c, eager)
    assert_close(list(found[1:4]), list(gradients(case, d_outputs, d_h, d_c)[1:4]))


@claim(
    "training.input-gradient",
    derived="the chain rule, applied to the equations at every timestep",
    cases=4,
    needs="keras.Model.fit",
)
@given(cases(state=True, **OPEN), seeds, eagerly)
def test_the_input_receives_the_exact_gradient(case, seed, eager):
    """
    By default the layer below an LSTM receives the gradient exact but for rounding, at every
    timestep of its output.

    So an Embedding or another LSTM below is trained by what each timestep and all that are read
    later made of it.

    >>> import keras, numpy as np
    >>> below, lstm = keras.layers.Dense(1), keras.layers.LSTM(2)
    >>> model = keras.Sequential([keras.Input((3, 1)), below, lstm])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> before = below.get_weights()[0]
    >>> loss = model.train_on_batch(np.array([[[1.0], [7.0], [2.0]]]), np.ones((1, 2)))
    >>> bool(np.all(below.get_weights()[0] != before))
    True
    """
    found = backpropagate(case, *pulls(case, seed), eager)
    assert_close(found.x, gradients(case, *pulls(case, seed)).x)


@claim(
    "training.state-gradient",
    derived="the chain rule, applied to the equations at every timestep",
    cases=4,
    needs="keras.Model.fit",
)
@given(cases(state=True, **OPEN), seeds, eagerly)
def test_the_initial_states_receive_the_exact_gradient(case, seed, eager):
    """
    With default activations and no XLA, what makes initial_state's h and c gets the exact
    gradient of what follows in the call.

    Exact but for rounding, that is. An encoder is trained in this way: by the two states that it
    hands to a decoder.

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
    found = backpropagate(case, *pulls(case, seed), eager)
    expected = gradients(case, *pulls(case, seed))
    assert_close([found.h, found.c], [expected.h, expected.c])


def taped(layer, mask, derivatives, persistent):
    """Return a function of x, h and c that asks a tape for all gradients, or one by one.

    Args:
        layer: returns its outputs and states.
        mask: a tensor, or None.
        derivatives: of the loss by the outputs, the final h and the final c.
        persistent: whether the tape is, and is asked one by one.
    """
    import tensorflow as tf

    d_y, d_h, d_c = derivatives

    def slopes(x, h, c):
        with tf.GradientTape(persistent=persistent) as tape:
            tape.watch([x, h, c])
            y, h_end, c_end = layer(x, initial_state=[h, c], mask=mask, training=True)
            loss = total(d_y * y) + total(d_h * h_end) + total(d_c * c_end)
        sources = [x, *layer.trainable_weights, h, c]
        if persistent:
            return [tape.gradient(loss, source) for source in sources]
        return tape.gradient(loss, sources)

    return slopes


@claim(
    "training.tape",
    derived="the chain rule, applied to the equations at every timestep",
    corrects="A GradientTape gives an LSTM another gradient than fit, or a persistent one none.",
    cases=4,
    needs="tensorflow",
)
@given(
    cases(state=True, **OPEN), seeds, whole(["eager", "persistent", "graph", "persistent graph"])
)
def test_a_tape_gives_the_exact_gradient(case, seed, kind):
    """
    With default activations and no XLA, a GradientTape, persistent or not, gives an LSTM's exact
    gradient, eager or in a graph.

    By default, without dropout and mask, it is the one by which `fit` takes its step, if the tape
    sees the same loss: the same call with `training=True`, the mean over the samples, and the
    penalties in `model.losses`.

    >>> import keras, numpy as np
    >>> import tensorflow as tf
    >>> model, x = keras.Sequential([keras.layers.LSTM(2)]), np.array([[[1.0], [7.0], [2.0]]])
    >>> model.compile(keras.optimizers.SGD(1.0), "mse", run_eagerly=True)
    >>> with tf.GradientTape() as tape:
    ...     loss = tf.reduce_mean(model(x, training=True) ** 2)
    >>> gradients = tape.gradient(loss, model.trainable_weights)
    >>> before, loss = model.get_weights(), model.train_on_batch(x, np.zeros((1, 2)))
    >>> steps = [a - b for a, b in zip(before, model.get_weights())]
    >>> all(np.allclose(step, g, atol=1e-6) for step, g in zip(steps, gradients))
    True
    """
    import tensorflow as tf

    layer = lstm(case, return_sequences=True, return_state=True)
    mask = None if case.mask is None else tf.constant(case.mask)
    derivatives = pulls(case, seed)
    slopes = taped(layer, mask, derivatives, persistent="persistent" in kind)
    run = tf.function(slopes) if "graph" in kind else slopes
    found = run(*(tf.constant(array, layer.compute_dtype) for array in (case.x, *case.state)))
    assert_close(to_numpy(found), list(gradients(case, *derivatives)))


def by_output(case):
    """Return the derivative of each output by each number of the input: (B, T, U, B, T, F)."""
    shape = (case.batch, case.timesteps, case.units)
    none = np.zeros((case.batch, case.units))
    single = np.eye(int(np.prod(shape))).reshape(-1, *shape)
    return np.reshape([gradients(case, d, none, none).x for d in single], shape + case.x.shape)


@claim(
    "training.jacobian",
    derived="the chain rule, applied to the equations at every timestep",
    cases=2,
    needs="tensorflow",
)
@given(
    cases(
        batch=integers(1, 2),
        units=integers(1, 2),
        **varied("masked", "go_backwards", "dtype"),
        unroll=booleans(),
    ),
    eagerly,
)
def test_a_jacobian_holds_the_exact_gradient_of_each_output(case, eager):
    """
    With default activations, no cuDNN and no XLA, a GradientTape's jacobian of outputs by input is
    exact, eager and in a graph.

    Exact but for rounding, that is. It holds a derivative for each output and each number of the
    input: zero for another sample, and for a timestep that is read later.

    >>> import keras, numpy as np
    >>> import tensorflow as tf
    >>> lstm, x = keras.layers.LSTM(2, return_sequences=True), tf.ones((1, 2, 1))
    >>> with tf.GradientTape() as tape:
    ...     tape.watch(x)
    ...     y = lstm(x)
    >>> jacobian = tape.jacobian(y, x)[0, :, 0, 0, :, 0]  # by timestep of y, and of x
    >>> (np.array(jacobian) != 0).tolist()
    [[True, False], [True, True]]
    """
    import tensorflow as tf

    layer = lstm_without_cudnn(case, return_sequences=True)
    mask = None if case.mask is None else tf.constant(case.mask)

    def slopes(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, mask=mask)
        return tape.jacobian(y, x)

    run = slopes if eager else tf.function(slopes)
    jacobian = to_numpy(run(tf.constant(case.x, layer.compute_dtype)))
    assert_close(jacobian, by_output(case))


def second_derivatives(case, derivatives, direction):
    """Return how the loss's slope along a direction of the input changes with input and weights.

    By the symmetry of second derivatives it is how the gradient changes along that direction: a
    difference of fourth order between exact gradients, off by less than 1e-11.
    """

    def at(size):
        moved = replace(case, x=case.x.astype(float) + size * direction.astype(float))
        return gradients(moved, *derivatives)[:4]

    size = 1e-3
    around = zip(at(size), at(-size), at(2 * size), at(-2 * size), strict=True)
    return [(8 * (b - a) - (d - c)) / (12 * size) for b, a, d, c in around]


def taped_twice(layer, mask, derivatives, direction):
    """Return a function of x that asks a tape for what `second_derivatives` returns.

    Args:
        layer: returns its outputs and states.
        mask: a tensor, or None.
        derivatives: of the loss by the outputs, the final h and the final c.
        direction: of the input, along which the slope is taken.
    """
    import tensorflow as tf

    def twice(x):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                loss = sum(map(weighted_sum, derivatives, layer(x, mask=mask)))
            along = total(direction * inner.gradient(loss, x))
        return outer.gradient(along, [x, *layer.trainable_weights])

    return twice


@claim(
    "training.second-derivative",
    derived="training.tape: what a tape computes can be differentiated again",
    cases=2,
    needs="tensorflow",
)
@given(
    cases(
        **{**OPEN, **dict.fromkeys(("batch", "timesteps", "units"), integers(1, 3))},
        go_backwards=booleans(),
    ),
    seeds,
    whole([(eager, unroll) for eager in (True, False) for unroll in (False, True)]),
)
def test_a_tape_differentiates_the_gradient_again(case, seed, form):
    """
    With default activations, no cuDNN and no XLA, a GradientTape's gradient of an LSTM's gradient
    by its input is exact.

    Exact but for rounding, by input and weights, looped or unrolled, eager or in a graph. So a
    penalty of the gradient, as in WGAN-GP, trains an LSTM. cuDNN has no second derivative: on a GPU
    take use_cudnn=False. For a jacobian of a looped layer's gradient in a graph, take a persistent
    tape and experimental_use_pfor=False.

    >>> import keras, numpy as np
    >>> import tensorflow as tf
    >>> lstm, x = keras.layers.LSTM(2), tf.ones((1, 3, 1))  # (batch, timesteps, features)
    >>> with tf.GradientTape() as outer, tf.GradientTape() as inner:
    ...     inner.watch(x)
    ...     slope = inner.gradient(tf.reduce_sum(lstm(x)), x)
    ...     penalty = tf.reduce_sum(slope**2)
    >>> [d.shape == w.shape for d, w in zip(outer.gradient(penalty, lstm.weights), lstm.weights)]
    [True, True, True]
    """
    import tensorflow as tf

    eager, unroll = form
    case = replace(case, options={**case.options, "unroll": unroll})
    layer = lstm_without_cudnn(case, return_sequences=True, return_state=True)
    mask = None if case.mask is None else tf.constant(case.mask)
    derivatives = pulls(case, seed)
    direction = noise(case.x.shape, seed + 1)
    twice = taped_twice(layer, mask, derivatives, direction)
    run = twice if eager else tf.function(twice)
    second = to_numpy(run(tf.constant(case.x, layer.compute_dtype)))
    bound = 16.0 if layer.compute_dtype == "float32" else 2.0**17
    assert_close(second, second_derivatives(case, derivatives, direction), bound)


@claim(
    "training.unrolled",
    derived="the claim `gates.unroll-agrees`: one function has one gradient",
    cases=4,
    needs="keras.Model.fit",
)
@given(cases(state=True, masked=booleans(), unroll=True, **SIZED), seeds, eagerly)
def test_an_unrolled_layer_has_the_same_gradient(case, seed, eager):
    """
    By default, from zero, gradients with unroll=True are the loop's, with a mask of timesteps too.

    Unrolling is then another way to compute the same function, for training as for prediction.

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
    found = backpropagate(case, *pulls(case, seed), eager)
    assert_close(list(found), list(gradients(case, *pulls(case, seed))))


@claim(
    "training.backwards",
    derived="the claim `sequences.backwards`: x[:, ::-1] is read in its place",
    cases=4,
    needs="keras.Model.fit",
)
@given(cases(state=True, masked=True, go_backwards=True, **SIZED), seeds)
def test_going_backwards_turns_the_input_gradient_round(case, seed):
    """
    By default, with go_backwards=True the gradients are those of an LSTM on the reversed input
    and mask.

    The input's gradient stands where the input stands: that of timestep t is in row t, though the
    layer reads the last timestep first.

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
    assert_close(
        list(backpropagate(case, d_outputs, d_h, d_c)),
        [x[:, ::-1], *weights, h, c],
    )


@claim(
    "training.future-gradient",
    derived="the claim `time.causality`: an output is no function of later timesteps",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    cases(state=True, timesteps=integers(2, 7), unroll=booleans(), **varied("units")), picks, seeds
)
def test_a_loss_on_one_output_leaves_later_timesteps_alone(case, pick, seed):
    """
    Read forwards without overflow, a loss on one output of an LSTM sends a gradient of zero to all
    later, finite timesteps.

    It is zero exactly, not merely small, as long as they hold finite numbers. To the timestep
    itself and to those before it the gradient goes as a rule, but not where they are masked.

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
    now = pick % (case.timesteps - 1)
    d_outputs, d_h, d_c = pulls(case, seed)
    here = (np.arange(case.timesteps) == now)[None, :, None]
    x = backpropagate(case, here * d_outputs, 0 * d_h, 0 * d_c).x
    assert_same(x[:, now + 1 :], np.zeros_like(x[:, now + 1 :]))
    assert_close(x[:, now], gradients(case, here * d_outputs, 0 * d_h, 0 * d_c).x[:, now])


@claim(
    "training.every-timestep",
    derived="the equations: each timestep changes the state that all later ones read",
    corrects="With 300 units and 3 timesteps, 297 units get no input and are never trained.",
    cases=4,
    needs="keras.Model.fit",
)
@given(cases(units=integers(1, 7), dtype="float64"), picks)
def test_a_unit_sends_its_gradient_to_every_timestep(case, pick):
    """
    By default each unit's final output sends a gradient to each feature and timestep of a short
    unmasked input of small numbers.

    It does not matter whether there are fewer units than timesteps or more: no unit is idle, and
    no timestep is ignored that is not masked. Over hundreds of timesteps the gradient may vanish
    to 0 on its way.

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
    cases=4,
    needs="keras.Model.fit",
)
@given(cases(timesteps=1, unroll=booleans(), **varied("batch", "units", "implementation")), seeds)
def test_one_timestep_trains_neither_recurrence_nor_forget_gate(case, seed):
    """
    Without regularizers, from zero state, a loss on input of one timestep gives recurrent kernel
    and forget gate no gradient.

    There is nothing to remember and nothing to forget, so plain SGD on single timesteps leaves
    these weights of a stateless layer as they are, but for penalties and constraints.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((1, 3)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> before = model.get_weights()
    >>> loss = model.train_on_batch(np.ones((1, 1, 3)), np.ones((1, 2)))
    >>> [bool(np.array_equal(a, b)) for a, b in zip(model.get_weights(), before)]
    [False, True, False]
    """
    found = backpropagate(case, *pulls(case, seed))
    forget = slice(case.units, 2 * case.units)
    untrained = [found.recurrent_kernel, found.kernel[:, forget], found.bias[forget]]
    assert_same(untrained, [np.zeros_like(part) for part in untrained])


@claim(
    "training.every-weight",
    derived="the equations: each weight changes a gate that the final output depends on",
    cases=4,
    needs="keras.Model.fit",
)
@given(cases(timesteps=several, dtype="float64"), seeds)
def test_from_two_timesteps_on_every_weight_is_trained(case, seed):
    """
    As a rule, from two timesteps on, a loss on the final output trains every weight of an LSTM.

    A feature that is always zero, say, gives its row of the kernel no gradient.

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
    cases=2,
    needs="keras.Model.fit",
)
@given(cases(state=True, masked=True, unroll=booleans(), **SIZED), seeds, eagerly)
def test_a_masked_timestep_receives_a_gradient_of_zero(case, seed, eager):
    """
    Without overflow an LSTM sends a masked timestep of finite numbers a gradient of exactly zero.

    So an LSTM that gets the mask of an Embedding(mask_zero=True) sends none to its padding.

    >>> import keras, numpy as np
    >>> table = keras.layers.Embedding(3, 1, mask_zero=True)
    >>> model = keras.Sequential([keras.Input((3,)), table, keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.SGD(10.0), "mse", run_eagerly=True)
    >>> before = table.get_weights()[0]
    >>> loss = model.train_on_batch(np.array([[1, 0, 2]]), np.ones((1, 2)))
    >>> (table.get_weights()[0] != before)[:, 0].tolist()
    [False, True, True]
    """
    x = backpropagate(case, *pulls(case, seed), eager).x
    expected = gradients(case, *pulls(case, seed)).x
    assert_same(x[~case.mask], np.zeros_like(x[~case.mask]))
    assert_close(x, expected)


@claim(
    "training.nan-under-mask",
    observed="Keras 3, TensorFlow, CPU",
    corrects="A gradient cannot be NaN where the outputs and the loss are finite.",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    cases(state=True, batch=1, timesteps=integers(2, 7), unroll=booleans(), **varied("units")),
    picks,
    seeds,
)
def test_nan_under_the_mask_spoils_the_gradients_before_it(case, pick, seed):
    """
    In an LSTM by default, NaN at a masked timestep makes its sample's gradients at valid timesteps
    before it NaN, after it not.

    Before is what is read earlier. The backward pass multiplies the slopes of the masked timestep
    by zero, and 0 * NaN is NaN. Fill padding with numbers.

    >>> import keras, numpy as np
    >>> inputs, mask = keras.Input((3, 1)), keras.Input((3,), dtype="bool")
    >>> model = keras.Model([inputs, mask], keras.layers.LSTM(2)(inputs, mask=mask))
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, valid = np.array([[[1.0], [np.nan], [2.0]]]), np.array([[True, False, True]])
    >>> loss = model.train_on_batch([x, valid], np.ones((1, 2)))
    >>> bool(np.isnan(loss)), bool(np.isnan(model.get_weights()[0]).all())
    (False, True)
    """
    now = pick % case.timesteps
    timesteps = np.arange(case.timesteps)
    x = np.where((timesteps == now)[:, None], np.nan, case.x).astype(np.float32)
    spoiled = replace(case, x=x, mask=timesteps[None] != now)
    found = np.isnan(backpropagate(spoiled, *pulls(case, seed)).x)
    assert_same(found, np.broadcast_to((timesteps <= now)[:, None], found.shape))


@claim(
    "training.zero-rows",
    promised="ops.normalize: x / max(norm(x), epsilon), whose slope at zero is 1 / epsilon",
    cases=2,
    needs=("keras.Model.fit", "keras.layers.UnitNormalization"),
)
@given(
    cases(batch=integers(2, 3), timesteps=1, units=integers(1, 3), use_bias=False, unroll=True),
    seeds,
)
def test_a_row_of_zeros_is_normalized_without_nan(case, seed):
    """
    In float32 UnitNormalization, Dot(normalize=True) and CosineSimilarity of an LSTM's row of zeros
    train to finite weights.

    This is so of training that is compiled by XLA, or run eagerly. By default an LSTM without a
    bias makes zeros of zeros.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, use_bias=False)
    >>> model = keras.Sequential([keras.Input((3, 1)), lstm, keras.layers.UnitNormalization()])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> loss = model.train_on_batch(np.array([[[0.0]] * 3, [[1.0]] * 3]), np.ones((2, 2)))
    >>> bool(np.isfinite(lstm.get_weights()[0]).all())
    True
    """
    x = np.concatenate([0.0 * case.x[:1], case.x[1:]])
    for eager in (True, False):
        layer = lstm(case)
        model = normalizing(layer, case.features)
        model.compile("sgd", ["mse", "mse", keras.losses.CosineSimilarity()], run_eagerly=eager)
        model.jit_compile = not eager and backend() != "torch"
        targets = [noise((case.batch, size), seed) for size in (case.units, 1, case.units)]
        model.train_on_batch(x, targets)
        weights = [*map(np.isfinite, layer.get_weights())]
        assert all(map(np.all, weights)), f"weights are not finite: {layer.get_weights()}"


def normalizing(layer, features):
    """Return a model that normalizes what a layer gives, and gives it too."""
    given_ = keras.Input((1, features))
    y = layer(given_)
    normalized = keras.layers.UnitNormalization()(y)
    return keras.Model(given_, [normalized, keras.layers.Dot(axes=1, normalize=True)([y, y]), y])


# What becomes of a gradient on its way.


@claim(
    "training.carousel",
    derived="the equations: with f = 1 and i = 0, c' is c, and its derivative by c is 1",
    cases=4,
    needs="keras.Model.fit",
)
@given(cases(state=True, timesteps=integers(1, 30)), seeds)
def test_open_forget_gates_hand_the_gradient_back_whole(case, seed):
    """
    By default, with forget gates at 1 and input gates at 0, c hands its gradient back undiminished.

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
    cases=4,
    needs="keras.Model.fit",
)
@given(cases(state=True, timesteps=integers(1, 12), dtype="float64"), seeds)
def test_a_closing_forget_gate_takes_the_gradient_away(case, seed):
    """
    With constant f and a recurrent kernel of zeros, T unmasked timesteps multiply the gradient of
    the final c by f**T.

    With the default recurrent activation and initial bias f is near 0.73 on small inputs, and
    0.73**40 is 0.000003. An LSTM can keep a gradient, if its forget gate stays near 1. It need
    not.

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
    forget = np.arange(4 * case.units) // case.units == 1
    d_outputs, d_h, d_c = pulls(case, seed)
    kernel = case.kernel * ~forget
    recurrent = 0 * case.recurrent_kernel
    case = replace(case, kernel=kernel, recurrent_kernel=recurrent)
    f = sigmoid(case.bias[forget].astype(float))
    assert_close(backpropagate(case, 0 * d_outputs, 0 * d_h, d_c).c, d_c * f**case.timesteps)


@claim(
    "training.exploding-gradient",
    derived="the equations at h = c = 0 with i = f = o = 1: there tanh is the identity",
    corrects="The gradients of an LSTM may vanish, but they cannot explode.",
    cases=4,
    needs="keras.Model.fit",
)
@given(cases(timesteps=integers(1, 8), dtype="float64"), seeds)
def test_open_gates_and_recurrent_weights_let_the_gradient_grow(case, seed):
    """
    With tanh, no dropout, gates at 1 and states kept at 0, each timestep read but the first
    multiplies c's gradient by I + R_g.

    I is the identity matrix, and R_g the candidate's block of the recurrent kernel. Where that is
    positive, a positive gradient grows exponentially with the number of timesteps.

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
    d_outputs, d_h, _ = pulls(case, seed)
    block = np.split(open_.recurrent_kernel, 4, axis=1)[2]
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
    In float32, by default, with f near 1 and i near 0, mse sends a gradient to the first of 500
    unmasked timesteps.

    Nothing in the layer ends the gradient after so many timesteps. How fast it vanishes on the way
    is a matter of the gates; more timesteps cost time and memory.

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
    x = backpropagate(case, 0 * d_outputs, d_h, 0 * d_c, eager=False).x
    assert abs(x[0, 0, 0]) > 0.001, f"the first of 500 timesteps receives {x[0, 0, 0]}"
    assert_close(x, gradients(case, 0 * d_outputs, d_h, 0 * d_c).x)


@claim(
    "training.saturated-gates",
    derived="the equations: in float32 sigmoid(200) and tanh(200) are 1, and their slopes 0",
    corrects="Vanishing gradients make the weights grow without control, until they are NaN.",
    cases=4,
    needs="keras.Model.fit",
)
@given(cases(state=True, **SIZED), seeds, integers(0, 15))
@example(small(), 0, 15)
def test_saturated_gates_leave_every_weight_as_it_is(case, seed, signs):
    """
    With plain SGD and nothing else, an LSTM whose gates and candidate all have slopes of 0 keeps
    its weights.

    Those that are saturated to the last digit have such slopes, as sigmoid and tanh in float32 by
    biases of 200. Where the gradient vanishes, plain SGD moves nothing: the layer stops learning,
    and no weight grows or becomes NaN.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile(keras.optimizers.SGD(100.0), "mse", run_eagerly=True)
    >>> before = model.get_weights()
    >>> model.set_weights([before[0], before[1], np.full(8, 200.0)])
    >>> loss = model.train_on_batch(np.array([[[1.0], [7.0], [2.0]]]), np.zeros((1, 2)))
    >>> [bool(np.array_equal(a, b)) for a, b in zip(model.get_weights()[:2], before)]
    [True, True]
    """
    biases = [200 if signs >> k & 1 else -200 for k in range(4)]
    found = backpropagate(with_biases(case, *biases), *pulls(case, seed))
    assert_same(list(found[1:4]), [np.zeros_like(weight) for weight in case.weights])


@claim(
    "training.clipping",
    promised="Optimizer, argument `clipvalue`: the gradient of each weight is clipped",
    corrects="An LSTM clips its gradients by itself.",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    cases(**varied("units")),
    seeds,
    whole([{}, {"clipvalue": 0.25}, {"clipnorm": 0.25}, {"global_clipnorm": 0.25}]),
)
def test_only_the_optimizer_clips_gradients(case, seed, options):
    """
    SGD and Adam clip no gradient, however large, unless they have `clipvalue` or the like.

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
    layer = lstm(case)
    d_outputs, d_h, d_c = pulls(case, seed)
    trainer(layer, weighted_sum, **options).train_on_batch(case.x, 64 * d_h)
    slopes = gradients(case, 0 * d_outputs, 64 * d_h, 0 * d_c)[1:4]
    kept = clipped(slopes, **options)
    expected = [weight - slope for weight, slope in zip(case.weights, kept, strict=True)]
    # The terms of each sum, and so their rounding, are 64 times as large as in other claims.
    assert_close(layer.get_weights(), expected, bound=16 * 64)
