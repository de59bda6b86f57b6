"""Runs the search and makes the page: `python -m tools.studies.alarms [WORKERS]`."""

import sys

from lstm_spec.run import environment
from tools.studies.alarms import search
from tools.studies.alarms.page import PAGE, page

for line in search(int(sys.argv[1]) if sys.argv[1:] else environment.cores()):
    print(f"seed {line.seed}  {line.verdict:<14}  {line.claim}  {line.message}", flush=True)
PAGE.write_text(page(), encoding="utf-8")
