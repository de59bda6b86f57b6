"""Wrong LSTMs that return the right numbers, and take too much or too little for them."""

from __future__ import annotations

import keras
import tensorflow as tf

from teeth import instead, refuted_by


def again(original, self, sequences, times, **rest):
    """Run the loop so many times, each after the one before, and return what the last returns."""
    returned = original(self, sequences=sequences, **rest)
    for _ in range(times - 1):
        nothing = 1e-30 * keras.ops.mean(returned[0])
        returned = original(self, sequences=sequences + nothing, **rest)
    return returned


def run_again(patch, times):
    """Let a layer run its loop as often as a function of the layer and its input says."""

    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, sequences, **rest):
        return again(original, self, sequences, times(self, sequences, rest.get("mask")), **rest)


@refuted_by("speed.timesteps", "speed.next-timestep")
def reads_a_long_sequence_many_times(patch):
    run_again(patch, lambda self, x, mask: max(1, (x.shape[1] // 400) ** 3))


@refuted_by("speed.units", "speed.features", "speed.doubles")
def multiplies_large_matrices_whatever_their_size(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, sequence, *rest, **options):
        large = tf.fill((1024, 1024), 1e-10 * tf.cast(tf.reduce_mean(sequence), "float32"))
        nothing = tf.reduce_mean(large @ large) * 1e-20
        return original(self, sequence + tf.cast(nothing, sequence.dtype), *rest, **options)


@refuted_by("speed.small-sizes")
def runs_its_loop_once_for_each_unit(patch):
    run_again(patch, lambda self, x, mask: self.units)


@refuted_by("speed.batch")
def runs_its_loop_once_for_each_sample(patch):
    run_again(patch, lambda self, x, mask: x.shape[0])


@refuted_by("speed.returns")
def copies_all_outputs_in_every_timestep(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, sequences, **rest):
        last, outputs, states = original(self, sequences=sequences, **rest)
        for _ in range(4 * sequences.shape[1] if self.return_sequences else 0):
            outputs = tf.roll(outputs, 1, axis=1)
        return last, outputs, states


@refuted_by("speed.mask")
def runs_a_masked_sequence_four_times(patch):
    run_again(patch, lambda self, x, mask: 1 if mask is None else 4)


@refuted_by("speed.unrolled", "speed.unrolled-plain")
def runs_unrolled_timesteps_four_times(patch):
    run_again(patch, lambda self, x, mask: 4 if self.unroll else 1)


@refuted_by("speed.unrolled-pays")
def loops_though_it_is_to_be_unrolled(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, *data, **rest):
        patch.setattr(self, "unroll", False)
        return original(self, *data, **rest)


@refuted_by("speed.compiled", "speed.new-length")
def is_traced_in_every_call(patch):
    @instead(patch, tf, "function")
    def function(original, call, **options):
        return lambda *data, **given: original(call, **options)(*data, **given)


@refuted_by("speed.predict-on-much")
def predicts_in_plain_calls(patch):
    @instead(patch, keras.Model, "predict")
    def predict(original, self, *data, **options):
        self.run_eagerly = True
        return original(self, *data, **options)


@refuted_by("speed.training")
def stops_the_gradient(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, *data, **rest):
        return tuple(
            tf.nest.map_structure(tf.stop_gradient, part) for part in original(self, *data, **rest)
        )


@refuted_by("speed.training-memory", "speed.sequence-memory")
def takes_a_hundred_megabytes_at_least(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, sequences, **rest):
        numbers = tf.reshape(sequences, (-1, 1))
        large = tf.cumsum(numbers + tf.zeros((1, 25_000_000 // numbers.shape[0])), axis=1)
        return original(self, sequences=sequences + 1e-30 * tf.reduce_mean(large), **rest)


@refuted_by("speed.implementations")
def knows_only_implementation_one(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, *data, **options):
        self.implementation = 1
        return original(self, *data, **options)


@refuted_by("speed.xla")
def is_never_compiled_by_xla(patch):
    @instead(patch, tf, "function")
    def function(original, call, jit_compile=None, **options):
        return original(call, **options)


@refuted_by("speed.stateful")
def runs_a_stateful_layer_four_times(patch):
    run_again(patch, lambda self, x, mask: 4 if self.stateful else 1)


@refuted_by("speed.bidirectional", "speed.go-backwards")
def reads_backwards_four_times(patch):
    run_again(patch, lambda self, x, mask: 4 if self.go_backwards else 1)


@refuted_by("speed.dropout")
def runs_four_times_where_it_could_drop(patch):
    run_again(patch, lambda self, x, mask: 4 if self.dropout else 1)
