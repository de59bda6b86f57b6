"""Facts of comments: what they say of sizes, where the program tells something else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lstm_spec.reviews.facts.layers import Facts
from lstm_spec.reviews.network import UNKNOWN, known, text
from lstm_spec.reviews.program import Program

CELLS_SAID = (
    re.compile(r"\bcells?\b[^=:.\d]*(?:=|:|\bis\b|\bare\b)\s*(\d+)", re.I),
    re.compile(r"\b(\d+)\s+(?:lstm |memory )?cells?\b", re.I),
)
AXES_SAID = {
    0: (re.compile(r"samples?\b[^=:,.\d]*(?:=|:|\bis\b)\s*(\d+)", re.I),),
    1: (
        re.compile(r"(?:time\s?steps?|sequence length)\b[^=:,.\d]*(?:=|:|\bis\b)\s*(\d+)", re.I),
        re.compile(r"\b(\d+) time\s?steps?\b", re.I),
    ),
    2: (
        re.compile(
            r"(?:size|length|dimension)s? of (?:each |the |an? |every )?(?:input )?vectors?"
            r"\s*(?:=|:|is)\s*(\d+)",
            re.I,
        ),
        re.compile(r"features?\b[^=:,.\d]*(?:=|:|\bis\b)\s*(\d+)", re.I),
        re.compile(r"\b(\d+) features?\b", re.I),
    ),
}
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
        number = _first(patterns, comment)
        size = shape[axis]
        if number is not None and known(size) and len(number) < 10 and int(number) != size:
            facts = {"subject": "comment", "about": AXIS_NAMES[axis], "said": int(number)}
            facts["shape"] = text(shape)
            yield facts | {"samples": shape[0], "steps": shape[1], "features": shape[2]}
