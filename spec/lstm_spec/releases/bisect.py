"""The release of a row of the matrix in which a claim's verdict changed, in about log2 steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lstm_spec.errors import UsageError
from lstm_spec.releases import ledger, matrix
from lstm_spec.run.report import Verdict


class UnusableRangeError(UsageError):
    """Two releases between which no change can be searched for."""


def between(first: str, last: str) -> list[str]:
    """Return the environments of the matrix from one to another of the same row, both included.

    Raises:
        UnknownEnvironmentError: one is not in the matrix.
        UnusableRangeError: they are of two rows, or in the wrong order.
    """
    names = [entry.name for entry in matrix.load().environment]
    for name in (first, last):
        matrix.find(name)
    row = first.rpartition("-")[0]
    later = [name for name in names[names.index(first) + 1 :] if name.rpartition("-")[0] == row]
    if last not in later:
        ends = dict.fromkeys(later[:1] + later[-1:])
        hint = f"give {' or '.join(ends)}" if later else "none is later"
        raise UnusableRangeError(f"{last} is no later environment of the row of {first}; {hint}")
    return [first, *later[: later.index(last) + 1]]


def search(names: Sequence[str], verdict: Callable[[str], Verdict]) -> tuple[str, str]:
    """Return two neighbours of which the second has another verdict than the first.

    Args:
        names: releases in their order, at least two.
        verdict: says what a release does with the claim.

    Raises:
        UnusableRangeError: the first and the last have the same verdict.
    """
    low = 0
    high = len(names) - 1
    before = verdict(names[low])
    if verdict(names[high]) == before:
        ends = f"{names[low]} and {names[high]}"
        raise UnusableRangeError(
            f"{before} on both {ends}; give two releases between which the claim changed"
        )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if verdict(names[middle]) == before else (low, middle)
    return names[low], names[high]


def verdict_at(name: str, claim: str) -> Verdict:
    """Return what an environment does with a claim: from the ledger, or by trying it there.

    Raises:
        UnmadeError: the environment cannot be made.
        UnreadableReportError: the check there ended without a complete report.
        OSError: a file cannot be written.
    """
    known = dict(ledger.verdicts(claim))
    if name in known:
        return known[name]
    return matrix.check(matrix.find(name), 1, [claim]).records[0].verdict
