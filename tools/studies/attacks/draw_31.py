"""Attacks on 40 claims drawn after the thirtieth draw."""

from __future__ import annotations

import gc
import itertools
import pickle
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import ml_dtypes
import numpy as np
import tensorflow as tf
from keras import layers, ops

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import (
    close,
    farthest,
    gap,
    model_of,
    numbers,
    ones,
    reloaded,
    under,
)

LSTM, Bidirectional, Dense = layers.LSTM, layers.Bidirectional, layers.Dense
X = numbers(2, 4, 3)


def passed(calls: dict[str, Callable[[], Any]]) -> list[str]:
    """Return the names of the calls that raise no error."""
    names = []
    for name, call in calls.items():
        try:
            call()
        except Exception:
            continue
        names.append(name)
    return names


@attack("trainer.epochs-anew")
def epochs_that_learn_nothing():
    """Two fits with a learning rate of 0, a batch between: what is not the same each epoch."""
    data = numbers(10, 5, 3)
    targets = np.eye(3, dtype="float32")[np.arange(10) % 3]
    last = Dense(3, activation="softmax")
    model = model_of(LSTM(4, kernel_regularizer="l2"), last, shape=(5, 3))
    metrics = ["accuracy", "auc", "f1_score", "r2_score", "pearson_correlation", "true_positives"]
    model.compile(keras.optimizers.SGD(0.0), "mse", metrics=metrics, weighted_metrics=["mae"])
    fit = partial(model.fit, data, targets, batch_size=4, shuffle=False, verbose=0)
    first = fit(epochs=3, validation_data=(data[:3], targets[:3])).history
    model.train_on_batch(data[:3], targets[:3] + 5)
    model.evaluate(data[:2], targets[:2], verbose=0)
    second = fit(epochs=2).history
    spans = {name: np.ptp(first[name] + second[name], axis=0).max() for name in second}
    return [name for name, span in spans.items() if span > 1e-6]


@attack("wrappers.copies-its-layer")
def originals_beside_trained_copies():
    """An LSTM before and after its Bidirectional trains; the copies' identity and configuration."""
    options = [{}, {"stateful": True}, {"dropout": 0.3, "seed": 3}, {"name": "forward_x"}]
    options.append({"dtype": "mixed_float16"})
    own = {"name", "go_backwards", "zero_output_for_mask"}

    def kept(layer):
        weights = [weight.tolist() for weight in layer.get_weights()]
        states = [np.array(state).tolist() for state in layer.states or ()]
        return repr((layer.get_config(), weights, states))

    def common(layer):
        return {name: value for name, value in layer.get_config().items() if name not in own}

    outcomes = {}
    for option in options:
        layer = LSTM(3, **option)
        layer(X)
        before = kept(layer)
        wrapper = Bidirectional(layer)
        model = keras.Sequential([keras.Input(batch_shape=X.shape), wrapper])
        model.compile("sgd", "mse")
        model.fit(X, ones(*model.output_shape), batch_size=2, verbose=0)
        copies = [wrapper.forward_layer, wrapper.backward_layer]
        outcomes[str(option)] = [
            kept(layer) == before,
            layer not in copies,
            all(common(copy) == common(layer) for copy in copies),
            [copy.go_backwards for copy in copies],
        ]
    return outcomes


@attack("dropout.stateful")
def states_kept_by_training_calls():
    """Zeros in training against the kept state without dropout; two calls from one state."""
    data = numbers(2, 4, 6)
    outcomes = {}
    for option in ({}, {"unroll": True}, {"go_backwards": True}, {"seed": 3}):
        layer = LSTM(8, stateful=True, dropout=0.5, **option)
        first = np.array(layer(data, training=True))
        states = [np.array(state) for state in layer.states]
        plain = LSTM(8)
        plain.build(data.shape)
        plain.set_weights(layer.get_weights()[:3])
        same = close(layer(0 * data, training=True), plain(0 * data, initial_state=states))
        layer.reset_state()
        outcomes[str(option)] = [same, close(layer(data, training=True), first)]
    return outcomes


@attack("models.slices-quantized")
def quantized_within_time_distributed():
    """Predict of a quantized Dense or Embedding within it, against it on each timestep."""
    words = np.arange(60).reshape(3, 4, 5) % 10
    outcomes = {}
    for layer, data in ((Dense(5), numbers(3, 4, 6)), (layers.Embedding(10, 7), words)):
        entry = keras.Input(data.shape[1:], dtype=data.dtype.name)
        model = keras.Model(entry, layers.TimeDistributed(layer)(entry))
        before = model.predict(data, verbose=0)
        model.quantize("int8")
        each = np.stack([np.array(layer(data[:, t])) for t in range(4)], 1)
        after = model.predict(data, verbose=0)
        name = type(layer).__name__
        outcomes[name] = [round(gap(tensor, each), 2) for tensor in (before, after)]
    return outcomes


@attack("dropout.not-the-mean")
def mean_of_many_masks():
    """The mean over 20000 masks less the output without, in standard errors of that mean."""
    data = 1.5 * numbers(1, 3, 3)
    options = [{"dropout": 0.5}, {"dropout": 0.5, "activation": "relu"}]
    outcomes = {}
    for option in [*options, {"recurrent_dropout": 0.5}]:
        layer = LSTM(2, **option, seed=2)
        many = np.array(layer(np.repeat(data, 20000, 0), training=True))
        error = many.std(0) / 20000**0.5
        outcomes[str(option)] = ((many.mean(0) - np.array(layer(data))[0]) / error).round().tolist()
    return outcomes


@attack("trainer.output-losses")
def last_batch_of_great_errors():
    """The loss of an output, over samples and over batches, for a smaller last batch and not."""
    outcomes = {}
    for count, size, eager in ((33, 32, False), (10, 4, False), (10, 4, True), (64, 32, False)):
        entry = keras.Input((5, 3))
        hidden = LSTM(4)(entry)
        model = keras.Model(entry, [Dense(1, name="a")(hidden), Dense(2, name="b")(hidden)])
        model.compile(loss=["mse", "mae"], run_eagerly=eager)
        data = numbers(count, 5, 3)
        target = np.zeros((count, 1), "float32")
        target[size * ((count - 1) // size) :] += 10
        targets = [target, ones(count, 2)]
        losses = model.evaluate(data, targets, size, verbose=0, return_dict=True)
        errors = (model.predict(data, verbose=0)[0] - target) ** 2
        batches = [errors[k : k + size].mean() for k in range(0, count, size)]
        means = {"a_loss": losses["a_loss"], "samples": errors.mean(), "batches": np.mean(batches)}
        parts = {name: round(float(mean), 2) for name, mean in means.items()}
        outcomes[f"{count} by {size}, {eager=}"] = parts
    return outcomes


@attack("gates.memoryless")
def closed_forget_gates():
    """Unmasked outputs from great states, less those of a sequence of that timestep alone."""
    generator = np.random.default_rng(0)
    data = numbers(3, 6, 4)
    mask = generator.random((3, 6)) > 0.4
    outcomes = {}
    cases = [("sigmoid", -200, {}), ("hard_sigmoid", -10, {"unroll": True}), ("tanh", 0, {})]
    for name, bias, option in [*cases, ("relu", -5, {"go_backwards": True})]:
        common = {"recurrent_activation": name, "recurrent_initializer": "zeros"}
        layer = LSTM(5, return_sequences=True, **common, **option)
        layer.build(data.shape)
        weights = layer.get_weights()
        weights[0][:, 5:10] = 0
        weights[2][5:10] = bias
        layer.set_weights(weights)
        states = [50 * numbers(3, 5, seed=1), 50 * numbers(3, 5, seed=2)]
        outputs = np.array(layer(data, mask=mask, initial_state=states))
        outputs = outputs[:, ::-1] if layer.go_backwards else outputs
        plain = LSTM(5, **common)
        plain.build((None, 1, 4))
        plain.set_weights(weights)
        each = np.stack([np.array(plain(data[:, t : t + 1])) for t in range(6)], 1)
        outcomes[name] = gap(outputs[mask], each[mask])
    return outcomes


@attack("shapes.defaults-of-the-cell")
def configuration_of_a_plain_cell():
    """The configuration and the bias of LSTMCell(4), to read beside its docstring."""
    cell = layers.LSTMCell(4)
    cell.build((None, 3))
    config = {
        name: value["class_name"] if isinstance(value, dict) else value
        for name, value in cell.get_config().items()
        if name not in {"name", "dtype"}
    }
    return config, cell.bias.numpy().tolist()


@attack("errors.unknown-name")
def names_of_another_kind():
    """Arguments with unknown names, the empty one, of other letters, of another kind: accepted?"""
    unknown = ["foo", "", " ", "tanh ", "Tanh", "ZEROS", "none", "None", "null", "adam", "mse"]
    unknown += ["Dense", "keras.activations.relu", "numpy.sin", "a>b", "{}", "1", "auto"]
    kinds = {"activation": "relu", "regularizer": "l2", "constraint": "max_norm"}
    kinds["initializer"] = "zeros"
    arguments = ["activation", "recurrent_activation", "activity_regularizer"]
    for weight in ("kernel", "recurrent", "bias"):
        arguments += [f"{weight}_{kind}" for kind in ("initializer", "regularizer", "constraint")]
    calls = {}
    for argument in arguments:
        names = [name for kind, name in kinds.items() if kind not in argument]
        for name in unknown + names:
            calls[f"{argument}={name}"] = partial(LSTM, 2, use_bias=False, **{argument: name})
    return {"accepted": passed(calls), "of": len(calls)}


@attack("shapes.empty-sequence")
def no_timesteps():
    """Eager calls on no timesteps, by options, with a state and a mask, built before: accepted?"""
    flags = ["unroll", "stateful", "go_backwards", "return_sequences"]
    given = {"mask": np.ones((2, 0), bool), "initial_state": [ones(2, 2)] * 2}

    def call(options, later, built):
        layer = LSTM(2, **options)
        if built:
            layer(ones(2, 2, 3))
        return layer(ones(2, 0, 3), **later)

    calls = {}
    for values in itertools.product((False, True), repeat=6):
        *switched, stated, built = values
        options = dict(zip(flags, switched, strict=True))
        later = given if stated else {}
        calls[str(values)] = partial(call, options, later, built)
        calls[f"{values}, dropout"] = partial(call, {**options, "dropout": 0.3}, later, built)
    return {"accepted": passed(calls), "of": len(calls)}


@attack("trainer.target-misfit")
def targets_of_other_sizes():
    """Fits by losses, jit and open timesteps with targets of other sizes: which ones pass?"""
    shapes = [(2, 3, 5), (2, 8, 5), (2, 4, 6), (2, 4, 10), (2, 1, 6)]
    calls = {}
    cases = [("mse", False, 4), ("mae", True, None), ("mape", False, None), ("msle", True, 4)]
    for loss, jit, timesteps in cases:
        model = model_of(LSTM(5, return_sequences=True), shape=(timesteps, 3))
        model.compile(loss=loss, jit_compile=jit)
        for shape in shapes:
            calls[f"{loss}, {shape}"] = partial(model.fit, X, ones(*shape), verbose=0)
    return passed(calls)


@attack("trainer.structures")
def keys_out_of_order():
    """Losses of outputs {z, a} and [z, a], targets in a list or dictionary; a generator's list."""
    data = ones(6, 4, 3)
    entry = keras.Input((4, 3))
    hidden = layers.Flatten()(entry)
    outputs = {name: Dense(1, name=name, kernel_initializer="zeros")(hidden) for name in "za"}
    targets = {"z": 5 * ones(6, 1), "a": 0 * ones(6, 1)}
    outcomes = {}

    def losses(model, *source):
        model.compile("sgd", "mse")
        return model.evaluate(*source, verbose=0, return_dict=True)

    for out, target in itertools.product((dict, list), repeat=2):
        model = keras.Model(entry, outputs if out is dict else list(outputs.values()))
        wanted = targets if target is dict else list(targets.values())
        outcomes[f"{out.__name__}, {target.__name__}"] = losses(model, data, wanted)
    for kind in (tuple, list):
        source = (batch for batch in [(data, kind(targets.values()))])
        outcomes[f"generator of a {kind.__name__}"] = outcome(partial(losses, model, source))
    return outcomes


@attack("training.activity")
def penalties_of_all_outputs():
    """Losses less the penalty by the batch size: masks, states, backwards, Bidirectional."""
    data = numbers(3, 4, 3)
    entry = keras.Input((4, 3))
    masked = layers.Masking()(entry)
    options = [{}, {"return_sequences": True}, {"return_state": True}]
    builders = [partial(LSTM, 5, activity_regularizer="l2", **option) for option in options]
    builders += [lambda build=build: Bidirectional(build()) for build in builders]
    builders.append(partial(builders[0], go_backwards=True, unroll=True))
    gaps = []
    for build in builders:
        outputs = keras.tree.flatten(build()(masked))
        values = keras.tree.flatten(keras.Model(entry, outputs)(data))
        model = keras.Model(entry, outputs[0])
        model.compile(loss="mse")
        penalty = sum(0.01 * float(ops.sum(value**2)) / 3 for value in values)
        gaps.append(abs(model.evaluate(data, values[0], verbose=0) - penalty))
    return max(gaps)


@attack("wrappers.losses-of-a-cell")
def cell_that_adds_a_loss():
    """A cell adds a loss of 1: the losses of 4 timesteps, evaluate in a graph and eagerly."""

    class Costly(layers.Layer):
        def __init__(self, units):
            super().__init__()
            self.state_size = units
            self.output_size = units

        def build(self, shape):
            self.kernel = self.add_weight(shape=(shape[-1], self.state_size))

        def call(self, inputs, states):
            output = ops.tanh(inputs @ self.kernel + states[0])
            self.add_loss(1.0 + 0 * ops.sum(output))
            return output, [output]

    outcomes = {}
    for unroll in (False, True):
        model = model_of(layers.RNN(Costly(3), unroll=unroll), shape=(4, 3))
        targets = np.array(model(X))
        ways = {"losses": len(model.losses)}
        for eager in (False, True):
            model.compile(loss="mse", run_eagerly=eager)
            ways[f"{eager=}"] = outcome(partial(model.evaluate, X, targets, verbose=0))[:40]
        outcomes[f"{unroll=}"] = ways
    return outcomes


@attack("trainer.memory")
def growth_over_calls():
    """The kilobytes a further call on arrays of one shape adds to the process."""

    def resident():
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

    data = numbers(64, 20, 8)
    targets = numbers(64, 16)
    model = model_of(LSTM(16), shape=(20, 8))
    model.compile(loss="mse")
    ways = {
        "predict": (partial(model.predict, data, verbose=0), 5),
        "evaluate": (partial(model.evaluate, data, targets, verbose=0), 5),
        "test_on_batch": (partial(model.test_on_batch, data, targets), 50),
    }
    growth = {}
    for name, (call, times) in ways.items():
        sizes = []
        for _ in range(2):
            for _ in range(times):
                call()
            gc.collect()
            sizes.append(resident())
        growth[name] = round((sizes[1] - sizes[0]) / times, 1)
    return growth


@attack("shapes.second-argument")
def states_and_mask_by_place():
    """States as second argument against initial_state, also in a model; a mask as second."""
    states = [numbers(2, 5, seed=1), numbers(2, 5, seed=2)]
    mask = np.array([[True, True, False, False], [True, False, True, True]])
    outcomes = {}
    for option in ({}, {"return_sequences": True}, {"unroll": True}, {"go_backwards": True}):
        layer = LSTM(5, **option)
        entries = [keras.Input((4, 3)), keras.Input((5,)), keras.Input((5,))]
        model = keras.Model(entries, layer(entries[0], entries[1:]))
        expected = layer(X, initial_state=states)
        gaps = [gap(layer(X, states), expected), gap(layer(X, tuple(states)), expected)]
        gaps.append(gap(model.predict([X, *states], verbose=0), expected))
        masked = layer(X, initial_state=states, mask=mask)
        outcomes[str(option)] = max(*gaps, gap(layer(X, states, mask), masked))
    outcomes["mask as second"] = outcome(partial(layer, X, mask))
    return outcomes


@attack("masking.zero-output-last")
def zero_output_in_bidirectional():
    """Final outputs where the timestep read last is masked: alone, within Bidirectional."""
    mask = np.array([[False, True, True, False], [False, False, True, False]])
    outcomes = {}
    for backwards in (False, True):
        layer = LSTM(2, zero_output_for_mask=True, go_backwards=backwards)
        outcomes[f"{backwards=}"] = gap(layer(X, mask=mask), np.zeros((2, 2)))
    wrapper = Bidirectional(LSTM(2, zero_output_for_mask=True))
    outcomes["Bidirectional"] = gap(wrapper(X, mask=mask), np.zeros((2, 4)))
    outcomes["its argument"] = wrapper.forward_layer.zero_output_for_mask
    return outcomes


@attack("trainer.losses")
def slopes_of_losses():
    """Gradients in float64 against central differences, weighted: at zeros, at random, far off."""
    generator = np.random.default_rng(0)
    losses = keras.losses
    options = {"dtype": "float64"}
    logits = {**options, "from_logits": True}
    plain = generator.normal(size=(3, 5, 4))
    shares = generator.dirichlet(np.ones(4), (3, 5))
    classes = generator.integers(0, 4, (3, 5))
    cases = [(losses.MeanSquaredError(**options), plain), (losses.Huber(**options), plain)]
    cases += [(losses.MeanAbsoluteError(**options), plain), (losses.LogCosh(**options), plain)]
    cases.append((losses.BinaryCrossentropy(**logits), shares))
    cases.append((losses.CategoricalCrossentropy(label_smoothing=0.1, **logits), shares))
    cases.append((losses.SparseCategoricalCrossentropy(ignore_class=1, **logits), classes))
    weights = generator.random((3, 5))
    step = 1e-6 * generator.normal(size=(3, 5, 4))
    worst = {}
    for loss, target in cases:
        gaps = []
        for scale in (0.0, 1.0, 30.0):
            point = tf.Variable(scale * generator.normal(size=(3, 5, 4)))
            value = partial(loss, target, sample_weight=weights)
            with tf.GradientTape() as tape:
                score = value(point * 1.0)
            slope = ops.sum(tape.gradient(score, point) * step)
            difference = (value(point + step) - value(point - step)) / 2
            gaps.append(gap(difference, slope) / 1e-6)
        worst[loss.name] = max(gaps)
    return worst


@attack("trainer.validation")
def validated_with_kept_weights():
    """val_loss less the loss by weights kept at each epoch's end: dropout, batch normalization."""
    data = numbers(20, 6, 3)
    targets = numbers(20, 2, seed=1)
    outcomes = {}
    for between in (layers.Dropout(0.4), layers.BatchNormalization()):
        lower = LSTM(5, kernel_regularizer="l2", dropout=0.2)
        model = model_of(lower, between, Dense(2), shape=(6, 3))
        model.compile("adam", "mse")
        kept = []
        keep = lambda epoch, logs, model=model, kept=kept: kept.append(model.get_weights())  # noqa: E731
        keeper = keras.callbacks.LambdaCallback(on_epoch_end=keep)
        options = {"validation_split": 0.25, "callbacks": [keeper], "verbose": 0}
        history = model.fit(data, targets, batch_size=6, epochs=2, **options).history
        gaps = []
        for weights, value in zip(kept, history["val_loss"], strict=True):
            model.set_weights(weights)
            gaps.append(abs(model.evaluate(data[15:], targets[15:], verbose=0) - value))
        outcomes[between.name] = max(gaps)
    return outcomes


@attack("models.joined-refused")
def shapes_that_do_not_join():
    """Pairs of shapes that differ off the axis, symbolic and eager, that Concatenate accepts."""
    shapes = [(4, 5), (4,), (4, 5, 6), (1, 5), (4, 1), (5,), (1,), (7, 5)]

    def fits(axis, pair):
        count = {len(shape) + 1 for shape in pair}
        if len(count) > 1 or not -min(count) <= axis < min(count):
            return False
        batches = [[2, *shape] for shape in pair]
        for batch in batches:
            del batch[axis]
        return batches[0] == batches[1]

    calls = {}
    for axis, *pair in itertools.product((1, 2, -1, -2), shapes, shapes):
        if not fits(axis, pair):
            join = layers.Concatenate(axis=axis)
            symbols = lambda join=join, pair=pair: join([keras.Input(shape) for shape in pair])  # noqa: E731
            calls[f"{axis}, {pair}, symbolic"] = symbols
            arrays = [ones(2, *shape) for shape in pair]
            calls[f"{axis}, {pair}, eager"] = partial(layers.Concatenate(axis=axis), arrays)
    entries = [keras.Input((None, 4)), keras.Input((None, 5))]
    model = keras.Model(entries, layers.Concatenate()(entries))
    calls["open"] = partial(model.predict, [ones(2, 3, 4), ones(2, 5, 5)], verbose=0)
    calls["alone"] = partial(layers.Concatenate(), ones(2, 4))
    return {"accepted": passed(calls), "of": len(calls)}


@attack("trainer.weights-by-name")
def weights_in_dictionaries():
    """Two outputs, targets and weights in dictionaries: the loss less the expected, or an error."""
    data = numbers(8, 5, 3)
    targets = {"b": numbers(8, 1, seed=1), "a": numbers(8, 1, seed=2)}
    weights = {"b": numbers(8, seed=3) ** 2, "a": numbers(8, seed=4) ** 2}
    entry = keras.Input((5, 3))
    hidden = LSTM(4)(entry)
    outputs = {name: Dense(1, name=name)(hidden) for name in "ba"}
    values = keras.Model(entry, outputs).predict(data, verbose=0)
    errors = {name: ((values[name] - targets[name]) ** 2)[:, 0] for name in "ba"}
    expected = sum(np.mean(weights[name] * errors[name]) for name in "ba")
    outcomes = {}
    for form in (list, dict):
        model = keras.Model(entry, outputs if form is dict else list(outputs.values()))
        model.compile("sgd", "mse")
        score = partial(model.evaluate, data, targets, sample_weight=weights, verbose=0)
        difference = lambda score=score: float(score(return_dict=True)["loss"] - expected)  # noqa: E731
        outcomes[form.__name__] = outcome(difference)
    return outcomes


@attack("trainer.frozen-bidirectional")
def clones_of_a_frozen_layer():
    """Trainable weights of Bidirectional of a frozen LSTM, its clone, that one's, from_config."""
    outcomes = {}
    for option in ({}, {"return_sequences": True}, {"stateful": True}, {"dropout": 0.2}):
        wrapper = Bidirectional(LSTM(4, trainable=False, **option))
        model = keras.Sequential([keras.Input((5, 3), batch_size=2), wrapper])
        clone = keras.models.clone_model(model)
        again = Bidirectional.from_config(wrapper.get_config())
        again.build((2, 5, 3))
        copies = (wrapper, clone, keras.models.clone_model(clone), again)
        outcomes[str(option)] = [len(copy.trainable_weights) for copy in copies]
    return outcomes


@attack("saving.onnx-bidirectional")
def operators_of_merged_directions():
    """Operators LSTM and Loop of exported Bidirectionals, by options and merge modes."""
    cases = [({}, "concat"), ({"return_sequences": True}, "sum"), ({"use_bias": False}, "mul")]
    entry = keras.Input((None, 3))

    def exported(options, mode):
        import onnx

        model = keras.Model(entry, Bidirectional(LSTM(4, **options), merge_mode=mode)(entry))
        model(X)
        path = str(Path(tempfile.mkdtemp(), "lstm.onnx"))
        model.export(path, format="onnx", verbose=False)
        kinds = [node.op_type for node in onnx.load(path).graph.node]
        return kinds.count("LSTM"), kinds.count("Loop")

    cases.append(({"return_state": True}, None))
    return {str(case): outcome(partial(exported, *case)) for case in cases}


@attack("trainer.seeded-graphs")
def trainings_of_a_seed():
    """Two trainings of one seed, shuffled, unrolled with dropout if compiled: equal to the bit?"""
    data = numbers(64, 2, 3)
    targets = numbers(64, 2, seed=1)

    def trained(jit):
        keras.utils.set_random_seed(7)
        model = model_of(LSTM(2, dropout=0.2, unroll=jit), shape=(2, 3))
        model.compile("sgd", "mse", jit_compile=jit)
        model.fit(data, targets, epochs=2, batch_size=16, verbose=0)
        return b"".join(weight.tobytes() for weight in model.get_weights())

    return {f"{jit=}": trained(jit) == trained(jit) for jit in (False, True)}


@attack("saving.given-vocabulary")
def line_breaks_in_a_vocabulary_file():
    """Ids by a vocabulary file before saving and from .keras; a file written anew by its name."""
    folder = Path(tempfile.mkdtemp())
    living = []

    def looked_up(name, terms, asked):
        path = folder / name
        path.write_bytes("\n".join(terms).encode())
        lookup = layers.StringLookup(vocabulary=str(path))
        model = keras.Sequential([keras.Input((1,), dtype="string"), lookup])
        living.append(model)
        words = tf.constant([[word] for word in asked])
        path.with_suffix(".keras").unlink(missing_ok=True)
        model.save(path.with_suffix(".keras"))
        path.unlink()
        again = lambda: keras.models.load_model(path.with_suffix(".keras"))(words)  # noqa: E731
        return model(words).numpy().ravel().tolist(), outcome(lambda: np.ravel(again()).tolist())[
            :60
        ]

    outcomes = {}
    for number, term in enumerate(["b b", "\xa0", "\x0c", "p\x0cq", "p\x85q", "p\u2028q"]):
        terms = ["a", term, "c"]
        outcomes[ascii(term)] = looked_up(f"{number}.txt", terms, terms)
    outcomes["first"] = looked_up("again.txt", ["a", "c"], ["a", "c"])
    outcomes["anew, should be 2 1"] = looked_up("again.txt", ["c", "a"], ["a", "c"])
    return outcomes


@attack("wrappers.cell-split")
def states_in_a_tensor():
    """States in a tensor of some rows against a list of its first two."""
    data = ones(3, 2)
    cell = layers.LSTMCell(4)
    gaps = {}
    for shape in ((2, 4), (3, 4), (7, 4), (2, 3, 4), (5, 3, 4)):
        states = ops.convert_to_tensor(numbers(*shape))
        rows = [ops.broadcast_to(states[k], (3, 4)) for k in range(2)]
        gaps[str(shape)] = farthest(cell(data, states)[1], cell(data, rows)[1])
    return gaps


@attack("training.activity-in-half")
def activity_under_policies():
    """Evaluate and fit of an LSTM with an activity regularizer under three policies."""

    def ways():
        model = model_of(LSTM(4, activity_regularizer="l2"), Dense(1))
        model.compile("sgd", "mse")
        calls = (model.evaluate, model.fit)
        run = lambda call: call(X, ones(2, 1), verbose=0) and "runs"  # noqa: E731
        return [outcome(partial(run, call))[:50] for call in calls]

    policies = ("float32", "mixed_float16", "mixed_bfloat16")
    return {policy: under(policy, ways) for policy in policies}


@attack("wrappers.list-of-one-cell-unrolled")
def unrolled_list_of_a_cell():
    """RNN of a list of one cell less RNN of the cell, unrolled and not, masked and not."""
    mask = np.arange(4) < np.array([[3], [4]])
    outcomes = {}
    for unroll, given in ((False, None), (True, None), (True, mask)):
        plain = layers.RNN(layers.LSTMCell(4), unroll=unroll)
        listed = layers.RNN([layers.LSTMCell(4)], unroll=unroll)
        for layer in (plain, listed):
            layer.build(X.shape)
            layer.set_weights(plain.get_weights())
        name = f"{unroll=}, masked={given is not None}"
        outcomes[name] = outcome(lambda: gap(plain(X, mask=given), listed(X, mask=given)))
    return outcomes


@attack("trainer.types-for-an-own-metric")
def types_that_a_metric_sees():
    """Types that a function as metric is given, by type of targets, policy and call."""
    seen = set()

    def metric(target, output):
        seen.add(tuple(keras.backend.standardize_dtype(part.dtype) for part in (target, output)))
        return ops.mean(ops.cast(output, "float32"), axis=-1)

    outcomes = {}
    for policy, kind in itertools.product(("float32", "mixed_float16"), ("int32", "float32")):
        model = model_of(LSTM(4, dtype=policy), Dense(1, dtype=policy))
        model.compile("sgd", "mse", metrics=[metric])
        targets = np.ones((2, 1), kind)
        types = []
        for call in (partial(model.fit, verbose=0), model.test_on_batch):
            seen.clear()
            call(X, targets)
            types += sorted(seen)
        outcomes[f"{policy}, {kind}"] = sorted(set(types))
    return outcomes


@attack("masking.padding-side")
def padding_on_both_sides():
    """Final outputs of padded and masked less unpadded: left, right and both sides."""
    gaps = {}
    for option in ({}, {"go_backwards": True}, {"unroll": True}, {"activation": "relu"}):
        layer = LSTM(4, **option)
        expected = layer(X)
        for left, right in ((4, 0), (0, 4), (3, 5)):
            sides = ((0, 0), (left, right), (0, 0))
            data = np.pad(X, sides, constant_values=9.0)
            mask = np.pad(np.ones((2, 4), bool), sides[:2])
            gaps[f"{option}, {left}, {right}"] = gap(layer(data, mask=mask), expected)
    return max(gaps.values())


@attack("dropout.inputs-by-gate")
def inputs_that_gates_keep():
    """How many patterns of kept inputs the four gates have, by recurrent dropout and loop."""
    patterns = []
    for rate, unroll in ((0.3, False), (0.3, True), (1e-9, False), (1.0, False)):
        kept = set()
        for gate in range(4):
            options = {"dropout": 0.5, "recurrent_dropout": rate, "seed": 1, "unroll": unroll}
            layer = LSTM(1, activation="linear", recurrent_activation="linear", **options)
            layer.build((1, 1, 40))
            kernel = np.zeros((40, 4), "float32")
            kernel[:, gate] = 1
            layer.set_weights([kernel, np.zeros((1, 4)), np.ones(4)])
            data = tf.ones((1, 1, 40))
            with tf.GradientTape() as tape:
                tape.watch(data)
                score = layer(data, initial_state=[tf.ones((1, 1))] * 2, training=True)
            slope = np.abs(tape.gradient(score, data).numpy().ravel())
            kept.add(tuple((slope > 1e-6).tolist()))
        patterns.append(len(kept))
    return patterns


@attack("wrappers.backward-layer-needed")
def backward_layers_of_another_kind():
    """Flags, numbers, arrays and classes as backward_layer: which are accepted?"""
    values = [True, False, 0, 1, 0.0, 2.5, np.float32(0), np.bool_(False), np.int64(3)]
    values += [np.array(0), LSTM, layers.GRU, layers.Layer, keras.Model, int]
    calls = {}
    for mode, value in itertools.product(("concat", None), values):
        layer = LSTM(3, return_sequences=True)
        build = partial(Bidirectional, layer, merge_mode=mode, backward_layer=value)
        calls[f"{mode}, {value!r}"] = build
    return passed(calls)


@attack("saving.pickle")
def pickled_layers():
    """Layers and Sequentials of many options, pickled and back: which outputs differ in a bit?"""
    options = [{"dtype": name} for name in ("float32", "float16", "float64", "mixed_bfloat16")]
    options.append({"return_state": True, "return_sequences": True, "go_backwards": True})
    options += [{"unroll": True}, {"recurrent_dropout": 0.2}, {"use_bias": False}]
    options += [{"activation": None}, {"trainable": False}, {"use_cudnn": False}]
    outcomes = []
    for option in options:
        layer = LSTM(5, **option)
        layer.build((None, 4, 3))
        for whole in (layer, keras.Sequential([layer])):
            again = pickle.loads(pickle.dumps(whole))
            if farthest(whole(X), again(X)) > 0:
                outcomes.append(str(option))
    return outcomes


@attack("trainer.target-axis")
def targets_of_an_axis_more():
    """Two epochs with targets (9,) and (9, 1), a last batch of 1: losses whose weights differ."""
    data = numbers(9, 4, 3)
    target = np.random.default_rng(0).uniform(0.1, 0.9, 9).astype("float32")
    differing = []
    for loss in ("mse", "mae", "binary_crossentropy", "huber", "kl_divergence", "dice"):
        weights = []
        for given in (target, target[:, None]):
            keras.utils.set_random_seed(1)
            model = model_of(layers.Flatten(), Dense(1, activation="sigmoid"), shape=(4, 3))
            model.compile(keras.optimizers.SGD(0.2), loss, run_eagerly=True)
            model.fit(data, given, batch_size=4, epochs=2, shuffle=False, verbose=0)
            weights.append(model.get_weights())
        if farthest(*weights) > 1e-6:
            differing.append(loss)
    return differing


@attack("saving.layers-read-again")
def seeds_read_again():
    """Seeds of recurrent layers as they are, from JSON and .keras; use_cudnn from JSON."""
    outcomes = {}
    entry = keras.Input((6, 4))
    for kind in (LSTM, layers.GRU, layers.SimpleRNN):
        model = keras.Model(entry, kind(3, dropout=0.5, seed=5, name="r")(entry))
        models = [model, keras.models.model_from_json(model.to_json()), reloaded(model)]
        outcomes[kind.__name__] = [each.get_layer("r").cell.seed for each in models]
    model = keras.Model(entry, LSTM(3, use_cudnn=False, name="r")(entry))
    again = keras.models.model_from_json(model.to_json())
    outcomes["use_cudnn"] = again.get_layer("r").use_cudnn
    return outcomes


@attack("training.regularizers")
def numbers_of_penalties():
    """How many losses: three, shared in two models, of one object, frozen in part, all, no bias."""
    data = ones(2, 3, 2)
    names = ("kernel_regularizer", "recurrent_regularizer", "bias_regularizer")
    layer = LSTM(3, **dict.fromkeys(names, "l1"))
    layer(data)
    layer(data, training=True)
    counts = [len(layer.losses)]
    entry = keras.Input((None, 2))
    inner = keras.Sequential([entry, layer])
    counts.append(len(keras.Model(entry, [inner(entry), layer(entry)]).losses))
    layer = LSTM(3, stateful=True, **dict.fromkeys(names, keras.regularizers.L2(0.0)))
    layer(data)
    counts.append(len(layer.losses))
    layer.cell.kernel.trainable = False
    counts.append(len(layer.losses))
    layer.trainable = False
    counts.append(len(layer.losses))
    layer = LSTM(3, use_bias=False, unroll=True, kernel_regularizer="l1", bias_regularizer="l1")
    layer(data)
    return [*counts, len(layer.losses)]


@attack("wrappers.merge-mode-names")
def merge_modes_of_another_kind():
    """Names, flags, numbers, collections, layers and functions as merge_mode: accepted?"""
    values = ["SUM", "average", "avg", "max", "concatenate", "", " sum", "none", "None", b"sum"]
    values += [False, True, 0, 1, float("nan"), (), [], ["sum"], ("sum",), {"sum": 1}]
    values += [np.array(["foo"]), np.array(["a", "b"]), layers.Add, layers.Add(), ops.add]
    return passed({repr(mode): partial(Bidirectional, LSTM(3), merge_mode=mode) for mode in values})


@attack("wrappers.stack-output-size")
def sizes_of_stacks():
    """The output_size of stacks that end in a cell of Keras, a stack, an own cell."""
    stack = layers.StackedRNNCells
    cell = layers.LSTMCell

    class Plain(layers.Layer):
        def __init__(self, state_size):
            super().__init__()
            self.state_size = state_size

        def call(self, inputs, states):
            return inputs, states

    class Sized(Plain):
        output_size = 9

    last = [layers.GRUCell(5), stack([cell(4), cell(7)])]
    last += [kind(size) for kind in (Plain, Sized) for size in (5, [5, 6])]
    return [stack([cell(3), each]).output_size for each in last]


@attack("precision.half-roundings")
def slow_inputs_in_bfloat16():
    """100 timesteps of an input that steps once: errors of outputs and cell states in epsilons."""
    half = ml_dtypes.bfloat16
    options = {"return_sequences": True, "return_state": True, "recurrent_initializer": "zeros"}
    narrow = LSTM(4, dtype="bfloat16", **options)
    wide = LSTM(4, dtype="float64", **options)
    for layer in (narrow, wide):
        layer.build((None, 100, 8))
    errors = []
    for seed in range(8):
        generator = np.random.default_rng(seed)
        weights = [generator.uniform(-1, 1, weight.shape).astype(half) for weight in wide.weights]
        levels = generator.uniform(-2, 2, (2, 16, 1, 8)).astype(half)
        data = np.concatenate([np.repeat(level, 50, 1) for level in levels], 1)
        narrow.set_weights(weights)
        wide.set_weights([weight.astype("float64") for weight in weights])
        rounded = narrow(ops.convert_to_tensor(data))
        exact = wide(data.astype("float64"))
        scale = np.maximum(1, np.abs(np.array(exact[2])))
        cells = [np.array(ops.cast(state[2], "float64")) / scale for state in (rounded, exact)]
        errors.append([128 * gap(rounded[0], exact[0]), 128 * gap(*cells)])
    return np.max(errors, 0).round().tolist()


@attack("errors.flag-of-text")
def flags_of_text():
    """Flags, and several at once, as 'False' and as True, masked: which outputs differ?"""
    names = ["return_sequences", "return_state", "go_backwards", "stateful", "unroll", "use_bias"]
    mask = np.array([[True, True, True, False], [True, False, True, True]])
    differing = []
    for chosen in [*([name] for name in names), names, names[:4], names[:3] + names[4:]]:
        outputs = []
        for value in (True, "False"):
            keras.utils.set_random_seed(3)
            layer = LSTM(4, **{name: value if name in chosen else False for name in names})
            outputs.append([layer(X), layer(X, mask=mask), layer(X, mask=mask), layer.weights])
        if outcome(partial(farthest, *outputs)) != "0.0":
            differing.append(chosen)
    return differing
