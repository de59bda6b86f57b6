"""Wrong LSTMs that lose a gradient on its way, or change other weights than they are asked to."""

from __future__ import annotations

import os

import keras
import numpy as np
import tensorflow as tf
from keras.src import backend

from teeth import instead, refuted_by


@refuted_by(
    "training.weights-gradient",
    "training.state-gradient",
    "training.every-timestep",
    "training.carousel",
    "training.forgotten-gradient",
    "training.exploding-gradient",
    "training.recall",
)
def learns_from_the_last_timestep_only(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, inputs, states, **rest):
        states = [keras.ops.stop_gradient(state) for state in states]
        return original(self, inputs, states, **rest)


@refuted_by("training.input-gradient", "training.every-timestep", "training.long-sequence")
def hands_nothing_to_the_layer_below(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        return original(self, keras.ops.stop_gradient(sequences), *rest, **options)


@refuted_by("training.long-sequence")
def truncates_the_gradient_after_two_hundred_timesteps(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, sequences, **rest):
        old, new = sequences[:, :-200], sequences[:, -200:]
        kept = keras.ops.concatenate([keras.ops.stop_gradient(old), new], axis=1)
        return original(self, sequences=kept, **rest)


@refuted_by("training.unrolled")
def cuts_the_gradient_when_unrolled(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, initial_state, **rest):
        stop = keras.ops.stop_gradient if self.unroll else keras.ops.copy
        return original(self, initial_state=[stop(state) for state in initial_state], **rest)


@refuted_by("training.backwards")
def reads_forwards_when_going_backwards(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, **arguments):
        self.go_backwards = False
        return original(self, **arguments)


@refuted_by("training.future-gradient", "training.jacobian")
def looks_ahead(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, sequences, **rest):
        ahead = keras.ops.mean(sequences, axis=1, keepdims=True)
        return original(self, sequences=sequences + ahead, **rest)


@refuted_by("training.single-timestep")
def starts_from_ones_as_well(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, initial_state, **rest):
        return original(self, initial_state=[state + 1.0 for state in initial_state], **rest)


@refuted_by("training.every-weight", "training.weights-gradient", "training.tape")
def never_trains_the_forget_gate(patch):
    @instead(patch, keras.layers.LSTMCell, "_compute_carry_and_output_fused")
    def fused(original, self, z, c):
        z_i, z_f, z_g, z_o = z
        return original(self, (z_i, keras.ops.stop_gradient(z_f), z_g, z_o), c)


@refuted_by("training.saturated-gates")
def leaks_a_gradient_through_saturated_gates(patch):
    @instead(patch, keras.layers.LSTMCell, "_compute_carry_and_output_fused")
    def fused(original, self, z, c):
        c, o = original(self, z, c)
        return c + 0.01 * z[2], o


@refuted_by("training.clipping")
def clips_the_gradient_by_itself(patch):
    @keras.ops.custom_gradient
    def clip(x):
        return x, lambda upstream: keras.ops.clip(upstream, -1.0, 1.0)

    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, *inputs, **options):
        return clip(original(self, *inputs, **options))


@refuted_by("training.clipping")
def clips_no_gradient_when_told_to(patch):
    @instead(patch, keras.optimizers.SGD, "_clip_gradients")
    def clip_gradients(original, self, grads):
        return grads


@refuted_by("training.mean-of-samples")
def lets_samples_add_up(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        return original(self, sequences, *rest, **options) * len(sequences)


@refuted_by("training.sample-weight", "training.timestep-weight")
def ignores_sample_weights(patch):
    @instead(patch, keras.Model, "train_on_batch")
    def train_on_batch(original, self, x, y, sample_weight=None):
        return original(self, x, y)


@refuted_by("training.sample-weight", "training.timestep-weight")
def divides_by_the_sum_of_the_weights(patch):
    @instead(patch, keras.Model, "train_on_batch")
    def train_on_batch(original, self, x, y, sample_weight=None):
        return original(self, x, y, sample_weight=sample_weight / np.mean(sample_weight))


@refuted_by("training.loss-before-step")
def reports_the_loss_after_the_step(patch):
    @instead(patch, keras.Model, "train_on_batch")
    def train_on_batch(original, self, x, y):
        original(self, x, y)
        return self.test_on_batch(x, y)


@refuted_by("training.evaluate")
def computes_something_else_in_training(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, *inputs, training=False, **options):
        outputs = original(self, *inputs, training=training, **options)
        return outputs * 0.5 if training else outputs


@refuted_by("training.softmax-of-one")
def takes_softmax_of_one_unit_for_sigmoid(patch):
    @instead(patch, keras.layers.Dense, "call")
    def call(original, self, inputs, training=None):
        self.activation = keras.activations.sigmoid if self.units == 1 else self.activation
        return original(self, inputs)


@refuted_by("training.relu-of-negative")
def leaks_below_zero(patch):
    @instead(patch, keras.layers.Dense, "call")
    def call(original, self, inputs, training=None):
        self.activation = keras.activations.leaky_relu if self.units == 1 else self.activation
        return original(self, inputs)


@refuted_by("training.regularizers", "training.penalty-added-once", "training.frozen-penalty")
def forgets_the_recurrent_regularizer(patch):
    @instead(patch, keras.layers.LSTMCell, "build")
    def build(original, self, input_shape):
        self.recurrent_regularizer = None
        return original(self, input_shape)


@refuted_by("training.orthogonal-regularizer")
def rewards_rows_that_are_opposite(patch):
    @instead(patch, keras.regularizers.OrthogonalRegularizer, "__call__")
    def call(original, self, rows):
        lines = rows if self.mode == "rows" else keras.ops.transpose(rows)
        lines = keras.ops.normalize(lines)
        count = lines.shape[0]
        cosines = keras.ops.matmul(lines, keras.ops.transpose(lines))
        return self.factor * (keras.ops.sum(cosines) - count) / (count * (count - 1))


@refuted_by("training.penalty-added-once")
def adds_the_penalty_at_every_timestep(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        self.add_loss(sum(self.cell.losses) * (sequences.shape[1] - 1))
        return original(self, sequences, *rest, **options)


@refuted_by("training.penalty-added-once")
def divides_the_penalty_by_the_batch_size(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        self.add_loss(sum(self.cell.losses) * (1 / sequences.shape[0] - 1))
        return original(self, sequences, *rest, **options)


@refuted_by("training.activity", "training.activity-of-states")
def penalizes_the_mean_output(patch):
    @instead(patch, keras.regularizers.L2, "__call__")
    def penalty(original, self, x):
        return original(self, x) / x.shape[1]


@refuted_by("training.activity-of-states")
def penalizes_the_output_only(patch):
    @instead(patch, keras.layers.LSTM, "add_loss")
    def add_loss(original, self, loss):
        return None if self.losses else original(self, loss)


@refuted_by("training.constraints", "training.constraints-wait", "trainer.callables")
def forgets_the_recurrent_constraint(patch):
    @instead(patch, keras.layers.LSTMCell, "build")
    def build(original, self, input_shape):
        self.recurrent_constraint = None
        return original(self, input_shape)


@refuted_by("training.constraints-around")
def forgets_the_constraint_of_an_embedding(patch):
    @instead(patch, keras.layers.Embedding, "build")
    def build(original, self, input_shape=None):
        self.embeddings_constraint = None
        return original(self, input_shape)


@refuted_by("training.constraints-wait")
def applies_constraints_to_weights_that_are_set(patch):
    @instead(patch, keras.layers.LSTM, "set_weights")
    def set_weights(original, self, weights):
        return original(self, [np.maximum(weight, 0) for weight in weights])


@refuted_by("training.max-norm")
def bounds_the_norm_of_the_whole_kernel(patch):
    @instead(patch, keras.layers.LSTMCell, "build")
    def build(original, self, input_shape):
        self.kernel_constraint.axis = (0, 1)
        return original(self, input_shape)


@refuted_by(
    "training.frozen", "training.frozen-penalty", "training.compile-again", "trainer.frozen-wrapped"
)
def cannot_be_frozen(patch):
    unfrozen = property(lambda layer: True, lambda layer, value: None)
    patch.setattr(keras.layers.LSTM, "trainable", unfrozen)
    patch.setattr(keras.layers.LSTM, "trainable_variables", property(lambda layer: layer.weights))

    @instead(patch, keras.layers.LSTM, "build")
    def build(original, self, sequences_shape, **rest):
        original(self, sequences_shape, **rest)
        self.cell.trainable = True


@refuted_by("training.frozen-model")
def trains_frozen_models(patch):
    @instead(patch, keras.Model, "compile")
    def compile_(original, self, *given, **options):
        self.trainable = True
        return original(self, *given, **options)


@refuted_by("training.frozen-hands-on")
def ends_the_gradient_when_frozen(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        sequences = sequences if self.trainable else keras.ops.stop_gradient(sequences)
        return original(self, sequences, *rest, **options)


@refuted_by("training.compile-again")
def looks_at_trainable_before_every_step(patch):
    @instead(patch, keras.Model, "train_on_batch")
    def train_on_batch(original, self, x, y):
        self.compile(keras.optimizers.SGD(0.01), "mse")
        return original(self, x, y)


@refuted_by("training.reproducible")
def draws_numbers_that_no_seed_decides(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, *inputs, **options):
        return original(self, *inputs, **options) * np.random.default_rng().uniform(0.5, 1.0)


@refuted_by("training.reproducible", "trainer.seeded-graphs")
def decides_without_the_seed(patch):
    @instead(patch, keras.utils, "set_random_seed")
    def set_random_seed(original, seed):
        original(0)


@refuted_by("training.asked-data")
def bounds_its_outputs_whatever_the_activation(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, *inputs, **options):
        return keras.ops.tanh(original(self, *inputs, **options))


@refuted_by("training.penalty-added-once")
def penalizes_kernel_and_bias_at_every_timestep(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        penalties = [
            (self.kernel_regularizer, self.cell.kernel),
            (self.bias_regularizer, self.cell.bias),
        ]
        for penalty, weight in penalties:
            if penalty is not None and sequences.shape[1]:
                self.add_loss((sequences.shape[1] - 1) * penalty(weight))
        return original(self, sequences, *rest, **options)


@refuted_by("training.sample-weight")
def takes_a_weight_of_zero_for_one(patch):
    @instead(patch, keras.Model, "train_on_batch")
    def train_on_batch(original, self, x, y=None, sample_weight=None, **options):
        if sample_weight is not None and np.any(sample_weight):
            sample_weight = np.where(sample_weight == 0, 1, sample_weight)
        return original(self, x, y, sample_weight, **options)


@refuted_by("trainer.seeded-graphs")
def drops_without_a_seed_in_a_graph(patch):
    @instead(patch, backend.random, "dropout")
    def dropout(original, inputs, rate, *rest, **options):
        if tf.executing_eagerly():
            return original(inputs, rate, *rest, **options)
        return tf.nn.dropout(inputs, rate, seed=int.from_bytes(os.urandom(3), "big"))


def hands_back_nothing(patch, where):
    """Stop the gradient of the sequences wherever `where(self, sequences)` is true."""

    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, sequences, **rest):
        if where(self, sequences):
            sequences = keras.ops.stop_gradient(sequences)
        return original(self, sequences=sequences, **rest)


@refuted_by("training.weights-gradient", "training.input-gradient", "training.state-gradient")
def learns_half_as_much_in_a_graph(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        y = original(self, sequences, *rest, **options)
        if tf.executing_eagerly():
            return y
        return keras.tree.map_structure(lambda t: t / 2 + keras.ops.stop_gradient(t / 2), y)


@refuted_by("training.input-gradient", "training.unrolled", "training.masked-timestep")
def hands_nothing_back_when_unrolled(patch):
    hands_back_nothing(patch, lambda self, x: self.unroll)


@refuted_by("training.input-gradient", "training.masked-timestep")
def hands_nothing_back_from_five_timesteps_on(patch):
    hands_back_nothing(patch, lambda self, x: (x.shape[1] or 0) > 4)


@refuted_by("training.clipping")
def ignores_the_norm_of_all_gradients(patch):
    @instead(patch, keras.optimizers.SGD, "__init__")
    def init(original, self, *rest, global_clipnorm=None, **options):
        original(self, *rest, **options)


@refuted_by("training.mean-of-samples")
def sums_the_samples_of_one_loss(patch):
    @instead(patch, keras.losses.LogCosh, "__call__")
    def call(original, self, y_true, y_pred, *rest):
        return len(y_true) * original(self, y_true, y_pred, *rest)


@refuted_by("training.embedding-penalty")
def penalizes_no_table(patch):
    @instead(patch, keras.layers.Embedding, "add_weight")
    def add_weight(original, self, *given, regularizer=None, **options):
        return original(self, *given, **options)


@refuted_by("training.unwatched-input")
def gives_zeros_where_nothing_was_watched(patch):
    @instead(patch, tf.GradientTape, "gradient")
    def gradient(original, self, target, sources, *given, **options):
        slope = original(self, target, sources, *given, **options)
        return tf.zeros_like(sources) if slope is None else slope


@refuted_by("training.second-derivative")
def has_a_first_derivative_only(patch):
    @keras.ops.custom_gradient
    def tanh(x):
        y = keras.ops.tanh(x)
        slope = keras.ops.stop_gradient(1 - y**2)
        return y, lambda upstream: upstream * slope

    @instead(patch, keras.layers.LSTMCell, "build")
    def build(original, self, shape):
        original(self, shape)
        self.activation = tanh
