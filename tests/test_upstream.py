"""What deviates in the newest release has an issue, whose script runs as printed."""

from __future__ import annotations

import ast
import contextlib
import io
import re
import runpy
import subprocess
import sys
import traceback
from pathlib import Path

import keras
import pytest

from lstm_spec import catalog, cli
from lstm_spec.claims.conftest import lacking
from lstm_spec.evidence import deviations, place
from lstm_spec.evidence.report import Verdict
from lstm_spec.publish import issues
from lstm_spec.publish.issues import Issue
from lstm_spec.publish.upstream import markdown, since
from teeth import claim_test

CLAIMS = {claim.id: claim for claim in catalog.claims()}
MODULES = {"keras", "math", "numpy", "tensorflow"}
NEWEST = deviations.newest().packages


def run(script: str, file: Path) -> tuple[list[str], list[str]]:
    """Run a script; return what it prints, and its error, line by line and without colours."""
    file.write_text(script, encoding="utf-8")
    keras.utils.clear_session()
    error: list[str] = []
    with contextlib.redirect_stdout(io.StringIO()) as said:
        try:
            runpy.run_path(str(file))
        except Exception as raised:
            text = re.sub(r"\x1b\[\d*m", "", "".join(traceback.format_exception_only(raised)))
            error = [line.strip() for line in text.splitlines()]
    return said.getvalue().splitlines(), error


@pytest.mark.skipif(
    any(place.installed().version(name) != version for name, version in NEWEST.items()),
    reason="another release is installed",
)
@pytest.mark.parametrize("issue", issues.load(), ids=lambda issue: issue.id)
def test_script_prints_what_is_recorded(
    issue: Issue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if reason := lacking(claim_test(CLAIMS[issue.claims[0]])):
        pytest.skip(f"the script {reason}")
    monkeypatch.chdir(tmp_path)
    printed, error = run(issue.script, tmp_path / "script.py")
    assert printed == ([] if error else [issue.prints])
    assert issue.prints in printed + error


def test_each_deviation_of_the_newest_release_has_an_issue() -> None:
    covered = [claim for issue in issues.load() for claim in issue.claims]
    assert sorted(covered) == sorted(one.claim for one in deviations.current())


def test_scripts_are_short_and_need_nothing_of_ours() -> None:
    for issue in issues.load():
        text = issue.script.strip()
        nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import)]
        assert {alias.name for node in nodes for alias in node.names} <= MODULES
        assert len(text.splitlines()) <= 12, issue.id
        assert max(map(len, text.splitlines())) <= 100, issue.id


def test_issue_holds_all_that_it_takes() -> None:
    known = {one.claim: one for one in deviations.current()}
    for issue in issues.load():
        text = markdown(issue, CLAIMS, lambda claim: [])
        assert text.startswith(f"# {issue.title}\n")
        parts = [issue.script, issue.prints, issue.expected]
        parts += [CLAIMS[claim].statement for claim in issue.claims]
        parts += [known[claim].concerns for claim in issue.claims]
        assert [part for part in parts if part.strip() not in text] == []
        assert "keras 3.15.1, tensorflow 2.21.0, Python 3.11.7" in text


@pytest.mark.parametrize(
    ("verdicts", "told"),
    [
        ([], "not known"),
        (["held", "held"], "not known"),
        (["held", "deviates", "deviates"], "Keras 3.1; on Keras 3.0: held"),
        (["deviates", "refuted", "deviates"], "Keras 3.2; on Keras 3.1: refuted"),
        (["deviates", "deviates"], "Keras 3.0, the first that was tried, or earlier"),
    ],
)
def test_first_release_that_deviates_is_told(verdicts: list[str], told: str) -> None:
    tried = [(f"keras-3.{number}", verdict) for number, verdict in enumerate(verdicts)]
    assert since(tried) == told


@pytest.mark.parametrize(
    ("tried", "told"),
    [
        (
            {"keras-3.0": "deviates", "tensorflow-2.15": "held", "tensorflow-2.16": "held"},
            "Keras 3.0; on TensorFlow 2.15 with Keras 2: held",
        ),
        (
            {"keras-3.0": "held", "tensorflow-2.19": "held", "tensorflow-2.20": "deviates"},
            "TensorFlow 2.20; on TensorFlow 2.19: held",
        ),
        ({"keras-3.0": "held", "backend-jax": "deviates"}, "not known"),
    ],
)
def test_keras_is_followed_before_tensorflow(tried: dict[str, Verdict], told: str) -> None:
    assert since(list(tried.items())) == told


def test_issue_of_one_claim_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["upstream", "dropout.all-dropped"]) == 0
    text = capsys.readouterr().out
    assert text.count("\n# ") == 0
    assert text.startswith("# LSTM(dropout=1.0) drops nothing\n")


def test_issues_of_all_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["upstream"]) == 0
    assert len(re.findall(r"^# ", capsys.readouterr().out, re.MULTILINE)) == len(issues.load())


def test_claim_that_does_not_deviate_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["upstream", "time.every-step"]) == 1
    assert "nothing of time.every-step deviates on keras 3.15.1" in capsys.readouterr().err


def test_issues_are_printed_without_keras() -> None:
    program = "import sys; from lstm_spec import cli; cli.main(['upstream']); "
    program += "assert not {'keras', 'tensorflow', 'numpy'} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
