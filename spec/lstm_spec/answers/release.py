"""The Keras that a citation is asked for: a report of the ledger, or releases."""

from __future__ import annotations

from dataclasses import replace

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version

from lstm_spec.errors import UsageError
from lstm_spec.releases import ledger
from lstm_spec.run import deviations
from lstm_spec.run.extent import Extent
from lstm_spec.run.packages import DISTRIBUTIONS, Place
from lstm_spec.run.report import Report
from lstm_spec.run.text import one_line

EXAMPLES = "give a release like keras==3.9.2 or tensorflow==2.15.1, or a name of the ledger"
MADE = {"keras", "tf-keras", "tensorflow"}


class UnknownReleaseError(UsageError):
    """Words that name no Keras of which anything is known."""


def release(text: str, backend: str = "") -> tuple[Place, Report | None]:
    """Return the Keras that words name, and the report of the ledger on it, if there is one.

    Args:
        text: a name in the ledger, such as backend-jax; or releases, such as
            "keras==3.9.2 tensorflow==2.16.2". What they leave out is as in the ledger.
        backend: what computes for Keras; empty, if it follows from the text.

    Raises:
        UnknownReleaseError: it is neither; the message says what to give.
    """
    if text in ledger.names():
        report = ledger.find(text)
        if backend and backend != ledger.place(report).backend:
            raise UnknownReleaseError(f"{text} has a backend of its own; leave out {backend}")
    else:
        asked = dict(map(_release, text.split() or [text]))
        report = ledger.find(_nearest(asked, backend))
        moved = _moved(ledger.place(report), asked)
        if moved.packages != ledger.place(report).packages:
            return moved, None
    return ledger.place(report), report


def asked(text: str, backend: str) -> tuple[Place, Report | None]:
    """Return the Keras that a user asks for, as `release` does; the newest, if neither is given.

    Raises:
        UnknownReleaseError: nothing is known of it; the message says what to give.
    """
    if not (text or backend):
        return deviations.newest(), None
    return release(text or f"backend-{backend}", backend)


def extent(claim: str, place: Place, report: Report | None) -> Extent:
    """Return how wide a claim was tried on the Keras that `asked` names; nothing, if it is unknown.

    Args:
        claim: the id.
        place: the Keras.
        report: the report on it, if `asked` returns one.
    """
    if report is None and place == deviations.newest():
        report = ledger.find(_of_the_newest("tensorflow"))
    records = report.records if report else []
    return next((record.extent for record in records if record.claim == claim), {})


def _release(word: str) -> tuple[str, str]:
    try:
        requirement = Requirement(word)
        (version,) = requirement.specifier
        Version(version.version)
    except (InvalidRequirement, InvalidVersion, ValueError, RecursionError):
        raise UnknownReleaseError(f"{one_line(word)!r} is no release; {EXAMPLES}") from None
    if requirement.name not in MADE or version.operator != "==":
        raise UnknownReleaseError(f"{one_line(word)!r} is no release; {EXAMPLES}")
    return requirement.name, version.version


def _nearest(asked: dict[str, str], backend: str) -> str:
    """Return the name of the report on the same minor release, or on the same backend.

    Raises:
        UnknownReleaseError: there is none.
    """
    package = next(name for name in ("tf-keras", "keras", "tensorflow") if name in asked)
    version = Version(asked[package])
    row = package
    if package == "keras" and version.major < 3:
        row = "tensorflow"  # which comes with the Keras of the same number
    name = f"{row}-{version.major}.{version.minor}"
    if name == _of_the_newest("keras"):
        name = _of_the_newest("tensorflow")
    if name not in ledger.names():
        known = [one for one in ledger.names() if one.startswith(f"{row}-")]
        raise UnknownReleaseError(
            f"nothing is known of {package} {version}: the ledger has {known[0]} to {known[-1]}"
        )
    if backend in ("", "tensorflow"):
        return name
    if package != "keras" or version.major < 3:
        raise UnknownReleaseError(
            f"{package} {version} has no backend {backend}; give a release like keras==3.9.2"
        )
    return f"backend-{backend}"


def _of_the_newest(package: str) -> str:
    """Return the name of the report on the newest release of a package."""
    newest = Version(deviations.newest().version(package) or "0")
    return f"{package}-{newest.major}.{newest.minor}"


def _moved(place: Place, asked: dict[str, str]) -> Place:
    """Return the place with other versions of the packages."""
    packages = dict(place.packages)
    for name, version in asked.items():
        owner = next(owner for owner, names in DISTRIBUTIONS.items() if name in names)
        for other in DISTRIBUTIONS[owner]:
            packages.pop(other, None)
        packages[name] = version
    return replace(place, packages=packages)
