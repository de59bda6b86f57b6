"""A posted program, read by its syntax and never run: its layers, models and calls of them.

Values that the text tells are followed: numbers, names, shapes of arrays, layers, tensors, models.
All else is UNKNOWN, and so is what comes of it. Both branches of an `if` that cannot be decided are
read, and what they leave different is UNKNOWN. A function is read where it is called, and once with
unknown arguments if it never is.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from lstm_spec.reviews import values
from lstm_spec.reviews.building import (
    LIKE_LSTM,
    POSITIONAL,
    RUNS,
    Building,
    makes_layer,
    names_of,
    of_samples,
)
from lstm_spec.reviews.network import (
    LARGEST,
    UNKNOWN,
    Event,
    Layer,
    Model,
    Node,
    Shape,
    Tensor,
    known,
    lost,
)
from lstm_spec.reviews.source import ProgramError, Source, read
from lstm_spec.reviews.values import (
    COMPARED,
    LONGEST,
    PLAIN,
    ROUNDS,
    Array,
    Bound,
    Class,
    Function,
    Instance,
    Listing,
    Made,
    Number,
    Path,
    Scope,
    Table,
    arithmetic,
    as_tuple,
    calculated,
    is_number,
    is_plain_slice,
    is_set,
    items_of,
    length,
    merged,
    same,
    truth,
)

STEPS = 60_000
"""How many expressions of a program are evaluated at most; what else takes time counts too."""
DEPTH = 12
"""How deep calls of functions are followed."""

SHORT = ("keras", "layers", "np", "numpy", "tf", "models", "K")
"""Names of modules that a part of a program may use without an import."""
BARE = (
    *POSITIONAL,
    *LIKE_LSTM,
    *("Sequential", "Model", "Input", "InputLayer", "BatchNormalization", "LayerNormalization"),
    *("LeakyReLU", "Concatenate", "Add", "GlobalMaxPooling1D", "GlobalAveragePooling1D"),
    *("pad_sequences", "to_categorical", "load_model", "ConvLSTM2D"),
)
"""Names that a part of a program may use without an import."""
HARMLESS = (
    *("print", "len", "range", "xrange", "int", "float", "str", "list", "tuple", "dict", "set"),
    *("reversed", "sorted", "enumerate", "zip", "max", "min", "sum", "abs", "round", "type"),
    *("isinstance", "id", "repr", "map", "filter", "any", "all", "super", "hasattr", "getattr"),
)
"""Functions of Python's own that change nothing."""
MUTATING = ("add", "append", "extend", "insert", "pop", "remove", "clear", "update", "sort")


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


class _Spent(Exception):  # noqa: N818 - no error
    """So much was evaluated that the rest is left."""


class _Left(Exception):  # noqa: N818 - no error
    """What follows in a block is not reached, or not known to be."""


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
    except _Spent:
        cut = True
    except (RecursionError, MemoryError):
        raise ProgramError("the program is nested too deeply to be read; give a part") from None
    return Program(source, reader.building.events, cut, reader.shapes)


class _Reader:
    """Follows a program's statements, one after the other."""

    def __init__(self) -> None:
        self.building = Building(self.spend)
        self.globals = Scope()
        self.globals.names["__name__"] = "__main__"
        self.steps = 0
        self.calls: list[ast.AST] = []
        self.returns: list[list[Any]] = []
        self.functions: list[Function] = []
        self.classes: list[Class] = []
        self.shapes: dict[int, Shape] = {}
        self.read: set[int] = set()
        self.instances: dict[int, Instance] = {}
        """An object of each class of which one is made, by the class."""
        self.starred = ""
        """The last module of layers of which all names are imported."""

    def module(self, tree: ast.Module) -> None:
        """Read a whole program."""
        for statement in tree.body:
            with contextlib.suppress(
                _Left
            ):  # as by a return in a part of a function that is posted
                self.statement(statement, self.globals)
        for owner in self.classes:
            self.unused_class(owner)
        for function in self.functions:
            if id(function.node) not in self.read:
                self.unused(function)
        for model in self.building.models:
            self.building.settle(model, None)

    def unused(self, function: Function) -> None:
        """Read a function that is never called."""
        self.invoke(function, None, {}, unknown=True)

    def unused_class(self, owner: Class) -> None:
        """Read the methods of a class that are never called."""
        start = owner.methods.get("__init__")
        instance = self.instances.get(id(owner)) or Instance(owner, {}, self.building.depth)
        if isinstance(start, Function) and id(start.node) not in self.read:
            self.unused(Function(start.node, start.scope, instance))
        for method in owner.methods.values():
            if isinstance(method, Function) and id(method.node) not in self.read:
                self.unused(Function(method.node, method.scope, instance))

    def spend(self, steps: int = 1) -> None:
        """Count what is done, so that a program of any size is read in bounded time and memory.

        Raises:
            _Spent: so much was done that the rest is left.
        """
        self.steps += steps
        if self.steps > STEPS:
            raise _Spent

    # Statements

    def block(self, body: Sequence[ast.stmt], scope: Scope) -> None:
        """Read statements until one of them leaves the block."""
        for statement in body:
            self.statement(statement, scope)

    def statement(self, node: ast.stmt, scope: Scope) -> None:
        """Read a statement."""
        method = getattr(self, f"do_{type(node).__name__}", None)
        if method is not None:
            started = self.building.depth
            returned_ = len(self.returns)
            try:
                method(node, scope)
            except RecursionError:  # as of a sum of a thousand terms
                self.building.depth = started
                del self.returns[returned_:], self.calls[returned_:]
                self.forget([node], scope)

    def do_Expr(self, node: ast.Expr, scope: Scope) -> None:  # noqa: N802
        self.value(node.value, scope)

    def do_Assign(self, node: ast.Assign, scope: Scope) -> None:  # noqa: N802
        value = self.value(node.value, scope)
        if isinstance(value, Array) and value.shape is not None:
            self.shapes[node.end_lineno or node.lineno] = value.shape
        for target in node.targets:
            self.bind(target, value, scope)

    def do_AnnAssign(self, node: ast.AnnAssign, scope: Scope) -> None:  # noqa: N802
        if node.value is not None:
            self.bind(node.target, self.value(node.value, scope), scope)

    def do_AugAssign(self, node: ast.AugAssign, scope: Scope) -> None:  # noqa: N802
        old = self.value(node.target, scope)
        new = self.value(node.value, scope)
        if isinstance(old, Listing):
            self.change(old, None)
            return
        self.bind(node.target, self.operate(node.op, old, new), scope)

    def do_Import(self, node: ast.Import, scope: Scope) -> None:  # noqa: N802
        for alias in node.names:
            first = alias.name.partition(".")[0]
            path = Path(alias.name if alias.asname else first)
            scope.names[alias.asname or first] = path

    def do_ImportFrom(self, node: ast.ImportFrom, scope: Scope) -> None:  # noqa: N802
        module = node.module or ""
        for alias in node.names:
            if alias.name != "*":
                prefix = f"{module}." if module and not node.level else "?."
                scope.names[alias.asname or alias.name] = Path(f"{prefix}{alias.name}")
            elif makes_layer(module):
                self.starred = module

    def do_FunctionDef(self, node: ast.FunctionDef, scope: Scope) -> None:  # noqa: N802
        function = Function(node, scope)
        decorated = any(
            self.value(decorator, scope) is UNKNOWN for decorator in node.decorator_list
        )
        scope.names[node.name] = UNKNOWN if decorated else function
        self.functions.append(function)

    do_AsyncFunctionDef = do_FunctionDef  # noqa: N815

    def do_ClassDef(self, node: ast.ClassDef, scope: Scope) -> None:  # noqa: N802
        inner = Scope({}, scope)
        bases = [self.value(base, scope) for base in node.bases]
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
        for method in owner.methods.values():
            if isinstance(method, Function):
                method.scope = scope  # a method does not see the names of its class
        scope.names[node.name] = owner
        self.classes.append(owner)

    def do_Return(self, node: ast.Return, scope: Scope) -> None:  # noqa: N802
        value = None if node.value is None else self.value(node.value, scope)
        if self.returns:
            self.returns[-1].append(value)
        raise _Left

    def do_Raise(self, node: ast.Raise, scope: Scope) -> None:  # noqa: N802
        raise _Left

    def do_Break(self, node: ast.Break, scope: Scope) -> None:  # noqa: N802
        raise _Left

    do_Continue = do_Break  # noqa: N815

    def do_If(self, node: ast.If, scope: Scope) -> None:  # noqa: N802
        test = self.value(node.test, scope)
        decided = truth(test)
        if decided is UNKNOWN:
            self.either([node.body, node.orelse], scope)
        else:
            self.block(node.body if decided else node.orelse, scope)

    def do_Try(self, node: ast.Try, scope: Scope) -> None:  # noqa: N802
        self.either([[*node.body, *node.orelse]], scope, keep=True)
        for handler in node.handlers:
            if handler.name:
                scope.names[handler.name] = UNKNOWN
            self.either([handler.body, []], scope)
        self.block(node.finalbody, scope)

    do_TryStar = do_Try  # noqa: N815

    def do_With(self, node: ast.With, scope: Scope) -> None:  # noqa: N802
        for item in node.items:
            value = self.value(item.context_expr, scope)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, UNKNOWN if value is None else value, scope)
        self.block(node.body, scope)

    do_AsyncWith = do_With  # noqa: N815

    def do_While(self, node: ast.While, scope: Scope) -> None:  # noqa: N802
        self.once(node, scope)

    def do_For(self, node: ast.For, scope: Scope) -> None:  # noqa: N802
        items = items_of(self.value(node.iter, scope))
        leaves = any(isinstance(part, (ast.Break, ast.Continue)) for part in ast.walk(node))
        if items is None or len(items) > ROUNDS or leaves:
            self.bind(node.target, Number() if _counts(node.iter) else UNKNOWN, scope)
            self.once(node, scope)
            return
        for item in items:
            self.bind(node.target, item, scope)
            self.block(node.body, scope)
        self.block(node.orelse, scope)

    do_AsyncFor = do_For  # noqa: N815

    def do_Delete(self, node: ast.Delete, scope: Scope) -> None:  # noqa: N802
        for target in node.targets:
            if isinstance(target, ast.Name):
                scope.names[target.id] = UNKNOWN

    def do_Global(self, node: ast.Global, scope: Scope) -> None:  # noqa: N802
        for name in node.names:
            self.globals.names[name] = UNKNOWN

    def do_Match(self, node: ast.Match, scope: Scope) -> None:  # noqa: N802
        self.either([[], *(case.body for case in node.cases)], scope)

    def once(self, node: ast.For | ast.While | ast.AsyncFor, scope: Scope) -> None:
        """Read a loop whose rounds are not known: what they change is not known either."""
        self.forget(node.body, scope)
        self.either([[*node.body, *node.orelse], []], scope)
        self.forget(node.body, scope)

    def forget(self, body: Sequence[ast.stmt], scope: Scope) -> None:
        """Make unknown what statements set or change."""
        for part in (part for statement in body for part in ast.walk(statement)):
            self.steps += 1
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                scope.names[part.id] = UNKNOWN
            elif isinstance(part, ast.AugAssign) and isinstance(part.target, ast.Name):
                self.spoil(scope.find(part.target.id))
            elif isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
                owner = part.func.value
                if part.func.attr in MUTATING and isinstance(owner, ast.Name):
                    self.spoil(scope.find(owner.id), part.func.attr == "append")

    def spoil(self, value: Any, appended: bool = False) -> None:
        """Make unknown what a value holds, or only how much is appended to it."""
        if isinstance(value, Listing):
            value.spoil(appended)
        elif isinstance(value, Table):
            value.items = None
        elif isinstance(value, Model):
            self.building.reopen(value)

    def either(
        self, bodies: Sequence[Sequence[ast.stmt]], scope: Scope, keep: bool = False
    ) -> None:
        """Read blocks of which one is run, and it is not known which.

        Args:
            bodies: the blocks.
            scope: their names.
            keep: whether the only block is taken to run to its end.
        """
        self.spend(len(scope.names) // 4)
        before = dict(scope.names)
        after: list[dict[str, Any]] = []
        for body in bodies:
            scope.names = dict(before)
            self.building.depth += not keep
            try:
                self.block(body, scope)
                after.append(scope.names)
            except _Left:
                if keep:
                    after.append(scope.names)
            finally:
                self.building.depth -= not keep
        scope.names = merged(after) if after else before

    # Names

    def bind(self, target: ast.expr, value: Any, scope: Scope) -> None:
        """Give a value to a name, an attribute, an element or several of these."""
        if isinstance(target, ast.Name):
            if isinstance(value, (Layer, Model)) and not value.name:
                value.name = target.id
            scope.names[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            self.unpack(target, value, scope)
        elif isinstance(target, ast.Attribute):
            self.set_attribute(target, value, scope)
        elif isinstance(target, ast.Subscript):
            self.set_element(target, value, scope)
        elif isinstance(target, ast.Starred):
            self.bind(target.value, UNKNOWN, scope)

    def unpack(self, target: ast.Tuple | ast.List, value: Any, scope: Scope) -> None:
        starred = any(isinstance(part, ast.Starred) for part in target.elts)
        items = items_of(value)
        if isinstance(value, tuple) and value and all(isinstance(item, Tensor) for item in value):
            self.unpacked(target, value[0].maker, len(value), starred)
        elif isinstance(value, Tensor):
            self.unpacked(target, value.maker, 1, starred)
            items = None
        if items is None or starred or len(items) != len(target.elts):
            items = [UNKNOWN] * len(target.elts)
        for part, item in zip(target.elts, items, strict=True):
            self.bind(part, item, scope)

    def unpacked(self, target: Any, node: Node | None, count: int, starred: bool) -> None:
        if node is not None and not starred:
            wanted = len(target.elts)
            self.building.event("unpack", target.lineno, node=node, wanted=wanted, count=count)

    def set_attribute(self, target: ast.Attribute, value: Any, scope: Scope) -> None:
        owner = self.value(target.value, scope)
        if isinstance(owner, Instance):
            if isinstance(value, (Layer, Model)) and not value.name:
                value.name = target.attr
            uncertain = self.building.depth > owner.depth and target.attr in owner.attributes
            owner.attributes[target.attr] = UNKNOWN if uncertain else value
        elif isinstance(owner, (Layer, Model)):
            model = next((m for m in self.building.models if owner in m.layers), None)
            if isinstance(owner, Model):
                model = owner
            about = {"owner": owner, "name": target.attr, "value": value, "model": model}
            self.building.event("set", target.lineno, **about)

    def set_element(self, target: ast.Subscript, value: Any, scope: Scope) -> None:
        owner = self.value(target.value, scope)
        key = self.value(target.slice, scope)
        if isinstance(owner, Table) and owner.items is not None and isinstance(key, PLAIN):
            if self.building.depth > owner.depth:
                value = UNKNOWN
            owner.items[key] = value
        elif isinstance(owner, Table):
            owner.items = None
        elif isinstance(owner, Listing) and owner.items is not None:
            if known(key) and -len(owner.items) <= key < len(owner.items):
                owner.items[key] = UNKNOWN if self.building.depth > owner.depth else value
            else:
                owner.items = None

    # Expressions

    def value(self, node: ast.expr, scope: Scope) -> Any:
        """Return what an expression is, as far as it can be told."""
        self.spend()
        method = getattr(self, f"of_{type(node).__name__}", None)
        if method is None:
            self.within(node, scope)
            return UNKNOWN
        return method(node, scope)

    def within(self, node: ast.AST, scope: Scope) -> None:
        """Read the expressions in an expression that has no value here."""
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.expr):
                self.value(part, scope)

    def of_Constant(self, node: ast.Constant, scope: Scope) -> Any:  # noqa: N802
        value = node.value
        if isinstance(value, int) and abs(value) >= LARGEST:
            return UNKNOWN
        return value if isinstance(value, (*PLAIN, type(...))) else UNKNOWN

    def of_Name(self, node: ast.Name, scope: Scope) -> Any:  # noqa: N802
        value = scope.find(node.id)
        if value is not None or is_set(scope, node.id):
            return value
        if node.id in BARE:
            return Path(f"keras.layers.{node.id}")
        if node.id in SHORT:
            names = {"np": "numpy", "tf": "tensorflow", "layers": "keras.layers"}
            names |= {"models": "keras.models", "K": "keras.backend"}
            return Path(names.get(node.id, node.id))
        if self.starred and node.id[:1].isupper() and not hasattr(builtins, node.id):
            return Path(f"{self.starred}.{node.id}")
        return Path(f"builtins.{node.id}")

    def of_Tuple(self, node: ast.Tuple, scope: Scope) -> Any:  # noqa: N802
        items = self.elements(node.elts, scope)
        return UNKNOWN if items is None else tuple(items)

    def of_List(self, node: ast.List, scope: Scope) -> Any:  # noqa: N802
        return Listing(self.elements(node.elts, scope), self.building.depth)

    def of_Set(self, node: ast.Set, scope: Scope) -> Any:  # noqa: N802
        self.elements(node.elts, scope)
        return UNKNOWN

    def elements(self, nodes: Sequence[ast.expr], scope: Scope) -> list[Any] | None:
        items: list[Any] | None = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                more = items_of(self.value(node.value, scope))
                items = None if items is None or more is None else items + more
            else:
                value = self.value(node, scope)
                if items is not None:
                    items.append(value)
        return items

    def of_Dict(self, node: ast.Dict, scope: Scope) -> Any:  # noqa: N802
        items: dict[Any, Any] | None = {}
        for key, part in zip(node.keys, node.values, strict=True):
            value = self.value(part, scope)
            name = UNKNOWN if key is None else self.value(key, scope)
            if key is None and isinstance(value, Table) and value.items and items is not None:
                items |= value.items
            elif not isinstance(name, PLAIN):
                items = None
            elif items is not None:
                items[name] = value
        return Table(items, self.building.depth)

    def of_Starred(self, node: ast.Starred, scope: Scope) -> Any:  # noqa: N802
        self.value(node.value, scope)
        return UNKNOWN

    def of_Lambda(self, node: ast.Lambda, scope: Scope) -> Any:  # noqa: N802
        return Function(node, scope)

    def of_IfExp(self, node: ast.IfExp, scope: Scope) -> Any:  # noqa: N802
        decided = truth(self.value(node.test, scope))
        if decided is UNKNOWN:
            first = self.value(node.body, scope)
            other = self.value(node.orelse, scope)
            return first if same(first, other) else UNKNOWN
        return self.value(node.body if decided else node.orelse, scope)

    def of_BoolOp(self, node: ast.BoolOp, scope: Scope) -> Any:  # noqa: N802
        parts = [self.value(part, scope) for part in node.values]
        decides = isinstance(node.op, ast.Or)
        for value in parts[:-1]:
            decided = truth(value)
            if decided is UNKNOWN:
                return UNKNOWN
            if decided is decides:
                return value
        return parts[-1]

    def of_UnaryOp(self, node: ast.UnaryOp, scope: Scope) -> Any:  # noqa: N802
        value = self.value(node.operand, scope)
        if isinstance(node.op, ast.Not):
            decided = truth(value)
            return UNKNOWN if decided is UNKNOWN else not decided
        if isinstance(value, Array):
            return Array(value.shape)
        if isinstance(value, (int, float)) and not isinstance(node.op, ast.Invert):
            return -value if isinstance(node.op, ast.USub) else value
        return UNKNOWN

    def of_BinOp(self, node: ast.BinOp, scope: Scope) -> Any:  # noqa: N802
        left = self.value(node.left, scope)
        right = self.value(node.right, scope)
        return self.operate(node.op, left, right)

    def operate(self, op: ast.operator, left: Any, right: Any) -> Any:
        """Return what an operator makes of two values."""
        if isinstance(left, Tensor) or isinstance(right, Tensor):
            return arithmetic(left, right)
        if isinstance(left, Array) or isinstance(right, Array):
            return values.broadcast(left, right)
        if isinstance(left, Listing) and isinstance(op, ast.Mult):
            return self.repeated(left, right)
        if isinstance(left, Listing) and isinstance(right, Listing):
            if left.items is None or right.items is None:
                return Listing(None, self.building.depth)
            return Listing([*left.items, *right.items][:LONGEST], self.building.depth)
        if isinstance(left, Listing) and isinstance(op, ast.Add):
            return Listing(None, self.building.depth)
        return calculated(op, left, right)

    def repeated(self, listing: Listing, times: Any) -> Any:
        if listing.items is None or not known(times) or len(listing.items) * times > LONGEST:
            return Listing(None, self.building.depth)
        repeated = Listing(listing.items * times, self.building.depth)
        cell = next((item for item in listing.items if isinstance(item, Layer)), None)
        if cell is not None and times > 1:
            self.building.event("repeated", cell.line, layer=cell, times=times)
        return repeated

    def of_Compare(self, node: ast.Compare, scope: Scope) -> Any:  # noqa: N802
        sides = [self.value(part, scope) for part in (node.left, *node.comparators)]
        if len(sides) != 2:
            return UNKNOWN
        compared = COMPARED.get(type(node.ops[0]))
        left, right = sides
        if isinstance(left, Array) or isinstance(right, Array):
            return values.broadcast(left, right)
        if isinstance(node.ops[0], (ast.Is, ast.IsNot)) and right is None and left is not UNKNOWN:
            return (left is None) is isinstance(node.ops[0], ast.Is)
        plain = all(isinstance(side, PLAIN) for side in sides)
        if compared is None or not plain:
            return UNKNOWN
        try:
            return compared(left, right)
        except TypeError:
            return UNKNOWN

    def of_JoinedStr(self, node: ast.JoinedStr, scope: Scope) -> Any:  # noqa: N802
        self.within(node, scope)
        return UNKNOWN

    def of_NamedExpr(self, node: ast.NamedExpr, scope: Scope) -> Any:  # noqa: N802
        value = self.value(node.value, scope)
        self.bind(node.target, value, scope)
        return value

    def of_ListComp(self, node: ast.ListComp, scope: Scope) -> Any:  # noqa: N802
        return self.comprehended(node, scope)

    of_GeneratorExp = of_ListComp  # noqa: N815

    def comprehended(self, node: ast.ListComp | ast.GeneratorExp, scope: Scope) -> Any:
        first = node.generators[0]
        items = items_of(self.value(first.iter, scope))
        inner = Scope({}, scope)
        simple = len(node.generators) == 1 and not first.ifs and not first.is_async
        if items is None or len(items) > ROUNDS or not simple:
            for part in node.generators:
                self.bind(part.target, Number() if _counts(part.iter) else UNKNOWN, inner)
            each = self.value(node.elt, inner)
            return Listing(None, self.building.depth, each if simple else UNKNOWN)
        elements = []
        for item in items:
            self.bind(first.target, item, inner)
            elements.append(self.value(node.elt, inner))
        return Listing(elements, self.building.depth)

    def of_Attribute(self, node: ast.Attribute, scope: Scope) -> Any:  # noqa: N802
        owner = self.value(node.value, scope)
        if isinstance(owner, Path):
            return Path(f"{owner.name}.{node.attr}")
        if isinstance(owner, Instance):
            method = owner.made_by.methods.get(node.attr)
            if node.attr in owner.attributes:
                return owner.attributes[node.attr]
            if isinstance(method, Function):
                return Function(method.node, method.scope, owner)
            return Bound(owner, node.attr) if method is None else method
        if isinstance(owner, Array):
            return values.array_attribute(owner, node.attr) or Bound(owner, node.attr)
        if isinstance(owner, Tensor) and node.attr == "shape":
            return UNKNOWN if owner.shape is None else owner.shape
        if isinstance(owner, Layer):
            self.building.event("get", node.lineno, layer=owner, name=node.attr)
        if isinstance(owner, Model) and node.attr == "layers":
            layers = [layer or UNKNOWN for layer in owner.layers]
            return Listing(
                None if owner.open or not owner.sequential else layers, self.building.depth
            )
        if isinstance(owner, Model) and node.attr in ("input", "output", "inputs", "outputs"):
            return UNKNOWN
        if owner is UNKNOWN and node.attr == "reshape":
            return Bound(Array(None), node.attr)
        if owner is UNKNOWN or isinstance(owner, (Function, Class, Number)):
            return UNKNOWN
        return Bound(owner, node.attr)

    def of_Subscript(self, node: ast.Subscript, scope: Scope) -> Any:  # noqa: N802
        owner = self.value(node.value, scope)
        key = self.key(node.slice, scope)
        if isinstance(owner, Array):
            return values.indexed(owner, key)
        if isinstance(owner, Tensor):
            return self.sliced(owner, key, node.lineno)
        if isinstance(owner, Table) and owner.items is not None and isinstance(key, PLAIN):
            return owner.items.get(key, UNKNOWN)
        items = list(owner) if isinstance(owner, tuple) else None
        if isinstance(owner, Listing):
            items = owner.items
        if items is None:
            return UNKNOWN
        if known(key) and -len(items) <= key < len(items):
            return items[key]
        part = items[key] if isinstance(key, slice) and is_plain_slice(key) else None
        if part is None:
            return UNKNOWN
        return tuple(part) if isinstance(owner, tuple) else Listing(part, self.building.depth)

    def key(self, node: ast.expr, scope: Scope) -> Any:
        """Return an index: slices stay slices."""
        if isinstance(node, ast.Slice):
            parts = (node.lower, node.upper, node.step)
            return slice(*(None if part is None else self.value(part, scope) for part in parts))
        if isinstance(node, ast.Tuple):
            return tuple(self.key(part, scope) for part in node.elts)
        return self.value(node, scope)

    def sliced(self, tensor: Tensor, key: Any, line: int) -> Tensor:
        """Return a part of a symbolic tensor."""
        array = values.indexed(Array(tensor.shape), key)
        shape = array.shape if isinstance(array, Array) else None
        mask = lost(tensor.mask, "a slice", "arithmetic")
        part = Tensor(shape, mask, tensor.maker, slice_of=tensor)
        keys = key if isinstance(key, tuple) else (key,)
        if len(keys) > 1 and known(keys[1]) and tensor.maker is not None:
            self.building.event("slice", line, node=tensor.maker, at=keys[1], index=tensor.index)
        return part

    # Calls

    def of_Call(self, node: ast.Call, scope: Scope) -> Any:  # noqa: N802
        callee = self.value(node.func, scope)
        given, named, whole = self.arguments(node, scope)
        if isinstance(callee, Function):
            return self.invoke(callee, given if whole else None, named)
        if isinstance(callee, Class):
            return self.instance(callee, given if whole else None, named)
        if isinstance(callee, Layer):
            return self.building.call_layer(callee, given, named, node)
        if isinstance(callee, Model):
            return self.building.call_model(callee, given)
        if isinstance(callee, Instance):
            return self.call_instance(callee, given if whole else None, named)
        if isinstance(callee, Bound):
            return self.method(callee, given, named, node, whole)
        if isinstance(callee, Path):
            return self.function(callee, given, named, node, whole)
        self.hand_over(given, named)
        return UNKNOWN

    def arguments(self, node: ast.Call, scope: Scope) -> tuple[list[Any], dict[str, Any], bool]:
        """Return the arguments of a call, and whether these are all."""
        given = self.elements(node.args, scope)
        whole = given is not None
        named = {}
        for keyword in node.keywords:
            value = self.value(keyword.value, scope)
            if keyword.arg is not None:
                named[keyword.arg] = value
            elif isinstance(value, Table) and value.items is not None:
                named |= {str(key): item for key, item in value.items.items()}
            else:
                whole = False
        return given or [], named, whole

    def hand_over(self, given: Sequence[Any], named: dict[str, Any]) -> None:
        """Note that what is not known gets values, and may change them."""
        for value in (*given, *named.values()):
            if isinstance(value, (Model, Table)):
                self.spoil(value)

    def invoke(
        self,
        function: Function,
        given: list[Any] | None,
        named: dict[str, Any],
        unknown: bool = False,
    ) -> Any:
        """Read a function, and return what it returns.

        Args:
            function: the function.
            given: the arguments by position; None, if they are not known.
            named: the arguments by name.
            unknown: whether its arguments are not known, not even that they are the defaults.
        """
        node = function.node
        if node in self.calls or len(self.calls) > DEPTH:
            return UNKNOWN
        self.read.add(id(node))
        scope = Scope({}, function.scope)
        self.parameters(function, scope, given, named, unknown)
        if isinstance(node, ast.Lambda):
            return UNKNOWN if given is None else self.value(node.body, scope)
        self.calls.append(node)
        self.returns.append([])
        started = self.building.depth
        results: list[Any] = []
        try:
            self.block(node.body, scope)
            self.returns[-1].append(None)
        except _Left:
            pass
        finally:
            self.building.depth = started
            results = self.returns.pop()
            self.calls.pop()
        if any(isinstance(part, (ast.Yield, ast.YieldFrom)) for part in ast.walk(node)):
            return UNKNOWN
        real = [value for value in results if value is not None] or results
        first = real[0] if real else None
        return first if all(same(value, first) for value in real) else UNKNOWN

    def parameters(
        self,
        function: Function,
        scope: Scope,
        given: list[Any] | None,
        named: dict[str, Any],
        unknown: bool,
    ) -> None:
        """Give values to the parameters of a function."""
        takes = function.node.args
        names = [parameter.arg for parameter in (*takes.posonlyargs, *takes.args)]
        scope.names |= dict.fromkeys(
            [*names, *(parameter.arg for parameter in takes.kwonlyargs)], UNKNOWN
        )
        for extra in (takes.vararg, takes.kwarg):
            if extra is not None:
                scope.names[extra.arg] = UNKNOWN
        if function.bound is not None and names:
            scope.names[names.pop(0)] = function.bound
        if unknown or given is None:
            return
        defaults = takes.defaults[max(0, len(takes.defaults) - len(names)) :]
        for name, default in zip(names[len(names) - len(defaults) :], defaults, strict=True):
            scope.names[name] = self.value(default, function.scope)
        for parameter, chosen in zip(takes.kwonlyargs, takes.kw_defaults, strict=True):
            if chosen is not None:
                scope.names[parameter.arg] = self.value(chosen, function.scope)
        for name, value in zip(names, given, strict=False):
            scope.names[name] = value
        for name, value in named.items():
            if name in scope.names:
                scope.names[name] = value

    def instance(self, owner: Class, given: list[Any] | None, named: dict[str, Any]) -> Instance:
        """Make an object of a class of the program."""
        instance = Instance(owner, {}, self.building.depth)
        self.instances[id(owner)] = instance
        start = owner.methods.get("__init__")
        if isinstance(start, Function):
            self.invoke(Function(start.node, start.scope, instance), given, named)
        return instance

    def call_instance(self, owner: Instance, given: list[Any] | None, named: dict[str, Any]) -> Any:
        """Call a layer or a model of a class of the program."""
        if not owner.made_by.of_keras:
            return UNKNOWN
        call = owner.made_by.methods.get("call")
        result = UNKNOWN
        if isinstance(call, Function):
            result = self.invoke(Function(call.node, call.scope, owner), given, named)
        return _without_masks(result)

    def method_of_instance(
        self,
        owner: Instance,
        name: str,
        given: list[Any],
        named: dict[str, Any],
        node: ast.Call,
        whole: bool,
    ) -> Any:
        """Call a method that a model of a class of the program has of Keras."""
        if name == "compile":
            owner.compiled = {"given": given, "named": named}
        shape: Any = None
        if name == "build":
            shape = values.sizes(as_tuple(given[0] if given else named.get("input_shape")))
        elif name in RUNS:
            shape = of_samples(given[0] if given else named.get("x"))
        if shape is None:
            self.hand_over(given, named)
            return UNKNOWN
        model = Model(False, node.lineno, self.building.depth, owner.made_by.node.name)
        model.inputs = [Tensor(shape)]
        model.outputs, complete = self.building.tensors(
            self.call_instance(owner, list(model.inputs), {})
        )
        model.open = not complete
        model.compiled = owner.compiled
        return self.building.method_of_model(model, name, given, named, node, whole)

    def function(
        self, path: Path, given: list[Any], named: dict[str, Any], node: ast.Call, whole: bool
    ) -> Any:
        """Return what a function or class from elsewhere returns."""
        name = path.keras
        if name in ("Sequential", "Graph"):
            return self.building.sequential(given, named, node)
        if name in ("Model", "Functional"):
            return self.building.functional(given, named, node)
        if name in ("Input", "InputLayer"):
            return self.building.input(given, named, node)
        if name == "load_model":
            return self.building.load(given, named, node)
        if name in values.MERGES and given:
            layer = Layer(values.MERGES[name], dict(named), node.lineno)
            return self.building.call_layer(layer, given[:1], {}, node)
        if name[:1].isupper() and "losses" in path.name.split("."):
            return Made(name, named, open=not whole or bool(given))
        if name[:1].isupper() and makes_layer(path.name):
            return self.building.layer(name, given, named, node, whole)
        if "optimizers" in path.name.split("."):
            self.building.event("optimizer", node.lineno, named=named)
        if path.name.startswith("builtins."):
            own = path.name.removeprefix("builtins.")
            if own not in HARMLESS:
                self.hand_over(given, named)
            return self.builtin(own, given)
        if name and ".random." in path.name:
            name = f"keras.random.{name}"
        result = values.array_function(
            name or path.numpy or path.name, given, named, names_of(node)
        )
        if result is UNKNOWN:
            self.hand_over(given, named)
        return result

    def builtin(self, name: str, given: list[Any]) -> Any:
        """Return what a function of Python's own returns."""
        items = items_of(given[0]) if given else []
        first = given[0] if given else None
        if name in ("range", "xrange") and given and known(*given):
            numbers = range(*given[:3]) if len(given) < 3 or given[2] else range(0)
            return Listing(list(numbers) if len(numbers) <= ROUNDS else None, self.building.depth)
        if name == "len":
            if isinstance(first, Array) and first.shape:
                return first.shape[0]
            return len(first) if isinstance(first, str) else length(items)
        if name in ("int", "float") and isinstance(first, (int, float)):
            try:
                return {"int": int, "float": float}[name](first)
            except (ValueError, OverflowError):
                return UNKNOWN
        if name in ("list", "tuple", "reversed", "sorted", "enumerate", "zip"):
            return self.rearranged(name, given, items)
        if name in ("max", "min") and len(given) > 1 and all(map(is_number, given)):
            return {"max": max, "min": min}[name](given)
        if name == "dict" and not given:
            return Table({}, self.building.depth)
        return UNKNOWN

    def rearranged(self, name: str, given: list[Any], items: list[Any] | None) -> Any:
        if not given:
            return () if name == "tuple" else Listing([], self.building.depth)
        if name == "zip":
            columns = [items_of(argument) for argument in given]
            if any(column is None for column in columns):
                return Listing(None, self.building.depth)
            return Listing(list(zip(*columns, strict=False)), self.building.depth)
        if items is None or name == "sorted":
            return UNKNOWN if name == "tuple" else Listing(None, self.building.depth)
        if name == "enumerate":
            return Listing(list(enumerate(items)), self.building.depth)
        if name == "tuple":
            return tuple(items)
        return Listing(items[::-1] if name == "reversed" else list(items), self.building.depth)

    # Layers and models

    def method(
        self, bound: Bound, given: list[Any], named: dict[str, Any], node: ast.Call, whole: bool
    ) -> Any:
        """Call a method of a value."""
        owner = bound.owner
        name = bound.name
        if isinstance(owner, Model):
            return self.building.method_of_model(owner, name, given, named, node, whole)
        if isinstance(owner, Instance) and owner.made_by.of_keras:
            return self.method_of_instance(owner, name, given, named, node, whole)
        if isinstance(owner, Array):
            return values.array_method(owner, name, given, named, names_of(node))
        if isinstance(owner, Listing):
            return self.method_of_list(owner, name, given)
        if isinstance(owner, Table):
            return self.method_of_table(owner, name, given)
        if isinstance(owner, Layer):
            about = {"layer": owner, "name": name, "given": given, "named": named}
            self.building.event("method", node.lineno, **about)
            return UNKNOWN
        self.hand_over(given, named)
        return UNKNOWN

    def method_of_list(self, owner: Listing, name: str, given: list[Any]) -> Any:
        if name == "append" and given:
            if owner.items is None or self.building.depth > owner.depth:
                owner.append(given[0])
            else:
                self.change(owner, [given[0]])
        elif name == "extend" and given:
            self.change(owner, items_of(given[0]))
        elif name in MUTATING:
            owner.spoil()
        elif name == "copy":
            return Listing(None if owner.items is None else list(owner.items), self.building.depth)
        return UNKNOWN

    def change(self, owner: Listing, more: list[Any] | None) -> None:
        if owner.items is None or more is None or self.building.depth > owner.depth:
            owner.spoil()
        elif len(owner.items) + len(more) <= LONGEST:
            owner.items += more

    def method_of_table(self, owner: Table, name: str, given: list[Any]) -> Any:
        if owner.items is None:
            return UNKNOWN
        if name == "get" and given and isinstance(given[0], PLAIN):
            default = given[1] if len(given) > 1 else None
            return owner.items.get(given[0], default)
        if name == "items":
            return Listing(list(owner.items.items()), self.building.depth)
        if name == "values":
            return Listing(list(owner.items.values()), self.building.depth)
        if name == "keys":
            return Listing(list(owner.items), self.building.depth)
        if name in MUTATING:
            owner.items = None
        return UNKNOWN


def _counts(node: ast.expr) -> bool:
    """Say whether a loop counts."""
    name = node.func if isinstance(node, ast.Call) else None
    return isinstance(name, ast.Name) and name.id in ("range", "xrange")


def _without_masks(result: Any) -> Any:
    """Return what a layer of one's own returns: whether it hands masks on is not known."""
    if isinstance(result, Tensor):
        return replace(result, mask=None if result.mask is None else UNKNOWN)
    if isinstance(result, tuple):
        return tuple(map(_without_masks, result))
    return Tensor(None, UNKNOWN) if result is UNKNOWN else result
