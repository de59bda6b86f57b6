"""Find texts by plain words: by words, by spelling and by meaning together.

- A text is cut into words: those of other languages in English (words.toml), a space before a
  capital letter within a name, lower case, runs of letters and digits.
- By words (BM25): what people say is replaced by the words of the specification (words.toml),
  words that tell nothing are left out, and the others are cut to a stem. A text's title and other
  wordings count WEIGHTS[0] times, its body WEIGHTS[1], the rest WEIGHTS[2] times. With the weighted
  number n of a stem in a text, the weighted length l of the text and the mean length m, the text
  gets

      idf * n * (K + 1) / (n + K * (1 - B + B * l / m)),  idf = log(1 + (N - d + 0.5) / (d + 0.5))

  for each stem of the question, where d of N texts have the stem.
- By spelling: the cosine between the runs of PIECE letters in the question and those in the nearest
  title or wording, each run weighed by its rarity. Other endings and mistyped words have most of
  their runs in common.
- By meaning: the cosine between the sums of the vectors of the words (words.bin, which
  tools/embedding has taught which wordings ask the same) of the question and of the nearest title
  or wording.
- By center: the cosine between this sum and the sum of the directions of all titles and wordings:
  what a text is about in most of its words.
- BM25 is divided by its maximum over the texts, and the four are added with MIXTURE. To them comes
  OFTEN times log(1 + n) for a text of n titles and wordings: what is asked in many words is asked
  often, if anything stands in its rest.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from lstm_spec.run.text import read_toml

FILE = Path(__file__).with_name("words.toml")
TABLE = Path(__file__).with_name("words.bin")
CAPITAL = re.compile("[A-Z](?:(?<=[a-z0-9].)|(?<=[A-Z].)(?=[a-z]{2}))")
"""The capital at which a new word begins within a name, as in TimeDistributed and LSTMCell."""
WORD = re.compile("[a-z0-9]+")
SPACED = bytes(byte if chr(byte) == "\n" or WORD.match(chr(byte)) else 32 for byte in range(256))
"""Of each byte what is left of it where a text is cut into words: itself, or a space."""
LETTER = "[A-Za-zÀ-ÿЀ-ӿ]"
"""A letter of a language that puts spaces between its words: Latin or Cyrillic."""
NAME = (
    "(?<![A-Za-z0-9_])(?:[A-Za-z0-9]*[a-z0-9][A-Z][A-Za-z0-9]*"
    "|[A-Za-z0-9]+_[A-Za-z0-9_]+|[A-Z]{2,}[a-z]+[A-Za-z0-9]*)"
)
"""What is written like a name of code: with an underscore, or a capital within."""
WEIGHTS = (4, 2, 1)
K, B = 2.4, 0.6
PIECE = 5
"""How many letters a piece of a text has."""
MIXTURE = {"words": 0.11, "spelling": 0.09, "meaning": 0.25, "center": 0.55}
OFTEN = 0.025
"""The mixture follows from titles that were unseen once: a softmax over the texts was fitted to
914, each asked of what there was before it was looked at (tools/studies/titles/then.py)."""
LONGEST = 20_000
"""How many characters of a text are read."""
MOST = 400
"""How many words of a question are read."""


class Text(NamedTuple):
    """What can be found."""

    name: str
    title: str
    also: Sequence[str]
    """Other wordings of the title."""
    body: str
    rest: str


class Hit(NamedTuple):
    """A text that was found."""

    name: str
    score: float
    """How well it fits in comparison with the other texts."""


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How people say things."""

    unsaid: list[str]
    """Words that tell no question from another."""
    synonyms: dict[str, list[str]]
    """Words of the specification, each with what people say for it."""
    topic: dict[str, list[str]]
    """Patterns of what is said of the topic, of any network, and of each kind of other things."""
    foreign: dict[str, str]
    """Words of other languages, in lower case, each with what it means."""


@cache
def words() -> Words:
    """Return how people say things.

    Raises:
        UnreadableFileError: an unknown key, a missing one, or a value of another kind.
    """
    return read_toml(FILE, Words)


@cache
def synonyms() -> dict[str, str]:
    """Return what people say, each with the word of the specification, the longest first."""
    listed = words().synonyms.items()
    pairs = {phrase: word.lower() for word, others in listed for phrase in others}
    return {phrase: pairs[phrase] for phrase in sorted(pairs, key=len, reverse=True)}


@cache
def pattern() -> str:
    """Return a regular expression, of Python and of JavaScript, that finds what people say.

    By their first letters few phrases are tried at a word.
    """
    listed = [
        f"{letter}(?:{'|'.join(re.escape(p[1:]) for p in synonyms() if p[0] == letter)})"
        for letter in sorted({phrase[0] for phrase in synonyms()})
    ]
    return rf"\b({'|'.join(listed)})s?\b"


@cache
def words_of(text: str) -> tuple[str, ...]:
    """Cut a text into words in lower case; a name is cut at its underscores and capitals."""
    return tuple(words_of_each([text])[0])


def words_of_each(texts: Iterable[str]) -> list[list[str]]:
    """Cut texts into words at once, for there are thousands."""
    lines = "\n".join(in_english(text[:LONGEST]).replace("\n", " ") for text in texts)
    spaced = CAPITAL.sub(r" \g<0>", lines).lower()
    only_words = spaced.encode("ascii", "replace").translate(SPACED).decode()
    return [line.split() for line in only_words.split("\n")]


def in_english(text: str) -> str:
    """Say in English the words of other languages, in a text with a letter that English has not."""
    if text.isascii():
        return text
    return re.sub(foreign_pattern(), lambda match: f" {foreign()[match[0]]} ", text)


@cache
def foreign() -> dict[str, str]:
    """Return the words of other languages, as within and at the head of a sentence."""
    listed = words().foreign.items()
    return {form: meaning for word, meaning in listed for form in (word, word.capitalize())}


@cache
def foreign_pattern() -> str:
    """Return a regular expression that finds these words, the longest first; of letters, whole."""
    listed = sorted(foreign(), key=len, reverse=True)
    whole = "|".join(word for word in listed if re.match(LETTER, word))
    within = "|".join(word for word in listed if not re.match(LETTER, word))
    return f"(?<!{LETTER})(?:{whole})(?!{LETTER})|{within}"


def stems(words_: Sequence[str]) -> list[str]:
    """Return the stems by which texts are compared, in the words of the specification."""
    return stems_of([[words_]])[0]


def stems_of(texts: Iterable[Iterable[Sequence[str]]]) -> list[list[str]]:
    """Return the stems of several texts; a line each, they are translated at once.

    Args:
        texts: of each the words of its parts; no phrase begins in one and ends in another.
    """
    lines = (" | ".join(" ".join(part) for part in text) for text in texts)
    translated = translate("\n".join(lines))
    left_out = unsaid() | {"|"}
    return [
        [stem(word) for word in line.split() if word not in left_out]
        for line in translated.split("\n")
    ]


def translate(phrase: str) -> str:
    """Say in the words of the specification what people say, in lower case."""
    table = synonyms()
    return re.sub(pattern(), lambda match: table[match[1]], phrase)


@cache
def unsaid() -> frozenset[str]:
    """Return the words that tell no question from another."""
    return frozenset(words().unsaid)


@cache
def stem(word: str) -> str:
    """Cut off what a word's form adds: a plural, -ing, -ed, -ly, a doubled or silent letter."""
    if word.endswith("ies") and len(word) > 4:
        word = f"{word[:-3]}y"
    elif word.endswith("s") and len(word) > 3 and word[-2] not in "sui":
        word = word[:-1]
    for ending, length in (("ing", 5), ("ed", 4), ("ly", 5)):
        if word.endswith(ending) and len(word) > length:
            word = word[: -len(ending)]
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "sl":
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


@cache
def topic(kind: str) -> re.Pattern[str]:
    """Return what finds one kind of what is said, in lower case."""
    return re.compile(rf"(?<![a-z])(?:{'|'.join(words().topic[kind])})(?![a-z])")


def names(kind: str, text: str) -> frozenset[str]:
    """Return the stems of what a text says of a kind."""
    return frozenset(stem(name) for name in topic(kind).findall(text.lower()))


class Table(NamedTuple):
    """The vectors of words."""

    rows: dict[str, int]
    vectors: np.ndarray


@cache
def table() -> Table:
    """Return the vectors of the words that WordLlama knows, as tools/embedding has cut them."""
    data = TABLE.read_bytes()
    head, _, rest = data.partition(b"\n")
    sizes = json.loads(head)
    names = rest.split(b"\n", sizes["words"])[: sizes["words"]]
    count = sizes["words"]
    width = sizes["dimensions"]
    scales = np.frombuffer(data[-count * (width + 4) :][: 4 * count], "<f4")
    numbers = np.frombuffer(data[-count * width :], np.int8).reshape(count, width)
    rows = {name.decode(): row for row, name in enumerate(names)}
    return Table(rows, numbers * scales[:, None])


def vector(words_: Sequence[str]) -> np.ndarray:
    """Return the direction of what words mean together; zero, if none is known."""
    only: np.ndarray = Cut.of([words_]).directions()[0]
    return only


@dataclass(frozen=True)
class Cut:
    """Texts that are cut into words, which are numbered."""

    words: list[str]
    """The words that occur, each once."""
    numbers: np.ndarray
    """The numbers of the words of all texts, one text after the other."""
    lengths: np.ndarray
    """How many words each text has."""

    @classmethod
    def of(cls, texts: Sequence[Sequence[str]]) -> Cut:
        """Number the words of some texts."""
        by_word: dict[str, int] = {}
        numbers = [by_word.setdefault(word, len(by_word)) for text in texts for word in text]
        lengths = np.array([len(text) for text in texts])
        return cls(list(by_word), np.array(numbers, int), lengths)

    def directions(self) -> np.ndarray:
        """Return the directions of what the words of each text mean together."""
        vectors = np.zeros((len(self.words), table().vectors.shape[1]), np.float32)
        for number, word in enumerate(self.words):
            if (row := row_of(word)) is not None:
                vectors[number] = table().vectors[row]
        longest_first = np.argsort(-self.lengths, kind="stable")
        starts = (np.cumsum(self.lengths) - self.lengths)[longest_first]
        total = np.zeros((len(self.lengths), vectors.shape[1]), np.float32)
        for k in range(max(self.lengths)):  # the k-th words of all texts that have one at once
            reach = np.count_nonzero(self.lengths > k)
            total[:reach] += vectors[self.numbers[starts[:reach] + k]]
        directions = np.empty_like(total)
        directions[longest_first] = direction(total)
        return directions


def direction(vectors: np.ndarray) -> np.ndarray:
    """Return vectors of length 1 in the direction of some; zero for zero."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    directions: np.ndarray = vectors / np.where(length == 0, 1, length)
    return directions


@cache
def row_of(word: str) -> int | None:
    """Return the row of a word in the table, or of its longest beginning of four letters."""
    rows = table().rows
    parts = (word[:end] for end in range(len(word), 3, -1))
    return rows[word] if word in rows else next((rows[p] for p in parts if p in rows), None)


@dataclass(frozen=True)
class Index:
    """Texts that are ready to be searched."""

    texts: list[Text]

    @cached_property
    def counts(self) -> list[Counter[str]]:
        """Of each text the weighted number of each stem."""
        rows = iter(self.words_of_rows)
        heads = [list(islice(rows, 1 + len(text.also))) for text in self.texts]
        bodies = [[words] for words in words_of_each(text.body for text in self.texts)]
        rests = [[words] for words in words_of_each(text.rest for text in self.texts)]
        weighed = [
            [stems_ * weight for stems_ in stems_of(parts)]
            for weight, parts in zip(WEIGHTS, (heads, bodies, rests), strict=True)
        ]
        return [Counter(chain(*parts)) for parts in zip(*weighed, strict=True)]

    @cached_property
    def lengths(self) -> np.ndarray:
        """The weighted length of each text."""
        return np.array([sum(count.values()) for count in self.counts])

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """The texts in which a stem occurs."""
        by_stem: dict[str, list[int]] = {}
        for place, count in enumerate(self.counts):
            for word in count:
                by_stem.setdefault(word, []).append(place)
        return by_stem

    @cached_property
    def rows(self) -> list[tuple[int, str]]:
        """The titles and other wordings, each with the place of its text."""
        return [(p, row) for p, text in enumerate(self.texts) for row in (text.title, *text.also)]

    @cached_property
    def words_of_rows(self) -> list[list[str]]:
        """The words of the rows."""
        return words_of_each(row for _, row in self.rows)

    @cached_property
    def row_places(self) -> np.ndarray:
        """The place of each row's text."""
        return np.array([place for place, _ in self.rows])

    @cached_property
    def place_of(self) -> dict[str, int]:
        """The place of each text among them, by its name."""
        return {text.name: place for place, text in enumerate(self.texts)}

    @cached_property
    def vectors(self) -> np.ndarray:
        """The vectors of the rows."""
        return Cut.of(self.words_of_rows).directions()

    @cached_property
    def totals(self) -> np.ndarray:
        """The sum of these vectors over the rows of each text."""
        totals: np.ndarray = np.add.reduceat(self.vectors, _firsts(self.row_places))
        return totals

    @cached_property
    def centers(self) -> np.ndarray:
        """The direction of all rows of each text together."""
        return direction(self.totals)

    @cached_property
    def pieces(self) -> Pieces:
        """The pieces of the rows."""
        return Pieces(self.words_of_rows)

    @cached_property
    def often(self) -> np.ndarray:
        """Of each text the logarithm of one more than its titles and wordings; 0 without a rest.

        What has none says that nothing answers: it has many wordings of all that is not asked here.
        """
        return np.array([bool(text.rest) * math.log(2 + len(text.also)) for text in self.texts])

    @cached_property
    def holders(self) -> dict[str, list[int]]:
        """The rows in which a run of letters, digits and underscores stands, in lower case."""
        by_run: dict[str, list[int]] = {}
        for number, (_, row) in enumerate(self.rows):
            for run in set(re.findall("[a-z0-9_]+", row.lower())):
                by_run.setdefault(run, []).append(number)
        return by_run

    def find(self, question: str) -> list[Hit]:
        """Return all texts with their scores, the best first."""
        asked = words_of(question)[:MOST]
        bm25 = self.bm25(stems(asked))
        meant = vector(asked)
        score = (
            MIXTURE["words"] * bm25 / (bm25.max() or 1)
            + MIXTURE["spelling"] * self.nearest(self.pieces.cosine(" ".join(asked)))
            + MIXTURE["meaning"] * self.nearest(_along(self.vectors, meant))
            + MIXTURE["center"] * _along(self.centers, meant)
            + OFTEN * self.often
        )
        order = np.argsort(-score, kind="stable")
        return [Hit(self.texts[place].name, float(score[place])) for place in order]

    def bm25(self, asked: Iterable[str]) -> np.ndarray:
        """Return how well the texts fit the stems of a question."""
        total = np.zeros(len(self.texts))
        mean = self.lengths.mean()
        for word in asked:
            places = self.places.get(word, [])
            idf = rarity(len(places), len(self.texts))
            for place in places:
                n = self.counts[place][word]
                length = K * (1 - B + B * self.lengths[place] / mean)
                total[place] += idf * n * (K + 1) / (n + length)
        return total

    def uncovered(self, question: str, name: str) -> float:
        """Return the share of a question's stems, rare ones counting more, that a text lacks."""
        place = self.place_of[name]
        asked = dict.fromkeys(stems(words_of(question)[:MOST]))
        rare = {word: rarity(len(self.places.get(word, [])), len(self.texts)) for word in asked}
        lacking = [value for word, value in rare.items() if self.counts[place][word] <= 0]
        return sum(lacking) / (sum(rare.values()) or 1)

    def nearest(self, fit: np.ndarray) -> np.ndarray:
        """Return how well the best row of each text fits.

        Args:
            fit: how well each row does.
        """
        best = np.full(len(self.texts), -1.0)
        np.maximum.at(best, self.row_places, fit)
        return best


class Pieces:
    """The pieces of texts: all runs of PIECE letters, the spaces between words included."""

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        """Number the pieces of some texts, which are cut into words."""
        numbers, places = pieces(texts)
        pairs = np.sort(numbers * len(texts) + places)
        piece_numbers, self.places = np.divmod(pairs[_firsts(pairs)], len(texts))
        starts = _firsts(piece_numbers)
        self.numbers = piece_numbers[starts]
        self.starts = np.append(starts, len(piece_numbers))
        counts = np.diff(self.starts)
        self.weights = np.log(len(texts) / counts)
        squares = np.bincount(self.places, np.repeat(self.weights**2, counts), len(texts))
        self.lengths = np.sqrt(np.maximum(squares, 1e-9))

    def cosine(self, text: str) -> np.ndarray:
        """Return how much of its pieces each text has in common with one."""
        known = np.flatnonzero(np.isin(self.numbers, pieces([words_of(text)])[0]))
        holding = [self.places[self.starts[piece] : self.starts[piece + 1]] for piece in known]
        squares = np.repeat(self.weights[known] ** 2, [len(places) for places in holding])
        together = np.concatenate(holding) if holding else np.zeros(0, int)
        total = np.bincount(together, squares, len(self.lengths))
        return total / self.lengths / (np.linalg.norm(self.weights[known]) or 1)


def pieces(texts: Sequence[Sequence[str]]) -> tuple[np.ndarray, np.ndarray]:
    """Return all pieces of texts as numbers, and the place of the text that each belongs to.

    Args:
        texts: their words.
    """
    joined = "\n".join(f" {' '.join(words)} " for words in texts)
    letters = np.frombuffer(joined.encode(), np.uint8).astype(np.int64)
    runs = np.lib.stride_tricks.sliding_window_view(letters, min(PIECE, len(letters)))
    within = (runs != ord("\n")).all(axis=1)
    numbers = runs @ (128 ** np.arange(runs.shape[1]))
    places = np.cumsum(letters == ord("\n"))[: len(numbers)]
    return numbers[within], places[within]


def _firsts(numbers: np.ndarray) -> np.ndarray:
    """Return the places of sorted numbers that differ from the one before; np.unique is slow."""
    return np.flatnonzero(np.append(True, numbers[1:] != numbers[:-1])[: len(numbers)])


def _along(vectors: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Return the parts of vectors along a direction; by BLAS, its threads would wait busily."""
    parts: np.ndarray = np.einsum("vd,d->v", vectors, direction)
    return parts


def rarity(holding: int, texts: int) -> float:
    """Return how rare is what so many of some texts hold: the idf above."""
    return math.log(1 + (texts - holding + 0.5) / (holding + 0.5))
