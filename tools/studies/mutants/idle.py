"""Every claim refutes a mutant, though another may have been quicker.

Run by `tox run -e mutants` after the mutants; it tries each claim that was the first to refute
none on the mutants that it reaches and that others refuted.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tools.studies.mutants.mutants import Mutant, mutants, put
from tools.studies.mutants.record import Coverage, append, read
from tools.studies.mutants.suites import Trial, claims, failure, leave_if_spoilt

FOLDER = Path(__file__).parent
REFUTED = {line["mutant"]: line["refuted_by"] for line in read(FOLDER / "claims.jsonl")}
IDLE = FOLDER / "idle.jsonl"
BUSY = set(REFUTED.values()) | {line["claim"] for line in read(IDLE) if line["refutes"]}
MOST = 60
"""How many mutants a claim is tried on before it counts as idle."""


@pytest.fixture(scope="session")
def coverage() -> Coverage:
    return Coverage(Path(os.environ["MUTATION"], "claims-coverage.jsonl"), claims())


@pytest.mark.parametrize("claim", sorted(claims()))
def test_claim_refutes_some_mutant(claim: str, coverage: Coverage) -> None:
    if claim in BUSY:
        return
    reached = [m for m in mutants() if REFUTED.get(m.id) and coverage.reaches(claim, m)]
    reached.sort(key=lambda mutant: -coverage.about(mutant, claim))
    refutes = next((m.id for m in reached[:MOST] if refuted(m, claims()[claim])), "")
    append(IDLE, claim=claim, refutes=refutes, reaches=len(reached))
    assert refutes, f"refutes none of the {len(reached)} mutants that it reaches"


def refuted(mutant: Mutant, trial: Trial) -> bool:
    """Say whether a trial refutes a mutant."""
    with put(mutant):
        failed = failure(trial)
    if failed:
        leave_if_spoilt(trial)
    return bool(failed)
