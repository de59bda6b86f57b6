"""Cut WordLlama's table of token vectors to one of word vectors, small enough for our wheel.

    uv run --with wordllama==0.4.0.post1 python -m tools.embedding

A word's vector is the sum of the vectors of its tokens, so the sum over the words of a text has the
direction that WordLlama gives the text. Kept are its first DIMENSIONS numbers (WordLlama is trained
to be cut there), in 8 bits with one scale a word, for the words that occur in our texts, in Keras'
source, or whole in WordLlama's vocabulary.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from lstm_spec.answers import search

WEIGHTS = "wordllama/weights/l2_supercat_256.safetensors"
TOKENIZER = "wordllama/tokenizers/l2_supercat_tokenizer_config.json"
DIMENSIONS = 192
LEAST = 3
"""How often a word occurs in Keras' source that is kept."""
TREE = Path(search.__file__).parents[1]
WORD = re.compile("[a-z]{2,20}")


def main() -> None:
    """Write the table to where the package reads it."""
    weights, tokenizer = wordllama()
    words = sorted({*of_our_texts(), *of_keras(), *whole(tokenizer)})
    vectors = [weights[tokenizer.encode(w, add_special_tokens=False).ids].sum(0) for w in words]
    search.TABLE.write_bytes(table(words, np.stack(vectors)[:, :DIMENSIONS]))
    print(f"{len(words)} words, {search.TABLE.stat().st_size} bytes")


def wordllama() -> tuple[np.ndarray, Tokenizer]:
    """Return the vectors of the tokens, and what cuts a text into tokens, from its wheel."""
    wheel = distribution("wordllama")
    weights = load_file(wheel.locate_file(WEIGHTS))["embedding.weight"]
    return weights.astype(np.float32), Tokenizer.from_file(str(wheel.locate_file(TOKENIZER)))


def of_our_texts() -> Iterator[str]:
    """Yield the words of the claims and of the questions."""
    for file in [*TREE.glob("claims/**/*.py"), *TREE.glob("answers/*.toml")]:
        yield from WORD.findall(" ".join(search.words_of(file.read_text(encoding="utf-8"))))


def of_keras() -> Iterator[str]:
    """Yield the words that occur several times in Keras' source."""
    source = Path(str(importlib.util.find_spec("keras").origin)).parent  # type: ignore[union-attr]
    files = sorted(source.glob("src/**/*.py"))
    texts = (" ".join(search.words_of(file.read_text(encoding="utf-8"))) for file in files)
    count = Counter(word for text in texts for word in WORD.findall(text))
    yield from (word for word, times in count.items() if times >= LEAST)


def whole(tokenizer: Tokenizer) -> Iterator[str]:
    """Yield the words that are a single token."""
    tokens = (token.lower() for token in tokenizer.get_vocab() if token.startswith("▁"))
    yield from (token[1:] for token in tokens if re.fullmatch("[a-z]+", token[1:]))


def table(words: list[str], vectors: np.ndarray) -> bytes:
    """Return the file: a line of JSON, the words, a float32 scale and int8 numbers for each."""
    scales = (np.abs(vectors).max(axis=1) / 127).astype("<f4")
    numbers = np.round(vectors / scales[:, None]).astype(np.int8)
    head = json.dumps({"words": len(words), "dimensions": vectors.shape[1]})
    return "\n".join([head, *words, ""]).encode() + scales.tobytes() + numbers.tobytes()


if __name__ == "__main__":
    main()
