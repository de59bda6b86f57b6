"""A card says what its page says, and nothing of it is cut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lstm_spec import catalog
from tools.site.records import gather


def is_blank(card: Any, box: tuple[int, int, int, int]) -> bool:
    darkest, _ = card.convert("RGB").convert("L").crop(box).getextrema()
    return bool(darkest == 255)


def test_every_claim_and_chapter_has_a_card(site: Path) -> None:
    names = {path.stem for path in site.glob("_cards/*.png")}
    claims = {claim.id for claim in catalog.claims()}
    assert names == {*claims, *catalog.retired(), *catalog.chapters(), "index"}


def test_text_of_every_card_stays_within_its_margins(site: Path) -> None:
    from tools.site import cards

    below = cards.HEIGHT - cards.MARGIN
    right = cards.WIDTH - cards.MARGIN
    margins = (
        (0, 12, cards.MARGIN - 2, cards.HEIGHT),
        (right + 2, 12, cards.WIDTH, cards.HEIGHT),
        (0, below - 2 * cards.SMALL, cards.WIDTH, below - cards.SMALL),
    )
    for name, text, place in cards.texts(gather()):
        card = cards.draw(text, place)
        assert card.size == (cards.WIDTH, cards.HEIGHT)
        assert all(is_blank(card, box) for box in margins), name
