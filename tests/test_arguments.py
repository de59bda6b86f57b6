"""No argument of the LSTM family is left untried, and a new one shows itself."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from typing import Any

import keras
import pytest
from hypothesis import given

from lstm_spec import catalog
from lstm_spec.claims.conftest import effort
from lstm_spec.claims.modes import predict
from lstm_spec.harness.effort import SHARES
from lstm_spec.harness.strategies import Case, cases
from lstm_spec.run import arguments
from tools.studies.arguments import PAGE, page

RECORDING = arguments.load()
KNOWN = arguments.installed()


def test_every_argument_of_the_installed_keras_is_tried() -> None:
    assert RECORDING.untried(KNOWN) == []


def test_recording_is_of_these_claims() -> None:
    gone = RECORDING.claims - {claim.id for claim in catalog.claims()}
    assert not gone, "record again: tox run -e arguments"


def test_page_is_made_from_the_recording() -> None:
    if keras.__version__ != RECORDING.keras:
        pytest.skip(f"the page shows the arguments of Keras {RECORDING.keras}")
    assert PAGE.read_text(encoding="utf-8") == page(RECORDING, KNOWN)


def drawn(examples: int) -> Iterator[dict[str, Any]]:
    """Yield so many arguments that are drawn as for the claim about all of them."""
    drawn_cases: list[Case] = []

    @effort(examples)
    @given(cases(**predict.ANY))
    def draw(case: Case) -> None:
        drawn_cases.append(case)

    draw()
    return ({"use_bias": True, **case.options} for case in drawn_cases)


def test_deep_effort_draws_nearly_every_pair_of_values() -> None:
    items = [sorted(case.items()) for case in drawn(SHARES["deep"])]
    reached = {pair for case in items for pair in combinations(case, 2)}
    each = [[(name, value) for value in values] for name, values in sorted(predict.FREE.items())]
    wanted = {pair for two in combinations(each, 2) for pair in product(*two)}
    assert len(wanted - reached) <= len(wanted) / 1000


class Shared:
    def __init__(self, *, name=None, **kwargs):
        kwargs.pop("input_shape", None)


class Base(Shared):
    def __init__(self, cell, unroll=False, **kwargs):
        super().__init__(**kwargs)


class Layer(Base):
    def __init__(self, units, seed=None, **kwargs):
        kwargs.pop("implementation", 2)
        super().__init__(units, **kwargs)

    def call(self, x, mask=None):
        return self.helper(x)

    def helper(self, x):
        return Layer(2, unroll=True) if x else None


def test_arguments_passed_on_by_kwargs_are_found() -> None:
    required = arguments.REQUIRED
    defaults = {"units": required, "seed": None, "implementation": 2, "unroll": False}
    assert arguments.constructor(Layer, Shared) == defaults
    assert arguments.constructor(Shared, Shared) == {"name": None, "input_shape": None}


def test_watch_sees_what_is_given_but_not_what_is_made_inside() -> None:
    embedding = type("Embedding", (Shared,), {"__init__": lambda self, mask_zero=False: None})
    embedding.call = lambda self, x: x
    watch = arguments.Watch({"L": Layer, "Embedding": embedding, "Layer": Shared}, {"seed": 7})
    with watch():
        Layer(3, seed=7, name="a").call(True, mask=[1])
    assert watch.seen == {
        ("L", '{"name": "text", "units": "int above 1"}'),
        ("L.call", '{"mask": "list", "x": "True"}'),
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (True, "True"),
        (0, "int 0"),
        (0.3, "float between 0 and 1"),
        (-2, "int below 0"),
    ],
)
def test_values_are_told_by_kind(value: Any, text: str) -> None:
    assert arguments.describe(value) == text
