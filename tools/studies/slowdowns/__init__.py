"""What `lstm-spec compare --speed` finds where it is known what there is to find.

`tox run -e slowdowns` compares the pairs of environments below as often as each says, and may be
stopped at any time: it goes on where it was. The results are kept in seen.jsonl, a line a run. Then
it makes docs/measured/slowdowns.md of it. `tox run -e slowdowns -- NAME COUNT` makes at most so
many runs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

import slowed
from lstm_spec.releases import speed
from lstm_spec.releases.speed import Speeds
from tools.studies.searches import busy, keep, kept

SEEN = Path(__file__).with_name("seen.jsonl")
TENTH = 0.1
TENSORFLOW, KERAS = "tensorflow==2.21.0", "keras==3.15.1"
SLOWED = "slowed"
"""In place of an environment: the Keras that is a tenth slower, on TensorFlow."""


class Pair(msgspec.Struct, frozen=True):
    """Two environments, and how often they are compared."""

    name: str
    title: str
    description: str
    """What there is to find."""
    then: str
    now: str
    runs: int


PAIRS = (
    Pair(
        "same",
        "The same Keras against itself",
        f"There is nothing to find: {KERAS} on {TENSORFLOW} both times.",
        f"{KERAS} {TENSORFLOW}",
        f"{KERAS} {TENSORFLOW}",
        20,
    ),
    Pair(
        "slowed",
        "A Keras that is a tenth slower",
        f"The second is a wheel of {KERAS} in which LSTM.call takes a tenth more of the "
        "processor's time when Python runs it: in each eager call, and when others are traced.",
        f"{KERAS} {TENSORFLOW}",
        SLOWED,
        4,
    ),
    Pair(
        "3.0.1",
        "From Keras 3.0.0 to 3.0.1",
        "Both on TensorFlow 2.16.2.",
        "keras==3.0.0 tensorflow==2.16.2",
        "keras==3.0.1 tensorflow==2.16.2",
        2,
    ),
    Pair(
        "3.0",
        "From Keras 2.15 to 3.0",
        "Keras 2.15.0 with TensorFlow 2.15.1, Keras 3.0.5 with TensorFlow 2.16.2.",
        "tensorflow-2.15",
        "keras-3.0",
        2,
    ),
    Pair(
        "3.15",
        "From Keras 3.0 to 3.15",
        "Keras 3.0.5 and 3.15.1, both on TensorFlow 2.16.2.",
        "keras-3.0",
        "keras-3.15",
        2,
    ),
)


class Line(msgspec.Struct, frozen=True):
    """What one run found."""

    pair: str
    busy: bool
    """Whether another process kept a core busy; in every second run it does."""
    load: float
    """How many processes ran or waited, in the mean of the last minute of the run."""
    speeds: Speeds


def seen(file: Path = SEEN) -> list[Line]:
    """Return what was found."""
    return kept(file, Line)


def runs(pair: Pair, most: int) -> Iterator[Line]:
    """Compare a pair as often as is missing, and keep each line as it comes."""
    done = sum(line.pair == pair.name for line in seen())
    for number in range(done, min(pair.runs, done + most)):
        loaded = number % 2 == 1
        with busy(loaded):
            sides = tuple(speed.side(word) for word in (pair.then, _word(pair.now)))
            speeds = speed.race(sides)
        line = Line(pair.name, loaded, round(os.getloadavg()[0], 1), speeds)
        keep(SEEN, line)
        yield line


def _word(now: str) -> str:
    if now != SLOWED:
        return now
    folder = Path(__file__).parents[2] / "build"
    folder.mkdir(exist_ok=True)
    return f"{slowed.wheel(folder, TENTH)} {TENSORFLOW}"
