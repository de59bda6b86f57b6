"""What the nightly Keras did with every claim: a recorded report, beside the ledger.

`python -m lstm_spec.releases.nightly` makes it, at smoke effort.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from lstm_spec.releases import ledger, matrix
from lstm_spec.releases.matrix import Entry
from lstm_spec.run import environment
from lstm_spec.run.report import Record, Report

FILE = Path(__file__).with_name(f"nightly{ledger.SUFFIX}")
REQUIREMENTS = ("keras-nightly==3.16.0.dev2026102704", "tensorflow==2.21.0")
ENTRY = Entry("nightly", "3.11", REQUIREMENTS)
ALTHOUGH = "held, although a deviation is recorded"
"""How the message of a claim begins that holds where a deviation is recorded."""


def load() -> Report:
    """Return the recorded report.

    Raises:
        OSError: it is not there.
        UnreadableReportError: it is damaged, or incomplete.
    """
    return ledger.find(str(FILE))


def holds(record: Record) -> bool:
    """Say whether a claim held, whatever is recorded of it."""
    return record.verdict == "held" or record.message.startswith(ALTHOUGH)


def main(words: list[str] | None = None) -> int:
    """Make the report.

    Returns:
        0.
    """
    parser = argparse.ArgumentParser(
        prog="python -m lstm_spec.releases.nightly", description=__doc__
    )
    parser.add_argument("--workers", type=int, default=environment.cores(), metavar="N")
    given = parser.parse_args(words)
    made = matrix.check(ENTRY, given.workers)
    FILE.write_bytes(matrix.pack(made))
    print(", ".join(f"{count} {verdict}" for verdict, count in made.verdicts.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
