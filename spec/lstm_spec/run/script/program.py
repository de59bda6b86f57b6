"""The program that shows a refutation, believed only after it has failed as the claim did.

It is written in a separate process, where the claim is run once more with the refuting case, and is
tried in a process of its own. If it does not fail there in the same way, the longer form is
given, which holds all that the test uses of the harness.
"""

from __future__ import annotations

import importlib
import pickle
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lstm_spec.run import process

SECONDS = 120
"""After these a program is not waited for."""
MOST = 20
"""How many programs a process makes short: of a Keras that breaks more, nobody reads them all."""

_written = 0


def short(module: str, test: str, arguments: Mapping[str, Any], heading: str, raised: str) -> str:
    """Return a short program that fails as a claim does; nothing, if none is found.

    Args:
        module: where the claim stands.
        test: the name of its function.
        arguments: the refuting case.
        heading: one line that the program begins with, as a comment.
        raised: the name of the type of the error.
    """
    global _written
    _written += 1
    if _written > MOST or not module.startswith("lstm_spec.claims."):
        return ""
    with tempfile.TemporaryDirectory() as folder:
        case = Path(folder, "case.pickle")
        file = Path(folder, "program.py")
        try:
            case.write_bytes(pickle.dumps((module, test, dict(arguments), heading)))
        except (pickle.PicklingError, AttributeError, TypeError):
            return ""
        _run(["-m", __name__, str(case), str(file)], folder)
        if not file.exists():
            return ""
        text = file.read_text(encoding="utf-8")
        return text if failure(text, folder) == raised else ""


def failure(program: str, folder: str) -> str:
    """Run a program in a process of its own; return its error's type, or nothing."""
    file = Path(folder, "shows.py")
    file.write_text(program, encoding="utf-8")
    status, errors = _run([str(file)], folder)
    raised = re.findall(r"^([\w.]+)(?::|$)", errors.partition("Traceback")[2], re.MULTILINE)
    return raised[-1].rpartition(".")[2] if status and raised else ""


def _run(words: list[str], folder: str) -> tuple[int, str]:
    command = [sys.executable, *words]
    try:
        done = process.run(command, folder=folder, variables=process.quiet(), seconds=SECONDS)
    except subprocess.TimeoutExpired:
        return 1, ""
    return done.status, done.errors


def _write(case: Path, file: Path) -> None:
    """Write the program of a case into a file; end with an error, if it cannot be written."""
    from lstm_spec.run.script import for_this_keras, specialize

    module, name, arguments, heading = pickle.loads(case.read_bytes())
    test = getattr(importlib.import_module(module), name)
    handle = getattr(test, "hypothesis", None)
    text = specialize.program(handle.inner_test if handle else test, arguments, heading)
    file.write_text(for_this_keras(text), encoding="utf-8")


if __name__ == "__main__":
    _write(*map(Path, sys.argv[1:]))
