"""A refuted claim as a program that runs by itself with plain Keras and NumPy.

The claim's test is written out together with what it uses of the harness, without
decorators, docstrings and annotations, and is called with the refuting case.
"""

from __future__ import annotations

import ast
import doctest
import inspect
import os
import re
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np
from packaging.version import Version

from lstm_spec.harness import model_oracle, model_steps, model_ways, subject
from lstm_spec.harness.models import Trial
from lstm_spec.harness.ways import WAYS, Way
from lstm_spec.run import examples

OPS = "hasattr(keras, 'ops')"
"""How the harness asks whether this is Keras 3."""
SEEDED = "keras.utils.set_random_seed(0)"
"""What makes a program draw the weights, and drop the values, that the claim's test did."""


def script(test: Callable[..., None], arguments: Mapping[str, Any], heading: str) -> str:
    """Write the program.

    Args:
        test: the claim's undecorated function.
        arguments: the refuting case: what the function was called with.
        heading: one line that the program begins with, as a comment.
    """
    parts = [p for v in arguments.values() for p in (v if isinstance(v, tuple) else [v])]
    drawn = next((part for part in parts if isinstance(part, Trial)), None)
    if drawn and model_ways.compare in reached(test):
        return for_this_keras(f"# {heading}\n{of_model(drawn)}")
    if drawn and model_ways.trained in reached(test):
        return for_this_keras(f"# {heading}\n{of_step(**arguments)}")
    program = Definitions()
    tree = ast.parse(textwrap.dedent(inspect.getsource(test)))
    program.add(tree.body[0], inspect.getmodule(test))
    seeded = [SEEDED] if "import keras" in program.imports else []
    given = {name: way_of(value) for name, value in arguments.items()}
    for kind in dict.fromkeys(kind for value in given.values() for kind in _ours(value)):
        program.need(kind.__name__, sys.modules[kind.__module__])
    call = "".join(f"\n    {name}={_argument(value)}," for name, value in given.items())
    imports = sorted(program.imports | {"import numpy as np"})
    body = [*program.parts, *seeded, f"{test.__name__}({call}\n)"]
    return for_this_keras("\n".join([f"# {heading}", *imports, "", *body, ""]))


def reached(function: Any) -> set[FunctionType]:
    """Return a function, and all of the project's that it may call, as far as they have names."""
    seen: set[FunctionType] = set()
    waiting = [function]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            used = map(current.__globals__.get, code_names(current.__code__))
            waiting += [part for part in used if isinstance(part, FunctionType) and _is_ours(part)]
    return seen


def _is_ours(function: FunctionType) -> bool:
    return function.__module__.startswith("lstm_spec.")


def code_names(code: CodeType) -> set[str]:
    """Return the names that code uses, with those of the functions in it."""
    inner = [code_names(part) for part in code.co_consts if isinstance(part, CodeType)]
    return set(code.co_names).union(*inner)


def way_of(value: Any) -> Any:
    """Return the function that a drawn way stands for, which a program can hold; else the value."""
    return WAYS[value.name].run if isinstance(value, Way) else value


def _ours(value: Any) -> Iterator[Any]:
    """Yield the functions and classes of the project without which a value cannot be written."""
    if isinstance(value, FunctionType):
        yield value
    elif is_dataclass(value):
        yield type(value)
        for field in fields(value):
            yield from _ours(getattr(value, field.name))
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _ours(part)
    elif isinstance(value, Mapping):
        yield from _ours(list(value.values()))


def _argument(value: Any) -> str:
    return str(value.__name__) if isinstance(value, FunctionType) else literal(value)


def of_model(trial: Trial) -> str:
    """Write a drawn model as a program that fails if a call of it gives other outputs."""
    inputs = trial.inputs[0]
    return model_ways.program(trial.model, inputs, model_oracle.outputs(trial.model, inputs))


def of_step(trial: Trial, how: str, seed: int) -> str:
    """Write a drawn model as a program that fails if a training step takes something else."""
    model = trial.model
    inputs = trial.inputs[0]
    targets = model_steps.targets(model, inputs, seed)
    slope = model_steps.slope(model, inputs, seed)
    return model_ways.program_of_step(model, inputs, targets, slope, how == "eagerly")


def of_example(test: Callable[..., None], failed: doctest.Example, heading: str) -> str:
    """Write the program that shows how a claim's example fails.

    Args:
        test: the claim's function.
        failed: the line of the example that fails.
        heading: one line that the program begins with, as a comment.
    """
    return for_this_keras(f"# {heading}\n{examples.program(test, failed)}")


def for_this_keras(program: str) -> str:
    """Add what makes a program use the Keras, and the backend, that are used here."""
    backend = subject.backend()
    if os.environ.get("TF_USE_LEGACY_KERAS") == "1":
        variables = {"TF_USE_LEGACY_KERAS": "1"}
        module = "import tf_keras as keras"
    elif Version(subject.release()) < Version("2.13"):  # `import keras` gives a part of tf.keras
        variables = {}
        module = "from tensorflow import keras"
    else:
        variables = {} if backend == "tensorflow" else {"KERAS_BACKEND": backend}
        module = "import keras"
    if module != "import keras":
        program = re.sub(
            r"^import keras, (.*)$", rf"{module}\nimport \1", program, flags=re.MULTILINE
        )
        program = re.sub(r"^import keras$", module, program, flags=re.MULTILINE)
    heading, _, rest = program.partition("\n")
    settings = [f'os.environ["{name}"] = "{value}"' for name, value in variables.items()]
    return "\n".join([heading, *(["import os", *settings, ""] if settings else []), rest])


class UnwritableError(Exception):
    """A claim drew a value, or its test does something, that cannot be written; it says what."""


def literal(value: Any) -> str:
    """Write a value of a case as an expression.

    Raises:
        UnwritableError: a value that has none, such as a layer.
    """
    if isinstance(value, np.ndarray):
        return _array(value)
    if is_dataclass(value):
        given = [(f, getattr(value, f.name)) for f in fields(value)]
        parts = [f"{f.name}={literal(v)}" for f, v in given if v is not f.default]
        return f"{type(value).__name__}({', '.join(parts)})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k!r}: {literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        inner = ", ".join(literal(part) for part in value)
        if isinstance(value, list):
            return f"[{inner}]"
        return f"({inner},)" if inner else "()"
    if isinstance(value, np.generic) and hasattr(np, type(value).__name__):
        return f"np.{type(value).__name__}({literal(value.item())})"
    if isinstance(value, float) and not np.isfinite(value):
        return f"float({str(value)!r})"
    if value is None or isinstance(value, (bool, int, float, str)):
        return repr(value)
    if isinstance(value, type) and value.__module__ == "builtins":
        return value.__name__
    if isinstance(value, type) and ".layers" in value.__module__:
        return f"keras.layers.{value.__name__}"
    if ".losses" in type(value).__module__ and _is_default(value):
        return f"keras.losses.{type(value).__name__}()"
    raise UnwritableError(f"a value of type {type(value).__name__} cannot be written")


def _is_default(loss: Any) -> bool:
    return bool(loss.get_config() == type(loss)().get_config())


def _array(value: np.ndarray[Any, Any]) -> str:
    if value.size == 0:
        return f"np.zeros({value.shape}, {value.dtype.name!r})"
    text = np.array2string(value, separator=", ", threshold=sys.maxsize, floatmode="unique")
    for name in ("nan", "inf"):
        text = text.replace(name, f"np.{name}")
    return f"np.array({' '.join(text.split())}, {value.dtype.name!r})"


class _Settle(ast.NodeTransformer):
    """Resolves the question whether this is Keras 3, and removes what is never reached then."""

    def visit_If(self, node: ast.If) -> Any:
        self.generic_visit(node)
        if ast.unparse(node.test) != OPS:
            return node
        return (node.body if subject.has("ops") else node.orelse) or None

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        if ast.unparse(node.test) != OPS:
            return node
        return node.body if subject.has("ops") else node.orelse

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        ends = [k for k, part in enumerate(node.body) if isinstance(part, ast.Return)]
        node.body = node.body[: ends[0] + 1] if ends else node.body
        return node


def is_assumption(node: ast.stmt) -> bool:
    """Return whether a statement is Hypothesis' `assume`, which a program of one case can omit."""
    call = node.value if isinstance(node, ast.Expr) else None
    called = call.func if isinstance(call, ast.Call) else None
    return isinstance(called, ast.Name) and called.id == "assume"


class _Strip(ast.NodeTransformer):
    """Removes decorators of claims, docstrings, assumptions and annotations."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.returns = None
        if node.name.startswith("test_"):
            node.decorator_list = []
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        node.body = [part for part in node.body if not is_assumption(part)] or [ast.Pass()]
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        strings = [n for n in node.body if isinstance(n, ast.Expr)]
        node.body = [n for n in node.body if n not in strings] or [ast.Pass()]
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Name("object", ast.Load())
        return node


class Definitions:
    """The parts of a program, each after the parts that it uses."""

    def __init__(self) -> None:
        """Begin with none."""
        self.imports: set[str] = set()
        self.parts: list[str] = []
        self.names: set[str] = set()

    def add(self, node: ast.stmt, module: ModuleType | None) -> None:
        """Add a definition, and before it what it uses."""
        node = _Settle().visit(_Strip().visit(node))
        for used in ast.walk(node):
            if isinstance(used, ast.Name) and used.id in vars(module):
                self.need(used.id, module)
        self.parts.append(ast.unparse(ast.fix_missing_locations(node)) + "\n")

    def add_import(self, name: str, module: ModuleType) -> None:
        """Import a module under a name."""
        alias = "" if module.__name__ == name else f" as {name}"
        self.imports.add(f"import {module.__name__}{alias}")

    def need(self, name: str, module: ModuleType | None) -> None:
        """Provide a global name of a module: by its definition, or by an import."""
        if name in self.names:
            return
        self.names.add(name)
        value = vars(module)[name]
        home = sys.modules.get(getattr(value, "__module__", None) or "", module)
        if isinstance(value, ModuleType):
            self.add_import(name, value)
        elif definition := _definition(name, home):
            self.add(*definition)
        else:
            self.imports.add(f"from {value.__module__} import {name}")


def _definition(name: str, module: ModuleType | None) -> tuple[ast.stmt, ModuleType] | None:
    """Find where the project defines a name, through the import that brought it."""
    if module is None or not module.__name__.startswith("lstm_spec."):
        return None
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.ImportFrom) and name in [alias.name for alias in node.names]:
            return _definition(name, sys.modules.get(node.module or ""))
        if name in _names(node):
            return node, module
    return None


def _names(node: ast.stmt) -> set[str]:
    """Return the names that a statement of a module defines."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, ast.AnnAssign):
        return {part.id for part in ast.walk(node.target) if isinstance(part, ast.Name)}
    if isinstance(node, ast.Assign):
        parts = [part for target in node.targets for part in ast.walk(target)]
        return {part.id for part in parts if isinstance(part, ast.Name)}
    return set()
