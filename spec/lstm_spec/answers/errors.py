"""The errors that the claims know: their words, and what a pasted one tells of a layer and shapes.

A claim that something is refused names words of the error in `assert_refused`; a deviation names
words that other releases print. They are read from the source, never imported.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from lstm_spec import catalog
from lstm_spec.answers.standing import where
from lstm_spec.run import deviations

HARNESS = catalog.CLAIMS.parent / "harness" / "tolerance.py"
LAST = re.compile(
    r"^[ \t>|E]{0,8}(?:[\w.]{0,80}\.)?(?P<type>\w{0,60}(?:Error|Exception|Warning|Interrupt))"
    r"(?:: ?|$)(?P<message>.*)",
    re.MULTILINE,
)
"""The line of a traceback that names the error, also as pytest and a notebook show it."""
LAYER = re.compile(
    r"""layer ["'`]?(?P<quoted>[\w/.-]{1,80})["'`]?|expected (?P<expected>[\w/]{1,80}) to have"""
    r"|when calling (?P<class>[A-Z]\w{0,80})\.call",
    re.IGNORECASE,
)
NDIM = re.compile(r"expected (?:min_|max_)?ndim=(\d{1,2}), found ndim=(\d{1,2})")
DIMENSIONS = re.compile(r"to have (\d{1,2}) dimensions, but got array with shape")
SHAPE = re.compile(r"\((?:None|\d{1,9})(?:, ?(?:None|\d{1,9})){0,8},?\)")
READ = 20_000
"""How many characters are read of the beginning of a text, and of its end."""
MESSAGE = 2000
"""How many characters are kept of a message."""
LEAST = 8
"""Words of an error are known by as many letters, or together with others."""


class Known(NamedTuple):
    """Words by which an error of a claim is known."""

    claim: str
    types: tuple[str, ...]
    """The types that it may have; any, if there is none."""
    words: tuple[tuple[str, ...], ...]
    """Of each tuple one must occur."""
    where: str = ""
    """Which releases print them, where not all do."""


class Error(NamedTuple):
    """A pasted error."""

    type: str
    message: str
    """What it says, on a line."""
    layer: str
    expected: str
    """How many axes it expected; empty, if it does not say."""
    found: str
    shapes: tuple[str, ...]
    """The shapes that it names."""

    @property
    def text(self) -> str:
        """The error as the last line of a traceback."""
        return f"{self.type}: {self.message}".strip(": ")


def shorten(text: str) -> str:
    """Return what is read of a text: its beginning and its end."""
    return text if len(text) <= 2 * READ else f"{text[:READ]}\n{text[-READ:]}"


def read(text: str) -> Error | None:
    """Return the error that a text shows last; nothing, if it shows none."""
    text = shorten(text)
    matches = list(LAST.finditer(text))
    if matches:
        after = text[matches[-1].end("message") :].split("\n\n")[0]
        kind = matches[-1]["type"]
        message = f"{matches[-1]['message']} {after}"
    elif NDIM.search(text) or DIMENSIONS.search(text):
        kind = ""
        message = text
    else:
        return None
    message = " ".join(message.split())[:MESSAGE]
    layer = LAYER.search(message)
    axes = NDIM.search(message)
    dimensions = DIMENSIONS.search(message)
    shapes = tuple(dict.fromkeys(SHAPE.findall(message)))
    if dimensions and shapes:
        expected = dimensions[1]
        given = str(shapes[-1].count(",") + 1)
    else:
        expected, given = (axes[1], axes[2]) if axes else ("", "")
    name = next((part for part in layer.groups() if part), "") if layer else ""
    return Error(kind, message, name, expected, given, shapes)


def meaning(error: Error) -> str:
    """Say what an error tells of the layer and the shapes, in a sentence or two."""
    layer = f"Layer `{error.layer}`" if error.layer else "The layer"
    shape = f" of shape `{error.shapes[0]}`" if error.shapes else ""
    if error.found:
        return f"{layer} expects {error.expected} axes, and received {error.found}{shape}."
    if error.layer and error.shapes:
        return f"{layer} refused what it received, `{error.shapes[-1]}`."
    return f"{layer} raised it." if error.layer else ""


def known_as(error: Error) -> list[Known]:
    """Return the claims' errors of which an error has all the words, the most telling first."""
    fitting = [known for known in all_known() if _fits(known, error)]
    return sorted(fitting, key=lambda known: -_letters(known, error))


def _fits(known: Known, error: Error) -> bool:
    of_type = not known.types or not error.type or error.type in known.types
    every = all(any(word in error.text for word in words) for words in known.words)
    return of_type and every and _letters(known, error) >= LEAST


def _letters(known: Known, error: Error) -> float:
    """Return how telling the words are: their letters; fewer, where others would do as well."""
    return sum(max(len(w) for w in ws if w in error.text) / len(ws) for ws in known.words)


@cache
def all_known() -> tuple[Known, ...]:
    """Return the words of all errors that claims and deviations name."""
    return (*_of_claims(), *_of_deviations())


def _of_deviations() -> Iterator[Known]:
    for known in deviations.load():
        listed = [known.says] if isinstance(known.says, str) else list(known.says)
        types = tuple(w.removesuffix(": ") for w in listed if re.fullmatch(r"\w+: ", w))
        words = tuple((w,) for w in listed if not re.fullmatch(r"\w+: ", w))
        if types and words:
            yield Known(known.claim, types, words, where(known))


def _of_claims() -> Iterator[Known]:
    shared = _constants(ast.parse(HARNESS.read_text(encoding="utf-8")))
    for file in sorted(catalog.CLAIMS.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        constants = {**shared, **_constants(tree)}
        for function in tree.body:
            if isinstance(function, ast.FunctionDef):
                yield from _of_function(function, constants)


def _of_function(function: ast.FunctionDef, constants: Mapping[str, ast.expr]) -> Iterator[Known]:
    marks = [d for d in function.decorator_list if _named(d, "claim")]
    local = {**constants, **_constants(function)}
    calls = [n for n in ast.walk(function) if _named(n, "assert_refused")]
    for mark in marks:
        for call in calls:
            _, kinds, *others = call.args  # type: ignore[attr-defined]
            words = tuple(filter(None, (_texts(other, local) for other in others)))
            if words:
                claim = ast.literal_eval(mark.args[0])  # type: ignore[attr-defined]
                yield Known(claim, _texts(kinds, local), words)


def _named(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def _constants(tree: ast.Module | ast.FunctionDef) -> dict[str, ast.expr]:
    """Return what single names are set to in a module, or in a function."""
    nodes = tree.body if isinstance(tree, ast.Module) else ast.walk(tree)
    assigned = [node for node in nodes if isinstance(node, ast.Assign)]
    pairs = ((node.targets[0], node.value) for node in assigned)
    return {target.id: value for target, value in pairs if isinstance(target, ast.Name)}


def _texts(node: ast.expr, names: Mapping[str, ast.expr], depth: int = 0) -> tuple[str, ...]:
    """Return the texts that an expression stands for, as far as it is written out."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return (node.value,)
    if isinstance(node, ast.Name) and node.id in names and depth < 5:
        return _texts(names[node.id], names, depth + 1)
    if isinstance(node, ast.Tuple | ast.List):
        return tuple(t for part in node.elts for t in _texts(part, names, depth))
    if isinstance(node, ast.Starred):
        return _texts(node.value, names, depth)
    if isinstance(node, ast.JoinedStr):
        written = [part.value for part in node.values if isinstance(part, ast.Constant)]
        return tuple(str(part) for part in written if len(str(part)) >= 2 * LEAST)
    if isinstance(node, ast.IfExp):
        return (*_texts(node.body, names, depth), *_texts(node.orelse, names, depth))
    return ()
