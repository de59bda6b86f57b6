"""Attacks on claims of models and of speed, from reading each of them as if it were false."""

from __future__ import annotations

import warnings

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from lstm_spec.claims import speed
from lstm_spec.harness.subject import lstm_without_cudnn
from lstm_spec.harness.timing import seconds
from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import close, mask_of, numbers, ones

PADDED = np.array([[[1.0, 2.0], [3.0, 4.0], [0.0, 0.0]]], "float32")


@attack("models.declared-by-layers")
@attack("models.declared-shapes")
def activations_that_change_a_shape():
    """Declare and return: glu of a Dense and an Activation, a cast, a wider backward layer."""
    wide = layers.LSTM(5, go_backwards=True)
    kinds = {
        "Dense of glu": layers.Dense(4, activation="glu"),
        "Activation of glu": layers.Activation("glu"),
        "Activation that casts": layers.Activation(lambda x: tf.cast(x, "float64")),
        "Bidirectional": layers.Bidirectional(layers.LSTM(3), backward_layer=wide),
    }
    results = {}
    for name, layer in kinds.items():
        declared = layer(keras.Input((None, 2)))
        y = layer(numbers(3, 4, 2))
        results[name] = f"{declared.shape} {declared.dtype}, {tuple(y.shape)} {y.dtype.name}"
    return results


@attack("models.causal-attention")
def scores_of_many_sizes():
    """A first row whose next timestep scores 2e4 to 1e12: which layers read that timestep?"""
    query = np.ones((1, 2, 1), "float32")
    results = {}
    for size in (2e4, 1e9, 1e12):
        value = np.array([[[1.0], [size]]], "float32")
        heads = layers.MultiHeadAttention(1, 1, use_bias=False, kernel_initializer="ones")
        rows = {
            "Attention": layers.Attention()([query, value], use_causal_mask=True),
            "MultiHeadAttention": heads(query, value, use_causal_mask=True),
        }
        for name, y in rows.items():
            results[f"{name}, {size:g}"] = bool(np.array(y)[0, 0, 0] > 1)
    return results


class Training(layers.Layer):
    """A layer that is in training by default, and calls a Dropout."""

    def __init__(self):
        super().__init__()
        self.dropout = layers.Dropout(0.5)

    def call(self, x, training=True):
        """Call the Dropout."""
        return self.dropout(x)


@attack("models.training-by-default")
def a_layer_within():
    """Is a Dropout in training that the layer calls: bare, in a model, and in predict?"""
    x = np.ones((2, 3, 4), "float32")
    model = keras.Sequential([keras.Input((3, 4)), Training()])
    rows = {"bare": Training()(x), "model": model(x), "predict": model.predict(x, verbose=0)}
    return {name: bool(np.any(np.array(y) == 0)) for name, y in rows.items()}


@attack("models.own-table")
def clones_of_a_table():
    """With which table does a clone begin, by `weights` beside an initializer, and a Constant?"""
    table = numbers(4, 3)
    constant = keras.initializers.Constant(table)
    kinds = {
        "weights": layers.Embedding(4, 3, weights=[table]),
        "weights and zeros": layers.Embedding(
            4, 3, weights=[table], embeddings_initializer="zeros"
        ),
        "Constant": layers.Embedding(4, 3, embeddings_initializer=constant),
    }
    results = {}
    for name, layer in kinds.items():
        clone = keras.models.clone_model(keras.Sequential([keras.Input((2,)), layer]))
        begun = clone.get_weights()[0]
        results[name] = f"table {close(begun, table)}, zeros {bool(np.all(begun == 0))}"
    return results


@attack("models.order-of-layers")
def summaries_of_a_chain():
    """Does the summary of a functional chain tell what is connected, and that of a branch?"""
    given = keras.Input((3, 1))
    y = layers.Dense(2)(layers.LSTM(2)(given))
    models = {
        "chain": keras.Model(given, y),
        "branch": keras.Model(given, [y, layers.LSTM(2)(given)]),
    }
    results = {}
    for name, model in models.items():
        lines = []
        model.summary(print_fn=lambda text, lines=lines, **_: lines.append(text))
        results[name] = "Connected to" in "".join(lines)
    return results


class AsFunctional(keras.Model):
    """A subclass whose arguments are those of a functional model."""

    def __init__(self, inputs, outputs, name=None, **options):
        super().__init__(inputs, outputs, name=name, **options)


class WithoutName(keras.Model):
    """A subclass that names two arguments."""

    def __init__(self, inputs, outputs, **options):
        super().__init__(inputs, outputs, **options)


@attack("models.subclass-of-layers")
def arguments_by_name():
    """Of `__init__` with inputs, outputs, name and **options, and without name: made again?"""
    given = keras.Input((3, 1))
    y = layers.LSTM(2)(given)
    return {
        kind.__name__: outcome(
            lambda k=kind: type(k.from_config(k(given, y).get_config())).__name__
        )
        for kind in (AsFunctional, WithoutName)
    }


@attack("models.ends-mask")
def convolutions_that_are_recurrent():
    """Does a ConvLSTM1D that returns sequences hand a mask on?"""
    layer = layers.ConvLSTM1D(2, 1, return_sequences=True)
    return mask_of(layer(numbers(1, 3, 4, 2), mask=tf.constant([[True, True, False]])))


@attack("models.average-of-nothing")
def losses_behind_activations():
    """The loss of a batch with a sample of padding: is it NaN behind activations of a Dense?"""
    x = np.concatenate([PADDED, 0 * PADDED])
    results = {}
    for name in ("linear", "relu", "sigmoid"):
        model = keras.Sequential(
            [
                keras.Input((3, 2)),
                layers.Masking(),
                layers.GlobalAveragePooling1D(),
                layers.Dense(2, activation=name),
            ]
        )
        model.compile("sgd", "mse")
        results[name] = bool(np.isnan(model.evaluate(x, np.ones((2, 2)), verbose=0)))
    return results


@attack("models.mask-of-lambda")
def a_tensor_for_a_function():
    """A Lambda whose `mask` is a tensor, and one that returns None: which mask is handed on?"""
    masks = {"tensor": tf.constant([[True, True, True]]), "None": lambda inputs, mask: None}
    return {
        name: mask_of(layers.Lambda(lambda x: 2.0 * x, mask=mask)(layers.Masking()(PADDED)))
        for name, mask in masks.items()
    }


class Wrapped(keras.Model):
    """A subclassed model of a Dense."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(2)

    def call(self, x):
        """Call the Dense."""
        return self.dense(x)


@attack("models.mask-in-nested")
def a_subclass_within():
    """Does a subclassed model hand the mask on: on data, on symbols, and in a model that runs?"""
    inner = Wrapped()
    on_data = mask_of(inner(layers.Masking()(PADDED)))
    given = keras.Input((None, 2))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        y = inner(layers.Masking()(given))
    lstm = layers.LSTM(2)
    model = keras.Model(given, lstm(y))
    return {
        "data": on_data,
        "symbols": getattr(y, "_keras_mask", None) is not None,
        "warns": any("destroy the mask" in str(warning.message) for warning in caught),
        "skips": close(model(PADDED), lstm(inner(PADDED[:, :2]))),
    }


@attack("models.mask-under-policy")
def types_on_the_way_in():
    """To which type do mixed policies cast the input of an LSTM?"""
    results = {}
    for name in ("mixed_float16", "mixed_bfloat16"):
        types = []
        dense = layers.RNN(layers.LSTMCell(2, dtype=name), dtype=name)
        call = dense.cell.call
        dense.cell.call = lambda x, *rest, call=call, types=types, **options: (
            types.append(x.dtype.name) or call(x, *rest, **options)
        )
        outcome(lambda layer=dense: layer(layers.Masking()(PADDED)))
        results[name] = sorted(set(types))
    return results


@attack("models.sum-of-padding")
def a_dense_of_padding():
    """What does a new Dense make of what Masking puts zeros for, and what does a sigmoid?"""
    masked = layers.Masking()(PADDED)
    kinds = {"Dense": layers.Dense(2), "sigmoid": layers.Activation("sigmoid")}
    return {name: np.array(layer(masked))[0, 2].tolist() for name, layer in kinds.items()}


@attack("models.dot")
def cosines_of_short_vectors():
    """The cosine of a vector and itself, of lengths down to 1e-13; and axis 0 of two squares."""
    results = {}
    for size in (1.0, 1e-6, 1e-9, 1e-13):
        x = np.full((1, 3), size, "float32")
        results[f"{size:g}"] = f"{float(layers.Dot(1, normalize=True)([x, x])[0, 0]):.2g}"
    x = numbers(3, 3)
    results["axes"] = outcome(lambda: layers.Dot((0, 1))([x, x]).shape).split(":")[0]
    return results


@attack("models.absent-inputs-refused")
def more_names_than_inputs():
    """A name more, in front of and behind the others: what is read by each kind of model?"""
    left, right = (keras.Input((1,), name=name) for name in ("left", "right"))
    models = {
        "list": keras.Model([left, right], left - right),
        "dictionary": keras.Model({"left": left, "right": right}, left - right),
    }
    row = np.ones((1, 1), "float32")
    results = {}
    for kind, model in models.items():
        for name in ("a", "z"):
            given = {"left": 5 * row, "right": 2 * row, name: 100 * row}
            results[f"{kind}, {name}"] = outcome(lambda m=model, g=given: float(m(g)[0, 0]))
    return results


@attack("models.samples")
def layers_along_the_batch():
    """Is a sample the same alone, behind layers with axis=0 and an operation along the batch?"""
    x = numbers(4, 3, 2)
    given = keras.Input((3, 2))
    outputs = {
        "Softmax": layers.Softmax(axis=0)(given),
        "UnitNormalization": layers.UnitNormalization(axis=0)(given),
        "cumsum": keras.ops.cumsum(given, axis=0),
        "GroupNormalization": layers.GroupNormalization(1)(given),
    }
    results = {}
    for name, y in outputs.items():
        model = keras.Model(given, y)
        results[name] = close(np.array(model(x))[1:2], model(x[1:2]))
    return results


class Halves(layers.Layer):
    """A layer of two tensors that may hold another layer."""

    def __init__(self, inner=None, **options):
        super().__init__(**options)
        self.inner = inner

    def call(self, x):
        """Return the features apart."""
        return {"left": x[..., :1], "right": x[..., 1:]}


@attack("models.own-structure")
def clones_of_own_layers():
    """Is a model cloned whose own layer has no argument, a number, and a layer as argument?"""
    results = {}
    for name, inner in {"none": None, "number": 3, "layer": layers.Dense(2)}.items():
        given = keras.Input((3, 2))
        model = keras.Model(given, Halves(inner)(given)["left"])
        results[name] = outcome(lambda m=model: keras.models.clone_model(m).output_shape)
    return results


@attack("models.siblings-skip")
def an_initial_state_beside_a_mask():
    """Is the padding skipped with an initial state, by a mask attached and one that is passed?"""
    results = {}
    for kind in (layers.GRU, layers.SimpleRNN):
        layer = kind(3)
        state = tf.constant(numbers(1, 3))
        expected = layer(PADDED[:, :2], initial_state=state)
        attached = layer(layers.Masking()(PADDED), initial_state=state)
        mask = tf.constant([[True, True, False]])
        passed = layer(PADDED, mask=mask, initial_state=state)
        results[kind.__name__] = {
            "attached": close(attached, expected),
            "passed": close(passed, expected),
        }
    return results


@attack("models.conv-lstm-frames")
def kernels_of_a_row():
    """How many rows and columns of five does a kernel of a row and three columns leave?"""
    return str(tuple(layers.ConvLSTM2D(4, (1, 3))(numbers(1, 2, 5, 5, 2)).shape))


@attack("models.slices-add-losses")
def frozen_slices():
    """How many losses have slices of a Dense with a penalty that is frozen, and the Dense?"""
    results = {}
    for frozen in ("slices", "Dense"):
        dense = layers.Dense(2, kernel_regularizer="l2")
        slices = layers.TimeDistributed(dense)
        slices(PADDED)
        (slices if frozen == "slices" else dense).trainable = False
        results[frozen] = [len(slices.losses), len(dense.losses)]
    return results


@attack("models.training-step")
def what_else_moves_weights():
    """Is it the gradient of the squared error with penalties, constraints, arguments of SGD?"""
    x = numbers(4, 3, 2)
    y = numbers(4, 2, seed=1)
    cases = {
        "plain": ({}, {}),
        "penalty": ({"kernel_regularizer": "l2"}, {}),
        "constraint": ({"kernel_constraint": keras.constraints.MaxNorm(0.1)}, {}),
        "weight decay": ({}, {"weight_decay": 0.1}),
        "clipped": ({}, {"clipnorm": 0.001}),
    }
    results = {}
    for name, (options, of_sgd) in cases.items():
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((3, 2)), layers.LSTM(2, **options)])
        model.compile(keras.optimizers.SGD(1.0, **of_sgd), "mse")
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(x) - y) ** 2)
        gradients = tape.gradient(loss, model.trainable_variables)
        before = model.get_weights()
        model.fit(x, y, verbose=0)
        triples = zip(before, model.get_weights(), gradients, strict=True)
        results[name] = all(close(old - new, gradient) for old, new, gradient in triples)
    return results


def in_turn(*calls):
    """Return what each of some calls takes, when it was called before."""
    for call in calls:
        call()
    return [seconds(call) for call in calls]


@attack("speed.bidirectional")
def the_implementation_of_copies():
    """Which implementation have the two layers of a Bidirectional of implementation=1?"""
    both = layers.Bidirectional(layers.LSTM(2, implementation=1))
    return [half.cell.implementation for half in (both.forward_layer, both.backward_layer)]


@attack("speed.implementations")
def implementations_by_xla():
    """By XLA: does implementation=1 take more than twice as long?"""
    first, second = (speed.sized(8, 50, 32, 32, implementation=k) for k in (1, 2))
    calls = [speed.compiled(case, jit_compile=True) for case in (first, second)]
    slower, faster = in_turn(*calls)
    return bool(slower > 2 * faster)


@attack("speed.predict-on-much")
def predict_that_runs_eagerly():
    """Compiled with run_eagerly=True: does a plain call take less than 1.5 times of predict?"""
    case = speed.sized(4, 50, 8, 8)
    model = keras.Sequential([keras.Input((None, 8)), lstm_without_cudnn(case)])
    model.compile(run_eagerly=True)
    calls = speed.plain(case), lambda: model.predict(case.x, verbose=0)
    plain, predict = in_turn(*calls)
    return bool(plain < 1.5 * predict)


@attack("models.mask-of-returned-input")
def ways_to_return_the_input():
    """Return the input itself, a copy, identity or a part in a tuple: does its mask end?"""

    def ends(call):
        methods = {"compute_mask": lambda self, x, mask=None: None, "call": call}
        return type("Ends", (layers.Layer,), methods)()

    calls = {
        "itself": lambda self, x: x,
        "in a list": lambda self, x: [x],
        "tf.identity": lambda self, x: tf.identity(x),
        "convert_to_tensor": lambda self, x: keras.ops.convert_to_tensor(x),
        "copy": lambda self, x: keras.ops.copy(x),
    }
    masked = layers.Masking()(PADDED)
    return {
        name: str([mask_of(t) for t in keras.tree.flatten(ends(call)(masked))])
        for name, call in calls.items()
    }


@attack("models.joined-in-time")
def joined_with_a_whole_part_of_another_type():
    """Of a masked and an unmasked part, in three types and by axis=-2: is the padding skipped?"""
    seen = {}
    join = layers.Concatenate(axis=-2)
    reader = layers.LSTM(2)
    for dtype in ("float16", "float64", "int32"):
        parts = layers.Masking()(numbers(2, 3, 1) * np.array([[[1]], [[0]]])), ones(2, 2, 1)
        y = join([parts[0], keras.ops.cast(parts[1], dtype)])
        seen[dtype] = mask_of(y), close(reader(y)[1:], reader(parts[1])[1:])
    return seen


@attack("models.attention-skips")
def masked_queries_and_keys_of_their_own():
    """With a key of its own, and masks of a query and a value of two lengths: is padding read?"""
    mask = np.array([[True, True, False, False, True]] * 2)
    query = numbers(2, 3, 2)
    value = numbers(2, 5, 2, seed=1)
    key = numbers(2, 5, 2, seed=2)
    moved = np.where(mask[..., None], value, 50)
    shown = np.array([[True, False, True]] * 2)
    attend = layers.Attention()
    y, z = (attend([query, v, key], mask=[shown, mask]) for v in (value, moved))
    return close(y, z)
