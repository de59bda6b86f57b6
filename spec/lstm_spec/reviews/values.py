"""What is known of the values in a posted program.

Of an array only the shape is known, and what NumPy makes of it. Lists, tables, functions, classes
and objects are followed; all else is UNKNOWN.
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
    Size,
    Tensor,
    fill,
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
RESHAPES_FRAME = ("drop", "reset_index", "set_index", "rename", "join", "merge", "assign")

Names = Mapping[str, tuple[str, ...]]


@dataclass(eq=False)
class Array:
    """An array, or a tensor of numbers."""

    shape: Shape | None
    """None, if not even the number of axes is known."""
    origin: str = ""
    """What is known of how it was made: "padded", "rows", "ragged", "mixed" or FRAME."""
    axes: tuple[str, ...] = ()
    """The names that the program gives to the sizes of its axes."""
    padding: float | None = None
    """The number that short sequences are filled up with, if they are."""


@dataclass(eq=False)
class Number:
    """A whole number that is not known: the same one as others, but for what is added to it."""

    of: Number | None = None
    plus: int = 0

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
    compiled: dict[str, Any] | None = None


@dataclass(frozen=True)
class Bound:
    """A method of a value that is known."""

    owner: Any
    name: str


def argument(
    given: Sequence[Any],
    named: Mapping[str, Any],
    place: int,
    *names: str,
    default: Any = None,
) -> Any:
    """Return an argument of a call: by its position, or else by the first of its names.

    Args:
        given: the arguments by position.
        named: the arguments by name.
        place: its position.
        *names: its name, and what other releases call it.
        default: what it is if it is not given.
    """
    if len(given) > place:
        return given[place]
    return next((named[name] for name in names if name in named), default)


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
        shape = _shape(value.each, 1)
        return Array(None if shape is None else (UNKNOWN, *shape))
    items = getattr(value, "items", value)
    if not isinstance(items, (list, tuple)):
        return value if isinstance(value, Array) else Array(None)
    parts = [_shape(item, 1) for item in items[:1000]]
    if not parts or any(part is None for part in parts):
        return Array(None if parts else (0,))
    ragged = any(part != parts[0] for part in parts)
    if ragged and all(UNKNOWN not in (part or ()) for part in parts):
        return Array((len(items),), "ragged")
    return Array((len(items), *(parts[0] or ())) if not ragged else None)


def _shape(item: Any, depth: int) -> Shape | None:
    if isinstance(item, Array):
        return item.shape
    if isinstance(item, (bool, int, float, str, Number)):
        return ()
    items = getattr(item, "items", item)
    if not isinstance(items, (list, tuple)) or depth > DEEPEST or not items:
        return None
    parts = [_shape(part, depth + 1) for part in items[:1000]]
    if any(part is None or part != parts[0] for part in parts):
        return None
    return (len(items), *(parts[0] or ()))


def same_shape(left: Any, right: Any) -> bool:
    """Say whether two values are known to be arrays, or numbers, of one shape."""
    shape = _shape(left, 1)
    return shape is not None and shape == _shape(right, 1)


def broadcast(left: Any, right: Any) -> Array:
    """Return what arithmetic makes of two arrays, or of an array and something else."""
    shapes = [side.shape for side in (left, right) if isinstance(side, Array)]
    plain = any(isinstance(side, (int, float, Number)) for side in (left, right))
    if plain or (len(shapes) == 2 and shapes[0] == shapes[1]):
        return Array(shapes[0])
    return Array(None)


def array_attribute(array: Array, name: str) -> Any:
    """Return an attribute of an array; None, if it is a method or nothing that is known."""
    shape = array.shape
    if name == "shape":
        return UNKNOWN if shape is None else shape
    if name == "values" and array.origin == FRAME:
        return Array(shape)
    if name == "iloc" and array.origin == FRAME:
        return array
    if name == "T":
        return Array(None if shape is None else shape[::-1])
    if name == "ndim":
        return UNKNOWN if shape is None else len(shape)
    return UNKNOWN if name in ("size", "dtype", "values", "loc", "columns", "index") else None


def indexed(array: Array, key: Any) -> Any:
    """Return a part of an array."""
    keys = key if isinstance(key, tuple) else (key,)
    if array.origin == FRAME and (isinstance(key, str) or _is_names(key)):
        columns = () if isinstance(key, str) else (len(key.items),)
        return Array((UNKNOWN, *columns), FRAME)
    if array.shape is None:
        return replace(array, axes=())
    if array.shape and len(keys) == 1 and _selects(keys[0]):
        return Array((_selected(keys[0]), *array.shape[1:]))
    shape = _part(array.shape, keys)
    if shape is None:
        return Array(None)
    if not shape:
        return Number()
    rows = len(keys) == 2 and len(shape) == 3 and isinstance(keys[0], slice)
    alone = rows and shape[1] == 1 and _is_newaxis(keys[1])
    return replace(array, shape=shape, origin="rows" if alone else array.origin, axes=())


def _part(shape: Shape, keys: Sequence[Any]) -> Shape | None:
    """Return the shape of a part of an array; None, if it is not known."""
    rest = list(shape)
    taking = sum(part is not ... and not _is_newaxis(part) for part in keys)
    kept: list[Size] = []
    for part in keys:
        if _is_newaxis(part):
            kept.append(1)
        elif part is ...:
            skipped = max(0, len(rest) - taking)
            kept += rest[:skipped]
            rest = rest[skipped:]
        elif not rest:
            return None
        else:
            size = rest.pop(0)
            taking -= 1
            if isinstance(part, slice):
                kept.append(_cut(size, part))
            elif not known(part) and not isinstance(part, Number):
                return None
    return (*kept, *rest)


def _is_names(key: Any) -> bool:
    """Say whether an index is a list of names of columns."""
    items = key.items if isinstance(key, Listing) else None
    return bool(items) and all(isinstance(item, str) for item in items or [])


def _selects(key: Any) -> bool:
    """Say whether an index selects rows."""
    if isinstance(key, Listing):
        return key.items is not None and known(*key.items)
    return isinstance(key, Array) and key.shape is not None and len(key.shape) == 1


def _selected(key: Any) -> Size:
    """Return how many rows an index selects."""
    return len(key.items) if isinstance(key, Listing) and key.items else UNKNOWN


def _is_newaxis(key: Any) -> bool:
    return key is None or getattr(key, "name", "") == "numpy.newaxis"


def _cut(size: Size, part: slice) -> Size:
    plain = all(bound is None or known(bound) for bound in (part.start, part.stop, part.step))
    if (part.start, part.stop) == (None, None) and part.step in (None, 1, -1):
        return size
    if isinstance(part.start, Number) and isinstance(part.stop, Number) and part.step is None:
        between = part.stop.plus - part.start.plus
        return between if part.start.base is part.stop.base and between >= 0 else UNKNOWN
    if not known(size) or not plain or part.step == 0:
        return UNKNOWN
    return len(range(size)[part])  # type: ignore[arg-type]


def array_method(
    array: Array, name: str, given: Sequence[Any], named: Mapping[str, Any], names: Names
) -> Any:
    """Return what a method of an array returns."""
    if name == "reshape":
        shape = given[0] if len(given) == 1 and not known(given[0]) else tuple(given)
        axes = names.get("0") or (names["*"] if len(given) > 1 else ())
        return reshaped(array, shape if shape else named.get("shape"), axes)
    if array.origin == FRAME and array.shape is not None:
        return _of_frame(array.shape, name)
    if name in ("astype", "copy", "round", "clip", "numpy", "cumsum"):
        return array
    if name in ("flatten", "ravel"):
        return Array((_count(array.shape),))
    if name in ("mean", "sum", "max", "min", "std", "argmax", "argmin", "var"):
        return reduced(array, argument(given, named, 0, "axis"), named.get("keepdims"))
    if name == "transpose":
        axes_given = given[0] if len(given) == 1 else tuple(given)
        return transposed(array, axes_given if given else None)
    if name == "squeeze":
        return Array(None)
    return UNKNOWN


def _of_frame(shape: Shape, name: str) -> Any:
    """Return what a method of a table of pandas, or of a column, returns."""
    if name == "to_numpy":
        return Array(shape)
    if name in ("copy", "astype", "fillna", "ffill", "bfill", "interpolate", "sort_index"):
        return Array(shape, FRAME)
    if name in ("dropna", "head", "tail", "sample", "sort_values"):
        return Array((UNKNOWN, *shape[1:]), FRAME)
    return Array((UNKNOWN, UNKNOWN), FRAME) if name in RESHAPES_FRAME else UNKNOWN


def reshaped(array: Array, shape: Any, axes: Sequence[str]) -> Array:
    """Return an array of another shape."""
    items = getattr(shape, "items", shape)
    items = (items,) if known(items) else items
    if not isinstance(items, (tuple, list)) or len(items) > DEEPEST:
        return Array(None)
    total = _count(array.shape)
    new = fill(tuple(items), total)
    rows = len(new) == 3 and new[1] == 1 and array.shape is not None and len(array.shape) == 2
    origin = "rows" if rows else array.origin
    if array.shape is not None and _exchanges(array.shape, new):
        origin = "mixed"
    return replace(array, shape=new, origin=origin, axes=tuple(axes))


def _exchanges(old: Shape, new: Shape) -> bool:
    """Say whether a reshape gives the sizes of time and features in the other order."""
    if len(old) != 3 or len(new) != 3 or old[0] != new[0] or not known(*old[1:]):
        return False
    return 1 not in old[1:] and old[1] != old[2] and old[1:] == new[:0:-1]


def reduced(array: Array, axis: Any, keepdims: Any) -> Any:
    """Return an array without an axis."""
    if array.shape is None or keepdims is not None:
        return Array(None) if axis is not None else UNKNOWN
    if axis is None:
        return UNKNOWN
    axes = axis if isinstance(axis, tuple) else (axis,)
    if not known(*axes):
        return Array(None)
    places = {place % len(array.shape) for place in axes if array.shape}
    left = tuple(size for place, size in enumerate(array.shape) if place not in places)
    return Array(left) if left else UNKNOWN


def transposed(array: Array, axes: Any) -> Array:
    """Return an array with its axes in another order."""
    axes = getattr(axes, "items", axes)
    if array.shape is None:
        return Array(None)
    if axes is None:
        return Array(array.shape[::-1])
    if not isinstance(axes, (tuple, list)) or sorted(map(str, axes)) != sorted(
        map(str, range(len(array.shape)))
    ):
        return Array(None)
    return Array(tuple(array.shape[axis] for axis in axes))


def _count(shape: Shape | None) -> Size:
    total = 1
    for size in shape if shape is not None else (UNKNOWN,):
        if not known(size):
            return UNKNOWN
        total *= size  # type: ignore[operator]
    return total


def array_function(name: str, given: Sequence[Any], named: Mapping[str, Any], names: Names) -> Any:
    """Return what a function of NumPy, Keras or scikit-learn returns; UNKNOWN of another."""
    short = name.rpartition(".")[2]
    first = given[0] if given else UNKNOWN
    if short == "train_test_split":
        return tuple(part for array in given for part in _split(array) * 2) or UNKNOWN
    rule = FUNCTIONS.get(name) or FUNCTIONS.get(short)
    if rule is None:
        return UNKNOWN
    try:
        return rule(first, list(given), named, names)
    except (TypeError, ValueError, IndexError, OverflowError):  # NumPy would refuse it
        return UNKNOWN


def _split(array: Any) -> list[Array]:
    if not isinstance(array, Array) or array.shape is None:
        return [Array(None)]
    return [replace(array, shape=(UNKNOWN, *array.shape[1:]))]


def _filled(first: Any, given: list[Any], named: Mapping[str, Any], names: Names) -> Any:
    shape = first if given else named.get("shape", UNKNOWN)
    shape = tuple(shape.items) if getattr(shape, "items", None) else shape
    return Array(sizes(shape), axes=names.get("0") or names.get("shape") or ())


def _rand(first: Any, given: list[Any], named: Mapping[str, Any], names: Names) -> Any:
    return Array(sizes(tuple(given)), axes=names["*"]) if given else UNKNOWN


def _sized(place: int) -> Callable[..., Any]:
    """Return the rule of a function whose argument at a place is the size."""

    def rule(first: Any, given: list[Any], named: Mapping[str, Any], names: Names) -> Any:
        size = argument(given, named, place, "size", "shape")
        size = tuple(size.items) if getattr(size, "items", None) else size
        axes = names.get(str(place)) or names.get("size") or names.get("shape") or ()
        return UNKNOWN if size is None else Array(sizes(size), axes=axes)

    return rule


def _like(first: Any, given: list[Any], named: Mapping[str, Any], names: Names) -> Any:
    return Array(first.shape) if isinstance(first, Array) else UNKNOWN


def _array(first: Any, given: list[Any], named: Mapping[str, Any], names: Names) -> Any:
    if isinstance(first, Tensor):
        return Array(first.shape)  # as an array it carries no mask
    return from_items(first)


def _arange(first: Any, given: list[Any], named: Mapping[str, Any], names: Names) -> Any:
    if known(*given) and given and (len(given) < 3 or given[2]):
        return Array((len(range(*given[:3])),))
    return Array((UNKNOWN,))


def _generator(first: Any, given: list[Any], named: Mapping[str, Any], names: Names) -> Any:
    return Path("numpy.random")


def _permuted(first: Any, given: list[Any], named: Mapping[str, Any], names: Names) -> Any:
    return Array((first,)) if known(first) else _like(first, given, named, names)


def _scaler(first: Any, given: list[Any], named: Mapping[str, Any], names: Names) -> Any:
    return Path("scaler")


def _scaled(first: Any, given: list[Any], named: Mapping[str, Any], names: Names) -> Any:
    return Array(from_items(first).shape)


def _frame(first: Any, given: list[Any], named: Mapping[str, Any], names: Names) -> Any:
    return Array((UNKNOWN, UNKNOWN), FRAME)


def _linspace(first: Any, given: list[Any], named: Mapping[str, Any], names: Names) -> Any:
    return Array((size_of(argument(given, named, 2, "num", default=50)),))


def _expand(first: Any, given: list[Any], named: Mapping[str, Any], names: Names) -> Any:
    axis = argument(given, named, 1, "axis")
    if not isinstance(first, Array) or first.shape is None or not known(axis):
        return Array(None)
    place = axis % (len(first.shape) + 1)  # type: ignore[operator]
    shape = (*first.shape[:place], 1, *first.shape[place:])
    origin = "rows" if len(shape) == 3 and place == 1 else first.origin
    return replace(first, shape=shape, origin=origin, axes=())


def _reshape(first: Any, given: list[Any], named: Mapping[str, Any], names: Names) -> Any:
    shape = argument(given, named, 1, "newshape", "shape")
    return reshaped(from_items(first), shape, names.get("1") or names.get("newshape") or ())


def _join(first: Any, given: list[Any], named: Mapping[str, Any], names: Names) -> Any:
    axis = argument(given, named, 1, "axis", default=0)
    parts = getattr(first, "items", first)
    if not isinstance(parts, (tuple, list)) or not known(axis):
        return Array(None)
    shapes = [part.shape if isinstance(part, Array) else None for part in parts]
    if not shapes or any(shape is None or len(shape) != len(shapes[0] or ()) for shape in shapes):
        return Array(None)
    whole = [shape for shape in shapes if shape]
    column = [shape[axis] for shape in whole]
    total: Size = sum(column) if known(*column) else UNKNOWN
    place = axis % len(whole[0])
    return Array((*whole[0][:place], total, *whole[0][place + 1 :]))


def _beside(first: Any, given: list[Any], named: Mapping[str, Any], names: Names) -> Any:
    """Return what hstack and column_stack make of arrays: of single columns, if need be."""
    parts = getattr(first, "items", first)
    parts = parts if isinstance(parts, (tuple, list)) else ()
    tables = [part for part in parts if isinstance(part, Array) and len(part.shape or ()) == 2]
    return _join(first, [first, 1], {}, names) if len(tables) == len(parts) else Array(None)


def _stack(first: Any, given: list[Any], named: Mapping[str, Any], names: Names) -> Any:
    parts = getattr(first, "items", first)
    axis = argument(given, named, 1, "axis", default=0)
    if not isinstance(parts, (tuple, list)) or not parts or not known(axis):
        return Array(None)
    shapes = [part.shape if isinstance(part, Array) else None for part in parts]
    if any(shape is None or shape != shapes[0] for shape in shapes):
        return Array(None)
    base = shapes[0] or ()
    place = axis % (len(base) + 1)
    return Array((*base[:place], len(parts), *base[place:]))


def _categorical(first: Any, given: list[Any], named: Mapping[str, Any], names: Names) -> Any:
    classes = argument(given, named, 1, "num_classes")
    shape = from_items(first).shape
    if shape is None:
        return Array(None)
    if len(shape) > 1 and shape[-1] == 1:
        shape = shape[:-1]
    return Array((*shape, size_of(classes)))


def _pad(first: Any, given: list[Any], named: Mapping[str, Any], names: Names) -> Any:
    length = argument(given, named, 1, "maxlen")
    parts = getattr(first, "items", first)
    parts = parts if isinstance(parts, (list, tuple)) else None
    inner = _inner(parts)
    count: Size = UNKNOWN if parts is None else len(parts)
    value = named.get("value", 0.0)
    padding = float(value) if is_number(value) else None
    origin = "padded" if padding == 0 else ""
    shape = None if inner is None else (count, size_of(length), *inner)
    return Array(shape, origin, padding=padding)


def _inner(parts: Sequence[Any] | None) -> Shape | None:
    """Return the shape of what stands at a timestep of sequences; of ids, if it is not known."""
    shapes = {_shape(step, 1) for part in parts or [] for step in (items_of(part) or [])[:100]}
    return () if not shapes else shapes.pop() if len(shapes) == 1 else None


def _transpose(first: Any, given: list[Any], named: Mapping[str, Any], names: Names) -> Any:
    axes = argument(given, named, 1, "axes", "perm")
    return transposed(first, axes) if isinstance(first, Array) else Array(None)


def _swap(first: Any, given: list[Any], named: Mapping[str, Any], names: Names) -> Any:
    if not isinstance(first, Array) or first.shape is None or not known(*given[1:3]):
        return Array(None)
    shape = list(first.shape)
    first_axis = given[1]
    other = given[2]
    shape[first_axis], shape[other] = shape[other], shape[first_axis]
    return Array(tuple(shape))


def _eye(first: Any, given: list[Any], named: Mapping[str, Any], names: Names) -> Any:
    return Array((size_of(first), size_of(first)))


SAME = (
    *("sin", "cos", "exp", "log", "abs", "sqrt", "tanh", "square", "round", "cumsum", "flip"),
    *("zeros_like", "ones_like", "nan_to_num", "cast", "log1p", "power", "clip"),
)
FUNCTIONS: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(SAME, _like),
    **dict.fromkeys(("zeros", "ones", "empty", "full", "fill"), _filled),
    **dict.fromkeys(("random.rand", "random.randn"), _rand),
    **dict.fromkeys(("random.random", "random.random_sample", "random.ranf"), _sized(0)),
    **dict.fromkeys(("random.normal", "random.uniform", "random.randint"), _sized(2)),
    **dict.fromkeys(("random.binomial", "random.integers"), _sized(2)),
    **dict.fromkeys(("random.choice", "random.poisson", "random.exponential"), _sized(1)),
    **dict.fromkeys(("random.standard_normal",), _sized(0)),
    **dict.fromkeys(("tensorflow.random.normal", "tensorflow.random.uniform"), _sized(0)),
    **dict.fromkeys(("keras.random.normal", "keras.random.uniform"), _sized(0)),
    **dict.fromkeys(("random.default_rng", "random.RandomState"), _generator),
    "random.permutation": _permuted,
    **dict.fromkeys(("MinMaxScaler", "StandardScaler", "RobustScaler", "MaxAbsScaler"), _scaler),
    **dict.fromkeys(("scaler.fit_transform", "scaler.transform"), _scaled),
    "scaler.inverse_transform": _scaled,
    **dict.fromkeys(("pandas.read_csv", "pandas.read_excel", "pandas.DataFrame"), _frame),
    **dict.fromkeys(("array", "asarray", "constant", "convert_to_tensor"), _array),
    **dict.fromkeys(("concatenate", "concat"), _join),
    **dict.fromkeys(("hstack", "column_stack"), _beside),
    "arange": _arange,
    "linspace": _linspace,
    "expand_dims": _expand,
    "reshape": _reshape,
    "stack": _stack,
    "to_categorical": _categorical,
    "pad_sequences": _pad,
    "transpose": _transpose,
    "swapaxes": _swap,
    "eye": _eye,
    "identity": _eye,
}


def merged(scopes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the names after blocks of which one was run."""
    names = {name for scope in scopes for name in scope}
    after = {}
    for name in names:
        each = [scope.get(name, UNKNOWN) for scope in scopes]
        after[name] = each[0] if all(same(value, each[0]) for value in each) else UNKNOWN
    return after


def same(first: Any, other: Any) -> bool:
    """Say whether two values are known to be the same."""
    if isinstance(first, PLAIN) and isinstance(other, PLAIN):
        return type(first) is type(other) and bool(first == other)
    if isinstance(first, Array) and isinstance(other, Array):
        return first.shape == other.shape
    if isinstance(first, tuple) and isinstance(other, tuple) and len(first) == len(other):
        return all(map(same, first, other))
    return first is other or (isinstance(first, Path) and first == other)


def is_set(scope: Scope | None, name: str) -> bool:
    """Say whether a name is set, if only to None."""
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
    """Say whether a power would be a complex number."""
    return bool(left < 0) and not isinstance(right, int)


def is_number(value: Any) -> bool:
    """Say whether a value is a finite number."""
    return isinstance(value, (int, float)) and value == value and abs(value) != float("inf")


def arithmetic(left: Any, right: Any) -> Tensor:
    """Return what arithmetic makes of a symbolic tensor."""
    tensors = [side for side in (left, right) if isinstance(side, Tensor)]
    others = [side for side in (left, right) if not isinstance(side, Tensor)]
    alike = all(tensor.shape == tensors[0].shape for tensor in tensors)
    scalar = all(isinstance(other, (int, float)) for other in others)
    shape = tensors[0].shape if alike and scalar else None
    masks = [lost(tensor.mask, "arithmetic", "arithmetic") for tensor in tensors]
    return Tensor(shape, masks[0] if all(mask is None for mask in masks[1:]) else UNKNOWN)


def is_plain_slice(key: slice) -> bool:
    """Say whether all parts of a slice are known."""
    return all(part is None or known(part) for part in (key.start, key.stop, key.step)) and (
        key.step != 0
    )


def length(items: list[Any] | None) -> Any:
    """Return how many items there are; UNKNOWN, if that is not known."""
    return UNKNOWN if items is None else len(items)


def is_numbers(value: Any) -> bool:
    """Say whether a value is a list of numbers, or of lists of them."""
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
