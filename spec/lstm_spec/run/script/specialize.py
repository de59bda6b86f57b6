"""Writes what a claim's test does with one case, as straight code with plain Keras and NumPy.

The test is run once more, statement by statement. What follows from the case alone, such as the
numbers of the reference, is computed on the way and stands in the program as a literal. What
Keras has a part in is run too, and written down. The project's own functions are entered, so that
their statements are written and not their calls; of a branch, the side that is taken; of a loop,
its rounds. The program ends where the test does: at its end, or at the failure.
"""

from __future__ import annotations

import ast
import copy
import random
import sys
import traceback
from collections.abc import Mapping, Sequence
from types import FunctionType, ModuleType
from typing import Any

from lstm_spec.run.script import (
    SEEDED,
    Definitions,
    UnwritableError,
    calls,
    expressions,
    is_assumption,
    way_of,
    writer,
)
from lstm_spec.run.script.calls import Calls, names_in
from lstm_spec.run.script.expressions import visible
from lstm_spec.run.script.values import (
    Frame,
    Value,
    computed,
    known,
    measures,
    refuse,
    root,
)
from lstm_spec.run.script.writer import Writer

LONGEST = 200
"""How many lines a short program has at most."""
OURS = {__file__, calls.__file__, expressions.__file__, writer.__file__}


class Statements:
    """Runs the statements of a test."""

    def __init__(self) -> None:
        """Begin with an empty program."""
        self.calls = Calls(self.block)
        self.writer = self.calls.writer
        self.expressions = self.calls.expressions

    def block(self, statements: Sequence[ast.stmt], frame: Frame) -> Value | None:
        """Run statements; return what they return, if they do."""
        for statement in statements:
            method = getattr(self, f"_{type(statement).__name__.lower()}", None)
            if method is None:
                refuse(f"a statement {type(statement).__name__}")
            result: Value | None = method(statement, frame)
            if result is not None:
                return result
        return None

    def _expr(self, node: ast.Expr, frame: Frame) -> None:
        if not is_assumption(node):
            self.writer.write(self.expressions.expr(node.value, frame))

    def _return(self, node: ast.Return, frame: Frame) -> Value:
        value = self.expressions.expr(node.value, frame) if node.value else known(None)
        return self.writer.named(value, "result") if self.writer.blocks[1:] else value

    def _pass(self, node: ast.Pass, frame: Frame) -> None:
        pass

    def _import(self, node: ast.Import | ast.ImportFrom, frame: Frame) -> None:
        names: dict[str, Any] = {}
        exec(compile(ast.Module([node], []), "<claim>", "exec"), names)
        del names["__builtins__"]
        if any(root(value) == "lstm_spec" for value in names.values()):
            refuse("an import of the project")
        for name, value in names.items():
            frame.names[name] = computed(value, ast.Name(name, ast.Load()))
            if name not in self.writer.used:
                self.writer.used.add(name)
                self.writer.blocks[0].insert(0, node)

    _importfrom = _import

    def _assign(self, node: ast.Assign, frame: Frame) -> None:
        value = self.expressions.expr(node.value, frame)
        for target in node.targets:
            self.expressions.bind(target, value, frame)

    def _annassign(self, node: ast.AnnAssign, frame: Frame) -> None:
        if node.value:
            self.expressions.bind(node.target, self.expressions.expr(node.value, frame), frame)

    def _augassign(self, node: ast.AugAssign, frame: Frame) -> None:
        load = copy.deepcopy(node.target)
        load.ctx = ast.Load()
        value = self.expressions.expr(ast.BinOp(load, node.op, node.value), frame)
        self.expressions.bind(node.target, value, frame)

    def _if(self, node: ast.If, frame: Frame) -> Value | None:
        test = self.expressions.expr(node.test, frame)
        return self.block(node.body if test.value else node.orelse, frame)

    def _for(self, node: ast.For, frame: Frame) -> Value | None:
        value = self.expressions.expr(node.iter, frame)
        for part in self.expressions.few(value):
            self.expressions.bind(node.target, part, frame)
            result = self.block(node.body, frame)
            if result is not None:
                return result
        return self.block(node.orelse, frame)

    def _with(self, node: ast.With, frame: Frame) -> Value | None:
        if len(node.items) > 1:
            inside = ast.With(node.items[1:], node.body)
            return self._with(ast.With(node.items[:1], [inside]), frame)
        (item,) = node.items
        manager = self.expressions.expr(item.context_expr, frame)
        if manager.known:  # one of NumPy, about warnings
            with manager.value:
                return self.block(node.body, frame)
        target: ast.expr | None = None
        inner: list[ast.stmt] = []
        result = None
        try:
            with manager.value as entered:
                if item.optional_vars is not None:
                    name = self.writer.fresh(getattr(item.optional_vars, "id", "entered"))
                    target = ast.Name(name, ast.Store())
                    value = computed(entered, ast.Name(name, ast.Load()))
                    self.expressions.bind(item.optional_vars, value, frame)
                result = self._nested(node.body, frame, inner)
        finally:
            items = [ast.withitem(self.writer.node(manager), target)]
            self.writer.emit(ast.With(items, inner or [ast.Pass()]))
        return result

    def _nested(
        self, body: Sequence[ast.stmt], frame: Frame, written: list[ast.stmt]
    ) -> Value | None:
        """Run statements, and write them into a block of their own."""
        self.writer.blocks.append(written)
        try:
            return self.block(body, frame)
        finally:
            self.writer.blocks.pop()

    def _assert(self, node: ast.Assert, frame: Frame) -> None:
        test = node.test
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            value, message = self._comparison(test, frame)
        else:
            value = self.expressions.expr(test, frame)
            message = None
            if node.msg is not None and not value.value:
                message = self.writer.node(self.expressions.expr(node.msg, frame))
        if not value.known or not value.value:
            self.writer.emit(ast.Assert(self.writer.node(value), message))
        if not value.value:
            raise AssertionError

    def _comparison(self, test: ast.Compare, frame: Frame) -> tuple[Value, ast.expr | None]:
        """Run a comparison of two sides; return it, and what says how it fails, if it does."""
        operator = test.ops[0]
        left = self.expressions.expr(test.left, frame)
        right = self.expressions.expr(test.comparators[0], frame)
        value = self.compare(operator, left, right, frame)
        if value.value:
            return value, None
        left = self.writer.named(left, "actual")
        right = self.writer.named(right, "expected")
        equal = isinstance(operator, (ast.Eq, ast.Is))
        middle = ast.Constant(", expected " if equal else ", compared with ")
        sides = self.expressions.formatted(left)[1], self.expressions.formatted(right)[1]
        message = ast.JoinedStr([sides[0], middle, sides[1]])
        return self.compare(operator, left, right, frame), message

    def compare(self, operator: ast.cmpop, left: Value, right: Value, frame: Frame) -> Value:
        """Compare two values."""
        sides = Frame({"left": left, "right": right}, frame.globals)
        names: list[ast.expr] = [ast.Name(name, ast.Load()) for name in sides.names]
        return self.expressions.expr(ast.Compare(names[0], [operator], names[1:]), sides)

    def _raise(self, node: ast.Raise, frame: Frame) -> None:
        assert node.exc
        value = self.expressions.expr(node.exc, frame)
        self.writer.emit(ast.Raise(self.writer.node(value)))
        raise value.value

    def _functiondef(self, node: ast.FunctionDef, frame: Frame) -> None:
        if node.decorator_list:
            refuse("a decorated function")
        self.expressions.fix(node, frame)
        name = self.writer.fresh(node.name)
        folded = self.calls.fold(node, frame)
        folded.name = name
        self.writer.emit(folded)
        scope = {**frame.globals, **visible(frame)}
        exec(compile(ast.fix_missing_locations(ast.Module([node], [])), "<claim>", "exec"), scope)
        body = (node, frame)
        frame.names[node.name] = Value(scope[node.name], ast.Name(name, ast.Load()), body=body)


def specialize(test: FunctionType, arguments: Mapping[str, Any]) -> Writer:
    """Run a claim's test with a case, and write what it does, up to its failure if it fails.

    Args:
        test: the claim's undecorated function.
        arguments: the case.

    Raises:
        UnwritableError: it does what is not understood here.
    """
    if measures(test):
        refuse("what a call costs is not a matter of one case")
    statements = Statements()
    given = {name: known(value, name) for name, value in arguments.items()}
    try:
        statements.calls.enter(test, [], given)
    except UnwritableError:
        raise
    except Exception as error:
        innermost = traceback.extract_tb(error.__traceback__)[-1].filename
        if isinstance(error, TypeError) and innermost in OURS:
            refuse(f"a call: {error}")
    return statements.writer


def program(test: FunctionType, arguments: Mapping[str, Any], heading: str) -> str:
    """Write the program that does with plain Keras and NumPy what a claim's test does with a case.

    Args:
        test: the claim's undecorated function.
        arguments: the case.
        heading: one line that the program begins with, as a comment.

    Raises:
        UnwritableError: the test does what is not understood here.
    """
    random.seed(0)  # as Hypothesis does before each case; Keras takes from it what seeds weights
    before = random.getstate()
    written = specialize(test, {name: way_of(value) for name, value in arguments.items()})
    statements = [part for part in written.blocks[0] if _serves(part, written.blocks[0])]
    definitions = Definitions()
    for name in sorted(set().union(*map(names_in, statements)) & set(written.globals)):
        value, names = written.globals[name]
        if isinstance(value, ModuleType):
            definitions.add_import(name, value)
        else:
            definitions.need(name, sys.modules[names["__name__"]])
    lines = [ast.unparse(ast.fix_missing_locations(statement)) for statement in statements]
    if random.getstate() != before and _draws("\n".join(lines)):
        lines.insert(0, SEEDED)
    imports = sorted(definitions.imports)
    text = "\n".join([f"# {heading}", *imports, "", *definitions.parts, *lines, ""])
    if text.count("\n") > LONGEST:
        raise UnwritableError(f"the program has more than {LONGEST} lines")
    return text


def _serves(statement: ast.stmt, statements: Sequence[ast.stmt]) -> bool:
    """Return whether a statement is more than a function whose calls are written out."""
    if not isinstance(statement, ast.FunctionDef):
        return True
    others = [part for part in statements if part is not statement]
    return statement.name in set().union(*map(names_in, others))


def _draws(text: str) -> bool:
    """Return whether a program computes with random numbers: weights, or a mask of dropout."""
    return "set_weights" not in text or "dropout" in text
