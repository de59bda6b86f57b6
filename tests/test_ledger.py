"""A report is found by its path or by its name in the ledger, or refused in one sentence."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis.strategies import binary

from lstm_spec.releases import ledger
from lstm_spec.releases.ledger import UnknownReportError
from lstm_spec.run.report import Record, Report, UnreadableReportError
from reports import report, write

ONE = report(Record("a.b", "held", 1.0))


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a ledger with two reports."""
    whole = write(tmp_path / "whole.jsonl", ONE).read_bytes()
    folder = tmp_path / "ledger"
    folder.mkdir()
    for name in ("keras-3.9", "keras-3.10"):
        (folder / f"{name}.jsonl.gz").write_bytes(gzip.compress(whole))
    monkeypatch.setattr(ledger, "FOLDER", folder)
    return folder


def test_report_is_found_by_its_name(books: Path) -> None:
    assert ledger.find("keras-3.9") == ONE


def test_report_is_found_by_its_path(books: Path) -> None:
    assert ledger.find(str(books / "keras-3.10.jsonl.gz")) == ONE
    assert ledger.find(str(books.parent / "whole.jsonl")) == ONE


def test_folder_does_not_hide_a_name(books: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(books.parent)
    Path("keras-3.9").mkdir()
    assert ledger.find("keras-3.9") == ONE


def test_releases_are_listed_in_their_order(books: Path) -> None:
    assert ledger.names() == ["keras-3.9", "keras-3.10"]


def test_verdicts_on_a_claim_come_with_the_names_of_environments(books: Path) -> None:
    assert ledger.verdicts("a.b") == [("keras-3.9", "held"), ("keras-3.10", "held")]
    assert ledger.verdicts("a.c") == []


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("keras-3.99", r"'keras-3\.99'; did you mean keras-3\.9"),
        ("/nowhere/at/all", r"the ledger has keras-3\.9, keras-3\.10"),
        (".", r"'\.'; the ledger has"),
    ],
)
def test_unknown_name_is_answered_with_the_nearest(books: Path, text: str, hint: str) -> None:
    with pytest.raises(UnknownReportError, match=hint):
        ledger.find(text)


def test_ledger_may_be_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "FOLDER", tmp_path)
    with pytest.raises(UnknownReportError, match="the ledger is empty"):
        ledger.find("keras-3.9")


def test_incomplete_report_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "report.jsonl", ONE, footer=False)
    with pytest.raises(UnreadableReportError, match="incomplete: 1 of 1 claims were tried"):
        ledger.find(str(path))


@given(binary() | binary().map(gzip.compress) | binary().map(lambda data: b"\x1f\x8b" + data))
@example(b'{"schema":' + 100_000 * b"[")
def test_any_other_file_is_refused_in_one_line(tmp_path_factory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(data)
    with pytest.raises(UnreadableReportError) as error:
        ledger.find(str(path))
    assert len(str(error.value).splitlines()) == 1


def installed(tensorflow: str, keras: str, **facts: str) -> Report:
    return report(
        Record("a.b", "held", 1.0), packages={"tensorflow": tensorflow, "keras": keras}, **facts
    )


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put reports of releases into a ledger."""
    releases = {
        "tensorflow-2.20": installed("2.20.0", "3.15.1"),
        "tensorflow-2.21": installed("2.21.0", "3.15.1"),
        "keras-3.9": installed("2.16.2", "3.9.2"),
        "keras-3.10": installed("2.16.2", "3.10.0"),
        "backend-jax": installed("2.16.2", "3.9.0", backend="jax"),
    }
    for name, release in releases.items():
        whole = write(tmp_path / f"{name}.jsonl", release).read_bytes()
        (tmp_path / f"{name}.jsonl.gz").write_bytes(gzip.compress(whole))
    monkeypatch.setattr(ledger, "FOLDER", tmp_path)


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    ("tensorflow", "keras", "asked", "name"),
    [
        ("2.21.0", "3.15.1", {"tensorflow"}, "tensorflow-2.20"),
        ("2.21.0", "3.15.1", {"keras"}, "keras-3.10"),
        ("2.21.0", "3.10.0", {"keras"}, "keras-3.9"),
        ("2.23.0.dev20261026", "3.16.0.dev1", {"tensorflow", "keras"}, "tensorflow-2.21"),
        ("2.21.0", "3.15.1", set(), "tensorflow-2.20"),
        ("2.16.2", "3.9.2", {"keras"}, None),
        ("2.16.2", "3.9.3", {"tensorflow", "keras"}, "keras-3.9"),
        ("2.16.2", "4.0.0", {"keras"}, None),
    ],
)
def test_nearest_is_the_newest_that_is_older_in_what_was_asked(
    tensorflow: str, keras: str, asked: set[str], name: str | None
) -> None:
    assert ledger.nearest(installed(tensorflow, keras), asked) == name


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("version", ["head", "9" * 5_000])
def test_report_of_no_release_has_no_nearest(version: str) -> None:
    with pytest.raises(UnreadableReportError, match="a report is of no release: "):
        ledger.nearest(installed(version, "3.15.1"), ())


def test_report_is_narrowed_to_some_claims() -> None:
    two = report(Record("a.b", "held", 1.0), Record("a.c", "held", 1.0))
    assert ledger.narrowed(two, {"a.b"}) == ONE


@pytest.mark.usefixtures("shelf")
def test_nearest_is_a_word_for_an_older_report() -> None:
    older = "tensorflow-2.20"
    newer = "tensorflow-2.21"
    first = "keras-3.9"
    assert ledger.pair("nearest", newer) == (ledger.find(older), ledger.find(newer))
    assert ledger.pair(first, newer) == (ledger.find(first), ledger.find(newer))
    with pytest.raises(UnknownReportError, match="no report of an older release"):
        ledger.pair("nearest", first)


@pytest.mark.parametrize(
    ("tensorflow", "keras", "backend", "asked", "earlier", "later"),
    [
        ("2.16.2", "3.3.2", "tensorflow", {"keras", "tensorflow"}, "keras-3.2", "keras-3.3"),
        ("2.21.0", "3.9.2", "tensorflow", {"keras"}, "keras-3.8", "keras-3.10"),
        ("2.16.2", "3.0.0", "tensorflow", {"keras"}, None, "keras-3.0"),
        ("2.15.1", "2.15.0", "tensorflow", {"tensorflow"}, "tensorflow-2.14", "tensorflow-2.15"),
        ("0", "3.9.2", "jax", {"keras"}, None, "backend-jax"),
        ("0", "3.16.0.dev1", "torch", {"keras"}, "backend-torch", None),
        ("2.21.0", "4.0.0", "tensorflow", {"keras"}, None, None),
    ],
)
def test_nearest_is_of_the_same_backend_and_major_release_of_keras(
    tensorflow: str,
    keras: str,
    backend: str,
    asked: set[str],
    earlier: str | None,
    later: str | None,
) -> None:
    sought = installed(tensorflow, keras, backend=backend)
    assert ledger.nearest(sought, asked) == earlier
    assert ledger.nearest_later(sought) == later
