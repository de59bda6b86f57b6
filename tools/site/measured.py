"""Pages of what was measured, taken from `docs/measured/`, with links to the claims."""

from __future__ import annotations

import re
from pathlib import Path

from lstm_spec import catalog
from tools import MEASURED
from tools.site import markup

PAGES = ("speed", "slowdowns", "mutants", "tolerances", "our-cost")
CHAPTER = re.compile(r"(?:\.\./)*spec/lstm_spec/claims/(\w+)\.py")
LINK = re.compile(r"\[([^\]]*)\]\(([^)]*)\)")


def pages(folder: Path = MEASURED) -> dict[str, str]:
    """Return the pages by name; none without the source tree."""
    return {
        path.stem: linked(LINK.sub(_link, path.read_text(encoding="utf-8")))
        for path in (folder / f"{name}.md" for name in PAGES)
        if path.exists()
    }


def linked(given: str) -> str:
    """Return a page on which each claim that is named is a link to its page."""
    ids = "|".join(re.escape(claim.id) for claim in catalog.claims())
    return re.sub(f"`({ids})`", r"[`\1`](/claims/\1.md)", given)


def _link(found: re.Match[str]) -> str:
    """Return a link to a chapter, or the name of a file that the site does not hold."""
    shown, target = found.groups()
    if chapter := CHAPTER.fullmatch(target):
        return markup.link(f"/chapters/{chapter[1]}.md", shown)
    return markup.code(target.replace("../", ""))
