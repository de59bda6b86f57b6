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


class Seen(msgspec.Struct, frozen=True):
    """How many looks fell on each part."""

    versions: dict[str, str]
    looks: dict[str, int]

    @property
    def inside(self) -> float:
        """The share of Keras and TensorFlow in what is not importing."""
        after = sum(count for part, count in self.looks.items() if part != IMPORTS)
        return sum(self.looks.get(part, 0) for part in UNDER_TEST) / after


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


def page(seen: Seen) -> str:
    """Return the page as Markdown."""
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
    return f"{head}{markdown_table(columns, rows)}\n"
