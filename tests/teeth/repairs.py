"""Keras repaired in memory, where the newest release breaks a claim that a wrong LSTM is kept for.

Such a claim fails on Keras as it is, whatever wrong LSTM is put in its place. On the repaired
Keras it holds, so that it can be seen what a wrong LSTM adds. A repair does no more than one
claim needs; it is not what Keras should do.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import tensorflow as tf
from keras.src import backend
from keras.src.layers.rnn import lstm
from keras.src.legacy.saving import saving_utils
from keras.src.models import functional

from teeth import Put, instead

REPAIRS: dict[str, Put] = {}
"""By the claim that holds where it is put in place."""


def repairs(*claims: str) -> Callable[[Put], Put]:
    """Register a repair for the claims that hold with it."""

    def register(put: Put) -> Put:
        REPAIRS.update(dict.fromkeys(claims, put))
        return put

    return register


@repairs("shapes.empty-batch")
def takes_a_row_for_an_empty_batch(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        if sequences.shape[0] != 0:
            return original(self, sequences, *rest, **options)
        row = original(self, keras.ops.zeros((1, *sequences.shape[1:])), *rest, **options)
        return keras.tree.map_structure(lambda part: part[:0], row)


@repairs("state.fixed-batch-in-predict", "errors.remainder-in-fit")
def compares_the_batch_with_its_state(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        if self.stateful:
            rows = self.states[0].shape[0]
            message = f"Incompatible shapes: the state has {rows} rows"
            tf.debugging.assert_equal(tf.shape(sequences)[0], rows, message=message)
        return original(self, sequences, *rest, **options)


@repairs("masking.long-refused-unrolled")
def compares_the_mask_with_the_input(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, sequences, mask, **rest):
        if mask.shape[1] != sequences.shape[1]:
            raise ValueError(f"a mask of {mask.shape[1]} timesteps for {sequences.shape[1]}")
        return original(self, sequences=sequences, mask=mask, **rest)


@repairs("dropout.all-dropped", "dropout.all-dropped-by-gate", "dropout.all-of-h-dropped")
def reads_zeros_at_the_rate_one(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, inputs, states, training=False):
        h, c = states
        if training and self.dropout == 1.0:
            inputs = keras.ops.zeros_like(inputs)
        if training and self.recurrent_dropout == 1.0:
            h = keras.ops.zeros_like(h)
        return original(self, inputs, [h, c], training=training)


@repairs("models.attention-leaves-masks")
def gives_the_masks_back(patch):
    @instead(patch, keras.layers.MultiHeadAttention, "call")
    def call(original, self, query, value, *rest, **options):
        masks = [backend.get_keras_mask(tensor) for tensor in (query, value)]
        outputs = original(self, query, value, *rest, **options)
        for tensor, mask in zip((query, value), masks, strict=True):
            backend.set_keras_mask(tensor, mask)
        return outputs


@repairs("models.maximum-of-multiples")
def leaves_products_and_maxima_apart(patch):
    @instead(patch, keras.Model, "predict")
    def predict(original, self, *inputs, **options):
        tf.config.optimizer.set_experimental_options({"remapping": False})
        outputs = original(self, *inputs, **options)
        tf.config.optimizer.set_experimental_options({"remapping": True})
        return outputs


@repairs("models.merge-of-widths")
def adds_by_subtracting(patch):
    def add(x, y):
        return backend.numpy.subtract(x, backend.numpy.negative(y))

    patch.setattr(backend.numpy, "add", add)


@repairs("dropout.implementation-one")
def leaves_a_mask_for_each_gate_to_the_cell(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, **arguments):
        self.use_cudnn = self.use_cudnn if self.cell.implementation == 2 else False
        return original(self, **arguments)


@repairs("precision.double-gelu")
def takes_the_root_of_two_in_double_precision(patch):
    def gelu(x, approximate=False):
        return x * (1.0 + keras.ops.erf(x / 2.0**0.5)) / 2.0

    patch.setattr(backend.nn, "gelu", gelu)


@repairs("precision.bfloat-sixteen-by-default")
def decomposes_in_single_precision(patch):
    @instead(patch, keras.initializers.Orthogonal, "__call__")
    def draw(original, self, shape, dtype=None):
        return keras.ops.cast(original(self, shape, dtype="float32"), dtype or "float32")


@repairs("errors.units-true")
def refuses_a_truth_value_for_units(patch):
    @instead(patch, lstm, "LSTMCell")
    def cell(original, units, **options):
        if isinstance(units, bool):
            raise ValueError(f"expected a positive integer for units, not {units}")
        return original(units, **options)


@repairs("errors.refused-call-with-dropout")
def forgets_its_masks_after_an_error(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, *inputs, **options):
        try:
            return original(self, *inputs, **options)
        finally:
            self.cell.reset_dropout_mask()
            self.cell.reset_recurrent_dropout_mask()


@repairs("saving.layers-around")
def writes_the_policy_of_spatial_dropout(patch):
    @instead(patch, keras.layers.SpatialDropout1D, "get_config")
    def get_config(original, self):
        return {**original(self), "dtype": keras.layers.Layer.get_config(self)["dtype"]}


@repairs("models.training-by-default")
def keeps_the_default_of_an_argument_to_its_layer(patch):
    @instead(patch, keras.layers.Layer, "_resolve_and_populate_arg")
    def resolve(original, self, arg_name, call_spec, call_context, kwargs):
        given = arg_name in call_spec.user_arguments_dict
        if given or call_context.get_value(arg_name) is not None:
            original(self, arg_name, call_spec, call_context, kwargs)


@repairs("trainer.sparse-axis")
def moves_the_classes_to_the_last_axis(patch):
    @instead(patch, backend.nn, "sparse_categorical_crossentropy")
    def sparse(original, target, output, from_logits=False, axis=-1):
        return original(target, keras.ops.moveaxis(output, axis, -1), from_logits=from_logits)


@repairs("trainer.clone-of-own-loss")
def clones_a_model_as_if_it_were_not_compiled(patch):
    @instead(patch, keras.models, "clone_model")
    def clone_model(original, model, **options):
        model.compiled = False
        return original(model, **options)


@repairs("saving.legacy-layers")
def takes_a_function_for_its_name(patch):
    inner = keras.layers.Attention.from_config.__func__

    def from_config(cls, config):
        if callable(mode := config.get("score_mode")):
            config = {**config, "score_mode": mode.__name__}
        return inner(cls, config)

    patch.setattr(keras.layers.Attention, "from_config", classmethod(from_config))


@repairs("saving.legacy-trains-on")
def builds_the_optimizer_for_the_weights_of_the_layers(patch):
    @instead(patch, saving_utils, "try_build_compiled_arguments")
    def try_build_compiled_arguments(original, model):
        original(model)
        model.optimizer.build(model.trainable_variables)


@repairs("saving.model-config-used-up")
def reads_a_copy_of_the_configuration(patch):
    @instead(patch, functional, "functional_from_config")
    def functional_from_config(original, cls, config, *rest, **options):
        return original(cls, dict(config), *rest, **options)


@repairs("models.input-masks-by-name")
def puts_masks_in_the_order_of_the_inputs(patch):
    @instead(patch, functional.Functional, "call")
    def call(original, self, inputs, training=None, mask=None, **options):
        if isinstance(mask, dict):
            mask = [mask[symbol.name] for symbol in self.inputs]
        return original(self, inputs, training=training, mask=mask, **options)


@repairs("models.input-and-output")
def takes_input_and_output_of_its_graph(patch):
    for name in ("input", "output"):
        graph = property(lambda self, name=name: getattr(self._functional, name))
        patch.setattr(keras.Sequential, name, graph)


@repairs("trainer.checkpoint-of-batches")
def settles_what_is_better_before_the_first_batch(patch):
    @instead(patch, keras.callbacks.ModelCheckpoint, "on_train_batch_end")
    def on_train_batch_end(original, self, *given, **named):
        if self.monitor_op is None:
            self._set_monitor_op()
        original(self, *given, **named)
