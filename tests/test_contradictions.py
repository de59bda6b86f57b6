"""Claims that share most of their words were read side by side, and do not contradict each other.

Whether two sentences contradict is for a reader to say; a test can tell which two to read. Those
that were read stand in read_pairs.txt. A pair that is not there fails: read both, mend one if they
contradict, then run `python tests/test_contradictions.py`, which writes the file.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from lstm_spec import catalog
from lstm_spec.answers.search import stems, words_of

READ = Path(__file__).with_name("read_pairs.txt")
NEAR = {"corrects": 0.6, "statement": 0.65}
"""From which cosine on two sentences are read: a belief and a statement, or two statements."""

Weights = dict[str, float]


def weighted(sentences: list[str]) -> list[Weights]:
    """Return the stems of sentences, each with its weight: rare ones weigh more, the sum is 1."""
    counts = [Counter(stems(words_of(sentence))) for sentence in sentences]
    found_in = Counter(stem for count in counts for stem in count)
    rows = []
    for count in counts:
        row = {stem: n * math.log(len(counts) / found_in[stem]) for stem, n in count.items()}
        length = math.sqrt(sum(value**2 for value in row.values())) or 1.0
        rows.append({stem: value / length for stem, value in row.items()})
    return rows


def cosine(first: Weights, other: Weights) -> float:
    return sum(value * other.get(stem, 0.0) for stem, value in first.items())


def overlapping(claims: list[catalog.Claim]) -> Iterator[str]:
    """Yield the pairs of claims to be read side by side, a line each."""
    beliefs = [claim for claim in claims if claim.corrects]
    sentences = [claim.statement for claim in claims] + [claim.corrects or "" for claim in beliefs]
    rows = weighted(sentences)
    statements = list(zip(claims, rows[: len(claims)], strict=True))
    for belief, row in zip(beliefs, rows[len(claims) :], strict=True):
        for claim, other in statements:
            if claim.id != belief.id and cosine(row, other) >= NEAR["corrects"]:
                yield f"corrects {belief.id} {claim.id}"
    for (claim, row), (second, other) in combinations(statements, 2):
        if cosine(row, other) >= NEAR["statement"]:
            yield f"statement {claim.id} {second.id}"


def test_claims_that_share_most_of_their_words_were_read_side_by_side() -> None:
    read = READ.read_text(encoding="utf-8").splitlines()
    unread = [pair for pair in overlapping(catalog.claims()) if pair not in read]
    assert unread == [], "read both; then `python tests/test_contradictions.py` keeps the pair"


def test_a_belief_beside_the_same_statement_is_seen() -> None:
    claims = catalog.claims()
    corrected = next(claim for claim in claims if claim.corrects)
    other = catalog.find("time.order")
    same = [corrected, type(corrected)(**{**vars(other), "statement": corrected.corrects})]
    assert f"corrects {corrected.id} {other.id}" in list(overlapping(same + claims[:50]))


if __name__ == "__main__":
    READ.write_text("\n".join([*overlapping(catalog.claims()), ""]), encoding="utf-8")
