"""`lstm-spec merge`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from lstm_spec.verbs.outcome import BAD_USAGE, BROKEN, UnwritableError, open_report, say, writing

if TYPE_CHECKING:  # at run time these are imported by the functions that need them
    from lstm_spec.run.report import Line, Report, Writer


def merge(arguments: argparse.Namespace) -> int:
    """Join the reports of shards into one.

    Returns:
        0, 2 for wrong usage, 3 if the reports cannot be joined.
    """
    from lstm_spec.releases import ledger
    from lstm_spec.releases.merge import UnmergeableError, merge
    from lstm_spec.run.report import UnreadableReportError

    try:
        _forbid_input(arguments.out, arguments.reports)
        with open_report(arguments.out) as out:
            shards = [(name, ledger.find(name)) for name in arguments.reports]
            joined = merge(shards, partial=arguments.partial)
            _write(out, joined)
    except (ledger.UnknownReportError, UnwritableError) as error:
        return say(error, BAD_USAGE)
    except OSError as error:
        return say(f"{error.filename or 'a report'} cannot be read: {error.strerror}", BAD_USAGE)
    except (UnreadableReportError, UnmergeableError) as error:
        return say(error, BROKEN)
    told = ", ".join(f"{count} {verdict}" for verdict, count in joined.verdicts.items())
    print(f"{arguments.out}: {told}")
    return 0


def _forbid_input(out: Path, names: Iterable[str]) -> None:
    existing = [name for name in names if os.path.exists(out) and os.path.exists(name)]
    if any(os.path.samefile(out, name) for name in existing):
        raise UnwritableError(f"{out} is one of the reports; give another file for what is joined")


def _write(out: Writer, joined: Report) -> None:
    assert joined.footer is not None, "what is joined is complete"
    lines: list[Line] = [*joined.records, joined.footer]
    with writing(out.path):
        out.begin(joined.header)
        for line in lines:
            out.append(line)
