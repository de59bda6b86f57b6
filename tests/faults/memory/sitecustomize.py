"""In the workers, an LSTM in float64 takes memory until the system refuses more and ends it."""

import sys

if "-c" in sys.orig_argv:
    import os
    import resource
    import signal
    from pathlib import Path

    import keras

    original = keras.layers.LSTM.call

    def call(self, sequences, initial_state=None, mask=None, training=False):
        if self.compute_dtype == "float64":
            used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (used + 2**28, used + 2**28))
            taken = []
            try:
                while True:
                    taken.append(bytearray(2**20))
            except (
                MemoryError
            ):  # here a limit of the process; where the machine's is met, it is killed
                os.kill(os.getpid(), signal.SIGKILL)
        return original(self, sequences, initial_state, mask, training)

    keras.layers.LSTM.call = call
