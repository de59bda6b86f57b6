"""The calls in a claim's test, and the functions that are made in it."""

from __future__ import annotations

import ast
import copy
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from lstm_spec.harness import subject
from lstm_spec.run.script.expressions import MUTABLE, Expressions
from lstm_spec.run.script.idioms import idiom
from lstm_spec.run.script.values import (
    Frame,
    Value,
    computed,
    hint_of,
    is_builtin,
    is_foreign,
    is_ours,
    known,
    refuse,
)
from lstm_spec.run.script.writer import Writer

ASKED = {subject.takes, subject.has, subject.backend, subject.release, subject.gpus}
"""Functions whose answers about the installed Keras the program need not ask for again."""
DEEPEST = 40
"""How deep functions may call each other."""


class Calls:
    """Runs calls: what is known is computed, the project's own functions are entered."""

    def __init__(self, block: Callable[[Sequence[ast.stmt], Frame], Value | None]) -> None:
        """Begin with an empty program.

        Args:
            block: runs statements.
        """
        self.block = block
        self.writer = Writer(self.call, self.fold)
        self.expressions = Expressions(self.writer, self.of_call)
        self.depth = 0

    def of_call(self, node: ast.Call, frame: Frame) -> Value:
        """Run a call."""
        function = self.expressions.expr(node.func, frame)
        given, named = self.arguments(node, function, frame)
        if self.appended(node, given, frame):
            return known(None)
        everything = [*given, *named.values()]
        if not all(part.known for part in everything) and isinstance(node.func, ast.Attribute):
            base = node.func.value
            if isinstance(base, ast.Name) and function.known:
                home = frame.find(base.id)
                if home and isinstance(home.names[base.id].value, (*MUTABLE, np.ndarray)):
                    self.writer.materialize(base.id, home)
                    function = self.expressions.expr(node.func, frame)
        return self.call(function, given, named)

    def arguments(
        self, node: ast.Call, function: Value, frame: Frame
    ) -> tuple[list[Value], dict[str, Value]]:
        """Run the arguments of a call."""
        given: list[Value] = []
        for part in node.args:
            if isinstance(part, ast.Starred):
                given += self.expressions.spread(part, frame)
            elif isinstance(part, ast.GeneratorExp) and is_builtin(function.value):
                # By all, sum, tuple and the like.
                given.append(self.expressions.comprehended(part, frame))
            else:
                given.append(self.expressions.expr(part, frame))
        named: dict[str, Value] = {}
        for word in node.keywords:
            value = self.expressions.expr(word.value, frame)
            named.update({word.arg: value} if word.arg else dict(self.writer.items(value)))
        return given, named

    def appended(self, node: ast.Call, given: Sequence[Value], frame: Frame) -> bool:
        """Append to a list that the program does not have, if that is what is called."""
        if not isinstance(node.func, ast.Attribute) or node.func.attr != "append":
            return False
        name = getattr(node.func.value, "id", "")
        home = frame.find(name)
        value = home.names[name] if home else None
        if home is None or value is None or not isinstance(value.value, list):
            return False
        if not value.known and value.items is None:
            return False
        parts = [*self.writer.parts(value), self.writer.named(given[0], name)]
        value.value.append(given[0].value)
        home.names[name] = self.writer.display(value.value, parts)
        return True

    def call(self, function: Value, given: Sequence[Value], named: Mapping[str, Value]) -> Value:
        """Call a function: run it if all is known, enter it if it is ours, or write the call."""
        values = [part.value for part in given]
        words = {name: part.value for name, part in named.items()}
        if function.body:
            return self.enter_made(function, given, named)
        if write := idiom(function.value):
            return write(self.writer, *given, **named)
        arguments = [*given, *named.values()]
        settled = any(function.value is asked for asked in ASKED)
        if (function.known or settled) and all(part.known for part in arguments):
            value = function.value(*values, **words)
            if settled or not is_foreign(value):
                if isinstance(value, Iterator):
                    value = list(value)
                return known(value, hint_of(function.value))
        if hasattr(function.value, "_fields"):  # a NamedTuple
            bound = inspect.signature(function.value).bind(*given, **named)
            parts = list(bound.arguments.values())
            return self.writer.display(function.value(*(part.value for part in parts)), parts)
        if is_ours(function.value):
            return self.enter(function.value, given, named)
        node = ast.Call(
            self.writer.node(function),
            [self.writer.node(part) for part in given],
            [ast.keyword(name, self.writer.node(part)) for name, part in named.items()],
        )
        return self.writer.run(node, lambda: function.value(*values, **words))

    def enter(self, f: Any, given: Sequence[Value], named: Mapping[str, Value]) -> Value:
        """Run a function of the project."""
        (node,) = ast.parse(textwrap.dedent(inspect.getsource(f))).body
        bound = inspect.signature(f).bind(*given, **named)
        return self.body(node, bound, Frame({}, f.__globals__))

    def enter_made(
        self, function: Value, given: Sequence[Value], named: Mapping[str, Value]
    ) -> Value:
        """Run a function that was made on the way."""
        assert function.body
        node, frame = function.body
        bound = inspect.signature(function.value).bind(*given, **named)
        return self.body(node, bound, Frame({}, frame.globals, frame))

    def body(self, node: Any, bound: inspect.BoundArguments, frame: Frame) -> Value:
        """Run a function's body."""
        for name, parameter in bound.signature.parameters.items():
            frame.names[name] = self.parameter(parameter, bound.arguments.get(name))
        self.depth += 1
        if self.depth > DEEPEST:
            refuse("functions call each other too deeply")
        try:
            if isinstance(node, ast.Lambda):
                return self.expressions.expr(node.body, frame)
            result = self.block(node.body, frame)
            return known(None) if result is None else result
        finally:
            self.depth -= 1

    def parameter(self, parameter: inspect.Parameter, given: Any) -> Value:
        """Return the value of a parameter.

        Args:
            parameter: the parameter.
            given: a Value; several, for those with a star; None, for the default.
        """
        if parameter.kind is parameter.VAR_POSITIONAL:
            parts = given or ()
            return self.writer.display(tuple(part.value for part in parts), parts)
        if parameter.kind is parameter.VAR_KEYWORD:
            pairs = given or {}
            plain = {word: part.value for word, part in pairs.items()}
            if all(part.known for part in pairs.values()):
                return known(plain)
            keys: list[ast.expr | None] = [ast.Constant(word) for word in pairs]
            return computed(plain, ast.Dict(keys, list(map(self.writer.node, pairs.values()))))
        return (
            known(parameter.default) if given is None else self.writer.named(given, parameter.name)
        )

    def fold(self, node: Any, frame: Frame) -> Any:
        """Write a function that was made on the way.

        Args:
            node: its definition, or a lambda.
            frame: where it was made.
        """
        return _Fold(self.expressions, frame, _bound(node)).visit(copy.deepcopy(node))


class _Fold(ast.NodeTransformer):
    """Writes a function: what is known in it as a literal, other names as the program has them."""

    def __init__(self, expressions: Expressions, frame: Frame, bound: set[str]) -> None:
        self.expressions = expressions
        self.frame = frame
        self.bound = bound

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.expr) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            folded = self.folded(node)
            if folded is not None:
                return folded
        return super().visit(node)

    def folded(self, node: ast.expr) -> ast.expr | None:
        """Return a literal in place of an expression whose names are all known."""
        if isinstance(node, (ast.Lambda, ast.Constant, ast.JoinedStr, ast.Starred, ast.Slice)):
            return None
        names = names_in(node)
        if names & self.bound:
            return None
        values = [self.expressions.expr(ast.Name(name, ast.Load()), self.frame) for name in names]
        if isinstance(node, ast.Name):
            return self.expressions.writer.node(values[0])
        if all(value.known for value in values):
            return self.expressions.writer.node(self.expressions.expr(node, self.frame))
        return None


def names_in(node: ast.AST) -> set[str]:
    """Return all names in a part of a program."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _bound(node: ast.AST) -> set[str]:
    """Return the names that a function binds."""
    names = {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            names.add(part.id)
        elif isinstance(part, (ast.FunctionDef, ast.ClassDef, ast.ExceptHandler)):
            names.add(part.name or "")
    return names
