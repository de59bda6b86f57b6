"""All pages, written as files for Sphinx."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from tools.site import ask, chapters, claim, front, lists, markup, questions
from tools.site.records import Records

MISSING = """---
orphan: true
---

# There is no such page

Claims and questions keep their addresses, so the address may be mistyped. Ask in the field
above, or look at {questions} or at the chapters in the menu.
"""


def write(records: Records, folder: Path) -> None:
    """Write all pages into a folder."""
    for name, text in pages(records):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    if front.PICTURE.exists():
        shutil.copy(front.PICTURE, folder)


def pages(records: Records) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every page."""
    look_up = lists.pages(records)
    yield "index.md", front.page(records, list(look_up))
    for chapter in records.chapters:
        yield f"chapters/{chapter.name}.md", chapters.page(chapter, records)
    for name, text in look_up.items():
        yield f"{name}.md", text
    yield "ask.md", ask.page()
    yield "404.md", MISSING.format(questions=markup.link("/questions.md", "Questions"))
    yield from questions.pages(records)
    yield from claim.pages(records)
