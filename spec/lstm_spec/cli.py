"""The command line: one short function a verb."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import lstm_spec
from lstm_spec import catalog
from lstm_spec.evidence.effort import effort, time_limit

if TYPE_CHECKING:  # at run time these are imported by the verbs that need them
    from lstm_spec.evidence.check import Plan
    from lstm_spec.evidence.compare import Comparison
    from lstm_spec.evidence.report import Environment

NOT_FOUND, BAD_USAGE, BROKEN, INTERRUPTED = 1, 2, 3, 130
REPORT = Path("lstm-spec-report.jsonl")
FORMATS = ("table", "markdown", "json")


class UnwritableError(ValueError):
    """A report that cannot be written where it was asked for."""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_USAGE, f"{self.prog}: {message}; see `{self.prog} --help`\n")


class _Once(argparse.Action):
    """An option that may not be given twice with two values."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option: str | None = None) -> None:
        given = namespace.__dict__.setdefault("given", {})
        if given.setdefault(self.dest, values) != values:
            parser.error(f"{option} is given as {given[self.dest]} and as {values}; give one")
        setattr(namespace, self.dest, values)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = _Parser(prog="lstm-spec", description=lstm_spec.__doc__, allow_abbrev=False)
    version = f"lstm-spec {metadata.version('lstm-spec')}"
    top.add_argument("--version", action="version", version=version)
    verbs = top.add_subparsers(title="verbs", dest="verb", metavar="VERB", required=True)
    _add_check(verbs)
    _add_compare(verbs)
    _add_cite(verbs)
    _add_answer(verbs)
    _add_upstream(verbs)
    return top


def _add_check(verbs: Any) -> None:
    verb = verbs.add_parser(
        "check", help="try claims on the Keras installed here", allow_abbrev=False
    )
    verb.set_defaults(run=check)
    add = verb.add_argument
    add("names", nargs="*", metavar="NAME", help="chapters or ids of claims; default: all")
    cases = "smoke, default or deep (2, 50 or 1000 cases a claim), or a number of cases"
    add("--effort", type=effort, default="default", action=_Once, metavar="EFFORT", help=cases)
    add("--seed", type=_whole(0), action=_Once, help="draw other cases than the usual ones")
    add("--workers", type=_whole(1), action=_Once, help="processes; default: one for each core")
    add("--time-limit", type=_whole(1), action=_Once, help="seconds for each claim")
    add("--durations", type=_whole(0), default=0, metavar="N", help="show the N slowest claims")
    add("--report", type=Path, default=REPORT, action=_Once, help=f"default: {REPORT}")


def _add_compare(verbs: Any) -> None:
    verb = verbs.add_parser("compare", help="say what differs in two reports", allow_abbrev=False)
    verb.set_defaults(run=compare)
    add = verb.add_argument
    add("then", metavar="A", help="the earlier report: a file, or a name in the ledger")
    add("now", metavar="B", help="the later one")
    add("--format", choices=FORMATS, default="table", action=_Once, help="default: table")


def _add_upstream(verbs: Any) -> None:
    verb = verbs.add_parser(
        "upstream", help="print what deviates as issues for Keras", allow_abbrev=False
    )
    verb.set_defaults(run=upstream)
    verb.add_argument("names", nargs="*", metavar="NAME", help="chapters or ids; default: all")


def _add_cite(verbs: Any) -> None:
    verb = verbs.add_parser("cite", help="print a claim for pasting", allow_abbrev=False)
    verb.set_defaults(run=cite)
    verb.add_argument("name", metavar="ID", help="the id of a claim, such as time.every-step")
    formats = ("markdown", "text", "bibtex", "html", "json")
    verb.add_argument("--format", choices=formats, default=formats[0], action=_Once)


def _add_answer(verbs: Any) -> None:
    verb = verbs.add_parser("answer", help="answer a question about LSTM", allow_abbrev=False)
    verb.set_defaults(run=answer)
    asked = "the question in plain words, or its number or address"
    verb.add_argument("words", nargs="+", metavar="WORDS", help=asked)


def _whole(least: int) -> Any:
    def number(text: str) -> int:
        if not text.isascii() or not text.isdigit() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} up")
        return int(text)

    return number


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
        workers = min(arguments.workers or environment.cores(), len(claims))
        limit = arguments.time_limit or time_limit(arguments.effort)
        plan = Plan(claims, arguments.effort, arguments.seed, workers, limit, arguments.report)
        return _try(plan, environment.probe(), arguments.durations)
    except (catalog.UnknownNameError, UnwritableError) as error:
        return _say(error, BAD_USAGE)
    except (environment.BrokenInstallationError, deviations.DeviationError, StoppedError) as error:
        return _say(error, BROKEN)


def upstream(arguments: argparse.Namespace) -> int:
    """Print an issue for each claim that deviates in the newest release.

    Returns:
        0, 1 if none of those that are named deviates, 2 for wrong usage.
    """
    from lstm_spec.evidence import deviations
    from lstm_spec.publish.upstream import deviating, markdown

    try:
        found = deviating(catalog.select(arguments.names))
    except catalog.UnknownNameError as error:
        return _say(error, BAD_USAGE)
    if not found:
        named = ", ".join(arguments.names)
        return _say(f"nothing of {named} deviates on {deviations.newest()}", NOT_FOUND)
    print("\n".join(markdown(*one) for one in found), end="")
    return 0


def cite(arguments: argparse.Namespace) -> int:
    """Print a claim for pasting.

    Returns:
        0, or 2 if no claim has the id.
    """
    from lstm_spec.publish.cite import FORMATS, citation

    try:
        claim = catalog.find(arguments.name)
    except catalog.UnknownNameError as error:
        return _say(error, BAD_USAGE)
    print(FORMATS[arguments.format](citation(claim)), end="")
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
        found = compare(ledger.find(arguments.then), ledger.find(arguments.now))
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


def _forbid_unwritable(file: Path) -> None:
    """Find out whether a report can be written; leave what is there as it is.

    Raises:
        UnwritableError: it cannot.
    """
    existed = file.exists()
    try:
        file.open("ab").close()
    except OSError as error:
        raise UnwritableError(f"report {file} cannot be written: {error.strerror}") from None
    if not existed:
        file.unlink()


def _say(message: object, status: int) -> int:
    print(f"lstm-spec: {message}", file=sys.stderr)
    return status


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    signal.signal(signal.SIGTERM, _interrupt)
    arguments = parser().parse_args(words)
    return int(arguments.run(arguments))


if __name__ == "__main__":
    sys.exit(main())
