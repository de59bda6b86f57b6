"""The page of releases tells what the reports of the ledger say."""

from __future__ import annotations

import pytest

from lstm_spec.releases import ledger
from lstm_spec.run.report import Record
from reports import report
from tools.studies import releases as history

HELD = Record("a.held", "held", 0.1)
REFUTED = Record("a.broken", "refuted", 0.1, message="off by <b>2</b>")
REPORTS = {
    "keras-3.8": report(HELD, Record("a.broken", "held", 0.1)),
    "keras-3.9": report(HELD, REFUTED),
    "keras-3.10": report(HELD, REFUTED),
    "backend-jax": report(HELD, Record("a.broken", "not applicable", 0.1)),
}


def test_change_is_told_at_the_release_that_brought_it() -> None:
    page = history.page(REPORTS)
    change = "- **keras-3.8 to keras-3.9**:\n  - `a.broken`: held, now refuted. off by "
    assert change in page
    assert "- **keras-3.9 to keras-3.10**: nothing." in page
    assert "backend-jax to" not in page


def test_what_a_report_holds_is_escaped() -> None:
    assert "<b>" not in history.page(REPORTS)
    evil = "`<b>|"
    held, refuted = (Record(evil, verdict, 0.1) for verdict in ("held", "refuted"))
    facts = {"python": evil, "effort": evil, "packages": {"keras": evil}}
    page = history.page({f"{evil}-1": report(held, **facts), f"{evil}-2": report(refuted, **facts)})
    assert page.count(r"\`&lt;b&gt;\|") == page.count("b&gt;") > 8
    assert "<b" not in page


def test_claims_that_hold_everywhere_are_counted_and_the_others_listed() -> None:
    page = history.page(REPORTS)
    assert "1 of 2 claims hold in every\nenvironment." in page
    assert "| `a.broken` | Keras 3.8 | Keras 3.9 to 3.10 | backend jax |" in page


def test_newest_release_comes_first_and_no_column_is_empty() -> None:
    page = history.page(REPORTS)
    names = ("keras-3.10", "keras-3.9", "keras-3.8", "backend-jax")
    places = [page.index(f"| {name} |") for name in names]
    assert places == sorted(places)
    assert page.index("keras-3.9 to keras-3.10") < page.index("keras-3.8 to keras-3.9")
    assert "| effort | held | refuted | not applicable |\n" in page


def test_page_is_made_from_the_ledger() -> None:
    if not ledger.names():
        pytest.skip("the ledger is empty: tox run -e ledger")
    reports = {name: ledger.find(name) for name in ledger.names()}
    assert history.PAGE.read_text(encoding="utf-8") == history.page(reports)
