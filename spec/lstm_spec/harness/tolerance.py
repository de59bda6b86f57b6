"""How results are compared: in units of the rounding error of their type, never by a fraction.

The unit is eps * max(1, |expected|), eps being the gap between 1 and the next number of the
type (2**-23 in float32). Gates and outputs lie within [-1, 1], and rounding there is
absolute: a sum of terms of size 1 carries an error of size eps whatever is left of it.

ROUNDING is the default bound. Its size is measured: `tox run -e alarms` tries each claim on 1,000
cases of the newest Keras, with weights within [-1, 1] and a few units and timesteps, and the
largest error was 8.4 (docs/measured/tolerances.md); the rest is left to other processors and
releases. Where more must be allowed the claim names its own bound and says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

ROUNDING = 16.0

UNITS = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}
"""The rounding error of numbers of size 1, by type."""

BFLOAT16 = "bfloat16"
"""A type of floating-point numbers that NumPy does not know as such."""

NARROWER: set[str] = set()
"""Types in which what computes for Keras may compute numbers of a wider type."""

errors: list[tuple[float, float]] = []
"""The errors that assert_close saw, each with its bound, in units of rounding.

The claims' conftest empties it before each claim. What must be equal has no bound to come near.
"""


def assert_close(
    actual: Any,
    expected: Any,
    bound: float = ROUNDING,
    instead: Mapping[str, Any] | None = None,
) -> None:
    """Assert that two arrays agree to within `bound` units of rounding.

    Args:
        actual: what Keras returned; its type sets the unit. Lists are compared pairwise.
        expected: an array of the same shape.
        bound: how many units of rounding may lie between them.
        instead: what is computed where Keras is known to be wrong, by the reason; the failure
            names the reason if `actual` agrees with that. That float64 numbers are right to
            float32 is such a reason everywhere, and with NARROWER that others are to its types.

    Raises:
        AssertionError: another shape, no floating-point numbers where such are expected, or an
            error above the bound; NaN equals only NaN.
    """
    try:
        _compare(actual, expected, bound, errors)
    except AssertionError as error:
        reason = right_if(actual, instead or {}, bound)
        if not reason and _doubles(actual):
            single = Rounded(expected, "float32", bound or ROUNDING)
            reason = right_if(actual, {"it is computed in float32": single})
        if not reason and BFLOAT16 in NARROWER:
            reason = right_if(actual, in_bfloat16(expected, bound=0.5))
        raise AssertionError(f"{reason}{error}") from None


def _doubles(actual: Any) -> bool:
    """Return whether all arrays hold numbers of float64."""
    if isinstance(actual, (list, tuple)):
        return all(map(_doubles, actual))
    return bool(np.asarray(actual).dtype == "float64")


class Rounded(NamedTuple):
    """Numbers that are computed in another type than they are returned in."""

    values: Any
    """The exact numbers, in an array or in lists of arrays."""
    dtype: str
    """The name of the type: one of UNITS."""
    bound: float = ROUNDING
    """How many units of its rounding may lie between them and what is returned."""


def in_bfloat16(values: Any, bound: float = 0.25) -> dict[str, Rounded]:
    """Return what is computed where the processor has bfloat16, for an `instead`.

    A float32 output of OpenVINO is then off by 0.15 units of bfloat16's rounding at most, as was
    seen of outputs within [-1, 1].

    Args:
        values: the exact numbers.
        bound: how many units of bfloat16's rounding may lie between.
    """
    return {"it is computed in bfloat16": Rounded(values, "bfloat16", bound)}


def right_if(actual: Any, instead: Mapping[str, Any], bound: float = 0.0) -> str:
    """Return "right if ..., but ", with the reasons that explain what was returned, or nothing.

    Args:
        actual: what Keras returned.
        instead: what is computed where Keras is known to be wrong, by the reason.
        bound: how many units of rounding may lie between them; ROUNDING, if it is zero, and
            whole numbers are equal.
    """
    reasons = [
        name for name, values in instead.items() if _agree(actual, values, bound or ROUNDING)
    ]
    return f"right if {' or if '.join(reasons)}, but " if reasons else ""


def _agree(actual: Any, values: Any, bound: float, eps: float | None = None) -> bool:
    """Return whether arrays, or lists of arrays, are those that are computed for some reason."""
    if isinstance(values, Rounded):
        return _agree(actual, values.values, values.bound, UNITS[values.dtype])
    if isinstance(actual, (list, tuple)):
        pairs = zip(actual, values, strict=False)
        return len(actual) == len(values) and all(_agree(*pair, bound, eps) for pair in pairs)
    y = np.asarray(actual)
    z = np.asarray(values)
    whole = np.issubdtype(y.dtype, np.integer)
    return y.shape == z.shape and rounding_error(y, z, eps) <= (0.0 if whole else bound)


def _compare(actual: Any, expected: Any, bound: float, seen: list[tuple[float, float]]) -> None:
    """Assert that two arrays, or two lists of arrays, agree; add the errors to those seen."""
    if isinstance(actual, (list, tuple)):
        assert len(actual) == len(expected), f"{len(actual)} arrays, expected {len(expected)}"
        for value, other in zip(actual, expected, strict=True):
            _compare(value, other, bound, seen)
        return
    y = np.asarray(actual)
    z = np.asarray(expected)
    assert y.shape == z.shape, f"shape {y.shape}, expected {z.shape}"
    assert _floats(y) or not _floats(z), f"{y.dtype.name}, expected floating-point numbers: {y}"
    error = rounding_error(y, z)
    if bound:
        seen.append((error, float(bound)))  # a bound may be a number of NumPy
    off = f"off by {error:.3g} units of rounding (bound {bound:g})"
    assert error <= bound, f"{off}:\n{y}\nis not\n{z}"


def rounding_error(actual: Any, expected: Any, eps: float | None = None) -> float:
    """Return the largest difference of two arrays, in units of rounding.

    Args:
        actual: what Keras returned.
        expected: an array of the same shape.
        eps: the unit; default: that of the first array's type.
    """
    if actual.size == 0:
        return 0.0
    y = actual.astype(float)
    z = expected.astype(float)
    eps = eps or unit(actual)
    with np.errstate(invalid="ignore"):
        off = np.abs(y - z) / (eps * np.maximum(1.0, np.abs(z)))
    same = (y == z) | (np.isnan(y) & np.isnan(z))
    return float(np.max(np.where(same, 0.0, np.where(np.isnan(off), np.inf, off))))


def unit(array: Any) -> float:
    """Return the rounding error of numbers of size 1 of an array's type; 1 for whole numbers."""
    return UNITS[array.dtype.name] if _floats(array) else 1.0


def _floats(array: Any) -> bool:
    return array.dtype.name == BFLOAT16 or np.issubdtype(array.dtype, np.inexact)


def assert_same(actual: Any, expected: Any, instead: Mapping[str, Any] | None = None) -> None:
    """Assert that two arrays, or two lists of arrays, are equal bit for bit; NaN equals NaN.

    Args:
        actual: what Keras returned.
        expected: an array of the same shape.
        instead: as in assert_close.

    Raises:
        AssertionError: another shape, or another value anywhere.
    """
    assert_close(actual, expected, bound=0.0, instead=instead)


def assert_differs(actual: Any, expected: Any, everywhere: bool = False) -> None:
    """Assert that two arrays of one shape differ by more than rounding could explain.

    Args:
        actual: what Keras returned.
        expected: what it must not be.
        everywhere: whether every element must differ, not merely one.

    Raises:
        AssertionError: they agree to within ROUNDING units, somewhere or everywhere.
    """
    y = np.asarray(actual)
    z = np.asarray(expected)
    assert y.shape == z.shape, f"shape {y.shape}, expected {z.shape}"
    far = np.abs(y.astype(float) - z) > ROUNDING * unit(y) * np.maximum(1.0, np.abs(z))
    assert far.all() if everywhere else far.any(), f"no difference:\n{y}\nis\n{z}"
