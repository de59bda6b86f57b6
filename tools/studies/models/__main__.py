"""Runs the search, and makes its page: `python -m tools.studies.models [NUMBER]`."""

import sys

from tools.studies.models import main
from tools.studies.models.page import PAGE, page

main(sys.argv[1:])
PAGE.write_text(page(), encoding="utf-8")
