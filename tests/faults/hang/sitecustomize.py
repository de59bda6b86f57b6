"""In the workers, an LSTM that never returns while a claim is tried."""

import os
import sys
import time

if "-c" in sys.orig_argv:
    import keras

    original = keras.layers.LSTM.call

    def call(self, sequences, initial_state=None, mask=None, training=False):
        if "PYTEST_CURRENT_TEST" in os.environ:
            time.sleep(600)
        return original(self, sequences, initial_state, mask, training)

    keras.layers.LSTM.call = call
