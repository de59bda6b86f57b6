"""What was found where it is known what there is to find is what there was to find."""

from __future__ import annotations

import pytest

from lstm_spec.releases.benchmarks import WORK
from lstm_spec.releases.speed import ERROR, FEWEST, MARGIN, ROUNDS, Timing
from tools.studies.slowdowns import PAIRS, Line, Pair, seen
from tools.studies.slowdowns.page import PAGE, page

LINES = seen()
TRACED = {name for name in WORK if name.startswith("tf.function")} | {"train_on_batch", "predict"}


def of(pair: str) -> list[Line]:
    return [line for line in LINES if line.pair == pair]


def timed(pair: str, work: str) -> list[Timing]:
    return [timing for line in of(pair) for timing in line.speeds.timings if timing.work == work]


def test_page_is_made_from_what_was_found() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_every_second_run_had_a_busy_neighbour(pair: Pair) -> None:
    busy = [line.busy for line in of(pair.name)]
    assert busy == [number % 2 == 1 for number in range(len(busy))]
    if len(busy) < pair.runs:
        pytest.skip(f"{len(busy)} of {pair.runs} runs are recorded: tox run -e slowdowns")


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_runs_were_judged_as_they_are_today(pair: Pair) -> None:
    for line in of(pair.name):
        assert (line.speeds.error, line.speeds.margin) == (ERROR, MARGIN)
        assert [timing.work for timing in line.speeds.timings] == list(WORK)
        assert all(FEWEST <= timing.rounds <= ROUNDS for timing in line.speeds.timings)
        assert line.speeds.untimed == []


def test_same_keras_is_neither_slower_nor_faster_than_itself() -> None:
    verdicts = {timing.verdict for line in of("same") for timing in line.speeds.timings}
    assert verdicts <= {"same", "unsettled"}


def test_keras_that_is_a_tenth_slower_is_found_every_time() -> None:
    for line in of("slowed"):
        assert {"eager", "eager, unrolled"} <= set(line.speeds.worse)
        assert TRACED.isdisjoint(line.speeds.worse)


def test_keras_3_0_1_made_eager_calls_faster_and_nothing_slower() -> None:
    assert {timing.verdict for timing in timed("3.0.1", "eager")} == {"faster"}
    assert {timing.verdict for timing in timed("3.0.1", "eager, unrolled")} == {"faster"}
    assert [line.speeds.worse for line in of("3.0.1")] == [[], []]


def test_keras_3_made_eager_calls_slower_and_compiled_ones_faster() -> None:
    assert {timing.verdict for timing in timed("3.0", "eager")} == {"slower"}
    assert {timing.verdict for timing in timed("3.0", "tf.function")} == {"faster"}


def test_since_keras_3_0_eager_calls_and_predict_are_slower_and_training_by_batch_faster() -> None:
    assert {timing.verdict for timing in timed("3.15", "eager")} == {"slower"}
    assert {timing.verdict for timing in timed("3.15", "predict")} == {"slower"}
    assert max(timing.ratio for timing in timed("3.15", "train_on_batch")) < 0.1
    assert min(timing.ratio for timing in timed("3.0", "train_on_batch")) > 10
