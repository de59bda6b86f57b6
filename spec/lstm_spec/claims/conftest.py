"""How hard a claim is tried, wherever it is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.internal.conjecture import providers

from lstm_spec.claims import CHAPTERS
from lstm_spec.harness import subject, tolerance

EXAMPLES = {"smoke": 3, "default": 50, "deep": 1000}
COSTLY = 5

# Hypothesis mixes numbers that it finds in the source of "local" modules into what it draws.
# Without this line the cases would depend on how the package is installed, on the folder it
# is run from, and on which other chapters were collected.
providers._get_local_constants = lambda: providers._local_constants


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Collect the chapters, for their names do not begin with test_; pytest takes named files."""
    if file_path.stem in CHAPTERS and not parent.session.isinitpath(file_path):
        return pytest.Module.from_parent(parent, path=file_path)
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Set the number of examples of each claim from --lstm-effort."""
    examples = EXAMPLES[config.getoption("lstm_effort")]
    derandomize = config.getoption("hypothesis_seed", None) is None
    for item in items:
        marker = item.get_closest_marker("claim")
        if marker and isinstance(item, pytest.Function) and hasattr(item.obj, "hypothesis"):
            count = max(2, examples // COSTLY) if marker.kwargs["costly"] else examples
            shrink = item.get_closest_marker("deviates") is None
            effort(count, derandomize, shrink)(item.obj)


def effort(
    examples: int, derandomize: bool = True, shrink: bool = True
) -> Callable[[Callable[..., Any]], Any]:
    """Return the settings under which a claim is tried on so many examples.

    Args:
        examples: how many are drawn.
        derandomize: whether they are the same on every run.
        shrink: whether a refuting case is reduced to a small one.
    """
    phases = [Phase.explicit, Phase.generate] + ([Phase.shrink] if shrink else [])
    return settings(
        max_examples=examples,
        derandomize=derandomize,
        phases=phases,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(autouse=True)
def _device(request: pytest.FixtureRequest) -> None:
    """Skip what needs a GPU where there is none."""
    marker = request.node.get_closest_marker("claim")
    if marker and marker.kwargs["gpu"] and not subject.gpus():
        pytest.skip("needs a GPU, and Keras finds none here")


@pytest.fixture(autouse=True)
def _largest_error(record_property: Callable[[str, object], None]) -> Iterator[None]:
    """Record the largest error, in units of rounding, that assert_close saw."""
    tolerance.errors.clear()
    yield
    if tolerance.errors:
        record_property("error", max(tolerance.errors))
