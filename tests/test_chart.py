"""A figure is drawn as well-formed SVG, with every number, as wide as a telephone."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import texts
from tools.site import figures
from tools.site.chart import WIDTH, draw
from tools.site.figures import Figure, Told
from tools.studies.figures import Series

SVG = "{http://www.w3.org/2000/svg}"
FIGURES = figures.load()
WIDE = 6.5
"""About how wide a letter is."""
numbers = st.floats(0, 99).map(lambda number: round(number, 4))


@st.composite
def drawings(draw: st.DrawFn, names: st.SearchStrategy[str] = texts) -> Figure:
    count = draw(st.integers(1, 8))
    rows = st.lists(numbers, min_size=count, max_size=count)
    series = Series(
        [str(k) for k in range(count)], draw(st.dictionaries(names, rows, min_size=1, max_size=3)),
        draw(st.lists(st.integers(0, count - 1), unique=True)),
    )  # fmt: skip
    return Figure(Told(draw(names), draw(names), draw(names), draw(st.booleans())), series, "")


def shown(figure: Figure) -> ElementTree.Element:
    return ElementTree.fromstring(draw(figure))


@given(drawings())
def test_every_number_is_drawn_and_told(given: Figure) -> None:
    root = shown(given)
    marks = [part for part in root.iter() if part.get("class") in ("dot", "cell")]
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
    harmless = shown(replace(given, told=Told("", "", "", given.told.cells)))
    assert [part.tag for part in shown(given).iter()] == [part.tag for part in harmless.iter()]


@pytest.mark.parametrize("claim", FIGURES)
def test_no_words_overlap(claim: str) -> None:
    rows: dict[float, list[tuple[float, float]]] = {}
    for text in shown(FIGURES[claim]).iter(f"{SVG}text"):
        wide = WIDE * len(text.text or "")
        before = {"name": 0.0, "number": wide / 2, "scale": wide}[text.get("class", "")]
        start = float(text.get("x", 0)) - before
        assert 0 <= start <= start + wide <= WIDTH
        rows.setdefault(float(text.get("y", 0)), []).append((start, start + wide))
    for row in map(sorted, rows.values()):
        assert all(end <= start for (_, end), (start, _) in pairwise(row))
    assert all(after - before >= 10 for before, after in pairwise(sorted(rows)))


def test_larger_numbers_have_stronger_colours() -> None:
    series = Series(["1", "2"], {"a": [0.0, 2.0], "b": [1.0, 0.0]})
    cells = shown(Figure(Told("", "", cells=True), series, "")).findall(f"{SVG}rect")
    assert [float(cell.get("fill-opacity", 1)) for cell in cells] == [0, 0.45, 0.23, 0]


def test_masked_timesteps_are_shaded() -> None:
    figure = FIGURES["masking.carries-state"]
    masked = [part for part in shown(figure).iter() if part.get("class") == "masked"]
    assert len(masked) == len(figure.series.masked) == 3
