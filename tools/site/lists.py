"""The pages to look something up in.

Questions, beliefs, documentation, deviations, releases, what peers cost and what was measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from lstm_spec.answers import issues
from lstm_spec.answers.standing import BROKEN, elsewhere
from lstm_spec.catalog import Claim
from lstm_spec.run import documentation
from lstm_spec.run.deviations import Deviation
from lstm_spec.run.documentation import Entry
from tools.site import compare, curves, markup, matrix, measured, questions
from tools.site.claim import line
from tools.site.records import Chapter, Records
from tools.studies import releases as history
from tools.studies.peers import page as peers

BELIEFS = """What people believe of Keras' LSTM, or read in its documentation, and what is true
instead.
"""
DOCUMENTATION = """What the documentation of Keras {release} says of LSTM and of the layers around
it, in our words, and whether it is so.
"""
DEVIATIONS = """Claims that a released Keras breaks, where, and what happens instead. A release
that breaks one in another way, or mends it, is noticed when the claims are tried.
"""


def pages(records: Records) -> dict[str, str]:
    """Return the pages by name."""
    texts = {
        "questions": questions.contents(records),
        "beliefs": beliefs(records),
        "documentation": sentences(records),
        "deviations": deviations(records),
    }
    if records.reports:
        texts["matrix"] = matrix.page(records)
        texts["releases"] = releases(records)
    if len(records.reports) > 1:
        texts["compare"] = compare.page(records)
    texts |= measured.tables()
    texts["peers"] = peers.page(records.peers, drawing)
    return texts | measured.pages()


def beliefs(records: Records) -> str:
    """Return the page of false beliefs, by chapter."""
    parts = ["# Beliefs\n", f"{markup.prose(BELIEFS)}\n"]
    for chapter in records.chapters:
        parts += [f"## {markup.text(chapter.title)}\n", _beliefs(chapter, records)]
    return "\n".join(parts)


def _beliefs(chapter: Chapter, records: Records) -> str:
    rows = [
        (_belief(claim.id, claim.corrects), line(claim, records))
        for claim in chapter.claims
        if claim.corrects
    ]
    return markup.table(("People say", "In fact"), rows)


def _belief(claim: str, believed: str) -> str:
    """Return the cell of a belief: under a label of its own, with a link to it."""
    label = f"belief-{claim}"
    link = markup.link(f"#{label}", "Link")
    return f"({label})=\n    {markup.prose(believed)} {link}"


def sentences(records: Records) -> str:
    """Return the page of the documentation's sentences, by object."""
    introduction = markup.prose(DOCUMENTATION.format(release=documentation.release()))
    parts = ["# Documentation\n", f"{introduction}\n"]
    for name, entries in groupby(records.entries, lambda entry: entry.object):
        rows = [_sentence(entry) for entry in entries]
        parts += [f"## {markup.text(name)}\n"]
        parts += [markup.table(("Where", "What it says", "Verdict", "Why"), rows)]
    return "\n".join(parts)


def _sentence(entry: Entry) -> tuple[str, str, str, str]:
    claims = [markup.claim(name, markup.code(name)) for name in entry.confirmed + entry.refuted]
    why = ", ".join(claims) or markup.prose(entry.vague or entry.untestable)
    return markup.prose(documentation.place(entry)), markup.prose(entry.says), entry.verdict, why


def deviations(records: Records) -> str:
    """Return the page of deviations: those of the newest release, then the others."""
    newest = markup.text(f"On Keras {records.newest.version('keras')}")
    parts = ["# Deviations\n", f"{markup.prose(DEVIATIONS)}\n", f"## {newest}\n"]
    for claim in records.claims.values():
        if claim.id in records.deviating:
            parts += _deviating(claim, records.deviating[claim.id])
    rows = [
        _elsewhere(records.claims[name], deviation)
        for name in records.claims
        for deviation in records.elsewhere.get(name, [])
    ]
    head = ("Claim", "Where", "What happens instead", "What it concerns")
    return "\n".join([*parts, "## Elsewhere\n", markup.table(head, rows)])


def _deviating(claim: Claim, deviation: Deviation) -> Iterator[str]:
    yield f"### {markup.prose(deviation.instead, links=False)}\n"
    yield f"{markup.text(BROKEN)} {markup.prose(claim.statement, links=False)}\n"
    place = markup.text(f"{elsewhere(deviation)}.")
    yield f"{place} {markup.claim(claim.id, markup.code(claim.id))}\n"
    if shown := issues.of(claim.id):
        yield markup.block("python", shown.script.strip())
        yield "It prints, or ends with:\n"
        yield markup.block("text", shown.prints)
        yield "Expected was:\n"
        yield markup.block("text", shown.expected)
        yield f"Cause: {markup.prose(shown.cause)}\n"
        yield f"What helps: {markup.prose(shown.workaround)}\n"
    yield f"{markup.prose(deviation.concerns)}\n"


def _elsewhere(claim: Claim, deviation: Deviation) -> tuple[str, str, str, str]:
    name = markup.claim(claim.id, markup.code(claim.id))
    place = markup.text(elsewhere(deviation))
    return name, place, markup.prose(deviation.instead), markup.prose(deviation.concerns)


def releases(records: Records) -> str:
    """Return the history of the releases, with links to the claims."""
    return measured.linked(history.page(records.reports))


def drawing(given: curves.Curves) -> str:
    """Return a drawing of times, as a part of a page."""
    drawn = markup.directive("raw", "html", curves.draw(given))
    return markup.directive("container", "chart", f"{drawn}\n{markup.text(given.title)}")
