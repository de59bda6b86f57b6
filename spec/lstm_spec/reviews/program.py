"""A posted program, read by its syntax and never run: its layers, models and calls of them.

Values that the text tells are followed: numbers, names, shapes of arrays, layers, tensors, models.
All else is UNKNOWN, and so is what comes of it. Both branches of an `if` that cannot be decided are
read, and what they leave different is UNKNOWN. A function is read where it is called, and once with
unknown arguments if it never is.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lstm_spec.reviews.building import Building, Spent, makes_layer
from lstm_spec.reviews.calls import Calls, Left
from lstm_spec.reviews.containers import MUTATING
from lstm_spec.reviews.expressions import PROPERTIES, counted
from lstm_spec.reviews.network import UNKNOWN, Event, Layer, Shape
from lstm_spec.reviews.source import ProgramError, Source, read
from lstm_spec.reviews.values import (
    ROUNDS,
    Arguments,
    Array,
    Class,
    Function,
    Instance,
    Listing,
    Path,
    Scope,
    items_of,
    merged,
    truth,
)

BY_NAME = ("custom_object_scope", "CustomObjectScope", "get_custom_objects")
"""What makes functions known to Keras without a decorator."""
HARMLESS_BASES = ("builtins.object", "abc.ABC")
"""Classes that set no attributes of their own."""
OF_METHODS = ("staticmethod", "classmethod", *PROPERTIES)
"""Decorators that change what a method is given, or that it is called where it is read."""


@dataclass(eq=False)
class Program:
    """What was read of a program."""

    source: Source
    events: list[Event]
    cut: bool
    """Whether it was too long to be read as a whole."""
    shapes: dict[int, Shape]
    """By line, the shape of the array that a statement there makes."""

    @property
    def layers(self) -> list[Layer]:
        """The layers that it makes."""
        return [event.about["layer"] for event in self.events if event.kind == "layer"]


def program(text: str) -> Program:
    """Read a program.

    Args:
        text: as it was posted.

    Raises:
        ProgramError: there is none in it.
    """
    source = read(text)
    reader = _Reader()
    cut = False
    try:
        reader.module(source.tree)
    except Spent:
        cut = True
    except (RecursionError, MemoryError):
        raise ProgramError("the program is nested too deeply to be read; give a part") from None
    return Program(source, reader.building.events, cut, reader.shapes)


class _Reader:
    """Follows a program's statements, one after the other."""

    def __init__(self) -> None:
        self.building = Building()
        self.calls = Calls(self.building, self.block)
        self.expressions = self.calls.expressions
        self.globals = Scope({"__name__": "__main__"})
        self.functions: list[Function] = []
        self.classes: list[Class] = []
        self.shapes: dict[int, Shape] = {}
        self.trains = False
        """Whether the program takes steps of training by itself."""
        self.registers = False
        """Whether the program makes functions known to Keras by their names."""
        self.trying = 0
        """In how many blocks this is of which an error is caught."""
        self.parts = 0
        """How many functions were read that the program never calls."""

    def module(self, tree: ast.Module) -> None:
        """Read a whole program."""
        self.trains = any(map(_takes_steps, ast.walk(tree)))
        self.building.trained = {name for node in ast.walk(tree) if (name := _trained(node))}
        self.registers = any(map(_registers, ast.walk(tree)))
        for statement in tree.body:
            with contextlib.suppress(Left):  # as of a return, where a function's end is posted
                self.statement(statement, self.globals)
        for owner in self.classes:
            self.unused_methods(owner)
        for function in self.functions:
            self.unused(function)
        for model in self.building.models:
            self.building.settle(model, None)

    def unused(self, function: Function, begins: bool = False) -> None:
        """Read a function, unless a call of it was read.

        Args:
            function: it.
            begins: whether it comes before all others; else it may be called in place of another.
        """
        if id(function.node) not in self.calls.read:
            if not begins:
                self.parts += 1
            self.building.part = 0 if begins else self.parts
            try:
                self.calls.invoke(function, Arguments(whole=False))
            finally:
                self.building.part = 0

    def unused_methods(self, owner: Class) -> None:
        """Read the methods of a class that are never called, first that which begins."""
        instance = self.calls.instances.get(id(owner)) or Instance(owner, {}, self.building.depth)
        methods = [method for method in owner.methods.values() if isinstance(method, Function)]
        start = owner.methods.get("__init__")
        if isinstance(start, Function):
            self.unused(start.of(instance), begins=True)
        later = [method for method in methods if id(method.node) not in self.calls.read]
        instance.attributes |= dict.fromkeys(_set_by(later), UNKNOWN)
        for method in later:
            self.unused(method.of(instance))

    def block(self, body: Sequence[ast.stmt], scope: Scope) -> None:
        """Read statements until one of them leaves the block."""
        for statement in body:
            self.statement(statement, scope)

    def statement(self, node: ast.stmt, scope: Scope) -> None:
        """Read a statement."""
        method = getattr(self, f"do_{type(node).__name__.lower()}", None)
        if method is not None:
            depth = self.building.depth
            running = len(self.calls.running)
            try:
                method(node, scope)
            except RecursionError:  # as of a sum of a thousand terms
                self.building.depth = depth
                del self.calls.running[running:]
                self.forget([node], scope)

    def do_expr(self, node: ast.Expr, scope: Scope) -> None:
        self.expressions.value(node.value, scope)

    def do_assign(self, node: ast.Assign, scope: Scope) -> None:
        value = self.expressions.value(node.value, scope)
        if isinstance(value, Array) and value.shape is not None:
            self.shapes[node.end_lineno or node.lineno] = value.shape
        for target in node.targets:
            self.expressions.bind(target, value, scope)

    def do_annassign(self, node: ast.AnnAssign, scope: Scope) -> None:
        if node.value is not None:
            self.expressions.bind(node.target, self.expressions.value(node.value, scope), scope)

    def do_augassign(self, node: ast.AugAssign, scope: Scope) -> None:
        old = self.expressions.value(node.target, scope)
        new = self.expressions.value(node.value, scope)
        if isinstance(old, Listing):
            old.spoil()
            return
        self.expressions.bind(node.target, self.expressions.operate(node.op, old, new), scope)

    def do_import(self, node: ast.Import, scope: Scope) -> None:
        for alias in node.names:
            first = alias.name.partition(".")[0]
            path = Path(alias.name if alias.asname else first)
            scope.names[alias.asname or first] = path
            self.imported(alias.name, "", node)

    def do_importfrom(self, node: ast.ImportFrom, scope: Scope) -> None:
        module = node.module or ""
        for alias in node.names:
            self.imported("" if node.level else module, alias.name, node)
            if alias.name != "*":
                prefix = f"{module}." if module and not node.level else "?."
                scope.names[alias.asname or alias.name] = Path(f"{prefix}{alias.name}")
            elif makes_layer(module):
                self.expressions.starred = module

    def imported(self, module: str, name: str, node: ast.Import | ast.ImportFrom) -> None:
        """Note an import that is tried in any case, and for which there is no other."""
        if not self.trying and not self.building.depth:
            self.building.event("import", node.lineno, module=Path(module), name=name)

    def do_functiondef(self, node: ast.FunctionDef, scope: Scope) -> None:
        decorators = [self.expressions.value(part, scope) for part in node.decorator_list]
        names = [path.name.rpartition(".")[2] for path in decorators if isinstance(path, Path)]
        defaults = self.expressions.defaults(node.args, scope)
        kind = next((name for name in names if name in OF_METHODS), "")
        function = Function(node, scope, None, defaults, kind, self.registers)
        scope.names[node.name] = UNKNOWN if UNKNOWN in decorators else function
        self.functions.append(function)

    do_asyncfunctiondef = do_functiondef

    def do_classdef(self, node: ast.ClassDef, scope: Scope) -> None:
        inner = Scope({}, scope)
        bases = [self.expressions.value(base, scope) for base in node.bases]
        of_keras = any(
            (isinstance(base, Path) and bool(base.keras))
            or (isinstance(base, Class) and base.of_keras)
            for base in bases
        )
        kept = self.functions
        self.functions = []
        self.block(node.body, inner)
        self.functions = kept
        owner = Class(node, inner, inner.names, of_keras)
        owner.fields = self.fields(node, bases, scope)
        owner.open = owner.fields is None and any(map(_sets_attributes, bases))
        for method in owner.methods.values():
            if isinstance(method, Function):
                method.scope = scope  # a method does not see the names of its class
        scope.names[node.name] = owner
        self.classes.append(owner)

    def fields(
        self, node: ast.ClassDef, bases: Sequence[Any], scope: Scope
    ) -> tuple[str, ...] | None:
        """Return what a constructor takes that Python makes, in its order; None for another."""
        calls = [part for part in node.decorator_list if isinstance(part, ast.Call)]
        given = [getattr(part, "func", part) for part in node.decorator_list]
        paths = [self.expressions.value(part, scope) for part in given]
        names = [path.name for path in paths if isinstance(path, Path)]
        declares = names == ["dataclasses.dataclass"] and not bases
        declares = declares or (bases == [Path("typing.NamedTuple")] and not given)
        chosen = any(word.arg == "init" for call in calls for word in call.keywords)
        return _declared(node) if declares and not chosen else None

    def do_return(self, node: ast.Return, scope: Scope) -> None:
        value = None if node.value is None else self.expressions.value(node.value, scope)
        if self.calls.running:
            self.calls.running[-1].returned.append(value)
        raise Left

    def do_raise(self, node: ast.Raise, scope: Scope) -> None:
        raise Left

    def do_break(self, node: ast.Break, scope: Scope) -> None:
        raise Left

    do_continue = do_break

    def do_if(self, node: ast.If, scope: Scope) -> None:
        test = self.expressions.value(node.test, scope)
        decided = truth(test)
        if decided is UNKNOWN:
            self.either([node.body, node.orelse], scope)
        else:
            self.block(node.body if decided else node.orelse, scope)

    def do_try(self, node: ast.Try, scope: Scope) -> None:
        self.trying += 1
        try:
            self.either([[*node.body, *node.orelse]], scope, keep=True)
        finally:
            self.trying -= 1
        for handler in () if _imports(node.body) else node.handlers:
            if handler.name:
                scope.names[handler.name] = UNKNOWN
            self.either([handler.body, []], scope)
        self.block(node.finalbody, scope)

    do_trystar = do_try

    def do_with(self, node: ast.With, scope: Scope) -> None:
        for item in node.items:
            value = self.expressions.value(item.context_expr, scope)
            if item.optional_vars is not None:
                self.expressions.bind(
                    item.optional_vars, UNKNOWN if value is None else value, scope
                )
        before = self.building.taped
        self.building.taped = before or (self.trains and _tapes(node))
        try:
            self.block(node.body, scope)
        finally:
            self.building.taped = before

    do_asyncwith = do_with

    def do_while(self, node: ast.While, scope: Scope) -> None:
        self.once(node, scope)

    def do_for(self, node: ast.For, scope: Scope) -> None:
        items = items_of(self.expressions.value(node.iter, scope))
        leaves = any(isinstance(part, (ast.Break, ast.Continue)) for part in ast.walk(node))
        if items is None or len(items) > ROUNDS or leaves:
            guarded = leaves or any(isinstance(part, ast.If) for part in ast.walk(node))
            number = counted(node.iter, None if guarded else items)
            self.expressions.bind(node.target, number, scope)
            self.once(node, scope)
            return
        for item in items:
            self.expressions.bind(node.target, item, scope)
            self.block(node.body, scope)
        self.block(node.orelse, scope)

    do_asyncfor = do_for

    def do_delete(self, node: ast.Delete, scope: Scope) -> None:
        for target in node.targets:
            self.expressions.delete(target, scope)

    def do_global(self, node: ast.Global, scope: Scope) -> None:
        for name in node.names:
            self.globals.names[name] = UNKNOWN

    def do_nonlocal(self, node: ast.Nonlocal, scope: Scope) -> None:
        for name in node.names:
            outer = scope.parent
            while outer is not None and name not in outer.names:
                outer = outer.parent
            if outer is not None:
                outer.names[name] = UNKNOWN

    def do_match(self, node: ast.Match, scope: Scope) -> None:
        self.either([[], *(case.body for case in node.cases)], scope)

    def once(self, node: ast.For | ast.While | ast.AsyncFor, scope: Scope) -> None:
        """Read a loop whose rounds are not known: what they change is not known either."""
        self.forget(node.body, scope)
        self.either([[*node.body, *node.orelse], []], scope)
        self.forget(node.body, scope)

    def forget(self, body: Sequence[ast.stmt], scope: Scope) -> None:
        """Make unknown what statements set or change."""
        for part in (part for statement in body for part in ast.walk(statement)):
            self.building.steps += 1
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                scope.names[part.id] = UNKNOWN
            elif isinstance(part, ast.Subscript) and isinstance(part.ctx, ast.Del):
                if isinstance(part.value, ast.Name):
                    self.building.spoil(scope.find(part.value.id))
            elif isinstance(part, ast.AugAssign) and isinstance(part.target, ast.Name):
                self.building.spoil(scope.find(part.target.id))
            elif isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
                owner = part.func.value
                if part.func.attr in MUTATING and isinstance(owner, ast.Name):
                    self.building.spoil(scope.find(owner.id), part.func.attr == "append")

    def either(
        self, bodies: Sequence[Sequence[ast.stmt]], scope: Scope, keep: bool = False
    ) -> None:
        """Read blocks of which one is run, and it is not known which.

        Args:
            bodies: the blocks.
            scope: their names.
            keep: whether the only block is taken to run to its end.
        """
        self.building.spend(len(scope.names) // 4)
        before = dict(scope.names)
        after: list[dict[str, Any]] = []
        for body in bodies:
            scope.names = dict(before)
            self.building.depth += not keep
            try:
                self.block(body, scope)
                after.append(scope.names)
            except Left:
                if keep:
                    after.append(scope.names)
            finally:
                self.building.depth -= not keep
        scope.names = merged(after) if after else before


def _imports(body: Sequence[ast.stmt]) -> bool:
    """Return whether statements import, and do nothing else that may fail; they then succeed."""
    plain = [part for part in body if not _notes(part)]
    return bool(plain) and all(isinstance(part, (ast.Import, ast.ImportFrom)) for part in plain)


def _takes_steps(node: ast.AST) -> bool:
    """Return whether this is a method by which an optimizer takes a step."""
    if not isinstance(node, ast.Attribute):
        return False
    owner = getattr(node.value, "attr", getattr(node.value, "id", "")).lower()
    return node.attr == "apply_gradients" or ("opt" in owner and node.attr in ("apply", "minimize"))


def _trained(node: ast.AST) -> str:
    """Return what the weights belong to that are taken here to be trained, if any are."""
    weights = isinstance(node, ast.Attribute) and node.attr.startswith("trainable_")
    return ast.unparse(node.value) if weights else ""  # type: ignore[attr-defined]


def _registers(node: ast.AST) -> bool:
    """Return whether this is what makes functions known to Keras by their names."""
    return getattr(node, "attr", getattr(node, "id", "")) in BY_NAME


def _sets_attributes(base: Any) -> bool:
    """Return whether a class may set attributes of its own: those of Keras leave others alone."""
    return not (isinstance(base, Path) and (base.keras or base.name in HARMLESS_BASES))


def _declared(node: ast.ClassDef) -> tuple[str, ...]:
    """Return the names that a class declares for its constructor."""
    declared = [part for part in node.body if isinstance(part, ast.AnnAssign)]
    return tuple(
        ast.unparse(part.target)
        for part in declared
        if "ClassVar" not in ast.unparse(part.annotation)
        and "init=False" not in (ast.unparse(part.value) if part.value else "")
    )


def _attributes(node: ast.AST) -> set[str]:
    """Return the names of the attributes that are written in a part of a program."""
    return {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}


def _tapes(node: ast.With) -> bool:
    """Return whether the gradients of weights are taken of what is done in a block."""
    opened = [item.context_expr for item in node.items]
    names = [call.func for call in opened if isinstance(call, ast.Call)]
    tapes = any(getattr(name, "attr", getattr(name, "id", "")) == "GradientTape" for name in names)
    return tapes and "watch" not in _attributes(node)


def _notes(part: ast.stmt) -> bool:
    """Return whether a statement gives a name a plain value."""
    return isinstance(part, ast.Assign) and isinstance(part.value, ast.Constant)


def _set_by(methods: Sequence[Function]) -> set[str]:
    """Return the attributes that methods set: what they are before is not known in the others."""
    nodes = [node for method in methods for node in ast.walk(method.node)]
    stored = [node for node in nodes if isinstance(getattr(node, "ctx", None), ast.Store)]
    return {node.attr for node in stored if isinstance(node, ast.Attribute)}
