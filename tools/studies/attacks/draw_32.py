"""Attacks on 40 claims drawn after the thirty-first draw."""

from __future__ import annotations

import contextlib
import itertools
import json
import tempfile
from collections import Counter
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import (
    close,
    farthest,
    gap,
    mask_of,
    model_of,
    numbers,
    ones,
    reloaded,
)

LSTM, Bidirectional, Dense = layers.LSTM, layers.Bidirectional, layers.Dense
TimeDistributed = layers.TimeDistributed
X = numbers(2, 4, 3)
POLICIES = ("float32", "float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16")


def fate(call):
    """Return the kind of a call's error, or that it is taken."""
    try:
        call()
    except Exception as error:
        return type(error).__name__
    return "taken"


@attack("time.fewer-or-more-units")
def least_change_of_a_unit():
    """One of 3 timesteps changes, in float64: the least change of any unit of the final output."""
    least = {}
    cases = [(2, {}, 40), (3, {"activation": "elu"}, 40), (300, {}, 4)]
    for units, option, seeds in cases:
        changes = []
        for seed in range(seeds):
            features = (1, 5, 50)[seed % 3]
            scale = (0, 0.1, 1, 3)[seed % 4]
            backwards = bool(seed % 2)
            layer = LSTM(units, dtype="float64", seed=seed, go_backwards=backwards, **option)
            data = np.repeat(scale * numbers(1, 3, features, seed=seed), 4, 0).astype("float64")
            for t in range(3):
                data[t + 1, t] += 1e-2 * numbers(features, seed=seed + t + 1)
            outputs = np.array(layer(data))
            changes.append(np.abs(outputs[1:] - outputs[0]).min())
        least[units] = float(min(changes))
    return least


@attack("models.joined-in-time")
def masks_joined_in_time():
    """The mask of two masked embeddings, joined; of an embedding and zeros without a mask."""
    embedding = layers.Embedding(5, 3, mask_zero=True)
    join = layers.Concatenate(axis=1)
    first = embedding(np.array([[1, 0]]))
    second = embedding(np.array([[0, 2, 0]]))
    zeros = np.zeros((1, 2, 3), "float32")
    return mask_of(join([first, second])), mask_of(join([first, zeros]))


@attack("dropout.without-cudnn")
def trainings_with_and_without_cudnn():
    """Losses of fit with dropout, use_cudnn "auto" less False, of one seed."""
    data = numbers(6, 5, 8)
    targets = numbers(6, 4, seed=1)
    gaps = []
    for option in ({}, {"recurrent_dropout": 0.3}):
        losses = []
        for cudnn in ("auto", False):
            keras.utils.set_random_seed(3)
            layer = LSTM(4, dropout=0.5, seed=7, use_cudnn=cudnn, **option)
            model = model_of(layer, shape=(5, 8))
            model.compile("sgd", "mse", jit_compile=False)
            history = model.fit(data, targets, epochs=3, batch_size=3, verbose=0).history
            losses.append(history["loss"])
        gaps.append(gap(*losses))
    return gaps


@attack("masking.all-true")
def masks_of_true():
    """Outputs and states by a mask of True less those by none, by arguments and given states."""
    data = numbers(3, 4, 2)
    mask = np.ones((3, 4), bool)
    given = [numbers(3, 4, seed=1), numbers(3, 4, seed=2)]
    names = ("return_sequences", "go_backwards", "unroll", "zero_output_for_mask")
    gaps = []
    for flags in itertools.product((False, True), repeat=4):
        layer = LSTM(4, return_state=True, **dict(zip(names, flags, strict=True)))
        for states in (None, given):
            plain = layer(data, initial_state=states)
            gaps.append(farthest(plain, layer(data, mask=mask, initial_state=states)))
    return max(gaps)


@attack("state.one-row-for-all")
def states_of_a_row():
    """By a state of a row less by that row for each sample, with masks and options."""
    data = numbers(3, 4, 2)
    mask = np.array([[0, 0, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0]], bool)
    row = [numbers(1, 5, seed=1), numbers(1, 5, seed=2)]
    rows = [np.repeat(state, 3, 0) for state in row]
    options = [{}, {"unroll": True}, {"go_backwards": True}, {"stateful": True}]
    options += [{"zero_output_for_mask": True}, {"use_bias": False, "activation": "relu"}]
    gaps = []
    for option, given in itertools.product(options, (None, mask)):
        layer = LSTM(5, return_sequences=True, return_state=True, **option)
        ends = [layer(data, mask=given, initial_state=states) for states in (row, rows)]
        gaps.append(farthest(*ends))
    return max(gaps)


@attack("models.average-of-unmasked")
def averages_over_masked_timesteps():
    """Averages less the expected: behind Masking, by a mask, in a nested model, by an input."""
    mask = np.array([[1, 1, 0, 0, 0, 0], [0, 1, 1, 0, 1, 0], [1] * 6], bool)
    data = numbers(3, 6, 2) * mask[..., None]
    layer = LSTM(4, return_sequences=True)
    masking = layers.Masking()
    average = layers.GlobalAveragePooling1D()
    outputs = np.array(layer(masking(data)))
    expected = (outputs * mask[..., None]).sum(1) / mask.sum(1)[:, None]
    entry = keras.Input((6, 2))
    inner = keras.Model(entry, layer(masking(entry)))
    outer = keras.Model(entry, average(inner(entry)))
    flags = keras.Input((6,), dtype="bool")
    asked = keras.Model([entry, flags], average(layer(entry, mask=flags)))
    averages = {
        "Masking": average(layer(masking(data))),
        "mask": average(layer(data, mask=mask)),
        "nested": outer.predict(data, verbose=0),
        "input": asked.predict([data, mask], verbose=0),
    }
    return {name: gap(value, expected) for name, value in averages.items()}


@attack("masking.zeros-are-read")
def zeros_after_a_sequence():
    """How many final outputs 1 or 10 zeros after a sequence change, of how many."""
    options = [{}, {"use_bias": False}, {"activation": "relu"}, {"activation": None}]
    options.append({"recurrent_activation": "hard_sigmoid"})
    outcomes = {}
    for option in options:
        changed = []
        for units, timesteps in itertools.product((1, 4, 64), (1, 20)):
            layer = LSTM(units, seed=timesteps, **option)
            data = numbers(8, timesteps, 3)
            before = np.array(layer(data))
            for count in (1, 10):
                after = np.array(layer(np.pad(data, ((0, 0), (0, count), (0, 0)))))
                changed += (np.abs(before - after).max(1) > 1e-6).tolist()
        outcomes[str(option)] = [sum(changed), len(changed)]
    return outcomes


@attack("wrappers.arguments-of-the-cell")
def arguments_for_a_cell():
    """Arguments of the cell's call, given to RNN: which are taken?"""

    class Scaled(layers.Layer):
        def __init__(self):
            super().__init__()
            self.state_size = 5

        def build(self, shape):
            self.kernel = self.add_weight(shape=(shape[-1], 5))

        def call(self, inputs, states, scale=1.0, constants=None):
            output = scale * (inputs @ self.kernel) + states[0]
            return output, [output]

    layer = layers.RNN(Scaled())
    layer(X)
    stack = layers.RNN(layers.StackedRNNCells([Scaled(), Scaled()]))
    calls = {
        "scale": partial(layer, X, scale=2.0),
        "none": partial(layer, X, scale=None),
        "constants": partial(layer, X, constants=[X]),
        "inputs": partial(layer, inputs=X),
        "symbolic": partial(layer, keras.Input((4, 3)), scale=2.0),
        "states": partial(layers.RNN(layers.LSTMCell(3)), X, states=[X[:, 0]]),
        "stack": partial(stack, X, scale=2.0),
    }
    return {name: fate(call) for name, call in calls.items()}


@attack("trainer.metrics-of-inner-layers")
def metrics_of_equal_names():
    """Metrics of a layer (2) and an inner model's (4): of two names, of equal ones, named loss."""

    class Watching(layers.Layer):
        def __init__(self, name):
            super().__init__()
            self.metric = keras.metrics.Mean(name=name)

        def call(self, inputs):
            self.metric.update_state(ops.mean(inputs) + 1)
            return inputs

    outcomes = {}
    for names in (("p", "q"), ("p", "p"), ("loss", "q")):
        outer, within = (Watching(name) for name in names)
        inner = model_of(within, shape=(3, 2))
        model = model_of(outer, layers.Rescaling(3.0), inner, LSTM(2), shape=(3, 2))
        model.compile("sgd", "mse")
        scores = model.evaluate(ones(8, 3, 2), ones(8, 2), verbose=0, return_dict=True)
        if "loss" not in names:
            scores.pop("loss")
        outcomes[str(names)] = scores
    return outcomes


@attack("models.swapped-inputs-refused")
def swapped_after_a_right_order():
    """Swapped inputs of 3 and 5 features, before and after calls with the right order."""
    entries = [keras.Input((6, 3)), keras.Input((6, 5))]
    model = keras.Model(entries, LSTM(2)(layers.Concatenate()(entries)))
    model.compile("sgd", "mse")
    right = [ones(4, 6, 3), ones(4, 6, 5)]
    swapped = right[::-1]
    targets = ones(4, 2)

    def calls(data):
        return {
            "predict": partial(model.predict, data, verbose=0),
            "fit": partial(model.fit, data, targets, verbose=0),
            "evaluate": partial(model.evaluate, data, targets, verbose=0),
            "call": partial(model, data),
        }

    before = {name: fate(call) for name, call in calls(swapped).items()}
    for call in calls(right).values():
        call()
    after = {name: fate(call) for name, call in calls(swapped).items()}
    return {"before": before, "after": after}


@attack("precision.mixed-is-half")
def mixed_and_half_by_options():
    """Masks, float32 states, unrolled, backwards, dropout: do mixed and half give equal bits?"""
    data = numbers(3, 6, 4)
    mask = np.random.default_rng(1).random((3, 6)) > 0.4
    states = [numbers(3, 5, seed=1), numbers(3, 5, seed=2)]
    options = [{}, {"unroll": True}, {"return_sequences": True, "go_backwards": True}]
    options += [{"recurrent_dropout": 0.3}, {"activation": "gelu", "use_bias": False}]
    equal = []
    for option in options:
        mixed = LSTM(5, dtype="mixed_float16", **option)
        half = LSTM(5, dtype="float16", **option)
        for layer in (mixed, half):
            layer.build(data.shape)
            layer.set_weights(mixed.get_weights())
        ends = [np.array(layer(data, mask=mask, initial_state=states)) for layer in (mixed, half)]
        equal.append(ends[0].dtype == ends[1].dtype and np.array_equal(*ends))
    return equal


@attack("wrappers.six-weights")
def names_of_six_weights():
    """Names and order of a Bidirectional's weights; are they the same by options?"""
    options = [{}, {"stateful": True}, {"dropout": 0.5, "recurrent_dropout": 0.5, "seed": 1}]
    options += [{"trainable": False}, {"return_state": True}]
    names = []
    for option in options:
        wrapper = Bidirectional(LSTM(5, **option))
        wrapper.build((2, 3, 4))
        paths = [weight.path.split("/") for weight in wrapper.weights]
        names.append([f"{path[1][:4]}.{path[-1]}" for path in paths])
    return names[0], [each == names[0] for each in names]


@attack("modes.arrays-and-tensors")
def kinds_of_an_input():
    """Outputs of an array less those of a tensor and a Variable, by types and policies."""
    cases = [("float32", {}), ("float64", {}), ("float16", {})]
    cases += [("float64", {"dtype": "mixed_float16"}), ("float32", {"autocast": False})]
    cases.append(("float32", {"unroll": True, "go_backwards": True}))
    gaps = []
    for kind, option in cases:
        data = X.astype(kind)
        layer = LSTM(5, **option)
        output = layer(data)
        for value in (ops.convert_to_tensor(data), keras.Variable(data, dtype=kind)):
            gaps.append(gap(layer(value), output))
    return gaps


@attack("wrappers.two-directions-needed")
def layers_of_a_direction():
    """A layer that goes backwards alone, two forwards, two backwards, by kinds; from_config."""
    builders = {
        "LSTM": partial(LSTM, 5),
        "RNN": lambda **option: layers.RNN(layers.LSTMCell(5), **option),
        "RNN of a list": lambda **option: layers.RNN([layers.LSTMCell(5)], **option),
        "GRU": partial(layers.GRU, 5),
        "ConvLSTM1D": partial(layers.ConvLSTM1D, 2, 2),
        "stateful": partial(LSTM, 5, stateful=True, return_sequences=True, return_state=True),
    }
    outcomes = {}
    for name, build in builders.items():
        backwards = partial(build, go_backwards=True)
        calls = [
            lambda: Bidirectional(backwards()),
            lambda: Bidirectional(build(), backward_layer=build()),
            lambda: Bidirectional(backwards(), backward_layer=backwards()),
        ]
        outcomes[name] = [fate(call) for call in calls]
    config = Bidirectional(LSTM(5)).get_config()
    config.pop("backward_layer", None)
    config["layer"]["config"]["go_backwards"] = True
    outcomes["from_config"] = fate(partial(Bidirectional.from_config, config))
    return outcomes


@attack("dropout.all-dropped")
def everything_dropped():
    """With dropout=1: is the training output that of zeros, and is it that at inference?"""
    options = [{}, {"use_cudnn": False}, {"unroll": True}, {"recurrent_dropout": 1.0}]
    outcomes = {}
    for option in options:
        layer = LSTM(5, dropout=1.0, **option)
        output = layer(X, training=True)
        outcomes[str(option)] = [close(output, layer(0 * X)), close(output, layer(X))]
    return outcomes


@attack("sequences.backwards")
def backwards_with_masks():
    """Backwards less forwards on what is turned: masks at random, of False, at the right, none."""
    data = numbers(3, 4, 4)
    masks = [None, np.random.default_rng(0).random((3, 4)) > 0.5, np.zeros((3, 4), bool)]
    masks.append(np.array([3, 1, 4])[:, None] > np.arange(4))
    options = [{}, {"unroll": True}, {"return_sequences": True, "zero_output_for_mask": True}]
    options.append({"return_sequences": True, "return_state": True})
    gaps = []
    for option in options:
        backwards = LSTM(5, go_backwards=True, **option)
        forwards = LSTM(5, **option)
        for layer in (backwards, forwards):
            layer.build(data.shape)
            layer.set_weights(backwards.get_weights())
        for mask in masks:
            turned = None if mask is None else mask[:, ::-1]
            expected = forwards(data[:, ::-1], mask=turned)
            gaps.append(farthest(backwards(data, mask=mask), expected))
    return max(gaps)


@attack("trainer.unknown-length")
def batches_of_unknown_number():
    """Scores by arrays, by a generator: two outputs, a stateful LSTM with a metric; two Inputs."""
    data = numbers(8, 3, 4)
    parts = [slice(0, 4), slice(4, 8)]
    targets = {"o": numbers(8, 5, seed=1), "p": numbers(8, 2, seed=2)}
    options = {"verbose": 0, "return_dict": True}

    def rounded(scores):
        return {name: round(float(value), 4) for name, value in scores.items()}

    entry = keras.Input((3, 4))
    hidden = LSTM(5, name="o")(entry)
    model = keras.Model(entry, {"o": hidden, "p": Dense(2, name="p")(hidden)})
    model.compile("sgd", {"o": "mse", "p": "mae"})
    outcomes = {"arrays": rounded(model.evaluate(data, targets, batch_size=4, **options))}
    pieces = [{name: value[part] for name, value in targets.items()} for part in parts]
    batches = ((data[part], piece) for part, piece in zip(parts, pieces, strict=True))
    outcomes["generator"] = rounded(model.evaluate(batches, **options))
    layer = LSTM(5, stateful=True)
    model = keras.Sequential([keras.Input(batch_shape=(4, 3, 4)), layer])
    model.compile("sgd", "mse", metrics=["mae"])
    scores = model.evaluate(data, targets["o"], batch_size=4, **options)
    outcomes["stateful, arrays"] = rounded(scores)
    layer.reset_state()
    batches = ((data[part], targets["o"][part]) for part in parts)
    outcomes["stateful, generator"] = rounded(model.evaluate(batches, **options))
    entries = [keras.Input((3, 4)), keras.Input((3, 4))]
    model = keras.Model(entries, LSTM(5)(layers.Concatenate()(entries)))
    model.compile("sgd", "mse")
    batches = (([data[part], data[part]], targets["o"][part]) for part in parts)
    outcomes["list of inputs"] = outcome(partial(model.evaluate, batches, **options))[:60]
    return outcomes


@attack("dropout.after-inference")
def dropout_behind_an_inference():
    """Does an LSTM drop in fit: behind a part, one with training=False, and given training?"""

    class Parts(keras.Model):
        def __init__(self, option, handed):
            super().__init__()
            self.part = layers.Dropout(0.0)
            self.lstm = LSTM(5, dropout=0.9)
            self.option = option
            self.handed = handed

        def call(self, inputs, training=None):
            later = {"training": training} if self.handed else {}
            return self.lstm(self.part(inputs, **self.option), **later)

    data = ones(4, 3, 4)
    inference = {"training": False}
    outcomes = {}
    for option, handed in (({}, False), (inference, False), (inference, True)):
        model = Parts(option, handed)
        plain = float(ops.mean(model(data) ** 2))
        model.compile(keras.optimizers.SGD(0.0), "mse")
        loss = model.fit(data, np.zeros((4, 5)), verbose=0).history["loss"][0]
        outcomes[f"{option}, {handed=}"] = abs(loss - plain) > 1e-5
    return outcomes


@attack("saving.each-argument")
def arguments_lost_in_json():
    """Layers from JSON: is the argument kept? Seven that a sweep showed lost, and three others."""
    attention = {"flash_attention": False}
    adapted = {"lora_alpha": 7}
    cases = [
        (layers.SimpleRNN(3, seed=7), "seed"),
        (layers.SimpleRNN(3, activity_regularizer="l2"), "activity_regularizer"),
        (layers.MultiHeadAttention(2, 3, **attention), "flash_attention"),
        (layers.GroupQueryAttention(3, 2, 1, **attention), "flash_attention"),
        (Dense(3, **adapted), "lora_alpha"),
        (layers.Embedding(3, 2, **adapted), "lora_alpha"),
        (layers.EinsumDense("ijk,kl->ijl", (None, 3), **adapted), "lora_alpha"),
        (layers.PReLU(alpha_initializer="ones"), "alpha_initializer"),
        (layers.GaussianNoise(0.1, seed=7), "seed"),
        (layers.GRU(3, activity_regularizer="l2", seed=7), "seed"),
    ]
    kept = {}
    for layer, argument in cases:
        text = json.dumps(layers.serialize(layer))
        config = layers.deserialize(json.loads(text)).get_config()
        kept[f"{type(layer).__name__}.{argument}"] = config.get(argument) is not None
    return kept


@attack("symmetry.twins")
def first_and_last_unit():
    """First less last unit, of equal weights and states: 2 to 300 units."""
    gaps = []
    for units, timesteps in ((2, 5), (37, 20), (300, 4)):
        data = numbers(2, timesteps, 4)
        layer = LSTM(units, return_sequences=True)
        layer.build(data.shape)
        weights = layer.get_weights()
        weights[2] = numbers(4 * units)
        for weight, gate in itertools.product(weights, range(4)):
            weight[..., gate * units + units - 1] = weight[..., gate * units]
        layer.set_weights(weights)
        states = [numbers(2, units, seed=1), numbers(2, units, seed=2)]
        for state in states:
            state[:, -1] = state[:, 0]
        for given in (None, states):
            outputs = layer(data, initial_state=given)
            gaps.append(gap(outputs[..., 0], outputs[..., -1]))
    return gaps


@attack("weights.round-trip")
def bits_of_weights():
    """Weights with -0.0 and small numbers, set and read: equal bits, by policies and layers?"""
    cell = layers.LSTMCell(4)
    cases = {
        policy: LSTM(3, dtype=policy, recurrent_initializer="glorot_uniform")
        for policy in POLICIES[1:]
    }
    cases["constraint"] = LSTM(3, kernel_constraint="non_neg", stateful=True, seed=1, dropout=0.3)
    cases["bidirectional"] = Bidirectional(LSTM(3))
    cases["a cell twice"] = layers.RNN([cell, cell])
    outcomes = {}
    for name, layer in cases.items():
        layer(ones(2, 3, 4))
        given = []
        for weight in layer.get_weights():
            values = numbers(*weight.shape).astype(weight.dtype)
            values.flat[0] = -0.0
            values.flat[1] = 1e-4
            given.append(values)
        layer.set_weights(given)
        pairs = zip(layer.get_weights(), given, strict=True)
        outcomes[name] = all(
            weight.dtype == values.dtype and weight.tobytes() == values.tobytes()
            for weight, values in pairs
        )
    return outcomes


@attack("sequences.output-is-h")
def last_outputs_and_states():
    """The last output less h, by policies: backwards, unrolled, stateful, from given states."""
    states = [numbers(2, 7, seed=1), numbers(2, 7, seed=2)]
    options = [{"return_sequences": True, "go_backwards": True}]
    options += [{"return_sequences": True, "unroll": True}, {"stateful": True}, {}]
    gaps = {}
    for policy in POLICIES:
        common = {"dtype": policy, "recurrent_initializer": "glorot_normal", "dropout": 0.2}
        common |= {"return_state": True, "activation": "relu", "zero_output_for_mask": True}
        each = []
        for option in options:
            output, h, _ = LSTM(7, **common, **option)(X, initial_state=states)
            last = output[:, -1] if "return_sequences" in option else output
            each.append(gap(last, h))
        gaps[policy] = max(each)
    return gaps


@attack("errors.class-for-a-layer")
def classes_in_wrappers():
    """The class LSTM in wrappers: alone, by keyword, as backward_layer, nested; then layers."""
    calls = [
        lambda: Bidirectional(LSTM),
        lambda: TimeDistributed(LSTM),
        lambda: Bidirectional(layer=LSTM, merge_mode=None),
        lambda: Bidirectional(LSTM(8), backward_layer=LSTM),
        lambda: TimeDistributed(Bidirectional(LSTM)),
        lambda: Bidirectional(LSTM(8)),
        lambda: TimeDistributed(LSTM(8)),
        lambda: TimeDistributed(Bidirectional(LSTM(8))),
    ]
    return [fate(call) for call in calls]


@attack("precision.type-for-both")
def cell_and_layer_of_a_type():
    """LSTM less RNN of its cell in two stateful calls with a mask, and their types, by policies."""
    mask = np.random.default_rng(0).random((2, 4)) < 0.6
    of_cell = {"units": 8, "recurrent_initializer": "glorot_uniform", "activation": "gelu"}
    of_cell["use_bias"] = False
    of_layer = dict.fromkeys(["return_sequences", "return_state", "go_backwards"], True)
    of_layer |= {"stateful": True, "zero_output_for_mask": True}
    outcomes = {}
    for policy in POLICIES:
        layer = LSTM(dtype=policy, implementation=1, **of_cell, **of_layer)
        cell = layers.LSTMCell(dtype=policy, **of_cell)
        loop = layers.RNN(cell, dtype=policy, **of_layer)
        for each in (layer, loop):
            each(X)
            each.set_weights(layer.get_weights())
            each.reset_state()
        gaps = []
        for _ in range(2):
            ends = [each(X, mask=mask) for each in (layer, loop)]
            gaps.append(farthest(*ends))
        outcomes[policy] = [max(gaps), *(end[0].dtype.name for end in ends)]
    return outcomes


@attack("training.sample-weight-of-sequences")
def a_weight_for_each_sample():
    """The loss of sequences with flat weights; if samples, and if timesteps were weighed."""
    outcomes = {}
    for batch, timesteps in ((4, 7), (5, 5), (4, 1), (1, 6)):
        model = model_of(LSTM(3, return_sequences=True))
        model.compile("sgd", "mse")
        data = numbers(batch, timesteps, 3)
        targets = numbers(batch, timesteps, 3, seed=1)
        weights = np.random.default_rng(2).random(batch).astype("float32")
        errors = ((np.array(model(data)) - targets) ** 2).mean(-1)
        score = partial(model.evaluate, data, targets, sample_weight=weights, verbose=0)
        parts = {"loss": outcome(score)[:30], "samples": (errors * weights[:, None]).mean()}
        if batch == timesteps:
            parts["timesteps"] = (errors * weights).mean()
        outcomes[f"{batch}, {timesteps}"] = {name: str(part) for name, part in parts.items()}
    return outcomes


@attack("saving.wrapped")
def wrapped_layers_that_are_shared():
    """Loaded less saved: wrapped layers; an LSTM in TimeDistributed and beside it, a cell twice."""
    video = keras.Input((6, 5, 3))
    entry = keras.Input((5, 3))
    lstm = LSTM(3)
    cell = layers.LSTMCell(3)
    cells = [layers.LSTMCell(3), layers.LSTMCell(4)]
    frozen = LSTM(3, trainable=False)
    both = Bidirectional(frozen, backward_layer=LSTM(2, go_backwards=True))
    outputs = {
        "bidirectional": both(layers.Masking()(entry)),
        "time distributed": TimeDistributed(Bidirectional(LSTM(3)))(video),
        "rnn": layers.RNN(cells)(layers.Masking(-1.0)(entry)),
        "an LSTM in and out": [TimeDistributed(lstm)(video), lstm(entry)],
        "a cell in two": [layers.RNN(cell)(entry), layers.RNN(cell, go_backwards=True)(entry)],
    }
    data = [numbers(2, 6, 5, 3), numbers(2, 5, 3)]
    outcomes = {}
    for name, output in outputs.items():
        model = keras.Model([video, entry], output)
        difference = lambda: farthest(model(data), reloaded(model)(data))  # noqa: E731
        outcomes[name] = outcome(difference)[:60]
    return outcomes


@attack("models.fits-its-inputs")
def axes_fitted_in_a_dictionary():
    """A model's output less the layer's on fitted data, by types and axes; the other's shape."""
    data = 3 * numbers(3, 4).astype("float64")
    mask = np.random.default_rng(0).random((3, 4)) > 0.4
    layer = LSTM(2)
    outcomes = {}
    for kind in ("float32", "float16", "int32", "bfloat16"):
        entries = {"z": keras.Input((None, 1), dtype=kind, name="z")}
        entries["a"] = keras.Input((4,), dtype=kind, name="a")
        model = keras.Model(entries, [layer(entries["z"]), layers.Identity()(entries["a"])])
        fitted = tf.cast(data.astype("float32"), kind)[..., None]
        cases = {"same": data[..., None], "too few": data, "too many": data[..., None, None]}
        for name, given in cases.items():
            inputs = {"z": given, "a": data[..., None]}
            output, other = model(inputs, mask={"z": mask, "a": None})
            difference = gap(output, layer(fitted, mask=mask))
            outcomes[f"{kind}, {name}"] = [difference, tuple(other.shape)]
    return outcomes


@attack("state.in-model")
def states_after_calls_of_a_model():
    """The state of a nested layer less one by a layer without memory, after calls of a model."""
    targets = np.zeros((2, 5), "float32")
    layer = LSTM(5, stateful=True)
    entry = keras.Input((None, 3), batch_size=2)
    inner = keras.Model(entry, layer(entry))
    model = keras.Model(entry, inner(entry))
    plain = LSTM(5, return_state=True)
    plain(X)
    plain.set_weights(layer.get_weights())
    twice = np.concatenate([X, X])
    options = {"verbose": 0, "batch_size": 2}
    configure = partial(model.compile, keras.optimizers.SGD(0.0), "mse")
    fit = partial(model.fit, X, targets, validation_data=(X, targets), shuffle=False, **options)
    predict = partial(model.predict, twice, **options)
    calls = {
        "call": (1, partial(model, X)),
        "predict": (2, predict),
        "compile": (0, configure),
        "evaluate": (1, partial(model.evaluate, X, targets, **options)),
        "fit": (4, partial(fit, epochs=2)),
        "save": (0, partial(reloaded, model)),
        "steps": (2, lambda: (configure(steps_per_execution=2), predict())),
        "jit": (1, lambda: (configure(jit_compile=True), model.train_on_batch(X, targets))),
    }
    states = [np.zeros((2, 5), "float32")] * 2
    gaps = {}
    for name, (count, call) in calls.items():
        call()
        for _ in range(count):
            _, *states = plain(X, initial_state=states)
        gaps[name] = farthest(states, list(layer.states))
    return gaps


@attack("precision.bound-from-equations")
def errors_beside_a_running_bound():
    """The largest error as a part of a bound: sums within (n + 4) u, activations within 8 ulp."""
    unit = 2.0**-24
    near = 16 * unit
    sigmoid = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731
    parts = {}
    cases = [(1, 1, 1, 1), (1, 200, 1, 1), (64, 50, 16, 1), (300, 20, 8, 1), (32, 50, 4, 10)]
    for units, timesteps, features, scale in cases:
        layer = LSTM(units, return_sequences=True)
        data = scale * numbers(2, timesteps, features)
        outputs = np.array(layer(data)).astype("float64")
        kernel, recurrent, bias = (weight.astype("float64") for weight in layer.get_weights())
        h = np.zeros((2, units))
        c = np.zeros((2, units))
        h_error = np.zeros((2, units))
        c_error = np.zeros((2, units))
        shares = []
        for t in range(timesteps):
            x = data[:, t].astype("float64")
            sums = x @ kernel + h @ recurrent + bias
            sizes = np.abs(x) @ np.abs(kernel) + (np.abs(h) + h_error) @ np.abs(recurrent)
            sizes += np.abs(bias)
            errors = h_error @ np.abs(recurrent)
            errors += (features + units + 4) * 1.02 * unit * sizes
            i, f, k, o = np.split(sums, 4, 1)
            i, f, o = (sigmoid(gate) for gate in (i, f, o))
            k = np.tanh(k)
            slopes = (0.25, 0.25, 1, 0.25)
            pairs = zip(np.split(errors, 4, 1), slopes, strict=True)
            i_error, f_error, k_error, o_error = (
                np.minimum(error * slope, 2) + near for error, slope in pairs
            )
            rounding = (f + f_error) * (np.abs(c) + c_error) + (i + i_error) * (np.abs(k) + k_error)
            kept = f_error * (np.abs(c) + c_error) + f * c_error
            c_error = kept + i_error * (np.abs(k) + k_error) + i * k_error + 3 * unit * rounding
            c = f * c + i * k
            bent = np.tanh(c)
            bent_error = np.minimum(c_error, 2) + near
            h = o * bent
            h_error = o_error * (np.abs(bent) + bent_error) + o * bent_error + 2 * unit
            shares.append((np.abs(outputs[:, t] - h) / h_error).max())
        parts[f"{units} units, {timesteps} timesteps, by {scale}"] = round(float(max(shares)), 4)
    return parts


@attack("masking.all-false-row")
def rows_that_are_masked_throughout():
    """Zeros put out, and given states returned to the bit: by options, eager, a graph, XLA?"""
    mask = np.random.default_rng(0).random((3, 6)) < 0.6
    mask[1] = False
    data = numbers(3, 6, 4)
    states = [numbers(3, 5, seed=1), numbers(3, 5, seed=2)]
    options = [{}, {"go_backwards": True, "zero_output_for_mask": True}]
    options.append({"stateful": True, "activation": "exponential", "return_sequences": True})
    options.append({"unroll": True, "return_sequences": True, "zero_output_for_mask": True})
    outcomes = {}
    for option in options:
        layer = LSTM(5, return_state=True, dropout=0.3, recurrent_dropout=0.2, **option)
        calls = (layer, tf.function(layer), tf.function(layer, jit_compile=True))
        equal = []
        for call in calls[: 1 if len(option) > 2 else 3]:
            output, *later = call(data, mask=mask, initial_state=states)
            same = [np.array_equal(a[1], b[1]) for a, b in zip(later, states, strict=True)]
            equal.append(all(same) and not np.any(output[1]))
        outcomes[str(option)] = equal
    return outcomes


@attack("weights.paths")
def paths_in_nested_layers():
    """Paths of weights: in an own layer, of layers of equal names, wrapped, in a name scope."""

    class Outer(layers.Layer):
        def __init__(self):
            super().__init__()
            self.lstm = LSTM(2, name="in")

        def build(self, shape):
            self.lstm.build(shape)

        def call(self, inputs):
            return self.lstm(inputs)

    outer = Outer()
    lower = LSTM(3, return_sequences=True, name="lstm_cell")
    model = keras.Sequential([lower, Bidirectional(LSTM(2, name="b"))], name="b")
    with keras.name_scope("foo"):
        scoped = LSTM(3, name="x", stateful=True)
        scoped(X)
    for part in (outer, model):
        part(X)
    weights = outer.weights + model.weights + scoped.weights
    return [weight.path for weight in weights if weight.name == "kernel"]


@attack("errors.input-in-a-list")
def an_array_in_a_list():
    """An array in a list or tuple, with a mask, states, in a graph, by options: which errors?"""
    mask = np.ones((2, 4), bool)
    states = [ones(2, 5)] * 2
    options = [{}, {"unroll": True}, {"stateful": True}, {"return_state": True}]
    options += [{"dropout": 0.2}, {"dtype": "mixed_float16"}]
    fates = Counter()
    for option in options:
        layer = LSTM(5, **option)
        layer(X)
        graph = tf.function(lambda data: layer([data]))
        calls = [partial(layer, [X]), partial(layer, (X,)), partial(layer, [X], mask=mask)]
        calls += [partial(layer, [X], initial_state=states), partial(graph, X)]
        fates.update(fate(call) for call in calls)
    return dict(fates)


@attack("weights.seed-argument")
def kernels_of_equal_seeds():
    """Are kernels of a seed equal: one after another, seeded anew, from_config, Bidirectional?"""

    def kernel(layer):
        layer(X)
        return layer.cell.kernel.numpy().tolist()

    seeded = partial(LSTM, 5, seed=7)
    keras.utils.set_random_seed(1)
    first = kernel(seeded())
    second = kernel(seeded())
    keras.utils.set_random_seed(1)
    anew = kernel(seeded())
    keras.utils.clear_session()
    cleared = [kernel(seeded())]
    keras.utils.clear_session()
    cleared.append(kernel(seeded()))
    layer = seeded()
    again = LSTM.from_config(layer.get_config())
    wrapper = Bidirectional(seeded())
    wrapper(X)
    return {
        "after another": first == second,
        "global seed": first == anew,
        "clear_session": cleared[0] == cleared[1],
        "from_config": kernel(layer) == kernel(again),
        "directions": kernel(wrapper.forward_layer) == kernel(wrapper.backward_layer),
    }


@attack("trainer.fit-after-backup")
def fits_after_a_restored_fit():
    """Epochs of a fit that goes on from a backup, then of fits without it: of 5, of 2 epochs."""
    folder = str(Path(tempfile.mkdtemp(), "backup"))
    targets = ones(2, 5)

    def compiled():
        model = model_of(LSTM(5), shape=(4, 3))
        model.compile("sgd", "mse")
        return model

    def stop(epoch, logs):
        if epoch == 2:
            raise RuntimeError

    def fit(model, epochs, *callbacks):
        return model.fit(X, targets, epochs=epochs, verbose=0, callbacks=list(callbacks)).epoch

    backup = partial(keras.callbacks.BackupAndRestore, folder)
    with contextlib.suppress(RuntimeError):
        fit(compiled(), 5, backup(), keras.callbacks.LambdaCallback(on_epoch_end=stop))
    model = compiled()
    return fit(model, 5, backup()), fit(model, 5), fit(model, 2)


@attack("trainer.class-weight-keys")
def class_weights_by_text():
    """Losses of fit and train_on_batch, by class weights: none, by numbers, by text."""
    data = np.repeat(X, 3, 0)
    targets = np.array([0, 1, 2, 0, 1, 2])
    model = model_of(LSTM(5), Dense(3, activation="softmax"), shape=(4, 3))
    model.compile(keras.optimizers.SGD(0.0), "sparse_categorical_crossentropy")
    cases = [None, {0: 1.0, 1: 5.0, 2: 0.5}, {"0": 1.0, "1": 5.0, "2": 0.5}]
    cases += [{"a": 1.0, "b": 5.0}, {"1.0": 5.0}]

    def losses(weights):
        history = model.fit(data, targets, class_weight=weights, verbose=0).history
        loss = model.train_on_batch(data, targets, class_weight=weights)
        return round(history["loss"][0], 4), round(float(loss), 4)

    return {str(weights): outcome(partial(losses, weights)) for weights in cases}


@attack("time.cell-by-cell")
def cells_called_in_turn():
    """The layer less its cell, called for each timestep: options, policies and sizes."""
    options = [{}, {"unroll": True}, {"use_bias": False}, {"implementation": 1}]
    options.append({"activation": "softmax", "recurrent_activation": "hard_sigmoid"})
    options += [{"dtype": name} for name in ("float64", "mixed_float16", "mixed_bfloat16")]
    gaps = []
    for option, sizes in itertools.product(options, ((1, 1, 1), (5, 7, 2), (100, 20, 1))):
        units, timesteps, batch = sizes
        data = numbers(batch, timesteps, 3)
        given = [numbers(batch, units, seed=1), numbers(batch, units, seed=2)]
        layer = LSTM(units, return_sequences=True, return_state=True, **option)
        outputs, *later = layer(data, initial_state=given)
        states = [ops.cast(state, layer.compute_dtype) for state in given]
        each = []
        for t in range(timesteps):
            output, states = layer.cell(data[:, t], states)
            each.append(output)
        gaps.append(farthest([outputs, *later], [ops.stack(each, 1), *states]))
    return max(gaps)


@attack("models.slices-of-known-length")
def layers_within_time_distributed():
    """Shapes of TimeDistributed layers: Dense, an own without compute_output_shape, Softmax."""

    class Linear(layers.Layer):
        def build(self, shape):
            self.kernel = self.add_weight(shape=(shape[-1], 4))

        def call(self, inputs):
            return inputs @ self.kernel

    def shape(layer, *before):
        entry = keras.Input((4, 3))
        hidden = entry
        for each in (*before, LSTM(3, return_sequences=True)):
            hidden = each(hidden)
        return keras.Model(entry, TimeDistributed(layer)(hidden)).predict(X, verbose=0).shape

    cases = {"Dense": [Dense(4)], "own": [Linear()], "Softmax": [layers.Softmax()]}
    cases["Softmax, masked"] = [layers.Softmax(), layers.Masking()]
    return {name: outcome(partial(shape, *case))[:60] for name, case in cases.items()}


@attack("errors.narrow-cell-state")
def cell_states_of_a_column():
    """By c of a column less by c repeated over the units: options, sizes and masks."""
    options = [{}, {"unroll": True}, {"go_backwards": True}, {"zero_output_for_mask": True}]
    options += [{"dropout": 0.2, "recurrent_dropout": 0.2}, {"activation": "softmax"}]
    gaps = []
    for option, (batch, units) in itertools.product(options, ((1, 5), (3, 5), (2, 1))):
        layer = LSTM(units, return_sequences=True, return_state=True, **option)
        data = numbers(batch, 4, 3)
        h = numbers(batch, units, seed=1)
        c = numbers(batch, 1, seed=2)
        late = np.repeat([[False, True, True, True]], batch, 0)
        for mask in (None, late, np.zeros_like(late)):
            narrow = layer(data, mask=mask, initial_state=[h, c])
            wide = layer(data, mask=mask, initial_state=[h, c.repeat(units, 1)])
            gaps.append(farthest(narrow, wide))
    return max(gaps)


@attack("modes.losses-of-stateless-call")
def numbers_of_losses_of_equal_calls():
    """How many losses 60 equal calls return: of three layers (3), of two and their model (3)."""

    class Adding(layers.Layer):
        def call(self, inputs):
            self.add_loss(ops.sum(inputs))
            return inputs * 1.0

    class Outer(keras.Model):
        def __init__(self):
            super().__init__()
            self.parts = [Adding(), Adding()]

        def call(self, inputs):
            outputs = self.parts[1](self.parts[0](inputs))
            self.add_loss(ops.mean(outputs))
            return outputs

    def counted(model):
        model(X)
        call = partial(model.stateless_call, [], [], X, return_losses=True)
        return dict(Counter(len(call()[2]) for _ in range(60)))

    plain = model_of(Adding(), Adding(), Adding(), shape=(4, 3))
    return counted(plain), counted(Outer())


@attack("models.merge-of-unmasked")
def merges_beside_numpy():
    """Merged outputs of two LSTMs less numpy's: sequences, final outputs, open timesteps, half."""
    merges = {
        "Add": np.add,
        "Subtract": np.subtract,
        "Multiply": np.multiply,
        "Average": lambda a, b: (a + b) / 2,
        "Maximum": np.maximum,
        "Minimum": np.minimum,
        "Concatenate": lambda a, b: np.concatenate([a, b], -1),
    }
    cases = [(4, None, True, 3), (None, None, False, 1), (4, "mixed_float16", True, 4)]
    gaps = {}
    for name, merge in merges.items():
        each = []
        for timesteps, policy, sequences, units in cases:
            entry = keras.Input((timesteps, 3))
            options = {"return_sequences": sequences, "dtype": policy}
            pair = [LSTM(units, **options)(entry) for _ in range(2)]
            model = keras.Model(entry, [getattr(layers, name)(dtype=policy)(pair), *pair])
            for data in (X, X[:1]):
                output, *parts = (np.array(value) for value in model(data))
                each.append(gap(output, merge(*parts)))
        gaps[name] = max(each)
    return gaps
