"""Writes the record of a claim into the report as soon as the claim is done."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest

from lstm_spec import catalog
from lstm_spec.run import deviations, hosts
from lstm_spec.run.check import BEGUN, end_with
from lstm_spec.run.report import Record, Writer

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
        """Append the record that came with the report of a test, or one of a dead worker."""
        found = dict(report.user_properties).get(KEY)
        if found:
            self.started.pop(report.nodeid, None)
            self._append(msgspec.json.decode(found, type=Record))
        elif report.when not in ("setup", "call", "teardown"):  # pytest-xdist: the worker died
            self._lost(report.nodeid)

    def pytest_internalerror(self) -> None:
        """Append a record of each claim that was begun: its worker may have died unnoticed."""
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
            pytest.exit(f"{self.report.path} cannot be written: {error.strerror}")
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
            record.verdict, record.message = "damaged record", f"{error}\n{record.message}"
            return record
        if known and known.explains(record.message):
            record.verdict, record.message = "deviates", known.instead
        return record
