"""What searches share: a file of what was seen, a busy core, the package of an earlier commit."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from lstm_spec.run.process import begun
from tools import ROOT

Line = TypeVar("Line", bound=msgspec.Struct)


def kept(path: Path, kind: type[Line]) -> list[Line]:
    """Return the lines of a file; none, if there is no file."""
    text = path.read_bytes() if path.exists() else b""
    return [msgspec.json.decode(line, type=kind) for line in text.splitlines()]


def keep(path: Path, line: msgspec.Struct) -> None:
    """Write a line at the end of a file."""
    with path.open("ab") as file:
        file.write(msgspec.json.encode(line) + b"\n")


def keep_only(path: Path, lines: Iterable[msgspec.Struct]) -> None:
    """Rewrite a file with these lines."""
    path.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))


@contextmanager
def busy(wanted: bool) -> Iterator[subprocess.Popen[bytes] | None]:
    """Keep one core busy in the meantime, if that is wanted."""
    if not wanted:
        yield None
        return
    with begun([sys.executable, "-c", "while True: pass"]) as process:
        yield process


def extract(commit: str, folder: str | Path) -> None:
    """Put the folder `spec` of a commit into another folder.

    Raises:
        subprocess.CalledProcessError: git has no such commit, as in a shallow clone.
    """
    archive = Path(folder, "spec.tar")
    subprocess.run(["git", "archive", "-o", archive, commit, "spec"], cwd=ROOT, check=True)
    with tarfile.open(archive) as file:
        file.extractall(folder, filter="data")
