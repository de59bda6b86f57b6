"""In the worker that looks at the installation, an LSTM that cannot be called."""

import sys

if "-c" in sys.orig_argv:
    import keras

    def call(self, sequences, initial_state=None, mask=None, training=False):
        raise RuntimeError("no kernel for this processor")

    keras.layers.LSTM.call = call
