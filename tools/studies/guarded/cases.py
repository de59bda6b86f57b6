"""At which case, and in which way of running, a claim refutes a pair that it refuted before.

`tox run -e guarded -- NUMBER` tries, after its pairs, each refuted one of seen.jsonl once more, on
other cases of the claim that refuted it, and keeps a line of each in cases.jsonl. It can be stopped
at any time; a line is dropped when another claim refutes the pair, or the code of either changes.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tools.studies.guarded import (
    CLAIMS,
    SEED,
    Guarded,
    Line,
    computing,
    guard_faults,
    last_lines,
    load,
)
from tools.studies.misses import watch
from tools.studies.mutants.suites import parts
from tools.studies.searches import keep, keep_only, kept

CASES = Path(__file__).with_name("cases.jsonl")


class Case(msgspec.Struct, frozen=True):
    """What of a claim's trial refuted one pair."""

    wrong: str
    guard: str
    claim: str
    code: str
    """What the digests are of the wrong LSTM and of the claim."""
    drawn: int
    """How many cases the claim draws at `default` effort."""
    case: int
    """The number of the case that refuted the pair; 0, if none did."""
    part: str
    """"case", "list" (a case for an element that chance left out) or "example"; "", if none."""
    way: str = ""
    """The way of running that was drawn."""


def pairs() -> dict[tuple[str, str], Line]:
    """Return the pairs that a claim of today refutes."""
    return {(line.wrong, line.guard): line for line in last_lines() if line.refuted_by in CLAIMS}


def code(line: Line) -> str:
    """Return the digests of a pair's wrong LSTM and of the claim that refuted it."""
    return f"{line.code} {CLAIMS[line.refuted_by].code}"


def seen(file: Path = CASES) -> list[Case]:
    """Return what was seen of the pairs as they are now."""
    now = {pair: (line.refuted_by, code(line)) for pair, line in pairs().items()}
    return [
        case
        for case in kept(file, Case)
        if now.get((case.wrong, case.guard)) == (case.claim, case.code)
    ]


def search(file: Path = CASES) -> Iterator[Case]:
    """Drop the lines of what has changed, try the pairs that have none, and keep each line."""
    lines = seen(file)
    keep_only(file, lines)
    done = {(case.wrong, case.guard) for case in lines}
    for pair, line in pairs().items():
        if pair not in done:
            case = meet(line)
            keep(file, case)
            yield case


def meet(line: Line) -> Case:
    """Try the claim that refuted a pair, and say what of its trial does."""
    claim = CLAIMS[line.refuted_by]
    test = load(claim.id)
    drawn = (
        test._hypothesis_internal_use_settings.max_examples if hasattr(test, "hypothesis") else 1
    )
    facts = (line.wrong, line.guard, claim.id, code(line), drawn)
    with pytest.MonkeyPatch.context() as patch:
        cases_tried = watch(patch, test, SEED)
        computing()[line.wrong][0](Guarded(patch))  # type: ignore[arg-type]
        guard_faults(patch, line.guard)
        for part, run in parts(importlib.import_module(claim.module), test):
            try:
                run()
            except Exception:
                way = cases_tried[-1].get("way", "") if cases_tried else ""
                return Case(*facts, max(len(cases_tried), 1), part, getattr(way, "name", str(way)))
    return Case(*facts, 0, "")
