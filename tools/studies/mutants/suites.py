"""What is tried on a mutant: our claims, or Keras' own tests of its recurrent layers."""

from __future__ import annotations

import importlib
import inspect
import os
import signal
import unittest
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from types import FrameType, ModuleType

from lstm_spec import catalog
from lstm_spec.claims.conftest import effort, lacking, try_rest
from lstm_spec.harness import strategies
from lstm_spec.run import deviations
from lstm_spec.run.deviations import Deviation
from lstm_spec.run.examples import run_example

EXAMPLES = 3
"""How many cases a claim draws for a mutant."""

LIMIT = 60
"""Seconds after which a test that does not end counts as failed."""

KERAS_TESTS = (
    "keras.src.layers.rnn.lstm_test",
    "keras.src.layers.rnn.rnn_test",
    "keras.src.layers.rnn.dropout_rnn_cell_test",
    "keras.src.layers.rnn.bidirectional_test",
    "keras.src.layers.rnn.stacked_rnn_cells_test",
    "keras.src.layers.core.masking_test",
)


@dataclass(frozen=True)
class Trial:
    """One test, with what is known to deviate of it on unchanged Keras."""

    name: str
    run: Callable[[], None]
    text: str
    """Its source, whose words tell what it is about."""
    known: Deviation | None = None


def failure(trial: Trial) -> str:
    """Return how a trial ends otherwise than on unchanged Keras; nothing, if it does not."""
    try:
        signal.signal(signal.SIGALRM, _too_long)
        signal.setitimer(signal.ITIMER_REAL, LIMIT)
        try:
            trial.run()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a mutant may raise anything
        text = f"{type(error).__name__}: {error}"
        return "" if trial.known is not None and trial.known.explains(text) else text[:200]
    return "" if trial.known is None else "held, although a deviation is recorded"


def leave_if_spoilt(trial: Trial) -> None:
    """End the interpreter if a mutant left something behind; pytest-xdist starts a clean one."""
    if failure(trial):
        os._exit(1)


def _too_long(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"did not end within {LIMIT} s")


@cache
def claims() -> dict[str, Trial]:
    """Return the claims that can be tried here, by id."""
    trials = {}
    for claim in catalog.claims():
        chapter = importlib.import_module(claim.module)
        test = getattr(chapter, claim.test)
        if claim.chapter == "speed" or lacking(test):  # a disturbed time is no refutation
            continue
        if hasattr(test, "hypothesis"):
            effort(EXAMPLES, shrink=False)(test)
        run = partial(try_whole, chapter, test)
        text = inspect.getsource(inspect.unwrap(test))
        trials[claim.id] = Trial(claim.id, run, text, deviations.known(claim.id))
    return trials


def parts(
    chapter: ModuleType, test: Callable[[], None]
) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield what a claim's trial consists of: its cases, every element of its lists, its example.

    No model is left that was traced before.
    """
    for kept in vars(chapter).values():
        if hasattr(kept, "cache_clear"):
            kept.cache_clear()
    strategies.listed.clear()
    yield "case", test
    yield "list", partial(try_rest, test)
    yield "example", partial(run_example, test)


def try_whole(chapter: ModuleType, test: Callable[[], None]) -> None:
    """Run a claim, on every element of its lists, and its example."""
    for _, part in parts(chapter, test):
        part()


@cache
def keras_tests() -> dict[str, Trial]:
    """Return Keras' own tests by name."""
    cases = [
        case
        for module in KERAS_TESTS
        for group in unittest.defaultTestLoader.loadTestsFromName(module)
        for case in group
        if not case.id().endswith("test_session")
    ]
    return {case.id(): Trial(case.id(), case.debug, _source(case)) for case in cases}


def _source(case: unittest.TestCase) -> str:
    return inspect.getsource(inspect.unwrap(getattr(case, case._testMethodName)))


SUITES = {
    **dict.fromkeys(("claims", "models", "guarded"), claims),
    **dict.fromkeys(("keras", "keras-guarded"), keras_tests),
}
