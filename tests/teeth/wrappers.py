"""Wrong wrappers, cells and stacks of cells."""

from __future__ import annotations

from types import SimpleNamespace

import keras
import tensorflow as tf
from keras.src.layers.rnn import bidirectional

from teeth import instead, refuted_by

Bidirectional, RNN = keras.layers.Bidirectional, keras.layers.RNN
LSTMCell, Stack = keras.layers.LSTMCell, keras.layers.StackedRNNCells


def after_both(patch, change):
    """Put `change(self, output)` after each call of a Bidirectional."""

    @instead(patch, Bidirectional, "call")
    def call(original, self, *inputs, **options):
        return change(self, original(self, *inputs, **options))


def before_rnn(patch, change):
    """Do `change(self)` before each call of an RNN that is no LSTM."""

    @instead(patch, RNN, "call")
    def call(original, self, *inputs, **options):
        if type(self) is RNN:
            change(self)
        return original(self, *inputs, **options)


@refuted_by(
    "wrappers.halves",
    "wrappers.halves-aligned",
    "wrappers.time-reversal",
    "wrappers.merge-none",
    "wrappers.bidirectional-states",
    "wrappers.bidirectional-stateful",
)
def reads_forwards_in_both_directions(patch):
    @instead(patch, Bidirectional, "call")
    def call(original, self, *inputs, **options):
        self.backward_layer.go_backwards = False
        return original(self, *inputs, **options)


@refuted_by("wrappers.halves", "wrappers.own-backward-layer")
def puts_the_backward_half_first(patch):
    def exchange(self, y):
        units = self.forward_layer.cell.units
        return keras.ops.concatenate([y[..., units:], y[..., :units]], axis=-1)

    after_both(patch, exchange)


@refuted_by("wrappers.halves-aligned", "wrappers.not-the-last-row", "wrappers.merge-modes")
def leaves_backward_rows_in_reading_order(patch):
    patch.setattr(keras.src.ops, "flip", lambda x, axis: x)


@refuted_by("wrappers.not-the-last-row", "wrappers.halves")
def puts_out_the_backward_half_of_the_last_row(patch):
    @instead(patch, Bidirectional, "call")
    def call(original, self, sequences, **options):
        y, last = original(self, sequences), original(self, sequences[:, -1:])
        halves = [y[..., : y.shape[-1] // 2], last[..., y.shape[-1] // 2 :]]
        return y if self.return_sequences else keras.ops.concatenate(halves, axis=-1)


@refuted_by("wrappers.sees-the-future")
def hides_the_future(patch):
    def forward_twice(self, y):
        forward = y[..., : y.shape[-1] // 2]
        return keras.ops.concatenate([forward, forward], axis=-1)

    after_both(patch, forward_twice)


@refuted_by("wrappers.merge-modes")
def adds_where_it_averages(patch):
    after_both(patch, lambda self, y: y * 2.0 if self.merge_mode == "ave" else y)


@refuted_by("wrappers.merge-none")
def returns_the_backward_output_first(patch):
    after_both(patch, lambda self, y: (y[1], y[0], *y[2:]))


@refuted_by("wrappers.unmerged-in-a-tuple")
def returns_both_outputs_in_a_list(patch):
    after_both(patch, lambda self, y: list(y))


@refuted_by("wrappers.merge-mode-names")
def takes_an_unknown_merge_mode_for_concat(patch):
    def lenient(layer, merge_mode="concat"):
        known = merge_mode in ("sum", "mul", "ave", "concat", None)
        return Bidirectional(layer, merge_mode if known else "concat")

    patch.setattr(keras.layers, "Bidirectional", lenient)


@refuted_by("wrappers.six-weights")
def lists_the_backward_weights_first(patch):
    def weights(self):
        return self.backward_layer.weights + self.forward_layer.weights

    patch.setattr(Bidirectional, "weights", property(weights))


@refuted_by("wrappers.copies-its-layer")
def uses_the_given_layer_forwards(patch):
    lib = bidirectional.serialization_lib

    def serialize(layer):
        return {**lib.serialize_keras_object(layer), "given": layer}

    def deserialize(config):
        given = config.pop("given")
        backwards = config["config"]["go_backwards"]
        return lib.deserialize_keras_object(config) if backwards else given

    names = {"serialize_keras_object": serialize, "deserialize_keras_object": deserialize}
    patch.setattr(bidirectional, "serialization_lib", SimpleNamespace(**names))


@refuted_by("wrappers.own-backward-layer")
def copies_the_backward_layer(patch):
    def copying(layer, backward_layer):
        copy = keras.layers.LSTM.from_config(backward_layer.get_config())
        return Bidirectional(layer, backward_layer=copy)

    patch.setattr(keras.layers, "Bidirectional", copying)


@refuted_by("wrappers.own-backward-layer")
def begins_anew_with_a_given_backward_layer(patch):
    @instead(patch, Bidirectional, "build")
    def build(original, self, *shapes):
        original(self, *shapes)
        weights = self.backward_layer.get_weights()
        self.backward_layer.set_weights([0.0 * weight for weight in weights])


@refuted_by("wrappers.weights-argument")
def begins_with_the_given_weights(patch):
    @instead(patch, Bidirectional, "build")
    def build(original, self, *shapes):
        original(self, *shapes)
        for layer in (self.forward_layer, self.backward_layer):
            layer.set_weights(layer.initial_weights)


@refuted_by("wrappers.two-directions-needed", "wrappers.directions-agree")
def takes_any_two_layers(patch):
    patch.setattr(Bidirectional, "_verify_layer_config", lambda self: None)


@refuted_by("wrappers.bidirectional-criteria")
def takes_every_layer_for_stateless(patch):
    patch.setattr(keras.Layer, "stateful", False, raising=False)


@refuted_by("wrappers.documented-example")
def closes_the_parenthesis(patch):
    closed = Bidirectional.__doc__.replace("True),\n", "True)),\n", 1)
    patch.setattr(Bidirectional, "__doc__", closed)


@refuted_by("wrappers.bidirectional-states")
def returns_both_h_before_both_c(patch):
    after_both(patch, lambda self, y: (y[0], y[1], y[3], y[2], y[4]))


@refuted_by("wrappers.bidirectional-encoder")
def returns_the_backward_states_first(patch):
    after_both(patch, lambda self, y: (y[0], *y[3:], *y[1:3]))


@refuted_by("wrappers.bidirectional-initial-state", "wrappers.bidirectional-mask-and-state")
def takes_both_h_before_both_c(patch):
    @instead(patch, Bidirectional, "call")
    def call(original, self, sequences, initial_state=None, **options):
        h, c, other_h, other_c = initial_state
        return original(self, sequences, initial_state=[h, other_h, c, other_c], **options)


@refuted_by("wrappers.two-states-refused")
def starts_both_directions_from_one_pair(patch):
    @instead(patch, Bidirectional, "call")
    def call(original, self, sequences, initial_state=None, **options):
        return original(self, sequences, initial_state=[*initial_state] * 2, **options)


@refuted_by("wrappers.bidirectional-mask-and-state")
def masks_one_direction_only(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, mask, **rest):
        return original(self, mask=None if self.go_backwards else mask, **rest)


@refuted_by("wrappers.bidirectional-stateful")
def resets_the_forward_layer_only(patch):
    patch.setattr(Bidirectional, "reset_state", lambda self: self.forward_layer.reset_state())


@refuted_by("wrappers.bidirectional-in-pieces", "wrappers.bidirectional-stateful")
def forgets_its_states(patch):
    @instead(patch, Bidirectional, "call")
    def call(original, self, *inputs, **options):
        self.reset_state()
        return original(self, *inputs, **options)


@refuted_by("wrappers.cell-start")
def starts_from_ones(patch):
    @instead(patch, LSTMCell, "get_initial_state")
    def get_initial_state(original, *arguments, **options):
        return [keras.ops.ones_like(state) for state in original(*arguments, **options)]


@refuted_by("wrappers.cell-start")
def makes_one_flat_list_of_states(patch):
    @instead(patch, Stack, "get_initial_state")
    def get_initial_state(original, *arguments, **options):
        return keras.tree.flatten(original(*arguments, **options))


@refuted_by("wrappers.cell-sizes")
def tells_the_size_of_the_lowest_cell(patch):
    patch.setattr(Stack, "output_size", property(lambda self: self.cells[0].output_size))


@refuted_by("wrappers.cell-split")
def takes_one_tensor_for_both_states(patch):
    @instead(patch, LSTMCell, "call")
    def call(original, self, inputs, states, **options):
        pair = states if isinstance(states, (list, tuple)) else [states, states]
        return original(self, inputs, pair, **options)


@refuted_by("wrappers.rnn-options", "wrappers.stack-backwards")
def never_goes_backwards(patch):
    before_rnn(patch, lambda self: setattr(self, "go_backwards", False))


@refuted_by("wrappers.rnn-options")
def never_puts_out_zeros(patch):
    before_rnn(patch, lambda self: setattr(self, "zero_output_for_mask", False))


@refuted_by("wrappers.rnn-defaults")
def puts_out_zeros_unless_told(patch):
    @instead(patch, keras.layers, "RNN")
    def made(original, cell, zero_output_for_mask=True, **options):
        return original(cell, zero_output_for_mask=zero_output_for_mask, **options)


@refuted_by("wrappers.no-constants")
def overlooks_constants(patch):
    def call(self, sequences, constants=None, **options):
        return original(self, sequences, **options)

    original = RNN.call
    patch.setattr(RNN, "call", call)


@refuted_by("wrappers.arguments-of-the-cell")
def overlooks_other_arguments_of_its_call(patch):
    @instead(patch, RNN, "__call__")
    def called(original, self, sequences, *rest, **options):
        known = {name: options[name] for name in options if name in ("mask", "training")}
        return original(self, sequences, *rest, **known)


@refuted_by("wrappers.one-input")
def joins_several_inputs(patch):
    @instead(patch, RNN, "__call__")
    def called(original, self, inputs, *rest, **options):
        several = isinstance(inputs, (list, tuple))
        joined = keras.ops.concatenate(inputs, axis=-1) if several else inputs
        return original(self, joined, *rest, **options)


@refuted_by("wrappers.one-cell-two-layers")
def copies_its_cell(patch):
    @instead(patch, RNN, "build")
    def build(original, self, *shapes):
        self.cell = LSTMCell.from_config(self.cell.get_config())
        original(self, *shapes)


@refuted_by("wrappers.one-cell-repeated")
def copies_the_cells_of_a_list(patch):
    @instead(patch, Stack, "build")
    def build(original, self, *shapes):
        self.cells = [LSTMCell.from_config(cell.get_config()) for cell in self.cells]
        original(self, *shapes)


@refuted_by("wrappers.dtype-of-rnn")
def gives_the_cell_its_dtype(patch):
    @instead(patch, RNN, "build")
    def build(original, self, *shapes):
        self.cell.dtype_policy = self.dtype_policy
        original(self, *shapes)


@refuted_by("wrappers.own-cell")
def starts_a_cell_without_a_start_from_ones(patch):
    @instead(patch, RNN, "get_initial_state")
    def get_initial_state(original, self, batch_size):
        return [keras.ops.ones_like(state) for state in original(self, batch_size)]


@refuted_by("wrappers.own-cell")
def hands_the_input_to_every_cell_of_a_stack(patch):
    @instead(patch, Stack, "call")
    def call(original, self, inputs, states, **options):
        pairs = zip(self.cells, states, strict=True)
        outputs, states = zip(*(cell(inputs, [state]) for cell, state in pairs), strict=True)
        return outputs[-1], [state for (state,) in states]


@refuted_by("wrappers.own-start")
def starts_every_cell_from_zeros(patch):
    @instead(patch, RNN, "get_initial_state")
    def get_initial_state(original, self, batch_size):
        return [keras.ops.zeros_like(state) for state in original(self, batch_size)]


@refuted_by("wrappers.own-start")
def starts_every_call_as_the_cell_says(patch):
    @instead(patch, RNN, "call")
    def call(original, self, sequences, initial_state=None, **options):
        return original(self, sequences, **options)


@refuted_by("wrappers.own-cell-masked")
def puts_out_zeros_at_masked_timesteps(patch):
    def zeros(self):
        self.zero_output_for_mask = True

    before_rnn(patch, zeros)


@refuted_by("wrappers.own-states-masked")
def takes_the_mask_of_the_first_sample(patch):
    @instead(patch, RNN, "inner_loop")
    def inner_loop(original, self, mask, **rest):
        return original(self, mask=mask[:1] & (mask | True), **rest)


@refuted_by("wrappers.no-output-size")
def declares_one_column_without_output_size(patch):
    @instead(patch, RNN, "compute_output_shape")
    def compute_output_shape(original, self, **shapes):
        *axes, _ = original(self, **shapes)
        return (*axes, getattr(self.cell, "output_size", 1))


@refuted_by("wrappers.plain-class")
def calls_any_class_with_a_method_call(patch):
    @instead(patch, keras.layers, "RNN")
    def made(original, cell, **options):
        patch.setattr(type(cell), "compute_dtype", "float32", raising=False)
        patch.setattr(type(cell), "__call__", type(cell).call, raising=False)
        return original(cell, **options)


@refuted_by("wrappers.states-of-more-axes")
def takes_a_tuple_for_the_axes_of_a_state(patch):
    @instead(patch, RNN, "compute_output_shape")
    def compute_output_shape(original, self, sequences_shape, *rest):
        y, *_ = original(self, sequences_shape, *rest)
        return (y, *((sequences_shape[0], *size) for size in self.state_size))


@refuted_by(
    "wrappers.stack-of-cells",
    "wrappers.stack-step",
    "wrappers.stack-backwards",
    "wrappers.stack-states",
    "wrappers.stack-stateful",
    "wrappers.list-of-one-cell",
)
def hands_c_upwards(patch):
    @instead(patch, LSTMCell, "call")
    def call(original, self, inputs, states, training=False):
        _, (h, c) = original(self, inputs, states, training=training)
        return c, [h, c]


@refuted_by("wrappers.stack-states")
def returns_the_highest_pair_first(patch):
    @instead(patch, RNN, "call")
    def call(original, self, *inputs, **options):
        y, *pairs = original(self, *inputs, **options)
        return y, *pairs[::-1]


@refuted_by("wrappers.stack-initial-state", "wrappers.stack-step")
def takes_c_before_h(patch):
    @instead(patch, Stack, "call")
    def call(original, self, inputs, states, **options):
        return original(self, inputs, [pair[::-1] for pair in states], **options)


@refuted_by("wrappers.stack-flat-state")
def makes_pairs_of_a_flat_list(patch):
    @instead(patch, RNN, "call")
    def call(original, self, sequences, initial_state=None, **options):
        pairs = [initial_state[:2], initial_state[2:]]
        return original(self, sequences, initial_state=pairs, **options)


@refuted_by("wrappers.stack-mask", "wrappers.own-cell-masked", "wrappers.own-states-masked")
def ignores_the_mask(patch):
    @instead(patch, RNN, "inner_loop")
    def inner_loop(original, self, mask, **rest):
        return original(self, mask=None, **rest)


@refuted_by("wrappers.stack-stateful")
def forgets_the_states_of_the_upper_cell(patch):
    def forget(self):
        for state in self.states[-1]:
            state.assign(0.0 * state)

    before_rnn(patch, forget)


@refuted_by("wrappers.pass-training-on")
def never_drops(patch):
    @instead(patch, LSTMCell, "call")
    def call(original, self, inputs, states, training=False):
        return original(self, inputs, states, training=False)


@refuted_by("wrappers.pass-training-on")
def always_drops(patch):
    @instead(patch, LSTMCell, "call")
    def call(original, self, inputs, states, training=False):
        return original(self, inputs, states, training=True)


@refuted_by("wrappers.normalized-slices")
def normalizes_over_all_slices(patch):
    @instead(patch, keras.layers.TimeDistributed, "call")
    def call(original, self, inputs, training=None, mask=None):
        rows = keras.ops.reshape(inputs, (-1, inputs.shape[-1]))
        return keras.ops.reshape(self.layer.call(rows, training=training), keras.ops.shape(inputs))


@refuted_by("wrappers.dense-in-slices", "wrappers.lstm-in-slices")
def applies_the_layer_to_the_first_slice_only(patch):
    @instead(patch, keras.layers.TimeDistributed, "call")
    def call(original, self, inputs, **options):
        y = original(self, inputs[:, :1], **options)
        return keras.ops.repeat(y, keras.ops.shape(inputs)[1], axis=1)


@refuted_by("wrappers.slices-of-two-axes")
def makes_an_axis_for_the_features(patch):
    @instead(patch, keras.layers.TimeDistributed, "__call__")
    def called(original, self, inputs, **options):
        whole = inputs[:, :, None] if len(inputs.shape) == 2 else inputs
        return original(self, whole, **options)


@refuted_by("wrappers.slices-of-one-input")
def reads_the_first_of_several_inputs(patch):
    @instead(patch, keras.layers.TimeDistributed, "__call__")
    def called(original, self, inputs, **options):
        return original(self, keras.tree.flatten(inputs)[0], **options)


@refuted_by("wrappers.mask-of-slices")
def gives_all_slices_the_mask_of_the_first(patch):
    @instead(patch, keras.layers.TimeDistributed, "call")
    def call(original, self, inputs, mask=None, **options):
        return original(self, inputs, mask=keras.ops.repeat(mask[:, :1], mask.shape[1], 1))


@refuted_by("wrappers.mask-of-slices")
def spreads_the_mask_of_a_slice(patch):
    @instead(patch, keras.layers.TimeDistributed, "call")
    def call(original, self, inputs, mask=None, **options):
        whole = (
            mask if len(mask.shape) == 3 else keras.ops.repeat(mask[..., None], inputs.shape[2], 2)
        )
        return original(self, inputs, mask=whole, **options)


@refuted_by("wrappers.mask-behind-slices")
def makes_a_mask_of_the_slices(patch):
    @instead(patch, keras.layers.TimeDistributed, "compute_mask")
    def compute_mask(original, self, inputs, mask):
        return keras.ops.any(mask, axis=2)


@refuted_by("wrappers.stateful-slices")
def starts_each_slice_from_zeros(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, *inputs, **options):
        self.reset_state()
        return original(self, *inputs, **options)


@refuted_by("wrappers.repeat-vector")
def gives_the_vector_once_then_zeros(patch):
    @instead(patch, keras.layers.RepeatVector, "call")
    def call(original, self, inputs):
        steps = keras.ops.arange(self.n, dtype="float32")[None, :, None]
        return original(self, inputs) * keras.ops.cast(steps == 0.0, "float32")


@refuted_by("wrappers.merge-mode-names")
def takes_an_unknown_merge_mode_that_is_set_later_for_concat(patch):
    @instead(patch, Bidirectional, "call")
    def call(original, self, *inputs, **options):
        known = self.merge_mode in ("sum", "mul", "ave", "concat", None)
        self.merge_mode = self.merge_mode if known else "concat"
        return original(self, *inputs, **options)


@refuted_by("wrappers.direction-names")
def numbers_its_directions(patch):
    names = iter(f"direction_{k}" for k in range(10**6))
    lib = bidirectional.serialization_lib

    def deserialize(config):
        config["config"]["name"] = next(names)
        return lib.deserialize_keras_object(config)

    serialize = lib.serialize_keras_object
    replaced = {"serialize_keras_object": serialize, "deserialize_keras_object": deserialize}
    patch.setattr(bidirectional, "serialization_lib", SimpleNamespace(**replaced))


def made_bidirectional(patch, change):
    """Do `change(both, layer)` after each Bidirectional is made around a layer."""

    @instead(patch, keras.layers, "Bidirectional")
    def made(original, layer, *arguments, **options):
        both = original(layer, *arguments, **options)
        change(both, layer)
        return both


@refuted_by("wrappers.use-cudnn-handed-on")
def loses_use_cudnn_as_it_did_once(patch):
    made_bidirectional(patch, lambda both, layer: setattr(both.backward_layer, "use_cudnn", "auto"))


@refuted_by("wrappers.unregistered-in-bidirectional")
def copies_any_activation(patch):
    from lstm_spec.claims.wrappers import bidirectional

    patch.setitem(keras.saving.get_custom_objects(), "halved", bidirectional.halved)


@refuted_by("wrappers.declared-output")
def declares_the_width_of_one_direction(patch):
    @instead(patch, Bidirectional, "compute_output_shape")
    def compute_output_shape(original, self, *shapes):
        return self.forward_layer.compute_output_shape(*shapes)


@refuted_by("wrappers.backward-layer-needed")
def takes_anything_but_a_layer_for_no_backward_layer(patch):
    @instead(patch, keras.layers, "Bidirectional")
    def made(original, layer, backward_layer=None):
        known = isinstance(backward_layer, keras.Layer)
        return original(layer, backward_layer=backward_layer if known else None)


@refuted_by("wrappers.bidirectional-axes")
def leaves_the_axes_to_the_layers_in_it(patch):
    made_bidirectional(patch, lambda both, layer: setattr(both, "input_spec", None))


@refuted_by("wrappers.own-layer-in-bidirectional")
def hands_the_mask_to_the_layer_that_takes_one(patch):
    @instead(patch, Bidirectional, "call")
    def call(original, self, sequences, mask=None, **options):
        given = {"initial_state": None}
        layers = (self.forward_layer, self.backward_layer)
        masked = [{"mask": mask} if layer._call_has_mask_arg else {} for layer in layers]
        pairs = zip(layers, masked, strict=True)
        return keras.ops.concatenate([layer(sequences, **given, **m) for layer, m in pairs], -1)


@refuted_by("wrappers.states-of-both")
def has_the_states_of_the_direction_that_is_built(patch):
    def states(self):
        known = [layer.states or [] for layer in (self.forward_layer, self.backward_layer)]
        return tuple(known[0] + known[1]) or None

    patch.setattr(Bidirectional, "states", property(states))


@refuted_by("wrappers.bidirectional-dtype")
def casts_the_states_as_well(patch):
    def cast(self, y):
        return tuple(keras.ops.cast(part, self.compute_dtype) for part in y)

    after_both(patch, cast)


@refuted_by("wrappers.bare-state")
def starts_a_bare_state_from_zeros(patch):
    @instead(patch, RNN, "call")
    def call(original, self, sequences, initial_state=None, **options):
        start = [0.0 * state for state in self.get_initial_state(len(sequences))]
        return original(self, sequences, initial_state=start, **options)


@refuted_by("wrappers.own-cell-zeros")
def makes_zeros_in_single_precision(patch):
    @instead(patch, RNN, "get_initial_state")
    def get_initial_state(original, self, batch_size):
        return [keras.ops.cast(state, "float32") for state in original(self, batch_size)]


@refuted_by("wrappers.own-cell-stateful")
def forgets_a_single_state(patch):
    before_rnn(patch, lambda self: self.reset_state())


@refuted_by("wrappers.built-for-a-timestep")
def builds_all_cells_of_a_stack_for_the_input(patch):
    @instead(patch, Stack, "build")
    def build(original, self, input_shape):
        for cell in self.cells:
            cell.build(input_shape)


@refuted_by("wrappers.stack-alone")
def drops_in_a_stack_unless_told(patch):
    @instead(patch, Stack, "call")
    def call(original, self, inputs, states, training=False, **options):
        return original(self, inputs, states, training=True)


@refuted_by("wrappers.stack-keeps-the-form")
def puts_every_state_of_a_stack_in_a_list(patch):
    @instead(patch, Stack, "call")
    def call(original, self, *inputs, **options):
        y, states = original(self, *inputs, **options)
        return y, [state if isinstance(state, list) else [state] for state in states]


@refuted_by("wrappers.stack-output-size")
def tells_the_size_of_the_last_state(patch):
    def output_size(self):
        sizes = keras.tree.flatten(self.cells[-1].state_size)
        return getattr(self.cells[-1], "output_size", sizes[-1])

    patch.setattr(Stack, "output_size", property(output_size))


@refuted_by("wrappers.stack-declared")
def declares_the_states_of_a_stack_in_one_row(patch):
    @instead(patch, RNN, "compute_output_shape")
    def compute_output_shape(original, self, *shapes):
        y, *pairs = original(self, *shapes)
        return (y, *(shape for pair in pairs for shape in pair))


@refuted_by("wrappers.plain-class-in-a-stack")
def leaves_plain_cells_out(patch):
    @instead(patch, Stack, "call")
    def call(original, self, inputs, states, **options):
        y, new = self.cells[0](inputs, states[0])
        return y, [new, *states[1:]]


@refuted_by("wrappers.stack-in-both-directions")
def reverses_the_upper_cell_too(patch):
    after_both(patch, lambda self, y: keras.ops.flip(y, axis=-1))


@refuted_by("wrappers.halves-aligned")
def turns_the_backward_rows_of_concat_only(patch):
    @instead(patch, Bidirectional, "call")
    def call(original, self, *inputs, **options):
        y = original(self, *inputs, **options)
        if self.merge_mode == "sum" and self.return_sequences:
            return y[:, ::-1]
        return y


@refuted_by("wrappers.merge-modes")
def adds_where_it_should_multiply(patch):
    @instead(patch, Bidirectional, "call")
    def call(original, self, *inputs, **options):
        mode = self.merge_mode
        self.merge_mode = "sum" if mode == "mul" else mode
        try:
            return original(self, *inputs, **options)
        finally:
            self.merge_mode = mode


@refuted_by("wrappers.halves", "wrappers.bidirectional-states")
def doubles_in_a_graph(patch):
    after_both(
        patch,
        lambda self, y: keras.tree.map_structure(
            lambda part: part if tf.executing_eagerly() else 2.0 * part, y
        ),
    )


@refuted_by("wrappers.stack-of-cells", "wrappers.stack-mask")
def doubles_a_stack_in_its_second_call(patch):
    def change(self):
        self.calls = getattr(self, "calls", 0) + 1

    before_rnn(patch, change)

    @instead(patch, RNN, "inner_loop")
    def inner_loop(original, self, **arguments):
        last, outputs, states = original(self, **arguments)
        factor = 2.0 if getattr(self, "calls", 0) > 1 else 1.0
        return (
            factor * last,
            factor * outputs,
            keras.tree.map_structure(lambda s: factor * s, states),
        )


@refuted_by("wrappers.rnn-options")
def forgets_the_state_of_a_stateful_loop(patch):
    def change(self):
        if self.stateful and self.states:
            self.reset_state()

    before_rnn(patch, change)


@refuted_by("wrappers.dense-in-slices")
def puts_out_two_numbers_at_most(patch):
    @instead(patch, keras.layers.TimeDistributed, "call")
    def call(original, self, *inputs, **options):
        y = original(self, *inputs, **options)
        return y * keras.ops.cast(keras.ops.arange(y.shape[-1]) < 2, y.dtype)


@refuted_by("wrappers.bidirectional-decoder")
def exchanges_the_directions_states(patch):
    @instead(patch, keras.layers.Bidirectional, "call")
    def call(original, self, sequences, initial_state=None, **options):
        turned = initial_state and [*initial_state[2:], *initial_state[:2]]
        return original(self, sequences, initial_state=turned, **options)
