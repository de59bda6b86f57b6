"""A claim's example is tried as it stands, and becomes a program if it fails."""

from __future__ import annotations

import pytest

from lstm_spec.run import examples
from lstm_spec.run.examples import ExampleError, run_example

EXAMPLES = {
    "expression": ">>> n = 1\n>>> n  # a comment\n1\n>>> n + 1  # another\n3\n",
    "print": ">>> n = 1\n>>> print(n)\n2\n",
    "loop": ">>> for n in range(2):\n...     print(n)\n0\n2\n",
    "error": ">>> n = 1\n>>> n / 0\n2\n",
    "error of a statement": ">>> import missing_module\n",
}


def failure(example: str) -> tuple[ExampleError, str]:
    """Run an example that fails; return its error, and its program."""

    def test() -> None:
        pass

    test.__doc__ = example
    with pytest.raises(ExampleError) as raised:
        run_example(test)
    return raised.value, examples.program(test, raised.value.failed)


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_program_of_an_example_fails_too(example: str) -> None:
    error, program = failure(example)
    expected = AssertionError if "Got:" in str(error) else Exception
    with pytest.raises(expected):
        exec(compile(program, "program", "exec"), {})


def test_program_shows_what_is_printed_and_what_should_be(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, program = failure(EXAMPLES["expression"])
    assert program.startswith("n = 1\nn  # a comment\n# 1\nprinted = repr(n + 1)\n")
    with pytest.raises(AssertionError):
        exec(compile(program, "program", "exec"), {})
    assert capsys.readouterr().out == "expected: 3\nprinted:  2\n"


def test_message_names_the_line_and_the_error() -> None:
    error, _ = failure(EXAMPLES["error"])
    assert str(error) == (
        "the example does not print what it should:\n      n / 0\n  Expected:\n      2\n"
        "  Raised:\n      ZeroDivisionError: division by zero"
    )
