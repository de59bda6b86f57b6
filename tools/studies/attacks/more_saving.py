"""Further attacks on the claims of the chapter `saving`, one at least for each claim."""

import contextlib
import copy
import io
import pickle
import tempfile
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import X, close, reloaded

layers = keras.layers
LSTM, Cell = layers.LSTM, layers.LSTMCell


class Total(keras.layers.Layer):
    """A cell that is not registered: the total of its input."""

    state_size = 3

    def call(self, x, states):
        """Add a timestep to the total."""
        return states[0] + x, [states[0] + x]


def model_of(*inside, timesteps=4):
    """Return a Sequential model of layers."""
    return keras.Sequential([keras.Input((timesteps, 3)), *inside])


def survives(model, name):
    """Say whether a model computes the same after it is saved and loaded."""
    return outcome(lambda: close(reloaded(model, name)(X), model(X)))[:60]


def handed_over(model, other):
    """Load the weights of a model into another one by a file, and return that."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_weights(Path(folder, "lstm.weights.h5"))
        other.load_weights(Path(folder, "lstm.weights.h5"))
        return other


def exported(model, x):
    """Export a model as a SavedModel and run it."""
    with tempfile.TemporaryDirectory() as folder:
        model.export(folder, verbose=False)
        return layers.TFSMLayer(folder, call_endpoint="serve")(x)


def litert(model, x):
    """Export a model to LiteRT and run it."""
    with tempfile.TemporaryDirectory() as folder:
        model.export(str(Path(folder, "lstm.tflite")), format="litert", verbose=False)
        content = Path(folder, "lstm.tflite").read_bytes()
    return interpreted(content, x)


def converted(model, x):
    """Convert a model with TensorFlow's converter and run it."""
    return interpreted(tf.lite.TFLiteConverter.from_keras_model(model).convert(), x)


def interpreted(content, x):
    """Run a LiteRT file on an input."""
    interpreter = tf.lite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


@attack("saving.config-of-other-kinds")
def rarer_arguments():
    """autocast=False, an activity_regularizer, merge_mode=None, a SeedGenerator: are they kept?"""
    kinds = [
        (LSTM(2, autocast=False), "autocast"),
        (layers.RNN(Cell(2), activity_regularizer="l2"), "activity_regularizer"),
        (layers.Bidirectional(LSTM(2), activity_regularizer="l2"), "activity_regularizer"),
        (layers.Bidirectional(LSTM(2), merge_mode=None), "merge_mode"),
        (Cell(2, seed=7), "seed"),
        (layers.Masking(autocast=False), "autocast"),
    ]
    kept = [outcome(lambda k=kind, n=name: k.get_config().get(n, "lost")) for kind, name in kinds]
    seed = outcome(lambda: LSTM(2, seed=keras.random.SeedGenerator(7)).get_config()["seed"])
    return kept, seed


@attack("saving.keeps-implementation")
def implementation_in_wrappers():
    """implementation=1 of the cell in RNN, and of an LSTM in Bidirectional: is it kept?"""
    both = layers.Bidirectional(LSTM(2, implementation=1))
    rnn = layers.RNN(Cell(2, implementation=1))
    twin = layers.RNN.from_config(rnn.get_config())
    return both.forward_layer.cell.implementation, twin.cell.implementation


@attack("saving.config-used-up")
def second_use_of_configurations():
    """A second layer from one configuration: of RNN, Bidirectional, a Sequential model."""
    kinds = [layers.RNN(Cell(2)), layers.Bidirectional(LSTM(2)), model_of(LSTM(2))]
    results = []
    for kind in kinds:
        config = kind.get_config()
        type(kind).from_config(config)
        results.append(outcome(lambda k=kind, c=config: type(k).from_config(c).built)[:12])
    return results


@attack("saving.config-custom-objects")
def custom_objects_of_the_forward_layer():
    """Bidirectional and TimeDistributed of RNN of a cell of one's own: is the class found?"""
    given = {"Total": Total}
    with keras.utils.custom_object_scope(given):
        kinds = [layers.Bidirectional(layers.RNN(Total())), layers.TimeDistributed(LSTM(2))]
    results = []
    for kind in kinds:
        read = partial(type(kind).from_config, kind.get_config(), custom_objects=given)
        results.append(outcome(lambda r=read: r().name)[:60])
    return results


@attack("saving.time-major-refused")
def time_major_among_others():
    """time_major in the configuration of LSTM, of RNN and of Bidirectional's layer: refused?"""
    config = {**LSTM(2).get_config(), "time_major": False}
    cell = {**layers.RNN(Cell(2)).get_config(), "time_major": False}
    both = layers.Bidirectional(LSTM(2)).get_config()
    both["layer"]["config"]["time_major"] = False
    calls = [
        lambda: LSTM.from_config(config),
        lambda: layers.RNN.from_config(cell),
        lambda: layers.Bidirectional.from_config(both),
    ]
    return [outcome(call)[:10] for call in calls]


@attack("saving.time-major-weights")
def weights_of_a_whole_model():
    """load_weights of an .h5 file of a whole model of two layers, with other names: the same?"""
    model = model_of(LSTM(2, return_sequences=True), LSTM(3))
    other = model_of(LSTM(2, return_sequences=True, name="a"), LSTM(3, name="b"))
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder, "lstm.h5"))
        other.load_weights(Path(folder, "lstm.h5"))
    return close(model(X), other(X))


@attack("saving.export")
def exports_of_other_layers():
    """Unrolled with open timesteps; Bidirectional; behind Masking; with return_state: the same?"""
    x = keras.Input((None, 3))
    models = [
        model_of(LSTM(2, unroll=True), timesteps=None),
        model_of(layers.Bidirectional(LSTM(2)), timesteps=None),
        model_of(layers.Masking(), LSTM(2), timesteps=None),
        model_of(LSTM(2, activation="relu", dropout=0.5), timesteps=None),
    ]
    results = [outcome(lambda m=m: close(exported(m, X), m(X))) for m in models]
    states = keras.Model(x, LSTM(2, return_state=True)(x))
    return *results, outcome(lambda: len(exported(states, X)))


@attack("saving.export-keeps-state")
def export_after_a_reset():
    """Exported after reset_state: does it start from zeros?"""
    layer = LSTM(2, stateful=True)
    model = keras.Sequential([keras.Input(batch_shape=(2, 4, 3)), layer])
    first = np.array(model(X))
    layer.reset_state()
    return close(exported(model, X), first)


@attack("saving.export-one-sequence")
def export_of_one_sequence_with_a_signature():
    """Batch size 1, stateful, with an input_signature that names it: exported?"""
    model = keras.Sequential([keras.Input(batch_shape=(1, 4, 3)), LSTM(2, stateful=True)])
    signature = [keras.layers.InputSpec(shape=(1, 4, 3), dtype="float32")]
    with tempfile.TemporaryDirectory() as folder:
        return outcome(lambda: model.export(folder, verbose=False, input_signature=signature))


@attack("saving.litert-unrolled")
def litert_of_other_layers():
    """Unrolled: open batch, float16, behind Masking, stateful, open timesteps: does it run?"""
    fixed = keras.Input(batch_shape=(1, 4, 3))
    models = {
        "open batch": model_of(LSTM(2, unroll=True)),
        "mixed_float16": keras.Sequential([fixed, LSTM(2, unroll=True, dtype="mixed_float16")]),
        "Masking": keras.Sequential([fixed, layers.Masking(), LSTM(2, unroll=True)]),
        "stateful": keras.Sequential([fixed, LSTM(2, unroll=True, stateful=True)]),
        "open timesteps": model_of(LSTM(2, unroll=True), timesteps=None),
    }
    results = {}
    x = X[:1]
    for name, model in models.items():
        y = np.array(model(x))
        if name == "stateful":
            model.layers[0].reset_state()
        results[name] = outcome(lambda m=model, y=y: np.allclose(litert(m, x), y, atol=1e-3))
    return results


@attack("saving.litert-converter")
def converter_on_other_loops():
    """A loop of known batch size: behind Masking, Bidirectional, mixed_float16."""
    fixed = keras.Input(batch_shape=(2, 4, 3))
    models = {
        "Masking": keras.Sequential([fixed, layers.Masking(), LSTM(2)]),
        "Bidirectional": keras.Sequential([fixed, layers.Bidirectional(LSTM(2))]),
        "float16": keras.Sequential([fixed, LSTM(2, dtype="mixed_float16")]),
    }
    results = {}
    for name, model in models.items():
        y = np.array(model(X))
        results[name] = outcome(lambda m=model, y=y: np.allclose(converted(m, X), y, atol=1e-3))
    return results


@attack("saving.onnx-uncalled")
def uncalled_functional_models():
    """A functional model, and one that was called on a symbol: exported to ONNX?"""
    x = keras.Input((4, 3))
    functional = keras.Model(x, LSTM(2)(x))
    model = model_of(LSTM(2))
    model(keras.Input((4, 3)))
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder, "lstm.onnx"))
        return [
            outcome(lambda m=m: m.export(file, format="onnx", verbose=False))[:60]
            for m in (functional, model)
        ]


@attack("saving.keras-file")
def one_layer_twice():
    """One layer twice, in a Sequential model and in a functional one: the same?"""
    x = keras.Input((4, 3))
    layer = LSTM(3, return_sequences=True)
    models = [model_of(layer, layer), keras.Model(x, layer(layer(x)))]
    return [survives(model, "lstm.keras") for model in models]


@attack("saving.legacy-file")
def other_models_in_legacy_files():
    """Stacks, wrappers, nested models, one cell twice, Masking by an array: the same?"""
    inner = model_of(LSTM(2, return_sequences=True))
    models = {
        "cells": model_of(layers.RNN([Cell(2), Cell(3)])),
        "Bidirectional": model_of(layers.Bidirectional(LSTM(2))),
        "nested": model_of(inner, LSTM(2)),
        "shared cell": model_of(layers.RNN([Cell(3, name="c")] * 2)),
        "mixed": model_of(LSTM(2, dtype="mixed_bfloat16")),
        "Masking": model_of(layers.Masking(np.zeros(3, "float32")), LSTM(2)),
        "regularized": model_of(LSTM(2, kernel_regularizer="l2", kernel_constraint="non_neg")),
    }
    return {name: survives(model, "lstm.h5") for name, model in models.items()}


@attack("saving.wrapped")
def other_wrapped_layers():
    """Wrappers in wrappers, a backward_layer, one cell twice: the same?"""
    cell = Cell(3)
    backward = LSTM(5, go_backwards=True)
    models = {
        "Bidirectional(RNN)": model_of(layers.Bidirectional(layers.RNN([Cell(2), Cell(3)]))),
        "backward_layer": model_of(layers.Bidirectional(LSTM(2), backward_layer=backward)),
        "one cell twice": model_of(layers.RNN([cell, cell])),
    }
    results = {name: survives(model, "lstm.keras") for name, model in models.items()}
    both = layers.Bidirectional(LSTM(2))
    sliced = keras.Sequential([keras.Input((2, 4, 3)), layers.TimeDistributed(both)])
    x = np.stack([X, X], axis=1)
    return {**results, "TimeDistributed(Bidirectional)": close(reloaded(sliced)(x), sliced(x))}


@attack("saving.masking-array")
def arrays_of_odd_numbers():
    """Infinity and NaN, whole numbers, float64: the same mask_value?"""
    values = [np.array([np.inf, np.nan, 1]), np.array([1, 2, 3]), np.array([0.1, 0.2, 0.3])]
    results = []
    for value in values:
        loaded = outcome(lambda v=value: reloaded(model_of(layers.Masking(v))).layers[0].mask_value)
        results.append(loaded)
    return results


@attack("saving.encoder-decoder")
def encoder_decoder_in_other_files():
    """In an .h5 file, and in a copy by clone_model: does the decoder start from the states?"""
    x = keras.Input((4, 3))
    z = keras.Input((4, 3))
    _, *states = LSTM(2, return_state=True)(x)
    model = keras.Model([x, z], LSTM(2)(z, initial_state=states))
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    y = model([X, -X])
    return [close(m([X, -X]), y) for m in (reloaded(model, "lstm.h5"), clone)]


@attack("saving.dtype-policy")
def policies_in_other_places():
    """float32 under another default, a float16 cell, a bfloat16 half, in both formats: kept?"""
    models = [
        model_of(LSTM(2)),
        model_of(layers.RNN(Cell(2, dtype="float16"))),
        model_of(layers.Bidirectional(LSTM(2, dtype="mixed_bfloat16"))),
    ]
    results = []
    for name in ("lstm.keras", "lstm.h5"):
        for model in models:
            y = model(X)
            keras.config.set_dtype_policy("float16")
            try:
                loaded = outcome(lambda m=model, n=name: reloaded(m, n)(X).dtype.name)
            finally:
                keras.config.set_dtype_policy("float32")
            results.append((y.dtype.name, loaded[:60]))
    return results


@attack("saving.legacy-compiled")
def other_losses_in_legacy_files():
    """mae, an object, a metric: can the file be loaded?"""
    results = []
    for options in ({"loss": "mae"}, {"loss": keras.losses.Huber()}, {"metrics": ["mse"]}):
        model = model_of(LSTM(2))
        model.compile("adam", **options)
        results.append(outcome(lambda m=model: reloaded(m, "lstm.h5").built)[:40])
    return results


@attack("saving.state-is-lost")
def state_in_other_copies():
    """In a pickle of a model with a state: from zeros?"""
    model = keras.Sequential([keras.Input(batch_shape=(2, 4, 3)), LSTM(2, stateful=True)])
    first = np.array(model(X))
    twin = pickle.loads(pickle.dumps(model))
    return close(twin(X), first)


@attack("saving.dropout-starts-again")
def other_random_layers():
    """A layer Dropout with a seed, and an LSTM in .h5: are the first masks drawn again?"""
    x = np.ones((2, 4, 3), "float32")
    results = []
    dropping = [
        (layers.Dropout(0.5, seed=1), "lstm.keras"),
        (LSTM(9, dropout=0.5, seed=1), "lstm.h5"),
    ]
    for layer, name in dropping:
        model = model_of(layer)
        first = np.array(model(x, training=True))
        model(x, training=True)
        results.append(bool(np.array_equal(reloaded(model, name)(x, training=True), first)))
    return results


@attack("saving.weights-file")
def fresh_models_of_other_kinds():
    """Not built; functional for Sequential; layers made in another order: the same?"""
    model = model_of(LSTM(2, return_sequences=True), LSTM(2))
    x = keras.Input((4, 3))
    functional = keras.Model(x, LSTM(2)(LSTM(2, return_sequences=True)(x)))
    upper = LSTM(2)
    lower = LSTM(2, return_sequences=True)
    unbuilt = keras.Sequential([LSTM(2, return_sequences=True), LSTM(2)])
    others = [unbuilt, functional, model_of(lower, upper)]
    return [outcome(lambda o=o: close(handed_over(model, o)(X), model(X)))[:80] for o in others]


@attack("saving.weights-and-masking")
def masking_removed():
    """A Masking layer less than was saved, in front and between: do the weights load?"""
    model = model_of(layers.Masking(), LSTM(2, return_sequences=True), LSTM(2))
    other = model_of(LSTM(2, return_sequences=True), layers.Masking(), LSTM(2))
    handed_over(model, other)
    return all(close(v, w) for v, w in zip(model.get_weights(), other.get_weights(), strict=True))


@attack("saving.weights-file-of-other-class")
def the_other_way_round():
    """From RNN(LSTMCell) into LSTM, and into a subclass of LSTM: does it load?"""

    class Mine(LSTM):
        pass

    pairs = [(layers.RNN(Cell(2)), LSTM(2)), (LSTM(2), Mine(2))]
    models = [[model_of(layer) for layer in pair] for pair in pairs]
    return [outcome(lambda p=pair: handed_over(*p).built)[:30] for pair in models]


@attack("saving.pickle")
def layers_that_are_not_built():
    """A layer that is not built, Bidirectional, RNN, a stateful layer: the same outputs?"""
    fresh = LSTM(2)
    both = layers.Bidirectional(LSTM(2))
    rnn = layers.RNN([Cell(2)])
    stateful = LSTM(2, stateful=True)
    results = []
    for layer in (fresh, both, rnn, stateful):
        if layer is not fresh:
            layer(X)
        twin = pickle.loads(pickle.dumps(layer))
        results.append(bool(np.array_equal(twin(X), layer(X))))
    return results


@attack("saving.litert")
def looped_litert():
    """Of a known and an open batch, masked, in Bidirectional: does a loop run in LiteRT?"""
    fixed = keras.Input(batch_shape=(1, 4, 3))
    inside = {"loop": LSTM(2), "both": layers.Bidirectional(LSTM(2)), "rnn": layers.RNN(Cell(2))}
    seen = {}
    for name, layer in inside.items():
        model = keras.Sequential([fixed, layer])
        model(X[:1])
        seen[name] = outcome(lambda m=model: close(litert(m, X[:1]), m(X[:1])))[:60]
    return seen


@attack("saving.onnx")
@attack("saving.onnx-bidirectional")
def operators_of_onnx():
    """By activation, mask, direction and dtype: how many LSTM operators, and what else?"""
    import onnx

    inside = {"plain": [LSTM(2)], "relu": [LSTM(2, activation="relu")], "mask": [layers.Masking()]}
    inside["mask"].append(LSTM(2))
    inside |= {"backwards": [LSTM(2, go_backwards=True)], "both": [layers.Bidirectional(LSTM(2))]}
    inside |= {name: [LSTM(2, activation=name)] for name in ("elu", "gelu", "linear")}
    inside |= {"no bias": [LSTM(2, use_bias=False)], "unrolled": [LSTM(2, unroll=True)]}
    seen = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, parts in inside.items():
            model = model_of(*parts)
            model(X)
            file = str(Path(folder, "lstm.onnx"))
            model.export(file, format="onnx", verbose=False)
            kinds = [node.op_type for node in onnx.load(file).graph.node]
            seen[name] = kinds.count("LSTM"), kinds.count("Loop")
    return seen


@attack("saving.openvino")
@attack("saving.openvino-unrolled")
def in_openvino():
    """Looped and unrolled, with open sizes and a mask: exported and the same?"""
    import openvino

    seen = {}
    for name, layer in {"loop": LSTM(2), "unrolled": LSTM(2, unroll=True)}.items():
        model = model_of(layer)
        model(X)
        with tempfile.TemporaryDirectory() as folder:
            file = str(Path(folder, "lstm.xml"))
            words = outcome(lambda m=model: m.export(file, format="openvino", verbose=False))
            if words == "None":
                hint = {"INFERENCE_PRECISION_HINT": "f32"}
                compiled = openvino.Core().compile_model(file, "CPU", hint)
                words = str(close(next(iter(compiled(X).values())), model(X)))
        seen[name] = words[:60]
    return seen


@attack("saving.pytorch-weights")
def weights_of_pytorch():
    """300 units, without biases, on 100 timesteps: the same outputs and states?"""
    import torch

    seen = []
    for units, bias in ((1, True), (300, True), (3, False)):
        other = torch.nn.LSTM(3, units, batch_first=True, bias=bias)
        weights = [np.array(w.detach()) for w in other.all_weights[0]]
        layer = LSTM(units, use_bias=bias, return_state=True)
        layer.build(X.shape)
        arrays = [weights[0].T, weights[1].T]
        layer.set_weights([*arrays, weights[2] + weights[3]] if bias else arrays)
        rows, (h, c) = other(torch.tensor(X))
        mine = layer(X)
        theirs = [np.array(part.detach()) for part in (rows[:, -1], h[0], c[0])]
        seen.append(all(close(a, b) for a, b in zip(mine, theirs, strict=True)))
    return seen


def flags_of(model):
    """Return how many weights of a model are trainable."""
    return len(model.trainable_weights)


@attack("saving.frozen-sequential")
def frozen_by_hand():
    """Frozen by `model.trainable = False`, read again: with wrappers, cells, models inside?"""
    seen = {}
    for name, layer in {
        "LSTM": lambda: LSTM(2),
        "Bidirectional": lambda: layers.Bidirectional(LSTM(2)),
        "RNN": lambda: layers.RNN([Cell(2), Cell(3)]),
        "TimeDistributed": lambda: layers.TimeDistributed(layers.Dense(2)),
        "Sequential": lambda: model_of(LSTM(2)),
        "functional": lambda: (lambda x: keras.Model(x, LSTM(2)(x)))(keras.Input((4, 3))),
        "BatchNormalization": layers.BatchNormalization,
    }.items():
        model = model_of(layer())
        model.trainable = False
        seen[name] = [
            flags_of(keras.Sequential.from_config(model.get_config())),
            flags_of(reloaded(model)),
            outcome(lambda m=model: flags_of(reloaded(m, "lstm.h5")))[:40],
            flags_of(keras.models.clone_model(model)),
        ]
    return seen


@attack("saving.frozen-sequential")
def frozen_models_read_again():
    """A functional model, JSON, a deep copy, pickle, a Sequential inside another: still frozen?"""
    x = keras.Input((4, 3))
    functional = keras.Model(x, LSTM(2)(x), trainable=False)
    sequential = keras.Sequential([keras.Input((4, 3)), LSTM(2)], trainable=False)
    outer = keras.Model(x, keras.layers.Dense(2, trainable=False)(sequential(x)))
    return {
        name: [
            flags_of(keras.models.model_from_json(model.to_json())),
            flags_of(reloaded(model)),
            flags_of(reloaded(model, "lstm.h5")),
            outcome(lambda m=model: flags_of(copy.deepcopy(m)))[:40],
            outcome(lambda m=model: flags_of(pickle.loads(pickle.dumps(m))))[:40],
            flags_of(keras.models.clone_model(model)),
        ]
        for name, model in (
            ("functional", functional),
            ("Sequential", sequential),
            ("inside", outer),
        )
    }


@attack("saving.frozen-sequential")
@attack("training.frozen-model")
def frozen_twice():
    """Made with trainable=False and set to False again, to True and False: is its layer frozen?"""
    seen = []
    for values in ((), (False,), (True, False)):
        x = keras.Input((4, 3))
        for model in (
            keras.Sequential([x, LSTM(2)], trainable=False),
            keras.Model(x, LSTM(2)(x), trainable=False),
        ):
            for value in values:
                model.trainable = value
            outer = keras.Sequential([keras.Input((4, 3)), model])
            seen.append((values, model.layers[-1].trainable, flags_of(outer)))
    return seen


@attack("saving.frozen-clone")
def frozen_clones():
    """Frozen by hand, of a class of its own, inside another: has the clone weights to train?"""

    @keras.utils.register_keras_serializable("attacks")
    class Own(keras.Model):
        """A functional model of a class of its own."""

    x = keras.Input((4, 3))
    by_hand = keras.Model(x, LSTM(2)(x))
    by_hand.trainable = False
    part = keras.Model(x, LSTM(2)(x), trainable=False)
    outer = keras.Model(x, layers.Dense(2, trainable=False)(part(x)))
    own = Own(x, LSTM(2)(x), trainable=False)
    clone = keras.models.clone_model
    copied = clone(part, clone_function=lambda layer: layer.from_config(layer.get_config()))
    return {
        "by hand": flags_of(clone(by_hand)),
        "inside": (flags_of(outer), flags_of(clone(outer))),
        "own class": (flags_of(own), flags_of(clone(own))),
        "clone_function": flags_of(copied),
        "Sequential": flags_of(
            clone(keras.Sequential([keras.Input((4, 3)), LSTM(2)], trainable=False))
        ),
    }


@keras.utils.register_keras_serializable("attacks")
def mask_as_it_is(inputs, mask=None):
    """Return the mask."""
    return mask


@keras.utils.register_keras_serializable("attacks")
class Kept(layers.Layer):
    """Hands a mask on by compute_mask."""

    def call(self, x):
        """Return what it is given."""
        return x

    def compute_mask(self, inputs, previous_mask=None):
        """Return the mask."""
        return previous_mask


@attack("saving.lambda-mask")
def cures_of_a_lambda():
    """The mask passed on, a layer with compute_mask, a tensor as mask: the same when read again?"""
    x = np.where(np.arange(4)[None, :, None] < 3, np.abs(X) + 1, 0).astype("float32")
    inputs = keras.Input((4, 3))
    masked = layers.Masking()(inputs)
    seen = {}
    for name, options in (
        ("function", {"mask": mask_as_it_is}),
        ("none", {}),
        ("tensor", {"mask": np.ones((1, 4), bool)}),
    ):
        behind = layers.Lambda(keras.activations.relu, **options)(masked)
        passed = layers.Masking().compute_mask(inputs)
        for how, y in (
            ("behind", lambda b=behind: LSTM(2)(b)),
            ("passed", lambda b=behind, m=passed: LSTM(2)(b, mask=m)),
        ):
            seen[f"{name} {how}"] = outcome(
                lambda make=y: read_twice(keras.Model(inputs, make()), x)
            )[:150]
    sequential = model_of(
        layers.Masking(), layers.Lambda(keras.activations.relu, mask=mask_as_it_is), LSTM(2)
    )
    seen["Sequential"] = read_twice(sequential, x)
    seen["compute_mask"] = read_twice(keras.Model(inputs, LSTM(2)(Kept()(masked))), x)
    return seen


def read_twice(model, x):
    """Say whether a file and a clone of a model compute what it computes."""
    file = outcome(lambda: close(reloaded(model)(x), model(x)))[:40]
    return file, outcome(lambda: close(cloned(model)(x), model(x)))[:40]


def cloned(model):
    """Return a clone of a model with its weights."""
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    return clone


@attack("saving.config-of-other-kinds")
def weights_of_both_directions():
    """The argument `weights` of Bidirectional: is it used, and in the configuration?"""
    wrapper = layers.Bidirectional(LSTM(1), weights=[np.ones((3, 4)), np.ones((1, 4)), np.ones(4)])
    wrapper.build(X.shape)
    return bool(np.all(wrapper.get_weights()[0] == 1)), "weights" in wrapper.get_config()


@attack("saving.each-argument")
def lost_arguments_around():
    """The seed of a SimpleRNN, use_cudnn of a GRU, `weights` of Bidirectional."""
    return (
        layers.SimpleRNN.from_config(layers.SimpleRNN(2, seed=3).get_config()).cell.seed,
        layers.GRU.from_config(layers.GRU(2, use_cudnn=False).get_config()).use_cudnn,
        "weights" in layers.Bidirectional(LSTM(2), weights=[]).get_config(),
    )


@attack("saving.layers-around")
def functions_of_no_name():
    """A Dense with a lambda, and an Embedding whose initializer is an array."""
    made_of = keras.saving.serialize_keras_object
    again = keras.saving.deserialize_keras_object
    return [
        outcome(lambda layer=layer: again(made_of(layer)).name)
        for layer in (
            layers.Dense(2, activation=lambda z: z),
            layers.Embedding(5, 2, embeddings_initializer=np.ones((5, 2))),
        )
    ]


def unbuilt(name):
    """Say whether a Sequential model that was never called computes the same when loaded."""
    model = keras.Sequential([LSTM(2)])
    loaded = reloaded(model, name)
    return close(loaded(X), model(X))


@attack("saving.keras-file")
def unbuilt_file():
    """A Sequential model that was never called, which has no weights to save."""
    return unbuilt("lstm.keras")


@attack("saving.legacy-file")
def unbuilt_legacy_file():
    """A model that was never called; a mask in a functional model, of Masking and an Input."""
    x = keras.Input((4, 3))
    mask = keras.Input((4,), dtype="bool")
    passed = keras.Model([x, mask], LSTM(2)(x, mask=mask))
    computed = keras.Model(x, LSTM(2)(layers.Masking()(x)))
    return (
        unbuilt("lstm.h5"),
        outcome(lambda: len(reloaded(passed, "lstm.h5").weights)),
        outcome(lambda: len(reloaded(computed, "lstm.h5").weights))[:60],
    )


@attack("saving.training-goes-on")
def trained_on_with_state_and_noise():
    """A stateful layer, and GaussianNoise: is the model trained on as if never saved?"""
    same = []
    for inside in ([LSTM(2, stateful=True)], [layers.GaussianNoise(0.5, seed=1), LSTM(2)]):
        model = keras.Sequential([keras.Input(batch_shape=(2, 4, 3)), *inside])
        model.compile("adam", "mse")
        model.train_on_batch(X, np.ones((2, 2)))
        loaded = reloaded(model)
        for trained in (model, loaded):
            trained.train_on_batch(X, np.ones((2, 2)))
        same.append(close(loaded.get_weights()[0], model.get_weights()[0]))
    return same


@attack("saving.in-turns")
def in_turns_by_sequential():
    """A Sequential model of an LSTM and a Dense, each twice, from its configuration."""
    lstm = LSTM(3, return_sequences=True)
    dense = layers.Dense(3)
    model = model_of(lstm, dense, lstm, dense)
    again = keras.Sequential.from_config(model.get_config())
    again.set_weights(model.get_weights())
    return len(again.layers), close(again(X), model(X))


@attack("saving.weights-fit-other-options")
def weights_for_an_unbuilt_model():
    """A Sequential model without Input, that was never called."""
    other = keras.Sequential([LSTM(2, unroll=True)])
    return outcome(lambda: len(handed_over(model_of(LSTM(2)), other).weights))


def of_type(dtype, **options):
    """Return a model of one LSTM of a dtype, for two sequences."""
    inputs = keras.Input(batch_shape=(2, 4, 3), dtype="float64" if dtype == "float64" else None)
    return keras.Sequential([inputs, LSTM(2, dtype=dtype, **options)])


@attack("saving.litert-converter")
def converted_of_other_types():
    """float64 and mixed precision: does the converter take the loop?"""
    convert = tf.lite.TFLiteConverter.from_keras_model
    with contextlib.redirect_stdout(io.StringIO()):
        return {
            dtype: outcome(lambda d=dtype: len(convert(of_type(d)).convert()))[:80]
            for dtype in ("float64", "mixed_float16", "mixed_bfloat16")
        }


@attack("saving.litert-unrolled")
def litert_of_other_types():
    """float64 and mixed precision, unrolled: does the interpreter run it?"""

    def run(dtype):
        with tempfile.TemporaryDirectory() as folder:
            file = str(Path(folder, "lstm.tflite"))
            of_type(dtype, unroll=True).export(file, format="litert", verbose=False)
            interpreter = tf.lite.Interpreter(file)
            interpreter.allocate_tensors()
            return "runs"

    return {
        dtype: outcome(lambda d=dtype: run(d))[:80]
        for dtype in ("float64", "mixed_float16", "mixed_bfloat16")
    }


@attack("saving.structure")
def dictionaries_by_number():
    """A dictionary of inputs by numbers, from a file; an optional input, from a clone."""
    x = keras.Input((4, 3))
    z = keras.Input((4, 3), optional=True)
    lstm = LSTM(2)
    numbered = keras.Model({0: x}, lstm(x))
    optional = keras.Model({"x": x, "z": z}, lstm(x))
    clone = keras.models.clone_model(optional)
    return (
        outcome(lambda: reloaded(numbered)({0: X}).shape),
        outcome(lambda: optional({"x": X, "z": None}).shape),
        outcome(lambda: clone({"x": X, "z": None}).shape),
    )
