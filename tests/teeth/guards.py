"""Where a fault may hide: wrong LSTMs that are wrong under a condition, or for some timesteps."""

from __future__ import annotations

import keras
import tensorflow as tf

from teeth import instead


def in_a_graph(layer, x, mask):
    return not tf.executing_eagerly()


def unrolled(layer, x, mask):
    return layer.unroll


def masked(layer, x, mask):
    return mask is not None


def of_five_timesteps(layer, x, mask):
    return (x.shape[1] or 0) > 4


def of_another_batch_than_two(layer, x, mask):
    return x.shape[0] not in (None, 2)


def of_many_units(layer, x, mask):
    return layer.units > 16


def in_the_second_call(layer, x, mask):
    calls = vars(layer).setdefault("calls", [])
    calls.append(1)
    return len(calls) > 1


def doubles_if(patch, guard):
    """Let an LSTM return twice what is right, where `guard(layer, x, mask)` is true."""

    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, initial_state=None, mask=None, training=False):
        output = original(self, sequences, initial_state, mask, training)
        wrong = guard(self, sequences, mask)
        return keras.tree.map_structure(lambda part: part * 2, output) if wrong else output


def reads_only(patch, part):
    """Let an LSTM read no other timesteps than those in the slice `part(layer)`."""

    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, initial_state=None, mask=None, training=False):
        read = part(self)
        mask = mask if mask is None else mask[:, read]
        return original(self, sequences[:, read], initial_state, mask, training)
