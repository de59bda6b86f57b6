"""The program that is written of a claim's test: its statements, and the names that it has."""

from __future__ import annotations

import ast
import builtins
import keyword
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from itertools import count
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from lstm_spec.harness import subject
from lstm_spec.run.script.values import (
    IMPURE,
    Frame,
    Value,
    computed,
    is_callable,
    is_ours,
    is_pure,
    is_simple,
    known,
    refuse,
    text,
)

SHORT = 48
"""Characters of a literal that is written where it is used, without a name."""


@dataclass
class Writer:
    """Writes the program."""

    call: Callable[[Value, Sequence[Value], Mapping[str, Value]], Value]
    """Calls a function, and writes the call."""
    fold: Callable[[Any, Frame], ast.expr]
    """Writes a function that was made on the way, given its definition and where it was made."""
    blocks: list[list[ast.stmt]] = field(default_factory=lambda: [[]])
    used: set[str] = field(default_factory=lambda: {"np", "keras"})
    """The names that the program has."""
    arrays: dict[int, tuple[Any, str]] = field(default_factory=dict)
    """The literals that have a name, by identity."""
    fields: dict[int, tuple[Any, str]] = field(default_factory=dict)
    """The arrays of cases, each with its name there, by identity."""
    globals: dict[str, tuple[Any, Mapping[str, Any]]] = field(default_factory=dict)
    """The names that the program takes from modules, each with where it stands."""

    def emit(self, statement: ast.stmt) -> None:
        """Add a statement to the program."""
        self.blocks[-1].append(statement)

    def write(self, value: Value) -> None:
        """Write an expression for what it does, if it does anything."""
        if not value.known and (value.items or value.node) and not is_simple(value.node):
            self.emit(ast.Expr(self.node(value)))

    def fresh(self, name: str) -> str:
        """Return a name that the program does not have yet."""
        name = name.strip("_")
        if not name.isidentifier() or keyword.iskeyword(name):
            name = "value"
        free = next(n for n in _numbered(name) if n not in self.used and not hasattr(builtins, n))
        self.used.add(free)
        return free

    def assign(self, name: str, node: ast.expr) -> ast.Name:
        """Give an expression a name in the program."""
        name = self.fresh(name)
        self.emit(ast.Assign([ast.Name(name, ast.Store())], node))
        return ast.Name(name, ast.Load())

    def named(self, value: Value, name: str) -> Value:
        """Return a value whose expression may be written more than once."""
        if value.known and is_dataclass(value.value):
            for part in fields(value.value):
                array = getattr(value.value, part.name)
                if isinstance(array, np.ndarray):
                    self.fields.setdefault(id(array), (array, part.name))
        if value.items is not None:
            parts = [self.named(part, name) for part in value.items]
            return self.display(value.value, parts)
        if value.known or value.body or value.fields or is_simple(value.node):
            return value
        return computed(value.value, self.assign(name, self.node(value)))

    def node(self, value: Value) -> ast.expr:
        """Return the expression of a value in the program."""
        if value.node is not None:
            return value.node
        if value.body:
            return self.fold(*value.body)
        if value.items is not None:
            kind = ast.List if isinstance(value.value, list) else ast.Tuple
            return kind([self.node(part) for part in value.items], ast.Load())
        if value.fields:
            refuse(f"a {type(value.value).__name__}")
        return self.literal(value.value, value.hint)

    def literal(self, value: Any, hint: str = "") -> ast.expr:
        """Write a value that is known; a long one is given a name."""
        if id(value) in self.arrays:
            return ast.Name(self.arrays[id(value)][1], ast.Load())
        hint = self.fields.get(id(value), (None, hint))[1]
        if isinstance(value, (list, tuple)):
            kind = ast.List if isinstance(value, list) else ast.Tuple
            return kind([self.literal(part, hint) for part in value], ast.Load())
        if isinstance(value, dict):
            values = [self.literal(part, str(key)) for key, part in value.items()]
            return ast.Dict([self.literal(key) for key in value], values)
        if isinstance(value, FunctionType) and is_ours(value):
            return self.node(self.module_value(value.__name__, value.__globals__))
        owner = getattr(value, "__self__", None)
        if callable(value) and owner is not None and not isinstance(owner, ModuleType):
            return ast.Attribute(self.literal(owner), value.__name__, ast.Load())
        if isinstance(value, slice):
            ends = (value.start, value.stop, value.step)
            return ast.Slice(*(None if end is None else self.literal(end) for end in ends))
        words = text(value)
        node = ast.parse(words, mode="eval").body
        if "np." in words:
            self.globals.setdefault("np", (np, {"np": np}))
        if isinstance(value, str) or (
            len(words) <= SHORT and not (isinstance(value, np.ndarray) and hint)
        ):
            return node
        name = self.assign(hint or "value", node).id
        self.arrays[id(value)] = value, name
        return ast.Name(name, ast.Load())

    def module_value(self, name: str, names: Mapping[str, Any]) -> Value:
        """Return what a module, or Python, calls by a name."""
        if name not in names:
            value = getattr(builtins, name)
            return Value(value, ast.Name(name, ast.Load()), value not in IMPURE)
        value = names[name]
        if names is vars(subject) and value is subject.UNDRAWN:
            value = {}  # what lstm() builds is given its weights in the next line
        if not is_callable(value) and is_pure(value):
            return known(value, name.lower())
        if self.globals.setdefault(name, (value, names))[0] is not value:
            refuse(f"two things are called {name}")
        self.used.add(name)
        return Value(value, ast.Name(name, ast.Load()), is_pure(value))

    def run(self, node: ast.expr, action: Callable[[], Any]) -> Value:
        """Do something that Keras has a part in; if it fails, the program ends with it."""
        try:
            return computed(action(), node)
        except Exception:
            self.emit(ast.Expr(node))
            raise

    def display(self, value: Any, parts: Sequence[Value]) -> Value:
        """Return a list or tuple of values."""
        if all(part.known for part in parts):
            return known(value)
        return Value(value, items=list(parts))

    def parts(self, value: Value) -> list[Value]:
        """Return the elements of something that is iterated over."""
        if value.items is not None:
            return list(value.items)
        elements = list(value.value)
        if value.known or isinstance(value.value, range):
            return [known(part, value.hint) for part in elements]
        node = self.node(value)
        if not isinstance(value.value, (list, tuple)):
            node = ast.Call(ast.Name("list", ast.Load()), [node], [])
        if not is_simple(node):
            node = self.assign("parts", node)
        return [
            computed(part, ast.Subscript(node, ast.Constant(k), ast.Load()))
            for k, part in enumerate(elements)
        ]

    def items(self, value: Value) -> list[tuple[Any, Value]]:
        """Return the keys and values of a dictionary."""
        if value.known:
            return [(key, known(part, str(key))) for key, part in value.value.items()]
        node = self.node(value)
        if isinstance(node, ast.Dict) and len(node.values) == len(value.value):
            pairs = zip(value.value.items(), node.values, strict=True)
            return [
                (key, known(part) if isinstance(n, ast.Constant) else computed(part, n))
                for (key, part), n in pairs
            ]
        node = node if is_simple(node) else self.assign("options", node)
        return [
            (key, computed(part, ast.Subscript(node, self.literal(key), ast.Load())))
            for key, part in value.value.items()
        ]

    def materialize(self, name: str, frame: Frame) -> None:
        """Turn a known variable into one of the program."""
        value = frame.names[name].value
        frame.names[name] = computed(value, self.assign(name, self.literal(value)))


def _numbered(name: str) -> Iterable[str]:
    yield name
    for number in count(2):
        yield f"{name}_{number}"
