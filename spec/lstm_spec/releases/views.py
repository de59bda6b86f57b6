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


DETAILS = ("Signatures", "Documentation", "Environment")
"""The sections that a terminal shows only when they are asked for."""


def said(found: Comparison | Speeds) -> tuple[str, list[Section]]:
    """Return what a comparison says: one sentence, and the sections below it."""
    if isinstance(found, Comparison):
        return sections.sentence(found), sections.sections(found)
    return paces.sentence(found), paces.sections(found)


def table(found: Comparison | Speeds, console: Console, *, whole: bool = True) -> None:
    """Print a comparison for a person at a terminal.

    Args:
        found: what differs.
        console: where to print.
        whole: whether to print signatures, documentation and environment too.
    """
    style = "bold red" if found.worse else "bold green"
    first, parts = said(found)
    console.print(Text(one_line(first), style))
    hidden = [section for section in parts if not whole and section.title in DETAILS]
    for section in parts:
        if section in hidden:
            continue
        console.print(Text(f"\n{section.title}", "bold"))
        if section.note:
            console.print(Text(one_line(section.note)))
        if section.rows:
            listed = console.width < NARROW or "why" in section.head or section.title in DETAILS
            console.print(_listed(section, console.width) if listed else _columns(section))
    if hidden:
        names = " and ".join(section.title.lower() for section in hidden)
        console.print(Text(f"\nChanges of {names} are left out; --all shows them."))


def lines(found: Comparison | Speeds, console: Console, *, whole: bool) -> int:
    """Return how many lines a comparison takes at a terminal."""
    with console.capture() as capture:
        table(found, console, whole=whole)
    return capture.get().count("\n")


def _columns(section: Section) -> Table:
    made = Table(box=None, pad_edge=False)
    first, *others = section.head
    made.add_column(first, overflow="fold", no_wrap=True)
    for title in others:
        made.add_column(title, overflow="fold")
    for row in section.rows:
        made.add_row(*(Text(one_line(cell)) for cell in row))
    return made


def _listed(section: Section, width: int) -> Text:
    """Return each row as a line with its cells, and the reason, if there is one, below it."""
    lines = []
    for row in section.rows:
        cells = dict(zip(section.head, map(one_line, row), strict=True))
        name, why = cells.pop(section.head[0]), cells.pop("why", "")
        values = " -> ".join(cells.values()) if "then" in cells else ", ".join(cells.values())
        short = len(name) + len(values) + 2 <= width
        lines += [f"{name}  {values}"] if short else [name, f"    {values}"]
        lines += [f"    {why}"] if why else []
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
