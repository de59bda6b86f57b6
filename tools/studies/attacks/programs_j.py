"""Attacks on nine claims about training, each in a case that its test does not draw."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import X, gap, model_of, numbers, ones, under


@attack("trainer.accuracy-of-weighted-outputs")
def a_row_of_weights_for_all_timesteps():
    """Outputs of all timesteps, weights (1, units): what accuracy, and what is right?"""
    right = np.random.RandomState(0).randint(0, 2, (2, 3, 3))
    weight = np.array([[1.0, 2.0, 9.0]])
    seen = []
    for timesteps in (2, 3):
        hits = right[:, :timesteps]
        accuracy = keras.metrics.Accuracy()
        exact = np.average(hits, weights=np.broadcast_to(weight, hits.shape))
        ending = outcome(lambda m=accuracy, h=hits: m.update_state(ones(*h.shape), h, weight))
        seen.append([ending[:23], round(float(accuracy.result()), 3), round(float(exact), 3)])
    return seen


@attack("trainer.class-weight-of-labels")
def labels_for_their_own_loss():
    """Labels (batch, timesteps), sparse_categorical_crossentropy and class_weight: do they fit?"""
    model = model_of(layers.LSTM(3, return_sequences=True, activation="softmax"))
    model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=True)
    labels = np.array([[0, 1, 2, 1], [2, 2, 0, 1]])
    weights = {0: 1.0, 1: 2.0, 2: 3.0}
    return outcome(lambda: model.fit(X, labels, class_weight=weights, verbose=0).history)[:24]


class Batches(keras.utils.PyDataset):
    """A PyDataset of one batch."""

    def __init__(self, batch):
        super().__init__()
        self.batch = batch

    def __len__(self):
        """Count the batches."""
        return 1

    def __getitem__(self, index):
        """Return the batch."""
        return self.batch


@attack("trainer.dataset-object")
def inputs_in_a_list():
    """Two Inputs in a list, a tuple and a dictionary: does a PyDataset do as the arrays?"""
    inputs = {name: keras.Input((None, 3), name=name) for name in "ab"}
    sums = layers.Add()([layers.LSTM(2)(inputs[name]) for name in "ab"])
    data = {name: numbers(2, 4, 3, seed=k) for k, name in enumerate("ab")}
    seen = {}
    for form in (list, tuple, dict):
        parts = form(inputs) if form is dict else form(inputs.values())
        arrays = data if form is dict else form(data.values())
        model = keras.Model(parts, sums)
        model.compile("sgd", "mse", run_eagerly=True)
        exact = model.evaluate(arrays, ones(2, 2), verbose=0)
        batches = Batches((arrays, ones(2, 2)))
        ending = outcome(lambda m=model, b=batches: m.evaluate(b, verbose=0))
        seen[form.__name__] = ending[:9] if "Error" in ending else abs(float(ending) - exact) < 1e-6
    return seen


class Tracking(layers.Layer):
    """A layer that has a metric of its own."""

    def __init__(self):
        super().__init__()
        self.mean = keras.metrics.Mean(name="own")

    def call(self, x):
        """Return the input."""
        return x


@attack("trainer.metrics-names")
def further_names():
    """A metric in a layer, two losses for one output, several outputs: which names?"""
    inputs = keras.Input((4, 3))
    rows = layers.LSTM(2)(inputs)
    several = [rows, layers.LSTM(2)(inputs)]
    models = {
        "layer": (keras.Model(inputs, Tracking()(rows)), "mse", ["mae"]),
        "losses": (keras.Model(inputs, rows), ["mse", "mae"], ["mae"]),
        "outputs": (keras.Model(inputs, several), "mse", [["mae"], ["mae"]]),
    }
    seen = {}
    for name, (model, loss, metrics) in models.items():
        model.compile("sgd", loss, metrics=metrics, run_eagerly=True)
        target = [ones(2, 2)] * 2 if name == "outputs" else ones(2, 2)
        model.test_on_batch(X, target)
        seen[name] = len(model.metrics_names), model.metrics_names[:2]
    return seen


def step_in(policy, *made_of):
    """Return how far a step of SGD moves the first weight of layers that are made anew."""
    keras.utils.set_random_seed(1)
    model = under(policy, lambda: model_of(*(make() for make in made_of)))
    optimizer = keras.optimizers.SGD(0.1)
    if policy != "float32":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    before = model.get_weights()[0]
    model.compile(optimizer, "mse", run_eagerly=True)
    model.train_on_batch(X, ones(2, model.output_shape[-1]))
    return model.get_weights()[0] - before


@attack("trainer.mixed-precision")
def a_step_with_dropout():
    """Dropout with a seed, within an LSTM and behind it: how far from the step in float32?"""
    nets = {
        "without": [lambda: layers.LSTM(20)],
        "within": [lambda: layers.LSTM(20, dropout=0.5, seed=3)],
        "behind": [lambda: layers.LSTM(20), lambda: layers.Dropout(0.5, seed=3)],
    }
    far = {}
    for name, made_of in nets.items():
        steps = [step_in(policy, *made_of) for policy in ("float32", "mixed_float16")]
        far[name] = gap(*steps) > 0.1 * gap(steps[0], 0 * steps[0])
    return far


@attack("trainer.validation-split")
def a_split_of_few_samples():
    """0.7 of three samples, 0.5 of one: does fit train on int(n * (1 - s)) of them, which is 0?"""
    seen = []
    for count, share in ((3, 0.7), (1, 0.5)):
        data = numbers(count, 4, 3), ones(count, 2)
        options = {"validation_split": share, "verbose": 0}
        model = model_of(layers.LSTM(2))
        model.compile("sgd", "mse", run_eagerly=True)
        seen.append(outcome(lambda m=model, d=data, o=options: m.fit(*d, **o))[:10])
    return seen


@attack("trainer.whole-number-misfit")
def targets_of_a_single_class():
    """One class a timestep, three classes: are (batch, 1) and two last axes of 1 refused?"""
    seen = {}
    for units, shape in ((1, (2, 1)), (1, (2, 4)), (3, (2, 1)), (3, (2, 4, 1, 1))):
        model = model_of(layers.LSTM(units, return_sequences=True, activation="softmax"))
        model.compile("sgd", "sparse_categorical_crossentropy")
        ending = outcome(lambda m=model, s=shape: m.test_on_batch(X, np.zeros(s, "int32")))
        seen[str((units, *shape))] = "Error" in ending
    return seen


@attack("trainer.name-of-a-function")
def names_with_capitals():
    """A function with capitals in its name, an object with a name: what names are reported?"""

    def RootError(y_true, y_pred):  # noqa: N802
        return keras.ops.sqrt(keras.ops.mean((y_true - y_pred) ** 2, axis=-1))

    class Named:
        name = "Given"

        def __call__(self, y_true, y_pred):
            return RootError(y_true, y_pred)

    model = model_of(layers.LSTM(2))
    model.compile("sgd", "mse", metrics=[RootError, Named()], run_eagerly=True)
    return list(model.evaluate(X, ones(2, 2), verbose=0, return_dict=True))


class Stepping(keras.Sequential):
    """A model whose step returns 7 by given names."""

    def __init__(self, names):
        super().__init__([keras.Input((4, 3)), layers.LSTM(2)])
        self.names = names

    def train_step(self, data):
        """Return the numbers."""
        return dict.fromkeys(self.names, 7.0)


@attack("trainer.own-steps")
def names_that_a_step_returns():
    """A step that returns 7 as loss, as own, as both, and with metrics in compile: what is told?"""
    seen = {}
    for names in (["loss"], ["own"], ["loss", "own"]):
        for metrics in (None, ["mae"]):
            model = Stepping(names)
            model.compile("sgd", "mse", metrics=metrics, run_eagerly=True)
            ending = outcome(lambda m=model: m.fit(X, ones(2, 2), verbose=0).history)
            seen[f"{'+'.join(names)}, {metrics}"] = ending[:32]
    return seen
