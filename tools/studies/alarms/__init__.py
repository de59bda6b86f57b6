"""No false alarm: every claim tried on many cases of unchanged Keras, with many seeds.

`tox run -e alarms` tries each claim with 10 seeds: one of small cases on 100 with each, one that
draws a way on 10, and one whose cases make models or train on as many as by default. It may be
stopped at any time: it goes on where it was. The results are kept in seen.jsonl, a line a claim and
seed; a line is dropped when the code of its claim changes. Then it makes
docs/measured/tolerances.md of it.
"""

from __future__ import annotations

import itertools
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from lstm_spec import catalog
from lstm_spec.harness.effort import CASES, time_limit
from lstm_spec.run import check, report
from tools.studies.searches import keep, kept

SEEN = Path(__file__).with_name("seen.jsonl")
MANY, OF_WAYS, FEW = ("100", "10", "default")
SEEDS = range(1, 11)
DRAWS_A_WAY = re.compile(r"def test_\w+\([^)]*\bway\b")


class Line(msgspec.Struct, omit_defaults=True):
    """What one claim did with the cases of one seed."""

    claim: str
    test: str
    """A digest of the claim's test and example."""
    seed: int
    verdict: str
    cases: int
    error: float | None = None
    bound: float | None = None
    message: str = ""
    ways: list[str] = []
    """The ways that were drawn, if the claim draws ways."""


def searched() -> list[catalog.Claim]:
    """Return the claims; those about cost draw nothing, and have a search of their own."""
    return [claim for claim in catalog.claims() if claim.chapter != "speed"]


def effort(claim: catalog.Claim) -> str:
    """Return at which effort a claim is tried with one seed."""
    if DRAWS_A_WAY.search(claim.text):
        return OF_WAYS
    return MANY if claim.cases == CASES else FEW


def digests() -> dict[str, str]:
    """Return a digest of the code of each claim that is searched, by id."""
    return {claim.id: claim.code for claim in searched()}


def seen(file: Path = SEEN) -> list[Line]:
    """Return what was seen of the claims as they are now."""
    now = digests()
    return [line for line in kept(file, Line) if now.get(line.claim) == line.test]


def search(workers: int) -> Iterator[Line]:
    """Try what is not seen yet, and keep each line as it comes."""
    for seed, chosen in itertools.product(SEEDS, (MANY, OF_WAYS, FEW)):
        done = {line.claim for line in seen() if line.seed == seed}
        claims = [claim for claim in searched() if effort(claim) == chosen]
        if left := [claim for claim in claims if claim.id not in done]:
            yield from attempt(left, chosen, seed, workers)


def attempt(claims: list[catalog.Claim], chosen: str, seed: int, workers: int) -> Iterator[Line]:
    """Try claims with a seed, and keep each line as it comes."""
    now = digests()
    with (
        tempfile.TemporaryDirectory() as folder,
        report.writer(Path(folder, "report.jsonl")) as file,
    ):
        plan = check.Plan(claims, chosen, seed, workers, time_limit(chosen), file)
        for record in check.run(plan):
            line = Line(
                record.claim,
                now[record.claim],
                seed,
                record.verdict,
                record.examples,
                record.error,
                record.bound,
                "" if record.verdict in ("held", "deviates") else record.message,
                [str(way) for way in record.extent.get("way", ())],
            )
            keep(SEEN, line)
            yield line
