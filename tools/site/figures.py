"""The figures: recorded numbers, each with what is said of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from tools.studies import figures
from tools.studies.figures import Series

FILE = Path(__file__).with_name("figures.toml")
NAMES = {"keras": "Keras", "tensorflow": "TensorFlow"}


class Caption(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said of a figure."""

    title: str
    text: str
    axis: str = "timestep"
    """What the places along it are."""
    drawn: Literal["curves", "rows", "cells"] = "rows"
    """In which way (chart.py)."""
    measure: str = ""
    """Of curves: what their numbers are."""
    logarithmic: str = ""
    """Of curves: which axes are, of x and y."""


@dataclass(frozen=True)
class Figure:
    """A figure."""

    caption: Caption
    series: Series
    made: str
    """With what its numbers were made, and when."""


def load(path: Path = FILE) -> dict[str, Figure]:
    """Return the figures by the claims that they show.

    Raises:
        msgspec.ValidationError: an unknown key, a missing one, or a value of another kind.
        KeyError: a figure whose numbers are not recorded.
    """
    recorded = figures.load()
    by = " and ".join(f"{NAMES[name]} {version}" for name, version in recorded.packages.items())
    texts = msgspec.toml.decode(path.read_bytes(), type=dict[str, Caption])
    return {
        claim: Figure(text, recorded.series[claim], f"{by}, {recorded.made}")
        for claim, text in texts.items()
    }
