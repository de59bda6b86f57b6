"""The picture that a link to a page has where it is shared: what the page says, in large letters.

Pillow draws one in some milliseconds, and in few colours it takes less room than the page's text.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from lstm_spec.answers.standing import standing
from tools.site.records import Records

FOLDER = "_cards"
OWN = ("claims/", "chapters/")
"""The pages that have a card each; all others have that of the start page."""
WIDTH, HEIGHT = 600, 315
"""The smallest that is shown large."""
MARGIN = 40
SIZES = range(36, 12, -2)
"""How large the letters are: as large as a text leaves room for."""
SMALL = 16
LEADING = 1.3
INK, QUIET = (20, 30, 90), 85
SHADES = 4
"""From paper, whose number is 0 so that a card takes less room, to ink."""
START = "How Keras' LSTM behaves"


def write(records: Records, folder: Path) -> None:
    """Write all cards into a built site."""
    (folder / FOLDER).mkdir()
    for name, text, place in texts(records):
        draw(text, place).save(folder / FOLDER / f"{name}.png", bits=2, optimize=True)


def address(page: str) -> str:
    """Return where the card of a page lies, from the root of the site."""
    name = page.rpartition("/")[2] if page.startswith(OWN) else "index"
    return f"{FOLDER}/{name}.png"


def texts(records: Records) -> Iterator[tuple[str, str, str]]:
    """Yield for each card its name, what it says, and what stands below."""
    yield "index", START, f"{len(records.claims)} claims, tried on released Keras"
    for chapter in records.chapters:
        yield chapter.name, f"{chapter.title}: {chapter.summary}", START
    for claim in records.claims.values():
        yield claim.id, str(standing(claim, records.newest)).replace("`", ""), claim.id
    for name in records.retired:
        yield name, "This claim is retired.", name


def draw(text: str, place: str) -> Image.Image:
    """Return a card.

    Args:
        text: what the page says.
        place: where it says so, below.
    """
    card = Image.new("L", (WIDTH, HEIGHT), 255)
    canvas = ImageDraw.Draw(card)
    size, lines = _fitted(text)
    below = HEIGHT - MARGIN
    top = (below - SMALL - size * LEADING * len(lines)) / 2
    for k, line in enumerate(lines):
        canvas.text((MARGIN, top + k * size * LEADING), line, 0, _font(size))
    canvas.rectangle((0, 0, WIDTH, MARGIN / 5), QUIET)
    canvas.text((MARGIN, below), place, QUIET, _font(SMALL), anchor="ls")
    canvas.text((WIDTH - MARGIN, below), "lstm-spec", QUIET, _font(SMALL), anchor="rs")
    few = card.point([SHADES - 1 - grey * SHADES // 256 for grey in range(256)])
    few.putpalette(_palette())
    return few


def _palette() -> list[int]:
    """Return the colours from paper to ink."""
    steps = [shade / (SHADES - 1) for shade in range(SHADES)]
    return [round(255 - (255 - part) * step) for step in steps for part in INK]


def _fitted(text: str) -> tuple[int, list[str]]:
    """Return the largest size at which a text fits, and its lines."""
    lined = ((size, list(_lines(text.split(), size))) for size in SIZES)
    return next((size, lines) for size, lines in lined if _fits(lines, size))


def _fits(lines: list[str], size: int) -> bool:
    high = len(lines) * size * LEADING
    wide = max(map(_font(size).getlength, lines))
    return high <= HEIGHT - 3 * MARGIN and wide <= WIDTH - 2 * MARGIN


def _lines(words: list[str], size: int) -> Iterator[str]:
    """Yield lines of words that are not wider than a card."""
    line = words[0]
    for word in words[1:]:
        if _font(size).getlength(f"{line} {word}") > WIDTH - 2 * MARGIN:
            yield line
            line = word
        else:
            line = f"{line} {word}"
    yield line


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)
