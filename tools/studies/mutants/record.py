"""What was seen of mutants, a line of JSON each, written as it comes; and what covers what."""

from __future__ import annotations

import ast
import json
import re
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

from tools.studies.guards import GUARDS, guard_calls
from tools.studies.mutants.mutants import (
    THREADED,
    Field,
    Mutant,
    changed,
    functions,
    reached_as,
    target,
    tree,
)
from tools.studies.mutants.suites import Trial, failure

Line = dict[str, Any]
"""What was seen of one mutant, as a line of a file."""
guards_now: ContextVar[tuple[str, ...]] = ContextVar("guards_now", default=("",))
"""The guards under which a line that runs now is reached."""


def append(path: Path, **entry: Any) -> None:
    """Write a line at the end of a file; several processes may do so at once."""
    with path.open("ab", buffering=0) as file:
        file.write((json.dumps(entry) + "\n").encode())


def read(path: Path) -> list[Line]:
    """Return the lines of a file; none, if there is no file."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [json.loads(line) for line in text.splitlines()]


def results(path: Path, started: Path, patience: float) -> dict[str, Line]:
    """Return the result of each mutant; one on which the interpreter died twice is refuted.

    Args:
        path: the lines of results; the last one of a mutant counts.
        started: the lines that say which mutant was begun.
        patience: seconds; a mutant on which less was spent in vain is not done.
    """
    by_mutant = {
        line["mutant"]: line
        for line in read(path)
        if line["refuted_by"] or line["tried"] == line["reach"] or line["seconds"] >= patience
    }
    starts = Counter(line["started"] for line in read(started))
    for mutant, times in starts.items():
        if times > 1 and mutant not in by_mutant:
            by_mutant[mutant] = {
                "mutant": mutant,
                "refuted_by": "(the interpreter died)",
                "tried": 0,
            }
    return by_mutant


def cover(path: Path, trials: dict[str, Trial], field: Field) -> None:
    """Write which lines each trial reaches in the functions that are changed.

    Of guarded mutants only lines that run within a call of LSTM or RNN count, by the guards that
    are true for it.
    """
    codes = {
        code: module
        for module, name, _ in changed(field)
        for code in _nested(target(module, name).__code__)
    }
    done = {line["trial"] for line in read(path)}
    for trial in trials.values():
        if trial.name not in done:
            started = time.process_time()
            with pytest.MonkeyPatch.context() as patch:
                if field == "guarded":
                    guards_now.set(())
                    guard_calls(patch, _noted)
                lines, failed = _reached(trial, codes)
            seconds = round(time.process_time() - started, 2)
            append(path, trial=trial.name, seconds=seconds, failed=failed, lines=lines)


@contextmanager
def _noted(*call: Any) -> Iterator[None]:
    """Keep the guards that are true for a call while it runs."""
    token = guards_now.set(tuple(name for name, guard in GUARDS.items() if guard(*call)))
    try:
        yield
    finally:
        guards_now.reset(token)


def _nested(code: CodeType) -> list[CodeType]:
    inner = [c for c in code.co_consts if isinstance(c, CodeType)]
    return [code] + [c for part in inner for c in _nested(part)]


def _reached(trial: Trial, codes: dict[CodeType, str]) -> tuple[dict[str, list[int]], str]:
    reached: dict[str, set[int]] = defaultdict(set)

    def enter(frame: FrameType, event: str, arg: Any) -> Any:
        return line if frame.f_code in codes else None

    def line(frame: FrameType, event: str, arg: Any) -> Any:
        for guard in guards_now.get():
            reached[reached_as(codes[frame.f_code], guard)].add(frame.f_lineno)
        return line

    threading.settrace(enter)
    sys.settrace(enter)
    try:
        failed = failure(trial)
    finally:
        sys.settrace(None)
        threading.settrace(None)
    return {module: sorted(lines) for module, lines in reached.items()}, failed


class Coverage:
    """Which trials reach which mutant, the promising ones first."""

    def __init__(self, path: Path, trials: dict[str, Trial]) -> None:
        """Read what was covered."""
        self.lines = [line for line in read(path) if not line["failed"] and line["trial"] in trials]
        self.words = {name: _words(trial.text) for name, trial in trials.items()}
        self.common = Counter(word for words in self.words.values() for word in words)
        self.refuted: Counter[tuple[str, str]] = Counter()
        """How often a trial refuted a mutant of a function, in this process."""

    def trials(self, mutant: Mutant) -> list[str]:
        """Return the names of the trials that reach a mutant's statement."""
        wanted = set(_span(mutant))
        reach = [line for line in self.lines if _meets(line, mutant, wanted)]

        def promise(line: Line) -> float:
            """Return how likely the trial is to refute the mutant, for each second it takes."""
            seen = self.refuted[mutant.function, line["trial"]] / (1 + self.refuted.total())
            return (0.02 + self.about(mutant, line["trial"]) + 10 * seen) / (0.1 + line["seconds"])

        return [line["trial"] for line in sorted(reach, key=promise, reverse=True)]

    def reaches(self, trial: str, mutant: Mutant) -> bool:
        """Say whether a trial reaches a mutant's statement."""
        wanted = set(_span(mutant))
        mine = (line for line in self.lines if line["trial"] == trial)
        return any(_meets(line, mutant, wanted) for line in mine)

    def about(self, mutant: Mutant, trial: str) -> float:
        """Return how many words a trial's text shares with a mutant's change, rare ones first."""
        shared = _words(mutant.change) & self.words[trial]
        return sum(1 / self.common[word] for word in shared)


def _meets(line: Line, mutant: Mutant, wanted: set[int]) -> bool:
    lines = line["lines"].get(mutant.reached_as, ())
    return bool(lines) if mutant.module in THREADED else not wanted.isdisjoint(lines)


def _words(text: str) -> set[str]:
    """Return the words of a source text, and the parts of those that are joined."""
    return {*re.findall(r"\w+", text), *re.findall(r"[a-z]+", text)}


@cache
def _span(mutant: Mutant) -> range:
    """Return the lines of a mutant's statement; of a compound one, the lines of its head.

    A change of the arguments is met wherever the function runs.
    """
    function = dict(functions(tree(mutant.module)))[mutant.function]
    if mutant.step == 0:
        return range(function.body[0].lineno, (function.end_lineno or 0) + 1)
    statements = [n for n in ast.walk(function) if isinstance(n, ast.stmt)]
    statement = next(n for n in statements if n.lineno == mutant.line and n is not function)
    body = getattr(statement, "body", None)
    return range(statement.lineno, body[0].lineno if body else (statement.end_lineno or 0) + 1)
