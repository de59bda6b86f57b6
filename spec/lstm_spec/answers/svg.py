"""The few elements of SVG that a drawing needs, as text. Whatever is written is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import NamedTuple

ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What may not stand in XML, not even escaped."""


class Point(NamedTuple):
    """A place in the drawing; y grows downwards."""

    x: float
    y: float


def plain(text: str) -> str:
    """Escape a text for an element or for an attribute."""
    return escape(ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text))


def element(name: str, content: str = "", /, **attributes: str | float) -> str:
    """Write an element; content is SVG already, attributes are not.

    Names have hyphens where Python has underscores; class is `kind`, since Python keeps its name.
    """
    pairs = ((key.replace("_", "-"), value) for key, value in attributes.items())
    given = "".join(
        f' {"class" if key == "kind" else key}="{_value(value)}"' for key, value in pairs
    )
    return f"<{name}{given}>{content}</{name}>" if content else f"<{name}{given}/>"


def _value(value: str | float) -> str:
    return plain(value) if isinstance(value, str) else f"{round(value, 2):g}"


def words(kind: str, at: Point, text: str) -> str:
    """Write a line of text, its baseline at a point."""
    return element("text", plain(text), kind=kind, x=at.x, y=at.y)


def node(kind: str, at: Point, radius: float, text: str) -> str:
    """Write a circle with a word in it."""
    circle = element("circle", kind=kind, cx=at.x, cy=at.y, r=radius)
    small = {"style": f"font-size:{3 * radius / len(text):.0f}px"} if len(text) > 3 else {}
    return circle + element("text", plain(text), kind="inside", x=at.x, y=at.y + 4, **small)


def line(
    kind: str, start: Point, end: Point, told: str = "", style: Mapping[str, float] | None = None
) -> str:
    """Write a straight line, with what is told where a pointer rests on it."""
    title = element("title", plain(told)) if told else ""
    ends = {"x1": start.x, "y1": start.y, "x2": end.x, "y2": end.y}
    return element("line", title, kind=kind, **ends, **(style or {}))


def arch(kind: str, start: Point, end: Point, rise: float) -> str:
    """Write a curve that rises over the straight line between two points."""
    top = Point((start.x + end.x) / 2, (start.y + end.y) / 2 - 2 * rise)
    numbers = [f"{round(number, 2):g}" for point in (start, top, end) for number in point]
    return element("path", kind=kind, d="M{} {} Q{} {} {} {}".format(*numbers))


def document(size: Point, title: str, told: str, parts: Iterable[str], key: str = "") -> str:
    """Write a drawing.

    Args:
        size: its width and height.
        title: its name, for those who hear it read.
        told: what is to be seen, for them.
        parts: its elements, from the back to the front.
        key: what begins its ids, where it is not the only drawing of a page.
    """
    width, height = (f"{round(number):d}" for number in size)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-labelledby="{key}title {key}desc">'
    )
    texts = {"title": title, "desc": told}
    names = [f'<{one} id="{key}{one}">{plain(text)}</{one}>' for one, text in texts.items()]
    return "\n".join([head, *names, *parts, "</svg>", ""])
