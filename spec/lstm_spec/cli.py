"""The command line: what each verb does.

What a verb needs is imported by its function, so that `--help` and a wrong word cost nothing.
"""
# PYTHON_ARGCOMPLETE_OK

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import shlex
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from lstm_spec import catalog, options, streams
from lstm_spec.errors import (
    BAD_USAGE,
    BROKEN,
    INTERRUPTED,
    NEGATIVE,
    NO_ANSWER,
    UNREAD,
    BrokenError,
    SpecError,
    UsageError,
)
from lstm_spec.harness.effort import time_limit
from lstm_spec.options import REPORT, Verb
from lstm_spec.run.report import LockedError, Writer, writer
from lstm_spec.run.text import as_json, count, fitted, of_system, one_line, without_long_words

if TYPE_CHECKING:  # at run time these are imported by the functions that need them
    from rich.console import Console

    from lstm_spec.answers.constructor import Layer
    from lstm_spec.releases.compare import Comparison
    from lstm_spec.releases.environments import Request
    from lstm_spec.releases.speed import Speeds
    from lstm_spec.run.check import Plan
    from lstm_spec.run.report import Report, Verdict


class UnwritableFileError(UsageError):
    """A report or a picture that cannot be written where it was asked for."""


class TwoPlansError(UsageError):
    """The command line says twice what to try, or where."""


# What a verb does


def check(arguments: argparse.Namespace) -> int:
    """Try claims, here or in an environment that is made for it; show and record what happens.

    Raises:
        BrokenError: the report cannot be written.
    """
    from lstm_spec.releases import matrix
    from lstm_spec.run import deviations

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
            return _try(_plan(arguments, claims, report), arguments.durations or 0)
    except OSError as error:
        raise BrokenError(_unwritable(error, arguments.report)) from None


def _forbid_two_plans(arguments: argparse.Namespace) -> None:
    given = vars(arguments).get("given", {})
    plan = ["NAME"] if arguments.names else []
    plan += [f"--{name}" for name in ("effort", "seed") if name in given]
    if arguments.resume and plan:
        raise TwoPlansError(f"--resume tries what the report set out to try; leave out {plan[0]}")
    asked = _asked(arguments)[::2]  # the options, without their values
    if arguments.entry and asked != ["--in"]:
        raise TwoPlansError(f"--in says what the environment holds; leave out {asked[1]}")
    place = [*asked, *(["--workers"] if arguments.workers else [])]
    if arguments.hosts and place:
        raise TwoPlansError(f"--tx says where each worker runs; leave out {place[0]}")


@contextlib.contextmanager
def _opened(arguments: argparse.Namespace) -> Iterator[Writer]:
    """Open and lock the report, or take it as the process gave it that began this one."""
    from lstm_spec.run import check

    if arguments.descriptor is not None:
        check.end_with(os.getppid())
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
    hosts.forbid_useless_database(arguments.database or "", seed)
    places = tuple(arguments.hosts)
    hosts.forbid_unknown(places)
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
        arguments.database or "",
    )


def _try(plan: Plan, durations: int) -> int:
    from lstm_spec.run import check, terminal
    from lstm_spec.run.environment import ASKED

    screen = console()
    interrupted = False
    before = plan.report.written
    try:
        with contextlib.closing(check.run(plan)) as records:
            terminal.follow(records, len(plan.claims), screen)
    except KeyboardInterrupt:
        if plan.report.written == before and not plan.resume:  # it holds another check, or nothing
            raise
        interrupted = True
    tried = plan.report.read()
    terminal.summarize(tried, plan.claims, screen, durations, os.environ.get(ASKED, ""))
    path = one_line(plan.report.path)
    if plan.report.replaced:
        raise BrokenError(f"report {path} was removed while it was written; check again")
    print(f"Report: {path}")
    if interrupted:
        return INTERRUPTED
    return 0 if tried.outcome.good else NEGATIVE


def _elsewhere(arguments: argparse.Namespace, report: Writer) -> int:
    """Check in an environment that is made for it; return the exit status of that run.

    Raises:
        OSError: the cache cannot be written.
    """
    from lstm_spec.releases import environments, matrix

    handed_on = ("effort", "seed", "workers", "time_limit", "durations", "database")
    given = vars(arguments).get("given", {})
    words = [f"--{name.replace('_', '-')}={given[name]}" for name in handed_on if name in given]
    words += ["--resume"] if arguments.resume else []
    words += [f"--report={arguments.report.absolute()}", *arguments.names]
    if arguments.entry:
        asked = matrix.find(arguments.entry).request
    else:
        backend = arguments.backend or "tensorflow"
        asked = environments.ask(arguments.packages, arguments.python or "", backend)
    if os.environ.get("PYTHONPATH"):
        hint = "PYTHONPATH does not count there; try a source tree by --with and its folder"
        print(f"lstm-spec: {hint}", file=sys.stderr)
    status = environments.check(asked, words, asked=_asked(arguments), report=report)
    return status if status > 1 else max(status, _compare_with_ledger(report, asked))


def _asked(arguments: argparse.Namespace) -> list[str]:
    """Return the options that ask for an environment, as they were given."""
    words = ["--in", arguments.entry] if arguments.entry else []
    words += [word for package in arguments.packages for word in ("--with", package)]
    words += ["--backend", arguments.backend] if arguments.backend else []
    return words + (["--python", arguments.python] if arguments.python else [])


def _compare_with_ledger(report: Writer, asked: Request) -> int:
    """Compare a report with the nearest one of the ledger; return NEGATIVE if anything got worse.

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
        return NEGATIVE if comparison.worse else 0
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

    whole = {claim.id for claim in catalog.claims()} <= set(claims)
    changes = [*(comparison.signatures or []), *(comparison.documentation or [])]
    part = structs.replace(comparison, signatures=[], documentation=[])
    _show(comparison if whole else part, "table")
    if changes and not whole:
        left = f"{count(len(changes), 'change')} of signatures and documentation left out"
        print(f"\n{left}; `lstm-spec compare {one_line(sides)}` shows them.")


def bisect(arguments: argparse.Namespace) -> int:
    """Say between which two releases of a row of the matrix a claim got another verdict.

    Raises:
        BrokenError: a file cannot be written.
    """
    from lstm_spec.releases.bisect import between, search, verdict_at

    claim = catalog.find(arguments.name).id

    def verdict(name: str) -> Verdict:
        outcome = verdict_at(name, claim)
        print(f"{name}: {outcome}", flush=True)
        return outcome

    try:
        names = between(arguments.first, arguments.last)
        before, after = search(names, verdict)
    except OSError as error:
        raise BrokenError(_unwritable(error)) from None
    print(f"\n{claim} changed between {before} and {after}.")
    return 0


def compare(arguments: argparse.Namespace) -> int:
    """Show what differs in two reports, or which of two environments is slower.

    Raises:
        UsageError: an option is of the other kind of comparison.
    """
    from lstm_spec.releases import ledger
    from lstm_spec.releases.compare import compare

    if arguments.speed and arguments.all:
        raise UsageError("--all is about reports; leave out --all or --speed")
    if arguments.speed:
        return _speed(arguments)
    if arguments.python:
        raise UsageError("--python is about environments; give --speed too")
    comparison = compare(*ledger.pair(arguments.then, arguments.now))
    _show(comparison, arguments.format, whole=arguments.all)
    return NEGATIVE if comparison.worse else 0


def _speed(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from lstm_spec.releases import speed

    try:
        sides = (arguments.then, arguments.now)
        then, now = (speed.side(side, arguments.python or "") for side in sides)
        with Console(stderr=True).status("") as status:
            speeds = speed.race((then, now), tell=status.update)
    except OSError as error:
        raise BrokenError(_unwritable(error)) from None
    _show(speeds, arguments.format)
    return NEGATIVE if speeds.worse else 0


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
        text = f"{tables.markdown(comparison)}\n" if layout == "markdown" else as_json(comparison)
        print(text, end="")


def _pages(comparison: Comparison | Speeds, whole: bool) -> bool:
    """Return whether a comparison is longer than the terminal that it is printed to."""
    from lstm_spec.releases import tables

    screen = console()
    long = screen.is_terminal and tables.lines(comparison, screen, whole=whole) > screen.height
    return long and _has_pager()


def _has_pager() -> bool:
    """Return whether there is the pager that is asked for: a missing one would show nothing."""
    asked = (os.environ.get("MANPAGER") or os.environ.get("PAGER") or "").split()
    return not asked or shutil.which(asked[0]) is not None


def merge(arguments: argparse.Namespace) -> int:
    """Join the reports of shards into one."""
    from lstm_spec.releases import ledger

    _forbid_input(arguments.out, arguments.reports)
    with open_report(arguments.out) as out:
        shards = [(name, ledger.find(name)) for name in arguments.reports]
        joined = ledger.merge(shards, partial=arguments.partial)
        _write(out, joined)
    counts = ", ".join(f"{number} {verdict}" for verdict, number in joined.verdicts.items())
    print(f"{arguments.out}: {counts}")
    return 0


def _forbid_input(out: Path, names: Sequence[str]) -> None:
    existing = [name for name in names if os.path.exists(out) and os.path.exists(name)]
    if any(os.path.samefile(out, name) for name in existing):
        raise UnwritableFileError(
            f"{out} is one of the reports; give another file for what is joined"
        )


def _write(out: Writer, joined: Report) -> None:
    assert joined.footer is not None, "what is joined is complete"
    with writing(out.path):
        out.begin(joined.header, *joined.records, joined.footer)


def list_(arguments: argparse.Namespace) -> int:
    """List the chapters; or of those that are named, or of what is searched for, the claims."""
    claims = catalog.select(arguments.names)
    if arguments.beliefs:
        claims = [claim for claim in claims if claim.corrects]
    if arguments.find:
        text = arguments.find.casefold()
        claims = [claim for claim in claims if text in _listed(claim).casefold()]
    if not (arguments.names or arguments.find or arguments.beliefs):
        lines = []
        for chapter in catalog.chapters():
            title = catalog.introduction(chapter).partition("\n")[0]
            number = sum(claim.chapter == chapter for claim in claims)
            lines.append(f"{chapter:<10} {number:>4}  {title.partition(': ')[2]}\n")
        lines.append(f"{'all':<10} {len(claims):>4}  `lstm-spec list CHAPTER` lists its claims.\n")
        _print("".join(lines), "text")
        return 0
    if not claims:
        text = one_line(arguments.find or "")
        which = "none of these claims" if arguments.names or arguments.beliefs else "no claim"
        none = f"{which} contains {text!r}" if text else "none of these claims corrects a belief"
        return say(none, NEGATIVE)
    lines = []
    for claim in claims:
        believed = [f"    Believed: {claim.corrects}"] if arguments.beliefs else []
        lines += [claim.id, *believed, f"    {claim.statement}"]
    _print("\n".join([*lines, ""]), "text")
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
    from lstm_spec.answers.cite import FORMATS, citation_at
    from lstm_spec.answers.questions import is_of_question
    from lstm_spec.answers.standing import asked

    place, report = asked(arguments.release or "", arguments.backend or "")
    if is_of_question(arguments.name):
        from lstm_spec.answers.answer import CITATIONS, cited, whole_library

        reply = cited(arguments.name, whole_library(), place, report)
        _print(CITATIONS[arguments.format](reply), arguments.format)
        return 0
    claim = citation_at(arguments.name, place, report)
    _print(FORMATS[arguments.format](claim), arguments.format)
    return 0


def answer(arguments: argparse.Namespace) -> int:
    """Print the answer to a question, made of claims; or say that there is none.

    Raises:
        UsageError: there is no question.
    """
    from lstm_spec.answers.answer import FORMATS, LONGEST, answer, find, whole_library
    from lstm_spec.answers.standing import asked

    words = " ".join(arguments.words)
    given = sys.stdin.read(LONGEST) if words == "-" else words
    question = given.encode("utf-8", "replace").decode()  # bytes of no encoding are question marks
    if not question.strip():
        raise UsageError("the question is empty; ask in words, or give an error message")
    place, report = asked(arguments.release or "", arguments.backend or "")
    library = whole_library()
    reply = answer(question, find(question, library), library, place, report)
    _print(FORMATS[arguments.format](reply), arguments.format)
    hint = "ask in other words, or with a question's id, number or address"
    return 0 if reply.answered else say(f"no answer; {hint}", NO_ANSWER)


def explain(arguments: argparse.Namespace) -> int:
    """Print what a constructor call makes, and draw it where asked to.

    Raises:
        UsageError: there is no picture to which an option could apply.
    """
    from lstm_spec.answers.constructor import declared, input_shape, layer
    from lstm_spec.answers.explain import FORMATS, explain, text

    if arguments.strengths and not arguments.draw:
        raise UsageError("--strengths is about the picture; give --draw FILE.svg too")
    given = arguments.input
    sizes = input_shape(given) if given is not None else declared(arguments.call) or (None, 1)
    built = layer(arguments.call, sizes)
    if arguments.draw:
        _draw(built, arguments.draw, arguments.strengths)
    explanation = explain(built)
    if arguments.format == "text" and (width := _width()):
        _print(text(explanation, width), "text")
    else:
        _print(FORMATS[arguments.format](explanation), arguments.format)
    return 0


def _draw(built: Layer, file: Path, measured: bool) -> None:
    from lstm_spec.answers.picture import draw, picture_of

    if file.suffix.lower() not in ("", ".svg"):
        raise UnwritableFileError(f"picture {file} would be SVG; give a name that ends in .svg")
    forbid_unwritable(file, "picture")
    text = draw(picture_of(built, measured=measured))
    with writing(file, "picture"):
        file.write_text(text, encoding="utf-8")


def review(arguments: argparse.Namespace) -> int:
    """Print what is found in a program or a model."""
    from lstm_spec.reviews.review import FORMATS, of_file, text, worst

    findings = of_file(arguments.file, arguments.to or "")
    if arguments.format == "text" and (width := _width()):
        print(text(findings, width), end="")
    else:
        _print(FORMATS[arguments.format](findings), arguments.format)
    return NEGATIVE if worst(findings) in ("error", "wrong numbers") else 0


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
    fixed = [issue for issue in issues if upstream.is_fixed(issue, evidence)]
    shown = [issue for issue in issues if arguments.fixed or issue not in fixed]
    named = {claim.id for claim in chosen}
    texts = [upstream.markdown(issue, evidence) for issue in shown]
    texts += [
        upstream.new(record, evidence)
        for record in upstream.broken(evidence)
        if record.claim in named
    ]
    hidden = len(issues) - len(shown)
    more = "an issue" if hidden == 1 else f"{hidden} issues"
    hint = f"--fixed prints {more} more that the nightly has fixed"
    if not texts and hidden:
        return say(f"what deviates is fixed on the nightly; {hint}", NEGATIVE)
    if not texts:
        words = ", ".join(arguments.names)
        return say(f"nothing of {words} deviates on {deviations.newest()}", NEGATIVE)
    print("\n".join([*texts, *([f"<!-- {hint} -->\n"] if hidden else [])]), end="")
    return 0


HELD = "0: every claim held or deviates as known. 1: one did not."
VERBS: dict[str, Verb] = {
    "answer": Verb(
        answer,
        "answer a question about LSTM",
        "0. 4: no claim answers it.",
        ('lstm-spec answer "is the third timestep ignored by two units?"',),
    ),
    "cite": Verb(
        cite,
        "print a claim, or the answer to a question, for pasting",
        "0.",
        ("lstm-spec cite gates.order", "lstm-spec cite time.every-step --for keras==3.9.2"),
    ),
    "explain": Verb(
        explain,
        "say what a call of LSTM makes",
        "0.",
        ("lstm-spec explain 'LSTM(2, return_sequences=True)' --input 3,1",),
    ),
    "review": Verb(
        review,
        "say what a program or a model makes of shapes, and what is wrong in it",
        "0. 1: Keras refuses something, or computes something else than is meant.",
        (
            "lstm-spec review model.py",
            "pbpaste | lstm-spec review - --format markdown",
            "lstm-spec review model.keras --to keras==3.9.2",
        ),
    ),
    "list": Verb(
        list_,
        "list chapters, claims and beliefs",
        "0. 1: nothing is found.",
        ("lstm-spec list", "lstm-spec list masking", "lstm-spec list --beliefs --find stateful"),
    ),
    "show": Verb(
        show,
        "print a claim with its test",
        "0.",
        ("lstm-spec show time.every-step",),
    ),
    "check": Verb(
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
    "compare": Verb(
        compare,
        "say what differs in two reports, or in speed",
        "0: nothing got worse. 1: something did.",
        (
            "lstm-spec compare tensorflow-2.15 keras-3.0",
            "lstm-spec compare nearest lstm-spec-report.jsonl",
            "lstm-spec compare --speed keras-3.9 here",
        ),
    ),
    "bisect": Verb(
        bisect,
        "say in which release a claim got another verdict",
        "0.",
        ("lstm-spec bisect masking.attached-with-state keras-3.0 keras-3.15",),
    ),
    "merge": Verb(
        merge,
        "join reports of which each tried other claims",
        "0.",
        ("lstm-spec merge all.jsonl first.jsonl second.jsonl",),
    ),
    "upstream": Verb(
        upstream,
        "print what deviates as issues for Keras",
        "0. 1: there is nothing to file.",
        ("lstm-spec upstream masking",),
    ),
    "mcp": Verb(
        mcp,
        "serve assistants over stdio, by the Model Context Protocol",
        "0.",
        ("lstm-spec mcp",),
    ),
}
"""The verbs by name, in the order of the help."""


# What all verbs do


NARROWEST = 20
"""The fewest columns that are printed for: a terminal that does not know its width says 0."""


def console() -> Console:
    """Return what prints to a terminal."""
    from rich.console import Console

    screen = Console()
    screen.width = max(screen.width, NARROWEST)
    return screen


def _width() -> int:
    """Return how wide the terminal is to which is printed; 0 if it is none."""
    return max(shutil.get_terminal_size().columns, NARROWEST) if sys.stdout.isatty() else 0


def _print(text: str, layout: str) -> None:
    """Print what is to be read; on a terminal no word of prose is cut at the end of a line."""
    width = _width() if layout in ("markdown", "text") else 0
    print(fitted(text, width) if width else text, end="")


def say(message: object, status: int) -> int:
    """Say why a verb ends, and return its exit status."""
    text = str(message) if status == BROKEN else one_line(message)  # pytest may have printed lines
    try:
        print(f"lstm-spec: {without_long_words(text)}", file=sys.stderr)
    except OSError:  # standard error is full: the status tells
        streams.drop(2)
    return status


def forbid_unwritable(file: Path, what: str = "report") -> None:
    """Find out whether a file can be written; leave what is there as it is.

    Raises:
        UnwritableFileError: it cannot.
    """
    existed = os.path.lexists(file)
    with writing(file, what):
        file.open("ab").close()
    if not existed:
        file.unlink()


@contextlib.contextmanager
def open_report(file: Path) -> Iterator[Writer]:
    """Open a report to write it, locked; leave what is there as it is.

    Raises:
        UnwritableFileError: it cannot be opened, or another check is writing it.
    """
    with contextlib.ExitStack() as stack:
        try:
            with writing(file):
                report = stack.enter_context(writer(file))
        except LockedError as error:
            raise UnwritableFileError(f"{error}; wait for its end, or name another file") from None
        if not report.locked:
            hint = f"{one_line(file)} cannot be locked where it is; let no other check write it"
            print(f"lstm-spec: {hint}", file=sys.stderr)
        yield report


@contextlib.contextmanager
def writing(file: Path, what: str = "report") -> Iterator[None]:
    """Say in one sentence that a file cannot be written, if what is done inside fails.

    Raises:
        UnwritableFileError: it fails.
    """
    try:
        yield
    except OSError as error:
        raise UnwritableFileError(f"{what} {file} cannot be written: {of_system(error)}") from None


def _unwritable(error: OSError, otherwise: object = "a file") -> str:
    """Say that a file cannot be written, and why.

    Args:
        error: the error.
        otherwise: what is meant where the error names no file.
    """
    return f"{error.filename or otherwise} cannot be written: {of_system(error)}"


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    signal.signal(signal.SIGTERM, _interrupt)
    streams.prepare()
    try:
        try:
            return _run(words)
        finally:
            sys.stdout.flush()
    except streams.UnreadOutputError:
        streams.drop()
        return UNREAD
    except streams.UnwritableOutputError as error:
        streams.drop()
        return say(error, BROKEN)


def _run(words: Sequence[str] | None) -> int:
    """Run the verb that the command line names and return its exit status."""
    # To scan the chapters' trees for garbage takes as long as to parse them.
    gc.set_threshold(100_000)
    parser = options.parser(VERBS)
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete

        argcomplete.autocomplete(parser)
    arguments = parser.parse_args(words)
    if arguments.verb is None:
        parser.print_help()
        return BAD_USAGE
    try:
        status: int = arguments.function(arguments)
        return status
    except SpecError as error:
        return say(error, error.status)
    except OSError as error:
        return say(f"{error.filename or 'a file'} cannot be used: {of_system(error)}", BROKEN)
    except KeyboardInterrupt:
        return say("interrupted", INTERRUPTED)


if __name__ == "__main__":
    sys.exit(main())
