"""Models: an LSTM among other layers, in every form and run in every way.

An LSTM seldom stands alone. The layers before it make its input and perhaps a mask, those after it
read one output or a row for every timestep, and the same layers can be put together as a
Sequential, a functional or a subclassed model, called, compiled, or loaded from a file. That all of
this computes one and the same function is what everybody takes for granted. Here it is tried:
models are drawn at random, run in every way, and compared with the equations of their layers.

A drawn model is a small graph of layers around an LSTM. A plain model is of float32, keeps no
state, and has no vocabulary, no layer that was adapted to data and no Lambda of a Python lambda.
Nor has it any of seven combinations, of which each has claims of its own: merges of a masked and an
unmasked tensor, merges of two masks, attention to a masked tensor, a masked Softmax, masked outputs
of an LSTM that reads backwards, TimeDistributed over an open axis, and a Maximum of multiples of
one tensor. What each layer does with a mask is the table of docs/masks.md.

Plain models do what they should. What is worth knowing is in the seven combinations, and nearly all
of it is about masks: which layers hand them on, and what a merge makes of two of them. The last
claims are about siblings of the LSTM: what GRU and SimpleRNN compute, and what ConvLSTM2D reads.
"""

from __future__ import annotations

import keras
import numpy as np
from hypothesis.strategies import integers

from lstm_spec.claims.masking import blank, hidden, seen
from lstm_spec.harness.strategies import Case, noise
from lstm_spec.harness.subject import to_numpy

SMALL = integers(1, 3)
"""How many layers a model has beside those that it must have, where each costs much time."""
KEEPING = {
    "Activation": ("tanh",),
    "ActivityRegularization": (),
    "AlphaDropout": (0.5,),
    "BatchNormalization": (),
    "Dense": (2,),
    "Dropout": (0.5,),
    "ELU": (),
    "GaussianDropout": (0.5,),
    "GaussianNoise": (0.5,),
    "LayerNormalization": (),
    "LeakyReLU": (),
    "PReLU": (),
    "ReLU": (),
    "SpatialDropout1D": (0.5,),
}
"""Layers that hand a mask on, with arguments."""
ENDING = {
    "AveragePooling1D": (1,),
    "Conv1D": (2, 1),
    "Cropping1D": ((0, 0),),
    "Flatten": (),
    "GlobalMaxPooling1D": (),
    "MaxPooling1D": (1,),
    "Permute": ((1, 2),),
    "Reshape": ((-1, 2),),
    "SeparableConv1D": (2, 1),
    "UpSampling1D": (1,),
    "ZeroPadding1D": (0,),
}
"""Layers that hand no mask on, with arguments that leave two features as they are."""
PASSING = (
    *("LSTM", "Dense", "Dropout", "Activation", "LayerNormalization", "BatchNormalization"),
    *("Bidirectional", "RNN of a cell", "RNN of cells", "Lambda with mask", "Add", "Concatenate"),
)
"""Words of the vocabulary after which padding stays masked, or is gone."""


def layers(named):
    """Make the layers that this Keras has."""
    return [getattr(keras.layers, n)(*a) for n, a in named.items() if hasattr(keras.layers, n)]


def part(case, pick):
    """Return the case with a masked and a valid timestep in every row, and zeros at the masked."""
    return blank(seen(hidden(case, pick), pick + 1))


def attached(tensor):
    """Return the mask that a layer finds attached to a tensor, as an array, or None."""
    masks = []

    def call(self, inputs, mask=None):
        masks.append(mask)
        return inputs

    type("Reveal", (keras.layers.Layer,), {"call": call})()(tensor)
    return None if masks[0] is None else to_numpy(masks[0])


def assert_mask(tensor, mask):
    """Assert that a tensor has a mask; that it has none, if the mask is None."""
    actual = attached(tensor)
    assert np.array_equal(actual, mask), f"the mask is {actual}, not {mask}"


def other(case, seed):
    """Return another array of a case's shape, without zeros."""
    return noise(case.x.shape, seed + 1, scale=2.0)


def reader(x, mask, seed):
    """Return an LSTM of two units that reads a tensor by a mask, as a case."""
    x, weights = to_numpy(x), noise((to_numpy(x).shape[-1] + 3, 8), seed)
    return Case(x, weights[:-3], weights[-3:-1], weights[-1], mask=mask)


def masking(x):
    """Return an array as a tensor with the mask of its timesteps that are not zero."""
    return keras.layers.Masking()(x)


def normalized(x, mean, variance):
    """Return what a new BatchNormalization makes of an array."""
    return (x - mean) / np.sqrt(variance + 1e-3)
