"""Attacks on claims of errors, wrappers and training that were read to find what is false."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import LSTM, MASK, Cell, Own, X, close, model_of, ones

SGD = keras.optimizers.SGD


def step(layer, optimizer, **options):
    """Return what a step of a layer by itself takes away from its weights."""
    model = model_of(layer)
    model.compile(optimizer, "mse", run_eagerly=True)
    before = layer.get_weights()
    model.train_on_batch(X, ones(2, 2), **options)
    return [old - new for old, new in zip(before, layer.get_weights(), strict=True)]


def slope(layer, x, mask, rows=slice(None)):
    """Return how strongly the sum of some outputs depends on each timestep of an input."""
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(layer(x, mask=tf.constant(mask))[:, rows])
    return np.abs(tape.gradient(total, x)).sum(axis=-1)


# Errors.


@attack("errors.numpy-units")
def numpy_units_in_wrappers():
    """Which wrappers of an LSTM with units of np.int64 can be called on an Input?"""
    lstm = LSTM(np.int64(2))
    wrapped = {
        "Bidirectional": lambda: layers.Bidirectional(lstm)(keras.Input((4, 3))),
        "TimeDistributed": lambda: layers.TimeDistributed(lstm)(keras.Input((5, 4, 3))),
        "RNN": lambda: layers.RNN(Cell(np.int64(2)))(keras.Input((4, 3))),
    }
    return {name: outcome(lambda c=call: tuple(c().shape))[:60] for name, call in wrapped.items()}


@attack("errors.integer-dtype")
def another_layer_of_integers():
    """Is every layer of dtype int32 refused when it is built?"""
    return outcome(lambda: str(layers.Masking(dtype="int32")(np.ones((1, 2, 3), int)).dtype))


@attack("errors.table-for-one-feature")
def a_model_that_was_built_by_data():
    """Does a Sequential model without Input take a table once it has met three axes?"""
    model = keras.Sequential([LSTM(2)])
    first = outcome(lambda: model(ones(4, 3)).shape)[:40]
    model = keras.Sequential([LSTM(2)])
    model(ones(4, 3, 1))
    return {"new": first, "built": outcome(lambda: tuple(model(ones(4, 3)).shape))}


@attack("errors.input-in-a-list")
def lists_for_a_dense():
    """What does a Dense make of a list of its one input?"""
    dense = layers.Dense(2)
    new = outcome(lambda: layers.Dense(2)([X]).shape)[:60]
    dense(X)
    return {"new": new, "built": outcome(lambda: tuple(dense([X]).shape))}


@attack("errors.state-with-three-axes")
def a_narrow_c_beside_it():
    """Do four samples refuse an h of three axes on a single timestep, whatever c is?"""
    h = ones(4, 1, 2)
    shapes = ((4, 1, 2), (4, 2), (4, 1))
    return {
        str(shape): outcome(
            lambda s=shape: tuple(LSTM(2)(ones(4, 1, 3), initial_state=[h, ones(*s)]).shape)
        )[:40]
        for shape in shapes
    }


@attack("errors.narrow-cell-state")
def a_wide_h_of_a_symbol():
    """Is an h of another width refused by a call on symbols?"""
    h = keras.Input((5,))
    return outcome(lambda: tuple(LSTM(2)(keras.Input((4, 3)), initial_state=[h, h]).shape))


@attack("errors.symbols-unchecked")
def symbols_of_a_graph():
    """Are states of another width checked on the symbols of a tf.function?"""
    lstm = LSTM(2)
    states = [tf.ones((2, 5)), tf.ones((2, 5))]
    graph = tf.function(lambda x: lstm(x, initial_state=states), autograph=False)
    return outcome(lambda: graph(X).shape).split(":")[0]


@attack("errors.refused-call-with-dropout")
def recurrent_dropout_after_a_refused_call():
    """Which method makes a cell with recurrent dropout forget the mask of a refused call?"""
    result = {}
    for method in ("reset_dropout_mask", "reset_recurrent_dropout_mask"):
        lstm = LSTM(2, recurrent_dropout=0.5)
        outcome(lambda m=lstm: m(X, mask=[[True]], training=True))
        getattr(lstm.cell, method)()
        call = outcome(lambda m=lstm: tuple(m(X[:1].repeat(5, 0), training=True).shape))
        result[method] = call[:60]
    return result


@attack("errors.moment-of-stacking")
def models_in_front():
    """Does every model in front let `add` refuse an LSTM on a single output?"""
    fronts = {
        "functional": model_of(LSTM(2)),
        "Sequential, not built": keras.Sequential([LSTM(2)]),
        "subclassed": Own(),
    }
    return {
        name: outcome(lambda f=front: keras.Sequential([f]).add(LSTM(2))).split(":")[0]
        for name, front in fronts.items()
    }


@attack("errors.first-input-sticks")
def a_cell_in_front():
    """In which words does a Sequential model that begins with RNN refuse the right input?"""
    model = keras.Sequential([layers.RNN(Cell(2))])
    errors = [outcome(lambda x=x: model(x)) for x in (X[0], X)]
    return str(["already been configured" in error for error in errors]) + errors[1][:40]


@attack("errors.trained-before-refusal")
def gradients_that_are_accumulated():
    """Does a stateful model train before the refusal if it accumulates gradients?"""
    result = {}
    for name, options in (("SGD", {}), ("accumulating", {"gradient_accumulation_steps": 2})):
        lstm = LSTM(2, stateful=True)
        model = keras.Sequential([keras.Input(batch_shape=(3, 4, 3)), lstm])
        model.compile(SGD(**options), "mse", run_eagerly=True)
        before = lstm.get_weights()[0]
        outcome(lambda m=model: m.fit(ones(5, 4, 3), ones(5, 2), batch_size=3, verbose=0))
        result[name] = bool(np.any(before != lstm.get_weights()[0]))
    return result


@attack("errors.no-samples")
def options_of_fit_without_samples():
    """What do fit and evaluate of no samples do with other options?"""
    model = model_of(LSTM(2))
    model.compile("sgd", "mse")
    data = ones(0, 4, 3), ones(0, 2)
    return {
        "validation_split": outcome(lambda: model.fit(*data, validation_split=0.5))[:40],
        "steps_per_epoch": outcome(lambda: model.fit(*data, steps_per_epoch=2, verbose=0)),
        "return_dict": outcome(lambda: model.evaluate(*data, return_dict=True, verbose=0)),
    }


@attack("errors.layer-for-a-cell")
def a_built_lstm_behind_an_input():
    """Does RNN of an LSTM fail behind an Input if the LSTM is built?"""
    lstm = LSTM(2)
    lstm(X)
    inputs = keras.Input((4, 3))
    return {
        "new": outcome(lambda: layers.RNN(LSTM(2))(inputs).shape)[:60],
        "built": outcome(lambda: layers.RNN(lstm)(inputs).shape),
    }


@attack("errors.id-out-of-range")
def an_input_of_half_precision():
    """Is the id 2049 refused by a table of 2049 rows behind an Input of float16?"""
    inputs = keras.Input((None,), dtype="float16")
    model = keras.Sequential([inputs, layers.Embedding(2049, 2), LSTM(2)])
    return outcome(lambda: tuple(model(np.array([[2049]])).shape))


# Wrappers.


@attack("wrappers.halves-aligned")
def unrolled_under_a_mask():
    """Do masked rows of an unrolled Bidirectional hold what those of a loop hold?"""
    both = [
        layers.Bidirectional(LSTM(2, return_sequences=True, unroll=unroll))
        for unroll in (False, True)
    ]
    for layer in both:
        layer.build(X.shape)
        layer.set_weights(both[0].get_weights())
    looped, unrolled = (np.asarray(layer(X, mask=MASK)) for layer in both)
    return {
        "forward": close(looped[..., :2], unrolled[..., :2]),
        "backward": close(looped[..., 2:], unrolled[..., 2:]),
    }


@attack("wrappers.two-states-refused")
def a_pair_of_states_for_others():
    """What becomes of two states in a graph, and in a Bidirectional GRU?"""
    states = [tf.ones((2, 2)), tf.ones((2, 2))]
    both = layers.Bidirectional(LSTM(2))
    graph = tf.function(lambda x: both(x, initial_state=states), autograph=False)
    gru = layers.Bidirectional(layers.GRU(2))
    return {
        "graph": outcome(lambda: graph(X).shape).split(":")[0],
        "GRU": outcome(lambda: tuple(gru(X, initial_state=states).shape)),
    }


class Plain:
    """A cell that is no layer, with more than is documented."""

    state_size = output_size = 3
    compute_dtype = "float32"

    def __call__(self, x, states):
        """Add a timestep."""
        return states[0] + x, [states[0] + x]

    call = __call__

    def get_initial_state(self, batch_size=None):
        """Return zeros."""
        return [keras.ops.zeros((batch_size, 3))]


@attack("wrappers.plain-class")
def a_plain_class_with_all_that_is_asked():
    """Is a cell refused that is no layer, but has a compute_dtype and can be called?"""
    return outcome(lambda: close(layers.RNN(Plain())(X), X.sum(axis=1)))


@attack("wrappers.own-cell")
def a_cell_with_a_start():
    """Does RNN start a cell from zeros that makes a state of its own?"""

    class Seven(layers.Layer):
        """A running sum on top of seven."""

        state_size = 3

        def call(self, x, states):
            """Add a timestep."""
            return states[0] + x, [states[0] + x]

        def get_initial_state(self, batch_size=None):
            """Return sevens."""
            return [7 * keras.ops.ones((batch_size, 3))]

    return close(layers.RNN(Seven())(X), X.sum(axis=1))


@attack("wrappers.one-cell-two-layers")
def a_clone_of_two_layers_around_one_cell():
    """How many weights have a model of two RNN around one cell, and its clone?"""
    cell = Cell(2)
    inputs = keras.Input((4, 3))
    model = keras.Model(inputs, [layers.RNN(cell)(inputs), layers.RNN(cell)(inputs)])
    return f"{len(model.weights)}, and {len(keras.models.clone_model(model).weights)}"


# Training.


@attack("training.frozen-penalty")
def frozen_in_an_eager_model():
    """Does a model that has computed its loss go on with a frozen layer's penalty?"""
    result = {}
    for eager in (False, True):
        lstm = LSTM(2, unroll=True, kernel_regularizer="l2")
        model = keras.Sequential([keras.Input((1, 3)), lstm])
        model.compile("sgd", "mse", run_eagerly=eager)
        before = model.test_on_batch(X[:, :1], ones(2, 2))
        lstm.trainable = False
        result[f"run_eagerly={eager}"] = before == model.test_on_batch(X[:, :1], ones(2, 2))
    return result


@attack("training.tape")
def steps_of_accumulated_gradients():
    """Is the step of a model the gradient of its loss, also if gradients are accumulated?"""
    result = {}
    for name, options in (("SGD", {}), ("accumulating", {"gradient_accumulation_steps": 2})):
        lstm = LSTM(2)
        lstm.build(X.shape)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((lstm(X) - 1) ** 2)
        exact = tape.gradient(loss, lstm.trainable_weights[0])
        result[name] = close(step(lstm, SGD(1.0, **options))[0], exact)
    return result


@attack("training.compile-again")
def frozen_before_a_batch_of_another_size():
    """Does freezing wait for compile() if the next batch has another size?"""
    result = {}
    for samples in (2, 1):
        lstm = LSTM(2, unroll=True)
        model = keras.Sequential([keras.Input((1, 3)), lstm])
        model.compile("sgd", "mse")
        model.train_on_batch(X[:, :1], ones(2, 2))
        lstm.trainable = False
        before = lstm.get_weights()[0]
        model.train_on_batch(X[:samples, :1], ones(samples, 2))
        result[f"batch of {samples}"] = bool(np.any(before != lstm.get_weights()[0]))
    return result


@attack("training.jacobian")
def a_jacobian_backwards():
    """By timestep of the output and of the input, where is a jacobian zero with go_backwards?"""
    lstm = LSTM(1, return_sequences=True, go_backwards=True, use_cudnn=False)
    x = tf.ones((1, 3, 1))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = lstm(x)
    return str((np.array(tape.jacobian(y, x))[0, :, 0, 0, :, 0] != 0).astype(int).tolist())


@attack("training.future-gradient")
def the_output_of_a_masked_timestep():
    """Does the gradient of an output reach its own timestep if that is masked?"""
    found_ = slope(LSTM(2, return_sequences=True), X[:1], MASK[:1], rows=1)
    return str((found_ != 0).tolist())


@attack("training.single-timestep")
def optimizers_on_one_timestep():
    """Which optimizers leave the recurrent kernel in a step on one timestep after one on four?"""
    optimizers = {
        "SGD": SGD(0.1),
        "with momentum": SGD(0.1, momentum=0.9),
        "AdamW": keras.optimizers.AdamW(),
        "Ftrl": keras.optimizers.Ftrl(),
    }
    result = {}
    for name, optimizer in optimizers.items():
        lstm = LSTM(2)
        model = model_of(lstm)
        model.compile(optimizer, "mse", run_eagerly=True)
        model.train_on_batch(X, ones(2, 2))
        before = lstm.get_weights()[1]
        model.train_on_batch(X[:, :1], ones(2, 2))
        result[name] = bool(np.array_equal(before, lstm.get_weights()[1]))
    return result


@attack("training.masked-timestep")
def zeros_for_a_masked_end():
    """With zero_output_for_mask, have valid timesteps the gradient of the shorter sequence?"""
    mask = np.array([[True, True, True, False]])
    result = {}
    for zeros in (False, True):
        lstm = LSTM(2, zero_output_for_mask=zeros)
        long = slope(lstm, X[:1], mask)[:, :3]
        result[f"zero_output_for_mask={zeros}"] = close(
            long, slope(lstm, X[:1, :3], np.ones((1, 3), bool))
        )
    return result


@attack("training.carousel")
def gates_of_a_linear_function():
    """Is c's gradient 1 where linear gates are at 1 and 0, but not held?"""
    lstm = LSTM(1, recurrent_activation="linear", return_state=True)
    lstm.build((1, 3, 1))
    lstm.set_weights([np.zeros((1, 4)), np.eye(1, 4), np.array([0.0, 1, 1, 1])])
    c = tf.zeros((1, 1))
    with tf.GradientTape() as tape:
        tape.watch(c)
        end = lstm(tf.zeros((1, 3, 1)), initial_state=[tf.zeros((1, 1)), c])[2]
    return str(tape.gradient(end, c).numpy().round(3).tolist())


@attack("training.regularizers")
def a_layer_without_bias():
    """How many losses have three regularizers if there is no bias?"""
    names = ("kernel_regularizer", "recurrent_regularizer", "bias_regularizer")
    lstm = LSTM(2, use_bias=False, **dict.fromkeys(names, "l2"))
    lstm(X)
    return str(len(lstm.losses))


@attack("training.orthogonal-regularizer")
def a_frozen_layer():
    """Does a frozen layer have the loss of its OrthogonalRegularizer?"""
    lstm = LSTM(2, kernel_regularizer=keras.regularizers.OrthogonalRegularizer())
    lstm(X)
    before = len(lstm.losses)
    lstm.trainable = False
    return f"{before}, then {len(lstm.losses)}"


@attack("training.activity-of-states")
def states_in_slices():
    """Does an LSTM with return_state=True in TimeDistributed have a penalty of its activity?"""
    sliced = layers.TimeDistributed(LSTM(2, return_state=True, activity_regularizer="l2"))
    sliced(X[:, None])
    return str(len(sliced.losses))


@attack("training.constraints-wait")
def a_weight_that_the_loss_does_not_reach():
    """Is a trainable weight constrained by a step of a loss that does not depend on it?"""
    inputs = keras.Input((4, 3))
    reached = LSTM(2, kernel_constraint="non_neg")
    other = LSTM(2, kernel_constraint="non_neg")
    model = keras.Model(inputs, {"a": reached(inputs), "b": other(inputs)})
    model.compile(SGD(0.0), {"a": "mse"}, run_eagerly=True)
    model.train_on_batch(X, {"a": ones(2, 2)})
    return {
        name: bool(np.all(layer.get_weights()[0] >= 0))
        for name, layer in (("reached", reached), ("not reached", other))
    }


@attack("training.mean-of-samples")
def a_mask_in_front_of_a_last_output():
    """Is the loss of a last output weighed by the valid timesteps of a sample?"""
    model = model_of(layers.Masking(), LSTM(2))
    model.compile("sgd", "mse", run_eagerly=True)
    x = X * MASK[:, :, None]
    x[1, 1] = 0
    loss = model.test_on_batch(x, ones(2, 2))
    return f"the mean over samples: {np.isclose(loss, np.mean((np.asarray(model(x)) - 1) ** 2))}"


@attack("training.sample-weight")
def weights_of_two_by_optimizer():
    """How much longer is a step with weights of 2, by optimizer?"""
    result = {}
    for optimizer in ("sgd", "rmsprop", "adam"):
        steps = []
        for weight in (2.0, 1.0):
            keras.utils.set_random_seed(0)
            taken = step(LSTM(2), optimizer, sample_weight=np.full(2, weight))[0]
            steps.append(np.abs(taken).max())
        result[optimizer] = round(float(steps[0] / steps[1]), 2)
    return result
