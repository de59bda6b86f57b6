"""How hard a claim is tried, wherever it is installed."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.database import ExampleDatabase
from hypothesis.errors import Unsatisfiable
from hypothesis.internal.conjecture import engine, providers

from lstm_spec.claims import CHAPTERS
from lstm_spec.harness import shared_database, strategies, subject, timing, tolerance
from lstm_spec.harness.effort import CASES, cases, deviates, rounds, tries_all

FILES = {Path(__file__).parent / file for files in CHAPTERS.values() for file in files}
ATTEMPTS = 10
"""How often a case with a certain element is drawn, if the claim's test rejects some cases."""
BYTES = 4096
"""From so many a case is drawn."""
KEPT = ("benchmark_json", "benchmark_save", "benchmark_autosave", "benchmark_compare")
"""The options of pytest-benchmark that ask for what was measured."""

NOT_CHECKED = (
    HealthCheck.too_slow,  # the first case of a claim compiles what Keras computes
    HealthCheck.data_too_large,  # a case may hold arrays of thousands of numbers
    HealthCheck.large_base_example,  # the smallest model that is drawn has layers with weights
    HealthCheck.filter_too_much,  # of a few wide cases, more may be ruled out than are tried
)
"""What Hypothesis need not complain of; all else that it checks of a test's health, it does."""

# Hypothesis mixes numbers that it finds in the source of "local" modules into what it draws.
# Without this line the cases would depend on how the package is installed, on the folder it
# is run from, and on which other chapters were collected.
providers._get_local_constants = lambda: providers._local_constants

# After the tenth case Hypothesis makes five of six by repeating a part of the one before within it.
# The claims draw from wide lists and sizes, of which such cases show nothing new.
engine.ConjectureRunner.generate_mutations_from = lambda self, data: None  # type: ignore[method-assign]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Collect the files of claims by the list; pytest takes files that are named."""
    if file_path in FILES and not parent.session.isinitpath(file_path):
        return pytest.Module.from_parent(parent, path=file_path)
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Set the number of examples of each claim from --lstm-effort."""
    chosen = config.getoption("lstm_effort")
    derandomize = config.getoption("hypothesis_seed", None) is None
    database = shared(config.getoption("lstm_database"), derandomize)
    for item in items:
        marker = item.get_closest_marker("lstm_claim")
        if marker and isinstance(item, pytest.Function) and hasattr(item.obj, "hypothesis"):
            count = cases(chosen, marker.kwargs["cases"])
            effort(count, derandomize, not deviates(item), database)(item.obj)
            # Hypothesis keeps nothing where a seed is given, unless it has a name to keep it by.
            item.obj._hypothesis_internal_database_key = marker.kwargs["id"].encode()


def shared(url: str, derandomize: bool) -> ExampleDatabase | None:
    """Return the database at an address; None for an empty one.

    Raises:
        pytest.UsageError: nothing answers there, or the cases are the same on every run.
    """
    if url and derandomize:
        raise pytest.UsageError("--lstm-database is for other cases on each host; give a seed")
    try:
        return shared_database.database(url) if url else None
    except shared_database.UnreachableError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_collection_finish() -> None:
    """Freeze what was imported: to scan it for garbage takes a tenth of the time."""
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Try a claim; then, of the lists that it draws from, what chance left out."""
    strategies.listed.clear()
    result = yield
    if tries_all(pyfuncitem):
        try_rest(pyfuncitem.obj)
    if deviates(pyfuncitem) and hasattr(pyfuncitem.obj, "hypothesis"):
        try_more(pyfuncitem.obj)
    return result


def try_rest(test: Any) -> None:
    """Try a claim on each element of its lists that was not drawn yet."""
    numbers = Random(0)
    for part in strategies.listed:
        for k in part.untried:
            with part.force(k):
                for _ in range(ATTEMPTS):
                    if test.hypothesis.fuzz_one_input(numbers.randbytes(BYTES)) is not None:
                        break
                else:
                    try_simplest(test)


def try_simplest(test: Any) -> None:
    """Try a claim on the simplest case, if there is one.

    Of bytes Hypothesis draws no whole number between bounds that are near each other and far from
    zero, such as 2 and 3, so it never makes a case of some claims.
    """
    simplest = {"max_examples": 1, "phases": [Phase.generate], "database": None}
    with _under(test, simplest), suppress(Unsatisfiable):  # the claim leaves out the element
        test()


def try_more(test: Any) -> None:
    """Try a claim whose deviation its usual cases did not show on CASES cases.

    The usual ones come first: a claim that holds on them is not refuted where nothing is recorded.
    """
    if test._hypothesis_internal_use_settings.max_examples < CASES:
        strategies.listed.clear()
        with _under(test, {"max_examples": CASES}):
            test()
            try_rest(test)


@contextmanager
def _under(test: Any, other: Mapping[str, Any]) -> Iterator[None]:
    """Let a test have other settings for a while."""
    usual = test._hypothesis_internal_use_settings
    test._hypothesis_internal_use_settings = settings(usual, **other)
    try:
        yield
    finally:
        test._hypothesis_internal_use_settings = usual


def lacking(test: Callable[..., Any]) -> str:
    """Say what is lacking here of what a claim's test needs; nothing, if it can be tried."""
    facts = claimed(test)
    return subject.lacking(facts["gpu"], facts["needs"])


def claimed(test: Callable[..., Any]) -> Mapping[str, Any]:
    """Return what a claim's test says of the claim; nothing, if the test is not a claim's."""
    marks: list[pytest.Mark] = getattr(test, "pytestmark", [])
    return next((mark.kwargs for mark in marks if mark.name == "lstm_claim"), {})


def effort(
    count: int,
    derandomize: bool = True,
    shrink: bool = True,
    database: ExampleDatabase | None = None,
) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator under which a claim is tried on so many examples.

    Args:
        count: how many are drawn.
        derandomize: whether they are the same on every run. They follow from the claim's id, so
            that no word of the test's docstring changes them.
        shrink: whether a refuting case is reduced to a small one.
        database: where refuting cases are kept, and taken from before others are drawn.
    """
    phases = [Phase.explicit, Phase.reuse, Phase.generate] + ([Phase.shrink] if shrink else [])
    chosen = settings(
        max_examples=count,
        derandomize=derandomize,
        phases=phases,
        database=database,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=NOT_CHECKED,
    )

    def tried(test: Callable[..., Any]) -> Any:
        id_ = claimed(test).get("id")
        return chosen(seed(id_)(test) if derandomize and id_ else test)

    return tried


@pytest.fixture(autouse=True)
def _applicable(request: pytest.FixtureRequest) -> None:
    """Skip a claim where it cannot be tried."""
    if request.node.get_closest_marker("lstm_claim") and (reason := lacking(request.function)):
        pytest.skip(reason)


@pytest.fixture(autouse=True)
def _rounds(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let a claim about cost measure in as many rounds as the effort says."""
    marker = request.node.get_closest_marker("lstm_claim")
    default = marker.kwargs["cases"] if marker else CASES
    count = rounds(request.config.getoption("lstm_effort"), default)
    facts: dict[str, Any] = {}
    timing.taken.clear()
    token = timing.repeat.set(partial(_repeat, request, count, facts))
    yield
    timing.repeat.reset(token)
    for seen in timing.taken:
        facts.update(seen)


def _repeat(
    request: pytest.FixtureRequest,
    count: int,
    facts: dict[str, Any],
    one_round: Callable[[], None],
) -> None:
    """Run the rounds; as those of pytest-benchmark, with the facts, if it is asked to keep them."""

    def all_rounds() -> None:
        for _ in range(count):
            one_round()

    if any(request.config.getoption(name, None) for name in KEPT):
        benchmark = request.getfixturevalue("benchmark")
        benchmark.group = "cost"
        benchmark.extra_info = facts
        # Disabled, as on a worker of pytest-xdist, it calls what it is given once.
        benchmark.pedantic(one_round if benchmark.enabled else all_rounds, rounds=count)
    else:
        all_rounds()


@pytest.fixture(autouse=True)
def _largest_error(record_property: Callable[[str, object], None]) -> Iterator[None]:
    """Record the error that came nearest to its bound, the bound, and how far errors spread."""
    tolerance.errors.clear()
    yield
    if tolerance.errors:
        error, bound = max(tolerance.errors, key=lambda pair: pair[0] / pair[1])
        record_property("error", _short(error))
        record_property("bound", bound)
    if len(tolerance.errors) > 1:
        seen = [error for error, _ in tolerance.errors]
        record_property("spread", _short(max(seen) - median(seen)))


def _short(error: float) -> float:
    """Return an error with the four digits that mean something."""
    return float(f"{error:.4g}")
