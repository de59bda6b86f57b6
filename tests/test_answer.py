"""Questions are found by plain words, and their answers are made of claims that hold."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from lstm_spec import catalog
from lstm_spec.answers import answer, search
from lstm_spec.answers.questions import questions
from lstm_spec.run import deviations

LIBRARY = answer.Library(questions(), catalog.claims())
IDS = {claim.id for claim in LIBRARY.claims}
FALSE = {one.claim for one in deviations.current()}
REACHED = 126
"""How many rewordings find their question."""


class Rewording(msgspec.Struct, forbid_unknown_fields=True):
    words: str
    question: str


class Rewordings(msgspec.Struct, forbid_unknown_fields=True):
    rewording: list[Rewording]


def rewordings() -> list[Rewording]:
    text = Path(__file__).with_name("rewordings.toml").read_bytes()
    return msgspec.toml.decode(text, type=Rewordings).rewording


def first(words: str, count: int = 3) -> list[str]:
    return [hit.id for hit in answer.find(words, LIBRARY)[:count]]


def test_there_are_at_least_sixty_questions() -> None:
    assert len(LIBRARY.questions) >= 60


def test_answer_is_made_of_claims() -> None:
    for question in LIBRARY.questions:
        assert set(question.claims) <= IDS, question.id
        assert len(set(question.claims)) == len(question.claims), question.id


def test_answer_says_where_a_claim_is_false() -> None:
    for question in LIBRARY.questions:
        assert question.deviates == bool(FALSE & set(question.claims)), question.id
        assert question.deviates == ("deviates" in question.answer), question.id


def test_answer_is_short() -> None:
    for question in LIBRARY.questions:
        sentences = re.findall(r"[.?](?= [A-Z`a-z]|$)", question.answer)
        assert 1 <= len(sentences) <= 5, question.id
        assert len(question.answer) <= 420, question.id


def test_addresses_are_given_once() -> None:
    addresses = [one.address for one in LIBRARY.questions if one.address]
    assert len(set(addresses)) == len(addresses)


def test_titles_find_their_questions(record_property) -> None:
    missed = [one.title for one in LIBRARY.questions if one.id not in first(one.title)]
    record_property("missed", missed)
    assert len(missed) <= 0.05 * len(LIBRARY.questions), missed


def test_rewordings_find_their_questions(record_property) -> None:
    given = rewordings()
    missed = [one.words for one in given if one.question not in first(one.words)]
    record_property("missed", missed)
    assert len(given) >= 30
    assert {one.question for one in given} <= {one.id for one in LIBRARY.questions}
    assert len(given) - len(missed) >= max(REACHED, 0.85 * len(given)), missed


@pytest.mark.parametrize(
    "words",
    [
        "understanding-keras-lstms",
        "38714959",
        "https://stackoverflow.com/questions/38714959/understanding-keras-lstms#answer",
        "https://www.stackoverflow.com/q/38714959",
        " #38714959 ",
    ],
)
def test_question_is_found_by_its_number_or_address(words: str) -> None:
    assert first(words) == ["understanding-keras-lstms"]


@pytest.mark.parametrize(
    "words",
    [
        "7227",
        "keras#7227",
        "keras-team/keras#7227",
        "https://github.com/keras-team/keras/issues/7227#issuecomment-1",
    ],
)
def test_issue_is_found_by_its_number_or_address(words: str) -> None:
    assert first(words) == ["output-at-masked-timesteps"]


@pytest.mark.parametrize(
    "words",
    ["tensorflow#7227", "eras#7227", "https://github.com/keras-team/tf-keras/issues/7227", "1"],
)
def test_number_in_another_place_finds_nothing(words: str) -> None:
    assert first(words) == []


@pytest.mark.parametrize(
    ("words", "others"),
    [
        ("cells", "units"),
        ("neurons", "units"),
        ("hidden nodes", "units"),
        ("time steps", "timesteps"),
        ("sequence length", "timesteps"),
        ("bilstm", "Bidirectional"),
        ("activaton", "activation"),
        ("parmeters", "parameters"),  # codespell:ignore parmeters
    ],
)
def test_synonyms_and_typos_find_what_the_right_word_finds(words: str, others: str) -> None:
    assert first(words, 9) == first(others, 9) != []


@pytest.mark.parametrize(
    "words",
    [
        "which timestep goes to which cell",
        "is the third step ignored by 2 neurons",
        "does an LSTM with 2 cells drop the third input",
    ],
)
def test_the_question_of_the_readme_is_answered(words: str) -> None:
    assert first(words, 1) == ["fewer-units-than-inputs"]


def test_claim_answers_what_no_question_asks() -> None:
    assert first("peepholes") == ["gates.no-peepholes"]
    assert first("can it be quantized to int8")[0] == "modes.quantize-refused"


@pytest.mark.parametrize(
    "words", ['"', "* OR (", "NEAR(a b)", "title:x", "'; DROP TABLE texts", ""]
)
def test_words_are_never_a_query(words: str) -> None:
    answer.find(words, LIBRARY)


def test_a_synonym_stands_for_one_word() -> None:
    listed = search.words().synonyms
    said = [word for others in listed.values() for word in others]
    assert len(set(said)) == len(said)
    assert not set(said) & set(listed)


def test_answer_is_shown_with_its_claims_and_an_example() -> None:
    said = answer.markdown(answer.find("go_backwards", LIBRARY), LIBRARY)
    question = {one.id: one for one in LIBRARY.questions}["go-backwards"]
    assert f"{question.address}\n\n{question.answer}\n" in said
    assert all(f"(`{name}`)" in said for name in question.claims)
    assert "```python\nimport keras, numpy as np\n" in said
    assert "\nSee also:\n\n- `" in said


def test_deviation_is_shown_at_its_claim() -> None:
    said = answer.markdown(answer.find("divisible-batch", LIBRARY), LIBRARY)
    known = [one for one in deviations.load() if one.claim == "errors.remainder-in-fit"]
    assert "\n- Not on Keras 3.15.1: A last batch of a single sample is stretched" in said
    assert "(`errors.remainder-in-fit`)\n  False on Keras " in said
    assert said.count("\n  False ") >= len(known) - 1 > 0
    assert "See also" not in said


def test_no_answer_shows_a_claim_that_is_false_as_if_it_were_true() -> None:
    for claim in LIBRARY.claims:
        if claim.id in FALSE:
            said = answer.markdown([claim], LIBRARY)
            assert said.startswith("**Not on Keras 3.15.1:** "), claim.id
            others = answer.markdown([LIBRARY.claims[0], claim], LIBRARY)
            assert f"- `{claim.id}`: Not on Keras 3.15.1: " in others


def test_id_that_is_listed_twice_is_refused(tmp_path: Path) -> None:
    entry = (
        '[[question]]\nid = "one"\ntitle = "t"\nalso = []\nanswer = "a"\nclaims = ["time.order"]\n'
    )
    (tmp_path / "questions.toml").write_text(entry * 2, encoding="utf-8")
    with pytest.raises(ValueError, match=r"questions\.toml lists an id twice"):
        questions(tmp_path / "questions.toml")
