"""The page of a claim."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Iterator

from msgspec import structs

from lstm_spec.answers import cite, issues
from lstm_spec.answers.cite import BELIEVED, spans
from lstm_spec.answers.standing import BROKEN, Standing, elsewhere, standing, where
from lstm_spec.catalog import Claim
from lstm_spec.run import documentation
from lstm_spec.run.documentation import Entry
from tools.site import markup, strip
from tools.site.chart import draw
from tools.site.figures import Figure
from tools.site.records import Chapter, Records
from tools.studies.releases import shortened

CITE = """<p class="cite" data-claim="{claim}" hidden><button data-format="link">Copy link</button>
Cite: <button data-format="markdown">Markdown</button> <button data-format="text">Text</button>
<button data-format="bibtex">BibTeX</button> <button data-format="html">HTML</button>
<button data-format="json">JSON</button> <span role="status"></span></p>
"""
"""Without a script nothing can be copied, and the buttons are hidden."""
LACKING = re.compile(r"Keras \S+ does not have")
"""What a claim needs in vain: its release stands beside it."""
NEAR = 4
"""How many near claims are named."""


def pages(records: Records) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each claim's page, retired claims included."""
    order = list(records.claims.values())
    chapters = {claim.id: chapter for chapter in records.chapters for claim in chapter.claims}
    for before, claim, after in zip([None, *order], order, [*order[1:], None], strict=False):
        parts = [*page(claim, chapters[claim.id], records), _beside(before, after, records)]
        yield f"claims/{claim.id}.md", markup.head(_described(claim, records)) + "\n".join(parts)
    for name, reason in records.retired.items():
        notice = f"This claim is retired. {markup.prose(reason)}\n"
        yield (
            f"claims/{name}.md",
            f"{markup.ORPHAN}{markup.title(name, markup.text(name))}\n{notice}",
        )


def _described(claim: Claim, records: Records) -> str:
    """Return what a preview shows below the title: why it is so, or what breaks it."""
    first = standing(claim, records.newest)
    return f"{BROKEN} {first.broken}" if first.broken else claim.why


def line(claim: Claim, records: Records) -> str:
    """Return a statement as a link to its page, after what is true where it is false."""
    first = standing(claim, records.newest)
    if not first.caution:
        return statement(claim)
    caution = f"*{markup.text(first.caution)}:*"
    if not first.broken:
        return f"{caution} {statement(claim)}"
    return f"{caution} {markup.prose(first.sentence)} {markup.text(BROKEN)} {statement(claim)}"


def statement(claim: Claim) -> str:
    """Return the statement of a claim as a link to its page."""
    return markup.claim(claim.id, markup.prose(claim.statement, links=False))


def page(claim: Claim, chapter: Chapter, records: Records) -> Iterator[str]:
    """Yield the parts of a page."""
    first = standing(claim, records.newest)
    yield markup.title(claim.id, _title(first))
    up = markup.link(f"/chapters/{chapter.name}.md", markup.text(chapter.title))
    scope = markup.link("/scope.md", "scope")
    place = f"{up} · {markup.code(claim.id)} · {claim.basis} · {scope}"
    yield markup.directive("container", "place", place)
    yield markup.directive("raw", "html", CITE.format(claim=html.escape(claim.id)))
    if first.broken:
        yield _deviation(claim, records)
    yield from _strip(claim, records)
    yield from _elsewhere(claim, records)
    if first.broken:
        yield f"{markup.text(BELIEVED)}\n"
    yield from (f"{markup.prose(paragraph)}\n" for paragraph in claim.why.split("\n\n"))
    yield markup.block("pycon", claim.example)
    if claim.id in records.figures:
        yield drawing(records.figures[claim.id])
    yield markup.items(map(markup.prose, _facts(claim, records)))
    yield from _releases(claim, records)
    yield from _questions(claim, records)
    yield from _documentation(claim, records)
    yield from _teeth(claim, records)
    yield "## Near claims\n"
    yield markup.items(line(neighbour, records) for neighbour in records.neighbours(claim)[:NEAR])


def _facts(claim: Claim, records: Records) -> list[str]:
    """Return what a citation says too, without what has a place of its own here."""
    return cite.facts(structs.replace(records.cited[claim.id], deviations=[], tried=[]))


def _title(first: Standing) -> str:
    """Return the title of a page: what is said first of its claim."""
    caution = f"{first.caution}: " if first.caution else ""
    return markup.prose(f"{caution}{first.sentence}", links=False)


def _deviation(claim: Claim, records: Records) -> str:
    """Return what is so on the newest release instead of a claim, and what helps."""
    known = records.deviating[claim.id]
    fault = issues.of(claim.id)
    place = markup.text(f"False {where(known)}")
    parts = [
        f"**Instead:** {markup.prose(known.instead)}",
        f"**{markup.text(BROKEN)}** {markup.prose(claim.statement)}",
        markup.prose(known.concerns),
    ]
    if fault:
        parts.insert(1, f"**What to do:** {markup.prose(fault.workaround)}")
        program = markup.link(f"#deviation-{claim.id}", "A program that shows it, and the cause")
        parts.append(program)
    return markup.directive("admonition", place, "\n\n".join(parts), ":class: warning")


def _strip(claim: Claim, records: Records) -> Iterator[str]:
    if tried := records.tried.get(claim.id):
        verdicts = {name: record.verdict for name, record in tried}
        yield markup.directive("raw", "html", strip.draw(verdicts))


def drawing(figure: Figure) -> str:
    """Return a figure with what is said of it."""
    drawing = markup.directive("raw", "html", draw(figure))
    shown = figure.caption
    origin = markup.text(f"Made with {figure.made}.")
    caption = f"**{markup.text(shown.title)}.** {markup.prose(shown.text)} {origin}"
    return markup.directive("container", "chart", f"{drawing}\n{caption}")


def _elsewhere(claim: Claim, records: Records) -> Iterator[str]:
    """Yield where else a claim is false, or holds with a difference."""
    if known := records.elsewhere.get(claim.id):
        everywhere = all(entry.holds for entry in known)
        heading = "With a difference" if everywhere else "Not everywhere"
        yield f"**{'Elsewhere' if claim.id in records.deviating else heading}:**\n"
        yield markup.items(
            f"{markup.text(elsewhere(entry))}: {markup.prose(f'{entry.instead} {entry.concerns}')}"
            for entry in known
        )


def _releases(claim: Claim, records: Records) -> Iterator[str]:
    """Yield what was seen where, if anything was."""
    if tried := records.tried.get(claim.id):
        names = [name for name, _ in tried]
        alike: dict[tuple[str, str], list[str]] = defaultdict(list)
        for name, record in tried:
            seen = LACKING.sub("Keras does not have", shortened(record.message))
            alike[record.verdict, seen].append(name)
        rows = [
            (verdict, markup.text(spans(some, names)), _seen(verdict, seen))
            for (verdict, seen), some in alike.items()
        ]
        if any(seen for _, seen in alike):
            yield "## Releases\n"
            yield markup.table(("Verdict", "Environments", "What was seen"), rows)


def _seen(verdict: str, seen: str) -> str:
    """Return what was seen: of a known deviation in our own words, or as Keras told it."""
    return markup.prose(seen) if verdict == "deviates" else markup.text(seen)


def _questions(claim: Claim, records: Records) -> Iterator[str]:
    if asked := records.asked.get(claim.id):
        yield "## Questions it helps to answer\n"
        titles = [
            (f"#question-{question.id}", markup.prose(question.title, links=False))
            for question in asked
        ]
        yield markup.items(markup.link(*title) for title in titles)


def _documentation(claim: Claim, records: Records) -> Iterator[str]:
    if entries := records.documented.get(claim.id):
        yield f"## In the documentation of Keras {documentation.release()}\n"
        yield markup.items(_sentence(entry) for entry in entries)


def _sentence(entry: Entry) -> str:
    verdict = "Confirms" if entry.confirmed else "Refutes"
    return f"{verdict} {markup.prose(documentation.place(entry))}: {markup.prose(entry.says)}"


def _teeth(claim: Claim, records: Records) -> Iterator[str]:
    if wrong := records.wrong.get(claim.id):
        yield "## Wrong LSTMs that it refutes\n"
        yield markup.items(
            f"{markup.text(lstm.name)} ({markup.code(lstm.place)})" for lstm in wrong
        )


def _beside(before: Claim | None, after: Claim | None, records: Records) -> str:
    """Return links to the claims before and after this one, in reading order."""
    links = [
        f"{word}: {line(neighbour, records)}"
        for word, neighbour in (("Before", before), ("Next", after))
        if neighbour
    ]
    return markup.directive("container", "beside", "\n\n".join(links))
