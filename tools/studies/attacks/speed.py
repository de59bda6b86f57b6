"""Attacks on the claims of the chapter `speed`: each ratio at other sizes near by."""

from __future__ import annotations

import importlib
import inspect
import time
from typing import Any

import keras
import pytest

from lstm_spec import catalog
from lstm_spec.claims import speed
from lstm_spec.harness import timing
from tools.studies.attacks import ATTACKS, Attack, attack

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


@attack("speed.new-length")
def new_lengths_by_other_options():
    """By default and with reduce_retracing: above 20 times as long as with a signature?"""
    import tensorflow as tf

    case = speed.sized(4, 1, 8, 8)
    signature = [tf.TensorSpec((None, None, 8))]

    def seconds(**options: Any) -> float:
        call = speed.lengthening(case, **options)
        call()
        start = time.process_time()
        speed.repeated(call, 6)
        return time.process_time() - start

    known = seconds(input_signature=signature)
    return [seconds(**options) > 20 * known for options in ({}, {"reduce_retracing": True})]


@attack("speed.bidirectional")
def both_directions_by_xla():
    """By XLA: how many times its layer's time does Bidirectional take?"""
    case = speed.sized(8, 100, 16, 16)
    both = keras.layers.Bidirectional(speed.lstm_without_cudnn(case))
    calls = speed.in_graph(both, case, True), speed.compiled(case, True)
    return f"{timing.ratio(*calls):.1f}"
