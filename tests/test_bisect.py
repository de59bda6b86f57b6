"""The release in which a verdict changed is found, and few are asked."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis.strategies import integers

from lstm_spec.releases import bisect, ledger, matrix
from lstm_spec.releases.bisect import UnusableRangeError


@given(integers(2, 40).flatmap(lambda n: integers(1, n - 1).map(lambda k: (n, k))))
def test_change_is_found_in_about_log2_steps(drawn: tuple[int, int]) -> None:
    count, change = drawn
    asked = []

    def verdict(name: str) -> str:
        asked.append(name)
        return "held" if int(name) < change else "refuted"

    change_at = bisect.search([str(k) for k in range(count)], verdict)
    assert change_at == (str(change - 1), str(change))
    assert len(asked) <= 2 + math.ceil(math.log2(count))


def test_same_verdict_at_both_ends_is_reported() -> None:
    with pytest.raises(UnusableRangeError, match="held on both a and c; give two"):
        bisect.search(["a", "b", "c"], lambda name: "held")


def test_environments_between_are_those_of_the_row() -> None:
    assert bisect.between("keras-3.9", "keras-3.11") == ["keras-3.9", "keras-3.10", "keras-3.11"]


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        ("keras-3.9", "tensorflow-2.15", "tensorflow-2.15 is no later environment of the row"),
        ("keras-3.9", "keras-3.1", "keras-3.1 is no later environment of the row of keras-3.9"),
    ],
)
def test_range_that_cannot_be_searched_is_reported(first: str, last: str, sentence: str) -> None:
    with pytest.raises(UnusableRangeError, match=sentence):
        bisect.between(first, last)


def test_end_of_a_range_that_the_matrix_lacks_is_reported() -> None:
    sentence = "the matrix has no 'keras-3.99'; did you mean keras-3.9"
    with pytest.raises(matrix.UnknownEnvironmentError, match=sentence):
        bisect.between("keras-3.99", "keras-3.11")


def test_ledger_is_asked_before_anything_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "verdicts", lambda claim: [("keras-3.9", "deviates")])
    assert bisect.verdict_at("keras-3.9", "time.order") == "deviates"
