"""The page of tolerances: the largest error that was seen of each claim, beside its bound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import msgspec

from lstm_spec.harness.tolerance import ROUNDING
from lstm_spec.run.text import markdown_table
from tools import MEASURED
from tools.studies.alarms import MANY, OF_WAYS, SEEDS, Line, seen

PAGE = MEASURED / "tolerances.md"
LOOSE = 50
"""A bound so many times as large as the largest error ever seen is loose, and says why."""

HEAD = """# Tolerances

The largest error that was seen of each claim, beside its bound, in units of rounding (see
[tolerance.py](../../spec/lstm_spec/harness/tolerance.py)). `tox run -e alarms` tried {claims}
claims on unchanged Keras, on {cases:,} cases, and made this page: {held} held, {deviate} deviate as
is recorded, {needing} need something that was not there. A claim of small cases was tried on
{many:,}, or on all there are; one that draws a way on {of_ways}; and one whose cases make models or
train on {times} times as many as by default: 1,000 of these would take days. {bounded} of them
compare with a bound, the others exactly or not by numbers. The largest error within the default
bound of 16 is {largest:.2f}.

The first search refuted four claims on unchanged Keras, in 6 of its 5,550 trials, which 50 cases
a claim had not: an input could be too small to show in what `precision.subnormals` and
`wrappers.pass-training-on` took for different, a linear activation could multiply what was
rounded in `modes.any-arguments`, and one layer in 1,000 is not chaotic, which `precision.chaos`
said of all. They were fixed and tried again. So were three that few seeds had not refuted: the mask
of `models.layers-under-policy` is computed behind a Cast, `trainer.metrics-names` took the order of
a dictionary for that of a list, and `models.padding` drew a second Masking, which makes a mask of
its own.

A bound more than {loose} times the largest error is loose; the number behind it gives the reason.
"""

WAYS = """## Ways

How many runs of a claim with a seed drew each way of running, building or keeping a layer.
"""


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the bounds of some claims are far above any error that was seen."""

    why: str
    claims: list[str]


class Seen(msgspec.Struct, frozen=True):
    """The error of a claim that came nearest to its bound, with any seed."""

    error: float
    bound: float

    @property
    def loose(self) -> bool:
        """Whether the bound says little."""
        return self.bound > LOOSE * self.error


class _File(msgspec.Struct, forbid_unknown_fields=True):
    loose: list[Reason]


@cache
def reasons() -> list[Reason]:
    """Return what loose.toml says.

    Raises:
        msgspec.ValidationError: an unknown key, or a missing one.
    """
    text = Path(__file__).with_name("loose.toml").read_bytes()
    return msgspec.toml.decode(text, type=_File).loose


def nearest(lines: Iterable[Line]) -> dict[str, Seen]:
    """Return the nearest error and its bound for each claim that held and has a bound."""
    bounds: dict[str, Seen] = {}
    for line in lines:
        if line.verdict == "held" and line.error is not None and line.bound is not None:
            seen_now = Seen(line.error, line.bound)
            nearest_yet = bounds.get(line.claim, seen_now)
            bounds[line.claim] = max(
                seen_now, nearest_yet, key=lambda seen: seen.error / seen.bound
            )
    return bounds


def _head(lines: list[Line], bounds: dict[str, Seen]) -> str:
    met = {(line.claim, line.verdict) for line in lines}
    verdicts = Counter(verdict for _, verdict in met)
    return HEAD.format(
        claims=len({claim for claim, _ in met}),
        cases=sum(line.cases for line in lines),
        many=int(MANY) * len(SEEDS),
        of_ways=int(OF_WAYS) * len(SEEDS),
        times=len(SEEDS),
        held=verdicts["held"],
        deviate=verdicts["deviates"],
        needing=verdicts["not applicable"],
        bounded=len(bounds),
        largest=max(seen.error for seen in bounds.values() if seen.bound == ROUNDING),
        loose=LOOSE,
    )


def page() -> str:
    """Return the page as Markdown."""
    lines = seen()
    bounds = nearest(lines)
    head = _head(lines, bounds)
    number = {claim: k for k, why in enumerate(reasons(), 1) for claim in why.claims}
    listed = [f"{k}. {reason.why}" for k, reason in enumerate(reasons(), 1)]
    rows = [
        (f"`{claim}`", f"{bound.error:.3g}", f"{bound.bound:g}", str(number.get(claim, "")))
        for claim, bound in sorted(bounds.items())
    ]
    table = markdown_table(("claim", "largest error", "bound", "loose"), rows)
    ways = Counter(way for line in lines for way in line.ways)
    drawn = markdown_table(("way", "runs of a claim"), sorted((w, str(n)) for w, n in ways.items()))
    return "\n".join([head, *listed, "", table, "", WAYS, drawn, ""])
