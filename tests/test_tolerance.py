"""Comparisons fail when they must."""

from __future__ import annotations

import numpy as np
import pytest

from lstm_spec.harness.tolerance import (
    ROUNDING,
    Rounded,
    assert_close,
    assert_differs,
    assert_same,
    errors,
    right_if,
)

EPS = float(np.finfo("float32").eps)
ONES = np.ones((2, 2), "float32")


def test_error_is_counted_in_rounding_units_of_the_actual_type() -> None:
    errors.clear()
    assert_close(ONES + np.float32(4 * EPS), ONES.astype(float))
    assert errors == [(4.0, 16.0)]


def test_large_numbers_are_compared_relatively() -> None:
    assert_close(1000 * ONES, 1000.0 * ONES.astype(float) * (1 + 8 * EPS))
    with pytest.raises(AssertionError, match="units of rounding"):
        assert_close(1000 * ONES, 1000.0 * ONES.astype(float) * (1 + 20 * EPS))


def test_an_error_above_the_bound_fails() -> None:
    with pytest.raises(AssertionError, match=r"off by 17 units of rounding \(bound 16\)"):
        assert_close(ONES + np.float32((ROUNDING + 1) * EPS), ONES)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_equals_only_itself(wrong: float) -> None:
    assert_close(wrong * ONES, wrong * ONES)
    with pytest.raises(AssertionError):
        assert_close(wrong * ONES, ONES)
    with pytest.raises(AssertionError):
        assert_close(ONES, wrong * ONES)


def test_another_shape_fails_even_where_it_would_broadcast() -> None:
    with pytest.raises(AssertionError, match=r"shape \(2, 2\), expected \(1, 2\)"):
        assert_close(ONES, ONES[:1])


@pytest.mark.parametrize("kind", ["int32", "bool"])
def test_whole_numbers_fail_where_floating_point_is_expected(kind: str) -> None:
    with pytest.raises(AssertionError, match=f"{kind}, expected floating-point numbers"):
        assert_close(ONES.astype(kind), ONES)
    assert_close(ONES.astype(kind), ONES.astype(int))


def test_lists_are_compared_one_by_one() -> None:
    assert_same([ONES, 2 * ONES], [ONES, 2 * ONES])
    with pytest.raises(AssertionError):
        assert_same([ONES, 2 * ONES], [ONES, ONES])
    with pytest.raises(AssertionError, match="1 arrays, expected 2"):
        assert_same([ONES], [ONES, ONES])


def test_failure_names_what_is_computed_instead() -> None:
    instead = {"it is doubled": [2 * ONES, 2 * ONES], "it is negated": [-ONES, -ONES]}
    with pytest.raises(
        AssertionError, match=r"^right if it is doubled, but off by 8.39e\+06 units"
    ):
        assert_close([2 * ONES, 2 * ONES], [ONES, ONES], instead=instead)
    with pytest.raises(AssertionError, match=r"^right if it is negated, but off by"):
        assert_same([-ONES, -ONES], [ONES, ONES], instead)


@pytest.mark.parametrize("wrong", [2 * ONES * (1 + 99 * EPS), 0 * ONES, np.nan * ONES, ONES[:1]])
def test_failure_names_nothing_where_another_thing_is_computed(wrong) -> None:
    with pytest.raises(AssertionError, match=r"^(off by|shape)"):
        assert_close([2 * ONES, wrong], [ONES, ONES], instead={"doubled": [2 * ONES, 2 * ONES]})


def test_what_is_computed_in_another_type_agrees_in_units_of_that() -> None:
    coarse = {"it is bfloat16": [Rounded(2 * ONES, "bfloat16", bound=1.0), 3 * ONES]}
    with pytest.raises(AssertionError, match=r"^right if it is bfloat16"):
        assert_close([2 * ONES * (1 + 2**-8), 3 * ONES], [ONES, ONES], instead=coarse)
    for wrong in ([2 * ONES * (1 + 2**-6), 3 * ONES], [2 * ONES, 3 * ONES * (1 + 2**-8)]):
        with pytest.raises(AssertionError, match=r"^off by"):
            assert_close(wrong, [ONES, ONES], instead=coarse)


def test_doubles_of_single_accuracy_are_named_as_such() -> None:
    doubles = ONES.astype(float)
    for compare in (assert_close, assert_same):
        with pytest.raises(AssertionError, match=r"^right if it is computed in float32, but off"):
            compare([doubles * (1 + EPS / 2)], [doubles])
        for wrong in (doubles * (1 + 99 * EPS), ONES * (1 + 99 * EPS), np.nan * doubles):
            with pytest.raises(AssertionError, match=r"^off by"):
                compare([wrong], [doubles])
    with pytest.raises(AssertionError, match=r"^right if it is halved, but off"):
        assert_close(doubles / 2, doubles, instead={"it is halved": doubles / 2})
    with pytest.raises(AssertionError, match=r"^off by"):
        assert_same(ONES * (1 + EPS), ONES)


@pytest.mark.parametrize("runs", [3, np.int64(3)])
def test_whole_numbers_are_right_only_if_they_are_equal(runs) -> None:
    assert right_if(runs, {"it never runs": 0, "it runs each time": 3}) == (
        "right if it runs each time, but "
    )
    assert right_if(runs, {"it never runs": 0, "it runs once more": 4}) == ""


def test_what_is_computed_instead_is_no_error_that_was_seen() -> None:
    errors.clear()
    with pytest.raises(AssertionError):
        assert_close(2 * ONES, ONES, instead={"it is doubled": 2 * ONES})
    assert errors == [(1 / EPS, 16.0)]


def test_same_means_the_last_bit() -> None:
    with pytest.raises(AssertionError):
        assert_same(ONES + np.float32(EPS), ONES)


def test_difference_must_exceed_rounding() -> None:
    assert_differs(ONES + np.float32(0.1), ONES)
    with pytest.raises(AssertionError, match="no difference"):
        assert_differs(ONES + np.float32(EPS), ONES)


def test_difference_everywhere_is_stronger_than_somewhere() -> None:
    partly = ONES + np.eye(2, dtype="float32")
    assert_differs(partly, ONES)
    with pytest.raises(AssertionError, match="no difference"):
        assert_differs(partly, ONES, everywhere=True)
