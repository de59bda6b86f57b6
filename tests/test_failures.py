"""Each entry of deviations.toml knows the recorded failure of its claim, and none of a fault.

The record is made by `tox run -e failures`, on a few environments that meet every entry.
"""

from __future__ import annotations

import re

import pytest

from lstm_spec.run import deviations
from lstm_spec.run.deviations import Deviation
from tools.studies import failures

COMMAND = "tox run -e failures"
ERROR = re.compile(r"\b\w+Error: |the interpreter died")
GENERIC = re.compile(
    r"((right if|units of rounding|no difference|not built|the error does not say|Expected:|Got:"
    r"|Raised:|True|False|None|is not|runs?|shape|AssertionError|\w*Error: ?)\W*)+"
)
"""What many failures say: no entry is made of it alone."""

NOT_IN_OUTPUTS = {
    "it is how often Python code runs": re.compile(r"the cell|runs|ran|products"),
    "it is a type, a shape, a form or a count": re.compile(
        r"float32|float64|outputs and states are|declared|array|a list of|symbols|TensorShape"
        r"|one tensor of shape|losses|shape \(\)|\(1, \[1, 1\]\)"
    ),
    "it is a configuration, a warning, a name or a weight": re.compile(
        r"implementation|use_cudnn|it warns|no warning|named|kernel|lost: |keeps|does not hold"
        r"|zero_output_for_mask|\.tolist|__reduce__|the cell is|state_size|'dropout'|LSTM object"
        r"|LSTM\(False\)|Saved artifact|Keras weights file|Masking is made|0\.8413"
    ),
    "the masks are drawn, and not put out": re.compile(r"one mask for all gates|shares its mask"),
}
"""Why a deviation may stay known under a fault, by its words."""

NUMBERS_KEPT = {
    "errors.embedding-of-minus-one": "there is no LSTM in it",
    "masking.lost-with-warning": "its first case is masked throughout: the mask gives zeros",
    "training.backwards": "the gradient of a sum is what it is without noise",
    "training.frozen": "the gradient of a sum is what it is without noise",
    "weights.refused-halfway": "the weights are set, and nothing is put out",
    "wrappers.copies-its-layer": "the weights are set, and nothing is put out",
}
"""Why a deviation that is known by numbers may stay known, by the claim."""

LINES = {(line.environment, line.claim, line.fault): line.text for line in failures.seen()}
RECORDED = [
    (one, environment, text)
    for (environment, claim, fault), text in LINES.items()
    if not fault and not text.startswith("not applicable")
    for one in deviations.of(claim)
    if one.matches(failures.place(environment))
]
"""Each entry that is recorded, with its environment and the failure there."""


def words(one: Deviation) -> str:
    """Return all the words by which an entry knows a failure."""
    told = [[part] if isinstance(part, str) else part for part in (one.says, one.example)]
    return " ".join(text for part in told for text in part)


def kept(one: Deviation) -> bool:
    """Say whether a deviation shows before an output exists, or not in outputs."""
    if ERROR.search(words(one)) or "accepted, not refused" in words(one):
        return True
    if "right if" in words(one) and "the cell" not in words(one):
        return one.claim in NUMBERS_KEPT
    return any(pattern.search(words(one)) for pattern in NOT_IN_OUTPUTS.values())


def test_entry_knows_its_own_failure() -> None:
    unknown = {
        f"{one.claim}, {one.condition}, {environment}": text
        for one, environment, text in RECORDED
        if not one.explains(text)
    }
    assert unknown == {}


def test_entry_knows_no_failure_that_a_fault_causes() -> None:
    known = [
        f"{one.claim}, {one.condition}, {environment}, {fault}"
        for one, environment, _ in RECORDED
        for fault in failures.FAULTS
        if one.explains(LINES.get((environment, one.claim, fault), "")) and not kept(one)
    ]
    assert known == []


def test_no_entry_is_made_of_words_that_many_failures_say() -> None:
    told = [(one, part) for one in deviations.load() for part in (one.says, one.example) if part]
    texts = [(one, part if isinstance(part, str) else " ".join(part)) for one, part in told]
    generic = [f"{one.claim}, {one.condition}" for one, text in texts if GENERIC.fullmatch(text)]
    assert generic == []


def test_every_entry_is_recorded() -> None:
    recorded = [one for one, _, _ in RECORDED]
    if missing := [one for one in deviations.load() if one not in recorded]:
        pytest.skip(f"{len(missing)} entries have no record of today's claim: {COMMAND}")


def test_record_is_small_and_holds_no_path_of_a_machine() -> None:
    assert failures.SEEN.stat().st_size < 1_000_000
    text = failures.SEEN.read_text(encoding="utf-8")
    assert re.findall(r"/(?:root|home|work|tmp|usr)/[\w/.]*", text) == []
