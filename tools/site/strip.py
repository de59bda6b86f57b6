"""What became of a claim in every environment of the ledger: a cell each, with a letter in it.

There are some forty cells on each claim's page, so they are written short: the letter is a cell's
class too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lstm_spec.answers.cite import ROWS, rows
from lstm_spec.answers.picture import written
from lstm_spec.answers.standing import capital

LETTERS = {
    "held": "H",
    "deviates": "D",
    "refuted": "R",
    "crashed": "C",
    "timed out": "T",
    "not applicable": "-",
    "damaged record": "?",
}
"""What stands for each verdict, so that it can be told without its colour."""
HEADS = {row: name if row == "tf-keras" else capital(name) for row, name in ROWS.items()}
"""What stands beside or above a row of the ledger."""


def draw(verdicts: Mapping[str, str]) -> str:
    """Return a strip as HTML.

    Args:
        verdicts: those of one claim, by the names of the environments.
    """
    listed = rows(verdicts)
    order = ["keras", *ROWS]
    shown = sorted(listed, key=lambda row: [*order, row].index(row))
    parts = [part for row in shown for part in _row(row, listed[row], verdicts)]
    return "".join(['<div class="strip">', *parts, f"<p>{_legend(verdicts)}</p>", "</div>"])


def _row(row: str, names: list[str], verdicts: Mapping[str, str]) -> Iterator[str]:
    yield f"<p>{_shown(HEADS.get(row, row))}</p>"
    yield "<ul>"
    for name in names:
        letter = LETTERS[verdicts[name]]
        # Most are held, and look so by default.
        kind = "" if letter == "H" else f' class="{letter}"'
        yield f"<li{kind}>{_shown(name.rpartition('-')[2])} {letter}</li>"
    yield "</ul>"


def _legend(verdicts: Mapping[str, str]) -> str:
    """Say what the letters mean, and how many there are of each."""
    met = list(verdicts.values())
    return ", ".join(
        f"{letter} {verdict} in {met.count(verdict)}"
        for verdict, letter in LETTERS.items()
        if verdict in met
    )


def _shown(name: str) -> str:
    """Escape the name of an environment, which may hold anything."""
    return written(" ".join(name.split())).replace('"', "&quot;")
