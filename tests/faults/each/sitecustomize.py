"""In the workers, an LSTM suffers what FAULTS names for the test that calls it."""

import json
import os
import re
import sys
import threading
import time


def crash():
    """End the interpreter, as a failed CHECK in C++ does."""
    os.abort()


def hang():
    """Wait for ever."""
    time.sleep(600)


def hang_in_c():
    """Compute for ever without giving up Python's global lock."""
    re.match("(a|aa)+$", "a" * 100 + "b")


def threads():
    """Leave a thread behind that never ends."""
    threading.Thread(target=threading.Event().wait).start()


if "-c" in sys.orig_argv:
    import keras

    original = keras.layers.LSTM.call
    faults = json.loads(os.environ["FAULTS"])

    def call(self, sequences, initial_state=None, mask=None, training=False):
        test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0].rpartition("::")[2]
        if test in faults:
            globals()[faults[test]]()
        return original(self, sequences, initial_state, mask, training)

    keras.layers.LSTM.call = call
