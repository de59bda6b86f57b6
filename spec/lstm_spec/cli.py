"""The command line: one short function a verb."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from lstm_spec import catalog
from lstm_spec.evidence.effort import time_limit
from lstm_spec.parser import BAD_USAGE, parser

if TYPE_CHECKING:  # at run time these are imported by the verbs that need them
    from lstm_spec.catalog import Claim
    from lstm_spec.evidence.check import Plan
    from lstm_spec.evidence.compare import Comparison
    from lstm_spec.evidence.report import Environment
    from lstm_spec.evidence.request import Request
    from lstm_spec.publish.layer import Layer

NOT_FOUND, BROKEN, INTERRUPTED = 1, 3, 130


class UnwritableError(ValueError):
    """A report or a picture that cannot be written where it was asked for."""


def check(arguments: argparse.Namespace) -> int:
    """Try claims on the installed Keras, show and record what happens.

    Returns:
        0 if every claim held or deviates as known, 1 if one did not, 2 for wrong usage, 3 if
        the installation is broken, 130 if interrupted.
    """
    from lstm_spec.evidence import deviations, environment
    from lstm_spec.evidence.check import Plan, StoppedError

    try:
        claims = catalog.select(arguments.names)
        deviations.forbid_stale(deviations.load(), {claim.id for claim in catalog.claims()})
        _forbid_unwritable(arguments.report)
        if arguments.bisect:
            return _bisect(arguments, claims)
        if arguments.packages or arguments.backend or arguments.python:
            return _apart(arguments)
        workers = min(arguments.workers or environment.cores(), len(claims))
        limit = arguments.time_limit or time_limit(arguments.effort)
        plan = Plan(claims, arguments.effort, arguments.seed, workers, limit, arguments.report)
        return _try(plan, environment.probe(), arguments.durations)
    except (catalog.UnknownNameError, UnwritableError) as error:
        return _say(error, BAD_USAGE)
    except (environment.BrokenInstallationError, deviations.DeviationError, StoppedError) as error:
        return _say(error, BROKEN)


def _apart(arguments: argparse.Namespace) -> int:
    """Check in an environment that is made for it; return the exit status of that run."""
    from lstm_spec.evidence import apart, request, venv

    options = ("effort", "seed", "workers", "time_limit", "durations")
    given = {name: getattr(arguments, name) for name in options}
    words = [
        f"--{name.replace('_', '-')}={value}" for name, value in given.items() if value is not None
    ]
    words += [f"--report={arguments.report.absolute()}", *arguments.names]
    try:
        asked = request.parse(
            arguments.packages, arguments.python or "", arguments.backend or "tensorflow"
        )
        status = apart.check(asked, words)
        return status if status > 1 else max(status, _since(arguments.report, asked))
    except request.UnusableRequirementError as error:
        return _say(error, BAD_USAGE)
    except (venv.UnmadeError, OSError) as error:
        return _say(error, BROKEN)


def _bisect(arguments: argparse.Namespace, claims: list[Claim]) -> int:
    """Tell in which release of a row of the matrix a claim got another verdict."""
    from lstm_spec.evidence import bisect, report, venv

    if len(claims) != 1 or not arguments.names:
        return _say("--bisect is about one claim; give its id", BAD_USAGE)
    claim = claims[0].id

    def verdict(name: str) -> str:
        found = bisect.verdict(name, claim)
        print(f"{name}: {found}", flush=True)
        return found

    try:
        before, after = bisect.search(bisect.between(*arguments.bisect), verdict)
    except bisect.UnusableRangeError as error:
        return _say(error, BAD_USAGE)
    except (venv.UnmadeError, report.UnreadableReportError, OSError) as error:
        return _say(error, BROKEN)
    print(f"\n{claim} changed between {before} and {after}.")
    return 0


def _since(file: Path, asked: Request) -> int:
    """Compare a report with the nearest earlier one of the ledger; return 1 if anything got worse.

    Args:
        file: the report.
        asked: what its environment was asked to hold.
    """
    from lstm_spec.evidence import ledger
    from lstm_spec.evidence.compare import compare

    now = ledger.find(str(file))
    name = ledger.nearest(now, asked.moved)
    if name is None:
        return 0
    print(f"\nCompared with {name} of the ledger:\n", flush=True)
    found = compare(ledger.narrowed(ledger.find(name), now.header.claims), now)
    _show(found, "table")
    return 1 if found.worse else 0


def upstream(arguments: argparse.Namespace) -> int:
    """Print an issue for each claim that deviates in the newest release.

    Returns:
        0, 1 if none of those that are named deviates, 2 for wrong usage.
    """
    from lstm_spec.evidence import deviations, ledger
    from lstm_spec.publish.upstream import deviating, markdown

    try:
        found = deviating(catalog.select(arguments.names))
    except catalog.UnknownNameError as error:
        return _say(error, BAD_USAGE)
    if not found:
        named = ", ".join(arguments.names)
        return _say(f"nothing of {named} deviates on {deviations.newest()}", NOT_FOUND)
    texts = [markdown(claim, why, ledger.verdicts(claim.id)) for claim, why in found]
    print("\n".join(texts), end="")
    return 0


def cite(arguments: argparse.Namespace) -> int:
    """Print a claim for pasting.

    Returns:
        0, or 2 if no claim has the id.
    """
    from lstm_spec.evidence import ledger
    from lstm_spec.publish.cite import FORMATS, citation

    try:
        claim = catalog.find(arguments.name)
    except catalog.UnknownNameError as error:
        return _say(error, BAD_USAGE)
    print(FORMATS[arguments.format](citation(claim, ledger.verdicts(claim.id))), end="")
    return 0


def answer(arguments: argparse.Namespace) -> int:
    """Print the answer to a question, made of claims.

    Returns:
        0, or 1 if nothing is found.
    """
    from lstm_spec.publish.answer import Library, find, markdown
    from lstm_spec.publish.questions import questions

    library, words = Library(questions(), catalog.claims()), " ".join(arguments.words)
    if not (hits := find(words, library)):
        hint = "ask in other words, or with a question's number or address"
        return _say(f"nothing is found for {words!r}; {hint}", NOT_FOUND)
    print(markdown(hits, library), end="")
    return 0


def explain(arguments: argparse.Namespace) -> int:
    """Print what a constructor call makes, and draw it where asked to.

    Returns:
        0, or 2 if it is no such call, Keras refuses it, or the picture cannot be written.
    """
    from lstm_spec.publish.call import CallError, input_shape
    from lstm_spec.publish.explain import explain
    from lstm_spec.publish.layer import layer
    from lstm_spec.publish.layouts import FORMATS

    try:
        made = layer(arguments.call, input_shape(arguments.input))
        if arguments.draw:
            _draw(made, arguments.draw)
    except (CallError, UnwritableError) as error:
        return _say(error, BAD_USAGE)
    print(FORMATS[arguments.format](explain(made)), end="")
    return 0


def _draw(made: Layer, file: Path) -> None:
    from lstm_spec.publish.drawing import draw
    from lstm_spec.publish.unrolled import picture

    _forbid_unwritable(file, "picture")
    file.write_text(draw(picture(made)), encoding="utf-8")


def _try(plan: Plan, environment: Environment, durations: int) -> int:
    from rich.console import Console

    from lstm_spec.evidence import check, report, terminal

    console = Console()
    try:
        with contextlib.closing(check.run(plan, environment)) as records:
            terminal.follow(records, len(plan.claims), console)
        interrupted = False
    except KeyboardInterrupt:
        interrupted = True
    tried = report.read(plan.file)
    terminal.summarize(tried, plan.claims, console, durations)
    return INTERRUPTED if interrupted else check.status(tried)


def compare(arguments: argparse.Namespace) -> int:
    """Show what differs in two reports.

    Returns:
        0 if nothing got worse, 1 if something did, 2 for wrong usage, 3 if a report cannot be used.
    """
    from lstm_spec.evidence import ledger
    from lstm_spec.evidence.compare import compare
    from lstm_spec.evidence.report import UnreadableReportError

    try:
        found = compare(*ledger.pair(arguments.then, arguments.now))
    except ledger.UnknownReportError as error:
        return _say(error, BAD_USAGE)
    except OSError as error:
        return _say(f"{error.filename or 'a report'} cannot be read: {error.strerror}", BAD_USAGE)
    except UnreadableReportError as error:
        return _say(error, BROKEN)
    _show(found, arguments.format)
    return 1 if found.worse else 0


def _show(found: Comparison, layout: str) -> None:
    from rich.console import Console

    from lstm_spec.evidence import views

    if layout == "table":
        views.table(found, Console())
    else:
        print(views.markdown(found) if layout == "markdown" else views.json(found))


def _forbid_unwritable(file: Path, what: str = "report") -> None:
    """Find out whether a file can be written; leave what is there as it is.

    Raises:
        UnwritableError: it cannot.
    """
    existed = file.exists()
    try:
        file.open("ab").close()
    except OSError as error:
        raise UnwritableError(f"{what} {file} cannot be written: {error.strerror}") from None
    if not existed:
        file.unlink()


def _say(message: object, status: int) -> int:
    print(f"lstm-spec: {message}", file=sys.stderr)
    return status


VERBS = {
    "check": check,
    "compare": compare,
    "cite": cite,
    "answer": answer,
    "explain": explain,
    "upstream": upstream,
}


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    signal.signal(signal.SIGTERM, _interrupt)
    arguments = parser().parse_args(words)
    return VERBS[arguments.verb](arguments)


if __name__ == "__main__":
    sys.exit(main())
