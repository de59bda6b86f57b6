"""Fit what `answer` weighs when it decides whether it has an answer.

    python -m tools.studies.titles.sureness

A logistic regression tells the titles that a claim answers from those off the topic, in all sets
that were looked at; what is nearly a title is left out of our questions for it (left_out.py), since
a stranger's next title has no such copy. Where only its thread shows that a title is off the topic,
an answer is no mistake, so it counts a quarter; so do the titles off the topic that searches for
LSTM found, since they are of LSTMs elsewhere, and those of OF_ANY_LAYER. The rewordings of
tests/rewordings.toml count half. Written are the weights, to `answer.SURENESS`; printed are the
shares that get no answer, of each set and at several bounds of all, each set judged by weights that
were fitted to the other sets.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import numpy as np

from lstm_spec import catalog
from lstm_spec.answers import answer, errors
from lstm_spec.answers.answer import Library
from lstm_spec.answers.questions import questions
from tools import ROOT
from tools.studies.titles.__main__ import SETS, UNSEEN, Title, off, titles
from tools.studies.titles.left_out import Apart

REWORDINGS = ROOT / "tests/rewordings.toml"

OF_ANY_LAYER = "twentyfirst"
"""The set of which most titles ask of training and of files, and name no LSTM."""
RIDGE = 0.3
"""How much the square of each sign's weight costs."""
BOUNDS = (-1.2, -1.1, -1.05, -1.0, -0.9, -0.8, -0.7, -0.65, -0.6, -0.5, -0.4, -0.2)


class Case(NamedTuple):
    """A title by which the weights are fitted."""

    set: str
    title: Title
    weight: float
    """How much it counts."""


def main() -> None:
    """Fit, write the weights, and print them and the shares."""
    library = Apart(questions(), catalog.claims())
    kept = list(cases())
    parts = [signs(case.title.title, library) for case in kept]
    table = np.array([list(part.values()) for part in parts])
    ours = np.array([case.title.kind == "claims" for case in kept])
    weights = np.array([case.weight for case in kept])
    fitted = fit(table, ours, weights).round(3).tolist()
    named = dict(zip([*parts[0], "always"], fitted, strict=True))
    answer.SURENESS.write_bytes(msgspec.json.encode(answer.Fit(named)) + b"\n")
    print(named)
    sets = np.array([case.set for case in kept])
    sure = np.zeros(len(kept))
    for name in dict.fromkeys(sets):
        rest = sets != name
        chosen = fit(table[rest], ours[rest], weights[rest])
        sure[~rest] = with_one(table[~rest]) @ chosen
    asked = ours & (weights == 1)
    theirs = ~ours & (weights == 1)
    for name in dict.fromkeys(sets[asked]):
        of_set = sets == name
        print(f"{name}: {shares(sure < answer.SURE, asked & of_set, theirs & of_set)}")
    for bound in BOUNDS:
        print(f"below {bound}: {shares(sure < bound, asked, theirs)}")


def shares(silent: np.ndarray, asked: np.ndarray, theirs: np.ndarray) -> str:
    """Say how many of our titles and of those off the topic get no answer."""
    rows = (("of ours", silent[asked]), ("of theirs", silent[theirs]))
    return ", ".join(f"{part.sum()} of {part.size} {whose}" for whose, part in rows)


def cases() -> Iterator[Case]:
    """Yield the titles that were looked at and the rewordings."""
    for name in (name for name in SETS if name not in UNSEEN):
        for title in titles(name):
            if title.kind in ("claims", "off"):
                plain = title.kind == "claims" and name != OF_ANY_LAYER
                yield Case(name, title, 1.0 if plain else 0.25)
        for title in off(name):
            yield Case(name, title, 0.25 if title.could_be_ours else 1.0)
    for asked in msgspec.toml.decode(REWORDINGS.read_bytes())["rewording"]:
        yield Case("rewordings", Title(title=asked["words"], address="", kind="claims"), 0.5)


def signs(title: str, library: Library) -> dict[str, float]:
    """Return the signs of a title."""
    error = errors.read(title)
    hits = answer.of_error(error, library) if error else library.index.find(title)
    return answer.signs(hits, title, library)


def fit(table: np.ndarray, ours: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weights of a logistic regression, the constant last, by Newton's method.

    Args:
        table: the signs of each title.
        ours: whether a claim answers it.
        weights: how much it counts.
    """
    table = with_one(table)
    coefficients = np.zeros(table.shape[1])
    penalty = np.diag([RIDGE] * (table.shape[1] - 1) + [1e-6])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-table @ coefficients))
        slope = table.T @ (weights * (chance - ours)) + penalty @ coefficients
        curve = (table * (weights * chance * (1 - chance))[:, None]).T @ table + penalty
        coefficients -= np.linalg.solve(curve, slope)
    return coefficients


def with_one(table: np.ndarray) -> np.ndarray:
    """Return a table with a column of ones behind it."""
    return np.column_stack([table, np.ones(len(table))])


if __name__ == "__main__":
    main()
