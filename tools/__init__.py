"""What the repository needs and no user installs: the site, and the studies.

Everything here is run from the repository's root: `python -m tools.site`, `python -m
tools.studies.mutants`.
"""

from pathlib import Path

ROOT = Path(__file__).parents[1]
MEASURED = ROOT / "docs/measured"
"""The pages that the studies make."""
