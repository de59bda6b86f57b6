"""The report tells how wide a claim was tried."""

from __future__ import annotations

import numpy as np

from lstm_spec.harness.strategies import small
from lstm_spec.harness.ways import Way
from lstm_spec.run.report import MOST, Tried, in_words


def extent(*cases):
    tried = Tried()
    for case in cases:
        tried.add(case)
    return tried.extent


def test_numbers_become_a_range_and_names_a_list() -> None:
    first = {"case": small(activation="tanh"), "way": Way("called"), "more": 3}
    second = {"case": small(activation=None), "way": Way("predict"), "more": 1}
    seen = extent(first, second)
    assert seen["way"] == ["called", "predict"]
    assert seen["activation"] == ["None", "tanh"]
    assert (seen["more"], seen["units"], seen["mask"]) == ([1, 3], [2, 2], ["given"])
    assert (
        in_words({"way": seen["way"], "more": seen["more"]}) == "more 1 to 3; way called, predict"
    )


def test_what_picks_numbers_says_nothing() -> None:
    assert extent({"seed": 1, "pick": 2, "seeds": 3}) == {}


def test_functions_and_arrays_are_named_by_what_they_are() -> None:
    seen = extent({"f": np.tanh, "x": np.ones(2), "g": extent})
    assert seen == {"f": ["tanh"], "x": ["ndarray"], "g": ["extent"]}


def test_many_names_are_counted() -> None:
    seen = extent(*({"name": f"{k:03}"} for k in range(MOST + 2)))
    assert seen["name"][-2:] == [f"{MOST - 1:03}", "2 more"]
