"""Five faults of an LSTM, each put into every LSTM and LSTMCell of the Keras that is installed.

It runs on each release and backend of the matrix, so it imports nothing of the tests.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any
from unittest import mock

from lstm_spec.harness import subject

Outputs = Callable[[Any], Any]
"""What a fault makes of each output."""

_draws = count()


def _noise(output: Any) -> Any:
    """Add numbers of a normal distribution with a standard deviation of 0.01, new in each call."""
    if subject.backend() == "tensorflow":
        import tensorflow as tf  # only here: other backends have none

        noise = tf.random.normal(tf.shape(output), stddev=1e-2)
    else:
        shape = subject.keras.ops.shape(output)
        noise = subject.keras.random.normal(shape, stddev=1e-2, seed=next(_draws))
    return output + subject.cast(noise, subject.kind(output))


def _zeros(output: Any) -> Any:
    return output - output


def _nan(output: Any) -> Any:
    return output * float("nan")


OUTPUTS: dict[str, Outputs] = {"noise": _noise, "zeros": _zeros, "nan": _nan}
FAULTS = (*OUTPUTS, "broken", "other weights")
WEIGHTS = ("kernel", "recurrent_kernel", "bias")


@contextmanager
def put(fault: str) -> Iterator[None]:
    """Put a fault into every LSTM and LSTMCell, for a while; "" leaves them as they are."""
    if not fault:
        yield
        return
    layers = subject.keras.layers
    with (
        mock.patch.object(layers.LSTM, "call", _faulty(layers.LSTM.call, fault)),
        mock.patch.object(layers.LSTMCell, "call", _faulty(layers.LSTMCell.call, fault)),
    ):
        yield


def _faulty(call: Callable[..., Any], fault: str) -> Callable[..., Any]:
    """Return a `call` with a fault, and with the signature of the original: Keras inspects it."""

    @functools.wraps(call)
    def faulty(self: Any, inputs: Any, *args: Any, **arguments: Any) -> Any:
        if fault == "broken":
            raise ValueError("broken")
        if fault == "other weights":
            with _other_weights(getattr(self, "cell", self)):
                return call(self, inputs, *args, **arguments)
        return _each(OUTPUTS[fault], call(self, inputs, *args, **arguments))

    faulty.__signature__ = inspect.signature(call)  # type: ignore[attr-defined]
    return faulty


@contextmanager
def _other_weights(cell: Any) -> Iterator[None]:
    """Put numbers that are larger by a quarter in place of a cell's weights, for a while."""
    names = [name for name in WEIGHTS if getattr(cell, name) is not None]
    others = {name: getattr(cell, name) + 0.25 for name in names}
    with mock.patch.dict(vars(cell), others):  # as attributes, Keras would look after them
        yield


def _each(change: Outputs, output: Any) -> Any:
    """Return lists and tuples of outputs with each output changed."""
    if isinstance(output, (list, tuple)):
        return type(output)(_each(change, part) for part in output)
    return change(output)
