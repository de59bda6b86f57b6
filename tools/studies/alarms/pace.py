"""Tries the chapter speed and makes its page: `python -m tools.studies.alarms.pace`.

With `--page` it only makes the page, of what was seen.
"""

from __future__ import annotations

import math
import sys
from statistics import fmean, median, stdev

from lstm_spec.run.text import markdown_table
from tools import MEASURED
from tools.studies.alarms.speed import Line, claims, search, seen

PAGE = MEASURED / "speed.md"

HEAD = """# Speed

How far the ratios of the chapter [speed](../../spec/lstm_spec/claims/speed.py) spread. `tox run -e
spreads` tried it {runs} times, half of them while another process kept one core busy; it made
this page. It ran on one machine: {where}.
Other work went on there at times, in both halves. Each column gives the smallest, the median and
the largest ratio.

{refuted} of {tried} trials refuted a claim. None in {runs} runs of one claim says, with 95 %
confidence, that it raises a false alarm in fewer than {single:.0%} of runs; none in all trials
together, that it is one trial in {pooled:.0f} or fewer, if the claims are alike. The margin says
more: how many standard deviations of the ratio's logarithm lie between its mean and the nearer end
of the range; of the ratio itself, where the range begins at 0.

A first search on an older machine, 20 runs too, had three false alarms, and is why two measures are
what they are. `speed.unrolled` was refuted twice: the median of processor times counted threads of
TensorFlow that waited, where a core was free. `speed.training-memory` was refuted once: it divided
by the smaller growth, which can be none. Both were fixed, and all runs repeated. There none was
refuted, but `speed.unrolled`, whose range ended at 0.95, came to 0.913: it claims less since, up to
1.4, and what stands here of it was tried after that. `speed.next-timestep` was refuted later, twice
on busier machines: at 2.21 while it took differences of medians, at -0.225 of shortest times. What
a busy machine adds to a time may exceed a difference of two. It compares whole times since. Beside
processes that kept both cores busy `speed.timesteps` came to 2.26, of three rounds, where its range
began at 2.5; smoke takes five rounds since. Once in ten tries `speed.implementations` did not
refute a wrong LSTM whose ratio is 1, from 1.15 on; it tries a smaller batch since, where the ratio
is larger, and its range begins higher. All three were tried anew.

`speed.sequence-memory` was refuted once after that, at 0.686, in a process that had tried other
claims, whose freed memory hid a part of the growth. It compares 400 timesteps since, not 200: three
tries of 800 gave 0.11 to 0.12, and twelve of 200 gave 0.26 to 0.33. `speed.doubles` was refuted
once, at 5.01, on the machine above while other programs kept both cores busy; its range ends at 8
since, not 5. All were tried on this machine after that.

"""


def spread(lines: list[Line]) -> str:
    """Return the smallest, the median and the largest ratio."""
    ratios = [line.ratio for line in lines]
    return " / ".join(f"{value:.3g}" for value in (min(ratios), median(ratios), max(ratios)))


def margin(lines: list[Line]) -> float:
    """Return how many standard deviations lie between the mean and the nearer end of the range."""
    low = lines[0].low
    high = lines[0].high
    scale, ends = (math.log, (low, high)) if low > 0 else (float, (high,))
    values = [scale(line.ratio) for line in lines]
    return min(abs(scale(end) - fmean(values)) for end in ends) / stdev(values)


def row(claim: str, lines: list[Line]) -> list[str]:
    """Return a claim's row of the table."""
    quiet, loaded = ([line for line in lines if line.loaded is load] for load in (False, True))
    refuted = sum(line.refuted for line in lines)
    ends = f"{lines[0].low:g} to {lines[0].high:g}"
    cells = [f"`{claim}`", ends, spread(quiet), spread(loaded), f"{margin(lines):.1f}"]
    return [*cells, f"{refuted} of {len(lines)}"]


def page() -> str:
    """Return the page as Markdown."""
    lines = seen()
    of = {claim: [line for line in lines if line.claim == claim] for claim in claims()}
    runs = len({line.run for line in lines})
    head = HEAD.format(
        runs=runs,
        where=" and ".join(sorted({line.where for line in lines})),
        refuted=sum(line.refuted for line in lines),
        tried=len(lines),
        single=1 - 0.05 ** (1 / runs),
        pooled=1 / (1 - 0.05 ** (1 / len(lines))),
    )
    columns = ("claim", "range", "quiet", "loaded", "margin", "refuted")
    return f"{head}{markdown_table(columns, [row(claim, of[claim]) for claim in of])}\n"


if __name__ == "__main__":
    for line in search() if "--page" not in sys.argv else ():
        verdict = "refuted" if line.refuted else "held"
        load = "loaded" if line.loaded else "quiet"
        print(
            f"run {line.run:2}, {load:<6}  {line.ratio:8.3g}  {verdict}  {line.claim}", flush=True
        )
    PAGE.write_text(page(), encoding="utf-8")
