"""Wrong LSTMs: each differs from Keras in one thing, and is refuted by the claims it names.

A wrong LSTM is a function that puts one changed method in place, through pytest's
monkeypatch; Keras' files stay as they are. test_teeth.py tries each claim on it. A claim that
Keras itself breaks fails on every LSTM: it is tried where repairs.py makes a Keras on which it
holds, or Keras itself is the only wrong LSTM that is known of it.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from lstm_spec import catalog

Put = Callable[[pytest.MonkeyPatch], Any]


@dataclass(frozen=True)
class Wrong:
    """A wrong LSTM and the claim that must refute it."""

    put: Put
    claim: str
    raises: type[Exception] | tuple[type[Exception], ...]


WRONG: list[Wrong] = []


def all_wrong() -> list[Wrong]:
    """Import every chapter of wrong LSTMs, and return them all."""
    for chapter in catalog.chapters():
        importlib.import_module(f"{__name__}.{chapter}")
    return WRONG


def claim_test(claim: catalog.Claim) -> Callable[..., None]:
    """Return the test of a claim, with its marks and settings."""
    chapter = importlib.import_module(claim.module)
    test: Callable[..., None] = getattr(chapter, claim.test)
    return test


def refuted_by(*claims: str, raises: Any = AssertionError) -> Callable[[Put], Put]:
    """Register a wrong LSTM.

    Args:
        *claims: the ids of the claims that refute it.
        raises: how they fail; another type than AssertionError where the wrong LSTM itself raises.

    Raises:
        UnknownNameError: an id is none; the message holds the nearest.
    """
    for claim in claims:
        catalog.find(claim)

    def register(put: Put) -> Put:
        WRONG.extend(Wrong(put, claim, raises) for claim in claims)
        return put

    return register


def instead(
    patch: pytest.MonkeyPatch, owner: Any, name: str
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Replace a method, or a module's function, by one that is given the original first.

    The signature stays the original's, because Keras inspects it.
    """
    original = getattr(owner, name)

    def put(changed: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def method(*args: Any, **arguments: Any) -> Any:
            return changed(original, *args, **arguments)

        patch.setattr(owner, name, method)
        return changed

    return put


def without(patch: pytest.MonkeyPatch, owner: Any, entry: str) -> None:
    """Leave an entry out of the configurations of a class."""

    @instead(patch, owner, "get_config")
    def get_config(original: Any, self: Any) -> dict[str, Any]:
        return {name: value for name, value in original(self).items() if name != entry}
