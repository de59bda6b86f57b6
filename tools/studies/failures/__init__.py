"""How claims that deviate fail: on Keras as it is, and on one with a fault in every LSTM.

`tox run -e failures` tries the claims of deviations.toml in a few environments, of the matrix and
beside it, which together meet every entry: first all of them on Keras as it is, then under each
fault. It can be stopped at any time, and resumes where it left off. How each claim failed is kept
in seen.jsonl; a line is dropped when the code of its claim changes. A test holds each entry to it:
the entry knows the failure of its claim, and none that a fault causes or alters.
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
from lstm_spec.releases import environments, ledger, matrix
from lstm_spec.releases.environments import Request
from lstm_spec.run import deviations
from lstm_spec.run.deviations import Deviation
from lstm_spec.run.environment import Place
from lstm_spec.run.process import begun
from tools.studies.failures.faults import FAULTS
from tools.studies.searches import keep, keep_only, kept

HERE = Path(__file__).parent
SEEN = HERE / "seen.jsonl"
DIED = "crashed: the interpreter died while the claim was tried"
INAPPLICABLE = "not applicable"
"""How the text of a trial begins, if the claim lacks what it needs."""
BEGINNING, END = 4000, 150
"""How much of a long failure is kept, in characters."""
PASSING = re.compile(
    r"\x1b\[\d*m"  # colors
    r"|[A-Za-z0-9+/=]{60,}"  # pickled code, which holds the path of its file
    r"|/(?:[\w.+-]+/)+"  # folders
    r"|(?<=[A-Za-z])_\d+"  # by which Keras and its backends number layers and tensors
    r"|(?<=\b0x)[0-9a-f]+"  # addresses in memory
)
"""What is another on each run."""


class Line(msgspec.Struct, omit_defaults=True):
    """How a claim failed."""

    environment: str
    """Its name in the matrix; beside it, what is installed."""
    claim: str
    code: str
    """A digest of the claim's test and example."""
    text: str = ""
    """The failure; nothing, if the claim held."""
    fault: str = ""
    """The fault in every LSTM; nothing for Keras as it is."""


@cache
def places() -> dict[str, Place]:
    """Return what the environments of the matrix hold, and those that were tried beside it."""
    listed = {entry.name: ledger.place(ledger.find(entry.name)) for entry in _matrix()}
    return listed | {_name(tried): tried.place for tried in matrix.load().tried}


@cache
def requests() -> dict[str, Request]:
    """Return how to make each of these environments."""
    beside = {
        _name(tried): Request(tried.requirements, tried.python, tried.backend)
        for tried in matrix.load().tried
    }
    return {entry.name: entry.request for entry in _matrix()} | beside


def _matrix() -> list[matrix.Entry]:
    return matrix.load().environment


def _name(tried: matrix.Tried) -> str:
    return ", ".join(tried.requirements)


def _lacking(name: str, tried: list[Line]) -> set[str]:
    """Return the claims that lack what they need in an environment, by the ledger or as tried."""
    records = ledger.find(name).records if name in ledger.names() else []
    recorded = {record.claim for record in records if record.verdict == "not applicable"}
    inapplicable = [line for line in tried if line.text.startswith(INAPPLICABLE)]
    return recorded | {line.claim for line in inapplicable if line.environment == name}


def needed() -> dict[str, list[Deviation]]:
    """Return a few environments that meet every entry, each with those that it meets first.

    The one that meets the most of what is left comes next, those of the matrix before others.
    """
    left = deviations.load()
    tried = seen()
    lacking = {name: _lacking(name, tried) for name in places()}
    chosen: dict[str, list[Deviation]] = {}
    beside = {_name(tried) for tried in matrix.load().tried}
    while left:
        met = {
            name: [
                deviation
                for deviation in left
                if deviation.matches(place) and deviation.claim not in lacking[name]
            ]
            for name, place in places().items()
        }
        name = max(met, key=lambda name: (bool(met[name]), name not in beside, len(met[name])))
        if not met[name]:  # what they need is nowhere
            break
        chosen[name] = met[name]
        left = [deviation for deviation in left if deviation not in met[name]]
    return chosen


def seen(file: Path = SEEN) -> list[Line]:
    """Return what was seen of the claims as they are now."""
    now = {claim.id: claim.code for claim in catalog.claims()}
    return [line for line in kept(file, Line) if now.get(line.claim) == line.code]


def search(names: Sequence[str] = ()) -> Iterator[Line]:
    """Try what is not seen yet, one environment after the other, and keep each line as it comes.

    Args:
        names: which environments; default: those of `environments`.
    """
    keep_only(SEEN, seen())
    code = {claim.id: claim.code for claim in catalog.claims()}
    for faults in ([""], FAULTS):
        for name, met in needed().items():
            if names and name not in names:
                continue
            done = {(line.claim, line.fault) for line in seen() if line.environment == name}
            claims = sorted({deviation.claim for deviation in met})
            trials = [(claim, fault) for claim in claims for fault in faults]
            left = [trial for trial in trials if trial not in done]
            for claim, fault, text in _try(requests()[name], left) if left else ():
                line = Line(name, claim, code[claim], shorten(text), fault)
                keep(SEEN, line)
                yield line


def _try(request: Request, trials: list[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Make trials in an environment; yield the claim, the fault and the failure of each."""
    python = environments.make(request)
    with tempfile.TemporaryDirectory() as folder:
        environments.copy(Path(folder))
        package = Path(folder, "tools/studies", HERE.name)
        package.mkdir(parents=True)
        for file in ("faults.py", "worker.py"):
            shutil.copy(HERE / file, package)
        shutil.copy(HERE.parent / "apart.py", package.parent)
        while trials:
            words = [f"{claim}:{fault}" for claim, fault in trials]
            with begun(
                [python, "-m", "tools.studies.failures.worker", *words],
                folder=folder,
                variables=environments.variables(request, folder),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            ) as worker:
                assert worker.stdout
                for line in worker.stdout:
                    if line.startswith(b"["):
                        claim, fault, text = json.loads(line)
                        yield claim, fault, text
                        trials = trials[1:]
                status = worker.wait()
            if status and trials:
                yield (*trials[0], DIED)
                trials = trials[1:]


def shorten(text: str) -> str:
    """Return both ends of a failure, without what is another on each run."""
    text = PASSING.sub("", text)
    short = len(text) <= BEGINNING + END
    return text if short else f"{text[:BEGINNING]} ... {text[-END:]}"
