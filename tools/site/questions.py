"""The page of each question, and the list of all of them."""

from __future__ import annotations

import json
from collections.abc import Iterator

from lstm_spec.answers.cite import BASIS
from lstm_spec.answers.questions import Question
from lstm_spec.answers.standing import elsewhere
from tools.site import markup
from tools.site.claim import line
from tools.site.records import Records

LEAD = """What people ask about Keras' LSTM. Each question has a page: the answer, which says
nothing that no claim says, an example, the claims, and where one of them does not hold.
"""
WITHOUT = "Not a matter of the layer"
LINK = """<p class="cite" hidden><button data-format="link">Copy link</button>
<span role="status"></span></p>
"""
NEAR = 4
"""How many near questions are named."""


def pages(records: Records) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each question's page."""
    for asked in records.questions:
        yield f"questions/{asked.id}.md", markup.head(asked.answer) + page(asked, records)


def page(asked: Question, records: Records) -> str:
    """Return the page of a question: the answer first."""
    return "\n".join(_parts(asked, records))


def _parts(asked: Question, records: Records) -> Iterator[str]:
    yield markup.title(f"question-{asked.id}", markup.prose(asked.title, links=False))
    yield markup.directive("container", "lead", markup.prose(asked.answer))
    yield markup.directive("raw", "html", f"{LINK}{_data(asked)}")
    if asked.cure:
        yield markup.block("python", asked.cure)
    if asked.claims:
        first = records.claims[asked.claims[0]]
        yield "## Example\n"
        yield markup.block("pycon", first.example)
        yield "## The claims that it is made of\n"
        yield markup.items(line(records.claims[name], records) for name in asked.claims)
    yield from _exceptions(asked, records)
    yield "## Sources\n"
    yield markup.items(_sources(asked, records))
    yield "## Near questions\n"
    yield markup.items(map(link, records.near(asked)[:NEAR]))


def _data(asked: Question) -> str:
    """Return the question and its answer as search engines read them."""
    answer = {"@type": "Answer", "text": asked.answer.replace("`", "")}
    entity = {"@type": "Question", "name": asked.title, "answerCount": 1, "acceptedAnswer": answer}
    page = {"@context": "https://schema.org", "@type": "QAPage", "mainEntity": entity}
    script = json.dumps(page, ensure_ascii=False).replace("<", r"\u003c")
    return f'<script type="application/ld+json">{script}</script>'


def _exceptions(asked: Question, records: Records) -> Iterator[str]:
    """Yield where a claim of the answer does not hold; nothing, if each holds everywhere."""
    rows = [
        (markup.text(elsewhere(known)), markup.prose(known.instead), _id(name))
        for name in asked.claims
        for known in records.exceptions.get(name, [])
    ]
    if rows:
        yield "## What does not hold, and where\n"
        yield markup.table(("Where", "What happens instead", "Claim"), rows)


def _sources(asked: Question, records: Records) -> Iterator[str]:
    if asked.address:
        yield f"Asked at {markup.prose(asked.address)}"
    for name in asked.claims:
        claim = records.claims[name]
        yield f"{_id(name)}: {markup.prose(f'{BASIS[claim.basis]}{claim.source}')}"
    if not asked.address and not asked.claims:
        yield "None: it is not a matter of the layer."


def _id(claim: str) -> str:
    return markup.claim(claim, markup.code(claim))


def link(asked: Question) -> str:
    """Return a question's title as a link to its page."""
    return markup.link(f"/questions/{asked.id}.md", markup.prose(asked.title, links=False))


def contents(records: Records) -> str:
    """Return the list of all questions, by the chapter of the claim that answers first."""
    parts = ["# Questions\n", f"{markup.prose(LEAD)}\n"]
    titles = {chapter.name: chapter.title for chapter in records.chapters} | {"": WITHOUT}
    for name, title in titles.items():
        asked = [question for question in records.questions if _chapter(question) == name]
        if asked:
            parts += [f"## {markup.text(title)}\n", markup.items(map(link, asked))]
    return "\n".join(parts)


def _chapter(asked: Question) -> str:
    """Return the chapter of the claim that answers first; nothing, where none answers."""
    return asked.claims[0].partition(".")[0] if asked.claims else ""
