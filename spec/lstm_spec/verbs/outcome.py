"""How a verb ends: its exit status, and the sentence that says why."""

from __future__ import annotations

import sys
from pathlib import Path

NOT_FOUND, BAD_USAGE, BROKEN, INTERRUPTED, UNREAD = 1, 2, 3, 130, 141


class UnwritableError(ValueError):
    """A report or a picture that cannot be written where it was asked for."""


def say(message: object, status: int) -> int:
    """Say why a verb ends, and return its exit status."""
    print(f"lstm-spec: {message}", file=sys.stderr)
    return status


def forbid_unwritable(file: Path, what: str = "report") -> None:
    """Find out whether a file can be written; leave what is there as it is.

    Raises:
        UnwritableError: it cannot.
    """
    existed = file.exists()
    try:
        file.open("ab").close()
    except OSError as error:
        raise UnwritableError(f"{what} {file} cannot be written: {error.strerror}") from None
    if not existed:
        file.unlink()
