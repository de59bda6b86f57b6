"""Metrics of every class: what they make of outputs, targets and weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import integers

from lstm_spec.claims import claim
from lstm_spec.claims.trainer import eagerly, single
from lstm_spec.harness.reference import equations
from lstm_spec.harness.strategies import (
    Array,
    Case,
    booleans,
    cases,
    noise,
    permutation,
    seeds,
    whole,
)
from lstm_spec.harness.subject import FORMS, kind, lstm, to_numpy
from lstm_spec.harness.tolerance import assert_close

CLASSES = 3
several = integers(3, 6)
"""How many samples there are; they come in batches of two."""

METRICS: dict[str, tuple[str, ...]] = {
    "numbers": (
        *("MeanSquaredError", "MeanAbsoluteError", "RootMeanSquaredError", "LogCoshError"),
        *("MeanAbsolutePercentageError", "CosineSimilarity", "R2Score", "Hinge"),
    ),
    "shares": ("MeanSquaredLogarithmicError", "KLDivergence", "Poisson"),
    "bits": (
        *("BinaryAccuracy", "BinaryCrossentropy", "Precision", "Recall", "AUC"),
        *("TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives"),
    ),
    "one-hot": (
        *("CategoricalAccuracy", "TopKCategoricalAccuracy", "CategoricalCrossentropy"),
        *("CategoricalHinge", "F1Score"),
    ),
    "ids": ("SparseCategoricalAccuracy", "SparseCategoricalCrossentropy"),
}
"""Metrics of Keras by the kind of their targets."""
KINDS = {name: kind for kind, names in METRICS.items() for name in names}
NAMES = [name for name in KINDS if hasattr(keras.metrics, name)]
GROUPS = {kind: [name for name in names if name in NAMES] for kind, names in METRICS.items()}
WIDE = [name for name in NAMES if KINDS[name] != "ids"]
OPTIONS: dict[str, dict[str, Any]] = {
    "R2Score": {"class_aggregation": "variance_weighted_average"},
    "BinaryAccuracy": {"threshold": 0.25},
    "BinaryCrossentropy": {"label_smoothing": 0.25},
    "Precision": {"top_k": 2},
    "Recall": {"thresholds": 0.25, "class_id": 1},
    "AUC": {"curve": "PR", "num_thresholds": 20},
    "TruePositives": {"thresholds": 0.25},
    "CategoricalCrossentropy": {"label_smoothing": 0.25},
    "F1Score": {"average": "macro", "threshold": 0.25},
}
"""Arguments of some metrics."""


def metric(name: str, called: str = "metric", **options: Any) -> Any:
    """Return a metric of a class, under another name."""
    fewer = {"k": 2} if name == "TopKCategoricalAccuracy" else {}
    return getattr(keras.metrics, name)(name=called, **fewer, **options)


def metrics_of(kind: str) -> list[Any]:
    """Return a metric of each class for targets of a kind, and those that OPTIONS adds."""
    names = GROUPS[kind]
    further = [metric(name, f"other_{name}", **OPTIONS[name]) for name in names if name in OPTIONS]
    return [metric(name, name) for name in names] + further


def classifier(case: Case, kind: str, seed: int, **options: Any) -> Any:
    """Return a compiled model of an LSTM whose outputs go with targets of a kind.

    They are probabilities: of three answers, each yes or no, or of three classes.
    """
    activation = "sigmoid" if kind == "bits" else "softmax"
    head = keras.layers.Dense(CLASSES, activation=activation)
    model = keras.Sequential([keras.Input(case.x.shape[1:]), lstm(case), head])
    head.set_weights([noise(weight.shape, seed, scale=2.0) for weight in head.get_weights()])
    model.compile("sgd", "mse", **options)
    return model


def targets(case: Case, kind: str, seed: int) -> Array:
    """Return targets of a kind."""
    drawn = noise((case.batch, CLASSES), seed)
    ids = np.argmax(drawn, axis=-1)
    by_kind: dict[str, Array] = {
        "numbers": drawn,
        "shares": np.abs(drawn),
        "bits": (drawn > 0).astype("float32"),
        "one-hot": np.eye(CLASSES, dtype="float32")[ids],
        "ids": ids[:, None].astype("float32"),
    }
    return by_kind[kind]


def reported(model: Any, x: Array, y: Array, weight: Any = None, size: int = 2) -> dict[str, Array]:
    """Return what evaluate reports of metrics by name, from batches of a size."""
    options = {"batch_size": size, "verbose": 0, "return_dict": True}
    numbers = model.evaluate(x, y, sample_weight=weight, **options)
    return {name: single(number) for name, number in numbers.items()}


def assert_as_alone(numbers: dict[str, Array], kind: str, target: Array, outputs: Array) -> None:
    """Assert that metrics of a kind have reported what new ones make of all outputs at once.

    Raises:
        AssertionError: one has not; the message begins with its name.
    """
    for alone in metrics_of(kind):
        alone.update_state(target, outputs)
        try:
            assert_close(numbers[alone.name], to_numpy(alone.result()), bound=64.0)
        except AssertionError as error:
            raise AssertionError(f"{alone.name}: {error}") from None


@claim(
    "trainer.any-metric",
    derived="Metric: update_state takes a batch after the other, result tells of all",
    cases=4,
    needs="keras.Model.fit",
)
@given(cases(batch=several), whole(list(METRICS)), eagerly, seeds)
def test_evaluate_reports_what_a_metric_makes_of_all_outputs(case, kind, eager, seed):
    """
    Unmasked, evaluate reports of a new built-in error, score or count what it makes of all output
    vectors at once.

    A used metric brings its numbers along, the first time. A crossentropy that is not the
    activation's own, as a binary one of softmax, takes the logits for its own. Targets of one unit
    need their last axis.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2, activation="sigmoid")])
    >>> model.compile("sgd", "mse", metrics=[keras.metrics.AUC(name="area")])
    >>> x, y, area = np.random.rand(5, 3, 1), np.eye(2)[[0, 1, 1, 0, 1]], keras.metrics.AUC()
    >>> area.update_state(y, model(x))
    >>> counted = model.evaluate(x, y, batch_size=2, verbose=0, return_dict=True)["area"]
    >>> bool(np.isclose(counted, area.result()))
    True
    """
    target = targets(case, kind, seed)
    model = classifier(case, kind, seed, metrics=metrics_of(kind), run_eagerly=eager)
    assert_as_alone(reported(model, case.x, target), kind, target, to_numpy(model(case.x)))


@claim(
    "trainer.several-thresholds",
    derived="trainer.any-metric: of each threshold by itself",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    cases(batch=several),
    whole(["Precision", "Recall", "TruePositives", "FalseNegatives"]),
    whole([(0.2, 0.31, 0.9), (0.0, 0.5, 1.0), (0.7,)]),
    eagerly,
    seeds,
)
def test_a_metric_of_several_thresholds_reports_each(case, name, thresholds, eager, seed):
    """
    Given a list of thresholds, evaluate reports of Precision, Recall and hit counts what each alone
    gives of sigmoid outputs.

    Evenly spaced or not, in an array in their order. If they go evenly from 0 to 1, rounding
    decides whether an output equal to a threshold counts as above it. A tuple of them, which the
    documentation names too, is refused.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2, activation="sigmoid")])
    >>> recall = keras.metrics.Recall(thresholds=[0.0, 0.5, 1.0], name="recall")
    >>> model.compile("sgd", "mse", metrics=[recall])
    >>> x, y = np.random.rand(4, 3, 1), np.ones((4, 2))
    >>> len(model.evaluate(x, y, verbose=0, return_dict=True)["recall"])
    3
    """
    target = targets(case, "bits", seed)
    made = metric(name, thresholds=list(thresholds))
    model = classifier(case, "bits", seed, metrics=[made], run_eagerly=eager)
    numbers = reported(model, case.x, target)["metric"]
    outputs = to_numpy(model(case.x))
    for number, threshold in zip(np.ravel(numbers), thresholds, strict=True):
        alone = metric(name, thresholds=threshold)
        alone.update_state(target, outputs)
        assert_close(number, single(alone.result()), bound=64.0)


THRESHOLDED = (
    *("Precision", "Recall"),
    *("TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives"),
)
"""Metrics that take thresholds."""


@claim(
    "trainer.thresholds-in-a-tuple",
    promised="Precision, Recall and the four counts, argument `thresholds`: a list or a tuple",
    cases=2,
    needs="keras.Model.fit",
)
@given(
    cases(batch=several), whole(THRESHOLDED), whole([(0.2, 0.7), (0.9, 0.4, 0.1), (0.6,)]), seeds
)
def test_thresholds_in_a_tuple_count_as_those_in_a_list(case, name, thresholds, seed):
    """
    The thresholds of Precision, Recall and the counts of true and false positives and negatives may
    be in a tuple.

    As those in a list then. Until Keras takes a tuple, which it refuses when the metric is made,
    give a list: `Recall(thresholds=list(thresholds))`.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2, activation="sigmoid")])
    >>> thresholds = (0.0, 0.2, 0.7)
    >>> recall = keras.metrics.Recall(thresholds=list(thresholds), name="recall")
    >>> model.compile("sgd", "mse", metrics=[recall])
    >>> x, y = np.random.rand(4, 3, 1), np.ones((4, 2))
    >>> len(model.evaluate(x, y, verbose=0, return_dict=True)["recall"])
    3
    """
    target = targets(case, "bits", seed)
    made = metric(name, thresholds=thresholds)
    model = classifier(case, "bits", seed, metrics=[made])
    numbers = reported(model, case.x, target)["metric"]
    listed = metric(name, thresholds=list(thresholds))
    listed.update_state(target, to_numpy(model(case.x)))
    assert_close(numbers, single(listed.result()), bound=64.0)


TOP_K = {"TopKCategoricalAccuracy": "one-hot", "SparseTopKCategoricalAccuracy": "ids"}
"""Metrics of the top k, and the kind of their targets."""


@claim(
    "trainer.top-k-of-other-types",
    promised="SparseTopKCategoricalAccuracy, `y_pred`: a tensor of scores, of whatever type",
)
@given(
    cases(batch=several, units=CLASSES),
    whole(list(TOP_K)),
    whole(["mixed_float16", "mixed_bfloat16", "float64"]),
    integers(1, 2),
    seeds,
)
def test_top_k_metrics_take_outputs_of_other_types(case, name, policy, k, seed):
    """
    TopKCategoricalAccuracy and SparseTopKCategoricalAccuracy take outputs of float16, bfloat16 and
    float64.

    As accuracy does, under a mixed policy too. Where they are refused, let the model's last layer
    be of float32.

    >>> import keras, numpy as np
    >>> last = keras.layers.Activation("softmax", dtype="float32")
    >>> layers = [keras.Input((3, 1)), keras.layers.LSTM(4, dtype="mixed_float16"), last]
    >>> model = keras.Sequential(layers)
    >>> top = keras.metrics.SparseTopKCategoricalAccuracy(4)
    >>> model.compile("sgd", "sparse_categorical_crossentropy", metrics=[top], run_eagerly=True)
    >>> model.evaluate(np.ones((2, 3, 1)), np.array([[0], [3]]), verbose=0)[1]
    1.0
    """
    ids = targets(case, "ids", seed).astype(int)
    outputs = lstm(replace(case, options={"dtype": policy}))(case.x)
    made = getattr(keras.metrics, name)(k=k)
    made.update_state(targets(case, TOP_K[name], seed), outputs)
    scores = to_numpy(outputs).astype(float)
    better = np.sum(scores > np.take_along_axis(scores, ids, axis=-1), axis=-1)
    assert_close(single(made.result()), single(np.mean(better < k)))


NOTHING = ("neither", "predicted", "true", "predicted and true")
"""What there is none of, of samples that are predicted to be of a class, or are of it."""


def quotient(counts: Any, totals: Any) -> Array:
    """Return the quotient of counts, and 0 where nothing is counted."""
    return np.asarray(counts / np.maximum(totals, 1), float)


@claim(
    "trainer.precision-and-recall",
    promised="Precision and Recall: true_positives divided by their sum with the false ones",
    corrects="Precision is NaN where nothing is predicted.",
    cases=4,
    needs=("keras.Model.fit", "keras.metrics.F1Score"),
)
@given(cases(batch=several), whole(NOTHING), eagerly, seeds)
def test_precision_and_recall_are_quotients_of_counts(case, nothing, eager, seed):
    """
    Evaluate reports Precision as hits by what is predicted, Recall as hits by what is true, of all
    samples, and 0 for 0 / 0.

    Predicted is what is above 0.5. So is F1Score with that threshold, for each class: twice the
    hits by the sum of both. A 0 may mean that there was nothing to find.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> metrics = [keras.metrics.Precision(name="precision"), keras.metrics.Recall(name="recall")]
    >>> model.compile("sgd", "mse", metrics=metrics)
    >>> nothing = np.zeros((4, 3, 1)), np.zeros((4, 2))
    >>> reported = model.evaluate(*nothing, verbose=0, return_dict=True)
    >>> reported["precision"], reported["recall"]
    (0.0, 0.0)
    """
    target = targets(case, "bits", seed) * ("true" not in nothing)
    scores = [metric(name, name) for name in ("Precision", "Recall")]
    scores.append(metric("F1Score", "F1Score", threshold=0.5))
    model = classifier(case, "bits", seed, metrics=scores, run_eagerly=eager)
    some = "predicted" not in nothing
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([kernel * some, bias if some else bias - 9.0])
    numbers = reported(model, case.x, target)
    predicted = to_numpy(model(case.x)) > 0.5
    hits, found, true = (np.sum(k, axis=0) for k in (predicted * target, predicted, target))
    assert_close(numbers["Precision"], quotient(hits.sum(), found.sum()))
    assert_close(numbers["Recall"], quotient(hits.sum(), true.sum()))
    assert_close(numbers["F1Score"], quotient(2 * hits, found + true))


@claim(
    "trainer.metrics-of-inner-layers",
    promised="Layer, property `metrics`: all metrics of the layer and of those in it",
    cases=2,
    needs=("keras.Model.fit", "keras.ops"),
)
@given(cases(batch=several), eagerly, whole(["Sequential", "functional"]), integers(1, 2))
def test_metrics_of_layers_in_inner_models_are_reported(case, eager, form, depth):
    """
    By names that differ evaluate with return_dict=True reports metrics that layers, not models,
    update, in inner models too.

    Whatever the depth. The layers update them in their call. Of several metrics of one name the
    last is reported, and one that is named loss is reported in place of the loss.

    >>> import keras, numpy as np
    >>> class Watched(keras.layers.Layer):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.mean = keras.metrics.Mean(name="watched")
    ...     def call(self, x):
    ...         self.mean.update_state(x)
    ...         return x
    >>> inner = keras.Sequential([keras.layers.LSTM(2), Watched()])
    >>> model = keras.Sequential([keras.Input((3, 1)), inner])
    >>> model.compile("sgd", "mse")
    >>> numbers = model.evaluate(np.ones((2, 3, 1)), np.ones((2, 2)), verbose=0, return_dict=True)
    >>> sorted(numbers)
    ['loss', 'watched']
    """
    x = keras.Input(case.x.shape[1:])
    model = FORMS[form]([lstm(case), Watched()], x)
    for _ in range(depth):
        x = keras.Input(case.x.shape[1:])
        model = FORMS[form]([model], x)
    model.compile("sgd", "mse", run_eagerly=eager)
    h = equations(case).h
    numbers = reported(model, case.x, np.zeros(h.shape, "float32"))
    assert_close(numbers["watched"], np.float32(np.mean(h)), bound=64.0)


class Watched(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """A layer that keeps the mean of what it is given."""

    def __init__(self) -> None:
        """Make the metric."""
        super().__init__()
        self.mean = keras.metrics.Mean(name="watched")

    def call(self, x: Any) -> Any:
        """Return what is given."""
        self.mean.update_state(x)
        return x


@claim(
    "trainer.types-for-an-own-metric",
    observed="Keras 3.15, TensorFlow and PyTorch",
    corrects="Keras casts targets to float32 before a metric of one's own sees them.",
    cases=2,
    needs=("keras.Model.fit", "keras.ops"),
)
@given(cases(batch=several), eagerly, whole(["int32", "float32"]), seeds)
def test_an_own_metric_sees_the_types_of_targets_and_outputs(case, eager, type_, seed):
    """
    A function as metric is given the targets of arrays in their own type, int32 or float32, and the
    outputs in theirs.

    Where it needs another type it has to cast them itself.

    >>> import keras, numpy as np
    >>> seen = []
    >>> def kinds(y_true, y_pred):
    ...     seen.append(keras.backend.standardize_dtype(y_true.dtype))
    ...     return 0.0 * y_pred
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", metrics=[kinds])
    >>> loss = model.evaluate(np.ones((4, 3, 1)), np.ones((4, 2), "int32"), verbose=0)
    >>> set(seen)
    {'int32'}
    """
    seen = []

    def kinds(y_true, y_pred):
        seen.append((kind(y_true), kind(y_pred)))
        return 0.0 * y_pred

    model = classifier(case, "numbers", seed, metrics=[kinds], run_eagerly=eager)
    reported(model, case.x, (10 * targets(case, "numbers", seed)).astype(type_))
    assert set(seen) == {(type_, "float32")}


@claim(
    "trainer.adjusted-score",
    promised="keras.metrics.R2Score, argument `num_regressors`: the adjusted R2 score",
    cases=4,
    needs=("keras.Model.fit", "keras.metrics.R2Score"),
)
@given(cases(batch=integers(5, 7)), whole([1, 2, 3]), whole([True, False]), seeds)
def test_the_adjusted_score_counts_samples(case, regressors, eager, seed):
    """
    For n > p + 1 samples R2Score(num_regressors=p) is 1 - (1 - R2) * (n - 1) / (n - p - 1), R2
    being its score without p.

    By default R2 is the mean of the scores of its outputs, however many there are: n is not the
    number of their numbers. Of p + 1 samples or fewer R2 itself is reported, with a warning.

    >>> import keras, numpy as np
    >>> z, y = np.random.rand(5, 1), np.random.rand(5, 1)
    >>> plain, adjusted = [keras.metrics.R2Score(num_regressors=p) for p in (0, 2)]
    >>> for score in (plain, adjusted):
    ...     score.update_state(z, y)
    >>> exact = 1 - (1 - float(plain.result())) * (5 - 1) / (5 - 2 - 1)
    >>> bool(np.isclose(adjusted.result(), exact))
    True
    """
    target = targets(case, "numbers", seed)
    score = keras.metrics.R2Score(num_regressors=regressors, name="metric")
    model = classifier(case, "numbers", seed, metrics=[score], run_eagerly=eager)
    y = to_numpy(model(case.x)).astype(float)
    spread = np.sum((target - np.mean(target.astype(float), axis=0)) ** 2, axis=0)
    lack = np.mean(np.sum((target - y) ** 2, axis=0) / spread)  # 1 - R2
    exact, by_numbers = (1 - lack * (n - 1) / (n - regressors - 1) for n in (len(y), y.size))
    instead = {"every output of a sample is a sample": by_numbers}
    number = reported(model, case.x, target)["metric"]
    assert_close(number, exact, bound=64.0, instead=instead)


PLAIN = ("Hinge", "SquaredHinge", "CategoricalHinge", "KLDivergence", "Poisson")
"""Metrics, each with a loss of its name and formula, that bring no targets to the outputs' axes."""


@claim(
    "trainer.target-axis-of-metrics",
    promised="keras.metrics.Hinge, Poisson and others: the metric between `y_true` and `y_pred`",
    cases=4,
    needs="keras.Model.fit",
)
@given(cases(batch=several, units=1), whole(list(PLAIN)), booleans(), eagerly, seeds)
def test_metrics_take_targets_that_lack_the_last_axis(case, name, weighted, eager, seed):
    """
    As metrics of outputs (batch, 1), KLDivergence, Poisson and the three hinges take targets
    (batch,) as (batch, 1).

    The losses of their names do, and metrics such as mae. Until Keras does so, which lays each
    target against all outputs of its batch without a warning, give targets the shape of the
    outputs: `y.reshape(-1, 1)`.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(1, activation="sigmoid")])
    >>> model.compile("sgd", "poisson", metrics=["poisson"])
    >>> x, y = np.random.rand(4, 3, 1), np.array([0.0, 1.0, 2.0, 5.0])
    >>> loss, reported = model.evaluate(x, y.reshape(-1, 1), verbose=0)
    >>> bool(np.isclose(loss, reported))
    True
    """
    target = (permutation(case.batch, seed) % 2).astype("float32")
    weight = 1.0 + permutation(case.batch, seed + 1).astype("float32") if weighted else None
    layer = lstm(replace(case, options={"activation": "sigmoid"}))
    model = keras.Sequential([keras.Input(case.x.shape[1:]), layer])
    kind = "weighted_metrics" if weighted else "metrics"
    model.compile("sgd", "mse", run_eagerly=eager, **{kind: [metric(name)]})
    numbers = reported(model, case.x, target, weight, size=case.batch)
    outputs = to_numpy(model(case.x))
    column = metric(name)
    column.update_state(target[:, None], outputs, sample_weight=weight)
    square = metric(name)
    table = np.broadcast_to(target, (case.batch, case.batch))
    square.update_state(table, outputs + 0 * table, sample_weight=weight)
    instead = {"each target is laid against all outputs": single(square.result())}
    assert_close(numbers["metric"], single(column.result()), bound=64.0, instead=instead)


@claim(
    "trainer.weight-as-copies",
    derived="a weighted mean or count: a weight of k adds k times what a sample adds",
    corrects="Some metrics ignore the weights of samples.",
    cases=4,
    needs="keras.Model.fit",
)
@given(cases(batch=several), whole(list(METRICS)), eagerly, seeds)
def test_a_sample_of_whole_weight_is_so_many_copies(case, kind, eager, seed):
    """
    With targets and outputs of two axes, Keras' weighted metrics but IoU's take a sample of weight
    0, 1 or 2 as so many copies.

    Ids of classes may be (batch,) too, but see `trainer.target-axis-of-metrics` for
    Hinge and Poisson. The adjusted R2Score, of num_regressors, is divided by a number of samples.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse", weighted_metrics=[keras.metrics.R2Score(name="score")])
    >>> x, y = np.random.rand(3, 3, 1), np.random.rand(3, 2)
    >>> options = {"return_dict": True, "verbose": 0}
    >>> weighted = model.evaluate(x, y, sample_weight=np.array([2, 0, 1]), **options)
    >>> copied = model.evaluate(x[[0, 0, 2]], y[[0, 0, 2]], **options)
    >>> bool(np.isclose(weighted["score"], copied["score"]))
    True
    """
    weight = permutation(case.batch, seed) % 3
    copies = np.repeat(np.arange(case.batch), weight)
    target = targets(case, kind, seed)
    options = {"weighted_metrics": metrics_of(kind), "run_eagerly": eager}
    model = classifier(case, kind, seed, **options)
    weighted = reported(model, case.x, target, weight.astype("float32"))
    assert_as_alone(weighted, kind, target[copies], to_numpy(model(case.x[copies])))


@claim(
    "trainer.weight-column-of-metrics",
    derived="a weight for each sample, as a column or not",
    cases=4,
)
@given(cases(batch=several), whole(NAMES), seeds)
def test_a_metric_takes_a_column_of_weights(case, name, seed):
    """
    Of outputs (batch, units) any metric of Keras does with a column of weights, one for each
    sample, as with a flat array.

    In evaluate too, where sample_weight may be of shape (batch, 1), if it is so in every call.

    >>> import keras, numpy as np
    >>> y, z, weight = np.eye(2)[[0, 1, 1]], np.random.rand(3, 2), np.array([1.0, 2.0, 0.5])
    >>> flat, column = keras.metrics.Precision(), keras.metrics.Precision()
    >>> flat.update_state(y, z, weight)
    >>> column.update_state(y, z, weight[:, None])
    >>> bool(flat.result() == column.result())
    True
    """
    target = targets(case, KINDS[name], seed)
    weight = 0.5 + 0.25 * permutation(case.batch, seed).astype("float32")
    z = to_numpy(classifier(case, KINDS[name], seed)(case.x))
    flat = metric(name)
    flat.update_state(target, z, sample_weight=weight)
    column = metric(name)
    column.update_state(target, z, sample_weight=weight[:, None])
    assert_close(to_numpy(column.result()), to_numpy(flat.result()))


@claim(
    "trainer.accuracy-of-weighted-outputs",
    promised="Metric, method `update_state`: sample_weight broadcasts to y_true",
    corrects="Outputs are averaged before the weights count.",
    cases=4,
)
@given(cases(batch=several), whole(["BinaryAccuracy", "Accuracy"]), whole(["each", "row"]), seeds)
def test_accuracy_weighs_each_output(case, name, form, seed):
    """
    Weights of the shape of final outputs, or (1, units), weigh each output by itself in Accuracy
    and BinaryAccuracy.

    The hits times their weights are divided by the sum of the weights. A weight of 0 leaves an
    output of a sample out, as one whose target is unknown.

    >>> import keras, numpy as np
    >>> y, z = np.array([[1, 1], [0, 0]]), np.array([[0.9, 0.4], [0.2, 0.7]])  # right, wrong
    >>> accuracy = keras.metrics.BinaryAccuracy()
    >>> _ = accuracy.update_state(y, z, sample_weight=np.array([[1.0, 3.0], [1.0, 0.0]]))
    >>> float(accuracy.result())  # 2 / 5
    0.4000000059604645
    """
    target = targets(case, "bits", seed)
    z = to_numpy(classifier(case, "bits", seed)(case.x))
    z = z if name == "BinaryAccuracy" else np.round(z)
    shape = z.shape if form == "each" else (1, CLASSES)
    weight = np.abs(noise(shape, seed + 1)) + 0.25
    accuracy = metric(name)
    accuracy.update_state(target, z, sample_weight=weight)
    hits = (z > 0.5) == (target > 0.5)
    exact = np.average(hits, weights=np.broadcast_to(weight, hits.shape))
    means = np.mean(hits, axis=-1)[:CLASSES]
    instead = {"outputs are averaged first": np.sum(means * weight) / np.sum(weight) / CLASSES}
    assert_close(to_numpy(accuracy.result()), exact, instead=instead)


@claim(
    "trainer.truth-values",
    derived="True and False are 1 and 0, in NumPy as well",
    cases=2,
    needs="keras.Model.fit",
)
@given(cases(batch=several), whole(["bits", "one-hot"]), eagerly, seeds)
def test_truth_values_are_targets(case, kind, eager, seed):
    """
    As targets of mean squared error and of metrics of Keras, True and False count as 1 and 0.

    So a comparison, such as prices > 0, may be given as it is.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(1)])
    >>> model.compile("sgd", "mse", metrics=["accuracy"])
    >>> x, y = np.random.rand(3, 3, 1), np.array([[True], [False], [True]])
    >>> losses = [model.evaluate(x, z, verbose=0) for z in (y, y.astype("float32"))]
    >>> bool(np.allclose(*losses))
    True
    """
    target = targets(case, kind, seed)
    model = classifier(case, kind, seed, metrics=metrics_of(kind), run_eagerly=eager)
    truth, numbers = (reported(model, case.x, y) for y in (target.astype(bool), target))
    for name, number in numbers.items():
        assert_close(truth[name], number)


@claim(
    "trainer.metric-of-lists",
    promised="examples of keras.metrics: update_state is called on lists",
    cases=4,
)
@given(cases(batch=several), whole(WIDE), seeds)
def test_a_metric_takes_lists(case, name, seed):
    """
    Called by itself, a metric of Keras of targets as wide as the outputs takes Python lists, of
    outputs of Python's floats.

    It makes of them what it makes of float32 arrays. Metrics of ids may need arrays.

    >>> import keras, numpy as np
    >>> area = keras.metrics.AUC()
    >>> area.update_state([0, 1, 1], [0.1, 0.7, 0.6])
    >>> float(area.result())
    1.0
    """
    target = targets(case, KINDS[name], seed)
    z = to_numpy(classifier(case, KINDS[name], seed)(case.x))
    listed = metric(name)
    listed.update_state(target.tolist(), z.tolist())
    arrays = metric(name)
    arrays.update_state(target, z)
    assert_close(to_numpy(listed.result()), to_numpy(arrays.result()))
