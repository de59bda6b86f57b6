"""Every way to change one thing in the source of Keras' LSTM family.

A mutant is a function whose syntax tree differs in one node. It is put in place by giving
the function another code object, so that Keras' files, classes and instances stay as they are.
Under a guard it has that only during the calls of LSTM and RNN for which the guard is true.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pickle
import random
import re
import types
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pytest

from tools.studies.guards import GUARDS, guard_calls
from tools.studies.mutants.changes import describe, variants

Field = Literal["layers", "models", "guarded"]
"""Which functions are changed: the LSTM's family, what models and trainers run through, or what
runs within a call, each change under a guard."""

OTHERS = "gru|cudnn|_has_fully_masked|_assert_valid|_is_sequence|_compute_sequence|_gpu_"
"""Functions that are left alone: they are the GRU's, or run on a GPU."""

ELSEWHERE = (
    "_tpu|_multi_worker|_jax|_torch|_grain|_lora|quantiz|_int|_float8|_gptq|_awq|nnx|stateless"
    "|_own_variables|serialization_spec|__repr__"
)
"""Functions that need another backend or machine, or that no LSTM needs."""

FUNCTIONS: dict[Field, dict[str, tuple[str, str]]] = {
    "layers": {
        "layers.rnn.lstm": ("", OTHERS),
        "layers.rnn.rnn": ("", OTHERS),
        "layers.rnn.dropout_rnn_cell": ("", OTHERS),
        "layers.rnn.bidirectional": ("", OTHERS),
        "layers.rnn.stacked_rnn_cells": ("", OTHERS),
        "layers.core.masking": ("", OTHERS),
        "backend.tensorflow.rnn": ("", OTHERS),
    },
    "models": {
        "layers.rnn.time_distributed": ("", ELSEWHERE),
        "layers.merging.base_merge": ("", ELSEWHERE),
        "layers.merging.concatenate": ("", ELSEWHERE),
        "layers.merging.dot": ("", ELSEWHERE),
        "layers.merging.subtract": ("", ELSEWHERE),
        "layers.core.embedding": ("", f"{ELSEWHERE}|from_config|merged"),
        "layers.layer": (
            "__call__|_mask_|_maybe_build|_populate|_compatibility|CallSpec|arguments_dict"
            "|shapes_dict|loss|_call_context",
            ELSEWHERE,
        ),
        "models.functional": ("", ELSEWHERE),
        "models.sequential": ("", ELSEWHERE),
        "ops.function": ("", ELSEWHERE),
        "trainers.trainer": ("", f"{ELSEWHERE}|fit|evaluate|predict|on_batch"),
        "trainers.compile_utils": ("", ELSEWHERE),
        "trainers.epoch_iterator": ("", ELSEWHERE),
        "trainers.data_adapters": ("get_data_adapter", ELSEWHERE),
        "trainers.data_adapters.array_data_adapter": ("", ELSEWHERE),
        "trainers.data_adapters.data_adapter_utils": (
            "sample_weight|list_to|check|tensor_spec",
            ELSEWHERE,
        ),
        "trainers.data_adapters.tf_dataset_adapter": ("", ELSEWHERE),
        "trainers.data_adapters.generator_data_adapter": ("", ELSEWHERE),
        "trainers.data_adapters.py_dataset_adapter": ("", f"{ELSEWHERE}|pool|worker_id|_init"),
        "losses.loss": ("", ELSEWHERE),
        "backend.tensorflow.trainer": ("", f"{ELSEWHERE}|compiled_"),
    },
    "guarded": {
        "layers.rnn.lstm": ("call|loop|_compute|initial_state", OTHERS),
        "layers.rnn.rnn": ("call|loop|initial_state|_maybe", OTHERS),
        "layers.rnn.dropout_rnn_cell": ("", OTHERS),
        "layers.rnn.stacked_rnn_cells": ("call|initial_state", OTHERS),
        "backend.tensorflow.rnn": ("^rnn$", ""),
    },
}
"""Of each module of Keras which functions are changed, and which not, as patterns of their names.

Not among them are methods that TensorFlow's trainer overrides, and those that are deprecated.
"""

THREADED = (
    "keras.src.trainers.data_adapters.py_dataset_adapter",
    "keras.src.trainers.data_adapters.generator_data_adapter",
)
"""Modules of which TensorFlow's own threads run some lines; these cannot be traced."""

DRAWN: dict[Field, int] = {"models": 600, "guarded": 1000}
"""How many mutants are drawn; all, where none stands."""


@dataclass(frozen=True)
class Mutant:
    """One change. `step` and `way` say which node of the function, and which of its variants."""

    module: str
    function: str
    line: int
    step: int
    way: int
    change: str
    guard: str = ""
    """When it is in place; always, if none is named."""

    @property
    def short_module(self) -> str:
        """Its module, without `keras.src.`."""
        return self.module.removeprefix("keras.src.")

    @property
    def place(self) -> str:
        """Its module, without `keras.src.`, a colon, and the function."""
        return f"{self.short_module}:{self.function}"

    @property
    def id(self) -> str:
        """Where it is and what it changes; the same on every run of one Keras."""
        text = f"{self.place}:{self.line}:{self.step}.{self.way}: {self.change}"
        return f"{self.guard}: {text}" if self.guard else text

    @property
    def reached_as(self) -> str:
        """The name under which a coverage keeps the lines of its module that it may change."""
        return reached_as(self.module, self.guard)


def reached_as(module: str, guard: str) -> str:
    """Return the name under which a coverage keeps a module's lines, perhaps under a guard."""
    return f"{guard}: {module}" if guard else module


@cache
def tree(module: str) -> ast.Module:
    """Return the syntax tree of a module as installed."""
    return ast.parse(Path(importlib.import_module(module).__file__).read_text(encoding="utf-8"))


def functions(root: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield functions and methods with their qualified names; a nested one belongs to its outer.

    What sets or deletes a property is left out: it has the name of what gets it.
    """
    for node in root.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        if isinstance(node, ast.ClassDef):
            yield from (
                (f"{node.name}.{part.name}", part)
                for part in node.body
                if isinstance(part, ast.FunctionDef) and not _sets(part)
            )


def _sets(function: ast.FunctionDef) -> bool:
    decorators = map(ast.unparse, function.decorator_list)
    return any(text.endswith((".setter", ".deleter")) for text in decorators)


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
def mutants(field: Field = "layers") -> tuple[Mutant, ...]:
    """Return the mutants of the installed Keras, in an order that mixes the modules if drawn."""
    every = tuple(
        Mutant(module, name, statement.lineno, step, way, describe(node, new), guard)
        for module, name, function in changed(field)
        for step, (node, _, statement) in enumerate(steps(function))
        for way, new in enumerate(variants(node, function))
        for guard in (GUARDS if field == "guarded" else [""])
    )
    number = DRAWN.get(field)
    return tuple(random.Random(number).sample(every, number)) if number else every


def changed(field: Field) -> Iterator[tuple[str, str, ast.FunctionDef]]:
    """Yield the functions that are changed: module, qualified name, syntax tree."""
    for short, (chosen, left) in FUNCTIONS[field].items():
        module = f"keras.src.{short}"
        for name, function in functions(tree(module)):
            if re.search(chosen, name) and not re.search(left, name):
                yield module, name, function


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


def _value(default: ast.expr, before: object) -> object:
    """Return an argument's default; only constants are changed."""
    return default.value if isinstance(default, ast.Constant) else before


@contextmanager
def put(mutant: Mutant) -> Iterator[None]:
    """Put a mutant in place, and take it away again.

    Raises:
        ValueError: the changed function closes over other variables; it cannot be put in place.
    """
    root = source(mutant)
    function = target(mutant.module, mutant.function)
    changed_code = code(root, function.__code__.co_filename, mutant.function)
    values = map(
        _value,
        dict(functions(root))[mutant.function].args.defaults,
        function.__defaults__ or (),
    )
    right = function.__code__, function.__defaults__
    wrong = changed_code, tuple(values) or None
    if not mutant.guard:
        with replaced(function, *wrong):
            yield
        return

    def during(*call: Any) -> AbstractContextManager[None]:
        return replaced(function, *(wrong if GUARDS[mutant.guard](*call) else right))

    with pytest.MonkeyPatch.context() as patch:
        guard_calls(patch, during)
        yield


@contextmanager
def replaced(
    function: types.FunctionType, new: types.CodeType, defaults: tuple[object, ...] | None
) -> Iterator[None]:
    """Give a function other code and defaults for a while."""
    before = function.__code__, function.__defaults__
    try:
        function.__code__ = new
        function.__defaults__ = defaults
        yield
    finally:
        function.__code__, function.__defaults__ = before
