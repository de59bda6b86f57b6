"""The figures: recorded numbers, each with what is said of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from tools.studies import figures
from tools.studies.figures import Series

FILE = Path(__file__).with_name("figures.toml")
NAMES = {"keras": "Keras", "tensorflow": "TensorFlow"}


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said of a figure."""

    title: str
    told: str
    axis: str = "timestep"
    """What the places along it are."""
    cells: bool = False
    """Whether numbers are shown as fields, the largest darkest, and not as a curve."""


@dataclass(frozen=True)
class Figure:
    """A figure."""

    told: Told
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
    texts = msgspec.toml.decode(path.read_bytes(), type=dict[str, Told])
    return {
        claim: Figure(text, recorded.series[claim], f"{by}, {recorded.made}")
        for claim, text in texts.items()
    }
