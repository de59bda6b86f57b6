"""Each way runs a layer as it says, and can do all but what the table says."""

from __future__ import annotations

import functools
import runpy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis.strategies import data

from lstm_spec.harness import ways
from lstm_spec.harness.reference import returned
from lstm_spec.harness.strategies import Case, cases, small
from lstm_spec.harness.subject import lstm, passed
from lstm_spec.harness.tolerance import assert_close
from lstm_spec.harness.ways import FLAGS, NEEDS, WAYS, Way, able, with_ways

RICH = (
    {"mask", "initial_state", "return_sequences", "return_state", "go_backwards", "training"},
    {"mask", "return_state"},
    {"function", "float64", "return_sequences"},
    {"whole numbers"},
    {"stateful"},
    {"unroll"},
    {"dropout"},
)
"""What is asked of each way together, as far as it can do it."""
UNSEEN = {("above Masking", "whole numbers"), ("above Embedding", "whole numbers")}
"""What fails in no call: the layer is given other numbers there than whole ones."""


def asked(needs: set[str]) -> Case:
    """Return a case that asks for all that is needed."""
    case = small(**{name: True for name in FLAGS if name in needs})
    if "mask" not in needs:
        case = replace(case, mask=None)
    if "initial_state" not in needs:
        case = replace(case, h=None, c=None)
    if "float64" in needs:
        case = replace(
            case, x=case.x.astype(float) / 3, options={**case.options, "dtype": "float64"}
        )
    if "dropout" in needs:
        case = replace(case, options={**case.options, "dropout": 0.9})
    if "whole numbers" in needs:
        case = replace(case, x=np.rint(2 * case.x).astype("int32"))
    return case


def attempt(name: str, needs: set[str]) -> None:
    """Run a layer in a way, twice if it is stateful, and compare it with the equations."""
    case = asked(needs)
    if "function" in needs:
        case = replace(case, options={**case.options, "activation": "softsign"})
        run = Way(name)(lstm(case, activation=lambda z: z / (1 + abs(z))))
    else:
        run = Way(name)(lstm(case))
    training = {"training": True} if "training" in needs else {}
    assert_close(run(case.x, **passed(case), **training), returned(case))
    if "stateful" in needs:
        _, h, c = returned(replace(case, options={**case.options, "return_state": True}))
        assert_close(run(case.x), returned(replace(case, h=h, c=c)))


def expand(need: str) -> set[str]:
    """Return all that is asked where a need is; what a sequence shows best is seen with one."""
    return {*need.split(" with "), *(["return_sequences"] if need == "return_state" else [])}


@pytest.mark.parametrize("name", WAYS)
def test_way_computes_the_equations_whatever_it_is_asked_that_it_can_do(name: str) -> None:
    for needs in RICH:
        possible = set(needs)
        for limit in WAYS[name].limits:
            if not limit.where and set(limit.need.split(" with ")) <= possible:
                possible.discard(limit.need.split(" with ")[-1])
        assert name in able(possible)
        attempt(name, possible)


def test_way_cannot_do_what_the_table_says() -> None:
    possible = []
    for name, kind in WAYS.items():
        for limit in kind.limits:
            if limit.where or (name, limit.need) in UNSEEN:
                continue
            assert name not in able(expand(limit.need))
            try:
                attempt(name, expand(limit.need))
            except Exception:
                continue
            possible.append((name, limit.need))
    assert possible == []


def test_page_is_that_of_the_table() -> None:
    folder = Path(__file__).parents[1]
    page = runpy.run_path(str(folder / "tools" / "pages" / "ways.py"))["page"]()
    command = "run `python tools/pages/ways.py`"
    assert (folder / "docs" / "ways.md").read_text(encoding="utf-8") == page, command


def test_limits_are_needs() -> None:
    assert {limit.need for kind in WAYS.values() for limit in kind.limits} <= set(NEEDS)
    with pytest.raises(KeyError):
        with_ways(cases(), "telepathy")


@given(data())
@settings(max_examples=50)
def test_a_way_is_drawn_only_for_a_case_that_it_can_serve(data: Any) -> None:
    drawn = cases(masked=True, state=True, return_state=True)
    case_strategy, way_strategy = with_ways(drawn, "training")
    case = data.draw(case_strategy)
    way = data.draw(way_strategy)
    assert way.name in able({*ways.asked(case), "training"})
    assert way.name not in ("Sequential", "TimeDistributed", "above Masking")


def test_every_way_is_drawn() -> None:
    _, ways = with_ways(cases())
    drawn = set()

    @settings(max_examples=1000)
    @given(ways)
    def draw(way: Way) -> None:
        drawn.add(way.name)

    draw()
    assert drawn == set(WAYS)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keep which methods are called, with what tells one way from another."""
    events: list[str] = []

    def watch(owner: Any, name: str, tell: Callable[..., str]) -> None:
        original = getattr(owner, name)

        @functools.wraps(original)
        def watched(*args: Any, **arguments: Any) -> Any:
            events.append(tell(*args, **arguments))
            return original(*args, **arguments)

        monkeypatch.setattr(owner, name, watched)

    def lstm_called(
        self: Any, x: Any, *_: Any, mask: Any = None, training: Any = False, **__: Any
    ) -> str:
        place = "eager" if tf.executing_eagerly() else "graph"
        sizes = tuple(x.shape)
        facts = {
            "unrolled": self.unroll,
            "stateful": self.stateful,
            "masked": mask is not None,
            "in training": training,
        }
        return " ".join(
            [f"LSTM {place} {sizes}", *(word for word, is_so in facts.items() if is_so)]
        )

    watch(keras.layers.LSTM, "call", lstm_called)
    for kind in ("RNN", "Masking", "Embedding", "TimeDistributed", "Bidirectional"):
        layer = getattr(keras.layers, kind)
        watch(layer, "call", lambda self, *_, **__: type(self).__name__)
    for name in ("__call__", "predict", "predict_on_batch"):
        watch(keras.Model, name, lambda self, *_, name=name, **__: f"{type(self).__name__}.{name}")
    watch(keras.layers.LSTMCell, "load_own_variables", lambda *_: "weights read")
    watch(keras.Model, "load_weights", lambda self, file: f"read {Path(file).suffixes}")
    watch(keras.models, "load_model", lambda file: f"read {Path(file).suffixes}")
    watch(tf, "function", lambda *_, **given: f"tf.function {sorted(given)}")
    return events


EAGER = "LSTM eager (2, 2, 3)"
PROOFS = {
    "called": [EAGER],
    "second call": [EAGER, EAGER],
    "after other sizes": ["LSTM eager (3, 4, 3)", EAGER],
    "in training": [EAGER + " in training"],
    "stateful": [EAGER + " stateful"],
    "unrolled": [EAGER + " unrolled"],
    "RNN(LSTMCell)": ["RNN"],
    "from configuration": [EAGER],
    "Sequential": ["Sequential.__call__", EAGER],
    "subclassed": ["Model.__call__", EAGER],
    "functional": ["Functional.__call__", EAGER],
    "nested": ["Functional.__call__", "Functional.__call__", EAGER],
    "above Masking": ["Masking", EAGER + " masked"],
    "above Embedding": ["Embedding", EAGER + " masked"],
    "TimeDistributed": ["TimeDistributed", EAGER, EAGER],
    "Bidirectional": ["Bidirectional", EAGER, EAGER],
    "from weights file": ["read ['.weights', '.h5']", "weights read", EAGER],
    "from keras file": ["read ['.keras']", "weights read", "Functional.__call__", EAGER],
    "tf.function": ["tf.function ['input_signature']", "LSTM graph (None, None, 3)"],
    "in training, tf.function": [
        "tf.function ['input_signature']",
        "LSTM graph (None, None, 3) in training",
    ],
    "predict": ["Functional.predict", "LSTM graph (2, 2, 3)"],
    "predict_on_batch": ["Functional.predict_on_batch", "LSTM graph (2, 2, 3)"],
    "jitted": ["tf.function ['jit_compile']", "LSTM graph (2, 2, 3)"],
}
"""What must be seen of each way, in this order, on two samples of two timesteps."""


@pytest.mark.parametrize("name", WAYS)
def test_way_is_what_it_says(name: str, seen: list[str]) -> None:
    case = asked(set())
    Way(name)(lstm(case))(case.x)
    left = iter(seen)
    assert all(event in left for event in PROOFS[name]), seen
    if name == "RNN(LSTMCell)":
        assert not any(event.startswith("LSTM") for event in seen)


COPIES = {"unrolled", "RNN(LSTMCell)", "from configuration", "from weights file", "Bidirectional"}
"""The ways that copy the layer when they are made."""


@pytest.mark.parametrize("name", WAYS)
def test_only_ways_that_copy_the_layer_do_not_see_its_change(name: str) -> None:
    case = asked(set())
    layer = lstm(case)
    run = Way(name)(layer)
    layer.set_weights([0 * weight for weight in case.weights])
    changed = not np.asarray(run(case.x)).any()
    assert changed == (name not in COPIES)
