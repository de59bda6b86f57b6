"""Texts are found by the words that stand in them, and by what these mean."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lstm_spec.answers import search
from lstm_spec.answers.search import Index, Text

TEXTS = [
    Text("stack", "Two LSTM layers, one on top of the other", ["deep network"], "", ""),
    Text("mask", "Skip padded timesteps", ["ignore padding"], "Use a Masking layer.", ""),
    Text("bread", "Bake a loaf of bread", [], "Flour, water and salt.", "oven"),
]
INDEX = Index(TEXTS)


def first(question: str) -> str:
    return INDEX.find(question)[0].name


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("padded", "mask"),
        ("paddings", "mask"),
        ("MaskingLayer", "mask"),
        ("masking_layer", "mask"),
        ("flour", "bread"),
        ("cake and pastry", "bread"),
        ("paddig", "mask"),
        ("timestepspadded", "mask"),
    ],
)
def test_text_is_found(question: str, name: str) -> None:
    assert first(question) == name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("return_sequences=True", ["return", "sequences", "true"]),
        ("TimeDistributed(LSTM)", ["time", "distributed", "lstm"]),
        ("bidirectional_RNN", ["bidirectional", "rnn"]),
        ("LSTMCell and LSTMs", ["lstm", "cell", "and", "lstms"]),
        ("what\uff1f lstm_20/strided_slice:0", ["what", "lstm", "20", "strided", "slice", "0"]),
    ],
)
def test_names_are_cut_into_words(text: str, words: list[str]) -> None:
    assert search.words_of(text) == words


@pytest.mark.parametrize(
    "forms",
    [
        ["train", "trained", "training", "trains"],
        ["mask", "masked", "masking", "masks"],
        ["stack", "stacking", "stacked"],
        ["batch", "batches"],
        ["size", "sizes"],
        ["stop", "stopped", "stopping"],
        ["query", "queries"],
    ],
)
def test_forms_of_a_word_have_one_stem(forms: list[str]) -> None:
    assert len({search.stem(form) for form in forms}) == 1


@pytest.mark.parametrize(
    ("word", "other"),
    [("layr", "layer"), ("layerr", "layer"), ("lauer", "layer"), ("stack", "satck"), ("a", "ab")],
)
def test_words_that_differ_by_a_letter_are_near(word: str, other: str) -> None:
    assert search._near(word, other)
    assert search._near(other, word)


@pytest.mark.parametrize(
    ("word", "other"), [("layer", "mayor"), ("layer", "layering"), ("ab", "ba")]
)
def test_other_words_are_not_near(word: str, other: str) -> None:
    assert not search._near(word, other)


def test_table_is_small_and_has_a_vector_for_each_word() -> None:
    table = search.table()
    assert search.TABLE.stat().st_size <= 3_000_000
    assert table.vectors.shape == (len(table.rows), 192)
    assert np.linalg.norm(search.vector(["mask"])) == pytest.approx(1, abs=1e-6)
    assert not search.vector(["qqqq"]).any()


def test_meanings_are_near() -> None:
    def near(one: str, other: str) -> float:
        return float(search.vector([one]) @ search.vector([other]))

    assert near("fast", "quick") > near("fast", "bread") + 0.2


def test_dump_is_enough_to_search_with() -> None:
    """BM25 is computed from the dump alone, as the site does it."""
    dump = json.loads(json.dumps(INDEX.dump()))
    counts = [text["counts"] for text in dump["texts"]]
    lengths = [sum(count.values()) for count in counts]
    k, b = dump["weights"]["K"], dump["weights"]["B"]
    asked = search.stems(search.words_of("padded timesteps"))
    scores = [0.0] * len(counts)
    for word in asked:
        holding = [place for place, count in enumerate(counts) if word in count]
        idf = np.log(1 + (len(counts) - len(holding) + 0.5) / (len(holding) + 0.5))
        for place in holding:
            n = counts[place][word]
            length = k * (1 - b + b * lengths[place] * len(lengths) / sum(lengths))
            scores[place] += idf * n * (k + 1) / (n + length)
    assert np.allclose(INDEX.bm25(asked)[0], scores)
    rows = [row for text in dump["texts"] for row in text["rows"]]
    assert rows == [row for _, row in INDEX.rows]
