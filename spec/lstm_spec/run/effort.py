"""How hard claims are tried: a word, or the number of cases that each claim draws."""

from __future__ import annotations

import argparse

TIME_LIMITS = {"smoke": 60, "default": 120, "deep": 3600}
"""Seconds for one claim, by the words; for a number as for `deep`."""


def effort(text: str) -> str:
    """Return an effort that is given in words.

    Raises:
        argparse.ArgumentTypeError: it is neither one of the words nor a number from 1 up.
    """
    if text in TIME_LIMITS or (text.isascii() and text.isdigit() and int(text) > 0):
        return text
    raise argparse.ArgumentTypeError(
        f"{text!r} is not an effort; give {', '.join(TIME_LIMITS)}, or a number of cases from 1 up"
    )


def time_limit(chosen: str) -> int:
    """Return how many seconds one claim may take at an effort."""
    return TIME_LIMITS.get(chosen, TIME_LIMITS["deep"])
