"""What is known of the tensors of a model while it is drawn: their shapes, and their masks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from lstm_spec.harness.masks import MASKS
from lstm_spec.harness.models import (
    EXPRESSION,
    IDENTITIES,
    LENGTHS,
    LOOSE_MERGES,
    MERGES,
    RECURRENT,
    Layer,
    Model,
    Shape,
    output_shapes,
    shape_at,
)
from lstm_spec.harness.strategies import AVOIDED

PLAIN = frozenset(
    (
        "a merge of a masked and an unmasked tensor",
        "a merge of two masks",
        "attention to a masked tensor",
        "a masked Softmax",
        "a mask handed on backwards",
        "TimeDistributed over an open axis",
        "a maximum of multiples",
    )
)
"""What a plain model does not have: each is the matter of claims of its own."""
SCALES = ("{0} * 0.5", "{0} / 2.0", "-{0}", "{0} + {1}", "{0} - {1}", "double", "linear")
"""What is done to multiples of a tensor, and gives a multiple of it."""


@dataclass(frozen=True)
class Known:
    """What is known of a tensor."""

    shapes: tuple[Shape, ...]
    """Its shape at each of LENGTHS."""
    mask: str = ""
    """The tensor where its mask began; nothing, if it has none."""
    base: str = ""
    """The tensor of which it is a multiple; itself, if of no other."""
    loose: bool = False
    """Whether its values at masked timesteps are nowhere defined."""
    ids: bool = False

    @cached_property
    def axes(self) -> int:
        """How many axes it has beside that of the samples; none of ids can be computed with."""
        return 0 if self.ids else len(self.shapes[0])

    @cached_property
    def features(self) -> int:
        """The size of its last axis."""
        return self.shapes[0][-1]

    @cached_property
    def length(self) -> int:
        """The least size of its first axis."""
        return min(shape[0] for shape in self.shapes)

    @cached_property
    def longest(self) -> int:
        """The largest size of its first axis."""
        return max(shape[0] for shape in self.shapes)

    @property
    def open(self) -> bool:
        """Whether its first axis is open."""
        return self.length != self.longest

    @cached_property
    def sequence(self) -> bool:
        """Whether it is a sequence of features."""
        return self.axes == 2


def traits(layer: Layer, reads: list[Known]) -> set[str]:
    """Return what of PLAIN a call of a layer has."""
    masks = [x.mask for x in reads]
    options = layer.options
    listed = set()
    if layer.kind in (*MERGES, "Concatenate"):
        if any(masks) and not all(masks):
            listed.add("a merge of a masked and an unmasked tensor")
        elif len(set(masks)) > 1:
            listed.add("a merge of two masks")
    if layer.kind.endswith("Attention") and any(masks):
        listed.add("attention to a masked tensor")
    if layer.kind == "Softmax" and any(masks):
        listed.add("a masked Softmax")
    if options.get("go_backwards") and options.get("return_sequences") and any(masks):
        listed.add("a mask handed on backwards")
    masked = any(masks) and "masked slices" in AVOIDED
    if layer.kind == "TimeDistributed" and (reads[0].open or masked):
        listed.add("TimeDistributed over an open axis")
    if layer.kind == "Maximum" and len({x.base for x in reads}) < len(set(map(id, reads))):
        listed.add("a maximum of multiples")
    return listed


def known_after(layer: Layer, reads: list[Known], name: str) -> list[Known]:
    """Return what is known of the tensors that a call returns, the first of which has a name."""
    at_each = [output_shapes(layer, [x.shapes[k] for x in reads]) for k in range(len(LENGTHS))]
    mask, loose = _mask_after(layer, reads, name)
    base = reads[0].base if _scales(layer, reads) else name
    known = [
        Known(shapes, base=f"{base}{k or ''}")
        for k, shapes in enumerate(zip(*at_each, strict=True))
    ]
    halves = layer.kind == "Bidirectional"
    return [
        replace(x, mask=mask, loose=loose) if mask and (k == 0 or halves) else x
        for k, x in enumerate(known)
    ]


def _scales(layer: Layer, reads: list[Known]) -> bool:
    """Return whether a call returns a multiple of the tensor of which all that it reads are."""
    options = layer.options
    done = options.get("text", options.get("function", options.get("activation", layer.kind)))
    kinds = (*IDENTITIES, "Halve", "MaskedHalve", "Add", "Subtract", "Average")
    return len({x.base for x in reads}) == 1 and done in (*SCALES, *kinds)


def _mask_after(layer: Layer, reads: list[Known], name: str) -> tuple[str, bool]:
    """Return where the mask of a call's output began, and whether it is loose."""
    kind = layer.kind
    options = layer.options
    masks = [x.mask for x in reads]
    mask = masks[0]
    loose = any(x.loose for x in reads)
    if kind in ("Masking", "Embedding"):
        return (name if kind == "Masking" or options.get("mask_zero") else ""), False
    if kind in RECURRENT:
        inner = options.get("layer", layer).options
        return (mask if inner.get("return_sequences") else ""), False
    if kind in (*MERGES, "Concatenate"):
        alike = len(set(masks)) == 1 and options.get("axis", -1) == -1
        return (mask if alike else name * any(masks)), loose or kind in LOOSE_MERGES
    if kind.endswith("Attention"):
        return mask, kind == "MultiHeadAttention"
    if kind in ("Sequential", "Functional"):
        for inner in options["layers"]:
            mask, loose = _mask_after(inner, [replace(reads[0], mask=mask, loose=loose)], name)
        return mask, loose
    ends = MASKS.get(kind) in ("ends", "averages") or kind in ("Halve", EXPRESSION)
    if ends or (kind == "Lambda" and "mask" not in options):
        return "", False
    return mask, loose


def follow(model: Model) -> dict[str, Known]:
    """Return what is known of each tensor of a model, by its name."""
    known = {
        s.name: Known(tuple(shape_at(s, length) for length in LENGTHS), base=s.name, ids=s.ids)
        for s in model.sources
    }
    for node in model.nodes:
        after = known_after(node.layer, [known[name] for name in node.reads], node.makes[0])
        known.update(zip(node.makes, after, strict=True))
    return known


def traits_of(model: Model) -> set[str]:
    """Return what of PLAIN a model has."""
    known = follow(model)
    listed = (traits(node.layer, [known[name] for name in node.reads]) for node in model.nodes)
    return set().union(*listed)
