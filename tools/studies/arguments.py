"""The page of arguments: which claims try which argument, with which values, beside which other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from lstm_spec.run.arguments import (
    REQUIRED,
    Recording,
    Signature,
    Signatures,
    Tried,
    installed,
    load,
)
from lstm_spec.run.text import markdown_table
from tools import MEASURED

PAGE = MEASURED / "arguments.md"
SHOWN = 3
"""How many claims are named beside an argument; the recording names all."""

HEAD = """# Arguments

Which claims try which argument of the LSTM family, with which values other than the default;
made by `tox run -e arguments` from what constructors and `call` methods were given while the
claims ran at default effort on Keras {keras}. What every layer takes stands under "Layer",
whichever layer it was given to.
"""


def page(recording: Recording, known: Signatures) -> str:
    """Return the page as Markdown.

    Args:
        recording: what the claims gave.
        known: the arguments that Keras takes.
    """
    parts = [HEAD.format(keras=recording.keras)]
    tried = recording.tried(known)
    for name in known:
        columns = ("argument", "default", "tried with", "claims")
        table = markdown_table(columns, list(_rows(name, tried, known[name])))
        parts.append(f"## {name}\n\n{table}\n")
    return "\n".join([*parts, *_together("LSTM", recording, known)])


def _rows(name: str, tried: Tried, signature: Signature) -> Iterator[tuple[str, ...]]:
    for argument, default in signature.items():
        values = tried.get((name, argument), {})
        claims = sorted(set().union(*values.values()))
        some = ", ".join(f"`{claim}`" for claim in claims[:SHOWN])
        more = f" and {len(claims) - SHOWN} more" if len(claims) > SHOWN else ""
        shown = "required" if default is REQUIRED else f"`{default!r}`"
        yield f"`{argument}`", shown, ", ".join(sorted(values)), f"{some}{more}"


def _together(name: str, recording: Recording, known: Signatures) -> Iterator[str]:
    names = sorted({*known[name], *known["Layer"]})
    pairs = {frozenset(pair) for pair in combinations(names, 2)}
    apart: dict[str, list[str]] = defaultdict(list)
    for first, second in sorted(sorted(pair) for pair in pairs - recording.together(name)):
        apart[first].append(f"`{second}`")
    left = sum(map(len, apart.values()))
    yield f"## Arguments of {name} together\n"
    yield f"Of {len(pairs)} pairs of arguments {len(pairs) - left} are tried together,"
    yield f"each with a value that is not its default. {left} are not:\n"
    yield from (f"- `{first}` with {', '.join(others)}" for first, others in apart.items())
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(load(), installed()), encoding="utf-8")
