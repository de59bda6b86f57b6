"""Weights alone, and copies in memory."""

from __future__ import annotations

import copy
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
from hypothesis import given
from hypothesis.strategies import fixed_dictionaries, integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.claims.saving import (
    either,
    flags,
    fresh,
    functions,
    handed_over,
    kinds,
    of_kind,
    sequential,
)
from lstm_spec.harness.reference import equations
from lstm_spec.harness.refusals import assert_refused
from lstm_spec.harness.strategies import cases, varied, whole
from lstm_spec.harness.subject import FORMS, UNDRAWN, lstm
from lstm_spec.harness.tolerance import assert_close, assert_same

# Weights alone.


@claim(
    "saving.weights-file",
    promised="Model, method `load_weights`: it loads what save_weights has saved",
    cases=4,
)
@given(cases(**varied("timesteps", "units", "features", "return_sequences", "go_backwards")))
def test_a_weights_file_makes_a_fresh_model_the_same_function(case):
    """
    Without vocabularies, a stateless model of Keras' layers, built anew, computes the same with
    its `.weights.h5` file.

    In a functional or Sequential model the names of the layers play no part, only their classes
    and their order. The state of a stateful layer and a vocabulary are no weights, and in no such
    file: see `saving.vocabulary`.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2, name="first")])
    >>> other = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2, name="second")])
    >>> model.save_weights("lstm.weights.h5")
    >>> other.load_weights("lstm.weights.h5")
    >>> bool(np.array_equal(other(np.ones((1, 3, 1))), model(np.ones((1, 3, 1)))))
    True
    """
    model = sequential(case)
    other = fresh(case, keras.layers.LSTM(case.units, **UNDRAWN, **case.options))
    assert_same(handed_over(model, other)(case.x), model(case.x))


@claim(
    "saving.weights-fit-other-options",
    derived="weights.modes-add-none: the options change neither number nor shapes of the weights",
    cases=4,
)
@given(
    cases(**varied("units", "use_bias")),
    fixed_dictionaries(
        {
            "unroll": flags,
            "return_sequences": flags,
            "return_state": flags,
            "go_backwards": flags,
            "dropout": either(8),
            "recurrent_dropout": sampled_from([0.0, 0.5]),
            "activation": functions,
            "implementation": sampled_from([1, 2]),
            "trainable": flags,
            "kernel_constraint": sampled_from([None, "non_neg"]),
        }
    ),
)
def test_a_weights_file_loads_whatever_the_options_are(case, options):
    """
    The weights file of an LSTM loads into a built one of other options, if features, units and
    use_bias agree.

    So a model can be trained with dropout on whole batches, and used with return_state or
    unrolled, as an inference model built anew. A PReLU as activation has a weight too, which the
    file must hold.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2, dropout=0.5)])
    >>> model.save_weights("lstm.weights.h5")
    >>> lstm = keras.layers.LSTM(2, unroll=True, return_state=True)
    >>> keras.Sequential([keras.Input((3, 1)), lstm]).load_weights("lstm.weights.h5")
    >>> all(np.array_equal(w, v) for w, v in zip(lstm.get_weights(), model.get_weights()))
    True
    """
    layer = keras.layers.LSTM(case.units, **{**UNDRAWN, **case.options, **options})
    other = fresh(case, layer)
    assert_same(handed_over(sequential(case), other).get_weights(), case.weights)


@claim(
    "saving.skip-mismatch",
    promised="Model, method `load_weights`, argument `skip_mismatch`: skips layers that do not fit",
    cases=4,
    needs="keras.ops",
)
@given(
    cases(**varied("units", "use_bias", "return_sequences")),
    integers(1, 3),
    integers(4, 6),
    whole([".h5", ".weights.h5", ".keras"]),
)
def test_skip_mismatch_leaves_a_layer_of_other_shapes(case, classes, others, suffix):
    """
    With skip_mismatch=True load_weights leaves a Dense of another width than the file's as it is,
    and loads an LSTM in front.

    Without the argument such a file is refused.

    >>> import keras, numpy as np
    >>> LSTM, Dense = keras.layers.LSTM, keras.layers.Dense
    >>> keras.Sequential([keras.Input((3, 1)), LSTM(2), Dense(4)]).save_weights("old.weights.h5")
    >>> model = keras.Sequential([keras.Input((3, 1)), LSTM(2), Dense(7)])
    >>> model.load_weights("old.weights.h5", skip_mismatch=True)  # the Dense begins anew
    >>> model.output_shape == (None, 7)
    True
    """

    def model_for(count):
        return fresh(case, keras.layers.LSTM(case.units, **case.options), keras.layers.Dense(count))

    old = fresh(case, lstm(case), keras.layers.Dense(classes))
    new = model_for(others)
    kept = new.layers[-1].get_weights()
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder, f"old{suffix}")
        (old.save_weights if suffix == ".weights.h5" else old.save)(path)
        words = ("Shape mismatch", "must match") if suffix == ".h5" else "could not be loaded"
        assert_refused(lambda: model_for(others).load_weights(path), "ValueError", words)
        new.load_weights(path, skip_mismatch=True)
    assert_same(new.layers[-1].get_weights(), kept)
    assert_same(new.layers[0].get_weights(), case.weights)


NAMED = {
    "Bidirectional": lambda name: keras.layers.Bidirectional(twice(1), name=name),
    "GRU": lambda name: keras.layers.GRU(2, return_sequences=True, name=name),
    "LSTM": lambda name: twice(2, name=name),
    "RNN": lambda name: keras.layers.RNN(
        keras.layers.LSTMCell(2), return_sequences=True, name=name
    ),
}
"""Layers from two features to two, each with a name."""


def twice(units, **options):
    """Return an LSTM that returns sequences."""
    return keras.layers.LSTM(units, return_sequences=True, **options)


@claim(
    "saving.by-name",
    observed="Keras 2 and 3: an `.h5` file holds the weights of each layer under its name",
    cases=4,
    needs="h5py",
)
@given(cases(features=2), whole(list(NAMED)), sampled_from([".h5", ".hdf5"]))
def test_layers_take_the_weights_of_their_names(case, kind, suffix):
    """
    From an `.h5` file of save(), load_weights(path, by_name=True) sets the layers whose names it
    has, and no others.

    So parts of a model can be taken over in any order, if you name the layers yourself. Their
    shapes must be the file's. Files that end with .weights.h5 or .keras are refused in Keras 3.

    >>> import keras, numpy as np
    >>> LSTM, x = keras.layers.LSTM, keras.Input((3, 1))
    >>> old = keras.Sequential([x, LSTM(2, name="reads"), keras.layers.Dense(1)])
    >>> old.save("old.h5")
    >>> new = keras.Sequential([x, LSTM(2, name="reads"), keras.layers.Dense(4, name="new")])
    >>> new.load_weights("old.h5", by_name=True)
    >>> all(np.array_equal(w, v) for w, v in zip(new.layers[0].get_weights(), old.get_weights()))
    True
    """
    make = NAMED[kind]
    old = fresh(case, make("a"), make("b"), keras.layers.Dense(2, name="old"))
    new = fresh(case, make("b"), make("new"), make("a"), keras.layers.Dense(3, name="other"))
    kept = [new.get_layer(name).get_weights() for name in ("new", "other")]
    with TemporaryDirectory() as folder:
        old.save(Path(folder, f"old{suffix}"))
        new.load_weights(Path(folder, f"old{suffix}"), by_name=True)
    for name in ("a", "b"):
        assert_same(new.get_layer(name).get_weights(), old.get_layer(name).get_weights())
    for name, weights in zip(("new", "other"), kept, strict=True):
        assert_same(new.get_layer(name).get_weights(), weights)


@claim(
    "saving.weights-and-masking",
    promised="Model, method `load_weights`: layers without weights may be added or removed",
    cases=4,
)
@given(cases(), kinds, kinds)
def test_a_weights_file_loads_into_a_model_with_a_masking_layer_more(case, kind, other_kind):
    """
    A weights file loads into a model without branches that has a Masking layer more than the
    one that was saved.

    Masking has no weights, and in a functional or Sequential model layers are counted by class:
    the first LSTM of the file goes to the first LSTM of the model.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> model.save_weights("lstm.weights.h5")
    >>> masked = [keras.Input((3, 1)), keras.layers.Masking(), keras.layers.LSTM(2)]
    >>> other = keras.Sequential(masked)
    >>> other.load_weights("lstm.weights.h5")
    >>> all(np.array_equal(w, v) for w, v in zip(other.get_weights(), model.get_weights()))
    True
    """
    layers = [keras.layers.Masking(), keras.layers.LSTM(case.units, **UNDRAWN)]
    other = FORMS[other_kind](layers, keras.Input(case.x.shape[1:]))
    assert_same(handed_over(of_kind(kind, case), other).get_weights(), case.weights)


@claim(
    "saving.weights-file-of-other-class",
    observed="Keras 3: a weights file is ordered by the names of classes",
    corrects="A model can load a weights file wherever set_weights would take the weights.",
    cases=4,
)
@given(cases())
def test_a_weights_file_of_lstm_is_refused_by_rnn_of_a_cell(case):
    """
    A functional or Sequential model's `.weights.h5` file does not load if RNN(LSTMCell(units))
    replaces its one unwrapped LSTM.

    The file has a folder "lstm", and the model looks for a folder "rnn". The two layers have the
    same three weights and compute the same: set_weights takes them. A wrapper or class of your own
    finds what it holds by an attribute, and an `.h5` file of a model by order: these load.

    >>> import keras, numpy as np
    >>> lstm, rnn = keras.layers.LSTM(2), keras.layers.RNN(keras.layers.LSTMCell(2))
    >>> model, other = (keras.Sequential([keras.Input((3, 1)), layer]) for layer in (lstm, rnn))
    >>> model.save_weights("lstm.weights.h5")
    >>> try:
    ...     other.load_weights("lstm.weights.h5")
    ... except ValueError as error:
    ...     print(other.set_weights(model.get_weights()) is None)
    True
    """
    model = sequential(case)
    other = fresh(case, keras.layers.RNN(keras.layers.LSTMCell(case.units)))
    assert_refused(lambda: handed_over(model, other), "ValueError", "could not be loaded")
    other.set_weights(model.get_weights())
    assert_close(other(case.x), equations(case).h)


@claim(
    "saving.weights-file-of-subclass",
    observed="Keras 3: a weights file is ordered by the names of classes",
    corrects="A subclass that adds no weights can take the place of LSTM in a weights file.",
    cases=4,
)
@given(cases(), kinds, whole(["loads", "is loaded"]))
def test_a_weights_file_of_a_subclass_is_refused_by_its_class(case, kind, place):
    """
    In Keras 3 a functional or Sequential model's `.weights.h5` file is refused by one with a layer
    MyLSTM, a subclass, for LSTM.

    And the other way round: the file has a folder "lstm" or "my_lstm". Call the subclass LSTM too,
    or hand the weights over by get_weights and set_weights. The names of the layers play no part.
    Within a Bidirectional either is loaded.

    >>> import keras, numpy as np
    >>> class MyLSTM(keras.layers.LSTM):
    ...     pass
    >>> layers = MyLSTM(2), keras.layers.LSTM(2)
    >>> own, plain = (keras.Sequential([keras.Input((3, 1)), layer]) for layer in layers)
    >>> own.save_weights("own.weights.h5")
    >>> try:
    ...     plain.load_weights("own.weights.h5")
    ... except ValueError as error:
    ...     print("could not be loaded" in str(error))
    True
    """
    own, namesake = (type(name, (keras.layers.LSTM,), {}) for name in ("MyLSTM", "LSTM"))
    plain, other, same = (
        FORMS[kind]([layer(case.units)], keras.Input(case.x.shape[1:]))
        for layer in (keras.layers.LSTM, own, namesake)
    )
    source, target = (plain, other) if place == "loads" else (other, plain)
    assert_refused(lambda: handed_over(source, target), "ValueError", "could not be loaded")
    plain.set_weights(case.weights)
    assert_close(handed_over(plain, same)(case.x), equations(case).h)


UNBUILT: dict[str, Callable[[Any], Any]] = {
    "Sequential": lambda layer: keras.Sequential([layer]),
    "nested": lambda layer: keras.Sequential([keras.Sequential([layer])]),
    "subclassed": lambda layer: FORMS["subclassed"]([layer], None),
}
"""Models of a layer that do not know the shape of their input before they are called."""


NOT_BUILT = (
    *("not yet been built", "Layer count mismatch", "was never built", "expected 0 variables"),
    *("not yet been created", "has not created its variables"),
)
"""Words of which each refusal has some."""


@claim(
    "saving.weights-of-unbuilt",
    observed="Keras 3.7 and later",
    cases=4,
)
@given(cases(), whole(list(UNBUILT)), whole([".weights.h5", ".keras", ".h5"]))
def test_weights_of_a_model_that_is_not_built_are_refused(case, kind, suffix):
    """
    save_weights and load_weights of a Sequential or subclassed model that is not built are refused,
    and nothing is written.

    It has no weights before it knows how many features it reads: begin it with an Input, or call it
    once. `save` does not refuse it for that, and to `.keras` it warns.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.layers.LSTM(2)])
    >>> try:
    ...     model.save_weights("lstm.weights.h5")
    ... except ValueError as error:
    ...     print(len(model.weights))
    0
    """
    built = sequential(case)
    unbuilt = UNBUILT[kind](keras.layers.LSTM(case.units))
    with TemporaryDirectory() as folder:
        path = Path(folder, f"lstm{suffix}")
        (built.save_weights if suffix == ".weights.h5" else built.save)(path)
        assert_refused(lambda: unbuilt.load_weights(path), "ValueError", NOT_BUILT)
        other = Path(folder, "other.weights.h5")
        assert_refused(lambda: unbuilt.save_weights(other), "ValueError", NOT_BUILT)
        assert not other.exists(), "a file was written"


# Copies in memory.


@claim(
    "saving.deepcopy",
    observed="Keras 3: copies go through the `.keras` format, in memory",
    cases=4,
)
@given(cases(**varied("timesteps", "units", "return_sequences")), whole(["model", "layer"]))
def test_a_deep_copy_is_the_same_function_and_independent(case, kind):
    """
    A deep copy of a built, stateless LSTM, or Sequential model of distinct ones, computes the
    same, and shares no weight.

    A copy is made as a file is saved and loaded. So what a file does not keep, such as the state
    of a stateful layer, a copy does not have either, and classes and named functions of one's own
    must be registered, or in a custom_object_scope.

    >>> import keras, numpy as np
    >>> lstm, x = keras.layers.LSTM(2), np.ones((1, 3, 1))
    >>> y = lstm(x)
    >>> make, arguments = lstm.__reduce__()  # what copy.deepcopy(lstm) asks it for
    >>> twin = make(*arguments)
    >>> bool(np.array_equal(twin(x), y))
    True
    >>> twin.set_weights([0 * w for w in twin.get_weights()])
    >>> bool(np.array_equal(lstm(x), y))
    True
    """
    model = sequential(case)
    twin = copy.deepcopy(model if kind == "model" else model.layers[0])
    assert_same(twin(case.x), model(case.x))
    twin.set_weights([0.0 * weight for weight in case.weights])
    assert_same(model.get_weights(), case.weights)


@claim(
    "saving.pickle",
    observed="Keras 3, and Keras 2.15",
    corrects="Keras models cannot be pickled.",
    cases=4,
)
@given(cases(**varied("timesteps", "units", "return_sequences")))
def test_layers_and_models_can_be_pickled(case):
    """
    By default a built, stateless LSTM, or a Sequential model of one, gives the same outputs,
    pickled and back, bit for bit.

    So it can be sent to another process, where classes and functions of one's own must be
    registered. For storing, a `.keras` file is better: a pickle runs code when read.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    >>> np.save("lstm.npy", np.array([model], object))  # NumPy pickles objects
    >>> [twin], x = np.load("lstm.npy", allow_pickle=True), np.ones((1, 3, 1))
    >>> bool(np.array_equal(twin(x), model(x)))
    True
    """
    model = sequential(case)
    for original in (model, model.layers[0]):
        twin = pickle.loads(pickle.dumps(original))
        assert_same(twin(case.x), model(case.x))
