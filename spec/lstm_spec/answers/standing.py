"""How a claim stands on one Keras: what can be said of it there that is true, said first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import Specifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from lstm_spec.catalog import Claim
from lstm_spec.errors import UsageError
from lstm_spec.releases import ledger
from lstm_spec.run import deviations
from lstm_spec.run.deviations import Deviation
from lstm_spec.run.environment import DISTRIBUTIONS, Place
from lstm_spec.run.report import Extent, Report
from lstm_spec.run.text import one_line

BACKENDS = {
    "tensorflow": "TensorFlow",
    "jax": "JAX",
    "torch": "PyTorch",
    "numpy": "NumPy",
    "openvino": "OpenVINO",
}
DEVICES = {"cpu": "on a CPU", "gpu": "on a GPU"}
BROKEN = "The claim that it breaks:"


@dataclass(frozen=True)
class Standing:
    """What is said first of a claim: a true sentence, with what a reader must know before it."""

    caution: str
    """Why the claim's statement is not said as it is; empty, if it is."""
    sentence: str
    """The statement; or, where that is false, what happens instead."""
    broken: str = ""
    """The statement, where it is false."""

    @property
    def head(self) -> str:
        """The sentence, after the caution if there is one."""
        return f"{self.caution}: {self.sentence}" if self.caution else self.sentence

    def __str__(self) -> str:
        """Return all of it, in a line."""
        return f'{self.head} {BROKEN} "{self.broken}"' if self.broken else self.head


def standing(claim: Claim, place: Place | None = None, untried: str = "") -> Standing:
    """Return how a claim stands on a Keras.

    Args:
        claim: the claim.
        place: the Keras, and what it runs on; default: the newest release.
        untried: why the claim cannot be tried there, if it cannot.
    """
    where = place or deviations.newest()
    if known := false_at(claim.id, where):
        place_named = named(where, tensorflow=bool(known.tensorflow))
        return Standing(f"Not on {place_named}", known.instead, claim.statement)
    if untried:
        return Standing(f"Not tried on {named(where)}", claim.statement)
    return Standing(claim.caution, claim.statement)


def false_at(claim: str, place: Place) -> Deviation | None:
    """Return what happens instead at a place where a claim's statement is false."""
    known = deviations.of(claim)
    return next(
        (deviation for deviation in known if deviation.matches(place) and not deviation.holds), None
    )


def exceptions(claim: str, place: Place) -> list[str]:
    """Say in a line each where else a claim is false, or holds with a difference, and how."""
    here = false_at(claim, place)
    known = deviations.of(claim)
    return [f"{elsewhere(entry)}: {entry.instead}" for entry in known if entry is not here]


def elsewhere(known: Deviation) -> str:
    """Say where something else happens, to begin a sentence, as in "Before Keras 3"."""
    return capital(where(known))


def capital(text: str) -> str:
    """Return a text that begins with a capital letter."""
    return text[:1].upper() + text[1:]


def named(place: Place, tensorflow: bool = False) -> str:
    """Return the name of a Keras, as in "Keras 3.9.2 with the JAX backend".

    Args:
        place: the Keras, and what it runs on.
        tensorflow: whether TensorFlow is named though it is the newest, because it matters.
    """
    keras = place.version("keras")
    version = place.version("tensorflow")
    if place.backend != "tensorflow":
        other = f" with the {BACKENDS[place.backend]} backend"
    elif version == deviations.newest().version("tensorflow") and not tensorflow:
        other = ""
    else:
        other = f" with TensorFlow {version}"
    return f"Keras {keras}{other}{' on a GPU' if place.device == 'gpu' else ''}"


def where(known: Deviation) -> str:
    """Return the conditions in English, as in "on Keras 3.0 to 3.2 with the JAX backend"."""
    parts: list[str] = []
    versions = {
        "Keras": known.keras,
        "TensorFlow": known.tensorflow,
        "NumPy": known.numpy,
        "JAX": known.jax,
    }
    for product, specifier in versions.items():
        if specifier:
            word, span = _span(specifier)
            word = (
                f"{word} {product}" if not parts else f"with {product} {word}".removesuffix(" on")
            )
            parts.append(f"{word} {span}")
    if known.backend:
        backends = [BACKENDS[name] for name in _listed(known.backend)]
        parts.append(f"with the {_joined(backends, 'or')} backend")
    parts += [DEVICES[name] for name in _listed(known.device)[:1]]
    if known.python:
        word, span = _span(known.python)
        parts.append(f"{word} Python {span}")
    return " ".join(f"{part}," if "except" in part else part for part in parts).rstrip(",") or (
        "everywhere"
    )


def _span(specifier: str) -> tuple[str, str]:
    """Return a version specifier as "before", "since" or "on", and versions."""
    given = sorted(
        SpecifierSet(specifier), key=lambda condition: Version(condition.version.rstrip(".*"))
    )
    lower, upper, last, same = (_only(given, sign) for sign in (">=", "<", "<=", "=="))
    others = [
        condition.version.removesuffix(".*") for condition in given if condition.operator == "!="
    ]
    left = f", except {_joined(others, 'and')}" if others else ""
    if len(given) - len(others) != sum(map(bool, (lower, upper, last, same))):
        return "on", specifier.replace(",", ", ")
    if same:
        return "on", same
    if last:
        return "on", f"{lower} to {last}{left}" if lower else f"{last} and before{left}"
    if lower and upper:
        return "on", f"{_between(Version(lower), Version(upper))}{left}"
    return ("since", f"{lower}{left}") if lower else ("before", f"{upper}{left}")


def _only(given: Sequence[Specifier], sign: str) -> str:
    """Return the version after a sign, without its wildcard; empty, if there is none."""
    versions = [
        condition.version.removesuffix(".*") for condition in given if condition.operator == sign
    ]
    return versions[0] if len(versions) == 1 else ""


def _between(lower: Version, upper: Version) -> str:
    """Return the releases from one on and before another, as in "3.0 to 3.2"."""
    if upper.micro:
        last = f"{upper.major}.{upper.minor}.{upper.micro - 1}"
    elif upper.minor:
        last = f"{upper.major}.{upper.minor - 1}"
    elif upper.major > lower.major + 1:
        last = f"{upper.major - 1}"
    else:
        return f"{lower.major} from {lower} on" if lower.minor else f"{lower.major}"
    if lower.micro and last == f"{lower.major}.{lower.minor}":
        return f"{last} from {lower} on"
    first = ".".join(map(str, [*lower.release, 0][: max(2, len(lower.release))]))
    if upper.micro and (lower.major, lower.minor) == (upper.major, upper.minor):
        first = f"{lower.major}.{lower.minor}.{lower.micro}"
    return first if first == last else f"{first} to {last}"


def _listed(names: str | Sequence[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _joined(words: Sequence[str], conjunction: str) -> str:
    *most, last = words
    return f"{', '.join(most)} {conjunction} {last}" if most else last


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
        known = [report for report in ledger.names() if report.startswith(f"{row}-")]
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
