"""The report: what one environment did with every claim, as JSON lines.

A header, one record a claim, and a footer, each appended as it comes: a run that is killed
leaves what it had. A report without its footer is incomplete, and its readers say so. While a
check writes a report it holds a lock on the file, so that no other check writes it.
"""

from __future__ import annotations

import contextlib
import errno
import gzip
import io
import math
import os
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from lstm_spec.errors import BrokenError, UsageError
from lstm_spec.run.text import one_line, shorten

SCHEMA = 1
GZIP = b"\x1f\x8b"
"""How a compressed file begins."""
LARGEST = 2**27
"""No report has so many bytes; compressed ones could hide any number."""

Verdict = Literal[
    "held", "deviates", "refuted", "crashed", "timed out", "not applicable", "damaged record"
]
"""Of a claim with a damaged record it cannot be said whether it deviates as known."""
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
DAMAGED: Verdict = "damaged record"
GOOD: frozenset[Verdict] = frozenset({"held", "deviates", "not applicable"})


class UnreadableReportError(BrokenError):
    """A file that is not a report, or not one of this schema."""


class LockedError(UsageError):
    """A report that another check is writing; the message says since when."""


class Environment(msgspec.Struct, frozen=True):
    """Where the claims were tried."""

    python: str
    platform: str
    processor: str
    cores: int
    backend: str
    device: str
    packages: dict[str, str]
    """Versions of the packages that matter, by distribution name."""
    origin: str = ""
    """Where Keras was imported from, unless it is a release that a registry gave."""
    news: list[str] = []
    """Sentences of Keras' documentation that changed since their verdicts, untried arguments."""
    signatures: dict[str, dict[str, str]] = {}
    """By object and argument: the default as text, or "required"."""
    sentences: dict[str, dict[str, list[str]]] = {}
    """By object and section: the digests of the sentences of Keras' documentation."""


class _Written(msgspec.Struct):
    schema: int = SCHEMA


class Header(msgspec.Struct, tag="header", tag_field="kind"):
    """The first line: what was about to be tried, where and how."""

    schema: int
    lstm_spec: str
    """The version of this package."""
    started: str
    """ISO 8601, with time zone."""
    effort: str
    seed: int | None
    """None: the cases that are the same on every run."""
    workers: int
    environment: Environment
    claims: list[str]
    """The ids of the claims that the run sets out to try, in reading order."""
    code: dict[str, str] = {}
    """By id: a digest of the claim's test and example, to tell whether a record is of today's."""


class Record(msgspec.Struct, tag="record", tag_field="kind"):
    """What happened to one claim."""

    claim: str
    verdict: Verdict
    seconds: float
    examples: int = 0
    """How many cases were tried, the runs that reduced a refuting case included."""
    cases: str = ""
    """A digest of the cases: eight digits that are equal where the same cases were tried."""
    error: float | None = None
    """The error that came nearest to its bound, in units of rounding."""
    bound: float | None = None
    """That bound."""
    spread: float | None = None
    """How far the largest error lies above the median one; none where one error was seen."""
    extent: dict[str, list[int | float | str]] = {}
    """How wide it was tried: by what was drawn, the least and the greatest number, or all names."""
    message: str = ""
    """Why: the failure, the deviation, the reason for not applying, or what stood in for a GPU."""
    script: str = ""
    """For a refuted claim, a program that shows the refutation with plain Keras and NumPy."""


class Footer(msgspec.Struct, tag="footer", tag_field="kind"):
    """The last line: the run came to its end."""

    ended: str
    seconds: float
    verdicts: dict[str, int]


Line = Header | Record | Footer
_WRITTEN: msgspec.json.Decoder[_Written] = msgspec.json.Decoder(_Written)
_LINE: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)


@dataclass(frozen=True)
class Outcome:
    """The verdict on a whole run, of which table, last sentence and exit status are made."""

    records: list[Record]
    """Of each claim that was planned and tried the last record."""
    untried: list[str]
    """The claims that were planned and have no record."""

    @property
    def verdicts(self) -> dict[Verdict, int]:
        """How many claims met with each verdict; only verdicts that occur."""
        return dict(Counter(record.verdict for record in self.records))

    @property
    def failed(self) -> list[Record]:
        """The records of the claims that did not hold."""
        return [record for record in self.records if record.verdict not in GOOD]

    @property
    def good(self) -> bool:
        """Whether every claim was tried, and held or deviates as known."""
        return not self.untried and not self.failed


class Report(msgspec.Struct):
    """A report as it was read."""

    header: Header
    records: list[Record]
    footer: Footer | None

    @property
    def outcome(self) -> Outcome:
        """The verdict on the whole run."""
        last = {record.claim: record for record in self.records}
        planned = set(self.header.claims)
        counted = [record for claim, record in last.items() if claim in planned]
        return Outcome(counted, [claim for claim in self.header.claims if claim not in last])

    @property
    def untried(self) -> list[str]:
        """The claims that the run set out to try and has no record of."""
        return self.outcome.untried

    @property
    def verdicts(self) -> dict[str, int]:
        """How many claims met with each verdict; only verdicts that occur."""
        return {str(verdict): count for verdict, count in self.outcome.verdicts.items()}


@dataclass(frozen=True)
class Writer:
    """A report that this process writes, with those that inherit the descriptor, and no other."""

    path: Path
    """Where it is; everything is written and read by the descriptor."""
    descriptor: int
    new: bool = False
    """Whether the file was made to be locked."""
    locked: bool = True
    """Whether the file is locked; some file systems have no locks."""

    @property
    def empty(self) -> bool:
        """Whether nothing is written yet."""
        return os.fstat(self.descriptor).st_size == 0

    @property
    def written(self) -> int:
        """When it was last written, in nanoseconds."""
        return os.fstat(self.descriptor).st_mtime_ns

    @property
    def replaced(self) -> bool:
        """Whether the file was removed, or another was put in its place."""
        try:
            return not os.path.samestat(os.stat(self.path), os.fstat(self.descriptor))
        except FileNotFoundError:
            return True

    def begin(self, *lines: Line) -> None:
        """Begin the report with lines in place of what was in the file, or leave it as it was.

        Raises:
            OSError: the file cannot be written.
        """
        text = encoded(*lines)
        self._append(text)  # behind what is there, which is lost only if there is room
        os.ftruncate(self.descriptor, 0)
        self._append(text)

    def append(self, line: Line) -> None:
        """Add a line to the report, or leave the report as it was.

        Raises:
            OSError: the file cannot be written.
        """
        self._append(encoded(line))

    def _append(self, text: bytes) -> None:
        rest = memoryview(text)
        end = os.fstat(self.descriptor).st_size
        try:
            while rest:
                rest = rest[os.write(self.descriptor, rest) :]
        except OSError:
            with contextlib.suppress(OSError):  # a device has no end
                os.ftruncate(self.descriptor, end)
            raise

    def read(self) -> Report:
        """Read what is written so far, as `read` does."""
        return parse(self.path, _unpacked(self.path, self._content()))

    def cut(self) -> None:
        """Cut off the last line if it is not whole.

        Raises:
            OSError: the file cannot be written.
        """
        os.ftruncate(self.descriptor, self._content().rfind(b"\n") + 1)

    @property
    def compressed(self) -> bool:
        """Whether the file is compressed by gzip, so that no line can be added."""
        return self._content().startswith(GZIP)

    def _content(self) -> bytes:
        return os.pread(self.descriptor, os.fstat(self.descriptor).st_size, 0)


def encoded(*lines: Line) -> bytes:
    """Return lines as they stand in a report."""
    return b"".join(msgspec.json.encode(line) + b"\n" for line in lines)


@contextlib.contextmanager
def writer(path: Path) -> Iterator[Writer]:
    """Open a report for writing, and lock it; the lock ends with the last process that holds it.

    What is in the file stays there until the report is begun. A new file that gets no line is
    removed again.

    Raises:
        LockedError: another check is writing it.
        OSError: it cannot be opened, or is no file.
    """
    opened = _open(path)
    try:
        yield opened
    finally:
        if opened.new and opened.empty and not opened.replaced:
            path.unlink()
        os.close(opened.descriptor)


def _open(path: Path) -> Writer:
    import fcntl  # only here: Windows lacks it, and can read reports

    while True:
        new = not os.path.lexists(path)
        if not new and not (path.is_file() or path.is_dir()) and path.exists():
            raise OSError(errno.EINVAL, "it is no ordinary file, from which it could be read again")
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
        opened = Writer(path, descriptor, new)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            note = f"report {one_line(path)} is being written by another check{_since(path)}"
            raise LockedError(note) from None
        except OSError:
            return Writer(path, descriptor, new, locked=False)
        if not opened.replaced:  # as by a check that ended just now
            return opened
        os.close(descriptor)


def _since(path: Path) -> str:
    """Say when the check that is writing a report began, if the report holds that."""
    try:
        report = read(path)
    except (OSError, UnreadableReportError):
        return ""
    done = len(report.outcome.records)
    planned = len(report.header.claims)
    return f" since {one_line(report.header.started)}, {done} of {planned} claims tried"


def read(path: Path) -> Report:
    """Read a report, a complete one or the beginning of one, compressed by gzip or not.

    Raises:
        OSError: the file cannot be read.
        UnreadableReportError: a line is damaged, or the lines are not those of a report; the
            message names the line. A last line that was cut off is passed over.
    """
    if path.is_char_device():  # perhaps without an end, like /dev/zero
        raise UnreadableReportError(f"{path}: not a report: it is a device")
    return parse(path, _unpacked(path, path.read_bytes()))


def parse(path: Path, text: bytes) -> Report:
    """Return what the text of a report says, as `read` does.

    Args:
        path: where it comes from, for a message.
        text: the lines.

    Raises:
        UnreadableReportError: as `read`.
    """
    if not text:
        raise UnreadableReportError(f"{path}: not a report: it is empty")
    *whole, rest = text.split(b"\n")
    lines = [_decode(path, number, text) for number, text in enumerate(whole, 1)]
    if not lines or not isinstance(lines[0], Header):
        raise UnreadableReportError(f"{path}: not a report: line 1 is no header")
    footer = lines[-1] if isinstance(lines[-1], Footer) and not rest else None
    middle = lines[1:-1] if footer else lines[1:]
    records = [line for line in middle if isinstance(line, Record)]
    if len(records) < len(middle):
        raise UnreadableReportError(f"{path}: a header or footer stands between the records")
    return Report(lines[0], records, footer)


def _unpacked(path: Path, data: bytes) -> bytes:
    try:
        if data.startswith(GZIP):
            with gzip.open(io.BytesIO(data)) as file:
                data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise UnreadableReportError(f"{path}: not a report: over {LARGEST} bytes")
        return data
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableReportError(f"{path}: cannot be decompressed: {error}") from None


def _decode(path: Path, number: int, text: bytes) -> Line:
    try:
        schema = _WRITTEN.decode(text).schema
        if schema != SCHEMA:  # whatever else the line holds
            raise UnreadableReportError(f"{path}: schema {schema}, this version reads {SCHEMA}")
        return _LINE.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = one_line(error)
        raise UnreadableReportError(f"{path}: line {number} is damaged: {reason}") from None


Extent = dict[str, list[int | float | str]]

MOST = 24
"""How many names of a value are kept; of the rest, their number."""
LONGEST = 40
"""Characters of a name."""
CHOICES = {"seed", "pick"}
"""What picks numbers or a place in the case, and says nothing of how wide it was tried."""
SIZES = ("batch", "timesteps", "features", "units")


class Tried:
    """What was drawn for a claim so far."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.numbers: dict[str, set[float]] = defaultdict(set)
        self.names: dict[str, set[str]] = defaultdict(set)

    def add(self, arguments: Mapping[str, Any]) -> None:
        """Add the arguments of a case.

        Of what has a `case`, of what says itself what is `tried` and of a dictionary each part is
        added under its own name; of a tuple that holds more than words and numbers each item is.
        """
        for name, value in arguments.items():
            case = getattr(value, "case", value)  # a net of harness/trainer.py has one
            if hasattr(case, "recurrent_kernel"):
                self._add_case(case)
            elif hasattr(value, "tried"):
                for part, values in value.tried.items():
                    for item in values:
                        self._add(part, item)
            elif isinstance(value, Mapping) and all(map(_is_name, value)):
                self.add(value)
            elif isinstance(value, (list, tuple)) and not _written(value):
                for item in value:
                    self.add({name: item})
            elif name.rstrip("s") not in CHOICES:
                self._add(name, value)

    def _add_case(self, case: Any) -> None:
        for name in SIZES:
            self.numbers[name].add(getattr(case, name))
        for name, value in case.options.items():
            self._add(name, value)
        self._add("mask", "none" if case.mask is None else "given")
        self._add("initial_state", "none" if case.h is None else "given")

    def _add(self, name: str, value: Any) -> None:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if number and math.isfinite(value):
            self.numbers[name].add(value)
        elif _written(value):
            self.names[name].add(shorten(_listed(value), LONGEST))
        else:
            label = getattr(value, "name", None) or getattr(value, "__name__", None)
            self.names[name].add(label if isinstance(label, str) else type(value).__name__)

    @property
    def extent(self) -> Extent:
        """What was tried, in a few numbers and names."""
        ranges: Extent = {name: [min(seen), max(seen)] for name, seen in self.numbers.items()}
        lists: Extent = {name: _few(sorted(seen)) for name, seen in self.names.items()}
        return {name: [*ranges.get(name, []), *lists.get(name, [])] for name in ranges | lists}


def _written(value: Any) -> bool:
    """Return whether a value is words, numbers, or a tuple or a list of them."""
    return all(map(_plain, value)) if isinstance(value, list) else _plain(value)


def _plain(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_plain, value))
    return value is None or isinstance(value, (bool, int, float, str))


def _is_name(key: Any) -> bool:
    return isinstance(key, str) and key.isidentifier()


def _listed(value: Any) -> str:
    """Return a tuple or a list as it is written, without quotes and a last comma."""
    if not isinstance(value, (list, tuple)):
        return str(value)
    inner = ", ".join(map(_listed, value))
    return f"[{inner}]" if isinstance(value, list) else f"({inner})"


def _few(names: list[str]) -> list[int | float | str]:
    more = len(names) - MOST
    return [*names[:MOST], *([f"{more} more"] if more > 0 else [])]


def in_words(extent: Extent) -> str:
    """Say in one line how wide a claim was tried; nothing, if nothing was drawn."""
    parts = [f"{name} {_range(values)}" for name, values in sorted(extent.items())]
    return "; ".join(parts)


def _range(values: list[int | float | str]) -> str:
    if len(values) == 2 and all(isinstance(value, (int, float)) for value in values):
        low, high = values
        return f"{low:g}" if low == high else f"{low:g} to {high:g}"
    return ", ".join(map(str, values))
