"""Attacks on each claim of models and modes: masks, merges, own layers, and graphs."""

from __future__ import annotations

import itertools

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import (
    BLANK,
    LSTM,
    MASK,
    X,
    farthest,
    gap,
    model_of,
    numbers,
    ones,
    reloaded,
    warned,
)

ROWS = {"return_sequences": True}


def masked(x=BLANK):
    """Return an input with the mask that Masking attaches."""
    return layers.Masking()(x)


def has_mask(tensor):
    """Say whether a mask is attached to a tensor."""
    return getattr(tensor, "_keras_mask", None) is not None


@attack("models.noise-in-its-type")
def types_of_noise():
    """Call noise layers of several policies in training on several types: what comes out?"""
    seen = {}
    kinds = (layers.Dropout, layers.GaussianNoise, layers.AlphaDropout, layers.SpatialDropout1D)
    for kind, policy in itertools.product(kinds, ("float32", "mixed_float16", "float64")):
        for given in ("float64", "float32", "float16"):
            output = outcome(
                lambda: kind(0.5, dtype=policy)(ops.cast(X, given), training=True).dtype.name
            )
            seen[f"{kind.__name__}, {policy}, {given}"] = output
    return seen


class Fixed(layers.Layer):
    """A layer that takes no name, and puts out a dictionary."""

    def __init__(self):
        super().__init__()

    def call(self, x):
        return {"a": x, "b": (x, x)}


class Named(layers.Layer):
    """A layer that takes a name, and puts out a list."""

    def call(self, x):
        return [x, x]


@attack("models.own-structure")
def clones_of_own_structures():
    """Clone models of layers that take a name, and that take none."""
    inputs = keras.Input((4, 3))
    return {
        kind.__name__: outcome(
            lambda: len(keras.models.clone_model(keras.Model(inputs, kind()(inputs))).outputs)
        )
        for kind in (Named, Fixed)
    }


class Added(layers.Layer):
    """A layer that adds an input, if there is one."""

    def call(self, x, more):
        return x if more is None else x + more


def optional_model():
    """Return a compiled model whose second input is optional."""
    inputs = [keras.Input((4, 3)), keras.Input((4, 3), optional=True)]
    model = keras.Model(inputs, LSTM(2)(Added()(*inputs)))
    model.compile("sgd", "mse")
    return model


class Halves(keras.utils.PyDataset):
    """A batch whose second input is None."""

    def __len__(self):
        """Return how many batches there are."""
        return 1

    def __getitem__(self, index):
        """Return a batch."""
        return (X, None), ones(2, 2)


@attack("models.optional-input")
def none_in_batches():
    """Leave the optional input out in a call, and in the batches of a PyDataset."""
    model = optional_model()
    return {
        "call": outcome(lambda: model([X, None]).shape),
        "fit": outcome(lambda: model.fit(Halves(), verbose=0).epoch),
        "predict": outcome(lambda: model.predict(Halves(), verbose=0).shape),
    }


@attack("models.optional-again")
def optional_inputs_of_copies():
    """Make a model of an optional input again, in three ways, and leave the input out."""
    model = optional_model()
    known = {"Added": Added}
    copies = {
        "JSON": lambda: keras.models.model_from_json(model.to_json(), custom_objects=known),
        "file": lambda: reloaded(model, custom_objects=known),
        "clone": lambda: keras.models.clone_model(model),
    }
    return {name: outcome(lambda: copy()([X, None]).shape) for name, copy in copies.items()}


@attack("models.average-of-unmasked")
def an_average_of_thousands():
    """Average 3000 outputs near 1 under a mask, in float32 and in half precision: how far off?"""
    mask = np.arange(3000)[None] < 2999
    seen = {}
    for policy in ("float32", "mixed_float16"):
        layer = LSTM(2, bias_initializer=keras.initializers.Constant(5.0), dtype=policy, **ROWS)
        rows = tf.function(lambda x: layer(x, mask=mask))(numbers(1, 3000, 3))
        mean = np.array(rows, "float64")[:, :2999].mean(1)
        seen[policy] = gap(layers.GlobalAveragePooling1D(dtype=policy)(rows, mask=mask), mean)
    return seen


@attack("models.mask-of-lambda")
def lambdas_that_return_their_input():
    """Return the input itself from a Lambda, on data and on a symbol: has it its mask?"""
    seen = {}
    for name, function in {"x": lambda x: x, "2 * x": lambda x: 2 * x}.items():
        tensors = {"data": masked(), "symbol": masked(keras.Input((4, 3)))}
        seen[name] = {k: has_mask(layers.Lambda(function)(t)) for k, t in tensors.items()}
    return seen


@attack("models.normalizes-frames")
def masks_of_frames():
    """Train BatchNormalization under masks of four axes, also of sizes one: of valid ones?"""
    x = numbers(2, 3, 2, 2, 3)
    whole = numbers(2, 3, 2, 2, seed=3) > 0
    seen = {}
    for mask in (whole, whole[:, :, :, :1], whole[:1], whole.astype("float32")):
        layer = layers.BatchNormalization(momentum=0.0)
        layer(x, mask=mask, training=True)
        valid = x[np.broadcast_to(mask, x.shape[:-1]).astype(bool)]
        seen[f"{mask.shape} {mask.dtype}"] = gap(layer.moving_mean, valid.mean(0))
    return seen


@attack("models.softmax-mask-refused")
def masks_of_a_softmax():
    """Give a Softmax of (2, 3, 4) masks of many shapes."""
    shapes = ((2, 3, 4), (2, 3, 1), (4,), (), (2, 3), (2, 3, 4, 1), (3, 3, 4), (2, 3, 8))
    x = numbers(2, 3, 4)
    return {
        shape: outcome(lambda: layers.Softmax()(x, mask=np.ones(shape, bool)).shape)
        for shape in shapes
    }


@attack("models.maximum-of-multiples")
@attack("modes.compiled")
@attack("modes.xla")
@attack("modes.xla-training")
def maximum_of_multiples_in_graphs():
    """Take the Maximum of rows and their double, in a graph, by XLA, in training: how far off?"""
    inputs = keras.Input((4, 3))
    rows = LSTM(2, use_cudnn=False, **ROWS)(inputs)
    model = keras.Model(inputs, layers.Maximum()([2.0 * rows, rows]))
    seen = {}
    for jit in (False, True):
        model.compile(keras.optimizers.SGD(0.0), "mse", jit_compile=jit)
        calls = {
            "tf.function": tf.function(lambda x: model(x), jit_compile=jit)(X),
            "predict": model.predict(X, verbose=0),
        }
        seen[f"jit_compile={jit}"] = {name: gap(model(X), y) for name, y in calls.items()}
        loss = float(model.train_on_batch(X, ones(2, 4, 2)))
        seen[f"jit_compile={jit}"]["loss"] = loss - float(np.mean((np.array(model(X)) - 1) ** 2))
    return seen


@attack("models.attention-leaves-masks")
def masks_after_attention():
    """Call attention layers on a masked query: has the query its mask afterwards?"""
    calls = {
        "Attention": lambda q: layers.Attention()([q, X]),
        "AdditiveAttention": lambda q: layers.AdditiveAttention()([q, X]),
        "MultiHeadAttention": lambda q: layers.MultiHeadAttention(1, 2)(q, X),
        "as value": lambda q: layers.MultiHeadAttention(1, 2)(ops.convert_to_tensor(X), q),
    }
    seen = {}
    for name, call in calls.items():
        query = masked()
        end = outcome(lambda: call(query).shape)
        seen[name] = (has_mask(query), end)
    return seen


@attack("models.merges-are-silent")
def warnings_of_merges():
    """Merge masked and unmasked tensors and symbols by each merge: which warnings?"""
    pairs = ([masked(), X], [masked(keras.Input((4, 3))), keras.Input((4, 3))])
    kinds = (layers.Add, layers.Subtract, layers.Multiply, layers.Average, layers.Maximum)
    kinds = (*kinds, layers.Minimum, layers.Concatenate, lambda: layers.Dot(1))
    caught = [warned(lambda: kind()(pair).shape) for kind in kinds for pair in pairs]
    return [texts for _, texts in caught if texts]


@attack("models.dot")
def a_dot_over_the_batch():
    """Take Dot over axis 0, of data and of symbols."""
    seen = {}
    for name, tensor in {"data": numbers(3, 3, 3), "symbols": keras.Input((3, 3))}.items():
        for axes in (0, (0, 1)):
            seen[f"{name}, {axes}"] = outcome(lambda: layers.Dot(axes)([tensor, tensor]).shape)
    return seen


@attack("models.other-structure")
def lists_for_dictionaries():
    """Give a list to a model of a dictionary of inputs, as data and as symbols: what warnings?"""
    symbols = [keras.Input((4, 3)) for _ in range(2)]
    seen = {}
    for order in ("ab", "ba"):
        inputs = {name: keras.Input((4, 3), name=name) for name in order}
        model = keras.Model(inputs, inputs["a"] - 2 * inputs["b"])
        outer = outcome(lambda: gap(keras.Model(symbols, model(symbols))([X, 2 * X]), X - 4 * X))
        texts = [warned(lambda: model(given).shape) for given in ([X, 2 * X], symbols)]
        seen[order] = (texts, outer)
    return seen


@attack("models.input-masks-by-name")
def masks_of_inputs_out_of_order():
    """Give masked tensors to two Inputs, by names in order and not: has each its own mask?"""
    layer = LSTM(2)
    rolled = np.roll(MASK, 1, 1)
    data = [BLANK, X * rolled[:, :, None]]
    right = [layer(x, mask=mask) for x, mask in zip(data, (MASK, rolled), strict=True)]
    seen = {}
    for names in ("ab", "ba"):
        inputs = [keras.Input((4, 3), name=name) for name in names]
        model = keras.Model(inputs, [layer(tensor) for tensor in inputs])
        given = {name: masked(x) for name, x in zip(names, data, strict=True)}
        seen[names] = farthest(model(given), right)
    return seen


class Subclass(keras.Model):
    """A subclass that is made of inputs and outputs."""


@attack("models.subclass-of-layers")
def subclasses_of_lambdas():
    """Make subclasses again by from_config: of a Python lambda in a Lambda, as activation."""
    kinds = {
        "LSTM": lambda x: LSTM(2)(x),
        "Lambda": lambda x: LSTM(2)(layers.Lambda(lambda y: 2 * y)(x)),
        "activation": lambda x: LSTM(2, activation=lambda y: ops.tanh(y))(x),
    }
    seen = {}
    for name, kind in kinds.items():
        inputs = keras.Input((4, 3))
        model = Subclass(inputs, kind(inputs))
        seen[name] = outcome(lambda: Subclass.from_config(model.get_config())(X).shape)
    return seen


class Scaled(keras.Model):
    """A model that asks for numbers, which symbols have not."""

    def __init__(self):
        super().__init__()
        self.lstm = LSTM(2)

    def call(self, x):
        y = self.lstm(x)
        return y / float(np.max(np.abs(y)))


@attack("models.untraced-call")
def symbols_after_a_call():
    """Call a subclass that asks for numbers on an Input, at once and after a call on arrays."""
    seen = {}
    for first in (False, True):
        model = Scaled()
        if first:
            model(X)
        seen[f"called before: {first}"] = warned(lambda: model(keras.Input((4, 3))))
    return seen


class Inner(keras.Model):
    """A model of a Sequential model that is not built."""

    def __init__(self):
        super().__init__()
        self.inner = keras.Sequential([LSTM(2)])

    def call(self, x):
        return self.inner(x)


@attack("models.build-of-subclass")
def subclasses_built_by_shapes():
    """Build a subclass by a shape: which warnings, how many weights, and can it be fitted?"""
    model = Inner()
    built = warned(lambda: model.build((None, 4, 3)))
    model.compile("sgd", "mse")
    fit = outcome(lambda: model.fit(X, ones(2, 2), verbose=0).epoch)
    return {"build": built, "built": model.built, "weights": len(model.weights), "fit": fit}


class Both(layers.Layer):
    """A layer of two inputs and their masks, which it puts out."""

    def call(self, a, b, a_mask=None, b_mask=None):
        return [ops.cast(m, "int32")[0] for m in (a_mask, b_mask) if m is not None]


@attack("models.own-masks-passed")
def masks_passed_and_attached():
    """Pass the mask of one input by name, beside attached ones: which masks come?"""
    mask = np.array([[False, True, False, True]] * 2)
    calls = {
        "a": lambda: Both()(masked(), masked(), a_mask=mask),
        "b": lambda: Both()(masked(), masked(), b_mask=mask),
        "a, b by name": lambda: Both()(masked(), b=masked(), a_mask=mask),
        "None": lambda: Both()(masked(), masked(), a_mask=None),
    }
    return {name: [np.array(m).tolist() for m in call()] for name, call in calls.items()}


@attack("models.declared-by-layers")
def types_that_layers_declare():
    """Compare the type of a symbol with that of data, of a Lambda that casts and of others."""
    kinds = {
        "cast": layers.Lambda(lambda x: ops.cast(x, "int32")),
        "Discretization": layers.Discretization([0.0]),
        "LSTM": LSTM(2, dtype="float64"),
    }
    symbol = keras.Input((None, 3))
    return {name: (kind(symbol).dtype, kind(X).dtype.name) for name, kind in kinds.items()}


class Refusing(layers.Layer):
    """A layer that raises a TypeError."""

    def call(self, x, mask=None):
        raise TypeError("words of its own")


@attack("models.own-type-error")
def type_errors_of_own_layers():
    """Raise a TypeError in a layer of a Sequential model: are its words in the error?"""
    calls = {
        "made": lambda: keras.Sequential([keras.Input((4, 3)), Refusing()]),
        "called": lambda: keras.Sequential([LSTM(2), Refusing()])(X),
        "predict": lambda: keras.Sequential([Refusing()]).predict(X, verbose=0),
        "nested": lambda: keras.Sequential([keras.Sequential([Refusing()])])(X),
    }
    seen = {}
    for name, call in calls.items():
        try:
            call()
        except Exception as error:
            seen[name] = (type(error).__name__, "words of its own" in str(error))
    return seen


@attack("models.joined-refused")
def shapes_that_do_not_join():
    """Concatenate tensors of other lengths, batches and axes, a single tensor, and symbols."""
    join = layers.Concatenate
    open_length = [keras.Input((None, 3)), keras.Input((4, 3))]
    calls = {
        "lengths": lambda: join()([X, X[:, :1]]),
        "batches": lambda: join()([X, X[:1]]),
        "axes": lambda: join()([X, X[:, 0]]),
        "single": lambda: join()(X),
        "symbols": lambda: join()([keras.Input((5, 3)), keras.Input((4, 3))]),
        "open length": lambda: join()(open_length).shape,
    }
    return {name: outcome(call) for name, call in calls.items()}


@attack("modes.windows-with-steps")
def fewer_targets_than_windows():
    """Give four targets for the windows of ten rows, with start_index and without."""
    make = keras.utils.timeseries_dataset_from_array
    rows = np.arange(10)
    return {
        str(options): outcome(
            lambda: [x.numpy().tolist() for x, _ in make(rows, rows[:4], 3, **options)]
        )
        for options in ({}, {"start_index": 0}, {"start_index": 1})
    }


@attack("modes.train-traces-twice")
def frozen_after_the_first_step():
    """Freeze a layer after a step, and train on as many samples, and on more: does it move?"""
    seen = {}
    for samples in (2, 5):
        layer = LSTM(2)
        model = model_of(layer, layers.Dense(1), shape=(4, 3))
        model.compile("sgd", "mse")
        model.train_on_batch(X, ones(2, 1))
        layer.trainable = False
        before = layer.get_weights()
        model.train_on_batch(numbers(samples, 4, 3), ones(samples, 1))
        seen[f"{samples} samples"] = farthest(layer.get_weights(), before) > 0
    return seen


@attack("modes.linear-in-a-graph")
def linear_layers_in_graphs():
    """Call linear layers of many options eagerly and by predict, with XLA and without: how far?"""
    seen = {}
    options = ({}, {"unroll": True}, {"use_bias": False}, {"recurrent_activation": "linear"}, ROWS)
    for how, jit in itertools.product(options, (False, True)):
        model = model_of(layers.Masking(), LSTM(2, activation="linear", **how), shape=(4, 3))
        model.compile(jit_compile=jit)
        call = outcome(lambda: gap(model.predict_on_batch(BLANK), model(BLANK)))
        seen[f"{how}, {jit}"] = call
    return seen


@attack("modes.layers-are-frozen")
def layers_added_after_a_run():
    """Add a layer of zeros after predict and fit: is it in later ones, eagerly, of other sizes?"""
    seen = {}
    for options in ({}, {"jit_compile": True}, {"run_eagerly": True}):
        model = model_of(LSTM(2), shape=(4, 3))
        model.compile("sgd", "mse", **options)
        model.predict(X, verbose=0)
        model.add(layers.Rescaling(0.0))
        calls = {"same": X, "batch": numbers(5, 4, 3)}
        zeros = {name: not model.predict(x, verbose=0).any() for name, x in calls.items()}
        seen[str(options)] = zeros | {"call": not np.any(model(X))}
    return seen


class Others(layers.Layer):
    """A layer with a mask, and any other arguments."""

    def call(self, x, mask=None, **others):
        return ops.convert_to_tensor(mask is not None)


@attack("models.mask-beside-empty-arguments")
def empty_arguments_by_any_name():
    """Give an empty list, dictionary or tuple through **others, beside a masked input."""
    given = {"nothing": {}, "list": {"more": []}, "tuple": {"more": ()}, "text": {"more": "a"}}
    return {name: outcome(lambda: bool(Others()(masked(), **more))) for name, more in given.items()}


@attack("models.other-batch-refused")
def batches_that_differ():
    """Add a sample to two: in a list, a Dataset and a generator."""
    inputs = [keras.Input((4, 3)) for _ in range(2)]
    model = keras.Model(inputs, LSTM(2)(layers.Add()(inputs)))
    pair = (X, X[:1])
    sources = {
        "list": lambda: list(pair),
        "Dataset": lambda: tf.data.Dataset.from_tensors((pair,)),
        "generator": lambda: ((pair,) for _ in range(1)),
    }
    return {
        name: outcome(lambda: model.predict(source(), verbose=0).shape)
        for name, source in sources.items()
    }
