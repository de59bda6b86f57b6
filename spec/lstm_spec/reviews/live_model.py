"""Layers and models that live in this process, described as their configurations tell them.

Nothing here imports Keras: what is given has brought it. The way of a mask is Keras' own: symbolic
tensors carry it.
"""

from __future__ import annotations

import warnings
from typing import Any

from lstm_spec.answers.constructor import CallError, constructor
from lstm_spec.reviews import facts, model_file, network, review
from lstm_spec.reviews.facts import Facts
from lstm_spec.reviews.network import UNKNOWN, Event, Layer, Mask, Node, Tensor

SHOWN = 80
"""How many characters of what was given an error repeats at most."""
ROWS = 16
"""How many samples of the data are tried at most."""
CLOSE = 1e-4
"""Two outputs that differ by no more are the same, in float32."""

Sizes = tuple[int | None, int | None]


def calls(what: Any, sizes: Sizes | None) -> list[tuple[str, Sizes | None]]:
    """Return the constructor calls of the LSTMs in a layer or a model, with their inputs.

    Args:
        what: the layer or the model.
        sizes: timesteps and features, if they are given.

    Raises:
        CallError: it is neither, or holds no LSTM.
    """
    parts = getattr(what, "layers", None)
    layers = list(parts) if isinstance(parts, (list, tuple)) else [what]
    lstms = [(text, sizes or _sizes(layer)) for layer in layers if (text := _written(layer))]
    if not lstms:
        given = repr(what)[:SHOWN]
        raise CallError(f"{given} holds no LSTM; give an LSTM, a Bidirectional LSTM or a model")
    return lstms


def _written(given: Any) -> str:
    """Write a live layer as its constructor call; nothing, if it is no LSTM."""
    layer = model_file.layer(_entry(given))
    if layer.kind == "LSTM":
        return _call(layer)
    if layer.kind == "Bidirectional" and layer.core.kind == "LSTM":
        mode = layer.get("merge_mode", "concat")
        given_mode = "" if mode == "concat" else f", merge_mode={mode!r}"
        return f"Bidirectional({_call(layer.core)}{given_mode})"
    return ""


def _call(layer: Layer) -> str:
    by_name = constructor().by_name
    words = []
    for name, value in layer.arguments.items():
        if name not in by_name or name in ("units", "name", "implementation"):
            continue
        if isinstance(value, (bool, int, float, str)) and by_name[name].differs(value):
            words.append(f"{name}={value!r}")
    dtype = [word for word in words if word != "dtype='float32'"]
    return f"LSTM({', '.join([str(layer.get('units')), *dtype])})"


def _entry(given: Any) -> dict[str, Any]:
    """Return a live layer as its entry in a configuration."""
    try:
        config = given.get_config()
    except Exception:  # whatever a class of one's own says
        config = {}
    return {
        "class_name": type(given).__name__,
        "module": "keras.layers",
        "config": config if isinstance(config, dict) else {},
        "name": getattr(given, "name", ""),
    }


def _sizes(given: Any) -> Sizes | None:
    """Return the sizes of the input of a built layer."""
    try:
        shape = tuple(given.input.shape)
        return shape[1], shape[2]
    except (AttributeError, ValueError, IndexError, TypeError):
        core = getattr(given, "forward_layer", given)
    try:
        return None, int(core.cell.kernel.shape[0])
    except (AttributeError, ValueError, IndexError, TypeError):
        return None


def review_model(model: Any, x: Any = None, to: str = "") -> review.Review:
    """Review a live model.

    Args:
        model: a model, or a layer.
        x: a batch of data for it.
        to: a Keras to which it is to be moved.

    Raises:
        CallError: it is neither.
        UnknownReleaseError: nothing is known of the release.
    """
    name = str(getattr(model, "name", "") or type(model).__name__)
    if not hasattr(model, "get_config") or not hasattr(model, "weights"):
        given = repr(model)[:SHOWN]
        raise CallError(f"{given} is no model of Keras; give one, or a program as text")
    events, notes = _events(model)
    _own_masks(model, events)
    known_facts = facts.of_events(events)
    for probe in _probed(model, x) if x is not None else []:
        known_facts.append((0, probe))
        if probe["differs"] is UNKNOWN:
            notes.append(f"Padded data could not be tried: predict raised {probe['why']}.")
    return review.reviewed(name, events, known_facts, notes, to)


def _events(model: Any) -> tuple[list[Event], list[str]]:
    """Return the layers of a live model and their calls, and what cannot be said of them."""
    try:
        whole = {"class_name": "Functional", "config": model.get_config()}
        saved = model_file.saved(whole | {"compile_config": _compiled(model)})
    except Exception:  # a subclassed model, whose get_config may do anything, tells no graph
        layers = [model_file.layer(_entry(part)) for part in _parts(model, 0)]
        kept = [
            layer for layer in layers if layer.core.kind in (*network.RECURRENT, *network.CELLS)
        ]
        alone = not hasattr(model, "layers")
        graph = "It tells no graph of its layers, so only their arguments were looked at."
        events = [Event("layer", 0, {"layer": layer, "names": {}}) for layer in kept]
        return events, [] if alone else [graph]
    return model_file.events(saved), []


def _compiled(model: Any) -> Any:
    """Return what a model was compiled with; None, if it was not, or cannot tell."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return model.get_compile_config() if getattr(model, "compiled", False) else None
        except Exception:  # a loss or a schedule of one's own may do anything
            return None


def _parts(given: Any, depth: int) -> list[Any]:
    """Return the layers in a model that is not functional, or the layer itself."""
    inner = getattr(given, "layers", None)
    if not isinstance(inner, (list, tuple)) or depth > model_file.DEEPEST:
        return [given]
    return [part for layer in inner for part in _parts(layer, depth + 1)]


def _own_masks(model: Any, events: list[Event]) -> None:
    """Let each call have the mask that Keras gives it, where Keras tells."""
    by_call = dict(masks(model))
    counted: dict[str, int] = {}
    for event in events:
        if event.kind != "call":
            continue
        node: Node = event.about["node"]
        place = counted.get(node.layer.name, 0)
        counted[node.layer.name] = place + 1
        own = by_call.get((node.layer.name, place))
        if own is not None and node.inputs:
            node.inputs[0] = _with(node.inputs[0], own)


def _with(tensor: Tensor, masked: bool) -> Tensor:
    """Return a tensor as Keras has it, with a mask or without."""
    if masked is isinstance(tensor.mask, Mask):
        return tensor
    if masked:
        return Tensor(tensor.shape, Mask(Layer("", {}, name="a layer")), tensor.maker, tensor.index)
    known = isinstance(tensor.mask, network.LostMask)
    return tensor if known else Tensor(tensor.shape, None, tensor.maker, tensor.index)


def masks(model: Any) -> list[tuple[tuple[str, int], bool]]:
    """Return whether the first input of each call of a layer carries a mask, as Keras has it.

    The layers of a model in this one have symbolic inputs of their own, which tell nothing of it.

    Args:
        model: a model of Keras 3; of another the list is empty.
    """
    masked = []
    for layer in getattr(model, "layers", []):
        for place, node in enumerate(getattr(layer, "_inbound_nodes", None) or []):
            tensors = getattr(node, "input_tensors", None)
            if tensors:
                mask = getattr(tensors[0], "_keras_mask", None)
                masked.append(((layer.name, place), mask is not None))
    return masked


def _probed(model: Any, x: Any) -> list[Facts]:
    """Pad data before and after: where a mask counts, both give the same output."""
    import numpy as np

    maker = next(iter(_maskers(model)), None)
    array = np.asarray(x)[:ROWS] if not isinstance(x, (list, tuple, dict)) else None
    if maker is None or array is None or array.ndim < 2 or array.shape[1] < 2 or _stateful(model):
        return []
    title, value = maker
    length = array.shape[1]
    count = max(1, length // 4)
    content = array[:, : length - count]
    padding = np.full_like(array[:, :count], value)
    try:
        after, before = (
            np.asarray(model.predict(np.concatenate(parts, axis=1), verbose=0), float)
            for parts in ((content, padding), (padding, content))
        )
    except Exception as error:  # whatever Keras says of these data
        return [{"subject": "probe", "differs": UNKNOWN, "why": type(error).__name__}]
    if after.ndim > 2 and after.shape[1] == length:
        after = after[:, : length - count]
        before = before[:, count:]
    difference = float(np.max(np.abs(after - before), initial=0.0))
    size = float(np.max(np.abs(after), initial=1.0))
    probe = {"subject": "probe", "source": title, "difference": f"{difference:.1e}"}
    return [probe | {"differs": difference > CLOSE * size}]


def _maskers(model: Any) -> list[tuple[str, float]]:
    """Return the layers that make masks, each with the value that they mask."""
    makers: list[tuple[str, float]] = []
    for layer in _parts(model, 0):
        kind = type(layer).__name__
        value = getattr(layer, "mask_value", None)
        if kind == "Embedding" and getattr(layer, "mask_zero", False):
            makers.append((layer.name, 0))
        elif kind == "Masking" and isinstance(value, (int, float)):
            makers.append((layer.name, value))
    return makers


def _stateful(model: Any) -> bool:
    return any(getattr(layer, "stateful", False) for layer in _parts(model, 0))
