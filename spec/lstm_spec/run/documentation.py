"""The verdict on each sentence of Keras' documentation of LSTM, and what has changed in it.

Docstrings are taken apart into sentences. Keras' own wording is not kept: an entry holds a digest
of the sentence, which tells when it changes, and our paraphrase, which tells what it says.
"""

from __future__ import annotations

import hashlib
import inspect
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec

from lstm_spec.run.text import UnreadableFileError, one_line, read_toml

SUMMARY = "summary"
"""The section of the text before the first heading."""
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
    parts = []
    for block in _blocks(docstring):
        if match := _HEADING.fullmatch(block) or _NOTE.match(block):
            heading = section = match[1]
        elif heading in ARGUMENTS and (match := _ARGUMENT.match(block)):
            section = ARGUMENTS[heading] + match[1]
        else:
            match = _ITEM.match(block)
        rest = block[match.end() :] if match else block
        parts += [Sentence(thing, section, text) for text in _split(rest)]
    return parts


def digests(parts: list[Sentence]) -> dict[str, dict[str, list[str]]]:
    """Return the digests of sentences by object and section."""
    by_object: dict[str, dict[str, list[str]]] = {}
    for part in parts:
        by_object.setdefault(part.object, {}).setdefault(part.section, []).append(part.digest)
    return by_object


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


FILE = Path(__file__).with_name("documentation.toml")
VERDICTS = ("confirmed", "refuted", "vague", "untestable")


class EntryError(UnreadableFileError):
    """An entry that gives no verdict, or a second one, or names what is no claim."""


class Key(NamedTuple):
    """Where a sentence stands, and which it is."""

    object: str
    section: str
    digest: str


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said of a sentence."""

    object: str
    section: str
    digest: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{12}$")]
    says: Annotated[str, msgspec.Meta(min_length=1)]
    """What the sentence says, in our words."""
    times: Annotated[int, msgspec.Meta(ge=1)] = 1
    """How often it occurs in the section."""
    confirmed: list[str] = []
    """The claims that it follows from."""
    refuted: list[str] = []
    """The claims that contradict it."""
    vague: str = ""
    """Why it is neither true nor false."""
    untestable: str = ""
    """Why no claim is about it."""

    @property
    def verdict(self) -> str:
        """The one of VERDICTS that is given."""
        return next(verdict for verdict in VERDICTS if getattr(self, verdict))


class _File(msgspec.Struct, forbid_unknown_fields=True):
    keras: str
    sentence: list[Entry] = []


@cache
def release(path: Path = FILE) -> str:
    """Return the release of Keras whose documentation was read."""
    return read_toml(path, _File).keras


def entries(path: Path = FILE) -> list[Entry]:
    """Return the entries, in the order of the documentation.

    Raises:
        UnreadableFileError: an unknown key, a missing one, or a value of another kind.
        EntryError: an entry has no verdict or several, or occurs twice.
    """
    listed = read_toml(path, _File).sentence
    for entry in listed:
        given = [verdict for verdict in VERDICTS if getattr(entry, verdict)]
        if len(given) != 1:
            has = " and ".join(given) or "none"
            raise EntryError(f"{place(entry)}, {entry.digest}: give one verdict, it has {has}")
    number = Counter(map(_key, listed))
    if twice := [entry for entry in listed if number[_key(entry)] > 1]:
        where = f"{place(twice[0])}, {twice[0].digest}"
        times = number[_key(twice[0])]
        raise EntryError(f"{where}: has {times} entries; give one, with times = {times}")
    return listed


def forbid_stale(listed: Iterable[Entry], ids: set[str]) -> None:
    """Raise if an entry names what is not among the claims' ids.

    Raises:
        EntryError: the message names the places and the ids.
    """
    named = [(entry, claim) for entry in listed for claim in entry.confirmed + entry.refuted]
    if stale := [f"{place(entry)}: {claim}" for entry, claim in named if claim not in ids]:
        raise EntryError(f"{FILE.name} names what is no claim: {'; '.join(stale)}")


def changes(listed: list[Entry], parts: list[Sentence]) -> list[str]:
    """Say which sentences were changed, added or removed since the entries were written.

    A sentence that is found word for word in its place is none of them. Of the others, one
    gone and one new in the same place are a change.
    """
    recorded = {_key(entry): entry for entry in listed}
    read = {_key(sentence): sentence.text for sentence in parts}
    old = Counter({key: entry.times for key, entry in recorded.items()})
    changed = []
    for spot, then, now in pairs(old, Counter(map(_key, parts))):
        if then:
            changed.append(
                f"{spot}: {'changed' if now else 'removed'}; it said: {recorded[then].says}"
            )
        elif now:
            changed.append(f"{spot}: added: {read[now]}")
    return changed


def pairs(old: Counter[Key], new: Counter[Key]) -> Iterator[tuple[str, Key | None, Key | None]]:
    """Yield each place with what is gone there and what is new; None where that has no partner.

    Args:
        old: how often each sentence stood in its place.
        new: how often it occurs there now.
    """
    gone, come = (list(more.elements()) for more in (old - new, new - old))
    for spot in dict.fromkeys(map(place, [*gone, *come])):
        sides = [[key for key in side if place(key) == spot] for side in (gone, come)]
        yield from ((spot, then, now) for then, now in zip_longest(*sides))


def place(spot: Entry | Sentence | Key) -> str:
    """Say on one line where a sentence stands."""
    name = spot.section.removeprefix("call: ")
    argument = "argument" if name == spot.section else "call argument"
    kind = argument if name.islower() or name != spot.section else "section"
    where = "summary" if spot.section == SUMMARY else f"{kind} `{name}`"
    return one_line(f"{spot.object}, {where}")


def _key(spot: Entry | Sentence) -> Key:
    return Key(spot.object, spot.section, spot.digest)
