"""Find texts by plain words: BM25 of SQLite, after typos are mended and synonyms replaced.

SQLite comes with apsw: the module of Python loses its search as soon as TensorFlow is imported,
which brings an SQLite of its own into the process.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import apsw
import msgspec

from lstm_spec.run import toml

FILE = Path(__file__).with_name("words.toml")
WORD = re.compile(r"\w+")
WEIGHTS = "8, 1, 1"
"""How much a word counts in a title, a body and the rest."""
SHORT, NEAR = 4, 0.8
"""A word of so many letters that is not known is taken for one that is so similar."""


class Text(NamedTuple):
    """What can be found."""

    name: str
    title: str
    body: str
    rest: str


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How people say things."""

    unsaid: list[str]
    """Words that tell no question from another."""
    synonyms: dict[str, list[str]]
    """Words of the specification, each with what people say for it."""


@dataclass(frozen=True)
class Index:
    """Texts that are ready to be searched."""

    texts: apsw.Connection
    words: frozenset[str]
    """The words that occur in them, and the synonyms."""
    unsaid: frozenset[str]


def index(texts: Iterable[Text]) -> Index:
    """Make texts ready to be searched."""
    database = apsw.Connection(":memory:")
    columns = "name UNINDEXED, title, body, rest, tokenize='porter unicode61'"
    database.execute(f"CREATE VIRTUAL TABLE texts USING fts5({columns})")
    everything = list(texts)
    database.executemany("INSERT INTO texts VALUES (?, ?, ?, ?)", everything)
    known = [*synonyms(), *(part for text in everything for part in text[1:])]
    occurring = frozenset(WORD.findall(" ".join(known).lower()))
    return Index(database, occurring, frozenset(words().unsaid))


def words(path: Path = FILE) -> Words:
    """Return how people say things.

    Raises:
        UnreadableFileError: an unknown key, a missing one, or a value of another kind.
    """
    return toml.read(path, Words)


@cache
def synonyms() -> dict[str, str]:
    """Return what people say, each with the word of the specification, the longest first."""
    listed = words().synonyms.items()
    found = {said: word for word, others in listed for said in others}
    return {said: found[said] for said in sorted(found, key=len, reverse=True)}


@cache
def pattern() -> str:
    """Return a regular expression, of Python and of JavaScript, that finds what people say."""
    return rf"\b({'|'.join(map(re.escape, synonyms()))})s?\b"


def translate(said: str) -> str:
    """Say in the words of the specification what people say, in lower case."""
    return re.sub(pattern(), lambda found: synonyms()[found[1]], said)


def find(where: Index, asked: str) -> list[tuple[str, float]]:
    """Return the names of the texts that hold some of the words, with scores, the best first."""
    said = " ".join(_mended(where, word) for word in WORD.findall(asked.lower()))
    meant = WORD.findall(translate(said).lower())
    terms = " OR ".join(f'"{word}"' for word in meant if word not in where.unsaid)
    if not terms:
        return []
    query = f"SELECT name, -bm25(texts, 0, {WEIGHTS}) AS score FROM texts WHERE texts MATCH ?"
    found = where.texts.execute(f"{query} ORDER BY score DESC, rowid", (terms,))
    return [(str(name), float(score)) for name, score in found]


def _mended(where: Index, word: str) -> str:
    if len(word) < SHORT or word in where.words:
        return word
    if where.texts.execute("SELECT 1 FROM texts WHERE texts MATCH ?", (f'"{word}"',)).fetchone():
        return word  # another form of a word that occurs
    return (difflib.get_close_matches(word, sorted(where.words), 1, NEAR) or [word])[0]
