"""Attacks on claims: what comes of a sentence outside of what its trial draws.

`python -m tools.studies.attacks` tries them all, prints a table of what came of each, and makes
docs/measured/attacks.md; `python -m tools.studies.attacks state draw_1` tries some.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHAPTERS = sorted(
    path.stem
    for path in Path(__file__).parent.glob("*.py")
    if path.stem not in {"__init__", "__main__", "page", "shared"}
)
"""The modules that hold attacks: a chapter's, or those on claims that were drawn."""


@dataclass(frozen=True)
class Attack:
    """A short program against a claim."""

    claim: str
    run: Callable[[], Any]
    """Its docstring says what is tried; what it returns is what came of it."""


ATTACKS: list[Attack] = []


def attack(claim: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Register an attack on a claim."""

    def register(run: Callable[[], Any]) -> Callable[[], Any]:
        ATTACKS.append(Attack(claim, run))
        return run

    return register


def outcome(call: Callable[[], Any]) -> str:
    """Return what a call returns, or the first line of its error, as text."""
    try:
        return str(call())
    except Exception as error:
        lines = str(error).splitlines() or [""]
        return f"{type(error).__name__}: {lines[0]}"[:160]


def attacks(chapters: list[str]) -> list[Attack]:
    """Import the attacks of chapters, and return them."""
    modules = [importlib.import_module(f"{__name__}.{chapter}") for chapter in chapters]
    names = {module.__name__ for module in modules}
    return [attack for attack in ATTACKS if attack.run.__module__ in names]
