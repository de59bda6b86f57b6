"""How hard claims are tried: a word, or the number of cases that each claim draws."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

CASES = 12
"""How many cases a claim draws at `default` effort, if its `cases` does not say otherwise.

Two cases refute nearly every wrong LSTM; twelve leave room for each group of ways in which people
run a layer, and so do eight, which `cases=8` draws where a case takes a tenth of a second. A claim
that makes several layers, models, files or graphs for each case spends more on it, and says
`cases=4`; one that trains for a second, `cases=2`. A claim about cost draws no cases: with
`cases=4` it measures in a third of the rounds. Where each case runs a model in all ways, it
and the examples are twenty.
"""
SHARES = {"smoke": 2, "default": CASES, "deep": 1000}
"""How many cases a claim of `CASES` cases draws, by the words; the others draw in proportion."""
FEWEST_CASES = 2
"""With `cases=2`, of claims that train for a second, `smoke` draws one."""
ROUNDS = {"smoke": 5, "default": 7, "deep": 21}
"""How often a claim about cost measures: a busy machine may disturb two of three rounds."""
FEWEST_ROUNDS = 3
TIME_LIMITS = {"smoke": 60, "default": 300, "deep": 3600}
"""Seconds for one claim, by the words; for a number as for `deep`."""

DIGITS = 9
"""How many digits a number on the command line may have."""


def is_whole(text: str, least: int) -> bool:
    """Return whether text is a whole number, no smaller than another and not too long."""
    return text.isascii() and text.isdigit() and len(text) <= DIGITS and int(text) >= least


def effort(text: str) -> str:
    """Return an effort that is given in words.

    Raises:
        argparse.ArgumentTypeError: it is neither one of the words nor a number from 1 up.
    """
    if text in TIME_LIMITS or is_whole(text, 1):
        return text
    number = f"a number of cases from 1 up, of at most {DIGITS} digits"
    raise argparse.ArgumentTypeError(
        f"{text!r} is not an effort; give {', '.join(TIME_LIMITS)}, or {number}"
    )


def cases(chosen: str, default: int = CASES) -> int:
    """Return how many cases a claim draws at an effort, if it draws `default` at default effort."""
    if chosen.isdigit():
        return int(chosen)
    drawn = max(min(FEWEST_CASES, default // 2), SHARES[chosen] * default // CASES)
    return min(drawn, SHARES["deep"])


def deviates(item: pytest.Item) -> bool:
    """Return whether a deviation of a claim is recorded here."""
    return item.get_closest_marker("lstm_deviates") is not None


def tries_all(item: pytest.Item) -> bool:
    """Return whether a claim is tried on its example, and on all elements of its lists.

    Below `default` it is so only where a deviation is recorded: it may show on one of them alone.
    """
    return deviates(item) or cases(item.config.getoption("lstm_effort")) >= CASES


def rounds(chosen: str, default: int = CASES) -> int:
    """Return in how many rounds a claim about cost measures at an effort."""
    usual = ROUNDS.get(chosen, ROUNDS["default"])
    return max(FEWEST_ROUNDS, usual * default // CASES)


def time_limit(chosen: str) -> int:
    """Return how many seconds one claim may take at an effort."""
    return TIME_LIMITS.get(chosen, TIME_LIMITS["deep"])
