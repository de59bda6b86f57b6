"""How a verb ends: its exit status, and the sentence that says why."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lstm_spec.run.oneline import one_line
from lstm_spec.run.report import LockedError, Writer, writer

if TYPE_CHECKING:  # at run time it is imported by the function that needs it
    from rich.console import Console

NOT_FOUND, BAD_USAGE, BROKEN, INTERRUPTED, UNREAD = 1, 2, 3, 130, 141


class UnwritableError(ValueError):
    """A report or a picture that cannot be written where it was asked for."""


def console() -> Console:
    """Return what prints to a terminal; a reader that closes the pipe is an error, as for print."""
    from rich.console import Console

    class Piped(Console):
        def on_broken_pipe(self) -> None:  # rich would exit with 1, as if a claim did not hold
            raise BrokenPipeError

    return Piped()


def say(message: object, status: int) -> int:
    """Say why a verb ends, and return its exit status."""
    told = message if status == BROKEN else one_line(message)  # pytest may have printed lines
    print(f"lstm-spec: {told}", file=sys.stderr)
    return status


def forbid_unwritable(file: Path, what: str = "report") -> None:
    """Find out whether a file can be written; leave what is there as it is.

    Raises:
        UnwritableError: it cannot.
    """
    existed = os.path.exists(file)  # unlike Path.exists it takes a name that is too long
    with writing(file, what):
        file.open("ab").close()
    if not existed:
        file.unlink()


@contextmanager
def open_report(file: Path) -> Iterator[Writer]:
    """Open a report to write it, locked; leave what is there as it is.

    Raises:
        UnwritableError: it cannot be opened, or another check is writing it.
    """
    with ExitStack() as stack:
        try:
            with writing(file):
                report = stack.enter_context(writer(file))
        except LockedError as error:
            raise UnwritableError(f"{error}; wait for its end, or name another file") from None
        if not report.locked:
            told = f"{one_line(file)} cannot be locked where it is; let no other check write it"
            print(f"lstm-spec: {told}", file=sys.stderr)
        yield report


@contextmanager
def writing(file: Path, what: str = "report") -> Iterator[None]:
    """Say in one sentence that a file cannot be written, if what is done inside fails.

    Raises:
        UnwritableError: it fails.
    """
    try:
        yield
    except OSError as error:
        raise UnwritableError(f"{what} {file} cannot be written: {error.strerror}") from None
