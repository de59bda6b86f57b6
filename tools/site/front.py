"""The front page: a picture to touch, three doors, and what is new."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from lstm_spec.answers.cite import rows
from lstm_spec.releases import matrix
from lstm_spec.releases.compare import compare
from lstm_spec.run import documentation
from lstm_spec.run.report import Record, UnreadableReportError
from tools import ROOT
from tools.site import markup, measured
from tools.site.claim import line, statement
from tools.site.questions import link
from tools.site.records import Chapter, Records

FOUNDING, ANSWER = "fewer-units-than-inputs", "time.every-step"

LEAD = """For whoever asks about an LSTM, teaches it, tests a model that has one, or releases a
Keras: {claims} statements in plain English, each tried against released Keras by a test that could
refute it, in {environments} environments.
"""
PICTURE = ROOT / "docs/explain.svg"
SHOWN = "LSTM(2) reads three timesteps: at each of them a line goes from the input to both units"
TOUCHED = """<div class="unrolled" id="unrolled" hidden>
<form>
<label>Units <input type="range" name="units" min="1" max="5" value="2">
<output>2</output></label>
<label>Timesteps <input type="range" name="timesteps" min="1" max="5" value="3">
<output>3</output></label>
</form>
<div class="drawn"></div>
<p role="status"></p>
</div>
<script src="_static/unrolled.js" defer></script>
"""
LINK = """Every claim has a page of its own. Its address does not change, and its id is never given
to another claim. To link to a claim from documentation that Sphinx builds, add the address of this
site to `intersphinx_mapping`, under the name `lstm`:
"""
MACHINES = """For programs: [all claims](claims.json), [all questions](questions.json), [all
deviations](deviations.json), each described by a schema ([claims](claims.schema.json),
[questions](questions.schema.json), [deviations](deviations.schema.json)), [a feed of what each
release changed](feed.xml), [a text for language models](llms.txt), and [a badge](badge.svg) with
[its endpoint](badge.json).
"""
FEW = 5
"""So many claims of a release are named here."""


def page(records: Records, look_up: list[str]) -> str:
    """Return the front page.

    Args:
        records: what is known.
        look_up: the pages that are no chapters, by name.
    """
    asked = [name for name in look_up if name not in measured.PAGES]
    project = [name for name in look_up if name in measured.PAGES]
    lead = LEAD.format(claims=len(records.claims), environments=len(records.reports))
    return "\n".join(
        [
            "# How Keras' LSTM behaves\n",
            markup.directive("container", "lead", markup.prose(lead)),
            markup.directive("container", "doors", markup.items(_doors(records, look_up))),
            *_founding(records),
            *_news(records),
            "## Read\n",
            "".join(f"1. {_chapter(chapter)}\n" for chapter in records.chapters),
            "## Look up\n",
            markup.items(_counts(records, asked)),
            *(["## How it is made\n", markup.items(_counts(records, project))] if project else []),
            "## Link here\n",
            markup.prose(LINK) + "\n",
            markup.block("md", f"{{external+lstm:std:ref}}`{ANSWER}`"),
            markup.directive("raw", "html", f"<p>{_anchors(MACHINES)}</p>"),
            _contents("Chapters", [f"chapters/{chapter.name}" for chapter in records.chapters]),
            _contents("Look up", asked),
        ]
    )


def _anchors(text: str) -> str:
    """Return a text with links of Markdown as HTML: Sphinx knows no files that it did not make."""
    return re.sub(r"\[([^\]]+)\]\(([^)]+)\)", r'<a href="\2">\1</a>', " ".join(text.split()))


def _founding(records: Records) -> Iterator[str]:
    asked = next(question for question in records.questions if question.id == FOUNDING)
    yield "## The question it began with\n"
    yield f"> {link(asked)}\n"
    yield f"{markup.prose(asked.answer)}\n"
    yield markup.directive("raw", "html", TOUCHED)
    if PICTURE.exists():
        options = f":alt: {markup.text(SHOWN)}", ":class: paper still"
        yield markup.directive("image", PICTURE.name, "", *options)
    yield f"{line(records.claims[ANSWER], records)}\n"
    yield markup.block("pycon", records.claims[ANSWER].example)


def _doors(records: Records, look_up: list[str]) -> Iterator[str]:
    corrected = sum(bool(claim.corrects) for claim in records.claims.values())
    doors = {
        "questions": ("Ask", f"{len(records.questions)} questions that people ask, with answers"),
        "beliefs": ("Read", f"{len(records.chapters)} chapters, and {corrected} false beliefs"),
        "matrix": (
            "Releases",
            f"{len(records.deviating)} claims that Keras {records.newest.version('keras')} breaks, "
            f"and what each release does",
        ),
    }
    targets = {"beliefs": f"/chapters/{records.chapters[0].name}.md"}
    for page, (door, promise) in doors.items():
        if page in look_up:
            target = targets.get(page, f"/{page}.md")
            yield f"**{markup.link(target, door)}** {markup.text(promise)}"


def _news(records: Records) -> Iterator[str]:
    """Yield what the newest release broke, and what the nightly changes."""
    keras = rows(records.reports).get("keras", [])
    for now, then in pairwise(keras[::-1]):
        if broken := _broken(records, then, now):
            yield "## The newest regression\n"
            yield f"{markup.text(f'Keras {_number(now)} broke what Keras {_number(then)} kept:')}\n"
            yield markup.items(line(records.claims[name], records) for name in broken[:FEW])
            break
    try:
        seen = matrix.nightly()
    except (OSError, UnreadableReportError):
        return
    if keras:
        yield from _nightly(records, {record.claim: record for record in seen.records}, keras[-1])


def _broken(records: Records, then: str, now: str) -> list[str]:
    """Return the claims that hold in one environment and deviate in another."""
    changed = compare(records.reports[then], records.reports[now]).changed
    return [
        change.what
        for change in changed
        if (change.then, change.now) == ("held", "deviates") and change.what in records.claims
    ]


def _number(environment: str) -> str:
    return environment.rpartition("-")[2]


def _nightly(records: Records, seen: dict[str, Record], newest: str) -> Iterator[str]:
    """Yield what the nightly does otherwise than the newest release."""
    released = {record.claim: record for record in records.reports[newest].records}
    both = [
        name
        for name in records.claims
        if all(
            name in known and known[name].verdict != "not applicable" for known in (seen, released)
        )
    ]
    worse = [name for name in both if matrix.holds(released[name]) and not matrix.holds(seen[name])]
    better = [
        name for name in both if matrix.holds(seen[name]) and not matrix.holds(released[name])
    ]
    yield "## What the nightly changes\n"
    nightly = matrix.NIGHTLY_REQUIREMENTS[0].replace("==", " ")
    keras = f"Keras {_number(newest)}"
    if worse:
        outcome = f"claims that {keras} keeps are refuted on {nightly}:"
        yield f"{len(worse)} {markup.text(outcome)}\n"
        yield markup.items(line(records.claims[name], records) for name in worse)
    if better:
        yield f"{len(better)} {markup.text(f'claims that {keras} breaks hold on {nightly}:')}\n"
        yield markup.items(statement(records.claims[name]) for name in better)


def _chapter(chapter: Chapter) -> str:
    name = markup.link(f"/chapters/{chapter.name}.md", markup.text(chapter.title))
    return f"{name}: {markup.prose(chapter.summary)}"


def _counts(records: Records, look_up: list[str]) -> Iterator[str]:
    corrected = sum(bool(claim.corrects) for claim in records.claims.values())
    sentences = len(records.entries)
    keras = documentation.release()
    texts = {
        "questions": f"{len(records.questions)} that people ask, with answers made of claims",
        "beliefs": f"{corrected} that are false, each with the claim that corrects it",
        "documentation": f"a verdict on {sentences} sentences of that of Keras {keras}",
        "scope": "what every sentence takes for granted",
        "masks": "what each of the usual layers does with a mask, on Keras 2 and 3",
        "arguments": "which claims try which argument, with which values",
        "deviations": "where released Keras breaks a claim, and what happens instead",
        "matrix": "every claim that ever deviated, by the environments of the ledger",
        "releases": "what changed from one to the next, and where the claims were tried",
        "compare": f"any two of {len(records.reports)} environments side by side",
        "peers": "what the same LSTM costs in Keras and elsewhere, and what would be faster",
        "spreads": "how far each ratio spread, on a quiet machine and on a loaded one",
        "slowdowns": "what a comparison of two releases' speed finds, and what it does not",
        "mutants": "which changes of Keras' own source the claims refute",
        "tolerances": "the largest error seen of each claim, beside its bound",
        "our-cost": "what the time of a check goes into",
    }
    for name in look_up:
        yield f"{markup.link(f'/{name}.md', name.capitalize())}: {markup.text(texts[name])}"


def _contents(caption: str, pages: list[str]) -> str:
    return markup.directive("toctree", "", "\n".join(pages), ":hidden:", f":caption: {caption}")
