"""The page of what was found, beside what there was to find."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lstm_spec.releases.speed import ERROR, MARGIN, Timing
from lstm_spec.run.text import markdown_table
from tools import MEASURED
from tools.studies.slowdowns import PAIRS, Line, Pair, seen

PAGE = MEASURED / "slowdowns.md"

HEAD = f"""# Releases timed in turns

What `lstm-spec compare --speed` finds where it is known what there is to find. `tox run -e
slowdowns` made this page, on two cores that were shared with other work; the record is
[seen.jsonl](../../tools/studies/slowdowns/seen.jsonl), a line a run. In every second run of a pair
another process kept a core busy besides. The load is how many processes ran or waited at the end.

A time is the processor's, for a call: the median of a run, and the least of the runs. A ratio is
how many times as long a call takes now as then, the least and the largest of the runs. The interval
reaches from the least to the largest end of the runs' intervals. *Slower* and *faster* count the
runs whose whole interval was beyond {MARGIN:.0%}. By chance some interval is wrong in at most
{ERROR:.1%} of all runs.
"""


def page() -> str:
    """Return the page as Markdown."""
    lines = seen()
    parts = [_part(pair, [line for line in lines if line.pair == pair.name]) for pair in PAIRS]
    return "\n".join([HEAD, *filter(None, parts)])


def _part(pair: Pair, lines: Sequence[Line]) -> str:
    if not lines:
        return ""
    timings: dict[str, list[Timing]] = {}
    for line in lines:
        for timing in line.speeds.timings:
            timings.setdefault(timing.work, []).append(timing)
    loads = [line.load for line in lines]
    runs = f"{len(lines)} runs at a load of {min(loads)} to {max(loads)}."
    columns = ("benchmark", "then", "now", "ratio", "interval", "slower", "faster")
    table = markdown_table(columns, [_row(work, measured) for work, measured in timings.items()])
    return "\n".join([f"## {pair.title}", "", f"{pair.description} {runs}", "", table, ""])


def _row(work: str, timings: Sequence[Timing]) -> tuple[str, ...]:
    times = (
        f"{1e3 * min(getattr(timing, side) for timing in timings):.3g} ms"
        for side in ("then", "now")
    )
    ratios = sorted({f"{timing.ratio:.2f}" for timing in timings}, key=float)
    low = min(timing.low for timing in timings)
    high = max(timing.high for timing in timings)
    count = Counter(timing.verdict for timing in timings)
    return (
        *(work, *times, " to ".join(dict.fromkeys((ratios[0], ratios[-1])))),
        *(f"{low:.2f} to {high:.2f}", str(count["slower"]), str(count["faster"])),
    )
