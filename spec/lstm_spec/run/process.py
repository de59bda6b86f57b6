"""Child processes: each has a session of its own, and ends with all that it began.

An interrupt at the terminal reaches this process only, which decides what becomes of the others.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Command = Sequence[str | Path]


@dataclass(frozen=True)
class Done:
    """What a process left."""

    status: int
    output: str
    errors: str

    @property
    def last_error(self) -> str:
        """The last line that it printed to its standard error."""
        return last_line(self.errors)


def quiet() -> dict[str, str]:
    """Return this process's environment variables for one that runs in another folder.

    TensorFlow's log is off unless it is set, and PYTHONPATH names the same folders there.
    """
    variables = {"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ}
    if paths := variables.get("PYTHONPATH"):
        absolute = [os.path.abspath(path) for path in paths.split(os.pathsep)]
        variables["PYTHONPATH"] = os.pathsep.join(absolute)
    return variables


def last_line(text: str) -> str:
    """Return the last line that is not blank."""
    return (text.strip().splitlines() or ["no output"])[-1].strip()


@contextmanager
def begun(
    command: Command,
    *,
    folder: str | Path | None = None,
    variables: Mapping[str, str] | None = None,
    **streams: Any,
) -> Iterator[subprocess.Popen[bytes]]:
    """Begin a process; in the end it is killed with its group, if it still runs.

    Args:
        command: its words.
        folder: where it runs; default: here.
        variables: its environment variables; default: those of this process.
        **streams: as Popen takes them; its standard input is empty unless it is given.

    Yields:
        The process.
    """
    process = None
    try:
        with _uninterrupted():
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=variables,
                start_new_session=True,
                **{"stdin": subprocess.DEVNULL, **streams},
            )
        yield process
    finally:
        if process:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold back the handlers of SIGINT and SIGTERM until the end.

    One that raised while a process begins would leave nobody who knows the process.
    """
    if threading.current_thread() is not threading.main_thread():  # signals are not handled here
        yield
        return
    known = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    handlers = {number: handler for number, handler in known.items() if callable(handler)}
    held: list[int] = []
    for number in handlers:
        signal.signal(number, lambda number, frame: held.append(number))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for came in held:
            signal.raise_signal(came)


def run(
    command: Command,
    *,
    folder: str | Path | None = None,
    variables: Mapping[str, str] | None = None,
    given: str = "",
    seconds: float | None = None,
) -> Done:
    """Run a process to its end, and return what it left.

    Args:
        command: its words.
        folder: where it runs; default: here.
        variables: its environment variables; default: those of this process.
        given: what it reads.
        seconds: how long it may take; default: as long as it likes.

    Raises:
        subprocess.TimeoutExpired: it took longer, and was ended.
    """
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with begun(command, folder=folder, variables=variables, **pipes) as process:
        output, errors = process.communicate(given.encode(), timeout=seconds)
    return Done(process.returncode, _text(output), _text(errors))


def _text(printed: bytes) -> str:
    return printed.decode("utf-8", "replace").replace("\r\n", "\n")
