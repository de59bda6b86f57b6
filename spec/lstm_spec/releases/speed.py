"""Which of two environments is faster, as far as a noisy machine lets one say.

Two interpreters are held open and work in turns, one at a time. A round times every benchmark
once in each, and a burst in one stands beside the burst in the other, in random order; so what
slows the machine for longer than a burst slows both. Processor time is taken, not the clock's.

A round gives the logarithm of the ratio of the two times. Were both environments the same, to
swap them would change nothing but its sign. So an interval of Wilcoxon's signed-rank test (see
interval.py) holds for it, whatever the noise, if one round's noise tells nothing of another's.
The error is divided by the number of benchmarks (Bonferroni): at least 99.9 % of all runs have
no interval that misses its ratio.

What stays for a whole run is not noise of rounds: two interpreters of the very same release
differ by how their memory happens to lie. For that there is a margin: slower, or faster, is said
only if the whole interval is away from 1 by more than MARGIN. So a release against itself is
called slower in less than 1 of 2,000 runs while such differences are below the margin.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

import msgspec

from lstm_spec.errors import BrokenError
from lstm_spec.releases.bursts import Answer, Ask, Ready
from lstm_spec.releases.compare import Change, differences
from lstm_spec.releases.interpreter import DeadError, Interpreter, Side, opened

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
    """Between what the ratio is. None: too few rounds to say."""
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
        ready = [one.ready() for one in pair]
        tell("does every benchmark once")
        plans, untimed = _prepare(pair, ready, rounds)
        if not plans:
            raise UntimedError(f"no benchmark can be done in both: {untimed[0].now}")
        seconds = _alternate(pair, plans, rounds, tell)
    timings = [timing(one, seconds[one.work], ERROR / len(plans)) for one in plans]
    return Speeds(
        worse=[one.work for one in timings if one.verdict == "slower"],
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
    from lstm_spec.releases.interval import interval

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
    plans, untimed = [], []
    for work in dict.fromkeys([*ready[0].work, *ready[1].work]):
        tries = [_try(one, work, able) for one, able in zip(pair, ready, strict=True)]
        if any(one.failed for one in tries):
            untimed.append(Change(work, *(one.failed or "done" for one in tries)))
        else:
            call = sum(one.seconds for one in tries) / 2
            calls = max(1, round(BURST / call))
            most = max(FEWEST, int(LONGEST / (2 * calls * call)))
            plans.append(Plan(work, calls, min(rounds, most)))
    return plans, untimed


def _try(one: Interpreter, work: str, ready: Ready) -> Answer:
    """Return what a call takes, after the first, or why it cannot be done."""
    if work not in ready.work:
        return Answer(failed=f"not on {ready.backend}")
    first, calls = one.ask(Ask(work, 1)), 3
    return first if first.failed else Answer(one.ask(Ask(work, calls)).seconds / calls)


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
