"""A person sees each verdict that occurs, and one sentence on all of them."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from lstm_spec.run import terminal
from lstm_spec.run.report import Record, Verdict
from reports import report


def printed(*verdicts: Verdict) -> str:
    records = [Record(f"time.{number}", verdict, 1.0) for number, verdict in enumerate(verdicts)]
    console = Console(file=io.StringIO(), width=120)
    terminal.summarize(report(*records), [], console)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("verdicts", "sentence"),
    [
        (["held", "deviates", "not applicable"], "every claim held or deviates as known"),
        (["held", "refuted"], "1 of 2 claims did not hold"),
        (
            ["held", "damaged record"],
            "1 cannot be judged: what is recorded of them is damaged",
        ),
        (
            ["crashed", "refuted", "damaged record"],
            "2 of 3 claims did not hold; 1 cannot be judged: what is recorded of them is damaged",
        ),
    ],
)
def test_last_sentence_tells_of_all_claims(verdicts, sentence: str) -> None:
    assert printed(*verdicts).endswith(f"\nIn 60 s: {sentence}.\n")


def test_claim_that_held_with_a_stand_in_says_so_below_the_table() -> None:
    caution = "No GPU has tried it; observed on a CPU, by what is asked of a stand-in for cuDNN"
    records = [Record("time.one", "held", 1.0), Record("time.two", "held", 1.0, message=caution)]
    console = Console(file=io.StringIO(), width=120)
    terminal.summarize(report(*records), [], console)
    shown = console.file.getvalue()
    assert f"\nHeld, but:\n  time.two\n    {caution}\n" in shown


def test_table_has_a_column_of_damaged_records_where_there_are_any() -> None:
    assert "damaged" not in printed("held", "refuted")
    assert re.search(
        r"refuted +crashed +timed out +not +damaged\n.* applicable +record\n",
        printed("damaged record"),
    )


@pytest.mark.parametrize("width", [60, 80, 100])
def test_table_fits_the_terminal_and_no_title_is_cut(width: int) -> None:
    console = Console(file=io.StringIO(), width=width)
    records = [Record("time.one", "held", 1.0), Record("time.two", "not applicable", 1.0)]
    terminal.summarize(report(*records), [], console)
    table = console.file.getvalue().partition("chapter")[2].partition("\n\n")[0].splitlines()
    assert all(len(line) <= width and line == line.rstrip() for line in table)
    assert ("crashed" in table[0]) is (width > 60)
    assert "applicable" in table[1]
