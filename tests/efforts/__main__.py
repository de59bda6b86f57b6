"""Runs the study and makes the page: `python -m efforts`."""

from efforts import search
from efforts.page import PAGE, page

for done in search():
    print(done, flush=True)
PAGE.write_text(page(), encoding="utf-8")
