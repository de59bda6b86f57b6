"""Tries claims where it runs, as they are and under each fault, and prints how each trial ends.

`python -m tools.studies.failures.worker CLAIM:FAULT ...` prints a line of JSON after each trial.
It runs on each release and backend of the matrix, beside a copy of the package, so it imports
little else of the repository.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from collections.abc import Callable
from functools import cache, partial
from types import FrameType

from lstm_spec import catalog
from lstm_spec.claims.conftest import effort, lacking, try_rest
from lstm_spec.harness import strategies
from lstm_spec.run.examples import run_example
from tools.studies import apart
from tools.studies.failures.faults import put

LIMIT = 300
"""Seconds after which a trial is given up."""


module = cache(partial(apart.load, owner="failures"))


@cache
def load(claim: str) -> Callable[[], None]:
    """Return the test of a claim, to be tried on the cases of `default` effort."""
    where = {known.id: known for known in catalog.claims()}[claim]
    test: Callable[[], None] = getattr(module(where.file), where.test)
    if not hasattr(test, "hypothesis"):
        return test
    return effort(where.tries("default"), shrink=False)(test)


def failure(claim: str, fault: str) -> str:
    """Return how a claim's test, or else its example, fails; nothing, if neither does."""
    test = load(claim)
    if reason := lacking(test):
        return f"not applicable: {reason}"
    for kept in vars(sys.modules[test.__module__]).values():
        if hasattr(kept, "cache_clear"):  # a model that was traced with another fault, or without
            kept.cache_clear()
    random.seed(0)
    strategies.listed.clear()
    signal.alarm(LIMIT)
    try:
        with put(fault):
            test()
            try_rest(test)
            run_example(test)
    except BaseException as error:  # a faulty LSTM may raise anything
        return f"{type(error).__name__}: {error}"
    finally:
        signal.alarm(0)
    return ""


def too_long(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"did not end within {LIMIT} s")


def main(trials: list[str]) -> None:
    """Make the trials, each written as a claim, a colon and a fault."""
    # Claims, and libraries at import, print; only what is written here goes to the reader.
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    signal.signal(signal.SIGALRM, too_long)
    for trial in trials:
        name, _, fault = trial.partition(":")
        print(json.dumps([name, fault, failure(name, fault)]), file=output, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
