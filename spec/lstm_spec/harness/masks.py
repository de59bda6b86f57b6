"""What each layer of Keras does with a mask: the one table that everything about masks reads.

`MASKS` gives a layer's rule by the name of its class, as the newest Keras 3 keeps it; `KERAS_2`
gives the rules of Keras 2 where they are others. The claims of the chapter `models` hold released
Keras to the table. `python tools/pages/masks.py` makes docs/masks.md of it.
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
MERGING = ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract")
"""Layers that merge tensors."""

MASKS: dict[str, str] = {
    "Embedding": "makes",
    "Masking": "makes",
    **dict.fromkeys(_SKIPPING, "skips"),
    **dict.fromkeys(_KEEPING, "keeps"),
    **dict.fromkeys(_ENDING, "ends"),
    "GlobalAveragePooling1D": "averages",
    **dict.fromkeys(_ATTENDING, "attends"),
    **dict.fromkeys(MERGING, "any"),
    "Lambda": "declares",
    "Layer": "declares",
    "Functional": "inside",
    "Model": "inside",
    "Sequential": "inside",
    "Softmax": "fails",
}
"""The rule of a layer by its class, in Keras 3 since 3.4; `Layer` is a class of one's own."""

KERAS_2: dict[str, str] = {
    **dict.fromkeys(MERGING, "every"),
    "Identity": "ends",
    "Rescaling": "ends",
}
"""The rule of a layer in Keras 2, where it is another."""


def rule(layer: str, keras: int = 3) -> str:
    """Return the rule of a layer by the name of its class; "declares" for a class of one's own.

    Args:
        layer: the name of its class.
        keras: 2 or 3.
    """
    newest = MASKS.get(layer, MASKS["Layer"])
    return KERAS_2.get(layer, newest) if keras == 2 else newest
