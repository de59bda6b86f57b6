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


def lstm_without_cudnn(case: Case, **options: Any) -> Any:
    """Build it so that it never turns to cuDNN, if this Keras lets one choose."""
    choice = {"use_cudnn": False} if _takes("LSTM", "use_cudnn") else {}
    return lstm(case, **choice, **options)


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


def lacking(gpu: bool, needs: str | tuple[str, ...]) -> str:
    """Say what is lacking here of what a claim needs; nothing, if it can be tried.

    Args:
        gpu: whether it needs a GPU.
        needs: the modules and arguments that it needs, as `claim` takes them.
    """
    if gpu and not gpus():
        return "needs a GPU, and Keras finds none here"
    for need in (needs,) if isinstance(needs, str) else needs:
        owner, _, argument = need.rstrip(")").partition("(")
        if argument and not _takes(owner, argument):
            release = f"Keras {keras.__version__}"
            return f"needs the argument {argument} of {owner}, which {release} does not have"
        if not argument and find_spec(need) is None:
            return f"needs the module {need}, which is not installed here"
    return ""


def _takes(owner: str, argument: str) -> bool:
    """Say whether a layer's constructor or method takes an argument, by itself or for its base."""
    name, _, method = owner.partition(".")
    classes = inspect.getmro(getattr(keras.layers, name))
    methods = [getattr(one, method or "__init__", object.__init__) for one in classes]
    return any(argument in inspect.signature(one).parameters for one in methods)


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
