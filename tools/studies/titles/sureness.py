"""Fit what `answer` weighs when it decides whether it has an answer.

    python -m tools.studies.titles.sureness

A logistic regression tells the titles that a claim answers from those off the topic, in all sets
that were looked at; what is nearly a title is left out of our questions for it (left_out.py), since
a stranger's next title has no such copy. Where only its thread shows that a title is off the topic,
an answer is no mistake, so it counts a quarter; so do the titles off the topic that searches for
LSTM found, since they are of LSTMs elsewhere. The rewordings of tests/rewordings.toml count half.
Written are the weights, to `answer.SURENESS`; printed are the shares that get no answer at several
bounds, each title judged by weights that were fitted to the other nine tenths.
"""

from __future__ import annotations

from collections.abc import Iterator

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

FOLDS = 10
RIDGE, DIRECTION_RIDGE = 0.3, 2.0
BOUNDS = (-1.25, -1.0, -0.75, -0.5, -0.25, 0.0)


def main() -> None:
    """Fit, write the weights, and print them and the shares."""
    library = Apart(questions(), catalog.claims())
    kept = [(*case, *signs(case[0].title, library)) for case in cases()]
    names = list(kept[0][2])
    table = np.array([[*parts.values(), *meaning] for *_, parts, meaning in kept])
    ours = np.array([title.kind == "claims" for title, *_ in kept])
    weights = np.array([weight for _, weight, *_ in kept])
    ridge = np.array([RIDGE] * len(names) + [DIRECTION_RIDGE] * (table.shape[1] - len(names)))
    *parts, always = fit(table, ours, weights, ridge).round(3).tolist()
    fitted = dict(zip(names, parts, strict=False)) | {"always": always}
    encoded = msgspec.json.encode(answer.Fit(fitted, parts[len(names) :]))
    answer.SURENESS.write_bytes(encoded + b"\n")
    print(fitted)
    fold = np.arange(len(kept)) % FOLDS
    sure = np.zeros(len(kept))
    for k in range(FOLDS):
        rest = fold != k
        sure[~rest] = with_one(table[~rest]) @ fit(table[rest], ours[rest], weights[rest], ridge)
    for bound in BOUNDS:
        silent = sure < bound
        asked = ours & (weights == 1)
        theirs = ~ours & (weights == 1)
        shares = f"{silent[asked].mean():.1%} of ours, {silent[theirs].mean():.1%} of theirs"
        print(f"below {bound}: {shares}")


def cases() -> Iterator[tuple[Title, float]]:
    """Yield the titles that were looked at and the rewordings, each with how much it counts."""
    for name in (name for name in SETS if name not in UNSEEN):
        for title in titles(name):
            if title.kind in ("claims", "off"):
                yield title, 1.0 if title.kind == "claims" else 0.25
        for title in off(name):
            yield title, 0.25 if title.could_be_ours else 1.0
    for asked in msgspec.toml.decode(REWORDINGS.read_bytes())["rewording"]:
        yield Title(title=asked["words"], address="", kind="claims"), 0.5


def signs(title: str, library: Library) -> tuple[dict[str, float], np.ndarray]:
    """Return the signs of a title, and its vector."""
    error = errors.read(title)
    hits = answer.of_error(error, library) if error else library.index.find(title)
    return answer.signs(hits, title, library), answer.meaning(title)


def fit(table: np.ndarray, ours: np.ndarray, weights: np.ndarray, ridge: np.ndarray) -> np.ndarray:
    """Return the weights of a logistic regression, the constant last, by Newton's method.

    Args:
        table: the signs of each title.
        ours: whether a claim answers it.
        weights: how much it counts.
        ridge: how much the square of each sign's weight costs.
    """
    table = with_one(table)
    coefficients = np.zeros(table.shape[1])
    penalty = np.diag([*ridge, 1e-6])
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
