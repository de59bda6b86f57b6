"""The calls in a posted program: of its own functions and classes, of Keras and of NumPy."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lstm_spec.reviews import containers, values
from lstm_spec.reviews.building import MAKES, RUNS, Building, makes_layer, names_of, of_samples
from lstm_spec.reviews.expressions import Expressions
from lstm_spec.reviews.network import UNKNOWN, Layer, Model, Tensor
from lstm_spec.reviews.values import (
    Array,
    Bound,
    Class,
    Function,
    Instance,
    Listing,
    Made,
    Path,
    Scope,
    Table,
    argument,
    as_tuple,
    same,
)

DEPTH = 12
"""How deep calls of functions are followed."""


class Left(Exception):  # noqa: N818 - no error
    """What follows in a block is not reached, or not known to be."""


@dataclass(frozen=True)
class Running:
    """A function that is being read."""

    node: ast.FunctionDef | ast.AsyncFunctionDef
    returned: list[Any] = field(default_factory=list)
    """What it returns, at each of its ends that are reached."""


class Calls:
    """Follows calls."""

    def __init__(
        self, building: Building, block: Callable[[Sequence[ast.stmt], Scope], None]
    ) -> None:
        """Begin with nothing.

        Args:
            building: what the program builds.
            block: reads statements.
        """
        self.building = building
        self.block = block
        self.expressions = Expressions(building, self.call)
        self.running: list[Running] = []
        """The functions that are being read, each called by the one before."""
        self.read: set[int] = set()
        """The functions that were read, by identity."""
        self.instances: dict[int, Instance] = {}
        """An object of each class of which one is made, by the class."""

    def call(self, node: ast.Call, scope: Scope) -> Any:
        """Return what a call returns."""
        callee = self.expressions.value(node.func, scope)
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
        given = self.expressions.elements(node.args, scope)
        whole = given is not None
        named = {}
        for keyword in node.keywords:
            value = self.expressions.value(keyword.value, scope)
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
                self.building.spoil(value)

    def invoke(self, function: Function, given: list[Any] | None, named: dict[str, Any]) -> Any:
        """Read a function, and return what it returns.

        Args:
            function: the function.
            given: the arguments by position; None, if they are not known, not even that they are
                the defaults.
            named: the arguments by name.
        """
        node = function.node
        if any(call.node is node for call in self.running) or len(self.running) > DEPTH:
            return UNKNOWN
        self.read.add(id(node))
        scope = Scope({}, function.scope)
        self.parameters(function, scope, given, named)
        if isinstance(node, ast.Lambda):
            return UNKNOWN if given is None else self.expressions.value(node.body, scope)
        call = Running(node)
        self.running.append(call)
        started = self.building.depth
        try:
            self.block(node.body, scope)
            call.returned.append(None)
        except Left:
            pass
        finally:
            self.building.depth = started
            self.running.pop()
        if any(isinstance(part, (ast.Yield, ast.YieldFrom)) for part in ast.walk(node)):
            return UNKNOWN
        real = [value for value in call.returned if value is not None] or call.returned
        first = real[0] if real else None
        return first if all(same(value, first) for value in real) else UNKNOWN

    def parameters(
        self,
        function: Function,
        scope: Scope,
        given: list[Any] | None,
        named: dict[str, Any],
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
        if given is None:
            return
        defaults = takes.defaults[max(0, len(takes.defaults) - len(names)) :]
        for name, default in zip(names[len(names) - len(defaults) :], defaults, strict=True):
            scope.names[name] = self.expressions.value(default, function.scope)
        for parameter, chosen in zip(takes.kwonlyargs, takes.kw_defaults, strict=True):
            if chosen is not None:
                scope.names[parameter.arg] = self.expressions.value(chosen, function.scope)
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
            shape = values.sizes(as_tuple(argument(given, named, 0, "input_shape")))
        elif name in RUNS:
            shape = of_samples(argument(given, named, 0, "x"))
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
        if name in MAKES:
            return MAKES[name](self.building, given, named, node)
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
            if own not in containers.HARMLESS:
                self.hand_over(given, named)
            return containers.builtin(own, given, self.building.depth)
        if name and ".random." in path.name:
            name = f"keras.random.{name}"
        result = values.array_function(
            name or path.numpy or path.name, given, named, names_of(node)
        )
        if result is UNKNOWN:
            self.hand_over(given, named)
        return result

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
            return containers.method_of_list(owner, name, given, self.building.depth)
        if isinstance(owner, Table):
            return containers.method_of_table(owner, name, given, self.building.depth)
        if isinstance(owner, Layer):
            about = {"layer": owner, "name": name, "given": given, "named": named}
            self.building.event("method", node.lineno, **about)
            return UNKNOWN
        self.hand_over(given, named)
        return UNKNOWN


def _without_masks(result: Any) -> Any:
    """Return what a layer of one's own returns: whether it hands masks on is not known."""
    if isinstance(result, Tensor):
        return replace(result, mask=None if result.mask is None else UNKNOWN)
    if isinstance(result, tuple):
        return tuple(map(_without_masks, result))
    return Tensor(None, UNKNOWN) if result is UNKNOWN else result
