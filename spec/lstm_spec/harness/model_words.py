"""The vocabulary of drawn models: each layer, what it fits on, and how its options are drawn.

Nothing here imports Keras.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from hypothesis import strategies as st

from lstm_spec.harness.model_tensors import Known
from lstm_spec.harness.models import (
    ACTIVATIONS,
    AGAIN,
    ARITHMETIC,
    EXPRESSION,
    IDENTITIES,
    MERGES,
    OPERATIONS,
    SLICES,
    VOCABULARY,
    Layer,
    Shape,
)

Draw = Callable[[Any], Any]


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


UNITS = st.sampled_from([1, 2, 3])
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
    return _layer(draw, "LSTM", units=UNITS, **options)


def _draw_bidirectional(draw: Draw, reads: list[Known]) -> Layer:
    inner = _layer(draw, "LSTM", units=UNITS, **draw(_gates), return_sequences=_often(True))
    modes = st.sampled_from(["concat", "sum", "mul", "ave"])
    return _layer(draw, "Bidirectional", layer=inner, merge_mode=modes)


def _draw_halves(draw: Draw, reads: list[Known]) -> Layer:
    inner = _layer(draw, "LSTM", units=UNITS, return_sequences=True)
    return Layer("Bidirectional", {"layer": inner, "merge_mode": None})


def _draw_rnn(draw: Draw, reads: list[Known]) -> Layer:
    return _layer(
        draw,
        "RNN",
        cell=_layer(draw, "LSTMCell", units=UNITS, activation=_often("relu")),
        return_sequences=_often(True),
    )


def _draw_stack(draw: Draw, reads: list[Known]) -> Layer:
    cells = [_layer(draw, "LSTMCell", units=UNITS) for _ in range(2)]
    return _layer(draw, "RNN", cell=cells, return_sequences=_often(True))


def _draw_conv(draw: Draw, reads: list[Known]) -> Layer:
    padding = draw(st.sampled_from(["valid", "same", "causal"]))
    options = {"padding": padding, "filters": draw(UNITS), "kernel_size": draw(st.integers(1, 3))}
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


def _draw_inner(draw: Draw) -> list[Layer]:
    """Draw the layers of a model in a model."""
    first = _layer(draw, "Dense", units=UNITS, activation=_activation)
    second = st.sampled_from(["Dense", "LSTM", "Dropout", "Conv1D", "Masking"])
    options: dict[str, dict[str, Any]] = {
        "Dense": {"units": UNITS},
        "LSTM": {"units": UNITS, "return_sequences": st.booleans()},
        "Dropout": {"rate": 0.5},
        "Conv1D": {"filters": UNITS, "kernel_size": 1, "padding": "same"},
        "Masking": {"mask_value": 0.5},
    }
    kind = draw(second)
    return [first, _layer(draw, kind, **options[kind])]


def _draw_nested(draw: Draw, reads: list[Known]) -> Layer:
    x = reads[0]
    layers = _draw_inner(draw)
    if draw(st.booleans()):
        return Layer("Sequential", {"layers": layers})
    shape = (None if x.open else x.length, x.features)
    return Layer("Functional", {"layers": layers, "shape": shape})


def _draw_sliced(draw: Draw, reads: list[Known]) -> Layer:
    inner = _layer(draw, "Dense", units=UNITS, activation=_activation)
    return Layer("TimeDistributed", {"layer": inner})


def _draw_sliced_model(draw: Draw, reads: list[Known]) -> Layer:
    layers = [_layer(draw, "Dense", units=UNITS, activation=_activation) for _ in range(2)]
    return Layer("TimeDistributed", {"layer": Layer("Sequential", {"layers": layers})})


def _draw_sliced_lstm(draw: Draw, reads: list[Known]) -> Layer:
    inner = _layer(draw, "LSTM", units=UNITS, return_sequences=_often(True))
    return Layer("TimeDistributed", {"layer": inner})


def _draw_sliced_conv(draw: Draw, reads: list[Known]) -> Layer:
    inner = _layer(draw, "Conv1D", filters=UNITS, kernel_size=1, padding="same")
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
    """Return whether a sequence may be read by a layer that does not heed masks."""
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
    "Dense": Word(_fixed("Dense", units=UNITS, activation=_activation), _any),
    "Masking": Word(_fixed("Masking"), lambda x: x.sequence and not x.loose),
    "Embedding": Word(_fixed("Embedding", input_dim=VOCABULARY, output_dim=UNITS), lambda x: x.ids),
    "Embedding with mask": Word(
        _fixed("Embedding", input_dim=VOCABULARY, output_dim=UNITS, mask_zero=True),
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
        _fixed("MultiHeadAttention", num_heads=st.integers(1, 2), key_dim=st.sampled_from([2, 3])),
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
    "Lambda with mask": Word(_fixed("Lambda", function="double", mask="mask_of_input")),
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
