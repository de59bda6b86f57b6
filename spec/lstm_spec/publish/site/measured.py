"""Pages of what was measured, taken from `spec/` in the source tree, with links to the claims."""

from __future__ import annotations

import re
from pathlib import Path

from lstm_spec import catalog
from lstm_spec.publish.site import markup

FOLDER = catalog.CLAIMS.parents[1]
PAGES = ("speed", "turns", "mutants", "tolerances", "cost")
CHAPTER = re.compile(r"lstm_spec/claims/(\w+)\.py")
LINK = re.compile(r"\[([^\]]*)\]\(([^)]*)\)")


def pages(folder: Path = FOLDER) -> dict[str, str]:
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
    return markup.code(target.removeprefix("../"))
