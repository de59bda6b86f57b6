"""Which wrong LSTMs a claim refutes: read from the source of the tests, where that is at hand."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools import ROOT

TEETH = ROOT / "tests/teeth"


@dataclass(frozen=True)
class Wrong:
    """A wrong LSTM."""

    name: str
    """What it does, in the words of the function that puts it in place."""
    place: str
    """The file and the line, from the root of the repository."""


def wrong(folder: Path = TEETH) -> dict[str, list[Wrong]]:
    """Return the wrong LSTMs that each claim refutes; none without the source tree."""
    refuted: dict[str, list[Wrong]] = defaultdict(list)
    for path in sorted(folder.glob("[!_]*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8"), str(path)).body:
            if isinstance(node, ast.FunctionDef):
                lstm = Wrong(node.name.replace("_", " "), f"tests/teeth/{path.name}#L{node.lineno}")
                for claim in _refuting(node):
                    refuted[claim].append(lstm)
    return dict(refuted)


def _refuting(node: ast.FunctionDef) -> Iterator[str]:
    """Yield the claims that are named where a wrong LSTM is registered."""
    for call in node.decorator_list:
        if isinstance(call, ast.Call) and getattr(call.func, "id", None) == "refuted_by":
            yield from map(ast.literal_eval, call.args)
