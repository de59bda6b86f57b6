"""Reports are written as they come, read with care, and tell how wide a claim was tried."""

from __future__ import annotations

import errno
import gzip
import os
import re
from pathlib import Path

import msgspec
import numpy as np
import pytest

from lstm_spec.cli import open_report
from lstm_spec.harness import models
from lstm_spec.harness.strategies import small
from lstm_spec.harness.trainer import Net
from lstm_spec.harness.ways import Way
from lstm_spec.run import report
from lstm_spec.run.report import (
    MOST,
    Environment,
    Footer,
    Header,
    LockedError,
    Record,
    Tried,
    UnreadableReportError,
    in_words,
)
from reports import append

HERE = Environment("3.11", "Linux", "a processor", 2, "tensorflow", "cpu", {"keras": "3.15.1"})
HEADER = Header(1, "0.1.0", "2026-11-24T00:00:00+00:00", "smoke", None, 2, HERE, ["a.b", "a.c"])
RECORDS = [Record("a.b", "held", 1.0, 50, "00ff", 2.5), Record("a.c", "refuted", 2.0, message="no")]
FOOTER = Footer("2026-11-24T00:01:00+00:00", 60.0, {"held": 1, "refuted": 1})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "report.jsonl"
    for line in (HEADER, *RECORDS, FOOTER):
        append(path, line)
    return path


def test_what_is_written_is_read(file: Path) -> None:
    assert report.read(file) == report.Report(HEADER, RECORDS, FOOTER)


def test_report_without_footer_is_incomplete_and_names_what_is_missing(file: Path) -> None:
    file.write_bytes(b"\n".join(file.read_bytes().split(b"\n")[:2]) + b"\n")
    again = report.read(file)
    assert (again.footer, again.untried) == (None, ["a.c"])


def test_every_beginning_of_a_report_is_read_or_refused_in_one_sentence(file: Path) -> None:
    whole = file.read_bytes()
    first = whole.index(b"\n") + 1
    for end in range(len(whole)):
        file.write_bytes(whole[:end])
        if end < first:
            with pytest.raises(UnreadableReportError, match="not a report"):
                report.read(file)
        else:
            assert report.read(file).footer is None


def test_damaged_line_is_named(file: Path) -> None:
    lines = file.read_bytes().split(b"\n")
    file.write_bytes(b"\n".join([lines[0], b"{", *lines[2:]]))
    with pytest.raises(UnreadableReportError, match="line 2 is damaged"):
        report.read(file)


def test_another_schema_is_refused(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b'"schema":1', b'"schema":99'))
    with pytest.raises(UnreadableReportError, match="schema 99, this version reads 1"):
        report.read(file)


def test_another_schema_is_refused_whatever_else_has_changed(file: Path) -> None:
    file.write_bytes(b'{"kind":"beginning","schema":2}\n')
    with pytest.raises(UnreadableReportError, match="schema 2, this version reads 1"):
        report.read(file)


def test_compressed_report_is_read(file: Path) -> None:
    whole = report.read(file)
    file.write_bytes(gzip.compress(file.read_bytes()))
    assert report.read(file) == whole


def test_compressed_report_that_was_cut_off_is_refused(file: Path) -> None:
    file.write_bytes(gzip.compress(file.read_bytes())[:-9])
    with pytest.raises(UnreadableReportError, match="cannot be decompressed"):
        report.read(file)


def test_report_from_before_spread_and_signatures_is_read(file: Path) -> None:
    assert b"spread" in file.read_bytes()
    old = file.read_bytes().replace(b',"spread":null', b"")
    file.write_bytes(old.replace(b',"signatures":{},"sentences":{}', b""))
    assert report.read(file) == report.Report(HEADER, RECORDS, FOOTER)


def test_unknown_verdict_is_refused(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b'"refuted","seconds"', b'"fine","seconds"'))
    with pytest.raises(UnreadableReportError, match="line 3 is damaged"):
        report.read(file)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (rb'{"kind":"a\nb"}', "Invalid value 'a b' - at `$.kind`"),
        (rb'{"kind":"footer","\u001b[2J":1}', "Object missing required field `ended`"),
        (b'{"kind":' + 20_000 * b"[", "maximum recursion depth"),
    ],
)
def test_what_is_damaged_is_told_on_one_line(file: Path, text: bytes, message: str) -> None:
    file.write_bytes(text + b"\n")
    with pytest.raises(UnreadableReportError) as error:
        report.read(file)
    assert str(error.value).startswith(f"{file}: line 1 is damaged: {message}")
    assert len(str(error.value).splitlines()) == 1


def test_footer_between_records_is_refused(file: Path) -> None:
    append(file, RECORDS[0])
    with pytest.raises(UnreadableReportError, match="stands between the records"):
        report.read(file)


def test_lines_name_their_kind() -> None:
    kinds = [msgspec.to_builtins(line)["kind"] for line in (HEADER, RECORDS[0], FOOTER)]
    assert kinds == ["header", "record", "footer"]


def test_what_has_no_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableReportError, match="it is a device"):
        report.read(Path("/dev/zero"))
    bomb = tmp_path / "bomb"
    bomb.write_bytes(gzip.compress(bytes(report.LARGEST + 1), 1))
    with pytest.raises(UnreadableReportError, match=f"over {report.LARGEST} bytes"):
        report.read(bomb)


def test_report_is_locked_until_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "report.jsonl"
    with report.writer(path) as written:
        with pytest.raises(LockedError, match=r"is being written by another check$"):
            report.writer(path).__enter__()
        written.begin(HEADER)
        since = f"another check since {re.escape(HEADER.started)}, 0 of 2 claims tried"
        with pytest.raises(LockedError, match=since):
            report.writer(path).__enter__()
    with report.writer(path) as written:
        assert written.read().header == HEADER


def test_a_full_disk_keeps_the_report_that_was_to_be_replaced(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = file.read_bytes()
    write = os.write

    def full(descriptor: int, text: memoryview) -> int:
        if len(text) < 100:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, text[:-99])

    with report.writer(file) as written:
        with monkeypatch.context() as patch:
            patch.setattr(report.os, "write", full)
            with pytest.raises(OSError, match="No space left"):
                written.begin(HEADER)
        assert file.read_bytes() == content
        written.begin(HEADER)
        assert written.read().header == HEADER


def test_file_that_gets_no_line_is_removed_or_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "report.jsonl"
    with report.writer(path):
        assert path.exists()
    assert not path.exists()
    path.touch()
    with report.writer(path):
        pass
    assert path.exists()


def test_lines_go_to_the_file_that_was_opened(file: Path, tmp_path: Path) -> None:
    with report.writer(file) as written:
        file.rename(tmp_path / "old")
        assert written.replaced
        with report.writer(file) as other:
            other.begin(HEADER)
            written.begin(HEADER)
            written.append(RECORDS[0])
        assert report.read(file).records == []
        assert written.read().records == RECORDS[:1]
    assert report.read(tmp_path / "old").records == RECORDS[:1]


def test_file_system_without_locks_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    with open_report(tmp_path / "report.jsonl") as written:
        written.begin(HEADER)
    assert "cannot be locked where it is; let no other check write it" in capsys.readouterr().err
    assert report.read(tmp_path / "report.jsonl").header == HEADER


def test_one_verdict_counts_each_planned_claim_once() -> None:
    again = Record("a.b", "crashed", 1.0)
    foreign = Record("x.y", "refuted", 1.0)
    outcome = report.Report(HEADER, [RECORDS[0], foreign, again], FOOTER).outcome
    assert outcome.verdicts == {"crashed": 1}
    assert (outcome.failed, outcome.untried, outcome.good) == ([again], ["a.c"], False)


# How wide a claim was tried


def extent(*cases):
    tried = Tried()
    for case in cases:
        tried.add(case)
    return tried.extent


def test_numbers_become_a_range_and_names_a_list() -> None:
    first = {"case": small(activation="tanh"), "way": Way("called"), "more": 3}
    second = {"case": small(activation=None), "way": Way("predict"), "more": 1}
    seen = extent(first, second)
    assert seen["way"] == ["called", "predict"]
    assert seen["activation"] == ["None", "tanh"]
    assert (seen["more"], seen["units"], seen["mask"]) == ([1, 3], [2, 2], ["given"])
    assert (
        in_words({"way": seen["way"], "more": seen["more"]}) == "more 1 to 3; way called, predict"
    )


def test_net_is_as_wide_as_its_case() -> None:
    case = small()
    assert extent({"net": Net(case, np.ones((3, 1)))}) == extent({"case": case})


def test_what_picks_numbers_says_nothing() -> None:
    assert extent({"seed": 1, "pick": 2, "seeds": 3}) == {}


def test_functions_and_arrays_are_named_by_what_they_are() -> None:
    seen = extent({"f": np.tanh, "x": np.ones(2), "g": extent})
    assert seen == {"f": ["tanh"], "x": ["ndarray"], "g": ["extent"]}


def test_parts_of_what_is_drawn_have_names_of_their_own() -> None:
    options = {"use_bias": False, "rates": {0: 0.5}}
    seen = extent({"options": options, "run": ("predict", ["mse", "mae"])}, {"run": "called"})
    assert seen == {
        "use_bias": ["False"],
        "rates": ["dict"],
        "run": ["[mse, mae]", "called", "predict"],
    }


def test_model_that_is_drawn_says_its_layers_and_sizes() -> None:
    trial = models.Trial(
        models.Model((), (models.Node(models.Layer("LSTM"), (), (), 1),), (), "functional"),
        (models.Sizes(1, 2), models.Sizes(3, 5)),
        seed=1,
    )
    sizes = {"batch": [1, 3], "timesteps": [2, 5]}
    drawn = {"form": ["functional"], "layer": ["LSTM"]}
    assert extent({"trial": trial}) == sizes | drawn
    assert extent({"run": (trial, "jitted")}) == sizes | drawn | {"run": ["jitted"]}


def test_many_names_are_counted() -> None:
    seen = extent(*({"name": f"{k:03}"} for k in range(MOST + 2)))
    assert seen["name"][-2:] == [f"{MOST - 1:03}", "2 more"]
