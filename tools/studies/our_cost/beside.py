"""What a run costs beside an earlier commit's, of its claims and of all.

`python -m tools.studies.our_cost.beside` tries the claims of COMMIT and today's in turns, on two
workers each, and keeps the processor's time in beside.json, which the page of our_cost shows. It
takes a quarter of an hour, needs a machine that does nothing else, and a clone that is not shallow.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from lstm_spec import catalog
from lstm_spec.run import process
from tools import ROOT
from tools.studies.our_cost import BESIDE, Beside, write
from tools.studies.searches import extract

COMMIT = "ad243a6"
"""The last one before there were claims about models and trainers."""
EFFORTS = ("default", "smoke")


def tried(tree: Path, folder: Path, effort: str, ids: list[str]) -> Beside:
    """Try claims of a source tree.

    Args:
        tree: where the commit's files are.
        folder: where the report goes.
        effort: a word of the command line.
        ids: of the claims; all, if there are none.

    Returns:
        How many were tried, and the seconds of the processor.

    Raises:
        RuntimeError: the specification was not tried to its end.
    """
    report = folder / "report.jsonl"
    command = [sys.executable, "-m", "lstm_spec.cli", "check", *ids, "--workers=2"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = process.run(
        [*command, f"--effort={effort}", f"--report={report}"],
        folder=folder,
        variables={**os.environ, "PYTHONPATH": str(tree / "spec"), "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.status not in (0, 1):
        raise RuntimeError((done.output + done.errors)[-3000:])
    lines = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    claims = sum(line["kind"] == "record" for line in lines)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Beside(effort, claims, round(seconds))


def search() -> Iterator[Beside]:
    """Try both commits at each effort.

    Raises:
        subprocess.CalledProcessError: git has no such commit, as in a shallow clone.
    """
    now = [claim.id for claim in catalog.claims()]
    with TemporaryDirectory() as folder:
        old = Path(folder)
        extract(COMMIT, folder)
        text = "".join(path.read_text(encoding="utf-8") for path in old.glob("spec/**/*.py"))
        shared = [id_ for id_ in now if f'"{id_}"' in text]
        for effort in EFFORTS:
            for tree, ids in ((old, []), (ROOT, shared), (ROOT, [])):
                yield tried(tree, old, effort, ids)


if __name__ == "__main__":
    lines = []
    for line in search():
        print(line, flush=True)
        lines.append(line)
    BESIDE.write_bytes(msgspec.json.format(msgspec.json.encode(lines)) + b"\n")
    write()
