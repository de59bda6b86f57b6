"""In the workers, an LSTM in float64 ends the interpreter, as a failed CHECK in C++ does."""

import os
import sys

if "-c" in sys.orig_argv:
    import keras

    original = keras.layers.LSTM.call

    def call(self, sequences, initial_state=None, mask=None, training=False):
        if self.compute_dtype == "float64":
            os.abort()
        return original(self, sequences, initial_state, mask, training)

    keras.layers.LSTM.call = call
