"""No wrong LSTM escaped a claim, with any seed."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from lstm_spec.run import deviations
from teeth import Wrong
from teeth.repairs import REPAIRS
from tools.studies import misses
from tools.studies.misses import SEEDS, SEEN, Line, digest, meet, seen, wrongs
from tools.studies.searches import keep, kept

LINES = seen()


def test_no_wrong_lstm_escaped() -> None:
    assert [(line.claim, line.wrong) for line in LINES if 0 in line.cases] == []


def test_each_was_met_with_every_seed_and_once() -> None:
    assert {len(line.cases) for line in LINES} <= {len(SEEDS)}
    assert len({(line.claim, line.wrong) for line in LINES}) == len(LINES)


def test_every_wrong_lstm_was_met() -> None:
    left = misses.tried().keys() - {(line.claim, line.wrong) for line in LINES}
    if left:
        pytest.skip(
            f"{len(left)} wrong LSTMs or their claims are new or changed: tox run -e misses"
        )


def test_record_holds_no_claim_that_keras_itself_breaks() -> None:
    broken = {deviation.claim for deviation in deviations.current()} - set(REPAIRS)
    assert {line.claim for line in kept(SEEN, Line)} & broken == set()


def test_digest_is_of_the_claim_and_of_the_wrong_lstm() -> None:
    assert len({digest(wrong) for wrong in wrongs().values()}) == len(wrongs())


# How a claim meets a wrong LSTM

KERAS = SimpleNamespace(largest=99)


@settings(max_examples=50, derandomize=False, database=None)
@given(n=st.integers(0, 99))
def below(n: int) -> None:
    assert n <= KERAS.largest


def too_small(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(KERAS, "largest", 60)


def right(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(KERAS, "largest", 99)


def met(monkeypatch: pytest.MonkeyPatch, put: Any, raises: type[Exception]) -> int:
    monkeypatch.setattr(misses, "load", lambda claim: below)
    return meet(Wrong(put, "time.order", raises), 1)


def test_number_of_the_refuting_case_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    number = met(monkeypatch, too_small, AssertionError)
    assert number == met(monkeypatch, too_small, AssertionError) > 0
    assert KERAS.largest == 99


def test_wrong_lstm_that_escapes_is_a_miss(monkeypatch: pytest.MonkeyPatch) -> None:
    assert met(monkeypatch, right, AssertionError) == 0
    assert met(monkeypatch, too_small, ValueError) == 0  # refuted, but not in the way it should be


def test_wrong_lstm_is_put_in_place_of_a_repaired_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    known = deviations.Deviation("time.order", "It is so.", "an issue", says="assert")
    monkeypatch.setattr(deviations, "known", lambda claim: known)
    monkeypatch.setattr(KERAS, "largest", 60)
    monkeypatch.setitem(REPAIRS, "time.order", right)
    assert met(monkeypatch, lambda patch: None, AssertionError) == 0
    assert met(monkeypatch, too_small, AssertionError) > 0


def test_search_drops_what_has_changed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(misses, "tried", dict)
    now = LINES[0]
    for line in (now, structs.replace(now, code="before")):
        keep(tmp_path / "seen.jsonl", line)
    assert list(misses.search(tmp_path / "seen.jsonl")) == []
    assert kept(tmp_path / "seen.jsonl", Line) == [now]
