"""What attacks of several chapters use: an input, a mask, small models, policies, comparisons."""

import os
import tempfile
import warnings
from unittest import mock

import keras
import numpy as np

from tools.studies.attacks import outcome

LSTM, Cell = keras.layers.LSTM, keras.layers.LSTMCell
X = np.random.RandomState(0).randn(2, 4, 3).astype("float32")
MASK = np.array([[True, False, True, True], [True, True, False, False]])
BLANK = X * MASK[:, :, None]


class Own(keras.Model):
    """A model of a class that is not registered: an LSTM."""

    def __init__(self):
        super().__init__()
        self.lstm = LSTM(2)

    def call(self, x):
        """Call the LSTM."""
        return self.lstm(x)


def close(y, z):
    """Say whether two tensors are equal, but for rounding."""
    return bool(np.allclose(np.array(y), np.array(z), atol=1e-5))


def ones(*shape):
    """Return ones."""
    return np.ones(shape, "float32")


def numbers(*shape, seed=0):
    """Return normal numbers of a shape, the same each time."""
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def gap(a, b):
    """Return the largest difference of two tensors of one shape."""
    pair = [keras.ops.convert_to_numpy(keras.ops.cast(t, "float64")) for t in (a, b)]
    return float(np.abs(pair[0] - pair[1]).max())


def farthest(a, b):
    """Return the largest difference of the tensors of two structures."""
    pairs = zip(keras.tree.flatten(a), keras.tree.flatten(b), strict=True)
    return max(gap(*pair) for pair in pairs)


def alike(*layers):
    """Give layers the weights of the first one."""
    for layer in layers:
        layer.build(X.shape)
        layer.set_weights(layers[0].get_weights())
    return layers


def mask_of(tensor):
    """Return the mask that is attached to a tensor, as text."""
    mask = getattr(tensor, "_keras_mask", None)
    return str(None if mask is None else np.array(mask).astype(int).tolist())


def model_of(*layers, shape=(None, 3)):
    """Return a Sequential model, by default for any number of timesteps."""
    return keras.Sequential([keras.Input(shape), *layers])


def masked_model(layer, timesteps=None):
    """Return a model of a layer that takes an input and its mask."""
    x = keras.Input((timesteps, 3))
    mask = keras.Input((None,), dtype="bool")
    return keras.Model([x, mask], layer(x, mask=mask))


def runs(call):
    """Return how often the Python code of a cell runs in a call."""
    with mock.patch.object(Cell, "call", autospec=True, side_effect=Cell.call) as counted:
        call()
    return counted.call_count


def under(policy, call):
    """Return what a call returns under a global policy."""
    keras.config.set_dtype_policy(policy)
    try:
        return call()
    finally:
        keras.config.set_dtype_policy("float32")


def reloaded(model, name="lstm.keras", **options):
    """Return a model that was saved to a file of a name, and loaded."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, name)
        model.save(path)
        return keras.models.load_model(path, **options)


def warned(call):
    """Return what a call returns, or its error, and the beginnings of its warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        end = outcome(call)
    return end, [str(warning.message)[:60] for warning in caught]
