"""No miss: each wrong LSTM of teeth/ tried at default effort with ten seeds.

`tox run -e no-miss` may be stopped at any time: it goes on where it was. What was seen stands in
seen.jsonl, a line a claim and wrong LSTM; a line is dropped when the code of either changes.
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
from lstm_spec.claims.conftest import effort, examples, lacking
from lstm_spec.evidence import deviations
from searches import keep, kept
from teeth import Wrong, all_wrong, claim_test

SEEN = Path(__file__).with_name("seen.jsonl")
SEEDS = range(1, 11)
CLAIMS = {claim.id: claim for claim in catalog.claims()}


class Line(msgspec.Struct, omit_defaults=True):
    """How one claim met one wrong LSTM."""

    claim: str
    wrong: str
    code: str
    """A digest of the claim, its example and the wrong LSTM."""
    cases: list[int]
    """By seed: the number of the case that refuted it; 0, where none did."""
    known: bool = False
    """Whether it failed, with some seed, as it does on an LSTM that is not wrong."""


def wrongs() -> dict[tuple[str, str], Wrong]:
    """Return the wrong LSTMs, by the claim that must refute each, and their name."""
    return {(wrong.claim, wrong.put.__name__): wrong for wrong in all_wrong()}


def digest(wrong: Wrong) -> str:
    """Return a digest of the code of a wrong LSTM and of its claim."""
    code = CLAIMS[wrong.claim].code + inspect.getsource(wrong.put)
    return hashlib.sha256(code.encode()).hexdigest()[:16]


def seen(file: Path = SEEN) -> list[Line]:
    """Return what was seen of the claims and the wrong LSTMs as they are now."""
    now = {name: digest(wrong) for name, wrong in wrongs().items()}
    return [line for line in kept(file, Line) if now.get((line.claim, line.wrong)) == line.code]


def search() -> Iterator[Line]:
    """Try what is not seen yet, and keep each line as it comes."""
    done = {(line.claim, line.wrong) for line in seen()}
    for name, wrong in wrongs().items():
        if name not in done and not lacking(claim_test(CLAIMS[wrong.claim])):
            found = [meet(wrong, seed) for seed in SEEDS]
            cases, known = [case for case, _ in found], any(known for _, known in found)
            line = Line(*name, digest(wrong), cases, known)
            keep(SEEN, line)
            yield line


def meet(wrong: Wrong, seed: int) -> tuple[int, bool]:
    """Try a claim on a wrong LSTM.

    Returns:
        The number of the case that refuted it, or 0, and whether the claim failed as it is known
        to fail on an LSTM that is not wrong.
    """
    test, count = load(wrong.claim), 0
    given = getattr(test, "hypothesis", None)

    def counted(*args: Any, **arguments: Any) -> None:
        nonlocal count
        count += 1
        original(*args, **arguments)

    original = given.inner_test if given else test
    trial = functools.wraps(original)(counted)
    if given:
        hypothesis.seed(seed)(test)
    random.seed(seed)  # Keras takes from it the seeds of what no case holds
    with pytest.MonkeyPatch.context() as patch:
        wrong.put(patch)
        if given:
            patch.setattr(given, "inner_test", trial)
        try:
            (test if given else trial)()
        except Exception as error:
            known = deviations.known(wrong.claim)
            as_known = bool(known and known.explains(f"{type(error).__name__}: {error}"))
            # Hypothesis tells so of a wrong LSTM that is not wrong in the same way each time.
            each = error.exceptions if isinstance(error, FlakyFailure) else [error]
            refuted = any(isinstance(one, wrong.raises) for one in each)
            return (count if as_known or refuted else 0), as_known
    return 0, False


@functools.cache
def load(claim: str) -> Any:
    """Return the test of a claim, to be tried at default effort from now on."""
    test: Any = claim_test(CLAIMS[claim])
    if not hasattr(test, "hypothesis"):
        return test
    mark = next(mark for mark in test.pytestmark if mark.name == "claim")
    count = examples("default", costly=bool(mark.kwargs["costly"]))
    return effort(count, derandomize=False, shrink=False)(test)
