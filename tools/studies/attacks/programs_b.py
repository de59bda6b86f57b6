"""Attacks on each claim of state and masking, and on some of wrappers."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import (
    BLANK,
    LSTM,
    MASK,
    Cell,
    X,
    alike,
    gap,
    model_of,
    numbers,
    ones,
)

LONG = np.pad(MASK, ((0, 0), (0, 2)), constant_values=True)


@attack("state.one-sample-many-states")
def states_made_in_the_model():
    """Predict a sample by a model that makes the states of four rows of it."""
    inputs = keras.Input((4, 3))
    rows = ops.repeat(layers.Dense(2)(inputs[:, 0]), 4, axis=0)
    model = keras.Model(inputs, LSTM(2)(inputs, initial_state=[rows, rows]))
    return outcome(lambda: model.predict(X[:1], verbose=0).shape)


class FromOnes(Cell):
    """A cell whose states are ones at first."""

    def get_initial_state(self, batch_size=None):
        return [ops.ones((batch_size, 2))] * 2


@attack("state.stateless-forgets")
def a_start_of_ones():
    """Compare an RNN of a cell whose first states are ones with one of LSTMCell: how far?"""
    start, plain = alike(layers.RNN(FromOnes(2)), layers.RNN(Cell(2)))
    return {"from ones": gap(start(X), plain(X)), "again": gap(start(X), start(X))}


@attack("state.first-call")
def states_of_two_rows_at_first():
    """Give a sample the states of two rows, in a stateless and a stateful layer."""
    states = [numbers(2, 2)] * 2
    return {
        f"stateful={stateful}": outcome(
            lambda: LSTM(2, stateful=stateful)(X[:1], initial_state=states).shape
        )
        for stateful in (False, True)
    }


@attack("state.continues")
def unrolled_pieces_in_graphs():
    """Give an unrolled stateful layer pieces of two lengths in a tf.function: as the whole?"""
    layer = LSTM(2, stateful=True, unroll=True)
    layer(X)
    whole = layer.states[0].numpy()
    layer.reset_state()
    graph = tf.function(lambda x: layer(x))
    return outcome(
        lambda: [graph(X[:, :1]).shape, graph(X[:, 1:]).shape, gap(layer.states[0], whole)]
    )


@attack("state.variables")
def paths_in_models():
    """Put a stateful layer into a functional and a Sequential model: the path of its state?"""
    functional, sequential = (LSTM(2, stateful=True, name="words") for _ in range(2))
    inputs = keras.Input((4, 3), batch_size=2)
    keras.Model(inputs, functional(inputs), name="model")
    keras.Sequential([sequential], name="model")(X)
    return [layer.states[0].path for layer in (functional, sequential)]


@attack("state.in-training-mode")
def an_activation_of_noise():
    """Call stateful layers in inference and in training, also of a noisy activation: how far?"""
    seen = {}
    kinds = {"noise": layers.GaussianNoise(1.0), "tanh": "tanh"}
    for name, activation in kinds.items():
        layer = LSTM(2, stateful=True, activation=activation)
        layer(X)
        state = layer.states[0].numpy()
        layer.reset_state()
        layer(X, training=True)
        seen[name] = gap(layer.states[0], state)
    return seen


@keras.saving.register_keras_serializable("attacks")
class Maskless(layers.Layer):
    """A layer over timesteps that takes a state, but no mask."""

    go_backwards = return_sequences = return_state = stateful = False

    def call(self, x, initial_state=None):
        return ops.sum(x, axis=1)


@attack("masking.with-state")
def a_direction_without_a_mask():
    """Give mask and state to Bidirectional, whose forward layer takes no mask: does it count?"""
    backward = LSTM(3, go_backwards=True)
    both = layers.Bidirectional(Maskless(), backward_layer=backward)
    states = [numbers(2, 3)] * 4
    return gap(both(X, mask=MASK, initial_state=states), both(X, initial_state=states))


@attack("masking.last-axis")
def pooling_under_an_axis_of_one():
    """Pool outputs under a mask (batch, timesteps, 1), also of as many samples as timesteps."""
    layer = LSTM(2, return_sequences=True)
    pooling = layers.GlobalAveragePooling1D()
    seen = {}
    for size in ((1, 4), (2, 4), (4, 4)):
        mask = np.ones((*size, 1), bool)
        seen[size] = outcome(lambda: pooling(layer(numbers(*size, 3), mask=mask)).shape)
    return seen


@attack("masking.short-refused")
def short_masks_by_xla():
    """Give a mask that is too short to a loop and an unrolled layer compiled by XLA."""
    seen = {}
    for unroll in (False, True):
        layer = LSTM(2, unroll=unroll)
        layer(X)
        graph = tf.function(lambda mask: layer(X, mask=mask), jit_compile=True)
        seen[f"unroll={unroll}"] = outcome(lambda: graph(MASK[:, :3]).shape)
    return seen


@attack("masking.long-refused")
def long_masks_in_graphs():
    """Give a mask of two more columns in a graph: how far from its first and its last four?"""
    seen = {}
    for backwards in (False, True):
        layer = LSTM(2, go_backwards=backwards)
        layer(X)
        output = tf.function(lambda mask: layer(X, mask=mask))(LONG)
        parts = (LONG[:, :4], LONG[:, 2:])
        seen[f"go_backwards={backwards}"] = [gap(output, layer(X, mask=mask)) for mask in parts]
    return seen


@attack("masking.long-in-a-graph")
def long_masks_of_zeros_put_out():
    """Predict under a long mask, unrolled with zero_output_for_mask, for rows and a last output."""
    seen = {}
    for rows in (True, False):
        layer = LSTM(2, unroll=True, zero_output_for_mask=True, return_sequences=rows)
        inputs = [keras.Input((4, 3)), keras.Input((6,), dtype="bool")]
        model = keras.Model(inputs, layer(inputs[0], mask=inputs[1]))
        seen[f"return_sequences={rows}"] = outcome(
            lambda: gap(model.predict([X, LONG], verbose=0), layer(X, mask=MASK))
        )
    return seen


@attack("masking.unrolled")
@attack("masking.unrolled-backwards")
@attack("masking.unrolled-with-state")
@attack("masking.unrolled-zero-output")
def open_masks_in_a_graph():
    """Give a loop and unrolled layers a mask of open length in a graph, also a state."""
    seen = {}
    states = [numbers(2, 2)] * 2
    signature = [tf.TensorSpec((None, None), tf.bool)]
    for how in ({}, {"go_backwards": True}, {"zero_output_for_mask": True}):
        for unroll in (False, True):
            layer = LSTM(2, unroll=unroll, **how)
            layer(X)
            for given in (None, states):
                graph = tf.function(lambda m: layer(X, mask=m, initial_state=given), signature)
                seen[f"{how}, {unroll}, {given is not None}"] = outcome(lambda: graph(MASK).shape)
    return seen


@attack("masking.numbers")
@attack("masking.loss")
def numbers_in_a_loss():
    """Give a mask of 0.5 and 3 to a loss behind the layer: as which mean is it?"""
    weights = np.array([[0.0, 0.5, 3.0, 0.0], [1.0, 0.0, 2.0, 0.0]], "float32")
    output = LSTM(2, return_sequences=True)(X, mask=weights)
    target = numbers(2, 4, 2, seed=4)
    errors = ((np.array(output) - target) ** 2).mean(-1)
    return {
        "loss": float(keras.losses.MeanSquaredError()(target, output)),
        "weighted mean": float((errors * weights).sum() / weights.sum()),
        "sum over the mask's sum": float(errors[weights > 0].sum() / weights.sum()),
        "mean of unmasked": float(errors[weights > 0].mean()),
    }


@attack("masking.all-features")
def masking_of_four_axes():
    """Give Masking an input of four axes, with a row of zeros: what mask?"""
    x = ones(1, 2, 2, 2)
    x[0, 0, 1] = 0
    return np.array(layers.Masking().compute_mask(x)).tolist()


@attack("masking.bidirectional-zeros")
def unrolled_under_a_symmetric_mask():
    """Give an unrolled Bidirectional masks, some the same from the end: the masked outputs?"""
    both = layers.Bidirectional(LSTM(2, return_sequences=True, unroll=True))
    seen = {}
    for row in ([False, True, True, False], [True, False, True, True]):
        mask = np.array([row] * 2)
        seen[str(row)] = float(np.abs(np.array(both(X, mask=mask))[~mask]).max())
    return seen


@attack("wrappers.direction-names")
def names_in_errors():
    """Give a Bidirectional wrong states, features and axes: does the error name a direction?"""
    both = layers.Bidirectional(LSTM(2, name="words"))
    both(X)
    calls = {
        "states": lambda: both(X, initial_state=[ones(2, 2)] * 2),
        "features": lambda: both(numbers(2, 4, 5)),
        "axes": lambda: both(X[0]),
        "mask": lambda: both(X, mask=MASK[:, :2]),
    }
    seen = {}
    for name, call in calls.items():
        try:
            call()
        except Exception as error:
            seen[name] = (type(error).__name__, "forward_words" in str(error))
    return seen


@attack("masking.lost-in-arithmetic")
def multiply_of_two_masks():
    """Multiply two tensors of different masks, and of one mask: what mask has the product?"""
    first = layers.Masking()(BLANK)
    mask = np.array([[True, True, True, False]] * 2)
    second = layers.Masking()(X * mask[:, :, None])
    product = layers.Multiply()([first, second])
    return {
        "product": np.array(product._keras_mask).tolist(),
        "of either": (MASK | mask).tolist(),
    }


class Wide(layers.Layer):
    """A cell that puts out its state beside its input."""

    state_size = 3

    def call(self, x, states):
        return ops.concatenate([states[0], x], -1), [states[0] + x]


@attack("wrappers.own-cell-zeros")
def zeros_of_half_cells():
    """Ask an RNN of a float16 cell, alone and in a list, for its first states: what dtype?"""
    rnns = {"alone": layers.RNN(Wide(dtype="float16"))}
    rnns["in a list"] = layers.RNN([Wide(dtype="float16")])
    return {
        name: [state.dtype.name for state in keras.tree.flatten(rnn.get_initial_state(2))]
        for name, rnn in rnns.items()
    }


@attack("wrappers.no-output-size")
def a_wide_cell_at_the_end():
    """Predict by an RNN of a cell wider than its state, last, before a ReLU, before a Dense."""
    stacks = {"last": [], "ReLU": [layers.ReLU()], "Dense": [layers.Dense(2)]}
    seen = {}
    for name, stack in stacks.items():
        model = outcome(
            lambda: model_of(layers.RNN(Wide()), *stack, shape=(4, 3)).predict(X, verbose=0).shape
        )
        seen[name] = model
    return seen


class Keeping(layers.Layer):
    """A cell with a state of three axes."""

    state_size = ((3, 2),)
    output_size = 1

    def get_initial_state(self, batch_size=None):
        return [ops.ones((batch_size, 3, 2))]

    def call(self, x, states):
        return x[:, :1], states


@attack("wrappers.states-of-more-axes")
def stacks_on_symbols():
    """Call a stack of cells with states of three axes on a symbol, with its states and without."""
    return {
        f"return_state={state}": outcome(
            lambda: layers.RNN([Keeping(), Keeping()], return_state=state)(keras.Input((4, 3)))
        )
        for state in (False, True)
    }
