"""Joins the reports of shards: each tried other claims, in the same kind of environment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from msgspec import structs

from lstm_spec import catalog
from lstm_spec.errors import BrokenError
from lstm_spec.releases.compare import differences, facts
from lstm_spec.run.report import Environment, Footer, Header, Report
from lstm_spec.run.text import one_line

MACHINE = {"platform", "processor", "cores", "workers"}
"""What may differ from shard to shard."""
TEXTS = ("news", "signatures", "sentences")
"""What is too long to be told where it differs."""

Shard = tuple[str, Report]
"""A complete report, and the name under which it was given."""


class UnmergeableError(BrokenError):
    """Reports that are not the shards of one run."""


def merge(shards: Sequence[Shard], *, partial: bool = False) -> Report:
    """Return a report as if one machine had tried the claims of each shard after the other.

    Args:
        shards: one or more.
        partial: whether claims may be missing.

    Raises:
        UnmergeableError: a shard holds other records than it should or was made in another way
            than the first, or claims are tried twice, not known, or missing.
    """
    known = [claim.id for claim in catalog.claims()]
    for shard in shards:
        _forbid_other_records(shard)
        _forbid_unknown(shard, known)
        _forbid_other_way(shards[0], shard)
    tried = _tried(shards)
    if (missing := [claim for claim in known if claim not in tried]) and not partial:
        told = " ".join(_short(missing))
        raise UnmergeableError(f"claims are missing; add a report of `lstm-spec check {told}`")
    return _joined([report for _, report in shards], [claim for claim in known if claim in tried])


def _forbid_other_records(shard: Shard) -> None:
    name, report = shard
    planned, found = Counter(report.header.claims), Counter(r.claim for r in report.records)
    if wrong := (planned - found) + (found - planned):
        told = one_line(", ".join(sorted(wrong)))
        raise UnmergeableError(f"{name} has too many or too few records of {told}; make it again")


def _forbid_unknown(shard: Shard, known: Collection[str]) -> None:
    name, report = shard
    if unknown := set(report.header.claims) - set(known):
        told = one_line(", ".join(sorted(unknown)))
        raise UnmergeableError(f"{name} tries what is no claim of this lstm-spec: {told}")


def _forbid_other_way(first: Shard, shard: Shard) -> None:
    (model, one), (name, other) = first, shard
    found = differences(facts(one.header), facts(other.header))
    told = [
        f"{change.what} is {change.now or 'absent'}, not {change.then or 'absent'}"
        for change in found
        if change.what not in MACHINE
    ]
    here, there = one.header.environment, other.header.environment
    told += [f"its {text} differ" for text in TEXTS if getattr(here, text) != getattr(there, text)]
    if told:
        said = one_line("; ".join(told))
        raise UnmergeableError(f"{name} was made in another way than {model}: {said}")


def _tried(shards: Iterable[Shard]) -> dict[str, str]:
    """Return the claims, each with the name of its shard.

    Raises:
        UnmergeableError: two shards try the same claim.
    """
    tried: dict[str, str] = {}
    for name, report in shards:
        if twice := [claim for claim in report.header.claims if claim in tried]:
            told = f"{tried[twice[0]]} and {name} both try {', '.join(_short(twice))}"
            raise UnmergeableError(f"{told}; give one report of each claim")
        tried |= dict.fromkeys(report.header.claims, name)
    return tried


def _short(ids: Collection[str]) -> list[str]:
    """Return the chapters of which all claims are there, and the other claims."""
    everything = catalog.claims()
    lacking = {claim.chapter for claim in everything if claim.id not in ids}
    return list(
        dict.fromkeys(
            claim.id if claim.chapter in lacking else claim.chapter
            for claim in everything
            if claim.id in ids
        )
    )


def _joined(reports: Sequence[Report], claims: list[str]) -> Report:
    headers = [report.header for report in reports]
    records = {record.claim: record for report in reports for record in report.records}
    footers = [report.footer for report in reports if report.footer]
    joined = Report(_header(headers, claims), [records[claim] for claim in claims], None)
    ended = max(footer.ended for footer in footers)
    seconds = round(sum(footer.seconds for footer in footers), 1)
    return structs.replace(joined, footer=Footer(ended, seconds, joined.verdicts))


def _header(headers: Sequence[Header], claims: list[str]) -> Header:
    return structs.replace(
        headers[0],
        started=min(header.started for header in headers),
        workers=max(header.workers for header in headers),
        claims=claims,
        code={claim: code for header in headers for claim, code in header.code.items()},
        environment=_environment([header.environment for header in headers]),
    )


def _environment(each: Sequence[Environment]) -> Environment:
    return structs.replace(
        each[0],
        platform=", ".join(dict.fromkeys(one.platform for one in each)),
        processor=", ".join(dict.fromkeys(one.processor for one in each)),
        cores=max(one.cores for one in each),
    )
