"""Wrong LSTMs that read time wrongly."""

from __future__ import annotations

import keras

from teeth import guards, instead, refuted_by


@refuted_by("time.axis-one")
def takes_features_before_time(patch):
    @instead(patch, keras.layers.LSTM, "build")
    def build(original, self, sequences_shape):
        batch, timesteps, features = sequences_shape
        return original(self, (batch, features, timesteps))

    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        return original(self, keras.ops.swapaxes(sequences, 1, 2), *rest, **options)


@refuted_by("time.every-step", "time.fewer-or-more-units")
def ignores_timesteps_beyond_its_units(patch):
    guards.reads_only(patch, lambda layer: slice(layer.units))


@refuted_by("time.every-step", "time.fewer-or-more-units")
def leaves_units_beyond_the_timesteps_idle(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        busy = keras.ops.arange(self.units) < keras.ops.shape(sequences)[1]
        y = original(self, sequences, *rest, **options)
        return y * keras.ops.cast(busy, y.dtype)


@refuted_by("time.cell-by-cell", "time.splitting")
def weighs_timesteps_by_their_position(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        timesteps = keras.ops.shape(sequences)[1]
        position = keras.ops.cast(keras.ops.arange(1, 1 + timesteps), sequences.dtype)
        return original(self, sequences * position[:, None], *rest, **options)


@refuted_by("time.any-length")
def cuts_to_the_length_it_was_built_on(patch):
    @instead(patch, keras.layers.LSTM, "build")
    def build(original, self, sequences_shape):
        self.length = sequences_shape[1]
        return original(self, sequences_shape)

    guards.reads_only(patch, lambda layer: slice(layer.length))


@refuted_by("time.any-length")
def starts_with_new_weights_for_another_length(patch):
    @instead(patch, keras.layers.LSTM, "build")
    def build(original, self, sequences_shape):
        self.length = sequences_shape[1]
        return original(self, sequences_shape)

    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        if sequences.shape[1] != self.length:
            for weight in self.trainable_weights:
                weight.assign(0.5 * weight)
        return original(self, sequences, *rest, **options)


@refuted_by("time.unknown-length")
def doubles_the_input_of_a_second_length(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        self.length = getattr(self, "length", None) or sequences.shape[1]
        factor = 1 if sequences.shape[1] == self.length else 2
        return original(self, factor * sequences, *rest, **options)


@refuted_by("time.causality")
def looks_one_step_ahead(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        return original(self, keras.ops.roll(sequences, -1, axis=1), *rest, **options)


@refuted_by("time.prefix")
def divides_by_the_number_of_timesteps(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        return original(self, sequences, *rest, **options) / sequences.shape[1]


@refuted_by("time.order")
def sorts_the_timesteps(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        return original(self, keras.ops.sort(sequences, axis=1), *rest, **options)


@refuted_by("time.splitting", "time.both-states")
def starts_from_h_alone(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, sequences, initial_state, *rest, **options):
        h, c = initial_state
        return original(self, sequences, [h, keras.ops.zeros_like(c)], *rest, **options)


@refuted_by("time.fading")
def sees_a_window_of_twenty_timesteps(patch):
    guards.reads_only(patch, lambda layer: slice(-20, None))


@refuted_by("time.fading", "gates.layer-is-looped-cell")
def reads_the_newest_timestep_first(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        return original(self, keras.ops.flip(sequences, axis=1), *rest, **options)


@refuted_by("time.nan-stays-in-its-sample", "training.nan-under-mask", "masking.nan-in-training")
def takes_nan_for_zero(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        return original(self, keras.ops.nan_to_num(sequences), *rest, **options)


@refuted_by("time.nan-stays-in-its-sample")
def scales_by_the_whole_batch(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        return original(self, sequences / keras.ops.max(sequences), *rest, **options)


@refuted_by("time.prefix")
def averages_sequences_of_more_than_four_timesteps(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        y = original(self, sequences, *rest, **options)
        if not self.return_sequences or (sequences.shape[1] or 0) <= 4:
            return y
        return keras.ops.ones_like(y) * keras.ops.mean(y, axis=1, keepdims=True)


@refuted_by("time.prefix")
def reads_a_graph_of_open_length_as_a_sum(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        if sequences.shape[1] is None:
            mean = keras.ops.mean(sequences, axis=1, keepdims=True)
            sequences = keras.ops.ones_like(sequences) * mean
        return original(self, sequences, *rest, **options)
