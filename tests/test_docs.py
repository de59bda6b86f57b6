"""What the pages show is true."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from lstm_spec import catalog, cli
from tools import ROOT, docs

README = (ROOT / "README.md").read_text(encoding="utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "spec/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]


def test_every_example_in_the_documents_prints_what_it_shows() -> None:
    for file in DOCUMENTS:
        failed, _ = doctest.testfile(str(file), module_relative=False, encoding="utf-8")
        assert failed == 0, file


@pytest.mark.parametrize("page", docs.PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_page_shows_what_its_commands_print(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    text = page.read_text(encoding="utf-8")
    assert docs.renewed(text) == text, "run `python -m tools.docs`"


def test_links_within_the_repository_lead_somewhere() -> None:
    broken = [
        (file.name, target)
        for file in DOCUMENTS
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", file.read_text(encoding="utf-8"))
        if "://" not in target and "/" in target and not (file.parent / target).exists()
    ]
    assert broken == []


def test_first_page_is_short() -> None:
    assert len(README.splitlines()) <= 130


def test_readme_answers_with_a_claim_word_for_word() -> None:
    claim = {claim.id: claim for claim in catalog.claims()}["time.every-step"]
    assert claim.id in README
    assert claim.statement in README
    assert claim.example in README


def test_picture_is_what_the_command_draws(tmp_path: Path) -> None:
    file = tmp_path / "explain.svg"
    assert cli.main(["explain", "LSTM(2)", "--input", "3,1", "--draw", str(file)]) == 0
    assert file.read_bytes() == (ROOT / "docs/explain.svg").read_bytes()


def test_changelog_begins_with_the_version_of_the_package() -> None:
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    version = re.search(r'^version = "(.+)"$', pyproject, re.MULTILINE).group(1)
    assert re.search(r"^## \[?([\d.]+)", CHANGELOG, re.MULTILINE).group(1) == version
