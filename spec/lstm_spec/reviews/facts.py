"""What is known of each thing that a program or a model does, by name: what findings look at.

A fact that is not known is left out, and no finding looks at it.
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from lstm_spec.answers.constructor import (
    LARGEST,
    OLD,
    CallError,
    RefusedError,
    check,
    constructor,
)
from lstm_spec.reviews.building import RUNS
from lstm_spec.reviews.network import (
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
    Model,
    Node,
    Tensor,
    known,
    text,
)
from lstm_spec.reviews.program import Program
from lstm_spec.reviews.values import (
    PLAIN,
    Array,
    Class,
    Function,
    Listing,
    Made,
    Path,
    items_of,
)

Facts = dict[str, Any]

BOUNDED = ("tanh", "sigmoid", "hard_sigmoid", "softsign", "softmax", "hard_tanh", "relu6")
"""Activations with an upper and a lower bound."""
FARTHEST = 100
"""How many calls are followed from an output at most."""
CALL_ARGUMENTS = ("sequences", "initial_state", "mask", "training")
FEATURE = re.compile(r"feat|n_?var|channel|input_?dim|vocab|embed", re.I)
BATCH = re.compile(r"batch_?size|n_?samples|num_?samples", re.I)
TIME = re.compile(r"time|steps?$|look_?back|window|seq(uence)?_?len|maxlen|max_?len", re.I)


def of_program(read: Program) -> list[tuple[int, Facts]]:
    """Return the facts of all that a program does, each with its line."""
    return _known([*of_events(read.events), *_comments(read)])


def _known(listed: Iterable[tuple[int, Facts]]) -> list[tuple[int, Facts]]:
    return [(line, {k: v for k, v in facts.items() if v is not UNKNOWN}) for line, facts in listed]


def of_events(events: Sequence[Event]) -> list[tuple[int, Facts]]:
    """Return the facts of all that is done, each with its line."""
    listed: list[tuple[int, Facts]] = []
    for place, event in enumerate(events):
        gather = EVENTS.get(event.kind)
        if gather is not None:
            listed += [(event.line, facts) for facts in gather(event)]
        if event.kind == "set" and listed:
            listed[-1][1]["settled"] = _settled(event, events[place + 1 :])
    return _known(listed)


def of_saved(events: Sequence[Event], name: str, compiled: Mapping[str, Any]) -> Facts:
    """Return the facts of loading a model from a file.

    Args:
        events: its layers and their calls.
        name: the file's.
        compiled: how it was compiled.
    """
    layers = [event.about["layer"] for event in events if event.kind == "layer"]
    loss = compiled.get("loss")
    return {
        "subject": "load",
        "file": name,
        "extension": _extension(name),
        "loss": loss if isinstance(loss, str) else "",
        "activation_is": _hardest_function(layers),
        "custom_objects": False,
        "safe_mode": True,
        "stateful": any(_stateful(layer) is True for layer in layers),
    }


def _settled(event: Event, later: Iterable[Event]) -> bool:
    """Say whether what is set counts: the model is compiled again, or never trained after it."""
    for other in later:
        same = other.about.get("identity") == event.about.get("identity")
        if same and other.kind in ("fit", "train_on_batch"):
            return False
        if same and other.about.get("method") == "compile":
            return True
    return True


def short(value: Any) -> str:
    """Write a value of an argument."""
    if isinstance(value, Path):
        return value.name.rpartition(".")[2]
    if isinstance(value, Listing):
        return repr(value.items) if value.items is not None else "[...]"
    return repr(value)[:60]


def _layer(event: Event) -> Iterator[Facts]:
    """Yield the facts of a layer that is made."""
    layer: Layer = event.about["layer"]
    facts: Facts = {"subject": "layer", "kind": layer.kind, "layer": layer.title}
    for name, value in layer.arguments.items():
        if isinstance(value, PLAIN):
            facts[f"arg_{name}"] = value
        if isinstance(value, Path) and value.name.endswith((".nan", ".NaN")):
            facts[f"arg_{name}"] = "nan"
        if isinstance(value, (Path, Class)) and name in ("layer", "cell", "cells"):
            facts["given_class"] = short(value) if isinstance(value, Path) else value.node.name
    facts["units"] = layer.get("units", UNKNOWN)
    facts["units_missing"] = not layer.open and not {"units", "output_dim"} & {*layer.arguments}
    facts["warns"] = "input_shape" in layer.arguments
    facts |= _axes(event.about["names"].get("input_shape", ()))
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
        yield from _refused(layer, facts)


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
    return facts


def _activations() -> list[str]:
    return constructor().names["activations"]


def _kind_of_function(layer: Layer) -> Any:
    given = layer.get("activation", "tanh")
    if isinstance(given, Custom):
        return given.kind
    if isinstance(given, Function):
        return "lambda" if not hasattr(given.node, "name") else "function"
    if isinstance(given, str):
        return "name"
    return "keras" if isinstance(given, Path) and given.keras else UNKNOWN


def _hardest_function(layers: Iterable[Layer]) -> str:
    """Return the kind of activation, of those of a model's LSTMs, that is hardest to load."""
    kinds = {_kind_of_function(layer.core) for layer in layers if layer.core.kind == "LSTM"}
    return next((kind for kind in ("lambda", "function") if kind in kinds), "name")


def _without_cudnn(layer: Layer) -> str | None:
    """Return the argument for which cuDNN cannot serve a layer; None, if it may."""
    if layer.get("use_cudnn", "auto") is not UNKNOWN and layer.get("use_cudnn", "auto") is False:
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
            facts: Facts = {"subject": "argument", "kind": layer.kind, "layer": layer.title}
            facts |= {"argument": name, "old": bool(instead), "instead": instead}
            if layer.kind == "LSTM" or instead:
                yield facts


def _refused(layer: Layer, before: Facts) -> Iterator[Facts]:
    """Yield the arguments whose value is refused, with the claim that says so."""
    by_name = constructor().by_name
    for name, value in layer.arguments.items():
        value = tuple(value.items or ()) if isinstance(value, Listing) else value
        if not isinstance(value, (*PLAIN, tuple)) or name not in by_name:
            continue
        if name in ("input_shape", "input_dim", "name", "dtype") and not isinstance(value, str):
            continue
        facts = {"subject": "value", "kind": layer.kind, "layer": layer.title, "argument": name}
        facts["given"] = f"{name}={value!r}"[:80]
        if by_name[name].kind == "flag" and isinstance(value, str):
            yield facts | {"refused": "errors.flag-of-text"}
        if known(value) and value > LARGEST:
            continue
        try:
            check(by_name[name], value)
        except RefusedError as error:
            match = re.search(r"\(([a-z]+\.[a-z-]+)\)\. Give (.*)\.$", str(error))
            if match:
                yield facts | {"refused": match[1], "instead": match[2]}
        except CallError:
            continue


def _called(event: Event) -> Iterator[Facts]:
    """Yield the facts of a call of a layer."""
    node: Node = event.about["node"]
    layer = node.layer
    core = node.layer.core
    facts: Facts = {"subject": "call", "kind": layer.kind, "core": core.kind, "layer": layer.title}
    facts |= {"sequential": node.sequential, "eager": node.eager, "stateful": _stateful(layer)}
    facts["unroll"] = core.flag("unroll")
    first = node.inputs[0] if node.inputs else Tensor(None, UNKNOWN)
    facts |= _input(first)
    facts["inputs"] = len(node.inputs) if node.listed else 1
    facts |= _below(first.maker, first, node)
    facts |= _width_alone(node, first)
    facts |= _masks(first, node)
    facts |= _states(node)
    facts |= _directions(node)
    words = [word for word in node.keywords if word not in CALL_ARGUMENTS]
    if words and layer.kind == "LSTM":
        facts["unknown_word"] = words[0]
    if layer.kind == "Dense":
        facts["units"] = layer.get("units", UNKNOWN)
        facts["activation"] = _name(layer.get("activation"))
    if layer.kind in ("Dense", "Activation") and layer.get("activation") == "softmax":
        facts["behind_lstm"] = any(up.layer.core.kind == "LSTM" for up in upstream([first]))
    if layer.kind == "Activation":
        facts["activation"] = _name(layer.get("activation"))
        facts["units"] = first.shape[-1] if first.shape else UNKNOWN
    given = event.about.get("first")
    facts["python_list"] = isinstance(given, Listing) and not node.listed
    if isinstance(given, Array):
        facts["made"] = given.origin
        facts |= _axes(given.axes if given.shape and len(given.shape) == 3 else ())
    facts["output"] = text(node.outputs[0].shape) if node.outputs else "?"
    yield facts


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


def _name(value: Any) -> Any:
    return value if isinstance(value, str) else UNKNOWN


def _input(tensor: Tensor) -> Facts:
    shape = tensor.shape
    if shape is None:
        return {}
    facts: Facts = {"input": text(shape), "rank": len(shape)}
    if len(shape) == 3:
        facts |= {"steps": _size(shape[1]), "features": _size(shape[2])}
        facts["features_open"] = UNKNOWN if shape[2] is UNKNOWN else shape[2] is None
    if len(shape) > 2:
        facts["steps_open"] = UNKNOWN if shape[1] is UNKNOWN else shape[1] is None
    if shape:
        facts["batch_open"] = UNKNOWN if shape[0] is UNKNOWN else shape[0] is None
    return facts


def _size(size: Any) -> Any:
    return size if known(size) else UNKNOWN


def _below(maker: Node | None, first: Tensor, node: Node) -> Facts:
    """Return the facts of the layer below."""
    if maker is None:
        return {"below": "input"}
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
        return {}
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
    units = node.layer.core.get("units", UNKNOWN)
    widths = [state.shape[-1] for state in node.states if _has_axes(state)]
    if node.layer.kind == "LSTM" and known(units, *widths) and len(widths) == len(node.states):
        facts["states_width"] = next((width for width in widths if width != units), units)
        facts["states_fit"] = all(width == units for width in widths)
        facts["units"] = units
    return facts


def _has_axes(state: Any) -> bool:
    return isinstance(state, (Tensor, Array)) and bool(state.shape) and len(state.shape or ()) == 2


def _stateful(layer: Layer) -> Any:
    return layer.core.flag("stateful")


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
            waiting += maker.inputs
            waiting += [s for s in _listed(maker.states) if isinstance(s, Tensor)]
    return calls


def _listed(states: Any) -> list[Any]:
    return states if isinstance(states, list) else []


def _axes(names: Sequence[str]) -> Facts:
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


def _input_layer(event: Event) -> Iterator[Facts]:
    tensor: Tensor = event.about["tensor"]
    facts = {"subject": "input", "input": text(tensor.shape)}
    yield facts | _axes(event.about["axes"])


def nodes_of(model: Model) -> list[Node]:
    """Return the calls that a model is made of."""
    return model.nodes if model.sequential else upstream(model.outputs)


def _data(value: Any) -> Array | None:
    return value if isinstance(value, Array) and value.shape else None


def _trained(event: Event) -> Iterator[Facts]:
    """Yield the facts of fit, evaluate, predict and the like."""
    model: Model = event.about["model"]
    given = event.about["given"]
    named = event.about["named"]
    whole = event.about["whole"] and not model.open
    x = given[0] if given else named.get("x")
    facts: Facts = {"subject": "run", "method": event.kind}
    nodes = nodes_of(model)
    stateful = [node.layer for node in nodes if _stateful(node.layer) is True]
    maybe = model.open or any(_stateful(node.layer) is UNKNOWN for node in nodes)
    facts["stateful"] = True if stateful else (UNKNOWN if maybe else False)
    if stateful:
        facts["layer"] = stateful[0].title
    array = _data(x)
    if array is not None and array.shape:
        facts["samples"] = _size(array.shape[0])
        facts["data"] = text(array.shape)
        facts["made"] = array.origin
        facts |= _axes(array.axes if len(array.shape) == 3 else ())
    facts["arrays"] = isinstance(x, Array)
    facts |= _batch(event.kind, named, given, facts)
    facts |= _against_input(model, array, facts.get("first_batch"))
    if facts.get("first_batch") == 1 and event.kind in ("fit", "evaluate"):
        facts["other_batch"] = False  # a batch of one is stretched over all kept rows
    facts |= _embedding(nodes, array)
    facts |= _padding(nodes, array)
    if whole and event.kind in ("fit", "train_on_batch", "evaluate", "test_on_batch"):
        y = given[1] if len(given) > 1 else named.get("y")
        facts |= _targets(model, y)
        facts |= _counts(y, facts.get("samples", UNKNOWN))
        facts["has_recurrent"] = any(node.layer.kind in RECURRENT for node in nodes)
        facts |= _weights(model, named, facts)
    yield facts


def _counts(y: Any, samples: Any) -> Facts:
    """Return whether there are as many targets as samples."""
    array = _data(y)
    count = array.shape[0] if array is not None and array.shape else UNKNOWN
    fits = count == samples if known(count, samples) else UNKNOWN
    return {"targets_count": _size(count), "counts_fit": fits}


def _weights(model: Model, named: dict[str, Any], before: Facts) -> Facts:
    """Return the facts of weights for classes and samples."""
    facts: Facts = {"class_weight": named.get("class_weight") is not None}
    array = _data(named.get("sample_weight"))
    shape = model.output.shape if model.output else None
    batch = before.get("first_batch", UNKNOWN)
    if array is None or array.shape is None or shape is None or len(shape) != 3:
        return facts
    if len(array.shape) == 1 and known(batch, shape[1]):
        facts |= {"flat_weights": "of timesteps" if batch == shape[1] else "refused"}
        facts |= {"steps": shape[1], "weights": text(array.shape)}
    return facts


def _batch(kind: str, named: dict[str, Any], given: list[Any], before: Facts) -> Facts:
    """Return the facts of batches and epochs."""
    facts: Facts = {}
    place = {"fit": 2, "evaluate": 2, "predict": 1}.get(kind)
    batch = named.get("batch_size")
    if batch is None and place is not None and len(given) > place:
        batch = given[place]
    batch = 32 if batch is None else batch
    samples = before.get("samples", UNKNOWN)
    if known(batch) and batch > 0 and place is not None:
        facts["batch"] = batch
        trained = _trained_on(samples, named.get("validation_split"))
        if known(trained):
            facts |= {"remainder": trained % batch, "batches": -(-trained // batch)}
            facts |= {"trained": trained, "many": trained > batch}
            facts["first_batch"] = min(trained, batch)
    if kind == "fit":
        epochs = named.get("epochs", given[3] if len(given) > 3 else 1)
        facts["epochs"] = epochs if known(epochs) else UNKNOWN
        shuffle = named.get("shuffle", True)
        facts["shuffle"] = shuffle if isinstance(shuffle, bool) else UNKNOWN
    return facts


def _trained_on(samples: Any, split: Any) -> Any:
    """Return how many samples are not kept for validation."""
    if split is None:
        return samples
    share = isinstance(split, (int, float)) and 0 <= split < 1
    return math.floor(samples * (1.0 - split)) if known(samples) and share else UNKNOWN


def _against_input(model: Model, array: Array | None, first_batch: Any) -> Facts:
    """Return how data fit the input of a model."""
    if array is None or array.shape is None or len(model.inputs) != 1:
        return {}
    shape = model.inputs[0].shape
    facts: Facts = {"functional": not model.sequential}
    recurrent = [node for node in nodes_of(model) if node.inputs[:1] == model.inputs]
    facts["reader"] = recurrent[0].layer.kind if len(recurrent) == 1 else UNKNOWN
    if not shape:
        return facts
    facts |= {"input": text(shape), "built_batch": _size(shape[0])}
    if known(shape[0]) and known(first_batch):
        facts["other_batch"] = first_batch != shape[0]
    if len(shape) == 3 and len(array.shape) == 2:
        facts |= _without_batch(shape, array.shape)
    if len(shape) == 3 and len(array.shape) == 3:
        if known(shape[2], array.shape[2]):
            facts |= {"features_fit": shape[2] == array.shape[2]}
            facts |= {"features": shape[2], "data_features": array.shape[2]}
        if known(shape[1], array.shape[1]):
            facts |= {"steps_fit": shape[1] == array.shape[1]}
            facts |= {"steps": shape[1], "data_steps": array.shape[1]}
    return facts


def _without_batch(wanted: Sequence[Any], given: Sequence[Any]) -> Facts:
    """Return how a table fits a model of sequences: with one feature it may be many sequences."""
    steps, features = wanted[1:]
    single = steps is not None and tuple(wanted[1:]) == tuple(given) and known(*given)
    facts: Facts = {"table": UNKNOWN if features is UNKNOWN else features != 1, "single": single}
    return facts | {"steps": _size(steps), "features": _size(features), "rows": _size(given[0])}


def _embedding(nodes: list[Node], array: Array | None) -> Facts:
    """Return whether padded ids are read without a mask."""
    for node in nodes:
        if node.layer.kind == "Embedding" and array is not None and array.origin == "padded":
            below = node.inputs[0].maker is None
            zero = node.layer.flag("mask_zero")
            reads = any(
                up is node
                for reader in nodes
                if reader.layer.core.kind == "LSTM"
                for up in upstream(reader.inputs)
            )
            if below and zero is False and reads:
                return {"unmasked_padding": True, "embedding": node.layer.title}
    return {}


def _padding(nodes: list[Node], array: Array | None) -> Facts:
    """Return the value of the padding, and that which the Masking on the data masks."""
    masking = [n.layer for n in nodes if n.layer.kind == "Masking" and n.inputs[0].maker is None]
    if array is None or array.padding is None or len(masking) != 1:
        return {}
    masked = masking[0].get("mask_value", 0.0)
    if not isinstance(masked, (int, float)):
        return {}
    return {"padding": array.padding, "masked": masked, "masked_padding": masked == array.padding}


def _targets(model: Model, y: Any) -> Facts:
    """Return how targets fit the output of a model."""
    array = _data(y)
    if not model.output or not model.output.shape:
        return {}
    shape = model.output.shape
    facts: Facts = {"output": text(shape), "output_rank": len(shape)}
    facts["loss"] = _loss(model)
    maker = model.output.maker
    facts["units"] = _size(shape[-1])
    facts["sequence_from"] = _sequence(model)
    if array is None or array.shape is None:
        return facts
    facts |= {"targets": text(array.shape), "targets_rank": len(array.shape)}
    facts["targets_width"] = _size(array.shape[-1])
    facts["output_width"] = _size(shape[-1])
    if known(shape[-1], array.shape[-1]) and len(shape) == len(array.shape):
        facts["width_fits"] = shape[-1] == array.shape[-1]
    if len(shape) == 3 and len(array.shape) == 2:
        facts["rank"] = "targets lack time"
    if len(shape) == 2 and len(array.shape) == 3:
        facts["rank"] = "output lacks time"
    facts["lstm_last"] = maker is not None and maker.layer.kind == "LSTM"
    facts["targets_are"] = _kind_of_targets(array.shape, shape)
    return facts


def _kind_of_targets(targets: Sequence[Any], output: Sequence[Any]) -> str:
    """Return "labels" of classes, "columns" for them, or "other", by their axes."""
    if not known(output[-1]) or output[-1] < 2:
        return "other"
    if len(targets) == len(output) and known(targets[-1]):
        return {1: "labels", output[-1]: "columns"}.get(targets[-1], "other")
    steps = (*targets[1:], *output[1:-1])
    alone = len(targets) == len(output) - 1 and (not steps or known(*steps))
    return "labels" if alone and targets[1:] == output[1:-1] else "other"


def _sequence(model: Model) -> Any:
    """Return the last recurrent layer on the way to the output."""
    for node in nodes_of(model)[:: -1 if model.sequential else 1]:
        if node.layer.kind in RECURRENT:
            return node.layer.title
    return UNKNOWN


def _loss(model: Model) -> Any:
    """Return the name of the loss that a model is compiled with."""
    given = _compiled(model, "loss", 1)
    name = given.name.rpartition(".")[2] if isinstance(given, (Path, Made)) else given
    if not isinstance(name, str):
        return UNKNOWN
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return LOSSES.get(name, name)


def _compiled(model: Model, name: str, place: int) -> Any:
    if model.compiled is None:
        return UNKNOWN
    given = model.compiled["given"]
    return model.compiled["named"].get(name, given[place] if len(given) > place else UNKNOWN)


def _logits(model: Model) -> Facts:
    """Return whether the loss takes numbers of any size, and whether the output is that."""
    given = _compiled(model, "loss", 1)
    maker = model.output.maker if model.output else None
    if maker is None or maker.layer.kind not in ("Dense", "Activation"):
        return {}
    logits = False if isinstance(given, (str, Path)) else UNKNOWN
    if isinstance(given, Made):
        logits = given.arguments.get("from_logits", UNKNOWN if given.open else False)
    activation = maker.layer.get("activation", "linear")
    activation = "linear" if activation is None else activation
    return {"from_logits": logits, "last_activation": _name(activation)}


LOSSES = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "msle": "mean_squared_logarithmic_error",
}


def _of_model(event: Event) -> Iterator[Facts]:
    """Yield the facts of another method of a model."""
    model: Model = event.about.get("whole_model", event.about["model"])
    method = event.about["method"]
    given = event.about["given"]
    named = event.about["named"]
    nodes = nodes_of(model)
    facts: Facts = {"subject": "model", "method": method}
    facts["stateful"] = any(_stateful(node.layer) is True for node in nodes)
    facts["has_lstm"] = any(node.layer.core.kind == "LSTM" for node in nodes)
    facts["loss"] = _loss(model)
    facts["activation_is"] = _hardest_function(node.layer for node in nodes)
    first = given[0] if given else named.get("filepath")
    if method in ("save", "save_weights", "export") and isinstance(first, str):
        facts |= {"file": first, "extension": _extension(first)}
        facts["format"] = named.get("save_format", "")
    if method == "compile":
        facts |= _logits(model)
        metrics = items_of(named.get("metrics")) or []
        facts["accuracy"] = any(metric in ("accuracy", "acc") for metric in metrics)
        facts["output_width"] = _size(_width(model))
        jit = named.get("jit_compile", "auto")
        facts["jit"] = jit if isinstance(jit, bool) else UNKNOWN
        facts["recurrent_dropout"] = any(_rate(node.layer.core) for node in nodes)
    yield facts


def _width(model: Model) -> Any:
    shape = model.output.shape if model.output else None
    return shape[-1] if shape else UNKNOWN


def _rate(layer: Layer) -> bool:
    rate = layer.get("recurrent_dropout", 0)
    return isinstance(rate, (int, float)) and rate > 0


def _extension(file: str) -> str:
    name = re.split(r"[\\/]", file)[-1]
    return name.rpartition(".")[2] if "." in name else ""


def _loaded(event: Event) -> Iterator[Facts]:
    saved = event.about["model"]
    named = event.about["named"]
    if not isinstance(saved, Model):
        return
    facts: Facts = {"subject": "load", "file": event.about["name"], "loss": _loss(saved)}
    nodes = nodes_of(saved)
    facts["activation_is"] = _hardest_function(node.layer for node in nodes)
    facts["custom_objects"] = "custom_objects" in named
    facts["safe_mode"] = named.get("safe_mode", True)
    facts["compile"] = named.get("compile", True)
    facts["extension"] = _extension(str(event.about["name"]))
    facts["stateful"] = any(_stateful(node.layer) is True for node in nodes)
    yield facts


def _attribute(event: Event) -> Iterator[Facts]:
    layer: Layer = event.about["layer"]
    facts: Facts = {"subject": "attribute", "kind": layer.kind, "layer": layer.title}
    yield facts | {"attribute": event.about["name"]}


def _assigned(event: Event) -> Iterator[Facts]:
    owner = event.about["owner"]
    model = event.about["model"]
    facts: Facts = {"subject": "set", "attribute": event.about["name"]}
    facts["value"] = event.about["value"] if isinstance(event.about["value"], bool) else UNKNOWN
    facts["of"] = "model" if isinstance(owner, Model) else owner.kind
    facts["owner"] = owner.name or facts["of"]
    facts["trained"] = model.trained if isinstance(model, Model) else UNKNOWN
    facts["built"] = isinstance(model, Model) and bool(model.nodes)
    yield facts


def _unpacked(event: Event) -> Iterator[Facts]:
    node: Node = event.about["node"]
    facts: Facts = {"subject": "unpack", "kind": node.layer.kind, "layer": node.layer.title}
    facts |= {"wanted": event.about["wanted"], "count": event.about["count"]}
    sample_by_sample = node.eager and event.about["count"] == 1
    fits = event.about["wanted"] == event.about["count"]
    facts["fits"] = UNKNOWN if sample_by_sample else fits
    if node.layer.kind in RECURRENT:
        yield facts


def _sliced(event: Event) -> Iterator[Facts]:
    node: Node = event.about["node"]
    facts: Facts = {"subject": "slice", "kind": node.layer.kind, "layer": node.layer.title}
    facts |= {"at": event.about["at"], "sequences": node.layer.core.flag("return_sequences")}
    facts["output_index"] = event.about["index"]
    facts["backwards"] = node.layer.core.flag("go_backwards")
    facts["merge"] = node.layer.get("merge_mode", "concat")
    mask = node.inputs[0].mask if node.inputs else None
    facts["mask"] = "attached" if isinstance(mask, Mask) else "none"
    yield facts


def _repeated(event: Event) -> Iterator[Facts]:
    layer: Layer = event.about["layer"]
    if layer.kind in CELLS:
        facts: Facts = {"subject": "repeated", "kind": layer.kind, "times": event.about["times"]}
        yield facts


def _method_of_layer(event: Event) -> Iterator[Facts]:
    layer: Layer = event.about["layer"]
    facts: Facts = {"subject": "method", "kind": layer.kind, "method": event.about["name"]}
    facts["layer"] = layer.title
    facts["stateful"] = layer.core.flag("stateful")
    facts["given"] = bool(event.about["given"] or event.about["named"])
    yield facts


EVENTS: dict[str, Callable[[Event], Iterator[Facts]]] = {
    "layer": _layer,
    "call": _called,
    "input": _input_layer,
    **dict.fromkeys(RUNS, _trained),
    "model": _of_model,
    "load": _loaded,
    "get": _attribute,
    "set": _assigned,
    "unpack": _unpacked,
    "slice": _sliced,
    "repeated": _repeated,
    "method": _method_of_layer,
}

CELLS_SAID = (
    re.compile(r"\bcells?\b[^=:.\d]*(?:=|:|\bis\b|\bare\b)\s*(\d+)", re.I),
    re.compile(r"\b(\d+)\s+(?:lstm |memory )?cells?\b", re.I),
)
AXES_SAID = {
    0: (re.compile(r"samples?\b[^=:,.\d]*(?:=|:|\bis\b)\s*(\d+)", re.I),),
    1: (
        re.compile(r"(?:time\s?steps?|sequence length)\b[^=:,.\d]*(?:=|:|\bis\b)\s*(\d+)", re.I),
        re.compile(r"\b(\d+) time\s?steps?\b", re.I),
    ),
    2: (
        re.compile(
            r"(?:size|length|dimension)s? of (?:each |the |an? |every )?(?:input )?vectors?"
            r"\s*(?:=|:|is)\s*(\d+)",
            re.I,
        ),
        re.compile(r"features?\b[^=:,.\d]*(?:=|:|\bis\b)\s*(\d+)", re.I),
        re.compile(r"\b(\d+) features?\b", re.I),
    ),
}
COMMENT = 300
"""How many characters of a comment are read."""
AXIS_NAMES = ("samples", "timesteps", "features")


def _comments(read: Program) -> Iterator[tuple[int, Facts]]:
    """Yield what comments say, where the shapes on their line tell something else."""
    for line, comment in read.source.comments.items():
        alone = read.source.lines[line - 1].lstrip().startswith("#")
        below = line + 1 if alone and line not in read.shapes else line
        yield from ((below, facts) for facts in _of_comment(read, below, comment[:COMMENT]))


def _first(patterns: Iterable[re.Pattern[str]], comment: str) -> str | None:
    """Return the number that the first pattern finds in a comment; None, if none does."""
    matches = (pattern.search(comment) for pattern in patterns)
    return next((match[1] for match in matches if match), None)


def _of_comment(read: Program, line: int, comment: str) -> Iterator[Facts]:
    layers = [layer for layer in read.layers if layer.line == line and layer.kind == "LSTM"]
    for layer in layers[:1]:
        units = layer.get("units", UNKNOWN)
        number = _first(CELLS_SAID, comment)
        if number is not None and known(units) and int(number[:9]) == units:
            facts: Facts = {"subject": "comment", "about": "cells", "said": comment}
            yield facts | {"units": units, "layer": layer.title}
    shape = read.shapes.get(line)
    if shape is None or len(shape) != 3:
        return
    for axis, patterns in AXES_SAID.items():
        number = _first(patterns, comment)
        size = shape[axis]
        if number is not None and known(size) and len(number) < 10 and int(number) != size:
            facts = {"subject": "comment", "about": AXIS_NAMES[axis], "said": int(number)}
            facts["shape"] = text(shape)
            yield facts | {"samples": shape[0], "steps": shape[1], "features": shape[2]}
