"""Mutants: Keras' own source changed in one place, in memory, to see which claims refute it."""
