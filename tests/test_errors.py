"""What a pasted error tells, also where the words that name it stand in a later paragraph."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from lstm_spec import catalog
from lstm_spec.answers import answer, errors
from lstm_spec.answers.questions import questions

FILE = Path(__file__).with_name("pasted.toml")
LIBRARY = answer.Library(questions(), catalog.claims())


class Pasted(msgspec.Struct, forbid_unknown_fields=True):
    release: str
    question: str
    text: str


class File(msgspec.Struct, forbid_unknown_fields=True):
    error: list[Pasted]


def pasted() -> list[Pasted]:
    return msgspec.toml.decode(FILE.read_bytes(), type=File).error


def meant(text: str) -> str:
    """Return the question that answers an error first; nothing, if none does."""
    hits = answer.find(text.replace("ESCAPE", "\x1b"), LIBRARY)
    return hits.hits[0].id if hits.sure else ""


def read(text: str) -> errors.Error:
    error = errors.read(text)
    assert error is not None
    return error


@pytest.mark.parametrize("error", pasted())
def test_an_error_of_many_causes_is_known_by_its_shapes_and_later_words(error: Pasted) -> None:
    assert meant(error.text) == error.question


def test_questions_that_errors_mean_are_there() -> None:
    named = {question for _, question in errors.MEANT} | {error.question for error in pasted()}
    assert named - {""} <= {question.id for question in LIBRARY.questions}


def test_what_is_wrong_stands_behind_where_it_was_noticed() -> None:
    later = (
        "ValueError: Exception encountered when calling LSTM.call().\n\nbatch of 4\n\nArguments:"
    )
    assert read(later).message == "Exception encountered when calling LSTM.call(). batch of 4"
    graph = "InvalidArgumentError: Graph execution error:\n\nDetected at node a (most recent\n"
    frames = '  File "fit.py", line 4, in <module>\n\n  File "b.py", line 5\n\n'
    assert read(f"{graph}{frames}[2] vs. [4]\n\t [[a]]").message == (
        "Graph execution error: [2] vs. [4]"
    )


def test_the_last_line_of_the_own_program_is_read() -> None:
    frames = '  File "fit.py", line 9, in <module>\n    y = f(x)\n'
    deeper = '  File "/lib/site-packages/keras/a.py", line 3, in f\n    return g(x)\n'
    assert read(f"{frames}{deeper}ValueError: a").code == "y = f(x)"
    assert read("----> 3 y = f(x)\n      4 z\n\nValueError: a").code == "y = f(x)"


@pytest.mark.parametrize(
    ("function", "known"), [("LSTM.call", True), ("Model.fit", False), ("LSTM.__init__", False)]
)
def test_words_about_another_function_are_not_those_of_a_claim(function: str, known: bool) -> None:
    error = read(f"TypeError: {function}() got an unexpected keyword argument 'a'")
    claims = {error_known.claim for error_known in errors.known_as(error)}
    assert ("errors.unknown-call-argument" in claims) == known


def test_a_layer_in_place_of_a_tensor_is_no_list() -> None:
    words = "Only input tensors may be passed as positional arguments. The following"
    layer = "<LSTM name=lstm, built=False> (of type <class 'keras.src.layers.rnn.lstm.LSTM'>)"
    assert errors.known_as(read(f"ValueError: {words} {layer}")) == []


def test_a_word_after_layer_is_no_name() -> None:
    assert read("ValueError: `TimeDistributed` Layer should be passed `input_shape`").layer == ""
    assert read("ValueError: Input 0 is incompatible with layer lstm_1: expected").layer == "lstm_1"
