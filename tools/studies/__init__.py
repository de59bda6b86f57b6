"""Measurements of the specification itself: each a command, its record and its page."""
