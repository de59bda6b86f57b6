"""Spans name the environments that are meant, each once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis.strategies import booleans, lists

from lstm_spec.answers.cite import spans

NAMES = ["tensorflow-2.9", "keras-3.8", "keras-3.9", "keras-3.10", "tf-keras-2.16"]
NAMES += ["backend-jax", "backend-torch"]


@pytest.mark.parametrize(
    ("chosen", "text"),
    [
        ([], ""),
        (["keras-3.9"], "Keras 3.9"),
        (["keras-3.8", "keras-3.9", "keras-3.10"], "Keras 3.8 to 3.10"),
        (["keras-3.8", "keras-3.10"], "Keras 3.8, 3.10"),
        (["tensorflow-2.9", "keras-3.8"], "TensorFlow 2.9, Keras 3.8"),
        (["tf-keras-2.16"], "tf-keras 2.16"),
        (["backend-jax", "backend-torch"], "backend jax, torch"),
    ],
)
def test_neighbours_of_a_row_are_a_span(chosen: list[str], text: str) -> None:
    assert spans(chosen, NAMES) == text


@given(lists(booleans(), max_size=8))
def test_each_release_is_named_once(met: list[bool]) -> None:
    names = [f"keras-{number}" for number in range(len(met))]
    text = spans([name for name, chosen in zip(names, met, strict=True) if chosen], names)
    positions: list[int] = []
    for span in filter(None, text.removeprefix("Keras ").split(", ")):
        first, _, last = span.partition(" to ")
        positions += range(int(first), int(last or first) + 1)
    assert positions == [k for k, chosen in enumerate(met) if chosen]
