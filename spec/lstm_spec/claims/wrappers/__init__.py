"""Wrappers: an LSTM that reads in both directions, a cell alone, cells in a stack, slices.

An LSTM is a loop around a cell, and Keras offers both parts: `LSTMCell` is one timestep, `RNN` the
loop around any cell, or around a list of cells. Around whole layers there are wrappers:
`Bidirectional` reads a sequence from both ends, `TimeDistributed` calls a layer on each slice of
a longer input. They change which numbers an LSTM reads and what becomes of its output, never its
equations. So most claims here compare a wrapper with plain LSTMs, put together by hand.

`Bidirectional` is what people ask about most. It makes two layers of the one that it is given, lets
one read forwards and the other backwards, and joins their outputs so that both halves of a row
belong to the same timestep:

    row 1    forward half has read timestep 1           backward half has read all of them
    row T    forward half has read all of them          backward half has read timestep T

So the last row is not where both halves know everything: no row is. Without `return_sequences` the
layer takes the end of each half, and that is what you want.
"""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
from hypothesis import assume

from lstm_spec.harness.strategies import noise, weights_of
from lstm_spec.harness.subject import UNDRAWN, total, with_weights


def assume_served(way, unroll=False, stateful=False):
    """Draw again where a graph of open length is unrolled, or an earlier call leaves a state."""
    assume(not (unroll and way.name == "tf.function"))
    assume(not (stateful and way.name == "second call"))


def another(case, seed, features=None, units=None, **options):
    """Return an LSTM on the case's input with weights of its own, and another initial state."""
    f = features or case.features
    u = units or case.units
    h, c = noise((2, case.batch, u), 2**18 + seed)
    return replace(
        case,
        **weights_of(f, u, 2**17 + seed),
        options={**case.options, **options},
        h=h if case.h is not None else None,
        c=c if case.c is not None else None,
    )


def opposite(case, seed):
    """Return an LSTM that reads the case's input from its end, with weights of its own."""
    return another(case, seed, go_backwards=True)


def both(forward, backward, looped=False, **options):
    """Build Bidirectional around an LSTM, or around RNN(LSTMCell), for two directions."""
    inner = keras.layers.LSTM(forward.units, **UNDRAWN, **forward.options)
    cell = keras.layers.LSTMCell(forward.units, **UNDRAWN)
    inner = keras.layers.RNN(cell, **forward.options) if looped else inner
    layer = keras.layers.Bidirectional(inner, **options)
    layer.build(forward.x.shape)
    layer.set_weights(forward.weights + backward.weights)
    return layer


def looped(case, **options):
    """Build RNN around an LSTMCell, with the case's weights."""
    cell = keras.layers.LSTMCell(case.units, **UNDRAWN)
    return with_weights(keras.layers.RNN(cell, **{**case.options, **options}), case)


def side_by_side(forward, backward):
    """Join what two directions put out, along the last axis."""
    return np.concatenate([forward, backward], axis=-1)


class Totals(keras.layers.Layer):  # type: ignore[misc]
    """A cell with states of some widths, each the total of its input so far; it has no output_size.

    Its state_size is a list, or a whole number with bare=True.
    """

    def __init__(self, *widths, bare=False, **options):
        """Keep the widths."""
        super().__init__(**options)
        self.state_size = widths[0] if bare else list(widths)
        self.told = None

    def build(self, input_shape):
        """Note the shape that the cell is built for."""
        self.told = tuple(input_shape)

    def call(self, inputs, states):
        """Add a timestep to the totals."""
        states = [state + total(inputs, axis=-1, keepdims=True) for state in states]
        return states[0], states


class PlainSum:
    """A class that is no layer, with all that the documentation of RNN asks of a cell."""

    state_size = output_size = 3

    def call(self, inputs, states):
        """Add a timestep to the sum."""
        return states[0] + inputs, [states[0] + inputs]

    def get_initial_state(self, batch_size=None):
        """Return what the sum starts from."""
        return [keras.ops.zeros((batch_size, 3))]


class Keep(keras.layers.Layer):  # type: ignore[misc]
    """A cell that keeps a state of three axes."""

    state_size = ((3, 2),)
    output_size = 3

    def call(self, inputs, states):
        """Return the input and the state."""
        return inputs, states

    def get_initial_state(self, batch_size=None):
        """Return what is kept."""
        return [keras.ops.zeros((batch_size, 3, 2))]
