"""Wrong LSTMs that forgive what Keras refuses, refuse what it takes, or keep traces of an error."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras.src.layers import input_spec
from keras.src.layers.rnn import lstm

from teeth import instead, refuted_by


@refuted_by("errors.units-of-text", "errors.units-true", "errors.numpy-units")
def makes_an_integer_of_its_units(patch):
    @instead(patch, lstm, "LSTMCell")
    def cell(original, units, **options):
        number = isinstance(units, (str, bool, np.integer))
        return original(int(units) if number else units, **options)


@refuted_by("errors.second-argument-of-layer", "errors.unknown-name", "errors.number-for-function")
def takes_unknown_activations_for_linear(patch):
    @instead(patch, lstm.activations, "get")
    def get(original, identifier):
        try:
            return original(identifier)
        except ValueError:
            return original("linear")


@refuted_by("errors.flag-of-text")
def reads_false_from_text(patch):
    @instead(patch, keras.layers, "LSTM")
    def made(original, units, **options):
        read = {name: option != "False" and option for name, option in options.items()}
        return original(units, **read)


@refuted_by("errors.seed-of-another-type")
def makes_an_integer_of_its_seed(patch):
    @instead(patch, keras.layers, "LSTM")
    def made(original, units, seed=None, **options):
        return original(units, seed=None if seed is None else int(seed), **options)


@refuted_by("errors.use-cudnn-value")
def takes_other_values_of_use_cudnn_for_auto(patch):
    @instead(patch, keras.layers, "LSTM")
    def made(original, units, use_cudnn="auto", **options):
        known = use_cudnn if use_cudnn in (True, False) else "auto"
        return original(units, use_cudnn=known, **options)


@refuted_by("errors.integer-dtype")
def makes_weights_in_floating_point_always(patch):
    @instead(patch, keras.layers, "LSTM")
    def made(original, units, dtype=None, **options):
        return original(units, **options)


@refuted_by("errors.unknown-implementation", raises=ValueError)
def checks_the_implementation(patch):
    @instead(patch, keras.layers, "LSTM")
    def made(original, units, implementation=2, **options):
        if implementation not in (1, 2):
            raise ValueError("`implementation` is 1 or 2.")
        return original(units, implementation=implementation, **options)


@refuted_by("errors.read-only")
def lets_its_activation_be_set(patch):
    def activate(self, value):
        self.cell.activation = keras.activations.get("relu")

    patch.setattr(keras.layers.LSTM, "activation", keras.layers.LSTM.activation.setter(activate))


@refuted_by("errors.stateful-set-later")
def makes_its_state_when_it_is_needed(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        if self.stateful and self.states is None:
            self._create_state_variables(sequences.shape[0])
        return original(self, sequences, *rest, **options)


@refuted_by("errors.missing-attributes")
def shows_the_kernel_of_its_cell(patch):
    kernel = property(lambda self: self.cell.kernel)
    patch.setattr(keras.layers.LSTM, "kernel", kernel, raising=False)


@refuted_by("errors.before-it-is-built")
def counts_no_weights_before_it_is_built(patch):
    @instead(patch, keras.layers.LSTM, "count_params")
    def count_params(original, self):
        return original(self) if self.built else 0


@refuted_by("errors.built-twice", raises=ValueError)
def refuses_a_second_build(patch):
    @instead(patch, keras.layers.RNN, "build")
    def build(original, self, *shapes):
        if self.cell.built:
            raise ValueError("The layer is built.")
        return original(self, *shapes)


@refuted_by("errors.names-the-layer")
def names_no_layer(patch):
    @instead(patch, input_spec, "assert_input_compatibility")
    def assert_input_compatibility(original, spec, inputs, layer_name):
        return original(spec, inputs, layer_name="lstm")


@refuted_by("errors.batch-in-input-shape")
def takes_the_first_of_three_sizes_for_the_batch(patch):
    @instead(patch, keras.layers.LSTM, "__call__")
    def called(original, self, sequences, *rest, **options):
        _, *sizes = sequences.shape
        batch = sizes.pop(0) if len(sizes) == 3 else None
        return original(self, keras.Input(sizes, batch_size=batch), *rest, **options)


@refuted_by("errors.table-for-one-feature", raises=ValueError)
def refuses_a_table_for_one_feature(patch):
    @instead(patch, keras.Sequential, "__call__")
    def called(original, self, inputs, *rest, **options):
        if len(inputs.shape) == 2:
            raise ValueError("expected ndim=3, found ndim=2")
        return original(self, inputs, *rest, **options)


@refuted_by("errors.input-in-a-list")
def unpacks_a_list_of_one_input(patch):
    @instead(patch, keras.layers.LSTM, "__call__")
    def called(original, self, sequences, *rest, **options):
        single = sequences[0] if isinstance(sequences, (list, tuple)) else sequences
        return original(self, single, *rest, **options)


@refuted_by("errors.misspelt-argument")
def takes_arguments_of_its_call_when_it_is_made(patch):
    @instead(patch, keras.layers, "LSTM")
    def made(original, units, **options):
        known = {name for name in options if name not in {"initial_state", "mask", "training"}}
        return original(units, **{name: options[name] for name in known})


@refuted_by("errors.unknown-call-argument")
def ignores_call_arguments_that_it_does_not_know(patch):
    @instead(patch, keras.layers.LSTM, "__call__")
    def called(original, self, sequences, *rest, **options):
        known = {"initial_state", "mask", "training"} & options.keys()
        return original(self, sequences, *rest, **{name: options[name] for name in known})


@refuted_by("errors.inputs-by-name")
def takes_its_input_by_two_names(patch):
    @instead(patch, keras.layers.LSTM, "__call__")
    def called(original, self, *rest, inputs=None, **options):
        first = [] if inputs is None else [inputs]
        return original(self, *first, *rest, **options)


@refuted_by("errors.state-with-three-axes")
def drops_the_time_axis_of_a_state(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, initial_state, **rest):
        flat = [keras.ops.reshape(state, (state.shape[0], -1)) for state in initial_state]
        return original(self, initial_state=flat, **rest)


@refuted_by("errors.narrow-cell-state", "errors.narrow-cell-state-in-a-graph")
def fills_a_narrow_cell_state_up_with_zeros(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, initial_state, **rest):
        h, c = initial_state
        wide = keras.ops.pad(c, [[0, 0], [0, self.units - c.shape[1]]])
        return original(self, initial_state=[h, wide], **rest)


@refuted_by("errors.symbols-unchecked", raises=ValueError)
def checks_the_width_of_a_symbolic_state(patch):
    @instead(patch, keras.layers.LSTM, "__call__")
    def called(original, self, sequences, *rest, **options):
        if any(state.shape[-1] != self.units for state in options.get("initial_state", ())):
            raise ValueError("The initial state has another number of units.")
        return original(self, sequences, *rest, **options)


@refuted_by("errors.mask-of-another-batch")
def cuts_the_mask_to_the_batch(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, sequences, mask, **rest):
        return original(self, sequences=sequences, mask=mask[: sequences.shape[0]], **rest)


@refuted_by("errors.unit-mask-unrolled")
def does_not_unroll_under_a_mask_of_three_axes(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, mask, **rest):
        self.unroll = self.unroll and len(mask.shape) == 2
        return original(self, mask=mask, **rest)


@refuted_by("errors.refused-call")
def resets_its_state_after_an_error(patch):
    @instead(patch, keras.layers.LSTM, "__call__")
    def called(original, self, *arguments, **options):
        try:
            return original(self, *arguments, **options)
        except Exception:
            self.reset_state()
            raise


@refuted_by("errors.refused-call-with-dropout")
def keeps_the_batch_size_of_a_refused_call(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        self.cell.reset_dropout_mask()
        size = vars(self).setdefault("first_size", sequences.shape[0])
        return original(self, sequences[:size], *rest, **options)


@refuted_by("errors.moment-of-stacking")
def adds_without_working_out_shapes(patch):
    @instead(patch, keras.Sequential, "add")
    def add(original, self, layer, **options):
        return original(self, layer, rebuild=False)


@refuted_by("errors.refused-layer-stays")
def takes_a_refused_layer_out_again(patch):
    @instead(patch, keras.Sequential, "add")
    def add(original, self, layer, **options):
        try:
            return original(self, layer, **options)
        except ValueError:
            self._layers.pop()
            raise


@refuted_by("errors.first-input-sticks")
def forgets_the_shape_that_it_refused(patch):
    @instead(patch, keras.Sequential, "build")
    def build(original, self, *shape, **options):
        layers = list(self._layers)
        try:
            return original(self, *shape, **options)
        except ValueError:
            self._layers = layers
            raise


@refuted_by("errors.any-number-of-samples")
def predicts_whole_batches_only(patch):
    @instead(patch, keras.Sequential, "predict")
    def predict(original, self, x, batch_size, **options):
        whole = len(x) // batch_size * batch_size
        return original(self, x[:whole], batch_size=batch_size, **options)


@refuted_by("errors.remainder-in-fit", "errors.trained-before-refusal")
def trains_on_whole_batches_only(patch):
    @instead(patch, keras.Sequential, "fit")
    def fit(original, self, x, y, batch_size, **options):
        whole = len(x) // batch_size * batch_size
        return original(self, x[:whole], y[:whole], batch_size=batch_size, **options)


@refuted_by("errors.fit-in-batches-of-one")
def takes_batches_of_the_size_that_a_model_has(patch):
    for method in ("fit", "evaluate"):

        @instead(patch, keras.Sequential, method)
        def run(original, self, x, y, batch_size, **options):
            return original(self, x, y, batch_size=self.input_shape[0], **options)


@refuted_by("errors.trained-before-refusal")
def checks_the_number_of_samples_before_it_trains(patch):
    @instead(patch, keras.Sequential, "fit")
    def fit(original, self, x, y, batch_size, **options):
        if len(x) % batch_size:
            raise ValueError("The batch size does not divide the number of samples.")
        return original(self, x, y, batch_size=batch_size, **options)


@refuted_by("errors.no-samples", raises=(AssertionError, ValueError))
def refuses_data_without_samples(patch):
    @instead(patch, keras.Sequential, "fit")
    def fit(original, self, x, *given, **options):
        if not len(x):
            raise ValueError("Expected input data to be non-empty.")
        return original(self, x, *given, **options)


@refuted_by("errors.no-samples")
def predicts_no_rows_of_no_samples(patch):
    @instead(patch, keras.Sequential, "predict")
    def predict(original, self, x, **options):
        return original(self, x, **options) if len(x) else np.zeros((0, 1), "float32")


@refuted_by("errors.rnn-needs-a-cell")
def takes_a_number_for_the_units_of_a_cell(patch):
    @instead(patch, keras.layers, "RNN")
    def made(original, cell, **options):
        cell = keras.layers.LSTMCell(cell) if isinstance(cell, int) else cell
        return original(cell, **options)


@refuted_by("errors.layer-for-a-cell")
def takes_the_cells_of_layers(patch):
    @instead(patch, keras.layers, "RNN")
    def made(original, layers, **options):
        return original([layer.cell for layer in layers], **options)


@refuted_by("errors.stacked-cells-of-one")
def makes_a_stack_of_one_cell(patch):
    @instead(patch, keras.layers, "StackedRNNCells")
    def made(original, cells, **options):
        return original(cells if isinstance(cells, list) else [cells], **options)


@refuted_by("errors.cell-without-states")
def starts_a_cell_from_zeros(patch):
    @instead(patch, keras.layers.LSTMCell, "__call__")
    def called(original, self, inputs, *states, **options):
        states = states or [self.get_initial_state(len(inputs))]
        return original(self, inputs, *states, **options)


@refuted_by("errors.class-for-a-layer")
def makes_a_layer_of_a_class(patch):
    @instead(patch, keras.layers, "Bidirectional")
    def made(original, layer, *rest, **options):
        return original(layer(8) if isinstance(layer, type) else layer, *rest, **options)


@refuted_by("errors.reset-without-state")
def ignores_a_reset_without_state(patch):
    @instead(patch, keras.layers.Bidirectional, "reset_state")
    def reset_state(original, self):
        return original(self) if self.stateful else None


@refuted_by("errors.time-distributed-axes")
def takes_one_sequence_for_a_sequence_of_one(patch):
    @instead(patch, keras.layers.TimeDistributed, "__call__")
    def called(original, self, inputs, *rest, **options):
        nested = inputs[:, None] if len(inputs.shape) == 3 else inputs
        return original(self, nested, *rest, **options)


@refuted_by("errors.flatten-of-open-length")
def makes_one_row_for_an_open_axis(patch):
    @instead(patch, keras.layers.Dense, "build")
    def build(original, self, input_shape):
        return original(self, (*input_shape[:-1], input_shape[-1] or 1))


@refuted_by("errors.input-length-of-embedding")
def reads_as_many_ids_as_its_input_length(patch):
    @instead(patch, keras.layers, "Embedding")
    def made(original, *sizes, input_length=None, **options):
        layer = original(*sizes, input_length=input_length, **options)
        call = layer.call
        layer.call = lambda inputs: call(inputs[:, :input_length])
        return layer


@refuted_by("errors.embedding-of-minus-one")
def masks_negative_ids(patch):
    @instead(patch, keras.layers.Embedding, "compute_mask")
    def compute_mask(original, self, inputs, mask=None):
        return np.greater(inputs, 0)


@refuted_by("errors.id-out-of-range")
def reads_an_id_beyond_the_table_as_its_last_row(patch):
    @instead(patch, keras.layers.Embedding, "call")
    def call(original, self, inputs):
        return original(self, keras.ops.minimum(inputs, self.input_dim - 1))


@refuted_by("errors.rounded-ids")
def hands_on_what_a_sequential_is_given(patch):
    @instead(patch, keras.Sequential, "call")
    def call(original, self, inputs, **rest):
        for layer in self.layers:
            inputs = layer(inputs)
        return inputs


@refuted_by("errors.ragged-tensor")
def pads_a_ragged_tensor(patch):
    @instead(patch, keras.layers.LSTM, "__call__")
    def called(original, self, sequences, *rest, **options):
        ragged = isinstance(sequences, tf.RaggedTensor)
        return original(self, sequences.to_tensor() if ragged else sequences, *rest, **options)


@refuted_by("errors.stacked-cells-need-cells")
def leaves_out_what_is_no_cell(patch):
    def lenient(cells):
        return keras.layers.RNN([cell for cell in cells if hasattr(cell, "state_size")])

    patch.setattr(keras.layers, "StackedRNNCells", lenient)


@refuted_by("errors.sizes-of-a-cell")
def takes_other_sizes_for_one(patch):
    @instead(patch, keras.layers, "RNN")
    def made(original, cell, **options):
        cell.state_size = cell.state_size if isinstance(cell.state_size, (int, list)) else 1
        return original(cell, **options)


@refuted_by("errors.unknown-name")
def takes_what_a_name_begins_with(patch):
    @instead(patch, lstm.activations, "get")
    def get(original, identifier):
        try:
            return original(identifier)
        except ValueError:
            if str(identifier).startswith("sigmoid"):
                return original("sigmoid")
            raise


@refuted_by("errors.table-for-one-feature", raises=ValueError)
def refuses_a_table_in_predict(patch):
    @instead(patch, keras.Model, "predict")
    def predict(original, self, x, *rest, **options):
        if x.ndim == 2:
            raise ValueError("expected ndim=3, found ndim=2")
        return original(self, x, *rest, **options)


@refuted_by("errors.table-for-one-feature", raises=ValueError)
def refuses_a_table_in_fit(patch):
    @instead(patch, keras.Model, "fit")
    def fit(original, self, x, *rest, **options):
        if x.ndim == 2:
            raise ValueError("expected ndim=3, found ndim=2")
        return original(self, x, *rest, **options)


@refuted_by("errors.flag-of-text", raises=ValueError)
def reads_the_text_of_use_bias(patch):
    @instead(patch, keras.layers, "LSTM")
    def made(original, units, use_bias=True, **options):
        return original(units, use_bias=use_bias != "False" and use_bias, **options)


@refuted_by("errors.built-twice")
def draws_new_weights_when_built_again(patch):
    @instead(patch, keras.layers.RNN, "build")
    def build(original, self, *shapes):
        if self.cell.built:
            self.cell.bias.assign(self.cell.bias + 1.0)
        original(self, *shapes)


@refuted_by("errors.unknown-implementation")
def takes_a_text_for_implementation_one(patch):
    @instead(patch, keras.layers, "LSTM")
    def made(original, units, implementation=2, **options):
        doubled = implementation in ("1", "quick")
        layer = original(units, implementation=implementation, **options)
        layer.cell.activation = keras.activations.relu if doubled else layer.cell.activation
        return layer


@refuted_by("errors.no-recurrent")
def has_a_recurrent_layer_still(patch):
    patch.setattr(keras.layers, "Recurrent", keras.layers.RNN, raising=False)


@refuted_by("errors.symbols-to-numpy")
def returns_numbers_in_a_graph(patch):
    @instead(patch, keras.layers.LSTM, "__call__")
    def called(original, self, sequences, *rest, **options):
        y = original(self, sequences, *rest, **options)
        return y if tf.executing_eagerly() else np.zeros(y.shape)
