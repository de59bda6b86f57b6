"""Interpreters that are held open in two environments, and time what they are asked to."""

from __future__ import annotations

import difflib
import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Timer
from typing import TypeVar

import msgspec

from lstm_spec.errors import BrokenError
from lstm_spec.releases import apart, matrix, venv
from lstm_spec.releases.bursts import ALONE, Answer, Ask, Ready
from lstm_spec.releases.request import Request, UnusableRequirementError
from lstm_spec.run.environment import quiet

HERE = "here"
"""The word for the Keras that is installed here."""
LIMIT = 300
"""Seconds after which an interpreter that says nothing is ended."""

Said = TypeVar("Said", Ready, Answer)


class DeadError(BrokenError):
    """An interpreter that ended, or had to be ended; the message says in one sentence why."""


@dataclass(frozen=True)
class Side:
    """One of the two environments."""

    word: str
    """As it was named."""
    request: Request | None
    """None: what is installed here."""


@dataclass(frozen=True)
class Interpreter:
    """An interpreter that waits for what to do."""

    word: str
    process: subprocess.Popen[bytes]
    log: Path
    """What it prints to its standard error."""

    def ready(self) -> Ready:
        """Wait until Keras is imported, and return what can be done there.

        Raises:
            DeadError: it ended, or took too long, or Keras cannot be imported there.
        """
        said = self._line(Ready)
        if said.failed:
            raise DeadError(f"{self.word}: {said.failed}")
        return said

    def ask(self, ask: Ask) -> Answer:
        """Return what a burst took.

        Raises:
            DeadError: the interpreter ended, or took too long.
        """
        assert self.process.stdin
        try:
            self.process.stdin.write(msgspec.json.encode(ask) + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise self._dead() from None
        return self._line(Answer)

    def _line(self, kind: type[Said]) -> Said:
        assert self.process.stdout
        timer = Timer(LIMIT, self.process.kill)
        timer.daemon = True  # an interrupt in start() comes before it can be cancelled
        timer.start()
        try:
            line = self.process.stdout.readline()
        finally:
            timer.cancel()
        if not line:
            raise self._dead()
        return msgspec.json.decode(line, type=kind)

    def _dead(self) -> DeadError:
        status = self.process.wait()
        said = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        last = " ".join((said or ["no output"])[-1].split())
        return DeadError(f"{self.word}: Python ended with status {status}: {last}")


def side(word: str, python: str = "") -> Side:
    """Return the environment that a word means.

    Args:
        word: the name of one in the matrix; requirements, wheels and folders of source trees
            with spaces between them; or "here".
        python: as `major.minor`; default: as the matrix says, or the one that runs.

    Raises:
        UnusableRequirementError: it is none of these; the message says what is expected.
        UnmadeError: a source tree cannot be built.
        OSError: the cache cannot be written.
    """
    if word == HERE:
        return Side(word, None)
    entries = {entry.name: entry.request for entry in matrix.load().environment}
    if word in entries:
        asked = entries[word]
        return Side(word, replace(asked, python=python) if python else asked)
    return Side(word, venv.ask(_words(word, list(entries)), python))


def _words(text: str, names: list[str]) -> list[str]:
    """Return the requirements in a text.

    Raises:
        UnusableRequirementError: there are none, it is a file, or a name that the matrix lacks.
    """
    words = [text] if text.endswith(".whl") and os.path.isfile(text) else text.split()
    expected = f"give an environment of the matrix like {names[-1]}, requirements, or {HERE}"
    if not words:
        raise UnusableRequirementError(f"{text!r} names no environment; {expected}")
    if re.fullmatch(r"[a-z-]+-[\d.]+", text):
        near = " or ".join(difflib.get_close_matches(text, names)) or ", ".join(names)
        raise UnusableRequirementError(f"the matrix has no {text!r}; did you mean {near}?")
    if not text.endswith(".whl") and os.path.isfile(text):
        raise UnusableRequirementError(f"{text!r} is a file, and no environment; {expected}")
    return words


@contextmanager
def opened(sides: Sequence[Side]) -> Iterator[list[Interpreter]]:
    """Hold an interpreter open in each environment; end them whatever happens.

    They run from a copy of this package, each on one thread, and both on one core of the processor,
    where the system lets one choose it: on two cores a neighbour disturbs the one or the other.

    Args:
        sides: the environments.

    Yields:
        The interpreters, which may still be importing.

    Raises:
        UnmadeError: an environment cannot be made.
        UnusableRequirementError: two packages own the same files.
        OSError: the cache or the folder of temporary files cannot be written.
    """
    pythons = [venv.make(one.request) if one.request else Path(sys.executable) for one in sides]
    held: list[Interpreter] = []
    with tempfile.TemporaryDirectory() as folder:
        apart.copy(Path(folder))
        try:
            core = _core()
            for number, (one, python) in enumerate(zip(sides, pythons, strict=True)):
                command = [str(python), "-m", "lstm_spec.releases.bursts", *core]
                held.append(_start(one, command, Path(folder), Path(folder, f"log-{number}")))
            yield held
        finally:
            for interpreter in held:
                interpreter.process.kill()
            for interpreter in held:
                interpreter.process.wait()


def _core() -> list[str]:
    """Return a core that this process may use, as a word; none, if the system does not tell."""
    if not hasattr(os, "sched_getaffinity"):
        return []
    return [str(random.choice(sorted(os.sched_getaffinity(0))))]


def _start(one: Side, command: list[str], folder: Path, log: Path) -> Interpreter:
    if one.request:
        variables = apart.variables(one.request, str(folder))
    else:
        paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
        variables = {**quiet(), "PYTHONPATH": os.pathsep.join(paths)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**variables, **ALONE},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            start_new_session=True,  # so that an interrupt reaches it from here alone
        )
    return Interpreter(one.word, process, log)
