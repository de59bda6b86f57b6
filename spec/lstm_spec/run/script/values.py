"""Values on the way from a claim's test to a program: what is known of them, and as text."""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, NoReturn

import numpy as np

from lstm_spec.harness import timing
from lstm_spec.run.script import UnwritableError, code_names, literal, reached

PURE = {
    *("numpy", "builtins", "math", "itertools", "functools", "dataclasses", "operator"),
    *("collections", "string", "typing", "re", "copy", "lstm_spec"),
}
"""What takes no part in what Keras does; all other modules do."""
IMPURE = {print, open, exec, eval, input, id, next, iter}
MOST_NUMBERS = 400
"""An array of more is not written."""


def refuse(reason: str) -> NoReturn:
    """Raise an UnwritableError.

    Raises:
        UnwritableError: in any case.
    """
    raise UnwritableError(reason)


@dataclass
class Value:
    """What an expression gives."""

    value: Any
    node: ast.expr | None = None
    """The expression in the program; None, if it is to be written as a literal."""
    known: bool = False
    """Whether it follows from the case alone."""
    body: tuple[Any, Frame] | None = None
    """Of a function that was made on the way: its definition, and where it was made."""
    hint: str = ""
    """A name that suits it."""
    items: Sequence[Value] | None = None
    """Of a list or tuple that was made on the way: its elements."""
    fields: Mapping[str, Value] | None = None
    """Of a case that is made of what Keras returned: its fields."""


@dataclass
class Frame:
    """The variables of a function that is being run."""

    names: dict[str, Value]
    globals: Mapping[str, Any]
    outer: Frame | None = None

    def find(self, name: str) -> Frame | None:
        """Return the frame that has a variable."""
        return self if name in self.names else self.outer and self.outer.find(name)


def known(value: Any, hint: str = "") -> Value:
    """Return a value that follows from the case alone."""
    return Value(value, None, True, None, hint)


def computed(value: Any, node: ast.expr) -> Value:
    """Return a value that Keras had a part in."""
    return Value(value, node)


def is_pure(value: Any) -> bool:
    """Return whether a value has nothing to do with Keras."""
    if isinstance(value, MethodType):
        return is_pure(value.__self__)
    if isinstance(value, FunctionType) and root(value) == "lstm_spec":
        return _only_pure(value, set())
    if isinstance(value, (list, tuple, set)):
        return all(map(is_pure, value))
    if isinstance(value, dict):
        return all(map(is_pure, value.values()))
    if isinstance(value, functools.partial):
        return is_pure(value.func) and is_pure([*value.args, *value.keywords.values()])
    if isinstance(value, BuiltinFunctionType) and value in IMPURE:
        return False
    return not is_foreign(value)


def _only_pure(function: FunctionType, seen: set[FunctionType]) -> bool:
    """Return whether a function of the project uses nothing but what is pure."""
    if function in seen:
        return True
    seen.add(function)
    if function.__closure__ or inspect.isgeneratorfunction(function):
        return False
    for name in code_names(function.__code__):
        value = function.__globals__.get(name)
        if isinstance(value, FunctionType) and root(value) == "lstm_spec":
            if not _only_pure(value, seen):
                return False
        elif not is_pure(value):
            return False
    return True


def measures(function: FunctionType) -> bool:
    """Return whether a function of the project measures time or memory."""
    return any(part.__module__ == timing.__name__ for part in reached(function))


def is_foreign(value: Any) -> bool:
    """Return whether a value comes from Keras, or from what else a program does with it."""
    if isinstance(value, type):
        return any(root(base) not in PURE for base in value.__mro__)
    return root(value) not in PURE


def root(value: Any) -> str:
    """Return the package that a value, or its type, comes from."""
    if isinstance(value, ModuleType):
        name = value.__name__
    elif isinstance(value, (type, FunctionType, BuiltinFunctionType)):
        name = value.__module__ or "builtins"
    else:
        name = type(value).__module__
    return name.partition(".")[0].lstrip("_")


def is_ours(value: Any) -> bool:
    """Return whether a function is one of the project that can be entered."""
    plain = isinstance(value, FunctionType) and value.__module__.startswith("lstm_spec.")
    if not plain or value.__closure__ or value.__name__ == "<lambda>":
        return False
    return not inspect.isgeneratorfunction(value) and not hasattr(value, "__wrapped__")


def is_builtin(value: Any) -> bool:
    """Return whether a value is a function or a type of Python itself."""
    return isinstance(value, (BuiltinFunctionType, type)) and root(value) == "builtins"


def is_callable(value: Any) -> bool:
    """Return whether a value is a function, a class or a module: a program names it."""
    return callable(value) or isinstance(value, ModuleType)


def hint_of(function: Any) -> str:
    """Return a name for what a function of the project returns."""
    return function.__name__ if is_ours(function) and function.__name__ != "noise" else ""


def is_simple(node: ast.expr | None) -> bool:
    """Return whether an expression may be written twice; some parts of a model change by a call."""
    if isinstance(node, ast.Attribute):
        return node.attr not in ("losses", "history") and is_simple(node.value)
    if isinstance(node, ast.Subscript):
        return is_simple(node.value) and isinstance(node.slice, ast.Constant)
    return isinstance(node, (ast.Name, ast.Constant))


def text(value: Any) -> str:
    """Write a value as an expression."""
    if isinstance(value, np.ndarray):
        return _array_text(value)
    if isinstance(value, np.dtype):
        return f"np.dtype({value.name!r})"
    if isinstance(value, np.generic):
        return f"np.{type(value).__name__}({value.item()!r})"
    name = getattr(value, "__name__", "")
    if isinstance(value, (type, np.ufunc)) and vars(np).get(name) is value:
        return f"np.{name}"
    if isinstance(value, (range, set, frozenset, bytes, complex)) or value is Ellipsis:
        return repr(value)
    if isinstance(value, (type, BuiltinFunctionType)) and value.__module__ == "builtins":
        return str(name)
    if is_dataclass(value):
        refuse(f"a {type(value).__name__}")
    return literal(value)


def _array_text(value: np.ndarray[Any, Any]) -> str:
    if value.dtype.hasobject:
        refuse("an array of objects")
    flat = value.ravel()
    same = flat.size > 1 and (flat == flat[0]).all()
    if same and flat[0] in (0, 1):
        name = "ones" if flat[0] else "zeros"
        return f"np.{name}({value.shape}, {value.dtype.name!r})"
    if same and flat.size > 4:
        return f"np.full({value.shape}, {flat[0].item()!r}, {value.dtype.name!r})"
    if value.size > MOST_NUMBERS:
        refuse(f"{value.size} numbers")
    text = literal(value)
    plain = text.removesuffix(f", {value.dtype.name!r})") + ")"
    exact = value.dtype.name in ("float64", "bool", "int64") and value.size
    return plain if exact and eval(plain, {"np": np}).dtype == value.dtype else text
