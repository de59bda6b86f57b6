"""The expressions of a posted program: what their values are, as far as it can be told."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Sequence
from typing import Any

from lstm_spec.reviews import arrays
from lstm_spec.reviews.building import LIKE_LSTM, POSITIONAL, Building
from lstm_spec.reviews.network import LARGEST, UNKNOWN, Layer, Model, Node, Tensor, known, lost
from lstm_spec.reviews.values import (
    COMPARED,
    COUNTED,
    LONGEST,
    PLAIN,
    ROUNDS,
    Array,
    Batches,
    Bound,
    Class,
    Function,
    Instance,
    Listing,
    Number,
    Path,
    Scope,
    Table,
    arithmetic,
    calculated,
    is_plain_slice,
    is_set,
    items_of,
    same,
    shape_of,
    truth,
)

SHORT = {
    "keras": "keras",
    "layers": "keras.layers",
    "np": "numpy",
    "numpy": "numpy",
    "tf": "tensorflow",
    "models": "keras.models",
    "K": "keras.backend",
}
"""Names of modules that a part of a program may use without an import."""
BARE = (
    *POSITIONAL,
    *LIKE_LSTM,
    *("Sequential", "Model", "Input", "InputLayer", "BatchNormalization", "LayerNormalization"),
    *("LeakyReLU", "Concatenate", "Add", "GlobalMaxPooling1D", "GlobalAveragePooling1D"),
    *("pad_sequences", "to_categorical", "load_model", "ConvLSTM2D"),
)
"""Names that a part of a program may use without an import."""

PROPERTIES = ("property", "cached_property")
"""Decorators that call a method where it is read."""


class Expressions:
    """Tells what expressions are, and binds names to it."""

    def __init__(self, building: Building, call: Callable[[ast.Call, Scope], Any]) -> None:
        """Begin with nothing.

        Args:
            building: what the program builds.
            call: returns what a call returns.
        """
        self.building = building
        self._of_call = call
        self.starred = ""
        """The last module of layers of which all names are imported."""

    # Names

    def bind(self, target: ast.expr, value: Any, scope: Scope) -> None:
        """Give a value to a name, an attribute, an element or several of these."""
        if isinstance(target, ast.Name):
            if isinstance(value, (Layer, Model)) and not value.name:
                value.name = target.id
            scope.names[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            self._unpack(target, value, scope)
        elif isinstance(target, ast.Attribute):
            self._set_attribute(target, value, scope)
        elif isinstance(target, ast.Subscript):
            self._set_element(target, value, scope)
        elif isinstance(target, ast.Starred):
            self.bind(target.value, value, scope)

    def _unpack(self, target: ast.Tuple | ast.List, value: Any, scope: Scope) -> None:
        starred = any(isinstance(part, ast.Starred) for part in target.elts)
        items = self._spread(target.elts, items_of(value))
        if isinstance(value, tuple) and value and all(isinstance(item, Tensor) for item in value):
            self._unpacked(target, value[0].maker, len(value), starred)
        elif isinstance(value, Tensor):
            self._unpacked(target, value.maker, 1, starred)
            items = None
        if items is None or len(items) != len(target.elts):
            items = [UNKNOWN] * len(target.elts)
        for part, item in zip(target.elts, items, strict=True):
            self.bind(part, item, scope)

    def _spread(self, parts: Sequence[ast.expr], items: list[Any] | None) -> list[Any] | None:
        """Return a value for each of the names: a list for one with a star."""
        stars = [place for place, part in enumerate(parts) if isinstance(part, ast.Starred)]
        if items is None or not stars:
            return items
        first = stars[0]
        last = len(items) - (len(parts) - 1 - first)
        if last < first:
            return None
        return [*items[:first], self.building.listing(items[first:last]), *items[last:]]

    def _unpacked(self, target: Any, node: Node | None, count: int, starred: bool) -> None:
        if node is not None and not starred:
            wanted = len(target.elts)
            self.building.event("unpack", target.lineno, node=node, wanted=wanted, count=count)

    def _set_attribute(self, target: ast.Attribute, value: Any, scope: Scope) -> None:
        owner = self.value(target.value, scope)
        if isinstance(owner, Instance):
            self.give(owner, target.attr, value)
        elif isinstance(owner, Class):
            owner.methods[target.attr] = UNKNOWN if self.building.depth else value
        elif isinstance(owner, Array) and target.attr == "shape":
            self.bind(target.value, arrays.reshaped(owner, value, ()), scope)
        elif isinstance(owner, (Layer, Model)):
            model = next((m for m in self.building.models if owner in m.layers), None)
            if isinstance(owner, Model):
                model = owner
            about = {"owner": owner, "name": target.attr, "value": value, "model": model}
            self.building.event("set", target.lineno, **about)

    def give(self, owner: Instance, name: str, value: Any) -> None:
        """Give an object an attribute."""
        if isinstance(value, (Layer, Model)) and not value.name:
            value.name = name
        is_there = name in owner.attributes or name in owner.made_by.methods
        uncertain = self.building.depth > owner.depth and is_there
        owner.attributes[name] = UNKNOWN if uncertain else value

    def delete(self, target: ast.expr, scope: Scope) -> None:
        """Delete a name, an attribute or an element."""
        if isinstance(target, ast.Name):
            scope.names[target.id] = UNKNOWN
        elif isinstance(target, (ast.Tuple, ast.List)):
            for part in target.elts:
                self.delete(part, scope)
        elif isinstance(target, ast.Attribute):
            self._set_attribute(target, UNKNOWN, scope)
        elif isinstance(target, ast.Subscript):
            owner = self.value(target.value, scope)
            key = self._key(target.slice, scope)
            if isinstance(owner, Array):
                self.bind(target.value, Array(None), scope)
            elif isinstance(owner, (Listing, Table)):
                certain = self.building.depth <= owner.depth and _holds(owner.items, key)
                owner.items = _without(owner.items, key) if certain else None

    def _set_element(self, target: ast.Subscript, value: Any, scope: Scope) -> None:
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
        self.building.spend()
        method = getattr(self, f"_of_{type(node).__name__.lower()}", self._of_another)
        return method(node, scope)

    def _of_another(self, node: ast.expr, scope: Scope) -> Any:
        """Read the expressions in an expression that has no value here."""
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.expr):
                self.value(part, scope)
        return UNKNOWN

    def _of_constant(self, node: ast.Constant, scope: Scope) -> Any:
        value = node.value
        if isinstance(value, int) and abs(value) >= LARGEST:
            return UNKNOWN
        return value if isinstance(value, (*PLAIN, type(...))) else UNKNOWN

    def _of_joinedstr(self, node: ast.JoinedStr, scope: Scope) -> Any:
        parts = [self._part_of_text(part, scope) for part in node.values]
        texts = [part for part in parts if isinstance(part, str)]
        whole = len(texts) == len(parts) and sum(map(len, texts)) <= LONGEST
        return "".join(texts) if whole else UNKNOWN

    def _part_of_text(self, node: ast.expr, scope: Scope) -> Any:
        """Return a part of an f-string; UNKNOWN, if it is not known or written in a special way."""
        if not isinstance(node, ast.FormattedValue):
            return self.value(node, scope)
        value = self.value(node.value, scope)
        plain = node.format_spec is None and node.conversion == -1
        return str(value) if plain and isinstance(value, PLAIN) else UNKNOWN

    def _of_name(self, node: ast.Name, scope: Scope) -> Any:
        value = scope.find(node.id)
        if value is not None or is_set(scope, node.id):
            return value
        if node.id in BARE:
            return Path(f"keras.layers.{node.id}")
        if node.id in SHORT:
            return Path(SHORT[node.id])
        if self.starred and node.id[:1].isupper() and not hasattr(builtins, node.id):
            return Path(f"{self.starred}.{node.id}")
        return Path(f"builtins.{node.id}")

    def _of_tuple(self, node: ast.Tuple, scope: Scope) -> Any:
        items = self.elements(node.elts, scope)
        return UNKNOWN if items is None else tuple(items)

    def _of_list(self, node: ast.List, scope: Scope) -> Any:
        return self.building.listing(self.elements(node.elts, scope))

    def elements(self, nodes: Sequence[ast.expr], scope: Scope) -> list[Any] | None:
        """Return what a display or a call holds; None, if that is not known."""
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

    def _of_dict(self, node: ast.Dict, scope: Scope) -> Any:
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

    def _of_lambda(self, node: ast.Lambda, scope: Scope) -> Any:
        return Function(node, scope, defaults=self.defaults(node.args, scope))

    def defaults(self, takes: ast.arguments, scope: Scope) -> dict[str, Any]:
        """Return what the parameters of a function are that a call does not give."""
        names = [parameter.arg for parameter in (*takes.posonlyargs, *takes.args)]
        last = names[len(names) - len(takes.defaults) :]
        given = [*zip(last, takes.defaults, strict=True)]
        alone = [parameter.arg for parameter in takes.kwonlyargs]
        given += [(name, part) for name, part in zip(alone, takes.kw_defaults, strict=True) if part]
        return {name: self.value(part, scope) for name, part in given}

    def _of_ifexp(self, node: ast.IfExp, scope: Scope) -> Any:
        decided = truth(self.value(node.test, scope))
        if decided is UNKNOWN:
            first = self.value(node.body, scope)
            other = self.value(node.orelse, scope)
            return first if same(first, other) else UNKNOWN
        return self.value(node.body if decided else node.orelse, scope)

    def _of_boolop(self, node: ast.BoolOp, scope: Scope) -> Any:
        parts = [self.value(part, scope) for part in node.values]
        decides = isinstance(node.op, ast.Or)
        for value in parts[:-1]:
            decided = truth(value)
            if decided is UNKNOWN:
                return UNKNOWN
            if decided is decides:
                return value
        return parts[-1]

    def _of_unaryop(self, node: ast.UnaryOp, scope: Scope) -> Any:
        value = self.value(node.operand, scope)
        if isinstance(node.op, ast.Not):
            decided = truth(value)
            return UNKNOWN if decided is UNKNOWN else not decided
        if isinstance(value, Array):
            return Array(value.shape)
        if isinstance(value, (int, float)) and not isinstance(node.op, ast.Invert):
            return -value if isinstance(node.op, ast.USub) else value
        return UNKNOWN

    def _of_binop(self, node: ast.BinOp, scope: Scope) -> Any:
        left = self.value(node.left, scope)
        right = self.value(node.right, scope)
        return self.operate(node.op, left, right)

    def operate(self, op: ast.operator, left: Any, right: Any) -> Any:
        """Return what an operator makes of two values."""
        if isinstance(left, Tensor) or isinstance(right, Tensor):
            return arithmetic(left, right)
        if isinstance(left, Array) or isinstance(right, Array):
            return arrays.broadcast(left, right)
        if isinstance(left, Listing) and isinstance(op, ast.Mult):
            return self._repeated(left, right)
        if isinstance(left, Listing) and isinstance(right, Listing):
            if left.items is None or right.items is None:
                return self.building.listing(None)
            return self.building.listing([*left.items, *right.items][:LONGEST])
        if isinstance(left, Listing) and isinstance(op, ast.Add):
            return self.building.listing(None)
        return calculated(op, left, right)

    def _repeated(self, listing: Listing, times: Any) -> Any:
        if listing.items is None or not known(times) or len(listing.items) * times > LONGEST:
            return self.building.listing(None)
        repeated = self.building.listing(listing.items * times)
        cell = next((item for item in listing.items if isinstance(item, Layer)), None)
        if cell is not None and times > 1:
            self.building.event("repeated", cell.line, layer=cell, times=times)
        return repeated

    def _of_compare(self, node: ast.Compare, scope: Scope) -> Any:
        sides = [self.value(part, scope) for part in (node.left, *node.comparators)]
        if len(sides) != 2:
            return UNKNOWN
        compared = COMPARED.get(type(node.ops[0]))
        left, right = sides
        if isinstance(node.ops[0], (ast.Is, ast.IsNot)) and right is None and left is not UNKNOWN:
            return (left is None) is isinstance(node.ops[0], ast.Is)
        if isinstance(left, Array) or isinstance(right, Array):
            return arrays.broadcast(left, right)
        plain = all(isinstance(side, PLAIN) for side in sides)
        if compared is None or not plain:
            return UNKNOWN
        try:
            return compared(left, right)
        except TypeError:
            return UNKNOWN

    def _of_namedexpr(self, node: ast.NamedExpr, scope: Scope) -> Any:
        value = self.value(node.value, scope)
        self.bind(node.target, value, scope)
        return value

    def _of_listcomp(self, node: ast.ListComp | ast.GeneratorExp, scope: Scope) -> Any:
        first = node.generators[0]
        items = items_of(self.value(first.iter, scope))
        inner = Scope({}, scope)
        simple = len(node.generators) == 1 and not first.ifs and not first.is_async
        if items is None or len(items) > ROUNDS or not simple:
            for part in node.generators:
                through = items if part is first and not part.ifs else None
                self.bind(part.target, counted(part.iter, through), inner)
            each = self.value(node.elt, inner)
            if not simple:
                return self.building.listing(None, UNKNOWN)
            if items is None or len(items) > COUNTED or shape_of(each) is None:
                return self.building.listing(None, each)
            return self.building.listing([each] * len(items))
        elements = []
        for item in items:
            self.bind(first.target, item, inner)
            elements.append(self.value(node.elt, inner))
        return self.building.listing(elements)

    _of_generatorexp = _of_listcomp

    def _of_attribute(self, node: ast.Attribute, scope: Scope) -> Any:
        owner = self.value(node.value, scope)
        if isinstance(owner, Path):
            return Path(f"{owner.name}.{node.attr}")
        if isinstance(owner, Instance):
            return self._of_instance(owner, node.attr)
        if isinstance(owner, Array):
            return arrays.array_attribute(owner, node.attr) or Bound(owner, node.attr)
        if isinstance(owner, Tensor) and node.attr == "shape":
            return UNKNOWN if owner.shape is None else owner.shape
        if isinstance(owner, Layer):
            self.building.event("get", node.lineno, layer=owner, name=node.attr)
        if isinstance(owner, Model) and node.attr == "layers":
            layers = [layer or UNKNOWN for layer in owner.layers]
            return self.building.listing(None if owner.open or not owner.sequential else layers)
        if isinstance(owner, Model) and node.attr in ("input", "output", "inputs", "outputs"):
            return UNKNOWN
        if owner is UNKNOWN and node.attr in ("reshape", arrays.OF_TEXTS):
            return Bound(Array(None), node.attr)
        if owner is UNKNOWN or isinstance(owner, (Function, Class, Number)):
            return UNKNOWN
        return Bound(owner, node.attr)

    def _of_instance(self, owner: Instance, name: str) -> Any:
        """Return an attribute or a method of an object."""
        if name == "__dict__":
            owner.spoil()
        if name in owner.attributes:
            return owner.attributes[name]
        if name not in owner.made_by.methods:
            return Bound(owner, name)
        method = owner.made_by.methods[name]
        if isinstance(method, Function):
            return UNKNOWN if method.decorator in PROPERTIES else method.of(owner)
        return UNKNOWN if owner.open else method

    def _of_subscript(self, node: ast.Subscript, scope: Scope) -> Any:
        owner = self.value(node.value, scope)
        key = self._key(node.slice, scope)
        if isinstance(owner, Array):
            return arrays.indexed(owner, key)
        if isinstance(owner, Batches):
            whole = known(key) or isinstance(key, Number)
            return (owner.inputs, owner.targets) if whole else UNKNOWN
        if isinstance(owner, Tensor):
            return self._sliced(owner, key, node.lineno)
        if isinstance(owner, Table) and owner.items is not None and isinstance(key, PLAIN):
            return owner.items.get(key, UNKNOWN)
        items = list(owner) if isinstance(owner, tuple) else None
        if isinstance(owner, Listing):
            items = owner.items
        if items is None:
            return self._any_of(owner, key)
        if known(key) and -len(items) <= key < len(items):
            return items[key]
        part = items[key] if isinstance(key, slice) and is_plain_slice(key) else None
        if part is None:
            return self._place_of(items, key)
        return tuple(part) if isinstance(owner, tuple) else self.building.listing(part)

    def _any_of(self, owner: Any, key: Any) -> Any:
        """Return a part of a list of which it is known only what its items are like."""
        if not isinstance(owner, Listing) or owner.each is None:
            return UNKNOWN
        return self.building.listing(None, owner.each) if isinstance(key, slice) else owner.each

    def _place_of(self, items: list[Any], key: Any) -> Any:
        """Return what stands at places of a list that are not known, if it is alike everywhere."""
        shape = shape_of(items)
        counts = isinstance(key, (Number, slice))
        return arrays.indexed(Array(shape), key) if shape is not None and counts else UNKNOWN

    def _key(self, node: ast.expr, scope: Scope) -> Any:
        """Return an index: slices stay slices."""
        if isinstance(node, ast.Slice):
            parts = (node.lower, node.upper, node.step)
            return slice(*(None if part is None else self.value(part, scope) for part in parts))
        if isinstance(node, ast.Tuple):
            return tuple(self._key(part, scope) for part in node.elts)
        return self.value(node, scope)

    def _sliced(self, tensor: Tensor, key: Any, line: int) -> Tensor:
        """Return a part of a symbolic tensor."""
        array = arrays.indexed(Array(tensor.shape), key)
        shape = array.shape if isinstance(array, Array) else None
        mask = lost(tensor.mask, "a slice", "arithmetic")
        tensor.cut = True
        part = Tensor(shape, mask, tensor.maker, slice_of=tensor)
        keys = key if isinstance(key, tuple) else (key,)
        if len(keys) > 1 and known(keys[1]) and tensor.maker is not None:
            columns = keys[2] if len(keys) > 2 else slice(None)
            about = {"at": keys[1], "columns": columns, "index": tensor.index, "part": part}
            self.building.event("slice", line, node=tensor.maker, **about)
        return part


def _holds(items: list[Any] | dict[Any, Any] | None, key: Any) -> bool:
    """Return whether a list or a table is known to have an element, or a part."""
    if isinstance(items, dict):
        return isinstance(key, PLAIN) and key in items
    if isinstance(key, slice):
        return items is not None and is_plain_slice(key)
    return items is not None and known(key) and -len(items) <= key < len(items)


def _without(items: Any, key: Any) -> Any:
    """Return a list or a table without an element, or a part, that it has."""
    left = items.copy()
    del left[key]
    return left


def counted(node: ast.expr, items: list[Any] | None) -> Any:
    """Return what a loop's variable is in any of its rounds: a number, where the loop counts.

    Args:
        node: what the loop goes through.
        items: what that holds, if it is known.
    """
    largest = max(items) if items and known(*items) else None
    name = node.func if isinstance(node, ast.Call) else None
    counts = isinstance(name, ast.Name) and name.id in ("range", "xrange")
    return Number(largest=largest) if counts else UNKNOWN
