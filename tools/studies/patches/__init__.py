"""The patches of Keras that issues carry, tried on the newest release and on the nightly."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from lstm_spec.answers import issues, trials
from lstm_spec.answers.issues import Issue
from lstm_spec.releases import matrix

FILE = Path(__file__).with_name("record.json")
PLACES: tuple[trials.Where, ...] = ("release", "nightly")


class Outcome(msgspec.Struct, frozen=True):
    """What one patch, applied alone, does."""

    digest: str
    """Of the patch, its test, the script and the claims."""
    prints: list[str]
    """What the issue's script prints then."""
    claims: dict[str, str]
    """The claims' verdicts, each with its message."""
    without: list[str]
    """The new tests that fail without the patch."""
    failed: list[str]
    """The new tests that fail with it."""
    passed: int
    """How many of them pass with it."""


class Suite(msgspec.Struct, frozen=True):
    """What Keras' own tests of recurrent layers do."""

    passed: int
    failed: list[str]


class Run(msgspec.Struct, frozen=True):
    """What was seen in one place."""

    requirements: list[str]
    outcomes: dict[str, Outcome]
    before: Suite
    """Without any patch; what `after` is, if nothing failed there."""
    after: Suite
    """With all of them."""


def patched() -> list[Issue]:
    """Return the issues that carry a patch."""
    return [issue for issue in issues.load() if issue.patch]


def digest(issue: Issue) -> str:
    text = "\0".join([issue.patch, issue.test, issue.script, *issue.claims])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def load(path: Path = FILE) -> dict[str, Run]:
    """Return the record, by place."""
    return msgspec.json.decode(path.read_bytes(), type=dict[str, Run]) if path.exists() else {}


def stale(recorded: dict[str, Run]) -> list[str]:
    """Return what is not recorded as it is today."""
    unrecorded = []
    for where in PLACES:
        run = recorded.get(where)
        for issue in patched():
            outcome = run and run.outcomes.get(issue.id)
            if not outcome or outcome.digest != digest(issue):
                unrecorded.append(f"{issue.id} on the {where}")
        if run and where == "nightly" and run.requirements != list(matrix.NIGHTLY_REQUIREMENTS):
            unrecorded.append("the nightly")
    return unrecorded
