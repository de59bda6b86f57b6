"""Runs the search: `python -m misses`."""

from misses import search

for line in search():
    told = "missed" if 0 in line.cases else "known" if line.known else "refuted"
    print(f"{told:<8} {line.claim}  {line.wrong}  {line.cases}", flush=True)
