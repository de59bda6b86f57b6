"""The environments in which the claims are tried, and the ledger that is made from them.

`python -m lstm_spec.releases.matrix [NAME ...]` makes the reports that the ledger lacks. Beside the
ledger there is a report of the nightly, which `--nightly` renews.
"""

from __future__ import annotations

import argparse
import datetime
import gzip
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
from packaging.requirements import Requirement

from lstm_spec import catalog
from lstm_spec.errors import SpecError, UsageError, suggestion
from lstm_spec.releases import environments, ledger
from lstm_spec.releases.environments import Request
from lstm_spec.releases.ledger import UnmergeableError, merge
from lstm_spec.run import deviations, environment, report
from lstm_spec.run.deviations import Deviation
from lstm_spec.run.environment import Backend, Place
from lstm_spec.run.process import last_line
from lstm_spec.run.report import Record, Report
from lstm_spec.run.text import UnreadableFileError, one_line, read_toml

FILE = Path(__file__).with_name("matrix.toml")
Effort = Annotated[str, msgspec.Meta(pattern=r"^(smoke|default|deep|[1-9][0-9]*)$")]
SECONDS = 600
"""The time limit of a claim: training step by step takes minutes on JAX."""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An environment of the matrix."""

    name: str
    python: str
    requirements: tuple[str, ...]
    backend: Backend = "tensorflow"
    effort: Effort = "default"

    @property
    def request(self) -> Request:
        """What the environment holds."""
        return Request(self.requirements, self.python, self.backend)


class Impossible(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What cannot be installed."""

    python: str
    requirements: tuple[str, ...]
    why: str


class Tried(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was tried once, at smoke effort: each claim held or deviated as known."""

    date: datetime.date
    python: str
    requirements: tuple[str, ...]
    """Each with its version."""
    backend: Backend = "tensorflow"
    claims: tuple[str, ...] = ()
    """The chapters and claims that were tried; default: all."""

    @property
    def place(self) -> Place:
        """Where it was tried."""
        packages = dict(text.split("==") for text in self.requirements)
        return Place(packages, f"{self.python}.0", self.backend)


class Matrix(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of the file."""

    environment: list[Entry]
    impossible: list[Impossible]
    tried: list[Tried] = []


def load(path: Path = FILE) -> Matrix:
    """Return the matrix.

    Raises:
        UnreadableFileError: an unknown key, a missing one, a value of another kind, or two
            environments of the same name.
    """
    matrix = read_toml(path, Matrix)
    names = [entry.name for entry in matrix.environment]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        named = one_line(", ".join(twice))
        raise UnreadableFileError(f"{path.name}: more than one environment called {named}")
    return matrix


class UnknownEnvironmentError(UsageError):
    """A name that the matrix lacks."""


def find(name: str) -> Entry:
    """Return the environment of a name.

    Raises:
        UnknownEnvironmentError: there is none; the message holds the nearest names.
    """
    entries = {entry.name: entry for entry in load().environment}
    if name not in entries:
        hint = suggestion(name, list(entries), f"it has {', '.join(entries)}")
        raise UnknownEnvironmentError(f"the matrix has no {name!r}; {hint}")
    return entries[name]


def missing(entry: Entry, file: Path) -> bool:
    """Return whether the ledger in a file lacks a record of an environment as it is today."""
    return bool(_untried(_kept(entry, file)))


def _untried(kept: Report | None) -> list[str]:
    """Return the claims of today that a report has no record of."""
    tried = kept.header.claims if kept else []
    return [claim.id for claim in catalog.claims() if claim.id not in tried]


def _kept(entry: Entry, file: Path) -> Report | None:
    """Return what still counts of an environment's report, as a report of these claims alone.

    It counts if the environment is what the entry asks for, and no claim was tried on fewer cases
    than at the entry's effort. A record counts if its claim and what is said of its deviation are
    today's; a refuted claim is always tried again.
    """
    try:
        recorded = report.parse(file / entry.name, ledger.texts(file)[entry.name])
    except (KeyError, report.UnreadableReportError):
        return None
    installed = recorded.header.environment.packages
    asked = map(Requirement, entry.requirements)
    if not all(wanted.specifier.contains(installed.get(wanted.name, "")) for wanted in asked):
        return None
    effort = recorded.header.effort
    if any(claim.tries(effort) < claim.tries(entry.effort) for claim in catalog.claims()):
        return None
    code = {claim.id: claim.code for claim in catalog.claims()}
    known = {entry.claim: entry for entry in deviations.at(ledger.place(recorded))}
    records = [
        record
        for record in recorded.records
        if recorded.header.code.get(record.claim) == code.get(record.claim, "")
        and _stands(record, known.get(record.claim))
    ]
    tried = [record.claim for record in records]
    stands = {claim: code[claim] for claim in tried}
    head = msgspec.structs.replace(recorded.header, claims=tried, code=stands)
    return Report(head, records, recorded.footer) if records else None


def _stands(record: Record, known: Deviation | None) -> bool:
    """Return whether a verdict is what deviations.toml says today."""
    if record.verdict == "deviates":
        return known is not None and record.message == known.instead
    if record.verdict == "held":
        return known is None or known.processor
    return record.verdict == "not applicable"


def make(entry: Entry, file: Path, workers: int) -> str:
    """Check in an environment and put the report into the ledger; say in a line what came of it.

    Args:
        entry: the environment.
        file: the ledger's.
        workers: how many processes try the claims.

    Raises:
        UnmadeError: the environment cannot be made.
        UnreadableReportError: the check ended without a complete report; the message says why.
        OSError: a file cannot be written.
    """
    kept = _kept(entry, file)
    if kept is None:
        complete = check(entry, workers)
    else:
        as_hard = msgspec.structs.replace(entry, effort=kept.header.effort)
        complete = check(as_hard, workers, _untried(kept))
        try:
            complete = merge([("the ledger's report", kept), ("the new one", complete)])
        except UnmergeableError:  # another NumPy, say, was released in between
            complete = check(entry, workers)
    ledger.put(file, entry.name, lines(complete))
    return ", ".join(f"{count} {verdict}" for verdict, count in complete.verdicts.items())


def check(entry: Entry, workers: int, claims: Sequence[str] = ()) -> Report:
    """Return a complete report of an environment.

    Args:
        entry: the environment.
        workers: how many processes try the claims.
        claims: which; default: all.

    Raises:
        UnreadableReportError: the check ended without one; the message is the last thing it said.
    """
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary, "report.jsonl")
        log = Path(temporary, "log")
        options = [f"--effort={entry.effort}", f"--time-limit={SECONDS}"]
        words = [*claims, *options, f"--workers={workers}", f"--report={file}"]
        with log.open("wb") as output:
            environments.check(entry.request, words, output)
        recorded = report.read(file) if file.exists() else None
        if recorded is None or recorded.footer is None:
            printed = log.read_text(encoding="utf-8", errors="replace")
            raise report.UnreadableReportError(last_line(printed))
        return recorded


def lines(complete: Report) -> bytes:
    """Return the lines of a report, without the programs that show refutations.

    They are two thirds of a report of Keras 2, and `lstm-spec check --with` prints them again.
    """
    records = [msgspec.structs.replace(record, script="") for record in complete.records]
    end = [complete.footer] if complete.footer else []
    return report.encoded(complete.header, *records, *end)


NIGHTLY_FILE = Path(__file__).with_name("nightly.jsonl.gz")
NIGHTLY_REQUIREMENTS = ("keras-nightly==3.16.0.dev2026102704", "tensorflow==2.21.0")
NIGHTLY = Entry("nightly", "3.11", NIGHTLY_REQUIREMENTS)
ALTHOUGH = "held, although a deviation is recorded"
"""How the message of a claim begins that holds where a deviation is recorded."""


def nightly() -> Report:
    """Return the recorded report.

    Raises:
        OSError: it is not there.
        UnreadableReportError: it is damaged, or incomplete.
    """
    return ledger.find(str(NIGHTLY_FILE))


def holds(record: Record) -> bool:
    """Return whether a claim held, whatever is recorded of it."""
    return record.verdict == "held" or record.message.startswith(ALTHOUGH)


def _tell(entry: Entry, file: Path, workers: int) -> bool:
    """Make what is missing, print a line, and return whether there is a report now."""
    try:
        outcome = make(entry, file, workers) if missing(entry, file) else "has its report"
        good = True
    except (SpecError, ValueError, OSError) as error:
        outcome = f"has no report: {error}"
        good = False
    print(f"{entry.name}: {outcome}", flush=True)
    return good


def main(words: list[str] | None = None) -> int:
    """Make the reports that the ledger lacks.

    Returns:
        0 if there is a report of each environment that was named, else 1.
    """
    entries = {entry.name: entry for entry in load().environment}
    parser = argparse.ArgumentParser(
        prog="python -m lstm_spec.releases.matrix", description=__doc__
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all")
    parser.add_argument("--nightly", action="store_true", help="make the nightly's report only")
    parser.add_argument("--ledger", type=Path, default=ledger.FILE, metavar="FILE")
    given = parser.parse_args(words)
    if unknown := [name for name in given.names if name not in entries]:
        parser.error(f"no environment is called {unknown[0]}; they are {', '.join(entries)}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that it ends the check too
    if given.nightly:
        complete = check(NIGHTLY, environment.cores())
        NIGHTLY_FILE.write_bytes(gzip.compress(lines(complete), mtime=0))
        return 0
    chosen = [entries[name] for name in given.names or entries]
    succeeded = [_tell(entry, given.ledger, environment.cores()) for entry in chosen]
    return 0 if all(succeeded) else 1


if __name__ == "__main__":
    sys.exit(main())
