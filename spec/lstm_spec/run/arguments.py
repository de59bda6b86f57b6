"""Which claims try which arguments of the LSTM family, with which values, in which pairs.

`pytest --pyargs lstm_spec.claims --lstm-arguments FILE` watches the constructors and `call`
methods while the claims run, and writes what they were given. From such a recording the table
is made; the arguments themselves come from the signatures of the installed Keras.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from itertools import combinations
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import msgspec

FILE = Path(__file__).with_name("arguments.json")

Signature = dict[str, Any]
Signatures = dict[str, Signature]
Tried = dict[tuple[str, str], dict[str, set[str]]]
"""By object and argument: the values that are no default, each with its claims."""
REQUIRED = inspect.Parameter.empty


def signatures(family: dict[str, type]) -> Signatures:
    """Return the arguments of each constructor and `call`, with their defaults.

    What a constructor passes on by `**kwargs` is among its arguments, except what every layer
    takes: that stands under "Layer". Of Embedding only `mask_zero` concerns an LSTM.

    Args:
        family: the classes by name, "Layer" among them.
    """
    taken: Signatures = {}
    for name, kind in family.items():
        taken[name] = constructor(kind, family["Layer"])
        if name != "Layer":
            taken[f"{name}.call"] = _named(kind.call)  # type: ignore[attr-defined]  # layers have it
    return {**taken, "Embedding": {"mask_zero": taken["Embedding"]["mask_zero"]}}


def installed() -> Signatures:
    """Return the arguments that the installed Keras takes."""
    from lstm_spec.harness import subject  # only here: it imports Keras

    return signatures(subject.family())


def constructor(kind: type, layer: type) -> Signature:
    """Return the arguments of a class's constructor.

    Args:
        kind: the class.
        layer: the base whose arguments are left out, unless it is the class itself.
    """
    taken: Signature = {}
    for owner in kind.__mro__:
        if owner is layer and kind is not layer:
            break
        if method := vars(owner).get("__init__"):
            named = _named(method)
            passed = {name: value for name, value in named.items() if value is not REQUIRED}
            taken = {**(passed if owner is not kind else named), **_popped(method), **taken}
        if owner is layer:
            break
    return taken


def _named(method: Any) -> Signature:
    stars = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    given = list(inspect.signature(method).parameters.values())[1:]
    return {part.name: part.default for part in given if part.kind not in stars}


def _popped(method: Any) -> Signature:
    """Return the arguments that a constructor takes out of `kwargs` itself."""
    taken = re.findall(
        r'kwargs\.pop\(\s*"(\w+)",\s*(None|True|False|[\d.]+)', inspect.getsource(method)
    )
    return {name: ast.literal_eval(value) for name, value in taken}


def describe(value: Any) -> str:
    """Return a value as the table shows it: as written, or its kind if it has many."""
    if value is None or isinstance(value, (bool, str)):
        return repr(value)
    if isinstance(value, (int, float)):
        kind = type(value).__name__
        return f"{kind} {value:g}" if value in (0, 1) else f"{kind} {_size(value)}"
    return "function" if inspect.isfunction(value) else type(value).__name__


def _size(value: float) -> str:
    return "below 0" if value < 0 else "between 0 and 1" if value < 1 else "above 1"


class Watch:
    """Keeps what constructors and `call` methods are given, except by Keras itself."""

    def __init__(self, family: dict[str, type], always: dict[str, Any]) -> None:
        """Find the code of the methods.

        Args:
            family: the classes by name.
            always: what the harness gives to every LSTM; it is no trial of these arguments.
        """
        self.always = always
        self.signatures = signatures(family)
        self.codes: dict[CodeType, str] = {}
        for name, kind in family.items():
            for label, method in ((name, "__init__"), (f"{name}.call", "call")):
                if method in vars(kind) and name != "Layer":
                    self.codes[inspect.unwrap(vars(kind)[method]).__code__] = label
        self.seen: set[tuple[str, str]] = set()

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Watch what happens inside."""
        before = sys.gettrace()
        self.seen.clear()
        sys.settrace(self._enter)
        try:
            yield
        finally:
            sys.settrace(before)

    def _enter(self, frame: FrameType, event: str, arg: Any) -> None:
        label = self.codes.get(frame.f_code)
        if label and not self._inside(frame.f_back):
            self.seen.add((label, json.dumps(self._given(label, frame.f_locals), sort_keys=True)))

    def _inside(self, frame: FrameType | None) -> bool:
        while frame is not None:
            if frame.f_code in self.codes:
                return True
            frame = frame.f_back
        return False

    def _given(self, label: str, local: dict[str, Any]) -> dict[str, str]:
        """Return the arguments that are not as by default."""
        shared = {} if label.endswith(".call") else self.signatures["Layer"]
        defaults = {**shared, **self.signatures[label]}
        values = {**local, **local.get("kwargs", {})}
        return {
            name: "text" if name == "name" else describe(values[name])
            for name, default in defaults.items()
            if name in values
            and _differs(values[name], default)
            and not (name in self.always and values[name] == self.always[name])
        }


def _differs(value: Any, default: Any) -> bool:
    return type(value) is not type(default) or bool(value != default)


def append(file: Path, claim: str, seen: set[tuple[str, str]]) -> None:
    """Add what was seen of a claim to a file; several processes may do so at once.

    Raises:
        OSError: the file cannot be written.
    """
    calls = [Call(name, json.loads(given), [claim]) for name, given in sorted(seen)]
    with file.open("ab", buffering=0) as out:
        out.write(b"".join(msgspec.json.encode(call) + b"\n" for call in calls))


class Call(msgspec.Struct, frozen=True):
    """One set of arguments that was given, the defaults left out."""

    object: str
    arguments: dict[str, str]
    claims: list[str]


class Recording(msgspec.Struct, forbid_unknown_fields=True):
    """What the claims gave to the LSTM family on one Keras."""

    keras: str
    calls: list[Call]

    @property
    def claims(self) -> set[str]:
        """The claims that were watched, those that gave nothing left out."""
        return {claim for call in self.calls for claim in call.claims}

    def tried(self, known: Signatures) -> Tried:
        """Return, for each object and argument, the values that are no default, and their claims.

        Args:
            known: the signatures; what every layer takes counts for "Layer" too.
        """
        values: Tried = defaultdict(lambda: defaultdict(set))
        for call in self.calls:
            for argument, value in call.arguments.items():
                for owner in (call.object, "Layer"):
                    if argument in known[owner]:
                        values[owner, argument][value].update(call.claims)
        return values

    def untried(self, known: Signatures) -> list[tuple[str, str]]:
        """Return the objects and arguments to which no claim gives another value."""
        tried = self.tried(known)
        return [(name, word) for name in known for word in known[name] if not tried[name, word]]

    def together(self, name: str) -> set[frozenset[str]]:
        """Return the pairs of arguments of an object that were given together."""
        sets = [set(call.arguments) for call in self.calls if call.object == name]
        return {frozenset(pair) for names in sets for pair in combinations(sorted(names), 2)}


def load(file: Path = FILE) -> Recording:
    """Return a recording.

    Raises:
        OSError: the file cannot be read.
        msgspec.DecodeError: it is no recording.
    """
    return msgspec.json.decode(file.read_bytes(), type=Recording)


def merge(raw: Path) -> Recording:
    """Return what `append` wrote as a recording, each set of arguments once.

    Raises:
        OSError: the file cannot be read.
        msgspec.DecodeError: a line is not as `append` writes it.
    """
    claims: dict[tuple[str, str], set[str]] = defaultdict(set)
    for line in raw.read_bytes().splitlines():
        call = msgspec.json.decode(line, type=Call)
        claims[call.object, json.dumps(call.arguments)].update(call.claims)
    calls = [Call(name, json.loads(given), sorted(by)) for (name, given), by in claims.items()]
    calls.sort(key=lambda call: (call.object, sorted(call.arguments.items())))
    return Recording(metadata.version("keras"), calls)


if __name__ == "__main__":
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(merge(Path(sys.argv[1]))), indent=0))
