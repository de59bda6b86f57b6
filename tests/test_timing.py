"""Ratios are measured in turn, and a disturbed round does not count."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from lstm_spec.harness import timing

CLAIM = """
from lstm_spec.claims import claim
from lstm_spec.harness.timing import assert_between, ratio

@claim("time.causality", observed="here")
def test_it():
    '''
    A statement.

    >>> 1 + 1
    2
    '''
    assert_between(1.5, ratio(lambda: sum(range({count})), lambda: sum(range(20_000))), 4)
"""


def work(times: int) -> Callable[[], object]:
    """Return a call that takes time in proportion."""
    return lambda: [sum(range(1000)) for _ in range(times)]


@pytest.mark.parametrize("times", [1, 1000])
def test_four_times_the_work_takes_four_times_as_long(times: int) -> None:
    assert 3 < timing.ratio(work(4 * times), work(times)) < 5


def test_waiting_takes_no_time() -> None:
    import time

    assert timing.ratio(lambda: time.sleep(0.02) or work(100)(), work(100)) < 2


def test_median_forgets_disturbed_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    values = iter([4, 1, 1, 400, 4, 1, 100, 4, 4, 1, 1, 4, 4, 1])
    monkeypatch.setattr(timing, "seconds", lambda call: next(values))
    monkeypatch.setattr(timing.in_turn, "__kwdefaults__", {"meter": timing.seconds})
    assert timing.ratio(lambda: None, lambda: None) == 4


def test_calls_are_tried_there_and_back() -> None:
    order: list[str] = []
    calls = [lambda: order.append("a"), lambda: order.append("b")]
    rows = timing.in_turn(*calls, meter=lambda call: call() or float(len(order)))
    assert order == ["a", "b"] + ["a", "b", "b", "a"] * 3 + ["a", "b"]
    assert rows.shape == (timing.ROUNDS, 2)
    assert rows[:2].tolist() == [[3, 4], [6, 5]]


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux")
def test_growth_is_that_of_the_peak() -> None:
    large, small = (partial(np.ones, size, "int8") for size in (200_000_000, 50_000_000))
    assert 0.22 < timing.growth_ratio(small, large) < 0.28
    assert timing.growth_ratio(lambda: None, large) < 0.03


@pytest.mark.parametrize("value", [0.99, 2.01, float("nan")])
def test_ratio_out_of_range_is_reported(value: float) -> None:
    with pytest.raises(AssertionError, match=f"the ratio is {value:.3g}, not from 1 to 2"):
        timing.assert_between(1, value, 2)


@pytest.fixture
def tried(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    """Try a claim about cost with options of pytest; return what became of it."""
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)  # there pytest-benchmark keeps nothing

    def run(*options: str, count: int = 40_000) -> pytest.RunResult:
        pytester.makeconftest(
            "from lstm_spec.claims.conftest import *\n"
            "from lstm_spec.claims.conftest import _rounds\n"
        )
        pytester.makepyfile(CLAIM.format(count=count))
        return pytester.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider", *options)

    return run


@pytest.mark.parametrize(("count", "outcome"), [(40_000, "passed"), (400_000, "failed")])
def test_rounds_and_ratio_are_kept_where_benchmarks_are_asked_for(
    tried, tmp_path: Path, count: int, outcome: str
) -> None:
    file = tmp_path / "kept.json"
    result = tried(f"--benchmark-json={file}", "--lstm-effort=smoke", count=count)
    assert result.parseoutcomes() == {outcome: 1}
    (kept,) = json.loads(file.read_text(encoding="utf-8"))["benchmarks"]
    facts = kept["extra_info"]
    assert (facts["low"], facts["high"], kept["stats"]["rounds"]) == (1.5, 4, 5)
    assert facts["ratio"] == np.median([left / other for left, other in facts["rounds"]])


@pytest.mark.parametrize("options", [(), ("--benchmark-disable",), ("-p", "no:benchmark")])
def test_no_table_of_benchmarks_where_none_is_asked_for(tried, options) -> None:
    result = tried(*options)
    assert result.parseoutcomes() == {"passed": 1}
    assert "Outliers" not in result.stdout.str()


def test_ratio_is_measured_on_workers_of_xdist(tried, tmp_path: Path) -> None:
    result = tried("--numprocesses=1", f"--benchmark-json={tmp_path / 'kept.json'}", count=400_000)
    assert result.parseoutcomes() == {"failed": 1}
