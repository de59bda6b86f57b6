"""Reads what is recorded by hand in TOML, or says in one sentence why it cannot."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from lstm_spec.errors import BrokenError
from lstm_spec.run.text import one_line

Kind = TypeVar("Kind")


class UnreadableFileError(BrokenError):
    """A file that is not TOML, or does not hold what it must; the message names it."""


def read(path: Path, kind: type[Kind]) -> Kind:
    """Return what a file holds.

    Args:
        path: the file.
        kind: what it must hold.

    Raises:
        UnreadableFileError: it holds something else; the message says where.
    """
    try:
        return msgspec.toml.decode(path.read_bytes(), type=kind)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise UnreadableFileError(f"{path.name}: {one_line(error)}") from None
