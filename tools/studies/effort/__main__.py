"""Runs the study and makes the page: `python -m tools.studies.effort`."""

from tools.studies.effort import search
from tools.studies.effort.page import PAGE, page

for done in search():
    print(done, flush=True)
PAGE.write_text(page(), encoding="utf-8")
