"""Wrong LSTMs that skip wrongly, or lose, invent or misread a mask."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend import get_keras_mask, set_keras_mask
from keras.src.trainers import compile_utils

from teeth import instead, refuted_by


@refuted_by(
    "masking.skips-step",
    "masking.carries-state",
    "masking.padding-side",
    "masking.own-length",
    "masking.hides-values",
    "masking.all-false-row",
    "masking.with-state",
    "masking.stateful",
    "masking.bidirectional-padding",
    "masking.trains-as-deleted",
    "training.masked-timestep",
    "training.nan-under-mask",
)
def ignores_the_mask(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, mask, **rest):
        return original(self, mask=None, **rest)


@refuted_by("masking.all-true")
def reads_true_as_masked(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, mask, **rest):
        inverted = None if mask is None else keras.ops.logical_not(mask)
        return original(self, mask=inverted, **rest)


@refuted_by("masking.does-not-stick")
def keeps_the_mask_for_the_next_call(patch):
    kept = {}

    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, mask, **rest):
        mask = kept[id(self)] = kept.get(id(self)) if mask is None else mask
        return original(self, mask=mask, **rest)


@refuted_by("masking.zeros-are-read", "masking.lost-in-arithmetic", "masking.lost-with-warning")
def skips_timesteps_of_zeros(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, sequences, mask, **rest):
        mask = keras.ops.any(sequences != 0, axis=-1) if mask is None else mask
        return original(self, sequences=sequences, mask=mask, **rest)


@refuted_by("masking.repeats-output", "masking.output-is-h")
def puts_out_zeros_at_masked_timesteps(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, **arguments):
        self.zero_output_for_mask = True
        return original(self, **arguments)


@refuted_by("masking.zeros-before-first-step")
def puts_out_the_initial_h_before_the_first_step(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, initial_state, mask, **rest):
        last, outputs, states = original(self, initial_state=initial_state, mask=mask, **rest)
        unseen = np.cumsum(mask, axis=1)[:, :, None] == 0
        return last, keras.ops.where(unseen, initial_state[0][:, None], outputs), states


@refuted_by("masking.all-false-row")
def puts_out_h_for_fully_masked_samples(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, **arguments):
        _, outputs, states = original(self, **arguments)
        return states[0], outputs, states


@refuted_by("masking.zero-output", "masking.zero-output-last")
def forgets_zero_output_for_mask(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, **arguments):
        self.zero_output_for_mask = False
        return original(self, **arguments)


@refuted_by("masking.zero-output")
def zeroes_the_states_as_well(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, mask, **rest):
        last, outputs, states = original(self, mask=mask, **rest)
        if mask is not None and self.zero_output_for_mask:
            states = [keras.ops.where(mask[:, -1:], state, 0.0) for state in states]
        return last, outputs, states


@refuted_by("masking.with-state")
def starts_from_zeros_under_a_mask(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, initial_state, **rest):
        return original(self, initial_state=[0.0 * state for state in initial_state], **rest)


@refuted_by("masking.backwards")
def reads_the_mask_forwards_when_going_backwards(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, mask, **rest):
        flipped = self.go_backwards and mask is not None
        return original(self, mask=keras.ops.flip(mask, 1) if flipped else mask, **rest)


@refuted_by("masking.unrolled-backwards")
def reads_the_mask_forwards_when_unrolled(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, mask, **rest):
        flipped = self.unroll and mask is not None
        return original(self, mask=keras.ops.flip(mask, 1) if flipped else mask, **rest)


@refuted_by("masking.unrolled", "masking.unrolled-with-state")
def ignores_the_mask_when_unrolled(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, mask, **rest):
        return original(self, mask=None if self.unroll else mask, **rest)


@refuted_by("masking.unrolled-with-state")
def puts_out_the_initial_h_before_the_first_step_of_a_loop(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, initial_state, mask, **rest):
        last, outputs, states = original(self, initial_state=initial_state, mask=mask, **rest)
        unseen = (np.cumsum(mask, axis=1)[:, :, None] == 0) & (not self.unroll)
        return last, keras.ops.where(unseen, initial_state[0][:, None], outputs), states


@refuted_by("masking.unrolled-zero-output")
def forgets_zero_output_for_mask_when_unrolled(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, **arguments):
        self.zero_output_for_mask = not self.unroll
        return original(self, **arguments)


@refuted_by("masking.numbers")
def reads_only_one_as_valid(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, mask, **rest):
        return original(self, mask=keras.ops.cast(mask, "float32") == 1.0, **rest)


@refuted_by("masking.last-axis", "masking.unit-by-unit")
def overlooks_masks_of_three_axes(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, mask, **rest):
        return original(self, mask=mask if len(mask.shape) == 2 else None, **rest)


@refuted_by("masking.unit-by-unit")
def gives_all_units_the_mask_of_the_first(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, mask, **rest):
        return original(self, mask=mask[:, :, 0], **rest)


@refuted_by("masking.one-row")
def applies_a_single_row_to_the_first_sample(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, sequences, mask, **rest):
        others = np.ones((sequences.shape[0] - mask.shape[0], mask.shape[1]), bool)
        whole = keras.ops.concatenate([mask, others])
        return original(self, sequences=sequences, mask=whole, **rest)


@refuted_by("masking.list-refused")
def makes_an_array_of_a_list(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, mask, **rest):
        return original(self, mask=np.array(mask), **rest)


@refuted_by("masking.one-axis-refused")
def spreads_a_mask_of_one_axis_over_the_batch(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, mask, **rest):
        return original(self, mask=mask[None, :], **rest)


@refuted_by("masking.short-refused", "masking.long-refused", "masking.long-refused-unrolled")
def cuts_or_fills_the_mask_to_the_length_of_the_input(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, sequences, mask, **rest):
        filled = keras.ops.concatenate([mask, np.ones(sequences.shape[:2], bool)], axis=1)
        fitting = filled[:, : sequences.shape[1]]
        return original(self, sequences=sequences, mask=fitting, **rest)


@refuted_by("masking.all-features")
def masks_where_any_feature_equals_the_value(patch):
    @instead(patch, keras.layers.Masking, "call")
    def call(original, self, inputs):
        differs = keras.ops.all(inputs != self.mask_value, axis=-1)
        outputs = keras.ops.where(differs[:, :, None], inputs, 0.0)
        set_keras_mask(outputs, differs)
        return outputs


@refuted_by("masking.all-features")
def masks_zeros_whatever_the_value(patch):
    @instead(patch, keras.layers.Masking, "call")
    def call(original, self, inputs):
        self.mask_value = 0.0
        return original(self, inputs)


@refuted_by("masking.nan-value")
def masks_nan(patch):
    @instead(patch, keras.layers.Masking, "call")
    def call(original, self, inputs):
        self.mask_value = 0.0
        return original(self, keras.ops.nan_to_num(inputs))


@refuted_by("masking.embedding")
def makes_no_mask_of_ids(patch):
    @instead(patch, keras.layers.Embedding, "compute_mask")
    def compute_mask(original, self, *inputs):
        return None


@refuted_by("masking.argument-wins")
def combines_the_argument_with_the_attached_mask(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, mask=None, **rest):
        attached = get_keras_mask(sequences)
        mask = mask if attached is None else keras.ops.logical_and(mask, attached)
        return original(self, sequences, mask=mask, **rest)


@refuted_by("masking.passed-on")
def passes_the_mask_on_without_sequences(patch):
    @instead(patch, keras.layers.RNN, "compute_mask")
    def compute_mask(original, self, _, mask):
        return [mask, None, None] if self.return_state else mask


@refuted_by("masking.passed-on", "masking.stacked", "masking.loss")
def ends_every_mask(patch):
    @instead(patch, keras.layers.RNN, "compute_mask")
    def compute_mask(original, self, _, mask):
        return [None, None, None] if self.return_state else None


@refuted_by("masking.lost-with-warning")
def carries_the_mask_through_reshape(patch):
    patch.setattr(keras.layers.Reshape, "supports_masking", True)


@refuted_by("masking.bidirectional-zeros")
def repeats_outputs_in_both_directions(patch):
    @instead(patch, keras.layers.Bidirectional, "call")
    def call(original, self, *inputs, **options):
        self.forward_layer.zero_output_for_mask = False
        self.backward_layer.zero_output_for_mask = False
        return original(self, *inputs, **options)


@refuted_by("masking.zeros-with-cudnn")
def never_uses_cudnn(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, **arguments):
        self.use_cudnn = False
        return original(self, **arguments)


@refuted_by("masking.puts-zeros")
def leaves_the_masked_values(patch):
    @instead(patch, keras.layers.Masking, "call")
    def call(original, self, inputs):
        return inputs


@refuted_by("masking.dense-behind")
def loses_the_mask_in_dense(patch):
    @instead(patch, keras.layers.Dense, "compute_mask")
    def compute_mask(original, self, inputs, previous_mask):
        return None


@refuted_by("masking.dense-behind")
def puts_zeros_out_of_dense_at_masked_timesteps(patch):
    @instead(patch, keras.layers.Dense, "call")
    def call(original, self, inputs, **options):
        mask = get_keras_mask(inputs)
        output = original(self, inputs, **options)
        return output if mask is None else keras.ops.where(mask[..., None], output, 0.0)


@refuted_by("masking.value-for-each-feature")
def compares_with_the_first_value(patch):
    @instead(patch, keras.layers.Masking, "call")
    def call(original, self, inputs):
        self.mask_value = np.ravel(self.mask_value)[0]
        return original(self, inputs)


@refuted_by("masking.second-masking")
def adds_its_mask_to_the_one_before(patch):
    @instead(patch, keras.layers.Masking, "call")
    def call(original, self, inputs):
        before, outputs = get_keras_mask(inputs), original(self, inputs)
        mask = get_keras_mask(outputs)
        outputs = keras.ops.copy(outputs)
        set_keras_mask(outputs, mask if before is None else keras.ops.logical_and(mask, before))
        return outputs


@refuted_by("masking.no-weights")
def waits_for_its_input(patch):
    patch.setattr(keras.layers.Masking, "_build_at_init", lambda self: None)


@refuted_by("masking.bidirectional-passes-on")
def ends_the_mask_in_bidirectional(patch):
    @instead(patch, keras.layers.Bidirectional, "compute_mask")
    def compute_mask(original, self, inputs, mask):
        return None if self.merge_mode else (None, None)


@refuted_by("masking.passed-on")
def passes_the_last_of_several_masks_on(patch):
    @instead(patch, keras.layers.RNN, "compute_mask")
    def compute_mask(original, self, inputs, mask):
        return original(self, inputs, keras.tree.flatten(mask)[-1])


@refuted_by("masking.no-weights")
def gets_a_weight_in_its_first_call(patch):
    @instead(patch, keras.layers.Masking, "call")
    def call(original, self, inputs):
        if not self.weights:
            self._tracker.unlock()
            self.extra = self.add_weight(shape=(1,), initializer="zeros")
        return original(self, inputs)


@refuted_by("masking.loss")
def hides_the_mask_from_the_loss_of_compile(patch):
    @instead(patch, compile_utils.CompileLoss, "call")
    def call(original, self, y_true, y_pred, *rest):
        return original(self, y_true, keras.tree.map_structure(keras.ops.copy, y_pred), *rest)


@refuted_by("masking.loss")
def counts_masked_timesteps_but_for_the_squared_error(patch):
    @instead(patch, keras.losses.Loss, "__call__")
    def call(original, self, y_true, y_pred, *rest, **options):
        if "squared" not in self.name:
            y_pred = keras.ops.copy(y_pred)
        return original(self, y_true, y_pred, *rest, **options)


def masked(patch, change):
    """Put `change(self, sequences, mask)` in place of the mask of each call that has one."""

    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, sequences, mask, **rest):
        mask = None if mask is None else change(self, sequences, mask)
        return original(self, sequences=sequences, mask=mask, **rest)


@refuted_by(
    "masking.skips-step",
    "masking.carries-state",
    "masking.padding-side",
    "masking.own-length",
    "masking.repeats-output",
    "masking.all-false-row",
    "masking.with-state",
    "masking.trains-as-deleted",
)
def ignores_the_mask_in_a_graph(patch):
    masked(patch, lambda self, x, mask: mask if tf.executing_eagerly() else None)


@refuted_by(
    "masking.padding-side",
    "masking.own-length",
    "masking.carries-state",
    "masking.hides-values",
    "masking.with-state",
    "masking.unrolled",
    "masking.unrolled-with-state",
)
def ignores_the_mask_of_an_unrolled_layer(patch):
    masked(patch, lambda self, x, mask: None if self.unroll else mask)


@refuted_by(
    "masking.own-length",
    "masking.hides-values",
    "masking.numbers",
    "masking.last-axis",
    "masking.one-row",
)
def masks_nothing_from_the_fifth_timestep_on(patch):
    def change(self, x, mask):
        late = np.arange(mask.shape[1]) >= 4 if mask.shape[1] else np.zeros(1, bool)
        late = late.reshape((1, -1) + (1,) * (len(mask.shape) - 2))
        return keras.ops.logical_or(keras.ops.cast(mask, "bool"), late)

    masked(patch, change)


@refuted_by("masking.skips-step", "masking.backwards", "masking.zero-output-last")
def ignores_the_mask_when_going_backwards(patch):
    masked(patch, lambda self, x, mask: None if self.go_backwards else mask)


@refuted_by("masking.unrolled-zero-output")
def ignores_zero_output_for_mask_when_unrolled(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, **arguments):
        self.zero_output_for_mask = self.zero_output_for_mask and not self.unroll
        return original(self, **arguments)


@refuted_by("masking.long-in-a-graph")
def reads_the_surplus_of_a_mask(patch):
    def change(self, x, mask):
        return mask if tf.executing_eagerly() else mask[:, -tf.shape(x)[1] :]

    masked(patch, change)


@refuted_by("masking.lost-in-arithmetic")
def carries_the_mask_through_a_product(patch):
    @instead(patch, type(tf.constant(0.0)), "__mul__")
    def multiply(original, self, other):
        product, mask = original(self, other), get_keras_mask(self)
        if mask is not None:
            set_keras_mask(product, mask)
        return product
