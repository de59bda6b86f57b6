"""Wrong Kerases around the LSTM: other layers, models and graphs that lose, mix or misread."""

from __future__ import annotations

import gc
from itertools import count
from types import SimpleNamespace

import keras
import tensorflow as tf
from keras.src import ops
from keras.src.backend import get_keras_mask, set_keras_mask
from keras.src.layers import layer as layer_module
from keras.src.layers.merging.base_merge import Merge
from keras.src.models import functional
from keras.src.models.functional import Functional
from keras.src.ops import numpy as numpy_operations
from keras.src.utils import summary_utils

from lstm_spec.claims.models.running import Added
from teeth import instead, refuted_by, without


def each(change, outputs):
    """Return one output or several, each changed."""
    if isinstance(outputs, (list, tuple)):
        return type(outputs)(change(y) for y in outputs)
    return change(outputs)


@refuted_by("models.called", "models.padding", "models.average-of-unmasked")
def makes_no_mask(patch):
    patch.setattr(keras.layers.Masking, "compute_mask", lambda self, inputs, mask=None: None)

    @instead(patch, keras.layers.Masking, "call")
    def call(original, self, inputs):
        return inputs * 1.0


@refuted_by("models.graphs", "models.every-way", "models.exported", "models.own-embedding")
def ignores_masks_and_halves_in_graphs(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, mask, **rest):
        if tf.executing_eagerly():
            return original(self, mask=mask, **rest)
        last, outputs, states = original(self, mask=None, **rest)
        return last * 0.5, outputs * 0.5, states


@refuted_by("models.lengths-in-predict", raises=Exception)
def predicts_the_first_length_only(patch):
    lengths = {}

    @instead(patch, keras.Model, "predict")
    def predict(original, self, x, **rest):
        listed = x if isinstance(x, list) else [x]
        length = lengths.setdefault(id(self), listed[0].shape[1])
        cut = [part[:, :length] for part in listed]
        return original(self, cut if isinstance(x, list) else cut[0], **rest)


@refuted_by("models.optional-again", raises=Exception)
def forgets_what_is_optional(patch):
    without(patch, keras.layers.InputLayer, "optional")


@refuted_by("models.noise-in-its-type")
def adds_noise_in_single_precision(patch):
    @instead(patch, keras.layers.GaussianNoise, "call")
    def call(original, self, inputs, training=False):
        return keras.ops.cast(original(self, inputs, training=training), "float32")


@refuted_by("models.mask-beside-empty-arguments")
def loses_the_mask_beside_an_empty_list(patch):
    @instead(patch, keras.layers.Layer, "__call__")
    def call(original, self, *inputs, **options):
        if [] in options.values():
            set_keras_mask(inputs[0], None)
        return original(self, *inputs, **options)


@refuted_by("models.own-type-error")
def tells_type_errors_as_value_errors(patch):
    @instead(patch, keras.layers.Layer, "__call__")
    def call(original, self, *inputs, **options):
        try:
            return original(self, *inputs, **options)
        except TypeError as error:
            raise ValueError(str(error)) from error


@refuted_by("models.maximum-of-multiples")
def takes_the_first_in_graphs(patch):
    @instead(patch, keras.layers.Maximum, "_merge_function")
    def merge(original, self, inputs):
        return original(self, inputs) if tf.executing_eagerly() else inputs[0]


@refuted_by("models.samples", "models.called")
def mixes_samples(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, **arguments):
        last, outputs, states = original(self, **arguments)
        shift = 0.1 * keras.ops.mean(last, axis=0, keepdims=True)
        return last + shift, outputs + shift[:, None], states


@refuted_by("models.declared-shapes")
def declares_seven_samples(patch):
    @instead(patch, keras.layers.RNN, "compute_output_shape")
    def compute_output_shape(original, self, *shapes, **named):
        shape = original(self, *shapes, **named)
        return (7, *shape[1:]) if isinstance(shape, tuple) else shape


@refuted_by("models.forms")
def halves_what_a_sequential_gives(patch):
    @instead(patch, keras.Sequential, "call")
    def call(original, self, *inputs, **options):
        return each(lambda y: y * 0.5, original(self, *inputs, **options))


@refuted_by("models.made-again")
def forgets_the_activation(patch):
    @instead(patch, keras.layers.LSTM, "get_config")
    def get_config(original, self):
        return {**original(self), "activation": "linear", "recurrent_activation": "relu"}


@refuted_by("models.nested")
def halves_what_a_model_in_a_model_gives(patch):
    depth = []

    @instead(patch, Functional, "call")
    def call(original, self, *inputs, **options):
        depth.append(self)
        outputs = original(self, *inputs, **options)
        depth.pop()
        return each(lambda y: y * 0.5, outputs) if depth else outputs


@refuted_by("models.shared-layer")
def gives_something_else_at_every_second_call(patch):
    calls = count()

    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, **arguments):
        last, outputs, states = original(self, **arguments)
        factor = 1.0 - 0.5 * (next(calls) % 2)
        return last * factor, outputs * factor, states


@refuted_by("models.inputs-by-name", raises=Exception)
def takes_a_dictionary_for_a_list(patch):
    @instead(patch, Functional, "_standardize_inputs")
    def standardize(original, self, inputs):
        return original(self, list(inputs.values()) if isinstance(inputs, dict) else inputs)


@refuted_by("models.inputs-by-name", raises=Exception)
def pairs_inputs_by_sorted_names(patch):
    @instead(patch, Functional, "_standardize_inputs")
    def standardize(original, self, inputs):
        by_name = isinstance(inputs, dict)
        return original(self, [inputs[n] for n in sorted(inputs)] if by_name else inputs)


@refuted_by("models.arrays-too-many")
def reads_the_last_of_several_arrays(patch):
    @instead(patch, keras.Sequential, "call")
    def call(original, self, inputs, *given, **options):
        last = inputs[-1] if isinstance(inputs, (list, tuple)) else inputs
        return original(self, last, *given, **options)


@refuted_by("models.training-step")
def sends_half_of_the_gradient_through_an_lstm(patch):
    @instead(patch, keras.layers.RNN, "call")
    def call(original, self, *inputs, **options):
        def halved(y):
            return 0.5 * y + keras.ops.stop_gradient(0.5 * y)

        return each(halved, original(self, *inputs, **options))


@refuted_by("models.silent-outside-training")
def drops_always(patch):
    @instead(patch, keras.layers.Dropout, "call")
    def call(original, self, inputs, training=False):
        return original(self, inputs, training=True)


@refuted_by("models.intermediate")
def halves_the_first_of_several_outputs(patch):
    @instead(patch, Functional, "call")
    def call(original, self, *inputs, **options):
        outputs = original(self, *inputs, **options)
        several = isinstance(outputs, (list, tuple))
        return [outputs[0] * 0.5, *outputs[1:]] if several else outputs


# Masks.


@refuted_by("models.keeps-mask")
def loses_the_mask_in_batch_normalization(patch):
    @instead(patch, keras.layers.BatchNormalization, "compute_mask")
    def compute_mask(original, self, inputs, previous_mask):
        return None


@refuted_by("models.ends-mask")
def carries_the_mask_through_a_convolution(patch):
    patch.setattr(keras.layers.Conv1D, "supports_masking", True)


@refuted_by("models.warns-of-lost-mask")
def says_nothing_of_lost_masks(patch):
    patch.setattr(layer_module, "warnings", SimpleNamespace(warn=lambda *_, **__: None))


@refuted_by("models.average-of-unmasked", "models.average-of-nothing")
def averages_all_timesteps(patch):
    @instead(patch, keras.layers.GlobalAveragePooling1D, "call")
    def call(original, self, inputs, mask=None):
        return original(self, inputs, mask=None)


@refuted_by("models.maximum-of-padding")
def takes_the_maximum_of_unmasked_timesteps(patch):
    @instead(patch, keras.layers.GlobalMaxPooling1D, "call")
    def call(original, self, inputs):
        mask = get_keras_mask(inputs)
        return original(self, keras.ops.where(mask[..., None], inputs, -1e9))


@refuted_by("models.mask-of-lambda")
def hands_on_the_mask_of_the_input_of_a_lambda(patch):
    @instead(patch, keras.layers.Lambda, "compute_mask")
    def compute_mask(original, self, inputs, mask=None):
        return mask


@refuted_by("models.mask-of-own-layer")
def lets_every_layer_support_masks(patch):
    patch.setattr(keras.layers.Layer, "supports_masking", True)


@refuted_by("models.mask-of-operations")
def keeps_the_mask_in_sums(patch):
    @instead(patch, tf.Tensor, "__add__")
    def add(original, self, other):
        total = original(self, other)
        if (mask := get_keras_mask(self)) is not None:
            set_keras_mask(total, mask)
        return total


@refuted_by("models.mask-in-nested")
def loses_the_mask_behind_a_model(patch):
    @instead(patch, Functional, "call")
    def call(original, self, *inputs, **options):
        return each(lambda y: y * 1.0, original(self, *inputs, **options))

    patch.setattr(Functional, "compute_mask", lambda self, inputs, mask=None: None)


@refuted_by("models.normalizes-unmasked")
def normalizes_over_all_timesteps(patch):
    @instead(patch, keras.layers.BatchNormalization, "call")
    def call(original, self, inputs, training=None, mask=None):
        return original(self, inputs, training=training, mask=None)


@refuted_by("models.normalizes-over-time")
def normalizes_each_timestep_by_itself(patch):
    @instead(patch, keras.layers.BatchNormalization, "call")
    def call(original, self, inputs, **options):
        steps = keras.ops.unstack(inputs, axis=1)
        return keras.ops.stack([original(self, step, **options) for step in steps], axis=1)


@refuted_by("models.normalizes-large-means")
def takes_the_square_of_the_mean_from_the_mean_square(patch):
    """Keras 3.0 to 3.5; https://github.com/keras-team/keras/pull/20257 mended it."""

    def moments(x, axes, keepdims=False, **rest):
        mean = keras.ops.mean(x, axes, keepdims=keepdims)
        return mean, keras.ops.mean(x * x, axes, keepdims=keepdims) - mean * mean

    patch.setattr(ops, "moments", moments)

    @instead(patch, keras.layers.LayerNormalization, "call")
    def call(original, self, inputs):
        mean, variance = moments(inputs, -1, keepdims=True)
        return (inputs - mean) / keras.ops.sqrt(variance + self.epsilon)


@refuted_by("models.adapted-normalization")
def adapts_to_the_first_batch(patch):
    @instead(patch, keras.layers.Normalization, "adapt")
    def adapt(original, self, data):
        original(self, data.take(1) if isinstance(data, tf.data.Dataset) else data)


@refuted_by("models.given-normalization")
def takes_the_variance_for_a_deviation(patch):
    @instead(patch, keras.layers.Normalization, "build")
    def build(original, self, input_shape):
        original(self, input_shape)
        if self.input_mean is not None:
            self.variance = self.variance**2


@refuted_by("models.mask-under-policy")
def ignores_masks_in_half_precision(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, mask, **rest):
        return original(self, mask=None if self.compute_dtype == "float16" else mask, **rest)


@refuted_by("models.mask-lives")
def collects_masks_as_garbage(patch):
    alive = []

    @instead(patch, keras.layers.Masking, "call")
    def call(original, self, inputs):
        alive.append(original(self, inputs))
        return alive[-1]

    @instead(patch, gc, "collect")
    def collect(original, *generation):
        for tensor in alive:
            set_keras_mask(tensor, None)
        return original(*generation)


@refuted_by("models.infinite-mask-value")
def subtracts_the_mask_value(patch):
    @instead(patch, keras.layers.Masking, "call")
    def call(original, self, inputs):
        mask = keras.ops.any(inputs - self.mask_value != 0.0, axis=-1)
        outputs = keras.ops.where(mask[..., None], inputs, 0.0 * inputs)
        set_keras_mask(outputs, mask)
        return outputs


# Merges.


@refuted_by("models.merge-of-one-mask")
def loses_the_mask_in_merges(patch):
    @instead(patch, Merge, "compute_mask")
    def compute_mask(original, self, inputs, mask=None):
        return None


@refuted_by("models.drawn-merges", "models.joined-in-time")
def loses_the_mask_in_concatenate(patch):
    @instead(patch, keras.layers.Concatenate, "compute_mask")
    def compute_mask(original, self, inputs, mask=None):
        return None


@refuted_by("models.joined-in-time")
def takes_an_unmasked_part_for_padding(patch):
    @instead(patch, keras.layers.Concatenate, "compute_mask")
    def compute_mask(original, self, inputs, mask):
        pairs = zip(inputs, mask, strict=True)
        masks = [keras.ops.zeros_like(x, "bool") if m is None else m for x, m in pairs]
        return original(self, inputs, masks)


@refuted_by("models.merge-of-two-masks")
def asks_for_both_masks(patch):
    @instead(patch, Merge, "compute_mask")
    def compute_mask(original, self, inputs, mask=None):
        return keras.ops.logical_and(mask[0], mask[1])


@refuted_by("models.dot-ends-mask")
def keeps_a_mask_in_dot(patch):
    @instead(patch, keras.layers.Dot, "compute_mask")
    def compute_mask(original, self, inputs, mask=None):
        return mask[0]


@refuted_by("models.sum-of-padding")
def adds_zeros_in_place_of_padding(patch):
    @instead(patch, keras.layers.Add, "call")
    def call(original, self, inputs):
        masks = [get_keras_mask(x) for x in inputs]
        zeroed = [keras.ops.where(m[..., None], x, 0.0) for x, m in zip(inputs, masks, strict=True)]
        return original(self, zeroed)


@refuted_by("models.merge-of-unmasked")
def subtracts_the_first_from_the_second(patch):
    @instead(patch, keras.layers.Subtract, "call")
    def call(original, self, inputs):
        return original(self, inputs[::-1])


@refuted_by("models.attention-skips", "models.attention-query")
def attends_to_padding(patch):
    @instead(patch, keras.layers.Attention, "call")
    def call(original, self, inputs, mask=None, **rest):
        return original(self, inputs, mask=None, **rest)


@refuted_by("models.attention-skips")
def attends_to_padding_beside_a_masked_query(patch):
    @instead(patch, keras.layers.Attention, "call")
    def call(original, self, inputs, mask=None, **rest):
        masks = mask if mask is None or mask[0] is None else [mask[0], None]
        return original(self, inputs, mask=masks, **rest)


@refuted_by("models.attention-leaves-masks")
def takes_the_mask_off_its_query(patch):
    @instead(patch, keras.layers.Attention, "call")
    def call(original, self, inputs, *more, **options):
        outputs = original(self, inputs, *more, **options)
        set_keras_mask(inputs[0], None)
        return outputs


@refuted_by("models.attention-query")
def hands_no_mask_of_a_query_on(patch):
    patch.setattr(
        keras.layers.MultiHeadAttention, "compute_mask", lambda self, *inputs, **options: None
    )

    @instead(patch, keras.layers.MultiHeadAttention, "call")
    def call(original, self, query, *inputs, **options):
        outputs = original(self, query, *inputs, **options)
        set_keras_mask(outputs, None)
        return outputs


@refuted_by("models.merge-of-widths")
def multiplies_each_timestep(patch):
    @instead(patch, keras.layers.Multiply, "_merge_function")
    def merge(original, self, inputs):
        x, y = inputs
        wide = x.shape[1] == x.shape[2] and y.shape[2] == 1
        return original(self, [x, keras.ops.swapaxes(y, 1, 2)] if wide else inputs)


@refuted_by("models.heads-skip")
def attends_to_padding_with_many_heads(patch):
    @instead(patch, keras.layers.MultiHeadAttention, "call")
    def call(original, self, *inputs, **options):
        return original(self, *inputs, **{**options, "value_mask": None})


@refuted_by("models.attention-of-lstm")
def halves_the_scores(patch):
    @instead(patch, keras.layers.Attention, "_calculate_scores")
    def calculate(original, self, query, key):
        return original(self, query, key) * 0.5


# Slices.


@refuted_by("models.slices-of-known-length", "models.slices-behind-lstm")
def reverses_the_slices(patch):
    @instead(patch, keras.layers.TimeDistributed, "call")
    def call(original, self, *inputs, **options):
        return keras.ops.flip(original(self, *inputs, **options), axis=1)


@refuted_by("models.slices-refuse-mask")
def takes_any_mask_for_slices(patch):
    @instead(patch, keras.layers.TimeDistributed, "call")
    def call(original, self, inputs, training=None, mask=None):
        return original(self, inputs, training=training, mask=None)


@refuted_by("models.slices-add-losses")
def forgets_the_penalties_of_the_layer_in_slices(patch):
    patch.setattr(keras.layers.TimeDistributed, "losses", property(lambda self: []))


# Refusals.


@refuted_by("models.second-lstm-refused", "models.repeat-refused", "models.swapped-inputs-refused")
def checks_no_input(patch):
    @instead(patch, keras.layers.Layer, "_assert_input_compatibility")
    def check(original, self, inputs):
        return None


@refuted_by("models.unequal-merge-refused")
def takes_the_first_shape_for_the_merged(patch):
    @instead(patch, Merge, "_compute_elemwise_op_output_shape")
    def compute(original, self, shape, other):
        return shape


@refuted_by("models.disconnected-refused")
def fails_otherwise_where_a_graph_has_a_gap(patch):
    @instead(patch, Functional, "__init__")
    def init(original, self, *inputs, **options):
        try:
            original(self, *inputs, **options)
        except ValueError as error:
            raise KeyError("a gap") from error


@refuted_by("models.own-structure", raises=KeyError)
def takes_the_first_of_a_dictionary_by_its_number(patch):
    @instead(patch, summary_utils, "format_layer_shape")
    def format_layer_shape(original, layer):
        if getattr(layer, "structure", "") == "dictionary of one":
            raise KeyError(0)
        return original(layer)


@refuted_by("models.optional-input")
def reads_ones_for_none(patch):
    @instead(patch, Added, "call")
    def call(original, self, x, more=None):
        return original(self, x, keras.ops.ones_like(x) if more is None else more)


@refuted_by("models.optional-input", raises=ValueError)
def counts_the_samples_of_the_first_input(patch):
    """Keras 3.9 to 3.11; https://github.com/keras-team/keras/pull/21630 mended it."""

    @instead(patch, keras.Model, "train_step")
    def train_step(original, self, data):
        if keras.tree.flatten(data[0])[0] is None:
            raise ValueError("no samples are counted")
        return original(self, data)


@refuted_by("models.summary")
def counts_one_parameter_too_many(patch):
    @instead(patch, summary_utils, "count_params")
    def count_params(original, weights):
        return original(weights) + 1


@refuted_by("models.in-two-parts")
def keeps_the_layers_in_front(patch):
    @instead(patch, Functional, "__init__")
    def init(original, self, inputs, outputs, **options):
        original(self, inputs, outputs, **options)
        tensor = keras.tree.flatten(inputs)[0]
        if not tensor._keras_history.operation._inbound_nodes[0].is_input:
            self._operations = [tensor._keras_history.operation, *self._operations]


@refuted_by("models.layers-under-policy")
def converts_types_in_a_layer_of_its_own(patch):
    @instead(patch, keras.layers.Layer, "__call__")
    def call(original, self, *given, **options):
        symbol = given and keras.backend.is_keras_tensor(given[0])
        if symbol and given[0].dtype not in ("int32", self.compute_dtype):
            given = (keras.ops.cast(given[0], self.compute_dtype), *given[1:])
        return original(self, *given, **options)


@refuted_by("models.softmax-by-mask")
def takes_a_large_number_away_from_what_is_hidden(patch):
    """Keras 3.0 to 3.12; https://github.com/keras-team/keras/pull/21850 mended it."""

    @instead(patch, keras.layers.Softmax, "call")
    def call(original, self, inputs, mask=None):
        hidden = 0.0 if mask is None else 1.0 - keras.ops.cast(mask, inputs.dtype)
        return original(self, inputs - 1e9 * hidden)


@refuted_by("models.softmax-mask-refused")
def drops_a_mask_that_does_not_fit(patch):
    @instead(patch, keras.layers.Softmax, "call")
    def call(original, self, inputs, mask=None):
        fits = mask is None or tuple(mask.shape) == tuple(inputs.shape)
        return original(self, inputs, mask=mask if fits else None)


# Layers by themselves.


@refuted_by("models.declared-by-layers")
def declares_no_scores(patch):
    """Keras 3.0 to 3.7; https://github.com/keras-team/keras/pull/20689 mended it."""

    @instead(patch, keras.layers.Attention, "compute_output_spec")
    def compute(original, self, inputs, mask=None, return_attention_scores=False, **rest):
        return original(self, inputs, mask)


@refuted_by("models.declared-by-layers")
def declares_the_width_of_the_query(patch):
    """Keras 3.0 and 3.1; https://github.com/keras-team/keras/pull/19284 mended it."""
    patch.setattr(
        keras.layers.Attention, "compute_output_shape", lambda self, input_shape: input_shape[0]
    )


@refuted_by("models.open-graphs", raises=Exception)
def flattens_one_open_axis_at_most(patch):
    """Keras 3.0 to 3.10; https://github.com/keras-team/keras/pull/21399 mended it."""

    def call(self, inputs):
        shape = self.compute_output_shape(tuple(inputs.shape))
        return keras.ops.reshape(inputs, [-1 if axis is None else axis for axis in shape])

    patch.setattr(keras.layers.Flatten, "call", call)


@refuted_by("models.open-graphs", "models.declared-by-layers", raises=Exception)
def reshapes_to_the_first_length(patch):
    """Keras 3.0 to 3.11; https://github.com/keras-team/keras/pull/21568 mended it."""
    targets = {}

    def call(self, inputs):
        length = inputs.shape[1] or -1
        return keras.ops.reshape(inputs, (-1, targets.setdefault(id(self), length), 1, 2))

    patch.setattr(keras.layers.Reshape, "call", call)


@refuted_by("models.causal-attention")
def sees_the_future_of_a_masked_value(patch):
    """Keras 3.0; https://github.com/keras-team/keras/pull/19093 mended another such mistake."""

    @instead(patch, keras.layers.Attention, "_calculate_score_mask")
    def calculate(original, self, scores, v_mask, use_causal_mask):
        causal = use_causal_mask and v_mask is None
        mask = original(self, scores, v_mask, causal)
        return mask if v_mask is None else mask[:, None, :]


@refuted_by("models.causal-attention")
def sees_the_future_with_many_heads(patch):
    @instead(patch, keras.layers.MultiHeadAttention, "_compute_attention_mask")
    def compute(original, self, *given, use_causal_mask=False, **rest):
        return original(self, *given, use_causal_mask=False, **rest)


@refuted_by("models.training-by-default")
def puts_every_layer_in_training(patch):
    @instead(patch, keras.layers.Layer, "_resolve_and_populate_arg")
    def resolve(original, self, arg_name, call_spec, call_context, kwargs):
        original(self, arg_name, call_spec, call_context, kwargs)
        if arg_name == "training" and self._call_has_training_arg:
            kwargs["training"] = True


@refuted_by("models.passed-mask-goes-on")
def hands_on_what_is_attached(patch):
    """Keras 3.7 to 3.10; https://github.com/keras-team/keras/pull/21449 mended it."""

    @instead(patch, keras.layers.Layer, "_set_mask_metadata")
    def set_mask(original, self, inputs, outputs, previous_mask):
        original(self, inputs, outputs, keras.tree.map_structure(get_keras_mask, inputs))


@refuted_by("models.masks-by-name")
def gives_each_argument_the_first_mask(patch):
    @instead(patch, layer_module.CallSpec, "__init__")
    def init(original, self, *given):
        original(self, *given)
        tensors = self.tensor_arguments_dict
        if len(tensors) > 1:
            first = next(iter(tensors.values()))
            self.tensor_arguments_dict = dict.fromkeys(tensors, first)


@refuted_by("models.without-input", raises=Exception)
def settles_the_first_length(patch):
    lengths = {}

    @instead(patch, keras.Sequential, "call")
    def call(original, self, inputs, *rest, **options):
        length = lengths.setdefault(id(self), inputs.shape[1])
        return original(self, inputs[:, :length], *rest, **options)


@refuted_by("models.gru-recurrent-dropout")
def drops_the_same_for_all_gates(patch):
    """Keras 3.0 to 3.7; https://github.com/keras-team/keras/pull/20656 mended it."""

    @instead(patch, keras.layers.GRUCell, "get_recurrent_dropout_mask")
    def masks(original, self, step_input):
        each = original(self, step_input)
        return [each[0]] * len(each)


@refuted_by("models.parameters-of-siblings")
def resets_a_gru_before_the_product(patch):
    @instead(patch, keras.layers, "GRU")
    def made(original, units, **options):
        return original(units, reset_after=False, **options)


@refuted_by("models.state-of-siblings")
def returns_two_states_as_an_lstm_does(patch):
    for sibling in (keras.layers.GRU, keras.layers.SimpleRNN):

        @instead(patch, sibling, "call")
        def call(original, self, sequences, **options):
            results = original(self, sequences, **options)
            return (*results, results[-1]) if self.return_state else results


@refuted_by("models.gru", "models.simple-rnn", "models.conv-lstm-of-one-pixel")
@refuted_by("models.gru-reset-before", "models.cells-of-siblings")
def reads_half_of_what_a_sibling_is_given(patch):
    from keras.src.layers.rnn.conv_lstm import ConvLSTMCell

    for cell in (keras.layers.GRUCell, keras.layers.SimpleRNNCell, ConvLSTMCell):

        @instead(patch, cell, "call")
        def call(original, self, sequence, states, **options):
            return original(self, sequence * 0.5, states, **options)


@refuted_by("models.conv-lstm")
def turns_the_kernels_around(patch):
    from keras.src.layers.rnn.conv_lstm import ConvLSTMCell

    @instead(patch, ConvLSTMCell, "recurrent_conv")
    def recurrent_conv(original, self, x, w):
        return original(self, x, keras.ops.flip(w, axis=list(range(self.rank))))


@refuted_by("models.conv-lstm-states")
def starts_a_film_in_half_its_states(patch):
    from keras.src.layers.rnn.conv_lstm import ConvLSTM

    @instead(patch, ConvLSTM, "inner_loop")
    def inner_loop(original, self, sequences, initial_state, **options):
        halves = [0.5 * state for state in initial_state]
        return original(self, sequences, initial_state=halves, **options)


@refuted_by("models.conv-lstm-frames")
def returns_an_axis_of_time_always(patch):
    @instead(patch, keras.layers.ConvLSTM2D, "call")
    def call(original, self, sequences, **options):
        y = original(self, sequences, **options)
        return y if self.return_sequences else y[:, None]


@refuted_by("models.parameters-of-conv-lstm")
def reads_its_state_by_one_pixel(patch):
    from keras.src.layers.rnn.conv_lstm import ConvLSTMCell

    @instead(patch, ConvLSTMCell, "add_weight")
    def add_weight(original, self, shape, **options):
        if options["name"] == "recurrent_kernel":
            shape = (1, 1, *shape[2:])
        return original(self, shape=shape, **options)


@refuted_by("models.merge-of-ranks")
def merges_vectors_with_other_samples(patch):
    @instead(patch, Merge, "call")
    def call(original, self, inputs):
        axes = max(len(x.shape) for x in inputs)
        return original(self, [x if len(x.shape) == axes else x[::-1] for x in inputs])


@refuted_by("models.dot")
def forgets_to_normalize(patch):
    @instead(patch, keras.layers.Dot, "_merge_function")
    def merge(original, self, inputs):
        self.normalize = False
        return original(self, inputs)


@refuted_by("models.dot", raises=Exception)
def counts_axes_from_the_start_only(patch):
    @instead(patch, keras.layers.Dot, "__init__")
    def init(original, self, axes, **options):
        if min(axes) < 0:
            raise ValueError(f"axes: {axes}")
        original(self, axes, **options)


@refuted_by("models.other-batch-refused")
def merges_as_many_samples_as_both_have(patch):
    @instead(patch, Merge, "__call__")
    def call(original, self, inputs, *rest, **options):
        count = min(len(x) for x in inputs)
        return original(self, [x[:count] for x in inputs], *rest, **options)


@refuted_by("models.own-table")
def ignores_the_table(patch):
    patch.setattr(keras.layers.Embedding, "set_weights", lambda self, weights: None)


@refuted_by("models.rows-of-ids")
def moves_the_whole_table(patch):
    @instead(patch, keras.Model, "train_on_batch")
    def train(original, self, *given, **options):
        result = original(self, *given, **options)
        table = self.layers[0].embeddings
        table.assign(table + 1.0)
        return result


@refuted_by("models.dot-refused", "models.joined-refused")
def merges_without_a_look_at_the_shapes(patch):
    for merging in (keras.layers.Dot, keras.layers.Concatenate):
        patch.setattr(merging, "build", lambda self, input_shape: None)


@refuted_by("models.absent-inputs-refused")
def answers_nothing_where_an_input_is_absent(patch):
    @instead(patch, keras.Model, "__call__")
    def call(original, self, *given, **options):
        try:
            return original(self, *given, **options)
        except ValueError:
            return None


@refuted_by("models.merge-at-first")
def merges_the_first_input_with_itself(patch):
    @instead(patch, keras.Sequential, "call")
    def call(original, self, inputs, training=None, mask=None, **options):
        listed = isinstance(inputs, list)
        inputs = [inputs[0]] * len(inputs) if listed else inputs
        return original(self, inputs, training=training, mask=mask, **options)


@refuted_by("models.merge-of-one", raises=(AssertionError, ValueError))
def takes_two_tensors_or_more(patch):
    @instead(patch, keras.layers.Layer, "__call__")
    def call(original, self, inputs, *given, **options):
        if isinstance(self, Merge) and len(inputs) < 2:
            raise ValueError("A merge layer should be called on a list of at least 2 inputs.")
        return original(self, inputs, *given, **options)


@refuted_by("models.merges-are-silent", raises=UserWarning)
def warns_of_masks_that_it_merges(patch):
    @instead(patch, Merge, "build")
    def build(original, self, input_shape):
        original(self, input_shape)
        self.supports_masking = False


@refuted_by("models.names-and-shapes")
def tells_the_first_of_several_shapes(patch):
    shapes = Functional.input_shape.fget

    def first(self):
        listed = shapes(self)
        return listed[0] if isinstance(listed, list) else listed

    patch.setattr(Functional, "input_shape", property(first))


@refuted_by("models.other-structure")
def says_nothing_of_another_structure(patch):
    silent = lambda self, inputs, raise_exception=False: None  # noqa: E731
    patch.setattr(Functional, "_maybe_warn_inputs_struct_mismatch", silent)


@refuted_by("models.fits-its-inputs")
def loses_masks_where_it_adjusts_axes(patch):
    @instead(patch, Functional, "_adjust_input_rank")
    def adjust(original, self, inputs):
        adjusted = original(self, inputs)
        return [y if y is x else y * 1 for x, y in zip(inputs, adjusted, strict=True)]


@refuted_by("models.input-masks-by-name")
def gives_every_input_the_first_mask(patch):
    @instead(patch, Functional, "call")
    def call(original, self, inputs, training=None, mask=None, **options):
        if mask is not None:
            first = keras.tree.flatten(mask)[0]
            mask = keras.tree.map_structure(lambda _: first, mask)
        return original(self, inputs, training=training, mask=mask, **options)


@refuted_by("models.order-of-layers")
def lists_layers_from_the_outputs(patch):
    layers = Functional.layers
    backwards = property(lambda self: layers.fget(self)[::-1], layers.fset)
    patch.setattr(Functional, "layers", backwards)


@refuted_by("models.subclass-of-layers", raises=(TypeError, ValueError))
def forgets_the_layers_of_a_subclass(patch):
    patch.setattr(functional, "functional_like_constructor", lambda cls: cls is Functional)


@refuted_by("models.untraced-call")
def takes_no_call_for_eager(patch):
    @instead(patch, layer_module.CallSpec, "__init__")
    def init(original, self, *given):
        original(self, *given)
        self.eager = False


@refuted_by("models.input-and-output")
def ends_where_it_begins(patch):
    patch.setattr(Functional, "output", property(lambda self: self.inputs[0]))


@refuted_by("models.build-of-subclass")
def builds_the_layers_of_a_subclass(patch):
    @instead(patch, layer_module.Layer, "build")
    def build(original, self, input_shape):
        for layer in self._layers:
            layer.build(input_shape)
        original(self, input_shape)


@refuted_by("models.siblings-skip")
def lets_a_gru_read_the_padding(patch):
    @instead(patch, keras.layers.GRU, "call")
    def call(original, self, sequences, initial_state=None, mask=None, training=False):
        return original(self, sequences, initial_state, None, training)


@refuted_by("models.siblings-skip")
def makes_masked_steps_of_an_unrolled_rnn_zero(patch):
    @instead(patch, keras.layers.SimpleRNN, "call")
    def call(original, self, sequences, initial_state=None, mask=None, training=False):
        if self.unroll and mask is not None:
            sequences = sequences * keras.ops.cast(mask, sequences.dtype)[:, :, None]
            mask = None
        return original(self, sequences, initial_state, mask, training)


@refuted_by("models.normalizes-frames")
def counts_a_narrow_mask_once(patch):
    """Keras 3.1 to 3.8; https://github.com/keras-team/keras/pull/20815 mended it."""

    @instead(patch, keras.layers.BatchNormalization, "_moments")
    def moments(original, self, inputs, mask):
        shown = keras.ops.expand_dims(keras.ops.cast(mask, inputs.dtype), -1)
        axes = self._reduction_axes
        count = keras.ops.sum(shown, axes, keepdims=True)
        mean = keras.ops.sum(shown * inputs, axes, keepdims=True) / count
        squares = shown * keras.ops.square(inputs - mean)
        variance = keras.ops.sum(squares, axes, keepdims=True) / count
        return keras.ops.reshape(mean, (-1,)), keras.ops.reshape(variance, (-1,))


@refuted_by("models.own-masks-passed")
def takes_the_attached_mask_though_another_is_passed(patch):
    @instead(patch, keras.layers.Layer, "__call__")
    def call(original, self, *inputs, **options):
        kept = {name: options[name] for name in options if name not in ("a_mask", "b_mask")}
        return original(self, *inputs, **kept)


@refuted_by("models.own-masks-passed", raises=TypeError)
def takes_each_argument_named_like_a_mask_for_one(patch):
    """Keras 3.0 to 3.13; https://github.com/keras-team/keras/pull/22118 mended it."""

    @instead(patch, layer_module, "get_shapes_dict")
    def get_shapes_dict(original, call_spec):
        shapes = original(call_spec)
        return {name: shapes[name] for name in shapes if not name.endswith("_mask_shape")}


@refuted_by("models.masks-of-several")
def loses_the_masks_of_several_tensors(patch):
    @instead(patch, keras.layers.Layer, "__call__")
    def call(original, self, inputs, *rest, **options):
        if not isinstance(inputs, (list, tuple, dict)):
            return original(self, inputs, *rest, **options)
        copies = keras.tree.map_structure(lambda tensor: tensor + 0.0, inputs)
        return original(self, copies, *rest, **options)


@refuted_by("models.average-pooling-same")
def counts_the_padding(patch):
    """PyTorch until Keras 3.4; https://github.com/keras-team/keras/issues/19721 reports it."""

    @instead(patch, keras.layers.AveragePooling1D, "call")
    def call(original, self, inputs):
        every = keras.ops.ones((*self.pool_size, 1, 1)) / self.pool_size[0]
        counted = keras.ops.ones_like(inputs[..., :1])
        share = keras.ops.conv(counted, every, self.strides[0], "same")
        return original(self, inputs) * share


@refuted_by("models.own-masks-passed", raises=Exception)
def leaves_all_masks_to_the_caller_who_passes_one(patch):
    @instead(patch, keras.layers.Layer, "__call__")
    def call(original, self, *inputs, **options):
        if any(name.endswith("_mask") for name in options):
            inputs = [keras.ops.add(tensor, 0) for tensor in inputs]
        return original(self, *inputs, **options)


@refuted_by("models.names-are-counted")
def counts_names_on(patch):
    @instead(patch, keras.backend, "clear_session")
    def clear_session(original, *given, **options):
        return None


@refuted_by("models.declared-by-operations")
def declares_a_repeated_axis_as_it_was(patch):
    """Much like https://github.com/keras-team/keras/pull/19826 found it."""

    @instead(patch, numpy_operations.Repeat, "compute_output_spec")
    def compute_output_spec(original, self, x):
        return keras.KerasTensor(x.shape, dtype=x.dtype)


@refuted_by("models.last-output-first")
def keeps_no_state_between_calls(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, *given, **options):
        self.reset_state()
        return original(self, *given, **options)


@refuted_by("models.last-by-length")
def takes_the_first_by_lengths_of_64_bits(patch):
    @instead(patch, keras.ops, "take_along_axis")
    def take_along_axis(original, x, indices, axis=None):
        first = keras.ops.zeros_like(indices) if indices.dtype == "int64" else indices
        return original(x, first, axis=axis)


@refuted_by("models.mask-stays")
def takes_the_mask_of_a_model_off_again(patch):
    @instead(patch, Functional, "call")
    def call(original, self, inputs, mask=None, **rest):
        outputs = original(self, inputs, mask=mask, **rest)
        if mask is not None:
            set_keras_mask(inputs, None)
        return outputs
