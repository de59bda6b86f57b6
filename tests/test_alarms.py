"""No claim was refuted by unchanged Keras, and no bound is loose without a reason."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from tools.studies.alarms import SEEDS, Line, digests, effort, searched, seen
from tools.studies.alarms.page import PAGE, Seen, nearest, page, reasons

LINES = seen()
TRIED = Counter(line.claim for line in LINES)
recorded = pytest.mark.skipif(
    any(TRIED[claim.id] < len(SEEDS) for claim in searched()),
    reason="claims are new or changed and not yet tried with every seed: tox run -e alarms",
)


@recorded
def test_every_property_was_tried_on_many_cases_or_on_all_there_are() -> None:
    cases: dict[str, list[int]] = defaultdict(list)
    for line in LINES:
        if line.cases > 1 and line.verdict == "held":
            cases[line.claim].append(line.cases)
    wanted = {claim.id: claim.tries(effort(claim)) * len(SEEDS) for claim in searched()}
    few = {claim: seen for claim, seen in cases.items() if sum(seen) < wanted[claim]}
    assert {claim for claim, seen in few.items() if len(set(seen)) > 1} == set()


def test_no_claim_was_refuted_that_does_not_deviate() -> None:
    bad = {"refuted", "crashed", "timed out"}
    assert [(line.claim, line.seed) for line in LINES if line.verdict in bad] == []


@recorded
def test_loose_bounds_are_those_that_have_a_reason() -> None:
    loose = {claim for claim, near in nearest(LINES).items() if near.loose}
    explained = [claim for reason in reasons() for claim in reason.claims]
    assert sorted(explained) == sorted(loose)


@recorded
def test_page_is_made_from_what_was_seen() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_nearest_error_is_the_largest_part_of_its_bound() -> None:
    lines = [
        Line("a.b", "", seed, verdict, 100, error, bound)
        for seed, (verdict, error, bound) in enumerate(
            [("held", 1.0, 16.0), ("held", 2.0, 64.0), ("deviates", 90.0, 16.0)]
        )
    ]
    assert nearest(lines) == {"a.b": Seen(1.0, 16.0)}


@pytest.mark.parametrize(("error", "loose"), [(0.0, True), (0.3, True), (0.33, False)])
def test_bound_is_loose_beyond_fifty_times_the_error(error: float, loose: bool) -> None:
    assert Seen(error, 16.0).loose is loose


def test_digest_is_of_the_code_of_each_claim() -> None:
    assert set(digests()) == {claim.id for claim in searched()}
    assert len(set(digests().values())) > 0.98 * len(digests())
