"""The front page and the chapters."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lstm_spec.answers.cite import BELIEVED
from lstm_spec.catalog import Claim
from lstm_spec.run import documentation
from tools import ROOT
from tools.site import markup, measured
from tools.site.claim import drawing, line
from tools.site.records import Chapter, Records

FOUNDING, ANSWER = "fewer-units-than-inputs", "time.every-step"

LEAD = """{claims} statements in plain English about the LSTM of Keras, each tried against released
Keras by a test that could refute it."""

PICTURE = ROOT / "docs/explain.svg"
SHOWN = "LSTM(2) reads three timesteps: at each of them a line goes from the input to both units"

LINK = """Every claim has a page of its own. Its address does not change, and its id is never given
to another claim. To link to a claim from documentation that Sphinx builds, add the address of this
site to `intersphinx_mapping`, there under the name `lstm`:
"""


def front(records: Records, look_up: list[str]) -> str:
    """Return the front page.

    Args:
        records: what is known.
        look_up: the pages that are no chapters, by name.
    """
    asked = [name for name in look_up if name not in measured.PAGES]
    made = [name for name in look_up if name in measured.PAGES]
    return "\n".join(
        [
            "# How Keras' LSTM behaves\n",
            markup.prose(LEAD.format(claims=len(records.claims))) + "\n",
            *_founding(records),
            "## Read\n",
            "".join(f"1. {_line(one)}\n" for one in records.chapters),
            "## Look up\n",
            markup.items(_counts(records, asked)),
            *(["## How it is made\n", markup.items(_counts(records, made))] if made else []),
            "## Link here\n",
            markup.prose(LINK) + "\n",
            markup.block("md", f"{{external+lstm:std:ref}}`{ANSWER}`"),
            _contents("Chapters", [f"chapters/{one.name}" for one in records.chapters]),
            _contents("Look up", asked),
            *([_contents("How it is made", made)] if made else []),
        ]
    )


def _founding(records: Records) -> Iterator[str]:
    asked = next(one for one in records.questions if one.id == FOUNDING)
    claim = records.claims[ANSWER]
    yield "## The question it began with\n"
    yield f"> {markup.prose(asked.title)}\n"
    yield f"{markup.prose(asked.answer)}\n"
    yield f"**{line(claim, records)}**\n"
    if PICTURE.exists():
        options = f":alt: {markup.text(SHOWN)}", ":class: paper"
        yield markup.directive("image", PICTURE.name, "", *options)
    yield markup.block("pycon", claim.example)
    yield markup.link(f"#question-{asked.id}", "All claims that answer it") + "\n"


def _line(one: Chapter) -> str:
    name = markup.link(f"/chapters/{one.name}.md", markup.text(one.title))
    return f"{name}: {markup.prose(one.summary)}"


def _counts(records: Records, look_up: list[str]) -> Iterator[str]:
    corrected = sum(bool(claim.corrects) for claim in records.claims.values())
    sentences, keras = len(records.entries), documentation.release()
    said = {
        "questions": f"{len(records.questions)} that people ask, with answers made of claims",
        "beliefs": f"{corrected} that are false, each with the claim that corrects it",
        "documentation": f"a verdict on {sentences} sentences of that of Keras {keras}",
        "deviations": "where released Keras breaks a claim, and what happens instead",
        "releases": "what changed from one to the next, and where each claim holds",
        "compare": f"any two of {len(records.reports)} environments side by side",
        "peers": "what the same LSTM costs in Keras and elsewhere, and what would be faster",
        "speed": "how far each ratio spread, on a quiet machine and on a loaded one",
        "slowdowns": "what a comparison of two releases' speed finds, and what it does not",
        "mutants": "which changes of Keras' own source the claims refute",
        "tolerances": "the largest error seen of each claim, beside its bound",
        "our-cost": "what the time of a check goes into",
    }
    for page in look_up:
        yield f"{markup.link(f'/{page}.md', page.capitalize())}: {markup.text(said[page])}"


def _contents(caption: str, pages: list[str]) -> str:
    return markup.directive("toctree", "", "\n".join(pages), ":hidden:", f":caption: {caption}")


def page(chapter: Chapter, records: Records) -> str:
    """Return a chapter's page: its claims in order."""
    paragraphs = chapter.introduction.split("\n\n")
    parts = [
        f"# {markup.text(chapter.title)}\n",
        f"{_upper(markup.prose(chapter.summary))}\n",
        *(f"{_emphasized(markup.prose(paragraph))}\n" for paragraph in paragraphs),
        *(part for claim in chapter.claims for part in _claim(claim, records)),
    ]
    return "\n".join(parts)


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
