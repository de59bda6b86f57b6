"""A comparison as a table for the terminal, as Markdown for a pull request, and as JSON.

Whatever stands in a report is only ever shown, never read as markup.
"""

from __future__ import annotations

import html
import re
import textwrap
from typing import TYPE_CHECKING

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lstm_spec.releases import paces, sections
from lstm_spec.releases.compare import Comparison
from lstm_spec.releases.sections import Section
from lstm_spec.run.oneline import one_line

if TYPE_CHECKING:  # at run time it would bring all that makes environments
    from lstm_spec.releases.speed import Speeds

NARROW = 60
"""A terminal with fewer columns gets the cells below one another."""


def said(found: Comparison | Speeds) -> tuple[str, list[Section]]:
    """Return what a comparison says: one sentence, and the sections below it."""
    if isinstance(found, Comparison):
        return sections.sentence(found), sections.sections(found)
    return paces.sentence(found), paces.sections(found)


def table(found: Comparison | Speeds, console: Console) -> None:
    """Print a comparison for a person at a terminal."""
    style = "bold red" if found.worse else "bold green"
    first, parts = said(found)
    console.print(Text(one_line(first), style))
    for section in parts:
        console.print(Text(f"\n{section.title}", "bold"))
        if section.note:
            console.print(Text(one_line(section.note)))
        if section.rows:
            narrow = console.width < NARROW
            console.print(_stacked(section, console.width) if narrow else _columns(section))


def _columns(section: Section) -> Table:
    made = Table(box=None, pad_edge=False)
    first, *others = section.head
    short = all(len(row[0]) < NARROW for row in section.rows)  # like the id of a claim
    made.add_column(first, overflow="fold", no_wrap=short)
    for title in others:
        made.add_column(title, overflow="fold")
    for row in section.rows:
        made.add_row(*(Text(one_line(cell)) for cell in row))
    return made


def _stacked(section: Section, width: int) -> Text:
    lines = []
    for row in section.rows:
        first, *rest = zip(section.head, map(one_line, row), strict=True)
        lines += [first[1], *(f"  {title}: {cell}" for title, cell in rest if cell)]
    wrapped = [textwrap.fill(line, width, subsequent_indent=4 * " ") for line in lines]
    return Text("\n".join(wrapped), overflow="fold")


def markdown(found: Comparison | Speeds) -> str:
    """Return a comparison for a pull request."""
    first, below = said(found)
    parts = [escape(first)]
    for section in below:
        parts.append(f"### {section.title}")
        if section.note:
            parts.append(escape(section.note))
        if section.rows:
            lines = [section.head, tuple("---" for _ in section.head)]
            lines += [tuple(map(escape, row)) for row in section.rows]
            parts.append("\n".join(f"| {' | '.join(line)} |" for line in lines))
    return "\n\n".join(parts)


def json(found: Comparison | Speeds) -> str:
    """Return a comparison as JSON."""
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode()


def escape(text: str) -> str:
    """Return text that Markdown shows as it is: no markup, no HTML, no mention of anybody."""
    marks = re.sub(r"([\\`*_{}\[\]()|~$!])", r"\\\1", one_line(text))
    quiet = re.sub(r"([@#])(?=\w)", "\\1\N{WORD JOINER}", marks)
    return html.escape(quiet, quote=False)
