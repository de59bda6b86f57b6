"""Texts are found by their words, by their spelling and by what they mean."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        ("如何获取LSTM隐含层的状态", ["how", "get", "lstm", "hidden", "layer", "state"]),
    ],
)
def test_names_are_cut_into_words(text: str, words: list[str]) -> None:
    assert list(search.words_of(text)) == words


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


def test_pieces_are_weighed_by_their_rarity() -> None:
    """A text is most like itself, and a piece that all texts have makes none alike."""
    similar = search.Pieces([["padding"], ["padded"], ["bread"]]).cosine("padding")
    assert similar[0] == pytest.approx(1)
    assert similar[0] > similar[1] > similar[2] == 0
    assert not search.Pieces([["same"], ["same"]]).cosine("same").any()


@pytest.mark.parametrize("text", ["", "?", "a", "\n"])
def test_short_texts_have_no_pieces_in_common(text: str) -> None:
    assert not search.Pieces(search.words_of_each(TEXTS[0].also)).cosine(text).any()
    assert not search.Pieces(search.words_of_each([text, "padding"])).cosine("mask").any()


def test_table_is_small_and_has_a_vector_for_each_word() -> None:
    table = search.table()
    assert search.TABLE.stat().st_size <= 3_000_000
    assert table.vectors.shape == (len(table.rows), 192)
    assert np.linalg.norm(search.vector(["mask"])) == pytest.approx(1, abs=1e-6)
    assert not search.vector(["qqqq"]).any()


def test_meanings_are_near() -> None:
    def near(first: str, other: str) -> float:
        return float(search.vector([first]) @ search.vector([other]))

    assert near("fast", "quick") > near("fast", "bread") + 0.2


def test_words_are_weighed_by_bm25() -> None:
    """The formula of the module, written out."""
    asked = search.stems(search.words_of("padded timesteps"))
    lengths = INDEX.lengths
    scores = np.zeros(len(TEXTS))
    for word in asked:
        holding = [place for place, count in enumerate(INDEX.counts) if word in count]
        idf = np.log(1 + (len(TEXTS) - len(holding) + 0.5) / (len(holding) + 0.5))
        for place in holding:
            n = INDEX.counts[place][word]
            length = search.K * (1 - search.B + search.B * lengths[place] / lengths.mean())
            scores[place] += idf * n * (search.K + 1) / (n + length)
    assert scores.any()
    assert np.allclose(INDEX.bm25(asked), scores)


letters = st.text("ab ", min_size=5, max_size=30).filter(lambda text: text.strip())


@given(st.lists(letters, min_size=2, max_size=4), letters)
def test_each_piece_of_a_question_counts_once(texts: list[str], question: str) -> None:
    def pieces_of(text: str) -> set[str]:
        spaced = f" {' '.join(text.split())} "
        return {spaced[k : k + search.PIECE] for k in range(len(spaced) - search.PIECE + 1)}

    held = [pieces_of(text) for text in texts]
    asked = pieces_of(question) & set().union(*held)

    def square(some: set[str]) -> float:
        return sum(math.log(len(texts) / sum(piece in h for h in held)) ** 2 for piece in some)

    exact = [
        square(asked & own) / math.sqrt(max(square(own), 1e-9)) / (math.sqrt(square(asked)) or 1)
        for own in held
    ]
    assert np.allclose(search.Pieces(search.words_of_each(texts)).cosine(question), exact)
