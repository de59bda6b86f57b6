"""Which of two environments is faster, as far as a noisy machine lets one say.

Two interpreters are held open and work in turns, one at a time. A round times every benchmark
once in each, and a burst in one is paired with a burst in the other, in random order; so what
slows the machine for longer than a burst slows both. Processor time is taken, not the clock's.

A round gives the logarithm of the ratio of the two times. Were both environments the same, to
swap them would change nothing but its sign. So an interval of Wilcoxon's signed-rank test (see
`interval`) holds for it, whatever the noise, if the noise of the rounds is independent.
The error is divided by the number of benchmarks (Bonferroni): at least 99.9 % of all runs have
no interval that misses its ratio.

What stays for a whole run is not noise of rounds: two interpreters of the very same release
differ by how their memory happens to lie. For that there is a margin: slower, or faster, is said
only if the whole interval is away from 1 by more than MARGIN. So a release against itself is
called slower in less than 1 of 2,000 runs while such differences are below the margin.
"""

from __future__ import annotations

import math
import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from threading import Timer
from typing import Any, Literal, TypeVar

import msgspec
import numpy as np

from lstm_spec.errors import BrokenError, suggestion
from lstm_spec.releases import environments, matrix
from lstm_spec.releases.compare import Change, differences
from lstm_spec.releases.environments import Request, UnusableRequirementError
from lstm_spec.releases.worker import ALONE, Answer, Ask, Ready
from lstm_spec.run.process import Command, begun, last_line, quiet
from lstm_spec.run.text import one_line


def interval(differences: Sequence[float], error: float) -> tuple[float, float, float]:
    """Return the lower bound, the estimate and the upper bound of a centre of symmetry.

    The estimate is the median of the means of all pairs of differences, each with itself too
    (Hodges and Lehmann, 1963). The bounds are those of these means that Wilcoxon's signed-rank
    test would not reject (Hollander and Wolfe, Nonparametric Statistical Methods, section 3.4).
    The test is exact: where the differences are independent and each is as likely to lie so far
    above the centre as below it, whatever their distributions, the bounds miss the centre with a
    probability of at most `error`. An outlier counts for no more than its rank.

    Args:
        differences: at least one; with too few for so small an error the bounds are infinite.
        error: between 0 and 1, shared by both sides.
    """
    d = np.asarray(differences)
    first, second = np.triu_indices(len(d))
    means = np.sort((d[first] + d[second]) / 2)
    outside = int(np.sum(np.cumsum(_ranks(len(d))) <= error / 2))
    if not outside:
        return -np.inf, float(np.median(means)), np.inf
    return float(means[outside - 1]), float(np.median(means)), float(means[-outside])


def _ranks(count: int) -> Any:
    """Return the probability of each sum of the ranks 1 to `count` of which each counts or not."""
    chance = np.zeros(count * (count + 1) // 2 + 1)
    chance[0] = 1.0
    for rank in range(1, count + 1):
        chance[rank:] = (chance[rank:] + chance[:-rank]) / 2
        chance[:rank] /= 2
    return chance


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
        answer = self._line(Ready)
        if answer.failed:
            raise DeadError(f"{self.word}: {answer.failed}")
        return answer

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
        last = one_line(last_line(self.log.read_text(encoding="utf-8", errors="replace")))
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
    return Side(word, environments.ask(_words(word, list(entries)), python))


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
        hint = suggestion(text, names, f"it has {', '.join(names)}")
        raise UnusableRequirementError(f"the matrix has no {text!r}; {hint}")
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
    pythons = [
        environments.make(side.request) if side.request else Path(sys.executable) for side in sides
    ]
    held: list[Interpreter] = []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        environments.copy(Path(folder))
        core = _core()
        for number, (side, python) in enumerate(zip(sides, pythons, strict=True)):
            command: Command = [python, "-m", "lstm_spec.releases.worker", *core]
            start = _started(side, command, Path(folder), Path(folder, f"log-{number}"))
            held.append(stack.enter_context(start))
        yield held


def _core() -> list[str]:
    """Return a core that this process may use, as a word; none, if the system does not tell."""
    if not hasattr(os, "sched_getaffinity"):
        return []
    return [str(random.choice(sorted(os.sched_getaffinity(0))))]


@contextmanager
def _started(side: Side, command: Command, folder: Path, log: Path) -> Iterator[Interpreter]:
    if side.request:
        variables = environments.variables(side.request, str(folder))
    else:
        paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
        variables = {**quiet(), "PYTHONPATH": os.pathsep.join(paths)}
    variables = {**variables, **ALONE}
    pipes = dict.fromkeys(("stdin", "stdout"), subprocess.PIPE)
    with (
        log.open("wb") as output,
        begun(command, folder=folder, variables=variables, stderr=output, **pipes) as process,
    ):
        yield Interpreter(side.word, process, log)


ROUNDS, FEWEST = 80, 25
"""How often a benchmark is timed, and how often if a call of it is long."""
BURST = 0.012
"""Seconds that a burst shall take, in the mean of both, unless a single call takes longer."""
LONGEST = 4.0
"""Seconds that all bursts of a benchmark shall take, unless FEWEST rounds take longer."""
ERROR = 0.001
"""In what part of all runs any of the intervals may miss its ratio."""
MARGIN = 0.03

Verdict = Literal["slower", "faster", "same", "unsettled"]
Pair = tuple[float, float]
"""Seconds in the one and in the other environment."""


class Timing(msgspec.Struct, frozen=True):
    """A benchmark in both environments."""

    work: str
    then: float
    """Seconds of processor time that a call takes, the median of all rounds."""
    now: float
    ratio: float
    """How many times as long a call takes now."""
    low: float | None
    high: float | None
    """The ends of the confidence interval of the ratio. None: too few rounds to say."""
    rounds: int
    verdict: Verdict


class Speeds(msgspec.Struct, frozen=True):
    """What takes longer in one environment than in another."""

    worse: list[str]
    """The benchmarks that are slower."""
    timings: list[Timing]
    error: float
    margin: float
    untimed: list[Change]
    """What could not be timed in both, and what each said."""
    environment: list[Change]
    """Versions, Python and backend, where they differ."""


class UntimedError(BrokenError):
    """Nothing could be timed in both environments."""


@dataclass(frozen=True)
class Plan:
    """How a benchmark is timed."""

    work: str
    calls: int
    """How many a burst has."""
    rounds: int

    def due(self, number: int, rounds: int) -> bool:
        """Return whether it is timed in a round; its rounds are spread over all of them."""
        return number * self.rounds // rounds < (number + 1) * self.rounds // rounds


def race(
    sides: tuple[Side, Side], rounds: int = ROUNDS, tell: Callable[[str], object] = str
) -> Speeds:
    """Time every benchmark in two environments, in turns.

    Args:
        sides: the earlier environment and the later one.
        rounds: how often, at most.
        tell: takes what is being done.

    Raises:
        UnmadeError: an environment cannot be made.
        UnusableRequirementError: two packages own the same files.
        DeadError: an interpreter ended.
        UntimedError: no benchmark could be done in both.
        OSError: the cache or the folder of temporary files cannot be written.
    """
    tell("makes the environments")
    with opened(sides) as pair:
        tell("imports Keras in both")
        ready = [interpreter.ready() for interpreter in pair]
        tell("does every benchmark once")
        plans, untimed = _prepare(pair, ready, rounds)
        if not plans:
            raise UntimedError(f"no benchmark can be done in both: {untimed[0].now}")
        seconds = _alternate(pair, plans, rounds, tell)
    timings = [timing(plan, seconds[plan.work], ERROR / len(plans)) for plan in plans]
    return Speeds(
        worse=[timed.work for timed in timings if timed.verdict == "slower"],
        timings=timings,
        error=ERROR,
        margin=MARGIN,
        untimed=untimed,
        environment=differences(*map(_facts, ready)),
    )


def timing(plan: Plan, seconds: Sequence[Pair], error: float) -> Timing:
    """Return what the rounds of a benchmark say.

    Args:
        plan: what was timed.
        seconds: of each round.
        error: how often the interval may miss the ratio.
    """
    bounds = interval([math.log(now / then) for then, now in seconds], error)
    low, ratio, high = map(math.exp, bounds)
    then, now = (median(column) / plan.calls for column in zip(*seconds, strict=True))
    return Timing(
        work=plan.work,
        then=then,
        now=now,
        ratio=ratio,
        low=low if math.isfinite(high) else None,
        high=high if math.isfinite(high) else None,
        rounds=len(seconds),
        verdict=_verdict(low, high),
    )


def _verdict(low: float, high: float) -> Verdict:
    most = 1 + MARGIN
    if low > most:
        return "slower"
    if high < 1 / most:
        return "faster"
    return "same" if 1 / most <= low and high <= most else "unsettled"


def _prepare(
    pair: Sequence[Interpreter], ready: Sequence[Ready], rounds: int
) -> tuple[list[Plan], list[Change]]:
    """Do every benchmark a few times in both; return how to time it, and what cannot be timed."""
    plans = []
    untimed = []
    for work in dict.fromkeys([*ready[0].work, *ready[1].work]):
        tries = [_try(side, work, able) for side, able in zip(pair, ready, strict=True)]
        if any(answer.failed for answer in tries):
            untimed.append(Change(work, *(answer.failed or "done" for answer in tries)))
        else:
            call = sum(answer.seconds for answer in tries) / 2
            calls = max(1, round(BURST / call))
            most = max(FEWEST, int(LONGEST / (2 * calls * call)))
            plans.append(Plan(work, calls, min(rounds, most)))
    return plans, untimed


def _try(interpreter: Interpreter, work: str, ready: Ready) -> Answer:
    """Return what a call takes, after the first, or why it cannot be done."""
    if work not in ready.work:
        return Answer(failed=f"not on {ready.backend}")
    first = interpreter.ask(Ask(work, 1))
    calls = 3
    return first if first.failed else Answer(interpreter.ask(Ask(work, calls)).seconds / calls)


def _alternate(
    pair: Sequence[Interpreter], plans: Sequence[Plan], rounds: int, tell: Callable[[str], object]
) -> dict[str, list[Pair]]:
    """Return what each benchmark took in each of its rounds."""
    seconds: dict[str, list[Pair]] = {plan.work: [] for plan in plans}
    for number in range(rounds):
        tell(f"round {number + 1} of {rounds}")
        for plan in random.sample(plans, len(plans)):
            if plan.due(number, rounds):
                seconds[plan.work].append(_turn(pair, Ask(plan.work, plan.calls)))
    return seconds


def _turn(pair: Sequence[Interpreter], ask: Ask) -> Pair:
    """Let both do the same, in random order.

    Raises:
        DeadError: one of them ended, or can no longer do it.
    """
    taken = [0.0, 0.0]
    for number in random.sample((0, 1), 2):
        answer = pair[number].ask(ask)
        if answer.failed:
            raise DeadError(f"{pair[number].word}: {ask.work} failed: {answer.failed}")
        taken[number] = answer.seconds
    return taken[0], taken[1]


def _facts(ready: Ready) -> dict[str, str]:
    return {**ready.packages, "python": ready.python, "backend": ready.backend}
