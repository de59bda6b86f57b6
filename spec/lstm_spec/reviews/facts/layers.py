"""Facts of a layer, of its arguments, and of a call of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lstm_spec.answers.constructor import (
    LARGEST,
    OLD,
    CallError,
    RefusedError,
    check,
    constructor,
)
from lstm_spec.reviews.network import (
    ALONE,
    CELLS,
    ELEMENTWISE,
    MERGES,
    RECURRENT,
    UNKNOWN,
    WRAPPERS,
    Custom,
    Event,
    Layer,
    LostMask,
    Mask,
    Node,
    Tensor,
    known,
    misfit,
    returned,
    size_of,
    text,
    upstream,
)
from lstm_spec.reviews.values import PLAIN, Array, Class, Function, Listing, Path

Facts = dict[str, Any]
BOUNDED = ("tanh", "sigmoid", "hard_sigmoid", "softsign", "softmax", "hard_tanh", "relu6")
"""Activations with an upper and a lower bound."""
CALL_ARGUMENTS = ("sequences", "initial_state", "mask", "training")
FEATURE = re.compile(r"feat|n_?var|channel|input_?dim|vocab|embed", re.I)
BATCH = re.compile(r"batch_?size", re.I)
TIME = re.compile(r"time|steps?$|look_?back|window|seq(uence)?_?len|maxlen|max_?len", re.I)


def short(value: Any) -> str:
    """Write a value of an argument."""
    if isinstance(value, Path):
        return value.name.rpartition(".")[2]
    if isinstance(value, Listing):
        return repr(value.items) if value.items is not None else "[...]"
    return repr(value)[:60]


def _about(subject: str, layer: Layer) -> Facts:
    return {"subject": subject, "kind": layer.kind, "layer": layer.title}


def of_layer(event: Event) -> Iterator[Facts]:
    """Yield the facts of a layer that is made."""
    layer: Layer = event.about["layer"]
    facts = _about("layer", layer)
    for name, value in layer.arguments.items():
        if isinstance(value, PLAIN):
            facts[f"arg_{name}"] = value
        if isinstance(value, Path) and value.name.endswith((".nan", ".NaN")):
            facts[f"arg_{name}"] = "nan"
        if isinstance(value, Tensor) and name == "layer":
            facts["given_tensor"] = True
        if isinstance(value, (Path, Class)) and name in ("layer", "cell", "cells"):
            facts["given_class"] = short(value) if isinstance(value, Path) else value.node.name
    facts["units"] = layer.get("units", UNKNOWN)
    nameless = known(facts["units"]) and not layer.name
    facts["which"] = f"{layer.kind}({facts['units']})" if nameless else layer.title
    facts["units_missing"] = not layer.open and not {"units", "output_dim"} & {*layer.arguments}
    facts["warns"] = "input_shape" in layer.arguments
    if layer.kind in (*RECURRENT, "Masking"):
        facts |= of_axes(event.about["names"].get("input_shape", ()))
    if layer.inner:
        facts["inner_kind"] = layer.inner[0].kind
        facts["inner"] = layer.inner[0].title
        facts["inner_backwards"] = layer.inner[0].flag("go_backwards")
        facts["given_backward"] = "backward_layer" in layer.arguments or layer.open
        facts["inner_activation_is"] = _kind_of_function(layer.inner[0])
    if layer.kind in ("LSTM", "LSTMCell", "GRU", "SimpleRNN", "CuDNNLSTM"):
        facts |= _arguments(layer)
    yield facts
    yield from _unknown_arguments(layer)
    if layer.kind in WRAPPERS and layer.inner:
        known_here = {"kind": layer.kind, "inner": layer.core.title}
        for name in layer.arguments:
            yield {"subject": "wrapper", "argument": name, **known_here}
    if layer.kind in ("LSTM", "LSTMCell"):
        yield from _refused(layer)


def _arguments(layer: Layer) -> Facts:
    facts: Facts = {"activation_is": _kind_of_function(layer)}
    activation = layer.get("activation", "tanh")
    if activation is None or (isinstance(activation, str) and activation in _activations()):
        facts["unbounded"] = activation not in BOUNDED
        facts["activation"] = activation
    reason = _without_cudnn(layer)
    if reason is not None and layer.kind == "LSTM":
        facts["without_cudnn"] = reason
    for name in ("dropout", "recurrent_dropout"):
        rate = layer.get(name, 0.0)
        if isinstance(rate, (int, float)):
            facts[f"{name}_rate"] = float(rate)
            facts[f"given_{name}"] = rate
            if rate < 0:
                facts["below_zero"] = f"{name}={rate}"
    return facts


def _activations() -> list[str]:
    return constructor().names["activations"]


def _kind_of_function(layer: Layer) -> Any:
    given = layer.get("activation", "tanh")
    if isinstance(given, Custom):
        return given.kind
    if isinstance(given, Function) and given.registered:
        return UNKNOWN
    if isinstance(given, Function):
        return "lambda" if not hasattr(given.node, "name") else "function"
    if isinstance(given, str):
        return "name"
    return "keras" if isinstance(given, Path) and given.keras else UNKNOWN


def hardest_function(layers: Iterable[Layer]) -> str:
    """Return the kind of activation, of those of a model's LSTMs, that is hardest to load."""
    kinds = {_kind_of_function(layer.core) for layer in layers if layer.core.kind == "LSTM"}
    return next((kind for kind in ("lambda", "function") if kind in kinds), "name")


def _without_cudnn(layer: Layer) -> str | None:
    """Return the argument for which cuDNN cannot serve a layer; None, if it may."""
    if layer.get("use_cudnn", "auto") is False:
        return None
    for name, wanted in (("activation", "tanh"), ("recurrent_activation", "sigmoid")):
        value = layer.get(name, wanted)
        if value != wanted and (value is None or value in _activations()):
            return f"{name}={value!r}"
    rate = layer.get("recurrent_dropout", 0.0)
    if isinstance(rate, (int, float)) and rate > 0:
        return f"recurrent_dropout={rate}"
    if layer.flag("unroll") is True:
        return "unroll=True"
    return "use_bias=False" if layer.get("use_bias", True) is False else None


def _unknown_arguments(layer: Layer) -> Iterator[Facts]:
    """Yield the arguments that a recurrent layer does not know."""
    if layer.kind not in ("LSTM", "LSTMCell"):
        return
    takes = {argument.name for argument in constructor().argument}
    for name in layer.arguments:
        if name not in takes:
            instead = OLD.get(name, "")
            facts = _about("argument", layer)
            facts |= {"argument": name, "old": bool(instead), "instead": instead}
            if layer.kind == "LSTM" or instead:
                yield facts


def _refused(layer: Layer) -> Iterator[Facts]:
    """Yield the arguments whose value is refused, with the claim that says so."""
    by_name = constructor().by_name
    for name, value in layer.arguments.items():
        value = tuple(value.items or ()) if isinstance(value, Listing) else value
        if not isinstance(value, (*PLAIN, tuple)) or name not in by_name:
            continue
        if name in ("input_shape", "input_dim", "name", "dtype") and not isinstance(value, str):
            continue
        facts = _about("value", layer)
        facts |= {"argument": name, "given": f"{name}={value!r}"[:80]}
        if by_name[name].kind == "flag" and isinstance(value, str):
            yield facts | {"refused": "errors.flag-of-text"}
        if known(value) and value > LARGEST:
            continue
        try:
            check(by_name[name], value)
        except RefusedError as error:
            yield facts | {"refused": error.claim, "instead": error.instead}
        except CallError:
            continue


def of_call(event: Event) -> Iterator[Facts]:
    """Yield the facts of a call of a layer."""
    node: Node = event.about["node"]
    layer = node.layer
    core = layer.core
    facts = _about("call", layer)
    facts["core"] = core.kind
    facts |= {"sequential": node.sequential, "eager": node.eager, "stateful": layer.stateful}
    facts["unroll"] = core.flag("unroll")
    first = node.inputs[0] if node.inputs else Tensor(None, UNKNOWN)
    facts |= _input(first)
    facts["inputs"] = len(node.inputs) if node.listed else 1
    facts["takes_one"] = layer.kind in ALONE
    facts |= _below(first)
    facts |= _width_alone(node, first)
    facts |= _masks(first, node)
    facts |= _states(node)
    facts |= _directions(node) | _misfit(node)
    facts |= _activation(layer, first)
    words = [word for word in node.keywords if word not in CALL_ARGUMENTS]
    if words and layer.kind == "LSTM":
        facts["unknown_word"] = words[0]
    given = event.about.get("first")
    facts["python_list"] = isinstance(given, Listing) and not node.listed
    if isinstance(given, Array):
        facts["made"] = given.origin
        named = layer.kind in RECURRENT and given.shape and len(given.shape) == 3
        facts |= of_axes(given.axes if named else ())
    facts["output"] = text(node.outputs[0].shape) if node.outputs else "?"
    yield facts


def _activation(layer: Layer, first: Tensor) -> Facts:
    """Return the activation of a Dense or an Activation, and on how many units it is."""
    core = layer.core if layer.kind == "TimeDistributed" else layer
    if core.kind not in ("Dense", "Activation"):
        return {}
    last = first.shape[-1] if first.shape else UNKNOWN
    units = core.get("units", UNKNOWN) if core.kind == "Dense" else last
    activation = core.get("activation")
    facts: Facts = {"units": units, "activation": name_of(activation)}
    if activation == "softmax":
        facts["behind_lstm"] = any(up.layer.core.kind == "LSTM" for up in upstream([first]))
    return facts


def _directions(node: Node) -> Facts:
    """Return whether sequences of both directions are merged, the backward one not turned."""
    if node.layer.kind not in MERGES:
        return {}
    carried = [_behind_same_axes(tensor) for tensor in node.inputs]
    whole = [tensor for tensor in carried if tensor.index == 0 and tensor.slice_of is None]
    makers = [tensor.maker for tensor in whole if tensor.maker]
    cores = [maker.layer.core for maker in makers if maker.layer.kind in ("LSTM", "GRU", "RNN")]
    if len(cores) < 2 or any(core.flag("return_sequences") is not True for core in cores):
        return {}
    backwards = {core.flag("go_backwards"): core.title for core in cores}
    return {"directions": len(backwards), "backward_layer": backwards.get(True, UNKNOWN)}


def _misfit(node: Node) -> Facts:
    """Return along which axis a merge refuses its inputs, if it does."""
    shapes = [tensor.shape for tensor in node.inputs]
    if node.layer.kind not in MERGES or len(shapes) < 2 or None in shapes:
        return {}
    axis = misfit(node.layer, shapes)
    return {
        "misfit": "none" if axis is None else axis,
        "all_inputs": " and ".join(map(text, shapes)),
    }


def name_of(value: Any) -> Any:
    """Return a name; UNKNOWN for anything else."""
    return value if isinstance(value, str) else UNKNOWN


def _input(tensor: Tensor) -> Facts:
    shape = tensor.shape
    if shape is None:
        return {}
    facts: Facts = {"input": text(shape), "rank": len(shape)}
    if len(shape) == 3:
        facts |= {"steps": size_of(shape[1]), "features": size_of(shape[2])}
        facts["features_open"] = UNKNOWN if shape[2] is UNKNOWN else shape[2] is None
    if len(shape) > 2:
        facts["steps_open"] = UNKNOWN if shape[1] is UNKNOWN else shape[1] is None
    if shape:
        facts["batch_open"] = UNKNOWN if shape[0] is UNKNOWN else shape[0] is None
    return facts


def _below(first: Tensor) -> Facts:
    """Return the facts of the layer below, which makes the first input."""
    maker = first.maker
    if maker is None:
        return {"below": UNKNOWN if first.derived or first.slice_of else "input"}
    facts: Facts = {"below": maker.layer.kind}
    carried = _behind_same_axes(first)
    below = carried.maker.layer if carried.maker else maker.layer
    facts |= {"below_layer": below.title, "below_recurrent": below.kind in RECURRENT}
    facts["below_output"] = text(carried.shape)
    inside = below.kind in WRAPPERS and below.core is not below
    facts["below_core"] = f"the {below.core.title} in {below.title}" if inside else below.title
    if below.kind in RECURRENT:
        facts["below_sequences"] = below.core.flag("return_sequences")
        facts["below_state"] = carried is first and below.core.flag("return_state")
        facts["below_count"] = returned(below)
    return facts


def _behind_same_axes(first: Tensor) -> Tensor:
    """Return what a tensor was, before layers that keep the number of axes."""
    carried = first
    while carried.maker and carried.maker.layer.kind in (*ELEMENTWISE, "Dense"):
        if not carried.maker.inputs or carried.maker.inputs[0].maker is None:
            break
        carried = carried.maker.inputs[0]
    return carried


def _width_alone(node: Node, first: Tensor) -> Facts:
    """Return whether a first layer declares the width of its input, and no length."""
    given = node.layer.arguments.keys()
    whole = given & {"input_length", "input_shape", "batch_input_shape"}
    if not node.sequential or first.maker is not None or "input_dim" not in given or whole:
        return {"width_alone": False}
    return {"width_alone": True, "width": node.layer.get("input_dim")}


def _masks(first: Tensor, node: Node) -> Facts:
    mask = first.mask
    facts: Facts = {"mask_given": "mask" in node.keywords}
    if isinstance(mask, Mask):
        facts |= {"mask": "attached", "source": mask.source.title, "source_kind": mask.source.kind}
    elif isinstance(mask, LostMask):
        facts |= {"mask": "lost", "source": mask.source.title, "lost_at": mask.at}
        facts["lost_how"] = mask.how
    elif mask is None:
        facts["mask"] = "none"
    given = node.keywords.get("mask")
    if isinstance(given, Listing):
        facts["mask_is"] = "list"
    if isinstance(given, Array) and given.shape is not None:
        facts["mask_is"] = "array"
        facts["mask_rank"] = len(given.shape)
    return facts


def _states(node: Node) -> Facts:
    given = node.keywords.get("initial_state")
    if given is None:
        return {"initial_state": False}
    facts: Facts = {"initial_state": UNKNOWN if given is UNKNOWN else True}
    if node.states is UNKNOWN:
        return facts
    facts["states"] = len(node.states)
    facts["states_exchanged"] = _exchanged(node.states)
    units = node.layer.core.get("units", UNKNOWN)
    widths = [state.shape[-1] for state in node.states if _has_axes(state)]
    if node.layer.kind == "LSTM" and known(units, *widths) and len(widths) == len(node.states):
        facts["states_width"] = next((width for width in widths if width != units), units)
        facts["states_fit"] = all(width == units for width in widths)
        facts["units"] = units
    return facts


def _exchanged(states: Sequence[Any]) -> bool:
    """Return whether states are c and h of one LSTM, in this order."""
    tensors = [state for state in states if isinstance(state, Tensor) and not state.slice_of]
    makers = {id(tensor.maker) for tensor in tensors if tensor.maker}
    if len(states) != 2 or len(tensors) != 2 or len(makers) != 1:
        return False
    maker = tensors[0].maker
    places = [tensor.index for tensor in tensors]
    return maker is not None and maker.layer.kind == "LSTM" and places == [2, 1]


def _has_axes(state: Any) -> bool:
    return isinstance(state, (Tensor, Array)) and bool(state.shape) and len(state.shape or ()) == 2


def of_axes(names: Sequence[str]) -> Facts:
    """Return what the names of sizes say of the axes of time and of features."""
    if len(names) not in (2, 3):
        return {}
    middle, last = names[-2:]
    time = TIME.search(middle)
    feature = FEATURE.search(middle)
    swapped = bool(feature and not time and TIME.search(last) and not FEATURE.search(last))
    batch = bool(BATCH.search(middle)) and len(names) == 2
    return {
        "axes_swapped": swapped,
        "axes_batch": batch,
        "middle_name": middle,
        "last_name": last,
    }


def of_input(event: Event) -> Iterator[Facts]:
    """Yield the facts of an input."""
    tensor: Tensor = event.about["tensor"]
    facts = {"subject": "input", "input": text(tensor.shape)}
    yield facts | of_axes(event.about["axes"] if tensor.sequence else ())


def of_attribute(event: Event) -> Iterator[Facts]:
    """Yield that an attribute of a layer is read."""
    layer: Layer = event.about["layer"]
    yield _about("attribute", layer) | {"attribute": event.about["name"]}


def of_unpacking(event: Event) -> Iterator[Facts]:
    """Yield how what a layer returns is unpacked."""
    node: Node = event.about["node"]
    facts = _about("unpack", node.layer)
    facts |= {"wanted": event.about["wanted"], "count": event.about["count"]}
    count = event.about["count"]
    facts["tensors"] = "one tensor" if count == 1 else f"{count} tensors"
    sample_by_sample = node.eager and event.about["count"] == 1
    fits = event.about["wanted"] == event.about["count"]
    facts["fits"] = UNKNOWN if sample_by_sample else fits
    if node.layer.kind in RECURRENT:
        yield facts


def of_slice(event: Event) -> Iterator[Facts]:
    """Yield which part of what a layer returns is taken."""
    node: Node = event.about["node"]
    facts = _about("slice", node.layer)
    facts |= {"at": event.about["at"], "sequences": node.layer.core.flag("return_sequences")}
    facts["output_index"] = event.about["index"]
    facts["columns"] = _columns(event)
    facts["backwards"] = node.layer.core.flag("go_backwards")
    facts["merge"] = node.layer.get("merge_mode", "concat")
    mask = node.inputs[0].mask if node.inputs else None
    facts["mask"] = "attached" if isinstance(mask, Mask) else "none"
    yield facts


def _columns(event: Event) -> Any:
    """Return whether "all" columns of a row are taken, or the "first" ones only."""
    key = event.about["columns"]
    if event.about["part"].cut or not isinstance(key, slice):
        return UNKNOWN
    if not (key.start is None or known(key.start)):
        return UNKNOWN
    return "first" if key.start in (None, 0) and key.stop is not None else "all"


def of_repetition(event: Event) -> Iterator[Facts]:
    """Yield how often a cell is repeated in a list."""
    layer: Layer = event.about["layer"]
    if layer.kind in CELLS:
        facts: Facts = {"subject": "repeated", "kind": layer.kind, "times": event.about["times"]}
        yield facts


def of_method(event: Event) -> Iterator[Facts]:
    """Yield the facts of a method of a layer."""
    layer: Layer = event.about["layer"]
    facts = _about("method", layer)
    facts["method"] = event.about["name"]
    facts["stateful"] = layer.core.flag("stateful")
    facts["given"] = bool(event.about["call"].given or event.about["call"].named)
    yield facts
