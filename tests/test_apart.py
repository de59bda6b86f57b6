"""`lstm-spec check` on other releases runs there, from this very package."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lstm_spec import cli, parser
from lstm_spec.evidence import apart, report, venv
from lstm_spec.evidence.request import Request
from lstm_spec.verbs import outcome

NAMED = Request(("tensorflow==2.21.0",))


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the Python that runs for one that was made, in an empty folder."""
    monkeypatch.setattr(venv, "make", lambda request: Path(sys.executable))
    monkeypatch.chdir(tmp_path)


def test_report_lands_here_and_the_status_is_that_of_the_run(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["check", "time.causality", "--effort", "smoke", "--with", "tensorflow", "--seed", "3"]
    assert cli.main(words) == 0
    found = report.read(tmp_path / parser.REPORT)
    assert (found.header.effort, found.header.seed) == ("smoke", 3)
    assert found.header.claims == ["time.causality"]
    assert "every claim held or deviates as known" in capfd.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == [str(parser.REPORT)]


def test_what_fails_there_is_said_and_has_its_status(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "time.causality", "--backend", "openvino"]) == outcome.BROKEN
    assert "Keras cannot be imported: ModuleNotFoundError" in capfd.readouterr().err


def test_it_runs_from_a_copy(tmp_path: Path) -> None:
    apart.copy(tmp_path)
    names = {path.name.partition("-")[0] for path in tmp_path.iterdir()}
    assert names == {"lstm_spec"}
    assert (tmp_path / "lstm_spec/evidence/matrix.toml").exists()
    assert not list(tmp_path.rglob("__pycache__"))


def test_what_points_to_the_packages_here_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("PYTHONHOME", "/somewhere")
    told = apart.variables(NAMED, "/copy")
    assert told["PYTHONPATH"] == "/copy"
    assert "PYTHONHOME" not in told
    assert told["KERAS_BACKEND"] == "tensorflow"
