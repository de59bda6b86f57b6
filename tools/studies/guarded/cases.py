"""At which case, and in which way of running, a claim refutes a pair that it refuted before.

`tox run -e guarded -- NUMBER` tries, after its pairs, each refuted one of seen.jsonl once more, on
other cases of the claim that refuted it, and keeps a line of each in cases.jsonl. It can be stopped
at any time; a line is dropped when another claim refutes the pair, or the code of either changes.
"""

from __future__ import annotations

import functools
import importlib
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
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
from tools.studies.mutants import suites
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
    """Return the pairs that are refuted."""
    return {(line.wrong, line.guard): line for line in last_lines() if line.refuted_by}


def code(line: Line) -> str:
    """Return the digests of a pair's wrong LSTM and of the claim that refuted it."""
    claim = CLAIMS.get(line.refuted_by)
    return f"{line.code} {claim.code if claim else ''}"


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
    keep_only(file, seen(file))
    done = {(case.wrong, case.guard) for case in seen(file)}
    for pair, line in pairs().items():
        if pair not in done and line.refuted_by in CLAIMS and line.wrong in computing():
            case = meet(line)
            keep(file, case)
            yield case


def meet(line: Line) -> Case:
    """Try the claim that refuted a pair, and say what of its trial does."""
    claim = line.refuted_by
    test = load(claim)
    given = getattr(test, "hypothesis", None)
    original = given.inner_test if given else test
    drawn = test._hypothesis_internal_use_settings.max_examples if given else 1
    part = "case"
    count = 0
    way: Any = ""

    def counted(*args: Any, **arguments: Any) -> None:
        nonlocal count, way
        count += 1
        way = arguments.get("way", "")
        original(*args, **arguments)

    def begun(name: str, function: Callable[[Any], None]) -> Callable[[Any], None]:
        def noted(test: Any) -> None:
            nonlocal part
            part = name
            function(test)

        return noted

    if given:
        hypothesis.seed(SEED)(test)
    random.seed(SEED)  # Keras takes from it the seeds of what no case holds
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(suites, "try_rest", begun("list", suites.try_rest))
        patch.setattr(suites, "run_example", begun("example", suites.run_example))
        if given:
            patch.setattr(given, "inner_test", functools.wraps(original)(counted))
        computing()[line.wrong][0](Guarded(patch))  # type: ignore[arg-type]
        guard_faults(patch, line.guard)
        try:
            suites.try_whole(importlib.import_module(CLAIMS[claim].module), test)
        except Exception:
            name = getattr(way, "name", str(way))
            return Case(line.wrong, line.guard, claim, code(line), drawn, count, part, name)
    return Case(line.wrong, line.guard, claim, code(line), drawn, 0, "")
