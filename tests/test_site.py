"""The site's pages tell what is recorded, and take none of it for markup."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from lstm_spec import catalog
from lstm_spec.answers import issues
from lstm_spec.run.report import VERDICTS, Record, Report
from reports import MARKUP, report
from tools.site import (
    claim,
    front,
    lists,
    markup,
    measured,
    pages,
    questions,
    records,
    strip,
    teeth,
)
from tools.site.chart import draw

KNOWN = records.gather()
hostile = st.lists(st.sampled_from(MARKUP) | st.text(max_size=5), max_size=6).map("".join)


@cache
def site() -> dict[str, str]:
    """Return the text of every page, by its name."""
    return dict(pages.pages(KNOWN))


def answer() -> str:
    return site()["claims/time.every-step.md"]


def shown(given: str) -> str:
    """Return what a reader sees of a text: one line, without what is not printable."""
    line = " ".join(given.split())
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)


def page_with(reports: dict[str, Report]) -> str:
    """Return a claim's page, made with other reports."""
    every_step = KNOWN.claims["time.every-step"]
    return "\n".join(claim.page(every_step, KNOWN.chapters[4], replace(KNOWN, reports=reports)))


@given(hostile)
def test_text_is_shown_as_it_is(given: str) -> None:
    page = MarkdownIt().render(f"x{markup.text(given)}")
    assert page == f"<p>x{html.escape(shown(given), quote=False).replace(chr(34), '&quot;')}</p>\n"


@example("`\n")
@given(hostile)
def test_code_stays_code(given: str) -> None:
    page = MarkdownIt().render(f"x{markup.code('y' + given)}")
    assert re.fullmatch(r"<p>x<code>[^<]*</code></p>\n", page)


@given(hostile)
def test_block_does_not_end_early(given: str) -> None:
    page = MarkdownIt().render(markup.block("text", given))
    assert re.fullmatch(r'<pre><code class="language-text">[^<]*</code></pre>\n', page)


@pytest.mark.parametrize(
    ("given", "markdown"),
    [
        ("f**T of `mask` is [x](y)", r"f\*\*T of `mask` is \[x\]\(y\)"),
        ("see time.every-step.", r"see [`time.every-step`](/claims/time.every-step.md)\."),
        ("`time.every-step`", "[`time.every-step`](/claims/time.every-step.md)"),
        ("`x[0]` `y`, np.eye", r"`x[0]` `y`\, np\.eye"),
        ("at https://example.org/a_b.", r"at <https://example.org/a_b>\."),
        ("{ref}`x` <b>", r"\{ref\}`x` \<b\>"),
    ],
)
def test_prose_keeps_code_addresses_and_ids(given: str, markdown: str) -> None:
    assert markup.prose(given) == markdown


def test_every_claim_has_a_page_and_every_retired_one() -> None:
    names = {Path(name).stem for name in site() if name.startswith("claims/")}
    assert names == {known_claim.id for known_claim in catalog.claims()} | catalog.retired().keys()


def test_chapter_tells_its_claims_in_order() -> None:
    page = site()["chapters/time.md"]
    claims = catalog.select(["time"])
    for parts in (
        [claim.line(known_claim, KNOWN) for known_claim in claims],
        [markup.prose(known_claim.why.split("\n\n")[-1]) for known_claim in claims],
        [markup.block("pycon", known_claim.example) for known_claim in claims],
    ):
        places = [page.index(part) for part in parts]
        assert places == sorted(places)


def test_chapter_is_introduced_and_parted_by_headings() -> None:
    for chapter in KNOWN.chapters:
        page = site()[f"chapters/{chapter.name}.md"]
        introduction = page.partition("\n## ")[0]
        assert len(introduction.split()) > 100
        titles = re.findall("^## (.+)$", page, re.MULTILINE)
        assert titles == [markup.prose(heading) for heading in chapter.sections]
        assert len(titles) >= 3
        assert chapter.claims == catalog.select([chapter.name])


def test_what_an_introduction_indents_is_shown_as_it_is() -> None:
    block = "```text\nz = x @ W + h @ R + b     cut into four blocks, for i, f, g and o\n"
    assert block in site()["chapters/gates.md"]
    assert "[`docs/masks.md`](/masks.md)" in site()["chapters/models.md"]


def test_chapter_folds_its_examples_and_shows_its_figures() -> None:
    for chapter in KNOWN.chapters:
        page = site()[f"chapters/{chapter.name}.md"]
        assert page.count("<details>") == page.count("</details>") == len(chapter.claims)
        assert page.count("<svg") == sum(
            known_claim.id in KNOWN.figures for known_claim in chapter.claims
        )


def test_chapter_marks_what_is_only_observed() -> None:
    for chapter in KNOWN.chapters:
        observed = [
            known_claim for known_claim in chapter.claims if known_claim.basis == "observed"
        ]
        assert site()[f"chapters/{chapter.name}.md"].count(" *Observed.*\n") == len(observed)


def test_introduction_emphasizes_words() -> None:
    assert "\n\\*" not in site()["chapters/speed.md"]
    assert "*Compiled* means" in site()["chapters/speed.md"]


def test_every_belief_has_a_label_and_a_link_to_it() -> None:
    labels = re.findall(r"^\* - \(belief-(.+)\)=$", site()["beliefs.md"], re.MULTILINE)
    assert labels == [
        known_claim.id for known_claim in KNOWN.claims.values() if known_claim.corrects
    ]
    assert all(f"(#belief-{label})" in site()["beliefs.md"] for label in labels)


def test_pages_about_the_project_stand_apart() -> None:
    _, _, below = site()["index.md"].partition("## How it is made\n")
    linked, _, menu = below.partition(":caption: Look up\n")
    assert all(f"](/{name}.md)" in linked for name in measured.PAGES)
    assert not set(menu.split()) & set(measured.PAGES)


def test_start_page_shows_what_units_read() -> None:
    assert "{image} explain.svg" in site()["index.md"]


def test_comparison_opens_on_the_two_newest_keras() -> None:
    page = site()["compare.md"]
    recorded = json.loads(page.partition('id="recorded">')[2].partition("</script>")[0])
    keras = [name for name in recorded["names"] if name.startswith("keras-")]
    assert recorded["opened"] == keras[-2:] == ["keras-3.14", "keras-3.15"]


def test_front_page_answers_the_question_it_began_with() -> None:
    asked = next(question for question in KNOWN.questions if question.id == front.FOUNDING)
    assert markup.prose(asked.title) in site()["index.md"]
    assert markup.claim("time.every-step", "")[2:] in site()["index.md"]


def test_claim_stands_under_its_id() -> None:
    assert f"\n(time.every-step)=\n# {KNOWN.claims['time.every-step'].statement[:-1]}" in (
        answer().replace("\\", "")
    )


def test_claim_tells_its_questions_and_what_it_refutes() -> None:
    assert "(#question-fewer-units-than-inputs)" in answer()
    assert "- ignores timesteps beyond its units (`tests/teeth/time.py#L" in answer()


def test_claim_tells_the_sentences_it_is_about() -> None:
    named = [name for entry in KNOWN.entries for name in (*entry.confirmed, *entry.refuted)]
    lines = [re.findall("^- (?:Confirms|Refutes) ", page, re.MULTILINE) for page in site().values()]
    assert sum(map(len, lines)) == len(named)


def test_claim_tells_its_figure() -> None:
    figure = KNOWN.figures["time.every-step"]
    assert draw(figure) in answer()
    assert markup.prose(figure.caption.text) in answer()
    assert "<svg" not in site()["claims/time.prefix.md"]


def test_claim_without_reports_has_no_table() -> None:
    assert "## Releases" not in page_with({})


def test_strip_can_be_read_without_its_colours() -> None:
    verdicts = {"keras-3.8": "held", "keras-3.9": "not applicable", "with-x": "crashed"}
    words = re.sub("<[^>]*>", " ", strip.draw(verdicts)).split()
    cells = "Keras 3.8 H 3.9 - With x C"
    legend = "H held in 1, C crashed in 1, - not applicable in 1"
    assert words == f"{cells} {legend}".split()


def test_strip_has_a_letter_for_every_verdict_and_another_for_each() -> None:
    assert sorted(strip.LETTERS) == sorted(VERDICTS)
    assert len(set(strip.LETTERS.values())) == len(VERDICTS)


@given(hostile)
def test_name_of_an_environment_is_no_markup(given: str) -> None:
    drawing = strip.draw({given: "held"})
    tag = r'</?(?:div class="strip"|div|p|ul|li)>'
    assert not re.search("[<>]", re.sub(tag, "", drawing))


def test_every_claim_that_was_tried_has_its_strip() -> None:
    without = [
        name
        for name in KNOWN.claims
        if (site()[f"claims/{name}.md"].count('<div class="strip">') != (name in KNOWN.tried))
    ]
    assert without == []


def test_claim_that_is_false_begins_with_what_happens_and_what_to_do() -> None:
    for name, known in KNOWN.deviating.items():
        page = site()[f"claims/{name}.md"]
        fault = issues.of(name)
        assert fault is not None
        first = page.index("**Instead:** " + markup.prose(known.instead))
        remedy = page.index("**What to do:** " + markup.prose(fault.workaround))
        statement = page.index("* " + markup.prose(KNOWN.claims[name].statement))
        assert page.index("{container} place") < first < remedy < statement < page.index(">>> "), (
            name
        )


def test_claim_tells_what_the_releases_do() -> None:
    seen = Record("time.every-step", "refuted", 0.1, 7, message="<b>|`{ref}`\nno")
    held = Record("time.every-step", "held", 0.1)
    page = page_with(
        {"keras-3.8": report(held), "keras-3.9": report(seen), "keras-3.10": report(seen)}
    )
    assert "* - held\n  - Keras 3\\.8\n" in page
    row = "* - refuted\n  - Keras 3\\.9 to 3\\.10\n  - \\<b\\>\\|\\`\\{ref\\}\\` no\n"
    assert row in page


def test_history_links_to_claims() -> None:
    then, now = (Record("time.every-step", verdict, 0.1) for verdict in ("held", "refuted"))
    known = replace(KNOWN, reports={"keras-3.8": report(then), "keras-3.9": report(now)})
    assert (
        "[`time.every-step`](/claims/time.every-step.md): held, now"
        in lists.pages(known)["releases"]
    )


def test_what_was_measured_links_to_claims_and_chapters() -> None:
    assert "| [`speed.batch`](/claims/speed.batch.md) | 10 to 100 |" in site()["spreads.md"]
    assert "chapter [speed](/chapters/speed.md)" in site()["spreads.md"]
    words = " ".join(site()["slowdowns.md"].split())
    assert "record is `tools/studies/slowdowns/seen.jsonl`" in words


def test_without_the_source_tree_nothing_was_measured(tmp_path: Path) -> None:
    assert measured.pages(tmp_path) == {}


def test_two_releases_are_compared_with_what_was_seen_in_each() -> None:
    held, refuted = (Record("time.every-step", verdict, 0.1) for verdict in ("held", "refuted"))
    other = Record("</script>", "crashed", 0.1, message="<b>")
    known = replace(KNOWN, reports={"a": report(held), "b": report(refuted, other)})
    page = lists.pages(known)["compare"]
    recorded = json.loads(page.partition('id="recorded">')[2].partition("</script>")[0])
    met = {None: None, **dict(enumerate(recorded["met"]))}
    seen = {claim: [met[k] for k in places] for claim, _, places in recorded["rows"]}
    assert seen["time.every-step"] == [["held", ""], ["refuted", ""]]
    assert seen["</script>"] == [None, ["crashed", "<b>"]]
    assert seen["time.order"] == [None, None]


@pytest.mark.parametrize("names", [[], ["a"]])
def test_without_two_reports_nothing_is_compared(names: list[str]) -> None:
    known = replace(KNOWN, reports={name: report() for name in names})
    look_up = lists.pages(known)
    assert "compare" in lists.pages(KNOWN)
    assert "compare" not in look_up
    assert "compare" not in front.page(known, list(look_up))


def test_every_question_stands_under_a_label() -> None:
    for question in KNOWN.questions:
        assert (
            f"\n(question-{question.id})=\n# {markup.prose(question.title, links=False)}\n"
            in (site()[f"questions/{question.id}.md"])
        )
        assert f"(/questions/{question.id}.md)" in site()["questions.md"]


def test_question_is_answered_before_all_else() -> None:
    asked = next(question for question in KNOWN.questions if question.id == front.FOUNDING)
    page = site()[f"questions/{asked.id}.md"]
    parts = [markup.prose(asked.answer), ">>> ", "(/claims/shapes.width.md)", "## Near questions"]
    places = [page.index(part) for part in parts]
    assert places == sorted(places)


def test_question_tells_where_each_of_its_claims_is_false() -> None:
    false = [
        (question, known)
        for question in KNOWN.questions
        for name in question.claims
        for known in KNOWN.deviations
        if known.claim == name and not known.holds
    ]
    missing = [
        question.id
        for question, known in false
        if markup.prose(known.instead) not in site()[f"questions/{question.id}.md"]
    ]
    assert false
    assert missing == []


def test_near_questions_are_about_the_same() -> None:
    asked = {question.id: question for question in KNOWN.questions}
    near = [question.id for question in KNOWN.near(asked["meaning-of-units"])[: questions.NEAR]]
    assert "what-units-configure" in near
    assert "meaning-of-units" not in near


def test_every_belief_and_sentence_has_a_row() -> None:
    corrected = [known_claim for known_claim in catalog.claims() if known_claim.corrects]
    assert site()["beliefs.md"].count("\n* - ") == len(corrected) + len(KNOWN.chapters)
    tables = site()["documentation.md"].count("{list-table}")
    assert site()["documentation.md"].count("\n* - ") == len(KNOWN.entries) + tables


def test_every_deviation_is_told_with_its_program() -> None:
    summaries = html.unescape(re.sub("</?code>", "`", site()["deviations.md"]))
    for deviation in KNOWN.deviations:
        folded = f"<summary>{deviation.instead} <small>" in summaries
        assert folded or markup.prose(deviation.instead) in site()["deviations.md"]
        issue = issues.of(deviation.claim)
        if issue and not issue.only:
            assert issue.script.strip() in site()["deviations.md"]


def test_page_of_a_claim_that_is_false_leads_to_its_program() -> None:
    for name in KNOWN.deviating:
        assert f"\n(deviation-{name})=\n" in site()["deviations.md"]
        assert f"(#deviation-{name})" in site()[f"claims/{name}.md"]


NOT_ON = r"Not on Keras 3\\\.15\\\.1( with TensorFlow 2\\\.21\\\.0)?"
"""How it is said, in Markdown, that the newest release breaks a claim."""


def test_what_the_newest_release_breaks_is_marked_beside_other_claims_too() -> None:
    order = list(KNOWN.claims)
    for name in KNOWN.deviating:
        before = order[order.index(name) - 1]
        next_ = site()[f"claims/{before}.md"].partition("\nNext: ")[2]
        assert re.match(rf"\*{NOT_ON}:\* ", next_), name


def test_wrong_lstms_are_read_without_being_imported(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('import no\n@refuted_by("a.b", "a.c")\ndef is_wrong(): ...\n')
    wrong = teeth.Wrong("is wrong", "tests/teeth/a.py#L3")
    assert teeth.wrong(tmp_path) == {"a.b": [wrong], "a.c": [wrong]}
    assert teeth.wrong(tmp_path / "none") == {}


def test_every_example_is_shown_whole() -> None:
    for known_claim in catalog.claims():
        assert known_claim.example.rstrip() in site()[f"claims/{known_claim.id}.md"]


def test_only_what_the_newest_release_breaks_is_marked_in_lists() -> None:
    broken, old = (
        KNOWN.claims[next(iter(known))]
        for known in (KNOWN.deviating, KNOWN.elsewhere.keys() - KNOWN.deviating.keys())
    )
    assert claim.line(old, KNOWN).startswith("[")
    assert claim.line(broken, KNOWN).startswith("*Not on Keras 3\\.15\\.1:* ")


def test_no_page_of_a_claim_is_called_what_is_false() -> None:
    for name in KNOWN.deviating:
        title = site()[f"claims/{name}.md"].partition(")=\n# ")[2].partition("\n")[0]
        assert re.match(rf"{NOT_ON}\\: ", title), name
        assert markup.prose(KNOWN.claims[name].statement, links=False) not in title, name


def test_claim_that_no_gpu_has_tried_says_so_in_its_title_and_in_lists() -> None:
    requirements = KNOWN.claims["modes.cudnn-requirements"]
    assert "\n# No GPU has tried it\\; observed on a CPU" in site()[f"claims/{requirements.id}.md"]
    assert claim.line(requirements, KNOWN).startswith("*No GPU has tried it\\; observed on a CPU")
