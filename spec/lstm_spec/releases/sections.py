"""What a comparison says: one sentence, then sections that any view can lay out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lstm_spec import catalog
from lstm_spec.releases.compare import Change, Comparison, Errors, Measured, Speed

LIMIT = 30
"""How many rows a section shows, unless it is the one of changed verdicts."""
LONGEST = 200
"""How many characters of a reason are shown."""
RELEASES = (
    *("python", "backend", "tensorflow", "tensorflow-cpu", "tf-nightly", "keras", "keras-nightly"),
    *("tf-keras", "jax", "torch", "openvino"),
)
"""What the sentence names, where it is not the same in both reports."""

WORSE = {
    "promised": "Broken promises",
    "derived": "Derived claims that got worse",
    "observed": "Observed claims that got worse",
}
"""The headings of the claims that got worse, by who says so."""


@dataclass(frozen=True)
class Section:
    """A heading with a note, a table, or both."""

    title: str
    note: str = ""
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def sentence(found: Comparison) -> str:
    """Say in one sentence what got worse, between what, and how many claims changed."""
    bad = len(found.worse)
    worse = f"{count(bad, 'claim')} got worse" if bad else "Nothing got worse"
    numbers = [(found.changed, "changed"), (found.added, "added"), (found.gone, "gone")]
    told = ", ".join(f"{len(changes)} {what}" for changes, what in numbers)
    where = span(found.environment) or "between the two reports"
    return f"{worse} {where}; claims: {told}, {found.unchanged} unchanged."


def sections(found: Comparison) -> list[Section]:
    """Return what there is to say, the most important first."""
    told = [
        *_verdicts(found),
        changes("Claims added", "claim", found.added),
        changes("Claims gone", "claim", found.gone),
        _numerics(found.errors),
        _speed(found.speed),
        changes("Signatures", "argument", found.signatures),
        changes("Documentation", "place", found.documentation),
        changes("Environment", "", found.environment),
    ]
    return [section for section in told if section.note or section.rows]


def _verdicts(found: Comparison) -> list[Section]:
    """Return the claims with another verdict: broken promises, what else got worse, the others."""
    bases = catalog.bases(found.worse)
    worse = {claim: bases.get(claim, "observed") for claim in found.worse}
    listed = []
    for basis, title in WORSE.items():
        rows = [change for change in found.changed if worse.get(change.what) == basis]
        listed.append(changes(title, "claim", rows, limit=len(rows)))
    rest = [change for change in found.changed if change.what not in worse]
    title = "Other claims with another verdict" if worse else "Claims with another verdict"
    return [*listed, changes(title, "claim", rest, limit=len(rest))]


def count(number: int, thing: str) -> str:
    """Return a number with its noun."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def span(environment: Sequence[Change]) -> str:
    """Say from what releases to what others a comparison goes; nothing, if they are the same."""
    named = [change for change in environment if change.what in RELEASES]
    then = ", ".join(f"{change.what} {change.then}" for change in named if change.then)
    now = ", ".join(f"{change.what} {change.now}" for change in named if change.now)
    return f"from {then} to {now}" if then and now else ""


def changes(title: str, what: str, listed: Sequence[Change] | None, limit: int = LIMIT) -> Section:
    """Return a section with a row for each change.

    Args:
        title: its heading.
        what: the head of the first column.
        listed: the changes. None: it is not known what changed.
        limit: how many rows are shown.
    """
    if listed is None:
        return Section(title, "One of the reports does not hold them.")
    rows = [(c.what, _cell(c.then), _cell(c.now), _short(c.why)) for c in listed]
    width = 4 if any(change.why for change in listed) else 3
    left = len(rows) - limit
    note = f"The first {limit} of {len(rows)}; as JSON all are told." if left > 0 else ""
    head = (what, "then", "now", "why")[:width]
    return Section(title, note, head, tuple(row[:width] for row in rows[:limit]))


def _short(text: str) -> str:
    return f"{text[:LONGEST]}..." if len(text) > LONGEST else text


def _cell(value: str | None) -> str:
    return "absent" if value is None else value


def _numerics(errors: Errors) -> Section:
    said = []
    if errors.compared:
        said.append(
            f"Of {count(errors.compared, 'claim')} tried on the same cases, {len(errors.moved)} "
            "moved by more than their errors spread and by more than a unit of rounding. "
            f"Nearest to its bound came: then {_near(errors.then)}, now {_near(errors.now)}."
        )
    if errors.apart:
        other = f"The errors of {count(errors.apart, 'claim')} cannot be compared"
        said.append(f"{other}, for the cases are not the same.")
    rows = tuple(
        (move.claim, *(f"{number:.3g}" for number in (move.then, move.now, move.spread)))
        for move in errors.moved
    )
    return Section("Numerics", " ".join(said), ("claim", "then", "now", "spread"), rows)


def _near(one: Measured | None) -> str:
    return f"{one.error:.3g} of {one.bound:g} ({one.claim})" if one else "none"


def _speed(speed: Speed | None) -> Section:
    if speed is None:
        return Section("Speed")
    return Section(
        "Speed",
        f"Summed over {count(speed.claims, 'claim')} that held both times, an example took "
        f"{speed.now / speed.then:.2f} times as long as before. "
        "Separate runs on a shared machine say little.",
    )
