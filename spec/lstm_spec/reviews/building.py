"""What a posted program builds with Keras: layers, models, and calls of them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from lstm_spec.answers.constructor import constructor
from lstm_spec.reviews import values
from lstm_spec.reviews.network import (
    ALIASES,
    CELLS,
    POOLING,
    RECURRENT,
    UNKNOWN,
    WRAPPERS,
    Event,
    Layer,
    Model,
    Node,
    Shape,
    Tensor,
    as_it_is,
    connect,
    known,
    lost,
    returned,
    size_of,
)
from lstm_spec.reviews.values import (
    Arguments,
    Array,
    Listing,
    Number,
    Table,
    as_tuple,
    is_numbers,
    items_of,
)

CONVOLVED = ("filters", "kernel_size", "strides", "padding")
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
    **dict.fromkeys(("Conv1D", "Conv2D", "ConvLSTM2D"), CONVOLVED),
    **dict.fromkeys(POOLING, ("pool_size", "strides", "padding")),
    "UpSampling1D": ("size",),
    "Lambda": ("function", "output_shape", "mask", "arguments"),
    "Flatten": ("data_format",),
    "MultiHeadAttention": ("num_heads", "key_dim", "value_dim", "dropout"),
}
SIZES = {"target_shape", "dims", "kernel_size", "pool_size", "strides", "dilation_rate"}
"""Arguments that are numbers for axes, in a tuple or a list."""
RUNS = ("fit", "evaluate", "predict", "train_on_batch", "test_on_batch")
"""Methods of a model that read data."""
LIKE_LSTM = ("LSTM", "LSTMCell", "GRU", "GRUCell", "SimpleRNN", "SimpleRNNCell", "CuDNNLSTM")
STEPS = 60_000
"""How many expressions of a program are evaluated at most; what else takes time counts too."""


class Spent(Exception):  # noqa: N818 - no error
    """So much was evaluated that the rest is left."""


class Building:
    """The layers and models that a program has made up to some line."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.steps = 0
        self.events: list[Event] = []
        self.models: list[Model] = []
        self.saved: dict[str, Model] = {}
        self.depth = 0
        """In how many blocks this is that may not be run."""
        self.taped = False
        """Whether this is a step of training of the program's own, under a GradientTape."""
        self.trained: set[str] = set()
        """What the program calls the models whose weights it takes to train them."""
        self.part = 0
        """Which function that the program never calls is being read; 0, if none is."""
        self.applied: Callable[[Layer, Any], Any] = lambda layer, first: UNKNOWN
        """Returns what the function of a Lambda makes of its input."""

    def spend(self, steps: int = 1) -> None:
        """Count what is done, so that a program of any size is read in bounded time and memory.

        Raises:
            Spent: so much was done that the rest is left.
        """
        self.steps += steps
        if self.steps > STEPS:
            raise Spent

    def listing(self, items: list[Any] | None, each: Any = UNKNOWN) -> Listing:
        """Make a list.

        Args:
            items: what it holds; None, if that is not known.
            each: what all its items are like.
        """
        return Listing(items, self.depth, each)

    def spoil(self, value: Any, appended: bool = False) -> None:
        """Make unknown what a value holds, or only how much is appended to it."""
        if isinstance(value, Listing):
            value.spoil(appended)
        elif isinstance(value, Table):
            value.items = None
        elif isinstance(value, Model):
            self.reopen(value)

    def event(self, kind: str, line: int, **about: Any) -> None:
        """Note that something is done, with the model as it is then."""
        model = about.get("model")
        if isinstance(model, Model):
            self.spend(len(model.layers) + len(model.nodes))
            about |= {"model": as_it_is(model), "identity": id(model)}
        self.events.append(Event(kind, line, about))

    def layer(self, kind: str, call: Arguments, node: ast.Call) -> Layer:
        """Make a layer."""
        kind = ALIASES.get(kind, kind)
        takes = _takes(kind)
        layer = Layer(kind, {}, node.lineno)
        layer.open = not call.whole or len(call.given) > len(takes)
        by_name = dict(zip(takes, call.given, strict=False)) | call.named
        layer.arguments = {
            name: UNKNOWN if isinstance(value, Number) else value for name, value in by_name.items()
        }
        if "output_dim" in layer.arguments and "units" in takes:  # as Keras 1 calls it
            layer.arguments.setdefault("units", layer.arguments["output_dim"])
        for name in layer.arguments.keys() & SIZES:
            layer.arguments[name] = as_tuple(layer.arguments[name])
        for name in ("layer", "backward_layer", "cell", "cells"):
            inner = layer.get(name)
            several = items_of(inner)
            parts = [inner] if several is None else several
            parts = [_as_layer(part) if isinstance(part, Model) else part for part in parts]
            layer.inner += [part for part in parts if isinstance(part, Layer)]
        if kind == "RNN" and len(layer.inner) == 1 and layer.inner[0].kind == "StackedRNNCells":
            layer.inner = layer.inner[0].inner
        if kind in WRAPPERS and not layer.inner:  # what it wraps has arguments that are not known
            layer.open = True
        self.event("layer", node.lineno, layer=layer, names=call.names, node=node)
        return layer

    def input(self, call: Arguments, node: ast.Call) -> Tensor:
        """Make an input of a model."""
        whole = Arguments(named=call.named).get(0, "batch_shape", "batch_input_shape")
        if whole is not None:
            return Tensor(values.sizes(as_tuple(whole)))
        sizes = values.sizes(as_tuple(call.get(0, "shape", "input_shape")))
        batch = call.get(1, "batch_size")
        first = batch if batch is None or known(batch) else UNKNOWN
        tensor = Tensor(None if sizes is None else (first, *sizes))
        self.event("input", node.lineno, tensor=tensor, axes=call.axes("shape", "0"))
        return tensor

    def sequential(self, call: Arguments, node: ast.Call) -> Model:
        """Make a Sequential model."""
        model = Model(True, node.lineno, self.depth)
        self.models.append(model)
        layers = call.get(0, "layers")
        if layers is not None:
            items = items_of(layers)
            if items is None:
                self.reopen(model)
            for item in items or []:
                self.add(model, item, item.line if isinstance(item, Layer) else node.lineno)
        return model

    def functional(self, call: Arguments, node: ast.Call) -> Model:
        """Make a functional model."""
        model = Model(False, node.lineno, self.depth)
        model.inputs, complete = self.tensors(call.get(0, "inputs", "input"))
        model.outputs, whole = self.tensors(call.get(1, "outputs", "output"))
        model.open = not (complete and whole)
        self.models.append(model)
        self.event("functional", node.lineno, call=call)
        return model

    def tensors(self, value: Any) -> tuple[list[Tensor], bool]:
        """Return the tensors in a structure, and whether these are all."""
        if isinstance(value, Tensor):
            return [value], True
        items = items_of(value)
        if isinstance(value, Table) and value.items:
            items = list(value.items.values())
        tensors = [item for item in items or [] if isinstance(item, Tensor)]
        return tensors, items is not None and len(tensors) == len(items)

    def add(self, model: Model, item: Any, line: int) -> None:
        """Put a layer on top of a Sequential."""
        if self.depth > model.depth or model.part not in (0, self.part):
            self.reopen(model)
            return
        model.part = self.part
        if isinstance(item, Tensor):
            if not model.layers and not model.inputs:
                model.inputs = [item]
                model.outputs = [item]
            else:
                self.reopen(model)
            return
        item = _as_layer(item) if isinstance(item, Model) else item
        if not isinstance(item, Layer):
            self.reopen(model)
            return
        declared = self.declared(item) if not model.layers else None
        model.layers.append(item)
        if declared is not None:
            model.inputs = [declared]
            model.outputs = [declared]
        if model.outputs:
            self.put(model, item, line)
        else:
            model.waiting.append((item, line))

    def declared(self, layer: Layer) -> Tensor | None:
        """Return the input that a first layer declares."""
        whole = layer.get("batch_input_shape")
        if isinstance(as_tuple(whole), tuple):
            return Tensor(values.sizes(as_tuple(whole)))
        shape = layer.get("input_shape")
        if shape is not None and shape is not UNKNOWN:
            sizes = values.sizes(as_tuple(shape))
            return Tensor(None if sizes is None else (None, *sizes))
        if isinstance(layer.get("reads"), tuple):
            return Tensor(layer.get("reads"))
        width = layer.get("input_dim")
        length = layer.get("input_length")
        if layer.kind == "Embedding":
            return None
        if width is not None and layer.kind in ("LSTM", "GRU", "SimpleRNN", "Dense"):
            steps = () if layer.kind == "Dense" or length is None else (size_of(length),)
            return Tensor((None, *steps, size_of(width)))
        return None

    def put(self, model: Model, layer: Layer, line: int) -> None:
        """Connect a layer of a Sequential with what is below it."""
        first = tuple(model.outputs) if len(model.outputs) > 1 else None
        node = self.connected(layer, model.outputs[:1], line, first=first)
        if first is not None and layer.kind != "Lambda":  # it may be called on each of them
            node.outputs[0].shape = None
        node.sequential = True
        model.nodes.append(node)
        model.outputs = node.outputs
        self.event("call", line, node=node)

    def connected(
        self,
        layer: Layer,
        inputs: list[Tensor],
        line: int,
        keywords: dict[str, Any] | None = None,
        first: Any = None,
    ) -> Node:
        """Return the call of a layer: of a Lambda, with what its function returns."""
        node = connect(layer, inputs, line, keywords)
        if layer.kind == "Lambda":
            result = self.applied(layer, inputs[0] if first is None else first)
            if isinstance(result, Tensor):
                node.outputs[0].shape = result.shape
                operated = result.derived or result.slice_of is not None
                if operated and layer.get("mask") is None:
                    node.outputs[0].mask = lost(inputs[0].mask, layer.title, "lambda")
        return node

    def settle(self, model: Model, data: Any) -> None:
        """Connect the layers of a Sequential that wait for an input, with data or without."""
        if not model.waiting:
            return
        waiting = model.waiting
        model.waiting = []
        sizes = of_samples(data)
        if sizes is None and not model.open:
            sizes = _of_ids([layer for layer, _ in waiting])
        first = Tensor(sizes, None if sizes is not None and not model.open else UNKNOWN)
        model.inputs = [first]
        model.outputs = [first]
        for layer, line in waiting:
            self.put(model, layer, line)

    def reopen(self, model: Model) -> None:
        """Note that a model may have got layers that are not known."""
        self.settle(model, None)
        model.open = True
        model.layers.append(None)
        model.outputs = [Tensor(None, UNKNOWN)]

    def call_layer(self, layer: Layer, call: Arguments, node: ast.Call) -> Any:
        """Call a layer on tensors or numbers."""
        first = call.get(0, "sequences", "inputs", default=UNKNOWN)
        rest = dict(call.named)
        if layer.kind in RECURRENT:
            names = ("initial_state", "mask")
            rest = dict(zip(names, call.given[1:], strict=False)) | rest
        connected = self.connected(layer, self.inputs(first), node.lineno, rest, first)
        connected.listed = isinstance(first, (Listing, tuple)) and not is_numbers(first)
        connected.eager = isinstance(first, Array) or is_numbers(first)
        states = rest.get("initial_state")
        if states is not None:
            items = items_of(states)
            alone = isinstance(states, (Tensor, Array))
            connected.states = [states] if alone else (UNKNOWN if items is None else items)
        self.event("call", node.lineno, node=connected, first=first)
        count = returned(layer) if layer.kind in values.MANY else len(connected.outputs)
        if layer.kind in CELLS or count is UNKNOWN:
            return UNKNOWN
        return connected.outputs[0] if count == 1 else tuple(connected.outputs)

    def inputs(self, first: Any) -> list[Tensor]:
        """Return what a layer is called on, as tensors."""
        if isinstance(first, Tensor):
            return [first]
        if isinstance(first, Array):
            return [Tensor(first.shape)]
        if is_numbers(first):
            return [Tensor(values.from_items(first).shape)]
        items = items_of(first)
        if items is None:
            return [Tensor(None, UNKNOWN)]
        return [
            item
            if isinstance(item, Tensor)
            else Tensor(item.shape if isinstance(item, Array) else None, UNKNOWN)
            for item in items
        ] or [Tensor(None, UNKNOWN)]

    def call_model(self, model: Model, call: Arguments, node: ast.Call) -> Any:
        """Call a model as a layer."""
        self.settle(model, call.first)
        if self.taped and ast.unparse(node.func) in self.trained:
            self.event("step", node.lineno, model=model, call=call)
        outputs = [
            Tensor(output.shape, None if output.mask is None else UNKNOWN, derived=True)
            for output in model.outputs
        ]
        if model.open or not outputs:
            return Tensor(None, UNKNOWN) if len(outputs) < 2 else UNKNOWN
        return outputs[0] if len(outputs) == 1 else self.listing(list(outputs))

    def load(self, call: Arguments, node: ast.Call) -> Any:
        """Load a model that the program may have saved."""
        name = call.get(0, "filepath", default=UNKNOWN)
        saved = self.saved.get(name) if isinstance(name, str) else None
        self.event("load", node.lineno, name=name, model=saved, call=call)
        return saved or UNKNOWN

    def method_of_model(self, model: Model, name: str, call: Arguments, node: ast.Call) -> Any:
        """Call a method of a model."""
        if name == "add" and model.sequential:
            self.add(model, call.first, node.lineno)
            return None
        if name == "pop":
            self.reopen(model)
            return None
        if name == "get_layer":
            layers = [layer for layer in model.layers if layer and [layer.name] == call.given]
            return layers[0] if layers else UNKNOWN
        about: dict[str, Any] = {"model": model, "call": call}
        if name in RUNS:
            first = call.get(0, "x", default=UNKNOWN)
            self.settle(model, values.inputs_of(first))
            model.trained = model.trained or name in ("fit", "train_on_batch")
            self.event(name, node.lineno, **about)
            return self.predicted(model, first) if name == "predict" else UNKNOWN
        if name == "build":
            shape = values.sizes(as_tuple(call.get(0, "input_shape")))
            self.settle(model, Array(shape))
        if name == "compile":
            model.compiled = call
            about["whole_model"] = model  # its layers may wait for data
        if name == "save":
            file = call.get(0, "filepath")
            if isinstance(file, str):
                self.saved[file] = model
        self.event("model", node.lineno, method=name, **about)
        return UNKNOWN

    def predicted(self, model: Model, data: Any) -> Any:
        """Return the array that predict returns."""
        if model.open or not model.output:
            return UNKNOWN
        shape = model.output.shape
        rows = data.shape[0] if isinstance(data, Array) and data.shape else UNKNOWN
        return Array(None if shape is None else (rows, *shape[1:]))


MAKES: dict[str, Callable[[Building, Arguments, ast.Call], Any]] = {
    **dict.fromkeys(("Sequential", "Graph"), Building.sequential),
    **dict.fromkeys(("Model", "Functional"), Building.functional),
    **dict.fromkeys(("Input", "InputLayer"), Building.input),
    "load_model": Building.load,
}
"""What makes a model or an input, by the name of its class or function in Keras."""


def of_samples(data: Any) -> Shape | None:
    """Return the shape of an input that reads data: any number of such samples."""
    whole = isinstance(data, Array) and data.origin != "ragged"
    return (None, *data.shape[1:]) if whole and data.shape is not None else None


def _as_layer(model: Model) -> Layer:
    """Return a model as a layer of another one: nothing is said of what is in it."""
    kind = "Sequential" if model.sequential else "Functional"
    layer = Layer(kind, {}, model.line, model.name, open=True)
    shapes = [tensor.shape for tensor in (*model.inputs, *model.outputs)]
    if len(model.inputs) == len(model.outputs) == 1 and not model.open and None not in shapes:
        layer.arguments = dict(zip(("reads", "makes"), shapes, strict=True))
    return layer


def _of_ids(waiting: list[Layer]) -> Shape | None:
    """Return the shape of what a model reads that begins with an Embedding before an LSTM."""
    first = waiting[0]
    if first.kind != "Embedding" or not any(layer.kind in RECURRENT for layer in waiting):
        return None
    return (None, size_of(first.get("input_length")))


def makes_layer(path: str) -> bool:
    """Return whether a dotted name is that of a layer's class."""
    parts = path.split(".")
    return "layers" in parts or "recurrent" in parts or "legacy" in parts


def _takes(kind: str) -> tuple[str, ...]:
    if kind in LIKE_LSTM:
        return tuple(argument.name for argument in constructor().argument if not argument.keyword)
    return POSITIONAL.get(kind, ())
