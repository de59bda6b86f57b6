"""What a model refuses.

When it is made or called, and by which name.
"""

from __future__ import annotations

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import booleans, integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.claims.models import MERGING
from lstm_spec.harness.strategies import cases, whole
from lstm_spec.harness.subject import lstm
from lstm_spec.harness.tolerance import assert_refused

NAME = "the_layer_in_question"


@claim("models.second-lstm-refused", derived="an LSTM reads sequences, and an output is none")
@given(cases())
def test_an_lstm_behind_an_output_is_refused_by_name(case):
    """
    In a model with an `Input`, an LSTM directly behind one without return_sequences=True is refused
    by name.

    The message says which layer found an axis too few.

    >>> import keras, numpy as np
    >>> first, second = keras.layers.LSTM(2), keras.layers.LSTM(2, name="second")
    >>> try:
    ...     _ = keras.Sequential([keras.Input((3, 1)), first, second])
    ... except ValueError as error:
    ...     print("second" in str(error))
    True
    """
    given = keras.Input(case.x.shape[1:])
    second = keras.layers.LSTM(2, name=NAME)
    assert_refused(lambda: second(lstm(case)(given)), "ValueError", NAME, "ndim=3")
    stack = [given, lstm(case), keras.layers.LSTM(2, name=NAME)]
    assert_refused(lambda: keras.Sequential(stack), "ValueError", NAME, "ndim=3")


@claim("models.repeat-refused", promised="RepeatVector: its input has two axes")
@given(cases(return_sequences=True))
def test_repeating_a_sequence_is_refused_by_name(case):
    """
    In a model with an `Input`, RepeatVector directly behind an LSTM with return_sequences=True is
    refused.

    It repeats one vector, such as the last output of an LSTM.

    >>> import keras, numpy as np
    >>> encoder = keras.layers.LSTM(2, return_sequences=True)
    >>> repeat = keras.layers.RepeatVector(3, name="repeat")
    >>> try:
    ...     _ = repeat(encoder(keras.Input((4, 1))))
    ... except ValueError as error:
    ...     print("repeat" in str(error))
    True
    """
    repeat = keras.layers.RepeatVector(2, name=NAME)
    given = keras.Input(case.x.shape[1:])
    assert_refused(lambda: repeat(lstm(case)(given)), "ValueError", NAME, "ndim=2")


@claim("models.unequal-merge-refused", derived="element by element: the lengths must be equal")
@given(cases(), integers(1, 3), sampled_from([name for name in MERGING if name != "Concatenate"]))
def test_merging_known_lengths_that_differ_is_refused(case, more, name):
    """
    Add and its like refuse sequences of known lengths that differ, unless one is of length one.

    A single timestep is merged with each of the others.

    >>> import keras, numpy as np
    >>> a, b = keras.Input((3, 2)), keras.Input((4, 2))
    >>> try:
    ...     _ = keras.layers.Add()([a, b])
    ... except ValueError:
    ...     print("refused")
    refused
    """
    length = 1 + case.timesteps
    a = keras.Input((length, 2))
    b = keras.Input((length + more, 2))
    layer = getattr(keras.layers, name)()
    assert_refused(lambda: layer([a, b]), "ValueError", "shape", str(length), str(length + more))


@claim("models.other-batch-refused", derived="merges take sample by sample: the batches must agree")
@given(cases(batch=integers(2, 3)), whole([*MERGING, "Dot"]), booleans())
def test_merging_other_numbers_of_samples_is_refused(case, name, single):
    """
    At its first call a merge refuses arrays of different numbers of samples, a single sample among
    them, with a ValueError.

    Later, and in a model that is called, Add and its like take a single sample for all without
    notice; fit and predict refuse it. Repeat the sample first, as by numpy.repeat.

    >>> import keras, numpy as np
    >>> try:
    ...     _ = keras.layers.Add()([np.ones((2, 3, 1)), np.ones((1, 3, 1))])
    ... except ValueError as error:
    ...     print("batch sizes" in str(error))
    True
    """
    layer = keras.layers.Dot(2) if name == "Dot" else getattr(keras.layers, name)()
    fewer = case.x[:1] if single else case.x[:-1]
    words = ("atch size", "matching shapes")
    assert_refused(lambda: layer([case.x, fewer]), "ValueError", words)


@claim("models.swapped-inputs-refused", derived="an Input declares its axes")
@given(cases(features=integers(2, 3)))
def test_inputs_in_the_wrong_order_are_refused_when_called(case):
    """
    A functional model of two inputs refuses them in the wrong order, if their features differ and
    neither has just one.

    The message holds the shape that the Input declares, and the one that was given. An Input of
    one feature does not look at the last axis, and takes any number of features.

    >>> import keras, numpy as np
    >>> a, b = keras.Input((None, 2)), keras.Input((None, 3))
    >>> model = keras.Model([a, b], [keras.layers.LSTM(1)(a), keras.layers.LSTM(1)(b)])
    >>> x = np.ones((1, 4, 3))
    >>> try:
    ...     _ = model([x, x[:, :, :2]])
    ... except ValueError as error:
    ...     print("(None, None, 2)" in str(error))
    True
    """
    a = keras.Input((None, case.features))
    b = keras.Input((None, case.features + 4))
    model = keras.Model([a, b], [lstm(case)(a), keras.layers.LSTM(1)(b)])
    wide = np.pad(case.x, ((0, 0), (0, 0), (0, 4)))
    assert len(model([case.x, wide])) == 2
    shape = f"(None, None, {case.features})"
    assert_refused(lambda: model([wide, case.x]), "ValueError", "expected shape", shape)


@claim("models.disconnected-refused", promised="functional API guide: a graph of layers")
@given(cases())
def test_an_output_that_no_input_reaches_is_refused(case):
    """
    A functional model whose output does not come from its inputs is refused when it is made.

    As if another Input was used by mistake, whether or not something else reads the first.

    >>> import keras, numpy as np
    >>> a, b = keras.Input((3, 1)), keras.Input((3, 1))
    >>> try:
    ...     _ = keras.Model(a, keras.layers.LSTM(2)(b))
    ... except ValueError:
    ...     print("refused")
    refused
    """
    a = keras.Input(case.x.shape[1:])
    b = keras.Input(case.x.shape[1:])
    y = lstm(case)(b)
    words = ("not connected", "disconnected")
    assert_refused(lambda: keras.Model(a, y), "ValueError", words)
    keras.layers.Flatten()(a)
    assert_refused(lambda: keras.Model(a, y), "ValueError", words)
