"""`lstm-spec check` on the real Keras, on a broken one, and under real faults."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path

import pytest

from lstm_spec import catalog
from lstm_spec.releases.compare import UNSAID, Change, compare
from lstm_spec.run import deviations, report
from lstm_spec.run.environment import installed

FAULTS = Path(__file__).parent / "faults"
CAUSALITY, EVERY_STEP = "time.causality", "time.every-step"
OTHERS = ("gates.cell-step", EVERY_STEP)
FILE = "lstm-spec-report.jsonl"

Done = subprocess.CompletedProcess[str]
Check = Callable[..., Done]


def environment(fault: str | None) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(FAULTS / fault)} if fault else dict(os.environ)


def run(folder: Path, *words: str, fault: str | None = None, **variables: str) -> Done:
    """Run `lstm-spec check --effort smoke` in a folder, with a fault in place."""
    command = [sys.executable, "-m", "lstm_spec.cli", "check", "--effort", "smoke", *words]
    process_variables = {**environment(fault), **variables}
    return subprocess.run(
        command, cwd=folder, env=process_variables, capture_output=True, text=True
    )


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Run `lstm-spec check --effort smoke` in an empty folder, with a fault in place."""
    return partial(run, tmp_path)


@dataclass(frozen=True)
class Checked:
    """What a check printed, and the folder of its report."""

    done: Done
    folder: Path

    @property
    def report(self) -> report.Report:
        return report.read(self.folder / FILE)

    @property
    def records(self) -> dict[str, report.Record]:
        return {record.claim: record for record in self.report.records}


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """Check two claims in a folder whose settings of pytest would end it."""
    folder = tmp_path_factory.mktemp("held")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\n", encoding="utf-8")
    for name in ("conftest.py", "hypothesis.py"):
        (folder / name).write_text("raise SystemExit\n", encoding="utf-8")
    return Checked(run(folder, CAUSALITY, EVERY_STEP, "--durations", "1"), folder)


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """Check two claims on a Keras that is newer than any other."""
    folder = tmp_path_factory.mktemp("newer")
    return Checked(run(folder, *OTHERS, "--workers", "1", fault="newer"), folder)


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """Check the same claims on a Keras whose LSTM is wrong."""
    folder = tmp_path_factory.mktemp("wrong")
    return Checked(run(folder, *OTHERS, "--workers", "1", fault="wrong"), folder)


def test_claims_that_hold_are_shown_and_recorded(held: Checked) -> None:
    done = held.done
    report = held.report
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^Slowest:\n +\d+\.\d\d s  time\.\S+, 2 cases\n\n", done.stdout, re.MULTILINE)
    assert re.search(r"^ +1/2  held +time\.\S+  \d+\.\d s$", done.stdout, re.MULTILINE)
    assert "every claim held or deviates as known" in done.stdout
    assert report.header.claims == [EVERY_STEP, CAUSALITY]  # in reading order
    assert report.header.environment.backend == "tensorflow"
    assert report.footer.verdicts == {"held": 2}
    assert {record.examples for record in report.records} == {2}
    assert not (held.folder / ".hypothesis").exists()


def test_cases_are_the_same_whatever_else_is_tried(
    held: Checked, newer: Checked, check: Check, tmp_path: Path
) -> None:
    cases = held.records[EVERY_STEP].cases
    assert newer.records[EVERY_STEP].cases == cases
    check(EVERY_STEP, "--seed", "7")
    assert report.read(tmp_path / FILE).records[0].cases != cases


FAULTY = {
    EVERY_STEP: ("crash", "crashed"),
    "time.order": ("hang", "timed out"),
    "time.prefix": ("hang_in_c", "timed out"),
    "shapes.width": ("threads", "held"),
}
"""What happens to an LSTM while a claim is tried, and the verdict."""


def test_fault_of_a_claim_costs_no_other(tmp_path: Path) -> None:
    faults = {catalog.find(claim).test: fault for claim, (fault, _) in FAULTY.items()}
    claims = (*FAULTY, CAUSALITY, "--time-limit", "6")
    done = run(tmp_path, *claims, fault="each", FAULTS=json.dumps(faults))
    verdicts = {claim: record.verdict for claim, record in Checked(done, tmp_path).records.items()}
    expected = {claim: verdict for claim, (_, verdict) in FAULTY.items()}
    assert verdicts == {**expected, CAUSALITY: "held"}, done.stdout + done.stderr
    assert done.returncode == 1
    assert f"Crashed: {EVERY_STEP}" in done.stdout
    assert done.stdout.count("did not end within 6 s") == 2


def test_refuted_claim_comes_with_a_program_that_shows_it(wrong: Checked, tmp_path: Path) -> None:
    done = wrong.done
    assert done.returncode == 1
    assert "every unmasked timestep acts on every unit" in done.stdout
    assert f"lstm-spec check {EVERY_STEP} --effort smoke" in done.stdout
    script = wrong.records[EVERY_STEP].script
    assert script in done.stdout
    imported = set(re.findall(r"^(?:import|from) (\w+)", script, re.MULTILINE))
    assert imported <= {"keras", "numpy"}
    (tmp_path / "shows.py").write_text(script, encoding="utf-8")
    assert "AssertionError" in run_program(tmp_path, "wrong")
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


def test_reports_of_other_claims_or_places_are_not_resumed(held: Checked, tmp_path: Path) -> None:
    assert "there is no report lstm-spec-report.jsonl; leave out" in finish(tmp_path).stderr
    assert "leave out NAME" in finish(tmp_path, "time").stderr
    assert "leave out --effort" in finish(tmp_path, "--effort", "smoke").stderr
    file = tmp_path / FILE
    text = (held.folder / FILE).read_text(encoding="utf-8")
    for old, new, complaint in [
        ('"device":"cpu"', '"device":"gpu"', "was made with device gpu, here it is cpu"),
        (f'"{CAUSALITY}":"', f'"{CAUSALITY}":"0', f"changed since, such as {CAUSALITY}"),
    ]:
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        assert complaint in finish(tmp_path).stderr
        assert file.read_text(encoding="utf-8") == text.replace(old, new, 1)


def test_finished_report_is_resumed_without_a_trial(held: Checked, tmp_path: Path) -> None:
    shutil.copy(held.folder / FILE, tmp_path)
    done = finish(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every claim held or deviates as known" in done.stdout
    assert (tmp_path / FILE).read_bytes() == (held.folder / FILE).read_bytes()


@pytest.mark.skipif(
    installed().version("keras") != deviations.newest().version("keras"),
    reason="an older Keras is installed, of which nothing is new",
)
def test_what_a_newer_keras_takes_and_documents_is_reported(newer: Checked) -> None:
    done = newer.done
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


def test_reports_of_two_keras_are_compared(newer: Checked, wrong: Checked) -> None:
    then = newer.report
    now = wrong.report
    comparison = compare(then, now)
    assert comparison.worse == [EVERY_STEP]
    assert Change("Masking, argument `tolerance`", "0.0", None) in comparison.signatures
    assert [change.what for change in comparison.documentation] == ["Masking, summary"]
    assert comparison.documentation[0].then == UNSAID != comparison.documentation[0].now
    assert (comparison.errors.compared, comparison.speed.claims) == (1, 1)
    assert then.records[0].spread is not None
