"""Tries claims in a process apart, on workers, and reports what happened.

pytest runs the claims and its plugin appends a record for each; this module writes the header
before and the footer after, and follows the report while it grows.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path

from lstm_spec.catalog import Claim
from lstm_spec.evidence import report
from lstm_spec.evidence.environment import quiet
from lstm_spec.evidence.report import Environment, Footer, Header, Record, Report

GRACE = 5
"""Seconds after its time limit at which a claim is ended that holds Python's global lock."""

PLUGINS = (
    "xdist.plugin",
    "pytest_timeout",
    "_hypothesis_pytestplugin",
    "lstm_spec.evidence.plugin",
)


class StoppedError(RuntimeError):
    """pytest ended before every claim was tried."""


@dataclass(frozen=True)
class Plan:
    """What to try, and how."""

    claims: list[Claim]
    effort: str
    seed: int | None
    workers: int
    limit: int
    """Seconds that one claim may take."""
    file: Path
    """Where the report goes."""
    resume: bool = False
    """Whether the report is gone on with; otherwise what was there is replaced."""


def run(plan: Plan, environment: Environment) -> Generator[Record]:
    """Try the claims, and yield each record as it comes.

    pytest-xdist may lose some claims when a worker dies: what was not tried is begun anew.

    Raises:
        OSError: the report cannot be written.
        StoppedError: pytest tried nothing; the message holds the end of what it printed.
    """
    began = time.monotonic()
    if not plan.resume:
        plan.file.write_bytes(b"")
        report.append(plan.file, _header(plan, environment))
    while left := _untried(plan):
        yield from _attempt(plan, left)
    made = report.read(plan.file)
    if made.footer is None:
        seconds = round(time.monotonic() - began, 1)
        report.append(plan.file, Footer(_now(), seconds, made.verdicts))


def _untried(plan: Plan) -> list[Claim]:
    untried = set(report.read(plan.file).untried)
    return [claim for claim in plan.claims if claim.id in untried]


def _attempt(plan: Plan, claims: list[Claim]) -> Iterator[Record]:
    """Run pytest once, and yield each record as it comes.

    Raises:
        StoppedError: no claim was tried; the message holds the end of what pytest printed.
    """
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "pytest.log")
        Path(folder, "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        with log.open("wb") as output:
            process = subprocess.Popen(
                _command(plan, claims),
                cwd=folder,
                env=_variables(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield from _follow(plan.file, process)
        finally:
            _end(process)
        if len(_untried(plan)) == len(claims):
            said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-15:]
            raise StoppedError(
                f"pytest ended before {len(claims)} of {len(plan.claims)} claims "
                "were tried; the last lines that it printed:\n" + "\n".join(said)
            )


def _header(plan: Plan, environment: Environment) -> Header:
    return Header(
        schema=report.SCHEMA,
        lstm_spec=metadata.version("lstm-spec"),
        started=_now(),
        effort=plan.effort,
        seed=plan.seed,
        workers=plan.workers,
        environment=environment,
        claims=[claim.id for claim in plan.claims],
        code={claim.id: claim.code for claim in plan.claims},
    )


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def _command(plan: Plan, claims: list[Claim]) -> list[str]:
    seed = [] if plan.seed is None else [f"--hypothesis-seed={plan.seed}"]
    return [
        *(sys.executable, "-m", "pytest", "-c", "pytest.ini", "-q", "--tb=short"),
        *(word for plugin in PLUGINS for word in ("-p", plugin)),
        *("-p", "no:cacheprovider", f"--numprocesses={plan.workers}", "--dist=worksteal"),
        *("--max-worker-restart=100000", f"--timeout={plan.limit}", "--timeout-method=thread"),
        *(
            "-o",
            f"faulthandler_timeout={plan.limit + GRACE}",
            "-o",
            "faulthandler_exit_on_timeout=true",
        ),
        *(f"--lstm-effort={plan.effort}", f"--lstm-report={plan.file.absolute()}", *seed),
        f"--lstm-parent={os.getpid()}",
        *("--pyargs", *(f"lstm_spec.claims.{c.chapter}::{c.test}" for c in claims)),
    ]


def _variables() -> dict[str, str]:
    """Return the environment, without what would change how pytest runs the claims."""
    kept = {name: value for name, value in quiet().items() if not name.startswith("PYTEST_")}
    return {**kept, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def _follow(file: Path, process: subprocess.Popen[bytes]) -> Iterator[Record]:
    """Yield the records as they are appended, until the process has ended."""
    seen, ended = len(report.read(file).records), False
    while not ended:
        ended = process.poll() is not None
        records = report.read(file).records
        yield from records[seen:]
        seen = len(records)
        if not ended:
            time.sleep(0.2)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and its workers, if they still run."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def status(tried: Report) -> int:
    """Return the exit status of a run: 0 if every claim held or deviates as known, else 1."""
    good = sum(count for verdict, count in tried.verdicts.items() if verdict in report.GOOD)
    return 0 if good == len(tried.header.claims) else 1
