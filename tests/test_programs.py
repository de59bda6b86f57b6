"""Every claim can be written as a program, which holds where the claim holds."""

from __future__ import annotations

import contextlib
import importlib.util
import linecache
import sys
from functools import cache
from types import ModuleType
from typing import Any

import pytest

from lstm_spec import catalog
from lstm_spec.claims.conftest import effort, lacking
from lstm_spec.evidence import deviations
from lstm_spec.evidence.script import script


@cache
def chapter(name: str) -> ModuleType:
    """Load a chapter apart, so that its tests share no settings with those of the teeth."""
    spec = importlib.util.spec_from_file_location(
        f"lstm_spec.programs.{name}", catalog.CLAIMS / f"{name}.py"
    )
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def first_case(test: Any) -> dict[str, Any]:
    """Return what Hypothesis first draws for a claim; nothing for one that draws nothing."""
    drawn: list[dict[str, Any]] = []
    handle = test.hypothesis
    original, handle.inner_test = handle.inner_test, lambda **arguments: drawn.append(arguments)
    effort(1)(test)()
    handle.inner_test = original
    return drawn[0]


@pytest.mark.parametrize("claim", catalog.claims(), ids=lambda claim: claim.id)
def test_program_of_a_claim_runs_without_the_project(
    claim: catalog.Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = getattr(chapter(claim.chapter), claim.test)
    arguments = first_case(test) if hasattr(test, "hypothesis") else {}
    function = test.hypothesis.inner_test if arguments else test
    text = script(function, arguments, f"{claim.id}: {claim.statement}")
    assert "lstm_spec" not in text
    if reason := lacking(test):
        pytest.skip(f"the program {reason}")
    # Keras asks for the source of a function that it saves.
    linecache.cache[claim.id] = (len(text), None, text.splitlines(keepends=True), claim.id)
    known, program = deviations.known(claim.id), ModuleType("program")
    monkeypatch.setitem(sys.modules, "program", program)
    with pytest.raises(Exception) if known else contextlib.nullcontext() as raised:  # noqa: PT011
        exec(compile(text, claim.id, "exec"), vars(program))
    assert known is None or known.explains(str(raised.value))
