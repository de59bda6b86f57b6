"""The scripts of the issues, each tried in a process and an environment of its own.

`python -m lstm_spec.answers.trials` tries those that the record lacks as they are today.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from lstm_spec.answers import issues
from lstm_spec.answers.issues import Issue
from lstm_spec.releases import environments, matrix
from lstm_spec.releases.environments import Request
from lstm_spec.run import deviations, process
from lstm_spec.run.text import without_escapes

FILE = Path(__file__).with_name("trials.jsonl")
SECONDS = 600
ERROR = re.compile(r"^([A-Za-z_][\w.]*(?:Error|Exception|Failure|Interrupt)): ?", re.MULTILINE)
"""How the last part of a traceback begins."""
LONGEST = 1000

Where = Literal["release", "nightly"]


class Trial(msgspec.Struct, frozen=True):
    """What a script did."""

    issue: str
    layer: str
    where: Where
    requirements: list[str]
    """What was installed for it, as pip takes it."""
    code: str
    """A digest of the script."""
    prints: list[str]
    error: str = ""
    """The type of the error that ended it, without its module."""
    says: str = ""
    """What the error says."""

    def shows(self, issue: Issue) -> bool:
        """Return whether it is what the issue tells of."""
        if issue.error:
            return self.error == issue.error and issue.prints in self.says
        return not self.error and self.prints == [issue.prints]


def requirements(issue: Issue, where: Where) -> list[str]:
    """Return what is to be installed for a script, as pip takes it."""
    if where == "nightly":
        return [*matrix.NIGHTLY_REQUIREMENTS, *issue.needs]
    packages = deviations.newest().packages
    return [*(f"{name}=={version}" for name, version in packages.items()), *issue.needs]


def wanted() -> Iterator[tuple[Issue, str, Where]]:
    """Yield what is to be tried: each script where its text says, then with other layers.

    What is broken on the nightly only is tried on the newest release too; and what needs more
    packages on the nightly, whose report says nothing of it.
    """
    for issue in issues.load():
        yield issue, "LSTM", "release"
        if issue.only or issue.needs:
            yield issue, "LSTM", "nightly"
    for issue in issues.load():
        for layer in issue.layers:
            yield issue, layer, "nightly" if issue.only else "release"


@cache
def load(path: Path = FILE) -> dict[tuple[str, str, str], Trial]:
    """Return what is recorded, by issue, layer and place."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    listed = [msgspec.json.decode(line, type=Trial) for line in lines]
    return {(trial.issue, trial.layer, trial.where): trial for trial in listed}


def stale(path: Path = FILE) -> list[str]:
    """Return what is not recorded as it is today."""
    recorded = load(path)
    return [
        f"{issue.id} with {layer} on the {where}"
        for issue, layer, where in wanted()
        if not _stands(recorded.get((issue.id, layer, where)), issue, layer, where)
    ]


def attempt(issue: Issue, layer: str, where: Where) -> Trial:
    """Try a script in an empty folder and a fresh process.

    Raises:
        UnmadeError: its environment cannot be made.
    """
    script = issue.variant(layer)
    needed = requirements(issue, where)
    python = environment(tuple(needed))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "script.py")
        file.write_text(script, encoding="utf-8")
        hidden = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "KERAS_BACKEND"}
        inherited = process.quiet().items()
        variables = {name: value for name, value in inherited if name not in hidden}
        variables |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
        command: process.Command = [python, file.name]
        done = process.run(command, folder=folder, variables=variables, seconds=SECONDS)
    error, says = failure(done.errors) if done.status else ("", "")
    return Trial(
        issue.id, layer, where, needed, _digest(script), done.output.splitlines(), error, says
    )


def failure(output: str) -> tuple[str, str]:
    """Return the type and the words of the error that ended a program."""
    text = without_escapes(output)
    begun = list(ERROR.finditer(text))
    if not begun:
        return "no error", text.strip()[-LONGEST:]
    name = begun[-1][1].rpartition(".")[2]
    return name, text[begun[-1].end() :].strip()[:LONGEST]


def _stands(trial: Trial | None, issue: Issue, layer: str, where: Where) -> bool:
    if trial is None:
        return False
    same_script = trial.code == _digest(issue.variant(layer))
    return same_script and trial.requirements == requirements(issue, where)


@cache
def environment(needed: tuple[str, ...]) -> Path:
    """Return the Python of an environment that holds what is needed, and what we need.

    Raises:
        UnmadeError: it cannot be made.
    """
    python = ".".join(deviations.newest().python.split(".")[:2])
    return environments.make(Request(needed, python))


def _digest(script: str) -> str:
    return hashlib.sha256(script.encode()).hexdigest()[:16]


def _write(recorded: dict[tuple[str, str, str], Trial], path: Path) -> None:
    keys = [(issue.id, layer, where) for issue, layer, where in wanted()]
    lines = [msgspec.json.encode(recorded[key]).decode() for key in keys if key in recorded]
    fresh = path.with_suffix(".new")
    fresh.write_text("\n".join([*lines, ""]), encoding="utf-8")
    os.replace(fresh, path)


def main(words: list[str] | None = None) -> int:
    """Try what the record lacks, and write it as it comes.

    Returns:
        0 if every script of LSTM shows in its place what its issue tells, else 1.
    """
    parser = argparse.ArgumentParser(prog="python -m lstm_spec.answers.trials", description=__doc__)
    parser.add_argument("--again", action="store_true", help="try also what is recorded")
    given = parser.parse_args(words)
    recorded = dict(load())
    wrong = []
    for issue, layer, where in wanted():
        key = (issue.id, layer, where)
        if given.again or not _stands(recorded.get(key), issue, layer, where):
            recorded[key] = attempt(issue, layer, where)
            _write(recorded, FILE)
        trial = recorded[key]
        home = "nightly" if issue.only else "release"
        shows = trial.shows(issue)
        print(f"{issue.id}, {layer}, {where}: {'shows it' if shows else _short(trial)}", flush=True)
        if layer == "LSTM" and where == home and not shows:
            wrong.append(issue.id)
    if wrong:
        print(f"other than recorded: {', '.join(wrong)}", file=sys.stderr)
    return 1 if wrong else 0


def _short(trial: Trial) -> str:
    return f"{trial.error}: {trial.says[:200]}" if trial.error else " ".join(trial.prints)


if __name__ == "__main__":
    sys.exit(main())
