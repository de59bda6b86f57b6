"""Numbers against a size as SVG: all curves in one drawing, each named at its end.

It is as wide as a telephone, and takes its colours from the page in which it stands.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import svg

from lstm_spec.answers.picture import Point, document, line, rounded, words, written

WIDTH = 328
TOP, AXIS = 10, 40
MEASURE = 18
"""What the name of the numbers takes, above the drawing."""
LETTER = 7.6
"""How wide a letter is, about."""
NAMED = 14
"""A name lies so far below the one above it."""
GAP = 14
"""From the end of the curves to their names."""
DECADES = 6
"""Of more powers of ten, only every second is named."""
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
STYLES = ("solid", "dashed", "coloured", "dotted")
"""How a curve is drawn: classes of the style sheet."""


def duration(seconds: float) -> str:
    """Return a time with three digits, in the unit in which it reads best."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= scale * 0.9995:
            return f"{_digits(seconds / scale)} {unit}"
    return f"{_digits(seconds / 1e-6)} µs"


def _digits(value: float) -> str:
    """Return a number with three digits at least, without an exponent."""
    return f"{value:.{max(0, 2 - math.floor(math.log10(value * 1.0005)))}f}"


@dataclass(frozen=True)
class Curve:
    """The numbers of one thing that is compared."""

    style: str
    """One of STYLES."""
    values: Mapping[float, float]
    """By the size; sizes may be missing."""


@dataclass(frozen=True)
class Axis:
    """The numbers that are named along an axis, from the lowest to the highest."""

    ticks: Sequence[float]
    logarithmic: bool = False

    def share(self, value: float) -> float:
        """Return how far along the axis a number stands, from 0 to 1."""
        scale = math.log10 if self.logarithmic else float
        low, high, at = map(scale, (self.ticks[0], self.ticks[-1], value))
        return (at - low) / ((high - low) or 1.0)


@dataclass(frozen=True)
class Curves:
    """Numbers against a size."""

    title: str
    axis: str
    """What the sizes are."""
    curves: Mapping[str, Curve]
    """By the names that stand beside them."""
    description: str
    """What is to be seen, for those who hear it read."""
    measure: str = ""
    """What the numbers are, if the title does not say it."""
    logarithmic: str = "xy"
    """Which axes are."""
    written: Callable[[float], str] = "{:g}".format
    """Writes a number."""
    height: int = 200
    key: str = ""
    """What begins the ids in the drawing, where it is not the only one."""

    @cached_property
    def across(self) -> Axis:
        """The sizes."""
        sizes = {size for curve in self.curves.values() for size in curve.values}
        return Axis(sorted(sizes), "x" in self.logarithmic)

    @cached_property
    def upwards(self) -> Axis:
        """The powers of ten between which all numbers lie, or round numbers, zero among them."""
        values = [value for curve in self.curves.values() for value in curve.values.values()]
        if "y" in self.logarithmic:
            first = math.floor(math.log10(min(values)))
            last = max(math.ceil(math.log10(max(values))), first + 1)
            every = 1 + (last - first > DECADES)
            return Axis([10.0**power for power in range(first, last + every, every)], True)
        low = min(0.0, *values)
        high = max(0.0, *values)
        step = _step((high - low) or 1.0)
        last = math.ceil(high / step)
        return Axis([step * k for k in range(math.floor(low / step), last + 1)])

    @cached_property
    def edges(self) -> tuple[float, float, float, float]:
        """Where the curves have room: left, right, top and bottom."""
        left = 12 + LETTER * max(len(_short(self, tick)) for tick in self.upwards.ticks)
        right = max(WIDTH / 2, WIDTH - GAP - LETTER * max(map(len, self.curves)))
        return left, right, TOP + MEASURE * bool(self.measure), self.height - AXIS

    def at(self, size: float, value: float) -> Point:
        """Return where a number stands."""
        left, right, top, bottom = self.edges
        return Point(
            left + self.across.share(size) * (right - left),
            bottom - self.upwards.share(value) * (bottom - top),
        )


def _step(span: float) -> float:
    """Return the round number that goes three to six times into a span."""
    power = 10.0 ** math.floor(math.log10(span / 3))
    return next(power * times for times in (1, 2, 5, 10) if span / (power * times) <= 5)


def _short(given: Curves, tick: float) -> str:
    """Return a number of an axis, without digits that say nothing; a million is a power of ten."""
    if tick >= 1e6:
        return f"10{str(round(math.log10(tick))).translate(RAISED)}"
    return re.sub(r"\.0+(?!\d)", "", given.written(tick))


def draw(given: Curves) -> str:
    """Return the drawing, the same text for the same numbers."""
    parts = [*_scale(given), *_sizes(given)]
    for name, curve in given.curves.items():
        parts += _curve(given, name, curve)
    size = Point(WIDTH, given.height)
    description = f"{given.description} {'. '.join(_rows(given))}."
    return document(size, given.title, description, [*parts, *_names(given)], given.key)


def _scale(given: Curves) -> Iterator[svg.Element]:
    left, right, top, _ = given.edges
    if given.measure:
        yield words("name", Point(2, top - MEASURE + 4), given.measure)
    for tick in given.upwards.ticks:
        y = given.at(given.across.ticks[0], tick).y
        yield line("zero", Point(left, y), Point(right, y))
        yield words("scale", Point(left - 6, y + 4), _short(given, tick))


def _sizes(given: Curves) -> Iterator[svg.Element]:
    left, right, _, bottom = given.edges
    names = {size: f"{size:g}" for size in given.across.ticks}
    for size in [*names][:: stride([*names.values()], right - left)]:
        x = left + given.across.share(size) * (right - left)
        yield words("number", Point(x, bottom + 16), names[size])
    yield words("number", Point((left + right) / 2, bottom + 34), given.axis)


def stride(names: Sequence[str], room: float) -> int:
    """Return of how many places each first one is named, so that the names do not meet."""
    return math.ceil(len(names) * LETTER * (1 + max(map(len, names))) / room)


def _curve(given: Curves, name: str, curve: Curve) -> Iterator[svg.Element]:
    values = sorted(curve.values.items())
    labels = [f"{name}, {given.axis} {size:g}: {given.written(value)}" for size, value in values]
    yield from polyline(curve.style, [given.at(*value) for value in values], labels, radius=2.5)


def polyline(
    style: str, points: Sequence[Point], labels: Sequence[str], radius: float
) -> Iterator[svg.Element]:
    """Yield a line through points, and a dot at each that says where a pointer rests what it is."""
    corners = [svg.Point(rounded(x), rounded(y)) for x, y in points]
    yield svg.Polyline(class_=["curve", style], points=corners)
    for corner, label in zip(corners, labels, strict=True):
        title = svg.Title(text=written(label))
        yield svg.Circle(
            class_=["dot", style], cx=corner.x, cy=corner.y, r=radius, elements=[title]
        )


def _names(given: Curves) -> Iterator[svg.Element]:
    """Name each curve at its end, as near to it as the other names allow."""
    _, right, top, bottom = given.edges
    ends = {}
    for name, curve in given.curves.items():
        last = max(curve.values)
        ends[name] = given.at(last, curve.values[last])
    order = sorted(ends, key=lambda name: ends[name].y)
    places = apart([ends[name].y for name in order], top, bottom)
    for name, y in zip(order, places, strict=True):
        kind = f"leader {given.curves[name].style}"
        yield line(kind, ends[name], Point(right + GAP - 2, y))
        yield words("peer", Point(right + GAP, y + 4), name)


def apart(wanted: Sequence[float], top: float, bottom: float) -> list[float]:
    """Return places near those that are wanted, NAMED from one another, between two bounds.

    Args:
        wanted: from the top to the bottom.
        top: the first place is not above it.
        bottom: nor the last one below, if there is room.
    """
    places: list[float] = []
    for y in wanted:
        places.append(max(y, places[-1] + NAMED if places else top))
    for k in reversed(range(len(places))):
        places[k] = min(places[k], bottom - NAMED * (len(places) - 1 - k))
    return places


def _rows(given: Curves) -> Iterator[str]:
    """Say every number, for those who hear it read."""
    for name, curve in given.curves.items():
        values = sorted(curve.values.items())
        shown = ", ".join(f"{given.written(value)} for {size:g}" for size, value in values)
        yield f"{name}: {shown}"
