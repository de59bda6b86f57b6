"""Runs the search: `python -m tools.studies.misses`."""

from tools.studies.misses import search

for line in search():
    verdict = "missed" if 0 in line.cases else "refuted"
    print(f"{verdict:<8} {line.claim}  {line.wrong}  {line.cases}", flush=True)
