"""The chapter speed tried again and again, on a quiet machine and on a loaded one.

`tox run -e alarms-speed` tries the chapter 20 times, every other time while another process
keeps one core busy, and may be stopped at any time: it goes on where it was. Each ratio stands in
speed.jsonl, a line a claim and run; a line is dropped when the code of its claim changes. Then it
makes spec/speed.md of it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from lstm_spec import catalog
from lstm_spec.evidence import environment
from lstm_spec.evidence.report import Environment

SEEN = Path(__file__).with_name("speed.jsonl")
RUNS = range(1, 21)


class Line(msgspec.Struct):
    """What one claim measured in one run."""

    claim: str
    test: str
    """A digest of the claim's test and example."""
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


def seen(file: Path = SEEN) -> list[Line]:
    """Return what was seen of the claims as they are now."""
    now = claims()
    text = file.read_bytes() if file.exists() else b""
    lines = [msgspec.json.decode(line, type=Line) for line in text.splitlines()]
    return [line for line in lines if line.claim in now and now[line.claim].code == line.test]


def search() -> Iterator[Line]:
    """Try in each run what was not seen in it yet, and keep each line.

    Raises:
        RuntimeError: a claim failed otherwise than by its ratio, or was not tried.
    """
    where = place(environment.probe())
    for run in RUNS:
        done = {line.claim for line in seen() if line.run == run}
        left = [claim for claim in claims().values() if claim.id not in done]
        loaded = run % 2 == 0
        with busy(loaded):
            kept = measure(left) if left else {}
        for claim in left:
            facts = kept[claim.test]
            ends = facts["low"], facts["ratio"], facts["high"]
            line = Line(claim.id, claim.code, run, loaded, *ends, where)
            with SEEN.open("ab") as file:
                file.write(msgspec.json.encode(line) + b"\n")
            yield line


def measure(left: list[catalog.Claim]) -> dict[str, Any]:
    """Try claims once, in one process; return by their tests what pytest-benchmark kept.

    Raises:
        RuntimeError: a claim failed otherwise than by its ratio, or was not tried.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "kept.json")
        names = [f"lstm_spec.claims.speed::{claim.test}" for claim in left]
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short"]
        done = subprocess.run(
            [*command, f"--benchmark-json={file}", "--pyargs", *names],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        text = file.read_bytes() if file.exists() else b'{"benchmarks": []}'
    kept = {one["name"]: one["extra_info"] for one in msgspec.json.decode(text)["benchmarks"]}
    within = [facts["low"] <= facts["ratio"] <= facts["high"] for facts in kept.values()]
    if len(kept) < len(left) or (done.returncode != 0) is all(within):
        raise RuntimeError(f"the chapter was not tried as a whole:\n{done.stdout[-3000:]}")
    return kept


@contextmanager
def busy(loaded: bool) -> Iterator[subprocess.Popen[bytes] | None]:
    """Keep one core busy meanwhile, if the machine is to be loaded."""
    spin = [sys.executable, "-c", "while True: pass"]
    process = subprocess.Popen(spin) if loaded else None
    try:
        yield process
    finally:
        if process:
            process.kill()
            process.wait()


def place(here: Environment) -> str:
    """Say in a few words what the claims are tried on."""
    versions = [f"{name} {here.packages[name]}" for name in ("tensorflow", "keras")]
    return ", ".join([*versions, f"Python {here.python}", f"{os.cpu_count()} cores"])
