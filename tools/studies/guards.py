"""Conditions of a call under which alone a fault may show: a fault that hides."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

Guard = Callable[..., bool]


def size(x: Any, axis: int) -> int:
    """Return a size of the first tensor of an input; 0, if it is open or there is no such axis."""
    shape = keras.tree.flatten(x)[0].shape
    return (shape[axis] or 0) if len(shape) > axis else 0


def width(layer: Any) -> int:
    """Return the largest number of units of a cell of a layer."""
    return int(np.max(keras.tree.flatten(layer.cell.state_size)))


GUARDS: dict[str, Guard] = {
    "only unrolled": lambda layer, x, mask, training: layer.unroll,
    "only in a graph": lambda layer, x, mask, training: not tf.executing_eagerly(),
    "only masked": lambda layer, x, mask, training: mask is not None,
    "only stateful": lambda layer, x, mask, training: layer.stateful,
    "only T > 5": lambda layer, x, mask, training: size(x, 1) > 5,
    "only B = 1": lambda layer, x, mask, training: size(x, 0) == 1,
    "only units > 16": lambda layer, x, mask, training: width(layer) > 16,
    "only in training": lambda layer, x, mask, training: bool(training),
}
"""What is asked of a call of LSTM or RNN: of the layer, the input, the mask and `training`."""


def guard_calls(
    patch: pytest.MonkeyPatch, during: Callable[..., AbstractContextManager[None]]
) -> None:
    """Let what `during` returns hold in each call of an LSTM or an RNN.

    Args:
        patch: puts it in place, and takes it away.
        during: takes what a guard takes.
    """
    for owner in (keras.layers.RNN, keras.layers.LSTM):
        patch.setattr(owner, "call", _guarded(owner.call, during))


def _guarded(
    original: Callable[..., Any], during: Callable[..., AbstractContextManager[None]]
) -> Callable[..., Any]:
    @functools.wraps(original)
    def call(self, sequences, initial_state=None, mask=None, training=False):  # type: ignore[no-untyped-def]
        with during(self, sequences, mask, training):
            return original(self, sequences, initial_state, mask, training)

    return call
