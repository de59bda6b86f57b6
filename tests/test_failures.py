"""Each entry of deviations.toml knows the recorded failure of its claim, and none of a fault.

The record is made by `tox run -e failures`, in a few environments that meet every entry.
"""

from __future__ import annotations

import re

import pytest

from lstm_spec.run import deviations
from tools.studies import failures

COMMAND = "tox run -e failures"
GENERIC = re.compile(
    r"((right if|units of rounding|no difference|not built|the error does not say|Expected:|Got:"
    r"|Raised:|True|False|None|is not|runs?|shape|AssertionError|\w*Error: ?)\W*)+"
)
"""What many failures say: no entry is made of it alone."""

RETURNED = re.compile(r"(?<=accepted, not refused: the call returned ).*", re.DOTALL)
"""What a call returns that should be refused: the refusal is missing, whatever that is."""

LINES = {
    (line.environment, line.claim, line.fault): line.text
    for line in failures.seen()
    if line.environment in failures.places()
}
RECORDED = [
    (deviation, environment, text)
    for (environment, claim, fault), text in LINES.items()
    if not fault and not text.startswith("not applicable")
    for deviation in deviations.of(claim)
    if deviation.matches(failures.places()[environment])
]
"""Each entry that is recorded, with its environment and the failure there."""


def test_entry_knows_its_own_failure() -> None:
    unknown = {
        f"{deviation.claim}, {deviation.condition}, {environment}": text
        for deviation, environment, text in RECORDED
        if not deviation.explains(text)
    }
    assert unknown == {}


def test_entry_knows_no_failure_that_a_fault_causes_or_alters() -> None:
    """What stays known shows before an output exists, or not in outputs: to the letter the same."""
    known = {
        f"{deviation.claim}, {deviation.condition}, {environment}, {fault}": (text, after)
        for deviation, environment, text in RECORDED
        for fault in failures.FAULTS
        if deviation.explains(after := LINES.get((environment, deviation.claim, fault), ""))
        and RETURNED.sub("", after) != RETURNED.sub("", text)
    }
    assert known == {}


def test_no_entry_is_made_of_words_that_many_failures_say() -> None:
    parts = [
        (deviation, part)
        for deviation in deviations.load()
        for part in (deviation.says, deviation.example)
        if part
    ]
    texts = [
        (deviation, part if isinstance(part, str) else " ".join(part)) for deviation, part in parts
    ]
    generic = [
        f"{deviation.claim}, {deviation.condition}"
        for deviation, text in texts
        if GENERIC.fullmatch(text)
    ]
    assert generic == []


def test_every_entry_is_recorded() -> None:
    recorded = [
        (deviation, fault)
        for deviation, environment, _ in RECORDED
        for fault in ("", *failures.FAULTS)
        if (environment, deviation.claim, fault) in LINES
    ]
    missing = [deviation for deviation in deviations.load() if (deviation, "") not in recorded]
    untried = [
        deviation
        for deviation in deviations.load()
        if any((deviation, fault) not in recorded for fault in failures.FAULTS)
    ]
    if untried:
        pytest.skip(
            f"of {len(deviations.load())} entries {len(missing)} have no record of today's claim, "
            f"and {len(untried)} not under each fault: {COMMAND}"
        )


def test_record_is_small_and_holds_no_path_of_a_machine() -> None:
    assert failures.SEEN.stat().st_size < 1_000_000
    text = failures.SEEN.read_text(encoding="utf-8")
    assert re.findall(r"/(?:root|home|work|tmp|usr)/[\w/.]*", text) == []
