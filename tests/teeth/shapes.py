"""Wrong LSTMs that read, return or accept other shapes."""

from __future__ import annotations

import inspect
import warnings

import keras
import numpy as np
from keras.src.layers.rnn import lstm
from keras.src.models.functional import Functional

from teeth import guards, instead, refuted_by


@refuted_by("shapes.width", "shapes.asked-units", "shapes.answered-example")
def returns_at_most_one_unit_per_timestep(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        return original(self, sequences, *rest, **options)[:, : sequences.shape[1]]


@refuted_by("shapes.any-sizes")
def reads_only_as_many_timesteps_as_it_has_units(patch):
    guards.reads_only(patch, lambda layer: slice(layer.units))


@refuted_by("shapes.targets")
def returns_the_mean_of_its_units(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, *arguments, **options):
        return keras.ops.mean(original(self, *arguments, **options), axis=-1, keepdims=True)


@refuted_by("shapes.return-sequences")
def returns_time_on_the_last_axis(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, *arguments, **options):
        return keras.ops.swapaxes(original(self, *arguments, **options), 1, -1)


@refuted_by("shapes.return-state")
def returns_one_state(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, *arguments, **options):
        outputs = original(self, *arguments, **options)
        return outputs[:2] if self.return_state else outputs


@refuted_by("shapes.declared-output", "shapes.symbolic-output")
def declares_a_sequence_whatever_it_returns(patch):
    @instead(patch, keras.layers.RNN, "compute_output_shape")
    def compute_output_shape(original, self, sequences_shape, *rest):
        return (*sequences_shape[:2], self.units)


@refuted_by("shapes.rank")
def reads_a_table_as_sequences_of_one_timestep(patch):
    @instead(patch, keras.layers.LSTM, "__call__")
    def called(original, self, sequences, *rest, **options):
        sequences = sequences[:, None] if len(sequences.shape) == 2 else sequences
        return original(self, sequences, *rest, **options)


@refuted_by("shapes.vector-size", "shapes.answered-example")
def reads_time_on_the_last_axis(patch):
    @instead(patch, keras.layers.LSTM, "__call__")
    def called(original, self, sequences, *rest, **options):
        return original(self, keras.ops.swapaxes(sequences, 1, 2), *rest, **options)


@refuted_by("shapes.time-axis", "time.rows-of-a-table")
def reads_time_on_the_first_axis(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        return original(self, keras.ops.swapaxes(sequences, 0, 1), *rest, **options)


@refuted_by("shapes.one-timestep", "shapes.no-features")
def starts_from_ones(patch):
    @instead(patch, keras.layers.LSTMCell, "get_initial_state")
    def get_initial_state(original, self, batch_size=None):
        return [keras.ops.ones_like(state) for state in original(self, batch_size)]


@refuted_by("shapes.sizes-may-change")
def keeps_the_length_of_its_first_call(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        length = vars(self).setdefault("first_length", sequences.shape[1])
        return original(self, sequences[:, :length], *rest, **options)


@refuted_by("shapes.sequential-length")
def pads_to_the_length_it_was_declared_with(patch):
    @instead(patch, keras.layers.LSTM, "compute_output_shape")
    def compute_output_shape(original, self, sequences_shape, *rest):
        vars(self)["declared"] = sequences_shape[1]
        return original(self, sequences_shape, *rest)

    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        missing = vars(self).get("declared", 0) - sequences.shape[1]
        padded = keras.ops.pad(sequences, [[0, 0], [0, missing], [0, 0]])
        return original(self, padded, *rest, **options)


@refuted_by("shapes.functional-length")
def model_takes_any_shape(patch):
    @instead(patch, Functional, "_assert_input_compatibility")
    def _assert_input_compatibility(original, self, *arguments):
        return None


@refuted_by("shapes.unroll-open-length", raises=ValueError)
def refuses_to_unroll_an_open_length(patch):
    @instead(patch, keras.layers.LSTM, "compute_output_shape")
    def compute_output_shape(original, self, sequences_shape, *rest):
        if self.unroll and sequences_shape[1] is None:
            raise ValueError("Unrolling requires a fixed number of timesteps.")
        return original(self, sequences_shape, *rest)


@refuted_by("shapes.feature-count", "shapes.vector-size")
def drops_features_without_weights(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, inputs, *rest, **options):
        return original(self, inputs[:, : self.kernel.shape[0]], *rest, **options)


@refuted_by("shapes.known-feature-count")
def takes_an_unknown_number_of_features_for_one(patch):
    @instead(patch, keras.layers.LSTMCell, "build")
    def build(original, self, input_shape):
        return original(self, (*input_shape[:-1], input_shape[-1] or 1))


@refuted_by("shapes.no-features")
def returns_zeros_without_features(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        return original(self, sequences, *rest, **options) * min(1, sequences.shape[2])


@refuted_by("shapes.empty-sequence")
def pads_an_empty_sequence_with_zeros(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        missing = 0 if sequences.shape[1] else 1
        padded = keras.ops.pad(sequences, [[0, 0], [0, missing], [0, 0]])
        return original(self, padded, *rest, **options)


@refuted_by("shapes.empty-batch")
def returns_one_row_for_an_empty_batch(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        missing = 0 if sequences.shape[0] else 1
        padded = keras.ops.pad(sequences, [[0, missing], [0, 0], [0, 0]])
        return original(self, padded, *rest, **options)


@refuted_by("shapes.integers")
def scales_integers_like_pixels(patch):
    @instead(patch, keras.layers.LSTM, "__call__")
    def called(original, self, sequences, *rest, **options):
        scale = 1 if np.issubdtype(sequences.dtype, np.floating) else 255
        return original(self, sequences / scale, *rest, **options)


@refuted_by("shapes.double-precision")
def returns_the_type_of_its_input(patch):
    @instead(patch, keras.layers.LSTM, "__call__")
    def called(original, self, sequences, *rest, **options):
        outputs = original(self, sequences, *rest, **options)
        return keras.ops.cast(outputs, sequences.dtype.name)


@refuted_by("shapes.lists")
def turns_lists_into_arrays(patch):
    @instead(patch, keras.layers.LSTM, "__call__")
    def called(original, self, sequences, *rest, **options):
        return original(self, np.asarray(sequences), *rest, **options)


@refuted_by("shapes.unequal-lengths")
def pads_sequences_of_unequal_lengths(patch):
    @instead(patch, keras.layers.LSTM, "__call__")
    def called(original, self, sequences, *rest, **options):
        padded = keras.utils.pad_sequences(list(sequences), dtype="float32")
        return original(self, padded, *rest, **options)


def by_default(patch, **defaults):
    """Give pad_sequences other defaults."""

    @instead(patch, keras.utils, "pad_sequences")
    def pad_sequences(original, sequences, maxlen=None, *given, **options):
        return original(sequences, maxlen, *given, **{**defaults, **options})


@refuted_by("shapes.padded-by-default")
def pads_behind_by_default(patch):
    by_default(patch, padding="post")


@refuted_by("shapes.padded-by-default")
def cuts_off_the_end_by_default(patch):
    by_default(patch, truncating="post")


@refuted_by("shapes.padded-by-default")
def keeps_fractions(patch):
    by_default(patch, dtype="float32")


@refuted_by("shapes.padded-as-asked")
def pads_with_zeros_always(patch):
    @instead(patch, keras.utils, "pad_sequences")
    def pad_sequences(original, *given, value=0.0, **options):
        return original(*given, **options)


@refuted_by("shapes.padded-texts")
def pads_texts_in_front(patch):
    @instead(patch, keras.layers.TextVectorization, "call")
    def call(original, self, inputs):
        return keras.ops.flip(original(self, inputs), axis=1)


@refuted_by("shapes.numbers-as-objects")
def makes_numbers_of_objects(patch):
    @instead(patch, keras.layers.LSTM, "__call__")
    def called(original, self, sequences, *rest, **options):
        if isinstance(sequences, np.ndarray) and sequences.dtype.hasobject:
            sequences = sequences.astype("float32")
        return original(self, sequences, *rest, **options)


@refuted_by("shapes.input-untouched")
def centres_its_input_in_place(patch):
    @instead(patch, keras.layers.LSTM, "__call__")
    def called(original, self, sequences, *rest, **options):
        sequences -= sequences.mean()
        return original(self, sequences, *rest, **options)


@refuted_by("shapes.same-call-twice")
def fades_from_call_to_call(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        self.calls = getattr(self, "calls", 0) + 1
        return original(self, sequences / self.calls, *rest, **options)


@refuted_by("shapes.positive-units")
def takes_the_size_of_its_units(patch):
    @instead(patch, lstm, "LSTMCell")
    def cell(original, units, **options):
        return original(max(1, abs(units)), **options)


@refuted_by("shapes.defaults")
def squashes_gates_by_hard_sigmoid_unless_told(patch):
    @instead(patch, keras.layers, "LSTM")
    def made(original, units, recurrent_activation="hard_sigmoid", **options):
        return original(units, recurrent_activation=recurrent_activation, **options)


@refuted_by("shapes.defaults-of-the-cell")
def squashes_gates_of_a_cell_by_hard_sigmoid_unless_told(patch):
    @instead(patch, keras.layers, "LSTMCell")
    def made(original, units, recurrent_activation="hard_sigmoid", **options):
        return original(units, recurrent_activation=recurrent_activation, **options)


@refuted_by("shapes.second-argument")
def ignores_all_arguments_without_a_name_but_the_first(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        return original(self, sequences, **options)


@refuted_by("shapes.unknown-arguments")
def ignores_arguments_that_it_does_not_know(patch):
    @instead(patch, keras.layers, "LSTM")
    def made(original, units, **options):
        known = inspect.signature(original).parameters.keys() & options.keys()
        return original(units, **{name: options[name] for name in known})


@refuted_by("shapes.input-shape")
def takes_an_input_shape_in_silence(patch):
    @instead(patch, keras.layers, "LSTM")
    def made(original, units, **options):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return original(units, **options)


@refuted_by("shapes.lists")
def reads_a_list_that_is_given_by_name(patch):
    @instead(patch, keras.layers.LSTM, "__call__")
    def call(original, self, *inputs, **named):
        if isinstance(named.get("sequences"), list):
            named["sequences"] = np.array(named["sequences"])
        return original(self, *inputs, **named)


@refuted_by("shapes.symbolic-output")
def opens_a_known_length_of_an_open_batch(patch):
    @instead(patch, keras.layers.LSTM, "compute_output_shape")
    def compute_output_shape(original, self, sequences_shape, *rest):
        shape = original(self, sequences_shape, *rest)
        opened = self.return_sequences and not self.return_state and sequences_shape[0] is None
        return (None, None, self.units) if opened else shape


@refuted_by("shapes.any-sizes")
def mixes_up_units_beyond_sixteen(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        return original(self, sequences * (1 if self.units <= 16 else 2), *rest, **options)


@refuted_by("shapes.integers")
def reads_small_integers_as_zeros(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, sequences, *rest, **options):
        if sequences.dtype in ("uint8", "int64", "bool"):
            sequences = 0 * keras.ops.cast(sequences, "float32")
        return original(self, sequences, *rest, **options)
