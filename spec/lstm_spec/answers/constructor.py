"""The constructor of LSTM: what it takes, what it refuses, and what an argument changes.

The arguments are recorded in constructor.toml, so nothing here imports Keras.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeGuard

import msgspec

from lstm_spec import catalog
from lstm_spec.answers.standing import standing
from lstm_spec.errors import UsageError
from lstm_spec.run.text import parsed, read_toml, shorten

LAYERS = ("LSTM", "Bidirectional")
EXAMPLE = "'LSTM(2, return_sequences=True)'"
LITERALS = "a string, a number, True, False, None, or a tuple or list of these"
LONGEST = 2_000
"""The most characters that a call may have."""
SHOWN = 40
"""How many characters of what was given an error repeats at most."""
LARGEST = 10**9
"""The largest size."""
SHAPE = re.compile(r"\s*(None|[0-9]{1,10})\s*,\s*(None|[0-9]{1,10})\s*")


OLD = {
    "output_dim": "units",
    "init": "kernel_initializer",
    "inner_init": "recurrent_initializer",
    "forget_bias_init": "unit_forget_bias",
    "inner_activation": "recurrent_activation",
    "W_regularizer": "kernel_regularizer",
    "U_regularizer": "recurrent_regularizer",
    "b_regularizer": "bias_regularizer",
    "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout",
    "p": "rate",
    "consume_less": "implementation",
    "batch_input_shape": "keras.Input(batch_shape=...)",
    "input_length": "keras.Input((timesteps, features))",
    "weights": "set_weights",
    "time_major": "a transposed input",
}
"""Arguments of Keras 1 and 2, and what takes their place."""


class CallError(UsageError):
    """What was given is no constructor call, is refused by LSTM, or is no shape of an input."""


@dataclass(frozen=True)
class Call:
    """A call, with literals for its arguments; the first of Bidirectional may be a call too."""

    name: str
    """The name of the layer, without the modules before it."""
    positional: tuple[Any, ...]
    named: dict[str, Any]

    def __str__(self) -> str:
        """Write the call as Python."""
        given = [written(value) for value in self.positional]
        named = [f"{name}={written(value)}" for name, value in self.named.items()]
        return f"{self.name}({', '.join(given + named)})"


def written(value: Any) -> str:
    """Write an argument as Python."""
    return str(value) if isinstance(value, Call) else repr(value)


def short(text: str) -> str:
    """Return a text as far as an error repeats it."""
    return shorten(text, SHOWN)


def shown(text: str) -> str:
    """Return what was given for an error: quoted, on one line, and cut short."""
    return repr(short(text))


def parse(text: str) -> Call:
    """Read a constructor call.

    Raises:
        CallError: it is none, or has an argument that is no literal.
    """
    if len(text) > LONGEST:
        raise CallError(f"the call has {len(text)} characters; give at most {LONGEST}")
    try:
        body = parsed(text.strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise CallError(f"{shown(text)} is not Python; give a call such as {EXAMPLE}") from None
    value = getattr(body[0], "value", None) if len(body) == 1 else None
    return _call(_constructed(value), text.strip())


def _constructed(node: ast.expr | None) -> ast.expr | None:
    """Return the constructor call in `model.add(LSTM(8))` and in `LSTM(8)(inputs)`."""
    while isinstance(node, ast.Call):
        added = isinstance(node.func, ast.Attribute) and node.func.attr == "add"
        if added and len(node.args) == 1:
            node = node.args[0]
        elif isinstance(node.func, ast.Call):
            node = node.func
        else:
            break
    return node


def _call(node: ast.expr | None, text: str) -> Call:
    if not isinstance(node, ast.Call):
        raise CallError(f"{shown(text)} is no call; give one such as {EXAMPLE}")
    name = _name(node.func, text)
    words = [keyword.arg for keyword in node.keywords]
    if None in words or _has_star(node.args):
        raise CallError(f"{shown(text)} unpacks its arguments; write each of them out")
    if twice := [word for word in words if words.count(word) > 1]:
        raise CallError(f"{shown(str(twice[0]))} is given twice; give it once")
    return Call(
        name,
        tuple(_argument(name, value, text) for value in node.args),
        {str(keyword.arg): _argument(name, keyword.value, text) for keyword in node.keywords},
    )


def _has_star(nodes: list[ast.expr]) -> bool:
    return any(isinstance(node, ast.Starred) for node in nodes)


def _name(node: ast.expr, text: str) -> str:
    """Return the name of the layer; before it may stand keras.layers or the like.

    Raises:
        CallError: it is another layer, or comes from elsewhere.
    """
    *modules, name = _dotted(node)
    if name not in LAYERS or (modules and modules[-1] != "layers"):
        given = shown(_source(node, text))
        raise CallError(f"{given} is not explained; give LSTM(...) or Bidirectional(LSTM(...))")
    return name


def _dotted(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Attribute):
        return [*_dotted(node.value), node.attr]
    return [node.id] if isinstance(node, ast.Name) else [""]


def _argument(owner: str, node: ast.expr, text: str) -> Any:
    if owner == "Bidirectional" and isinstance(node, ast.Call):
        return _call(node, text)
    return _literal(node, text)


def _literal(node: ast.expr, text: str) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, int, float, type(None))):
        return node.value
    if isinstance(node, (ast.Tuple, ast.List)) and not _has_star(node.elts):
        parts = [_literal(part, text) for part in node.elts]
        return parts if isinstance(node, ast.List) else tuple(parts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        value = _literal(node.operand, text)
        if isinstance(value, (int, float)):
            return -value if isinstance(node.op, ast.USub) else +value
    given = shown(_source(node, text))
    raise CallError(f"{given} is no literal, and nothing is evaluated; give {LITERALS}")


def _source(node: ast.expr, text: str) -> str:
    return ast.get_source_segment(text, node) or text


def input_shape(text: str) -> tuple[int | None, int | None]:
    """Read the numbers of timesteps and of features, such as 3,1 or None,1.

    Raises:
        CallError: it is neither.
    """
    sizes = SHAPE.fullmatch(text)
    if sizes is None:
        hint = "the numbers of timesteps and of features, such as 3,1 or None,1, without the batch"
        raise CallError(f"{shown(text)} is no shape of an input; give {hint}")
    timesteps, features = (None if size == "None" else int(size) for size in sizes.groups())
    for size in (timesteps, features):
        if size is not None and size > LARGEST:
            raise CallError(f"{size} in --input is too large; give at most {LARGEST}")
    return timesteps, features


@dataclass(frozen=True)
class Layer:
    """A layer and the sizes of its input."""

    call: Call
    given: Given
    """The arguments of LSTM that are given."""
    timesteps: int | None
    features: int
    mode: str | None = ""
    """The merge_mode of Bidirectional; no text, if it is an LSTM alone."""

    @property
    def units(self) -> int:
        """The number of units of each LSTM."""
        units: int = self.given["units"]
        return units

    @property
    def length(self) -> int | str:
        """The number of timesteps, or the word for any."""
        return "timesteps" if self.timesteps is None else self.timesteps

    @property
    def directions(self) -> int:
        """How many LSTMs there are: Bidirectional has two."""
        return 1 if self.mode == "" else 2

    def on(self, flag: str) -> bool:
        """Return whether a flag is on: Python's truth value counts."""
        return bool(self.given.get(flag, constructor().by_name[flag].default))


def declared(text: str) -> tuple[int | None, int | None] | None:
    """Return the numbers of timesteps and of features that a call gives as its `input_shape`.

    Raises:
        CallError: it is no such call.
    """
    call = parse(text)
    inner = call.positional[0] if call.name == "Bidirectional" and call.positional else call
    shape = next((part.named["input_shape"] for part in (inner, call) if _has_shape(part)), None)
    return (shape[0], shape[1]) if _is_shape(shape) else None


def _has_shape(call: Any) -> bool:
    return isinstance(call, Call) and "input_shape" in call.named


def _is_shape(shape: Any) -> TypeGuard[Sequence[int | None]]:
    return isinstance(shape, (tuple, list)) and len(shape) == 2 and all(map(_is_size, shape))


def _is_size(size: Any) -> bool:
    whole = isinstance(size, int) and not isinstance(size, bool)
    return size is None or (whole and 0 <= size <= LARGEST)


def layer(text: str, sizes: tuple[int | None, int | None]) -> Layer:
    """Return the layer that a call makes, for an input.

    Args:
        text: the call.
        sizes: the numbers of timesteps and of features; None is any number.

    Raises:
        CallError: it is no such call.
        RefusedError: Keras refuses it, or the input.
    """
    if not _is_shape(sizes):
        hint = "give the numbers of timesteps and of features, such as (3, 1) or (None, 1)"
        raise CallError(f"{short(str(sizes))} is no shape of an input; {hint}")
    timesteps, features = sizes
    if features is None:
        raise RefusedError("None features", "shapes.known-feature-count", "their number")
    if timesteps == 0:
        raise RefusedError("0 timesteps", "shapes.empty-sequence", "1 or more, or None")
    call = parse(text)
    inner, mode = (call, "") if call.name == "LSTM" else unwrap(call)
    built = Layer(call, bind(inner), timesteps, features, mode)
    if built.directions == 2 and built.on("go_backwards"):
        claim = "wrappers.two-directions-needed"
        raise RefusedError("go_backwards=True", claim, "the LSTM without go_backwards")
    return built


FILE = Path(__file__).with_name("constructor.toml")
MERGE_MODES = ("sum", "mul", "ave", "concat", None)

Given = dict[str, Any]
"""Arguments by name, those alone that the call gives."""


class Argument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An argument of LSTM, and what is told of it."""

    name: str
    kind: str
    claims: list[str]
    default: Any = None
    names: str = ""
    keyword: bool = False
    on: str = ""
    off: str = ""
    changes: str = ""
    values: dict[str, list[str]] = {}

    def change(self, value: Any) -> str:
        """Say what a value does."""
        return self.changes or (self.on if value else self.off)

    def differs(self, value: Any) -> bool:
        """Return whether a value is not the default."""
        return type(value) is not type(self.default) or bool(value != self.default)


class Constructor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What constructor.toml holds."""

    core: list[str]
    occasions: dict[str, list[str]]
    argument: list[Argument]
    names: dict[str, list[str]]

    @property
    def by_name(self) -> dict[str, Argument]:
        """The arguments by their names."""
        return {argument.name: argument for argument in self.argument}


@cache
def constructor() -> Constructor:
    """Return the constructor of LSTM as it is recorded."""
    return read_toml(FILE, Constructor)


class RefusedError(CallError):
    """What Keras refuses; the message is the claim that says so."""

    def __init__(self, given: str, claim: str, instead: str) -> None:
        """Write the message.

        Args:
            given: what was given.
            claim: the id of the claim.
            instead: what to write.
        """
        self.claim = claim
        self.instead = instead
        sentence = str(standing(catalog.find(claim))).removesuffix(".")
        super().__init__(f"{given}: {sentence} ({claim}). Give {instead}.")


def bind(call: Call) -> Given:
    """Return the arguments of a call of LSTM by name.

    Raises:
        CallError: they do not fit together, or units is missing.
        RefusedError: LSTM refuses one of them.
    """
    takes = constructor().by_name
    order = [name for name, argument in takes.items() if not argument.keyword]
    given = _by_name(call, order)
    for name in given:
        if name not in takes:
            near = difflib.get_close_matches(name, list(takes), n=1) or ["one that LSTM has"]
            shown = f"{name}={short(written(given[name]))}"
            instead = OLD.get(name) or f"another argument: {near[0]}"
            raise RefusedError(shown, "shapes.unknown-arguments", instead)
    if "units" not in given:
        raise CallError(f"{short(str(call))} lacks units; give how many there are, as in LSTM(8)")
    for name, value in given.items():
        check(takes[name], value)
    return given


def _by_name(call: Call, order: list[str]) -> Given:
    if len(call.positional) > len(order):
        count = len(call.positional)
        raise CallError(f"{call.name} takes {len(order)} arguments by position, not {count}")
    given = dict(zip(order, call.positional, strict=False))
    if twice := sorted(given.keys() & call.named.keys()):
        raise CallError(f"{twice[0]} is given twice, by position and by name; give it once")
    return given | call.named


def check(argument: Argument, value: Any) -> None:
    """Find out whether LSTM takes a value.

    Raises:
        CallError: it does not.
        RefusedError: it does not, and a claim says so.
    """
    given = f"{argument.name}={short(written(value))}"
    if argument.kind == "units":
        _check_units(given, value)
    elif argument.kind == "function":
        _check_function(given, argument, value)
    elif argument.kind == "seed" and value is not None and type(value) is not int:
        raise RefusedError(given, "errors.seed-of-another-type", "a whole number or None")
    elif argument.kind == "cudnn" and value not in (True, False, "auto"):
        raise RefusedError(given, "errors.use-cudnn-value", 'True, False or "auto"')
    elif argument.kind == "dtype":
        _check_dtype(given, value)
    elif expected := _expected(argument.kind, value):
        raise CallError(f"{given} is refused by Keras; give {expected}")


def _check_units(given: str, value: Any) -> None:
    whole = "a whole number from 1 up"
    if value is True:
        raise RefusedError(given, "errors.units-true", whole)
    if isinstance(value, float):
        raise RefusedError(given, "shapes.whole-units", whole)
    if not isinstance(value, int):
        raise RefusedError(given, "errors.units-of-text", whole)
    if value < 1:
        raise RefusedError(given, "shapes.positive-units", whole)
    if value > LARGEST:
        raise CallError(f"{given} is too large; give at most {LARGEST}")


def _check_function(given: str, argument: Argument, value: Any) -> None:
    names = constructor().names[argument.names]
    if value is None or (isinstance(value, str) and value in names):
        return
    if isinstance(value, str):
        near = difflib.get_close_matches(value.lower(), names, n=2) or names[-3:]
        raise RefusedError(given, "errors.unknown-name", " or ".join(map(repr, near)))
    named = f"the name of a function, such as {(argument.default or names[0])!r}"
    if argument.name == "activation" and not isinstance(value, float):
        raise RefusedError(given, "errors.second-argument-of-layer", named)
    raise RefusedError(given, "errors.number-for-function", named)


def _check_dtype(given: str, value: Any) -> None:
    names = constructor().names["dtypes"]
    if value is None or (isinstance(value, str) and value in names):
        return
    if isinstance(value, str) and value.lstrip("u").startswith(("int", "bool")):
        raise RefusedError(
            given, "errors.integer-dtype", "a type of floating point, such as 'float32'"
        )
    raise CallError(f"{given} is no type of an LSTM; give one of {', '.join(names)}")


def _expected(kind: str, value: Any) -> str:
    """Say what is expected of a value; nothing, if it is as expected."""
    if kind == "share" and not isinstance(value, (int, float)):
        return "a number from 0 to 1"
    if kind == "shape" and not _is_shape(value):
        return "the numbers of timesteps and of features, such as (None, 1)"
    if kind == "trainable" and not isinstance(value, bool):
        return "True or False"
    if kind == "name" and value is not None and (not isinstance(value, str) or "/" in value):
        return "a string without a slash"
    return ""


def unwrap(call: Call) -> tuple[Call, str | None]:
    """Return the call of LSTM within Bidirectional, and the merge_mode.

    Raises:
        CallError: it is not a call of one LSTM with a merge_mode and a name.
        RefusedError: Bidirectional refuses the merge_mode.
    """
    given = _by_name(call, ["layer", "merge_mode", "weights", "backward_layer"])
    inner = given.pop("layer", None)
    if not isinstance(inner, Call) or inner.name != "LSTM":
        raise CallError(f"{short(str(call))} holds no LSTM; give Bidirectional(LSTM(...))")
    if other := sorted(given.keys() - {"merge_mode", "name"}):
        hint = "give a merge_mode and a name only"
        raise CallError(f"the {other[0]} of Bidirectional is not explained; {hint}")
    mode = given.get("merge_mode", "concat")
    if mode not in MERGE_MODES:
        choices = ", ".join(map(repr, MERGE_MODES))
        raise RefusedError(
            f"merge_mode={short(written(mode))}", "wrappers.merge-mode-names", f"one of {choices}"
        )
    check(constructor().by_name["name"], given.get("name"))
    return inner, mode
