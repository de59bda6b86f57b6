"""A figure is drawn as well-formed SVG, with every number, as wide as a telephone."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import texts
from tools.site import figures
from tools.site.chart import WAYS, draw
from tools.site.curves import WIDTH
from tools.site.figures import Caption, Figure
from tools.studies.figures import Series

SVG = "{http://www.w3.org/2000/svg}"
FIGURES = figures.load()
WIDE, HIGH = 6.5, 10
"""About how wide a letter is, and how high a line."""
numbers = st.floats(0, 99).map(lambda number: round(number, 4))


@st.composite
def drawings(draw: st.DrawFn, names: st.SearchStrategy[str] = texts) -> Figure:
    count = draw(st.integers(1, 8))
    rows = st.lists(numbers, min_size=count, max_size=count)
    series = Series(
        [str(k) for k in range(count)], draw(st.dictionaries(names, rows, min_size=1, max_size=3)),
        draw(st.lists(st.integers(0, count - 1), unique=True)),
    )  # fmt: skip
    caption = Caption(draw(names), draw(names), draw(names), draw(st.sampled_from([*WAYS])))
    return Figure(caption, series, "")


def shown(figure: Figure) -> ElementTree.Element:
    return ElementTree.fromstring(draw(figure))


@given(drawings())
def test_every_number_is_drawn_and_told(given: Figure) -> None:
    root = shown(given)
    marks = [part for part in root.iter() if str(part.get("class"))[:3] in ("dot", "cel")]
    values = [f"{value:g}" for row in given.series.rows.values() for value in row]
    assert [str(mark.findtext(f"{SVG}title")).rpartition(": ")[2] for mark in marks] == values
    assert all(value in str(root.findtext(f"{SVG}desc")) for value in values)


@given(drawings())
def test_everything_lies_within_the_figure(given: Figure) -> None:
    root = shown(given)
    height = float(root.get("height", 0))
    assert float(root.get("width", 0)) == WIDTH
    for part in root.iter():
        x, y = (float(part.get(f"c{axis}", part.get(axis, 0))) for axis in "xy")
        wide, high = (float(part.get(name, 0)) for name in ("width", "height"))
        assert part is root or (0 <= x <= x + wide <= WIDTH and 0 <= y <= y + high <= height)


@given(drawings())
def test_hostile_words_make_no_elements(given: Figure) -> None:
    harmless = shown(replace(given, caption=Caption("", "", "", given.caption.drawn)))
    assert [part.tag for part in shown(given).iter()] == [part.tag for part in harmless.iter()]


@pytest.mark.parametrize("claim", FIGURES)
def test_no_words_overlap(claim: str) -> None:
    boxes = []
    for text in shown(FIGURES[claim]).iter(f"{SVG}text"):
        wide = WIDE * len(text.text or "")
        before = {"number": wide / 2, "scale": wide}.get(text.get("class", ""), 0.0)
        start = float(text.get("x", 0)) - before
        assert 0 <= start <= start + wide <= WIDTH
        boxes.append((start, start + wide, float(text.get("y", 0))))
    overlapping = [
        (first, second)
        for first, second in combinations(boxes, 2)
        if abs(first[2] - second[2]) < HIGH and first[0] < second[1] and second[0] < first[1]
    ]
    assert overlapping == []


def test_larger_numbers_have_stronger_colours() -> None:
    series = Series(["1", "2"], {"a": [0.0, 2.0], "b": [1.0, 0.0]})
    cells = shown(Figure(Caption("", "", drawn="cells"), series, "")).findall(f"{SVG}rect")
    assert [float(cell.get("fill-opacity", 1)) for cell in cells] == [0, 0.45, 0.23, 0]


def test_masked_timesteps_are_shaded() -> None:
    figure = FIGURES["masking.carries-state"]
    masked = [part for part in shown(figure).iter() if part.get("class") == "masked"]
    assert len(masked) == len(figure.series.masked) == 3
