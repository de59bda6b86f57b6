"""Every claim refutes a mutant, though another may have been quicker.

Run by `tox run -e teeth` after the mutants; it tries each claim that was the first to refute
none on the mutants that it reaches and that others refuted.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mutation.mutants import mutants, put
from mutation.record import Coverage, append, read
from mutation.suites import claims, failure

FOLDER = Path(__file__).parent
REFUTED = {line["mutant"]: line["refuted_by"] for line in read(FOLDER / "claims.jsonl")}
IDLE = FOLDER / "idle.jsonl"
BUSY = set(REFUTED.values()) | {line["claim"] for line in read(IDLE) if line["refutes"]}
MOST = 60
"""How many mutants a claim is tried on before it counts as idle."""


@pytest.mark.parametrize("claim", sorted(claims()))
def test_claim_refutes_some_mutant(claim: str) -> None:
    if claim in BUSY:
        return
    trial = claims()[claim]
    coverage = Coverage(Path(os.environ["MUTATION"], "claims-coverage.jsonl"), {claim: trial})
    reached = [m for m in mutants() if REFUTED.get(m.id) and coverage.trials(m)]
    reached.sort(key=lambda mutant: -coverage.about(mutant, claim))
    refutes = ""
    for mutant in reached[:MOST]:
        with put(mutant):
            failed = failure(trial)
        if failed and failure(trial):
            os._exit(1)  # the mutant left something behind: go on in a clean interpreter
        if failed:
            refutes = mutant.id
            break
    append(IDLE, claim=claim, refutes=refutes, reaches=len(reached))
    assert refutes, f"refutes none of the {len(reached)} mutants that it reaches"
