"""Reports for the tests of what reads them: small ones, and ones that mean harm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from msgspec import structs

from lstm_spec.run.report import VERDICTS, Environment, Footer, Header, Line, Record, Report, Writer

HERE = Environment("3.11", "Linux", "a processor", 2, "tensorflow", "cpu", {"keras": "3.15.1"})
HEADER = Header(1, "0.1.0", "2026-11-24T00:00:00+00:00", "smoke", None, 2, HERE, [])
FOOTER = Footer("2026-11-24T00:01:00+00:00", 60.0, {})

MARKUP = ("<b>", "|", "\n", "\\", "`", "@you", "#1", "[a](b)", "[bold]", "$x$", "\x1b[2J")
texts = st.lists(st.sampled_from(MARKUP) | st.text(max_size=5), max_size=4).map("".join)
names = st.sampled_from(["gates.one", "gates.two", "time.one", "time.two"]) | texts
measured = st.none() | st.floats(0, 1e6)


def report(*records: Record, **facts: Any) -> Report:
    """Return a report.

    Args:
        *records: one for each claim.
        **facts: what is special about the environment, or about the header.
    """
    environment = {name: facts.pop(name) for name in HERE.__struct_fields__ if name in facts}
    header = structs.replace(HEADER, environment=structs.replace(HERE, **environment), **facts)
    header.claims = [record.claim for record in records]
    return Report(header, list(records), FOOTER)


def append(path: Path, line: Line) -> None:
    """Add a line to a report."""
    with path.open("ab", buffering=0) as file:
        Writer(path, file.fileno()).append(line)


def write(path: Path, written: Report, *, footer: bool = True) -> Path:
    """Write a report to a file, with or without its last line."""
    for line in (written.header, *written.records, *([written.footer] if footer else [])):
        append(path, line)
    return path


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """Draw reports of any verdicts, errors, arguments and sentences, with any text in them."""
    tables = {"signatures": texts, "sentences": st.lists(texts, max_size=3)}
    facts = {
        name: draw(st.dictionaries(names, st.dictionaries(names, kind, max_size=2), max_size=2))
        for name, kind in tables.items()
    }
    facts["packages"] = draw(st.dictionaries(names, texts, max_size=2))
    claims = draw(st.lists(names, unique=True, max_size=4))
    facts["code"] = draw(st.dictionaries(st.sampled_from([*claims, "x.y"]), st.sampled_from("12")))
    return report(*map(draw, map(_record, claims)), effort=draw(st.sampled_from("12")), **facts)


def _record(claim: str) -> st.SearchStrategy[Record]:
    return st.builds(
        Record,
        claim=st.just(claim),
        verdict=st.sampled_from(VERDICTS),
        seconds=st.floats(0, 100),
        examples=st.integers(0, 9),
        cases=st.sampled_from(["", "00ff"]),
        error=measured,
        bound=st.floats(1, 100),
        spread=measured,
        message=texts,
    )
