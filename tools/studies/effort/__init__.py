"""At which effort the ledger finds what the default effort finds.

`tox run -e effort` tries every claim at default effort in environments of the matrix where much
deviates, then on fewer cases each claim that its first case did not refute: the first is the same
at every effort. It may be stopped at any time: it goes on where it was. The results are kept in
seen.jsonl, a line a claim, environment and effort; a line is dropped when the code of its claim
changes. Then it makes docs/measured/effort.md of it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from lstm_spec import catalog
from lstm_spec.releases import environments, matrix
from lstm_spec.run import process
from lstm_spec.run.check import PLUGINS
from tools import ROOT
from tools.studies.effort.watch import FACTS, POINTS
from tools.studies.searches import keep, keep_only, kept

SEEN = Path(__file__).with_name("seen.jsonl")
ENVIRONMENTS = ("keras-3.0", "backend-torch", "tensorflow-2.8")
FULL, FEWER = "default", tuple(map(str, POINTS[:-1]))


class Line(msgspec.Struct, omit_defaults=True):
    """What one claim did in one environment at one effort."""

    claim: str
    test: str
    """A digest of the claim's test and example."""
    environment: str
    effort: str
    verdict: str
    refuting: int
    """The number of the case that refuted it, 1 where its example did; 0, if nothing did."""
    cases: int
    seconds: list[float]
    """Of the processor, after each number of cases of POINTS as far as they came, and in all."""
    message: str = ""
    """What a refuted claim said."""


def tried() -> dict[str, catalog.Claim]:
    """Return the claims that are tried, by id; those about cost draw nothing."""
    return {claim.id: claim for claim in catalog.claims() if claim.chapter != "speed"}


def seen(file: Path = SEEN) -> list[Line]:
    """Return what was seen of the claims as they are now."""
    now = {claim.id: claim.code for claim in tried().values()}
    return [line for line in kept(file, Line) if now.get(line.claim) == line.test]


def failed(lines: list[Line], environment: str, effort: str, after: int = 0) -> set[str]:
    """Return the claims that were refuted or deviate in an environment at an effort.

    Args:
        lines: what was seen.
        environment: its name.
        effort: at which they were tried.
        after: the number of cases that held before.
    """
    return {
        line.claim
        for line in lines
        if (line.environment, line.effort) == (environment, effort) and line.refuting > after
    }


def left(lines: list[Line], environment: str, effort: str) -> list[catalog.Claim]:
    """Return the claims that are still to be tried in an environment at an effort."""
    done = {
        line.claim for line in lines if (line.environment, line.effort) == (environment, effort)
    }
    wanted = tried().keys() if effort == FULL else failed(lines, environment, FULL, after=1)
    return [claim for claim in tried().values() if claim.id in wanted - done]


def search() -> Iterator[str]:
    """Try what is not seen yet, and say what was done."""
    keep_only(SEEN, seen())
    entries = {entry.name: entry for entry in matrix.load().environment}
    for name in ENVIRONMENTS:
        for effort in (FULL, *FEWER):
            if claims := left(seen(), name, effort):
                attempt(entries[name], effort, claims)
                yield f"{name}, {effort}: {len(claims)} claims"


def attempt(entry: matrix.Entry, effort: str, claims: list[catalog.Claim]) -> None:
    """Try claims in an environment; the plugin `watch` keeps the lines.

    Raises:
        RuntimeError: pytest did not come to its end; the message holds what it printed last.
    """
    python = environments.make(entry.request)
    code = {claim.id: claim.code for claim in claims}
    facts = {"file": str(SEEN), "environment": entry.name, "effort": effort, "code": code}
    with tempfile.TemporaryDirectory() as folder:
        environments.copy(Path(folder))
        command = [
            *(python, "-m", "pytest", f"-c{os.devnull}", "-q", "--tb=no", "-p", "no:cacheprovider"),
            *("--numprocesses=1", "--max-worker-restart=100000"),
            *(f"--timeout={matrix.SECONDS}", "--timeout-method=thread", f"--lstm-effort={effort}"),
            *("--pyargs", *(f"{claim.module}::{claim.test}" for claim in claims)),
        ]
        done = process.run(
            command,
            folder=folder,
            variables={
                **environments.variables(entry.request, folder),
                "PYTHONPATH": os.pathsep.join([folder, str(ROOT)]),
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
                "PYTEST_PLUGINS": ",".join([*PLUGINS, "tools.studies.effort.watch"]),
                FACTS: msgspec.json.encode(facts).decode(),
            },
        )
    if done.status not in (0, 1):
        raise RuntimeError((done.output + done.errors)[-3000:])
    for claim in set(claims) & set(left(seen(), entry.name, effort)):
        # Its worker process crashed, or was ended for its time.
        keep(SEEN, Line(claim.id, claim.code, entry.name, effort, "crashed", 1, 0, []))
