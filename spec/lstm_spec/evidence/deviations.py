"""Claims that released Keras is known to break, and how."""

from __future__ import annotations

from functools import cache
from importlib import metadata
from pathlib import Path

import msgspec
from packaging.specifiers import SpecifierSet

FILE = Path(__file__).with_name("deviations.toml")


class StaleError(ValueError):
    """A deviation of something that is no claim."""


class Deviation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A claim that does not hold, and what happens instead."""

    claim: str
    says: str
    """Words that the failure must contain, so that another failure is not taken for this one."""
    instead: str
    concerns: str
    """The documentation's sentence, in our words, or the address of the issue."""
    keras: str = ""
    """The releases of Keras that deviate, as a version specifier (PEP 440); default: all."""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    deviation: list[Deviation] = []


@cache
def load(path: Path = FILE) -> list[Deviation]:
    """Return all deviations.

    Raises:
        msgspec.ValidationError: an unknown key, a missing one, or a value of another type.
        ValueError: a claim is listed twice for the same releases.
    """
    listed = msgspec.toml.decode(path.read_bytes(), type=_File).deviation
    if len({(deviation.claim, deviation.keras) for deviation in listed}) < len(listed):
        raise ValueError(f"{path.name} lists a claim twice for the same releases")
    return listed


def known(claim: str) -> Deviation | None:
    """Return what is recorded of a claim for the installed Keras, if anything is.

    Raises:
        packaging.specifiers.InvalidSpecifier: the recorded releases are not a specifier.
    """
    here = [one for one in load() if one.claim == claim and _installed(one.keras)]
    return here[0] if here else None


def _installed(keras: str) -> bool:
    return metadata.version("keras") in SpecifierSet(keras)


def forbid_stale(ids: set[str]) -> None:
    """Raise if a listed id is not among the claims' ids.

    Raises:
        StaleError: the message names the ids.
    """
    if stale := sorted({deviation.claim for deviation in load()} - ids):
        raise StaleError(f"{FILE.name} lists what is no claim: {', '.join(stale)}")
