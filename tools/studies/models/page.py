"""The page of drawn models: how many were tried, in which ways, and what differed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from lstm_spec.run.text import markdown_table
from tools import MEASURED
from tools.studies.models import SEEN, Line, groups
from tools.studies.searches import kept

PAGE = MEASURED / "models.md"

HEAD = """# Drawn models

Small models around an LSTM, drawn by
[model_drawing](../../spec/lstm_spec/harness/model_drawing.py), each made and run in one way at
two sizes, and compared with an oracle in NumPy. `tox run -e mining` goes on drawing, and makes
this page. Tried on Keras {releases}: {number} models, of which
{differing} differ.
"""


def page(file: Path = SEEN) -> str:
    """Return the page of the results in a file."""
    lines = kept(file, Line)
    differing = [line for line in lines if line.failure]
    releases = ", ".join(sorted({line.keras for line in lines}))
    head = HEAD.format(releases=releases, number=len(lines), differing=len(differing))
    tried = Counter(x.way for x in lines)
    failed = Counter(x.way for x in differing)
    rows = [(way, str(tried[way]), str(failed[way])) for way in sorted(tried)]
    causes = [
        (cause.replace("|", "/"), str(len(members)), ", ".join(members[0].words))
        for cause, members in groups(lines).items()
    ]
    return "\n".join(
        [
            head,
            markdown_table(("way", "models", "differ"), rows),
            "",
            "What differs, by what the model has that plain ones have not and by the failure,",
            "with the layers of the smallest such model:",
            "",
            markdown_table(("cause", "models", "layers"), causes),
            "",
        ]
    )
