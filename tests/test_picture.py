"""An LSTM is drawn as well-formed SVG, with every node and connection, each as strong as it is."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_spec.answers.constructor import CallError, input_shape, layer
from lstm_spec.answers.picture import (
    LARGEST,
    MOST,
    SEED,
    Picture,
    UnmeasuredError,
    draw,
    measure,
    picture_of,
    shown,
)

SVG = "{http://www.w3.org/2000/svg}"
numbers = st.integers(1, 12)
plain = st.just("LSTM(2)")
WIDE = 7.5
"""About how wide a letter is; a wide one in small print, a narrow one in large."""


@st.composite
def pictures(draw: st.DrawFn, titles: st.SearchStrategy[str] = plain) -> Picture:
    return Picture(
        draw(titles), "(batch, 3, 1) → (batch, 2)", draw(numbers), draw(st.integers(0, 12)),
        draw(numbers), draw(st.booleans()), draw(st.booleans()),
        draw(st.sampled_from(["", "kept h, c"])), draw(st.sampled_from(["", "returned h, c"])),
    )  # fmt: skip


def drawn(size: int) -> int:
    return sum(position is not None for position in shown(size))


def kinds(root: ElementTree.Element, name: str) -> Counter[str]:
    return Counter(str(part.get("class")) for part in root.iter(f"{SVG}{name}"))


@given(pictures())
def test_every_node_is_drawn_once(given: Picture) -> None:
    circles = kinds(ElementTree.fromstring(draw(given)), "circle")
    steps, units, features = map(drawn, (given.timesteps, given.units, given.features))
    assert circles["unit"] == steps * units
    assert circles["feature"] == steps * features
    assert circles["output"] == units * (steps if given.sequences else 1)
    assert circles["state"] == units * (bool(given.start) + bool(given.end))


@given(pictures())
def test_every_feature_is_joined_to_every_unit(given: Picture) -> None:
    lines = kinds(ElementTree.fromstring(draw(given)), "line")
    steps, units, features = map(drawn, (given.timesteps, given.units, given.features))
    legend = features > 0
    assert lines["input"] - legend == steps * units * features


@given(pictures())
def test_every_unit_hands_h_to_all_units_and_c_to_itself(given: Picture) -> None:
    root = ElementTree.fromstring(draw(given))
    units = drawn(given.units)
    steps = drawn(given.timesteps)
    between = steps - 1 - (given.timesteps > MOST) + bool(given.start)
    legend = len(given.read) > 1
    assert kinds(root, "line")["h"] - legend == units * (units * between + bool(given.end))
    assert kinds(root, "path")["c"] == units * (between + bool(given.end))


@given(pictures())
def test_no_words_overlap(given: Picture) -> None:
    rows: dict[float, list[tuple[float, float]]] = {}
    for text in ElementTree.fromstring(draw(given)).iter(f"{SVG}text"):
        x = float(text.get("x", 0))
        y = float(text.get("y", 0))
        wide = WIDE * len(text.text or "")
        start = x - wide / 2 if text.get("class") in ("middle", "inside") else x
        rows.setdefault(y, []).append((start, start + wide))
    for row in map(sorted, rows.values()):
        assert all(end < start for (_, end), (start, _) in pairwise(row))


@given(pictures())
def test_everything_lies_within_the_picture(given: Picture) -> None:
    root = ElementTree.fromstring(draw(given))
    width = float(root.get("width", 0))
    height = float(root.get("height", 0))
    for circle in root.iter(f"{SVG}circle"):
        assert 12 <= float(circle.get("cx", 0)) <= width - 12
        assert 12 <= float(circle.get("cy", 0)) <= height - 12


@given(pictures(st.text(max_size=40)))
def test_hostile_words_make_no_elements(given: Picture) -> None:
    root = ElementTree.fromstring(draw(given))
    harmless = ElementTree.fromstring(draw(replace(given, title="")))
    assert [part.tag for part in root.iter()] == [part.tag for part in harmless.iter()]


def test_script_stays_text() -> None:
    hostile = "</title><script>alert(1)</script>\0\"'&"
    text = draw(Picture(hostile, hostile, 1, 1, 1, notes=(hostile,)))
    root = ElementTree.fromstring(text)
    assert "<script" not in text
    assert root.findtext(f"{SVG}title") == hostile.replace("\0", "\N{REPLACEMENT CHARACTER}")


def test_picture_is_named_and_described() -> None:
    root = ElementTree.fromstring(draw(Picture("LSTM(2)", "", 3, 1, 2)))
    assert root.findtext(f"{SVG}title") == "LSTM(2)"
    assert "3 timesteps, 1 features, 2 units." in str(root.findtext(f"{SVG}desc"))
    assert "prefers-color-scheme:dark" in str(root.findtext(f"{SVG}style"))


def test_same_picture_is_the_same_text() -> None:
    strengths = {(t, 0): [0.25, 0.5] for t in range(3)}
    given = Picture("LSTM(2)", "", 3, 1, 2, strengths=strengths)
    assert draw(given) == draw(given)


def test_strong_connections_have_broad_strokes() -> None:
    strengths = {(0, 0): [0.0, 0.5], (1, 0): [0.25, 1.0]}
    root = ElementTree.fromstring(draw(Picture("", "", 2, 1, 2, strengths=strengths)))
    lines = [line for line in root.iter(f"{SVG}line") if line.find(f"{SVG}title") is not None]
    widths = [float(line.get("stroke-width", 0)) for line in lines]
    assert widths[0] < widths[2] < widths[1] < widths[3]
    assert lines[1].findtext(f"{SVG}title") == "unit 2 by feature 1 of timestep 1: 0.5"


def test_backwards_the_first_timestep_has_the_output_and_the_last_row() -> None:
    final = Picture("", "", 3, 1, 1, backwards=True)
    rows = ElementTree.fromstring(draw(Picture("", "", 3, 1, 1, True, True)))
    output = ElementTree.fromstring(draw(final)).find(f".//{SVG}circle[@class='output']")
    assert float(output.get("cx")) == final.at(0, 0).x
    texts = [str(text.text) for text in rows.iter(f"{SVG}text")]
    assert [text for text in texts if text.startswith("row ")] == ["row 3", "row 2", "row 1"]


def pictured(call: str, size: str, *, measured: bool = False) -> Picture:
    return picture_of(layer(call, input_shape(size)), measured=measured)


def test_open_length_is_drawn_with_three_timesteps_and_says_so() -> None:
    picture = pictured("LSTM(2)", "None,2")
    assert (picture.timesteps, picture.subtitle) == (3, "(batch, timesteps, 2) → (batch, 2)")
    assert "Any number of timesteps; 3 are drawn." in picture.notes


def test_states_are_drawn_where_they_are_kept_or_returned() -> None:
    assert pictured("LSTM(1, stateful=True)", "1,1").start == "kept h, c"
    assert pictured("LSTM(1, return_state=True)", "1,1").end == "returned h, c"
    assert "It starts from h and c of zeros." in pictured("LSTM(1)", "1,1").notes


def test_strokes_are_equal_unless_strengths_are_asked_for() -> None:
    assert pictured("LSTM(2)", "3,1").strengths is None


def test_strengths_are_measured_and_their_largest_is_reported() -> None:
    picture = pictured("LSTM(2)", "3,1", measured=True)
    largest = max(max(values) for values in picture.strengths.values())
    assert f"here up to {largest:.2g}" in picture.notes[-1]


def test_what_cannot_be_measured_is_drawn_evenly_and_says_why() -> None:
    picture = pictured("LSTM(2, activation='threshold')", "3,1", measured=True)
    assert picture.strengths is None
    assert "nothing was measured: Keras raises TypeError" in picture.notes[-1]


def test_two_directions_are_not_drawn() -> None:
    with pytest.raises(CallError, match="give --draw the LSTM in it"):
        pictured("Bidirectional(LSTM(2))", "3,1")


# How strong the connections are


CUBE = {
    "units": 1, "activation": None, "recurrent_activation": None, "use_bias": False,
    "kernel_initializer": "ones",
}  # fmt: skip


def test_a_derivative_that_is_known() -> None:
    """Without activations, from zeros, h is x ** 3 if all weights are one."""
    x = np.random.RandomState(SEED).uniform(-1, 1)
    assert measure(CUBE, 1, 1, [(0, 0)])[0, 0] == pytest.approx([3 * x**2], rel=1e-6)


def test_every_timestep_counts_for_every_unit() -> None:
    places = [(t, f) for t in range(3) for f in range(2)]
    measured = measure({"units": 2}, 3, 2, places)
    assert list(measured) == places
    assert all(value > 0 for values in measured.values() for value in values)


def test_nothing_counts_with_a_kernel_of_zeros() -> None:
    assert measure({"units": 2, "kernel_initializer": "zeros"}, 1, 1, [(0, 0)]) == {(0, 0): [0, 0]}


def test_flags_of_what_is_returned_do_not_matter() -> None:
    flags = {"return_sequences": True, "return_state": True, "stateful": True, "name": "a"}
    places = [(0, 0), (1, 0)]
    assert measure({"units": 2, **flags}, 2, 1, places) == measure({"units": 2}, 2, 1, places)


@pytest.mark.parametrize(
    ("arguments", "places", "why"),
    [
        ({"units": 1}, [], "there are no features"),
        ({"units": LARGEST}, [(0, 0)], "too large"),
        ({"units": 1, "dtype": "float32", "activation": "Tanh"}, [(0, 0)], "Keras raises ValueErr"),
    ],
)
def test_what_cannot_be_measured(
    arguments: dict[str, object], places: list[tuple[int, int]], why: str
) -> None:
    with pytest.raises(UnmeasuredError, match=why):
        measure(arguments, 1, 1, places)


def test_without_keras_the_picture_says_so(tmp_path: Path) -> None:
    file = tmp_path / "a.svg"
    program = "import sys; sys.modules['keras'] = None; from lstm_spec import cli;"
    program += (
        f"sys.exit(cli.main(['explain', 'LSTM(2)', '--input=3,1', '--draw={file}', '--strengths']))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
    assert "nothing was measured: there is no module keras" in file.read_text(encoding="utf-8")
