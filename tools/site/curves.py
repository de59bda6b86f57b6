"""Times against a size as SVG, both axes logarithmic, each curve named at its end.

It is as wide as a telephone, and takes its colours from the page in which it stands.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import svg

from lstm_spec.answers.picture import Point, document, line, rounded, words, written

WIDTH, HEIGHT = 328, 300
LEFT, RIGHT, TOP, AXIS = 52, 124, 10, 40
NAMED = 14
"""A name lies so far below the one above it."""
GAP = 14
"""From the end of the curves to their names."""


@dataclass(frozen=True)
class Curve:
    """What one peer took."""

    kind: str
    """How it is drawn: a class of the style sheet."""
    seconds: Mapping[int, float]
    """By the size; sizes may be missing."""


@dataclass(frozen=True)
class Curves:
    """Times against a size."""

    key: str
    """What begins the ids in the drawing."""
    title: str
    axis: str
    curves: Mapping[str, Curve]
    """By the names that stand beside them."""

    @property
    def sizes(self) -> list[int]:
        """The sizes along the axis."""
        return sorted({size for curve in self.curves.values() for size in curve.seconds})

    @property
    def decades(self) -> range:
        """The powers of ten between which all times lie."""
        logs = [math.log10(s) for curve in self.curves.values() for s in curve.seconds.values()]
        return range(
            math.floor(min(logs)), max(math.ceil(max(logs)), math.floor(min(logs)) + 1) + 1
        )

    def at(self, size: float, seconds: float) -> Point:
        """Return where a time stands."""
        first = self.sizes[0]
        last = self.sizes[-1]
        share = math.log(size / first) / (math.log(last / first) or 1.0)
        low = self.decades[0]
        high = self.decades[-1]
        height = (math.log10(seconds) - low) / (high - low)
        bottom = HEIGHT - AXIS
        return Point(LEFT + share * (WIDTH - LEFT - RIGHT), bottom - height * (bottom - TOP))


def draw(given: Curves) -> str:
    """Return the drawing, the same text for the same times."""
    parts = [*_scale(given), *_sizes(given)]
    for name, curve in given.curves.items():
        parts += _curve(given, name, curve)
    size = Point(WIDTH, HEIGHT)
    return document(size, given.title, _told(given), [*parts, *_names(given)], given.key)


def shown(seconds: float) -> str:
    """Return a time with three digits, in the unit in which it reads best."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= scale * 0.9995:
            return f"{_digits(seconds / scale)} {unit}"
    return f"{_digits(seconds / 1e-6)} µs"


def _digits(number: float) -> str:
    """Return a number with three digits at least, without an exponent."""
    return f"{number:.{max(0, 2 - math.floor(math.log10(number * 1.0005)))}f}"


def _scale(given: Curves) -> Iterator[svg.Element]:
    for decade in given.decades:
        at = given.at(given.sizes[0], 10.0**decade)
        yield line("zero", at, Point(WIDTH - RIGHT, at.y))
        value, unit = divmod(decade + 6, 3)
        text = f"{10**unit} {('µs', 'ms', 's', 'ks')[value]}" if decade >= -6 else f"{10**unit} ns"
        yield words("scale", Point(LEFT - 6, at.y + 4), text)


def _sizes(given: Curves) -> Iterator[svg.Element]:
    for size in given.sizes:
        x = given.at(size, 10.0 ** given.decades[0]).x
        yield words("number", Point(x, HEIGHT - AXIS + 16), str(size))
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield words("number", Point(middle, HEIGHT - AXIS + 34), given.axis)


def _curve(given: Curves, name: str, curve: Curve) -> Iterator[svg.Element]:
    points = {size: given.at(size, seconds) for size, seconds in sorted(curve.seconds.items())}
    corners = [svg.Point(rounded(x), rounded(y)) for x, y in points.values()]
    yield svg.Polyline(class_=["curve", curve.kind], points=corners)
    for size, at in points.items():
        label = f"{name}, {given.axis} {size}: {shown(curve.seconds[size])}"
        title = svg.Title(text=written(label))
        yield svg.Circle(
            class_=["dot", curve.kind], cx=rounded(at.x), cy=rounded(at.y), r=2.5, elements=[title]
        )


def _names(given: Curves) -> Iterator[svg.Element]:
    """Name each curve at its end, as near to it as the other names allow."""
    ends = {}
    for name, curve in given.curves.items():
        last = max(curve.seconds)
        ends[name] = given.at(last, curve.seconds[last])
    order = sorted(ends, key=lambda name: ends[name].y)
    places = apart([ends[name].y for name in order], TOP + 4, HEIGHT - AXIS)
    for name, y in zip(order, places, strict=True):
        kind = f"leader {given.curves[name].kind}"
        yield line(kind, ends[name], Point(WIDTH - RIGHT + GAP - 2, y))
        yield words("peer", Point(WIDTH - RIGHT + GAP, y + 4), name)


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


def _told(given: Curves) -> str:
    """Say every number, for those who hear it read."""
    rows = (
        f"{name}: "
        + ", ".join(
            f"{shown(seconds)} for {size}" for size, seconds in sorted(curve.seconds.items())
        )
        for name, curve in given.curves.items()
    )
    return f"Times by {given.axis}. {'. '.join(rows)}."
