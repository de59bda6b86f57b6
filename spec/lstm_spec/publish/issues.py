"""What deviates in the newest release, as issues: one for each cause."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Annotated

import msgspec

from lstm_spec.evidence import toml
from lstm_spec.evidence.oneline import one_line

FILE = Path(__file__).with_name("issues.toml")

Text = Annotated[str, msgspec.Meta(min_length=1)]


class Issue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fault, and the program that shows it."""

    id: Annotated[str, msgspec.Meta(pattern="^[a-z0-9]+(-[a-z0-9]+)*$")]
    claims: Annotated[list[Text], msgspec.Meta(min_length=1)]
    """The claims that do not hold because of it."""
    title: Text
    script: Text
    """A program that imports no more than Keras, NumPy and Python's own modules."""
    prints: Text
    """What it prints; of an error, the line that says what is wrong."""
    expected: Text
    """What it would print if the claims held."""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    issue: list[Issue]


@cache
def load(path: Path = FILE) -> list[Issue]:
    """Return the issues as they are listed.

    Raises:
        UnreadableFileError: an unknown key, a missing one, a value of another kind, or an id or
            a claim that is listed twice.
    """
    issues = toml.read(path, _File).issue
    names = [issue.id for issue in issues] + [claim for issue in issues for claim in issue.claims]
    if twice := sorted(name for name, count in Counter(names).items() if count > 1):
        raise toml.UnreadableFileError(one_line(f"{path.name}: listed twice: {', '.join(twice)}"))
    return issues


def of(claim: str) -> Issue | None:
    """Return the issue that covers a claim, if one does."""
    return next((issue for issue in load() if claim in issue.claims), None)
