"""The pytest plugin: tries each claim with its example, judges it, records it.

It is loaded into every pytest run of the environment, so it imports nothing heavy, and
touches only tests that are marked as claims.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import functools
import hashlib
import inspect
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lstm_spec import catalog
from lstm_spec.catalog import caution
from lstm_spec.harness.effort import effort, tries_all
from lstm_spec.run import deviations, hosts
from lstm_spec.run.check import BEGUN, end_with, look
from lstm_spec.run.examples import ExampleError, run_example
from lstm_spec.run.report import LockedError, Record, Tried, Writer, writer
from lstm_spec.run.text import of_system, without_escapes

KEY = "lstm_spec"
"""The name under which a record travels with pytest's report of a test."""


class Recorder:
    """A plugin of the process that controls the run, whether it has workers or not."""

    def __init__(self, report: Writer, config: pytest.Config) -> None:
        """Append to a report."""
        self.report = report
        self.recorded: set[str] = set()
        self.again = config.getoption("lstm_again")
        self.limit = float(config.getoption("timeout", None) or "inf")
        begin = config.getoption("lstm_begin")
        self.begun = begin and begin / BEGUN
        self.started: dict[str, float] = {}
        self.ids = {claim.test: claim.id for claim in catalog.claims()}
        if parent := config.getoption("lstm_parent"):
            end_with(parent)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Remember when a claim was begun."""
        self.started[nodeid] = time.monotonic()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Append the record that came with the report of a test, or one of a crashed worker."""
        record = dict(report.user_properties).get(KEY)
        if record:
            self.started.pop(report.nodeid, None)
            self._append(msgspec.json.decode(str(record), type=Record))
        elif report.when not in ("setup", "call", "teardown"):  # pytest-xdist: the worker crashed
            self._lost(report.nodeid)

    def pytest_internalerror(self) -> None:
        """Append a record of each claim that was begun: its worker may have crashed unnoticed."""
        for nodeid in list(self.started):
            self._lost(nodeid)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker on another host what it has to have."""
        if not node.gateway.spec.popen:
            node.workerinput[KEY] = hosts.facts()

    def _lost(self, nodeid: str) -> None:
        record = self._died(nodeid)
        if not (self.again and record.verdict == "crashed"):
            self._append(record)

    def _append(self, record: Record) -> None:
        """Append a record, unless the claim has one: a worker may crash after its claim."""
        if record.claim in self.recorded:
            return
        while self.begun and not self.begun.exists():
            time.sleep(0.05)
        try:
            self.report.append(record)
        except OSError as error:
            pytest.exit(f"{self.report.path} cannot be written: {of_system(error)}")
        self.recorded.add(record.claim)

    def _died(self, nodeid: str) -> Record:
        seconds = time.monotonic() - self.started.pop(nodeid, time.monotonic())
        claim = self.ids[nodeid.rpartition("::")[2]]
        record = Record(claim, "crashed", round(seconds, 3))
        record.message = "the interpreter died while the claim was tried"
        if seconds >= self.limit:
            record.verdict = "timed out"
            record.message = f"did not end within {self.limit:g} s"
        try:
            known = deviations.known(claim)
        except deviations.AmbiguousError as error:
            record.verdict = "damaged record"
            record.message = f"{error}\n{record.message}"
            return record
        if known and known.explains(record.message):
            record.verdict = "deviates"
            record.message = known.instead
        return record


MESSAGE_LINES = 30

# Before they are imported: a bare assert then says what it compared. In a wheel it would anyway.
pytest.register_assert_rewrite("lstm_spec.claims")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that `lstm-spec check` uses; those between its processes are hidden."""
    group = parser.getgroup("lstm-spec")
    efforts = "smoke, default, deep, or a number of cases for each claim"
    group.addoption("--lstm-effort", type=effort, default="default", help=efforts)
    group.addoption("--lstm-report", type=Path, metavar="FILE", help="append a record a claim")
    group.addoption("--lstm-descriptor", type=int, metavar="FD", help=argparse.SUPPRESS)
    group.addoption("--lstm-parent", type=int, metavar="PID", help=argparse.SUPPRESS)
    group.addoption("--lstm-begin", type=Path, metavar="DIR", help=argparse.SUPPRESS)
    group.addoption("--lstm-again", action="store_true", help=argparse.SUPPRESS)
    shared = "a Redis server that keeps what refutes a claim, like redis://HOST; needs a seed"
    group.addoption("--lstm-database", metavar="URL", default="", help=shared)
    group.addoption("--lstm-arguments", type=Path, metavar="FILE", help=argparse.SUPPRESS)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers; start recording, unless this is a worker of pytest-xdist.

    Raises:
        pytest.UsageError: this worker's host has other packages than the one that records.
    """
    config.addinivalue_line("markers", "lstm_claim(id): a claim of the specification")
    config.addinivalue_line("markers", "lstm_deviates: a claim that Keras is known to break")
    hosts.forbid_other(getattr(config, "workerinput", {}).get(KEY))
    path = config.getoption("lstm_report")
    if path and not hasattr(config, "workerinput"):
        recorder = Recorder(_report(path, config), config)
        config.pluginmanager.register(recorder, "lstm-spec-recorder")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Tell the check that began this run what is installed, before a claim is collected."""
    folder = session.config.getoption("lstm_begin")
    if folder and getattr(session.config, "workerinput", {}).get("workerid") == "gw0":
        look(folder)


def _report(path: Path, config: pytest.Config) -> Writer:
    """Return the report that a check has opened, or open and lock it until pytest ends.

    Raises:
        pytest.UsageError: it cannot be opened, or a check is writing it.
    """
    descriptor = config.getoption("lstm_descriptor")
    if descriptor is not None:
        return Writer(path, descriptor)
    stack = contextlib.ExitStack()
    config.add_cleanup(stack.close)
    try:
        return stack.enter_context(writer(path))
    except LockedError as error:
        raise pytest.UsageError(f"{error}; give another file") from None
    except OSError as error:
        raise pytest.UsageError(f"{path} cannot be written: {of_system(error)}") from None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the claims that are known to deviate.

    Raises:
        pytest.UsageError: the file of deviations cannot be used.
    """
    marked = [(item, mark) for item in items if (mark := item.get_closest_marker("lstm_claim"))]
    try:
        for item, mark in marked:
            with contextlib.suppress(deviations.AmbiguousError):  # judged when it is tried
                if deviations.known(mark.kwargs["id"]):
                    item.add_marker(pytest.mark.lstm_deviates)
    except deviations.DeviationError as error:
        raise pytest.UsageError(str(error)) from None


@dataclass
class Trial:
    """What is seen while a claim is tried."""

    examples: int = 0
    arguments: dict[str, Any] = field(default_factory=dict)
    digest: Any = field(default_factory=hashlib.sha256)
    tried: Tried = field(default_factory=Tried)

    def watch(self, test: Callable[..., None]) -> Callable[..., None]:
        """Return a test that counts its calls and keeps the last arguments."""

        @functools.wraps(test)
        def watched(*args: Any, **arguments: Any) -> None:
            self.examples += 1
            self.arguments = arguments
            self.digest.update(_bytes(arguments))
            self.tried.add(arguments)
            test(*args, **arguments)

        return watched


_TRIAL = pytest.StashKey[Trial]()
_RECORD = pytest.StashKey[Record]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Try a claim, then its example, if it is to be tried; keep what was seen."""
    if item.get_closest_marker("lstm_claim") is None:
        return (yield)
    assert isinstance(item, pytest.Function)
    trial = Trial()
    given = getattr(item.obj, "hypothesis", None)
    if given is not None:
        given.inner_test = trial.watch(given.inner_test)
    item.stash[_TRIAL] = trial
    with _watched(item):
        result = yield
        if tries_all(item):
            run_example(item.obj)
    return result


@contextlib.contextmanager
def _watched(item: pytest.Item) -> Iterator[None]:
    """Record what arguments the claim tries, if that is asked for."""
    file = item.config.getoption("lstm_arguments")
    if file is None:
        yield
        return
    from lstm_spec.harness import subject
    from lstm_spec.run import arguments

    watch = arguments.Watch(subject.family(), subject.UNDRAWN)
    try:
        with watch():
            yield
    finally:
        marker = item.get_closest_marker("lstm_claim")
        assert marker is not None
        arguments.append(file, marker.kwargs["id"], watch.seen)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Judge a claim; turn a known deviation into an expected failure, strictly.

    The record travels with the report of the teardown, when all is known.
    """
    outcome = yield
    marker = item.get_closest_marker("lstm_claim")
    if marker is None:
        return outcome
    if call.when == "call" or not outcome.passed:
        record = judge(item, marker.kwargs["id"], call.excinfo, call.duration)
        item.stash[_RECORD] = record
        if record.verdict == "deviates":
            outcome.outcome = "skipped"
            outcome.wasxfail = record.message
        elif record.verdict == "damaged record" or (
            record.verdict == "refuted" and call.excinfo is None
        ):
            outcome.outcome = "failed"
            outcome.longrepr = record.message
    if call.when == "teardown":
        record = item.stash[_RECORD]
        seen: dict[str, Any] = dict(item.user_properties)
        record.error, record.bound, record.spread = map(seen.get, ("error", "bound", "spread"))
        # As text: execnet carries it to the main process, and takes no integer below -2**31.
        outcome.user_properties.append((KEY, msgspec.json.encode(record).decode()))
    return outcome


def judge(
    item: pytest.Item,
    claim: str,
    raised: pytest.ExceptionInfo[BaseException] | None,
    seconds: float,
) -> Record:
    """Return the record of a claim that was tried.

    Args:
        item: the claim's test.
        claim: its id.
        raised: what it raised, if anything.
        seconds: how long it took.
    """
    trial = item.stash.get(_TRIAL, Trial())
    record = Record(claim, "held", round(seconds, 3), trial.examples or 1)
    record.extent = trial.tried.extent
    record.cases = trial.digest.hexdigest()[:8] if trial.examples else ""
    text = without_escapes(f"{raised.type.__name__}: {raised.value}") if raised else ""
    try:
        known = deviations.known(claim)
    except deviations.AmbiguousError as error:
        record.verdict = "damaged record"
        record.message = _shorten(f"{error}\n{text or 'It held.'}")
        return record
    if raised and raised.errisinstance(pytest.skip.Exception):
        record.verdict = "not applicable"
        record.message = str(raised.value)
    elif known and not raised and not known.processor:
        record.verdict = "refuted"
        record.message = f"held, although a deviation is recorded: {known.instead}"
    elif known and known.explains(text):
        record.verdict = "deviates"
        record.message = known.instead
    elif raised:
        record.verdict = "refuted"
        record.message = _shorten(text)
        record.script, unwritten = _script(item, trial, claim, raised.value)
        record.message += f"\nno program shows it: {unwritten}" if unwritten else ""
    else:
        record.message = _caution(item)
    return record


def _caution(item: pytest.Item) -> str:
    """Say what a claim about GPUs was tried on, if it was a stand-in."""
    marker = item.get_closest_marker("lstm_claim")
    stand_in = marker.kwargs.get("stand_in") if marker else None
    return caution(gpu=False, stand_in=stand_in)


def _script(item: pytest.Item, trial: Trial, claim: str, raised: BaseException) -> tuple[str, str]:
    """Write the program that fails as the claim does, by its example or its test; or why not."""
    from lstm_spec.run import script
    from lstm_spec.run.script import program

    assert isinstance(item, pytest.Function)
    statement = " ".join((item.obj.__doc__ or "").partition("\n\n")[0].split())
    heading = f"{claim}: {statement}"
    if isinstance(raised, ExampleError):
        return script.of_example(item.obj, raised.failed, heading), ""
    test = getattr(item.obj, "hypothesis", None)
    function = inspect.unwrap(test.inner_test if test else item.obj)
    _take_time(item)
    place = item.obj.__module__
    name = item.obj.__name__
    text = program.short(place, name, trial.arguments, heading, type(raised).__name__)
    try:
        return text or script.script(function, trial.arguments, heading), ""
    except script.UnwritableError as error:
        return "", str(error)


def _take_time(item: pytest.Item) -> None:
    """Cancel the timeouts of the claim: it was tried, and writing its program has its own."""
    faulthandler.cancel_dump_traceback_later()
    if hasattr(item.ihook, "pytest_timeout_cancel_timer"):
        item.ihook.pytest_timeout_cancel_timer(item=item)


def _shorten(text: str) -> str:
    lines = text.splitlines()
    return "\n".join([*lines[:MESSAGE_LINES], "..."] if len(lines) > MESSAGE_LINES else lines)


def _bytes(value: Any) -> bytes:
    if hasattr(value, "tobytes"):
        return bytes(value.tobytes())
    if hasattr(value, "__dict__"):
        value = vars(value)
    if isinstance(value, dict):
        return b"".join(_bytes(key) + _bytes(part) for key, part in value.items())
    return repr(value).encode()
