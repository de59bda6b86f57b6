"""Runs the search: `python -m tools.studies.failures [ENVIRONMENT ...]`."""

import sys

from tools.studies.failures import search

for line in search(sys.argv[1:]):
    print(f"{line.environment}  {line.claim}  {line.fault}  {line.text[:80]!r}", flush=True)
