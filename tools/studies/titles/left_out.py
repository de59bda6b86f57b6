"""Questions without what is nearly a title: what an answer to it would be, had nobody seen it.

Titles that were looked at have put wordings into our questions. For each title that is asked, the
titles and wordings that have NEAR_SPELLING of their spelling or NEAR_MEANING of their meaning in
common with it are left out of the search.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from lstm_spec.answers import search
from lstm_spec.answers.answer import Library

NEAR_SPELLING, NEAR_MEANING = 0.45, 0.85


class LeftOut(search.Index):
    """An index that leaves out what is nearly what is asked."""

    @cached_property
    def whole(self) -> search.Index:
        """The index with all titles and wordings."""
        return search.Index(self.texts)

    def find(self, question: str) -> list[search.Hit]:
        """Return all texts with their scores, the best first."""
        whole = self.whole
        asked = search.words_of(question)[: search.MOST]
        spelling = whole.pieces.cosine(" ".join(asked))
        near = spelling > NEAR_SPELLING
        near |= whole.vectors @ search.vector(asked) > NEAR_MEANING
        vars(self).update(kept=~near, **self.without(np.flatnonzero(near)))
        return super().find(question)

    def without(self, rows: np.ndarray) -> dict[str, object]:
        """Return what an index has computed of its texts, for the texts without some rows."""
        whole = self.whole
        counts = list(whole.counts)
        lengths = whole.lengths.copy()
        often = whole.often.copy()
        totals = whole.totals.copy()
        for row in rows:
            place, words = whole.rows[row]
            counts[place] = counts[place].copy()
            for stem in search.stems(search.words_of(words)):
                counts[place][stem] -= search.WEIGHTS[0]
                lengths[place] -= search.WEIGHTS[0]
            often[place] = np.log(np.exp(often[place]) - 1) if often[place] else 0.0
            totals[place] -= whole.vectors[row]
        centers = search.direction(totals)
        return {"counts": counts, "lengths": lengths, "often": often, "centers": centers}

    def nearest(self, fit: np.ndarray) -> np.ndarray:
        """Return how well the best row that is kept fits, of each text."""
        kept: np.ndarray = vars(self)["kept"]
        return super().nearest(np.where(kept, fit, -1.0))


class Apart(Library):
    """A library in which what is nearly what is asked is left out."""

    @cached_property
    def index(self) -> search.Index:
        """What is searched."""
        return LeftOut(super().index.texts)

    def holding(self, name: str) -> frozenset[int]:
        """Return those that are kept of the rows that have a name of code."""
        kept = vars(self.index)["kept"]
        return frozenset(row for row in super().holding(name) if kept[row])
