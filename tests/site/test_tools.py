"""What a reader handles: the picture, the matrix, citations, and a chapter on paper."""

from __future__ import annotations

import io
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from lstm_spec import catalog
from lstm_spec.answers import cite
from tools.site import matrix
from tools.site.records import gather

LARGEST_CLAIM = 60_000
LARGEST_SITE = 35_000_000


def test_every_timestep_acts_on_all_units_from_it_on(site: Path, page: Any) -> None:
    page.goto((site / "index.html").as_uri())
    page.get_by_role("slider", name="Units").fill("4")
    page.get_by_role("slider", name="Timesteps").fill("5")
    assert page.locator("#unrolled .unit").count() == 20
    page.locator("#unrolled .input").nth(2).focus()
    status = page.locator("#unrolled [role=status]").inner_text()
    assert status == "Timestep 3 acts on all 4 units at timesteps 3 to 5, and so on the output."
    assert page.locator("#unrolled .unit:not(.off)").count() == 12


def test_unit_depends_on_all_timesteps_up_to_its_own(site: Path, page: Any) -> None:
    page.goto((site / "index.html").as_uri())
    page.locator("#unrolled .unit").nth(3).focus()
    status = page.locator("#unrolled [role=status]").inner_text()
    assert status == "Unit 2 at timestep 2 depends on timesteps 1 to 2."
    assert page.locator("#unrolled .input:not(.off)").count() == 2


def test_matrix_is_chosen_from_and_stands_in_the_address(site: Path, page: Any) -> None:
    page.goto((site / "matrix.html").as_uri())
    rows = page.locator(".matrix tbody tr:visible")
    assert rows.count() == len(matrix.deviating(gather()))
    page.get_by_label("Chapter").select_option("masking")
    page.get_by_role("button", name="3.15", exact=True).click()
    assert rows.first.locator("td").first.inner_text() == "D"
    named = rows.all_inner_texts()
    assert all(text.startswith("masking.") for text in named)
    page.reload()
    assert rows.all_inner_texts() == named


@pytest.mark.parametrize("form", ["markdown", "text", "bibtex", "html", "json"])
def test_citation_is_copied_as_the_command_prints_it(site: Path, page: Any, form: str) -> None:
    claim = catalog.find("time.every-step")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto((site / f"claims/{claim.id}.html").as_uri())
    page.locator(f".cite button[data-format={form}]").click()
    page.locator(".cite [role=status]", has_text="copied").wait_for()
    page.evaluate("document.body.append(document.createElement('textarea'))")
    page.locator("textarea").last.focus()
    page.keyboard.press("Control+V")
    cited = cite.citation(claim, extent=gather().extent(claim.id))
    assert page.locator("textarea").last.input_value() == cite.FORMATS[form](cited)


@pytest.mark.parametrize("name", ["time", "gates"])
def test_chapter_is_printed_whole_in_black_on_white(site: Path, page: Any, name: str) -> None:
    from pypdf import PdfReader

    page.emulate_media(media="print", color_scheme="dark")
    page.goto((site / f"chapters/{name}.html").as_uri())
    for hidden in (".ask", ".sidebar-drawer", ".mobile-header"):
        assert not page.locator(hidden).first.is_visible()
    words = page.locator("article p").first
    assert words.evaluate("words => getComputedStyle(words).color") == "rgb(0, 0, 0)"
    sheets = PdfReader(io.BytesIO(page.pdf(format="A4"))).pages
    text = squeezed(" ".join(sheet.extract_text() for sheet in sheets))
    assert "Skiptocontent" not in text
    for claim in catalog.select([name]):
        assert squeezed(claim.statement) in text
        assert squeezed(claim.example.splitlines()[0]) in text


def test_deviations_are_printed_unfolded(site: Path, page: Any) -> None:
    from pypdf import PdfReader

    page.goto((site / "deviations.html").as_uri())
    sheets = PdfReader(io.BytesIO(page.pdf(format="A4"))).pages
    text = squeezed(" ".join(sheet.extract_text() for sheet in sheets))
    for known in gather().deviations:
        assert squeezed(known.instead) in text
    assert squeezed("It prints, or ends with:") in text


def squeezed(text: str) -> str:
    """Return a text without what paper changes: ligatures, spaces, marks for code."""
    return "".join(unicodedata.normalize("NFKC", text).replace("`", "").split())


def test_pages_are_small_and_are_painted_without_a_script(site: Path, browser: Any) -> None:
    large = [
        path.name for path in site.glob("claims/*.html") if path.stat().st_size > LARGEST_CLAIM
    ]
    assert large == []
    assert sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) < LARGEST_SITE
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "claims/time.every-step.html").as_uri())
    assert page.get_by_role("heading", level=1).is_visible()
    assert page.locator(".highlight-pycon").first.is_visible()
    context.close()
