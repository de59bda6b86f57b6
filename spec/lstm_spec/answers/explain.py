"""What is said of a constructor call: shapes, parameters, reach, arguments, claims and mistakes."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator

import msgspec

from lstm_spec import catalog
from lstm_spec.answers.constructor import Layer, constructor
from lstm_spec.answers.standing import standing
from lstm_spec.run import arguments
from lstm_spec.run.text import columns, markdown_table, prose

TOGETHER = 4
"""How many claims are shown that try the given arguments together."""
FEWEST = {-1: "fewer units than timesteps", 0: "as many units as timesteps"}

Shape = tuple[int | str, ...]


class Row(msgspec.Struct, frozen=True):
    """A line of a table: what it is, its shape, and a number or words beside it."""

    what: str
    shape: Shape
    told: str


class Weight(msgspec.Struct, frozen=True):
    """A weight of the layer."""

    what: str
    shape: Shape
    numbers: int


class Fact(msgspec.Struct, frozen=True):
    """A sentence about an axis or an argument."""

    what: str
    told: str


class Said(msgspec.Struct, frozen=True):
    """A claim that applies."""

    id: str
    said: str
    """What is true of it on the newest release: its statement, or what happens instead."""
    statement: str
    broken: bool
    """Whether the statement is false there."""


class Mistake(msgspec.Struct, frozen=True):
    """What people believe, and the claim that refutes it."""

    belief: str
    claim: str


class Explanation(msgspec.Struct, frozen=True):
    """All that is said."""

    call: str
    input: Shape
    shapes: list[Row]
    weights: list[Weight]
    parameters: int
    sum: str
    """How they add up."""
    axes: list[Fact]
    reach: str
    changes: list[Fact]
    claims: list[Said]
    mistakes: list[Mistake]


def explain(made: Layer) -> Explanation:
    """Say what there is to say of a layer."""
    said = _claims(made)
    beliefs = [(claim.corrects, claim.id) for claim in said if claim.corrects]
    weights = _weights(made)
    total = sum(weight.numbers for weight in weights)
    return Explanation(
        call=str(made.call),
        input=("batch", made.length, made.features),
        shapes=list(_shapes(made)),
        weights=weights,
        parameters=total,
        sum=_sum(made),
        axes=list(_axes(made)),
        reach=_reach(made),
        changes=list(_changes(made)),
        claims=list(_said(said)),
        mistakes=[Mistake(b, name) for b, name in beliefs if not b.startswith("Documentation")],
    )


def _shapes(made: Layer) -> Iterator[Row]:
    width = made.units * (2 if made.mode == "concat" else 1)
    rows = (made.length,) if made.on("return_sequences") else ()
    yield Row("input", ("batch", made.length, made.features), "")
    names = ["output"] if made.mode is not None else ["output forward", "output backward"]
    order = "read " if made.on("go_backwards") else ""
    row = f"h after each timestep {order}".strip() if rows else f"h after the last timestep {order}"
    yield from (Row(name, ("batch", *rows, width), row.strip()) for name in names)
    returned = "returned" if made.on("return_state") else "inside; return_state=True returns it"
    kept = ", kept for the next call" if made.on("stateful") else ""
    for direction in (" forward", " backward") if made.directions == 2 else ("",):
        for state in ("h", "c"):
            yield Row(f"final {state}{direction}", ("batch", made.units), f"{returned}{kept}")


def _weights(made: Layer) -> list[Weight]:
    wide = 4 * made.units
    found = []
    for direction in ("forward ", "backward ") if made.directions == 2 else ("",):
        found.append(Weight(f"{direction}kernel", (made.features, wide), made.features * wide))
        square = made.units * wide
        found.append(Weight(f"{direction}recurrent kernel", (made.units, wide), square))
        if made.on("use_bias"):
            found.append(Weight(f"{direction}bias", (wide,), wide))
    return found


def _sum(made: Layer) -> str:
    bias = f" + {made.units}" if made.on("use_bias") else ""
    both = "2 x " if made.directions == 2 else ""
    return f"{both}4 x (({made.features} + {made.units}) x {made.units}{bias})"


def _axes(made: Layer) -> Iterator[Fact]:
    yield Fact("batch", "The samples. Each is a sequence of its own; none sees another.")
    many = "any number" if made.timesteps is None else str(made.timesteps)
    same = "the same weights read each"
    yield Fact("timesteps", f"Time, {many}: the vectors of a sequence in their order; {same}.")
    yield Fact("features", f"The numbers in one timestep's vector, {made.features}.")
    yield Fact("units", f"The numbers in h and in c, {made.units}: the width of what is computed.")


def _reach(made: Layer) -> str:
    steps = "Every timestep" if made.timesteps is None else f"Each of {made.timesteps} timesteps"
    units = f"all {made.units} units" if made.units > 1 else "the one unit"
    first = "last" if made.on("go_backwards") else "first"
    order = f"all units read the {first} timestep, then all read the next"
    told = f"{steps} reaches {units}: {order}, and so on. Timestep k does not go to unit k"
    if made.timesteps is None:
        return f"{told}; there may be more or fewer timesteps than units."
    sign = (made.units > made.timesteps) - (made.units < made.timesteps)
    how = FEWEST.get(sign, "more units than timesteps")
    return f"{told}, so it does no harm that there are {how}."


def _changes(made: Layer) -> Iterator[Fact]:
    by_name = constructor().by_name
    for name, value in made.given.items():
        outside = by_name[name].kind == "share" and not 0 <= value <= 1
        clipped = f" {value} is taken for {0 if value < 0 else 1}." if outside else ""
        yield Fact(f"{name}={value!r}", f"{by_name[name].change(value)}{clipped}")
    if made.mode != "":
        told = "How the outputs of the forward and the backward LSTM are put together."
        yield Fact(f"merge_mode={made.mode!r}", told)


def _claims(made: Layer) -> list[catalog.Claim]:
    chosen = [*_for_arguments(made), *_for_occasions(made)]
    chosen += [name for name in _together(made) if name not in chosen]
    return [catalog.find(name) for name in dict.fromkeys([*constructor().core, *chosen])]


def _for_arguments(made: Layer) -> Iterator[str]:
    for name, value in made.given.items():
        argument = constructor().by_name[name]
        if argument.differs(value):
            yield from argument.claims
        yield from argument.values.get(repr(value), [])


def _for_occasions(made: Layer) -> Iterable[str]:
    kinds = [(constructor().by_name[name].kind, value) for name, value in made.given.items()]
    both = made.directions == 2
    now = {
        "open-length": made.timesteps is None,
        "one-timestep": made.timesteps == 1,
        "no-features": made.features == 0,
        "one-row": not made.on("return_sequences"),
        "unrolled-open-length": made.on("unroll") and made.timesteps is None,
        "flag-of-text": any(kind == "flag" and isinstance(value, str) for kind, value in kinds),
        "share-outside": any(kind == "share" and not 0 <= value <= 1 for kind, value in kinds),
        "bidirectional": both,
        "bidirectional-states": both and made.on("return_state"),
        "bidirectional-sequences": both and made.on("return_sequences"),
    }
    return [name for key, holds in now.items() if holds for name in constructor().occasions[key]]


def _together(made: Layer) -> list[str]:
    """Return claims that try exactly the given arguments, the most particular ones first."""
    by_name = constructor().by_name
    given = {name for name, value in made.given.items() if by_name[name].differs(value)}
    if len(given) < 3:  # units, and two that could have to do with each other
        return []
    calls = [call for call in arguments.load().calls if call.object == "LSTM"]
    exact = [call for call in calls if call.arguments.keys() == given]
    names = {name for call in exact for name in call.claims}
    often = {name: sum(name in call.claims for call in calls) for name in sorted(names)}
    return sorted(often, key=lambda name: often[name])[:TOGETHER]


def _said(claims: Iterable[catalog.Claim]) -> Iterator[Said]:
    for claim in claims:
        first = standing(claim)
        yield Said(claim.id, str(first), claim.statement, bool(first.broken))


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


def text(told: Explanation, width: int = WIDTH) -> str:
    """Return an explanation for a terminal."""
    parts = [f"{told.call} on input {shape(told.input)}"]
    for title, rows in _tables(told).items():
        parts.append(f"{title}\n{textwrap.indent(columns(TABLES[title], rows), '  ')}")
    for title, items in _lists(told).items():
        lines = [_wrapped(item.replace("`", ""), width) for item in items]
        parts.append("\n".join([title, *lines]))
    return "\n\n".join(parts) + "\n"


def _wrapped(item: str, width: int) -> str:
    return textwrap.fill(
        item,
        min(width, WIDTH),
        initial_indent="- ",
        subsequent_indent="  ",
        break_on_hyphens=False,
    )


def markdown(told: Explanation) -> str:
    """Return an explanation for pasting."""
    parts = [f"**`{told.call}` on input `{shape(told.input)}`**"]
    for title, rows in _tables(told).items():
        cells = [(what, f"`{size}`" if size else "", last) for what, size, last in rows]
        parts += [f"**{title}**", markdown_table(TABLES[title], cells)]
    for title, items in _lists(told).items():
        parts += [f"**{title}**", "\n".join(f"- {prose(item)}" for item in items)]
    return "\n\n".join(parts) + "\n"


def json(told: Explanation) -> str:
    """Return an explanation as JSON."""
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode() + "\n"


FORMATS: dict[str, Callable[[Explanation], str]] = {
    "text": text,
    "markdown": markdown,
    "json": json,
}
