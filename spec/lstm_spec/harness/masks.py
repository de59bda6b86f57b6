"""What each layer of Keras does with a mask: the one table that everything about masks reads.

`MASKS` gives a layer's rule by the name of its class, as the newest Keras 3 keeps it; `KERAS_2`
gives the rules of Keras 2 where they are others. The claims of the chapter `models` hold released
Keras to the table. `python -m lstm_spec.harness.masks` prints it as the page docs/masks.md.
"""

from __future__ import annotations

RULES: dict[str, str] = {
    "makes": "It makes a mask from its input, in place of any mask that the input has.",
    "keeps": "It hands the mask of its input on, and computes every timestep.",
    "ends": "It reads every timestep, and hands no mask on.",
    "skips": "It skips masked timesteps, and hands the mask on if `return_sequences=True`.",
    "averages": "It leaves masked timesteps out of its average, and hands no mask on.",
    "attends": "It attends to unmasked timesteps only, and hands the mask of the query on.",
    "any": "A timestep counts where any mask says so; no mask is left if an input has none.",
    "every": "A timestep counts where every mask says so; inputs without one have no say.",
    "declares": "It hands no mask on, unless it is made to: see below.",
    "inside": "Its layers do with the mask what they do outside a model.",
    "fails": "It takes the mask of timesteps for one of features, and fails or zeroes features.",
}
"""What a rule says, by its name."""

_KEEPING = (
    *("Activation", "ActivityRegularization", "AlphaDropout", "BatchNormalization", "Dense"),
    *("Dropout", "ELU", "GaussianDropout", "GaussianNoise", "Identity", "LayerNormalization"),
    *("LeakyReLU", "PReLU", "ReLU", "Rescaling", "SpatialDropout1D", "TimeDistributed"),
    "UnitNormalization",
)
_ENDING = (
    *("AveragePooling1D", "Conv1D", "Conv1DTranspose", "Cropping1D", "DepthwiseConv1D", "Dot"),
    *("EinsumDense", "Flatten", "GlobalMaxPooling1D", "MaxPooling1D", "Permute"),
    *("RMSNormalization", "RepeatVector", "Reshape", "SeparableConv1D", "UpSampling1D"),
    "ZeroPadding1D",
)
_SKIPPING = ("Bidirectional", "GRU", "LSTM", "RNN", "SimpleRNN")
_ATTENDING = ("AdditiveAttention", "Attention", "MultiHeadAttention")
_MERGING = ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract")

MASKS: dict[str, str] = {
    "Embedding": "makes",
    "Masking": "makes",
    **dict.fromkeys(_SKIPPING, "skips"),
    **dict.fromkeys(_KEEPING, "keeps"),
    **dict.fromkeys(_ENDING, "ends"),
    "GlobalAveragePooling1D": "averages",
    **dict.fromkeys(_ATTENDING, "attends"),
    **dict.fromkeys(_MERGING, "any"),
    "Lambda": "declares",
    "Layer": "declares",
    "Functional": "inside",
    "Model": "inside",
    "Sequential": "inside",
    "Softmax": "fails",
}
"""The rule of a layer by its class, in Keras 3 since 3.4; `Layer` is a class of one's own."""

KERAS_2: dict[str, str] = {
    **dict.fromkeys(_MERGING, "every"),
    "Identity": "ends",
    "Rescaling": "ends",
}
"""The rule of a layer in Keras 2, where it is another."""

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
TABLE = "| layer | Keras 3 | Keras 2 |\n|---|---|---|"

FOOTING = """\
Made by `python -m lstm_spec.harness.masks > docs/masks.md`. The claims of the chapter `models` hold
each release of Keras to it.
"""


def rule(layer: str, keras: int = 3) -> str:
    """Return the rule of a layer by the name of its class; "declares" for a class of one's own.

    Args:
        layer: the name of its class.
        keras: 2 or 3.
    """
    newest = MASKS.get(layer, MASKS["Layer"])
    return KERAS_2.get(layer, newest) if keras == 2 else newest


def page() -> str:
    """Return the table as a page in Markdown."""
    rows = [f"| `{name}` | {MASKS[name]} | {rule(name, keras=2)} |" for name in sorted(MASKS)]
    meanings = [f"- *{name}*: {text}" for name, text in RULES.items()]
    return "\n".join([HEADING, *meanings, "", TABLE, *rows, "", NOTES, "", FOOTING])


if __name__ == "__main__":
    print(page(), end="")
