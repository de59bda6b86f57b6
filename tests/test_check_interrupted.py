"""A check that is stopped at any moment keeps what it had, and is resumed.

`tox run -e interrupted` stops it at ten moments by each signal, the ordinary tests at one.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lstm_spec.releases import ledger
from lstm_spec.run import report

MOMENTS = int(os.environ.get("MOMENTS", "1"))
SIGNALS = [signal.SIGINT, signal.SIGKILL, signal.SIGTERM][: 3 if MOMENTS > 1 else 2]
"""By `tox run -e interrupted` all three; one that asks to end is like the other."""
CLAIMS = ("time.causality", "time.order", "time.every-step", "state.zero-start", "shapes.width")
CHECK = (sys.executable, "-m", "lstm_spec.cli", "check")
DRAWN = ("--effort", "smoke", "--seed", "3", "--workers", "1")
FILE = "lstm-spec-report.jsonl"


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """Let a check hear of an interrupt, which a shell makes its background ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def verdicts(folder: Path) -> dict[str, tuple[str, str]]:
    """Return what the report in a folder says of each claim, each of which it names once."""
    records = report.read(folder / FILE).records
    verdicts = {record.claim: (record.verdict, record.cases) for record in records}
    assert len(verdicts) == len(records)
    return verdicts


def begun(folder: Path) -> bool:
    """Return whether a check had come to write its report; a killed one may leave it empty."""
    return (folder / FILE).exists() and (folder / FILE).stat().st_size > 0


def finish(folder: Path) -> None:
    """Resume the check of a folder, or begin it if it had not come to write a report."""
    begin = (*CLAIMS, *DRAWN)
    words = ("--resume",) if begun(folder) else begin
    done = subprocess.run([*CHECK, *words], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[float, dict[str, tuple[str, str]]]:
    """Return how long a check takes, and its verdicts."""
    folder = tmp_path_factory.mktemp("undisturbed")
    began = time.monotonic()
    finish(folder)
    return time.monotonic() - began, verdicts(folder)


@pytest.mark.parametrize("moment", range(MOMENTS))
@pytest.mark.parametrize("sent", SIGNALS)
def test_check_is_stopped_and_resumed(
    undisturbed: tuple[float, dict[str, tuple[str, str]]],
    tmp_path: Path,
    sent: signal.Signals,
    moment: int,
) -> None:
    seconds, expected = undisturbed
    process = subprocess.Popen(
        [*CHECK, *CLAIMS, *DRAWN],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(random.Random(f"{sent} {moment}").uniform(0.5, 1) * seconds)
    process.send_signal(sent)
    printed, wrong = process.communicate(timeout=120)
    assert "Traceback" not in wrong
    assert process.returncode in (0, -sent if sent is signal.SIGKILL else 130)
    time.sleep(0.5)
    assert running(str(tmp_path)) == []
    before = report.read(tmp_path / FILE).records if begun(tmp_path) else []
    if process.returncode == 130 and begun(tmp_path):
        assert f"Incomplete: {len(before)} of {len(CLAIMS)} claims were tried; --resume" in printed
        with pytest.raises(report.UnreadableReportError, match="incomplete"):
            ledger.find(str(tmp_path / FILE))
    finish(tmp_path)
    assert report.read(tmp_path / FILE).records[: len(before)] == before
    assert verdicts(tmp_path) == expected


def test_check_that_is_stopped_before_it_begins_leaves_the_report_before_it(tmp_path: Path) -> None:
    finish(tmp_path)
    before = (tmp_path / FILE).read_bytes()
    process = subprocess.Popen([*CHECK, *CLAIMS], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    while not running(str(tmp_path)):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60)[1] == "lstm-spec: interrupted\n"
    assert (process.returncode, (tmp_path / FILE).read_bytes()) == (130, before)


def running(word: str) -> list[str]:
    """Return the command lines of running processes that hold a word (Linux only)."""
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # the process has ended meanwhile
            lines.append(file.read_text(encoding="utf-8", errors="replace").replace("\0", " "))
    return [line for line in lines if word in line]
