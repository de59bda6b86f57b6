"""An LSTM unrolled over time, as SVG: features at the bottom, units above them, outputs on top."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from lstm_spec.answers import svg
from lstm_spec.answers.picture import (
    END,
    OUTPUTS,
    RADIUS,
    SLANT,
    START,
    UNITS,
    Lane,
    Picture,
    shown,
)
from lstm_spec.answers.svg import Point

RIGHT = 40
NARROWEST = 500
LETTER = 6.6
"""About how wide a letter of the notes is."""

LEGEND = {
    "input": "from each feature to each unit, at its timestep",
    "h": "h of each unit, to all units at the next timestep read",
    "c": "c of each unit, to the same unit at the next timestep read",
}
STYLE = """
text{font:13px system-ui,sans-serif;fill:#1f2933}
.title{font-size:17px;font-weight:600}.middle,.inside{text-anchor:middle}.inside{font-size:11px}
.paper{fill:#fff}line,path{fill:none;stroke-linecap:round}circle{stroke-width:1.5}
.feature{fill:#ccfbf1;stroke:#0f766e}.unit{fill:#e0e7ff;stroke:#4338ca}
.output{fill:#ffedd5;stroke:#c2410c}.state{fill:#f1f5f9;stroke:#64748b}
.input{stroke:#0f766e}.out{stroke:#c2410c;stroke-width:1.5}.time{stroke:#1f2933}
.h{stroke:#94a3b8;stroke-width:1.2}.c{stroke:#7c3aed;stroke-width:1.5;stroke-dasharray:5 4}
@media(prefers-color-scheme:dark){text{fill:#e4e7eb}.paper{fill:#10161d}
.feature{fill:#134e4a;stroke:#5eead4}.unit{fill:#312e81;stroke:#a5b4fc}
.output{fill:#7c2d12;stroke:#fdba74}.state{fill:#334155;stroke:#94a3b8}
.input{stroke:#5eead4}.out{stroke:#fdba74}.time{stroke:#e4e7eb}
.h{stroke:#64748b}.c{stroke:#c4b5fd}}
"""


def draw(picture: Picture) -> str:
    """Return the picture as SVG, the same text for the same picture."""
    wide = picture.at(picture.lanes[-1], len(shown(picture.units)) - 1).x + RADIUS + RIGHT
    width = max(wide, NARROWEST, LETTER * 1.5 * len(picture.title) + 48)
    bottom = picture.ground + (114 if picture.timesteps > 1 else 72)
    legend, height = _legend(picture, width, bottom)
    paper = svg.element("rect", kind="paper", width=width, height=height, rx=8)
    parts = [*_head(picture), *_lines(picture), *_nodes(picture), *_labels(picture), *legend]
    parts = [svg.element("style", STYLE), paper, *parts]
    return svg.document(Point(width, height), picture.title, _told(picture), parts)


def _head(picture: Picture) -> Iterator[str]:
    yield svg.words("title", Point(24, 34), picture.title)
    yield svg.words("small", Point(24, 56), picture.subtitle)


def _steps(picture: Picture) -> list[int]:
    return [lane for lane in picture.lanes if isinstance(lane, int)]


def _with_output(picture: Picture) -> list[int]:
    return [t for t in _steps(picture) if picture.sequences or t == picture.last]


def _drawn(size: int) -> list[tuple[int, int]]:
    """Return the places of those that are drawn, and the positions that stand there."""
    return [(k, position) for k, position in enumerate(shown(size)) if position is not None]


def _lines(picture: Picture) -> Iterator[str]:
    for before, after in zip(picture.read, picture.read[1:], strict=False):
        if before is not None and after is not None:
            yield from _states(picture, before, after)
    for t in _with_output(picture):
        for k, _ in _drawn(picture.units):
            unit = picture.at(t, k)
            yield svg.line("out", unit, Point(unit.x, OUTPUTS))
    for t in _steps(picture):
        yield from _inputs(picture, t)


def _states(picture: Picture, before: Lane, after: Lane) -> Iterator[str]:
    units = [k for k, _ in _drawn(picture.units)]
    for k in units:
        for j in units if after != END else [k]:
            yield svg.line("h", picture.at(before, k), picture.at(after, j))
    for k in units:
        yield svg.arch("c", picture.at(before, k), picture.at(after, k), 14)


def _inputs(picture: Picture, t: int) -> Iterator[str]:
    strengths = picture.strengths or {}
    most = max((max(values) for values in strengths.values()), default=0.0)
    for k, f in _drawn(picture.features):
        for j, u in _drawn(picture.units):
            start, end = picture.feature(t, k), picture.at(t, j)
            if picture.strengths is None:
                yield svg.line("input", start, end, style=_stroke(0.3))
            else:
                value = strengths[t, f][u]
                told = f"unit {u + 1} by feature {f + 1} of timestep {t + 1}: {value:.2g}"
                yield svg.line("input", start, end, told, _stroke(value / most if most else 0.0))


def _stroke(share: float) -> dict[str, float]:
    return {"stroke_width": 0.8 + 5.2 * share, "stroke_opacity": 0.25 + 0.75 * share}


def _nodes(picture: Picture) -> Iterator[str]:
    for lane in picture.lanes:
        kind = "unit" if isinstance(lane, int) else "state"
        for k, u in enumerate(shown(picture.units)):
            yield _node(kind, picture.at(lane, k), None if lane is None else u)
    for t in _steps(picture):
        for k, f in enumerate(shown(picture.features)):
            yield _node("feature", picture.feature(t, k), f)
    for t in _with_output(picture):
        for k, u in enumerate(shown(picture.units)):
            yield _node("output", Point(picture.at(t, k).x, OUTPUTS), u)


def _node(kind: str, at: Point, position: int | None) -> str:
    if position is None:
        return svg.words("middle", Point(at.x, at.y + 4), "…")
    return svg.node(kind, at, RADIUS, str(position + 1))


def _labels(picture: Picture) -> Iterator[str]:
    half = SLANT.y * (len(shown(picture.units)) - 1) / 2
    rows = {"output": OUTPUTS, "units": UNITS + half, "features": picture.ground}
    for word, y in rows.items():
        if word != "features" or picture.features:
            yield svg.words("row", Point(24, y + 4), word)
    for lane in picture.lanes:
        yield svg.words(
            "middle", Point(picture.at(lane, 0).x, picture.ground + 36), _name(picture, lane)
        )
    if len(_steps(picture)) > 1:
        yield from _order(picture)
    for t in _with_output(picture) if picture.sequences else []:
        row = picture.timesteps - t if picture.backwards else t + 1
        yield svg.words("middle", Point(picture.at(t, 0).x, OUTPUTS - 22), f"row {row}")


def _name(picture: Picture, lane: Lane) -> str:
    if isinstance(lane, int):
        return f"timestep {lane + 1}"
    return {START: picture.start, END: picture.end, None: "…"}[lane]


def _order(picture: Picture) -> Iterator[str]:
    """Draw the arrow of time under the timesteps, in the order in which they are read."""
    steps = [t for t in picture.read if isinstance(t, int)]
    y, sign = picture.ground + 58, -1 if picture.backwards else 1
    start, end = (Point(picture.at(t, 0).x, y) for t in (steps[0], steps[-1]))
    yield svg.line("time", start, end)
    for side in (-5, 5):
        yield svg.line("time", end, Point(end.x - 8 * sign, y + side))
    yield svg.words("middle", Point((start.x + end.x) / 2, y + 20), "read in this order")


def _legend(picture: Picture, width: float, y: float) -> tuple[list[str], float]:
    """Return what stands below the picture, and where it ends."""
    parts = []
    lines = {"input": picture.features > 0, "h": len(picture.read) > 1, "c": len(picture.read) > 1}
    for kind in (kind for kind, drawn in lines.items() if drawn):
        style = {"stroke_width": 3.0} if kind == "input" else None
        parts.append(svg.line(kind, Point(24, y - 4), Point(64, y - 4), style=style))
        parts.append(svg.words("small", Point(76, y), LEGEND[kind]))
        y += 20
    for note in picture.notes:
        for row in textwrap.wrap(note, int((width - 48) / LETTER)):
            parts.append(svg.words("small", Point(24, y + 6), row))
            y += 18
    return parts, y + 10


def _told(picture: Picture) -> str:
    """Say what is to be seen."""
    order = "last to the first" if picture.backwards else "first to the last"
    outputs = "every timestep" if picture.sequences else "the timestep that is read last"
    return (
        f"{picture.timesteps} timesteps, {picture.features} features, {picture.units} units. "
        "At each timestep a line goes from every feature to every unit. Between timesteps h goes "
        f"from every unit to every unit, and c to the same unit, from the {order} timestep. "
        f"The output leaves the units at {outputs}. {' '.join(picture.notes)}"
    )
