"""Every claim that holds here refutes a wrong LSTM, by a failure that the wrong LSTM causes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from functools import cache

import keras
import pytest

from lstm_spec import catalog
from lstm_spec.claims.conftest import effort, lacking, try_rest
from lstm_spec.harness import strategies
from lstm_spec.run import deviations
from teeth import Wrong, all_wrong, claim_test
from teeth.repairs import REPAIRS

CLAIMS = {claim.id: claim for claim in catalog.claims()}
WRONG = all_wrong()


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong.claim}-{wrong.put.__name__}")
def test_claim_refutes_wrong_lstm(wrong: Wrong, monkeypatch: pytest.MonkeyPatch) -> None:
    bite(wrong, monkeypatch)


def bite(wrong: Wrong, patch: pytest.MonkeyPatch) -> None:
    """Try a claim on a wrong LSTM; skip it where no failure could be the wrong LSTM's."""
    test = load(wrong.claim)
    keras.utils.set_random_seed(1)  # what was tried before decides nothing
    if reason := lacking(test):
        pytest.skip(f"the claim {reason}")
    if known := deviations.known(wrong.claim):
        if wrong.claim not in REPAIRS:
            pytest.skip(f"Keras itself breaks this claim here: {known.instead}")
        REPAIRS[wrong.claim](patch)
        test()
    wrong.put(patch)
    try:
        test()
    except wrong.raises:
        return
    pytest.fail(f"{wrong.claim} holds on it: widen the trial, or change the wrong LSTM")


@cache
def load(claim: str) -> Callable[[], None]:
    """Return a claim's test, to be tried on 50 cases, or on few where it must hold at first.

    Then it is tried, as in a check, on what chance left out of the lists that it draws from.
    """
    test = claim_test(CLAIMS[claim])
    if not hasattr(test, "hypothesis"):
        return test
    drawn = effort(5 if claim in REPAIRS else 50, shrink=False)(test)

    @functools.wraps(drawn)
    def whole() -> None:
        strategies.listed.clear()
        drawn()
        try_rest(drawn)

    return whole


def test_every_claim_has_teeth_unless_keras_itself_breaks_it_here() -> None:
    bitten = {wrong.claim for wrong in WRONG}
    broken = {claim for claim in CLAIMS if deviations.known(claim)}
    assert set(CLAIMS) - bitten - broken == set()


def test_every_wrong_lstm_can_be_told_from_the_newest_keras() -> None:
    broken = {deviation.claim for deviation in deviations.current()}
    blunt = {wrong.claim for wrong in WRONG} & broken - set(REPAIRS)
    assert blunt == set()


def nothing(patch: pytest.MonkeyPatch) -> None:
    """Put no wrong LSTM in place."""


@pytest.mark.parametrize("claim", ["time.order", "shapes.empty-batch"])
def test_nothing_put_in_place_is_not_refuted(claim: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(pytest.fail.Exception, match="holds on it"):
        bite(Wrong(nothing, claim, AssertionError), monkeypatch)


def test_failure_of_keras_itself_is_no_bite(monkeypatch: pytest.MonkeyPatch) -> None:
    for claim in CLAIMS:
        broken = deviations.known(claim) and claim not in REPAIRS
        if broken and not lacking(load(claim)):
            with pytest.raises(pytest.skip.Exception, match="Keras itself breaks this claim"):
                bite(Wrong(nothing, claim, Exception), monkeypatch)
