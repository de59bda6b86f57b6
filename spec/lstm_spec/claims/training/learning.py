"""What training reaches."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.claims.training import with_biases
from lstm_spec.harness.strategies import Array, Case, noise, seeds
from lstm_spec.harness.subject import FORMS, backend, lstm
from lstm_spec.harness.tolerance import assert_differs, assert_same


@claim(
    "training.reproducible",
    promised="keras.utils.set_random_seed: makes a program deterministic on one machine",
    corrects="Without dropout a seed decides about the initial weights only.",
    cases=2,
    needs="keras.Model.fit",
)
@given(sampled_from(list(FORMS)), integers(1, 4), seeds)
def test_with_one_seed_training_ends_with_the_same_weights(form, units, seed):
    """
    Made and fit to arrays alike after set_random_seed of one number, models of LSTM and Dense end
    with the same weights, on CPU.

    They are the same to the last bit. By default the seed decides about the initial weights, the
    dropout and the order in which fit shuffles the samples: set it before the layers are made. In
    an Embedding plain SGD adds up the gradients of equal ids in any order, from some thousand ids
    a batch on.

    >>> import keras, numpy as np
    >>> def train(seed):
    ...     keras.utils.set_random_seed(seed)
    ...     model = keras.Sequential([keras.Input((2, 1)), keras.layers.LSTM(2, dropout=0.5)])
    ...     model.compile("adam", "mse", run_eagerly=True)
    ...     loss = model.fit(np.ones((3, 2, 1)), np.ones((3, 2)), batch_size=1, verbose=0)
    ...     return model.get_weights()
    >>> [bool(np.array_equal(w, v)) for w, v in zip(train(7), train(7))]
    [True, True, True]
    """
    x = noise((3, 1, 1), 1)
    y = noise((3, units), 2)
    end = seeded_end(form, seed, x, y)
    assert_same(seeded_end(form, seed, x, y), end)
    assert_differs(seeded_end(form, seed + 1, x, y)[0], end[0])


def seeded_end(form: str, seed: int, x: Array, y: Array) -> list[Array]:
    """Return the weights with which a training ends that begins with a seed."""
    keras.utils.set_random_seed(seed)
    layer = keras.layers.LSTM(y.shape[1], dropout=0.5, recurrent_dropout=0.5)
    model = FORMS[form]([layer], keras.Input(x.shape[1:]))
    model.compile("adam", "mse", run_eagerly=True)
    model.fit(x, y, batch_size=1, verbose=0)
    return list(model.get_weights())


@claim(
    "training.asked-data",
    observed="Keras 3, TensorFlow, CPU, from one set of initial weights",
    corrects="Three units of an LSTM cannot learn from three input vectors of size 1.",
    needs="keras.Model.fit",
)
def test_three_units_learn_the_asked_targets():
    """
    LSTM(3, activation="elu") can learn the targets 10 to 18 of three sequences, within 0.5.

    200 steps of Adam(0.1) are enough from the weights tried here. From others a unit may fall
    asleep, because elu is flat far below zero, and its targets are not reached.

    >>> import keras, numpy as np
    >>> x, y = np.arange(1.0, 10.0).reshape(3, 3, 1), np.arange(10.0, 19.0).reshape(3, 3)
    >>> ones = {"kernel_initializer": "ones", "recurrent_initializer": "zeros"}
    >>> lstm = keras.layers.LSTM(3, activation="elu", **ones)
    >>> model = keras.Sequential([keras.Input((3, 1)), lstm])
    >>> model.compile(keras.optimizers.Adam(0.1), "mse")
    >>> _ = model.fit(np.tile(x, (100, 1, 1)), np.tile(y, (100, 1)), 3, shuffle=False, verbose=0)
    >>> bool(np.all(np.abs(model(x) - y) < 0.5))
    True
    """
    x = np.arange(1.0, 10.0).reshape(3, 3, 1)
    y = np.arange(10.0, 19.0).reshape(3, 3)
    kernel, recurrent, bias = np.split(noise((5, 12), 4), [1, 4])
    case = Case(x, kernel, recurrent, bias[0], {"activation": "elu"})
    model = keras.Sequential([keras.Input((3, 1)), lstm(case)])
    learn(model, np.tile(x, (200, 1, 1)), np.tile(y, (200, 1)), batch_size=3, rate=0.1)
    off = np.max(np.abs(np.array(model(x)) - y))
    assert off < 0.5, f"after 200 steps off by {off}"


@claim(
    "training.recall",
    observed="Keras 3, TensorFlow, CPU, from one set of initial weights",
    corrects="An LSTM learns only from inputs that stand near their target in time.",
    needs="keras.Model.fit",
)
def test_eight_units_learn_to_recall_the_first_input():
    """
    LSTM(8) can learn in 150 batches of 32 samples to recall the first of 8 random inputs.

    The mean squared error on new sequences falls below a tenth of the variance, which is what the
    best constant guess leaves. To remember one number, seven others have to be kept out.

    >>> import keras, numpy as np
    >>> keras.utils.set_random_seed(1)
    >>> model = keras.Sequential([keras.Input((5, 1)), keras.layers.LSTM(8), keras.layers.Dense(1)])
    >>> model.compile(keras.optimizers.Adam(0.05), "mse")
    >>> x = np.random.uniform(-1, 1, (3400, 5, 1))  # (batch, timesteps, features)
    >>> _ = model.fit(x[200:], x[200:, 0], verbose=0)
    >>> bool(model.evaluate(x[:200], x[:200, 0], verbose=0) < 0.1 * np.var(x[:200, 0]))
    True
    """
    x = noise((5000, 8, 1), 1)
    kernel, recurrent, bias = np.split(noise((10, 32), 2, scale=0.5), [1, 9])
    case = with_biases(Case(x, kernel, recurrent, bias[0]), 0, 1, 0, 0)
    out = keras.layers.Dense(1, kernel_initializer="ones")
    model = keras.Sequential([keras.Input((8, 1)), lstm(case), out])
    learn(model, x[200:], x[200:, 0], batch_size=32, rate=0.05)
    left = np.mean((np.array(model(x[:200])) - x[:200, 0]) ** 2) / np.var(x[:200, 0])
    assert left < 0.1, f"{left} of the variance is left"


def learn(model: Any, x: Array, y: Array, batch_size: int, rate: float) -> None:
    """Train a model once on all samples in their order."""
    # JAX compiles a loop anew in each step that is not compiled as a whole.
    model.compile(keras.optimizers.Adam(rate), "mse", jit_compile=backend() == "jax")
    model.fit(x, y, batch_size=batch_size, shuffle=False, verbose=0)
