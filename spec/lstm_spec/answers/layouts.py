"""An explanation as plain text, as Markdown or as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence

import msgspec

from lstm_spec.answers.cite import plain
from lstm_spec.answers.explain import Explanation, Shape

WIDTH = 96
TABLES = {
    "Shapes": ("", "shape", ""),
    "Parameters": ("", "shape", "numbers"),
}


def shape(sizes: Shape) -> str:
    """Write a shape as Python does."""
    return f"({', '.join(map(str, sizes))}{',' * (len(sizes) == 1)})"


def _tables(told: Explanation) -> dict[str, list[tuple[str, str, str]]]:
    weights = [(one.what, shape(one.shape), str(one.numbers)) for one in told.weights]
    return {
        "Shapes": [(row.what, shape(row.shape), row.told) for row in told.shapes],
        "Parameters": [*weights, ("sum", "", f"{told.parameters} = {told.sum}")],
    }


def _lists(told: Explanation) -> dict[str, list[str]]:
    claims = [f"{one.said} (`{one.id}`)" for one in told.claims]
    mistakes = [f"{one.belief} Refuted by `{one.claim}`." for one in told.mistakes]
    return {
        "Axes": [f"`{one.what}`: {one.told}" for one in told.axes],
        "Which timestep reaches which unit": [told.reach],
        "What the arguments do": [f"`{one.what}`: {one.told}" for one in told.changes],
        "Claims that apply": claims,
        "Mistakes that people make with this": mistakes,
    }


def text(told: Explanation) -> str:
    """Return an explanation for a terminal."""
    parts = [f"{told.call} on input {shape(told.input)}"]
    for title, rows in _tables(told).items():
        parts.append(f"{title}\n{_columns([TABLES[title], *rows])}")
    for title, items in _lists(told).items():
        lines = [_wrapped(item.replace("`", "")) for item in items]
        parts.append("\n".join([title, *lines]))
    return "\n\n".join(parts) + "\n"


def _columns(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)) for row in rows)
    return "\n".join(f"  {line}".rstrip() for line in lines)


def _wrapped(item: str) -> str:
    return textwrap.fill(
        item, WIDTH, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False
    )


def markdown(told: Explanation) -> str:
    """Return an explanation for pasting."""
    parts = [f"**`{told.call}` on input `{shape(told.input)}`**"]
    for title, rows in _tables(told).items():
        head = f"| {' | '.join(TABLES[title])} |\n| --- | --- | --- |"
        lines = [
            f"| {what} | {f'`{size}`' if size else ''} | {last} |" for what, size, last in rows
        ]
        parts += [f"**{title}**", "\n".join([head, *lines])]
    for title, items in _lists(told).items():
        parts += [f"**{title}**", "\n".join(f"- {plain(item)}" for item in items)]
    return "\n\n".join(parts) + "\n"


def json(told: Explanation) -> str:
    """Return an explanation as JSON."""
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode() + "\n"


FORMATS: dict[str, Callable[[Explanation], str]] = {
    "text": text,
    "markdown": markdown,
    "json": json,
}
