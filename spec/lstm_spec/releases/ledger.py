"""The ledger: one report for each released environment, shipped with the package."""

from __future__ import annotations

import contextlib
import io
import lzma
import os
import re
import shlex
import tarfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from msgspec import structs
from packaging.version import Version

from lstm_spec import catalog
from lstm_spec.errors import BrokenError, UsageError, suggestion
from lstm_spec.releases.compare import differences, facts
from lstm_spec.run import report
from lstm_spec.run.environment import Place
from lstm_spec.run.report import Environment, Footer, Header, Report, UnreadableReportError, Verdict
from lstm_spec.run.text import of_system, one_line

FILE = Path(__file__).with_name("ledger.tar.xz")
"""One archive, because most of what a report says is said by the next as well."""
SUFFIX = ".jsonl"
SHOWN = 5
"""How many names an error lists."""
NEAREST = "nearest"
"""The word for the newest report that is older than another."""


class UnknownReportError(UsageError):
    """A word that is neither a file nor a name in the ledger."""


def names() -> list[str]:
    """Return the names of the reports in the ledger, 3.9 before 3.10.

    Raises:
        UnreadableReportError: the archive is damaged.
    """
    stems = texts(FILE)
    return sorted(stems, key=lambda name: [part.zfill(4) for part in re.split(r"(\d+)", name)])


def texts(file: Path) -> dict[str, bytes]:
    """Return the lines of each report in an archive, by its name; none, if there is no archive.

    Raises:
        UnreadableReportError: it is damaged.
    """
    try:
        state = file.stat()
    except FileNotFoundError:
        return {}
    return _texts(file, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=2)
def _texts(file: Path, changed: int, size: int) -> dict[str, bytes]:
    try:
        plain = lzma.decompress(file.read_bytes())  # whole, so that no damage looks like an end
        with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
            members = ((member.name, archive.extractfile(member)) for member in archive)
            return {name.removesuffix(SUFFIX): lines.read() for name, lines in members if lines}
    except (tarfile.TarError, lzma.LZMAError) as error:
        raise UnreadableReportError(f"{file}: cannot be decompressed: {error}") from None


def put(file: Path, name: str, lines: bytes) -> None:
    """Put the lines of a report into an archive, in the place of those of its name.

    Raises:
        UnreadableReportError: the archive is damaged.
        OSError: it cannot be written.
    """
    with _locked(file.parent):
        everything = {**texts(file), name: lines}
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:xz", preset=6) as archive:
            for each in sorted(everything):
                member = tarfile.TarInfo(f"{each}{SUFFIX}")  # of no time and no owner
                member.size = len(everything[each])
                archive.addfile(member, io.BytesIO(everything[each]))
        fresh = file.with_suffix(".new")
        fresh.write_bytes(packed.getvalue())
        fresh.replace(file)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Wait until no other process writes in a folder."""
    import fcntl  # only here: Windows lacks it, and can read the ledger

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def find(text: str) -> Report:
    """Return a report that came to its end.

    Args:
        text: the path of a file, or a name in the ledger.

    Raises:
        UnknownReportError: it is neither, or cannot be read; the message holds the nearest names.
        UnreadableReportError: the file is no report, or the report is incomplete.
    """
    path = Path(text)
    try:
        lines = None if os.path.isfile(text) else texts(FILE).get(text)
        if lines is None:
            read = report.read(path)
        else:
            path = FILE / f"{text}{SUFFIX}"
            read = report.parse(path, lines)
    except (FileNotFoundError, IsADirectoryError, ValueError):  # ValueError: a null character
        raise UnknownReportError(
            f"no file or report of the ledger is called {text!r}; {_hint(text)}"
        ) from None
    except OSError as error:
        raise UnknownReportError(f"{path} cannot be read: {of_system(error)}") from None
    if read.footer is None:
        planned = len(read.header.claims)
        done = planned - len(read.untried)
        command = f"lstm-spec check --resume --report {shlex.quote(text)}"
        progress = f"{done} of {planned} claims were tried; `{one_line(command)}` goes on"
        raise UnreadableReportError(f"{path}: incomplete: {progress}")
    recorded = {record.claim for record in read.records}
    if wrong := recorded ^ set(read.header.claims):
        what = f"it has too many or too few records of {_listed(wrong)}"
        raise UnreadableReportError(f"{path}: damaged: {what}; make it again")
    return read


def _listed(names: Collection[str]) -> str:
    """Return the first names, and how many more there are."""
    first = sorted(names)[:SHOWN]
    more = len(names) - len(first)
    return one_line(", ".join(first)) + (f" and {more} more" if more else "")


def verdicts(claim: str) -> list[tuple[str, Verdict]]:
    """Return what the environments of the ledger say of a claim, each with its name.

    Raises:
        UnreadableReportError: a report of the ledger is damaged.
    """
    everything = ((name, record) for name in names() for record in find(name).records)
    return [(name, record.verdict) for name, record in everything if record.claim == claim]


def untried(tried: Report, claim: str) -> str:
    """Say why a report did not try a claim; nothing, if it did or does not know the claim."""
    records = [record for record in tried.records if record.claim == claim]
    return next((record.message for record in records if record.verdict == "not applicable"), "")


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
    reports = []
    for name in names():
        other = find(name)
        same = other.header.environment.backend == here.header.environment.backend
        if same and _versions(other).keras.major == _versions(here).keras.major:
            reports.append((_versions(other), name))
    return reports


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
        raise UnknownReportError(
            "the ledger has no report of an older release; name the earlier report"
        )
    return narrowed(find(name), later.header.claims), later


class _Versions(NamedTuple):
    keras: Version
    tensorflow: Version


def _versions(report: Report) -> _Versions:
    """Return the releases of Keras and of TensorFlow, zero where there is none.

    Raises:
        UnreadableReportError: a version of it cannot be read.
    """
    where = place(report)
    try:
        return _Versions(*(Version(where.version(name) or "0") for name in _Versions._fields))
    except ValueError as error:
        raise UnreadableReportError(f"a report is of no release: {one_line(error)}") from None


def place(report: Report) -> Place:
    """Return where a report was made."""
    environment = report.header.environment
    return Place(environment.packages, environment.python, environment.backend, environment.device)


def narrowed(report: Report, claims: Collection[str]) -> Report:
    """Return a report as if it had tried no other claims than these."""
    header = structs.replace(
        report.header, claims=[claim for claim in report.header.claims if claim in claims]
    )
    return structs.replace(
        report,
        header=header,
        records=[record for record in report.records if record.claim in claims],
    )


def _hint(text: str) -> str:
    listed = f"the ledger has {', '.join(names())}" if names() else "the ledger is empty"
    return suggestion(text, names(), listed)


MACHINE = {"platform", "processor", "cores", "workers"}
"""What may differ from shard to shard."""
TEXTS = ("news", "signatures", "sentences")
"""What is too long to be shown where it differs."""

Shard = tuple[str, Report]
"""A complete report, and the name under which it was given."""


class UnmergeableError(BrokenError):
    """Reports that are not the shards of one run."""


def merge(shards: Sequence[Shard], *, partial: bool = False) -> Report:
    """Return a report as if one machine had tried the claims of each shard after the other.

    Args:
        shards: one or more.
        partial: whether claims may be missing.

    Raises:
        UnmergeableError: a shard holds other records than it should or was made in another way
            than the first, or claims are tried twice, not known, or missing.
    """
    known = [claim.id for claim in catalog.claims()]
    for shard in shards:
        _forbid_other_records(shard)
        _forbid_unknown(shard, known)
        _forbid_other_way(shards[0], shard)
    tried = _tried(shards)
    if (missing := [claim for claim in known if claim not in tried]) and not partial:
        words = " ".join(_chapters_and_claims(missing))
        raise UnmergeableError(f"claims are missing; add a report of `lstm-spec check {words}`")
    return _joined([report for _, report in shards], [claim for claim in known if claim in tried])


def _forbid_other_records(shard: Shard) -> None:
    name, report = shard
    planned = Counter(report.header.claims)
    recorded = Counter(r.claim for r in report.records)
    if wrong := (planned - recorded) + (recorded - planned):
        many = f"{name} has too many or too few records of {_listed(wrong)}"
        raise UnmergeableError(f"{many}; make it again")


def _forbid_unknown(shard: Shard, known: Collection[str]) -> None:
    name, report = shard
    if unknown := set(report.header.claims) - set(known):
        raise UnmergeableError(
            f"{name} tries what is no claim of this lstm-spec: {_listed(unknown)}"
        )


def _forbid_other_way(first: Shard, shard: Shard) -> None:
    model, earlier = first
    name, later = shard
    changed = differences(facts(earlier.header), facts(later.header))
    differing = [
        f"{change.what} is {change.now or 'absent'}, not {change.then or 'absent'}"
        for change in changed
        if change.what not in MACHINE
    ]
    ours = earlier.header.environment
    theirs = later.header.environment
    differing += [
        f"its {text} differ" for text in TEXTS if getattr(ours, text) != getattr(theirs, text)
    ]
    if differing:
        listed = one_line("; ".join(differing))
        raise UnmergeableError(f"{name} was made in another way than {model}: {listed}")


def _tried(shards: Iterable[Shard]) -> dict[str, str]:
    """Return the claims, each with the name of its shard.

    Raises:
        UnmergeableError: two shards try the same claim.
    """
    tried: dict[str, str] = {}
    for name, shard in shards:
        if twice := [claim for claim in shard.header.claims if claim in tried]:
            both = f"{tried[twice[0]]} and {name} both try {', '.join(_chapters_and_claims(twice))}"
            raise UnmergeableError(f"{both}; give one report of each claim")
        tried |= dict.fromkeys(shard.header.claims, name)
    return tried


def _chapters_and_claims(ids: Collection[str]) -> list[str]:
    """Return the chapters of which all claims are there, and the other claims."""
    everything = catalog.claims()
    lacking = {claim.chapter for claim in everything if claim.id not in ids}
    return list(
        dict.fromkeys(
            claim.id if claim.chapter in lacking else claim.chapter
            for claim in everything
            if claim.id in ids
        )
    )


def _joined(reports: Sequence[Report], claims: list[str]) -> Report:
    headers = [report.header for report in reports]
    records = {record.claim: record for report in reports for record in report.records}
    footers = [report.footer for report in reports if report.footer]
    joined = Report(_header(headers, claims), [records[claim] for claim in claims], None)
    ended = max(footer.ended for footer in footers)
    seconds = round(sum(footer.seconds for footer in footers), 1)
    return structs.replace(joined, footer=Footer(ended, seconds, joined.verdicts))


def _header(headers: Sequence[Header], claims: list[str]) -> Header:
    return structs.replace(
        headers[0],
        started=min(header.started for header in headers),
        workers=max(header.workers for header in headers),
        claims=claims,
        code={claim: code for header in headers for claim, code in header.code.items()},
        environment=_environment([header.environment for header in headers]),
    )


def _environment(each: Sequence[Environment]) -> Environment:
    return structs.replace(
        each[0],
        platform=", ".join(dict.fromkeys(environment.platform for environment in each)),
        processor=", ".join(dict.fromkeys(environment.processor for environment in each)),
        cores=max(environment.cores for environment in each),
    )
