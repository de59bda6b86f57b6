"""Writes docs/masks.md, the page of masks: `python tools/pages/masks.py`."""

from __future__ import annotations

from pathlib import Path

from lstm_spec.harness.masks import MASKS, RULES, rule
from lstm_spec.run.text import markdown_table

FILE = Path(__file__).parents[2] / "docs" / "masks.md"
NOTES = """\
`Embedding` makes a mask with `mask_zero=True` only, and hands none on otherwise. Arithmetic,
slices and `keras.ops` hand no mask on, like the layers that read every timestep. `TimeDistributed`
gives a layer that takes a mask its slice of it. Keras 3 warns where a layer loses a mask; merges
lose it silently.

`Lambda` hands on what its argument `mask` returns. A layer of your own hands the mask on if it
defines `compute_mask`, or sets `supports_masking = True`; its `call` gets the mask if it has an
argument `mask`.

Keras 3.0 to 3.3 hand no mask on from the layers that read a list of tensors: those that merge,
`Attention` and `AdditiveAttention`. From Keras 3.0 to 3.11 the latter two fail where the value has
a mask; the first releases of Keras 2 with `MultiHeadAttention` hand no mask on from it."""

HEADING = """\
# What each layer does with a mask

A mask says which timesteps of a tensor count. It is attached to the tensor, and each layer decides
what becomes of it. If an LSTM reads padding although there is a `Masking` or an `Embedding` in
front, look here for the layer between them that ends the mask.
"""

FOOTING = """\
Made by `python tools/pages/masks.py`. The claims of the chapter `models` hold each release of Keras
to it.
"""


def page() -> str:
    """Return the page."""
    rows = [(f"`{name}`", MASKS[name], rule(name, keras=2)) for name in sorted(MASKS)]
    table = markdown_table(("layer", "Keras 3", "Keras 2"), rows)
    meanings = [f"- *{name}*: {text}" for name, text in RULES.items()]
    return "\n".join([HEADING, *meanings, "", table, "", NOTES, "", FOOTING])


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
