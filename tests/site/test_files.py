"""The built files belong together, and need nothing else."""

from __future__ import annotations

import posixpath
import re
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from lstm_spec import catalog
from lstm_spec.answers.standing import BROKEN, standing
from tools.site.records import gather


class Parsed(HTMLParser):
    """The addresses that a page has, those it gives, and its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.ids.add(given.get("id") or "")
        loads = self.links if tag == "a" else self.loaded
        loads += [value for name in ("href", "src") if (value := given.get(name))]

    def handle_data(self, data: str) -> None:
        self.text += data


@cache
def parsed(path: Path) -> Parsed:
    return Parsed(path)


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def test_there_is_a_page_for_each_claim_at_its_address(site: Path) -> None:
    for claim in catalog.claims():
        assert claim.statement.replace("`", "") in parsed(site / f"claims/{claim.id}.html").text


def test_what_the_newest_keras_breaks_is_said_nowhere_without_that(site: Path) -> None:
    known = gather()
    broken = [known.claims[name].statement.replace("`", "") for name in known.deviating]
    unmarked = []
    for page in pages(site):
        text = " ".join(parsed(page).text.split())
        unmarked += [
            (page.name, statement)
            for statement in broken
            for before, after in pairwise(text.split(statement))
            if not before.endswith((f"{BROKEN} ", f'{BROKEN} "'))
            and not after.startswith(" (not on Keras")
        ]
    # The start page says of them that the nightly keeps what the newest release breaks.
    assert {name for name, _ in unmarked} <= {"index.html"}


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for page in pages(site):
        assert [
            address
            for address in parsed(page).loaded
            if urlsplit(address).scheme not in ("", "data")
        ] == []
    styles = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.css"))
    assert re.findall(r"@import|url\((?![\"']?data:)", styles) == []


def test_every_internal_link_resolves_wherever_the_site_lies(site: Path) -> None:
    for page in pages(site):
        links = parsed(page).links + parsed(page).loaded
        internal = [link for link in links if not urlsplit(link).scheme]
        assert [link for link in internal if not resolves(page, link)] == [], page


def resolves(page: Path, link: str) -> bool:
    path, fragment = (unquote(part) for part in (urlsplit(link).path, urlsplit(link).fragment))
    if path.startswith("/"):
        return False
    target = Path(posixpath.normpath(page.parent / path)) if path else page
    return target.is_file() and (not fragment or fragment in parsed(target).ids)


def test_other_projects_can_link_to_every_claim_and_question(site: Path) -> None:
    from sphinx.util.inventory import InventoryFile

    data = (site / "objects.inv").read_bytes()
    labels = InventoryFile.loads(data, uri="").data["std:label"]
    for claim in catalog.claims():
        assert labels[claim.id].uri.startswith(f"claims/{claim.id}.html#")
        first = standing(claim)
        name = f"{first.caution}: {first.sentence}" if first.caution else first.sentence
        assert labels[claim.id].display_name == name.replace("`", "")
    assert {f"question-{question.id}" for question in gather().questions} <= labels.keys()


def test_nothing_in_a_report_becomes_markup(hostile_site: Path) -> None:
    for name in ("claims/time.every-step.html", "releases.html"):
        page = parsed(hostile_site / name)
        assert "</td><script>alert(1)</script><img src=x onerror=alert(1)>" in page.text
        assert "img" not in page.tags
        assert "x" not in page.loaded
        assert "b" not in page.links


def test_folder_with_something_else_in_it_is_left_alone(site: Path, tmp_path: Path) -> None:
    from tools.site import __main__ as site_of

    (tmp_path / "thesis").touch()
    with pytest.raises(site_of.UnusableFolderError, match="name a new folder"):
        site_of.build(gather(), tmp_path)
    assert (tmp_path / "thesis").exists()
