"""A review as plain text, as Markdown to paste, as JSON, and as SARIF for editors."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from typing import Any

import msgspec

from lstm_spec.answers.cite import plain
from lstm_spec.answers.review import SEVERITIES, Finding, Review, Rule, rules

WIDTH = 96
SILENT = "Nothing to say: no finding applies to what could be read."
LEVELS = {"error": "error", "wrong numbers": "error", "slow": "note", "know": "note"}
"""The levels of SARIF."""
TITLES = {
    "error": "Refused by Keras",
    "wrong numbers": "Runs, and computes something else",
    "slow": "Slow",
    "know": "Good to know",
}
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def text(review: Review) -> str:
    """Return a review for a terminal, line by line."""
    lines = [review.name]
    width = max((len(str(line)) for line in _numbers(review)), default=1)
    for number in sorted(_numbers(review)):
        lines += _line(review, number, width)
    if not review.findings:
        lines.append(SILENT)
    for title, items in _lists(review).items():
        lines += [f"{title}:", *(_filled(item.replace("`", ""), "- ") for item in items)]
    lines += [_filled(note, "") for note in review.notes]
    return "\n".join(lines) + "\n"


def _numbers(review: Review) -> set[int]:
    return {row.line for row in review.rows} | {one.line for one in review.findings}


def _line(review: Review, number: int, width: int) -> Iterator[str]:
    margin = f"{number or '':>{width + 2}}  "
    for row in (row for row in review.rows if row.line == number):
        yield _filled(f"{row.what}: {row.says}{_cited(row.claims)}", margin)
        margin = " " * len(margin)
    for one in (one for one in review.findings if one.line == number):
        said = f"{one.severity.upper()}: {one.sentence}{_cited([one.claim, *one.also])}"
        yield _filled(said, margin)
        margin = " " * len(margin)
        yield _filled(f"Do: {one.remedy}.", f"{margin}  ")


def _cited(claims: Sequence[str]) -> str:
    return f" [{', '.join(claims)}]" if claims else ""


def _filled(said: str, margin: str) -> str:
    after = " " * (len(margin) + 2) if margin else ""
    return textwrap.fill(
        said,
        WIDTH,
        initial_indent=margin,
        subsequent_indent=after,
        break_on_hyphens=False,
        break_long_words=False,
    )


def markdown(review: Review) -> str:
    """Return a review as an answer: what is wrong first, then what each line makes of shapes."""
    parts = []
    for severity in SEVERITIES:
        found = [one for one in review.findings if one.severity == severity]
        if found:
            items = "\n".join(map(_item, found))
            parts.append(f"**{TITLES[severity]}**\n\n{items}")
    if not review.findings:
        parts.append(SILENT)
    if review.rows:
        rows = [
            f"| {row.line or ''} | `{row.what}` | {_escaped(row.says)} |" for row in review.rows
        ]
        head = "| line | | shapes |\n| ---: | --- | --- |"
        parts.append("**What the lines make of the shapes**\n\n" + "\n".join([head, *rows]))
    if review.findings:
        said = dict(sorted((one.claim, one.says) for one in review.findings))
        items = "\n".join(f"- {plain(words)} (`{claim}`)" for claim, words in said.items())
        parts.append(f"**The claims behind this, tried by lstm-spec**\n\n{items}")
    for title, listed in _lists(review).items():
        parts.append(f"**{title}**\n\n" + "\n".join(f"- {plain(item)}" for item in listed))
    return "\n\n".join([*parts, *review.notes]) + "\n"


def _lists(review: Review) -> dict[str, list[str]]:
    """Return what is said of a model beside its findings."""
    touched = [f"{one.layer}: {one.instead} (`{one.claim}`)" for one in review.touched]
    changed = [f"{one.says} {one.then} {one.now} (`{one.claim}`)" for one in review.changed]
    both = {"What this Keras does otherwise with it": touched, "What changes": changed}
    return {title: items for title, items in both.items() if items}


def _item(one: Finding) -> str:
    where = f"Line {one.line}: " if one.line else ""
    return f"- {where}{plain(one.sentence)} To do: {plain(one.remedy)}. (`{one.claim}`)"


def _escaped(said: str) -> str:
    return plain(said).replace("|", "\\|")


def json(review: Review) -> str:
    """Return a review as JSON."""
    return msgspec.json.format(msgspec.json.encode(review), indent=2).decode() + "\n"


def schema() -> dict[str, object]:
    """Return the JSON schema of a review."""
    return msgspec.json.schema(Review)


def sarif(review: Review) -> str:
    """Return a review as SARIF 2.1.0, which editors and code hosts show."""
    used = {one.id for one in review.findings}
    driver = {
        "name": "lstm-spec",
        "version": metadata.version("lstm-spec"),
        "rules": [_rule(rule) for rule in rules() if rule.id in used],
    }
    run = {"tool": {"driver": driver}, "results": [_result(review, one) for one in review.findings]}
    whole = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(whole), indent=2).decode() + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.claim},
        "help": {"text": f"lstm-spec cite {rule.claim}"},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
    }


def _result(review: Review, one: Finding) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": review.name}}
    if one.line:
        place["region"] = {"startLine": one.line}
    return {
        "ruleId": one.id,
        "level": LEVELS[one.severity],
        "message": {"text": f"{one.sentence} Do: {one.remedy}. [{one.claim}]"},
        "locations": [{"physicalLocation": place}],
    }


FORMATS: dict[str, Callable[[Review], str]] = {
    "text": text,
    "markdown": markdown,
    "json": json,
    "sarif": sarif,
}
