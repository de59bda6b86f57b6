"""A claim is cited as it is, in every format, and nothing in it is taken for markup."""

from __future__ import annotations

import ast
import dataclasses
import doctest
import html.parser
import re
from importlib import metadata

import msgspec
import pytest

from lstm_spec import catalog, cli
from lstm_spec.claims import conftest
from lstm_spec.evidence import deviations, ledger, place
from lstm_spec.evidence.examples import run_example
from lstm_spec.harness import needs
from lstm_spec.publish import cite

ALL = catalog.claims()
CLAIM = catalog.find("time.every-step")
each_claim = pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.id)
each_format = pytest.mark.parametrize("form", cite.FORMATS)
FALSE = {one.claim for one in deviations.current()}
DEVIATING = [claim for claim in ALL if claim.id in FALSE]


def cited(name: str, **changes: object) -> cite.Citation:
    return msgspec.structs.replace(cite.citation(catalog.find(name)), **changes)


@each_claim
def test_example_is_code_with_its_output_as_comments(claim: catalog.Claim) -> None:
    code = cite.code(claim.example)
    ast.parse(code)
    parts = doctest.DocTestParser().get_examples(claim.example)
    shown = [part.source + "".join(f"# {o}\n" for o in part.want.splitlines()) for part in parts]
    assert code + "\n" == "".join(shown)


@pytest.mark.skipif(
    place.installed().version("keras") != deviations.newest().version("keras"),
    reason="examples of deviations show what the newest Keras does",
)
@pytest.mark.parametrize("claim", DEVIATING, ids=lambda claim: claim.id)
def test_example_of_a_deviation_prints_what_it_shows(claim: catalog.Claim) -> None:
    if reason := needs.lacking(claim.gpu, claim.needs):
        pytest.skip(reason)

    def test() -> None: ...

    test.__doc__ = claim.example
    run_example(test)


@each_claim
def test_every_format_tells_the_claim_and_where_its_test_is(claim: catalog.Claim) -> None:
    source = (catalog.CLAIMS / f"{claim.chapter}.py").read_text(encoding="utf-8").splitlines()
    assert source[claim.line - 1].startswith("@claim(")
    for form in cite.FORMATS.values():
        said = form(cite.citation(claim))
        assert claim.id in said
        assert f"{claim.chapter}.py" in said
        assert said.endswith("\n")


def test_markdown_says_who_says_so_and_what_it_corrects() -> None:
    said = cite.markdown(cited("time.every-step"))
    assert said.startswith(f"> **{CLAIM.statement}**\n")
    assert f"- Derived from {CLAIM.source}.\n- Corrects: {CLAIM.corrects}\n" in said
    assert f"`spec/lstm_spec/claims/time.py#L{CLAIM.line}` at tag `v" in said


@pytest.mark.parametrize("claim", ["errors.units-true", "shapes.whole-units"])
def test_deviation_is_told_with_its_releases(claim: str) -> None:
    said = cite.text(cited(claim))
    known = [one for one in deviations.load() if one.claim == claim]
    assert known
    assert all(f"False, {one.condition}: {one.instead}" in said for one in known)


@pytest.mark.parametrize(
    ("changes", "limits"),
    [
        ({}, []),
        ({"basis": "observed"}, ["Nobody promised it, so another release may do otherwise."]),
        ({"gpu": True}, ["It says nothing of a CPU."]),
        ({"needs": ("tensorflow",)}, ["It says nothing of other backends than TensorFlow."]),
        ({"needs": ("torch",)}, ["It is tried only where there is `torch`."]),
        ({"needs": ("LSTM(use_cudnn)",)}, ["It is tried only where there is `LSTM(use_cudnn)`."]),
    ],
)
def test_limits_follow_from_what_a_claim_needs(
    changes: dict[str, object], limits: list[str]
) -> None:
    assert cite.limits(dataclasses.replace(CLAIM, **changes)) == limits
    said = cite.markdown(cite.citation(dataclasses.replace(CLAIM, **changes)))
    assert all(f"\n- {limit}\n" in said for limit in limits)


def test_releases_are_grouped_by_verdict() -> None:
    verdicts = {"keras-3.7": "deviates", "keras-3.8": "held", "keras-3.9": "held"}
    told = "held on Keras 3.8 to 3.9; deviates on Keras 3.7"
    assert cite.releases(list(verdicts.items())) == told
    said = cite.markdown(cite.citation(CLAIM, list(verdicts.items())))
    assert f"- Tried on releases: {told}.\n" in said


def test_without_reports_nothing_is_said_of_releases() -> None:
    assert "releases" not in cite.markdown(cite.citation(CLAIM))


def test_link_is_permanent_where_the_package_tells_its_repository(monkeypatch) -> None:
    monkeypatch.setattr(cite, "repository", lambda: "https://example.org/lstm-spec")
    found = cited("time.every-step")
    assert found.link == f"https://example.org/lstm-spec/blob/v{found.version}/{found.test}"
    assert found.link in cite.bibtex(found).replace("\\_", "_").replace("\\#", "#")
    assert f"{found.link}\n" in cite.markdown(found)


def test_repository_is_read_from_the_metadata(monkeypatch) -> None:
    urls = metadata.metadata("lstm-spec")
    urls["Project-URL"] = "Changelog, https://example.org/changes"
    urls["Project-URL"] = "Repository, https://example.org/lstm-spec/"
    monkeypatch.setattr(metadata, "metadata", lambda name: urls)
    assert cite.repository() == "https://example.org/lstm-spec"


@each_claim
def test_cases_are_as_many_as_the_suite_draws(claim: catalog.Claim) -> None:
    source = (catalog.CLAIMS / f"{claim.chapter}.py").read_text(encoding="utf-8").splitlines()
    head = "\n".join(source[claim.line - 1 :]).partition("\ndef ")[0]
    drawn = conftest.examples("default", costly="costly=" in head) if "@given(" in head else 1
    assert claim.cases == drawn


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
    given = {"statement": evil, "why": evil, "example": evil, "source": evil, "corrects": evil}
    page = Tags(cite.fragment(cited("time.every-step", **given, tried=[(evil, "held")])))
    assert page.tags <= {"blockquote", "p", "strong", "pre", "code", "ul", "li"}
    assert page.text.count(evil) == 6


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
    assert cite.plain(given) == shown


def test_bibtex_escapes_what_tex_takes_for_commands() -> None:
    said = cite.bibtex(cited("time.every-step", statement=r"`a_b` & 5 % of {x^2} \ ~ <."))
    title = r"\texttt{a\_b} \& 5 \% of \{x\textasciicircum{}2\} \textbackslash{}"
    assert f"{title} \\textasciitilde{{}} \\textless{{}}}}}}," in said


def test_bibtex_has_balanced_braces() -> None:
    for claim in ALL:
        said = re.sub(r"\\[{}]", "", cite.bibtex(cite.citation(claim)))
        assert said.count("{") == said.count("}")


def test_json_holds_the_whole_citation() -> None:
    found = cite.citation(CLAIM, [("2.21", "held")])
    assert msgspec.json.decode(cite.json(found), type=cite.Citation) == found


@each_format
def test_command_line_prints_the_format(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["cite", CLAIM.id, "--format", form]) == 0
    cited = cite.citation(CLAIM, ledger.verdicts(CLAIM.id))
    assert capsys.readouterr().out == cite.FORMATS[form](cited)
