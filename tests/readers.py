"""What reads files and words that people give, each with something valid to damage."""

from __future__ import annotations

import gzip
import importlib.util
import io
import re
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any

from lstm_spec import catalog
from lstm_spec.answers import issues, questions
from lstm_spec.answers.answer import Library, answer, find, markdown
from lstm_spec.answers.constructor import CallError, input_shape, layer
from lstm_spec.releases import bisect, environments, ledger, matrix, tables
from lstm_spec.releases.compare import compare
from lstm_spec.releases.ledger import UnmergeableError, merge
from lstm_spec.reviews import model_file
from lstm_spec.reviews.review import FORMATS, of_model, of_program
from lstm_spec.reviews.source import ProgramError
from lstm_spec.run import deviations, documentation
from lstm_spec.run.report import Record, UnreadableReportError, encoded
from lstm_spec.run.text import UnreadableFileError, as_json
from reports import FOOTER, report


@dataclass(frozen=True)
class Reader:
    """What is read, how, and what is raised if it cannot be."""

    valid: bytes
    read: Callable[[bytes], Any]
    documented: type[Exception] | tuple[type[Exception], ...]


@cache
def _scratch() -> IO[bytes]:
    """Return a file that stays open: to make one for each input takes longer than to read it."""
    return tempfile.NamedTemporaryFile(buffering=0)


def _file(read: Callable[[Path], Any]) -> Callable[[bytes], Any]:
    """Return what puts bytes into a file and reads it."""

    def write_and_read(given: bytes) -> Any:
        file = _scratch()
        file.seek(0)
        file.truncate()
        file.write(given)
        return read(Path(file.name))

    return write_and_read


def _word(read: Callable[[str], Any]) -> Callable[[bytes], Any]:
    """Return what reads bytes as a word of the command line."""
    return lambda given: read(given.decode("utf-8", "surrogateescape"))


def _compare(path: Path) -> None:
    read_report = ledger.find(str(path))
    ledger._versions(read_report)
    comparison = compare(read_report, read_report)
    tables.markdown(comparison)
    as_json(comparison)


def _merge(path: Path) -> None:
    merge([("valid", ONE), ("damaged", ledger.find(str(path)))], partial=True)


def _deviations(path: Path) -> None:
    newest = deviations.newest.__wrapped__(path)
    for deviation in deviations.load.__wrapped__(path):
        deviation.matches(newest)


def _between(text: str) -> list[str]:
    first, _, last = text.partition(" ")
    return bisect.between(first, last)


def _layer(text: str) -> str:
    return str(layer(text, (3, 1)).call)


def _program(text: str) -> None:
    review = of_program(text, "posted")
    for written in FORMATS.values():
        written(review)


def _model(path: Path) -> None:
    review = of_model(model_file.read(path), "posted")
    for written in FORMATS.values():
        written(review)


def _archived(text: bytes) -> bytes:
    """Return a `.keras` file that holds a configuration, packed but not compressed."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("metadata.json"), b'{"keras_version": "3.15.1"}')
        archive.writestr(zipfile.ZipInfo("config.json"), text)
    return packed.getvalue()


def _hdf(path: Path) -> None:
    """Review an `.h5` file; what HDF5 reads without end is ended after two seconds."""
    seconds = model_file.SECONDS
    model_file.SECONDS = 2
    try:
        _model(path)
    finally:
        model_file.SECONDS = seconds


def _in_hdf(text: bytes) -> bytes:
    """Return an `.h5` file that holds a configuration."""
    import h5py

    packed = io.BytesIO()
    with h5py.File(packed, "w") as opened:
        opened.attrs["model_config"] = text.decode()
        opened.attrs["keras_version"] = "2.15.0"
    return packed.getvalue()


def _beginning(path: Path) -> bytes:
    """Return the first tables of a file, so that it is read quickly."""
    return b"".join(re.split(rb"^(?=\[\[)", path.read_bytes(), flags=re.MULTILINE)[:4])


ONE = report(
    Record("time.order", "held", 1.0, 50, "00ff", 2.5, 16.0),
    Record("gates.order", "refuted", 2.0, message="no"),
)
OTHER = report(Record("time.every-step", "held", 1.0), Record("state.zero-start", "held", 1.0))
REPORT, SHARD = (encoded(record.header, *record.records, FOOTER) for record in (ONE, OTHER))
CALL = b"LSTM(2, activation='relu', dropout=0.5, return_sequences=True)"
PROGRAM = (Path(__file__).parent / "reviewed/asked.txt").read_bytes()
MODEL = (Path(__file__).parent / "reviewed/model.json").read_bytes()
REQUIREMENT = b"keras[x]>=3.9,<4; python_version < '3.12' and (extra == 'a' or os_name != 'nt')"


def _answered(words: str) -> str:
    return markdown(answer(words, find(words, _library()), _library()))


@cache
def _library() -> Library:
    return Library(questions.questions(), catalog.claims())


ERROR = b"""Traceback (most recent call last):
  File "a.py", line 1, in <module>
ValueError: Input 0 of layer "lstm" is incompatible with the layer: expected ndim=3, found ndim=2
"""

READERS = {
    "asked": Reader(ERROR, _word(_answered), ()),
    "report": Reader(REPORT, _file(_compare), UnreadableReportError),
    "shard": Reader(SHARD, _file(_merge), (UnreadableReportError, UnmergeableError)),
    "ledger": Reader(gzip.compress(REPORT, mtime=0), _file(_compare), UnreadableReportError),
    "deviations": Reader(
        _beginning(deviations.FILE), _file(_deviations), deviations.DeviationError
    ),
    "documentation": Reader(
        _beginning(documentation.FILE), _file(documentation.entries), UnreadableFileError
    ),
    "questions": Reader(
        _beginning(questions.FILE), _file(questions.questions), UnreadableFileError
    ),
    "issues": Reader(_beginning(issues.FILE), _file(issues.load.__wrapped__), UnreadableFileError),
    "matrix": Reader(_beginning(matrix.FILE), _file(matrix.load), UnreadableFileError),
    "bisect": Reader(
        b"keras-3.0 keras-3.15",
        _word(_between),
        (matrix.UnknownEnvironmentError, bisect.UnusableRangeError),
    ),
    "call": Reader(CALL, _word(_layer), CallError),
    "bidirectional": Reader(b"layers.Bidirectional(LSTM(2), 'sum')", _word(_layer), CallError),
    "model": Reader(MODEL, _file(_model), ProgramError),
    "archive": Reader(_archived(MODEL), _file(_model), ProgramError),
    "program": Reader(PROGRAM, _word(_program), ProgramError),
    "input": Reader(b"None,1", _word(input_shape), CallError),
    "requirement": Reader(
        REQUIREMENT,
        _word(lambda word: environments.parse([word])),
        environments.UnusableRequirementError,
    ),
}

SLOW = {}
"""What takes a process of its own for each input."""
if importlib.util.find_spec("h5py"):
    SLOW["hdf"] = Reader(_in_hdf(MODEL), _file(_hdf), ProgramError)
FEWER = 50
"""So many times fewer inputs are tried of what is slow."""
