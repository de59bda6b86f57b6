"""The work that releases are timed on: what people do with an LSTM, in small.

A call takes from a tenth of a millisecond to some tens of them. Most is the dispatch of
operations, which is what releases change; `tf.function, wide` is mostly matrix products.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from lstm_spec.harness import subject

import keras  # isort: skip - which one is settled above

Call = Callable[[], Any]

B, T, F, U = 8, 5, 4, 16
WIDE = (32, 10, 64, 256)
"""B, T, F, U where a step multiplies matrices of 64 and of 256 rows by 1024 columns."""


def _layer(units: int = U, **options: Any) -> Any:
    return keras.layers.LSTM(units, **options)


def _inputs(*shape: int) -> Any:
    return np.random.default_rng(0).standard_normal(shape or (B, T, F)).astype("float32")


def _model() -> Any:
    model = keras.Sequential([_layer(), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    return model


def eager(**options: Any) -> Call:
    """Return a call of a layer on a tensor.

    Args:
        **options: arguments of LSTM.
    """
    layer = _layer(**options)
    x = subject.cast(_inputs(), "float32")
    return lambda: layer(x)


def compiled(sizes: tuple[int, int, int, int] = (B, T, F, U), **options: Any) -> Call:
    """Return a call of a layer inside tf.function.

    Args:
        sizes: B, T, F, U.
        **options: arguments of LSTM.
    """
    tf = importlib.import_module("tensorflow")
    layer = _layer(sizes[-1], **options)
    x = tf.constant(_inputs(*sizes[:-1]))
    call = tf.function(layer)
    return lambda: call(x)


def train() -> Call:
    """Return a training step, by Adam, of an LSTM below a Dense."""
    model = _model()
    x = _inputs()
    y = np.zeros((B, 1), "float32")
    return lambda: model.train_on_batch(x, y)


def predict() -> Call:
    """Return a prediction of one batch."""
    model = _model()
    x = _inputs()
    return lambda: model.predict(x, verbose=0)


def build() -> Call:
    """Return the making of a layer and of its weights."""
    return lambda: _layer().build((B, T, F))


WORK: dict[str, Callable[[], Call]] = {
    "eager": eager,
    "eager, unrolled": lambda: eager(unroll=True),
    "tf.function": compiled,
    "tf.function, unrolled": lambda: compiled(unroll=True),
    "tf.function, wide": lambda: compiled(WIDE),
    "train_on_batch": train,
    "predict": predict,
    "build": build,
}
"""What prepares a call, by the name of the benchmark."""


def possible() -> list[str]:
    """Return the names of the work that can be done on this backend."""
    named = set(WORK)
    if subject.backend() != "tensorflow":
        named -= {name for name in WORK if name.startswith("tf.function")}
    if subject.lacking(False, "keras.Model.fit"):
        named -= {"train_on_batch"}
    return [name for name in WORK if name in named]
