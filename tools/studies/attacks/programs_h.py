"""Attacks on twenty-one claims, each in a case that its test does not draw."""

from __future__ import annotations

import tempfile
from collections import OrderedDict

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import MASK, X, close, gap, model_of, numbers, ones, reloaded


@attack("dropout.after-inference")
def a_part_in_training_before_predict():
    """A part called with training=True: does an LSTM after it drop in predict?"""

    class Tuned(keras.Model):
        def __init__(self):
            super().__init__()
            self.part = layers.Activation("linear")
            self.lstm = layers.LSTM(2, dropout=0.5, seed=1)

        def call(self, x, training=None):
            return self.lstm(self.part(x, training=True))

    model = Tuned()
    return {"drops": not close(model.predict(X, verbose=0), model.predict(X, verbose=0))}


@attack("wrappers.stack-dtype-masked")
def a_stack_of_bfloat16():
    """Cells of bfloat16 behind a mask."""
    options = {"dtype": "bfloat16", "recurrent_initializer": "glorot_uniform"}
    layer = layers.RNN([layers.LSTMCell(2, **options) for _ in range(2)], dtype="bfloat16")
    return outcome(lambda: str(layer(X, mask=MASK).dtype))


@attack("models.last-output-first")
def outputs_in_a_dictionary():
    """Outputs in a dictionary: is the call of the last key first?"""
    lstm = layers.LSTM(2, stateful=True)
    inputs = keras.Input(batch_shape=(2, 4, 3))
    model = keras.Model(inputs, {"b": lstm(inputs), "a": lstm(inputs)})
    outputs = model(X)
    alone = layers.LSTM(2)
    alone.build(X.shape)
    alone.set_weights(lstm.get_weights())
    return {name: close(y, alone(X)) for name, y in outputs.items()}


@attack("saving.inputs-in-order")
def an_ordered_dictionary_of_three():
    """Three Inputs in an OrderedDict, made again from the configuration."""
    names = ["c", "a", "b"]
    inputs = {name: keras.Input((4, 3), name=name) for name in names}
    outputs = [layers.LSTM(2)(inputs[name]) for name in names]
    model = keras.Model(OrderedDict(inputs), outputs)
    again = keras.Model.from_config(model.get_config())
    again.set_weights(model.get_weights())
    data = OrderedDict((name, numbers(2, 4, 3, seed=k)) for k, name in enumerate(names))
    return [gap(*pair) for pair in zip(again(data), model(data), strict=True)]


@attack("saving.shared-cell")
def a_cell_shared_by_a_stack():
    """One cell in a stack and alone: is the model loaded?"""
    cell = layers.LSTMCell(3)
    inputs = keras.Input((4, 3))
    stacked = layers.RNN([cell, layers.LSTMCell(2)])(inputs)
    model = keras.Model(inputs, [stacked, layers.RNN(cell)(inputs)])
    return outcome(lambda: [gap(*pair) for pair in zip(reloaded(model)(X), model(X), strict=True)])


@attack("saving.loss-scale")
def a_model_in_bfloat16():
    """mixed_bfloat16, which scales no loss: are the steps loaded?"""
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = model_of(layers.LSTM(2))
        model.compile("adam", "mse")
        model.train_on_batch(X, ones(2, 2))
    finally:
        keras.config.set_dtype_policy("float32")
    return int(reloaded(model).optimizer.iterations)


@attack("trainer.compiled-in-a-wrapper")
def a_compiled_model_in_a_layer_of_our_own():
    """A layer of one's own that holds a compiled model."""
    inner = model_of(layers.LSTM(2))
    inner.compile("sgd", "mse")

    class Holder(layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = inner

        def call(self, x):
            return self.inner(x)

    model = model_of(Holder())
    model.compile("sgd", "mse")
    return model.evaluate(X, 5 * ones(2, 2), verbose=0, return_dict=True)


@attack("masking.pictures")
def pictures_of_whole_numbers():
    """Whole numbers of four axes: the shape of the mask."""
    pictures = np.zeros((2, 3, 4, 1), "int32")
    return list(layers.Masking().compute_mask(pictures).shape)


@attack("masking.value-of-numpy")
def other_numbers_of_numpy():
    """A value that is a float32, float16 or whole number of NumPy: what is masked?"""
    data = np.array([[[-999.9], [1.0], [-7.0]]], "float32")
    values = {"float32": np.float32(-999.9), "float16": np.float16(-999.9), "int64": np.int64(-7)}
    return {
        name: np.array(layers.Masking(value).compute_mask(data)).ravel().tolist()
        for name, value in values.items()
    }


@attack("precision.layer-as-activation")
def a_softmax_as_activation():
    """Softmax as the activation of a float64 layer, alone and with the dtype."""
    kinds = {"alone": layers.Softmax(), "float64": layers.Softmax(dtype="float64")}
    return {
        name: outcome(
            lambda kind=kind: str(layers.LSTM(2, dtype="float64", activation=kind)(X).dtype)
        )
        for name, kind in kinds.items()
    }


@attack("trainer.targets-of-two-ranks")
def targets_in_turn_with_a_jit():
    """Both forms of targets in turn, eagerly and compiled by XLA."""

    def tried(**options):
        model = model_of(layers.LSTM(1))
        model.compile("sgd", "mse", **options)
        return [
            outcome(lambda y=y: float(model.train_on_batch(X, y)) > 0)
            for y in (ones(2, 1), ones(2))
        ]

    return {"eager": tried(run_eagerly=True), "jit": tried(jit_compile=True)}


@attack("saving.words-of-lines")
def words_with_other_separators():
    """Words with a tab, a form feed, and the next-line sign of Unicode."""
    kept = {}
    for name, sign in {"tab": "\t", "form feed": "\f", "next line": "\x85"}.items():
        words = np.array([["one"], ["one"], [f"two{sign}parts"]], dtype=object)
        lookup = layers.StringLookup()
        lookup.adapt(words)
        model = keras.Sequential([keras.Input((1,), dtype="string"), lookup])
        kept[name] = bool(np.array_equal(reloaded(model)(words), model(words)))
    return kept


@attack("saving.shared-with-a-model")
def a_nested_model_called_twice():
    """The nested model of a shared layer, called twice."""
    lstm = layers.LSTM(3, return_sequences=True)
    nested = keras.Sequential([keras.Input((4, 3)), lstm])
    inputs = keras.Input((4, 3))
    model = keras.Model(inputs, nested(nested(lstm(inputs))))
    return outcome(lambda: gap(reloaded(model)(X), model(X)))


@attack("trainer.monitor-of-an-output")
def an_accuracy_of_an_output():
    """EarlyStopping on the accuracy of one output, and on a sum of losses."""
    inputs = keras.Input((4, 3))
    heads = [layers.Dense(1, name=name)(layers.LSTM(2)(inputs)) for name in ("a", "b")]
    model = keras.Model(inputs, heads)
    model.compile("sgd", ["mse", "mse"], metrics=[["accuracy"], []])
    data = X, [ones(2, 1), ones(2, 1)]

    def stopped(monitor):
        callback = keras.callbacks.EarlyStopping(monitor)
        return model.fit(*data, callbacks=[callback], verbose=0).epoch

    return {name: outcome(lambda name=name: stopped(name)) for name in ("a_accuracy", "loss")}


@attack("masking.stays-on-no-input")
def a_mask_passed_to_a_layer():
    """A mask passed to an LSTM itself, to Bidirectional, and to a model in predict_on_batch."""
    tensor = tf.constant(X)
    kinds = {"LSTM": layers.LSTM(2), "Bidirectional": layers.Bidirectional(layers.LSTM(2))}
    stays = {}
    for name, layer in kinds.items():
        before = layer(tensor)
        layer(tensor, mask=tf.constant(MASK))
        stays[name] = not close(layer(tensor), before)
    return stays


@attack("models.other-keys")
def a_key_that_comes_last():
    """A further key that sorts behind the names of the Inputs, and one of another shape before."""
    inputs = {name: keras.Input((4, 3), name=name) for name in ("b", "c")}
    model = keras.Model(inputs, layers.LSTM(2)(inputs["b"] - inputs["c"]))
    data = {"b": X, "c": 2 * X}
    behind = model({**data, "d": 9 * X})
    return {
        "behind": gap(behind, model(data)),
        "another shape before": outcome(lambda: gap(model({"a": np.ones(2), **data}), model(data))),
    }


@attack("trainer.compiled-without-metrics")
def compiled_anew_without_a_loss():
    """Compiled anew without a loss: does it train by the old one?"""
    model = model_of(layers.LSTM(2))
    model.compile("sgd", "mse")
    model.compile("sgd")
    return outcome(lambda: list(model.fit(X, ones(2, 2), verbose=0).history))


@attack("trainer.repeated-ids")
def optimizers_on_repeated_ids():
    """How far apart a step leaves an Embedding and a Dense layer, by optimizer, with ids once."""

    def table_of(front, x, optimizer):
        keras.utils.set_random_seed(1)
        inputs = keras.Input(x.shape[1:], dtype=x.dtype.name)
        model = keras.Sequential([inputs, front, layers.LSTM(2)])
        front.set_weights([ones(3, 2) / 4])
        model.compile(optimizer, "mse")
        model.train_on_batch(x, ones(1, 2))
        return front.get_weights()[0]

    apart = {}
    for name in ("SGD", "Adam", "RMSprop", "Adagrad", "Adamax", "Lion"):
        for ids in ([0, 1, 1, 1], [0, 1, 2]):
            ids = np.array([ids], "int32")
            hot = np.eye(3, dtype="float32")[ids]
            make = getattr(keras.optimizers, name)
            embedded = table_of(layers.Embedding(3, 2), ids, make(0.1))
            multiplied = table_of(layers.Dense(2, use_bias=False), hot, make(0.1))
            apart[f"{name} {ids[0]}"] = gap(embedded, multiplied)
    return apart


@attack("saving.folder-again")
def loaded_after_a_second_save():
    """What is loaded from a folder after a second save to it."""
    model = model_of(layers.LSTM(2))
    with tempfile.TemporaryDirectory() as folder:
        place = folder + "/lstm"
        model.save(place, zipped=False)
        second = outcome(lambda: model.save(place, zipped=False))
        loaded = outcome(lambda: type(keras.saving.load_model(place)).__name__)
    return {"second save": second, "loaded": loaded}


@attack("masking.value-in-its-dtype")
def mask_values_in_mixed_policies():
    """Masking(0.1) under a mixed policy, in bfloat16, float32 and float64, on data cast by it."""
    seen = {}
    for policy in ("mixed_float16", "bfloat16", "float32", "float64"):
        masking = layers.Masking(0.1, dtype=policy)
        data = masking(np.array([[[0.1], [1.0]]], "float32"))
        seen[policy] = np.array(masking.compute_mask(data)).ravel().tolist()
    return seen


@attack("trainer.masked-target-axis")
def losses_of_masked_targets_without_the_last_axis():
    """By other losses, targets with the last axis and without, of four samples and timesteps."""
    target = (numbers(4, 4) > 0).astype("float32")
    x = numbers(4, 4, 3)
    x[:, 2:] = 0
    seen = {}
    for loss in ("mse", "mae", "huber", "binary_crossentropy"):
        lstm = layers.LSTM(1, return_sequences=True, activation="sigmoid")
        model = keras.Sequential([keras.Input((4, 3)), layers.Masking(), lstm])
        model.compile("sgd", loss, run_eagerly=True)
        seen[loss] = [
            outcome(lambda y=y, model=model: float(model.evaluate(x, y, verbose=0)))
            for y in (target[..., None], target)
        ]
    return seen
