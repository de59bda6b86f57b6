"""The Keras under test, and how a case becomes a layer."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from lstm_spec.harness.strategies import Case

UNDRAWN = {"kernel_initializer": "zeros", "recurrent_initializer": "zeros"}
"""The weights are set in any case; to draw orthogonal ones first takes a quarter of building."""


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
