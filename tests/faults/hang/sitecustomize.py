"""In the workers, an LSTM in float64 never returns."""

import sys
import time

if "-c" in sys.orig_argv:
    import keras

    original = keras.layers.LSTM.call

    def call(self, sequences, initial_state=None, mask=None, training=False):
        if self.compute_dtype == "float64":
            time.sleep(600)
        return original(self, sequences, initial_state, mask, training)

    keras.layers.LSTM.call = call
