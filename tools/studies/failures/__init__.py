"""How claims that deviate fail: on Keras as it is, and on one with a fault in every LSTM.

`tox run -e failures` tries the claims of deviations.toml in a few environments of the matrix, which
together meet every entry, and may be stopped at any time: it goes on where it was. How each claim
failed stands in seen.jsonl; a line is dropped when the code of its claim changes. A test holds each
entry to it: the entry knows the failure of its claim, and none that a fault causes.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import msgspec

from lstm_spec import catalog
from lstm_spec.releases import apart, ledger, matrix, venv
from lstm_spec.run import deviations
from lstm_spec.run.deviations import Deviation
from tools.studies.failures.faults import FAULTS
from tools.studies.searches import keep, kept

HERE = Path(__file__).parent
SEEN = HERE / "seen.jsonl"
DIED = "crashed: the interpreter died while the claim was tried"
BEGINNING, END = 450, 150
"""How much of a long failure is kept, in characters."""


class Line(msgspec.Struct, omit_defaults=True):
    """How a claim failed."""

    environment: str
    """Its name in the matrix."""
    claim: str
    code: str
    """A digest of the claim's test and example."""
    text: str = ""
    """The failure; nothing, if the claim held."""
    fault: str = ""
    """The fault in every LSTM; nothing for Keras as it is."""


def environments() -> dict[str, list[Deviation]]:
    """Return a few environments that meet every entry, each with those that it meets first.

    The one that meets the most of what is left comes next. An entry that only a release beside
    the matrix meets is left out.
    """
    places = [place(entry.name) for entry in matrix.load().environment]
    left = [one for one in deviations.load() if any(map(one.matches, places))]
    chosen: dict[str, list[Deviation]] = {}
    while left:
        met = {
            entry.name: [one for one in left if one.matches(place(entry.name))]
            for entry in matrix.load().environment
        }
        name = max(met, key=lambda name: len(met[name]))
        chosen[name] = met[name]
        left = [one for one in left if one not in met[name]]
    return chosen


@cache
def place(environment: str) -> deviations.Place:
    """Return what an environment of the matrix holds."""
    return ledger.place(ledger.find(environment))


def seen(file: Path = SEEN) -> list[Line]:
    """Return what was seen of the claims as they are now."""
    now = {claim.id: claim.code for claim in catalog.claims()}
    return [line for line in kept(file, Line) if now.get(line.claim) == line.code]


def search(names: Sequence[str] = ()) -> Iterator[Line]:
    """Try what is not seen yet, one environment after the other, and keep each line as it comes.

    Args:
        names: which environments; default: those of `environments`.
    """
    code = {claim.id: claim.code for claim in catalog.claims()}
    entries = {entry.name: entry for entry in matrix.load().environment}
    for name, met in environments().items():
        if names and name not in names:
            continue
        done = {(line.claim, line.fault) for line in seen() if line.environment == name}
        claims = sorted({one.claim for one in met})
        trials = [(claim, fault) for fault in ("", *FAULTS) for claim in claims]
        left = [trial for trial in trials if trial not in done]
        for claim, fault, text in _try(entries[name], left) if left else ():
            line = Line(name, claim, code[claim], shorten(text), fault)
            keep(SEEN, line)
            yield line


def _try(entry: matrix.Entry, trials: list[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Make trials in an environment; yield the claim, the fault and the failure of each."""
    python = venv.make(entry.request)
    with tempfile.TemporaryDirectory() as folder:
        apart.copy(Path(folder))
        package = Path(folder, "tools/studies", HERE.name)
        package.mkdir(parents=True)
        for file in ("faults.py", "worker.py"):
            shutil.copy(HERE / file, package)
        while trials:
            words = [f"{claim}:{fault}" for claim, fault in trials]
            process = subprocess.Popen(
                [python, "-m", "tools.studies.failures.worker", *words],
                cwd=folder,
                env=apart.variables(entry.request, folder),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            assert process.stdout
            for line in process.stdout:
                if line.startswith(b"["):
                    claim, fault, text = json.loads(line)
                    yield claim, fault, text
                    trials = trials[1:]
            if process.wait() and trials:
                yield (*trials[0], DIED)
                trials = trials[1:]


def shorten(text: str) -> str:
    """Return both ends of a failure, without escape sequences, and with no folder's path."""
    text = re.sub(r"/(?:[\w.+-]+/)+", "", re.sub(r"\x1b\[\d*m", "", text))
    short = len(text) <= BEGINNING + END
    return text if short else f"{text[:BEGINNING]} ... {text[-END:]}"
