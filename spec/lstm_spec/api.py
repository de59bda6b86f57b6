"""The public names of this package, for programs and notebooks; `import lstm_spec` gives them all.

Each function returns data that shows itself: as text when it is printed, as HTML in a notebook.
What is refused is a ValueError whose message is one sentence, a damaged report a RuntimeError.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from lstm_spec.errors import UsageError

if TYPE_CHECKING:  # at run time these are imported by the functions that need them
    from lstm_spec.answers.answer import Answer
    from lstm_spec.answers.cite import Citation
    from lstm_spec.answers.explain import Explanation
    from lstm_spec.catalog import Claim
    from lstm_spec.releases.compare import Comparison
    from lstm_spec.reviews.review import Review
    from lstm_spec.run.report import Report

Kind = TypeVar("Kind")
Size = int | None


@dataclass(frozen=True, repr=False)
class Shown(Generic[Kind]):
    """Data that shows itself.

    Attributes:
        data: what was asked for.
        markdown: the same for pasting.
    """

    data: Kind
    markdown: str
    _text: str = ""
    _draw: Callable[[], str] | None = None

    def __str__(self) -> str:
        """Return it as text."""
        return self._text or self.markdown

    def __repr__(self) -> str:
        """Return it as text, for a prompt."""
        return str(self).rstrip()

    def _repr_html_(self) -> str:
        """Return it as HTML, for a notebook."""
        return _html(self.markdown) + (self._draw() if self._draw else "")


class Claims(tuple["Claim", ...]):
    """Claims, in reading order."""

    __slots__ = ()

    def __str__(self) -> str:
        """Return a line for each."""
        return "\n".join(f"{claim.id}: {claim.statement}" for claim in self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Return a table, for a notebook."""
        rows = (
            f"<tr><td><code>{html.escape(claim.id)}</code></td>"
            f"<td>{html.escape(claim.statement)}</td><td>{claim.basis}</td></tr>"
            for claim in self
        )
        return f"<table>{''.join(rows)}</table>"


def list_claims(*names: str) -> Claims:
    """Return claims.

    Args:
        *names: chapters or ids of claims; default: all claims.

    Raises:
        UsageError: a name is neither.
    """
    from lstm_spec import catalog

    return Claims(catalog.select(list(names)))


def answer(question: str, release: str = "", backend: str = "") -> Shown[Answer]:
    """Answer a question about Keras' LSTM; the data says whether there is an answer.

    Args:
        question: plain words, an error or a traceback, or the id, the number or the address of a
            question.
        release: for which Keras, like keras==3.9.2 or a name of the ledger; default: the newest.
        backend: what computes for Keras.

    Raises:
        UsageError: nothing is known of the release.
    """
    from lstm_spec.answers import answer as answers
    from lstm_spec.answers.standing import asked

    place, report = asked(release, backend)
    library = answers.whole_library()
    reply = answers.answer(question, answers.find(question, library), library, place, report)
    return Shown(reply, answers.markdown(reply), answers.text(reply))


def cite(name: str, release: str = "", backend: str = "") -> Shown[Citation | Answer]:
    """Return a claim, or the answer to a question, for pasting.

    Args:
        name: the id of a claim, such as time.every-step, or of a question, such as stacking.
        release: for which Keras, like keras==3.9.2 or a name of the ledger; default: the newest.
        backend: what computes for Keras.

    Raises:
        UsageError: nothing has the id, or nothing is known of the release.
    """
    from lstm_spec.answers import answer as answers
    from lstm_spec.answers import cite as cites
    from lstm_spec.answers.questions import is_of_question
    from lstm_spec.answers.standing import asked

    place, report = asked(release, backend)
    if is_of_question(name):
        reply = answers.cited(name, answers.whole_library(), place, report)
        return Shown(reply, answers.markdown(reply), answers.text(reply))
    cited = cites.citation_at(name, place, report)
    return Shown(cited, cites.markdown(cited), cites.text(cited))


def explain(what: Any, input: tuple[Size, Size] | None = None) -> Shown[list[Explanation]]:  # noqa: A002
    """Say what an LSTM makes of its input: shapes, weights, arguments, and what is often mistaken.

    Args:
        what: a call as text, like "LSTM(2, return_sequences=True)", a layer, or a model with some.
        input: how many timesteps and features the input has; None leaves the timesteps open. A
            layer that is built has them itself.

    Raises:
        UsageError: it is no LSTM, or Keras refuses it.
    """
    from lstm_spec.answers import explain as explains
    from lstm_spec.answers.constructor import declared, layer
    from lstm_spec.reviews.live_model import calls

    listed = [(what, input)] if isinstance(what, str) else calls(what, input)
    layers = [layer(text, sizes or declared(text) or _no_input(text)) for text, sizes in listed]
    explanations = [explains.explain(built) for built in layers]
    return Shown(
        explanations,
        "\n\n".join(map(explains.markdown, explanations)),
        "\n\n".join(map(explains.text, explanations)),
        lambda: "".join(map(_picture, layers)),
    )


def _no_input(text: str) -> tuple[Size, Size]:
    raise UsageError(f"the input of {text[:60]} is not known; give input=(timesteps, features)")


def _picture(drawn: Any) -> str:
    from lstm_spec.answers.picture import draw, picture_of

    return "" if drawn.directions == 2 else draw(picture_of(drawn, measured=False))


def review(what: Any, x: Any = None, to: str = "") -> Shown[Review]:
    """Say what is wrong, or will surprise, in a program or a model.

    Args:
        what: a program as text, a file (a program, Markdown, a notebook, a model), or a model.
        x: for a model, data with a batch of it: padding it must change nothing that is masked.
        to: a Keras, like keras==3.9.2: what changes for a model if it is moved there.

    Raises:
        UsageError: it is neither, or cannot be read.
    """
    from lstm_spec.reviews import review as reviews

    if isinstance(what, Path) or (isinstance(what, str) and "\n" not in what):
        reviewed = reviews.of_file(str(what), to)
    elif isinstance(what, str):
        if to:
            raise UsageError("`to` is for models; leave it out for a program")
        reviewed = reviews.of_program(what)
    else:
        from lstm_spec.reviews import live_model

        reviewed = live_model.review_model(what, x, to)
    return Shown(reviewed, reviews.markdown(reviewed), reviews.text(reviewed))


def check(*names: str, effort: str = "smoke", workers: int = 1) -> Shown[Report]:
    """Try claims on the Keras that is installed here, in a separate process.

    Args:
        *names: chapters or ids of claims; default: all claims, which takes minutes.
        effort: smoke, default or deep, or a number of cases for a claim.
        workers: how many processes try them.

    Raises:
        UsageError: a name is neither a chapter nor a claim, or the effort is none.
        RuntimeError: Keras cannot be imported, or nothing was tried.
    """
    import tempfile

    from lstm_spec import catalog
    from lstm_spec.harness.effort import time_limit
    from lstm_spec.run import check as checks
    from lstm_spec.run.report import writer

    claims = catalog.select(list(names))
    with tempfile.TemporaryDirectory() as folder, writer(Path(folder, "report.jsonl")) as report:
        limit = time_limit(_effort(effort))
        plan = checks.Plan(claims, effort, None, min(workers, len(claims)), limit, report)
        for _ in checks.run(plan):
            pass
        tried = report.read()
    return Shown(tried, _verdicts(tried))


def _effort(text: str) -> str:
    from argparse import ArgumentTypeError

    from lstm_spec.harness.effort import effort

    try:
        return effort(text)
    except ArgumentTypeError as error:
        raise UsageError(str(error)) from None


def _verdicts(tried: Report) -> str:
    from lstm_spec.run.text import markdown_table

    packages = tried.header.environment.packages
    versions = ", ".join(f"{name} {version}" for name, version in packages.items())
    rows = [(f"`{record.claim}`", record.verdict) for record in tried.outcome.records]
    good = "Every claim held or deviates as known." if tried.outcome.good else "Not all is well."
    return f"{good} Tried on {versions}.\n\n{markdown_table(('claim', ''), rows)}"


def compare(then: str | Path, now: str | Path) -> Shown[Comparison]:
    """Say what differs in two reports.

    Args:
        then: the earlier one: a file, or a name of the ledger such as keras-3.9.
        now: the later one.

    Raises:
        UsageError: there is no such report.
        UnreadableReportError: it is damaged or incomplete; a RuntimeError.
    """
    from lstm_spec.releases import ledger, tables
    from lstm_spec.releases.compare import compare as compared

    comparison = compared(*ledger.pair(str(then), str(now)))
    return Shown(comparison, tables.markdown(comparison))


def _html(markdown: str) -> str:
    from markdown_it import MarkdownIt

    rendered: str = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    return rendered
