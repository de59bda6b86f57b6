"""`lstm-spec check` where memory, the disk, the network, the home or the terminal fail it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lstm_spec.run import report

FAULTS = Path(__file__).parent / "faults"
STACKING, EVERY_STEP = "sequences.stacking", "time.every-step"  # the second computes in float64
CHECK = (sys.executable, "-m", "lstm_spec.cli", "check", "--effort", "smoke", "--workers", "1")
FILE = "lstm-spec-report.jsonl"

Check = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty folder whose name has spaces and letters of other alphabets."""
    folder = tmp_path / "Grüße an 世界"
    folder.mkdir()
    return folder


@pytest.fixture
def check(folder: Path) -> Check:
    """Run `lstm-spec check`, with a command before it and other variables."""

    def run(
        *words: str, before: tuple[str, ...] = (), **variables: str
    ) -> subprocess.CompletedProcess[str]:
        command = [*before, *CHECK, *words]
        environment = {**os.environ, **variables}
        kept = {"encoding": "utf-8", "errors": "replace", "capture_output": True}
        return subprocess.run(command, cwd=folder, env=environment, **kept)

    return run


def verdicts(folder: Path) -> dict[str, str]:
    return {record.claim: record.verdict for record in report.read(folder / FILE).records}


@pytest.mark.parametrize(("fault", "verdict"), [("memory", "crashed"), ("rubbish", "held")])
def test_fault_of_a_claim_costs_no_other(
    check: Check, folder: Path, fault: str, verdict: str
) -> None:
    done = check(EVERY_STEP, STACKING, PYTHONPATH=str(FAULTS / fault))
    assert verdicts(folder) == {EVERY_STEP: verdict, STACKING: "held"}, done.stdout + done.stderr
    assert done.returncode == (verdict != "held")


def test_nothing_outside_the_folder_is_needed(check: Check, folder: Path) -> None:
    done = check(STACKING, before=needs("unshare", "--map-root-user", "--net"), HOME="/proc/none")
    assert done.returncode == 0, done.stdout + done.stderr
    assert verdicts(folder) == {STACKING: "held"}


def needs(*command: str) -> tuple[str, ...]:
    """Skip the test where a command cannot run another."""
    try:
        subprocess.run([*command, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip(f"`{' '.join(command)}` is not allowed here")
    return command


def test_disk_that_is_full_from_the_start_is_reported(check: Check) -> None:
    alone = needs("unshare", "--map-root-user", "--mount")
    full = 'mount -t tmpfs -o size=4k none "$PWD" && cd "$PWD" && head -c 4k /dev/zero >full; "$@"'
    done = check(STACKING, before=(*alone, "sh", "-c", full, "sh"))
    assert done.returncode == 3
    assert done.stderr == f"lstm-spec: {FILE} cannot be written: No space left on device\n"


def test_report_on_a_disk_that_fills_up_ends_with_a_whole_line(check: Check, folder: Path) -> None:
    alone = needs("unshare", "--map-root-user", "--mount")
    small = f'mount -t tmpfs -o size=12k none "$PWD" && cd "$PWD" && "$@"; cp {FILE} ..'
    done = check("shapes", before=(*alone, "sh", "-c", small, "sh"))
    assert "cannot be written: No space left on device" in done.stderr
    written = folder.parent / FILE
    assert report.read(written).untried
    assert written.read_bytes().endswith(b"}\n")


def test_narrow_terminal_without_colour_gets_short_plain_lines(check: Check) -> None:
    done = check("shapes.empty-batch", COLUMNS="40", NO_COLOR="1", TERM="dumb")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\x1b" not in done.stdout
    summary = done.stdout.partition("\n\n")[2]
    assert max(map(len, summary.splitlines())) <= 40
