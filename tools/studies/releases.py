"""The page of releases: what changed for LSTM from one to the next, and where each claim holds.

Run as `python -m tools.studies.releases` it makes docs/measured/releases.md of the ledger.
"""

from __future__ import annotations

import re
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise

from lstm_spec.answers.cite import ROWS, UNORDERED, rows, spans
from lstm_spec.releases import ledger
from lstm_spec.releases.compare import Change, compare
from lstm_spec.run.report import DAMAGED, VERDICTS, Report, Verdict
from lstm_spec.run.text import escape, markdown_table
from tools import MEASURED

PAGE = MEASURED / "releases.md"
SHOWN = 163
"""How many characters of a reason are shown."""
ID = re.compile(r"[a-z]+\.[a-z-]+")
"""What needs no escaping as the id of a claim."""

HEAD = """# Releases

What changed for LSTM from one release to the next, the newest first, where each claim holds, and in
which environments the claims were tried. Made by `python -m tools.studies.releases` of the ledger;
`lstm-spec compare A B` says more of any two.
"""

COLUMNS = [verdict for verdict in VERDICTS if verdict != DAMAGED]
"""A test forbids damaged records in the ledger."""

Reports = Mapping[str, Report]


def page(reports: Reports) -> str:
    """Return the page as Markdown.

    Args:
        reports: those of the ledger, in their order.
    """
    return "\n".join([HEAD, *_changes(reports), *_claims(reports), *environments(reports)]) + "\n"


def environments(reports: Reports) -> Iterator[str]:
    """Yield the section of the environments: what is installed in each, and what was seen."""
    columns = _columns(reports)
    yield "\n## Environments\n"
    lines = []
    for name in (name for _, names in _newest_first(reports) for name in names):
        report = reports[name]
        counts = [str(report.verdicts.get(verdict, "")) for verdict in columns]
        environment = report.header.environment
        facts = map(escape, (name, _installed(report), environment.python, report.header.effort))
        lines.append((*facts, *counts))
    yield markdown_table(("name", "what is installed", "Python", "effort", *columns), lines)


def _columns(reports: Reports) -> list[Verdict]:
    """Return the verdicts that any claim met with."""
    return [v for v in COLUMNS if any(report.verdicts.get(v) for report in reports.values())]


def _newest_first(reports: Reports) -> list[tuple[str, list[str]]]:
    """Return the rows of the matrix, Keras first, and of each the newest first."""
    order = ["keras", *ROWS]
    listed = sorted(rows(reports).items(), key=lambda row: [*order, row[0]].index(row[0]))
    return [(row, names[::-1]) for row, names in listed]


def _installed(report: Report) -> str:
    environment = report.header.environment
    names = ("tensorflow", "keras", "tf-keras", "jax", "torch", "openvino", "numpy")
    return ", ".join(
        f"{name} {environment.packages[name]}" for name in names if name in environment.packages
    )


def _changes(reports: Reports) -> Iterator[str]:
    for row, names in _newest_first(reports):
        if row in {*UNORDERED, "python"}:
            continue
        yield f"## What changed from one {escape(ROWS.get(row, row))} to the next\n"
        for now, then in pairwise(names):
            yield from _step(then, now, reports)
        yield ""


def _step(then: str, now: str, reports: Reports) -> Iterator[str]:
    comparison = compare(reports[then], reports[now])
    changes = [*map(_claim, comparison.changed), *map(_argument, comparison.signatures or ())]
    yield f"- **{escape(then)} to {escape(now)}**: {'nothing.' if not changes else ''}".rstrip()
    yield from (f"  - {line}" for line in changes)


def _claim(change: Change) -> str:
    why = escape(shortened(change.why))
    return f"{_id(change.what)}: {change.then}, now {change.now}. {why}".rstrip()


def _id(claim: str) -> str:
    return f"`{claim}`" if ID.fullmatch(claim) else escape(claim)


def shortened(why: str) -> str:
    """Return the beginning of a reason in whole words, on one line."""
    return textwrap.shorten(why, SHOWN, placeholder="...")


def _argument(change: Change) -> str:
    return f"{escape(change.what)}: {escape(str(change.then))}, now {escape(str(change.now))}"


def _claims(reports: Reports) -> Iterator[str]:
    """Yield a row for each claim that does not hold everywhere."""
    verdicts: dict[str, dict[str, str]] = defaultdict(dict)
    for name, report in reports.items():
        for record in report.records:
            verdicts[record.claim][name] = record.verdict
    same = [claim for claim, seen in verdicts.items() if set(seen.values()) == {"held"}]
    yield f"## Where the claims hold\n\n{len(same)} of {len(verdicts)} claims hold in every"
    yield "environment. The others:\n"
    columns = _columns(reports)
    lines = []
    for claim in sorted(verdicts.keys() - same):
        met = ([name for name, verdict in verdicts[claim].items() if verdict == v] for v in columns)
        where = (escape(spans(some, verdicts[claim])) for some in met)
        lines.append((_id(claim), *where))
    yield markdown_table(("claim", *columns), lines)


if __name__ == "__main__":
    PAGE.write_text(page({name: ledger.find(name) for name in ledger.names()}), encoding="utf-8")
