"""Small models around an LSTM, as plain data: their layers, shapes and weights.

A model is a graph: sources (its inputs), and nodes, each of which calls a layer on tensors that
are there already. Tensors are known by name. model_drawing.py draws models, model_oracle.py says
what they compute, and model_ways.py makes and runs them. Nothing here imports Keras.

An axis that a model leaves open has a length of LENGTHS, or of as many samples as are given.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lstm_spec.harness.strategies import noise, permutation

Shape = tuple[int, ...]
"""A shape without the axis of samples."""

LENGTHS = (4, 5, 7)
"""How many timesteps an open axis has."""
BATCH = 2
"""How many samples a model takes that declares their number."""
VOCABULARY = 5
"""How many ids an Embedding knows."""


@dataclass(frozen=True)
class Layer:
    """A layer: its class, and the arguments of its constructor; these may be layers too.

    An expression, such as a sum or a slice, is a layer of the kind EXPRESSION.
    """

    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """An input of a model."""

    name: str
    shape: tuple[int | None, ...]
    """Without the axis of samples; None for an open axis."""
    ids: bool = False
    """Whether it holds ids, whole numbers, and not numbers."""


@dataclass(frozen=True)
class Node:
    """A call of a layer."""

    layer: Layer
    reads: tuple[str, ...]
    """The names of the tensors that it is called on."""
    makes: tuple[str, ...]
    """The names of the tensors that it returns."""
    seed: int
    """What its weights are made of."""
    again: str = ""
    """The tensor whose node's layer is called here once more; nothing, if this is the first."""
    word: str = ""
    """The word of the vocabulary by which it was drawn."""


@dataclass(frozen=True)
class Model:
    """A model."""

    sources: tuple[Source, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[str, ...]
    form: str
    """One of FORMS."""
    batch: int | None = None
    """How many samples it declares."""


class Sizes(NamedTuple):
    """How many samples and timesteps a model is given, where it leaves them open."""

    batch: int
    length: int


@dataclass(frozen=True)
class Trial:
    """A model, and what it is given twice."""

    model: Model
    sizes: tuple[Sizes, ...]
    seed: int
    """What its inputs are made of."""

    @property
    def tried(self) -> dict[str, list[Any]]:
        """What a report tells of it: the model's form, its layers by their words, and the sizes."""
        return {
            "form": [self.model.form],
            "layer": [node.word or node.layer.kind for node in self.model.nodes],
            "batch": [size.batch for size in self.sizes],
            "timesteps": [size.length for size in self.sizes],
        }

    @property
    def inputs(self) -> list[list[Any]]:
        """What it is given, at each size."""
        return [arrays(self.model, size, self.seed) for size in self.sizes]


FORMS = ("functional", "Sequential", "subclassed")
EXPRESSION = "expression"
AGAIN = "layer called again"

EXPRESSIONS = (
    *("{0} * 0.5", "1.0 - {0}", "{0} / 2.0", "-{0}", "{0} + {1}", "{0} - {1}", "{0} * {1}"),
    *("{0}[:, 1:]", "{0}[:, ::2]", "{0}[..., :1]", "{0}[:, -1]", "{0}[:, 0]"),
    *("keras.ops.tanh({0})", "keras.ops.abs({0})", "keras.ops.square({0})"),
    "keras.ops.concatenate([{0}, {1}], axis=-1)",
)
"""What may be done with tensors beside calling layers on them, as it is written in a program."""
SLICES = tuple(text for text in EXPRESSIONS if "[:" in text or "[..." in text)
OPERATIONS = tuple(text for text in EXPRESSIONS if "keras.ops" in text)
ARITHMETIC = tuple(text for text in EXPRESSIONS if text not in SLICES + OPERATIONS)

ACTIVATIONS = ("linear", "relu", "tanh", "sigmoid", "softsign", "softplus", "elu", "selu")
IDENTITIES = ("Dropout", "SpatialDropout1D", "GaussianDropout", "GaussianNoise", "AlphaDropout")
"""Layers that return their input, unless the model is in training."""
MERGES = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")
"""Layers that merge tensors of one shape, element by element."""
LOOSE_MERGES = ("Multiply", "Maximum", "Minimum")
"""Those whose outputs at masked timesteps are nowhere defined."""
RECURRENT = ("LSTM", "Bidirectional", "RNN")

# Shapes.


def length_after(
    length: int, window: int, stride: int = 1, padding: str = "valid", dilation: int = 1
) -> int:
    """Return how many timesteps a convolution or a pooling leaves."""
    reach = dilation * (window - 1) if padding == "valid" else 0
    return (length - reach - 1) // stride + 1


def output_shapes(layer: Layer, shapes: list[Shape]) -> list[Shape]:
    """Return the shapes of what a layer returns, for the shapes of what it is called on."""
    kind = layer.kind
    options = layer.options
    shape = shapes[0]
    if kind in SHAPED:
        return SHAPED[kind](options, shapes)
    if kind == EXPRESSION:
        return [_shape_of_expression(options["text"], shapes)]
    return [shape]


def _shape_of_expression(text: str, shapes: list[Shape]) -> Shape:
    shape = shapes[0]
    if "[:, 1:]" in text:
        return (shape[0] - 1, *shape[1:])
    if "[:, ::2]" in text:
        return ((shape[0] + 1) // 2, *shape[1:])
    if "[..., :1]" in text:
        return (*shape[:-1], 1)
    if "[:, " in text:
        return shape[1:]
    if "concatenate" in text:
        return (*shape[:-1], shape[-1] + shapes[1][-1])
    return shape


def _lstm(options: Mapping[str, Any], shapes: list[Shape]) -> list[Shape]:
    units = options["units"]
    outputs = (shapes[0][0], units) if options.get("return_sequences") else (units,)
    return [outputs, *([(units,)] * 2 if options.get("return_state") else [])]


def _bidirectional(options: Mapping[str, Any], shapes: list[Shape]) -> list[Shape]:
    (half,) = output_shapes(options["layer"], shapes)
    mode = options["merge_mode"]
    if mode is None:
        return [half, half]
    return [(*half[:-1], 2 * half[-1]) if mode == "concat" else half]


def _rnn(options: Mapping[str, Any], shapes: list[Shape]) -> list[Shape]:
    cells = options["cell"] if isinstance(options["cell"], list) else [options["cell"]]
    return _lstm({**options, "units": cells[-1].options["units"]}, shapes)


def _time_distributed(options: Mapping[str, Any], shapes: list[Shape]) -> list[Shape]:
    (inner,) = output_shapes(options["layer"], [shapes[0][1:]])
    return [(shapes[0][0], *inner)]


def _conv(options: Mapping[str, Any], shapes: list[Shape]) -> list[Shape]:
    stride = options.get("strides", 1)
    dilation = options.get("dilation_rate", 1)
    padding = options["padding"]
    window = options["kernel_size"]
    length = length_after(shapes[0][0], window, stride, padding, dilation)
    return [(length, options["filters"])]


def _pool(options: Mapping[str, Any], shapes: list[Shape]) -> list[Shape]:
    window = options["pool_size"]
    return [(length_after(shapes[0][0], window, window, options["padding"]), shapes[0][1])]


def _reshape(options: Mapping[str, Any], shapes: list[Shape]) -> list[Shape]:
    target = options["target_shape"]
    rest = math.prod(shapes[0]) // math.prod(axis for axis in target if axis > 0)
    return [tuple(axis if axis > 0 else rest for axis in target)]


def _concatenate(options: Mapping[str, Any], shapes: list[Shape]) -> list[Shape]:
    first = list(shapes[0])
    axis = options["axis"] - 1 if options["axis"] > 0 else options["axis"]
    first[axis] = sum(shape[axis] for shape in shapes)
    return [tuple(first)]


def _dot(options: Mapping[str, Any], shapes: list[Shape]) -> list[Shape]:
    return [(*shapes[0][1:], *shapes[1][1:]) or (1,)]


def _chain(options: Mapping[str, Any], shapes: list[Shape]) -> list[Shape]:
    for layer in options["layers"]:
        shapes = output_shapes(layer, shapes)
    return shapes


SHAPED: dict[str, Callable[[Mapping[str, Any], list[Shape]], list[Shape]]] = {
    "Embedding": lambda options, shapes: [(*shapes[0], options["output_dim"])],
    "LSTM": _lstm,
    "Bidirectional": _bidirectional,
    "RNN": _rnn,
    "TimeDistributed": _time_distributed,
    "Dense": lambda options, shapes: [(*shapes[0][:-1], options["units"])],
    "Conv1D": _conv,
    "MaxPooling1D": _pool,
    "AveragePooling1D": _pool,
    "GlobalAveragePooling1D": lambda options, shapes: [shapes[0][1:]],
    "GlobalMaxPooling1D": lambda options, shapes: [shapes[0][1:]],
    "RepeatVector": lambda options, shapes: [(options["n"], *shapes[0])],
    "Reshape": _reshape,
    "Flatten": lambda options, shapes: _reshape({"target_shape": (-1,)}, shapes),
    "Permute": lambda options, shapes: [tuple(shapes[0][axis - 1] for axis in options["dims"])],
    "Cropping1D": lambda options, shapes: [
        (shapes[0][0] - sum(options["cropping"]), *shapes[0][1:])
    ],
    "ZeroPadding1D": lambda options, shapes: [
        (shapes[0][0] + sum(options["padding"]), *shapes[0][1:])
    ],
    "UpSampling1D": lambda options, shapes: [(shapes[0][0] * options["size"], *shapes[0][1:])],
    "Concatenate": _concatenate,
    "Dot": _dot,
    "Attention": lambda options, shapes: [(*shapes[0][:-1], shapes[1][-1])],
    "AdditiveAttention": lambda options, shapes: [(*shapes[0][:-1], shapes[1][-1])],
    "Sequential": _chain,
    "Functional": _chain,
}
"""The shapes of the outputs of those layers that do not return what they read in its shape."""


def weight_shapes(layer: Layer, shapes: list[Shape]) -> list[Shape]:
    """Return the shapes of a layer's weights, in Keras' order, for what it is called on."""
    maker = WEIGHTED.get(layer.kind)
    return maker(layer.options, shapes) if maker else []


def _lstm_weights(options: Mapping[str, Any], shapes: list[Shape]) -> list[Shape]:
    units = options["units"]
    features = shapes[0][-1]
    bias = [(4 * units,)] if options.get("use_bias", True) else []
    return [(features, 4 * units), (units, 4 * units), *bias]


def _rnn_weights(options: Mapping[str, Any], shapes: list[Shape]) -> list[Shape]:
    cells = options["cell"] if isinstance(options["cell"], list) else [options["cell"]]
    listed = []
    features = shapes[0]
    for cell in cells:
        listed += _lstm_weights(cell.options, [features])
        features = (cell.options["units"],)
    return listed


def _dense_weights(options: Mapping[str, Any], shapes: list[Shape]) -> list[Shape]:
    bias = [(options["units"],)] if options.get("use_bias", True) else []
    return [(shapes[0][-1], options["units"]), *bias]


def _chain_weights(options: Mapping[str, Any], shapes: list[Shape]) -> list[Shape]:
    listed = []
    for layer in options["layers"]:
        listed += weight_shapes(layer, shapes)
        shapes = output_shapes(layer, shapes)
    return listed


def _attention_weights(options: Mapping[str, Any], shapes: list[Shape]) -> list[Shape]:
    heads = options["num_heads"]
    size = options["key_dim"]
    queries = shapes[0][-1]
    values = shapes[1][-1]
    listed: list[Shape] = []
    for features in (queries, values, values):
        listed += [(features, heads, size), (heads, size)]
    return [*listed, (heads, size, queries), (queries,)]


WEIGHTED: dict[str, Callable[[Mapping[str, Any], list[Shape]], list[Shape]]] = {
    "Embedding": lambda options, shapes: [(options["input_dim"], options["output_dim"])],
    "LSTM": _lstm_weights,
    "Bidirectional": lambda options, shapes: 2 * _lstm_weights(options["layer"].options, shapes),
    "RNN": _rnn_weights,
    "TimeDistributed": lambda options, shapes: weight_shapes(options["layer"], [shapes[0][1:]]),
    "Dense": _dense_weights,
    "PReLU": lambda options, shapes: [(1, *shapes[0][1:])],
    "LayerNormalization": lambda options, shapes: [shapes[0][-1:]] * 2,
    "BatchNormalization": lambda options, shapes: [shapes[0][-1:]] * 4,
    "Conv1D": lambda options, shapes: [
        (options["kernel_size"], shapes[0][-1], options["filters"]),
        (options["filters"],),
    ],
    "AdditiveAttention": lambda options, shapes: [shapes[0][-1:]],
    "MultiHeadAttention": _attention_weights,
    "Sequential": _chain_weights,
    "Functional": _chain_weights,
}
"""The shapes of the weights of those layers that have any."""


def shape_at(source: Source, length: int) -> Shape:
    """Return the shape of a source, whose open axis has a length."""
    return tuple(length if axis is None else axis for axis in source.shape)


def arrays(model: Model, size: Sizes, seed: int) -> list[Any]:
    """Return what a model is given: distinct numbers, or ids, and zeros at padded timesteps.

    Each sample has a timestep that is not padded, wherever it is.
    """
    inputs = []
    for k, source in enumerate(model.sources):
        shape = (size.batch, *shape_at(source, size.length))
        padded = padding(shape[:2], seed + k)
        if source.ids:
            numbers = 1 + permutation(padded.size, seed + k).reshape(shape) % (VOCABULARY - 1)
            inputs.append((numbers * ~padded).astype("int32"))
        else:
            kept = ~padded.reshape(padded.shape + (1,) * (len(shape) - 2))
            inputs.append(noise(shape, seed + k, scale=2.0) * kept)
    return inputs


def padding(shape: Shape, seed: int) -> Any:
    """Return which timesteps of which samples are padded: about a third, never a whole sample."""
    order = permutation(shape[0] * shape[1], seed).reshape(shape)
    return (order % 3 == 0) & (order > order.min(axis=1, keepdims=True))
