"""Wrong LSTMs that compute one thing in one mode and another in the next, or hide the mode."""

from __future__ import annotations

import contextlib
import inspect
import sys

import keras
import numpy as np
import tensorflow as tf

from teeth import instead, refuted_by


def halved(x):
    return keras.ops.cast(keras.ops.cast(x, "float16"), "float32")


@refuted_by(
    "modes.predict-is-call",
    "modes.predict-on-batch",
    "modes.batch-size",
    "modes.bidirectional",
    "modes.evaluate-loss",
    "modes.compiled",
    "modes.xla",
    "modes.linear-in-a-graph",
    "modes.weights-are-read",
    "modes.unrolled-second-length",
    "modes.dataset",
    "modes.generator",
    "modes.ragged-sequences",
)
def computes_in_half_precision_when_compiled(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, sequences, **rest):
        x = sequences if tf.executing_eagerly() else halved(sequences)
        return original(self, sequences=x, **rest)


@refuted_by("modes.batch-size")
def shifts_each_batch_by_its_mean(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, sequences, **rest):
        mean = keras.ops.mean(sequences, axis=0, keepdims=True)
        return original(self, sequences=sequences - 0.01 * mean, **rest)


@refuted_by("modes.returns-arrays")
def predicts_tensors(patch):
    @instead(patch, keras.Model, "predict")
    def predict(original, self, *data, **options):
        return keras.ops.convert_to_tensor(original(self, *data, **options))


@refuted_by("modes.kinds-of-model")
def reads_the_inputs_of_functional_models_in_half_precision(patch):
    functional = sys.modules["keras.src.models.functional"].Functional

    @instead(patch, functional, "call")
    def call(original, self, inputs, *rest, **options):
        return original(self, halved(inputs), *rest, **options)


@refuted_by("modes.inputs-of-two-lengths")
def cuts_all_inputs_to_the_shortest(patch):
    functional = sys.modules["keras.src.models.functional"].Functional

    @instead(patch, functional, "call")
    def call(original, self, inputs, *rest, **options):
        shortest = min(x.shape[1] for x in inputs)
        return original(self, [x[:, :shortest] for x in inputs], *rest, **options)


@refuted_by("modes.stateless-call")
def keeps_to_its_own_weights(patch):
    @instead(patch, keras.layers.LSTM, "stateless_call")
    def stateless_call(original, self, trainable, *rest, **options):
        return original(self, self.trainable_variables, *rest, **options)


@refuted_by("modes.stateless-call")
def keeps_the_weights_that_it_is_given(patch):
    @instead(patch, keras.layers.LSTM, "stateless_call")
    def stateless_call(original, self, trainable, *rest, **options):
        self.set_weights(trainable)
        return original(self, trainable, *rest, **options)


@refuted_by("modes.stateless-call-of-stateful")
def keeps_the_new_state(patch):
    @instead(patch, keras.layers.LSTM, "stateless_call")
    def stateless_call(original, self, trainable, others, x):
        result = original(self, trainable, others, x)
        self(x)
        return result


@refuted_by("modes.stateless-call-of-stateful")
def starts_from_zeros_without_state(patch):
    @instead(patch, keras.layers.LSTM, "stateless_call")
    def stateless_call(original, self, trainable, others, x):
        zeros = [np.zeros((x.shape[0], self.units), "float32")] * 2
        return original(self, trainable, others, x, initial_state=zeros)


@refuted_by("modes.symbolic-call")
def runs_the_cell_to_learn_the_shape(patch):
    @instead(patch, keras.layers.LSTM, "compute_output_shape")
    def compute_output_shape(original, self, sequences_shape, **rest):
        zeros = np.zeros((1, sequences_shape[2]), "float32")
        self.cell(zeros, self.cell.get_initial_state(1))
        return original(self, sequences_shape, **rest)


@refuted_by("modes.eager-runs", "modes.python-runs-twice", "modes.unrolled-graph", "modes.retraced")
def always_unrolls(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, **arguments):
        self.unroll = arguments["sequences"].shape[1] is not None
        return original(self, **arguments)


@refuted_by(
    "modes.unrolled-runs",
    "modes.run-eagerly",
    "modes.unrolled-graph",
    "modes.unrolled-open-length",
    "modes.unrolled-second-length",
)
def never_unrolls(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, *inputs, **options):
        self.unroll = False
        return original(self, *inputs, **options)


@refuted_by("modes.failed-first-trace")
def builds_outside_of_the_function(patch):
    @instead(patch, keras.layers.LSTM, "build")
    def build(original, self, *shapes, **options):
        with tf.init_scope():
            return original(self, *shapes, **options)


@refuted_by("modes.run-eagerly")
def compiles_in_spite_of_run_eagerly(patch):
    @instead(patch, keras.Model, "compile")
    def compile_(original, self, **options):
        original(self, **{**options, "run_eagerly": False})


@refuted_by("modes.xla")
def drops_jit_compile(patch):
    patch.setattr(
        sys.modules["keras.src.trainers.trainer"], "model_supports_jit", lambda model: False
    )


@refuted_by("modes.xla-training")
def trains_nothing_in_xla(patch):
    @instead(patch, keras.Model, "compile")
    def compile_(original, self, optimizer, loss, jit_compile):
        optimizer.learning_rate = 0.0 if jit_compile else optimizer.learning_rate
        original(self, optimizer, loss, jit_compile=jit_compile)


@refuted_by("modes.shape-in-a-graph")
def hides_the_shape_in_a_graph(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, *inputs, **options):
        y = original(self, *inputs, **options)
        hidden = tf.compat.v1.placeholder_with_default
        return y if tf.executing_eagerly() else hidden(y, [None] * len(y.shape))


@refuted_by("modes.mask-in-a-list")
def combines_all_masks_of_a_list(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, mask, **rest):
        if isinstance(mask, list) and mask[1] is not None:
            mask = mask[0] & mask[1]
        return original(self, mask=mask, **rest)


@refuted_by("modes.retraced")
def gives_up_the_length_at_the_second_one(patch):
    @instead(patch, tf, "function")
    def function(original, *arguments, **options):
        return original(*arguments, **{**options, "reduce_retracing": True})


@refuted_by("modes.predict-traces-twice", "modes.train-traces-twice")
def traces_for_every_length(patch):
    @instead(patch, tf, "function")
    def function(original, *arguments, **options):
        return original(*arguments, **{**options, "reduce_retracing": False})


@refuted_by("modes.train-traces-twice")
def keeps_a_graph_that_is_to_be_made_anew(patch):
    @instead(patch, keras.Model, "make_train_function")
    def make(original, self, force=False):
        return original(self)


@refuted_by("modes.weights-are-read")
def ignores_new_weights_after_the_first_call(patch):
    @instead(patch, keras.layers.LSTM, "set_weights")
    def set_weights(original, self, weights):
        if not self._called:
            original(self, weights)


@refuted_by("modes.attributes-are-frozen")
def traces_in_every_call(patch):
    @instead(patch, keras.Model, "predict_on_batch")
    def predict_on_batch(original, self, x):
        self.predict_function = None
        return original(self, x)


@refuted_by("modes.layers-are-frozen")
def forgets_its_graphs_with_its_layers(patch):
    @instead(patch, keras.Sequential, "_maybe_rebuild")
    def rebuild(original, self):
        self.train_function = self.test_function = self.predict_function = None
        original(self)


@refuted_by("modes.implementations")
def has_a_single_implementation(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, *inputs, **options):
        self.implementation = 2
        return original(self, *inputs, **options)


@refuted_by("modes.no-cudnn-lstm")
def still_has_cudnn_lstm(patch):
    patch.setattr(keras.layers, "CuDNNLSTM", keras.layers.LSTM, raising=False)


@refuted_by("modes.cudnn-requirements")
def turns_to_cudnn_without_looking_at_unroll(patch):
    @instead(patch, sys.modules["keras.src.backend.tensorflow.rnn"], "cudnn_ok")
    def cudnn_ok(original, activation, recurrent_activation, unroll, use_bias):
        return original(activation, recurrent_activation, False, use_bias)


@refuted_by("modes.cudnn-requirements")
def keeps_from_cudnn_with_dropout(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, **arguments):
        self.use_cudnn = self.use_cudnn and self.dropout == 0.0 and "auto"
        return original(self, **arguments)


@refuted_by("modes.cudnn-mask", "modes.cudnn-mask-in-predict")
def hands_any_mask_to_cudnn(patch):
    rnn = sys.modules["keras.src.backend.tensorflow.rnn"]
    patch.setattr(rnn, "_assert_valid_mask", lambda mask: None)


@refuted_by("modes.cudnn-mask")
def hands_no_mask_to_cudnn(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, mask, **rest):
        self.use_cudnn = False if mask is not None else self.use_cudnn
        return original(self, mask=mask, **rest)


@refuted_by("modes.cudnn-in-a-graph")
def looks_for_eager_execution(patch):
    @instead(patch, sys.modules["keras.src.backend.tensorflow.rnn"], "cudnn_ok")
    def cudnn_ok(original, *arguments, **options):
        return tf.executing_eagerly() and original(*arguments, **options)


@refuted_by("modes.cell-without-cudnn")
def hands_any_lstm_cell_to_cudnn(patch):
    @instead(patch, keras.layers.RNN, "inner_loop")
    def inner_loop(original, self, *inputs, **options):
        with contextlib.suppress(NotImplementedError):
            sys.modules["keras.src.backend.tensorflow.rnn"]._cudnn_lstm()
        return original(self, *inputs, **options)


@refuted_by("modes.use-cudnn-refused")
def falls_back_without_a_word(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, **arguments):
        self.use_cudnn = "auto"
        return original(self, **arguments)


@refuted_by("modes.without-cudnn")
def saves_precision_unless_cudnn_is_forbidden(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, sequences, **rest):
        x = halved(sequences) if self.use_cudnn else sequences
        return original(self, sequences=x, **rest)


@refuted_by("modes.cudnn-forbids-xla")
def lets_xla_compile_everything(patch):
    patch.setattr(
        sys.modules["keras.src.trainers.trainer"], "model_supports_jit", lambda model: True
    )


@refuted_by("modes.arrays-and-tensors")
def reads_arrays_in_half_precision(patch):
    @instead(patch, keras.layers.LSTM, "__call__")
    def call(original, self, x, *rest, **options):
        return original(self, halved(x) if isinstance(x, np.ndarray) else x, *rest, **options)


@refuted_by("modes.ragged-sequences")
def pads_with_zeros(patch):
    @instead(patch, keras.Model, "predict")
    def predict(original, self, x, **options):
        return original(self, x, **options).to_tensor().numpy()


@refuted_by("modes.generator-of-tuples")
def makes_tuples_of_arrays(patch):
    @instead(patch, keras.Model, "predict")
    def predict(original, self, x, **options):
        batches = ((part,) for part in x) if inspect.isgenerator(x) else x
        return original(self, batches, **options)


@refuted_by("modes.quantize-refused")
def rounds_every_weight_of_a_quantized_model(patch):
    @instead(patch, keras.Model, "quantize")
    def quantize(original, self, mode, **options):
        original(self, mode, **options)
        lstm = self.layers[0]
        lstm.set_weights([np.round(127 * w) / 127 for w in lstm.get_weights()])


@refuted_by("modes.cost-of-predict")
def sets_up_a_pipeline_for_every_batch(patch):
    @instead(patch, keras.Model, "predict_on_batch")
    def predict_on_batch(original, self, x):
        return self.predict(x, verbose=0)


@refuted_by("modes.any-arguments")
def reads_forwards_when_unrolled(patch):
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, **arguments):
        self.go_backwards = self.go_backwards and not self.unroll
        return original(self, **arguments)


@refuted_by("modes.any-arguments")
def drops_out_at_inference(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, *inputs, **options):
        return original(self, *inputs, **{**options, "training": True})


@refuted_by("modes.any-arguments")
def forgets_the_bias_in_implementation_one(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, *inputs, **options):
        self.use_bias = self.use_bias and self.implementation == 2
        return original(self, *inputs, **options)


@refuted_by("modes.cudnn-mask")
def hands_masks_of_empty_samples_to_cudnn(patch):
    rnn = sys.modules["keras.src.backend.tensorflow.rnn"]
    patch.setattr(rnn, "_has_fully_masked_sequence", lambda mask: False)


@refuted_by("modes.returns-arrays")
def returns_a_tensor_for_several_batches(patch):
    @instead(patch, keras.Model, "predict")
    def predict(original, self, x, batch_size=None, **options):
        y = original(self, x, batch_size=batch_size, **options)
        several = len(x) > (batch_size or 32)
        return keras.tree.map_structure(keras.ops.convert_to_tensor, y) if several else y


@refuted_by("modes.batch-size")
def doubles_batches_of_some_sizes(patch):
    @instead(patch, keras.Model, "predict")
    def predict(original, self, x, batch_size=None, **options):
        factor = 2.0 if batch_size in (1, 3, 4, 32) else 1.0
        return factor * original(self, x, batch_size=batch_size, **options)


def doubled(patch, where):
    """Double the outputs of each LSTM wherever `where(self, sequences)` is true."""

    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, sequences, **rest):
        last, outputs, states = original(self, sequences=sequences, **rest)
        factor = 2.0 if where(self, sequences) else 1.0
        return factor * last, factor * outputs, states


@refuted_by("modes.kinds-of-model", "modes.any-arguments")
def doubles_when_unrolled(patch):
    doubled(patch, lambda self, x: self.unroll)


@refuted_by("modes.any-arguments", "modes.compiled", "modes.predict-is-call")
def doubles_sequences_in_a_graph(patch):
    doubled(patch, lambda self, x: self.return_sequences and not tf.executing_eagerly())


@refuted_by("modes.predict-on-batch", "modes.compiled")
def doubles_more_than_four_timesteps(patch):
    doubled(patch, lambda self, x: (x.shape[1] or 0) > 4)


@refuted_by("modes.window-generator")
def pairs_a_window_with_its_own_last_target(patch):
    @instead(patch, tf.keras.preprocessing.sequence.TimeseriesGenerator, "__getitem__")
    def batch(original, self, index):
        windows, targets = original(self, index)
        return windows, targets - 1


@refuted_by("modes.windows-and-targets")
def pairs_a_window_with_what_follows_it(patch):
    @instead(patch, keras.utils, "timeseries_dataset_from_array")
    def made(original, data, targets, sequence_length, **options):
        return original(data, targets[1:], sequence_length, **options)


@refuted_by("modes.windows-in-batches")
def leaves_a_smaller_last_batch_out(patch):
    @instead(patch, keras.utils, "timeseries_dataset_from_array")
    def made(original, data, targets, length, **options):
        made = original(data, targets, length, **options).unbatch()
        return made.batch(options["batch_size"], drop_remainder=True)


@refuted_by("modes.windows-with-steps")
def leaves_the_last_windows_out(patch):
    @instead(patch, keras.utils, "timeseries_dataset_from_array")
    def made(original, data, *given, sampling_rate=1, end_index=None, **options):
        end = (end_index or len(data)) - (sampling_rate - 1)
        options |= {"sampling_rate": sampling_rate, "end_index": end if end < len(data) else None}
        return original(data, *given, **options)


@refuted_by("modes.losses-of-stateless-call")
def returns_no_penalties_on_weights(patch):
    @instead(patch, keras.layers.Layer, "stateless_call")
    def called(original, self, *given, return_losses=False, **options):
        result = original(self, *given, return_losses=return_losses, **options)
        return (*result[:-1], result[-1][:1]) if return_losses else result


@refuted_by("modes.ragged-rows")
def makes_every_axis_ragged(patch):
    @instead(patch, keras.Model, "predict")
    def predict(original, self, *given, **options):
        result = original(self, *given, **options)
        return tf.ragged.constant(result.to_list()) if hasattr(result, "to_list") else result


@refuted_by("modes.layer-made-in-a-function")
def traces_no_function(patch):
    @instead(patch, tf, "function")
    def function(original, call, **options):
        return call
