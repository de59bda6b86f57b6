"""Reports are found and joined, or refused in one sentence; those of the ledger are whole."""

from __future__ import annotations

import gzip
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis.strategies import binary, lists, permutations, sampled_from
from msgspec import structs

from lstm_spec import catalog, cli
from lstm_spec.releases import ledger, matrix
from lstm_spec.releases.ledger import UnknownReportError, UnmergeableError, merge
from lstm_spec.run import deviations
from lstm_spec.run.report import GOOD, VERDICTS, Footer, Record, Report, UnreadableReportError, read
from reports import FOOTER, report, write

ONE = report(Record("a.b", "held", 1.0))


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder in which there is a ledger of two reports, and one that it was made of."""
    whole = write(tmp_path / "whole.jsonl", ONE).read_bytes()
    for name in ("keras-3.9", "keras-3.10"):
        ledger.put(tmp_path / "ledger", name, whole)
    monkeypatch.setattr(ledger, "FILE", tmp_path / "ledger")
    return tmp_path


def test_report_is_found_by_its_name(books: Path) -> None:
    assert ledger.find("keras-3.9") == ONE


def test_report_is_found_by_its_path(books: Path) -> None:
    (books / "packed").write_bytes(gzip.compress((books / "whole.jsonl").read_bytes()))
    assert ledger.find(str(books / "packed")) == ONE
    assert ledger.find(str(books / "whole.jsonl")) == ONE


def test_folder_does_not_hide_a_name(books: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(books)
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
    monkeypatch.setattr(ledger, "FILE", tmp_path / "none")
    with pytest.raises(UnknownReportError, match="the ledger is empty"):
        ledger.find("keras-3.9")


def test_report_takes_the_place_of_the_one_of_its_name(books: Path) -> None:
    other = report(Record("a.b", "refuted", 1.0))
    ledger.put(books / "ledger", "keras-3.9", write(books / "other.jsonl", other).read_bytes())
    assert [ledger.find(name) for name in ("keras-3.9", "keras-3.10")] == [other, ONE]


def test_reports_that_are_put_at_once_are_all_kept(tmp_path: Path) -> None:
    names = [f"keras-3.{k}" for k in range(8)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: ledger.put(tmp_path / "ledger", name, b""), names))
    assert sorted(ledger.texts(tmp_path / "ledger")) == names


@pytest.mark.parametrize(("before", "end"), [(b"", 0), (b"", 99), (b"[", None)])
def test_damaged_ledger_is_reported(books: Path, before: bytes, end: int | None) -> None:
    file = books / "ledger"
    file.write_bytes(before + file.read_bytes()[:end])
    with pytest.raises(UnreadableReportError, match="ledger: cannot be decompressed: "):
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
        ledger.put(tmp_path / "ledger", name, whole)
    monkeypatch.setattr(ledger, "FILE", tmp_path / "ledger")


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


# Shards


CLAIMS = [claim.id for claim in catalog.claims()]
RECORDS = [
    Record(claim, VERDICTS[number % len(VERDICTS)], 1.0) for number, claim in enumerate(CLAIMS)
]
GATES = [record for record in RECORDS if record.claim.startswith("gates.")]
TIME = [record for record in RECORDS if record.claim.startswith("time.")]


def refused(*shards: Report, partial: bool = True) -> str:
    """Return why reports cannot be joined; they are called a, b and so on."""
    with pytest.raises(UnmergeableError) as error:
        merge(list(zip("abc", shards, strict=False)), partial=partial)
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


@given(lists(sampled_from("abc"), min_size=9, max_size=9), permutations("abc"))
def test_verdicts_are_those_of_one_run(places: list[str], names: list[str]) -> None:
    shards: dict[str, list[Record]] = {name: [] for name in names}
    for number, record in enumerate(RECORDS):
        shards[places[number % 9]].append(record)
    joined = merge([(name, report(*records)) for name, records in shards.items()])
    assert joined.records == RECORDS
    assert joined.header == report(*RECORDS).header
    assert joined.footer.verdicts == report(*RECORDS).verdicts


def test_machines_may_differ_and_are_all_told() -> None:
    shard = report(*GATES, workers=2, started="2026-11-24T05:00", processor="one", cores=2)
    other = report(*TIME, workers=8, started="2026-11-24T04:00", processor="two", cores=8)
    other.footer = Footer("2026-11-24T06:00", 2.25, {})
    header = merge([("a", shard), ("b", other)], partial=True).header
    assert (header.workers, header.started) == (8, "2026-11-24T04:00")
    assert (header.environment.processor, header.environment.cores) == ("one, two", 8)


def test_codes_of_the_claims_are_kept() -> None:
    shards = [("a", report(*GATES, code={"a": "1"})), ("b", report(*TIME, code={"b": "2"}))]
    assert merge(shards, partial=True).header.code == {"a": "1", "b": "2"}


def test_times_are_added() -> None:
    shard = report(*GATES)
    other = report(*TIME)
    other.footer = Footer("2026-11-24T06:00", 2.25, {})
    footer = merge([("a", shard), ("b", other)], partial=True).footer
    assert (footer.ended, footer.seconds) == (other.footer.ended, FOOTER.seconds + 2.2)


@pytest.mark.parametrize(
    ("facts", "difference"),
    [
        ({"packages": {"keras": "3.9.2"}}, "keras is 3.9.2, not 3.15.1"),
        ({"packages": {}}, "keras is absent, not 3.15.1"),
        ({"python": "3.12"}, "python is 3.12, not 3.11"),
        ({"backend": "jax"}, "backend is jax, not tensorflow"),
        ({"device": "gpu"}, "device is gpu, not cpu"),
        ({"effort": "deep", "seed": 3}, "effort is deep, not smoke; seed is 3, not None"),
        ({"lstm_spec": "0.2.0"}, "lstm-spec is 0.2.0, not 0.1.0"),
        ({"news": ["a"]}, "its news differ"),
        ({"sentences": {"LSTM": {"units": ["0"]}}}, "its sentences differ"),
        ({"signatures": {"LSTM": {"units": "1"}}}, "its signatures differ"),
    ],
)
def test_report_that_was_made_in_another_way_is_refused(
    facts: dict[str, Any], difference: str
) -> None:
    complaint = refused(report(*GATES), report(*TIME, **facts))
    assert complaint == f"b was made in another way than a: {difference}"


def test_claims_that_are_tried_twice_are_reported() -> None:
    complaint = refused(report(*GATES, TIME[0]), report(*TIME, *GATES))
    assert complaint == f"a and b both try gates, {TIME[0].claim}; give one report of each claim"
    assert "a and b both try time;" in refused(report(*TIME), report(*TIME))


def test_missing_claims_are_told_with_the_command_that_tries_them() -> None:
    records = [record for record in RECORDS if record not in GATES and record != TIME[0]]
    command = f"`lstm-spec check gates {TIME[0].claim}`"
    assert refused(report(*records), partial=False).endswith(command)


def test_claims_that_are_not_known_are_reported() -> None:
    unknown = report(Record("a\nb", "held", 1.0))
    for shards in [(report(*GATES), unknown), (unknown, unknown)]:
        assert refused(*shards).endswith("tries what is no claim of this lstm-spec: a b")


@pytest.mark.parametrize("records", [GATES[1:], GATES + TIME[:1], GATES + GATES[:1]])
def test_report_with_other_records_than_its_header_says_is_refused(records: list[Record]) -> None:
    shard = structs.replace(report(*GATES), records=records)
    assert "has too many or too few records of" in refused(report(*TIME), shard)


@pytest.mark.parametrize("records", [GATES[1:], GATES + TIME[:1]])
def test_a_report_that_ends_with_other_records_than_planned_is_damaged(
    records: list[Record], tmp_path: Path
) -> None:
    file = tmp_path / "report"
    write(file, structs.replace(report(*GATES), records=records))
    with pytest.raises(UnreadableReportError, match=r"too many or too few records of \S+; make"):
        ledger.find(str(file))


# The verb


REST = len(RECORDS) - len(GATES)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go to a folder with the reports of three shards: a and b are complete."""
    monkeypatch.chdir(tmp_path)
    rest = [record for record in RECORDS if record not in GATES]
    write(Path("a"), report(*GATES))
    write(Path("b"), report(*rest))
    write(Path("begun"), report(*rest), footer=False)
    Path("damaged").write_text("{\n", encoding="utf-8")
    Path("link").symlink_to("a")


@pytest.mark.usefixtures("files")
def test_report_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["merge", "out", "a", "b"]) == 0
    assert read(Path("out")).records == RECORDS
    held, deviates = (sum(r.verdict == v for r in RECORDS) for v in ("held", "deviates"))
    assert capsys.readouterr().out.startswith(f"out: {held} held, {deviates} deviates")
    assert cli.main(["merge", "part", "a", "--partial"]) == 0
    assert read(Path("part")).records == GATES


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["out"], 2, "the following arguments are required: REPORT"),
        (["out", "a", "none"], 2, "no file or report of the ledger is called 'none'"),
        (["out", "a", "/proc/self/mem"], 2, "/proc/self/mem cannot be read: Input/output error"),
        (["a", "a", "b"], 2, "a is one of the reports; give another file"),
        (["link", "a", "b"], 2, "link is one of the reports; give another file"),
        (["/proc/none/out", "a", "b"], 2, "report /proc/none/out cannot be written: No such file"),
        (["/dev/full", "a", "b"], 2, "report /dev/full cannot be written: it is no ordinary"),
        (["out", "a"], 3, "claims are missing; add a report of `lstm-spec check shapes weights"),
        (["out", "a", "a"], 3, "a and a both try gates; give one report of each claim"),
        (["out", "a", "begun"], 3, f"begun: incomplete: {REST} of {REST} claims were tried"),
        (["out", "a", "begun"], 3, "`lstm-spec check --resume --report begun` goes on"),
        (["out", "a", "damaged"], 3, "damaged: line 1 is damaged"),
    ],
)
def test_what_cannot_be_joined_is_reported(
    words: list[str], status: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        exit_status = cli.main(["merge", *words])
    except SystemExit as stop:
        exit_status = stop.code
    captured = capsys.readouterr()
    assert (exit_status, captured.out, len(captured.err.splitlines())) == (status, "", 1)
    assert sentence in captured.err
    assert not Path("out").exists()


# What is recorded


ENTRIES = matrix.load().environment
REPORTS = {name: ledger.find(name) for name in ledger.names()}


def test_each_environment_of_the_matrix_has_its_report_and_no_other() -> None:
    assert sorted(REPORTS) == sorted(entry.name for entry in ENTRIES)


def test_no_verdict_is_unexplained() -> None:
    bad = [
        (name, record.claim, record.verdict)
        for name, report in REPORTS.items()
        for record in report.records
        if record.verdict not in GOOD
    ]
    assert bad == []


def test_each_deviation_was_seen_and_none_is_ambiguous() -> None:
    seen = [ledger.place(report) for report in REPORTS.values()]
    places = [*seen, *(trial.place for trial in matrix.load().tried)]
    deviations.forbid_unmatched(deviations.load(), places)
    deviations.forbid_ambiguous(deviations.load(), places)


def test_reports_are_of_the_claims_as_they_are_now() -> None:
    old = [entry.name for entry in ENTRIES if matrix.missing(entry, ledger.FILE)]
    if old:
        names = ", ".join(old)
        pytest.skip(f"claims or deviations were edited since: tox run -e ledger ({names})")


def test_each_claim_that_needs_no_gpu_was_observed_somewhere() -> None:
    """A new claim, or one that no environment of the ledger could try, is not yet."""
    tried = {claim for report in REPORTS.values() for claim in report.header.claims}
    observed = {
        record.claim
        for report in REPORTS.values()
        for record in report.records
        if record.verdict in ("held", "deviates")
    }
    unseen = {claim.id for claim in catalog.claims() if not claim.gpu} - observed
    assert unseen & tried == set()
    if unseen:
        pytest.skip(f"not yet observed: {', '.join(sorted(unseen))}: tox run -e ledger")


def test_ledger_is_small() -> None:
    assert ledger.FILE.stat().st_size < 500_000
