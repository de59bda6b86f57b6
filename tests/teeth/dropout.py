"""Wrong LSTMs that drop too much, too little, elsewhere, or at another time."""

from __future__ import annotations

import itertools

import keras
import tensorflow as tf
from keras.src.backend.common import global_state
from keras.src.layers.rnn import lstm as source
from keras.src.models import functional
from keras.src.random.seed_generator import global_seed_generator

from teeth import instead, refuted_by


@refuted_by("dropout.inputs", "dropout.recurrent-whole-call")
def forgets_to_scale_what_it_keeps(patch):
    @instead(patch, keras.layers.LSTMCell, "_create_dropout_mask")
    def create(original, self, step_input, rate):
        masks = original(self, step_input, rate)
        return keras.tree.map_structure(lambda mask: mask * (1.0 - rate), masks)


@refuted_by("dropout.share")
def takes_the_rate_for_what_to_keep(patch):
    @instead(patch, keras.layers.LSTMCell, "_create_dropout_mask")
    def create(original, self, step_input, rate):
        return original(self, step_input, 1.0 - rate)


@refuted_by("dropout.each-by-itself")
def drops_the_same_in_all_samples(patch):
    @instead(patch, keras.layers.LSTMCell, "_create_dropout_mask")
    def create(original, self, step_input, rate):
        masks = original(self, step_input, rate)
        return keras.tree.map_structure(lambda mask: mask[:1] + 0 * mask, masks)


@refuted_by("dropout.each-by-itself")
def drops_all_features_of_a_sample_or_none(patch):
    @instead(patch, keras.layers.LSTMCell, "_create_dropout_mask")
    def create(original, self, step_input, rate):
        masks = original(self, step_input, rate)
        return keras.tree.map_structure(lambda mask: mask[:, :1] + 0 * mask, masks)


@refuted_by(
    "dropout.whole-call",
    "dropout.recurrent-whole-call",
    "dropout.as-spatial-dropout",
    "dropout.bare-cell",
    "dropout.bare-cell-batch",
    "dropout.cell-in-a-call",
    "dropout.cell-in-a-cell",
)
def draws_anew_at_each_timestep(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, *inputs, **options):
        self.reset_dropout_mask()
        self.reset_recurrent_dropout_mask()
        return original(self, *inputs, **options)


@refuted_by("dropout.masked-input")
def draws_a_mask_for_each_gate(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, **arguments):
        self.cell.implementation, self.cell.dropout_mask_count, self.use_cudnn = 1, 4, False
        self.cell.reset_dropout_mask()
        return original(self, **arguments)


@refuted_by("dropout.masked-input", "dropout.cell-state")
def drops_what_it_puts_out(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, training=False, **rest):
        last, outputs, states = original(self, training=training, **rest)
        rate = 0.5 * bool(training)
        return last, keras.random.dropout(outputs, rate, seed=1), states


@refuted_by("dropout.cell-state", "dropout.recurrent-by-gate")
def drops_units_of_c(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, inputs, states, training=False):
        h, c = states
        masks = self.get_recurrent_dropout_mask(h)
        c = c * masks[1] if training and masks is not None else c
        return original(self, inputs, [h, c], training=training)


@refuted_by("dropout.recurrent-by-gate", "dropout.inputs-by-gate")
def gives_all_gates_one_mask(patch):
    @instead(patch, keras.layers.LSTMCell, "_create_dropout_mask")
    def create(original, self, step_input, rate):
        masks = original(self, step_input, rate)
        return [masks[0]] * 4 if isinstance(masks, list) else masks


@refuted_by("dropout.forces-implementation")
def has_implementation_two_only(patch):
    two = property(lambda self: 2, lambda self, value: None)
    patch.setattr(keras.layers.LSTMCell, "implementation", two, raising=False)


@refuted_by(
    "dropout.off-at-inference",
    "dropout.off-in-predict-and-evaluate",
    "dropout.call-without-training",
)
def always_drops(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, training=False, **rest):
        return original(self, training=True, **rest)


@refuted_by("dropout.on-in-fit", "dropout.gradient")
def drops_nothing_inside_a_model(patch):
    @instead(patch, keras.Sequential, "call")
    def call(original, self, inputs, training=None, **rest):
        return original(self, inputs, training=False, **rest)


@refuted_by("dropout.predict-overrules")
def keeps_the_training_argument_of_the_layer_call(patch):
    @instead(patch, functional, "operation_fn")
    def operation_fn(original, operation, **of_the_model):
        return original(operation)


@refuted_by("dropout.not-the-mean")
def averages_over_masks_at_inference(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, sequences, **rest):
        runs = [original(self, sequences=scale * sequences, **rest) for scale in (0.0, 2.0)]
        return keras.tree.map_structure(lambda one, other: (one + other) / 2, *runs)


@refuted_by("dropout.fresh")
def keeps_its_masks_of_h(patch):
    @instead(patch, keras.layers.LSTMCell, "reset_recurrent_dropout_mask")
    def reset(original, self):
        return None


@refuted_by("dropout.fresh")
def keeps_its_masks(patch):
    @instead(patch, keras.layers.RNN, "_maybe_reset_dropout_masks")
    def reset(original, self, cell):
        return None


@refuted_by("dropout.seed", "dropout.global-seed")
def ignores_every_seed(patch):
    own = itertools.cycle((1, 2))

    @instead(patch, keras.random.SeedGenerator, "__init__")
    def init(original, self, seed=None, **rest):
        original(self, next(own), **rest)


@refuted_by("dropout.global-draws")
def keeps_the_global_generator(patch):
    """Keras 3.0 to 3.12; https://github.com/keras-team/keras/pull/21874 mended it."""

    @instead(patch, keras.utils, "set_random_seed")
    def set_random_seed(original, seed):
        kept = global_seed_generator()
        original(seed)
        global_state.set_global_attribute("global_seed_generator", kept)


@refuted_by("dropout.inference-counts")
def draws_only_in_training(patch):
    @instead(patch, keras.layers.RNN, "_maybe_config_dropout_masks")
    def configure(original, self, *arguments):
        return None


@refuted_by("dropout.clipped")
def keeps_a_rate_that_is_no_number(patch):
    patch.setattr(source, "max", lambda low, rate: max(rate, low), raising=False)


@refuted_by("dropout.clipped", raises=ValueError)
def refuses_rates_above_one(patch):
    def at_most(limit, rate):
        if rate > limit:
            raise ValueError(f"the rate {rate} is above {limit}")
        return rate

    patch.setattr(source, "min", at_most, raising=False)


@refuted_by("dropout.no-number")
def takes_no_rate_for_no_dropout(patch):
    @instead(patch, keras.layers, "LSTM")
    def made(original, units, dropout=0.0, recurrent_dropout=0.0, **options):
        return original(
            units, dropout=dropout or 0.0, recurrent_dropout=recurrent_dropout or 0.0, **options
        )


@refuted_by("dropout.all-dropped", "dropout.all-dropped-by-gate", "dropout.all-of-h-dropped")
def puts_out_zeros_at_the_rate_one(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, **arguments):
        return keras.tree.map_structure(lambda part: 0.0 * part, original(self, **arguments))


@refuted_by("dropout.implementation-one", "dropout.implementation-one-by-gate")
def gives_all_gates_the_first_mask(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, **arguments):
        self.use_cudnn, self.cell._dropout_mask = False, self.cell._dropout_mask[:1] * 4
        return original(self, **arguments)


@refuted_by("dropout.unrolled")
def drops_nothing_when_unrolled(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, training=False, **rest):
        return original(self, training=training and not self.unroll, **rest)


@refuted_by("dropout.without-cudnn")
def drops_nothing_without_cudnn(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, training=False, **rest):
        return original(self, training=training and bool(self.use_cudnn), **rest)


@refuted_by("dropout.masked-timesteps")
def ignores_the_mask_in_training(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, mask, training=False, **rest):
        return original(self, mask=None if training else mask, training=training, **rest)


@refuted_by("dropout.stateful")
def keeps_the_masks_of_a_stateful_layer(patch):
    @instead(patch, keras.layers.RNN, "_maybe_reset_dropout_masks")
    def reset(original, self, cell):
        return None if self.stateful else original(self, cell)


@refuted_by("dropout.stateful")
def forgets_the_state_in_training(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, initial_state, **rest):
        scale = 0.0 if self.stateful else 1.0
        return original(self, initial_state=[scale * part for part in initial_state], **rest)


@refuted_by("dropout.bidirectional")
def draws_anew_for_the_backward_layer(patch):
    @instead(patch, keras.layers.Bidirectional, "call")
    def call(original, self, *inputs, **options):
        self.backward_layer.cell.seed_generator.next()
        return original(self, *inputs, **options)


@refuted_by("dropout.rnn-of-cells")
def drops_nothing_in_stacked_cells(patch):
    @instead(patch, keras.layers.StackedRNNCells, "call")
    def call(original, self, inputs, states, training=False, **rest):
        return original(self, inputs, states, training=False, **rest)


@refuted_by("dropout.rnn-of-cells")
def keeps_the_masks_of_stacked_cells(patch):
    @instead(patch, keras.layers.RNN, "_maybe_reset_dropout_masks")
    def reset(original, self, cell):
        return None if isinstance(cell, keras.layers.StackedRNNCells) else original(self, cell)


@refuted_by("dropout.get-mask")
def draws_a_mask_of_ones_without_dropout(patch):
    @instead(patch, keras.layers.LSTMCell, "get_recurrent_dropout_mask")
    def get(original, self, step_input):
        mask = original(self, step_input)
        return keras.ops.ones_like(step_input) if mask is None else mask


@refuted_by("dropout.get-mask")
def draws_another_mask_when_asked(patch):
    @instead(patch, keras.layers.LSTMCell, "get_dropout_mask")
    def get(original, self, step_input):
        self.reset_dropout_mask()
        return original(self, step_input)


@refuted_by("dropout.recurrent-whole-call", "dropout.recurrent-by-gate")
def draws_masks_of_three_gates_anew_at_each_timestep(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, inputs, states, training=False):
        kept = vars(self).get("_recurrent_dropout_mask")
        if training and self.recurrent_dropout and kept is not None:
            ones = keras.ops.ones_like(states[0])
            fresh = [
                keras.random.dropout(ones, self.recurrent_dropout, seed=self.seed_generator)
                for _ in range(3)
            ]
            self._recurrent_dropout_mask = [*fresh[:2], kept[2], fresh[2]]
        output = original(self, inputs, states, training)
        self._recurrent_dropout_mask = kept
        return output


@refuted_by("dropout.fresh", "dropout.inputs", "dropout.share")
def drops_nothing_in_a_graph(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, initial_state=None, mask=None, training=False):
        eager = tf.executing_eagerly()
        return original(self, sequences, initial_state, mask, training and eager)


@refuted_by("dropout.off-at-inference")
def drops_at_inference_under_unroll(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, training=False, **rest):
        return original(self, training=training or self.unroll, **rest)


@refuted_by("dropout.off-in-predict-and-evaluate")
def drops_in_compiled_predict(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, training=False, **rest):
        return original(self, training=training or not tf.executing_eagerly(), **rest)


@refuted_by("dropout.on-in-fit")
def drops_nothing_in_compiled_training(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, training=False, **rest):
        return original(self, training=training and tf.executing_eagerly(), **rest)
