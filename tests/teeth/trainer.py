"""Wrong trainers: they report, weigh, shuffle, step or call back in a wrong way."""

from __future__ import annotations

import itertools
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras.src import backend
from keras.src.callbacks.callback_list import CallbackList
from keras.src.callbacks.monitor_callback import MonitorCallback
from keras.src.losses import loss as reductions
from keras.src.losses import losses
from keras.src.metrics import confusion_metrics, reduction_metrics
from keras.src.metrics import metric as metric_module
from keras.src.optimizers.base_optimizer import clip_by_global_norm
from keras.src.trainers import compile_utils, epoch_iterator
from keras.src.trainers.data_adapters import (
    array_data_adapter,
    data_adapter_utils,
    generator_data_adapter,
    py_dataset_adapter,
)
from keras.src.utils.naming import to_snake_case

from lstm_spec.claims.trainer import distribution
from teeth import instead, refuted_by


def before_fit(patch, change):
    """Let `change(self, options)` alter what fit was given; x and y are among the options."""

    @instead(patch, keras.Model, "fit")
    def fit(original, self, *given, **options):
        options.update(zip(("x", "y"), given, strict=False))
        change(self, options)
        return original(self, **options)


def leaves_out(patch, *names):
    """Let fit overlook what it was given by these names."""

    def change(self, options):
        for name in names:
            options.pop(name, None)

    before_fit(patch, change)


# What is reported.


@refuted_by(
    "trainer.epoch-loss",
    "trainer.evaluate-twice",
    "trainer.generator",
    "trainer.dataset-object",
    "trainer.tf-data",
    "trainer.weighted-epoch",
    "trainer.mask-by-batches",
    "trainer.running-logs",
)
def counts_a_small_batch_as_a_large_one(patch):
    @instead(patch, keras.metrics.Mean, "update_state")
    def update_state(original, self, values, sample_weight=None):
        alike = None if len(np.shape(values)) == 0 else sample_weight
        return original(self, values, sample_weight=alike)


@refuted_by("trainer.epochs-anew", "trainer.on-batch-alone", "trainer.running-logs")
def reports_a_mean_over_everything(patch):
    @instead(patch, keras.Model, "reset_metrics")
    def reset_metrics(original, self):
        return None


@refuted_by("trainer.history-stays")
def puts_an_empty_history_after_evaluate(patch):
    @instead(patch, keras.Model, "evaluate")
    def evaluate(original, self, *data, **options):
        numbers = original(self, *data, **options)
        self.history = keras.callbacks.History()
        return numbers


@refuted_by("trainer.evaluate-in-a-callback")
def evaluates_what_fit_validates(patch):
    @instead(patch, keras.Model, "evaluate")
    def evaluate(original, self, *data, **options):
        if getattr(self, "_eval_epoch_iterator", None) is not None:
            options["_use_cached_eval_dataset"] = True
        return original(self, *data, **options)


@refuted_by("trainer.several-thresholds")
def reports_thresholds_backwards(patch):
    @instead(patch, keras.metrics.Recall, "result")
    def result(original, self):
        numbers = original(self)
        return numbers[::-1] if len(numbers.shape) else numbers


@refuted_by("trainer.metrics-of-inner-layers", raises=KeyError)
def hides_the_metrics_of_layers(patch):
    everything = keras.Model.metrics.fget
    own = property(lambda self: [m for m in everything(self) if m.name != "watched"])
    patch.setattr(keras.Model, "metrics", own)


@refuted_by("trainer.types-for-an-own-metric")
def casts_targets_for_every_metric(patch):
    @instead(patch, keras.metrics.MeanMetricWrapper, "update_state")
    def update_state(original, self, y_true, y_pred, sample_weight=None):
        return original(self, keras.ops.cast(y_true, "float32"), y_pred, sample_weight)


@refuted_by("trainer.learning-rate-by-name")
def takes_lr_as_before(patch):
    @instead(patch, keras.optimizers.Optimizer, "__init__")
    def init(original, self, learning_rate, lr=None, **options):
        original(self, learning_rate if lr is None else lr, **options)


@refuted_by("trainer.targets-of-more-axes")
def takes_away_an_axis_of_one(patch):
    @instead(patch, losses, "squeeze_or_expand_to_same_rank")
    def squeeze(original, x1, x2, *rest, **options):
        if len(x1.shape) == len(x2.shape) + 1 and x1.shape[1] == 1:
            x1 = keras.ops.squeeze(x1, axis=1)
        return original(x1, x2, *rest, **options)


@refuted_by("trainer.metric-of-all")
def takes_the_mean_of_the_roots(patch):
    @instead(patch, keras.metrics.RootMeanSquaredError, "update_state")
    def update_state(original, self, y_true, y_pred, sample_weight=None):
        root = keras.ops.sqrt(keras.ops.mean((y_pred - y_true) ** 2))
        return keras.metrics.Mean.update_state(self, root)

    @instead(patch, keras.metrics.RootMeanSquaredError, "result")
    def result(original, self):
        return self.total / self.count


@refuted_by("trainer.accuracy")
def takes_every_accuracy_for_a_binary_one(patch):
    patch.setattr(compile_utils, "is_binary_or_sparse_categorical", lambda *shapes: (True, False))


@refuted_by("trainer.validation")
def validates_on_the_training_data(patch):
    def change(self, options):
        if "validation_data" in options:
            options["validation_data"] = options["x"], options["y"]

    before_fit(patch, change)


@refuted_by("trainer.validation-split", raises=ValueError)
def splits_no_tensors(patch):
    """As before https://github.com/keras-team/keras/commit/088f0fcf09."""

    def change(self, options):
        if "validation_split" in options and not isinstance(options["x"], np.ndarray):
            raise ValueError("validation_split is for arrays")

    before_fit(patch, change)


@refuted_by("trainer.validation-split")
def splits_off_the_first_samples(patch):
    def change(self, options):
        if "validation_split" in options:
            options.update(x=options["x"][::-1], y=options["y"][::-1])

    before_fit(patch, change)


@refuted_by(
    "trainer.penalty-in-the-loss",
    "trainer.callables",
    "trainer.penalty-once",
    "trainer.penalty-shared",
)
def forgets_the_penalties(patch):
    patch.setattr(keras.Model, "losses", property(lambda self: []))


@refuted_by("trainer.several-outputs", "trainer.loss-weight-of-one")
def ignores_the_weights_of_losses(patch):
    @instead(patch, keras.Model, "compile")
    def compile_(original, self, *given, loss_weights=None, **options):
        return original(self, *given, **options)


# How long an epoch is.


@refuted_by("trainer.validation-freq")
def validates_after_every_epoch(patch):
    leaves_out(patch, "validation_freq")


@refuted_by("trainer.validation-steps")
def validates_by_the_batch_size_of_training(patch):
    leaves_out(patch, "validation_batch_size")


@refuted_by("trainer.validation-steps")
def validates_on_all_samples(patch):
    leaves_out(patch, "validation_steps")


@refuted_by("trainer.steps-per-epoch")
def takes_all_batches_in_every_epoch(patch):
    leaves_out(patch, "steps_per_epoch")


@refuted_by("trainer.steps-per-epoch-of-a-source")
def begins_every_epoch_with_the_first_batch(patch):
    @instead(patch, epoch_iterator.EpochIterator, "_enumerate_iterator")
    def enumerate_iterator(original, self):
        self._current_iterator = None
        return original(self)


@refuted_by("trainer.validation-steps-of-a-dataset")
def validates_on_what_is_left(patch):
    @instead(patch, epoch_iterator.EpochIterator, "reset")
    def reset(original, self):
        self.data_adapter.on_epoch_end()


@refuted_by("trainer.first-steps")
def evaluates_all_batches(patch):
    @instead(patch, keras.Model, "evaluate")
    def evaluate(original, self, *given, steps=None, **options):
        return original(self, *given, **options)


@refuted_by("trainer.first-steps")
def predicts_all_batches(patch):
    @instead(patch, keras.Model, "predict")
    def predict(original, self, *given, steps=None, **options):
        return original(self, *given, **options)


@refuted_by("trainer.initial-epoch")
def trains_as_many_epochs_as_ever(patch):
    def change(self, options):
        options["epochs"] += options.get("initial_epoch", 0)

    before_fit(patch, change)


@refuted_by("trainer.beside-a-source")
def overlooks_what_is_beside_a_source(patch):
    leaves_out(patch, "y", "sample_weight", "validation_split")
    before_fit(patch, lambda self, options: options.update(steps_per_epoch=1))


@refuted_by("trainer.weights-on-batch")
def trains_on_a_batch_without_weights(patch):
    @instead(patch, keras.Model, "train_on_batch")
    def train(original, self, x, y, sample_weight=None, class_weight=None):
        return original(self, x, y)


@refuted_by("trainer.weights-on-batch")
def tests_on_a_batch_without_weights(patch):
    @instead(patch, keras.Model, "test_on_batch")
    def test(original, self, x, y, sample_weight=None):
        return original(self, x, y)


@refuted_by("trainer.metrics-of-one-name")
def reports_the_second_in_place_of_the_first(patch):
    @instead(patch, keras.Model, "evaluate")
    def evaluate(original, self, *given, **options):
        result = original(self, *given, **options)
        return {**result, "error": result["error_1"]}


@refuted_by("trainer.listed-output-left-out")
def gives_no_loss_to_outputs_that_are_left_out(patch):
    @instead(patch, keras.Model, "compile")
    def compile_(original, self, optimizer, loss=None, **options):
        if isinstance(loss, dict):
            loss = {**dict.fromkeys(self.output_names), **loss}
        return original(self, optimizer, loss, **options)


@refuted_by("trainer.metrics-are-counted")
def gives_every_metric_of_a_class_one_name(patch):
    patch.setattr(metric_module, "auto_name", to_snake_case)


@refuted_by("trainer.name-of-a-function")
def names_a_function_after_the_class_that_wraps_it(patch):
    """As before https://github.com/keras-team/keras/pull/18760."""
    patch.setattr(compile_utils, "get_object_name", lambda given: "mean_metric_wrapper")


@refuted_by("trainer.weights-of-all-outputs")
def weighs_the_first_output_only(patch):
    @instead(patch, keras.Model, "evaluate")
    def evaluate(original, self, *given, sample_weight=None, **options):
        alone = isinstance(sample_weight, np.ndarray)
        weights = [sample_weight, np.ones(len(sample_weight))] if alone else sample_weight
        return original(self, *given, sample_weight=weights, **options)


@refuted_by("trainer.class-weight-of-outputs")
def overlooks_class_weights_of_several_outputs(patch):
    leaves_out(patch, "class_weight")


# Targets.


@refuted_by("trainer.crossentropy-by-shape")
def takes_every_crossentropy_for_the_same(patch):
    @instead(patch, compile_utils, "get_loss")
    def get_loss(original, identifier, y_true, y_pred):
        if identifier in ("crossentropy", "ce"):
            identifier = "poisson"
        return original(identifier, y_true, y_pred)


@refuted_by("trainer.target-axis", "trainer.target-axis-of-timesteps")
def adds_no_axis_to_the_targets(patch):
    @instead(patch, losses, "squeeze_or_expand_to_same_rank")
    def same(original, x1, x2, expand_rank_1=True):
        return x1, x2


@refuted_by("trainer.target-for-every-timestep", "trainer.stretched-targets", raises=ValueError)
def refuses_targets_of_another_shape(patch):
    @instead(patch, keras.losses.Loss, "__call__")
    def call(original, self, y_true, y_pred, sample_weight=None):
        if tuple(y_true.shape)[1:] != tuple(y_pred.shape)[1:]:
            raise ValueError(f"targets {y_true.shape} for outputs {y_pred.shape}")
        return original(self, y_true, y_pred, sample_weight=sample_weight)


@refuted_by("trainer.target-misfit")
def takes_other_targets_for_zeros(patch):
    @instead(patch, keras.losses.Loss, "__call__")
    def call(original, self, y_true, y_pred, sample_weight=None):
        zeros = keras.ops.zeros_like(y_pred)
        return original(self, zeros, y_pred, sample_weight=sample_weight)


@refuted_by("trainer.targets-of-one-axis")
def takes_one_target_for_each_sample(patch):
    @instead(patch, losses, "squeeze_or_expand_to_same_rank")
    def same(original, x1, x2, expand_rank_1=True):
        while len(x1.shape) < len(x2.shape):
            x1 = keras.ops.expand_dims(x1, -1)
        return original(x1, x2, expand_rank_1)


@refuted_by("trainer.target-count")
def cuts_samples_without_a_target_off(patch):
    @instead(patch, keras.Model, "fit")
    def fit(original, self, x, y, **options):
        count = min(len(x), len(y))
        return original(self, x[:count], y[:count], **options)


@refuted_by("trainer.whole-number-targets")
def takes_every_class_for_the_first(patch):
    @instead(patch, keras.losses.SparseCategoricalCrossentropy, "call")
    def call(original, self, y_true, y_pred):
        return original(self, y_true * 0, y_pred)


@refuted_by("trainer.whole-number-misfit")
def takes_the_first_targets_for_every_timestep(patch):
    @instead(patch, keras.losses.SparseCategoricalCrossentropy, "call")
    def call(original, self, y_true, y_pred):
        return original(self, 0 * keras.ops.argmax(y_pred, axis=-1), y_pred)


# Weights and masks.


@refuted_by(
    "trainer.weighted-epoch",
    "trainer.weight-column",
    "trainer.class-weight",
    "trainer.mask-and-weight",
    "trainer.weights-of-a-whole-loss",
)
def divides_by_the_sum_of_the_weights(patch):
    @instead(patch, reductions, "reduce_weighted_values")
    def reduce(original, values, sample_weight=None, **options):
        if sample_weight is not None:
            weight = keras.ops.cast(sample_weight, "float32")
            sample_weight = weight / keras.ops.mean(weight)
        return original(values, sample_weight=sample_weight, **options)


@refuted_by(
    "trainer.weighted-epoch",
    "trainer.weight-column",
    "trainer.mask-and-weight",
    "training.sample-weight",
    "training.timestep-weight",
)
def weighs_under_mean_squared_error_alone(patch):
    @instead(patch, keras.losses.Loss, "__call__")
    def call(original, self, y_true, y_pred, sample_weight=None):
        squares = self.name == "mean_squared_error"
        return original(self, y_true, y_pred, sample_weight if squares else None)


@refuted_by("trainer.class-weight")
def drops_classes_without_a_weight(patch):
    class Strict(dict):
        def get(self, name, default=None):
            return dict(self).get(name, 0.0)

    @instead(patch, data_adapter_utils, "class_weight_to_sample_weights")
    def weights(original, y, class_weight):
        return original(y, Strict(class_weight))


@refuted_by("trainer.class-weight-of-labels")
def takes_the_largest_label_for_the_class(patch):
    @instead(patch, data_adapter_utils, "class_weight_to_sample_weights")
    def weights(original, y, class_weight):
        return original(np.max(y, axis=1) if np.ndim(y) == 2 else y, class_weight)


@refuted_by("trainer.class-and-sample-weight")
def prefers_the_weights_of_samples(patch):
    for name in ("fit", "train_on_batch"):

        @instead(patch, keras.Model, name)
        def run(original, self, *given, class_weight=None, **options):
            return original(self, *given, **options)


@refuted_by("trainer.weighted-metrics")
def weighs_no_metric(patch):
    @instead(patch, compile_utils.CompileMetrics, "update_state")
    def update_state(original, self, y_true, y_pred, sample_weight=None):
        return original(self, y_true, y_pred)


@refuted_by("trainer.weighted-metrics")
def weighs_no_hit(patch):
    for name in ("BinaryAccuracy", "SparseCategoricalAccuracy"):

        @instead(patch, getattr(keras.metrics, name), "update_state")
        def update_state(original, self, y_true, y_pred, sample_weight=None):
            return original(self, y_true, y_pred)


@refuted_by("trainer.mask-in-the-loss", "trainer.mask-and-weight", "trainer.mask-by-batches")
def divides_by_all_timesteps(patch):
    @instead(patch, reductions, "apply_mask")
    def apply_mask(original, sample_weight, mask, dtype, reduction):
        return original(sample_weight, mask, dtype=dtype, reduction="sum")


@refuted_by("trainer.mask-in-metrics", "trainer.mask-by-batches")
@refuted_by("trainer.masks-of-several-outputs", "trainer.mask-in-accuracy")
def counts_masked_timesteps_in_metrics(patch):
    @instead(patch, keras.metrics.MeanMetricWrapper, "update_state")
    def update_state(original, self, y_true, y_pred, sample_weight=None):
        values = self._fn(y_true, y_pred, **self._fn_kwargs)
        return keras.metrics.Mean.update_state(self, values, sample_weight=sample_weight)


@refuted_by("trainer.mask-in-accuracy")
def counts_masked_timesteps_in_accuracy(patch):
    for name in ("BinaryAccuracy", "CategoricalAccuracy", "SparseCategoricalAccuracy"):

        @instead(patch, getattr(keras.metrics, name), "update_state")
        def update_state(original, self, y_true, y_pred, sample_weight=None):
            return original(self, y_true, backend.convert_to_tensor(y_pred) + 0.0, sample_weight)


@refuted_by("trainer.masks-of-several-outputs")
def gives_every_output_the_mask_of_the_first(patch):
    @instead(patch, compile_utils.CompileLoss, "call")
    def call(original, self, y_true, y_pred, sample_weight=None):
        mask = next((m for m in map(backend.get_keras_mask, y_pred) if m is not None), None)
        for y in y_pred if mask is not None else ():
            if len(y.shape) == 3:
                backend.set_keras_mask(y, mask)
        return original(self, y_true, y_pred, sample_weight)


@refuted_by("trainer.mask-of-a-final-output")
def leaves_out_what_ends_with_padding(patch):
    @instead(patch, keras.layers.RNN, "compute_mask")
    def compute_mask(original, self, sequences, mask):
        if self.return_sequences or mask is None:
            return original(self, sequences, mask)
        return keras.tree.flatten(mask)[0][:, -1]


# Losses.


@refuted_by("trainer.losses", "trainer.batches-in-order")
def doubles_the_absolute_error(patch):
    @instead(patch, keras.losses.MeanAbsoluteError, "call")
    def call(original, self, y_true, y_pred):
        return 2.0 * original(self, y_true, y_pred)


@refuted_by("trainer.loss-functions")
def divides_by_the_samples_only(patch):
    @instead(patch, reductions, "reduce_values")
    def reduce(original, values, sample_weight=None, reduction="sum_over_batch_size"):
        if len(values.shape) == 0:
            return values
        return keras.ops.sum(values) / keras.ops.cast(keras.ops.shape(values)[0], values.dtype)


@refuted_by("trainer.ctc")
def takes_the_last_class_for_the_blank(patch):
    @instead(patch, keras.losses.CTC, "call")
    def call(original, self, y_true, y_pred):
        return original(self, y_true, keras.ops.flip(y_pred, axis=-1))


# Steps.


@refuted_by("trainer.batches-in-order", "trainer.every-sample-once")
def shuffles_unasked(patch):
    def change(self, options):
        keras.utils.set_random_seed(1)
        options.update(shuffle=True)

    before_fit(patch, change)


@refuted_by("trainer.every-sample-once")
def draws_samples_with_replacement(patch):
    def change(self, options):
        rows = np.random.default_rng(1).integers(len(options["x"]), size=len(options["x"]))
        options.update(x=options["x"][rows], y=options["y"][rows])

    before_fit(patch, change)


@refuted_by("trainer.generators-unshuffled")
def shuffles_what_a_generator_gives(patch):
    def change(self, options):
        parts = list(itertools.islice(options["x"], options["steps_per_epoch"]))
        options.update(x=(part for part in itertools.cycle(parts[::-1])))

    before_fit(patch, change)


@refuted_by("trainer.seeded-graphs")
def begins_with_numbers_that_no_seed_decides(patch):
    @instead(patch, keras.Model, "fit")
    def fit(original, self, *given, **options):
        weights = self.get_weights()
        self.set_weights([w + np.random.default_rng().uniform(0, 1, w.shape) for w in weights])
        return original(self, *given, **options)


@refuted_by("trainer.second-fit")
def begins_anew_with_each_fit(patch):
    def change(self, options):
        for variable in self.optimizer.variables:
            if variable.name != "learning_rate":
                variable.assign(keras.ops.zeros_like(variable))

    before_fit(patch, change)


@refuted_by("trainer.steps-per-execution")
def drops_what_fills_no_execution(patch):
    @instead(patch, keras.Model, "predict")
    def predict(original, self, x, batch_size, **options):
        return original(self, x, batch_size=batch_size, **options)[: -len(x) % batch_size - 1]


@refuted_by("trainer.callbacks-by-execution")
def calls_back_twice(patch):
    @instead(patch, CallbackList, "on_train_batch_end")
    def on_train_batch_end(original, self, batch, logs=None):
        original(self, batch, logs)
        original(self, batch, logs)


# Optimizers.


@refuted_by("trainer.optimizers")
def forgets_its_momentum(patch):
    @instead(patch, keras.optimizers.SGD, "update_step")
    def update_step(original, self, gradient, variable, learning_rate):
        self.momentum = 0
        return original(self, gradient, variable, learning_rate)


@refuted_by("trainer.accumulation", "trainer.accumulation-carried")
def adds_up_what_it_accumulates(patch):
    @instead(patch, keras.optimizers.SGD, "_backend_update_step")
    def update(original, self, grads, trainable_variables, learning_rate):
        count = self.gradient_accumulation_steps or 1
        return original(self, [count * g for g in grads], trainable_variables, learning_rate)


@refuted_by("trainer.accumulation-carried")
def drops_what_is_left_of_an_epoch(patch):
    @instead(patch, CallbackList, "on_epoch_end")
    def on_epoch_end(original, self, *given):
        self._model.optimizer._backend_reset_gradient_accumulators()
        original(self, *given)


@refuted_by("trainer.clipped-norms")
def clips_the_norm_of_all(patch):
    @instead(patch, keras.optimizers.SGD, "_clip_gradients")
    def clip(original, self, grads):
        return clip_by_global_norm(grads, self.clipnorm or self.global_clipnorm)


@refuted_by("trainer.averaged-weights")
def keeps_the_last_weights(patch):
    @instead(patch, keras.optimizers.SGD, "finalize_variable_values")
    def finalize(original, self, var_list):
        return None


@refuted_by("trainer.swapped-for-evaluate")
def evaluates_with_the_weights_as_they_are(patch):
    @instead(patch, keras.callbacks.SwapEMAWeights, "on_test_begin")
    def on_test_begin(original, self, logs=None):
        return None


@refuted_by("trainer.loss-scale")
def leaves_gradients_scaled(patch):
    @instead(patch, keras.optimizers.LossScaleOptimizer, "_stateful_handle_finite_grads")
    def handle(original, self, grads, trainable_variables):
        self.inner_optimizer.apply(grads, trainable_variables=trainable_variables)


@refuted_by("trainer.loss-scale-overflow")
def skips_no_step_of_an_optimizer_with_moments(patch):
    @instead(patch, keras.optimizers.LossScaleOptimizer, "check_finite")
    def check_finite(original, self, grads):
        plain = type(self.inner_optimizer) is keras.optimizers.SGD
        return original(self, grads) if plain else keras.ops.convert_to_tensor(True)


@refuted_by("trainer.loss-scale-overflow")
def takes_every_gradient_for_finite(patch):
    @instead(patch, keras.optimizers.LossScaleOptimizer, "check_finite")
    def check_finite(original, self, grads):
        return keras.ops.convert_to_tensor(True)


@refuted_by("trainer.mixed-precision")
def scales_no_loss(patch):
    @instead(patch, keras.optimizers.LossScaleOptimizer, "scale_loss")
    def scale_loss(original, self, loss):
        return loss


@refuted_by("trainer.schedule")
def counts_steps_anew_with_each_fit(patch):
    before_fit(patch, lambda self, options: self.optimizer.iterations.assign(0))


# Callbacks.


@refuted_by("trainer.early-stopping")
def restores_unasked(patch):
    @instead(patch, keras.callbacks.EarlyStopping, "__init__")
    def init(original, self, *given, **options):
        original(self, *given, **{**options, "restore_best_weights": True})


@refuted_by("trainer.early-stopping", "trainer.early-stopping-restores")
def is_less_patient(patch):
    @instead(patch, keras.callbacks.EarlyStopping, "__init__")
    def init(original, self, *given, patience=0, **options):
        original(self, *given, patience=patience - 1, **options)


@refuted_by("trainer.unreported-monitor")
def stops_where_nothing_is_reported(patch):
    for kind in (keras.callbacks.EarlyStopping, keras.callbacks.ReduceLROnPlateau):

        @instead(patch, kind, "on_epoch_end")
        def on_epoch_end(original, self, epoch, logs=None):
            original(self, epoch, {self.monitor: 1.0, **(logs or {})})


@refuted_by("trainer.arguments-of-workers")
def takes_workers_in_fit(patch):
    @instead(patch, keras.Model, "fit")
    def fit(original, self, *given, workers=1, **options):
        return original(self, *given, **options)


@refuted_by("trainer.early-stopping-baseline")
def waits_anew_with_a_new_best_below_the_baseline(patch):
    @instead(patch, keras.callbacks.EarlyStopping, "__init__")
    def init(original, self, *given, **options):
        original(self, *given, **{**options, "baseline": None})


@refuted_by("trainer.early-stopping-baseline")
def stops_at_a_new_best_below_the_baseline(patch):
    @instead(patch, keras.callbacks.EarlyStopping, "on_epoch_end")
    def on_epoch_end(original, self, epoch, logs=None):
        original(self, epoch, logs)
        if self.wait >= self.patience and epoch > 0:
            self.model.stop_training = True


@refuted_by("trainer.early-stopping-restores", "trainer.restores-unstopped")
def restores_nothing(patch):
    @instead(patch, keras.callbacks.EarlyStopping, "on_train_end")
    def on_train_end(original, self, logs=None):
        return None


@refuted_by("trainer.checkpoint", "trainer.checkpoint-of-batches")
def keeps_the_last_in_place_of_the_best(patch):
    @instead(patch, keras.callbacks.ModelCheckpoint, "__init__")
    def init(original, self, *given, **options):
        original(self, *given, **{**options, "save_best_only": False})


@refuted_by("trainer.checkpoint-endings")
def adds_the_ending_to_the_path_of_a_checkpoint(patch):
    @instead(patch, keras.callbacks.ModelCheckpoint, "__init__")
    def init(original, self, path, *given, save_weights_only=False, **options):
        ending = ".weights.h5" if save_weights_only else ".keras"
        options["save_weights_only"] = save_weights_only
        original(self, f"{path}{ending}", *given, **options)


@refuted_by("trainer.running-logs")
def tells_of_each_batch_by_itself(patch):
    @instead(patch, CallbackList, "on_train_batch_begin")
    def on_train_batch_begin(original, self, *given):
        self._model.reset_metrics()
        original(self, *given)


@refuted_by("trainer.rate-callback")
def keeps_the_rate_that_it_was_compiled_with(patch):
    @instead(patch, keras.callbacks.LearningRateScheduler, "on_epoch_begin")
    def on_epoch_begin(original, self, *given):
        return None


@refuted_by("trainer.weights-set-on-the-way")
def does_not_see_weights_that_are_set(patch):
    @instead(patch, keras.Model, "set_weights")
    def set_weights(original, self, weights):
        return None


@refuted_by("trainer.weights-set-on-the-way")
def loses_weights_that_are_set_after_a_batch(patch):
    @instead(patch, CallbackList, "on_train_batch_end")
    def on_train_batch_end(original, self, *given):
        weights = self._model.get_weights()
        original(self, *given)
        self._model.set_weights(weights)


@refuted_by("trainer.interrupted")
def takes_an_interrupted_fit_back(patch):
    @instead(patch, keras.Model, "fit")
    def fit(original, self, *given, **options):
        weights = self.get_weights()
        try:
            return original(self, *given, **options)
        except BaseException:
            self.set_weights(weights)
            raise


@refuted_by("trainer.state-over-epochs")
def resets_states_before_each_epoch(patch):
    @instead(patch, CallbackList, "on_epoch_begin")
    def on_epoch_begin(original, self, *given):
        for layer in self._model.layers:
            if isinstance(layer, keras.layers.RNN):
                layer.reset_state()
        original(self, *given)


@refuted_by("trainer.state-reset-by-a-callback")
def resets_nothing(patch):
    @instead(patch, keras.layers.RNN, "reset_state")
    def reset_state(original, self):
        return None


@refuted_by("trainer.memory")
def keeps_what_it_was_given(patch):
    kept = []

    @instead(patch, keras.Model, "predict")
    def predict(original, self, x, **options):
        kept.append([x.copy(), *([] for _ in range(100))])
        return original(self, x, **options)


# Penalties and freezing.


@refuted_by("trainer.penalty-once")
def adds_the_penalty_of_every_slice(patch):
    @instead(patch, keras.layers.TimeDistributed, "call")
    def call(original, self, inputs, *given, **options):
        self.add_loss(sum(self.layer.losses))
        return original(self, inputs, *given, **options)


@refuted_by("trainer.penalty-shared")
def adds_the_penalty_with_every_call(patch):
    @instead(patch, keras.layers.LSTM, "call")
    def call(original, self, *given, **options):
        self.add_loss(sum(self.cell.losses))
        return original(self, *given, **options)


@refuted_by("trainer.penalty-frozen")
def penalizes_frozen_weights(patch):
    @instead(patch, keras.layers.Layer, "_get_regularization_losses")
    def penalties(original, self):
        kept = [weight for weight in self.weights if weight.regularizer is not None]
        return [weight.regularizer(weight) for weight in kept]


@refuted_by("trainer.frozen-bidirectional")
def forgets_in_its_configuration_that_it_is_frozen(patch):
    @instead(patch, keras.layers.LSTM, "get_config")
    def get_config(original, self):
        return {**original(self), "trainable": True}


# Several devices.


@refuted_by("trainer.mirrored", "trainer.mirrored-remainder")
def takes_the_sum_over_the_devices(patch):
    patch.setenv("PYTHONPATH", str(Path(__file__).parent / "mirrored"))
    patch.setattr(distribution, "mirrored", distribution.mirrored.__wrapped__)


# Metrics of every class, and what callbacks write.


@refuted_by("trainer.any-metric")
def adds_up_the_means_of_batches(patch):
    @instead(patch, reduction_metrics, "reduce_to_samplewise_values")
    def reduce_to_samplewise_values(original, values, *rest, **options):
        return original(keras.ops.mean(values), *rest, **options)


@refuted_by("trainer.weight-as-copies")
def leaves_the_weights_out_of_metrics(patch):
    @instead(patch, reduction_metrics, "reduce_to_samplewise_values")
    def reduce_to_samplewise_values(original, values, sample_weight, *rest, **options):
        return original(values, None, *rest, **options)


@refuted_by("trainer.accuracy-of-weighted-outputs")
def averages_the_outputs_before_they_are_weighed(patch):
    """As before https://github.com/keras-team/keras/pull/19847."""

    @instead(patch, reduction_metrics, "reduce_to_samplewise_values")
    def reduce_to_samplewise_values(original, values, sample_weight, *rest, **options):
        hits = keras.ops.cast(values, "float32")
        values = 0.0 * hits + keras.ops.mean(hits, axis=-1, keepdims=True)
        return original(values, sample_weight, *rest, **options)


@refuted_by("trainer.precision-and-recall")
def divides_nothing_by_nothing(patch):
    """As before https://github.com/keras-team/keras/pull/19175."""

    @instead(patch, keras.ops, "divide_no_nan")
    def divide(original, a, b):
        return keras.ops.divide(a, b)

    patch.setattr(confusion_metrics.ops, "divide_no_nan", keras.ops.divide)


@refuted_by("trainer.truth-values")
def counts_true_as_two(patch):
    @instead(patch, keras.metrics.MeanMetricWrapper, "update_state")
    def update_state(original, self, y_true, y_pred, sample_weight=None):
        if keras.backend.standardize_dtype(y_true.dtype) == "bool":
            y_true = 2 * keras.ops.cast(y_true, "float32")
        return original(self, y_true, y_pred, sample_weight)


@refuted_by("trainer.metric-of-lists", raises=AttributeError)
def asks_a_list_for_its_type(patch):
    @instead(patch, keras.metrics.MeanMetricWrapper, "update_state")
    def update_state(original, self, y_true, y_pred, sample_weight=None):
        assert y_true.dtype
        return original(self, y_true, y_pred, sample_weight)


def keeps_over_fits(patch, callback, name):
    """Let a callback keep an attribute when another fit begins."""

    @instead(patch, callback, "on_train_begin")
    def on_train_begin(original, self, logs=None):
        kept = getattr(self, name)
        original(self, logs)
        setattr(self, name, kept)


@refuted_by("trainer.callback-again")
def keeps_the_best_value_of_an_earlier_fit(patch):
    keeps_over_fits(patch, keras.callbacks.EarlyStopping, "best")
    keeps_over_fits(patch, keras.callbacks.ReduceLROnPlateau, "best")


@refuted_by("trainer.rate-in-history", raises=KeyError)
def tells_no_rate(patch):
    @instead(patch, keras.callbacks.History, "on_epoch_end")
    def on_epoch_end(original, self, epoch, logs=None):
        return original(self, epoch, {k: logs[k] for k in logs if k != "learning_rate"})


@refuted_by("trainer.plateau")
def lowers_the_rate_during_the_cooldown(patch):
    @instead(patch, keras.callbacks.ReduceLROnPlateau, "in_cooldown")
    def in_cooldown(original, self):
        return False


@refuted_by("trainer.plateau")
def lowers_the_rate_in_each_epoch_after_the_first(patch):
    @instead(patch, keras.callbacks.ReduceLROnPlateau, "on_epoch_end")
    def on_epoch_end(original, self, epoch, logs=None):
        waited = self.wait
        original(self, epoch, logs)
        self.wait = max(waited, self.wait)


@refuted_by("trainer.min-delta")
def takes_a_little_for_better(patch):
    @instead(patch, MonitorCallback, "_is_improvement")
    def is_improvement(original, self, monitor_value, reference_value):
        return reference_value is None or self.monitor_op(monitor_value, reference_value)


@refuted_by("trainer.csv-logger", raises=(AssertionError, IndexError, ValueError))
def keeps_the_columns_of_an_earlier_fit(patch):
    keeps_over_fits(patch, keras.callbacks.CSVLogger, "keys")


@refuted_by("trainer.printed")
def prints_two_digits(patch):
    @instead(patch, keras.utils.Progbar, "update")
    def update(original, self, current, values=None, finalize=None):
        rounded = [(name, round(float(value), 2)) for name, value in values or []]
        return original(self, current, rounded, finalize)


@refuted_by("trainer.ignored-class")
def divides_by_ignored_timesteps_too(patch):
    @instead(patch, losses, "sparse_categorical_crossentropy")
    def sparse_categorical_crossentropy(original, *given, **options):
        return original(*given, **options) + 0.0  # without the mask


# Losses by their formulas, structures, sources, and what changes nothing.


@refuted_by("trainer.loss-formulas")
def takes_one_delta_for_any(patch):
    @instead(patch, losses, "huber")
    def huber(original, y_true, y_pred, delta=1.0):
        return original(y_true, y_pred)


@refuted_by("trainer.loss-formulas")
def smooths_twice(patch):
    @instead(patch, losses, "binary_crossentropy")
    def binary_crossentropy(original, y_true, y_pred, label_smoothing=0.0, **options):
        return original(y_true, y_pred, label_smoothing=2 * label_smoothing, **options)


@refuted_by("trainer.structures")
def orders_losses_by_the_keys_of_a_dictionary(patch):
    @instead(patch, keras.Model, "compile")
    def compile_(original, self, optimizer, loss=None, **options):
        whole = isinstance(loss, dict) and len(loss) > 1
        listed = list(loss.values()) if whole else loss
        return original(self, optimizer, loss=listed, **options)


@refuted_by("trainer.structures")
def weighs_only_losses_in_a_list(patch):
    @instead(patch, keras.Model, "compile")
    def compile_(original, self, *given, loss_weights=None, **options):
        kept = loss_weights if isinstance(loss_weights, (list, tuple)) else None
        return original(self, *given, loss_weights=kept, **options)


@refuted_by("trainer.structures")
def pairs_metrics_with_targets_by_sorted_names(patch):
    @instead(patch, compile_utils.CompileMetrics, "_flatten_y")
    def flatten_y(original, self, y):
        return keras.tree.flatten(y)


@refuted_by("trainer.structures", raises=KeyError)
def wants_a_loss_for_every_name(patch):
    @instead(patch, keras.Model, "compile")
    def compile_(original, self, optimizer, loss=None, **options):
        if isinstance(loss, dict):
            loss = {name: loss[name] for name in sorted(self.output_names)}
        return original(self, optimizer, loss=loss, **options)


@refuted_by("trainer.structures")
def overlooks_metrics_that_name_no_layer(patch):
    @instead(patch, keras.Model, "compile")
    def compile_(original, self, *given, metrics=None, **options):
        names = {layer.name for layer in self.layers}
        if isinstance(metrics, dict):
            metrics = {name: metrics[name] for name in metrics if name in names}
        return original(self, *given, metrics=metrics, **options)


@refuted_by("trainer.target-by-name")
def takes_the_only_target_out_of_a_dictionary(patch):
    @instead(patch, keras.Model, "compute_loss")
    def compute_loss(original, self, x=None, y=None, y_pred=None, *rest, **options):
        if isinstance(y, dict) and not isinstance(y_pred, dict):
            y = next(iter(y.values()))
        return original(self, x, y, y_pred, *rest, **options)


@refuted_by("trainer.metrics-names")
def names_what_it_reports(patch):
    names = property(lambda self: ["loss", *(self._compile_metrics._user_metrics or ["weighted"])])
    patch.setattr(keras.Model, "metrics_names", names)


@refuted_by("trainer.compiled-within")
def clears_the_metrics_of_models_within(patch):
    @instead(patch, keras.Model, "compile")
    def compile_(original, self, *given, **options):
        for layer in self.layers:
            if isinstance(layer, keras.Model):
                layer._compile_metrics = None
        return original(self, *given, **options)


@refuted_by("trainer.sources-of-named-inputs")
def takes_named_inputs_by_another_order(patch):
    @instead(patch, data_adapter_utils, "unpack_x_y_sample_weight")
    def unpack(original, data):
        x, *rest = original(data)
        return (dict(zip(x, reversed(list(x.values())), strict=True)), *rest)


@refuted_by("trainer.batches-of-lengths", raises=tf.errors.InvalidArgumentError)
def wants_batches_of_the_length_of_the_first(patch):
    @instead(patch, data_adapter_utils, "get_tensor_spec")
    def get_tensor_spec(original, batches):
        return original(batches[:1])


@refuted_by("trainer.compiled-anew")
def reports_the_metrics_of_models_within(patch):
    @instead(patch, keras.Model, "get_metrics_result")
    def get_metrics_result(original, self):
        within = [layer for layer in self.layers if isinstance(layer, keras.Model)]
        others = {f"{m.name}_{m.name}": 0.0 for model in within for m in model.metrics}
        return {**others, **original(self)}


@refuted_by("trainer.compiled-anew")
def keeps_the_loss_that_it_had(patch):
    @instead(patch, keras.Model, "compile")
    def compile_(original, self, optimizer, loss=None, **options):
        return original(self, optimizer, getattr(self, "loss", None) or loss, **options)


@refuted_by("trainer.sources")
def loses_the_weights_of_a_generator(patch):
    @instead(patch, data_adapter_utils, "unpack_x_y_sample_weight")
    def unpack(original, data):
        return (*original(data)[:2], None)


@refuted_by("trainer.error-of-a-batch")
def takes_another_batch_where_a_worker_fails(patch):
    @instead(patch, py_dataset_adapter, "get_index")
    def get_index(original, uid, index):
        try:
            return original(uid, index)
        except Exception:
            return original(uid, 1)


@refuted_by("trainer.batches-in-lists", raises=ValueError)
def takes_batches_in_tuples_only(patch):
    @instead(patch, py_dataset_adapter.PyDatasetAdapter, "_standardize_batch")
    def standardize(original, self, batch):
        if not isinstance(batch, tuple):
            raise ValueError("PyDataset.__getitem__() must return a tuple")
        return original(self, batch)


@refuted_by("trainer.batches-refused")
def takes_the_first_parts_of_any_batch(patch):
    @instead(patch, py_dataset_adapter.PyDatasetAdapter, "_standardize_batch")
    def standardize(original, self, batch):
        return tuple(batch)[:3]


@refuted_by("trainer.needs-a-loss")
def takes_no_loss_for_zero(patch):
    patch.setattr(keras.Model, "_assert_compile_called", lambda self, method_name=None: None)

    @instead(patch, keras.Model, "compute_loss")
    def compute_loss(original, self, *given, **options):
        if self._compile_loss is None:
            return keras.ops.zeros(())
        return original(self, *given, **options)


@refuted_by("trainer.weighted-of-one-name")
def reports_the_weighted_in_place_of_the_plain(patch):
    @instead(patch, keras.Model, "evaluate")
    def evaluate(original, self, *given, **options):
        result = original(self, *given, **options)
        return {**result, "error": result["weighted_error"]}


@refuted_by("trainer.verbose-callbacks", raises=TypeError)
def prints_a_best_value_that_is_none(patch):
    @instead(patch, keras.callbacks.ModelCheckpoint, "on_epoch_end")
    def on_epoch_end(original, self, epoch, logs=None):
        if self.verbose and self.save_best_only:
            print(f"improved from {self.best:.5f}")
        return original(self, epoch, logs)


@refuted_by("trainer.verbose-callbacks")
def restores_nothing_where_it_prints(patch):
    @instead(patch, keras.callbacks.EarlyStopping, "on_train_end")
    def on_train_end(original, self, logs=None):
        return None if self.verbose else original(self, logs)


@refuted_by("trainer.better-by-itself")
def takes_less_for_better_but_of_accuracy(patch):
    @instead(patch, MonitorCallback, "_set_monitor_op")
    def set_monitor_op(original, self):
        self.mode = "max" if "acc" in self.monitor else "min"
        return original(self)


@refuted_by("trainer.optimizer-unchanged")
def scales_the_loss_by_half_of_what_it_divides_by(patch):
    @instead(patch, keras.optimizers.LossScaleOptimizer, "scale_loss")
    def scale_loss(original, self, loss):
        return 0.5 * original(self, loss)


@refuted_by("trainer.backup")
def begins_again_with_the_first_epoch(patch):
    @instead(patch, keras.callbacks.BackupAndRestore, "on_train_begin")
    def on_train_begin(original, self, logs=None):
        original(self, logs)
        self.model._initial_epoch = None


@refuted_by("trainer.backup")
def begins_again_without_a_memory(patch):
    @instead(patch, keras.callbacks.BackupAndRestore, "on_train_begin")
    def on_train_begin(original, self, logs=None):
        original(self, logs)
        for variable in self.model.optimizer.variables[2:]:
            variable.assign(keras.ops.zeros_like(variable))


@refuted_by("trainer.own-loop")
def halves_steps_in_graphs(patch):
    @instead(patch, keras.optimizers.Optimizer, "apply_gradients")
    def apply_gradients(original, self, pairs):
        factor = 1.0 if tf.executing_eagerly() else 0.5
        return original(self, [(factor * slope, weight) for slope, weight in pairs])


@refuted_by("trainer.own-loop")
def applies_nothing_without_weights(patch):
    @instead(patch, keras.optimizers.LossScaleOptimizer, "apply")
    def apply(original, self, slopes, weights=None):
        return None if weights is None else original(self, slopes, weights)


@refuted_by("trainer.generator-again")
def keeps_all_batches_of_a_generator(patch):
    def peek(generator):
        batches = list(generator)
        return batches, lambda: iter(batches)

    patch.setattr(generator_data_adapter, "peek_and_restore", peek)


@refuted_by("trainer.default-batches")
def takes_16_samples_by_default(patch):
    @instead(patch, array_data_adapter.ArrayDataAdapter, "__init__")
    def init(original, self, *given, batch_size=None, **options):
        original(self, *given, batch_size=batch_size or 16, **options)


@refuted_by("trainer.default-batches")
def shuffles_batches_by_themselves(patch):
    @instead(patch, array_data_adapter.ArrayDataAdapter, "__init__")
    def init(original, self, *given, shuffle=False, **options):
        original(self, *given, shuffle=shuffle and "batch", **options)
        self._shuffle = shuffle and "batch"


@refuted_by("trainer.own-steps")
def reports_the_loss_whatever_a_step_returns(patch):
    @instead(patch, keras.Model, "_get_metrics_result_or_logs")
    def reported(original, self, logs):
        return self.get_metrics_result()


@refuted_by("trainer.own-steps")
def evaluates_as_if_it_trained(patch):
    @instead(patch, keras.Model, "_compute_loss")
    def compute_loss(original, self, *given, training=True, **options):
        return original(self, *given, **options)


@refuted_by("trainer.lists-of-losses")
def repeats_the_last_loss_of_a_list(patch):
    @instead(patch, compile_utils.CompileLoss, "__init__")
    def init(original, self, loss, *given, output_names=None, **options):
        if isinstance(loss, (list, tuple)) and output_names:
            loss = [loss[min(k, len(loss) - 1)] for k in range(len(output_names))]
        original(self, loss, *given, output_names=output_names, **options)


@refuted_by("trainer.targets-left-out", raises=ValueError)
def asks_for_the_targets_of_all_outputs(patch):
    @instead(patch, compile_utils.CompileLoss, "__call__")
    def call(original, self, y_true, y_pred, sample_weight=None):
        if isinstance(y_pred, list) and np.shape(y_true)[:1] != (len(y_pred),):
            raise ValueError("y_true and y_pred have different structures.")
        return original(self, y_true, y_pred, sample_weight)


@refuted_by("trainer.sparse-axis")
def forgets_logits_along_another_axis(patch):
    @instead(patch, backend.nn, "sparse_categorical_crossentropy")
    def sparse(original, target, output, from_logits=False, axis=-1):
        return original(target, output, from_logits=from_logits and axis == -1, axis=axis)


@refuted_by("trainer.clone-compiled")
def clones_the_state_of_the_optimizer(patch):
    @instead(patch, keras.models, "clone_model")
    def clone_model(original, model, **options):
        clone = original(model, **options)
        pairs = zip(clone.optimizer.variables, model.optimizer.variables, strict=True)
        for variable, value in pairs:
            variable.assign(value)
        return clone


@refuted_by("trainer.clone-compiled", raises=ValueError)
def leaves_a_clone_uncompiled(patch):
    """Keras 3.0 to 3.8; https://github.com/keras-team/keras/pull/20888 mended it."""

    @instead(patch, keras.Model, "compile_from_config")
    def compile_from_config(original, self, config):
        return None


@refuted_by("trainer.clone-of-own-loss", raises=TypeError)
def clones_no_metric_of_ones_own(patch):
    @instead(patch, keras.models, "clone_model")
    def clone_model(original, model, **options):
        if model.get_compile_config()["metrics"]:
            raise TypeError("Could not locate function")
        return original(model, **options)


@refuted_by("trainer.added-losses")
def counts_an_added_loss_twice(patch):
    @instead(patch, keras.layers.Layer, "add_loss")
    def add_loss(original, self, loss):
        original(self, loss)
        original(self, loss)


@refuted_by("trainer.stop-gradient")
def stops_no_gradient(patch):
    patch.setattr(keras.ops, "stop_gradient", lambda x: x * 1.0)


@refuted_by("trainer.added-losses", "training.activity")
def loses_what_is_added_in_models_of_models(patch):
    """As before https://github.com/keras-team/keras/pull/18828."""

    def losses(self):
        return [loss for layer in self.layers for loss in layer._get_own_losses()]

    patch.setattr(keras.Model, "losses", property(losses))


@refuted_by("trainer.added-losses", raises=ValueError)
def takes_no_list_of_losses(patch):
    """Keras 3.0 to 3.9; https://github.com/keras-team/keras/pull/21291 mended it."""

    @instead(patch, keras.layers.Layer, "add_loss")
    def add_loss(original, self, loss):
        if isinstance(loss, list):
            raise ValueError("add_loss takes tensors")
        original(self, loss)


@refuted_by("trainer.ctc-decode")
def keeps_what_is_repeated(patch):
    @instead(patch, keras.ops, "ctc_decode")
    def ctc_decode(original, *given, **options):
        return original(*given, merge_repeated=False, **options)
