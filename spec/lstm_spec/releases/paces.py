"""What a comparison of speed says: one sentence, then sections that any view can lay out."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from lstm_spec.releases.sections import Section, changes, count, span

if TYPE_CHECKING:  # at run time it would bring all that makes environments
    from lstm_spec.releases.speed import Speeds, Timing


def sentence(found: Speeds) -> str:
    """Say in one sentence what got slower, between what, and how the others did."""
    bad = len(found.worse)
    worse = f"{count(bad, 'benchmark')} got slower" if bad else "Nothing got slower"
    number = Counter(one.verdict for one in found.timings)
    told = ", ".join(f"{number[what]} {what}" for what in ("faster", "same", "unsettled"))
    where = span(found.environment) or "between the two environments"
    return f"{worse} {where}; of the others {told}."


def sections(found: Speeds) -> list[Section]:
    """Return what there is to say, the most important first."""
    rounds = sorted({one.rounds for one in found.timings})
    told = [
        Section(
            "Speed",
            "Processor time of a call on one thread, the ratio, and its interval after "
            f"{' to '.join(str(end) for end in dict.fromkeys((rounds[0], rounds[-1])))} rounds. In "
            f"{found.error:.1%} of all runs any of the intervals is wrong. Slower and faster: the "
            f"whole interval is beyond {found.margin:.0%}; same: it is within.",
            ("benchmark", "then", "now", "ratio", "interval", "verdict"),
            tuple(map(_row, found.timings)),
        ),
        changes("Not timed in both", "benchmark", found.untimed),
        changes("Environment", "", found.environment),
    ]
    return [section for section in told if section.rows]


def _row(one: Timing) -> tuple[str, ...]:
    wide = one.low is None or one.high is None
    interval = "too few rounds" if wide else f"{one.low:.2f} to {one.high:.2f}"
    return (
        one.work,
        f"{1e3 * one.then:.3g} ms",
        f"{1e3 * one.now:.3g} ms",
        f"{one.ratio:.2f}",
        interval,
        one.verdict,
    )
