"""The page of drawn models: how many were tried, in which ways, and what differed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from lstm_spec.harness.model_ways import MADE_AGAIN
from lstm_spec.run.text import markdown_table
from tools import MEASURED
from tools.studies.models import SEEN, Line, groups
from tools.studies.searches import kept

PAGE = MEASURED / "models.md"

CLAIMS = {
    "a merge of a masked and an unmasked tensor": "models.merge-of-masked-and-unmasked",
    "a merge of two masks": "models.merge-of-two-masks",
    "attention to a masked tensor": "models.attention-skips",
    "a masked Softmax": "models.softmax-mask-refused",
    "a mask handed on backwards": "models.mask-of-backwards",
    "TimeDistributed over an open axis": "models.slices-in-a-graph",
}
"""Which claim is about what a plain model does not have."""

HEAD = """# Drawn models

Small models around an LSTM, drawn by
[model_drawing](../../spec/lstm_spec/harness/model_drawing.py), each made and run in one way at
two sizes, and compared with an oracle in NumPy. `tox run -e mining` goes on drawing, and makes
this page. Tried are {number} models, of which {differing} differ:
{open} in a way of which no claim tells. In the nightly RNN, TimeDistributed and Bidirectional hand
no mask on, of which `masking.stacked` tells.
"""


MASKS_END = ("LSTM", "RNN", "Bidirectional", "TimeDistributed")
"""What hands no mask on in the nightly of 3.16, whose `supports_masking` is False."""


def claims(line: Line) -> list[str]:
    """Return the claims that tell why a model differs; none, if it is open."""
    lost = ["saving.lambda-mask"] if "Lambda with mask" in line.words and _made_again(line) else []
    ends = ["masking.stacked"] if line.keras.startswith("3.16.0.dev") and _masked(line) else []
    return [CLAIMS[trait] for trait in line.traits] or lost or ends


def _masked(line: Line) -> bool:
    """Return whether a mask comes to a layer at which it ends in the nightly."""
    masks = [k for k, word in enumerate(line.words) if "mask" in word.lower()]
    behind = line.words[masks[0] :] if masks else []
    return any(name in word for word in behind for name in MASKS_END)


def _made_again(line: Line) -> bool:
    return line.way in MADE_AGAIN and line.failure.startswith("AttributeError")


def page(file: Path = SEEN) -> str:
    """Return the page of the results in a file."""
    lines = kept(file, Line)
    differing = [line for line in lines if line.failure]
    unknown = sum(not claims(line) for line in differing)
    head = HEAD.format(number=len(lines), differing=len(differing), open=unknown)
    by_release, by_way = (
        _counts([name(line) for line in lines], [name(line) for line in differing])
        for name in (lambda line: line.keras, lambda line: line.way)
    )
    causes = [
        (
            cause.replace("|", "/"),
            str(len(members)),
            ", ".join(members[0].words),
            ", ".join(f"`{claim}`" for claim in claims(members[0])) or "open",
        )
        for cause, members in groups(lines).items()
    ]
    return "\n".join(
        [
            head,
            markdown_table(("Keras", "models", "differ"), by_release),
            "",
            markdown_table(("way", "models", "differ"), by_way),
            "",
            "What differs, by what the model has that plain ones have not and by the failure,",
            "with the layers of the smallest such model and the claims that tell why:",
            "",
            markdown_table(("cause", "models", "layers", "claims"), causes),
            "",
        ]
    )


def _counts(names: list[str], differing: list[str]) -> list[tuple[str, str, str]]:
    """Return a row for each name: how often it is there, and how often among what differs."""
    tried = Counter(names)
    failed = Counter(differing)
    return [(name, str(tried[name]), str(failed[name])) for name in sorted(tried)]
