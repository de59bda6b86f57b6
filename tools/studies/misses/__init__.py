"""No miss: each wrong LSTM of teeth/ tried at default effort with ten seeds.

`tox run -e misses` can be stopped at any time, and resumes where it left off. The results are kept
in seen.jsonl, a line a claim and wrong LSTM; a line is dropped when the code of either changes.
Where Keras itself breaks the claim, the wrong LSTM is tried on the Keras that teeth/repairs.py
makes, or not at all.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import msgspec
import pytest
from hypothesis.errors import FlakyFailure

from lstm_spec import catalog
from lstm_spec.claims.conftest import claimed, effort, lacking
from lstm_spec.harness.effort import cases
from lstm_spec.run import deviations
from teeth import Wrong, all_wrong, claim_test
from teeth.repairs import REPAIRS
from tools.studies.searches import keep, keep_only, kept

SEEN = Path(__file__).with_name("seen.jsonl")
SEEDS = range(1, 11)
CLAIMS = {claim.id: claim for claim in catalog.claims()}


class Line(msgspec.Struct):
    """How one claim met one wrong LSTM."""

    claim: str
    wrong: str
    code: str
    """A digest of the claim, its example, the wrong LSTM and the repair below it."""
    cases: list[int]
    """By seed: the number of the case that refuted it; 0, where none did."""


def wrongs() -> dict[tuple[str, str], Wrong]:
    """Return the wrong LSTMs, by the claim that must refute each, and their name."""
    return {(wrong.claim, wrong.put.__name__): wrong for wrong in all_wrong()}


def tried() -> dict[tuple[str, str], Wrong]:
    """Return those whose claim can be tried here, and holds on Keras as it is or is repaired."""
    return {
        name: wrong
        for name, wrong in wrongs().items()
        if not lacking(claim_test(CLAIMS[wrong.claim]))
        and (wrong.claim in REPAIRS or not deviations.known(wrong.claim))
    }


def digest(wrong: Wrong) -> str:
    """Return a digest of the code of a wrong LSTM, of its claim, and of the repair below it."""
    code = CLAIMS[wrong.claim].code + inspect.getsource(wrong.put)
    if repair := REPAIRS.get(wrong.claim):
        code += inspect.getsource(repair)
    return hashlib.sha256(code.encode()).hexdigest()[:16]


def seen(file: Path = SEEN) -> list[Line]:
    """Return what was seen of the claims and the wrong LSTMs as they are now."""
    now = {name: digest(wrong) for name, wrong in wrongs().items()}
    return [line for line in kept(file, Line) if now.get((line.claim, line.wrong)) == line.code]


def search(file: Path = SEEN) -> Iterator[Line]:
    """Drop the lines of what has changed, try what is not seen yet, and keep each line."""
    lines = seen(file)
    keep_only(file, lines)
    done = {(line.claim, line.wrong) for line in lines}
    for name, wrong in tried().items():
        if name not in done:
            line = Line(*name, digest(wrong), [meet(wrong, seed) for seed in SEEDS])
            keep(file, line)
            yield line


def meet(wrong: Wrong, seed: int) -> int:
    """Try a claim on a wrong LSTM, and return the number of the case that refuted it, or 0."""
    test = load(wrong.claim)
    with pytest.MonkeyPatch.context() as patch:
        cases_tried = watch(patch, test, seed)
        if deviations.known(wrong.claim):
            REPAIRS[wrong.claim](patch)
        wrong.put(patch)
        try:
            test()
        except Exception as error:
            # Hypothesis reports this of a wrong LSTM that is not wrong in the same way each time.
            errors = error.exceptions if isinstance(error, FlakyFailure) else [error]
            refuted = any(isinstance(error, wrong.raises) for error in errors)
            return max(len(cases_tried), 1) if refuted else 0
    return 0


def watch(patch: pytest.MonkeyPatch, test: Any, seed: int) -> list[dict[str, Any]]:
    """Return a list that the arguments of each case come into; it stays empty if none is drawn.

    Args:
        patch: takes back what it puts into the test.
        test: of a claim.
        seed: decides which cases are drawn, and what Keras draws.
    """
    seen: list[dict[str, Any]] = []
    if given := getattr(test, "hypothesis", None):
        original = given.inner_test

        @functools.wraps(original)
        def watched(*args: Any, **arguments: Any) -> None:
            seen.append(arguments)
            original(*args, **arguments)

        patch.setattr(given, "inner_test", watched)
        hypothesis.seed(seed)(test)
    random.seed(seed)  # Keras takes from it the seeds of what no case holds
    return seen


@functools.cache
def load(claim: str) -> Any:
    """Return the test of a claim, to be tried at default effort from now on."""
    test: Any = claim_test(CLAIMS[claim])
    if not hasattr(test, "hypothesis"):
        return test
    count = cases("default", claimed(test)["cases"])
    return effort(count, derandomize=False, shrink=False)(test)
