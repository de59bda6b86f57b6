"""Facts of a model: of how it is compiled, saved and loaded, and of the data that it is run on."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lstm_spec.reviews.facts.layers import Facts, hardest_function, name_of, of_axes
from lstm_spec.reviews.network import (
    RECURRENT,
    UNKNOWN,
    Event,
    Layer,
    Model,
    Node,
    known,
    size_of,
    text,
    upstream,
)
from lstm_spec.reviews.values import (
    FRAME,
    Arguments,
    Array,
    Batches,
    Listing,
    Made,
    Path,
    inputs_of,
    items_of,
)
from lstm_spec.run.text import count

LOSSES = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "msle": "mean_squared_logarithmic_error",
}
SHARES = ("sigmoid", "softmax", "hard_sigmoid")
"""Activations whose outputs lie between 0 and 1."""
OWN = "LambdaCallback"
"""The callback of Keras that calls functions of the program."""
STEPS = {"fit": (12, "steps_per_epoch"), "evaluate": (5, "steps"), "predict": (3, "steps")}
"""Where methods of a model are given how many batches they read."""
WITH_TARGETS = ("fit", "train_on_batch", "evaluate", "test_on_batch")
"""Methods that read targets beside the data."""


def _data(value: Any) -> Array | None:
    return value if isinstance(value, Array) and value.shape else None


def of_run(event: Event) -> Iterator[Facts]:
    """Yield the facts of fit, evaluate, predict and the like."""
    model: Model = event.about["model"]
    call: Arguments = event.about["call"]
    x = call.get(0, "x")
    array = _data(inputs_of(x))
    nodes = model.calls
    facts: Facts = {"subject": "run", "method": event.kind, "arrays": isinstance(x, Array)}
    facts["what"] = "data"
    facts |= _stateful(model, nodes)
    facts |= _samples(array, len(model.inputs) == 1 and model.inputs[0].sequence)
    target = _given_targets(x, call)
    if not isinstance(x, Batches):
        facts |= _batch(event.kind, call, facts.get("samples", UNKNOWN))
    facts["size_known"] = known(facts.get("samples", UNKNOWN))
    facts["targets_given"] = target is not None
    facts["targets_known"] = target is not None and target is not UNKNOWN
    facts |= _against_input(model, array, facts.get("first_batch"))
    facts |= _fewer(model, facts)
    if facts.get("first_batch") == 1 and event.kind in ("fit", "evaluate"):
        facts["other_batch"] = False  # a batch of one is stretched over all kept rows
    facts |= _embedding(nodes, x)
    facts |= _padding(nodes, x)
    if event.kind in WITH_TARGETS and call.whole and not model.open:
        facts |= _targets(model, target, facts.get("first_batch", facts.get("batch")))
        facts |= _on_columns(facts)
        facts |= _counts(target, facts.get("samples", UNKNOWN))
        facts |= _weights(model, call.named, facts)
    yield facts
    if event.kind == "fit":
        yield from _of_validation(event)


def _given_targets(x: Any, call: Arguments) -> Any:
    """Return the targets; None, if there are none.

    Those of one axis that come in batches are left out: whether they get a last axis depends on
    where they come from.
    """
    if not isinstance(x, Batches):
        return call.get(1, "y")
    return x.targets if len(x.targets.shape or ()) > 1 else None


def _of_validation(event: Event) -> Iterator[Facts]:
    """Yield the facts of the data that fit validates on, as evaluate would read them."""
    call: Arguments = event.about["call"]
    given = call.named.get("validation_data")
    if isinstance(given, (tuple, Listing, Batches)):
        size = call.named.get("validation_batch_size", call.get(2, "batch_size"))
        items = [given] if isinstance(given, Batches) else items_of(given)
        data = Arguments((items or [])[:2], {"batch_size": size}, items is not None)
        about = event.about | {"call": data}
        for facts in of_run(Event("evaluate", event.line, about)):
            yield facts | {"what": "validation data", "method": "validation"}


def _stateful(model: Model, nodes: list[Node]) -> Facts:
    """Return whether a model keeps states, and in which layer."""
    stateful = [node.layer for node in nodes if node.layer.stateful is True]
    recurrent = any(node.layer.kind in RECURRENT for node in nodes)
    facts: Facts = {"has_recurrent": recurrent}
    if stateful:
        return facts | {"stateful": True, "layer": stateful[0].title}
    maybe = not model.whole or any(node.layer.stateful is UNKNOWN for node in nodes)
    return facts | {"stateful": UNKNOWN if maybe else False}


def _samples(array: Array | None, sequence: bool) -> Facts:
    """Return the facts of what a model is run on.

    Args:
        array: the data.
        sequence: whether a recurrent layer reads their axes as they are.
    """
    if array is None or not array.shape:
        return {}
    facts = {"samples": size_of(array.shape[0]), "data": text(array.shape), "made": array.origin}
    return facts | of_axes(array.axes if sequence and len(array.shape) == 3 else ())


def _counts(y: Any, samples: Any) -> Facts:
    """Return whether there are as many targets as samples."""
    array = _data(y)
    targets = array.shape[0] if array is not None and array.shape else UNKNOWN
    fits = targets == samples if known(targets, samples) else UNKNOWN
    words = {"count_of_targets": count(targets, "target")}
    words |= {"count_of_samples": count(samples, "sample")}
    return {"targets_count": size_of(targets), "counts_fit": fits, **words}


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


def _batch(kind: str, call: Arguments, samples: Any) -> Facts:
    """Return the facts of batches and epochs."""
    place = {"fit": 2, "evaluate": 2, "predict": 1}.get(kind)
    if place is None:
        return {}
    facts: Facts = {}
    batch = call.or_default(place, "batch_size")
    batch = 32 if batch is None else batch
    steps = call.or_default(*STEPS[kind])
    if known(batch) and batch > 0:
        facts["batch"] = batch
        split = call.or_default(6, "validation_split") if kind == "fit" else None
        trained = _trained_on(samples, split)
        if known(trained):
            facts |= {"trained": trained, "many": trained > batch}
            facts["first_batch"] = min(trained, batch)
        if known(trained) and steps is None:
            facts |= {"remainder": trained % batch, "batches": -(-trained // batch)}
    if kind == "fit":
        facts["epochs"] = size_of(call.or_default(3, "epochs", 1))
        facts["may_reset"] = _may_reset(call)
        shuffle = call.or_default(8, "shuffle", True)
        facts["shuffle"] = shuffle if isinstance(shuffle, bool) else UNKNOWN
    return facts


def _may_reset(call: Arguments) -> Any:
    """Return False if no callback resets a state; UNKNOWN, if one of the program's own may."""
    given = call.get(5, "callbacks")
    items = [given] if isinstance(given, Made) else items_of(given)
    if given is None:
        items = [] if call.whole else None
    of_keras = items is not None and all(isinstance(item, Made) for item in items)
    return False if of_keras and not any(item.name == OWN for item in items or []) else UNKNOWN


def _trained_on(samples: Any, split: Any) -> Any:
    """Return how many samples are not kept for validation."""
    if split is None:
        return samples
    share = isinstance(split, (int, float)) and 0 <= split < 1
    return math.floor(samples * (1.0 - split)) if known(samples) and share else UNKNOWN


def _against_input(model: Model, array: Array | None, first_batch: Any) -> Facts:
    """Return how data fit the input of a model."""
    if len(model.inputs) != 1:
        return {}
    shape = model.inputs[0].shape
    facts: Facts = {"functional": not model.sequential}
    recurrent = [node for node in model.calls if node.inputs[:1] == model.inputs]
    facts["reader"] = recurrent[0].layer.kind if len(recurrent) == 1 else UNKNOWN
    if not shape:
        return facts
    facts["one_step"] = _one_step(shape, array)
    if array is None or array.shape is None:
        return facts | {"steps": size_of(shape[1]) if len(shape) == 3 else UNKNOWN}
    facts |= {"input": text(shape)} | _built_for(shape[0])
    if known(shape[0]) and known(first_batch):
        facts["other_batch"] = first_batch != shape[0]
        facts["at_once"] = count(first_batch, "sample")
    if len(shape) == 3 and len(array.shape) == 2:
        facts |= _without_batch(shape, array.shape)
    if len(shape) == 3 and len(array.shape) > 3:
        last = array.shape[-1]
        refused = True if len(array.shape) > 4 else last != 1 if known(last) else UNKNOWN
        facts |= {"more_axes": refused, "data_rank": len(array.shape)}
    single = len(array.shape) == 4 and array.shape[-1] == 1  # Keras leaves this axis out
    if len(shape) == 3 and single and shape[2] == 1 and known(array.shape[2]):
        return facts | {"more_axes": array.shape[2] != 1}  # the last axis is that of the feature
    given = array.shape[:3] if single else array.shape
    if len(shape) == len(given) == 3:
        if known(shape[2], given[2]):
            facts |= {"features_fit": shape[2] == given[2]}
            facts |= {"features": shape[2], "data_features": given[2]}
        if known(shape[1], given[1]):
            facts |= {"steps_fit": shape[1] == given[1]}
            facts |= {"steps": shape[1], "data_steps": given[1]}
    return facts


def _built_for(batch: Any) -> Facts:
    """Return the size of the batch that a model was built for, also in words."""
    return {"built_batch": size_of(batch), "built_for": count(batch, "sample")}


def _fewer(model: Model, before: Facts) -> Facts:
    """Return that batches of arrays are too small for a model, however many samples there are."""
    wanted = model.inputs[0].shape if len(model.inputs) == 1 else None
    batch = before.get("batch", UNKNOWN)
    if before["size_known"] or not before["targets_known"] or not wanted:
        return {}
    if not known(wanted[0], batch) or batch >= wanted[0]:
        return {}
    facts: Facts = {"other_batch": True, "first_batch": batch} | _built_for(wanted[0])
    return facts | {"at_once": f"{batch} or fewer samples" if batch > 1 else "1 sample"}


def _one_step(wanted: Sequence[Any], array: Array | None) -> Any:
    """Return whether sequences have a single timestep, also by the data, as far as known."""
    given = () if array is None or array.shape is None else array.shape
    steps = wanted[1] if len(wanted) == 3 else UNKNOWN
    if len(given) > 1 and known(given[1], steps) and given[1] != steps:
        return UNKNOWN
    return steps == 1 if known(steps) else UNKNOWN


def _without_batch(wanted: Sequence[Any], given: Sequence[Any]) -> Facts:
    """Return how a table fits a model of sequences: with one feature it may be many sequences."""
    steps, features = wanted[1:]
    single = steps is not None and tuple(wanted[1:]) == tuple(given) and known(*given)
    facts: Facts = {"table": UNKNOWN if features is UNKNOWN else features != 1, "single": single}
    return facts | {
        "steps": size_of(steps),
        "features": size_of(features),
        "rows": size_of(given[0]),
    }


def _embedding(nodes: list[Node], x: Any) -> Facts:
    """Return whether padded ids are read without a mask."""
    padded = isinstance(x, Array) and x.origin == "padded"
    for node in nodes:
        if node.layer.kind == "Embedding" and padded:
            below = node.inputs[0].maker is None
            readers = [
                reader
                for reader in nodes
                if reader.layer.core.kind == "LSTM" and node in upstream(reader.inputs)
            ]
            if below and readers and all(map(_unmasked, readers)):
                return {"unmasked_padding": True, "embedding": node.layer.title}
    return {}


def _unmasked(node: Node) -> bool:
    """Return whether a layer is known to get no mask, by its input or by an argument."""
    return node.inputs[0].mask is None and node.keywords.get("mask") is None


def _padding(nodes: list[Node], x: Any) -> Facts:
    """Return the value of the padding, and that which the layer on the data masks."""
    padding = x.padding if isinstance(x, Array) else None
    first = [node.layer for node in nodes if node.inputs and node.inputs[0].maker is None]
    if padding is None or len(first) != 1:
        return {}
    facts: Facts = {"padding": _as_written(padding), "masks_by": first[0].kind}
    if first[0].kind == "Embedding" and first[0].flag("mask_zero") is True:
        return facts | {"embedding": first[0].title, "masked_padding": padding == 0}
    masked = first[0].get("mask_value", 0.0)
    if first[0].kind != "Masking" or not isinstance(masked, (int, float)):
        return {}
    return facts | {"masked": _as_written(masked), "masked_padding": masked == padding}


def _as_written(number: float) -> float:
    """Return a whole number without its point."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _with_last_axis(array: Array, batch: Any) -> Sequence[Any]:
    """Return the shape of targets; those of one axis get another where it makes no difference.

    Keras adds it to a column of pandas, and in batches of a single sample any place is the same.
    """
    shape = array.shape or ()
    alone = len(shape) == 1 and (array.origin == FRAME or batch == 1)
    return (*shape, 1) if alone else shape


def _targets(model: Model, y: Any, batch: Any) -> Facts:
    """Return how targets fit the output of a model."""
    array = _data(y)
    if not model.output or not model.output.shape:
        return {}
    shape = model.output.shape
    facts: Facts = {"output": text(shape), "output_rank": len(shape)}
    facts["loss"] = _loss(model)
    maker = model.output.maker
    facts["units"] = size_of(shape[-1])
    facts["sequence_from"] = _sequence(model)
    if array is None or array.shape is None:
        return facts
    given = _with_last_axis(array, batch)
    facts |= {"targets": text(array.shape), "targets_rank": len(given)}
    facts["targets_width"] = size_of(given[-1])
    facts["output_width"] = size_of(shape[-1])
    if known(shape[-1], given[-1]) and len(shape) == len(given):
        facts["width_fits"] = shape[-1] == given[-1]
    facts |= _over_time(given, shape, batch, facts["loss"])
    facts |= _timesteps(given, shape, facts["loss"])
    facts["lstm_last"] = maker is not None and maker.layer.kind == "LSTM"
    facts["targets_are"] = _kind_of_targets(given, shape, facts["loss"])
    facts["for_samples"] = _for_samples(given, shape, facts["loss"])
    return facts


def _on_columns(before: Facts) -> Facts:
    """Return whether the targets of a batch, of one axis, may lie along the columns."""
    batch = before.get("first_batch", UNKNOWN)
    columns = before.get("output_width", UNKNOWN)
    if not known(batch, columns):
        return {"on_columns": True, "unless": ", and refuses them unless there are as many"}
    return {"on_columns": batch == columns, "unless": ""}


def _kind_of_targets(targets: Sequence[Any], output: Sequence[Any], loss: Any) -> str:
    """Return "labels" of classes, "columns" for them, or "other", by their axes."""
    if not known(output[-1]) or output[-1] < 2:
        return "other"
    if len(targets) == len(output) and known(targets[-1]):
        if loss == "sparse_categorical_crossentropy" and len(output) == 3 and targets[-1] > 1:
            return "columns"
        return {1: "labels", output[-1]: "columns"}.get(targets[-1], "other")
    steps = (*targets[1:], *output[1:-1])
    alone = len(targets) == len(output) - 1 and (not steps or known(*steps))
    return "labels" if alone and targets[1:] == output[1:-1] else "other"


def _over_time(targets: Sequence[Any], output: Sequence[Any], batch: Any, loss: Any) -> Facts:
    """Return which of targets and output lacks the axis of time, and whether a loss takes that.

    A mean error does where NumPy would: if there is one timestep, one sample, or as many of both.
    Of a crossentropy it is left to others that have more to say of it: labels of classes, and one
    for each sample.
    """
    if sorted((len(targets), len(output))) != [2, 3]:
        return {}
    lacking = "targets lack time" if len(output) == 3 else "output lacks time"
    steps = output[1] if len(output) == 3 else targets[1]
    single = {"rank": lacking, "single_step": steps == 1}
    if lacking == "output lacks time" and targets[2] == 1:
        return single | {"taken": _taken_in_a_row(steps, output[1], loss)}
    taken: Any = UNKNOWN
    if isinstance(loss, str) and loss.endswith("crossentropy"):
        fits = len(output) == 3 and targets[1] in (1, *output[1:2])
        taken = False if steps != 1 or loss == "categorical_crossentropy" else UNKNOWN
        taken = UNKNOWN if fits or not known(targets[-1]) else taken
    elif known(steps, batch):
        taken = steps in (1, batch) or batch == 1
    return single | {"taken": taken}


def _taken_in_a_row(steps: Any, width: Any, loss: Any) -> Any:
    """Return whether a loss takes a number for each timestep beside an output of some width."""
    if not known(steps, width) or steps == 1:
        return UNKNOWN
    return False if str(loss).endswith("crossentropy") else width == 1 or steps == width


def _timesteps(targets: Sequence[Any], output: Sequence[Any], loss: Any) -> Facts:
    """Return whether targets have as many timesteps as the output, where both have some."""
    if len(output) != 3 or not known(output[1]):
        return {}
    alone = output[2] == 1 or loss == "sparse_categorical_crossentropy"
    if len(targets) != 3 and not (len(targets) == 2 and alone):
        return {}
    if not known(targets[1]) or 1 in (targets[1], output[1]):
        return {}
    words = {"targets_steps": count(targets[1], "timestep"), "output_steps": output[1]}
    return {"timesteps_fit": targets[1] == output[1], **words}


def _for_samples(targets: Sequence[Any], output: Sequence[Any], loss: Any) -> bool:
    """Return whether there is one target for each sample, and an output for each timestep.

    Of a single column sparse_categorical_crossentropy takes that for the numbers of the timesteps.
    """
    if len(output) != 3 or not known(output[1]) or output[1] == 1:
        return False
    if output[2] == 1 and loss == "sparse_categorical_crossentropy" and len(targets) == 2:
        return False
    return len(targets) == 1 or (len(targets) == 2 and targets[1] == 1)


def _sequence(model: Model) -> Any:
    """Return the last recurrent layer on the way to the output."""
    for node in model.calls[:: -1 if model.sequential else 1]:
        if node.layer.kind in RECURRENT:
            core = node.layer.core
            inside = core is not node.layer
            return f"the {core.title} in {node.layer.title}" if inside else core.title
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
    call: Arguments = model.compiled or Arguments()
    return call.get(place, name, default=UNKNOWN)


def _logits(model: Model) -> Facts:
    """Return whether the loss takes numbers of any size, and whether the output is that."""
    given = _compiled(model, "loss", 1)
    maker = model.output.maker if model.output else None
    if maker is None or maker.layer.kind not in ("Dense", "Activation", "LSTM"):
        return {}
    if model.output not in maker.outputs:  # but calculated of one
        return {}
    if maker.layer.kind == "LSTM":
        activation = maker.layer.get("activation", "tanh")
        return {"shares": activation in SHARES if isinstance(activation, str) else UNKNOWN}
    logits = False if isinstance(given, (str, Path)) else UNKNOWN
    if isinstance(given, Made):
        logits = given.arguments.get("from_logits", UNKNOWN if given.open else False)
    activation = maker.layer.get("activation", "linear")
    activation = "linear" if activation is None else activation
    shares = activation in SHARES if isinstance(activation, str) else UNKNOWN
    return {"from_logits": logits, "last_activation": name_of(activation), "shares": shares}


def of_method(event: Event) -> Iterator[Facts]:
    """Yield the facts of another method of a model."""
    model: Model = event.about.get("whole_model", event.about["model"])
    method = event.about["method"]
    call: Arguments = event.about["call"]
    named = call.named
    nodes = model.calls
    facts: Facts = {"subject": "model", "method": method}
    facts["stateful"] = any(node.layer.stateful is True for node in nodes)
    facts["has_lstm"] = any(node.layer.core.kind == "LSTM" for node in nodes)
    facts["loss"] = _loss(model)
    facts["activation_is"] = hardest_function(node.layer for node in nodes)
    first = call.get(0, "filepath")
    if method in ("save", "save_weights", "export") and isinstance(first, str):
        facts |= {"file": first, "extension": _extension(first)}
    if method == "compile":
        facts |= _logits(model)
        metrics = items_of(named.get("metrics")) or []
        facts["accuracy"] = any(metric in ("accuracy", "acc") for metric in metrics)
        facts["output_width"] = size_of(_width(model))
        jit = named.get("jit_compile", "auto")
        facts["jit"] = jit if isinstance(jit, bool) else UNKNOWN
        facts["recurrent_dropout"] = any(_rate(node.layer.core) for node in nodes)
    yield facts


def of_step(event: Event) -> Iterator[Facts]:
    """Yield the facts of a call of a model in a step of training of the program's own."""
    call: Arguments = event.about["call"]
    named = "training" in call.named or len(call.given) > 1 or not call.whole
    facts: Facts = {"subject": "step", "training_given": named}
    for node in event.about["model"].calls:
        core = node.layer.core
        if node.keywords.get("training") is not None:  # it drops always, or never
            continue
        names = ("rate",) if core.kind == "Dropout" else ("dropout", "recurrent_dropout")
        rates = [f"{name}={core.get(name)}" for name in names if _above_zero(core.get(name, 0))]
        if rates and core.kind in ("LSTM", "Dropout"):
            yield facts | {"rate": rates[0], "layer": core.title}
            return


def of_callback(event: Event) -> Iterator[Facts]:
    """Yield the facts of a callback that saves a model."""
    call: Arguments = event.about["call"]
    file = call.get(0, "filepath")
    if event.about["name"] == "ModelCheckpoint" and isinstance(file, str):
        facts: Facts = {"subject": "checkpoint", "file": file, "extension": _extension(file)}
        alone = call.or_default(4, "save_weights_only", False)
        yield facts | {"weights_only": alone if isinstance(alone, bool) else UNKNOWN}


def _width(model: Model) -> Any:
    shape = model.output.shape if model.output else None
    return shape[-1] if shape else UNKNOWN


def _rate(layer: Layer) -> bool:
    return _above_zero(layer.get("recurrent_dropout", 0))


def _above_zero(rate: Any) -> bool:
    return isinstance(rate, (int, float)) and rate > 0


def _extension(file: str) -> str:
    name = re.split(r"[\\/]", file)[-1]
    return name.rpartition(".")[2] if "." in name else ""


def of_loading(event: Event) -> Iterator[Facts]:
    """Yield the facts of loading a model that the program has saved."""
    saved = event.about["model"]
    named = event.about["call"].named
    if not isinstance(saved, Model):
        return
    facts: Facts = {"subject": "load", "file": event.about["name"], "loss": _loss(saved)}
    nodes = saved.calls
    facts["activation_is"] = hardest_function(node.layer for node in nodes)
    facts["custom_objects"] = "custom_objects" in named
    facts["compile"] = named.get("compile", True)
    facts["extension"] = _extension(str(event.about["name"]))
    facts["stateful"] = any(node.layer.stateful is True for node in nodes)
    yield facts


def of_assignment(event: Event) -> Iterator[Facts]:
    """Yield the facts of setting an attribute of a layer or a model."""
    owner = event.about["owner"]
    model = event.about["model"]
    facts: Facts = {"subject": "set", "attribute": event.about["name"]}
    facts["value"] = event.about["value"] if isinstance(event.about["value"], bool) else UNKNOWN
    facts["of"] = "model" if isinstance(owner, Model) else owner.kind
    facts["owner"] = owner.name or facts["of"]
    facts["trained"] = model.trained if isinstance(model, Model) else UNKNOWN
    facts["built"] = isinstance(model, Model) and bool(model.nodes)
    yield facts


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
        "activation_is": hardest_function(layers),
        "custom_objects": False,
        "stateful": any(layer.stateful is True for layer in layers),
    }
