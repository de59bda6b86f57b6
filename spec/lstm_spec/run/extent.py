"""How wide a claim was tried: the values that were drawn for it, in a few numbers and names.

    {"way": ["called", "predict"], "units": [1, 65], "activation": ["relu", "tanh"]}

Two numbers are the least and the greatest; names are all that were drawn, up to MOST of them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

Extent = dict[str, list[int | float | str]]

MOST = 24
"""So many names are kept of a value; of the rest, how many there were."""
LONGEST = 40
"""Characters of a name."""
CHOICES = {"seed", "pick"}
"""What picks numbers or a place in the case, and says nothing of how wide it was tried."""
SIZES = ("batch", "timesteps", "features", "units")


class Tried:
    """What was drawn for a claim so far."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.numbers: dict[str, set[float]] = defaultdict(set)
        self.names: dict[str, set[str]] = defaultdict(set)

    def add(self, arguments: Mapping[str, Any]) -> None:
        """Add the arguments of a case."""
        for name, value in arguments.items():
            if hasattr(value, "recurrent_kernel"):
                self._add_case(value)
            elif name.rstrip("s") not in CHOICES:
                self._add(name, value)

    def _add_case(self, case: Any) -> None:
        for name in SIZES:
            self.numbers[name].add(getattr(case, name))
        for name, value in case.options.items():
            self._add(name, value)
        self._add("mask", "none" if case.mask is None else "given")
        self._add("initial_state", "none" if case.h is None else "given")

    def _add(self, name: str, value: Any) -> None:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if number and math.isfinite(value):
            self.numbers[name].add(value)
        elif isinstance(value, (list, tuple)) and all(map(_plain, value)):
            self.names[name].add(_short(", ".join(map(str, value))))
        elif _plain(value):
            self.names[name].add(_short(str(value)))
        else:
            label = getattr(value, "name", None) or getattr(value, "__name__", None)
            self.names[name].add(label if isinstance(label, str) else type(value).__name__)

    @property
    def extent(self) -> Extent:
        """What was tried, in a few numbers and names."""
        ranges: Extent = {name: [min(seen), max(seen)] for name, seen in self.numbers.items()}
        lists: Extent = {name: _few(sorted(seen)) for name, seen in self.names.items()}
        return {name: [*ranges.get(name, []), *lists.get(name, [])] for name in ranges | lists}


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, float, str))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _few(names: list[str]) -> list[int | float | str]:
    more = len(names) - MOST
    return [*names[:MOST], *([f"{more} more"] if more > 0 else [])]


def sentence(extent: Extent) -> str:
    """Say in one line how wide a claim was tried; nothing, if nothing was drawn."""
    parts = [f"{name} {_words(values)}" for name, values in sorted(extent.items())]
    return "; ".join(parts)


def _words(values: list[int | float | str]) -> str:
    if len(values) == 2 and all(isinstance(value, (int, float)) for value in values):
        low, high = values
        return f"{low:g}" if low == high else f"{low:g} to {high:g}"
    return ", ".join(map(str, values))
