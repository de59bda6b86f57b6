"""The claims are well made, and are found by their names."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from lstm_spec import catalog
from lstm_spec.run import deviations
from lstm_spec.run.examples import RATIO

ALL = catalog.claims()
IDS = Path(__file__).with_name("ids.txt")


def offenders(fault: Callable[[catalog.Claim], str]) -> dict[str, str]:
    """Return what is wrong with the claims that have a fault, by their ids."""
    faults = {claim.id: fault(claim) for claim in ALL}
    return {claim: wrong for claim, wrong in faults.items() if wrong}


def body(claim: catalog.Claim) -> list[ast.stmt]:
    """Return the statements of a claim's test, without its docstring."""
    return parsed(claim.file)[claim.test].body[1:]


@cache
def parsed(file: str) -> dict[str, ast.FunctionDef]:
    """Return the tests of a file by name."""
    tree = ast.parse((catalog.CLAIMS / file).read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_claim_is_read_to_the_end_of_its_test() -> None:
    """The catalog parses no bodies."""
    assert offenders(read_otherwise) == {}


def read_otherwise(claim: catalog.Claim) -> str:
    node = parsed(claim.file)[claim.test]
    words = " ".join((ast.get_docstring(node) or "").split())
    read = " ".join([claim.statement, *claim.why.split(), *claim.example.split()])
    whole = words == read and claim.end == node.end_lineno
    return "" if whole else f"ends on line {claim.end}, not {node.end_lineno}; says {read}"


def test_every_chapter_has_claims() -> None:
    assert {claim.chapter for claim in ALL} == set(catalog.chapters())


def test_ids_are_unique() -> None:
    assert len({claim.id for claim in ALL}) == len(ALL)


def test_tests_have_unique_names() -> None:
    assert len({claim.test for claim in ALL}) == len(ALL)


def test_published_ids_are_claims_or_retired() -> None:
    published = IDS.read_text(encoding="utf-8").split()
    assert published == sorted(set(published)), "tests/ids.txt is sorted, each id once"
    known = {claim.id for claim in ALL} | set(catalog.retired())
    assert sorted(known - set(published)) == [], "add it to tests/ids.txt"
    assert sorted(set(published) - known) == [], "no claim has this id; a retired one is in RETIRED"


def test_id_is_lower_case_words_without_numbers() -> None:
    form = re.compile(r"[a-z]+\.[a-z]+(-[a-z]+)*")
    assert [claim.id for claim in ALL if not form.fullmatch(claim.id)] == []


def test_statement_is_one_short_sentence() -> None:
    assert offenders(not_one_short_sentence) == {}


LONGEST_STATEMENT = 125
"""How many characters a statement has, at most: shorter ones go without verbs."""


def not_one_short_sentence(claim: catalog.Claim) -> str:
    statement = claim.statement
    if not 20 <= len(statement) <= LONGEST_STATEMENT:
        return f"{len(statement)} characters, of 20 to {LONGEST_STATEMENT}"
    if not re.fullmatch(r"[^;]+\.", statement) or re.search(r"\. [A-Z]", statement):
        return "not one sentence"
    return '"should"' if " should " in statement else ""


def test_reason_is_given_in_at_most_four_lines() -> None:
    assert offenders(not_in_four_lines) == {}


def not_in_four_lines(claim: catalog.Claim) -> str:
    lines = len(claim.why.splitlines())
    return "" if 1 <= lines <= 4 else f"{lines} lines, of 1 to 4"


BESIDE_KERAS = {
    "errors.ragged-tensor": {"tensorflow"},
    "errors.symbols-to-numpy": {"tensorflow"},
    "models.mask-lives": {"gc"},
    "models.merges-are-silent": {"warnings"},
    "models.open-graphs": {"tensorflow"},
    "models.slices-in-a-graph": {"tensorflow"},
    "models.warns-of-lost-mask": {"warnings"},
    "modes.cost-of-predict": {"timeit"},
    "modes.failed-first-trace": {"tensorflow"},
    "modes.layer-made-in-a-function": {"tensorflow"},
    "modes.unrolled-open-length": {"tensorflow"},
    "modes.window-generator": {"tensorflow"},
    "saving.checkpoint-of-lists": {"tensorflow"},
    "saving.checkpoint-of-training": {"tensorflow"},
    "saving.litert-converter": {"contextlib", "io", "tensorflow"},
    "trainer.backup": {"tempfile"},
    "trainer.checkpoint": {"tempfile"},
    "trainer.checkpoint-of-batches": {"tempfile"},
    "trainer.memory": {"gc"},
    "trainer.mirrored": {"tensorflow"},
    "trainer.own-loop": {"tensorflow"},
    "trainer.printed": {"contextlib", "io"},
    "trainer.shuffle-unasked": {"warnings"},
    "trainer.verbose-callbacks": {"contextlib", "io", "tempfile"},
    "training.jacobian": {"tensorflow"},
    "training.second-derivative": {"tensorflow"},
    "training.tape": {"tensorflow"},
    "training.unwatched-input": {"tensorflow"},
}
"""What an example cannot do without: a clock, the collector, or a part of TensorFlow."""
MEASURING = {"time", "timeit", "ctypes", "gc", "pathlib", "tensorflow"}
"""What the example of a claim about cost may import: it measures what the claim is about."""
LONGEST = 14
"""How many lines an example has, at most."""


def test_example_pastes_into_an_empty_notebook() -> None:
    assert offenders(not_pasted) == {}


def not_pasted(claim: catalog.Claim) -> str:
    code = [line[4:] for line in claim.example.splitlines() if line.startswith((">>> ", "... "))]
    if code[0] != "import keras, numpy as np":
        return f"begins with {code[0]}"
    measuring = claim.chapter == "speed"
    if not 2 <= len(code) <= LONGEST:
        return f"{len(code)} lines, of 2 to {LONGEST}"
    imports = [line.split(maxsplit=1)[1] for line in code if re.match("(import|from) ", line)]
    names = {name.split()[0] for listed in imports[1:] for name in listed.split(", ")} | {"keras"}
    if measuring:
        names -= MEASURING
    other = names ^ ({"keras"} | BESIDE_KERAS.get(claim.id, set()))
    return f"imports {other}" if other else ""


def test_example_prints_whole_numbers_truth_values_tuples_or_short_floats() -> None:
    assert offenders(prints_otherwise) == {}


def prints_otherwise(claim: catalog.Claim) -> str:
    lines = [line for line in claim.example.splitlines() if not line.startswith((">>>", "..."))]
    printed = [line for line in lines if line]
    if not printed:
        return "prints nothing"
    plain = re.compile(r"[\w\s.,()\[\]'{}:+-]{1,60}")
    return "\n".join(line for line in printed if not plain.fullmatch(line))


def test_only_examples_of_speed_measure_and_each_prints_its_ratio() -> None:
    assert offenders(no_ratio) == {}


def no_ratio(claim: catalog.Claim) -> str:
    lines = [line for line in claim.example.splitlines() if not line.startswith((">>>", "..."))]
    printed = [line for line in lines if line]
    ratios = [line for line in printed if re.fullmatch(RATIO, line)]
    measures = "process_time" in claim.example or "VmHWM" in claim.example
    expected = printed if claim.chapter == "speed" else []
    return "" if ratios == expected and measures == bool(expected) else f"prints {printed}"


MOST_STATEMENTS = 15
"""How many statements a test has, at most; tests/test_house.py sees to it that none is packed."""


def test_body_is_short_and_has_no_branches() -> None:
    assert offenders(long_or_branching) == {}


def long_or_branching(claim: catalog.Claim) -> str:
    nodes = [node for part in body(claim) for node in ast.walk(part)]
    statements = sum(isinstance(node, ast.stmt) for node in nodes)
    if statements > MOST_STATEMENTS:
        return f"{statements} statements"
    branches = (ast.If, ast.While, ast.Try, ast.Match)
    return "\n".join(ast.unparse(node) for node in nodes if isinstance(node, branches))


def test_basis_says_who_says_so() -> None:
    assert [claim.id for claim in ALL if len(claim.source) < len("Keras 3")] == []


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


def test_stand_ins_are_declared_where_a_test_pretends_that_there_is_a_gpu() -> None:
    """What is about a GPU and is tried on none says so, and nothing else does."""
    pretending = ("turns_to_cudnn(", "gets_to_cudnn(", "pretended_cudnn(", "present=True")
    pretends = {c.id for c in ALL if any(word in source(c) for word in pretending)}
    assert {claim.id for claim in ALL if claim.stand_in} == pretends
    assert len(pretends) == 6


def source(claim: catalog.Claim) -> str:
    """Return the body of a claim's test as text."""
    return "\n".join(map(ast.unparse, body(claim)))
