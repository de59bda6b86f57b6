"""What a process does that holds one library: it builds peers, checks them, and times them."""

from __future__ import annotations

import gc
import math
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tools.studies.peers import Pass, Point
from tools.studies.peers.libraries import BUILDERS, Builder, Run, yardsticks
from tools.studies.peers.lstms import check, task

BURST = 0.01
"""A timing lasts so many seconds at least, unless one call is longer."""
MOST = 1000
"""The calls in a timing at most."""
Answer = tuple[Pass, str, float, float]
"""A pass, why it is not timed (nothing, if it is), how long it took to build it and to run it
first, and its error in units of rounding.
"""


class Worker:
    """The peers of a library at one point, ready to run."""

    def __init__(self, builders: dict[str, Builder]) -> None:
        """Keep how to build peers, by name."""
        self.builders = builders
        self.runs: dict[tuple[str, str], tuple[Run, int]] = {}

    def build(self, name: str, sizes: tuple[int, ...]) -> list[Answer]:
        """Build a peer, and run each of its passes once.

        Args:
            name: the peer's.
            sizes: those of the point, in the order of its fields.
        """
        point = Point(*sizes)
        start = _spent()
        try:
            peer = self.builders[name](task(point))
        except Exception as error:  # whatever a library raises is reported, and the others go on
            return [("forward", _say(error), 0.0, 0.0)]
        answers: list[Answer] = []
        passes: dict[Pass, Run | None] = {"forward": peer.forward, "training": peer.training}
        for does, run in passes.items():
            if run:
                answers.append((does, *self._try(name, does, run, point, start)))
            start = _spent()
        return answers

    def _try(
        self, name: str, does: Pass, run: Run, point: Point, start: float
    ) -> tuple[str, float, float]:
        try:
            result = run()
            first = _spent() - start
            error = check(_arrays(result), point, does)
        except Exception as error:
            return _say(error), 0.0, 0.0
        self.keep(name, does, run)
        return "", first, error

    def keep(self, name: str, does: str, run: Run) -> None:
        """Keep what is timed from now on, and how many calls a timing takes."""
        calls = MOST if not (once := _timed(run, 1)[0]) else math.ceil(BURST / once)
        self.runs[name, does] = run, min(max(calls, 1), MOST)

    def time(self, name: str, does: str) -> tuple[float, float]:
        """Return the seconds of a call: processor time, and the time that passed."""
        return _timed(*self.runs[name, does])


def _timed(run: Run, calls: int) -> tuple[float, float]:
    gc.collect()
    gc.disable()
    try:
        spent = time.process_time()
        passed = time.perf_counter()
        for _ in range(calls):
            run()
        return (time.process_time() - spent) / calls, (time.perf_counter() - passed) / calls
    finally:
        gc.enable()


def _spent() -> float:
    """Return the processor time of this process and of the compilers that it called."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


def _arrays(result: Any) -> list[Any]:
    parts = result if isinstance(result, (list, tuple)) else [result]
    return [np.asarray(part) for part in parts]


def _say(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def serve(channel: Any, builders: dict[str, Builder] = BUILDERS) -> None:
    """Answer what is asked on a channel of execnet, until it is closed.

    Args:
        channel: brings the name of a method and its arguments.
        builders: how to build peers, by name.
    """
    if hasattr(os, "sched_setaffinity"):  # threads that are started later stay on this core too
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    worker = Worker(builders)

    def measure_machine() -> None:
        for name, run in yardsticks().items():
            worker.keep(name, "forward", run)

    methods: dict[str, Callable[..., Any]] = {
        "build": worker.build,
        "time": worker.time,
        "forget": worker.runs.clear,
        "machine": measure_machine,
    }
    for method, *arguments in channel:
        channel.send(methods[method](*arguments))
