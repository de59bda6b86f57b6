"""How a command fails: an error that is shown as one sentence, with an exit status."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

NEGATIVE, BAD_USAGE, BROKEN, NO_ANSWER, INTERRUPTED, UNREAD = 1, 2, 3, 4, 130, 141
"""The exit statuses; 0 if all is well.

NEGATIVE: a claim does not hold, something got worse or is wrong, or there is nothing to show.
"""
STATUSES = (
    "{0} 2: wrong usage. 3: the installation, an environment or a record is broken. "
    "130: interrupted."
)
"""What `--help` says of them, after those of the verb itself."""


def suggestion(name: str, known: Sequence[str], otherwise: str) -> str:
    """Return "did you mean ...?" with the known names that are most like a name.

    Args:
        name: what was given.
        known: what could have been meant.
        otherwise: what is said if none of it is like the name.
    """
    small = {word.casefold(): word for word in known}
    near = [
        small[word] for word in difflib.get_close_matches(name.casefold(), small, n=3, cutoff=0.5)
    ]
    return f"did you mean {' or '.join(near)}?" if near else otherwise


class SpecError(Exception):
    """An error whose message says what was given, what was expected and what to do."""

    status: int


class UsageError(SpecError, ValueError):
    """What was given cannot be used."""

    status = BAD_USAGE


class BrokenError(SpecError, RuntimeError):
    """The installation, an environment or a record is broken."""

    status = BROKEN
