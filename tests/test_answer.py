"""Whatever is asked gets an answer that is made of claims, or is told that there is none."""

from __future__ import annotations

import http.server
import re
import subprocess
import sys
import threading
import urllib.request
from functools import partial
from importlib import metadata
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis.strategies import text

from lstm_spec import catalog, cli
from lstm_spec.answers import answer, errors, search
from lstm_spec.answers.questions import Question, questions
from lstm_spec.run import deviations
from lstm_spec.run.text import UnreadableFileError

LIBRARY = answer.Library(questions(), catalog.claims())
IDS = {claim.id for claim in LIBRARY.claims}
FALSE = {deviation.claim for deviation in deviations.current()}
ASKED = [question for question in LIBRARY.questions if question.claims]
REACHED = 128
"""How many rewordings find an answer that is made of the right claims."""


class Rewording(msgspec.Struct, forbid_unknown_fields=True):
    words: str
    question: str


class Rewordings(msgspec.Struct, forbid_unknown_fields=True):
    rewording: list[Rewording]


def rewordings() -> list[Rewording]:
    data = Path(__file__).with_name("rewordings.toml").read_bytes()
    return msgspec.toml.decode(data, type=Rewordings).rewording


def first(words: str, count: int = 3) -> list[str]:
    return [hit.id for hit in answer.find(words, LIBRARY).hits[:count]]


def answered(words: str) -> str:
    return answer.markdown(answer.answer(words, answer.find(words, LIBRARY), LIBRARY))


def claims_of(name: str) -> set[str]:
    hit = LIBRARY.by_id[name]
    return set(hit.claims) if isinstance(hit, Question) else {name}


def right(rewording: Rewording) -> bool:
    """Say whether one of the first three is the entry, or is made of what that begins with."""
    begins = set(LIBRARY.by_id[rewording.question].claims[:2])
    names = first(rewording.words)
    return rewording.question in names or any(begins & claims_of(name) for name in names)


def test_answer_is_made_of_claims() -> None:
    for question in LIBRARY.questions:
        assert set(question.claims) <= IDS, question.id
        assert len(set(question.claims)) == len(question.claims), question.id
        assert "." not in question.id, question.id


def test_ids_are_those_of_no_chapter() -> None:
    assert not {question.id for question in LIBRARY.questions} & set(catalog.chapters())


def test_answer_without_claims_says_that_none_answers() -> None:
    for question in LIBRARY.questions:
        words = ("claim", "matter of the layer")
        assert question.claims or any(word in question.answer for word in words), question.id


def test_answer_says_where_a_claim_is_false() -> None:
    """The answer itself names the Keras, or its first claim, which is shown below, is true."""
    for question in ASKED:
        assert "Keras" in question.answer or question.claims[0] not in FALSE, question.id


def test_answer_is_short() -> None:
    for question in LIBRARY.questions:
        sentences = re.findall(r"[.?](?= [A-Z`a-z]|$)", question.answer)
        assert 1 <= len(sentences) <= 5, question.id
        assert len(question.answer) <= 460, question.id


TWO_LINES = 166
"""How many characters two lines of an answer's page hold."""


def test_answer_begins_with_a_sentence_of_two_lines() -> None:
    first = {item.id: re.split(r"(?<=[.?!])\s", item.answer)[0] for item in questions()}
    assert {name for name, sentence in first.items() if len(sentence) > TWO_LINES} == set()


@pytest.mark.parametrize("word", ["ought", "falls away", "without a word", "afresh", " turns to"])
def test_answers_are_in_ordinary_english(word: str) -> None:
    assert [question.id for question in LIBRARY.questions if word in question.answer] == []


def test_addresses_are_given_once() -> None:
    addresses = [question.address for question in LIBRARY.questions if question.address]
    assert len(set(addresses)) == len(addresses)


def test_titles_find_their_questions() -> None:
    missed = [
        question.title for question in LIBRARY.questions if question.id not in first(question.title)
    ]
    assert missed == []
    silent = [question.title for question in ASKED if not answer.find(question.title, LIBRARY).sure]
    assert len(silent) <= 0.02 * len(ASKED), silent


def test_rewordings_find_their_answers(record_property: pytest.RecordProperty) -> None:
    asked = rewordings()
    missed = [rewording.words for rewording in asked if not right(rewording)]
    record_property("missed", missed)
    assert len(asked) - len(missed) >= REACHED, missed
    silent = [
        rewording.words for rewording in asked if not answer.find(rewording.words, LIBRARY).sure
    ]
    assert len(silent) <= 0.05 * len(asked), silent


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
    assert not answer.find(words, LIBRARY).sure


@pytest.mark.parametrize(
    "words",
    [
        "which timestep goes to which cell",
        "is the third step ignored by 2 neurons",
        "does an LSTM with 2 cells drop the third input",
    ],
)
def test_the_question_of_the_readme_is_answered(words: str) -> None:
    assert "fewer-units-than-inputs" in first(words)


@pytest.mark.parametrize(
    "words",
    [
        "how do I cook rice",
        "What is the capital of Australia?",
        "How to center a div in CSS",
        "merge two DataFrames on several columns",
        "Conv2D padding same or valid",
        "how do I stop overfitting",
        "xyzzy",
        "",
        "?",
    ],
)
def test_what_no_claim_answers_gets_no_answer(words: str) -> None:
    hits = answer.find(words, LIBRARY)
    shown = answer.answer(words, hits, LIBRARY)
    assert not hits.sure
    assert not shown.answered
    assert not shown.claims
    assert len(shown.others) == 2
    assert all(LIBRARY.by_id[other.id].claims for other in shown.others)  # type: ignore[union-attr]
    assert answer.markdown(shown).startswith("No claim answers this.")


@pytest.mark.parametrize(
    ("ours", "theirs", "kind"),
    [
        ("number of units of an LSTM", "number of units of a ConvLSTM2D", "layers"),
        ("reproducible training of an LSTM", "reproducible training of a LightGBM model", "tools"),
        ("forget bias of an LSTM", "forget bias of an LSTM in MXNet", "libraries"),
        ("shape of the input of an LSTM", "shape of the images of an LSTM", "tasks"),
        ("states of an LSTM", "imbalanced states of an LSTM", "data"),
        ("steps of an LSTM", "cooking steps of an LSTM", "everyday"),
    ],
)
def test_what_names_something_else_is_less_sure(ours: str, theirs: str, kind: str) -> None:
    def sure(words: str) -> float:
        return answer.sureness(LIBRARY.index.find(words), words, LIBRARY)

    assert sure(ours) > answer.SURE
    assert sure(theirs) < sure(ours) + answer.fit().signs[kind]


def test_another_library_counts_less_where_keras_is_named() -> None:
    def signs(words: str) -> dict[str, float]:
        return answer.signs(LIBRARY.index.find(words), words, LIBRARY)

    assert signs("hidden state of an LSTM in PyTorch")["elsewhere"] == 1
    assert signs("hidden state of an LSTM in PyTorch and Keras")["elsewhere"] == 0
    assert answer.fit().signs["elsewhere"] < 0


def test_names_of_code_that_no_answer_has_make_it_less_sure() -> None:
    assert LIBRARY.unheard("dropout of AttGRUCond and of StackedRNNCells in dsc_loss") == {
        "AttGRUCond",
        "dsc_loss",
    }
    assert LIBRARY.unheard("dropout of AttGRUCond\nin dsc_loss") == set()
    assert LIBRARY.unheard("leaky_relu, of which an answer tells, in dsc_loss") == {"dsc_loss"}
    assert answer.fit().signs["unheard"] < 0


def test_claim_answers_what_no_question_asks() -> None:
    assert first("does a subnormal input count as zero", 1) == ["precision.subnormals"]
    assert answered("does a subnormal input count as zero").count("(`precision.subnormals`)") == 1


def test_answer_begins_with_the_answer_and_ends_with_its_source() -> None:
    shown = answered("go_backwards")
    question = LIBRARY.by_id["go-backwards"]
    assert isinstance(question, Question)
    assert shown.startswith(f"{question.answer}\n\n```python\n{question.cure}\n```\n\nFor Keras ")
    assert all(f"(`{name}`)" in shown for name in question.claims)
    assert f'"{question.title}", question `go-backwards` of lstm-spec ' in shown.replace("\\", "")
    assert f"Asked at {question.address}\n" in shown
    assert "\nSee also:\n\n- `" in shown


def test_deviation_is_shown_at_its_claim() -> None:
    shown = answered("divisible-batch")
    assert "\n- Not on Keras 3.15.1: A last batch of a single sample is stretched" in shown
    assert "(`errors.remainder-in-fit`)\n  Something else happens on Keras " in shown
    assert "`lstm-spec cite errors.remainder-in-fit` says what.\n" in shown
    assert "(`state.fixed-batch-in-predict`)" in shown
    assert "False" not in shown.partition("```")[0]
    data = answer.cited("divisible-batch", LIBRARY)
    assert data is not None
    known = [
        deviation for deviation in deviations.load() if deviation.claim == "errors.remainder-in-fit"
    ]
    cited = next(claim for claim in data.claims if claim.id == "errors.remainder-in-fit")
    assert len(cited.elsewhere) == len(known) - 1


def test_no_answer_shows_a_claim_that_is_false_as_if_it_were_true() -> None:
    for claim in LIBRARY.claims:
        if claim.id in FALSE:
            shown = answer.answer("", answer.Found([claim], True), LIBRARY)
            head = r"Not on Keras 3\.15\.1( with TensorFlow 2\.21\.0)?: "
            assert re.match(head, shown.text), claim.id
            assert re.match(head, answer.markdown(shown)), claim.id


def test_answer_is_for_the_keras_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["answer", "--for", "keras==3.0.5", "bfloat16"]) == 0
    shown = capsys.readouterr().out
    assert "For Keras 3.0.5 with TensorFlow 2.16" in shown
    assert "Not on Keras 3.0.5" in shown
    assert shown.startswith("Not all of this holds on Keras 3.0.5 with TensorFlow 2.16")
    assert cli.main(["answer", "--for", "keras==1", "stacking"]) == 2


def test_id_that_is_listed_twice_is_refused(tmp_path: Path) -> None:
    entry = (
        '[[question]]\nid = "one"\ntitle = "t"\nalso = ""\nanswer = "a"\nclaims = ["time.order"]\n'
    )
    (tmp_path / "questions.toml").write_text(entry * 2, encoding="utf-8")
    with pytest.raises(UnreadableFileError, match=r"questions\.toml lists an id twice"):
        questions(tmp_path / "questions.toml")


# Errors

TRACEBACK = """\
Traceback (most recent call last):
  File "program.py", line 7, in <module>
    model.add(LSTM(8))
  File "site-packages/keras/src/utils/traceback_utils.py", line 122, in error_handler
    raise e.with_traceback(filtered_tb) from None
"""


@pytest.mark.parametrize(
    ("error", "meant"),
    [
        (
            'ValueError: Input 0 of layer "lstm_1" is incompatible with the layer: expected '
            "ndim=3, found ndim=2. Full shape received: (None, 8)",
            "found-ndim-two",
        ),
        (
            "ValueError: Input 0 of layer lstm is incompatible with the layer: expected ndim=3, "
            "found ndim=4. Full shape received: (None, 64, 4, 850)",
            "found-ndim-four",
        ),
        (
            "TypeError: LSTMCell.call() missing 1 required positional argument: 'states'",
            "cell-without-states",
        ),
        (
            "AttributeError: 'Sequential' object has no attribute 'reset_states'",
            "model-reset-states",
        ),
        (
            "ValueError: Unrecognized keyword arguments passed to LSTM: {'time_major': False}",
            "time-major",
        ),
        (
            "ValueError: Invalid filepath extension for saving. Please add either a `.keras`",
            "save-without-extension",
        ),
        (
            "ValueError: Error when checking target: expected time_distributed_1 to have 3 "
            "dimensions, but got array with shape (1822, 1)",
            "targets-with-return-sequences",
        ),
        (
            "ValueError: Failed to convert a NumPy array to a Tensor (Unsupported object type "
            "numpy.ndarray).",
            "object-array",
        ),
        (
            "Exception: Error when checking model input: expected lstm_input_1 to have shape "
            "(None, 30, 300) but got array with shape (128, 5, 300)",
            "other-number-of-timesteps",
        ),
        (
            "ValueError: When using `stateful=True` in a RNN, the batch size must be static. Found "
            "dynamic batch size: sequence.shape=(None, 50, 5)",
            "stateful-needs-a-batch-size",
        ),
        (
            "Exception: Error when checking model input: the list of Numpy arrays that you are "
            "passing to your model is not the size the model expected. Expected to see 1 arrays "
            "but instead got the following list of 100 arrays : [",
            "lists-as-input",
        ),
        (
            "ValueError: Graph disconnected: cannot obtain value for tensor Tensor",
            "graph-disconnected",
        ),
        ("Exception: class_weight not supported for 3+ dimensional targets.", "class-weights"),
        ("TypeError: ('Keyword argument not understood:', 'input_dim')", "unrecognized-arguments"),
        (
            "ValueError: In a stateful network, you should only pass inputs with a number of "
            "samples that can be divided by the batch size. Found: 757 samples",
            "refused-last-batch",
        ),
        (
            'ValueError: Input 0 of layer "sequential" is incompatible with the layer: expected '
            "shape=(None, 20, 1), found shape=(None, 100, 1)",
            "other-number-of-timesteps",
        ),
        (
            'ValueError: Input 0 of layer "sequential" is incompatible with the layer: expected '
            "shape=(None, 1, 4), found shape=(None, 1, 34)",
            "feature-count",
        ),
        (
            "ValueError: Input 0 is incompatible with layer sequential: expected "
            "shape=(64, None, 4), found shape=[32, 100, 4]",
            "batch-size-in-prediction",
        ),
    ],
)
def test_traceback_finds_what_it_means(error: str, meant: str) -> None:
    assert first(TRACEBACK + error, 1) == [meant]
    assert first(error, 1) == [meant]
    assert answered(TRACEBACK + error).startswith(f"`{error}`\n\n")


def test_layer_and_shapes_are_read_from_an_error() -> None:
    error = errors.read(
        f'{TRACEBACK}ValueError: Input 0 of layer "lstm_1" is incompatible with the layer: '
        "expected ndim=3, found ndim=2. Full shape received: (None, 8)\n"
    )
    assert error is not None
    assert (error.type, error.layer, error.shapes) == ("ValueError", "lstm_1", ("(None, 8)",))
    meaning = "Layer `lstm_1` expects 3 axes, and received 2 of shape `(None, 8)`."
    assert errors.meaning(error) == meaning


def test_last_error_of_several_counts() -> None:
    error = errors.read("KeyError: 'a'\n\nDuring handling:\n\nTypeError: b\n")
    assert error is not None
    assert error.text == "TypeError: b"


def test_words_of_errors_are_read_from_the_claims_and_the_deviations() -> None:
    known = errors.all_known()
    assert {known_error.claim for known_error in known} <= IDS
    assert len({known_error.claim for known_error in known}) > 120
    assert any(known_error.claim == "shapes.rank" and known_error.words for known_error in known)
    assert any(known_error.where.startswith("before Keras 3") for known_error in known)


def test_symbolic_tensor_may_be_no_matter_of_the_layer() -> None:
    words = (
        "NotImplementedError: Cannot convert a symbolic Tensor (lstm/strided_slice:0) to a numpy"
    )
    shown = answer.answer(words, answer.find(words, LIBRARY), LIBRARY)
    assert shown.id == "symbolic-tensor-to-numpy"
    assert "NumPy below 1.20" in shown.text


# Any text


@given(text())
def test_any_text_gets_an_answer_in_one_form_or_another(words: str) -> None:
    hits = answer.find(words, LIBRARY)
    shown = answer.answer(words, hits, LIBRARY)
    for form in answer.FORMATS.values():
        assert form(shown).endswith("\n")


@pytest.mark.parametrize(
    "part", ["a", "lstm ", "ValueError: ", "(", '"layer ', "\n", "\x00", "None, "]
)
@pytest.mark.timeout(20)
def test_a_long_text_takes_no_longer(part: str) -> None:
    answer.find(part * (1_000_000 // len(part)), LIBRARY)


# Formats


@pytest.mark.parametrize("form", answer.CITATIONS)
@pytest.mark.parametrize("name", ["stacking", "overfitting"])
def test_question_is_cited(name: str, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["cite", name, "--format", form]) == 0
    shown = capsys.readouterr().out
    assert shown.endswith("\n")
    assert name != "stacking" or "sequences.stacking" in shown


def test_no_answer_has_an_exit_status_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["answer", "how", "to", "bake", "bread"]) == 4
    out, err = capsys.readouterr()
    assert "No claim answers this." in out
    assert err.count("\n") == 1


def test_question_is_read_from_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "asked.txt"
    file.write_text(TRACEBACK + "ValueError: expected ndim=3, found ndim=2", encoding="utf-8")
    with file.open(encoding="utf-8") as opened:
        monkeypatch.setattr("sys.stdin", opened)
        assert cli.main(["answer", "-"]) == 0
    assert "`found-ndim-two`" in capsys.readouterr().out


def test_links_lead_to_pages_of_the_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A web server on this machine stands for the one whose address pyproject.toml tells."""
    shown = answer.cited("stacking", LIBRARY)
    assert shown is not None
    assert "http" not in answer.markdown(shown).replace(shown.address or "", "")
    (tmp_path / "claims").mkdir()
    (tmp_path / "questions").mkdir()
    (tmp_path / "questions/stacking.html").write_text("stacking", encoding="utf-8")
    for claim in shown.claims:
        (tmp_path / f"claims/{claim.id}.html").write_text(claim.id, encoding="utf-8")
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        urls = metadata.metadata("lstm-spec")
        urls["Project-URL"] = f"Documentation, http://127.0.0.1:{server.server_port}/"
        monkeypatch.setattr(metadata, "metadata", lambda name: urls)
        linked = answer.cited("stacking", LIBRARY)
        assert linked is not None
        addresses = [str(linked.link), *(str(claim.link) for claim in linked.claims)]
        pages = [urllib.request.urlopen(address).read().decode() for address in addresses]
        server.shutdown()
    assert pages == [linked.id, *(claim.id for claim in linked.claims)]
    assert all(address in answer.markdown(linked) for address in addresses)
    assert addresses[0] in answer.bibtex(linked)


def test_answer_needs_neither_tensorflow_nor_the_library_of_the_table() -> None:
    program = (
        "import sys; from lstm_spec.cli import main; status = main(['answer', 'stacking']);"
        "print(status, {'tensorflow', 'keras', 'wordllama', 'tokenizers'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("\n0 set()\n")


def test_synonyms_stand_for_one_word() -> None:
    listed = search.words().synonyms
    words = [word for others in listed.values() for word in others]
    assert len(set(words)) == len(words)
    assert not set(words) & set(listed)
