"""The page of guarded wrong LSTMs: how many are refuted, by guard."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import msgspec

from lstm_spec.run.text import markdown_table
from tools import MEASURED
from tools.studies.guarded import LIMIT, SEEN, Line, cases, last_lines
from tools.studies.guarded.cases import Case
from tools.studies.guards import GUARDS

PAGE = MEASURED / "guarded.md"
MISSES = Path(__file__).with_name("misses.toml")

HEAD = """# Faults that hide

Of the wrong LSTMs of [tests/teeth](../../tests/teeth) those that change what a call of LSTM, of RNN
or of their cells computes, each wrong only where a guard is true: only if unrolled, only in a
graph, and so on. The pairs come in an order made by a fixed seed; each is tried by the claims that
the wrong LSTM fails, and then in turn by those of its chapters, of the guard's and of all others
that draw a way, at `default` effort, each with its lists and its example, for at most {limit:g} s
of the processor's time. Made by `tox run -e guarded -- NUMBER`, which goes on where it was. Keras'
own lines under the same guards: [mutants](mutants.md#under-a-guard).

{tried} pairs were tried so far, and {refuted} of them are refuted.
"""

CASES_HEAD = """## By the number of the case

Each refuted pair once more, on other cases of the claim that refuted it: {refuted} of {tried} are
refuted again, so the others depend on what is drawn. "A list" is a case that chance left out of a
list that is tried whole. Made by `tox run -e guarded -- 0` from
[cases.jsonl](../../tools/studies/guarded/cases.jsonl).
"""
DRAWN = (2, 4, 8, 12)
LAST = {1: "case 1", 2: "case 2", 4: "case 3 or 4", 8: "case 5 to 8"}
"""Ranges of cases, by the number of the last one."""
PLACES = (*LAST.values(), "a later case", "a list", "the example")


class Miss(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pairs that are not refuted."""

    wrong: list[str]
    """The wrong LSTMs."""
    why: str
    """What hides the fault."""
    guards: list[str] = []
    """The guards under which that is so; all, if none is given."""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    miss: list[Miss]


@cache
def explained() -> list[Miss]:
    """Return the pairs whose miss is explained."""
    return msgspec.toml.decode(MISSES.read_bytes(), type=_File).miss


def why(line: Line) -> str:
    """Return why no claim refutes a pair; nothing, if nobody knows."""
    reasons = (
        miss.why
        for miss in explained()
        if line.wrong in miss.wrong and (not miss.guards or line.guard in miss.guards)
    )
    return next(reasons, "")


def place(case: Case) -> str:
    """Return the one of PLACES that refuted a pair."""
    if case.part != "case":
        return {"list": "a list", "example": "the example"}[case.part]
    return next((words for last, words in LAST.items() if case.case <= last), "a later case")


def numbers(tried: list[Case]) -> list[str]:
    """Return which case refuted how many pairs, by how many cases the claim draws."""
    refuting = [case for case in tried if case.part]
    number = Counter((place(case), case.drawn) for case in refuting)
    columns = sorted({case.drawn for case in refuting})
    rows = [(words, *(str(number[words, drawn]) for drawn in columns)) for words in PLACES]
    ways = Counter(case.way for case in refuting if case.part != "example" and case.way)
    return [
        CASES_HEAD.format(tried=len(tried), refuted=len(refuting)),
        markdown_table(("refuted by", *(f"draws {drawn}" for drawn in columns)), rows),
        "",
        "By the way that was drawn, where the claim draws one:",
        "",
        markdown_table(("way", "pairs"), [(way, str(n)) for way, n in ways.most_common()]),
        "",
    ]


def page(file: Path = SEEN) -> str:
    """Return the page of the results in a file."""
    lines = last_lines(file)
    missed = [line for line in lines if not line.refuted_by]
    tried = len(lines)
    refuted = len(lines) - len(missed)
    number = Counter(x.guard for x in lines)
    misses = Counter(x.guard for x in missed)
    rows = [
        (guard, str(number[guard]), str(number[guard] - misses[guard]))
        for guard in GUARDS
        if number[guard]
    ]
    listed = [(x.wrong, x.guard, str(x.tried), why(x)) for x in sorted(missed, key=str)]
    return "\n".join(
        [
            HEAD.format(limit=LIMIT, tried=tried, refuted=refuted),
            markdown_table(("guard", "pairs", "refuted"), rows),
            "",
            "Not refuted, with the number of claims that were tried, and what hides the fault:",
            "",
            markdown_table(("wrong LSTM", "guard", "claims", "why"), listed),
            "",
            *numbers(cases.seen()),
        ]
    )
