"""The page of what each release changed: a release a part to unfold, the newest first."""

from __future__ import annotations

from lstm_spec.releases.compare import Change, Comparison
from tools.site import markup, matrix
from tools.site.records import Records
from tools.site.strip import HEADS
from tools.studies import releases as history

LEAD = """What each release changed for LSTM, the newest first, and in which environments the
claims were tried. {count} claims do not hold in every environment: {matrix} shows where; {compare}
sets any two environments side by side.
"""


def page(records: Records) -> str:
    """Return the page."""
    two = "Two releases side by side"
    compare = markup.link("/compare.md", two) if len(records.reports) > 1 else "`compare`"
    lead = LEAD.format(
        count=len(matrix.deviating(records)),
        matrix=markup.link("/matrix.md", "Claims by release"),
        compare=compare,
    )
    parts = ["# Releases\n", lead]
    for row, steps in records.steps.items():
        parts += [f"## {markup.text(HEADS.get(row, row))}\n"]
        parts += [_step(then, now, step, records) for (then, now), step in steps.items()]
    return "\n".join([*parts, *history.environments(records.reports), ""])


def _step(then: str, now: str, step: Comparison, records: Records) -> str:
    """Return what one release changed, to be unfolded; or that it changed nothing."""
    changes = [_claim(change, records) for change in step.changed]
    changes += [_argument(change) for change in step.signatures or ()]
    title = f"{then} to {now}"
    if not changes:
        return markup.directive("container", "entry", f"{markup.text(title)}: nothing.")
    return markup.folded(title, markup.items(changes), "group", f"{len(changes)} changed")


def _claim(change: Change, records: Records) -> str:
    claim = change.what
    name = markup.text(claim)
    if claim in records.claims:
        name = markup.claim(claim, markup.code(claim))
    known = "deviates" in {change.then, change.now}
    why = (markup.prose if known else markup.text)(history.shortened(change.why))
    return f"{name}: {change.then}, now {change.now}. {why}".rstrip()


def _argument(change: Change) -> str:
    return markup.text(f"{change.what}: {change.then}, now {change.now}")
