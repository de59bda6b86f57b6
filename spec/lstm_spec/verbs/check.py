"""`lstm-spec check`: here, on other releases, or from release to release."""

from __future__ import annotations

import argparse
import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from lstm_spec import catalog
from lstm_spec.evidence.effort import time_limit
from lstm_spec.verbs.compare import show
from lstm_spec.verbs.outcome import (
    BAD_USAGE,
    BROKEN,
    INTERRUPTED,
    UnwritableError,
    forbid_unwritable,
    say,
)

if TYPE_CHECKING:  # at run time these are imported by the functions that need them
    from lstm_spec.catalog import Claim
    from lstm_spec.evidence.check import Plan
    from lstm_spec.evidence.report import Environment, Verdict
    from lstm_spec.evidence.request import Request


def check(arguments: argparse.Namespace) -> int:
    """Try claims on the installed Keras, show and record what happens.

    Returns:
        0 if every claim held or deviates as known, 1 if one did not, 2 for wrong usage, 3 if
        the installation is broken, 130 if interrupted.
    """
    from lstm_spec.evidence import deviations, environment
    from lstm_spec.evidence.check import StoppedError
    from lstm_spec.evidence.hosts import UselessDatabaseError
    from lstm_spec.evidence.report import UnreadableReportError
    from lstm_spec.evidence.resume import UnresumableError

    try:
        _forbid_other_plan(arguments)
        claims = catalog.select(arguments.names)
        deviations.forbid_stale(deviations.load(), {claim.id for claim in catalog.claims()})
        forbid_unwritable(arguments.report)
        if arguments.bisect:
            return _bisect(arguments, claims)
        if arguments.packages or arguments.backend or arguments.python:
            return _apart(arguments)
        here = environment.probe()
        return _try(_plan(arguments, claims, here), here, arguments.durations)
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


def _plan(arguments: argparse.Namespace, claims: list[Claim], here: Environment) -> Plan:
    from lstm_spec.evidence import environment, hosts, resume
    from lstm_spec.evidence.check import Plan

    effort, seed, file = arguments.effort, arguments.seed, arguments.report
    if arguments.resume:
        begun = resume.header(file, here)
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
        file,
        arguments.resume,
        places,
        arguments.database,
    )


def _try(plan: Plan, environment: Environment, durations: int) -> int:
    from rich.console import Console

    from lstm_spec.evidence import check, report, terminal
    from lstm_spec.evidence.environment import ASKED

    console = Console()
    try:
        with contextlib.closing(check.run(plan, environment)) as records:
            terminal.follow(records, len(plan.claims), console)
        interrupted = False
    except KeyboardInterrupt:
        interrupted = True
    tried = report.read(plan.file)
    asked = os.environ.get(ASKED, "")
    terminal.summarize(tried, plan.claims, console, durations, asked)
    return INTERRUPTED if interrupted else check.status(tried)


def _apart(arguments: argparse.Namespace) -> int:
    """Check in an environment that is made for it; return the exit status of that run."""
    from lstm_spec.evidence import apart, request, venv

    options = ("effort", "seed", "workers", "time_limit", "durations", "database")
    given = vars(arguments).get("given", {})
    words = [f"--{name.replace('_', '-')}={given[name]}" for name in options if name in given]
    words += ["--resume"] * arguments.resume
    words += [f"--report={arguments.report.absolute()}", *arguments.names]
    try:
        asked = request.parse(
            arguments.packages, arguments.python or "", arguments.backend or "tensorflow"
        )
        status = apart.check(asked, words, asked=_asked(arguments))
        return status if status > 1 else max(status, _since(arguments.report, asked))
    except request.UnusableRequirementError as error:
        return say(error, BAD_USAGE)
    except (venv.UnmadeError, OSError) as error:
        return say(error, BROKEN)


def _asked(arguments: argparse.Namespace) -> list[str]:
    """Return the options that ask for an environment, as they were given."""
    words = [word for package in arguments.packages for word in ("--with", package)]
    words += ["--backend", arguments.backend] if arguments.backend else []
    return words + (["--python", arguments.python] if arguments.python else [])


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
    show(found, "table")
    return 1 if found.worse else 0


def _bisect(arguments: argparse.Namespace, claims: list[Claim]) -> int:
    """Tell in which release of a row of the matrix a claim got another verdict."""
    from lstm_spec.evidence import bisect, report, venv

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
