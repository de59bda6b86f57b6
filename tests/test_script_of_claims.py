"""A claim can be written as a program, which holds, or fails, where the claim does."""

from __future__ import annotations

import contextlib
import linecache
import os
import sys
from functools import cache, partial
from statistics import median
from types import ModuleType
from typing import Any

import pytest

from lstm_spec import catalog
from lstm_spec.claims.conftest import effort, lacking
from lstm_spec.harness import models
from lstm_spec.run import deviations
from lstm_spec.run.plugin import Trial
from lstm_spec.run.script import script, specialize
from teeth import Wrong, all_wrong
from tools.studies import apart

LONGEST = 200
"""No short program has more lines."""
USUAL = 40
"""Half of the programs of claims about numbers have no more."""
SHORT = 0.65
"""At least this share is short; what costs, draws thousands of numbers or loops long is not."""
HOLDS_AT_FIRST = {
    "masking.value-in-its-dtype",
    "masking.value-of-numpy",
    "models.input-masks-by-name",
    "models.maximum-of-multiples",
    "saving.layers-around",
    "saving.legacy-layers",
    "saving.model-config-used-up",
    "trainer.loss-axis",
    "trainer.targets-of-two-ranks",
    "trainer.weight-column-of-metrics",
    "trainer.weight-of-a-sequence",
}
"""Claims that deviate, of which the case that is drawn first holds."""
STEP = 1 if os.environ.get("PROGRAMS") == "all" else 6
"""Every sixth claim is tried; `tox run -e programs` tries all."""


load = partial(apart.load, owner="programs")
kept = cache(load)


def first_case(test: Any) -> dict[str, Any]:
    """Return the first case that Hypothesis draws for a claim and the claim does not leave out."""
    drawn: list[dict[str, Any]] = []
    handle = test.hypothesis
    original = handle.inner_test

    def keep(**arguments: Any) -> None:
        if "assume" in original.__code__.co_names:
            with contextlib.suppress(AssertionError):  # it is judged as a program
                original(**arguments)
        drawn.append(arguments)

    handle.inner_test = keep
    effort(1)(test)()
    handle.inner_test = original
    return drawn[0]


def written(test: Any, arguments: dict[str, Any], heading: str) -> tuple[str, bool]:
    """Return the program of a claim, and whether it is the short one."""
    function = test.hypothesis.inner_test if arguments else test
    try:
        return specialize.program(function, arguments, heading), True
    except specialize.UnwritableError:
        text = script(function, arguments, heading)
        return text.replace("ROUNDS = 7", "ROUNDS = 1"), False


def run(text: str, patch: pytest.MonkeyPatch) -> Exception | None:
    """Run a program; return its error, if it fails."""
    # Keras asks for the source of a function that it saves.
    linecache.cache["program"] = (len(text), None, text.splitlines(keepends=True), "program")
    program = ModuleType("program")
    patch.setitem(sys.modules, "program", program)
    try:
        exec(compile(text, "program", "exec"), vars(program))
    except Exception as error:
        return error
    return None


def fault(text: str, short: bool, claim: catalog.Claim, patch: pytest.MonkeyPatch) -> str:
    """Say what is wrong with the program of a claim; nothing, if it does what the claim does.

    Only a long one may use the project: of a claim whose helpers are modules of it.
    """
    if short and "lstm_spec" in text:
        return "it uses the project"
    error = run(text, patch)
    if "the ratio is" in str(error):  # of one round; that it runs is tested, not the number
        return ""
    known = deviations.known(claim.id) if claim.id not in HOLDS_AT_FIRST else None
    return "" if (error is None) == (known is None) else f"{error!r} is raised, {known} is known"


TRIED = catalog.claims()[::STEP]
GROUPS = [TRIED[start::3] for start in range(3)]


@pytest.mark.parametrize("claims", GROUPS, ids=range(3))
def test_programs_are_short_and_hold_without_the_project_where_the_claims_hold(
    claims: list[catalog.Claim], monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = {}
    lengths = []
    numerical = []
    for claim in claims:
        test = getattr(kept(claim.file), claim.test)
        if lacking(test):
            continue
        arguments = first_case(test) if hasattr(test, "hypothesis") else {}
        text, short = written(test, arguments, f"{claim.id}: {claim.statement}")
        if wrong := fault(text, short, claim, monkeypatch):
            faults[claim.id] = wrong
        if short:
            lengths.append(len(text.splitlines()))
            numerical += [lengths[-1]] if "np.testing" in text else []
    assert faults == {}
    assert len(lengths) >= SHORT * len(claims)
    assert max(lengths) <= LONGEST
    assert median(numerical) <= USUAL


BROKEN = {claim.id for claim in catalog.claims() if deviations.known(claim.id)}
SOME = [
    wrong
    for wrong in [wrong for wrong in all_wrong() if wrong.claim not in BROKEN][::60]
    if not wrong.claim.startswith("speed.")
    if STEP == 1 or not wrong.claim.startswith("trainer.mirrored")
]
"""A few of all, but none of `speed`, whose programs measure one round.

`tox run -e programs` tries those too that begin processes for several devices.
"""


@pytest.mark.parametrize("wrong", SOME, ids=lambda wrong: f"{wrong.claim}-{wrong.put.__name__}")
def test_program_of_a_refuted_claim_fails_as_the_claim_does(
    wrong: Wrong, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = next(claim for claim in catalog.claims() if claim.id == wrong.claim)
    test = getattr(load(claim.file), claim.test)
    trial = Trial()
    if reason := lacking(test):
        pytest.skip(f"the claim {reason}")
    if drawn := hasattr(test, "hypothesis"):
        effort(50, shrink=False)(test)
        monkeypatch.setattr(test.hypothesis, "inner_test", trial.watch(test.hypothesis.inner_test))
    wrong.put(monkeypatch)
    with pytest.raises(wrong.raises) as raised:
        test()
    if drawn:
        monkeypatch.setattr(test.hypothesis, "inner_test", test.hypothesis.inner_test.__wrapped__)
    text, _ = written(test, trial.arguments, claim.id)
    error = run(text, monkeypatch)
    plain = any(isinstance(value, models.Trial) for value in trial.arguments.values())
    if error is not None or not plain:  # of a drawn model it shows a plain call
        assert type(error) is raised.type
