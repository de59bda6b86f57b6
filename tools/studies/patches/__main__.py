"""Try each patch on a copy of Keras: its claims, its test, and Keras' own tests.

`python -m tools.studies.patches [release] [nightly]` needs the program patch, and makes
two environments.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path

import msgspec

from lstm_spec import catalog
from lstm_spec.answers import trials
from lstm_spec.answers.issues import Issue
from lstm_spec.releases import environments
from lstm_spec.run import process
from lstm_spec.run.report import Record
from tools.studies.patches import FILE, PLACES, Outcome, Run, Suite, digest, load, patched

RNN = Path("keras/src/layers/rnn")
PLUGINS = "_hypothesis_pytestplugin,lstm_spec.run.plugin"
FILES = 3
"""How many files of Keras' tests run in a process."""


def requirements(where: trials.Where) -> tuple[str, ...]:
    issue = patched()[0]
    return tuple(text for text in trials.requirements(issue, where) if text not in issue.needs)


def packages(python: Path) -> Path:
    """Return the folder of an environment's packages."""
    keras_folder = next((python.parent.parent / "lib").glob("python3.*/site-packages/keras"))
    return keras_folder.parent


def apply(folder: Path, issue: Issue, *options: str) -> None:
    words = ["patch", "--silent", "--fuzz=0", "--strip=1", *options]
    done = process.run(words, folder=folder, given=issue.patch)
    if done.status:
        sys.exit(f"{issue.id}: the patch does not apply: {done.output.strip()}")


def pytest(python: Path, folder: Path, words: Sequence[str]) -> dict[str, bool]:
    """Run tests with the Keras that lies in a folder; return whether each of them passed."""
    results = folder / "results.xml"
    results.unlink(missing_ok=True)
    command = [python, "-m", "pytest", f"-c{os.devnull}", "-q", "--tb=no", f"--rootdir={folder}"]
    process.run(
        [*command, "-p", "no:cacheprovider", f"--junitxml={results}", *words],
        folder=folder,
        variables={
            **process.quiet(),
            "PYTHONPATH": str(folder),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTEST_PLUGINS": PLUGINS,
        },
    )
    cases = ElementTree.parse(results).iter("testcase")
    return {
        ".".join([*case.get("classname", "").split(".")[-2:], case.get("name", "")]): (
            case.find("failure") is None and case.find("error") is None
        )
        for case in cases
        if case.find("skipped") is None
    }


def name_of(issue: Issue) -> str:
    return str(RNN / f"{issue.id.replace('-', '_')}_patched_test.py")


def printed(python: Path, folder: Path, issue: Issue) -> list[str]:
    """Return what a script prints with the Keras that lies in a folder."""
    with tempfile.TemporaryDirectory() as empty:
        done = process.run(
            [python, "-c", issue.script],
            folder=empty,
            variables={**process.quiet(), "PYTHONPATH": str(folder)},
        )
    return done.output.splitlines()


def outcome(python: Path, folder: Path, issue: Issue, without: list[str]) -> Outcome:
    """Try one patch alone; leave the folder as it was."""
    claims = [catalog.find(name) for name in issue.claims]
    report = folder / "report.jsonl"
    report.unlink(missing_ok=True)
    apply(folder, issue)
    tests = [f"{claim.module}::{claim.test}" for claim in claims]
    options = ["--lstm-effort=smoke", f"--lstm-report={report}"]
    pytest(python, folder, [*options, "--pyargs", *tests])
    results = pytest(python, folder, [name_of(issue)])
    prints = printed(python, folder, issue)
    apply(folder, issue, "--reverse")
    lines = report.read_text(encoding="utf-8").splitlines() if report.exists() else []
    records = [msgspec.json.decode(line, type=Record) for line in lines]
    return Outcome(
        digest(issue),
        prints,
        {record.claim: f"{record.verdict}: {record.message}" for record in records},
        without,
        sorted(name for name, passed in results.items() if not passed),
        sum(results.values()),
    )


def suite(python: Path, folder: Path, files: Sequence[str]) -> Suite:
    """Run Keras' own tests, a few files in each process."""
    results: dict[str, bool] = {}
    for start in range(0, len(files), FILES):
        results |= pytest(python, folder, files[start : start + FILES])
    failed = sorted(name for name, passed in results.items() if not passed)
    return Suite(sum(results.values()), failed)


def copied(folder: Path, python: Path) -> list[str]:
    """Copy Keras into a folder, with its tests of recurrent layers, and return the tests' names."""
    shutil.copytree(packages(python) / "keras", folder / "keras")
    released = packages(trials.environment(requirements("release"))) / RNN
    own = [str(RNN / file.name) for file in sorted(released.glob("*_test.py"))]
    for name in own:  # the nightly comes without its tests
        shutil.copy(released / Path(name).name, folder / name)
    environments.copy(folder)
    for issue in patched():
        (folder / name_of(issue)).write_text(issue.test, encoding="utf-8")
    return own


def together(python: Path, folder: Path, own: Sequence[str]) -> tuple[Suite, Suite]:
    """Run Keras' own tests without the patches and with all of them."""
    for issue in patched():
        apply(folder, issue)
    after = suite(python, folder, own)
    if not after.failed:
        return after, after
    for issue in reversed(patched()):  # what fails without the patches too is not their fault
        apply(folder, issue, "--reverse")
    return suite(python, folder, own), after


def run(where: trials.Where) -> Run:
    """Try all patches in one place."""
    needed = requirements(where)
    python = trials.environment(needed)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        own = copied(folder, python)
        new = pytest(python, folder, [name_of(issue) for issue in patched()])
        failed = [name for name, passed in new.items() if not passed]
        outcomes = {}
        for issue in patched():
            classes = re.findall(r"^class (\w+)", issue.test, re.MULTILINE)
            without = [name for name in failed if name.split(".")[-2] in classes]
            outcomes[issue.id] = outcome(python, folder, issue, without)
            print(f"{where}, {issue.id}: {outcomes[issue.id]}", flush=True)
        before, after = together(python, folder, own)
        print(f"{where}: before {before}, after {after}", flush=True)
        return Run(list(needed), outcomes, before, after)


def main() -> int:
    for where in sys.argv[1:] or PLACES:
        record = run(where)
        recorded = {**load(), where: record}
        FILE.write_bytes(msgspec.json.format(msgspec.json.encode(recorded)) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
