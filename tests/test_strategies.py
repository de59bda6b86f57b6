"""Cases are what claims may rely on."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any

import hypothesis.core
import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.conjecture.providers import HypothesisProvider
from hypothesis.strategies import integers

from lstm_spec.claims.conftest import effort
from lstm_spec.harness.strategies import Case, cases, noise, permutation


@given(cases(state=True, masked=True))
@settings(max_examples=200)
def test_shapes_follow_the_legend(case: Case) -> None:
    b = case.batch
    t = case.timesteps
    f = case.features
    u = case.units
    assert [weight.shape for weight in case.weights] == [(f, 4 * u), (u, 4 * u), (4 * u,)]
    assert (case.x.shape, case.mask.shape) == ((b, t, f), (b, t))
    assert [part.shape for part in case.state] == [(b, u), (b, u)]


@given(cases())
def test_weights_are_all_distinct_and_none_is_zero(case: Case) -> None:
    numbers = np.concatenate([weight.ravel() for weight in case.weights])
    assert len(set(numbers)) == len(numbers)
    assert np.all(numbers != 0)


@given(integers(0, 2**16), integers(1, 3000))
def test_noise_is_distinct_bounded_and_far_from_subnormal(seed: int, size: int) -> None:
    numbers = noise((size,), seed, scale=2.0)
    assert len(set(numbers)) == size
    assert np.all(np.abs(numbers) <= 2.0)
    assert np.all(np.abs(numbers) > 1e-6)


def test_noise_is_the_same_on_every_machine() -> None:
    np.testing.assert_array_equal(noise((4,), 0), np.float32([-0.595, 0.191, 0.133, -0.269]))


def test_permutation_is_one() -> None:
    assert sorted(permutation(7, 3)) == list(range(7))


def test_cases_shrink_to_the_smallest_lstm() -> None:
    case = find(cases(state=True), lambda _: True)
    assert (case.batch, case.timesteps, case.features, case.units) == (1, 1, 1, 1)


@pytest.mark.parametrize("rows", [[False, False], [True, False], [True, True]])
def test_every_mask_can_be_drawn(rows: list[bool]) -> None:
    smallest = find(
        cases(batch=1, timesteps=2, masked=True), lambda case: list(case.mask[0]) == rows
    )
    assert list(smallest.mask[0]) == rows


def test_a_layer_without_bias_says_so_to_keras() -> None:
    case = find(cases(use_bias=False), lambda _: True)
    assert case.bias is None
    assert case.options == {"use_bias": False}
    assert len(case.weights) == 2


PAIRS = given(integers(0, 2**60), integers(0, 2**60))
CLAIM = pytest.mark.lstm_claim(id="chapter.claim")


@cache
def pairs(test: Any) -> list[tuple[int, int]]:
    """Return 50 cases of a claim's test."""
    drawn: list[tuple[int, int]] = []
    test.hypothesis.inner_test = lambda first, second: drawn.append((first, second))
    effort(50)(test)()
    return drawn


@CLAIM
@PAIRS
def in_some_words(first: int, second: int) -> None:
    """Some words."""


@CLAIM
@PAIRS
def in_other_words(first: int, second: int) -> None:
    """Other words."""


def test_cases_follow_from_the_id_whatever_the_words() -> None:
    assert pairs(in_some_words) == pairs(in_other_words)


def test_no_case_repeats_a_part_of_itself() -> None:
    """Else a private name of Hypothesis that the claims' conftest replaces has gone."""
    assert [first for first, second in pairs(in_some_words)[10:] if first == second] == []


def test_no_case_holds_a_number_from_the_source() -> None:
    """Else a private name of Hypothesis that the claims' conftest replaces has gone."""
    assert HypothesisProvider(None)._local_constants is providers._local_constants


def test_refuting_cases_are_kept_by_a_name() -> None:
    """Else a private name of Hypothesis that the claims' conftest sets has gone."""
    assert "_hypothesis_internal_database_key" in inspect.getsource(hypothesis.core)
