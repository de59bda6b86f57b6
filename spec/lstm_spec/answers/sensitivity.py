"""How strongly the final output of an LSTM depends on its inputs, measured on a real layer."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lstm_spec.run.environment import quiet

SEED = 1
"""Makes the initial weights of the layer, and the input."""
STEP = 1e-5
"""By so much an input is moved up and down: rounding and curvature both err by about 1e-10."""
LARGEST = 2_000_000
"""So many numbers the layer's weights, or its input, may hold."""
UNSEEN = ("return_sequences", "return_state", "stateful", "name", "input_shape", "input_dim")
"""Arguments that do not change the final output of a first call."""

Place = tuple[int, int]
"""A timestep and a feature, counted from zero."""


class UnmeasuredError(RuntimeError):
    """The layer cannot be built here; the message says why, as part of a sentence."""


def measure(
    arguments: Mapping[str, Any], timesteps: int, features: int, places: Sequence[Place]
) -> dict[Place, list[float]]:
    """Return the absolute derivatives of the final output of each unit by some inputs.

    Args:
        arguments: of LSTM; it is built in float64, with the initial weights that they make.
        timesteps: T.
        features: F.
        places: the inputs by which to differentiate.

    Raises:
        UnmeasuredError: Keras is missing or refuses the layer; it is too large, or reads nothing.
    """
    if not places:
        raise UnmeasuredError("there are no features")
    wide = 4 * arguments["units"]
    weights = wide * (features + arguments["units"] + 1)
    if max(weights, 2 * len(places) * timesteps * features) > LARGEST:
        raise UnmeasuredError("the layer or its input is too large")
    os.environ.update(quiet())
    seen = {name: value for name, value in arguments.items() if name not in UNSEEN}
    try:
        found = derivatives(seen, timesteps, features, places)
    except ModuleNotFoundError as error:
        raise UnmeasuredError(f"there is no module {error.name} here") from error
    except Exception as error:  # whatever Keras says of the layer, or of its own installation
        raise UnmeasuredError(f"Keras raises {type(error).__name__}") from error
    return dict(zip(places, found.tolist(), strict=True))


def derivatives(
    arguments: Mapping[str, Any], timesteps: int, features: int, places: Sequence[Place]
) -> Any:
    """Return an array for each place: the absolute derivatives of all that a layer returns.

    Args:
        arguments: of LSTM, `return_state` apart; it is built in float64.
        timesteps: T.
        features: F.
        places: the inputs by which to differentiate.
    """
    from lstm_spec.harness import subject  # only here: it imports Keras

    layer = subject.fresh({**arguments, "dtype": "float64"}, SEED)
    outputs = subject.to_numpy(layer(_moved(timesteps, features, places)))
    up, down = np.split(outputs, 2)
    return np.abs(up - down) / (2 * STEP)


def _moved(timesteps: int, features: int, places: Sequence[Place]) -> Any:
    """Return an input for each place, moved up there, and then one for each, moved down."""
    x = np.random.RandomState(SEED).uniform(-1, 1, (timesteps, features))
    steps = np.zeros((len(places), timesteps, features))
    for sample, (t, f) in enumerate(places):
        steps[sample, t, f] = STEP
    return np.concatenate([x + steps, x - steps])
