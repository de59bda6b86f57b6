"""How results are compared: in units of the rounding error of their type, never by a fraction.

The unit is eps * max(1, |expected|), eps being the gap between 1 and the next number of the
type (2**-23 in float32). Gates and outputs lie within [-1, 1], and rounding there is
absolute: a sum of terms of size 1 carries an error of size eps whatever is left of it.

ROUNDING is the default bound. Its size is measured: `tox run -e alarms` tries each claim on 1,000
cases of the newest Keras, with weights within [-1, 1] and a few units and timesteps, and the
largest error was 8.4 (spec/tolerances.md); the rest is left to other processors and releases.
Where more must be allowed the claim names its own bound and says why.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

ROUNDING = 16.0

errors: list[tuple[float, float]] = []
"""The errors that assert_close saw, each with its bound, in units of rounding.

The claims' conftest empties it before each claim. What must be equal has no bound to come near.
"""


def assert_close(actual: Any, expected: Any, bound: float = ROUNDING) -> None:
    """Assert that two arrays agree to within `bound` units of rounding.

    Args:
        actual: what Keras returned; its type sets the unit. Lists are compared pairwise.
        expected: an array of the same shape.
        bound: how many units of rounding may lie between them.

    Raises:
        AssertionError: another shape, or an error above the bound; NaN equals only NaN.
    """
    if isinstance(actual, (list, tuple)):
        assert len(actual) == len(expected), f"{len(actual)} arrays, expected {len(expected)}"
        for one, other in zip(actual, expected, strict=True):
            assert_close(one, other, bound)
        return
    y, z = np.asarray(actual), np.asarray(expected)
    assert y.shape == z.shape, f"shape {y.shape}, expected {z.shape}"
    error = rounding_error(y, z)
    if bound:
        errors.append((error, float(bound)))  # a bound may be a number of NumPy
    said = f"off by {error:.3g} units of rounding (bound {bound:g})"
    assert error <= bound, f"{said}:\n{y}\nis not\n{z}"


def rounding_error(actual: Any, expected: Any) -> float:
    """Return the largest difference of two arrays, in units of rounding of the first one's type."""
    if actual.size == 0:
        return 0.0
    y, z = actual.astype(float), expected.astype(float)
    eps = unit(actual)
    with np.errstate(invalid="ignore"):
        off = np.abs(y - z) / (eps * np.maximum(1.0, np.abs(z)))
    same = (y == z) | (np.isnan(y) & np.isnan(z))
    return float(np.max(np.where(same, 0.0, np.where(np.isnan(off), np.inf, off))))


def unit(array: Any) -> float:
    """Return the rounding error of numbers of size 1 of an array's type; 1 for whole numbers."""
    if array.dtype.name == "bfloat16":  # a type that NumPy does not know
        return 2.0**-7
    inexact = np.issubdtype(array.dtype, np.inexact)
    return float(np.finfo(array.dtype).eps) if inexact else 1.0


def assert_same(actual: Any, expected: Any) -> None:
    """Assert that two arrays, or two lists of arrays, are equal bit for bit; NaN equals NaN.

    Raises:
        AssertionError: another shape, or another value anywhere.
    """
    assert_close(actual, expected, bound=0.0)


def assert_differs(actual: Any, expected: Any, everywhere: bool = False) -> None:
    """Assert that two arrays of one shape differ by more than rounding could explain.

    Args:
        actual: what Keras returned.
        expected: what it must not be.
        everywhere: whether every element must differ, not merely one.

    Raises:
        AssertionError: they agree to within ROUNDING units, somewhere or everywhere.
    """
    y, z = np.asarray(actual), np.asarray(expected)
    assert y.shape == z.shape, f"shape {y.shape}, expected {z.shape}"
    far = np.abs(y.astype(float) - z) > ROUNDING * unit(y) * np.maximum(1.0, np.abs(z))
    assert far.all() if everywhere else far.any(), f"no difference:\n{y}\nis\n{z}"


def assert_refused(call: Callable[[], Any], *words: str) -> None:
    """Assert that a call raises an exception whose text contains all the words.

    Args:
        call: a function without arguments.
        *words: stable parts of the message, or names of exception types.

    Raises:
        AssertionError: nothing was raised, or another text.
    """
    try:
        result = call()
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        missing = [word for word in words if word not in said]
        assert not missing, f"the error does not say {missing}: {said}"
    else:
        raise AssertionError(f"accepted, not refused: the call returned {result!r}")
