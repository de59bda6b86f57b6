"""Facts of comments: what they say of sizes, where the program tells something else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lstm_spec.reviews.facts.layers import Facts
from lstm_spec.reviews.network import UNKNOWN, known, text
from lstm_spec.reviews.program import Program
from lstm_spec.run.text import count

CELLS_SAID = (
    re.compile(r"(?<!memory )\bcells?\b[^=:.\d]*(?:=|:|\bis\b|\bare\b)\s*(\d+)", re.I),
    re.compile(r"\b(\d+)\s+(?:lstm )?cells?\b", re.I),
)
SAID = r"\b[^=:,.\d]*(?:=|:|\bis\b)\s*(\d+)$"
BEFORE = r"^(?:[\w ]+: )?(?:(?:with|of|has|have|and|each|there|are|is|shape|x)\W+)*"
AXES_SAID = {
    0: (re.compile(rf"samples?{SAID}", re.I),),
    1: (
        re.compile(rf"(?:time\s?steps?|sequence length){SAID}", re.I),
        re.compile(rf"{BEFORE}(\d+) time\s?steps?(?: each)?$", re.I),
    ),
    2: (
        re.compile(
            r"(?:size|length|dimension)s? of (?:each |the |an? |every )?(?:input )?vectors?"
            r"\s*(?:=|:|is)\s*(\d+)$",
            re.I,
        ),
        re.compile(rf"features?{SAID}", re.I),
        re.compile(rf"{BEFORE}(\d+) features?(?: each)?$", re.I),
    ),
}
"""How a clause of a comment says the size of an axis, and nothing else."""
CLAUSES = re.compile(r"[,;()\[\]]|\.(?!\d)|\band\b|\bof (?=\d)")
ELSEWHERE = re.compile(
    r"\b(?:next|future|output|target|label|predict\w*|forecast\w*|ahead|lags?|shift\w*|overlap\w*"
    r"|horizon|raw|original|first|last|total|most|least|max\w*|min\w*|per|every|index\w*)\b",
    re.I,
)
"""Words of a clause that may speak of another array."""
COMMENT = 300
"""How many characters of a comment are read."""
AXIS_NAMES = ("samples", "timesteps", "features")


def of_comments(read: Program) -> Iterator[tuple[int, Facts]]:
    """Yield what comments say, where the shapes on their line tell something else."""
    for line, comment in read.source.comments.items():
        alone = read.source.lines[line - 1].lstrip().startswith("#")
        below = line + 1 if alone and line not in read.shapes else line
        yield from ((below, facts) for facts in _of_comment(read, below, comment[:COMMENT]))


def _first(patterns: Iterable[re.Pattern[str]], comment: str) -> str | None:
    """Return the number that the first pattern finds in a comment; None, if none does."""
    matches = (pattern.search(comment) for pattern in patterns)
    return next((match[1] for match in matches if match), None)


def _of_comment(read: Program, line: int, comment: str) -> Iterator[Facts]:
    layers = [layer for layer in read.layers if layer.line == line and layer.kind == "LSTM"]
    for layer in layers[:1]:
        units = layer.get("units", UNKNOWN)
        number = _first(CELLS_SAID, comment)
        if number is not None and known(units) and int(number[:9]) == units:
            facts: Facts = {"subject": "comment", "about": "cells", "said": comment}
            yield facts | {"units": units, "layer": layer.title}
    shape = read.shapes.get(line)
    if shape is None or len(shape) != 3:
        return
    for axis, patterns in AXES_SAID.items():
        size = _size_said(patterns, comment)
        if known(shape[axis]) and size not in (None, shape[axis]) and size in shape:
            facts = {"subject": "comment", "about": AXIS_NAMES[axis], "said": size}
            facts["shape"] = text(shape)
            facts["said_counted"] = count(size, AXIS_NAMES[axis].removesuffix("s"))
            facts["samples"] = count(shape[0], "sample")
            facts["vectors"] = count(shape[1], "vector")
            yield facts | {"size": shape[axis], "features": shape[2]}
            return


def _size_said(patterns: Iterable[re.Pattern[str]], comment: str) -> int | None:
    """Return the size of an axis that a clause of a comment says; None, if none does."""
    clauses = [clause.strip() for clause in CLAUSES.split(comment)]
    numbers = [_first(patterns, clause) for clause in clauses if not ELSEWHERE.search(clause)]
    number = next((number for number in numbers if number is not None), None)
    return int(number) if number is not None and len(number) < 10 else None
