"""The page of all claims that ever deviated, by all environments in which they were tried."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from lstm_spec.answers.cite import ROWS, rows
from lstm_spec.answers.standing import standing
from tools.site import markup
from tools.site.records import Records
from tools.site.strip import HEADS, LETTERS

LEAD = """The claims that some environment does not keep, by the environments in which they were
tried, the newest first. A letter stands for a verdict: {letters}. An empty field was not tried
since the claim was written. All other claims held wherever they were tried.
"""
KEPT = {"held", "not applicable"}
FORM = """<form id="choose" hidden>
<label>Words <input type="search" name="words"></label>
<label>Chapter <select name="chapter"><option value="">all</option>{chapters}</select></label>
<label>Environments <select name="row"><option value="">all</option>{rows}</select></label>
<p role="status"></p>
</form>
"""


def deviating(records: Records) -> list[str]:
    """Return the claims that some environment did not keep, in reading order."""
    return [
        name
        for name in records.claims
        if any(record.verdict not in KEPT for _, record in records.tried.get(name, []))
    ]


def columns(records: Records) -> dict[str, list[str]]:
    """Return the environments in which any claim deviates, by rows of the ledger, newest first."""
    broken = {
        environment
        for name in records.claims
        for environment, record in records.tried.get(name, [])
        if record.verdict not in KEPT
    }
    listed = rows(records.reports)
    order = ["keras", *ROWS]
    shown = sorted(listed, key=lambda row: [*order, row].index(row))
    chosen = {row: [name for name in listed[row][::-1] if name in broken] for row in shown}
    return {row: names for row, names in chosen.items() if names}


def page(records: Records) -> str:
    """Return the page."""
    letters = ", ".join(f"{letter} {verdict}" for verdict, letter in LETTERS.items())
    return "\n".join(
        [
            "# Claims by release\n",
            f"{markup.prose(LEAD.format(letters=letters))}\n",
            markup.directive("raw", "html", "\n".join(_table(records))),
        ]
    )


def _table(records: Records) -> Iterator[str]:
    shown = columns(records)
    claims = deviating(records)
    chapters = dict.fromkeys(name.partition(".")[0] for name in claims)
    titles = {chapter.name: chapter.title for chapter in records.chapters}
    yield FORM.format(
        chapters="".join(_option(name, titles[name]) for name in chapters),
        rows="".join(_option(row, HEADS.get(row, row)) for row in shown),
    )
    yield '<div class="matrix" tabindex="0" role="region" aria-label="Claims by release"><table>'
    yield "<thead><tr><td></td>"
    for row, names in shown.items():
        yield f'<th scope="colgroup" colspan="{len(names)}">{escape(HEADS.get(row, row))}</th>'
    yield '</tr><tr><th scope="col">Claim</th>'
    for row, names in shown.items():
        for name in names:
            number = escape(name.rpartition("-")[2])
            of = f'data-row="{escape(row)}"'
            yield f'<th scope="col" {of} data-name="{escape(name)}">{number}</th>'
    yield "</tr></thead><tbody>"
    for claim in claims:
        yield _row(claim, shown, records)
    yield '</tbody></table></div><script src="_static/matrix.js" defer></script>'


def _option(value: str, shown: str) -> str:
    return f'<option value="{escape(value)}">{escape(shown)}</option>'


def _row(claim: str, shown: dict[str, list[str]], records: Records) -> str:
    verdicts = {name: record.verdict for name, record in records.tried[claim]}
    cells = (
        _cell(verdicts.get(name), "first" if name == names[0] else "")
        for names in shown.values()
        for name in names
    )
    sentence = str(standing(records.claims[claim], records.newest)).replace("`", "")
    link = f'<a href="claims/{claim}.html" title="{escape(sentence)}">{claim}</a>'
    return f'<tr><th scope="row">{link}</th>{"".join(cells)}</tr>'


def _cell(verdict: str | None, place: str) -> str:
    letter = LETTERS[verdict] if verdict else ""
    kinds = f"{letter} {place}".strip()
    return f'<td class="{kinds}">{letter}</td>' if kinds else "<td></td>"
