"""The ledger: one report for each released environment, shipped with the package."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from msgspec import structs
from packaging.version import Version

from lstm_spec.errors import UsageError
from lstm_spec.run import report
from lstm_spec.run.packages import Place
from lstm_spec.run.report import Report, UnreadableReportError, Verdict
from lstm_spec.run.text import one_line

FOLDER = Path(__file__).with_name("ledger")
SUFFIX = ".jsonl.gz"
NEAREST = "nearest"
"""The word for the newest report that is older than another."""


class UnknownReportError(UsageError):
    """A word that is neither a file nor a name in the ledger."""


def names() -> list[str]:
    """Return the names of the reports in the ledger, 3.9 before 3.10."""
    found = [path.name.removesuffix(SUFFIX) for path in FOLDER.glob(f"*{SUFFIX}")]
    return sorted(found, key=lambda name: [part.zfill(4) for part in re.split(r"(\d+)", name)])


def find(text: str) -> Report:
    """Return a report that came to its end.

    Args:
        text: the path of a file, or a name in the ledger.

    Raises:
        UnknownReportError: it is neither, or cannot be read; the message holds the nearest names.
        UnreadableReportError: the file is no report, or the report is incomplete.
    """
    path = Path(text)
    if not path.exists() or path.is_dir():
        if text not in names():
            raise UnknownReportError(
                f"no file or report of the ledger is called {text!r}; {_hint(text)}"
            )
        path = FOLDER / f"{text}{SUFFIX}"
    try:
        found = report.read(path)
    except OSError as error:
        raise UnknownReportError(f"{path} cannot be read: {error.strerror}") from None
    if found.footer is None:
        done, planned = len(found.records), len(found.header.claims)
        said = f"{done} of {planned} claims were tried; `lstm-spec check --resume` goes on"
        raise UnreadableReportError(f"{path}: incomplete: {said}")
    return found


def verdicts(claim: str) -> list[tuple[str, Verdict]]:
    """Return what the environments of the ledger say of a claim, each with its name.

    Raises:
        UnreadableReportError: a report of the ledger is damaged.
    """
    everything = ((name, record) for name in names() for record in find(name).records)
    return [(name, record.verdict) for name, record in everything if record.claim == claim]


def untried(tried: Report, claim: str) -> str:
    """Say why a report did not try a claim; nothing, if it did or does not know the claim."""
    records = [one for one in tried.records if one.claim == claim]
    return next((one.message for one in records if one.verdict == "not applicable"), "")


def nearest(here: Report, asked: Collection[str]) -> str | None:
    """Return the name of the nearest report that is older than one in what was asked for.

    It is of the same backend and the same major release of Keras, and newer in neither Keras nor
    TensorFlow.

    Args:
        here: the report to which another is wanted.
        asked: "keras", "tensorflow" or both, of which one at least must be older; default: either.

    Raises:
        UnreadableReportError: the report is of no release, or one of the ledger is damaged.
    """
    mine = _versions(here)
    older = [
        (theirs, name)
        for theirs, name in _alike(here)
        if theirs.keras <= mine.keras
        and theirs.tensorflow <= mine.tensorflow
        and any(getattr(theirs, what) < getattr(mine, what) for what in asked or _Versions._fields)
    ]
    return max(older)[1] if older else None


def nearest_later(here: Report) -> str | None:
    """Return the name of the nearest report that is not older than one, of the same kind.

    Args:
        here: the report to which another is wanted.

    Raises:
        UnreadableReportError: the report is of no release, or one of the ledger is damaged.
    """
    mine = _versions(here)
    later = [(theirs, name) for theirs, name in _alike(here) if theirs >= mine]
    return min(later)[1] if later else None


def _alike(here: Report) -> list[tuple[_Versions, str]]:
    """Return the reports of the same backend and major release of Keras: releases and name."""
    found = []
    for name in names():
        other = find(name)
        same = other.header.environment.backend == here.header.environment.backend
        if same and _versions(other).keras.major == _versions(here).keras.major:
            found.append((_versions(other), name))
    return found


def pair(then: str, now: str) -> tuple[Report, Report]:
    """Return two reports that are to be compared.

    Args:
        then: the earlier one, as `find` takes it; or "nearest" for the newest of the ledger that
            is older than the other, narrowed to its claims.
        now: the later one.

    Raises:
        UnknownReportError: one is neither a file nor a name, or no report is older.
        UnreadableReportError: a file is no report, or the report is incomplete.
    """
    if then != NEAREST:
        return find(then), find(now)
    later = find(now)
    name = nearest(later, ())
    if name is None:
        raise UnknownReportError("the ledger has no report of an older release")
    return narrowed(find(name), later.header.claims), later


class _Versions(NamedTuple):
    keras: Version
    tensorflow: Version


def _versions(one: Report) -> _Versions:
    """Return the releases of Keras and of TensorFlow, zero where there is none.

    Raises:
        UnreadableReportError: what stands for one is no version.
    """
    where = place(one)
    try:
        return _Versions(*(Version(where.version(name) or "0") for name in _Versions._fields))
    except ValueError as error:
        raise UnreadableReportError(f"a report is of no release: {one_line(error)}") from None


def place(one: Report) -> Place:
    """Return where a report was made."""
    there = one.header.environment
    return Place(there.packages, there.python, there.backend, there.device)


def narrowed(one: Report, claims: Collection[str]) -> Report:
    """Return a report as if it had tried no other claims than these."""
    header = structs.replace(
        one.header, claims=[claim for claim in one.header.claims if claim in claims]
    )
    return structs.replace(
        one, header=header, records=[record for record in one.records if record.claim in claims]
    )


def _hint(text: str) -> str:
    near = difflib.get_close_matches(text, names(), n=3, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"the ledger has {', '.join(names())}" if names() else "the ledger is empty"
