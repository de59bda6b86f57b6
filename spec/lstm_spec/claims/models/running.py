"""A model gives what its layers say, however it is made and run."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import keras
import numpy as np
from hypothesis import assume, example, given
from hypothesis.strategies import integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.claims.models import PASSING, SMALL
from lstm_spec.claims.saving.files import reloaded
from lstm_spec.harness.model_drawing import trials
from lstm_spec.harness.model_ways import (
    ALIKE,
    MADE_AGAIN,
    WAYS,
    called,
    check,
    compare,
    make,
    outputs,
)
from lstm_spec.harness.model_words import RARE, WORDS
from lstm_spec.harness.models import (
    AGAIN,
    FORMS,
    IDENTITIES,
    Layer,
    Model,
    Node,
    Sizes,
    Source,
    Trial,
)
from lstm_spec.harness.reference import equations, returned
from lstm_spec.harness.strategies import booleans, cases, noise, seeds, varied, whole
from lstm_spec.harness.subject import global_policy, kind, lstm, to_numpy
from lstm_spec.harness.tolerance import assert_close, assert_same

FEW = integers(1, 2)
"""How many layers a model has beside those that it must have, where it is traced or compiled."""
ANY_LENGTH = tuple(word for word in (*WORDS, *RARE) if word != "Reshape")
"""The vocabulary but for Reshape, which settled the first length until Keras 3.12."""


def configured(trial):
    """Return whether a configuration is read whole: of a Lambda it is not everywhere."""
    return all(node.layer.kind != "Lambda" for node in trial.model.nodes)


def subclassed(trial):
    """Return a model as a subclass."""
    return replace(trial, model=replace(trial.model, form="subclassed"))


def keeps_timesteps(trial):
    """Return whether no layer of a model joins sequences in time."""
    return all(
        node.layer.kind != "Concatenate" or node.layer.options["axis"] != 1
        for node in trial.model.nodes
    )


def unmasked(trial):
    """Return whether no layer of a model makes a mask."""
    return "Masking" not in str(trial.model) and "mask_zero" not in str(trial.model)


def shown_whole(trial):
    """Return a trial of the model of which every tensor is an output."""
    every = tuple(name for node in trial.model.nodes for name in node.makes)
    return replace(trial, model=replace(trial.model, outputs=every))


def masked(form, *nodes):
    """Return a trial of a model of Masking and of nodes behind it, the last of which is read."""
    masking = Node(Layer("Masking", {}), ("x1",), ("y1",), seed=100, word="Masking")
    return Trial(
        Model((Source("x1", (None, 1)),), (masking, *nodes), nodes[-1].makes, form),
        sizes=(Sizes(1, 4), Sizes(2, 5)),
        seed=0,
    )


def joined(kind, **options):
    """Return a trial of a model in which masked tensors are merged by a kind of layer."""
    return masked(
        "functional",
        Node(Layer(kind, options), ("y1", "y1"), ("y2",), seed=200, word=kind),
        Node(Layer("LSTM", {"units": 1}), ("y2",), ("y3",), seed=300, word="LSTM"),
    )


JOINED = joined("Concatenate", axis=-1)
ADDED = joined("Add")
MASKED = masked(
    "Sequential", Node(Layer("LSTM", {"units": 1}), ("y1",), ("y2",), seed=200, word="LSTM")
)
"""A model that skips what is masked."""


@claim("models.called", derived="the equations of each layer, applied one after the other")
@example(JOINED)
@given(trials(nodes=SMALL))
def test_called_a_plain_model_gives_what_its_layers_say(trial):
    """
    A plain model that is called computes what the equations of its layers say.

    A plain model adds nothing to its layers and takes nothing away, in whatever form it is made.
    Plain: of float32, with Add and its like of equal widths, TimeDistributed of one output and no
    mask, and ids up to 2**24; the introduction of this chapter tells what else is left out.

    >>> import keras, numpy as np
    >>> dense, lstm = keras.layers.Dense(3), keras.layers.LSTM(2)
    >>> model = keras.Sequential([keras.Input((None, 1)), dense, lstm])
    >>> x = np.array([[[1.0], [2.0]]])  # (batch, timesteps, features)
    >>> bool(np.allclose(model(x), lstm(dense(x)), atol=1e-6))
    True
    """
    check("called", trial)


@claim(
    "models.every-way",
    derived="models.called: a way to run a model changes no number",
    cases=19,
)
@example(ADDED)
@given(trials(nodes=FEW))
def test_every_way_to_run_a_plain_model_gives_the_same(trial):
    """
    Called, by predict and predict_on_batch, a plain model without adaptive pooling gives for a
    batch what its layers compute.

    Its inputs have equally many samples. What computes along the batch, as Softmax with axis=0,
    sees one batch of predict at a time.

    >>> import keras, numpy as np
    >>> layers = [keras.Input((None, 1)), keras.layers.Masking(), keras.layers.LSTM(2)]
    >>> model, x = keras.Sequential(layers), np.array([[[1.0], [2.0], [0.0]]])
    >>> bool(np.allclose(model.predict(x, verbose=0), model(x[:, :2]), atol=1e-6))
    True
    """
    for way in (way for way in ALIKE if way in WAYS):
        check(way, trial)


@claim(
    "models.graphs",
    derived="models.called: a graph computes what its operations compute",
    cases=19,
    needs="tensorflow",
)
@example(ADDED)
@given(trials(nodes=FEW))
def test_a_graph_of_a_plain_model_gives_what_a_call_gives(trial):
    """
    Without adaptive pooling a plain model made only of layers gives in a tf.function, with XLA or
    not, what a call gives.

    Without XLA one graph serves every number of samples and timesteps that the model leaves open.
    TimeDistributed over open timesteps is not meant, see `models.slices-of-open-length`; adaptive
    pooling over them is refused.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((None, 1)), keras.layers.LSTM(2)])
    >>> x = np.array([[[1.0], [2.0]]])  # (batch, timesteps, features)
    >>> bool(np.allclose(model.predict(x, verbose=0), model(x), atol=1e-6))
    True
    """
    check("in a graph", trial)
    check("jitted", trial)


@claim(
    "models.exported",
    promised="Model.export: it makes a SavedModel for inference",
    cases=17,
    needs="tensorflow",
)
@example(ADDED)
@example(MASKED)
@example(subclassed(MASKED))
@given(trials(nodes=FEW))
def test_an_exported_plain_model_gives_what_a_call_gives(trial):
    """
    As a SavedModel, a plain functional model with flat outputs and no TimeDistributed gives what a
    call gives, but for rounding.

    So does a Sequential one with an Input. That is for Inputs with the names that Keras gives,
    tensors of their type, and every number of samples and timesteps that they leave open; adaptive
    pooling needs a known one. For TimeDistributed see `models.slices-in-a-graph`.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((None, 1)), keras.layers.LSTM(2)])
    >>> x = np.array([[[1.0], [2.0]]])  # (batch, timesteps, features)
    >>> bool(np.allclose(model.predict(x, verbose=0), model(x), atol=1e-6))
    True
    """
    check("exported", trial)


@claim(
    "models.lengths-in-predict",
    derived="models.called: no length is the model's own",
    cases=4,
)
@given(trials(nodes=SMALL, opened=True))
def test_predict_takes_lengths_in_any_order(trial):
    """
    Without TimeDistributed, adaptive pooling or unrolling a plain model's call gives what predict
    does on a batch of any length.

    What predict got before does not matter. Adaptive pooling needs a known length in a graph,
    which predict leaves open from the second length on. A plain model has no TimeDistributed over
    an open axis: see `models.slices-of-open-length`.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((None, 1)), keras.layers.LSTM(2)])
    >>> x = np.array([[[1.0], [2.0], [3.0]]])  # (batch, timesteps, features)
    >>> _ = model.predict(x, verbose=0)
    >>> bool(np.allclose(model.predict(x[:, :2], verbose=0), model(x[:, :2]), atol=1e-6))
    True
    """
    first, second = trial.sizes
    check("predict", replace(trial, sizes=(first, second, first)))


@claim(
    "models.samples",
    derived="models.called: no layer mixes samples outside training",
    cases=4,
)
@given(trials(nodes=SMALL, declared=False))
def test_a_sample_gives_alone_what_it_gives_in_a_batch(trial):
    """
    Without merges of unequal widths and operations along the batch, a plain model gives a sample
    the same outputs in any batch.

    BatchNormalization looks at other samples in training only, Softmax and UnitNormalization with
    axis=0. For Add and its like see `models.merge-of-widths`, for a Softmax behind a mask
    `models.softmax-behind-mask`.

    >>> import keras, numpy as np
    >>> layers = [keras.Input((None, 1)), keras.layers.BatchNormalization(), keras.layers.LSTM(2)]
    >>> model, x = keras.Sequential(layers), np.array([[[1.0], [2.0]], [[3.0], [4.0]]])
    >>> bool(np.allclose(model(x)[1:], model(x[1:]), atol=1e-6))
    True
    """
    run = called(make(trial.model))
    for inputs in trial.inputs:
        rows = [run([x[k : k + 1] for x in inputs]) for k in range(len(inputs[0]))]
        joined = [np.concatenate(parts) for parts in zip(*rows, strict=True)]
        compare(joined, trial.model, inputs)


@claim(
    "models.declared-shapes",
    promised="Model, attribute `output_shape`; None for an open axis",
    cases=4,
)
@given(trials(nodes=SMALL, forms=FORMS[:2]))
def test_a_model_returns_what_it_declares(trial):
    """
    Without attention scores, on input as declared, a functional or Sequential plain model returns
    the shapes it declares.

    An axis that is declared as None may have any size that the layers take; every other has the
    declared one. A Bidirectional whose backward layer has other units or states than the forward
    one is not meant, nor an activation that changes a shape, as glu. MultiHeadAttention declares
    scores as long as the query, see `models.declared-scores`.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((None, 1)), keras.layers.LSTM(2)])
    >>> model.output_shape, tuple(model(np.zeros((3, 4, 1))).shape)
    ((None, 2), (3, 2))
    """
    made = make(trial.model)
    inputs = trial.inputs[0]
    actual = called(made)(inputs)
    compare(actual, trial.model, inputs)
    for symbol, y in zip(made.model.outputs, actual, strict=True):
        pairs = list(zip(tuple(symbol.shape), y.shape, strict=True))
        assert all(axis in (None, size) for axis, size in pairs), f"{symbol.shape}, not {y.shape}"


@claim(
    "models.forms",
    derived="models.called, for each form",
    cases=2,
)
@given(trials(nodes=SMALL, forms=("Sequential",)))
def test_the_same_layers_in_another_form_are_the_same_function(trial):
    """
    In float32, on input as declared, a chain of layers computes the same, be it a Sequential,
    functional or subclassed model.

    With the same weights, that is; the form decides which other input it refuses or casts.

    >>> import keras, numpy as np
    >>> lstm, given = keras.layers.LSTM(2), keras.Input((None, 1))
    >>> chain, graph = keras.Sequential([given, lstm]), keras.Model(given, lstm(given))
    >>> x = np.array([[[1.0], [2.0]]])  # (batch, timesteps, features)
    >>> bool(np.allclose(chain(x), graph(x), atol=1e-6))
    True
    """
    for form in FORMS:
        check("called", replace(trial, model=replace(trial.model, form=form)))


@claim(
    "models.without-input",
    promised="Sequential model guide: without an Input, a model is built by its first call",
    cases=4,
)
@given(trials(nodes=SMALL, forms=("Sequential",), words=ANY_LENGTH, opened=True))
def test_a_sequential_model_without_an_input_computes_the_same(trial):
    """
    On float32 data of one rank a plain Sequential model without `Input` computes what its float32
    layers do, if of any length.

    It casts all else: ids to the type of its first layer, see `errors.rounded-ids`, and float64 to
    its own, float32 by default. In float32 whole numbers are exact up to 2**24. The first call
    settles how many axes there are, but neither batch size nor length. Reshape to another length
    is tried in `models.open-graphs`.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.layers.Dense(3), keras.layers.LSTM(2)])
    >>> dense, lstm = model.layers
    >>> for x in (np.ones((1, 2, 1)), np.ones((3, 4, 1))):  # (batch, timesteps, features)
    ...     print(bool(np.allclose(model(x), lstm(dense(x)), atol=1e-6)))
    True
    True
    """
    model = replace(trial.model, form="Sequential without Input")
    check("called", replace(trial, model=model))


@claim(
    "models.merge-at-first",
    promised="Sequential, method `call`: the layers are called in turn",
    cases=4,
)
@given(
    cases(batch=2, features=2, return_sequences=True),
    whole(["Add", "Multiply", "Concatenate"]),
    whole([None, False, True]),
    seeds,
)
def test_a_sequential_model_may_begin_with_a_merge(case, name, training, seed):
    """
    A Sequential model without an Input may begin with a merge: on arrays it calls its layers in
    turn, with `training` if given.

    Called on a list of arrays, or in predict. It is built when it is first called. On symbols it
    fails with Keras' merges, which do not take `training`.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> model = keras.Sequential([keras.layers.Add(), lstm])
    >>> x, y = np.random.rand(2, 4, 3, 1)
    >>> bool(np.allclose(model([x, y]), lstm(x + y), atol=1e-6))
    True
    """
    pair = [case.x, noise(case.x.shape, seed)]
    merged = getattr(keras.layers, name)()
    flags: list[Any] = []
    layers = [keras.layers.Dense(2), lstm(case), noting(flags)]
    model = keras.Sequential([merged, noting(flags), *layers])
    named = {} if training is None else {"training": training}
    actual = to_numpy(model(pair, **named))
    x = to_numpy(layers[0](merged(pair)))
    assert_close(actual, equations(replace(case, x=x)).outputs)
    assert all(bool(flag) == bool(training) for flag in flags), f"training is {flags}"
    assert_close(model.predict(pair, verbose=0), actual)
    by_default = keras.Sequential([merged, noting(flags, default=True)])
    by_default(pair, *([] if named else [None]), **named)
    assert flags[-1] == (training is not False), f"training is {flags[-1]}"
    assert_close(called_on_symbols([Merged(merged), *layers], pair), actual)


def noting(flags: list[Any], default: Any = None) -> Any:
    """Return a layer that adds to a list what it is told of training, with a default."""

    def call(self: Any, inputs: Any, training: Any = default) -> Any:
        flags.append(training)
        return inputs

    return type("Noting", (keras.layers.Layer,), {"call": call})()


def called_on_symbols(layers: list[Any], pair: list[Any]) -> Any:
    """Return what layers make of arrays, as a Sequential model within a functional one."""
    symbols = [keras.Input(array.shape[1:]) for array in pair]
    return keras.Model(symbols, keras.Sequential(layers)(symbols))(pair)


class Merged(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """A layer of one's own that merges by another one."""

    def __init__(self, merged: Any) -> None:
        """Keep the layer."""
        super().__init__()
        self.merged = merged

    def call(self, inputs: Any, training: Any = None) -> Any:
        """Return what the layer makes of the list."""
        return self.merged(inputs)


@claim(
    "models.names-and-shapes",
    promised="Model, argument `name`, and its attributes",
    cases=8,
)
@given(cases(**varied("features", "units")), integers(1, 3), whole(["model", "a copy"]))
def test_a_model_tells_its_name_and_shapes(case, number, way):
    """
    A functional model bears the name that it was given, and tells the shapes of inputs and outputs,
    of several in a list.

    A copy from its configuration does too. A batch size or length that is left open is None, unless
    it is asked about given sizes.

    >>> import keras, numpy as np
    >>> x, y = keras.Input((None, 3)), keras.Input((None, 3))
    >>> lstm = keras.layers.LSTM(2)
    >>> model = keras.Model([x, y], [lstm(x), lstm(y)], name="twins")
    >>> model.name, [tuple(shape) for shape in model.input_shape]
    ('twins', [(None, None, 3), (None, None, 3)])
    """
    layer = lstm(case)
    inputs = [keras.Input((None, case.features)) for _ in range(number)]
    outputs = [layer(x) for x in inputs]
    model = keras.Model(inputs, outputs, name="called_so")
    copy = keras.Model.from_config(model.get_config())
    tried = {"model": model, "a copy": copy}[way]
    shapes = [(None, None, case.features)] * number, [(None, case.units)] * number
    assert tried.name == "called_so", tried.name
    actual = [plain_shapes(shape) for shape in (tried.input_shape, tried.output_shape)]
    assert actual == [sizes if number > 1 else sizes[0] for sizes in shapes], f"{actual}"
    pair = [keras.Input((length, 2)) for length in (3, None)]
    joined = keras.Model(pair, keras.layers.Concatenate(axis=1)(pair)).output_shape
    assert plain_shapes(joined) == (None, None, 2), f"of a known and an open length: {joined}"
    assert shapes_for_four(case) == [(7, 4, case.units), (None, 4, case.units)]


def shapes_for_four(case):
    """Return the shapes that a model of open length tells for four timesteps, asked and called."""
    ids = keras.Input((None,), dtype="int32")
    y = keras.layers.Embedding(5, case.features)(Ids()(ids))
    rows = keras.Model(ids, lstm(case, return_sequences=True)(y))
    shapes = rows.compute_output_shape((7, 4)), rows(keras.Input((4,), dtype="int32")).shape
    return [plain_shapes(shape) for shape in shapes]


class Ids(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """A layer of one's own that takes whole numbers only."""

    def call(self, ids: Any) -> Any:
        """Return the ids.

        Raises:
            TypeError: they are no whole numbers.
        """
        if kind(ids) != "int32":
            raise TypeError(f"ids of {kind(ids)}")
        return ids


def plain_shapes(shapes):
    """Return a shape as a tuple, and a list of shapes as one of tuples."""
    return [*map(tuple, shapes)] if isinstance(shapes[0], (list, tuple)) else tuple(shapes)


@claim(
    "models.made-again",
    derived="a configuration and a file hold what a model computes",
    cases=19,
)
@example(ADDED)
@given(trials(nodes=SMALL, forms=FORMS[:2]).filter(configured))
def test_a_model_made_again_is_the_same_function(trial):
    """
    Given its weights, a plain functional or Sequential model of distinct layers computes the same
    cloned, from config or .keras.

    A plain model keeps no state, and has no Lambda, adapted layer or vocabulary. Left out are also
    functions and classes of your own, functions of keras.ops as activations, and a Sequential
    model that begins with a merge. A functional model may call a layer twice.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((None, 1)), keras.layers.LSTM(2)])
    >>> clone, x = keras.models.clone_model(model), np.array([[[1.0], [2.0]]])
    >>> clone.set_weights(model.get_weights())
    >>> bool(np.allclose(clone(x), model(x), atol=1e-6))
    True
    """
    for way in MADE_AGAIN:
        check(way, trial)


@claim(
    "models.nested",
    derived="models.called: a model is a layer",
    cases=4,
)
@given(trials(nodes=integers(0, 1), containing=("model in a model", "LSTM")))
def test_a_model_in_a_model_computes_what_its_layers_compute(trial):
    """
    In float32, on input of declared shape and type, a model in a plain model computes what its
    layers compute in its place.

    Sequential or functional; an LSTM in it finds the mask, and a mask made in it is handed on.

    >>> import keras, numpy as np
    >>> dense, lstm = keras.layers.Dense(3), keras.layers.LSTM(2)
    >>> inner = keras.Sequential([keras.Input((None, 1)), dense])
    >>> model, x = keras.Sequential([keras.Input((None, 1)), inner, lstm]), np.ones((1, 2, 1))
    >>> bool(np.allclose(model(x), lstm(dense(x)), atol=1e-6))
    True
    """
    check("called", trial)


@claim(
    "models.shared-layer",
    promised="functional API guide, section Shared layers",
    cases=4,
)
@given(trials(nodes=SMALL, forms=FORMS[::2], containing=(AGAIN,)))
def test_a_layer_called_twice_has_one_set_of_weights(trial):
    """
    A layer that is called twice in a plain model computes with the same weights both times.

    The model counts these weights once.

    >>> import keras, numpy as np
    >>> lstm, a, b = keras.layers.LSTM(2), keras.Input((None, 1)), keras.Input((None, 1))
    >>> model, x = keras.Model([a, b], [lstm(a), lstm(b)]), np.array([[[1.0], [2.0]]])
    >>> y, z = model([x, x])
    >>> bool(np.array_equal(y, z)), len(model.weights)
    (True, 3)
    """
    check("called", trial)
    first = {n.makes[0] for n in trial.model.nodes if not n.again and n.layer.kind == "LSTM"}
    layers = [x for x in make(trial.model).model.layers if type(x).__name__ == "LSTM"]
    assert len(layers) == len(first), f"{len(layers)} LSTMs, {len(first)} made"
    chain = [keras.layers.Dense(1) for _ in range(3)]
    chain.insert(2, chain[0])  # the second call lies between two other layers
    symbol = keras.Input((1,))
    x = np.ones((1, 1), "float32")
    model = keras.Model(symbol, in_turn(chain, symbol))
    assert_close(model(x), to_numpy(in_turn(chain, x)))


def in_turn(layers, x):
    """Return what layers make of a tensor, one after another."""
    for layer in layers:
        x = layer(x)
    return x


@claim(
    "models.last-output-first",
    observed="Keras 3",
    corrects="A functional model runs the calls of a stateful layer in the order of its outputs.",
    cases=4,
)
@given(
    cases(stateful=True, **varied("timesteps", "units")),
    seeds,
    integers(2, 3),
    whole(["called", "predict_on_batch", "predict"]),
)
def test_of_calls_of_one_layer_that_for_the_last_output_runs_first(case, seed, number, way):
    """
    A functional model of a list of outputs, each another call of one stateful LSTM on an Input
    alone, runs the last one first.

    The call for the first output then starts from the states that the others leave. Where the order
    matters, hand the states on by return_state and initial_state, or call the layer in a model of
    your own class.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2, stateful=True), keras.Input(batch_shape=(1, 3, 1))
    >>> model, ones = keras.Model(x, [lstm(x), lstm(x)]), np.ones((1, 3, 1))
    >>> stateless = keras.layers.LSTM(2)
    >>> stateless.build((1, 3, 1))
    >>> stateless.set_weights(lstm.get_weights())
    >>> [bool(np.allclose(stateless(ones), y, atol=1e-6)) for y in model(ones)]
    [False, True]
    """
    layer = lstm(case)
    inputs = [keras.Input(batch_shape=case.x.shape) for _ in range(number)]
    arrays = [noise(case.x.shape, seed + k) for k in range(number)]
    model = keras.Model(inputs, [layer(x) for x in inputs])
    run = {
        "called": model,
        "predict_on_batch": model.predict_on_batch,
        "predict": lambda x: model.predict(x, batch_size=case.batch, verbose=0),
    }
    outputs = run[way](arrays)
    part = case
    for x, y in reversed(list(zip(arrays, outputs, strict=True))):
        part = replace(part, x=x)
        _, h, c = equations(part)
        assert_close(y, h)
        part = replace(part, h=h, c=c)


@claim(
    "models.arrays-too-many",
    observed="Keras 3",
    corrects="A model of one input refuses a second array.",
    cases=4,
    needs="keras.ops",
)
@given(
    cases(**varied("units", "features", "return_sequences")),
    seeds,
    whole(["called", "predict", "predict_on_batch"]),
    whole(["list", "tuple"]),
)
def test_a_sequential_model_reads_the_first_of_two_arrays(case, seed, way, kind):
    """
    Given a list or tuple of two arrays of as many samples and its Input's shape, a Sequential
    model overlooks the second.

    It warns at most that the structure of `inputs` does not match. A model of two Inputs is a
    functional one.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> x, other = np.ones((1, 3, 1)), np.zeros((1, 3, 1))
    >>> bool(np.array_equal(model([x, other]), model(x)))
    True
    """
    model = keras.Sequential([keras.Input(case.x.shape[1:]), lstm(case)])
    other = noise(case.x.shape, seed)
    both = [case.x, other] if kind == "list" else (case.x, other)
    run = {
        "called": model,
        "predict": partial(model.predict, verbose=0),
        "predict_on_batch": model.predict_on_batch,
    }[way]
    instead = {"the second is read": returned(replace(case, x=other))}
    assert_close(run(both), returned(case), instead=instead)


@claim(
    "models.names-are-counted",
    observed="Keras 2 and 3, all backends",
    corrects="The first LSTM of a model is named lstm, whatever was made before.",
    cases=4,
)
@given(cases(), whole(["LSTM", "GRU", "Dense", "Bidirectional", "LSTMCell"]), integers(2, 4))
def test_layers_are_named_by_their_class_and_counted(case, name, count):
    """
    An LSTM without a name is named after its class and counted: lstm, lstm_1 and so on, until
    clear_session begins anew.

    So are a GRU, a Dense and a Bidirectional; an Add is counted together with operations a + b. A
    model that is built twice in one program has other names the second time. Give a layer a
    `name`, or call clear_session.

    >>> import keras, numpy as np
    >>> keras.backend.clear_session()
    >>> [keras.layers.LSTM(2).name, keras.layers.LSTM(2).name] == ["lstm", "lstm_1"]
    True
    """
    classes = {
        "LSTM": lambda: keras.layers.LSTM(1),
        "GRU": lambda: keras.layers.GRU(1),
        "Dense": lambda: keras.layers.Dense(1),
        "Bidirectional": lambda: keras.layers.Bidirectional(keras.layers.LSTM(1)),
        "LSTMCell": lambda: keras.layers.LSTMCell(1),
    }
    layer = lstm(case)
    base = {"LSTMCell": "lstm_cell"}.get(name, name.lower())
    for _ in range(2):
        keras.backend.clear_session()
        names = [classes[name]().name for _ in range(count)]
        assert names == [base, *(f"{base}_{k}" for k in range(1, count))], f"the names {names}"
    assert_close(layer(case.x), returned(case))


@claim(
    "models.inputs-by-name",
    promised="functional API guide: inputs may be passed in a dictionary by name",
    cases=4,
)
@given(trials(nodes=SMALL, forms=("functional",)))
def test_inputs_may_be_given_by_name(trial):
    """
    A functional plain model made of a list of named Inputs takes arrays in a list, or in a
    dictionary by their names.

    Give each Input a `name`; the order in the dictionary does not matter. For masks that are
    attached to the tensors see `models.input-masks-by-name`.

    >>> import keras, numpy as np
    >>> late, early = keras.Input((None, 1), name="late"), keras.Input((None, 1), name="early")
    >>> outputs = [keras.layers.LSTM(2)(part) for part in (late, early)]
    >>> model = keras.Model([late, early], outputs)
    >>> x, y = np.array([[[1.0], [2.0]]]), np.array([[[3.0]]])  # (batch, timesteps, features)
    >>> bool(np.array_equal(model({"early": y, "late": x})[0], model([x, y])[0]))
    True
    """
    run = called(make(trial.model))
    names = [source.name for source in trial.model.sources]
    for inputs in trial.inputs:
        named = dict(reversed(list(zip(names, inputs, strict=True))))
        alphabetical = [named[name] for name in sorted(named)]
        mistaken = {"the names are taken in alphabetical order": alphabetical}
        compare(run([named]), trial.model, inputs, mistaken)


@claim(
    "models.other-keys",
    derived="each input is taken by its name",
    cases=4,
)
@given(
    cases(**varied("timesteps", "units")),
    seeds,
    whole(["A", "after", "z"]),
    whole(["called", "predict", "predict_on_batch"]),
)
def test_a_model_takes_its_inputs_from_a_larger_dictionary(case, seed, extra, way):
    """
    A functional model made of a dictionary of Inputs takes them by key from a dictionary that has
    other keys too.

    Until Keras does so, leave out what is no input:
    {name: data[name] for name in model.input}.

    >>> import keras, numpy as np
    >>> x = {name: keras.Input((3, 1), name=name) for name in ("b", "c")}
    >>> lstm, ones = keras.layers.LSTM(2), np.ones((1, 3, 1))
    >>> model = keras.Model(x, lstm(x["b"]) - lstm(x["c"]))
    >>> data = {"a": 9 * ones, "b": 2 * ones, "c": ones}
    >>> kept = {name: data[name] for name in model.input}
    >>> bool(np.allclose(model(kept), lstm(2 * ones) - lstm(ones), atol=1e-6))
    True
    """
    x = {name: keras.Input(case.x.shape[1:], name=name) for name in ("b", "c")}
    layer = lstm(case)
    model = keras.Model(x, [layer(x["b"]), layer(x["c"])])
    arrays = {name: noise(case.x.shape, seed + k) for k, name in enumerate(["b", "c", extra])}
    run = {
        "called": model,
        "predict": lambda data: model.predict(data, verbose=0),
        "predict_on_batch": model.predict_on_batch,
    }
    by_name = [equations(replace(case, x=arrays[name])).h for name in ("b", "c")]
    in_turn = [equations(replace(case, x=arrays[name])).h for name in sorted(arrays)[:2]]
    instead = {"the first in alphabetical order are read": in_turn}
    assert_close(run[way](arrays), by_name, instead=instead)


@claim(
    "models.silent-outside-training",
    promised="Dropout and its relatives: inactive at inference",
    cases=4,
)
@given(
    trials(words=("LSTM", "Dense"), nodes=integers(1, 1), containing=IDENTITIES),
    sampled_from(["called", "predict"]),
)
def test_outside_training_noise_layers_return_their_input(trial, way):
    """
    Outside training, dropout and noise layers around an LSTM return an input of their own type
    unchanged.

    Dropout, SpatialDropout1D, AlphaDropout, GaussianDropout and GaussianNoise act in training
    only.

    >>> import keras, numpy as np
    >>> lstm, noise = keras.layers.LSTM(2), keras.layers.GaussianNoise(0.9)
    >>> model = keras.Sequential([keras.Input((None, 1)), noise, lstm, keras.layers.Dropout(0.9)])
    >>> x = np.array([[[1.0], [2.0]]])  # (batch, timesteps, features)
    >>> bool(np.allclose(model(x), lstm(x), atol=1e-6))
    True
    """
    check(way, trial)


@claim(
    "models.noise-in-its-type",
    promised="Layer, argument `dtype`: a policy says in which type a layer computes",
    cases=4,
)
@given(
    cases(return_sequences=True),
    whole(["Dropout", "SpatialDropout1D", "GaussianDropout", "GaussianNoise", "AlphaDropout"]),
    whole(["mixed_float16", "mixed_bfloat16", "float64"]),
)
def test_a_noise_layer_in_training_keeps_its_type(case, name, kind_):
    """
    Given floats in training, dropout and noise layers around an LSTM return the type that their
    policy computes in.

    Before the LSTM and behind it, whatever the type of the floats.

    >>> import keras, numpy as np
    >>> noise = keras.layers.GaussianNoise(0.5, dtype="mixed_float16")
    >>> print(keras.layers.LSTM(2, dtype="mixed_float16")(noise(np.ones((1, 3, 1)))).dtype.name)
    float16
    """
    layer = getattr(keras.layers, name)(0.5, dtype=kind_)
    y = layer(layer(case.x, training=True), training=True)
    assert kind(y) == kind_.removeprefix("mixed_")


EMPTY: dict[str, Any] = {"list": [], "tuple": (), "dictionary": {}, "None": None}
"""Arguments that hold no tensor."""


@claim(
    "models.mask-beside-empty-arguments",
    promised="Layer: a `mask` argument of call is given the mask of the first argument",
    cases=4,
    needs="keras.ops",
)
@given(cases(masked=True), whole(list(EMPTY)))
def test_an_empty_argument_costs_no_mask(case, empty):
    """
    A layer whose call takes `mask` is given the mask of its only tensor, also beside an empty
    list, tuple or dictionary.

    The empty one must be an argument that `call` names, not one of *args or **kwargs.

    >>> import keras, numpy as np
    >>> class Seen(keras.layers.Layer):
    ...     def call(self, x, others=None, mask=None):
    ...         return x if mask is None else 0.0 * x
    >>> x = keras.layers.Masking()(np.ones((1, 3, 2)))
    >>> bool(keras.ops.all(Seen()(x, others=[]) == 0.0))
    True
    """
    layer = Seen()
    x = (np.abs(case.x) + 1.0) * case.mask[:, :, None]
    layer(keras.layers.Masking()(x), others=EMPTY[empty])
    assert layer.mask is not None, "the layer was given no mask"
    assert_same(layer.mask, case.mask)


class Seen(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """A layer that keeps the mask that it was given."""

    def call(self, x: Any, others: Any = None, mask: Any = None) -> Any:
        """Return what is given."""
        self.mask = mask
        return x


@claim(
    "models.padding",
    derived="masking.skips-step, and the mask reaches every layer that reads",
    cases=4,
)
@given(
    trials(nodes=SMALL, words=PASSING, opened=True, masked=True).filter(keeps_timesteps),
    integers(1, 3),
)
def test_masked_padding_changes_no_output_of_a_model(trial, more):
    """
    By default masked padding changes no output of a plain model whose only readers over time are
    recurrent and get the mask.

    All other layers must hand the mask on, as a second Masking does not, which makes its own, and
    compute timestep by timestep, as GroupNormalization does not.
    Outputs at the timesteps that are not padded stay, and so do outputs without timesteps, but for
    zero_output_for_mask=True: see `masking.zero-output-last`.

    >>> import keras, numpy as np
    >>> layers = [keras.layers.Masking(), keras.layers.Dense(2), keras.layers.LSTM(2)]
    >>> model, x = keras.Sequential([keras.Input((None, 1)), *layers]), np.array([[[1.0], [2.0]]])
    >>> bool(np.allclose(model(np.pad(x, [(0, 0), (0, 3), (0, 0)])), model(x), atol=1e-6))
    True
    """
    run = called(make(trial.model))
    inputs = trial.inputs[0]
    longer = [np.pad(x, ((0, 0), (0, more), *((0, 0),) * (x.ndim - 2))) for x in inputs]
    pairs = zip(run(longer), run(inputs), strict=True)
    compare([y[:, : z.shape[1]] for y, z in pairs], trial.model, inputs)


@claim(
    "models.intermediate",
    derived="models.called: every tensor of a graph is computed once",
    cases=4,
)
@given(trials(nodes=SMALL, forms=("functional",)).map(shown_whole))
def test_any_tensor_may_be_an_output(trial):
    """
    Any tensor between the layers of a functional plain model may be an output too, and changes no
    other output.

    So what a layer in the middle returns can be looked at, with the model as it is.

    >>> import keras, numpy as np
    >>> given, dense, lstm = keras.Input((None, 1)), keras.layers.Dense(3), keras.layers.LSTM(2)
    >>> middle = dense(given)
    >>> model, x = keras.Model(given, [middle, lstm(middle)]), np.array([[[1.0], [2.0]]])
    >>> bool(np.allclose(model(x)[0], dense(x), atol=1e-6))
    True
    """
    check("called", trial)


def twofold(x: Any) -> Any:
    """Return two tensors in each structure that a layer may return, by its name."""
    return {
        "list": [x, 2.0 * x],
        "tuple": (x, 2.0 * x),
        "dictionary": {"same": x, "double": 2.0 * x},
        "dictionary of one": {"same": x},
        "nested": {"same": x, "more": [2.0 * x, (x,)]},
    }


class Structured(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """A layer that returns its input, and twice its input, in a structure."""

    def __init__(self, structure: str, **options: Any) -> None:
        """Keep the name of the structure."""
        super().__init__(**options)
        self.structure = structure

    def call(self, inputs: Any) -> Any:
        """Return the tensors in the structure."""
        return twofold(inputs)[self.structure]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "structure": self.structure}


class OfStructured(keras.Model):  # type: ignore[misc]  # Keras has no types
    """A subclassed model of such a layer, and of an LSTM that reads each of its tensors."""

    def __init__(self, structure: str, layer: Any) -> None:
        """Keep the layers."""
        super().__init__()
        self.structured = Structured(structure)
        self.lstm = layer

    def call(self, inputs: Any) -> Any:
        """Return what the LSTM makes of each tensor."""
        return [self.lstm(y) for y in keras.tree.flatten(self.structured(inputs))]


@claim(
    "models.own-structure",
    promised="Layer, method `call`: returns a tensor or a list or tuple of tensors",
    cases=4,
    needs="keras.tree",
)
@given(cases(), whole(list(twofold(0.0))))
def test_an_own_layer_returns_tensors_in_any_structure(case, structure):
    """
    A layer of your own may return tensors in a list, a tuple or a dictionary, nested as well.

    A model of it can be called, run by predict and summarized. A dictionary's keys are of one
    type.

    >>> import keras, numpy as np
    >>> class Halves(keras.layers.Layer):
    ...     def call(self, x):
    ...         return {"left": x[..., :1], "right": x[..., 1:]}
    >>> given, x = keras.Input((None, 2)), np.ones((1, 3, 2))
    >>> lstm, layer = keras.layers.LSTM(2), Halves()
    >>> model = keras.Model(given, lstm(layer(given)["left"]))
    >>> bool(np.allclose(model.predict(x, verbose=0), lstm(x[..., :1]), atol=1e-6))
    True
    """
    given_ = keras.Input(case.x.shape[1:])
    layer = lstm(case)
    model = keras.Model(
        given_, [layer(y) for y in keras.tree.flatten(Structured(structure)(given_))]
    )
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    own = OfStructured(structure, layer)
    expected = [to_numpy(layer(y)) for y in keras.tree.flatten(twofold(case.x)[structure])]
    for run in (model, clone, own, partial(model.predict, verbose=0)):
        assert_close(outputs(run(case.x)), expected)
    lines = []
    for summarized in (model, own):
        summarized.summary(print_fn=lambda text, **_: lines.append(text))
    assert "".join(lines).count("(Structured)") == 2, f"{lines}"


class Added(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """A layer of two tensors, of which there may be one only."""

    def call(self, x: Any, more: Any = None) -> Any:
        """Return their sum."""
        return x if more is None else x + more


PLACED: dict[str, Callable[[Any, Any], Any]] = {
    "first": lambda given_, more: [more, given_],
    "last": lambda given_, more: [given_, more],
    "by name": lambda given_, more: {"x": given_, "more": more},
}
"""How an optional Input, and None for it, stand beside another."""
GIVEN_NONE: dict[str, Callable[[Any, Any, Any], Any]] = {
    "called": lambda model, x, y: loss_of(model(x), y),
    "predict": lambda model, x, y: loss_of(model.predict(x, verbose=0), y),
    "evaluate": lambda model, x, y: model.evaluate(x, y, verbose=0),
    "fit": lambda model, x, y: model.fit(x, y, verbose=0).history["loss"][0],
    "train_on_batch": lambda model, x, y: model.train_on_batch(x, y),
}
"""Ways to run a model on inputs of which one is None; each returns the mean squared error."""


def loss_of(outputs_: Any, y: Any) -> Any:
    """Return the mean squared error of outputs."""
    return np.mean((to_numpy(outputs_) - y) ** 2)


@claim(
    "models.optional-input",
    promised="Input, argument `optional`: an optional input can accept None",
    cases=4,
    needs=("InputLayer(optional)", "keras.Model.fit"),
)
@given(
    cases(),
    seeds,
    whole(list(GIVEN_NONE)),
    whole(list(PLACED)),
    sampled_from([True, True, False]),
)
def test_an_optional_input_may_be_none(case, seed, way, place, eager):
    """
    In a list or dictionary a functional model takes None for optional Inputs beside an array: in a
    call, predict and fit.

    The layer that reads it is given None, and must be made for that. An Input that is not optional
    refuses None, and a dictionary needs the key of either. Batches of a PyDataset are refused with
    None.

    >>> import keras, numpy as np
    >>> class Added(keras.layers.Layer):
    ...     def call(self, x, more):
    ...         return x if more is None else x + more
    >>> given, more = keras.Input((3, 1)), keras.Input((3, 1), optional=True)
    >>> lstm, x = keras.layers.LSTM(2), np.ones((1, 3, 1))
    >>> model = keras.Model([given, more], lstm(Added()(given, more)))
    >>> bool(np.allclose(model([x, None]), lstm(x), atol=1e-6))
    True
    """
    given_ = keras.Input(case.x.shape[1:], name="x")
    more = keras.Input(case.x.shape[1:], optional=True, name="more")
    placed = PLACED[place]
    model = keras.Model(placed(given_, more), lstm(case)(Added()(given_, more)))
    model.compile("sgd", "mse", run_eagerly=eager)
    y = noise((case.batch, case.units), seed)
    expected = loss_of(equations(case).h, y)
    actual = GIVEN_NONE[way](model, placed(case.x, None), y)
    assert_close(np.array(actual, np.float32), expected)


@claim(
    "models.optional-again",
    derived="models.optional-input, and a configuration holds what a model takes",
    cases=4,
    needs="InputLayer(optional)",
)
@given(cases(), whole(list(PLACED)), whole(["configuration", "file"]))
def test_a_model_made_again_takes_none_where_it_did(case, place, way):
    """
    From its configuration or its .keras file a functional model takes None for each Input that was
    optional.

    The Inputs are in a list or a dictionary. A clone of clone_model refuses it.

    >>> import keras, numpy as np
    >>> class Added(keras.layers.Layer):
    ...     def call(self, x, more):
    ...         return x if more is None else x + more
    >>> given, more = keras.Input((3, 1)), keras.Input((3, 1), optional=True)
    >>> model = keras.Model([given, more], keras.layers.LSTM(2)(Added()(given, more)))
    >>> again = keras.Model.from_config(model.get_config(), custom_objects={"Added": Added})
    >>> again([np.ones((1, 3, 1)), None]).shape[1]
    2
    """
    given_ = keras.Input(case.x.shape[1:], name="x")
    more = keras.Input(case.x.shape[1:], optional=True, name="more")
    placed = PLACED[place]
    model = keras.Model(placed(given_, more), lstm(case)(Added()(given_, more)))
    again = AGAIN_BY[way](model, {"Added": Added})
    again.set_weights(model.get_weights())
    assert_close(again(placed(case.x, None)), equations(case).h)


AGAIN_BY: dict[str, Callable[[Any, Any], Any]] = {
    "configuration": lambda model, own: type(model).from_config(model.get_config(), own),
    "file": lambda model, own: reloaded(model, custom_objects=own),
}
"""Ways to make a model again, which is given and what Keras does not know of it."""


@claim(
    "models.summary",
    promised="Model, method `summary`: prints a string summary of the network",
    cases=4,
)
@given(trials(nodes=SMALL, forms=FORMS[:2]), booleans())
def test_a_summary_counts_the_parameters(trial, frozen):
    """
    The summary of a built, uncompiled plain model tells the number of its parameters, of trainable
    and other ones.

    For a Sequential or functional one it has a row for each of `model.layers`, with its name, cut
    if it is long, its output's shape and its own number. Those of a built optimizer are counted
    too.

    >>> import keras, numpy as np
    >>> layers = [keras.Input((None, 1)), keras.layers.Masking(), keras.layers.LSTM(2)]
    >>> model, lines = keras.Sequential(layers), []
    >>> model.summary(print_fn=lambda text, **_: lines.append(text))
    >>> "Total params: 32 " in "".join(lines)
    True
    """
    model = make(trial.model).model
    model.layers[-1].trainable = not frozen
    lines = []
    model.summary(print_fn=lambda text, **_: lines.append(text), show_trainable=frozen)
    text = "".join(lines)
    for title, weights in {
        "Total params": model.weights,
        "Trainable params": model.trainable_weights,
        "Non-trainable params": model.non_trainable_weights,
    }.items():
        count = f"{title}: {sum(math.prod(weight.shape) for weight in weights):,} ("
        assert count in text, f"{count} is not in: {text}"


@claim(
    "models.in-two-parts",
    promised="functional API guide: a graph of layers from any input tensor to any output tensor",
    cases=4,
)
@given(trials(nodes=integers(2, 3), forms=("Sequential",)).filter(unmasked), integers(0, 9))
def test_a_model_may_be_cut_in_two(trial, place):
    """
    Cut behind a layer that is no model, an unmasked plain Sequential model made of a list is two
    models, each of its layers.

    The tensor in between is the `output` of the layer before it. If that is a functional model or
    is called elsewhere too, or if the model was loaded or changed by `add` or `pop`, make a
    Sequential model of the layers of each part.

    >>> import keras, numpy as np
    >>> layers = [keras.layers.LSTM(2, return_sequences=True), keras.layers.Dense(1)]
    >>> model = keras.Sequential([keras.Input((None, 1)), *layers])
    >>> middle, x = model.layers[0].output, np.ones((1, 3, 1))
    >>> head, tail = keras.Model(model.inputs, middle), keras.Model(middle, model.outputs)
    >>> bool(np.allclose(tail(head(x)), model(x), atol=1e-6)), len(tail.weights)
    (True, 2)
    """
    model = make(trial.model).model
    cut = place % (len(model.layers) - 1)
    assume(not isinstance(model.layers[cut], keras.Model))
    middle = model.layers[cut].output
    parts = keras.Model(model.inputs, middle), keras.Model(middle, model.outputs)
    kept = [[layer.name for layer in part.layers[1:]] for part in parts]
    layers = [layer.name for layer in model.layers]
    assert kept == [layers[: cut + 1], layers[cut + 1 :]], f"{kept}, cut of {layers}"
    for inputs in trial.inputs:
        compare(outputs(parts[1](parts[0](inputs[0]))), trial.model, inputs)
    with global_policy("float64"):
        model = make(trial.model).model
    middle = model.layers[cut].output
    both = keras.Model([*model.inputs, middle], model.outputs)
    assert kind(both.outputs[0]) == kind(model.outputs[0]), f"{both.outputs}, not {model.outputs}"


POLICIES = ["float32", "mixed_float16", "mixed_bfloat16", "float64"]


@claim(
    "models.layers-under-policy",
    derived="what a layer does to the type of its input is a part of its call",
    cases=4,
    needs="keras.Operation",
)
@given(trials(nodes=SMALL, forms=("Sequential",), plain=False).filter(unmasked), whole(POLICIES))
def test_a_policy_adds_no_layer(trial, name):
    """
    No floating-point dtype policy adds to the `operations` of an unmasked functional model of
    layers.

    The conversion of types is a part of each layer's call, and of no layer's own. Where masks are
    made or merged, a Cast may stand among the operations.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, dtype="mixed_float16")
    >>> given, dense = keras.Input((None, 1)), keras.layers.Dense(1, dtype="float32")
    >>> model = keras.Model(given, dense(lstm(given)))
    >>> [type(operation).__name__ for operation in model.operations]
    ['InputLayer', 'LSTM', 'Dense']
    """
    functional = replace(trial.model, form="functional")
    layers = [type(run).__name__ for run in make(functional).model.operations]
    with global_policy(name):
        under_policy = [type(run).__name__ for run in make(functional).model.operations]
    assert under_policy == layers, f"{under_policy} under {name}, {layers} without"
