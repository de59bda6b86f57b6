"""Attacks on each claim of wrappers, dropout, training and some of trainer."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import (
    LSTM,
    Cell,
    X,
    alike,
    close,
    farthest,
    gap,
    model_of,
    numbers,
    ones,
    reloaded,
)


def shapes(structure):
    """Return a structure of shapes."""
    return keras.tree.map_structure(lambda tensor: tuple(tensor.shape), structure)


@attack("wrappers.stack-declared")
def a_list_of_a_cell_on_a_timestep():
    """Compare what RNNs declare and return: of a cell, and unrolled, a list, on a timestep."""
    rnns = {
        "cell": (layers.RNN(Cell(2), return_state=True), X),
        "list": (layers.RNN([Cell(2)], return_state=True, unroll=True), X[:, :1]),
    }
    return {
        name: [str(rnn.compute_output_shape(x.shape)), str(shapes(rnn(x)))]
        for name, (rnn, x) in rnns.items()
    }


class Summing:
    """A cell that is no layer."""

    state_size = 3

    def call(self, x, states):
        return x, [states[0] + x]


@attack("wrappers.plain-class-in-a-stack")
def plain_classes_of_a_dtype():
    """Stack cells that are no layers, and LSTMCells, with a dtype that is not the global one."""
    seen = {}
    for dtype in ("float64", "mixed_float16"):
        cells = [Cell(3, dtype=dtype), Cell(2, dtype=dtype)]
        plain = outcome(lambda: layers.RNN([Summing(), Summing()], dtype=dtype)(X).shape)
        seen[dtype] = [plain, outcome(lambda: layers.RNN(cells, dtype=dtype)(X).shape)]
    return seen


@attack("wrappers.stack-states")
def states_in_tuples():
    """Give a stack a tuple of tuples as states, in a loop, unrolled, and under a mask."""
    states = tuple((ones(2, units), ones(2, units)) for units in (2, 3))
    mask = ones(2, 4) > 0
    seen = {}
    for unroll in (False, True):
        rnn = layers.RNN([Cell(2), Cell(3)], unroll=unroll)
        calls = ({}, {"mask": mask})
        seen[f"unroll={unroll}"] = [
            outcome(lambda: rnn(X, initial_state=states, **more).shape) for more in calls
        ]
    return seen


@attack("wrappers.one-cell-repeated")
def repeated_in_copies():
    """Make an RNN of a cell twice again, by its configuration and by files: how many weights?"""
    rnn = layers.RNN([Cell(3)] * 2)
    model = model_of(rnn, shape=(4, 3))
    copies = {
        "itself": lambda: model,
        "from_config": lambda: keras.Sequential.from_config(model.get_config()),
        ".keras": lambda: reloaded(model),
        ".h5": lambda: reloaded(model, "lstm.h5"),
    }
    return {name: outcome(lambda: len(copy().weights)) for name, copy in copies.items()}


@attack("wrappers.list-of-one-cell")
def a_list_with_its_states():
    """Return the states of RNNs of a cell and of a list of a cell: are they alike?"""
    in_list, alone = alike(*(layers.RNN(c, return_state=True) for c in ([Cell(2)], Cell(2))))
    return [str(shapes(rnn(X))) for rnn in (in_list, alone)]


@attack("wrappers.slices-of-one-input")
def lists_of_symbols():
    """Give TimeDistributed(Identity()) lists of two and three arrays, and of symbols."""
    wrap = layers.TimeDistributed
    seen = {}
    for count in (2, 3):
        symbols = [keras.Input((4, 3)) for _ in range(count)]
        for name, tensors in {"arrays": [X] * count, "symbols": symbols}.items():
            seen[f"{count} {name}"] = outcome(lambda: shapes(wrap(layers.Identity())(tensors)))
    return seen


@attack("wrappers.stateful-slices")
def stateful_slices_in_an_open_graph():
    """Give TimeDistributed of a stateful LSTM three slices, eagerly and in an open graph."""
    x = numbers(2, 3, 4, 3)
    wrapper = layers.TimeDistributed(LSTM(2, stateful=True))
    wrapper.build(x.shape)
    graph = tf.function(wrapper, input_signature=[tf.TensorSpec((2, None, 4, 3))])
    return [outcome(lambda: tuple(call(x).shape)) for call in (graph, wrapper)]


@attack("dropout.each-by-itself")
def a_mask_kept_by_the_cell():
    """Call the cell in training on a sample, then the layer on 99: how many outputs differ?"""
    seen = {}
    for first in (False, True):
        layer = LSTM(1, kernel_initializer="ones", dropout=0.5, recurrent_initializer="zeros")
        layer.build((None, 1, 2))
        if first:
            layer.cell(ones(1, 2), [ones(1, 1)] * 2, training=True)
        outputs = np.array(layer(ones(99, 1, 2), training=True))
        seen[f"called before: {first}"] = len(np.unique(outputs))
    return seen


@attack("dropout.global-seed")
def layers_made_after_the_seed():
    """Set a global seed, make another layer, and then an LSTM: are its dropout masks the same?"""

    def mask(make=lambda: None):
        keras.utils.set_random_seed(5)
        make()
        return np.array(LSTM(4, dropout=0.5).cell.get_dropout_mask(ones(3, 9)))

    makers = {"nothing": lambda: None, "Dense": lambda: layers.Dense(2)}
    makers["Masking"] = layers.Masking
    return {name: close(mask(), mask(make)) for name, make in makers.items()}


@attack("training.tape")
def a_mask_that_reaches_the_loss():
    """Compare the step of fit behind Masking with the gradient of a plain mean: how far?"""
    x = X.copy()
    x[0, 1] = 0
    target = numbers(2, 4, 2, seed=4)
    seen = {}
    for first in (layers.Masking(), layers.Identity()):
        model = model_of(first, LSTM(2, return_sequences=True), shape=(4, 3))
        model.compile(keras.optimizers.SGD(1.0), "mse")
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(x, training=True) - target) ** 2)
        slopes = tape.gradient(loss, [weight.value for weight in model.trainable_variables])
        before = model.get_weights()
        model.train_on_batch(x, target)
        steps = [a - b for a, b in zip(before, model.get_weights(), strict=True)]
        seen[first.name] = farthest(steps, slopes)
    return seen


@attack("training.every-timestep")
def gradients_of_many_timesteps():
    """Ask 100 to 1000 timesteps for their gradients: of how many are they exactly 0?"""
    seen = {}
    for count in (100, 400, 1000):
        x = tf.constant(numbers(1, count, 2))
        layer = LSTM(3)
        layer.build(x.shape)
        with tf.GradientTape() as tape:
            tape.watch(x)
            output = layer(x)[0, 0]
        seen[count] = int((np.array(tape.gradient(output, x)) == 0).all(-1).sum())
    return seen


@attack("training.clipping")
def softmax_next_to_one():
    """Train a wrong and sure softmax of a Dense, and with a Reshape behind: does it move?"""
    seen = {}
    for name, more in {"Dense": [], "Reshape": [layers.Reshape((2,))]}.items():
        model = model_of(LSTM(2), layers.Dense(2, activation="softmax"), *more, shape=(4, 3))
        weights = model.get_weights()
        weights[-1] = np.array([90.0, 0.0], "float32")
        model.set_weights(weights)
        model.compile(keras.optimizers.SGD(1.0), "categorical_crossentropy")
        model.train_on_batch(X, np.array([[0, 1.0], [0, 1]]))
        seen[name] = gap(model.get_weights()[-1], weights[-1])
    return seen


@attack("training.embedding-penalty")
def penalties_of_an_embedding():
    """Call an Embedding with penalties, twice, frozen and masked: what losses has it?"""
    seen = {}
    for name, options in {
        "plain": {},
        "frozen": {"trainable": False},
        "mask": {"mask_zero": True},
    }.items():
        embedding = layers.Embedding(
            4, 2, embeddings_regularizer="l2", activity_regularizer="l1", **options
        )
        for calls in (1, 2):
            output = np.array(embedding(np.array([[1, 2], [1, 3]])))
            penalties = [0.01 * (embedding.get_weights()[0] ** 2).sum(), 0.01 * abs(output).sum()]
            losses = [float(loss) for loss in embedding.losses]
            seen[f"{name}, {calls} calls"] = (losses, [float(p) for p in penalties])
    return seen


@attack("training.reproducible")
def datasets_made_before_the_seed():
    """Fit twice after a seed, by a shuffling Dataset made before it and after it: the same?"""

    def data():
        pair = (numbers(32, 5, 3), numbers(32, 2, seed=2))
        return tf.data.Dataset.from_tensor_slices(pair).shuffle(32).batch(8)

    seen = {}
    for name, source in {"before": data(), "after": None}.items():
        ends = []
        for _ in range(2):
            keras.utils.set_random_seed(3)
            model = model_of(LSTM(2))
            model.compile("adam", "mse")
            model.fit(source or data(), verbose=0)
            ends.append(model.get_weights())
        seen[name] = farthest(*ends)
    return seen


@attack("trainer.history-stays")
def histories_as_callbacks():
    """Give evaluate and predict a History of one's own: is it the model's history then?"""
    seen = {}
    model = model_of(LSTM(2))
    model.compile("sgd", "mse")
    for name, given in {"evaluate": (X, ones(2, 2)), "predict": (X,)}.items():
        model.fit(X, ones(2, 2), verbose=0)
        history = keras.callbacks.History()
        getattr(model, name)(*given, verbose=0, callbacks=[history])
        seen[name] = model.history is history
    return seen


@attack("trainer.evaluate-twice")
def masks_after_an_evaluation():
    """Evaluate a model of seeded dropout, or not, before fit: does fit report the same loss?"""
    losses = []
    for evaluations in (0, 1):
        keras.utils.set_random_seed(1)
        model = model_of(LSTM(2, dropout=0.5, seed=1))
        model.compile("sgd", "mse")
        for _ in range(evaluations):
            model.evaluate(X, ones(2, 2), verbose=0)
        losses.append(model.fit(X, ones(2, 2), shuffle=False, verbose=0).history["loss"])
    return losses


class Batch(keras.utils.PyDataset):
    """Input and targets in a batch."""

    def __init__(self, *data):
        super().__init__()
        self.data = data

    def __len__(self):
        """Return how many batches there are."""
        return 1

    def __getitem__(self, index):
        """Return a batch."""
        return self.data


@attack("trainer.dataset-object")
def class_weights_of_named_targets():
    """Give class_weight beside a PyDataset of targets of two outputs, in a dictionary and not."""
    inputs = keras.Input((4, 3))
    model = keras.Model(inputs, [LSTM(1, name=name)(inputs) for name in "pq"])
    model.compile("sgd", ["mse", "mse"])
    ids = np.array([0, 1])
    weights = {0: 1.0, 1: 3.0}
    return {
        type(targets).__name__: outcome(
            lambda: model.fit(Batch(X, targets), class_weight=weights, verbose=0).history
        )
        for targets in ((ids, ids), {"p": ids, "q": ids})
    }


@attack("trainer.unknown-length")
def a_second_epoch_of_adam():
    """Fit twice by Adam from arrays and a Dataset of unknown length, compiled or not: how far?"""
    pair = (numbers(4, 4, 3), numbers(4, 2, seed=4))
    data = tf.data.Dataset.from_tensor_slices(pair).filter(lambda x, y: True).batch(2)
    seen = {}
    for eager in (False, True):
        ends = []
        for source, options in (((data,), {}), (pair, {"batch_size": 2, "shuffle": False})):
            keras.utils.set_random_seed(1)
            model = model_of(LSTM(2))
            model.compile("adam", "mse", run_eagerly=eager)
            for _ in range(2):
                model.fit(*source, verbose=0, **options)
            ends.append(model.get_weights())
        seen[f"run_eagerly={eager}"] = farthest(*ends)
    return seen


@attack("trainer.accuracy")
def batches_of_unequal_lengths():
    """Evaluate a right batch of 4 timesteps and a wrong one of 1: what accuracy?"""
    model = keras.Sequential([keras.Input((None, 1)), layers.Identity()])
    model.compile("sgd", "mse", metrics=["accuracy"], run_eagerly=True)
    batches = (
        (np.full((1, n, 1), 0.9), np.full((1, n, 1), right)) for n, right in ((4, 1), (1, 0))
    )
    return model.evaluate(batches, verbose=0)[1]


@attack("trainer.lists-of-losses")
def short_lists_of_losses():
    """Give a list of a loss to two outputs, in a list and in a tuple."""
    inputs = keras.Input((4, 3))
    outputs = [LSTM(2, name=name)(inputs) for name in "pq"]
    seen = {}
    for kind in (list, tuple):
        model = keras.Model(inputs, kind(outputs))
        model.compile("sgd", ["mse"], run_eagerly=True)
        seen[kind.__name__] = outcome(lambda: model.test_on_batch(X, [ones(2, 2)] * 2))
    return seen


@attack("trainer.clone-of-own-loss")
def clones_of_own_losses():
    """Clone models compiled with a function, a lambda or a Loss of one's own."""

    def squares(y, z):
        return ops.mean((y - z) ** 2, -1)

    class Squares(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return squares(y_true, y_pred)

    seen = {}
    kinds = {"function": squares, "lambda": lambda y, z: squares(y, z), "class": Squares()}
    for name, loss in kinds.items():
        model = model_of(LSTM(2))
        model.compile("sgd", loss)
        seen[name] = outcome(lambda: keras.models.clone_model(model).compiled)
    return seen


class Failing(keras.utils.PyDataset):
    """An endless dataset whose third batch raises an error."""

    num_batches = None

    def __init__(self, error, **options):
        super().__init__(**options)
        self.error = error

    def __getitem__(self, index):
        """Return a batch."""
        if index == 2:
            raise self.error
        return X, ones(2, 2)


@attack("trainer.error-of-a-batch")
def errors_of_an_endless_dataset():
    """Raise errors in an endless PyDataset, by one and two workers: which come out?"""
    model = model_of(LSTM(2))
    model.compile("sgd", "mse")
    return {
        f"{kind.__name__}, {workers}": outcome(
            lambda: (
                model.fit(
                    Failing(kind("words"), workers=workers), steps_per_epoch=4, verbose=0
                ).epoch
            )
        )
        for kind in (ValueError, IndexError, StopIteration)
        for workers in (1, 2)
    }


@attack("trainer.targets-of-more-axes")
def targets_with_an_axis_between():
    """Give targets (batch, 1, units) to a last output: is the loss that of all pairs?"""
    seen = {}
    for batch, units in ((3, 2), (1, 2), (4, 3)):
        x = numbers(batch, 3, 2)
        target = numbers(batch, 1, units)
        model = model_of(LSTM(units), shape=(3, 2))
        model.compile("sgd", "mse", run_eagerly=True)
        pairs = float(np.mean((np.array(model(x)) - target) ** 2))
        call = outcome(lambda: round(float(model.test_on_batch(x, target)) - pairs, 5))
        seen[f"{batch} samples, {units} units"] = call
    return seen
