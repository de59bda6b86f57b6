"""What searches share that may be stopped at any time: a file of what was seen, a busy core."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from lstm_spec.run.process import begun

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
