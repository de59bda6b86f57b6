"""Text from elsewhere, made to be shown; and what is recorded by hand in TOML."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TypeVar

import msgspec

from lstm_spec.errors import BrokenError


def one_line(text: object) -> str:
    """Return text on one line, without what moves a cursor."""
    words = " ".join(str(text).split())
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in words)


def without_escapes(text: str) -> str:
    """Return text without the escape sequences by which Keras prints bold."""
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)


Kind = TypeVar("Kind")


class UnreadableFileError(BrokenError):
    """A file that is not TOML, or does not hold what it must; the message names it."""


def read_toml(path: Path, kind: type[Kind]) -> Kind:
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
