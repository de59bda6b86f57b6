"""Tries the attacks, prints what came of them as a table in Markdown, and makes their page."""

from __future__ import annotations

import sys

from tools.studies.attacks import CHAPTERS, attacks, outcome
from tools.studies.attacks.page import PAGE, page

for tried in attacks(sys.argv[1:] or CHAPTERS):
    words = " ".join((tried.run.__doc__ or "").split())
    print(f"| {tried.claim} | {words} | {outcome(tried.run)} |", flush=True)
PAGE.write_text(page(), encoding="utf-8")
