"""Claims that released Keras is known to break: where, and what happens instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from packaging.specifiers import SpecifierSet

from lstm_spec.run.environment import Backend, Place, installed
from lstm_spec.run.text import UnreadableFileError, one_line, read_toml

FILE = Path(__file__).with_name("deviations.toml")
EXAMPLE = "the example does not print what it should"
"""What a failure says if the test holds and the example does not."""

Text = Annotated[str, msgspec.Meta(min_length=1)]
Words = Text | list[Text | list[Text]]
"""Words that are all contained in a failure; of those in a list within, one at least."""
Device = Literal["cpu", "gpu"]
Fix = Annotated[
    str, msgspec.Meta(pattern=r"^(https://\S+/pull/\d+, in )?(Keras|TensorFlow) \d+(\.\d+)+$")
]


class DeviationError(UnreadableFileError):
    """An entry that cannot be true; the message names it."""


class AmbiguousError(DeviationError):
    """Two entries of one claim for one place: the record of that claim is damaged."""


class Deviation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A claim that does not hold, and what happens instead.

    The conditions say where; all that are given must be met.
    """

    claim: Text
    instead: Text
    concerns: Text
    """The documentation's sentence, in our words, or the address of the issue, or what else."""
    holds: bool = False
    """Whether the sentence is true there, and only something else in its test or example fails."""
    processor: bool = False
    """Whether only some processors show it: a claim that holds on another is not refuted there."""
    says: Words = []
    """Words that the failure must contain, and that no other failure contains."""
    example: Words = []
    """The same of a failure of the docstring's example, where the test holds."""
    tensorflow: str = ""
    """A version specifier (PEP 440); it is not met where TensorFlow is not installed."""
    keras: str = ""
    """A version specifier."""
    numpy: str = ""
    """A version specifier."""
    jax: str = ""
    """A version specifier; it is not met where JAX is not installed."""
    python: str = ""
    """A version specifier."""
    backend: Backend | list[Backend] = []
    device: Device | list[Device] = []
    fixed: Fix = ""
    """The release from which the claim holds, if a fault was fixed; with the pull request."""

    def __post_init__(self) -> None:
        """Refuse what is no version specifier, and an entry without words.

        Raises:
            ValueError: one of them.
        """
        if not (self.says or self.example):
            raise ValueError("neither `says` nor `example` describes the failure")
        for specifier in (self.tensorflow, self.keras, self.numpy, self.jax, self.python):
            for bound in SpecifierSet(specifier) if specifier else ():
                bound.contains("0")  # some of it is read only when it is used

    def matches(self, place: Place) -> bool:
        """Return whether all conditions are met."""
        return (
            _within(self.tensorflow, place.version("tensorflow"))
            and _within(self.keras, place.version("keras"))
            and _within(self.numpy, place.version("numpy"))
            and _within(self.jax, place.version("jax"))
            and _within(self.python, place.python)
            and _among(self.backend, place.backend)
            and _among(self.device, place.device)
        )

    def explains(self, failure: str) -> bool:
        """Return whether a failure, of the test or of the example, contains the words."""
        parts = alternatives(self.example if EXAMPLE in failure else self.says)
        return bool(parts) and all(any(text in failure for text in texts) for texts in parts)

    @property
    def condition(self) -> str:
        """The conditions, as they are written; "everywhere", if there are none."""
        names = ("tensorflow", "keras", "numpy", "jax", "python", "backend", "device")
        given = [(name, getattr(self, name)) for name in names]
        return ", ".join(f"{name} {value}" for name, value in given if value) or "everywhere"


def alternatives(words: Words) -> list[list[Text]]:
    """Return of each part of an entry's words the texts of which a failure contains one."""
    parts = [words] if isinstance(words, str) else words
    return [[part] if isinstance(part, str) else part for part in parts]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    newest: Place
    deviation: list[dict[str, Any]] = []


@cache
def newest(path: Path = FILE) -> Place:
    """Return the newest release of Keras, with what it runs on.

    Answers are about it unless another is asked for.

    Raises:
        DeviationError: it is not recorded, or the file cannot be read as a whole.
    """
    return _read(path).newest


@cache
def load(path: Path = FILE) -> list[Deviation]:
    """Return all deviations.

    Raises:
        DeviationError: an unknown key, a missing one, a value of another type, or no specifier.
    """
    return [_deviation(path, entry) for given in _read(path).deviation for entry in _parted(given)]


def of(claim: str) -> list[Deviation]:
    """Return what deviates of a claim, anywhere."""
    return [entry for entry in load() if entry.claim == claim]


def current() -> list[Deviation]:
    """Return what deviates in the newest release."""
    return at(newest())


def at(where: Place) -> list[Deviation]:
    """Return what deviates at a place."""
    return [entry for entry in load() if entry.matches(where)]


@cache
def _read(path: Path) -> _File:
    try:
        return read_toml(path, _File)
    except UnreadableFileError as error:
        raise DeviationError(str(error)) from None


def _parted(given: dict[str, Any]) -> list[dict[str, Any]]:
    """Return an entry for each claim that it lists."""
    claims = given.get("claim")
    listed = claims if isinstance(claims, list) else []
    return [{**given, "claim": claim} for claim in listed] or [given]


def _deviation(path: Path, given: dict[str, Any]) -> Deviation:
    try:
        return msgspec.convert(given, Deviation)
    except msgspec.ValidationError as error:
        claim = given.get("claim", "no claim")
        raise DeviationError(one_line(f"{path.name}, {claim}: {error}")) from None


@cache
def _within(specifier: str, version: str | None) -> bool:
    """Return whether a version meets a specifier; nightlies count, they are what is to come."""
    if not specifier:
        return True
    try:
        return version is not None and SpecifierSet(specifier, prereleases=True).contains(version)
    except ValueError:  # as for any other text that is no version: here a number of 5,000 digits
        return False


def _among(names: str | Sequence[str], name: str) -> bool:
    return not names or name in ([names] if isinstance(names, str) else names)


def known(claim: str) -> Deviation | None:
    """Return what is recorded of a claim for the place where this runs, if anything is.

    Raises:
        AmbiguousError: two entries match.
    """
    listed = of(claim)
    if not listed:
        return None
    here = installed(look_for_gpus=any(entry.device for entry in listed))
    forbid_ambiguous(listed, [here])
    return next((entry for entry in listed if entry.matches(here)), None)


def forbid_stale(listed: Iterable[Deviation], ids: set[str]) -> None:
    """Raise if an entry's claim is not among the claims' ids.

    Raises:
        DeviationError: the message names the ids.
    """
    if stale := sorted({entry.claim for entry in listed} - ids):
        raise DeviationError(f"{FILE.name} lists what is no claim: {', '.join(stale)}")


def forbid_ambiguous(listed: Iterable[Deviation], places: Iterable[Place]) -> None:
    """Raise if two entries of one claim match the same place.

    Raises:
        AmbiguousError: the message names each claim, the first such place and both conditions.
    """
    if pairs := list(_overlaps(listed, places)):
        raise AmbiguousError(f"{FILE.name}, {'; '.join(pairs)}")


def _overlaps(listed: Iterable[Deviation], places: Iterable[Place]) -> Iterator[str]:
    """Yield each two entries of one claim that match the same place, once, with that place."""
    claims: dict[str, list[Deviation]] = {}
    for entry in listed:
        claims.setdefault(entry.claim, []).append(entry)
    several = [entries for entries in claims.values() if len(entries) > 1]
    seen: set[tuple[int, int]] = set()
    for where in places:
        for entries in several:
            for first, second in pairwise([entry for entry in entries if entry.matches(where)]):
                if (id(first), id(second)) not in seen:
                    seen.add((id(first), id(second)))
                    both = f"{first.condition}; {second.condition}"
                    yield f"{first.claim}: two match {where}: {both}"


def forbid_unmatched(listed: Iterable[Deviation], places: Iterable[Place]) -> None:
    """Raise if an entry matches none of the places in which claims are tried.

    Raises:
        DeviationError: the message names the claims and the conditions.
    """
    tried = list(places)
    lost = [entry for entry in listed if not any(entry.matches(where) for where in tried)]
    if lost:
        named = "; ".join(f"{entry.claim} ({entry.condition})" for entry in lost)
        raise DeviationError(f"{FILE.name}: no environment of the matrix matches {named}")
