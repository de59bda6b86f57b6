"""What differs between two reports: claims, numbers, speed, arguments, documentation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from lstm_spec import catalog
from lstm_spec.run import documentation
from lstm_spec.run.documentation import Key
from lstm_spec.run.report import GOOD, Environment, Header, Record, Report

UNIT = 1.0
"""The unit of rounding: another order of a sum may move an error so far, and one that was measured
once has no spread."""
UNSAID = "a sentence that has no paraphrase"


class Change(msgspec.Struct, frozen=True):
    """A difference."""

    what: str
    then: str | None
    """None: it did not exist."""
    now: str | None
    """None: it no longer exists."""
    why: str = ""


class Measured(msgspec.Struct, frozen=True):
    """A claim's error that came nearest to its bound, in units of rounding."""

    claim: str
    error: float
    bound: float
    spread: float


class Move(msgspec.Struct, frozen=True):
    """A claim whose error moved by more than its errors spread, and by more than UNIT."""

    claim: str
    then: float
    now: float
    spread: float


class Errors(msgspec.Struct, frozen=True):
    """The errors of the claims that held both times."""

    compared: int
    """How many claims were tried on the same cases."""
    apart: int
    """How many were not, so that their errors cannot be compared."""
    then: Measured | None
    """Of all these claims the error that came nearest to its bound."""
    now: Measured | None
    moved: list[Move]


class Speed(msgspec.Struct, frozen=True):
    """Seconds for each example, summed over the claims that held both times."""

    claims: int
    then: float
    now: float


class Comparison(msgspec.Struct, frozen=True):
    """What differs between an earlier report and a later one."""

    worse: list[str]
    """The claims that no longer hold, or that deviate now by the same test."""
    changed: list[Change]
    """The claims whose verdict is another, with the message of the later report."""
    retested: list[str]
    """Of these the claims whose test was edited between the reports: that may be the reason."""
    added: list[Change]
    gone: list[Change]
    unchanged: int
    errors: Errors
    speed: Speed | None
    """None: no claim has a time in both reports."""
    signatures: list[Change] | None
    """Arguments and their defaults. None: a report does not hold them."""
    documentation: list[Change] | None
    """Places, and what a sentence there says, in our words, or UNSAID. None: as for signatures."""
    environment: list[Change]
    """Versions, and whatever else the headers say of how the claims were tried."""


def compare(then: Report, now: Report) -> Comparison:
    """Return what differs.

    Args:
        then: the earlier report.
        now: the later one.
    """
    before = _by_claim(then)
    after = _by_claim(now)
    why = {**catalog.retired(), **{name: _why(before.get(name), after[name]) for name in after}}
    claims = differences(_verdicts(before), _verdicts(after), why)
    changed = [change for change in claims if change.then and change.now]
    edited = {name for name in after if _edited(then.header, now.header, name)}
    both = [(before[name], after[name]) for name in before if name in after]
    held = [(a, b) for a, b in both if a.verdict == b.verdict == "held"]
    environments = then.header.environment, now.header.environment
    return Comparison(
        worse=[change.what for change in changed if _worse(change, change.what in edited)],
        changed=changed,
        retested=[change.what for change in changed if change.what in edited],
        added=[change for change in claims if not change.then],
        gone=[change for change in claims if not change.now],
        unchanged=len(both) - len(changed),
        errors=_errors(held, then.header.effort == now.header.effort),
        speed=_speed(held),
        signatures=_signatures(*environments),
        documentation=_documentation(*environments),
        environment=differences(facts(then.header), facts(now.header)),
    )


def _why(before: Record | None, after: Record) -> str:
    """Return what the later record says, or else what the earlier one said."""
    message = before.message if before else ""
    return after.message or (message and f"Before: {message}")


def differences(
    then: Mapping[str, str], now: Mapping[str, str], why: Mapping[str, str] | None = None
) -> list[Change]:
    """Return what has another value, or is on one side only.

    Args:
        then: the values by name.
        now: the later values.
        why: what to say of a name.
    """
    reasons = why or {}
    return [
        Change(name, then.get(name), now.get(name), reasons.get(name, ""))
        for name in {**then, **now}
        if then.get(name) != now.get(name)
    ]


def _by_claim(tried: Report) -> dict[str, Record]:
    """Return the records in reading order."""
    records = {record.claim: record for record in tried.records}
    return {claim: records[claim] for claim in tried.header.claims if claim in records}


def _verdicts(records: Mapping[str, Record]) -> dict[str, str]:
    return {claim: record.verdict for claim, record in records.items()}


def _edited(then: Header, now: Header, claim: str) -> bool:
    """Return whether both reports know a claim's test, and it is not the same."""
    tests = [header.code[claim] for header in (then, now) if claim in header.code]
    return len(set(tests)) == 2


def _worse(change: Change, edited: bool) -> bool:
    """Return whether a claim fails that did not, or deviates that held, if its test is the same."""
    if change.now not in GOOD:
        return change.then in GOOD
    return not edited and (change.then, change.now) == ("held", "deviates")


def _errors(held: Iterable[tuple[Record, Record]], same_effort: bool) -> Errors:
    pairs = []
    apart = 0
    for before, after in held:
        earlier = _measured(before)
        later = _measured(after)
        if earlier and later:
            same = same_effort and before.cases == after.cases
            apart += not same
            pairs += [(earlier, later)] if same else []
    moves = [Move(a.claim, a.error, b.error, max(a.spread, b.spread)) for a, b in pairs]
    return Errors(
        compared=len(pairs),
        apart=apart,
        then=max((earlier for earlier, _ in pairs), key=_nearness, default=None),
        now=max((later for _, later in pairs), key=_nearness, default=None),
        moved=[move for move in moves if abs(move.now - move.then) > max(move.spread, UNIT)],
    )


def _measured(record: Record) -> Measured | None:
    if record.error is None or not record.bound:  # nothing comes near to a bound of zero
        return None
    return Measured(record.claim, record.error, record.bound, record.spread or 0.0)


def _nearness(measured: Measured) -> float:
    return measured.error / measured.bound


def _speed(held: Iterable[tuple[Record, Record]]) -> Speed | None:
    timed = [(a, b) for a, b in held if a.seconds and a.examples and b.seconds and b.examples]
    if not timed:
        return None
    sums = [sum(pair[side].seconds / pair[side].examples for pair in timed) for side in (0, 1)]
    return Speed(len(timed), *sums)


def _signatures(then: Environment, now: Environment) -> list[Change] | None:
    if not then.signatures or not now.signatures:
        return None
    sides = [
        {
            f"{name}, argument `{word}`": value
            for name, arguments in taken.items()
            for word, value in arguments.items()
        }
        for taken in (then.signatures, now.signatures)
    ]
    return differences(*sides)


def _documentation(then: Environment, now: Environment) -> list[Change] | None:
    if not then.sentences or not now.sentences:
        return None
    says = {Key(e.object, e.section, e.digest): e.says for e in documentation.entries()}
    return [
        Change(place, gone and says.get(gone, UNSAID), new and says.get(new, UNSAID))
        for place, gone, new in documentation.pairs(_keys(then), _keys(now))
    ]


def _keys(environment: Environment) -> Counter[Key]:
    return Counter(
        Key(name, section, digest)
        for name, sections in environment.sentences.items()
        for section, digests in sections.items()
        for digest in digests
    )


def facts(header: Header) -> dict[str, str]:
    """Return the versions, and what else a header records of how the claims were tried."""
    environment = header.environment
    named = ("python", "backend", "device", "platform", "processor", "cores")
    return {
        **environment.packages,
        **({"Keras from": environment.origin} if environment.origin else {}),
        **{name: str(getattr(environment, name)) for name in named},
        **{name: str(getattr(header, name)) for name in ("effort", "seed", "workers")},
        "lstm-spec": header.lstm_spec,
    }
