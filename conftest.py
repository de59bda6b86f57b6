"""What the project's own tests need: a quiet TensorFlow, and the same cases on every run."""

import os

from hypothesis import settings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

pytest_plugins = ["pytester"]

settings.register_profile("project", deadline=None, derandomize=True, database=None)
settings.load_profile("project")
# With --hypothesis-profile=fuzz: many cases, and others on every run.
settings.register_profile("fuzz", settings(), max_examples=100_000, derandomize=False)
