"""The questions that people ask, each with a short answer that is made of claims."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import msgspec

from lstm_spec import catalog
from lstm_spec.run.text import UnreadableFileError, read_toml

FILE = Path(__file__).with_name("questions.toml")
ADDRESS = re.compile(
    r"https?://(?:www\.)?"
    r"(?P<place>[^/\s]+(?:/[^/\s]+/[^/\s]+(?=/(?:issues|pull)/))?)"
    r"/(?:[^\s?#]*?/)?(?P<number>\d+)(?:[/?#]\S*)?"
)
"""The address of a question; of one on GitHub the repository belongs to the place."""
NUMBER = re.compile(r"(?:(?P<place>[\w./-]*)#)?(?P<number>\d+)")
"""A number, alone or after a repository, as in keras#7227."""

Words = Annotated[str, msgspec.Meta(min_length=1)]


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A question and what the claims answer."""

    id: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
    title: Words
    wordings: str = msgspec.field(name="also")
    """Other words in which it is asked, a line each: as a list they would take long to read."""
    answer: Words
    claims: list[str]
    """The claims that the answer is made of; none, where it is not a matter of the layer."""
    cure: str = ""
    """Code that does what the answer advises."""
    address: Annotated[str, msgspec.Meta(pattern="^https://")] | None = None

    @property
    def also(self) -> list[str]:
        """Other words in which it is asked."""
        return self.wordings.splitlines()


class _File(msgspec.Struct, forbid_unknown_fields=True):
    question: list[Question]


def questions(path: Path = FILE) -> list[Question]:
    """Return the questions as they are listed.

    Raises:
        UnreadableFileError: an unknown key, a missing one, a value of another kind, or an id
            that is listed twice.
    """
    listed = read_toml(path, _File).question
    if len({question.id for question in listed}) < len(listed):
        raise UnreadableFileError(f"{path.name} lists an id twice")
    return listed


def is_of_question(name: str) -> bool:
    """Return whether an id has the form of a question's, and not that of a claim or a chapter."""
    return "." not in name and name not in catalog.chapters()


def is_reference(words: str) -> bool:
    """Return whether words are the number or the address of a question, and not its text."""
    return bool(ADDRESS.fullmatch(words) or NUMBER.fullmatch(words))


def referred(words: str, among: list[Question]) -> list[Question]:
    """Return the questions that an id, a number or an address names."""
    given = ADDRESS.fullmatch(words) or NUMBER.fullmatch(words)
    return [asked for asked in among if asked.id == words or (given and _is_at(asked, given))]


def _is_at(question: Question, given: re.Match[str]) -> bool:
    address = ADDRESS.fullmatch(question.address or "")
    if address is None or address["number"] != given["number"]:
        return False
    place = given["place"] or ""
    return not place or f"/{address['place']}".endswith(f"/{place}")
