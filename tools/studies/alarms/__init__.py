"""No false alarm: every claim tried on many cases of unchanged Keras, with many seeds.

`tox run -e alarms` tries each claim on 100 cases with each of 10 seeds, and may be stopped at any
time: it goes on where it was. The results are kept in seen.jsonl, a line a claim and seed; a line
is dropped when the code of its claim changes. Then it makes docs/measured/tolerances.md of it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from lstm_spec import catalog
from lstm_spec.harness.effort import time_limit
from lstm_spec.run import check, report
from tools.studies.searches import keep, kept

SEEN = Path(__file__).with_name("seen.jsonl")
SEEDS = range(1, 11)
CASES = "100"


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


def searched() -> list[catalog.Claim]:
    """Return the claims; those about cost draw nothing, and have a search of their own."""
    return [claim for claim in catalog.claims() if claim.chapter != "speed"]


def digests() -> dict[str, str]:
    """Return a digest of the code of each claim that is searched, by id."""
    return {claim.id: claim.code for claim in searched()}


def seen(file: Path = SEEN) -> list[Line]:
    """Return what was seen of the claims as they are now."""
    now = digests()
    return [line for line in kept(file, Line) if now.get(line.claim) == line.test]


def search(workers: int) -> Iterator[Line]:
    """Try what is not seen yet, seed by seed, and keep each line as it comes."""
    now = digests()
    for seed in SEEDS:
        done = {line.claim for line in seen() if line.seed == seed}
        left = [claim for claim in searched() if claim.id not in done]
        with (
            tempfile.TemporaryDirectory() as folder,
            report.writer(Path(folder, "report.jsonl")) as file,
        ):
            plan = check.Plan(left, CASES, seed, workers, time_limit(CASES), file)
            for record in check.run(plan) if left else ():
                facts = (record.verdict, record.examples, record.error, record.bound)
                message = "" if record.verdict in ("held", "deviates") else record.message
                line = Line(record.claim, now[record.claim], seed, *facts, message)
                keep(SEEN, line)
                yield line
