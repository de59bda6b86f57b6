"""Every sentence of Keras' documentation has a verdict, and its changes are told by place."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import msgspec
import pytest

from lstm_spec import catalog
from lstm_spec.harness import subject
from lstm_spec.run import deviations, documentation
from lstm_spec.run.documentation import Entry, Sentence, changes, sentences
from lstm_spec.run.text import UnreadableFileError

CLAIMS = {claim.id: claim for claim in catalog.claims()}
ENTRIES = documentation.entries()
DEVIATING = {deviation.claim for deviation in deviations.current()}

LAYER = """Layer that repeats. It has cells (e.g. one), i.e. units (ie. "cells"). `A. B` is code.
    It needs what follows:

    1. `x` is short.
    2. A mask, if any, is on
    the right.

    For example:

    >>> layer = Layer(2. if True else 3)
    >>> layer.units
    2

    Args:
        units: Whole number
            above zero. Default: 1.
        mask: A list:
            - Its `rows`. Its columns.
            - Nothing else.

    Call arguments:
        mask: Which timesteps to
            read. Defaults to `None`.
        *What else* there is, is not told.

    Note on calling it:

    Call it twice! Then read.

    ```python
    layer = Layer(2)

    # It is built. Now call it.
    layer(x)
    ```

    Note: it is slow. Wait.
    """
FOUND = [
    ("summary", "Layer that repeats."),
    ("summary", 'It has cells (e.g. one), i.e. units (ie. "cells").'),
    ("summary", "A. B is code."),
    ("summary", "It needs what follows:"),
    ("summary", "x is short."),
    ("summary", "A mask, if any, is on the right."),
    ("For example", ">>> layer = Layer(2. if True else 3) >>> layer.units 2"),
    ("units", "Whole number above zero."),
    ("units", "Default: 1."),
    ("mask", "A list:"),
    ("mask", "Its rows."),
    ("mask", "Its columns."),
    ("mask", "Nothing else."),
    ("call: mask", "Which timesteps to read."),
    ("call: mask", "Defaults to None. *What else* there is, is not told."),
    ("Note on calling it", "Call it twice!"),
    ("Note on calling it", "Then read."),
    ("Note on calling it", "layer = Layer(2) # It is built. Now call it. layer(x)"),
    ("Note", "it is slow."),
    ("Note", "Wait."),
]

TOML = """
keras = "3.15.1"

[[sentence]]
object = "LSTM"
section = "units"
digest = "0123456789ab"
says = "It is a whole number."
vague = "Ours."
"""


def installed() -> list[Sentence]:
    docstrings = subject.docstrings().items()
    return [sentence for name, text in docstrings for sentence in sentences(name, text)]


def entry(sentence: Sentence, **more: object) -> Entry:
    judgement = {"says": f"Says {sentence.text}", "vague": "Made up."}
    place = {"object": sentence.object, "section": sentence.section}
    return msgspec.convert({**place, "digest": sentence.digest, **judgement, **more}, Entry)


def changes_of(old: str, new: str) -> list[str]:
    return changes([entry(s) for s in sentences("LSTM", old)], sentences("LSTM", new))


def written(path: Path, text: str) -> Path:
    path = path / "documentation.toml"
    path.write_text(text, encoding="utf-8")
    return path


# The entries


@pytest.mark.skipif(
    metadata.version("keras") != documentation.release(), reason="another Keras is installed"
)
def test_every_sentence_of_the_installed_keras_has_an_entry_and_none_is_stale() -> None:
    assert changes(ENTRIES, installed()) == []


def test_on_any_keras_every_change_is_told_by_its_place() -> None:
    for change in changes(ENTRIES, installed()):
        assert change.startswith(tuple(subject.docstrings())), change
        assert ": changed; " in change or ": removed; " in change or ": added: " in change


def test_all_documented_layers_are_read() -> None:
    layers = {"LSTM", "LSTMCell", "RNN", "StackedRNNCells"}
    layers |= {"Bidirectional", "TimeDistributed", "Masking"}
    assert layers <= set(subject.docstrings())
    assert layers <= {entry.object for entry in ENTRIES}


def test_methods_that_layers_inherit_are_not_read() -> None:
    assert "LSTM.get_config" not in subject.docstrings()
    assert "LSTM.count_params" not in subject.docstrings()


def test_entries_name_known_claims() -> None:
    documentation.forbid_stale(ENTRIES, set(CLAIMS))


def test_at_least_eight_sentences_are_refuted() -> None:
    assert len([entry for entry in ENTRIES if entry.verdict == "refuted"]) >= 8


def test_refuting_claims_correct_something_or_are_deviations() -> None:
    refuting = {claim for entry in ENTRIES for claim in entry.refuted}
    assert {claim for claim in refuting if not CLAIMS[claim].corrects} <= DEVIATING


def test_no_deviation_confirms() -> None:
    confirming = {claim for entry in ENTRIES for claim in entry.confirmed}
    assert not confirming & DEVIATING


def test_paraphrases_are_sentences_of_our_own() -> None:
    theirs = {sentence.text for sentence in installed()}
    for words in (entry.says for entry in ENTRIES):
        assert words not in theirs
        assert words[0].isupper()
        assert words.endswith("."), words


# Reading


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("vague", "doubtful", "unknown field `doubtful`"),
        ('says = "It is a whole number."', 'says = ""', "length >= 1"),
        ("0123456789ab", "0123", "matching regex"),
        ('section = "units"', "", "missing required field `section`"),
        ('"Ours."', "[]", "Expected `str`, got `array`"),
    ],
)
def test_a_bad_key_or_value_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = written(tmp_path, TOML.replace(old, new))
    with pytest.raises(UnreadableFileError, match=message):
        documentation.entries(path)


def test_an_entry_without_a_verdict_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, TOML.replace('vague = "Ours."', ""))
    with pytest.raises(documentation.EntryError, match=r"LSTM, argument `units`, 0.*: .* none"):
        documentation.entries(path)


def test_what_is_said_of_an_entry_is_one_line(tmp_path: Path) -> None:
    text = TOML.replace('vague = "Ours."', "").replace('"units"', '"un\\rits"')
    with pytest.raises(documentation.EntryError, match=r"LSTM, argument `un its`, 0.*: .* none"):
        documentation.entries(written(tmp_path, text))


def test_an_entry_with_two_verdicts_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, TOML + 'confirmed = ["shapes.width"]')
    with pytest.raises(documentation.EntryError, match="it has confirmed and vague"):
        documentation.entries(path)


def test_two_entries_for_one_sentence_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, TOML + TOML.replace('keras = "3.15.1"', ""))
    with pytest.raises(documentation.EntryError, match="has 2 entries; give one, with times = 2"):
        documentation.entries(path)


def test_an_entry_that_names_no_claim_is_told_with_its_place() -> None:
    stale = entry(Sentence("LSTM", "units", "x"), vague="", refuted=["shapes.gone"])
    with pytest.raises(documentation.EntryError, match=r"LSTM, argument `units`: shapes\.gone"):
        documentation.forbid_stale([stale], {"shapes.width"})


# Splitting


def test_a_docstring_is_split_into_sentences_by_section() -> None:
    assert [(sentence.section, sentence.text) for sentence in sentences("Layer", LAYER)] == FOUND


def test_another_layout_or_markup_leaves_the_digest() -> None:
    (first,) = sentences("LSTM", "It `is` so.")
    (other,) = sentences("LSTM", "It\n  is  so.")
    assert first.digest == other.digest


def test_another_word_changes_the_digest() -> None:
    (first,) = sentences("LSTM", "It is so.")
    (other,) = sentences("LSTM", "It was so.")
    assert first.digest != other.digest


# Changes


def test_the_same_docstring_has_no_changes() -> None:
    assert changes_of(LAYER, LAYER) == []


def test_a_changed_sentence_is_told_by_its_argument() -> None:
    changed = LAYER.replace("above zero", "above one")
    assert changes_of(LAYER, changed) == [
        "LSTM, argument `units`: changed; it said: Says Whole number above zero."
    ]


def test_an_added_sentence_is_told_by_its_call_argument() -> None:
    added = LAYER.replace("Which timesteps to", "True reads. Which timesteps to")
    assert changes_of(LAYER, added) == ["LSTM, call argument `mask`: added: True reads."]


def test_a_removed_sentence_is_told_by_its_section() -> None:
    removed = LAYER.replace("Then read.", "")
    assert changes_of(LAYER, removed) == [
        "LSTM, section `Note on calling it`: removed; it said: Says Then read."
    ]


def test_a_sentence_that_moves_is_removed_and_added() -> None:
    moved = LAYER.replace("Layer that repeats. ", "").replace("Then", "Layer that repeats. Then")
    assert changes_of(LAYER, moved) == [
        "LSTM, summary: removed; it said: Says Layer that repeats.",
        "LSTM, section `Note on calling it`: added: Layer that repeats.",
    ]


def test_a_sentence_in_another_order_is_not_changed() -> None:
    assert changes_of("It is so. It is not.", "It is not. It is so.") == []


def test_a_repeated_sentence_counts_as_often_as_it_stands() -> None:
    once = sentences("LSTM", "It is so.")
    twice = sentences("LSTM", "It is so. It is so.")
    assert changes([entry(once[0])], twice) == ["LSTM, summary: added: It is so."]
    assert changes([entry(once[0], times=2)], twice) == []
    assert changes([entry(once[0], times=2)], once) == [
        "LSTM, summary: removed; it said: Says It is so."
    ]
