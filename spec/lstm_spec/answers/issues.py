"""What deviates in the newest release, or on the nightly only, as issues: one for each cause."""

from __future__ import annotations

import datetime
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from packaging.requirements import Requirement

from lstm_spec.run.text import UnreadableFileError, one_line, read_toml

FILE = Path(__file__).with_name("issues.toml")
PATCHES = Path(__file__).with_name("patches")
"""A patch of Keras, and a test for Keras' own suite, by the id of an issue."""

Text = Annotated[str, msgspec.Meta(min_length=1)]
Address = Annotated[str, msgspec.Meta(pattern=r"^https://\S+$")]
Tracker = Literal["keras", "tensorflow", "litert", "openvino"]
Layer = Literal["GRU", "SimpleRNN"]


class Search(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A search for an issue that is there already."""

    date: datetime.date
    words: Text
    result: Text


class Issue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fault, the program that shows it, and what is to be done with it."""

    id: Annotated[str, msgspec.Meta(pattern="^[a-z0-9]+(-[a-z0-9]+)*$")]
    claims: Annotated[list[Text], msgspec.Meta(min_length=1)]
    """The claims that do not hold because of it; the first decides since when it is so."""
    title: Text
    summary: Text
    script: Text
    """A program that imports no more than Keras, NumPy and Python's own modules."""
    prints: Text
    """What it prints; of an error, the line that says what is wrong."""
    expected: Text
    """What it would print if the claims held."""
    cause: Text
    """The file and the function, and what is done there."""
    documented: Text
    """A short quotation with its address, or what else says that the claims should hold."""
    tracker: Tracker
    advice: Literal["report", "comment", "known", "perhaps intended"]
    workaround: Text
    error: str = ""
    """The type of the error; empty if the script ends without one."""
    introduced: Address | None = None
    """The pull request that brought it."""
    proposed: str = ""
    address: Address | None = None
    """The issue or pull request that is about it, or nearest to it."""
    remark: str = ""
    searched: Search | None = None
    needs: list[Text] = []
    """What the script needs beside Keras and TensorFlow, as pip takes it."""
    layers: tuple[Layer, ...] = ("GRU", "SimpleRNN")
    """The other layers with which the script is tried."""
    one_state: dict[str, str] = {}
    """What to replace in the script for a layer with one state."""
    only: Literal["", "nightly"] = ""

    def __post_init__(self) -> None:
        """Refuse what contradicts itself.

        Raises:
            ValueError: a comment or a known issue without an address, a replacement of what the
                script does not hold, or a requirement that is none.
        """
        if self.advice in {"comment", "known"} and self.address is None:
            raise ValueError(f"the advice {self.advice!r} needs an `address`")
        if absent := [text for text in self.one_state if text not in self.script]:
            raise ValueError(f"the script does not hold {absent[0]!r}, which `one_state` replaces")
        for text in self.needs:
            Requirement(text)

    @property
    def patch(self) -> str:
        """A patch of Keras that mends it; empty if there is none."""
        return _text(PATCHES / f"{self.id}.patch")

    @property
    def test(self) -> str:
        """A test for Keras' own suite, which fails without the patch."""
        return _text(PATCHES / f"{self.id}_test.py.txt")

    def variant(self, layer: str) -> str:
        """Return the script with another layer in place of LSTM."""
        if layer == "LSTM":
            return self.script
        text = self.script
        for before, after in self.one_state.items():
            text = text.replace(before, after)
        return text.replace(".LSTM", f".{layer}")


class _File(msgspec.Struct, forbid_unknown_fields=True):
    issue: list[Issue]


@cache
def load(path: Path = FILE) -> list[Issue]:
    """Return the issues as they are listed.

    Raises:
        UnreadableFileError: an unknown key, a missing one, a value of another kind, an issue that
            contradicts itself, or an id or a claim that is listed twice.
    """
    issues = read_toml(path, _File).issue
    names = [issue.id for issue in issues] + [claim for issue in issues for claim in issue.claims]
    if twice := sorted(name for name, count in Counter(names).items() if count > 1):
        raise UnreadableFileError(one_line(f"{path.name}: listed twice: {', '.join(twice)}"))
    return issues


def of(claim: str) -> Issue | None:
    """Return the issue that covers a claim, if one does."""
    return next((issue for issue in load() if claim in issue.claims), None)


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""
