"""What the harness, and Python, do in a claim's test, as a program says it in few words."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from itertools import count
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np

from lstm_spec.harness import refusals, strategies, subject, tolerance
from lstm_spec.run.script import UnwritableError
from lstm_spec.run.script.values import MOST_NUMBERS, Value, computed, known
from lstm_spec.run.script.writer import Writer


class Substitute(ast.NodeTransformer):
    """Puts expressions in place of names."""

    def __init__(self, nodes: Mapping[str, ast.expr]) -> None:
        """Take the expressions by name."""
        self.nodes = nodes

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Return the expression that replaces a name."""
        return self.nodes.get(node.id, node)


def _close(
    writer: Writer,
    actual: Value,
    expected: Value,
    bound: Value | None = None,
    instead: Value | None = None,
) -> Value:
    """Write a comparison with a tolerance; what a known fault gives instead is left out."""
    limit = tolerance.ROUNDING if bound is None else float(bound.value)
    if isinstance(actual.value, (list, tuple)):
        if len(actual.value) == len(expected.value):
            sides = writer.parts(actual), writer.parts(expected)
            for value, other in zip(*sides, strict=True):
                _close(writer, value, other, known(limit))
            return known(None)
        writer.emit(_statement("assert len(_0) == len(_1)", writer, actual, expected))
    else:
        size = limit * tolerance.unit(np.asarray(actual.value))
        _comparison(writer, actual, expected, size)
    tolerance.assert_close(actual.value, expected.value, limit)
    return known(None)


def _comparison(writer: Writer, actual: Value, expected: Value, size: float) -> None:
    z = np.asarray(expected.value)
    if expected.known:
        expected = known(_rounded(z, size), "expected")
    if size == 0.0:
        text = "np.testing.assert_array_equal(_0, _1)"
    else:
        large = z.size and np.max(np.abs(np.nan_to_num(z.astype(float)))) > 1.0
        text = f"np.testing.assert_allclose(_0, _1, {_tolerances(size, bool(large))})"
    writer.emit(_statement(text, writer, _array(writer, actual), _array(writer, expected)))


def _tolerances(size: float, large: bool) -> str:
    return f"rtol={size:.2g}, atol={size:.2g}" if large else f"rtol=0, atol={size:.2g}"


def _rounded(z: np.ndarray[Any, Any], size: float) -> np.ndarray[Any, Any]:
    """Return numbers with no more digits than a comparison can see."""
    if size < 1e-9 or not np.issubdtype(z.dtype, np.floating) or z.size > MOST_NUMBERS:
        return z
    digits = 3 - math.floor(math.log10(size))
    return np.array([float(f"{v:.{digits}g}") for v in z.ravel()]).reshape(z.shape)


def _same(writer: Writer, actual: Value, expected: Value, instead: Value | None = None) -> Value:
    return _close(writer, actual, expected, known(0.0))


def _differs(
    writer: Writer, actual: Value, expected: Value, everywhere: Value | None = None
) -> Value:
    """Write that two arrays differ by more than rounding."""
    whole = bool(everywhere and everywhere.value)
    actual, expected = (_array(writer, side) for side in (actual, expected))
    actual = writer.named(actual, "actual")
    size = tolerance.ROUNDING * tolerance.unit(np.asarray(actual.value))
    large = bool(np.max(np.abs(np.asarray(expected.value, float)), initial=0.0) > 1.0)
    near = f"np.isclose(_0, _1, {_tolerances(size, large)}, equal_nan=True)"
    test = f"assert not {near}.{'any' if whole else 'all'}()"
    writer.emit(_statement(f'{test}, f"no difference: {{_0}}"', writer, actual, expected))
    tolerance.assert_differs(actual.value, expected.value, whole)
    return known(None)


REFUSED = """
try:
    pass
except Exception as error:
    message = f"{type(error).__name__}: {error}"
    assert all(word in message for word in _0), message
else:
    raise AssertionError(_1)
"""


ALTERNATIVES = REFUSED.replace(
    "all(word in message for word in _0)",
    "all(any(word in message for word in words) for words in _0)",
)


def _refused(writer: Writer, call: Value, *words: Value) -> Value:
    """Write that a call is refused, by an error that says certain words.

    Raises:
        UnwritableError: the call does what cannot be written.
    """
    values = [word.value for word in words]
    writer.blocks.append([])
    result: Value | None = None
    failure = None
    try:
        result = writer.call(call, [], {})
        writer.write(result)
    except UnwritableError:
        raise
    except Exception as error:
        failure = error
    body = writer.blocks.pop()
    shown, template = _occurring(values, failure)
    accepted = known(f"accepted, not refused by an error that says {shown}")
    statement = _statement(template, writer, known(shown), accepted)
    assert isinstance(statement, ast.Try)
    statement.body = body or [ast.Pass()]
    writer.emit(statement)

    def again() -> Any:
        if failure:
            raise failure
        return result and result.value

    refusals.assert_refused(again, *values)
    return known(None)


def _occurring(values: list[Any], failure: Exception | None) -> tuple[list[Any], str]:
    """Return what an error must say, and how it is compared: of alternatives that which it says."""
    message = f"{type(failure).__name__}: {failure}"
    several = [[words] if isinstance(words, str) else list(words) for words in values]
    left = [[word for word in words if word in message] or words for words in several]
    met = [words[:1] if any(word in message for word in words) else words for words in left]
    if any(len(words) > 1 for words in met):
        return met, ALTERNATIVES
    return [words[0] for words in met], REFUSED


def _to_numpy(writer: Writer, tensor: Value) -> Value:
    """Write that a tensor is read as an array."""
    if isinstance(tensor.value, (list, tuple)):
        parts = [_to_numpy(writer, part) for part in writer.parts(tensor)]
        return writer.display([part.value for part in parts], parts)
    if isinstance(tensor.value, np.ndarray):
        return tensor
    return _array(writer, tensor, always=True)


def _array(writer: Writer, value: Value, always: bool = False) -> Value:
    """Return a tensor as an array; TensorFlow's are read by NumPy itself."""
    if value.known or isinstance(value.value, (np.ndarray, np.generic, int, float)):
        return value
    if subject.backend() == "tensorflow":
        text = "np.array(_0)" if always else "_0"
    else:
        text = "keras.ops.convert_to_numpy(_0)"
    statement = _statement(text, writer, value)
    assert isinstance(statement, ast.Expr)
    return computed(subject.to_numpy(value.value), statement.value)


def _replace(writer: Writer, record: Value, **changes: Value) -> Value:
    """Change a case; what Keras returned may be part of it."""
    value = replace(record.value, **{name: part.value for name, part in changes.items()})
    if record.known and all(part.known for part in changes.values()):
        return known(value)
    kept = record.fields or {
        part.name: known(getattr(record.value, part.name), part.name)
        for part in fields(record.value)
    }
    written = {name: writer.named(part, name) for name, part in changes.items()}
    return Value(value, fields={**kept, **written})


def _zip(writer: Writer, *given: Value, strict: Value | None = None) -> Value:
    rows = list(zip(*map(writer.parts, given), strict=bool(strict and strict.value)))
    pairs = [writer.display(tuple(part.value for part in row), row) for row in rows]
    return writer.display([pair.value for pair in pairs], pairs)


def _enumerate(writer: Writer, given: Value, start: Value | None = None) -> Value:
    numbers = count(start.value if start else 0)
    rows = [(known(next(numbers)), part) for part in writer.parts(given)]
    pairs = [writer.display((number.value, part.value), (number, part)) for number, part in rows]
    return writer.display([pair.value for pair in pairs], pairs)


def _reversed(writer: Writer, given: Value) -> Value:
    parts = writer.parts(given)[::-1]
    return writer.display([part.value for part in parts], parts)


def _map(writer: Writer, function: Value, *given: Value) -> Value:
    rows = zip(*map(writer.parts, given), strict=False)
    parts = [writer.call(function, row, {}) for row in rows]
    return writer.display([part.value for part in parts], parts)


def _listed(kind: type) -> Callable[..., Value]:
    """Return what makes a list or a tuple of something."""

    def convert(writer: Writer, given: Value | None = None) -> Value:
        if given is None:
            return known(kind())
        if given.known:
            return known(kind(given.value))
        if given.items is None:
            node = ast.Call(ast.Name(kind.__name__, ast.Load()), [writer.node(given)], [])
            return writer.run(node, lambda: kind(given.value))
        return writer.display(kind(given.value), given.items)

    return convert


def _type(writer: Writer, given: Value, *more: Value) -> Value:
    if more:  # a class is made of a name, the classes that it derives from, and what it has
        parts = (given, *more)
        node = ast.Call(ast.Name("type", ast.Load()), [writer.node(part) for part in parts], [])
        return writer.run(node, lambda: type(*(part.value for part in parts)))
    kind = type(given.value)
    if kind in (list, tuple):
        return Value(kind, ast.Name(kind.__name__, ast.Load()), True)
    return computed(kind, ast.Call(ast.Name("type", ast.Load()), [writer.node(given)], []))


def _len(writer: Writer, given: Value) -> Value:
    if given.known or given.items is not None:
        return known(len(given.value))
    node = ast.Call(ast.Name("len", ast.Load()), [writer.node(given)], [])
    return writer.run(node, lambda: len(given.value))


def _noise(writer: Writer, *given: Value, **named: Value) -> Value:
    """Write the numbers that are drawn, even if Keras determined how many there are."""
    words = {name: part.value for name, part in named.items()}
    return known(strategies.noise(*(part.value for part in given), **words))


IDIOMS: dict[Any, Callable[..., Value]] = {
    tolerance.assert_close: _close,
    tolerance.assert_same: _same,
    tolerance.assert_differs: _differs,
    refusals.assert_refused: _refused,
    subject.to_numpy: _to_numpy,
    strategies.noise: _noise,
    replace: _replace,
    zip: _zip,
    enumerate: _enumerate,
    reversed: _reversed,
    map: _map,
    list: _listed(list),
    tuple: _listed(tuple),
    type: _type,
    len: _len,
}


def _statement(text: str, writer: Writer, *values: Value) -> ast.stmt:
    """Return a statement with values in place of _0, _1 ..."""
    nodes = {f"_{k}": writer.node(value) for k, value in enumerate(values) if f"_{k}" in text}
    if "np." in text:
        writer.globals.setdefault("np", (np, {"np": np}))
    if "keras." in text:
        keras = vars(subject)["keras"]
        writer.globals.setdefault("keras", (keras, {"keras": keras}))
    statement = Substitute(nodes).visit(ast.parse(text).body[0])
    assert isinstance(statement, ast.stmt)
    return statement


def idiom(function: Any) -> Callable[..., Value] | None:
    """Return what writes a call of a function in few words, if anything does."""
    plain = isinstance(function, (FunctionType, BuiltinFunctionType, type))
    return IDIOMS.get(function) if plain else None
