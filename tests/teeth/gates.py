"""Wrong LSTMs whose gates are wrong."""

from __future__ import annotations

import keras
import tensorflow as tf

from teeth import instead, refuted_by


@refuted_by(
    "gates.equations",
    "gates.accumulator",
    "gates.counter",
    "gates.leaky-sum",
    "gates.linear-near-zero",
    "gates.memory",
    "gates.zero-weights-halve",
    "gates.constant-input-settles",
)
def leaks_cell_state(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, inputs, states, **options):
        return original(self, inputs, [states[0], 0.99 * states[1]], **options)


@refuted_by("gates.order", "gates.closed-input-gate", "gates.identity", "gates.delay-line")
def takes_the_forget_gate_for_the_input_gate(patch):
    @instead(patch, keras.layers.LSTMCell, "_compute_carry_and_output_fused")
    def compute(original, self, z, c):
        return original(self, (z[1], z[0], z[2], z[3]), c)


@refuted_by("gates.order", "gates.closed-output-gate", "gates.hard-sigmoid")
def takes_the_candidate_for_the_output_gate(patch):
    @instead(patch, keras.layers.LSTMCell, "_compute_carry_and_output_fused")
    def compute(original, self, z, c):
        return original(self, (z[0], z[1], z[3], z[2]), c)


@refuted_by(
    "gates.cell-step",
    "gates.relu-not-negative",
    "gates.tanh-bounds-output",
)
def returns_the_cell_state(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, *inputs, **options):
        _, (h, c) = original(self, *inputs, **options)
        return c, [h, c]


@refuted_by("gates.no-peepholes")
def lets_the_gates_see_the_cell_state(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, inputs, states, **options):
        return original(self, inputs, [states[0] + 0.1 * states[1], states[1]], **options)


@refuted_by("gates.no-peepholes")
def lets_the_output_gate_see_the_cell_state(patch):
    @instead(patch, keras.layers.LSTMCell, "_compute_carry_and_output_fused")
    def compute(original, self, z, c):
        return original(self, (*z[:3], z[3] + 0.1 * c), c)


@refuted_by("gates.activation-places")
def applies_the_activation_to_the_output(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, *inputs, **options):
        return self.activation(original(self, *inputs, **options))


@refuted_by("gates.recurrent-activation-places")
def applies_the_recurrent_activation_to_the_candidate(patch):
    @instead(patch, keras.layers.LSTMCell, "_compute_carry_and_output_fused")
    def compute(original, self, z, c):
        return original(self, (*z[:2], self.recurrent_activation(z[2]), z[3]), c)


@refuted_by("gates.none-is-linear")
def takes_none_for_the_default(patch):
    @instead(patch, keras.src.activations, "get")
    def get(original, identifier):
        return original(identifier or "tanh")


@refuted_by("gates.any-function")
def ignores_activations_without_a_name(patch):
    @instead(patch, keras.src.activations, "get")
    def get(original, identifier):
        return original("tanh" if callable(identifier) else identifier)


@refuted_by("gates.hard-sigmoid")
def has_the_hard_sigmoid_of_keras_two(patch):
    @instead(patch, keras.src.ops, "hard_sigmoid")
    def hard_sigmoid(_, x):
        return keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)


@refuted_by("gates.implementations-agree")
def splits_the_weights_in_another_order(patch):
    @instead(patch, keras.layers.LSTMCell, "_compute_carry_and_output")
    def compute(original, self, x, h, c):
        return original(self, (x[0], x[1], x[3], x[2]), h, c)


@refuted_by("gates.unroll-agrees")
def leaves_the_last_timestep_out_when_unrolled(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, sequences, *rest, **options):
        last = keras.ops.zeros_like(sequences[:, -1:])
        cut = keras.ops.concatenate([sequences[:, :-1], last], axis=1)
        return original(self, cut if self.unroll else sequences, *rest, **options)


@refuted_by("gates.cell-initial-state")
def always_starts_in_single_precision(patch):
    @instead(patch, keras.layers.LSTMCell, "get_initial_state")
    def get_initial_state(original, self, batch_size=None):
        return [keras.ops.cast(part, "float32") for part in original(self, batch_size)]


@refuted_by("gates.bias-is-feature", "gates.kernel-mixes-features")
def averages_over_the_features(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, inputs, *rest, **options):
        return original(self, inputs / inputs.shape[-1], *rest, **options)


@refuted_by("gates.memoryless", "gates.identity")
def never_forgets_all(patch):
    @instead(patch, keras.layers.LSTMCell, "_compute_carry_and_output_fused")
    def compute(original, self, z, c):
        c_new, o = original(self, z, c)
        return c_new + 0.01 * c, o


@refuted_by("gates.one-is-reached")
def keeps_outputs_off_one(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, *inputs, **options):
        return keras.ops.clip(original(self, *inputs, **options), -1 + 1e-6, 1 - 1e-6)


@refuted_by("gates.cell-state-bound")
def adds_the_candidate_twice(patch):
    @instead(patch, keras.layers.LSTMCell, "_compute_carry_and_output_fused")
    def compute(original, self, z, c):
        c_new, o = original(self, z, c)
        return c_new + self.recurrent_activation(z[0]) * self.activation(z[2]), o


@refuted_by("gates.growth-overflows", "gates.elu-reaches-any-target")
def clips_the_cell_state(patch):
    @instead(patch, keras.layers.LSTMCell, "_compute_carry_and_output_fused")
    def compute(original, self, z, c):
        c_new, o = original(self, z, c)
        return keras.ops.clip(c_new, -10.0, 10.0), o


@refuted_by("gates.none-is-linear")
def doubles_instead_of_doing_nothing(patch):
    def double(z):
        return 2 * z

    @instead(patch, keras.src.activations, "get")
    def get(original, identifier):
        return double if identifier in (None, "linear") else original(identifier)


@refuted_by("gates.memory")
def forgets_in_a_graph(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, inputs, states, **options):
        if not tf.executing_eagerly():
            states = [states[0], 0.9 * states[1]]
        return original(self, inputs, states, **options)


@refuted_by("gates.equations", "gates.unroll-agrees")
def forgets_if_masked(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, initial_state=None, mask=None, training=False):
        if mask is not None:
            sequences = 0.5 * sequences
        return original(self, sequences, initial_state, mask, training)
