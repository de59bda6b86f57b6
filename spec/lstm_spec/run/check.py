"""Tries claims in a separate pytest process, on workers, and reports what happened.

pytest runs the claims and its plugin appends a record for each; this module writes the header
before and the footer after, and follows the report while it grows.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path

import msgspec

from lstm_spec import catalog
from lstm_spec.catalog import Claim
from lstm_spec.errors import BrokenError, UsageError
from lstm_spec.run import environment, hosts, report
from lstm_spec.run.process import begun, quiet
from lstm_spec.run.report import Environment, Footer, Header, Record, Writer

GRACE = 5
"""Seconds after its time limit at which a claim is ended that holds Python's global lock."""

LOOKING, INSTALLED, BEGUN = "looking", "installed.json", "begun"
"""The files by which the first worker, this process and the recorder wait for one another."""

PLUGINS = (
    "xdist.plugin",
    "pytest_timeout",
    "_hypothesis_pytestplugin",
    "lstm_spec.run.plugin",
)


class StoppedError(BrokenError):
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
    report: Writer
    """The report, open and locked."""
    resume: bool = False
    """Append to the report instead of replacing it."""
    hosts: tuple[str, ...] = ()
    """Where the workers run, as pytest-xdist's --tx takes it; default: all of them here."""
    database: str = ""
    """The address of the Redis server that keeps what refuted a claim; default: none."""


def run(plan: Plan) -> Generator[Record]:
    """Try the claims, and yield each record as it comes.

    The report is begun, or resumed, as soon as the first worker has found what is installed.

    pytest-xdist may lose some claims when a worker crashes: what was not tried is started again. On
    hosts a claim whose worker crashed is started again too, for its host may have gone down, until
    nothing else is left.

    Raises:
        OSError: the report cannot be written.
        BrokenInstallationError: no LSTM can be called here.
        StoppedError: pytest tried nothing; the message holds the end of what it printed.
        UnresumableError: the report was made elsewhere.
    """
    began = time.monotonic()
    again = bool(plan.hosts)
    claims = _untried(plan) if plan.resume else plan.claims
    if plan.hosts or not claims:  # no worker here will say what is installed
        _begin(plan, environment.probe())
    else:
        yield from _attempt(plan, claims, again, first=True)
    while left := _untried(plan):
        yield from _attempt(plan, left, again)
        again = bool(plan.hosts) and len(_untried(plan)) < len(left)
    tried = plan.report.read()
    if tried.footer is None:
        seconds = round(time.monotonic() - began, 1)
        plan.report.append(Footer(_now(), seconds, tried.verdicts))


def end_with(parent: int) -> None:
    """End this process and its workers as soon as its parent has ended, even by SIGKILL.

    Otherwise they would keep the report locked, and write it.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.2)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def _untried(plan: Plan) -> list[Claim]:
    untried = set(plan.report.read().untried)
    return [claim for claim in plan.claims if claim.id in untried]


def _begin(plan: Plan, here: Environment) -> None:
    """Begin the report, or make sure that it can be resumed here."""
    if plan.resume:
        forbid_elsewhere(plan.report, here)
        plan.report.cut()
    else:
        plan.report.begin(_header(plan, here))


def _attempt(plan: Plan, claims: list[Claim], again: bool, first: bool = False) -> Iterator[Record]:
    """Run pytest once, and yield each record as it comes.

    Args:
        plan: what to try, and how.
        claims: those that are left.
        again: whether a claim whose worker crashes is left to the next run.
        first: whether the report is to be begun.

    Raises:
        StoppedError: no claim was tried; the message holds the end of what pytest printed.
    """
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "pytest.log")
        options = ["--lstm-again"] if again else []
        options += [f"--lstm-begin={folder}"] if first else []
        command = _command(plan, claims, options)
        streams = {"stderr": subprocess.STDOUT, "pass_fds": [plan.report.descriptor]}
        with (
            log.open("wb") as output,
            begun(command, folder=folder, variables=_variables(), stdout=output, **streams) as run,
        ):
            if first:
                _begin(plan, _installed(Path(folder), run))
                Path(folder, BEGUN).touch()
            yield from _follow(plan.report, run)
        if len(_untried(plan)) == len(claims) and not again:
            lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-15:]
            raise StoppedError(
                f"pytest ended before {len(claims)} of {len(plan.claims)} claims "
                "were tried; the last lines that it printed:\n" + "\n".join(lines)
            )


def _installed(folder: Path, process: subprocess.Popen[bytes]) -> Environment:
    """Wait for what the first worker finds installed.

    If it crashes, or pytest ends, it is looked for once more, to say how that ends.
    """
    file = folder / INSTALLED
    looking = folder / LOOKING
    while not file.exists():
        if process.poll() is not None or (looking.exists() and not _locked(looking)):
            return environment.read(file) if file.exists() else environment.probe()
        time.sleep(0.05)
    return environment.read(file)


def _locked(file: Path) -> bool:
    """Return whether another process holds the lock of a file: it does until it ends."""
    import fcntl  # only here: Windows lacks it

    with file.open("rb") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def look(folder: Path) -> None:
    """Write what is installed into a folder, for the process that waits for it.

    A file is locked while this runs, so that a crash of this process can be seen.
    """
    import fcntl  # only here: Windows lacks it

    part = folder / "looking.part"
    with part.open("wb") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        part.rename(folder / LOOKING)
        environment.write(folder / INSTALLED)


def _header(plan: Plan, here: Environment) -> Header:
    return Header(
        schema=report.SCHEMA,
        lstm_spec=metadata.version("lstm-spec"),
        started=_now(),
        effort=plan.effort,
        seed=plan.seed,
        workers=plan.workers,
        environment=here,
        claims=[claim.id for claim in plan.claims],
        code={claim.id: claim.code for claim in plan.claims},
    )


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def _command(plan: Plan, claims: list[Claim], options: list[str]) -> list[str]:
    seed = [] if plan.seed is None else [f"--hypothesis-seed={plan.seed}"]
    database = [f"--lstm-database={plan.database}"] if plan.database else []
    return [
        # No file of settings: none of the user's, and none that a host would have to have.
        *(sys.executable, "-m", "pytest", f"-c{os.devnull}", "-q", "--tb=short"),
        *("-p", "no:cacheprovider", "--dist=worksteal", *_places(plan)),
        *(f"--timeout={plan.limit}", "--timeout-method=thread"),
        *("-o", f"faulthandler_timeout={plan.limit + GRACE}"),
        *("-o", "faulthandler_exit_on_timeout=true"),
        *(f"--lstm-effort={plan.effort}", f"--lstm-report={plan.report.path.absolute()}"),
        f"--lstm-descriptor={plan.report.descriptor}",
        *(*seed, *database, *options),
        f"--lstm-parent={os.getpid()}",
        *("--pyargs", *(f"{c.module}::{c.test}" for c in claims)),
    ]


def _places(plan: Plan) -> list[str]:
    """Return where the workers run; a dead one is replaced here, and not on a host.

    pytest-xdist ends the whole run if the host of a dead worker does not answer.

    Raises:
        StoppedError: no host answers.
    """
    if not plan.hosts:
        return [f"--numprocesses={plan.workers}", "--max-worker-restart=100000"]
    reached = hosts.reachable(plan.hosts)
    if not reached:
        raise StoppedError("no host answers; give others with --tx, and --resume")
    return [*(f"--tx={spec}" for spec in reached), "--max-worker-restart=0"]


def _variables() -> dict[str, str]:
    """Return the environment, without what would change how pytest runs the claims."""
    kept = {name: value for name, value in quiet().items() if not name.startswith("PYTEST_")}
    # Not as -p: that would be passed on to hosts, where these plugins are found without it.
    plugins = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": ",".join(PLUGINS)}
    return {**kept, **plugins}


def _follow(written: Writer, process: subprocess.Popen[bytes]) -> Iterator[Record]:
    """Yield the records as they are appended, until the process has ended."""
    seen = len(written.read().records)
    ended = False
    while not ended:
        ended = process.poll() is not None
        records = written.read().records
        yield from records[seen:]
        seen = len(records)
        if not ended:
            time.sleep(0.2)


class UnresumableError(UsageError):
    """A report that cannot be resumed; the message says why, and what to do."""


def header_to_resume(written: Writer) -> Header:
    """Return what a report set out to do.

    Raises:
        UnresumableError: it is of other claims, or ended without some of them.
        UnreadableReportError: the file is damaged, or no report.
        OSError: the file cannot be read.
    """
    begun = written.read()
    missing = begun.untried if begun.footer else []
    _forbid(written, f"came to its end without {missing[0]}" if missing else "")
    _forbid(written, _edited(begun.header))
    return begun.header


def forbid_elsewhere(written: Writer, here: Environment) -> None:
    """Forbid resuming a report where other packages are installed.

    Args:
        written: the report.
        here: where its other claims would be tried.

    Raises:
        UnresumableError: it was made elsewhere.
    """
    _forbid(written, _elsewhere(written.read().header.environment, here))


def _forbid(written: Writer, difference: str) -> None:
    if difference:
        raise UnresumableError(f"{written.path} {difference}; leave out --resume to start again")


def forbid_unusable(written: Writer) -> None:
    """Forbid resuming a report to which nothing can be added.

    Raises:
        UnresumableError: there was no such file, it is empty, or it is compressed.
    """
    if written.empty:
        hint = "leave out --resume to begin one"
        raise UnresumableError(f"there is no report {written.path}; {hint}")
    if written.compressed:
        raise UnresumableError(f"{written.path} is compressed; give it as `gunzip` leaves it")


def _elsewhere(recorded: Environment, here: Environment) -> str:
    """Say how two environments differ; the number of cores does not count."""
    before, now = (
        msgspec.to_builtins(msgspec.structs.replace(e, cores=0)) for e in (recorded, here)
    )
    names = [name for name in before if before[name] != now[name]]
    if not names:
        return ""
    name = names[0]
    if name in ("signatures", "sentences", "news"):
        return f"was made where the {name} of Keras are others"
    return f"was made with {name} {_say(before[name])}, here it is {_say(now[name])}"


def _say(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {version}" for name, version in value.items())
    return str(value)


def _edited(header: Header) -> str:
    """Say which claims have changed since."""
    now = {claim.id: claim.code for claim in catalog.claims()}
    edited = [claim for claim in header.claims if header.code.get(claim) != now.get(claim, "")]
    return f"is of claims that have changed since, such as {edited[0]}" if edited else ""
