"""How models around an LSTM are drawn: a layer after the other, on what is known of the tensors.

While a model is drawn, the shape of each tensor is known at each of LENGTHS, so that no layer is
drawn that its input does not fit: none is rejected afterwards. Nothing here imports Keras.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from hypothesis import strategies as st

from lstm_spec.harness.models import (
    ACTIVATIONS,
    AGAIN,
    ARITHMETIC,
    BATCH,
    EXPRESSION,
    FORMS,
    IDENTITIES,
    LENGTHS,
    LOOSE_MERGES,
    MERGES,
    OPERATIONS,
    RECURRENT,
    SLICES,
    VOCABULARY,
    Layer,
    Model,
    Node,
    Shape,
    Sizes,
    Source,
    Trial,
    output_shapes,
    shape_at,
)
from lstm_spec.harness.strategies import permutation, picks, seeds


@dataclass(frozen=True)
class Known:
    """What is known of a tensor."""

    shapes: tuple[Shape, ...]
    """Its shape at each of LENGTHS."""
    mask: str = ""
    """The tensor where its mask began; nothing, if it has none."""
    loose: bool = False
    """Whether its values at masked timesteps are nowhere defined."""
    ids: bool = False

    @cached_property
    def axes(self) -> int:
        """How many axes it has beside that of the samples; none of ids can be computed with."""
        return 0 if self.ids else len(self.shapes[0])

    @cached_property
    def features(self) -> int:
        """The size of its last axis."""
        return self.shapes[0][-1]

    @cached_property
    def length(self) -> int:
        """The least size of its first axis."""
        return min(shape[0] for shape in self.shapes)

    @cached_property
    def longest(self) -> int:
        """The largest size of its first axis."""
        return max(shape[0] for shape in self.shapes)

    @property
    def open(self) -> bool:
        """Whether its first axis is open."""
        return self.length != self.longest

    @cached_property
    def sequence(self) -> bool:
        """Whether it is a sequence of features."""
        return self.axes == 2


Draw = Callable[[Any], Any]
PLAIN = frozenset(
    (
        "a merge of a masked and an unmasked tensor",
        "a merge of two masks",
        "attention to a masked tensor",
        "a masked Softmax",
        "a mask handed on backwards",
        "TimeDistributed over an open axis",
    )
)
"""What a plain model does not have: each is the matter of claims of its own."""


class Word(NamedTuple):
    """A word of the vocabulary."""

    draw: Callable[[Draw, list[Known]], Layer]
    """Draws the layer, for what it is called on."""
    fits: Callable[..., bool] = lambda x: x.sequence
    """Says whether it may be called on a tensor, or on several."""
    reads: int = 1
    """On how many tensors it is called."""
    flattens: bool = False
    """Whether there is no sequence after it."""
    in_chains: bool = True
    """Whether it is a layer that takes a tensor and returns one."""


def _fixed(kind: str, **options: Any) -> Callable[[Draw, list[Known]], Layer]:
    """Return what draws a layer whose options depend on no shape: values, or strategies."""

    def make(draw: Draw, _: list[Known]) -> Layer:
        return _layer(draw, kind, **options)

    return make


def _layer(draw: Draw, kind: str, **options: Any) -> Layer:
    chosen = {
        name: draw(option) if isinstance(option, st.SearchStrategy) else option
        for name, option in options.items()
    }
    return Layer(kind, {name: value for name, value in chosen.items() if value is not DEFAULT})


DEFAULT = "default"
"""Drawn in place of an argument that is left out."""


def _often(value: Any) -> st.SearchStrategy[Any]:
    """Draw an argument that is mostly left out."""
    return st.sampled_from([DEFAULT, DEFAULT, DEFAULT, value])


_units = st.sampled_from([1, 2, 3])
_activation = st.sampled_from(ACTIVATIONS)
_gates = st.sampled_from(
    [
        {},
        {"activation": "relu"},
        {"recurrent_activation": "tanh"},
        {"use_bias": False},
        {"dropout": 0.5, "recurrent_dropout": 0.5},
        {"activation": "softsign", "use_bias": False},
        {"implementation": 1},
        {},
    ]
)
"""Arguments of an LSTM that change no shape but those of weights."""


def _draw_lstm(
    draw: Draw, reads: list[Known], sequences: bool | None = None, **options: Any
) -> Layer:
    x = reads[0]
    chosen = draw(st.booleans()) if sequences is None else sequences
    changes: list[dict[str, bool]] = [{}, {}]
    if chosen:
        options = {**options, "return_sequences": True}
        changes.append({"zero_output_for_mask": True})
    if not x.open:
        changes.append({"unroll": True})
    changes.append({"go_backwards": True})
    options = {**draw(_gates), **options, **draw(st.sampled_from(changes))}
    return _layer(draw, "LSTM", units=_units, **options)


def _draw_bidirectional(draw: Draw, reads: list[Known]) -> Layer:
    inner = _layer(draw, "LSTM", units=_units, **draw(_gates), return_sequences=_often(True))
    modes = st.sampled_from(["concat", "sum", "mul", "ave"])
    return _layer(draw, "Bidirectional", layer=inner, merge_mode=modes)


def _draw_halves(draw: Draw, reads: list[Known]) -> Layer:
    inner = _layer(draw, "LSTM", units=_units, return_sequences=True)
    return Layer("Bidirectional", {"layer": inner, "merge_mode": None})


def _draw_rnn(draw: Draw, reads: list[Known]) -> Layer:
    return _layer(
        draw,
        "RNN",
        cell=_layer(draw, "LSTMCell", units=_units, activation=_often("relu")),
        return_sequences=_often(True),
    )


def _draw_stack(draw: Draw, reads: list[Known]) -> Layer:
    cells = [_layer(draw, "LSTMCell", units=_units) for _ in range(2)]
    return _layer(draw, "RNN", cell=cells, return_sequences=_often(True))


def _draw_conv(draw: Draw, reads: list[Known]) -> Layer:
    padding = draw(st.sampled_from(["valid", "same", "causal"]))
    options = {"padding": padding, "filters": draw(_units), "kernel_size": draw(st.integers(1, 3))}
    change = draw(st.sampled_from(["", "", "strides", "dilation_rate"]))
    if change == "dilation_rate" and reads[0].length > 4:
        options["dilation_rate"] = 2
    if change == "strides" and padding != "same":
        options["strides"] = 2
    return _layer(draw, "Conv1D", **options, activation=_often("relu"))


def _draw_pool(kind: str, *paddings: str) -> Callable[[Draw, list[Known]], Layer]:
    return _fixed(kind, pool_size=st.integers(1, 2), padding=st.sampled_from(paddings))


def _draw_reshape(draw: Draw, reads: list[Known]) -> Layer:
    x = reads[0]
    if x.axes == 1:
        targets: list[Shape] = [(1, x.features), (x.features, 1)]
    elif x.open:
        targets = [(-1, x.features), (-1, 1)]
    else:
        targets = [(x.features, x.length), (-1, x.features), (x.length, 1, x.features)]
    return Layer("Reshape", {"target_shape": draw(st.sampled_from(targets))})


def _draw_crop(draw: Draw, reads: list[Known]) -> Layer:
    ends = [(1, 0), (0, 1), (1, 1)] if reads[0].length > 2 else [(1, 0), (0, 1)]
    return Layer("Cropping1D", {"cropping": draw(st.sampled_from(ends))})


def _draw_expression(*texts: str) -> Callable[[Draw, list[Known]], Layer]:
    return _fixed(EXPRESSION, text=st.sampled_from(texts))


def _draw_inner(draw: Draw, x: Known) -> list[Layer]:
    """Draw the layers of a model in a model."""
    first = _layer(draw, "Dense", units=_units, activation=_activation)
    second = st.sampled_from(["Dense", "LSTM", "Dropout", "Conv1D", "Masking"])
    options: dict[str, dict[str, Any]] = {
        "Dense": {"units": _units},
        "LSTM": {"units": _units, "return_sequences": st.booleans()},
        "Dropout": {"rate": 0.5},
        "Conv1D": {"filters": _units, "kernel_size": 1, "padding": "same"},
        "Masking": {"mask_value": 0.5},
    }
    kind = draw(second)
    return [first, _layer(draw, kind, **options[kind])]


def _draw_nested(draw: Draw, reads: list[Known]) -> Layer:
    x = reads[0]
    layers = _draw_inner(draw, x)
    if draw(st.booleans()):
        return Layer("Sequential", {"layers": layers})
    shape = (None if x.open else x.length, x.features)
    return Layer("Functional", {"layers": layers, "shape": shape})


def _draw_sliced(draw: Draw, reads: list[Known]) -> Layer:
    inner = _layer(draw, "Dense", units=_units, activation=_activation)
    return Layer("TimeDistributed", {"layer": inner})


def _draw_sliced_model(draw: Draw, reads: list[Known]) -> Layer:
    layers = [_layer(draw, "Dense", units=_units, activation=_activation) for _ in range(2)]
    return Layer("TimeDistributed", {"layer": Layer("Sequential", {"layers": layers})})


def _draw_sliced_lstm(draw: Draw, reads: list[Known]) -> Layer:
    inner = _layer(draw, "LSTM", units=_units, return_sequences=_often(True))
    return Layer("TimeDistributed", {"layer": inner})


def _draw_sliced_conv(draw: Draw, reads: list[Known]) -> Layer:
    inner = _layer(draw, "Conv1D", filters=_units, kernel_size=1, padding="same")
    return Layer("TimeDistributed", {"layer": inner})


def _draw_concatenate(draw: Draw, reads: list[Known]) -> Layer:
    x, y = reads
    axes = [-1] if _but_last(x) == _but_last(y) else []
    if x.sequence and x.features == y.features and bool(x.mask) == bool(y.mask):
        axes.append(1)
    return Layer("Concatenate", {"axis": draw(st.sampled_from(axes))})


def _but_last(x: Known) -> list[Shape]:
    return [shape[:-1] for shape in x.shapes]


def _any(x: Known) -> bool:
    return x.axes in (1, 2)


def _reads_all(x: Known) -> bool:
    """Say whether a sequence may be read by a layer that does not heed masks."""
    return x.sequence and not x.loose


def _settled(x: Known) -> bool:
    return _any(x) and not x.loose


def _alike(x: Known, y: Known) -> bool:
    return _any(x) and x.shapes == y.shapes


def _joins(x: Known, y: Known) -> bool:
    same = _any(x) and x.axes == y.axes and _but_last(x) == _but_last(y)
    masked = bool(x.mask) == bool(y.mask)
    behind = x.sequence and y.sequence and x.features == y.features and masked
    return (same or behind) and x.longest + y.longest <= 20 and x.features + y.features <= 8


def _attend(x: Known, y: Known) -> bool:
    return x.sequence and y.sequence and x.features == y.features and not y.loose and not x.loose


def _dots(x: Known, y: Known) -> bool:
    fit = _any(x) and x.axes == y.axes and not x.loose and not y.loose
    return fit and [shape[0] for shape in x.shapes] == [shape[0] for shape in y.shapes]


def _starts(x: Known, h: Known, c: Known) -> bool:
    return x.sequence and not x.mask and h.axes == 1 and h.shapes == c.shapes and h.features <= 4


def _draw_started(draw: Draw, reads: list[Known]) -> Layer:
    layer = _draw_lstm(draw, reads)
    return replace(layer, options={**layer.options, "units": reads[1].features})


WORDS: dict[str, Word] = {
    "LSTM": Word(_draw_lstm),
    "Dense": Word(_fixed("Dense", units=_units, activation=_activation), _any),
    "Masking": Word(_fixed("Masking"), lambda x: x.sequence and not x.loose),
    "Embedding": Word(
        _fixed("Embedding", input_dim=VOCABULARY, output_dim=_units), lambda x: x.ids
    ),
    "Embedding with mask": Word(
        _fixed("Embedding", input_dim=VOCABULARY, output_dim=_units, mask_zero=True),
        lambda x: x.ids,
    ),
    "LSTM with states": Word(
        lambda draw, reads: _draw_lstm(draw, reads, return_state=True), in_chains=False
    ),
    "LSTM from states": Word(_draw_started, _starts, reads=3, in_chains=False),
    "Bidirectional": Word(_draw_bidirectional),
    "Bidirectional halves": Word(_draw_halves, in_chains=False),
    "RNN of a cell": Word(_draw_rnn),
    "RNN of cells": Word(_draw_stack),
    "TimeDistributed Dense": Word(_draw_sliced),
    "TimeDistributed Sequential": Word(_draw_sliced_model),
    "TimeDistributed LSTM": Word(_draw_sliced_lstm, lambda x: x.axes == 3),
    "TimeDistributed Conv1D": Word(_draw_sliced_conv, lambda x: x.axes == 3),
    **{name: Word(_fixed(name, rate=0.5), _any) for name in IDENTITIES if "Noise" not in name},
    "SpatialDropout1D": Word(_fixed("SpatialDropout1D", rate=0.5)),
    "GaussianNoise": Word(_fixed("GaussianNoise", stddev=0.5), _any),
    "Activation": Word(_fixed("Activation", activation=_activation), _any),
    "ReLU": Word(_fixed("ReLU"), _any),
    "LeakyReLU": Word(_fixed("LeakyReLU"), _any),
    "ELU": Word(_fixed("ELU"), _any),
    "PReLU": Word(_fixed("PReLU", shared_axes=[1])),
    "Softmax": Word(_fixed("Softmax"), _any),
    "LayerNormalization": Word(_fixed("LayerNormalization"), lambda x: _any(x) and x.features > 1),
    "BatchNormalization": Word(_fixed("BatchNormalization"), _any),
    "RepeatVector": Word(_fixed("RepeatVector", n=st.integers(1, 4)), lambda x: x.axes == 1),
    "Reshape": Word(_draw_reshape, lambda x: _settled(x) and x.longest * x.features <= 40),
    "Permute": Word(
        _fixed("Permute", dims=(2, 1)), lambda x: _reads_all(x) and not x.open and x.length <= 8
    ),
    "Flatten": Word(
        _fixed("Flatten"), lambda x: _reads_all(x) and not x.open and x.length <= 8, flattens=True
    ),
    "Cropping1D": Word(_draw_crop, lambda x: _reads_all(x) and x.length > 1),
    "ZeroPadding1D": Word(
        _fixed("ZeroPadding1D", padding=st.sampled_from([(1, 0), (0, 1), (1, 2)])),
        lambda x: _reads_all(x) and x.longest <= 8,
    ),
    "UpSampling1D": Word(
        _fixed("UpSampling1D", size=2), lambda x: _reads_all(x) and x.longest <= 8
    ),
    "Conv1D": Word(_draw_conv, lambda x: _reads_all(x) and x.length > 2),
    "MaxPooling1D": Word(
        _draw_pool("MaxPooling1D", "valid", "same"), lambda x: _reads_all(x) and x.length > 1
    ),
    "AveragePooling1D": Word(
        _draw_pool("AveragePooling1D", "valid"), lambda x: _reads_all(x) and x.length > 1
    ),
    "GlobalAveragePooling1D": Word(_fixed("GlobalAveragePooling1D"), flattens=True),
    "GlobalMaxPooling1D": Word(_fixed("GlobalMaxPooling1D"), _reads_all, flattens=True),
    "Concatenate": Word(_draw_concatenate, _joins, reads=2, in_chains=False),
    **{name: Word(_fixed(name), _alike, reads=2, in_chains=False) for name in MERGES},
    "Dot": Word(_fixed("Dot", axes=1), _dots, reads=2, in_chains=False),
    "Attention": Word(_fixed("Attention"), _attend, reads=2, in_chains=False),
    "AdditiveAttention": Word(_fixed("AdditiveAttention"), _attend, reads=2, in_chains=False),
    "MultiHeadAttention": Word(
        _fixed("MultiHeadAttention", num_heads=st.integers(1, 2), key_dim=_units),
        lambda x, y: x.sequence and y.sequence and not x.loose and not y.loose,
        reads=2,
        in_chains=False,
    ),
    "arithmetic": Word(
        _draw_expression(*(t for t in ARITHMETIC if "{1}" not in t)), _settled, in_chains=False
    ),
    "arithmetic of two": Word(
        _draw_expression(*(t for t in ARITHMETIC if "{1}" in t)),
        lambda x, y: _alike(x, y) and not x.loose and not y.loose,
        reads=2,
        in_chains=False,
    ),
    "slice": Word(
        _draw_expression(*SLICES[:3]), lambda x: _reads_all(x) and x.length > 1, in_chains=False
    ),
    "slice of a timestep": Word(
        _draw_expression(*SLICES[3:]), _reads_all, flattens=True, in_chains=False
    ),
    "operation": Word(
        _draw_expression(*(t for t in OPERATIONS if "{1}" not in t)), _settled, in_chains=False
    ),
    "operation of two": Word(
        _draw_expression(*(t for t in OPERATIONS if "{1}" in t)),
        lambda x, y: _alike(x, y) and not x.loose and not y.loose and x.features < 5,
        reads=2,
        in_chains=False,
    ),
    "Lambda": Word(_fixed("Lambda", function=st.sampled_from(["double", "backwards"])), _reads_all),
    "Lambda with mask": Word(_fixed("Lambda", function="double", mask="same")),
    "own layer": Word(_fixed("Halve"), _settled),
    "own layer with compute_mask": Word(_fixed("MaskedHalve"), _any),
    "model in a model": Word(_draw_nested, _reads_all),
    AGAIN: Word(_fixed(""), _any, in_chains=False),
}
"""The vocabulary."""
RARE = (
    *("LSTM from states",) * 5,
    *(AGAIN,) * 5,
    *("RepeatVector", "slice of a timestep", "operation", "arithmetic", "slice") * 2,
    *("arithmetic of two", "operation of two", "Dot", *MERGES, "Concatenate"),
    *("Attention", "AdditiveAttention", "MultiHeadAttention", "Permute", "Bidirectional halves"),
    *("TimeDistributed Dense", "TimeDistributed Sequential", "GlobalMaxPooling1D", "Flatten"),
    *("model in a model", "Concatenate", "LayerNormalization", "Softmax"),
    *("GlobalAveragePooling1D", "Conv1D", "TimeDistributed Conv1D", "MultiHeadAttention"),
)
"""Words that fit on few tensors, or in few forms: drawn more often, so that none is missed."""
AROUND_LSTM = ("LSTM", "LSTM with states", "Bidirectional", "RNN of a cell", "RNN of cells")
"""Words of which each makes a model one around an LSTM."""


def traits(layer: Layer, reads: list[Known]) -> set[str]:
    """Return what of PLAIN a call of a layer has."""
    masks = [x.mask for x in reads]
    options = layer.options
    listed = set()
    if layer.kind in (*MERGES, "Concatenate"):
        if any(masks) and not all(masks):
            listed.add("a merge of a masked and an unmasked tensor")
        elif len(set(masks)) > 1:
            listed.add("a merge of two masks")
    if layer.kind.endswith("Attention") and any(masks):
        listed.add("attention to a masked tensor")
    if layer.kind == "Softmax" and any(masks):
        listed.add("a masked Softmax")
    if options.get("go_backwards") and options.get("return_sequences") and any(masks):
        listed.add("a mask handed on backwards")
    if layer.kind == "TimeDistributed" and reads[0].open:
        listed.add("TimeDistributed over an open axis")
    return listed


def known_after(layer: Layer, reads: list[Known], name: str) -> list[Known]:
    """Return what is known of the tensors that a call returns, the first of which has a name."""
    at_each = [output_shapes(layer, [x.shapes[k] for x in reads]) for k in range(len(LENGTHS))]
    mask, loose = _mask_after(layer, reads, name)
    known = [Known(shapes) for shapes in zip(*at_each, strict=True)]
    halves = layer.kind == "Bidirectional"
    return [
        replace(x, mask=mask, loose=loose) if mask and (k == 0 or halves) else x
        for k, x in enumerate(known)
    ]


def _mask_after(layer: Layer, reads: list[Known], name: str) -> tuple[str, bool]:
    """Return where the mask of a call's output began, and whether it is loose."""
    kind = layer.kind
    options = layer.options
    masks = [x.mask for x in reads]
    mask = masks[0]
    loose = any(x.loose for x in reads)
    if kind in ("Masking", "Embedding"):
        return (name if kind == "Masking" or options.get("mask_zero") else ""), False
    if kind in RECURRENT:
        inner = options.get("layer", layer).options
        return (mask if inner.get("return_sequences") else ""), False
    if kind in (*MERGES, "Concatenate"):
        alike = len(set(masks)) == 1 and options.get("axis", -1) == -1
        return (mask if alike else name * any(masks)), loose or kind in LOOSE_MERGES
    if kind.endswith("Attention"):
        return mask, kind == "MultiHeadAttention"
    if kind in ("Sequential", "Functional"):
        for inner in options["layers"]:
            mask, loose = _mask_after(inner, [replace(reads[0], mask=mask, loose=loose)], name)
        return mask, loose
    if kind in ENDING or (kind == "Lambda" and "mask" not in options):
        return "", False
    return mask, loose


def follow(model: Model) -> dict[str, Known]:
    """Return what is known of each tensor of a model, by its name."""
    known = {
        s.name: Known(tuple(shape_at(s, length) for length in LENGTHS), ids=s.ids)
        for s in model.sources
    }
    for node in model.nodes:
        after = known_after(node.layer, [known[name] for name in node.reads], node.makes[0])
        known.update(zip(node.makes, after, strict=True))
    return known


def traits_of(model: Model) -> set[str]:
    """Return what of PLAIN a model has."""
    known = follow(model)
    listed = (traits(node.layer, [known[name] for name in node.reads]) for node in model.nodes)
    return set().union(*listed)


ENDING = (
    *("Reshape", "Permute", "Flatten", "Cropping1D", "ZeroPadding1D", "UpSampling1D", "Conv1D"),
    *("MaxPooling1D", "AveragePooling1D", "GlobalAveragePooling1D", "GlobalMaxPooling1D", "Dot"),
    *("RepeatVector", "Halve", EXPRESSION),
)
"""Layers after which no tensor is masked."""


class _Drawing:
    """A model while it is drawn."""

    def __init__(self, draw: Draw, form: str, plain: bool, words: tuple[str, ...]) -> None:
        self.draw = draw
        self.form = form
        self.plain = plain
        self.words = words
        self.known: dict[str, Known] = {}
        self.nodes: list[Node] = []
        self.read: set[str] = set()
        self.behind_masks: set[str] = set()
        """The sources that nothing reads but what masks them."""
        self.seed = draw(seeds)

    @property
    def chained(self) -> bool:
        return self.form == "Sequential"

    @property
    def around_lstm(self) -> bool:
        return any(node.word in AROUND_LSTM for node in self.nodes)

    def add(self, words: tuple[str, ...]) -> None:
        """Draw a node of one of the words; the next that fits, if the drawn one does not."""
        pick = self.draw(picks)
        for word in (words[pick % len(words)], *(words[k] for k in permutation(len(words), pick))):
            choices = self.choices(word) if self.allows(word) else []
            if choices and self.call(word, choices[self.draw(picks) % len(choices)]):
                return

    def allows(self, word: str) -> bool:
        """Say whether a node of a word may come next, whatever the shapes."""
        if self.chained:
            flat = WORDS[word].flattens and not self.around_lstm
            return WORDS[word].in_chains and not flat
        return word != AGAIN or bool(self._repeatable())

    def choices(self, word: str) -> list[tuple[str, ...]]:
        """Return the tensors, or pairs or triples of them, that a word can be called on."""
        names = [name for name in reversed(self.known) if name not in self.behind_masks]
        if self.chained or WORDS[word].reads > 1:
            names = names[: 1 if self.chained else 4]
        listed: list[tuple[str, ...]] = [(name,) for name in names]
        for _ in range(WORDS[word].reads - 1):
            listed = [(*reads, name) for reads in listed for name in names]
        return [reads for reads in listed if WORDS[word].fits(*(self.known[n] for n in reads))]

    def call(self, word: str, reads: tuple[str, ...]) -> bool:
        """Add a node, unless what it would be is not allowed."""
        known = [self.known[name] for name in reads]
        again = ""
        layer = None
        if word == AGAIN:
            before = [n for n in self._repeatable() if self._same(n, known)]
            if not before:
                return False
            again = before[0].makes[0]
            layer = before[0].layer
        else:
            layer = WORDS[word].draw(self.draw, known)
        if self.plain and traits(layer, known):
            return False
        if self.chained and not self.around_lstm and not self._leaves_a_sequence(layer, known):
            layer = _with_sequences(layer)
            if not self._leaves_a_sequence(layer, known):
                return False
        number = len(self.nodes) + 1
        after = known_after(layer, known, f"y{number}")
        names = (f"y{number}", f"h{number}", f"c{number}")[: len(after)]
        self.known.update(zip(names, after, strict=True))
        self.read.update(reads)
        seed = self.seed + 100 * number
        self.nodes.append(Node(layer, reads, names, seed, again, word))
        return True

    def _leaves_a_sequence(self, layer: Layer, known: list[Known]) -> bool:
        return layer.kind in RECURRENT or len(known_after(layer, known, "")[0].shapes[0]) == 2

    def _repeatable(self) -> list[Node]:
        kinds = ("LSTM", "Dense", "Bidirectional", "Conv1D", "LayerNormalization", "Masking")
        return [
            n for n in self.nodes if n.layer.kind in kinds and not n.again and len(n.reads) == 1
        ]

    def _same(self, node: Node, known: list[Known]) -> bool:
        """Say whether a layer that was called on one tensor can be called on another."""
        before = self.known[node.reads[0]]
        now = known[0]
        fits = WORDS[node.word].fits(now) and not (now.mask and node.layer.kind == "Masking")
        unrolled = node.layer.options.get("unroll") and now.open
        return fits and before.axes == now.axes and before.features == now.features and not unrolled


def _with_sequences(layer: Layer) -> Layer:
    """Return a nested model that leaves a sequence."""
    if layer.kind not in ("Sequential", "Functional"):
        return layer
    inner = [replace(i, options={**i.options, **_sequences(i)}) for i in layer.options["layers"]]
    return replace(layer, options={**layer.options, "layers": inner})


def _sequences(layer: Layer) -> dict[str, bool]:
    return {"return_sequences": True} if layer.kind == "LSTM" else {}


KINDS = ("numbers", "ids", "more axes", "more axes")
"""What a source may hold; only the second may have more axes."""


def _draw_sources(draw: Draw, chained: bool, plain: bool, opened: bool | None) -> list[Source]:
    number = 1 if chained else draw(st.integers(1, 2))
    sources = []
    for k in range(number):
        kind = draw(st.sampled_from(KINDS if k and not opened else KINDS[:2]))
        known = draw(st.booleans()) if opened is None else not opened
        known = known or (plain and kind == KINDS[-1])
        length = draw(st.sampled_from(LENGTHS)) if known else None
        if kind == "ids":
            sources.append(Source(f"x{k}", (length,), ids=True))
        elif kind == KINDS[-1]:
            sources.append(Source(f"x{k}", (length, 2, draw(_units))))
        else:
            sources.append(Source(f"x{k}", (length, draw(st.integers(1, 3)))))
    return sources


@st.composite
def models(
    draw: st.DrawFn,
    /,
    *,
    nodes: st.SearchStrategy[int] = st.integers(2, 7),
    forms: tuple[str, ...] = FORMS,
    words: tuple[str, ...] = (*WORDS, *RARE),
    containing: tuple[str, ...] = (),
    plain: bool = True,
    opened: bool | None = None,
    masked: bool | None = None,
    declared: bool | None = None,
) -> Model:
    """Draw a model around an LSTM.

    Args:
        draw: given by Hypothesis.
        nodes: how many layers are called beside those that must be.
        forms: those that it may have.
        words: those that it may be made of.
        containing: words of each of which a node is added where one fits.
        plain: whether it has nothing of PLAIN.
        opened: whether its timesteps are open; None for either, source by source.
        masked: whether each source of numbers or ids is masked, and read by nothing else; None
            for either.
        declared: whether it declares how many samples it takes; None for either.
    """
    form = draw(st.sampled_from(forms))
    model = _Drawing(draw, form, plain, words)
    sources = _draw_sources(draw, model.chained, plain, opened)
    for source in sources:
        shapes = tuple(shape_at(source, length) for length in LENGTHS)
        model.known[source.name] = Known(shapes, ids=source.ids)
    for source in sources:
        begin = draw(st.booleans()) if masked is None else masked
        if source.ids:
            model.add(("Embedding with mask",) if begin else ("Embedding",))
        elif len(source.shape) == 3:
            model.add(("TimeDistributed LSTM", "TimeDistributed Conv1D"))
        elif begin:
            model.add(("Masking",))
        if masked:
            model.behind_masks.add(source.name)
    for _ in range(draw(nodes)):
        model.add(words)
    for word in containing:
        model.add((word,))
    if not model.around_lstm:
        model.add(AROUND_LSTM)
    names = [name for node in model.nodes for name in node.makes]
    outputs = [name for name in names if name not in model.read]
    used = tuple(source for source in sources if source.name in model.read)
    batches = [None, None, None, BATCH] if declared is None else [BATCH if declared else None]
    batch = draw(st.sampled_from(batches))
    return Model(used, tuple(model.nodes), tuple(outputs), form, batch)


def sizes(model: Model) -> st.SearchStrategy[tuple[Sizes, Sizes]]:
    """Draw two sizes that a model can be given, with other numbers of samples and timesteps."""
    batches = st.permutations([1, 2, 3]) if model.batch is None else st.just([model.batch] * 2)
    lengths = st.permutations(LENGTHS)
    return st.tuples(batches, lengths).map(
        lambda pair: (Sizes(pair[0][0], pair[1][0]), Sizes(pair[0][1], pair[1][1]))
    )


@st.composite
def trials(draw: st.DrawFn, /, **options: Any) -> Trial:
    """Draw a model, with two sizes and a seed for what it is given.

    Args:
        draw: given by Hypothesis.
        **options: those of `models`.
    """
    model = draw(models(**options))
    return Trial(model, draw(sizes(model)), draw(seeds))
