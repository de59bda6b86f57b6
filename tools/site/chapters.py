"""The front page and the chapters."""

from __future__ import annotations

from collections.abc import Iterator

from lstm_spec.run import documentation
from tools.site import markup
from tools.site.claim import line
from tools.site.records import Chapter, Records

FOUNDING, ANSWER = "fewer-units-than-inputs", "time.every-step"

LEAD = """{claims} statements in plain English about the LSTM of Keras, each tried against released
Keras by a test that could refute it."""

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
    return "\n".join(
        [
            "# How Keras' LSTM behaves\n",
            markup.prose(LEAD.format(claims=len(records.claims))) + "\n",
            *_founding(records),
            "## Read\n",
            "".join(f"1. {_line(one)}\n" for one in records.chapters),
            "## Look up\n",
            markup.items(_counts(records, look_up)),
            "## Link here\n",
            markup.prose(LINK) + "\n",
            markup.block("md", f"{{external+lstm:std:ref}}`{ANSWER}`"),
            _contents("Chapters", [f"chapters/{one.name}" for one in records.chapters]),
            _contents("Look up", look_up),
        ]
    )


def _founding(records: Records) -> Iterator[str]:
    asked = next(one for one in records.questions if one.id == FOUNDING)
    claim = records.claims[ANSWER]
    yield "## The question it began with\n"
    yield f"> {markup.prose(asked.title)}\n"
    yield f"{markup.prose(asked.answer)}\n"
    yield f"**{line(claim, records)}**\n"
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
    parts = [
        f"# {markup.text(chapter.title)}\n",
        f"{_upper(markup.prose(chapter.summary))}\n",
        f"{markup.prose(chapter.introduction)}\n",
        "".join(f"1. {line(claim, records)}\n" for claim in chapter.claims),
    ]
    return "\n".join(parts)


def _upper(given: str) -> str:
    return given[:1].upper() + given[1:]
