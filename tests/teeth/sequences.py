"""Wrong LSTMs that return something else."""

from __future__ import annotations

import keras

from teeth import guards, instead, refuted_by


@refuted_by("sequences.row-per-timestep")
def returns_a_row_for_each_unit(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        return original(self, sequences, *rest, **options)[:, : self.units]


@refuted_by("sequences.row-per-timestep")
def drops_the_time_axis_of_a_single_timestep(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        y = original(self, sequences, *rest, **options)
        return y[:, 0] if sequences.shape[1] == 1 else y


@refuted_by("sequences.last-row", "sequences.rows", "sequences.flags-choose")
def returns_the_output_before_each_timestep(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, *rest, **options):
        last, outputs, states = original(self, *rest, **options)
        rows = keras.ops.pad(outputs[:, :-1], [(0, 0), (1, 0), (0, 0)])
        return last, rows if self.return_sequences else outputs, states


@refuted_by("sequences.last-row")
def averages_over_time(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, *rest, **options):
        wanted, self.return_sequences = self.return_sequences, True
        _, outputs, states = original(self, *rest, **options)
        self.return_sequences = wanted
        return keras.ops.mean(outputs, axis=1), outputs, states


@refuted_by("sequences.only-final-states")
def returns_states_of_all_timesteps(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, *rest, **options):
        y, h, c = original(self, *rest, **options)
        return (y, y, c) if self.return_sequences else (y, h, c)


@refuted_by("sequences.only-final-states", "sequences.no-states-in-sequential")
def keeps_its_states_to_itself(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, *rest, **options):
        y, *_ = original(self, *rest, **options)
        return y

    @instead(patch, keras.layers.LSTM, "compute_output_shape")
    def compute_output_shape(original, self, *rest):
        y, *_ = original(self, *rest)
        return y


@refuted_by("sequences.order-of-states", "sequences.output-is-h", "sequences.output-is-not-c")
def returns_c_before_h(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, *rest, **options):
        y, h, c = original(self, *rest, **options)
        return y, c, h


@refuted_by("sequences.returned-in-a-tuple")
def returns_a_list(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, *rest, **options):
        return list(original(self, *rest, **options))


@refuted_by("sequences.returned-in-a-tuple")
def declares_a_list(patch):
    @instead(patch, keras.layers.RNN, "compute_output_spec")
    def compute_output_spec(original, self, *rest, **options):
        return list(original(self, *rest, **options))


@refuted_by("sequences.output-is-not-c")
def outputs_its_cell_state(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, *rest, **options):
        _, h, c = original(self, *rest, **options)
        return c, h, c


@refuted_by("sequences.flags-choose")
def returns_the_squashed_c_beside_a_sequence(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, *rest, **options):
        results = original(self, *rest, **options)
        if not (self.return_sequences and self.return_state):
            return results
        y, h, c = results
        return y, h, self.activation(c)


@refuted_by("sequences.backwards")
def ignores_go_backwards(patch):
    @instead(patch, keras.layers.RNN, "inner_loop")
    def inner_loop(original, self, *rest, **options):
        self.go_backwards = False
        return original(self, *rest, **options)


@refuted_by("sequences.backwards", "sequences.backwards-rows")
def lays_backwards_rows_beside_the_input(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, *rest, **options):
        last, outputs, states = original(self, *rest, **options)
        return last, keras.ops.flip(outputs, axis=1) if self.go_backwards else outputs, states


@refuted_by("sequences.backwards", "sequences.backwards-reads-all")
def answers_backwards_for_the_last_timestep(patch):
    def read(layer):
        return slice(-1 if layer.go_backwards and not layer.return_sequences else 0, None)

    guards.reads_only(patch, read)


@refuted_by("sequences.stacking")
def keeps_a_time_axis_of_one(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, *rest, **options):
        y = original(self, *rest, **options)
        return y if self.return_sequences else y[:, None]


@refuted_by("sequences.stacking")
def reads_a_table_as_one_timestep(patch):
    @instead(patch, keras.layers.LSTM, "__call__")
    def __call__(original, self, sequences, *rest, **options):  # noqa: N807 - Keras' name
        sequences = sequences if len(sequences.shape) == 3 else sequences[:, None]
        return original(self, sequences, *rest, **options)


@refuted_by("sequences.stack-in-step")
def hands_its_last_output_to_all_timesteps_above(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, *rest, **options):
        y = original(self, *rest, **options)
        return keras.ops.zeros_like(y) + y[:, -1:] if self.return_sequences else y


@refuted_by("sequences.dense-per-timestep")
def mixes_timesteps_in_dense(patch):
    @instead(patch, keras.layers.Dense, "call")
    def call(original, self, inputs, *rest, **options):
        mixed = keras.ops.cumsum(inputs, axis=1) if len(inputs.shape) == 3 else inputs
        return original(self, mixed, *rest, **options)


@refuted_by("sequences.last-row")
def returns_the_mean_over_time_if_masked_or_unrolled(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, initial_state=None, mask=None, training=False):
        y = original(self, sequences, initial_state, mask, training)
        changed = (mask is not None or self.unroll) and self.return_sequences
        if not changed or self.return_state:
            return y
        return keras.ops.ones_like(y) * keras.ops.mean(y, axis=1, keepdims=True)


@refuted_by("sequences.output-is-h")
def doubles_h_if_unrolled_or_stateful(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, *rest, **options):
        results = original(self, *rest, **options)
        if not (self.return_state and (self.unroll or self.stateful)):
            return results
        y, h, c = results
        return y, 2 * h, c
