"""The constructor of LSTM: what it takes, what it refuses, and what an argument changes.

The arguments are recorded in constructor.toml, so nothing here imports Keras.
"""

from __future__ import annotations

import difflib
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from lstm_spec import catalog
from lstm_spec.answers.call import LARGEST, Call, CallError, short, written
from lstm_spec.answers.standing import standing
from lstm_spec.run import toml

FILE = Path(__file__).with_name("constructor.toml")
MERGE_MODES = ("sum", "mul", "ave", "concat", None)

Given = dict[str, Any]
"""Arguments by name, those alone that the call gives."""


class Argument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An argument of LSTM, and what is told of it."""

    name: str
    kind: str
    claims: list[str]
    default: Any = None
    names: str = ""
    keyword: bool = False
    on: str = ""
    off: str = ""
    changes: str = ""
    values: dict[str, list[str]] = {}

    def change(self, value: Any) -> str:
        """Say what a value does."""
        return self.changes or (self.on if value else self.off)

    def differs(self, value: Any) -> bool:
        """Say whether a value is not the default."""
        return type(value) is not type(self.default) or bool(value != self.default)


class Constructor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What constructor.toml holds."""

    core: list[str]
    occasions: dict[str, list[str]]
    argument: list[Argument]
    names: dict[str, list[str]]

    @property
    def by_name(self) -> dict[str, Argument]:
        """The arguments by their names."""
        return {argument.name: argument for argument in self.argument}


@cache
def constructor() -> Constructor:
    """Return the constructor of LSTM as it is recorded."""
    return toml.read(FILE, Constructor)


class RefusedError(CallError):
    """What Keras refuses; the message is the claim that says so."""

    def __init__(self, given: str, claim: str, instead: str) -> None:
        """Write the message.

        Args:
            given: what was given.
            claim: the id of the claim.
            instead: what to write.
        """
        said = str(standing(catalog.find(claim))).removesuffix(".")
        super().__init__(f"{given}: {said} ({claim}). Give {instead}.")


def bind(call: Call) -> Given:
    """Return the arguments of a call of LSTM by name.

    Raises:
        CallError: they do not fit together, or units is missing.
        RefusedError: LSTM refuses one of them.
    """
    takes = constructor().by_name
    order = [name for name, argument in takes.items() if not argument.keyword]
    given = _by_name(call, order)
    for name in given:
        if name not in takes:
            near = difflib.get_close_matches(name, list(takes), n=1) or ["one that LSTM has"]
            shown = f"{name}={short(written(given[name]))}"
            raise RefusedError(shown, "shapes.unknown-arguments", f"another argument: {near[0]}")
    if "units" not in given:
        raise CallError(f"{short(str(call))} lacks units; give how many there are, as in LSTM(8)")
    for name, value in given.items():
        check(takes[name], value)
    return given


def _by_name(call: Call, order: list[str]) -> Given:
    if len(call.positional) > len(order):
        count = len(call.positional)
        raise CallError(f"{call.name} takes {len(order)} arguments by position, not {count}")
    given = dict(zip(order, call.positional, strict=False))
    if twice := sorted(given.keys() & call.named.keys()):
        raise CallError(f"{twice[0]} is given twice, by position and by name; give it once")
    return given | call.named


def check(argument: Argument, value: Any) -> None:
    """Find out whether LSTM takes a value.

    Raises:
        CallError: it does not.
        RefusedError: it does not, and a claim says so.
    """
    given = f"{argument.name}={short(written(value))}"
    if argument.kind == "units":
        _check_units(given, value)
    elif argument.kind == "function":
        _check_function(given, argument, value)
    elif argument.kind == "seed" and value is not None and type(value) is not int:
        raise RefusedError(given, "errors.seed-of-another-type", "a whole number or None")
    elif argument.kind == "cudnn" and value not in (True, False, "auto"):
        raise RefusedError(given, "errors.use-cudnn-value", 'True, False or "auto"')
    elif argument.kind == "dtype":
        _check_dtype(given, value)
    elif expected := _expected(argument.kind, value):
        raise CallError(f"{given} is refused by Keras; give {expected}")


def _check_units(given: str, value: Any) -> None:
    whole = "a whole number from 1 up"
    if value is True:
        raise RefusedError(given, "errors.units-true", whole)
    if isinstance(value, float):
        raise RefusedError(given, "shapes.whole-units", whole)
    if not isinstance(value, int):
        raise RefusedError(given, "errors.units-of-text", whole)
    if value < 1:
        raise RefusedError(given, "shapes.positive-units", whole)
    if value > LARGEST:
        raise CallError(f"{given} is too large; give at most {LARGEST}")


def _check_function(given: str, argument: Argument, value: Any) -> None:
    names = constructor().names[argument.names]
    if value is None or (isinstance(value, str) and value in names):
        return
    if isinstance(value, str):
        near = difflib.get_close_matches(value.lower(), names, n=2) or names[-3:]
        raise RefusedError(given, "errors.unknown-name", " or ".join(map(repr, near)))
    named = f"the name of a function, such as {(argument.default or names[0])!r}"
    if argument.name == "activation" and not isinstance(value, float):
        raise RefusedError(given, "errors.second-argument-of-layer", named)
    raise RefusedError(given, "errors.number-for-function", named)


def _check_dtype(given: str, value: Any) -> None:
    names = constructor().names["dtypes"]
    if value is None or (isinstance(value, str) and value in names):
        return
    if isinstance(value, str) and value.lstrip("u").startswith(("int", "bool")):
        raise RefusedError(
            given, "errors.integer-dtype", "a type of floating point, such as 'float32'"
        )
    raise CallError(f"{given} is no type of an LSTM; give one of {', '.join(names)}")


def _expected(kind: str, value: Any) -> str:
    """Say what is expected of a value; nothing, if it is as expected."""
    if kind == "share" and not isinstance(value, (int, float)):
        return "a number from 0 to 1"
    if kind == "trainable" and not isinstance(value, bool):
        return "True or False"
    if kind == "name" and value is not None and (not isinstance(value, str) or "/" in value):
        return "a string without a slash"
    return ""


def unwrap(call: Call) -> tuple[Call, str | None]:
    """Return the call of LSTM within Bidirectional, and the merge_mode.

    Raises:
        CallError: it is not a call of one LSTM with a merge_mode and a name.
        RefusedError: Bidirectional refuses the merge_mode.
    """
    given = _by_name(call, ["layer", "merge_mode", "weights", "backward_layer"])
    inner = given.pop("layer", None)
    if not isinstance(inner, Call) or inner.name != "LSTM":
        raise CallError(f"{short(str(call))} holds no LSTM; give Bidirectional(LSTM(...))")
    if other := sorted(given.keys() - {"merge_mode", "name"}):
        hint = "give a merge_mode and a name only"
        raise CallError(f"the {other[0]} of Bidirectional is not explained; {hint}")
    mode = given.get("merge_mode", "concat")
    if mode not in MERGE_MODES:
        choices = ", ".join(map(repr, MERGE_MODES))
        raise RefusedError(
            f"merge_mode={short(written(mode))}", "wrappers.merge-mode-names", f"one of {choices}"
        )
    check(constructor().by_name["name"], given.get("name"))
    return inner, mode
