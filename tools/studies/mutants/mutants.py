"""Every way to change one thing in the source of Keras' LSTM family.

A mutant is a function whose syntax tree differs in one node. It is put in place by giving
the function another code object, so that Keras' files, classes and instances stay as they are.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pickle
import re
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tools.studies.mutants.changes import describe, variants

MODULES = (
    "keras.src.layers.rnn.lstm",
    "keras.src.layers.rnn.rnn",
    "keras.src.layers.rnn.dropout_rnn_cell",
    "keras.src.layers.rnn.bidirectional",
    "keras.src.layers.rnn.stacked_rnn_cells",
    "keras.src.layers.core.masking",
    "keras.src.backend.tensorflow.rnn",
)
OTHERS = re.compile(
    "gru|cudnn|_has_fully_masked|_assert_valid|_is_sequence|_compute_sequence|_gpu_"
)
"""Functions that are left alone: they are the GRU's, or run on a GPU."""


@dataclass(frozen=True)
class Mutant:
    """One change. `step` and `way` say which node of the function, and which of its variants."""

    module: str
    function: str
    line: int
    step: int
    way: int
    change: str

    @property
    def id(self) -> str:
        """Where it is and what it changes; the same on every run of one Keras."""
        place = f"{self.module.removeprefix('keras.src.')}:{self.function}:{self.line}"
        return f"{place}:{self.step}.{self.way}: {self.change}"


@cache
def tree(module: str) -> ast.Module:
    """Return the syntax tree of a module as installed."""
    return ast.parse(Path(importlib.import_module(module).__file__).read_text(encoding="utf-8"))


def functions(root: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield functions and methods with their qualified names; a nested one belongs to its outer."""
    for node in root.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        if isinstance(node, ast.ClassDef):
            yield from (
                (f"{node.name}.{part.name}", part)
                for part in node.body
                if isinstance(part, ast.FunctionDef)
            )


def steps(function: ast.FunctionDef) -> Iterator[tuple[ast.AST, ast.AST, ast.stmt]]:
    """Yield each node that may change with its parent and its statement, in a fixed order."""
    yield function, function, function.body[-1]

    def below(parent: ast.AST, statement: ast.stmt) -> Iterator[tuple[ast.AST, ast.AST, ast.stmt]]:
        for node in ast.iter_child_nodes(parent):
            if isinstance(node, (ast.expr_context, ast.operator, ast.JoinedStr)):
                continue
            inner = node if isinstance(node, ast.stmt) else statement
            yield node, parent, inner
            if not isinstance(node, ast.Raise):
                yield from below(node, inner)

    for node in function.body:
        yield node, function, node
        if not isinstance(node, ast.Raise):
            yield from below(node, node)


@cache
def mutants() -> tuple[Mutant, ...]:
    """Return all mutants of the installed Keras."""
    return tuple(
        Mutant(module, name, statement.lineno, step, way, describe(node, new))
        for module in MODULES
        for name, function in functions(tree(module))
        if not OTHERS.search(name)
        for step, (node, _, statement) in enumerate(steps(function))
        for way, new in enumerate(variants(node, function))
    )


def source(mutant: Mutant) -> ast.Module:
    """Return a module of the changed function, in a class if it is a method, and of the imports.

    Python compiles a call of what is imported in another way.
    """
    function: ast.FunctionDef = pickle.loads(packed(mutant.module, mutant.function))
    node, parent, _ = list(steps(function))[mutant.step]
    changed = variants(node, function)[mutant.way]
    if node is not function:
        replace(parent, node, changed)
    else:
        vars(function).update(vars(changed))
    body: list[ast.stmt] = [function]
    for owner in mutant.function.split(".")[:-1]:
        empty = {"bases": [], "keywords": [], "decorator_list": [], "type_params": []}
        body = [ast.ClassDef(owner, body=body, **empty)]
    module = tree(mutant.module).body
    imports = [node for node in module if isinstance(node, (ast.Import, ast.ImportFrom))]
    return ast.fix_missing_locations(ast.Module([*imports, *body], type_ignores=[]))


@cache
def packed(module: str, function: str) -> bytes:
    """Return a function's syntax tree, to be unpacked: that is faster than to copy it."""
    return pickle.dumps(dict(functions(tree(module)))[function])


def replace(parent: ast.AST, old: ast.AST, new: ast.AST) -> None:
    """Put a node where another is."""
    ast.copy_location(new, old)
    for field, value in ast.iter_fields(parent):
        if value is old:
            setattr(parent, field, new)
        elif isinstance(value, list):
            value[:] = [new if part is old else part for part in value]


def target(module: str, function: str) -> types.FunctionType:
    """Return the function of the imported module, without what decorates it."""
    owner: object = importlib.import_module(module)
    *classes, name = function.split(".")
    for part in classes:
        owner = getattr(owner, part)
    value = vars(owner)[name]
    value = getattr(value, "fget", None) or getattr(value, "__func__", value)
    return inspect.unwrap(value)


def code(root: ast.Module, filename: str, function: str) -> types.CodeType:
    """Compile a module's tree and return the code of one of its functions."""
    inner_code = compile(root, filename, "exec")
    for part in function.split("."):
        inner = [
            c for c in inner_code.co_consts if isinstance(c, types.CodeType) and c.co_name == part
        ]
        inner_code = inner[-1]
    return inner_code


@contextmanager
def put(mutant: Mutant) -> Iterator[None]:
    """Put a mutant in place, and take it away again.

    Raises:
        ValueError: the changed function closes over other variables; it cannot be put in place.
    """
    root = source(mutant)
    function = target(mutant.module, mutant.function)
    before = function.__code__, function.__defaults__
    function.__code__ = code(root, before[0].co_filename, mutant.function)
    defaults = dict(functions(root))[mutant.function].args.defaults
    try:
        function.__defaults__ = tuple(map(ast.literal_eval, defaults)) or None
        yield
    finally:
        function.__code__, function.__defaults__ = before
