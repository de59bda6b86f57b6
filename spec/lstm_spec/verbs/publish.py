"""`lstm-spec cite`, `answer`, `explain`, `review` and `upstream`: what is told of the claims."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from lstm_spec import catalog
from lstm_spec.verbs.outcome import (
    BAD_USAGE,
    NOT_FOUND,
    UnwritableError,
    forbid_unwritable,
    say,
    writing,
)

if TYPE_CHECKING:  # at run time it is imported by the function that needs it
    from lstm_spec.answers.layer import Layer


def cite(arguments: argparse.Namespace) -> int:
    """Print a claim for pasting, as it stands on the newest release or on the one asked for.

    Returns:
        0, or 2 if no claim has the id, or nothing is known of the release.
    """
    from lstm_spec.answers.cite import FORMATS, citation
    from lstm_spec.answers.release import UnknownReleaseError, release
    from lstm_spec.releases import ledger
    from lstm_spec.run import deviations

    place, untried = deviations.newest(), ""
    try:
        claim = catalog.find(arguments.name)
        if arguments.release or arguments.backend:
            asked = arguments.release or f"backend-{arguments.backend}"
            place, report = release(asked, arguments.backend or "")
            untried = ledger.untried(report, claim.id) if report else ""
    except (catalog.UnknownNameError, UnknownReleaseError) as error:
        return say(error, BAD_USAGE)
    cited = citation(claim, ledger.verdicts(claim.id), place, untried)
    print(FORMATS[arguments.format](cited), end="")
    return 0


def answer(arguments: argparse.Namespace) -> int:
    """Print the answer to a question, made of claims.

    Returns:
        0, or 1 if nothing is found.
    """
    from lstm_spec.answers.answer import Library, find, markdown
    from lstm_spec.answers.questions import questions

    library, words = Library(questions(), catalog.claims()), " ".join(arguments.words)
    if not (hits := find(words, library)):
        hint = "ask in other words, or with a question's number or address"
        return say(f"nothing is found for {words!r}; {hint}", NOT_FOUND)
    print(markdown(hits, library), end="")
    return 0


def explain(arguments: argparse.Namespace) -> int:
    """Print what a constructor call makes, and draw it where asked to.

    Returns:
        0, or 2 if it is no such call, Keras refuses it, or the picture cannot be written.
    """
    from lstm_spec.answers.call import CallError, input_shape
    from lstm_spec.answers.explain import explain
    from lstm_spec.answers.layer import layer
    from lstm_spec.answers.layouts import FORMATS

    try:
        made = layer(arguments.call, input_shape(arguments.input))
        if arguments.draw:
            _draw(made, arguments.draw)
    except (CallError, UnwritableError) as error:
        return say(error, BAD_USAGE)
    print(FORMATS[arguments.format](explain(made)), end="")
    return 0


def _draw(made: Layer, file: Path) -> None:
    from lstm_spec.answers.drawing import draw
    from lstm_spec.answers.unrolled import picture

    forbid_unwritable(file, "picture")
    text = draw(picture(made))
    with writing(file, "picture"):
        file.write_text(text, encoding="utf-8")


def review(arguments: argparse.Namespace) -> int:
    """Print what is found in a program.

    Returns:
        0, 1 if something is refused by Keras or computes something else, 2 for wrong usage.
    """
    from lstm_spec.answers.review import of_file, worst
    from lstm_spec.answers.review_formats import FORMATS
    from lstm_spec.answers.source import ProgramError

    try:
        found = of_file(arguments.file)
    except ProgramError as error:
        return say(error, BAD_USAGE)
    print(FORMATS[arguments.format](found), end="")
    return NOT_FOUND if worst(found) in ("error", "wrong numbers") else 0


def upstream(arguments: argparse.Namespace) -> int:
    """Print an issue for each cause of what deviates in the newest release, or on a nightly only.

    Returns:
        0, 1 if there is nothing to file of those that are named, 2 for wrong usage.
    """
    from lstm_spec.answers import upstream
    from lstm_spec.releases import ledger, nightly
    from lstm_spec.run import deviations
    from lstm_spec.run.report import UnreadableReportError

    try:
        chosen = catalog.select(arguments.names)
        coming = ledger.find(arguments.report) if arguments.report else nightly.load()
    except (catalog.UnknownNameError, ledger.UnknownReportError) as error:
        return say(error, BAD_USAGE)
    except (OSError, UnreadableReportError) as error:
        return say(error, BAD_USAGE)
    issues = upstream.of(chosen)
    ids = {name for issue in issues for name in issue.claims}
    claims = {claim.id: claim for claim in catalog.claims()}
    evidence = upstream.evidence(claims, ids, coming)
    mended = [issue for issue in issues if upstream.mended(issue, evidence)]
    shown = issues if arguments.mended else [issue for issue in issues if issue not in mended]
    named = {claim.id for claim in chosen}
    texts = [upstream.markdown(issue, evidence) for issue in shown]
    texts += [
        upstream.new(record, evidence)
        for record in upstream.broken(evidence)
        if record.claim in named
    ]
    hidden = len(issues) - len(shown)
    if not texts and hidden:
        return say(f"what deviates is mended on the nightly; {_hint(hidden)}", NOT_FOUND)
    if not texts:
        words = ", ".join(arguments.names)
        return say(f"nothing of {words} deviates on {deviations.newest()}", NOT_FOUND)
    print("\n".join([*texts, *([f"<!-- {_hint(hidden)} -->\n"] if hidden else [])]), end="")
    return 0


def _hint(hidden: int) -> str:
    issues = "an issue" if hidden == 1 else f"{hidden} issues"
    return f"--mended prints {issues} more that the nightly has mended"
