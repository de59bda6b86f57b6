"""The chapter speed tried again and again, on a quiet machine and on a loaded one.

`tox run -e spreads` tries the chapter 20 times, every other time while another process keeps one
core busy, and can be stopped at any time, and resumes where it left off. Each ratio is kept in
speed.jsonl, a line a claim and run; a line is dropped when the code of its claim changes, or of
harness/timing.py. Then it makes docs/measured/speed.md of it.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lstm_spec import catalog
from lstm_spec.harness import timing
from lstm_spec.run import environment, process
from lstm_spec.run.report import Environment
from tools import ROOT
from tools.studies.searches import busy, keep, kept

SEEN = Path(__file__).with_name("speed.jsonl")
RUNS = range(1, 21)
FACTS = "ALARMS_OF_A_RUN"
"""The environment variable that tells the process which run it is."""


class Line(msgspec.Struct):
    """What one claim measured in one run."""

    claim: str
    test: str
    """A digest of the claim's test and example, and of what measures."""
    run: int
    loaded: bool
    low: float
    ratio: float
    high: float
    where: str

    @property
    def refuted(self) -> bool:
        """Whether the ratio is out of its range."""
        return not self.low <= self.ratio <= self.high


def claims() -> dict[str, catalog.Claim]:
    """Return the claims of the chapter, by id."""
    return {claim.id: claim for claim in catalog.select(["speed"])}


def digests() -> dict[str, str]:
    """Return a digest of the code of each claim and of what it is measured with, by id."""
    measure = hashlib.sha256(Path(timing.__file__).read_bytes()).hexdigest()[:8]
    return {claim.id: f"{claim.code}-{measure}" for claim in claims().values()}


def seen(file: Path = SEEN) -> list[Line]:
    """Return what was seen of the claims as they are now."""
    now = digests()
    return [line for line in kept(file, Line) if now.get(line.claim) == line.test]


def search() -> Iterator[Line]:
    """Try in each run what was not seen in it yet, and keep each line as it comes.

    Raises:
        RuntimeError: a claim was not measured; the message holds the end of what pytest printed.
    """
    where = place(environment.probe())
    for run in RUNS:
        before = seen()
        done = {line.claim for line in before if line.run == run}
        left = [claim for claim in claims().values() if claim.id not in done]
        if left:
            with busy(run % 2 == 0):
                printed = attempt(left, {"run": run, "loaded": run % 2 == 0, "where": where})
            new = seen()[len(before) :]
            yield from new
            if len(new) < len(left):
                raise RuntimeError(f"{len(left) - len(new)} claims were not measured:\n{printed}")


def attempt(left: list[catalog.Claim], facts: dict[str, Any]) -> str:
    """Try claims once, in one process that keeps the lines; return the end of what it printed."""
    names = [f"lstm_spec.claims.speed::{claim.test}" for claim in left]
    options = ["-q", "--tb=short", "-p", "no:cacheprovider", "-p", __name__, "--pyargs"]
    with tempfile.TemporaryDirectory() as folder:
        kept = {"PYTHONPATH": str(ROOT), FACTS: msgspec.json.encode(facts).decode()}
        command = [sys.executable, "-m", "pytest", *options, *names]
        done = process.run(command, folder=folder, variables={**os.environ, **kept})
    return (done.output + done.errors)[-3000:]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep the line of a claim that has measured; this module is the process' plugin."""
    report = yield
    ends = timing.taken[-1] if timing.taken else {}
    if call.when == "call" and "ratio" in ends:
        claim = item.get_closest_marker("lstm_claim").kwargs["id"]
        facts = msgspec.json.decode(os.environ[FACTS])
        line = Line(claim, digests()[claim], **facts, **ends)
        keep(SEEN, line)
    return report


def place(environment: Environment) -> str:
    """Say in a few words what the claims are tried on."""
    versions = [f"{name} {environment.packages[name]}" for name in ("tensorflow", "keras")]
    return ", ".join([*versions, f"Python {environment.python}", f"{os.cpu_count()} cores"])
