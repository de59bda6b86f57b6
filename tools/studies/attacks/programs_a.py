"""Attacks on each claim of shapes, weights, gates, symmetry, time and sequences."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import LSTM, Cell, X, alike, gap, model_of, numbers, ones

SEVEN = numbers(2, 7, 3)


@attack("shapes.asked-units")
def activations_of_fewer_columns():
    """Ask for three units under softmax, linear and glu, which halves the columns: the shape?"""
    names = ("softmax", "linear", "glu")
    return {name: outcome(lambda: LSTM(3, activation=name)(X).shape) for name in names}


@attack("shapes.targets")
def single_columns_as_targets():
    """Give targets of a single column, and flat ones, to rows and to a last output."""
    seen = {}
    for rows in (True, False):
        for target in (ones(2, 1), ones(2), ones(2, 4)):
            model = model_of(LSTM(2, return_sequences=rows))
            model.compile("sgd", "mse")
            call = outcome(lambda: float(model.test_on_batch(X, target)))
            seen[f"return_sequences={rows}, {target.shape}"] = call
    return seen


@attack("shapes.sizes-may-change")
@attack("time.any-length")
def prelu_of_another_length():
    """Call a built PReLU, Dense, GRU and Bidirectional on another number of timesteps."""
    seen = {}
    for layer in (layers.PReLU(), layers.Dense(2), layers.GRU(2), layers.Bidirectional(LSTM(2))):
        layer(X)
        seen[layer.name] = outcome(lambda: layer(SEVEN).shape)
    return seen


@attack("shapes.functional-length")
def lengths_that_the_layers_refuse():
    """Predict 4 timesteps after 7 by models of 7, also unrolled, and of Dense behind Flatten."""
    seen = {}
    rows = [LSTM(2, return_sequences=True), layers.Flatten(), layers.Dense(1)]
    stacks = {"loop": [LSTM(2)], "unrolled": [LSTM(2, unroll=True)], "Flatten": rows}
    for name, stack in stacks.items():
        tensor = inputs = keras.Input((7, 3))
        for layer in stack:
            tensor = layer(tensor)
        model = keras.Model(inputs, tensor)
        model.predict(SEVEN, verbose=0)
        seen[name] = outcome(lambda: model.predict(X, verbose=0).shape)
    return seen


@attack("shapes.unroll-open-length")
def second_length_of_integers():
    """Predict 4 timesteps by an unrolled LSTM, and then 7, of floats and of integers."""
    seen = {}
    for kind in ("float32", "int64"):
        model = model_of(LSTM(2, unroll=True))
        model.predict(X, verbose=0)
        seen[kind] = outcome(lambda: model.predict(SEVEN.astype(kind), verbose=0).shape)
    return seen


@attack("shapes.feature-count")
def layers_that_take_any_features():
    """Give built layers five features after three."""
    seen = {}
    kinds = (layers.Dropout(0.5), layers.Masking(), layers.Flatten())
    for layer in (*kinds, layers.GlobalAveragePooling1D(), layers.Dense(2), LSTM(2)):
        layer(X)
        seen[layer.name] = outcome(lambda: layer(numbers(2, 4, 5)).shape)
    return seen


@attack("shapes.known-feature-count")
def layers_of_open_features():
    """Call layers without a kernel, and a Bidirectional, on a symbol of open features."""
    kinds = (layers.Masking(), layers.Dropout(0.5), layers.GlobalMaxPooling1D())
    return {
        layer.name: outcome(lambda: layer(keras.Input((4, None))).shape)
        for layer in (*kinds, layers.Bidirectional(LSTM(2)))
    }


@attack("shapes.empty-sequence")
def no_timesteps_in_rows():
    """Give a graph of open length no timesteps, with return_sequences=True too: what shapes?"""
    seen = {}
    for rows in (False, True):
        layer = LSTM(2, return_sequences=rows)
        graph = tf.function(layer, input_signature=[tf.TensorSpec((2, None, 3))])
        seen[f"return_sequences={rows}"] = outcome(lambda: graph(X[:, :0]).numpy().tolist())
    return seen


@attack("shapes.double-precision")
def ids_just_below_three():
    """Give layers float64 in place of float32, and an Embedding 2.99999999999 as an id."""
    embedding = layers.Embedding(5, 2)
    double = X.astype("float64") / 3
    seen = {
        layer.name: gap(layer(double), layer(double.astype("float32")))
        for layer in (layers.Dense(2), layers.GRU(2), layers.LayerNormalization())
    }
    almost = np.array([[2.99999999999]])
    return seen | {"Embedding": gap(embedding(almost), embedding(almost.astype("float32")))}


@attack("shapes.numbers-as-objects")
def targets_of_objects():
    """Give objects as targets, weights, validation data, from a generator, and to layers."""
    things = X.astype(object)
    target = ones(2, 2)
    model = model_of(LSTM(2))
    model.compile("sgd", "mse")
    calls = {
        "targets": lambda: model.fit(X, target.astype(object), verbose=0),
        "weights": lambda: model.fit(X, target, sample_weight=ones(2).astype(object), verbose=0),
        "generator": lambda: model.fit(((things, target) for _ in X), verbose=0),
        "validation": lambda: model.fit(X, target, validation_data=(things, target), verbose=0),
        "Dense": lambda: layers.Dense(1)(things),
        "Add": lambda: layers.Add()([things, things]),
    }
    return {name: outcome(call) for name, call in calls.items()}


@attack("shapes.same-call-twice")
def a_training_call_between():
    """Call layers, then in training, then again: how far apart are the first and the last?"""
    seen = {}
    kinds = (layers.BatchNormalization(), layers.SpectralNormalization(layers.Dense(2)))
    for layer in (*kinds, LSTM(2, dropout=0.5)):
        first = np.array(layer(X))
        layer(X, training=True)
        seen[layer.name] = gap(layer(X), first)
    return seen


@attack("weights.fresh")
def a_function_that_draws_anew():
    """Give two layers a function that draws as initializer, and one seeded object: the same?"""

    def draw(shape, dtype):
        return keras.random.normal(shape, dtype=dtype)

    seen = {}
    for initializer in (draw, keras.initializers.GlorotUniform()):
        pair = [LSTM(2, kernel_initializer=initializer) for _ in range(2)]
        for layer in pair:
            layer.build(X.shape)
        name = getattr(initializer, "__name__", "GlorotUniform()")
        seen[name] = gap(pair[0].get_weights()[0], pair[1].get_weights()[0])
    return seen


@attack("weights.none-before-build")
@attack("weights.paths")
def the_cell_called_before_its_layer():
    """Call the cell of a layer, and then the layer: how many weights, of what paths?"""
    layer = LSTM(2, name="words")
    layer.cell(X[:, 0], [ones(2, 2)] * 2)
    before = len(layer.weights)
    layer(X)
    return {"weights before": before, "path": layer.weights[0].path}


@attack("weights.seed-state")
def activations_with_a_seed():
    """Give noise layers as activations: how many variables stand beside the weights?"""
    seen = {}
    for kind in (layers.GaussianNoise, layers.GaussianDropout, layers.LeakyReLU):
        layer = LSTM(2, activation=kind(0.5))
        layer(X)
        seen[kind.__name__] = len(layer.variables) - len(layer.weights)
    return seen


@attack("weights.wrong-number")
def two_weights_of_dense():
    """Give a Dense, and an LSTM, two arrays as weights."""
    seen = {}
    for layer in (layers.Dense(2), LSTM(2)):
        layer(X)
        seen[layer.name] = outcome(lambda: layer.set_weights(layer.get_weights()[:2]))
    return seen


@attack("weights.trainable")
def means_are_never_trainable():
    """Count the weights of a BatchNormalization and of an LSTM, and those that are trainable."""
    seen = {}
    for layer in (layers.BatchNormalization(), LSTM(2)):
        layer(X)
        layer.trainable = True
        seen[layer.name] = (len(layer.weights), len(layer.trainable_weights))
    return seen


@attack("gates.any-function")
def activations_that_ask_for_numbers():
    """Give as activation a Python if on a tensor, and a NumPy array: in a call and in predict."""
    kinds = {
        "if": lambda z: z if ops.max(z) > 0 else -z,
        "NumPy": lambda z: ops.convert_to_numpy(z) * 1,
        "unstack": lambda z: ops.stack(ops.unstack(z, axis=1), 1),
    }
    seen = {}
    for name, activation in kinds.items():
        model = model_of(LSTM(2, activation=activation))
        calls = (lambda: model(X).shape, lambda: model.predict(X, verbose=0).shape)
        seen[name] = [outcome(call) for call in calls]
    return seen


@attack("gates.cell-step")
def states_of_integers():
    """Give a cell states of integers, a tuple of states, and half precision."""
    states = [np.ones((2, 2), int)] * 2
    return {
        "integers": outcome(lambda: Cell(2)(X[:, 0], states)[0].shape),
        "a tuple": outcome(lambda: Cell(2)(X[:, 0], (ones(2, 2), ones(2, 2)))[0].shape),
        "half": outcome(lambda: Cell(2, dtype="float16")(X[:, 0], [ones(2, 2)] * 2)[0].dtype),
    }


@attack("gates.kernel-mixes-features")
def zeros_behind_a_masking():
    """Multiply by a matrix that makes zeros of a timestep, with and without Masking in front."""
    matrix = np.array([[1.0, 0, 0], [-1, 0, 0], [0, 0, 0]], "float32")
    x = X.copy()
    x[:, 1] = 2
    mixed, plain = alike(LSTM(2), LSTM(2))
    kernel, *others = mixed.get_weights()
    plain.set_weights([matrix @ kernel, *others])
    masking = layers.Masking()
    return {
        "plain": gap(mixed(x @ matrix), plain(x)),
        "Masking": gap(mixed(masking(x @ matrix)), plain(masking(x))),
    }


@attack("gates.identity")
def identity_backwards():
    """Build the identity out of weights, forwards, backwards, unrolled and by XLA: how far?"""
    seen = {}
    x = X * 1e30
    for how in ({}, {"go_backwards": True}, {"unroll": True}):
        layer = LSTM(3, activation="linear", return_sequences=True, **how)
        layer.build(X.shape)
        kernel = np.zeros((3, 12))
        kernel[:, 6:9] = np.eye(3)
        bias = np.repeat([200.0, -200.0, 0, 200.0], 3)
        layer.set_weights([kernel, np.zeros((3, 12)), bias])
        seen[str(how)] = [gap(call(x), x) for call in (layer, tf.function(layer, jit_compile=True))]
    return seen


@attack("gates.memoryless")
def rows_of_a_memoryless_layer():
    """Close the forget gate without recurrence, and change earlier timesteps: how far?"""
    seen = {}
    x = X.copy()
    x[:, :-1] += 1
    for rows in (False, True):
        layer = LSTM(2, recurrent_initializer="zeros", return_sequences=rows)
        layer.build(X.shape)
        *kernels, bias = layer.get_weights()
        bias[2:4] = -200
        layer.set_weights([*kernels, bias])
        seen[f"return_sequences={rows}"] = gap(layer(X), layer(x))
    return seen


@attack("symmetry.units")
def two_units_under_glu():
    """Exchange two units under glu and tanh, given as either activation: how far apart?"""
    seen = {}
    order = [1, 0, 3, 2, 5, 4, 7, 6]
    for argument in ("activation", "recurrent_activation"):
        for name in ("tanh", "glu"):
            plain, exchanged = alike(*(LSTM(2, **{argument: name}) for _ in range(2)))
            kernel, recurrent, bias = plain.get_weights()
            exchanged.set_weights([kernel[:, order], recurrent[[1, 0]][:, order], bias[order]])
            apart = outcome(lambda: gap(np.array(plain(X))[:, [1, 0]], exchanged(X)))
            seen[f"{argument}={name}"] = apart
    return seen


@attack("symmetry.zero-kernel")
def zeros_that_decide_a_mask():
    """Change the input of a kernel of zeros, with and without a Masking in front: how far?"""
    zeros = X.copy()
    zeros[:, 1] = 0
    layer = LSTM(2, kernel_initializer="zeros", bias_initializer="ones")
    masking = layers.Masking()
    return {
        "plain": gap(layer(X), layer(zeros)),
        "Masking": gap(layer(masking(X)), layer(masking(zeros))),
    }


@attack("symmetry.side-by-side")
def halves_behind_a_masking():
    """Compare a unit of a joint layer with a layer of its own, behind a Masking each: how far?"""
    x = X[..., :2].copy()
    x[:, 1, 0] = 0
    joint, single = (LSTM(units) for units in (2, 1))
    joint.build((2, 4, 2))
    single.build((2, 4, 1))
    kernel, recurrent, bias = joint.get_weights()
    apart = np.tile(np.eye(2), 4)
    joint.set_weights([kernel * apart, recurrent * apart, bias])
    single.set_weights([kernel[:1, ::2], recurrent[:1, ::2], bias[::2]])
    masking = layers.Masking()
    return {
        "plain": gap(joint(x)[:, :1], single(x[..., :1])),
        "Masking": gap(joint(masking(x))[:, :1], single(masking(x[..., :1]))),
    }


@attack("time.cell-by-cell")
def cells_beside_a_second_call():
    """Compare two calls of a stateful layer with its cell from zeros: how far apart?"""
    layer = LSTM(2, stateful=True)
    calls = [np.array(layer(X)) for _ in range(2)]
    states = [np.zeros((2, 2), "float32")] * 2
    for step in range(4):
        output, states = layer.cell(X[:, step], states)
    return [gap(call, output) for call in calls]


@attack("time.unknown-length")
def open_lengths_of_a_stateful_layer():
    """Put a stateful layer into a model of open length, with and without a known batch."""
    seen = {}
    for rows in (None, 2):
        inputs = keras.Input((None, 3), batch_size=rows)
        call = outcome(lambda: keras.Sequential([inputs, LSTM(2, stateful=True)])(X).shape)
        seen[f"batch {rows}"] = call
    return seen


@attack("time.nan-stays-in-its-sample")
def a_relu_behind_the_nan():
    """Train on a NaN, with and without a ReLU behind the layer: the loss, and are weights NaN?"""
    seen = {}
    x = X.copy()
    x[0, 1, 2] = np.nan
    for stack in ([], [layers.ReLU()]):
        model = model_of(LSTM(2), layers.Dense(1), *stack)
        model.compile("sgd", "mse")
        loss = float(model.train_on_batch(x, ones(2, 1)))
        lost = [bool(np.isnan(w).all()) for w in model.get_weights()]
        seen[" ".join(layer.name for layer in model.layers)] = (loss, lost)
    return seen


@attack("sequences.row-per-timestep")
def other_layers_with_that_argument():
    """Give return_sequences=True to a ConvLSTM1D, a Bidirectional and an RNN: what shapes?"""
    return {
        "ConvLSTM1D": layers.ConvLSTM1D(2, 2, return_sequences=True)(numbers(1, 3, 5, 1)).shape,
        "Bidirectional": layers.Bidirectional(LSTM(2, return_sequences=True))(X).shape,
        "RNN": layers.RNN(Cell(2), return_sequences=True)(X).shape,
    }


@attack("sequences.stack-in-step")
def a_state_of_ones_above():
    """Give the upper of two layers a state of ones: do its outputs stay?"""
    lower = LSTM(2, return_sequences=True)
    upper = LSTM(3)
    return gap(upper(lower(X), initial_state=[ones(2, 3)] * 2), upper(lower(X)))
