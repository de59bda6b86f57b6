"""Attacks on 40 claims drawn from those that had been attacked a second time."""

from __future__ import annotations

import tempfile

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import close, farthest, numbers, ones, warned

X = numbers(2, 4, 3)


@attack("trainer.weight-column-of-metrics")
def scores_of_a_column():
    """F1Score of two outputs with weights of (batch, 1) in evaluate and in update_state."""
    targets = np.eye(3, dtype="float32")[[0, 1, 2, 1, 0]]
    outputs = np.eye(3, dtype="float32")[[0, 1, 1, 2, 0]]
    weights = np.array([1, 2, 3, 1, 2], "float32")
    seen = {}
    for name, shape in (("flat", (5,)), ("column", (5, 1))):
        metric = keras.metrics.F1Score(average="macro")
        seen[name] = str(
            outcome(
                lambda: (
                    metric.update_state(targets, outputs, weights.reshape(shape)),
                    float(metric.result()),
                )[1]
            )
        )[:120]
        model = keras.Sequential([keras.Input((3,)), layers.Activation("linear")])
        model.compile(loss="mse", weighted_metrics=[keras.metrics.F1Score(average="macro")])
        seen[name + " evaluate"] = str(
            outcome(
                lambda: float(
                    model.evaluate(
                        outputs,
                        targets,
                        sample_weight=weights.reshape(shape),
                        verbose=0,
                        batch_size=5,
                    )[1]
                )
            )
        )[:120]
    return seen


@attack("models.training-by-default")
def sibling_in_subclass():
    """A Dropout or LSTM behind an own layer with training=True in a subclassed model."""

    class Own(layers.Layer):
        def call(self, inputs, training=True):
            return inputs * 1.0

    class Whole(keras.Model):
        def __init__(self, behind):
            super().__init__()
            self.own = Own()
            self.behind = behind

        def call(self, inputs):
            return self.behind(self.own(inputs))

    seen = {}
    for name, behind in {
        "dropout": layers.Dropout(0.5),
        "LSTM": layers.LSTM(3, dropout=0.5, return_sequences=True),
    }.items():
        model = Whole(behind)
        data = ones(2, 4, 3)
        alone = behind(data, training=False)
        seen[name] = {
            "model(x) differs": not close(model(data), alone),
            "training=False differs": not close(model(data, training=False), alone),
            "predict differs": not close(model.predict(data, verbose=0), alone),
        }
    return seen


@attack("models.untraced-call")
def number_with_build():
    """A model with a build method of its own, and one whose LSTM was called before."""

    class Reader(keras.Model):
        def __init__(self, lstm):
            super().__init__()
            self.lstm = lstm

        def call(self, inputs):
            output = self.lstm(inputs)
            return output * float(output[0, 0])

    class Builder(Reader):
        def build(self, input_shape):
            self.lstm.build(input_shape)

    used = layers.LSTM(2)
    used(X)
    seen = {}
    for name, model in {
        "own build": Builder(layers.LSTM(2)),
        "LSTM called before": Reader(used),
        "plain": Reader(layers.LSTM(2)),
    }.items():
        seen[name] = warned(lambda model=model: model(keras.Input((4, 3))))
    return seen


@attack("models.mask-of-backwards")
def mask_handed_on():
    """The mask behind an LSTM with go_backwards=True, beside the one it was given."""
    mask = np.array([[True, True, False, False], [True, True, True, False]])
    seen = {"given": mask.tolist()}
    layer = layers.LSTM(2, return_sequences=True, go_backwards=True)
    seen["compute_mask"] = np.array(layer.compute_mask(X, mask)).tolist()
    data = np.where(mask[..., None], X, 0).astype("float32")
    output = layer(layers.Masking()(data))
    seen["attached"] = np.array(output._keras_mask).tolist()
    behind = layers.LSTM(2)
    seen["behind as with given mask"] = close(behind(output), behind(np.array(output), mask=mask))
    seen["behind as with reversed mask"] = close(
        behind(output), behind(np.array(output), mask=mask[:, ::-1])
    )
    return seen


@attack("trainer.adjusted-score")
def score_of_two_outputs():
    """R2Score(num_regressors=1) of one, two and three outputs, beside the formula with n = 5."""
    seen = {}
    for units in (1, 2, 3):
        targets = numbers(5, units)
        outputs = (targets + numbers(5, units)[::-1] / 4).astype("float32")
        plain = keras.metrics.R2Score()
        adjusted = keras.metrics.R2Score(num_regressors=1)
        plain.update_state(targets, outputs)
        adjusted.update_state(targets, outputs)
        score = float(plain.result())
        seen[units] = {
            "Keras": float(adjusted.result()),
            "n=5": 1 - (1 - score) * 4 / 3,
            "n=5*units": 1 - (1 - score) * (5 * units - 1) / (5 * units - 2),
        }
    return seen


@attack("time.order")
def gates_without_hidden():
    """Recurrent weights of zeros: no gate depends on the past."""
    layer = layers.LSTM(3, recurrent_initializer="zeros")
    layer(X)
    carry = np.ones((2, 3), "float32")
    first = X[:, 0]
    outputs = [
        np.asarray(layer.cell(first, [np.full((2, 3), value, "float32"), carry])[0])
        for value in (-0.9, 0.0, 0.9)
    ]
    return {
        "the hidden state changes a gate": bool(
            any(np.abs(output - outputs[0]).max() > 0 for output in outputs)
        ),
        "reversed, another output": float(
            np.abs(np.asarray(layer(X)) - np.asarray(layer(X[:, ::-1]))).max()
        ),
    }


@attack("saving.unregistered-activation")
def lambda_without_source():
    """A lambda whose source is in no file: does saving warn?"""
    model = keras.Sequential(
        [layers.Input((4, 3)), layers.LSTM(2, activation=eval("lambda x: x * 0.5"))]
    )
    with tempfile.TemporaryDirectory() as folder:
        return warned(lambda: model.save(f"{folder}/lambda.keras"))


@attack("errors.flag-of-text")
def text_in_bidirectional():
    """Gives Bidirectional layers with the text where True is refused or accepted."""

    def outcome_of(forward, backward=None):
        second = backward and layers.LSTM(2, **backward)
        return outcome(
            lambda: layers.Bidirectional(layers.LSTM(2, **forward), backward_layer=second)(X).shape
        )

    return {
        "go_backwards": [outcome_of({"go_backwards": value}) for value in (True, "False")],
        "return_sequences": [
            outcome_of(
                {"return_sequences": value}, {"return_sequences": True, "go_backwards": True}
            )
            for value in (True, "False")
        ],
    }


@attack("wrappers.copies-its-layer")
def copy_computes_otherwise():
    """The forward half and the given layer with the same weights and a mask."""
    report = {}
    mask = tf.constant([[True, False, True, False]] * 2)
    for name, options in {
        "default": {},
        "sequences": {"return_sequences": True},
        "zero": {"zero_output_for_mask": True},
    }.items():
        given = layers.LSTM(2, **options)
        own = given(X, mask=mask)
        halves = layers.Bidirectional(given)
        halves(X)
        halves.forward_layer.set_weights(given.get_weights())
        report[name] = float(np.abs(np.array(own) - np.array(halves(X, mask=mask))[..., :2]).max())
    return report


@attack("models.samples")
def softmax_beside_the_softmax_of_dense():
    """A masked Softmax where units, timesteps and samples are as many: change another sample."""
    tokens = np.array([[1, 2, 0], [3, 1, 2], [2, 0, 0]])
    changed = np.array([[1, 2, 0], [3, 0, 0], [2, 0, 0]])
    report = {}
    for name, last in {
        "layer": [layers.Softmax()],
        "activation": [layers.Activation("softmax")],
        "dense": [layers.Dense(3, activation="softmax")],
    }.items():
        model = keras.Sequential(
            [
                keras.Input((3,), dtype="int32"),
                layers.Embedding(4, 3, mask_zero=True),
                layers.LSTM(3, return_sequences=True),
                *last,
            ]
        )
        report[name] = float(np.abs(np.array(model(tokens))[0] - np.array(model(changed))[0]).max())
    return report


def complaint(task):
    try:
        task()
        return "runs"
    except Exception as error:
        return type(error).__name__


@attack("errors.refused-call-with-dropout")
def mask_kept_after_refusal():
    """A state of the wrong size is refused; then trains on another batch size."""
    outcomes = {}
    for name, options in {
        "dropout": {"dropout": 0.5},
        "recurrent": {"recurrent_dropout": 0.5},
        "unrolled": {"dropout": 0.5, "unroll": True},
        "uncached": {"dropout": 0.5, "use_cudnn": False},
    }.items():
        layer = layers.LSTM(2, **options)
        layer(X)
        wrong = [ops.ones((2, 5)), ops.ones((2, 5))]
        refused = complaint(lambda: layer(X, initial_state=wrong))
        trains = complaint(lambda: layer(numbers(3, 4, 3), training=True))
        again = complaint(lambda: layer(numbers(3, 4, 3), training=True))
        layer.cell.reset_dropout_mask()
        layer.cell.reset_recurrent_dropout_mask()
        outcomes[name] = [
            refused,
            trains,
            again,
            complaint(lambda: layer(numbers(3, 4, 3), training=True)),
        ]
    return outcomes


def largest(model, values):
    return farthest(model(values), model.predict(values, verbose=0))


@attack("modes.predict-is-call")
def samples_mixed_or_random():
    """Layers of one's own that draw or mix samples, noise, and normalization."""

    class Centred(layers.Layer):
        def call(self, inputs):
            return inputs - ops.mean(inputs, axis=0, keepdims=True)

    class Sampling(layers.Layer):
        def __init__(self):
            super().__init__()
            self.seed_generator = keras.random.SeedGenerator(1)

        def call(self, inputs):
            return inputs + keras.random.normal(ops.shape(inputs), seed=self.seed_generator)

    outcomes = {}
    for name, last in {
        "nothing": layers.Activation("linear"),
        "centred": Centred(),
        "sampling": Sampling(),
        "noise": layers.GaussianNoise(1.0),
        "norm": layers.BatchNormalization(),
        "softmax over samples": layers.Softmax(axis=0),
        "unit": layers.UnitNormalization(axis=0),
    }.items():
        outcomes[name] = [
            largest(
                keras.Sequential([keras.Input((4, 3)), layers.LSTM(2), last]), numbers(count, 4, 3)
            )
            for count in (3, 70)
        ]
    outcomes["activation"] = [
        largest(
            keras.Sequential(
                [
                    keras.Input((4, 3)),
                    layers.LSTM(2, activation=lambda value: value - ops.mean(value, axis=0)),
                ]
            ),
            numbers(count, 4, 3),
        )
        for count in (3, 70)
    ]
    return outcomes


@attack("errors.symbols-to-numpy")
def arrays_of_symbols():
    """NumPy makes arrays of outputs while traced: in lists, in init_scope, of parts."""
    outcomes = {}
    layer = layers.LSTM(2, return_state=True)
    layer(X)

    def record(name, task):
        try:
            made_array = task()
            outcomes[name] = [str(made_array.dtype), list(made_array.shape)]
        except Exception as error:
            outcomes[name] = type(error).__name__

    @tf.function
    def traced():
        output, h, _ = layer(X)
        record("array", lambda: np.array(output))
        record("asarray", lambda: np.asarray(output))
        record("object", lambda: np.array(output, dtype=object))
        record("list", lambda: np.array([output, h]))
        record("list of objects", lambda: np.array([output, h], dtype=object))
        record("tuple", lambda: np.array(layer(X)))
        record("tanh", lambda: np.tanh(output))
        record("full", lambda: np.full((2,), output))
        record("zeros_like", lambda: np.zeros_like(output))
        record("numpy", lambda: output.numpy())
        record("to_numpy", lambda: ops.convert_to_numpy(output))
        record("stack", lambda: np.stack([output, h]))
        with tf.init_scope():
            record("init_scope", lambda: np.array(layer(X)[0]))
        record("symbolic", lambda: np.array(layers.LSTM(2)(keras.Input((4, 3)))))
        return output

    traced()
    return outcomes


@attack("weights.round-trip")
def weights_in_a_mixed_layers_call():
    """get_weights of an LSTM within the call of a mixed layer of one's own."""
    seen = {}

    class Peek(layers.Layer):
        def __init__(self):
            super().__init__(dtype="mixed_bfloat16")
            self.inner = layers.LSTM(3, dtype="mixed_bfloat16")

        def build(self, shape):
            self.inner.build(shape)

        def call(self, inputs):
            seen["within"] = self.inner.get_weights()[0]
            return self.inner(inputs)

    layer = Peek()
    layer.build((2, 4, 3))
    given = [numbers(*array.shape) for array in layer.inner.get_weights()]
    layer.inner.set_weights(given)
    layer(X)
    return {
        name: [str(array.dtype), float(np.abs(array.astype("float32") - given[0]).max())]
        for name, array in {
            "within": seen["within"],
            "outside": layer.inner.get_weights()[0],
        }.items()
    }


class Pair(layers.Layer):
    def __init__(self, **options):
        super().__init__(**options)
        self.supports_masking = True
        self.seen = {}

    def call(self, a, b, a_mask=None, b_mask=None):
        self.seen["call"] = [
            a_mask,
            b_mask,
            keras.src.backend.get_keras_mask(a),
            keras.src.backend.get_keras_mask(b),
        ]
        weights = ops.cast(a_mask, a.dtype)[..., None]
        other = 0.0 if b_mask is None else ops.cast(b_mask, a.dtype)[..., None]
        return a * weights + 10 * b * other

    def compute_mask(self, inputs, previous_mask=None):
        self.seen["compute_mask"] = previous_mask
        return previous_mask

    def compute_output_shape(self, a_shape, *shapes, **more):
        return a_shape


def plain(value):
    return None if value is None else np.array(value)[0].astype(int).tolist()


A = X.copy()


B = X.copy()


PASSED = np.array([[True, False, True, False]] * 2)


@attack("models.own-masks-passed")
def passed_mask_of_a():
    """Which masks the call and compute_mask of a layer of one's own get, in a call."""
    outcomes = {}
    for policy in ("float32", "mixed_bfloat16"):
        for form, mask in {"numpy": PASSED, "tensor": ops.convert_to_tensor(PASSED)}.items():
            layer = Pair(dtype=policy)
            a = layers.Masking()(A)
            b = layers.Masking()(B)
            output = layer(a, b, a_mask=mask)
            outcomes[f"{policy} {form}"] = [
                [plain(value) for value in layer.seen["call"]],
                "compute_mask",
                plain(layer.seen["compute_mask"]),
                "attached to output",
                plain(keras.src.backend.get_keras_mask(output)),
            ]
    return outcomes


@attack("trainer.memory")
def objects_left_without_collecting():
    """Python objects left after further calls of predict, before and after gc.collect()."""
    import gc

    model = keras.Sequential([keras.Input((4, 3)), layers.LSTM(2)])
    model.compile(loss="mse")
    outcomes = {}
    for _ in range(5):
        model.predict(X, verbose=0)
    for calls in (50, 100, 200, 400):
        gc.collect()
        before = len(gc.get_objects())
        for _ in range(calls):
            model.predict(X, verbose=0)
        uncollected = len(gc.get_objects()) - before
        gc.collect()
        outcomes[calls] = [uncollected, len(gc.get_objects()) - before]
    return outcomes


@attack("shapes.no-features")
def single_recurrent():
    """A single sample without features in a graph: recurrent."""
    layer = layers.LSTM(2, bias_initializer="ones", recurrent_dropout=0.5)
    layer(np.zeros((1, 3, 0), "float32"))
    model = keras.Sequential([keras.Input((None, 0)), layer])
    return np.array(model.predict(np.zeros((1, 3, 0), "float32"), verbose=0)).tolist()


@attack("masking.bidirectional-zeros")
def reads_forwards_beside_an_unrolled_backward_layer():
    """Around an LSTM in a loop with an unrolled backward layer."""
    mask = np.array([[False, True, False, True]] * 2)
    layer = layers.Bidirectional(
        layers.LSTM(2, return_sequences=True),
        backward_layer=layers.LSTM(2, return_sequences=True, go_backwards=True, unroll=True),
    )
    return np.round(layer(X, mask=mask)[0], 3).tolist()
