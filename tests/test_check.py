"""`lstm-spec check` on the real Keras, on a broken one, and under real faults."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from lstm_spec.evidence import deviations, place, report

FAULTS = Path(__file__).parent / "faults"
CAUSALITY, EVERY_STEP = "time.causality", "time.every-step"  # the second computes in float64

Check = Callable[..., "subprocess.CompletedProcess[str]"]


def environment(fault: str | None) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(FAULTS / fault)} if fault else dict(os.environ)


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Run `lstm-spec check --effort smoke` in an empty folder, with a fault in place."""

    def run(*words: str, fault: str | None = None) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "lstm_spec.cli", "check", "--effort", "smoke", *words]
        return subprocess.run(
            command, cwd=tmp_path, env=environment(fault), capture_output=True, text=True
        )

    return run


@pytest.fixture
def recorded(tmp_path: Path) -> Callable[[], dict[str, report.Record]]:
    """Read the report in the folder of the test: the records by claim."""

    def read() -> dict[str, report.Record]:
        found = report.read(tmp_path / "lstm-spec-report.jsonl")
        return {record.claim: record for record in found.records}

    return read


def test_claims_that_hold_are_shown_and_recorded(check: Check, tmp_path: Path) -> None:
    done = check(CAUSALITY, EVERY_STEP, "--durations", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^Slowest:\n +\d+\.\d\d s  time\.\S+, 2 cases\n\n", done.stdout, re.MULTILINE)
    assert re.search(r"^ +1/2  held +time\.\S+  \d+\.\d s$", done.stdout, re.MULTILINE)
    assert "every claim held or deviates as known" in done.stdout
    found = report.read(tmp_path / "lstm-spec-report.jsonl")
    assert found.header.claims == [EVERY_STEP, CAUSALITY]  # in reading order
    assert found.header.environment.backend == "tensorflow"
    assert found.footer.verdicts == {"held": 2}
    assert {record.examples for record in found.records} == {2}
    assert not (tmp_path / ".hypothesis").exists()


def test_cases_are_the_same_whatever_else_is_tried(check: Check, recorded) -> None:
    check(CAUSALITY)
    alone = recorded()[CAUSALITY].cases
    check(CAUSALITY, "time.order", EVERY_STEP, "--workers", "1")
    assert recorded()[CAUSALITY].cases == alone
    check(CAUSALITY, "--seed", "7")
    assert recorded()[CAUSALITY].cases != alone


def test_crash_loses_only_its_claim(check: Check, recorded) -> None:
    done = check(EVERY_STEP, CAUSALITY, fault="crash")
    assert done.returncode == 1
    verdicts = {claim: record.verdict for claim, record in recorded().items()}
    assert verdicts == {CAUSALITY: "held", EVERY_STEP: "crashed"}
    assert "Crashed: time.every-step" in done.stdout


@pytest.mark.parametrize("fault", ["hang", "hang_in_c"])
def test_hang_loses_only_its_claim(check: Check, recorded, fault: str) -> None:
    done = check(EVERY_STEP, CAUSALITY, "--time-limit", "6", fault=fault)
    assert done.returncode == 1
    verdicts = {claim: record.verdict for claim, record in recorded().items()}
    assert verdicts == {CAUSALITY: "held", EVERY_STEP: "timed out"}
    assert "did not end within 6 s" in done.stdout


def test_refuted_claim_comes_with_a_program_that_shows_it(
    check: Check, recorded, tmp_path: Path
) -> None:
    done = check(EVERY_STEP, fault="wrong")
    assert done.returncode == 1
    assert "Every timestep changes the output of every unit" in done.stdout
    assert f"lstm-spec check {EVERY_STEP} --effort smoke" in done.stdout
    script = recorded()[EVERY_STEP].script
    assert script in done.stdout
    imported = set(re.findall(r"^(?:import|from) (\w+)", script, re.MULTILINE))
    assert imported == {"keras", "numpy"}
    (tmp_path / "shows.py").write_text(script, encoding="utf-8")
    assert "AssertionError: no difference" in run_program(tmp_path, "wrong")
    assert run_program(tmp_path, None) == ""


def run_program(folder: Path, fault: str | None) -> str:
    """Run shows.py in a folder; return the last error that it prints."""
    ran = subprocess.run(
        [sys.executable, "shows.py"],
        cwd=folder,
        env={**environment(fault), "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
    )
    return ran.stderr.partition("Traceback")[2]


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("missing", "Keras is not installed: run `pip install tensorflow`."),
        (
            "unimportable",
            "Keras cannot be imported: ImportError: libsomething.so.1: cannot open shared",
        ),
        ("uncallable", "keras.layers.LSTM cannot be called: RuntimeError: .*no kernel for this"),
        ("fatal", "Python ended with status -6 while it imported Keras"),
    ],
)
def test_broken_installation_is_said_in_one_sentence(
    check: Check, tmp_path: Path, fault: str, sentence: str
) -> None:
    done = check(fault=fault)
    assert done.returncode == 3
    assert re.search(sentence, done.stderr)
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "lstm-spec-report.jsonl").exists()


def test_broken_installation_leaves_the_last_report(check: Check, tmp_path: Path) -> None:
    last = tmp_path / "lstm-spec-report.jsonl"
    last.write_text("what was recorded\n", encoding="utf-8")
    assert check(fault="missing").returncode == 3
    assert last.read_text(encoding="utf-8") == "what was recorded\n"


def finish(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `lstm-spec check --resume` in a folder."""
    command = [sys.executable, "-m", "lstm_spec.cli", "check", "--resume", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_reports_of_other_claims_or_places_are_not_resumed(check: Check, tmp_path: Path) -> None:
    assert "there is no report lstm-spec-report.jsonl; leave out" in finish(tmp_path).stderr
    assert "leave out NAME" in finish(tmp_path, "time").stderr
    assert "leave out --effort" in finish(tmp_path, "--effort", "smoke").stderr
    check(CAUSALITY)
    file = tmp_path / "lstm-spec-report.jsonl"
    text = file.read_text(encoding="utf-8")
    for old, new, said in [
        ('"device":"cpu"', '"device":"gpu"', "was made with device gpu, here it is cpu"),
        (f'"{CAUSALITY}":"', f'"{CAUSALITY}":"0', f"changed since, such as {CAUSALITY}"),
    ]:
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        assert said in finish(tmp_path).stderr
        assert file.read_text(encoding="utf-8") == text.replace(old, new, 1)


def test_settings_of_the_folder_do_not_reach_the_claims(check: Check, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\n", encoding="utf-8")
    (tmp_path / "conftest.py").write_text("raise SystemExit\n", encoding="utf-8")
    (tmp_path / "hypothesis.py").write_text("raise SystemExit\n", encoding="utf-8")
    assert check(CAUSALITY).returncode == 0


@pytest.mark.skipif(
    place.installed().version("keras") != deviations.newest().version("keras"),
    reason="an older Keras is installed, of which nothing is new",
)
def test_what_a_newer_keras_takes_and_documents_is_told(check: Check) -> None:
    done = check(CAUSALITY, fault="newer")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "New in this Keras:" in done.stdout
    assert "Masking, argument `tolerance`: no claim tries it" in done.stdout
    assert "Masking, summary: changed; it said: " in done.stdout


def test_keras_in_a_folder_of_pythonpath_is_tried_and_named(tmp_path: Path) -> None:
    shutil.copytree(FAULTS / "wrong", tmp_path / "patched")
    installed = Path(metadata.distribution("keras").locate_file("keras"))
    shutil.copytree(installed, tmp_path / "patched" / "keras")
    command = [sys.executable, "-m", "lstm_spec.cli", "check", "--effort", "smoke", EVERY_STEP]
    variables = {**os.environ, "PYTHONPATH": "patched"}
    done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True)
    assert done.returncode == 1
    assert f"\nKeras from {tmp_path}/patched/keras\n" in done.stdout
    assert f"Refuted: {EVERY_STEP}" in done.stdout
