"""The study's plugin of pytest: counts the cases of each claim, and times them.

It runs in the environment that is tried, and appends a line a claim to the file that FACTS names.
"""

from __future__ import annotations

import functools
import os
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis.errors import StopTest, UnsatisfiedAssumption

import lstm_spec
from lstm_spec.harness.effort import CASES
from lstm_spec.run.plugin import KEY
from lstm_spec.run.report import Record

FACTS = "EFFORTS_FACTS"
"""The environment variable that holds the file and what is the same in all lines, as JSON."""
POINTS = (2, 4, 8, CASES)
"""After how many cases the processor's time is read: fewer than by default, and as many."""
LONGEST = 500


class Watch:
    """What is seen while one claim is tried."""

    def __init__(self) -> None:
        """Begin to measure."""
        self.begun = time.process_time()
        self.cases = 0
        self.refuting = 0
        self.failed = False
        self.seconds: list[float] = []

    def elapsed(self) -> float:
        """Return the processor's seconds since the claim was begun."""
        return round(time.process_time() - self.begun, 3)

    def of(self, test: Callable[..., None]) -> Callable[..., None]:
        """Return a test that counts its cases up to the first that refutes the claim."""

        @functools.wraps(test)
        def watched(*args: Any, **arguments: Any) -> None:
            try:
                test(*args, **arguments)
            except (StopTest, UnsatisfiedAssumption):  # no case came of what was drawn
                raise
            except BaseException:
                self.refuting = self.refuting or self.cases + 1
                raise
            self.cases += 1
            if self.cases in POINTS:
                self.seconds.append(self.elapsed())

        return watched


_WATCH = pytest.StashKey[Watch]()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let no refuting case be made smaller: that would only cost time."""
    for item in items:
        item.add_marker(pytest.mark.lstm_deviates)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Watch a claim and its example."""
    assert isinstance(item, pytest.Function)
    watch = item.stash[_WATCH] = Watch()
    drawn = getattr(item.obj, "hypothesis", None)
    if drawn is not None:
        drawn.inner_test = watch.of(drawn.inner_test)
    try:
        return (yield)
    except pytest.skip.Exception:
        raise
    except BaseException:
        watch.failed = True
        raise
    finally:
        watch.seconds.append(watch.elapsed())


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Append the line of a claim when all is known of it."""
    report = yield
    properties = dict(report.user_properties)
    if KEY in properties:
        record = msgspec.json.decode(properties[KEY], type=Record)
        facts = msgspec.json.decode(os.environ[FACTS])
        watch = item.stash.get(_WATCH, None)
        line = {
            "claim": record.claim,
            "test": facts["code"][record.claim],
            "environment": facts["environment"],
            "effort": facts["effort"],
            "verdict": record.verdict,
            "refuting": (watch.refuting or 1) if watch and watch.failed else 0,
            "cases": watch.cases if watch else 0,
            "seconds": watch.seconds if watch else [],
        }
        if record.verdict == "refuted":
            line["message"] = _without_folders(record.message)[:LONGEST]
        with open(facts["file"], "ab") as lines:
            lines.write(msgspec.json.encode(line) + b"\n")
    return report


def _without_folders(message: str) -> str:
    """Return a message without the folders of the environment and of this package in it."""
    for folder in (Path(lstm_spec.__file__).parents[1], Path(sys.prefix)):
        message = message.replace(f"{folder}{os.sep}", "")
    return message
