"""A card says what its page says, in letters that are large and stay within it."""

from __future__ import annotations

from PIL import Image

from lstm_spec import catalog
from tools.site import cards
from tools.site.records import gather

TEXTS = list(cards.texts(gather()))


def grey(card: Image.Image) -> Image.Image:
    return card.convert("RGB").convert("L")


def is_blank(card: Image.Image, box: tuple[int, int, int, int]) -> bool:
    return grey(card).crop(box).getextrema() == (255, 255)


def test_every_claim_and_chapter_has_a_card() -> None:
    names = {name for name, _, _ in TEXTS}
    claims = {claim.id for claim in catalog.claims()}
    assert names == {*claims, *catalog.retired(), *catalog.chapters(), "index"}


def test_text_of_every_card_stays_within_its_margins() -> None:
    for name, text, place in TEXTS:
        card = cards.draw(text, place)
        below = cards.HEIGHT - cards.MARGIN
        right = cards.WIDTH - cards.MARGIN
        assert card.size == (cards.WIDTH, cards.HEIGHT)
        for box in (
            (0, 12, cards.MARGIN - 2, cards.HEIGHT),
            (right + 2, 12, cards.WIDTH, cards.HEIGHT),
            (0, below - 2 * cards.SMALL, cards.WIDTH, below - cards.SMALL),
        ):
            assert is_blank(card, box), name
