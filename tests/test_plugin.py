"""The plugin judges claims strictly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy  # noqa: F401 - pytester forgets what a run imported, and NumPy loads only once
import pytest
from msgspec import structs

from lstm_spec import catalog
from lstm_spec.claims import weights
from lstm_spec.run import deviations, report
from lstm_spec.run.plugin import Recorder

HEAD = """
from hypothesis import given, settings
from hypothesis.strategies import integers
from lstm_spec.claims import claim
"""
CLAIM = """
@claim("time.causality", observed="here"{more})
{decorator}
def test_it({arguments}):
    '''
    A statement.

    >>> {example}
    '''
    {body}
"""
KNOWN = deviations.Deviation("time.causality", "It is seven.", "an issue", says="seven")


@pytest.fixture
def judge(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    """Try a claim; return its record and pytest's outcomes."""

    def run(
        body: str,
        *,
        example: str = "1 + 1\n    2",
        known=None,
        drawn: bool = False,
        more: str = "",
    ):
        monkeypatch.setattr(deviations, "load", lambda: [known] if known else [])
        decorator = "@given(n=integers(0, 99))\n@settings(database=None)" if drawn else ""
        parts = {"decorator": decorator, "example": example, "body": body, "more": more}
        text = CLAIM.format(arguments="n" * drawn, **parts)
        pytester.makepyfile(HEAD + text)
        file = Path(pytester.path, "report.jsonl")
        result = pytester.runpytest_inprocess("--lstm-report", file, "-p", "no:cacheprovider")
        record = report._decode(file, 1, file.read_bytes().splitlines()[0])
        return record, result.parseoutcomes()

    return run


def test_claim_that_holds(judge) -> None:
    record, outcomes = judge("assert True")
    assert (record.claim, record.verdict, record.examples) == ("time.causality", "held", 1)
    assert outcomes == {"passed": 1}


def test_examples_are_counted(judge) -> None:
    record, _ = judge("assert n >= 0", drawn=True)
    assert record.examples == 100
    assert len(record.cases) == 8


def test_claim_that_a_stand_in_upholds_is_recorded_with_what_it_is_worth(judge) -> None:
    record, _ = judge("assert True", more=", stand_in='cuDNN'")
    assert (record.verdict, record.message[:19]) == ("held", "No GPU has tried it")
    assert record.message.endswith("by what is asked of a stand-in for cuDNN")


def test_claim_that_fails_is_refuted_with_its_smallest_case(judge) -> None:
    record, outcomes = judge("assert n < 30, 'thirty'", drawn=True)
    assert record.verdict == "refuted"
    assert record.message == "AssertionError: thirty\nassert 30 < 30"
    assert record.script.endswith("test_it(\n    n=30,\n)\n")
    assert outcomes == {"failed": 1}


def test_refuting_case_that_no_program_can_hold(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deviations, "load", list)
    decorator = "@given(n=builds(object))\n@settings(database=None)"
    parts = {"decorator": decorator, "example": "1 + 1\n    2", "more": ""}
    head = HEAD.replace("import integers", "import builds")
    pytester.makepyfile(head + CLAIM.format(arguments="n", body="assert n is None, 'one'", **parts))
    file = Path(pytester.path, "report.jsonl")
    result = pytester.runpytest_inprocess("--lstm-report", file, "-p", "no:cacheprovider")
    assert result.parseoutcomes() == {"failed": 1}
    record = report._decode(file, 1, file.read_bytes().splitlines()[0])
    assert (record.verdict, record.script) == ("refuted", "")
    assert record.message.startswith("AssertionError: one")
    assert record.message.endswith("no program shows it: a value of type object cannot be written")


def test_example_that_prints_something_else_refutes(judge) -> None:
    record, _ = judge("assert True", example="n = 1\n    >>> n + 1\n    3\n    >>> n + 2\n    3")
    assert record.verdict == "refuted"
    assert record.message == (
        "ExampleError: the example does not print what it should:\n"
        "      n + 1\n  Expected:\n      3\n  Got:\n      2"
    )
    assert record.script == (
        "# time.causality: A statement.\nn = 1\nprinted = repr(n + 1)\n"
        "print(\"expected:\", '3')\nprint(\"printed: \", printed)\nassert printed == '3'\n"
    )


def test_example_that_raises_refutes_and_what_only_follows_is_left_out(judge) -> None:
    record, _ = judge("assert True", example="n = 1 / 0\n    >>> n\n    3")
    assert record.verdict == "refuted"
    assert record.message == (
        "ExampleError: the example does not print what it should:\n"
        "      n = 1 / 0\n  Raised:\n      ZeroDivisionError: division by zero"
    )
    assert record.script == "# time.causality: A statement.\nn = 1 / 0\n"


def test_no_escape_sequence_reaches_a_record(judge) -> None:
    record, _ = judge("raise ValueError('\\x1b[1mbold\\x1b[0m')")
    assert record.message == "ValueError: bold"


def test_known_deviation_is_expected(judge) -> None:
    record, outcomes = judge("assert False, 'it is seven'", known=KNOWN)
    assert (record.verdict, record.message) == ("deviates", "It is seven.")
    assert outcomes == {"xfailed": 1}


@pytest.mark.parametrize(("releases", "verdict"), [(">=3", "deviates"), ("<3", "held")])
def test_deviation_counts_on_the_releases_that_it_names(judge, releases, verdict) -> None:
    body = "assert " + str(verdict == "held") + ", 'it is seven'"
    record, _ = judge(body, known=structs.replace(KNOWN, keras=releases))
    assert record.verdict == verdict


def test_deviation_for_another_reason_is_refuted(judge) -> None:
    record, outcomes = judge("assert False, 'it is eight'", known=KNOWN)
    assert record.verdict == "refuted"
    assert outcomes == {"failed": 1}


def test_deviation_that_no_longer_happens_is_refuted(judge) -> None:
    record, outcomes = judge("assert True", known=KNOWN)
    assert record.verdict == "refuted"
    assert record.message == "held, although a deviation is recorded: It is seven."
    assert outcomes == {"failed": 1}


@pytest.mark.parametrize(("body", "verdict"), [("False, 'it is seven'", "deviates"), ("1", "held")])
def test_deviation_of_some_processors_is_none_on_the_others(judge, body, verdict) -> None:
    record, _ = judge(f"assert {body}", known=structs.replace(KNOWN, processor=True))
    assert record.verdict == verdict


def test_claim_that_does_not_apply_says_why(judge) -> None:
    record, outcomes = judge("__import__('pytest').skip('needs a GPU')")
    assert (record.verdict, record.message) == ("not applicable", "needs a GPU")
    assert outcomes == {"skipped": 1}


def test_bare_assert_of_a_claim_says_what_it_compares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "names", lambda variables: ["other"])
    test = weights.test_weights_are_kernel_recurrent_kernel_and_bias.hypothesis.inner_test
    with pytest.raises(AssertionError, match=r"assert \['other'\] == \['kernel'"):
        test(features=1, units=1, options={})


def test_other_tests_are_left_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it():\n    '''\n    >>> 1\n    2\n    '''")
    assert pytester.runpytest_inprocess().parseoutcomes() == {"passed": 1}


OVERLAPPING = [KNOWN, structs.replace(KNOWN, keras=">=1")]
SECOND = CLAIM.replace("time.causality", "time.order").replace("test_it", "test_another")


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ("assert False, 'it is seven'", "AssertionError: it is seven\nassert False"),
        ("pass", "It held."),
        ("__import__('pytest').skip('needs a GPU')", "Skipped: needs a GPU"),
    ],
)
def test_two_matching_deviations_damage_the_record_of_their_claim_alone(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, body: str, seen: str
) -> None:
    monkeypatch.setattr(deviations, "load", lambda: OVERLAPPING)
    texts = [(CLAIM, body), (SECOND, "pass")]
    first, second = (
        text.format(more="", decorator="", arguments="", example="1 + 1\n    2", body=body)
        for text, body in texts
    )
    pytester.makepyfile(HEAD + first + second)
    file = Path(pytester.path, "report.jsonl")
    result = pytester.runpytest_inprocess("--lstm-report", file, "-p", "no:cacheprovider")
    damaged, held = (report._decode(file, 1, line) for line in file.read_bytes().splitlines())
    assert (damaged.claim, damaged.verdict) == ("time.causality", "damaged record")
    assert damaged.message.startswith("deviations.toml, time.causality: two match ")
    assert damaged.message.endswith(f": everywhere; keras >=1\n{seen}")
    assert (held.claim, held.verdict) == ("time.order", "held")
    assert result.parseoutcomes() == {"failed": 1, "passed": 1}
    result.stdout.fnmatch_lines(["deviations.toml, time.causality: two match *"])


def test_deviations_that_cannot_be_read_end_the_run_with_a_sentence(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = Path(pytester.path, "bad.toml")
    bad.write_text("deviation = 7", encoding="utf-8")
    monkeypatch.setattr(deviations, "load", lambda: deviations._read(bad))
    parts = {"decorator": "", "arguments": "", "example": "1", "body": "pass", "more": ""}
    pytester.makepyfile(HEAD + CLAIM.format(**parts))
    result = pytester.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: bad.toml: *"])


def test_death_of_the_interpreter_can_be_what_is_known(
    tmp_path: Path, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deviations, "known", lambda claim: None)
    recorder = Recorder(tmp_path / "report.jsonl", pytestconfig)
    test = next(claim.test for claim in catalog.claims() if claim.id == "time.causality")
    assert recorder._died(f"time.py::{test}").verdict == "crashed"
    died = structs.replace(KNOWN, says="the interpreter died")
    monkeypatch.setattr(deviations, "known", lambda claim: died)
    record = recorder._died(f"time.py::{test}")
    assert (record.verdict, record.message) == ("deviates", KNOWN.instead)


def test_death_of_the_interpreter_at_a_claim_with_a_damaged_record(
    tmp_path: Path, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deviations, "load", lambda: OVERLAPPING)
    recorder = Recorder(tmp_path / "report.jsonl", pytestconfig)
    test = next(claim.test for claim in catalog.claims() if claim.id == "time.causality")
    record = recorder._died(f"time.py::{test}")
    assert record.verdict == "damaged record"
    assert record.message.endswith(
        "everywhere; keras >=1\nthe interpreter died while the claim was tried"
    )


def test_integers_of_any_size_come_back_from_a_worker(pytester: pytest.Pytester) -> None:
    decorator = "@given(n=sampled_from([-(10**30), 10**30]))\n@settings(database=None)"
    parts = {"decorator": decorator, "example": "1 + 1\n    2", "body": "pass", "more": ""}
    head = HEAD.replace("import integers", "import sampled_from")
    pytester.makepyfile(head + CLAIM.format(arguments="n", **parts))
    file = Path(pytester.path, "report.jsonl")
    result = pytester.runpytest_subprocess("-n1", "--lstm-report", file, "-p", "no:cacheprovider")
    assert result.parseoutcomes()["passed"] == 1
    record = report._decode(file, 1, file.read_bytes().splitlines()[0])
    assert record.extent["n"] == [-(10**30), 10**30]


def test_plugin_imports_nothing_heavy() -> None:
    program = (
        "import sys, lstm_spec.run.plugin;"
        "print(*{'tensorflow', 'keras', 'numpy', 'hypothesis'} & set(sys.modules))"
    )
    assert subprocess.check_output([sys.executable, "-c", program]) == b"\n"


@pytest.mark.parametrize(
    ("effort", "recorded", "outcome"),
    [("smoke", False, "passed"), ("default", False, "failed"), ("smoke", True, "xfailed")],
)
def test_examples_are_left_out_below_default_effort_but_for_known_deviations(
    effort: str,
    recorded: bool,
    outcome: str,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deviation = deviations.Deviation(
        "time.causality", "It prints 2.", "Documentation of nothing.", example="Got:"
    )
    monkeypatch.setattr(deviations, "load", lambda: [deviation] if recorded else [])
    parts = {"decorator": "", "arguments": "", "example": "1 + 1\n    3", "more": ""}
    pytester.makeconftest("from lstm_spec.claims.conftest import *")
    pytester.makepyfile(HEAD + CLAIM.format(body="pass", **parts))
    result = pytester.runpytest_inprocess("--lstm-effort", effort, "-p", "no:cacheprovider")
    assert result.parseoutcomes()[outcome] == 1


WHOLE = """
import keras
from lstm_spec.harness.strategies import whole
NAMES = whole(range(99))
"""


@pytest.mark.parametrize("beside", ["integers(0, 1)", "integers(2, 3)"])
@pytest.mark.parametrize(("effort", "cases"), [("smoke", range(3)), ("default", range(99, 200))])
def test_list_is_tried_whole_at_default_effort(
    effort: str,
    cases: range,
    beside: str,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deviations, "load", list)
    decorator = f"@given(n=NAMES, other={beside})"
    parts = {"decorator": decorator, "example": "1 + 1\n    2", "more": ""}
    text = CLAIM.format(arguments="n, other", body="pass", **parts)
    pytester.makeconftest("from lstm_spec.claims.conftest import *")
    pytester.makepyfile(HEAD + WHOLE + text)
    file = Path(pytester.path, "report.jsonl")
    options = ("--lstm-report", file, "--lstm-effort", effort, "-p", "no:cacheprovider")
    pytester.runpytest_inprocess(*options)
    record = report._decode(file, 1, file.read_bytes().splitlines()[0])
    assert record.examples in cases
    assert (record.extent["n"] == [0, 98]) == (effort == "default")
