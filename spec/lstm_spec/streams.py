"""The standard streams, also where they are closed, full, or of an encoding that lacks much."""

from __future__ import annotations

import io
import os
import sys
from typing import Any

ESCAPED = "backslashreplace"
"""What becomes of a character that the encoding of standard output lacks."""


class UnwritableOutputError(Exception):
    """Standard output that cannot be written, as on a full disk."""


class UnreadOutputError(Exception):
    """Standard output whose reader has seen enough, as in `lstm-spec check | head`."""


def prepare() -> None:
    """Let each standard stream be there, and what is printed be printable.

    A closed stream reads and prints nothing. Otherwise the next file that is opened, such as a
    report, would be taken for it.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    given: Any = sys.stdout
    own: Any = sys.__stdout__  # tests put another in its place
    if given is None or (given is own and not given.isatty()):
        sys.stdout = _output(given)
    elif isinstance(given, io.TextIOWrapper):
        given.reconfigure(errors=ESCAPED)


def _output(given: Any) -> io.TextIOWrapper:
    immediate = given is not None and (given.line_buffering or given.write_through)
    encoding = given.encoding if given is not None else "utf-8"
    raw = io.BufferedWriter(_Output(1, "wb", closefd=False))
    return io.TextIOWrapper(raw, encoding, ESCAPED, line_buffering=immediate)


class _Output(io.FileIO):
    """Standard output; its errors are no `OSError`, which would be taken for one of a report."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            raise UnreadOutputError from None
        except OSError as error:
            why = f"standard output cannot be written: {error.strerror or error}"
            raise UnwritableOutputError(f"{why}; send it elsewhere") from None


def drop(descriptor: int = 1) -> None:
    """Let what is not written yet go nowhere: Python would try again at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
