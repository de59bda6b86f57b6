"""The ask field of every page answers as `lstm-spec answer` does, from disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lstm_spec.answers import answer
from lstm_spec.answers.answer import whole_library
from tools import ROOT
from tools.site.front import ANSWER, FOUNDING
from tools.site.records import gather

TITLES = ROOT / "tools/studies/titles"
REWORDINGS = ROOT / "tests/rewordings.toml"
PASTED = ROOT / "tests/pasted.toml"
OTHERS = (
    "",
    "time.every-step",
    "#44274",
    "keras#44274",
    "12345678",
    "how do I cook rice",
    "bidirectionl lstmm statefull",
    "Traceback (most recent call last):\n  File x\nValueError: Input 0 of layer lstm is "
    "incompatible with the layer: expected ndim=3, found ndim=2. Full shape received: (None, 5)",
    "\x1b[1mValueError\x1b[0m: If a RNN is stateful, it needs to know its batch size.",
)
OTHER_ANSWERS = {"time.fewer-or-more-units"}
"""The claims beside the first that say of themselves what becomes of each timestep."""
FOUNDING_WORDINGS = (
    "third timestep ignored",
    "LSTM(2) with three timesteps, what happens with the third",
    "fewer units than timesteps",
    "number of inputs greater than number of cells",
    "does each cell get one input vector",
    "more lstm cells than time steps",
    "are inputs dropped when there are fewer neurons than time steps",
    "can an LSTM of two units read three timesteps",
    "number of inputs less than number of lstm cells",
    "300 lstm cells but only 3 input vectors",
)


def titles() -> list[str]:
    lines = (
        line for path in TITLES.glob("*.jsonl") for line in path.read_text("utf-8").split("\n")
    )
    strangers = [json.loads(line)["title"] for line in lines if line]
    reworded = msgspec.toml.decode(REWORDINGS.read_bytes())["rewording"]
    pasted = msgspec.toml.decode(PASTED.read_bytes())["error"]
    return [
        *strangers,
        *(rewording["words"] for rewording in reworded),
        *(error["text"].replace("ESCAPE", "\x1b") for error in pasted),
        *OTHERS,
    ]


def opened(site: Path, page: Any, name: str = "index") -> Any:
    page.goto((site / f"{name}.html").as_uri())
    return page.get_by_label("Ask", exact=True)


def test_browser_finds_what_the_command_finds(site: Path, page: Any) -> None:
    opened(site, page)
    asked = titles()
    library = whole_library()
    assert len(asked) > 900
    answers = page.evaluate("asked => lstmReady().then(find => asked.map(find))", asked)
    expected = [answer.find(title, library) for title in asked]
    pairs = zip(asked, expected, answers, strict=True)
    assert [
        (title, [hit.id for hit in by_command.hits], by_browser["hits"])
        for title, by_command, by_browser in pairs
        if ([hit.id for hit in by_command.hits], by_command.sure)
        != (by_browser["hits"], by_browser["sure"])
    ] == []


@pytest.mark.parametrize("words", FOUNDING_WORDINGS)
def test_founding_question_is_answered_however_it_is_worded(
    site: Path, page: Any, words: str
) -> None:
    opened(site, page).fill(words)
    page.locator(f"[data-asked='{words}']").wait_for()
    links = page.locator(".answers a").evaluate_all("all => all.map(a => a.pathname)")
    asked = gather().asked
    about = {ANSWER, *OTHER_ANSWERS, *(question.id for question in asked[ANSWER])}
    assert any(Path(link).stem in about for link in links), links


@pytest.mark.parametrize("name", ["index", "claims/time.every-step", "questions", "404"])
def test_every_page_answers_by_keyboard_on_a_telephone(site: Path, page: Any, name: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    field = opened(site, page, name)
    assert field.is_visible()
    page.keyboard.press("/")
    page.keyboard.type("third timestep ignored")
    page.locator("[data-asked='third timestep ignored']").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/questions/{FOUNDING}.html")


def test_nothing_is_loaded_before_the_field_is_used(site: Path, page: Any) -> None:
    loaded: list[str] = []
    page.on("request", lambda asked: loaded.append(Path(asked.url).name))
    field = opened(site, page)
    assert not {"search.js", "ask-index.js", "ask-words.js"} & set(loaded)
    field.fill("masking")
    page.locator(".answers li").first.wait_for()
    assert {"search.js", "ask-index.js", "ask-words.js"} <= set(loaded)


def test_answer_is_shown_with_what_does_not_hold(site: Path, page: Any) -> None:
    opened(site, page).fill("How does Keras skip timesteps when masking?")
    shown = page.locator(".answers li").first
    shown.wait_for()
    assert "carried over a masked step" in shown.inner_text().replace("timestep", "step")
    assert "Does not hold everywhere: On Keras 3.0 to 3.13" in shown.inner_text()


def test_what_no_claim_answers_is_said_to_be_so(site: Path, page: Any) -> None:
    opened(site, page).fill("how do I cook rice")
    page.get_by_text("No claim answers this.").wait_for()


def test_escape_closes_the_answers(site: Path, page: Any) -> None:
    opened(site, page).fill("masking")
    page.locator(".answers li").first.wait_for()
    page.keyboard.press("Escape")
    assert not page.locator(".answers").is_visible()


def test_question_in_the_address_is_answered(site: Path, page: Any) -> None:
    page.goto(f"{(site / 'ask.html').as_uri()}?q=third+timestep+ignored")
    page.locator(".answers li").first.wait_for()
    assert page.get_by_label("Ask", exact=True).input_value() == "third timestep ignored"
