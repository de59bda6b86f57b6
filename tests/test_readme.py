"""What the README shows is true."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest

from lstm_spec import catalog, cli
from lstm_spec.answers.questions import questions
from lstm_spec.run import deviations

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_example_in_the_documents_prints_what_it_shows() -> None:
    for file in (ROOT / "README.md", ROOT / "spec/README.md", ROOT / "CHANGELOG.md"):
        failed, _ = doctest.testfile(str(file), module_relative=False, encoding="utf-8")
        assert failed == 0, file


def test_readme_answers_with_a_claim_word_for_word() -> None:
    claim = {claim.id: claim for claim in catalog.claims()}["time.every-step"]
    assert claim.id in README
    assert claim.statement in README
    assert claim.example in README


def test_readme_shows_what_is_printed_and_drawn(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    block = r"```console\n\$ lstm-spec ([^\n]+)\n```\n\n````(?:markdown|text)\n(.*?)````"
    shown = re.findall(block, README, re.DOTALL)
    assert [words.split()[0] for words, _ in shown] == ["cite", "answer", "explain"]
    monkeypatch.chdir(tmp_path)
    Path("docs").mkdir()
    for words, output in shown:
        assert cli.main(shlex.split(words)) == 0
        assert capsys.readouterr().out == output
    picture = Path("docs/explain.svg").read_text(encoding="utf-8")
    assert picture == (ROOT / "docs/explain.svg").read_text(encoding="utf-8")


def test_readme_quotes_what_comparisons_of_releases_say(capsys: pytest.CaptureFixture[str]) -> None:
    compared = re.findall(
        r"```console\n\$ lstm-spec (compare [\w.-]+-[\d.]+ [\w.-]+-[\d.]+ --format markdown)\n```\n"
        r"(.*?)(?=\n```|\n#)",
        README,
        re.DOTALL,
    )
    assert len(compared) == 2
    for words, shown in compared:
        cli.main(shlex.split(words))
        printed = capsys.readouterr().out.splitlines()
        quoted = re.findall(r"^(?:> )?((?<=> ).+|\|.+)$", shown, re.MULTILINE)
        assert len(quoted) > 5
        assert set(quoted) <= set(printed)


def test_readme_counts_the_questions_as_they_are() -> None:
    hundreds = re.search(r"more than (\d+) questions", README).group(1)
    assert int(hundreds) <= sum(bool(question.claims) for question in questions())


def test_readme_counts_the_claims_as_they_are() -> None:
    counts = re.findall(r"^(\w+) +(\d+) ", README, re.MULTILINE)
    shown = {name: int(count) for name, count in counts if name in (*catalog.chapters(), "all")}
    true = {name: len(catalog.select([name])) for name in catalog.chapters()}
    assert shown == {**true, "all": len(catalog.claims())}


def test_changelog_begins_with_the_version_of_the_package() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    version = re.search(r'^version = "(.+)"$', pyproject, re.MULTILINE).group(1)
    assert re.search(r"^## (\S+)", changelog, re.MULTILINE).group(1) == version


def test_changelog_counts_the_deviations_as_they_are() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    told = re.search(r"(\d+) claims are recorded as false [\w\s]+, (\d+) of them", changelog)
    assert int(told.group(1)) == len({one.claim for one in deviations.load()})
    assert int(told.group(2)) == len(deviations.current())
