"""The answer to a question that is asked in plain words, made of claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from lstm_spec.answers import search
from lstm_spec.answers.cite import code, headline, plain
from lstm_spec.answers.questions import Question, is_reference, referred
from lstm_spec.answers.standing import exceptions, standing
from lstm_spec.catalog import Claim
from lstm_spec.run import deviations

LEAD = 1.5
"""A claim answers instead of a question if it fits the words so many times as well."""
OTHERS = 3
"""How many other questions, and other claims, are named."""

Hit = Question | Claim


@dataclass(frozen=True)
class Library:
    """Where answers are looked for."""

    questions: list[Question]
    claims: list[Claim]

    @cached_property
    def index(self) -> search.Index:
        """What is searched."""
        claims = {claim.id: claim for claim in self.claims}
        asked = [_asked(one, [claims[name] for name in one.claims]) for one in self.questions]
        return search.index([*map(_said, self.claims), *asked])


def find(words: str, library: Library) -> list[Hit]:
    """Return the questions and claims that words mean, the best first.

    Args:
        words: plain words, or the id, the number or the address of a question.
        library: what there is to be found.
    """
    words = words.strip()
    if named := referred(words, library.questions):
        return list(named)
    return [] if is_reference(words) else _searched(words, library)


def _searched(words: str, library: Library) -> list[Hit]:
    hits: list[Hit] = [*library.questions, *library.claims]
    by_name = {hit.id: hit for hit in hits}
    found = [(by_name[name], score) for name, score in search.find(library.index, words)]
    asked = [(hit, score) for hit, score in found if isinstance(hit, Question)]
    said = [(hit, score) for hit, score in found if isinstance(hit, Claim)]
    lead = bool(said) and (not asked or said[0][1] > LEAD * asked[0][1])
    claims: list[Hit] = [hit for hit, _ in said]
    asks: list[Hit] = [hit for hit, _ in asked[:OTHERS]]
    return claims[:lead] + asks + claims[lead : lead + OTHERS]


def _asked(question: Question, claims: Sequence[Claim]) -> search.Text:
    title = " ".join([question.title, question.id.replace("-", " "), *question.also])
    rest = " ".join(f"{claim.statement} {claim.corrects or ''}" for claim in claims)
    return search.Text(question.id, title, question.answer, rest)


def _said(claim: Claim) -> search.Text:
    rest = f"{claim.id.replace('.', ' ').replace('-', ' ')} {claim.why}"
    return search.Text(claim.id, claim.statement, claim.corrects or "", rest)


def markdown(hits: Sequence[Hit], library: Library) -> str:
    """Return the first of some hits in full, for pasting, and the others by a line each."""
    first, *others = hits
    claims = {claim.id: claim for claim in library.claims}
    if isinstance(first, Question):
        shown = _question(first, [claims[name] for name in first.claims])
    else:
        shown = f"{headline(standing(first))} (`{first.id}`)\n\n{_example(first)}"
    if not others:
        return shown
    return f"{shown}\nSee also:\n\n" + "".join(f"- `{hit.id}`: {_line(hit)}\n" for hit in others)


def _question(question: Question, claims: Sequence[Claim]) -> str:
    head = f"**{plain(question.title)}**\n" + f"{question.address}\n" * bool(question.address)
    items = "".join(
        f"- {plain(str(standing(claim)))} (`{claim.id}`)\n{_elsewhere(claim)}" for claim in claims
    )
    return f"{head}\n{plain(question.answer)}\n\n{items}\n{_example(claims[0])}"


def _elsewhere(claim: Claim) -> str:
    return "".join(f"  {plain(one)}\n" for one in exceptions(claim.id, deviations.of(claim.id)))


def _example(claim: Claim) -> str:
    return f"```python\n{code(claim.example)}\n```\n"


def _line(hit: Hit) -> str:
    return plain(hit.title if isinstance(hit, Question) else str(standing(hit)))
