"""The page of mutants: how many of them the claims refute, and Keras' own tests beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from operator import attrgetter
from pathlib import Path

import keras

from lstm_spec.run.text import markdown_table
from tools import MEASURED
from tools.studies.mutants import survivors
from tools.studies.mutants.mutants import DRAWN, Field, Mutant, changed, mutants
from tools.studies.mutants.record import Line, read

FOLDER = Path(__file__).parent
PAGE = MEASURED / "mutants.md"

HEAD = """# Mutants

How sharp the claims are: Keras {keras}'s own source of the LSTM family, changed in memory in one
place at a time, and whether a claim is refuted by the change. Made by `tox run -e mutants`; the
record is [claims.jsonl](../../tools/studies/mutants/claims.jsonl), a line a mutant with the claim
that was the first to refute it. "Not observable" are changes that do nothing on
TensorFlow and a CPU, each with its reason in
[survivors.toml](../../tools/studies/mutants/survivors.toml).

"""
MODELS = """
## Models and trainers

{drawn} mutants, drawn by a fixed seed from {functions} functions that an LSTM's model runs through:
merging layers, wrappers, masks, graphs, trainers, sources of data and losses. Made by
`tox run -e mutants-models`; the record is
[models.jsonl](../../tools/studies/mutants/models.jsonl). A line that no claim executes counts as
left, and so does a mutant that is not tried yet.

"""
GUARDED = """
## Under a guard

{drawn} mutants, drawn by a fixed seed from {functions} functions that run within a call of LSTM, of
RNN or of their cells, each in place only in calls for which its guard is true. Made by
`PATIENCE=30 tox run -e mutants-guarded`; the record is
[guarded.jsonl](../../tools/studies/mutants/guarded.jsonl). Left is what is not refuted within 30 s
of processor time, what no claim executes under its guard, and what is not tried yet. Some was met
by claims that have been widened since: with AGAIN=1 it is tried once more.

"""
COLUMNS = ("mutants", "refuted", "not observable", "left")


def refuted(lines: Iterable[Line], chosen: Iterable[Mutant]) -> tuple[int, int]:
    """Return how many of the chosen mutants were refuted, and how many were tried."""
    seen = {line["mutant"]: bool(line["refuted_by"]) for line in lines}
    tried = [seen[mutant.id] for mutant in chosen if mutant.id in seen]
    return sum(tried), len(tried)


def observable(lines: Iterable[Line], field: Field = "layers") -> list[Mutant]:
    """Return the mutants that the claims refute, and those of which no reason is given."""
    seen = {line["mutant"] for line in lines if line["refuted_by"]}
    return [m for m in mutants(field) if m.id in seen or not survivors.reason(m)]


def page() -> str:
    """Return the page as Markdown."""
    ours = read(FOLDER / "claims.jsonl")
    guarded = read(FOLDER / "guarded.jsonl")
    theirs, theirs_guarded = (read(FOLDER / f"keras{guard}.jsonl") for guard in ("", "-guarded"))
    seen = observable(ours)
    hits, tried = refuted(ours, seen)
    first = Counter(line["refuted_by"] for line in ours if line["refuted_by"]).most_common(10)
    return "\n".join(
        [
            HEAD.format(keras=keras.__version__)
            + _table("function", attrgetter("place"), ours, "layers"),
            f"\nOf {tried} observable mutants the claims refute {hits}: {hits / tried:.1%}.",
            *_patience(ours),
            *_compared("mutants-keras", ours, theirs, seen),
            "\nThe claims that were most often the first to refute a mutant: "
            + ", ".join(f"`{claim}` {count}" for claim, count in first)
            + ".",
            *_drawn(read(FOLDER / "models.jsonl"), "models", MODELS, "module", "short_module"),
            *_drawn(guarded, "guarded", GUARDED, "guard", "guard"),
            *_compared(
                "mutants-keras-guarded", guarded, theirs_guarded, observable(guarded, "guarded")
            ),
            "",
        ]
    )


def _drawn(lines: list[Line], field: Field, head: str, of: str, attribute: str) -> list[str]:
    """Say how many mutants of those drawn are refuted, and which are left.

    Args:
        lines: what was seen of them.
        field: which they are.
        head: what stands before the table.
        of: the head of the table's first column.
        attribute: the attribute of mutants by which the rows are made.
    """
    if not lines:
        return []
    done = {line["mutant"]: line for line in lines}
    seen = [m for m in observable(lines, field) if m.id in done or field == "models"]
    hits, _ = refuted(lines, seen)
    left = [
        m
        for m in sorted(seen, key=attrgetter("module", "line"))
        if not done.get(m.id, {}).get("refuted_by")
    ]
    functions = len({tuple(f[:2]) for f in changed(field)})
    return [
        head.format(drawn=len(mutants(field)), functions=functions)
        + _table(of, attrgetter(attribute), lines, field),
        f"\nOf {len(seen)} observable mutants the claims refute {hits}: {hits / len(seen):.1%}."
        f" {len(done)} of the {len(mutants(field))} were tried.",
        "\nLeft, each with the number of claims that reach it:\n",
        *(f"- `{m.id}`: {done[m.id]['reach'] if m.id in done else 'not tried'}" for m in left),
    ]


def _patience(lines: list[Line]) -> list[str]:
    """Say how hard it was tried to refute what survived."""
    survived = [line for line in lines if not line["refuted_by"]]
    given_up = [line["seconds"] for line in survived if line["tried"] < line["reach"]]
    whole = len(survived) - len(given_up)
    least = min(given_up, default=0)
    return [
        f"Of the {len(survived)} others {whole} were tried on every claim that reaches them,",
        f"{len(given_up)} for {least:.0f} seconds of processor time or more.",
    ]


def _compared(
    environment: str, ours: list[Line], theirs: list[Line], seen: list[Mutant]
) -> list[str]:
    """Say what Keras' own tests do with the mutants on which they were tried.

    Args:
        environment: of tox, in which they were.
        ours: what was seen with the claims.
        theirs: what was seen with Keras' tests.
        seen: the mutants that can be observed.
    """
    sample = {line["mutant"] for line in theirs}
    chosen = [mutant for mutant in seen if mutant.id in sample]
    if not chosen:
        return []
    hits, tried = refuted(theirs, chosen)
    mine, _ = refuted(ours, chosen)
    slow, fast = (sum(x["seconds"] for x in of if x["mutant"] in sample) for of in (theirs, ours))
    return [
        f"\nKeras' own tests of its recurrent layers (`tox run -e {environment}`) were tried on",
        f"{tried} of these, drawn at random. They refute {hits}, {hits / tried:.1%}; of the same",
        f"mutants the claims refute {mine}, {mine / tried:.1%}. For each second of processor time",
        f"Keras' tests refute {hits / slow:.2f} mutants, the claims {mine / fast:.2f}.",
    ]


def _table(of: str, group: Callable[[Mutant], str], lines: list[Line], field: Field) -> str:
    """Return a table with a row for each function or module."""
    hit = {line["mutant"] for line in lines if line["refuted_by"]}
    groups: dict[str, list[Mutant]] = {}
    for mutant in mutants(field):
        groups.setdefault(group(mutant), []).append(mutant)
    rows = []
    for name, members in groups.items():
        hits = sum(m.id in hit for m in members)
        idle = sum(m.id not in hit and bool(survivors.reason(m)) for m in members)
        left = len(members) - hits - idle
        rows.append([f"`{name}`", *map(str, (len(members), hits, idle, left or ""))])
    return markdown_table((of, *COLUMNS), sorted(rows) if field in DRAWN else rows)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
