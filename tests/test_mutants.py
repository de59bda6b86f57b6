"""Mutants are what they say, and what was seen of them is complete and explained."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from lstm_spec import catalog
from tools import ROOT
from tools.studies.mutants import survivors
from tools.studies.mutants.changes import variants
from tools.studies.mutants.mutants import DRAWN, Mutant, mutants, put, target
from tools.studies.mutants.page import PAGE, observable, page, refuted
from tools.studies.mutants.record import append, cover, read, results
from tools.studies.mutants.suites import Trial

FOLDER = Path(survivors.__file__).parent


def changed(text: str) -> set[str]:
    """Return what the first statement of a function of x, mask and n becomes."""
    function = ast.parse(f"def f(x, mask, n):\n    {text}").body[0]
    nodes = ast.walk(function.body[0])
    return {ast.unparse(new) for node in nodes for new in variants(node, function)}


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("return x * mask", {"x + mask"}),
        ("return x[:n]", {":"}),
        ("return n == 1", {"n != 1", "2"}),
        ("return x and mask", {"x or mask", "x", "mask"}),
        ("return not x", {"x"}),
        ("return x(n, mask=mask)", {"x(n)"}),
        ("return x(n, mask)", {"x(mask, n)"}),
        ("return (x, n)", {"(n, x)"}),
        ("return True", {"False"}),
        ("return h_tm1", {"c_tm1"}),
        ("x += n", {"pass", "x -= n"}),
        ("x = n", {"pass"}),
        ("y = n", set()),
        ("raise ValueError(f'{n} is 1')", {"pass"}),
        ("return {'x': x, 'n': n}", {"{'x': x}", "{'n': n}"}),
    ],
)
def test_one_thing_is_changed(text: str, becomes: set[str]) -> None:
    assert changed(text) == becomes


def test_ids_tell_mutants_apart() -> None:
    assert len({mutant.id for mutant in mutants()}) == len(mutants()) > 1000
    for field in ("models", "guarded"):
        assert len({mutant.id for mutant in mutants(field)}) == DRAWN[field]


def test_every_mutant_is_put_in_place_and_taken_away() -> None:
    for mutant in (*mutants(), *mutants("models")):
        function = target(mutant.module, mutant.function)
        before = function.__code__, function.__defaults__
        with put(mutant):
            assert (function.__code__, function.__defaults__) != before, mutant.id
        assert (function.__code__, function.__defaults__) == before, mutant.id


def test_a_mutant_computes_something_else() -> None:
    swapped = next(
        m for m in mutants() if m.change == "f * c_tm1 -> f + c_tm1" and "fused" in m.function
    )
    lstm = keras.layers.LSTM(1)
    x = keras.ops.ones((1, 2, 1))
    y = float(lstm(x)[0, 0])
    with put(swapped):
        assert float(lstm(x)[0, 0]) != y
    assert float(lstm(x)[0, 0]) == y


def test_under_a_guard_a_mutant_is_in_place_where_the_guard_is_true() -> None:
    swapped = next(
        m for m in mutants() if m.change == "f * c_tm1 -> f + c_tm1" and "fused" in m.function
    )
    x = keras.ops.ones((1, 2, 1))
    changes = []
    for units in (17, 16):
        lstm = keras.layers.LSTM(units)
        before = np.array(lstm(x))
        with put(replace(swapped, guard="only units > 16")):
            changes.append(not np.array_equal(lstm(x), before))
        assert np.array_equal(lstm(x), before)
    assert changes == [True, False]


def test_a_coverage_keeps_lines_by_the_guards_under_which_they_run(tmp_path: Path) -> None:
    def run() -> None:
        keras.layers.LSTM(1, unroll=True)(keras.ops.ones((1, 6, 1)))

    cover(tmp_path / "lines", {"trial": Trial("trial", run, "")}, "guarded")
    (seen,) = read(tmp_path / "lines")
    assert {key.partition(":")[0] for key in seen["lines"]} == {
        "only unrolled",
        "only T > 5",
        "only B = 1",
    }


def test_mutant_on_which_the_interpreter_died_twice_is_refuted(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    started = tmp_path / "started"
    append(seen, mutant="a", refuted_by="", tried=3, reach=3, seconds=1)
    append(seen, mutant="d", refuted_by="", tried=3, reach=9, seconds=1)
    for mutant in ("a", "a", "b", "c", "c"):
        append(started, started=mutant)
    outcome = results(seen, started, patience=2)
    assert outcome["a"]["refuted_by"] == ""
    assert "died" in outcome["c"]["refuted_by"]
    assert "b" not in outcome
    assert "d" not in outcome


RECORD = {line["mutant"]: line["refuted_by"] for line in read(FOLDER / "claims.jsonl")}
BY_ID = {mutant.id: mutant for mutant in mutants()}
recorded = pytest.mark.skipif(
    set(RECORD) != set(BY_ID), reason="the record lacks mutants of this Keras: tox run -e mutants"
)


@recorded
def test_all_mutants_but_few_are_refuted_or_cannot_be_observed() -> None:
    lines = read(FOLDER / "claims.jsonl")
    hits, tried = refuted(lines, observable(lines))
    assert hits >= 0.98 * tried


@recorded
def test_what_is_said_to_be_unobservable_survives() -> None:
    lines = (line for name in ("models", "guarded") for line in read(FOLDER / f"{name}.jsonl"))
    refuted_by = {**RECORD, **{line["mutant"]: line["refuted_by"] for line in lines}}
    every = [*mutants(), *mutants("models"), *mutants("guarded")]
    for entry in survivors.load():
        meant = [m for m in every if m in entry]
        assert [m for m in meant if not refuted_by.get(m.id)], f"stale: {entry}"


@recorded
def test_every_claim_refutes_a_mutant_or_it_is_said_why_not() -> None:
    others = {line["claim"] for line in read(FOLDER / "idle.jsonl") if line["refutes"]}
    idle = {claim.id for claim in catalog.claims()} - {*RECORD.values(), *others}
    if idle - set(survivors.idle()):
        pytest.skip("claims are new, or tried otherwise: `tox run -e mutants` records them")
    assert idle == set(survivors.idle())


@recorded
def test_page_is_made_from_the_record() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


@recorded
def test_documentation_tells_the_figures_of_the_record() -> None:
    ours = read(FOLDER / "claims.jsonl")
    theirs = read(FOLDER / "keras.jsonl")
    hits, tried = refuted(ours, observable(ours))
    hits_of_tests, drawn = refuted(theirs, observable(ours))
    text = " ".join((ROOT / "docs/costs.md").read_text(encoding="utf-8").split())
    assert f"Of {tried} changes" in text
    assert f"the claims refute {hits}; of {drawn} of these" in text
    assert f"Keras' own tests refute {hits_of_tests}." in text


def test_survivors_are_found_by_function_change_and_line() -> None:
    mutant = Mutant("keras.src.layers.rnn.lstm", "LSTM.call", 583, 0, 0, "training = False")
    place = "layers.rnn.lstm:LSTM.call"
    assert mutant in survivors.Survivors(place, "why")
    assert mutant in survivors.Survivors(place, "why", changes=["training = False"])
    assert mutant in survivors.Survivors(place, "why", lines="580-583")
    assert mutant not in survivors.Survivors(place, "why", lines="584-590")
    assert mutant not in survivors.Survivors(place, "why", changes=["mask = None"])
    assert mutant not in survivors.Survivors("layers.rnn.rnn:LSTM.call", "why")
