"""`lstm-spec check`: here, on other releases, or from release to release."""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lstm_spec import catalog
from lstm_spec.run.effort import time_limit
from lstm_spec.verbs.compare import show
from lstm_spec.verbs.outcome import (
    BAD_USAGE,
    BROKEN,
    INTERRUPTED,
    UnwritableError,
    console,
    open_report,
    say,
)

if TYPE_CHECKING:  # at run time these are imported by the functions that need them
    from lstm_spec.catalog import Claim
    from lstm_spec.releases.compare import Comparison
    from lstm_spec.releases.request import Request
    from lstm_spec.run.check import Plan
    from lstm_spec.run.report import Environment, Verdict, Writer


def check(arguments: argparse.Namespace) -> int:
    """Try claims on the installed Keras, show and record what happens.

    Returns:
        0 if every claim held or deviates as known, 1 if one did not, 2 for wrong usage, 3 if
        the installation is broken, 130 if interrupted.
    """
    from lstm_spec.run import deviations, environment
    from lstm_spec.run.check import StoppedError
    from lstm_spec.run.hosts import UselessDatabaseError
    from lstm_spec.run.report import UnreadableReportError
    from lstm_spec.run.resume import UnresumableError

    try:
        _forbid_other_plan(arguments)
        claims = catalog.select(arguments.names)
        deviations.forbid_stale(deviations.load(), {claim.id for claim in catalog.claims()})
        if arguments.bisect:
            return _bisect(arguments, claims)
        with _report(arguments) as report:
            if arguments.packages or arguments.backend or arguments.python:
                return _apart(arguments, report)
            here = environment.probe()
            plan = _plan(arguments, claims, here, report)
            return _try(plan, here, arguments.durations)
    except (
        catalog.UnknownNameError,
        UnwritableError,
        UnresumableError,
        UselessDatabaseError,
        _TwoPlansError,
    ) as error:
        return say(error, BAD_USAGE)
    except (
        environment.BrokenInstallationError,
        deviations.DeviationError,
        StoppedError,
        UnreadableReportError,
    ) as error:
        return say(error, BROKEN)
    except OSError as error:
        return say(f"{arguments.report} cannot be written: {error.strerror}", BROKEN)


class _TwoPlansError(ValueError):
    """The command line says twice what to try, or where."""


def _forbid_other_plan(arguments: argparse.Namespace) -> None:
    given = vars(arguments).get("given", {})
    said = ["NAME"] * bool(arguments.names) + ["--bisect"] * bool(arguments.bisect)
    said += [f"--{name}" for name in ("effort", "seed") if name in given]
    if arguments.resume and said:
        raise _TwoPlansError(f"--resume tries what the report set out to try; leave out {said[0]}")
    apart = [f"--{name}" for name in ("backend", "python") if vars(arguments)[name]]
    apart += ["--with"] * bool(arguments.packages) + ["--workers"] * bool(arguments.workers)
    if arguments.hosts and apart:
        raise _TwoPlansError(f"--tx says where each worker runs; leave out {apart[0]}")


@contextlib.contextmanager
def _report(arguments: argparse.Namespace) -> Iterator[Writer]:
    """Open and lock the report, or take it as the process gave it that began this one.

    Raises:
        UnwritableError: it cannot be opened, or another check is writing it.
        UnresumableError: there is none to go on with.
    """
    from lstm_spec.run import resume
    from lstm_spec.run.check import end_with
    from lstm_spec.run.report import Writer

    if arguments.descriptor is not None:
        end_with(os.getppid())
        yield Writer(arguments.report, arguments.descriptor)
        return
    with open_report(arguments.report) as report:
        if arguments.resume:
            resume.forbid_unusable(report)
        yield report


def _plan(
    arguments: argparse.Namespace, claims: list[Claim], here: Environment, report: Writer
) -> Plan:
    from lstm_spec.run import environment, hosts, resume
    from lstm_spec.run.check import Plan

    effort, seed = arguments.effort, arguments.seed
    if arguments.resume:
        begun = resume.header(report, here)
        claims, effort, seed = catalog.select(begun.claims), begun.effort, begun.seed
    hosts.forbid_useless_database(arguments.database, seed)
    places = tuple(arguments.hosts)
    workers = arguments.workers or hosts.workers(places) or environment.cores()
    limit = arguments.time_limit or time_limit(effort)
    return Plan(
        claims,
        effort,
        seed,
        min(workers, len(claims)),
        limit,
        report,
        arguments.resume,
        places,
        arguments.database,
    )


def _try(plan: Plan, environment: Environment, durations: int) -> int:
    from lstm_spec.run import check, terminal
    from lstm_spec.run.environment import ASKED
    from lstm_spec.run.oneline import one_line

    screen = console()
    try:
        with contextlib.closing(check.run(plan, environment)) as records:
            terminal.follow(records, len(plan.claims), screen)
        interrupted = False
    except KeyboardInterrupt:
        interrupted = True
    tried = plan.report.read()
    asked = os.environ.get(ASKED, "")
    terminal.summarize(tried, plan.claims, screen, durations, asked)
    path = one_line(plan.report.path)
    if plan.report.replaced:
        return say(f"report {path} was removed while it was written; check again", BROKEN)
    print(f"Report: {path}")
    if interrupted:
        return INTERRUPTED
    return 0 if tried.outcome.good else 1


def _apart(arguments: argparse.Namespace, report: Writer) -> int:
    """Check in an environment that is made for it; return the exit status of that run."""
    from lstm_spec.releases import apart, request, venv

    options = ("effort", "seed", "workers", "time_limit", "durations", "database")
    given = vars(arguments).get("given", {})
    words = [f"--{name.replace('_', '-')}={given[name]}" for name in options if name in given]
    words += ["--resume"] * arguments.resume
    words += [f"--report={arguments.report.absolute()}", *arguments.names]
    try:
        backend = arguments.backend or "tensorflow"
        asked = venv.ask(arguments.packages, arguments.python or "", backend)
        if os.environ.get("PYTHONPATH"):
            told = "PYTHONPATH does not count there; try a source tree by --with and its folder"
            print(f"lstm-spec: {told}", file=sys.stderr)
        status = apart.check(asked, words, asked=_asked(arguments), report=report)
        return status if status > 1 else max(status, _since(report, asked))
    except request.UnusableRequirementError as error:
        return say(error, BAD_USAGE)
    except (venv.UnmadeError, OSError) as error:
        return say(error, BROKEN)


def _asked(arguments: argparse.Namespace) -> list[str]:
    """Return the options that ask for an environment, as they were given."""
    words = [word for package in arguments.packages for word in ("--with", package)]
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
    claims, file = tried.header.claims, shlex.quote(str(report.path))
    if name := ledger.nearest(tried, asked.moved):
        print(f"\nCompared with {name} of the ledger:\n", flush=True)
        found = compare(ledger.narrowed(ledger.find(name), claims), tried)
        word = ledger.NEAREST if ledger.nearest(tried, ()) == name else name
        _show_concerned(found, claims, f"{word} {file}")
        return 1 if found.worse else 0
    if name := ledger.nearest_later(tried):
        print(f"\nCompared with {name} of the ledger, which has none earlier:\n", flush=True)
        found = compare(tried, ledger.narrowed(ledger.find(name), claims))
        _show_concerned(found, claims, f"{file} {name}")
        return 0
    print("\nThe ledger has no report of this backend and this Keras to compare with.")
    return 0


def _show_concerned(found: Comparison, claims: list[str], sides: str) -> None:
    """Print a comparison; of a part of the claims without signatures and documentation.

    Args:
        found: the comparison.
        claims: those that were tried.
        sides: the words by which `lstm-spec compare` compares the same reports.
    """
    from msgspec import structs

    from lstm_spec.releases.sections import count
    from lstm_spec.run.oneline import one_line

    whole = {claim.id for claim in catalog.claims()} <= set(claims)
    changes = [*(found.signatures or []), *(found.documentation or [])]
    show(found if whole else structs.replace(found, signatures=[], documentation=[]), "table")
    if changes and not whole:
        left = f"{count(len(changes), 'change')} of signatures and documentation left out"
        print(f"\n{left}; `lstm-spec compare {one_line(sides)}` shows them.")


def _bisect(arguments: argparse.Namespace, claims: list[Claim]) -> int:
    """Tell in which release of a row of the matrix a claim got another verdict."""
    from lstm_spec.releases import bisect, venv
    from lstm_spec.run import report

    if len(claims) != 1 or not arguments.names:
        return say("--bisect is about one claim; give its id", BAD_USAGE)
    claim = claims[0].id

    def verdict(name: str) -> Verdict:
        found = bisect.verdict(name, claim)
        print(f"{name}: {found}", flush=True)
        return found

    try:
        before, after = bisect.search(bisect.between(*arguments.bisect), verdict)
    except bisect.UnusableRangeError as error:
        return say(error, BAD_USAGE)
    except (venv.UnmadeError, report.UnreadableReportError, OSError) as error:
        return say(error, BROKEN)
    print(f"\n{claim} changed between {before} and {after}.")
    return 0
