"""Masking: which timesteps an LSTM skips, what it puts out there, and where masks get lost.

Sequences have many lengths, and an array has room for one. So short sequences are filled up, mostly
with zeros, and a mask says which timesteps are real: True where a timestep counts. An LSTM that
gets a mask skips all others: it carries h and c over them, as if they had been cut out. Without a
mask it reads the zeros, which are numbers like any other.

    words   5 3 8 0 0
    mask    T T T F F     what Embedding(mask_zero=True) makes of them

A mask is seldom passed by hand. It travels with the tensor from the layer that made it, through
layers that hand it on, such as Dropout, Dense and an LSTM with `return_sequences=True`, up to one
that ends it, such as a convolution. What goes wrong with masks mostly goes wrong there: the mask is
lost on its way, and the padding is read, with a warning at most.

Most of what follows is one idea, skipping, seen from many sides; the rest is about the forms a mask
may have, and the way it takes through a model.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lstm_spec.harness.reference import equations
from lstm_spec.harness.strategies import noise, permutation, varied
from lstm_spec.harness.subject import embedding

FREE = varied("timesteps", "features", "units", "use_bias", "go_backwards", "implementation")
"""What most sentences about a mask leave open."""


def seen(case, pick):
    """Return the case with at least one valid timestep in every row."""
    return replace(case, mask=case.mask | (np.arange(case.timesteps) == pick % case.timesteps))


def hidden(case, pick):
    """Return the case with at least one masked timestep in every row."""
    return replace(case, mask=case.mask & (np.arange(case.timesteps) != pick % case.timesteps))


def open_ended(case):
    """Return the case with every row valid at the first timestep, and masked at the last."""
    mask = case.mask.copy()
    mask[:, 0] = True
    mask[:, -1] = False
    return replace(case, mask=mask)


def blank(case):
    """Return the case with zeros, which noise never draws, at its masked timesteps."""
    return replace(case, x=case.x * case.mask[:, :, None])


def unmasked(case):
    """Return the final output of an LSTM that reads every timestep of the case."""
    return equations(replace(case, mask=None)).h


def padded_right(case, seed):
    """Return the case with a mask of sequences of different lengths, padded at the end."""
    lengths = 1 + permutation(case.batch + 3, seed)[: case.batch] % case.timesteps
    return replace(case, mask=np.arange(case.timesteps) < lengths[:, None])


def words(case, seed):
    """Return ids that are 0 where the case is masked, an Embedding of them, and its table."""
    ids = case.mask * (1 + permutation(case.mask.size, seed).reshape(case.mask.shape))
    table = noise((case.mask.size + 1, case.features), seed)
    return ids, embedding(table), table
