"""Text that is shown: on one line, shortened, escaped, as a table or as JSON; and TOML to read."""

from __future__ import annotations

import ast
import html
import re
import textwrap
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from lstm_spec.errors import BrokenError

Kind = TypeVar("Kind")

HEADER = 10
"""The width at which the title of a column is wrapped in a terminal."""
REASON = 200
"""How many characters of an error's text are shown."""
PROSE = r"(`[^`]*`|https?://\S+)|(\\|\*(?=\S)|(?<=\S)\*|(?<!\w)_|_(?!\w)|<(?=[a-zA-Z/!?])|\](?=\())"
"""Code and addresses, which Markdown leaves alone, or a character that it would take for markup."""


def one_line(text: object) -> str:
    """Return text on one line, without what moves a cursor."""
    words = " ".join(str(text).split())
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in words)


def count(number: object, thing: str) -> str:
    """Return a number, or what stands for one that is not known, with its noun."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def shorten(text: str, most: int) -> str:
    """Return text of at most a number of characters: a longer one is cut, and ends in "..."."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def without_long_words(text: str) -> str:
    """Return text without the middle of a word of over 200 characters, such as no name has."""
    return re.sub(r"(\S{100})\S{3,}(\S{97})", r"\1...\2", text)


def escape(text: str) -> str:
    """Return text of others as Markdown that shows it: no markup, no HTML, nobody mentioned."""
    marks = re.sub(r"([\\`*_{}\[\]()|~$!])", r"\\\1", one_line(text))
    quiet = re.sub(r"([@#])(?=\w)", "\\1\N{WORD JOINER}", marks)
    return html.escape(quiet, quote=False)


def prose(text: str) -> str:
    """Return a text of our own as Markdown: code in backticks and addresses stay what they are."""
    return re.sub(PROSE, lambda match: match[1] or f"\\{match[2]}", text)


def columns(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = ()) -> str:
    """Return a table for a terminal; no line ends in blanks.

    Args:
        head: the titles of the columns; a long one is wrapped.
        rows: the cells.
        right: the titles of the columns that are aligned on the right.
    """
    from tabulate import tabulate  # only here: pytest loads this module in every environment

    titles = [textwrap.fill(title, HEADER) for title in head]
    sides = ["right" if title in right else "left" for title in head]
    # As a row: tabulate makes a column two wider than what it takes for its title.
    return tabulate([titles, *rows], tablefmt="plain", disable_numparse=True, colalign=sides)


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown, of cells that are Markdown already; a row changes no other."""
    from tabulate import DataRow, TableFormat, tabulate

    plain = DataRow("|", "|", "|")
    layout = TableFormat(
        lineabove=None,
        linebelowheader=lambda widths, _: "|" + "---|" * len(widths),
        linebetweenrows=None,
        linebelow=None,
        headerrow=plain,
        datarow=plain,
        padding=1,
        with_header_hide=None,
    )
    return tabulate(
        rows, head, tablefmt=layout, disable_numparse=True, stralign=None, numalign=None
    )


def parsed(program: str) -> ast.Module:
    """Return the syntax of a program, and show no warning about it.

    Raises:
        SyntaxError: it is not Python; of what is very long or deep, another error.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(program)


def as_json(value: object) -> str:
    """Return data as JSON, indented, with a newline at its end."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"


def without_escapes(text: str) -> str:
    """Return text without the escape sequences by which Keras prints bold."""
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)


def reason(error: Exception) -> str:
    """Return an error as part of a sentence: its type and its text, on one line, cut short."""
    text = one_line(without_escapes(str(error)))
    return f"{type(error).__name__}: {shorten(text, REASON)}".rstrip(":. ")


def of_system(error: Exception) -> str:
    """Return why a file cannot be used, in the words of the system if it says any."""
    return getattr(error, "strerror", None) or str(error)


def fitted(text: str, width: int) -> str:
    """Return Markdown, or text like it, in lines that fit a terminal; code and tables stay.

    Args:
        text: prose whose paragraphs, items and quotations are a line each.
        width: how many characters a line may have, unless it is one long word.
    """
    lines: list[str] = []
    fence = False
    for line in text.split("\n"):
        code = line.startswith("    ") and (not lines or not lines[-1] or lines[-1][:4] == "    ")
        if line.startswith("```"):
            fence = not fence
        if fence or code or len(line) <= width or line.startswith(("|", "```")):
            lines.append(line)
            continue
        match = re.match(r".*\S {2,}|[ >]*(?:[-*] |\d+\. )?", line)
        lead = match[0] if match and 3 * len(match[0]) < 2 * width else ""
        margin = re.sub(r"[^ >]", " ", lead)
        # A sign at the beginning of a line would make an item or a heading of it.
        glued = re.sub(r" ([-*+#>=]|\d+[.)])(?= |$)", "\0\\1", line[len(lead) :])
        wrapped = textwrap.wrap(
            glued, width - len(margin), break_long_words=False, break_on_hyphens=False
        )
        lines.append(lead + wrapped[0].replace("\0", " "))
        lines += [margin + part.replace("\0", " ") for part in wrapped[1:]]
    return "\n".join(lines)


class UnreadableFileError(BrokenError):
    """A file that is not TOML, or does not hold what it must; the message names it."""


def read_toml(path: Path, kind: type[Kind]) -> Kind:
    """Return what a file holds.

    Args:
        path: the file.
        kind: what it must hold.

    Raises:
        UnreadableFileError: it holds something else; the message says where.
    """
    try:
        return msgspec.toml.decode(path.read_bytes(), type=kind)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise UnreadableFileError(f"{path.name}: {one_line(error)}") from None
