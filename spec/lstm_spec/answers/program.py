"""A posted program, read by its syntax and never run: its layers, models and calls of them.

Values that the text tells are followed: numbers, names, shapes of arrays, layers, tensors, models.
All else is UNKNOWN, and so is what comes of it. Both branches of an `if` that cannot be decided are
read, and what they leave different is UNKNOWN. A function is read where it is called, and once with
unknown arguments if it never is.
"""

from __future__ import annotations

import ast
import contextlib
import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lstm_spec.answers import arrays
from lstm_spec.answers.arrays import Array
from lstm_spec.answers.constructor import constructor
from lstm_spec.answers.network import (
    LARGEST,
    UNKNOWN,
    Layer,
    Node,
    Shape,
    Tensor,
    connect,
    known,
    lost,
    returned,
)
from lstm_spec.answers.source import ProgramError, Source, read

STEPS = 60_000
"""So many expressions are evaluated of a program; what else takes time counts too."""
ROUNDS = 24
"""So many rounds of a loop are followed; a longer loop is read once."""
DEPTH = 12
"""So deep are calls of functions followed."""
LONGEST = 100_000
"""So long may a list or a text be."""

POSITIONAL = {
    "Dense": ("units", "activation", "use_bias", "kernel_initializer", "bias_initializer"),
    "Embedding": ("input_dim", "output_dim", "embeddings_initializer", "embeddings_regularizer"),
    "Bidirectional": ("layer", "merge_mode", "weights", "backward_layer"),
    "TimeDistributed": ("layer",),
    "RNN": ("cell", "return_sequences", "return_state", "go_backwards", "stateful", "unroll"),
    "StackedRNNCells": ("cells",),
    "Masking": ("mask_value",),
    "Dropout": ("rate", "noise_shape", "seed"),
    "SpatialDropout1D": ("rate", "seed"),
    "Activation": ("activation",),
    "RepeatVector": ("n",),
    "Reshape": ("target_shape",),
    "Permute": ("dims",),
    "Conv1D": ("filters", "kernel_size", "strides", "padding"),
    "MaxPooling1D": ("pool_size", "strides", "padding"),
    "AveragePooling1D": ("pool_size", "strides", "padding"),
    "Lambda": ("function", "output_shape", "mask", "arguments"),
    "Flatten": ("data_format",),
}
LIKE_LSTM = ("LSTM", "LSTMCell", "GRU", "GRUCell", "SimpleRNN", "SimpleRNNCell", "CuDNNLSTM")
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
class Listing:
    """A list."""

    items: list[Any] | None
    """None, if it is not known what it holds."""
    depth: int = 0


@dataclass(eq=False)
class Table:
    """A dictionary."""

    items: dict[Any, Any] | None
    depth: int = 0


@dataclass(frozen=True)
class Path:
    """A module, a class or a function by its dotted name."""

    name: str

    @property
    def keras(self) -> str:
        """The last part of the name, if it is Keras' own; otherwise nothing."""
        first, *others = self.name.split(".")
        ours = first in ("keras", "tf_keras") or (first == "tensorflow" and "keras" in others)
        return others[-1] if ours and others else ""

    @property
    def numpy(self) -> str:
        """The name within NumPy or TensorFlow; otherwise nothing."""
        first, _, rest = self.name.partition(".")
        return rest if first in ("numpy", "tensorflow") and ".keras" not in self.name else ""


@dataclass(eq=False)
class Scope:
    """The names of a module, a function or a class."""

    names: dict[str, Any] = field(default_factory=dict)
    parent: Scope | None = None
    module: Scope | None = None

    def find(self, name: str) -> Any:
        """Return what a name stands for, or None if it was never set."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return None


@dataclass(eq=False)
class Function:
    """A function of the program."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope
    bound: Instance | None = None


@dataclass(eq=False)
class Class:
    """A class of the program."""

    node: ast.ClassDef
    scope: Scope
    methods: dict[str, Any]
    of_keras: bool


@dataclass(eq=False)
class Instance:
    """An object of a class of the program."""

    made_by: Class
    attributes: dict[str, Any]
    depth: int = 0


@dataclass(frozen=True)
class Bound:
    """A method of a value that is known."""

    owner: Any
    name: str


@dataclass(eq=False)
class Model:
    """A model: layers in a row, or what lies between inputs and outputs."""

    sequential: bool
    line: int
    depth: int = 0
    name: str = ""
    layers: list[Layer | None] = field(default_factory=list)
    """The layers of a Sequential in their order; None for what is not known."""
    waiting: list[tuple[Layer, int]] = field(default_factory=list)
    """Layers of a Sequential whose input is not known yet, with the lines of their calls."""
    inputs: list[Tensor] = field(default_factory=list)
    outputs: list[Tensor] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    open: bool = False
    """Whether it may hold what is not known."""
    compiled: dict[str, Any] | None = None
    trained: bool = False


@dataclass(frozen=True)
class Event:
    """Something that a program does, on a line."""

    kind: str
    line: int
    about: dict[str, Any]


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
    return Program(source, reader.events, cut, reader.shapes)


OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
COMPARED: dict[type, Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
PLAIN = (int, float, str, bool, type(None))


class _Reader:
    """Follows a program's statements, one after the other."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.globals = Scope()
        self.globals.names["__name__"] = "__main__"
        self.steps = 0
        self.depth = 0  # how many uncertain blocks this is in
        self.calls: list[ast.AST] = []
        self.returns: list[list[Any]] = []
        self.functions: list[Function] = []
        self.classes: list[Class] = []
        self.models: list[Model] = []
        self.saved: dict[str, Model] = {}
        self.shapes: dict[int, Shape] = {}
        self.read: set[int] = set()

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
        for model in self.models:
            self.settle(model, None)

    def unused(self, function: Function) -> None:
        """Read a function that is never called."""
        self.invoke(function, None, {}, unknown=True)

    def unused_class(self, owner: Class) -> None:
        """Read the methods of a class that are never called."""
        start = owner.methods.get("__init__")
        instance = Instance(owner, {}, self.depth)
        if isinstance(start, Function) and id(start.node) not in self.read:
            self.unused(Function(start.node, start.scope, instance))
        elif isinstance(start, Function):
            return  # it is made elsewhere, with arguments that are known there
        for method in owner.methods.values():
            if isinstance(method, Function) and id(method.node) not in self.read:
                self.unused(Function(method.node, method.scope, instance))

    def event(self, kind: str, line: int, **about: Any) -> None:
        """Note that something is done, with the model as it is then."""
        model = about.get("model")
        if isinstance(model, Model):
            self.spend(len(model.layers) + len(model.nodes))
            about |= {"model": _as_it_is(model), "identity": id(model)}
        self.events.append(Event(kind, line, about))

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
            started, returned_ = self.depth, len(self.returns)
            try:
                method(node, scope)
            except RecursionError:  # as of a sum of a thousand terms
                self.depth = started
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
        old = self.value(_loaded(node.target), scope)
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
        for alias in node.names:
            if alias.name != "*":
                prefix = f"{node.module}." if node.module and not node.level else "?."
                scope.names[alias.asname or alias.name] = Path(f"{prefix}{alias.name}")

    def do_FunctionDef(self, node: ast.FunctionDef, scope: Scope) -> None:  # noqa: N802
        function = Function(node, scope)
        decorated = any(self.value(one, scope) is UNKNOWN for one in node.decorator_list)
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
        truth = _truth(test)
        if truth is UNKNOWN:
            self.either([node.body, node.orelse], scope)
        else:
            self.block(node.body if truth else node.orelse, scope)

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
        items = self.items(self.value(node.iter, scope))
        leaves = any(isinstance(part, (ast.Break, ast.Continue)) for part in ast.walk(node))
        if items is None or len(items) > ROUNDS or leaves:
            self.bind(node.target, UNKNOWN, scope)
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
                    self.spoil(scope.find(owner.id))

    def spoil(self, value: Any) -> None:
        """Make unknown what a value holds."""
        if isinstance(value, (Listing, Table)):
            value.items = None
        elif isinstance(value, Model):
            self.reopen(value)

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
            self.depth += not keep
            try:
                self.block(body, scope)
                after.append(scope.names)
            except _Left:
                if keep:
                    after.append(scope.names)
            finally:
                self.depth -= not keep
        scope.names = _merged(after) if after else before

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
        starred = any(isinstance(one, ast.Starred) for one in target.elts)
        items = self.items(value)
        if isinstance(value, tuple) and value and all(isinstance(one, Tensor) for one in value):
            self.unpacked(target, value[0].maker, len(value), starred)
        elif isinstance(value, Tensor):
            self.unpacked(target, value.maker, 1, starred)
            items = None
        if items is None or starred or len(items) != len(target.elts):
            items = [UNKNOWN] * len(target.elts)
        for one, item in zip(target.elts, items, strict=True):
            self.bind(one, item, scope)

    def unpacked(self, target: Any, node: Node | None, count: int, starred: bool) -> None:
        if node is not None and not starred:
            wanted = len(target.elts)
            self.event("unpack", target.lineno, node=node, wanted=wanted, count=count)

    def set_attribute(self, target: ast.Attribute, value: Any, scope: Scope) -> None:
        owner = self.value(target.value, scope)
        if isinstance(owner, Instance):
            if isinstance(value, (Layer, Model)) and not value.name:
                value.name = target.attr
            uncertain = self.depth > owner.depth and target.attr in owner.attributes
            owner.attributes[target.attr] = UNKNOWN if uncertain else value
        elif isinstance(owner, (Layer, Model)):
            model = next((m for m in self.models if owner in m.layers), None)
            if isinstance(owner, Model):
                model = owner
            about = {"owner": owner, "name": target.attr, "value": value, "model": model}
            self.event("set", target.lineno, **about)

    def set_element(self, target: ast.Subscript, value: Any, scope: Scope) -> None:
        owner, key = self.value(target.value, scope), self.value(target.slice, scope)
        if isinstance(owner, Table) and owner.items is not None and isinstance(key, PLAIN):
            if self.depth > owner.depth:
                value = UNKNOWN
            owner.items[key] = value
        elif isinstance(owner, Table):
            owner.items = None
        elif isinstance(owner, Listing) and owner.items is not None:
            if known(key) and -len(owner.items) <= key < len(owner.items):
                owner.items[key] = UNKNOWN if self.depth > owner.depth else value
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
        found = scope.find(node.id)
        if found is not None or _is_set(scope, node.id):
            return found
        if node.id in BARE:
            return Path(f"keras.layers.{node.id}")
        if node.id in SHORT:
            names = {"np": "numpy", "tf": "tensorflow", "layers": "keras.layers"}
            names |= {"models": "keras.models", "K": "keras.backend"}
            return Path(names.get(node.id, node.id))
        return Path(f"builtins.{node.id}")

    def of_Tuple(self, node: ast.Tuple, scope: Scope) -> Any:  # noqa: N802
        items = self.elements(node.elts, scope)
        return UNKNOWN if items is None else tuple(items)

    def of_List(self, node: ast.List, scope: Scope) -> Any:  # noqa: N802
        return Listing(self.elements(node.elts, scope), self.depth)

    def of_Set(self, node: ast.Set, scope: Scope) -> Any:  # noqa: N802
        self.elements(node.elts, scope)
        return UNKNOWN

    def elements(self, nodes: Sequence[ast.expr], scope: Scope) -> list[Any] | None:
        items: list[Any] | None = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                more = self.items(self.value(node.value, scope))
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
        return Table(items, self.depth)

    def of_Starred(self, node: ast.Starred, scope: Scope) -> Any:  # noqa: N802
        self.value(node.value, scope)
        return UNKNOWN

    def of_Lambda(self, node: ast.Lambda, scope: Scope) -> Any:  # noqa: N802
        return Function(node, scope)

    def of_IfExp(self, node: ast.IfExp, scope: Scope) -> Any:  # noqa: N802
        truth = _truth(self.value(node.test, scope))
        if truth is UNKNOWN:
            one, other = self.value(node.body, scope), self.value(node.orelse, scope)
            return one if _same(one, other) else UNKNOWN
        return self.value(node.body if truth else node.orelse, scope)

    def of_BoolOp(self, node: ast.BoolOp, scope: Scope) -> Any:  # noqa: N802
        values = [self.value(part, scope) for part in node.values]
        decides = isinstance(node.op, ast.Or)
        for value in values[:-1]:
            truth = _truth(value)
            if truth is UNKNOWN:
                return UNKNOWN
            if truth is decides:
                return value
        return values[-1]

    def of_UnaryOp(self, node: ast.UnaryOp, scope: Scope) -> Any:  # noqa: N802
        value = self.value(node.operand, scope)
        if isinstance(node.op, ast.Not):
            truth = _truth(value)
            return UNKNOWN if truth is UNKNOWN else not truth
        if isinstance(value, Array):
            return Array(value.shape)
        if isinstance(value, (int, float)) and not isinstance(node.op, ast.Invert):
            return -value if isinstance(node.op, ast.USub) else value
        return UNKNOWN

    def of_BinOp(self, node: ast.BinOp, scope: Scope) -> Any:  # noqa: N802
        left, right = self.value(node.left, scope), self.value(node.right, scope)
        return self.operate(node.op, left, right)

    def operate(self, op: ast.operator, left: Any, right: Any) -> Any:
        """Return what an operator makes of two values."""
        if isinstance(left, Tensor) or isinstance(right, Tensor):
            return _arithmetic(left, right)
        if isinstance(left, Array) or isinstance(right, Array):
            return arrays.broadcast(left, right)
        if isinstance(left, Listing) and isinstance(op, ast.Mult):
            return self.repeated(left, right)
        if isinstance(left, Listing) and isinstance(right, Listing):
            if left.items is None or right.items is None:
                return Listing(None, self.depth)
            return Listing([*left.items, *right.items][:LONGEST], self.depth)
        if isinstance(left, Listing) and isinstance(op, ast.Add):
            return Listing(None, self.depth)
        return _calculated(op, left, right)

    def repeated(self, listing: Listing, times: Any) -> Any:
        if listing.items is None or not known(times) or len(listing.items) * times > LONGEST:
            return Listing(None, self.depth)
        repeated = Listing(listing.items * times, self.depth)
        cell = next((one for one in listing.items if isinstance(one, Layer)), None)
        if cell is not None and times > 1:
            self.event("repeated", cell.line, layer=cell, times=times)
        return repeated

    def of_Compare(self, node: ast.Compare, scope: Scope) -> Any:  # noqa: N802
        values = [self.value(part, scope) for part in (node.left, *node.comparators)]
        if len(values) != 2:
            return UNKNOWN
        compared, (left, right) = COMPARED.get(type(node.ops[0])), values
        if isinstance(left, Array) or isinstance(right, Array):
            return arrays.broadcast(left, right)
        if isinstance(node.ops[0], (ast.Is, ast.IsNot)) and right is None and left is not UNKNOWN:
            return (left is None) is isinstance(node.ops[0], ast.Is)
        plain = all(isinstance(value, PLAIN) for value in values)
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
        items = self.items(self.value(first.iter, scope))
        inner = Scope({}, scope)
        simple = len(node.generators) == 1 and not first.ifs and not first.is_async
        if items is None or len(items) > ROUNDS or not simple:
            for part in node.generators:
                self.bind(part.target, UNKNOWN, inner)
            self.value(node.elt, inner)
            return Listing(None, self.depth)
        found = []
        for item in items:
            self.bind(first.target, item, inner)
            found.append(self.value(node.elt, inner))
        return Listing(found, self.depth)

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
            return arrays.attribute(owner, node.attr) or Bound(owner, node.attr)
        if isinstance(owner, Tensor) and node.attr == "shape":
            return UNKNOWN if owner.shape is None else owner.shape
        if isinstance(owner, Layer):
            self.event("get", node.lineno, layer=owner, name=node.attr)
        if isinstance(owner, Model) and node.attr == "layers":
            layers = [layer or UNKNOWN for layer in owner.layers]
            return Listing(None if owner.open or not owner.sequential else layers, self.depth)
        if isinstance(owner, Model) and node.attr in ("input", "output", "inputs", "outputs"):
            return UNKNOWN
        if owner is UNKNOWN or isinstance(owner, (Function, Class)):
            return UNKNOWN
        return Bound(owner, node.attr)

    def of_Subscript(self, node: ast.Subscript, scope: Scope) -> Any:  # noqa: N802
        owner = self.value(node.value, scope)
        key = self.key(node.slice, scope)
        if isinstance(owner, Array):
            return arrays.indexed(owner, key)
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
        part = items[key] if isinstance(key, slice) and _plain(key) else None
        if part is None:
            return UNKNOWN
        return tuple(part) if isinstance(owner, tuple) else Listing(part, self.depth)

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
        array = arrays.indexed(Array(tensor.shape), key)
        shape = array.shape if isinstance(array, Array) else None
        part = Tensor(shape, lost(tensor.mask, "a slice", "arithmetic"), tensor.maker)
        keys = key if isinstance(key, tuple) else (key,)
        if len(keys) > 1 and known(keys[1]) and tensor.maker is not None:
            self.event("slice", line, node=tensor.maker, at=keys[1], index=tensor.index)
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
            return self.call_layer(callee, given, named, node)
        if isinstance(callee, Model):
            return self.call_model(callee, given)
        if isinstance(callee, Instance):
            return Tensor(None, UNKNOWN) if callee.made_by.of_keras else UNKNOWN
        if isinstance(callee, Bound):
            return self.method(callee, given, named, node, whole)
        if isinstance(callee, Path):
            return self.function(callee, given, named, node, whole)
        self.hand_over(given, named)
        return UNKNOWN

    def arguments(self, node: ast.Call, scope: Scope) -> tuple[list[Any], dict[str, Any], bool]:
        """Return the arguments of a call, and whether these are all."""
        given = self.elements(node.args, scope)
        whole, named = given is not None, {}
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
            if isinstance(value, Model):
                self.reopen(value)
            elif isinstance(value, (Listing, Table)):
                value.items = None if isinstance(value, Table) else value.items

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
        started = self.depth
        values: list[Any] = []
        try:
            self.block(node.body, scope)
            self.returns[-1].append(None)
        except _Left:
            pass
        finally:
            self.depth = started
            values = self.returns.pop()
            self.calls.pop()
        if any(isinstance(part, (ast.Yield, ast.YieldFrom)) for part in ast.walk(node)):
            return UNKNOWN
        real = [value for value in values if value is not None] or values
        first = real[0] if real else None
        return first if all(_same(value, first) for value in real) else UNKNOWN

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
        names = [one.arg for one in (*takes.posonlyargs, *takes.args)]
        scope.names |= dict.fromkeys([*names, *(one.arg for one in takes.kwonlyargs)], UNKNOWN)
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
        for one, chosen in zip(takes.kwonlyargs, takes.kw_defaults, strict=True):
            if chosen is not None:
                scope.names[one.arg] = self.value(chosen, function.scope)
        for name, value in zip(names, given, strict=False):
            scope.names[name] = value
        for name, value in named.items():
            if name in scope.names:
                scope.names[name] = value

    def instance(self, owner: Class, given: list[Any] | None, named: dict[str, Any]) -> Instance:
        """Make an object of a class of the program."""
        made = Instance(owner, {}, self.depth)
        start = owner.methods.get("__init__")
        if isinstance(start, Function):
            self.invoke(Function(start.node, start.scope, made), given, named)
        return made

    def function(
        self, path: Path, given: list[Any], named: dict[str, Any], node: ast.Call, whole: bool
    ) -> Any:
        """Return what a function or class from elsewhere returns."""
        name = path.keras
        if name in ("Sequential", "Graph"):
            return self.sequential(given, named, node)
        if name in ("Model", "Functional"):
            return self.functional(given, named, node)
        if name in ("Input", "InputLayer"):
            return self.input(given, named, node)
        if name == "load_model":
            return self.load(given, named, node)
        if name in arrays.MERGES and given:
            layer = Layer(arrays.MERGES[name], dict(named), node.lineno)
            return self.call_layer(layer, given[:1], {}, node)
        if name[:1].isupper() and _makes_layer(path.name):
            return self.layer(name, given, named, node, whole)
        if path.name.startswith("builtins."):
            own = path.name.removeprefix("builtins.")
            if own not in HARMLESS:
                self.hand_over(given, named)
            return self.builtin(own, given)
        found = arrays.function(name or path.numpy or path.name, given, named, _names(node))
        if found is UNKNOWN:
            self.hand_over(given, named)
        return found

    def builtin(self, name: str, given: list[Any]) -> Any:
        """Return what a function of Python's own returns."""
        items = self.items(given[0]) if given else []
        first = given[0] if given else None
        if name in ("range", "xrange") and given and known(*given):
            numbers = range(*given[:3]) if len(given) < 3 or given[2] else range(0)
            return Listing(list(numbers) if len(numbers) <= ROUNDS else None, self.depth)
        if name == "len":
            if isinstance(first, Array) and first.shape:
                return first.shape[0]
            return len(first) if isinstance(first, str) else _length(items)
        if name in ("int", "float") and isinstance(first, (int, float)):
            try:
                return {"int": int, "float": float}[name](first)
            except (ValueError, OverflowError):
                return UNKNOWN
        if name in ("list", "tuple", "reversed", "sorted", "enumerate", "zip"):
            return self.rearranged(name, given, items)
        if name in ("max", "min") and len(given) > 1 and all(map(_is_number, given)):
            return {"max": max, "min": min}[name](given)
        if name == "dict" and not given:
            return Table({}, self.depth)
        return UNKNOWN

    def rearranged(self, name: str, given: list[Any], items: list[Any] | None) -> Any:
        if not given:
            return () if name == "tuple" else Listing([], self.depth)
        if name == "zip":
            columns = [self.items(one) for one in given]
            if any(column is None for column in columns):
                return Listing(None, self.depth)
            return Listing(list(zip(*columns, strict=False)), self.depth)
        if items is None or name == "sorted":
            return UNKNOWN if name == "tuple" else Listing(None, self.depth)
        if name == "enumerate":
            return Listing(list(enumerate(items)), self.depth)
        if name == "tuple":
            return tuple(items)
        return Listing(items[::-1] if name == "reversed" else list(items), self.depth)

    def items(self, value: Any) -> list[Any] | None:
        """Return what a value yields, one after the other; None, if that is not known."""
        if isinstance(value, tuple):
            return list(value)
        if isinstance(value, Listing):
            return value.items
        if isinstance(value, Table) and value.items is not None:
            return list(value.items)
        if isinstance(value, str) and len(value) <= ROUNDS:
            return list(value)
        return None

    # Layers and models

    def layer(
        self, kind: str, given: list[Any], named: dict[str, Any], node: ast.Call, whole: bool
    ) -> Layer:
        """Make a layer."""
        takes = _takes(kind)
        layer = Layer(kind, {}, node.lineno, positional=len(given))
        layer.open = not whole or len(given) > len(takes)
        layer.arguments = dict(zip(takes, given, strict=False)) | named
        arguments = [layer.get(name) for name in ("layer", "backward_layer", "cell", "cells")]
        for argument in arguments:
            several = self.items(argument)
            parts = [argument] if several is None else several
            layer.inner += [part for part in parts if isinstance(part, Layer)]
        if kind == "RNN" and len(layer.inner) == 1 and layer.inner[0].kind == "StackedRNNCells":
            layer.inner = layer.inner[0].inner
        self.event("layer", node.lineno, layer=layer, names=_names(node), node=node)
        return layer

    def input(self, given: list[Any], named: dict[str, Any], node: ast.Call) -> Tensor:
        """Make an input of a model."""
        keys = ("shape", "batch_shape", "batch_input_shape", "input_shape", "batch_size")
        shape, batch_shape, old, older, batch = (named.get(key) for key in keys)
        shape = given[0] if given else shape
        whole = batch_shape if batch_shape is not None else old
        names = _names(node)
        if whole is not None:
            return Tensor(arrays.sizes(self.plain(whole)))
        sizes = arrays.sizes(self.plain(shape if shape is not None else older))
        batch = given[1] if len(given) > 1 else batch
        first = batch if batch is None or known(batch) else UNKNOWN
        tensor = Tensor(None if sizes is None else (first, *sizes))
        axes = names.get("shape") or names.get("0") or ()
        self.event("input", node.lineno, tensor=tensor, axes=axes)
        return tensor

    def plain(self, value: Any) -> Any:
        """Return a list as a tuple."""
        return tuple(value.items) if isinstance(value, Listing) and value.items else value

    def sequential(self, given: list[Any], named: dict[str, Any], node: ast.Call) -> Model:
        model = Model(True, node.lineno, self.depth)
        self.models.append(model)
        layers = given[0] if given else named.get("layers")
        if layers is not None:
            items = self.items(layers)
            if items is None:
                self.reopen(model)
            for item in items or []:
                self.add(model, item, item.line if isinstance(item, Layer) else node.lineno)
        return model

    def functional(self, given: list[Any], named: dict[str, Any], node: ast.Call) -> Model:
        names = (("inputs", "input"), ("outputs", "output"))
        inputs, outputs = (
            given[index] if len(given) > index else next((named[k] for k in keys if k in named), 0)
            for index, keys in enumerate(names)
        )
        model = Model(False, node.lineno, self.depth)
        model.inputs, complete = self.tensors(inputs)
        model.outputs, whole = self.tensors(outputs)
        model.open = not (complete and whole)
        self.models.append(model)
        return model

    def tensors(self, value: Any) -> tuple[list[Tensor], bool]:
        """Return the tensors in a structure, and whether these are all."""
        if isinstance(value, Tensor):
            return [value], True
        items = self.items(value)
        if isinstance(value, Table) and value.items:
            items = list(value.items.values())
        tensors = [item for item in items or [] if isinstance(item, Tensor)]
        return tensors, items is not None and len(tensors) == len(items)

    def add(self, model: Model, item: Any, line: int) -> None:
        """Put a layer on top of a Sequential."""
        if self.depth > model.depth:
            self.reopen(model)
            return
        if isinstance(item, Tensor):
            if not model.layers and not model.inputs:
                model.inputs, model.outputs = [item], [item]
            else:
                self.reopen(model)
            return
        if not isinstance(item, Layer):
            self.reopen(model)
            return
        declared = self.declared(item) if not model.layers else None
        model.layers.append(item)
        if declared is not None:
            model.inputs, model.outputs = [declared], [declared]
        if model.outputs:
            self.put(model, item, line)
        else:
            model.waiting.append((item, line))

    def declared(self, layer: Layer) -> Tensor | None:
        """Return the input that a first layer declares."""
        core = layer
        whole = core.get("batch_input_shape")
        if isinstance(self.plain(whole), tuple):
            return Tensor(arrays.sizes(self.plain(whole)))
        shape = core.get("input_shape")
        if shape is not None and shape is not UNKNOWN:
            sizes = arrays.sizes(self.plain(shape))
            return Tensor(None if sizes is None else (None, *sizes))
        width, length = core.get("input_dim"), core.get("input_length")
        if layer.kind == "Embedding":
            return None
        if width is not None and layer.kind in ("LSTM", "GRU", "SimpleRNN", "Dense"):
            one = width if known(width) else UNKNOWN
            steps = (length if known(length) else None,) if layer.kind != "Dense" else ()
            return Tensor((None, *steps, one))
        return None

    def put(self, model: Model, layer: Layer, line: int) -> None:
        """Connect a layer of a Sequential with what is below it."""
        node = connect(layer, model.outputs[:1], line)
        node.sequential = True
        model.nodes.append(node)
        model.outputs = node.outputs
        self.event("call", line, node=node)

    def settle(self, model: Model, data: Any) -> None:
        """Connect the layers of a Sequential that wait for an input, with data or without."""
        if not model.waiting:
            return
        waiting, model.waiting = model.waiting, []
        shape = data.shape if isinstance(data, Array) else None
        sizes: Shape | None = None if shape is None else (None, *shape[1:])
        first = Tensor(sizes, None if shape is not None and not model.open else UNKNOWN)
        model.inputs, model.outputs = [first], [first]
        for layer, line in waiting:
            self.put(model, layer, line)

    def reopen(self, model: Model) -> None:
        """Note that a model may have got layers that are not known."""
        self.settle(model, None)
        model.open = True
        model.layers.append(None)
        model.outputs = [Tensor(None, UNKNOWN)]

    def call_layer(
        self, layer: Layer, given: list[Any], named: dict[str, Any], node: ast.Call
    ) -> Any:
        """Call a layer on tensors or numbers."""
        first = given[0] if given else named.get("sequences", named.get("inputs", UNKNOWN))
        rest = dict(named)
        if len(given) > 1 and layer.kind in ("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional"):
            rest.setdefault("initial_state", given[1])
        inputs = self.inputs(first)
        made = connect(layer, inputs, node.lineno, rest)
        made.listed = isinstance(first, (Listing, tuple)) and not _is_numbers(first)
        made.eager = isinstance(first, Array) or _is_numbers(first)
        states = rest.get("initial_state")
        if states is not None:
            items = self.items(states)
            alone = isinstance(states, (Tensor, Array))
            made.states = [states] if alone else (UNKNOWN if items is None else items)
        self.event("call", node.lineno, node=made, first=first)
        count = returned(layer) if layer.kind in arrays.MANY else len(made.outputs)
        if layer.kind in ("LSTMCell", "GRUCell", "SimpleRNNCell") or count is UNKNOWN:
            return UNKNOWN
        return made.outputs[0] if count == 1 else tuple(made.outputs)

    def inputs(self, first: Any) -> list[Tensor]:
        """Return what a layer is called on, as tensors."""
        if isinstance(first, Tensor):
            return [first]
        if isinstance(first, Array):
            return [Tensor(first.shape)]
        if _is_numbers(first):
            return [Tensor(arrays.from_items(first).shape)]
        items = self.items(first)
        if items is None:
            return [Tensor(None, UNKNOWN)]
        return [
            item
            if isinstance(item, Tensor)
            else Tensor(item.shape if isinstance(item, Array) else None, UNKNOWN)
            for item in items
        ] or [Tensor(None, UNKNOWN)]

    def call_model(self, model: Model, given: list[Any]) -> Any:
        """Call a model as a layer."""
        self.settle(model, given[0] if given else None)
        outputs = [
            Tensor(output.shape, None if output.mask is None else UNKNOWN)
            for output in model.outputs
        ]
        if model.open or not outputs:
            return Tensor(None, UNKNOWN) if len(outputs) < 2 else UNKNOWN
        return outputs[0] if len(outputs) == 1 else Listing(list(outputs), self.depth)

    def load(self, given: list[Any], named: dict[str, Any], node: ast.Call) -> Any:
        name = given[0] if given else named.get("filepath", UNKNOWN)
        saved = self.saved.get(name) if isinstance(name, str) else None
        self.event("load", node.lineno, name=name, model=saved, named=named)
        return saved or UNKNOWN

    def method(
        self, bound: Bound, given: list[Any], named: dict[str, Any], node: ast.Call, whole: bool
    ) -> Any:
        """Call a method of a value."""
        owner, name = bound.owner, bound.name
        if isinstance(owner, Model):
            return self.method_of_model(owner, name, given, named, node, whole)
        if isinstance(owner, Array):
            return arrays.method(owner, name, given, named, _names(node))
        if isinstance(owner, Listing):
            return self.method_of_list(owner, name, given)
        if isinstance(owner, Table):
            return self.method_of_table(owner, name, given)
        if isinstance(owner, Layer):
            about = {"layer": owner, "name": name, "given": given, "named": named}
            self.event("method", node.lineno, **about)
            return UNKNOWN
        self.hand_over(given, named)
        return UNKNOWN

    def method_of_list(self, owner: Listing, name: str, given: list[Any]) -> Any:
        if name == "append" and given:
            self.change(owner, [given[0]])
        elif name == "extend" and given:
            self.change(owner, self.items(given[0]))
        elif name in MUTATING:
            owner.items = None
        elif name == "copy":
            return Listing(None if owner.items is None else list(owner.items), self.depth)
        return UNKNOWN

    def change(self, owner: Listing, more: list[Any] | None) -> None:
        if owner.items is None or more is None or self.depth > owner.depth:
            owner.items = None
        elif len(owner.items) + len(more) <= LONGEST:
            owner.items += more

    def method_of_table(self, owner: Table, name: str, given: list[Any]) -> Any:
        if owner.items is None:
            return UNKNOWN
        if name == "get" and given and isinstance(given[0], PLAIN):
            default = given[1] if len(given) > 1 else None
            return owner.items.get(given[0], default)
        if name == "items":
            return Listing(list(owner.items.items()), self.depth)
        if name == "values":
            return Listing(list(owner.items.values()), self.depth)
        if name == "keys":
            return Listing(list(owner.items), self.depth)
        if name in MUTATING:
            owner.items = None
        return UNKNOWN

    def method_of_model(
        self,
        model: Model,
        name: str,
        given: list[Any],
        named: dict[str, Any],
        node: ast.Call,
        whole: bool,
    ) -> Any:
        """Call a method of a model."""
        line = node.lineno
        if name == "add" and model.sequential:
            self.add(model, given[0] if given else UNKNOWN, line)
            return None
        if name == "pop":
            self.reopen(model)
            return None
        about = {"model": model, "given": given, "named": named, "whole": whole}
        if name in ("fit", "evaluate", "predict", "train_on_batch", "test_on_batch"):
            first = given[0] if given else named.get("x", UNKNOWN)
            self.settle(model, first)
            again = model.trained
            model.trained = model.trained or name in ("fit", "train_on_batch")
            self.event(name, line, **about, again=again)
            return self.predicted(model, first) if name == "predict" else UNKNOWN
        if name == "build":
            shape = arrays.sizes(self.plain(given[0] if given else named.get("input_shape")))
            self.settle(model, Array(shape))
        if name == "compile":
            model.compiled = {"line": line, "given": given, "named": named}
        if name == "get_layer":
            return next((one for one in model.layers if one and [one.name] == given), UNKNOWN)
        if name == "save" and (given or named):
            file = given[0] if given else named.get("filepath", UNKNOWN)
            if isinstance(file, str):
                self.saved[file] = model
        self.event("model", line, method=name, **about)
        return UNKNOWN

    def predicted(self, model: Model, data: Any) -> Any:
        """Return the array that predict returns."""
        if model.open or len(model.outputs) != 1:
            return UNKNOWN
        shape = model.outputs[0].shape
        rows = data.shape[0] if isinstance(data, Array) and data.shape else UNKNOWN
        return Array(None if shape is None else (rows, *shape[1:]))


def _as_it_is(model: Model) -> Model:
    """Return a copy of a model that later changes leave alone."""
    return replace(
        model,
        layers=list(model.layers),
        nodes=list(model.nodes),
        inputs=list(model.inputs),
        outputs=list(model.outputs),
    )


def _merged(scopes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the names after blocks of which one was run."""
    names = {name for scope in scopes for name in scope}
    merged = {}
    for name in names:
        values = [scope.get(name, UNKNOWN) for scope in scopes]
        merged[name] = values[0] if all(_same(v, values[0]) for v in values) else UNKNOWN
    return merged


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, PLAIN) and isinstance(other, PLAIN):
        return type(one) is type(other) and bool(one == other)
    if isinstance(one, Array) and isinstance(other, Array):
        return one.shape == other.shape
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        return all(map(_same, one, other))
    return one is other or (isinstance(one, Path) and one == other)


def _is_set(scope: Scope | None, name: str) -> bool:
    while scope is not None:
        if name in scope.names:
            return True
        scope = scope.parent
    return False


def _loaded(node: ast.expr) -> ast.expr:
    return node  # whether it is read or set makes no difference here


def _truth(value: Any) -> Any:
    if isinstance(value, (*PLAIN, tuple)):
        return bool(value)
    if isinstance(value, (Listing, Table)):
        return UNKNOWN if value.items is None else bool(value.items)
    if isinstance(value, (Layer, Model, Tensor, Function, Class)):
        return True
    return UNKNOWN


def _calculated(op: ast.operator, left: Any, right: Any) -> Any:
    """Return what an operator makes of two plain values."""
    calculate = OPERATORS.get(type(op))
    if isinstance(op, ast.Pow) and _is_number(left) and _is_number(right):
        small = abs(left) <= 10**6 and -20 <= right <= 20
        return left**right if small and (left or right >= 0) and not _root(left, right) else UNKNOWN
    if isinstance(left, tuple) and isinstance(right, tuple) and isinstance(op, ast.Add):
        return (left + right)[:LONGEST]
    texts = isinstance(left, str) and isinstance(right, str) and isinstance(op, ast.Add)
    numbers = _is_number(left) and _is_number(right)
    if calculate is None or not (texts or numbers):
        return UNKNOWN
    if (numbers and max(abs(left), abs(right)) > 10**15) or (texts and len(left) > LONGEST):
        return UNKNOWN
    try:
        return calculate(left, right)
    except (ArithmeticError, ValueError):
        return UNKNOWN


def _root(left: Any, right: Any) -> bool:
    """Say whether a power would be a complex number."""
    return bool(left < 0) and not isinstance(right, int)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and value == value and abs(value) != float("inf")


def _arithmetic(left: Any, right: Any) -> Tensor:
    """Return what arithmetic makes of a symbolic tensor."""
    tensors = [side for side in (left, right) if isinstance(side, Tensor)]
    others = [side for side in (left, right) if not isinstance(side, Tensor)]
    alike = all(tensor.shape == tensors[0].shape for tensor in tensors)
    scalar = all(isinstance(other, (int, float)) for other in others)
    shape = tensors[0].shape if alike and scalar else None
    masks = [lost(tensor.mask, "arithmetic", "arithmetic") for tensor in tensors]
    return Tensor(shape, masks[0] if all(mask is None for mask in masks[1:]) else UNKNOWN)


def _plain(key: slice) -> bool:
    return all(part is None or known(part) for part in (key.start, key.stop, key.step)) and (
        key.step != 0
    )


def _length(items: list[Any] | None) -> Any:
    return UNKNOWN if items is None else len(items)


def _is_numbers(value: Any) -> bool:
    """Say whether a value is a list of numbers, or of lists of them."""
    items = value.items if isinstance(value, Listing) else value
    if not isinstance(items, (list, tuple)) or not items:
        return False
    return all(_is_number(item) or _is_numbers(item) for item in items)


def _makes_layer(path: str) -> bool:
    parts = path.split(".")
    return "layers" in parts or "recurrent" in parts or "legacy" in parts


def _takes(kind: str) -> tuple[str, ...]:
    if kind in LIKE_LSTM:
        return tuple(one.name for one in constructor().argument if not one.keyword)
    return POSITIONAL.get(kind, ())


def _names(node: ast.Call) -> dict[str, tuple[str, ...]]:
    """Return the names that stand for the sizes of shapes among the arguments of a call."""
    found = {str(index): _axes(one) for index, one in enumerate(node.args)}
    found |= {word.arg: _axes(word.value) for word in node.keywords if word.arg}
    direct = tuple(_written(one) for one in node.args)
    return {name: axes for name, axes in found.items() if axes} | {"*": direct}


def _axes(node: ast.expr) -> tuple[str, ...]:
    if isinstance(node, (ast.Tuple, ast.List)):
        return tuple(_written(part) for part in node.elts)
    return ()


def _written(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def walk(events: Sequence[Event], kind: str) -> Iterator[Event]:
    """Yield the events of a kind."""
    return (event for event in events if event.kind == kind)
