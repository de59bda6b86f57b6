"""Every mutant is refuted by a claim (or, for comparison, by a test of Keras').

Run by `tox run -e mutants`, with SUITE what is tried on which mutants; pytest finds this file only
when it is named. What was seen of a mutant is kept, so a run that was stopped goes on where it was.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from tools.studies.mutants import survivors
from tools.studies.mutants.mutants import Field, Mutant, mutants, put
from tools.studies.mutants.record import Coverage, append, cover, read, results
from tools.studies.mutants.suites import SUITES, failure, leave_if_spoilt

SUITE = os.environ.get("SUITE", "claims")
FIELD: Field = "guarded" if "guarded" in SUITE else "models" if SUITE == "models" else "layers"
RESULTS = Path(__file__).with_name(f"{SUITE}.jsonl")
COVERAGE = Path(os.environ["MUTATION"], f"{SUITE}-coverage.jsonl")
STARTED = Path(os.environ["MUTATION"], f"{SUITE}-started.jsonl")
REFUTERS = {line["mutant"]: line["refuted_by"] for line in read(RESULTS.with_name("claims.jsonl"))}
"""By a mutant that is always in place the claim that refuted it, which is the first to be tried."""
PATIENCE = float(os.environ.get("PATIENCE", "inf"))
"""Seconds of processor time after which no further trial is begun on a mutant."""
AGAIN = "AGAIN" in os.environ
"""Whether what nothing has refuted is tried once more, for claims that were widened since."""
DONE = {
    name: seen
    for name, seen in results(RESULTS, STARTED, PATIENCE).items()
    if seen["refuted_by"] or not AGAIN
}
MIXED = sorted(mutants(FIELD), key=lambda m: (bool(survivors.reason(m)), crc32(m.id.encode())))
"""In an order that mixes the modules, so that a run that is stopped has tried a fair sample.

Those of which it is said that they cannot be observed come last.
"""
CHOSEN = MIXED[:100] if SUITE == "keras-guarded" else MIXED


@pytest.fixture(scope="session")
def coverage() -> Coverage:
    return Coverage(COVERAGE, SUITES[SUITE]())


@pytest.mark.parametrize("mutant", CHOSEN, ids=[mutant.id for mutant in CHOSEN])
def test_mutant_is_refuted(mutant: Mutant, request: pytest.FixtureRequest) -> None:
    seen = DONE.get(mutant.id) or attack(mutant, request.getfixturevalue("coverage"))
    if "keras" not in SUITE and not seen["refuted_by"] and (why := survivors.reason(mutant)):
        pytest.xfail(why)
    assert seen["refuted_by"], f"{seen['tried']} trials were in vain"


def attack(mutant: Mutant, coverage: Coverage) -> dict[str, Any]:
    """Try what reaches a mutant until something refutes it."""
    began = time.process_time()
    names = coverage.trials(mutant)
    names.sort(key=REFUTERS.get(replace(mutant, guard="").id, "").__ne__)
    trials = SUITES[SUITE]()
    append(STARTED, started=mutant.id)
    refuted_by = ""
    tried = 0
    with put(mutant):
        while not refuted_by and tried < len(names) and time.process_time() - began < PATIENCE:
            refuted_by = names[tried] if failure(trials[names[tried]]) else ""
            tried += 1
    if refuted_by:
        leave_if_spoilt(trials[refuted_by])
    coverage.refuted[mutant.function, refuted_by] += 1
    seconds = round(time.process_time() - began, 2)
    facts = {"tried": tried, "reach": len(names), "seconds": seconds}
    seen = {"mutant": mutant.id, "refuted_by": refuted_by, **facts}
    append(RESULTS, **seen)
    return seen


if __name__ == "__main__":
    cover(COVERAGE, SUITES[SUITE](), FIELD)
