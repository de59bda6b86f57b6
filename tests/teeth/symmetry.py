"""Wrong LSTMs that give units, features or samples an order, or let samples meet."""

from __future__ import annotations

import keras
from keras import ops

from teeth import instead, refuted_by


@refuted_by("symmetry.units", "symmetry.twins")
def dampens_units_by_their_place(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, inputs, states, *rest, **options):
        h, (_, c) = original(self, inputs, states, *rest, **options)
        h = h / ops.arange(1, self.units + 1, dtype=h.dtype)
        return h, [h, c]


@refuted_by("symmetry.features")
def dampens_features_by_their_place(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        places = ops.arange(1, sequences.shape[-1] + 1, dtype=sequences.dtype)
        return original(self, sequences / places, *rest, **options)


@refuted_by("symmetry.batch", "symmetry.batch-parts")
def dampens_samples_by_their_place(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        places = ops.arange(1, sequences.shape[0] + 1, dtype=sequences.dtype)
        return original(self, sequences / places[:, None, None], *rest, **options)


@refuted_by("symmetry.timesteps")
def reads_timesteps_in_order_of_size(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        return original(self, ops.sort(sequences, axis=1), *rest, **options)


@refuted_by("symmetry.zero-kernel", "symmetry.zero-row")
def adds_the_input_to_its_output(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        return original(self, sequences, *rest, **options) + ops.mean(sequences)


@refuted_by("symmetry.scaling", "symmetry.zero-row")
def normalizes_the_features_of_a_timestep(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        size = 1.0 + ops.mean(ops.abs(sequences), axis=-1, keepdims=True)
        return original(self, sequences / size, *rest, **options)


@refuted_by("symmetry.sign")
def puts_out_no_negative_number(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, inputs, states, *rest, **options):
        h, (_, c) = original(self, inputs, states, *rest, **options)
        return ops.relu(h), [ops.relu(h), c]


@refuted_by("symmetry.twins")
def drops_units_at_inference(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        return keras.random.dropout(original(self, sequences, *rest, **options), 0.5)


@refuted_by(
    "symmetry.side-by-side",
    "symmetry.concatenation",
    "symmetry.widening",
    "symmetry.own-c",
    "symmetry.own-columns",
)
def normalizes_over_its_units(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, inputs, states, *rest, **options):
        h, (_, c) = original(self, inputs, states, *rest, **options)
        h = h / (1.0 + ops.mean(ops.abs(h), axis=-1, keepdims=True))
        return h, [h, c]


@refuted_by("symmetry.samples", "symmetry.batch-parts", "symmetry.nan")
def subtracts_the_mean_of_the_batch(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        mean = ops.mean(sequences, axis=0, keepdims=True)
        return original(self, sequences - mean, *rest, **options)


@refuted_by("symmetry.nan")
def adds_nothing_times_the_whole_batch(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        return original(self, sequences + 0.0 * ops.sum(sequences), *rest, **options)


@refuted_by("symmetry.every-feature")
def reads_only_the_first_feature(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        first = ops.arange(sequences.shape[-1]) == 0
        return original(self, sequences * ops.cast(first, sequences.dtype), *rest, **options)


@refuted_by("symmetry.every-h", "symmetry.spread")
def forgets_its_output(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, inputs, states, *rest, **options):
        h, c = states
        return original(self, inputs, [ops.zeros_like(h), c], *rest, **options)


@refuted_by("symmetry.own-c")
def lets_every_gate_see_the_cell_states(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, inputs, states, *rest, **options):
        h, c = states
        return original(self, inputs, [h + c, c], *rest, **options)


@refuted_by("symmetry.samples", "symmetry.nan")
def mixes_the_samples_if_unrolled(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        if self.unroll:
            sequences = sequences + 0.1 * keras.ops.roll(sequences, 1, axis=0)
        return original(self, sequences, *rest, **options)
