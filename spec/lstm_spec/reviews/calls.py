"""The calls in a posted program: of its own functions and classes, of Keras and of NumPy."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lstm_spec.reviews import arrays, containers, values
from lstm_spec.reviews.building import MAKES, RUNS, Building, makes_layer, of_samples
from lstm_spec.reviews.expressions import Expressions
from lstm_spec.reviews.network import UNKNOWN, Layer, Model, Tensor
from lstm_spec.reviews.values import (
    LONGEST,
    Arguments,
    Array,
    Batches,
    Bound,
    Class,
    Function,
    Instance,
    Listing,
    Made,
    Path,
    Scope,
    Table,
    as_tuple,
    names_of,
    same,
)

DEPTH = 12
"""How deep calls of functions are followed."""
SETS = ("setattr", "delattr", "vars", "object.__setattr__")
"""Functions of Python's own by which attributes may be set."""


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
        building.applied = self.applied
        self.running: list[Running] = []
        """The functions that are being read, each called by the one before."""
        self.read: set[int] = set()
        """The functions that were read, by identity."""
        self.instances: dict[int, Instance] = {}
        """An object of each class of which one is made, by the class."""

    def call(self, node: ast.Call, scope: Scope) -> Any:
        """Return what a call returns."""
        callee = self.expressions.value(node.func, scope)
        call = self.arguments(node, scope)
        if isinstance(callee, Function):
            return self.invoke(callee, call)
        if isinstance(callee, Class):
            return self.instance(callee, call)
        if isinstance(callee, Layer):
            return self.building.call_layer(callee, call, node)
        if isinstance(callee, Model):
            return self.building.call_model(callee, call, node)
        if isinstance(callee, Instance):
            return self.call_instance(callee, call)
        if isinstance(callee, Bound):
            resized = isinstance(callee.owner, Array) and callee.name == "resize"
            if resized and isinstance(node.func, ast.Attribute):
                self.expressions.bind(node.func.value, Array(None), scope)
            return self.method(callee, call, node)
        if isinstance(callee, Path):
            return self.function(callee, call, node)
        self.hand_over(call)
        return UNKNOWN

    def arguments(self, node: ast.Call, scope: Scope) -> Arguments:
        """Return the arguments of a call."""
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
        return Arguments(given or [], named, whole, names_of(node))

    def hand_over(self, call: Arguments) -> None:
        """Note that what is not known gets values, and may change them."""
        for value in (*call.given, *call.named.values()):
            if isinstance(value, (Model, Table)):
                self.building.spoil(value)

    def invoke(self, function: Function, given: Arguments) -> Any:
        """Read a function, and return what it returns."""
        node = function.node
        if any(call.node is node for call in self.running) or len(self.running) > DEPTH:
            return UNKNOWN
        self.read.add(id(node))
        scope = Scope({}, function.scope)
        self.parameters(function, scope, given)
        if isinstance(node, ast.Lambda):
            return self.expressions.value(node.body, scope) if given.whole else UNKNOWN
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

    def applied(self, layer: Layer, first: Any) -> Any:
        """Return what the function of a Lambda makes of its input."""
        function = layer.get("function")
        plain = isinstance(function, Function) and not layer.get("arguments")
        return self.invoke(function, Arguments([first])) if plain else UNKNOWN

    def parameters(self, function: Function, scope: Scope, call: Arguments) -> None:
        """Give values to the parameters of a function."""
        takes = function.node.args
        names = [parameter.arg for parameter in (*takes.posonlyargs, *takes.args)]
        scope.names |= dict.fromkeys(
            [*names, *(parameter.arg for parameter in takes.kwonlyargs)], UNKNOWN
        )
        for extra in (takes.vararg, takes.kwarg):
            if extra is not None:
                scope.names[extra.arg] = UNKNOWN
        if call.whole:  # otherwise it is not even known which are the defaults
            scope.names |= function.defaults
        if function.bound is not None and names:
            scope.names[names.pop(0)] = function.bound
        if not call.whole:
            return
        for name, value in zip(names, call.given, strict=False):
            scope.names[name] = value
        for name, value in call.named.items():
            if name in scope.names:
                scope.names[name] = value

    def instance(self, owner: Class, call: Arguments) -> Instance:
        """Make an object of a class of the program."""
        instance = Instance(owner, {}, self.building.depth)
        self.instances[id(owner)] = instance
        instance.open = owner.open
        start = owner.methods.get("__init__")
        if isinstance(start, Function):
            self.invoke(start.of(instance), call)
        elif owner.fields is not None and call.whole:
            instance.attributes |= dict(zip(owner.fields, call.given, strict=False)) | call.named
            later = owner.methods.get("__post_init__")
            if isinstance(later, Function):
                self.invoke(later.of(instance), Arguments(whole=False))
        elif call.given or call.named or not call.whole or "__init__" in owner.methods:
            instance.spoil()
        return instance

    def call_instance(self, owner: Instance, call: Arguments) -> Any:
        """Call a layer or a model of a class of the program."""
        if not owner.made_by.of_keras:
            return UNKNOWN
        method = owner.made_by.methods.get("call")
        result = UNKNOWN
        if isinstance(method, Function):
            result = self.invoke(method.of(owner), call)
        return _without_masks(result)

    def method_of_instance(
        self, owner: Instance, name: str, call: Arguments, node: ast.Call
    ) -> Any:
        """Call a method that a model of a class of the program has of Keras."""
        if name == "compile":
            owner.compiled = call
        shape: Any = None
        if name == "build":
            shape = values.sizes(as_tuple(call.get(0, "input_shape")))
        elif name in RUNS:
            shape = of_samples(values.inputs_of(call.get(0, "x")))
        if shape is None:
            self.hand_over(call)
            return UNKNOWN
        model = Model(False, node.lineno, self.building.depth, owner.made_by.node.name)
        model.inputs = [Tensor(shape)]
        outputs = self.call_instance(owner, Arguments(list(model.inputs)))
        model.outputs, complete = self.building.tensors(outputs)
        model.open = not complete
        model.compiled = owner.compiled
        return self.building.method_of_model(model, name, call, node)

    def function(self, path: Path, call: Arguments, node: ast.Call) -> Any:
        """Return what a function or class from elsewhere returns."""
        name = path.keras
        parts = path.name.split(".")
        if name in MAKES:
            return MAKES[name](self.building, call, node)
        if name in values.MERGES and call.given:
            layer = Layer(values.MERGES[name], dict(call.named), node.lineno)
            return self.building.call_layer(layer, Arguments(call.given[:1]), node)
        if name[:1].isupper() and {"losses", "callbacks"} & {*parts}:
            if "callbacks" in parts:
                self.building.event("callback", node.lineno, name=name, call=call)
            return Made(name, call.named, open=not call.whole or bool(call.given))
        if name[:1].isupper() and makes_layer(path.name):
            return self.building.layer(name, call, node)
        if "optimizers" in parts and name:
            self.building.event("optimizer", node.lineno, call=call)
        if name in arrays.WINDOWS:
            return arrays.windows(name, call)
        if path.name == "tensorflow.data.Dataset.from_tensor_slices":
            return arrays.slices(call)
        if parts[-1] == arrays.OF_TEXTS:
            return arrays.ids()
        if path.name == "os.path.join" and all(isinstance(part, str) for part in call.given):
            return "/".join(call.given)[:LONGEST] if call.whole and call.given else UNKNOWN
        if parts[0] == "builtins":
            return self.builtin(path.name.removeprefix("builtins."), call)
        if name == "load_data":
            return arrays.data_set(parts[-2], call)
        if name and ".random." in path.name:
            name = f"keras.random.{name}"
        of_array = name or path.numpy or path.name
        if isinstance(call.first, Tensor) and parts[-1] == "split":
            call.first.cut = True
        if isinstance(call.first, Tensor) and arrays.keeps_tensors(of_array):
            return arrays.tensor_function(of_array, call)
        result = arrays.array_function(of_array, call)
        if result is UNKNOWN:
            self.hand_over(call)
        return result

    def builtin(self, name: str, call: Arguments) -> Any:
        """Return what a function of Python's own returns."""
        if name in SETS and isinstance(call.first, Instance):
            self.set_by_name(call.first, *call.given[1:])
            return UNKNOWN
        if name not in containers.HARMLESS:
            self.hand_over(call)
        return containers.builtin(name, call, self.building.depth)

    def set_by_name(self, owner: Instance, name: Any = UNKNOWN, value: Any = UNKNOWN) -> None:
        """Give an object an attribute; if it is not known which, it may be any."""
        if isinstance(name, str):
            self.expressions.give(owner, name, value)
        elif not isinstance(value, (Layer, Model)):
            owner.spoil()

    def method(self, bound: Bound, call: Arguments, node: ast.Call) -> Any:
        """Call a method of a value."""
        owner = bound.owner
        name = bound.name
        if isinstance(owner, Model):
            return self.building.method_of_model(owner, name, call, node)
        if isinstance(owner, Instance) and owner.made_by.of_keras:
            return self.method_of_instance(owner, name, call, node)
        if isinstance(owner, Array):
            return arrays.array_method(owner, name, call)
        if isinstance(owner, Batches):
            return arrays.method_of_batches(owner, name)
        if isinstance(owner, Listing):
            return containers.method_of_list(owner, name, call.given, self.building.depth)
        if isinstance(owner, Table):
            return containers.method_of_table(owner, name, call.given, self.building.depth)
        if isinstance(owner, Layer):
            self.building.event("method", node.lineno, layer=owner, name=name, call=call)
            return UNKNOWN
        self.hand_over(call)
        return UNKNOWN


def _without_masks(result: Any) -> Any:
    """Return what a layer of one's own returns: whether it hands masks on is not known."""
    if isinstance(result, Tensor):
        return replace(result, mask=None if result.mask is None else UNKNOWN)
    if isinstance(result, tuple):
        return tuple(map(_without_masks, result))
    return Tensor(None, UNKNOWN) if result is UNKNOWN else result
