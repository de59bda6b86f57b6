"""What the project's own tests need: a quiet TensorFlow, and the same cases on every run."""

import os

from hypothesis import settings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

pytest_plugins = ["pytester"]

settings.register_profile("project", deadline=None, derandomize=True, database=None)
settings.load_profile("project")
