"""`lstm-spec compare`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from lstm_spec.verbs.outcome import BAD_USAGE, BROKEN, say

if TYPE_CHECKING:  # at run time it is imported by the function that needs it
    from lstm_spec.evidence.compare import Comparison


def compare(arguments: argparse.Namespace) -> int:
    """Show what differs in two reports.

    Returns:
        0 if nothing got worse, 1 if something did, 2 for wrong usage, 3 if a report cannot be used.
    """
    from lstm_spec.evidence import ledger
    from lstm_spec.evidence.compare import compare
    from lstm_spec.evidence.report import UnreadableReportError

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


def show(found: Comparison, layout: str) -> None:
    """Print a comparison in a layout."""
    from rich.console import Console

    from lstm_spec.evidence import views

    if layout == "table":
        views.table(found, Console())
    else:
        print(views.markdown(found) if layout == "markdown" else views.json(found))
