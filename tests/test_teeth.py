"""Every claim refutes a wrong LSTM."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from lstm_spec import catalog
from lstm_spec.claims.conftest import effort, lacking
from lstm_spec.evidence import deviations
from lstm_spec.harness import timing
from teeth import Wrong, all_wrong, claim_test

CLAIMS = {claim.id: claim for claim in catalog.claims()}
WRONG = all_wrong()


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong.claim}-{wrong.put.__name__}")
def test_claim_refutes_wrong_lstm(wrong: Wrong, monkeypatch: pytest.MonkeyPatch) -> None:
    test = load(wrong.claim)
    if reason := lacking(test):
        pytest.skip(f"the claim {reason}")
    monkeypatch.setattr(timing, "ROUNDS", 3)
    wrong.put(monkeypatch)
    known = deviations.known(wrong.claim)
    with pytest.raises(Exception) as raised:  # noqa: PT011 - of which type is asserted below
        test()
    # A claim that deviates may fail as it is known to, before it meets what is wrong.
    as_known = known and known.explains(f"{raised.type.__name__}: {raised.value}")
    assert as_known or raised.errisinstance(wrong.raises), raised.value


@cache
def load(claim: str) -> Callable[[], None]:
    """Return a claim's test, to be tried on 50 examples."""
    test = claim_test(CLAIMS[claim])
    return effort(50, shrink=False)(test) if hasattr(test, "hypothesis") else test


def test_every_claim_has_teeth() -> None:
    assert set(CLAIMS) - {wrong.claim for wrong in WRONG} == set()
