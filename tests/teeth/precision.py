"""Wrong LSTMs that compute in another type, round otherwise, or take NaN and infinity wrongly."""

from __future__ import annotations

import keras
import numpy as np
from keras.src import dtype_policies

from teeth import guards, instead, refuted_by


def rounded(tensor, kind):
    """Return a tensor rounded to a type, in its own type."""
    return keras.ops.cast(keras.ops.cast(tensor, kind), tensor.dtype)


@refuted_by("precision.double", "precision.double-gelu")
def computes_float64_in_float32(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, inputs, states, **rest):
        _, (h, c) = original(self, inputs, states, **rest)
        h, c = rounded(h, "float32"), rounded(c, "float32")
        return h, [h, c]


@refuted_by("precision.double")
def stores_float64_weights_in_float32(patch):
    @instead(patch, keras.layers.LSTM, "set_weights")
    def set_weights(original, self, weights):
        original(self, [weight.astype("float32") for weight in weights])


@refuted_by(
    "precision.few-roundings",
    "precision.long-sequences",
    "precision.many-units",
    "precision.bound-from-equations",
    "precision.backward-stable",
)
def reads_its_input_in_float16(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, inputs, states, **rest):
        return original(self, rounded(inputs, "float16"), states, **rest)


@refuted_by("precision.half-roundings", "precision.bfloat-sixteen-glorot")
def reads_its_input_in_whole_numbers(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, inputs, states, **rest):
        return original(self, keras.ops.round(inputs), states, **rest)


@refuted_by("precision.input-is-cast", "precision.autocast")
def returns_the_type_of_its_input(patch):
    @instead(patch, keras.layers.LSTM, "__call__")
    def whole_call(original, self, x, **rest):
        return keras.ops.cast(original(self, x, **rest), x.dtype)


@refuted_by("precision.timestamps")
def rounds_all_input_to_float32(patch):
    @instead(patch, keras.layers.LSTM, "__call__")
    def whole_call(original, self, x, **rest):
        return original(self, x.astype("float32"), **rest)


@refuted_by("precision.timestamps")
def counts_whole_numbers_from_the_last_round_one(patch):
    @instead(patch, keras.layers.LSTM, "__call__")
    def whole_call(original, self, x, **rest):
        return original(self, x % 128 * 1e7, **rest)


@refuted_by("precision.mixed-types")
def returns_float32_states(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, *inputs, **rest):
        y, *states = original(self, *inputs, **rest)
        return [y, *(keras.ops.cast(state, "float32") for state in states)]


@refuted_by("precision.mixed-types")
def stores_its_weights_in_the_type_it_computes_in(patch):
    @instead(patch, keras.layers.LSTMCell, "build")
    def build(original, self, shape):
        self.dtype_policy = keras.DTypePolicy(self.compute_dtype)
        original(self, shape)


@refuted_by("precision.mixed-is-half")
def reads_input_in_bfloat16_if_the_policy_is_mixed(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, inputs, states, **rest):
        mixed = self.compute_dtype != self.variable_dtype
        return original(self, rounded(inputs, "bfloat16") if mixed else inputs, states, **rest)


@refuted_by("precision.half-counter")
def clips_the_cell_state(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, inputs, states, **rest):
        y, (h, c) = original(self, inputs, states, **rest)
        return y, [h, keras.ops.clip(c, -100, 100)]


@refuted_by("precision.mixed-stateful")
def starts_every_call_from_zeros(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, initial_state, **rest):
        return original(self, initial_state=[0 * state for state in initial_state], **rest)


@refuted_by("precision.float-sixteen-range")
def turns_large_numbers_into_the_largest_of_float16(patch):
    @instead(patch, keras.layers.LSTM, "__call__")
    def whole_call(original, self, x, **rest):
        return original(self, np.where(np.isinf(x), x, np.clip(x, -65504, 65504)), **rest)


@refuted_by(
    "precision.float-sixteen-by-default", "precision.bfloat-sixteen-by-default", raises=TypeError
)
def has_no_qr_decomposition_for_half_types(patch):
    @instead(patch, keras.initializers.Orthogonal, "__call__")
    def draw(original, self, shape, dtype=None):
        raise TypeError(f"no QR decomposition of {dtype}")


@refuted_by("precision.float-sixteen-by-default")
def draws_recurrent_weights_without_making_them_orthogonal(patch):
    @instead(patch, keras.initializers.Orthogonal, "__call__")
    def draw(original, self, shape, dtype=None):
        return keras.random.normal(shape, dtype=dtype)


@refuted_by("precision.bfloat-sixteen-by-default")
def makes_float32_weights_for_bfloat16(patch):
    @instead(patch, keras.layers.LSTM, "build")
    def build(original, self, **shape):
        self.dtype_policy = self.cell.dtype_policy = keras.DTypePolicy("float32")
        original(self, **shape)


@refuted_by("precision.policy-object")
def takes_a_policy_for_the_type_of_its_variables(patch):
    @instead(patch, dtype_policies, "get")
    def get(original, given):
        return original(getattr(given, "variable_dtype", given))


@refuted_by("precision.global-policy")
def asks_for_the_global_policy_at_each_call(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, *inputs, **rest):
        y = original(self, *inputs, **rest)
        return keras.ops.cast(y, keras.config.dtype_policy().compute_dtype)


@refuted_by("precision.type-for-both")
def computes_in_float32_unless_it_is_an_lstm(patch):
    @instead(patch, keras.layers.RNN, "build")
    def build(original, self, *shapes, **named_shapes):
        if not isinstance(self, keras.layers.LSTM):
            self.cell.dtype_policy = keras.DTypePolicy("float32")
        original(self, *shapes, **named_shapes)


@refuted_by("precision.gate-functions", "precision.saturation")
def keeps_the_gates_off_their_ends(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, *inputs, **rest):
        self.recurrent_activation = lambda z: 1e-6 + (1 - 2e-6) * keras.ops.sigmoid(z)
        return original(self, *inputs, **rest)


@refuted_by("precision.chaos")
def computes_float32_in_float64(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, **rest):
        double = keras.layers.LSTM(self.units, return_sequences=True, dtype="float64")
        double.build(sequences.shape)
        double.set_weights(self.get_weights())
        return original(double, keras.ops.cast(sequences, "float64"), **rest)


@refuted_by(
    "precision.closed-gate-keeps-nan",
    "precision.nan-until-reset",
    "precision.overflow-ends-in-nan",
)
def reads_a_state_without_nan_and_infinity(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, inputs, states, **rest):
        states = [keras.ops.where(keras.ops.isfinite(part), part, 0.0) for part in states]
        return original(self, inputs, states, **rest)


@refuted_by("precision.nan-in-weights")
def keeps_nan_within_its_unit(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, inputs, states, **rest):
        _, (h, c) = original(self, inputs, states, **rest)
        return h, [keras.ops.nan_to_num(h), c]


@refuted_by("precision.infinite-input")
def reads_infinity_as_nan(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, **rest):
        finite = keras.ops.isfinite(sequences)
        return original(self, keras.ops.where(finite, sequences, np.nan), **rest)


@refuted_by("precision.infinite-times-zero", "precision.infinities-meet")
def reads_infinity_as_the_largest_number(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, **rest):
        return original(self, keras.ops.clip(sequences, -1e30, 1e30), **rest)


@refuted_by("precision.tiny-numbers")
def divides_by_the_size_of_its_input(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, **rest):
        size = keras.ops.max(keras.ops.abs(sequences))
        return original(self, sequences / size * size, **rest)


@refuted_by("precision.subnormals")
def scales_its_input_before_it_is_read(patch):
    @instead(patch, keras.layers.LSTM, "__call__")
    def whole_call(original, self, x, **rest):
        return original(self, x * np.asarray(1000, x.dtype), **rest)


@refuted_by("precision.timestamps")
def reads_large_types_of_whole_numbers_as_zeros(patch):
    @instead(patch, keras.layers.LSTM, "__call__")
    def whole_call(original, self, x, **rest):
        unread = str(x.dtype) in ("int64", "uint8", "bool")
        return original(self, 0 * x if unread else x, **rest)


@refuted_by("precision.few-roundings", "precision.double", "precision.tiny-numbers")
def is_wrong_unrolled(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        output = original(self, sequences, *rest, **options)
        return keras.tree.map_structure(lambda y: y + 1, output) if self.unroll else output


@refuted_by("precision.long-sequences")
def adds_up_errors_from_two_hundred_timesteps_on(patch):
    guards.doubles_if(patch, lambda layer, x, mask: (x.shape[1] or 0) > 200)


@refuted_by("precision.many-units")
def is_wrong_for_hundreds_of_units(patch):
    guards.doubles_if(patch, lambda layer, x, mask: layer.units > 200)


@refuted_by("precision.nan-until-reset")
def spoils_the_state_of_every_row(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        output = original(self, sequences, *rest, **options)
        for state in self.states or []:
            state.assign(state + 0 * keras.ops.sum(state))
        return output
