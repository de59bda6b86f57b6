"""Keras is not installed."""

import sys

sys.modules["keras"] = None
