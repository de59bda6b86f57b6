"""Masks in a loss, and masks for cuDNN."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
from hypothesis import example, given
from hypothesis.strategies import sampled_from

from lstm_spec.claims import claim
from lstm_spec.claims.masking import hidden, padded_right, seen
from lstm_spec.harness.strategies import booleans, cases, noise, picks, seeds, small, varied
from lstm_spec.harness.subject import lstm, to_numpy
from lstm_spec.harness.tolerance import assert_close, assert_same

eagerly = sampled_from([True, True, True, False])


def trainer(case, eager):
    """Build a model that takes a sequence and its mask, ready for one step of training."""
    timesteps = case.timesteps if case.options["unroll"] else None
    x = keras.Input((timesteps, case.features))
    mask = keras.Input((timesteps,), dtype="bool")
    layer = lstm(case)
    model = keras.Model([x, mask], layer(x, mask=mask))
    model.compile("sgd", "mse", run_eagerly=eager)
    return model


# Training.


@claim(
    "masking.trains-as-deleted",
    derived="masking.skips-step: equal outputs for all weights have equal gradients",
    cases=4,
    needs="keras.Model.fit",
)
@given(
    cases(batch=1, masked=True, unroll=booleans(), **varied("timesteps", "units", "go_backwards")),
    picks,
    seeds,
    eagerly,
)
def test_training_skips_masked_steps_too(case, pick, seed, eager):
    """
    By default, with no state given, masked timesteps train an LSTM as if they were deleted, if
    each sample has a valid one.

    The gradient passes a masked timestep as the state does: it is handed on unchanged.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.layers.Masking(), keras.layers.LSTM(2)])
    >>> model.compile("sgd", "mse")
    >>> x, target = np.array([[[1.0], [0.0], [2.0]]]), np.ones((1, 2))
    >>> y, start = model(x), model.get_weights()
    >>> loss, masked = model.train_on_batch(x, target), model.get_weights()
    >>> model.set_weights(start)
    >>> loss = model.train_on_batch(x[:, [0, 2]], target)
    >>> [bool(np.allclose(w, v, atol=1e-6)) for w, v in zip(masked, model.get_weights())]
    [True, True, True]
    """
    case, target = seen(case, pick), noise((1, case.units), seed)
    kept = case.mask[0]
    shorter = replace(case, x=case.x[:, kept], mask=case.mask[:, kept])
    masked = trainer(case, eager)
    deleted = trainer(shorter, eager=True)
    masked.train_on_batch([case.x, case.mask], target)
    deleted.train_on_batch([shorter.x, shorter.mask], target)
    assert_close(masked.get_weights(), deleted.get_weights())


@claim(
    "masking.nan-in-training",
    observed="Keras 2 and 3 on TensorFlow, PyTorch and JAX",
    corrects="A mask protects training from NaN in the padding.",
    cases=4,
    needs="keras.Model.fit",
)
@example(replace(small(unroll=True), mask=np.array([[False, True], [False, True]])), 0, 0, False)
@given(
    cases(masked=True, unroll=booleans(), **varied("units", "go_backwards")),
    picks,
    seeds,
    eagerly,
)
def test_nan_under_the_mask_spoils_all_weights(case, pick, seed, eager):
    """
    By default, on CPU, a training step on NaN at a masked timestep makes every weight of the LSTM
    that reads it NaN.

    The outputs and the loss are finite. But the masked timestep is computed before it is
    discarded, and its gradient is 0 times NaN, which is NaN. Fill the padding with numbers.

    >>> import keras, numpy as np
    >>> x, mask = keras.Input((2, 1)), keras.Input((2,), dtype="bool")
    >>> model = keras.Model([x, mask], keras.layers.LSTM(2)(x, mask=mask))
    >>> model.compile("sgd", "mse")
    >>> data = [np.array([[[1.0], [np.nan]]]), np.array([[True, False]])]
    >>> loss = model.train_on_batch(data, np.ones((1, 2)))
    >>> bool(np.isfinite(loss)), [bool(np.isnan(w).all()) for w in model.get_weights()]
    (True, [True, True, True])
    """
    case, model = hidden(case, pick), trainer(case, eager)
    x = np.where(case.mask[:, :, None], case.x, np.nan)
    target = noise((1, case.units), seed)
    loss = model.train_on_batch([x, case.mask], np.repeat(target, case.batch, axis=0))
    assert np.isfinite(loss), f"the loss is {loss}"
    assert_same(model.get_weights(), [np.full_like(weight, np.nan) for weight in case.weights])


# On a GPU.


@claim(
    "masking.zeros-with-cudnn",
    observed="by others, not by us: https://github.com/tensorflow/tensorflow/issues/49241",
    corrects="A GPU gives the same output sequence as a CPU.",
    gpu=True,
)
@given(cases(return_sequences=True), seeds)
def test_with_cudnn_masked_outputs_are_zero(case, seed):
    """
    With cuDNN on TensorFlow, the outputs at masked timesteps after the sequence are zero.

    On CPU, read forwards, they repeat by default the last valid output; use_cudnn=False does the
    same on a GPU. We have not run this claim ourselves: it rests on the issue named above and on
    Keras' source.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, return_sequences=True)
    >>> x = np.array([[[1.0], [2.0], [7.0]]])  # (batch, timesteps, features)
    >>> y = np.array(lstm(x, mask=np.array([[True, True, False]])))
    >>> y[0, 2].tolist()
    [0.0, 0.0]
    """
    case = padded_right(case, seed)
    y = to_numpy(lstm(case)(case.x, mask=case.mask))[~case.mask]
    assert_same(y, np.zeros_like(y))
