"""The matrix stands in two files that agree; the ledger is made, and searched, by it."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from msgspec import structs

from lstm_spec import catalog
from lstm_spec.releases import environments, ledger, matrix
from lstm_spec.releases.matrix import Entry
from lstm_spec.run import deviations, report
from lstm_spec.run.environment import Place
from lstm_spec.run.report import Report
from lstm_spec.run.text import UnreadableFileError
from reports import write

ROOT = Path(__file__).parent.parent
MATRIX = matrix.load()
ENTRY = Entry("tensorflow-2.16", "3.11", ("tensorflow==2.16.2",))


def test_documentation_counts_the_environments() -> None:
    text = (ROOT / "docs/releases.md").read_text(encoding="utf-8")
    assert f"the {len(MATRIX.environment)} environments of the" in text


def test_environment_is_found_by_its_name() -> None:
    entry = matrix.find("keras-3.9")
    assert entry.request.requirements[0].startswith("keras==3.9")
    with pytest.raises(matrix.UnknownEnvironmentError, match=r"did you mean keras-3\.9"):
        matrix.find("keras-3,9")


def test_matrix_has_every_minor_release() -> None:
    names = {entry.name for entry in MATRIX.environment}
    assert {f"tensorflow-2.{minor}" for minor in range(8, 22)} <= names
    assert {f"keras-3.{minor}" for minor in range(16)} <= names


def test_unknown_key_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "matrix.toml"
    file.write_text(matrix.FILE.read_text(encoding="utf-8").replace("python =", "snake =", 1))
    with pytest.raises(UnreadableFileError, match="snake"):
        matrix.load(file)


def test_name_that_stands_twice_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "matrix.toml"
    file.write_text(matrix.FILE.read_text(encoding="utf-8").replace("-2.8", "-2.9", 1))
    with pytest.raises(
        UnreadableFileError, match=r"more than one environment called tensorflow-2\.9"
    ):
        matrix.load(file)


def finished(
    effort: str = "default", version: str = "2.16.2", claims: list[str] | None = None
) -> Report:
    """Return a report of claims, all by default, as if an environment had been tried."""
    claims = claims or [claim.id for claim in catalog.claims()]
    packages = {"tensorflow": version}
    environment = report.Environment("3.11.7", "", "", 1, "tensorflow", "cpu", packages)
    code = {claim.id: claim.code for claim in catalog.claims() if claim.id in claims}
    head = report.Header(report.SCHEMA, "0", "", effort, None, 1, environment, claims, code)
    instead = {
        deviation.claim: deviation.instead for deviation in deviations.at(Place(packages, "3.11.7"))
    }
    records = [
        report.Record(
            claim,
            "deviates" if claim in instead else "held",
            0.1,
            message=instead.get(claim, ""),
            script="1",
        )
        for claim in claims
    ]
    return Report(head, records, report.Footer("", 1.0, {"held": 1}))


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Return where a ledger may be made."""
    return tmp_path / "ledger"


def keep(book: Path, complete: Report) -> None:
    """Put a report of the environment into a ledger."""
    ledger.put(book, ENTRY.name, matrix.lines(complete))


def kept(book: Path) -> Report:
    """Return the report of the environment in a ledger."""
    return report.parse(book, ledger.texts(book)[ENTRY.name])


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Replace the check by one that writes a report at once; return the words it was given."""
    given: list[list[str]] = []

    def check(request: object, words: list[str], output: object) -> int:
        given.append(words)
        named = [word for word in words if not word.startswith("--")]
        effort = next(word for word in words if word.startswith("--effort="))
        file = Path(words[-1].partition("=")[2])
        write(file, finished(effort.partition("=")[2], claims=named))
        return 0

    monkeypatch.setattr(environments, "check", check)
    return given


def test_report_is_made_once(
    checks: list[list[str]], book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["tensorflow-2.16", "--ledger", str(book)]
    assert ENTRY.name == words[0]
    assert [matrix._tell(ENTRY, book, 1) for _ in range(2)] == [True, True]
    assert len(checks) == 1
    first, again = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"tensorflow-2\.16: (\d+ (held|deviates)(, )?){2}", first)
    assert again == "tensorflow-2.16: has its report"


def test_same_report_is_packed_into_the_same_bytes(checks: list[list[str]], book: Path) -> None:
    packed = []
    for _ in range(2):
        matrix.make(ENTRY, book, 1)
        packed.append(book.read_bytes())
        book.unlink()
    assert packed[0] == packed[1]


def test_ledger_keeps_no_programs(checks: list[list[str]], book: Path) -> None:
    matrix.make(ENTRY, book, 1)
    assert {record.script for record in kept(book).records} == {""}
    assert kept(book).footer.verdicts == {"held": 1}


def test_report_of_something_else_is_made_again(book: Path) -> None:
    keep(book, finished(version="2.16.1"))
    assert matrix.missing(ENTRY, book)


@pytest.mark.parametrize(
    ("tried", "wanted", "missing"),
    [
        ("smoke", "smoke", False),
        ("smoke", "1", False),
        ("smoke", "2", True),  # smoke tries claims that train for a second on fewer
        ("smoke", "5", True),
        ("5", "smoke", False),
        ("default", "2", False),
        ("default", "10", True),  # default tries some claims on fewer
        ("20", "default", False),
        ("50", "default", False),
        ("deep", "default", False),
    ],
)
def test_report_of_less_effort_is_made_again(
    book: Path, tried: str, wanted: str, missing: bool
) -> None:
    keep(book, finished(tried))
    assert matrix.missing(structs.replace(ENTRY, effort=wanted), book) is missing


def test_new_claims_are_tried_as_hard_as_the_others(checks: list[list[str]], book: Path) -> None:
    keep(book, finished("20", claims=[claim.id for claim in catalog.claims() if claim.id != HELD]))
    matrix.make(ENTRY, book, 1)
    assert checks[0][:2] == [HELD, "--effort=20"]
    assert kept(book).untried == []


@pytest.mark.parametrize("effort", ["0", "-1", "5.0", "hard", "05"])
def test_unknown_effort_is_an_error(tmp_path: Path, effort: str) -> None:
    file = tmp_path / "matrix.toml"
    text = matrix.FILE.read_text(encoding="utf-8")
    file.write_text(text.replace("{ name", f'{{ effort = "{effort}", name', 1))
    with pytest.raises(UnreadableFileError, match="effort"):
        matrix.load(file)


def edit(book: Path, claim: str, **facts: str) -> None:
    """Change a record of the report in a ledger."""
    was = kept(book)
    records = [
        structs.replace(record, **facts) if record.claim == claim else record
        for record in was.records
    ]
    keep(book, structs.replace(was, records=records))


def edit_environment(book: Path, **facts: object) -> None:
    """Change where the report in a ledger was made."""
    was = kept(book)
    environment = structs.replace(was.header.environment, **facts)
    keep(book, structs.replace(was, header=structs.replace(was.header, environment=environment)))


HELD = "time.order"
DEVIATES = deviations.at(Place({"tensorflow": "2.16.2"}, "3.11.7"))[0].claim


@pytest.mark.parametrize(
    ("claim", "facts"),
    [
        (HELD, {"verdict": "refuted"}),
        (HELD, {"verdict": "deviates"}),
        (DEVIATES, {"verdict": "held"}),
        (DEVIATES, {"message": "what was written of it before"}),
    ],
)
def test_verdict_that_deviations_do_not_explain_is_tried_again(
    checks: list[list[str]], book: Path, claim: str, facts: dict[str, str]
) -> None:
    keep(book, finished())
    assert not matrix.missing(ENTRY, book)
    edit(book, claim, **facts)
    assert matrix._untried(matrix._kept(ENTRY, book)) == [claim]


def test_claim_that_only_some_processors_refute_may_hold() -> None:
    entry = next(entry for entry in deviations.load() if entry.processor)
    held = report.Record(entry.claim, "held", 0.1)
    assert matrix._stands(held, entry)
    assert not matrix._stands(held, structs.replace(entry, processor=False))


def test_only_claims_that_were_edited_are_tried_again(
    checks: list[list[str]], book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(book, finished())
    edited = [
        dataclasses.replace(claim, code="other" if claim.id == HELD else claim.code)
        for claim in catalog.claims()
    ]
    monkeypatch.setattr(catalog, "claims", lambda: edited)
    assert matrix._tell(ENTRY, book, 1)
    assert checks[0][0] == HELD
    assert not matrix.missing(ENTRY, book)


def test_new_claims_are_tried_on_whatever_machine_there_is(
    checks: list[list[str]], book: Path
) -> None:
    keep(book, finished(claims=[claim.id for claim in catalog.claims() if claim.id != HELD]))
    edit_environment(book, processor="another")
    matrix.make(ENTRY, book, 1)
    assert checks[0][0] == HELD
    assert kept(book).untried == []
    assert kept(book).header.environment.processor == "another, "


def test_report_of_other_packages_is_made_anew(checks: list[list[str]], book: Path) -> None:
    keep(book, finished())
    edit(book, HELD, verdict="refuted")
    packages = kept(book).header.environment.packages
    edit_environment(book, packages={**packages, "numpy": "1.26.3"})
    matrix.make(ENTRY, book, 1)
    assert [words[0] for words in checks] == [HELD, "--effort=default"]
    assert not matrix.missing(ENTRY, book)


def test_broken_environment_is_told_and_does_not_stop_the_others(
    checks: list[list[str]],
    book: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    check = environments.check

    def broken(request: object, words: list[str], output: object) -> int:
        if "tensorflow==2.8.4" in request.requirements:
            raise environments.UnmadeError("no such Python")
        return check(request, words, output)

    monkeypatch.setattr(environments, "check", broken)
    assert matrix.main(["tensorflow-2.8", "tensorflow-2.16", "--ledger", str(book)]) == 1
    printed = capsys.readouterr().out
    assert "tensorflow-2.8: has no report: no such Python" in printed
    assert re.search(r"^tensorflow-2.16: .*\d+ held", printed, re.MULTILINE)


def test_unknown_environment_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        matrix.main(["tensorflow-1.0"])
    assert stop.value.code == 2
    assert "no environment is called tensorflow-1.0; they are tensorflow-2.8" in (
        capsys.readouterr().err
    )
