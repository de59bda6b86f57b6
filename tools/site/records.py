"""All that the pages tell, gathered once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TypeVar

import numpy as np

from lstm_spec import catalog
from lstm_spec.answers import cite, search
from lstm_spec.answers.answer import Library
from lstm_spec.answers.cite import Citation
from lstm_spec.answers.questions import Question, questions
from lstm_spec.catalog import Claim
from lstm_spec.releases import ledger
from lstm_spec.releases.compare import Comparison, compare
from lstm_spec.run import deviations, documentation
from lstm_spec.run.deviations import Deviation
from lstm_spec.run.documentation import Entry
from lstm_spec.run.environment import Place
from lstm_spec.run.report import Extent, Record, Report
from tools.site import figures, teeth
from tools.site.figures import Figure
from tools.site.teeth import Wrong
from tools.studies import peers

One = TypeVar("One")


@dataclass(frozen=True)
class Chapter:
    """A chapter as it introduces itself."""

    name: str
    title: str
    summary: str
    """What follows the title, up to the first period."""
    introduction: str
    """What stands below."""
    sections: dict[str, list[Claim]]
    """The claims in order, by the headings under which they stand."""

    @property
    def claims(self) -> list[Claim]:
        """All claims in order."""
        return [claim for claims in self.sections.values() for claim in claims]


@dataclass(frozen=True)
class Records:
    """What is known, and by claim what belongs to it."""

    chapters: list[Chapter]
    questions: list[Question]
    entries: list[Entry]
    """The verdicts on the sentences of the documentation."""
    deviations: list[Deviation]
    newest: Place
    """Where the newest release was tried."""
    reports: Mapping[str, Report]
    """Those of the ledger, in their order."""
    wrong: Mapping[str, list[Wrong]]
    retired: Mapping[str, str]
    figures: Mapping[str, Figure]
    """By the claims that they show."""
    peers: peers.Record
    """What an LSTM costs, in Keras and elsewhere."""

    @cached_property
    def claims(self) -> dict[str, Claim]:
        """The claims in reading order."""
        return {claim.id: claim for chapter in self.chapters for claim in chapter.claims}

    @cached_property
    def asked(self) -> dict[str, list[Question]]:
        """The questions that each claim helps to answer."""
        return _by_claim(self.questions, lambda question: question.claims)

    @cached_property
    def documented(self) -> dict[str, list[Entry]]:
        """The sentences of the documentation that each claim is about."""
        return _by_claim(self.entries, lambda entry: entry.confirmed + entry.refuted)

    @cached_property
    def deviating(self) -> dict[str, Deviation]:
        """What each claim that is false on the newest release does there."""
        newest = [deviation for deviation in self.deviations if deviation.matches(self.newest)]
        return {deviation.claim: deviation for deviation in newest if not deviation.holds}

    @cached_property
    def elsewhere(self) -> dict[str, list[Deviation]]:
        """Where else each claim is known to be false."""
        newest = self.deviating
        others = [
            deviation
            for deviation in self.deviations
            if newest.get(deviation.claim) is not deviation
        ]
        return _by_claim(others, lambda deviation: [deviation.claim])

    @cached_property
    def exceptions(self) -> dict[str, list[Deviation]]:
        """Where each claim is known to be false, and what happens there instead."""
        return _by_claim(
            (deviation for deviation in self.deviations if not deviation.holds),
            lambda deviation: [deviation.claim],
        )

    def near(self, question: Question) -> list[Question]:
        """Return the other questions, those first whose wordings are nearest in meaning."""
        title = search.vector(search.words_of(question.title))
        asked = title + self._wordings[self.questions.index(question)]
        order = np.argsort(-(self._wordings @ asked), kind="stable")
        return [self.questions[k] for k in order if self.questions[k] is not question]

    @cached_property
    def _wordings(self) -> np.ndarray:
        index = self.library.index
        places = [index.place_of[asked.id] for asked in self.questions]
        meanings: np.ndarray = index.centers[places]
        return meanings

    def neighbours(self, claim: Claim) -> list[Claim]:
        """Return the other claims, those first whose statements are nearest in meaning."""
        claims = list(self.claims.values())
        order = np.argsort(-(self._meanings @ self._meanings[claims.index(claim)]), kind="stable")
        return [claims[k] for k in order if claims[k] is not claim]

    @cached_property
    def _meanings(self) -> np.ndarray:
        statements = (search.words_of(claim.statement) for claim in self.claims.values())
        return np.stack([search.vector(words) for words in statements])

    @cached_property
    def steps(self) -> dict[str, dict[tuple[str, str], Comparison]]:
        """What each environment changed of the one before, by rows of the ledger, newest first."""
        listed = cite.rows(self.reports)
        order = ["keras", *cite.ROWS]
        shown = sorted(listed, key=lambda row: [*order, row].index(row))
        return {
            row: {
                (then, now): compare(self.reports[then], self.reports[now])
                for now, then in pairwise(listed[row][::-1])
            }
            for row in shown
            if row not in {*cite.UNORDERED, "python"}
        }

    @cached_property
    def cited(self) -> dict[str, Citation]:
        """Each claim as it is cited, with how wide it was tried on the newest Keras."""
        return {
            name: cite.citation(claim, extent=self.extent(name))
            for name, claim in self.claims.items()
        }

    def extent(self, claim: str) -> Extent:
        """Return how wide a claim was tried on the newest Keras; nothing, if no report says."""
        newest = cite.rows(self.reports).get("keras", [""])[-1]
        tried = dict(self.tried.get(claim, []))
        return tried[newest].extent if newest in tried else {}

    @cached_property
    def library(self) -> Library:
        """Where answers are looked for."""
        return Library(self.questions, list(self.claims.values()))

    @cached_property
    def tried(self) -> dict[str, list[tuple[str, Record]]]:
        """What became of each claim, with the names of the environments."""
        everything = [
            (name, record) for name, report in self.reports.items() for record in report.records
        ]
        return _by_claim(everything, lambda named: [named[1].claim])


def gather() -> Records:
    """Read everything that is recorded.

    Raises:
        UnreadableReportError: a report of the ledger is damaged.
    """
    return Records(
        chapters=[chapter(name) for name in catalog.chapters()],
        questions=questions(),
        entries=documentation.entries(),
        deviations=deviations.load(),
        newest=deviations.newest(),
        reports={name: ledger.find(name) for name in ledger.names()},
        wrong=teeth.wrong(),
        retired=catalog.retired(),
        figures=figures.load(),
        peers=peers.load(),
    )


def chapter(name: str) -> Chapter:
    """Read a chapter."""
    first, _, introduction = catalog.introduction(name).partition("\n\n")
    title, _, summary = first.partition(": ")
    sections: dict[str, list[Claim]] = defaultdict(list)
    for claim in catalog.select([name]):
        sections[claim.heading].append(claim)
    return Chapter(name, title, " ".join(summary.split()), introduction, dict(sections))


def _by_claim(
    everything: Iterable[One], claims: Callable[[One], Iterable[str]]
) -> dict[str, list[One]]:
    by_claim: dict[str, list[One]] = defaultdict(list)
    for item in everything:
        for claim in claims(item):
            by_claim[claim].append(item)
    return dict(by_claim)
