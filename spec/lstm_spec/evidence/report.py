"""The report: what one environment did with every claim, as JSON lines.

A header, one record a claim, and a footer, each appended as it comes: a run that is killed
leaves what it had. A report without its footer is incomplete, and readers are told so.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import zlib
from collections import Counter
from pathlib import Path
from typing import Literal, get_args

import msgspec

from lstm_spec.evidence.oneline import one_line

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


class UnreadableReportError(ValueError):
    """A file that is not a report, or not one of this schema."""


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
    """A digest of the cases: equal where the same cases were tried."""
    error: float | None = None
    """The error that came nearest to its bound, in units of rounding."""
    bound: float | None = None
    """That bound."""
    spread: float | None = None
    """How far the largest error lies above the median one; none where one error was seen."""
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


class Report(msgspec.Struct):
    """A report as it was read."""

    header: Header
    records: list[Record]
    footer: Footer | None

    @property
    def untried(self) -> list[str]:
        """The claims that the run set out to try and has no record of."""
        tried = {record.claim for record in self.records}
        return [claim for claim in self.header.claims if claim not in tried]

    @property
    def verdicts(self) -> dict[str, int]:
        """How many claims met with each verdict; only verdicts that occur."""
        return dict(Counter(record.verdict for record in self.records))


def append(path: Path, line: Line) -> None:
    """Add a line to the report, or leave the report as it was.

    Raises:
        OSError: the file cannot be written.
    """
    rest = memoryview(msgspec.json.encode(line) + b"\n")
    with path.open("ab", buffering=0) as file:
        end = file.tell()
        try:
            while rest:
                rest = rest[file.write(rest) :]
        except OSError:
            with contextlib.suppress(OSError):  # what is no file has no end
                file.truncate(end)
            raise


def read(path: Path) -> Report:
    """Read a report, a complete one or the beginning of one, compressed by gzip or not.

    Raises:
        OSError: the file cannot be read.
        UnreadableReportError: a line is damaged, or the lines are not those of a report; the
            message names the line. A last line that was cut off is passed over.
    """
    *whole, rest = _plain(path).split(b"\n")
    lines = [_decode(path, number, text) for number, text in enumerate(whole, 1)]
    if not lines or not isinstance(lines[0], Header):
        raise UnreadableReportError(f"{path}: not a report: line 1 is no header")
    footer = lines[-1] if isinstance(lines[-1], Footer) and not rest else None
    middle = lines[1:-1] if footer else lines[1:]
    records = [line for line in middle if isinstance(line, Record)]
    if len(records) < len(middle):
        raise UnreadableReportError(f"{path}: a header or footer stands between the records")
    return Report(lines[0], records, footer)


def schema() -> dict[str, object]:
    """Return the JSON schema of a line."""
    return msgspec.json.schema(Line)


def _plain(path: Path) -> bytes:
    if path.is_char_device():  # perhaps without an end, like /dev/zero
        raise UnreadableReportError(f"{path}: not a report: it is a device")
    data = path.read_bytes()
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
        told = one_line(error)
        raise UnreadableReportError(f"{path}: line {number} is damaged: {told}") from None
