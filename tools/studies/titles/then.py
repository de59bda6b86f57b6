"""Ask the sets that were unseen once with today's search, of what could be found then.

    uv run --with wordllama==0.4.0.post1 python -m tools.studies.titles.then

What a set taught is in our questions by now, so to ask it again says nothing of the next one. Here
each set is asked of the questions and claims as they were before anybody looked at it, at the
commit of COMMITS. The search is today's, with its list of words; the vectors of words are taught as
today, by what there was then. So ways to search are compared on hundreds of titles. The counts are
written to then.csv, which the page shows. It takes a quarter of an hour.
"""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import NamedTuple

import msgspec
import numpy as np

from lstm_spec.answers import search
from tools.embedding.__main__ import table, wordllama
from tools.studies.searches import extract
from tools.studies.titles.__main__ import Title, titles

COMMITS = {
    "second": "610aba7a",
    "third": "f169f6aa",
    "fourth": "3fb4934f",
    "fifth": "2de45e61",
    "sixth": "4f40a39d",
    "seventh": "ef6a46ff",
    "eighth": "446c978d",
    "ninth": "61b3ad2c",
    "tenth": "777f8bee",
    "eleventh": "3eba4426",
    "twelfth": "85be733a",
    "thirteenth": "8de95db8",
    "fourteenth": "fc36b631",
    "fifteenth": "ed880488",
    "sixteenth": "1120a210",
    "seventeenth": "1120a210",
    "eighteenth": "74932b85",
    "nineteenth": "94ba80ec",
    "twentieth": "28e1b8e5",
}
"""Of each set the commit whose questions had learned nothing of it."""
TAUGHT = ("second", "fifth", "eighth", "eleventh", "fourteenth", "sixteenth", "eighteenth")
"""The sets at whose commits the vectors are taught; those that follow are asked with the same."""
AMONG = (1, 3, 5, 10)
FILE = Path(__file__).with_name("then.csv")
DUMP = """
import json, sys
from lstm_spec import catalog
from lstm_spec.answers import answer, questions
library = answer.Library(questions.questions(), catalog.claims())
texts = [dict(t._asdict(), also=list(t.also)) for t in library.index.texts]
claims = {q.id: q.claims for q in library.questions} | {c.id: [c.id] for c in library.claims}
json.dump({"texts": texts, "claims": claims}, sys.stdout)
"""
"""Run in a commit's own package."""


class Past(NamedTuple):
    """What could be found at a commit."""

    index: search.Index
    claims: list[list[str]]
    """The claims of each text."""

    def ranks(self, title: Title) -> np.ndarray:
        """Return, from the best hit on, whether each is right; what answers nothing is left out."""
        places = (self.index.place_of[hit.name] for hit in self.index.find(title.title))
        of_hits = (self.claims[place] for place in places)
        return np.array([not set(title.ids).isdisjoint(claims) for claims in of_hits if claims])


def past(commit: str) -> Past:
    """Return what could be found at a commit.

    Raises:
        subprocess.CalledProcessError: git has no such commit, as in a shallow clone.
    """
    with TemporaryDirectory() as folder:
        extract(commit, folder)
        command = [sys.executable, "-c", DUMP]
        dumped = subprocess.run(command, cwd=f"{folder}/spec", check=True, stdout=subprocess.PIPE)
    data = msgspec.json.decode(dumped.stdout)
    texts = [search.Text(**text) for text in data["texts"]]
    return Past(search.Index(texts), [data["claims"][text.name] for text in texts])


def search_with(file: Path) -> None:
    """Let the search read the vectors of words from a file."""
    search.TABLE = file
    search.table.cache_clear()
    search.row_of.cache_clear()


def main() -> None:
    """Ask all sets, and write each one's counts as they come."""
    rows: dict[str, list[str]] = {}
    vector = wordllama()
    vectors = Path(mkdtemp(), "words.bin")
    for name, commit in COMMITS.items():
        then = past(commit)
        if name in TAUGHT:
            vectors.write_bytes(table(then.index.texts, vector))
            search_with(vectors)
        asked = [then.ranks(title) for title in titles(name) if title.was_answered]
        counts = [sum(bool(right[:n].any()) for right in asked) for n in AMONG]
        rows[name] = [name, commit, str(len(asked)), *map(str, counts)]
        print(*rows[name], flush=True)
        with FILE.open("w", encoding="utf-8", newline="") as file:
            head = ["set", "commit", "titles", *(f"among {n}" for n in AMONG)]
            csv.writer(file, lineterminator="\n").writerows([head, *rows.values()])


if __name__ == "__main__":
    main()
