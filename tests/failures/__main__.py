"""Runs the search: `python -m failures [ENVIRONMENT ...]`."""

import sys

from failures import search

for line in search(sys.argv[1:]):
    print(f"{line.environment}  {line.claim}  {line.fault}  {line.text[:80]!r}", flush=True)
