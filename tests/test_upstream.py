"""What deviates in the newest release, or on the nightly, has an issue that can be relied on."""

from __future__ import annotations

import ast
import contextlib
import gc
import io
import re
import runpy
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import keras
import pytest

from lstm_spec import catalog, cli
from lstm_spec.answers import issues, trials, upstream
from lstm_spec.answers.issues import Issue
from lstm_spec.answers.trials import Trial
from lstm_spec.answers.upstream import Release
from lstm_spec.claims.conftest import lacking
from lstm_spec.releases import ledger, matrix
from lstm_spec.run import deviations
from lstm_spec.run.environment import Place, installed
from lstm_spec.run.report import Record
from lstm_spec.run.text import UnreadableFileError, without_escapes
from reports import report, write
from teeth import claim_test
from tools.studies import patches as patched

CLAIMS = {claim.id: claim for claim in catalog.claims()}
ISSUES = issues.load()
NEWEST = deviations.newest()
IDS = {claim for issue in ISSUES for claim in issue.claims}
EVIDENCE = upstream.evidence(CLAIMS, IDS, matrix.nightly())
TEXTS = {issue.id: upstream.markdown(issue, EVIDENCE) for issue in ISSUES}
MODULES = {"keras", "math", "numpy", "tensorflow"}
KEPT = re.compile(r"Keras 2 (kept|ran|refused|reset|returned|trained)")
"""How a text says that Keras 2 did it right."""

newest_only = pytest.mark.skipif(
    any(installed().version(name) != version for name, version in NEWEST.packages.items()),
    reason="another release is installed",
)


@pytest.fixture(scope="module", autouse=True)
def _frozen() -> Iterator[None]:
    """Keep what other tests left out of the search for garbage that each script begins with."""
    gc.freeze()
    yield
    gc.unfreeze()


def run(script: str, file: Path) -> Trial:
    """Run a script in this process."""
    file.write_text(script, encoding="utf-8")
    keras.utils.clear_session()
    error = ""
    says = ""
    with contextlib.redirect_stdout(io.StringIO()) as output:
        try:
            runpy.run_path(str(file))
        except Exception as raised:
            error = type(raised).__name__
            says = without_escapes("".join(traceback.format_exception_only(raised)))
    return Trial("", "", "release", [], "", output.getvalue().splitlines(), error, says)


@newest_only
@pytest.mark.parametrize("issue", ISSUES, ids=lambda issue: issue.id)
def test_script_does_what_its_issue_tells(
    issue: Issue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if reason := lacking(claim_test(CLAIMS[issue.claims[0]])):
        pytest.skip(f"the script {reason}")
    monkeypatch.chdir(tmp_path)
    output = run(issue.script, tmp_path / "script.py")
    assert output.prints == [issue.expected] if issue.only else output.shows(issue)


# The record of fresh processes


def test_every_script_was_tried_as_it_is_today() -> None:
    if stale := trials.stale():
        pytest.skip(f"tox run -e upstream tries again: {', '.join(stale)}")


def test_every_script_shows_its_fault_in_a_fresh_process() -> None:
    wrong = []
    for issue in ISSUES:
        trial = trials.load().get((issue.id, "LSTM", "nightly" if issue.only else "release"))
        if trial and not trial.shows(issue):
            wrong.append(trial)
    assert wrong == []


@pytest.mark.parametrize(
    ("output", "failure"),
    [
        ("Traceback:\n  x\nValueError: no\nmore", ("ValueError", "no\nmore")),
        ("a.b.InvalidArgumentError: \x1b[1mno\x1b[0m", ("InvalidArgumentError", "no")),
        ("KeyError: 1\n\nDuring ...\n\nTypeError: 2", ("TypeError", "2")),
        ("Segmentation fault", ("no error", "Segmentation fault")),
    ],
)
def test_error_that_ended_a_program_is_found(output: str, failure: tuple[str, str]) -> None:
    assert trials.failure(output) == failure


# What is recorded of an issue


def test_each_deviation_of_the_newest_release_has_an_issue() -> None:
    covered = [claim for issue in ISSUES if not issue.only for claim in issue.claims]
    assert sorted(covered) == sorted(deviation.claim for deviation in deviations.current())


def test_issues_of_the_nightly_are_of_claims_that_hold_on_the_newest_release() -> None:
    only = {claim for issue in ISSUES if issue.only for claim in issue.claims}
    assert only <= CLAIMS.keys()
    assert not only & {deviation.claim for deviation in deviations.current()}
    assert {EVIDENCE.records[claim].verdict for claim in only} == {"refuted"}


def test_scripts_are_short_and_need_nothing_of_ours() -> None:
    for issue in ISSUES:
        text = issue.script.strip()
        nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import)]
        assert {alias.name for node in nodes for alias in node.names} <= MODULES
        assert len(text.splitlines()) <= 12, issue.id
        assert max(map(len, text.splitlines())) <= 100, issue.id


def test_script_of_another_layer_names_no_lstm() -> None:
    issue = next(issue for issue in ISSUES if issue.id == "mask-with-initial-state")
    assert "range(1)" in issue.variant("GRU")
    assert "LSTM" not in issue.variant("GRU")
    assert issue.variant("LSTM") == issue.script


def test_patches_and_tests_belong_to_issues() -> None:
    names = {file.name.removesuffix(".patch") for file in issues.PATCHES.glob("*.patch")}
    tests = {file.name.removesuffix("_test.py.txt") for file in issues.PATCHES.glob("*_test*")}
    assert names == tests == {issue.id for issue in patched.patched()}


@newest_only
def test_patches_fit_the_newest_release() -> None:
    """Each hunk's old lines stand once in the file that it names."""
    for issue in patched.patched():
        for part in re.split(r"^--- a/", issue.patch, flags=re.MULTILINE)[1:]:
            name, *hunks = re.split(r"^@@.*\n", part, flags=re.MULTILINE)
            file = Path(keras.__file__).parents[1] / name.splitlines()[0]
            source = file.read_text(encoding="utf-8")
            for hunk in hunks:
                lines = [line for line in hunk.splitlines(keepends=True) if line[0] in " -"]
                assert source.count("".join(line[1:] for line in lines)) == 1, issue.id


@pytest.mark.parametrize(
    ("before", "after", "error"),
    [
        ('prints = "2.0"', "", "missing required field `prints`"),
        ('prints = "2.0"', 'print = "2.0"', "unknown field `print`"),
        ('tracker = "keras"', 'tracker = "theano"', "Invalid enum value 'theano'"),
        ('advice = "report"', 'advice = "known"', "the advice 'known' needs an `address`"),
        ('prints = "2.0"', 'prints = "2.0"\nneeds = ["a b"]', "Expected"),
        (
            'prints = "2.0"',
            'prints = "2.0"\none_state = { h = "" }',
            "the script does not hold 'h', which",
        ),
    ],
)
def test_file_that_cannot_be_used_is_reported(tmp_path: Path, before, after, error) -> None:
    text = issues.FILE.read_text(encoding="utf-8")
    start = text.index('[[issue]]\nid = "units-that-are-no-integer"')
    entry = text[start : text.index("[[issue]]", start + 1)].replace(before, after)
    entry = re.sub(r"^address = .*\n", "", entry, flags=re.MULTILINE)
    file = tmp_path / "issues.toml"
    file.write_text(entry, encoding="utf-8")
    with pytest.raises(UnreadableFileError, match=rf"issues.toml: .*{re.escape(error)}"):
        issues.load(file)


def test_claim_that_has_two_issues_is_reported(tmp_path: Path) -> None:
    text = issues.FILE.read_text(encoding="utf-8")
    file = tmp_path / "issues.toml"
    start = text.index("[[issue]]")
    entry = text[start : text.index("[[issue]]", start + 1)]
    file.write_text(entry + entry, encoding="utf-8")
    with pytest.raises(UnreadableFileError, match=r"issues\.toml: listed twice: masking\.bid"):
        issues.load(file)


# The text


def test_issue_holds_all_that_it_takes() -> None:
    for issue in ISSUES:
        parts = [issue.title, issue.summary, issue.script, issue.prints, issue.expected]
        parts += [issue.cause, issue.workaround, issue.documented, issue.error, issue.remark]
        parts += [issue.patch, issue.test, issue.introduced or "", issue.address or ""]
        parts += [*issue.needs, *issue.claims, "A person must check it"]
        text = TEXTS[issue.id]
        assert [part for part in parts if part.strip() not in text] == []
        assert text.startswith(f"# {issue.title}\n")


def test_issue_names_the_environment_to_install() -> None:
    for issue in ISSUES:
        where = "nightly" if issue.only else "release"
        pins = trials.requirements(issue, where)
        assert f"pip install {' '.join(pins)}\n" in TEXTS[issue.id]
        trial = trials.load().get((issue.id, "LSTM", where))
        assert trial is None or trial.requirements == pins


def test_tracker_is_named() -> None:
    for issue in ISSUES:
        name, address = upstream.TRACKERS[issue.tracker]
        assert f"Where: {name}, {address}." in TEXTS[issue.id]


def test_no_text_contradicts_itself() -> None:
    """What a text says of Keras 2 and of the nightly is what the records say."""
    for issue in ISSUES:
        text = TEXTS[issue.id]
        claim = issue.claims[0]
        shows = [name for name, release in EVIDENCE.releases.items() if release.shows(claim)]
        older = [name for name in shows if re.fullmatch(r"tensorflow-2\.(\d|1[0-5])", name)]
        if KEPT.search(text):
            assert not older, issue.id
            assert "the first that was tried" not in text
        assert ("Fixed on" in text) == upstream.is_fixed(issue, EVIDENCE)
        assert not ("Fixed on" in text and "Still so on" in text)


def deviates(message: str) -> Record:
    return Record("masking.encoder-decoder", "deviates", 1.0, message=message)


HELD = Record("masking.encoder-decoder", "held", 1.0)
SAME = deviates(
    next(deviation.instead for deviation in deviations.current() if deviation.claim == HELD.claim)
)
OTHER = deviates("NumPy arrays are refused.")


@pytest.mark.parametrize(
    ("records", "wanted"),
    [
        ({}, "a release that is not known; none was tried where it shows"),
        ({"keras-3.0": HELD, "keras-3.1": SAME, "keras-3.2": SAME}, "Keras 3.1; Keras 3.0: it hol"),
        (
            {"keras-3.0": SAME, "keras-3.1": HELD, "keras-3.2": SAME},
            "Keras 3.2; Keras 3.1: it holds; the same also on Keras 3.0",
        ),
        ({"keras-3.0": SAME, "keras-3.1": SAME}, "Keras 3.0, the first that was tried, or earlier"),
        (
            {"tensorflow-2.8": OTHER, "tensorflow-2.15": OTHER, "keras-3.0": SAME},
            "Keras 3.0; TensorFlow 2.15 with Keras 2: something else (NumPy arrays are refused)",
        ),
        (
            {"tensorflow-2.14": SAME, "tensorflow-2.15": HELD, "keras-3.0": SAME},
            "Keras 3.0; TensorFlow 2.15 with Keras 2: it holds; "
            "the same also on TensorFlow 2.14 with Keras 2",
        ),
        (
            {"keras-3.0": HELD, "tensorflow-2.19": HELD, "tensorflow-2.20": SAME},
            "TensorFlow 2.20; TensorFlow 2.19: it holds",
        ),
        (
            {"keras-3.0": HELD, "with-more": SAME},
            "a release that is not known; seen with keras 0",
        ),
    ],
)
def test_first_release_that_does_the_same_is_named(records: dict[str, Record], wanted: str) -> None:
    nowhere = Place({"keras": "0"}, "3.11.7")
    releases = {name: Release(nowhere, {HELD.claim: record}) for name, record in records.items()}
    assert upstream.since(HELD.claim, releases).startswith(wanted)


def test_release_whose_entry_is_the_same_counts_though_its_record_has_other_words() -> None:
    assert Release(NEWEST, {HELD.claim: OTHER}).shows(HELD.claim)
    assert not Release(NEWEST, {HELD.claim: HELD}).shows(HELD.claim)


# The nightly


def test_nightly_is_no_release_of_the_ledger() -> None:
    assert "nightly" not in ledger.names()
    assert matrix.nightly().footer is not None
    packages = matrix.nightly().header.environment.packages
    for pin in matrix.NIGHTLY_REQUIREMENTS:
        name, _, version = pin.partition("==")
        assert packages[name] == version


def test_what_only_the_nightly_breaks_has_a_text(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing that held on the newest release, and is refuted there, is passed over."""
    assert cli.main(["upstream"]) == 0
    text = capsys.readouterr().out
    current = {deviation.claim for deviation in deviations.current()}
    lost = [
        record.claim
        for record in EVIDENCE.coming.records
        if record.verdict in {"refuted", "crashed"}
        and not matrix.holds(record)
        and record.claim not in current
    ]
    assert "masking.stacked" in lost
    assert [claim for claim in lost if f"`{claim}`" not in text] == []
    assert "https://github.com/keras-team/keras/pull/23235" in text


def test_what_the_nightly_has_fixed_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    fixed = [issue for issue in ISSUES if upstream.is_fixed(issue, EVIDENCE)]
    assert "empty-batch" in [issue.id for issue in fixed]
    cli.main(["upstream"])
    text = capsys.readouterr().out
    assert [issue.id for issue in ISSUES if f"# {issue.title}\n" in text] == [
        issue.id for issue in ISSUES if issue not in fixed
    ]
    assert f"--fixed prints {len(fixed)} issues more" in text
    cli.main(["upstream", "--fixed"])
    text = capsys.readouterr().out
    assert [issue.id for issue in ISSUES if f"# {issue.title}\n" not in text] == []


def test_claim_that_the_nightly_has_fixed_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["upstream", "shapes.empty-batch"]) == 1
    assert "fixed on the nightly; --fixed prints an issue" in capsys.readouterr().err


def test_report_of_another_keras_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = Record("time.order", "refuted", 1.0, message="no ```\n\x1b[1mat all", script="print(1)")
    packages = {"keras": "4.0.0", "tensorflow": "3.0.0"}
    file = write(tmp_path / "report.jsonl", report(lost, SAME, packages=packages))
    names = ["time", "masking.encoder-decoder"]
    assert cli.main(["upstream", *names, "--report", str(file)]) == 0
    text = capsys.readouterr().out
    assert CLAIMS["time.order"].statement in text
    assert "keras 4.0.0 it does not:\n\n```text\nno '''\nat all\n```\n\n```python\nprint(1)" in text
    assert "pip install keras==4.0.0 tensorflow==3.0.0" in text
    assert "Still so on keras 4.0.0" in text


@pytest.mark.parametrize("words", ["keras-9.9", "/proc/none"])
def test_missing_report_is_reported(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["upstream", "--report", words]) == 2
    assert f"no file or report of the ledger is called '{words}'" in capsys.readouterr().err


def test_issue_of_one_claim_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["upstream", "dropout.all-dropped"]) == 0
    text = capsys.readouterr().out
    assert text.count("\n# ") == 0
    assert text.startswith("# LSTM(dropout=1.0) and LSTM(recurrent_dropout=1.0) drop nothing\n")


def test_claim_that_does_not_deviate_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["upstream", "time.every-step"]) == 1
    assert "nothing of time.every-step deviates on keras 3.15.1" in capsys.readouterr().err


def test_issues_are_printed_without_keras() -> None:
    program = "import sys; from lstm_spec import cli; cli.main(['upstream']); "
    program += "assert not {'keras', 'tensorflow', 'numpy'} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# The patches, as tried by tox run -e patches


def test_patches_were_tried_as_they_are_today() -> None:
    if stale := patched.stale(patched.load()):
        pytest.skip(f"tox run -e patches tries again: {', '.join(stale)}")


@pytest.mark.parametrize("where", patched.PLACES)
def test_patches_mend_what_they_are_for(where: trials.Where) -> None:
    recorded = patched.load()
    if where not in recorded:
        pytest.skip("tox run -e patches makes the record")
    for issue in patched.patched():
        outcome = recorded[where].outcomes[issue.id]
        assert outcome.prints == [issue.expected], issue.id
        verdicts = {claim: text.partition(":")[2].strip() for claim, text in outcome.claims.items()}
        assert verdicts.keys() == set(issue.claims)
        assert all(text.startswith(matrix.ALTHOUGH) for text in verdicts.values()), verdicts
        assert outcome.without, "the test fails without the patch"
        assert not outcome.failed
        assert outcome.passed >= len(outcome.without)
    before = recorded[where].before
    after = recorded[where].after
    assert after.passed >= before.passed > 40
    assert set(after.failed) <= set(before.failed)
