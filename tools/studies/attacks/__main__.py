"""Try the attacks, and print what came of them as a table in Markdown."""

from __future__ import annotations

import sys

from tools.studies.attacks import CHAPTERS, attacks, outcome

for tried in attacks(sys.argv[1:] or CHAPTERS):
    words = " ".join((tried.run.__doc__ or "").split())
    print(f"| {tried.claim} | {words} | {outcome(tried.run)} |", flush=True)
