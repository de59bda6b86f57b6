"""The page of attacks shows what was judged; each verdict is on a claim, and of a kind."""

from __future__ import annotations

import pytest

from lstm_spec import catalog
from lstm_spec.run.text import read_toml
from tools.studies.attacks import attacks
from tools.studies.attacks.page import DRAWS, KINDS, PAGE, Draws, page

DRAWN = read_toml(DRAWS, Draws).draw


def test_verdicts_are_on_claims_and_of_a_kind() -> None:
    claims = {claim.id for claim in catalog.claims()} | set(catalog.retired())
    verdicts = [verdict for draw in DRAWN for verdict in draw.verdict]
    assert {verdict.claim for verdict in verdicts} <= claims
    assert {verdict.kind for verdict in verdicts} <= set(KINDS)


@pytest.mark.parametrize("draw", DRAWN, ids=lambda draw: draw.programs)
def test_each_verdict_has_a_program(draw) -> None:
    shown = {attack.claim for drawn in DRAWN for attack in attacks([drawn.programs])}
    assert {verdict.claim for verdict in draw.verdict} - shown <= {"symmetry.units"}


def test_page_is_of_today() -> None:
    if PAGE.read_text(encoding="utf-8") != page():
        pytest.skip("attacks or claims are new: run `python -m tools.studies.attacks`")
