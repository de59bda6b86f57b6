"""Names of the ledger's environments, those of a row that follow one another told as a span."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

ROWS = {
    "tensorflow": "TensorFlow",
    "keras": "Keras",
    "tf-keras": "tf-keras",
    "backend": "backend",
    "python": "Python",
    "with": "with",
}
"""How the rows of the matrix are called, in the order in which they are told; others follow."""
UNORDERED = {"backend", "with"}


def rows(names: Iterable[str]) -> dict[str, list[str]]:
    """Return the names of each row of the matrix, in their order: what stands before the number."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in names:
        found[name.rpartition("-")[0]].append(name)
    return found


def spans(chosen: Collection[str], names: Iterable[str]) -> str:
    """Tell which environments are meant, as in "Keras 3.0 to 3.8, 3.10, backend jax".

    Args:
        chosen: their names.
        names: all names, in their order.
    """
    told, listed = [], rows(names)
    for row in sorted(listed, key=lambda row: [*ROWS, row].index(row)):
        members = listed[row]
        parts = _runs([name in chosen for name in members], row not in UNORDERED)
        numbers = [name.rpartition("-")[2] for name in members]
        said = [" to ".join(dict.fromkeys((numbers[a], numbers[b]))) for a, b in parts]
        if said:
            told.append(f"{ROWS.get(row, row)} {', '.join(said)}")
    return ", ".join(told)


def _runs(met: list[bool], joined: bool) -> list[tuple[int, int]]:
    """Return the first and last place of each run; of one place each, unless they are joined."""
    found: list[tuple[int, int]] = []
    for k in (k for k, one in enumerate(met) if one):
        if joined and found and found[-1][1] == k - 1:
            found[-1] = found[-1][0], k
        else:
            found.append((k, k))
    return found
