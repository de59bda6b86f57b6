"""`lstm-spec check` on other releases runs there, from this very package."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import pytest

from lstm_spec import cli, parser
from lstm_spec.evidence import apart, report, venv
from lstm_spec.evidence.request import Request
from lstm_spec.verbs import outcome

FAULTS = Path(__file__).parent / "faults"
variables = apart.variables
NAMED = Request(("tensorflow==2.21.0",))


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the Python that runs for one that was made, in an empty folder."""
    monkeypatch.setattr(venv, "make", lambda request: Path(sys.executable))
    monkeypatch.chdir(tmp_path)


def test_report_lands_here_and_a_refuted_claim_is_tried_again_in_that_environment(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "variables", wrong_variables)
    asked = ["--with", "tensorflow>=2.16,<3", "--backend", "tensorflow", "--python", "3.11"]
    cases = ["--effort", "smoke", "--seed", "3"]
    assert cli.main(["check", "time.causality", "time.every-step", *asked, *cases]) == 1
    found = report.read(tmp_path / parser.REPORT)
    assert (found.header.effort, found.header.seed) == ("smoke", 3)
    verdicts = {record.claim: record.verdict for record in found.records}
    assert verdicts == {"time.causality": "held", "time.every-step": "refuted"}
    assert [path.name for path in tmp_path.iterdir()] == [str(parser.REPORT)]
    (again,) = (line for line in capfd.readouterr().out.splitlines() if "Try it again" in line)
    words = shlex.split(again.partition(": lstm-spec ")[2])
    assert words == ["check", "time.every-step", *asked, *cases]


def wrong_variables(request: Request, folder: str) -> dict[str, str]:
    """Return the variables, with a wrong LSTM in place."""
    found = variables(request, folder)
    return {**found, "PYTHONPATH": os.pathsep.join([folder, str(FAULTS / "wrong")])}


def test_what_fails_there_is_said_and_has_its_status(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "time.causality", "--backend", "openvino"]) == outcome.BROKEN
    assert "Keras cannot be imported: ModuleNotFoundError" in capfd.readouterr().err


def test_it_runs_from_a_copy(tmp_path: Path) -> None:
    apart.copy(tmp_path)
    names = {path.name.partition("-")[0] for path in tmp_path.iterdir()}
    assert names == {"lstm_spec"}
    assert (tmp_path / "lstm_spec/evidence/matrix.toml").exists()
    assert not list(tmp_path.rglob("__pycache__"))


def test_folders_of_pythonpath_are_said_not_to_count(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PYTHONPATH", "patched")
    monkeypatch.setattr(apart, "check", lambda *_, **__: outcome.INTERRUPTED)
    assert cli.main(["check", "--with", "keras"]) == outcome.INTERRUPTED
    told = "PYTHONPATH does not count there; try a source tree by --with and its folder"
    assert capfd.readouterr().err == f"lstm-spec: {told}\n"


def test_what_points_to_the_packages_here_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("PYTHONHOME", "/somewhere")
    told = apart.variables(NAMED, "/copy")
    assert told["PYTHONPATH"] == "/copy"
    assert "PYTHONHOME" not in told
    assert told["KERAS_BACKEND"] == "tensorflow"
