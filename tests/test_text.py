"""Text fits a terminal, and says what it said."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from lstm_spec import catalog
from lstm_spec.answers import cite
from lstm_spec.answers.standing import asked
from lstm_spec.run.text import fitted

WORDS = st.lists(
    st.sampled_from(["a", "layer's", "`mask`", "-", "*", "4", "1.", "#", ">", "(U)", "x" * 30]),
    min_size=1,
    max_size=30,
)
LEADS = st.sampled_from(["", "- ", "1. ", "> ", "  ", "input    (batch, 3)  "])


def shown(markdown: str) -> str:
    """Return Markdown as HTML, in which the ends of lines count as blanks."""
    return re.sub(r"\s+", " ", MarkdownIt("commonmark").render(markdown))


@given(LEADS, WORDS, st.integers(24, 80))
def test_no_line_is_too_long_and_no_word_is_cut(lead: str, words: list[str], width: int) -> None:
    line = lead + " ".join(["so", *words])
    lines = fitted(line, width).split("\n")
    assert " ".join(lines).replace(">", "").split() == line.replace(">", "").split()
    assert all(len(part) <= width or "x" * 30 in part or part[-1] in "-*#>.4" for part in lines)


@given(st.sampled_from(["", "- ", "1. ", "> "]), WORDS, st.integers(24, 80))
def test_markdown_shows_the_same(lead: str, words: list[str], width: int) -> None:
    line = lead + " ".join(["so", *words])
    assert shown(fitted(line, width)) == shown(line)


@pytest.mark.parametrize("width", [40, 60, 100])
def test_citations_show_the_same_and_their_code_stays(width: int) -> None:
    place, _ = asked("", "")
    for claim in catalog.claims()[::40]:
        text = cite.markdown(cite.citation(claim, [], place))
        assert shown(fitted(text, width)) == shown(text)


def test_what_fits_stays_as_it_is() -> None:
    text = "a\n\n    code that is long, long, long\n\n| a | table that is long |\n"
    assert fitted(text, 12) == text
