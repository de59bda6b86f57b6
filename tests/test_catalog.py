"""The claims are well made, and are found by their names."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from lstm_spec import catalog
from lstm_spec.evidence import deviations

ALL = catalog.claims()
IDS = Path(__file__).with_name("ids.txt")
each_claim = pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.id)


def body(claim: catalog.Claim) -> list[ast.stmt]:
    """Return the statements of a claim's test, without its docstring."""
    return parsed(claim.chapter)[claim.test].body[1:]


@cache
def parsed(chapter: str) -> dict[str, ast.FunctionDef]:
    """Return the tests of a chapter by name."""
    tree = ast.parse((catalog.CLAIMS / f"{chapter}.py").read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_there_are_at_least_ninety_claims_in_every_chapter_some() -> None:
    assert len(ALL) >= 90
    assert {claim.chapter for claim in ALL} == set(catalog.chapters())


def test_ids_are_unique() -> None:
    assert len({claim.id for claim in ALL}) == len(ALL)


def test_tests_have_unique_names() -> None:
    assert len({claim.test for claim in ALL}) == len(ALL)


def test_published_ids_are_claims_or_retired() -> None:
    published = IDS.read_text(encoding="utf-8").split()
    assert published == sorted(set(published)), "tests/ids.txt is sorted, each id once"
    assert set(published) == {claim.id for claim in ALL} | set(catalog.retired())


@each_claim
def test_id_is_lower_case_words_without_numbers(claim: catalog.Claim) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z]+(-[a-z]+)*", claim.id)


@each_claim
def test_statement_is_one_short_sentence(claim: catalog.Claim) -> None:
    assert 20 <= len(claim.statement) < 100
    assert re.fullmatch(r"[^;]+\.", claim.statement)
    assert not re.search(r"\. [A-Z]", claim.statement), "two sentences"
    assert " should " not in claim.statement


@each_claim
def test_reason_is_given_in_at_most_four_lines(claim: catalog.Claim) -> None:
    assert 1 <= len(claim.why.splitlines()) <= 4


BESIDE_KERAS = {"modes.cost-of-predict": {"timeit"}, "saving.litert-converter": {"contextlib"}}
"""What an example cannot do without: a clock, or TensorFlow's converter and silence from it."""


@each_claim
def test_example_pastes_into_an_empty_notebook(claim: catalog.Claim) -> None:
    code = [line[4:] for line in claim.example.splitlines() if line.startswith((">>> ", "... "))]
    assert code[0] == "import keras, numpy as np"
    assert 2 <= len(code) <= 8
    names = {name for line in code for name in re.findall(r"^(?:import|from) (\w+)", line)}
    assert names == {"keras"} | BESIDE_KERAS.get(claim.id, set())


@each_claim
def test_example_prints_whole_numbers_truth_values_tuples_or_short_floats(
    claim: catalog.Claim,
) -> None:
    printed = [line for line in claim.example.splitlines() if not line.startswith((">>>", "..."))]
    assert any(printed)
    for line in filter(None, printed):
        assert len(line) <= 60
        assert re.fullmatch(r"[\w\s.,()\[\]'{}:+-]+", line), line


@each_claim
def test_body_is_short_and_has_no_branches(claim: catalog.Claim) -> None:
    statements = body(claim)
    lines = statements[-1].end_lineno - statements[0].lineno + 1
    branches = (ast.If, ast.IfExp, ast.While, ast.Try, ast.Match)
    assert lines <= 10
    assert not [
        node for part in statements for node in ast.walk(part) if isinstance(node, branches)
    ]


@each_claim
def test_basis_says_who_says_so(claim: catalog.Claim) -> None:
    assert claim.basis in catalog.BASES
    assert len(claim.source) >= len("Keras 3")


def test_deviations_are_of_claims() -> None:
    deviations.forbid_stale(deviations.load(), {claim.id for claim in ALL})


def test_selecting_nothing_selects_everything() -> None:
    assert catalog.select([]) == ALL


def test_selecting_keeps_the_reading_order() -> None:
    chosen = catalog.select(["time.every-step", "shapes"])
    assert [claim.chapter for claim in chosen[:-1]] == ["shapes"] * (len(chosen) - 1)
    assert chosen[-1].id == "time.every-step"


def test_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(catalog.UnknownNameError, match=r"'time\.evry-step'.*time\.every-step"):
        catalog.select(["time.evry-step"])


def test_name_unlike_any_other_is_answered_with_the_chapters() -> None:
    with pytest.raises(catalog.UnknownNameError, match="the chapters are shapes, "):
        catalog.select(["qqqq"])


def test_claim_is_found_by_its_id_alone() -> None:
    assert catalog.find("time.every-step").id == "time.every-step"


def test_chapter_is_no_claim() -> None:
    with pytest.raises(catalog.UnknownNameError, match=r"is a chapter; give .* time\.axis-one"):
        catalog.find("time")
