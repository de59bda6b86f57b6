"""What is known of the values in a posted program.

Lists, tables, functions, classes and objects are followed, and of arrays the shapes; all else is
UNKNOWN.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lstm_spec.reviews.network import (
    UNKNOWN,
    Layer,
    Model,
    Shape,
    Tensor,
    known,
    lost,
    size_of,
)

DEEPEST = 8
"""The most axes that an array may have."""
MERGES = {
    "concatenate": "Concatenate",
    "add": "Add",
    "subtract": "Subtract",
    "multiply": "Multiply",
    "average": "Average",
    "maximum": "Maximum",
    "minimum": "Minimum",
}
"""Functions of Keras that merge tensors, and the layers that do the same."""
MANY = ("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "TimeDistributed")
"""Layers that may return several tensors."""

ROUNDS = 24
"""The most rounds of a loop that are followed; a longer loop is read once."""
COUNTED = 10_000
"""The greatest length of a list whose items a loop or a range makes."""
LONGEST = 100_000
"""The greatest length of a list or a text."""
PLAIN = (int, float, str, bool, type(None))
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

FRAME = "frame"
"""How a table of pandas, or a column of one, was made."""


@dataclass(eq=False)
class Array:
    """An array, or a tensor of numbers."""

    shape: Shape | None
    """None, if not even the number of axes is known."""
    origin: str = ""
    """What is known of how it was made: "padded", "rows", "step", "ragged", "mixed" or FRAME."""
    axes: tuple[str, ...] = ()
    """The names that the program gives to the sizes of its axes."""
    padding: float | None = None
    """The number that short sequences are filled up with, if they are."""


@dataclass(eq=False)
class Batches:
    """What yields batches of arrays, or samples until batch() is called, with their targets."""

    inputs: Array
    targets: Array = field(default_factory=lambda: Array(None))


@dataclass(eq=False)
class Number:
    """A whole number that is not known: the same one as others, but for what is added to it."""

    of: Number | None = None
    plus: int = 0
    largest: int | None = None
    """The largest that a loop makes of it, if that is known."""

    @property
    def base(self) -> Number:
        """The number to which something is added."""
        return self.of or self


@dataclass(eq=False)
class Listing:
    """A list."""

    items: list[Any] | None
    """None, if it is not known what it holds."""
    depth: int = 0
    each: Any = UNKNOWN
    """What all items are like, if it is filled in a loop; None, as long as it is empty."""

    def spoil(self, appended: bool = False) -> None:
        """Note that it is not known how many items it has, nor, unless they are appended, which."""
        if not appended:
            self.each = UNKNOWN
        elif self.items is not None:
            self.each = UNKNOWN if self.items else None
        self.items = None

    def append(self, item: Any) -> None:
        """Note that an item is appended, and it is not known how often."""
        self.spoil(appended=True)
        alike = self.each is None or same_shape(self.each, item)
        self.each = item if alike else UNKNOWN

    def extend(self, more: list[Any] | None, depth: int) -> None:
        """Note that items are appended.

        Args:
            more: the items; None, if they are not known.
            depth: in how many blocks this is that may not be run.
        """
        if self.items is None or more is None or depth > self.depth:
            self.spoil()
        elif len(self.items) + len(more) <= LONGEST:
            self.items += more


@dataclass(eq=False)
class Table:
    """A dictionary."""

    items: dict[Any, Any] | None
    depth: int = 0


SIMPLE = (*PLAIN, tuple, Array, Listing, Table, Number)
"""What an attribute may be in place of another, if it is not known which is set."""


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
    def whole(self) -> str:
        """The dotted name; of Keras, without that of the package through which it is reached."""
        before, name, rest = self.name.partition("keras")
        reached = before in ("tensorflow.", "tensorflow.python.", "tf_")
        return f"{name}{rest}" if reached else self.name

    @property
    def numpy(self) -> str:
        """The name within NumPy or TensorFlow; otherwise nothing."""
        first, _, rest = self.name.partition(".")
        if first == "tensorflow" and rest.startswith("random."):
            return self.name
        return rest if first in ("numpy", "tensorflow") and ".keras" not in self.name else ""


@dataclass(frozen=True)
class Made:
    """An object of a class of Keras that is no layer, such as a loss."""

    name: str
    arguments: dict[str, Any]
    open: bool
    """Whether it may have arguments beside these."""


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
    bound: Any = None
    """What its first parameter is, if no call gives that; None, if calls do."""
    defaults: dict[str, Any] = field(default_factory=dict)
    """What parameters are that a call does not give, as it was where it was defined."""
    decorator: str = ""
    """Which of Python's own decorators of methods it has."""
    registered: bool = False
    """Whether Keras may know it by its name."""

    def of(self, owner: Instance) -> Function:
        """Return it as a method of an object."""
        bound = {"staticmethod": None, "classmethod": UNKNOWN}.get(self.decorator, owner)
        return replace(self, bound=bound)


@dataclass(eq=False)
class Class:
    """A class of the program."""

    node: ast.ClassDef
    scope: Scope
    methods: dict[str, Any]
    of_keras: bool
    fields: tuple[str, ...] | None = None
    """What its constructor takes, if Python makes that of what the class declares."""
    open: bool = False
    """Whether another class, which is not followed, may set attributes of its objects."""


@dataclass(eq=False)
class Instance:
    """An object of a class of the program."""

    made_by: Class
    attributes: dict[str, Any]
    depth: int = 0
    compiled: Arguments | None = None
    open: bool = False
    """Whether it may have attributes in place of those of its class."""

    def spoil(self) -> None:
        """Note that any attribute may have been set, but for layers and other objects."""
        plain = [name for name, value in self.attributes.items() if isinstance(value, SIMPLE)]
        self.attributes |= dict.fromkeys(plain, UNKNOWN)
        self.open = True


@dataclass(frozen=True)
class Bound:
    """A method of a value that is known."""

    owner: Any
    name: str


@dataclass(frozen=True)
class Arguments:
    """The arguments of a call."""

    given: list[Any] = field(default_factory=list)
    """By position."""
    named: dict[str, Any] = field(default_factory=dict)
    whole: bool = True
    """Whether these are all."""
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By position or name, the names that the program gives to the sizes in a shape.

    Under * are the names of all that is given by position.
    """

    @property
    def first(self) -> Any:
        """The first that is given by position; UNKNOWN, if there is none."""
        return self.given[0] if self.given else UNKNOWN

    def get(self, place: int, *names: str, default: Any = None) -> Any:
        """Return an argument: by its position, or else by the first of its names.

        Args:
            place: its position.
            *names: its name, and what other releases call it.
            default: what it is if it is not given.
        """
        if len(self.given) > place:
            return self.given[place]
        return next((self.named[name] for name in names if name in self.named), default)

    def or_default(self, place: int, name: str, default: Any = None) -> Any:
        """Return an argument; its default, if it is known that it is not given."""
        return self.get(place, name, default=default if self.whole else UNKNOWN)

    def axes(self, *keys: str) -> tuple[str, ...]:
        """Return the names of the sizes in the first shape that has some, of these arguments."""
        return next((self.names[key] for key in keys if self.names.get(key)), ())


def names_of(node: ast.Call) -> dict[str, tuple[str, ...]]:
    """Return the names that stand for the sizes of shapes among the arguments of a call."""
    named = {str(index): _axes(argument) for index, argument in enumerate(node.args)}
    named |= {word.arg: _axes(word.value) for word in node.keywords if word.arg}
    direct = tuple(_written(argument) for argument in node.args)
    return {name: axes for name, axes in named.items() if axes} | {"*": direct}


def _axes(node: ast.expr) -> tuple[str, ...]:
    if isinstance(node, (ast.Tuple, ast.List)):
        return tuple(_written(part) for part in node.elts)
    return ()


def _written(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def sizes(value: Any) -> Shape | None:
    """Return a shape that is given as a tuple or a number."""
    if known(value):
        return (value,)
    if not isinstance(value, tuple) or len(value) > DEEPEST:
        return None
    return tuple(None if size is None else size_of(size) for size in value)


def from_items(value: Any) -> Array:
    """Return the array of a list of numbers or of lists; an array as it is."""
    if isinstance(value, Listing) and value.items is None:
        shape = shape_of(value.each)
        return Array(None if shape is None else (UNKNOWN, *shape))
    items = getattr(value, "items", value)
    if not isinstance(items, (list, tuple)):
        return value if isinstance(value, Array) else Array(None)
    parts = [shape_of(item) for item in _distinct(items)]
    if not parts or any(part is None for part in parts):
        return Array(None if parts else (0,))
    ragged = any(part != parts[0] for part in parts)
    if ragged and all(UNKNOWN not in (part or ()) for part in parts):
        return Array((len(items),), "ragged")
    return Array((len(items), *(parts[0] or ())) if not ragged else None)


def shape_of(item: Any, depth: int = 1) -> Shape | None:
    """Return the shape of a number, an array or a list of such; None, if it has none.

    Args:
        item: what may have a shape.
        depth: in how many lists it stands, itself counted.
    """
    if isinstance(item, Array):
        return item.shape
    if isinstance(item, (bool, int, float, str, Number)):
        return ()
    items = getattr(item, "items", item)
    if not isinstance(items, (list, tuple)) or depth > DEEPEST or not items:
        return None
    parts = [shape_of(part, depth + 1) for part in _distinct(items)]
    if any(part is None or part != parts[0] for part in parts):
        return None
    return (len(items), *(parts[0] or ()))


def _distinct(items: Sequence[Any]) -> list[Any]:
    """Return the first items of a list, each object once: a loop may make one of them all."""
    return list({id(item): item for item in items[:1000]}.values())


def same_shape(left: Any, right: Any) -> bool:
    """Return whether two values are known to be arrays, or numbers, of one shape."""
    shape = shape_of(left)
    return shape is not None and shape == shape_of(right)


def merged(scopes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the names after blocks of which one was run."""
    names = {name for scope in scopes for name in scope}
    after = {}
    for name in names:
        each = [scope.get(name, UNKNOWN) for scope in scopes]
        after[name] = each[0] if all(same(value, each[0]) for value in each) else UNKNOWN
    return after


def same(first: Any, other: Any) -> bool:
    """Return whether two values are known to be the same."""
    if isinstance(first, PLAIN) and isinstance(other, PLAIN):
        return type(first) is type(other) and bool(first == other)
    if isinstance(first, Array) and isinstance(other, Array):
        return first.shape == other.shape
    if isinstance(first, tuple) and isinstance(other, tuple) and len(first) == len(other):
        return all(map(same, first, other))
    if isinstance(first, Path) and isinstance(other, Path):
        return first.whole == other.whole
    return first is other


def inputs_of(value: Any) -> Any:
    """Return the inputs that a value yields, or the value itself if it is no source of batches."""
    return value.inputs if isinstance(value, Batches) else value


def is_set(scope: Scope | None, name: str) -> bool:
    """Return whether a name is set, if only to None."""
    while scope is not None:
        if name in scope.names:
            return True
        scope = scope.parent
    return False


def truth(value: Any) -> Any:
    """Return whether a value counts as true; UNKNOWN, if that is not known."""
    if isinstance(value, (*PLAIN, tuple)):
        return bool(value)
    if isinstance(value, (Listing, Table)):
        return UNKNOWN if value.items is None else bool(value.items)
    if isinstance(value, (Layer, Model, Tensor, Function, Class)):
        return True
    return UNKNOWN


def calculated(op: ast.operator, left: Any, right: Any) -> Any:
    """Return what an operator makes of two plain values."""
    calculate = OPERATORS.get(type(op))
    if isinstance(left, Number) or isinstance(right, Number):
        return _shifted(op, left, right)
    if isinstance(op, ast.Pow) and is_number(left) and is_number(right):
        small = abs(left) <= 10**6 and -20 <= right <= 20
        return left**right if small and (left or right >= 0) and not _root(left, right) else UNKNOWN
    if isinstance(left, tuple) and isinstance(right, tuple) and isinstance(op, ast.Add):
        return (left + right)[:LONGEST]
    texts = isinstance(left, str) and isinstance(right, str) and isinstance(op, ast.Add)
    numbers = is_number(left) and is_number(right)
    if calculate is None or not (texts or numbers):
        return UNKNOWN
    if (numbers and max(abs(left), abs(right)) > 10**15) or (texts and len(left) > LONGEST):
        return UNKNOWN
    try:
        return calculate(left, right)
    except (ArithmeticError, ValueError):
        return UNKNOWN


def _shifted(op: ast.operator, left: Any, right: Any) -> Any:
    """Return an unknown number to which a known one is added, or from which it is taken."""
    if isinstance(left, Number) and known(right) and isinstance(op, (ast.Add, ast.Sub)):
        return Number(left.base, left.plus + (right if isinstance(op, ast.Add) else -right))
    if isinstance(right, Number) and known(left) and isinstance(op, ast.Add):
        return Number(right.base, right.plus + left)
    return Number()


def _root(left: Any, right: Any) -> bool:
    """Return whether a power would be a complex number."""
    return bool(left < 0) and not isinstance(right, int)


def is_number(value: Any) -> bool:
    """Return whether a value is a finite number."""
    return isinstance(value, (int, float)) and value == value and abs(value) != float("inf")


def arithmetic(left: Any, right: Any) -> Tensor:
    """Return what arithmetic makes of a symbolic tensor."""
    tensors = [side for side in (left, right) if isinstance(side, Tensor)]
    others = [side for side in (left, right) if not isinstance(side, Tensor)]
    alike = all(tensor.shape == tensors[0].shape for tensor in tensors)
    scalar = all(isinstance(other, (int, float)) for other in others)
    shape = tensors[0].shape if alike and scalar else None
    masks = [lost(tensor.mask, "arithmetic", "arithmetic") for tensor in tensors]
    mask = masks[0] if all(mask is None for mask in masks[1:]) else UNKNOWN
    return Tensor(shape, mask, derived=True)


def is_plain_slice(key: slice) -> bool:
    """Return whether all parts of a slice are known."""
    return all(part is None or known(part) for part in (key.start, key.stop, key.step)) and (
        key.step != 0
    )


def is_numbers(value: Any) -> bool:
    """Return whether a value is a list of numbers, or of lists of them."""
    items = value.items if isinstance(value, Listing) else value
    if not isinstance(items, (list, tuple)) or not items:
        return False
    return all(is_number(item) or is_numbers(item) for item in items)


def items_of(value: Any) -> list[Any] | None:
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


def as_tuple(value: Any) -> Any:
    """Return a list as a tuple."""
    return tuple(value.items) if isinstance(value, Listing) and value.items else value
