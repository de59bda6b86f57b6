"""Each entry of deviations.toml knows the recorded failure of its claim, and none of a fault.

The record is made by `tox run -e failures`, in a few environments that meet every entry.
"""

from __future__ import annotations

import itertools
import re
from functools import cache

import pytest

from lstm_spec.run import deviations
from lstm_spec.run.deviations import Deviation
from tools.studies import failures

COMMAND = "tox run -e failures"
GENERIC = re.compile(
    r"((right if|units of rounding|no difference|not built|the error does not say|Expected:|Got:"
    r"|Raised:|True|False|None|is not|runs?|shape|AssertionError|\w*Error: ?)\W*)+"
)
"""What many failures say: no entry is made of it alone."""

BESIDE = re.compile(
    r"(?<=accepted, not refused: the call returned ).*"  # what should have been refused
    r"|(?:Call a|A)rguments received.*"  # the case: another may fail first
    r"|\barray\(.*?\)|(?<=value=)\[.*?\]+(?=>)|(?<=numpy=)\s*\w*\(?\[.*?\]+"  # numbers quoted
    r'| *File "faults.py", line \d+[^\n]*\n[^\n]*\n|(?<= ) +'  # its place; columns
    r"|(?<='shared_object_id': )\d+|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d",
    re.DOTALL,
)
"""What a failure says besides what is wrong: it differs under a fault, and the failure does not."""
NOT_OF_OUTPUTS = {
    "dropout.recurrent-whole-call": "the example's arrays are refused before there are outputs",
    "errors.any-number-of-samples": "losses are averaged, of outputs as Keras gives them",
    "masking.bidirectional-passes-on": "two calls of a layer are compared, of whatever weights",
    "models.declared-by-layers": "of many layers another fails first, before there are outputs",
    "models.heads-skip": "no LSTM is in it; the weights of the heads are drawn anew",
    "models.open-graphs": "Reshape and Flatten fail, on whatever they are given",
    "precision.half-counter": "beside 2048 the noise is less than the rounding of float16",
    "saving.layers-in-structures": "a model before and after reading is compared, of any weights",
    "saving.layers-read-again": "of many layers another fails first, before there are outputs",
    "saving.pickle": "what Keras prints of its files holds sizes and times",
    "saving.openvino": "the converter names the operations that it lacks, those of the noise too",
    "trainer.activity-time-distributed": "no penalty is added, whatever the outputs are",
    "trainer.adjusted-score": "scores are taken of outputs as Keras gives them",
    "trainer.better-by-itself": "callbacks choose by what fit reports, whatever that is",
    "trainer.clipped-embedding": "rows of an Embedding move, by a gradient of any size",
    "trainer.loss-axis": "losses are taken of outputs as Keras gives them",
    "trainer.memory": "objects are counted",
    "trainer.optimizer-unchanged": "two optimizers are compared, of whatever gradients",
    "trainer.penalty-frozen": "the penalty is of weights, which are drawn anew",
    "trainer.penalty-shared": "the penalty is of the outputs as Keras gives them",
    "trainer.printed": "what fit prints is compared with what it returns, whatever that is",
    "trainer.tversky": "losses are taken of outputs as Keras gives them",
}
"""Claims whose known failures are the same under a fault, though their numbers differ; and why."""

MORE = {
    "state.any-value": "TensorFlow 2.8, whose sigmoid of -8 is off by thousands of units",
}
"""Claims of which an entry does not know its own failure, and where.

No words are its alone, or a failure shows on more cases than are tried for the record.
"""

LINES = {
    (line.environment, line.claim, line.fault): line.text
    for line in failures.seen()
    if line.environment in failures.places()
}
RECORDED = [
    (deviation, environment, text)
    for (environment, claim, fault), text in LINES.items()
    if not fault and not text.startswith(failures.INAPPLICABLE)
    for deviation in deviations.of(claim)
    if deviation.matches(failures.places()[environment])
]
"""Each entry that is recorded, with its environment and the failure there."""


def unrecorded(*faults: str) -> list[Deviation]:
    """Return the entries of which one of these failures is not recorded."""
    recorded = [
        (deviation, fault)
        for deviation, environment, _ in RECORDED
        for fault in faults
        if (environment, deviation.claim, fault) in LINES
    ]
    return [
        deviation
        for deviation in deviations.load()
        if any((deviation, fault) not in recorded for fault in faults)
    ]


@cache
def unknown() -> dict[str, tuple[str, str, str]]:
    """Return the claims whose entry does not know their own failure."""
    return {
        deviation.claim: (deviation.condition, environment, text)
        for deviation, environment, text in RECORDED
        if not deviation.explains(text)
    }


@cache
def altered() -> dict[str, tuple[str, str, str, str, str]]:
    """Return the claims whose entry knows a failure that a fault causes or alters."""
    return {
        deviation.claim: (deviation.condition, environment, fault, text, after)
        for deviation, environment, text in RECORDED
        for fault in failures.FAULTS
        if deviation.explains(after := LINES.get((environment, deviation.claim, fault), ""))
        and BESIDE.sub("", after) != BESIDE.sub("", text)
    }


def test_entry_knows_its_own_failure() -> None:
    assert {claim: seen for claim, seen in unknown().items() if claim not in MORE} == {}


def test_entry_knows_no_failure_that_a_fault_causes_or_alters() -> None:
    """What stays known shows before an output exists, or not in outputs: to the letter the same."""
    excused = MORE.keys() | NOT_OF_OUTPUTS.keys()
    assert {claim: seen for claim, seen in altered().items() if claim not in excused} == {}


def test_nothing_is_excused_without_need() -> None:
    """Of a claim that was edited the failures are recorded anew before its excuse is judged."""
    stale = {deviation.claim for deviation in unrecorded("", *failures.FAULTS)}
    assert MORE.keys() - stale <= unknown().keys() | altered().keys()
    assert NOT_OF_OUTPUTS.keys() - stale <= altered().keys()


def test_no_entry_is_made_of_words_that_many_failures_say() -> None:
    texts = [
        (deviation, " ".join(text))
        for deviation in deviations.load()
        for part in (deviation.says, deviation.example)
        for text in itertools.product(*deviations.alternatives(part))
        if text
    ]
    generic = [
        f"{deviation.claim}, {deviation.condition}"
        for deviation, text in texts
        if GENERIC.fullmatch(text)
    ]
    assert generic == []


def test_every_entry_is_recorded() -> None:
    if untried := unrecorded("", *failures.FAULTS):
        pytest.skip(
            f"of {len(deviations.load())} entries {len(unrecorded(''))} have no record of today's "
            f"claim, and {len(untried)} not under each fault: {COMMAND}"
        )


def test_record_is_small_and_holds_no_path_of_a_machine() -> None:
    assert failures.SEEN.stat().st_size < 2_000_000
    text = failures.SEEN.read_text(encoding="utf-8")
    assert re.findall(r"/(?:root|home|work|tmp|usr)/[\w/.]*", text) == []
