"""The middle of differences, and between what bounds it lies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def interval(differences: Sequence[float], error: float) -> tuple[float, float, float]:
    """Return the lower bound, the estimate and the upper bound of a centre of symmetry.

    The estimate is the median of the means of all pairs of differences, each with itself too
    (Hodges and Lehmann, 1963). The bounds are those of these means that Wilcoxon's signed-rank
    test would not reject (Hollander and Wolfe, Nonparametric Statistical Methods, section 3.4).
    The test is exact: where the differences are independent and each is as likely to lie so far
    above the centre as below it, whatever their distributions, the bounds miss the centre with a
    probability of at most `error`. An outlier counts for no more than its rank.

    Args:
        differences: at least one; with too few for so small an error the bounds are infinite.
        error: between 0 and 1, shared by both sides.
    """
    d = np.asarray(differences)
    one, other = np.triu_indices(len(d))
    means = np.sort((d[one] + d[other]) / 2)
    outside = int(np.sum(np.cumsum(_ranks(len(d))) <= error / 2))
    if not outside:
        return -np.inf, float(np.median(means)), np.inf
    return float(means[outside - 1]), float(np.median(means)), float(means[-outside])


def _ranks(count: int) -> Any:
    """Return the probability of each sum of the ranks 1 to `count` of which each counts or not."""
    chance = np.zeros(count * (count + 1) // 2 + 1)
    chance[0] = 1.0
    for rank in range(1, count + 1):
        chance[rank:] = (chance[rank:] + chance[:-rank]) / 2
        chance[:rank] /= 2
    return chance
