"""Whatever words are given, the command line ends with a documented status and one sentence."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, example, given, settings

from lstm_spec import cli
from lstm_spec.answers import picture
from lstm_spec.answers.picture import UnmeasuredError
from lstm_spec.releases import bisect, environments, ledger, speed
from lstm_spec.releases.environments import UnmadeError
from lstm_spec.run import check, environment
from readers import PROGRAM, REPORT
from reports import HERE

STATUSES = {
    "check": {2, 3},  # nothing is tried here
    "compare": {0, 1, 2, 3},
    "merge": {0, 2, 3},
    "cite": {0, 2},
    "answer": {0, 2, 4},
    "explain": {0, 2},
    "review": {0, 1, 2},
    "upstream": {0, 1, 2},
}
SILENT = {verb: {0, 1} if verb in ("compare", "review") else {0} for verb in STATUSES}
ESCAPED = "backslashreplace"
"""How Python writes to stderr what has no place in its encoding."""
LINES = [
    "check masking time.order --effort=smoke --seed=7 --workers=2 --durations=3 --report=new",
    "check --with=tensorflow==2.21.0 --with=keras --backend=jax --python=3.12 --time-limit=5",
    "check --resume --report=begun --workers=2",
    "compare report report --format=json",
    "compare nearest report --format=markdown",
    "compare --speed keras-3.9 here --python=3.12 --format=json",
    "merge new report --partial",
    "cite time.every-step --format=bibtex",
    "answer how many neurons --for=keras==3.9.2 --format=json",
    "explain LSTM(2) --input=3,1 --draw=new --format=markdown",
    "review asked --format=sarif",
    "upstream masking state.fixed-batch-in-predict",
    "upstream state --report=report --fixed",
]
WORDS = [
    *("time", "shapes.stacking", "deep", "0", "-1", "begun", "#7227", "nearest", "a.whl", "json"),
    *(".", "/", "/proc/none/a", "a/b", "--", "-", "-h", "--version", "--nonsense"),
    *("--report", "--report=", "--with", "--seed=x", "--format", "--eff=1", "--draw=/dev/full"),
    *("", " ", "\n", "a\nb", "é", "\u2028", "\x1b[2J", "\udcff", "x" * 5_000, "9" * 5_000, "%s"),
]
texts = st.text(st.characters(exclude_characters="\0/", exclude_categories=()), max_size=5)
options = st.sampled_from(re.findall(r"--[\w-]+", " ".join(LINES)))
words = st.sampled_from(WORDS) | texts
edits = st.tuples(
    st.integers(1, 9),
    st.integers(0, 2),
    st.lists(words | st.builds("{}={}".format, options, words), max_size=2),
)


def edited(line: str, changes: list[tuple[int, int, list[str]]]) -> list[str]:
    """Return the words of a command line, some of them taken out and others put in."""
    given = line.split()
    for place, gone, come in changes:
        given[place : place + gone] = come
    return given


@pytest.fixture
def idle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be tried, made or imported."""

    def stopped(*_: object, **__: object) -> None:
        raise check.StoppedError("pytest ended before any claim was tried")

    def unmade(*_: object, **__: object) -> None:
        raise UnmadeError("there is no such Python")

    def unmeasured(*_: object) -> None:
        raise UnmeasuredError("Keras is not installed")

    ledger.put(tmp_path / "ledger", "keras-3.9", REPORT)
    (tmp_path / "asked").write_bytes(PROGRAM)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ledger, "FILE", tmp_path / "ledger")
    monkeypatch.setattr(environment, "probe", lambda: HERE)
    monkeypatch.setattr(check, "run", stopped)
    monkeypatch.setattr(environments, "check", unmade)
    monkeypatch.setattr(environments, "make", unmade)
    monkeypatch.setattr(speed, "_started", unmade)
    monkeypatch.setattr(bisect, "verdict_at", unmade)
    monkeypatch.setattr(picture, "measure", unmeasured)


def run(words: list[str]) -> tuple[int, bytes]:
    """Return the exit status, and what is printed to stderr."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", errors) for errors in ("strict", ESCAPED))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = cli.main(words)
        except SystemExit as stop:
            status = stop.code
        out.flush()
        err.flush()
    return status, err.buffer.getvalue()


@pytest.mark.usefixtures("idle")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.builds(edited, st.sampled_from(LINES), st.lists(edits, max_size=3)))
@example(["check", f"--report={'x' * 5_000}"])
@example(["check", "--report=a\n/b"])
@example(["check", f"--with={'x' * 5_000}.whl"])
@example(["compare", "a\n/b", "report"])
@example(["cite", "time.order", "a\nb"])
@example(["check", "--with=--"])
@example(["cite", "time.order", "--format=--"])
@example(["merge", "/dev/full", "report", "--partial"])
@example(["explain", "LSTM(2)", "--input=3,1", "--draw=/dev/full"])
def test_words_end_in_a_documented_status_and_one_sentence(words: list[str]) -> None:
    Path("report").write_bytes(REPORT)
    Path("begun").write_bytes(REPORT[:-2])
    status, printed = run(words)
    assert status in STATUSES[words[0]] or {"-h", "--help"} & {*words}
    assert len(printed.decode().splitlines()) == (status not in SILENT[words[0]])
