"""Wrong LSTMs whose weights are others, begin otherwise or are set otherwise."""

from __future__ import annotations

import keras
import numpy as np
from keras.initializers import GlorotUniform, Orthogonal, Zeros

from teeth import guards, instead, refuted_by


@refuted_by("weights.three", "weights.parameter-count")
def has_a_second_bias(patch):
    @instead(patch, keras.layers.LSTMCell, "build")
    def build(original, self, input_shape):
        original(self, input_shape)
        self.recurrent_bias = self.add_weight((4 * self.units,), name="recurrent_bias")


@refuted_by("weights.any-length")
def reads_no_more_timesteps_than_it_was_built_for(patch):
    @instead(patch, keras.layers.LSTM, "build")
    def build(original, self, sequences_shape, *rest):
        self.length = sequences_shape[1]
        return original(self, sequences_shape, *rest)

    guards.reads_only(patch, lambda layer: slice(layer.length))


@refuted_by("weights.modes-add-none")
def learns_its_initial_state_when_stateful(patch):
    @instead(patch, keras.layers.LSTM, "build")
    def build(original, self, sequences_shape, *rest):
        original(self, sequences_shape, *rest)
        if self.stateful:
            self.first_h = self.add_weight((self.units,), name="first_h")


@refuted_by("weights.no-bias")
def keeps_the_forget_bias_without_bias(patch):
    @instead(patch, keras.layers.LSTMCell, "build")
    def build(original, self, input_shape):
        self.use_bias = self.use_bias or self.unit_forget_bias
        original(self, input_shape)


@refuted_by("weights.no-bias-is-zero-bias")
def adds_one_to_the_forget_gate_without_bias(patch):
    @instead(patch, keras.layers.LSTMCell, "_compute_carry_and_output_fused")
    def compute(original, self, z, c):
        z_i, z_f, z_g, z_o = z
        return original(self, (z_i, z_f + float(self.bias is None), z_g, z_o), c)


@refuted_by("weights.initial-bias", "weights.forget-bias-is-one")
def begins_without_forget_bias(patch):
    @instead(patch, keras.layers.LSTMCell, "build")
    def build(original, self, input_shape):
        self.unit_forget_bias = False
        original(self, input_shape)


@refuted_by("weights.plain-bias")
def always_begins_with_forget_bias(patch):
    @instead(patch, keras.layers.LSTMCell, "build")
    def build(original, self, input_shape):
        self.unit_forget_bias = True
        original(self, input_shape)


@refuted_by("weights.bias-initializer")
def forces_zeros_beside_the_forget_bias(patch):
    @instead(patch, keras.layers.LSTMCell, "build")
    def build(original, self, input_shape):
        self.bias_initializer = Zeros()
        original(self, input_shape)


@refuted_by("weights.forget-bias-is-one")
def adds_one_to_the_initial_forget_bias(patch):
    @instead(patch, keras.layers.LSTMCell, "build")
    def build(original, self, input_shape):
        original(self, input_shape)
        i, f, g, o = np.split(keras.ops.convert_to_numpy(self.bias), 4)
        self.bias.assign(np.concatenate([i, i + f, g, o]))


@refuted_by("weights.kernel-range")
def initializes_the_kernel_gate_by_gate(patch):
    @instead(patch, keras.layers.LSTMCell, "build")
    def build(original, self, input_shape):
        original(self, input_shape)
        gates = [GlorotUniform()((input_shape[-1], self.units)) for _ in range(4)]
        self.kernel.assign(keras.ops.concatenate(gates, axis=1))


@refuted_by("weights.kernel-range")
def begins_with_a_normal_kernel(patch):
    @instead(patch, keras.layers.LSTMCell, "build")
    def build(original, self, input_shape):
        self.kernel_initializer = keras.initializers.GlorotNormal()
        original(self, input_shape)


@refuted_by("weights.recurrent-rows", "weights.gate-blocks")
def initializes_the_recurrent_kernel_gate_by_gate(patch):
    @instead(patch, keras.layers.LSTMCell, "build")
    def build(original, self, input_shape):
        original(self, input_shape)
        gates = [Orthogonal()((self.units, self.units)) for _ in range(4)]
        self.recurrent_kernel.assign(keras.ops.concatenate(gates, axis=1))


@refuted_by("weights.fresh")
def begins_alike_in_every_layer(patch):
    @instead(patch, keras.layers.LSTMCell, "build")
    def build(original, self, input_shape):
        self.kernel_initializer = GlorotUniform(seed=0)
        original(self, input_shape)


@refuted_by("weights.global-seed", "weights.seeded-initializers")
def ignores_every_seed(patch):
    @instead(patch, keras.layers.LSTMCell, "build")
    def build(original, self, input_shape):
        original(self, input_shape)
        self.kernel.assign(np.random.default_rng().uniform(-1, 1, self.kernel.shape))


@refuted_by("weights.seed-argument")
def seeds_its_kernel(patch):
    @instead(patch, keras.layers.LSTMCell, "build")
    def build(original, self, input_shape):
        self.kernel_initializer = GlorotUniform(seed=self.seed)
        original(self, input_shape)


@refuted_by("weights.none-before-build")
def builds_itself_for_one_feature(patch):
    layer_weights = keras.layers.Layer.weights

    def weights(self):
        if not self.built:
            self.build((None, None, 1))
        return layer_weights.fget(self)

    patch.setattr(keras.layers.LSTM, "weights", property(weights))


@refuted_by("weights.of-the-cell")
def keeps_copies_of_the_weights(patch):
    copies = property(lambda self: [keras.Variable(w, name=w.name) for w in self.cell.weights])
    patch.setattr(keras.layers.LSTM, "weights", copies)


@refuted_by("weights.paths")
def counts_its_cells(patch):
    @instead(patch, keras.layers.LSTMCell, "build")
    def build(original, self, input_shape):
        self.name = f"{self.name}_1"
        original(self, input_shape)


@refuted_by("weights.seed-state")
def has_a_seed_for_each_dropout(patch):
    @instead(patch, keras.layers.LSTMCell, "build")
    def build(original, self, input_shape):
        original(self, input_shape)
        self.recurrent_seed = keras.random.SeedGenerator()


@refuted_by("weights.round-trip")
def stores_weights_in_half_precision(patch):
    @instead(patch, keras.layers.LSTM, "set_weights")
    def set_weights(original, self, weights):
        original(self, [weight.astype("float16") for weight in weights])


@refuted_by("weights.wrong-number")
def keeps_the_weights_that_are_not_given(patch):
    @instead(patch, keras.layers.LSTM, "set_weights")
    def set_weights(original, self, weights):
        original(self, [*weights, *self.get_weights()[len(weights) :]])


@refuted_by("weights.wrong-shape")
def cuts_and_repeats_arrays_to_fit(patch):
    @instead(patch, keras.layers.LSTM, "set_weights")
    def set_weights(original, self, weights):
        original(self, [np.resize(w, v.shape) for w, v in zip(weights, self.weights, strict=True)])


@refuted_by("weights.refused-halfway")
def takes_back_what_it_set_when_refusing(patch):
    @instead(patch, keras.layers.LSTM, "set_weights")
    def set_weights(original, self, weights):
        before = self.get_weights()
        try:
            original(self, weights)
        except ValueError:
            original(self, before)
            raise


@refuted_by("weights.trainable")
def freezes_the_layer_but_not_its_cell(patch):
    @instead(patch, keras.layers.LSTMCell, "build")
    def build(original, self, input_shape):
        original(self, input_shape)
        self.trainable = True


@refuted_by("weights.trainable")
def never_trains_its_bias(patch):
    @instead(patch, keras.layers.LSTMCell, "build")
    def build(original, self, input_shape):
        original(self, input_shape)
        if self.bias is not None:
            self.bias.trainable = False


@refuted_by("weights.shared")
def makes_new_weights_for_every_call(patch):
    @instead(patch, keras.layers.LSTM, "__call__")
    def call(original, self, *inputs, **options):
        return original(keras.layers.LSTM(self.units), *inputs, **options)


@refuted_by("weights.wrong-shape")
def transposes_and_broadcasts_to_fit(patch):
    @instead(patch, keras.layers.LSTM, "set_weights")
    def set_weights(original, self, weights):
        def fitted(array, shape):
            turned = array.T if array.shape == shape[::-1] else array
            return np.broadcast_to(turned, shape) if turned.size == 1 else turned

        fits = [fitted(np.asarray(w), v.shape) for w, v in zip(weights, self.weights, strict=True)]
        original(self, fits)


@refuted_by("weights.seeded-initializers")
def draws_its_weights_from_numpy_too(patch):
    @instead(patch, keras.layers.LSTMCell, "build")
    def build(original, self, input_shape):
        original(self, input_shape)
        self.kernel.assign(keras.ops.convert_to_numpy(self.kernel) + np.random.uniform())


@refuted_by("weights.shared", "weights.any-length")
def doubles_the_output_of_another_length(patch):
    def another(layer, x, mask):
        return vars(layer).setdefault("length", x.shape[1]) != x.shape[1]

    guards.doubles_if(patch, another)
