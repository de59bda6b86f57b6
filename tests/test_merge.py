"""Reports of shards are joined into the report of one run, or refused in one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis.strategies import lists, permutations, sampled_from
from msgspec import structs

from lstm_spec import catalog, cli
from lstm_spec.releases.ledger import UnmergeableError, merge
from lstm_spec.run.report import VERDICTS, Footer, Record, Report, read
from reports import FOOTER, report, write

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


def test_claims_that_are_tried_twice_are_told() -> None:
    complaint = refused(report(*GATES, TIME[0]), report(*TIME, *GATES))
    assert complaint == f"a and b both try gates, {TIME[0].claim}; give one report of each claim"
    assert "a and b both try time;" in refused(report(*TIME), report(*TIME))


def test_missing_claims_are_told_with_the_command_that_tries_them() -> None:
    records = [record for record in RECORDS if record not in GATES and record != TIME[0]]
    command = f"`lstm-spec check gates {TIME[0].claim}`"
    assert refused(report(*records), partial=False).endswith(command)


def test_claims_that_are_not_known_are_told() -> None:
    unknown = report(Record("a\nb", "held", 1.0))
    for shards in [(report(*GATES), unknown), (unknown, unknown)]:
        assert refused(*shards).endswith("tries what is no claim of this lstm-spec: a b")


@pytest.mark.parametrize("records", [GATES[1:], GATES + TIME[:1], GATES + GATES[:1]])
def test_report_with_other_records_than_its_header_says_is_refused(records: list[Record]) -> None:
    shard = structs.replace(report(*GATES), records=records)
    assert "has too many or too few records of" in refused(report(*TIME), shard)


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
        (["out", "a", "damaged"], 3, "damaged: line 1 is damaged"),
    ],
)
def test_what_cannot_be_joined_is_told(
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
