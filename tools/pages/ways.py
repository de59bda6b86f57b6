"""Writes docs/ways.md, the page of the ways: `python tools/pages/ways.py`."""

from __future__ import annotations

from pathlib import Path

from lstm_spec.harness.ways import NEEDS, WAYS
from lstm_spec.run.text import markdown_table

FILE = Path(__file__).parents[2] / "docs" / "ways.md"
HEAD = """\
# Ways of running a layer

A claim about what a layer computes is tried in the ways in which people run one, drawn like its
numbers. This page is made by `python tools/pages/ways.py` from `lstm_spec/harness/ways.py`.
"""


def page() -> str:
    """Return the page."""
    ways = [(name, kind.what) for name, kind in WAYS.items()]
    limits = [
        (name, NEEDS[limit.need], limit.reason, limit.where or "everywhere")
        for name, kind in WAYS.items()
        for limit in kind.limits
    ]
    return "\n".join(
        [
            HEAD,
            markdown_table(("way", "what is done"), ways),
            "",
            "## What a way cannot do",
            "",
            "A way is not drawn for a case that it cannot serve. TensorFlow alone has",
            "`tf.function`, only TensorFlow and JAX are compiled by XLA, and .keras files",
            "exist since Keras 2.12. Keras before 2.14, and 3.0 to 3.7, makes states in float32",
            "only, so the way `stateful` is not drawn there.",
            "",
            "On JAX and NumPy a loop puts out the initial h before the first valid timestep, as",
            "`masking.zeros-before-first-step` records. The masks that other claims draw there",
            "begin with a valid timestep if the layer begins with a state. NumPy and OpenVINO",
            "compute a float64 layer in float32, as `precision.double` records; other claims",
            "draw none there.",
            "On OpenVINO predict computes in bfloat16 on processors that have it, as",
            "`modes.predict-is-call` records; other claims do not draw it there. Before Keras 2.14",
            "a stateful float64 layer makes its states in float32, and fails, as",
            "`wrappers.bidirectional-in-pieces` records; other claims draw none.",
            "",
            markdown_table(("way", "what is asked", "why not", "where"), limits),
            "",
        ]
    )


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
