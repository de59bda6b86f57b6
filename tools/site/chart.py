"""A figure as SVG: a row for each of its series, above one axis, as wide as a telephone.

It stands in a page, which gives it its colours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import svg

from lstm_spec.answers.picture import Point, document, line, rounded, words, written
from tools.site.figures import Figure

WIDTH = 328
LEFT, RIGHT = 54, 8
NAME = 26
"""How far below its name a row begins."""
CURVE, CELL, GAP = 44, 22, 10
AXIS = 40
DARKEST = 0.45
"""How much of its colour the largest number gives its field: what stands on it can be read."""
TICKS = 10
"""So many places are named, about."""


def draw(figure: Figure) -> str:
    """Return a figure as SVG, the same text for the same figure."""
    high, row = (CELL, _cells) if figure.told.cells else (CURVE, _curve)
    parts: list[svg.Element] = []
    y = 0.0
    for name in figure.series.rows:
        parts += [words("name", Point(0, y + 12), name), *row(figure, name, y + NAME)]
        y += NAME + high + GAP
    parts = [*_masked(figure, y), *parts, *_axis(figure, y)]
    return document(Point(WIDTH, y + AXIS), figure.told.title, _told(figure), parts)


def _step(figure: Figure) -> float:
    return (WIDTH - LEFT - RIGHT) / len(figure.series.places)


def _x(figure: Figure, place: int) -> float:
    """Return the middle of a place."""
    return LEFT + (place + 0.5) * _step(figure)


def _curve(figure: Figure, name: str, top: float) -> Iterator[svg.Element]:
    values = figure.series.rows[name]
    low = min(0.0, *values)
    high = max(0.0, *values)
    scale = CURVE / ((high - low) or 1.0)
    points = [Point(_x(figure, k), top + (high - value) * scale) for k, value in enumerate(values)]
    zero = top + high * scale
    yield line("zero", Point(LEFT, zero), Point(WIDTH - RIGHT, zero))
    corners = [svg.Point(rounded(x), rounded(y)) for x, y in points]
    yield svg.Polyline(class_=["curve"], points=corners)
    for place, at in enumerate(points):
        title = _title(figure, place, values)
        yield svg.Circle(class_=["dot"], cx=rounded(at.x), cy=rounded(at.y), r=3, elements=[title])
    for value in sorted({low, high}):
        yield words("scale", Point(LEFT - 6, top + (high - value) * scale + 4), f"{value:.2g}")


def _cells(figure: Figure, name: str, top: float) -> Iterator[svg.Element]:
    values = figure.series.rows[name]
    wide = _step(figure) - 2
    most = max(max(row) for row in figure.series.rows.values()) or 1.0
    for place, value in enumerate(values):
        x = _x(figure, place)
        share = DARKEST * value / most
        yield svg.Rect(
            class_=["cell"], x=rounded(x - wide / 2), y=rounded(top), width=rounded(wide),
            height=CELL, fill_opacity=rounded(share), elements=[_title(figure, place, values)],
        )  # fmt: skip
        yield words("number", Point(x, top + 15), f"{value:.2g}")


def _title(figure: Figure, place: int, values: Sequence[float]) -> svg.Title:
    """Return what is told where a pointer rests."""
    label = f"{figure.told.axis} {figure.series.places[place]}: {values[place]:g}"
    return svg.Title(text=written(label))


def _masked(figure: Figure, bottom: float) -> Iterator[svg.Element]:
    wide = _step(figure)
    for place in figure.series.masked:
        x = _x(figure, place) - wide / 2
        yield svg.Rect(
            class_=["masked"], x=rounded(x), y=0, width=rounded(wide), height=rounded(bottom)
        )


def _axis(figure: Figure, y: float) -> Iterator[svg.Element]:
    places = figure.series.places
    for k in range(0, len(places), -(-len(places) // TICKS)):
        yield words("number", Point(_x(figure, k), y + 12), places[k])
    yield words("number", Point((LEFT + WIDTH - RIGHT) / 2, y + 30), figure.told.axis)


def _told(figure: Figure) -> str:
    """Say what is to be seen, and every number, for those who hear it read."""
    rows = (
        f"{name}: {', '.join(f'{value:g}' for value in values)}."
        for name, values in figure.series.rows.items()
    )
    return " ".join([*figure.told.told.replace("`", "").split(), *rows])
