"""The chapters: prose, then their claims in order."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from lstm_spec.answers.cite import BELIEVED
from lstm_spec.catalog import Claim
from tools.site import markup
from tools.site.claim import drawing, line
from tools.site.records import Chapter, Records


def page(chapter: Chapter, records: Records) -> str:
    """Return a chapter's page: its claims in order, under the headings of its files."""
    parts = [
        f"# {markup.text(chapter.title)}\n",
        markup.directive("container", "lead", _upper(markup.prose(chapter.summary))),
        *map(_paragraph, chapter.introduction.split("\n\n")),
    ]
    for heading, claims in chapter.sections.items():
        parts.append(f"## {markup.prose(heading)}\n")
        parts += [part for claim in claims for part in _claim(claim, records)]
    return "\n".join(parts)


def _paragraph(given: str) -> str:
    """Return a paragraph of an introduction: what is indented stays as it is."""
    if given.startswith("    "):
        return markup.block("text", textwrap.dedent(given))
    return f"{_emphasized(markup.prose(given))}\n"


def _claim(claim: Claim, records: Records) -> Iterator[str]:
    """Yield a claim as a chapter tells it: the sentence, why, and an example to unfold."""
    yield markup.directive("container", "said", line(claim, records))
    *before, last = (markup.prose(paragraph) for paragraph in claim.why.split("\n\n"))
    if claim.id in records.deviating:
        yield f"{markup.text(BELIEVED)}\n"
    yield from (f"{paragraph}\n" for paragraph in before)
    mark = " *Observed.*" if claim.basis == "observed" else ""
    yield f"{last}{mark}\n"
    if claim.id in records.figures:
        yield drawing(records.figures[claim.id])
    yield markup.folded(f"Example of {claim.id}", markup.block("pycon", claim.example))


def _emphasized(shown: str) -> str:
    """Return MyST in which a word between asterisks is emphasized."""
    return re.sub(r"\\\*(\w+)\\\*", r"*\1*", shown)


def _upper(given: str) -> str:
    return given[:1].upper() + given[1:]
