"""The numbers of the figures: what layers of real Keras did, recorded once.

Run as `python -m tools.studies.figures` it makes them again and records them.
"""

from __future__ import annotations

import os
from datetime import datetime, timezone
from pathlib import Path

import msgspec

from lstm_spec.run.environment import probe
from lstm_spec.run.process import quiet

FILE = Path(__file__).with_name("figures.json")
PACKAGES = ("keras", "tensorflow")


class Series(msgspec.Struct, frozen=True):
    """What is seen at each of some places."""

    places: list[str]
    """Timesteps, or numbers of them."""
    rows: dict[str, list[float]]
    """By name: a number for each place."""
    masked: list[int] = []
    """The places, counted from zero, that are masked."""


class Recording(msgspec.Struct, frozen=True):
    """The series of all figures, and when and where they were made."""

    made: str
    """The date."""
    packages: dict[str, str]
    series: dict[str, Series]
    """By the claim that the figure shows."""


def load(path: Path = FILE) -> Recording:
    """Return what is recorded."""
    return msgspec.json.decode(path.read_bytes(), type=Recording)


def record() -> Recording:
    """Make the series of all figures with the Keras that is installed."""
    os.environ.update(quiet())
    from tools.studies.figures import lessons, runs

    installed = probe().packages
    return Recording(
        made=datetime.now(timezone.utc).date().isoformat(),
        packages={name: installed[name] for name in PACKAGES if name in installed},
        series={claim: run() for claim, run in (runs.RUNS | lessons.RUNS).items()},
    )
