"""Regularizers and constraints."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import floats, integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.claims.training import pulls, trainer, weighted_sum
from lstm_spec.harness.reference import equations, gradients
from lstm_spec.harness.strategies import Array, Case, booleans, cases, noise, seeds, varied, whole
from lstm_spec.harness.subject import global_policy, lstm, to_numpy, total
from lstm_spec.harness.tolerance import assert_close, assert_same


class Halved(keras.constraints.Constraint):  # type: ignore[misc]
    """A constraint of one's own."""

    def __call__(self, w: Any) -> Any:
        """Halve a weight."""
        return w / 2.0


def returned(case: Case) -> list[Array]:
    """Return what the equations give of all that a layer with the case's options returns."""
    outputs, h, c = equations(case)
    first = outputs if case.options["return_sequences"] else h
    return [first, h, c] if case.options.get("return_state") else [first]


PENALTIES = {
    "L2": lambda weight: np.sum(weight**2),
    "L1": lambda weight: np.sum(np.abs(weight)),
    "L1L2": lambda weight: np.sum(np.abs(weight)) + np.sum(weight**2),
    "a function": lambda weight: np.sum(weight**4),
}
"""What a regularizer makes of a weight, at a rate of 1."""
WEIGHTS = ("kernel", "recurrent", "bias")
CONSTRAINTS = {
    "non_neg": lambda weight: np.maximum(weight, 0.0),
    "one's own": lambda weight: weight / 2,
}
"""What a constraint makes of a weight."""


def constraint_of(kind: str) -> Any:
    """Return what is given to LSTM for a key of CONSTRAINTS."""
    return Halved() if kind == "one's own" else kind


def regularizer(kind: str, rate: float) -> Any:
    """Return what is given to LSTM for a key of PENALTIES."""
    if kind == "a function":
        return lambda weight: rate * total(weight**4)
    if kind == "L1L2":
        return keras.regularizers.L1L2(rate, rate)
    return getattr(keras.regularizers, kind)(rate)


# Regularizers.


@claim(
    "training.regularizers",
    promised="LSTM, arguments `kernel_regularizer`, `recurrent_regularizer`, `bias_regularizer`",
)
@given(cases(**varied("units", "features")), floats(0.125, 4, width=16), whole(list(PENALTIES)))
def test_each_regularizer_adds_a_loss_of_its_own_weight(case, rate, kind):
    """
    In a trainable float32 LSTM an L1 or L2 regularizer of a trainable kernel, recurrent kernel or
    bias adds one loss.

    L2(r) adds r times the sum of the squares, over all gates, and the layer lists them in this
    order in `losses`. The L2 that the text "l2" names has r = 0.01.

    >>> import keras, numpy as np
    >>> squares = keras.regularizers.L2(0.5)
    >>> lstm = keras.layers.LSTM(2, kernel_regularizer=squares, bias_regularizer=squares)
    >>> _ = lstm(np.ones((1, 3, 1)))
    >>> kernel, recurrent, bias = lstm.get_weights()
    >>> bool(np.allclose(lstm.losses, [0.5 * np.sum(kernel**2), 0.5 * np.sum(bias**2)]))
    True
    """
    options = {
        f"{name}_regularizer": regularizer(kind, rate * k)
        for k, name in enumerate(("kernel", "recurrent", "bias"), start=1)
    }
    penalties = [PENALTIES[kind](weight.astype(float)) for weight in case.weights]
    assert_close(np.array(lstm(case, **options).losses), rate * np.array(penalties) * [1, 2, 3])


@claim(
    "training.orthogonal-regularizer",
    promised="OrthogonalRegularizer: `factor` times the mean of the products of normalized rows",
    needs="keras.regularizers.OrthogonalRegularizer",
)
@given(
    cases(units=integers(2, 4), features=integers(2, 5)),
    floats(0.125, 4, width=16),
    whole(["rows", "columns"]),
    whole(["kernel_regularizer", "recurrent_regularizer"]),
)
def test_orthogonal_regularizer_adds_the_mean_cosine(case, rate, mode, argument):
    """
    In a trainable float32 LSTM OrthogonalRegularizer(r) adds r times the mean absolute cosine
    between several rows of a kernel.

    With mode="columns" between two columns. On TensorFlow r must be a float of Python. By rows, a
    kernel of a single one, as that of an LSTM of one feature, makes the loss NaN. A bias is
    refused.

    >>> import keras, numpy as np
    >>> orthogonal = keras.regularizers.OrthogonalRegularizer(0.5)
    >>> lstm = keras.layers.LSTM(3, kernel_regularizer=orthogonal)
    >>> _ = lstm(np.ones((1, 4, 2)))
    >>> a, b = lstm.get_weights()[0]  # the kernel of two features has two rows
    >>> cosine = np.sum(a * b) / np.sqrt(np.sum(a * a) * np.sum(b * b))
    >>> bool(np.allclose(lstm.losses, 0.5 * np.abs(cosine)))
    True
    """
    options = {argument: keras.regularizers.OrthogonalRegularizer(rate, mode)}
    kernel, recurrent, _ = case.weights
    weight = (kernel if argument == "kernel_regularizer" else recurrent).astype(float)
    rows = weight if mode == "rows" else weight.T
    directions = rows / np.sqrt(np.sum(rows**2, axis=1, keepdims=True))
    cosines = (directions @ directions.T)[~np.eye(len(rows), dtype=bool)]
    instead = {"cosines below 0 are negative penalties": [rate * np.mean(cosines)]}
    exact = [rate * np.mean(np.abs(cosines))]
    assert_close(np.array(lstm(case, **options).losses), exact, instead=instead)


@claim(
    "training.penalty-added-once",
    derived="a penalty is a function of the weights alone",
    corrects="A weight's penalty is added at every timestep, as the weight is used at each.",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    cases(**varied("batch", "timesteps", "units")),
    seeds,
    whole([(name, kind) for name in WEIGHTS for kind in ("L1", "L2")]),
)
def test_the_penalty_of_a_weight_is_added_once(case, seed, penalty):
    """
    A trainable float32 weight's penalty is added to the loss once, for any number of timesteps and
    samples.

    Both training and evaluation report the sum. The penalty is not divided by the batch size
    either, so that it weighs the same in a small last batch. Under the policy "float64" or one of
    half precision fit may fail: see `training.penalty-in-double`.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, recurrent_regularizer=keras.regularizers.L2(0.5))
    >>> model = keras.Sequential([keras.Input((None, 1)), lstm])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> penalty = 0.5 * np.sum(lstm.get_weights()[1] ** 2)
    >>> x = np.ones((5, 7, 1))  # (batch, timesteps, features), and targets without an error
    >>> bool(np.isclose(model.test_on_batch(x, np.array(lstm(x))), penalty))
    True
    """
    name, kind = penalty
    model = trainer(lstm(case, **{f"{name}_regularizer": regularizer(kind, 0.5)}))
    target = noise((case.batch, case.units), seed)
    off = equations(case).h - target
    weight = case.weights[WEIGHTS.index(name)].astype(float)
    loss = np.mean(off**2) + 0.5 * PENALTIES[kind](weight)
    tested = model.test_on_batch(case.x, target), model.train_on_batch(case.x, target)
    assert_close(np.array(tested, np.float32), np.array([loss, loss]))


@claim(
    "training.activity",
    observed="Keras 2 and 3",
    corrects="The activity regularizer takes the mean over the outputs, or over the timesteps.",
)
@given(
    cases(batch=integers(2, 5), return_sequences=booleans(), **varied("timesteps", "units")),
    whole(["L2", "L1", "a function"]),
    whole([0, 1, 3]),
)
def test_the_activity_penalty_is_divided_by_the_batch_size_alone(case, kind, depth):
    """
    Outside TimeDistributed, a float32 LSTM's L1 or L2 activity regularizer adds all outputs'
    penalty divided by the batch size.

    It is divided by neither units nor timesteps. The `losses` of a model that holds the LSTM have
    it too, as have those of a model around that. Around the LSTM itself TimeDistributed adds none:
    it calls the layer's `call`, which knows of no penalty.

    >>> import keras, numpy as np
    >>> squares = keras.regularizers.L2(0.5)
    >>> lstm = keras.layers.LSTM(2, return_sequences=True, activity_regularizer=squares)
    >>> y = np.array(lstm(np.ones((4, 3, 1))))  # (batch, timesteps, units)
    >>> bool(np.allclose(lstm.losses, [0.5 * np.sum(y**2) / 4]))
    True
    """
    layer = lstm(case, activity_regularizer=regularizer(kind, 0.5))
    for _ in range(depth):
        layer = keras.Sequential([layer])
    y = np.array(layer(case.x), float)
    undivided = 0.5 * np.array([PENALTIES[kind](exact) for exact in returned(case)])
    instead = {"the penalty is not divided by the batch size": undivided}
    expected = np.array([0.5 * PENALTIES[kind](y) / case.batch])
    assert_close(np.array(layer.losses), expected, instead=instead)


@claim(
    "training.activity-in-half",
    promised="LSTM, argument `activity_regularizer`; DTypePolicy, argument `name`",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    integers(1, 3),
    whole(["L1", "L2", "L1L2"]),
    whole(["mixed_float16", "mixed_bfloat16"]),
    whole([True, False]),
)
def test_an_activity_penalty_is_part_of_the_loss_under_a_mixed_policy(batch, kind, policy, eagerly):
    """
    Under mixed_float16 and mixed_bfloat16 fit and evaluate add the penalty of an LSTM's
    activity_regularizer to the loss.

    As in float32. Where they do not, take the penalty in float32, by the layer
    ActivityRegularization(l2=0.01, dtype="float32") behind the LSTM.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, dtype="mixed_float16")
    >>> squares = keras.layers.ActivityRegularization(l2=0.5, dtype="float32")
    >>> model = keras.Sequential([keras.Input((3, 1)), lstm, squares])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, h = np.ones((4, 3, 1)), np.array(lstm(np.ones((4, 3, 1))), "float32")
    >>> loss = np.mean(h**2) + 0.5 * np.sum(h**2) / 4
    >>> bool(np.isclose(model.evaluate(x, np.zeros((4, 2)), verbose=0), loss))
    True
    """
    options = {"dtype": policy, "activity_regularizer": regularizer(kind, 0.5)}
    layer = keras.layers.LSTM(1, activation="relu", **options)
    model = keras.Sequential([keras.Input((2, 1)), layer])
    # Every output is 1.
    model.set_weights([np.zeros((1, 4)), np.zeros((1, 4)), np.array([200, -200, 1, 200])])
    model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=eagerly)
    data = np.ones((batch, 2, 1)), np.zeros((batch, 1))
    fitted = model.fit(*data, verbose=0).history["loss"]
    exact = 1.0 + 0.5 * PENALTIES[kind](np.ones((1, 1)))
    assert_close([*fitted, model.evaluate(*data, verbose=0)], [exact, exact])


@claim(
    "training.penalty-in-double",
    promised="Regularizers: penalties are summed into the loss; Layer, argument `dtype`",
    cases=4,
    needs=("keras.Model.fit", "keras.ops"),
)
@given(
    cases(batch=integers(1, 3), features=integers(1, 3), units=integers(1, 3)),
    whole(list(WEIGHTS)),
    whole(["L1", "L2"]),
    whole(["float64", "float16", "bfloat16"]),
    sampled_from([False, True]),
    sampled_from([True, True, True, False]),
)
def test_a_penalty_counts_in_double_and_half_precision(case, name, kind, policy, own, eagerly):
    """
    Under the policies float64, float16 and bfloat16 fit and evaluate add a trained LSTM weight's L1
    or L2 penalty to the loss.

    As in float32, and whether the policy is that of the layer or the global one. In place of half
    precision "mixed_float16" and "mixed_bfloat16" do, as their weights are float32. Until Keras
    does so on TensorFlow, give the LSTM a function that casts the weight to float32 first.

    >>> import keras, numpy as np
    >>> def squares(weight): return 0.5 * keras.ops.sum(keras.ops.cast(weight, "float32") ** 2)
    >>> lstm = keras.layers.LSTM(2, kernel_regularizer=squares, dtype="float64")
    >>> model = keras.Sequential([keras.Input((3, 1)), lstm])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> x, penalty = np.ones((4, 3, 1)), 0.5 * np.sum(lstm.get_weights()[0] ** 2)
    >>> bool(np.isclose(model.evaluate(x, np.array(lstm(x)), verbose=0), penalty))
    True
    """
    options = {f"{name}_regularizer": regularizer(kind, 0.5), "dtype": policy if own else None}
    with global_policy("float32" if own else policy):
        layer = keras.layers.LSTM(case.units, recurrent_initializer="zeros", **options)
        model = keras.Sequential([keras.Input((2, case.features)), layer])
    halves = [np.full(weight.shape, 0.5) for weight in case.weights]
    halves[2][2 * case.units : 3 * case.units] = 0.0  # of the candidates: every output is 0
    model.set_weights(halves)
    model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=eagerly)
    data = np.zeros((case.batch, 2, case.features)), np.ones((case.batch, case.units))
    fitted = model.fit(*data, verbose=0).history["loss"]
    exact = 1.0 + 0.5 * PENALTIES[kind](halves[WEIGHTS.index(name)])
    assert_close([*fitted, model.evaluate(*data, verbose=0)], [exact, exact])


@claim(
    "training.activity-of-states",
    observed="Keras 2 and 3, all backends",
    corrects="Documentation of LSTM, `activity_regularizer`: it is applied to the output.",
)
@given(cases(batch=integers(2, 3), return_sequences=booleans(), return_state=True))
def test_the_activity_regularizer_counts_returned_states(case):
    """
    Outside of TimeDistributed, with return_state=True an L1 or L2 activity regularizer penalizes
    both states beside the output.

    It is applied to every tensor that the layer returns. So the last h counts twice if nothing is
    masked, as the output and as a state, and c counts though no layer above may ever see it.

    >>> import keras, numpy as np
    >>> squares = keras.regularizers.L2(0.5)
    >>> lstm = keras.layers.LSTM(2, return_state=True, activity_regularizer=squares)
    >>> returned = np.array(lstm(np.ones((1, 3, 1))))  # the output, h and c
    >>> bool(np.allclose(lstm.losses, 0.5 * np.sum(returned**2, axis=(1, 2))))
    True
    """
    layer = lstm(case, activity_regularizer=keras.regularizers.L2(0.5))
    squares = [np.sum(np.array(y, float) ** 2) for y in layer(case.x)]
    undivided = 0.5 * np.array([np.sum(exact**2) for exact in returned(case)])
    instead = {"the penalties are not divided by the batch size": undivided}
    assert_close(np.array(layer.losses), 0.5 * np.array(squares) / case.batch, instead=instead)


# Constraints.


@claim(
    "training.constraints",
    promised="LSTM, arguments `kernel_constraint`, `recurrent_constraint`, `bias_constraint`",
    cases=4,
    needs="keras.Model.fit",
)
@given(cases(**varied("units")), seeds, integers(1, 7), whole(list(CONSTRAINTS)))
def test_each_constraint_projects_its_own_weight_after_the_step(case, seed, which, constraint):
    """
    Each of the three constraints corrects its own weight after each step that the weight takes,
    and no other.

    First the step is made as if there were no constraint, then the constraint's function replaces
    the new weight. NonNeg, for example, puts 0 in place of negative numbers.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, kernel_constraint="non_neg")
    >>> model = keras.Sequential([keras.Input((3, 1)), lstm])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> loss = model.train_on_batch(np.ones((1, 3, 1)), np.ones((1, 2)))
    >>> [bool(np.all(weight >= 0)) for weight in lstm.get_weights()[:2]]
    [True, False]
    """
    bound = [bool(which >> k & 1) for k in range(3)]
    names = [name for name, chosen in zip(WEIGHTS, bound, strict=True) if chosen]
    layer = lstm(case, **{f"{name}_constraint": constraint_of(constraint) for name in names})
    target = pulls(case, seed)[1]
    trainer(layer, weighted_sum).train_on_batch(case.x, target)
    slopes = gradients(case, np.zeros(equations(case).outputs.shape), target, 0 * target)[1:4]
    after = [weight - slope for weight, slope in zip(case.weights, slopes, strict=True)]
    projected = [
        CONSTRAINTS[constraint](weight) if chosen else weight
        for weight, chosen in zip(after, bound, strict=True)
    ]
    assert_close(layer.get_weights(), projected)


CONSTRAINED: dict[str, tuple[tuple[Any, ...], tuple[str, ...]]] = {
    "Conv1D": ((3, 2), ("kernel_constraint", "bias_constraint")),
    "Dense": ((3,), ("kernel_constraint", "bias_constraint")),
    "Embedding": ((5, 3), ("embeddings_constraint",)),
}
"""Layers in front of an LSTM, with their sizes and the names of their constraints."""


@claim(
    "training.constraints-around",
    promised="Dense, Conv1D and Embedding, arguments that end with `_constraint`",
    cases=4,
    needs="keras.Model.fit",
)
@given(seeds, whole(list(CONSTRAINED)), whole(list(CONSTRAINTS)))
def test_constraints_of_other_layers_are_applied_after_the_step(seed, name, constraint):
    """
    Constraints of Dense, Conv1D and Embedding correct trained weights after each step, also vectors
    of ids that were not read.

    As those of an LSTM do. A frozen layer, or one that no loss depends on, takes no step, and keeps
    its weights as they are.

    >>> import keras, numpy as np
    >>> dense = keras.layers.Dense(2, kernel_constraint="non_neg")
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2), dense])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> loss = model.train_on_batch(np.ones((1, 3, 1)), np.ones((1, 2)))
    >>> bool(np.all(dense.get_weights()[0] >= 0))
    True
    """
    sizes, arguments = CONSTRAINED[name]
    options = {argument: constraint_of(constraint) for argument in arguments}
    layer = getattr(keras.layers, name)(*sizes, **options)
    x = np.ones((1, 3) if name == "Embedding" else (1, 3, 2))
    model = keras.Sequential([keras.Input(x.shape[1:]), layer, keras.layers.LSTM(2)])
    model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)
    weights = [noise(weight.shape, seed + k) for k, weight in enumerate(layer.get_weights())]
    layer.set_weights(weights)
    model.train_on_batch(x, np.ones((1, 2)))
    assert_close(layer.get_weights(), [CONSTRAINTS[constraint](weight) for weight in weights])


@claim(
    "training.constraints-wait",
    observed="Keras 2 and 3",
    corrects="A weight with a constraint satisfies it at any time.",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    cases(**varied("units", "timesteps")),
    seeds,
    whole(list(CONSTRAINTS)),
    sampled_from(["__call__", "test_on_batch", "predict_on_batch"]),
)
def test_a_constraint_acts_in_a_training_step_only(case, seed, constraint, method):
    """
    A constraint acts in training steps only, neither on initial weights nor on set ones.

    A call does not apply it either. One step, even at learning rate zero, does, if it trains the
    weight.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, recurrent_constraint="non_neg")
    >>> model = keras.Sequential([keras.Input((3, 1)), lstm])
    >>> model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)
    >>> y, before = model(np.ones((1, 3, 1))), lstm.get_weights()[1]
    >>> loss = model.train_on_batch(np.ones((1, 3, 1)), np.ones((1, 2)))
    >>> bool(np.any(before < 0)), bool(np.any(lstm.get_weights()[1] < 0))
    (True, False)
    """
    negative = keras.initializers.Constant(-0.5)
    constraints = {f"{name}_constraint": constraint_of(constraint) for name in WEIGHTS}
    initializers = {f"{name}_initializer": negative for name in WEIGHTS}
    first = keras.layers.LSTM(case.units, **constraints, **initializers, unit_forget_bias=False)
    layer = lstm(case, **constraints)
    model = trainer(layer, rate=0.0)
    given = [case.x, noise((case.batch, case.units), seed)]
    first.build(case.x.shape)
    assert_same(first.get_weights(), [np.full_like(weight, -0.5) for weight in case.weights])
    getattr(model, method)(*given[: 1 + (method == "test_on_batch")])
    assert_same(layer.get_weights(), case.weights)
    model.train_on_batch(*given)
    assert_same(layer.get_weights(), list(map(CONSTRAINTS[constraint], case.weights)))


@claim(
    "training.max-norm",
    promised="MaxNorm, argument `axis`: the norms are taken along axis 0",
    corrects="MaxNorm bounds the norm of the whole kernel.",
    cases=4,
    needs="keras.Model.fit",
)
@given(cases(), floats(0.125, 1, width=16), seeds)
def test_max_norm_bounds_each_column_of_the_kernel(case, bound, seed):
    """
    After a step that the kernel takes without use_ema, kernel_constraint=MaxNorm(v) bounds each of
    its columns by v.

    A column holds the weights that one gate of one unit gives to the features. Shorter
    columns lose less than 0.0000001 in length, but for rounding. With use_ema=True fit ends with
    means instead, of other weights: see `trainer.averaged-constrained`.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, kernel_constraint=keras.constraints.MaxNorm(0.25))
    >>> model = keras.Sequential([keras.Input((3, 9)), lstm])
    >>> model.compile("sgd", "mse", run_eagerly=True)
    >>> loss = model.train_on_batch(np.ones((1, 3, 9)), np.ones((1, 2)))
    >>> kernel = lstm.get_weights()[0]
    >>> bool(np.all(np.linalg.norm(kernel, axis=0) < 0.2501)), bool(np.linalg.norm(kernel) > 0.2501)
    (True, True)
    """
    layer = lstm(case, kernel_constraint=keras.constraints.MaxNorm(bound))
    trainer(layer, rate=0.0).train_on_batch(case.x, noise((case.batch, case.units), seed))
    norms = np.linalg.norm(case.kernel.astype(float), axis=0)
    assert_close(layer.get_weights()[0], case.kernel * (np.minimum(norms, bound) / norms))


@claim(
    "training.embedding-penalty",
    promised="Embedding, argument `embeddings_regularizer`: applied to the embeddings matrix",
    corrects="Only the rows of a table that occur are penalized.",
)
@given(integers(2, 4), integers(1, 3), whole(["L1", "L2", "L1L2"]), whole([False, True]), seeds)
def test_an_embedding_is_penalized_for_its_whole_table(ids, size, kind, copied, seed):
    """
    A trainable float32 Embedding's losses hold embeddings_regularizer of its whole table, whichever
    ids occur.

    Called on one sample, it adds activity_regularizer of its output to them. A frozen table is not
    penalized.

    >>> import keras, numpy as np
    >>> embedding = keras.layers.Embedding(3, 2, embeddings_regularizer=keras.regularizers.L2(1.0))
    >>> _ = embedding(np.array([[0, 0]]))  # ids 1 and 2 do not occur
    >>> table = embedding.get_weights()[0]
    >>> bool(np.isclose(np.array(embedding.losses[0]), np.sum(table**2)))
    True
    """
    table = noise((ids, size), seed)
    layer = keras.layers.Embedding(
        ids,
        size,
        embeddings_regularizer=regularizer(kind, 0.5),
        activity_regularizer=regularizer(kind, 0.25),
    )
    copy = keras.layers.Embedding.from_config(layer.get_config())
    tried = copy if copied else layer
    x = np.array([[0, 1, 1]])
    tried(x)
    tried.set_weights([table])
    model = keras.Sequential([tried])
    y = model(x)
    penalty = PENALTIES[kind]
    exact = 0.5 * penalty(table.astype(float)) + 0.25 * penalty(table[x].astype(float))
    assert tuple(y.shape) == (1, 3, size), f"{y.shape}"
    assert_close(np.float32(sum(map(to_numpy, model.losses))), exact)
