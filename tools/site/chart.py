"""A figure as SVG, as wide as a telephone, drawn in one of three ways.

Curves stand in one drawing, where they are to be compared. Rows are for numbers of several kinds,
one below the other. Cells are a table in which the largest number has the strongest colour.
The drawing stands in a page, which gives it its colours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle

import svg

from lstm_spec.answers.picture import Point, document, line, rounded, words, written
from tools.site import curves
from tools.site.curves import LETTER, STYLES, WIDTH, Curve, Curves, polyline, stride
from tools.site.figures import Figure

RIGHT = 8
SCALE = 54
"""What the numbers of a scale take, left of a row."""
NAME = 26
"""How far below its name a row begins."""
ROW, CELL, GAP = 44, 24, 10
AXIS = 40
DARKEST = 0.45
"""How much of its colour the largest number gives its cell: what stands on it can be read."""


def draw(figure: Figure) -> str:
    """Return a figure as SVG, the same text for the same figure."""
    return WAYS[figure.caption.drawn](figure)


def _curves(figure: Figure) -> str:
    caption = figure.caption
    sizes = [float(place) for place in figure.series.places]
    drawn = {
        name: Curve(style, dict(zip(sizes, values, strict=True)))
        for (name, values), style in zip(figure.series.rows.items(), cycle(STYLES), strict=False)
    }
    given = Curves(
        caption.title,
        caption.axis,
        drawn,
        _description(figure),
        caption.measure,
        caption.logarithmic,
    )
    return curves.draw(given)


@dataclass(frozen=True)
class Grid:
    """Where the places of a figure stand, one beside the other."""

    figure: Figure
    left: float
    """What the names or numbers before them take."""

    @property
    def step(self) -> float:
        """How far a place lies from the next."""
        return (WIDTH - self.left - RIGHT) / len(self.figure.series.places)

    def x(self, place: int) -> float:
        """Return the middle of a place."""
        return self.left + (place + 0.5) * self.step

    def label(self, place: int, value: float) -> str:
        """Return what is told where a pointer rests."""
        return f"{self.figure.caption.axis} {self.figure.series.places[place]}: {value:g}"

    def document(self, parts: Iterable[svg.Element], bottom: float) -> str:
        """Write a drawing, with the axis below it; it tells every number too."""
        figure = self.figure
        numbers = (
            f"{name}: {', '.join(f'{value:g}' for value in values)}."
            for name, values in figure.series.rows.items()
        )
        description = " ".join([_description(figure), *numbers])
        size = Point(WIDTH, bottom + AXIS)
        return document(size, figure.caption.title, description, [*parts, *self._axis(bottom)])

    def _axis(self, bottom: float) -> Iterator[svg.Element]:
        places = self.figure.series.places
        room = WIDTH - self.left - RIGHT
        for k in range(0, len(places), stride(places, room)):
            yield words("number", Point(self.x(k), bottom + 12), places[k])
        middle = (self.left + WIDTH - RIGHT) / 2
        yield words("number", Point(middle, bottom + 30), self.figure.caption.axis)


def _rows(figure: Figure) -> str:
    grid = Grid(figure, SCALE)
    parts: list[svg.Element] = []
    y = 0.0
    for name, values in figure.series.rows.items():
        parts += [words("name", Point(0, y + 12), name), *_row(grid, values, y + NAME)]
        y += NAME + ROW + GAP
    return grid.document([*_masked(grid, y), *parts], y)


def _row(grid: Grid, values: list[float], top: float) -> Iterator[svg.Element]:
    low = min(0.0, *values)
    high = max(0.0, *values)
    scale = ROW / ((high - low) or 1.0)
    points = [Point(grid.x(k), top + (high - value) * scale) for k, value in enumerate(values)]
    zero = top + high * scale
    yield line("zero", Point(grid.left, zero), Point(WIDTH - RIGHT, zero))
    labels = [grid.label(place, value) for place, value in enumerate(values)]
    yield from polyline("solid", points, labels, radius=3)
    for value in sorted({low, high}):
        at = Point(grid.left - 6, top + (high - value) * scale + 4)
        yield words("scale", at, f"{value:.2g}")


def _masked(grid: Grid, bottom: float) -> Iterator[svg.Element]:
    for place in grid.figure.series.masked:
        x = grid.x(place) - grid.step / 2
        yield svg.Rect(
            class_=["masked"], x=rounded(x), y=0, width=rounded(grid.step), height=rounded(bottom)
        )


def _cells(figure: Figure) -> str:
    rows = figure.series.rows
    grid = Grid(figure, 8 + LETTER * max(map(len, rows)))
    most = max(max(values) for values in rows.values()) or 1.0
    parts: list[svg.Element] = []
    for k, (name, values) in enumerate(rows.items()):
        parts += [
            words("name", Point(0, k * CELL + 16), name),
            *_line_of_cells(grid, values, k * CELL, most),
        ]
    return grid.document(parts, len(rows) * CELL)


def _line_of_cells(
    grid: Grid, values: list[float], top: float, most: float
) -> Iterator[svg.Element]:
    for place, value in enumerate(values):
        yield svg.Rect(
            class_=["cell"],
            x=rounded(grid.x(place) - grid.step / 2 + 1), y=top, width=rounded(grid.step - 2),
            height=CELL - 2, fill_opacity=rounded(DARKEST * value / most),
            elements=[svg.Title(text=written(grid.label(place, value)))],
        )  # fmt: skip
        shown = f"{value:.{1 if value < 0.01 else 2}g}".replace("0.", ".")
        yield words("number", Point(grid.x(place), top + 16), shown)


def _description(figure: Figure) -> str:
    """Return what is said of a figure, on one line, without marks for code."""
    return " ".join(figure.caption.text.replace("`", "").split())


WAYS: dict[str, Callable[[Figure], str]] = {"curves": _curves, "rows": _rows, "cells": _cells}
