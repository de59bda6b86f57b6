"""Where the processor's time goes while every claim is tried.

`tox run -e our-cost` lets py-spy look at the interpreter a hundred times a second; a look belongs
to the innermost of the parts below that is on the stack. So Keras' own NumPy counts as Keras', and
our NumPy as ours. The results are kept in seen.json; the page is made of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec

from lstm_spec.run.text import markdown_table
from tools import MEASURED

SEEN = Path(__file__).with_name("seen.json")
BESIDE = Path(__file__).with_name("beside.json")
PAGE = MEASURED / "our-cost.md"

IMPORTS = "imports"
PARTS = {
    "keras": "Keras",
    "tensorflow": "TensorFlow",
    "hypothesis": "Hypothesis",
    "lstm_spec": "the claims and their harness",
    "_pytest": "pytest",
    "pluggy": "pytest",
}
"""The parts by the folder of their source."""
UNDER_TEST = ("Keras", "TensorFlow")
IMPORTING = re.compile(r"<frozen importlib\._bootstrap>")

HEAD = """# What the specification's own time goes into

Where the processor is while `pytest --pyargs lstm_spec.claims` tries every claim at default effort,
in one process: {looks:,} looks by py-spy, made by `tox run -e our-cost` with
{versions}.
After the imports {inside:.1%} of the time is spent inside Keras and TensorFlow.

"""

BESIDE_HEAD = """## Beside an earlier commit

Seconds of the processor for what is tried by `lstm-spec check --workers 2`, at commit ad243a6,
before there were claims about models and trainers, and now; in brackets how many times as
much. Measured in turns on one machine by `python -m tools.studies.our_cost.beside`.

"""


class Seen(msgspec.Struct, frozen=True):
    """How many looks fell on each part."""

    versions: dict[str, str]
    looks: dict[str, int]

    @property
    def inside(self) -> float:
        """The share of Keras and TensorFlow in what is not importing."""
        after = sum(count for part, count in self.looks.items() if part != IMPORTS)
        return sum(self.looks.get(part, 0) for part in UNDER_TEST) / after


class Beside(msgspec.Struct, frozen=True):
    """What it cost to try some claims."""

    effort: str
    claims: int
    seconds: int
    """Of the processor, with the start of the workers."""


def write() -> None:
    """Make the page of what is recorded."""
    seen = msgspec.json.decode(SEEN.read_bytes(), type=Seen)
    beside = msgspec.json.decode(BESIDE.read_bytes(), type=list[Beside])
    PAGE.write_text(page(seen, beside), encoding="utf-8")


def count(lines: Iterable[str]) -> Counter[str]:
    """Return how many looks fell on each part.

    Args:
        lines: of py-spy's raw format: frames from the outermost, `name (file:line)`, joined by
            semicolons, and the number of looks.
    """
    looks: Counter[str] = Counter()
    for line in lines:
        stack, _, number = line.rstrip().rpartition(" ")
        looks[_part(stack)] += int(number)
    return looks


def _part(stack: str) -> str:
    if IMPORTING.search(stack):
        return IMPORTS
    for frame in reversed(stack.split(";")):
        for folder, part in PARTS.items():
            if f"({folder}/" in frame:
                return part
    return "other"


def page(seen: Seen, beside: list[Beside]) -> str:
    """Return the page as Markdown.

    Args:
        seen: what the looks fell on.
        beside: at each effort the claims of the earlier commit, the same today, and all of today.
    """
    total = sum(seen.looks.values())
    after = total - seen.looks.get(IMPORTS, 0)
    ordered = sorted(seen.looks.items(), key=lambda item: -item[1])
    rows = [
        (part, f"{looks / total:.1%}", "" if part == IMPORTS else f"{looks / after:.1%}")
        for part, looks in ordered
    ]
    versions = ", ".join(f"{name} {version}" for name, version in seen.versions.items())
    head = HEAD.format(looks=total, versions=versions, inside=seen.inside)
    columns = ("part", "share of all", "share after the imports")
    return f"{head}{markdown_table(columns, rows)}\n\n{BESIDE_HEAD}{_beside(beside)}\n"


def _beside(lines: list[Beside]) -> str:
    then, _, now = lines[:3]
    columns = ("effort", f"{then.claims} claims then", "the same now", f"all {now.claims} now")
    rows = [
        (old.effort, f"{old.seconds} s", *(_times(line, old) for line in (same, whole)))
        for old, same, whole in zip(lines[::3], lines[1::3], lines[2::3], strict=True)
    ]
    return markdown_table(columns, rows)


def _times(line: Beside, old: Beside) -> str:
    return f"{line.seconds} s ({line.seconds / old.seconds:.2f})"
