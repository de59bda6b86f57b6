"""A newer Keras: Masking takes another argument, and its documentation begins otherwise."""

import keras

original = keras.layers.Masking.__init__


def __init__(self, mask_value=0.0, tolerance=0.0, **kwargs):  # noqa: N807 - it is a method
    original(self, mask_value, **kwargs)


keras.layers.Masking.__init__ = __init__
keras.layers.Masking.__doc__ = "Hides timesteps." + keras.layers.Masking.__doc__.partition(".")[2]
