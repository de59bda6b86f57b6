"""The house: which part imports which."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import lstm_spec
from lstm_spec import catalog

HOUSE = Path(lstm_spec.__file__).parent
ROOT = Path(__file__).parent.parent

OF_ALL = {"errors", "catalog", "harness", "run", "releases", "answers", "reviews"}
MAY_IMPORT = {
    "errors": set(),
    "catalog": {"errors", "harness"},
    "harness": {"harness"},
    "claims": {"harness", "claims"},
    "run": {"errors", "catalog", "harness", "run"},
    "releases": {"errors", "catalog", "harness", "run", "releases"},
    "answers": {"errors", "catalog", "harness", "run", "releases", "answers"},
    "reviews": OF_ALL,
    "api": OF_ALL,
    "__init__": {"api"},
    "assistants": {"errors", "api", "catalog"},
    "options": {"errors", "catalog", "harness", "run"},
    "streams": set(),
    "cli": {*OF_ALL, "assistants", "options", "streams"},
}
"""What each part may import: claims are imported by none, and no part knows `tools`."""
KERAS_IS_KNOWN_TO = {
    "claims",
    "harness/model_ways.py",
    "harness/subject.py",
    "harness/ways.py",
    "releases/benchmarks.py",
}


@cache
def modules() -> dict[str, ast.Module]:
    """Return what is installed, read."""
    return {
        path.relative_to(HOUSE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(HOUSE.rglob("*.py"))
    }


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part(path: str) -> str:
    return path.partition("/")[0].removesuffix(".py")


def test_imports_point_one_way() -> None:
    wrong = [
        f"{path} imports {name}"
        for path, tree in modules().items()
        for name in imported(tree)
        if name.startswith(("lstm_spec.", "tools."))
        and name.split(".")[1] not in MAY_IMPORT.get(part(path), set())
    ]
    assert wrong == []


def test_keras_is_imported_in_few_places() -> None:
    wrong = [
        f"{path} imports {name}"
        for path, tree in modules().items()
        for name in imported(tree)
        if name.partition(".")[0] in {"keras", "tensorflow"}
        and not {path, part(path)} & KERAS_IS_KNOWN_TO
    ]
    assert wrong == []


VAGUE = {"one", "found", "said", "told", "made", "there"}
"""Words that do not say what a variable holds, or what a function does."""
TOOL = {*OF_ALL, "api", "assistants", "options", "streams", "cli"}


@cache
def around() -> dict[str, ast.Module]:
    """Return tests and tools, read, but for wrong LSTMs: records know them by their source."""
    return {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for pattern in ("tests/*.py", "tests/site/*.py", "tools/**/*.py")
        for path in sorted(ROOT.glob(pattern))
    }


def vague(tree: ast.Module, words: set[str]) -> Iterator[tuple[int, str]]:
    """Yield the line and the name of what has a vague one; fields are the keys of files."""
    fields = {
        statement.target
        for definition in ast.walk(tree)
        if isinstance(definition, ast.ClassDef)
        for statement in definition.body
        if isinstance(statement, ast.AnnAssign)
    }
    for node in ast.walk(tree):
        name = getattr(node, "arg", None) or getattr(node, "id", None)
        if isinstance(node, (ast.Name, ast.arg)) and name in words and node not in fields:
            yield node.lineno, name
        if isinstance(node, ast.FunctionDef) and node.name.strip("_") in words:
            yield node.lineno, node.name


def test_names_say_what_they_hold_or_do() -> None:
    wrong = [
        f"{path}, line {line}: {name}"
        for path, tree in modules().items()
        if part(path) in TOOL
        for line, name in vague(tree, VAGUE)
    ]
    wrong += [
        f"{path}, line {line}: {name}"
        for path, tree in around().items()
        for line, name in vague(tree, VAGUE | {"here"})
    ]
    assert wrong == []


def packed(tree: ast.Module) -> Iterator[ast.Assign]:
    """Yield what assigns several values in a function, unless it exchanges them."""
    for function in ast.walk(tree):
        for node in ast.walk(function) if isinstance(function, ast.FunctionDef) else ():
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
                target = node.targets[0]
                if isinstance(target, ast.Tuple) and not names(target) & names(node.value):
                    yield node


def names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def test_a_statement_assigns_one_thing() -> None:
    wrong = [
        f"{path}, line {node.lineno}: {ast.unparse(node)}"
        for path, tree in {**modules(), **around()}.items()
        for node in packed(tree)
    ]
    assert wrong == []


def test_what_another_python_need_not_try_exists() -> None:
    text = (ROOT / "tox.ini").read_text(encoding="utf-8")
    left_out = re.findall(r"--ignore=(tests/\S+)", text)
    assert left_out
    assert [path for path in left_out if not (ROOT / path).is_file()] == []


def test_only_chapters_stand_among_the_claims() -> None:
    files = {path.relative_to(catalog.CLAIMS).as_posix() for path in catalog.CLAIMS.rglob("*.py")}
    listed = {file for names in catalog.files().values() for file in names}
    assert {file for file in files - listed if not file.endswith("__init__.py")} == {"conftest.py"}


def test_spec_readme_lists_the_chapters_in_reading_order() -> None:
    text = (ROOT / "spec/README.md").read_text(encoding="utf-8")
    places = [text.index(f"(lstm_spec/claims/{chapter}") for chapter in catalog.chapters()]
    assert places == sorted(places)
