"""The page of guarded wrong LSTMs: how many are refuted, by guard."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from lstm_spec.run.text import markdown_table
from tools import MEASURED
from tools.studies.guarded import LIMIT, SEEN, last_lines
from tools.studies.guards import GUARDS

PAGE = MEASURED / "guarded.md"

HEAD = """# Faults that hide

Of the wrong LSTMs of [tests/teeth](../../tests/teeth) those that change what a call of LSTM, of RNN
or of their cells computes, each wrong only where a guard is true: only if unrolled, only in a
graph, and so on. The pairs come in an order made by a fixed seed; each is tried by the claims of
its chapters and of the guard's, and then by all others that draw a way, at `default` effort, each
with its lists and its example, for at most {limit:g} s of the processor's time. Made by
`tox run -e guarded -- NUMBER`, which goes on where it was. Keras' own lines under the same guards:
[mutants](mutants.md#under-a-guard).

{tried} pairs were tried so far, and {refuted} of them are refuted.
"""


def page(file: Path = SEEN) -> str:
    """Return the page of the results in a file."""
    lines = last_lines(file)
    missed = [line for line in lines if not line.refuted_by]
    tried = len(lines)
    refuted = len(lines) - len(missed)
    number = Counter(x.guard for x in lines)
    misses = Counter(x.guard for x in missed)
    rows = [
        (guard, str(number[guard]), str(number[guard] - misses[guard]))
        for guard in GUARDS
        if number[guard]
    ]
    listed = [(x.wrong, x.guard, str(x.tried)) for x in sorted(missed, key=str)]
    return "\n".join(
        [
            HEAD.format(limit=LIMIT, tried=tried, refuted=refuted),
            markdown_table(("guard", "pairs", "refuted"), rows),
            "",
            "Not refuted, with the number of claims tried. Some cannot be seen: a fault in how a",
            "loop reads its mask does not show where the layer is unrolled.",
            "",
            markdown_table(("wrong LSTM", "guard", "claims"), listed),
            "",
        ]
    )
