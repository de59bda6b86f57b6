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
from tools.site import compare, curves, markup, matrix, measured, questions, releases
from tools.site.claim import line, statement
from tools.site.records import Chapter, Records
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
ELSEWHERE = """On older releases, on other backends, or with other versions of what Keras runs on:
{exceptions} exceptions to {claims} claims. Some of them hold there with a difference.
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
        texts["releases"] = releases.page(records)
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
    place = documentation.place(entry).removeprefix(f"{entry.object}, ")
    return markup.prose(place), markup.prose(entry.says), entry.verdict, why


def deviations(records: Records) -> str:
    """Return the page of deviations, folded: those of the newest release, then the others."""
    newest = markup.text(f"On Keras {records.newest.version('keras')}")
    broken = [
        (chapter, claims)
        for chapter in records.chapters
        if (claims := [claim for claim in chapter.claims if claim.id in records.deviating])
    ]
    links = (
        f"{markup.link(f'#deviations-{chapter.name}', markup.text(chapter.title))} {len(claims)}"
        for chapter, claims in broken
    )
    exceptions = sum(map(len, records.elsewhere.values()))
    others = ELSEWHERE.format(exceptions=exceptions, claims=len(records.elsewhere))
    parts = ["# Deviations\n", f"{markup.prose(DEVIATIONS)}\n", f"## {newest}\n"]
    parts += [f"{len(records.deviating)} claims are false there: {', '.join(links)}.\n"]
    for chapter, claims in broken:
        entries = "\n".join(_deviating(claim, records) for claim in claims)
        number = f"{len(claims)} claims" if len(claims) > 1 else "1 claim"
        parts += [markup.title(f"deviations-{chapter.name}", markup.text(chapter.title), 3)]
        parts += [markup.folded(number, entries, "group")]
    parts += ["## Elsewhere\n", f"{markup.prose(others)}\n"]
    parts += [group for chapter in records.chapters for group in _group(chapter, records)]
    return "\n".join(parts)


def _deviating(claim: Claim, records: Records) -> str:
    """Return what is so on the newest release instead of a claim; the program is unfolded."""
    known = records.deviating[claim.id]
    content = "\n".join(_program(claim, known))
    return markup.folded(known.instead, content, "entry", elsewhere(known))


def _program(claim: Claim, deviation: Deviation) -> Iterator[str]:
    yield f"(deviation-{claim.id})=\n{markup.text(BROKEN)} {statement(claim)}\n"
    if shown := issues.of(claim.id):
        yield markup.block("python", shown.script.strip())
        yield "It prints, or ends with:\n"
        yield markup.block("text", shown.prints)
        yield "Expected was:\n"
        yield markup.block("text", shown.expected)
        yield f"**Cause:** {markup.prose(shown.cause)}\n"
        yield f"**What helps:** {markup.prose(shown.workaround)}\n"
    yield f"{markup.prose(deviation.concerns)}\n"


def _group(chapter: Chapter, records: Records) -> Iterator[str]:
    """Yield a table of where else the claims of a chapter are false, if any is."""
    rows = [
        _elsewhere(claim, deviation)
        for claim in chapter.claims
        for deviation in records.elsewhere.get(claim.id, [])
    ]
    if rows:
        table = markup.table(("Claim", "Where", "What happens instead"), rows)
        yield markup.folded(chapter.title, table, "group", str(len(rows)))


def _elsewhere(claim: Claim, deviation: Deviation) -> tuple[str, str, str]:
    name = markup.claim(claim.id, markup.code(claim.id))
    place = markup.text(elsewhere(deviation))
    return name, place, markup.prose(f"{deviation.instead} {deviation.concerns}")


def drawing(given: curves.Curves) -> str:
    """Return a drawing of times, as a part of a page."""
    drawn = markup.directive("raw", "html", curves.draw(given))
    return markup.directive("container", "chart", f"{drawn}\n{markup.text(given.title)}")
