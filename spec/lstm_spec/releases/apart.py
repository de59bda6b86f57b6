"""Runs `lstm-spec check` on other releases, in an environment of their own."""

from __future__ import annotations

import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import IO

import lstm_spec
from lstm_spec.releases import venv
from lstm_spec.releases.request import Request
from lstm_spec.run.environment import ASKED, quiet
from lstm_spec.run.report import Writer


def check(
    request: Request,
    words: Sequence[str],
    output: IO[bytes] | None = None,
    asked: Sequence[str] = (),
    report: Writer | None = None,
) -> int:
    """Run `lstm-spec check` there, and return its exit status.

    It runs from a copy of this package as it is now, so that the source may be edited meanwhile.

    Args:
        request: what the environment holds.
        words: the arguments of `check`; paths must be absolute.
        output: where its output goes; default: where ours goes.
        asked: the options by which a user asked for the environment.
        report: the report that it writes, open and locked; default: that which its words name.

    Raises:
        UnmadeError: the environment cannot be made.
        UnusableRequirementError: two packages own the same files.
        OSError: the cache or the folder of temporary files cannot be written.
    """
    python = venv.make(request)
    handed = [] if report is None else [report.descriptor]
    words = [*words, *(f"--descriptor={descriptor}" for descriptor in handed)]
    with tempfile.TemporaryDirectory() as folder:
        copy(Path(folder))
        process = subprocess.Popen(
            [python, "-m", "lstm_spec.cli", "check", *words],
            cwd=folder,
            env={**variables(request, folder), ASKED: shlex.join(asked)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output and subprocess.STDOUT,
            start_new_session=True,  # so that an interrupt reaches it once, from here
            pass_fds=handed,
        )
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.send_signal(signal.SIGTERM)
            return process.wait()


def copy(folder: Path) -> None:
    """Copy this package, and what is known of its version, into a folder."""
    source = Path(lstm_spec.__file__).parent
    shutil.copytree(source, folder / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    known = metadata.distribution(venv.PACKAGE)
    info = folder / f"{source.name}-{known.version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(known.read_text("METADATA") or "", encoding="utf-8")


def variables(request: Request, folder: str) -> dict[str, str]:
    """Return the environment variables, without what points to the packages that are here."""
    ours = {"PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV"}
    kept = {name: value for name, value in quiet().items() if name not in ours}
    return {**kept, **request.variables, "PYTHONPATH": folder}
