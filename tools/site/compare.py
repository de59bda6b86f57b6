"""The page on which a reader sets any two environments of the ledger side by side."""

from __future__ import annotations

import json
from typing import Any

from lstm_spec.answers.cite import rows
from lstm_spec.answers.standing import standing
from tools.site import markup
from tools.site.records import Records
from tools.studies.releases import shortened

LEAD = """Choose two releases, or other environments in which the claims were tried, and see which
claims met with another verdict in the second than in the first.
"""
WITHOUT = """To choose takes the script of this page. Without it {releases} tells what changed from
one release to the next, and the page of each claim what became of it in every environment.
"""
FORM = """<form id="two" hidden>
<label>First <select name="first"></select></label>
<label>Second <select name="second"></select></label>
<label><input type="checkbox" name="all"> Show the claims with the same verdict too</label>
</form>
<p id="count" role="status"></p>
<div class="table-wrapper">
<table class="docutils" id="verdicts" hidden>
<thead><tr><th>Claim</th><th></th><th></th></tr></thead><tbody></tbody>
</table>
</div>
<script type="application/json" id="recorded">{recorded}</script>
<script src="_static/compare.js" defer></script>
"""


def page(records: Records) -> str:
    """Return the page; what it chooses from stands in it, so that it works from disk."""
    recorded = json.dumps(_recorded(records), separators=(",", ":")).replace("<", r"\u003c")
    releases = markup.link("/releases.md", "Releases")
    return "\n".join(
        [
            "# Two releases side by side\n",
            f"{markup.prose(LEAD)}\n",
            markup.directive("container", "without", WITHOUT.format(releases=releases)),
            markup.directive("raw", "html", FORM.format(recorded=recorded)),
        ]
    )


def _recorded(records: Records) -> dict[str, Any]:
    """Return what the script needs: for each claim what it met with in each environment."""
    names = list(records.reports)
    rows = []
    met: dict[tuple[str, str], int] = {}
    for claim in {**records.claims, **records.tried}:
        places = {
            name: met.setdefault((record.verdict, shortened(record.message)), len(met))
            for name, record in records.tried.get(claim, [])
        }
        rows.append((claim, _statement(claim, records), [places.get(name) for name in names]))
    return {"names": names, "opened": _opened(names), "met": list(met), "rows": rows}


def _opened(names: list[str]) -> list[str]:
    """Return the two that are shown first: the newest of Keras, or else the last."""
    keras = rows(names).get("keras", [])
    return keras[-2:] if len(keras) > 1 else names[-2:]


def _statement(claim: str, records: Records) -> str | None:
    """Return a statement, marked if it is false by now; nothing, if no such claim is known."""
    if not (known := records.claims.get(claim)):
        return None
    first = standing(known, records.newest)
    mark = f" ({first.caution[:1].lower()}{first.caution[1:]})" if first.broken else ""
    return known.statement.replace("`", "") + mark
