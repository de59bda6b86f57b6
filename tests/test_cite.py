"""A claim is cited as it is, in every format, and nothing in it is taken for markup."""

from __future__ import annotations

import ast
import dataclasses
import doctest
import html.parser
import re
from functools import cache
from importlib import metadata

import msgspec
import pytest
from hypothesis import given
from hypothesis.strategies import booleans, lists

import reports
from lstm_spec import catalog, cli
from lstm_spec.answers import cite
from lstm_spec.answers.cite import spans
from lstm_spec.answers.standing import Standing, asked, elsewhere, release
from lstm_spec.answers.standing import extent as release_extent
from lstm_spec.harness import effort, subject
from lstm_spec.releases import ledger
from lstm_spec.run import deviations
from lstm_spec.run.environment import installed
from lstm_spec.run.examples import run_example
from lstm_spec.run.report import Record
from lstm_spec.run.text import prose

ALL = catalog.claims()
CLAIM = catalog.find("time.every-step")
each_format = pytest.mark.parametrize("form", cite.FORMATS)
FALSE = {deviation.claim for deviation in deviations.current()}
DEVIATING = [claim for claim in ALL if claim.id in FALSE]


@cache
def lines(file: str) -> list[str]:
    return (catalog.CLAIMS / file).read_text(encoding="utf-8").splitlines()


def source(claim: catalog.Claim) -> list[str]:
    """Return the source of a file from a claim on."""
    return lines(claim.file)[claim.line - 1 :]


def cited(name: str, **changes: object) -> cite.Citation:
    return msgspec.structs.replace(cite.citation(catalog.find(name)), **changes)


def test_example_is_code_that_prints_what_stands_in_its_comments() -> None:
    for claim in ALL:
        code = cite.code(claim.example)
        parts = doctest.DocTestParser().get_examples(claim.example)
        shown = [f"# {line}".rstrip() for part in parts for line in part.want.splitlines()]
        assert [line for line in code.splitlines() if line in shown] == shown, claim.id
        printed = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
        prints = [node for node in printed if ast.unparse(node.func) == "print"]
        assert len(prints) >= sum(bool(part.want) for part in parts), claim.id


@pytest.mark.parametrize(
    ("example", "code"),
    [
        (">>> 1 + 1  # two\n2\n", "print(1 + 1)  # two\n# 2"),
        (">>> 1, 2\n(1, 2)\n", "print((1, 2))\n# (1, 2)"),
        (">>> (1, 2)\n(1, 2)\n", "print((1, 2))\n# (1, 2)"),
        (">>> 'a'\n'a'\n", "print(repr('a'))\n# 'a'"),
        (">>> print(1)\n1\n", "print(1)\n# 1"),
        (">>> x = 1\n>>> max(\n...     x, 2\n... )\n2\n", "x = 1\nprint(max(\n    x, 2\n))\n# 2"),
        (">>> for i in [1]:\n...     i\n1\n", "for i in [1]:\n    i\n# 1"),
    ],
)
def test_expression_is_printed(example: str, code: str) -> None:
    assert cite.code(example) == code


def test_no_example_shows_an_expression_within_a_block() -> None:
    for claim in ALL:
        for part in doctest.DocTestParser().get_examples(claim.example):
            statement = ast.parse(part.source).body[-1]
            prints = isinstance(statement, ast.Expr) or "print(" in part.source
            assert prints or not part.want, claim.id


@pytest.mark.skipif(
    installed().version("keras") != deviations.newest().version("keras"),
    reason="examples of deviations show what the newest Keras does",
)
@pytest.mark.parametrize("claim", DEVIATING, ids=lambda claim: claim.id)
def test_example_of_a_deviation_prints_what_it_shows(claim: catalog.Claim) -> None:
    if reason := subject.lacking(claim.gpu, claim.needs):
        pytest.skip(reason)

    def test() -> None: ...

    test.__doc__ = claim.example
    run_example(test)


def test_every_format_tells_the_claim_and_where_its_test_is() -> None:
    for claim in ALL:
        assert source(claim)[0].startswith("@claim("), claim.id
        citation = cite.citation(claim)
        for name, form in cite.FORMATS.items():
            text = form(citation)
            assert claim.id in text, (claim.id, name)
            assert claim.file in text.replace("\\_", "_"), (claim.id, name)
            assert text.endswith("\n"), (claim.id, name)


def test_markdown_says_who_says_so_and_what_it_corrects() -> None:
    text = cite.markdown(cited("time.every-step"))
    assert text.startswith(f"> **{CLAIM.statement}**\n")
    assert f"- Derived from {CLAIM.source}.\n- Corrects: {CLAIM.corrects}\n" in text
    assert f"`spec/lstm_spec/claims/time.py#L{CLAIM.line}` at tag `v" in text


@pytest.mark.parametrize("name", ["errors.units-true", "shapes.whole-units"])
def test_deviation_is_told_with_its_releases(name: str) -> None:
    text = cite.text(cited(name))
    known = deviations.of(name)
    assert known
    assert [deviation for deviation in known if elsewhere(deviation) not in text] == []
    assert [deviation for deviation in known if deviation.instead not in text] == []


def test_what_is_false_on_the_newest_release_is_never_said_first() -> None:
    assert DEVIATING
    for claim in DEVIATING:
        quoted = f'The claim that it breaks: "{claim.statement}"'
        head, _, rest = cite.text(cite.citation(claim)).partition("\n\n")
        assert re.match(r"Not on Keras 3\.15\.1( with TensorFlow 2\.21\.0)?: ", head), claim.id
        assert claim.statement not in head, claim.id
        assert rest.startswith(f"{quoted}\n\nWhy the claim says so: "), claim.id


def test_no_format_shows_what_is_false_as_the_headline() -> None:
    citation = cited("shapes.whole-units")
    head = f"Not on Keras 3.15.1:** {citation.said_first.sentence}"
    assert cite.markdown(citation).startswith(f"> **{head}\n>\n> The claim that it breaks: ")
    tags = cite.fragment(citation).splitlines()[0]
    assert tags.startswith("<blockquote><p><strong>Not on Keras 3.15.1:</strong> The constructor")
    assert "title = {{Not on Keras 3.15.1: The constructor" in cite.bibtex(citation)
    shown = msgspec.json.decode(cite.FORMATS["json"](citation))
    assert list(shown)[:2] == ["id", "said_first"]
    assert shown["said_first"]["broken"] == shown["statement"]


def test_claim_is_cited_as_it_stands_on_the_release_that_is_asked_for() -> None:
    claim = catalog.find("wrappers.list-of-one-cell-unrolled")
    old, _ = release("keras==2.15.0")
    text = cite.markdown(cite.citation(claim, place=old))
    assert text.startswith(f"> **{claim.statement}**\n\n")
    assert "- Since Keras 3: The call raises" in text


def test_difference_does_not_make_a_claim_false() -> None:
    claim = catalog.find("state.continues")
    old, _ = release("keras==2.15.0")
    text = cite.markdown(cite.citation(claim, place=old))
    assert text.startswith(f"> **{claim.statement}**\n")
    assert "- Before Keras 3: The method is called reset_states." in text


def test_claim_about_gpus_says_first_that_none_has_tried_it() -> None:
    stand_in = "No GPU has tried it; observed on a CPU, by what is asked of a stand-in for cuDNN:"
    assert cite.text(cited("modes.cudnn-requirements")).startswith(f"{stand_in} On a GPU")
    assert cite.text(cited("masking.zeros-with-cudnn")).startswith("No GPU has tried it: With")


def test_no_gpu_is_in_the_ledger() -> None:
    """Where one is, what is said of the claims about GPUs is to be made from its report."""
    devices = {ledger.find(name).header.environment.device for name in ledger.names()}
    assert devices == {"cpu"}


def test_claim_that_a_release_cannot_try_says_so_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["cite", "modes.cudnn-mask", "--backend", "jax", "--format", "text"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("Not tried on Keras 3.15.1 with the JAX backend: On a GPU")
    assert "Why it was not tried there: it needs the module tensorflow" in printed


@pytest.mark.parametrize(
    ("changes", "limits"),
    [
        ({}, []),
        ({"basis": "observed"}, ["Nobody promised it, so another release may do otherwise."]),
        ({"gpu": True}, ["It says nothing of a CPU, and is tried only where Keras finds a GPU."]),
        ({"needs": ("tensorflow",)}, ["It says nothing of other backends than TensorFlow."]),
        ({"needs": ("torch",)}, ["It is tried only where `torch` is installed."]),
        ({"needs": ("CPU",)}, ["It is tried only where Keras finds no GPU."]),
        ({"needs": ("keras.ops",)}, ["It is tried only where Keras has `keras.ops`."]),
        (
            {"needs": ("LSTM(use_cudnn)",)},
            ["It is tried only where `LSTM` takes the argument `use_cudnn`."],
        ),
        (
            {"needs": ("/proc/self/status",)},
            ["It is tried only where the system has the file `/proc/self/status`, as Linux does."],
        ),
    ],
)
def test_limits_follow_from_what_a_claim_needs(
    changes: dict[str, object], limits: list[str]
) -> None:
    assert cite.limits(dataclasses.replace(CLAIM, **changes)) == limits
    text = cite.markdown(cite.citation(dataclasses.replace(CLAIM, **changes)))
    assert all(f"\n- {limit}\n" in text for limit in limits)


def test_releases_are_grouped_by_verdict() -> None:
    verdicts = {"keras-3.7": "deviates", "keras-3.8": "held", "keras-3.9": "held"}
    grouped = "held on Keras 3.8 to 3.9; deviates on Keras 3.7"
    assert cite.releases(list(verdicts.items())) == grouped
    text = cite.markdown(cite.citation(CLAIM, list(verdicts.items())))
    assert f"- Tried on releases: {grouped}.\n" in text


def test_claim_that_no_release_tried_says_so() -> None:
    text = cite.text(cite.citation(CLAIM, [("keras-3.7", "not applicable")]))
    assert "Tried on none of the releases of the ledger." in text


def test_without_reports_nothing_is_said_of_releases() -> None:
    assert "releases" not in cite.markdown(cite.citation(CLAIM))


def test_link_is_permanent_where_the_package_tells_an_address(monkeypatch) -> None:
    assert cited("time.every-step").link is None
    urls = metadata.metadata("lstm-spec")
    urls["Project-URL"] = "Changelog, https://example.org/changes"
    urls["Project-URL"] = "Repository, https://example.org/lstm-spec/"
    monkeypatch.setattr(metadata, "metadata", lambda name: urls)
    citation = cited("time.every-step")
    assert (
        citation.link == f"https://example.org/lstm-spec/blob/v{citation.version}/{citation.test}"
    )
    assert f"  url = {{{citation.link}}},\n" in cite.bibtex(citation)
    assert f"{citation.link}\n" in cite.markdown(citation)
    urls["Project-URL"] = "Documentation, https://example.org/site"
    assert cited("time.every-step").link == "https://example.org/site/claims/time.every-step.html"


def test_cases_are_as_many_as_the_suite_draws() -> None:
    for claim in ALL:
        head = "\n".join(source(claim)).partition("\ndef ")[0]
        fewer = re.search(r"^ +cases=(\d+)", head, re.M)
        drawn = effort.cases("default", int(fewer[1]) if fewer else effort.CASES)
        assert claim.cases == (drawn if "@given(" in head else 1), claim.id


class Tags(html.parser.HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_html_escapes_everything() -> None:
    evil = "<script>alert('a' && \"b\")</script>"
    given = {"why": evil, "example": evil, "source": evil, "corrects": evil}
    given["said_first"] = Standing(evil, evil, evil)
    page = Tags(cite.fragment(cited("time.every-step", **given, tried=[(evil, "held")])))
    assert page.tags <= {"blockquote", "p", "strong", "pre", "code", "ul", "li"}
    assert page.text.count(evil) == 8


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("c' = f * c + i * g", "c' = f * c + i * g"),
        ("f**T is _not_ mask_zero", r"f\*\*T is \_not\_ mask_zero"),
        ("`f**T` <b> a < b [x](y)", r"`f**T` \<b> a < b [x\](y)"),
        ("https://example.org/a_b_", "https://example.org/a_b_"),
    ],
)
def test_markdown_escapes_markup(given: str, shown: str) -> None:
    assert prose(given) == shown


def test_bibtex_escapes_what_tex_takes_for_commands() -> None:
    text = cite.bibtex(
        cited("time.every-step", said_first=Standing("", r"`a_b` & 5 % of {x^2} \ ~ <."))
    )
    title = r"\texttt{a\_b} \& 5 \% of \{x\textasciicircum{}2\} \textbackslash{}"
    assert f"{title} \\textasciitilde{{}} \\textless{{}}}}}}," in text


def test_bibtex_has_balanced_braces() -> None:
    for claim in ALL:
        text = re.sub(r"\\[{}]", "", cite.bibtex(cite.citation(claim)))
        assert text.count("{") == text.count("}")


def test_json_holds_the_whole_citation() -> None:
    citation = cite.citation(CLAIM, [("2.21", "held")])
    assert msgspec.json.decode(cite.FORMATS["json"](citation), type=cite.Citation) == citation


@each_format
def test_command_line_prints_the_format(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["cite", CLAIM.id, "--format", form]) == 0
    place, report = asked("", "")
    extent = release_extent(CLAIM.id, place, report)
    cited = cite.citation(CLAIM, ledger.verdicts(CLAIM.id), extent=extent)
    assert capsys.readouterr().out == cite.FORMATS[form](cited)


EXTENT = {"way": ["called", "predict"], "units": [1, 65]}


@pytest.mark.parametrize("form", ["markdown", "text", "html"])
def test_extent_is_told_in_one_line_if_it_is_recorded(form: str) -> None:
    line = "Tried: units 1 to 65; way called, predict."
    assert line in cite.FORMATS[form](cited("time.every-step", extent=EXTENT))
    assert "Tried: " not in cite.FORMATS[form](cited("time.every-step"))


def test_extent_is_that_of_the_record_on_the_keras_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wide = reports.report(Record("a.b", "held", 1.0, 9, extent=EXTENT))
    narrow = reports.report(Record("a.b", "held", 1.0, 9))
    monkeypatch.setattr(ledger, "find", lambda name: wide)
    newest = deviations.newest()
    older = ledger.place(narrow)
    assert release_extent("a.b", newest, None) == EXTENT
    assert release_extent("a.b", older, narrow) == {}
    assert release_extent("a.b", older, None) == {}
    assert release_extent("a.c", newest, None) == {}


# Spans of environments


NAMES = ["tensorflow-2.9", "keras-3.8", "keras-3.9", "keras-3.10", "tf-keras-2.16"]
NAMES += ["backend-jax", "backend-torch"]


@pytest.mark.parametrize(
    ("chosen", "text"),
    [
        ([], ""),
        (["keras-3.9"], "Keras 3.9"),
        (["keras-3.8", "keras-3.9", "keras-3.10"], "Keras 3.8 to 3.10"),
        (["keras-3.8", "keras-3.10"], "Keras 3.8, 3.10"),
        (["tensorflow-2.9", "keras-3.8"], "TensorFlow 2.9, Keras 3.8"),
        (["tf-keras-2.16"], "tf-keras 2.16"),
        (["backend-jax", "backend-torch"], "backend jax, torch"),
    ],
)
def test_neighbours_of_a_row_are_a_span(chosen: list[str], text: str) -> None:
    assert spans(chosen, NAMES) == text


@given(lists(booleans(), max_size=8))
def test_each_release_is_named_once(met: list[bool]) -> None:
    names = [f"keras-{number}" for number in range(len(met))]
    text = spans([name for name, chosen in zip(names, met, strict=True) if chosen], names)
    positions: list[int] = []
    for span in filter(None, text.removeprefix("Keras ").split(", ")):
        first, _, last = span.partition(" to ")
        positions += range(int(first), int(last or first) + 1)
    assert positions == [k for k, chosen in enumerate(met) if chosen]
