"""A worker process that times bursts of work; its standard input says which.

Run as `python -m lstm_spec.releases.worker [CORE]`, where CORE is the processor core to stay on, it
says in a line what is installed, and then answers each line with a line, until its input ends. What
TensorFlow prints goes to the standard error.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from lstm_spec.run.text import reason

if TYPE_CHECKING:  # at run time only the worker imports it, with Keras
    from lstm_spec.releases.benchmarks import Call

ONE_THREAD = {
    **dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"),
    **dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1"),
}
"""The variables by which libraries compute on one thread."""
ALONE = {**ONE_THREAD, "CUDA_VISIBLE_DEVICES": "", "PYTHONHASHSEED": "0"}
"""The variables by which it computes on one thread of a CPU, with a fixed hash seed."""


class Ready(msgspec.Struct, frozen=True):
    """What the process can do, or why it can do nothing."""

    work: list[str] = []
    """Names of benchmarks."""
    packages: dict[str, str] = {}
    python: str = ""
    backend: str = ""
    failed: str = ""


class Ask(msgspec.Struct, frozen=True):
    """A burst: a number of calls, one after the other."""

    work: str
    calls: int


class Answer(msgspec.Struct, frozen=True):
    """What a burst took, or why it could not be done."""

    seconds: float = 0.0
    """Of processor time, of all threads."""
    failed: str = ""


def burst(call: Call, calls: int) -> float:
    """Return the processor time that calls take, in seconds, with all threads of the process.

    What earlier bursts left is collected before. Less than a tick of the clock counts as one.
    """
    gc.collect()
    began = time.process_time()
    for _ in range(calls):
        call()
    return max(time.process_time() - began, time.get_clock_info("process_time").resolution)


def _answer(ask: Ask, prepared: dict[str, Call]) -> Answer:
    from lstm_spec.releases import benchmarks

    try:
        if ask.work not in prepared:
            prepared[ask.work] = benchmarks.WORK[ask.work]()
            burst(prepared[ask.work], 1)  # traces, and makes what is made once
            gc.freeze()
        return Answer(burst(prepared[ask.work], ask.calls))
    except Exception as error:  # whatever a release throws is reported, not raised
        return Answer(failed=reason(error))


def _ready() -> Ready:
    from lstm_spec.run.environment import installed

    try:
        from lstm_spec.harness import subject
        from lstm_spec.releases import benchmarks
    except Exception as error:  # as above
        return Ready(failed=f"Keras cannot be imported: {reason(error)}")
    here = installed()
    return Ready(benchmarks.possible(), here.packages, here.python, subject.backend())


def main(lines: BinaryIO, out: BinaryIO) -> None:
    """Answer lines until there are no more.

    Args:
        lines: of each an Ask.
        out: where a Ready, and then an Answer for each, go.
    """

    def tell(message: Ready | Answer) -> None:
        out.write(msgspec.json.encode(message) + b"\n")
        out.flush()

    tell(_ready())
    prepared: dict[str, Call] = {}
    for line in lines:
        tell(_answer(msgspec.json.decode(line, type=Ask), prepared))


if __name__ == "__main__":
    if sys.argv[1:]:
        os.sched_setaffinity(0, {int(sys.argv[1])})
    channel = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    main(sys.stdin.buffer, channel)
