"""Attacks on the claims of the chapter `speed`: each ratio at other sizes near by."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import pytest

from lstm_spec import catalog
from lstm_spec.claims import speed
from lstm_spec.harness import timing
from tools.studies.attacks import ATTACKS, Attack

FACTORS = ((1, 1, 1, 1), (4, 1, 1, 1), (0.25, 1, 1, 1), (1, 2, 1, 1), (1, 0.5, 1, 1))
FACTORS = (*FACTORS, (1, 1, 4, 1), (1, 1, 1, 2), (1, 1, 1, 0.5))
"""By what batch, timesteps, features and units are multiplied."""
ROUNDS = 5


def at(test: Any, factors: tuple[float, ...]) -> str:
    """Return the ratio of a claim's test at its sizes times the factors, and its range."""
    ranges: list[tuple[float, float, float]] = []
    sized = speed.sized

    def scaled(*sizes: int, **options: Any) -> Any:
        changed = (max(1, int(size * factor)) for size, factor in zip(sizes, factors, strict=True))
        return sized(*changed, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(speed, "sized", scaled)
        patch.setattr(timing, "ROUNDS", ROUNDS)
        patch.setattr(speed, "assert_between", lambda *three: ranges.append(three))
        test()
    (low, ratio, high), *_ = ranges
    return (
        f"{ratio:.2g}" if low <= ratio <= high else f"{ratio:.2g} (outside of {low:g} to {high:g})"
    )


def near_by(test: Any) -> str:
    """Return the ratios at all factors."""
    names = ("batch", "timesteps", "features", "units")
    parts = []
    for factors in FACTORS:
        changes = [f"{name} x {by:g}" for name, by in zip(names, factors, strict=True) if by != 1]
        parts.append(f"{', '.join(changes) or 'as it is'}: {at(test, factors)}")
    return "; ".join(parts)


def attacks_on(claim: catalog.Claim) -> Attack:
    """Return the attack on a claim."""
    test = getattr(importlib.import_module(claim.module), claim.test)

    def run() -> str:
        """The ratio with one size larger or smaller."""
        return near_by(test)

    return Attack(claim.id, run)


ATTACKS += [
    attacks_on(claim)
    for claim in catalog.select(["speed"])
    if not inspect.signature(getattr(speed, claim.test)).parameters
]
