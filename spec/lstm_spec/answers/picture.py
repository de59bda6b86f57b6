"""Where everything stands in the picture of an unrolled LSTM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from lstm_spec.answers.svg import Point

MOST, FIRST = 8, 6
"""So many of a kind are drawn; of more, the first ones and the last."""
RADIUS = 12
SLANT = Point(28, 36)
"""From a unit to the next: slanted, so that no line runs through another unit."""
APART, GAP, NARROW = 32, 120, 64
"""Between features; from the last unit of a timestep to the next feature; for what is left out."""
LEFT, OUTPUTS, UNITS = 96, 112, 180
START, END = "before", "after"

Shown = tuple[int | None, ...]
"""Positions that are drawn, counted from zero; None stands for those that are left out."""
Lane = int | str | None
"""A timestep, those that are left out, or a state: START or END."""


@dataclass(frozen=True)
class Picture:
    """What is drawn."""

    title: str
    subtitle: str
    timesteps: int
    features: int
    units: int
    sequences: bool = False
    """Whether there is an output for each timestep."""
    backwards: bool = False
    start: str = ""
    """What is said of an initial state; nothing, if none is drawn."""
    end: str = ""
    """What is said of the final state; nothing, if none is drawn."""
    strengths: Mapping[tuple[int, int], Sequence[float]] | None = None
    """By timestep and feature: how strongly the final output of each unit depends on it."""
    notes: tuple[str, ...] = ()

    @cached_property
    def read(self) -> list[Lane]:
        """The lanes in the order in which they are read."""
        steps: list[Lane] = list(shown(self.timesteps))
        if self.backwards:
            steps.reverse()
        return [START] * bool(self.start) + steps + [END] * bool(self.end)

    @cached_property
    def lanes(self) -> list[Lane]:
        """The lanes from left to right: timesteps stand in the order of the input."""
        return self.read[::-1] if self.backwards else self.read

    @property
    def last(self) -> Lane:
        """The timestep that is read last."""
        return 0 if self.backwards else self.timesteps - 1

    @cached_property
    def starts(self) -> dict[Lane, float]:
        """Where the first unit of each lane stands, from the left."""
        features = APART * max(len(shown(self.features)) - 1, 0)
        units = SLANT.x * (len(shown(self.units)) - 1)
        wide = units + features + GAP
        x, found = float(LEFT + RADIUS + features), {}
        for lane in self.lanes:
            found[lane] = x + (NARROW - wide + units - features) / 2 if lane is None else x
            x += NARROW if lane is None else wide
        return found

    def at(self, lane: Lane, unit: int) -> Point:
        """Return where a unit stands, the drawn ones counted from zero."""
        slant = 0 if lane is None else unit * SLANT.x
        return Point(self.starts[lane] + slant, UNITS + unit * SLANT.y)

    def feature(self, lane: Lane, feature: int) -> Point:
        """Return where a feature stands, the drawn ones counted from zero."""
        left = self.at(lane, 0).x - APART * (len(shown(self.features)) - 1)
        return Point(left + APART * feature, self.ground)

    @property
    def ground(self) -> float:
        """How far down the features stand."""
        return UNITS + SLANT.y * (len(shown(self.units)) - 1) + 92


def shown(size: int) -> Shown:
    """Return which of so many are drawn."""
    return tuple(range(size)) if size <= MOST else (*range(FIRST), None, size - 1)
