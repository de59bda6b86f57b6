"""Teach word vectors which titles and wordings ask the same, small enough for our wheel.

    uv run --with wordllama==0.4.0.post1 python -m tools.embedding

At first a word's vector is the sum of the vectors that WordLlama has of its tokens, cut to
DIMENSIONS numbers (WordLlama is trained to be cut there). They are taught by the titles and
wordings of all questions, the sentences of all claims, and the titles of titles.jsonl, which nobody
asked: a language model wrote 12 or 24 for each of 628 questions, from it and its answer alone.
They teach, and are not searched. Written are the vectors in 8 bits with one scale a word.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path

import msgspec
import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from lstm_spec.answers import search
from lstm_spec.answers.answer import whole_library
from tools.embedding.teaching import taught

WEIGHTS = "wordllama/weights/l2_supercat_256.safetensors"
TOKENIZER = "wordllama/tokenizers/l2_supercat_tokenizer_config.json"
DIMENSIONS = 192
INVENTED = Path(__file__).with_name("titles.jsonl")


class Invented(msgspec.Struct, frozen=True):
    """Titles that a language model wrote for a question."""

    id: str
    titles: list[str]


def main() -> None:
    """Write the table to where the package reads it."""
    texts = whole_library().index.texts
    search.TABLE.write_bytes(table(texts, wordllama()))
    print(f"{search.TABLE.stat().st_size} bytes")


def wordllama() -> Callable[[str], np.ndarray]:
    """Return what gives the vector of a word, from WordLlama's wheel."""
    wheel = distribution("wordllama")
    weights = load_file(wheel.locate_file(WEIGHTS))["embedding.weight"].astype(np.float32)
    tokenizer = Tokenizer.from_file(str(wheel.locate_file(TOKENIZER)))

    def vector(word: str) -> np.ndarray:
        tokens = tokenizer.encode(word, add_special_tokens=False).ids
        cut: np.ndarray = weights[tokens].sum(0)[:DIMENSIONS]
        return cut

    return vector


def table(texts: list[search.Text], vector: Callable[[str], np.ndarray]) -> bytes:
    """Return the file: a line of JSON, the words, a float32 scale and int8 numbers for each.

    Args:
        texts: what is searched; their titles and wordings teach.
        vector: gives a word's vector at first.
    """
    lines = INVENTED.read_bytes().splitlines()
    listed = (msgspec.json.decode(line, type=Invented) for line in lines)
    invented = {each.id: each.titles for each in listed}
    rows = [[text.title, *text.also, *invented.get(text.name, [])] for text in texts]
    words, vectors = taught([search.words_of_each(text) for text in rows], vector)
    scales = (np.abs(vectors).max(axis=1) / 127).astype("<f4")
    numbers = np.round(vectors / scales[:, None]).astype(np.int8)
    head = json.dumps({"words": len(words), "dimensions": vectors.shape[1]})
    return "\n".join([head, *words, ""]).encode() + scales.tobytes() + numbers.tobytes()


if __name__ == "__main__":
    main()
