"""Why a mutant that no claim refutes cannot be refuted: read from survivors.toml."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from tools.studies.mutants.mutants import Mutant

FILE = Path(__file__).with_name("survivors.toml")


class Survivors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Mutants of one function that cannot be observed on a CPU, and why."""

    function: str
    """The module, without `keras.src.`, a colon, and the function."""
    why: str
    changes: list[str] = []
    """Their changes, as mutants describe them; all of the function's, if none is given."""
    lines: str = ""
    """Their lines, as `from-to`, where those of some lines alone are meant."""
    guards: list[str] = []
    """The guards under which they cannot be observed, where that is so under some only."""

    def __contains__(self, mutant: Mutant) -> bool:
        """Say whether a mutant is meant."""
        if mutant.place != self.function or (self.guards and mutant.guard not in self.guards):
            return False
        if self.lines:
            first, _, last = self.lines.partition("-")
            if not int(first) <= mutant.line <= int(last):
                return False
        return not self.changes or mutant.change in self.changes


class Idle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Claims that refute no mutant, and why they stay."""

    claims: list[str]
    why: str


class _File(msgspec.Struct, forbid_unknown_fields=True):
    survivors: list[Survivors] = []
    idle: list[Idle] = []


@cache
def _read() -> _File:
    return msgspec.toml.decode(FILE.read_bytes(), type=_File)


def load() -> list[Survivors]:
    """Return what is explained of mutants."""
    return _read().survivors


def idle() -> list[str]:
    """Return the claims of which it is said why they refute no mutant."""
    return [claim for entry in _read().idle for claim in entry.claims]


def reason(mutant: Mutant) -> str:
    """Return why a mutant cannot be observed; nothing, if nothing is said of it."""
    return next((entry.why for entry in load() if mutant in entry), "")
