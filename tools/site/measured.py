"""Pages of what was measured, taken from `docs/measured/`, with links to the claims."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from lstm_spec import catalog
from tools import MEASURED, ROOT
from tools.site import markup

PAGES = {"spreads": "speed"} | {
    name: name for name in ("slowdowns", "mutants", "tolerances", "our-cost")
}
"""The pages about the project itself, each with its file."""
TABLES = {
    "scope": ROOT / "docs/scope.md",
    "masks": ROOT / "docs/masks.md",
    "arguments": MEASURED / "arguments.md",
}
"""The pages about all claims, and of tables about LSTM."""
HEADS = {
    "# Speed\n": "# How far the ratios of speed spread\n",
    "# Arguments\n": "# What the claims try of each argument\n",
}
"""Titles that would say too little beside the others of the site."""
CHAPTER = re.compile(r"(?:\.\./)*spec/lstm_spec/claims/(\w+)\.py")
LINK = re.compile(r"\[([^\]]*)\]\(([^)]*)\)")


def pages(folder: Path = MEASURED) -> dict[str, str]:
    """Return the pages about the project by name; none without the source tree."""
    read = _read({name: folder / f"{file}.md" for name, file in PAGES.items()})
    return {name: markup.ORPHAN + text for name, text in read.items()}


def tables() -> dict[str, str]:
    """Return the pages of tables by name; none without the source tree."""
    return _read(TABLES)


def _read(files: Mapping[str, Path]) -> dict[str, str]:
    return {name: _page(path) for name, path in files.items() if path.exists()}


def _page(path: Path) -> str:
    text = linked(LINK.sub(_link, path.read_text(encoding="utf-8")))
    first, _, rest = text.partition("\n")
    return HEADS.get(f"{first}\n", f"{first}\n") + rest


def linked(given: str) -> str:
    """Return a page on which each claim that is named is a link to its page."""
    ids = "|".join(re.escape(claim.id) for claim in catalog.claims())
    return re.sub(f"`({ids})`", r"[`\1`](/claims/\1.md)", given)


def _link(match: re.Match[str]) -> str:
    """Return a link to a chapter, or the name of a file that the site does not hold."""
    shown, target = match.groups()
    if chapter := CHAPTER.fullmatch(target):
        return markup.link(f"/chapters/{chapter[1]}.md", shown)
    return markup.code(target.replace("../", ""))
