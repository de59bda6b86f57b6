"""What a comparison says: one sentence and sections, as a table and as Markdown."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from lstm_spec import catalog
from lstm_spec.releases.compare import Change, Comparison, Errors, Measured, Speed
from lstm_spec.run.environment import DISTRIBUTIONS
from lstm_spec.run.text import columns, count, escape, markdown_table, one_line, shorten

if TYPE_CHECKING:  # at run time it would bring all that makes environments
    from lstm_spec.releases.speed import Speeds, Timing

LIMIT = 30
"""How many rows a section shows, unless it is the one of changed verdicts."""
LONGEST = 200
"""How many characters of a reason are shown."""
RELEASES = (
    *("python", "backend", *DISTRIBUTIONS["tensorflow"], *DISTRIBUTIONS["keras"]),
    *("jax", "torch", "openvino"),
)
"""What the sentence names, where it is not the same in both reports."""

WORSE = {
    "promised": "Broken promises",
    "derived": "Derived claims that got worse",
    "observed": "Observed claims that got worse",
}
"""The headings of the claims that got worse, by who says so."""
RETESTED = "Claims with another verdict, and a test that was edited"


@dataclass(frozen=True)
class Section:
    """A heading with a note, a table, or both."""

    title: str
    note: str = ""
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def sentence(comparison: Comparison) -> str:
    """Say in one sentence what got worse, between what, and how many claims changed."""
    bad = len(comparison.worse)
    worse = f"{count(bad, 'claim')} got worse" if bad else "Nothing got worse"
    numbers = [
        (comparison.changed, "changed"),
        (comparison.added, "added"),
        (comparison.gone, "gone"),
    ]
    counts = ", ".join(f"{len(changes)} {what}" for changes, what in numbers)
    where = span(comparison.environment) or "between the two reports"
    return f"{worse} {where}; claims: {counts}, {comparison.unchanged} unchanged."


def sections(comparison: Comparison) -> list[Section]:
    """Return what there is to say, the most important first."""
    listed = [
        *_verdicts(comparison),
        changes("Claims added", "claim", comparison.added),
        changes("Claims gone", "claim", comparison.gone),
        _numerics(comparison.errors),
        _speed(comparison.speed),
        changes("Signatures", "argument", comparison.signatures),
        changes("Documentation", "place", comparison.documentation),
        changes("Environment", "", comparison.environment),
    ]
    return [section for section in listed if section.note or section.rows]


def _verdicts(comparison: Comparison) -> list[Section]:
    """Return the claims with another verdict: what got worse by who says so, and the others."""
    bases = catalog.bases(comparison.worse)
    worse = {claim: bases.get(claim, "observed") for claim in comparison.worse}
    listed = []
    for basis, title in WORSE.items():
        rows = [change for change in comparison.changed if worse.get(change.what) == basis]
        listed.append(changes(title, "claim", rows, limit=len(rows)))
    rest = [change for change in comparison.changed if change.what not in worse]
    retested = [change for change in rest if change.what in comparison.retested]
    same = [change for change in rest if change.what not in comparison.retested]
    title = "Other claims with another verdict" if worse else "Claims with another verdict"
    listed.append(changes(title, "claim", same, limit=len(same)))
    return [*listed, changes(RETESTED, "claim", retested, limit=len(retested))]


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
    rows = [(c.what, _cell(c.then), _cell(c.now), shorten(c.why, LONGEST)) for c in listed]
    width = 4 if any(change.why for change in listed) else 3
    left = len(rows) - limit
    note = f"The first {limit} of {len(rows)}; the JSON has all of them." if left > 0 else ""
    head = (what, "then", "now", "why")[:width]
    return Section(title, note, head, tuple(row[:width] for row in rows[:limit]))


def _cell(value: str | None) -> str:
    return "absent" if value is None else value


def _numerics(errors: Errors) -> Section:
    sentences = []
    if errors.compared:
        sentences.append(
            f"Of {count(errors.compared, 'claim')} tried on the same cases, {len(errors.moved)} "
            "moved by more than their errors spread and by more than a unit of rounding. "
            f"Nearest to its bound came: then {_near(errors.then)}, now {_near(errors.now)}."
        )
    if errors.apart:
        other = f"The errors of {count(errors.apart, 'claim')} cannot be compared"
        sentences.append(f"{other}, for the cases are not the same.")
    rows = tuple(
        (move.claim, *(f"{number:.3g}" for number in (move.then, move.now, move.spread)))
        for move in errors.moved
    )
    return Section("Numerics", " ".join(sentences), ("claim", "then", "now", "spread"), rows)


def _near(measured: Measured | None) -> str:
    return f"{measured.error:.3g} of {measured.bound:g} ({measured.claim})" if measured else "none"


def _speed(speed: Speed | None) -> Section:
    if speed is None:
        return Section("Speed")
    return Section(
        "Speed",
        f"Summed over {count(speed.claims, 'claim')} that held both times, an example took "
        f"{speed.now / speed.then:.2f} times as long as before. "
        "Separate runs on a shared machine say little.",
    )


def speed_sentence(speeds: Speeds) -> str:
    """Say in one sentence what got slower, between what, and how the others did."""
    bad = len(speeds.worse)
    worse = f"{count(bad, 'benchmark')} got slower" if bad else "Nothing got slower"
    number = Counter(timing.verdict for timing in speeds.timings)
    counts = ", ".join(f"{number[what]} {what}" for what in ("faster", "same", "unsettled"))
    where = span(speeds.environment) or "between the two environments"
    return f"{worse} {where}; of the others {counts}."


def speed_sections(speeds: Speeds) -> list[Section]:
    """Return what there is to say, the most important first."""
    rounds = sorted({timing.rounds for timing in speeds.timings})
    listed = [
        Section(
            "Speed",
            "Processor time of a call on one thread, the ratio, and its interval after "
            f"{' to '.join(str(end) for end in dict.fromkeys((rounds[0], rounds[-1])))} rounds. In "
            f"{speeds.error:.1%} of all runs any of the intervals is wrong. Slower and faster: the "
            f"whole interval is beyond {speeds.margin:.0%}; same: it is within.",
            ("benchmark", "then", "now", "ratio", "interval", "verdict"),
            tuple(map(_row, speeds.timings)),
        ),
        changes("Not timed in both", "benchmark", speeds.untimed),
        changes("Environment", "", speeds.environment),
    ]
    return [section for section in listed if section.rows]


def _row(timing: Timing) -> tuple[str, ...]:
    wide = timing.low is None or timing.high is None
    interval = "too few rounds" if wide else f"{timing.low:.2f} to {timing.high:.2f}"
    return (
        timing.work,
        f"{1e3 * timing.then:.3g} ms",
        f"{1e3 * timing.now:.3g} ms",
        f"{timing.ratio:.2f}",
        interval,
        timing.verdict,
    )


DETAILS = ("Signatures", "Documentation", "Environment")
"""The sections that a terminal shows only when they are asked for."""


def content(comparison: Comparison | Speeds) -> tuple[str, list[Section]]:
    """Return what a comparison says: one sentence, and the sections below it."""
    if isinstance(comparison, Comparison):
        return sentence(comparison), sections(comparison)
    return speed_sentence(comparison), speed_sections(comparison)


def table(comparison: Comparison | Speeds, console: Console, *, whole: bool = True) -> None:
    """Print a comparison for a person at a terminal.

    Args:
        comparison: what differs.
        console: where to print.
        whole: whether to print signatures, documentation and environment too.
    """
    style = "bold red" if comparison.worse else "bold green"
    first, parts = content(comparison)
    console.print(_filled(first, console), style=style, markup=False, highlight=False)
    hidden = [section for section in parts if not whole and section.title in DETAILS]
    for section in parts:
        if section in hidden:
            continue
        console.print(Text(f"\n{section.title}", "bold"))
        if section.note:
            console.print(_filled(section.note, console), markup=False, highlight=False)
        if section.rows:
            rows = [tuple(map(one_line, row)) for row in section.rows]
            shown = columns(section.head, rows)
            wide = max(map(len, shown.splitlines())) > console.width
            listed = wide or "why" in section.head or section.title in DETAILS
            console.print(Text(_listed(section, console.width) if listed else shown))
    if hidden:
        names = " and ".join(section.title.lower() for section in hidden)
        left_out = f"Changes of {names} are left out; --all shows them."
        console.print(f"\n{_filled(left_out, console)}", markup=False, highlight=False)


def _filled(text: str, console: Console) -> str:
    """Return text in lines that fit a terminal: rich leaves blanks at the ends of its own."""
    return textwrap.fill(one_line(text), console.width)


def lines(comparison: Comparison | Speeds, console: Console, *, whole: bool) -> int:
    """Return how many lines a comparison takes at a terminal."""
    with console.capture() as capture:
        table(comparison, console, whole=whole)
    return capture.get().count("\n")


def _listed(section: Section, width: int) -> str:
    """Return each row as a line with its cells, and the reason, if there is one, below it."""
    lines = []
    for row in section.rows:
        cells = dict(zip(section.head, map(one_line, row), strict=True))
        name = cells.pop(section.head[0])
        why = cells.pop("why", "")
        values = " -> ".join(cells.values()) if "then" in cells else ", ".join(cells.values())
        short = len(name) + len(values) + 2 <= width
        lines += [f"{name}  {values}"] if short else [name, f"    {values}"]
        lines += [f"    {why}"] if why else []
    wrapped = [textwrap.fill(line, width, subsequent_indent=4 * " ") for line in lines]
    return "\n".join(wrapped)


def markdown(comparison: Comparison | Speeds) -> str:
    """Return a comparison for a pull request."""
    first, below = content(comparison)
    parts = [escape(first)]
    for section in below:
        parts.append(f"### {section.title}")
        if section.note:
            parts.append(escape(section.note))
        if section.rows:
            cells = [tuple(map(escape, row)) for row in section.rows]
            parts.append(markdown_table(section.head, cells))
    return "\n\n".join(parts)
