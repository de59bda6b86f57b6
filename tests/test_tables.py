"""A comparison is shown in every form, and what stands in a report is never markup."""

from __future__ import annotations

import io
import json
import re

import msgspec
import pytest
from hypothesis import given
from rich.console import Console

from lstm_spec import catalog
from lstm_spec.releases import tables
from lstm_spec.releases.compare import Comparison, compare
from lstm_spec.run.report import Record, Report
from lstm_spec.run.text import as_json
from reports import report, reports

ROW = re.compile(r"(?<!\\)(?:\\\\)*\|")  # a | that no backslash escapes
HELD = {"signatures": {"LSTM": {"units": "required"}}, "sentences": {"LSTM": {"units": ["1"]}}}
THEN = report(Record("gates.one", "held", 1.0), Record("gates.two", "held", 1.0), **HELD)
NOW = report(
    Record("gates.one", "refuted", 1.0, message="<b>off</b> by 9 | [see](this), @you"),
    Record("gates.two", "held", 1.0),
    packages={"keras": "3.16.0"},
    **HELD,
)


def table(comparison: Comparison, width: int) -> str:
    console = Console(file=io.StringIO(), width=width)
    tables.table(comparison, console)
    return console.file.getvalue()


@given(reports(), reports())
def test_markdown_holds_no_markup_of_a_report(first: Report, other: Report) -> None:
    text = tables.markdown(compare(first, other))
    assert "<" not in text
    assert not re.search(r"[@#]\w", text)
    assert not re.search(r"(?<!\\)(?:\\\\)*[`\[*$]", text)
    for rows in re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE):
        assert len({len(ROW.findall(row)) for row in rows.splitlines()}) == 1


@given(reports(), reports())
def test_every_line_of_markdown_is_of_a_known_kind(earlier: Report, other: Report) -> None:
    first, *rest = tables.markdown(compare(earlier, other)).splitlines()
    assert re.match(r"Nothing got worse|\d+ claims? got worse", first)
    kinds = r"$|\||### \w|Of \d|The |One |Summed over \d"
    assert all(re.match(kinds, line) for line in rest)


@given(reports(), reports())
def test_terminal_is_sent_no_control_characters(first: Report, other: Report) -> None:
    for width in (40, 80):
        text = table(compare(first, other), width)
        assert all(line.isprintable() for line in text.split("\n"))


def test_markdown_begins_with_a_sentence_and_has_only_sections_that_say_something() -> None:
    lines = tables.markdown(compare(THEN, NOW)).splitlines()
    assert [re.sub("-{3,}", "---", line) for line in lines] == [
        "1 claim got worse from keras 3.15.1 to keras 3.16.0; "
        "claims: 1 changed, 0 added, 0 gone, 1 unchanged.",
        "",
        "### Observed claims that got worse",
        "",
        "| claim | then | now | why |",
        "|---|---|---|---|",
        "| gates.one | held | refuted "
        r"| &lt;b&gt;off&lt;/b&gt; by 9 \| \[see\]\(this\), " + "@\N{WORD JOINER}you |",
        "",
        "### Environment",
        "",
        "|  | then | now |",
        "|---|---|---|",
        "| keras | 3.15.1 | 3.16.0 |",
    ]


def test_broken_promises_come_first() -> None:
    claims = catalog.claims()
    by_basis = [next(c.id for c in claims if c.basis == basis) for basis in catalog.BASES]
    ids = [*reversed(by_basis), "time.order"]
    then = report(
        *(Record(claim, "held", 1.0) for claim in ids[:3]), Record(ids[3], "refuted", 1.0)
    )
    now = report(*(Record(claim, "crashed", 1.0) for claim in ids[:3]), Record(ids[3], "held", 1.0))
    lines = [line for line in table(compare(then, now), 80).splitlines() if line]
    titles = [
        "Broken promises",
        "Derived claims that got worse",
        "Observed claims that got worse",
        "Other claims with another verdict",
    ]
    places = [lines.index(title) for title in titles]
    assert places == sorted(places)
    assert [lines[place + 2].split()[0] for place in places] == [*by_basis, "time.order"]


def test_json_holds_everything() -> None:
    comparison = compare(THEN, NOW)
    text = as_json(comparison)
    assert json.loads(text)["worse"] == ["gates.one"]
    assert msgspec.json.decode(text, type=Comparison) == comparison


@pytest.mark.parametrize("width", [40, 80, 200])
def test_table_fits_the_terminal(width: int) -> None:
    lines = table(compare(THEN, NOW), width).splitlines()
    assert max(map(len, lines)) <= width
    assert "Observed claims that got worse" in lines


def test_a_changed_claim_stands_on_a_line_with_the_reason_below_it() -> None:
    lines = table(compare(THEN, NOW), 40).splitlines()
    assert "gates.one  held -> refuted" in lines
