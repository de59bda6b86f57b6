"""The site works in a browser, from disk: search, copy buttons, keyboard, small and dark."""

from __future__ import annotations

import ast
import doctest
from pathlib import Path
from typing import Any

import pytest

from lstm_spec import catalog
from lstm_spec.releases import ledger
from tools.site import figures
from tools.site.figures import Figure

KINDS = (
    "index",
    "chapters/time",
    "claims/time.every-step",
    "claims/masking.attached-with-state",
    "claims/time.zero-padding",
    "claims/masking.carries-state",
    "questions",
    "questions/fewer-units-than-inputs",
    "beliefs",
    "documentation",
    "deviations",
    "scope",
    "masks",
    "arguments",
    "peers",
    "spreads",
    "slowdowns",
    "mutants",
    "tolerances",
    "our-cost",
    "ask",
    "404",
)
"""A page of each kind."""
EVERY = 20
"""Of the pages of claims and of questions one in so many is loaded."""
OF_REPORTS = ("releases", "compare", "matrix")
"""The kinds that are looked at with reports in them which mean harm."""
TELEPHONE = {"width": 360, "height": 740}
each_kind = pytest.mark.parametrize("kind", KINDS + OF_REPORTS)


@pytest.fixture
def address(kind: str, request: pytest.FixtureRequest) -> str:
    folder: Path = request.getfixturevalue("hostile_site" if kind in OF_REPORTS else "site")
    return (folder / f"{kind}.html").as_uri()


def test_pages_load_without_errors(site: Path, page: Any) -> None:
    some = sorted([*site.glob("claims/*.html"), *site.glob("questions/*.html")])[::EVERY]
    for path in [*site.glob("*.html"), *site.glob("chapters/*.html"), *some]:
        page.goto(path.as_uri())
        assert page.title()


@each_kind
def test_nothing_is_wider_than_a_telephone(address: str, page: Any) -> None:
    page.set_viewport_size(TELEPHONE)
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= TELEPHONE["width"]


@each_kind
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_no_serious_fault_for_people_with_disabilities(
    address: str, page: Any, scheme: str, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page.set_viewport_size({**TELEPHONE, "width": width})
    page.emulate_media(color_scheme=scheme)
    page.goto(address)
    violations = Axe().run(page, options={"preload": False}).response["violations"]
    serious = [
        violation for violation in violations if violation["impact"] in ("serious", "critical")
    ]
    assert [(violation["id"], violation["nodes"][0]["html"]) for violation in serious] == []


@pytest.mark.parametrize(("claim", "figure"), figures.load().items())
def test_figure_is_named_and_read_on_a_telephone(
    site: Path, page: Any, claim: str, figure: Figure
) -> None:
    page.set_viewport_size(TELEPHONE)
    page.goto((site / f"claims/{claim}.html").as_uri())
    words = page.get_by_role("img", name=figure.caption.title).locator("text")
    assert min(words.evaluate_all("all => all.map(a => a.getBoundingClientRect().height)")) > 11


def test_figure_takes_the_colours_of_the_page(site: Path, page: Any) -> None:
    page.goto((site / "claims/gates.counter.html").as_uri())
    words = page.locator(".chart text").first
    colours = set()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        colours.add(words.evaluate("words => getComputedStyle(words).fill"))
    assert len(colours) == 2


OUTSIDE = """drawings => drawings.flatMap(drawing => {
    const box = drawing.getBoundingClientRect();
    return [...drawing.querySelectorAll("text")].filter(text => {
        const at = text.getBoundingClientRect();
        return at.left < box.left || at.right > box.right;
    }).map(text => text.textContent);
})"""


@pytest.mark.parametrize("width", [360, 1280])
def test_every_word_of_a_drawing_lies_within_it(site: Path, page: Any, width: int) -> None:
    page.set_viewport_size({**TELEPHONE, "width": width})
    counts = {}
    for name in ("peers", *(f"chapters/{chapter}" for chapter in catalog.chapters())):
        page.goto((site / f"{name}.html").as_uri())
        drawings = page.locator(".chart svg")
        counts[name] = drawings.count()
        assert drawings.evaluate_all(OUTSIDE) == [], name
    assert counts.pop("peers") == 6
    assert sum(counts.values()) == len(figures.load())


BROKEN = """cells => cells.filter(cell => {
    const words = document.createRange();
    words.selectNodeContents(cell);
    const tops = [...words.getClientRects()].map(line => line.top);
    return new Set(tops).size > 2;
}).map(cell => cell.textContent)"""


@pytest.mark.parametrize("width", [360, 1280])
def test_name_of_a_release_is_not_broken_into_lines(site: Path, page: Any, width: int) -> None:
    page.set_viewport_size({**TELEPHONE, "width": width})
    page.goto((site / "claims/time.every-step.html").as_uri())
    assert page.locator(".strip li").count() == len(ledger.names())
    assert page.locator(".strip li").evaluate_all(BROKEN) == []


@pytest.mark.parametrize("name", ["time.every-step", "time.fewer-or-more-units", "weights.three"])
def test_copied_example_runs_and_prints_what_is_shown(
    site: Path, page: Any, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    page.goto((site / f"claims/{name}.html").as_uri())
    page.locator(".highlight-pycon").hover()
    page.locator(".highlight-pycon button.copybtn").click()
    cell = ast.Interactive(ast.parse(pasted(page)).body)
    exec(compile(cell, name, "single"), {})
    shown = doctest.DocTestParser().get_examples(catalog.find(name).example)
    assert capsys.readouterr().out == "".join(example.want for example in shown)


def pasted(page: Any) -> str:
    page.evaluate("document.body.append(document.createElement('textarea'))")
    page.locator("textarea").last.focus()
    page.keyboard.press("Control+V")
    text: str = page.locator("textarea").last.input_value()
    return text


def test_filter_leaves_the_rows_with_the_words(site: Path, page: Any) -> None:
    page.goto((site / "documentation.html").as_uri())
    rows = page.locator("tbody tr:visible")
    sections = page.locator("article h2:visible")
    everything = rows.count(), sections.count()
    field = page.get_by_label("Filter these tables")
    field.fill("CUDNN confirmed")
    assert 0 < rows.count() < everything[0]
    assert 0 < sections.count() < everything[1]
    assert all("cudnn" in text.lower() for text in rows.all_inner_texts())
    field.fill("")
    assert (rows.count(), sections.count()) == everything


def test_example_is_unfolded_by_keyboard(site: Path, page: Any) -> None:
    page.goto((site / "chapters/time.html").as_uri())
    folded = page.locator("details").first
    assert not folded.locator("pre").is_visible()
    folded.locator("summary").focus()
    page.keyboard.press("Enter")
    assert folded.locator("pre").is_visible()


def test_filter_unfolds_what_has_the_words(site: Path, page: Any) -> None:
    page.goto((site / "deviations.html").as_uri())
    rows = page.locator("details.group tbody tr:visible")
    assert rows.count() == 0
    field = page.get_by_label("Filter this page")
    field.fill("OpenVINO mask")
    assert rows.count() > 0
    assert all("openvino" in text.lower() for text in rows.all_inner_texts())
    assert not page.get_by_role("heading", name="Shapes").is_visible()
    field.fill("zebra")
    assert page.locator("article [role=status]").inner_text().startswith("0 of ")
    field.fill("")
    assert rows.count() == 0
    assert page.get_by_role("heading", name="Shapes").is_visible()


IN_SIGHT = """() => {
    const { top } = document.querySelector("details.entry[open]").getBoundingClientRect();
    return top >= 0 && top < 200;
}"""


def test_address_of_a_deviation_unfolds_it(site: Path, page: Any) -> None:
    page.goto((site / "claims/masking.encoder-decoder.html").as_uri())
    page.get_by_role("link", name="A program that shows it").click()
    unfolded = page.locator("details.entry[open]")
    unfolded.first.wait_for()  # the page may not have come yet
    assert unfolded.count() == 1
    assert unfolded.locator("summary").is_visible()
    assert "initial_state=states" in unfolded.locator("pre").first.inner_text()
    page.wait_for_function(IN_SIGHT)


def test_page_of_deviations_is_short_until_it_is_unfolded(site: Path, page: Any) -> None:
    page.set_viewport_size(TELEPHONE)
    page.goto((site / "deviations.html").as_uri())
    assert page.evaluate("document.documentElement.scrollHeight") < 12_000


def test_address_of_a_belief_leads_to_its_row(site: Path, page: Any) -> None:
    page.goto((site / "beliefs.html").as_uri())
    link = page.get_by_role("link", name="Link", exact=True).nth(20)
    text = link.locator("xpath=ancestor::td").inner_text()
    page.goto(f"{(site / 'beliefs.html').as_uri()}{link.get_attribute('href')}")
    assert page.locator("td:has(:target)").inner_text() == text


def test_two_releases_are_chosen_by_keyboard(hostile_site: Path, page: Any) -> None:
    page.goto((hostile_site / "compare.html").as_uri())
    rows = page.locator("#verdicts tbody tr")
    assert rows.count() == 2
    tab_to(page, "second")
    page.keyboard.press("ArrowUp")
    assert page.get_by_role("status").inner_text().startswith("0 of ")
    tab_to(page, "all")
    page.keyboard.press("Space")
    assert rows.count() == len(catalog.claims()) + 1


def test_two_releases_that_are_chosen_stand_in_the_address(hostile_site: Path, page: Any) -> None:
    page.goto((hostile_site / "compare.html").as_uri())
    page.get_by_label("First").select_option(index=1)
    page.reload()
    assert page.get_by_label("First").evaluate("field => field.selectedIndex") == 1


def tab_to(page: Any, name: str) -> None:
    focus = "document.activeElement"
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(f"{focus}.name || {focus}.id || {focus}.textContent") == name:
            return
    raise AssertionError(f"{name} is not reached")


@pytest.mark.parametrize("width", [360, 1280])
def test_navigation_is_reached_by_keyboard(site: Path, page: Any, width: int) -> None:
    page.set_viewport_size({**TELEPHONE, "width": width})
    page.goto((site / "index.html").as_uri())
    tab_to(page, "Time")
    page.keyboard.press("Enter")
    page.wait_for_url("**/chapters/time.html")


REACHABLE = "a[href], button, input, select, textarea, summary, [tabindex='0']"
LEFT_OUT = """all => all.filter(element => !element.dataset.reached
    && element.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true})
    && !element.disabled).map(element => element.outerHTML)"""


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize(
    "name", ["index", "chapters/time", "claims/time.every-step", "questions/empty-input", "compare"]
)
def test_keyboard_alone_reaches_everything(site: Path, page: Any, name: str, width: int) -> None:
    page.set_viewport_size({**TELEPHONE, "width": width})
    page.goto((site / f"{name}.html").as_uri())
    controls = page.locator(REACHABLE)
    for _ in range(controls.count()):
        page.keyboard.press("Tab")
        page.evaluate("document.activeElement.dataset.reached = true")
    assert controls.evaluate_all(LEFT_OUT) == []
