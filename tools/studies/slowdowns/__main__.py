"""Compare what was not compared yet, and make the page.

`python -m tools.studies.slowdowns [NAME [COUNT]]`
"""

import sys

from lstm_spec.releases import tables
from tools.studies.slowdowns import PAIRS, runs
from tools.studies.slowdowns.page import PAGE, page

NAME, COUNT = [*sys.argv[1:], *["all", "100"][len(sys.argv) - 1 :]]

for pair in PAIRS:
    for line in runs(pair, int(COUNT)) if NAME in ("all", pair.name) else ():
        print(f"{line.pair}: {tables.sentence(line.speeds)}", *line.speeds.worse, flush=True)
PAGE.write_text(page(), encoding="utf-8")
