"""What is said of a constructor call: shapes, parameters, reach, arguments, claims and mistakes."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator

import msgspec

from lstm_spec import catalog
from lstm_spec.answers.constructor import Layer, constructor
from lstm_spec.answers.standing import standing
from lstm_spec.run import arguments
from lstm_spec.run.text import as_json, columns, markdown_table, prose

TOGETHER = 4
"""How many claims are shown that try the given arguments together."""

Shape = tuple[int | str, ...]


class Row(msgspec.Struct, frozen=True):
    """A line of a table: what it is, its shape, and a number or words beside it."""

    what: str
    shape: Shape
    says: str


class Weight(msgspec.Struct, frozen=True):
    """A weight of the layer."""

    what: str
    shape: Shape
    numbers: int


class Fact(msgspec.Struct, frozen=True):
    """A sentence about an axis or an argument."""

    what: str
    says: str


class Said(msgspec.Struct, frozen=True):
    """A claim that applies."""

    id: str
    says: str
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


def explain(layer: Layer) -> Explanation:
    """Say what there is to say of a layer."""
    claims = _claims(layer)
    beliefs = [(claim.corrects, claim.id) for claim in claims if claim.corrects]
    weights = _weights(layer)
    total = sum(weight.numbers for weight in weights)
    return Explanation(
        call=str(layer.call),
        input=("batch", layer.length, layer.features),
        shapes=list(_shapes(layer)),
        weights=weights,
        parameters=total,
        sum=_sum(layer),
        axes=list(_axes(layer)),
        reach=_reach(layer),
        changes=list(_changes(layer)),
        claims=list(_standings(claims)),
        mistakes=[Mistake(b, name) for b, name in beliefs if not b.startswith("Documentation")],
    )


def _shapes(layer: Layer) -> Iterator[Row]:
    width = layer.units * (2 if layer.mode == "concat" else 1)
    rows = (layer.length,) if layer.on("return_sequences") else ()
    yield Row("input", ("batch", layer.length, layer.features), "")
    names = ["output"] if layer.mode is not None else ["output forward", "output backward"]
    order = "read " if layer.on("go_backwards") else ""
    row = f"h after each timestep {order}".strip() if rows else f"h after the last timestep {order}"
    yield from (Row(name, ("batch", *rows, width), row.strip()) for name in names)
    returned = "returned" if layer.on("return_state") else "inside; return_state=True returns it"
    kept = ", kept for the next call" if layer.on("stateful") else ""
    for direction in (" forward", " backward") if layer.directions == 2 else ("",):
        for state in ("h", "c"):
            yield Row(f"final {state}{direction}", ("batch", layer.units), f"{returned}{kept}")


def _weights(layer: Layer) -> list[Weight]:
    wide = 4 * layer.units
    weights = []
    for direction in ("forward ", "backward ") if layer.directions == 2 else ("",):
        weights.append(Weight(f"{direction}kernel", (layer.features, wide), layer.features * wide))
        square = layer.units * wide
        weights.append(Weight(f"{direction}recurrent kernel", (layer.units, wide), square))
        if layer.on("use_bias"):
            weights.append(Weight(f"{direction}bias", (wide,), wide))
    return weights


def _sum(layer: Layer) -> str:
    bias = f" + {layer.units}" if layer.on("use_bias") else ""
    both = "2 x " if layer.directions == 2 else ""
    return f"{both}4 x (({layer.features} + {layer.units}) x {layer.units}{bias})"


def _axes(layer: Layer) -> Iterator[Fact]:
    yield Fact("batch", "The samples. Each is a sequence of its own; none sees another.")
    many = "any number" if layer.timesteps is None else str(layer.timesteps)
    same = "the same weights read each"
    yield Fact("timesteps", f"Time, {many}: the vectors of a sequence in their order; {same}.")
    yield Fact("features", f"The numbers in one timestep's vector, {layer.features}.")
    yield Fact("units", f"The numbers in h and in c, {layer.units}: the width of what is computed.")


def _reach(layer: Layer) -> str:
    steps = "Every timestep" if layer.timesteps is None else f"Each of {layer.timesteps} timesteps"
    units = f"all {layer.units} units" if layer.units > 1 else "the one unit"
    first = "last" if layer.on("go_backwards") else "first"
    order = f"all units read the {first} timestep, then all read the next"
    reach = f"{steps} reaches {units}: {order}, and so on. Timestep k does not go to unit k"
    if layer.timesteps is None:
        return f"{reach}; there may be more or fewer timesteps than units."
    if layer.units == layer.timesteps:
        how = "as many units as timesteps"
    else:
        how = f"{'more' if layer.units > layer.timesteps else 'fewer'} units than timesteps"
    return f"{reach}, so it does no harm that there are {how}."


def _changes(layer: Layer) -> Iterator[Fact]:
    by_name = constructor().by_name
    for name, value in layer.given.items():
        outside = by_name[name].kind == "share" and not 0 <= value <= 1
        clipped = f" {value} is taken for {0 if value < 0 else 1}." if outside else ""
        yield Fact(f"{name}={value!r}", f"{by_name[name].change(value)}{clipped}")
    if layer.mode != "":
        change = "How the outputs of the forward and the backward LSTM are put together."
        yield Fact(f"merge_mode={layer.mode!r}", change)


def _claims(layer: Layer) -> list[catalog.Claim]:
    chosen = [*_for_arguments(layer), *_for_occasions(layer)]
    chosen += [name for name in _together(layer) if name not in chosen]
    return [catalog.find(name) for name in dict.fromkeys([*constructor().core, *chosen])]


def _for_arguments(layer: Layer) -> Iterator[str]:
    for name, value in layer.given.items():
        argument = constructor().by_name[name]
        if argument.differs(value):
            yield from argument.claims
        yield from argument.values.get(repr(value), [])


def _for_occasions(layer: Layer) -> Iterable[str]:
    kinds = [(constructor().by_name[name].kind, value) for name, value in layer.given.items()]
    both = layer.directions == 2
    now = {
        "open-length": layer.timesteps is None,
        "one-timestep": layer.timesteps == 1,
        "no-features": layer.features == 0,
        "one-row": not layer.on("return_sequences"),
        "unrolled-open-length": layer.on("unroll") and layer.timesteps is None,
        "flag-of-text": any(kind == "flag" and isinstance(value, str) for kind, value in kinds),
        "share-outside": any(kind == "share" and not 0 <= value <= 1 for kind, value in kinds),
        "bidirectional": both,
        "bidirectional-states": both and layer.on("return_state"),
        "bidirectional-sequences": both and layer.on("return_sequences"),
    }
    return [name for key, holds in now.items() if holds for name in constructor().occasions[key]]


def _together(layer: Layer) -> list[str]:
    """Return claims that try exactly the given arguments, the most particular ones first."""
    by_name = constructor().by_name
    given = {name for name, value in layer.given.items() if by_name[name].differs(value)}
    if len(given) < 3:  # units, and two that could have to do with each other
        return []
    calls = [call for call in arguments.load().calls if call.object == "LSTM"]
    exact = [call for call in calls if call.arguments.keys() == given]
    names = {name for call in exact for name in call.claims}
    often = {name: sum(name in call.claims for call in calls) for name in sorted(names)}
    return sorted(often, key=lambda name: often[name])[:TOGETHER]


def _standings(claims: Iterable[catalog.Claim]) -> Iterator[Said]:
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
    return f"({', '.join(map(str, sizes))}{',' if len(sizes) == 1 else ''})"


def _tables(explanation: Explanation) -> dict[str, list[tuple[str, str, str]]]:
    weights = [
        (weight.what, shape(weight.shape), str(weight.numbers)) for weight in explanation.weights
    ]
    return {
        "Shapes": [(row.what, shape(row.shape), row.says) for row in explanation.shapes],
        "Parameters": [*weights, ("sum", "", f"{explanation.parameters} = {explanation.sum}")],
    }


def _lists(explanation: Explanation) -> dict[str, list[str]]:
    claims = [f"{claim.says} (`{claim.id}`)" for claim in explanation.claims]
    mistakes = [
        f"{mistake.belief} Refuted by `{mistake.claim}`." for mistake in explanation.mistakes
    ]
    return {
        "Axes": [f"`{fact.what}`: {fact.says}" for fact in explanation.axes],
        "Which timestep reaches which unit": [explanation.reach],
        "What the arguments do": [f"`{fact.what}`: {fact.says}" for fact in explanation.changes],
        "Claims that apply": claims,
        "Mistakes that people make with this": mistakes,
    }


def text(explanation: Explanation, width: int = WIDTH) -> str:
    """Return an explanation for a terminal."""
    parts = [f"{explanation.call} on input {shape(explanation.input)}"]
    for title, rows in _tables(explanation).items():
        parts.append(f"{title}\n{textwrap.indent(columns(TABLES[title], rows), '  ')}")
    for title, items in _lists(explanation).items():
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


def markdown(explanation: Explanation) -> str:
    """Return an explanation for pasting."""
    parts = [f"**`{explanation.call}` on input `{shape(explanation.input)}`**"]
    for title, rows in _tables(explanation).items():
        cells = [(what, f"`{size}`" if size else "", last) for what, size, last in rows]
        parts += [f"**{title}**", markdown_table(TABLES[title], cells)]
    for title, items in _lists(explanation).items():
        parts += [f"**{title}**", "\n".join(f"- {prose(item)}" for item in items)]
    return "\n\n".join(parts) + "\n"


FORMATS: dict[str, Callable[[Explanation], str]] = {
    "text": text,
    "markdown": markdown,
    "json": as_json,
}
