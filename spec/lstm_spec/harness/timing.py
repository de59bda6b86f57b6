"""What one call costs beside another, on a machine that does other things too.

Calls are tried in turn, there and back, round by round, so that what slows the machine slows all
of them; by processor time, so that waiting for the processor does not count; and the median over
the rounds forgets a round that was disturbed. Only ratios are compared, never seconds.
"""

from __future__ import annotations

import ctypes
import gc
import math
import time
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import numpy as np

from lstm_spec.harness.strategies import Array

Call = Callable[[], Any]

ROUNDS = 7
"""The usual number of rounds: three may be disturbed, and the median is not."""
SPAN = 0.02
"""Seconds that a timing takes at least: a shorter call is repeated."""

taken: list[dict[str, Any]] = []
"""What was measured, and within which range it must lie. The claims' conftest empties it."""


def _seven_times(one_round: Call) -> None:
    for _ in range(ROUNDS):
        one_round()


repeat: ContextVar[Callable[[Call], None]] = ContextVar("repeat", default=_seven_times)
"""Runs a round as often as there are rounds. The claims' conftest sets it."""


def seconds(call: Call) -> float:
    """Return how many seconds of the processor's time a call takes, on all threads together."""
    count = 1
    while True:
        start = time.process_time()
        for _ in range(count):
            call()
        spent = time.process_time() - start
        if spent >= SPAN / 2:
            return spent / count
        count *= max(2, math.ceil(SPAN / max(spent, SPAN / 64)))


def growth(call: Call) -> float:
    """Return by how many bytes the memory of this process grows during a call, at its peak.

    Linux forgets the old peak when 5 is written to clear_refs (its manual, proc(5)), and tells
    the new one in status, in KiB. What is garbage or free is given back first, as far as the
    allocator can; what it keeps may hide a part of a growth, so the largest of two tries counts.
    """
    seen = []
    for _ in range(2):
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        before = _peak()
        call()
        seen.append(_peak() - before)
    return 1024.0 * max(seen)


def _peak() -> int:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0])


def in_turn(*calls: Call, meter: Callable[[Call], float] = seconds) -> Array:
    """Return what each call took in each round, of shape (rounds, calls).

    Args:
        *calls: each is called once before, so that what it makes only once does not count.
        meter: what is measured: `seconds` or `growth`.
    """
    rows: list[list[float]] = []

    def one_round() -> None:
        forwards = range(len(calls))
        order = forwards if len(rows) % 2 == 0 else forwards[::-1]
        seen = {k: meter(calls[k]) for k in order}
        rows.append([seen[k] for k in forwards])

    for call in calls:
        call()
    repeat.get()(one_round)
    taken.append({"meter": meter.__name__, "rounds": rows})
    return np.array(rows)


def ratio(call: Call, other: Call) -> float:
    """Return how many times as long one call takes as another: the median over the rounds."""
    rows = in_turn(call, other)
    return float(np.median(rows[:, 0] / rows[:, 1]))


def growth_ratio(call: Call, other: Call) -> float:
    """Return how many times as much memory one call takes as another: the median over the rounds.

    The other must be the greater by far: the growth of a call that finds its memory among what was
    freed before is not seen.
    """
    gc.collect()
    gc.freeze()  # what earlier claims have left is not searched for garbage at every call
    rows = in_turn(call, other, meter=growth)
    return float(np.median(rows[:, 0] / rows[:, 1]))


def assert_between(low: float, value: float, high: float) -> None:
    """Assert that a ratio lies in a range.

    Raises:
        AssertionError: it does not.
    """
    taken.append({"low": low, "ratio": float(value), "high": high})
    assert low <= value <= high, f"the ratio is {value:.3g}, not from {low:g} to {high:g}"
