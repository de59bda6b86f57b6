"""Goes on with a report where the run that made it stopped."""

from __future__ import annotations

import msgspec

from lstm_spec import catalog
from lstm_spec.errors import UsageError
from lstm_spec.run.report import Environment, Header, Writer


class UnresumableError(UsageError):
    """A report that cannot be gone on with; the message says why, and what to do."""


def header(begun: Writer) -> Header:
    """Return what a report set out to do.

    Raises:
        UnresumableError: it is of other claims.
        UnreadableReportError: the file is damaged, or no report.
        OSError: the file cannot be read.
    """
    header = begun.read().header
    _forbid(begun, _edited(header))
    return header


def forbid_elsewhere(begun: Writer, here: Environment) -> None:
    """Forbid to go on with a report where other packages are installed.

    Args:
        begun: the report.
        here: where its other claims would be tried.

    Raises:
        UnresumableError: it was made elsewhere.
    """
    _forbid(begun, _elsewhere(begun.read().header.environment, here))


def _forbid(begun: Writer, difference: str) -> None:
    if difference:
        raise UnresumableError(f"{begun.path} {difference}; leave out --resume to begin anew")


def forbid_unusable(begun: Writer) -> None:
    """Forbid to go on with a report to which nothing can be added.

    Raises:
        UnresumableError: there was no such file, it is empty, or it is compressed.
    """
    if begun.empty:
        raise UnresumableError(f"there is no report {begun.path}; leave out --resume to begin one")
    if begun.compressed:
        raise UnresumableError(f"{begun.path} is compressed; give it as `gunzip` leaves it")


def _elsewhere(there: Environment, here: Environment) -> str:
    """Say in what the places differ; the number of cores does not matter."""
    before, now = (msgspec.to_builtins(msgspec.structs.replace(e, cores=0)) for e in (there, here))
    names = [name for name in before if before[name] != now[name]]
    if not names:
        return ""
    name = names[0]
    if name in ("signatures", "sentences", "news"):
        return f"was made where the {name} of Keras are others"
    return f"was made with {name} {_say(before[name])}, here it is {_say(now[name])}"


def _say(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {version}" for name, version in value.items())
    return str(value)


def _edited(made: Header) -> str:
    """Say which claims have changed since."""
    now = {claim.id: claim.code for claim in catalog.claims()}
    edited = [claim for claim in made.claims if made.code.get(claim) != now.get(claim, "")]
    return f"is of claims that have changed since, such as {edited[0]}" if edited else ""
