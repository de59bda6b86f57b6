"""The command line: the options, a function a verb, one place for exit statuses.

What a verb needs is imported by its function, so that `--help` and a wrong word cost nothing.
"""
# PYTHON_ARGCOMPLETE_OK

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import re
import shlex
import shutil
import signal
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from lstm_spec import catalog
from lstm_spec.errors import BrokenError, SpecError, UsageError
from lstm_spec.harness.effort import SHARES, effort, time_limit
from lstm_spec.run.environment import NEEDED
from lstm_spec.run.report import LockedError, Writer, writer
from lstm_spec.run.text import one_line

if TYPE_CHECKING:  # at run time these are imported by the functions that need them
    from rich.console import Console

    from lstm_spec.answers.constructor import Layer
    from lstm_spec.releases.compare import Comparison
    from lstm_spec.releases.environments import Request
    from lstm_spec.releases.speed import Speeds
    from lstm_spec.run.check import Plan
    from lstm_spec.run.environment import Place
    from lstm_spec.run.report import Line, Report, Verdict

REPORT = Path("lstm-spec-report.jsonl")
NOTHING, BAD_USAGE, BROKEN, NO_ANSWER, INTERRUPTED, UNREAD = 1, 2, 3, 4, 130, 141
STATUSES = (
    "{0} 2: wrong usage. 3: the installation, an environment or a record is broken. "
    "130: interrupted."
)


class UnwritableError(UsageError):
    """A report or a picture that cannot be written where it was asked for."""


class TwoPlansError(UsageError):
    """The command line says twice what to try, or where."""


# What the words mean


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        words = sys.argv[1:] if args is None else args
        for word in words:  # until Python 3.13 argparse takes the value for an empty list
            if re.fullmatch("--[a-z-]+=--", word):
                self.error(f"{word[:-3]}: expected another value than --")
        return super().parse_known_args(words, namespace)

    def error(self, message: str) -> NoReturn:
        sentence = one_line(message)  # argparse repeats some words as they were given
        self.exit(BAD_USAGE, f"{self.prog}: {sentence}; see `{self.prog} --help`\n")


class _Once(argparse.Action):
    """An option that may not be given twice with two values."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option: str | None = None) -> None:
        given = namespace.__dict__.setdefault("given", {})
        if given.setdefault(self.dest, values) != values:
            parser.error(f"{option} is given as {given[self.dest]} and as {values}; give one")
        setattr(namespace, self.dest, values)


FORMAT: dict[str, Any] = {
    "metavar": "FORMAT",
    "action": _Once,
    "help": "%(choices)s; default: %(default)s",
}


def _whole(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isascii() or not text.isdigit() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} up")
        return int(text)

    return number


def _python(text: str) -> str:
    classifiers = "\n".join(metadata.metadata("lstm-spec").get_all("Classifier") or [])
    *others, last = re.findall(r"^Programming Language :: Python :: (3\.\d+)$", classifiers, re.M)
    if text not in (*others, last):
        expected = f"{', '.join(others)} or {last}"
        raise argparse.ArgumentTypeError(
            f"lstm-spec does not run on Python {text!r}; give {expected}"
        )
    return text


def _ids(prefix: str, **_: object) -> list[str]:
    """Complete the name of a chapter or the id of a claim."""
    return [*catalog.chapters(), *(claim.id for claim in catalog.claims())]


def _filled(text: str, indent: str = "") -> str:
    """Return text in lines as long as the terminal, as argparse fills what it may."""
    width = max(20, shutil.get_terminal_size().columns - 2)
    return textwrap.fill(text, width, initial_indent=indent, subsequent_indent=indent)


def _exit_statuses(own: str) -> str:
    return f"exit status:\n{_filled(STATUSES.format(own), '  ')}"


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    about = "An executable specification of how Keras' LSTM behaves."
    top = _Parser(prog="lstm-spec", description=about, allow_abbrev=False)
    version = f"lstm-spec {metadata.version('lstm-spec')}"
    top.add_argument("--version", action="version", version=version)
    verbs = top.add_subparsers(title="verbs", dest="verb", metavar="VERB")
    for name, (add, function, summary, status, examples) in VERBS.items():
        commands = textwrap.indent("\n".join(examples), "  ")
        verb = verbs.add_parser(
            name,
            help=summary,
            description=_filled(f"{summary[0].upper()}{summary[1:]}."),
            epilog=f"examples:\n{commands}\n\n{_exit_statuses(status)}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        verb.set_defaults(function=function)
        add(verb)
    return top


def _add_names(verb: argparse.ArgumentParser, help: str) -> None:  # noqa: A002 - as argparse
    names = verb.add_argument("names", nargs="*", metavar="NAME", help=help)
    setattr(names, "completer", _ids)  # noqa: B010 - argcomplete's attribute


def _add_check(verb: argparse.ArgumentParser) -> None:
    add = verb.add_argument
    _add_names(verb, "chapters or ids of claims; default: all")
    numbers = ", ".join(f"{name} ({count})" for name, count in SHARES.items())
    cases = f"how many cases most claims draw: {numbers}, or a number of cases"
    add("--effort", type=effort, default="default", action=_Once, metavar="EFFORT", help=cases)
    add("--seed", type=_whole(0), action=_Once, help="draw other cases than the usual ones")
    add("--workers", type=_whole(1), action=_Once, help="processes; default: one for each core")
    add("--time-limit", type=_whole(1), action=_Once, help="seconds for each claim")
    slow = "show the N slowest claims"
    add("--durations", type=_whole(0), default=0, action=_Once, metavar="N", help=slow)
    where = f"default: {REPORT}, with the NAME of --in"
    add("--report", type=Path, action=_Once, help=where)
    add("--resume", action="store_true", help="finish the report of a run that was stopped")
    add("--descriptor", type=int, help=argparse.SUPPRESS)  # the report, open and locked
    add("--bisect", nargs=2, help=argparse.SUPPRESS)  # the verb's spelling until it was one
    group = verb.add_argument_group("on other machines, by pytest-xdist")
    worker = "where a worker runs, like 4*ssh=HOST//python=PYTHON; may be repeated"
    group.add_argument(
        "--tx", dest="hosts", action="append", default=[], metavar="SPEC", help=worker
    )
    shared = "a Redis server that keeps what refutes a claim, like redis://HOST; with --seed"
    group.add_argument("--database", default="", action=_Once, metavar="URL", help=shared)
    title = "on other releases, in an environment that is made for it"
    add = verb.add_argument_group(title).add_argument
    kinds = (
        "like tensorflow==2.21.0 or tf-nightly, or a wheel, or the folder of a source tree, "
        "like ./keras; may be repeated"
    )
    add("--with", dest="packages", action="append", default=[], metavar="REQUIREMENT", help=kinds)
    add(
        "--backend",
        choices=NEEDED,
        metavar="NAME",
        action=_Once,
        help="what computes for Keras: %(choices)s",
    )
    add("--python", type=_python, action=_Once, metavar="VERSION", help="like 3.12")
    named = "an environment of the matrix, like keras-3.9 or python-3.10"
    add("--in", dest="entry", action=_Once, metavar="NAME", help=named)


def _add_bisect(verb: argparse.ArgumentParser) -> None:
    claim = verb.add_argument("name", metavar="ID", help="the id of a claim")
    setattr(claim, "completer", _ids)  # noqa: B010 - argcomplete's attribute
    verb.add_argument("first", metavar="A", help="an environment of the matrix, like keras-3.9")
    verb.add_argument("last", metavar="B", help="a later one of the same kind, like keras-3.12")


def _add_compare(verb: argparse.ArgumentParser) -> None:
    add = verb.add_argument
    add("then", metavar="A", help="the earlier report: a file, a name in the ledger, or: nearest")
    add("now", metavar="B", help="the later one")
    add("--format", choices=("table", "markdown", "json"), default="table", **FORMAT)
    add("--all", action="store_true", help="also signatures, documentation and environment")
    about = (
        "A and B: a name of the matrix like keras-3.9; requirements like 'keras==3.9.2 "
        "tensorflow==2.16.2'; a wheel or a source tree's folder; or here, for what is installed"
    )
    title = "two environments, instead of reports"
    group = verb.add_argument_group(title, _filled(about, "  ").lstrip())
    speed = "time A and B in turns, and say what is slower in B"
    group.add_argument("--speed", action="store_true", help=speed)
    group.add_argument("--python", type=_python, action=_Once, metavar="VERSION", help="like 3.12")


def _add_merge(verb: argparse.ArgumentParser) -> None:
    add = verb.add_argument
    add("out", type=Path, metavar="OUT", help="where the joined report goes")
    add("reports", nargs="+", metavar="REPORT", help="a file, or a name in the ledger")
    add("--partial", action="store_true", help="join them though claims are missing")


def _add_list(verb: argparse.ArgumentParser) -> None:
    _add_names(verb, "chapters or ids; default: the chapters are listed")
    verb.add_argument("--find", metavar="TEXT", help="only what contains this text")
    verb.add_argument("--beliefs", action="store_true", help="what people believe instead")


def _add_show(verb: argparse.ArgumentParser) -> None:
    claim = verb.add_argument("name", metavar="ID", help="the id of a claim, as time.every-step")
    setattr(claim, "completer", _ids)  # noqa: B010 - argcomplete's attribute


def _add_cite(verb: argparse.ArgumentParser) -> None:
    named = "the id of a claim, as time.every-step, or of a question, as stacking"
    name = verb.add_argument("name", metavar="ID", help=named)
    setattr(name, "completer", _ids)  # noqa: B010 - argcomplete's attribute
    formats = ("markdown", "text", "bibtex", "html", "json")
    verb.add_argument("--format", choices=formats, default=formats[0], **FORMAT)
    _add_place(verb)


def _add_answer(verb: argparse.ArgumentParser) -> None:
    asked = "the question in plain words, an error, or a question's id, number or address"
    verb.add_argument("words", nargs="+", metavar="WORDS", help=f"{asked}; - reads it")
    formats = ("markdown", "text", "json")
    verb.add_argument("--format", choices=formats, default=formats[0], **FORMAT)
    _add_place(verb)


def _add_place(verb: argparse.ArgumentParser) -> None:
    where = "on which release: like keras==3.9.2, or a name of the ledger; default: the newest"
    verb.add_argument("--for", dest="release", action=_Once, metavar="RELEASE", help=where)
    verb.add_argument(
        "--backend",
        choices=NEEDED,
        metavar="NAME",
        action=_Once,
        help="what computes for Keras: %(choices)s",
    )


def _add_explain(verb: argparse.ArgumentParser) -> None:
    add = verb.add_argument
    add("call", metavar="CALL", help="a constructor call, such as 'LSTM(2, return_sequences=True)'")
    sizes = "how many timesteps and features the input has, such as 3,1; default: None,1"
    add("--input", default="None,1", action=_Once, metavar="T,F", help=sizes)
    add("--draw", type=Path, action=_Once, metavar="FILE.svg", help="draw it, unrolled over time")
    strong = "draw strokes as strong as the output depends on the inputs, by Keras"
    add("--strengths", action="store_true", help=strong)
    add("--format", choices=("text", "markdown", "json"), default="text", **FORMAT)


def _add_review(verb: argparse.ArgumentParser) -> None:
    what = "a program, Markdown or a notebook, a model's .keras, .h5 or JSON file, or - for a pipe"
    verb.add_argument("file", metavar="FILE", help=what)
    formats = ("text", "markdown", "json", "sarif")
    verb.add_argument("--format", choices=formats, default="text", **FORMAT)
    moved = "what changes for a model on another release, like keras==3.9.2"
    verb.add_argument("--to", default="", action=_Once, metavar="RELEASE", help=moved)


def _add_mcp(_: argparse.ArgumentParser) -> None:
    """It takes nothing."""


def _add_upstream(verb: argparse.ArgumentParser) -> None:
    _add_names(verb, "chapters or ids; default: all")
    coming = (
        "a report of a Keras that is to come, a file or a name in the ledger; default: a recorded "
        "nightly"
    )
    verb.add_argument("--report", metavar="REPORT", help=coming, action=_Once)
    verb.add_argument("--mended", action="store_true", help="also what the nightly has fixed")


# What a verb does


def check(arguments: argparse.Namespace) -> int:
    """Try claims, here or in an environment that is made for it; show and record what happens.

    Raises:
        BrokenError: the report cannot be written.
    """
    from lstm_spec.releases import matrix
    from lstm_spec.run import deviations

    if arguments.bisect:
        return _bisect_as_option(arguments)
    _forbid_two_plans(arguments)
    if arguments.report is None:
        name = arguments.entry
        arguments.report = REPORT.with_stem(f"{REPORT.stem}-{name}") if name else REPORT
    if arguments.entry:
        matrix.find(arguments.entry)
    claims = catalog.select(arguments.names)
    deviations.forbid_stale(deviations.load(), {claim.id for claim in catalog.claims()})
    try:
        with _opened(arguments) as report:
            if arguments.packages or arguments.backend or arguments.python or arguments.entry:
                return _elsewhere(arguments, report)
            return _try(_plan(arguments, claims, report), arguments.durations)
    except OSError as error:
        raise BrokenError(f"{arguments.report} cannot be written: {error.strerror}") from None


def _forbid_two_plans(arguments: argparse.Namespace) -> None:
    given = vars(arguments).get("given", {})
    plan = ["NAME"] if arguments.names else []
    plan += [f"--{name}" for name in ("effort", "seed") if name in given]
    if arguments.resume and plan:
        raise TwoPlansError(f"--resume tries what the report set out to try; leave out {plan[0]}")
    place = [f"--{name}" for name in ("backend", "python", "workers") if vars(arguments)[name]]
    place += ["--with"] if arguments.packages else []
    if arguments.entry and (other := [option for option in place if option != "--workers"]):
        raise TwoPlansError(f"--in says what the environment holds; leave out {other[0]}")
    place += ["--in"] if arguments.entry else []
    if arguments.hosts and place:
        raise TwoPlansError(f"--tx says where each worker runs; leave out {place[0]}")


@contextlib.contextmanager
def _opened(arguments: argparse.Namespace) -> Iterator[Writer]:
    """Open and lock the report, or take it as the process gave it that began this one."""
    from lstm_spec.run import check
    from lstm_spec.run.check import end_with

    if arguments.descriptor is not None:
        end_with(os.getppid())
        yield Writer(arguments.report, arguments.descriptor)
        return
    with open_report(arguments.report) as report:
        if arguments.resume:
            check.forbid_unusable(report)
        yield report


def _plan(arguments: argparse.Namespace, claims: list[catalog.Claim], report: Writer) -> Plan:
    from lstm_spec.run import check, environment, hosts
    from lstm_spec.run.check import Plan

    chosen = arguments.effort
    seed = arguments.seed
    if arguments.resume:
        begun = check.header_to_resume(report)
        claims = catalog.select(begun.claims)
        chosen = begun.effort
        seed = begun.seed
    hosts.forbid_useless_database(arguments.database, seed)
    places = tuple(arguments.hosts)
    workers = arguments.workers or hosts.workers(places) or environment.cores()
    return Plan(
        claims,
        chosen,
        seed,
        min(workers, len(claims)),
        arguments.time_limit or time_limit(chosen),
        report,
        arguments.resume,
        places,
        arguments.database,
    )


def _try(plan: Plan, durations: int) -> int:
    from lstm_spec.run import check, terminal
    from lstm_spec.run.environment import ASKED

    screen = console()
    interrupted = False
    try:
        with contextlib.closing(check.run(plan)) as records:
            terminal.follow(records, len(plan.claims), screen)
    except KeyboardInterrupt:
        interrupted = True
    tried = plan.report.read()
    terminal.summarize(tried, plan.claims, screen, durations, os.environ.get(ASKED, ""))
    path = one_line(plan.report.path)
    if plan.report.replaced:
        raise BrokenError(f"report {path} was removed while it was written; check again")
    print(f"Report: {path}")
    if interrupted:
        return INTERRUPTED
    return 0 if tried.outcome.good else 1


def _elsewhere(arguments: argparse.Namespace, report: Writer) -> int:
    """Check in an environment that is made for it; return the exit status of that run.

    Raises:
        BrokenError: the cache cannot be written.
    """
    from lstm_spec.releases import environments, matrix

    options = ("effort", "seed", "workers", "time_limit", "durations", "database")
    given = vars(arguments).get("given", {})
    words = [f"--{name.replace('_', '-')}={given[name]}" for name in options if name in given]
    words += ["--resume"] if arguments.resume else []
    words += [f"--report={arguments.report.absolute()}", *arguments.names]
    try:
        if arguments.entry:
            asked = matrix.find(arguments.entry).request
        else:
            backend = arguments.backend or "tensorflow"
            asked = environments.ask(arguments.packages, arguments.python or "", backend)
        if os.environ.get("PYTHONPATH"):
            hint = "PYTHONPATH does not count there; try a source tree by --with and its folder"
            print(f"lstm-spec: {hint}", file=sys.stderr)
        status = environments.check(asked, words, asked=_asked(arguments), report=report)
        return status if status > 1 else max(status, _since(report, asked))
    except OSError as error:
        raise BrokenError(str(error)) from None


def _asked(arguments: argparse.Namespace) -> list[str]:
    """Return the options that ask for an environment, as they were given."""
    words = ["--in", arguments.entry] if arguments.entry else []
    words += [word for package in arguments.packages for word in ("--with", package)]
    words += ["--backend", arguments.backend] if arguments.backend else []
    return words + (["--python", arguments.python] if arguments.python else [])


def _since(report: Writer, asked: Request) -> int:
    """Compare a report with the nearest one of the ledger; return 1 if anything got worse.

    Where the ledger has no earlier report of that backend and Keras it is the nearest later one,
    beside which nothing of this one is called worse.

    Args:
        report: what was written.
        asked: what its environment was asked to hold.
    """
    from lstm_spec.releases import ledger
    from lstm_spec.releases.compare import compare

    tried = report.read()
    claims = tried.header.claims
    file = shlex.quote(str(report.path))
    if name := ledger.nearest(tried, asked.moved):
        print(f"\nCompared with {name} of the ledger:\n", flush=True)
        comparison = compare(ledger.narrowed(ledger.find(name), claims), tried)
        word = ledger.NEAREST if ledger.nearest(tried, ()) == name else name
        _show_concerned(comparison, claims, f"{word} {file}")
        return 1 if comparison.worse else 0
    if name := ledger.nearest_later(tried):
        print(f"\nCompared with {name} of the ledger, which has none earlier:\n", flush=True)
        comparison = compare(tried, ledger.narrowed(ledger.find(name), claims))
        _show_concerned(comparison, claims, f"{file} {name}")
        return 0
    print("\nThe ledger has no report of this backend and this Keras to compare with.")
    return 0


def _show_concerned(comparison: Comparison, claims: list[str], sides: str) -> None:
    """Print a comparison; of a part of the claims without signatures and documentation.

    Args:
        comparison: what differs.
        claims: those that were tried.
        sides: the words by which `lstm-spec compare` compares the same reports.
    """
    from msgspec import structs

    from lstm_spec.releases.tables import count

    whole = {claim.id for claim in catalog.claims()} <= set(claims)
    changes = [*(comparison.signatures or []), *(comparison.documentation or [])]
    part = structs.replace(comparison, signatures=[], documentation=[])
    _show(comparison if whole else part, "table")
    if changes and not whole:
        left = f"{count(len(changes), 'change')} of signatures and documentation left out"
        print(f"\n{left}; `lstm-spec compare {one_line(sides)}` shows them.")


def _bisect_as_option(arguments: argparse.Namespace) -> int:
    """Do what the verb does, which was an option of `check` once.

    Raises:
        UsageError: not one claim is named.
    """
    if len(arguments.names) != 1:
        raise UsageError("bisect is about one claim; give its id")
    first, last = arguments.bisect
    return bisect(argparse.Namespace(name=arguments.names[0], first=first, last=last))


def bisect(arguments: argparse.Namespace) -> int:
    """Say between which two releases of a row of the matrix a claim got another verdict.

    Raises:
        BrokenError: a file cannot be written.
    """
    from lstm_spec.releases import matrix

    claim = catalog.find(arguments.name).id

    def verdict(name: str) -> Verdict:
        outcome = matrix.verdict_at(name, claim)
        print(f"{name}: {outcome}", flush=True)
        return outcome

    try:
        names = matrix.between(arguments.first, arguments.last)
        before, after = matrix.search(names, verdict)
    except OSError as error:
        raise BrokenError(str(error)) from None
    print(f"\n{claim} changed between {before} and {after}.")
    return 0


def compare(arguments: argparse.Namespace) -> int:
    """Show what differs in two reports, or which of two environments is slower.

    Raises:
        UsageError: an option is of the other kind of comparison.
    """
    from lstm_spec.releases import ledger
    from lstm_spec.releases.compare import compare

    if arguments.speed:
        return _speed(arguments)
    if arguments.python:
        raise UsageError("--python is about environments; give --speed too")
    comparison = compare(*ledger.pair(arguments.then, arguments.now))
    _show(comparison, arguments.format, whole=arguments.all)
    return 1 if comparison.worse else 0


def _speed(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from lstm_spec.releases import speed

    try:
        sides = (arguments.then, arguments.now)
        then, now = (speed.side(side, arguments.python or "") for side in sides)
        with Console(stderr=True).status("") as status:
            speeds = speed.race((then, now), tell=status.update)
    except OSError as error:
        file = error.filename or "a file"
        raise BrokenError(f"{file} cannot be written: {error.strerror}") from None
    _show(speeds, arguments.format)
    return 1 if speeds.worse else 0


def _show(comparison: Comparison | Speeds, layout: str, *, whole: bool = True) -> None:
    """Print a comparison in a layout.

    Args:
        comparison: what differs.
        layout: "table", "markdown" or "json".
        whole: whether a table holds signatures, documentation and environment too.
    """
    from lstm_spec.releases import tables

    if layout == "table":
        screen = console()
        with screen.pager(styles=True) if _pages(comparison, whole) else contextlib.nullcontext():
            tables.table(comparison, screen, whole=whole)
    else:
        print(tables.markdown(comparison) if layout == "markdown" else tables.json(comparison))


def _pages(comparison: Comparison | Speeds, whole: bool) -> bool:
    """Return whether a comparison is longer than the terminal that it is printed to."""
    from lstm_spec.releases import tables

    screen = console()
    return screen.is_terminal and tables.lines(comparison, screen, whole=whole) > screen.height


def merge(arguments: argparse.Namespace) -> int:
    """Join the reports of shards into one."""
    from lstm_spec.releases import ledger
    from lstm_spec.releases.ledger import merge

    _forbid_input(arguments.out, arguments.reports)
    with open_report(arguments.out) as out:
        shards = [(name, ledger.find(name)) for name in arguments.reports]
        joined = merge(shards, partial=arguments.partial)
        _write(out, joined)
    counts = ", ".join(f"{count} {verdict}" for verdict, count in joined.verdicts.items())
    print(f"{arguments.out}: {counts}")
    return 0


def _forbid_input(out: Path, names: Sequence[str]) -> None:
    existing = [name for name in names if os.path.exists(out) and os.path.exists(name)]
    if any(os.path.samefile(out, name) for name in existing):
        raise UnwritableError(f"{out} is one of the reports; give another file for what is joined")


def _write(out: Writer, joined: Report) -> None:
    assert joined.footer is not None, "what is joined is complete"
    lines: list[Line] = [*joined.records, joined.footer]
    with writing(out.path):
        out.begin(joined.header)
        for line in lines:
            out.append(line)


def list_(arguments: argparse.Namespace) -> int:
    """List the chapters; or of those that are named, or of what is searched for, the claims."""
    claims = catalog.select(arguments.names)
    if arguments.beliefs:
        claims = [claim for claim in claims if claim.corrects]
    if arguments.find:
        text = arguments.find.casefold()
        claims = [claim for claim in claims if text in _listed(claim).casefold()]
    if not (arguments.names or arguments.find or arguments.beliefs):
        for chapter in catalog.chapters():
            title = catalog.introduction(chapter).partition("\n")[0]
            count = sum(claim.chapter == chapter for claim in claims)
            print(f"{chapter:<10} {count:>4}  {title}")
        print(f"{'all':<10} {len(claims):>4}  `lstm-spec list CHAPTER` lists its claims.")
        return 0
    if not claims:
        print(f"no claim contains {one_line(arguments.find or 'a belief')!r}", file=sys.stderr)
        return NOTHING
    for claim in claims:
        print(claim.id)
        if arguments.beliefs:
            print(f"    Believed: {claim.corrects}")
        print(f"    {claim.statement}")
    return 0


def _listed(claim: catalog.Claim) -> str:
    return f"{claim.id} {claim.statement} {claim.corrects or ''}"


def show(arguments: argparse.Namespace) -> int:
    """Print a claim as it is written: its sentence, reason, example and test."""
    claim = catalog.find(arguments.name)
    print(f"# {claim.path}, line {claim.line}\n\n{claim.text}")
    return 0


def cite(arguments: argparse.Namespace) -> int:
    """Print a claim or a question for pasting, on the newest release or on the one asked for."""
    from lstm_spec.answers.cite import FORMATS, citation
    from lstm_spec.answers.standing import asked, extent
    from lstm_spec.releases import ledger

    place, report = asked(arguments.release or "", arguments.backend or "")
    if "." not in arguments.name and _cite_question(arguments, place):
        return 0
    claim = catalog.find(arguments.name)
    untried = ledger.untried(report, claim.id) if report else ""
    tried = extent(claim.id, place, report)
    cited = citation(claim, ledger.verdicts(claim.id), place, untried, tried)
    print(FORMATS[arguments.format](cited), end="")
    return 0


def _cite_question(arguments: argparse.Namespace, place: Place) -> bool:
    """Print the answer to the question that has the id; return whether there is one."""
    from lstm_spec.answers.answer import CITATIONS, cited, whole_library

    reply = cited(arguments.name, whole_library(), place)
    print(CITATIONS[arguments.format](reply) if reply else "", end="")
    return reply is not None


def answer(arguments: argparse.Namespace) -> int:
    """Print the answer to a question, made of claims; or say that there is none."""
    from lstm_spec.answers.answer import FORMATS, LONGEST, answer, find, whole_library
    from lstm_spec.answers.standing import asked

    words = " ".join(arguments.words)
    question = sys.stdin.read(LONGEST) if words == "-" else words
    place, _ = asked(arguments.release or "", arguments.backend or "")
    library = whole_library()
    reply = answer(question, find(question, library), library, place)
    print(FORMATS[arguments.format](reply), end="")
    hint = "ask in other words, or with a question's id, number or address"
    return 0 if reply.answered else say(f"no answer; {hint}", NO_ANSWER)


def explain(arguments: argparse.Namespace) -> int:
    """Print what a constructor call makes, and draw it where asked to."""
    from lstm_spec.answers.constructor import input_shape, layer
    from lstm_spec.answers.explain import FORMATS, explain

    built = layer(arguments.call, input_shape(arguments.input))
    if arguments.draw:
        _draw(built, arguments.draw, arguments.strengths)
    print(FORMATS[arguments.format](explain(built)), end="")
    return 0


def _draw(built: Layer, file: Path, measured: bool) -> None:
    from lstm_spec.answers.picture import draw, picture_of

    forbid_unwritable(file, "picture")
    text = draw(picture_of(built, measured=measured))
    with writing(file, "picture"):
        file.write_text(text, encoding="utf-8")


def review(arguments: argparse.Namespace) -> int:
    """Print what is found in a program or a model."""
    from lstm_spec.reviews.review import FORMATS, of_file, worst

    findings = of_file(arguments.file, arguments.to)
    print(FORMATS[arguments.format](findings), end="")
    return NOTHING if worst(findings) in ("error", "wrong numbers") else 0


def mcp(_: argparse.Namespace) -> int:
    """Serve assistants over standard input and output."""
    from lstm_spec.assistants import serve

    serve()
    return 0


def upstream(arguments: argparse.Namespace) -> int:
    """Print an issue for each cause of what deviates on the newest release or the nightly."""
    from lstm_spec.answers import upstream
    from lstm_spec.releases import ledger, matrix
    from lstm_spec.run import deviations

    chosen = catalog.select(arguments.names)
    coming = ledger.find(arguments.report) if arguments.report else matrix.nightly()
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
    more = "an issue" if hidden == 1 else f"{hidden} issues"
    hint = f"--mended prints {more} more that the nightly has fixed"
    if not texts and hidden:
        return say(f"what deviates is fixed on the nightly; {hint}", NOTHING)
    if not texts:
        words = ", ".join(arguments.names)
        return say(f"nothing of {words} deviates on {deviations.newest()}", NOTHING)
    print("\n".join([*texts, *([f"<!-- {hint} -->\n"] if hidden else [])]), end="")
    return 0


HELD = "0: every claim held or deviates as known. 1: one did not."
VERBS: dict[str, tuple[Any, Callable[[argparse.Namespace], int], str, str, tuple[str, ...]]] = {
    "answer": (
        _add_answer,
        answer,
        "answer a question about LSTM",
        "0. 4: no claim answers it.",
        ('lstm-spec answer "is the third timestep ignored by two units?"',),
    ),
    "cite": (
        _add_cite,
        cite,
        "print a claim, or the answer to a question, for pasting",
        "0.",
        ("lstm-spec cite gates.order", "lstm-spec cite time.every-step --for keras==3.9.2"),
    ),
    "explain": (
        _add_explain,
        explain,
        "say what a call of LSTM makes",
        "0.",
        ("lstm-spec explain 'LSTM(2, return_sequences=True)' --input 3,1",),
    ),
    "review": (
        _add_review,
        review,
        "say what a program or a model makes of shapes, and what is wrong in it",
        "0. 1: Keras refuses something, or computes something else than is meant.",
        (
            "lstm-spec review model.py",
            "pbpaste | lstm-spec review - --format markdown",
            "lstm-spec review model.keras --to keras==3.9.2",
        ),
    ),
    "list": (
        _add_list,
        list_,
        "list chapters, claims and beliefs",
        "0. 1: nothing is found.",
        ("lstm-spec list", "lstm-spec list masking", "lstm-spec list --beliefs --find stateful"),
    ),
    "show": (
        _add_show,
        show,
        "print a claim with its test",
        "0.",
        ("lstm-spec show time.every-step",),
    ),
    "check": (
        _add_check,
        check,
        "try claims on the Keras installed here, or on another",
        HELD,
        (
            "lstm-spec check",
            "lstm-spec check masking time.order --effort smoke",
            "lstm-spec check --with tf-nightly",
            "lstm-spec check --in keras-3.9 --effort smoke",
        ),
    ),
    "compare": (
        _add_compare,
        compare,
        "say what differs in two reports, or in speed",
        "0: nothing got worse. 1: something did.",
        (
            "lstm-spec compare tensorflow-2.15 keras-3.0",
            "lstm-spec compare nearest lstm-spec-report.jsonl",
            "lstm-spec compare --speed keras-3.9 here",
        ),
    ),
    "bisect": (
        _add_bisect,
        bisect,
        "say in which release a claim got another verdict",
        "0.",
        ("lstm-spec bisect masking.attached-with-state keras-3.0 keras-3.15",),
    ),
    "merge": (
        _add_merge,
        merge,
        "join reports of which each tried other claims",
        "0.",
        ("lstm-spec merge all.jsonl first.jsonl second.jsonl",),
    ),
    "upstream": (
        _add_upstream,
        upstream,
        "print what deviates as issues for Keras",
        "0. 1: there is nothing to file.",
        ("lstm-spec upstream masking",),
    ),
    "mcp": (
        _add_mcp,
        mcp,
        "serve assistants over stdio, by the Model Context Protocol",
        "0.",
        ("lstm-spec mcp",),
    ),
}
"""By name: what adds its options, what it does, in a line, its exit statuses, examples."""


# What all verbs do


def console() -> Console:
    """Return what prints to a terminal; a reader that closes the pipe is an error, as for print."""
    from rich.console import Console

    class Piped(Console):
        def on_broken_pipe(self) -> None:  # rich would exit with 1, as if a claim did not hold
            raise BrokenPipeError

    return Piped()


def say(message: object, status: int) -> int:
    """Say why a verb ends, and return its exit status."""
    text = message if status == BROKEN else one_line(message)  # pytest may have printed lines
    print(f"lstm-spec: {text}", file=sys.stderr)
    return status


def forbid_unwritable(file: Path, what: str = "report") -> None:
    """Find out whether a file can be written; leave what is there as it is.

    Raises:
        UnwritableError: it cannot.
    """
    existed = os.path.exists(file)  # unlike Path.exists it takes a name that is too long
    with writing(file, what):
        file.open("ab").close()
    if not existed:
        file.unlink()


@contextlib.contextmanager
def open_report(file: Path) -> Iterator[Writer]:
    """Open a report to write it, locked; leave what is there as it is.

    Raises:
        UnwritableError: it cannot be opened, or another check is writing it.
    """
    with contextlib.ExitStack() as stack:
        try:
            with writing(file):
                report = stack.enter_context(writer(file))
        except LockedError as error:
            raise UnwritableError(f"{error}; wait for its end, or name another file") from None
        if not report.locked:
            hint = f"{one_line(file)} cannot be locked where it is; let no other check write it"
            print(f"lstm-spec: {hint}", file=sys.stderr)
        yield report


@contextlib.contextmanager
def writing(file: Path, what: str = "report") -> Iterator[None]:
    """Say in one sentence that a file cannot be written, if what is done inside fails.

    Raises:
        UnwritableError: it fails.
    """
    try:
        yield
    except OSError as error:
        raise UnwritableError(f"{what} {file} cannot be written: {error.strerror}") from None


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    signal.signal(signal.SIGTERM, _interrupt)
    gc.set_threshold(
        100_000
    )  # scanning the chapters' trees for garbage doubles the time of parsing them
    taken = parser()
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete

        argcomplete.autocomplete(taken)
    arguments = taken.parse_args(words)
    if arguments.verb is None:
        taken.print_help()
        return BAD_USAGE
    try:
        status: int = arguments.function(arguments)
        sys.stdout.flush()
        return status
    except SpecError as error:
        return say(error, error.status)
    except KeyboardInterrupt:
        return say("interrupted", INTERRUPTED)
    except BrokenPipeError:  # who reads has seen enough, as in `lstm-spec check | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREAD


if __name__ == "__main__":
    sys.exit(main())
