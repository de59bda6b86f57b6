"""An environment as it is asked for: packages, a Python, a backend of Keras."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from packaging.requirements import Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from lstm_spec.errors import UsageError
from lstm_spec.run.backends import NEEDED
from lstm_spec.run.oneline import one_line

STAND_INS = {
    "tensorflow": {"tensorflow", "tensorflow-cpu", "tf-nightly", "tf-nightly-cpu"},
    "keras": {"keras", "keras-nightly"},
}
"""Packages that own the same files: one of them is enough, and two break each other."""


class UnusableRequirementError(UsageError):
    """A word that names no package, or packages that break each other."""


@dataclass(frozen=True)
class Request:
    """What an environment shall hold beside this package."""

    requirements: tuple[str, ...]
    """As pip takes them (PEP 508)."""
    python: str = ""
    """As `major.minor`; default: the one that runs."""
    backend: str = "tensorflow"

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables by which Keras is told what is meant."""
        legacy = "tf-keras" in map(name_of, self.requirements)
        return {"KERAS_BACKEND": self.backend, "TF_USE_LEGACY_KERAS": "1" if legacy else "0"}

    @property
    def moved(self) -> set[str]:
        """Which of TensorFlow and Keras were asked for, other than whatever is newest."""
        chosen = {name_of(text) for text in self.requirements if text not in STAND_INS}
        return {package for package, names in STAND_INS.items() if names & chosen}

    def __str__(self) -> str:
        """Return the requirements, and the Python if one is asked for."""
        python = [f"Python {self.python}"] if self.python else []
        return ", ".join([*self.requirements, *python])


def parse(words: Sequence[str], python: str = "", backend: str = "tensorflow") -> Request:
    """Return the request that a user's words mean: the newest of what they leave out.

    Args:
        words: requirements, and paths of wheels.
        python: as `major.minor`, or empty.
        backend: one of those in NEEDED.

    Raises:
        UnusableRequirementError: a word is neither; the message says what is expected.
    """
    given = [_requirement(word) for word in words]
    names = {name_of(text) for text in given}
    newest = ["tf-nightly" if "keras-nightly" in names else "tensorflow"]
    needed = newest if backend == "tensorflow" else NEEDED[backend]
    missing = [name for name in needed if not names & STAND_INS.get(name, {name})]
    return Request((*given, *missing), python, backend)


def name_of(requirement: str) -> str:
    """Return the name of the package that is required, as registries spell it."""
    return canonicalize_name(Requirement(requirement).name)


def wheels(request: Request) -> list[Path]:
    """Return the wheels that are among the requirements."""
    paths = [_local(Requirement(text).url or "") for text in request.requirements]
    return [path for path in paths if path]


def source(word: str) -> Path | None:
    """Return the folder of the source tree that a word names; None, if it names something else.

    As for pip a path has a separator in it, or begins with a dot: `keras` is the package.

    Raises:
        UnusableRequirementError: it is a folder without a source tree.
    """
    with suppress(ValueError, RecursionError):
        path = _local(Requirement(word).url or "")
        return path if path and os.path.isdir(path) else None
    named = os.path.expanduser(word)
    if not (os.sep in named or named.startswith(".")) or not os.path.isdir(named):
        return None
    if not is_source(named):
        raise UnusableRequirementError(
            f"{one_line(word)} has no pyproject.toml or setup.py; give the folder of a source tree"
        )
    return Path(named)


def is_source(folder: str) -> bool:
    """Return whether a folder holds what a package is built from."""
    return any(
        os.path.isfile(os.path.join(folder, name)) for name in ("pyproject.toml", "setup.py")
    )


def _local(url: str) -> Path | None:
    return Path(url2pathname(urlsplit(url).path)) if url.startswith("file:") else None


def _requirement(word: str) -> str:
    if word.endswith(".whl"):
        return _wheel(Path(word))
    with suppress(ValueError, RecursionError):  # InvalidRequirement, and a number of 5,000 digits
        text = str(Requirement(word))
        if str(Requirement(text)) == text:  # what is written is not always read as the same
            return text
    raise UnusableRequirementError(
        f"{word!r} is no requirement; give one like 'tensorflow==2.21.0', a wheel, or the folder "
        "of a source tree"
    )


def _wheel(file: Path) -> str:
    if not os.path.isfile(file):  # unlike Path.is_file it takes a name that is too long
        raise UnusableRequirementError(f"there is no wheel {one_line(file)}")
    try:
        name = parse_wheel_filename(file.name)[0]
    except InvalidWheelFilename:
        raise UnusableRequirementError(
            f"{one_line(file.name)} is no wheel's name; it is like keras-3.15.1-py3-none-any.whl"
        ) from None
    return f"{name} @ {file.absolute().as_uri()}"
