"""Layers and what flows between them, as plain data: shapes, masks and parameters.

Programs, files and live models are all turned into this, and nothing here imports Keras. What is
not known is UNKNOWN, and stays so; a size that is left open is None, as Keras writes it.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final, Literal

from lstm_spec.harness import masks

LARGEST = 10**12
"""No size is larger."""
FARTHEST = 100
"""How many calls are followed from an output at most."""


class Unknown(Enum):
    """What cannot be read."""

    UNKNOWN = "?"

    def __repr__(self) -> str:
        """Write it as a question mark."""
        return "?"


UNKNOWN: Final = Unknown.UNKNOWN
Maybe = Literal[Unknown.UNKNOWN]
Size = int | None | Maybe
Shape = tuple[Size, ...]


@dataclass(frozen=True)
class Custom:
    """A function of the program's own, as an argument."""

    kind: str
    """A "function", one that is "registered" with Keras, or a "lambda"."""


@dataclass(frozen=True)
class Mask:
    """A mask that a tensor carries."""

    source: Layer
    """The layer that made it."""


@dataclass(frozen=True)
class LostMask:
    """That a tensor would carry a mask, if it had not been lost on the way."""

    source: Layer
    at: str
    """Where: the name of a layer, or what was done."""
    how: str
    """Why: "layer", which knows no masks, "lambda", "merge" with what has none, or "arithmetic"."""


MaskState = Mask | LostMask | None | Maybe


@dataclass(eq=False)
class Layer:
    """A layer, with the arguments that it was given."""

    kind: str
    """The name of its class."""
    arguments: dict[str, Any]
    line: int = 0
    name: str = ""
    """What the program, or the model, calls it."""
    open: bool = False
    """Whether it may have arguments beside these."""
    inner: list[Layer] = field(default_factory=list)
    """The layer in a wrapper, the cells of an RNN."""

    def get(self, name: str, default: Any = None) -> Any:
        """Return an argument, or what it is if it is not given."""
        if name in self.arguments:
            return self.arguments[name]
        return UNKNOWN if self.open else default

    def flag(self, name: str) -> bool | Maybe:
        """Return whether a flag is on: Python's truth value counts."""
        value = self.get(name, False)
        return value if value is UNKNOWN else bool(value)

    @property
    def core(self) -> Layer:
        """The layer itself, or the one in a wrapper."""
        return self.inner[0] if self.kind in WRAPPERS and self.inner else self

    @property
    def stateful(self) -> bool | Maybe:
        """Whether it keeps its states from one batch to the next."""
        return self.core.flag("stateful")

    @property
    def title(self) -> str:
        """What the layer is called in a sentence."""
        return self.name or self.kind


@dataclass(eq=False)
class Tensor:
    """What a layer returns, or an input."""

    shape: Shape | None
    """None, if not even the number of axes is known."""
    mask: MaskState = None
    maker: Node | None = None
    index: int = 0
    """Which of the maker's outputs it is."""
    slice_of: Tensor | None = None
    """What it is a part of."""
    derived: bool = False
    """Whether it was made by something that is not followed: it has no maker, and is no input."""
    cut: bool = False
    """Whether a part of it is taken later."""
    sequence: bool = False
    """Whether a recurrent layer reads its axes as they are."""

    @property
    def root(self) -> Tensor:
        """What it is a part of, or itself."""
        return self.slice_of.root if self.slice_of else self


@dataclass(eq=False)
class Node:
    """A call of a layer."""

    layer: Layer
    inputs: list[Tensor]
    outputs: list[Tensor]
    line: int
    keywords: dict[str, Any] = field(default_factory=dict)
    """The arguments of the call beside its inputs."""
    sequential: bool = False
    """Whether it is part of a Sequential model."""
    eager: bool = False
    """Whether it is called on numbers."""
    listed: bool = False
    """Whether its inputs are given in a list."""
    states: list[Any] | Maybe = field(default_factory=list)
    """The initial states that it is given: Tensor, or something else with a shape, or UNKNOWN."""


Rule = Callable[[Layer, "Sequence[Shape | None]"], "list[Shape | None]"]
"""What tells the shapes of the outputs of a layer."""
WRAPPERS = ("Bidirectional", "TimeDistributed")
RECURRENT = ("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional")
CELLS = ("LSTMCell", "GRUCell", "SimpleRNNCell")
ELEMENTWISE = (
    *("Dropout", "Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax", "GaussianNoise"),
    *("GaussianDropout", "AlphaDropout", "BatchNormalization", "LayerNormalization", "Masking"),
    *("SpatialDropout1D", "ActivityRegularization", "UnitNormalization", "GroupNormalization"),
)
POOLING = ("MaxPooling1D", "AveragePooling1D", "MaxPooling2D", "AveragePooling2D")
AXES = {"Conv1D": 3, "Conv2D": 4, "ConvLSTM2D": 5} | {kind: 2 + int(kind[-2]) for kind in POOLING}
"""How many axes the input of a layer has."""
ALIASES = {
    "MaxPool1D": "MaxPooling1D",
    "AvgPool1D": "AveragePooling1D",
    "MaxPool2D": "MaxPooling2D",
    "AvgPool2D": "AveragePooling2D",
    "GlobalMaxPool1D": "GlobalMaxPooling1D",
    "GlobalAvgPool1D": "GlobalAveragePooling1D",
    "GlobalMaxPool2D": "GlobalMaxPooling2D",
    "GlobalAvgPool2D": "GlobalAveragePooling2D",
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
}
"""Other names of layers."""
SINGLE = ("LSTM", "GRU", "SimpleRNN")
"""Recurrent layers of a single cell."""
WANTED = {
    **dict.fromkeys((*RECURRENT, "GlobalMaxPooling1D", "GlobalAveragePooling1D"), 3),
    **dict.fromkeys(("TimeDistributed", "GlobalMaxPooling2D", "GlobalAveragePooling2D"), 4),
    **{kind: AXES[kind] for kind in (*POOLING, "ConvLSTM2D")},
    "RepeatVector": 2,
    "UpSampling1D": 3,
}
"""How many axes a layer wants, and no other number."""
ALONE = (
    *("Dense", "Flatten", "RepeatVector", "TimeDistributed", "Conv1D", "Conv2D", "ConvLSTM2D"),
    *("GlobalMaxPooling1D", "GlobalAveragePooling1D", "UpSampling1D", *POOLING),
)
"""Layers that take a single tensor, and refuse several."""
MERGES = masks.MERGING


def known(*values: Any) -> bool:
    """Return whether values are whole numbers, and no larger than any size."""
    return all(
        isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST
        for value in values
    )


def size_of(value: Any) -> Size:
    """Return a size, if that is what a value is known to be."""
    return value if known(value) else UNKNOWN


def connect(
    layer: Layer, inputs: Sequence[Tensor], line: int, keywords: dict[str, Any] | None = None
) -> Node:
    """Return the call of a layer on its inputs, with what it returns."""
    shapes = [tensor.shape for tensor in inputs]
    if layer.kind in RECURRENT:
        _note_sequence(inputs[:1])
    outputs = output_shapes(layer, shapes)
    node = Node(layer, list(inputs), [], line, keywords or {})
    node.outputs = [Tensor(shape, UNKNOWN, node, index) for index, shape in enumerate(outputs)]
    for index, tensor in enumerate(node.outputs):
        tensor.mask = mask_of(node, index)
    return node


def _note_sequence(tensors: Sequence[Tensor]) -> None:
    """Note that a recurrent layer reads tensors, also through layers that keep their axes."""
    while len(tensors) == 1 and not tensors[0].sequence:
        tensors[0].sequence = True
        maker = tensors[0].maker
        keeps = maker is not None and maker.layer.kind in (*ELEMENTWISE, "Dense")
        tensors = maker.inputs if maker is not None and keeps else []


def output_shapes(layer: Layer, shapes: Sequence[Shape | None]) -> list[Shape | None]:
    """Return the shapes of what a layer returns."""
    rule = SHAPES.get(layer.kind)
    if layer.kind not in RECURRENT and is_refused(layer, shapes):
        return [None]
    if layer.kind in ELEMENTWISE:
        return [shapes[0] if len(shapes) == 1 else None]
    if rule is None or not shapes:
        return [None]
    try:
        return rule(layer, shapes)
    except (TypeError, ValueError, IndexError):  # an argument that Keras would refuse
        return [None]


def returned(layer: Layer) -> int | Maybe:
    """Return how many tensors a recurrent layer returns."""
    core = layer.core
    state = core.flag("return_state")
    mode = layer.get("merge_mode", "concat") if layer.kind == "Bidirectional" else ""
    if layer.kind == "TimeDistributed" and core.kind not in RECURRENT:
        return 1
    if state is UNKNOWN or mode is UNKNOWN:
        return UNKNOWN
    outputs = 2 if mode is None else 1
    if not state:
        return outputs
    each = {"LSTM": 2, "GRU": 1, "SimpleRNN": 1}.get(core.kind)
    if each is None:
        return UNKNOWN
    return outputs + each * (2 if layer.kind == "Bidirectional" else 1)


def _recurrent(layer: Layer, shapes: Sequence[Shape | None]) -> list[Shape | None]:
    core = layer.core
    shape = shapes[0]
    count = returned(layer)
    units = _units(core)
    batch: Size = shape[0] if shape else UNKNOWN
    steps: Size = shape[1] if shape and len(shape) == 3 else UNKNOWN
    width: Size = units
    backward = units
    directions = 1
    mode = ""
    if layer.kind == "Bidirectional":
        directions = 2
        backward = _units(layer.inner[-1]) if layer.inner else units
        mode = layer.get("merge_mode", "concat")
        if mode == "concat":
            width = _times(2, units)
        elif mode is UNKNOWN:
            width = UNKNOWN
        if len(layer.inner) > 1 and mode == "concat":  # a backward_layer may have other units
            width = _sum([_units(inner) for inner in layer.inner])
    sequence = core.flag("return_sequences")
    if count is UNKNOWN:
        return [None]
    first = (batch,) if not sequence else (batch, steps)
    widths = [width] if mode is not None else [units, backward]
    outputs = [None if sequence is UNKNOWN else (*first, size) for size in widths]
    each = (count - len(outputs)) // directions
    states = [units] * each + [backward] * (count - len(outputs) - each)
    return outputs + [(batch, size) for size in states]


def _units(core: Layer) -> Size:
    if core.kind == "RNN":
        cells = core.inner
        return _units(cells[-1]) if cells else UNKNOWN
    return size_of(core.get("units"))


def _times(*sizes: Size) -> Size:
    product = 1
    for size in sizes:
        if size is None or size is UNKNOWN:
            return None if None in sizes else UNKNOWN
        product *= size
    return product if product < LARGEST else UNKNOWN


def _sum(sizes: Sequence[Size]) -> Size:
    total = 0
    for size in sizes:
        if size is None or size is UNKNOWN:
            return UNKNOWN
        total += size
    return total


def _last(name: str) -> Rule:
    def rule(layer: Layer, shapes: Sequence[Shape | None]) -> list[Shape | None]:
        shape = shapes[0]
        return [(*shape[:-1], size_of(layer.get(name)))] if shape else [None]

    return rule


def _embedding(layer: Layer, shapes: Sequence[Shape | None]) -> list[Shape | None]:
    return [(*shapes[0], size_of(layer.get("output_dim")))] if shapes[0] else [None]


def _flatten(layer: Layer, shapes: Sequence[Shape | None]) -> list[Shape | None]:
    shape = shapes[0]
    return [(shape[0], _times(*shape[1:]))] if shape else [None]


def _repeat(layer: Layer, shapes: Sequence[Shape | None]) -> list[Shape | None]:
    shape = shapes[0]
    if not shape or len(shape) != 2:
        return [None]
    return [(shape[0], size_of(layer.get("n")), shape[1])]


def _reshape(layer: Layer, shapes: Sequence[Shape | None]) -> list[Shape | None]:
    target = layer.get("target_shape", UNKNOWN)
    if not isinstance(target, (tuple, list)):
        return [None]
    batch: Size = shapes[0][0] if shapes[0] else UNKNOWN
    total = _times(*shapes[0][1:]) if shapes[0] else UNKNOWN
    return [(batch, *fill(tuple(target), total))]


def fill(target: Sequence[Any], total: Size) -> Shape:
    """Return a shape, with -1 replaced by what is left of so many numbers."""
    sizes = [size_of(size) for size in target]
    if sizes.count(-1) != 1:
        return tuple(sizes)
    rest = _times(*[size for size in sizes if size != -1])
    left: Size = UNKNOWN
    if known(rest, total) and rest:
        left = total // rest  # type: ignore[operator]
    elif total is None:
        left = None
    return tuple(left if size == -1 else size for size in sizes)


def _permute(layer: Layer, shapes: Sequence[Shape | None]) -> list[Shape | None]:
    dims = layer.get("dims", UNKNOWN)
    shape = shapes[0]
    if not shape or not isinstance(dims, (tuple, list)):
        return [None]
    return [(shape[0], *(shape[axis] for axis in dims))]


def _convolution(layer: Layer, shapes: Sequence[Shape | None]) -> list[Shape | None]:
    shape = shapes[0]
    if not shape or len(shape) != AXES[layer.kind]:
        return [None]
    return [(*_slid(layer, shape[:-1], "kernel_size"), size_of(layer.get("filters")))]


def _pooling(layer: Layer, shapes: Sequence[Shape | None]) -> list[Shape | None]:
    shape = shapes[0]
    if not shape or len(shape) != AXES[layer.kind]:
        return [None]
    return [(*_slid(layer, shape[:-1], "pool_size"), shape[-1])]


def _convolved_in_time(layer: Layer, shapes: Sequence[Shape | None]) -> list[Shape | None]:
    shape = shapes[0]
    sequence = layer.flag("return_sequences")
    if not shape or len(shape) != 5 or sequence is UNKNOWN or layer.flag("return_state"):
        return [None]
    if _channels_first(layer) is not False:
        return [(shape[0], *[UNKNOWN] * (3 + sequence))]
    batch, *space = _slid(layer, (shape[0], *shape[2:4]), "kernel_size")
    timesteps = (shape[1],) if sequence else ()
    return [(batch, *timesteps, *space, size_of(layer.get("filters")))]


def _slid(layer: Layer, sizes: Shape, window: str) -> Shape:
    """Return the batch and the sizes over which a window slides."""
    batch, *space = sizes
    default = 2 if window == "pool_size" else UNKNOWN
    windows = _each(layer.get(window, default), len(space))
    strides = layer.get("strides")
    steps = windows if strides is None and window == "pool_size" else _each(strides, len(space), 1)
    wide = _each(layer.get("dilation_rate"), len(space), 1)
    axes = zip(space, windows, steps, wide, strict=True)
    return (batch, *(_windows(layer, *axis) for axis in axes))


def _each(given: Any, count: int, default: Any = UNKNOWN) -> list[Any]:
    """Return an argument that is one number for all axes, or one for each."""
    given = default if given is None else given
    if isinstance(given, (tuple, list)):
        return list(given) if len(given) == count else [UNKNOWN] * count
    return [given] * count


def _windows(layer: Layer, steps: Any, size: Any, stride: Any, wide: Any) -> Size:
    if steps is None:
        return None
    padding = layer.get("padding", "valid")
    padding = padding.lower() if isinstance(padding, str) else padding
    if not known(steps, size, stride, wide) or stride < 1:
        return UNKNOWN
    if padding not in ("valid", "same", "causal"):
        return UNKNOWN
    left: int = steps - ((size - 1) * wide if padding == "valid" else 0)
    windows: int = -(-left // stride)
    return windows if windows > 0 else UNKNOWN


def _attention(layer: Layer, shapes: Sequence[Shape | None]) -> list[Shape | None]:
    if len(shapes) not in (2, 3) or any(not shape or len(shape) != 3 for shape in shapes):
        return [None]
    query, value = shapes[:2]
    return [(*query[:2], value[2])]  # type: ignore[index]


def _enlarged(layer: Layer, shapes: Sequence[Shape | None]) -> list[Shape | None]:
    shape = shapes[0]
    if not shape or len(shape) != 3:
        return [None]
    return [(shape[0], _times(shape[1], size_of(layer.get("size", 2))), shape[2])]


def _global(layer: Layer, shapes: Sequence[Shape | None]) -> list[Shape | None]:
    shape = shapes[0]
    keeps = layer.flag("keepdims")
    if not shape or keeps is UNKNOWN:
        return [None]
    return [(shape[0], *(1,) * (keeps * (len(shape) - 2)), shape[-1])]


def _channels_first(layer: Layer) -> bool | Maybe:
    """Return whether the channels stand on the axis behind the batch, or behind time."""
    given = layer.get("data_format")
    known_names = {None: False, "channels_last": False, "channels_first": True}
    return known_names.get(given, UNKNOWN) if isinstance(given, (str, type(None))) else UNKNOWN


def _turned(rule: Rule) -> Rule:
    """Return a rule that goes by where the channels of a layer stand."""

    def turned(layer: Layer, shapes: Sequence[Shape | None]) -> list[Shape | None]:
        first = _channels_first(layer)
        shape = shapes[0]
        if first is False or not shape:
            return rule(layer, shapes)
        (output,) = rule(layer, [(shape[0], *shape[2:], shape[1])])
        if output is None:
            return [None]
        if first is UNKNOWN:
            return [(shape[0], *[UNKNOWN] * (len(output) - 1))]
        return [(output[0], output[-1], *output[1:-1])]

    return turned


def _concatenate(layer: Layer, shapes: Sequence[Shape | None]) -> list[Shape | None]:
    axis = layer.get("axis", -1)
    given = [shape for shape in shapes if shape]
    if len(given) < len(shapes) or len({len(shape) for shape in given}) != 1 or not known(axis):
        return [None]
    sizes = [shape[axis] for shape in given]
    total: Size = sum(sizes) if known(*sizes) else UNKNOWN
    place = axis % len(given[0])
    return [(*given[0][:place], total, *given[0][place + 1 :])]


def _merge(layer: Layer, shapes: Sequence[Shape | None]) -> list[Shape | None]:
    merged = shapes[0]
    for shape in shapes[1:]:
        merged = _stretched(merged, shape) if merged and shape else None
    return [merged]


def _stretched(first: Shape, other: Shape) -> Shape:
    """Return the shape of what two tensors make, number by number: sizes of 1 are stretched."""
    longer, shorter = sorted((first, other), key=len, reverse=True)
    ones = (1,) * (len(longer) - len(shorter))
    pairs = zip(longer, (shorter[0], *ones, *shorter[1:]), strict=True)
    return tuple(_wider(*pair) for pair in pairs)


def _wider(size: Size, other: Size) -> Size:
    if size == 1 or size == other:
        return other
    if other == 1:
        return size
    return None if size is None or other is None else UNKNOWN


def _attended(layer: Layer, shapes: Sequence[Shape | None]) -> list[Shape | None]:
    return [None if layer.get("output_shape") is not None else shapes[0]]


def _model(layer: Layer, shapes: Sequence[Shape | None]) -> list[Shape | None]:
    reads = layer.get("reads")
    makes = layer.get("makes")
    shape = shapes[0]
    if not shape or not isinstance(reads, tuple) or not isinstance(makes, tuple):
        return [None]
    fits = len(reads) == len(shape) and all(
        size == other or size is None for size, other in zip(reads[1:], shape[1:], strict=True)
    )
    return [(shape[0], *makes[1:]) if fits and None not in makes[1:] else None]


def _slices(layer: Layer, shapes: Sequence[Shape | None]) -> list[Shape | None]:
    shape = shapes[0]
    if not shape or not layer.inner or len(shape) < 3:
        return [None]
    outputs = output_shapes(layer.inner[0], [(shape[0], *shape[2:])])
    return [(output[0], shape[1], *output[1:]) if output else None for output in outputs]


SHAPES: dict[str, Rule] = {
    **dict.fromkeys(RECURRENT, _recurrent),
    **dict.fromkeys(("GlobalMaxPooling1D", "GlobalAveragePooling1D"), _turned(_global)),
    **dict.fromkeys(("GlobalMaxPooling2D", "GlobalAveragePooling2D"), _turned(_global)),
    **dict.fromkeys(POOLING, _turned(_pooling)),
    **dict.fromkeys(("Attention", "AdditiveAttention"), _attention),
    **dict.fromkeys(MERGES, _merge),
    "Dense": _last("units"),
    "Embedding": _embedding,
    "Flatten": _flatten,
    "RepeatVector": _repeat,
    "Reshape": _reshape,
    "Permute": _permute,
    "Conv1D": _turned(_convolution),
    "Conv2D": _turned(_convolution),
    "ConvLSTM2D": _convolved_in_time,
    "UpSampling1D": _enlarged,
    "Concatenate": _concatenate,
    "TimeDistributed": _slices,
    "MultiHeadAttention": _attended,
    **dict.fromkeys(("Functional", "Sequential"), _model),
}

# What Keras refuses.


def is_refused(layer: Layer, shapes: Sequence[Shape | None]) -> bool:
    """Return whether it is known that Keras refuses inputs for their axes or sizes."""
    shape = shapes[0] if shapes else None
    if len(shapes) > 1 and layer.kind in ALONE:
        return True
    if shape is None:
        return False
    if layer.kind in MERGES:
        return misfit(layer, shapes) is not None
    if layer.kind == "Reshape":
        return _reshape_refused(layer, shape)
    if layer.kind in ("Conv1D", "Conv2D"):
        return len(shape) < AXES[layer.kind]
    if layer.kind in (*RECURRENT, "TimeDistributed") and layer.core.kind not in SINGLE:
        return False
    return len(shape) != WANTED.get(layer.kind, len(shape))


def misfit(layer: Layer, shapes: Sequence[Shape | None]) -> int | None:
    """Return the first axis along which a merge refuses the sizes of its inputs, or None.

    It is -1 if the number of axes is what does not fit.
    """
    given = [shape for shape in shapes if shape]
    joins = layer.kind == "Concatenate"
    axis = layer.get("axis", -1)
    if joins and not known(axis):
        return None
    if len({len(shape) for shape in given}) > 1:
        return -1 if joins else None
    own = axis % len(given[0]) if joins and given else 0
    for place, sizes in enumerate(zip(*given, strict=False)):
        fixed = {size for size in sizes if known(size) and (joins or size != 1)}
        if place not in (0, own) and len(fixed) > 1:
            return place
    return None


def _reshape_refused(layer: Layer, shape: Shape) -> bool:
    """Return whether a Reshape wants another number of numbers than there are."""
    target = layer.get("target_shape", UNKNOWN)
    if not isinstance(target, (tuple, list)) or not known(*shape[1:], *target):
        return False
    total: int = math.prod(shape[1:])  # type: ignore[arg-type]
    rest: int = math.prod(size for size in target if size != -1)
    if -1 in target:
        return list(target).count(-1) == 1 and rest > 0 and total % rest > 0
    return total != rest


# The way of a mask.


def mask_of(node: Node, index: int) -> MaskState:
    """Return the mask that an output of a call carries, by the table of masks."""
    layer = node.layer
    rule = masks.MASKS.get(node.layer.kind)
    if layer.kind == "Masking":
        return Mask(layer)
    if layer.kind == "Embedding":
        zero = layer.flag("mask_zero")
        return zero if zero is UNKNOWN else (Mask(layer) if zero else None)
    before: MaskState = node.inputs[0].mask if node.inputs else None
    if rule in (None, "declares", "inside", "fails"):
        return UNKNOWN
    if all(tensor.mask is None for tensor in node.inputs):
        return None
    if rule == "any":
        return _merged(layer, [tensor.mask for tensor in node.inputs])
    if rule == "skips":
        return _skipped(layer, before, index)
    if rule == "ends":
        return lost(before, layer.title, "layer")
    return None if rule == "averages" else before


def _skipped(layer: Layer, before: MaskState, index: int) -> MaskState:
    """Return the mask that a recurrent layer hands on."""
    passes = layer.core.flag("return_sequences")
    if passes is UNKNOWN or isinstance(before, LostMask):  # a loss is said once, where it is read
        return UNKNOWN
    outputs = (
        2 if layer.kind == "Bidirectional" and layer.get("merge_mode", "concat") is None else 1
    )
    return before if passes and index < outputs else None


def _merged(layer: Layer, states: Sequence[MaskState]) -> MaskState:
    """Return the mask that a layer hands on which merges: none, if an input has none."""
    if UNKNOWN in states:
        return UNKNOWN
    masks = [state for state in states if isinstance(state, Mask)]
    if len(masks) < len(states) and masks:
        return LostMask(masks[0].source, layer.title, "merge")
    return states[0]


def lost(before: MaskState, at: str, how: str) -> MaskState:
    """Return that a mask is lost at a place, if there is one."""
    return LostMask(before.source, at, how) if isinstance(before, Mask) else before


# How many numbers are trained.


def parameters(layer: Layer, shapes: Sequence[Shape | None]) -> int | None:
    """Return how many parameters a layer has, or None."""
    shape = shapes[0] if shapes else None
    width: Size = shape[-1] if shape else UNKNOWN
    kind = layer.kind
    if kind in FREE:
        return 0
    if kind == "Embedding":
        return _product(layer.get("input_dim"), layer.get("output_dim"))
    if kind == "Bidirectional" and layer.inner:
        each = [parameters(inner, shapes) for inner in layer.inner]
        forward = each[0]
        other = each[-1]
        return None if forward is None or other is None else forward + other
    if kind == "TimeDistributed" and layer.inner and shape and len(shape) > 2:
        return parameters(layer.inner[0], [(shape[0], *shape[2:])])
    if kind == "RNN":
        return _of_cells(layer.inner, width)
    convolves = kind in ("Conv1D", "Conv2D", "ConvLSTM2D")
    if convolves and shape:
        first = _channels_first(layer)
        if len(shape) != AXES[kind] or first is UNKNOWN:
            return None
        width = shape[-2 if kind == "Conv1D" else -3] if first else width
    units = layer.get("filters" if convolves else "units", UNKNOWN)
    bias = layer.get("use_bias", True)
    if not known(units, width) or bias is UNKNOWN:
        return None
    if convolves:
        return _of_filters(layer, units, width, bool(bias))  # type: ignore[arg-type]
    return _of_units(layer, units, width, bool(bias))  # type: ignore[arg-type]


def _of_filters(layer: Layer, filters: int, width: int, bias: bool) -> int | None:
    window = _each(layer.get("kernel_size", UNKNOWN), 1 if layer.kind == "Conv1D" else 2)
    if not known(*window) or layer.get("groups", 1) != 1:
        return None
    size: int = math.prod(window)
    if layer.kind == "ConvLSTM2D":
        return 4 * filters * (size * (width + filters) + bias)
    return filters * (size * width + bias)


def _of_units(layer: Layer, units: int, width: int, bias: bool) -> int | None:
    if layer.kind == "Dense":
        return units * (width + bias)
    if layer.kind in ("LSTM", "LSTMCell"):
        return 4 * units * (width + units + bias)
    if layer.kind in ("SimpleRNN", "SimpleRNNCell"):
        return units * (width + units + bias)
    if layer.kind in ("GRU", "GRUCell") and layer.get("reset_after", True) is True:
        return 3 * units * (width + units + 2 * bias)
    return None


def _of_cells(cells: Iterable[Layer], width: Size) -> int | None:
    total = 0
    for cell in cells:
        here = parameters(cell, [(None, width)])
        if here is None:
            return None
        total += here
        width = _units(cell)
    return total or None


def _product(*sizes: Any) -> int | None:
    return math.prod(sizes) if known(*sizes) else None


FREE = (
    *("Dropout", "Activation", "ReLU", "LeakyReLU", "Softmax", "GaussianNoise", "Masking"),
    *("SpatialDropout1D", "Flatten", "RepeatVector", "Reshape", "Permute", "InputLayer"),
    *("GlobalMaxPooling1D", "GlobalAveragePooling1D", "GlobalMaxPooling2D", "UpSampling1D"),
    *("GlobalAveragePooling2D", *POOLING, *MERGES),
)


def text(shape: Shape | None) -> str:
    """Write a shape, its first axis as the batch."""
    if shape is None:
        return "?"
    first = "batch" if shape and shape[0] is None else None
    words = [first if axis == 0 and first else _size(size) for axis, size in enumerate(shape)]
    return f"({', '.join(words)}{',' if len(words) == 1 else ''})"


def _size(size: Size) -> str:
    if size is None:
        return "any"
    return "?" if size is UNKNOWN else str(size)


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
    compiled: Any = None
    """The arguments of `compile`; None, if it was not called."""
    trained: bool = False
    part: int = 0
    """In which function that the program never calls a layer was added last; 0, if in none."""

    @property
    def output(self) -> Tensor | None:
        """The output; None, if there are several or none."""
        return self.outputs[0] if len(self.outputs) == 1 else None

    @property
    def calls(self) -> list[Node]:
        """The calls that it is made of."""
        return self.nodes if self.sequential else upstream(self.outputs)

    @property
    def whole(self) -> bool:
        """Whether all that lies between its inputs and its outputs is known."""
        calls = self.calls
        read = [tensor for call in calls for tensor in call.inputs]
        begins = {id(tensor) for tensor in self.inputs}
        ends = all(tensor.maker or id(tensor) in begins for tensor in self.outputs)
        return (
            not self.open
            and ends
            and len(calls) < FARTHEST
            and all(tensor.maker or id(tensor.root) in begins for tensor in read)
        )


def upstream(tensors: Iterable[Tensor]) -> list[Node]:
    """Return the calls that lead to tensors, the nearest first."""
    waiting = deque(tensors)
    seen = set()
    calls: list[Node] = []
    while waiting and len(calls) < FARTHEST:
        maker = waiting.popleft().maker
        if maker is not None and id(maker) not in seen:
            seen.add(id(maker))
            calls.append(maker)
            states = maker.states if isinstance(maker.states, list) else []
            waiting += [*maker.inputs, *(s for s in states if isinstance(s, Tensor))]
    return calls


@dataclass(frozen=True)
class Event:
    """Something that a program does, on a line."""

    kind: str
    line: int
    about: dict[str, Any]


def as_it_is(model: Model) -> Model:
    """Return a copy of a model that later changes leave alone."""
    return replace(
        model,
        layers=list(model.layers),
        nodes=list(model.nodes),
        inputs=list(model.inputs),
        outputs=list(model.outputs),
    )
