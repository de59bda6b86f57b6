"""The example in a claim's docstring: tried as it stands, and written as a program if it fails."""

from __future__ import annotations

import ast
import doctest
import os
import random
import re
import tempfile
import textwrap
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from lstm_spec.run.deviations import EXAMPLE

CAPTURE = """\
import contextlib, io
with contextlib.redirect_stdout(io.StringIO()) as output:
"""

RATIO = re.compile(r"^ratio \d+\.\d$", re.MULTILINE)
"""The line that the example of a claim about cost prints."""

Raised = tuple[type[BaseException], BaseException, TracebackType]


class ExampleError(AssertionError):
    """An example does not print what it should; the message says where, and what it prints."""

    def __init__(self, message: str, failed: doctest.Example) -> None:
        """Keep the first line that fails."""
        super().__init__(message)
        self.failed = failed


class _Checker(doctest.OutputChecker):
    """Compares no number after the word ratio: two measurements never print the same."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        want, got = (RATIO.sub("ratio (a number)", text) for text in (want, got))
        return super().check_output(want, got, optionflags)


class _Runner(doctest.DocTestRunner):
    """Stops at the first line that fails, and keeps how: what comes after may follow from it."""

    def __init__(self) -> None:
        super().__init__(checker=_Checker(), verbose=False, optionflags=doctest.FAIL_FAST)
        self.failed: doctest.Example | None = None
        self.failure = ""

    def report_failure(
        self, out: Any, test: doctest.DocTest, example: doctest.Example, got: str
    ) -> None:
        self._keep(example, f"Expected:\n{example.want}Got:\n{got}")

    def report_unexpected_exception(
        self, out: Any, test: doctest.DocTest, example: doctest.Example, exc_info: Raised
    ) -> None:
        raised = "".join(traceback.format_exception_only(*exc_info[:2]))
        wanted = f"Expected:\n{example.want}" if example.want else ""
        self._keep(example, f"{wanted}Raised:\n{raised}")

    def _keep(self, example: doctest.Example, text: str) -> None:
        self.failed = example
        self.failure = f"{example.source}{text}"


def parse(test: Callable[..., None]) -> doctest.DocTest:
    """Return the example in a test's docstring."""
    # No name: TensorFlow 2.15 trips over the source text that doctest gives out under a name.
    return doctest.DocTestParser().get_doctest(test.__doc__ or "", {}, "", None, None)


def run_example(test: Callable[..., None]) -> None:
    """Run the example in a claim's docstring, in an empty folder, with the same seed each time.

    Raises:
        ExampleError: it prints something else, or raises.
    """
    runner = _Runner()
    here = Path.cwd()
    random.seed(0)  # Keras takes from it the seeds that an example does not give
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            runner.run(parse(test), out=lambda text: None)
        finally:
            os.chdir(here)
    if runner.failed:
        raise ExampleError(f"{EXAMPLE}:\n{_indented(runner.failure)}", runner.failed)


def _indented(failure: str) -> str:
    """Indent a failure's lines: a heading less than what stands under it."""
    headings = ("Expected:", "Got:", "Raised:")
    lines = failure.splitlines()
    return "\n".join(f"  {line}" if line in headings else f"      {line}" for line in lines)


def program(test: Callable[..., None], failed: doctest.Example) -> str:
    """Write the example as a program that ends at the line that fails.

    Args:
        test: the claim's function.
        failed: the line.
    """
    lines = []
    for example in parse(test).examples:
        if example.lineno == failed.lineno:
            break
        lines.append(_commented(example))
    return "".join([*lines, _failing(failed)])


def _commented(example: doctest.Example) -> str:
    """Return the source, and what it prints as a comment."""
    return example.source + "".join(f"# {line}\n" for line in example.want.splitlines())


def _failing(example: doctest.Example) -> str:
    """Return the source, so that the program fails if it does not print what it should."""
    expected = example.want
    (*_, last) = ast.parse(example.source).body
    if not expected:  # it is to run, and does not
        return example.source
    if isinstance(last, ast.Expr) and "print(" not in example.source:
        shown = f"printed = repr({ast.unparse(last.value)})\n"
        expected = expected.rstrip("\n")
    else:
        body = textwrap.indent(example.source, 4 * " ")
        shown = f"{CAPTURE}{body}printed = output.getvalue()\n"
    return (
        f'{shown}print("expected:", {expected!r})\nprint("printed: ", printed)\n'
        f"assert printed == {expected!r}\n"
    )
