"""Two reports are told apart by what they hold, and by nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given

from lstm_spec import catalog, cli
from lstm_spec.releases.compare import UNSAID, Change, Comparison, Errors, compare
from lstm_spec.run import documentation
from lstm_spec.run.report import GOOD, VERDICTS, Record, Report, Verdict
from reports import report, reports, write


def verdict(name: Verdict, message: str = "") -> Report:
    return report(Record("a.b", name, 1.0, message=message))


def measured(error: float, spread: float | None = None, cases: str = "00ff", **facts) -> Report:
    record = Record("a.b", "held", 1.0, 2, cases, error, 16.0, spread)
    return report(record, **facts)


def moved(then: Report, now: Report) -> list[tuple[float, float]]:
    return [(move.then, move.now) for move in compare(then, now).errors.moved]


# What holds of any two reports


@given(reports())
def test_report_does_not_differ_from_itself(drawn: Report) -> None:
    same = compare(drawn, drawn)
    assert [same.worse, same.changed, same.added, same.gone, same.environment] == 5 * [[]]
    assert same.errors.moved == []
    assert [same.signatures or [], same.documentation or []] == [[], []]
    assert same.unchanged == len(drawn.records)


@given(reports(), reports())
def test_reversed_what_was_added_is_gone(first: Report, other: Report) -> None:
    forward = compare(first, other)
    back = compare(other, first)
    assert {change.what for change in forward.added} == {change.what for change in back.gone}
    assert {change.what for change in forward.changed} == {change.what for change in back.changed}
    assert forward.unchanged == back.unchanged
    assert (forward.errors.then, forward.errors.now) == (back.errors.now, back.errors.then)


@given(reports(), reports())
def test_every_claim_is_counted_once(first: Report, other: Report) -> None:
    comparison = compare(first, other)
    names = [change.what for change in (*comparison.changed, *comparison.added, *comparison.gone)]
    claims = {record.claim for record in (*first.records, *other.records)}
    assert (
        len(names) + comparison.unchanged == len(set(names)) + comparison.unchanged == len(claims)
    )


@given(reports(), reports())
def test_json_is_read_as_it_was_written(first: Report, other: Report) -> None:
    comparison = compare(first, other)
    assert msgspec.json.decode(msgspec.json.encode(comparison), type=Comparison) == comparison


def test_nothing_comes_near_to_a_bound_of_zero() -> None:
    exact = report(Record("a.b", "held", 1.0, 2, "00ff", 0.0, 0.0))
    assert compare(exact, exact).errors.now is None


# Claims


@pytest.mark.parametrize("then", VERDICTS)
@pytest.mark.parametrize("now", VERDICTS)
def test_claim_that_no_longer_holds_is_worse(then: Verdict, now: Verdict) -> None:
    fails = then in GOOD and now in {"refuted", "crashed", "timed out", "damaged record"}
    worse = fails or (then == "held" and now == "deviates")
    assert compare(verdict(then), verdict(now)).worse == ["a.b"] * worse


@pytest.mark.parametrize("now", ["deviates", "refuted"])
@pytest.mark.parametrize("code", ["1", "2", None])
def test_known_deviation_by_an_edited_test_is_not_worse(now: Verdict, code: str | None) -> None:
    then = report(Record("a.b", "held", 1.0), code={"a.b": "1"})
    later = report(Record("a.b", now, 1.0), code={"a.b": code} if code else {})
    comparison = compare(then, later)
    assert comparison.retested == ["a.b"] * (code == "2")
    assert comparison.worse == ["a.b"] * (code != "2" or now == "refuted")


def test_changed_claim_comes_with_the_later_message() -> None:
    comparison = compare(verdict("deviates", "It was so."), verdict("refuted", "It is not so."))
    assert comparison.changed == [Change("a.b", "deviates", "refuted", "It is not so.")]


def test_claim_that_is_new_or_gone_is_told_and_not_worse() -> None:
    old = Record("a.b", "held", 1.0)
    other = Record("a.c", "refuted", 1.0, message="no")
    comparison = compare(report(old), report(other))
    assert comparison.added == [Change("a.c", None, "refuted", "no")]
    assert comparison.gone == [Change("a.b", "held", None)]
    assert comparison.worse == []


def test_retired_claim_is_gone_for_its_reason() -> None:
    claim, reason = next(iter(catalog.retired().items()))
    comparison = compare(report(Record(claim, "held", 1.0)), report())
    assert comparison.gone == [Change(claim, "held", None, reason)]


# Errors


def test_error_that_moves_within_its_spread_has_not_moved() -> None:
    assert moved(measured(2.0, spread=3.0), measured(5.0, spread=1.0)) == []
    assert moved(measured(2.0, spread=2.9), measured(5.0, spread=1.0)) == [(2.0, 5.0)]


def test_error_measured_once_moves_by_more_than_a_unit_of_rounding() -> None:
    assert moved(measured(2.0), measured(3.0)) == []
    assert moved(measured(2.0), measured(3.1)) == [(2.0, 3.1)]


def test_error_may_move_down() -> None:
    assert moved(measured(5.0, spread=0.1), measured(2.0, spread=0.1)) == [(5.0, 2.0)]


@pytest.mark.parametrize("other", [{"cases": "11ff"}, {"effort": "deep"}])
def test_errors_of_other_cases_are_not_compared(other: dict[str, str]) -> None:
    comparison = compare(measured(2.0), measured(9.0, **other))
    assert comparison.errors == Errors(compared=0, apart=1, then=None, now=None, moved=[])


def test_error_nearest_to_its_bound_is_reported() -> None:
    wide, near = (Record(n, "held", 1.0, 2, "", e, b) for n, e, b in (("w", 9, 99), ("n", 2, 4)))
    errors = compare(report(wide, near), report(wide)).errors
    assert (errors.then.claim, errors.now.claim) == ("w", "w")  # the other is gone
    assert compare(report(wide, near), report(near, wide)).errors.now.claim == "n"


def test_error_of_a_claim_that_deviates_is_none_of_rounding() -> None:
    far = report(Record("a.b", "deviates", 1.0, 2, "", 1e6, 16.0))
    assert compare(far, far).errors.compared == 0


# Speed


def test_speed_is_the_sum_of_seconds_for_each_example() -> None:
    then = report(Record("a.b", "held", 4.0, 2), Record("a.c", "held", 3.0, 3))
    now = report(Record("a.b", "held", 1.0, 1), Record("a.c", "refuted", 9.0, 3))
    speed = compare(then, now).speed
    assert (speed.claims, speed.then, speed.now) == (1, 2.0, 1.0)


def test_claim_that_took_no_time_has_no_speed() -> None:
    assert compare(report(Record("a.b", "held", 0.0, 2)), verdict("held")).speed is None


# Signatures, documentation, environment


def test_arguments_are_added_removed_and_given_other_defaults() -> None:
    old = report(signatures={"LSTM": {"units": "required", "old": "None", "seed": "0"}})
    new = report(signatures={"LSTM": {"units": "required", "seed": "None", "new": "'auto'"}})
    assert compare(old, new).signatures == [
        Change("LSTM, argument `old`", "None", None),
        Change("LSTM, argument `seed`", "0", "None"),
        Change("LSTM, argument `new`", None, "'auto'"),
    ]


def test_sentences_are_told_by_place_in_our_words() -> None:
    known = documentation.entries()[0]
    old = report(sentences={known.object: {known.section: [known.digest]}})
    new = report(sentences={known.object: {known.section: ["0"], "units": ["1"]}})
    assert compare(old, new).documentation == [
        Change("LSTM, summary", known.says, UNSAID),
        Change("LSTM, argument `units`", None, UNSAID),
    ]


def test_what_a_report_does_not_hold_is_not_compared() -> None:
    full = report(signatures={"LSTM": {"units": "required"}}, sentences={"LSTM": {"units": ["1"]}})
    comparison = compare(report(), full)
    assert (comparison.signatures, comparison.documentation) == (None, None)


def test_environments_are_told_apart() -> None:
    old = report(packages={"keras": "3.5.0", "numpy": "1"}, effort="smoke")
    new = report(packages={"keras": "3.8.0", "numpy": "1"}, effort="deep", backend="jax")
    differences = {
        change.what: (change.then, change.now) for change in compare(old, new).environment
    }
    assert differences == {
        "keras": ("3.5.0", "3.8.0"),
        "backend": ("tensorflow", "jax"),
        "effort": ("smoke", "deep"),
    }


# The command


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Write two reports, of which the second is worse."""
    verdicts = {"then": verdict("held"), "now": verdict("refuted", "It is not so.")}
    return [str(write(tmp_path / name, report)) for name, report in verdicts.items()]


@pytest.mark.parametrize(("order", "status"), [(1, 1), (-1, 0)])
def test_status_says_whether_something_got_worse(files, order: int, status: int) -> None:
    assert cli.main(["compare", *files[::order]]) == status


@pytest.mark.parametrize("layout", ["table", "markdown", "json"])
def test_every_format_tells_the_change(files: list[str], layout: str, capsys) -> None:
    cli.main(["compare", *files, "--format", layout])
    captured = capsys.readouterr()
    assert "It is not so." in captured.out
    assert captured.err == ""


def test_nothing_heavy_is_imported(files: list[str]) -> None:
    program = "import sys; from lstm_spec import cli; cli.main(sys.argv[1:]); print(*sys.modules)"
    command = [sys.executable, "-c", program, "compare", *files]
    last = subprocess.check_output(command, text=True).splitlines()[-1]
    assert "lstm_spec.releases.compare" in last.split()
    assert {"keras", "tensorflow", "numpy", "pytest"}.isdisjoint(last.split())


def test_claim_that_holds_again_is_told_with_what_was_before() -> None:
    then = report(Record("a.b", "deviates", 1.0, message="It is seven."))
    [change] = compare(then, report(Record("a.b", "held", 1.0))).changed
    assert change.why == "Before: It is seven."
