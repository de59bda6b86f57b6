"""What is wrong, or will surprise, in a program or a model: consequences of claims."""

from __future__ import annotations

import operator
import re
import sys
import textwrap
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

import msgspec

from lstm_spec import catalog
from lstm_spec.answers.constructor import OLD, constructor
from lstm_spec.answers.standing import false_at, named, release, standing
from lstm_spec.reviews import facts, model_file, program
from lstm_spec.reviews.building import RUNS
from lstm_spec.reviews.facts import Facts
from lstm_spec.reviews.network import (
    RECURRENT,
    UNKNOWN,
    Custom,
    Event,
    Layer,
    LostMask,
    Mask,
    Model,
    Node,
    is_refused,
    known,
    parameters,
)
from lstm_spec.reviews.network import (
    text as shape_text,
)
from lstm_spec.reviews.program import Program
from lstm_spec.reviews.source import ProgramError
from lstm_spec.reviews.values import Path as Path_
from lstm_spec.run import arguments, deviations, environment
from lstm_spec.run.deviations import Deviation
from lstm_spec.run.environment import Place
from lstm_spec.run.text import as_json, markdown_table, of_system, one_line, prose, read_toml

FILE = Path(__file__).with_name("findings.toml")
HEAD = "import keras\nimport numpy as np\nfrom keras import layers\n\n"
"""What stands before the program of a rule."""

COMMON = {"units", "name", "trainable", "seed", "input_shape", "input_dim", "autocast"}
"""Arguments that every layer has, or that change nothing that a claim is about."""
AROUND = ("Bidirectional", "RNN", "TimeDistributed", "StackedRNNCells", "Masking")
"""Layers around an LSTM: a claim that tries one is about models that have it."""

OF_ONE_SEQUENCE = ("saving.export-one-sequence",)
"""Claims about layers that keep the state of a single sequence."""

Item = tuple[str, str]
"""An argument, and its value or the kind of its value."""
WIDTH = 96
SILENT = "Nothing to say: no finding applies to what could be read."
GONE = {
    "fit_generator": "fit",
    "evaluate_generator": "evaluate",
    "predict_generator": "predict",
    "predict_classes": "predict(x).argmax(axis=-1), or predict(x) > 0.5 for one unit",
    "predict_proba": "predict",
    "nb_epoch": "epochs",
    "samples_per_epoch": "steps_per_epoch",
    "show_accuracy": 'metrics=["accuracy"] in compile',
    "lr": "learning_rate",
    "class_mode": "nothing: the loss tells it",
    "workers": "workers in the PyDataset that you give",
    "use_multiprocessing": "use_multiprocessing in the PyDataset that you give",
    "max_queue_size": "max_queue_size in the PyDataset that you give",
    "period": "save_freq",
    "sample_weight_mode": "nothing: sample_weight may be (batch, timesteps)",
    "TimeDistributedDense": "Dense",
    "TimeDistributedMerge": "GlobalAveragePooling1D, or another pooling",
    "Merge": "Concatenate, Add or another merge",
    "CuDNNGRU": "GRU",
}
"""Methods, arguments and layers that earlier releases of Keras had, and what to write."""
IN_LAYERS = {
    **{old: OLD[old] for old in OLD if old not in ("weights", "input_length", "time_major")},
    "W_constraint": "kernel_constraint",
    "b_constraint": "bias_constraint",
    "bias": "use_bias",
    "border_mode": "padding",
    "dim_ordering": "data_format",
    "filter_length": "kernel_size",
    "nb_filter": "filters",
    "pool_length": "pool_size",
    "stride": "strides",
    "subsample": "strides",
    "subsample_length": "strides",
}
"""Arguments of layers that earlier releases had; those of an LSTM are findings."""
IN_MODELS = {"input": "inputs", "output": "outputs"}
"""Arguments of `Model` that earlier releases had."""
MODULES = {
    "keras.backend.tensorflow_backend": "keras.backend, or keras.ops",
    "keras.engine": "keras, keras.layers and keras.models",
    "keras.initializations": "keras.initializers",
    "keras.layers.merge": "keras.layers.Concatenate, Add or another merge",
    "keras.objectives": "keras.losses",
    "keras.utils.generic_utils": "keras.utils",
    "keras.utils.np_utils": "keras.utils",
    "keras.utils.vis_utils": "keras.utils",
    "keras.utils.visualize_util": "keras.utils",
    "keras.wrappers.scikit_learn": "keras.wrappers.SKLearnClassifier and SKLearnRegressor",
}
"""Modules that earlier releases had, and what to import from."""
WITH_TENSORFLOW = {
    "keras.preprocessing.text": "keras.layers.TextVectorization, or tensorflow.keras",
    "keras.preprocessing.sequence.TimeseriesGenerator": (
        "keras.utils.timeseries_dataset_from_array, or tensorflow.keras"
    ),
}
"""What there is in tensorflow.keras only."""
CALLED = (*RUNS, "optimizer", "callback", "model")
"""Events of which the arguments may be of an earlier release."""
LEVELS = {"error": "error", "wrong numbers": "error", "slow": "note", "know": "note"}
"""The levels of SARIF."""
TITLES = {
    "error": "Refused by Keras",
    "wrong numbers": "Runs, and computes something else",
    "slow": "Slow",
    "know": "Good to know",
}
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

Severity = Literal["error", "wrong numbers", "slow", "know"]
READ = 30_000_000
"""How many bytes of a file are read at most: notebooks hold pictures."""
SEVERITIES: tuple[Severity, ...] = ("error", "wrong numbers", "slow", "know")
Value = bool | int | float | str | list[bool | int | float | str]
COMPARED = re.compile(r"(>=|<=|>|<) (-?\d+(?:\.\d+)?)")
"""A condition on a number: a sign and a bound."""
SIGNS: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What findings.toml says of a finding; the head of that file explains each key."""

    id: str
    claim: str
    severity: Severity
    when: dict[str, Value]
    sentence: str
    remedy: str
    program: str
    cure: list[tuple[str, str]]
    also: list[str] = []
    once: bool = False
    raises: str = ""

    @property
    def sick(self) -> str:
        """The program that has it."""
        return f"{HEAD}{self.program.lstrip()}"

    @property
    def cured(self) -> str:
        """The program without it."""
        changed = self.sick
        for old, new in self.cure:
            changed = changed.replace(old, new)
        return changed


class Finding(msgspec.Struct, frozen=True):
    """Something that is found, on a line."""

    id: str
    line: int
    severity: Severity
    sentence: str
    remedy: str
    claim: str
    says: str
    """What is true of the claim on the newest release."""
    also: list[str]


class Row(msgspec.Struct, frozen=True):
    """What a line, or a layer of a model, makes of shapes."""

    line: int
    what: str
    says: str
    claims: tuple[str, ...] = ()


class Touched(msgspec.Struct, frozen=True):
    """A claim that Keras breaks, about something that a model has."""

    claim: str
    layer: str
    instead: str
    """What happens instead."""


class Changed(msgspec.Struct, frozen=True):
    """A claim about something that a model has, which is true on one of two releases only."""

    claim: str
    says: str
    then: str
    """What is true of it here."""
    now: str
    """What is true of it there."""


class Review(msgspec.Struct, frozen=True):
    """All that is said of a program or a model."""

    name: str
    rows: list[Row]
    findings: list[Finding]
    notes: list[str]
    touched: list[Touched] = []
    """Of a model, what Keras is known to do otherwise with its layers."""
    changed: list[Changed] = []
    """Of a model, what changes for it on the release that is asked for."""
    gone: list[Gone] = []
    """Of a program, what it uses of earlier releases."""


class Gone(msgspec.Struct, frozen=True):
    """A method, an argument or a layer of earlier releases, which Keras 3 refuses."""

    line: int
    name: str
    write: str
    """What to write in its place."""
    of: str = ""
    """What had it; nothing, if that is Keras."""

    @property
    def sentence(self) -> str:
        """Say that it is gone."""
        return f"{self.of + ' of ' if self.of else ''}Keras 3 has no `{self.name}`."


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    finding: list[Rule]


@cache
def rules(path: Path = FILE) -> list[Rule]:
    """Return the findings that are known.

    Raises:
        UnreadableFileError: an unknown key, a missing one, or a value of another kind.
    """
    return read_toml(path, _File).finding


def of_file(file: str, to: str = "") -> Review:
    """Review a file: a program, or a model.

    Args:
        file: its name, or - for standard input.
        to: for a model, a Keras to which it is to be moved.

    Raises:
        ProgramError: it cannot be read, or holds neither.
        UnknownReleaseError: nothing is known of the release.
    """
    name = "standard input" if file == "-" else one_line(file)
    try:
        data = sys.stdin.buffer.read(READ) if file == "-" else _bytes(Path(file))
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        raise ProgramError(f"{one_line(file)!r} cannot be read: {of_system(error)}") from None
    if model_file.is_model(data):
        piped = file == "-" or not Path(file).is_file()  # it cannot be read again
        saved = model_file.piped(data, name) if piped else model_file.read(Path(file))
        return of_model(saved, name, to)
    if Path(file).suffix.lower() in model_file.SUFFIXES:
        raise ProgramError(f"{name} holds no model; {model_file.NOTHING}")
    if len(data) >= READ:
        raise ProgramError(f"{name} is larger than {READ:,} bytes; give a part of it")
    if to:
        raise ProgramError(f"{name} is a program; give --to with a model's file")
    return of_program(data.decode("utf-8", "replace"), name)


def of_model(model: model_file.Saved, name: str, to: str = "") -> Review:
    """Review a model as it was saved.

    Args:
        model: the model.
        name: what it is called in what is said.
        to: a Keras to which it is to be moved.

    Raises:
        UnknownReleaseError: nothing is known of the release.
    """
    events = model_file.events(model)
    known_facts = facts.of_events(events)
    known_facts += [(0, facts.of_saved(events, name, model.compiled))]
    note = [f"It was saved by Keras {one_line(model.version)}."] if model.version else []
    return reviewed(name, events, known_facts, note, to)


def reviewed(
    name: str,
    events: list[Event],
    known_facts: list[tuple[int, Facts]],
    notes: list[str],
    to: str = "",
) -> Review:
    """Return the review of a model, of what its layers do and what is known of them.

    Args:
        name: what it is called.
        events: its layers and their calls.
        known_facts: what findings look at.
        notes: what else is to be said.
        to: a Keras to which it is to be moved.

    Raises:
        UnknownReleaseError: nothing is known of the release.
    """
    layers = [event.about["layer"] for event in events if event.kind == "layer"]
    if not any(layer.core.kind in RECURRENT for layer in layers):
        notes = [*notes, "It has no recurrent layer that could be read."]
    listed = list(findings(known_facts))
    moved = changed(layers, to) if to else []
    return Review(name, _rows(events), listed, notes, touched(layers, _kept_rows(events)), moved)


def _kept_rows(events: Iterable[Event]) -> set[Any]:
    """Return for how many sequences the layers of a model keep states."""
    calls = [event.about["node"] for event in events if event.kind == "call"]
    shapes = [node.inputs[0].shape for node in calls if node.inputs and node.layer.stateful is True]
    return {shape[0] for shape in shapes if shape}


def _bytes(path: Path) -> bytes:
    with path.open("rb") as opened:
        return opened.read(READ)


def of_program(text_: str, name: str = "program") -> Review:
    """Review a program.

    Args:
        text_: the program, or Markdown that holds it.
        name: what it is called in what is said.

    Raises:
        ProgramError: there is no program in it.
    """
    read = program.program(text_)
    listed = list(findings(facts.of_program(read)))
    gone = sorted(dict.fromkeys(_gone(read)), key=lambda entry: entry.line)
    return Review(name, _rows(read.events), listed, _notes(read), gone=gone)


def findings(known_facts: Iterable[tuple[int, Facts]]) -> Iterator[Finding]:
    """Yield what is found in facts, by line, the worst first, each once."""
    seen: dict[tuple[int, str, str], Finding] = {}
    for line, here in known_facts:
        for rule in rules():
            place = 0 if rule.once else line
            if holds(rule.when, here) and not _repeats(rule, here, place, seen):
                finding = _finding(rule, line, here)
                words = "" if rule.once else finding.sentence
                seen.setdefault((place, rule.id, words), finding)
    yield from sorted(
        seen.values(), key=lambda finding: (finding.line, SEVERITIES.index(finding.severity))
    )


def _repeats(
    rule: Rule, here: Facts, place: int, seen: Mapping[tuple[int, str, str], Finding]
) -> bool:
    """Return whether a finding of data to validate on was made of those to train on."""
    validates = here.get("what") == "validation data"
    return validates and any(key[:2] == (place, rule.id) for key in seen)


def holds(when: Mapping[str, Value], here: Facts) -> bool:
    """Return whether facts meet conditions."""
    return all(name in here and _meets(here[name], wanted) for name, wanted in when.items())


def _meets(fact: Any, wanted: Value) -> bool:
    if isinstance(wanted, list):
        return any(_meets(fact, value) for value in wanted)
    if isinstance(wanted, str):
        if wanted == "known":
            return True
        if compared := COMPARED.fullmatch(wanted):
            return _is_number(fact) and SIGNS[compared[1]](fact, float(compared[2]))
        if wanted.startswith("not in "):
            return str(fact) not in wanted.removeprefix("not in ").split(", ")
    return isinstance(fact, bool) is isinstance(wanted, bool) and bool(fact == wanted)


def _is_number(fact: Any) -> bool:
    return isinstance(fact, (int, float)) and not isinstance(fact, bool)


def _finding(rule: Rule, line: int, here: Facts) -> Finding:
    stands = standing(catalog.find(rule.claim))
    words = _Words(here | {"standing": stands.sentence})
    return Finding(
        id=rule.id,
        line=line,
        severity=rule.severity,
        sentence=one_line(rule.sentence.format_map(words)),
        remedy=one_line(rule.remedy.format_map(words)),
        claim=rule.claim,
        says=str(stands),
        also=rule.also,
    )


class _Words(dict[str, Any]):
    """Facts for a sentence; one that is not known is written as a question mark."""

    def __missing__(self, name: str) -> str:
        return "?"


def _notes(read: Program) -> list[str]:
    notes = []
    if read.source.left_out:
        lines = ", ".join(map(str, sorted(set(read.source.left_out))[:10]))
        notes.append(f"Lines left out, since they are not Python: {lines}.")
    if read.cut:
        notes.append("The program is long; the rest of it was not read.")
    if not any(event.kind == "layer" for event in read.events):
        notes.append("No layer of Keras was found in it.")
    return notes


def _gone(read: Program) -> Iterator[Gone]:
    """Yield the methods, arguments and layers of earlier releases that the program uses."""
    for event in read.events:
        named = event.about["call"].named if event.kind in CALLED else ()
        layer = event.about["node"].layer.kind if event.kind == "call" else ""
        if layer in GONE:
            yield Gone(event.line, layer, GONE[layer])
        for name in (event.about.get("method", ""), *named):
            if name in GONE:
                yield Gone(event.line, name, GONE[name], _owner(event, name))
        yield from (Gone(event.line, *entry) for entry in _gone_here(event))


def _owner(event: Event, name: str) -> str:
    """Return what took an argument, or had a method, that is gone."""
    method = event.about.get("method", event.kind)
    owners = {"optimizer": "An optimizer", "callback": event.about.get("name", "")}
    return "A model" if name == method else owners.get(event.kind, f"{method}()")


def _gone_here(event: Event) -> Iterator[tuple[str, ...]]:
    """Yield what is gone of modules, and of arguments of layers and of Model, and what to write.

    Behind it stands what had it.
    """
    if event.kind == "import":
        yield from _gone_module(event.about["module"], event.about["name"])
    if event.kind == "functional":
        given = event.about["call"].named
        yield from ((old, IN_MODELS[old], "Model") for old in given if old in IN_MODELS)
    if event.kind == "layer":
        layer = event.about["layer"]
        kept = ("output_dim",) if layer.kind.endswith("Embedding") else ()
        gone = IN_LAYERS.keys() - kept if layer.kind not in ("LSTM", "LSTMCell") else ()
        old = [name for name in layer.arguments if name in gone]
        yield from ((name, IN_LAYERS[name], layer.kind) for name in old)


def _gone_module(module: Path_, name: str) -> Iterator[tuple[str, str]]:
    """Yield a module of earlier releases, and from where to import what is imported from it."""
    if f"{module.name}.{name}".startswith("keras."):
        listed = MODULES | WITH_TENSORFLOW
    elif module.name.startswith("tensorflow.keras."):
        listed = MODULES
    else:
        return
    imported = f"{module.whole}.{name}."
    place = next((old for old in listed if imported.startswith(f"{old}.")), "")
    if place:
        yield place, listed[place]
    elif module.whole.startswith("keras.layers."):
        yield module.whole, "keras.layers"


def _rows(events: Iterable[Event]) -> list[Row]:
    return list(dict.fromkeys(row for event in events if (row := _row(event))))


def _row(event: Event) -> Row | None:
    if event.kind == "call":
        return of_node(event.about["node"])
    if event.kind in ("fit", "evaluate", "predict"):
        return _run(event)
    return None


def of_node(node: Node) -> Row | None:
    """Say what a layer makes of shapes."""
    layer = node.layer
    shapes = [tensor.shape for tensor in node.inputs]
    outputs = [tensor.shape for tensor in node.outputs]
    if all(shape is None for shape in [*shapes, *outputs]):
        return None
    weights = parameters(layer, shapes)
    count = f"; {weights:,} parameters" if weights else ""
    what = _written(layer)
    reads = " and ".join(map(shape_text, shapes))
    gives = " and ".join(map(shape_text, outputs))
    refused = is_refused(layer, shapes)
    claims: tuple[str, ...] = ()
    if layer.kind == "LSTM" and not refused:
        claims = ("shapes.width", "weights.parameter-count") if weights else ("shapes.width",)
    if not node.line and layer.name:
        what = f"{layer.name}: {what}"
    says = f"{reads} -> refused" if refused else f"{reads} -> {gives}{count}{_mask(node)}"
    return Row(node.line, one_line(what), one_line(says), claims)


def _mask(node: Node) -> str:
    """Say what becomes of a mask in a recurrent layer."""
    mask = node.inputs[0].mask if node.inputs and node.layer.kind in RECURRENT else None
    given = node.keywords.get("mask") is not None
    if isinstance(mask, LostMask):
        passed = ", but a mask is passed to it" if given else ""
        return f"; the mask of {mask.source.title} is lost at {mask.at}{passed}"
    if isinstance(mask, Mask) and given:
        return "; follows the mask that is passed to it"
    if isinstance(mask, Mask):
        reads = node.keywords.get("initial_state") is not None
        return f"; {'reads' if reads else 'skips'} what {mask.source.title} masks"
    return ""


def _written(layer: Any) -> str:
    core = layer.core
    inner = f"({core.kind})" if core is not layer else ""
    units = core.get("units")
    size = f"({units})" if known(units) else ""
    return f"{layer.kind}{inner or size}"


def _run(event: Event) -> Row | None:
    model: Model = event.about["model"]
    here = next(iter(facts.EVENTS[event.kind](event)))
    here = {name: value for name, value in here.items() if value is not UNKNOWN}
    if "data" not in here:
        return None
    claims: tuple[str, ...] = ()
    says = [f"data {here['data']}"]
    if "targets" in here:
        says.append(f"targets {here['targets']}")
    if "output" in here or event.kind == "predict":
        shape = model.output.shape if model.output else None
        says.append(f"output {_for_rows(shape, here.get('samples'))}")
    if here.get("width_fits") and here.get("lstm_last") and event.kind == "fit":
        rows = here.get("samples", "samples")
        width = here["output_width"]
        other = 2 if width != 2 else 3
        says.append(f"the targets fit: LSTM({other}) would need ({rows}, {other})")
        claims += ("shapes.targets",)
    if event.kind == "fit" and "batches" in here:
        batches = here["batches"]
        batch = min(here["batch"], here["trained"])
        says.append(f"{batches} {'batches' if batches > 1 else 'batch'} of {batch} in each epoch")
        if here.get("stateful") is False and here["has_recurrent"]:
            says.append("no state is kept from one sample to the next")
            claims += ("state.stateless-forgets",)
    return Row(event.line, event.kind, "; ".join(says), claims)


def _for_rows(shape: Any, samples: Any) -> str:
    if shape is None:
        return "?"
    return shape_text((samples, *shape[1:]) if known(samples) else shape)


def worst(review: Review) -> Severity | None:
    """Return the worst severity that is found."""
    severities = {finding.severity for finding in review.findings}
    severities |= {"error"} if review.gone else set()
    return next((severity for severity in SEVERITIES if severity in severities), None)


# What Keras is known to do otherwise, and what changes between releases


def installed() -> Place:
    """Return the Keras that is installed; if there is none, the newest release."""
    place = environment.installed()
    return place if place.version("keras") else deviations.newest()


def touched(layers: Iterable[Layer], kept: Container[Any] = (1,)) -> list[Touched]:
    """Return what Keras is known to do otherwise with layers that a model has.

    Only claims that concern certain arguments count: all else would be about every model.

    Args:
        layers: the model's.
        kept: for how many sequences they keep states.
    """
    whole = list(layers)
    where = installed()
    listed = []
    for deviation in deviations.at(where):
        items, kinds = _about().get(deviation.claim, (frozenset(), frozenset()))
        owner = next((layer for layer in whole if items and items <= _items(layer.core)), None)
        if deviation.claim in OF_ONE_SEQUENCE and 1 not in kept:
            continue
        if owner is not None and not deviation.holds and kinds <= _kinds(whole):
            listed.append(Touched(deviation.claim, one_line(owner.title), deviation.instead))
    return listed


def changed(layers: Iterable[Layer], to: str) -> list[Changed]:
    """Return what is otherwise on another release, of the claims about what a model has.

    Args:
        layers: the model's.
        to: the release, like keras==3.9.2.

    Raises:
        UnknownReleaseError: nothing is known of it.
    """
    whole = list(layers)
    then = installed()
    now, _ = release(to)
    listed = []
    for claim in sorted(claim for claim, about in _about().items() if _is_about(about, whole)):
        before = false_at(claim, then)
        after = false_at(claim, now)
        if (before is None) is not (after is None):
            statement = catalog.find(claim).statement
            listed.append(Changed(claim, statement, _outcome(then, before), _outcome(now, after)))
    return listed


def _outcome(place: Place, deviation: Deviation | None) -> str:
    """Say what a claim comes to on a Keras."""
    return f"{named(place)}: {deviation.instead if deviation else 'it holds.'}"


def _is_about(about: tuple[frozenset[Item], frozenset[str]], layers: list[Layer]) -> bool:
    items, kinds = about
    return kinds <= _kinds(layers) and any(
        items <= _items(layer.core) for layer in layers if layer.core.kind == "LSTM"
    )


@cache
def _about() -> dict[str, tuple[frozenset[Item], frozenset[str]]]:
    """Return what each claim always gives to an LSTM, and the layers that it puts around it."""
    items: dict[str, frozenset[Item]] = {}
    kinds: dict[str, set[str]] = {}
    for call in arguments.load().calls:
        given = frozenset(item for item in call.arguments.items() if item[0] not in COMMON)
        for claim in call.claims:
            if call.object == "LSTM":
                items[claim] = items.get(claim, given) & given
            if call.object in AROUND:
                kinds.setdefault(claim, set()).add(call.object)
    return {claim: (given, frozenset(kinds.get(claim, ()))) for claim, given in items.items()}


def _items(layer: Layer) -> frozenset[Item]:
    """Return the arguments of a layer that are no defaults, as the claims' are recorded."""
    return frozenset(_differing(layer)) if layer.kind == "LSTM" else frozenset()


def _differing(layer: Layer) -> Iterator[Item]:
    by_name = constructor().by_name
    for name, value in layer.arguments.items():
        if isinstance(value, Custom):
            yield name, "function"
        elif _is_plain(value) and name in by_name.keys() - COMMON and by_name[name].differs(value):
            yield name, arguments.describe(value)


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, (int, float, str))


def _kinds(layers: Iterable[Layer]) -> frozenset[str]:
    return frozenset(layer.kind for layer in layers)


# Formats


def text(review: Review, width: int = WIDTH) -> str:
    """Return a review for a terminal, line by line."""
    lines = [review.name]
    digits = max((len(str(line)) for line in _numbers(review)), default=1)
    for number in sorted(_numbers(review)):
        lines += _line(review, number, digits, width)
    if not review.findings and not review.gone:
        lines.append(SILENT)
    for title, items in _lists(review).items():
        lines += [f"{title}:", *(_filled(item.replace("`", ""), "- ", width) for item in items)]
    lines += [_filled(note, "", width) for note in review.notes]
    return "\n".join(lines) + "\n"


def _numbers(review: Review) -> set[int]:
    lines = {row.line for row in review.rows} | {entry.line for entry in review.gone}
    return lines | {finding.line for finding in review.findings}


def _line(review: Review, number: int, digits: int, width: int) -> Iterator[str]:
    margin = f"{number or '':>{digits + 2}}  "
    for row in (row for row in review.rows if row.line == number):
        yield _filled(f"{row.what}: {row.says}{_cited(row.claims)}", margin, width)
        margin = " " * len(margin)
    for entry in (entry for entry in review.gone if entry.line == number):
        yield _filled(f"ERROR: {entry.sentence}", margin, width)
        margin = " " * len(margin)
        yield _filled(f"Do: write {entry.write}.", f"{margin}  ", width)
    for finding in (finding for finding in review.findings if finding.line == number):
        claims = _cited([finding.claim, *finding.also])
        yield _filled(f"{finding.severity.upper()}: {finding.sentence}{claims}", margin, width)
        margin = " " * len(margin)
        yield _filled(f"Do: {finding.remedy}.", f"{margin}  ", width)


def _cited(claims: Sequence[str]) -> str:
    return f" [{', '.join(claims)}]" if claims else ""


def _filled(text_: str, margin: str, width: int) -> str:
    after = " " * (len(margin) + 2) if margin else ""
    return textwrap.fill(
        text_,
        min(width, WIDTH),
        initial_indent=margin,
        subsequent_indent=after,
        break_on_hyphens=False,
        break_long_words=False,
    )


def markdown(review: Review) -> str:
    """Return a review as an answer: what is wrong first, then what each line makes of shapes."""
    parts = []
    for severity in SEVERITIES:
        of_severity = [finding for finding in review.findings if finding.severity == severity]
        entries = [*map(_item, of_severity)]
        entries += map(_item_gone, review.gone if severity == "error" else [])
        if entries:
            parts.append(f"**{TITLES[severity]}**\n\n" + "\n".join(entries))
    if not review.findings and not review.gone:
        parts.append(SILENT)
    if review.rows:
        rows = [(str(row.line or ""), f"`{row.what}`", _escaped(row.says)) for row in review.rows]
        table = markdown_table(("line", "", "shapes"), rows)
        parts.append(f"**What the lines make of the shapes**\n\n{table}")
    if review.findings:
        claims = dict(sorted((finding.claim, finding.says) for finding in review.findings))
        items = "\n".join(f"- {prose(words)} (`{claim}`)" for claim, words in claims.items())
        parts.append(f"**The claims behind this, tried by lstm-spec**\n\n{items}")
    for title, listed in _lists(review).items():
        parts.append(f"**{title}**\n\n" + "\n".join(f"- {prose(item)}" for item in listed))
    return "\n\n".join([*parts, *review.notes]) + "\n"


def _lists(review: Review) -> dict[str, list[str]]:
    """Return what is said of a model beside its findings."""
    touched = [f"{item.layer}: {item.instead} (`{item.claim}`)" for item in review.touched]
    changed = [f"{item.says} {item.then} {item.now} (`{item.claim}`)" for item in review.changed]
    both = {"What this Keras does otherwise with it": touched, "What changes": changed}
    return {title: items for title, items in both.items() if items}


def _item(finding: Finding) -> str:
    where = f"Line {finding.line}: " if finding.line else ""
    return f"- {where}{prose(finding.sentence)} To do: {prose(finding.remedy)}. (`{finding.claim}`)"


def _item_gone(entry: Gone) -> str:
    return f"- Line {entry.line}: {entry.sentence} To do: write {prose(entry.write)}."


def _escaped(sentence: str) -> str:
    return prose(sentence).replace("|", "\\|")


def sarif(review: Review) -> str:
    """Return a review as SARIF 2.1.0, which editors and code hosts show."""
    used = {finding.id for finding in review.findings}
    driver = {
        "name": "lstm-spec",
        "version": metadata.version("lstm-spec"),
        "rules": [_sarif_rule(rule) for rule in rules() if rule.id in used],
    }
    run = {
        "tool": {"driver": driver},
        "results": [
            *(_sarif_result(review, finding) for finding in review.findings),
            *(_sarif_gone(review, entry) for entry in review.gone),
        ],
    }
    return as_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _sarif_rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.claim},
        "help": {"text": f"lstm-spec cite {rule.claim}"},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
    }


def _sarif_result(review: Review, finding: Finding) -> dict[str, Any]:
    words = f"{finding.sentence} Do: {finding.remedy}. [{finding.claim}]"
    return {
        "ruleId": finding.id,
        "level": LEVELS[finding.severity],
        "message": {"text": words},
        "locations": [_place(review, finding.line)],
    }


def _sarif_gone(review: Review, entry: Gone) -> dict[str, Any]:
    return {
        "level": "error",
        "message": {"text": f"{entry.sentence} Do: write {entry.write}.".replace("`", "")},
        "locations": [_place(review, entry.line)],
    }


def _place(review: Review, line: int) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": review.name}}
    if line:
        place["region"] = {"startLine": line}
    return {"physicalLocation": place}


FORMATS: dict[str, Callable[[Review], str]] = {
    "text": text,
    "markdown": markdown,
    "json": as_json,
    "sarif": sarif,
}
