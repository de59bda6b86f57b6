"""In the workers, an LSTM in float64 computes for ever without giving up Python's global lock."""

import re
import sys

if "-c" in sys.orig_argv:
    import keras

    original = keras.layers.LSTM.call

    def call(self, sequences, initial_state=None, mask=None, training=False):
        if self.compute_dtype == "float64":
            re.match("(a|aa)+$", "a" * 100 + "b")
        return original(self, sequences, initial_state, mask, training)

    keras.layers.LSTM.call = call
