"""Attacks on three claims of metrics and validation, in cases that their tests do not draw."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import X, model_of, numbers, ones, reloaded

TYPES = ("float16", "float64", "int32")


@attack("trainer.thresholds-in-a-tuple")
def whole_numbers_and_other_sequences():
    """Thresholds in tuples of 0 and 1, of NumPy's numbers, in an array and in a range."""
    kinds = {
        "whole numbers": (0, 1),
        "of NumPy": tuple(np.array([0.2, 0.7])),
        "an array": np.array([0.2, 0.7]),
        "a range": range(2),
        "none": (),
    }
    return {
        name: outcome(lambda given=given: keras.metrics.Recall(thresholds=given).name)
        for name, given in kinds.items()
    }


@attack("trainer.thresholds-in-a-tuple")
def a_tuple_that_was_a_list():
    """A list of thresholds in a compiled model that is saved: does the loaded one take it?"""
    model = model_of(layers.LSTM(2, activation="sigmoid"))
    model.compile("sgd", "mse", metrics=[keras.metrics.Precision([0.2, 0.7], name="precision")])
    model.train_on_batch(X, ones(2, 2))
    return outcome(lambda: reloaded(model).evaluate(X, ones(2, 2), verbose=0)[1].shape)


class Numbered(keras.utils.PyDataset):
    """Batches without an end, or so many, whose targets are their numbers."""

    def __init__(self, count, **options):
        super().__init__(**options)
        self.count = count

    def __len__(self):
        """Return how many there are."""
        return self.count

    @property
    def num_batches(self):
        """Return how many there are, or None."""
        return self.count

    def __getitem__(self, index):
        """Return one of them."""
        return np.zeros((1, 4, 3)), np.full((1, 1), index)


@attack("trainer.validation-steps-of-workers")
def validations_of_short_queues_and_endless_data():
    """Losses of three validations of two batches, by one worker and two, and what is left over."""
    losses = {}
    for count, workers, queue in [(6, 1, 10), (6, 2, 10), (6, 2, 1), (40, 2, 2), (None, 2, 2)]:
        model = model_of(layers.LSTM(1))
        model.compile(keras.optimizers.SGD(0.0), "mae")
        data = Numbered(count, workers=workers, max_queue_size=queue)
        options = {"validation_data": data, "validation_steps": 2, "epochs": 3, "verbose": 0}
        fitted = model.fit(numbers(2, 4, 3), ones(2, 1), **options)
        losses[count, workers, queue] = fitted.history["val_loss"]
    return losses


@attack("trainer.top-k-of-other-types")
def evaluated_sequences_and_sorted_ids():
    """In evaluate, of sequences, and by sorted ids: are outputs of other types taken?"""

    def evaluated(policy, eager):
        lstm = layers.LSTM(6, return_sequences=True, dtype=policy)
        model = model_of(lstm)
        name = "sparse_top_k_categorical_accuracy"
        model.compile("sgd", "mse", metrics=[name], run_eagerly=eager)
        return model.evaluate(X, np.zeros((2, 4, 1)), verbose=0)[1] >= 0

    def by_sorted_ids(dtype):
        top = keras.metrics.SparseTopKCategoricalAccuracy(2, from_sorted_ids=True)
        return float(top(np.array([[2], [1]]), keras.ops.cast([[1, 0, 2], [1, 2, 0]], dtype)))

    policies = ("float32", "mixed_float16", "mixed_bfloat16", "float64")
    ends = {
        (policy, eager): outcome(lambda policy=policy, eager=eager: evaluated(policy, eager))
        for policy in policies
        for eager in (True, False)
    }
    ends["sorted"] = [outcome(lambda dtype=dtype: by_sorted_ids(dtype)) for dtype in TYPES]
    return ends
