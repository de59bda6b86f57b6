"""Finds the release in which a claim's verdict changed, in about log2 steps."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from lstm_spec.errors import UsageError
from lstm_spec.releases import environments, ledger, matrix
from lstm_spec.run import report
from lstm_spec.run.report import Verdict

Verdicts = Callable[[str], Verdict]


class UnusableRangeError(UsageError):
    """Two releases between which nothing can be looked for."""


def between(first: str, last: str) -> list[str]:
    """Return the environments of the matrix from one to another of the same row, both included.

    Raises:
        UnusableRangeError: one is not in the matrix, they are of two rows, or in the wrong order.
    """
    names = [entry.name for entry in matrix.load().environment]
    for name in (first, last):
        if name not in names:
            raise UnusableRangeError(f"the matrix has no {name!r}; it has {', '.join(names)}")
    row = first.rpartition("-")[0]
    if row != last.rpartition("-")[0] or names.index(first) >= names.index(last):
        raise UnusableRangeError(f"{last} is no later environment of the row of {first}")
    return names[names.index(first) : names.index(last) + 1]


def search(names: Sequence[str], verdict: Verdicts) -> tuple[str, str]:
    """Return two neighbours of which the second has another verdict than the first.

    Args:
        names: releases in their order, at least two.
        verdict: says what a release does with the claim.

    Raises:
        UnusableRangeError: the first and the last have the same verdict.
    """
    low, high = 0, len(names) - 1
    before = verdict(names[low])
    if verdict(names[high]) == before:
        raise UnusableRangeError(f"the claim is {before} on both {names[low]} and {names[high]}")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if verdict(names[middle]) == before else (low, middle)
    return names[low], names[high]


def verdict(name: str, claim: str) -> Verdict:
    """Return what an environment does with a claim: from the ledger, or by trying it there.

    Raises:
        UnmadeError: the environment cannot be made.
        UnreadableReportError: the run there had no end.
        OSError: a file cannot be written.
    """
    known = dict(ledger.verdicts(claim))
    if name in known:
        return known[name]
    entry = next(entry for entry in matrix.load().environment if entry.name == name)
    with tempfile.TemporaryDirectory() as folder:
        file, log = Path(folder, "report.jsonl"), Path(folder, "log")
        with log.open("wb") as output:
            words = [claim, f"--effort={entry.effort}", f"--report={file}"]
            environments.check(entry.request, words, output)
        return report.read(file).records[0].verdict
