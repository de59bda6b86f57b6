"""What Python's own functions return, and the methods of its lists and dictionaries."""

from __future__ import annotations

from typing import Any

from lstm_spec.reviews.network import UNKNOWN, known
from lstm_spec.reviews.values import (
    COUNTED,
    PLAIN,
    Arguments,
    Array,
    Listing,
    Number,
    Table,
    is_number,
    items_of,
)

HARMLESS = (
    *("print", "len", "range", "xrange", "int", "float", "str", "list", "tuple", "dict", "set"),
    *("reversed", "sorted", "enumerate", "zip", "max", "min", "sum", "abs", "round", "type"),
    *("isinstance", "id", "repr", "map", "filter", "any", "all", "super", "hasattr", "getattr"),
)
"""Functions of Python's own that change nothing."""
MUTATING = (
    *("add", "append", "extend", "insert", "pop", "remove", "clear", "update", "sort"),
    *("reverse", "setdefault", "popitem", "discard"),
)


def builtin(name: str, call: Arguments, depth: int) -> Any:
    """Return what a function of Python's own returns."""
    given = call.given
    items = items_of(given[0]) if given else []
    first = given[0] if given else None
    if not call.whole:
        return _uncertain(name, depth)
    if name in ("range", "xrange") and given and known(*given):
        numbers = range(*given[:3]) if len(given) < 3 or given[2] else range(0)
        return Listing(list(numbers) if len(numbers) <= COUNTED else None, depth, Number())
    if name == "len":
        if isinstance(first, Array) and first.shape:
            return first.shape[0]
        sized = first if isinstance(first, str) else items
        if sized is not None:
            return len(sized)
    if name in ("int", "float") and isinstance(first, (int, float)):
        try:
            return {"int": int, "float": float}[name](first)
        except (ValueError, OverflowError):
            return UNKNOWN
    if name in ("len", "int", "float") and given:
        return Number()
    if name in ("list", "tuple", "reversed", "sorted", "zip"):
        return _rearranged(name, given, items, depth)
    if name == "enumerate":
        return _enumerated(items, call.get(1, "start", default=0), depth)
    if name in ("max", "min") and len(given) > 1 and all(map(is_number, given)):
        return UNKNOWN if call.named else {"max": max, "min": min}[name](given)
    return _table(call, depth) if name == "dict" else UNKNOWN


def _uncertain(name: str, depth: int) -> Any:
    """Return what a function returns of arguments that are not all known."""
    if name == "dict":
        return Table(None, depth)
    return Listing(None, depth) if name in ("list", "sorted", "reversed", "zip") else UNKNOWN


def _enumerated(items: list[Any] | None, start: Any, depth: int) -> Listing:
    if items is None:
        return Listing(None, depth)
    numbers = range(start, start + len(items)) if known(start) else [UNKNOWN] * len(items)
    return Listing(list(zip(numbers, items, strict=True)), depth)


def _table(call: Arguments, depth: int) -> Table:
    """Return the dictionary of another one, or of pairs, and of arguments by name."""
    first = call.given[0] if call.given else Table({})
    pairs: list[Any] | None = items_of(first)
    if isinstance(first, Table):
        pairs = None if first.items is None else list(first.items.items())
    if pairs is None or not all(map(_is_pair, pairs)):
        return Table(None, depth)
    return Table(dict(pairs) | call.named, depth)


def _is_pair(pair: Any) -> bool:
    return isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], PLAIN)


def _rearranged(name: str, given: list[Any], items: list[Any] | None, depth: int) -> Any:
    if not given:
        return () if name == "tuple" else Listing([], depth)
    if name == "zip":
        columns = [items_of(argument) for argument in given]
        if any(column is None for column in columns):
            return Listing(None, depth)
        return Listing(list(zip(*columns, strict=False)), depth)
    if items is None or name == "sorted":
        return UNKNOWN if name == "tuple" else Listing(None, depth)
    if name == "tuple":
        return tuple(items)
    return Listing(items[::-1] if name == "reversed" else list(items), depth)


def method_of_list(owner: Listing, name: str, given: list[Any], depth: int) -> Any:
    """Return what a method of a list returns, and change the list as it does."""
    if name == "append" and given:
        if owner.items is None or depth > owner.depth:
            owner.append(given[0])
        else:
            owner.extend([given[0]], depth)
    elif name == "extend" and given:
        owner.extend(items_of(given[0]), depth)
    elif name in MUTATING:
        owner.spoil()
    elif name == "copy":
        return Listing(None if owner.items is None else list(owner.items), depth)
    return UNKNOWN


def method_of_table(owner: Table, name: str, given: list[Any], depth: int) -> Any:
    """Return what a method of a dictionary returns, and change the dictionary as it does."""
    if owner.items is None:
        return UNKNOWN
    if name == "get" and given and isinstance(given[0], PLAIN):
        default = given[1] if len(given) > 1 else None
        return owner.items.get(given[0], default)
    if name == "items":
        return Listing(list(owner.items.items()), depth)
    if name == "values":
        return Listing(list(owner.items.values()), depth)
    if name == "keys":
        return Listing(list(owner.items), depth)
    if name in MUTATING:
        owner.items = None
    return UNKNOWN
