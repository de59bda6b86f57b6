"""A model as Keras writes it, in a `.keras` file, an `.h5` file or JSON: read as data, never made.

What Keras 2 has written is read too.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lstm_spec.reviews.network import LARGEST as LARGEST_SIZE
from lstm_spec.reviews.network import (
    RECURRENT,
    UNKNOWN,
    Custom,
    Event,
    Layer,
    Model,
    Node,
    Shape,
    Tensor,
    connect,
    known,
    lost,
    size_of,
)
from lstm_spec.reviews.source import ProgramError
from lstm_spec.reviews.values import Arguments, Made
from lstm_spec.run import process
from lstm_spec.run.text import one_line

LARGEST = 30_000_000
"""The most characters that a configuration may have."""
LAYERS = 5_000
"""The most layers that a model may have."""
ROUNDS = 50
"""How often layers are searched for one whose inputs are known; mostly once is enough."""
DEEPEST = 8
"""How deep models may be nested in models, and tensors in lists."""
ZIP, HDF = b"PK\x03\x04", b"\x89HDF"
SECONDS = 30
"""How many seconds HDF5 may take for a file."""
HDF_READER = """
import sys
file, largest, sys.path[:] = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
import h5py
try:
    with h5py.File(file, "r") as opened:
        if "model_config" not in opened.attrs:
            sys.exit("it holds weights only")
        names = ("training_config", "keras_version")
        parts = [opened.attrs["model_config"], *(opened.attrs.get(name, "") for name in names)]
except Exception as error:
    sys.exit(" ".join(str(error).split()))
parts = [part.encode() if isinstance(part, str) else part for part in parts]
if not all(isinstance(part, bytes) and len(part) <= largest for part in parts):
    sys.exit("its configuration is no text, or too long")
sys.stdout.buffer.write(b"\\0".join([parts[0], *(part.replace(b"\\0", b"") for part in parts[1:])]))
"""
"""Prints the configuration, how it was compiled and the version that an HDF5 file holds."""
MODELS = ("Functional", "Sequential", "Model")
SUFFIXES = (".keras", ".h5", ".hdf5", ".json")
NOTHING = "give a .keras or .h5 file of a functional or Sequential model, or its to_json()"

Key = tuple[str, int, int]
"""A layer's name, which of its calls, and which output of it: how Keras refers to a tensor."""


@dataclass(frozen=True)
class Saved:
    """A model as it was saved."""

    kind: str
    config: Mapping[str, Any]
    compiled: Mapping[str, Any]
    version: str = ""
    """The Keras that saved it, if it tells."""


def is_model(data: bytes) -> bool:
    """Return whether a file that begins so is a model, rather than a program."""
    return data.startswith((ZIP, HDF)) or (
        data.lstrip()[:1] == b"{" and b'"nbformat"' not in data and b'"class_name"' in data
    )


def read(path: Path) -> Saved:
    """Read a model's file.

    Raises:
        ProgramError: it holds no model that can be read; the message says why.
    """
    with path.open("rb") as file:
        start = file.read(8)
    name = one_line(path.name)
    if start.startswith(ZIP):
        return _archive(path, name)
    if start.startswith(HDF):
        return _hdf(path, name)
    if path.stat().st_size > LARGEST:
        raise ProgramError(f"{name} has more than {LARGEST:,} bytes; {NOTHING}")
    return saved(_json(path.read_bytes(), name), name)


def piped(data: bytes, name: str) -> Saved:
    """Read a model's JSON that was piped in.

    Raises:
        ProgramError: it is no such JSON; the message says what to give.
    """
    if data.startswith((ZIP, HDF)):
        raise ProgramError(f"{name} is a model's file; give its name, a pipe will not do")
    return saved(_json(data, name), name)


def _archive(path: Path, name: str) -> Saved:
    try:
        with zipfile.ZipFile(path) as archive:
            text = _member(archive, "config.json")
            names = archive.namelist()
            metadata = _member(archive, "metadata.json") if "metadata.json" in names else b"{}"
    except (zipfile.BadZipFile, KeyError, OSError, ValueError, NotImplementedError) as error:
        raise ProgramError(f"{name} holds no config.json: {one_line(error)}; {NOTHING}") from None
    except (RuntimeError, EOFError, OverflowError) as error:  # as of one that is encrypted or cut
        raise ProgramError(f"{name} cannot be read: {one_line(error)}; {NOTHING}") from None
    except Exception as error:  # whatever the decompressor says of damaged data
        raise ProgramError(f"{name} is damaged: {one_line(error)}; {NOTHING}") from None
    version = _json(metadata, name).get("keras_version", "")
    return saved(_json(text, name), name, version if isinstance(version, str) else "")


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as member:
        text = member.read(LARGEST + 1)
    if len(text) > LARGEST:
        raise ValueError(f"{name} has more than {LARGEST:,} bytes")
    return text


def _hdf(path: Path, name: str) -> Saved:
    """Read an HDF5 file in a process of its own: damaged ones make HDF5 hang, or crash.

    Raises:
        ProgramError: it holds no model, or is damaged.
    """
    if importlib.util.find_spec("h5py") is None:
        raise ProgramError(f"to read {name} needs h5py: run `pip install h5py`")
    command = [sys.executable, "-I", "-c", HDF_READER, str(path), str(LARGEST), *sys.path]
    try:
        done = process.run(command, seconds=SECONDS)
    except subprocess.TimeoutExpired:
        raise ProgramError(f"{name} is damaged: HDF5 reads it without end; {NOTHING}") from None
    if done.status:
        why = one_line(done.last_error) if done.status == 1 else "it makes HDF5 crash"
        raise ProgramError(f"{name} holds no model that can be read: {why}; {NOTHING}")
    texts, _, version = done.output.rpartition("\0")
    text, _, training = texts.rpartition("\0")
    compiled = {"compile_config": _json(training.encode(), name)} if training else {}
    return saved(_json(text.encode(), name) | compiled, name, version)


def _json(text: bytes, name: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise ProgramError(f"{name} is no JSON that can be read; {NOTHING}") from None
    if not isinstance(value, dict):
        raise ProgramError(f"{name} is the configuration of no model; {NOTHING}")
    return value


def saved(value: Mapping[str, Any], name: str = "this", version: str = "") -> Saved:
    """Return the model that a configuration tells.

    Args:
        value: what get_config or to_json gives, or a `.keras` file holds.
        name: what it is called in an error.
        version: the Keras that wrote it.

    Raises:
        ProgramError: it is none of these.
    """
    config = value.get("config", value)
    kind = value.get("class_name", "Functional" if "input_layers" in config else "Sequential")
    if isinstance(config, list):  # as Sequential models of early Keras 2 are written
        config = {"layers": config}
    layers = config.get("layers") if isinstance(config, Mapping) else None
    if not isinstance(layers, list) or not isinstance(kind, str):
        raise ProgramError(
            f"{name} is the configuration of no functional or Sequential model, "
            "so it tells no layers; give one of these, or a program"
        )
    if len(layers) > LAYERS:
        raise ProgramError(f"{name} has {len(layers)} layers; give at most {LAYERS:,}")
    compiled = value.get("compile_config")
    release = version or str(value.get("keras_version", ""))[:20]
    return Saved(kind, config, compiled if isinstance(compiled, Mapping) else {}, release)


def events(model: Saved) -> list[Event]:
    """Return what a model's layers are and read, as if a program had made it."""
    builder = _Builder()
    with contextlib.suppress(RecursionError):  # what was read up to there counts
        outputs = builder.model(model.config, None, 0)
        if model.compiled:
            builder.events.append(_compile(model.compiled, outputs))
    return builder.events


def _compile(compiled: Mapping[str, Any], outputs: list[Tensor]) -> Event:
    """Return that a model was compiled, with its loss and its metrics."""
    metrics = tuple(_list(compiled.get("metrics")))
    call = Arguments(named={"loss": _loss(compiled.get("loss")), "metrics": metrics})
    whole = Model(False, 0, outputs=outputs, compiled=call)
    return Event("model", 0, {"model": whole, "method": "compile", "call": call})


def _loss(given: Any) -> Any:
    """Return a loss as a program would give it: its name, or an object of its class."""
    kind, config = _entry(given)
    if kind == "function":
        return _mapping(given).get("config")
    return Made(kind, dict(config), open=False) if kind else given


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    """Return a list; a live model has tuples too, where its file has lists."""
    return list(value) if isinstance(value, (list, tuple)) else []


class _Builder:
    """Connects the layers of a configuration."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.layers: dict[int, Layer] = {}

    def model(
        self, config: Mapping[str, Any], inputs: list[Tensor] | None, depth: int
    ) -> list[Tensor]:
        """Connect a model, and return its outputs.

        Args:
            config: the model's.
            inputs: what it is called on, if it is part of another model.
            depth: in how many other models it is.
        """
        if depth > DEEPEST or len(self.events) > 4 * LAYERS:
            return [Tensor(None, UNKNOWN)]
        if "input_layers" in config:
            return _Graph(self, config, inputs, depth).outputs()
        return self.sequential(config, inputs, depth)

    def sequential(
        self, config: Mapping[str, Any], inputs: list[Tensor] | None, depth: int
    ) -> list[Tensor]:
        shape = _shape(config.get("build_input_shape"))
        tensors = inputs or [Tensor(shape)]
        for entry in _list(config.get("layers"))[:LAYERS]:
            kind, arguments = _entry(entry)
            if kind == "InputLayer":
                tensors = inputs or [Tensor(_input(arguments))]
            elif kind in MODELS:
                tensors = self.model(arguments, tensors[:1], depth + 1)
            else:
                if not inputs and tensors[0].shape is None and tensors[0].maker is None:
                    tensors = [Tensor(_input(arguments))]
                layer = self.layer(entry)
                node = connect(layer, tensors[:1], 0)
                node.sequential = True
                self.called(node)
                tensors = node.outputs
        return tensors

    def layer(self, entry: Any) -> Layer:
        """Return the layer of an entry, the same one each time."""
        if id(entry) not in self.layers:
            new = layer(entry)
            self.layers[id(entry)] = new
            self.events.append(Event("layer", 0, {"layer": new, "names": {}}))
        return self.layers[id(entry)]

    def called(self, node: Node) -> None:
        self.events.append(Event("call", 0, {"node": node}))


class _Graph:
    """A functional model."""

    def __init__(
        self,
        builder: _Builder,
        config: Mapping[str, Any],
        inputs: list[Tensor] | None,
        depth: int,
    ) -> None:
        self.builder = builder
        self.config = config
        self.depth = depth
        self.tensors: dict[Key, Tensor] = {}
        self.shapes: dict[Key, Shape | None] = {}
        entries = _list(config.get("layers"))[:LAYERS]
        for entry in entries:
            self.shapes.update(_recorded(_mapping(entry).get("inbound_nodes")))
        given = dict(zip(_keys(config.get("input_layers")), inputs or [], strict=False))
        waiting = []
        for entry in entries:
            kind, arguments = _entry(entry)
            name = _name(entry)
            if kind == "InputLayer":
                key = (name, 0, 0)
                self.tensors[key] = given.get(key) or Tensor(_input(arguments))
            nodes = _list(_mapping(entry).get("inbound_nodes"))
            waiting += [(entry, name, index, node) for index, node in enumerate(nodes[:LAYERS])]
        for _ in range(ROUNDS):
            waiting = [call for call in waiting if not self.connect(*call)]

    def outputs(self) -> list[Tensor]:
        keys = _keys(self.config.get("output_layers"))
        return [self.tensors.get(key) or Tensor(None, UNKNOWN) for key in keys]

    def connect(self, entry: Any, name: str, index: int, node: Any) -> bool:
        """Make a call of a layer, if all that it reads is there."""
        first, words = _call(node)
        keys = _references(first)
        states = _references(words.get("initial_state"))
        kind, arguments = _entry(entry)
        if isinstance(node, list) and kind in RECURRENT and len(keys) > 1:  # as Keras 2 writes it
            keys, states = keys[:1], keys[1:]
        if any(key not in self.tensors for key in (*keys, *states)):
            return False
        inputs = [self.tensors[key] for key in keys] or [Tensor(None, UNKNOWN)]
        tensors: list[Tensor]
        if kind in MODELS and "layers" in arguments:
            tensors = self.builder.model(arguments, inputs, self.depth + 1)
        elif _is_operation(entry):
            tensors = self.operation(entry, inputs, node)
        else:
            tensors = self.layer(entry, inputs, states, words)
        for place, tensor in enumerate(tensors):
            key = (name, index, place)
            if tensor.shape is None or UNKNOWN in tensor.shape:
                tensor.shape = self.shapes.get(key, tensor.shape)
            self.tensors[key] = tensor
        return True

    def layer(
        self, entry: Any, inputs: list[Tensor], states: list[Key], words: Mapping[str, Any]
    ) -> list[Tensor]:
        layer = self.builder.layer(entry)
        keywords: dict[str, Any] = {}
        if _references(words.get("mask")):
            keywords["mask"] = UNKNOWN
        if states:
            keywords["initial_state"] = [self.tensors[key] for key in states]
        node = connect(layer, inputs, 0, keywords)
        node.states = list(keywords.get("initial_state", []))
        self.builder.called(node)
        return node.outputs

    def operation(self, entry: Any, inputs: list[Tensor], node: Any) -> list[Tensor]:
        """Return what arithmetic, or a slice, makes of tensors: it hands no mask on."""
        title = _name(entry)
        masks = [lost(tensor.mask, title, "arithmetic") for tensor in inputs]
        mask = next((mask for mask in masks if mask is not None), None)
        maker = inputs[0].maker
        args = _list(_mapping(node).get("args"))
        keys = _list(args[1]) if len(args) > 1 else []
        part = Tensor(None, mask, maker)
        inputs[0].cut = True
        if maker is not None and len(keys) > 1 and known(keys[1]):
            columns = _slice(keys[2]) if len(keys) > 2 else slice(None)
            about = {"at": keys[1], "columns": columns, "index": inputs[0].index, "part": part}
            self.builder.events.append(Event("slice", 0, {"node": maker, **about}))
        return [part]


def _slice(entry: Any) -> Any:
    """Return a slice that a configuration tells; UNKNOWN, if it is something else."""
    bounds = _mapping(_mapping(entry).get("config"))
    if not {"start", "stop"} <= bounds.keys():
        return UNKNOWN
    return slice(bounds["start"], bounds["stop"])


def _is_operation(entry: Any) -> bool:
    """Return whether an entry is arithmetic, or a slice, and no layer: Keras' say `trainable`."""
    kind, arguments = _entry(entry)
    module = str(_mapping(entry).get("module") or "keras")  # old files tell no module
    bare = module.startswith("keras") and "trainable" not in arguments
    return bare or "OpL" in kind or ".ops." in module  # as TFOpLambda of Keras 2


def layer(entry: Any) -> Layer:
    """Return the layer that an entry of a configuration tells."""
    kind, config = _entry(entry)
    arguments = {str(name): _plain(value) for name, value in config.items()}
    whole = Layer(kind, arguments, 0, name=_name(entry))
    for name in ("layer", "backward_layer", "cell"):
        if name in config:
            whole.inner += _inner(config[name])
    return whole


def _inner(entry: Any, depth: int = 0) -> list[Layer]:
    if depth > DEEPEST:
        return []
    if isinstance(entry, list):
        return [cell for part in entry[:LAYERS] for cell in _inner(part, depth + 1)]
    kind, config = _entry(entry)
    if kind == "StackedRNNCells":
        return _inner(config.get("cells"), depth + 1)
    return [layer(entry)] if kind else []


def _entry(entry: Any) -> tuple[str, Mapping[str, Any]]:
    mapping = _mapping(entry)
    kind = mapping.get("class_name")
    return kind if isinstance(kind, str) else "", _mapping(mapping.get("config"))


def _name(entry: Any) -> str:
    mapping = _mapping(entry)
    name = mapping.get("name") or _mapping(mapping.get("config")).get("name")
    return one_line(name)[:80] if isinstance(name, str) else ""


def _plain(value: Any) -> Any:
    """Return an argument: text and numbers as they are, of an object what is known of it."""
    if isinstance(value, int) and abs(value) >= LARGEST_SIZE:
        return UNKNOWN
    if isinstance(value, (str, int, float, bool, type(None))):
        return value
    if isinstance(value, (list, tuple)):
        return tuple(map(_plain, value)) if len(value) < 100 and _is_flat(value) else UNKNOWN
    mapping = _mapping(value)
    kind = mapping.get("class_name")
    config = mapping.get("config")
    if "value" in mapping or kind == "__lambda__":
        return Custom("lambda")
    if kind in ("DTypePolicy", "Policy"):
        return _mapping(config).get("name", UNKNOWN)
    if kind == "function":
        registered = ">" in str(mapping.get("registered_name"))
        return Custom("registered" if registered else "function")
    return UNKNOWN


def _is_flat(value: Sequence[Any]) -> bool:
    return not any(isinstance(part, (list, tuple, dict)) for part in value)


def _input(arguments: Mapping[str, Any]) -> Shape | None:
    names = ("batch_shape", "batch_input_shape")
    return next((_shape(arguments[name]) for name in names if name in arguments), None)


def _shape(value: Any) -> Shape | None:
    if not isinstance(value, (list, tuple)) or len(value) > DEEPEST:
        return None
    return tuple(None if size is None else size_of(size) for size in value)


def _call(node: Any) -> tuple[Any, Mapping[str, Any]]:
    """Return what a call reads, and its other arguments."""
    if isinstance(node, Mapping):
        args = _list(node.get("args"))
        words = dict(_mapping(node.get("kwargs")))
        if len(args) > 1 and "initial_state" not in words and _references(args[1]):
            words["initial_state"] = args[1]
        return args[:1], words
    last = node[-1] if isinstance(node, list) and node else None
    words = last[3] if isinstance(last, list) and len(last) > 3 else {}
    return node, _mapping(words)


def _keys(value: Any) -> list[Key]:
    """Return the references among the inputs or outputs of a model."""
    if _is_key(value):
        return [_key(value)]
    if isinstance(value, Mapping):
        value = list(value.values())
    return [_key(part) for part in _list(value)[:LAYERS] if _is_key(part)]


def _is_key(value: Any) -> bool:
    return (
        isinstance(value, (list, tuple))
        and len(value) in (3, 4)
        and isinstance(value[0], str)
        and known(*value[1:3])
    )


def _key(value: Sequence[Any]) -> Key:
    return one_line(value[0])[:80], value[1], value[2]


def _references(value: Any) -> list[Key]:
    """Return the tensors in the arguments of a call."""
    return [key for key, _ in _tensors(value)]


def _recorded(value: Any) -> Iterator[tuple[Key, Shape | None]]:
    """Yield the tensors in the arguments of calls, with their shapes."""
    yield from ((key, shape) for key, shape in _tensors(value) if shape is not None)


def _tensors(value: Any, depth: int = 0) -> Iterator[tuple[Key, Shape | None]]:
    if depth > DEEPEST:
        return
    if _is_key(value):
        yield _key(value), None
    elif isinstance(value, (list, tuple)):
        for part in value[:LAYERS]:
            yield from _tensors(part, depth + 1)
    elif isinstance(value, Mapping):
        config = _mapping(value.get("config"))
        history: Any = config.get("keras_history")
        if value.get("class_name") == "__keras_tensor__" and _is_key(history):
            yield _key(history), _shape(config.get("shape"))
        elif "args" in value or "kwargs" in value:
            for part in (value.get("args"), _mapping(value.get("kwargs")).get("initial_state")):
                yield from _tensors(part, depth + 1)
        elif "class_name" not in value:
            for part in list(value.values())[:LAYERS]:
                yield from _tensors(part, depth + 1)
