"""An LSTM and its input, as far as a constructor call and a shape tell them."""

from __future__ import annotations

from dataclasses import dataclass

from lstm_spec.answers.call import Call, parse
from lstm_spec.answers.constructor import Given, RefusedError, bind, constructor, unwrap


@dataclass(frozen=True)
class Layer:
    """A layer and the sizes of its input."""

    call: Call
    given: Given
    """The arguments of LSTM that are given."""
    timesteps: int | None
    features: int
    mode: str | None = ""
    """The merge_mode of Bidirectional; no text, if it is an LSTM alone."""

    @property
    def units(self) -> int:
        """The number of units of each LSTM."""
        units: int = self.given["units"]
        return units

    @property
    def length(self) -> int | str:
        """The number of timesteps, or the word for any."""
        return "timesteps" if self.timesteps is None else self.timesteps

    @property
    def directions(self) -> int:
        """How many LSTMs there are: Bidirectional has two."""
        return 1 if self.mode == "" else 2

    def on(self, flag: str) -> bool:
        """Say whether a flag is on: Python's truth value counts."""
        return bool(self.given.get(flag, constructor().by_name[flag].default))


def layer(text: str, sizes: tuple[int | None, int | None]) -> Layer:
    """Return the layer that a call makes, for an input.

    Args:
        text: the call.
        sizes: the numbers of timesteps and of features; None is any number.

    Raises:
        CallError: it is no such call.
        RefusedError: Keras refuses it, or the input.
    """
    timesteps, features = sizes
    if features is None:
        raise RefusedError("None features", "shapes.known-feature-count", "their number")
    if timesteps == 0:
        raise RefusedError("0 timesteps", "shapes.empty-sequence", "1 or more, or None")
    call = parse(text)
    inner, mode = (call, "") if call.name == "LSTM" else unwrap(call)
    made = Layer(call, bind(inner), timesteps, features, mode)
    if made.directions == 2 and made.on("go_backwards"):
        claim = "wrappers.two-directions-needed"
        raise RefusedError("go_backwards=True", claim, "the LSTM without go_backwards")
    return made
