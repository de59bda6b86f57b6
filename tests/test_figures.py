"""The figures show what real Keras does; their numbers are those that are recorded."""

from __future__ import annotations

import pytest

from lstm_spec import catalog
from lstm_spec.harness.tolerance import ROUNDING
from tools.site import figures as texts
from tools.studies import figures
from tools.studies.figures import lessons, runs

SERIES = figures.load().series
RUNS = runs.RUNS | lessons.RUNS
ROUNDED = {"precision.long-sequences", "precision.chaos"}
"""Where rounding is to be seen, which differs from one processor to another."""


@pytest.mark.parametrize("claim", sorted(RUNS.keys() - ROUNDED))
def test_recorded_numbers_are_what_keras_does(claim: str) -> None:
    assert RUNS[claim]() == SERIES[claim]


def recorded_and_here(claim: str) -> list[figures.Series]:
    return [SERIES[claim], RUNS[claim]()]


def test_error_of_default_weights_does_not_grow_with_time() -> None:
    for seen in recorded_and_here("precision.long-sequences"):
        assert seen.places[-1] == "512"
        assert max(seen.rows["a new layer"]) <= ROUNDING
        assert seen.rows["large weights"][-1] > 1000 * int(seen.places[-1])


def test_large_weights_leave_no_digit_right() -> None:
    for seen in recorded_and_here("precision.chaos"):
        small, large = seen.rows.values()
        assert min(small) > 5.5
        assert large[0] > 6
        assert max(large[29:]) < 1


def test_every_figure_shows_a_claim_and_has_numbers() -> None:
    known = {claim.id for claim in catalog.claims()}
    assert texts.load().keys() == SERIES.keys() == RUNS.keys() <= known


def test_figure_says_with_what_it_was_made() -> None:
    recorded = figures.load()
    keras, tensorflow = (recorded.packages[name] for name in ("keras", "tensorflow"))
    origin = f"Keras {keras} and TensorFlow {tensorflow}, {recorded.made}"
    assert {drawing.made for drawing in texts.load().values()} == {origin}


def test_every_chapter_has_a_figure_and_there_are_forty() -> None:
    shown = [claim.partition(".")[0] for claim in texts.load()]
    assert set(shown) == set(catalog.chapters())
    assert len(shown) >= 40
