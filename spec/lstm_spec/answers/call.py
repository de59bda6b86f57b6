"""A constructor call as it is written: parsed, never evaluated."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass
from typing import Any

from lstm_spec.errors import UsageError

LAYERS = ("LSTM", "Bidirectional")
EXAMPLE = "'LSTM(2, return_sequences=True)'"
LITERALS = "a string, a number, True, False, None, or a tuple or list of these"
LONGEST = 2_000
"""So many characters a call may have."""
SHOWN = 40
"""So many characters of what was given are repeated in an error."""
LARGEST = 10**9
"""So large a size may be."""
SHAPE = re.compile(r"\s*(None|[0-9]{1,10})\s*,\s*(None|[0-9]{1,10})\s*")


class CallError(UsageError):
    """What was given is no constructor call, is refused by LSTM, or is no shape of an input."""


@dataclass(frozen=True)
class Call:
    """A call, with literals for its arguments; the first of Bidirectional may be a call too."""

    name: str
    """The name of the layer, without the modules before it."""
    positional: tuple[Any, ...]
    named: dict[str, Any]

    def __str__(self) -> str:
        """Write the call as Python."""
        given = [written(value) for value in self.positional]
        named = [f"{name}={written(value)}" for name, value in self.named.items()]
        return f"{self.name}({', '.join(given + named)})"


def written(value: Any) -> str:
    """Write an argument as Python."""
    return str(value) if isinstance(value, Call) else repr(value)


def short(text: str) -> str:
    """Return a text, cut if it is long."""
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def shown(text: str) -> str:
    """Return what was given for an error: quoted, on one line, and cut short."""
    return repr(short(text))


def parse(text: str) -> Call:
    """Read a constructor call.

    Raises:
        CallError: it is none, or has an argument that is no literal.
    """
    if len(text) > LONGEST:
        raise CallError(f"the call has {len(text)} characters; give at most {LONGEST}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise CallError(f"{shown(text)} is not Python; give a call such as {EXAMPLE}") from None
    return _call(node, text.strip())


def _call(node: ast.expr, text: str) -> Call:
    if not isinstance(node, ast.Call):
        raise CallError(f"{shown(text)} is no call; give one such as {EXAMPLE}")
    name = _name(node.func, text)
    words = [keyword.arg for keyword in node.keywords]
    if None in words or _has_star(node.args):
        raise CallError(f"{shown(text)} unpacks its arguments; write each of them out")
    if twice := [word for word in words if words.count(word) > 1]:
        raise CallError(f"{shown(str(twice[0]))} is given twice; give it once")
    return Call(
        name,
        tuple(_argument(name, value, text) for value in node.args),
        {str(keyword.arg): _argument(name, keyword.value, text) for keyword in node.keywords},
    )


def _has_star(nodes: list[ast.expr]) -> bool:
    return any(isinstance(node, ast.Starred) for node in nodes)


def _name(node: ast.expr, text: str) -> str:
    """Return the name of the layer; before it may stand keras.layers or the like.

    Raises:
        CallError: it is another layer, or comes from elsewhere.
    """
    *modules, name = _dotted(node)
    if name not in LAYERS or (modules and modules[-1] != "layers"):
        told = shown(_source(node, text))
        raise CallError(f"{told} is not explained; give LSTM(...) or Bidirectional(LSTM(...))")
    return name


def _dotted(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Attribute):
        return [*_dotted(node.value), node.attr]
    return [node.id] if isinstance(node, ast.Name) else [""]


def _argument(owner: str, node: ast.expr, text: str) -> Any:
    if owner == "Bidirectional" and isinstance(node, ast.Call):
        return _call(node, text)
    return _literal(node, text)


def _literal(node: ast.expr, text: str) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, int, float, type(None))):
        return node.value
    if isinstance(node, (ast.Tuple, ast.List)) and not _has_star(node.elts):
        parts = [_literal(part, text) for part in node.elts]
        return parts if isinstance(node, ast.List) else tuple(parts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        value = _literal(node.operand, text)
        if isinstance(value, (int, float)):
            return -value if isinstance(node.op, ast.USub) else +value
    told = shown(_source(node, text))
    raise CallError(f"{told} is no literal, and nothing is evaluated; give {LITERALS}")


def _source(node: ast.expr, text: str) -> str:
    return ast.get_source_segment(text, node) or text


def input_shape(text: str) -> tuple[int | None, int | None]:
    """Read the numbers of timesteps and of features, such as 3,1 or None,1.

    Raises:
        CallError: it is neither.
    """
    sizes = SHAPE.fullmatch(text)
    if sizes is None:
        hint = "the numbers of timesteps and of features, such as 3,1 or None,1, without the batch"
        raise CallError(f"{shown(text)} is no shape of an input; give {hint}")
    timesteps, features = (None if size == "None" else int(size) for size in sizes.groups())
    for size in (timesteps, features):
        if size is not None and size > LARGEST:
            raise CallError(f"{size} in --input is too large; give at most {LARGEST}")
    return timesteps, features
