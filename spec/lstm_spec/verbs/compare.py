"""`lstm-spec compare`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from lstm_spec.run.oneline import one_line
from lstm_spec.verbs.outcome import BAD_USAGE, BROKEN, console, say

if TYPE_CHECKING:  # at run time it is imported by the function that needs it
    from lstm_spec.releases.compare import Comparison
    from lstm_spec.releases.speed import Speeds


def compare(arguments: argparse.Namespace) -> int:
    """Show what differs in two reports, or which of two environments is slower.

    Returns:
        0 if nothing got worse, 1 if something did, 2 for wrong usage, 3 if a report cannot be
        used, or an environment not be made or timed.
    """
    if arguments.speed:
        return _speed(arguments)
    if arguments.python:
        return say("--python is about environments; give --speed too", BAD_USAGE)
    from lstm_spec.releases import ledger
    from lstm_spec.releases.compare import compare
    from lstm_spec.run.report import UnreadableReportError

    try:
        found = compare(*ledger.pair(arguments.then, arguments.now))
    except ledger.UnknownReportError as error:
        return say(error, BAD_USAGE)
    except OSError as error:
        return say(f"{error.filename or 'a report'} cannot be read: {error.strerror}", BAD_USAGE)
    except UnreadableReportError as error:
        return say(error, BROKEN)
    show(found, arguments.format)
    return 1 if found.worse else 0


def _speed(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from lstm_spec.releases import interpreter, speed
    from lstm_spec.releases.request import UnusableRequirementError
    from lstm_spec.releases.venv import UnmadeError

    try:
        words, python = (arguments.then, arguments.now), arguments.python or ""
        then, now = (interpreter.side(word, python) for word in words)
        with Console(stderr=True).status("") as status:
            found = speed.race((then, now), tell=status.update)
    except UnusableRequirementError as error:
        return say(error, BAD_USAGE)
    except (UnmadeError, interpreter.DeadError, speed.UntimedError) as error:
        return say(one_line(error), BROKEN)
    except OSError as error:
        return say(f"{error.filename or 'a file'} cannot be written: {error.strerror}", BROKEN)
    show(found, arguments.format)
    return 1 if found.worse else 0


def show(found: Comparison | Speeds, layout: str) -> None:
    """Print a comparison in a layout."""
    from lstm_spec.releases import views

    if layout == "table":
        views.table(found, console())
    else:
        print(views.markdown(found) if layout == "markdown" else views.json(found))
