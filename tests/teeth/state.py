"""Wrong LSTMs that start from, keep or reset a wrong state."""

from __future__ import annotations

import keras
from keras.src.callbacks.callback_list import CallbackList

from teeth import guards, instead, refuted_by


def given_state(patch, change):
    """Put `change(self, sequences, initial_state)` between a caller's initial state and an LSTM."""

    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, initial_state=None, **options):
        state = change(self, sequences, initial_state)
        return original(self, sequences, initial_state=state, **options)


def after_call(patch, change):
    """Do `change(self, options)` after each call of a stateful LSTM."""

    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, *inputs, **options):
        output = original(self, *inputs, **options)
        if self.stateful:
            change(self, options)
        return output


def reset_layers(model):
    for layer in model.layers:
        layer.reset_state()


@refuted_by("state.zero-start")
def starts_from_ones(patch):
    @instead(patch, keras.layers.LSTMCell, "get_initial_state")
    def get_initial_state(original, *arguments, **options):
        return [keras.ops.ones_like(state) for state in original(*arguments, **options)]


@refuted_by("state.h-first", "state.encoder-decoder")
def takes_c_before_h(patch):
    given_state(patch, lambda self, x, state: None if state is None else state[::-1])


@refuted_by("state.h-first", "state.encoder-decoder", "state.given-wins")
def ignores_a_given_state(patch):
    given_state(patch, lambda self, x, state: None)


@refuted_by("state.list-or-tuple")
def takes_a_tuple_for_no_state(patch):
    given_state(patch, lambda self, x, state: None if isinstance(state, tuple) else state)


@refuted_by("state.any-value")
def clips_a_given_state(patch):
    given_state(patch, lambda self, x, state: [keras.ops.clip(s, -1.0, 1.0) for s in state])


@refuted_by("state.one-row-for-all")
def starts_only_the_first_sample_from_a_single_row(patch):
    def with_zeros(self, x, state):
        row = [keras.ops.reshape(s, (-1, self.units)) for s in state]
        return [keras.ops.pad(s, [[0, len(x) - len(s)], [0, 0]]) for s in row]

    given_state(patch, with_zeros)


@refuted_by("state.one-sample-many-states", "state.wrong-batch")
def drops_states_beyond_the_batch(patch):
    given_state(patch, lambda self, x, state: [s[: len(x)] for s in state])


@refuted_by("state.wrong-units")
def drops_states_beyond_its_units(patch):
    given_state(patch, lambda self, x, state: [s[:, : self.units] for s in state])


@refuted_by("state.both-needed")
def takes_a_missing_c_for_zeros(patch):
    def pair(self, x, state):
        h = state[0] if isinstance(state, list) else state
        return [h, keras.ops.zeros_like(h)]

    given_state(patch, pair)


@refuted_by("state.third-refused")
def drops_a_third_state(patch):
    given_state(patch, lambda self, x, state: state[:2])


@refuted_by("state.not-beside-the-input")
def takes_a_list_apart_as_keras_2_did(patch):
    @instead(patch, keras.layers.LSTM, "__call__")
    def call(original, self, inputs, *rest, **options):
        if isinstance(inputs, list):
            inputs, *options["initial_state"] = inputs
        return original(self, inputs, *rest, **options)


@refuted_by("state.learned")
def takes_a_given_state_for_a_constant(patch):
    given_state(patch, lambda self, x, state: [keras.ops.stop_gradient(s) for s in state])


@refuted_by("state.stateless-forgets")
def goes_on_from_an_earlier_given_state(patch):
    def last_given(self, x, state):
        return vars(self).setdefault("given", state) if state else vars(self).get("given")

    given_state(patch, last_given)


@refuted_by("state.stateless-forgets")
def makes_states_whatever_stateful_says(patch):
    @instead(patch, keras.layers.RNN, "build")
    def build(original, self, sequences_shape, initial_state_shape=None):
        original(self, sequences_shape, initial_state_shape)
        self._create_state_variables(sequences_shape[0])


@refuted_by("state.first-call")
def starts_only_stateful_layers_from_ones(patch):
    @instead(patch, keras.layers.RNN, "_create_state_variables")
    def create(original, self, batch_size):
        original(self, batch_size)
        for state in self.states:
            state.assign(keras.ops.ones_like(state))


@refuted_by(
    "state.continues",
    "state.kept-in-states",
    "state.in-model",
    "state.of-two-models",
    "state.predict-continues",
    "state.never-reset-by-fit",
)
def is_reset_after_each_call(patch):
    after_call(patch, lambda self, options: self.reset_state())


@refuted_by("state.of-two-models")
def is_reset_by_a_call_of_another_model(patch):
    @instead(patch, keras.Model, "__call__")
    def called(original, self, *inputs, **options):
        for layer in self.layers:
            if vars(layer).setdefault("model", id(self)) != id(self):
                layer.reset_state()
            layer.model = id(self)
        return original(self, *inputs, **options)


@refuted_by("state.row-by-row")
def hands_each_state_to_the_next_row(patch):
    def roll(self, options):
        for state in self.states:
            state.assign(keras.ops.roll(state.value, 1, axis=0))

    after_call(patch, roll)


@refuted_by("state.kept-in-states", "state.continues")
def keeps_h_only(patch):
    after_call(patch, lambda self, options: self.states[1].assign(self.states[1] * 0))


@refuted_by("state.not-a-weight")
def counts_its_state_as_a_weight(patch):
    @instead(patch, keras.layers.RNN, "_create_state_variables")
    def create(original, self, batch_size):
        original(self, batch_size)
        self._non_trainable_variables.extend(self.states)


@refuted_by("state.not-copied")
def keeps_its_state_in_its_configuration(patch):
    kept = {}

    @instead(patch, keras.layers.LSTM, "get_config")
    def get_config(original, self):
        kept["states"] = [state.numpy() for state in self.states]
        return original(self)

    @instead(patch, keras.layers.LSTM, "set_weights")
    def set_weights(original, self, weights):
        original(self, weights)
        for state, old in zip(self.states, kept.get("states", []), strict=False):
            state.assign(old)


@refuted_by("state.fixed-batch")
def drops_samples_beyond_its_batch_size(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, **options):
        return original(self, sequences[: len(self.states[0])], **options)


@refuted_by("state.fixed-batch-in-predict")
def fills_up_the_last_batch(patch):
    @instead(patch, keras.Model, "predict")
    def predict(original, self, x, batch_size, **options):
        rows = keras.ops.repeat(x[-1:], -len(x) % batch_size, axis=0)
        return original(self, keras.ops.concatenate([x, rows]), batch_size=batch_size, **options)


@refuted_by("state.known-batch")
def takes_an_unknown_batch_size_for_one(patch):
    @instead(patch, keras.layers.RNN, "build")
    def build(original, self, sequences_shape, initial_state_shape=None):
        original(self, (sequences_shape[0] or 1, *sequences_shape[1:]))


@refuted_by("state.given-wins")
def prefers_the_kept_state_as_keras_2_did(patch):
    given_state(patch, lambda self, x, state: self.states if self.stateful else state)


@refuted_by("state.given-wins")
def keeps_a_given_state_as_it_was(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, initial_state=None, **options):
        output = original(self, sequences, initial_state=initial_state, **options)
        for state, given in zip(self.states, initial_state or [], strict=False):
            state.assign(given)
        return output


@refuted_by("state.in-training-mode", "state.never-reset-by-fit")
def keeps_no_state_in_training(patch):
    after_call(patch, lambda self, options: options.get("training") and self.reset_state())


@refuted_by("state.constant-in-training")
def trains_back_through_the_first_call(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, **options):
        if first := vars(self).get("first"):
            sequences = keras.ops.concatenate([*first, sequences], axis=1)
            options["initial_state"] = self.get_initial_state(len(first[0]))
        vars(self).setdefault("first", [sequences])
        return original(self, sequences, **options)


@refuted_by("state.constant-in-training")
def starts_training_from_zeros(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, training=False, **options):
        if training:
            options["initial_state"] = self.get_initial_state(sequences.shape[0])
        return original(self, sequences, training=training, **options)


@refuted_by("state.predict-continues")
def is_reset_before_predict(patch):
    @instead(patch, keras.Model, "predict")
    def predict(original, self, *arguments, **options):
        reset_layers(self)
        return original(self, *arguments, **options)


@refuted_by("state.never-reset-by-fit")
def is_reset_before_each_epoch(patch):
    @instead(patch, CallbackList, "on_epoch_begin")
    def on_epoch_begin(original, self, *arguments):
        reset_layers(self._model)
        original(self, *arguments)


@refuted_by("state.never-reset-by-fit")
def is_reset_before_evaluate(patch):
    @instead(patch, keras.Model, "evaluate")
    def evaluate(original, self, *arguments, **options):
        reset_layers(self)
        return original(self, *arguments, **options)


@refuted_by("state.reset")
def resets_h_only(patch):
    @instead(patch, keras.layers.RNN, "reset_state")
    def reset_state(original, self):
        self.states[0].assign(keras.ops.zeros_like(self.states[0]))


@refuted_by("state.reset-is-to-zeros")
def takes_states_to_reset_to_as_keras_2_did(patch):
    @instead(patch, keras.layers.RNN, "reset_state")
    def reset_state(original, self, states=None):
        original(self)
        for state, given in zip(self.states, states or [], strict=False):
            state.assign(given)


@refuted_by("state.assignable")
def shows_a_copy_of_its_state(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, **options):
        output = original(self, sequences, initial_state=vars(self).get("hidden"), **options)
        vars(self)["hidden"] = [keras.ops.copy(state.value) for state in self.states]
        return output


@refuted_by("state.no-reset-of-models")
def resets_whole_models_as_keras_2_did(patch):
    patch.setattr(keras.Model, "reset_state", reset_layers, raising=False)


@refuted_by("state.stateful-set-off")
def starts_from_a_state_kept_before(patch):
    @instead(patch, keras.layers.RNN, "get_initial_state")
    def get_initial_state(original, self, batch_size):
        zeros = original(self, batch_size)
        return [zero + kept[:1] for zero, kept in zip(zeros, self.states or zeros, strict=True)]


@refuted_by("state.variables")
def keeps_the_state_in_the_dtype_of_its_computations(patch):
    patch.setattr(keras.layers.LSTM, "variable_dtype", property(lambda self: self.compute_dtype))


@refuted_by("state.reset-states")
def does_nothing_by_the_older_name(patch):
    patch.setattr(keras.layers.RNN, "reset_states", lambda self: None)
    patch.setattr(keras.layers.Bidirectional, "reset_states", lambda self: None)


@refuted_by("state.built-again")
def keeps_its_state_when_built_again(patch):
    @instead(patch, keras.layers.RNN, "build")
    def build(original, self, *shapes):
        if self.states is None:
            original(self, *shapes)


@refuted_by("state.list-or-tuple")
def takes_a_tuple_for_c_and_h_if_masked_or_unrolled(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, initial_state=None, mask=None, training=False):
        swapped = isinstance(initial_state, tuple) and (mask is not None or self.unroll)
        state = initial_state[::-1] if swapped else initial_state
        return original(self, sequences, state, mask, training)


@refuted_by("state.wrong-units")
def fills_a_narrow_state_up_with_zeros(patch):
    def wide(self, x, state):
        return [keras.ops.pad(s, [[0, 0], [0, max(0, self.units - s.shape[1])]]) for s in state]

    given_state(patch, wide)


@refuted_by(
    "state.zero-start",
    "state.stateless-forgets",
    "state.first-call",
    "weights.no-bias-is-zero-bias",
    "precision.few-roundings",
    "precision.half-roundings",
    "precision.bound-from-equations",
    "precision.backward-stable",
    "precision.gate-functions",
)
def is_wrong_in_a_graph(patch):
    guards.doubles_if(patch, guards.in_a_graph)


@refuted_by(
    "state.h-first",
    "state.given-wins",
    "state.first-call",
    "state.in-training-mode",
    "weights.any-length",
    "weights.no-bias-is-zero-bias",
)
def is_wrong_under_a_mask(patch):
    guards.doubles_if(patch, guards.masked)


@refuted_by("state.zero-start", "state.h-first")
def is_wrong_from_five_timesteps_on(patch):
    guards.doubles_if(patch, guards.of_five_timesteps)


@refuted_by("state.zero-start", "state.any-value", "state.row-by-row")
def is_wrong_unrolled(patch):
    guards.doubles_if(patch, guards.unrolled)


@refuted_by("state.zero-start", "state.first-call")
def is_wrong_for_many_units(patch):
    guards.doubles_if(patch, guards.of_many_units)


@refuted_by("state.reset", "state.stateless-forgets", "state.continues", "state.in-model")
def is_wrong_in_its_second_call(patch):
    guards.doubles_if(patch, guards.in_the_second_call)
