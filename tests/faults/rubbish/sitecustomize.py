"""Everywhere, importing TensorFlow and calling an LSTM print rubbish to both streams."""

import os
import sys

RUBBISH = b"\xff\xfe\x00{\x1b[31m]}'\"\r\n" * 9


def print_rubbish():
    os.write(1, RUBBISH)
    os.write(2, RUBBISH)


class Loud:
    """Prints when TensorFlow is looked for, and finds nothing."""

    def find_spec(self, name, path=None, target=None):
        if name == "tensorflow":
            print_rubbish()


sys.meta_path.insert(0, Loud())
