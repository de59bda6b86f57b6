"""What programs read of the site: data with schemas, a feed, a badge, and what crawlers ask for."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from html import escape
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec

from lstm_spec.answers import cite
from lstm_spec.answers.questions import Question
from lstm_spec.answers.standing import elsewhere, standing
from lstm_spec.run.report import Record
from tools import docs
from tools.site import front
from tools.site.ask import packed
from tools.site.records import Records

SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" \
aria-label="{label}: {message}"><rect width="{width}" height="20" rx="3" fill="#444"/>\
<rect x="{left}" width="{right}" height="20" rx="3" fill="#0a58ca"/><g fill="#fff" \
font-family="Verdana,sans-serif" font-size="11"><text x="6" y="14">{label}</text>\
<text x="{at}" y="14">{message}</text></g></svg>
"""
LETTER = 7
"""About how wide a letter of the badge is."""
LLMS = """# lstm-spec

> {claims} claims in plain English about the LSTM of Keras, each tried against released Keras by a
> test that could refute it. Ids of claims never change.

- Each claim has a page: claims/ID.html. A claim that is false on the newest Keras begins with
  "Not on", and says what happens instead and what to do.
- Everything as data: claims.json, questions.json, deviations.json (schemas beside them).
- On a command line: `pip install lstm-spec`, then `lstm-spec answer "a question"`.

## Questions

{questions}
"""


class Claim(msgspec.Struct, frozen=True):
    """A claim, as `lstm-spec cite --format json` tells it too, with its verdicts."""

    id: str
    page: str
    """The page of the claim, from the root of the site."""
    sentence: str
    """What is true of it on the newest Keras, with what a reader must know before it."""
    statement: str
    why: str
    example: str
    """Code, with what it prints as comments."""
    basis: str
    source: str
    corrects: str | None
    """The false belief that it corrects."""
    verdicts: dict[str, list[str]]
    """What became of it, each verdict with the environments of the ledger that gave it."""
    tried: dict[str, list[int | float | str]]
    """How wide it was tried on the newest Keras, if that is recorded."""


class Asked(msgspec.Struct, frozen=True):
    """A question with its answer."""

    id: str
    page: str
    title: str
    also: list[str]
    """Other words in which it is asked."""
    answer: str
    cure: str
    claims: list[str]
    address: str | None
    """Where it is asked."""


class Broken(msgspec.Struct, frozen=True):
    """Where a claim does not hold, and what happens there instead."""

    claim: str
    page: str
    where: str
    """The conditions in English."""
    holds: bool
    """Whether the claim is true there, with a difference."""
    instead: str
    concerns: str
    conditions: dict[str, str | list[str]]
    """The conditions as version specifiers, and as names of backends and devices."""


def write(records: Records, folder: Path) -> None:
    """Write everything into a built site."""
    for name, text in files(records):
        (folder / name).write_text(text, encoding="utf-8")
    pages = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html"))
    if address := cite.address("documentation"):
        (folder / "sitemap.xml").write_text(sitemap(address, pages), encoding="utf-8")
        robots = f"User-agent: *\nAllow: /\nSitemap: {address}/sitemap.xml\n"
        (folder / "robots.txt").write_text(robots, encoding="utf-8")


def files(records: Records) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each file."""
    for name, kind, listed in (
        ("claims", Claim, claims(records)),
        ("questions", Asked, map(_asked, records.questions)),
        ("deviations", Broken, deviations(records)),
    ):
        yield f"{name}.json", msgspec.json.encode(list(listed)).decode() + "\n"
        yield f"{name}.schema.json", docs.schema(list[kind])  # type: ignore[valid-type]
    yield from _citations(records)
    yield "feed.xml", feed(records)
    asked = "\n".join(
        f"- [{question.title}](questions/{question.id}.html): {' '.join(question.answer.split())}"
        for question in records.questions
    )
    yield "llms.txt", LLMS.format(claims=len(records.claims), questions=asked)
    message = badge(records)
    shield = {"schemaVersion": 1, "label": "Keras LSTM", "message": message, "color": "blue"}
    yield "badge.json", json.dumps(shield) + "\n"
    yield "badge.svg", _badge("Keras LSTM", message)


def claims(records: Records) -> Iterator[Claim]:
    """Yield all claims."""
    for claim in records.claims.values():
        yield Claim(
            id=claim.id,
            page=f"claims/{claim.id}.html",
            sentence=str(standing(claim, records.newest)),
            statement=claim.statement,
            why=" ".join(claim.why.split()),
            example=cite.code(claim.example),
            basis=claim.basis,
            source=claim.source,
            corrects=claim.corrects,
            verdicts=_by_verdict(records.tried.get(claim.id, [])),
            tried=records.extent(claim.id),
        )


def _by_verdict(tried: Iterable[tuple[str, Record]]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = defaultdict(list)
    for name, record in tried:
        names[record.verdict].append(name)
    return names


def _asked(question: Question) -> Asked:
    answer = " ".join(question.answer.split())
    page = f"questions/{question.id}.html"
    return Asked(
        question.id,
        page,
        question.title,
        question.also,
        answer,
        question.cure,
        question.claims,
        question.address,
    )


def deviations(records: Records) -> Iterator[Broken]:
    """Yield where each claim is false, or true with a difference."""
    for deviation in records.deviations:
        given = {
            name: getattr(deviation, name)
            for name in ("keras", "tensorflow", "numpy", "jax", "python", "backend", "device")
        }
        yield Broken(
            claim=deviation.claim,
            page=f"claims/{deviation.claim}.html",
            where=elsewhere(deviation),
            holds=deviation.holds,
            instead=deviation.instead,
            concerns=deviation.concerns,
            conditions={name: value for name, value in given.items() if value},
        )


def _citations(records: Records) -> Iterator[tuple[str, str]]:
    """Yield the citations of each chapter as a script: a page on a disk may read no other file."""
    chapters: dict[str, dict[str, Any]] = defaultdict(dict)
    formats: dict[str, Callable[..., str]] = cite.FORMATS
    for claim, cited in records.cited.items():
        texts = {name: written(cited) for name, written in formats.items()}
        chapters[claim.partition(".")[0]][claim] = texts
    for name, citations in chapters.items():
        yield f"_static/cite-{name}.js", f'lstmCitations["{name}"] = "{packed(citations)}";\n'


def badge(records: Records) -> str:
    """Return what the badge says: how many claims the newest Keras keeps."""
    kept = len(records.claims) - len(records.deviating)
    keras = records.newest.version("keras")
    return f"{kept} of {len(records.claims)} claims hold on {keras}"


def _badge(label: str, message: str) -> str:
    left, right = (LETTER * len(text) + 12 for text in (label, message))
    return SVG.format(
        label=escape(label), message=escape(message), left=left, right=right,
        width=left + right, at=left + 6,
    )  # fmt: skip


def feed(records: Records) -> str:
    """Return what each release changed as an Atom feed, the newest first."""
    base = f"{address}/" if (address := cite.address("documentation")) else ""
    version = metadata.version(cite.PACKAGE)
    updated = records.figures[front.ANSWER].made.rpartition(", ")[2]
    entries = []
    for (then, now), step in (pair for row in records.steps.values() for pair in row.items()):
        items = "".join(
            f"<li>{escape(change.what)}: {change.then}, now {change.now}</li>"
            for change in step.changed
        )
        page = escape(f"{base}compare.html#first={then}&second={now}")
        entries.append(
            f"<entry><id>urn:lstm-spec:{escape(now)}</id><title>{escape(now)}: "
            f'{len(step.changed)} changed</title><link href="{page}"/><updated>{updated}T00:00:00Z'
            f'</updated><content type="html">{escape(f"<ul>{items}</ul>")}</content></entry>'
        )
    head = (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<id>urn:lstm-spec</id><title>What each release changed for Keras' LSTM</title>"
        f"<author><name>lstm-spec {version}</name></author><updated>{updated}T00:00:00Z</updated>"
    )
    return "\n".join([head, *entries, "</feed>", ""])


def sitemap(address: str, pages: list[str]) -> str:
    """Return the addresses of all pages, for crawlers."""
    urls = "".join(
        f"<url><loc>{escape(f'{address}/{page}')}</loc></url>\n"
        for page in pages
        if page not in {"404.html", "ask.html"}
    )
    namespace = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="{namespace}">\n{urls}</urlset>\n'
    )
