"""Runs the study, and makes its page: `python -m tools.studies.guarded [NUMBER]`."""

import sys

from tools.studies.guarded import PAIRS, cases, search
from tools.studies.guarded.page import PAGE, page

for line in search(int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS):
    print(line.guard, line.wrong, line.refuted_by or "MISSED", line.seconds, flush=True)
for case in cases.search():
    print(case.guard, case.wrong, case.claim, case.part, case.case, case.way, flush=True)
PAGE.write_text(page(), encoding="utf-8")
