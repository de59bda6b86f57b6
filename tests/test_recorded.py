"""What the ledger records is whole, and deviations.toml explains all of it."""

from __future__ import annotations

import pytest

from lstm_spec import catalog
from lstm_spec.releases import ledger, matrix
from lstm_spec.run import deviations
from lstm_spec.run.report import GOOD

ENTRIES = matrix.load().environment
REPORTS = {name: ledger.find(name) for name in ledger.names()}


def test_each_environment_of_the_matrix_has_its_report_and_no_other() -> None:
    assert sorted(REPORTS) == sorted(entry.name for entry in ENTRIES)


def test_no_verdict_is_unexplained() -> None:
    bad = [
        (name, record.claim, record.verdict)
        for name, report in REPORTS.items()
        for record in report.records
        if record.verdict not in GOOD
    ]
    assert bad == []


def test_each_deviation_was_seen_and_none_is_ambiguous() -> None:
    seen = [ledger.place(report) for report in REPORTS.values()]
    places = [*seen, *(trial.place for trial in matrix.load().tried)]
    deviations.forbid_unmatched(deviations.load(), places)
    deviations.forbid_ambiguous(deviations.load(), places)


def test_reports_are_of_the_claims_as_they_are_now() -> None:
    old = [entry.name for entry in ENTRIES if matrix.missing(entry, ledger.FOLDER)]
    if old:
        names = ", ".join(old)
        pytest.skip(f"claims or deviations were edited since: tox run -e ledger ({names})")


def test_each_claim_that_needs_no_gpu_was_observed_somewhere() -> None:
    """A new claim, or one that no environment of the ledger could try, is not yet."""
    tried = {claim for report in REPORTS.values() for claim in report.header.claims}
    observed = {
        record.claim
        for report in REPORTS.values()
        for record in report.records
        if record.verdict in ("held", "deviates")
    }
    unseen = {claim.id for claim in catalog.claims() if not claim.gpu} - observed
    assert unseen & tried == set()
    if unseen:
        pytest.skip(f"not yet observed: {', '.join(sorted(unseen))}: tox run -e ledger")


def test_ledger_is_small() -> None:
    assert sum(path.stat().st_size for path in ledger.FOLDER.iterdir()) < 2_000_000
