"""How a command fails: an error that is shown as one sentence, with an exit status."""

from __future__ import annotations


class SpecError(Exception):
    """An error whose message says what was given, what was expected and what to do."""

    status: int


class UsageError(SpecError, ValueError):
    """What was given cannot be used."""

    status = 2


class BrokenError(SpecError, RuntimeError):
    """The installation, an environment or a record is broken."""

    status = 3
