"""A guarded wrong LSTM is wrong where the guard is true, and right elsewhere."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from teeth import instead
from tools.studies import guarded
from tools.studies.guarded.page import why
from tools.studies.guards import GUARDS

X = np.random.RandomState(0).randn(2, 7, 3).astype("float32")


def doubles(patch) -> None:
    @instead(patch, keras.layers.LSTM, "inner_loop")
    def inner_loop(original, self, *given, **named):
        return keras.tree.map_structure(lambda y: 2 * y, original(self, *given, **named))


@pytest.mark.parametrize(
    ("guard", "wrong", "right"),
    [
        ("only unrolled", {"unroll": True}, {}),
        ("only stateful", {"stateful": True}, {}),
        ("only units > 16", {"units": 17}, {"units": 16}),
    ],
)
def test_only_where_the_guard_is_true(guard, wrong, right, monkeypatch) -> None:
    pairs = []
    for options in (wrong, right):
        layer = keras.layers.LSTM(**{"units": 2, **options})
        before = np.array(layer(X))
        if layer.stateful:
            layer.reset_state()
        with monkeypatch.context() as patch:
            doubles(guarded.Guarded(patch))
            guarded.guard_faults(patch, guard)
            pairs.append(bool(np.allclose(layer(X), before)))
    assert pairs == [False, True]


def test_the_guard_decides_about_rnn_with_a_cell_too(monkeypatch) -> None:
    pairs = []
    for units in (17, 16):
        layer = keras.layers.RNN(keras.layers.LSTMCell(units))
        before = np.array(layer(X))
        with monkeypatch.context() as patch:

            @instead(guarded.Guarded(patch), keras.layers.LSTMCell, "call")
            def call(original, self, *given, **named):
                return keras.tree.map_structure(lambda y: 2 * y, original(self, *given, **named))

            guarded.guard_faults(patch, "only units > 16")
            pairs.append(bool(np.allclose(layer(X), before)))
    assert pairs == [False, True]


def test_pairs_are_of_faults_in_a_call_and_come_in_a_fixed_order() -> None:
    pairs = guarded.pairs()
    names = guarded.computing()
    assert pairs == guarded.pairs()
    assert len(pairs) == len(names) * len(GUARDS) >= 500
    assert not [name for name, _ in pairs if name.startswith("speed.")]


def test_a_wrong_lstm_more_leaves_the_order_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = guarded.pairs()
    some = dict(list(guarded.computing().items())[::2])
    monkeypatch.setattr(guarded, "computing", lambda: some)
    assert guarded.pairs() == [pair for pair in pairs if pair[0] in some]


def test_each_miss_is_explained() -> None:
    missed = [line for line in guarded.last_lines() if not line.refuted_by]
    assert not [f"{line.wrong} {line.guard}" for line in missed if not why(line)]
