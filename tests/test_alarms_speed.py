"""No ratio left its range on a quiet machine or a loaded one, and the page says so."""

from __future__ import annotations

from collections import Counter

import pytest

from tools.studies.alarms.pace import PAGE, margin, page, spread
from tools.studies.alarms.speed import RUNS, Line, busy, claims, seen

LINES = seen()
TRIED = Counter(line.claim for line in LINES)
recorded = pytest.mark.skipif(
    any(TRIED[claim] < len(RUNS) for claim in claims()),
    reason="claims are new or changed and not yet tried in every run: tox run -e spreads",
)


def line(ratio: float, low: float = 1.0) -> Line:
    return Line("speed.batch", "", 1, False, low, ratio, 100.0, "here")


def test_no_ratio_left_its_range() -> None:
    assert [(line.claim, line.run, line.ratio) for line in LINES if line.refuted] == []


@recorded
def test_half_of_the_runs_were_loaded() -> None:
    assert Counter((line.claim, line.loaded) for line in LINES) == {
        (claim, loaded): len(RUNS) // 2 for claim in claims() for loaded in (False, True)
    }


@recorded
def test_page_is_made_from_what_was_seen() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


@pytest.mark.parametrize(
    ("ratio", "refuted"), [(0.99, True), (1, False), (100, False), (101, True)]
)
def test_ratio_out_of_its_range_is_a_refutation(ratio: float, refuted: bool) -> None:
    assert line(ratio).refuted is refuted


def test_spread_is_smallest_median_and_largest() -> None:
    assert spread([line(8), line(2), line(3.14159)]) == "2 / 3.14 / 8"


def test_margin_counts_deviations_to_the_nearer_end() -> None:
    assert margin([line(ratio) for ratio in (2, 4, 8)]) == pytest.approx(2)
    assert margin([line(ratio, low=0) for ratio in (0, 10, 20)]) == pytest.approx(9)


def test_load_begins_and_ends_with_the_run() -> None:
    with busy(True) as process:
        assert process.poll() is None
    assert process.poll() is not None
    with busy(False) as process:
        assert process is None
