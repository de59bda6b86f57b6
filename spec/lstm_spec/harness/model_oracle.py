"""What a model computes, outputs and masks, in float64 NumPy: a function a layer. No Keras here.

Each function is written from the documentation of its layer, and from the mathematics; LSTMs from
reference.py. What becomes of a mask is in one table, masks.py. Where a released Keras computes
something else, a claim says so; nothing here follows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lstm_spec.harness import activations
from lstm_spec.harness.activations import softmax
from lstm_spec.harness.masks import MASKS
from lstm_spec.harness.models import (
    EXPRESSION,
    IDENTITIES,
    Layer,
    Model,
    output_shapes,
    weight_shapes,
)
from lstm_spec.harness.reference import equations
from lstm_spec.harness.strategies import Case, noise
from lstm_spec.harness.tolerance import UNITS

Array = NDArray[np.float64]
Mask = NDArray[np.bool_] | None
Rules = Mapping[str, str]
"""The rule of each layer for masks, by its class."""

EPSILON = 1e-3
"""What LayerNormalization and BatchNormalization add to a variance, by default."""
ROUNDING_UNIT = UNITS["float32"]
"""The rounding error of float32, in which Keras computes by default."""
TRIES = 3
"""How often a model is computed with errors of rounding, to see how they grow."""


class Tensor(NamedTuple):
    """A tensor and its mask."""

    value: Array
    mask: Mask = None


@dataclass(frozen=True)
class Call:
    """A call of a layer."""

    layer: Layer
    weights: list[Array]
    reads: list[Tensor]
    rules: Rules

    @property
    def x(self) -> Array:
        """The first tensor that it reads."""
        return self.reads[0].value

    @property
    def values(self) -> list[Array]:
        """All tensors that it reads."""
        return [tensor.value for tensor in self.reads]

    def option(self, name: str, default: Any = None) -> Any:
        """Return an argument of the layer's constructor."""
        return self.layer.options.get(name, default)


def weights(layer: Layer, shapes: list[tuple[int, ...]], seed: int) -> list[Any]:
    """Return the weights of a layer, in Keras' order, in float32.

    Those of BatchNormalization are positive, because one of them is a variance.
    """
    drawn = [noise(s, seed + k) for k, s in enumerate(weight_shapes(layer, shapes))]
    return [np.abs(w) for w in drawn] if layer.kind == "BatchNormalization" else drawn


def direction(drawn: Sequence[Any], seed: int) -> list[Any]:
    """Return the direction in which the weights of a layer are moved, if they are."""
    return [noise(w.shape, seed + 50 + k) for k, w in enumerate(drawn)]


def compute(
    model: Model,
    arrays: Sequence[Any],
    rules: Rules = MASKS,
    errors: np.random.RandomState | None = None,
    step: float = 0.0,
) -> dict[str, Tensor]:
    """Return all tensors of a model by their names.

    Args:
        model: the model.
        arrays: what its sources hold, with the axis of samples.
        rules: what becomes of masks: MASKS, or what a released Keras does.
        errors: where errors of rounding come from, if there are to be any.
        step: how far the weights are moved, each in its direction.
    """
    tensors = {
        source.name: Tensor(np.asarray(array) if source.ids else array.astype(float))
        for source, array in zip(model.sources, arrays, strict=True)
    }
    seeds = {node.makes[0]: node for node in model.nodes}
    for node in model.nodes:
        reads = [tensors[name] for name in node.reads]
        first = seeds[node.again] if node.again else node
        shapes = [tensors[name].value.shape[1:] for name in first.reads]
        drawn = weights(node.layer, shapes, first.seed)
        if step:
            towards = direction(drawn, first.seed)
            drawn = [w + step * d.astype(float) for w, d in zip(drawn, towards, strict=True)]
        call = Call(node.layer, _rounded(drawn, errors), reads, rules)
        outputs = [Tensor(_rounded([t.value], errors)[0], t.mask) for t in apply(call)]
        tensors.update(zip(node.makes, outputs, strict=True))
    return tensors


def outputs(model: Model, arrays: Sequence[Any], rules: Rules = MASKS) -> list[Array]:
    """Return the outputs of a model."""
    tensors = compute(model, arrays, rules)
    return [tensors[name].value for name in model.outputs]


def growth(model: Model, arrays: Sequence[Any]) -> float:
    """Return how far errors of rounding grow on their way to the outputs, in units of rounding.

    The model is computed with an error of one unit in each weight and in what each layer returns.
    """
    exact = outputs(model, arrays)
    largest = 0.0
    for seed in range(TRIES):
        tensors = compute(model, arrays, errors=np.random.RandomState(seed))
        for name, z in zip(model.outputs, exact, strict=True):
            off = np.abs(tensors[name].value - z) / np.maximum(1.0, np.abs(z))
            largest = max(largest, float(off.max(initial=0.0)) / ROUNDING_UNIT)
    return largest


def _rounded(arrays: Sequence[Any], errors: np.random.RandomState | None) -> list[Array]:
    exact = [array.astype(float) for array in arrays]
    if errors is None:
        return exact
    signs = [errors.choice([-1.0, 1.0], size=array.shape) for array in exact]
    return [
        array + ROUNDING_UNIT * sign * np.maximum(1.0, np.abs(array)) if array.size else array
        for array, sign in zip(exact, signs, strict=True)
    ]


def apply(call: Call) -> list[Tensor]:
    """Return what a call of a layer returns."""
    kind = call.layer.kind
    if kind in ("Sequential", "Functional"):
        return _chain(call)
    values = COMPUTE[kind](call)
    masks = masks_after(call, values)
    return [Tensor(value, mask) for value, mask in zip(values, masks, strict=True)]


def _chain(call: Call) -> list[Tensor]:
    tensors = call.reads
    left = list(call.weights)
    for layer in call.option("layers"):
        shapes = [tensor.value.shape[1:] for tensor in tensors]
        number = len(weight_shapes(layer, shapes))
        tensors = apply(Call(layer, left[:number], tensors, call.rules))
        left = left[number:]
    return tensors


# Masks.


def masks_after(call: Call, values: list[Array]) -> list[Mask]:
    """Return the masks of what a call returns, by the rule of its layer."""
    kind = call.layer.kind
    masks = [tensor.mask for tensor in call.reads]
    inner = call.option("layer", call.layer).options
    handed = masks[0]
    match call.rules.get(kind, call.rules["Layer"]):
        case "makes":
            handed = _own_mask(call)
        case "skips":
            handed = masks[0] if inner.get("return_sequences") else None
        case "any":
            handed = _merged(call, masks, np.logical_or)
        case "every":
            handed = _merged(call, masks, np.logical_and)
        case "declares":
            handed = masks[0] if kind == "MaskedHalve" or call.option("mask") else None
        case "ends" | "averages":
            handed = None
    halves = kind == "Bidirectional" and call.option("merge_mode") is None
    return [handed if k == 0 or halves else None for k in range(len(values))]


def _own_mask(call: Call) -> Mask:
    if call.layer.kind == "Masking":
        return np.asarray(np.any(call.x != call.option("mask_value", 0.0), axis=-1))
    return call.x != 0 if call.option("mask_zero") else None


def _merged(call: Call, masks: list[Mask], merge: Callable[[Any, Any], Any]) -> Mask:
    """Return what masks are merged to; inputs that have none have no say.

    As `models.merge-of-masked-and-unmasked` says, though in Keras 3 they lose the mask.
    """
    present = [mask for mask in masks if mask is not None]
    if not present:
        return None
    if call.option("axis", -1) == 1:
        return np.concatenate([_or_true(t) for t in call.reads], axis=1)
    merged: Mask = reduce(merge, present)
    return merged


def _or_true(tensor: Tensor) -> NDArray[np.bool_]:
    return np.ones(tensor.value.shape[:2], bool) if tensor.mask is None else tensor.mask


# Layers.


def activate(name: str | None, x: Array) -> Array:
    """Return an activation, by its name, of an array."""
    return activations.ACTIVATIONS[name or "linear"].value(x)


def _lstm(
    options: Mapping[str, Any], weights: list[Array], x: Array, mask: Mask, state: list[Array]
) -> tuple[Array, Array, Array]:
    """Return the outputs in reading order, h and c."""
    known = {"activation", "recurrent_activation", "go_backwards"}
    case = Case(
        x=x,
        kernel=weights[0],
        recurrent_kernel=weights[1],
        bias=weights[2] if options.get("use_bias", True) else None,
        options={name: value for name, value in options.items() if name in known},
        h=state[0] if state else None,
        c=state[1] if state else None,
        mask=mask,
    )
    run = equations(case)
    every = run.outputs
    if options.get("zero_output_for_mask") and mask is not None:
        read = mask[:, ::-1] if options.get("go_backwards") else mask
        every = every * read[:, :, None]
    return every, run.h, run.c


def _lstm_layer(call: Call) -> list[Array]:
    state = call.values[1:]
    every, h, c = _lstm(call.layer.options, call.weights, call.x, call.reads[0].mask, state)
    outputs = every if call.option("return_sequences") else h
    return [outputs, h, c] if call.option("return_state") else [outputs]


def _bidirectional(call: Call) -> list[Array]:
    inner = call.option("layer").options
    mask = call.reads[0].mask
    half = len(call.weights) // 2
    forward = {**inner, "zero_output_for_mask": True}
    f = _lstm(forward, call.weights[:half], call.x, mask, [])
    backward = {**forward, "go_backwards": True}
    b = _lstm(backward, call.weights[half:], call.x, mask, [])
    halves = [f[0], b[0][:, ::-1]] if inner.get("return_sequences") else [f[1], b[1]]
    merges: dict[str | None, Callable[[], list[Array]]] = {
        "concat": lambda: [np.concatenate(halves, axis=-1)],
        "sum": lambda: [halves[0] + halves[1]],
        "mul": lambda: [halves[0] * halves[1]],
        "ave": lambda: [(halves[0] + halves[1]) / 2.0],
        None: lambda: halves,
    }
    return merges[call.option("merge_mode")]()


def _rnn(call: Call) -> list[Array]:
    cells = call.option("cell") if isinstance(call.option("cell"), list) else [call.option("cell")]
    x = call.x
    left = list(call.weights)
    mask = call.reads[0].mask
    for cell in cells:
        number = 3 if cell.options.get("use_bias", True) else 2
        every, h, _ = _lstm(cell.options, left[:number], x, mask, [])
        x = every
        left = left[number:]
    return [every if call.option("return_sequences") else h]


def _time_distributed(call: Call) -> list[Array]:
    inner = call.option("layer")
    slices = [
        apply(Call(inner, call.weights, [Tensor(call.x[:, t])], call.rules))[0].value
        for t in range(call.x.shape[1])
    ]
    return [np.stack(slices, axis=1)]


def _dense(call: Call) -> list[Array]:
    kernel, *bias = call.weights
    z = call.x @ kernel
    return [activate(call.option("activation"), z + bias[0] if bias else z)]


def _softmax(call: Call) -> list[Array]:
    return [softmax(call.x)]


def _layer_normalization(call: Call) -> list[Array]:
    gamma, beta = call.weights
    mean = call.x.mean(-1, keepdims=True)
    variance = call.x.var(-1, keepdims=True)
    return [gamma * (call.x - mean) / np.sqrt(variance + EPSILON) + beta]


def _batch_normalization(call: Call) -> list[Array]:
    gamma, beta, mean, variance = call.weights
    return [gamma * (call.x - mean) / np.sqrt(variance + EPSILON) + beta]


def _conv(call: Call) -> list[Array]:
    kernel, bias = call.weights
    window = call.option("kernel_size")
    stride = call.option("strides", 1)
    dilation = call.option("dilation_rate", 1)
    reach = dilation * (window - 1)
    padding = call.option("padding")
    before = {"valid": 0, "same": reach // 2, "causal": reach}[padding]
    after = reach - before if padding == "same" else 0
    x = np.pad(call.x, ((0, 0), (before, after), (0, 0)))
    ends = range(0, x.shape[1] - reach, stride)
    steps = [x[:, t : t + reach + 1 : dilation] for t in ends]
    z = np.stack([np.einsum("bwf,wfg->bg", step, kernel) for step in steps], axis=1)
    return [activate(call.option("activation"), z + bias)]


def _pool(reduced: Callable[..., Any]) -> Callable[[Call], list[Array]]:
    def pool(call: Call) -> list[Array]:
        window = call.option("pool_size")
        length = output_shapes(call.layer, [call.x.shape[1:]])[0][0]
        starts = [t * window for t in range(length)]
        steps = [reduced(call.x[:, t : t + window], axis=1) for t in starts]
        return [np.stack(steps, axis=1)]

    return pool


def _global_average(call: Call) -> list[Array]:
    mask = _or_true(call.reads[0])[:, :, None]
    total = np.sum(np.where(mask, call.x, 0.0), axis=1)
    return [total / mask.sum(axis=1)]


def _reshape(call: Call) -> list[Array]:
    return [call.x.reshape((call.x.shape[0], *call.option("target_shape", (-1,))))]


def _merge(merge: Callable[[Any, Any], Any]) -> Callable[[Call], list[Array]]:
    return lambda call: [reduce(merge, call.values)]


def _dot(call: Call) -> list[Array]:
    x, y = call.values
    if x.ndim == 2:
        return [np.sum(x * y, axis=1, keepdims=True)]
    return [np.einsum("btf,btg->bfg", x, y)]


def _attend(call: Call, scores: Array, values: Array) -> Array:
    """Return the average of the values by scores (..., query, value); the masked have no weight."""
    mask = call.reads[1].mask
    if mask is not None:
        spread = mask.reshape(mask.shape[0], *(1,) * (scores.ndim - 2), mask.shape[1])
        scores = np.where(spread, scores, -np.inf)
    return softmax(scores) @ values


def _of_the_query(call: Call, values: Array) -> Array:
    mask = call.reads[0].mask
    return values if mask is None else np.where(mask[:, :, None], values, 0.0)


def _attention(call: Call) -> list[Array]:
    query, value = call.values
    attended = _attend(call, query @ value.swapaxes(1, 2), value)
    return [_of_the_query(call, attended)]


def _additive_attention(call: Call) -> list[Array]:
    query, value = call.values
    sums = np.tanh(query[:, :, None] + value[:, None])
    return [_of_the_query(call, _attend(call, sums @ call.weights[0], value))]


def _multi_head_attention(call: Call) -> list[Array]:
    query, value = call.values
    wq, bq, wk, bk, wv, bv, wo, bo = call.weights
    q = np.einsum("btf,fhk->bhtk", query, wq) + bq[:, None]
    k = np.einsum("bsf,fhk->bhsk", value, wk) + bk[:, None]
    v = np.einsum("bsf,fhk->bhsk", value, wv) + bv[:, None]
    scores = q @ k.swapaxes(2, 3) / np.sqrt(call.option("key_dim"))
    heads = _attend(call, scores, v)
    return [np.einsum("bhtk,hkf->btf", heads, wo) + bo]


def _expression(call: Call) -> list[Array]:
    return [EXPRESSED[call.option("text")](*call.values)]


def _lambda(call: Call) -> list[Array]:
    functions: dict[str, Callable[[Array], Array]] = {
        "double": lambda x: 2.0 * x,
        "backwards": lambda x: x[:, ::-1],
    }
    return [functions[call.option("function")](call.x)]


EXPRESSED: dict[str, Callable[..., Array]] = {
    "{0} * 0.5": lambda x: x * 0.5,
    "1.0 - {0}": lambda x: 1.0 - x,
    "{0} / 2.0": lambda x: x / 2.0,
    "-{0}": lambda x: -x,
    "{0} + {1}": lambda x, y: x + y,
    "{0} - {1}": lambda x, y: x - y,
    "{0} * {1}": lambda x, y: x * y,
    "{0}[:, 1:]": lambda x: x[:, 1:],
    "{0}[:, ::2]": lambda x: x[:, ::2],
    "{0}[..., :1]": lambda x: x[..., :1],
    "{0}[:, -1]": lambda x: x[:, -1],
    "{0}[:, 0]": lambda x: x[:, 0],
    "keras.ops.tanh({0})": np.tanh,
    "keras.ops.abs({0})": np.abs,
    "keras.ops.square({0})": np.square,
    "keras.ops.concatenate([{0}, {1}], axis=-1)": lambda x, y: np.concatenate([x, y], axis=-1),
}


def _same(call: Call) -> list[Array]:
    return [call.x]


COMPUTE: dict[str, Callable[[Call], list[Array]]] = {
    "Embedding": lambda call: [call.weights[0][call.x.astype(int)]],
    "Masking": lambda call: [call.x * _or_true(Tensor(call.x, _own_mask(call)))[:, :, None]],
    "LSTM": _lstm_layer,
    "Bidirectional": _bidirectional,
    "RNN": _rnn,
    "TimeDistributed": _time_distributed,
    "Dense": _dense,
    **dict.fromkeys(IDENTITIES, _same),
    "Activation": lambda call: [activate(call.option("activation"), call.x)],
    "ReLU": lambda call: [np.maximum(call.x, 0.0)],
    "LeakyReLU": lambda call: [np.where(call.x > 0, call.x, 0.3 * call.x)],
    "ELU": lambda call: [activate("elu", call.x)],
    "PReLU": lambda call: [np.where(call.x > 0, call.x, call.weights[0] * call.x)],
    "Softmax": _softmax,
    "LayerNormalization": _layer_normalization,
    "BatchNormalization": _batch_normalization,
    "RepeatVector": lambda call: [np.repeat(call.x[:, None], call.option("n"), axis=1)],
    "Reshape": _reshape,
    "Flatten": _reshape,
    "Permute": lambda call: [call.x.transpose(0, *call.option("dims"))],
    "Cropping1D": lambda call: [
        call.x[:, call.option("cropping")[0] : call.x.shape[1] - call.option("cropping")[1]]
    ],
    "ZeroPadding1D": lambda call: [np.pad(call.x, ((0, 0), call.option("padding"), (0, 0)))],
    "UpSampling1D": lambda call: [np.repeat(call.x, call.option("size"), axis=1)],
    "Conv1D": _conv,
    "MaxPooling1D": _pool(np.max),
    "AveragePooling1D": _pool(np.mean),
    "GlobalAveragePooling1D": _global_average,
    "GlobalMaxPooling1D": lambda call: [call.x.max(axis=1)],
    "Concatenate": lambda call: [np.concatenate(call.values, axis=call.option("axis"))],
    "Add": _merge(np.add),
    "Subtract": _merge(np.subtract),
    "Multiply": _merge(np.multiply),
    "Average": lambda call: [np.mean(call.values, axis=0)],
    "Maximum": _merge(np.maximum),
    "Minimum": _merge(np.minimum),
    "Dot": _dot,
    "Attention": _attention,
    "AdditiveAttention": _additive_attention,
    "MultiHeadAttention": _multi_head_attention,
    EXPRESSION: _expression,
    "Lambda": _lambda,
    "Halve": lambda call: [call.x / 2.0],
    "MaskedHalve": lambda call: [call.x / 2.0],
}
"""What a layer computes, by its class."""
