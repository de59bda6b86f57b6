"""Facts of comments: what they say of sizes, where the program tells something else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from lstm_spec.reviews.facts.layers import Facts
from lstm_spec.reviews.network import UNKNOWN, Node, Shape, known, parameters, text
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
SHAPE_SAID = re.compile(
    r"[(\[]\s*(?:None|\?|-1|batch\w*|bs?|n|samples?)\s*,([^()\[\]]+)[)\]]", re.I
)
"""How a comment says a shape: its first axis is the batch."""
GIVES = re.compile(r"->|=>|→|\bout(?:puts?)?\b", re.I)
AROUND_SHAPE = re.compile(r"(?:shape|is|now|has|of|the|tensor|gives|returns|\W)*", re.I)
"""What may stand around a shape if a comment says nothing else."""
COUNT_SAID = (
    re.compile(r"^(?:.*[=:~] ?)?(\d[\d,]*) param(?:eter)?s$", re.I),
    re.compile(r"\bparam(?:eter)?s?\s*[=:]\s*(?:[\d\s*+()x]*=\s*)?(\d[\d,]*)$", re.I),
)
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
    calls: dict[int, list[Node]] = {}
    for event in read.events:
        if event.kind == "call":
            calls.setdefault(event.line, []).append(event.about["node"])
    for line, comment in read.source.comments.items():
        alone = read.source.lines[line - 1].lstrip().startswith("#")
        below = line + 1 if alone and line not in read.shapes else line
        yield from ((below, facts) for facts in _of_comment(read, below, comment[:COMMENT]))
        nodes = calls.get(below, [])
        if len({id(node.layer) for node in nodes}) == 1 and nodes[0].layer.core.kind == "LSTM":
            yield from ((below, facts) for facts in _of_call(nodes, comment[:COMMENT], alone))


def _of_call(nodes: Sequence[Node], comment: str, alone: bool) -> Iterator[Facts]:
    """Yield what a comment says of the calls of one layer, where it is something else."""
    layer = nodes[0].layer
    facts: Facts = {"subject": "comment", "kind": layer.kind, "layer": layer.title}
    tensors = [tensor for node in nodes for tensor in (*node.inputs, *node.outputs)]
    written = None if alone else _shape_said(comment)
    if written is not None and not any(_agrees(written, tensor.shape) for tensor in tensors):
        output = text(nodes[0].outputs[0].shape)
        yield facts | {"about": "output", "said": text(written), "output": output}
    number = None if "total" in comment.lower() else _first(COUNT_SAID, comment)
    counts = [parameters(layer, [tensor.shape for tensor in node.inputs]) for node in nodes]
    if number is not None and None not in counts:
        total = int(number.replace(",", "")[:15])
        if total not in counts and total > layer.core.get("units"):  # a smaller one is another's
            facts |= {"said": f"{total:,}", "parameters": f"{counts[0]:,}"}
            yield facts | {"about": "parameters"}


def _shape_said(comment: str) -> Shape | None:
    """Return the shape that is all that a comment says, or all that it says of an output."""
    last = GIVES.split(comment)[-1]
    match = SHAPE_SAID.search(last)
    if match is None or not AROUND_SHAPE.fullmatch(last.replace(match[0], "", 1)):
        return None
    sizes = [size.strip() for size in match[1].rstrip(", ").split(",")]
    return (None, *(int(size[:9]) if size.isdecimal() else UNKNOWN for size in sizes))


def _agrees(written: Shape, shape: Shape | None) -> bool:
    """Return whether a shape may be the one that is said."""
    if shape is None:
        return True
    pairs = zip(written[1:], shape[1:], strict=False)
    return len(written) == len(shape) and all(a == b for a, b in pairs if known(a, b))


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
