"""Checks that run at once never touch each other's report.

`tox run -e at-once` begins ten at the same moment, the ordinary tests two.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lstm_spec.run import report

RUNS = int(os.environ.get("RUNS", "2"))
CLAIM = "time.causality"
CHECK = (sys.executable, "-m", "lstm_spec.cli", "check")
FILE = "lstm-spec-report.jsonl"
FAULTS = Path(__file__).parent / "faults"
SECONDS = 300 * RUNS
"""How long a check may take on a machine that is busy with others, too."""
HELD = "is being written by another check"

Begin = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Begin a check in the folder of the test; end it after the test."""
    begun: list[subprocess.Popen[str]] = []

    def run(*words: str, fault: str = "") -> subprocess.Popen[str]:
        command = [*CHECK, *words, "--effort=smoke", "--workers=1"]
        variables = {**os.environ, **({"PYTHONPATH": str(FAULTS / fault)} if fault else {})}
        piped = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        begun.append(subprocess.Popen(command, cwd=tmp_path, env=variables, **piped))
        return begun[-1]

    yield run
    for process in begun:
        process.terminate()
        process.communicate()


def test_one_of_the_checks_in_a_folder_goes_on_and_the_others_say_so(
    begin: Begin, tmp_path: Path
) -> None:
    runs = [begin(CLAIM, "--seed", str(number)) for number in range(RUNS)]
    ends = [(run, *run.communicate(timeout=SECONDS)) for run in runs]
    [(printed, wrong)] = [(out, err) for run, out, err in ends if run.returncode == 0]
    assert wrong == ""
    assert "every claim held or deviates as known" in printed
    assert printed.endswith(f"Report: {FILE}\n")
    others = [(run.returncode, out, err) for run, out, err in ends if run.returncode != 0]
    assert len(others) == RUNS - 1
    for status, out, err in others:
        assert (status, out, len(err.splitlines())) == (2, "", 1)
        assert err.startswith(f"lstm-spec: report {FILE} {HELD}")
        assert err.endswith("; wait for its end, or name another file\n")
    tried = report.read(tmp_path / FILE)
    assert f"seed {tried.header.seed}" in printed
    assert [record.claim for record in tried.records] == [CLAIM]
    assert tried.footer.verdicts == {"held": 1}


def test_report_that_is_being_written_is_neither_resumed_nor_replaced(
    begin: Begin, tmp_path: Path
) -> None:
    first = begin("time.every-step", "--time-limit=600", fault="hang")
    while not (tmp_path / FILE).exists() or b"\n" not in (tmp_path / FILE).read_bytes():
        assert first.poll() is None
        time.sleep(0.05)
    commands = [["check", "--resume"], ["check", "--with=keras"], ["merge", FILE, "keras-3.9"]]
    for words in commands:
        command = [sys.executable, "-m", "lstm_spec.cli", *words]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"{HELD} since 2" in done.stderr
        assert "0 of 1 claims tried; wait for its end" in done.stderr
    first.terminate()
    assert "Incomplete: 0 of 1 claims were tried" in first.communicate(timeout=300)[0]
    with report.writer(tmp_path / FILE) as written:
        assert written.read().outcome.untried == ["time.every-step"]


@pytest.mark.skipif(RUNS < 10, reason="run by `tox run -e at-once`")
def test_checks_with_a_report_each_all_come_to_their_end(begin: Begin, tmp_path: Path) -> None:
    runs = [begin(CLAIM, "--seed", str(number), f"--report={number}") for number in range(RUNS)]
    for number, run in enumerate(runs):
        out, err = run.communicate(timeout=SECONDS)
        assert run.returncode == 0, out + err
        tried = report.read(tmp_path / str(number))
        assert (tried.header.seed, tried.footer.verdicts) == (number, {"held": 1})
