"""The Keras under test, and how a case becomes a layer."""

from __future__ import annotations

import inspect
from importlib.util import find_spec
from typing import Any

import keras
import numpy as np

from lstm_spec.harness.strategies import Case

UNDRAWN = {"kernel_initializer": "zeros", "recurrent_initializer": "zeros"}
"""The weights are set in any case; to draw orthogonal ones first takes a quarter of building."""

FAMILY = (
    *("LSTM", "LSTMCell", "RNN", "StackedRNNCells"),
    *("Bidirectional", "TimeDistributed", "Masking"),
)
"""LSTM and the layers around it whose documentation and arguments are looked at."""


def lstm(case: Case, **options: Any) -> Any:
    """Build keras.layers.LSTM for a case, with the case's weights.

    Args:
        case: gives the units, the weights and the arguments.
        **options: arguments that replace those of the case.
    """
    arguments = {**UNDRAWN, **case.options, **options}
    return with_weights(keras.layers.LSTM(case.units, **arguments), case)


def with_weights(layer: Any, case: Case) -> Any:
    """Build any layer that has an LSTM's weights for the case's input, and set them."""
    layer.build(case.x.shape)
    layer.set_weights(case.weights)
    return layer


def to_numpy(tensor: Any) -> Any:
    """Return a tensor of any backend as an array, a list of tensors as a list of arrays."""
    if isinstance(tensor, (list, tuple)):
        return [to_numpy(part) for part in tensor]
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def gpus() -> list[str]:
    """Return the names of the GPUs that Keras' backend finds."""
    return list(keras.distribution.list_devices("gpu"))


def lacking(gpu: bool, needs: str | None) -> str:
    """Say what is lacking here of what a claim needs; nothing, if it can be tried.

    Args:
        gpu: whether it needs a GPU.
        needs: the module that it needs, if any.
    """
    if gpu and not gpus():
        return "needs a GPU, and Keras finds none here"
    if needs and find_spec(needs) is None:
        return f"needs the module {needs}, which is not installed here"
    return ""


def docstrings() -> dict[str, str]:
    """Return the docstrings of LSTM and of the layers around it, and of methods of theirs.

    A method counts if it has a docstring that is not the one of keras.layers.Layer.
    """
    found = {name: str(getattr(keras.layers, name).__doc__) for name in FAMILY}
    for name in FAMILY:
        for member, value in inspect.getmembers(getattr(keras.layers, name), callable):
            inherited = getattr(keras.layers.Layer, member, None)
            if not member.startswith("_") and value.__doc__ not in (None, inherited.__doc__):
                found[f"{name}.{member}"] = value.__doc__
    return found


def family() -> dict[str, type]:
    """Return the layers and cells that the specification is about, by name."""
    return {name: getattr(keras.layers, name) for name in (*FAMILY, "Embedding", "Layer")}
