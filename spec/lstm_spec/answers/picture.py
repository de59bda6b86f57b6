"""The picture of a layer as SVG: how it is unrolled, and how strong its connections are."""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any, NamedTuple

import numpy as np
import svg

from lstm_spec.answers.constructor import CallError, Layer
from lstm_spec.answers.explain import shape
from lstm_spec.run.process import quiet
from lstm_spec.run.text import shorten

SEED = 1
"""Makes the initial weights of the layer, and the input."""
STEP = 1e-5
"""By so much an input is moved up and down: rounding and curvature both err by about 1e-10."""
LARGEST = 2_000_000
"""The most numbers that the layer's weights, or its input, may hold."""
UNSEEN = ("return_sequences", "return_state", "stateful", "name", "input_shape", "input_dim")
"""Arguments that do not change the final output of a first call."""

Place = tuple[int, int]
"""A timestep and a feature, counted from zero."""


class UnmeasuredError(RuntimeError):
    """The layer cannot be built here; the message says why, as part of a sentence."""


def measure(
    arguments: Mapping[str, Any], timesteps: int, features: int, places: Sequence[Place]
) -> dict[Place, list[float]]:
    """Return the absolute derivatives of the final output of each unit by some inputs.

    Args:
        arguments: of LSTM; it is built in float64, with the initial weights that they make.
        timesteps: T.
        features: F.
        places: the inputs by which to differentiate.

    Raises:
        UnmeasuredError: Keras is missing or refuses the layer; it is too large, or reads nothing.
    """
    if not places:
        raise UnmeasuredError("there are no features")
    wide = 4 * arguments["units"]
    weights = wide * (features + arguments["units"] + 1)
    if max(weights, 2 * len(places) * timesteps * features) > LARGEST:
        raise UnmeasuredError("the layer or its input is too large")
    os.environ.update(quiet())
    seen = {name: value for name, value in arguments.items() if name not in UNSEEN}
    try:
        slopes = derivatives(seen, timesteps, features, places)
    except ModuleNotFoundError as error:
        raise UnmeasuredError(f"there is no module {error.name} here") from error
    except Exception as error:  # whatever Keras says of the layer, or of its own installation
        raise UnmeasuredError(f"Keras raises {type(error).__name__}") from error
    return dict(zip(places, slopes.tolist(), strict=True))


def derivatives(
    arguments: Mapping[str, Any], timesteps: int, features: int, places: Sequence[Place]
) -> Any:
    """Return an array for each place: the absolute derivatives of all that a layer returns.

    Args:
        arguments: of LSTM, `return_state` apart; it is built in float64.
        timesteps: T.
        features: F.
        places: the inputs by which to differentiate.
    """
    from lstm_spec.harness import subject  # only here: it imports Keras

    layer = subject.fresh({**arguments, "dtype": "float64"}, SEED)
    outputs = subject.to_numpy(layer(_moved(timesteps, features, places)))
    up, down = np.split(outputs, 2)
    return np.abs(up - down) / (2 * STEP)


def _moved(timesteps: int, features: int, places: Sequence[Place]) -> Any:
    """Return an input for each place, moved up there, and then one for each, moved down."""
    x = np.random.RandomState(SEED).uniform(-1, 1, (timesteps, features))
    steps = np.zeros((len(places), timesteps, features))
    for sample, (t, f) in enumerate(places):
        steps[sample, t, f] = STEP
    return np.concatenate([x + steps, x - steps])


ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What may not stand in XML, not even escaped."""


class Point(NamedTuple):
    """A place in the drawing; y grows downwards."""

    x: float
    y: float


def written(text: str) -> str:
    """Escape a text for an element: svg.py writes text and attributes as they are given."""
    return escape(ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text))


def rounded(number: float) -> float:
    """Return a number with at most two decimals, a whole one without a point."""
    short = round(number, 2)
    return int(short) if short == int(short) else short


def words(kind: str, at: Point, text: str) -> svg.Text:
    """Return a line of text, its baseline at a point."""
    return svg.Text(x=rounded(at.x), y=rounded(at.y), class_=[kind], text=written(text))


def node(kind: str, at: Point, radius: float, text: str) -> list[svg.Element]:
    """Return a circle with a word in it."""
    inside = words("inside", Point(at.x, at.y + 4), text)
    if len(text) > 3:
        inside.style = f"font-size:{3 * radius / len(text):.0f}px"
    return [svg.Circle(cx=rounded(at.x), cy=rounded(at.y), r=radius, class_=[kind]), inside]


def line(
    kind: str, start: Point, end: Point, title: str = "", share: float | None = None
) -> svg.Line:
    """Return a straight line.

    Args:
        kind: its classes in the style sheet.
        start: where it begins.
        end: where it ends.
        title: what is shown where a pointer rests on it.
        share: how strong it is, from 0 to 1; default: as the style sheet says.
    """
    drawn = svg.Line(
        x1=rounded(start.x), y1=rounded(start.y), x2=rounded(end.x), y2=rounded(end.y),
        class_=kind.split(), elements=[svg.Title(text=written(title))] if title else None,
    )  # fmt: skip
    if share is not None:
        drawn.stroke_width = rounded(0.8 + 5.2 * share)
        drawn.stroke_opacity = rounded(0.25 + 0.75 * share)
    return drawn


def arch(kind: str, start: Point, end: Point, rise: float) -> svg.Path:
    """Return a curve that rises over the straight line between two points."""
    top = Point((start.x + end.x) / 2, (start.y + end.y) / 2 - 2 * rise)
    (x, y), (x1, y1), (x2, y2) = (map(rounded, point) for point in (start, top, end))
    return svg.Path(d=[svg.M(x, y), svg.Q(x1, y1, x2, y2)], class_=[kind])


def document(
    size: Point, title: str, content: str, parts: Iterable[svg.Element], key: str = ""
) -> str:
    """Write a drawing, an element a line.

    Args:
        size: its width and height.
        title: its name, for those who hear it read.
        content: what is to be seen, for them.
        parts: its elements, from the back to the front.
        key: what begins its ids, where it is not the only drawing of a page.
    """
    width, height = map(round, size)
    name = svg.Title(id=f"{key}title", text=written(title))
    description = svg.Desc(id=f"{key}desc", text=written(content))
    drawing = svg.SVG(
        viewBox=svg.ViewBoxSpec(0, 0, width, height), width=width, height=height,
        extra={"role": "img", "aria-labelledby": f"{key}title {key}desc"},
        elements=[name, description, *parts],
    )  # fmt: skip
    return str(drawing).replace("><", ">\n<") + "\n"


MOST, FIRST = 8, 6
"""How many of a kind are drawn; of more, the first ones and the last."""
RADIUS = 12
SLANT = Point(28, 36)
"""From a unit to the next: slanted, so that no line runs through another unit."""
APART, GAP, NARROW = 32, 120, 64
"""Between features; from the last unit of a timestep to the next feature; for what is left out."""
LEFT, OUTPUTS, UNITS = 96, 112, 180
START, END = "before", "after"

Shown = tuple[int | None, ...]
"""Positions that are drawn, counted from zero; None stands for those that are left out."""
Lane = int | str | None
"""A timestep, those that are left out, or a state: START or END."""


@dataclass(frozen=True)
class Picture:
    """What is drawn."""

    title: str
    subtitle: str
    timesteps: int
    features: int
    units: int
    sequences: bool = False
    """Whether there is an output for each timestep."""
    backwards: bool = False
    start: str = ""
    """What is said of an initial state; nothing, if none is drawn."""
    end: str = ""
    """What is said of the final state; nothing, if none is drawn."""
    strengths: Mapping[tuple[int, int], Sequence[float]] | None = None
    """By timestep and feature: how strongly the final output of each unit depends on it."""
    notes: tuple[str, ...] = ()

    @cached_property
    def read(self) -> list[Lane]:
        """The lanes in the order in which they are read."""
        steps: list[Lane] = list(shown(self.timesteps))
        if self.backwards:
            steps.reverse()
        return [*([START] if self.start else []), *steps, *([END] if self.end else [])]

    @cached_property
    def lanes(self) -> list[Lane]:
        """The lanes from left to right: timesteps stand in the order of the input."""
        return self.read[::-1] if self.backwards else self.read

    @property
    def last(self) -> Lane:
        """The timestep that is read last."""
        return 0 if self.backwards else self.timesteps - 1

    @cached_property
    def starts(self) -> dict[Lane, float]:
        """Where the first unit of each lane stands, from the left."""
        features = APART * max(len(shown(self.features)) - 1, 0)
        units = SLANT.x * (len(shown(self.units)) - 1)
        wide = units + features + GAP
        x = float(LEFT + RADIUS + features)
        starts = {}
        for lane in self.lanes:
            starts[lane] = x + (NARROW - wide + units - features) / 2 if lane is None else x
            x += NARROW if lane is None else wide
        return starts

    def at(self, lane: Lane, unit: int) -> Point:
        """Return where a unit stands, the drawn ones counted from zero."""
        slant = 0 if lane is None else unit * SLANT.x
        return Point(self.starts[lane] + slant, UNITS + unit * SLANT.y)

    def feature(self, lane: Lane, feature: int) -> Point:
        """Return where a feature stands, the drawn ones counted from zero."""
        left = self.at(lane, 0).x - APART * (len(shown(self.features)) - 1)
        return Point(left + APART * feature, self.ground)

    @property
    def ground(self) -> float:
        """How far down the features stand."""
        return UNITS + SLANT.y * (len(shown(self.units)) - 1) + 92


def shown(size: int) -> Shown:
    """Return which of a number of things are drawn."""
    return tuple(range(size)) if size <= MOST else (*range(FIRST), None, size - 1)


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
    paper = svg.Rect(class_=["paper"], width=rounded(width), height=rounded(height), rx=8)
    parts = [*_head(picture), *_lines(picture), *_nodes(picture), *_labels(picture), *legend]
    drawn: list[svg.Element] = [svg.Style(text=STYLE), paper, *parts]
    return document(Point(width, height), picture.title, _description(picture), drawn)


def _head(picture: Picture) -> Iterator[svg.Element]:
    yield words("title", Point(24, 34), picture.title)
    yield words("small", Point(24, 56), picture.subtitle)


def _steps(picture: Picture) -> list[int]:
    return [lane for lane in picture.lanes if isinstance(lane, int)]


def _with_output(picture: Picture) -> list[int]:
    return [t for t in _steps(picture) if picture.sequences or t == picture.last]


def _drawn(size: int) -> list[tuple[int, int]]:
    """Return the places of those that are drawn, and the positions that stand there."""
    return [(k, position) for k, position in enumerate(shown(size)) if position is not None]


def _lines(picture: Picture) -> Iterator[svg.Element]:
    for before, after in zip(picture.read, picture.read[1:], strict=False):
        if before is not None and after is not None:
            yield from _states(picture, before, after)
    for t in _with_output(picture):
        for k, _ in _drawn(picture.units):
            unit = picture.at(t, k)
            yield line("out", unit, Point(unit.x, OUTPUTS))
    for t in _steps(picture):
        yield from _inputs(picture, t)


def _states(picture: Picture, before: Lane, after: Lane) -> Iterator[svg.Element]:
    units = [k for k, _ in _drawn(picture.units)]
    for k in units:
        for j in units if after != END else [k]:
            yield line("h", picture.at(before, k), picture.at(after, j))
    for k in units:
        yield arch("c", picture.at(before, k), picture.at(after, k), 14)


def _inputs(picture: Picture, t: int) -> Iterator[svg.Element]:
    strengths = picture.strengths or {}
    most = max((max(values) for values in strengths.values()), default=0.0)
    for k, f in _drawn(picture.features):
        for j, u in _drawn(picture.units):
            start = picture.feature(t, k)
            end = picture.at(t, j)
            if picture.strengths is None:
                yield line("input", start, end, share=0.3)
            else:
                value = strengths[t, f][u]
                strength = f"unit {u + 1} by feature {f + 1} of timestep {t + 1}: {value:.2g}"
                yield line("input", start, end, strength, value / most if most else 0.0)


def _nodes(picture: Picture) -> Iterator[svg.Element]:
    for lane in picture.lanes:
        kind = "unit" if isinstance(lane, int) else "state"
        for k, u in enumerate(shown(picture.units)):
            yield from _node(kind, picture.at(lane, k), None if lane is None else u)
    for t in _steps(picture):
        for k, f in enumerate(shown(picture.features)):
            yield from _node("feature", picture.feature(t, k), f)
    for t in _with_output(picture):
        for k, u in enumerate(shown(picture.units)):
            yield from _node("output", Point(picture.at(t, k).x, OUTPUTS), u)


def _node(kind: str, at: Point, position: int | None) -> list[svg.Element]:
    if position is None:
        return [words("middle", Point(at.x, at.y + 4), "…")]
    return node(kind, at, RADIUS, str(position + 1))


def _labels(picture: Picture) -> Iterator[svg.Element]:
    half = SLANT.y * (len(shown(picture.units)) - 1) / 2
    rows = {"output": OUTPUTS, "units": UNITS + half, "features": picture.ground}
    for word, y in rows.items():
        if word != "features" or picture.features:
            yield words("row", Point(24, y + 4), word)
    for lane in picture.lanes:
        yield words(
            "middle", Point(picture.at(lane, 0).x, picture.ground + 36), _name(picture, lane)
        )
    if len(_steps(picture)) > 1:
        yield from _order(picture)
    for t in _with_output(picture) if picture.sequences else []:
        row = picture.timesteps - t if picture.backwards else t + 1
        yield words("middle", Point(picture.at(t, 0).x, OUTPUTS - 22), f"row {row}")


def _name(picture: Picture, lane: Lane) -> str:
    if isinstance(lane, int):
        return f"timestep {lane + 1}"
    return {START: picture.start, END: picture.end, None: "…"}[lane]


def _order(picture: Picture) -> Iterator[svg.Element]:
    """Draw the arrow of time under the timesteps, in the order in which they are read."""
    steps = [t for t in picture.read if isinstance(t, int)]
    y = picture.ground + 58
    sign = -1 if picture.backwards else 1
    start, end = (Point(picture.at(t, 0).x, y) for t in (steps[0], steps[-1]))
    yield line("time", start, end)
    for side in (-5, 5):
        yield line("time", end, Point(end.x - 8 * sign, y + side))
    yield words("middle", Point((start.x + end.x) / 2, y + 20), "read in this order")


def _legend(picture: Picture, width: float, y: float) -> tuple[list[svg.Element], float]:
    """Return what stands below the picture, and where it ends."""
    parts: list[svg.Element] = []
    lines = {"input": picture.features > 0, "h": len(picture.read) > 1, "c": len(picture.read) > 1}
    for kind in (kind for kind, drawn in lines.items() if drawn):
        key = line(kind, Point(24, y - 4), Point(64, y - 4))
        key.stroke_width = 3 if kind == "input" else None
        parts.append(key)
        parts.append(words("small", Point(76, y), LEGEND[kind]))
        y += 20
    for note in picture.notes:
        for row in textwrap.wrap(note, int((width - 48) / LETTER)):
            parts.append(words("small", Point(24, y + 6), row))
            y += 18
    return parts, y + 10


def _description(picture: Picture) -> str:
    """Say what is to be seen."""
    order = "last to the first" if picture.backwards else "first to the last"
    outputs = "every timestep" if picture.sequences else "the timestep that is read last"
    return (
        f"{picture.timesteps} timesteps, {picture.features} features, {picture.units} units. "
        "At each timestep a line goes from every feature to every unit. Between timesteps h goes "
        f"from every unit to every unit, and c to the same unit, from the {order} timestep. "
        f"The output leaves the units at {outputs}. {' '.join(picture.notes)}"
    )


OPEN = 3
"""How many timesteps are drawn where there may be any number."""
LONGEST = 80
"""How many characters of the call are drawn at most."""
KEPT, RETURNED = "kept h, c", "returned h, c"
MEASURED = (
    "The stronger a stroke from a feature, the more the final output of the unit depends on it: "
    "its absolute derivative, here up to {:.2g}, in a new layer that Keras built in float64."
)


def picture_of(layer: Layer, *, measured: bool = False) -> Picture:
    """Return the picture of a layer.

    Args:
        layer: the layer.
        measured: whether a stroke is as strong as what it stands for, where Keras can be imported.

    Raises:
        CallError: it is no LSTM alone.
    """
    if layer.directions == 2:
        raise CallError("Bidirectional is explained, and not drawn; give --draw the LSTM in it")
    timesteps = layer.timesteps or OPEN
    call = str(layer.call)
    strengths, note = _strengths(layer, timesteps) if measured else (None, "")
    rows = (layer.length,) if layer.on("return_sequences") else ()
    before = ("batch", layer.length, layer.features)
    after = ("batch", *rows, layer.units)
    return Picture(
        title=shorten(call, LONGEST),
        subtitle=f"{shape(before)} → {shape(after)}",
        timesteps=timesteps,
        features=layer.features,
        units=layer.units,
        sequences=layer.on("return_sequences"),
        backwards=layer.on("go_backwards"),
        start=KEPT if layer.on("stateful") else "",
        end=_end(layer),
        strengths=strengths,
        notes=(*_notes(layer), *([note] if note else [])),
    )


def _strengths(layer: Layer, timesteps: int) -> tuple[dict[Place, list[float]] | None, str]:
    """Measure how strong the drawn connections are; return that, and what is said of it."""
    steps = (t for t in shown(timesteps) if t is not None)
    places = [(t, f) for t in steps for f in shown(layer.features) if f is not None]
    try:
        strengths = measure(layer.given, timesteps, layer.features, places)
    except UnmeasuredError as error:
        return None, f"All strokes are equally strong, for nothing was measured: {error}."
    return strengths, MEASURED.format(max(map(max, strengths.values())))


def _end(layer: Layer) -> str:
    if layer.on("return_state"):
        return RETURNED
    return KEPT if layer.on("stateful") else ""


def _notes(layer: Layer) -> list[str]:
    notes = []
    if layer.timesteps is None:
        notes.append(f"Any number of timesteps; {OPEN} are drawn.")
    if not layer.on("stateful"):
        notes.append("It starts from h and c of zeros.")
    return notes
