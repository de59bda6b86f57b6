"""The ledger is made at an effort that finds what the default effort finds."""

from __future__ import annotations

import re

import pytest

from lstm_spec import catalog
from lstm_spec.releases import ledger, matrix
from lstm_spec.run import deviations
from tools.studies.effort import ENVIRONMENTS, FEWER, FULL, Line, failed, left, seen, tried
from tools.studies.effort.page import PAGE, cost, done, enough, missed, page
from tools.studies.effort.watch import POINTS

LINES = seen()
recorded = pytest.mark.skipif(
    any(left(LINES, name, effort) for name in ENVIRONMENTS for effort in (FULL, *FEWER)),
    reason="claims are new or changed and not yet tried in all environments: tox run -e effort",
)


@recorded
def test_ledger_takes_an_effort_that_is_enough() -> None:
    for entry in matrix.load().environment:
        for claim in catalog.claims():
            assert claim.tries(entry.effort) >= min(claim.tries(enough(LINES)), claim.cases)


@recorded
def test_page_is_made_from_what_was_seen() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


WITHOUT_ENTRY: dict[str, set[str]] = {
    "tensorflow-2.8": {"gates.unroll-agrees", "sequences.backwards", "sequences.output-is-h"},
}
"""What failed and is no recorded deviation, by the environment.

These drew stateful layers of float64 when they were tried for the study, and draw none there since.
"""


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_what_failed_at_default_effort_is_a_recorded_deviation(name: str) -> None:
    """Or it has none, as told above; nothing stands there without need, but what was edited."""
    known = {deviation.claim for deviation in deviations.at(ledger.place(ledger.find(name)))}
    unexplained = failed(LINES, name, FULL) - known
    tried_here = {line.claim for line in LINES if (line.environment, line.effort) == (name, FULL)}
    assert unexplained == WITHOUT_ENTRY.get(name, set()) & tried_here


def test_no_message_names_a_folder_of_a_machine() -> None:
    absolute = re.compile(r'File "(?:/|[A-Z]:)')
    assert [line.claim for line in LINES if absolute.search(line.message)] == []


def line(claim: str, effort: str, refuting: int, *seconds: float) -> Line:
    return Line(claim, "", ENVIRONMENTS[0], effort, "", refuting, 0, list(seconds))


def test_claim_that_fewer_cases_do_not_refute_is_missed() -> None:
    lines = [line("a.b", FULL, 4), line("a.c", FULL, 1), line("a.d", FULL, 0)]
    lines += [line("a.b", "2", 0), line("a.c", "2", 1), line("a.b", "4", 4), line("a.c", "4", 1)]
    assert failed(lines, ENVIRONMENTS[0], FULL) == {"a.b", "a.c"}
    assert missed(lines, ENVIRONMENTS[0], "2") == {"a.b"}
    assert enough(lines) == "4"


def test_only_what_failed_is_tried_on_fewer_cases() -> None:
    claim = catalog.claims()[0].id
    lines = [line(claim, FULL, 2)]
    assert claim not in {untried.id for untried in left(lines, ENVIRONMENTS[0], FULL)}
    assert [untried.id for untried in left(lines, ENVIRONMENTS[0], "2")] == [claim]
    assert left(lines, ENVIRONMENTS[1], "2") == []
    assert left([line(claim, FULL, 1)], ENVIRONMENTS[0], "2") == []


def test_table_has_the_environments_in_which_all_was_tried() -> None:
    lines = [line(claim, FULL, 0) for claim in tried()]
    assert done(lines) == [ENVIRONMENTS[0]]
    assert done(lines[1:]) == []


def test_example_counts_at_every_number_of_cases() -> None:
    lasting = line("a.b", FULL, 0, 1.0, 2.0, 4.0, 5.0)  # 8 cases in 4 s, the example in 1 s
    assert [cost(lasting, cases) for cases in POINTS] == [2.0, 3.0, 5.0, 5.0]
    assert cost(line("a.b", FULL, 0), 2) == 0.0
