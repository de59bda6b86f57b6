"""In the workers, an LSTM in float64 leaves a thread behind that never ends."""

import sys
import threading

if "-c" in sys.orig_argv:
    import keras

    original = keras.layers.LSTM.call

    def call(self, sequences, initial_state=None, mask=None, training=False):
        if self.compute_dtype == "float64":
            threading.Thread(target=threading.Event().wait).start()
        return original(self, sequences, initial_state, mask, training)

    keras.layers.LSTM.call = call
