"""Runs the search and makes the page: `python -m alarms [WORKERS]`."""

import sys

from alarms import search
from alarms.page import PAGE, page
from lstm_spec.evidence import environment

for line in search(int(sys.argv[1]) if sys.argv[1:] else environment.cores()):
    print(f"seed {line.seed}  {line.verdict:<14}  {line.claim}  {line.message}", flush=True)
PAGE.write_text(page(), encoding="utf-8")
