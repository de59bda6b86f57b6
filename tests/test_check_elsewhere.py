"""`lstm-spec check` on other releases runs there, from this very package."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import structs

from lstm_spec import cli
from lstm_spec.releases import environments, ledger
from lstm_spec.releases.environments import Request
from lstm_spec.run import report
from lstm_spec.run.report import Writer

FAULTS = Path(__file__).parent / "faults"
variables = environments.variables
NAMED = Request(("tensorflow==2.21.0",))


@pytest.fixture(autouse=True)
def _environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the Python that runs for one that was made, in an empty folder."""
    monkeypatch.setattr(environments, "make", lambda request: Path(sys.executable))
    monkeypatch.chdir(tmp_path)


def test_report_lands_here_and_a_refuted_claim_is_tried_again_in_that_environment(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "variables", wrong_variables)
    asked = ["--with", "tensorflow>=2.16,<3", "--backend", "tensorflow", "--python", "3.11"]
    cases = ["--effort", "smoke", "--seed", "1"]
    assert cli.main(["check", "time.causality", "time.every-step", *asked, *cases]) == 1
    kept = report.read(tmp_path / cli.REPORT)
    assert (kept.header.effort, kept.header.seed) == ("smoke", 1)
    verdicts = {record.claim: record.verdict for record in kept.records}
    assert verdicts == {"time.causality": "held", "time.every-step": "refuted"}
    assert [path.name for path in tmp_path.iterdir()] == [str(cli.REPORT)]
    (again,) = (line for line in capfd.readouterr().out.splitlines() if "Try it again" in line)
    words = shlex.split(again.partition(": lstm-spec ")[2])
    assert words == ["check", "time.every-step", *asked, *cases]


def wrong_variables(request: Request, folder: str) -> dict[str, str]:
    """Return the variables, with a wrong LSTM in place."""
    needed = variables(request, folder)
    return {**needed, "PYTHONPATH": os.pathsep.join([folder, str(FAULTS / "wrong")])}


def test_what_fails_there_is_said_and_has_its_status(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "time.causality", "--backend", "openvino"]) == cli.BROKEN
    assert "Keras cannot be imported: ModuleNotFoundError" in capfd.readouterr().err


def test_it_runs_from_a_copy(tmp_path: Path) -> None:
    environments.copy(tmp_path)
    names = {path.name.partition("-")[0] for path in tmp_path.iterdir()}
    assert names == {"lstm_spec"}
    assert (tmp_path / "lstm_spec/releases/matrix.toml").exists()
    assert not list(tmp_path.rglob("__pycache__"))


def test_folders_of_pythonpath_are_said_not_to_count(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PYTHONPATH", "patched")
    monkeypatch.setattr(environments, "check", lambda *_, **__: cli.INTERRUPTED)
    assert cli.main(["check", "--with", "keras"]) == cli.INTERRUPTED
    advice = "PYTHONPATH does not count there; try a source tree by --with and its folder"
    assert capfd.readouterr().err == f"lstm-spec: {advice}\n"


def test_what_points_to_the_packages_here_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("PYTHONHOME", "/somewhere")
    shown = environments.variables(NAMED, "/copy")
    assert shown["PYTHONPATH"] == "/copy"
    assert "PYTHONHOME" not in shown
    assert shown["KERAS_BACKEND"] == "tensorflow"


def tried_there(name: str, **packages: str) -> Callable[..., int]:
    """Return what records one claim as a report of the ledger does, with other packages."""
    narrowed = ledger.narrowed(ledger.find(name), {"time.order"})
    where = narrowed.header.environment
    where = structs.replace(where, packages={**where.packages, **packages}, signatures={"RNN": {}})

    def check(request: Request, words: list[str], *, report: Writer, **_: object) -> int:
        report.begin(structs.replace(narrowed.header, environment=where))
        report.append(narrowed.records[0])
        report.append(narrowed.footer)
        return 0

    return check


def test_part_of_the_claims_is_compared_without_signatures_and_documentation(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environments, "check", tried_there("keras-3.3", keras="3.3.2"))
    assert cli.main(["check", "time.order", "--with", "keras==3.3.2"]) == 0
    printed = capsys.readouterr().out
    assert "Compared with keras-3.2 of the ledger:\n" in printed
    assert "\nSignatures\n" not in printed
    assert (
        "changes of signatures and documentation left out; `lstm-spec compare nearest " in printed
    )


def test_release_before_all_of_the_ledger_is_compared_with_a_later_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environments, "check", tried_there("backend-jax", keras="3.9.2"))
    assert cli.main(["check", "time.order", "--with", "keras==3.9.2", "--backend", "jax"]) == 0
    printed = capsys.readouterr().out
    assert "Compared with backend-jax of the ledger, which has none earlier:\n" in printed
    assert "from keras 3.9.2 to keras 3.15.1" in " ".join(printed.split())
