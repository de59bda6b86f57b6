"""Docstrings in Keras' form, taken apart into sentences."""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

SUMMARY = "summary"
"""The section of what stands before the first heading."""
ARGUMENTS = {"Args": "", "Call arguments": "call: "}
"""The headings above arguments, and what a section has before an argument's name."""

_CODE = re.compile(r"^ *```\w*\n((?s:.*?))\n *```$|^( *>>> .*(?:\n.*\S.*)*)", re.MULTILINE)
_HEADING = re.compile(r"^([A-Z][\w -]*):$", re.MULTILINE)
_NOTE = re.compile(r"(Note|Warning): ")
_ARGUMENT = re.compile(r" {1,4}(\w+): ")
_ITEM = re.compile(r" *(?:\d+\.|[-*]) ")
_BREAK = re.compile(r"\n\s*\n|\n(?= {1,4}\w+: | *(?:\d+\.|[-*]) )")
_STOP = re.compile(r"(?<!\bie)(?<!\beg)(?<!\bi\.e)(?<!\be\.g)[.!?][)\"']*\s+(?=[A-Z`])")


@dataclass(frozen=True)
class Sentence:
    """A sentence as Keras has it; the code of an example is one."""

    object: str
    """The class, or the class and its method."""
    section: str
    """The argument, `call: ` and the call argument, the heading, or SUMMARY."""
    text: str
    """Without backticks, on one line."""

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits that another text does not have."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]


def sentences(thing: str, docstring: str) -> list[Sentence]:
    """Take the docstring of a thing apart."""
    heading = section = SUMMARY
    found = []
    for block in _blocks(docstring):
        if match := _HEADING.fullmatch(block) or _NOTE.match(block):
            heading = section = match[1]
        elif heading in ARGUMENTS and (match := _ARGUMENT.match(block)):
            section = ARGUMENTS[heading] + match[1]
        else:
            match = _ITEM.match(block)
        rest = block[match.end() :] if match else block
        found += [Sentence(thing, section, text) for text in _split(rest)]
    return found


def digests(said: list[Sentence]) -> dict[str, dict[str, list[str]]]:
    """Return the digests of sentences by object and section."""
    found: dict[str, dict[str, list[str]]] = {}
    for one in said:
        found.setdefault(one.object, {}).setdefault(one.section, []).append(one.digest)
    return found


def _blocks(docstring: str) -> Iterator[str]:
    """Yield headings, paragraphs, list items, and each example's code on one line after a NUL."""
    text = inspect.cleandoc(docstring)
    text = _CODE.sub(lambda code: f"\n\n\0{' '.join((code[1] or code[2]).split())}\n\n", text)
    text = _HEADING.sub(r"\1:\n", text)
    return filter(str.strip, _BREAK.split(text))


def _split(block: str) -> list[str]:
    """Return the sentences of a block; no sentence ends between backticks."""
    text = " ".join(block.split())
    if text.startswith("\0"):
        return [text[1:]]
    hidden = re.sub(r"`[^`]*`", lambda quoted: "`" * len(quoted[0]), text)
    cuts = [0, *(match.end() for match in _STOP.finditer(hidden)), len(text)]
    parts = [text[start:end].replace("`", "").strip() for start, end in pairwise(cuts)]
    return [part for part in parts if part]
